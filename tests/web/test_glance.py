"""What is seen at a glance: sources on the first page, links in tables, search within a list, pages for operators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from monitor.standing import LookState
from monitor.store.metrics import SourceLook
from monitor.store.pages import Freshness
from monitor.web.choices import grouped_choices
from monitor.web.front import Watched
from monitor.web.lists import plain_letters
from monitor.web.responses import OPERATOR_SECTIONS, SECTIONS
from monitor.web.templates import age, cell

if TYPE_CHECKING:
    from tests.web.conftest import Served

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def soup(served: Served, path: str) -> BeautifulSoup:
    """A page, parsed."""
    return BeautifulSoup(served.get(path).text, "html.parser")


def watched(look: LookState | None = LookState.GOOD, failures: int = 0, held: int = 0, **given: Any) -> Watched:
    """A source as the first page shows it: all is well, but for what is given."""
    fresh = Freshness(
        source="one", polled_at="2026-03-02T11:00:00Z", succeeded_at=None, fault=None, next_poll_at=None,
        changed_at=None, amended_at=None, failures=failures, held=held,
    )  # fmt: skip
    seen = SourceLook(source="one", looked_at=None, age_seconds=None, state=look) if look else None
    usual: dict[str, Any] = {"withdrawn": (), "overdue": (), "lists": ()}
    return Watched(source="one", title="One", page="", fresh=fresh, look=seen, **(usual | given))


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, ("working", "good")),
        ({"overdue": ("x",)}, ("overdue", "warn")),
        ({"withdrawn": (("x", "2026-01-01"),), "overdue": ("y",)}, ("partly taken down", "warn")),
        ({"held": 1, "withdrawn": (("x", "2026-01-01"),)}, ("held", "warn")),
        ({"is_withdrawn": True, "withdrawn": (("x", "2026-01-01"),), "held": 1}, ("taken down", "bad")),
        ({"look": LookState.LATE, "is_withdrawn": True}, ("late", "bad")),
        ({"look": LookState.FAILING}, ("failing", "bad")),
        ({"look": LookState.NEVER}, ("not looked at yet", "")),
        ({"look": LookState.NEVER, "failures": 1}, ("failing", "bad")),
        ({"look": LookState.LATE, "failures": 2}, ("failing", "bad")),
        ({"look": None, "failures": 2}, ("no longer watched", "")),
    ],
)
def test_the_worst_that_is_known_of_a_source_is_its_state(given: dict[str, Any], state: tuple[str, str]) -> None:
    """Only a source of which nothing is wrong, and which was looked at in time, is green."""
    assert watched(**given).state == state


def test_every_source_stands_at_the_top_of_the_first_page(served: Served) -> None:
    """Before the news: name, state, last look, last change. The demo was played long ago, so that none is green."""
    page = soup(served, "/")
    table = page.select_one("main table")
    assert table
    assert "sources" in (table.get("class") or [])
    rows = [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")]
    assert [row[:2] for row in rows] == [
        ["ICE Declined Detainer Outcome Report", "late"], ["ICE 287(g) agreements", "late"],
        ["DHS sanctuary jurisdictions", "late"], ["DOJ sanctuary jurisdictions", "late"],
    ]  # fmt: skip
    assert rows[1][2:] == ["looked 2025-10-05", "changed 2025-10-01"]
    assert page.select(".pill.good") == []
    latest = page.select_one("#latest")
    assert latest
    assert latest.sourceline is not None
    assert table.sourceline is not None
    assert table.sourceline < latest.sourceline


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(minutes=6), "6 minutes ago"),
        (timedelta(hours=47, minutes=59), "47 hours ago"),
        (timedelta(days=2), "2026-02-28"),
    ],
)
def test_a_time_is_told_by_its_age_or_its_day(ago: timedelta, said: str) -> None:
    """The exact time is there in any case."""
    shown = str(age((NOON - ago).isoformat(), NOON))
    assert f">{said}<" in shown
    assert f'title="{NOON - ago:%Y-%m-%d %H:%M} UTC"' in shown
    assert "never" in str(age(None, NOON))


def test_pages_for_operators_stand_under_a_heading_of_their_own(served: Served) -> None:
    """On every page; the sections for readers do not have them, and each leads to a page."""
    page = soup(served, "/log")
    readers, operators = page.select("header nav")
    assert readers["aria-label"] == "Sections"
    assert [link["href"] for link in readers.select("a")] == [address for address, _ in SECTIONS]
    label = page.find(id=operators["aria-labelledby"])
    assert label
    assert label.get_text() == "For operators"
    assert [link["href"] for link in operators.select("a")] == [address for address, _ in OPERATOR_SECTIONS]
    for address, _ in (*SECTIONS, *OPERATOR_SECTIONS):
        current = soup(served, address).select("header a[aria-current=page]")
        assert [link["href"] for link in current] == [address]


def test_the_page_of_health_says_what_is_wrong(served: Served) -> None:
    """The demo's sources are late; nothing is held; the doubts lead to their page."""
    page = soup(served, "/health")
    lead = page.select_one(".lead")
    assert lead
    assert lead.get_text().startswith("4 of 4 sources are not well: ICE Declined Detainer Outcome Report (late), ")
    facts = {row.dt.get_text(): row.dd.get_text() for row in page.select("dl.facts > div") if row.dt and row.dd}
    assert facts["Held versions"] == "none"
    assert facts["Alerts"] == "none waits to be sent"
    assert facts["Doubts"] == "4 about the current lists"
    assert facts["Change log"] == f"{len(served.log())} entries"
    assert page.select_one('dd a[href="/doubts"]')


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://www.ice.gov/doclib/287gMOA/A_Very_Long_Name_06092020.pdf", "PDF, ice.gov"),
        ("http://example.org/list.XLSX?x=1", "XLSX, example.org"),
        ("https://example.org", "link, example.org"),
        ("https://example.org/a.b/c", "link, example.org"),
        ("https://user@example.org:8080/x", "link, example.org"),
    ],
)
def test_a_link_in_a_table_is_its_kind_and_host(address: str, said: str) -> None:
    """The whole address is what it leads to."""
    link = BeautifulSoup(str(cell(address)), "html.parser").a
    assert link
    assert (link.get_text(), link["href"], link["title"]) == (said, address, address)
    assert link["rel"] == ["noreferrer", "nofollow"]


