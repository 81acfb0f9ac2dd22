"""Merges straight lines of a page that lie on one line and nearly meet; borders of tables are often drawn in pieces.

The results are those of pdfplumber's `merge_edges`, to the last digit, which is slower, as it copies dictionaries.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.extract.pdf.page import TOUCH_POINTS, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Span = tuple[float, float, float]  # the place of a line, its start and its end


def merged(rules: Iterable[Rule]) -> list[Rule]:
    """Return the lines, with those merged into one that lie on one straight line and nearly meet."""
    uprights: list[Span] = []
    levels: list[Span] = []
    for rule in rules:
        (uprights if rule.upright else levels).append((rule.at, rule.start, rule.end))
    return [
        Rule(upright=spans is uprights, at=at, start=start, end=end)
        for spans in (levels, uprights)
        for at, start, end in _joined(_straightened(spans))
    ]


def _straightened(spans: Sequence[Span]) -> Iterator[Span]:
    """Yield lines of one direction, moved to the mean of the places of those that are near to each other."""
    if not spans:
        return
    places = sorted({at for at, _, _ in spans})
    number, numbers = 0, {places[0]: 0}
    for before, at in pairwise(places):
        number += at > before + TOUCH_POINTS
        numbers[at] = number
    groups: list[list[Span]] = [[] for _ in range(number + 1)]
    for span in spans:
        groups[numbers[span[0]]].append(span)
    for group in groups:
        mean = sum(at for at, _, _ in group) / len(group)
        for at, start, end in group:
            yield at + (mean - at), start, end  # which differs from the mean in the last digit


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return lines of one direction, with those made one that are at the same place and nearly meet."""
    joined: list[Span] = []
    for at, start, end in sorted(spans):
        if joined and joined[-1][0] == at and start <= joined[-1][2] + TOUCH_POINTS:
            if end > joined[-1][2]:
                joined[-1] = at, joined[-1][1], end
        else:
            joined.append((at, start, end))
    return joined
