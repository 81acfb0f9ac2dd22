"""Reads the described lists of a PDF: from tables, even if these lack rules or go on over pages, or from lines."""

from __future__ import annotations

from decimal import Decimal
from functools import cache, partial
from typing import TYPE_CHECKING

from pypdfium2 import PdfiumError

from monitor.config.cells import is_european, plain_number
from monitor.errors import LayoutError, UnreadableError
from monitor.extract.account import Account
from monitor.extract.listed_no_more import printed_rows_without_gone
from monitor.extract.pdf import guard, join, pdfium, plumber, table
from monitor.extract.pdf.described import described_rows
from monitor.extract.pdf.header_words import has_header_words
from monitor.extract.pdf.lines import LineReader
from monitor.extract.pdf.passed import MONTH_AND_YEAR, PassedPages, account_for_tables, account_for_values
from monitor.extract.pdf.rows import RowSorter
from monitor.extract.pdf.text import Words, formatted_date, is_iso_date
from monitor.extract.values import is_day_first
from monitor.model import Locator, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription
    from monitor.extract.pdf.cells import PdfTable
    from monitor.extract.pdf.page import PrintedPage
    from monitor.extract.pdf.row import ListRow
    from monitor.extract.pdf.text import Lines

    Reader = Callable[..., Iterator[PrintedPage]]


def read_pdf(
    content: bytes,
    lists: Mapping[str, ListDescription],
    account: Account | None = None,
    *,
    by: Reader = pdfium.pdfium_pages,
) -> tuple[RecordList, ...]:
    """Return the described lists of a PDF; `lists` has the descriptions by the names of the lists.

    `account` notes what was read into no list. `by` is the function that yields the pages of a document; pdfplumber
    takes over for a document that it can't read. The locator of a record has the boxes around its rows on the pages.

    Raises:
        UnreadableError: the bytes are not a whole PDF with text.
        BombError: the file would take too much memory or time.
        LayoutError: a list is missing or empty, or does not add up to the figure that the report's own text states.
    """
    account = account or Account()
    layered = guard.check_pdf(content)
    try:
        sorter, lines, pages = _sorted(content, lists, by=partial(by, layered=True) if layered else by)
    except PdfiumError:
        sorter, lines, pages = _sorted(content, lists, by=plumber.plumber_pages)
    rows = {
        name: join.whole_rows(printed_rows_without_gone(name, _found(name, sorter, description), account), description)
        for name, description in lists.items()
        if not description.item
    }
    cells = (part.lines for each in rows.values() for row in each for part in row.parts if part)
    words = Words([*cells, *sorter.rest])
    made = tuple(
        lines.read(name, lists, account)
        if description.item
        else described_rows(
            _records(name, rows[name], description, words=words),
            rows[name],
            description,
            sorter=sorter,
            account=account,
        )
        for name, description in lists.items()
    )
    prose = [words.text(text) for text in sorter.rest]
    account.prose += prose
    for each in made:
        _check_totals(each, lists[each.name], prose=prose)
        account_for_values(each, lists[each.name], account)
    account_for_tables(sorter, lists, account)
    pages.account(account, {box for each in made for record in each.records for box in record.locator.boxes})
    return made


def _sorted(
    content: bytes, lists: Mapping[str, ListDescription], *, by: Reader
) -> tuple[RowSorter, LineReader, PassedPages]:
    """Read all pages; return the sorter and the reader of lines, which have the text, and the remarks about the pages.

    The sorter has the rows of each list that is a table, and the reader of lines the text outside of tables.

    `by` is the function that yields the pages. Raises UnreadableError if no page has text.
    """
    tables = {name: each for name, each in lists.items() if not each.item}
    sorter, lines = RowSorter(tables), LineReader()
    links = any(column.kind == "link" for each in lists.values() for column in each.columns.values())
    before: Sequence[PdfTable] = ()
    pages = PassedPages()
    of_lines = {"fonts": True} if len(tables) < len(lists) else {}
    for page in by(content, links=links, **of_lines):
        overprinted: tuple[str, ...] = ()
        if tables:
            understood = table.understand_page(page, lambda text: has_header_words(lists, text), before=before)
            sorter.add(understood)
            before, overprinted = understood.tables, understood.overprinted
        if of_lines:
            overprinted += lines.add(page, before)
        pages.add(page, overprinted)
    if len(pages.without_text) == pages.count:
        raise UnreadableError("no text in it: a scanned picture, it seems")
    if not tables:
        sorter.rest += lines.texts
    return sorter, lines, pages


