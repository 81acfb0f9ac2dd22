"""A record whose values stand in the wrong columns is held; one with new values, or a single odd one, is not."""

from __future__ import annotations

import pytest

from monitor.matching.misplaced import misplaced_values
from monitor.model import Amendment, AmendmentKind, Record
from tests.support.lists import PARTICIPATING

FIELDS = PARTICIPATING.fields
COUNTIES = ("Bay", "Leon", "Polk", "Gulf", "Clay", "Lake", "Levy", "Baker", "Union", "Nassau", "Duval", "Citrus")
MODELS = ("Task Force Model", "Jail Enforcement Model", "Warrant Service Officer")


def agency(county: str, number: int = 0, /, **values: str) -> Record:
    """An agreement of a county of Florida."""
    own = {
        "state": "FLORIDA",
        "agency": f"{county} County Sheriff's Office",
        "type": "County",
        "county": county,
        "support_type": MODELS[number % 3],
        "signed": f"2025-03-{number + 1:02}",
        "moa": f"https://www.ice.gov/doclib/{county}.pdf",
    } | values
    return Record(values=tuple(own.get(field, "") for field in FIELDS))


BEFORE = [agency(county, number) for number, county in enumerate(COUNTIES)]
OWN = BEFORE[4]
KNOWN = dict(zip(FIELDS, OWN.values, strict=True))


def reason(**values: str) -> tuple[str, str]:
    """Why a version is held in which a record is added with such values, and one in which it is so corrected."""
    after = agency("Clay", 4, **values)
    versions = (
        Amendment(kind=AmendmentKind.ADDED, after=after),
        Amendment(kind=AmendmentKind.CORRECTED, before=OWN, after=after, fields=tuple(values)),
    )
    added, corrected = (misplaced_values([each], BEFORE, PARTICIPATING) or "" for each in versions)
    return added, corrected


@pytest.mark.parametrize(
    "values",
    [
        {"type": KNOWN["support_type"], "support_type": KNOWN["signed"], "signed": KNOWN["moa"], "moa": ""},
        {"type": KNOWN["support_type"], "support_type": KNOWN["type"]},
        {"state": KNOWN["agency"], "agency": KNOWN["state"]},
        {"signed": "Task Force Model", "support_type": "3/5/2025"},
        {"county": "County", "type": "https://www.ice.gov/doclib/Clay.pdf"},
    ],
    ids=["a cell deleted", "two labels exchanged", "name and state", "day and label", "address and label"],
)
def test_a_record_whose_values_stand_in_other_columns_is_held(values: dict[str, str]) -> None:
    """A cell was deleted, so that the others moved up, or two were exchanged. Both are told of a corrected one, too."""
    for why in reason(**values):
        assert "which belong in other columns" in why
        assert any(repr(value) in why for value in values.values())


@pytest.mark.parametrize(
    "values",
    [
        {"state": "GEORGIA", "type": "State Agency", "support_type": "Tunnel Model"},
        {"agency": "FLORIDA", "county": "Dade"},
        {"county": "Florida City", "agency": "Clay"},
        {"signed": "2026-01-01", "moa": "https://www.ice.gov/other.pdf", "addendum": "https://www.ice.gov/more.pdf"},
        {"addendum": "2025-04-01", "moa": "link pending"},
        {"type": "Task Force Model"},
        {"type": "Task Force Model", "county": "Task Force Model"},
    ],
    ids=[
        "labels",
        "one odd value",
        "a name of another",
        "addresses",
        "an empty column",
        "one label",
        "one value twice",
    ],
)
def test_a_record_with_new_values_is_not(values: dict[str, str]) -> None:
    """Nor one with a single odd value; nor are values judged by columns in which hardly anything stood."""
    assert reason(**values) == ("", "")


def test_columns_that_share_their_values_say_nothing() -> None:
    """Where an owner is also an operator of another, each may become the other."""
    shared = [agency(c, n, type="GEO" if n % 2 else "County", support_type="GEO" if n else "Other")
              for n, c in enumerate(COUNTIES)]  # fmt: skip
    after = agency("Hardee", type="Other", support_type="County")
    amendments = [Amendment(kind=AmendmentKind.ADDED, after=after)]
    assert misplaced_values(amendments, shared, PARTICIPATING) is None
    apart = [agency(c, n, type="GEO" if n % 2 else "County", support_type="CCA" if n > 3 else "Other")
             for n, c in enumerate(COUNTIES)]  # fmt: skip
    assert misplaced_values(amendments, apart, PARTICIPATING) is not None
    assert misplaced_values(amendments, apart[:9], PARTICIPATING) is None


def test_a_record_that_has_an_older_ones_values_in_other_columns_is_held() -> None:
    """Also where no column has labels. A telephone and a fax number, which look alike, may be exchanged in truth."""
    streets = [
        agency(c, n, county=f"{c} Office", type=f"{n + 10} Oak Street", support_type=f"555-{n:04}", moa=f"556-{n:04}")
        for n, c in enumerate(COUNTIES)
    ]

    def reason_for(**values: str) -> str | None:
        after = agency("Clay", 4, **values)
        return misplaced_values([Amendment(kind=AmendmentKind.ADDED, after=after)], streets, PARTICIPATING)

    assert "were cells of a row moved?" in (reason_for(county="14 Oak Street", type="555-0004", support_type="") or "")
    assert reason_for(county="14 Oak Street", type="555-0005", support_type="") is None
    assert reason_for(county="Clay Office", type="14 Oak Street", support_type="556-0004", moa="555-0004") is None
    assert reason_for(county="15 Elm Street", type="557-0004", support_type="") is None


def test_where_addresses_are_meant_to_stand_the_first_ones_are_no_fault() -> None:
    """As where all agreements were pending so far."""
    pending = [agency(c, n, moa="link pending", addendum="none") for n, c in enumerate(COUNTIES)]
    after = agency("Hardee", moa="https://www.ice.gov/a.pdf", addendum="https://www.ice.gov/b.pdf")
    assert misplaced_values([Amendment(kind=AmendmentKind.ADDED, after=after)], pending, PARTICIPATING) is None
