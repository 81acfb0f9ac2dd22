"""Weigh, in log odds, the evidence that two records are the same, and choose which pairs to weigh at all.

Weights come from the two lists themselves: agreement in a value is worth more the rarer the value is, and a column that
changes often between these versions counts less where it differs.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.jurisdictions.states import STATES, code_of
from monitor.matching.names import MAX_COMPARED_WORDS, SLIP, Likeness, Vocabulary, name_likeness, spelt_alike, words

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from monitor.matching.comparable import ComparableLists, Row
    from monitor.model import Jurisdiction, Record

MAX_WEIGHED_PAIRS = 150_000  # pairs of names that are weighed between two versions, some seconds' work
USUAL_WORDS = 10  # words of a name; with longer ones, fewer pairs take as long
MAX_STEADY = 0.95  # how often a value is taken to stay the same, at most, in a record that changed otherwise
NAME_WEIGHTS = ((0.0, -7.0), (0.5, -4.0), (0.7, -1.5), (0.8, 0.5), (0.9, 3.0), (1.0, 5.0))
MAX_NAME_WEIGHT = max(weight for _, weight in NAME_WEIGHTS)
ELSEWHERE_WEIGHT = -3.0  # a word like `Beach` in one of the names alone
OTHER_PLACE_WEIGHT = -6.0  # two known jurisdictions with different names
OTHER_STATE_WEIGHT = -3.0  # two known jurisdictions of the same name
SAME_DETAILS_WEIGHT = 6.0  # an address and a zip that one record of each version has
MIN_SURE = 0.9  # the least confidence with which a jurisdiction is known
FORBIDDEN = -math.inf


class FieldWeights:
    """The weights, in log odds, of agreement and disagreement in each column of two lists."""

    def __init__(self, lists: ComparableLists, sure: list[tuple[int, int, float]]) -> None:
        self.lists = lists
        rows = lists.before_rows + lists.after_rows
        self.size = len(rows)
        self.uses = {column: Counter(map(itemgetter(column), rows)) for column in (*lists.anchors, *lists.fixed)}
        self.by_chance = {
            column: sum((n / self.size) ** 2 for n in self.uses[column].values()) for column in lists.anchors
        }
        self.steady = {}
        for column in lists.anchors:
            kept = sum(lists.before_rows[i][column] == lists.after_rows[j][column] for i, j, _ in sure)
            self.steady[column] = min(MAX_STEADY, (kept + 19) / (len(sure) + 20))
        self.vocabulary = Vocabulary.of((*lists.before, *lists.after), lists.names)
        self._alike: dict[tuple[int, int], Likeness] = {}

    def common(self, column: int, value: str) -> float:
        """Return the share of all records that have this value in the column."""
        return self.uses[column][value] / self.size

    def unique(self, column: int, value: str) -> bool:
        """Tell whether a value that both lists have occurs once in each: agreeing in it is as good as an identifier."""
        return bool(value) and self.uses[column][value] == 2

    def weigh(self, i: int, j: int, *, least: float = FORBIDDEN) -> float:
        """Return the log odds, before the prior, that two records are the same; minus infinity if they can't be.

        i, j: the numbers of the records in the old and in the new version.
        least: only log odds above this matter. Minus infinity stands for all others, so that a pair that is unlikely by
        its plain values costs no comparison of names, and one that its names make unlikely no search for its place.
        """
        mine, other = self.lists.before_rows[i], self.lists.after_rows[j]
        identified = self._is_identified(mine, other)
        if not identified and any(mine[column] != other[column] for column in self.lists.fixed):
            return FORBIDDEN
        anchors = [self._anchor_weight(column, mine[column], other[column]) for column in self.lists.anchors]
        detailed = self._shares_all_details(mine, other)
        if _total(MAX_NAME_WEIGHT, anchors, detailed=detailed) <= least:
            return FORBIDDEN
        alike = self.alike(i, j)
        if alike.contradicts and not identified:
            return FORBIDDEN
        total = _total(self._name_weight(alike) if self.lists.names else 0.0, anchors, detailed=detailed)
        return FORBIDDEN if total <= least else total + self._place_weight(i, j)  # a place only speaks against a pair

    def _is_identified(self, mine: Row, other: Row) -> bool:
        """Tell whether two records agree in a web address that no other record has."""
        return any(mine[c] == other[c] and self.unique(c, mine[c]) and "://" in mine[c] for c in self.lists.anchors)

    def _shares_all_details(self, mine: Row, other: Row) -> bool:
        """Tell whether two records agree in two or more details that together no other record has: address and zip.

        Labels, dates, the state and the place are no such details, since many records share them.
        """
        details = self.lists.details
        both = tuple(mine[column] for column in details)
        if len(details) < 2 or not all(both) or both != tuple(other[column] for column in details):
            return False
        return self._detailed[both] == 2

    @cached_property
    def _detailed(self) -> Counter[Row]:
        """How many records of both versions have the same details."""
        rows = (*self.lists.before_rows, *self.lists.after_rows)
        return Counter(tuple(row[column] for column in self.lists.details) for row in rows)

    def _anchor_weight(self, column: int, mine: str, other: str) -> float:
        if not mine or not other:
            return 0.0
        steady = self.steady[column]
        share = 0.5 if column == self.lists.place else 1.0  # a place's name mostly repeats the record's own
        if mine == other:
            return share * math.log(steady / self.common(column, mine))
        if column == self.lists.place and spelt_alike(mine, other) >= SLIP:
            return 0.0
        if column in self.lists.minor and not ("://" in mine and "://" in other):
            return 0.0  # a link that was posted
        return share * math.log((1 - steady) / max(1 - self.by_chance[column], 1e-6))

    def _name_weight(self, alike: Likeness) -> float:
        return self._share_weight(alike.share) + (ELSEWHERE_WEIGHT if alike.elsewhere else 0.0)

    @staticmethod
    def _share_weight(share: float) -> float:
        for (x0, y0), (x1, y1) in pairwise(NAME_WEIGHTS):
            if share <= x1:
                return y0 + (y1 - y0) * (share - x0) / (x1 - x0)
        return NAME_WEIGHTS[-1][1]

    def _place_weight(self, i: int, j: int) -> float:
        """Weigh the jurisdictions of two records, if both are known and differ.

        The same name in two states is sometimes a slip, so it counts less than two different names.
        """
        ours, theirs = self._place(self.lists.before[i]), self._place(self.lists.after[j])
        if ours is None or theirs is None or ours == theirs:
            return 0.0
        return OTHER_STATE_WEIGHT if ours.name == theirs.name else OTHER_PLACE_WEIGHT

    def _place(self, record: Record) -> Jurisdiction | None:
        """Return the county or place that a record is surely about, or None.

        A stored record does not hold how sure that is, so its values are resolved again; the results are cached.
        """
        if self.lists.place is None:
            return None
        found = jurisdictions.of_record(record, self.lists.description)
        one = found.jurisdiction
        return one if one and one.level != "state" and found.confidence >= MIN_SURE else None

    def alike(self, i: int, j: int) -> Likeness:
        """Compare the names of two records; the words and the code of their states weigh nothing."""
        if (i, j) not in self._alike:
            mine, other = self.lists.before[i], self.lists.after[j]
            state = self.lists.state
            silent = _silent(mine.values[state]) | _silent(other.values[state]) if state is not None else frozenset()
            one, two = (" ".join(r.values[c] or "" for c in self.lists.names) for r in (mine, other))
            self._alike[i, j] = name_likeness(one, two, self.vocabulary, silent=silent)
        return self._alike[i, j]


def _total(name: float, anchors: list[float], *, detailed: bool) -> float:
    """Add the weights of a pair, but for that of its place, always in the same order.

    name, anchors: the weights of the names, and of each anchor. detailed: whether both records have the same details.
    """
    total = max(name, 0.0) + SAME_DETAILS_WEIGHT if detailed else name
    for weight in anchors:
        total += weight
    return total


@lru_cache(maxsize=1_000)
def _silent(state: str | None) -> frozenset[str]:
    """Return the words and the code of a state, which weigh nothing in a name; none for what is no state."""
    code = code_of(state)
    return frozenset((*words(code), *words(STATES[code][0]))) if code else frozenset()


def candidates(
    lists: ComparableLists, left: list[int], right: list[int], weights: FieldWeights
) -> set[tuple[int, int]]:
    """Return the pairs of records worth weighing: they share a rare value, a rare word, or state and fixed columns.

    left, right: the numbers of the remaining records of the old and the new version.

    Values that few pairs share come first. At most MAX_WEIGHED_PAIRS pairs are returned, fewer if the names are long,
    so that no list takes for ever.
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
    """Return how many words a name of these records has on average, counting only as many as are compared."""
    counts = (sum(len(words(rows[at][column])) for column in names) for at in side)
    return sum(min(count, MAX_COMPARED_WORDS) for count in counts) / max(len(side), 1)


def _marked(
    side: list[int], rows: list[tuple[str, ...]], marks: Callable[[tuple[str, ...]], Iterator[Hashable]]
) -> dict[Hashable, list[int]]:
    """Group the records of one version by their marks: the values that `marks` yields for a row."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for at in side:
        for mark in set(marks(rows[at])):
            found[mark].append(at)
    return found


def _block_marks(lists: ComparableLists, row: tuple[str, ...], _weights: FieldWeights) -> Iterator[Hashable]:
    fixed = tuple(row[column] for column in lists.fixed)
    yield fixed, row[lists.state] if lists.state is not None else ""


def _rare_marks(lists: ComparableLists, row: tuple[str, ...], weights: FieldWeights) -> Iterator[Hashable]:
    rare = max(8, len(lists.before) // 50)
    for column in lists.anchors:
        if row[column] and weights.uses[column][row[column]] <= rare:
            yield column, row[column]
    for column in lists.names:
        for word in words(row[column]):
            if weights.vocabulary.uses.get(word, 0) <= rare:
                yield "word", word
