"""Finds the parts of a table in which the header stands several times, as in a table for each month below the other.

Each part is one header, the lines above it and the rows below it. Also finds the rows with one filled cell, which may
be titles of groups.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from monitor.extract import header
from monitor.extract.grid import MAX_HEADER_CELLS, header_texts, printed, texts, texts_of
from monitor.extract.row_kinds import are_figures, says_sum
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from re import Pattern

    from monitor.config.lists import ListDescription
    from monitor.extract.grid import Table, Value
    from monitor.extract.header import Header

# A header is looked for in this many rows at the top, not counting empty ones.
MAX_HEADER_ROWS = 30
# No further row is looked at once a header fits this well, of 1.
PERFECT_FIT = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneRow:
    """A row with one filled cell, which may be the title of the rows below it.

    - `number`, `text`: the number of the row in its table, from 0, and the text of the cell.
    - `is_merged`: whether the cell is merged over several columns.
    - `leads`: whether it is one of the lines above a header.
    - `heads`: whether it stands below a header, and other rows of the same part follow it.
    """

    number: int
    text: str
    is_merged: bool
    leads: bool = False
    heads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePart:
    """A header of a list, and the part of a table that belongs to it.

    - `table`: the table.
    - `row`: the number of the header's last row in the table, from 0; all other numbers of rows count so too.
    - `header`: the columns of the list that the header names. `texts`: the text of each column's header.
    - `begin`: the number of the first of the lines above the header that belong to the part.
    - `end`: the number after that of the last row of the part.
    - `top`: the number of the header's first row.
    - `lone`: the rows of the whole table with one filled cell, if the list needs them.
    - `before`: the part above it in the table, or None.
    """

    table: Table
    row: int
    header: Header
    texts: Sequence[str]
    begin: int
    end: int
    top: int
    lone: tuple[LoneRow, ...] = ()
    before: TablePart | None = None


def best_header(table: Table, description: ListDescription) -> TablePart:
    """Return the whole table as one part, with the row that fits best as the header of the list.

    The header is looked for near the top of the table, unless `description` says in which row it stands.
    """
    nowhere = header.Header(columns={}, missing=tuple(description.columns), fit=0.0)
    best = TablePart(table=table, row=0, header=nowhere, texts=(), begin=0, end=len(table.rows), top=0)
    for index in islice(_header_places(table, description), MAX_HEADER_ROWS):
        cells = header_texts(table, index, description.header_rows)
        candidate = replace(
            best,
            row=index,
            header=header.find_header(cells, description),
            texts=cells,
            top=index - description.header_rows + 1,
        )
        best = max(best, candidate, key=fit_rank)
        if best.header.complete and best.header.fit > PERFECT_FIT:
            break
    return best


def parts_with_header(table: Table, description: ListDescription) -> list[TablePart]:
    """Return the parts of a table that belong to the list with this description; none if it lacks the list's header."""
    first = best_header(table, description)
    return split_table(first, description) if first.header.complete else []


def fit_rank(candidate: TablePart) -> tuple[bool, float, int]:
    """Return a sort key for a possible header; it is greater for a better one.

    A complete header comes before any other; then the better fit counts, then the greater number of columns.
    """
    header_found = candidate.header
    return header_found.complete, header_found.fit if header_found.complete else 0.0, len(header_found.columns)


def _header_places(table: Table, description: ListDescription) -> Iterator[int]:
    """Yield the numbers, from 0, of the rows that may be the (last) row of the header: the filled ones."""
    if description.header_row is not None:
        if description.header_row <= len(table.rows):
            yield description.header_row - 1
        return
    first = description.header_rows - 1
    yield from (index for index, row in enumerate(table.rows) if index >= first and any(cell != "" for cell in row))


def split_table(first: TablePart, description: ListDescription) -> list[TablePart]:
    """Return the parts of a table, each with a header of its own.

    `first` is the part that `best_header` returns: the whole table. It is split only if the description says
    `tables: all` or has group fields. Otherwise it is returned alone, and where its header is repeated, that row is no
    record.
    """
    if description.tables == "one" and not description.group:
        return [first]
    table = first.table
    lone = {each.number: each for each in _lone_rows(table)}
    patterns = [each.pattern for each in description.group.values() if each.origin == "heading" and each.pattern]
    headers: list[tuple[int, Header, Sequence[str]]] = [(first.row, first.header, first.texts)]
    begins, tops = [0], [first.top]
    for further in _further_headers(first, description):
        row, found, _ = further
        top = row - description.header_rows + 1
        begin = _first_line(table, top, headers[-1][0] + 1, lone, patterns)
        has_lines = any(texts_of(table.rows[number]) for number in range(begin, top))
        if has_lines or found.columns != headers[-1][1].columns:  # else it is the header once more, as on a new page
            headers.append(further)
            begins.append(begin)
            tops.append(top)
    ends = [*begins[1:], len(table.rows)]
    rows = _placed(table, lone, spans=[*zip(begins, tops, (row for row, _, _ in headers), ends, strict=True)])
    parts: list[TablePart] = []
    for (row, found, header_cells), begin, top, end in zip(headers, begins, tops, ends, strict=True):
        before = parts[-1] if parts else None
        parts.append(
            replace(
                first,
                row=row,
                header=found,
                texts=header_cells,
                begin=begin,
                end=end,
                top=top,
                lone=rows,
                before=before,
            )
        )
    return [each for part in parts for each in _beside(part, description)] if description.tables == "all" else parts


