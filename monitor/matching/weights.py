"""Weighs the evidence that two records are the same, and chooses which pairs of records to weigh at all.

Weights are log odds (natural logarithms): above 0 speaks for the same record, below 0 against it. They come from the
two lists themselves: agreement in a value counts more the rarer the value is, and a column that often changes between
these versions counts less where it differs.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.jurisdictions.states import STATES, code_of
from monitor.matching.in_bulk import counted_words
from monitor.matching.names import (
    FORM_WORDS,
    MAX_COMPARED_WORDS,
    SLIP,
    Likeness,
    Vocabulary,
    name_likeness,
    spelt_alike,
    without_note,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from monitor.matching.comparable import ComparableLists, Row
    from monitor.model import Jurisdiction, Record

MAX_WEIGHED_PAIRS = 150_000  # pairs of names that are weighed between two versions, some seconds' work
USUAL_WORDS = 10  # words of a name; with longer ones, fewer pairs take as long
MAX_STEADY = 0.95  # how often a value is taken to stay the same, at most, in a record that changed otherwise
NAME_WEIGHTS = ((0.0, -7.0), (0.5, -4.0), (0.7, -1.5), (0.8, 0.5), (0.9, 3.0), (1.0, 5.0))
MAX_NAME_WEIGHT = max(weight for _, weight in NAME_WEIGHTS)
ELSEWHERE_WEIGHT = -3.0  # a word like `Beach` or `Airport` in one of the names alone
APART_WEIGHT = -10.0  # names that share only words like `University`, in records without a common place or address
OTHER_PLACE_WEIGHT = -6.0  # two known jurisdictions with different names
OTHER_STATE_WEIGHT = -3.0  # two known jurisdictions of the same name, in records of the same date
ALIKE_BY_CHANCE_WEIGHT = -3.0  # more for two known jurisdictions whose names are spelt alike, as if by a slip
WITHOUT_STATE = 0.9  # how alike two names are of which one has its state behind it
SAME_DETAILS_WEIGHT = 6.0  # an address and a zip that one record of each version has
MIN_SURE = 0.9  # the least confidence with which a jurisdiction is known
FORBIDDEN = -math.inf
CITY_OF = re.compile(r"(?:the )?(?:city|town|village|borough) of (?=\S)", re.IGNORECASE)  # before a name
ROUNDING = 1e-6  # log odds: more than the order makes out in which weights are added up


class FieldWeights:
    """How much agreement and disagreement in each column of two lists says about two records being the same.

    Weights are log odds. Columns are given by their number, and so are the records of both lists.
    """

    def __init__(
        self, lists: ComparableLists, sure: list[tuple[int, int, float]], *, unpaired: tuple[list[int], list[int]]
    ) -> None:
        """Weigh the fields of two lists.

        sure: the pairs of records found before, by their numbers, with their confidence.
        unpaired: the numbers of the records of the old and of the new version that have no partner yet.
        """
        self.lists = lists
        self.size = lists.size
        self.uses = {column: lists.count(column) for column in (*lists.anchors, *lists.fixed)}
        self.by_chance = {
            column: sum(n * n for n in self.uses[column].values()) / self.size**2 for column in lists.anchors
        }
        self.steady = {}
        same = len(lists.apart.same_before)
        for column in lists.anchors:
            kept = same + sum(lists.before_rows[i][column] == lists.after_rows[j][column] for i, j, _ in sure)
            self.steady[column] = min(MAX_STEADY, (kept + 19) / (same + len(sure) + 20))
        uses = counted_words(lists.count_names())
        self.vocabulary = replace(uses, passing=frozenset(self._passing(uses, unpaired)))
        kinds = lists.description.columns
        self._dates = [c for c in lists.anchors if (name := lists.fields[c]) in kinds and kinds[name].kind == "date"]
        self._links = [c for c in lists.anchors if any("://" in value for value in self.uses[c])]
        self._differing = {
            column: self._share(column) * math.log((1 - self.steady[column]) / max(1 - self.by_chance[column], 1e-6))
            for column in lists.anchors
        }
        self._agreeing: dict[int, dict[str, float]] = {column: {} for column in lists.anchors}
        self._anchors = [
            (
                column,
                self._agreeing[column],
                max(self._differing[column], 0.0)  # where it may count nothing that two values differ
                if column == lists.place or column in lists.minor
                else self._differing[column],
            )
            for column in lists.anchors
        ]
        self._alike: dict[tuple[str, str, frozenset[str]], Likeness] = {}

    def _passing(self, vocabulary: Vocabulary, unpaired: tuple[list[int], list[int]]) -> Iterator[str]:
        """Yield the words of names that only records without a partner have, all in the old or all in the new version.

        A misspelling is such a word, also where several agreements of one agency have it.
        """
        sides = (self.lists.before_rows, self.lists.after_rows)
        for side, numbers in zip(sides, unpaired, strict=True):
            names = (" ".join(side[number][column] for column in self.lists.names) for number in numbers)
            found = Counter(word for name in names for word in set(words(name)))
            yield from (word for word, count in found.items() if count == vocabulary.uses.get(word))

    def common(self, column: int, value: str) -> float:
        """Return the share of all records, from 0 to 1, that have this value in the column."""
        return self.uses[column][value] / self.size

    def unique(self, column: int, value: str) -> bool:
        """Tell whether exactly two records of both versions together have this value in the column.

        If one record of each version has it, that is as good as an identifier.
        """
        return bool(value) and self.uses[column][value] == 2

    def weigh(self, i: int, j: int, *, least: float = FORBIDDEN) -> float:
        """Return the log odds that two records are the same, by their values alone; minus infinity if they can't be.

        i, j: the numbers of the records in the old and in the new version.
        least: log odds up to this value do not matter, and minus infinity is returned for them. To save time, the names
            are compared, and the places looked up, only if the result can still be above it.
        """
        mine, other = self.lists.before_rows[i], self.lists.after_rows[j]
        identified = self._is_identified(mine, other)
        if not identified and any(mine[column] != other[column] for column in self.lists.fixed):
            return FORBIDDEN
        if self._at_most(mine, other) <= least:
            return FORBIDDEN
        anchors = [self._anchor_weight(column, mine[column], other[column]) for column in self.lists.anchors]
        detailed = self._shares_all_details(mine, other)
        if _total(MAX_NAME_WEIGHT, anchors, detailed=detailed) <= least:
            return FORBIDDEN
        alike = self.alike(i, j)
        if alike.contradicts and not identified:
            return FORBIDDEN
        apart = alike.apart and not identified and not self._share_place(mine, other)
        if apart:  # bodies that share nothing else may well have signed on one day
            anchors = [min(w, 0.0) if c in self._dates else w for c, w in zip(self.lists.anchors, anchors, strict=True)]
        name = APART_WEIGHT if apart else self._name_weight(alike)
        total = _total(name if self.lists.names else 0.0, anchors, detailed=detailed)
        return FORBIDDEN if total <= least else total + self._place_weight(i, j)  # a place only speaks against a pair

    def _at_most(self, mine: Row, other: Row) -> float:
        """Return log odds that two records can't exceed, quickly: as if their names and places were the same.

        It is rounded up by far more than the order of adding up can make a difference.
        """
        total = MAX_NAME_WEIGHT + ROUNDING
        for column, agreeing, differing in self._anchors:
            one, two = mine[column], other[column]
            if one and two:
                total += (agreeing.get(one) or self._agreement(column, one)) if one == two else differing
        return total + SAME_DETAILS_WEIGHT if self._shares_all_details(mine, other) else total

    def _agreement(self, column: int, value: str) -> float:
        """Return the weight of an anchor column in which two records have the same value; it is remembered."""
        weight = self._share(column) * math.log(self.steady[column] / self.common(column, value))
        self._agreeing[column][value] = weight
        return weight

    def _is_identified(self, mine: Row, other: Row) -> bool:
        """Tell whether two records have the same web address, and no other record has it."""
        return any(mine[c] == other[c] and "://" in mine[c] and self.unique(c, mine[c]) for c in self._links)

    def _share_place(self, mine: Row, other: Row) -> bool:
        """Tell whether two records name the same place, like a county."""
        return (
            self.lists.place is not None
            and bool(mine[self.lists.place])
            and (mine[self.lists.place] == other[self.lists.place])
        )

    def _shares_all_details(self, mine: Row, other: Row) -> bool:
        """Tell whether two records have all details in common (like address and zip code), which no other record has.

        There must be at least two details. Labels, dates, the state and the place are no details, since many records
        share them.
        """
        details = self.lists.details
        if len(details) < 2:
            return False
        both = tuple(mine[column] for column in details)
        if not all(both) or both != tuple(other[column] for column in details):
            return False
        return self._detailed[both] == 2

    @cached_property
    def _detailed(self) -> Counter[Row]:
        """The number of records of both versions with the same details, keyed by these details."""
        return self.lists.count_several(self.lists.details)

    def _anchor_weight(self, column: int, mine: str, other: str) -> float:
        if not mine or not other:
            return 0.0
        if mine == other:
            return self._agreeing[column].get(mine) or self._agreement(column, mine)
        if column == self.lists.place and spelt_alike(mine, other) >= SLIP:
            return 0.0
        if column in self.lists.minor and not ("://" in mine and "://" in other):
            return 0.0  # a link that was posted
        return self._differing[column]

    def _share(self, column: int) -> float:
        """Return how much a column counts: a place's name mostly repeats the record's own."""
        return 0.5 if column == self.lists.place else 1.0

    def _name_weight(self, alike: Likeness) -> float:
        return self._share_weight(alike.share) + (ELSEWHERE_WEIGHT if alike.elsewhere else 0.0)

    @staticmethod
    def _share_weight(share: float) -> float:
        for (x0, y0), (x1, y1) in pairwise(NAME_WEIGHTS):
            if share <= x1:
                return y0 + (y1 - y0) * (share - x0) / (x1 - x0)
        return NAME_WEIGHTS[-1][1]

    def _place_weight(self, i: int, j: int) -> float:
        """Return the weight of the places of two records: below 0 if both are known and differ, else 0.

        The same name in two states is sometimes a slip, so it counts less than two different names, unless the records
        differ in their dates as well, and have no address in common. Where two places are known, it is no evidence that
        their names are spelt alike. Of a place that is not known, the state counts, unless it is an anchor and has
        counted.
        """
        ours, theirs = self._place(self.lists.before[i]), self._place(self.lists.after[j])
        if ours is None or theirs is None:
            at = None if self.lists.state in self.lists.anchors else self.lists.state
            states = (self.lists.before_rows[i][at], self.lists.after_rows[j][at]) if at is not None else ("", "")
            return OTHER_STATE_WEIGHT if all(states) and states[0] != states[1] else 0.0
        if ours == theirs:
            return 0.0
        mine, other = self.lists.before_rows[i], self.lists.after_rows[j]
        redated = any(mine[c] and other[c] and mine[c] != other[c] for c in self._dates)
        redated = redated and not self._is_identified(mine, other)
        if ours.name == theirs.name and not redated:
            return OTHER_STATE_WEIGHT
        return OTHER_PLACE_WEIGHT + (ALIKE_BY_CHANCE_WEIGHT if self.alike(i, j).respelled else 0.0)

    def _place(self, record: Record) -> Jurisdiction | None:
        """Return the county or place that a record is about, or None if that is not sure.

        A stored record does not say how sure its place is. So the place is found anew from its values.
        """
        if self.lists.place is None:
            return None
        found = jurisdictions.of_record(record, self.lists.description)
        one = found.jurisdiction
        return one if one and one.level != "state" and found.confidence >= MIN_SURE else None

    def alike(self, i: int, j: int) -> Likeness:
        """Compare the names of two records; the name and the code of their states do not count.

        i, j: the numbers of the records in the old and in the new version. What two names gave is remembered.
        """
        mine, other = self.lists.before[i], self.lists.after[j]
        state = self.lists.state
        silent = _silent(mine.values[state]) | _silent(other.values[state]) if state is not None else frozenset()
        one, two = (" ".join(r.values[c] or "" for c in self.lists.names) for r in (mine, other))
        if (one, two, silent) not in self._alike:
            self._alike[one, two, silent] = self._compared(one, two, silent)
        return self._alike[one, two, silent]

    def _compared(self, one: str, other: str, silent: frozenset[str]) -> Likeness:
        """Compare two names, in which the words in `silent` do not count.

        Two names of one state are the same (`Washington, D.C.`), and so is a name with a note behind it, or with `City
        of` before it; nearly so one with its state behind it (`Ithaca, New York`), of which there may be several
        without it. A name that has no other words than the state's, and the kind of place, counts whole, since nothing
        else tells it from others: `Oklahoma City` in Oklahoma.
        """
        if silent and (code := code_of(one)) and code == code_of(other):
            return Likeness(share=1.0)
        if (CITY_OF.match(one) is None) != (CITY_OF.match(other) is None):
            one, other = CITY_OF.sub("", one), CITY_OF.sub("", other)
        plain = without_note(one), without_note(other)
        if plain != (one, other) and {*plain} & {one, other} and words(plain[0]) == words(plain[1]) != ():
            return Likeness(share=1.0)
        for some, (rest, comma, state) in ((one, other.rpartition(",")), (other, one.rpartition(","))):
            if comma and code_of(state) and words(some) == words(rest):
                return Likeness(share=WITHOUT_STATE)
        if any((own := words(name)) and (silent | FORM_WORDS).issuperset(own) for name in (one, other)):
            silent = frozenset()
        return name_likeness(one, other, self.vocabulary, silent=silent)


def _total(name: float, anchors: list[float], *, detailed: bool) -> float:
    """Add up the weights of a pair, always in the same order; the weight of its place is added later.

    name: the weight of the names. anchors: the weight of each anchor column.
    detailed: whether both records agree in all their details.
    """
    total = max(name, 0.0) + SAME_DETAILS_WEIGHT if detailed else name
    for weight in anchors:
        total += weight
    return total


@lru_cache(maxsize=1_000)
def _silent(state: str | None) -> frozenset[str]:
    """Return the words of a state's name and its code, which do not count in a name; none if the state is unknown."""
    code = code_of(state)
    return frozenset((*words(code), *words(STATES[code][0]))) if code else frozenset()


