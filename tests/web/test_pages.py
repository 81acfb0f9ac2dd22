"""Every page of the demo's history: it is there, says what the log says, and does no more than that."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from monitor.alerts.writing.words import PROBLEMS
from monitor.jurisdictions.faults import Problem
from monitor.store.database import Store
from monitor.web.guard import POLICY
from monitor.web.templates import address_link, cell, value
from tests.support.plain_words import no_words_in, text_of_page
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Served


TRAVIS = "/jurisdiction/ocd-division/country:us/state:tx/county:travis"
PAGES = (
    "/", "/find", "/find?q=Washington", "/find?q=Travsi+County", "/about", "/log", "/amendment/1", "/amendment/200",
    TRAVIS, "/jurisdiction/ocd-division/country:us/state:tx", "/list/ice-287g/participating",
    "/list/ice-287g/participating?stop=2", "/list/ice-ddor/section-3?at=2017-04-01", "/list/dhs-sanctuary/cities",
    "/list/doj-sanctuary/states?at=2016-01-01", "/map", "/map?source=dhs-sanctuary&at=2025-05-31",
    "/report/ice-287g/participating", "/report/ice-ddor/2017_01-28to02-03", "/version/ice-287g/participating/2",
    "/compare?source=ice-287g&report=participating&old=1&new=5", "/holds", "/doubts", "/doubts?source=ice-287g",
    "/health", "/list/ice-287g/participating?q=texas",
    "/documents",
)  # fmt: skip


MORE_PAGES = (  # whose words are read too: moves, notices, and versions that were held
    "/log?kind=moved&kind=withdrawn", "/list/ice-ddor/notices", "/version/ice-287g/participating/8",
    "/version/ice-287g/participating/15",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_html_that_only_this_machine_is_asked_for(served: Served, path: str) -> None:
    """It parses, has one heading of the first level and a title, no inline script or style, and nothing from afar."""
    answer = served.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    page = etree.HTML(answer.text)
    assert len(page.findall(".//h1")) == 1
    assert page.findtext(".//title")
    assert not page.xpath("//*[@style] | //style | //script[not(@src)] | //@onclick")
    assert all(
        each.startswith("/") for each in page.xpath("//img/@src | //script/@src | //link[@rel='stylesheet']/@href")
    )


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", *MORE_PAGES])
def test_a_page_speaks_in_words_for_readers(served: Served, path: str) -> None:
    """No name from the configuration, no folder of the server, no row of the database, no code of the program."""
    assert no_words_in(text_of_page(served.get(path).text)) == []


def test_what_is_no_word_is_found() -> None:
    """In a text and in a label; but not in a command, and not in an address."""
    page = "<p title='ice-287g'>support_type <code>ice-ddor</code> /var/lib/x #12, see `monitor list ice-287g`</p>"
    assert len(no_words_in(text_of_page(page))) == 4


def test_entries_have_their_pages(served: Served) -> None:
    """Of every kind and list, each at its permanent address, with the hashes of its file and of itself."""
    some = {(entry["list"], entry["kind"], entry["reason"]): entry for entry in served.log()}
    for entry in some.values():
        answer = served.get(f"/amendment/{entry['id']}")
        assert no_words_in(text_of_page(answer.text)) == []
        assert answer.status_code == 200
        assert entry["entry_hash"] in answer.text
        assert entry["version"] in answer.text


def test_an_entry_says_between_which_looks_the_change_was_made(served: Served) -> None:
    """From when the version before was last seen until the new one came; not of a file that is still there."""
    page = html.unescape(re.sub(r"<[^>]*>", "", served.get("/amendment/267").text))
    said = " ".join(page.split())
    assert "Made between2025-08-05 20:00 UTC, when it was last seen as before, and 2025-09-26 18:00 UTC" in said
    assert "Made between" not in served.get("/amendment/58").text  # the report of the week before is there still


def test_an_amendment_of_a_pdf_shows_its_record_before_and_after(served: Served) -> None:
    """Both pictures are there, are PNG, and differ as the files do."""
    pictures = [served.get(f"/amendment/1/{side}.png") for side in ("before", "after")]
    assert [each.headers["content-type"] for each in pictures] == ["image/png", "image/png"]
    assert pictures[0].content != pictures[1].content
    assert served.get("/amendment/267/before.png").status_code == 404


def test_an_amendment_of_a_spreadsheet_shows_the_rows_around_it(served: Served) -> None:
    """Its own row, the three before and the three after, as the file has them."""
    (entry,) = (each for each in served.log(kinds=("added",)) if "Colorado County" in str(each["after"]))
    page = etree.HTML(served.get(f"/amendment/{entry['id']}").text)
    rows = page.xpath("//section[@aria-labelledby='rows-after']//tbody/tr")
    assert len(rows) == 7
    assert "own" in rows[3].get("class")
    assert "Colorado County" in "".join(rows[3].itertext())


def test_a_move_is_one_story_on_every_page(served: Served) -> None:
    """It says where to, shows the rows around the record, and the entries that it ties together lead to it."""
    log = served.log()
    move = next(entry for entry in log if entry["kind"] == "moved")
    page = served.get(f"/amendment/{move['id']}").text
    assert "moved from Pending agencies to Participating agencies" in page
    assert "no longer described" not in page
    assert "rows around the record" in page
    for number in filter(None, move["of"]):
        assert f'href="/amendment/{move["id"]}"' in served.get(f"/amendment/{number}").text
    place = served.get(f"/jurisdiction/{move['jurisdiction']['ocd_id']}").text
    assert f'href="/amendment/{move["id"]}"' in place
    assert "to Participating agencies" in place
    assert not any(f'href="/amendment/{number}"' in place for number in move["of"])
    older = served.get(f"/log?before={move['id']}&limit=500").text  # the page after the one that shows the move
    assert not any(f'href="/amendment/{number}"' in older for number in move["of"])
    alone = served.get(f"/log?before={move['id']}&limit=500&kind=removed").text
    assert f'href="/amendment/{move["of"][0]}"' in alone


def test_a_kept_file_comes_as_a_download_with_its_hash(served: Served) -> None:
    """Its bytes have the hash in its address; no browser shows or runs them."""
    sha256 = served.log()[0]["version"]
    answer = served.get(f"/file/{sha256}")
    assert hashlib.sha256(answer.content).hexdigest() == sha256
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert served.get(f"/file/{'0' * 64}").status_code == 404


def test_what_the_reader_has_is_not_sent_again(served: Served) -> None:
    """The same address with the tag of its answer gets 304 and no body; another address has another tag."""
    for path in ("/", "/log", "/amendment/1", "/api/log"):
        first = served.get(path)
        again = served.get(path, **{"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert served.get("/log").headers["etag"] != served.get("/log?kind=added").headers["etag"]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", {}),
        ("?source=ice-287g", {"source": "ice-287g"}),
        ("?list=section-3", {"list": "section-3"}),
        ("?kind=added", {"kinds": ("added",)}),
        ("?kind=removed&kind=withdrawn", {"kinds": ("removed", "withdrawn")}),
        ("?state=TX", {"state": "TX"}),
        ("?since=2025-05-01", {"since": "2025-05-01T00:00:00Z"}),
        ("?until=2017-04-01", {"until": "2017-04-01T00:00:00Z"}),
        ("?since=2025-03-01&until=2025-06-01", {"since": "2025-03-01T00:00:00Z", "until": "2025-06-01T00:00:00Z"}),
        ("?source=ice-287g&state=TX&kind=added&since=2025-06-01",
         {"source": "ice-287g", "state": "TX", "kinds": ("added",), "since": "2025-06-01T00:00:00Z"}),
    ],
)  # fmt: skip
def test_each_filter_finds_what_the_command_finds(served: Served, query: str, asked: dict[str, str]) -> None:
    """The JSON to take away is what `monitor log` prints with the same filters; CSV and pages have the same entries."""
    expected = served.log(**asked)
    assert served.get(f"/log.json{query}").json() == expected
    rows = list(csv.DictReader(io.StringIO(served.get(f"/log.csv{query}").text)))
    assert [int(row["id"]) for row in rows] == [each["id"] for each in expected]
    shown: list[int] = []
    tied: set[int | None] = set()
    path: str | None = f"/log{query}"
    while path:
        page = etree.HTML(served.get(path).text)
        here = [
            int(each.rpartition("/")[2])
            for each in page.xpath("//p[@class='meta']/a[1][starts-with(@href, '/amend')]/@href")
        ]
        moves = {number for each in expected if each["id"] in here for number in each.get("of", ())}
        assert moves.isdisjoint(here)  # a move is shown in place of what it ties together
        tied |= moves
        shown += here
        path = next(iter(page.xpath("//a[@rel='next']/@href")), None)
    ids = [each["id"] for each in reversed(expected)]
    assert [number for number in ids if number in shown] == shown
    assert set(ids) - set(shown) <= tied


def test_a_versions_page_says_how_its_bytes_came(served: Served) -> None:
    """When the last byte was there, from which server, and with which answer."""
    page = etree.HTML(served.get("/version/ice-287g/participating/2").text)
    facts = {row.findtext("dt"): "".join(row.find("dd").itertext()) for row in page.xpath("//dl[@class='facts']/div")}
    assert facts["Answer"].startswith("HTTP/1.1 200 OK")
    assert facts["Server"].startswith("127.0.0.1, port ")
    assert facts["Last byte received"].endswith(" UTC")
    assert facts["Asked"].endswith(".xlsx")


def test_a_page_leads_back_to_where_it_came_from(served: Served) -> None:
    """Newer after older is the page that was left."""
    first = served.get("/api/log?limit=20").json()["entries"]
    older = served.get(f"/api/log?limit=20&before={first[-1]['id']}").json()["entries"]
    assert older[0]["id"] == first[-1]["id"] - 1
    assert served.get(f"/api/log?limit=20&after={older[0]['id']}").json()["entries"] == first


def test_words_are_found_whole_in_any_case_and_together(served: Served) -> None:
    """Both words, in either side of an entry; not a part of one, and nothing for what is no word."""
    found = served.get("/api/log?q=ESCAMBIA+sheriff's").json()["entries"]
    assert found
    assert all("escambia" in str(each).lower() and "sheriff" in str(each).lower() for each in found)
    assert served.get("/api/log?q=escamb").json()["entries"] == []
    assert served.get("/api/log?q=---").json()["entries"] == []


def test_a_jurisdiction_comes_with_what_lies_in_it(served: Served) -> None:
    """A state's filter has all that the log says of its counties and cities."""
    found = served.get("/log.json?jurisdiction=Texas").json()
    within = "ocd-division/country:us/state:tx"
    expected = [
        each["id"]
        for each in served.log()
        if any(
            (place["ocd_id"] or "").startswith(within) for place in (each["jurisdiction"], *each["mentions"]) if place
        )
    ]
    assert [each["id"] for each in found] == expected
    assert served.get("/log?jurisdiction=Nowhere").status_code == 400
    assert "Did you mean one of these?" in served.get("/log?jurisdiction=Travsi+County,+Texas").text


