"""Kills `monitor run` at random moments, under a publisher that changes every second and receivers that fail.

    python -m tests.support.crashes --rounds 500 --seed 1

In the end what the log says is held to what the publisher had really changed from version to version, the alerts to
the log, and what arrived to the alerts. Exit status 1 where something is missing, doubled or wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from monitor.config.sources import TOLD
from monitor.demo import issues, pages, sheets
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.jurisdictions.gazetteer import counties_of
from monitor.jurisdictions.states import STATES
from monitor.program import Program
from monitor.store import alerts
from tests.support.delivery import ANSWERS, SECRET, SENDING, Figures, Receivers, compare, subscribing
from tests.support.paths import ROOT, code_of
from tests.support.survival import WRITING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType
    from typing import Self

    from _typeshed import TraceFunction

    from monitor.store.database import Store

PERIOD = 1.0  # seconds between two changes of what is published
LONGEST = 3.0  # seconds until a daemon that has begun is killed
DEADLINE = 600.0  # seconds in which a daemon that is left alone must have logged a change
ROUNDS_OF_RETRY = 60  # of six hours each, until all must have been delivered
MORTAL = WRITING | SENDING | code_of("daemon/daemon", "cli/run")
LISTED = "participating"


@dataclass
class Agencies:
    """A publisher of a list that changes by itself, and the record of what it has published.

    Counties of every other state only come, and those of the rest only go, so that no two changes can be taken for
    one: what has changed between two versions is beyond dispute.
    """

    publisher: Publisher
    chance: random.Random
    issued: dict[str, dict[str, date]] = field(default_factory=dict)  # SHA-256: {agency: signed}
    current: str = ""

    def __post_init__(self) -> None:
        codes = sorted(code for code in STATES if len(counties_of(code)) > 40)
        self._coming = [self._agency(code, number) for code in codes[1::2] for number in range(12)]
        self._listed = {each.agency: each for each in (self._agency(code, 1) for code in codes)}
        self._listed |= {each.agency: each for each in (self._agency(code, 2) for code in codes[::2])}
        states = {STATES[code][0].upper() for code in codes[::2]}
        self._going = {each for each in self._listed if self._listed[each].state in states}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._publish_on, daemon=True)
        self._issue()

    def _agency(self, code: str, number: int) -> sheets.Agreement:
        county = [each.jurisdiction.name for each in counties_of(code) if each.jurisdiction.name.isascii()][number]
        return sheets.Agreement(
            state=STATES[code][0].upper(),
            agency=f"{county} Sheriff's Office, {code}",
            type="County",
            county=county,
            model="Task Force Model",
            signed=date(2025, 1, 1) + timedelta(days=self.chance.randrange(300)),
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _publish_on(self) -> None:
        while not self._ended.wait(PERIOD):
            self.change()

    def change(self) -> None:
        """Publish a list that differs."""
        for _ in range(self.chance.randint(0, 2)):
            if self._coming:
                new = self._coming.pop()
                self._listed[new.agency] = new
        if self._going and self.chance.random() < 0.1:
            gone = self.chance.choice(sorted(self._going))
            self._going.discard(gone)
            del self._listed[gone]
        for agency in self.chance.sample(sorted(self._listed), self.chance.randint(1, 2)):
            signed = self._listed[agency].signed
            assert signed
            self._listed[agency] = replace(self._listed[agency], signed=signed + timedelta(days=1))
        self._issue()

    def _issue(self) -> None:
        at = datetime.now(UTC)
        content = sheets.sheet(sheets.agreements_in_order(self._listed.values()))
        self.current = hashlib.sha256(content).hexdigest()
        self.issued[self.current] = {each.agency: each.signed for each in self._listed.values() if each.signed}
        paths = {
            "participating": f"{issues.AGREEMENTS_FOLDER}/participating.xlsx",
            "pending": f"{issues.AGREEMENTS_FOLDER}/pending.xlsx",
        }
        waiting = sheets.sheet([self._agency("TX", 30)], sheets.PENDING_COLUMNS)
        for path, body, kind in (
            (paths["participating"], content, issues.XLSX),
            (paths["pending"], waiting, issues.XLSX),
            (issues.AGREEMENTS_PAGE, pages.agreements(at, **paths), HTML_TYPE),
        ):
            self.publisher.publish(path, body, content_type=kind, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the rounds went: kills, versions, entries of the log, and what was wrong; of the alerts in `delivered`."""

    killed: int
    versions: int
    entries: int
    faults: tuple[str, ...]
    delivered: Figures


