"""Finds the parts in which two values differ: whole words, or single letters if the words are similar.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_MARKED_LETTERS = 50_000  # beyond, two values are told as wholly different: comparing them would take too long
MAX_MARKED_WORDS = 20_000  # the same
MAX_STRETCH_LETTERS = 5_000  # letters that are compared one by one: what that takes is the square of them
MIN_WORD_LIKENESS = 0.6  # words this similar are compared letter by letter
MIN_LONG_VALUE_LETTERS = 300  # from which on only the parts that differ are shown, with what stands around them
CONTEXT_LETTERS = 80  # that are shown on each side of a part that differs
LEFT_AWAY = "\u2026"  # stands for what a long value has in between
MIN_VALUE_LIKENESS = 0.3  # values less similar than this have nothing in common worth showing


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of letters in the old or the new value of a field.

    `changed` is True if this run is in one of the two values only, so that the alert marks it.
    """

    text: str
    changed: bool


def marked(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Split two values into pieces, each marked as changed or not; put together, the pieces are the values again."""
    differ = _joined([Piece(text=before, changed=True)]), _joined([Piece(text=after, changed=True)])
    if max(len(before), len(after)) > MAX_MARKED_LETTERS:
        return differ
    words = re.findall(r"\w+|\W", before), re.findall(r"\w+|\W", after)
    if max(map(len, words)) > MAX_MARKED_WORDS or Indel.normalized_similarity(before, after) < MIN_VALUE_LIKENESS:
        return differ
    old: list[Piece] = []
    new: list[Piece] = []
    for gone, come in _spans(*words):
        if gone == come:
            old.append(Piece(text="".join(gone), changed=False))
            new.append(old[-1])
            continue
        for into, pieces in zip((old, new), _letters("".join(gone), "".join(come)), strict=True):
            into.extend(pieces)
    return _joined(old), _joined(new)


def excerpts(
    before: str, after: str, *, short: bool = True, context: int = CONTEXT_LETTERS
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Split two values as `marked` does; of long ones, only the parts that differ are kept, and some words around each.

    `LEFT_AWAY` stands for what is not shown. A value in which nothing is the same is kept whole, and so is every value
    if `short` is False. `context` is how many letters are shown on each side of a part that differs.
    """
    old, new = marked(before, after)
    if not short or max(len(before), len(after)) < MIN_LONG_VALUE_LETTERS:
        return old, new
    return _shortened(old, context), _shortened(new, context)


def _shortened(pieces: Sequence[Piece], context: int) -> tuple[Piece, ...]:
    """Return pieces of which those that did not change are cut to the words beside those that did."""
    result = []
    last = len(pieces) - 1
    for number, piece in enumerate(pieces):
        room = context * ((number > 0) + (number < last))
        if piece.changed or len(piece.text) <= room + context:
            result.append(piece)
            continue
        start = piece.text[:context].rpartition(" ")[0] if number > 0 else ""
        end = piece.text[-context:].partition(" ")[2] if number < last else ""
        both = number > 0 and number < last
        shown = f"{start} {LEFT_AWAY} {end}" if both else f"{start} {LEFT_AWAY}" if start else f"{LEFT_AWAY} {end}"
        result.append(Piece(text=shown, changed=False))
    return tuple(result)


def unmarked(pieces: Sequence[Piece]) -> str:
    """Return the text of pieces without their marks."""
    return "".join(piece.text for piece in pieces)


def _spans(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield pairs of runs of words, in order: two equal runs, or an old run and the new one in its place.

    Blanks between two changed words count as changed, so that a replaced phrase is one run.
    """
    gone: list[str] = []
    come: list[str] = []
    for step in Indel.opcodes(before, after):
        ours, theirs = before[step.src_start : step.src_end], after[step.dest_start : step.dest_end]
        if step.tag == "equal" and not ((gone or come) and not "".join(ours).strip()):
            yield gone, come
            yield ours, theirs
            gone, come = [], []
        else:
            gone.extend(ours)
            come.extend(theirs)
    yield gone, come


def _letters(gone: str, come: str) -> tuple[list[Piece], list[Piece]]:
    """Split an old text and the new one in its place into pieces.

    They are compared letter by letter if they are short and similar enough; else each is one changed piece.
    """
    if (
        not gone
        or not come
        or max(len(gone), len(come)) > MAX_STRETCH_LETTERS
        or Indel.normalized_similarity(gone, come) < MIN_WORD_LIKENESS
    ):
        return [Piece(text=gone, changed=True)], [Piece(text=come, changed=True)]
    old: list[Piece] = []
    new: list[Piece] = []
    for step in Indel.opcodes(gone, come):
        same = step.tag == "equal"
        old.append(Piece(text=gone[step.src_start : step.src_end], changed=not same))
        new.append(Piece(text=come[step.dest_start : step.dest_end], changed=not same))
    return old, new


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return the pieces without empty ones; neighbours that are both changed, or both unchanged, become one piece."""
    groups = groupby((piece for piece in pieces if piece.text), key=lambda piece: piece.changed)
    return tuple(Piece(text="".join(each.text for each in group), changed=changed) for changed, group in groups)
