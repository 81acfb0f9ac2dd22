"""Compares each list of a new version with the same list before it, and finds differences too large to be believed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from monitor.changelog import moves
from monitor.changelog.record import ListChange
from monitor.matching import likeness, passed_over, plausible
from monitor.matching.amend import amend
from monitor.matching.match import Matching, match, resolve_new
from monitor.model import RecordList, ReportKind, SuspicionKind
from monitor.store import accounts, join, records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from monitor.config.sources import ReportDescription, Source
    from monitor.matching.doubts import Doubt
    from monitor.model import FileReading, Record, Suspicion
    from monitor.sandbox.reader import Understood
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow

MIN_MOVED_SHARE = 0.8  # the share of a list's records that must stand in another list for it to be empty in truth


def size_doubt(store: Store, version: VersionRow, lists: Sequence[RecordList]) -> str | None:
    """Return a sentence if a list of a version has far more records than in the version before, or None.

    Only the records are counted, so that a huge list is refused before the slow comparison.
    """
    for new in lists:
        past = plausible.Past(**records.list_past(store, version, new.name))
        if why := plausible.growth_doubt(past.records, len(new.records)):
            return f"{new.name}: {why}"
    return None


def compare_lists(
    store: Store, version: VersionRow, report: ReportDescription, understood: Understood
) -> list[ListChange]:
    """Compare each list of a version, as it was read, with the same list in an earlier version."""
    last = records.last_recorded(store, version.report_id, gap_after_version_id=version.gap_after_version_id)
    account = accounts.account_of(store, last) if last else None
    changes = []
    for new, doubts in understood.lists:
        change = _compare_list(store, version, report, new, doubts)
        if change.previous and not change.across:
            columns = likeness.column_amendments(new.name, account, understood.reading.passed_over)
            change = replace(change, amendments=(*change.amendments, *columns))
        changes.append(change)
    return changes


def _compare_list(
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
    store: Store, source: Source, version: VersionRow, reading: FileReading, changes: Sequence[ListChange]
) -> Iterator[str]:
    """Yield a sentence for each reason for which a version, as it was read and compared, can't be believed."""
    last = records.last_recorded(store, version.report_id, gap_after_version_id=version.gap_after_version_id)
    before = accounts.account_of(store, last) if last else None
    yield from passed_over.new_parts(before, reading.passed_over)
    by_name = {change.name: change for change in changes}
    away = partial(moves.moved_away, store, source, version, changes)
    for suspicion in reading.suspicions:
        change = by_name.get(suspicion.list_name or "")
        if change is None or not _is_dropped(
            suspicion, change, partial(away, change), partial(_shares_of_others, store, source, version, change)
        ):
            yield suspicion.message
    for name, change in by_name.items():
        why = change_doubt(store, version, change)
        if why and (moved := away(change)):
            why = change_doubt(store, version, change, moved=moved)
        reasons = (
            why,
            _without_key(change),
            _other_list(store, source, version, change),
            passed_over.gone_but_there(change.amendments, before, reading.passed_over, change.description),
            *likeness.column_doubts(
                name, before, reading.passed_over, change.amendments, pairs=len(change.matching.pairs)
            ),
        )
        yield from (f"{name}: {why}" for why in reasons if why)


def _is_dropped(
    suspicion: Suspicion,
    change: ListChange,
    moved: Callable[[], frozenset[int]],
    shares_of_others: Callable[[], Mapping[str, float]],
) -> bool:
    """Return whether the records speak against a suspicion.

    A list with a column of another list is still itself where more of its records stood in it before than stand in any
    other list. A list without records is believed where most of its records stand in another list now.
    """
    if suspicion.kind == SuspicionKind.EMPTY:
        return bool(change.rows) and len(moved()) >= MIN_MOVED_SHARE * len(change.rows)
    if suspicion.kind != SuspicionKind.OTHER_LIST or not change.rows:
        return False
    known = [row.record for row in change.rows]
    own = likeness.shared_records(change.new.records, change.description, known, change.description)
    other = max(shares_of_others().values(), default=0.0)
    return own >= other and (own >= likeness.MIN_OWN_SHARE or 0 < own > other < likeness.MIN_OWN_SHARE)


def _without_key(change: ListChange) -> str | None:
    """Return the reason to doubt a list with more records than before that lack what tells records apart, or None.

    That is the names in its key, or else the whole key. Such a row was perhaps misread.
    """
    described = change.description
    key = tuple(field for field in described.key if field in described.names) or described.key
    places = [change.new.fields.index(field) for field in key]
    if all(record.values[place] is None for record in change.new.records for place in places):
        return None  # the list has no key, or none of its columns

    def without(some: Iterable[Record]) -> list[Record]:
        return [record for record in some if not any((record.values[place] or "").strip() for place in places)]

    new = without(change.new.records)
    if len(new) <= len(without(row.record for row in change.rows)):
        return None
    one = next(filter(None, (" ".join(filter(None, record.values)) for record in new)), "")[:80]
    have = "1 record has" if len(new) == 1 else f"{len(new)} records have"
    return f"{have} nothing in {' and '.join(key)}, by which records are told apart, as in {one!r}"


def _other_list(store: Store, source: Source, version: VersionRow, change: ListChange) -> str | None:
    """Return the reason to believe that the records of a list are those of another list of the source, or None."""
    new = change.new.records
    if change.previous is None or change.across or len(new) < likeness.MIN_JUDGED_RECORDS:
        return None
    if len(change.matching.pairs) >= likeness.MIN_OWN_SHARE * len(new):
        return None
    known = [row.record for row in change.rows]
    own = likeness.shared_records(new, change.description, known, change.description)
    other = likeness.other_list(own, _shares_of_others(store, source, version, change), count=len(new))
    return f"it holds the records of the list {other!r}" if other else None


def _shares_of_others(store: Store, source: Source, version: VersionRow, change: ListChange) -> dict[str, float]:
    """Return for each other list of the source with the same key the share of the new records that stand in it."""
    found = {}
    for report in source.reports.values():
        for name, description in report.lists.items():
            if name != change.name and description.key and set(description.key) == set(change.description.key):
                there = [row.record for row in moves.standing_in(store, source, version, name)]
                found[name] = likeness.shared_records(change.new.records, change.description, there, description)
    return found


def compared_version(store: Store, version: VersionRow | None, name: str) -> VersionRow | None:
    """Return the version with which a list is compared: `version`, or the last one before it that has list `name`.

    Return None if there is none.
    """
    return records.last_with_list(store, version, name) if version else None


def change_doubt(store: Store, version: VersionRow, change: ListChange, *, moved: Collection[int] = ()) -> str | None:
    """Return a sentence if the change of a list is too large to be believed, judging by its past changes, or None.

    `moved` are the positions of its old records that stand in another list of the source now.
    """
    size, new_size = len(change.rows), len(change.new.records)
    if change.previous is None:
        return None
    if change.across:
        return plausible.across_doubt(change.amendments, size=size, new_size=new_size)
    past = plausible.Past(**records.list_past(store, version, change.name))
    why = plausible.doubt(
        change.amendments, size=size, new_size=new_size, past=past, description=change.description, moved=moved
    )
    return why or plausible.common_cause(change.matching.removed, [row.record for row in change.rows], moved=moved)
