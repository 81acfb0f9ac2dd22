"""Which page of a list comes next, and by what a part of a report is known again."""

from __future__ import annotations

import pytest

from monitor.config.reports import ReportDescription
from monitor.fetch.links import NextPage, file_name, is_nameless, next_page, part_key, report_links
from monitor.model import Link

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


ROLLING = {
    "kind": "rolling",
    "format": "xlsx",
    "match": {"href": r"participating[^/]*\.xlsx$", "else_text": "participating agenc"},
    "lists": {"all": {"columns": {"name": "Name"}}},
}
NAMELESS = Link(url="https://www.example.gov/download/12345", text="View Participating Agencies")
NAMED = Link(url="https://www.example.gov/participatingAgencies0408.xlsx", text="here")


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ((NAMELESS,), (NAMELESS.url,)),
        ((NAMELESS, NAMED), (NAMED.url,)),
        ((Link(url="https://www.example.gov/sheet.xlsx", text="Participating partners"),), None),
        ((Link(url="https://www.example.gov/sheet.xlsx", text="Participating agencies"),), ("sheet.xlsx",)),
        ((Link(url="https://www.example.gov/sheet.pdf", text="Participating agencies"),), None),
        ((Link(url="https://www.example.gov/download/1", text="Pending agencies"),), None),
        ((Link(url="https://www.example.gov/287g/participating", text="Participating agencies"),), None),
    ],
    ids=["no name", "a name, too", "another word", "another name", "another format", "another text", "a page"],
)
def test_a_report_whose_address_says_nothing_is_known_by_its_text(
    links: tuple[Link, ...], found: tuple[str, ...] | None
) -> None:
    """Only where no address fits."""
    description = ReportDescription.model_validate(ROLLING)
    chosen = report_links(links, "participating", description)
    expected = {} if found is None else {"participating": found}
    assert {
        key: tuple(url.removeprefix("https://www.example.gov/") for url in urls) for key, urls in chosen.items()
    } == {key: tuple(url.removeprefix("https://www.example.gov/") for url in urls) for key, urls in expected.items()}


@pytest.mark.parametrize(
    ("paths", "keys"),
    [
        (("/media/81/dl", "/media/82/dl?inline"), {"81", "82"}),
        (("/media/2026/81/download", "/media/2026/82/download"), {"81", "82"}),
        (("/GetFile.aspx?id=3f-1", "/GetFile.aspx?id=3f-2"), {"3f-1", "3f-2"}),
        (("/DownloadDocument?objectID=81", "/DownloadDocument?objectID=82"), {"81", "82"}),
        (("/download/81", "/download/82"), {"81", "82"}),
        (("/files/81/may.pdf", "/files/82/june.pdf"), {"may", "june"}),
        (("/files/download",), {"download"}),
    ],
)
def test_files_of_a_series_that_are_all_called_alike_are_told_apart_by_their_numbers(
    paths: tuple[str, ...], keys: set[str]
) -> None:
    """Each is a report of its own; they would count as versions of one."""
    series = {**ROLLING, "kind": "series", "format": "pdf", "match": {"text": "Bulletin"}}
    description = ReportDescription.model_validate(series)
    links = [Link(url=f"https://www.example.gov{path}", text="Bulletin") for path in paths]
    assert report_links(links, "bulletin", description).keys() == keys


@pytest.mark.parametrize(
    ("path", "may_be"),
    [
        ("/media/1407196/dl", True),
        ("/file-download/download/public/71", True),
        ("/Download/3F2A9-1C", True),
        ("/documents?id=12", True),
        ("/DownloadDocument.aspx?objectID=1", True),
        ("/download/12/list.xlsx", False),
        ("/media/press-2026", False),
        ("/mediation/12", False),
        ("/media", False),
        ("/media/" + "1/" * 50_000 + "x", True),
        ("/media/" + "1" * 100_000 + "x", False),
    ],
)
def test_an_address_that_may_lead_to_a_file_without_naming_it(path: str, *, may_be: bool) -> None:
    """It has a word for files, and a number for itself."""
    assert is_nameless(f"https://www.example.gov{path}") is may_be


@pytest.mark.parametrize(
    ("url", "disposition", "name"),
    [
        ("https://x.gov/download/12345", 'attachment; filename="list 0408am.xlsx"', "list 0408am.xlsx"),
        ("https://x.gov/download/12345", "attachment; filename*=UTF-8''list%200408.xlsx", "list 0408.xlsx"),
        ("https://x.gov/download/12345", "inline; filename=list.xlsx; size=3", "list.xlsx"),
        ("https://x.gov/download/12345", 'attachment; filename="../../etc/list.xlsx"', "list.xlsx"),
        ("https://x.gov/download/12345", 'attachment; filename="C:\\\\lists\\\\list.xlsx"', "list.xlsx"),
        ("https://x.gov/download/12345", 'attachment; filename="li\x07st.xlsx"', "li?st.xlsx"),
        ("https://x.gov/download/12345", f'attachment; filename="{"x" * 500}.xlsx"', "12345"),
        ("https://x.gov/download/12345", "attachment", "12345"),
        ("https://x.gov/download/12345", 'attachment; filename=".."', "12345"),
        ("https://x.gov/download/12345", "attachment; filename*1*=; filename*=a.xlsx", "12345"),
        ("https://x.gov/download/12345", "", "12345"),
        ("https://x.gov/a/list.xlsx", 'attachment; filename="other.xlsx"', "list.xlsx"),
        ("https://x.gov/a/list%202.xlsx", "", "list 2.xlsx"),
        ("https://x.gov", "", "x.gov"),
    ],
)
def test_the_name_of_a_file(url: str, disposition: str, name: str) -> None:
    """The one that the server gives where the address has none; never a path."""
    assert file_name(url, disposition) == name
