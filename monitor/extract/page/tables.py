"""Reads the tables of a web page as grids of cells, with the headings above them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from monitor.errors import BombError
from monitor.extract.grid import Table
from monitor.extract.groups import state_among
from monitor.extract.page.flow import flow, joined
from monitor.extract.page.tree import is_hidden
from monitor.extract.values import folded
from monitor.model import Locator

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from lxml.etree import _Element as Element

    from monitor.extract.page.flow import Block, Flow
    from monitor.extract.page.tree import Selectors

# A page with more cells is refused; a cell that spans several places counts for each.
MAX_PAGE_CELLS = 1_000_000
# No cell spans more columns or rows, as in HTML.
MAX_SPANNED_COLUMNS = 1_000
TABLE_CELL_TAGS = frozenset({"td", "th"})
ROW_TAGS = frozenset({"tr"})
TABLE_TAGS = frozenset({"table"})
NO_TITLE_TAGS = TABLE_CELL_TAGS | {"caption"}
POSTAL_CODE_LETTERS = 2  # words like `OK` and `OR` are so long, too


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """A table of a web page, with its titles: its caption and the headings above it."""

    table: Table
    titles: tuple[str, ...]


def page_tables(page: Flow, selectors: Selectors, most: int = MAX_PAGE_CELLS) -> list[PageTable]:
    """Return the tables of a page in order, including tables inside other tables.

    Raises BombError if they have more than `most` cells together.
    """
    room = most
    result: list[PageTable] = []
    for number, (element, captions, headings) in enumerate(_titled(page), 1):
        grid = _Grid(room, most)
        body = list(_rows(element, {"thead", "tbody"}))
        rows = [*body, *_rows(element, {"tfoot"})]
        for row in rows:
            grid.add(row)
        room = grid.room
        table = Table(
            title=f"table {number}",
            rows=grid.rows,
            links=grid.links,
            across=grid.across,
            foot=len(body),
            locate=partial(_locate, rows, selectors),
            spans=grid.spans,
            titles=(*captions, *reversed(headings)),
        )
        result.append(PageTable(table=table, titles=(*captions, *headings)))
    return result


def _titled(page: Flow) -> Iterator[tuple[Element, list[str], list[str]]]:
    """Yield each table of the page with its captions, and with the headings above it, the highest heading first."""
    stack: list[tuple[int, str]] = []  # headings in force, the highest first
    at = 0
    for element, position in page.tables:
        for block in page.blocks[at:position]:
            if block.level is not None:
                stack = [each for each in stack if each[0] < block.level] + [(block.level, folded(block.text))]
        at = position
        captions = [folded("".join(each.itertext())) for each in element if each.tag == "caption"]
        line = page.blocks[position - 1] if position else None
        headings = [title for _, title in stack]
        yield element, captions, [line.text, *headings] if line and is_state_line(line) else headings


def is_state_line(block: Block) -> bool:
    """Return whether a block that stands directly above a table is its title, though not marked up: a state's name."""
    if block.level is not None or block.item or block.chrome or block.element.tag in NO_TITLE_TAGS:
        return False
    return len(block.text) > POSTAL_CODE_LETTERS and state_among([block.text]) is not None


def _locate(rows: Sequence[Element], selectors: Selectors, row: int) -> Locator:
    return Locator(selector=selectors.of(rows[row]))


def _rows(table: Element, parts: Collection[str]) -> Iterator[Element]:
    """Yield the rows in the given parts of a table (like `thead`), without the rows of tables inside it.

    `parts` are the tags of the parts. A row that is in no part belongs to `tbody`, the body.
    """
    for row in _within(table, ROW_TAGS, but=TABLE_TAGS):
        part = next(row.iterancestors("thead", "tbody", "tfoot", "table")).tag
        if (part if part != "table" else "tbody") in parts:
            yield row


def _within(element: Element, tags: Collection[str], *, but: Collection[str]) -> Iterator[Element]:
    """Yield the elements with these tags inside another element, in order; hidden ones are left out.

    Elements inside an element with one of the tags `but` are left out too. If a page does not close its elements, or
    wraps others around rows and cells, rows and cells are deeper in the tree than they should be; they are found all
    the same.
    """
    for each in element.iter(*tags):
        if each.getparent() is not element:
            around = takewhile(lambda above: above is not element, each.iterancestors())
            if any(above.tag in but or _is_hidden(above) for above in around):
                continue
        if not _is_hidden(each):
            yield each


