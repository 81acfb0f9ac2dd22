"""Holds a table as a grid of cells, in the same form for every file format, and makes text of its cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from monitor.extract.values import as_date, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from monitor.model import Locator

Value = str | bool | int | float | date | datetime | time | timedelta

# The day that has the number 0 in most workbooks.
SHEET_EPOCH = date(1899, 12, 30)
# Beyond this, a float does not hold every whole number.
MAX_EXACT = 2**53
# Only this many cells of a row are looked at for a header.
MAX_HEADER_CELLS = 500
# Of a cell that is merged over many rows, only so many count as header: no header may have more rows.
MAX_SPANNED_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A grid of cells, whose rows may differ in length. Rows and columns are counted from 0.

    - `title`: the table's name in messages. `rows`: the values of its cells.
    - `locate`: a function that returns the place in the file of the row with a given number.
    - `links`: the addresses of hyperlinks, keyed by row and column.
    - `across`: the numbers of the rows that are one merged cell over several columns. Such a row is a title or a note,
      and never a record.
    - `foot`: the number of the first row of the table's foot; None without a foot. A row of the foot is a record only
      if it looks like one.
    - `hidden`: whether the table is hidden. It is then read only if no visible table has the list.
    - `epoch`: the day 0 of a spreadsheet, which stores a date as a number of days.
    - `struck`: what is struck out, as a text, keyed by row and column: a whole cell, or a part of its text.
    - `spans`: the last column of each cell that is merged over several columns, keyed by its row and first column.
    - `titles`: the captions and headings above the table, the nearest first.
    """

    title: str
    rows: Sequence[Sequence[Value]]
    locate: Callable[[int], Locator]
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    across: Container[int] = ()
    foot: int | None = None
    hidden: bool = False
    epoch: date = SHEET_EPOCH
    struck: Mapping[tuple[int, int], str] = field(default_factory=dict)
    spans: Mapping[tuple[int, int], int] = field(default_factory=dict)
    titles: Sequence[str] = ()


def texts(row: Sequence[Value]) -> list[str]:
    """Return the values of a row's cells as text (see `printed`)."""
    return [printed(cell) for cell in row]


def printed(value: Value) -> str:
    """Return the value of a cell as text: whole numbers without `.0`, dates as `YYYY-MM-DD`."""
    if isinstance(value, str):
        return trimmed(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
        return str(int(value))
    if isinstance(value, date) and not (isinstance(value, datetime) and value.time() != time()):
        return as_date(value)
    return str(value)


def texts_of(row: Sequence[Value]) -> list[str]:
    """Return the values of the filled cells of a row, as text."""
    return [text for text in texts(row[:MAX_HEADER_CELLS]) if text]


def header_texts(table: Table, row: int, count: int = 1) -> list[str]:
    """Return the text of each column's header.

    - `row`: the number of the header's last row. `count`: how many rows the header takes.

    The texts of several rows are joined by blanks, the upper row first. A merged cell of an upper row counts for each
    column below it. A text that comes twice, because its cell is merged over several rows, is used once.
    """
    lowest = texts(table.rows[row][:MAX_HEADER_CELLS])
    if count == 1:
        return lowest
    rows = [spread_texts(table, number) for number in range(max(row - count + 1, 0), row)]
    width = max(len(lowest), *map(len, rows))
    columns = zip(*(each + [""] * (width - len(each)) for each in (*rows, lowest)), strict=True)
    return [" ".join(next(alike) for _, alike in groupby(filter(None, column), key=str.casefold)) for column in columns]


def spread_texts(table: Table, row: int) -> list[str]:
    """Return the texts of a row, one for each column; a merged cell gives its text to each column that it covers.

    If the row has no merged cells, as in a CSV file, an empty cell takes the text of the cell at its left.
    """
    cells = texts(table.rows[row][:MAX_HEADER_CELLS])
    ends = {column: end for column in range(len(cells)) if (end := table.spans.get((row, column))) is not None}
    spread: list[str] = []
    text, last = "", -1
    width = min(max(len(cells), *(end + 1 for end in ends.values()), 0), MAX_HEADER_CELLS)
    for column in range(width):
        own = cells[column] if column < len(cells) else ""
        if own or (ends and column > last):
            text, last = own, ends.get(column, column)
        spread.append(text)
    if not ends:  # nothing says how far the last cell reaches
        spread += [text] * (min(max(map(len, table.rows[row : row + 2])), MAX_HEADER_CELLS) - len(spread))
    return spread
