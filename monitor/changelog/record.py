"""Writes one list of a new version to the database: its records, doubts and log entries. Runs in a transaction.

A line of corrections is one record followed through all its corrections. Each form that the record has had is a row of
its own, and all these rows have the same line id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from monitor import jurisdictions
from monitor.changelog import entry
from monitor.matching.doubts import OF_PLACES
from monitor.model import AmendmentKind, ReportKind
from monitor.store import changelog, records, versions
from monitor.store import doubts as doubt_rows
from monitor.store.changelog import NewEntry
from monitor.store.entry import ResolvedDoubt
from monitor.store.records import NewRecord
from monitor.store.rows import compact
from monitor.times import instant, moment

MAX_GONE = timedelta(days=30)  # a record that comes again within this time takes back its removal
MAX_BRIEF = timedelta(days=3)  # a record that is removed within this time takes back its addition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.matching.doubts import Doubt
    from monitor.matching.match import Matching
    from monitor.model import Amendment, RecordList
    from monitor.store.database import Store
    from monitor.store.doubts import DoubtRow
    from monitor.store.entry import Decision, LogEntry
    from monitor.store.rows import RecordRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """One list of a new version, compared with the same list in an earlier version.

    - `name`, `description`: the list's name, and its description in the configuration.
    - `rows`: the records of the earlier version. `new`: the list in the new version.
    - `matching`: which earlier record is the same as which new one. `amendments`: the changes that follow from that.
    - `previous`: the earlier version; None if there is none.
    - `doubts`: the values in the new version that can't be right. `judged`: the positions of the records whose places
      were judged for it. Of the other records, which were in the earlier version, the doubts about places stay open.
    - `across`: True if the earlier version belongs to another report of the series, that of the period before.
    """

    name: str
    description: ListDescription
    rows: tuple[RecordRow, ...]
    new: RecordList
    matching: Matching
    amendments: tuple[Amendment, ...]
    previous: VersionRow | None
    doubts: tuple[Doubt, ...]
    judged: frozenset[int]
    across: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLines:
    """The line id of each record of a list.

    A record and all its corrected forms have the same line id. `before` and `after` map the position of a record in the
    older and in the newer version to its line id.
    """

    before: Mapping[int | None, int]
    after: Mapping[int | None, int]

    @classmethod
    def of(cls, rows: Sequence[RecordRow], after: Mapping[int | None, int]) -> Self:
        """Make the two mappings.

        - `rows`: the records of the older version, in order.
        - `after`: the mapping for the records of the newer version.
        """
        return cls(before={position: row.line_id for position, row in enumerate(rows)}, after=after)

    def of_amendment(self, amendment: Amendment) -> int | None:
        """Return the line id of the record that an amendment is about; None if it is about a whole column.

        A record and all its corrected forms have the same line id.
        """
        before, after = amendment.before, amendment.after
        line = self.before.get(before.position) if before else None
        return line if line is not None or after is None else self.after.get(after.position)


def record_list(
    store: Store, version: VersionRow, change: ListChange, *, decision: Decision | None = None
) -> list[LogEntry]:
    """Write one list of a new version to the database, and return the new entries of the change log.

    It writes the records that are new or gone with this version, the doubts about records, and the amendments.

    - `change`: the list in this version, and how it differs from the list before.
    - `decision`: the person's decision to release the version, if it was held.
    """
    row_at: dict[int | None, RecordRow] = dict(enumerate(change.rows))
    lines_after: dict[int | None, int] = {}
    last = change.previous.id if change.previous else 0

    new: list[NewRecord] = []
    moved = []
    same: dict[int, int] = {}  # the positions of records that stand as they were and were not judged anew, by line
    for pair in change.matching.pairs:
        row = row_at[pair.before.position]
        unchanged = pair.before.values == pair.after.values
        if unchanged and not change.across:
            position = pair.after.position
            moved.append((row, pair.after.locator))
            lines_after[position] = row.line_id
            if position is not None and position not in change.judged:
                same[row.line_id] = position
            continue
        if not change.across:
            records.close_record(store, row, last_version=last)
        new.append(NewRecord(pair.after, row.line_id, about=pair.before if unchanged else pair.after))
    records.move_records(store, moved)
    new += (NewRecord(record, None, about=record) for record in (*change.matching.added, *change.matching.repeated))
    opened = records.open_records(store, version, change.name, new, fields=change.new.fields)
    lines_after |= {each.record.position: line for each, line in zip(new, opened, strict=True)}
    for record in () if change.across else (*change.matching.removed, *change.matching.dropped):
        records.close_record(store, row_at[record.position], last_version=last)
    lines = RecordLines.of(change.rows, lines_after)
    mended = _note_doubts(store, version, change, lines, same=same)
    return log_amendments(store, version, change, change.amendments, lines=lines, mended=mended, decision=decision)


def _note_doubts(
    store: Store, version: VersionRow, change: ListChange, lines: RecordLines, *, same: Mapping[int, int]
) -> dict[tuple[int, str], DoubtRow]:
    """Write the doubts that are new in a list, and close those that are gone.

    `same` has the line ids and the positions of the records that stand as they were and were not judged anew: the
    doubts about their places stay.

    Returns the closed doubts about fields that have no doubt any more. They are keyed by the record's line id (which it
    shares with all its corrected forms) and the field.
    """
    at = version.captured_at
    rows = doubt_rows.standing_doubts(
        store, version.report_id, change.name, gap_after_version_id=version.gap_after_version_id
    )
    stay = [row for row in rows if row.line_id in same and row.problem in OF_PLACES]
    staying = {row.id for row in stay}
    before = {(row.line_id, row.field, row.value, row.problem): row for row in rows if row.id not in staying}
    now: dict[tuple[int, str, str, str], Doubt | DoubtRow] = {
        (lines.after[doubt.position], doubt.field, doubt.value, str(doubt.problem)): doubt for doubt in change.doubts
    }
    now |= _doubted_alike(change, lines, rows, same=same)
    for key, row in before.items():
        if key not in now:
            doubt_rows.close_doubt(store, row, at=at)
    for key, doubt in now.items():
        if key not in before:
            line, field, value, problem = key
            doubt_rows.add_doubt(
                store, version.report_id, change.name, line_id=line, field=field, value=value, problem=problem,
                suggestions=doubt.suggestions, at=at, gap_after_version_id=version.gap_after_version_id,
            )  # fmt: skip
    still = {(row.line_id, row.field) for row in stay}.union(key[:2] for key in now)
    return {key[:2]: row for key, row in before.items() if key[:2] not in still}


def _doubted_alike(
    change: ListChange, lines: RecordLines, rows: Iterable[DoubtRow], *, same: Mapping[int, int]
) -> Iterator[tuple[tuple[int, str, str, str], DoubtRow]]:
    """Yield the doubts about places of records that were not judged anew, but are new copies of earlier ones.

    The doubts of the earlier record (among `rows`) are those of its copies. `same` are the records that are no copies.
    """
    known = change.judged.union(same.values())
    if change.across or len(known) == len(change.new.records):
        return
    values = {row.line_id: row.record.values for row in change.rows}
    stored: dict[tuple[str | None, ...], list[DoubtRow]] = {}
    for row in rows:
        if row.problem in OF_PLACES and row.line_id in values:
            stored.setdefault(values[row.line_id], []).append(row)
    for position, record in enumerate(change.new.records):
        if position not in known:
            line = lines.after[position]
            yield from (((line, row.field, row.value, row.problem), row) for row in stored.get(record.values, ()))


def log_amendments(
    store: Store,
    version: VersionRow,
    change: ListChange,
    amendments: Iterable[Amendment],
    *,
    lines: RecordLines,
    mended: Mapping[tuple[int, str], DoubtRow] | None = None,
    decision: Decision | None = None,
) -> list[LogEntry]:
    """Append amendments of a list to the change log, and return their entries.

    - `lines`: the line id of each record of the list; a record shares it with all its corrected forms.
    - `mended`: the doubts that ended with this version, keyed by the record's line id and the field.
    - `decision`: the person's decision to release the version, if it was held.
    """
    amendments = list(amendments)
    taken_back = _TakenBack.of(store, version, change, amendments, lines=lines)
    new = (
        _new_entry(
            store, version, change, each, lines=lines, mended=mended or {}, taken_back=taken_back, decision=decision
        )
        for each in amendments
    )
    return changelog.append_all(store, new, version_id=version.id)


def _new_entry(
    store: Store,
    version: VersionRow,
    change: ListChange,
    amendment: Amendment,
    *,
    lines: RecordLines,
    mended: Mapping[tuple[int, str], DoubtRow],
    taken_back: _TakenBack,
    decision: Decision | None,
) -> NewEntry:
    """Return the entry of one amendment, to be appended to the log.

    `taken_back` are the entries that additions and removals take back. The other arguments are those of
    `log_amendments`.
    """
    record = amendment.after or amendment.before
    line = lines.of_amendment(amendment)
    new = entry.of_amendment(amendment, change.description, name=change.name, version=version, previous=change.previous)
    if decision:
        new = replace(new, decided=decision)
    if amendment.kind == AmendmentKind.CORRECTED and line is not None:
        doubts = (mended[line, field] for field in amendment.fields if (line, field) in mended)
        new = replace(
            new,
            reverts=_reverted(store, line, new, minor=change.description.minor),
            resolves_doubt=next(map(_resolved, doubts), None),
        )
    if number := taken_back.by(amendment.kind, new, line):
        new = replace(new, reverts=number)
    if change.name == entry.NOTICES and record:
        keys = [report.key for report in versions.reports_of(store, version.source) if report.kind == ReportKind.SERIES]
        new = replace(new, speaks_of=tuple(jurisdictions.reports_meant(record.values[0] or "", keys)))
    return NewEntry(entry=new, line_id=line, state=record.state if record else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _TakenBack:
    """The log entries that the additions and removals of one version may take back.

    - `description`: the description of the list.
    - `removals`: the latest removal of each record, by its values as JSON, without those that are never told.
    - `additions`: the addition of each record that came a short time ago, by its line of corrections.
    """

    description: ListDescription
    removals: Mapping[str, int]
    additions: Mapping[int, int]

    @classmethod
    def of(
        cls,
        store: Store,
        version: VersionRow,
        change: ListChange,
        amendments: Sequence[Amendment],
        *,
        lines: RecordLines,
    ) -> Self:
        """Look for them in the log of the last weeks; a report of another period takes nothing back."""
        removals: dict[str, int] = {}
        additions: dict[int, int] = {}
        kinds = {amendment.kind for amendment in amendments}
        at = moment(version.captured_at)
        if not change.across:
            if AmendmentKind.ADDED in kinds:
                since = instant(at - MAX_GONE)
                for each in changelog.removed_since(store, version.source, change.name, since=since):
                    known = each.entry
                    if known and known.report == version.report_key and known.observed_at <= version.captured_at:
                        removals[_told_values(known.before, change.description)] = each.number
            if AmendmentKind.REMOVED in kinds:
                gone = [lines.of_amendment(each) for each in amendments if each.kind == AmendmentKind.REMOVED]
                since = instant(at - MAX_BRIEF)
                additions = changelog.added_since(store, [line for line in gone if line], since=since)
        return cls(description=change.description, removals=removals, additions=additions)

    def by(self, kind: AmendmentKind, new: LogEntry, line: int | None) -> int | None:
        """Return the number of the entry that a new entry of this kind takes back, or None."""
        if kind == AmendmentKind.ADDED:
            return self.removals.get(_told_values(new.after, self.description))
        return self.additions.get(line) if kind == AmendmentKind.REMOVED and line else None


def _told_values(values: Mapping[str, str] | None, description: ListDescription) -> str:
    """Return a record's values as JSON: without ignored fields, and with numbers in the form in which they compare.

    `values` are the record's values by field; None if there is no record.
    """
    if values is None:
        return compact(None)
    columns = description.columns
    told = {name: value for name, value in values.items() if not (name in columns and columns[name].ignore)}
    forms = {name: columns[name].compared(value) if name in columns else None for name, value in told.items()}
    return compact({name: value if (form := forms[name]) is None else form for name, value in told.items()})


def _resolved(doubt: DoubtRow) -> ResolvedDoubt:
    """Make the part of a log entry that says which doubt a correction resolves."""
    return ResolvedDoubt(field=doubt.field, value=doubt.value, problem=doubt.problem, noted_at=doubt.noted_at)


def _reverted(store: Store, line: int, new: LogEntry, *, minor: tuple[str, ...]) -> int | None:
    """Return the number of an earlier correction that the new entry undoes; None if there is none.

    A correction undoes another one of the same record if it changes the same fields back: first "Bucks" to "Berks",
    then "Berks" to "Bucks". Fields in `minor` are compared only if no other field changed. If several were undone, the
    latest counts.
    """
    fields = [field for field in new.fields if field not in minor] or new.fields
    old_now, new_now = new.before or {}, new.after or {}
    for past in changelog.corrections_of(store, line):
        old_then, new_then = past.before or {}, past.after or {}
        if all(
            field in past.fields
            and old_then.get(field) == new_now.get(field)
            and new_then.get(field) == old_now.get(field)
            for field in fields
        ):
            return past.id
    return None
