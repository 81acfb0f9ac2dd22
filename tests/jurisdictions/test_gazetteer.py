"""The gazetteer: what it holds, in which form, and how quickly it is there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from itertools import chain

import pytest

from monitor import jurisdictions
from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES

OCD = re.compile(
    r"ocd-division/country:us/(state|district|territory):[a-z]{2}"
    r"(/(county|parish|borough|census_area|planning_region|municipio|municipality|island|district):[\w~.-]+)?"
    r"(/place:[\w~.-]+)?"
)


@pytest.fixture(scope="module")
def everything() -> tuple[gazetteer.Entry, ...]:
    """All entries of all states."""
    return tuple(chain.from_iterable(gazetteer.all_of(code) for code in STATES))


def test_the_file_is_small() -> None:
    """It is under 2 MB, so that it can be part of the package."""
    assert len(files("monitor.jurisdictions").joinpath("gazetteer.tsv.gz").read_bytes()) < 2_000_000


def test_it_is_read_when_first_asked_and_quickly() -> None:
    """Importing reads nothing; the first look-up takes far less than a second, whatever else this machine does."""
    code = """
import time
from monitor.jurisdictions import gazetteer, resolve
assert not gazetteer._blocks.cache_info().currsize
start = time.process_time()
assert resolve("Travis County", "TEXAS").jurisdiction.fips == "48453"
assert time.process_time() - start < 0.3
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_it_holds_all_levels(everything: tuple[gazetteer.Entry, ...]) -> None:
    """56 states, districts and territories, over 3,200 counties, and tens of thousands of places."""
    levels = Counter(each.jurisdiction.level for each in everything)
    assert levels["state"] == 56
    assert 3_235 <= levels["county"] <= 3_250
    assert levels["place"] > 45_000


def test_codes_and_ids_are_right_in_form(everything: tuple[gazetteer.Entry, ...]) -> None:
    """FIPS codes have 2, 5, 7 or 10 digits and begin with the state's; ids follow the rules of Open Civic Data."""
    for each in everything:
        one = each.jurisdiction
        assert one.fips is not None
        assert one.fips.isdigit()
        assert len(one.fips) in {2, 5, 7, 10}
        assert one.fips.startswith(STATES[one.state][1])
        assert one.ocd_id is None or OCD.fullmatch(one.ocd_id), one


def test_no_two_bodies_share_a_code_or_an_id(everything: tuple[gazetteer.Entry, ...]) -> None:
    """A code and an id are one body's."""
    for codes in (
        [each.jurisdiction.fips for each in everything],
        [each.jurisdiction.ocd_id for each in everything if each.jurisdiction.ocd_id],
    ):
        assert [code for code, uses in Counter(codes).items() if uses > 1] == []


def test_places_lie_in_counties_of_their_state(everything: tuple[gazetteer.Entry, ...]) -> None:
    """Every county that an entry names exists, and all but a few places say theirs."""
    places = [each for each in everything if each.jurisdiction.level == "place"]
    for each in places:
        for fips in each.counties:
            county = gazetteer.by_code(fips)
            assert county is not None, each
            assert county.jurisdiction.state == each.jurisdiction.state
    assert sum(not each.counties for each in places) < 50


def test_coordinates_are_in_america(everything: tuple[gazetteer.Entry, ...]) -> None:
    """Nearly all have them, from Guam to Maine, and Austin lies where Austin lies."""
    known = [each for each in everything if each.latitude is not None and each.longitude is not None]
    assert len(everything) - len(known) < 10
    assert all(-15 < (each.latitude or 0) < 72 and abs(each.longitude or 0) > 64 for each in known)
    austin = jurisdictions.body("4805000")
    assert austin is not None
    assert (round(austin.latitude or 0, 1), round(austin.longitude or 0, 1)) == (30.3, -97.8)
    assert (austin.population or 0) > 900_000
    assert austin.counties == ("48453",)


@pytest.mark.parametrize(
    ("fips", "name", "ocd_id"),
    [
        ("48453", "Travis County", "state:tx/county:travis"),
        ("22055", "Lafayette Parish", "state:la/parish:lafayette"),
        ("02020", "Anchorage Municipality", "state:ak/borough:anchorage"),
        ("02158", "Kusilvak Census Area", "state:ak/census_area:kusilvak"),
        ("51510", "Alexandria city", "state:va/place:alexandria"),
        ("24510", "Baltimore city", "state:md/place:baltimore"),
        ("29510", "St. Louis city", "state:mo/place:st_louis"),
        ("32510", "Carson City", "state:nv/place:carson_city"),
        ("24037", "St. Mary's County", "state:md/county:st_mary~s"),
        ("35013", "Doña Ana County", "state:nm/county:doña_ana"),
        ("09001", "Fairfield County", "state:ct/county:fairfield"),
        ("09110", "Capitol Planning Region", "state:ct/planning_region:capitol"),
        ("46102", "Oglala Lakota County", "state:sd/county:oglala_lakota"),
        ("72127", "San Juan Municipio", "territory:pr/municipio:san_juan"),
        ("11", "District of Columbia", "district:dc"),
        ("72", "Puerto Rico", "territory:pr"),
        ("4752006", "Nashville", "state:tn/place:nashville"),
        ("2148006", "Louisville", "state:ky/place:louisville"),
        ("3301566660", "Salem", "state:nh/place:salem"),
        ("4209144976", "Lower Merion Township", "state:pa/county:montgomery/place:lower_merion"),
        ("3460900", "Princeton", "state:nj/place:princeton"),
        ("3610938088", "Town of Ithaca", "state:ny/county:tompkins/place:ithaca"),
    ],
)
def test_each_kind_of_body_has_its_name_and_id(fips: str, name: str, ocd_id: str) -> None:
    """Parishes, boroughs, independent cities, planning regions, towns and townships are called and numbered rightly."""
    found = jurisdictions.body(fips)
    assert found is not None
    assert (found.jurisdiction.name, found.jurisdiction.ocd_id) == (name, f"ocd-division/country:us/{ocd_id}")


def test_connecticut_has_its_old_counties_and_its_new_regions() -> None:
    """Eight and nine, and a town knows both of its own."""
    counties = gazetteer.counties_of("CT")
    assert Counter(each.form for each in counties) == {"County": 8, "Planning Region": 9}
    (avon,) = gazetteer.places_called("avon", "CT")
    assert avon.counties == ("09110", "09003")


def test_codes_of_one_body_lead_to_one_entry() -> None:
    """A city that is a county of its own has two codes, and so has the District of Columbia."""
    assert jurisdictions.body("5101000") == jurisdictions.body("51510")
    assert jurisdictions.body("11001") == jurisdictions.body("1150000") == jurisdictions.body("11")
    assert jurisdictions.body("99999") is None


@pytest.mark.parametrize("code", ["AK", "DC", "IN", "LA", "MA", "MI", "NM", "VA"])
def test_what_is_looked_up_line_by_line_is_what_the_whole_state_says(code: str) -> None:
    """The places in each county, and the bodies with an id, also where the id follows no rule."""
    every = gazetteer.all_of(code)
    counties = {county for each in every for county in each.counties}
    for county in counties:
        assert gazetteer.places_in(county) == tuple(each for each in every if county in each.counties)
    for each in every[:: max(len(every) // 20, 1)]:
        if wanted := each.jurisdiction.ocd_id:
            assert gazetteer.with_id(wanted, code) == tuple(one for one in every if one.jurisdiction.ocd_id == wanted)
