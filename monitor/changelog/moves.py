"""Finds records that moved from one list of a source to another, and logs each move. Works within a transaction.

The two lists may change in different versions. A move is logged as soon as both halves are recorded: the removal from
one list and the record in the other.
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
    from monitor.config.lists import ListDescription
    from monitor.config.sources import Source
    from monitor.model import Jurisdiction, Locator
    from monitor.store.changelog import FiledEntry
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import RecordRow, VersionRow

MAX_BETWEEN = timedelta(days=14)  # between leaving the one list and coming to the other, in either order


def moved_away(
    store: Store, source: Source, version: VersionRow, changes: Sequence[ListChange], change: ListChange
) -> frozenset[int]:
    """Return the positions of the records that a version removes from one list, and that are in another list now.

    - `version`: the version that is being compared.
    - `changes`: the changes of all its lists.
    - `change`: the change of the list whose removed records are looked for.
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
    """Log the moves that are complete now that `version` is recorded, and return their log entries.

    `changes` are the changes of the version's lists. Nothing is logged for versions that a backfill found and that are
    not joined to the rest of the history yet.
    """
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
    """A list's name, with its description in the configuration."""

    name: str
    description: ListDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """One move of a record from one list to another.

    - `left`: the log entry that removed the record from the first list.
    - `after`, `jurisdiction`, `locator`: the record in the second list: its values, its place, and where it is in the
      file.
    - `added`: the number of the log entry that added it to the second list; None if it was in that list already.
    - `confidence`: how sure it is that both are the same record, from 0 to 1.
    - `to`: the name of the second list.
    - `is_recorded_there`: True if the version that completes the move is the one that added the record.
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
    """Yield the moves that `version` completes by removing records from the list `left`; they are in the list `to`.

    - `since`: how far back to look for the entry that added a record to the other list.
    - `told`: the numbers of log entries that belong to a logged move already.
    """
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
    """Yield the moves that `version` completes by adding records to the list `to`; they left the list `left` before.

    - `since`: how far back to look for the entry that removed a record.
    - `told`: the numbers of log entries that belong to a logged move already.
    """
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
    """Return those of the removals `removed` whose record is not in its list again.

    If a record was removed twice, only the last removal is returned.
    """
    there = [row.record for row in standing_in(store, source, version, left.name)] if removed else []
    last = {_record(each, left.description).values: each for each in removed}
    gone = [_record(each, left.description) for each in last.values()]
    back = {pair.before.position for pair in moved_pairs(gone, left.description, there, left.description)}
    return [each for place, each in enumerate(last.values()) if place not in back]


def _record(filed: FiledEntry, description: ListDescription) -> Record:
    """Make a record of the values in a log entry: those after the change, or for a removal those before it.

    - `filed`: the log entry, with the state that it is filed under.
    - `description`: the description of the record's list, whose fields give the order of the values.
    """
    told = filed.entry and (filed.entry.after or filed.entry.before)
    return Record(values=tuple((told or {}).get(field) for field in description.fields), state=filed.state)


def _entry(version: VersionRow, move: _Move, previous: Mapping[str, VersionRow | None]) -> NewEntry:
    """Return the log entry that says that a record left one list and stands in another; the caller appends it.

    `previous` has for each list the earlier version that `version` was compared with. The entry says where the record
    stands in the files of these two versions alone. Where the record left the one list, or came to the other, in an
    earlier version, there is an entry about that already, which says where it stands in that file.
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
    """Yield the lists to which records of the list `name` may move, by the source's `moves` in the configuration."""
    for move in source.moves:
        if move.from_list == name:
            yield _NamedList(move.to, _description(source, move.to))


def _description(source: Source, name: str) -> ListDescription:
    return next(report.lists[name] for report in source.reports.values() if name in report.lists)


def standing_in(
    store: Store, source: Source, version: VersionRow, name: str, *, states: frozenset[str | None] = frozenset()
) -> list[RecordRow]:
    """Return the current records of the list `name` of a source, from the latest report that has this list.

    `version` tells which source. `states` are the postal codes of the states whose records are wanted; if it is empty
    or contains None, all records are returned.
    """
    described = {key: report for key, report in source.reports.items() if name in report.lists}
    reports = [report for report in versions.reports_of(store, version.source) if report.name in described]
    if not reports:
        return []
    latest = max(reports, key=lambda report: report.key)
    fields = described[latest.name].lists[name].fields
    wanted = None if None in states or not states else sorted(state for state in states if state)
    return records.standing_records(store, latest.id, name, fields, states=wanted)
