"""Which text of a page is which text of its next version: corrections, moves, copies, and what is another page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.file import parse
from monitor.matching.amend import amend
from monitor.matching.match import match
from monitor.matching.plausible import Past, doubt
from monitor.model import AmendmentKind, Locator, Record, RecordList
from tests.support.lists import description

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from monitor.config.lists import ListDescription

CONFIG = (
    "sources: {one: {page: 'https://www.example.gov/', reports: {page: {kind: page, format: html, "
    "lists: {text: {content: text}}}}}}"
)
PARAGRAPH, ITEM, ROW = "#main > p:nth-of-type({})", "#main > ul > li:nth-of-type({})", "#main > tr:nth-of-type({})"
NEWS = (
    "The roster of December was replaced, because a column of the first one was wrong.",
    "From March on, the numbers of each facility are published on the second Friday.",
    "Facilities that hold nobody for longer than three days are not counted.",
    "Ask the desk for older statistics, which are kept for ten years.",
)


def described() -> ListDescription:
    """The description of a text."""
    return parse(CONFIG).sources["one"].reports["page"].lists["text"]


def page(*texts: tuple[str, str] | str, step: str = PARAGRAPH) -> RecordList:
    """The text of a page; a text alone stands under the heading `News`."""
    pairs = [("News", each) if isinstance(each, str) else each for each in texts]
    return RecordList(
        name="text",
        fields=("heading", "text"),
        records=tuple(
            Record(values=pair, locator=Locator(selector=step.format(number))) for number, pair in enumerate(pairs, 1)
        ),
    )


def said(before: RecordList, after: RecordList) -> list[tuple[str, tuple[str, ...]]]:
    """The kinds and fields of the amendments."""
    description = described()
    return [(str(each.kind), each.fields) for each in amend(match(before, after, description), description)]


@pytest.mark.parametrize("at", range(len(NEWS)))
@pytest.mark.parametrize("step", [PARAGRAPH, ITEM])
def test_a_changed_word_is_one_correction(at: int, step: str) -> None:
    """And no removal and addition; wherever it stands, and whatever the element is."""
    for place in range(len(NEWS[at].split())):
        words = NEWS[at].split()
        words[place] = "elsewhere"
        new = [*NEWS[:at], " ".join(words), *NEWS[at + 1 :]]
        assert said(page(*NEWS, step=step), page(*new, step=step)) == [("corrected", ("text",))]


@given(st.randoms(use_true_random=False))
def test_the_order_tells_nothing(chance: random.Random) -> None:
    """Paragraphs that stand in another order are the same paragraphs."""
    mixed = list(NEWS)
    chance.shuffle(mixed)
    assert said(page(*NEWS), page(*mixed)) == []


def test_a_heading_that_is_written_otherwise_is_told_once() -> None:
    """It is corrected itself; that each text stands under another heading now is no news."""
    old, new = "News about the statistics of 2025", "News about the statistics of 2026"
    before = page(("Data", old), *((old, each) for each in NEWS))
    after = page(("Data", new), *((new, each) for each in NEWS))
    told = said(before, after)
    assert [each for each in told if each[0] != "cosmetic"] == [("corrected", ("text",))]
    assert told.count(("cosmetic", ("heading",))) == len(NEWS)


def test_a_text_that_goes_from_one_heading_to_another_is_told() -> None:
    """As an agreement that stood under the pending ones and stands under the signed ones now."""
    kept = (("Pending", "Adams County"), ("Signed", "Bell County"))
    moved = page(*kept, ("Pending", "Coke County"), step=ITEM), page(*kept, ("Signed", "Coke County"), step=ITEM)
    assert said(*moved) == [("corrected", ("heading",))]


def test_two_names_in_one_frame_are_two_texts() -> None:
    """An item that goes and another that comes are told so, though most of their words are the same."""
    frame = "{} County signed an agreement on January {}, 2026"
    names = ("Adams", "Bell", "Coke", "Dunn", "Ellis")
    before = [frame.format(name, day) for day, name in enumerate(names, 2)]
    after = [*before[:2], *before[3:], frame.format("Zapata", 19)]
    assert said(page(*before, step=ITEM), page(*after, step=ITEM)) == [("added", ()), ("removed", ())]
    slip = [each.replace("Ellis", "Elis") for each in before]
    assert said(page(*before, step=ITEM), page(*slip, step=ITEM)) == [("corrected", ("text",))]


def test_a_row_is_known_by_its_first_cell() -> None:
    """Even if all of its other cells differ; a row with another first cell is another row."""
    before = page("County | Beds | Held", "Adams | 12 | 10", "Bell | 20 | 20", step=ROW)
    assert said(before, page("County | Beds | Held", "Adams | 14 | 11", "Bell | 20 | 20", step=ROW)) == [
        ("corrected", ("text",))
    ]
    assert said(before, page("County | Beds | Held", "Clark | 3 | 1", "Bell | 20 | 20", step=ROW)) == [
        ("added", ()),
        ("removed", ()),
    ]


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("The deadline is May 5.", "The deadline is  MAY 5", ["cosmetic"]),
        ("El plazo es el 5 de mayo.", "El plazo es el 6 de mayo.", ["corrected"]),
        ("\u622a\u6b62\u65e5\u671f 2025", "\u5df2\u53d6\u6d88\u4e86 2026", ["added", "removed"]),
        ("Costs $5.00 each day", "Costs $500 each day", ["corrected"]),
        ("Fewer than <5 people", "Fewer than >5 people", ["corrected"]),
        ("It fell by -5 points", "It fell by 5 points", ["corrected"]),
        ("1,234 people are held", "1234 people are held", ["cosmetic"]),
        ("Half of it, 50%, is new", "Half of it, 50, is new", ["corrected"]),
    ],
)
def test_what_is_another_form_and_what_other_words(old: str, new: str, kinds: list[str]) -> None:
    """In any script: two paragraphs that have only a figure in common are not the same."""
    found = [kind for kind, _ in said(page(*NEWS, old, step=ITEM), page(*NEWS, new, step=ITEM))]
    assert found == kinds


def test_a_text_that_stands_twice_is_cosmetic() -> None:
    """A copy under the same heading says nothing new; under another heading it does."""
    assert said(page(*NEWS), page(*NEWS, NEWS[0])) == [("cosmetic", ())]
    assert said(page(*NEWS, NEWS[0]), page(*NEWS)) == [("cosmetic", ())]
    assert said(page(*NEWS), page(*NEWS, ("Archive", NEWS[0]))) == [("added", ())]


@pytest.mark.parametrize(
    ("size", "gone", "held"),
    [(3, 3, True), (6, 3, False), (10, 5, False), (10, 6, True), (200, 100, False), (1, 1, True)],
)
def test_a_page_that_lost_most_of_its_texts_is_held(size: int, gone: int, *, held: bool) -> None:
    """All of them, or more than half; some may always go."""
    words = [f"{chr(97 + number % 26)}{number} is what text {number * 7919} says" for number in range(size)]
    description = described()
    amendments = amend(match(page(*words), page(*words[gone:]), description), description)
    assert sum(each.kind == AmendmentKind.REMOVED for each in amendments) == gone
    said = doubt(amendments, size=size, new_size=size - gone, past=Past(), description=description)
    assert (said is not None) == held


def test_many_texts_that_all_differ_are_not_compared_each_with_each() -> None:
    """Two wholly different pages of 3,000 texts are told apart within the test's time."""
    before = page(*(f"old {number} text {number * 7}" for number in range(3_000)))
    after = page(*(("Other", f"new {number} words {number * 11}") for number in range(3_000)))
    assert {kind for kind, _ in said(before, after)} == {"added", "removed"}


