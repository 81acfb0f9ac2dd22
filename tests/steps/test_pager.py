"""One list over several web pages: what is a version, what is not, and what is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from monitor.sandbox.reader import Reader
from tests.support.parted import (
    COUNTIES,
    PAGES,
    Watch,
    in_pages,
    names,
    next_links,
    number_links,
    publish_pages,
    table,
    tagged,
)
from tests.support.servers import Reply, Request, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.conftest import Commands


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One worker process for all tests."""
    with Reader() as reader:
        yield reader


@pytest.fixture(params=["{text: '^Next'}", r"{href: 'page=\d+'}"], ids=["text", "numbers"])
def paged(request: pytest.FixtureRequest, tmp_path: Path, reader: Reader) -> Iterator[Watch]:
    """A list over five pages, which was polled once."""
    with Server() as server:
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=PAGES.replace("PAGER", request.param))
        watch.pager = next_links if "text" in request.param else number_links
        publish_pages(server, in_pages(COUNTIES[:30], watch.pager))
        polled = watch.poll()
        assert (polled.faults, watch.faults) == ((), [])
        yield watch


def put(watch: Watch, counties: Sequence[str]) -> None:
    """Publish another list."""
    publish_pages(watch.server, in_pages(counties, watch.pager))


def test_five_pages_are_one_version(paged: Watch) -> None:
    """Nothing is new at the next poll."""
    (version,) = paged.versions()
    assert version.file_name == "directory (5 pages)"
    assert names(paged.listed()) == sorted(COUNTIES[:30])
    assert paged.listed()[-1] == "Callahan County: web page 5"
    assert paged.poll().is_quiet
    assert paged.unsound() == ()


def test_one_record_that_pushes_all_others_across_the_pages_is_all_that_is_told(paged: Watch) -> None:
    """And one that is taken out again."""
    put(paged, ["Zavala", *COUNTIES[:30]])
    paged.poll()
    assert (paged.told(), paged.faults) == (["added Zavala County"], [])
    assert paged.versions()[-1].file_name == "directory (6 pages)"
    put(paged, COUNTIES[:30])
    paged.poll()  # an old version counts when two polls have found it
    paged.poll()
    assert (paged.told(), paged.faults) == (["added Zavala County", "removed Zavala County"], [])


def test_a_list_that_changes_while_its_pages_are_read_is_read_anew(paged: Watch) -> None:
    """A record is taken out of page 2 after that was read: the first one of page 3 goes to page 2, and is not lost."""
    asked = [0]
    old = in_pages(["Zavala", *COUNTIES[:29]], paged.pager)
    new = in_pages(["Zavala", *COUNTIES[:8], *COUNTIES[9:29]], paged.pager)

    def page(path: str) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            asked[0] += path == "/list?page=3"
            bodies = new if asked[0] else old
            return tagged(bodies[path], "text/html")(request) if path in bodies else Reply(status=404)

        return answer

    paged.server.pages.update({path: page(path) for path in old})
    assert paged.poll().kept == 1
    assert sorted(paged.told()) == ["added Zavala County", "removed Bailey County", "removed Callahan County"]
    assert paged.faults == []
    assert paged.unsound() == ()


def test_a_list_that_changes_at_each_look_makes_no_version(paged: Watch) -> None:
    """The next poll tries again."""
    asked = [0]

    def restless(_: Request) -> Reply:
        asked[0] += 1
        body = table(COUNTIES[asked[0] : asked[0] + 6], paged.pager(1, 5))
        return Reply(headers=(("Content-Type", "text/html"),), body=body)

    paged.server.pages["/list"] = restless
    polled = paged.poll()
    assert (polled.kept, paged.told()) == (0, [])
    assert "the list changes while its pages are read" in polled.faults[0]


def test_a_page_of_the_list_that_cannot_be_had_makes_no_version(paged: Watch) -> None:
    """Nor is the report gone, for its first page is there."""
    for reply in (Reply(status=404), Reply(status=503), Reply(status=403)):
        put(paged, ["Zavala", *COUNTIES[:29]])
        paged.server.pages["/list?page=3"] = reply
        polled = paged.poll()
        assert (polled.kept, paged.told(), len(polled.faults)) == (0, [], 1)
        assert "/list?page=3" in polled.faults[0]


def test_a_pager_that_is_another_kind_of_link_now_holds_the_version(paged: Watch) -> None:
    """The list would lose four pages."""
    body = table(COUNTIES[:6], "<button>Load more</button>")
    publish_pages(paged.server, {"/list": body})
    paged.poll()
    assert "and these are not read; see `pager`" in paged.faults[0]
    assert len(paged.listed()) == 30


@pytest.fixture
def texts(tmp_path: Path, reader: Reader) -> Iterator[Watch]:
    """A program that follows "Next", and a server without pages."""
    with Server() as server:
        yield Watch(
            server=server, folder=tmp_path, reader=reader, config=PAGES.replace("PAGER", "{text: '^Next', at_most: 3}")
        )


