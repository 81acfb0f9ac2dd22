"""Pairs the texts of one version of a page with those of the next, and tells if a page was exchanged for another.

A text is a record of a list with `content: text`: a paragraph, heading, item or row, with the heading above it. Equal
texts are paired first, wherever they stand. The others are paired by the words that they share. Rare words count more,
so that two sentences of the same form about different names are not taken for one.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from monitor.model import Record

MAX_COMPARED_TEXTS = 60_000  # pairs of texts that are compared word by word, some seconds' work
MIN_LONG_WORDS = 6  # words from which on a text is long
MIN_LONG_SHARE = 0.5  # the share of words, by weight, that two long texts must have in common to be one
MIN_SHORT_SHARE = 0.6  # the same for short texts
MIN_ENTRY_SHARE = 0.7  # the same for items and rows: two of them in one frame are often two entries
MIN_IN_PLACE_SHARE = 0.35  # the same for two texts between the same neighbours
# A comma between thousands, and a word or figure in plain form.
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
PLAIN_WORD = re.compile(r"(?:(?<![\w)])[-+<>\u2264\u2265]\s?|[$\u20ac\u00a3])?\d+(?:[.,:/-]\d+)*%?(?![^\W_])|[^\W_]+")
ENTRY_STEP = re.compile(r"(?:^|> )(?:li|tr|td|th|dd)(?![\w-])[^>]*$")  # the end of a selector of an item or a row
FIGURE_SIGN = "#"
MIN_WORDS_BESIDE_FIGURES = 2  # without which a text with other figures is another text
BETWEEN_CELLS = " | "  # of a row of a table
MAX_GONE_SHARE = 0.5  # the share of a page's texts that may be gone at once
ALWAYS_LIKELY_GONE = 4  # so many texts may always be gone, if others stay


def plain_text(text: str) -> str:
    """Return a text of any script in small letters, without punctuation, and with single blanks.

    The signs of a figure are kept: `$5.00` is not `$500`, and `<5` is not `>5`.
    """
    plain = THOUSANDS.sub("", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(PLAIN_WORD.findall(plain)) or plain.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTexts:
    """Which texts of two versions of a page are the same, by their numbers in each version.

    - `pairs`: an old text, the new text that it became, and how sure that is, from 0 to 1.
    - `removed`, `added`: texts that only the old or only the new version has.
    - `dropped`, `repeated`: further copies of a paired text that only the old or only the new version has.
    """

    pairs: tuple[tuple[int, int, float], ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]
    dropped: tuple[int, ...]
    repeated: tuple[int, ...]


def paired_texts(before: Sequence[Record], after: Sequence[Record]) -> PairedTexts:
    """Return which texts of two versions of a page are the same, and the texts that have no pair.

    before, after: the texts of the old and of the new version, as records with the fields `heading` and `text`. Where
        a text stands on the page does not matter.
    """
    texts = _Texts(before, after)
    for key in (texts.exact, texts.whole, texts.by_text):
        texts.pair_equal(key)
    dropped = texts.take_copies(texts.before, texts.left, [i for i, _, _ in texts.pairs])
    repeated = texts.take_copies(texts.after, texts.right, [j for _, j, _ in texts.pairs])
    texts.pair_one_by_one(_first_cell)
    texts.pair_one_by_one(_without_figures)
    texts.pair_alike()
    return PairedTexts(
        pairs=tuple(texts.pairs),
        removed=tuple(sorted(texts.left)),
        added=tuple(sorted(texts.right)),
        dropped=tuple(dropped),
        repeated=tuple(repeated),
    )


def paired_paragraphs(before: Sequence[Record], after: Sequence[Record]) -> tuple[tuple[int, int, float], ...]:
    """Return which paragraphs of two versions of a page are the same though their words differ, as `PairedTexts.pairs`.

    before, after: the paragraphs that only the old or only the new version has, as records with one field.

    One that has got a further sentence is the same, and one that has lost one. Which stands where does not matter:
    other notices come where one was.
    """
    ours, theirs = ([replace(each, values=("", *each.values)) for each in side] for side in (before, after))
    texts = _Texts(ours, theirs, heeds_place=False)
    texts.pair_extended()
    texts.pair_one_by_one(_without_figures)
    texts.pair_alike()
    return tuple(texts.pairs)


class _Texts:
    """The texts of two versions of a page while they are paired; those not yet paired are `left` and `right`.

    `heeds_place`: whether two texts between the same neighbours need fewer words in common.
    """

    def __init__(self, before: Sequence[Record], after: Sequence[Record], *, heeds_place: bool = True) -> None:
        self.before, self.after = before, after
        self.heeds_place = heeds_place
        self.left, self.right = set(range(len(before))), set(range(len(after)))
        self.pairs: list[tuple[int, int, float]] = []

    @staticmethod
    def exact(record: Record) -> Hashable:
        """Return both values of a record."""
        return record.values

    @staticmethod
    def whole(record: Record) -> Hashable:
        """Return both values of a record in plain form."""
        return tuple(plain_text(value or "") for value in record.values)

    @staticmethod
    def by_text(record: Record) -> Hashable:
        """Return the text of a record in plain form, without the heading above it."""
        return plain_text(record.values[1] or "")

    def take(self, i: int, j: int, confidence: float = 1.0) -> None:
        """Pair the text `i` of the old version with the text `j` of the new one."""
        self.pairs.append((i, j, confidence))
        self.left.discard(i)
        self.right.discard(j)

    def pair_equal(self, key: Callable[[Record], Hashable]) -> None:
        """Pair texts with an equal key, in the order of the page."""
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for j in sorted(self.right, reverse=True):
            waiting[key(self.after[j])].append(j)
        for i in sorted(self.left):
            if theirs := waiting.get(key(self.before[i])):
                self.take(i, theirs.pop())

    def take_copies(self, records: Sequence[Record], rest: set[int], paired: Iterable[int]) -> list[int]:
        """Take out of `rest`, and return, the texts that stand once more under the same heading."""
        known = {self.whole(records[at]) for at in paired}
        copies = [at for at in sorted(rest) if self.whole(records[at]) in known]
        rest.difference_update(copies)
        return copies

    def pair_one_by_one(self, mark: Callable[[str], str]) -> None:
        """Pair texts for which `mark` returns the same, and for no other text that is left; "" does not count."""
        ours, theirs = _marked_texts(self.before, self.left, mark), _marked_texts(self.after, self.right, mark)
        for said, texts in ours.items():
            if len(texts) == 1 == len(theirs.get(said, ())):
                self.take(texts[0], theirs[said][0])

    def pair_extended(self) -> None:
        """Pair a long text with the only one that has it as its beginning or end, or that is its own."""
        plain = [[f" {self.by_text(record)} " for record in side] for side in (self.before, self.after)]
        found = [
            (i, j)
            for i, j in self._candidates()
            if (short := min(plain[0][i], plain[1][j], key=len)).count(" ") > MIN_LONG_WORDS
            and (long := max(plain[0][i], plain[1][j], key=len)).startswith(short) | long.endswith(short)
        ]
        for i, j in found:
            if sum(i == other or j == another for other, another in found) == 1:
                self.take(i, j)

    def pair_alike(self) -> None:
        """Pair the texts that are left by the words that they share; the most alike ones first."""
        found = sorted(
            ((share, i, j) for i, j in self._candidates() if (share := self._share(i, j)) is not None),
            key=lambda one: (-one[0], abs(one[1] - one[2]), one[1], one[2]),
        )
        for share, i, j in found:
            if i in self.left and j in self.right:
                self.take(i, j, round(min(share, 1.0), 3))

    def _candidates(self) -> list[tuple[int, int]]:
        """Return the pairs of texts to compare; where there are too many, only texts under the same heading."""
        if len(self.left) * len(self.right) <= MAX_COMPARED_TEXTS:
            return [(i, j) for i in self.left for j in self.right]
        under: dict[str, list[int]] = defaultdict(list)
        for j in self.right:
            under[self.after[j].values[0] or ""].append(j)
        pairs = [(i, j) for i in self.left for j in under.get(self.before[i].values[0] or "", ())]
        return pairs if len(pairs) <= MAX_COMPARED_TEXTS else []

    def _share(self, i: int, j: int) -> float | None:
        """Return the share of words, by weight, that two texts have in common; None if they can't be the same."""
        (ours, mine), (theirs, other) = self._before_words[i], self._after_words[j]
        total = mine + other
        if total <= 0 or 2 * min(mine, other) < MIN_IN_PLACE_SHARE * total:
            return None  # so different in length that no share of words can be enough
        rarity = self._rarity
        common = ours.keys() & theirs.keys()
        share = 2 * sum(min(ours[word], theirs[word]) * rarity[word] for word in common) / total
        is_long = min(ours.total(), theirs.total()) >= MIN_LONG_WORDS
        if any(ENTRY_STEP.search(record.locator.selector or "") for record in (self.before[i], self.after[j])):
            least = MIN_ENTRY_SHARE
        elif self.heeds_place and self._in_place(i, j):
            least = MIN_IN_PLACE_SHARE
        else:
            least = MIN_LONG_SHARE if is_long else MIN_SHORT_SHARE
        return share if share >= least else None

    def _in_place(self, i: int, j: int) -> bool:
        """Return whether two texts stand between the same neighbours."""
        partner = self._partners
        return partner.get(i - 1) == j - 1 and partner.get(i + 1) == j + 1

    @cached_property
    def _partners(self) -> dict[int, int]:
        """The texts that were equal, by their positions; beginnings and ends of both versions are partners too."""
        partners = {i: j for i, j, _ in self.pairs} | {-1: -1}
        return partners | {len(self.before): len(self.after)}

    @cached_property
    def _before_words(self) -> list[tuple[Counter[str], float]]:
        """The words of each old text, with their weight together."""
        return [(words, self._weight(words)) for words in map(_words, self.before)]

    @cached_property
    def _after_words(self) -> list[tuple[Counter[str], float]]:
        return [(words, self._weight(words)) for words in map(_words, self.after)]

    def _weight(self, words: Counter[str]) -> float:
        return sum(count * self._rarity[word] for word, count in words.items())

    @cached_property
    def _rarity(self) -> dict[str, float]:
        """How much each word tells: from 0.2 for one that all texts have to 1 for the rarest."""
        size = len(self.before) + len(self.after)
        uses = Counter(word for record in (*self.before, *self.after) for word in _words(record))
        most = math.log(2 * size + 2)
        return {word: 0.2 + 0.8 * math.log((size + 1) / (count + 0.5)) / most for word, count in uses.items()}


