"""Doubts: what can't be right is told with its mending, and what is right is left in peace."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import jurisdictions
from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.faults import Problem, faults
from monitor.jurisdictions.states import STATES
from monitor.matching.doubts import Doubt, doubts
from tests.support.lists import COUNTIES, DECLINED, PARTICIPATING, PENDING, agreement, description, made

if TYPE_CHECKING:
    from monitor.config.lists import ListDescription

ON = date(2025, 7, 10)
CITIES = description("dhs-sanctuary", "page", "cities")
DHS_COUNTIES = description("dhs-sanctuary", "page", "counties")
POLICIES = description("ice-ddor", "weekly", "section-3")

# County as printed, its state, the agency's name, and what the county is; misspellings and slips that were published.
PUBLISHED = (
    ("St. Luice County", "FLORIDA", "St. Luice County Sheriff's Office", "St. Lucie County", "FL"),
    ("Arcadia County", "LOUISIANA", "Acadia Parish Sheriff's Office", "Acadia Parish", "LA"),
    ("Arcadia County", "LOUISIANA", "Arcadia County Sheriff's Office", "Acadia Parish", "LA"),
    ("Allegancy", "MARYLAND", "Allegany County Sheriff's Office", "Allegany County", "MD"),
    ("Frankin County", "ALABAMA", "Franklin County Sheriff's Office", "Franklin County", "AL"),
    ("Murrary County", "GEORGIA", "Murray County Sheriff's Office", "Murray County", "GA"),
    ("Albermarle County", "NORTH CAROLINA", "Albermarle District Jail", "Pasquotank County", "NC"),
    ("Albemarle County", "NORTH CAROLINA", "Albemarle District Jail", "Pasquotank County", "NC"),
    ("Lafourche County", "LOUISIANA", "Lafourche County Sheriff's Office", "Lafourche Parish", "LA"),
    ("St. Landry County", "LOUISIANA", "Arnaudville Police Department", "St. Landry Parish", "LA"),
    ("McKenzie County", "TEXAS", "McKenzie County Sheriff's Office", "McKenzie County", "ND"),
    ("Crow Wing County", "MASSACHUSETTS", "Crow Wing County Sheriff's Office", "Crow Wing County", "MN"),
    ("Freedom County", "MINNESOTA", "Freedom County Sheriff's Office", "Freeborn County", "MN"),
    ("Kershaw County", "FLORIDA", "Kershaw County Sheriff's Office", "Kershaw County", "SC"),
    ("Wichita County", "OKLAHOMA", "Wichita County Sheriff's Office", "Wichita County", "TX"),
    ("Damascus County", "PENNSYLVANIA", "Damascus County Constable", "Wayne County", "PA"),
    ("Berrian County", "MICHIGAN", "Berrian County Sheriff's Office", "Berrien County", "MI"),
    ("McCorkmick County", "SOUTH CAROLINA", "McCormick County Sheriff's Office", "McCormick County", "SC"),
    ("Portsmouth County", "VIRGINIA", "Portsmouth County Sheriff's Office", "Portsmouth city", "VA"),
    ("Hopewell County", "VIRGINIA", "Hopewell County Sheriff's Office", "Hopewell city", "VA"),
    ("Bedford County", "PENNSYLVANIA", "Bradford County Sheriff's Office", "Bradford County", "PA"),
    ("Macon County", "TENNESSEE", "Madison County Sheriff's Office", "Madison County", "TN"),
    ("Monroe County", "GEORGIA", "Monroe Police Department", "Walton County", "GA"),
)


def about(*rows: dict[str, str], described: ListDescription = PARTICIPATING) -> tuple[Doubt, ...]:
    """The doubts about a list of these rows."""
    return doubts(made(rows, described), described, on=ON)


def only(*rows: dict[str, str], described: ListDescription = PARTICIPATING) -> tuple[str, Problem, str | None]:
    """Field, problem and likeliest mending of the one doubt that there must be."""
    (doubt,) = about(*rows, described=described)
    return doubt.field, doubt.problem, doubt.suggestions[0].name if doubt.suggestions else None


@pytest.mark.parametrize(("county", "state", "agency", "name", "code"), PUBLISHED)
def test_an_impossible_county_is_doubted_with_the_right_one_first(
    county: str, state: str, agency: str, name: str, code: str
) -> None:
    """Misspelt, of another state, a city, or not the one that the agency is named after."""
    kind = "Municipality" if "Police" in agency else "County"
    (doubt,) = about(agreement(agency, county=county, state=state, type=kind))
    assert (doubt.field, doubt.value) == ("county", county)
    assert (doubt.suggestions[0].name, doubt.suggestions[0].state) == (name, code)
    assert (doubt.suggestions[0].fips or "").startswith(STATES[code][1])


@pytest.mark.parametrize(
    ("county", "state", "agency", "problem"),
    [
        ("St. Luice County", "FLORIDA", "St. Lucie County Sheriff's Office", Problem.NO_SUCH_COUNTY),
        ("Kershaw County", "FLORIDA", "Kershaw County Sheriff's Office", Problem.OTHER_STATE),
        ("Hopewell County", "VIRGINIA", "Hopewell County Sheriff's Office", Problem.WRONG_LEVEL),
        ("Bedford County", "PENNSYLVANIA", "Bradford County Sheriff's Office", Problem.CONTRADICTS_AGENCY),
    ],
)
def test_a_doubt_says_what_is_wrong(county: str, state: str, agency: str, problem: Problem) -> None:
    """Each kind has its name."""
    (doubt,) = about(agreement(agency, county=county, state=state))
    assert doubt.problem == problem


@pytest.mark.parametrize(
    ("name", "state", "problem", "mended"),
    [
        ("Cincinnatti", "Ohio", Problem.MISSPELT, "Cincinnati"),
        ("Alameda County", "California", Problem.WRONG_LEVEL, "Alameda County"),
        ("Hoboken", "California", Problem.OTHER_STATE, "Hoboken"),
    ],
)
def test_a_list_of_cities_is_doubted_city_by_city(name: str, state: str, problem: Problem, mended: str) -> None:
    """Misspelt, a county among cities, a city of another state."""
    assert only({"name": name, "state": state}, described=CITIES) == ("name", problem, mended)


@pytest.mark.parametrize("name", ["City of Anchorage", "Berkeley", "New York City", "Honolulu", "Alexandria", "Denver"])
def test_a_city_in_any_form_is_no_doubt(name: str) -> None:
    """Nor is one that is a county too."""
    states = {"City of Anchorage": "Alaska", "Berkeley": "California", "New York City": "New York"}
    states |= {"Honolulu": "Hawaii", "Alexandria": "Virginia", "Denver": "Colorado"}
    assert about({"name": name, "state": states[name]}, described=CITIES) == ()


def test_the_counties_of_may_2025_are_doubted() -> None:
    """Cambell County, Kentucky, is misspelt; Martinsville, Virginia, is a city."""
    campbell = {"name": "Cambell County", "state": "Kentucky"}
    martinsville = {"name": "Martinsville County", "state": "Virginia"}
    assert only(campbell, described=DHS_COUNTIES) == ("name", Problem.NO_SUCH_COUNTY, "Campbell County")
    assert only(martinsville, described=DHS_COUNTIES) == ("name", Problem.WRONG_LEVEL, "Martinsville city")


@pytest.mark.parametrize(
    ("county", "state", "agency"),
    [
        ("All Counties", "TENNESSEE", "Tennessee Highway Patrol"),
        ("Multiple Counties", "VIRGINIA", "Virginia State Police"),
        ("State-wide", "OKLAHOMA", "Oklahoma Department of Public Safety"),
        ("State of Iowa", "IOWA", "Iowa Department of Public Safety"),
        ("Guam", "GUAM", "Guam Police Department"),
        ("District of Columbia", "DISTRICT OF COLUMBIA", "Metropolitan Police Department"),
        ("Adams/Arapahoe/Douglas", "COLORADO", "Aurora Police Department"),
        ("Pawnee & Osage Counties", "OKLAHOMA", "Blackburn Police Department"),
        ("Acadia & Vermilion Parishes", "LOUISIANA", "Louisiana State Police"),
        ("Duval and Clay Counties", "FLORIDA", "Florida Highway Patrol"),
        ("Bay Co.", "FLORIDA", "Bay County Sheriff's Office"),
        ("American Samoa", "AMERICAN SAMOA", "Department of Public Safety"),
        ("Florida", "FLORIDA", "Florida Highway Patrol"),
        ("Ponce Municipality", "PUERTO RICO", "Ponce Municipal Police"),
        ("Travis County", "TEX.", "Travis County Sheriff's Office"),
    ],
)
def test_several_counties_a_whole_state_and_a_short_word_are_no_doubt(county: str, state: str, agency: str) -> None:
    """In the forms in which the column of counties has them."""
    kind = "State Agency" if "Police Department" not in agency else "Municipality"
    assert about(agreement(agency, county=county, state=state, type=kind)) == ()


@pytest.mark.parametrize(
    ("county", "state", "mended"),
    [
        ("Duval & Cley Counties", "FLORIDA", None),
        ("Okalossa Co.", "FLORIDA", "Okaloosa County"),
        ("Guam", "FLORIDA", None),
        ("State of Iowa", "OHIO", None),
    ],
)
def test_what_is_wrong_in_such_a_form_is_still_doubted(county: str, state: str, mended: str | None) -> None:
    """One of two counties that is none, a misspelt name before a short word, another state."""
    (doubt,) = about(agreement("Highway Patrol", county=county, state=state, type="State Agency"))
    assert (doubt.field, doubt.value) == ("county", county)
    assert mended is None or doubt.suggestions[0].name == mended


@pytest.mark.parametrize(
    "state", ["U.S. VIRGIN ISLANDS", "USVI", "CNMI", "Commonwealth of the Northern Mariana Islands"]
)
def test_a_territory_under_a_usual_name_is_no_doubt(state: str) -> None:
    """Nor is it another than the same territory under its plain name."""
    assert about(agreement("Department of Public Safety", county="#N/A", state=state, type="State Agency")) == ()


def test_police_without_a_county_are_no_doubt() -> None:
    """Florida's police departments have `#N/A` for a county, and agencies of the state have none."""
    rows = [
        agreement("Arcadia Police Department", type="Municipality"),
        agreement("Sunny Isles Police Department", type="Municipality"),
        agreement("Florida Department of Corrections", type="State Agency"),
        agreement("Sarasota Manatee Airport Authority Police Department", type="Municipality"),
        agreement("Idaho State Police", state="IDAHO", type="State Agency", county="Jerome County"),
        agreement("Jacksonville Sheriff's Office", county="Duval County"),
        agreement("Longboat Key Police Department", type="Municipality", county="Sarasota County"),
        agreement("Regional Task Force", county="Duval and Clay Counties"),
    ]
    assert about(*rows) == ()


