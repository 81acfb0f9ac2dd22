"""Silence that can be trusted: the first line of the front page, and what was not looked at is shown so everywhere."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from bs4 import BeautifulSoup
from lxml import etree

from monitor.config.file import load
from monitor.sandbox.reader import Reader
from monitor.store import pages
from monitor.store.database import Store
from monitor.times import day_in_words, moment
from monitor.web import server as web_server
from monitor.web.app import application
from monitor.web.context import Access
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SOURCES = tuple(load(ROOT / "config.yaml").sources)


def polled(state: Path, **looked: tuple[timedelta, int]) -> None:
    """Make a history in which each source was polled so long before noon, with so many failures since a good poll."""
    with Store(state) as store, store.transaction():
        for name, (age, failures) in looked.items():
            at = (NOON - age).strftime("%Y-%m-%dT%H:%M:%SZ")
            good = (NOON - age - failures * timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%M:%SZ")
            store.write(
                """
                INSERT INTO sources (name, polled_at, succeeded_at, failures, fault)
                VALUES (:name, :at, :good, :failures, iif(:failures, 'answered 503', NULL))
                """,
                {"name": name.replace("_", "-"), "at": at, "good": good, "failures": failures},
            )


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A reader that is never asked."""
    with Reader(web_server.PAGE_LIMITS) as reader:
        yield reader


@contextmanager
def pages_at(state: Path, reader: Reader, now: list[datetime]) -> Iterator[httpx.Client]:
    """The pages of a history at a time that a test may change."""
    config = load(ROOT / "config.yaml")
    site = web_server.site(config, state, reader, access=Access(), now=lambda: now[0])
    server = web_server.server(application(site))
    with web_server.bound("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def first_line(client: httpx.Client) -> str:
    """What the front page says first."""
    page = BeautifulSoup(client.get("/").text, "html.parser")
    found = page.select_one("p.lead")
    assert found
    return found.get_text(" ", strip=True)


def states(client: httpx.Client) -> dict[str, str]:
    """The state of each source, as the API says it."""
    told: list[dict[str, Any]] = client.get("/api/sources").json()["sources"]
    return {each["source"]: each["state"] for each in told}


def test_nothing_changed_and_it_was_looked_at(tmp_path: Path, reader: Reader) -> None:
    """The age is that of the source which was looked at longest ago; it grows without anything in the database."""
    polled(
        tmp_path,
        **{name.replace("-", "_"): (timedelta(minutes=2 + 4 * (at == 1)), 0) for at, name in enumerate(SOURCES)},
    )
    now = [NOON]
    with pages_at(tmp_path, reader, now) as client:
        assert first_line(client) == "Nothing changed today; looked 6 minutes ago."
        tag = client.get("/").headers["etag"]
        assert client.get("/", headers={"if-none-match": tag}).status_code == 304
        now[0] += timedelta(minutes=5)
        assert client.get("/", headers={"if-none-match": tag}).status_code == 200
        assert first_line(client) == "Nothing changed today; looked 11 minutes ago."
        assert set(states(client).values()) == {"good"}


def test_what_was_not_looked_at_is_not_green(tmp_path: Path, reader: Reader) -> None:
    """A source that failed, one that nothing looked at for hours, and one that was never looked at: none is well."""
    polled(
        tmp_path,
        ice_ddor=(timedelta(minutes=3), 0),
        ice_287g=(timedelta(minutes=3), 2),
        dhs_sanctuary=(timedelta(hours=30), 0),
    )
    with pages_at(tmp_path, reader, [NOON]) as client:
        said = first_line(client)
        assert said.startswith("No change was seen today, but not everything could be looked at: ")
        assert "(last looked at 33 minutes ago)" in said
        assert "(last looked at 30 hours ago)" in said
        assert "(never looked at with success)" in said
        assert states(client) == {
            "ice-ddor": "good", "ice-287g": "failing", "dhs-sanctuary": "late", "doj-sanctuary": "never",
        }  # fmt: skip
        page = BeautifulSoup(client.get("/").text, "html.parser")
        assert len(page.select("article.source .pill.good")) == 1
        assert "last looked at 30 hours ago" in [pill.text for pill in page.select("article.source .pill.bad")]
        subtitle = etree.fromstring(client.get("/log.atom?source=dhs-sanctuary").content).findtext("{*}subtitle") or ""
        assert "last looked at 30 hours ago, so that silence says nothing" in subtitle
        fresh = etree.fromstring(client.get("/log.atom?source=ice-ddor").content).findtext("{*}subtitle") or ""
        assert "silence" not in fresh


def test_where_nothing_looks_nothing_is_said_of_today(tmp_path: Path, reader: Reader) -> None:
    """A daemon that stopped weeks ago makes no quiet day."""
    polled(tmp_path, **{name.replace("-", "_"): (timedelta(days=20), 0) for name in SOURCES})
    with pages_at(tmp_path, reader, [NOON]) as client:
        assert first_line(client) == (
            "Nothing can be said of today: no source was looked at in time, the last one 20 days ago."
        )
        assert set(states(client).values()) == {"late"}


def test_after_two_months_the_day_of_the_last_look_is_named(tmp_path: Path, reader: Reader) -> None:
    """A number of thousands of days would tell nobody anything."""
    polled(tmp_path, **{name.replace("-", "_"): (timedelta(days=800), 0) for name in SOURCES})
    with pages_at(tmp_path, reader, [NOON]) as client:
        day = day_in_words(f"{NOON - timedelta(days=800):%Y-%m-%d}")
        assert first_line(client).endswith(f"no source was looked at in time, the last one on {day}.")
        assert "days ago" not in client.get("/").text


def test_what_changed_today_comes_first(history: Path, reader: Reader) -> None:
    """On the day of the last change it is told; on the next day it is none of that day's."""
    with Store(history) as store:
        last = moment(pages.latest_seen(store, limit=1)[0].observed_at)
    now = [last]
    with pages_at(history, reader, now) as client:
        assert first_line(client).startswith("Today: ")
        now[0] += timedelta(days=1)
        assert not first_line(client).startswith("Today: ")


def test_a_held_version_is_no_quiet_day(history: Path, tmp_path: Path, reader: Reader) -> None:
    """What waits for a person is said beside what changed."""
    shutil.copytree(history, tmp_path / "state")
    with Store(tmp_path / "state") as store, store.transaction():
        store.write(
            "UPDATE versions SET status = 'held', hold_reason = 'x' WHERE id = (SELECT max(id) FROM versions)", {}
        )
    with pages_at(tmp_path / "state", reader, [NOON]) as client:
        assert first_line(client).endswith("1 version is held, and not told yet.")
