"""Lists under the names of states or counties themselves: as headings, or as items over lists inside them."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.errors import LayoutError
from monitor.model import PassedOverKind
from tests.extract.page.test_lists import items
from tests.support.laid_out import page, reading, rows_of, tr, why

PLACES = {"Alaska": ("Anchorage",), "Illinois": ("Cook County", "Chicago"), "Oregon": ("Lake County", "Portland")}
WHOLE = [(name, state) for state, names in PLACES.items() for name in names]
STATES: dict[str, Any] = {
    "heading": "^(?P<state>Alaska|Illinois|Nevada|Oregon)$",
    "item": "^(?P<name>.+)$",
    "group": ["state"],
    "key": ["name", "state"],
    "names": ["name"],
    "jurisdiction": {"name": "name", "state": "state"},
}
COUNTIES = STATES | {
    "heading": "^(?P<county>.+ County)$",
    "group": ["county", "state"],
    "key": ["name", "county", "state"],
}


def under(heading: str, places: dict[str, tuple[str, ...]] = PLACES) -> str:
    """A list under each state; `heading` is how the state is written."""
    return "".join(heading.format(state) + items(names) for state, names in places.items())


def nested(places: dict[str, tuple[str, ...]] = PLACES) -> str:
    """A list within the item of each state; without one where a state has no places."""
    return (
        "<ul>"
        + "".join(f"<li>{state}{items(names) if names else ''}</li>" for state, names in places.items())
        + "</ul>"
    )


@pytest.mark.parametrize(
    "body",
    [
        under("<h2>{}</h2>"),
        under("<h4>{} (12)</h4>"),
        under("<p><b>{}:</b></p>"),
        under("<p>{}</p>"),
        under("<button aria-expanded=false>{}</button>"),
        "<h2>By state</h2>" + under("<h3>{}</h3>"),
        nested(),
        nested().replace("<li>Illinois", "<li><strong>Illinois</strong>"),
        items(tuple(f"<a href='#{state}'>{state}</a>" for state in PLACES)) + under("<h2>{}</h2>"),
    ],
)
def test_the_heading_of_the_list_names_its_group(body: str) -> None:
    """However it is marked up; links to the parts of the page are no items that no list takes."""
    found = reading("html", page(f"<h1>Jurisdictions</h1>{body}"), **STATES)
    assert rows_of(found) == WHOLE
    assert not [each for each in found.passed_over if each.kind == PassedOverKind.SECTION]


def test_what_stands_under_no_state_or_under_another_title_is_told_apart() -> None:
    """An unknown heading between states, an empty state, and a second list of states of another kind."""
    more = "<h2>Ohio</h2>" + items(("Toledo", "Dayton"))
    found = reading("html", page(under("<h2>{}</h2>").replace("<h2>Oregon", f"{more}<h2>Oregon")), **STATES)
    assert "under the heading 'Ohio' stand 2 items that no list takes" in why(found)
    found = reading("html", page(under("<h2>{}</h2>", PLACES | {"Nevada": ()})), **STATES)
    assert any(each.holds and "'Nevada' stands nothing that can be read" in each.message for each in found.passed_over)
    gone = "<h2>Removed from the list</h2>" + under("<h3>{}</h3>", {"Illinois": ("Evanston",)})
    found = reading("html", page(under("<h2>{}</h2>") + gone), **STATES)
    assert rows_of(found) == WHOLE
    assert any(
        each.holds and "under 'Removed from the list', and is not read" in each.message for each in found.passed_over
    )


CITIES: dict[str, tuple[str, ...]] = {"Alameda County": ("Berkeley", "Oakland"), "Lake County": ("Clearlake",)}
OTHERS: dict[str, tuple[str, ...]] = {"Cook County": ("Chicago",), "Lake County": ("Waukegan",)}


@pytest.mark.parametrize(
    "body",
    [
        f"<h2>California</h2>{under('<h3>{}</h3>', CITIES)}<h2>Illinois</h2>{under('<h3>{}</h3>', OTHERS)}",
        f"<ul><li>California{nested(CITIES)}</li><li>Illinois{nested(OTHERS)}</li></ul>",
    ],
)
def test_a_part_of_the_group_may_stand_in_the_heading_above(body: str) -> None:
    """Cities under counties under states."""
    found = reading("html", page(body), **COUNTIES)
    assert rows_of(found) == [
        (name, county, state)
        for state, counties in (("California", CITIES), ("Illinois", OTHERS))
        for county, names in counties.items()
        for name in names
    ]


def test_items_between_lists_inside_items_are_not_of_the_list_before() -> None:
    """A county without cities, and a city that stands beside the counties."""
    body = f"<ul><li>California{nested(CITIES | {'Kern County': ()})}</li></ul>"
    found = reading("html", page(body), **COUNTIES)
    assert [values[0] for values in rows_of(found)] == ["Berkeley", "Oakland", "Clearlake"]
    assert any(each.holds and "Kern County' stands nothing" in each.message for each in found.passed_over)
    body = body.replace("<li>Kern County</li>", "<li>Bakersfield</li>")
    found = reading("html", page(body), **COUNTIES)
    assert [each.values[0] for each in found.lists[0].records] == ["Berkeley", "Oakland", "Clearlake"]
    assert any(
        each.holds and "'California' stands 1 item that no list takes" in each.message for each in found.passed_over
    )


def test_the_cells_of_a_table_are_no_items_where_it_has_several_columns() -> None:
    """One that only lays out a list is read; headers, or a text that stands again and again, tell it apart."""
    head, rows = tr("Name", "Policy", tag="th"), tr("Cook County", "Law") + tr("Chicago", "Law")
    for table in (head + rows, rows):
        body = under("<h2>{}</h2>", {"Alaska": ("Anchorage",)}) + f"<h2>Illinois</h2><table>{table}</table>"
        with pytest.raises(LayoutError, match="no list under 'Illinois', but a table"):
            reading("html", page(body), **STATES)
    laid_out = f"<h2>Illinois</h2><table>{tr('Cook County', 'Chicago')}{tr('Evanston', '')}</table>"
    assert [values[0] for values in rows_of(reading("html", page(laid_out), **STATES))] == [
        "Cook County",
        "Chicago",
        "Evanston",
    ]
