"""Finding what a person means, and what a text speaks of."""

from __future__ import annotations

import pytest

from monitor.jurisdictions import body, find, mentioned, suggestions, within


@pytest.mark.parametrize(
    "text",
    [
        "Travis County, Texas",
        "travis county, tx",
        "Travis",
        "48453",
        "ocd-division/country:us/state:tx/county:travis",
        "state:tx/county:travis",
    ],
)
def test_a_county_is_found_by_name_code_and_id(text: str) -> None:
    """However it is typed, it is Travis County."""
    assert [each.fips for each in find(text)] == ["48453"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Texas", ["48"]),
        ("TX", ["48"]),
        ("San Francisco, CA", ["06075", "0667000"]),
        ("City of San Francisco", ["0667000"]),
        ("San Francisco County", ["06075"]),
        ("Baltimore, MD", ["24005", "24510"]),
        ("Orleans Parish", ["22071"]),
        ("Saint Paul, Minnesota", ["2758000"]),
        ("Springfield Township, Bucks County, PA", ["4201773016"]),
        ("Nashville-Davidson", ["4752006"]),
        ("Washington, DC", ["11"]),
        ("1938595", ["1938595"]),
        ("Nowhereville", []),
        ("", []),
        ("00000", []),
    ],
)
def test_all_that_a_name_can_mean_is_found(text: str, codes: list[str]) -> None:
    """A bare name finds county and city; one that says what it is finds that alone."""
    assert [each.fips for each in find(text)] == codes


def test_every_county_of_a_name_is_found() -> None:
    """24 Franklin Counties, one of them in New York."""
    assert len(find("Franklin County")) == 24
    assert [each.fips for each in find("Franklin County, NY")] == ["36033"]


@pytest.mark.parametrize(
    ("text", "name", "state"),
    [
        ("St. Luice County, FL", "St. Lucie County", "FL"),
        ("Cincinnatti", "Cincinnati", "OH"),
        ("Albuqerque", "Albuquerque", "NM"),
        ("Pensylvania", "Pennsylvania", "PA"),
        ("Travs County, Texas", "Travis County", "TX"),
    ],
)
def test_a_wrong_spelling_finds_nothing_but_suggestions(text: str, name: str, state: str) -> None:
    """The likeliest comes first."""
    assert find(text) == ()
    first = suggestions(text)[0]
    assert (first.name, first.state) == (name, state)


def test_a_notice_names_its_counties() -> None:
    """The correction of 2017: Franklin County in three states, and those that were transfers or in error."""
    notice = """Correction: Due to a data processing error, the Jan. 28 \N{EN DASH} Feb 03 Declined Detainer Outcome
        Report incorrectly attributed issued detainers to Franklin County, Iowa; Franklin County, New York; Franklin
        County, Pennsylvania; and Montgomery County, Iowa, due to similarly named locations. Williamson County, TX and
        Bastrop County, TX were transfers; Chester County, PA and Richmond County, NC were issued in error."""
    assert [(each.name, each.state) for each in mentioned(notice)] == [
        ("Franklin County", "IA"),
        ("Franklin County", "NY"),
        ("Franklin County", "PA"),
        ("Montgomery County", "IA"),
        ("Williamson County", "TX"),
        ("Bastrop County", "TX"),
        ("Chester County", "PA"),
        ("Richmond County", "NC"),
    ]


def test_two_counties_under_one_word_are_two() -> None:
    """`Bastrop and Travis Counties, Texas`; a county without its state is not guessed."""
    assert [each.fips for each in mentioned("in Bastrop and Travis Counties, Texas, and Lee County")] == [
        "48021",
        "48453",
    ]


def test_a_city_lies_in_its_county_and_state() -> None:
    """So whoever asks for a county hears of its cities."""
    austin, travis, texas, harris = (body(code) for code in ("4805000", "48453", "48", "48201"))
    assert austin and travis and texas and harris  # noqa: PT018 - all four are there
    city = austin.jurisdiction
    assert within(city, travis.jurisdiction)
    assert within(city, texas.jurisdiction)
    assert within(city, austin.jurisdiction)
    assert not within(city, harris.jurisdiction)
    assert not within(travis.jurisdiction, austin.jurisdiction)
