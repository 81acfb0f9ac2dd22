"""Two versions of a list in comparable form: plain values, columns by their part, spellings that changed throughout."""

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
    """Two lists in comparable form: records in an order of their own, so that the publisher's never matters."""

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
        """Return the record's comparable values: plain, and "" for a column that only one side has."""
        row = [""] * len(self.fields)
        for column in self.compared:
            value = plain_value(record.values[column] or "")
            row[column] = spelling[column].get(value, value) if column in spelling else value
        return tuple(row)

    def only_in(self, ours: Sequence[Record], theirs: Sequence[Record]) -> tuple[str, ...]:
        """Return the fields whose column one side has and the other lacks; an empty side says nothing."""
        if not ours or not theirs:
            return ()
        at = self.index.items()
        return tuple(each for each, column in at if _has_column(ours, column) and not _has_column(theirs, column))

    def columns(self, fields: Iterable[str | None]) -> tuple[int, ...]:
        """Return the columns of these fields, as far as both versions have them."""
        return tuple(self.index[name] for name in fields if name and self.index[name] in self.compared)

    @cached_property
    def names(self) -> tuple[int, ...]:
        """The columns that name the record."""
        return self.columns(self.description.names)

    @cached_property
    def state(self) -> int | None:
        """The column that says in which state."""
        return next(iter(self.columns([self.description.jurisdiction.state])), None)

    @cached_property
    def place(self) -> int | None:
        """The column that says which jurisdiction."""
        return next(iter(self.columns([self.description.jurisdiction.name])), None)

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The columns of the key that neither name nor place the record: with another value it is another record."""
        loose = {*self.names, self.state, self.place}
        return tuple(column for column in self.columns(self.description.key) if column not in loose)

    @cached_property
    def anchors(self) -> tuple[int, ...]:
        """The columns whose agreement tells that two records are one."""
        skipped = {*self.names, *self.fixed}
        return tuple(column for column in self.columns(self.description.anchors) if column not in skipped)

    @cached_property
    def minor(self) -> tuple[int, ...]:
        """The columns of which a change says little."""
        return self.columns(self.description.minor)

    @property
    def has_key(self) -> bool:
        """True where both versions have all that identifies a record; a part of it may be the same for many."""
        return bool(self._key) and len(self._key) == len(self.description.key)

    @cached_property
    def _key(self) -> tuple[int, ...]:
        return self.columns(self.description.key)

    @cached_property
    def _major(self) -> tuple[int, ...]:
        return tuple(column for column in range(len(self.fields)) if column not in self.minor)

    def whole(self, row: tuple[str, ...]) -> Hashable:
        """All that a row says."""
        return row

    def key(self, row: tuple[str, ...]) -> Hashable:
        """Return the values that identify a row, as configured."""
        return tuple(row[column] for column in self._key)

    def major(self, row: tuple[str, ...]) -> Hashable:
        """All that a row says but for minor fields."""
        return tuple(row[column] for column in self._major)


def _canonical(record: Record) -> tuple[str, ...]:
    return tuple(value or "" for value in record.values)


def _has_column(records: Sequence[Record], column: int) -> bool:
    return any(record.values[column] is not None for record in records)


def rewritten_values(lists: ComparableLists, excluded: frozenset[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Values of few-valued columns that every record of theirs now has another way (`ALABMA` for `ALABAMA`)."""
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
    """How well a value that came can be one that went, from 0 to 1: by spelling, as a state, or abbreviated."""
    if not uses / 2 <= new_uses <= uses * 2:
        return 0.0
    alike = spelt_alike(old, new)
    if alike >= SLIP or (code_of(old) and code_of(old) == code_of(new)):
        return alike
    return alike / 2 if name_likeness(old, new, Vocabulary(size=1, uses={})).respelled else 0.0
