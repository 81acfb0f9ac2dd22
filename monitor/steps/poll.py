"""The first step: look at a source's page and its reports, and keep what is new. Nothing is understood here.

Bytes are on disk before the database knows of them; what a failed exchange brought is never a version.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.errors import BlockedError, FetchError, GoneError, ReadError, StatusError
from monitor.fetch.fetcher import Answer, Conditions
from monitor.fetch.links import file_name, wanted
from monitor.model import AmendmentKind, Capture, Link, ReportKind
from monitor.steps import schedule, withdraw
from monitor.steps.outcomes import Polled
from monitor.steps.poll_status import note_polls
from monitor.store import records, versions
from monitor.store.rows import AddressRow, ReportRow
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from monitor.config.sources import Config, ReportDescription, Source
    from monitor.fetch.fetcher import Fetcher, NotModified
    from monitor.fetch.verdict import Format
    from monitor.sandbox.reader import Reader
    from monitor.steps.outcomes import Processed
    from monitor.store.archive import Archive
    from monitor.store.database import Store

MOST_NEW = 100  # reports of a series that one poll takes for the first time
LONGEST = 600.0  # seconds after which a poll asks for nothing more: what is left is asked by the next one
TOO_MANY = 429  # a status that is about whoever asks, not about what was asked for
CONFIRMED = 3  # a report counts as withdrawn when so many polls in a row have found it gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """What the step needs."""

    config: Config
    store: Store
    archive: Archive
    fetcher: Fetcher
    reader: Reader
    now: Callable[[], datetime]
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The source's page as it answered: its capture, what it says in digest, and its links."""

    capture_id: int
    sha256: str
    digest: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a report is to be found now: its key, its name and description in the configuration, its address."""

    key: str
    name: str
    description: ReportDescription
    url: str
    page_id: int | None = None


def poll(step: Poller, name: str) -> Polled:
    """Look once at a source and its reports, and note how that went."""
    polled = look(step, name)
    note_polls(step.store, step.config, (polled,))
    return polled


def look(step: Poller, name: str) -> Polled:
    """Look once at a source and its reports; how it went is for `note_polls`. Faults are told; StoreError is raised."""
    one = _Look(step, name)
    one.run()
    return Polled(
        source=name,
        started=one.started,
        kept=one.kept,
        faults=tuple(one.faults),
        notes=tuple(one.notes),
        turned=tuple(one.turned),
        retry_after=one.retry_after,
        blocked=one.blocked,
        reports=tuple(one.known.values()),
        unchanged=tuple(one.unchanged),
    )


class _Look:
    """One poll of one source."""

    def __init__(self, step: Poller, name: str) -> None:
        self.step = step
        self.name = name
        self.source: Source = step.config.sources[name]
        self.started = step.now()
        self.at = instant(self.started)
        self.until = step.clock() + LONGEST
        self.kept = 0
        self.faults: list[str] = []
        self.blocked = False
        self.unwelcome = False
        self.retry_after: float | None = None
        self.notes: list[str] = []
        self.turned: list[Processed] = []
        self.allowed_hosts = self.source.allowed_hosts
        self.known: dict[str, ReportRow] = {}  # as they were when the poll began
        self.unchanged: list[tuple[ReportRow, str]] = []  # those that stand as they were, and where

    def run(self) -> None:
        known = self.known = {report.key: report for report in versions.reports_of(self.step.store, self.name)}
        try:
            page = self._page()
        except GoneError as gone:
            self._page_gone(gone, known.values())
            page = None
        except (FetchError, ReadError) as fault:
            self._note_fault(fault)
            return
        for name, description in self.source.reports.items():
            ours = [report for report in known.values() if report.name == name]
            if description.kind != ReportKind.PAGE:
                self._linked(name, description, page, ours)
            elif page:
                here = Place(key=name, name=name, description=description, url=self.source.page)
                self._see(here, page.digest, page.capture_id)

    def _note_fault(self, fault: FetchError | ReadError) -> None:
        self.faults.append(str(fault))
        self.blocked = self.blocked or isinstance(fault, BlockedError)
        if isinstance(fault, StatusError):
            self.unwelcome = self.unwelcome or fault.status_code == TOO_MANY
            self.retry_after = max(self.retry_after or 0, fault.retry_after or 0) or None

    def _page(self) -> Page:
        """Ask the page, and keep it where it says something new."""
        url = self.source.page
        before = versions.address(self.step.store, url)
        last = versions.latest_capture(self.step.store, self.name, url)
        # What the address answered last may have been another source's to keep, or older than what was imported.
        usable = before if before and last and before.digest == last.digest else None
        lost = bool(last and before and before.sha256 == last.sha256 and not self.step.archive.has(last.sha256))
        answer = self._get(url, "html", None if lost else usable)
        if not isinstance(answer, Answer):
            assert usable is not None
            assert last is not None
            links = tuple(Link(**each) for each in json.loads(usable.links or "[]"))
            return Page(capture_id=last.id, sha256=usable.sha256, digest=usable.digest, links=links)
        digest, links = self.step.reader.page(answer.content, answer.url)
        # What says nothing new is not kept: a nonce would fill the disk.
        news = last is None or last.digest != digest
        sha256 = self._kept(answer, lost=lost) if news or lost else hashlib.sha256(answer.content).hexdigest()
        with self.step.store.transaction():
            written = json.dumps([{"url": link.url, "text": link.text} for link in links])
            self._note_address(url, answer, sha256=sha256, digest=digest, links=written)
            last = versions.latest_capture(self.step.store, self.name, url)
            if last is None or last.digest != digest:
                self.step.archive.put(answer.content)  # another process may have changed what is news
                capture_id = self._capture(url, answer, sha256=sha256, digest=digest)
            else:
                capture_id = last.id
        return Page(capture_id=capture_id, sha256=sha256, digest=digest, links=links)

    def _kept(self, answer: Answer, *, lost: bool) -> str:
        """Put an answer's bytes into the archive; `lost` where the latest ones known of are no longer there."""
        sha256 = self.step.archive.put(answer.content)
        if lost:
            self.notes.append(f"{answer.url}: the archive had lost what was kept of it, so it was asked for again")
        return sha256

    def _get(self, url: str, expect: Format, before: AddressRow | None) -> Answer | NotModified:
        conditions = Conditions(etag=before.etag, last_modified=before.last_modified) if before else None
        return self.step.fetcher.get(
            url,
            expect=expect,
            allowed_hosts=self.allowed_hosts,
            conditions=conditions,
        )

    def _note_address(self, url: str, answer: Answer, *, sha256: str, digest: str, links: str | None) -> None:
        row = AddressRow(
            etag=answer.etag, last_modified=answer.last_modified, sha256=sha256, digest=digest, links=links
        )
        versions.note_address(self.step.store, url, row, at=self.at)

    def _capture(self, url: str, answer: Answer, *, sha256: str, digest: str) -> int:
        capture = Capture(
            url=url, captured_at=self.started, sha256=sha256, size=len(answer.content),
            status_code=answer.status_code, headers=answer.headers,
        )  # fmt: skip
        return versions.add_capture(self.step.store, self.name, capture, digest=digest, at=self.at, via="poll")

    def _page_gone(self, gone: GoneError, known: Iterable[ReportRow]) -> None:
        on_page = [report for report in known if report.kind == ReportKind.PAGE]
        for report in on_page:
            self._missing(report, gone)
        if not on_page:
            self.faults.append(str(gone))

    def _linked(self, name: str, description: ReportDescription, page: Page | None, known: Sequence[ReportRow]) -> None:
        """Ask the reports that the page links, and those that it linked once."""
        found = wanted(page.links, name, description) if page else {}
        if page and not found:
            self.faults.append(
                f"{self.source.page}: no link matches the report {name!r}; "
                f"if the publisher calls its files otherwise now, change sources.{self.name}.reports.{name}.match"
            )
        for key in [key for key in found if description.kind == ReportKind.SERIES]:
            if key in self.source.reports:
                self.faults.append(f"{found.pop(key)}: would be the report {key!r}, which is another; change its `key`")
            elif key.startswith("-"):
                self.notes.append(
                    f"{found[key]}: its period can't be told; change sources.{self.name}.reports.{name}.key"
                )
        by_key = {report.key: report for report in known}
        new = [key for key in found if key not in by_key]
        if len(new) > MOST_NEW:
            self.faults.append(f"{self.source.page}: links {len(new)} new reports; the first {MOST_NEW} are taken now")
            found = {key: url for key, url in found.items() if key not in new[MOST_NEW:]}
        once = {report.key: report.url for report in known if self._may_ask(report.url)}
        places = list((once | found).items())
        # In another order each time: what makes one poll break off must not keep the same reports from being asked.
        random.Random(self.at).shuffle(places)  # noqa: S311 - no secret
        for key, url in places:
            if self._is_over():
                return
            here = Place(
                key=key, name=name, description=description, url=url, page_id=page.capture_id if page else None
            )
            self._ask(here, by_key.get(key))

    def _is_over(self) -> bool:
        """True where nothing more is to be asked, so that a server can't keep a poll busy for days."""
        if not self.unwelcome and self.step.clock() <= self.until:
            return False
        why = "the server asks for fewer requests" if self.unwelcome else f"it took over {LONGEST:.0f} s"
        line = f"{self.source.page}: the poll was broken off, for {why}; the next one goes on"
        if line not in self.faults:
            self.faults.append(line)
        return True

    def _ask(self, here: Place, known: ReportRow | None) -> None:
        """Ask one report, if it is due, and keep what is new."""
        if known and here.url == known.url and known.kind == ReportKind.SERIES and not self._due(known):
            return
        latest = versions.latest_version(self.step.store, known.id) if known else None
        before = versions.address(self.step.store, here.url)
        usable = before if before and latest and before.digest == latest.digest else None
        lost = bool(latest and not self.step.archive.has(latest.sha256))
        try:
            answer = self._get(here.url, here.description.format, None if lost else usable)
        except GoneError as gone:
            self._not_there(here, known, gone)
        except FetchError as fault:
            self._note_fault(fault)
        else:
            if isinstance(answer, Answer):
                self._see(here, self._kept(answer, lost=lost), answer)
            elif usable:
                self._see(here, usable.digest, None)

    def _not_there(self, here: Place, known: ReportRow | None, gone: GoneError) -> None:
        """A dead link to a new place says nothing of the report: look where it was last."""
        if known and here.url == known.url:
            self._missing(known, gone)
            return
        self.faults.append(str(gone))
        if known:
            self._ask(replace(here, url=known.url), known)

    def _may_ask(self, url: str) -> bool:
        """False for where a report was imported from: a file, an archive of other people's pages."""
        return urlsplit(url).hostname in self.allowed_hosts

    def _due(self, report: ReportRow) -> bool:
        """True where a report of a series is to be asked now; one that was found gone, until that is confirmed."""
        if 0 < report.misses < CONFIRMED:
            return True
        asked_at = moment(report.asked_at)
        if asked_at > self.started:  # by a clock that stood ahead
            return True
        return schedule.due(now=self.started, changed_at=moment(report.changed_at), asked_at=asked_at)

    def _see(self, here: Place, digest: str, found: Answer | int | None) -> None:
        """A report is there, as its latest version has it or as a new one: `found` is an answer, or a capture's id."""
        known = self.known.get(here.key)
        if known and not known.withdrawn_at and known.digest == digest and not isinstance(found, Answer):
            self.unchanged.append((known, here.url))
            return
        with self.step.store.transaction():
            self._note(here, digest, found)

    def _note(self, here: Place, digest: str, found: Answer | int | None) -> None:
        store = self.step.store
        if isinstance(found, Answer):
            self._note_address(here.url, found, sha256=digest, digest=digest, links=None)
        report = versions.report(store, self.name, here.key) or versions.add_report(
            store, self.name, here.key, name=here.name, kind=here.description.kind, url=here.url, at=self.at
        )
        if found is not None and report.digest != digest:
            if isinstance(found, Answer):
                found = self._capture(here.url, found, sha256=digest, digest=digest)
            versions.add_version(
                store, report, capture_id=found, page_id=here.page_id, file_name=file_name(here.url),
                url=here.url, at=self.at,
            )  # fmt: skip
            self.kept += 1
        versions.note_seen(store, report, url=here.url, at=self.at)
        if report.withdrawn_at:
            self._turn(report, AmendmentKind.RESTORED)

    def _missing(self, report: ReportRow, gone: GoneError) -> None:
        """A report that was there is not: withdrawn, once enough polls agree; never a removal of its records."""
        with self.step.store.transaction():
            # Another poll may have found it gone too, meanwhile.
            report = versions.report(self.step.store, self.name, report.key) or report
            misses = versions.note_missing(self.step.store, report, at=self.at)
            if report.withdrawn_at:
                return
            if misses < CONFIRMED:
                self.notes.append(f"{gone}; to be confirmed, found gone {misses} of {CONFIRMED} times")
                return
            self._turn(report, AmendmentKind.WITHDRAWN)
            self.notes.append(f"{gone}; {report.key} counts as withdrawn now")

    def _turn(self, report: ReportRow, kind: AmendmentKind) -> None:
        """Mark a report as withdrawn or restored, and log it with its last good version."""
        store = self.step.store
        versions.mark_withdrawn(store, report, at=self.at if kind == AmendmentKind.WITHDRAWN else None)
        version = records.last_recorded(store, report.id)
        was_there = version and (version.memento is None or versions.address(store, report.url))
        if version and (was_there or kind == AmendmentKind.RESTORED):  # else only a web archive ever saw it
            self.turned.append(withdraw.note_withdrawal(self.step, version, kind=kind, now=self.started))
