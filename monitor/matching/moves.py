"""Finds the records that left one list of a source and are in another list now, like a signed agreement.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.jurisdictions.states import code_of
from monitor.matching.forms import form_of
from monitor.matching.match import Pair, match
from monitor.model import Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.config.lists import ListDescription


def moved_pairs(
    gone: Sequence[Record], gone_from: ListDescription, there: Sequence[Record], there_in: ListDescription
) -> tuple[Pair, ...]:
    """Pair the records that left a list with the same records in another list, as far as they are there.

    gone, gone_from: the records that left, and the description of their list.
    there, there_in: the records of the other list, and its description.

    Records with the same key are paired first. The rest is compared by the fields that both lists have, and that none
    of them ignores, in the same way as two versions of one list. The position of each record in a pair is its index in
    `gone` or in `there`.
    """
    untold = {*gone_from.ignored, *there_in.ignored}.difference(gone_from.key, gone_from.anchors)
    are_tables = gone_from.columns and there_in.columns
    both = [field for field in gone_from.fields if field in there_in.fields] if are_tables else []
    fields = [field for field in both if field not in untold]
    if not fields or not gone or not there or not set(gone_from.key) & set(fields):
        return ()

    def kept(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in fields)

    common = gone_from.model_copy(
        update={
            "columns": {field: each for field, each in gone_from.columns.items() if field in fields},
            "group": {field: each for field, each in gone_from.group.items() if field in fields},
            "card": None,
            "skip_rows": {},
            "key": kept(gone_from.key),
            "names": kept(gone_from.names),
            "anchors": kept(gone_from.anchors),
            "minor": kept(gone_from.minor),
            "jurisdiction": gone_from.jurisdiction.among(fields),
            "whole_row": None,
            "totals": (),
        }
    )
    ours, theirs = _only(gone, gone_from, fields), _only(there, there_in, fields)
    exact = tuple(_same_key(ours, theirs, common))
    taken = {pair.before.position for pair in exact}, {pair.after.position for pair in exact}
    left, right = (
        [record for record in side.records if record.position not in positions]
        for side, positions in zip((ours, theirs), taken, strict=True)
    )
    if not left or not right:
        return exact
    before, after = (RecordList(name="", fields=ours.fields, records=tuple(side)) for side in (left, right))
    found = match(before, after, common)
    rest = (
        pair._replace(before=left[pair.before.position or 0], after=right[pair.after.position or 0])
        for pair in found.pairs
    )
    return (*exact, *(pair for pair in rest if not _in_two_states(pair, ours.fields, common)))


def _in_two_states(pair: Pair, fields: tuple[str, ...], description: ListDescription) -> bool:
    """Return whether the records of a pair name two different states; then they are not the same record.

    Many counties and towns in different states share a name.
    """
    name = description.jurisdiction.state
    if name not in fields:
        return False
    one, other = (code_of(record.values[fields.index(name)]) for record in (pair.before, pair.after))
    return one is not None and other is not None and one != other


def _same_key(ours: RecordList, theirs: RecordList, description: ListDescription) -> Iterator[Pair]:
    """Yield the pairs of records with the same key, except where several records of a list have that key."""
    at = [(ours.fields.index(field), form_of(description, field)) for field in description.key]

    def by_key(side: RecordList) -> dict[tuple[str, ...], list[Record]]:
        found: dict[tuple[str, ...], list[Record]] = {}
        for record in side.records:
            found.setdefault(tuple(form(record.values[place] or "") for place, form in at), []).append(record)
        return found

    there = by_key(theirs)
    for key, records in by_key(ours).items():
        if len(records) == 1 == len(there.get(key, ())):
            yield Pair(before=records[0], after=there[key][0])


def _only(records: Sequence[Record], description: ListDescription, fields: list[str]) -> RecordList:
    """Return a list of these records with only the given `fields`."""
    at = [description.fields.index(field) for field in fields]
    some = tuple(
        Record(values=tuple(record.values[place] for place in at), locator=record.locator, position=position)
        for position, record in enumerate(records)
    )
    return RecordList(name="", fields=tuple(fields), records=some)
