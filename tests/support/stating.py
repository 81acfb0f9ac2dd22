"""Kills `monitor` at random lines of the code that appends to the evidence log, and runs it again.

    python -m tests.support.stating --rounds 20 --seed 1

What is killed is an import, a poll, a backfill that is joined, a release, a rejection, and the taking over of an older
state folder. Exit status 1 where a statement is missing or doubled, or where `monitor verify` finds a fault.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.changelog.verify import verify
from monitor.demo.sheets import Agreement, sheet
from monitor.history import importer
from monitor.jurisdictions.gazetteer import counties_of
from monitor.program import Program
from monitor.store.outline import OUTLINE
from tests.support.forks import end_server
from tests.support.paths import ROOT
from tests.support.striking import lines, stages, strike
from tests.support.survival import a_backfill, a_poll, an_import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

# The modules at whose lines the program is killed.
STATING = "store/leaves,store/statements,store/list_proofs,store/adopt,store/merkle"
FILES = 12  # of the imports and backfills that are killed
SOURCE = "ice-287g"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stating:
    """A command that appends to the evidence log of a state folder, which starts as a copy of `before`.

    `is_fixed` says whether the root of the log is the same each time. It is not where the log has times of the clock.
    """

    config: Path
    before: Path
    command: tuple[str, ...]
    is_fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a state folder is in the end: rows by table, statements by kind, faults, head of the chain, and the root.

    The last two are empty where they are not the same each time.
    """

    rows: dict[str, int]
    statements: Counter[str]
    faults: tuple[str, ...]
    head: str
    root: str


@contextmanager
def importing(folder: Path) -> Iterator[Stating]:
    """An import of several spreadsheets."""
    with an_import(folder, files=FILES) as work:
        yield Stating(config=work.config, before=work.before, command=work.command, is_fixed=True)


@contextmanager
def polling(folder: Path) -> Iterator[Stating]:
    """A poll of all sources, and the processing of what is new."""
    with a_poll(folder) as work:
        yield Stating(config=work.config, before=work.before, command=("poll",), is_fixed=False)


@contextmanager
def joining(folder: Path) -> Iterator[Stating]:
    """A backfill that is joined to the later history."""
    with a_backfill(folder, files=FILES) as work:
        yield Stating(config=work.config, before=work.before, command=work.command, is_fixed=False)


@contextmanager
def deciding(folder: Path, *, command: str) -> Iterator[Stating]:
    """A person's decision about a held version."""
    config, before = ROOT / "config.yaml", folder / "before"
    rows = [
        Agreement(
            state="TEXAS",
            agency=f"{each.jurisdiction.name} Sheriff's Office",
            type="County",
            county=each.jurisdiction.name,
            model="Task Force Model",
            signed=date(2025, 2, 26),
        )
        for each in counties_of("TX")[:60]
    ]
    with Program(config_path=config, state_override=before) as program:
        for day, listed in enumerate((rows, rows[:5])):
            file = folder / "participating.xlsx"
            file.write_bytes(sheet(listed))
            at = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=day)
            described = importer.describe(file, captured_at=at.isoformat(), url=None, source=program.source(SOURCE))
            importer.import_file(program.context, SOURCE, described)
            *_, done = program.process()
        assert done.hold_reason
        held = done.version.sha256
    yield Stating(config=config, before=before, command=(command, held[:12]), is_fixed=False)


@contextmanager
def releasing(folder: Path) -> Iterator[Stating]:
    """The release of a held version."""
    with deciding(folder, command="release") as work:
        yield work


@contextmanager
def rejecting(folder: Path) -> Iterator[Stating]:
    """The rejection of a held version."""
    with deciding(folder, command="reject") as work:
        yield work


@contextmanager
def adopting(folder: Path) -> Iterator[Stating]:
    """The first command after an upgrade from a release that had no evidence log."""
    with tarfile.open(ROOT / "tests" / "golden" / "states" / "demo.tar.xz") as archive:
        archive.extractall(folder / "before", filter="data")
    yield Stating(
        config=folder / "before" / "config.yaml", before=folder / "before", command=("verify",), is_fixed=True
    )


WORKS: dict[str, Callable[[Path], AbstractContextManager[Stating]]] = {
    "import": importing,
    "poll": polling,
    "backfill": joining,
    "release": releasing,
    "reject": rejecting,
    "adopt": adopting,
}


def outcome(work: Stating, state: Path) -> Outcome:
    """What a state folder is."""
    with Program(config_path=work.config, state_override=state) as program:
        verified = verify(program.store, program.archive, program.config)
    with closing(sqlite3.connect(state / "monitor.db")) as db:
        rows = {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("captures", "versions", "records", "amendments", "doubts", "lists", "deliveries")
        }
        statements = Counter(kind for (kind,) in db.execute("SELECT kind FROM leaves"))
    return Outcome(
        rows=rows,
        statements=statements,
        faults=verified.faults,
        head=verified.head if work.is_fixed else "",
        root=verified.root if work.is_fixed else "",
    )


def reference(work: Stating, folder: Path) -> tuple[Outcome, list[int]]:
    """What comes of the command left alone, and of those lines one for each state in which it leaves the database."""
    state = folder / "reference"
    shutil.copytree(work.before, state)
    database = state / "monitor.db"
    watched = [database, database.with_name("monitor.db-wal"), state / OUTLINE]
    places = stages(STATING, watched, *_arguments(work, state))
    return outcome(work, state), places


def killed(work: Stating, folder: Path, *, at: int) -> Outcome:
    """What comes of the command killed at that line, and run again.

    A decision that was written before the kill can't be made again; then the program says so.
    """
    state = folder / f"killed-{at}"
    shutil.copytree(work.before, state)
    assert strike(at, STATING, *_arguments(work, state))
    strike(0, "", *_arguments(work, state))
    found = outcome(work, state)
    shutil.rmtree(state)
    return found


def _arguments(work: Stating, state: Path) -> tuple[object, ...]:
    return ("--config", work.config, "--state", state, *work.command)


def _main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.stating", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--what", choices=WORKS)
    given = parser.parse_args(arguments)
    chance, wrong = random.Random(given.seed), 0
    for name, making in WORKS.items():
        if given.what not in {None, name}:
            continue
        with tempfile.TemporaryDirectory() as temporary, making(Path(temporary)) as work:
            state = Path(temporary) / "counted"
            shutil.copytree(work.before, state)
            count = lines(STATING, *_arguments(work, state))
            expected, _ = reference(work, Path(temporary))
            places = [chance.randint(1, count) for _ in range(given.rounds)]
            differing = [at for at in places if killed(work, Path(temporary), at=at) != expected]
        wrong += len(differing)
        statements = sum(expected.statements.values())
        print(  # noqa: T201
            f"{name}: {statements} statements, {count} lines; killed {len(places)} times; otherwise at {differing}",
            flush=True,
        )
    end_server()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
