"""Joins the older history that a backfill added to the later history, and logs the changes between the two.

The stretch between the two is called the gap. Within a report, it lies before the version that was the first until the
backfill. In a series whose lists are compared from one period to the next, there is also a gap before the report that
was the first. A record that is in the list before and after the gap gets one continuous history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.changelog.record import ListChange, RecordLines, log_amendments
from monitor.matching.amend import amend
from monitor.matching.match import match
from monitor.model import RecordList, ReportKind
from monitor.store import captures, changelog, list_proofs, records
from monitor.store import doubts as doubt_rows
from monitor.store import join as join_rows
from monitor.store.rows import fields_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.config.lists import ListDescription
    from monitor.config.sources import Source
    from monitor.model import Amendment
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import RecordRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The result of joining the two parts of one report's history.

    - `report`: the report's key.
    - `entries`: the change log's new entries about the changes over the gap.
    - `undecided`: how many versions a person must decide about before the parts can be joined; 0 if they are joined.
    """

    report: str
    entries: tuple[LogEntry, ...] = ()
    undecided: int = 0


def join(store: Store, name: str, source: Source) -> Iterator[Joined]:
    """Join the two parts of the history of each report of a source that a backfill has added to; yield each result.

    `name` is the name of the source. A report is not joined while one of its versions waits for a person's decision.
    """
    for gap in join_rows.gaps(store, name):
        first = join_rows.first_recorded(store, gap.report_id)
        if first is None:  # the first version after the gap waits for a person itself
            known = captures.first_version(store, gap.report_id)
            assert known is not None
            yield Joined(report=known.report_key, undecided=gap.undecided + 1)
            continue
        if first.report_name not in source.reports:
            continue
        if gap.undecided:
            yield Joined(report=first.report_key, undecided=gap.undecided)
            continue
        with store.transaction():
            entries = tuple(
                _join(
                    store,
                    first,
                    source.reports[first.report_name].lists,
                    gap_after_version_id=gap.after_version_id,
                )
            )
            list_proofs.prove_again(store, name)
        yield Joined(report=first.report_key, entries=entries)
    for report, description in source.reports.items():
        across = {each: lists for each, lists in description.lists.items() if lists.compare == "across"}
        if description.kind == ReportKind.SERIES and across:
            yield from _join_periods(store, name, report, across)


def _join(
    store: Store, first: VersionRow, lists: Mapping[str, ListDescription], *, gap_after_version_id: int
) -> Iterator[LogEntry]:
    """Log the changes over the gap in one report's history, and close the gap; yield the log entries.

    The gap is between the older history that a backfill added, and the later history.

    - `first`: the first recorded version after the gap.
    - `lists`: the descriptions of the report's lists, by name.
    - `gap_after_version_id`: the id of the last version before the gap.
    """
    last = records.last_recorded(store, first.report_id, gap_after_version_id=gap_after_version_id)
    for name in join_rows.lists_found(store, first.report_id, gap_after_version_id=gap_after_version_id):
        ending = last and records.last_with_list(store, last, name)
        assert ending is not None
        beginning = join_rows.first_with_list(store, first.report_id, name)
        if beginning and name in lists:
            yield from _join_list(store, ending, beginning, name, lists[name])
        join_rows.close_list(store, name, gap_after_version_id=gap_after_version_id, last=ending, first=beginning)
    join_rows.close_gap(store, gap_after_version_id=gap_after_version_id)


def _join_periods(store: Store, source: str, report: str, lists: Mapping[str, ListDescription]) -> Iterator[Joined]:
    """Compare each report of a series with that of the period before, if that was not done yet; log the changes.

    - `report`: the name of the series in the configuration.
    - `lists`: those of its lists that are compared from period to period, by name.

    Yields a result for each report with changes.
    """
    for first in join_rows.first_of_periods(store, source, report):
        entries: list[LogEntry] = []
        with store.transaction():
            before = records.recorded_before(store, first)
            for name, description in lists.items():
                last = records.last_with_list(store, before, name) if before else None
                if last and join_rows.follows_nothing(store, first, name):
                    entries += _join_list(store, last, first, name, description)
            if entries:
                list_proofs.prove_again(store, source)
        if entries:
            yield Joined(report=first.report_key, entries=tuple(entries))


def _join_list(
    store: Store, last: VersionRow, first: VersionRow, name: str, description: ListDescription
) -> Iterator[LogEntry]:
    """Log the changes of the list `name` between two versions with a gap in the history between them.

    `last` is the version before the gap, and `first` the version after it. A record that is in both versions gets one
    continuous history. Yields the log entries.
    """
    fields = description.fields
    earlier = records.standing_records(
        store, last.report_id, name, fields, gap_after_version_id=last.gap_after_version_id
    )
    later = join_rows.records_at(store, first, name, fields)
    before, after = (
        RecordList(name=name, fields=fields, records=tuple(row.record for row in rows)) for rows in (earlier, later)
    )
    matching = match(before, after, description)
    change = ListChange(
        name=name, description=description, rows=tuple(earlier), new=after, matching=matching,
        amendments=amend(matching, description), previous=last, doubts=(), judged=frozenset(),
    )  # fmt: skip
    lines = RecordLines.of(earlier, {position: row.line_id for position, row in enumerate(later)})
    earlier_at: dict[int | None, RecordRow] = dict(enumerate(earlier))
    later_at: dict[int | None, RecordRow] = dict(enumerate(later))
    pairs = [(earlier_at[pair.before.position], later_at[pair.after.position]) for pair in matching.pairs]
    continued = {other.line_id: one.line_id for one, other in pairs}
    still = {(continued.get(line), field) for line, field in join_rows.doubtful_at(store, first, name)}
    doubts = doubt_rows.standing_doubts(store, last.report_id, name, gap_after_version_id=last.gap_after_version_id)
    mended = {(each.line_id, each.field): each for each in doubts if (each.line_id, each.field) not in still}
    told = [  # a period that began otherwise may have said some of it already
        (str(entry.kind), entry.before, entry.after)
        for entry in changelog.of_version(store, first.id)
        if entry.list == name
    ]
    untold = [each for each in change.amendments if _told_as(each, fields) not in told]
    yield from log_amendments(store, first, change, untold, lines=lines, mended=mended)
    for one, other in pairs:
        join_rows.continue_line(store, one, other)
        if last.report_id == first.report_id and one.record.values == other.record.values:
            join_rows.unite(store, one, other)


def _told_as(amendment: Amendment, fields: tuple[str, ...]) -> tuple[str, dict[str, str] | None, dict[str, str] | None]:
    """Return the kind of an amendment, and the record's values before and after it, as a log entry has them."""
    before, after = (fields_value(fields, side) if side else None for side in (amendment.before, amendment.after))
    return str(amendment.kind), before, after
