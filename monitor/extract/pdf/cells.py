"""The tables of a PDF page, and their cells, as `table` finds them and the lists are read from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from monitor.extract.pdf.page import Bounds
    from monitor.extract.pdf.print import Gap
    from monitor.extract.pdf.text import Lines, PrintedLine


class PdfCell(NamedTuple):
    """One cell of a table.

    - `bounds`: its left, top, right and bottom, in points.
    - `rows`, `columns`: how many rows and columns it covers.
    - `lines`: its lines of text. `printed`: the same with their places on the page.
    - `url`: the address of a link over it, or None.
    """

    bounds: Bounds
    rows: int
    columns: int
    lines: Lines
    printed: tuple[PrintedLine, ...]
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PdfTable:
    """A table, or the part of a table that is on one page. Places are in points.

    - `page`: the number of the page, from 1.
    - `edges`: the left border of each column, and the right border of the last one.
    - `tops`: the top of each row, and the bottom of the last one.
    - `gaps`: for each border between two columns, all places where it could be.
    - `rows`: the cells of each row, one entry for each column. A cell that covers several rows is in each of them. A
      cell that covers several columns is in the first of them only; the others have None.
    - `loose`: the text of a row that has no borders of its own, and is in none of the rows; else "".
    """

    page: int
    edges: tuple[float, ...]
    gaps: tuple[Gap, ...]
    tops: tuple[float, ...]
    rows: tuple[tuple[PdfCell | None, ...], ...]
    loose: str = ""
