"""Tell which labels of a column with few values are one label, written in two ways, and which are two. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.matching.names import SLIP, OneLabel, spelt_alike, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

MAX_LABELS = 200  # different labels of a column: with more, it is not a column of few values
MIN_REWORDED = 3  # records that must have a new label in place of another for it to be that one in other words
EMPTY_WORDS = frozenset({"model", "program", "programme", "type", "agreement", "the", "of"})


class Labels:
    """The labels of one column in two versions of a list, with the label that stands for each in the comparison.

    `before` and `after` count the records that have each label, in plain form.
    """

    def __init__(self, before: Counter[str], after: Counter[str]) -> None:
        self._before, self._after = before, after
        self.meaning: dict[str, str] = {}

    @property
    def all(self) -> list[str]:
        """All labels of both versions but the empty one, in alphabetical order."""
        return sorted({*self._before, *self._after} - {""})

    @property
    def are_many(self) -> bool:
        """Whether there are too many for a column of few values."""
        return len({*self._before, *self._after}) > MAX_LABELS

    @property
    def alone(self) -> frozenset[str]:
        """The labels that only one of the versions has, and that are not known as another spelling of a label."""
        return frozenset(self._before.keys() ^ self._after.keys()) - self.meaning.keys() - {""}

    def of(self, label: str) -> str:
        """Return the label that stands for this one."""
        return self.meaning.get(label, label)

    def unite(self, label: str, other: str) -> None:
        """Have two labels count as one from now on."""
        mine, theirs = self.of(label), self.of(other)
        kept = min((mine, theirs), key=lambda each: (-self._before[each] - self._after[each], each))
        for each in {*self.meaning, label, other}:
            if self.of(each) in {mine, theirs}:
                self.meaning[each] = kept

    def unite_spellings(self, stand_together: Callable[[str, str], bool]) -> None:
        """Have labels count as one that differ only in slips of spelling, abbreviations and words like `Model`.

        stand_together: tells whether two labels stand side by side for one agency, and so are two.
        """
        known = self.all
        for at, label in enumerate(known):
            for other in known[at + 1 :]:
                if one_label(label, other) and not stand_together(label, other):
                    self.unite(label, other)

    def unite_rewordings(self, votes: Mapping[tuple[str, str], int]) -> None:
        """Have a label count as another in other words where the records say so.

        votes: how many records have the second label now and had the first before, being equal in all else.

        One of the two must be in one version alone, and at least half of its records must say so. Where these are few,
        the two labels must have a word in common.
        """
        for (old, new), count in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])):
            alone = [uses[label] for label, uses, other in self._sides(old, new) if not other[label]]
            enough = any(2 * count >= uses for uses in alone)
            if enough and (count >= MIN_REWORDED or are_akin(old, new)):
                self.unite(old, new)

    def _sides(self, old: str, new: str) -> tuple[tuple[str, Counter[str], Counter[str]], ...]:
        """Return for each of two labels the uses in its own version and in the other one."""
        return (old, self._before, self._after), (new, self._after, self._before)


def one_label(label: str, other: str) -> bool:
    """Tell whether two labels differ only in slips of spelling, abbreviations, and words that say nothing.

    `Jail Enforcement Modal` and `JEM` are `Jail Enforcement Model`; `Tribal Task Force Model` is another than `Task
    Force Model`.
    """
    mine, theirs = words(label), words(other)
    if not mine or not theirs or mine == theirs:
        return mine == theirs
    return OneLabel(mine, theirs, silent=EMPTY_WORDS).holds


def are_akin(label: str, other: str) -> bool:
    """Tell whether two labels share a word that says something, or one in another spelling."""
    mine, theirs = (set(words(each)) - EMPTY_WORDS for each in (label, other))
    return any(spelt_alike(word, each) >= SLIP for word in mine for each in theirs if min(len(word), len(each)) > 2)


def count_votes(
    before: Iterable[tuple[object, str]], after: Iterable[tuple[object, str]], alone: Collection[str]
) -> Counter[tuple[str, str]]:
    """Count the records that are equal in all but one label, by their label before and after.

    before, after: for each record, all that it says but the label, and the label.
    alone: the labels that only one version has. Only records that have one of them are counted.
    """
    now: dict[object, set[str]] = {}
    then: dict[object, set[str]] = {}
    for labels, side in ((then, before), (now, after)):
        for rest, label in side:
            labels.setdefault(rest, set()).add(label)
    votes: Counter[tuple[str, str]] = Counter()
    for rest in then.keys() & now.keys():
        left, come = then[rest] - now[rest], now[rest] - then[rest]
        votes.update((old, new) for old in left for new in come if old in alone or new in alone)
    return votes