def candidates(
    lists: ComparableLists, left: list[int], right: list[int], weights: FieldWeights
) -> set[tuple[int, int]]:
    """Return the pairs of an old and a new record that may be the same record, by their numbers, to be scored next.

    lists: the old and the new version of the list.
    left, right: the numbers of those old and new records that have no partner yet.
    weights: how much each field tells.

    Scoring every old record with every new one would take too long. So only those pairs are returned that have a rare
    value or a rare word in common, or the same US state and equal values in the columns that hardly ever change. If
    there are more than MAX_WEIGHED_PAIRS of them, those that share something with few other records come first and
    the rest is left out. Long names take longer to compare; then fewer pairs are returned.
    """
    found: set[tuple[int, int]] = set()
    long = (_words_of(side, rows, lists.names) for side, rows in ((left, lists.before_rows), (right, lists.after_rows)))
    most = MAX_WEIGHED_PAIRS / max(1.0, math.prod(long) / USUAL_WORDS**2)
    for marks in (_rare_marks, _block_marks):
        ours, theirs = (
            _marked(side, rows, lambda row, marks=marks: marks(lists, row, weights))  # type: ignore[misc]
            for side, rows in ((left, lists.before_rows), (right, lists.after_rows))
        )
        shared = sorted(
            (len(ours[mark]) * len(theirs[mark]), ours[mark], theirs[mark]) for mark in ours if mark in theirs
        )
        for pairs, these, those in shared:
            if len(found) + pairs > most:
                break
            found.update((i, j) for i in these for j in those)
    return found


