"""What a poll keeps of its exchanges: one with each new capture, none for what is unchanged, all or nothing."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from monitor.changelog.verify import verify
from monitor.demo.publisher import HTML_TYPE
from monitor.demo.replay import localized
from monitor.demo.sheets import PENDING_COLUMNS, sheet
from monitor.sandbox.reader import Reader
from monitor.store import exchanges
from monitor.store.archive import Archive
from monitor.store.database import Store
from tests.steps.test_poll import AGREEMENTS, FIRST, NONE_PENDING, SECOND, XLSX, linking, watching
from tests.support.lists import CONFIG
from tests.support.paths import ROOT
from tests.support.servers import Page, Reply, Request, Server, redirect
from tests.support.striking import stages, strike

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Commands
    from tests.steps.test_poll import Watch

PAGE = linking("/participating.xlsx", "/pending.xlsx")
PACKED = gzip.compress(PAGE, 1)


def tagged(body: bytes, *headers: tuple[str, str]) -> Page:
    """A page that answers 304 to whoever has its tag."""

    def answer(request: Request) -> Reply:
        unchanged = request.headers.get("if-none-match") == '"1"'
        return Reply(status=304) if unchanged else Reply(headers=(("ETag", '"1"'), *headers), body=body)

    return answer


def site() -> dict[str, Page]:
    """A page that comes packed, a report behind a redirect, and one that comes as it is."""
    return {
        AGREEMENTS: tagged(PACKED, ("Content-Type", HTML_TYPE), ("Content-Encoding", "gzip")),
        "/participating.xlsx": redirect("/doclib/new.xlsx"),
        "/doclib/new.xlsx": tagged(sheet(FIRST), ("Content-Type", XLSX)),
        "/pending.xlsx": tagged(sheet(NONE_PENDING, PENDING_COLUMNS), ("Content-Type", XLSX)),
    }


@pytest.fixture
def server() -> Iterator[Server]:
    """The site."""
    with Server(site()) as server:
        yield server


@pytest.fixture
def watch(server: Server, tmp_path: Path) -> Iterator[Watch]:
    """The program, watching the site."""
    with Reader() as reader, watching(server.address(""), tmp_path, reader) as watch:
        yield watch


def captures(store: Store) -> list[tuple[str, exchanges.ExchangeRow]]:
    """The address of each capture, and how it came; there must be an exchange for each."""
    rows = store.all("SELECT id, url FROM captures ORDER BY id")
    found = [(row["url"], exchanges.exchange_of(store, row["id"])) for row in rows]
    assert store.one("SELECT count(*) AS n FROM exchanges") == {"n": len(rows)}
    return [(url, exchange) for url, exchange in found if exchange is not None]


def test_each_capture_has_the_exchange_that_brought_it(server: Server, watch: Watch) -> None:
    """Of the page the packed body is kept too, of the report behind a redirect who sent there."""
    watch.poll("ice-287g")
    archive = watch.program.archive
    (page_url, page), (moved_url, moved), (pending_url, pending) = captures(watch.program.store)
    assert (page_url, moved_url, pending_url) == tuple(
        map(server.address, (AGREEMENTS, "/participating.xlsx", "/pending.xlsx"))
    )
    assert page.packed_sha256 is not None
    assert (archive.get(page.packed_sha256), page.packed_bytes) == (PACKED, len(PACKED))
    assert (moved.packed_sha256, pending.packed_sha256, pending.redirects) == (None, None, ())
    assert moved.url == server.address("/doclib/new.xlsx")
    assert [(hop.url, hop.status, hop.headers[0]) for hop in moved.redirects] == [
        (server.address("/participating.xlsx"), 302, ("Location", "/doclib/new.xlsx"))
    ]
    assert page.asked_at < page.ended_at < moved.redirects[0].asked_at < moved.asked_at


def test_a_poll_without_news_writes_no_exchange(server: Server, watch: Watch) -> None:
    """Neither for what is not modified, nor for the same bytes sent again; of new bytes there is one more."""
    watch.poll("ice-287g")
    rows, files = watch.counts(), list(watch.program.archive.names())
    watch.poll("ice-287g")
    assert [request.headers.get("if-none-match") for request in server.requests[4:]] == ['"1"', None, None, '"1"']
    server.pages[AGREEMENTS] = Reply(
        headers=(("Content-Type", HTML_TYPE), ("Content-Encoding", "gzip")), body=gzip.compress(PAGE, 9)
    )
    watch.poll("ice-287g")
    assert (watch.counts(), list(watch.program.archive.names())) == (rows, files)
    server.pages["/doclib/new.xlsx"] = Reply(body=sheet(SECOND))
    watch.poll("ice-287g")
    assert watch.counts()["exchanges"] == rows["exchanges"] + 1
    assert "all as it was written" in verified(watch)


def verified(watch: Watch) -> str:
    """What is wrong with the state folder."""
    faults = verify(watch.program.store, watch.program.archive, watch.program.config).faults
    return "; ".join(faults) or "all as it was written"


def test_a_file_that_is_missing_is_found_and_a_backup_has_it(monitor: Commands, server: Server, tmp_path: Path) -> None:
    """A body as it came packed is as much kept as the bytes that are read."""
    monitor.config = tmp_path / "config.yaml"
    monitor.config.write_text(
        localized((ROOT / "config.yaml").read_text("utf-8"), CONFIG, server.address("")), encoding="utf-8"
    )
    assert monitor("poll", "ice-287g").status == 0
    backup = tmp_path / "backup"
    assert monitor("backup", backup).status == 0
    with Store(monitor.state) as store:
        packed = captures(store)[0][1].packed_sha256
    assert packed is not None
    assert Archive(backup / "archive").get(packed) == PACKED
    Archive(monitor.state / "archive").path(packed).unlink()
    ran = monitor("verify")
    assert ran.status == 1
    assert packed[2:] in ran.out + ran.err
    monitor.state = tmp_path / "restored"
    assert monitor("restore", backup).status == 0
    assert Archive(monitor.state / "archive").get(packed) == PACKED
    assert monitor("verify").status == 0


def test_killed_at_any_moment_nothing_is_lost_or_doubled(monitor: Commands, server: Server, tmp_path: Path) -> None:
    """Before the files, between files and row, between row and commit: the next poll has all of it, once."""
    monitor.config = tmp_path / "config.yaml"
    monitor.config.write_text(
        localized((ROOT / "config.yaml").read_text("utf-8"), CONFIG, server.address("")), encoding="utf-8"
    )

    def poll(name: str) -> tuple[object, ...]:
        monitor.state = tmp_path / name
        with Store(monitor.state):  # an empty one: that it is made whole is told in tests/store/test_migrations.py
            return ("--config", monitor.config, "--state", monitor.state, "poll", "ice-287g")

    modules = "store/exchanges,steps/captures"
    places = stages(modules, [tmp_path / "whole"], *poll("whole"))
    with Store(monitor.state) as store:
        wanted = [(url, row.packed_sha256, len(row.redirects)) for url, row in captures(store)]
    assert len(wanted) == 3
    assert len(places) > 2  # there is something between the files and their rows
    for number in places:
        assert strike(number, modules, *poll(f"killed-{number}"))
        assert monitor("poll", "ice-287g").status == 0
        with Store(monitor.state) as store:
            assert [(url, row.packed_sha256, len(row.redirects)) for url, row in captures(store)] == wanted
        assert monitor("verify").status == 0
