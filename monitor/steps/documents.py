"""Fetches the documents that records link to, such as signed agreements: keeps each new file, and logs each change.

A document is one web address. A look is one request for it. The first look follows as soon as a record links the
document; later looks are less frequent the longer it has not changed. A failed request never counts as a change.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.alerts import outbox
from monitor.changelog import entry
from monitor.errors import (
    BlockedError,
    FetchError,
    GoneError,
    ReadError,
    StatusError,
    TooLargeError,
    TooSlowError,
    TruncatedError,
    UnreachableError,
)
from monitor.fetch.fetcher import Answer, Conditions
from monitor.fetch.links import document_address
from monitor.model import Capture
from monitor.steps.captures import Captures
from monitor.steps.document_doubts import DocumentDoubts
from monitor.steps.document_links import note_document_links
from monitor.steps.poll import MIN_MISSES
from monitor.store import captures, changelog, document_links, documents, exchanges, records, versions
from monitor.store.entry import DocumentChange
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from monitor.config.lists import Documents, ListDescription
    from monitor.config.sources import Source
    from monitor.fetch.fetcher import NotModified
    from monitor.model import DocumentReading
    from monitor.steps.context import PollContext
    from monitor.store.database import Store
    from monitor.store.document_links import LinkingRecord
    from monitor.store.documents import DocumentFile, DocumentRow
    from monitor.store.entry import LogEntry

    Stopping = Callable[[], bool]

SHARE_OF_UNCHANGED = 30  # a document is asked for again after a thirtieth of the time since its last file came
MAX_DOCUMENT_PAUSE = timedelta(days=30)  # but at least as often as this
FIRST_RETRY = timedelta(minutes=15)  # after a look that found the document gone, until that is confirmed
RETRY = timedelta(hours=1)  # after a look that failed
UNWATCHED_REST = timedelta(days=1)  # of a document that is linked only by fields that are no longer watched
HOST_REST = timedelta(minutes=15)  # that all documents of a server are left alone if it does not answer at all
MAX_PATIENCE = timedelta(days=1)  # a server that asks for a longer pause is not believed
MAX_UNCONDITIONAL = timedelta(days=30)  # since the last whole answer: then one is asked for, for some servers are wrong
MAX_RESTLESS = 2  # looks in a row that found other bytes with the same text: then it is said that it changes each time
QUIET_AT_ONCE = 50  # looks that found nothing new, which are noted together
MAY_PASS = (StatusError, UnreachableError, TooSlowError, TruncatedError)  # faults that say nothing of the document
SILENCE = (UnreachableError, TooSlowError)  # faults by which every document of the server would cost as long a wait
CHANGING_FIGURES = re.compile(r"\d+")  # of a text that differs in nothing else, such as a date stamped at each request


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLook:
    """The result of one look at a document.

    - `document`: the document as it was before.
    - `entries`: what the look added to the change log.
    - `is_new`: whether a new file was kept. `bytes`: its size in bytes; 0 without one.
    - `fault`: a sentence on why the look failed; None if it did not.
    """

    document: DocumentRow
    entries: tuple[LogEntry, ...] = ()
    is_new: bool = False
    bytes: int = 0
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedCopy:
    """A copy of a document that was taken from a web archive.

    - `answer`: the file, with its publisher's headers.
    - `captured_at`: when the archive made the copy. `address`: where the copy is in the archive.
    """

    answer: Answer
    captured_at: datetime
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """A document with the record that links it first, and what the configuration says about it."""

    row: DocumentRow
    link: LinkingRecord
    description: ListDescription
    settings: Documents
    source: Source


def look_at_documents(
    context: PollContext, *, source: str | None = None, limit: int, stopping: Stopping = lambda: False
) -> Iterator[DocumentLook]:
    """Look at the documents that are due, one after the other, and yield the result of each.

    - `source`: the name of the one source whose documents are looked at; None for all.
    - `limit`: the largest number of looks.
    - `stopping`: a function that says, before each look, whether to stop.

    First the links in the recorded lists are noted, so that new documents are due. Looks that found nothing new are
    written to the database several at a time; if the program is killed before, they are made again. Raises StoreError
    if the database or the archive fails.
    """
    store, config = context.store, context.config
    names = (source,) if source else config.sources_with_documents
    for name in (source,) if source else {*names, *(document_links.sources_noted(store) & config.sources.keys())}:
        note_document_links(context, name)
    quiet: list[tuple[int, str, str]] = []
    doubts: dict[str, DocumentDoubts] = {}
    try:
        for row in documents.due_documents(store, at=instant(context.now()), sources=names, limit=limit):
            if stopping():
                return
            current = documents.document_with_id(store, row.id) or row
            if current.due_at > instant(context.now()):  # its server has asked for patience, or another process looked
                continue
            watched = _watched(context, current)
            if watched is None:  # else it would stand before the others for ever
                with store.transaction():
                    documents.put_off_document(store, row.id, until=instant(context.now() + UNWATCHED_REST))
                continue
            look = _Look(
                context, watched, doubts.setdefault(row.source, DocumentDoubts(context=context, source=row.source))
            )
            done = look.run()
            if done is None:
                quiet.append((row.id, look.at, look.next_time()))
                done = DocumentLook(document=current)
            if len(quiet) >= QUIET_AT_ONCE:
                _note_quiet(store, quiet)
            yield done
    finally:
        _note_quiet(store, quiet)


def keep_archived(context: PollContext, row: DocumentRow, copy: ArchivedCopy) -> DocumentLook:
    """Keep a web archive's copy of a document that has no file yet, log that it was recovered, and return the result.

    The document still counts as gone, since the copy does not show what its publisher has now. Raises StoreError if
    the database or the archive fails.
    """
    watched = _watched(context, row)
    if watched is None:
        return DocumentLook(document=row, fault=f"{row.url}: no record links it any more")
    return _Look(context, watched, DocumentDoubts(context=context, source=row.source)).keep_archived(copy)


def _note_quiet(store: Store, quiet: list[tuple[int, str, str]]) -> None:
    """Write looks that found nothing new to the database, and empty the list."""
    if quiet:
        with store.transaction():
            documents.note_looks(store, quiet)
        quiet.clear()


def _watched(context: PollContext, row: DocumentRow) -> _Watched | None:
    """Return a document with what links it; None if the configuration no longer has it watched."""
    source = context.config.sources.get(row.source)
    if source is None:
        return None
    for link in document_links.linking_records(context.store, row.id):
        description = context.config.list_description(row.source, link.list)
        described = description.documents if description else ()
        settings = next((each for each in described if each.field == link.field), None)
        if description and settings:
            return _Watched(row=row, link=link, description=description, settings=settings, source=source)
    return None


class _Look:
    """One look at one document. Call `run` once."""

    def __init__(self, context: PollContext, watched: _Watched, doubts: DocumentDoubts) -> None:
        self.context = context
        self.doubts = doubts
        self.watched = watched
        self.row = watched.row
        self.now: datetime = context.now()
        self.at = instant(self.now)
        self.last: DocumentFile | None = documents.last_file(context.store, self.row.id)
        hosts = watched.source.allowed_hosts | {host.lower() for host in watched.settings.hosts}
        self.captures = Captures(
            context=context, source=self.row.source, started=self.now, at=self.at, allowed_hosts=hosts
        )

    def run(self) -> DocumentLook | None:
        """Ask for the document, and write down what came of it; return None if nothing is new."""
        try:
            answer = self._ask()
        except GoneError as gone:
            return self._gone(gone)
        except FetchError as fault:
            return self._failed(fault)
        if isinstance(answer, Answer):
            sha256 = hashlib.sha256(answer.content).hexdigest()
            if self.last is None or self.last.sha256 != sha256:
                return self._new_file(answer, sha256)
            if not self.context.archive.has(sha256):
                self.context.archive.put(answer.content)
            with self.context.store.transaction():  # else the next request could not ask for changes only
                self.captures.note_address(self.row.url, answer, sha256=sha256, digest=sha256)
        return self._there_again() if self.row.status in {"gone", "refused"} else None

    def next_time(self, *, soon: bool = False) -> str:
        """Return when the document is due next: the later, the longer it has not changed.

        The first pause after a new file is anywhere within the usual one, so that the looks at documents that came
        together do not come together for ever. Later ones are never shorter than the usual one.
        """
        every = self.watched.settings.every
        chance = random.Random(f"{self.row.id} {self.at}")  # noqa: S311 - spreads load, keeps no secret
        if soon:
            return instant(self.now + every * chance.uniform(0.1, 1.0))
        # When an archive made its copy says nothing of when the publisher may post the document.
        is_own = self.last is not None and self.last.memento is None
        unchanged = self.now - moment(self.last.captured_at) if self.last and is_own else timedelta()
        pause = max(every, min(unchanged / SHARE_OF_UNCHANGED, MAX_DOCUMENT_PAUSE))
        return instant(self.now + pause * chance.uniform(1.0, 1.1))

    def _ask(self) -> Answer | NotModified:
        """Fetch the document, unless the server says that it has not changed. Raises FetchError."""
        known = versions.address(self.context.store, self.row.url)
        usable = known and self.last and known.sha256 == self.last.sha256 and self.context.archive.has(known.sha256)
        fresh = known and self.now - moment(known.answered_at) < MAX_UNCONDITIONAL
        conditions = (
            Conditions(etag=known.etag, last_modified=known.last_modified) if known and usable and fresh else None
        )
        return self.context.fetcher.get(
            self.row.url,
            expect="pdf",
            allowed_hosts=self.captures.allowed_hosts,
            conditions=conditions,
            max_bytes=self.watched.settings.max_bytes,
            retries=0,
            apart=True,
        )

    def _gone(self, gone: GoneError) -> DocumentLook:
        """Note that the document was not found; the third time in a row, log that it is gone."""
        store, row = self.context.store, self.row
        misses = row.misses + 1
        confirmed = misses >= MIN_MISSES and row.status != "gone"
        was_had = self.last is not None and self.last.memento is None
        status = "gone" if misses >= MIN_MISSES or row.status in {"new", "gone"} else row.status
        due = self.next_time() if misses >= MIN_MISSES else instant(self.now + FIRST_RETRY)
        with store.transaction():
            documents.note_look(store, row, at=self.at, due_at=due, status=status, misses=misses, fault=str(gone))
            entries = self._log("gone", sha256=None) if confirmed and was_had else ()
        return DocumentLook(document=row, entries=entries, fault=str(gone))

    def _failed(self, fault: FetchError) -> DocumentLook:
        """Note that the look failed, which says nothing about the document, and wait as long as its server asks for."""
        store, row = self.context.store, self.row
        patience = timedelta(seconds=fault.retry_after or 0) if isinstance(fault, StatusError) else timedelta()
        wait = max(RETRY, min(patience, MAX_PATIENCE))
        refused = self.last is None and not isinstance(fault, MAY_PASS)
        due = self.now + (max(wait, self.watched.settings.every) if refused else wait)
        said = str(fault)
        if isinstance(fault, TooLargeError):
            most = f"over {self.watched.settings.max_bytes:,} bytes"
            said = (
                f"{self.row.url}: {most}; raise `max_bytes` under `documents` (and `poll.max_bytes`) if that is right"
            )
        with store.transaction():
            documents.note_look(
                store, row, at=self.at, due_at=instant(due), status="refused" if refused else row.status,
                misses=row.misses, restless=row.restless, fault=said,
            )  # fmt: skip
            if patience or isinstance(fault, SILENCE):
                rest = max(HOST_REST, min(patience, MAX_PATIENCE))
                documents.put_off(store, row.host, until=instant(self.now + rest))
            elif isinstance(fault, BlockedError):
                documents.put_off(store, row.host, until=instant(self.now + wait))
        return DocumentLook(document=row, fault=said)

    def _there_again(self) -> DocumentLook:
        """Note that the document is there again with the file that it had before."""
        store, row = self.context.store, self.row
        with store.transaction():
            documents.note_look(store, row, at=self.at, due_at=self.next_time(soon=True), status="there")
            is_recovered = self.last is not None and self.last.memento is not None
            was_told = row.status == "gone" and row.misses >= MIN_MISSES
            what = "posted" if is_recovered else "back"
            entries = self._log(what, sha256=self.last.sha256) if self.last and (was_told or is_recovered) else ()
        return DocumentLook(document=row, entries=entries)

    def _new_file(self, answer: Answer, sha256: str) -> DocumentLook:
        """Keep a file that the document did not have before, read its text, and log what happened.

        A document that changes at each request, which was said, is not kept each time, so that it does not fill the
        disk. Once two looks in a row find the same bytes, it has settled, and its file is kept and told again.
        """
        store, row, last = self.context.store, self.row, self.last
        known = versions.address(store, row.url)
        is_settled = row.restless > MAX_RESTLESS and known is not None and known.sha256 == sha256
        reading, fault = self._read(answer.content)
        digest = documents.text_digest(reading.pages) if reading else None
        same_text = last is not None and digest is not None and digest == last.text_digest
        is_alike = last is not None and (same_text or self._differs_in_figures(reading))
        restless = row.restless + 1 if is_alike and not is_settled else 0
        if restless <= MAX_RESTLESS:
            self.context.archive.put(answer.content)
        with store.transaction():
            before = documents.last_file(store, row.id)
            if (before and before.id) != (last and last.id):
                return DocumentLook(document=row)  # another process has looked meanwhile, and kept what it found
            documents.note_look(
                store, row, at=self.at, due_at=self.next_time(soon=True), status="there", restless=restless
            )
            self.captures.note_address(row.url, answer, sha256=sha256, digest=sha256)
            if restless > MAX_RESTLESS:
                return DocumentLook(document=row)
            capture_id = self.captures.add(row.url, answer, sha256=sha256, digest=sha256)
            added = documents.add_file(store, row, capture_id=capture_id, reading=reading, fault=fault)
            self.doubts.check_document(row.id, before=last.sha256 if last else None)
            is_known = digest is not None and last is not None and last.text_digest is not None
            entries = self._log_file(added, same_text=same_text if is_known else None, restless=restless)
        return DocumentLook(document=row, entries=entries, is_new=True, bytes=added.bytes, fault=fault)

    def keep_archived(self, copy: ArchivedCopy) -> DocumentLook:
        """Keep a web archive's copy of the document, which has no file yet, and log that."""
        store, row, answer = self.context.store, self.row, copy.answer
        sha256 = self.context.archive.put(answer.content)
        reading, fault = self._read(answer.content)
        capture = Capture(
            url=row.url, captured_at=copy.captured_at, sha256=sha256, size=len(answer.content),
            status_code=answer.status_code, headers=answer.headers,
        )  # fmt: skip
        if answer.exchange:
            exchanges.keep_files(self.context.archive, answer.exchange)
        with store.transaction():
            if documents.last_file(store, row.id):
                return DocumentLook(document=row, fault=f"{row.url}: its publisher has it by now")
            capture_id = captures.add_archived_document(store, row.source, capture, memento=copy.address)
            if answer.exchange:
                exchanges.add_exchange(store, capture_id, answer.exchange)
            added = documents.add_file(store, row, capture_id=capture_id, reading=reading, fault=fault)
            self.doubts.check_document(row.id, before=None)
            entries = self._log("recovered", sha256=sha256, pages=added.pages, size=added.bytes, from_url=copy.address)
        return DocumentLook(document=row, entries=entries, is_new=True, bytes=added.bytes, fault=fault)

    def _read(self, content: bytes) -> tuple[DocumentReading | None, str | None]:
        """Return the text of the file, or why it can't be read."""
        try:
            return self.context.reader.document(content, source=self.row.source), None
        except ReadError as fault:
            return None, str(fault)

    def _differs_in_figures(self, reading: DocumentReading | None) -> bool:
        """Return whether the text differs from that of the last file in figures alone, as in a date of today."""
        if reading is None or self.last is None or self.last.text_digest is None:
            return False
        before = documents.texts_of_file(self.context.store, self.last.id)
        return any(before) and [CHANGING_FIGURES.sub("", page) for page in before] == [
            CHANGING_FIGURES.sub("", page) for page in reading.pages
        ]

    def _log_file(self, added: DocumentFile, *, same_text: bool | None, restless: int) -> tuple[LogEntry, ...]:
        """Log what a new file means: the document was posted, replaced, moved, is back, or changes at each request."""
        last, row = self.last, self.row
        if last is None:
            moved = self._moved_from(added.sha256)
            if moved:
                return self._log("moved", sha256=added.sha256, pages=added.pages, size=added.bytes, from_url=moved.url)
            return (
                self._log("posted", sha256=added.sha256, pages=added.pages, size=added.bytes) if self._is_news else ()
            )
        if last.memento is not None:  # the publisher itself never had a file that this one could replace
            return self._log("posted", sha256=added.sha256, pages=added.pages, size=added.bytes)
        what = "back" if row.status == "gone" and row.misses >= MIN_MISSES else "replaced"
        if restless >= MAX_RESTLESS:
            what = "changes at each request"
        return self._log(
            what, sha256=added.sha256, pages=added.pages, size=added.bytes, previous=last.sha256, same_text=same_text
        )

    @property
    def _is_news(self) -> bool:
        """Whether the first file is to be told: the link is new, or the document was missing at an earlier look."""
        return bool(self.row.is_news) or self.row.status == "gone"

    def _moved_from(self, sha256: str) -> DocumentRow | None:
        """Return the document with the same file that the same record linked before; None without one.

        It is linked no more, or gone. The file of another agency's record did not move, even if it is the same.
        """
        store, link = self.context.store, self.watched.link
        others = documents.other_holders(store, sha256, but=self.row.id)
        former = {
            document_address(page, value)
            for page, value in document_links.links_of_line(store, link.line_id, link.field)
        }
        own = [other for other in others if other.source == self.row.source and other.url in former]
        return next((other for other in reversed(own) if other.unlinked_at or other.status == "gone"), None)

    def _log(
        self, what: str, *, sha256: str | None, pages: int | None = None, size: int | None = None,
        previous: str | None = None, same_text: bool | None = None, from_url: str | None = None,
    ) -> tuple[LogEntry, ...]:  # fmt: skip
        """Append an entry about the document to the change log, and alert subscribers; return it.

        Nothing is logged if the record that links it is gone by now. Call this within a transaction.
        """
        store, link = self.context.store, self.watched.link
        row = records.record_of_line(store, link.line_id, self.watched.description.fields)
        last = records.last_recorded(store, link.report_id)
        version = records.last_with_list(store, last, link.list) if last else None
        if row is None or version is None:
            return ()
        change = DocumentChange(
            url=self.row.url, field=link.field, sha256=sha256, bytes=size, pages=pages, same_text=same_text,
            previous=previous or (self.last.sha256 if self.last and what == "gone" else None), from_url=from_url,
        )  # fmt: skip
        written = entry.of_document(
            change, what, row.record, self.watched.description, name=link.list, version=version, at=self.at
        )
        [logged] = changelog.append_all(
            store,
            [changelog.NewEntry(entry=written, line_id=link.line_id, state=row.record.state)],
            version_id=version.id,
        )
        polled = replace(version, via="poll")  # also where the list was imported, the document was seen by polling
        outbox.announce(store, self.context.config, polled, entries=[logged], first={}, now=self.now)
        return (logged,)
