"""An older state folder is taken over with all that is in it, however often that is killed; a newer one is refused."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from monitor.config.file import load
from monitor.demo import history as published
from monitor.demo import pages
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.demo.replay import localized
from monitor.store import queries
from monitor.store.database import STEPS, Store
from monitor.store.migrations import migrations
from tests.changelog.test_verify import ISSUES
from tests.support.paths import ROOT
from tests.support.striking import lines, strike
from tests.upkeep.test_backup import LATER, damaged, take_in, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Commands


CONFIG = ROOT / "config.yaml"
MIGRATING = "store/migrations,store/schema_steps,store/database,store/adopt"
OLD_NAMES = {  # of tables and columns, and what later steps of the schema call them
    "told": "operator_notices",
    "disabled": "disabled_channels",
    "log_end": "change_log_head",
    "entry": "line_id",
}
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%'"


def schema(state: Path) -> set[tuple[str, str]]:
    """The names and definitions of all that a database consists of."""
    with closing(sqlite3.connect(state / "monitor.db")) as database:
        return set(database.execute("SELECT name, coalesce(sql, '') FROM sqlite_master"))


@pytest.fixture(scope="module")
def present(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of this release, with five versions and five entries."""
    state = tmp_path_factory.mktemp("present") / "state"
    for day, rows in enumerate(ISSUES):
        take_in(state, rows, day=day)
    return state