def test_a_pager_that_leads_in_a_circle_is_named(texts: Watch) -> None:
    """There is no version of half a list."""
    publish_pages(
        texts.server,
        {
            "/list": table(COUNTIES[:6], "<a href='/list?page=2'>Next</a>"),
            "/list?page=2": table(COUNTIES[6:12], "<a href='/list'>Next</a>"),
        },
    )
    polled = texts.poll()
    assert "page 2 (" in polled.faults[0]
    assert "leads back to" in polled.faults[0]
    assert texts.versions() == []


def test_a_pager_that_shows_one_page_again_and_again_is_named(texts: Watch) -> None:
    """A server may take no notice of the number."""
    texts.server.pages.update(
        {
            f"/list{query}": tagged(table(COUNTIES[:6], f"<a href='/list?page={number}'>Next</a>"), "text/html")
            for number, query in enumerate(["", "?page=1", "?page=2", "?page=3"], start=1)
        }
    )
    polled = texts.poll()
    assert "page 2 (" in polled.faults[0]
    assert "says the same as page 1" in polled.faults[0]
    assert texts.versions() == []


def test_a_pager_to_another_server_is_named_and_not_followed(texts: Watch) -> None:
    """The key that would allow it is named."""
    publish_pages(texts.server, {"/list": table(COUNTIES[:6], "<a href='http://elsewhere.example/list'>Next</a>")})
    polled = texts.poll()
    assert "leads to another server, http://elsewhere.example/list" in polled.faults[0]
    assert "sources.places.hosts" in polled.faults[0]
    assert texts.versions() == []


def test_a_list_of_more_pages_than_are_allowed_is_named(texts: Watch) -> None:
    """No more pages are asked for than that."""
    publish_pages(texts.server, in_pages(COUNTIES[:24]))
    polled = texts.poll()
    assert "goes on after 3 pages" in polled.faults[0]
    assert "`at_most`" in polled.faults[0]
    assert (texts.versions(), len(texts.server.requests)) == ([], 3)


def test_a_list_of_one_page_is_a_version_of_one(texts: Watch) -> None:
    """When it goes on on a second page, only that is new."""
    publish_pages(texts.server, {"/list": table(COUNTIES[:6])})
    texts.poll()
    assert texts.versions()[0].file_name == "directory (1 page)"
    publish_pages(texts.server, in_pages(COUNTIES[:12]))
    texts.poll()
    assert texts.told() == [f"added {name} County" for name in COUNTIES[6:12]]


def test_pages_of_one_time_are_imported_as_one_version(tmp_path: Path, monitor: Commands) -> None:
    """In the order in which the manifest names them; nothing is left of a page that is not among them."""
    config = tmp_path / "config.yaml"
    text = PAGES.replace("PAGER", "{text: '^Next'}").replace("ADDRESS", "https://www.example.gov")
    config.write_text(text, encoding="utf-8")
    rows = ["file,captured_at,url"]
    for day, counties in (("05", COUNTIES[:12]), ("06", ["Zavala", *COUNTIES[:5]])):
        for path, body in in_pages(counties).items():
            if path != "/list?page=1":
                name = f"{day}-{path[-1]}.html"
                (tmp_path / name).write_bytes(body)
                rows.append(f"{name},2026-01-{day},https://www.example.gov{path}")
    rows[1:3] = rows[2:0:-1]  # the first page in front
    (tmp_path / "manifest.csv").write_text("\n".join(rows), encoding="utf-8")
    asked = ("--config", config, "--state", tmp_path / "state")
    ran = monitor(*asked, "import", "places", "--manifest", tmp_path / "manifest.csv")
    assert (ran.status, ran.out.splitlines()[-1]) == (1, "places: 3 files, 2 new versions, 0 already known")
    (hold,) = monitor(*asked, "holds", "--json").rows
    assert "the last 7 records of the file would be gone" in hold["hold_reason"]
    listed = monitor(*asked, "list", "places", "--json").rows
    assert [row["locator"]["part"] for row in listed] == [*["web page 1"] * 6, *["web page 2"] * 6]


def test_try_follows_the_pager(paged: Watch, monitor: Commands) -> None:
    """And reads all pages as one list."""
    ran = monitor("--config", paged.folder / "config.yaml", "try", "places", "--json")
    (tried,) = json.loads(ran.out)["files"]
    (directory,) = tried["lists"]
    assert (directory["records"], tried["fault"], tried["held"]) == (30, None, None)


def test_try_says_where_a_pager_goes_wrong(texts: Watch, monitor: Commands) -> None:
    """As a poll does."""
    publish_pages(texts.server, in_pages(COUNTIES[:24]))
    texts.poll()
    ran = monitor("--config", texts.folder / "config.yaml", "try", "places")
    assert ran.status == 1
    assert "goes on after 3 pages" in ran.out + ran.err
