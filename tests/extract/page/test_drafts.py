"""Drafts of the lists of a page that stand under the names of states."""

from __future__ import annotations

import pytest

from monitor.extract.drafting.formats import found_in_html
from tests.extract.page.test_lists import dhs, doj, items
from tests.extract.page.test_own_groups import nested, under
from tests.support.laid_out import page

COUNTIES: dict[str, tuple[str, ...]] = {
    "Texas": ("Bell County", "Waco"),
    "Ohio": ("Allen County", "Dayton"),
    "Iowa": ("Polk County", "Story County"),
}
OFFICES = {state: tuple(f"Office of Things {name[:3]}" for name in names) for state, names in COUNTIES.items()}


@pytest.mark.parametrize("body", [under("<h2>{}</h2>", COUNTIES), under("<p>{} (3)</p>", COUNTIES), nested(COUNTIES)])
def test_places_under_states_are_one_list(body: str) -> None:
    """Another list beside it is drafted, too; a state that has no places yet is known."""
    _, (draft, other), _ = found_in_html(
        page(f"<h1>All</h1>{body}<h2>Territories</h2>{items(('Guam', 'Puerto Rico'))}"), None
    )
    assert draft.heading is not None
    assert draft.heading.startswith("^(?P<state>Alabama|")
    assert "|Wyoming|" in draft.heading
    assert (draft.group, draft.key, draft.place) == (("state",), ("name", "state"), {"name": "name", "state": "state"})
    assert other.title == "Territories"


def test_names_under_states_are_one_list_of_no_places() -> None:
    """Only their states are known."""
    _, (draft,), _ = found_in_html(page(under("<h2>{}</h2>", OFFICES)), None)
    assert (draft.key, draft.place) == (("name", "state"), {"state": "state"})


def test_codes_of_states_are_headings_too() -> None:
    """In capital letters alone: small words are not taken for them."""
    codes = {"TX": COUNTIES["Texas"], "OH": COUNTIES["Ohio"], "IA": COUNTIES["Iowa"]}
    _, (draft,), _ = found_in_html(page(under("<h3>{}</h3>", codes) + "<p>or</p>"), None)
    assert draft.heading is not None
    assert draft.heading.startswith("^(?P<state>(?-i:AL|")
    assert (draft.group, draft.place) == (("state",), {"name": "name", "state": "state"})


def test_lists_of_kinds_are_drafted_by_their_kinds() -> None:
    """Once on the page, or under each state."""
    for content in (doj(), dhs()):
        _, drafts, _ = found_in_html(content.encode(), None)
        assert {each.title.casefold() for each in drafts} >= {"counties", "cities"}
