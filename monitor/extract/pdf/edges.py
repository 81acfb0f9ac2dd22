"""Finds the headers, footers and page numbers that a publisher prints at the top or foot of each page of a PDF."""

from __future__ import annotations

import re
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING

from monitor.extract.pdf.columns import MAX_LINE_CHARACTERS, MIN_HEADING_HEIGHTS
from monitor.extract.pdf.order import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.extract.pdf.columns import Row

# So many rows at the top of a page, and at its foot, may be repeated on each page.
MAX_EDGE_ROWS = 3
# A row of the edge of a page stands at the same height on another page if it is no further off, in points.
SAME_HEIGHT_POINTS = 3.0
# A row that this share of the pages have is repeated on each page.
MIN_REPEATED_SHARE = 0.4
# The numbers in a line.
NUMBERS = re.compile(r"\d+")


def usual_height(pages: Iterable[Sequence[Row]]) -> float:
    """Return the height that most letters of the file have, in points; `pages` are the rows of each page."""
    heights: Counter[float] = Counter()
    for rows in pages:
        for row in rows:
            for piece in row:
                heights[round(piece.height, 1)] += len(piece.text)
    return heights.most_common(1)[0][0] if heights else 0.0


def repeated_rows(
    pages: Sequence[tuple[int, Sequence[Row]]], item: re.Pattern[str], *, body: float
) -> set[tuple[int, int]]:
    """Return the rows that are repeated at the top or foot of each page, as the page's number and the row's index.

    - `pages`: the number and the rows of each page. `item`: the pattern of a record.
    - `body`: the usual height of letters, in points.

    Figures in these rows may differ from page to page, as page numbers do. A row that could be a record, or a heading
    because its letters are higher than `body`, must be the same on every page but for the page's number.
    """
    seen: dict[str, list[tuple[int, str, float]]] = {}
    filled = [(number, rows) for number, rows in pages if rows]
    for number, rows in filled:
        for row in {id(row): row for row in (*rows[:MAX_EDGE_ROWS], *rows[-MAX_EDGE_ROWS:])}.values():
            text, _ = text_of(row)
            seen.setdefault(NUMBERS.sub("0", text), []).append((number, text, row[0].bounds[1]))

    def is_doubtful(row: Row) -> bool:
        text, height = text_of(row)
        return height > MIN_HEADING_HEIGHTS * body or item.search(text[:MAX_LINE_CHARACTERS]) is not None

    def is_repeated(row: Row) -> bool:
        text, _ = text_of(row)
        alike = [
            (page, other)
            for page, other, top in seen[NUMBERS.sub("0", text)]
            if abs(top - row[0].bounds[1]) <= SAME_HEIGHT_POINTS
        ]
        on = {page for page, _ in alike}
        if len(on) < 2 or len(on) < MIN_REPEATED_SHARE * len(filled):
            return False
        if not is_doubtful(row):
            return True
        bare = {re.sub(rf"\b{page}\b", "", other) for page, other in alike}
        return len(on) == len(filled) and len(bare) == 1

    result: dict[tuple[int, int], str] = {}
    for number, rows in filled:
        places = range(len(rows))
        for side in (places[:MAX_EDGE_ROWS], places[: -MAX_EDGE_ROWS - 1 : -1]):  # from the edge inwards
            for place in takewhile(lambda place, rows=rows: is_repeated(rows[place]), side):  # type: ignore[misc]
                result[number, place] = NUMBERS.sub("0", text_of(rows[place])[0]) if is_doubtful(rows[place]) else ""
    count = Counter(result.values())
    return {at for at, doubtful in result.items() if not doubtful or count[doubtful] >= len(filled)}