def test_a_misspelt_agency_is_doubted_with_its_whole_name_mended() -> None:
    """`Macro Island Police Department` is Marco Island's."""
    row = agreement("Macro Island Police Department", type="Municipality")
    assert only(row) == ("agency", Problem.MISSPELT, "Marco Island Police Department")
    respelt = agreement("Cartert County Sheriff's Office", state="NORTH CAROLINA", county="Carteret County")
    assert only(respelt) == ("agency", Problem.MISSPELT, "Carteret County Sheriff's Office")


def test_a_misspelt_state_is_doubted() -> None:
    """`UTAHJ` is UTAH, in capitals as the publisher prints it; a state that is none at all has no mending."""
    assert only(agreement("Weber County Sheriff's Office", state="UTAHJ")) == ("state", Problem.UNKNOWN_STATE, "UTAH")
    assert only(agreement("Weber County Sheriff's Office", state="QQQQ")) == ("state", Problem.UNKNOWN_STATE, None)


@pytest.mark.parametrize(
    ("signed", "meant"),
    [("5025-07-07", "2025-07-07"), ("05/082025", "2025-05-08"), ("7/72025", "2025-07-07"), ("2026-03-01", None)],
)
def test_an_odd_date_is_doubted(signed: str, meant: str | None) -> None:
    """In the future, or digits that are no date; where only one day can be meant, it is told."""
    assert only(agreement("Lee County Sheriff's Office", signed=signed)) == ("signed", Problem.ODD_DATE, meant)