def _words(record: Record) -> Counter[str]:
    return Counter(plain_text(record.values[1] or "").split())


def _marked_texts(records: Sequence[Record], rest: Iterable[int], mark: Callable[[str], str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at in sorted(rest):
        if said := mark(records[at].values[1] or ""):
            found[said].append(at)
    return found


def _first_cell(text: str) -> str:
    """Return the first cell of a row of a table in plain form; "" for a text that is no row."""
    cell, bar, _ = text.partition(BETWEEN_CELLS)
    return plain_text(cell) if bar else ""


def _without_figures(text: str) -> str:
    """Return a text in plain form with one sign for each figure; "" if it has too few words beside them."""
    words = plain_text(text).split()
    masked = [FIGURE_SIGN if any(map(str.isdecimal, word)) else word for word in words]
    return " ".join(masked) if len(masked) - masked.count(FIGURE_SIGN) >= MIN_WORDS_BESIDE_FIGURES else ""


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of the old and new version of a page; they show whether a text moved to another heading."""

    before: frozenset[str]
    after: frozenset[str]

    @classmethod
    def of(cls, before: Iterable[Record], after: Iterable[Record]) -> Headings:
        """Collect the headings of the old and of the new version."""
        return cls(frozenset(_headings(before)), frozenset(_headings(after)))

    def went(self, old: str, new: str) -> bool:
        """Return whether a text that stood under the heading `old`, and now stands under `new`, was moved.

        It was moved only if both versions have both headings. Otherwise the heading itself was reworded, or a title was
        put between, and each text below would wrongly be told as moved.
        """
        ours, theirs = plain_text(old), plain_text(new)
        return bool(ours and theirs) and {ours, theirs} <= self.before & self.after


def _headings(records: Iterable[Record]) -> Iterator[str]:
    yield from {plain_text(record.values[0] or "") for record in records}


def page_doubt(removed: int, *, size: int, new_size: int) -> str | None:
    """Return a sentence if a page has lost too many of its texts to be the same page; else None.

    removed: how many texts are gone.
    size, new_size: how many texts the page had before, and has now.

    A page loses so many texts by a redesign, or if the server sends an error, a request to sign in, or a page that
    turns programs away.
    """
    if not removed or (removed < size and removed <= max(ALWAYS_LIKELY_GONE, MAX_GONE_SHARE * size)):
        return None
    return (
        f"{removed} of {size} texts of the page would be gone, and it has {new_size} now; was it redesigned, or is it "
        "an error page or one that asks for something?"
    )
