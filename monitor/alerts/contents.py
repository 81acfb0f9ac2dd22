"""Gathers from the database, the archive and the configuration all that an alert tells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.alerts.items import items_of
from monitor.alerts.message import File, Picture, SourceFiles
from monitor.changelog.entry import on_pages
from monitor.errors import MonitorError
from monitor.store import alerts, changelog, doubts, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from monitor.config.sources import Config
    from monitor.model import Box, Suggestion
    from monitor.store.alerts import DeliveryRow
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow

    Draw = Callable[[bytes, tuple[Box, ...]], bytes]  # a PDF and the boxes of a record: the record on its page, as PNG
    FirstSeen = Mapping[str, int]  # lists of a version that are seen for the first time, with their number of records

MAX_FIRST_DOUBTS = 20  # of lists seen for the first time that are told one by one
MAX_PICTURED_ITEMS = 3  # of an alert whose records are shown on their pages


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertScope:
    """Which alert it is, and of which entries and versions it tells; `created_at` is the time that it bears."""

    created_at: str
    entries: Sequence[LogEntry]
    versions: Sequence[tuple[VersionRow, FirstSeen]]
    id: str = ""
    subscription: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContents:
    """All that an alert tells, before it is put into words.

    An alert for operators has its `subject` and its `notes`, and nothing else; of other alerts the subject is "".

    `titles` are the names of its sources. `first_seen` are the lists seen for the first time, with their number of
    records. `doubts` are in words, by the number of the entry. `head` is the last hash of the change log that it knows
    of, `log` the command that shows its entries.
    """

    id: str
    subscription: str
    created_at: str
    subject: str = ""
    notes: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    first_seen: FirstSeen = field(default_factory=dict)
    entries: tuple[LogEntry, ...] = ()
    doubts: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[SourceFiles, ...] = ()
    pictures: tuple[Picture, ...] = ()
    head: str = ""
    log: str = ""


def of_delivery(
    store: Store, archive: Archive, config: Config, delivery: DeliveryRow, *, draw: Draw | None
) -> AlertContents:
    """Return the contents of an alert that is on its way: the same at every attempt.

    Two things are those of the moment: when its files were last seen, and, where it has no entries, the log's head.
    `draw` shows a record on its page.
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
    """Return all that an alert tells of its entries and versions; without `draw` it has no pictures."""
    entries, versions = tuple(scope.entries), scope.versions
    first_seen: Counter[str] = Counter()
    for _, lists in versions:
        first_seen.update(lists)  # lists of several reports may have the same name
    subscription = config.subscriptions.get(scope.subscription)
    tells_doubts = subscription is None or subscription.doubts
    doubted = {entry.id: _doubts_of(store, entry.id) for entry in entries if entry.id} if tells_doubts else {}
    titles = {version.source: _title(config, version.source) for version, _ in versions}
    files = tuple(_files_of(store, archive, config, version, entries) for version, _ in versions)
    return AlertContents(
        id=scope.id,
        subscription=scope.subscription,
        created_at=scope.created_at,
        notes=tuple(_first_doubts(store, versions)) if tells_doubts else (),
        titles=titles,
        first_seen=first_seen,
        entries=entries,
        doubts={number: words for number, words in doubted.items() if words},
        files=files,
        pictures=tuple(_pictures(archive, entries, files, draw)) if draw else (),
        head=(entries[-1].entry_hash or "") if entries else changelog.head(store)[1],
        log=f"monitor log --source {versions[0][0].source}" if len(titles) == 1 else "monitor log",
    )


def _first_doubts(store: Store, versions: Sequence[tuple[VersionRow, FirstSeen]]) -> Iterator[str]:
    """Yield the doubts about lists seen for the first time: an editor wants to know them the minute a list is out."""
    for version, first in versions:
        standing = [row for name in first for row in doubts.standing_doubts(store, version.report_id, name)]
        if standing:
            yield f"{len(standing)} of the first seen are doubtful; `monitor doubts {version.source}` shows them all"
        for row in standing[:MAX_FIRST_DOUBTS]:
            yield f"DOUBT: {_in_words(row.field, row.value, row.problem, row.suggestions)}"


def _doubts_of(store: Store, number: int) -> tuple[str, ...]:
    """Return the doubts that stand about an entry's record, in words."""
    return tuple(
        _in_words(doubt.field, doubt.value, doubt.problem, doubt.suggestions)
        for doubt in doubts.doubts_of_amendment(store, number)
    )


def _in_words(field_name: str, value: str, problem: str, suggestions: Sequence[Suggestion]) -> str:
    """Return one doubt in words, with the likeliest suggestion."""
    likely = ", ".join(filter(None, (suggestions[0].name, suggestions[0].state))) if suggestions else ""
    return f"{field_name} {value!r}: {problem}" + (f", likely {likely}" if likely else "")


def _pictures(
    archive: Archive, entries: Sequence[LogEntry], files: Sequence[SourceFiles], draw: Draw
) -> Iterator[Picture]:
    """Yield where the first records stand on their pages, before and after, as far as they are in PDF files."""
    by_number = {entry.id: entry for entry in entries}
    names = {file.sha256: file.name for both in files for file in (both.file, both.before) if file}
    for item in [item for item in items_of(entries, doubts={}) if item.entries][:MAX_PICTURED_ITEMS]:
        entry = by_number[item.entries[0]]
        for side, sha256, boxes in on_pages(entry):
            caption = f"Entry {entry.id}, {side}: page {boxes[0].page} of {names.get(sha256, sha256[:12])}"
            try:
                content = draw(archive.get(sha256), boxes)
            except MonitorError:
                continue  # the alert is true without its picture
            yield Picture(name=f"entry-{entry.id}-{side}", caption=caption, content=content)


def _title(config: Config, source: str) -> str:
    """Return a source's title, or its name where it has none."""
    described = config.sources.get(source)
    return (described.title if described else "") or source


def _files_of(
    store: Store, archive: Archive, config: Config, version: VersionRow, entries: Sequence[LogEntry]
) -> SourceFiles:
    """Return the file that a version is, with the one that its amendments compare it with."""
    previous = next((e.previous for e in entries if e.version == version.sha256 and e.previous), None)
    before = records.followed(store, version, sha256=previous) if previous else None
    source = config.sources.get(version.source)
    return SourceFiles(
        source=version.source,
        report=version.report_key,
        page=source.page if source else "",
        file=_file(archive, version),
        before=_file(archive, before) if before else None,
    )


def _file(archive: Archive, version: VersionRow) -> File:
    """Return the file that a version is."""
    return File(
        name=version.file_name,
        url=version.url,
        sha256=version.sha256,
        captured_at=version.captured_at,
        last_seen_at=version.last_seen_at,
        last_modified=version.last_modified or "",
        kept=str(archive.path(version.sha256)),
    )
