"""Moves between two lists: the agreement of a pending agency is found among the participating ones, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.matching.moves import moved_pairs
from tests.support.lists import PARTICIPATING, PENDING, agreement, made

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNTIES = ("Bay", "Bradford", "Brevard", "Calhoun", "Clay", "Collier", "Dixie", "Duval", "Gulf", "Hardee", "Hendry")
MODELS = ("Task Force Model", "Warrant Service Officer", "Jail Enforcement Model")
# Each county in each state has one agreement, and each third county has two.
STANDING = [
    agreement(f"{county} County Sheriff's Office", state=state, support_type=model, signed=f"2025-03-{number + 1:02d}")
    for state in ("FLORIDA", "GEORGIA", "TEXAS")
    for number, county in enumerate(COUNTIES)
    for model in (MODELS[:2] if number % 3 == 0 else MODELS[number % 3 :][:1])
]


def pending(row: Mapping[str, str]) -> dict[str, str]:
    """The row as it stood in the pending list, which has no dates and no links."""
    return {field: value for field, value in row.items() if field in PENDING.fields}


def found(gone: list[dict[str, str]], come: list[dict[str, str]]) -> list[tuple[int, dict[str, str]]]:
    """Which of the records that are gone stand in the other list, and as what."""
    there = [*STANDING, *come]
    left, right = made(map(pending, gone), PENDING).records, made(there, PARTICIPATING).records
    pairs = moved_pairs(left, PENDING, right, PARTICIPATING)
    return [(pair.before.position or 0, there[pair.after.position or 0]) for pair in pairs]


ZETA = agreement("Zeta County Sheriff's Office", state="TEXAS")
TOWN = agreement("Zetaville Police Department", state="TEXAS", type="Municipality")


@pytest.mark.parametrize(
    ("gone", "come"),
    [
        (ZETA, ZETA),
        (ZETA | {"support_type": "Task Force Modal"}, ZETA),
        (ZETA | {"support_type": "TFM"}, ZETA),
        (ZETA | {"state": "TEXSA"}, ZETA),
        (ZETA | {"county": ""}, ZETA),
        (ZETA, ZETA | {"agency": "Zeta Co. Sheriff"}),
        (TOWN, TOWN | {"agency": "City of Zetaville Police Department"}),
        (TOWN | {"agency": "City of Zetaville Police Department"}, TOWN),
        (TOWN | {"agency": "The Town of Zetaville Police Department"}, TOWN),
        (TOWN | {"agency": "Zetavile Polce Department"}, TOWN),
        (TOWN | {"type": "County"}, TOWN),
    ],
)
def test_a_record_is_found_also_under_another_spelling_or_label(gone: dict[str, str], come: dict[str, str]) -> None:
    """A slip in the name, the state, the label or the type; whatever else stands in the list."""
    assert found([gone], [come]) == [(0, come)]


@pytest.mark.parametrize(
    ("gone", "come"),
    [
        (ZETA | {"support_type": MODELS[2]}, ZETA),  # it signed another agreement, and this one is still to come
        (ZETA | {"state": "GEORGIA"}, ZETA),
        (agreement("Pima County Sheriff's Office"), agreement("Pinal County Sheriff's Office")),
        (TOWN | {"agency": "Melbourne Police Department"}, TOWN | {"agency": "Melbourne Beach Police Department"}),
        (
            TOWN | {"agency": "University of Florida Police Department"},
            TOWN | {"agency": "University of West Florida Police Department"},
        ),
        (TOWN | {"agency": "City of Alpha Police Department"}, TOWN),
        (TOWN, agreement("Zetaville County Sheriff's Office", state="TEXAS")),
    ],
)
def test_another_agency_or_agreement_is_not_taken_for_it(gone: dict[str, str], come: dict[str, str]) -> None:
    """A like name, the same name in another state, the same agency with another model."""
    assert found([gone], [come]) == []


def test_of_two_agreements_of_an_agency_each_is_found_as_itself() -> None:
    """Both leave; one of them stands in the other list."""
    assert found([ZETA | {"support_type": MODELS[2]}, ZETA], [ZETA]) == [(1, ZETA)]
