"""Printed glyphs looked at as ink on paper: which lines they make, and what they leave free between columns."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np

from monitor.extract.pdf import text as pdf_text
from monitor.extract.pdf.page import BLANK, Glyphs

if TYPE_CHECKING:
    from collections.abc import Sequence

    Span = tuple[float, float]
    Gap = list[Span]  # what is free between two columns: the rule between them could stand in any of its parts

MIN_COLUMN_GAP = 0.4  # of a line's height: a blank between words is narrower
MIN_FREE_POINTS = 0.5  # points: what has to stay free between two columns


class Print:
    """Some glyphs of a page. Blanks count for its text only."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._x = (glyphs.boxes[:, 0] + glyphs.boxes[:, 2]) / 2
        self._y = (glyphs.boxes[:, 1] + glyphs.boxes[:, 3]) / 2
        self._black = glyphs.codes != BLANK

    def __bool__(self) -> bool:
        return bool(self._black.any())

    def within(self, left: float, top: float, right: float, bottom: float) -> Print:
        """Those whose middle is in the rectangle."""
        inside = (self._x >= left) & (self._x < right) & (self._y >= top) & (self._y < bottom)
        return Print(Glyphs(codes=self._glyphs.codes[inside], boxes=self._glyphs.boxes[inside]))

    @property
    def text(self) -> str:
        """All lines as one, each over the whole width."""
        lines = pdf_text.printed_lines(self._glyphs, np.zeros(len(self._glyphs.codes), np.int32))
        return " ".join(line.text for line in lines.get(0, ()))

    @property
    def height(self) -> float:
        """How high a line is."""
        boxes = self._glyphs.boxes[self._black]
        return float(np.median(boxes[:, 3] - boxes[:, 1]))

    @property
    def lines(self) -> list[Span]:
        """The tops and bottoms of the lines, from the top; those that overlap by half are one."""
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
        """What the glyphs take of the page's width, on any line."""
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
        """The gaps between columns, each as its one part."""
        return [[part] for part in self._free()[1:-1]]

    def columns(self, edges: Sequence[float]) -> set[int]:
        """The numbers of the columns, from 0, in which glyphs stand; `edges` are the rules between them."""
        return set(np.searchsorted(edges, self._x[self._black]).tolist())

    def left_of(self, gaps: Sequence[Gap]) -> list[Gap] | None:
        """What these glyphs leave of each gap between columns, in parts; None where they fill one."""
        free = self._free()
        left = [in_both(gap, free) for gap in gaps]
        return left if all(left) else None

    def _free(self) -> list[Span]:
        """What no glyph takes of the width, on any line, and is wider than a blank; without end at both sides."""
        sides = [-inf, *(x for span in self.taken for x in span), inf]
        wide = MIN_COLUMN_GAP * self.height if self else 0.0
        return [(start, end) for start, end in zip(sides[::2], sides[1::2], strict=True) if end - start >= wide]


def in_both(one: Gap, other: Gap, *, moved: float = 0.0) -> Gap:
    """The parts that two gaps share, the second one moved to the left."""
    parts = ((max(start, first - moved), min(end, last - moved)) for start, end in one for first, last in other)
    return [part for part in parts if part[1] - part[0] >= MIN_FREE_POINTS]
