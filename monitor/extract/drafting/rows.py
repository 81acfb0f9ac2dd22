"""Tells what the rows below the header of an unknown table are: records, titles of groups, sums, the header again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import islice, pairwise, takewhile
from typing import TYPE_CHECKING

from monitor.config.drafts import ColumnDraft, field_name, literal
from monitor.extract.drafting.heads import MAX_DRAFT_ROWS
from monitor.extract.grid import printed
from monitor.extract.row_kinds import TOTAL
from monitor.extract.values import folded
from monitor.jurisdictions.states import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.extract.drafting.heads import Head
    from monitor.extract.grid import Table, Value

# The last word of the first cell of a row that sums up others.
AGGREGATE = re.compile(r"\b(averages?|means?|medians?|(?:sub-?)?totals?|sums?)\W*$", re.IGNORECASE)
MONTH_IN_TITLE = re.compile(r"\b[A-Z][a-z]{2,8} (?:19|20)\d\d\b")
MONTH_PATTERN = r"([A-Z][a-z]+ (?:19|20)\d\d)"
YEAR_IN_TITLE = re.compile(r"(?:19|20)\d\d")
MAX_GROUP_LETTERS = 80
# A cell that is written once for several rows leaves this share of the rows below it empty.
MIN_LEFT_EMPTY = 0.2
# It stands in one of the first columns.
MAX_ONCE_COLUMNS = 2


class RowKind(Enum):
    """The kind of a row below the header of a table."""

    RECORD = auto()
    TITLE = auto()  # one filled cell
    SUM = auto()
    AGGREGATE = auto()  # a sum or average that only the end of its first cell tells
    HEADER = auto()
    EMPTY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBody:
    """A table with its header (`head`) and the kind of each row below it (`kinds`); rows are numbered from 0."""

    table: Table
    head: Head
    kinds: tuple[RowKind, ...]

    @property
    def begin(self) -> int:
        """The number of the first row below the header."""
        return self.head.row + 1

    def rows(self, kind: RowKind) -> Iterator[tuple[int, Sequence[Value]]]:
        """Yield the rows of one kind, each with its number."""
        for number, each in enumerate(self.kinds, self.begin):
            if each is kind:
                yield number, self.table.rows[number]


def body_of(table: Table, head: Head, *, with_short: bool) -> TableBody:
    """Return a table with the kind of each row below its header.

    `with_short`: whether a row with one value may be the rest of the record above it, and so is no title.
    """
    known = [text for text in head.texts if text]
    lowest = _texts(table.rows[head.row])
    width = sum(1 for text in head.texts if text)
    kinds = []
    for number, row in enumerate(islice(table.rows, head.row + 1, head.row + 1 + MAX_DRAFT_ROWS), head.row + 1):
        texts = _texts(row)
        if not texts:
            kind = RowKind.EMPTY
        elif texts in (known, lowest):
            kind = RowKind.HEADER
        elif TOTAL.fullmatch(texts[0]):
            kind = RowKind.SUM
        elif number in table.across or (len(texts) == 1 and width > 2 and not with_short):
            kind = RowKind.TITLE
        elif AGGREGATE.search(texts[0]) and 4 * len(texts) < 3 * width:
            kind = RowKind.AGGREGATE
        else:
            kind = RowKind.RECORD
        kinds.append(kind)
    return TableBody(table=table, head=head, kinds=tuple(kinds))


def _texts(row: Sequence[Value]) -> list[str]:
    return [folded(printed(cell)) for cell in row if cell != ""]


def group_titles(body: TableBody) -> tuple[dict[int, str], bool]:
    """Return the title of each record's group, by the number of the record's row, and whether the header is repeated.

    The header is repeated if it stands again below each title; the first title is then above the first header. Return
    no titles and False unless each record has a title above it, at least two titles differ, and none is very long.
    """
    repeats = RowKind.HEADER in body.kinds
    above = _title_above(body) if repeats else ""
    title, titles, pending = above, {}, ""
    for number, kind in enumerate(body.kinds, body.begin):
        if kind is RowKind.TITLE:
            pending = _texts(body.table.rows[number])[0]
        elif kind is RowKind.HEADER:
            title, pending = (pending or title), ""
        elif kind is RowKind.RECORD:
            title, pending = (title if repeats else pending or title), ""
            titles[number] = title
    found = set(titles.values())
    if "" in found or len(found) < 2 or max(map(len, found)) > MAX_GROUP_LETTERS:
        return {}, False
    return titles, repeats


def _title_above(body: TableBody) -> str:
    """Return the one text in the nearest row above the header that has any; "" if that row has several."""
    first = body.head.row - body.head.count + 1
    for number in range(first - 1, -1, -1):
        texts = _texts(body.table.rows[number])
        if texts:
            return texts[0] if len(texts) == 1 else ""
    return ""


def group_column(titles: Sequence[str], origin: str) -> ColumnDraft:
    """Return the draft of a group field that takes its values from titles.

    `origin` says where the titles stand; see `GroupField`. Words that all titles share are left out of the values:
    `Boston AOR` and `Miami AOR` give `Boston` and `Miami`.
    """
    different = sorted(set(titles))
    pattern, name = None, ""
    if all(MONTH_IN_TITLE.search(text) for text in different):
        whole = all(MONTH_IN_TITLE.fullmatch(text) for text in different)
        pattern, name = (None if whole and origin == "sheet" else MONTH_PATTERN), "month"
    elif all(YEAR_IN_TITLE.search(text) for text in different):
        pattern, name = (r"((?:19|20)\d\d)", "year")
    else:
        words = [text.split() for text in different]
        end = _common([each[::-1] for each in words])[::-1]
        begin = _common(words)
        if begin or end:
            own = rf"^{literal(' '.join(begin))} (.+)$" if begin else rf"^(.+) {literal(' '.join(end))}$"
            pattern, name = own, field_name(" ".join(begin or end))
        if all(code_of(re.search(pattern, text)[1] if pattern else text) for text in different):  # type: ignore[index]
            name = "state"
    column = ColumnDraft(name=name or "section", origin=origin, pattern=pattern)  # type: ignore[arg-type]
    return replace(column, unsure=f"taken from titles like {different[0]!r}, and {different[-1]!r}")


def _common(texts: Sequence[Sequence[str]]) -> list[str]:
    """Return the words with which all texts begin; each has at least one word more."""
    shortest = min(map(len, texts))
    same = takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False))
    return [words[0] for words in same][: shortest - 1]


def value_of_title(column: ColumnDraft, title: str) -> str:
    """Return the value that a group field takes from a title."""
    found = re.search(column.pattern, title) if column.pattern else None
    return found[1] if found else title


def written_once(body: TableBody) -> list[int]:
    """Return the numbers, from 0, of the columns whose value is written once for several rows, as `fill_down` reads it.

    They are the first columns of the table. In such a column the first record has a value and many others are empty, no
    value is followed by the same value, and each record that is empty there has values in two other columns or more.
    """
    rows = [row for _, row in body.rows(RowKind.RECORD)]
    found: list[int] = []
    first = [index for index, text in enumerate(body.head.texts) if text]  # an empty column may stand before them
    for index in first[:MAX_ONCE_COLUMNS]:
        cells = [folded(printed(row[index])) if index < len(row) else "" for row in rows]
        filled = [cell for cell in cells if cell]
        apart = all(one != other for one, other in pairwise(filled))
        whole = all(sum(cell != "" for cell in row) >= 2 for row, cell in zip(rows, cells, strict=True) if not cell)
        some = len(cells) - len(filled) >= MIN_LEFT_EMPTY * len(cells)
        if not (len(cells) > 3 and cells[0] and apart and whole and some and len(filled) > 1):
            break
        found.append(index)
    return found


def aggregates(body: TableBody) -> tuple[str, str] | None:
    """Return the column and the pattern by which rows that sum up other rows are known, for the key `skip_rows`.

    The column is given by its header. Return None if there are no such rows, or if no single column tells them.
    """
    words: dict[str, None] = {}
    places: set[int] = set()
    for _, row in body.rows(RowKind.AGGREGATE):
        place = next(place for place, cell in enumerate(row) if cell != "")
        places.add(place)
        found = AGGREGATE.search(folded(printed(row[place])))
        assert found
        words[found[1].lower()] = None
    if len(places) != 1 or not words:
        return None
    place = places.pop()
    header = body.head.texts[place] if place < len(body.head.texts) else ""
    return (header, rf"\b(?:{'|'.join(words)})$") if header else None
