"""Finds a row of a table that has no borders of its own: at the edge of a table with shaded rows and no lines.

Where every second row is shaded, its borders are those of the shades. A row without a shade at the end of the table has
none below it, and one that is shaded as a whole has none between its columns.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from monitor.extract.pdf.page import BLANK
from monitor.extract.row_kinds import TOTAL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from monitor.extract.pdf.cells import PdfTable
    from monitor.extract.pdf.page import Glyphs

# Text in fewer columns may be any text.
MIN_COLUMNS = 3
# Letters stand inside of their columns, but for this much.
LETTER_ROOM_POINTS = 0.5
# Of one line of text, in heights of its letters.
LINE_SHARE = 0.6


def loose_row(table: PdfTable, glyphs: Glyphs, outside: NDArray[np.bool_]) -> str:
    """Return the text of a row without borders, without the blanks in its cells; "" if the table has none.

    - `table`: the table; its fullest row tells where its columns are.
    - `glyphs`: the characters of the page. `outside`: for each of them, whether it is in no table.
    """
    spans = max(
        ([(cell.bounds[0], cell.bounds[2]) for cell in row if cell and cell.lines] for row in table.rows), key=len
    )
    if len(spans) < MIN_COLUMNS:
        return ""
    across, down = glyphs.middles
    inside = (glyphs.codes > BLANK) & (across > table.edges[0]) & (across < table.edges[-1])
    bottom, height = table.tops[-1], median(below - above for above, below in pairwise(table.tops))
    below = inside & outside & (down > bottom) & (down < bottom + height)
    if below.any():
        first = glyphs.boxes[below][down[below].argmin()]
        line = below & (down < first[1] + (1 + LINE_SHARE) * (first[3] - first[1]))
        if text := _in_columns(glyphs.only(line), spans):
            return text
    for row, above, under in zip(table.rows, table.tops, table.tops[1:], strict=False):
        whole = [cell for cell in row if cell]
        if len(whole) == 1 and whole[0].columns == len(row):
            text = _in_columns(glyphs.only(inside & (down > above) & (down < under)), spans)
            if text:
                return text
    return ""


def _in_columns(line: Glyphs, spans: list[tuple[float, float]]) -> str:
    """Return the text of these characters if some stand in each of the columns, and none between them; else ""."""
    lefts, rights = line.boxes[:, 0], line.boxes[:, 2]
    held = [(lefts >= left - LETTER_ROOM_POINTS) & (rights <= right + LETTER_ROOM_POINTS) for left, right in spans]
    if not all(each.any() for each in held) or not sum(held[1:], held[0]).all():
        return ""
    text = " ".join("".join(map(chr, line.codes[each].tolist())) for each in held)
    return "" if TOTAL.match(text) else text
