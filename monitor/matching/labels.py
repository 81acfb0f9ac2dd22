"""Tells which labels of a column mean the same, written in two ways, and which are different.

A label is one of a few values that many records share, like the type of an agreement.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.matching.names import SLIP, OneLabel, spelt_alike, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

MAX_LABELS = 200  # different labels of a column: with more, it is not a column of few values
MIN_REWORDED = 3  # records that must have a new label in place of another for it to be that one in other words
EMPTY_WORDS = frozenset({"model", "program", "programme", "type", "agreement", "the", "of"})


class Labels:
    """The labels of one column in two versions of a list, and which of them count as the same label.

    `before` and `after` count how many records of each version have each label; labels are in plain form. `meaning`
    maps a label to the one that it counts as.
    """

    def __init__(self, before: Counter[str], after: Counter[str]) -> None:
        self._before, self._after = before, after
        self.meaning: dict[str, str] = {}

    @property
    def all(self) -> list[str]:
        """All labels of both versions, without the empty one, in alphabetical order."""
        return sorted({*self._before, *self._after} - {""})

    @property
    def are_many(self) -> bool:
        """Whether there are so many different values that they can't be labels."""
        return len({*self._before, *self._after}) > MAX_LABELS

    @property
    def alone(self) -> frozenset[str]:
        """The labels that only one of the versions has, and that do not count as another label so far."""
        return frozenset(self._before.keys() ^ self._after.keys()) - self.meaning.keys() - {""}

    def of(self, label: str) -> str:
        """Return the label as which this one counts; that may be the label itself."""
        return self.meaning.get(label, label)

    def unite(self, label: str, other: str) -> None:
        """Let two labels count as the same from now on; the one that more records have stands for both."""
        mine, theirs = self.of(label), self.of(other)
        kept = min((mine, theirs), key=lambda each: (-self._before[each] - self._after[each], each))
        for each in {*self.meaning, label, other}:
            if self.of(each) in {mine, theirs}:
                self.meaning[each] = kept

    def unite_spellings(self, stand_together: Callable[[str, str], bool]) -> None:
        """Let labels count as the same if they differ only in slips of spelling, abbreviations and words like `Model`.

        stand_together: tells whether many agencies have both of two labels at once; then these are different labels.
        """
        known = self.all
        for at, label in enumerate(known):
            for other in known[at + 1 :]:
                if one_label(label, other) and not stand_together(label, other):
                    self.unite(label, other)

    def unite_rewordings(self, votes: Mapping[tuple[str, str], int]) -> None:
        """Let an old and a new label count as the same if the records show that one replaced the other.

        votes: for each old and new label, how many records had the old one and have the new one now, and are equal in
            everything else.

        One of the two labels must be in one version only, and at least half of the records with it must show that. If
        these are only a few records, the two labels must also have a word in common.
        """
        for (old, new), count in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])):
            alone = [uses[label] for label, uses, other in self._sides(old, new) if not other[label]]
            enough = any(2 * count >= uses for uses in alone)
            if enough and (count >= MIN_REWORDED or are_akin(old, new)):
                self.unite(old, new)

    def _sides(self, old: str, new: str) -> tuple[tuple[str, Counter[str], Counter[str]], ...]:
        """Return the old and the new label, each with two label counts: its own version's, then the other version's."""
        return (old, self._before, self._after), (new, self._after, self._before)


def one_label(label: str, other: str) -> bool:
    """Tell whether two labels are the same but for slips of spelling, abbreviations, and words without a meaning here.

    Examples: `Jail Enforcement Modal` and `JEM` are the same as `Jail Enforcement Model`; `Tribal Task Force Model` is
    another label than `Task Force Model`.
    """
    mine, theirs = words(label), words(other)
    if not mine or not theirs or mine == theirs:
        return mine == theirs
    return OneLabel(mine, theirs, silent=EMPTY_WORDS).holds


def are_akin(label: str, other: str) -> bool:
    """Tell whether two labels have a word in common, perhaps in another spelling; words like `Model` do not count."""
    mine, theirs = (set(words(each)) - EMPTY_WORDS for each in (label, other))
    return any(spelt_alike(word, each) >= SLIP for word in mine for each in theirs if min(len(word), len(each)) > 2)


def count_votes(
    before: Sequence[tuple[object, str]], after: Sequence[tuple[object, str]], alone: Collection[str]
) -> Counter[tuple[str, str]]:
    """Count the records that differ from before only in their label, by the old and the new label.

    before, after: for each record of the version, its other values, and its label.
    alone: the labels that only one version has. Only records in which one of the two labels is among these are counted.
    """
    now: dict[object, set[str]] = {}
    then: dict[object, set[str]] = {}
    wanted = {rest for side in (before, after) for rest, label in side if label in alone}
    for labels, side in ((then, before), (now, after)):
        for rest, label in side:
            if rest in wanted:
                labels.setdefault(rest, set()).add(label)
    votes: Counter[tuple[str, str]] = Counter()
    for rest in then.keys() & now.keys():
        left, come = then[rest] - now[rest], now[rest] - then[rest]
        votes.update((old, new) for old in left for new in come if old in alone or new in alone)
    return votes