def test_a_feed_has_the_entries_of_its_filter(served: Served) -> None:
    """Valid XML, newest first, each with an id that is the same in every feed."""
    feed = etree.fromstring(served.get("/log.atom?state=TX").content)
    ids = [each.text for each in feed.iterfind("{*}entry/{*}id")]
    entries = served.log(state="TX")
    tied = {number for each in entries for number in each.get("of", ())}
    assert ids == [f"urn:sha256:{each['entry_hash']}" for each in reversed(entries) if each["id"] not in tied]


def test_an_address_that_can_not_be_says_so_in_words(served: Served) -> None:
    """400 with each fault, 404 for what is not there; as JSON where JSON was asked for."""
    wrong = served.get("/log?kind=foo&since=yesterday&limit=0")
    assert wrong.status_code == 400
    assert all(name in wrong.text for name in ("kind:", "since:", "limit:"))
    assert served.get("/api/log?state=XX").json()["faults"] == [
        "state: 'XX' is no state; write its postal code, like TX"
    ]
    for path in (
        "/nowhere",
        "/amendment/9999",
        f"/amendment/{2**70}",
        "/list/ice-287g/nothing",
        "/report/a/b",
        TRAVIS + "x",
    ):
        answer = served.get(path)
        assert answer.status_code == 404
        assert "<h1>Not here</h1>" in answer.text


