"""Writes one list of a version: the records that stand or go, the doubts, and the amendments. In a transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from monitor import jurisdictions
from monitor.changelog import entry
from monitor.model import AmendmentKind, ReportKind
from monitor.store import changelog, records, versions
from monitor.store import doubts as doubt_rows
from monitor.store.entry import ResolvedDoubt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.sources import ListDescription
    from monitor.matching.doubts import Doubt
    from monitor.matching.match import Matching
    from monitor.model import Amendment, Record, RecordList
    from monitor.store.database import Store
    from monitor.store.doubts import DoubtRow
    from monitor.store.entry import LogEntry
    from monitor.store.rows import RecordRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """One list of a version beside the one that it follows: the standing records, the new ones, the amendments.

    `across` is True where the standing records are those of another report, the one of the period before.
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
    """The lines of the records of two versions of a list, by the records' positions: those before, and those after."""

    before: Mapping[int | None, int]
    after: Mapping[int | None, int]

    @classmethod
    def of(cls, rows: Sequence[RecordRow], after: Mapping[int | None, int]) -> Self:
        """Return the lines of the rows that stood before, and of the records after."""
        return cls(before={position: row.line_id for position, row in enumerate(rows)}, after=after)

    def of_amendment(self, amendment: Amendment) -> int | None:
        """Return the line of the record that an amendment is about; None where it is about a whole column."""
        before, after = amendment.before, amendment.after
        line = self.before.get(before.position) if before else None
        return line if line is not None or after is None else self.after.get(after.position)


def record_list(store: Store, version: VersionRow, change: ListChange) -> list[LogEntry]:
    """Bring the standing records of a list to this version, and log its amendments; returns their entries."""
    row_at: dict[int | None, RecordRow] = dict(enumerate(change.rows))
    lines_after: dict[int | None, int] = {}
    last = change.previous.id if change.previous else 0

    def stand(record: Record, line: int | None, about: Record) -> None:
        lines_after[record.position] = records.open_record(
            store, version, change.name, record=record, fields=change.new.fields, line_id=line, state=about.state,
            jurisdiction=about.jurisdiction,
        )  # fmt: skip

    for pair in change.matching.pairs:
        row = row_at[pair.before.position]
        unchanged = pair.before.values == pair.after.values
        if unchanged and not change.across:
            records.move_record(store, row, pair.after)
            lines_after[pair.after.position] = row.line_id
            continue
        if not change.across:
            records.close_record(store, row, last_version=last)
        stand(pair.after, row.line_id, about=pair.before if unchanged else pair.after)
    for record in (*change.matching.added, *change.matching.repeated):
        stand(record, None, about=record)
    for record in () if change.across else (*change.matching.removed, *change.matching.dropped):
        records.close_record(store, row_at[record.position], last_version=last)
    lines = RecordLines.of(change.rows, lines_after)
    mended = _note_doubts(store, version, change, lines)
    return [log_amendment(store, version, change, each, lines=lines, mended=mended) for each in change.amendments]


def _note_doubts(
    store: Store, version: VersionRow, change: ListChange, lines: RecordLines
) -> dict[tuple[int, str], DoubtRow]:
    """Note the new doubts of a list and close those that are gone; returns the latter by record's line and field."""
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


def log_amendment(
    store: Store,
    version: VersionRow,
    change: ListChange,
    amendment: Amendment,
    *,
    lines: RecordLines,
    mended: Mapping[tuple[int, str], DoubtRow] | None = None,
) -> LogEntry:
    """Append one amendment of a list to the change log; returns its entry.

    `mended` are the doubts that are gone, by line and field.
    """
    mended = mended or {}
    record = amendment.after or amendment.before
    line = lines.of_amendment(amendment)
    new = entry.of_amendment(amendment, change.description, name=change.name, version=version, previous=change.previous)
    if amendment.kind == AmendmentKind.CORRECTED and line is not None:
        doubts = (mended[line, field] for field in amendment.fields if (line, field) in mended)
        new = replace(
            new,
            reverts=_reverted(store, line, new, minor=change.description.minor),
            resolves_doubt=next(map(_resolved, doubts), None),
        )
    if change.name == entry.NOTICES and record:
        keys = [report.key for report in versions.reports_of(store, version.source) if report.kind == ReportKind.SERIES]
        new = replace(new, speaks_of=tuple(jurisdictions.reports_meant(record.values[0] or "", keys)))
    return changelog.append(store, new, version_id=version.id, line_id=line, state=record.state if record else None)


def _resolved(doubt: DoubtRow) -> ResolvedDoubt:
    """Return the doubt that a correction mends, as the change log has it."""
    return ResolvedDoubt(field=doubt.field, value=doubt.value, problem=doubt.problem, noted_at=doubt.noted_at)


def _reverted(store: Store, line: int, new: LogEntry, *, minor: tuple[str, ...]) -> int | None:
    """Return the number of the latest correction of this record that a new one takes back, if it takes one back.

    It does where the same fields change the other way round. Fields that the list calls `minor` count only where no
    others differ.
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