def play(rounds: int, *, seed: int, folder: Path) -> Ended:
    """Start the daemon and kill it, so often; then let it finish, and compare."""
    os.environ["HOOK_SECRET"] = SECRET
    chance = random.Random(seed)
    config, state = folder / "config.yaml", folder / "state"
    figures = Figures()
    with Publisher() as publisher, Receivers() as receivers:
        everything = {"channels": ["mail", "room", "hook"], "settle": "1s", "minor": True}
        wanted = {"everything": everything, "watch": {"channels": ["room", "mail"], "operator": True}}
        subscribing(config, publisher.address, channels=receivers.channels, subscriptions=wanted)
        hurried(config)
        with Agencies(publisher, random.Random(seed)) as agencies:
            killed = sum(_round(config, state, receivers, chance, number) for number in range(rounds))
        receivers.break_down("", "")
        _finish(config, state)
        with Program(config_path=config, state_override=state) as program:
            compare(program.store, receivers, figures)
            faults = [*_wrong_amendments(program.store, agencies), *_wrong_alerts(program.store), *figures.faults]
            versions, entries = (
                program.store.all(f"SELECT count(*) AS n FROM {table}")[0]["n"]  # of two names
                for table in ("versions", "amendments")
            )
        faults += _unverified(config, state)
    return Ended(killed=killed, versions=versions, entries=entries, faults=tuple(faults), delivered=figures)


def hurried(config: Path) -> None:
    """Leave one source in the configuration, and have it polled every second."""
    tree = yaml.safe_load(config.read_text("utf-8"))
    tree["sources"] = {issues.AGREEMENTS_SOURCE: tree["sources"][issues.AGREEMENTS_SOURCE] | {"every": "1s"}}
    tree["poll"] |= {"soonest": "1s"}
    tree["run"] = {"port": 0}
    config.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")


