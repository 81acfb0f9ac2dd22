"""Compares the texts of two files of a document, and lays their pages side by side.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel

from monitor.alerts.writing.differences import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RUN_WORDS = 4  # words in a row that stand in each text once, and so tie the texts together there
MAX_STRETCH_CELLS = 4_000_000  # words before times words after, of a stretch that is compared word by word
MAX_REMEMBERED = 8  # comparisons


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePair:
    """A page of the older file beside the page of the newer file that has most of its words, or stands in its place.

    - `old`, `new`: the numbers of the pages from 1; None where one of the files has no such page.
    - `before`, `after`: the texts of both pages in pieces, each marked as changed or not.
    """

    old: int | None
    new: int | None
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether both pages are there and no word of them differs."""
        return None not in {self.old, self.new} and not any(piece.changed for piece in (*self.before, *self.after))

    @property
    def has_text(self) -> bool:
        """Whether one of the pages has text."""
        return bool(self.before or self.after)


@lru_cache(MAX_REMEMBERED)
def paired_pages(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[PagePair, ...]:
    """Lay the pages of two files side by side, with the words marked that only one of the texts has.

    `before` and `after` are the texts of the pages of the older and of the newer file. Words that only moved to another
    page are not marked. The time needed grows about as the number of words does; the latest results are remembered.
    """
    old = [(number, word) for number, text in enumerate(before, start=1) for word in text.split()]
    new = [(number, word) for number, text in enumerate(after, start=1) for word in text.split()]
    same = list(_same_words([word for _, word in old], [word for _, word in new]))
    olds, news = _by_page(old, {at for at, _ in same}), _by_page(new, {at for _, at in same})
    shared = Counter((old[at][0], new[other][0]) for at, other in same)
    return tuple(
        PagePair(old=left, new=right, before=olds.get(left or 0, ()), after=news.get(right or 0, ()))
        for left, right in _rows(shared, len(before), len(after))
    )


def _same_words(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of the words that are the same in both texts, in order: the place before and that after."""
    last_old = last_new = 0
    for old, new in (*_ties(before, after), (len(before), len(after))):
        left, right = before[last_old:old], after[last_new:new]
        for at, other in _same_in_stretch(left, right):
            yield last_old + at, last_new + other
        if old < len(before):
            yield old, new
        last_old, last_new = old + 1, new + 1


def _same_in_stretch(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of the words that are the same in two stretches of text.

    Of very long stretches, only the words at the beginning and at the end are compared.
    """
    least = min(len(before), len(after))
    head = next((at for at in range(least) if before[at] != after[at]), least)
    tail = next((at for at in range(least - head) if before[-1 - at] != after[-1 - at]), least - head)
    yield from ((at, at) for at in range(head))
    left, right = before[head : len(before) - tail], after[head : len(after) - tail]
    if left and right and len(left) * len(right) <= MAX_STRETCH_CELLS:
        for step in Indel.opcodes(left, right):
            if step.tag == "equal":
                yield from (
                    (head + step.src_start + at, head + step.dest_start + at)
                    for at in range(step.src_end - step.src_start)
                )
    yield from ((len(before) - at, len(after) - at) for at in range(tail, 0, -1))


def _ties(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places at which both texts have the same run of words, which each has once: in order in both."""
    old, new = _runs(before), _runs(after)
    pairs = sorted((at, new[run]) for run, at in old.items() if run in new)
    # The longest chain of pairs that is in order in the newer text too.
    ends: list[int] = []
    chain: list[int] = []
    came_from: list[int | None] = []
    for index, (_, at) in enumerate(pairs):
        place = bisect_left(ends, at)
        came_from.append(chain[place - 1] if place else None)
        ends[place : place + 1] = [at]
        chain[place : place + 1] = [index]
    found: list[tuple[int, int]] = []
    step = chain[-1] if chain else None
    while step is not None:
        found.append(pairs[step])
        step = came_from[step]
    return found[::-1]


def _runs(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Return the runs of `RUN_WORDS` words that a text has once, each with its place."""
    runs = [tuple(words[at : at + RUN_WORDS]) for at in range(len(words) - RUN_WORDS + 1)]
    counts = Counter(runs)
    return {run: at for at, run in enumerate(runs) if counts[run] == 1}


def _by_page(words: Sequence[tuple[int, str]], same: set[int]) -> dict[int, tuple[Piece, ...]]:
    """Return the text of each page in pieces. `words` have the number of their page; `same` are places in `words`."""
    marked = ((page, at not in same, word) for at, (page, word) in enumerate(words))
    found: dict[int, list[Piece]] = {}
    for (page, changed), run in groupby(marked, key=lambda each: each[:2]):
        pieces = found.setdefault(page, [])
        if pieces:
            pieces.append(Piece(text=" ", changed=False))
        pieces.append(Piece(text=" ".join(word for _, _, word in run), changed=changed))
    return {page: tuple(pieces) for page, pieces in found.items()}


def _rows(shared: Counter[tuple[int, int]], before: int, after: int) -> Iterator[tuple[int | None, int | None]]:
    """Yield the pages that stand side by side, in order: those that share most words, and between them one by one.

    - `shared`: how many words two pages have in common.
    - `before`, `after`: how many pages the files have.
    """
    partner: dict[int, int] = {}
    taken: set[int] = set()
    # The words are in the same order in both files, so pairs without a common page can't cross each other.
    for old, new in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if old not in partner and new not in taken:
            partner[old] = new
            taken.add(new)
    last_old = last_new = 0
    for old, new in (*sorted(partner.items()), (before + 1, after + 1)):
        yield from zip_longest(range(last_old + 1, old), range(last_new + 1, new))
        if old <= before:
            yield old, new
        last_old, last_new = old, new
