"""One list over several files, and one over several web pages: what is a version, what is not, and what is told."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.changelog.verify import verify
from monitor.fetch.fetcher import Fetcher
from monitor.program import Program
from monitor.sandbox.reader import Reader
from monitor.store import changelog, queries
from monitor.store.parts import parts_of_version
from monitor.store.search import LogFilter
from tests.support.servers import Reply, Request, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from monitor.steps.outcomes import Polled
    from monitor.store.rows import VersionRow

START = datetime(2026, 1, 5, tzinfo=UTC)
FILES = """
contact: tests
poll: { allow_private_addresses: true, timeout: 60s }
sources:
  places:
    page: ADDRESS/page
    reports:
      directory:
        kind: rolling
        format: csv
        match: { href: 'directory' }
        parts: true
        KEY
        lists:
          directory:
            columns: { name: [Name], state: [State] }
            key: [name, state]
            names: [name]
            jurisdiction: { name: name, state: state }
      other:
        kind: rolling
        format: csv
        match: { href: 'other' }
        lists:
          other:
            columns: { name: [Name], state: [State] }
            key: [name, state]
"""
PAGES = """
contact: tests
poll: { allow_private_addresses: true, timeout: 60s }
sources:
  places:
    page: ADDRESS/list
    reports:
      directory:
        kind: page
        format: html
        pager: PAGER
        lists:
          directory:
            columns: { name: [Name], state: [State] }
            key: [name, state]
            names: [name]
            jurisdiction: { name: name, state: state }
"""
COUNTIES = (
    "Anderson", "Andrews", "Angelina", "Aransas", "Archer", "Armstrong", "Atascosa", "Austin", "Bailey", "Bandera",
    "Bastrop", "Baylor", "Bee", "Bell", "Bexar", "Blanco", "Borden", "Bosque", "Bowie", "Brazoria", "Brazos",
    "Brewster", "Briscoe", "Brooks", "Brown", "Burleson", "Burnet", "Caldwell", "Calhoun", "Callahan", "Cameron",
)  # fmt: skip
NORTH, SOUTH, WEST = COUNTIES[:8], COUNTIES[8:16], COUNTIES[16:24]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One worker process for all tests."""
    with Reader() as reader:
        yield reader


@dataclass(kw_only=True)
class Watch:
    """The program on a state folder, and the server that it watches."""

    server: Server
    folder: Path
    reader: Reader
    config: str
    at: datetime = START
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def program(self) -> Iterator[Program]:
        """The program, started anew."""
        path = self.folder / "config.yaml"
        path.write_text(self.config.replace("ADDRESS", self.server.address("")), encoding="utf-8")
        with Program(config_path=path, state_override=self.folder / "state", now=lambda: self.at) as program:
            program.reader = self.reader
            program.fetcher = Fetcher(poll=program.config.poll, contact="tests", sleep=lambda _: None)
            with program.fetcher:
                yield program

    def poll(self) -> Polled:
        """A poll, and what the second step makes of it."""
        self.at += timedelta(minutes=15)
        with self.program() as program:
            (polled,) = program.poll(["places"])
            self.faults = [done.fault or done.hold_reason or "" for done in program.process()]
            self.faults = [fault for fault in self.faults if fault]
        return polled

    def told(self) -> list[str]:
        """The change log in short."""
        with self.program() as program:
            return [
                f"{entry.kind} {(entry.after or entry.before or {}).get('name', '')}".strip()
                for entry in changelog.log_entries(program.store, LogFilter())
            ]

    def versions(self) -> list[VersionRow]:
        """The versions of the report in several parts."""
        with self.program() as program:
            rows = queries.all_versions(program.store)
            return [version for version, _ in rows if version.report_key == "directory"]

    def listed(self) -> list[str]:
        """The names that are listed now, sorted, each with its place."""
        with self.program() as program:
            found = program.store.all(
                "SELECT fields, seen_locator FROM records WHERE list = 'directory' AND last_version IS NULL"
            )
            return sorted(
                f"{json.loads(row['fields'])['name']}: {json.loads(row['seen_locator']).get('part')}" for row in found
            )

    def unsound(self) -> tuple[str, ...]:
        """What `verify` finds wrong, or not named by anything."""
        with self.program() as program:
            found = verify(program.store, program.archive, program.config)
        return found.faults + found.remarks