def _is_hidden(element: Element) -> bool:
    attributes = element.attrib
    return bool(attributes or element.tag == "dialog") and is_hidden(element.tag, attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """What one place in a grid contains.

    `more` is in how many further rows the same cell appears, and `width` how many columns it spans.
    """

    text: str = ""
    link: str | None = None
    more: int = 0
    width: int = 1


class _Grid:
    """Lays out the rows of an HTML table as a grid in which each row has a cell for each column.

    `room` is the number of cells that the tables of the page may still have, of `most`.
    """

    def __init__(self, room: int, most: int) -> None:
        self._most = most
        self.rows: list[list[str]] = []
        self.links: dict[tuple[int, int], str] = {}
        self.across: set[int] = set()
        self.spans: dict[tuple[int, int], int] = {}
        self.room = room
        self._last: dict[int, _Cell] = {}  # the places of the row before, by column

    def add(self, row: Element) -> None:
        """Add one row to the grid.

        The text of a cell that spans several rows is put in each of them. The text of a cell that spans several columns
        is put in the first of them only.
        """
        places = {column: replace(cell, more=cell.more - 1) for column, cell in self._last.items() if cell.more}
        is_wide = any(cell.width > 1 for cell in places.values())  # of the cells that go on from above
        column = 0
        spread = False
        for element in _within(row, TABLE_CELL_TAGS, but=TABLE_TAGS | ROW_TAGS):
            while column in places:
                column += 1
            cell = _cell(element)
            width = cell.width
            if width > 1:
                places.update(dict.fromkeys(range(column, column + width), replace(cell, text="", link=None)))
            places[column] = cell
            spread = spread or (width > 1 and bool(cell.text))
        if spread or is_wide:
            wide = ((column, cell) for column, cell in places.items() if cell.text and cell.width > 1)
            self.spans.update({(len(self.rows), column): column + cell.width - 1 for column, cell in wide})
        self._finish(places, spread=spread)

    def _finish(self, places: dict[int, _Cell], *, spread: bool) -> None:
        width = max(places, default=-1) + 1
        self.room -= width + 1
        if self.room < 0:
            raise BombError(f"the tables of the page have more than {self._most:,} cells")
        number = len(self.rows)
        texts = [places[column].text if column in places else "" for column in range(width)]
        self.rows.append(texts)
        self.links.update({(number, column): cell.link for column, cell in places.items() if cell.link})
        if spread and sum(map(bool, texts)) == 1:
            self.across.add(number)
        self._last = places


def _cell(element: Element) -> _Cell:
    link = element.find(".//a[@href]") if len(element) else None
    target = link.get("href", "").strip() if link is not None else ""
    outward = bool(target) and not target.startswith(("#", "javascript:"))
    return _Cell(
        text=_text(element),
        link=target if outward else None,
        more=_span(element, "rowspan") - 1,
        width=_span(element, "colspan"),
    )


def _holds(cell: Element, element: Element) -> bool:
    """Return whether an element is directly in a cell, and not in a further cell or row inside it.

    The parser puts cells and rows inside a cell that the page does not close.
    """
    return (
        next(
            each for each in (element, *element.iterancestors()) if each.tag in TABLE_CELL_TAGS or each.tag in ROW_TAGS
        )
        is cell
    )


def _span(element: Element, name: str) -> int:
    """Return how many columns or rows a cell spans; `name` is `colspan` or `rowspan`.

    In HTML, a rowspan of 0 means all rows that follow.
    """
    text = element.get(name, "1").strip()
    if not text.isdecimal():
        return 1
    return min(int(text[:9]), MAX_SPANNED_COLUMNS) or (MAX_SPANNED_COLUMNS if name == "rowspan" else 1)


def _text(element: Element) -> str:
    """Return the text of a cell, line by line, with a bullet before each list item.

    The text of a cell that holds a table is empty.
    """
    if not len(element):
        return folded(element.text or "")
    if element.find(".//table") is not None:
        return ""
    blocks = joined(block for block in flow(element).blocks if _holds(element, block.element))
    return "\n".join(f"\u2022 {folded(block.text)}" if block.item else block.text for block in blocks)
