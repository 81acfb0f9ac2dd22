"""The grid of cells that each reader of tables makes from its format, and the text of its cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A grid of cells, whose rows may differ in length. Rows and columns are counted from 0.

    - `title`: what it is called in messages. `rows`: the values of its cells.
    - `locate`: a function that returns the place in the file of the row with a given number.
    - `links`: the addresses of hyperlinks, keyed by row and column.
    - `across`: the numbers of the rows that are one merged cell over several columns. Such a row is a title or a note,
      and never a record.
    - `foot`: the number of the first row of the table's foot, or None. A row of the foot is a record only if it looks
      like one.
    - `hidden`: whether it is hidden. It is then read only if no visible table has the list.
    - `epoch`: the day from which dates that are numbers are counted.
    - `struck`: the cells whose text is struck out.
    """

    title: str
    rows: Sequence[Sequence[Value]]
    locate: Callable[[int], Locator]
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    across: Container[int] = ()
    foot: int | None = None
    hidden: bool = False
    epoch: date = SHEET_EPOCH
    struck: Sequence[tuple[int, int]] = ()


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
