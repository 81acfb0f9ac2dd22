"""Compares each list of a new version with the same list before it, and finds differences too large to be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.changelog.record import ListChange
from monitor.matching import passed_over, plausible
from monitor.matching.amend import amend
from monitor.matching.match import Matching, match, resolve_new
from monitor.model import RecordList, ReportKind
from monitor.store import accounts, join, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.config.sources import ReportDescription
    from monitor.matching.doubts import Doubt
    from monitor.model import FileReading
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


def size_doubt(store: Store, version: VersionRow, lists: Sequence[RecordList]) -> str | None:
    """Return a sentence if a list of a version has far more records than in the version before, or None.

    Only the records are counted, so that a huge list is refused before the slow comparison.
    """
    for new in lists:
        past = plausible.Past(**records.list_past(store, version, new.name))
        if why := plausible.growth_doubt(past.records, len(new.records)):
            return f"{new.name}: {why}"
    return None


def compare_list(
    store: Store, version: VersionRow, report: ReportDescription, new: RecordList, doubts: tuple[Doubt, ...]
) -> ListChange:
    """Compare the list `new` of a version with the same list in an earlier version, and return its amendments.

    The earlier version is the last one of the report that has the list. In a series whose lists are compared across
    periods, the first version of a period is compared with the period before. Without an earlier version there are no
    amendments. `doubts` are the doubts about values of the new list.
    """
    description = report.lists[new.name]
    last = records.last_recorded(store, version.report_id, gap_after_version_id=version.gap_after_version_id)
    previous = compared_version(store, last, new.name)
    across = previous is None and report.kind == ReportKind.SERIES and description.compare == "across"
    if across and version.gap_after_version_id is not None:  # the log may say how the next period began
        first = join.first_recorded(store, version.report_id)
        across = first is None or join.follows_nothing(store, first, new.name)
    if across:
        previous = compared_version(store, records.recorded_before(store, version), new.name)
    if previous is None:
        unmatched = resolve_new(Matching(pairs=(), removed=(), added=new.records), description)
        return ListChange(
            name=new.name, description=description, rows=(), new=new, matching=unmatched, amendments=(), previous=None,
            doubts=doubts,
        )  # fmt: skip
    gap = previous.gap_after_version_id
    rows = tuple(records.standing_records(store, previous.report_id, new.name, new.fields, gap_after_version_id=gap))
    before = RecordList(name=new.name, fields=new.fields, records=tuple(row.record for row in rows))
    matching = resolve_new(match(before, new, description), description)
    return ListChange(
        name=new.name,
        description=description,
        rows=rows,
        new=new,
        matching=matching,
        amendments=amend(matching, description),
        previous=previous,
        doubts=doubts,
        across=across,
    )


def reasons_to_hold(
    store: Store, version: VersionRow, reading: FileReading, changes: Sequence[ListChange]
) -> Iterator[str]:
    """Yield a sentence for each reason for which a version, as it was read and compared, can't be believed."""
    yield from (suspicion.message for suspicion in reading.suspicions)
    last = records.last_recorded(store, version.report_id, gap_after_version_id=version.gap_after_version_id)
    yield from passed_over.new_parts(accounts.account_of(store, last) if last else None, reading.passed_over)
    for change in changes:
        for why in (
            change_doubt(store, version, change),
            passed_over.gone_but_there(change.amendments, reading.passed_over, change.description),
        ):
            if why:
                yield f"{change.name}: {why}"


def compared_version(store: Store, version: VersionRow | None, name: str) -> VersionRow | None:
    """Return the version with which a list is compared: `version`, or the last one before it that has list `name`.

    Return None if there is none.
    """
    return records.last_with_list(store, version, name) if version else None


def change_doubt(store: Store, version: VersionRow, change: ListChange) -> str | None:
    """Return a sentence if the change of a list is too large to be believed, judging by its past changes, or None.

    The first list of a new period is always believed, because two periods may differ in anything.
    """
    if change.previous is None or change.across:
        return None
    return plausible.doubt(
        change.amendments,
        size=len(change.rows),
        new_size=len(change.new.records),
        past=plausible.Past(**records.list_past(store, version, change.name)),
        description=change.description,
    )