def _words_of(side: list[int], rows: list[tuple[str, ...]], names: tuple[int, ...]) -> float:
    """Return how many words the names of these records have on average, as far as they are compared."""
    counts = (sum(len(words(rows[at][column])) for column in names) for at in side)
    return sum(min(count, MAX_COMPARED_WORDS) for count in counts) / max(len(side), 1)


def _marked(
    side: list[int], rows: list[tuple[str, ...]], marks: Callable[[tuple[str, ...]], Iterator[Hashable]]
) -> dict[Hashable, list[int]]:
    """Group the records of one version by their marks, the values that records must share to be weighed as a pair.

    side: the numbers of the records. marks: a function that yields the marks of a row of values.
    """
    found: dict[Hashable, list[int]] = defaultdict(list)
    for at in side:
        for mark in set(marks(rows[at])):
            found[mark].append(at)
    return found


def _block_marks(lists: ComparableLists, row: tuple[str, ...], _weights: FieldWeights) -> Iterator[Hashable]:
    fixed = tuple(row[column] for column in lists.fixed)
    yield fixed, row[lists.state] if lists.state is not None else ""


def _rare_marks(lists: ComparableLists, row: tuple[str, ...], weights: FieldWeights) -> Iterator[Hashable]:
    rare = max(8, lists.size_before // 50)
    for column in lists.anchors:
        if row[column] and weights.uses[column][row[column]] <= rare:
            yield column, row[column]
    for column in lists.names:
        for word in words(row[column]):
            if weights.vocabulary.uses.get(word, 0) <= rare:
                yield "word", word
