"""A record that agrees in all its details with one that is gone was renamed, whatever its name is now."""

from __future__ import annotations

import pytest

from monitor.config.lists import ListDescription
from tests.support.lists import amendments, said

OFFICES = ListDescription.model_validate(
    {
        "columns": {
            "agency": "Agency",
            "address": "Address",
            "zip": "Zip",
            "state": {"header": "State", "kind": "class"},
        },
        "key": ["agency"],
        "anchors": ["address", "zip", "state"],
        "names": ["agency"],
        "jurisdiction": {"state": "state"},
    }
)
ROWS = [
    {"agency": f"{name} Court", "address": f"{number} Main Street", "zip": f"7{number}", "state": "TX"}
    for number, name in enumerate(("Alva", "Bowie", "Cisco", "Delta", "Edna", "Freer", "Groves", "Hearne"), 1000)
]


@pytest.mark.parametrize("name", ["Alvarado Magistrates", "Office of Public Records", "New Hope Tribunal 7"])
def test_the_same_address_and_zip_make_a_rename(name: str) -> None:
    """One correction, though the name shares no word with the one before."""
    found = amendments(ROWS, [ROWS[0] | {"agency": name}, *ROWS[1:]], OFFICES)
    assert said(found, OFFICES) == [("corrected", "renamed", "agency")]


def test_another_office_in_the_same_house_is_added() -> None:
    """Beside the one that stays, it is a record of its own; when it goes again, it is removed."""
    other = ROWS[0] | {"agency": "Office of Public Records"}
    assert said(amendments(ROWS, [*ROWS, other], OFFICES), OFFICES) == [("added", "", "Office of Public Records")]
    assert said(amendments([*ROWS, other], ROWS, OFFICES), OFFICES) == [("removed", "", "Office of Public Records")]


def test_of_two_offices_in_one_house_it_is_not_known_which_was_renamed() -> None:
    """Both share the address: where both go and one comes, nothing ties it to either."""
    other = ROWS[0] | {"agency": "Office of Public Records"}
    new = ROWS[0] | {"agency": "Veterans Bureau"}
    kinds = [kind for kind, _, _ in said(amendments([*ROWS, other], [*ROWS[1:], new], OFFICES), OFFICES)]
    assert kinds == ["added", "removed", "removed"]


def test_another_address_makes_another_office() -> None:
    """One gone and another come, in the same state with the same zip alone: removed and added."""
    new = {"agency": "Veterans Bureau", "address": "9 Elm Road", "zip": "71000", "state": "TX"}
    kinds = [kind for kind, _, _ in said(amendments(ROWS, [*ROWS[1:], new], OFFICES), OFFICES)]
    assert kinds == ["added", "removed"]
