"""The real spreadsheets, where they lie beside the project: scored; the same whether imported or polled; and told.

They are imported once and polled once, with four subscriptions.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.jurisdictions.states import code_of
from monitor.program import Program
from monitor.store.search import LogFilter, log_entries
from tests.support.delivery import SECRET, subscribing
from tests.support.paths import ROOT
from tests.support.slack_endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CORPUS = ROOT.parent / "shared" / "corpus"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

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
TOLD = {"added", "removed", "corrected", "moved", "withdrawn", "restored"}


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


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the whole series imported by the real command."""
    state = tmp_path_factory.mktemp("imported")
    command = [sys.executable, "-m", "monitor", "--config", str(ROOT / "config.yaml"), "--state", str(state)]
    subprocess.run([*command, "import", "ice-287g", "--manifest", str(CORPUS / "manifest.csv")], check=True)
    return state


@pytest.fixture(scope="module")
def logged(imported: Path) -> str:
    """The change log of what was imported, as `monitor log --json` prints it."""
    command = [sys.executable, "-m", "monitor", "--config", str(ROOT / "config.yaml"), "--state", str(imported)]
    done = subprocess.run(
        [*command, "log", "--source", "ice-287g", "--json"], check=True, capture_output=True, text=True
    )
    return done.stdout


@dataclass(frozen=True, kw_only=True)
class Polled:
    """What a program that polled the files has told: its change log, and what was sent, by subscription."""

    log: list[dict[str, Any]]
    sent: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Polled:
    """The files published one after the other, each polled, processed and delivered."""
    folder = tmp_path_factory.mktemp("polled")
    with Publisher() as publisher, Endpoint() as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOK_SECRET", SECRET)
        channels = {
            name: {"kind": "webhook", "url": endpoint.address(f"/{name}"), "secret_env": "HOOK_SECRET"}
            for name in SUBSCRIPTIONS
        }
        wanted = {name: {"channels": [name], "settle": "1m"} | given for name, given in SUBSCRIPTIONS.items()}
        subscribing(folder / "config.yaml", publisher.address, channels=channels, subscriptions=wanted)
        with Program(config_path=folder / "config.yaml", state_override=folder / "state") as program:
            log = _replayed(program, publisher)
        sent: dict[str, list[dict[str, Any]]] = {name: [] for name in SUBSCRIPTIONS}
        for posted in endpoint.posted:
            sent[posted.path[1:]].append(json.loads(posted.content)["data"])
    return Polled(log=log, sent=sent)


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


@pytest.mark.parametrize(
    "need",
    [
        ["--need", "added=0.997", "removed=0.995", "corrected=0.997"],
        ["--list", "participating", "--need", "added=0.997", "removed=1.0", "corrected=0.997"],
    ],
)
def test_the_change_log_agrees_with_the_hand_made_truth(logged: str, need: list[str]) -> None:
    """Precision and recall reach what is needed; of participating agencies none is falsely said to be gone."""
    score = [sys.executable, str(CORPUS / "score.py"), str(CORPUS / "truth.jsonl"), *need]
    done = subprocess.run(score, input=logged, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def named(record: dict[str, str]) -> tuple[str, ...]:
    """What tells a record from others, as `score.py` compares it."""
    return tuple(" ".join(record[field].split()).casefold() for field in ("state", "agency", "support_type"))


def test_what_moved_to_the_other_list_is_told_as_moved(logged: str) -> None:
    """Of the removals that the truth calls moved nearly all, of those without a trace in the other list nearly none."""
    entries = {entry["id"]: entry for entry in map(json.loads, logged.splitlines())}
    moved = {entry["of"][0] for entry in entries.values() if entry["kind"] == "moved"}
    found = {(entry["version"], named(entry["before"])) for entry in entries.values() if entry["id"] in moved}
    assert len(found) == len(moved)  # each removal is tied at most once
    truth = [json.loads(line) for line in (CORPUS / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    pending = [each for each in truth if each["kind"] == "removed" and each["list"] == "pending"]
    left = {(each["to_sha"], named(each["old"])): each["reason"] for each in pending}
    assert found <= left.keys()
    true = {each for each, reason in left.items() if reason == "moved"}
    assert len(true & found) >= 0.99 * len(true)
    untraced = {each for each in found if left[each] == "gone from the list"}
    ties = [entry for entry in entries.values() if entry["kind"] == "moved"]
    there = {(entries[tie["of"][0]]["version"], named(tie["before"])): named(tie["after"])[1] for tie in ties}
    respelt = [each for each in untraced if there[each].removeprefix("city of ") != each[1][1].removeprefix("city of ")]
    assert len(respelt) <= 5  # under another spelling of the name, and not only with "City of" before it


def test_no_real_file_is_held(imported: Path) -> None:
    """All 99 files are recorded."""
    with Program(config_path=ROOT / "config.yaml", state_override=imported) as program:
        statuses = program.store.all("SELECT status, count(*) AS files FROM versions GROUP BY status")
    assert statuses == [{"status": "recorded", "files": 99}]


def test_polled_step_by_step_the_history_is_the_same(logged: str, polled: Polled) -> None:
    """A server that publishes the files one after the other leads to the same amendments in the same order."""
    assert [entry["entry_hash"] for entry in polled.log] == [
        json.loads(line)["entry_hash"] for line in logged.splitlines()
    ]


def test_each_subscription_is_sent_exactly_what_it_asked_for(polled: Polled) -> None:
    """All, Texas only, removals only, a weekly digest: joined together, each amendment once and no other."""
    for name, wants in WANTED.items():
        named = [entry["id"] for alert in polled.sent[name] for entry in alert["entries"]]
        assert named == [entry["id"] for entry in polled.log if wants(entry)], name
        assert len(named) > 10, name
    assert len({alert["head"] for alert in polled.sent["everything"]}) > 50
    assert all(_of_one_week(alert) for alert in polled.sent["monday"])


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
    return [entry.to_json() for entry in log_entries(program.store, LogFilter())]


def _of_one_week(digest: dict[str, Any]) -> bool:
    """True where all that it names was observed between two Mondays, at eight in Chicago."""
    seen = [datetime.fromisoformat(entry["observed_at"]).astimezone(CHICAGO) for entry in digest["entries"]]
    # The first day that `toordinal` counts is a Monday.
    return len({((each - timedelta(hours=8)).toordinal() - 1) // 7 for each in seen}) <= 1