def _round(config: Path, state: Path, receivers: Receivers, chance: random.Random, number: int) -> bool:
    """One life of the daemon; True where it was killed by a signal, and not only ended.

    One in three is killed once it has logged a change: else those of a slow machine might all end before.
    """
    down = chance.random() < 0.5
    receivers.break_down(
        chance.choice(("mail", "room", "hook")) if down else "", chance.choice(tuple(ANSWERS)) if down else ""
    )
    arguments = ["--config", str(config), "--state", str(state), "run"]
    logs = number % 3 == 2
    module = ["monitor"] if chance.random() < 0.5 or logs else ["tests.support.crashes", "--die-at", _some_line(chance)]
    process = subprocess.Popen(
        [sys.executable, "-m", *module, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    if logs:
        _see_change(process)
    begun = logs or chance.random() < 0.1 or any("run.started" in line for line in process.stderr)
    with suppress(subprocess.TimeoutExpired):
        process.wait(chance.uniform(0, LONGEST if begun else 1))
    process.kill()
    _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said
    assert "Traceback" not in said, said
    return True


def _see_change(process: subprocess.Popen[str]) -> None:
    """Read a daemon's events until it has logged a change."""
    assert process.stderr
    end = threading.Timer(DEADLINE, process.kill)
    end.start()
    try:
        events = (json.loads(line) for line in process.stderr if line.startswith("{"))
        assert any(each["event"] == "version.recorded" and each["amendments"] for each in events)
    finally:
        end.cancel()


def _some_line(chance: random.Random) -> str:
    """A line of a function of ours, and how often it may be passed, like `poll.py:95#2`."""
    path = Path(chance.choice(sorted(MORTAL)))
    codes = [compile(path.read_text("utf-8"), str(path), "exec")]
    lines: set[int] = set()
    while codes:
        code = codes.pop()
        codes += [each for each in code.co_consts if inspect.iscode(each)]
        if code.co_flags & inspect.CO_OPTIMIZED:
            lines |= {line for _, _, line in code.co_lines() if line}
    return f"{path}:{chance.choice(sorted(lines))}#{chance.choice((1, 1, 2, 5))}"


def _finish(config: Path, state: Path) -> None:
    """Left alone, see what is published last, and deliver what waits: on a clock that goes on until nothing does."""
    with Program(config_path=config, state_override=state) as program:
        for polled in program.poll([issues.AGREEMENTS_SOURCE]):
            assert not polled.faults, polled.faults
        for _ in program.process():
            pass
    with Program(config_path=config, state_override=state) as program:
        begun = datetime.now(UTC)
        for hours in range(6, 6 * ROUNDS_OF_RETRY, 6):
            program.now = lambda hours=hours: begun + timedelta(hours=hours)  # type: ignore[misc]
            for _ in program.deliver():
                pass
            if not any(each.status == alerts.WAITING for each in alerts.open_deliveries(program.store)):
                return


def _wrong_amendments(store: Store, agencies: Agencies) -> list[str]:
    """Where the log says otherwise than the publisher knows, version by version."""
    rows = store.all(
        """
        SELECT versions.id, versions.status, captures.sha256 FROM versions
        JOIN reports ON reports.id = versions.report_id JOIN captures ON captures.id = versions.capture_id
        WHERE reports.key = :report ORDER BY versions.number
        """,
        {"report": LISTED},
    )
    wrong = [f"version {row['id']} is {row['status']}" for row in rows if row["status"] != "recorded"]
    if not rows or rows[-1]["sha256"] != agencies.current:
        wrong.append("the last version published is not the last one recorded")
    before: Mapping[str, date] | None = None
    for row in rows:
        after = agencies.issued[row["sha256"]]
        told = Counter(
            (each["kind"], json.loads(each["after"] or each["before"])["agency"])
            for each in store.all(
                "SELECT kind, before, after FROM amendments WHERE version_id = :id AND list = :list",
                {"id": row["id"], "list": LISTED},
            )
        )
        true = Counter[tuple[str, str]]()
        if before is not None:
            true.update(("added", each) for each in after.keys() - before.keys())
            true.update(("removed", each) for each in before.keys() - after.keys())
            true.update(("corrected", each) for each in after.keys() & before.keys() if after[each] != before[each])
        if told != true:
            wrong.append(f"version {row['id']}: the log has {told - true} too many and {true - told} too few")
        before = after
    return wrong


def _wrong_alerts(store: Store) -> list[str]:
    """Amendments that are to be told and are not, or twice."""
    rows = store.all(
        """
        SELECT amendments.id, count(alert_entries.alert_id) AS told FROM amendments
        LEFT JOIN alert_entries ON alert_entries.amendment_id = amendments.id
        WHERE amendments.kind IN (SELECT value FROM json_each(:told)) AND amendments.list = :list
        GROUP BY amendments.id HAVING told <> 1
        """,
        {"told": json.dumps(TOLD), "list": LISTED},
    )
    return [f"amendment {row['id']} is in {row['told']} alerts" for row in rows]


def _unverified(config: Path, state: Path) -> list[str]:
    """What `monitor verify` complains of."""
    from monitor.cli import main  # noqa: PLC0415 - not in the processes that are killed

    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        try:
            main(["--config", str(config), "--state", str(state), "verify"])
        except SystemExit as ended:
            return [out.getvalue()] if ended.code else []
    return []


def _mortal(die_at: str, arguments: list[str]) -> None:
    """Run a command in this process, and kill it where any thread comes to a line for the n-th time."""
    from monitor.cli import main  # noqa: PLC0415 - what is killed is the program alone

    place, _, number = die_at.partition("#")
    path, _, line = place.rpartition(":")
    passed = 0

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        nonlocal passed
        if frame.f_code.co_filename != path:
            return None
        if event == "line" and frame.f_lineno == int(line):
            passed += 1
            if passed == int(number):
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    main(arguments)


def _main(arguments: list[str]) -> None:
    if arguments[:1] == ["--die-at"]:
        _mortal(arguments[1], arguments[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m tests.support.crashes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        ended = play(given.rounds, seed=given.seed, folder=Path(temporary))
    figures = ended.delivered
    lines = [
        f"{ended.killed} kills; {ended.versions} versions, {ended.entries} entries of the log, {figures.alerts} alerts",
        *(f"{name}: {count} arrived, {figures.repeats[name]} repeats" for name, count in figures.arrived.items()),
        f"{len(ended.faults)} faults",
        *ended.faults,
    ]
    print("\n".join(lines))  # noqa: T201
    if ended.faults:
        sys.exit(1)


if __name__ == "__main__":
    _main(sys.argv[1:])
