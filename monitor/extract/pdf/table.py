"""Finds the tables of a PDF page by the straight lines ("rules") around their cells, and the text in each cell.

pdfplumber finds the cells from the lines; before that, `monitor.extract.pdf.rules` adds lines that a table lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import accumulate, pairwise
from math import inf
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from pdfplumber.table import TableFinder

from monitor.errors import BombError
from monitor.extract.pdf import text
from monitor.extract.pdf.cells import PdfCell, PdfTable
from monitor.extract.pdf.loose import loose_row
from monitor.extract.pdf.merge import merged
from monitor.extract.pdf.page import BLANK, TOUCH_POINTS, Rule
from monitor.extract.pdf.rules import Columns, closing_rules, missing_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from monitor.extract.pdf.page import Bounds, LinkArea, PrintedPage
    from monitor.extract.pdf.print import Gap
    from monitor.extract.pdf.text import PrintedLine

# The border of a column may stand this far from its rule on the next page.
BORDER_ROOM_POINTS = 1.5
# Letters of one word are no further apart, in heights of a letter.
MAX_LETTER_GAP = 0.05
# A page whose rules cross more often is refused, since the search for cells grows with the square.
MAX_CROSSINGS = 8_000


# Makes a cell of its six values, in a third of the time that calling the class takes.
_CELL_OF: Callable[[Iterable[Any]], PdfCell] = partial(tuple.__new__, PdfCell)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstoodPage:
    """The tables of a page, and the lines of text outside of them (`prose`), from the top.

    Tables with a single column are left out. `overprinted` has the texts of cells in which two texts are printed on top
    of each other.
    """

    tables: tuple[PdfTable, ...]
    prose: tuple[PrintedLine, ...]
    overprinted: tuple[str, ...] = ()


def understand_page(
    page: PrintedPage, is_header: Callable[[str], bool], *, before: Sequence[PdfTable] = ()
) -> UnderstoodPage:
    """Return the tables of a page, and the text outside of them.

    - `is_header`: tells whether a text is that of a header row.
    - `before`: the tables of the page before.

    Raises BombError if the lines of the page cross more often than in any real table, LayoutError if the rows of a
    table can't be told apart.
    """
    rules = merged(page.rules)
    rules += closing_rules(rules)
    grids = _grids(rules, page)
    places = _places(page, grids)
    known = [
        Columns(left=table.edges[0], right=table.edges[-1], top=table.tops[0], bottom=table.tops[-1], gaps=table.gaps)
        for table in before
    ]
    missing, columns = missing_rules(page, rules, places >= 0, is_header=is_header, before=known)
    if missing:
        grids = _grids(merged([*rules, *missing]), page)
        places = _places(page, grids)
    firsts = list(accumulate((len(grid.cells) for grid in grids), initial=0))
    crowded: set[int] = set()
    lines = text.printed_lines(page.glyphs, places, crowded=crowded)
    cell_lines = [lines.get(number, ()) for number in range(firsts[-1])]
    tables = (
        grid.table(page, cell_lines[first : first + len(grid.cells)], columns)
        for grid, first in zip(grids, firsts, strict=False)
    )
    return UnderstoodPage(
        tables=tuple(replace(each, loose=loose_row(each, page.glyphs, places < 0)) for each in tables),
        prose=lines.get(-1, ()),
        overprinted=tuple(" ".join(line.text for line in lines[place]) for place in sorted(crowded) if place >= 0),
    )


def _places(page: PrintedPage, grids: Sequence[RuledGrid]) -> NDArray[np.int32]:
    """Return for each character the number of the cell that it is in; -1 outside of tables.

    The cells of all tables of the page are numbered in one series, from 0.
    """
    places = grids[0].held(page) if grids else np.full(len(page.glyphs.codes), -1, np.int32)
    first = len(grids[0].cells) if grids else 0
    for grid in grids[1:]:
        held = grid.held(page)
        places = np.where(held >= 0, held + np.int32(first), places)
        first += len(grid.cells)
    _keep_words(page, places)
    return places


def _keep_words(page: PrintedPage, places: NDArray[np.int32]) -> None:
    """Keep words whole that run over the border of a cell: all their letters get the cell of their beginning.

    `places` has the number of the cell of each character, and is changed.
    """
    boxes, print_ = page.glyphs.boxes, page.glyphs.codes > BLANK
    at = ((places[1:] != places[:-1]) & (places[1:] >= 0) & (places[:-1] >= 0)).nonzero()[0] + 1
    if len(at):
        at = at[np.abs(boxes[at, 0] - boxes[at - 1, 2]) < MAX_LETTER_GAP * (boxes[at, 3] - boxes[at, 1])]
    for start in at.tolist():
        end = start
        while end < len(places) and places[end] >= 0 and print_[end - 1 : end + 1].all():
            if not _touch(boxes[end - 1], boxes[end]):
                break
            end += 1
        places[start:end] = places[start - 1]


def _touch(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Return whether the character `other` is directly to the right of `one`; both are given by their boxes."""
    height = one[3] - one[1]
    gap, rise = other[0] - one[2], abs((one[1] + one[3]) - (other[1] + other[3])) / 2
    return bool(abs(gap) < MAX_LETTER_GAP * height and rise < MAX_LETTER_GAP * height)


