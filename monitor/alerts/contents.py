"""Gathers the contents of an alert from the database, the archive and the configuration."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from monitor.alerts.items import items_of
from monitor.alerts.message import File, LogState, Picture, SourceFiles
from monitor.alerts.pages import PageAddresses
from monitor.alerts.takedown import subject_places, takedown_notes
from monitor.alerts.writing import words
from monitor.changelog.entry import on_pages
from monitor.config.titles import Titles
from monitor.errors import MonitorError
from monitor.fetch.links import file_name
from monitor.model import AmendmentKind
from monitor.store import alerts, changelog, documents, doubts, leaves, lines, records, stamps
from monitor.store.parts import file_with, parts_of_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.alerts.pages import EntryPages
    from monitor.config.sources import Config
    from monitor.model import Box, Suggestion
    from monitor.store.alerts import DeliveryRow
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.documents import DocumentFile
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow

    FirstSeen = Mapping[str, int]  # lists of a version that are seen for the first time, with their number of records

MAX_FIRST_DOUBTS = 20  # of lists seen for the first time that are told one by one
MAX_DOCUMENT_FILES = 5  # of documents that an alert tells of
MAX_PICTURED_ITEMS = 3  # of an alert whose records are shown on their pages
MAX_PARTS_NAMED = 3  # new parts of a version that an alert names


class Draw(Protocol):
    """The type of a function that draws a record on its PDF page."""

    def __call__(self, content: bytes, boxes: tuple[Box, ...], *, caption: str, source: str) -> bytes:
        """Return a picture of the record in a frame, as PNG.

        `content` is the PDF, and `boxes` are the places of the record in it. `caption` is a line of text to write
        below. `source` is the name of the source.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertScope:
    """What an alert is about: entries of the change log, and the versions in which lists were seen for the first time.

    - `created_at`: the time that the alert shows.
    - `versions`: each version with the lists that were seen for the first time in it.
    - `id`, `subscription`: of the alert, if it is to be sent; "" for others.
    """

    created_at: str
    entries: Sequence[LogEntry]
    versions: Sequence[tuple[VersionRow, FirstSeen]]
    id: str = ""
    subscription: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContents:
    """The contents of an alert, before `compose` makes a message of them.

    - `subject`, `notes`: all that an alert to operators has. Other alerts have the `subject` "": `compose` writes it.
    - `subject_places`: the places of a digest's subscriber in words; "" for other alerts.
    - `titles`: the words for readers in place of names from the configuration.
    - `first_seen`: the number of records of each list that was seen for the first time, by source and list.
    - `doubts`: the doubts about a record in words, by the number of its entry.
    - `pages`: the addresses of the pages about each entry, by its number.
    - `head`: the hash of the alert's last entry; without entries, that of the change log's last one, if it has any.
    - `checkpoint`: the state of the evidence log.
    - `log`: the address, or the command, that shows the entries.
    """

    id: str
    subscription: str
    created_at: str
    subject: str = ""
    subject_places: str = ""
    notes: tuple[str, ...] = ()
    titles: Titles = field(default_factory=Titles)
    first_seen: Mapping[tuple[str, str], int] = field(default_factory=dict)
    entries: tuple[LogEntry, ...] = ()
    doubts: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[SourceFiles, ...] = ()
    pictures: tuple[Picture, ...] = ()
    head: str = ""
    checkpoint: LogState | None = None
    log: str = ""
    pages: Mapping[int, EntryPages] = field(default_factory=dict)


def of_delivery(
    store: Store, archive: Archive, config: Config, delivery: DeliveryRow, *, draw: Draw | None
) -> AlertContents:
    """Return the contents of an alert that is to be sent.

    They are the same at every attempt, except for the time at which its files were last seen, and the state of the
    evidence log. If the alert has no entries, the last hash of the change log may change, too.

    `draw` makes a picture of a record on its PDF page; None leaves pictures out.
    """
    if delivery.subject is not None:
        return AlertContents(
            id=delivery.key,
            subscription=delivery.subscription,
            created_at=delivery.created_at,
            subject=delivery.subject,
            notes=delivery.notes,
        )
    scope = AlertScope(
        id=delivery.key,
        subscription=delivery.subscription,
        created_at=delivery.due_at,
        entries=alerts.entries_of_alert(store, delivery.alert_id),
        versions=alerts.versions_of_alert(store, delivery.alert_id),
    )
    return gather(store, archive, config, scope, draw=draw)


