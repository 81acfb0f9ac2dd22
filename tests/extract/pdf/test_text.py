"""Hyphens at line ends, dates that are broken, and what a cell says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.extract.pdf.text import Words, iso_date

WORD = st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True)


def joined(first: str, second: str, *elsewhere: str) -> str:
    """Two lines as one, in a document that has these lines elsewhere."""
    return Words([elsewhere]).join(first, second)


@pytest.mark.parametrize(
    ("first", "second", "elsewhere", "whole"),
    [
        ("the juris-", "diction of", "Jurisdiction", "the jurisdiction of"),
        ("a court-", "ordered stay", "is court-ordered", "a court-ordered stay"),
        ("case-by-", "case basis", "on a case-by-case basis", "case-by-case basis"),
        ("a detain-", "er issued", "", "a detain-er issued"),
        ("Anti-", "Trafficking", "", "Anti-Trafficking"),
        ("2016-", "17", "", "2016-17"),
        ("long-", "term stay", "the long and the term", "long-term stay"),
        ("2016\u2013", "2017", "", "2016\u20132017"),
        ("and/", "or", "and/or", "and/or"),
        ("Commissioners/", "Department", "", "Commissioners/ Department"),
        ("policy \u2013", "see", "", "policy \u2013 see"),
        ("one -", "two", "", "one - two"),
        ("plain", "words", "", "plain words"),
        ("re\u2010", "sign", "resign", "resign"),
    ],
)
def test_the_documents_own_words_decide_hyphens(first: str, second: str, elsewhere: str, whole: str) -> None:
    """Seen in one: joined; seen hyphenated: kept; seen neither way: by the letters around it."""
    assert joined(first, second, elsewhere) == whole


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("a detain-", "er issued", "a detainer issued"),
        ("case-by-", "case", "case-by-case"),
        ("Anti-", "Trafficking", "Anti-Trafficking"),
        ("long-", "term stay", "long-term stay"),
    ],
)
def test_a_document_that_breaks_words_breaks_others_too(first: str, second: str, whole: str) -> None:
    """Once one word is seen broken and whole, a hyphen that nothing tells of goes, unless the word looks compound."""
    words = Words([("the juris-", "diction"), ("a jurisdiction",), ("long", "a term"), (first, second)])
    assert words.join(first, second) == whole


@given(st.lists(WORD, min_size=1, max_size=8), st.data())
def test_a_word_broken_anywhere_is_whole_again(words: list[str], data: st.DataObject) -> None:
    """Each word may be broken once, at any letter: where the words stand whole elsewhere, the text is what it was."""
    lines = []
    for word in words:
        at = data.draw(st.integers(1, len(word)))
        lines += [word] if at == len(word) else [f"{word[:at]}-", word[at:]]
    assert Words([(" ".join(words),)]).text(lines) == " ".join(words)


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        (("1/31/", "2017"), "2017-01-31"),
        (("January 31,", "2017"), "2017-01-31"),
        (("01-31-", "2017"), "2017-01-31"),
        (("February", "2017"), "February 2017"),
        (("n/a",), "n/a"),
    ],
)
def test_dates_are_read_however_they_are_wrapped(lines: tuple[str, ...], whole: str) -> None:
    """A date in two lines is a date; what is none stays as printed."""
    assert Words([]).value(lines, "date") == whole
    assert iso_date(lines, " ".join(lines)) in {whole, " ".join(lines)}


def test_a_line_of_any_length_is_looked_at_in_no_time() -> None:
    """Only a line's end is searched for a broken word: a hundred thousand letters take no longer."""
    long = "x" * 100_000 + "-"
    assert joined(long, "y") == f"{long}y"