def names(listed: Sequence[str]) -> list[str]:
    """The names alone."""
    return [each.split(":")[0].removesuffix(" County") for each in listed]


def tagged(body: bytes, content_type: str) -> Callable[[Request], Reply]:
    """A page that answers conditional requests."""
    tag = f'"{hashlib.sha256(body).hexdigest()}"'

    def page(request: Request) -> Reply:
        if request.headers.get("if-none-match") == tag:
            return Reply(status=304)
        return Reply(headers=(("Content-Type", content_type), ("ETag", tag)), body=body)

    return page


def csv(counties: Sequence[str]) -> Callable[[Request], Reply]:
    """A file with these counties."""
    rows = "".join(f"{name} County,TX\n" for name in counties)
    return tagged(f"Name,State\n{rows}".encode(), "text/csv")


def links(*paths: str) -> Callable[[Request], Reply]:
    """A page that links these files."""
    said = "".join(f"<p><a href='{path}'>{path}</a></p>" for path in (*paths, "/other.csv"))
    return tagged(f"<!DOCTYPE html><html><title>Places</title>{said}</html>".encode(), "text/html")


def publish(server: Server, **files: Sequence[str]) -> None:
    """Publish these files, linked in this order."""
    for path in [path for path in server.pages if "directory" in path]:
        del server.pages[path]
    paths = {f"/{name.replace('_', '-')}.csv": counties for name, counties in files.items()}
    server.pages["/page"] = links(*paths)
    server.pages["/other.csv"] = csv(COUNTIES[24:])
    for path, counties in paths.items():
        server.pages[path] = csv(counties)


@pytest.fixture
def watch(tmp_path: Path, reader: Reader) -> Iterator[Watch]:
    """A directory in three files by region, which was polled once."""
    with Server() as server:
        publish(server, directory_north=NORTH, directory_south=SOUTH, directory_west=WEST)
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=FILES.replace("KEY", ""))
        polled = watch.poll()
        assert (polled.faults, watch.faults) == ((), [])
        yield watch


def test_three_files_are_one_version_and_each_record_says_in_which_it_stands(watch: Watch) -> None:
    (version,) = watch.versions()
    assert version.file_name == "directory (3 files)"
    assert names(watch.listed()) == sorted([*NORTH, *SOUTH, *WEST])
    assert watch.listed()[0] == "Anderson County: directory-north.csv"
    with watch.program() as program:
        parts = parts_of_version(program.store, version.id)
        said = program.archive.get(version.sha256).decode().splitlines()
        assert said[0] == '{"list":"monitor-parts","version":1}'
        assert [json.loads(line)["sha256"] for line in said[1:]] == [part.sha256 for part in parts]
        for part in parts:
            assert (
                program.archive.get(part.sha256)
                == watch.server.pages[f"/{part.name}"](  # type: ignore[operator]
                    Request(method="GET", path="", headers={})
                ).body
            )
    assert watch.unsound() == ()


def test_an_unchanged_poll_asks_once_for_each_part_and_writes_nothing(watch: Watch) -> None:
    def rows() -> dict[str, int]:
        with watch.program() as program:
            tables = [row["name"] for row in program.store.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: len(program.store.all(f"SELECT 1 FROM {name}")) for name in tables}

    before, asked = rows(), len(watch.server.requests)
    polled = watch.poll()
    assert polled.is_quiet
    assert watch.server.paths()[asked:].count("/directory-north.csv") == 1
    assert len(watch.server.requests) - asked == 5
    assert all("if-none-match" in request.headers for request in watch.server.requests[asked:])
    assert rows() == before


