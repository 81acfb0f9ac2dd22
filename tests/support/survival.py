"""Kills the real program at random moments, runs it again, and holds it to what it writes when it is left alone.

    python -m tests.support.survival --rounds 100 --seed 1 --what import

Prints where the kills struck; exit status 1 where a history came out otherwise.
"""

from __future__ import annotations

import argparse
import csv
import inspect
import io
import itertools
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli import main as monitor
from monitor.program import Program
from tests.support.forks import Ended, forked
from tests.support.paths import ROOT, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from _typeshed import TraceFunction

    from monitor.demo.ddor import Week
    from monitor.demo.publisher import Publisher
    from monitor.demo.step import Publish

DEADLINE = 600.0  # seconds in which a run must have ended
HELD_ON = date(2025, 4, 10)
AGREEMENTS = (("ice-287g", "participating"), ("ice-287g", "pending"))
MOMENT = "2025-10-01T12:00:00+00:00"  # when every interrupted poll says that it is
# The modules that write, or decide what is written when: one of their lines is chosen to die at.
WRITING = code_of(
    *("steps/poll", "steps/captures", "steps/process", "steps/holds", "steps/withdraw", "changelog/record"),
    *("history/importer", "history/backfill", "history/mementos", "history/placement", "history/join"),
    *("alerts/outbox", "program", "store/archive", "store/database", "store/exchanges"),
    *("store/captures", "store/join", "store/versions", "store/records", "store/changelog", "store/alerts"),
    *("store/leaves", "store/statements", "store/list_proofs"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is interrupted: a command on a state folder that starts as a copy of `before`.

    `command` stands after `--config ... --state ...` in the arguments of `function`, which is named by its module and
    its own name; `lists` are looked at afterwards. `is_fixed` says whether the root of the evidence log is the same
    each time. It is not where files are fetched: the log says when they were.
    """

    function: str
    config: Path
    before: Path
    command: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]
    is_fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that a state folder tells, as text to be compared; of the evidence log, how many statements of each kind."""

    log: str
    versions: str
    records: str
    alerts: str
    statements: str
    verified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The work left alone: what it wrote, how long it took, and how often it ran each of the writing lines."""

    history: History
    seconds: float
    lines: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """One round: how far the work was each time it was killed, and its history in the end."""

    struck: tuple[str, ...]
    history: History


@contextmanager
def an_import(folder: Path, files: int = 33) -> Iterator[Work]:
    """`monitor import` of the demo's 287(g) story: up to 33 spreadsheets, two of them to be held."""
    manifest = _manifest(folder, itertools.islice(_sheets(), files))
    (folder / "before").mkdir()
    yield Work(
        function="monitor.cli:main",
        config=ROOT / "config.yaml",
        before=folder / "before",
        command=("import", "ice-287g", "--manifest", str(manifest)),
        lists=AGREEMENTS,
        is_fixed=True,
    )


@contextmanager
def a_backfill(folder: Path, files: int = 33) -> Iterator[Work]:
    """`monitor backfill` of the earlier half of the same story, from a web archive, after the later half was imported.

    But without those of the day on which one is to be held: while it is, nothing is joined.
    """
    from monitor.demo import issues  # noqa: PLC0415 - a process to be killed needs none of it
    from tests.support.web_archive import ArchiveServer, Captured  # noqa: PLC0415 - the same

    story = [each for each in itertools.islice(_sheets(), files) if each[0].date() != HELD_ON]
    earlier, later = story[: len(story) // 2], story[len(story) // 2 :]
    manifest = _manifest(folder, later)
    links = "".join(f'<p><a href="{change.path}">Agencies</a></p>' for _, change in story)
    page = f"<html><head><title>287(g)</title></head><body>{links}{'<p>words' * 50}</body></html>".encode()
    with ArchiveServer() as server:
        server.captures = [
            Captured(f"https://www.ice.gov{issues.AGREEMENTS_PAGE}", f"{later[0][0]:%Y%m%d%H%M%S}", page)
        ]
        server.captures += [
            Captured(
                f"https://www.ice.gov{change.path}",
                f"{at:%Y%m%d%H%M%S}",
                change.content,
                (("Content-Type", change.content_type),),
            )
            for at, change in earlier
        ]
        config, before = folder / "config.yaml", folder / "before"
        text = (ROOT / "config.yaml").read_text("utf-8").replace("https://web.archive.org", server.address)
        text = text.replace("per_minute: 15", "per_minute: 60000")
        config.write_text(text.replace("private_addresses: false", "private_addresses: true"), encoding="utf-8")
        with redirect_stdout(io.StringIO()), suppress(SystemExit):
            monitor(
                ["--config", str(config), "--state", str(before), "import", "ice-287g", "--manifest", str(manifest)]
            )
        yield Work(
            function="monitor.cli:main",
            config=config,
            before=before,
            command=("backfill", "ice-287g", "--workers", "1"),
            lists=AGREEMENTS,
        )


def _sheets() -> Iterator[tuple[datetime, Publish]]:
    """The spreadsheets of the demo's 287(g) story, as they were published."""
    from monitor.demo import issues  # noqa: PLC0415 - a process to be killed needs none of it
    from monitor.demo.step import Publish  # noqa: PLC0415 - the same

    for step in issues.agreement_steps():
        for change in step.changes:
            if isinstance(change, Publish) and change.content_type == issues.XLSX:
                yield step.at, change


def _manifest(folder: Path, sheets: Iterable[tuple[datetime, Publish]]) -> Path:
    """Files to be imported."""
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "captured_at", "url"))
        for at, change in sheets:
            name = f"{at:%m%d}-{Path(change.path).name}"
            (folder / name).write_bytes(change.content)
            writer.writerow((name, at.isoformat(), f"https://www.ice.gov{change.path}"))
    return manifest


@contextmanager
def a_poll(folder: Path) -> Iterator[Work]:
    """A poll of all four sources, side by side, after much has changed on each since the poll before.

    A weekly report was revised and another one came, both spreadsheets have new rows and names, Nevada is gone from
    DOJ's list, and DHS's page, which counted as taken down, is back.
    """
    from monitor.config.file import load  # noqa: PLC0415 - a process to be killed needs none of it
    from monitor.demo import history, issues  # noqa: PLC0415
    from monitor.demo.publisher import Publisher  # noqa: PLC0415
    from monitor.demo.replay import localized  # noqa: PLC0415
    from monitor.demo.step import play  # noqa: PLC0415
    from tests.support.lists import subscribed  # noqa: PLC0415

    text, described = subscribed((ROOT / "config.yaml").read_text("utf-8"), folder), load(ROOT / "config.yaml")
    config, before = folder / "config.yaml", folder / "before"
    agreements = list(issues.agreement_steps())
    with Publisher() as publisher:
        config.write_text(localized(text, described, publisher.address), encoding="utf-8")
        play(agreements[0], publisher)
        _publish_pages(publisher, later=False)
        with redirect_stdout(io.StringIO()):
            poll_at(datetime(2025, 9, 1, tzinfo=UTC), config=config, state=before)
            publisher.withdraw(history.DHS_PAGE)
            for minute in (15, 30, 45):
                poll_at(datetime(2025, 9, 1, 0, minute, tzinfo=UTC), config=config, state=before)
        for step in agreements[1:4]:
            play(step, publisher)
        _publish_pages(publisher, later=True)
        yield Work(
            function="tests.support.survival:main",
            config=config,
            before=before,
            command=("--poll-at", MOMENT),
            lists=tuple(
                (name, each)
                for name, source in described.sources.items()
                for report in source.reports.values()
                for each in report.lists
            ),
        )


def short_weeks() -> tuple[Week, Week, Week]:
    """Week 1 of the demo's weekly reports, its revision and week 2, each with few rows: 14 of them are revised."""
    from monitor.demo import ddor  # noqa: PLC0415 - a process to be killed needs none of it

    first, revised, second, _ = ddor.history()
    one, two = (
        replace(week, declined=week.declined[180:200], policies=week.policies[:12]) for week in (first, revised)
    )
    return one, two, replace(second, declined=second.declined[:20], policies=second.policies[:10])


def _publish_pages(publisher: Publisher, *, later: bool) -> None:
    """The weekly reports and the lists on pages, as they are first, or as they are when the poll is interrupted."""
    from monitor.demo import ddor, history, pages  # noqa: PLC0415 - a process to be killed needs none of it
    from monitor.demo.publisher import HTML_TYPE  # noqa: PLC0415

    at = datetime(2025, 9, 1 + later, tzinfo=UTC)
    first, revised, second = short_weeks()
    weeks = (second, revised) if later else (first,)
    for week in weeks:
        publisher.publish(f"/ddor/{week.file_name}", ddor.ddor_pdf(week), content_type=history.PDF, at=at)
    links = [(f"/ddor/{week.file_name}", "Weekly report") for week in weeks]
    notices = (pages.CORRECTION,) if later else ()
    states = [name for name in pages.DOJ_STATES if name != "Nevada" or not later]
    for path, page in (
        (history.DDOR_PAGE, pages.declined_detainers(at, reports=links, notices=notices)),
        (history.DOJ_PAGE, pages.doj(at, states=states)),
        (history.DHS_PAGE, pages.dhs(at)),
    ):
        publisher.publish(path, page, content_type=HTML_TYPE, at=at)


WORKS = {"import": an_import, "poll": a_poll, "backfill": a_backfill}


def poll_at(at: datetime, *, config: Path, state: Path) -> None:
    """What `monitor poll` does, but always at the same time: only so can two change logs have the same hashes."""
    with Program(config_path=config, state_override=state, now=lambda: at) as program:
        for _ in program.poll(list(program.config.sources)):
            pass
        for _ in program.process():
            pass


def begin(work: Work, folder: Path) -> Reference:
    """Do the work undisturbed, to see what it writes, how long it takes, and which lines it runs."""
    state = folder / "reference"
    shutil.copytree(work.before, state)
    start = time.monotonic()
    ended = _run(work, state, die_at="")
    seconds = time.monotonic() - start
    *_, lines = ended.stdout.splitlines()
    return Reference(history=told(work, state), seconds=seconds, lines=json.loads(lines))


def survive(work: Work, reference: Reference, state: Path, *, chance: random.Random) -> Survived:
    """Kill the work once to three times, by the clock or at a line, then let it end.

    A kill that came too late does not count.
    """
    shutil.copytree(work.before, state)
    struck: list[str] = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if chance.random() < 0.5:
            share = chance.choice((chance.uniform(0, 1), chance.uniform(0.1, 0.4), chance.uniform(0.8, 1)))
            ended = _run(work, state, seconds=share * reference.seconds)
        else:
            line = chance.choice(sorted(reference.lines))
            ended = _run(work, state, die_at=f"{line}#{chance.randint(1, reference.lines[line])}")
        if not ended.killed:
            break
        struck.append(_stage(state))
    _run(work, state)
    history = told(work, state)
    shutil.rmtree(state)
    return Survived(struck=tuple(struck), history=history) if struck else survive(work, reference, state, chance=chance)


def _run(work: Work, state: Path, *, seconds: float = DEADLINE, die_at: str | None = None) -> Ended:
    """Run the command, killed after so long or at a line."""
    arguments = ["--config", str(work.config), "--state", str(state), *work.command]
    if die_at is None:
        ended = forked(work.function, [arguments], seconds=seconds)
    else:
        ended = forked("tests.support.survival:run_mortal", [work.function, arguments, die_at], seconds=seconds)
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.returncode in {0, 1} or (ended.killed and (seconds < DEADLINE or die_at)), ended.stderr
    return ended


def told(work: Work, state: Path) -> History:
    """All that a state folder tells."""
    with closing(sqlite3.connect(state / "monitor.db")) as database:
        alerts = database.execute(
            """
            SELECT subscription, due_at, channel, deliveries.status, amendment_id, sha256, first FROM alerts
            JOIN deliveries ON deliveries.alert_id = alerts.id
            LEFT JOIN alert_entries ON alert_entries.alert_id = alerts.id
            LEFT JOIN alert_versions ON alert_versions.alert_id = alerts.id
            LEFT JOIN versions ON versions.id = alert_versions.version_id
            LEFT JOIN captures ON captures.id = versions.capture_id
            ORDER BY due_at, amendment_id, sha256
            """
        ).fetchall()
        statements = database.execute("SELECT kind, count(*) FROM leaves GROUP BY kind ORDER BY kind").fetchall()
    verified = _asked(work, state, "verify")
    return History(
        log=_asked(work, state, "log", "--json"),
        versions=_asked(work, state, "versions", "--json"),
        records="".join(_asked(work, state, "list", *each, "--json") for each in work.lists),
        alerts="\n".join(map(str, alerts)),
        statements="\n".join(map(str, statements)),
        verified="".join(filter(partial(_is_lasting, work), verified.splitlines(keepends=True))),
    )


def _is_lasting(work: Work, line: str) -> bool:
    """Whether a line of `monitor verify` is the same however often the work was killed.

    A kill may leave a file in the archive that nothing names.
    """
    return not line.startswith("archive: nothing names") and (work.is_fixed or ", root " not in line)


def _asked(work: Work, state: Path, *arguments: str) -> str:
    """What a command prints, run in this process."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        try:
            monitor(["--config", str(work.config), "--state", str(state), *arguments])
        except SystemExit as ended:
            out.write(f"exit status {ended.code}\n")
    return out.getvalue()


def _stage(state: Path) -> str:
    """How far a killed run was."""
    if not (state / "monitor.db").exists():
        return "before anything was written"
    with closing(sqlite3.connect(state / "monitor.db")) as database:
        try:
            statuses = Counter(status for (status,) in database.execute("SELECT status FROM versions"))
            told = database.execute("SELECT count(*) FROM alert_entries").fetchone()[0]
        except sqlite3.OperationalError:
            return "before the database was made"
    kept = statuses.pop("kept", 0)
    return f"{statuses.total():3} versions understood, {kept} waiting, {told} amendments to tell"


def run_mortal(function: str, arguments: list[str], die_at: str) -> None:
    """Call a function in this process, and kill it where it comes to a line for the n-th time, like `poll.py:95#2`.

    Where it never does, print how often it came to each line of the modules that write.
    """
    counted: Counter[str] = Counter()

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        if frame.f_code.co_filename not in WRITING or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            return None  # of other modules, or no function's: run once, when its module is loaded
        if event == "line":
            place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            counted[place] += 1
            if f"{place}#{counted[place]}" == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    try:
        {"monitor.cli:main": monitor, "tests.support.survival:main": main}[function](arguments)
    finally:
        sys.settrace(None)
        print(json.dumps(counted))  # noqa: T201 - for the process that started this one


def main(arguments: list[str]) -> None:
    """Do what the command line says: play rounds, or a poll at a set time."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.survival", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--what", choices=WORKS)
    for option in ("--config", "--state", "--poll-at"):  # for the processes to be killed
        parser.add_argument(option, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.poll_at:
        poll_at(datetime.fromisoformat(given.poll_at), config=Path(given.config), state=Path(given.state))
    elif sum([_rounds(what, given.rounds, seed=given.seed) for what in WORKS if given.what in {None, what}]):
        sys.exit(1)


def _rounds(what: str, rounds: int, *, seed: int) -> int:
    """Play the rounds and print their figures; returns how many histories came out otherwise."""
    chance = random.Random(seed)
    struck: Counter[str] = Counter()
    differing = 0
    with tempfile.TemporaryDirectory() as temporary, WORKS[what](Path(temporary)) as work:
        folder = Path(temporary)
        reference = begin(work, folder)
        print(f"{what}: left alone it takes {reference.seconds:.1f} s and runs {len(reference.lines)} lines")  # noqa: T201
        for number in range(rounds):
            survived = survive(work, reference, folder / f"round-{number}", chance=chance)
            struck.update(survived.struck)
            differing += survived.history != reference.history
    print(f"{what}: {rounds} rounds, {struck.total()} kills, {differing} histories otherwise; struck at")  # noqa: T201
    for stage, count in sorted(struck.items()):
        print(f"{count:6} x {stage}")  # noqa: T201
    return differing


if __name__ == "__main__":
    main(sys.argv[1:])