def test_what_is_held_comes_with_the_commands_that_decide(history: Path, tmp_path: Path) -> None:
    """`monitor release` and `monitor reject`, by the letters of its hash, and the first lines of what would be told."""
    shutil.copytree(history, tmp_path / "state")
    with Store(tmp_path / "state") as store:  # as it was before later versions ended these holds
        store.write("UPDATE versions SET status = 'held', releasable = 1 WHERE status = 'rejected'", {})
    with serving_of(tmp_path / "state") as served:
        holds = served.get("/api/holds").json()["holds"]
        page = served.get("/holds").text
    assert len(holds) == 2
    for each in holds:
        assert f"<code>monitor release {each['sha256'][:12]}</code>" in page
        assert f"<code>monitor reject {each['sha256'][:12]}</code>" in page
    assert "<li>if it is released, this is told: " in page


def test_a_list_is_shown_as_it_stood(served: Served) -> None:
    """Nevada was on the list of states until 26 September 2025, and its removal is told as what changed since."""
    before, now = (served.get(f"/list/doj-sanctuary/states{at}").text for at in ("?at=2025-09-01", ""))
    assert "13 records" in before
    assert "state:nv" in before.split("The records</h2>")[1]
    assert "Nevada" in before.split("What changed since</h2>")[1]
    assert "12 records" in now
    assert "state:nv" not in now
    assert served.get("/api/list/doj-sanctuary/states?stop=1").json()["records"][0]["list"] == "states"