def test_a_part_that_is_replaced_is_told(watch: Watch) -> None:
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH[1:], "Zavala"])
    assert watch.poll().kept == 1
    assert (watch.told(), watch.faults) == (["added Zavala County", "removed Bailey County"], [])
    first, second = watch.versions()
    with watch.program() as program:
        old, new = (parts_of_version(program.store, each.id) for each in (first, second))
    assert [a.capture_id == b.capture_id for a, b in zip(old, new, strict=True)] == [True, False, True]
    assert watch.unsound() == ()


def test_who_goes_from_one_file_to_another_is_not_removed_and_added(watch: Watch) -> None:
    watch.server.pages["/directory-north.csv"] = csv(NORTH[1:])
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH, NORTH[0]])
    assert watch.poll().kept == 1
    assert (watch.told(), watch.faults) == ([], [])
    assert watch.listed()[0] == "Anderson County: directory-south.csv"


def test_files_that_are_replaced_while_they_are_read_are_read_anew(watch: Watch) -> None:
    """The north is fetched with Anderson gone, the south before Anderson came: a look later both are new."""
    north, south = csv(NORTH[1:]), csv([*SOUTH, NORTH[0]])
    stale = watch.server.pages["/directory-south.csv"]
    asked = []

    def replaced(request: Request) -> Reply:
        asked.append(request)
        page = stale if len(asked) == 1 else south
        assert callable(page)
        reply = page(request)
        assert isinstance(reply, Reply)
        return reply

    watch.server.pages["/directory-north.csv"] = north
    watch.server.pages["/directory-south.csv"] = replaced
    assert watch.poll().kept == 1
    assert (watch.told(), watch.faults, len(watch.versions())) == ([], [], 2)
    assert len(asked) == 3


def test_files_that_change_at_each_look_make_no_version(watch: Watch) -> None:
    asked: list[Request] = []

    def restless(request: Request) -> Reply:
        asked.append(request)
        return csv(NORTH[len(asked) :])(request)

    watch.server.pages["/directory-north.csv"] = restless
    polled = watch.poll()
    assert (polled.kept, len(watch.versions())) == (0, 1)
    assert "change while they are read" in polled.faults[0]


def test_a_part_twice_is_held_where_it_stood_once(watch: Watch) -> None:
    """It was put into the new file, and not yet taken out of the old one: that is neither an addition nor a removal."""
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH, NORTH[0]])
    watch.poll()
    assert watch.told() == []
    assert "as 'Anderson County, TX' in directory-north.csv and directory-south.csv" in watch.faults[0]
    watch.server.pages["/directory-north.csv"] = csv(NORTH[1:])
    watch.poll()
    assert (watch.told(), watch.faults) == ([], [])
    assert [str(version.status) for version in watch.versions()] == ["recorded", "rejected", "recorded"]


def test_a_part_that_is_renamed_is_no_change(watch: Watch) -> None:
    publish(watch.server, directory_n=NORTH, directory_south=SOUTH, directory_west=WEST)
    assert (watch.poll().kept, watch.told(), len(watch.versions())) == (0, [], 1)


def test_a_part_that_is_renamed_and_changed_is_compared_with_the_one_before(watch: Watch) -> None:
    publish(watch.server, directory_n_2026=[*NORTH, "Zavala"], directory_south=SOUTH, directory_west=WEST)
    assert watch.poll().kept == 1
    assert (watch.told(), watch.faults) == (["added Zavala County"], [])
    assert watch.listed()[0] == "Anderson County: directory-n-2026.csv"


def test_a_new_part_brings_its_records(watch: Watch) -> None:
    publish(watch.server, directory_east=["Zapata", "Zavala"], directory_north=NORTH, directory_south=SOUTH,
            directory_west=WEST)  # fmt: skip
    assert watch.poll().kept == 1
    assert (sorted(watch.told()), watch.faults) == (["added Zapata County", "added Zavala County"], [])


