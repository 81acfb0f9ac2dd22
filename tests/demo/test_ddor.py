"""The demo's weekly reports: what FIELD.md says of the real ones, and that equal weeks give equal bytes."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo import ddor
from monitor.demo.ddor_layout import SCOPE_PARAGRAPHS, WORD_BREAKS, wrap

if TYPE_CHECKING:
    from monitor.demo.ddor import Week


@cache
def weeks() -> tuple[Week, ...]:
    """Week 1, week 1 revised, week 2, week 3."""
    return ddor.history()


def places(week: Week) -> set[str]:
    """The jurisdictions with policies."""
    return {each.place for each in week.policies}


def test_the_first_week_is_as_published() -> None:
    """3,083 issued; 206 declined, 142 of them in Travis County; 118 policies, 15 in Pennsylvania, 4 in New Jersey."""
    week = weeks()[0]
    assert (week.issued_total, len(week.declined), len(week.policies), len(week.issued)) == (3083, 206, 118, 10)
    by_jurisdiction = Counter(each.jurisdiction for each in week.declined)
    assert by_jurisdiction["Travis County Jail"] + by_jurisdiction["Travis County State Jail"] == 142
    assert by_jurisdiction["Chester County Prison"] == 1
    assert by_jurisdiction["Philadelphia Prison System"] == 2
    states = Counter(place.rpartition(", ")[2] for place in places(week))
    assert (states["Pennsylvania"], states["New Jersey"]) == (15, 4)
    assert week.values["section-1"][0] == ("Clark County", "Nevada", "51")
    assert week.values["section-3"][0][:3] == ("Ithaca, New York (Buffalo)", "February 2017", "Municipal Code Change")
    assert "Travis County, Texas (San Antonio)" in {row[0] for row in week.values["section-3"]}
    assert "Iowa City, Johnson County, Iowa (Saint Paul)" in {row[0] for row in week.values["section-3"]}


def test_the_revision_moves_fourteen_rows() -> None:
    """Nothing but the jurisdiction of the rows of the state jail differs, hours later."""
    first, revised = weeks()[:2]
    assert revised.file_name == first.file_name == "ddor2017_01-28to02-03.pdf"
    assert revised.published_at > first.published_at
    moved = [(old, new) for old, new in zip(first.declined, revised.declined, strict=True) if old != new]
    assert [(old.jurisdiction, new.jurisdiction) for old, new in moved] == [
        ("Travis County State Jail", "Travis County Jail")
    ] * 14
    assert first.policies == revised.policies


def test_the_second_week_is_as_published() -> None:
    """2,825 issued, 47 declined, about 150 policies with two whole states, and four counties gone."""
    week = weeks()[2]
    assert (week.file_name, week.issued_total, len(week.declined)) == ("ddor2017_02-04to02-10.pdf", 2825, 47)
    assert len(week.policies) == 150
    assert {"California", "Connecticut"} <= places(week) - places(weeks()[0])
    assert places(weeks()[0]) - places(week) == {
        "Clay County, Florida",
        "Bedford County, Pennsylvania",
        "Franklin County, Pennsylvania",
        "Nassau County, New York",
    }


def test_the_third_week_differs_a_little() -> None:
    """Three policies more, one gone, one worded another way; a policy that stays is the same in each week."""
    second, third = ({each.place: each for each in week.policies} for week in weeks()[2:])
    assert weeks()[3].file_name == "ddor2017_02-11to02-17.pdf"
    assert (len(third.keys() - second.keys()), len(second.keys() - third.keys())) == (3, 1)
    assert [place for place in second.keys() & third.keys() if second[place] != third[place]] == ["Lane County, Oregon"]


@pytest.mark.parametrize("number", range(4))
def test_policies_are_sorted_and_named_once(number: int) -> None:
    """Most recent first, and no jurisdiction twice."""
    policies = weeks()[number].policies
    assert [(-each.year, -each.month) for each in policies] == sorted((-each.year, -each.month) for each in policies)
    assert len({each.jurisdiction for each in policies}) == len(policies)


@pytest.mark.parametrize("number", [0, 3])
def test_equal_weeks_give_equal_bytes(number: int) -> None:
    """Nothing of the time or place at which a report is made gets into it; it has 25 to 35 landscape pages."""
    content = ddor.ddor_pdf(weeks()[number])
    assert content == ddor.ddor_pdf(ddor.history()[number])
    document = pypdfium2.PdfDocument(content)
    assert 25 <= len(document) <= 35
    assert document[0].get_width() > document[0].get_height()


def test_words_that_are_broken_stand_whole_in_the_prose() -> None:
    """Each word that the layout may break is somewhere in section IV or in a header in one piece."""
    said = " ".join(SCOPE_PARAGRAPHS).lower()
    assert [word for word in WORD_BREAKS if word not in said] == []


@given(st.lists(st.sampled_from(["of", "court-ordered", "jurisdiction", "information,", "a"]), max_size=20))
def test_wrapping_loses_nothing(words: list[str]) -> None:
    """Lines are as wide as they may be, and without breaks and hyphens they are the text."""
    lines = wrap(" ".join(words), 16, len)
    assert all(len(line) <= 16 for line in lines)
    assert "".join(lines).replace("-", "").replace(" ", "") == "".join(words).replace("-", "")
