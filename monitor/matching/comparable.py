"""Bring two versions of a list into a form in which they can be compared, value by value.

Values are made plain, the columns get their parts in the comparison, and labels in other words become one.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property, partial
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from monitor.jurisdictions.states import state_named
from monitor.matching.labels import Labels, count_votes
from monitor.matching.names import plain_value

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from monitor.config.sources import ListDescription
    from monitor.model import Record, RecordList

    Row = tuple[str, ...]  # the comparable values of a record
    _Sides = tuple[list[list[str]], list[list[str]]]  # the older and the newer version: the values of each column

MAX_BESIDE_SHARE = 0.2  # of the agencies with the rarer of two labels, those that may have both and it is still one


class ComparableLists:
    """Two versions of a list in comparable form.

    The records of each are sorted by their values, so that the publisher's order never matters.
    """

    def __init__(self, before: RecordList, after: RecordList, description: ListDescription) -> None:
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
        self.labels: dict[int, Labels] = {}
        sides = self._columns()
        labelled = [column for column in self.compared if self._holds_labels(column)]
        for column in sorted(labelled, key=lambda column: column != self.state):  # states first: they tell others apart
            self.labels[column] = self._labels(column, sides)
            _put(column, self.labels[column], sides)
        for column, labels in self.labels.items():
            if labels.alone:
                self._find_rewordings(column, labels, sides)
                _put(column, labels, sides)
        self.before_rows, self.after_rows = (list(zip(*side, strict=True)) for side in sides)

    def _columns(self) -> _Sides:
        """Return the comparable values of both versions by column: plain, and "" for a column that only one has.

        A value is made plain once, however many records of either version have it.
        """
        sides: _Sides = ([], [])
        values = [_by_column(records, len(self.fields)) for records in (self.before, self.after)]
        for column, (old, new) in enumerate(zip(*values, strict=True)):
            plain = {value: plain_value(value or "") if column in self.compared else "" for value in {*old, *new}}
            for side, each in zip(sides, (old, new), strict=True):
                side.append([plain[value] for value in each])
        return sides

    def _holds_labels(self, column: int) -> bool:
        """Return whether the values of a column are labels: described as such, or states that no column gives."""
        name, columns = self.fields[column], self.description.columns
        return columns[name].kind == "class" if name in columns else column in self.states

    def _labels(self, column: int, sides: _Sides) -> Labels:
        """Return the labels of a column, of which those count as one that are one in another spelling.

        The names of states are known, also misspelt; for other labels, the spelling and the records decide.
        """
        labels = Labels(*(Counter(side[column]) for side in sides))
        if labels.are_many:
            return labels
        if column in self.states:
            codes = {label: state_named(label)[0] for label in labels.all}
            labels.meaning = {label: code.casefold() for label, code in codes.items() if code}
        else:
            labels.unite_spellings(partial(self._stand_together, column, sides))
        return labels

    def _stand_together(self, column: int, sides: _Sides, label: str, other: str) -> bool:
        """Tell whether two labels of a column stand side by side in one version, for more than a few agencies.

        A few may be listed twice by mistake.
        """
        key = [each for each in self._key if each != column]

        def keys(side: list[list[str]], wanted: str) -> set[tuple[str, ...]]:
            at = [place for place, value in enumerate(side[column]) if value == wanted]
            return {tuple(side[each][place] for each in key) for place in at}

        for side in sides if key else ():
            mine, theirs = keys(side, label), keys(side, other)
            if len(mine & theirs) > MAX_BESIDE_SHARE * min(len(mine), len(theirs)):
                return True
        return False

    def _find_rewordings(self, column: int, labels: Labels, sides: _Sides) -> None:
        """Have a new label of a column count as an old one where records that are equal in all else have it now."""
        skipped = {column, *self.minor}
        rest = [each for each in self.compared if each not in skipped]
        if labels.are_many or not rest:
            return
        before, after = (
            zip(zip(*(side[each] for each in rest), strict=True), side[column], strict=True) for side in sides
        )
        labels.unite_rewordings(count_votes(before, after, labels.alone))

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
    def states(self) -> frozenset[int | None]:
        """The numbers of the columns that hold names of states: in a list of states, those of its key as well."""
        is_of_states = self.description.jurisdiction.state and not self.description.jurisdiction.name
        return frozenset({self.state, *(self._key if is_of_states else ())} - {None})

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
    def details(self) -> tuple[int, ...]:
        """The anchors that hold free text, like an address: no labels, dates, links, state or place.

        A list without a key has none: its records are cases, of which many may be alike.
        """
        described = self.description.columns if self.description.key else {}
        return tuple(
            column
            for column in self.anchors
            if column not in {self.state, self.place, *self.minor}
            and self.fields[column] in described
            and described[self.fields[column]].kind == "text"
        )

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
    def _key_of(self) -> Callable[[Row], Hashable]:
        return _picked(self._key)

    @cached_property
    def _major_of(self) -> Callable[[Row], Hashable]:
        return _picked([column for column in range(len(self.fields)) if column not in self.minor])

    def whole(self, row: Row) -> Hashable:
        """Return the whole row as the key to pair identical records by."""
        return row

    def key(self, row: Row) -> Hashable:
        """Return the values of the configured key columns, to pair records by."""
        return self._key_of(row)

    def major(self, row: Row) -> Hashable:
        """Return the values of a row without those of minor fields."""
        return self._major_of(row)


def _picked(columns: Sequence[int]) -> Callable[[Row], Hashable]:
    """Return a function that returns the values of a row in these columns."""
    return itemgetter(*columns) if columns else lambda _: ()


def _by_column(records: Sequence[Record], width: int) -> list[tuple[str | None, ...]]:
    """Return the values of some records by column; `width` is the number of columns."""
    return list(zip(*(record.values for record in records), strict=True)) if records else [()] * width


def _canonical(record: Record) -> tuple[str, ...]:
    values = record.values
    return tuple(value or "" for value in values) if None in values else cast("Row", values)


def _has_column(records: Sequence[Record], column: int) -> bool:
    return any(record.values[column] is not None for record in records)


def _put(column: int, labels: Labels, sides: _Sides) -> None:
    """Put the label that stands for it in the place of each label of a column."""
    if meaning := labels.meaning:
        for side in sides:
            side[column] = [meaning.get(label, label) for label in side[column]]
