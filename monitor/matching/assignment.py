"""Chooses, among the likely pairs of records of two versions of a list, those that are best as a whole.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ASSIGNMENT_CELLS = 9_000_000  # rows times columns of one assignment: a larger one takes too much memory and time


def best_assignment(group: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Return the pairs whose sum of scores is greatest, where each record is in one pair at most.

    group: the score of each likely pair, by the positions of its records in the earlier and in the later version.

    The method is that of Jonker and Volgenant. In a group that is too large for it (MAX_ASSIGNMENT_CELLS), the best
    pair that is left is taken again and again.
    """
    if len(group) == 1:
        return list(group)
    rows, columns = sorted({i for i, _ in group}), sorted({j for _, j in group})
    if len(rows) * len(columns) > MAX_ASSIGNMENT_CELLS:
        return _best_first(group)
    import lap  # noqa: PLC0415 - with numpy 12 MB, which most processes never need
    import numpy as np  # noqa: PLC0415 - as above

    cost = np.full((len(rows), len(columns)), 0.0)
    at_row, at_column = ({each: at for at, each in enumerate(axis)} for axis in (rows, columns))
    for (i, j), score in group.items():
        cost[at_row[i], at_column[j]] = -score
    _, assigned, _ = lap.lapjv(cost, extend_cost=True)
    pairs = ((rows[r], columns[c]) for r, c in enumerate(assigned) if c >= 0)
    return [pair for pair in pairs if pair in group]


def _best_first(group: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Return pairs by taking the best score that is left again and again; each record is in one pair only."""
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    pairs = []
    for i, j in sorted(group, key=lambda pair: (-group[pair], pair)):
        if i not in taken_rows and j not in taken_columns:
            taken_rows.add(i)
            taken_columns.add(j)
            pairs.append((i, j))
    return pairs