def _beside(part: TablePart, description: ListDescription) -> list[TablePart]:
    """Return a part, and those that stand beside it under the same headers in the same row, as one year beside another.

    Each has its own columns for all fields, so that a row of the table may hold a record of each.
    """
    words = dict(enumerate(text.casefold() for text in header_texts(part.table, part.row)))  # of the lowest row alone
    found, rest = [part.header], list(part.texts)
    while True:
        for index in found[-1].columns.values():
            rest[index] = ""
        further = header.find_header(rest, description)
        alike = further.complete and all(
            field in part.header.columns and words.get(index, "") == words.get(part.header.columns[field], "")
            for field, index in further.columns.items()
        )
        if not alike:
            break
        found.append(further)
    return [replace(part, header=replace(each, unsure=found[-1].unsure)) for each in found]


def _lone_rows(table: Table) -> Iterator[LoneRow]:
    for number, row in enumerate(table.rows):
        filled = _filled(row)
        if len(filled) == 1 or (filled and number in table.across):
            yield LoneRow(number=number, text=folded(printed(filled[0])), is_merged=number in table.across)


def _filled(row: Sequence[Value]) -> list[Value]:
    """Return the cells of a row that hold more than blanks."""
    return [cell for cell in row if cell != "" and not (isinstance(cell, str) and cell.isspace())]


def _further_headers(first: TablePart, description: ListDescription) -> Iterator[tuple[int, Header, list[str]]]:
    """Yield the headers of the list below the first one in its table: row, columns, and the text of each column's.

    A row is looked at closely only if half of the columns' headers stand in it, as they are in the first header.
    """
    table = first.table
    cells = header_texts(table, first.row)
    known = {cells[index].casefold() for index in first.header.columns.values() if index < len(cells)} - {""}
    patterns = [each.header_pattern for each in description.columns.values() if each.header_pattern]
    for number in range(first.row + description.header_rows, len(table.rows)):
        row = table.rows[number]
        if number not in table.across and _is_like_header(row, known, patterns):
            header_cells = header_texts(table, number, description.header_rows)
            found = header.find_header(header_cells, description)
            if found.complete:
                yield number, found, header_cells


def _is_like_header(row: Sequence[Value], known: set[str], patterns: Sequence[Pattern[str]]) -> bool:
    """Return whether half of the known headers stand in a row, or texts in which a pattern is found."""
    words = [folded(cell).casefold() for cell in row[:MAX_HEADER_CELLS] if isinstance(cell, str) and cell]
    if 2 * len(words) < len(known):
        return False
    found = sum(word in known or any(pattern.search(word) for pattern in patterns) for word in words)
    return found > 0 and 2 * found >= len(known)


def _first_line(
    table: Table, top: int, floor: int, lone: Mapping[int, LoneRow], patterns: Sequence[Pattern[str]]
) -> int:
    """Return the number of the first of the lines that stand directly above a header and belong to it.

    - `top`: the number of the header's first row. `floor`: the lowest number that may be returned.
    - `lone`: the rows with one filled cell, by their numbers: these are lines, down to an empty row above them.
    - `patterns`: of fields that are taken from the heading; a row that one fits is a line, too.
    """
    number, has_line = top, False
    while number > floor:
        line = " ".join(texts_of(table.rows[number - 1]))
        if not line:
            if has_line:
                break
        elif number - 1 in lone or any(pattern.search(line) for pattern in patterns):
            has_line = True
        else:
            break
        number -= 1
    return number


def _placed(
    table: Table, lone: Mapping[int, LoneRow], *, spans: Sequence[tuple[int, int, int, int]]
) -> tuple[LoneRow, ...]:
    """Return the rows with one filled cell with their places: above a header, or before other rows of a part.

    `spans` has for each part the number of its first line, of the first and the last row of its header, and the number
    after its last row.
    """
    placed: list[LoneRow] = []
    for begin, top, row, end in spans:
        placed += [replace(lone[number], leads=True) for number in range(begin, top) if number in lone]
        is_followed = False
        within: list[LoneRow] = []
        for number in range(end - 1, row, -1):
            if number in lone:
                within.append(replace(lone[number], heads=is_followed))
            else:
                is_followed = is_followed or bool(_filled(table.rows[number]))
        placed += reversed(within)
    return tuple(placed)


def short_rows(part: TablePart, *, width: int) -> list[int]:
    """Return the numbers of the rows with fewer cells than the header, in which values may be in the wrong columns.

    Return none unless most rows have as many cells as the header. Rows with a single value are left out, since they may
    be titles; so are sums.

    `part`: the header and its rows. `width`: the number of the header's cells.
    """
    rows = part.table.rows
    below = range(part.row + 1, part.end)
    short = [number for number in below if 1 < len(rows[number]) < width and _lacks_cells(rows[number])]
    whole = sum(len(rows[number]) >= width for number in below)
    return short if whole > len(short) else []


def _lacks_cells(row: Sequence[Value]) -> bool:
    """Return whether a short row may be a record that lacks cells: it has several values, and is no sum of figures."""
    filled = texts([cell for cell in row if cell != ""])
    return len(filled) > 1 and not (says_sum(filled[0]) and are_figures(filled[1:]))
