"""Examines some printed characters on a page: the lines of text that they make, and the free space between columns.

A span is a pair of a start and an end, in points. A gap is the free space between two columns: one or more spans of x.
"""

from __future__ import annotations

from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from monitor.extract.pdf import text as pdf_text
from monitor.extract.pdf.page import BLANK, Glyphs

if TYPE_CHECKING:
    from collections.abc import Sequence

    Span = tuple[float, float]
    Gap = list[Span]  # the free space between two columns, in parts: the rule could stand in any of them

# A gap between columns is at least this wide, in heights of a line; a blank between words is narrower.
MIN_COLUMN_GAP = 0.4
# Two gaps share a part only if it is at least this wide.
MIN_FREE_POINTS = 0.5


class Print:
    """Some printed characters ("glyphs") of a page. It is false if there are only blanks."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._x, self._y = glyphs.middles
        self._black = glyphs.codes != BLANK

    def __bool__(self) -> bool:
        return bool(self._black.any())

    def within(self, left: float, top: float, right: float, bottom: float) -> Print:
        """Return the characters whose middle is inside this rectangle, as a Print."""
        inside = (self._x >= left) & (self._x < right) & (self._y >= top) & (self._y < bottom)
        return Print(self._glyphs.only(inside))

    @property
    def text(self) -> str:
        """The text of all lines, joined into one line."""
        lines = pdf_text.printed_lines(self._glyphs, np.zeros(len(self._glyphs.codes), np.int32))
        return " ".join(line.text for line in lines.get(0, ()))

    @property
    def height(self) -> float:
        """The median height of a character, in points."""
        boxes = self._glyphs.boxes[self._black]
        return float(np.median(boxes[:, 3] - boxes[:, 1]))

    @property
    def lines(self) -> list[Span]:
        """The top and bottom of each line of text in points, from the top of the page.

        A character whose middle is above the bottom of a line belongs to that line.
        """
        lines: list[Span] = []
        boxes = self._glyphs.boxes[self._black]
        for top, bottom in boxes[np.argsort(self._y[self._black])][:, 1::2].tolist():
            if lines and (top + bottom) / 2 < lines[-1][1]:
                lines[-1] = lines[-1][0], max(lines[-1][1], bottom)
            else:
                lines.append((top, bottom))
        return lines

    @property
    def taken(self) -> list[Span]:
        """The parts of the page's width that characters of any line cover, as spans of x from left to right."""
        taken: list[Span] = []
        boxes = self._glyphs.boxes[self._black]
        for left, right in sorted(zip(boxes[:, 0].tolist(), boxes[:, 2].tolist(), strict=True)):
            if taken and left <= taken[-1][1]:
                taken[-1] = taken[-1][0], max(right, taken[-1][1])
            else:
                taken.append((left, right))
        return taken

    @property
    def gaps(self) -> list[Gap]:
        """The free space between columns: the parts of the page's width that no character of any line covers.

        Each is a gap of one span; the space left of the first and right of the last column is left out.
        """
        return [[part] for part in self._free[1:-1]]

    def columns(self, edges: Sequence[float]) -> set[int]:
        """Return the numbers, from 0, of the columns that have characters; `edges` are the borders between columns."""
        return set(np.searchsorted(edges, self._x[self._black]).tolist())

    def left_of(self, gaps: Sequence[Gap]) -> list[Gap] | None:
        """Return what is left of each gap between columns when these characters are printed too.

        Return None if they fill one of the gaps.
        """
        left = [in_both(gap, self._free) for gap in gaps]
        return left if all(left) else None

    @cached_property
    def _free(self) -> list[Span]:
        """The parts of the page's width that no character covers and that are wider than a blank.

        The first one starts at minus infinity, and the last one ends at infinity.
        """
        sides = [-inf, *(x for span in self.taken for x in span), inf]
        wide = MIN_COLUMN_GAP * self.height if self else 0.0
        return [(start, end) for start, end in zip(sides[::2], sides[1::2], strict=True) if end - start >= wide]


def in_both(one: Gap, other: Gap, *, moved: float = 0.0) -> Gap:
    """Return the parts that two gaps between columns have in common.

    Before that, `other` is moved to the left by `moved` points.
    """
    parts = ((max(start, first - moved), min(end, last - moved)) for start, end in one for first, last in other)
    return [part for part in parts if part[1] - part[0] >= MIN_FREE_POINTS]