@pytest.mark.parametrize("enacted", ["February 2017", "2011", "", "Unknown", "2014-05-01"])
def test_a_date_told_in_words_is_no_doubt(enacted: str) -> None:
    """Policies are dated by month or year, or not at all."""
    row = {"jurisdiction": "Ithaca, New York (Buffalo)", "enacted": enacted, "policy": "Code", "criteria": "None"}
    assert about(row, described=POLICIES) == ()


def test_a_record_given_twice_is_doubted_once() -> None:
    """The same agreement again, or again with another date; another model is another agreement."""
    row = agreement("Lee County Sheriff's Office")
    assert only(row, row) == ("agency", Problem.DUPLICATE, None)
    assert only(row, row | {"signed": "2025-02-27"}) == ("agency", Problem.DUPLICATE, None)
    assert about(row, row | {"support_type": "Warrant Service Officer"}) == ()


def test_equal_rows_of_a_list_without_key_are_no_doubt() -> None:
    """Where nothing identifies a record, two equal ones are two detainers."""
    row = {"state": "Texas", "jurisdiction": "Travis County Jail", "citizenship": "Mexico", "issued_on": "2017-01-30",
           "declined_on": "2017-02-01", "activity": "Assault (Charge)"}  # fmt: skip
    assert about(row, row, described=DECLINED) == ()


