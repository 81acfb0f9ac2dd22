"""Brings two versions of a list into a form in which their values can be compared one by one.

1. Values are made plain, that is, without case and punctuation.
2. For each column it is worked out which part it plays in the comparison.
3. Labels that only differ in their wording are made the same.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property, partial
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from monitor.jurisdictions.states import state_named
from monitor.matching.forms import form_of
from monitor.matching.in_bulk import plain_values
from monitor.matching.labels import Labels, count_votes
from monitor.matching.names import plain_value
from monitor.matching.unchanged import doubtful, left_over, pair_unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Record, RecordList

    Row = tuple[str, ...]  # the comparable values of a record
    _Sides = tuple[list[list[str]], list[list[str]]]  # the older and the newer version: the values of each column

MAX_BESIDE_SHARE = 0.2  # of the agencies with the rarer of two labels, those that may have both and it is still one


class ComparableLists:
    """Two versions of a list (`before` and `after`) in comparable form, for finding which records are the same.

    `before_rows` and `after_rows` hold the comparable values of each record. The records of each version are sorted by
    their values, so that the publisher's order never matters. A column is given by its number, from 0.
    """

    def __init__(self, before: RecordList, after: RecordList, description: ListDescription) -> None:
        self.description = description
        self.fields = description.fields
        self.index = {name: column for column, name in enumerate(self.fields)}
        self._arrange(before.records, after.records)
        # What is ignored is no evidence, and keeps no records apart, unless the configuration calls it an anchor.
        untold = set(description.ignored).difference(description.anchors)
        self.compared = [
            column
            for column in range(len(self.fields))
            if _has_column(self.before, column)
            and _has_column(self.after, column)
            and self.fields[column] not in untold
        ]
        self.labels: dict[int, Labels] = {}
        self._plain_names: dict[int, dict[str, str]] = {}
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
        self._reconsider()

    def _arrange(self, before: Sequence[Record], after: Sequence[Record]) -> None:
        """Put the records that are equal to the letter in both versions first, in the same order; then all others."""
        paired = pair_unchanged(before, after)
        self.unchanged = len(paired[0])
        self.before, self.after = (
            [
                *map(records.__getitem__, positions),
                *sorted(map(records.__getitem__, left_over(len(records), positions)), key=_canonical),
            ]
            for records, positions in zip((before, after), paired, strict=True)
        )

    def _reconsider(self) -> None:
        """Count records as changed too if a changed record equals them but for case or blanks.

        All records with the same comparable values are then paired together, those that are equal to the letter first.
        So nothing is paired otherwise than if all records were compared.
        """
        paired = self.before_rows[: self.unchanged]
        moved = doubtful(paired, {*self.before_rows[self.unchanged :], *self.after_rows[self.unchanged :]})
        if not moved:
            return
        kept = left_over(self.unchanged, moved)
        for records, rows in ((self.before, self.before_rows), (self.after, self.after_rows)):
            rest = sorted([*moved, *range(self.unchanged, len(rows))], key=lambda at: _canonical(records[at]))
            order = [*kept, *rest]
            records[:], rows[:] = [records[at] for at in order], [rows[at] for at in order]
        self.unchanged = len(kept)

    def _columns(self) -> _Sides:
        """Return the comparable values of both versions, column by column.

        The values are plain, and "" in a column that one version lacks or that is ignored. To save time, each different
        value is made plain only once.
        """
        sides: _Sides = ([], [])
        values = [_by_column(records, len(self.fields)) for records in (self.before, self.after)]
        for column, (old, new) in enumerate(zip(*values, strict=True)):
            changed = new[self.unchanged :]
            plain = self._plain(column, {*old, *changed})
            sides[0].append(list(map(plain.__getitem__, old)))
            sides[1].append([*sides[0][-1][: self.unchanged], *map(plain.__getitem__, changed)])
        return sides

    def _plain(self, column: int, values: set[str | None]) -> dict[str | None, str]:
        """Return the comparable form of each of these values of a column."""
        if column not in self.compared:
            return dict.fromkeys(values, "")
        form = form_of(self.description, self.fields[column])
        texts = cast("set[str]", {"", *values} - {None})
        found = plain_values(texts) if form is plain_value or column in self.names else {}
        if column in self.names:
            self._plain_names[column] = found
        plain: dict[str | None, str] = {**(found if form is plain_value else {text: form(text) for text in texts})}
        plain[None] = plain[""]
        return plain

    def count_names(self) -> Iterator[tuple[str, int]]:
        """Yield the plain name of records of both versions, and how many have it; a name may come more than once."""
        plain = [self._plain_names[column] for column in self.names]
        named = _picked(self.names)
        for records, times in (
            (self.before[: self.unchanged], 2),
            (self.before[self.unchanged :], 1),
            (self.after[self.unchanged :], 1),
        ):
            for name, count in Counter(named(record.values) for record in records).items():
                parts = name if len(plain) > 1 else (name,)
                yield " ".join([each[part or ""] for each, part in zip(plain, parts)]), count * times

    def _holds_labels(self, column: int) -> bool:
        """Return whether the values of a column are labels: one of a few values that many records share.

        They are if the list's description says so (`class`). Names of states that come from no table column are labels
        too.
        """
        name, columns = self.fields[column], self.description.columns
        return columns[name].kind == "class" if name in columns else column in self.states

    def _labels(self, column: int, sides: _Sides) -> Labels:
        """Return the labels of a column; those that are the same label in another spelling count as one.

        For states, the known names and spellings decide; for other labels, their spelling and the records that have
        them.
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
        """Tell whether one version has many agencies with both of two labels: then the labels do not mean the same.

        A few agencies with both are ignored, since they may be listed twice by mistake.
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
        """Find labels of a column that were replaced by other words for the same thing; let both count as one label.

        The records tell: those that had the old label have the new one now, and are equal in everything else.
        """
        skipped = {column, *self.minor}
        rest = [each for each in self.compared if each not in skipped]
        if labels.are_many or not rest:
            return
        before, after = (
            list(zip(zip(*(side[each] for each in rest), strict=True), side[column], strict=True)) for side in sides
        )
        labels.unite_rewordings(count_votes(before, after, labels.alone))

    def only_in(self, ours: Sequence[Record], theirs: Sequence[Record]) -> tuple[str, ...]:
        """Return the fields for which the records `ours` have a column and the records `theirs` have none.

        If there are no records on one side, there are no such fields.
        """
        if not ours or not theirs:
            return ()
        at = self.index.items()
        return tuple(each for each, column in at if _has_column(ours, column) and not _has_column(theirs, column))

    def columns(self, fields: Iterable[str | None]) -> tuple[int, ...]:
        """Return the numbers of the columns of these fields.

        Columns that only one version has are left out, and so are those that are ignored.
        """
        return tuple(self.index[name] for name in fields if name and self.index[name] in self.compared)

    @cached_property
    def names(self) -> tuple[int, ...]:
        """The numbers of the columns whose values name a record, like the name of an agency."""
        return self.columns(self.description.names)

    @cached_property
    def state(self) -> int | None:
        """The number of the column that holds the state, or None."""
        return next(iter(self.columns([self.description.jurisdiction.state])), None)

    @cached_property
    def states(self) -> frozenset[int | None]:
        """The numbers of the columns with names of states; in a list of states, also those of its key's columns."""
        is_of_states = self.description.jurisdiction.state and not self.description.jurisdiction.name
        return frozenset({self.state, *(self._key if is_of_states else ())} - {None})

    @cached_property
    def place(self) -> int | None:
        """The number, from 0, of the column that holds the name of the jurisdiction; None if there is none."""
        return next(iter(self.columns([self.description.jurisdiction.name])), None)

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The numbers of the key's columns that must be equal in two records if they are to be the same record.

        These are all columns of the key except those with names, states or places, which may be misspelt. A file that
        a page links may get another address, which is its key.
        """
        if self.description.content:
            return ()
        loose = {*self.names, self.state, self.place}
        return tuple(column for column in self.columns(self.description.key) if column not in loose)

    @cached_property
    def anchors(self) -> tuple[int, ...]:
        """The numbers, from 0, of the columns in which equal values are evidence that two records are the same.

        The configuration names these columns. Columns of names, and those in `fixed`, are left out.
        """
        skipped = {*self.names, *self.fixed}
        return tuple(column for column in self.columns(self.description.anchors) if column not in skipped)

    @cached_property
    def details(self) -> tuple[int, ...]:
        """The numbers of those anchor columns that have free text, like an address.

        Labels, dates, links, states and places are left out, and so are minor columns. A list without a key has no
        details: its records are cases, of which many may be equal.
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
        """The numbers of the columns in which a change matters little, or is never told, as the configuration says."""
        return self.columns(dict.fromkeys((*self.description.minor, *self.description.ignored)))

    @property
    def has_key(self) -> bool:
        """Whether the configuration names a key for the list, and both versions have all of its columns.

        Even so, several records may have the same key.
        """
        return bool(self._key) and len(self._key) == len(self.description.key)

    @cached_property
    def _key(self) -> tuple[int, ...]:
        return self.columns(self.description.key)

    @cached_property
    def key(self) -> Callable[[Row], Hashable]:
        """A function that returns a row's values in the columns of the key, by which records with equal keys are paired."""
        return _picked(self._key)

    @cached_property
    def major(self) -> Callable[[Row], Hashable]:
        """A function that returns a row's values in all columns but the minor ones."""
        return _picked([column for column in range(len(self.fields)) if column not in self.minor])

    def whole(self, row: Row) -> Hashable:
        """Return all values of a record, by which identical records are paired."""
        return row


def _picked(columns: Sequence[int]) -> Callable[[Row], Hashable]:
    """Return a function that picks the values of these columns out of a record's row of values."""
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
    """Replace each label of a column, in both versions, by the label that it counts as."""
    if meaning := labels.meaning:
        for side in sides:
            side[column] = [meaning.get(label, label) for label in side[column]]