@pytest.fixture(scope="module")
def first(present: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same history in the schema that the first release had: its first step alone, with the same rows."""
    state = tmp_path_factory.mktemp("first") / "state"
    shutil.copytree(present / "archive", state / "archive")
    with closing(sqlite3.connect(state / "monitor.db", isolation_level=None)) as database:
        migrations.apply(database, stop_before=STEPS[1])
        database.execute("ATTACH ? AS present", (str(present / "monitor.db"),))
        for (table,) in database.execute(TABLES).fetchall():
            names = [row[1] for row in database.execute(f"PRAGMA main.table_info({table})")]
            old = ", ".join(f'"{name}"' for name in names)
            now = ", ".join(f'"{OLD_NAMES.get(name, name)}"' for name in names)
            database.execute(
                f"INSERT INTO main.{table} ({old}) SELECT {now} FROM present.{OLD_NAMES.get(table, table)}"
            )
    return state


@pytest.fixture
def old(monitor: Commands, first: Path) -> Commands:
    """`monitor` on a copy of that first release's history."""
    shutil.copytree(first, monitor.state)
    return monitor


@pytest.fixture
def of_present(monitor: Commands, present: Path, tmp_path: Path) -> str:
    """What the history of this release tells."""
    shutil.copytree(present, tmp_path / "present")
    state, monitor.state = monitor.state, tmp_path / "present"
    found = told(monitor)
    monitor.state = state
    return found


def test_the_first_release_had_one_step(first: Path, present: Path) -> None:
    """The folder to be taken over has rows, and lacks what came later."""
    assert len(schema(first)) < len(schema(present))
    with closing(sqlite3.connect(first / "monitor.db")) as database:
        assert database.execute("SELECT count(*) FROM amendments").fetchone() == (5,)
        assert database.execute("SELECT name FROM _sqlite_migrations").fetchall() == [(STEPS[0],)]


def test_an_older_state_folder_is_taken_over(old: Commands, of_present: str, present: Path) -> None:
    """Log, versions and files are there to the last hash, and the schema is this release's."""
    assert told(old) == of_present
    assert schema(old.state) == schema(present)


def test_an_older_state_folder_goes_on(old: Commands, tmp_path: Path) -> None:
    """The next version is compared with the last one, and a poll finds what is new."""
    take_in(old.state, LATER, day=9)
    assert [row["kind"] for row in old("log", "--json").rows][5:] == ["added"]
    with Publisher() as publisher:
        old.config = tmp_path / "config.yaml"
        old.config.write_text(localized(CONFIG.read_text("utf-8"), load(CONFIG), publisher.address), encoding="utf-8")
        for number, states in enumerate((pages.DOJ_STATES, pages.DOJ_STATES[1:])):
            at = datetime(2025, 9, 1 + number, tzinfo=UTC)
            publisher.publish(published.DOJ_PAGE, pages.doj(at, states=list(states)), content_type=HTML_TYPE, at=at)
            assert old("poll", "doj-sanctuary").status == 0
    assert [row["kind"] for row in old("log", "--json").rows][6:] == ["removed"]
    assert old("verify").status == 0


def test_an_older_state_folder_can_be_looked_at_by_the_doctor(old: Commands) -> None:
    """It says so, and leaves it as it is."""
    before = schema(old.state)
    ran = old("doctor", "--offline")
    assert ran.status == 0
    assert "is of an older release; the next command brings it up to date" in ran.out
    assert schema(old.state) == before


@pytest.mark.parametrize("begin", ["an older one", "a new one"])
def test_a_migration_killed_at_any_line_is_finished_by_the_next(
    monitor: Commands, first: Path, present: Path, of_present: str, tmp_path: Path, *, begin: str
) -> None:
    """Killed before, within and between steps: opened again, the schema is whole, and nothing is lost or double."""

    def fresh(name: str) -> Path:
        state = tmp_path / name
        if begin == "an older one":
            shutil.copytree(first, state)
        return state

    def run(state: Path) -> tuple[object, ...]:
        return ("--config", CONFIG, "--state", state, "log")

    monitor.state = fresh("trial")
    ran = lines(MIGRATING, *run(monitor.state))
    wanted = of_present if begin == "an older one" else told(monitor)
    own = lines("store/migrations", *run(fresh("own")))
    chance = random.Random(3)
    places = [(MIGRATING, chance.randint(1, ran)) for _ in range(2)]
    places += [("store/migrations", number) for number in (1, own // 3, 2 * own // 3, own)]
    seen = set()
    for number, (modules, place) in enumerate(places):
        monitor.state = fresh(f"killed-{number}")
        assert strike(place, modules, *run(monitor.state))
        seen.add(len(schema(monitor.state)) if (monitor.state / "monitor.db").exists() else 0)
        assert told(monitor) == wanted, (modules, place)
        assert schema(monitor.state) == schema(present)
        with Store(monitor.state) as store:
            rows = store.all("SELECT name FROM _sqlite_migrations ORDER BY id")
        assert [row["name"] for row in rows] == list(STEPS)
    if begin == "an older one":
        assert len(seen) > 1  # it was killed with more than one state on the disk
    else:
        assert seen <= {0, len(schema(present))}  # a new database gets all steps at once


def test_a_newer_state_folder_is_left_as_it_is(old: Commands) -> None:
    """Refused in one line by every command that opens it; not a byte of database or archive differs."""
    told(old)
    with closing(sqlite3.connect(old.state / "monitor.db", isolation_level=None)) as database:
        database.execute("CREATE TABLE future (what TEXT)")
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', 'm999_future', '')"
        )

    def content() -> dict[str, str]:
        files = (path for path in sorted(old.state.rglob("*")) if path.is_file() and path.suffix != ".db-shm")
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.stat().st_size}

    before = content()
    for command in (("log",), ("poll", "doj-sanctuary"), ("verify",), ("backup", old.state.parent / "backup")):
        ran = old(*command)
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
        assert "written by a newer version of monitor (it has m999_future); install that version, or name" in ran.err
    ran = old("doctor", "--offline")
    assert ran.status == 1
    assert "written by a newer version of monitor (it has m999_future); install that version, or name" in ran.out
    assert content() == before
    assert not (old.state.parent / "backup").exists()


def cut_the_log(file: Path) -> None:
    """Take the last entry off the change log, as someone would who wants to hide it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("DELETE FROM alert_entries")
        database.execute("DELETE FROM amendments WHERE id = 5")


@pytest.mark.parametrize(
    ("harm", "said"),
    [(damaged, "btree"), (cut_the_log, "the change log ends with entry 4, and not as it was written")],
)
def test_a_damaged_database_is_noticed_at_a_glance(
    monitor: Commands, present: Path, *, harm: Callable[[Path], None], said: str
) -> None:
    """By the quick check that a start can afford; a sound one has no fault."""
    shutil.copytree(present, monitor.state)
    with Store(monitor.state) as store:
        assert queries.integrity_faults(store) == []
    harm(monitor.state / "monitor.db")
    with Store(monitor.state) as store:
        found = queries.integrity_faults(store)
    assert found
    assert said in found[0]
