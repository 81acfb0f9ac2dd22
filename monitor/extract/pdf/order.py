"""Puts the rows of text of PDF pages into lines, in the order in which a person reads them: column after column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from statistics import median
from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract.pdf.columns import crosses, is_higher, parted_rows
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.extract.pdf.columns import Divider, Row, TextPiece
    from monitor.extract.pdf.page import Bounds

# The dots between two texts.
LEADER = re.compile(r"\s*[.\u2026_\u00b7]{3}")
# A line further below the one above, in heights of a letter, is no line of its column.
MIN_FOOT_HEIGHTS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text of a column of a page.

    - `height`: the height of its letters, in points; bold letters count as higher than they are.
    - `text`, `bounds`: the text, with single blanks, and its left, top, right and bottom on the page, in points.
    - `page`: the number of the page. `block`: the part of a column that the line is in; each part of a column in the
      file has its own pair of numbers.
    - `pieces`: the number of pieces into which wide gaps divide the line.
    - `mixed`: whether its pieces have letters of different heights.
    - `beginning`, `stop`: the text of its first piece without the dots that lead to the next one, and the place where
      this text ends, in points from the left.
    """

    text: str
    bounds: Bounds
    page: int
    block: tuple[int, int]
    pieces: int
    beginning: str
    stop: float
    height: float
    mixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DividedPage:
    """A page with its number and rows; `divider` is where its columns are divided, or None for one column."""

    number: int
    rows: tuple[Row, ...]
    divider: Divider | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineKinds:
    """The functions that tell whether a line is a record, the end of the list, or a heading.

    They take the text of the line; `is_heading` also takes the height of its letters, in points.
    """

    is_record: Callable[[str], bool]
    is_end: Callable[[str], bool]
    is_heading: Callable[[str, float], bool]


def reading_order(pages: Sequence[DividedPage], kinds: LineKinds, *, matters: bool) -> list[Line]:
    """Return the lines of all pages in the order in which a person reads them.

    - `kinds`: tells records, ends and headings.
    - `matters`: whether the list depends on the heading above each line.

    A heading at the left above two columns may belong to both columns or to the left one alone. Raises LayoutError if
    that is uncertain and `matters` is true.
    """
    places = {
        place for page in pages if page.divider for place in _heading_places(page.rows, page.divider.x, kinds).values()
    }
    over = "within" not in places and not {"over", "first"}.isdisjoint(places)
    if matters and ({"over", "within"} <= places or places == {"last"} or "end" in places):
        raise LayoutError(
            "it can't be told whether the headings at the left stand over all columns of a page or in the left one"
        )
    lines: list[Line] = []
    for page in pages:
        _Reading(page.number, lines, kinds, over=over).read(page.rows, page.divider)
    return lines


def _heading_places(rows: Sequence[Row], x: float, kinds: LineKinds) -> dict[int, str]:
    """Return for each heading beside `x` where it seems to stand, by the index of its row.

    - "first": at the left, before any record or heading at the right: over both columns.
    - "foot": at the left, below all records, and far below the text above it: below both columns.
    - "over": at the left, with nothing beside it, and records at the right above and below: perhaps over both columns.
    - "within": within one column, since the other goes on beside it, or since it stands at the right.
    - "last": at the left, with nothing beside it, and records at the right above it only; "end" if it ends the list.
    """
    result: dict[int, str] = {}
    for index, row in enumerate(rows):
        if crosses(row, x):
            continue
        left, right = ([piece for piece in row if (piece.bounds[0] >= x) is is_right] for is_right in (False, True))
        if right and kinds.is_heading(*text_of(right)):
            result[index] = "within"
        elif left and kinds.is_heading(*text_of(left)) and (place := _left_place(rows, index, x, kinds)):
            result[index] = place
    return result


def _left_place(rows: Sequence[Row], index: int, x: float, kinds: LineKinds) -> str | None:
    """Return where a heading at the left of row number `index` stands; None if no record is at the right."""
    text, height = text_of([piece for piece in rows[index] if piece.bounds[0] < x])
    _, top, _, bottom = around([piece for piece in rows[index] if piece.bounds[0] < x])
    lefts, rights = parted_rows(_band(rows, index, x), x)
    others = [around(row) for row in rights]
    known = [around(row) for row in rights if kinds.is_record(text_of(row)[0]) or kinds.is_heading(*text_of(row))]
    if any(box[1] < bottom and top < box[3] for box in others):
        return "within"
    if not known:
        return None
    if not any(box[3] <= top for box in known):
        return "first"
    if any(box[1] >= bottom for box in known):
        return "over"
    above = max((around(row)[3] for row in lefts if around(row)[3] <= top), default=0.0)
    if top - above > MIN_FOOT_HEIGHTS * height:
        return "foot"
    return "end" if kinds.is_end(text) else "last"


def _band(rows: Sequence[Row], index: int, x: float) -> list[Row]:
    """Return the rows around row number `index`, up to the next rows that have text at `x`."""
    start = next((at for at in range(index, -1, -1) if crosses(rows[at], x)), -1) + 1
    return list(takewhile(lambda row: not crosses(row, x), rows[start:]))


class _Reading:
    """Adds the lines of one page to `lines`, in order. `over`: whether headings at the left stand over all columns."""

    def __init__(self, page: int, lines: list[Line], kinds: LineKinds, *, over: bool) -> None:
        self._page, self._lines, self._kinds, self._over = page, lines, kinds, over
        self._blocks = 0

    def read(self, rows: Sequence[Row], divider: Divider | None) -> None:
        """Add the lines of these rows, or of a column's part of them."""
        if divider is None:
            self._blocks += 1
            for row in rows:
                self._add(row)
            return
        places = _heading_places(rows, divider.x, self._kinds)
        over = {"first", "foot", "over", "last"} if self._over else {"first", "foot"}
        beside: list[Row] = []
        for index, row in enumerate(rows):
            if crosses(row, divider.x) or places.get(index) in over:
                self._columns(beside, divider)
                beside = []
                self._blocks += 1
                self._add(row)
            else:
                beside.append(row)
        self._columns(beside, divider)

    def _columns(self, rows: Sequence[Row], divider: Divider) -> None:
        for side, within in zip(parted_rows(rows, divider.x), (divider.left, divider.right), strict=True):
            if side:
                self.read(side, within)

    def _add(self, row: Row) -> None:
        self._lines.append(line_of(row, self._page, block=self._blocks))


def line_of(row: Row, page: int, *, block: int) -> Line:
    """Return a row as a line of a page; `block` is the number of the part of a column that it is in."""
    text, height = text_of(row)
    return Line(
        text=text,
        height=height,
        bounds=around(row),
        page=page,
        block=(page, block),
        pieces=len(row),
        beginning=LEADER.split(row[0].text)[0],
        stop=row[0].stop,
        mixed=is_higher(*([piece] for piece in row)),
    )


def text_of(pieces: Sequence[TextPiece]) -> tuple[str, float]:
    """Return the text of these pieces of a row, joined, and the height of their letters in points."""
    heights = [piece.height for piece in pieces]
    return folded(" ".join(piece.text for piece in pieces)), median(heights)


def around(pieces: Sequence[TextPiece]) -> Bounds:
    """Return the left, top, right and bottom of the smallest box around these pieces, in points."""
    lefts, tops, rights, bottoms = zip(*(piece.bounds for piece in pieces), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