class RuledGrid:
    """The cells of one table, as the lines around them show, without text."""

    def __init__(self, cells: Sequence[Bounds]) -> None:
        self.cells = tuple(cells)
        lefts, tops, rights, bottoms = zip(*cells, strict=True)
        self.edges = tuple(sorted({*lefts, *rights}))
        self.tops = tuple(sorted({*tops, *bottoms}))

    @cached_property
    def _is_regular(self) -> bool:
        """Whether each cell covers one row and one column, and they are in order; the cells of most tables are."""
        return self.cells == tuple(_between(self.edges, self.tops))

    @cached_property
    def _numbers(self) -> NDArray[np.int32]:
        """The number of the cell at each row and column of the table; -1 if there is none.

        There is one more row and column at each side, which stand for what is outside of the table.
        """
        numbers = np.full((len(self.tops) + 1, len(self.edges) + 1), -1, np.int32)
        inside = numbers[1:, 1:]
        if self._is_regular:
            inside[:-1, :-1] = np.arange(len(self.cells)).reshape(len(self.tops) - 1, -1)
            return numbers
        for number, (rows, columns) in enumerate(self._spans):
            inside[rows, columns] = number
        return numbers

    @cached_property
    def _spans(self) -> list[tuple[slice, slice]]:
        """The rows and the columns that each cell covers, as slices."""
        row = {y: index for index, y in enumerate(self.tops)}
        column = {x: index for index, x in enumerate(self.edges)}
        return [
            (slice(row[top], row[bottom]), slice(column[left], column[right]))
            for left, top, right, bottom in self.cells
        ]

    def _sizes(self) -> tuple[list[int], list[int]]:
        """Return how many rows each cell covers, and how many columns."""
        if self._is_regular:
            ones = [1] * len(self.cells)
            return ones, ones
        return [down.stop - down.start for down, _ in self._spans], [each.stop - each.start for _, each in self._spans]

    def held(self, page: PrintedPage) -> NDArray[np.int32]:
        """Return for each character of the page the number of the cell that its middle is in; -1 outside the table."""
        across, down = page.glyphs.middles
        column = np.array(self.edges).searchsorted(across, side="right")
        row = np.array(self.tops).searchsorted(down, side="right")
        cells = row * self._numbers.shape[1] + column  # faster than by row and column
        return np.asarray(self._numbers.take(cells), np.int32)

    def _gaps(self, columns: Sequence[Columns]) -> tuple[Gap, ...]:
        """Return for each border between two columns all places where it could be.

        If the table has no vertical lines of its own, it is in `columns`; then a border could be anywhere in the free
        space between the two columns. In other tables, a border is close to the line that is drawn.
        """
        for each in columns:
            if len(each.gaps) == len(self.edges) - 2 and self.tops[0] < (each.top + each.bottom) / 2 < self.tops[-1]:
                return each.gaps
        return tuple([(x - BORDER_ROOM_POINTS, x + BORDER_ROOM_POINTS)] for x in self.edges[1:-1])

    def table(
        self, page: PrintedPage, cell_lines: Sequence[Sequence[PrintedLine]], columns: Sequence[Columns]
    ) -> PdfTable:
        """Return the table with its text.

        - `cell_lines`: the lines of text in each cell.
        - `columns`: the columns of those tables of the page that have no vertical lines.
        """
        printed = [tuple([line for line in lines if line.text.strip()]) for lines in cell_lines]
        texts = [tuple([text for _, _, text in lines]) for lines in printed]
        urls = [_target(bounds, page.links) if page.links else None for bounds in self.cells]
        cells = list(map(_CELL_OF, zip(self.cells, *self._sizes(), texts, printed, urls, strict=True)))
        return PdfTable(
            page=page.number,
            edges=self.edges,
            gaps=self._gaps(columns),
            tops=self.tops,
            rows=self._rows(cells),
        )

    def _rows(self, cells: Sequence[PdfCell]) -> tuple[tuple[PdfCell | None, ...], ...]:
        """Return the cells of each row, as `PdfTable` has them; `cells` are in the order of the grid's own."""
        wide = len(self.edges) - 1
        if self._is_regular:
            return tuple([tuple(cells[start : start + wide]) for start in range(0, len(cells), wide)])
        rows: list[list[PdfCell | None]] = [[None] * wide for _ in self.tops[:-1]]
        for cell, (down, across) in zip(cells, self._spans, strict=True):
            for row in rows[down]:
                row[across.start] = cell
        return tuple(map(tuple, rows))


