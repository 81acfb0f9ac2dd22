"""Keeps the values of group fields while the tables of a PDF are read from above: titles of rows, and headings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.extract.groups import is_no_title
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.groups import GroupField
    from monitor.config.lists import ListDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleValue:
    """The value of a group field that is in force; `leads` says that it stood above the header of a table."""

    value: str
    leads: bool = False


class GroupTitles:
    """Knows for each list the values of its group fields that are in force. Give it titles and headings in order.

    `lists` has the descriptions by the names of the lists.
    """

    def __init__(self, lists: Mapping[str, ListDescription]) -> None:
        self._groups = {name: each.group for name, each in lists.items() if each.columns and each.group}
        self._headings = {name: each.heading for name, each in lists.items()}
        self._now: dict[tuple[str, str], TitleValue] = {}
        self._fresh: set[tuple[str, str]] = set()  # titles that no row has followed yet
        self._within: set[tuple[str, str]] = set()  # the fields whose titles stand between rows

    def hear(self, line: str) -> None:
        """Take a line of text outside of the lists: it may be the heading from which a field is taken."""
        for name, groups in self._groups.items():
            for field, group in groups.items():
                heading = self._headings[name]
                if group.origin == "heading" and (group.pattern or (heading and heading.search(line))):
                    self._put(name, field, group, line)

    def title(self, name: str, text: str, *, merged: bool) -> bool:
        """Take a row of the list `name` with one filled cell; return whether it is a title, and so no record.

        `merged` says whether the cell covers several columns.
        """
        taken = False
        for field, group in self._groups.get(name, {}).items():
            if group.origin == "title_row" or (merged and group.origin == "merged_cell"):
                plain = group.pattern is None and is_no_title(text)
                taken = (not plain and self._put(name, field, group, text)) or taken
                taken = taken or (plain and group.origin == "title_row")
        return taken

    def guesses(self, name: str) -> bool:
        """Return whether any row of the list `name` with one filled cell is a title, since no pattern says which."""
        groups = self._groups.get(name, {}).values()
        return any(group.origin == "title_row" and group.pattern is None for group in groups)

    def begin(self, name: str) -> None:
        """Note that a header of the list `name` was read: the titles since the last row stand above it."""
        for key in [key for key in self._fresh if key[0] == name]:
            self._now[key] = replace(self._now[key], leads=True)
            self._fresh.discard(key)

    def row(self, name: str) -> tuple[TitleValue | None, ...]:
        """Return what is in force for a row of the list `name`: for each group field its value, or None."""
        groups = self._groups.get(name)
        if not groups:
            return ()
        self._within |= {key for key in self._fresh if key[0] == name}
        self._fresh -= self._within
        return tuple(self._now.get((name, field)) for field in groups)

    def values(self, name: str, row: tuple[TitleValue | None, ...]) -> tuple[str | None, ...]:
        """Return the values of the group fields of a row, as `row` returned them, once all pages are read.

        Without a pattern, a title above a header counts for no row if titles stand between the rows, too.
        """
        return tuple(
            None
            if each is None or (each.leads and group.pattern is None and (name, field) in self._within)
            else each.value
            for (field, group), each in zip(self._groups.get(name, {}).items(), row, strict=True)
        )

    def _put(self, name: str, field: str, group: GroupField, text: str) -> bool:
        value = group.value_in(folded(text))
        if value is None:
            return False
        self._now[name, field] = TitleValue(value=value)
        if group.origin != "heading":
            self._fresh.add((name, field))
        return True