def _found(name: str, sorter: RowSorter, description: ListDescription) -> Sequence[ListRow]:
    """Return the rows of the list `name`; none only if the description says that it may be empty.

    Raises LayoutError if its header was not found, or has no rows under it.
    """
    rows = sorter.rows.get(name)
    if rows or description.may_be_empty:
        return rows or ()
    if rows is not None:
        raise LayoutError(f"the list {name!r} has its header, but no rows")
    wanted = ", ".join(each.called for each in description.columns.values() if not each.optional)
    seen = f"; of other tables, the first rows are {'; '.join(sorter.strange[:5])}" if sorter.strange else ""
    under = f" under a heading like {description.heading.pattern!r}" if description.heading else ""
    raise LayoutError(f"no table has the header of the list {name!r}{under}: {wanted}{seen}")


def _records(name: str, rows: Iterable[ListRow], description: ListDescription, *, words: Words) -> RecordList:
    columns = tuple(description.columns.values())
    rows = tuple(rows)
    readers = [
        cache(_cell_reader(column, [part.lines for row in rows if (part := row.parts[place])], words))
        for place, column in enumerate(columns)
    ]
    dates = [(place, column) for place, column in enumerate(columns) if column.kind == "date"]
    records = []
    for position, row in enumerate(rows):
        values = tuple(
            [read(part.lines, part.url) if part else None for part, read in zip(row.parts, readers, strict=True)]
        )
        _refuse_several(row, dates, name=name)
        records.append(Record(values=values, locator=Locator(boxes=row.boxes), position=position))
    return RecordList(name=name, fields=tuple(description.columns), records=tuple(records))


def _cell_reader(column: Column, cells: Sequence[Lines], words: Words) -> Callable[[Lines, str | None], str]:
    """Return a function that reads a cell of one column from its lines of text, and the address of a link over it.

    - `column`: its description.
    - `cells`: the lines of all its cells, which tell how its dates and numbers are written.
    - `words`: the words of the document, by which lines are joined.
    """
    if column.kind == "number":
        european = is_european("".join(lines).strip() for lines in cells)

        def number(lines: Lines, _: str | None) -> str:
            text = words.text(lines)
            read = column.number(text, is_european=european)
            if len(lines) > 1 and (read or column.number("".join(lines))):
                return "\n".join(lines)  # there may be two numbers, one under the other
            return read or text

        return number
    if column.format:
        return lambda lines, _: formatted_date(lines, words.text(lines), column)
    if column.kind == "text":
        return lambda lines, _: words.text(lines)
    day_first = column.kind == "date" and is_day_first(map("".join, cells))
    return lambda lines, url: words.value(lines, column.kind, url=url, day_first=day_first)


def _refuse_several(row: ListRow, dates: Sequence[tuple[int, Column]], *, name: str) -> None:
    """Raise LayoutError if a cell for a date has two dates: then these are several rows with no line between them.

    `dates` are the columns of dates, by their index, and `name` is the list's name for the message.
    """
    for place, column in dates:
        part = row.parts[place]
        if not part or len(part.lines) < 2:
            continue
        if (
            sum(
                is_iso_date(formatted_date((line,), line, column)) or MONTH_AND_YEAR.fullmatch(line.strip()) is not None
                for line in part.lines
            )
            > 1
        ):
            raise LayoutError(f"page {row.boxes[0].page}: the rows of the list {name!r} can't be told apart")


def _check_totals(made: RecordList, description: ListDescription, *, prose: Sequence[str]) -> None:
    """Raise LayoutError if the report's text states a figure for a list, and the list does not add up to it.

    - `made`: the list. `description`: its description, with the patterns that find the figures.
    - `prose`: the paragraphs of the report's text.
    """
    for total in description.totals:
        stated = {
            _figure(figure)
            for text in prose
            for match in total.text.finditer(text)
            if (figure := next((group for group in match.groups() if group), "")).strip(",")
        }
        counted: Decimal | int = len(made.records)
        if total.sum:
            counted = _sum(made, total.sum, description.columns.get(total.sum))
        if stated and counted not in stated:
            figures = " or ".join(f"{each:,}" for each in sorted(stated))
            raise LayoutError(f"the report states {figures} for the list {made.name!r}, but its rows make {counted:,}")


def _figure(text: str) -> Decimal:
    """Return the figure that a report states. Raises LayoutError if it is none."""
    whole = text.replace(",", "")
    number = whole if whole.isdecimal() else plain_number(text.strip(" ,"))
    if number is None:
        raise LayoutError(f"the report states {text!r} where a figure is expected")
    return Decimal(number)


def _sum(made: RecordList, field: str, column: Column | None) -> Decimal:
    """Return the sum of a field, which `column` describes.

    Raises LayoutError if a record has something there that is no number.
    """
    index = made.fields.index(field)
    total = Decimal(0)
    for record in made.records:
        figure = (record.values[index] or "0").strip(" *")
        whole = figure.replace(",", "")
        number = whole if whole.isdecimal() else None
        if column and column.kind == "number":
            number = column.number(figure)
        if number is None:
            raise LayoutError(f"{figure!r} stands as {field} in the list {made.name!r}, which has to add up")
        total += Decimal(number)
    return total