def _target(bounds: Bounds, links: Sequence[LinkArea]) -> str | None:
    """Return the address of the first link whose middle is inside the rectangle `bounds`; None if there is none."""
    left, top, right, bottom = bounds
    for link in links:
        if left <= (link.left + link.right) / 2 < right and top <= (link.top + link.bottom) / 2 < bottom:
            return link.url
    return None


def _grids(rules: Sequence[Rule], page: PrintedPage) -> list[RuledGrid]:
    """Return the tables that the lines make, without those of a single column: a frame around a text is no table.

    Raises BombError if the lines cross too often.
    """
    upright = sum(rule.upright for rule in rules)
    crossings = upright * (len(rules) - upright)
    if crossings > MAX_CROSSINGS:
        raise BombError(f"page {page.number}: {crossings:,} crossings of rules; at most {MAX_CROSSINGS:,} are read")
    regular = [_regular(each) for each in _stacked(rules)]
    if all(regular):
        return [RuledGrid(cells) for cells in regular if cells]
    edges = [_edge(rule) for rule in rules]
    stand_in: Any = SimpleNamespace(edges=edges)  # pdfplumber's search reads nothing else of a page
    finder = TableFinder(stand_in)
    grids = [RuledGrid(table.cells) for table in finder.tables]
    return [grid for grid in grids if len(grid.edges) > 2]


def _stacked(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Return the lines of each table of a page with two tables, one above the other; else all lines as one group.

    Tables are only taken apart if no lines of one are near to those of the other, and if their vertical lines are at
    the very same places or well apart. Then pdfplumber would find the same.
    """
    uprights = sorted((rule for rule in rules if rule.upright), key=lambda rule: rule.start)
    ends = [-inf, *accumulate((rule.end for rule in uprights), max)]
    breaks = [number for number, rule in enumerate(uprights) if rule.start > ends[number] + 3 * TOUCH_POINTS]
    places = sorted({rule.at for rule in uprights})
    if len(breaks) != 2 or any(right - left <= TOUCH_POINTS for left, right in pairwise(places)):
        return [list(rules)]
    upper = ends[breaks[1]] + TOUCH_POINTS
    lower = uprights[breaks[1]].start - TOUCH_POINTS
    groups: list[list[Rule]] = [[], []]
    for rule in rules:
        start, end = (rule.start, rule.end) if rule.upright else (rule.at, rule.at)
        if end > upper and start < lower:
            return [list(rules)]
        groups[start >= lower].append(rule)
    return groups


def _regular(rules: Sequence[Rule]) -> list[Bounds] | None:
    """Return the cells of a table in which each vertical line crosses each horizontal one; None for other tables.

    Most tables are like that. pdfplumber would find the same cells, but slowly.
    """
    uprights, levels = ([rule for rule in rules if rule.upright is upright] for upright in (True, False))
    if len(uprights) < 3 or len(levels) < 2:
        return None
    xs, ys = sorted(rule.at for rule in uprights), sorted(rule.at for rule in levels)
    crossing = all(
        abs(rule.start - ys[0]) <= TOUCH_POINTS and abs(rule.end - ys[-1]) <= TOUCH_POINTS for rule in uprights
    )
    crossing &= all(
        abs(rule.start - xs[0]) <= TOUCH_POINTS and abs(rule.end - xs[-1]) <= TOUCH_POINTS for rule in levels
    )
    if not crossing:
        return None
    return _between(xs, ys)


def _between(xs: Sequence[float], ys: Sequence[float]) -> list[Bounds]:
    """Return the cells between lines that all cross each other, row by row; each has its left, top, right, bottom."""
    columns = list(pairwise(xs))
    return [(left, top, right, bottom) for top, bottom in pairwise(ys) for left, right in columns]


def _edge(rule: Rule) -> dict[str, Any]:
    """Return a straight line in the form in which pdfplumber has it, which it calls an edge."""
    length = rule.end - rule.start
    if rule.upright:
        sides = {"x0": rule.at, "x1": rule.at, "top": rule.start, "bottom": rule.end, "width": 0.0, "height": length}
    else:
        sides = {"x0": rule.start, "x1": rule.end, "top": rule.at, "bottom": rule.at, "width": length, "height": 0.0}
    return {"object_type": "line", "orientation": "v" if rule.upright else "h", **sides}
