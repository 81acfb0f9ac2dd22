"""Kills the real program at random moments, runs it again, and holds it to what it writes when it is left alone.

    python -m tests.survival --rounds 100 --seed 1 --what import

Prints where the kills struck; exit status 1 where a history came out otherwise.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli import main as monitor
from monitor.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from monitor.demo.step import Step
    from monitor.store.outbox import AlertRow

ROOT = Path(__file__).parents[1]
DEADLINE = 120  # seconds in which one run must have ended
# Where the program writes: these are the modules in which a line is chosen to die at.
WATCHED = ("poll", "process", "importing", "program", "archive", "deliver", "store/__init__", "store/keeping")
WATCHED += ("store/recording", "store/changelog", "store/outbox")
FILES = frozenset(str(ROOT / "monitor" / f"{name}.py") for name in WATCHED)
MOMENT = "2025-10-01T12:00:00+00:00"  # when all interrupted polls say that they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is interrupted: a command on a state folder that starts as a copy of `before`."""

    name: str
    config: Path
    before: Path
    command: tuple[str, ...]  # as in `python -m ...`
    lists: tuple[tuple[str, str], ...]  # source and list, to be looked at afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that a state folder tells, as text to be compared."""

    log: str
    versions: str
    records: str
    alerts: str
    verified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The work left alone: what it wrote, how long it took, and how many watched lines it ran."""

    history: History
    seconds: float
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """One round: how far the work was when it was killed, each time, and whether its history came out the same."""

    struck: tuple[str, ...]
    history: History


# What is interrupted


@contextmanager
def an_import(folder: Path) -> Iterator[Work]:
    """`monitor import` of the demo's 287(g) story: 33 spreadsheets, two of them to be held."""
    from monitor.demo import issues  # noqa: PLC0415 - a killed process needs none of it

    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "captured_at", "url"))
        for step in issues.steps():
            for change in _published(step, issues.XLSX):
                name = f"{step.at:%m%d}-{Path(change[0]).name}"
                (folder / name).write_bytes(change[1])
                writer.writerow((name, step.at.isoformat(), f"https://www.ice.gov{change[0]}"))
    (folder / "before").mkdir()
    yield Work(
        name="import",
        config=ROOT / "config.yaml",
        before=folder / "before",
        command=("monitor", "import", "ice-287g", "--manifest", str(manifest)),
        lists=(("ice-287g", "participating"), ("ice-287g", "pending")),
    )


def _published(step: Step, content_type: str) -> Iterator[tuple[str, bytes]]:
    from monitor.demo.step import Publish  # noqa: PLC0415 - a killed process needs none of it

    for change in step.changes:
        if isinstance(change, Publish) and change.content_type == content_type:
            yield change.path, change.content


@contextmanager
def a_poll(folder: Path) -> Iterator[Work]:
    """A poll of all four sources, side by side, after much has changed on each since the poll before.

    A weekly report was revised and another one came, both spreadsheets have new rows and names, Nevada is gone from
    DOJ's list, and DHS's page, which counted as taken down, is back.
    """
    from monitor.config import load  # noqa: PLC0415 - a killed process needs none of it
    from monitor.demo import history  # noqa: PLC0415
    from monitor.demo.publisher import Publisher  # noqa: PLC0415
    from monitor.demo.replay import localized  # noqa: PLC0415
    from monitor.demo.step import play  # noqa: PLC0415

    default = ROOT / "config.yaml"
    steps: dict[str, list[Step]] = {}
    for step in history.steps():
        steps.setdefault(step.source, []).append(step)
    with Publisher() as publisher:
        config = folder / "config.yaml"
        config.write_text(localized(default.read_text("utf-8"), load(default), publisher.address), encoding="utf-8")
        before = folder / "before"
        for first, *_ in steps.values():
            play(first, publisher)
        poll_at(datetime(2025, 9, 1, tzinfo=UTC), config=config, state=before)
        publisher.withdraw(history.DHS_PAGE)
        for minute in (15, 30, 45):
            poll_at(datetime(2025, 9, 1, 0, minute, tzinfo=UTC), config=config, state=before)
        for source, last in ((history.DDOR, 3), ("ice-287g", 4), (history.DOJ, 2), (history.DHS, 1)):
            for step in steps[source][:last]:
                play(step, publisher)
        yield Work(
            name="poll",
            config=config,
            before=before,
            command=("tests.survival", "--poll-at", MOMENT),
            lists=tuple(
                (name, each)
                for name, source in load(config).sources.items()
                for report in source.reports.values()
                for each in report.lists
            ),
        )


WORKS = {"import": an_import, "poll": a_poll}


# The interrupted process


def poll_at(at: datetime, *, config: Path, state: Path) -> None:
    """What `monitor poll` does, but always at the same time: only so can two change logs have the same hashes."""
    with Program(config_path=config, state_override=state, now=lambda: at) as program:
        for _ in program.poll(list(program.config.sources)):
            pass
        for _ in program.process():
            pass
        program.deliver(_Told(state / "told"))


