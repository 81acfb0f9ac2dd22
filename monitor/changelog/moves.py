"""Finds the records that moved from one list of a source to another, and logs each move, within a transaction.

A move is told by whatever is recorded second: the version that removes the record from the one list, or the version
that adds it to the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from monitor.matching.moves import moved_pairs
from monitor.model import AmendmentKind, Record
from monitor.store import changelog, records, versions
from monitor.store.changelog import NewEntry
from monitor.store.entry import Locators
from monitor.store.rows import fields_value
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.changelog.record import ListChange
    from monitor.config.sources import ListDescription, Source
    from monitor.model import Jurisdiction, Locator
    from monitor.store.changelog import FiledEntry
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import RecordRow, VersionRow

MAX_BETWEEN = timedelta(days=14)  # between leaving the one list and coming to the other, in either order


def moved_away(
    store: Store, source: Source, version: VersionRow, changes: Sequence[ListChange], change: ListChange
) -> frozenset[int]:
    """Return the positions of the records that would leave the list of `change` and stand in another list by now.

    `changes` are the changes of all lists of the version that is compared.
    """
    gone = [each.before for each in change.amendments if each.kind == AmendmentKind.REMOVED and each.before]
    found: set[int] = set()
    for to, description in _ways_from(source, change.name) if gone else ():
        own = next((other.new.records for other in changes if other.name == to), None)
        there = own if own is not None else [row.record for row in standing_in(store, source, version, to)]
        pairs = moved_pairs(gone, change.description, there, description)
        found.update(position for pair in pairs if (position := gone[pair.before.position or 0].position) is not None)
    return frozenset(found)


def log_moves(store: Store, source: Source, version: VersionRow, changes: Sequence[ListChange]) -> list[LogEntry]:
    """Log the moves that are complete now that `version` is recorded, and return the entries."""
    if version.gap_after_version_id is not None:  # what a backfill found is not yet one history with the rest
        return []
    kinds = {change.name: {each.kind for each in change.amendments} for change in changes}

    def has(name: str, kind: AmendmentKind) -> bool:
        return kind in kinds.get(name, ())

    ways = [
        way for way in source.moves if has(way.from_list, AmendmentKind.REMOVED) or has(way.to, AmendmentKind.ADDED)
    ]
    if not ways:
        return []
    previous = {change.name: change.previous for change in changes}
    since = instant(moment(version.captured_at) - MAX_BETWEEN)
    told = changelog.told_as_moved(store, version.source, since=since)
    new = []
    for way in ways:
        left, to = (_NamedList(name, _description(source, name)) for name in (way.from_list, way.to))
        found: list[_Move] = []
        if has(left.name, AmendmentKind.REMOVED):
            found += _left_now(store, source, version, left, to, since=since, told=told)
        if has(to.name, AmendmentKind.ADDED):
            told |= {number for move in found for number in (move.left.number, move.added) if number}
            found += _came_now(store, source, version, left, to, since=since, told=told)
        new += [_entry(version, move, previous) for move in found]
    return changelog.append_all(store, new, version_id=version.id)


class _NamedList(NamedTuple):
    """A list with its description."""

    name: str
    description: ListDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """One move: the entry by which the record left, what stands in the other list, and since which entry.

    `added` is None where the record stood there already. `is_recorded_there` says whether the version that completes
    the move is the one that added the record.
    """

    left: FiledEntry
    after: dict[str, str]
    jurisdiction: Jurisdiction | None
    locator: Locator | None
    added: int | None
    confidence: float
    to: str
    is_recorded_there: bool


def _left_now(
    store: Store, source: Source, version: VersionRow, left: _NamedList, to: _NamedList, *, since: str, told: set[int]
) -> Iterator[_Move]:
    """Yield the moves of records that a version removes from one list, and that stand in the other."""
    removed = changelog.filed_of_version(store, version.id, left.name, AmendmentKind.REMOVED)
    states = frozenset(each.state for each in removed)
    rows = standing_in(store, source, version, to.name, states=states)
    gone = [_record(each, left.description) for each in removed]
    pairs = moved_pairs(gone, left.description, [row.record for row in rows], to.description)
    lines = [rows[pair.after.position or 0].line_id for pair in pairs]
    begun = changelog.added_since(store, lines, since=since) if lines else {}
    used = set(told)
    for pair in pairs:
        row = rows[pair.after.position or 0]
        added = begun.get(row.line_id)
        added = None if added in used else added
        used |= {added} if added else set()
        yield _Move(
            left=removed[pair.before.position or 0],
            after=fields_value(to.description.fields, row.record),
            jurisdiction=row.record.jurisdiction,
            locator=None,
            added=added,
            confidence=pair.confidence,
            to=to.name,
            is_recorded_there=False,
        )


def _came_now(
    store: Store, source: Source, version: VersionRow, left: _NamedList, to: _NamedList, *, since: str, told: set[int]
) -> Iterator[_Move]:
    """Yield the moves of records that a version adds to one list, and that left the other within the last weeks."""
    added = [
        each
        for each in changelog.filed_of_version(store, version.id, to.name, AmendmentKind.ADDED)
        if each.number not in told
    ]
    found = changelog.removed_since(store, version.source, left.name, since=since, without=told) if added else []
    removed = _still_gone(store, source, version, left, found)
    gone = [_record(each, left.description) for each in removed]
    come = [_record(each, to.description) for each in added]
    for pair in moved_pairs(gone, left.description, come, to.description):
        other = added[pair.after.position or 0]
        assert other.entry is not None
        yield _Move(
            left=removed[pair.before.position or 0],
            after=other.entry.after or {},
            jurisdiction=other.entry.jurisdiction,
            locator=other.entry.evidence.after,
            added=other.number,
            confidence=pair.confidence,
            to=to.name,
            is_recorded_there=True,
        )


def _still_gone(
    store: Store, source: Source, version: VersionRow, left: _NamedList, removed: list[FiledEntry]
) -> list[FiledEntry]:
    """Return the removals of records that do not stand in their list again; of one that left twice, the last."""
    there = [row.record for row in standing_in(store, source, version, left.name)] if removed else []
    last = {_record(each, left.description).values: each for each in removed}
    gone = [_record(each, left.description) for each in last.values()]
    back = {pair.before.position for pair in moved_pairs(gone, left.description, there, left.description)}
    return [each for place, each in enumerate(last.values()) if place not in back]


def _record(filed: FiledEntry, description: ListDescription) -> Record:
    """Return the record that an entry tells of, as it was removed or added."""
    told = filed.entry and (filed.entry.after or filed.entry.before)
    return Record(values=tuple((told or {}).get(field) for field in description.fields), state=filed.state)


def _entry(version: VersionRow, move: _Move, previous: Mapping[str, VersionRow | None]) -> NewEntry:
    """Return the entry of a move, to be appended to the log.

    Its evidence is the record in the files of the version that completes it; the entries that it ties together have
    theirs.
    """
    assert move.left.entry is not None
    name = move.left.entry.list or ""
    compared = previous[move.to if move.is_recorded_there else name]
    before = None if move.is_recorded_there else move.left.entry.evidence.before
    new = replace(
        move.left.entry,
        id=None,
        entry_hash=None,
        report=version.report_key,
        kind=AmendmentKind.MOVED,
        reason=f"to {move.to}",
        observed_at=version.captured_at,
        version=version.sha256,
        previous=compared.sha256 if compared else None,
        jurisdiction=move.jurisdiction or move.left.entry.jurisdiction,
        after=move.after,
        confidence=move.confidence,
        evidence=Locators(before=before, after=move.locator),
        observed_by=version.memento,
        of=(move.left.number, move.added),
        decided=None,
    )
    return NewEntry(entry=new, line_id=move.left.line_id, state=move.left.state)


def _ways_from(source: Source, name: str) -> Iterator[_NamedList]:
    """Yield the lists to which records of the list `name` move."""
    for move in source.moves:
        if move.from_list == name:
            yield _NamedList(move.to, _description(source, move.to))


def _description(source: Source, name: str) -> ListDescription:
    return next(report.lists[name] for report in source.reports.values() if name in report.lists)


def standing_in(
    store: Store, source: Source, version: VersionRow, name: str, *, states: frozenset[str | None] = frozenset()
) -> list[RecordRow]:
    """Return the records of the list `name` of the same source as they stand now, of the latest report that has it.

    `states` are the postal codes of those that are wanted; without any, or with None among them, all are.
    """
    described = {key: report for key, report in source.reports.items() if name in report.lists}
    reports = [report for report in versions.reports_of(store, version.source) if report.name in described]
    if not reports:
        return []
    latest = max(reports, key=lambda report: report.key)
    fields = described[latest.name].lists[name].fields
    wanted = None if None in states or not states else sorted(state for state in states if state)
    return records.standing_records(store, latest.id, name, fields, states=wanted)
