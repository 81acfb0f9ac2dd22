"""Pairs the records of two versions of a list that are equal to the letter, before anything else is done with them.

In most versions nearly all records are as they were. They are found by their hash, and need not be looked at again.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence

    from monitor.model import Record

    Values = tuple[str | None, ...]


def pair_unchanged(before: Sequence[Record], after: Sequence[Record]) -> tuple[list[int], list[int]]:
    """Return the positions of the records that are equal to the letter: those in `before`, and their partners' in `after`.

    Of several equal records, the first one of one version is paired with the first one of the other version, and so on.
    """
    waiting: dict[Values, int] = {}
    copies: dict[Values, deque[int]] = {}
    for at, record in enumerate(after):
        if waiting.setdefault(record.values, at) != at:
            copies.setdefault(record.values, deque()).append(at)
    ours, theirs = [], []
    for at, record in enumerate(before):
        partner = waiting.pop(record.values, None)
        if partner is not None:
            ours.append(at)
            theirs.append(partner)
            if copies.get(record.values):
                waiting[record.values] = copies[record.values].popleft()
    return ours, theirs


def left_over(count: int, paired: Collection[int]) -> list[int]:
    """Return the positions, from 0 to below `count`, that are not among those that are paired."""
    taken = set(paired)
    return [at for at in range(count) if at not in taken]


def doubtful(unchanged: Sequence[Hashable], others: Collection[Hashable]) -> list[int]:
    """Return the positions in `unchanged` of the rows that are also among `others`.

    unchanged: the comparable values of each record that is paired already.
    others: the comparable values of the records that are not.

    A row that others equal but for case or blanks is not paired for good: all of them have to be compared together.
    """
    both = set(others).intersection(unchanged)
    return [at for at, row in enumerate(unchanged) if row in both] if both else []