def test_a_part_that_is_linked_no_more_is_gone_when_three_polls_have_found_it_so(watch: Watch) -> None:
    publish(watch.server, directory_north=NORTH, directory_south=SOUTH)
    for number in (1, 2):
        polled = watch.poll()
        assert (polled.kept, polled.faults, watch.told()) == (0, (), [])
        assert (
            f"no longer links directory-west.csv, a part of the report 'directory'; to be confirmed, found gone "
            f"{number} of 3 times" in polled.notes[0]
        )
    assert watch.poll().kept == 1
    assert [str(version.status) for version in watch.versions()] == ["recorded", "recorded"]
    assert sorted(watch.told()) == sorted(f"removed {name} County" for name in WEST)
    assert watch.unsound() == ()
    assert watch.poll().is_quiet


def test_a_part_that_is_back_before_the_third_poll_was_never_gone(watch: Watch) -> None:
    everything = {"directory_north": NORTH, "directory_south": SOUTH, "directory_west": WEST}
    for _ in range(2):
        publish(watch.server, directory_north=NORTH, directory_south=SOUTH)
        watch.poll()
        watch.poll()
        publish(watch.server, **everything)
        assert watch.poll().kept == 0
    assert (watch.told(), len(watch.versions())) == ([], 1)


def test_a_part_that_may_be_there_under_a_name_that_nothing_matches_is_not_gone(watch: Watch) -> None:
    publish(watch.server, directory_north=NORTH, directory_south=SOUTH)
    watch.server.pages["/page"] = links("/directory-north.csv", "/directory-south.csv", "/western-places.csv")
    for _ in range(4):
        polled = watch.poll()
        assert "but since then" in polled.faults[0]
        assert "/western-places.csv" in polled.faults[0]
    assert (watch.told(), len(watch.versions())) == ([], 1)


def test_a_part_whose_file_is_not_found_waits_for_three_polls(watch: Watch) -> None:
    del watch.server.pages["/directory-west.csv"]
    watch.server.pages["/directory-north.csv"] = csv([*NORTH, "Zavala"])
    for _ in range(2):
        polled = watch.poll()
        assert (polled.kept, polled.faults) == (0, ())
    assert watch.told() == []
    watch.poll()
    assert sorted(watch.told()) == sorted(["added Zavala County", *(f"removed {name} County" for name in WEST)])
    assert watch.poll().is_quiet
    watch.server.pages["/directory-west.csv"] = csv(WEST)
    watch.poll()
    assert watch.told()[9:] == [f"added {name} County" for name in WEST]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=503),
        Reply(status=403),
        Reply(headers=(("Content-Type", "text/html"),), body=b"<html><title>Access Denied</title>Access Denied</html>"),
        Reply(headers=(("Content-Type", "text/csv"),)),
    ],
    ids=["error", "forbidden", "block page", "empty"],
)
def test_a_part_that_cannot_be_had_makes_no_version(watch: Watch, reply: Reply) -> None:
    watch.server.pages["/directory-north.csv"] = csv([*NORTH, "Zavala"])
    watch.server.pages["/directory-west.csv"] = reply
    for _ in range(4):
        polled = watch.poll()
        assert (polled.kept, watch.told(), len(watch.versions())) == (0, [], 1)
        assert "/directory-west.csv" in polled.faults[0]
    watch.server.pages["/directory-west.csv"] = csv(WEST)
    watch.poll()
    assert (watch.told(), watch.unsound()) == (["added Zavala County"], ())


def test_a_report_all_of_whose_parts_are_gone_is_taken_down_and_comes_back(watch: Watch) -> None:
    publish(watch.server)
    for _ in range(3):
        assert watch.poll().faults == ()
    assert watch.told() == ["withdrawn"]
    publish(watch.server, directory_north=NORTH, directory_south=SOUTH, directory_west=WEST)
    watch.poll()
    assert watch.told() == ["withdrawn", "restored"]
    assert watch.unsound() == ()


