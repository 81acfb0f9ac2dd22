"""Writes one list of a new version into the database: its records, doubts and log entries. Runs in a transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from monitor import jurisdictions
from monitor.changelog import entry
from monitor.model import AmendmentKind, ReportKind
from monitor.store import changelog, records, versions
from monitor.store import doubts as doubt_rows
from monitor.store.changelog import NewEntry
from monitor.store.entry import ResolvedDoubt
from monitor.store.rows import compact
from monitor.times import instant, moment

MAX_GONE = timedelta(days=30)  # a record that comes again within this time takes back its removal
MAX_BRIEF = timedelta(days=3)  # a record that is removed within this time takes back its addition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.config.sources import ListDescription
    from monitor.matching.doubts import Doubt
    from monitor.matching.match import Matching
    from monitor.model import Amendment, Record, RecordList
    from monitor.store.database import Store
    from monitor.store.doubts import DoubtRow
    from monitor.store.entry import Decision, LogEntry
    from monitor.store.rows import RecordRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """One list of a new version, compared with the same list of the version before.

    - `name`, `description`: of the list.
    - `rows`: its records as they stood before; `new`: its records in the new version.
    - `matching`, `amendments`: how the old records match the new, and the changes that follow from that.
    - `previous`: the version compared with; None where there is none.
    - `doubts`: the doubts about values in the new version.
    - `across`: True where `rows` belong to another report of the series, the one of the period before.
    """

    name: str
    description: ListDescription
    rows: tuple[RecordRow, ...]
    new: RecordList
    matching: Matching
    amendments: tuple[Amendment, ...]
    previous: VersionRow | None
    doubts: tuple[Doubt, ...]
    across: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLines:
    """The ids of the lines of corrections that the records of a list belong to.

    `before` and `after` map the position of a record in the older and in the newer version to the id of its line.
    """

    before: Mapping[int | None, int]
    after: Mapping[int | None, int]

    @classmethod
    def of(cls, rows: Sequence[RecordRow], after: Mapping[int | None, int]) -> Self:
        """Make the two mappings, from the rows that stood before and from the mapping of the records after."""
        return cls(before={position: row.line_id for position, row in enumerate(rows)}, after=after)

    def of_amendment(self, amendment: Amendment) -> int | None:
        """Return the line of the record that an amendment is about, or None where it is about a whole column."""
        before, after = amendment.before, amendment.after
        line = self.before.get(before.position) if before else None
        return line if line is not None or after is None else self.after.get(after.position)


def record_list(
    store: Store, version: VersionRow, change: ListChange, *, decision: Decision | None = None
) -> list[LogEntry]:
    """Write one list of a new version: open and close its records, note its doubts, and log its amendments.

    `decision` is the decision by which the version is recorded, if it was held.

    Returns the entries that were added to the change log.
    """
    row_at: dict[int | None, RecordRow] = dict(enumerate(change.rows))
    lines_after: dict[int | None, int] = {}
    last = change.previous.id if change.previous else 0

    def stand(record: Record, line: int | None, about: Record) -> None:
        lines_after[record.position] = records.open_record(
            store, version, change.name, record=record, fields=change.new.fields, line_id=line, state=about.state,
            jurisdiction=about.jurisdiction,
        )  # fmt: skip

    moved = []
    for pair in change.matching.pairs:
        row = row_at[pair.before.position]
        unchanged = pair.before.values == pair.after.values
        if unchanged and not change.across:
            moved.append((row, pair.after))
            lines_after[pair.after.position] = row.line_id
            continue
        if not change.across:
            records.close_record(store, row, last_version=last)
        stand(pair.after, row.line_id, about=pair.before if unchanged else pair.after)
    records.move_records(store, moved)
    for record in (*change.matching.added, *change.matching.repeated):
        stand(record, None, about=record)
    for record in () if change.across else (*change.matching.removed, *change.matching.dropped):
        records.close_record(store, row_at[record.position], last_version=last)
    lines = RecordLines.of(change.rows, lines_after)
    mended = _note_doubts(store, version, change, lines)
    return log_amendments(store, version, change, change.amendments, lines=lines, mended=mended, decision=decision)


def _note_doubts(
    store: Store, version: VersionRow, change: ListChange, lines: RecordLines
) -> dict[tuple[int, str], DoubtRow]:
    """Note the doubts that are new in a list, and close those that no longer hold.

    Returns the closed doubts of fields that are no longer doubtful, keyed by the record's line and the field.
    """
    at = version.captured_at
    now = {
        (lines.after[doubt.position], doubt.field, doubt.value, str(doubt.problem)): doubt for doubt in change.doubts
    }
    before = {
        (row.line_id, row.field, row.value, row.problem): row
        for row in doubt_rows.standing_doubts(
            store, version.report_id, change.name, gap_after_version_id=version.gap_after_version_id
        )
    }
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
    still = {key[:2] for key in now}
    return {key[:2]: row for key, row in before.items() if key[:2] not in still}


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
    """Append amendments of a list to the change log; returns their entries.

    - `lines`: the lines of corrections of the list's records.
    - `mended`: the doubts that were closed with this version, keyed by the record's line and the field.
    - `decision`: the decision by which the version is recorded, if it was held.
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

    - `removals`: the latest removal of each record, by its values as JSON.
    - `additions`: the addition of each record that came a short time ago, by its line of corrections.
    """

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
                        removals[compact(known.before)] = each.number
            if AmendmentKind.REMOVED in kinds:
                gone = [lines.of_amendment(each) for each in amendments if each.kind == AmendmentKind.REMOVED]
                since = instant(at - MAX_BRIEF)
                additions = changelog.added_since(store, [line for line in gone if line], since=since)
        return cls(removals=removals, additions=additions)

    def by(self, kind: AmendmentKind, new: LogEntry, line: int | None) -> int | None:
        """Return the number of the entry that a new entry of this kind takes back, or None."""
        if kind == AmendmentKind.ADDED:
            return self.removals.get(compact(new.after))
        return self.additions.get(line) if kind == AmendmentKind.REMOVED and line else None


def _resolved(doubt: DoubtRow) -> ResolvedDoubt:
    """Make the part of a log entry that says which doubt a correction resolves."""
    return ResolvedDoubt(field=doubt.field, value=doubt.value, problem=doubt.problem, noted_at=doubt.noted_at)


def _reverted(store: Store, line: int, new: LogEntry, *, minor: tuple[str, ...]) -> int | None:
    """Return the number of the latest earlier correction that a new one takes back, or None.

    A correction takes back another of the same record where it changes the same fields the other way round: first
    "Bucks" to "Berks", then "Berks" to "Bucks". `minor` are fields that count only where no other field changed.
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
