"""Finds the values of group fields: for each row of a table, the title or heading above it, or its sheet's name."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from monitor.extract.grid import printed, texts_of
from monitor.extract.row_kinds import ITEM_COUNT, says_sum
from monitor.extract.values import folded
from monitor.jurisdictions.states import code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from monitor.config.groups import GroupField
    from monitor.config.lists import ListDescription
    from monitor.extract.parts import TablePart

# The beginning of a row that is a note, and so no title of a group.
NOTE = re.compile(r"\s*(?:[*\u2020\u2021\u00a7]|(?:notes?|sources?)\s*[:.]|page \d)", re.IGNORECASE)
# The number of a page, alone in its row; a year is the title of a group.
PAGE_NUMBER = re.compile(r"\W*\d{1,3}\W*")
# Why a value was not found, by the place where it should stand.
WHY_MISSING = {
    "title_row": "no row with one filled cell that could be its title stands above",
    "heading": "no line above the table says it",
    "sheet": "the name of the sheet does not say it",
    "merged_cell": "no single merged cell stands above its columns",
}


class GroupReader:
    """Finds the values of a list's group fields for the rows of one part of a table.

    - `titles`: the numbers of the rows that are titles of groups.
    - `notes`: the numbers of all rows with one filled cell that are no records, if any such row may be a title. It also
      has the rows that are no title because they are a note or a sum.
    """

    def __init__(self, part: TablePart, description: ListDescription) -> None:
        self._part = part
        self._description = description
        self.titles: set[int] = set()
        self.notes: set[int] = set()
        self._leading = {each.number for each in part.lone if each.leads} | set(range(part.begin, part.row))
        self._finders = [self._finder(name, field) for name, field in description.group.items()]

    def values(self, row: int) -> tuple[str | None, ...]:
        """Return the values of the group fields for the row with this number; None for each that can't be found."""
        return tuple(find(row) for find in self._finders)

    def _finder(self, name: str, field: GroupField) -> Callable[[int], str | None]:
        """Return the function that finds the value of the field `name` for a row, given by its number."""
        if field.origin == "sheet":
            sheet = field.value_in(self._part.table.locate(0).sheet or "")
            return lambda _: sheet
        if field.origin == "heading":
            heading = _heading(field, self._part, of_state=name == self._description.jurisdiction.state)
            return lambda _: heading
        titles = list(self._titles(field))
        numbers = [number for number, _, _ in titles]
        if field.origin == "title_row":
            self.titles.update(numbers)
            self.notes.update(each.number for each in self._part.lone if field.pattern is None)
        # A title above the header is that of the whole table, if groups have titles within it.
        within = field.pattern is None and any(is_within for _, _, is_within in titles)

        def find(row: int) -> str | None:
            at = bisect_left(numbers, row) - 1
            if at < 0:
                return None
            number, text, _ = titles[at]
            return None if within and number in self._leading else text

        return find

    def _titles(self, field: GroupField) -> Iterator[tuple[int, str | None, bool]]:
        """Yield the titles of the whole table for a field: the row, the value, and whether it heads rows of a group."""
        found = dict(_spanning_cells(self._part, field)) if field.origin == "merged_cell" else {}
        for each in self._part.lone:
            if field.origin == "merged_cell" and not each.is_merged:
                continue
            if field.pattern is None and is_no_title(each.text):
                continue
            if (value := field.value_in(each.text)) is not None:
                found[each.number] = value
        heading = {each.number for each in self._part.lone if each.heads}
        yield from ((number, found[number], number in heading) for number in sorted(found))


def is_note(text: str) -> bool:
    """Return whether a row that has only this text is a note, as its beginning shows: like `* as of May 1`."""
    return bool(NOTE.match(text))


def is_no_title(text: str) -> bool:
    """Return whether a row that has only this text is no title, but a note, a sum, a count or the number of a page.

    `Total` and `12 counties` are no titles. The word `Counties` alone is one.
    """
    counts = "total" in text.casefold() or any(map(str.isdecimal, text))
    return is_note(text) or bool(PAGE_NUMBER.fullmatch(text)) or (counts and says_sum(text))


def state_among(titles: Iterable[str]) -> str | None:
    """Return the first of some titles that names a state, without the number of items behind it; None if none does."""
    shorter = (ITEM_COUNT.sub("", title) for title in titles)
    return next((title for title in shorter if code_of(title)), None)


def _heading(field: GroupField, part: TablePart, *, of_state: bool) -> str | None:
    """Return the value of a field in the lines above a header, or else in the captions and headings above the table.

    Without a pattern, it is the nearest line with one filled cell, or else the nearest caption or heading; of the field
    with the state of the places (`of_state`) it is the nearest one that names a state, if there is one. A repeated
    header that has no lines above it belongs to the heading of the part before.
    """
    while part.before is not None and not any(texts_of(part.table.rows[n]) for n in range(part.begin, part.top)):
        part = part.before
    table = part.table
    lone = {each.number for each in part.lone if each.leads}
    lines = [
        " ".join(map(folded, texts_of(table.rows[number])))
        for number in range(part.top - 1, part.begin - 1, -1)
        if field.pattern is not None or number in lone
    ]
    titles = table.titles if part.before is None or not lines else ()
    lines = [line for line in lines if field.pattern is not None or not NOTE.match(line)]
    if of_state and field.pattern is None and (state := state_among((*lines, *titles))):
        return state
    return next(filter(None, map(field.value_in, (*lines, *titles))), None)


def _spanning_cells(part: TablePart, field: GroupField) -> Iterator[tuple[int, str | None]]:
    """Yield the nearest merged cell above the columns of a part that covers several of them: its row and its value.

    The value is None if several merged cells of that row do so. Rows in which nothing else stands are left out.
    """
    columns = sorted(part.header.columns.values())
    least = min(2, len(columns))
    lone = {each.number for each in part.lone}
    for number in (number for number in range(part.row - 1, part.begin - 1, -1) if number not in lone):
        row = part.table.rows[number]
        covering = [
            column
            for column in range(len(row))
            if (end := part.table.spans.get((number, column))) is not None
            and row[column] != ""
            and sum(column <= each <= end for each in columns) >= least
        ]
        if covering:
            one = covering[0] if len(covering) == 1 else None
            yield number, None if one is None else field.value_in(folded(printed(row[one])))
            return
