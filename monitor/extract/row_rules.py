"""Applies the rules of a description for the rows of a table: `skip_rows`, `fill_down`, titles of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from monitor.extract.grid import MAX_HEADER_CELLS, texts, texts_of
from monitor.extract.groups import WHY_MISSING, GroupReader, is_note
from monitor.extract.row_kinds import says_sum
from monitor.model import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.parts import TablePart
    from monitor.extract.row_kinds import RowKinds

    Values = tuple[str | None, ...]

MAX_SHOWN_CHARACTERS_OF_ROW = 80


class RowRules:
    """The rules of a description for the rows of one part of a table. Give it the rows in order.

    - `missing`: for each field whose value could not be found in some rows, a text that names each of these rows. One
      dictionary may serve several parts.
    - `titles`: the numbers of the rows that are titles of groups.
    """

    def __init__(
        self, part: TablePart, description: ListDescription, kinds: RowKinds, missing: dict[str, list[str]]
    ) -> None:
        self._table = part.table
        self._kinds = kinds
        self._missing = missing
        self._columns = tuple(description.columns)
        self._groups = GroupReader(part, description) if description.group else None
        self.titles = frozenset(self._groups.titles) if self._groups else frozenset()
        self._notes = frozenset(self._groups.notes) if self._groups else frozenset()
        self._group_names = tuple(description.group)
        fields = description.fields
        self._skip = [(fields.index(name), pattern) for name, pattern in description.skip_rows.items()]
        self._header = {_line(part, number) for number in range(part.top, part.row + 1)} if part.top < part.row else ()
        self._filled = [
            place
            for place, (name, column) in enumerate(description.columns.items())
            if column.fill_down and name in part.header.columns
        ]
        self._above: dict[int, str | None] = {}  # the value that an empty cell takes, by its place

    @classmethod
    def of(
        cls, part: TablePart, description: ListDescription, kinds: RowKinds, missing: dict[str, list[str]]
    ) -> Self | None:
        """Return the rules for a part of a table; None if the description has no rules for rows."""
        filled = any(column.fill_down for column in description.columns.values())
        has_rules = filled or description.group or description.skip_rows or description.header_rows > 1
        return cls(part, description, kinds, missing) if has_rules else None

    def applied(self, number: int, values: Values) -> Values | None:
        """Return the values of a row, in which `fill_down` has filled empty cells with the values above them.

        Return None if a rule says that the row is no record. A row without values of its own is not filled. `number`
        is the number of the row in its table, from 0.
        """
        if number in self.titles:
            self._above.clear()
            return None
        if number in self._notes:
            return None
        if self._header and _texts_in_line(texts(self._table.rows[number][:MAX_HEADER_CELLS])) in self._header:
            return None
        own = self.own(values)
        for place, pattern in self._skip:
            if place < len(own) and own[place] and pattern.search(own[place] or ""):
                self._above.pop(place, None)
                return None
        if self._filled and not self._may_be_record(number, own):
            return None
        return self._filled_in(values) if any(own) else own

    def _may_be_record(self, number: int, own: Values) -> bool:
        """Return whether a row may be a record, by the values that it does not only take from above.

        A title, a sum, and a value that stands alone for the rows below are none. It is noted what holds below them.
        """
        filled = [place for place, value in enumerate(own) if value]
        first = (own[filled[0]] or "") if filled else ""
        if len(filled) == 1 and is_note(first):
            return False
        if number in self._table.across:
            self._above.clear()
            return False
        if filled and self._kinds.is_sum(own):
            for place in self._filled:
                if own[place] and says_sum(own[place] or ""):
                    self._above.pop(place, None)
            return False
        if len(filled) == 1 and filled[0] in self._filled and len(own) > 1:
            self._above[filled[0]] = first
            return False
        return True

    def own(self, values: Values) -> Values:
        """Return a row's values, with "" for each value of a `fill_down` column that only repeats the one above."""
        if not self._filled:
            return values
        return tuple(
            "" if place in self._filled and value and value == self._above.get(place) else value
            for place, value in enumerate(values)
        )

    def _filled_in(self, values: Values) -> Values:
        if not self._filled:
            return values
        return tuple(
            value or (self._above.get(place) or "") if place in self._filled else value
            for place, value in enumerate(values)
        )

    def take(self, number: int, values: Values) -> None:
        """Note that row `number` is a record with these values; `fill_down` gives them to empty cells below it."""
        for place in self._filled:
            if values[place]:
                self._above[place] = values[place]
            else:
                self._miss(self._columns[place], number)

    def with_groups(self, records: Sequence[Record], numbers: Sequence[int]) -> tuple[list[Record], list[int]]:
        """Return the records with the values of their group fields, and the numbers of rows that `skip_rows` skips.

        `numbers` has for each record the number of its row. A value that can't be found is None, and its row is added
        to `missing`.
        """
        if self._groups is None:
            return list(records), []
        whole: list[Record] = []
        skipped: list[int] = []
        for record, number in zip(records, numbers, strict=True):
            found = self._groups.values(number)
            values = (*record.values, *found)
            if any(place >= len(record.values) and p.search(values[place] or "") for place, p in self._skip):
                skipped.append(number)
                continue
            for name in (name for name, value in zip(self._group_names, found, strict=True) if value is None):
                self._miss(name, number)
            whole.append(Record(values=values, locator=record.locator, position=len(whole)))
        return whole, skipped

    def _miss(self, field: str, number: int) -> None:
        shown = " | ".join(texts_of(self._table.rows[number]))[:MAX_SHOWN_CHARACTERS_OF_ROW]
        self._missing.setdefault(field, []).append(f"row {number + 1} of {self._table.title}, {shown!r}")


def suspect_missing(
    name: str, description: ListDescription, missing: Mapping[str, Sequence[str]], account: Account
) -> None:
    """Note in the account that some rows of the list `name` lack a value that should stand above them.

    `missing`: for each field, a text that names each of these rows. The account collects the reasons for which a file
    may have been misread.
    """
    for field, rows in missing.items():
        group = description.group.get(field)
        why = (
            WHY_MISSING[group.origin or ""]
            if group
            else "the cells above it are empty, too, or belong to another group"
        )
        if group and group.pattern:
            why += f", as a text like {group.pattern.pattern!r}"
        count = f" and in {len(rows) - 1} more" if len(rows) > 1 else ""
        account.suspect(f"{name}: no {field} is found in {rows[0]}{count}: {why}", list_name=name)


def _line(part: TablePart, number: int) -> tuple[str, ...]:
    return _texts_in_line(texts(part.table.rows[number][:MAX_HEADER_CELLS]))


def _texts_in_line(row: Sequence[str]) -> tuple[str, ...]:
    """Return the texts of a row in small letters, without the empty ones at its end."""
    line = [text.casefold() for text in row]
    while line and not line[-1]:
        line.pop()
    return tuple(line)
