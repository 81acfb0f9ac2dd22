"""Which record of one version is which record of the next. The heart of the program; pure.

Identical records pair off first, then records with equal keys. What is left is decided by evidence, weighed as
Fellegi and Sunter do ("A Theory for Record Linkage", 1969): two records that agree in a rare value (a link, an odd
date) are likely the same, agreement in a common one (a state, a model) says little, and names count by the weight of
the words that they share. Among the pairs that are likely enough, the best assignment overall is taken, not the first
that fits. Weights come from the lists themselves: how common a value is, and how often a column changes here.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import lap
import numpy as np
from rapidfuzz.distance import JaroWinkler

from monitor import jurisdictions
from monitor.jurisdictions.states import STATES, code_of
from monitor.names import SLIP, Likeness, Vocabulary, likeness, plain, words

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from monitor.config import ListDescription
    from monitor.model import Record, RecordList

THRESHOLD = 0.0  # log odds at which two records count as one
MARGIN = 1.0  # by how much, in log odds, a pair must beat its rivals if the names alone don't settle it
SETTLED = 0.9  # the share of alike names that settles it
STEADY = 0.95  # how often a value is taken to stay the same, at most, in a record that changed otherwise
NAME_WEIGHTS = ((0.0, -7.0), (0.5, -4.0), (0.7, -1.5), (0.8, 0.5), (0.9, 3.0), (1.0, 5.0))
OTHER_PLACE = -6.0  # two different known jurisdictions
FORBIDDEN = -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two records that are one, and how sure that is (0 to 1)."""

    before: Record
    after: Record
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """How two versions of a list go together.

    `dropped` and `repeated` are further copies of a paired record that are gone or new: given out twice, no more.
    `rewritten` maps, by field, a plain value to the other spelling that it has on every record of the second version.
    `appeared` and `vanished` are fields whose column only one of the versions has.
    """

    pairs: tuple[Pair, ...]
    removed: tuple[Record, ...]
    added: tuple[Record, ...]
    dropped: tuple[Record, ...] = ()
    repeated: tuple[Record, ...] = ()
    rewritten: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()


def match(before: RecordList, after: RecordList, description: ListDescription) -> Matching:
    """Pair the records of two versions of a list. The order of the records never matters."""
    sides = _Sides(before, after, description)
    pairs: list[tuple[int, int, float]] = []
    left, right = set(range(len(sides.before))), set(range(len(sides.after)))
    dropped: list[int] = []
    repeated: list[int] = []
    for key in (sides.whole, sides.key) if description.key else (sides.whole,):
        found = list(_pair_equal(sides, key, left, right))
        pairs.extend((i, j, 1.0) for i, j in found)
        left.difference_update(i for i, _ in found)
        right.difference_update(j for _, j in found)
        if description.key:
            dropped.extend(_copies(sides, [i for i, _ in found], left, sides.before_rows))
            repeated.extend(_copies(sides, [j for _, j in found], right, sides.after_rows))
    pairs.extend(_likely(sides, sorted(left), sorted(right), pairs))
    left.difference_update(i for i, _, _ in pairs)
    right.difference_update(j for _, j, _ in pairs)
    return Matching(
        pairs=tuple(Pair(before=sides.before[i], after=sides.after[j], confidence=c) for i, j, c in pairs),
        removed=tuple(sides.before[i] for i in sorted(left)),
        added=tuple(sides.after[j] for j in sorted(right)),
        dropped=tuple(sides.before[i] for i in sorted(dropped)),
        repeated=tuple(sides.after[j] for j in sorted(repeated)),
        rewritten=sides.rewritten,
        appeared=sides.only_in(sides.after, sides.before),
        vanished=sides.only_in(sides.before, sides.after),
    )


