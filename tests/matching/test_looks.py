"""What differs between several looks at a page becomes patterns that a person can read, and nothing else does."""

from __future__ import annotations

import re

import pytest

from monitor.config.noise import without_noise
from monitor.matching.looks import unsteady
from monitor.model import Locator, Record, RecordList


def texts(*given: str, selector: str = "#main > p:nth-of-type({})") -> RecordList:
    """One look at the text of a page, after some texts that stay the same."""
    steady = [
        f"The {word} of the statistics stays as it is." for word in ("first", "second", "third", "fourth", "last")
    ]
    records = [
        Record(values=("Data", text), locator=Locator(selector=selector.format(number)))
        for number, text in enumerate((*steady, *given), 1)
    ]
    return RecordList(name="text", fields=("heading", "text"), records=tuple(records))


def files(*addresses: str) -> RecordList:
    """One look at the files of a page."""
    records = [Record(values=("Roster", each, "xlsx"), locator=Locator(selector="#a")) for each in addresses]
    return RecordList(name="files", fields=("file", "address", "format"), records=tuple(records))


NO_FILES = [files()] * 3


@pytest.mark.parametrize(
    ("given", "patterns"),
    [
        (["Read by 1,200 people", "Read by 1,237 people", "Read by 1,240 people"], [r"Read by \d[\d.,:/-]* people"]),
        (["It is 10:22 now", "It is 10:22 now", "It is 10:23 now"], [r"It is \d[\d.,:/-]* now"]),
        (["Key ab12cd34ef keep", "Key 99aa00bb11 keep", "Key 77cc66dd55 keep"], [r"Key [\w=+/-]+ keep"]),
        (["12 of 15 seats", "11 of 16 seats", "9 of 20 seats"], [r"\d[\d.,:/-]* of \d[\d.,:/-]* seats"]),
        (["(7 readers)", "(12 readers)", "(14 readers)"], [r"\(\d[\d.,:/-]* readers\)"]),
    ],
)  # fmt: skip
def test_figures_and_tokens_become_patterns_with_the_words_around_them(given: list[str], patterns: list[str]) -> None:
    """With them, all looks say the same."""
    found = unsteady([texts(each) for each in given], NO_FILES)
    assert list(found.patterns) == patterns
    assert not found.others
    compiled = [re.compile(each, re.IGNORECASE) for each in patterns]
    assert len({without_noise(each, compiled) for each in given}) == 1


def test_a_page_that_was_mended_between_two_looks_is_not_noise() -> None:
    """Other words that come once are told by no pattern; words that differ each time are."""
    old, new = "The deadline for comments is in the spring", "The deadline for comments is in the autumn"
    found = unsteady([texts(old), texts(new), texts(new)], NO_FILES)
    assert found.patterns == ()
    tips = [f"Tip of the day for all of you readers: {tip}" for tip in ("walk", "swim", "rest")]
    assert unsteady([texts(each) for each in tips], NO_FILES).patterns == ("all of you readers: .*",)


def test_a_part_with_a_name_is_left_out_where_its_texts_rotate() -> None:
    """Unless most of the page stands in it; a part without a name is said to differ."""
    rotating = ("Blue skies over the bay", "Seven ducks swim fast", "Nobody knows this tune")

    def look(text: str, selector: str) -> RecordList:
        known = texts()
        tip = Record(values=("Data", text), locator=Locator(selector=selector))
        return RecordList(name="text", fields=known.fields, records=(*known.records, tip))

    assert unsteady([look(each, "#tip > p:nth-of-type(1)") for each in rotating], NO_FILES).parts == ("#tip",)
    within = unsteady([look(each, "#main > p:nth-of-type(9)") for each in rotating], NO_FILES)
    assert within.parts == ()
    assert set(within.others) == set(rotating)
    bare = unsteady([look(each, "html > body > p:nth-of-type(9)") for each in rotating], NO_FILES)
    assert (bare.parts, set(bare.others)) == ((), set(rotating))


def test_a_number_alone_is_no_pattern() -> None:
    """It would leave out every number of the page."""
    found = unsteady([texts("1,234"), texts("1,235"), texts("1,236")], NO_FILES)
    assert found.patterns == ()
    assert found.others


def test_parameters_of_addresses_that_differ_are_left_out() -> None:
    """Those that stay the same tell one file from another."""
    looks = [files(f"https://a.gov/get.xlsx?id=7&ticket={each}") for each in ("ab", "cd", "ef")]
    assert unsteady([texts()] * 3, looks).parameters == ("ticket=[^&#]*&?",)


def test_equal_looks_leave_nothing_out() -> None:
    """The usual case."""
    found = unsteady([texts("Some more text")] * 3, [files("https://a.gov/x.pdf")] * 3)
    assert (found.patterns, found.parts, found.parameters, found.others) == ((), (), (), ())
