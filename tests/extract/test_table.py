"""From a grid of cells to records, whatever the format."""

from __future__ import annotations

from monitor.config.lists import ListDescription
from monitor.extract import table
from monitor.extract.grid import Table, Value
from monitor.model import Locator, RecordList

POLICIES = ListDescription.model_validate(
    {
        "columns": {
            "jurisdiction": ["Jurisdiction (AOR)", "Jurisdiction"],
            "enacted": "Date Enacted",
            "criteria": {"header": ["Criteria for Honoring Detainer"], "kind": "bullets"},
        },
        "whole_row": "enacted",
        "key": ["jurisdiction"],
    }
)
HEADER = ("Jurisdiction (AOR)", "Date Enacted", "Criteria for Honoring Detainer")


def read(*rows: tuple[Value, ...]) -> RecordList:
    """The list in one table."""
    grid = Table(title="the table", rows=rows, locate=lambda row: Locator(row=row))
    return table.read_table("policies", POLICIES, tables=[grid])


def test_row_without_the_whole_row_field_continues_the_one_before() -> None:
    """A record that is laid out over two rows is one, and stands where it begins."""
    found = read(
        HEADER,
        ("Ithaca, New York", "February 2017", "\u2022 Will not honor\n\u2022 Unless signed"),
        ("(Buffalo)", "", "\u2022 Or charged"),
        ("Travis County, Texas", "January 2017", ""),
    )
    assert [(record.locator.row, record.values) for record in found.records] == [
        (1, ("Ithaca, New York\n(Buffalo)", "February 2017", "Will not honor\nUnless signed\nOr charged")),
        (3, ("Travis County, Texas", "January 2017", "")),
    ]


def test_row_of_the_key_alone_is_no_footnote() -> None:
    """Where the leftmost column is all that identifies a record, a lone value in it stays."""
    without = POLICIES.model_copy(update={"whole_row": None})
    rows = [HEADER, ("Ithaca, New York", "February 2017", ""), ("Travis County, Texas", "", "")]
    grid = Table(title="the table", rows=rows, locate=lambda row: Locator(row=row))
    assert len(table.read_table("policies", without, tables=[grid]).records) == 2


def test_a_whole_sentence_below_a_list_is_a_footnote() -> None:
    """Where names alone identify records, only what no name is like; and not where records have only names, too."""
    without = POLICIES.model_copy(update={"whole_row": None})
    note = ("Policies are those that were known at the end of the week.", "", "")
    company = ("Corrections and Detention Services of North America Inc.", "", "")
    first, second = ("Ithaca, New York", "February 2017", ""), ("Travis County, Texas", "January 2017", "")
    for rows, count in (
        ((first, second, note), 2),
        ((first, second, company), 3),
        ((first, (second[0], "", ""), note), 3),
        ((first, note, second), 3),
    ):
        grid = Table(title="the table", rows=[HEADER, *rows], locate=lambda row: Locator(row=row))
        assert len(table.read_table("policies", without, tables=[grid]).records) == count, rows


def test_no_table_is_an_empty_list_where_that_may_be() -> None:
    """A page without any table holds an empty list, if the description says that this can happen."""
    description = POLICIES.model_copy(update={"may_be_empty": True})
    assert table.read_table("policies", description, tables=[]).records == ()