def test_with_a_key_the_latest_file_of_a_region_counts(tmp_path: Path, reader: Reader) -> None:
    with Server() as server:
        publish(server, directory_north_010126=NORTH, directory_south_010126=SOUTH)
        text = FILES.replace("KEY", r"key: 'directory-(\w+)-\d{6}'")
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=text)
        watch.poll()
        publish(server, directory_north_010126=NORTH, directory_north_020126=[*NORTH, "Zavala"],
                directory_south_010126=SOUTH)  # fmt: skip
        watch.poll()
        assert (watch.told(), watch.faults) == (["added Zavala County"], [])
        with watch.program() as program:
            parts = parts_of_version(program.store, watch.versions()[-1].id)
        assert [(part.key, part.name) for part in parts] == [
            ("north", "directory-north-020126.csv"),
            ("south", "directory-south-010126.csv"),
        ]


def test_files_of_one_name_in_two_folders_are_two_parts(tmp_path: Path, reader: Reader) -> None:
    with Server() as server:
        publish(server, **{"north/directory": NORTH, "south/directory": SOUTH})
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=FILES.replace("KEY", ""))
        watch.poll()
        assert names(watch.listed()) == sorted([*NORTH, *SOUTH])
        assert len({each.split(": ")[1] for each in watch.listed()}) == 2


def test_a_part_that_cannot_be_read_holds_the_version_and_is_named(watch: Watch) -> None:
    watch.server.pages["/directory-west.csv"] = tagged(b"Place,Where\nBell County,TX\n", "text/csv")
    watch.poll()
    assert watch.faults[0].startswith("directory-west.csv: ")
    assert names(watch.listed()) == sorted([*NORTH, *SOUTH, *WEST])


def table(counties: Sequence[str], pager: str = "", *, note: str = "") -> bytes:
    """A web page with a table of these counties."""
    rows = "".join(f"<tr><td>{name} County</td><td>TX</td></tr>" for name in counties)
    return (
        f"<!DOCTYPE html><html><title>Places</title><p>{note}</p><table><tr><th>Name</th><th>State</th></tr>{rows}"
        f"</table>{pager}</body></html>"
    ).encode()


def next_links(number: int, count: int) -> str:
    """A pager by its text."""
    return f"<a href='/list?page={number + 1}'>Next</a>" if number < count else "<a href='#'>Next</a>"


def number_links(number: int, count: int) -> str:
    """A row of numbers; the first page is `?page=1` there."""
    return " ".join(f"<a href='/list?page={other}'>{other}</a>" for other in range(1, count + 1) if other != number)


Pager = "Callable[[int, int], str]"


def in_pages(counties: Sequence[str], pager: Callable[[int, int], str] = next_links) -> Mapping[str, bytes]:
    """A list in pages of six, by path."""
    pieces = [counties[begin : begin + 6] for begin in range(0, len(counties), 6)]
    bodies = {
        f"/list?page={number}": table(piece, pager(number, len(pieces))) for number, piece in enumerate(pieces, 1)
    }
    return bodies | {"/list": bodies["/list?page=1"]}


def publish_pages(server: Server, bodies: Mapping[str, bytes]) -> None:
    """Publish these pages, and no others."""
    server.pages.clear()
    server.pages.update({path: tagged(body, "text/html") for path, body in bodies.items()})


@pytest.fixture(params=["{text: '^Next'}", r"{href: 'page=\d+'}"], ids=["text", "numbers"])
def paged(request: pytest.FixtureRequest, tmp_path: Path, reader: Reader) -> Iterator[Watch]:
    """A list over five pages, which was polled once."""
    with Server() as server:
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=PAGES.replace("PAGER", request.param))
        watch.pager = next_links if "text" in request.param else number_links  # type: ignore[attr-defined]
        publish_pages(server, in_pages(COUNTIES[:30], watch.pager))  # type: ignore[attr-defined]
        polled = watch.poll()
        assert (polled.faults, watch.faults) == ((), [])
        yield watch


