"""Write lists with columns: as an XLSX workbook, as a CSV file, and as a table on a web page."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from typing import TYPE_CHECKING, TypeAlias

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drifts.editions import Row

    Cell: TypeAlias = "str | date | Link | Number | Formula"
    Grid: TypeAlias = list[list[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A cell with a link in it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A cell that holds a number, with the format in which the workbook shows it."""

    value: float
    format: str = "General"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A cell that holds a formula and the value that was stored with it, if there is one."""

    text: str
    value: str = ""


@dataclass(slots=True, kw_only=True)
class GridStyle:
    """How a list is written as a grid of cells.

    - `columns`: pairs of a field and its header, in order.
    - `dates`: how a date is written where the file has no cells of its own for dates.
    - `shown`: how the cells of a field are written, by field, where not as text, date or link.
    - `above`, `below`: rows before the header and after the last record; `between`: rows before the record of an index.
    - `sheet`: the name of the sheet; `sheets_before`, `sheets_after`: the names and grids of further sheets.
    - `finish`: what is done to a workbook and its sheet at the end.
    """

    columns: list[tuple[str, str]]
    dates: str = "%m/%d/%Y"
    shown: dict[str, Callable[[Row], Cell]] = field(default_factory=dict)
    above: Grid = field(default_factory=list)
    below: Grid = field(default_factory=list)
    between: dict[int, Grid] = field(default_factory=dict)
    sheet: str = "Sheet1"
    sheets_before: list[tuple[str, Grid]] = field(default_factory=list)
    sheets_after: list[tuple[str, Grid]] = field(default_factory=list)
    finish: list[Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None]] = field(default_factory=list)
    delimiter: str = ","

    def header(self, name: str, text: str) -> None:
        """Give the column of a field another header."""
        self.columns = [(each, text if each == name else header) for each, header in self.columns]

    def at(self, name: str) -> int:
        """Return the index of the column of a field."""
        return [each for each, _ in self.columns].index(name)


def grid(rows: Sequence[Row], style: GridStyle) -> Grid:
    """Return all cells of a file, the header among them."""
    lines: Grid = [*style.above, [header for _, header in style.columns]]
    for index, row in enumerate(rows):
        lines += style.between.get(index, ())
        lines.append([cell_of(row, name, style) for name, _ in style.columns])
    return [*lines, *style.below]


def cell_of(row: Row, name: str, style: GridStyle) -> Cell:
    """Return a field of a row as a cell."""
    if name in style.shown:
        return style.shown[name](row)
    text = row.cells.get(name, "")
    if text.startswith("https:"):
        return Link(text="link", url=text)
    try:
        return date.fromisoformat(text) if len(text) == 10 else text
    except ValueError:
        return text


def as_text(cell: Cell, style: GridStyle) -> str:
    """Return a cell as a file without types shows it."""
    if isinstance(cell, date):
        return cell.strftime(style.dates)
    if isinstance(cell, Link):
        return cell.url
    if isinstance(cell, Number):
        return f"{cell.value:g}"
    return cell.value if isinstance(cell, Formula) else cell


def workbook(rows: Sequence[Row], style: GridStyle) -> bytes:
    """Return a list as an XLSX file."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"created": datetime(2025, 1, 1)})  # noqa: DTZ001 - the file has no time zone
    for name, lines in style.sheets_before:
        _write(book, book.add_worksheet(name), lines)
    sheet = book.add_worksheet(style.sheet)
    _write(book, sheet, grid(rows, style))
    for name, lines in style.sheets_after:
        _write(book, book.add_worksheet(name), lines)
    for finish in style.finish:
        finish(book, sheet)
    book.close()
    return out.getvalue()


def _write(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet, lines: Grid) -> None:
    dated = book.add_format({"num_format": "mm/dd/yyyy"})
    for number, line in enumerate(lines):
        for column, cell in enumerate(line):
            if isinstance(cell, date):
                sheet.write_datetime(number, column, cell, dated)
            elif isinstance(cell, Link):
                sheet.write_url(number, column, cell.url, string=cell.text)
            elif isinstance(cell, Number):
                sheet.write_number(number, column, cell.value, book.add_format({"num_format": cell.format}))
            elif isinstance(cell, Formula):
                sheet.write_formula(number, column, cell.text, value=cell.value)
            elif cell:
                sheet.write_string(number, column, cell)


def delimited(rows: Sequence[Row], style: GridStyle) -> bytes:
    """Return a list as a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=style.delimiter, lineterminator="\n")
    writer.writerows([as_text(cell, style) for cell in line] for line in grid(rows, style))
    return out.getvalue().encode()


def table(rows: Sequence[Row], style: GridStyle) -> bytes:
    """Return a list as a table in HTML, with each row on a line of its own."""
    lines = grid(rows, style)
    head = len(style.above) + 1
    return "\n".join(
        (
            '<table class="usa-table">',
            "<thead>",
            *(_row(line, style, "th") for line in lines[:head]),
            "</thead>",
            "<tbody>",
            *(_row(line, style, "td") for line in lines[head:]),
            "</tbody>",
            "</table>",
        )
    ).encode()


def _row(line: Sequence[Cell], style: GridStyle, tag: str) -> str:
    return f"<tr>{''.join(_html(cell, style, tag) for cell in line)}</tr>"


def _html(cell: Cell, style: GridStyle, tag: str) -> str:
    if isinstance(cell, Link):
        return f'<{tag}><a href="{escape(cell.url)}">{escape(cell.text)}</a></{tag}>'
    return f"<{tag}>{escape(as_text(cell, style), quote=False)}</{tag}>"
