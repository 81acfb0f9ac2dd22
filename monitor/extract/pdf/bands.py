"""Separates rows of a table that have no lines drawn between them, and so look like one row with many lines of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from monitor.extract.pdf.text import Lines

    Cell = tuple[Lines, Sequence[float]]  # the lines of a cell, and the heights of their middles on the page

# A row with fewer lines in its columns may be one record whose cells are wrapped.
MIN_BAND_ROWS = 3
# Lines of one row stand on one height, or differ by less.
MAX_LINE_SHIFT_POINTS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A row of a table that may really be several rows without lines drawn between them.

    `cells` has for each field of the list its lines of text and their heights on the page; None if the table lacks the
    column.
    """

    cells: Sequence[Cell | None]

    def rows(self, leading: Collection[int]) -> list[list[Lines]] | None:
        """Return for each row its lines of text in each field; None if the band is one row.

        leading: the indexes of the fields that are filled in every row. A row begins where all these fields have a line
            at the same height.

        Raises ValueError if these seem to be several rows but can't be told apart.
        """
        found = [cell for place in leading if (cell := self.cells[place]) is not None]
        counts = [len(lines) for lines, _ in found]
        if len(found) < 2 or min(counts) < MIN_BAND_ROWS:
            return None
        _, starts = min(found, key=lambda cell: len(cell[0]))
        for _, heights in found:
            if not all(any(abs(height - start) <= MAX_LINE_SHIFT_POINTS for height in heights) for start in starts):
                raise ValueError("the columns have lines at different heights")
        rows: list[list[Lines]] = [[() for _ in self.cells] for _ in starts]
        for place, cell in enumerate(self.cells):
            for line, height in zip(*(cell or ((), ())), strict=True):
                row = sum(start <= height + MAX_LINE_SHIFT_POINTS for start in starts) - 1
                if row < 0:
                    raise ValueError("a line stands above the first row")
                rows[row][place] += (line,)
        return rows

    def starts(self, leading: Collection[int]) -> Sequence[float]:
        """Return the heights on the page, in points, at which the rows begin; `leading` is as in `rows`."""
        return min((cell for place in leading if (cell := self.cells[place])), key=lambda cell: len(cell[0]))[1]
