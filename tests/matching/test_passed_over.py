"""A gone record is held where its name came to a part that no list took, and told where it always stood there."""

from __future__ import annotations

import pytest

from monitor.matching.passed_over import gone_but_there
from monitor.model import Amendment, AmendmentKind, PassedOver, PassedOverKind, Record
from tests.support.lists import COUNTIES


def gone(name: str) -> tuple[Amendment, ...]:
    """One county that would be gone."""
    values = tuple(name if field == COUNTIES.names[0] else "" for field in COUNTIES.fields)
    return (Amendment(kind=AmendmentKind.REMOVED, before=Record(values=values)),)


def part(*texts: str, where: str = "Menu", kind: PassedOverKind = PassedOverKind.SECTION) -> PassedOver:
    """A part of a page that no list took."""
    return PassedOver(kind=kind, where=where, texts=texts, message=f"{where!r} was passed over")


@pytest.mark.parametrize(
    "before",
    [None, (), (part("Baker County"),), (part("Adams County", where="Others"),)],
    ids=["unknown", "new part", "new in the part", "stood in another part"],
)
def test_a_name_that_came_to_a_part_that_no_list_took_is_a_reason(before: tuple[PassedOver, ...] | None) -> None:
    """It did not stand there while the record was in its list."""
    said = gone_but_there(gone("Adams County"), before, (part("Baker County", "ADAMS County"),), COUNTIES)
    assert said is not None
    assert "'adams county'" in said


def test_a_menu_that_always_names_everything_is_no_reason() -> None:
    """The county stood in the menu as well while it was in the list, and may leave the list."""
    menu = part("Adams County", "Baker County")
    assert gone_but_there(gone("Adams County"), (menu,), (menu,), COUNTIES) is None