def test_the_field_that_a_version_lacks_is_not_doubted() -> None:
    """Before ICE printed counties, agencies' own names were all there was."""
    row = {"state": "FLORIDA", "agency": "Lee County Sheriff's Office", "type": "County", "support_type": "JEM"}
    assert about(row, described=PENDING) == ()


@pytest.mark.parametrize(
    ("county", "state", "agency", "fips"),
    [
        ("Montgomery", "TEXAS", "Montgomery County Sheriff's Office", "48339"),
        ("Montgomery", "MARYLAND", "Rockville Police Department", "2467675"),
        ("Saint Francois County", "MISSOURI", "Saint Francois County Sheriff's Office", "29187"),
        ("St Francois", "MISSOURI", "Farmington Police Department", "2923752"),
        ("Sainte Genevieve County", "MISSOURI", "Ste. Genevieve County Sheriff's Office", "29186"),
        ("De Witt County", "TEXAS", "DeWitt County Sheriff's Office", "48123"),
        ("Dade County", "FLORIDA", "Miami-Dade County Sheriff's Office", "12086"),
        ("ORLEANS", "LOUISIANA", "New Orleans Police Department", "2255000"),
        ("Acadia", "LOUISIANA", "Acadia Parish Sheriff's Office", "22001"),
    ],
)
def test_a_county_in_few_or_other_words_is_no_doubt(county: str, state: str, agency: str, fips: str) -> None:
    """Without the word `County`, or with `Saint` written out: the county or the police's own town is found."""
    row = agreement(agency, county=county, state=state, type="Municipality" if "Police" in agency else "County")
    (record,) = made([row]).records
    found = jurisdictions.of_record(record, PARTICIPATING).jurisdiction
    assert found is not None
    assert found.fips == fips
    assert about(row) == ()


