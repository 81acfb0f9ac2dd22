"""Values in the form in which the database has them: the quick way for long lists writes what the usual way does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Box, Jurisdiction, Locator, Record
from monitor.store.rows import RecordRow, compact, jurisdiction_json, locator_json, locator_value, record_rows

WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
PLACES = (
    Locator(),
    Locator(row=7),
    Locator(line=7),
    Locator(line=7, row=2),
    Locator(line=7, selector="td"),
    Locator(sheet="June"),
    Locator(sheet="June", row=7, line=3),
    Locator(sheet="June", row=7, selector="td"),
    Locator(sheet="", row=0),
    Locator(boxes=(Box(page=1, left=1.0, top=2.0, right=3.0, bottom=4.0),), sheet="June", row=7),
)


@given(WORDS, st.integers(0, 99_999))
def test_a_place_in_a_sheet_is_written_as_any_other(sheet: str, row: int) -> None:
    """Also where the name of the sheet has quotes, line ends or letters beyond ASCII."""
    locator = Locator(sheet=sheet, row=row)
    assert locator_json(locator) == compact(locator_value(locator))


@pytest.mark.parametrize("locator", PLACES)
def test_a_place_keeps_all_that_it_has(locator: Locator) -> None:
    """A locator with more than a sheet and a row, or less, is written whole."""
    assert json.loads(locator_json(locator)) == locator_value(locator)
    assert locator_json(locator) == compact(locator_value(locator))


def test_the_records_of_a_list_are_made_of_its_rows_in_order() -> None:
    """A field that a row lacks is None, and each record has its own place, state and jurisdiction."""
    travis = Jurisdiction(name="Travis County", level="county", state="TX", fips="48453")
    rows = [
        (4, 2, '{"agency":"A, [B]","county":""}', '{"row":3,"sheet":"x"}', "TX", jurisdiction_json(travis)),
        (9, 9, "{}", "{}", None, None),
    ]
    first = Record(
        values=("A, [B]", ""), locator=Locator(sheet="x", row=3), position=0, state="TX", jurisdiction=travis
    )
    second = Record(values=(None, None), position=1)
    found = record_rows(("agency", "county"), rows)
    assert found == [
        RecordRow(id=4, line_id=2, record=first, seen=locator_json(first.locator)),
        RecordRow(id=9, line_id=9, record=second, seen=locator_json(second.locator)),
    ]
    assert [row.record.position for row in found] == [0, 1]
    assert (found[0].record.locator, found[0].record.jurisdiction) == (first.locator, travis)
    assert record_rows(("agency",), []) == []
