"""Finds which record of one version of a list is which record of the next version.

This is the heart of the program.

Identical records are paired first, then records with equal keys. For the rest, evidence is weighed as Fellegi and
Sunter do ("A Theory for Record Linkage", 1969). Two records that agree in a rare value (a link, an odd date) are
probably the same. Agreement in a common value (a state, a model) says little. Names count by the weight of the words
that they share. Among the pairs that are likely enough, the assignment that is best as a whole is taken, not the first
that fits. The weights come from the lists themselves: how common a value is, and how often a column changes here.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from monitor import jurisdictions
from monitor.matching.assignment import best_assignment
from monitor.matching.comparable import ComparableLists
from monitor.matching.names import plain_value
from monitor.matching.texts import paired_paragraphs, paired_texts
from monitor.matching.ways import same_but_rewritten
from monitor.matching.weights import FORBIDDEN, FieldWeights, candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Jurisdiction, Record, RecordList

MIN_LOG_ODDS = 0.0  # log odds at which two records count as one
MIN_WHOLE_RECORDS = 10  # fewer records than this are never a whole column
MIN_WHOLE_SHARE = 0.8  # the share of records that must have their labels written otherwise for all of a column to be
MIN_MARGIN = 1.0  # by how much, in log odds, a pair must beat its rivals if the names alone don't settle it
MIN_REWRITTEN = 3  # records that must have a label written otherwise for it to be told once, and not of each
MAX_PAIRS_OF_A_KEY = 250_000  # of records with one key that are compared each with each
SETTLED_SHARE = 0.9  # the share of alike names that settles it


class Pair(NamedTuple):
    """A record of the old version, and the record of the new version that is the same.

    `confidence` is how sure that is, from 0 to 1. It is a tuple, since a long list has very many pairs.
    """

    before: Record
    after: Record
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """The result of comparing two versions of a list: which records are the same, which are removed, which are added.

    - `pairs`: records that are in both versions, perhaps with other values.
    - `removed`, `added`: records that only the old or only the new version has.
    - `dropped`, `repeated`: extra copies of a paired record that only the old or only the new version has. Such a row
      was just printed twice.
    - `rewritten`: for a field of labels, the labels that many records now have in another spelling or other words. Maps
      the old and the new label, in plain form, to the number of records.
    - `appeared`, `vanished`: the fields whose column only the new or only the old version has.
    """

    pairs: tuple[Pair, ...]
    removed: tuple[Record, ...]
    added: tuple[Record, ...]
    dropped: tuple[Record, ...] = ()
    repeated: tuple[Record, ...] = ()
    rewritten: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()


def match(before: RecordList, after: RecordList, description: ListDescription) -> Matching:
    """Find which records of two versions of a list are the same, and return the pairs and what is left over.

    before, after: the old and the new version. The order of their records does not matter.
    """
    if description.content == "text":
        return _matched_texts(before.records, after.records)
    found = match_comparable(ComparableLists(before, after, description))
    if description.paragraphs:
        return _with_pairs(found, paired_paragraphs(found.removed, found.added))
    return _with_pairs(found, tuple(same_but_rewritten(found.pairs, found.removed, found.added, description)))


def _with_pairs(matching: Matching, found: Sequence[tuple[int, int, float]]) -> Matching:
    """Return a matching with further pairs, each by the numbers of a removed and an added record and its confidence."""
    if not found:
        return matching
    gone, new = {i for i, _, _ in found}, {j for _, j, _ in found}
    pairs = (Pair(before=matching.removed[i], after=matching.added[j], confidence=c) for i, j, c in found)
    return replace(
        matching,
        pairs=(*matching.pairs, *pairs),
        removed=tuple(record for i, record in enumerate(matching.removed) if i not in gone),
        added=tuple(record for j, record in enumerate(matching.added) if j not in new),
    )


def _matched_texts(before: Sequence[Record], after: Sequence[Record]) -> Matching:
    found = paired_texts(before, after)
    return Matching(
        pairs=tuple(Pair(before=before[i], after=after[j], confidence=c) for i, j, c in found.pairs),
        removed=tuple(before[i] for i in found.removed),
        added=tuple(after[j] for j in found.added),
        dropped=tuple(before[i] for i in found.dropped),
        repeated=tuple(after[j] for j in found.repeated),
    )


def resolve_new(
    matching: Matching,
    description: ListDescription,
    found: Mapping[int | None, tuple[str | None, Jurisdiction | None]] | None = None,
) -> Matching:
    """Return the matching with the jurisdiction filled in for records of the new version that are new or changed.

    A record with the same values as before is left as it is.

    found: the states and jurisdictions that are known already, by the positions of the records in the new version.
    """
    known = found or {}

    def resolved(record: Record) -> Record:
        about = known.get(record.position)
        return record.about(*about) if about else jurisdictions.resolved(record, description)

    return replace(
        matching,
        pairs=tuple(
            pair if pair.before.values == pair.after.values else pair._replace(after=resolved(pair.after))
            for pair in matching.pairs
        ),
        added=tuple(map(resolved, matching.added)),
        repeated=tuple(map(resolved, matching.repeated)),
    )


def match_comparable(lists: ComparableLists) -> Matching:
    """Do what `match` does with two versions of a list that are in comparable form already."""
    pairs: list[tuple[int, int, float]] = []
    left, right = set(range(len(lists.before))), set(range(len(lists.after)))
    dropped: list[int] = []
    repeated: list[int] = []
    keyed = lists.has_key
    for key in (lists.whole, lists.key) if keyed else (lists.whole,):
        found = list(_pair_equal(lists, key, left, right))
        pairs.extend((i, j, 1.0) for i, j in found)
        left.difference_update(i for i, _ in found)
        right.difference_update(j for _, j in found)
        if keyed:
            dropped.extend(_copies(lists, [i for i, _ in found], left, lists.before_rows))
            repeated.extend(_copies(lists, [j for _, j in found], right, lists.after_rows))
    pairs.extend(_likely(lists, sorted(left), sorted(right), pairs))
    left.difference_update(i for i, _, _ in pairs)
    right.difference_update(j for _, j, _ in pairs)
    if keyed:
        dropped.extend(_repeats(lists, [i for i, _, _ in pairs], left, lists.before_rows))
        repeated.extend(_repeats(lists, [j for _, j, _ in pairs], right, lists.after_rows))
    return Matching(
        pairs=(
            *map(Pair, lists.apart.same_before, lists.apart.same_after),
            *(Pair(before=lists.before[i], after=lists.after[j], confidence=c) for i, j, c in pairs),
        ),
        removed=tuple(lists.before[i] for i in sorted(left)),
        added=tuple(lists.after[j] for j in sorted(right)),
        dropped=tuple(lists.before[i] for i in sorted(dropped)),
        repeated=tuple(lists.after[j] for j in sorted(repeated)),
        rewritten=dict(_rewritten(lists, pairs)),
        appeared=lists.appeared,
        vanished=lists.vanished,
    )


def _rewritten(
    lists: ComparableLists, pairs: list[tuple[int, int, float]]
) -> Iterator[tuple[str, dict[tuple[str, str], int]]]:
    """Yield each field of labels with those that most of their records now have written otherwise, and how many do.

    Only records that are still listed count. Some of them may keep the old spelling, and others may have had the new
    one before. Where nearly all records of the column have another spelling now, so have the labels of single records.
    """
    changed = [(old, new) for i, j, _ in pairs if (old := lists.before[i].values) != (new := lists.after[j].values)]
    count = len(pairs) + len(lists.apart.same_before)
    for column, labels in lists.labels.items():
        both = ((plain_value(old[column] or ""), plain_value(new[column] or "")) for old, new in changed)
        counts = Counter(
            (old, new) for old, new in both if old and new and old != new and labels.of(old) == labels.of(new)
        )
        is_whole = counts.total() >= max(MIN_WHOLE_RECORDS, MIN_WHOLE_SHARE * count)
        if not is_whole and not any(count >= MIN_REWRITTEN for count in counts.values()):
            continue
        had = Counter(plain_value(lists.before[i].values[column] or "") for i, _, _ in pairs)
        for value, times in lists.same(column).items():
            had[plain_value(value or "")] += times
        found = {
            both: count for both, count in counts.items() if is_whole or count >= max(MIN_REWRITTEN, had[both[0]] / 2)
        }
        if found:
            yield lists.fields[column], found


def _pair_equal(
    lists: ComparableLists, key: Callable[[tuple[str, ...]], Hashable], left: set[int], right: set[int]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of records with an equal key; if several records share a key, the most similar ones are paired.

    key: a function that returns the key of a row of values.
    left, right: the records that are not paired yet, by their numbers in the old and in the new version.
    """
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for j in sorted(right):
        waiting[key(lists.after_rows[j])].append(j)
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for i in sorted(left):
        groups[key(lists.before_rows[i])].append(i)
    for each, ours in groups.items():
        theirs = waiting.get(each, [])
        if len(ours) == 1 == len(theirs):
            yield ours[0], theirs[0]
        elif len(ours) * len(theirs) > MAX_PAIRS_OF_A_KEY:
            yield from zip(ours, theirs, strict=False)  # so many of one key can't be told apart: in their own order
        elif theirs:
            yield from _closest(lists, ours, theirs)


