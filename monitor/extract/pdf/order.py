"""Puts the rows of text of PDF pages into lines, in the order in which a person reads them: column after column."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract.pdf.columns import crosses, parted_rows
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.extract.pdf.columns import Divider, Row, TextPiece
    from monitor.extract.pdf.page import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text of a column of a page.

    - `text`, `bounds`: the text, with single blanks, and its left, top, right and bottom on the page, in points.
    - `page`: the number of the page. `block`: what tells this part of the column from the others of the file.
    - `pieces`: into how many pieces wide gaps divide it.
    """

    text: str
    bounds: Bounds
    page: int
    block: tuple[int, int]
    pieces: int = 1

    @property
    def height(self) -> float:
        """The height of its letters, in points."""
        return self.bounds[3] - self.bounds[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class DividedPage:
    """A page with its rows, and where its columns are divided, if it has several."""

    number: int
    rows: tuple[Row, ...]
    divider: Divider | None


def reading_order(
    pages: Sequence[DividedPage], is_heading: Callable[[str, float], bool], *, matters: bool
) -> list[Line]:
    """Return the lines of all pages in the order in which a person reads them.

    - `is_heading`: tells from the text and the height of a line whether it is a heading.
    - `matters`: whether it matters for the list under which heading a line stands.

    A heading at the left above two columns may stand over both of them or be a line of the left one. Raises LayoutError
    if that can't be told and matters.
    """
    places = [
        place
        for page in pages
        if page.divider
        for place in _heading_places(page.rows, page.divider.x, is_heading).values()
    ]
    over = "within" not in places and not {"over", "first"}.isdisjoint(places)
    unsure = {"over", "within"} <= set(places) or set(places) == {"last"}
    if unsure and matters:
        raise LayoutError(
            "it can't be told whether the headings at the left stand over all columns of a page or in the left one"
        )
    lines: list[Line] = []
    for page in pages:
        _Reading(page.number, lines, is_heading, over=over).read(page.rows, page.divider)
    return lines


def _heading_places(rows: Sequence[Row], x: float, is_heading: Callable[[str, float], bool]) -> dict[int, str]:
    """Return for each heading beside `x` where it seems to stand, by the index of its row.

    - "first": at the left, before any text at the right: over both columns.
    - "over": at the left, with nothing beside it, and text at the right above and below: it seems, over both columns.
    - "within": within one column, since the other goes on beside it, or since it stands at the right.
    - "last": at the left, with nothing beside or further below.
    """
    result: dict[int, str] = {}
    for index, row in enumerate(rows):
        if crosses(row, x):
            continue
        for is_right in (False, True):
            own = [piece for piece in row if (piece.bounds[0] >= x) is is_right]
            if not own or not is_heading(*_text_of(own)):
                continue
            _, top, _, bottom = _around(own)
            band = list(_band(rows, index, x))
            others = [piece.bounds for piece in band if piece.bounds[0] >= x]
            beside = any(box[1] < bottom and top < box[3] for box in others)
            below = any(box[1] >= bottom for box in others)
            if is_right or beside:
                result[index] = "within"
            elif others:
                above = any(box[3] <= top for box in others)
                result[index] = "first" if not above else "over" if below else "last"
    return result


def _band(rows: Sequence[Row], index: int, x: float) -> Iterator[TextPiece]:
    """Yield the pieces of the rows around row number `index`, up to the next rows that have text at `x`."""
    start = next((at for at in range(index, -1, -1) if crosses(rows[at], x)), -1) + 1
    for row in rows[start:]:
        if crosses(row, x):
            return
        yield from row


class _Reading:
    """Adds the lines of one page to `lines`, in order. `over`: whether headings at the left stand over all columns."""

    def __init__(self, page: int, lines: list[Line], is_heading: Callable[[str, float], bool], *, over: bool) -> None:
        self._page, self._lines, self._is_heading, self._over = page, lines, is_heading, over
        self._blocks = 0

    def read(self, rows: Sequence[Row], divider: Divider | None) -> None:
        """Add the lines of these rows, or of a column's part of them."""
        if divider is None:
            self._blocks += 1
            for row in rows:
                self._add(row)
            return
        places = _heading_places(rows, divider.x, self._is_heading)
        over = {"first", "over", "last"} if self._over else {"first"}
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
        text, _ = _text_of(row)
        self._lines.append(
            Line(
                text=text,
                bounds=_around(row),
                page=self._page,
                block=(self._page, self._blocks),
                pieces=len(row),
            )
        )


def _text_of(pieces: Sequence[TextPiece]) -> tuple[str, float]:
    """Return the text of some pieces of a row in one, and the height of their letters."""
    heights = [piece.bounds[3] - piece.bounds[1] for piece in pieces]
    return folded(" ".join(piece.text for piece in pieces)), median(heights)


def _around(pieces: Sequence[TextPiece]) -> Bounds:
    lefts, tops, rights, bottoms = zip(*(piece.bounds for piece in pieces), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
