"""Numbers, rounded numbers and ignored fields between two versions: what is told, what is kept, and what it decides."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.lists import ListDescription
from monitor.jurisdictions.faults import Problem
from monitor.matching.doubts import doubts
from monitor.matching.match import match
from monitor.matching.moves import moved_pairs
from monitor.matching.plausible import Past, doubt
from monitor.model import UNTOLD
from tests.support.lists import amendments, made, said

if TYPE_CHECKING:
    from collections.abc import Iterable

ON = date(2026, 1, 5)
FACILITIES = ListDescription.model_validate(
    {
        "columns": {
            "name": "Name",
            "city": "City",
            "guards": {"header": "Guards", "kind": "number"},
            "beds": {"header": "Beds", "kind": "number", "round": 10},
            "population": {"header": "ADP", "kind": "number", "ignore": True},
            "remark": {"header": "Remark", "ignore": True},
            "inspected": {"header": "Inspected", "kind": "date", "format": "%d-%b-%y"},
        },
        "key": ["name"],
        "names": ["name"],
        "anchors": ["city"],
    }
)
USUAL = {
    "name": "Adams Center", "city": "Natchez", "guards": "12", "beds": "100", "population": "42.5", "remark": "",
    "inspected": "2025-02-05",
}  # fmt: skip
NAMES = [
    f"{name} Center"
    for name in ("Adams", "Baker", "Clay", "Dade", "Early", "Floyd", "Grady", "Hall", "Irwin", "Jones", "Lee", "Macon")
]


def found(before: Iterable[dict[str, str]], after: Iterable[dict[str, str]]) -> list[tuple[str, str, str]]:
    """Kind, reason and fields of each amendment between rows, of which only what is unusual is given."""
    old, new = ([USUAL | row for row in side] for side in (before, after))
    return said(amendments(old, new, FACILITIES), FACILITIES)


def quiet(count: int, fields: str) -> tuple[str, str, str]:
    """The one amendment about values that are never told."""
    return ("reformatted", f"{UNTOLD}: {count} record{'' if count == 1 else 's'}", fields)


@pytest.mark.parametrize(
    ("before", "after"),
    [("1,234", "1234"), ("$5", "5"), ("(12)", "-12"), ("12%", "0.12"), ("N/A", "n/a"), ("1.50", "1.5")],
)
def test_the_same_number_is_not_told(before: str, after: str) -> None:
    """Even if it was kept in another form, before the description said that the column holds numbers."""
    assert found([{"guards": before}], [{"guards": after}]) == [("cosmetic", "", "guards")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("12", "-12"),
        ("1.5", "15"),
        ("10", "<10"),
        ("<10", ">10"),
        ("12", ""),
        ("*", ""),
        ("12", "N/A"),
        ("1234", "1.234,56"),
    ],
)
def test_another_number_is_told(before: str, after: str) -> None:
    """A sign, a point and a mark count, although texts are compared without them."""
    assert found([{"guards": before}], [{"guards": after}]) == [("corrected", "other", "guards")]


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [("100", "104", False), ("104", "105", True), ("95", "104", False), ("100", "N/A", True), ("", "100", True)],
)
def test_a_difference_that_vanishes_in_rounding_is_not_told(before: str, after: str, *, is_told: bool) -> None:
    """At the edge a small step is told; what is no number is not rounded."""
    expected = ("corrected", "other", "beds") if is_told else quiet(1, "beds")
    assert found([{"beds": before}], [{"beds": after}]) == [expected]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12))
def test_drift_in_small_steps_is_told_when_it_leaves_what_was_told(values: list[int]) -> None:
    """Between two values that were told, or not told any more, no step hides that the rounded number is another."""
    last = values[0]
    for before, after in pairwise(values):
        is_told = ("corrected", "other", "beds") in found([{"beds": str(before)}], [{"beds": str(after)}])
        assert is_told is ((last + 5) // 10 != (after + 5) // 10)
        last = after if is_told else last


def test_ignored_values_are_one_quiet_amendment_for_the_whole_list() -> None:
    """However many records and fields; what is told of the same records stays, without them."""
    before = [{"name": name} for name in NAMES]
    after = [{"name": name, "population": f"{number}.5", "remark": "seen"} for number, name in enumerate(NAMES)]
    after[3] |= {"guards": "13"}
    assert found(before, after) == [("corrected", "other", "guards"), quiet(12, "population remark")]


def test_a_whole_column_of_rounded_numbers_is_not_called_rewritten() -> None:
    """For its numbers are others."""
    assert found([{"name": name} for name in NAMES], [{"name": name, "beds": "103"} for name in NAMES]) == [
        quiet(12, "beds")
    ]


def test_a_whole_column_in_another_form_is_told_once() -> None:
    """As when the description begins to say that it holds numbers."""
    before = [{"name": name, "guards": f"1,{number:03}"} for number, name in enumerate(NAMES)]
    after = [{"name": name, "guards": f"1{number:03}"} for number, name in enumerate(NAMES)]
    assert found(before, after) == [("reformatted", "column rewritten", "guards")]


def test_dates_are_compared_by_their_format() -> None:
    """A date that was kept as text is the same date."""
    assert found([{"inspected": "5-Feb-25"}], [{}]) == [("cosmetic", "", "inspected")]
    assert found([{"inspected": "5-Feb-26"}], [{}]) == [("corrected", "redated", "inspected")]


def test_an_ignored_field_keeps_no_records_apart() -> None:
    """In a list without a key, records that differ in nothing else are the same."""
    described = FACILITIES.model_copy(update={"key": ()})
    rows = [{"name": name} for name in NAMES[:3] for _ in range(2)]
    before = [USUAL | row | {"population": str(number)} for number, row in enumerate(rows)]
    after = [USUAL | row | {"population": str(number + 100)} for number, row in enumerate(rows)]
    assert said(amendments(before, after, described), described) == [quiet(6, "population")]


def test_an_ignored_field_is_evidence_only_if_it_is_an_anchor() -> None:
    """Two records with little else in common are the same by a link that is ignored, if the list says so."""
    before = [USUAL | {"name": name, "remark": f"https://example.gov/{name}"} for name in NAMES]
    after = [*before[1:], before[0] | {"name": "Adam Home"}]
    anchored = FACILITIES.model_copy(update={"anchors": ("city", "remark")})
    plain = match(made(before, FACILITIES), made(after, FACILITIES), FACILITIES)
    by_link = match(made(before, anchored), made(after, anchored), anchored)
    assert (len(plain.pairs), len(by_link.pairs)) == (11, 12)


def test_labels_that_are_ignored_are_not_told_as_rewritten() -> None:
    """Neither those of a whole column, nor those of some records."""
    columns = FACILITIES.columns | {"remark": FACILITIES.columns["remark"].model_copy(update={"kind": "class"})}
    described = FACILITIES.model_copy(update={"columns": columns})
    before = [USUAL | {"name": name, "remark": "Task Force Model"} for name in NAMES]
    for label in ("Task Force", "Jail Enforcement Model"):
        after = [row | {"remark": label} for row in before]
        assert said(amendments(before, after, described), described) == [quiet(12, "remark")]


def test_ignored_changes_make_no_version_implausible() -> None:
    """Every record may differ in them."""
    before = [USUAL | {"name": name} for name in NAMES]
    after = [row | {"population": row["name"][::-1], "remark": row["name"].upper()} for row in before]
    changes = amendments(before, after, FACILITIES)
    assert doubt(changes, size=12, new_size=12, past=Past(versions=9), description=FACILITIES) is None
    told = FACILITIES.model_copy(update={"columns": FACILITIES.columns | {"remark": FACILITIES.columns["city"]}})
    mixed = [row | {"remark": row["name"][::-1]} for row in before]
    changes = amendments([row | {"remark": row["name"]} for row in before], mixed, told)
    assert doubt(changes, size=12, new_size=12, past=Past(versions=9), description=told)  # as it is where they are told


def test_a_column_that_was_exchanged_with_an_ignored_one_is_not_believed() -> None:
    """The numbers of both are others in every record; and so is a number column that holds names now."""
    before = [
        USUAL | {"name": name, "guards": f"{number}1", "population": f"{number}2"} for number, name in enumerate(NAMES)
    ]
    exchanged = [row | {"guards": row["population"], "population": row["guards"]} for row in before]
    named = [row | {"guards": f"Mr {row['name']}"} for row in before]
    for after, why in ((exchanged, "guards and population would be exchanged"), (named, "quite another guards")):
        said_ = doubt(amendments(before, after, FACILITIES), size=12, new_size=12, past=Past(), description=FACILITIES)
        assert why in (said_ or "")


def test_moves_do_not_depend_on_ignored_fields() -> None:
    """Neither where the list that a record left ignores them, nor where the other one does."""
    keyless = FACILITIES.model_copy(update={"key": ("name", "city")})
    told = keyless.model_copy(
        update={"columns": {name: each.model_copy(update={"ignore": False}) for name, each in keyless.columns.items()}}
    )
    gone = made([USUAL | {"population": "1"}], keyless).records
    there = made([USUAL | {"population": "999", "name": "Adams Centre"}], keyless).records
    for here, other in ((keyless, told), (told, keyless)):
        assert len(moved_pairs(gone, here, there, other)) == 1


def doubted(*values: str, field: str = "guards") -> list[tuple[str, str, Problem]]:
    """The doubts about records with these values in a field, beside a hundred usual ones."""
    rows = [USUAL | {"name": f"Center {number}"} for number in range(100)]
    rows += [USUAL | {"name": f"House {number}", field: value} for number, value in enumerate(values)]
    return [(each.field, each.value, each.problem) for each in doubts(made(rows, FACILITIES), FACILITIES, on=ON)]


def test_what_is_no_number_is_doubted_if_it_is_rare() -> None:
    """Not the marks of publishers, and not what stands there again and again."""
    marks = ("N/A", "<10", "*", "-", "(D)", "10 or fewer", "10 or fewer", "10 or fewer", "", "not reported")
    assert doubted("1.234,56", "12 (a)", "none yet", *marks) == [
        ("guards", value, Problem.ODD_NUMBER) for value in ("1.234,56", "12 (a)", "none yet")
    ]
    assert doubted(*(f"word {'x' * number}" for number in range(40))) == []  # words are usual there


def test_a_date_in_another_form_is_doubted_and_not_guessed() -> None:
    """No other date is suggested; an ignored field has no doubts."""
    assert doubted("6/5/2025", "February", "TBD", "2031-01-01", field="inspected") == [
        ("inspected", value, Problem.ODD_DATE) for value in ("6/5/2025", "February", "2031-01-01")
    ]
    assert doubted("some", "thing", field="population") == []
    rows = made([USUAL | {"inspected": "6/5/2025"}], FACILITIES)
    assert [each.suggestions for each in doubts(rows, FACILITIES, on=ON)] == [()]


def test_a_repeated_record_is_one_whatever_is_ignored() -> None:
    """Rows that differ in ignored fields alone are the same row twice."""
    rows = made([USUAL, USUAL | {"population": "7", "remark": "new"}], FACILITIES)
    assert [each.problem for each in doubts(rows, FACILITIES, on=ON)] == [Problem.DUPLICATE]
