"""Sets the records apart that are the same in both versions of a list, before anything else is done with them.

In most versions nearly all records are as they were. They are found by their hash, and are never looked at again.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from monitor.model import Record

    Values = tuple[str | None, ...]

Picked = TypeVar("Picked")
values_of = attrgetter("values")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetApart:
    """The records of two versions of a list, with those set apart that are the same.

    - `same_before`, `same_after`: the records that are the same, as each version has them. Those with the same index
      are partners.
    - `before`, `after`: all other records, sorted by their values, so that the publisher's order never matters.
    """

    same_before: Sequence[Record]
    same_after: Sequence[Record]
    before: Sequence[Record]
    after: Sequence[Record]

    def count(self, picked: Callable[[Values], Picked]) -> Counter[Picked]:
        """Count how often `picked` returns each result for the values of the unchanged records, once for each pair."""
        return Counter(map(picked, map(values_of, self.same_before)))


def set_apart(
    before: Sequence[Record],
    after: Sequence[Record],
    column: int,
    plain: Callable[[Sequence[Record]], Mapping[str | None, str]],
) -> SetApart:
    """Set the records apart that are equal to the letter in both versions, unless a changed record resembles them.

    column: the number of a column, not a minor one, by whose values records are told apart.
    plain: a function that returns the comparable form of each value that some records have in this column.

    A record resembles another one if the comparable forms of their values in this column are the same. The two may be
    copies, or may differ only in how a value is written. If one of them has no equal partner, none of them is set
    apart: they are compared with each other later. So the pairs are the same as if all records were compared.
    """
    ours, theirs = pair_unchanged(before, after, column)
    left, right = _left_over(before, ours), _left_over(after, theirs)
    forms = plain([*before, *right])
    others = {forms[record.values[column]] for record in (*left, *right)}
    touched = {value for value, form in forms.items() if form in others}
    kept = [at for at, i in enumerate(ours) if before[i].values[column] not in touched]
    ours, theirs = ([positions[at] for at in kept] for positions in (ours, theirs))
    return SetApart(
        same_before=[before[i] for i in ours],
        same_after=[after[j] for j in theirs],
        before=records_in_order(_left_over(before, ours)),
        after=records_in_order(_left_over(after, theirs)),
    )


def pair_unchanged(before: Sequence[Record], after: Sequence[Record], column: int) -> tuple[list[int], list[int]]:
    """Return the positions of the records that are equal to the letter, and those of their partners in `after`.

    column: the number of a column in which most records have a value of their own; they are looked up by it alone.

    Of several equal records, the first one of one version is paired with the first one of the other version, and so on.
    """
    values_before, values_after = list(map(values_of, before)), list(map(values_of, after))
    keys = list(map(itemgetter(column), values_after))
    waiting = dict(zip(keys, range(len(keys)), strict=True))
    shared: set[str | None] = set()
    copies: dict[Values, deque[int]] = {}
    if len(waiting) < len(keys):
        shared = {key for key, count in Counter(keys).items() if count > 1}
        for at, key in enumerate(keys):
            if key in shared:
                copies.setdefault(values_after[at], deque()).append(at)
    ours, theirs = [], []
    for at, values in enumerate(values_before):
        key = values[column]
        partner = waiting.get(key)
        if key in shared:
            partner = copies[values].popleft() if copies.get(values) else None
        elif partner is not None and values_after[partner] == values:
            del waiting[key]
        else:
            continue
        if partner is not None:
            ours.append(at)
            theirs.append(partner)
    return ours, theirs


def _left_over(records: Sequence[Record], paired: Collection[int]) -> list[Record]:
    """Return the records at all positions but those that are paired."""
    taken = set(paired)
    return [record for at, record in enumerate(records) if at not in taken]


def records_in_order(records: Iterable[Record]) -> list[Record]:
    """Return records sorted by their values, so that the publisher's order never matters."""
    return sorted(records, key=lambda record: tuple([value or "" for value in record.values]))