def _closest(lists: ComparableLists, ours: list[int], theirs: list[int]) -> Iterator[tuple[int, int]]:
    """Yield pairs of records from a group with equal keys; those with the most equal values are paired first.

    ours, theirs: the numbers of the records in the old and in the new version.
    """

    def sameness(i: int, j: int) -> tuple[int, int]:
        plainly = sum(a == b for a, b in zip(lists.before_rows[i], lists.after_rows[j], strict=True))
        to_the_letter = sum(a == b for a, b in zip(lists.before[i].values, lists.after[j].values, strict=True))
        return plainly, to_the_letter

    ranked = sorted(((*sameness(i, j), i, j) for i in ours for j in theirs), key=lambda r: (-r[0], -r[1], r[2], r[3]))
    free_ours, free_theirs = set(ours), set(theirs)
    for _, _, i, j in ranked:
        if i in free_ours and j in free_theirs:
            free_ours.remove(i)
            free_theirs.remove(j)
            yield i, j


def _copies(lists: ComparableLists, paired: list[int], rest: set[int], rows: list[tuple[str, ...]]) -> list[int]:
    """Find the records in `rest` that equal a paired record; remove them from `rest`, and return them.

    Minor fields are not compared. Such a record was only printed twice. Records are given by their number in `rows`.
    """
    if not rest:
        return []
    known = {lists.major(rows[i]) for i in paired}
    copies = [i for i in sorted(rest) if lists.major(rows[i]) in known]
    rest.difference_update(copies)
    return copies


