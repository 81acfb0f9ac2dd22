"""Reads the described lists from the tables of a PDF, even if these lack lines between cells or go on over pages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pypdfium2 import PdfiumError

from monitor.errors import LayoutError, UnreadableError
from monitor.extract.account import Account
from monitor.extract.pdf import guard, join, pdfium, plumber, table
from monitor.extract.pdf.described import described_rows
from monitor.extract.pdf.header_words import has_header_words
from monitor.extract.pdf.passed import MONTH_AND_YEAR, PassedPages, account_for_tables, account_for_values
from monitor.extract.pdf.rows import RowSorter
from monitor.extract.pdf.text import Words, is_iso_date, iso_date
from monitor.extract.values import is_day_first
from monitor.model import Locator, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from monitor.config.sources import ListDescription, Total
    from monitor.extract.pdf.page import PrintedPage
    from monitor.extract.pdf.rows import ListRow

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
        sorter, pages = _sorted(content, lists, by=partial(by, layered=True) if layered else by)
    except PdfiumError:
        sorter, pages = _sorted(content, lists, by=plumber.plumber_pages)
    rows = {
        name: join.whole_rows(_found(name, sorter, description), description) for name, description in lists.items()
    }
    cells = (part.lines for each in rows.values() for row in each for part in row.parts if part)
    words = Words([*cells, *sorter.rest])
    made = tuple(
        described_rows(
            _records(name, rows[name], description, words=words),
            rows[name],
            description,
            sorter=sorter,
            account=account,
        )
        for name, description in lists.items()
    )
    prose = [words.text(text) for text in sorter.rest]
    for each in made:
        _check_totals(each, lists[each.name].totals, prose=prose)
        account_for_values(each, lists[each.name], account)
    account_for_tables(sorter, lists, account)
    pages.account(account, {box.page for each in made for record in each.records for box in record.locator.boxes})
    return made


def _sorted(content: bytes, lists: Mapping[str, ListDescription], *, by: Reader) -> tuple[RowSorter, PassedPages]:
    """Read all pages; return the sorter, which has the rows of each list, and the remarks about the pages.

    `by` is the function that yields the pages. Raises UnreadableError if no page has text.
    """
    sorter = RowSorter(lists)
    links = any(column.kind == "link" for each in lists.values() for column in each.columns.values())
    before: Sequence[table.PdfTable] = ()
    pages = PassedPages()
    for page in by(content, links=links):
        understood = table.understand_page(page, lambda text: has_header_words(lists, text), before=before)
        sorter.add(understood)
        before = understood.tables
        pages.add(page, understood.overprinted)
    if len(pages.without_text) == pages.count:
        raise UnreadableError("no text in it: a scanned picture, it seems")
    return sorter, pages


def _found(name: str, sorter: RowSorter, description: ListDescription) -> Sequence[ListRow]:
    """Return the rows of the list `name`; none only if the description says that it may be empty.

    Raises LayoutError if its header was not found, or has no rows under it.
    """
    if not description.columns:
        raise LayoutError(f"the list {name!r} has no columns; of a PDF, only tables are read")
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
    kinds = [column.kind for column in description.columns.values()]
    rows = tuple(rows)
    day_first = [
        kind == "date" and is_day_first("".join(part.lines) for row in rows if (part := row.parts[place]))
        for place, kind in enumerate(kinds)
    ]
    records = []
    for row in rows:
        values = tuple(
            words.value(part.lines, kind, url=part.url, day_first=first) if part else None
            for part, kind, first in zip(row.parts, kinds, day_first, strict=True)
        )
        _refuse_several(row, kinds, name=name)
        records.append(Record(values=values, locator=Locator(boxes=row.boxes)))
    return RecordList(name=name, fields=tuple(description.columns), records=tuple(records))


def _refuse_several(row: ListRow, kinds: Sequence[str], *, name: str) -> None:
    """Raise LayoutError if a cell for a date has two dates: then these are several rows with no line between them.

    `kinds` are the kinds of the columns, and `name` is the list's name for the message.
    """
    for part, kind in zip(row.parts, kinds, strict=True):
        if kind != "date" or not part or len(part.lines) < 2:
            continue
        if (
            sum(
                is_iso_date(iso_date((line,), line)) or MONTH_AND_YEAR.fullmatch(line.strip()) is not None
                for line in part.lines
            )
            > 1
        ):
            raise LayoutError(f"page {row.boxes[0].page}: the rows of the list {name!r} can't be told apart")


def _check_totals(made: RecordList, totals: Iterable[Total], *, prose: Sequence[str]) -> None:
    """Raise LayoutError if the report's text states a figure for a list, and the list does not add up to it.

    - `made`: the list. `totals`: the patterns that find the figures.
    - `prose`: the paragraphs of the report's text.
    """
    for total in totals:
        stated = {
            int(figure.replace(",", ""))
            for text in prose
            for match in total.text.finditer(text)
            if (figure := next((group for group in match.groups() if group), "")).strip(",")
        }
        counted = _sum(made, total.sum) if total.sum else len(made.records)
        if stated and counted not in stated:
            figures = " or ".join(f"{each:,}" for each in sorted(stated))
            raise LayoutError(f"the report states {figures} for the list {made.name!r}, but its rows make {counted:,}")


def _sum(made: RecordList, field: str) -> int:
    index = made.fields.index(field)
    figures = [(record.values[index] or "0").replace(",", "").strip(" *") for record in made.records]
    wrong = next((figure for figure in figures if not figure.isdecimal()), None)
    if wrong is not None:
        raise LayoutError(f"{wrong!r} stands as {field} in the list {made.name!r}, which has to add up")
    return sum(map(int, figures))
