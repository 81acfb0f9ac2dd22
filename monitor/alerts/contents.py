"""Who is told of what: alerts written with the amendments that they tell of, and their words made from the log."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from monitor.alerts import compose
from monitor.alerts.message import Message, Picture
from monitor.changelog.entry import on_pages
from monitor.errors import MonitorError
from monitor.store import alerts, changelog, doubts, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from monitor.alerts.message import Evidence
    from monitor.config.sources import Config
    from monitor.model import Box
    from monitor.store.alerts import DeliveryRow
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow

    Draw = Callable[[bytes, tuple[Box, ...]], bytes]

MOST_DOUBTS = 20  # of lists seen for the first time, told one by one
MOST_PICTURES = 3  # records of an alert that are shown on their pages


def message_of(
    store: Store, archive: Archive, config: Config, delivery: DeliveryRow, *, picture: Draw | None
) -> Message:
    """The words of an alert, made from the log: the same at every attempt. `picture` draws a record on its page.

    But when its files were last seen, and where it names no entries the end of the log, are those of the moment.
    """
    if delivery.subject is not None:
        return Message(
            id=delivery.key,
            subscription=delivery.subscription,
            thread=delivery.subscription,
            subject=delivery.subject,
            created_at=delivery.created_at,
            notes=delivery.notes,
        )
    entries = alerts.entries_of_alert(store, delivery.alert_id)
    versions = alerts.versions_of_alert(store, delivery.alert_id)
    return message(
        store,
        archive,
        config,
        entries=entries,
        versions=versions,
        key=delivery.key,
        subscription=delivery.subscription,
        created_at=delivery.due_at,
        picture=picture,
    )


def message(
    store: Store,
    archive: Archive,
    config: Config,
    *,
    entries: Sequence[Mapping[str, Any]],
    versions: Sequence[tuple[VersionRow, Mapping[str, int]]],
    key: str,
    subscription: str,
    created_at: str,
    picture: Draw | None = None,
) -> Message:
    """One alert about these amendments and versions."""
    first: Counter[str] = Counter()
    for _, lists in versions:
        first.update(lists)  # lists of several reports may have the same name
    described = config.subscriptions.get(subscription)
    doubted = entries if described is None or described.doubts else ()
    titles = {version.source: _title(config, version.source) for version, _ in versions}
    told = compose.message(
        entries,
        key=key,
        subscription=subscription,
        created_at=created_at,
        titles=titles,
        first=first,
        found=tuple(_evidence(store, archive, config, version, entries) for version, _ in versions),
        head=entries[-1]["entry_hash"] if entries else changelog.head(store)[1],
        log=f"monitor log --source {versions[0][0].source}" if len(titles) == 1 else "monitor log",
        doubts={entry["id"]: told for entry in doubted if (told := _doubts(store, entry))},
    )
    if described is None or described.doubts:
        told = replace(told, notes=(*told.notes, *_first_doubts(store, versions)))
    return replace(told, pictures=tuple(_pictures(archive, told, picture))) if picture else told


def _first_doubts(store: Store, versions: Sequence[tuple[VersionRow, Mapping[str, int]]]) -> Iterator[str]:
    """What can't be right in lists seen for the first time: an editor wants to know it the minute a list is out."""
    for version, first in versions:
        found = [row for name in first for row in doubts.standing_doubts(store, version.report_id, name)]
        if found:
            yield f"{len(found)} of the first seen are doubtful; `monitor doubts {version.source}` shows them all"
        for row in found[:MOST_DOUBTS]:
            yield f"DOUBT: {_said(row.field, row.value, row.problem, row.suggestions)}"


def _said(field: str, value: str, problem: str, suggestions: Sequence[Mapping[str, Any]]) -> str:
    """One doubt in words."""
    meant = ", ".join(filter(None, (suggestions[0]["name"], suggestions[0]["state"]))) if suggestions else ""
    return f"{field} {value!r}: {problem}" + (f", likely {meant}" if meant else "")


def _doubts(store: Store, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What can't be right in the record that an amendment is about, and what a correction mends."""
    return tuple(
        _said(doubt["field"], doubt["value"], doubt["problem"], doubt["suggestions"])
        for doubt in doubts.doubts_of_amendment(store, entry["id"])
    )


def _pictures(archive: Archive, told: Message, picture: Draw) -> Iterator[Picture]:
    """Where the first records stand on their pages, before and after, as far as they are in PDF files."""
    entries = {entry["id"]: entry for entry in told.entries}
    files = {f.sha256: f.name for each in told.evidence for f in (each.file, each.before) if f}
    for item in [item for item in told.items if item.entries][:MOST_PICTURES]:
        entry = entries[item.entries[0]]
        for side, sha256, boxes in on_pages(entry):
            caption = f"Entry {entry['id']}, {side}: page {boxes[0].page} of {files.get(sha256, sha256[:12])}"
            try:
                content = picture(archive.get(sha256), boxes)
            except MonitorError:
                continue  # the alert is true without its picture
            yield Picture(name=f"entry-{entry['id']}-{side}", caption=caption, content=content)


def _title(config: Config, source: str) -> str:
    described = config.sources.get(source)
    return (described.title if described else "") or source


def _evidence(
    store: Store, archive: Archive, config: Config, version: VersionRow, entries: Sequence[Mapping[str, Any]]
) -> Evidence:
    """Which file a version is, and which one its amendments compare it with."""
    previous = next((e["previous"] for e in entries if e["version"] == version.sha256 and e["previous"]), None)
    before = records.followed(store, version, sha256=previous) if previous else None
    source = config.sources.get(version.source)
    kept = {each.sha256: str(archive.path(each.sha256)) for each in (version, before) if each}
    return compose.evidence(version, before, page=source.page if source else "", kept=kept)