def gather(
    store: Store, archive: Archive, config: Config, scope: AlertScope, *, draw: Draw | None = None
) -> AlertContents:
    """Return the contents of an alert about the entries and versions in `scope`.

    `draw` makes a picture of a record on its PDF page; None leaves pictures out.
    """
    entries, versions = tuple(scope.entries), scope.versions
    first_seen: Counter[tuple[str, str]] = Counter()
    for version, lists in versions:
        first_seen.update({(version.source, name): count for name, count in lists.items()})
    titles = Titles(config)
    subscription = config.subscriptions.get(scope.subscription)
    tells_doubts = subscription is None or subscription.doubts
    doubted = {entry.id: _doubts_of(store, entry, titles) for entry in entries if entry.id} if tells_doubts else {}
    pages = PageAddresses(config.web.address or "")
    about_lists = {entry.version for entry in entries if entry.document is None}
    files = (
        *(
            _files_of(store, config, version, entries)
            for version, lists in versions
            if version.sha256 in about_lists or any(lists.values()) or not entries
        ),
        *_files_of_documents(store, config, entries),
    )
    return AlertContents(
        id=scope.id,
        subscription=scope.subscription,
        created_at=scope.created_at,
        notes=(
            *_unchecked(files),
            *takedown_notes(
                store,
                config,
                titles,
                subscription,
                entries=entries,
                seen=[version for version, _ in versions],
                pages=pages,
            ),
            *(_first_doubts(store, versions, titles) if tells_doubts else ()),
        ),
        subject_places=subject_places(subscription),
        titles=titles,
        first_seen=first_seen,
        entries=entries,
        doubts={number: words for number, words in doubted.items() if words},
        files=files,
        pictures=tuple(_pictures(store, archive, entries, files, draw)) if draw else (),
        head=_head(store, entries),
        checkpoint=_checkpoint(store),
        log=pages.of_log(
            [version.source for version, _ in versions],
            since=min((entry.observed_at for entry in entries), default=""),
        ),
        pages=_pages_of(store, pages, entries),
    )


def _pages_of(store: Store, pages: PageAddresses, entries: Sequence[LogEntry]) -> dict[int, EntryPages]:
    """Return the addresses of the pages about each entry, by its number; none without web pages."""
    if not pages.address:
        return {}
    known = (pages.of_entry(entry, lines.form_of_amendment(store, entry.id or 0)) for entry in entries)
    return {each.entry: each for each in known if each}


def _unchecked(files: Sequence[SourceFiles]) -> Iterator[str]:
    """Yield a note for each report that is read by a drafted description that no person has checked."""
    for source, origin in dict.fromkeys((each.source, words.origin(each)) for each in files if not each.checked):
        accept = f"Say `monitor sources accept {source}` once somebody has."
        yield f"{words.NOT_CHECKED}{origin} is {words.UNCHECKED}. {accept}"


def _head(store: Store, entries: Sequence[LogEntry]) -> str:
    """Return the hash of the last of these entries, or else of the change log; "" if the log is empty."""
    if entries:
        return entries[-1].entry_hash or ""
    number, entry_hash = changelog.head(store)
    return entry_hash if number else ""


def _checkpoint(store: Store) -> LogState:
    """Return the state of the evidence log as it is now."""
    tree, key = leaves.tree(store), stamps.last_signing_key(store)
    return LogState(size=tree.size, root=tree.root.hex(), key=key.fingerprint if key else "")


def _first_doubts(store: Store, versions: Sequence[tuple[VersionRow, FirstSeen]], titles: Titles) -> Iterator[str]:
    """Yield notes about doubtful values in lists that were seen for the first time: how many, then the first ones.

    An editor wants to know of these as soon as a list is published.
    """
    for version, first in versions:
        standing = [(name, row) for name in first for row in doubts.standing_doubts(store, version.report_id, name)]
        if standing:
            yield f"{len(standing)} of the first seen are doubtful; `monitor doubts {version.source}` shows them all"
        for name, row in standing[:MAX_FIRST_DOUBTS]:
            field_title = titles.of_field(version.source, name, row.field)
            yield f"DOUBT: {_in_words(field_title, row.value, row.problem, row.suggestions)}"


def _doubts_of(store: Store, entry: LogEntry, titles: Titles) -> tuple[str, ...]:
    """Return the open doubts about the record of an entry, in words."""
    return tuple(
        _in_words(titles.of_field(entry.source, entry.list, doubt.field), doubt.value, doubt.problem, doubt.suggestions)
        for doubt in doubts.doubts_of_amendment(store, entry.id or 0)
    )


def _in_words(field_title: str, value: str, problem: str, suggestions: Sequence[Suggestion]) -> str:
    """Return a doubt about a value in words, with the likeliest of the suggested corrections."""
    likely = ", ".join(filter(None, (suggestions[0].name, suggestions[0].state))) if suggestions else ""
    return f"{field_title} {value!r}: {words.PROBLEMS.get(problem, problem)}" + (f", likely {likely}" if likely else "")


