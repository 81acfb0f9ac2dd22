"""A list's columns are found by the words of its header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.lists import ListDescription
from monitor.extract import header

LIST = ListDescription.model_validate(
    {
        "columns": {
            "state": "STATE",
            "agency": ["LAW ENFORCEMENT AGENCY", "AGENCY"],
            "signed": {"header": ["SIGNED", "DATE SIGNED"], "kind": "date"},
            "moa": {"header": "MOA", "kind": "link", "optional": True},
        },
        "not_columns": ["ADDENDUM DATE"],
    }
)
CELLS = ("STATE", "LAW ENFORCEMENT AGENCY", "SIGNED", "MOA", "NOTES")


@given(st.permutations(CELLS))
def test_order_of_columns_does_not_matter(cells: list[str]) -> None:
    """Whatever the order, each field is found under its header."""
    found = header.find_header(cells, LIST)
    assert found.complete
    assert {field: cells[index] for field, index in found.columns.items()} == dict(
        zip(("state", "agency", "signed", "moa"), CELLS, strict=False)
    )


@pytest.mark.parametrize(
    "cells",
    [
        ("State", "Agency", "Date  signed:"),
        ("state", "Law Enforcement Agencys", "SIGNED"),
        ("\ufeffSTATE", "LAW\nENFORCEMENT AGENCY", "Signed (date)"),
    ],
)
def test_header_is_read_by_its_words(cells: tuple[str, ...]) -> None:
    """Case, punctuation, blanks, known variants, further words and a slip of spelling don't matter."""
    assert header.find_header(cells, LIST).columns == {"state": 0, "agency": 1, "signed": 2}


def test_missing_column_is_named() -> None:
    """A needed column that is not there is missing; an optional one is not."""
    found = header.find_header(("STATE", "AGENCY"), LIST)
    assert not found.complete
    assert found.missing == ("signed",)


def test_exact_header_fits_better_than_a_longer_one() -> None:
    """Among several cells with the words of a header, the one with those words alone is taken."""
    assert header.find_header(("STATE OF THE LIST", "STATE", "AGENCY", "SIGNED"), LIST).columns["state"] == 1


def test_column_of_another_list_refuses_the_header() -> None:
    """A header with a column that only another list has is not this list's."""
    assert not header.find_header((*CELLS, "Addendum date"), LIST).complete


def test_row_of_data_is_no_header() -> None:
    """A record's own values don't pass for the header."""
    assert not header.find_header(("FLORIDA", "Bay County Sheriff's Office", "2025-02-19", ""), LIST).columns
