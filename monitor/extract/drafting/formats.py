"""Finds the tables of a file, and the lists under the headings of a web page, for the formats that are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from pypdfium2 import PdfiumError

from monitor.errors import UnreadableError
from monitor.extract.drafting.cards import find_cards
from monitor.extract.drafting.columns import FoundTable
from monitor.extract.drafting.heads import header_row
from monitor.extract.drafting.lines import draft_lines
from monitor.extract.drafting.sections import STATE_CODE, STATE_TITLE, draft_by_state, draft_sections
from monitor.extract.grid import Table
from monitor.extract.page import tables, tree
from monitor.extract.page.flow import flow, joined
from monitor.extract.page.sections import page_sections
from monitor.extract.pdf import guard, pdfium, plumber, table
from monitor.extract.pdf.columns import page_rows
from monitor.extract.pdf.text import Words
from monitor.extract.sheet import delimited, xlsx
from monitor.extract.values import BULLET_MARK, folded
from monitor.model import Locator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.config.drafts import ListDraft
    from monitor.extract.pdf.cells import PdfTable
    from monitor.extract.pdf.page import PrintedPage

    Found = tuple[list[FoundTable], list[ListDraft], str]  # tables, lists under headings, and the title

# Further tables of a file, and further pages of a PDF, are not looked at.
MAX_FOUND_TABLES = 50
MAX_DRAFT_PAGES = 60
MAX_TITLE_LETTERS = 120
# The borders of a table may be this far off on the next page.
SAME_EDGE_POINTS = 3.0


def found_in_xlsx(content: bytes, _: str | None) -> Found:
    """Return the visible sheets of a workbook as tables; it has no lists under headings, and no title.

    Only the first MAX_FOUND_TABLES sheets count.
    """
    sheets = [each for each in xlsx.workbook_tables(content) if not each.hidden]
    return [FoundTable(table=each, sheet=xlsx.sheet_of(each)) for each in sheets[:MAX_FOUND_TABLES]], [], ""


def found_in_csv(content: bytes, charset: str | None) -> Found:
    """Return a CSV file as one table; it has no lists under headings, and no title."""
    return [FoundTable(table=delimited.undescribed_table(content, charset))], [], ""


def found_in_html(content: bytes, charset: str | None) -> Found:
    """Return the tables of a web page, the drafts of the lists under its headings, and its title."""
    root = tree.parse_page(content, charset)
    page = flow(root)
    grids = tables.page_tables(page, tree.Selectors(root))
    found = [FoundTable(table=each.table, headings=each.titles) for each in grids if header_row(each.table) is not None]
    over = {page.blocks[position - 1].element for _, position in page.tables if position}
    blocks = [
        block
        for block in joined(page.blocks)
        if not (block.chrome or block.element.tag in tables.NO_TITLE_TAGS)
        and not (block.element in over and tables.is_state_line(block))
    ]
    title = next((folded(block.text) for block in blocks if block.level == 1), "")[:MAX_TITLE_LETTERS]
    cards = find_cards(root, title)
    inside = {element for each in cards for element in each.elements}
    blocks = [block for block in blocks if inside.isdisjoint((block.element, *block.element.iterancestors()))]
    by_state = (draft_by_state(page_sections(blocks, (title,)), title) for title in (STATE_TITLE, STATE_CODE))
    lists = next(filter(None, by_state), None) or draft_sections(page_sections(blocks, ()))
    drafts = [*(each.draft for each in cards), *lists]
    return found[:MAX_FOUND_TABLES], drafts, title


def found_in_pdf(content: bytes, _: str | None) -> Found:
    """Return the ruled tables of a PDF, joined over pages; without any, a list that is found in its lines of text."""
    layered = guard.check_pdf(content)
    try:
        return _found_on(list(islice(pdfium.pdfium_pages(content, links=True, layered=layered), MAX_DRAFT_PAGES)))
    except PdfiumError:
        return _found_on(list(islice(plumber.plumber_pages(content, links=True), MAX_DRAFT_PAGES)))


def _found_on(pages: Sequence[PrintedPage]) -> Found:
    """Return the tables on the pages of a PDF, or a list of its lines. Raises UnreadableError if there is neither."""
    understood = list(_understood(pages))
    parts = list(_parts(each for _, each in understood))
    if not parts:
        drafted = draft_lines([page_rows(page.glyphs) for page in pages], "lines")
        if drafted is None:
            raise UnreadableError(
                "no ruled table is in it, and no lines of text of which it could be told where one field ends; "
                "describe its lines with `item`, as docs/configuration.md shows under Lines of a PDF"
            )
        return [], [drafted], ""
    words = Words([cell.lines for part in parts for each in part.tables for row in each.rows for cell in row if cell])
    prose = tuple(line for page, each in understood for line in _prose(page, each))
    tables = [
        FoundTable(table=part.grid(words, number), has_months=True, prose=prose)
        for number, part in enumerate(parts[:MAX_FOUND_TABLES], 1)
    ]
    return tables, [], ""


@dataclass(slots=True, kw_only=True)
class _Part:
    """A table of a PDF, as the tables on the pages that it goes on over."""

    tables: list[PdfTable] = field(default_factory=list)

    def goes_on(self, other: PdfTable) -> bool:
        """Return whether a table on a later page has the same columns, at the same places."""
        last = self.tables[-1]
        if len(last.edges) != len(other.edges):
            return False
        return all(abs(a - b) <= SAME_EDGE_POINTS for a, b in zip(last.edges, other.edges, strict=True))

    def grid(self, words: Words, number: int) -> Table:
        """Return it as one grid of cells; lines of a cell with bullets stay apart."""
        rows: list[list[str]] = []
        links: dict[tuple[int, int], str] = {}
        across: set[int] = set()
        for each in self.tables:
            for row in each.rows:
                cells = [cell for cell in row if cell]
                texts = [_text(cell.lines, words) if cell else "" for cell in row]
                if rows and texts == rows[0]:
                    continue  # the header again, on a further page
                links.update({(len(rows), place): cell.url for place, cell in enumerate(row) if cell and cell.url})
                if len(cells) == 1 and cells[0].columns > 1:
                    across.add(len(rows))
                rows.append(texts)
        return Table(
            title=f"table {number}",
            rows=rows,
            links=links,
            across=across,
            locate=lambda _: Locator(),
        )


def _text(lines: tuple[str, ...], words: Words) -> str:
    return "\n".join(lines) if any(BULLET_MARK.match(line) for line in lines) else words.text(lines)


def _understood(pages: Sequence[PrintedPage]) -> Iterator[tuple[PrintedPage, tuple[PdfTable, ...]]]:
    """Yield each page with its tables."""
    before: tuple[PdfTable, ...] = ()
    for page in pages:
        before = table.understand_page(page, lambda _: False, before=before).tables
        yield page, before


def _prose(page: PrintedPage, tables_: Sequence[PdfTable]) -> Iterator[str]:
    """Yield the lines of text of a page that are in none of its tables."""
    for row in page_rows(page.glyphs):
        left, top, right, bottom = row[0].bounds
        x, y = (left + right) / 2, (top + bottom) / 2
        if not any(t.edges[0] <= x <= t.edges[-1] and t.tops[0] <= y <= t.tops[-1] for t in tables_):
            yield " ".join(piece.text for piece in row)


def _parts(pages: Iterable[tuple[PdfTable, ...]]) -> Iterator[_Part]:
    """Yield the tables of a document; `pages` are those of each page."""
    part: _Part | None = None
    for tables_ in pages:
        for each in tables_:
            if part and part.tables[-1].page < each.page and part.goes_on(each):
                part.tables.append(each)
                continue
            if part:
                yield part
            part = _Part(tables=[each])
    if part:
        yield part
