"""Notes in the account what was read into no list in a PDF: pages, tables, rows, hidden and struck-out text."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from monitor.extract.pdf.page import Remark
from monitor.extract.unread import account_for_numbers
from monitor.extract.values import folded, is_plain_date
from monitor.model import PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.pdf.page import Bounds, PrintedPage
    from monitor.extract.pdf.rows import RowSorter
    from monitor.model import Box, RecordList

# A whole date in reports that give no days: `June 2017`.
MONTH_AND_YEAR = re.compile(r"[A-Za-z]{3,9}\.?,? \d{4}")
# A letter that a font has no code for, inside a word.
UNKNOWN_LETTER = re.compile("[A-Za-z]\ufffd[a-z]|[A-Za-z]\ufffd$")
# Only columns with as many values are judged.
MIN_JUDGED_VALUES = 5
# Of a table, so many cells are accounted for.
MAX_TABLE_CELLS = 2_000
# What is said about each remark: the kind and the place in the account, the sentence, and whether it holds.
REMARKS = {
    Remark.UNPAINTED: (
        *(PassedOverKind.HIDDEN, "text that is not painted"),
        *("the file holds text that nobody sees, since it is not painted; it was left out", False),
    ),
    Remark.COVERED: (
        *(PassedOverKind.HIDDEN, "text that was painted over"),
        *("something was painted over text; what lies beneath was left out, and what stands above was read", False),
    ),
    Remark.BARRED: (
        *(PassedOverKind.HIDDEN, "text under a dark bar"),
        *("the file still holds the text under a dark bar; it was left out and is shown nowhere", True),
    ),
    Remark.STOOD: (
        *(PassedOverKind.ITEMS, "text that stands upright"),
        *("text that stands upright was left out", True),
    ),
    Remark.WATERMARK: (
        *(PassedOverKind.ITEMS, "text across the page"),
        *("large or slanting text across the page was left out, as a watermark", False),
    ),
}


class PassedPages:
    """Collects remarks about the pages of a PDF while it is read; at the end it notes them in the file's account.

    The account says which parts of a file were read into no list.
    """

    def __init__(self) -> None:
        self.count = 0
        self.without_text: list[int] = []
        self._pictures: list[int] = []
        self._remarks: dict[Remark, list[int]] = defaultdict(list)
        self._struck: list[tuple[str, int]] = []
        self._overprinted: list[tuple[str, int]] = []
        self._bars: list[tuple[int, Bounds]] = []

    def add(self, page: PrintedPage, overprinted: Sequence[str]) -> None:
        """Take the remarks about one page.

        `overprinted` are the texts of cells in which two texts are printed on top of each other.
        """
        self.count = page.number
        for remark in page.remarks:
            self._remarks[remark].append(page.number)
        self._struck += [(text, page.number) for text in page.struck]
        self._overprinted += [(text, page.number) for text in overprinted]
        self._bars += [(page.number, bounds) for bounds in page.bars]
        if not len(page.glyphs.codes):
            self.without_text.append(page.number)
            if Remark.PICTURE in page.remarks:
                self._pictures.append(page.number)

    def account(self, account: Account, rows: Collection[Box]) -> None:
        """Note all remarks in the account; `rows` are the boxes around the rows of the lists.

        The account says which parts of a file were read into no list, and what is doubtful.
        """
        for remark, (kind, where, sentence, holds) in REMARKS.items():
            if pages := self._remarks.get(remark):
                account.pass_over(kind, where, message=f"{_named(pages)}: {sentence}", holds=holds)
        if pages := self._remarks.get(Remark.RECOGNISED):
            account.suspect(
                f"{_named(pages)}: a scan; its text comes from a program that recognises letters, and may be wrong"
            )
        for text, number in self._struck:
            message = f"page {number}: {folded(text)[:80]!r} is struck out"
            account.pass_over(PassedOverKind.STRUCK, text, [text], message=message, holds=True)
        for text, number in self._overprinted[:1]:
            account.suspect(f"page {number}: two texts stand on top of each other, and read {folded(text)[:80]!r}")
        self._account_for_bars(account, rows)
        self._account_for_pictures(account, {box.page for box in rows})

    def _account_for_bars(self, account: Account, rows: Collection[Box]) -> None:
        """Note in the account the dark bars among the rows of lists: what stood there was perhaps blacked out.

        A version in which there are more or fewer of them is held. Bars elsewhere, as in letters, are none of a list.
        """
        on_page: dict[int, list[Box]] = defaultdict(list)
        for box in rows if self._bars else ():
            on_page[box.page].append(box)
        within = {page: _around(boxes) for page, boxes in on_page.items()}
        pages = [page for page, bounds in self._bars if page in within and _has_middle(within[page], bounds)]
        if pages:
            message = f"{_named(sorted(set(pages)))}: a dark bar without text is among the rows; was one blacked out?"
            account.pass_over(PassedOverKind.HIDDEN, f"{len(pages)} dark bars", message=message, holds=True)

    def _account_for_pictures(self, account: Account, with_rows: Collection[int]) -> None:
        """Note in the account the pages that show a picture and have no text: rows of a list may be in it.

        The account says which parts of a file were read into no list, and what is doubtful.
        """
        first, last = min(with_rows, default=0), max(with_rows, default=0)
        between = [page for page in self._pictures if first < page < last]
        if between:
            account.suspect(f"{_named(between)}: a picture and no text, between pages with rows; rows may be in it")
        for where, pages in (
            ("before the first row", [page for page in self._pictures if page < first]),
            ("after the last row", [page for page in self._pictures if page > last]),
        ):
            if pages:
                message = f"{_named(pages)}: a picture and no text, {where} of a list; rows may be in it"
                account.pass_over(PassedOverKind.PICTURE, where, message=message, holds=True)


def _around(boxes: Sequence[Box]) -> Bounds:
    """Return the bounds around all these boxes of a page."""
    return (
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _has_middle(whole: Bounds, area: Bounds) -> bool:
    """Return whether the middle of an area lies within other bounds."""
    across, down = (area[0] + area[2]) / 2, (area[1] + area[3]) / 2
    return whole[0] <= across <= whole[2] and whole[1] <= down <= whole[3]


def _named(pages: Sequence[int]) -> str:
    return f"page {pages[0]}" if len(pages) == 1 else f"pages {', '.join(map(str, pages[:8]))}"


def account_for_tables(sorter: RowSorter, lists: Mapping[str, ListDescription], account: Account) -> None:
    """Note in the account the headers of the lists, the columns and rows that were left out, and other tables.

    `sorter` has gone through all pages.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    narrowest = min((sum(not each.optional for each in one.columns.values()) for one in lists.values()), default=0)
    for name, headers in sorter.headers.items():
        for field, text in headers.items():
            account.pass_over(PassedOverKind.HEADER, field, [text], message=f"the column {text!r}", list_name=name)
        for text in sorter.undescribed[name]:
            message = f"{name}: the column {text!r} is described nowhere"
            account.pass_over(PassedOverKind.COLUMN, text, message=message, list_name=name)
    for name, headings in sorter.sections.items():
        for heading in list(headings.values())[1:]:
            message = f"{name}: a table with its header stands under {heading[:80]!r}, and was read as part of it"
            account.pass_over(PassedOverKind.SECTION, heading, message=message, holds=True, list_name=name)
    for name, texts in sorter.notes.items():
        message = f"{name}: its table has rows that are no records, like {texts[0][:80]!r}"
        account.pass_over(PassedOverKind.ROWS, "rows", texts, message=message, list_name=name)
    for where, rows in sorter.others.items():
        wide = sum(len(row) >= max(narrowest, 2) for row in rows)
        message = f"a table is read for no list, and begins with {' | '.join(rows[0])[:80]!r}"
        cells = islice((text for row in rows for text in row), MAX_TABLE_CELLS)
        holds = wide >= 2 and 2 * wide >= len(rows)
        account.pass_over(PassedOverKind.TABLE, where, cells, message=message, holds=holds)


def account_for_values(made: RecordList, description: ListDescription, account: Account) -> None:
    """Note in the account if most dates or numbers of a list can't be read, or if some letters in it can't.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    for place, field in enumerate(made.fields):
        column = description.columns.get(field)
        filled = [value for record in made.records if (value := record.values[place])]
        damaged = next((value for value in filled if "\ufffd" in value and UNKNOWN_LETTER.search(value)), None)
        if damaged is not None:
            account.suspect(f"{made.name}: letters of {field} can't be read, as in {damaged[:80]!r}")
        if column is not None and column.kind == "number":
            account_for_numbers(made.name, field, column, filled, account)
        if column is None or column.kind != "date":
            continue
        unread = [value for value in filled if not is_plain_date(value) and not MONTH_AND_YEAR.fullmatch(value)]
        if len(filled) >= MIN_JUDGED_VALUES and 2 * len(unread) > len(filled):
            message = f"{made.name}: most dates of {field} can't be read, like {unread[0]!r}"
            account.pass_over(
                PassedOverKind.UNREAD, field, unread[:5], message=message, holds=True, list_name=made.name
            )
