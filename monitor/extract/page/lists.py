"""Reads the lists of a web page: items under headings, tables, cards, and paragraphs that match a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract import parts, table
from monitor.extract.account import Account
from monitor.extract.grid import texts_of
from monitor.extract.page import cards, items, leftovers, tables, tree
from monitor.extract.page import content as content_lists
from monitor.extract.page.flow import flow, joined
from monitor.extract.page.sections import page_sections
from monitor.extract.values import folded
from monitor.model import Locator, PassedOverKind, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.extract.grid import Table
    from monitor.extract.page.flow import Block
    from monitor.extract.page.tables import PageTable
    from monitor.extract.page.tree import Selectors

MAX_SHORT_ROWS = 50  # rows of one table with fewer cells than its header that are accounted for


def read_page(
    content: bytes, lists: Mapping[str, ListDescription], account: Account | None = None
) -> tuple[RecordList, ...]:
    """Return the lists of a web page; `lists` has the descriptions by the names of the lists.

    The locator of each record is a CSS selector that matches the record's element and no other. Menus, headers and
    footers have no records. Raises UnreadableError, BombError or LayoutError.
    """
    account = account or Account()
    root = tree.parse_page(content, account.charset)
    page = flow(root)
    selectors = tree.Selectors(root)
    blocks = [block for block in page.blocks if not block.chrome]
    account.prose += (folded(block.text) for block in blocks if not block.item)
    titles = [each.heading for each in lists.values() if each.heading]
    sections = page_sections(joined(blocks), titles)
    of_tables = {name: each for name, each in lists.items() if each.way == "columns"}
    grids = tables.page_tables(page, selectors) if of_tables else []
    all_cards = cards.PageCards(root, page, lists)
    leftovers.account_for_page(content, root, page, lists, account)
    taken: set[int] = set()
    result: list[RecordList] = []
    for name, description in lists.items():
        if description.item:
            record_list = items.read_items(
                name, description, page=sections, titles=titles, selectors=selectors, account=account, taken=taken
            )
        elif description.card:
            record_list = cards.read_cards(name, description, page=all_cards, selectors=selectors, account=account)
        elif description.columns:
            chosen = _under_heading(grids, name, description=description)
            record_list = table.read_table(name, description, tables=chosen, account=account)
            _judge_widths(name, chosen, description, account)
        elif description.content == "text":
            record_list = content_lists.read_text(name, description, page=page, root=root, selectors=selectors)
        elif description.content:
            record_list = content_lists.read_files(name, description, root=root, url=account.url, selectors=selectors)
        else:
            record_list = _paragraphs(name, description, blocks=blocks, selectors=selectors)
        result.append(record_list)
    if taken or grids:
        leftovers.account_for_sections(sections, taken, lists, account)
    if grids:
        table.account_for_others([each.table for each in grids], lists, account)
    return tuple(result)


def _under_heading(grids: Sequence[PageTable], name: str, *, description: ListDescription) -> list[Table]:
    """Return the tables in which the list `name` may be: those under its described heading.

    If no heading is described, all tables are returned. Raises LayoutError if there is no table under the heading.
    """
    heading = description.heading
    chosen = [each.table for each in grids if heading is None or any(heading.search(title) for title in each.titles)]
    if heading is not None and not chosen and not description.may_be_empty:
        raise LayoutError(f"list {name!r}: no table under a heading or caption like {heading.pattern!r}")
    return chosen


def _judge_widths(name: str, tables_: Sequence[Table], description: ListDescription, account: Account) -> None:
    """Note in the account the rows of the list `name` that lack cells: their values may be in the wrong columns.

    Some pages always leave out empty cells at the ends of rows. So the page is held for a person only if there were no
    such rows in the version before.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    for each in tables_:
        short = [
            number
            for part in parts.parts_with_header(each, description)
            for number in parts.short_rows(part, width=len(each.rows[part.row]))
        ]
        for number in short[:MAX_SHORT_ROWS]:
            row = texts_of(each.rows[number])
            shown = " | ".join(row)
            message = f"{name}: the row {shown[:80]!r} of {each.title} has fewer cells than the header"
            account.pass_over(PassedOverKind.ROWS, shown, row, message=message, holds=True, list_name=name)


def _paragraphs(
    name: str, description: ListDescription, *, blocks: Sequence[Block], selectors: Selectors
) -> RecordList:
    """Return the list `name`: one record for each block of text that matches the described pattern.

    The text is the record's only value. Raises LayoutError if no block matches, unless the list may be empty.
    """
    assert description.paragraphs is not None
    records = tuple(
        Record(values=(text,), locator=Locator(selector=selectors.of(block.element)))
        for block in blocks
        if description.paragraphs.search(text := folded(block.text))
    )
    if not records and not description.may_be_empty:
        raise LayoutError(f"list {name!r}: no paragraph is like {description.paragraphs.pattern!r}")
    return RecordList(name=name, fields=description.fields, records=records)