@pytest.mark.parametrize(
    ("printed", "state", "agency", "first"),
    [
        ("Kilgore County", "TEXAS", "Kilgore Police Department", "Gregg County"),
        ("Kilgor County", "TEXAS", "Kilgore Police Department", "Gregg County"),
        ("Kilgore County", "TEXAS", "Longview Police Department", "Gregg County"),
        (
            "Miami County",
            "FLORIDA",
            "City of Miami Police Department",
            "Miami-Dade County",
        ),  # others have a Miami County
        ("Bay Harbor County", "FLORIDA", "Bay Harbor Islands Police Department", "Miami-Dade County"),
        ("Cookeville-Putnam County", "TENNESSEE", "Cookeville Police Department", "Putnam County"),
        ("Cookeville/Putnam County", "TENNESSEE", "Cookeville Police Department", "Putnam County"),
        ("Lee-Fort Myers", "FLORIDA", "Fort Myers Police Department", "Lee County"),
    ],
)
def test_a_town_in_the_place_of_its_county_is_mended_to_the_county(
    printed: str, state: str, agency: str, first: str
) -> None:
    """The county in which the agency's own town lies comes before all that are spelt alike, here or elsewhere."""
    fault = faults(printed, state, agency=agency, kind="Municipality", level="county")[0]
    assert (fault.problem, fault.mendings[0].name) == (Problem.WRONG_LEVEL, first)


@pytest.mark.parametrize(
    ("printed", "agency", "first"),
    [
        ("Hilsborough County", "Largo Police Department", "Hillsborough County"),  # spelt like another county
        ("Pinelas County", "Largo Police Department", "Pinellas County"),
        ("Tampa-Hillsborough County", None, "Hillsborough County"),
        ("Qwertz County", "Largo Police Department", "Pinellas County"),
    ],
)
def test_a_county_that_is_clearly_meant_comes_before_the_one_of_the_own_town(
    printed: str, agency: str | None, first: str
) -> None:
    """A slip in a county's name is a slip; where nothing is spelt alike, the agency's own town tells."""
    (fault,) = faults(printed, "FLORIDA", agency=agency, kind="Municipality", level="county")
    assert (fault.problem, fault.mendings[0].name) == (Problem.NO_SUCH_COUNTY, first)


@given(st.sampled_from(sorted(STATES)), st.data())
def test_no_county_is_doubted_in_its_own_state(code: str, data: st.DataObject) -> None:
    """Whatever it is called: county, parish, borough, city, planning region."""
    counties = gazetteer.counties_of(code)
    if counties:
        one = data.draw(st.sampled_from(counties)).jurisdiction
        row = {"name": one.name, "state": code}
        assert about(row, described=COUNTIES) == ()
        assert faults(one.name, code, agency=f"{one.name} Sheriff's Office", kind="County", level="county") == ()


@given(st.sampled_from(sorted(set(STATES) - {"AS", "GU", "MP", "VI", "DC"})), st.data())
def test_a_slip_in_a_long_name_is_mended(code: str, data: st.DataObject) -> None:
    """One letter left out of a county's name: doubted, and the county is among the mendings."""
    counties = [each for each in gazetteer.counties_of(code) if len(each.bare) > 6 and each.form == "County"]
    if not counties:
        return
    one = data.draw(st.sampled_from(counties))
    at = data.draw(st.integers(min_value=2, max_value=len(one.bare) - 2))
    slip = one.bare[:at] + one.bare[at + 1 :]
    if gazetteer.counties_called(gazetteer.loose(slip), code):
        return
    (fault,) = faults(f"{slip} County", code, level="county")
    assert one.jurisdiction in [each.jurisdiction for each in fault.mendings]


def test_a_list_that_says_its_state_once_is_doubted_within_that_state() -> None:
    """A county of another state, or of none, is doubted; one that several states have is the one of this state."""
    described = COUNTIES.model_copy(
        update={"jurisdiction": COUNTIES.jurisdiction.model_copy(update={"state": None, "within": "CA"})}
    )
    (wrong, misspelt) = about(
        {"name": "Travis County", "state": ""},
        {"name": "Montery County", "state": ""},
        {"name": "Orange County", "state": ""},
        described=described,
    )
    assert (wrong.position, wrong.field, wrong.problem) == (0, "name", Problem.OTHER_STATE)
    assert [each.name for each in misspelt.suggestions][:1] == ["Monterey County"]
    records = made([{"name": "Orange County", "state": ""}], described).records
    place = jurisdictions.resolved(records[0], described).jurisdiction
    assert place is not None
    assert (place.name, place.state) == ("Orange County", "CA")
