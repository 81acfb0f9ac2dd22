"""Doubts about documents: two hundred made agreements, of which twenty are not what their records say."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from monitor.jurisdictions.faults import Problem
from monitor.matching.documents import LinkedAgency, doubts_of_document

STATES = ("Texas", "Florida", "Georgia", "Oklahoma", "Missouri")
FIRST = ("Bee", "Clay", "Lee", "Jackson", "Washington", "Polk", "Marion", "Pike", "Wood", "Grant", "King", "Lake")
SECOND = ("", "ville", "burg", " Springs", "wood", "field", " Creek", "ton")
KINDS = (
    ("{name} County Sheriff's Office", "{name} County"),
    ("{name} Police Department", "{name} County"),
    ("City of {name} Police Department", "{name} County"),
    ("{name} County Detention Center", "{name} County"),
    ("Constable Precinct 2, {name} County", "{name} County"),
)
TEMPLATE = """
MEMORANDUM OF AGREEMENT This Memorandum of Agreement (MOA) constitutes an agreement between United States Immigration
and Customs Enforcement (ICE), a component of the Department of Homeland Security (DHS), and the {name}, pursuant to
which ICE delegates to nominated, trained, and certified officers of the {kind} the authority to perform certain
immigration enforcement functions as specified herein. The {kind} and ICE enter into this agreement in good faith.
Training was reviewed in June 2019 and a form of March 3, 2020 applies. By signing, both parties agree. For the {kind}
{where}: Signature ____ Date: {signed} For ICE: Signature ____ Date: {later}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A record, the text of its document, and what is wrong with it."""

    agency: LinkedAgency
    pages: tuple[str, ...]
    wrong: Problem | None = None
    shared: tuple[LinkedAgency, ...] = ()


def text_of(agency: LinkedAgency, chance: random.Random) -> tuple[str, ...]:
    """The text of an agreement as real ones are: capital letters, broken lines, other forms of dates."""
    signed = date.fromisoformat(agency.signed) if agency.signed else date(2025, 3, 3)
    forms = (
        "{0:%B} {0.day}, {0.year}",
        "{0.month}/{0.day}/{0.year}",
        "{0.month:02}/{0.day:02}/{0:%y}",
        "{0.day} {0:%B} {0.year}",
    )
    form = chance.choice(forms)
    where = chance.choice(
        (f"of {agency.place}, {agency.state}", f"{agency.place}, State of {agency.state}", f"{agency.state}")
    )
    name = chance.choice(
        (agency.name, agency.name.upper(), agency.name.replace("'", "\u2019"), agency.name.replace(" ", "  "))
    )
    text = TEMPLATE.format(
        name=name, kind="law enforcement agency", where=where,
        signed=form.format(signed - timedelta(days=chance.randint(0, 5))), later=form.format(signed),
    )  # fmt: skip
    if chance.random() < 0.2:
        text = text.replace("enforcement", "enforce- ment")
    half = len(text) // 2
    return (text[:half], text[half:])


def two_hundred(seed: int) -> list[Made]:
    """Records with their documents; every tenth document is wrong in one of three ways."""
    chance = random.Random(seed)
    agencies = []
    for number in range(200):
        name = f"{FIRST[number % len(FIRST)]}{SECOND[number // len(FIRST) % len(SECOND)]}"
        kind, county = KINDS[(number // 7) % len(KINDS)]
        agencies.append(
            LinkedAgency(
                name=kind.format(name=name), place=county.format(name=name), state=STATES[min(number // 96, 4)],
                signed=(date(2025, 1, 20) + timedelta(days=number)).isoformat(),
            )
        )  # fmt: skip
    made = [Made(agency=each, pages=text_of(each, chance)) for each in agencies]
    for place, number in enumerate(chance.sample(range(200), 20)):
        agency, other = agencies[number], agencies[(number + 37) % 200]
        if place % 3 == 0:
            made[number] = Made(
                agency=agency, pages=text_of(replace(other, signed=agency.signed), chance), wrong=Problem.NAMES_ANOTHER
            )
        elif place % 3 == 1:
            moved = (
                date.fromisoformat(agency.signed) + timedelta(days=chance.choice((-400, -30, 31, 365)))
            ).isoformat()
            made[number] = Made(
                agency=agency, pages=text_of(replace(agency, signed=moved), chance), wrong=Problem.OTHER_DATE
            )
        else:
            made[number] = Made(agency=agency, pages=("", ""), wrong=Problem.SAME_FILE, shared=(other,))
    return made


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nearly_all_wrong_documents_are_doubted_and_hardly_any_right_one(seed: int) -> None:
    """Precision at least 0.98, recall at least 0.9; and the likeliest mending is named."""
    made = two_hundred(seed)
    agencies = [each.agency for each in made]
    told = [
        doubts_of_document(
            each.agency, each.pages, others=[a for a in agencies if a is not each.agency], same_file=each.shared
        )
        for each in made
    ]
    doubted = [(each, doubts) for each, doubts in zip(made, told, strict=True) if doubts]
    right = [each for each, doubts in doubted if [doubt.problem for doubt in doubts] == [each.wrong]]
    assert len(right) >= 0.98 * len(doubted), [(each.agency, doubts) for each, doubts in doubted if each not in right]
    wrong = [each for each in made if each.wrong]
    assert len(right) >= 0.9 * len(wrong), [each for each in wrong if each not in right]
    assert all(doubts[0].suggestions for _, doubts in doubted)


AGENCY = LinkedAgency(name="Bee County Sheriff's Office", place="Bee County", state="Texas", signed="2025-06-05")
OTHER = LinkedAgency(name="Lake City Police Department", place="Columbia County", state="Florida", signed="2025-06-05")
FILLER = "This agreement is between Immigration and Customs Enforcement and the agency that is named below. " * 4


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", []),
        ("A cover page.", []),
        (FILLER, []),  # of nobody in particular
        (f"{FILLER} Bee County, Texas", []),
        (f"{FILLER} BEE COUNTY SHERIFFS OFFICE, TEXAS. Date: June 5, 2025", []),
        (f"{FILLER} Bee Coun ty Sheriff, Texas. Date: June 7, 2025", []),
        (f"{FILLER} Bee County, Texas. Dated 6/5/25. Form of 1/1/2020", []),
        (f"{FILLER} Bee County, Texas, form revised 01/01/2020", []),  # no word of signing before it
        (f"{FILLER} Bee County, Texas. Signed on the 9th day of July, 2025", ["other-date"]),
        (f"{FILLER} the Sheriff of Refugio County, Texas", ["names-another"]),
        (f"{FILLER} the Lake City Police Department, State of Florida", ["names-another"]),
        (f"{FILLER} Bee County Sheriff's Office, State of Florida", ["names-another"]),
        (f"{FILLER} the County and the County Sheriff", []),
    ],
)
def test_what_is_not_clear_is_not_doubted(text: str, problems: list[str]) -> None:
    """One thing at a time; a form that names nobody is no reason."""
    found = doubts_of_document(AGENCY, (text,), others=(OTHER,), same_file=())
    assert [str(each.problem) for each in found] == problems


def test_agencies_of_one_place_may_share_a_document() -> None:
    """A county and its jail do; an agency elsewhere does not."""
    jail = replace(AGENCY, name="Bee County Jail")
    assert doubts_of_document(AGENCY, ("",), others=(), same_file=(jail,)) == ()
    (doubt,) = doubts_of_document(AGENCY, ("",), others=(), same_file=(OTHER,))
    assert (str(doubt.problem), doubt.suggestions[0].name) == ("same-file", OTHER.name)
