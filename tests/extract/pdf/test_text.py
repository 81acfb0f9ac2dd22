"""Hyphens at line ends, dates that are broken, and what a cell says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.extract.pdf.page import Glyphs
from monitor.extract.pdf.text import Words, iso_date, printed_lines

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
        ("a Zebul-", "onne house", "", "a Zebulonne house"),
        ("a Kosci-", "up", "", "a Kosci-up"),
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
    """Seen in one: joined; seen hyphenated: kept; seen neither way: the parts decide."""
    assert joined(first, second, elsewhere) == whole


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("a Kosci-", "up", "a Kosciup"),
        ("case-by-", "case", "case-by-case"),
        ("Anti-", "Trafficking", "Anti-Trafficking"),
        ("long-", "term stay", "long-term stay"),
    ],
)
def test_a_document_that_breaks_words_breaks_others_too(first: str, second: str, whole: str) -> None:
    """Once one word is seen broken and whole, a hyphen that nothing tells of goes, unless the word looks compound."""
    words = Words([("the juris-", "diction"), ("a jurisdiction",), ("long", "a term"), (first, second)])
    assert words.join(first, second) == whole


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("Trini-", "dad and Tobago", "Trinidad and Tobago"),
        ("Kyrgyz-", "stan", "Kyrgyzstan"),
        ("TRINI-", "DAD", "TRINIDAD"),
        ("con-", "trolled substance", "controlled substance"),
        ("Snoho-", "mish County", "Snohomish County"),
        ("the sher-", "iff\u2019s office", "the sheriff\u2019s office"),
        ("multi-juris-", "dictional", "multi-jurisdictional"),
        ("a Hernan-", "dezite", "a Hernandezite"),
        ("unlawful re-", "entry", "unlawful re-entry"),
        ("a co-", "conspirator", "a co-conspirator"),
        ("pre-", "existing", "pre-existing"),
        ("drug-", "related", "drug-related"),
        ("first-", "degree", "first-degree"),
        ("an ex-", "felon", "an ex-felon"),
        ("LSD-", "laced", "LSD-laced"),
        ("Miami-", "Dade", "Miami-Dade"),
        ("Guinea-", "Bissau", "Guinea-Bissau"),
        ("X-", "ray", "X-ray"),
    ],
)
def test_the_language_decides_where_the_document_has_no_word(first: str, second: str, whole: str) -> None:
    """Words that are broken each time they stand in a document are whole, places and countries too; compounds stay."""
    assert joined(first, second) == whole


def test_the_document_comes_before_the_language() -> None:
    """A document that writes a word with a hyphen in the middle of a line keeps it at the end of one."""
    assert joined("a con-", "trolled", "a con-trolled one") == "a con-trolled"
    assert joined("re-", "entry", "reentry") == "reentry"


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("Mar\u019fn", "Martin"),
        ("Pla\u01a9e", "Platte"),
        ("se\u01abng", "setting"),
        ("pla\u019eorm", "platform"),
        ("Swi\u014c", "Swift"),
        ("\ufb01nal e\ufb00ort", "final effort"),
        ("\u014ctsuka", "\u014ctsuka"),
        ("M\u014cORI", "M\u014cORI"),
    ],
)
def test_letters_that_stand_for_ligatures_are_read_as_their_letters(printed: str, read: str) -> None:
    """Fonts without codes for their ligatures borrow those of rare letters; a real O with a macron stays."""
    codes = np.array([ord(letter) for letter in printed], np.int32)
    boxes = np.array([[10 * at, 10, 10 * at + 9, 20] for at in range(len(printed))], np.float32)
    lines = printed_lines(Glyphs(codes=codes, boxes=boxes), np.zeros(len(codes), np.int32))
    assert [line.text for line in lines[0]] == [read]


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("Police/Departmen/t Policy", "Police Department Policy"),
        ("Cooperatio/n with U.S./Immigratio/n and/Enforceme/nt", "Cooperation with U.S. Immigration and Enforcement"),
        ("Snohomis/h County", "Snohomish County"),
        ("(Convictio/n)", "(Conviction)"),
        ("ENFORCEMEN/T", "ENFORCEMENT"),
        ("Agreement/s issued", "Agreements issued"),
        ("Travis/county", "Travis county"),
        ("Charge/or conviction", "Charge or conviction"),
        ("may/be held", "may be held"),
        ("Plan/A", "Plan A"),
        ("of the Departmen/t", "of the Departmen t"),
        ("Sheriff/in charge", "Sheriff in charge"),
        ("U.S./a", "U.S. a"),
        ("Precinct/4", "Precinct 4"),
        ("Vitamin/e", "Vitamin e"),
    ],
)
def test_a_word_too_long_for_its_column_is_broken_anywhere(printed: str, read: str) -> None:
    """Spreadsheets and browsers do so without a hyphen. The beginning of the word then stands alone on its line."""
    assert Words([]).text(printed.split("/")) == read
    assert Words([]).points(["\u2022 one", *printed.split("/")]) == f"one {read}"


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


def test_a_hyphen_that_stands_at_ends_of_lines_alone_is_in_no_word() -> None:
    """Programs that break words put a hyphen of their own there, which the document has nowhere else."""
    lines = ("a co\u2010", "operation of re\u2010", "entry")
    assert Words([lines]).text(lines) == "a cooperation of reentry"
    assert Words([lines, ("well\u2010known",)]).text(lines).endswith("re\u2010entry")