def test_a_date_alone_is_the_end_of_that_day(served: Served) -> None:
    """What was published on it counts: Nevada was taken off at 18:00, and is gone by the day's end."""
    counts = {
        at: len(served.get(f"/api/list/doj-sanctuary/states?at={at}").json()["records"])
        for at in ("2025-09-25", "2025-09-26", "2025-09-26T17:59:59Z", "2025-09-26T18:00:00Z")
    }
    assert list(counts.values()) == [13, 12, 13, 12]
    assert "States at the end of" in served.get("/list/doj-sanctuary/states?at=2025-09-26").text


def test_every_problem_of_a_doubt_has_its_words() -> None:
    """None is told by its code."""
    assert PROBLEMS.keys() == {str(each) for each in Problem}


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "javascript:alert(1)", 'https://a.example/"onmouseover="x', "data:text/html,<b>",
     "https://a.example/<script>", "\u202egpj.exe", "\x00\x1b[31m"],
)  # fmt: skip
def test_a_publishers_value_can_do_nothing(hostile: str) -> None:
    """It is escaped, no link but of the web, and what can't be seen is told by its number."""
    for shown in (str(value(hostile)), str(address_link(hostile)), str(cell(hostile))):
        assert "<script" not in shown
        assert "href" not in shown
        assert '"' not in shown
        assert not any(letter in shown for letter in "\u202e\x00\x1b")


def test_a_link_of_a_publisher_tells_nobody_where_it_was() -> None:
    """Web addresses are links that send no referrer."""
    assert str(address_link("https://www.example.gov/a?b&c")) == (
        '<a class="outside" rel="noreferrer nofollow" href="https://www.example.gov/a?b&amp;c">'
        "https://www.example.gov/a?b&amp;c</a>"
    )


def test_a_long_report_is_told_in_parts(served: Served) -> None:
    """The versions before a number, newest first."""
    whole = served.get("/api/report/ice-287g/participating").json()
    part = served.get("/api/report/ice-287g/participating?before=4").json()
    assert [each["number"] for each in part["versions"]] == [3, 2, 1]
    assert part["versions"] == whole["versions"][-3:]
    assert whole["next"] is None
