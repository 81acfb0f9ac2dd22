"""Which page of a list comes next, and by what a part of a report is known again."""

from __future__ import annotations

import pytest

from monitor.config.reports import ReportDescription
from monitor.fetch.links import NextPage, next_page, part_key

FIRST, SECOND, THIRD = (f"https://www.example.gov/list{query}" for query in ("", "?page=2", "?page=3"))


@pytest.mark.parametrize(
    ("links", "here", "visited", "by_text", "found"),
    [
        ([SECOND], FIRST, {FIRST}, True, NextPage(url=SECOND)),
        ([], FIRST, {FIRST}, True, NextPage()),
        ([SECOND, SECOND], SECOND, {FIRST, SECOND}, True, NextPage()),
        ([SECOND, THIRD], FIRST, {FIRST}, False, NextPage(url=SECOND)),
        ([FIRST, THIRD], SECOND, {FIRST, SECOND}, False, NextPage(url=THIRD)),
        ([FIRST, SECOND], THIRD, {FIRST, SECOND, THIRD}, False, NextPage()),
        ([FIRST], SECOND, {FIRST, SECOND}, False, NextPage()),
        ([FIRST], SECOND, {FIRST, SECOND}, True, NextPage(leads_back_to=FIRST)),
        ([FIRST, FIRST], SECOND, {FIRST, SECOND}, True, NextPage(leads_back_to=FIRST)),
        ([FIRST, SECOND], THIRD, {FIRST, SECOND, THIRD}, True, NextPage()),
    ],
    ids=[
        "a next page",
        "no link",
        "a link to itself, above and below the list",
        "a row of numbers on the first page",
        "a row of numbers on the second page",
        "a row of numbers on the last page",
        "the number of the other of two pages",
        "Next leads back",
        "Next leads back, above and below the list",
        "a row of numbers that is known by its texts",
    ],
)
def test_the_next_page(links: list[str], here: str, visited: set[str], by_text: bool, found: NextPage) -> None:  # noqa: FBT001
    """The first one that was not read; a row of numbers leads back as well, a single link may not."""
    assert next_page(links, here=here, visited=visited, by_text=by_text) == found


def described(**given: object) -> ReportDescription:
    """A report in parts."""
    lists = {"all": {"columns": {"name": "Name"}}}
    return ReportDescription.model_validate(
        {"kind": "rolling", "format": "csv", "match": {"href": "csv"}, "parts": True, "lists": lists} | given
    )


def test_the_key_of_a_part_is_what_the_pattern_finds() -> None:
    """So a file keeps its key where its name has another date."""
    one = described(key=r"list-(\w+)-\d+")
    assert part_key(one, "https://www.example.gov/list-north-2025.csv") == "north"
    assert part_key(one, "https://www.example.gov/new/list-north-2026.csv?v=7") == "north"


@pytest.mark.parametrize(
    "other",
    ["https://www.example.gov/b/list.csv", "https://www.example.gov/a/list.csv?id=2", "https://x.gov/a/list.csv"],
)
@pytest.mark.parametrize("given", [{}, {"key": "region-(.)"}], ids=["no pattern", "a pattern that finds nothing"])
def test_without_a_key_each_address_is_a_part(other: str, given: dict[str, object]) -> None:
    """No part is ever taken for another one."""
    one = described(**given)
    key = part_key(one, "https://www.example.gov/a/list.csv")
    assert key == part_key(one, "https://www.example.gov/a/list.csv")
    assert key.startswith("list-")
    assert part_key(one, other) != key
