"""Bring two versions of a list into a form in which they can be compared, value by value.

Values are made plain, the columns get their parts in the comparison, and spellings that changed throughout are found.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.jurisdictions.states import code_of
from monitor.matching.names import SLIP, Vocabulary, name_likeness, plain_value, spelt_alike

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from monitor.config.sources import ListDescription
    from monitor.model import Record, RecordList

MAX_COMPARED_VALUES = 10_000  # pairs of values that went and came: with more, a column is not one of few values
MIN_REWRITTEN = 3  # so many records at least that have a value make it one that can be rewritten as a whole


class ComparableLists:
    """Two versions of a list in comparable form.

    The records of each are sorted by their values, so that the publisher's order never matters.
    """

    def __init__(
        self,
        before: RecordList,
        after: RecordList,
        description: ListDescription,
        *,
        not_rewritten: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.description = description
        self.fields = description.fields
        self.index = {name: column for column, name in enumerate(self.fields)}
        self.before = sorted(before.records, key=_canonical)
        self.after = sorted(after.records, key=_canonical)
        self.compared = [
            column
            for column in range(len(self.fields))
            if _has_column(self.before, column) and _has_column(self.after, column)
        ]
        self.rewritten = rewritten_values(self, not_rewritten)
        spelling = {self.index[name]: known for name, known in self.rewritten.items()}
        self.before_rows = [self._row(record, spelling) for record in self.before]
        self.after_rows = [self._row(record, {}) for record in self.after]

    def _row(self, record: Record, spelling: Mapping[int, Mapping[str, str]]) -> tuple[str, ...]:
        """Return the comparable values of a record: plain, and "" for a column that only one version has.

        spelling: by column number, old values and the new spelling that replaces each.
        """
        row = [""] * len(self.fields)
        for column in self.compared:
            value = plain_value(record.values[column] or "")
            row[column] = spelling[column].get(value, value) if column in spelling else value
        return tuple(row)

    def only_in(self, ours: Sequence[Record], theirs: Sequence[Record]) -> tuple[str, ...]:
        """Return the fields whose column `ours` has and `theirs` lacks; if either has no records, none."""
        if not ours or not theirs:
            return ()
        at = self.index.items()
        return tuple(each for each, column in at if _has_column(ours, column) and not _has_column(theirs, column))

    def columns(self, fields: Iterable[str | None]) -> tuple[int, ...]:
        """Return the column numbers of some fields, without columns that only one version has."""
        return tuple(self.index[name] for name in fields if name and self.index[name] in self.compared)

    @cached_property
    def names(self) -> tuple[int, ...]:
        """The numbers of the columns that hold the name of a record."""
        return self.columns(self.description.names)

    @cached_property
    def state(self) -> int | None:
        """The number of the column that holds the state, or None."""
        return next(iter(self.columns([self.description.jurisdiction.state])), None)

    @cached_property
    def place(self) -> int | None:
        """The number of the column that holds the name of the jurisdiction, or None."""
        return next(iter(self.columns([self.description.jurisdiction.name])), None)

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The columns of the key that hold neither a name nor a place.

        Two records that differ in one of them are different records.
        """
        loose = {*self.names, self.state, self.place}
        return tuple(column for column in self.columns(self.description.key) if column not in loose)

    @cached_property
    def anchors(self) -> tuple[int, ...]:
        """The columns in which agreement is evidence that two records are the same."""
        skipped = {*self.names, *self.fixed}
        return tuple(column for column in self.columns(self.description.anchors) if column not in skipped)

    @cached_property
    def minor(self) -> tuple[int, ...]:
        """The columns in which a change means little."""
        return self.columns(self.description.minor)

    @property
    def has_key(self) -> bool:
        """Whether the list has a key, and both versions have all of its columns. Several records may share a key."""
        return bool(self._key) and len(self._key) == len(self.description.key)

    @cached_property
    def _key(self) -> tuple[int, ...]:
        return self.columns(self.description.key)

    @cached_property
    def _major(self) -> tuple[int, ...]:
        return tuple(column for column in range(len(self.fields)) if column not in self.minor)

    def whole(self, row: tuple[str, ...]) -> Hashable:
        """Return the whole row as the key to pair identical records by."""
        return row

    def key(self, row: tuple[str, ...]) -> Hashable:
        """Return the values of the configured key columns, to pair records by."""
        return tuple(row[column] for column in self._key)

    def major(self, row: tuple[str, ...]) -> Hashable:
        """Return the values of a row without those of minor fields."""
        return tuple(row[column] for column in self._major)


def _canonical(record: Record) -> tuple[str, ...]:
    return tuple(value or "" for value in record.values)


def _has_column(records: Sequence[Record], column: int) -> bool:
    return any(record.values[column] is not None for record in records)


def rewritten_values(lists: ComparableLists, excluded: frozenset[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Find values that every record now has in another spelling, like `ALABMA` for `ALABAMA`.

    Only columns of the kind `class`, which have few different values, are looked at. The result maps each field to its
    old spellings and their new ones. `excluded` are pairs of field and old value to leave out.
    """
    found: dict[str, dict[str, str]] = {}
    for name, column in lists.description.columns.items():
        at = lists.index[name]
        if column.kind != "class" or at not in lists.compared:
            continue
        old, new = (Counter(plain_value(r.values[at] or "") for r in side) for side in (lists.before, lists.after))
        come = [value for value in new if value and value not in old]
        gone = [value for value in sorted(old) if value and value not in new and old[value] >= MIN_REWRITTEN]
        if len(gone) * len(come) > MAX_COMPARED_VALUES:
            continue
        for value in gone:
            if (name, value) in excluded:
                continue
            scored = sorted(((_same_class(value, each, old[value], new[each]), each) for each in come), reverse=True)
            if scored and scored[0][0]:
                found.setdefault(name, {})[value] = scored[0][1]
                come.remove(scored[0][1])
    return found


def _same_class(old: str, new: str, uses: int, new_uses: int) -> float:
    """Return how likely a new value replaced an old one, from 0 to 1, by spelling, as a state, or as an abbreviation.

    uses: how many records had the old value.
    new_uses: how many records have the new one.
    """
    if not uses / 2 <= new_uses <= uses * 2:
        return 0.0
    alike = spelt_alike(old, new)
    if alike >= SLIP or (code_of(old) and code_of(old) == code_of(new)):
        return alike
    return alike / 2 if name_likeness(old, new, Vocabulary(size=1, uses={})).respelled else 0.0
