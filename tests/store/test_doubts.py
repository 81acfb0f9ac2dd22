"""Doubts and notices over time: noted with a version, mended by a correction, linked to the places they speak of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from monitor import jurisdictions
from monitor.demo import pages
from monitor.demo.sheets import sheet
from tests.history.test_importer import FIRST, files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands

WRONG = replace(FIRST[0], agency="St. Luice County Sheriff's Office", county="St. Luice County")
RIGHT = replace(WRONG, agency="St. Lucie County Sheriff's Office", county="St. Lucie County")


@pytest.fixture
def mended(monitor: Commands, tmp_path: Path) -> Commands:
    """A misspelt county, and four days later the right one."""
    manifest = files(
        tmp_path,
        ("2025-03-01T12:00:00Z", "participatingAgencies1.xlsx", sheet((*FIRST[1:], WRONG))),
        ("2025-03-05T12:00:00Z", "participatingAgencies2.xlsx", sheet((*FIRST[1:], RIGHT))),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    return monitor


def test_a_doubt_is_shown_with_the_likeliest_mending(monitor: Commands, tmp_path: Path) -> None:
    """`monitor doubts --json` tells record, field, value, problem, and what should have been printed."""
    manifest = files(tmp_path, ("2025-03-01T12:00:00Z", "participatingAgencies1.xlsx", sheet((*FIRST[1:], WRONG))))
    monitor("import", "ice-287g", "--manifest", manifest)
    (doubt,) = monitor("doubts", "ice-287g", "--json").rows
    assert {key: doubt[key] for key in ("source", "list", "field", "value", "problem")} == {
        "source": "ice-287g",
        "list": "participating",
        "field": "county",
        "value": "St. Luice County",
        "problem": "no-such-county",
    }
    assert doubt["fields"]["agency"] == WRONG.agency
    assert doubt["suggestions"][0] == {"name": "St. Lucie County", "state": "FL", "fips": "12111"}
    assert "likely St. Lucie County, FL" in monitor("doubts").out


def test_the_correction_says_which_doubt_it_resolves(mended: Commands) -> None:
    """The doubt ends with the correction, which says since when it was noted."""
    (entry,) = mended("log", "--json").rows
    assert entry["resolves_doubt"] == {
        "field": "county",
        "value": "St. Luice County",
        "problem": "no-such-county",
        "noted_at": "2025-03-01T12:00:00Z",
    }
    assert "resolves a doubt noted 2025-03-01" in mended("log").out
    assert mended("doubts", "--json").rows == []
    (line,) = mended("show", "St. Lucie County, Florida", "--json").rows
    assert [(doubt["value"], doubt["gone_at"]) for doubt in line["doubts"]] == [
        ("St. Luice County", "2025-03-05T12:00:00Z")
    ]


def test_another_slip_resolves_nothing(monitor: Commands, tmp_path: Path) -> None:
    """From one wrong spelling to another: corrected, but still in doubt."""
    other = replace(WRONG, agency="St. Luciee County Sheriff's Office", county="St. Luciee County")
    manifest = files(
        tmp_path,
        ("2025-03-01T12:00:00Z", "participatingAgencies1.xlsx", sheet((*FIRST[1:], WRONG))),
        ("2025-03-05T12:00:00Z", "participatingAgencies2.xlsx", sheet((*FIRST[1:], other))),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    (entry,) = monitor("log", "--json").rows
    assert (entry["kind"], entry["resolves_doubt"]) == ("corrected", None)
    assert [doubt["value"] for doubt in monitor("doubts", "--json").rows] == ["St. Luciee County"]


def test_a_wrong_spelling_gets_suggestions(mended: Commands) -> None:
    """`show` and `log` name what was likely meant."""
    assert "did you mean St. Lucie County, FL?" in mended("show", "St. Luice County, Florida").out
    ran = mended("log", "--jurisdiction", "St. Luice County, Florida")
    assert ran.status == 1
    assert "did you mean St. Lucie County, FL" in ran.err


def test_a_notice_is_linked_to_the_places_and_the_report_it_speaks_of(monitor: Commands, tmp_path: Path) -> None:
    """ICE's notice of 2017 is found by each of its eight counties, in the log and in `show`."""
    for number, notices in enumerate(((), (pages.CORRECTION,)), start=1):
        page = pages.declined_detainers(datetime(2017, 4, number, tzinfo=UTC), reports=(), notices=notices)
        (tmp_path / f"page-{number}.html").write_bytes(page)
        assert monitor("import", "ice-ddor", tmp_path / f"page-{number}.html", "--at", f"2017-04-0{number}").status == 0
    (entry,) = monitor("log", "--list", "notices", "--json").rows
    assert [(place["name"], place["state"]) for place in entry["mentions"]] == [
        ("Franklin County", "IA"),
        ("Franklin County", "NY"),
        ("Franklin County", "PA"),
        ("Montgomery County", "IA"),
        ("Williamson County", "TX"),
        ("Bastrop County", "TX"),
        ("Chester County", "PA"),
        ("Richmond County", "NC"),
    ]
    for place in entry["mentions"]:
        name = f"{place['name']}, {place['state']}"
        assert [row["id"] for row in monitor("log", "--jurisdiction", name, "--json").rows] == [entry["id"]]
        assert [row["id"] for row in monitor("show", name, "--json").rows] == [entry["id"]]
    assert monitor("log", "--jurisdiction", "Travis County, TX", "--json").rows == []


def test_a_notice_means_the_report_of_the_days_that_it_names() -> None:
    """Days as words or numbers; a notice that names none, or others, means no report in particular."""
    keys = ("2017_01-28to02-03", "2017_02-04to02-10")
    assert jurisdictions.reports_meant(pages.CORRECTION, keys) == keys[:1]
    assert jurisdictions.reports_meant("The report of 2/4/2017 - 2/10/2017 was corrected.", keys) == keys[1:]
    assert jurisdictions.reports_meant("Corrected on March 2.", keys) == ()