class _Sides:
    """Two lists in comparable form: records in an order of their own, so that the publisher's never matters."""

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
        self.rewritten = _rewritten(self)
        spelling = {self.index[name]: known for name, known in self.rewritten.items()}
        self.before_rows = [self._row(record, spelling) for record in self.before]
        self.after_rows = [self._row(record, {}) for record in self.after]

    def _row(self, record: Record, spelling: Mapping[int, Mapping[str, str]]) -> tuple[str, ...]:
        """The record's comparable values: plain, and "" for a column that only one side has."""
        row = [""] * len(self.fields)
        for column in self.compared:
            value = plain(record.values[column] or "")
            row[column] = spelling[column].get(value, value) if column in spelling else value
        return tuple(row)

    def only_in(self, ours: Sequence[Record], theirs: Sequence[Record]) -> tuple[str, ...]:
        """The fields whose column one side has and the other lacks; an empty side says nothing."""
        if not ours or not theirs:
            return ()
        at = self.index.items()
        return tuple(each for each, column in at if _has_column(ours, column) and not _has_column(theirs, column))

    def columns(self, fields: Iterable[str | None]) -> tuple[int, ...]:
        return tuple(self.index[name] for name in fields if name and self.index[name] in self.compared)

    @cached_property
    def names(self) -> tuple[int, ...]:
        return self.columns(self.description.names)

    @cached_property
    def state(self) -> int | None:
        return next(iter(self.columns([self.description.jurisdiction.state])), None)

    @cached_property
    def place(self) -> int | None:
        return next(iter(self.columns([self.description.jurisdiction.name])), None)

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The columns of the key that neither name nor place the record: with another value it is another record."""
        loose = {*self.names, self.state, self.place}
        return tuple(column for column in self.columns(self.description.key) if column not in loose)

    @cached_property
    def anchors(self) -> tuple[int, ...]:
        skipped = {*self.names, *self.fixed}
        return tuple(column for column in self.columns(self.description.anchors) if column not in skipped)

    def whole(self, row: tuple[str, ...]) -> Hashable:
        return row

    def key(self, row: tuple[str, ...]) -> Hashable:
        return tuple(row[column] for column in self.columns(self.description.key))

    def major(self, row: tuple[str, ...]) -> Hashable:
        minor = self.columns(self.description.minor)
        return tuple(value for column, value in enumerate(row) if column not in minor)


def _canonical(record: Record) -> tuple[str, ...]:
    return tuple(value or "" for value in record.values)


def _has_column(records: Sequence[Record], column: int) -> bool:
    return any(record.values[column] is not None for record in records)


def _rewritten(sides: _Sides) -> dict[str, dict[str, str]]:
    """Values of few-valued columns that every record of theirs now spells another way (`ALABMA` for `ALABAMA`)."""
    found: dict[str, dict[str, str]] = {}
    for name, column in sides.description.columns.items():
        if column.kind != "class" or sides.index[name] not in sides.compared:
            continue
        at = sides.index[name]
        old = Counter(plain(record.values[at] or "") for record in sides.before)
        new = Counter(plain(record.values[at] or "") for record in sides.after)
        gone = [value for value in old if value and value not in new and old[value] > 2]
        come = [value for value in new if value and value not in old]
        for value in gone:
            near = max(come, key=lambda each: (JaroWinkler.similarity(value, each), each), default=None)
            if near and JaroWinkler.similarity(value, near) >= SLIP and 0.5 <= new[near] / old[value] <= 2:
                found.setdefault(name, {})[value] = near
                come.remove(near)
    return found


def _pair_equal(
    sides: _Sides, key: Callable[[tuple[str, ...]], Hashable], left: set[int], right: set[int]
) -> Iterator[tuple[int, int]]:
    """Pair what has an equal key; where several share one, the likest rows go together."""
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for j in sorted(right):
        waiting[key(sides.after_rows[j])].append(j)
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for i in sorted(left):
        groups[key(sides.before_rows[i])].append(i)
    for each, ours in groups.items():
        theirs = waiting.get(each, [])
        if len(ours) == 1 == len(theirs):
            yield ours[0], theirs[0]
        elif theirs:
            yield from _closest(sides, ours, theirs)


def _closest(sides: _Sides, ours: list[int], theirs: list[int]) -> Iterator[tuple[int, int]]:
    """Pair within a group of equal keys: the more values are the same, to the letter or in plain form, the better."""

    def sameness(i: int, j: int) -> tuple[int, int]:
        plainly = sum(a == b for a, b in zip(sides.before_rows[i], sides.after_rows[j], strict=True))
        to_the_letter = sum(a == b for a, b in zip(sides.before[i].values, sides.after[j].values, strict=True))
        return plainly, to_the_letter

    ranked = sorted(((*sameness(i, j), i, j) for i in ours for j in theirs), key=lambda r: (-r[0], -r[1], r[2], r[3]))
    free_ours, free_theirs = set(ours), set(theirs)
    for _, _, i, j in ranked:
        if i in free_ours and j in free_theirs:
            free_ours.remove(i)
            free_theirs.remove(j)
            yield i, j


def _copies(sides: _Sides, paired: list[int], rest: set[int], rows: list[tuple[str, ...]]) -> list[int]:
    """Take from `rest` what says the same as a paired record, minor fields aside: a row given out twice."""
    known = {sides.major(rows[i]) for i in paired}
    copies = [i for i in sorted(rest) if sides.major(rows[i]) in known]
    rest.difference_update(copies)
    return copies


def _likely(
    sides: _Sides, left: list[int], right: list[int], sure: list[tuple[int, int, float]]
) -> Iterator[tuple[int, int, float]]:
    """Pair what is left by evidence: the best assignment overall, above a threshold and with a margin."""
    if not left or not right:
        return
    evidence = _Evidence(sides, sure)
    prior = -math.log(max(len(left), len(right)))
    scores: dict[tuple[int, int], float] = {}
    for i, j in sorted(_candidates(sides, left, right, evidence)):
        score = evidence.weigh(i, j) + prior
        if score > THRESHOLD:
            scores[i, j] = score
    for group in _connected(scores):
        chosen = _assign(group)
        for i, j in sorted(chosen):
            rival = _best_rival(sides, group, i, j)
            if scores[i, j] - rival >= MARGIN or evidence.alike(i, j).share >= SETTLED:
                yield i, j, _confidence(scores[i, j], rival)


def _confidence(score: float, rival: float) -> float:
    """The share of this pair among what could be: itself, its best rival, and no pair at all."""
    return round(1 / (1 + math.exp(-score) + math.exp(min(rival - score, 50.0))), 3)


class _Evidence:
    """What agreement and disagreement in each column are worth between these two lists, in log odds."""

    def __init__(self, sides: _Sides, sure: list[tuple[int, int, float]]) -> None:
        self.sides = sides
        rows = sides.before_rows + sides.after_rows
        self.size = len(rows)
        self.uses = {column: Counter(row[column] for row in rows) for column in (*sides.anchors, *sides.fixed)}
        self.steady = {}
        for column in sides.anchors:
            kept = sum(sides.before_rows[i][column] == sides.after_rows[j][column] for i, j, _ in sure)
            self.steady[column] = min(STEADY, (kept + 19) / (len(sure) + 20))
        self.vocabulary = Vocabulary.of((*sides.before, *sides.after), sides.names)
        self._alike: dict[tuple[int, int], Likeness] = {}

    def common(self, column: int, value: str) -> float:
        """The share of records with this value in the column."""
        return self.uses[column][value] / self.size

    def unique(self, column: int, value: str) -> bool:
        """True where a value stands once in each list: agreeing in it is as good as an identifier."""
        return bool(value) and self.uses[column][value] == 2

    def weigh(self, i: int, j: int) -> float:
        """The log odds, before the prior, that two records are one; minus infinity where they can't be."""
        mine, other = self.sides.before_rows[i], self.sides.after_rows[j]
        identified = any(
            mine[c] == other[c] and self.unique(c, mine[c]) and "://" in mine[c] for c in self.sides.anchors
        )
        if not identified and any(mine[column] != other[column] for column in self.sides.fixed):
            return FORBIDDEN
        alike = self.alike(i, j)
        if alike.contradicts and not identified:
            return FORBIDDEN
        total = self._name_weight(alike) if self.sides.names else 0.0
        for column in self.sides.anchors:
            total += self._anchor_weight(column, mine[column], other[column])
        return total + self._place_weight(i, j)

    def _anchor_weight(self, column: int, mine: str, other: str) -> float:
        if not mine or not other:
            return 0.0
        steady = self.steady[column]
        share = 0.5 if column == self.sides.place else 1.0  # a place's name mostly repeats the record's own
        if mine == other:
            return share * math.log(steady / self.common(column, mine))
        if column == self.sides.place and JaroWinkler.similarity(mine, other) >= SLIP:
            return 0.0
        if column in self.sides.columns(self.sides.description.minor) and not ("://" in mine and "://" in other):
            return 0.0  # a link that was posted
        by_chance = sum((n / self.size) ** 2 for n in self.uses[column].values())
        return share * math.log((1 - steady) / max(1 - by_chance, 1e-6))

    def _name_weight(self, alike: Likeness) -> float:
        share = alike.share
        for (x0, y0), (x1, y1) in pairwise(NAME_WEIGHTS):
            if share <= x1:
                return y0 + (y1 - y0) * (share - x0) / (x1 - x0)
        return NAME_WEIGHTS[-1][1]

    def _place_weight(self, i: int, j: int) -> float:
        ours, theirs = self._place(self.sides.before[i]), self._place(self.sides.after[j])
        return OTHER_PLACE if ours and theirs and ours != theirs else 0.0

    def _place(self, record: Record) -> str | None:
        name, state = (record.values[c] if c is not None else None for c in (self.sides.place, self.sides.state))
        found = jurisdictions.resolve(name, state) if self.sides.place is not None else None
        return found.ocd_id if found and found.level != "state" else None

    def alike(self, i: int, j: int) -> Likeness:
        """How alike the two names are; the state's own name and code say nothing between them."""
        if (i, j) not in self._alike:
            mine, other = self.sides.before[i], self.sides.after[j]
            state = self.sides.state
            silent = _silent(mine.values[state]) | _silent(other.values[state]) if state is not None else frozenset()
            one, two = (" ".join(r.values[c] or "" for c in self.sides.names) for r in (mine, other))
            self._alike[i, j] = likeness(one, two, self.vocabulary, silent=silent)
        return self._alike[i, j]