class _Told:
    """A channel that writes down what it was given."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, alert: AlertRow) -> None:
        with self._path.open("a") as out:
            out.write(f"{alert.id}\n")


def _mortal(lines: int) -> Iterator[int]:
    """From now on die when so many watched lines were run; counts them."""
    counted = itertools.count(1)

    def trace(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line" and next(counted) == lines:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    return counted


# The rounds


def begin(work: Work, folder: Path) -> Reference:
    """Do the work undisturbed."""
    state = _fresh(work, folder / "reference")
    start = time.monotonic()
    _run(work, state)
    seconds = time.monotonic() - start
    counted = _fresh(work, folder / "counted")
    lines = int(_run(work, counted, lines=sys.maxsize).splitlines()[-1])
    history = told(work, state)
    assert told(work, counted) == history
    return Reference(history=history, seconds=seconds, lines=lines)


def survive(work: Work, reference: Reference, state: Path, *, chance: random.Random) -> Survived:
    """Kill the work once to three times, by the clock or at a line, then let it end."""
    _fresh(work, state)
    struck = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if chance.random() < 0.5:
            # Early, late or at any time; a run that has ended by then was killed too late.
            share = chance.choice((chance.uniform(0, 1), chance.uniform(0, 0.3), chance.uniform(0.7, 1.1)))
            _run(work, state, seconds=share * reference.seconds)
        else:
            _run(work, state, lines=chance.randint(1, reference.lines))
        struck.append(_stage(state, before=work.before))
    _run(work, state)
    history = told(work, state)
    shutil.rmtree(state)
    return Survived(struck=tuple(struck), history=history)


def _fresh(work: Work, state: Path) -> Path:
    shutil.copytree(work.before, state)
    return state


def _run(work: Work, state: Path, *, seconds: float = DEADLINE, lines: int = 0) -> str:
    """Run the work's command, killed after some seconds or at the n-th line; returns what it printed."""
    module, *rest = work.command
    options = ["--config", str(work.config), "--state", str(state)]
    arguments = [module, *options, *rest]
    if lines:
        arguments = ["tests.survival", "--die-at", str(lines), "--", *arguments]
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        assert seconds < DEADLINE, "a run did not end"
    assert "Traceback" not in err, err
    assert process.returncode in {0, 1, -signal.SIGKILL}, err
    return out


def told(work: Work, state: Path) -> History:
    """All that a state folder tells."""
    with sqlite3.connect(state / "monitor.db") as database:
        alerts = database.execute("SELECT id, source, report, created_at, subject, body, log_head FROM alerts").fetchall()
        waiting = database.execute("SELECT count(*) FROM alerts WHERE delivered_at IS NULL").fetchone()
    database.close()
    sent = state / "told"
    numbers = sorted(set(map(int, sent.read_text().split()))) if sent.exists() else []
    return History(
        log=_asked(work, state, "log", "--json"),
        versions=_asked(work, state, "versions", "--json"),
        records="".join(_asked(work, state, "list", *each, "--json") for each in work.lists),
        alerts="\n".join(map(str, (*alerts, waiting, numbers))),
        verified=_asked(work, state, "verify"),
    )


def _asked(work: Work, state: Path, *arguments: str) -> str:
    """What a command prints, run in this process."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        try:
            monitor(["--config", str(work.config), "--state", str(state), *arguments])
        except SystemExit as ended:
            out.write(f"exit status {ended.code}\n")
    return out.getvalue()


def _stage(state: Path, *, before: Path) -> str:
    """How far a killed run was."""
    database = state / "monitor.db"
    if not database.exists():
        return "before anything was written"
    with sqlite3.connect(database) as connection:
        try:
            (kept, done, waiting), = connection.execute(
                "SELECT (SELECT count(*) FROM versions WHERE status = 'kept'),"
                " (SELECT count(*) FROM versions WHERE status != 'kept'),"
                " (SELECT count(*) FROM alerts WHERE delivered_at IS NULL)"
            )
        except sqlite3.OperationalError:
            return "before the database was made"
        finally:
            connection.rollback()
    connection.close()
    return f"{done} versions done, {kept} kept, {waiting} alerts waiting"


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--what", choices=WORKS, action="append")
    given = parser.parse_args()
    return max([_rounds(what, given.rounds, seed=given.seed) for what in given.what or WORKS])


def _rounds(what: str, rounds: int, *, seed: int) -> int:
    chance = random.Random(seed)
    struck: Counter[str] = Counter()
    differing = 0
    with tempfile.TemporaryDirectory() as temporary, WORKS[what](Path(temporary)) as work:
        folder = Path(temporary)
        reference = begin(work, folder)
        print(f"{what}: {reference.seconds:.1f} s, {reference.lines} lines, {reference.history.log.count(chr(10))} entries")
        for number in range(rounds):
            survived = survive(work, reference, folder / f"round-{number}", chance=chance)
            struck.update(survived.struck)
            differing += survived.history != reference.history
    print(f"{what}: {rounds} rounds, {struck.total()} kills, {differing} histories that came out otherwise; they struck at")
    for stage, count in struck.most_common():
        print(f"{count:6} {stage}")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(_main())
