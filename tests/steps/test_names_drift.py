"""Names that are written in other ways are the same names, and names that say more than a name are held.

Each page or file comes after one that has stood twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from tests.extract.page.test_lists import items
from tests.steps.test_page_drift import (
    CITIES,
    GONE_TOLD,
    LEFT_BLOCKS,
    STATES,
    by_states,
    come,
    come_by_states,
    in_block,
    page,
)  # fmt: skip
from tests.support.published import Published, delimited, published, stood

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.published import Row, Told

__all__ = ["come", "come_by_states"]  # fixtures


def with_states(*names: str) -> str:
    """The page of the Department of Justice with these names under the heading of its states."""
    return page().replace(items(STATES), items(names))


OF_THE_DISTRICT = (
    "Washington, D.C.", "Washington DC", "D.C.", "DC", "The District of Columbia",
    "District of Columbia (Washington, D.C.)", "Washington, DC (District of Columbia)",
)  # fmt: skip


@pytest.mark.parametrize("name", OF_THE_DISTRICT)
def test_the_district_is_itself_under_each_of_its_names(monitor: Commands, tmp_path: Path, name: str) -> None:
    """It is neither removed nor added."""
    report = Published(monitor=monitor, folder=tmp_path, source="doj-sanctuary", suffix="html")
    stood(report, with_states(*STATES).encode(), with_states(*STATES, "District of Columbia").encode())
    told = report.come(with_states(*STATES, name).encode())
    assert told.held == ""
    assert {kind for kind, _ in told.short} <= {"corrected", "cosmetic"}


def test_a_city_with_the_name_of_its_state_is_known_by_it(come: Callable[[str], Told]) -> None:
    """The words of the state count where the name has no others."""
    report = page(items((*CITIES, "New York City, NY")))
    assert come(report).short == [("added", "New York City")]


@pytest.mark.parametrize(
    "names",
    [("New York City, NY", "New York, NY"), ("Oklahoma City, OK", "City of Oklahoma City, OK")],
)
def test_a_city_named_like_its_state_is_renamed(monitor: Commands, tmp_path: Path, names: tuple[str, str]) -> None:
    """It is one correction, not a city that is gone and another that is new."""
    report = Published(monitor=monitor, folder=tmp_path, source="doj-sanctuary", suffix="html")
    stood(report, page().encode(), page(items((*CITIES, names[0]))).encode())
    told = report.come(page(items((*CITIES, names[1]))).encode())
    assert (told.held, told.short) == ("", [("corrected", "name")])


# Tables with a column of counties.

COUNTIES = {
    "Georgia": ("Baker", "Clay", "Early", "Floyd", "Grady", "Hall", "Irwin", "Macon", "Pike"),
    "Texas": ("Bell", "Clay", "Ellis", "Kerr", "Polk", "Tyler"),
}
HEADER = ("State", "Agency", "County", "Signed")
OFFICES = [
    (state, f"{county} County Sheriff", f"{county} County", f"3/{day}/2025")
    for state, counties in COUNTIES.items()
    for day, county in enumerate(counties, 1)
]  # fmt: skip
OFFICES += [("Texas", f"{town} Police", "#N/A", "4/1/2025") for town in ("Austin", "Dallas", "Waco", "Tyler", "Plano")]
Publish = Callable[[Sequence["Row"]], "Told"]


@pytest.fixture
def come_with_counties(monitor: Commands, tmp_path: Path) -> Publish:
    """Publish a table whose column of counties says which place a record is about, after it has stood."""
    report = published(monitor, tmp_path, "csv")
    described = report.monitor.config.read_text(encoding="utf-8").replace("code: Code", "county: County")
    described = described.replace("anchors: [code, signed]", "anchors: [county, signed]")
    described = described.replace("{ name: agency, state: state, level", "{ name: county, state: state, level")
    report.monitor.config.write_text(described, encoding="utf-8")
    stood(report, delimited(OFFICES[1:], HEADER), delimited(OFFICES, HEADER))
    return lambda rows: report.come(delimited(rows, HEADER))


WAYS: dict[str, Callable[[Row], str]] = {
    "without the word": lambda row: row[2].removesuffix(" County"),
    "in capitals": lambda row: row[2].upper(),
    "abbreviated": lambda row: row[2].replace("County", "Co."),
    "with the state": lambda row: f"{row[2]}, {row[0]}" if row[2] != "#N/A" else "",
    "with the code of the state": lambda row: f"{row[2]}, {'GA' if row[0] == 'Georgia' else 'TX'}",
    "in the other order": lambda row: f"County of {row[2].removesuffix(' County')}",
}


def rewritten(way: str) -> list[Row]:
    """The rows with their counties written in another way."""
    return [(*row[:2], row[2] if row[2] == "#N/A" else WAYS[way](row), row[3]) for row in OFFICES]


@pytest.mark.parametrize("way", WAYS)
def test_counties_in_another_form_are_told_once(come_with_counties: Publish, way: str) -> None:
    """They are the same counties; a true removal beside is told."""
    told = come_with_counties(rewritten(way)[:-1])
    assert (told.held, told.short) == ("", [("reformatted", "county"), ("removed", "Plano Police")])


@pytest.mark.parametrize("way", ["without the word", "with the state"])
def test_another_county_is_told_beside_a_new_form(come_with_counties: Publish, way: str) -> None:
    """It is corrected, and all others are written in another way."""
    rows = rewritten(way)
    rows[3] = (*rows[3][:2], rows[3][2].replace("Floyd", "Fulton"), rows[3][3])
    told = come_with_counties(rows)
    assert (told.held, told.short) == ("", [("corrected", "county"), ("reformatted", "county")])
    assert told.entries[0]["after"]["agency"] == "Floyd County Sheriff"


def test_some_counties_in_another_form_are_corrections(come_with_counties: Publish) -> None:
    """The column as a whole stays as it was."""
    rows = [*rewritten("with the state")[:6], *OFFICES[6:]]
    told = come_with_counties(rows)
    assert (told.held, told.short) == ("", [("corrected", "county")] * 6)


def test_letters_as_web_pages_write_them_are_the_same(monitor: Commands, tmp_path: Path) -> None:
    """A program that writes tables for web pages leaves `&#39;` in files; another agency is still told."""
    rows = [(state, agency.replace("Sheriff", "Sheriff's Office & Jail"), *rest) for state, agency, *rest in OFFICES]
    report = published(monitor, tmp_path, "csv")
    header = ("State", "Agency", "Code", "Signed")
    stood(report, delimited(rows[1:], header), delimited(rows, header))
    written = [
        (state, agency.replace("&", "&amp;").replace("'", ("&#39;", "&rsquo;", "&#x27;")[number % 3]), *rest)
        for number, (state, agency, *rest) in enumerate([*rows[:-1], ("Texas", "Hall County Sheriff's Office", "", "")])
    ]
    told = report.come(delimited(written, header))
    kinds = {each for each in told.short if each[0] not in {"cosmetic", "reformatted"}}
    assert told.held == ""
    assert kinds == {("added", "Hall County Sheriff&rsquo;s Office"), ("removed", "Plano Police")}


# Records that stand together in one, and records that say that they are listed no more.

ENDS = (
    " (removed June 1, 2025)",
    " \u2013 REMOVED",
    " - removed 6/1/2025",
    " [Rescinded]",
    ": no longer listed",
    " Terminated",
)


@pytest.mark.parametrize("name", [*(f"Marin County{end}" for end in ENDS), "REMOVED: Marin County"])
def test_a_record_that_says_that_it_is_listed_no_more_is_held(come_by_states: Callable[[str], Told], name: str) -> None:
    """It may be removed by this, or named so; neither a removal nor another county is told."""
    told = come_by_states(in_block("California", "<li>Marin County</li>", f"<li>{name}</li>"))
    assert "says that it is listed no more" in told.held
    assert told.entries == []


def test_a_badge_that_says_so_is_held(come_by_states: Callable[[str], Told]) -> None:
    """Also on a state or city that comes with it."""
    told = come_by_states(in_block("Illinois", "<li>Urbana</li>", "<li>Urbana</li><li>Joliet <b>Removed</b></li>"))
    assert "says that it is listed no more" in told.held


@pytest.mark.parametrize(
    "name", ["Removal County", "Terminated Township of Marin", "Expired Hills", "Marin (Removal Creek)"]
)
def test_a_name_with_such_a_word_is_a_name(come_by_states: Callable[[str], Told], name: str) -> None:
    """Where it does not stand beside the name."""
    told = come_by_states(in_block("Illinois", "<li>Urbana</li>", f"<li>Urbana</li><li>{name}</li>"))
    assert (told.held, told.short) == ("", sorted([("added", name), *GONE_TOLD]))


@pytest.mark.parametrize("between", [", ", "; ", " / ", " and ", " & ", " | ", "<br>", " ", "</p><p>"])
def test_cities_that_stand_together_in_one_item_are_held(come_by_states: Callable[[str], Told], between: str) -> None:
    """They are not removed, and there is no city of that name."""
    both = in_block("California", "<li>Berkeley</li>\n<li>Oakland</li>", f"<li>Berkeley{between}Oakland</li>")
    told = come_by_states(both)
    assert "cities: 2 records would stand in one" in told.held
    assert told.entries == []


def test_an_item_that_is_divided_is_held(monitor: Commands, tmp_path: Path) -> None:
    """What stood in one is listed by itself now, and none of it is new."""
    report = Published(monitor=monitor, folder=tmp_path, source="dhs-sanctuary", suffix="html")
    together = in_block("California", "<li>Berkeley</li>\n<li>Oakland</li>", "<li>Berkeley and Oakland</li>")
    stood(report, together.replace("<li>Urbana</li>", "").encode(), together.encode())
    told = report.come(by_states(LEFT_BLOCKS).encode())
    assert "one record, 'Berkeley and Oakland', would be 2" in told.held
    assert told.entries == []


@pytest.mark.parametrize("between", [", ", "; ", " and ", "<br>", " ", " | "])
@pytest.mark.parametrize(("first", "second"), [("Portland, OR", "Seattle, WA"), ("Boston, MA", "Newark, NJ")])
def test_cities_that_stand_together_with_their_states_are_held(
    monitor: Commands, tmp_path: Path, between: str, first: str, second: str
) -> None:
    """Only the last state is read as one, and the rest as the name."""
    report = Published(monitor=monitor, folder=tmp_path, source="doj-sanctuary", suffix="html")
    stood(report, page(items((*CITIES, "Waco, TX"))).encode(), page().encode())
    others = tuple(city for city in CITIES if city not in {first, second})
    told = report.come(page(items((*others, f"{first}{between}{second}"))).encode())
    assert "cities: 2 records would stand in one" in told.held
    assert told.entries == []


@pytest.mark.parametrize("between", ["<br>", " ", ", ", " and "])
def test_a_new_county_in_the_item_of_another_is_held(come_by_states: Callable[[str], Told], between: str) -> None:
    """The one is not removed, and there is no county of that name."""
    told = come_by_states(in_block("Illinois", "Cook County", f"Cook County{between}Lake County"))
    assert "counties: 2 records would stand in one" in told.held
    assert told.entries == []


@pytest.mark.parametrize("name", ["Cook County Forest Preserve", "Cook and Lake County", "New Cook County"])
def test_a_county_that_gets_a_longer_name_is_not_two(come_by_states: Callable[[str], Told], name: str) -> None:
    """Nothing says that another county stands in it."""
    told = come_by_states(in_block("Illinois", "Cook County", name))
    assert told.held == ""


@pytest.mark.parametrize("name", ["Berkeley and Albany", "Berkeley, Albany", "Berkeley Heights & Hills"])
def test_one_city_that_gets_a_longer_name_is_corrected(come_by_states: Callable[[str], Told], name: str) -> None:
    """The other name in it was in no record."""
    told = come_by_states(in_block("California", "<li>Berkeley</li>", f"<li>{name}</li>"))
    assert told.held == ""
    assert ("removed", "Kern County") in told.short


AGREED = [
    ("Texas", f"{county} County Sheriff", model, "5/1/2025")
    for county in COUNTIES["Texas"]
    for model in (("Jail", "Warrant") if county in {"Clay", "Kerr", "Polk"} else ("Task Force",))
]


@pytest.fixture
def come_with_models(monitor: Commands, tmp_path: Path) -> Publish:
    """Publish a table of agreements, of which an agency has one for each model, after it has stood."""
    report = published(monitor, tmp_path, "csv")
    described = report.monitor.config.read_text(encoding="utf-8").replace(
        "code: Code", "model: { header: Model, kind: class }"
    )
    described = described.replace("anchors: [code, signed]", "anchors: [model, signed]")
    report.monitor.config.write_text(
        described.replace("key: [state, agency]", "key: [state, agency, model]"), encoding="utf-8"
    )
    header = ("State", "Agency", "Model", "Signed")
    stood(report, delimited(AGREED[1:], header), delimited(AGREED, header))
    return lambda rows: report.come(delimited(rows, header))


@pytest.mark.parametrize("between", ["; ", ", ", "/", " and ", "\n"])
@pytest.mark.parametrize("agencies", [1, 3])
def test_agreements_that_stand_together_in_one_row_are_held(
    come_with_models: Publish, between: str, agencies: int
) -> None:
    """No agency has lost an agreement, or has another one."""
    several = ("Clay County Sheriff", "Kerr County Sheriff", "Polk County Sheriff")[:agencies]
    rows = [row for row in AGREED if row[1] not in several]
    told = come_with_models([*rows, *(("Texas", each, f"Jail{between}Warrant", "5/1/2025") for each in several)])
    assert "2 records would stand in one" in told.held
    assert told.entries == []


@pytest.mark.parametrize(
    ("model", "signed"),
    [
        ("Jail", "Terminated"), ("Jail", "terminated 6/1/2025"), ("Jail", "Rescinded on June 1, 2025"),
        ("Jail", "(no longer in effect)"), ("Terminated", "5/1/2025"), ("Withdrawn 6/1/2025", "5/1/2025"),
    ],
)  # fmt: skip
def test_a_cell_that_says_that_its_row_is_listed_no_more_is_held(
    come_with_models: Publish, model: str, signed: str
) -> None:
    """In place of the date or the model: the agreement was not dated anew, and there is no such model."""
    told = come_with_models([*AGREED[:-1], (*AGREED[-1][:2], model, signed)])
    assert "says that it is listed no more" in told.held
    assert told.entries == []


@pytest.mark.parametrize("signed", ["Signed 6/1/2025", "Extended; the one of 2024 expired", "6/2/2025", "Pending"])
def test_a_cell_with_other_words_is_told(come_with_models: Publish, signed: str) -> None:
    """As a correction of the date."""
    told = come_with_models([*AGREED[:-1], (*AGREED[-1][:3], signed)])
    assert (told.held, told.short) == ("", [("corrected", "signed")])


def test_an_agency_that_has_two_models_in_one_row_from_the_first_is_added(come_with_models: Publish) -> None:
    """And one that gets a second model is corrected, or has another agreement; nothing is lost by it."""
    rows = [*AGREED, ("Texas", "Ward County Sheriff", "Jail; Warrant", "6/1/2025")]
    assert come_with_models(rows).short == [("added", "Ward County Sheriff")]
    rows = [row if row[1] != "Bell County Sheriff" else (*row[:2], "Task Force; Jail", row[3]) for row in rows]
    assert come_with_models(rows).short == [("corrected", "model")]


@pytest.mark.parametrize("note", [" (see note)", " (2)", " \u2013 by order of the sheriff", " [pending]", " - updated"])
def test_a_name_with_a_note_behind_it_is_the_same(monitor: Commands, tmp_path: Path, note: str) -> None:
    """The note is told as a correction, and told once more when it goes."""
    report = Published(monitor=monitor, folder=tmp_path, source="dhs-sanctuary", suffix="html")
    noted = in_block("California", "<li>Marin County</li>", f"<li>Marin County{note}</li>")
    stood(report, by_states().encode(), by_states(LEFT_BLOCKS).encode())
    for content in (noted, by_states(LEFT_BLOCKS)):
        told = report.come(content.encode())
        assert (told.held, told.short) == ("", [("corrected", "name")])
        assert told.entries[0]["reason"] == "renamed"


def test_a_count_behind_each_name_is_told_once(come_by_states: Callable[[str], Told]) -> None:
    """And the counties that are gone are told."""
    told = come_by_states(by_states(LEFT_BLOCKS).replace(" County</li>", " County (2)</li>"))
    assert (told.held, told.short) == ("", [("reformatted", "name"), *GONE_TOLD])


@pytest.mark.parametrize("name", ["Mariposa County", "Marinwood (Marin County)", "Contra Marin - County"])
def test_another_name_is_another_place(come_by_states: Callable[[str], Told], name: str) -> None:
    """Whatever it has in common with one that is gone."""
    told = come_by_states(in_block("California", "<li>Marin County</li>", f"<li>{name}</li>"))
    assert (told.held, told.short) == ("", sorted([("added", name), ("removed", "Marin County"), *GONE_TOLD]))


@pytest.mark.parametrize("name", ["California (CA)", "State of California (CA)"])
def test_a_state_with_its_code_is_that_state(come_by_states: Callable[[str], Told], name: str) -> None:
    """Its places stay in it."""
    told = come_by_states(in_block("California", "<h2>California<", f"<h2>{name}<"))
    assert told.held == ""
    assert {entry["reason"] for entry in told.entries if entry["kind"] == "corrected"} <= {"renamed"}
    assert not any(entry["kind"] == "added" for entry in told.entries)
