"""Asks the web addresses of one source, and keeps each new answer: first its bytes on disk, then a row about it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.alerts import operators
from monitor.errors import FetchError, StoreError
from monitor.fetch.fetcher import Answer, Conditions
from monitor.fetch.links import PageLinks, without_query
from monitor.fetch.verdict import ends_well, is_drawn_by_script
from monitor.model import Capture
from monitor.store import exchanges, versions
from monitor.store.drawn import drawing_of, drawn_address, served_address
from monitor.store.parts import add_list, whole_address
from monitor.store.rows import AddressRow
from monitor.times import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from monitor.config.sources import Source
    from monitor.fetch.fetcher import NotModified
    from monitor.fetch.verdict import Format
    from monitor.model import Link
    from monitor.steps.context import PollContext
    from monitor.store.parts import Part


MAX_CONDITIONAL = timedelta(days=1)  # since the last whole answer: after that, one is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """The source's publication page as a poll found it, with the links on it.

    - `url`: the address that was asked.
    - `capture_id`: the database row (capture) that tells of the kept copy of this page.
    - `sha256`: the hash of the page's bytes.
    - `digest`: the hash of its visible text and its links alone; it stays the same when only hidden markup changes.
    - `links`: the links on the page, and which of them lead to reports.
    - `before`: the links that the page had at the last poll; None if it was never polled before.
    - `sends_to`: the address to which the page forwards its reader by itself; None if it does not.
    - `served_id`: where a browser drew the page, the capture of the page as the server sent it; else None. Then
      `capture_id` is that of the drawn document, and so are `sha256`, `digest` and `links`.
    """

    url: str
    capture_id: int
    sha256: str
    digest: str
    links: PageLinks
    before: PageLinks | None = None
    sends_to: str | None = None
    served_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Captures:
    """Fetches the page and the reports of one source during one poll, and keeps the answers.

    - `source`: the name of the source.
    - `started`, `at`: the time when the poll began, as a datetime and as text for the database.
    - `allowed_hosts`: the servers that may be asked.
    - `notes`: sentences for the person who runs the program; the methods add to them.
    """

    context: PollContext
    source: str
    started: datetime
    at: str
    allowed_hosts: frozenset[str]
    notes: list[str] = field(default_factory=list)

    def get(self, url: str, expect: Format, before: AddressRow | None) -> Answer | NotModified:
        """Fetch a web address, and return the answer, or NotModified if the server says that nothing has changed.

        - `expect`: the format that the answer should have.
        - `before`: the last answer of this address. If there is one, the server is asked to send only a changed
          document.

        Once a day the whole document is asked for in any case: a server may wrongly say "not modified" of a file that
        it has replaced. If the end of the document is missing, though the last answer had one, it is fetched a second
        time. Raises FetchError.
        """
        fresh = before and self.started - moment(before.answered_at) < MAX_CONDITIONAL
        conditions = Conditions(etag=before.etag, last_modified=before.last_modified) if before and fresh else None
        answer = self.context.fetcher.get(url, expect=expect, allowed_hosts=self.allowed_hosts, conditions=conditions)
        if isinstance(answer, Answer) and before and self._lost_its_end(answer, expect, before):
            # Perhaps it was cut off on its way, though its length is what the server said.
            with suppress(FetchError):
                return self.context.fetcher.get(url, expect=expect, allowed_hosts=self.allowed_hosts)
        return answer

    def _lost_its_end(self, answer: Answer, expect: Format, before: AddressRow) -> bool:
        """Return whether an answer lacks the proper end of a document, though the kept earlier answer `before` has one.

        Return False if the archive has lost the earlier answer, or its bytes are damaged.
        """
        if ends_well(answer.content, expect):
            return False
        try:
            return ends_well(self.context.archive.get(before.sha256), expect)
        except StoreError:
            return False

    def put(self, answer: Answer, *, lost: bool) -> str:
        """Write the bytes of an answer to the archive of kept files, and return their SHA-256.

        `lost` is True if the archive has lost an earlier copy of these bytes; then a sentence about that is added to
        `notes`.
        """
        sha256 = self.context.archive.put(answer.content)
        if lost:
            self.notes.append(f"{answer.url}: the archive had lost what was kept of it, so it was asked for again")
        return sha256

    def note_address(self, url: str, answer: Answer, *, sha256: str, digest: str, links: str | None = None) -> None:
        """Write to the database what an address answered last, so that the next request can ask for changes only.

        - `sha256`, `digest`: the hashes of the answer's bytes and of its content.
        - `links`: the links of a web page as JSON; None for other files.
        """
        row = AddressRow(
            etag=answer.etag, last_modified=answer.last_modified, sha256=sha256, digest=digest, links=links
        )
        versions.note_address(self.context.store, url, row, at=self.at)

    def add(self, url: str, answer: Answer, *, sha256: str, digest: str) -> int:
        """Add a row about a kept answer (a capture), and one about how it came; return the id of the capture.

        The files of the exchange are written to the archive first. They are few, and usually there already.
        """
        capture = Capture(
            url=url, captured_at=self.started, sha256=sha256, size=len(answer.content),
            status_code=answer.status_code, headers=answer.headers,
        )  # fmt: skip
        store = self.context.store
        capture_id = versions.add_capture(store, self.source, capture, digest=digest, at=self.at, via="poll")
        if answer.exchange:
            exchanges.keep_files(self.context.archive, answer.exchange)
            exchanges.add_exchange(store, capture_id, answer.exchange)
        return capture_id

    def add_whole(self, report: str, parts: Sequence[Part], *, digest: str) -> int:
        """Add a capture that is the list of the parts of a version, and return its id; the list is kept as a file.

        - `report`: the name of the report. `digest`: the hash of what its parts say.
        """
        url = whole_address(self.context.outline(self.source).page, report)
        return add_list(
            self.context.store, self.context.archive, self.source, parts, url=url, digest=digest, at=self.started,
            via="poll",
        )  # fmt: skip

    def file(self, url: str, expect: Format, known: Mapping[str, Part]) -> int:
        """Fetch a file that is a part of a report, keep it if its bytes are new, and return the id of its capture.

        - `expect`: its format.
        - `known`: the parts of the last version, by what they say. A file that says the same is not kept again where
          its address differs only behind the `?`, as by a token that is new at each visit.

        Raises FetchError.
        """
        store, archive = self.context.store, self.context.archive
        before, last = versions.last_answer(store, self.source, url)
        usable = before if before and last and before.digest == last.digest else None
        lost = bool(last and not archive.has(last.sha256))
        answer = self.get(url, expect, None if lost else usable)
        if not isinstance(answer, Answer):
            assert last is not None
            return last.id
        sha256 = self.put(answer, lost=lost)
        with store.transaction():
            self.note_address(url, answer, sha256=sha256, digest=sha256)
            last = versions.latest_capture(store, self.source, url)
            if last and last.digest == sha256:
                return last.id
            if same := _same(known, sha256, url):
                return same.capture_id
            return self.add(url, answer, sha256=sha256, digest=sha256)

    def page(self, url: str | None = None, known: Mapping[str, Part] | None = None) -> SourcePage:
        """Fetch the source's page, keep it if its text is new, and return it. Raises FetchError, ReadError.

        - `url`: the address of a further page, on which a list of the source's page goes on; None for the page itself.
        - `known`: of a further page, the parts of the last version of the list, as in `file`.
        """
        store, archive = self.context.store, self.context.archive
        is_further = url is not None
        outline = self.context.outline(self.source)
        url = url or outline.page
        kept_as = drawn_address(url) if outline.is_drawn else url
        before, last = versions.last_answer(store, self.source, kept_as)
        # The last answer of this address may have been kept for another source, or be older than an imported file.
        usable = before if before and last and before.digest == last.digest else None
        lost = bool(last and before and before.sha256 == last.sha256 and not archive.has(last.sha256))
        # The data of a page that a browser draws may change while the page itself does not.
        answer = self.get(url, "html", None if lost or outline.is_drawn else usable)
        needs_links = outline.uses_links or isinstance(answer, Answer)
        linked = PageLinks.of_json(before.links) if needs_links and before and before.links else None
        if not isinstance(answer, Answer):
            assert usable is not None
            assert last is not None
            return SourcePage(
                url=url,
                capture_id=last.id,
                sha256=usable.sha256,
                digest=usable.digest,
                links=self._chosen_anew(url, linked or PageLinks()) if needs_links else PageLinks(),
                before=linked,
            )
        source = self.context.config.sources[self.source]
        served = answer if outline.is_drawn else None
        answer, notes = self._drawn(answer) if outline.is_drawn else (answer, ())
        reading = self.context.reader.page(
            answer.content, answer.url, charset=answer.charset, queries=source.reads_links,
            as_content=source.content_page, source=self.source,
        )  # fmt: skip
        links = self._chosen(reading.links)
        # A page whose text is not new is not kept: a nonce in its markup would fill the disk. But which page linked a
        # report must be on record.
        led_elsewhere = bool(linked and linked.described == links.described and _led(source, linked, links))
        same = _same(known or {}, reading.digest, url)
        is_new = (last is None or last.digest != reading.digest or led_elsewhere) and not same
        sha256 = self.put(answer, lost=lost) if is_new or lost else hashlib.sha256(answer.content).hexdigest()
        self.notes.extend(notes if is_new else ())
        led = any((links.chosen or {}).values())  # a short page that links its reports needs no script for them
        if is_new and not outline.is_drawn and not led and is_drawn_by_script(answer.content):
            self.notes.append(f"{url}: draws its content by a script; give sources.{self.source} `render: browser`")
        with store.transaction():
            self.note_address(kept_as, answer, sha256=sha256, digest=reading.digest, links=links.as_json())
            if not is_further:
                self._tell_unclaimed(links, linked)  # in the same transaction: the next poll takes them for known
            last = versions.latest_capture(store, self.source, kept_as)
            if same:
                capture_id = same.capture_id
            elif led_elsewhere or last is None or last.digest != reading.digest:
                archive.put(answer.content)  # another process may have kept another page meanwhile
                if served:
                    self._add_served(url, served)
                capture_id = self.add(kept_as, answer, sha256=sha256, digest=reading.digest)
            else:
                capture_id = last.id
        drawing = drawing_of(store, capture_id) if served else None
        return SourcePage(
            url=url,
            capture_id=capture_id,
            sha256=sha256,
            digest=reading.digest,
            links=links,
            before=linked,
            sends_to=reading.sends_to,
            served_id=drawing.served_id if drawing else None,
        )

    def _drawn(self, served: Answer) -> tuple[Answer, tuple[str, ...]]:
        """Have a browser draw a page; return the drawn document in the form of an answer, and notes about it.

        `served` is the page as its server sent it. Raises FetchError.
        """
        from monitor.sandbox.drawing import draw_page  # noqa: PLC0415 - few pages are drawn by a browser

        context = self.context
        drawn = draw_page(
            context.fetcher, served, source=self.source, hosts=self.allowed_hosts, poll=context.config.poll
        )
        document = replace(
            served, content=drawn.content, headers=drawn.headers, etag=None, last_modified=None, exchange=None
        )
        return document, drawn.notes

    def _add_served(self, url: str, served: Answer) -> None:
        """Keep a page as its server sent it, from which a browser drew a new document. Call this in a transaction."""
        sha256 = self.context.archive.put(served.content)
        self.add(served_address(url), served, sha256=sha256, digest=sha256)

    def _tell_unclaimed(self, links: PageLinks, before: PageLinks | None) -> None:
        """Tell operators of files that the page links for the first time and that no report matches.

        They may be reports. `before` are the links of the last poll, or None at the first, where nothing is told.
        """
        if before is None or self.context.config.sources[self.source].tells_files:
            return
        known = {without_query(url) for url in before.addresses}
        new = [link for link in links.unclaimed_files if without_query(link.url) not in known]
        source, context = self.source, self.context
        self.notes.extend(
            f"{context.config.sources[source].page}: links a new file that no report matches, {link.url}; "
            f"if it is one, describe it under sources.{source}.reports"
            for link in new
        )
        operators.tell_unclaimed(context.store, context.config, source, new, now=self.started)

    def _chosen(self, links: tuple[Link, ...]) -> PageLinks:
        """Return a page's links, and the choice of those that lead to reports of the source. Raises ReadError."""
        source = self.context.config.sources[self.source]
        chosen = self.context.reader.choose(links, source.reports, source=self.source)
        return PageLinks(links=links, chosen=chosen, described=source.links_mark)

    def _chosen_anew(self, url: str, known: PageLinks) -> PageLinks:
        """Return the links of a page that has not changed since the last poll.

        If the configuration describes the source's reports in another way than at that time, the links that lead to
        reports are chosen again. `known` are the links and the choice of the last poll; `url` is the address of the
        page.
        """
        if known.described == self.context.outline(self.source).links_mark:
            return known
        links = self._chosen(known.links)
        with self.context.store.transaction():
            versions.note_links(self.context.store, url, links.as_json())
        return links


def _same(known: Mapping[str, Part], digest: str, url: str) -> Part | None:
    """Return the known part that says the same, if its address is `url` but for what stands behind the `?`."""
    part = known.get(digest)
    return part if part and without_query(part.url) == without_query(url) else None


def _led(source: Source, before: PageLinks, now: PageLinks) -> bool:
    """Return whether a page leads to other files than before. The links of pagers do not count: they lead to pages."""

    def files(links: PageLinks) -> dict[str, object]:
        chosen = links.chosen or {}
        return {name: chosen[name] for name in chosen if name not in source.reports or not source.reports[name].pager}

    return files(before) != files(now)
