"""Writes what one list of a version says: records that stand or go, doubts, and amendments. Within a transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from monitor import jurisdictions
from monitor.changelog import entry
from monitor.model import AmendmentKind, ReportKind
from monitor.store import changelog, records, versions
from monitor.store import doubts as doubt_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.sources import ListDescription
    from monitor.matching.doubts import Doubt
    from monitor.matching.match import Matching
    from monitor.model import Amendment, Record, RecordList
    from monitor.store.database import Store
    from monitor.store.doubts import DoubtRow
    from monitor.store.rows import RecordRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """One list of a version against what it follows: the standing records, the new ones, and what differs.

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


def record_list(store: Store, version: VersionRow, change: ListChange) -> list[dict[str, Any]]:
    """Bring the standing records of a list to this version, and write its amendments; returns them as printed."""
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
    return [log(store, version, change, each, lines=lines, mended=mended) for each in change.amendments]


def _note_doubts(
    store: Store, version: VersionRow, change: ListChange, lines: RecordLines
) -> dict[tuple[int, str], DoubtRow]:
    """Note what is doubtful now, and close what no longer is; returns the latter by record's line and field."""
    at = version.captured_at
    now = {(lines.after[each.position], each.field, each.value, str(each.problem)): each for each in change.doubts}
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
            line, field_, value, problem = key
            meant = [asdict(each) for each in doubt.suggestions]
            doubt_rows.add_doubt(
                store, version.report_id, change.name, line_id=line, field=field_, value=value, problem=problem,
                suggestions=meant, at=at, gap_after_version_id=version.gap_after_version_id,
            )  # fmt: skip
    still = {key[:2] for key in now}
    return {key[:2]: row for key, row in before.items() if key[:2] not in still}


def log(
    store: Store,
    version: VersionRow,
    change: ListChange,
    each: Amendment,
    *,
    lines: RecordLines,
    mended: Mapping[tuple[int, str], DoubtRow] | None = None,
) -> dict[str, Any]:
    """Append one amendment to the change log; returns it as printed.

    `mended` are the doubts that are gone, by line and field.
    """
    mended = mended or {}
    told = each.after or each.before
    line = lines.of_amendment(each)
    printed = entry.of_amendment(each, change.description, name=change.name, version=version, previous=change.previous)
    if each.kind == AmendmentKind.CORRECTED and line is not None:
        printed["reverts"] = _reverted(store, line, printed, minor=change.description.minor)
        printed["resolves_doubt"] = next(
            (_resolved(mended[line, each_field]) for each_field in each.fields if (line, each_field) in mended), None
        )
    if change.name == entry.NOTICES and told:
        keys = [report.key for report in versions.reports_of(store, version.source) if report.kind == ReportKind.SERIES]
        printed["speaks_of"] = list(jurisdictions.reports_meant(told.values[0] or "", keys))
    return changelog.append(store, printed, version_id=version.id, line_id=line, state=told.state if told else None)


def _resolved(doubt: DoubtRow) -> dict[str, str]:
    """Return the doubt that a correction mends, as the change log has it."""
    return {"field": doubt.field, "value": doubt.value, "problem": doubt.problem, "noted_at": doubt.noted_at}


def _reverted(store: Store, line: int, now: Mapping[str, Any], *, minor: tuple[str, ...]) -> int | None:
    """Return the latest correction of this record that this one takes back: the same fields, the other way round."""
    fields = [field for field in now["fields"] if field not in minor] or now["fields"]
    for past in changelog.corrections_of(store, line):
        undone = all(
            field in past["fields"]
            and past["before"].get(field) == now["after"].get(field)
            and past["after"].get(field) == now["before"].get(field)
            for field in fields
        )
        if undone:
            return int(past["id"])
    return None
