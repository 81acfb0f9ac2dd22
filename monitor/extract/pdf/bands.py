"""Tell rows apart that have no rules between them: several rows of a list then seem to be one, with many lines."""

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
    """The cells of what seems to be one row: one for each field, None where the table lacks the column."""

    cells: Sequence[Cell | None]

    def rows(self, leading: Collection[int]) -> list[list[Lines]] | None:
        """Return the lines of each row in each field, or None if the band is one row.

        leading: the fields that each row has. They tell the rows apart: each row begins where they all have a line.
        Raises ValueError if they are several rows that can't be told apart.
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
        """Return the heights at which the rows begin."""
        return min((cell for place in leading if (cell := self.cells[place])), key=lambda cell: len(cell[0]))[1]
