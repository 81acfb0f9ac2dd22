"""The real spreadsheets, polled with four subscriptions: what was sent names exactly what each one asked for."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.jurisdictions.states import code_of
from monitor.program import Program
from monitor.store import changelog
from monitor.store.search import LogFilter
from tests.steps.test_corpus import CORPUS, XLSX
from tests.support.delivery import SECRET, subscribing
from tests.support.slack_endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(not CORPUS.exists(), reason="the real spreadsheets are not beside the project"),
]

SUBSCRIPTIONS: dict[str, dict[str, object]] = {
    "everything": {},
    "texas": {"states": ["TX"]},
    "removals": {"kinds": ["removed"]},
    "monday": {"when": "0 8 * * mon", "time_zone": "America/Chicago"},
}
START = datetime(2025, 1, 1, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")
TOLD = {"added", "removed", "corrected", "withdrawn", "restored"}


def in_texas(entry: dict[str, Any]) -> bool:
    """True where a record says that it is in Texas, before or after, or was found to be."""
    sides = [side["state"] for side in (entry["before"], entry["after"]) if side]
    found = entry["jurisdiction"]["state"] if entry["jurisdiction"] else None
    return "TX" in {found, *map(code_of, sides)}


def wanted_by_all(entry: dict[str, Any]) -> bool:
    """True for what is told where nothing else is asked for."""
    return entry["kind"] in TOLD and not entry["minor"]


# What each asks for, by the change log alone.
WANTED: dict[str, Callable[[dict[str, Any]], bool]] = {
    "everything": wanted_by_all,
    "texas": lambda entry: wanted_by_all(entry) and in_texas(entry),
    "removals": lambda entry: entry["kind"] == "removed",
    "monday": wanted_by_all,
}


def published(publisher: Publisher) -> Iterator[datetime]:
    """The real files, put on the publisher's page one after the other."""
    links: dict[str, str] = {}
    with (CORPUS / "manifest.csv").open(encoding="utf-8") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: row["captured_at"])
    for row in rows:
        at = datetime.fromisoformat(row["captured_at"])
        path = links[row["list"]] = urlsplit(row["url"]).path
        publisher.publish(path, (CORPUS / row["file"]).read_bytes(), content_type=XLSX, at=at)
        page = "".join(f'<p><a href="{link}">{name}</a></p>' for name, link in links.items())
        html = f"<html><body><h1>287(g)</h1>{page}</body></html>".encode()
        publisher.publish("/identify-and-arrest/287g", html, content_type=HTML_TYPE, at=at)
        yield at


def test_each_subscription_is_sent_exactly_what_it_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All, Texas only, removals only, a weekly digest: joined together, each amendment once and no other."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with Publisher() as publisher, Endpoint() as endpoint:
        channels = {
            name: {"kind": "webhook", "url": endpoint.address(f"/{name}"), "secret_env": "HOOK_SECRET"}
            for name in SUBSCRIPTIONS
        }
        wanted = {name: {"channels": [name], "settle": "1m"} | given for name, given in SUBSCRIPTIONS.items()}
        subscribing(tmp_path / "config.yaml", publisher.address, channels=channels, subscriptions=wanted)
        with Program(config_path=tmp_path / "config.yaml", state_override=tmp_path / "state") as program:
            log = _replayed(program, publisher)
        sent: dict[str, list[dict[str, Any]]] = {name: [] for name in SUBSCRIPTIONS}
        for posted in endpoint.posted:
            sent[posted.path[1:]].append(json.loads(posted.content)["data"])
    for name, wants in WANTED.items():
        named = [entry["id"] for alert in sent[name] for entry in alert["entries"]]
        assert named == [entry["id"] for entry in log if wants(entry)], name
        assert len(named) > 10, name
    assert len({alert["head"] for alert in sent["everything"]}) > 50
    assert all(_of_one_week(alert) for alert in sent["monday"])


def _replayed(program: Program, publisher: Publisher) -> list[dict[str, Any]]:
    """Poll and process after each file, deliver a little later; and once more when the last digest is due."""
    present = [START]
    program.now = lambda: present[0]
    for at in published(publisher):
        present[0] = at
        for _ in program.poll(["ice-287g"]):
            assert not any(done.hold_reason for done in program.process())
        present[0] = at + timedelta(minutes=2)
        assert not any(done.fault for done in program.deliver())
    present[0] += timedelta(days=8)
    assert not any(done.fault for done in program.deliver())
    return [entry.to_json() for entry in changelog.log_entries(program.store, LogFilter())]


def _of_one_week(digest: dict[str, Any]) -> bool:
    """True where all that it names was observed between two Mondays, at eight in Chicago."""
    seen = [datetime.fromisoformat(entry["observed_at"]).astimezone(CHICAGO) for entry in digest["entries"]]
    # The first day that `toordinal` counts is a Monday.
    return len({((each - timedelta(hours=8)).toordinal() - 1) // 7 for each in seen}) <= 1
