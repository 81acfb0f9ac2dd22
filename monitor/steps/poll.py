"""The first step: visit a source's page and its reports, and keep new files. The second step reads what is in them.

The bytes of a file are on disk before the database gets a row about it. A failed request never makes a version.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.errors import BlockedError, FetchError, GoneError, LayoutError, ReadError, StatusError
from monitor.fetch.fetcher import Answer
from monitor.fetch.links import file_name, latest_link, may_be_renamed
from monitor.model import AmendmentKind, ReportKind
from monitor.steps import schedule
from monitor.steps.captures import Captures
from monitor.steps.outcomes import Polled
from monitor.steps.parts import PartsPoll, Whole
from monitor.steps.poll_status import note_polls
from monitor.steps.stale import is_stale
from monitor.store import versions
from monitor.store.parts import list_of_parts, parts_of_version, whole_address
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.config.outline import ReportOutline
    from monitor.steps.captures import SourcePage
    from monitor.steps.context import PollContext
    from monitor.steps.outcomes import Processed
    from monitor.store.rows import ReportRow

MAX_NEW_REPORTS = 100  # reports of a series that one poll takes for the first time
MAX_SECONDS = 600.0  # after which a poll asks for nothing more: the rest is asked by the next poll
TOO_MANY_REQUESTS = 429  # the status that is about the number of requests, and not about the file that was asked for
MAX_LINKS_NAMED = 5  # links that no report matches which a message names
MIN_MISSES = 3  # polls in a row that must find a report gone before it counts as taken down


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlace:
    """A report, with the web address at which it is published now.

    - `key`: identifies this one report within its source.
    - `name`, `description`: the report's entry in the configuration, and the outline of it. One entry may stand for a
      whole series of reports.
    - `page_id`: the id of the kept copy (capture) of the page that links to the report; None if no page does now. Of a
      page that a browser drew, the copy of the page as its server sent it.
    """

    key: str
    name: str
    description: ReportOutline
    url: str
    page_id: int | None = None


def poll(context: PollContext, name: str) -> Polled:
    """Poll the source `name` once: look for new versions of its reports, and write to the database how that went.

    A conditional request asks the server to send a document only if it has changed.

    1. Fetch the source's page by a conditional request, and keep it if its text is new.
    2. Find the reports that the page links, and add those that it linked earlier.
    3. Fetch each report that is due by a conditional request, in random order.
    4. Write new bytes to the archive; then add a row about the answer (a capture), and a version with the status
       `kept`.
    5. Count how often in a row a report was not found; the third time, it is logged as withdrawn.
    6. Write down how the poll went, and alert operators if the source keeps failing.

    Failures of the publisher or the network are returned as sentences, not raised. Raises StoreError.
    """
    polled = look(context, name)
    note_polls(context.store, context.config, (polled,))
    return polled


def look(context: PollContext, name: str) -> Polled:
    """Visit a source: do points 1 to 5 of the docstring of `poll`, and return the result.

    The caller passes the result to `note_polls`, which is point 6. Raises StoreError.
    """
    current = SourcePoll(context, name)
    current.run()
    return Polled(
        source=name,
        started=current.started,
        kept=current.kept,
        faults=tuple(current.faults),
        notes=tuple(current.notes),
        turned=tuple(current.turned),
        retry_after=current.retry_after,
        blocked=current.blocked,
        reports=tuple(current.known.values()),
        unchanged=tuple(current.unchanged),
    )


class SourcePoll:
    """One poll (visit) of one source while it is under way. The results are collected in its attributes.

    Call `run` once; afterwards `look` makes a `Polled` of the attributes.
    """

    def __init__(self, context: PollContext, name: str) -> None:
        self.context = context
        self.name = name
        self.source = context.outline(name)
        self.started = context.now()
        self.at = instant(self.started)
        self.ends_at = context.clock() + MAX_SECONDS
        self.kept = 0
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.turned: list[Processed] = []
        self.blocked = False
        self.unwelcome = False  # True where the server asked for fewer requests
        self.retry_after: float | None = None
        self.known: dict[str, ReportRow] = {}  # the source's reports by key, as they were when the poll began
        self.stale: set[int] = set()  # the ids of those of which the last poll found an old version that did not count
        self.unlinked: set[str] = set()  # the keys of reports that the page no longer links
        self.renamed: set[str] = set()  # the keys of reports that the page probably links under another name now
        self.unchanged: list[tuple[ReportRow, str]] = []  # those that still stand so, each with its address
        self.captures = Captures(
            context=context, source=name, started=self.started, at=self.at, allowed_hosts=self.source.allowed_hosts,
            notes=self.notes,
        )  # fmt: skip

    def run(self) -> None:
        """Fetch the source's page and each report that is due, and collect the results in the attributes."""
        self.known = {report.key: report for report in versions.reports_of(self.context.store, self.name)}
        self.stale = versions.stale_reports(self.context.store, self.name)
        try:
            page = self.captures.page()
        except GoneError as gone:
            self._page_gone(gone, self.known.values())
            page = None
        except (FetchError, ReadError) as fault:
            self._note_fault(fault)
            return
        for name, description in self.source.reports.items():
            known = [report for report in self.known.values() if report.name == name]
            if description.parts:
                self._ask_parts(name, description, page)
            elif description.kind != ReportKind.PAGE:
                self._ask_linked(name, description, page, known)
            elif page and page.sends_to and not any((page.links.chosen or {}).values()):
                self._note_sent_elsewhere(page.sends_to)
            elif page and description.has_pager:
                self._ask_parts(name, description, page)
            elif page:
                place = ReportPlace(
                    key=name, name=name, description=description, url=self.source.page, page_id=page.served_id
                )
                self._see(place, page.digest, page.capture_id)

    def _note_sent_elsewhere(self, url: str) -> None:
        """Add a fault, but only once: the source's page forwards its readers to the address `url`."""
        fault = (
            f"{self.source.page}: the page sends to {url} now; "
            f"if the publisher moved it there, change sources.{self.name}.page"
        )
        if fault not in self.faults:
            self.faults.append(fault)

    def _note_fault(self, fault: FetchError | ReadError) -> None:
        self.faults.append(str(fault))
        self.blocked = self.blocked or isinstance(fault, BlockedError)
        if isinstance(fault, StatusError):
            self.unwelcome = self.unwelcome or fault.status_code == TOO_MANY_REQUESTS
            self.retry_after = max(self.retry_after or 0, fault.retry_after or 0) or None

    def _page_gone(self, gone: GoneError, known: Iterable[ReportRow]) -> None:
        on_page = [report for report in known if report.kind == ReportKind.PAGE]
        for report in on_page:
            self._note_missing(report, gone)
        if not on_page:
            self.faults.append(str(gone))

    def _ask_linked(
        self, name: str, description: ReportOutline, page: SourcePage | None, known: Sequence[ReportRow]
    ) -> None:
        """Fetch the reports of the configuration's entry `name`: those linked now, and those that were linked earlier.

        - `page`: the source's page; None if it is gone.
        - `known`: the reports of this entry that are in the database.
        """
        linked = self._linked(name, description, page, known) if page else {}
        by_key = {report.key: report for report in known}
        linked_once = {
            report.key: report.url for report in known if self._may_ask(report.url) and report.key not in self.unlinked
        }
        places = list((linked_once | linked).items())
        # A poll that breaks off early must not leave out the same reports each time, so the order is random.
        random.Random(self.at).shuffle(places)  # noqa: S311 - no secret
        for key, url in places:
            if self._is_over():
                return
            page_id = page.capture_id if page else None
            place = ReportPlace(key=key, name=name, description=description, url=url, page_id=page_id)
            self._ask(place, by_key.get(key))

    def _linked(
        self, name: str, description: ReportOutline, page: SourcePage, known: Sequence[ReportRow]
    ) -> dict[str, str]:
        """Return the address of each report of one description that the page links, keyed by the report's key.

        `known` are the reports of this description that are in the database. A link that can't be used is left out, and
        a fault is noted.
        """
        chosen = (page.links.chosen or {}).get(name, {})
        linked = {key: self._latest(page, key, urls, known) for key, urls in chosen.items()}
        if not linked:
            self._note_none_linked(name, description, page, known)
        for key in [key for key in linked if description.kind == ReportKind.SERIES]:
            if key in self.source.reports:
                url = linked.pop(key)
                self.faults.append(f"{url}: would be the report {key!r}, which is another; change its `key`")
            elif key.startswith("-"):
                self.notes.append(
                    f"{linked[key]}: its period can't be told; change sources.{self.name}.reports.{name}.key"
                )
        known_keys = {report.key for report in known}
        new = [key for key in linked if key not in known_keys]
        if len(new) > MAX_NEW_REPORTS:
            self.faults.append(
                f"{self.source.page}: links {len(new)} new reports; the first {MAX_NEW_REPORTS} are taken now"
            )
        return {key: url for key, url in linked.items() if key not in new[MAX_NEW_REPORTS:]}

    def _note_none_linked(
        self, name: str, description: ReportOutline, page: SourcePage, known: Sequence[ReportRow]
    ) -> None:
        """Note that the page has no link to any file of one description: as a fault, or as a report that is missing."""
        if page.sends_to:
            self._note_sent_elsewhere(page.sends_to)
        elif not self._is_unlinked(name, description, page, known):
            self.faults.append(
                f"{self.source.page}: no link matches the report {name!r}; "
                f"if the publisher calls its files otherwise now, change sources.{self.name}.reports.{name}.match"
                f"{_others(page)}"
            )

    def _ask_parts(self, name: str, description: ReportOutline, page: SourcePage | None) -> None:
        """Fetch all parts of a report that is several files or pages, and add a version if together they are new.

        - `name`, `description`: the report's entry in the configuration. `page`: the source's page; None if it is gone.
        """
        report = self.known.get(name)
        latest = versions.latest_version(self.context.store, report.id) if report else None
        parts = parts_of_version(self.context.store, latest.id) if latest else ()
        if parts and latest and not self.context.archive.has(latest.sha256):
            self.context.archive.put(list_of_parts(parts))
            self.notes.append(f"{latest.file_name}: the archive had lost the list of its parts; it was written again")
        asked = PartsPoll(
            captures=self.captures,
            name=name,
            description=self.context.config.sources[self.name].reports[name],
            latest=parts,
            digest=latest.digest if latest else None,
            check_time=self._check_time,
            min_misses=MIN_MISSES,
            faults=self.faults,
        )
        try:
            if page and description.has_pager:
                whole: Whole | None = asked.of_pages(page)
            elif linked := asked.linked(page):
                whole = asked.of_files(linked, page)
            else:
                if page:
                    self._note_none_linked(name, description, page, [report] if report else [])
                return
        except GoneError as gone:
            if report:
                self._note_missing(report, gone)
            else:
                self.faults.append(str(gone))
        except (FetchError, ReadError) as fault:
            self._note_fault(fault)
        else:
            page_id = page.capture_id if page and not description.has_pager else None
            url = whole_address(self.source.page, name)
            place = ReportPlace(key=name, name=name, description=description, url=url, page_id=page_id)
            if whole:
                self._see(place, whole.digest, whole)

    def _check_time(self) -> None:
        """Raise LayoutError if the poll must stop now."""
        if why := self._why_over():
            raise LayoutError(why)

    def _latest(self, page: SourcePage, key: str, urls: Sequence[str], known: Sequence[ReportRow]) -> str:
        """Return the address of the latest file, where the page links several files as one report.

        - `key`: the key of the report.
        - `urls`: the addresses of the files. With only one, that one is returned.
        - `known`: the reports of this description that are in the database.

        If the latest file is not the one of the last poll, a sentence about that is added to `notes`.
        """
        urls = list(dict.fromkeys(urls))
        before = next((report.url for report in known if report.key == key), None)
        if len(urls) == 1:
            return urls[0]

        linked_before = page.before.addresses if page.before else None
        latest = latest_link(urls, known=before, was_linked=lambda url: linked_before is None or url in linked_before)
        if latest != before:
            self.notes.append(f"{self.source.page}: links {len(urls)} files as {key}; the latest is {latest}")
        return latest

    def _is_unlinked(self, name: str, description: ReportOutline, page: SourcePage, known: Sequence[ReportRow]) -> bool:
        """Return whether the page has dropped its link to a report, while its links to other reports are still there.

        If so, the report is no longer fetched, and after some polls it counts as taken down, like one whose file is
        gone. Return False where the page links an unknown file of the same format, or has a new link with the words of
        the file's name: that is probably the report under a new name. If that link is new, the report is not missing
        either where its last address answers that nothing is there.
        """
        if description.kind != ReportKind.ROLLING or not known:
            return False
        links_others = any((page.links.chosen or {}).values())
        others = [
            link
            for link in page.links.unclaimed
            if any(may_be_renamed(link, report.url, ending=description.format) for report in known)
        ]
        new = [link for link in others if self._is_new(link.url, name, page, known)]
        self.renamed.update(report.key for report in known if new)
        same_format = any(urlsplit(link.url).path.lower().endswith(f".{description.format}") for link in others)
        if not links_others or new or same_format:
            return False  # the page is another one altogether, or calls the file otherwise
        for report in known:
            if not report.withdrawn_at:
                self._note_missing(
                    report,
                    GoneError(
                        f"{self.source.page}", f"no longer links the report {name!r}; its file was not asked for"
                    ),
                )
        self.unlinked.update(report.key for report in known)
        return True

    def _is_new(self, url: str, name: str, page: SourcePage, known: Sequence[ReportRow]) -> bool:
        """Return whether the page did not link an address while it linked the report `name`.

        `known` are the reports of this name. They are not missing yet where such a link came in place of their own; as
        long as that is so, and the page has linked them no more, the link counts as new.
        """
        led = page.before and (page.before.chosen or {}).get(name)
        if page.before and (led or any(report.misses for report in known)):
            return url not in page.before.addresses
        return True

    def _is_over(self) -> bool:
        """Return True if the poll must stop now, and note a fault that says why.

        It must stop if it has taken too long, or if the server asks for fewer requests.
        """
        line = self._why_over()
        if line and line not in self.faults:
            self.faults.append(line)
        return line is not None

    def _why_over(self) -> str | None:
        """Return a sentence that says why the poll must stop now, or None if it may go on."""
        if not self.unwelcome and self.context.clock() <= self.ends_at:
            return None
        why = "the server asks for fewer requests" if self.unwelcome else f"it took over {MAX_SECONDS:.0f} s"
        return f"{self.source.page}: the poll was broken off, for {why}; the next one goes on"

    def _ask(self, place: ReportPlace, known: ReportRow | None) -> None:
        """Fetch one report if it is time to do so, and keep its file if the file is new.

        - `place`: the report and its address now.
        - `known`: the report as the database has it; None if it is new.
        """
        if known and place.url == known.url and known.kind == ReportKind.SERIES and not self._is_due(known):
            return
        latest = versions.latest_version(self.context.store, known.id) if known else None
        before = versions.address(self.context.store, place.url)
        usable = before if before and latest and before.digest == latest.digest else None
        lost = bool(latest and not self.context.archive.has(latest.sha256))
        try:
            answer = self.captures.get(place.url, place.description.format, None if lost else usable)
        except GoneError as gone:
            self._not_there(place, known, gone)
        except FetchError as fault:
            self._note_fault(fault)
        else:
            if isinstance(answer, Answer):
                self._see(place, self.captures.put(answer, lost=lost), answer)
            elif usable:
                self._see(place, usable.digest, None)

    def _not_there(self, place: ReportPlace, known: ReportRow | None, gone: GoneError) -> None:
        """Handle a report whose address answers that nothing is there.

        If this is the report's address of the last poll, the report is noted as missing. If the page links a new
        address, only that link may be wrong; so the report is also fetched from its last address.
        """
        if known and known.key in self.renamed:
            self.faults.append(str(gone))
            return
        if known and place.url == known.url:
            self._note_missing(known, gone)
            return
        self.faults.append(str(gone))
        if known:
            self._ask(replace(place, url=known.url), known)

    def _may_ask(self, url: str) -> bool:
        """Return True if an address is on one of the servers that may be asked for this source.

        The last address of an imported report may be elsewhere: a file on this machine, or a page of a web archive.
        """
        return urlsplit(url).hostname in self.captures.allowed_hosts

    def _is_due(self, report: ReportRow) -> bool:
        """Return True if a report of a series should be fetched in this poll; old reports are fetched ever more rarely.

        A report that the last poll found missing is always due, until it has been missing often enough to count as
        withdrawn.
        """
        if 0 < report.misses < MIN_MISSES:
            return True
        asked_at = moment(report.asked_at)
        if asked_at > self.started:  # by a clock that stood ahead
            return True
        return schedule.is_report_due(now=self.started, changed_at=moment(report.changed_at), asked_at=asked_at)

    def _see(self, place: ReportPlace, digest: str, seen: Answer | Whole | int | None) -> None:
        """Note that a report is still published, and add a version of it if its content is new.

        - `digest`: a hash of the report's content, by which new content is recognised.
        - `seen`: the server's answer with the report; or the report's parts; or the id of the capture (kept answer)
          that holds it already; or None if the server said that nothing has changed.
        """
        known = self.known.get(place.key)
        if known and not known.withdrawn_at and known.digest == digest and not isinstance(seen, Answer):
            if known.id in self.stale:
                versions.forget_stale(self.context.store, known.id)
            self.unchanged.append((known, place.url))
            return
        with self.context.store.transaction():
            self._note(place, digest, seen)

    def _note(self, place: ReportPlace, digest: str, seen: Answer | Whole | int | None) -> None:
        store = self.context.store
        if isinstance(seen, Answer):
            self.captures.note_address(place.url, seen, sha256=digest, digest=digest)
        report = versions.report_with_key(store, self.name, place.key) or versions.add_report(
            store,
            self.name,
            place.key,
            name=place.name,
            kind=ReportKind(place.description.kind),
            url=place.url,
            at=self.at,
        )
        if seen is not None and is_stale(store, report, digest, now=self.started, notes=self.notes):
            return
        if seen is not None and report.digest != digest:
            called = file_name(place.url)
            if isinstance(seen, Answer):
                called = seen.file_name
                seen = self.captures.add(place.url, seen, sha256=digest, digest=digest)
            elif isinstance(seen, Whole):
                called = seen.file_name(place.name)
                seen = self.captures.add_whole(place.name, seen.parts, digest=digest)
            versions.add_version(
                store, report, capture_id=seen, page_id=place.page_id, file_name=called, url=place.url, at=self.at
            )
            self.kept += 1
        versions.note_seen(store, report, url=place.url, at=self.at)
        if report.withdrawn_at:
            self._turn(report, AmendmentKind.RESTORED)

    def _note_missing(self, report: ReportRow, gone: GoneError) -> None:
        """Note that a report was not found; after MIN_MISSES polls in a row, mark it as withdrawn. Its records stay.

        `gone` says what was not found. Another process may have changed the report meanwhile, so its row is read again
        first.
        """
        with self.context.store.transaction():
            report = versions.report_with_key(self.context.store, self.name, report.key) or report
            answer = str(gone).removeprefix(f"{gone.url}: ").partition("; see")[0]
            misses = versions.note_missing(self.context.store, report, at=self.at, url=gone.url, answer=answer)
            if report.withdrawn_at:
                return
            if misses < MIN_MISSES:
                self.notes.append(f"{gone}; to be confirmed, found gone {misses} of {MIN_MISSES} times")
                return
            self._turn(report, AmendmentKind.WITHDRAWN)
            self.notes.append(f"{gone}; {report.key} counts as taken down now")

    def _turn(self, report: ReportRow, kind: AmendmentKind) -> None:
        """Mark a report as withdrawn (taken down) or restored (back again), and log that in the change log.

        `kind` is WITHDRAWN or RESTORED. A withdrawal is not logged if only a web archive ever saw the report, and never
        this program.
        """
        from monitor.steps.withdraw import note_withdrawal  # noqa: PLC0415 - loads the gazetteer, and is rare
        from monitor.store import records  # noqa: PLC0415 - the same

        store = self.context.store
        versions.mark_withdrawn(store, report, at=self.at if kind == AmendmentKind.WITHDRAWN else None)
        version = records.last_recorded(store, report.id)
        was_seen = version and (version.memento is None or versions.address(store, report.url))
        if version and (was_seen or kind == AmendmentKind.RESTORED):  # else only a web archive ever saw it
            self.turned.append(note_withdrawal(self.context, version, kind=kind, now=self.started))


def _others(page: SourcePage) -> str:
    """Return the end of a sentence that names files which the page links and no report matches; "" without any."""
    files = dict.fromkeys(link.url for link in page.links.unclaimed_files)
    if not files:
        return ""
    left = len(files) - MAX_LINKS_NAMED
    more = f" and {left:,} more" if left > 0 else ""
    return f"; no report matches these files that it links: {', '.join(list(files)[:MAX_LINKS_NAMED])}{more}"
