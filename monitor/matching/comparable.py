"""Brings two versions of a list into a form in which their values can be compared one by one.

1. Values are made plain, that is, without case and punctuation.
2. For each column it is worked out which part it plays in the comparison.
3. Labels that only differ in their wording are made the same.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property, partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

from monitor.jurisdictions.states import code_of, state_named
from monitor.matching.labels import Labels, count_votes
from monitor.matching.plain_columns import PlainColumns
from monitor.matching.unchanged import SetApart, records_in_order, set_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Record, RecordList

    Row = tuple[str, ...]  # the comparable values of a record
    _Sides = tuple[list[list[str]], list[list[str]]]  # the older and the newer version: the values of each column

MAX_BESIDE_SHARE = 0.2  # of the agencies with the rarer of two labels, those that may have both and it is still one


class ComparableLists:
    """Two versions of a list in comparable form, for finding which records are the same.

    `apart` has the records that are equal to the letter, which are paired already. `before` and `after` are all others,
    and `before_rows` and `after_rows` hold their comparable values. They are sorted by their values, so that the
    publisher's order never matters. What is counted, is counted over all records. A column is given by its number, from
    0.
    """

    def __init__(
        self, before: RecordList, after: RecordList, description: ListDescription, *, all_at_once: bool = False
    ) -> None:
        """Bring two versions of a list into comparable form.

        all_at_once: sets no record apart, so that all of them are compared. The same are paired then; it takes longer.
        """
        self.description = description
        self.fields = description.fields
        self.index = {name: column for column, name in enumerate(self.fields)}
        self._all = (before.records, after.records)
        self.size_before, self.size = len(before.records), len(before.records) + len(after.records)
        self.compared = self._find_compared()
        self.plain = PlainColumns(self._all, description, self.compared)
        self._same_of: dict[int, Counter[str | None]] = {}
        telling = None if all_at_once else self._telling
        if telling is None:
            self.apart = SetApart(
                same_before=(),
                same_after=(),
                before=records_in_order(self._all[0]),
                after=records_in_order(self._all[1]),
            )
        else:
            self.apart = set_apart(*self._all, telling, partial(self.plain.learn, telling))
        self.before, self.after = self.apart.before, self.apart.after
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

    def _find_compared(self) -> list[int]:
        """Return the columns that both versions have, without those that are ignored.

        What is ignored is no evidence, and keeps no records apart, unless the configuration calls it an anchor.
        """
        untold = set(self.description.ignored).difference(self.description.anchors)
        return [
            column
            for column, name in enumerate(self.fields)
            if name not in untold and all(_has_column(records, column) for records in self._all)
        ]

    @property
    def _telling(self) -> int | None:
        """The number of the column by whose values records are best told apart; None if there is none.

        Minor columns and labels are left out.
        """
        columns = (*self.names, *self._key, *self.compared)
        return next((each for each in columns if each not in self.minor and not self._holds_labels(each)), None)

    def _columns(self) -> _Sides:
        """Return the comparable values of the records that are not set apart, column by column."""
        sides: _Sides = ([], [])
        for column in range(len(self.fields)):
            plain = self.plain.of_some(column, self.before, self.after)
            for side, records in zip(sides, (self.before, self.after), strict=True):
                side.append([plain[record.values[column]] for record in records])
        return sides

    def value(self, column: int, value: str | None) -> str:
        """Return the comparable form of a value of a column; of a label, the label that it counts as."""
        plain = self.plain.of_all(column)[value]
        return self.labels[column].of(plain) if column in self.labels else plain

    def same(self, column: int) -> Counter[str | None]:
        """Count the values in a column of the records that are set apart; each pair counts once."""
        if column not in self._same_of:
            self._same_of[column] = self.apart.count(itemgetter(column))
        return self._same_of[column]

    def count(self, column: int) -> Counter[str]:
        """Count how many records of both versions have each value in a column; values are in comparable form."""
        found = Counter(map(itemgetter(column), (*self.before_rows, *self.after_rows)))
        plain = self.plain.of_all(column)
        label = self.labels[column].meaning if column in self.labels else {}
        for value, count in self.same(column).items():
            form = plain[value]
            form = label.get(form, form)
            found[form] = found.get(form, 0) + 2 * count
        return found

    def count_several(self, columns: Sequence[int]) -> Counter[Row]:
        """Count how many records of both versions have the same values in some columns, as `count` does for one."""
        found = Counter(tuple(row[column] for column in columns) for row in (*self.before_rows, *self.after_rows))
        for values, count in self.apart.count(lambda values: tuple(values[column] for column in columns)).items():
            found[tuple(map(self.value, columns, values))] += 2 * count
        return found

    def count_names(self) -> Iterator[tuple[str, int]]:
        """Yield the plain name of records of both versions, and how many have it; a name may come more than once."""
        plain = [self.plain.names(column) for column in self.names]
        if len(plain) == 1:
            same, rest = self.same(self.names[0]), (record.values[self.names[0]] for record in self._rest)
            for found, times in ((same, 2), (Counter(rest), 1)):
                yield from ((plain[0][value], count * times) for value, count in found.items())
            return

        def name(values: tuple[str | None, ...]) -> str:
            return " ".join([each[values[column]] for each, column in zip(plain, self.names, strict=True)])

        yield from ((each, 2 * count) for each, count in self.apart.count(name).items())
        yield from Counter(name(record.values) for record in self._rest).items()

    @property
    def _rest(self) -> Iterator[Record]:
        """The records of both versions that are not set apart."""
        return chain(self.before, self.after)

    def _holds_labels(self, column: int) -> bool:
        """Return whether the values of a column are labels: one of a few values that many records share.

        They are if the list's description says so (`class`), and if they are the states of the records, which have
        names and codes. In a list of states that is no table, so are the names.
        """
        name, columns = self.fields[column], self.description.columns
        if name in columns and column != self.state:
            return columns[name].kind == "class"
        return column in self.states

    def _labels(self, column: int, sides: _Sides) -> Labels:
        """Return the labels of a column; those that are the same label in another spelling count as one.

        For states, the known names and spellings decide; for other labels, their spelling and the records that have
        them.
        """
        same: Counter[str] = Counter()
        for value, count in self.same(column).items():
            same[self.plain.of_all(column)[value]] += count
        labels = Labels(*(same + Counter(side[column]) for side in sides))
        if labels.are_many:
            return labels
        if column in self.states:
            written = {plain: value for value, plain in self.plain.of_all(column).items() if value}
            codes = {label: state_named(label)[0] or code_of(written.get(label)) for label in labels.all}
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
            same = (record.values for record in self.apart.same_before)
            return {tuple(side[each][place] for each in key) for place in at} | {
                tuple(self.value(each, values[each]) for each in key)
                for values in same
                if self.plain.of_all(column)[values[column]] == wanted
            }

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

    @property
    def appeared(self) -> tuple[str, ...]:
        """The fields whose column only the new version has; none if the old one has no records."""
        return self._only_in(*reversed(self._all))

    @property
    def vanished(self) -> tuple[str, ...]:
        """The fields whose column only the old version has; none if the new one has no records."""
        return self._only_in(*self._all)

    def _only_in(self, ours: Sequence[Record], theirs: Sequence[Record]) -> tuple[str, ...]:
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
        """A function that returns a row's values in the columns of the key, which are equal in paired records."""
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


def _has_column(records: Sequence[Record], column: int) -> bool:
    return any(record.values[column] is not None for record in records)


def _put(column: int, labels: Labels, sides: _Sides) -> None:
    """Replace each label of a column, in both versions, by the label that it counts as."""
    if meaning := labels.meaning:
        for side in sides:
            side[column] = [meaning.get(label, label) for label in side[column]]