def _pictures(
    store: Store, archive: Archive, entries: Sequence[LogEntry], files: Sequence[SourceFiles], draw: Draw
) -> Iterator[Picture]:
    """Yield pictures of the alert's first records on their PDF pages, before and after the change.

    A record that is in no PDF file, or whose file can't be drawn, has no picture.
    """
    by_number = {entry.id: entry for entry in entries}
    known = {file.sha256: file for both in files for file in (both.file, both.before) if file}
    for item in [item for item in items_of(entries, doubts={}) if item.entries][:MAX_PICTURED_ITEMS]:
        entry = by_number[item.entries[0]]
        for side, version, locator in on_pages(entry):
            file, page = known.get(version), locator.boxes[0].page
            sha256 = file_with(store, version, locator.part)
            name = locator.part or (file.name if file else sha256[:12])
            caption = f"Entry {entry.id}, {side}: page {page} of {name}"
            under = words.caption(name, page, file.captured_at, sha256) if file else caption
            try:
                content = draw(archive.get(sha256), locator.boxes, caption=under, source=entry.source)
            except MonitorError:
                continue  # the alert is true without its picture
            yield Picture(name=f"entry-{entry.id}-{side}", caption=caption, content=content)


def _files_of(store: Store, config: Config, version: VersionRow, entries: Sequence[LogEntry]) -> SourceFiles:
    """Return the file of a version, and the earlier file that it was compared with, if there is one."""
    previous = next((e.previous for e in entries if e.version == version.sha256 and e.previous), None)
    before = records.followed(store, version, sha256=previous) if previous else None
    source = config.sources.get(version.source)
    pages = PageAddresses(config.web.address or "")
    described = config.report_description(version.source, version.report_name)
    return SourceFiles(
        source=version.source,
        report=version.report_key,
        page=source.page if source else "",
        file=replace(_file(pages, version), name=_called(store, version, before)),
        before=_file(pages, before) if before else None,
        gone=any(e.kind == AmendmentKind.WITHDRAWN and e.version == version.sha256 for e in entries),
        origin=Titles(config).where(version.source, report=version.report_key),
        checked=described is None or described.checked,
    )


def _called(store: Store, version: VersionRow, before: VersionRow | None) -> str:
    """Return the name of a version's file; of a version in several parts, with the parts that `before` did not have."""
    known = {part.capture_id for part in parts_of_version(store, before.id)} if before else set()
    new = [part.name for part in parts_of_version(store, version.id) if part.capture_id not in known] if known else []
    more = f" and {len(new) - MAX_PARTS_NAMED} more" if len(new) > MAX_PARTS_NAMED else ""
    return version.file_name + (f"; new: {', '.join(new[:MAX_PARTS_NAMED])}{more}" if new else "")


def _files_of_documents(store: Store, config: Config, entries: Sequence[LogEntry]) -> Iterator[SourceFiles]:
    """Yield the files of the documents that entries tell of, each with the file that was there before it."""
    titles, pages = Titles(config), PageAddresses(config.web.address or "")
    told = [entry for entry in entries if entry.document and entry.document.sha256]
    for entry in told[:MAX_DOCUMENT_FILES]:
        assert entry.document is not None
        source = config.sources.get(entry.source)
        kept = {file.sha256: file for file in documents.files_at(store, entry.source, entry.document.url)}
        now, before = kept.get(entry.document.sha256 or ""), kept.get(entry.document.previous or "")
        if now:
            yield SourceFiles(
                source=entry.source,
                report=entry.report,
                page=source.page if source else "",
                file=_document_file(pages, now, entry.id),
                before=_document_file(pages, before, entry.id) if before else None,
                origin=titles.where(entry.source, entry.list),
            )


def _document_file(pages: PageAddresses, kept: DocumentFile, entry: int | None) -> File:
    """Return the name, address, hash and times of a file of a document, and where the kept copy can be had."""
    return File(
        name=file_name(kept.url),
        url=kept.url,
        sha256=kept.sha256,
        captured_at=kept.captured_at,
        last_seen_at=kept.captured_at,
        kept=pages.of_kept_document(kept.sha256, entry),
    )


def _file(pages: PageAddresses, version: VersionRow) -> File:
    """Return the name, address, hash and times of a version's file, and where the kept copy can be had."""
    return File(
        name=version.file_name,
        url=version.url,
        sha256=version.sha256,
        captured_at=version.captured_at,
        last_seen_at=version.last_seen_at,
        last_modified=version.last_modified or "",
        kept=pages.of_kept_file(version.sha256),
        version_page=pages.of_version(version.source, version.report_key, version.number),
    )
