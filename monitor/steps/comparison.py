"""Compares each list of a new version with the list in an earlier version, and finds changes that can't be believed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from monitor.changelog import moves
from monitor.changelog.record import ListChange
from monitor.matching import likeness, passed_over, plausible, regrouped, together
from monitor.matching.amend import amend
from monitor.matching.columns import broken_cells, emptied_column, exchanged_columns, slipped_columns
from monitor.matching.match import Matching, match, resolve_new
from monitor.matching.misplaced import misplaced_values
from monitor.model import RecordList, ReportKind, SuspicionKind
from monitor.sandbox.known import KnownRecords
from monitor.steps.descriptions import is_judged
from monitor.store import accounts, join, records
from monitor.store.parts import parts_of_version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.config.reports import ReportDescription
    from monitor.config.sources import Source
    from monitor.matching.doubts import Doubt
    from monitor.model import FileReading, Record, Suspicion
    from monitor.sandbox.known import Places
    from monitor.sandbox.reader import Understood
    from monitor.store.database import Store
    from monitor.store.rows import RecordRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierList:
    """One list of a report, as it is in the version with which the next version is compared.

    - `previous`: that version; None if there is none. `rows`: the records of the list in it.
    - `across`: True if it belongs to another report of the series, that of the period before.
    """

    previous: VersionRow | None
    rows: tuple[RecordRow, ...] = ()
    across: bool = False


MIN_MOVED_SHARE = 0.8  # the share of a list's records that must stand in another list for it to be empty in truth


def size_doubt(store: Store, version: VersionRow, lists: Sequence[RecordList]) -> str | None:
    """Return a sentence if a list of a version has far more records than the version before it had; None if none has.

    This only counts records. So a version with a huge list is set aside before the slow comparison begins.
    """
    for new in lists:
        if why := plausible.growth_doubt(records.latest_size(store, version, new.name), len(new.records)):
            return f"{new.name}: {why}"
    return None


def earlier_lists(store: Store, version: VersionRow, report: ReportDescription) -> dict[str, EarlierList]:
    """Return each list of a report, by its name, as it is in the version with which `version` is to be compared."""
    return {
        name: _earlier_list(store, version, report, name, description) for name, description in report.lists.items()
    }


def known_records(store: Store, report: ReportDescription, earlier: Mapping[str, EarlierList]) -> KnownRecords:
    """Return the records of earlier lists that need no judging when they come again as they are.

    A list counts if it was judged as this program, and the present description, would judge it, and if it belongs to
    the same report: the doubts about its records are those that are open.
    """
    return KnownRecords.of(
        {
            name: (row.record.values for row in each.rows)
            for name, each in earlier.items()
            if each.previous and not each.across and is_judged(store, each.previous, report, name)
        }
    )


def compare_lists(
    store: Store,
    version: VersionRow,
    report: ReportDescription,
    understood: Understood,
    earlier: Mapping[str, EarlierList],
) -> list[ListChange]:
    """Compare each list that was read from a version with the same list in an earlier version; return the changes.

    - `report`: the configuration's description of the report.
    - `understood`: what was read from the version's file.
    - `earlier`: the lists with which it is compared, as `earlier_lists` returns them.
    """
    last = records.last_recorded(store, version.report_id, gap_after_version_id=version.gap_after_version_id)
    account = accounts.account_of(store, last) if last else None
    changes = []
    for new, doubts, places in understood.lists:
        change = _compare_list(report.lists[new.name], earlier[new.name], new, doubts, places)
        if change.previous and not change.across:
            columns = likeness.column_amendments(new.name, account, understood.reading.passed_over)
            change = replace(change, amendments=(*change.amendments, *columns))
        changes.append(change)
    return changes


def _earlier_list(
    store: Store, version: VersionRow, report: ReportDescription, name: str, description: ListDescription
) -> EarlierList:
    """Return the list `name` as it is in the version with which `version` is to be compared.

    This is the last recorded version of the report that has the list. In a series of reports, where the configuration
    says `compare: across`, the first version of a period is compared with the report of the period before.
    """
    last = records.last_recorded(store, version.report_id, gap_after_version_id=version.gap_after_version_id)
    previous = compared_version(store, last, name)
    across = previous is None and report.kind == ReportKind.SERIES and description.compare == "across"
    if across and version.gap_after_version_id is not None:  # the log may say how the next period began
        first = join.first_recorded(store, version.report_id)
        across = first is None or join.follows_nothing(store, first, name)
    if across:
        previous = compared_version(store, records.recorded_before(store, version), name)
    if previous is None:
        return EarlierList(previous=None)
    gap = previous.gap_after_version_id
    rows = records.standing_records(store, previous.report_id, name, description.fields, gap_after_version_id=gap)
    return EarlierList(previous=previous, rows=tuple(rows), across=across)


def _compare_list(
    description: ListDescription, earlier: EarlierList, new: RecordList, doubts: tuple[Doubt, ...], places: Places
) -> ListChange:
    """Compare one list of a version, `new`, with the same list in an earlier version, and return the changes.

    - `description`: the list's description. `earlier`: the earlier list; if there is none, there are no amendments.
    - `doubts`: the values of the new list that can't be right. `places`: what is known of its records' jurisdictions.
    """
    judged = frozenset(places.positions)
    if earlier.previous is None:
        unmatched = resolve_new(Matching(pairs=(), removed=(), added=new.records), description, places.by_position())
        return ListChange(
            name=new.name, description=description, rows=(), new=new, matching=unmatched, amendments=(), previous=None,
            doubts=doubts, judged=judged,
        )  # fmt: skip
    before = RecordList(name=new.name, fields=new.fields, records=tuple(row.record for row in earlier.rows))
    matching = resolve_new(match(before, new, description), description, places.by_position())
    return ListChange(
        name=new.name,
        description=description,
        rows=earlier.rows,
        new=new,
        matching=matching,
        amendments=amend(matching, description),
        previous=earlier.previous,
        doubts=doubts,
        judged=judged,
        across=earlier.across,
    )


def reasons_to_hold(
    store: Store, source: Source, version: VersionRow, reading: FileReading, changes: Sequence[ListChange]
) -> Iterator[str]:
    """Yield a sentence for each reason not to believe a version; a version with any reason is held (set aside).

    - `reading`: what was read from the version's file.
    - `changes`: how each of its lists differs from the list before it.
    """
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
        may_move = any(move.from_list == name for move in source.moves)
        if may_move and (why or _stood_together(change)) and (moved := away(change)):
            why = change_doubt(store, version, change, moved=moved)
        reasons = (
            why,
            _without_key(change),
            _doubled(change),
            _other_list(store, source, version, change),
            _in_another_list(source, change, changes),
            *_other_rows(change),
            passed_over.gone_but_there(change.amendments, before, reading.passed_over, change.description),
            *likeness.column_doubts(
                name,
                before,
                reading.passed_over,
                change.amendments,
                pairs=len(change.matching.pairs),
                description=change.description,
            ),
        )
        yield from (f"{name}: {why}" for why in reasons if why)


def _stood_together(change: ListChange) -> bool:
    """Return whether a part of the file may be lost among the removed records, so that what moved has to be known."""
    return plausible.stood_together(change.matching.removed, [row.record for row in change.rows])


def _is_dropped(
    suspicion: Suspicion,
    change: ListChange,
    moved: Callable[[], frozenset[int]],
    shares_of_others: Callable[[], Mapping[str, float]],
) -> bool:
    """Return whether a suspicion about a list can be dropped, because the records themselves speak against it.

    - A table with a column of another list: it is dropped if more of its records were in this list before than are in
      any other list.
    - A list without records: it is dropped if most of its earlier records are now in another list of the source.

    `moved` returns the positions of the earlier records that are in another list now. `shares_of_others` returns for
    each other list the share of the records (0 to 1) that is in it.
    """
    if suspicion.kind == SuspicionKind.EMPTY:
        return bool(change.rows) and len(moved()) >= MIN_MOVED_SHARE * len(change.rows)
    if suspicion.kind != SuspicionKind.OTHER_LIST or not change.rows:
        return False
    known = [row.record for row in change.rows]
    own = likeness.shared_records(change.new.records, change.description, known, change.description)
    other = max(shares_of_others().values(), default=0.0)
    return own >= other and (own >= likeness.MIN_OWN_SHARE or 0 < own > other < likeness.MIN_OWN_SHARE)


def _other_rows(change: ListChange) -> Iterator[str | None]:
    """Yield reasons not to believe how a list is divided into records; None for each that does not hold.

    Records perhaps changed their group, stand together in one, or say themselves that they are listed no more.
    """
    if change.previous is None or change.across:
        return
    described, before = change.description, [row.record for row in change.rows]
    yield regrouped.regrouped(change.amendments, before, change.new.records, described)
    yield regrouped.inside_others(change.matching.added, before, change.new.records, described)
    yield regrouped.words_for_records(change.matching.removed, change.matching.added, before, described)
    yield regrouped.same_words(change.matching.added, described)
    yield together.put_together(change.matching, described)
    yield together.torn_off(change.matching.added, before, described)
    yield together.said_gone(change.amendments, before, described)
    yield misplaced_values(change.amendments, before, described)


def _without_key(change: ListChange) -> str | None:
    """Return a sentence if more records than before have nothing in the fields that tell records apart; else None.

    These fields are the names in the list's key, or the whole key if no name is in it. Such a row was perhaps misread.
    """
    described = change.description
    key = tuple(field for field in described.key if field in described.names) or described.key
    places = [change.new.fields.index(field) for field in key]
    if not places or all(record.values[place] is None for record in change.new.records for place in places):
        return None  # the list has no key, or none of its columns

    def without(some: Iterable[Record]) -> list[Record]:
        first, *others = places
        some = [record for record in some if not (record.values[first] or "").strip()]
        return [record for record in some if not any((record.values[place] or "").strip() for place in others)]

    new = without(change.new.records)
    if not new:
        return None
    if len(new) <= len(without(row.record for row in change.rows)):
        return None
    one = next(filter(None, (" ".join(filter(None, record.values)) for record in new)), "")[:80]
    have = "1 record has" if len(new) == 1 else f"{len(new)} records have"
    return f"{have} nothing in {' and '.join(key)}, by which records are told apart, as in {one!r}"


def _doubled(change: ListChange) -> str | None:
    """Return a sentence if records stand in two parts of a version now that stood there once or not at all; else None.

    Parts are the files or pages of a version that has several. A record that went from one part to another perhaps
    stands in both until the publisher, or a cache on the way, has them both new. It is told by the key of the list.
    """
    at = [change.new.fields.index(field) for field in change.description.key]
    if not at or change.previous is None or change.across:
        return None
    if all(record.locator.part is None for record in change.new.records):
        return None

    def key(record: Record) -> tuple[str | None, ...]:
        return tuple(record.values[place] for place in at)

    parts: dict[tuple[str | None, ...], list[str]] = {}
    for record in change.new.records:
        if record.locator.part is not None and any(key(record)):
            parts.setdefault(key(record), []).append(record.locator.part)
    before = Counter(key(row.record) for row in change.rows)
    doubled = [each for each, there in parts.items() if len(set(there)) > 1 and len(there) > before[each]]
    if not doubled:
        return None
    name = ", ".join(filter(None, doubled[0]))
    where = " and ".join(dict.fromkeys(parts[doubled[0]]))
    count = "1 record stands" if len(doubled) == 1 else f"{len(doubled)} records stand"
    return f"{count} in two parts at once, as {name!r} in {where}; perhaps only one of them is new already"


def _other_list(store: Store, source: Source, version: VersionRow, change: ListChange) -> str | None:
    """Return a sentence if the records of a list seem to be those of another list of the source; else None."""
    new = change.new.records
    if change.previous is None or change.across or len(new) < likeness.MIN_JUDGED_RECORDS:
        return None
    if len(change.matching.pairs) >= likeness.MIN_OWN_SHARE * len(new):
        return None
    known = [row.record for row in change.rows]
    own = likeness.shared_records(new, change.description, known, change.description)
    other = likeness.other_list(own, _shares_of_others(store, source, version, change), count=len(new))
    return f"it holds the records of the list {other!r}" if other else None


def _in_another_list(source: Source, change: ListChange, changes: Sequence[ListChange]) -> str | None:
    """Return a sentence if records of a list would stand in another list of the same file now; else None.

    - `changes`: how each list of the file differs from the one before it.

    Lists between which records move, as the configuration says, do not count.
    """
    for other in changes:
        if other is change or None in (change.previous, other.previous) or change.across or other.across:
            continue
        if any((move.from_list, move.to) == (change.name, other.name) for move in source.moves):
            continue
        found = regrouped.relisted(change.matching.removed, change.description, other.matching.added, other.description)
        if found:
            name = ", ".join(filter(None, found[0].values))[:80]
            return f"{len(found)} records, like {name!r}, would stand in {other.name} now; was a heading lost?"
    return None


def _shares_of_others(store: Store, source: Source, version: VersionRow, change: ListChange) -> dict[str, float]:
    """Return the share of a list's new records (0 to 1) that is in each other list of the source, by the list's name.

    Only lists whose key has the same fields are looked at.
    """
    found = {}
    for report in source.reports.values():
        for name, description in report.lists.items():
            if name != change.name and description.key and set(description.key) == set(change.description.key):
                there = [row.record for row in moves.standing_in(store, source, version, name)]
                found[name] = likeness.shared_records(change.new.records, change.description, there, description)
    return found


def compared_version(store: Store, version: VersionRow | None, name: str) -> VersionRow | None:
    """Return the version with which the next version's list `name` is compared; None if there is none.

    It is `version` itself if it has the list, or else the last version before it that has the list.
    """
    return records.last_with_list(store, version, name) if version else None


def change_doubt(store: Store, version: VersionRow, change: ListChange, *, moved: Collection[int] = ()) -> str | None:
    """Return a sentence if a list has changed more than its past changes make believable; else None.

    `moved` are the positions of its old records that are now in another list of the source: they do not count as lost.
    """
    size, new_size = len(change.rows), len(change.new.records)
    if change.previous is None:
        return None
    before, new = [row.record for row in change.rows], change.new.records
    why = (
        broken_cells(change.amendments, change.description)
        or exchanged_columns(change.amendments, before, new, change.description)
        or emptied_column(change.amendments, new, change.description)
    )
    if why:
        return why
    if change.across:
        return plausible.across_doubt(change.amendments, size=size, new_size=new_size)
    past = plausible.Past(**records.list_past(store, version, change.name))
    why = plausible.doubt(
        change.amendments, size=size, new_size=new_size, past=past, description=change.description, moved=moved
    )
    if why or change.description.content == "text":  # of a page, a part may go, and its oldest news do
        return why
    if why := slipped_columns(change.amendments, new, change.description):
        return why
    if gone := _gone_parts(store, version, change.previous):  # several polls have confirmed that they are gone
        before = [record for record in before if record.locator.part not in gone]
    removed = [record for record in change.matching.removed if record.locator.part not in gone]
    return plausible.common_cause(removed, before, moved=moved) or plausible.repeated_keys(
        change.matching.added, before, new, change.description
    )


def _gone_parts(store: Store, version: VersionRow, previous: VersionRow) -> frozenset[str]:
    """Return the names of the files that were parts of the version `previous`, and of which `version` has no more.

    Where files are new, too, one may have taken the place of another, and none counts as gone. Pages of one list are
    no such parts: the last one goes when the list gets shorter.
    """
    if version.kind == ReportKind.PAGE:
        return frozenset()
    before = {part.key: part.name for part in parts_of_version(store, previous.id)}
    now = {part.key for part in parts_of_version(store, version.id)}
    return frozenset() if now - before.keys() or not now else frozenset(before[key] for key in before.keys() - now)