@pytest.mark.parametrize("text", ["https://[", "https://[x]/a", "javascript:alert(1)", "no link", ""])
def test_what_is_no_address_is_no_link_by_its_host(text: str) -> None:
    """It is shown as any other value is."""
    assert "ice.gov" not in str(cell(text))
    assert ">link, <" not in str(cell(text))


def records(page: BeautifulSoup) -> list[str]:
    """The rows of the table of records."""
    return [row.get_text(" ", strip=True) for row in page.select("table.records tbody tr")]


def test_a_list_is_searched_without_scripts(served: Served) -> None:
    """All words, in any case, in a value or in the place's name; parts of words too; the JSON stays the whole list."""
    path = "/list/ice-287g/participating"
    whole = records(soup(served, path))
    for words, wanted in (("texas", ["texas"]), ("SHERIFF tex", ["sheriff", "tex"]), ("bee county", ["bee", "county"])):
        found = records(soup(served, f"{path}?q={words}"))
        assert found == [row for row in whole if all(word in plain_letters(row) for word in wanted)]
        assert 0 < len(found) < len(whole)
    page = soup(served, f"{path}?q=bee+county+texas")
    assert f"of {len(whole)} records" in page.get_text()
    field = page.select_one("input#q")
    assert field
    assert field["value"] == "bee county texas"
    assert served.get(f"/api{path}?q=texas").json() == served.get(f"/api{path}").json()


def test_a_search_that_finds_nothing_says_so_and_leads_back(served: Served) -> None:
    """A list with no such record is not called empty; the search keeps the time for which the list is shown."""
    page = soup(served, "/list/ice-287g/participating?q=zeppelin&stop=2")
    assert records(page) == []
    assert "0 of 162 records have" in page.get_text()
    assert "The list is empty" not in page.get_text()
    hidden = page.select_one("form.within input[type=hidden]")
    assert hidden
    assert (hidden["name"], hidden["value"]) == ("stop", "2")
    assert page.select_one('form.within a[href="/list/ice-287g/participating?stop=2"]')
    script = served.get("/list/ice-287g/participating?q=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in script
    assert served.get(f"/list/ice-287g/participating?q={'a' * 201}").status_code == 400


def test_letters_are_compared_without_accents_case_and_apostrophes() -> None:
    """What a reader types on a phone finds what a publisher wrote."""
    assert plain_letters("Doña Ana; O\u2019Brien") == plain_letters("dona ana; O'BRIEN") == "dona ana; obrien"
    assert plain_letters("Прага") == "прага"


def test_the_records_come_before_what_changed_since(served: Served) -> None:
    """A reader of a list wants the list; a link leads to the changes."""
    page = soup(served, "/list/ice-287g/participating?stop=2")
    assert [each.get("id") for each in page.select("main h2")] == ["records", "since"]
    assert page.select_one('main a[href="#since"]')


def test_the_map_opens_on_the_newest_list(served: Served) -> None:
    """The agreements changed last; the page says whose map it is, and a link leads past it."""
    for path in ("/map", "/"):
        page = soup(served, path)
        title = page.select_one("svg.map title")
        assert title
        assert title.get_text() == "What ICE 287(g) agreements lists"
        skip = page.select_one("a.skip-map")
        assert skip
        assert page.find(id=str(skip["href"]).removeprefix("#"))


def test_a_name_of_several_places_is_offered_in_links(served: Served) -> None:
    """A state, counties and cities; each link leads to the same filters with that place alone."""
    answer = served.get("/log?jurisdiction=Washington&kind=added&source=ice-287g")
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 300
    assert [each.get_text() for each in page.select("h1, main h2")] == [
        "Which one?", "States", "Counties", "Cities, towns and townships",
    ]  # fmt: skip
    links = {link.get_text(): str(link["href"]) for link in page.select(".choices a")}
    assert {"Washington", "Washington County, Utah", "Washington Township, Ohio (Logan County)"} <= links.keys()
    query = "kind=added&source=ice-287g&jurisdiction=ocd-division%2Fcountry%3Aus%2Fstate%3Aut%2Fcounty%3Awashington"
    assert links["Washington County, Utah"] == f"/log?{query}"
    assert served.get(links["Washington County, Utah"]).status_code == 200
    near = BeautifulSoup(served.get("/log?jurisdiction=Travsi+County,+Texas").text, "html.parser")
    assert "No place is called that" in near.get_text()
    assert next(link.get_text() for link in near.select(".choices a")) == "Travis County, Texas"
    told = served.get("/api/log?jurisdiction=Washington")
    assert told.status_code == 400
    assert told.json()["faults"][0].startswith("jurisdiction: ")
    for path in ("/log.csv", "/log.json", "/log.atom"):  # a program that takes a file must see that there is none
        assert served.get(f"{path}?jurisdiction=Washington").status_code == 400


def test_no_choice_is_lost() -> None:
    """Places with no county, and no places at all."""
    assert grouped_choices([]) == {}
