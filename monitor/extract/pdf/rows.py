"""Sorts the rows of all tables in a PDF by the list that they belong to, even if a list goes on over several pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract import header
from monitor.extract.groups import is_note
from monitor.extract.listed_no_more import says_gone
from monitor.extract.pdf.bands import Band
from monitor.extract.pdf.print import in_both
from monitor.extract.pdf.row import (
    MAX_SHOWN_CHARACTERS,
    ListRow,
    RowPart,
    field_words,
    in_one_line,
    is_merged_row,
    is_repeated,
    is_sum_row,
    row_part,
    row_texts,
    shown_row,
)
from monitor.extract.pdf.text import paragraphs
from monitor.extract.pdf.titles import GroupTitles
from monitor.extract.row_kinds import MIN_JUDGED_COLUMNS
from monitor.extract.values import folded
from monitor.model import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.extract.pdf.cells import PdfTable
    from monitor.extract.pdf.print import Gap
    from monitor.extract.pdf.row import Cells
    from monitor.extract.pdf.table import UnderstoodPage
    from monitor.extract.pdf.text import Lines

    Found = tuple[str, header.Header]  # a list's name, and where its columns are
    Fields = tuple[tuple[int, int] | None, ...]

# The outer borders of a table may be this far off on the next page.
MAX_BORDER_SHIFT_POINTS = 3.0
# A header is looked for with patience in this many rows, because a title may stand above it.
TITLE_ROWS = 3
# A table without rules between its rows has no more of them on a page: its header, and one that holds all rows.
MAX_BANDS = 3
# Of the rows that no list takes, so many are accounted for.
MAX_UNLISTED_ROWS = 2_000
DIGIT = re.compile(r"\d")
# The heading of a numbered part of a report, like `Section IV: Detainers honored`.
NUMBERED_PART = re.compile(r"\s*(?:section|part|appendix|annex|attachment)\s+([ivx]+|\d+|[a-z])\b", re.IGNORECASE)
# So many texts of cells are remembered, as to whether they are of a header.
MAX_KNOWN_TEXTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """The list whose rows are being read at the moment.

    - `name`: the name of the list. `table`: the last of its tables so far.
    - `gaps`: for each border between two columns, the places that are free in all its tables.
    - `fields`: for each field, the number of its first column and the number after its last one; None if the table
      lacks it.
    - `beside`: the same for each further time that the header stands in its row: the list goes on beside itself.
    """

    name: str
    table: PdfTable
    gaps: Sequence[Gap]
    fields: Fields
    beside: tuple[Fields, ...] = ()


class RowSorter:
    """Adds each row of each table to the list under whose header it is. Give it the pages in order, by `add`.

    `lists` has the descriptions by the names of the lists. The results are in the attributes: `rows` has the rows of
    each list, `rest` the text that belongs to no list, `titles` the group fields, and the others say what was left out.
    """

    def __init__(self, lists: Mapping[str, ListDescription]) -> None:
        self.rows: dict[str, list[ListRow]] = {}
        self.rest: list[Lines] = []  # the text that belongs to no list
        self.strange: list[str] = []  # first rows of tables that belong to none
        self.headers: dict[str, dict[str, str]] = {}  # by list and field
        self.undescribed: dict[str, list[str]] = {}  # headers of further columns, by list
        self.notes: dict[str, list[str]] = {}  # texts of rows that are no records, by list
        self.others: dict[str, list[list[str]]] = {}  # the rows of other tables, by the words of their first row
        self.sections: dict[str, dict[str, str]] = {}  # by list and number, the headings of the parts that it stands in
        self.titles = GroupTitles(lists)
        self._printed_texts: dict[str, tuple[int, set[tuple[int, str]]]] = {}  # by list, of how many of its rows
        self._lone: list[tuple[str, bool]] = []  # the rows of a table with one filled cell, above its header
        self._is_apart = False
        self._leading = {name: _leading(each) for name, each in lists.items()}
        self._lists = lists
        self._running: _Running | None = None
        self._above = ""  # the line of text directly above a table; "" where another table stands there
        self._gone = ""
        self._under: frozenset[str] = frozenset()  # the lists that the last heading names
        self._known: dict[tuple[tuple[str, ...], frozenset[str]], Found | None] = {}
        self._words = {name: frozenset(_variants(each)) for name, each in lists.items()}
        self._patterns = [
            column.header_pattern
            for each in lists.values()
            for column in each.columns.values()
            if column.header_pattern
        ]
        self._of_headers: dict[str, bool] = {}  # by text, what `_is_of_headers` said
        self._vocabulary = {word for variants in self._words.values() for variant in variants for word in variant}

    def add(self, page: UnderstoodPage) -> None:
        """Add the rows of the next page to their lists.

        Raises LayoutError if a table seems to continue a list, but its columns don't fit those of the list.
        """
        prose = list(page.prose)
        for index, table in enumerate(page.tables):
            while prose and prose[0].top < table.tops[0]:
                self._hear(prose.pop(0).text, heads=True)
            self._add(table, first=index == 0)
        for line in prose:
            self._hear(line.text, heads=True)
        self.rest += paragraphs(page.prose)

    def _hear(self, line: str, *, heads: bool) -> None:
        """Check whether a line of text outside of the lists is a heading that the description of a list names.

        If so, the tables after it belong to these lists. `heads` says whether the line stands alone, so that a group
        may be named by it.
        """
        self._above = line
        if heads:
            self.titles.hear(line)
        named = frozenset(name for name, each in self._lists.items() if each.heading and each.heading.search(line))
        self._under = named or self._under

    def _add(self, table: PdfTable, *, first: bool) -> None:
        """Add the rows of a table to their lists; `first` says whether it is the first table of its page.

        A table with the same columns as the table before continues the list of that table. Raises LayoutError if it
        only seems to do so.
        """
        fitted = self._fitted(table)
        # A table that begins with the header of a list belongs to that list, whatever its columns.
        known = fitted is table and self._header(table.rows[0], patient=True)
        other = fitted is not None and not known and self._has_other_header(fitted)
        fitted = None if other else fitted
        table, follows, begun = fitted or table, fitted is not None, False
        self._lone.clear()
        taken: list[int] = []
        for index, row in enumerate(table.rows):
            header_found = self._header(row, patient=index < TITLE_ROWS and not begun)
            if header_found:
                self._take_beside(table, taken)
                self._begin(table, row, found=header_found, first=first)
                follows = begun = True
            elif is_merged_row(row) or not follows:
                self._set_aside(row, within=follows)
            else:
                self._take(table, index)
                taken.append(index)
        self._take_beside(table, taken)
        self._above = ""
        if follows and self._running:
            if table.loose:
                raise LayoutError(
                    f"page {table.page}: {table.loose[:MAX_SHOWN_CHARACTERS]!r} stands in the columns of the list "
                    f"{self._running.name!r}, and in none of its rows: there are no lines around it"
                )
            self._running = replace(self._running, table=table)
            return
        self.strange.append(shown_row(table.rows[0]))
        self._account_for(table)
        before = self._running
        if (
            first
            and before
            and not other
            and table.page - before.table.page == 1
            and len(table.gaps) == len(before.gaps)
        ):
            raise LayoutError(
                f"page {table.page}: a table with as many columns as that of {before.name!r} on the page before, but "
                f"of other widths and without a known header; its first row is {self.strange[-1]!r}"
            )

    def _header(self, row: Cells, *, patient: bool) -> Found | None:
        """Return the list that has this row as its header, with the places of its columns; None if no list has.

        Without `patient`, a row is examined only if all its words occur in some described header; this saves time.
        """
        if not patient and not all(self._is_of_headers(in_one_line(cell.lines)) for cell in row if cell):
            return None
        texts = row_texts(row)
        if sum(map(bool, texts)) < 2:
            return None
        if (texts, self._under) not in self._known:
            fits = [
                (name, columns)
                for name, each in self._lists.items()
                if not each.heading or name in self._under
                if (columns := header.find_header(texts, each)).complete
            ]
            self._known[texts, self._under] = max(fits, key=lambda fit: fit[1].fit, default=None)
        return self._known[texts, self._under]

    def _is_of_headers(self, text: str) -> bool:
        """Return whether all words of a text occur in described headers, or a pattern of a header is found in it."""
        known = self._of_headers.get(text)
        if known is None:
            known = self._vocabulary.issuperset(header.header_words(text))
            known = known or any(pattern.search(folded(text)) for pattern in self._patterns)
            if len(self._of_headers) < MAX_KNOWN_TEXTS:
                self._of_headers[text] = known
        return known

    def _begin(self, table: PdfTable, row: Cells, *, found: Found, first: bool) -> None:
        """Begin to read a list: `row` is its header, and the rows after it belong to the list.

        `found` is what `_header` returned for the row. `first` says whether the table is the first one of its page: it
        then may go on with the list, and what stands above it may be the head of the page.
        """
        name, columns = found[0], found[1].columns
        if says_gone(self._above):
            self._gone = self._above
        elif self._above and not (first and self._running and self._running.name == name):
            self._gone = ""
        if not self._gone and not self._lists[name].group and (numbered := NUMBERED_PART.match(self._above)):
            self.sections.setdefault(name, {}).setdefault(numbered[1].casefold(), self._above)
        fields, *beside = self._fields(row, found)
        for text, merged in self._lone:
            self.titles.title(name, text, merged=merged)
        self._lone.clear()
        self.titles.begin(name)
        self._running = _Running(name=name, table=table, gaps=table.gaps, fields=fields, beside=tuple(beside))
        self.rows.setdefault(name, [])
        if name not in self.headers:
            texts = row_texts(row)
            self.headers[name] = {field: texts[index] for field, index in columns.items()}
            self.undescribed[name] = [
                text
                for index, text in enumerate(texts)
                if text and index not in {span[0] for each in (fields, *beside) for span in each if span}
            ]

    def _fields(self, row: Cells, found: Found) -> Iterator[Fields]:
        """Yield where the fields of a list are in a header row: once, or each time if the whole row repeats itself.

        `found` is what `_header` returned for the row.
        """
        name = found[0]
        repeats = is_repeated(row_texts(row))
        further: Found | None = found
        while further and further[0] == name:
            columns = further[1].columns
            cells = [row[columns[field]] if field in columns else None for field in self._lists[name].columns]
            fields = tuple(
                (columns[field], columns[field] + cell.columns) if cell else None
                for field, cell in zip(self._lists[name].columns, cells, strict=True)
            )
            yield fields
            if not repeats:
                return
            end = max(span[1] for span in fields if span)
            row = (*(None for _ in row[:end]), *row[end:])
            further = self._header(row, patient=True)

    def _take_beside(self, table: PdfTable, taken: list[int]) -> None:
        """Add what stands in some rows of a table under further headers of the current list; forget these rows.

        `taken` are their numbers. What stands at the left of them has been added.
        """
        if running := self._running:
            for fields in running.beside:
                self._running = replace(running, fields=fields)
                for index in taken:
                    self._take(table, index)
            self._running = running
        taken.clear()

    def _fitted(self, table: PdfTable) -> PdfTable | None:
        """Return the table with the columns of the table before, if it continues that one; else None.

        Columns at its left may be missing, if a merged cell takes the place of all their cells; these columns are
        added, without cells. Raises LayoutError if the table fits, but its first row is almost a header.
        """
        before = self._running
        lacking = len(before.gaps) - len(table.gaps) if before else -1
        if not before or lacking < 0 or (lacking and table.page - before.table.page > 1):
            return None
        moved = 0.0 if lacking else table.edges[0] - before.table.edges[0]
        borders = _borders(before.table.edges, before.gaps)
        pairs = zip(borders[lacking:], _borders(table.edges, table.gaps), strict=True)
        shared = [in_both(old, new, moved=moved) for old, new in pairs]
        if not all(shared):
            return None
        if self._is_nearly_header(table.rows[0]):
            raise LayoutError(f"page {table.page}: no list has the header {shown_row(table.rows[0])!r}")
        gaps = tuple([*borders[:lacking], *shared][1:-1])
        self._running = replace(before, gaps=gaps)
        if not lacking:
            return table
        edges, rows = (*before.table.edges[:lacking], *table.edges), (((None,) * lacking + row) for row in table.rows)
        return replace(table, edges=edges, gaps=gaps, rows=tuple(rows))

    def _has_other_header(self, table: PdfTable) -> bool:
        """Return whether a table with the columns of the current list begins with a header that is not the list's.

        Its first row then has words in each column, none of which a row of the list has there; and it has no date where
        the next row has one.
        """
        assert self._running
        description, rows = self._lists[self._running.name], self.rows[self._running.name]
        dates = [place for place, column in enumerate(description.columns.values()) if column.kind == "date"]
        if len(table.rows) < 2 or not dates:
            return False
        head, below = (
            [field_words(row, field) if field else "" for field in self._running.fields] for row in table.rows[:2]
        )
        if not all(head[place] and DIGIT.search(below[place]) for place in dates) or DIGIT.search("".join(head)):
            return False
        filled = [(place, text) for place, text in enumerate(head) if self._running.fields[place]]
        return all(text for _, text in filled) and self._printed(self._running.name, rows).isdisjoint(filled)

    def _printed(self, name: str, rows: Sequence[ListRow]) -> set[tuple[int, str]]:
        """Return the texts that the rows of a list have so far, each with the index of its field."""
        count, printed = self._printed_texts.get(name, (0, set()))
        for row in rows[count:]:
            printed.update((place, " ".join(part.lines)) for place, part in enumerate(row.parts) if part)
        self._printed_texts[name] = len(rows), printed
        return printed

    def _is_nearly_header(self, row: Cells) -> bool:
        """Return whether a row has two exact column headers of one list, but is the header of no list."""
        row_words = {header.header_words(text) for text in row_texts(row)} - {()}
        like = any(len(row_words & variants) >= 2 for variants in self._words.values())
        return like and self._header(row, patient=True) is None

    def _take(self, table: PdfTable, index: int) -> None:
        """Add row number `index` of a table to the current list, unless it has no text of its own or is no record."""
        assert self._running
        top, bottom = table.tops[index], table.tops[index + 1]
        row = table.rows[index]
        parts = tuple([row_part(row, field, top) if field else None for field in self._running.fields])
        if not any(part and part.lines and not part.shared for part in parts):
            return  # a row that says nothing of its own
        if is_sum_row(parts) or self._is_group_title(row, table) or self._is_title(parts, table):
            self._note(row)
            return
        for some, above, below in self._apart(parts, table, top, bottom):
            self._put(some, table, above, below)

    def _is_group_title(self, row: Cells, table: PdfTable) -> bool:
        """Return whether a row of the current list is the title of a group, as the list's description has groups.

        Raises LayoutError for the first row on a page if it could be the rest of the last row on the page before, too.
        """
        assert self._running
        name = self._running.name
        if not self._lists[name].group:
            return False
        filled = [cell for cell in row if cell and cell.lines]
        if len(filled) != 1 or filled[0].rows > 1:
            return False
        rows, text = self.rows[name], in_one_line(filled[0].lines)
        opens = bool(rows) and rows[-1].boxes[-1].page != table.page and not self._is_apart
        if opens and self.titles.guesses(name):
            raise LayoutError(
                f"page {table.page}: {text[:MAX_SHOWN_CHARACTERS]!r} may be the title of a group in {name!r}, or the "
                "rest of the row on the page before; give its group a pattern"
            )
        return self.titles.title(name, text, merged=False)

    def _is_title(self, parts: Sequence[RowPart | None], table: PdfTable) -> bool:
        """Return whether a row is a title of the rows below it, or a note.

        Only its leftmost cell is filled, and that can't name a record, or begins as notes do. The first row of a page
        is never taken for a title, since it may be the rest of the last row on the page before.
        """
        assert self._running
        description, rows = self._lists[self._running.name], self.rows[self._running.name]
        filled = [place for place, part in enumerate(parts) if part and part.lines]
        if len(filled) != 1:
            return False
        leftmost = min((span[0], place) for place, span in enumerate(self._running.fields) if span)[1]
        key = {description.fields.index(field) for field in description.key if field in description.columns}
        part = parts[leftmost]
        is_record = description.whole_row is not None or key <= {leftmost}
        return (
            len(parts) >= MIN_JUDGED_COLUMNS
            and filled == [leftmost]
            and part is not None
            and (not is_record or (key != {leftmost} and is_note(in_one_line(part.lines))))
            and part.rows == 1
            and (not rows or rows[-1].boxes[-1].page == table.page)
        )

    def _put(self, parts: tuple[RowPart | None, ...], table: PdfTable, top: float, bottom: float) -> None:
        """Add a row to the current list; `top` and `bottom` are its place on the page in points."""
        assert self._running
        rows = self.rows[self._running.name]
        left, right = table.edges[0], table.edges[-1]
        left, top, right, bottom = round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)
        box = Box(page=table.page, left=left, top=top, right=right, bottom=bottom)
        opens = bool(rows) and rows[-1].boxes[-1].page != table.page
        groups = self.titles.row(self._running.name)
        rows.append(
            ListRow(parts=parts, boxes=(box,), opens=opens, groups=groups, is_apart=self._is_apart, gone=self._gone)
        )
        self._is_apart = False

    def _apart(
        self, parts: tuple[RowPart | None, ...], table: PdfTable, top: float, bottom: float
    ) -> Iterator[tuple[tuple[RowPart | None, ...], float, float]]:
        """Yield the list's rows that one row of the table holds: usually one, but more if no lines are drawn between.

        Each comes with its top and bottom on the page. Raises LayoutError if the rows can't be told apart.
        """
        assert self._running
        if len(table.rows) > MAX_BANDS:
            yield parts, top, bottom
            return
        band = Band(cells=[(part.lines, [line.middle for line in part.printed]) if part else None for part in parts])
        try:
            several = band.rows(self._leading[self._running.name])
        except ValueError as fault:
            name = self._running.name
            raise LayoutError(
                f"page {table.page}: the rows of the list {name!r} can't be told apart: {fault}"
            ) from fault
        if not several:
            yield parts, top, bottom
            return
        starts = band.starts(self._leading[self._running.name])
        gap = (starts[1] - starts[0]) / 2
        tops = [top, *(start - gap for start in starts[1:]), bottom]
        for each, above, below in zip(several, tops, tops[1:], strict=False):
            made = (RowPart(lines=lines) if part else None for lines, part in zip(each, parts, strict=True))
            yield tuple(made), above, below

    def _note(self, row: Cells) -> None:
        """Note the texts of a row of the current list that is no record, for the account.

        The account says which parts of a file were read into no list, and what is doubtful.
        """
        assert self._running
        self._is_apart = True
        if texts := [text for text in row_texts(row) if text]:
            notes = self.notes.setdefault(self._running.name, [])
            notes += texts[: MAX_UNLISTED_ROWS - len(notes)]

    def _account_for(self, table: PdfTable) -> None:
        """Note the rows of a table that belongs to no list, for the account.

        They are put together with those of other tables that begin with the same words.

        The account says which parts of a file were read into no list, and what is doubtful.
        """
        rows = [filled for row in table.rows if (filled := [text for text in row_texts(row) if text])]
        if rows:
            where = re.sub(r"\d+", "", shown_row(table.rows[0])) or "a table"
            known = self.others.setdefault(where, [])
            known += rows[: MAX_UNLISTED_ROWS - len(known)]

    def _set_aside(self, row: Cells, *, within: bool) -> None:
        """Keep the text of a row that belongs to no list, with the text outside of tables; it may be a heading.

        `within` says that the row is in the table of a list.
        """
        filled = [cell for cell in row if cell and cell.lines]
        if len(filled) == 1 and not within:
            self._lone.append((in_one_line(filled[0].lines), filled[0].columns > 1))
        if within:
            self._note(row)
            if self._running and len(filled) == 1:
                self.titles.title(self._running.name, in_one_line(filled[0].lines), merged=filled[0].columns > 1)
        for cell in filter(None, row):
            self.rest.append(cell.lines)
            self._hear(" ".join(cell.lines), heads=len(filled) == 1)


def _variants(description: ListDescription) -> Iterator[tuple[str, ...]]:
    for column in description.columns.values():
        yield from map(header.header_words, column.header)


def _borders(edges: Sequence[float], gaps: Sequence[Gap]) -> list[Gap]:
    """Return the places where each border between columns may be, with the left and right end of the table."""
    first, last = ([(edge - MAX_BORDER_SHIFT_POINTS, edge + MAX_BORDER_SHIFT_POINTS)] for edge in (edges[0], edges[-1]))
    return [first, *gaps, last]


def _leading(description: ListDescription) -> tuple[int, ...]:
    """Return the indexes, from 0, of the fields whose values tell one row of a list from the next.

    These are the fields that identify a record or give its name. If there is only one of them, all fields are returned.
    """
    named = [*description.key, *description.names[:1], *([description.whole_row] if description.whole_row else [])]
    places = sorted({description.fields.index(field) for field in named if field in description.columns})
    return tuple(places if len(places) > 1 else range(len(description.columns)))
