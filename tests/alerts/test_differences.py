"""Values of any length and shape are compared within bounds: one that is long delays no mail, page or log."""

from __future__ import annotations

import random
import string
import time
from typing import TYPE_CHECKING

import pytest

from monitor.alerts.writing.differences import MAX_MARKED_LETTERS, MAX_STRETCH_LETTERS, marked
from monitor.cli import render
from tests.support.entries import entry

if TYPE_CHECKING:
    from collections.abc import Callable

CHANCE = random.Random(1)


def one_word(size: int) -> str:
    """Letters without a blank."""
    return "".join(CHANCE.choices(string.ascii_lowercase, k=size))


def few_letters(size: int) -> str:
    """The same, of two letters only, so that any two are alike."""
    return "".join(CHANCE.choices("ab", k=size))


def words_of_a_letter(size: int) -> str:
    """As many words as there can be."""
    return " ".join(CHANCE.choices("abcdef", k=size // 2))


def marks(size: int) -> str:
    """No words at all."""
    return "".join(CHANCE.choices("!?.,;", k=size))


def words(size: int) -> str:
    """Words as in a text, few of them the same."""
    return " ".join(one_word(6) for _ in range(size // 7))


@pytest.mark.parametrize("size", [20_000, 32_768, 1_000_000])
@pytest.mark.parametrize("made", [one_word, few_letters, words_of_a_letter, marks, words])
def test_long_values_are_told_apart_at_once(made: Callable[[int], str], size: int) -> None:
    """By the log on a terminal, which used to take half a minute for each; all of both is there."""
    before, after = made(size), made(size)
    begun = time.process_time()
    shown = render.amendment(entry(before={"moa": before}, after={"moa": after}, fields=("moa",)))
    assert time.process_time() - begun < 3
    assert shown.plain.endswith(f"moa: {before} -> {after}")


def test_one_wrong_letter_in_a_long_word_is_no_reason_to_compare_all_its_letters() -> None:
    """That would take their square in memory: the word is told as changed."""
    word = one_word(MAX_STRETCH_LETTERS)
    for text, whole in ((word, False), (word + "z", True)):
        old, new = marked(f"so it is {text}", f"so it is {text[:-9]}%{text[-8:]}")
        assert "".join(piece.text for piece in new if not piece.changed).startswith("so it is ")
        assert (max(len(piece.text) for piece in old if piece.changed) == len(text)) == whole


def test_beyond_all_measure_values_are_wholly_different() -> None:
    """Nothing of them is compared."""
    long = "a " * (MAX_MARKED_LETTERS // 2) + "b"
    old, new = marked(long, long + " c")
    assert [(piece.text, piece.changed) for piece in (*old, *new)] == [(long, True), (long + " c", True)]


def test_the_log_underlines_what_differs() -> None:
    """In words, and in the letters of a word that was respelled."""
    shown = render.amendment(
        entry(before={"moa": "Travsi County jail"}, after={"moa": "Travis County jail"}, fields=("moa",))
    )
    assert shown.plain.endswith("moa: Travsi County jail -> Travis County jail")
    told = {
        (shown.plain[span.start : span.end], str(span.style)) for span in shown.spans if "underline" in str(span.style)
    }
    assert {style for _, style in told} == {"red underline", "green underline"}
    assert all(len(text) <= 2 for text, _ in told)


def test_what_was_empty_is_told_as_such() -> None:
    """And what is now is told as new."""
    shown = render.amendment(entry(before={"moa": ""}, after={"moa": "signed"}, fields=("moa",)))
    assert shown.plain.endswith("moa: (empty) -> signed")