def _silent(state: str | None) -> frozenset[str]:
    code = code_of(state)
    return frozenset((*words(code), *words(STATES[code][0]))) if code else frozenset()


def _candidates(sides: _Sides, left: list[int], right: list[int], evidence: _Evidence) -> set[tuple[int, int]]:
    """The pairs worth weighing: those that share a rare value, a telling word, or state and fixed columns."""
    found: set[tuple[int, int]] = set()
    for marks in (_block_marks, _rare_marks):
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for j in right:
            for mark in marks(sides, sides.after_rows[j], evidence):
                waiting[mark].append(j)
        for i in left:
            for mark in set(marks(sides, sides.before_rows[i], evidence)):
                found.update((i, j) for j in waiting.get(mark, ()))
    return found


def _block_marks(sides: _Sides, row: tuple[str, ...], _evidence: _Evidence) -> Iterator[Hashable]:
    fixed = tuple(row[column] for column in sides.fixed)
    yield fixed, row[sides.state] if sides.state is not None else ""


def _rare_marks(sides: _Sides, row: tuple[str, ...], evidence: _Evidence) -> Iterator[Hashable]:
    rare = max(8, len(sides.before) // 50)
    for column in sides.anchors:
        if row[column] and evidence.uses[column][row[column]] <= rare:
            yield column, row[column]
    for column in sides.names:
        for word in words(row[column]):
            if evidence.vocabulary.uses.get(word, 0) <= rare:
                yield "word", word


def _connected(scores: Mapping[tuple[int, int], float]) -> Iterator[dict[tuple[int, int], float]]:
    """The pairs in groups that have no record in common."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    for i, j in scores:
        parent[root(("before", i))] = root(("after", j))
    groups: dict[tuple[str, int], dict[tuple[int, int], float]] = defaultdict(dict)
    for (i, j), score in scores.items():
        groups[root(("after", j))][i, j] = score
    yield from groups.values()


def _assign(group: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The assignment with the greatest sum of scores (Jonker-Volgenant)."""
    if len(group) == 1:
        return list(group)
    rows, columns = sorted({i for i, _ in group}), sorted({j for _, j in group})
    cost = np.full((len(rows), len(columns)), 0.0)
    at_row, at_column = ({each: at for at, each in enumerate(axis)} for axis in (rows, columns))
    for (i, j), score in group.items():
        cost[at_row[i], at_column[j]] = -score
    _, assigned, _ = lap.lapjv(cost, extend_cost=True)
    pairs = ((rows[r], columns[c]) for r, c in enumerate(assigned) if c >= 0)
    return [pair for pair in pairs if pair in group]


def _best_rival(sides: _Sides, group: Mapping[tuple[int, int], float], i: int, j: int) -> float:
    """The best score of another pair with one of these two; a record that reads the same is no rival."""
    rivals = (
        score
        for (a, b), score in group.items()
        if (a == i and sides.after_rows[b] != sides.after_rows[j])
        or (b == j and sides.before_rows[a] != sides.before_rows[i])
    )
    return max(rivals, default=FORBIDDEN)