def _repeats(lists: ComparableLists, paired: list[int], rest: set[int], rows: list[tuple[str, ...]]) -> list[int]:
    """Do as `_copies`, and also take out the records that equal one before them in `rest`."""
    first: dict[Hashable, int] = {}
    for i in sorted(rest):
        first.setdefault(lists.major(rows[i]), i)
    copies = _copies(lists, paired, rest, rows)
    more = sorted(rest.difference(first.values()))
    rest.difference_update(more)
    return [*copies, *more]


def _likely(
    lists: ComparableLists, left: list[int], right: list[int], sure: list[tuple[int, int, float]]
) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs among the remaining records that are probably the same, each with its confidence (0 to 1).

    left, right: the numbers of the remaining records of the old and the new version.
    sure: the pairs found before, which show how often each column changes.

    A pair must be likely enough, and clearly likelier than any other pair with one of its records. Of all ways to pair
    the records, the one that is best as a whole is taken.
    """
    if not left or not right:
        return
    weights = FieldWeights(lists, sure, unpaired=(left, right))
    prior = -math.log(max(len(left), len(right)))
    scores: dict[tuple[int, int], float] = {}
    for i, j in sorted(candidates(lists, left, right, weights)):
        score = weights.weigh(i, j, least=MIN_LOG_ODDS - prior) + prior
        if score > MIN_LOG_ODDS:
            scores[i, j] = score
    for group in _connected(scores):
        rivals = _Rivals(lists, group)
        for i, j in sorted(best_assignment(group)):
            rival = rivals.best(i, j)
            if scores[i, j] - rival >= MIN_MARGIN or weights.alike(i, j).share >= SETTLED_SHARE:
                yield i, j, _confidence(scores[i, j], rival)


def _confidence(score: float, rival: float) -> float:
    """Return how sure a pair is, from 0 to 1.

    score: the log odds that its two records are the same.
    rival: the log odds of the best other pair with one of these records.
    """
    return round(1 / (1 + math.exp(-score) + math.exp(min(rival - score, 50.0))), 3)


def _connected(scores: Mapping[tuple[int, int], float]) -> Iterator[dict[tuple[int, int], float]]:
    """Split pairs into groups, so that no record is in two groups; `scores` has the log odds of each pair."""
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


class _Rivals:
    """The rivals of each pair in a group: the other possible pairs with one of its two records."""

    def __init__(self, lists: ComparableLists, group: Mapping[tuple[int, int], float]) -> None:
        self._lists = lists
        self._of_before: dict[int, list[tuple[float, int]]] = defaultdict(list)
        self._of_after: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for (i, j), score in group.items():
            self._of_before[i].append((score, j))
            self._of_after[j].append((score, i))

    def best(self, i: int, j: int) -> float:
        """Return the best score that one of two records would get with another partner; FORBIDDEN if there is no other.

        The two are number `i` of the old records and number `j` of the new ones. If this score is nearly as high as
        that of the pair itself, it is not sure that the pair is right. Partners that are exactly alike are left out,
        because exchanging them would change nothing.
        """
        before, after = self._lists.before_rows, self._lists.after_rows
        found = [score for score, other in self._of_before[i] if after[other] != after[j]]
        found += [score for score, other in self._of_after[j] if before[other] != before[i]]
        return max(found, default=FORBIDDEN)