# Paragraphs that match a pattern, as notices on a page.

WRONG = "Correction: 14 detainers were wrongly attributed to the Travis County State Jail."
MORE = "Detainers issued to Franklin County, Iowa were wrongly attributed as well."
WEEKLY = "Notice: this report is published on a weekly basis."
OTHER = "Correction: those of Chester County, Pennsylvania and Richmond County were issued in error."


def told(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The kinds of the amendments between two versions of the notices."""
    notices = description("ice-ddor", "page", "notices")
    one, other = (
        RecordList(
            name="notices",
            fields=("text",),
            records=tuple(Record(values=(text,), locator=Locator(selector="p")) for text in texts),
        )
        for texts in (before, after)
    )
    return [" ".join(filter(None, (each.kind, each.reason))) for each in amend(match(one, other, notices), notices)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (WRONG, f"{WRONG} {MORE}"),
        (WRONG, f"{WRONG} {MORE} {MORE.replace('Franklin', 'Montgomery')} {MORE.replace('Franklin', 'Bastrop')}"),
        (WRONG, WRONG.replace("14", "15")),
        (WRONG, WRONG.replace("State Jail", "Jail")),
        ("Notice: not managed. Last updated June 3, 2025.", "Notice: not managed. Last updated June 4, 2025."),
    ],
)
@pytest.mark.parametrize("beside", [(), (WEEKLY,), (WEEKLY, OTHER)])
def test_a_notice_that_says_more_is_corrected(old: str, new: str, beside: tuple[str, ...]) -> None:
    """It was not taken back, and the other notices stand as they stood; the same where it says less again."""
    assert told((old, *beside), (*beside, new)) == ["corrected other"]
    assert told((*beside, new), (old, *beside)) == ["corrected other"]


@pytest.mark.parametrize(("old", "new"), [(WRONG, OTHER), (WRONG, WEEKLY), (WEEKLY, OTHER), (MORE, OTHER)])
def test_another_notice_in_the_place_of_one_is_another(old: str, new: str) -> None:
    """That it begins with the same word, or stands in the same place, does not make it the same."""
    assert told((old,), (new,)) == ["added", "removed"]
    assert told((old,), (old, new)) == ["added"]
    assert told((old, new), (new,)) == ["removed"]
