"""Columns that were read for one another are held; relabels, dates, links and figures in bulk are not."""

from __future__ import annotations

import pytest

from monitor.matching.columns import mixed_columns
from monitor.model import Amendment, AmendmentKind, Record
from tests.support.lists import PARTICIPATING

FIELDS = PARTICIPATING.fields
SIZE = 40
NAMES = ("Amber", "Birch", "Cedar", "Dove", "Elm", "Flint", "Grove", "Hazel")


def corrected(count: int, **changes: tuple[str, str]) -> tuple[Amendment, ...]:
    """So many records with these fields corrected; `{}` in a value stands for a name of the record's own."""

    def made(number: int, side: int) -> Record:
        own = f"{NAMES[number % 8]}{NAMES[number // 8]}"
        return Record(values=tuple(changes[f][side].format(own) if f in changes else "" for f in FIELDS))

    return tuple(
        Amendment(kind=AmendmentKind.CORRECTED, before=made(n, 0), after=made(n, 1), fields=tuple(changes))
        for n in range(count)
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": ("County", "{} town"), "county": ("{} town", "County")}, "exchanged"),
        ({"signed": ("2025-03-01", "2026-03-01"), "addendum": ("2026-03-01", "2025-03-01")}, "exchanged"),
        ({"county": ("{}", "4711")}, "quite another county"),
        ({"county": ("{}", "Unknown")}, "quite another county"),
        ({"type": ("County", "{}")}, "quite another type"),
    ],
)
def test_columns_that_were_read_for_one_another_are_held(changes: dict[str, tuple[str, str]], said: str) -> None:
    """In most records, whatever the header says."""
    assert said in (mixed_columns(corrected(SIZE, **changes), PARTICIPATING, size=SIZE) or "")
    assert said in (mixed_columns(corrected(30, **changes), PARTICIPATING, size=SIZE) or "")
    assert mixed_columns(corrected(12, **changes), PARTICIPATING, size=SIZE) is None
    assert mixed_columns(corrected(4, **changes), PARTICIPATING, size=4) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"signed": ("2025-06-12", "2025-06-11")},
        {"moa": ("link pending", "https://www.ice.gov/doclib/{}.pdf")},
        {"moa": ("https://www.ice.gov/old/{}.pdf", "https://www.ice.gov/new/of-{}.pdf")},
        {"county": ("{}", "{} County")},
        {"county": ("", "{}")},
        {"type": ("Municipality", "City")},
        {"county": ("{} 12", "Total 15")},
        {"signed": ("2025-06-12", "2025-07-12"), "addendum": ("2025-05-12", "2025-06-12")},
    ],
    ids=["dates", "links posted", "links moved", "more words", "filled in", "relabelled", "figures", "carried over"],
)
def test_what_is_corrected_in_bulk_in_truth_is_not(changes: dict[str, tuple[str, str]]) -> None:
    """Also where a column carries over what another held in the version before."""
    assert mixed_columns(corrected(SIZE, **changes), PARTICIPATING, size=SIZE) is None
