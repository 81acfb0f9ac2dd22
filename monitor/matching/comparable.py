"""Bring two versions of a list into a form in which they can be compared, value by value.

Values are made plain, the columns get their parts in the comparison, and labels in other words become one.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.jurisdictions.states import state_named
from monitor.matching.labels import Labels, count_votes
from monitor.matching.names import plain_value

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from monitor.config.sources import ListDescription
    from monitor.model import Record, RecordList

    _Rows = tuple[list[list[str]], list[list[str]]]  # of the older and of the newer version


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
        columns = [column for column in self.compared if self._holds_labels(column)]
        columns.sort(key=lambda column: column != self.state)  # the other labels are told apart by state and name
        self.labels: dict[int, Labels] = {}
        rows = [self._row(record) for record in self.before], [self._row(record) for record in self.after]
        for column in columns:
            self.labels[column] = self._labels(column, rows)
            _put(column, self.labels[column], rows)
        for column, labels in self.labels.items():
            if labels.alone:
                self._find_rewordings(column, labels, rows)
                _put(column, labels, rows)
        self.before_rows, self.after_rows = ([tuple(row) for row in side] for side in rows)

    def _row(self, record: Record) -> list[str]:
        """Return the comparable values of a record: plain, and "" for a column that only one version has."""
        row = [""] * len(self.fields)
        for column in self.compared:
            row[column] = plain_value(record.values[column] or "")
        return row

    def _holds_labels(self, column: int) -> bool:
        name = self.fields[column]
        return name in self.description.columns and self.description.columns[name].kind == "class"

    def _labels(self, column: int, rows: _Rows) -> Labels:
        """Return the labels of a column, of which those count as one that are one in another spelling.

        The names of states are known, also misspelt; for other labels, the spelling and the records decide.
        """
        labels = Labels(*(Counter(row[column] for row in side) for side in rows))
        if labels.are_many:
            return labels
        if column == self.state:
            codes = {label: state_named(label)[0] for label in labels.all}
            labels.meaning = {label: code.casefold() for label, code in codes.items() if code}
        else:
            labels.unite_spellings([self._standing(column, side) for side in rows])
        return labels

    def _standing(self, column: int, rows: Sequence[Sequence[str]]) -> dict[str, set[Hashable]]:
        """Return for each label of a column the keys, without the label, of the records that have it."""
        key = [each for each in self._key if each != column]
        standing: dict[str, set[Hashable]] = {}
        for row in rows if key else ():
            standing.setdefault(row[column], set()).add(tuple(row[each] for each in key))
        return standing

    def _find_rewordings(self, column: int, labels: Labels, rows: _Rows) -> None:
        """Have a new label of a column count as an old one where records that are equal in all else have it now."""
        skipped = {column, *self.minor}
        rest = [each for each in self.compared if each not in skipped]
        if labels.are_many or not rest:
            return
        before, after = (((tuple(row[each] for each in rest), row[column]) for row in side) for side in rows)
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
        """The anchors that hold free text, like an address: no labels, dates, links, state or place."""
        described = self.description.columns
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


def _put(column: int, labels: Labels, rows: _Rows) -> None:
    """Put the label that stands for it in the place of each label of a column."""
    if labels.meaning:
        for side in rows:
            for row in side:
                row[column] = labels.of(row[column])
