"""Half a gigabyte of memory is enough for all that the program does at once."""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import yaml

from monitor.demo import ddor, issues, pages, sheets
from monitor.demo.history import DDOR_PAGE
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES
from monitor.store.database import Store
from monitor.store.queries import integrity_faults
from tests.daemon.test_daemon import free_port
from tests.support.delivery import subscribing
from tests.support.paths import ROOT
from tests.support.small_machine import small_machine

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

SIZE = 512_000_000  # bytes
ROWS = 5_000
DEADLINE = 300.0  # seconds that the test waits for all to be recorded
PDF = "application/pdf"


def roster() -> list[sheets.Agreement]:
    """An agreement for each of five thousand places, the same at each call."""
    places = [
        (STATES[code][0].upper(), code, entry.jurisdiction.name)
        for code in STATES
        for entry in gazetteer.all_of(code)
        if entry.jurisdiction.level == "place" and entry.jurisdiction.name.isascii()
    ]
    chance = random.Random(512)
    return [
        sheets.Agreement(
            state=state,
            agency=f"{name} Police Department, {code}",
            type="Municipality",
            county=name,
            model="Task Force Model",
            signed=date(2025, 1, 1) + timedelta(days=number % 300),
        )
        for number, (state, code, name) in enumerate(chance.sample(sorted(set(places)), ROWS))
    ]


def publish(publisher: Publisher, agreements: list[sheets.Agreement], week: ddor.Week) -> None:
    """Publish a list of agreements and a weekly report, and the pages that link them."""
    at = datetime.now(UTC)
    participating, pending = (f"{issues.AGREEMENTS_FOLDER}/{name}.xlsx" for name in ("participating", "pending"))
    report = f"/doclib/ddor/{week.file_name}"
    few = [replace(each, signed=None) for each in agreements[:2]]
    for path, content, kind in (
        (participating, sheets.sheet(sheets.agreements_in_order(agreements)), issues.XLSX),
        (pending, sheets.sheet(few, sheets.PENDING_COLUMNS), issues.XLSX),
        (issues.AGREEMENTS_PAGE, pages.agreements(at, participating=participating, pending=pending), HTML_TYPE),
        (report, ddor.ddor_pdf(week), PDF),
        (DDOR_PAGE, pages.declined_detainers(at, reports=[(report, "The week")]), HTML_TYPE),
    ):
        publisher.publish(path, content, content_type=kind, at=at)


def configured(folder: Path, publisher: Publisher) -> Path:
    """The default configuration for a local server, with the two sources that have large files."""
    config = folder / "config.yaml"
    subscribing(config, publisher.address, channels={}, subscriptions={})
    tree = yaml.safe_load(config.read_text("utf-8"))
    tree["sources"] = {name: tree["sources"][name] | {"every": "1s"} for name in ("ice-287g", "ice-ddor")}
    tree["poll"] |= {"soonest": "1s"}
    tree["run"] = {"port": free_port()}
    config.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return config


def events(log: Path) -> list[dict[str, Any]]:
    """What a daemon has logged so far."""
    return [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]


def reports(log: Path, number: int) -> set[str]:
    """The reports, other than the pages that link them, of which a daemon has recorded a version with this number."""
    told = [each for each in events(log) if each["event"] == "version.recorded" and each["number"] == number]
    return {each["report"] for each in told} - {"page"}


def until(condition: Callable[[], object], log: Path) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, events(log)[-3:]
        time.sleep(0.1)


@dataclass
class Reader:
    """Somebody who looks at one page after the other, until told to stop."""

    port: int
    stopping: threading.Event
    answers: list[int]

    def look(self) -> None:
        """Ask for the log and the front page by turns, and note the status of each answer."""
        while not self.stopping.wait(0.2):
            for path in ("/", "/log"):
                with (
                    suppress(ConnectionRefusedError),
                    closing(HTTPConnection("127.0.0.1", self.port, timeout=120)) as web,
                ):
                    web.request("GET", path)
                    self.answers.append(web.getresponse().status)


def test_half_a_gigabyte_is_enough_for_all_at_once(tmp_path: Path) -> None:
    """Daemon, web pages and a backup, while a PDF of 35 pages and a sheet of 5,000 rows are replaced by revisions.

    Nothing is killed for want of memory, and all is recorded. The folder lies in memory too, and counts.
    """
    first, revised = ddor.history()[:2]
    agreements = roster()
    changed = [replace(each, type="County") if number % 100 == 7 else each for number, each in enumerate(agreements)]
    state, log, port = tmp_path / "state", tmp_path / "log", free_port()
    with ExitStack() as exits:
        machine = exits.enter_context(small_machine(SIZE))
        publisher, out = exits.enter_context(Publisher()), exits.enter_context(log.open("w"))
        publish(publisher, agreements, first)
        config = configured(tmp_path, publisher)
        command = [sys.executable, "-m", "monitor", "--config", str(config), "--state", str(state)]

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            process = machine.start([*command, *arguments], cwd=ROOT, stderr=out)
            exits.callback(process.wait)
            exits.callback(process.kill)
            return process

        daemon = start("run")
        until(lambda: len(reports(log, 1)) == len(("participating", "pending", "week")), log)
        web, person = start("web", "--port", str(port)), Reader(port, threading.Event(), [])
        exits.callback(person.stopping.set)
        looking = threading.Thread(target=person.look)
        looking.start()
        until(lambda: person.answers, log)
        publish(publisher, changed, revised)
        backup = start("backup", str(tmp_path / "backup"))
        until(lambda: len(reports(log, 2)) == len(("participating", "week")), log)
        assert backup.wait(DEADLINE) == 0
        person.stopping.set()
        looking.join()
        assert (daemon.poll(), web.poll()) == (None, None)
        for process in (daemon, web):
            process.send_signal(signal.SIGTERM)
        assert daemon.wait(DEADLINE) == 0
        web.wait(DEADLINE)
        assert machine.killed() == 0
        most = machine.most_bytes()
        assert most is None or most <= SIZE
    assert set(person.answers) == {200}
    assert not [each for each in events(log) if each["event"] in {"version.held", "version.failed", "unit.failed"}]
    with Store(state) as store:
        assert not integrity_faults(store)
        kinds = store.all(
            "SELECT list, kind, count(*) AS count FROM amendments GROUP BY list, kind ORDER BY list, kind"
        )
    assert [tuple(row.values()) for row in kinds] == [
        ("participating", "corrected", ROWS // 100),
        ("section-2", "corrected", 14),
    ]
    assert (tmp_path / "backup").is_dir()
