"""In which file each page of the static site is, and how pages link each other: pure functions."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.static_html import NO_PICTURE, addresses_in, static_feed, static_json, static_page
from monitor.web.static_paths import PAGE_NAME, StaticPaths, relative, safe_path

TRAVIS = "ocd-division/country:us/state:tx/county:travis"


def numbers(scope: str) -> list[int]:
    """A log of 250 entries; every third is of the source `a`."""
    return list(range(1, 251)) if not scope else list(range(3, 250, 3)) if scope == "source=a" else []


PATHS = StaticPaths(ids_of=numbers)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "index.html"),
        ("/about", "about/index.html"),
        ("/amendment/7", "amendment/7/index.html"),
        ("/amendment/7/after.png", "amendment/7/after.png"),
        (f"/jurisdiction/{TRAVIS}", f"jurisdiction/{TRAVIS}/index.html"),
        ("/map?source=a", "map/source/a/index.html"),
        ("/compare?source=a&report=r&old=1&new=2", "compare/source/a/report/r/old/1/new/2/index.html"),
        ("/compare?new=2&old=1&report=r&source=a", "compare/source/a/report/r/old/1/new/2/index.html"),
        ("/document/4/compare?old=1&new=2", "document/4/compare/old/1/new/2/index.html"),
        ("/report/a/r?before=100", "report/a/r/before/100/index.html"),
        ("/version/a/r/-3", "version/a/r/-3/index.html"),
        ("/api/amendment/7", "api/amendment/7.json"),
        ("/api/documents?after=100", "api/documents/after/100.json"),
        ("/static/style.css?0123", "static/style.css"),
        ("/static/new.svg", "static/new.svg"),
        ("/outlines/4/states.svg", "outlines/4/states.svg"),
        ("/checkpoint", "checkpoint"),
        ("/file/00ff", "file/00ff"),
        ("/log", "log/index.html"),
        ("/log?before=201", "log/index.html"),
        ("/log?before=101", "log/page/1/index.html"),
        ("/log?before=61&limit=50", "log/page/1/index.html"),
        ("/log?after=100", "log/index.html"),
        ("/log?after=99", "log/page/1/index.html"),
        ("/log?source=a&since=2025-01-01", "log/source/a/index.html"),
        ("/log.csv?limit=3", "log.csv"),
        ("/log.atom?source=a", "log/source/a/log.atom"),
        (f"/log.ics?jurisdiction={quote(TRAVIS, safe='')}", f"jurisdiction/{TRAVIS}/log/log.ics"),
        ("/SHA256SUMS", "SHA256SUMS"),
    ],
)
def test_each_page_has_its_file(address: str, file: str) -> None:
    """A page is the index of a folder of its own name, so that its live address leads to it too."""
    target = PATHS.target(address)
    assert target is not None
    assert target.file == file


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/find?q=x",
            "/health",
            "/holds",
            "/doubts",
            "/doubts?source=a",
            "/api/openapi.json",
            "/api/holds",
            "/api/log",
        ),
        *("/list/a/b?at=2025-01-01", "/map?source=a&at=2025-01-01", "/documents?q=jail", "/amendment/7/exhibit.zip"),
        *(f"/jurisdiction/{TRAVIS}/exhibit.zip", "/log.csv?kind=added", "/metrics", "/healthz"),
    ],
)
def test_what_needs_a_server_has_no_file(address: str) -> None:
    """Searches, dates, the pages of operators, packets of evidence, filters of downloads."""
    assert PATHS.target(address) is None


def test_feeds_need_an_address() -> None:
    """They name entries by whole addresses; tables do not."""
    paths = StaticPaths(ids_of=numbers, has_address=False)
    assert [paths.target(f"/log.{suffix}") is None for suffix in ("atom", "ics", "csv", "json")] == [
        *(True, True, False, False)
    ]


def test_full_pages_of_the_log_stay_as_they_are() -> None:
    """What the first page does not have is on pages of a hundred, whose addresses are the same in a longer log."""
    longer = StaticPaths(ids_of=lambda _: list(range(1, 1_000)))
    page, later = PATHS.target("/log?before=101"), longer.target("/log?before=101")
    assert page == later
    first, later_first = PATHS.target("/log"), longer.target("/log")
    assert first is not None
    assert later_first is not None
    assert (first.address, later_first.address) == ("/log?limit=150", "/log?limit=199")


@given(st.integers(min_value=0, max_value=450))
def test_every_entry_is_on_one_page_of_the_log(count: int) -> None:
    """From the first page on, "Older" leads to each entry once, however long the log is."""
    entries = list(range(1, count + 1))
    paths = StaticPaths(ids_of=lambda _: entries)
    seen: list[int] = []
    files: list[str] = []
    target = paths.target("/log")
    while target and target.file not in files:
        files.append(target.file)
        asked = dict(part.split("=") for part in urlsplit(target.address).query.split("&"))
        before = int(asked.get("before", count + 1))
        shown = [number for number in reversed(entries) if number < before][: int(asked["limit"])]
        seen += shown
        target = paths.target(f"/log?before={shown[-1]}") if shown and shown[-1] > 1 else None
    assert seen == entries[::-1]


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_address_leads_out_of_the_folder(source: str, report: str) -> None:
    """Whatever a publisher calls its reports, each part of the path is one that a file system takes."""
    parts = safe_path(f"/report/{source}/{report}").split("/")
    assert not {"", ".", "..", PAGE_NAME} & set(parts)
    assert all(len(part.encode(errors="replace")) <= 255 and "\0" not in part for part in parts)


def test_links_are_relative() -> None:
    """A link may lead up and down; a colon is written so that no browser takes what is before it for a scheme."""
    travis = f"jurisdiction/{TRAVIS}/index.html"
    assert relative("index.html", of="index.html") == "index.html"
    assert relative("log/index.html", of="amendment/7/index.html") == "../../log/index.html"
    assert relative(travis, of="jurisdiction/ocd-division/country:us/state:tx/index.html") == (
        "county%3Atravis/index.html"
    )


def linked(address: str) -> str | None:
    """A site in which only the log and one picture are there."""
    return {"/log": "log/index.html", "/a.png": "a.png", "/file/1": "file/1"}.get(address)


@pytest.mark.parametrize(
    ("live", "static"),
    [
        ('<a href="/log#x" rel="next">Log &amp; all</a>', '<a href="log/index.html#x" rel="next">Log &amp; all</a>'),
        ('<a class="pill" href="/holds">2 held</a>', "<span>2 held</span>"),
        ('<li><a href="/holds">Holds</a></li>\n<li>x</li>', "<li>x</li>"),
        ('<a href="https://www.ice.gov/">ICE</a><a href="#here">here</a>',) * 2,
        ('<form action="/find">\n<input name="q"></form><p>x</p>', "<b>instead</b><p>x</p>"),
        ('<div class="m">\n<form></form>\n<form></form>\n</div>', '<div class="m">\n<b>instead</b></div>'),
        ('<a href="/a.png"><img src="/a.png" alt=""></a>', '<a href="a.png"><img src="a.png" alt=""></a>'),
        ('<a href="/b.png"><img src="/b.png" alt=""></a>', NO_PICTURE),
        ('<dd><a href="/file/2">Download</a></dd>', '<dd><span class="empty">not in this copy</span></dd>'),
        ('<a href="/file/2"><code>00ff</code></a>', "<span><code>00ff</code></span>"),
        ('<a href="/file/1">Download</a>', '<a href="file/1" download="list.xlsx">Download</a>'),
        ('<link rel="alternate" href="/log.atom">', ""),
        ('<use href="/log#x"/>', '<use href="log/index.html#x"/>'),
        ("&lt;a href=&#34;/holds&#34;&gt;x&lt;/a&gt;",) * 2,
    ],
)  # fmt: skip
def test_a_page_becomes_a_file(live: str, static: str) -> None:
    """Links lead to files, or are text; forms are gone; what a publisher wrote stays text."""
    made = static_page(live, linked, in_place_of_form="<b>instead</b>", names={"/file/1": "list.xlsx"})
    assert made.strip() == static.strip()


def test_a_page_loads_nothing_from_elsewhere() -> None:
    """The page itself says so to the browser, since no server does."""
    made = static_page('<head>\n<meta charset="utf-8">\n<title>x</title>', linked)
    assert "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'none'" in made


def test_addresses_are_those_of_links_and_pictures() -> None:
    """Not those of forms, of other sites, or of places on the same page."""
    page = (
        '<a href="/log?a=1&amp;b=2#x">x</a><img src="/a.png"><a href="//elsewhere.org/">x</a><a href="#y">y</a>'
        '<form action="/find"><a href="/find?q=1">x</a></form><a href="https://www.ice.gov/">x</a>'
    )
    assert list(addresses_in(page)) == ["/log?a=1&b=2", "/a.png"]


def test_json_keeps_what_lasts() -> None:
    """Times that each look changes are gone; the values of records stay, whatever a publisher calls its fields."""
    live = (
        b'{"sources": [{"source": "a", "age_seconds": 3, "state": "good", "fault": "x", "polled_at": "T"}],'
        b' "entries": [{"before": {"state": "TX", "words": "w", "last_seen_at": "x"}, "after": null}],'
        b' "files": {"after": {"sha256": "0", "captured_at": "T", "last_seen_at": "T"}},'
        b' "standing": {"state": "listed", "words": "listed now"}, "next": "http://localhost/api/documents?after=100"}'
    )
    made = static_json(live, lambda address: f"<{address}>")
    assert b" ".join(made.split()) == (
        b'{ "sources": [ { "source": "a", "polled_at": "T" } ],'
        b' "entries": [ { "before": { "state": "TX", "words": "w", "last_seen_at": "x" }, "after": null } ],'
        b' "files": { "after": { "sha256": "0", "captured_at": "T" } }, "standing": { "state": "listed" },'
        b' "next": "</api/documents?after=100>" }'
    )


def test_a_feed_keeps_its_ids() -> None:
    """Only where it is and where its page is differ; entries, and what a reader knows them by, do not."""
    live = (
        b'<feed><id>https://m.org/log.atom?source=a</id><link rel="self" href="https://m.org/log.atom?source=a"/>'
        b'<link rel="alternate" href="https://m.org/log?source=a"/><entry><id>urn:sha256:1</id>'
        b'<link rel="alternate" href="https://m.org/amendment/1"/></entry></feed>'
    )
    made = static_feed(live, own="https://m.org/log/source/a/log.atom", page="https://m.org/log/source/a/")
    assert made == live.replace(
        b'"self" href="https://m.org/log.atom?source=a"', b'"self" href="https://m.org/log/source/a/log.atom"'
    ).replace(b'"https://m.org/log?source=a"', b'"https://m.org/log/source/a/"')