def put(watch: Watch, counties: Sequence[str]) -> None:
    """Publish another list."""
    publish_pages(watch.server, in_pages(counties, watch.pager))  # type: ignore[attr-defined]


def test_five_pages_are_one_version(paged: Watch) -> None:
    (version,) = paged.versions()
    assert version.file_name == "directory (5 pages)"
    assert names(paged.listed()) == sorted(COUNTIES[:30])
    assert paged.listed()[-1] == "Callahan County: web page 5"
    assert paged.poll().is_quiet
    assert paged.unsound() == ()


def test_one_record_that_pushes_all_others_across_the_pages_is_all_that_is_told(paged: Watch) -> None:
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
    old = in_pages(["Zavala", *COUNTIES[:29]], paged.pager)  # type: ignore[attr-defined]
    new = in_pages(["Zavala", *COUNTIES[:8], *COUNTIES[9:29]], paged.pager)  # type: ignore[attr-defined]

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
    asked = [0]

    def restless(request: Request) -> Reply:
        asked[0] += 1
        body = table(COUNTIES[asked[0] : asked[0] + 6], paged.pager(1, 5))  # type: ignore[attr-defined]
        return Reply(headers=(("Content-Type", "text/html"),), body=body)

    paged.server.pages["/list"] = restless
    polled = paged.poll()
    assert (polled.kept, paged.told()) == (0, [])
    assert "the list changes while its pages are read" in polled.faults[0]


def test_a_page_of_the_list_that_cannot_be_had_makes_no_version(paged: Watch) -> None:
    for reply in (Reply(status=404), Reply(status=503), Reply(status=403)):
        put(paged, ["Zavala", *COUNTIES[:29]])
        paged.server.pages["/list?page=3"] = reply
        polled = paged.poll()
        assert (polled.kept, paged.told(), len(polled.faults)) == (0, [], 1)
        assert "/list?page=3" in polled.faults[0]


def test_a_pager_that_is_another_kind_of_link_now_holds_the_version(paged: Watch) -> None:
    body = table(COUNTIES[:6], "<button>Load more</button>")
    publish_pages(paged.server, {"/list": body})
    paged.poll()
    assert "the page has a link to further pages, and these are not read" in paged.faults[0]
    assert len(paged.listed()) == 30


@pytest.fixture
def texts(tmp_path: Path, reader: Reader) -> Iterator[Watch]:
    """A program that follows "Next", and a server without pages."""
    with Server() as server:
        yield Watch(
            server=server, folder=tmp_path, reader=reader, config=PAGES.replace("PAGER", "{text: '^Next', at_most: 3}")
        )


def test_a_pager_that_leads_in_a_circle_is_named(texts: Watch) -> None:
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
    publish_pages(texts.server, {"/list": table(COUNTIES[:6], "<a href='http://elsewhere.example/list'>Next</a>")})
    polled = texts.poll()
    assert "leads to another server, http://elsewhere.example/list" in polled.faults[0]
    assert "sources.places.hosts" in polled.faults[0]
    assert texts.versions() == []


def test_a_list_of_more_pages_than_are_allowed_is_named(texts: Watch) -> None:
    publish_pages(texts.server, in_pages(COUNTIES[:24]))
    polled = texts.poll()
    assert "goes on after 3 pages" in polled.faults[0]
    assert "`at_most`" in polled.faults[0]
    assert (texts.versions(), len(texts.server.requests)) == ([], 3)


def test_a_list_of_one_page_is_a_version_of_one(texts: Watch) -> None:
    publish_pages(texts.server, {"/list": table(COUNTIES[:6])})
    texts.poll()
    assert texts.versions()[0].file_name == "directory (1 page)"
    publish_pages(texts.server, in_pages(COUNTIES[:12]))
    texts.poll()
    assert texts.told() == [f"added {name} County" for name in COUNTIES[6:12]]
