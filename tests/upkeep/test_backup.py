"""A backup holds all of the history or is the one from before, whenever it is killed; restoring gives it all back."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.demo.sheets import sheet
from monitor.history import importer
from monitor.program import Program
from monitor.store import changelog
from monitor.store.adopt import RESTORED
from monitor.store.archive import Archive
from monitor.store.database import Store
from monitor.store.outline import OUTLINE
from monitor.store.statements import restores
from monitor.upkeep import backup as backups
from tests.changelog.test_verify import ISSUES, TOWN
from tests.store.test_archive import largest_file
from tests.support.paths import ROOT
from tests.support.striking import lines, stages, strike

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.demo.sheets import Agreement
    from tests.conftest import Commands


CONFIG = ROOT / "config.yaml"
START = datetime(2025, 3, 1, tzinfo=UTC)
WRITING = "upkeep/backup,store/archive,store/backup"
LATER = (*ISSUES[-1], replace(TOWN, agency="Brightfield Police Department"))


def take_in(state: Path, rows: tuple[Agreement, ...], *, day: int) -> None:
    """Import one more version of a list."""
    with Program(config_path=CONFIG, state_override=state) as program:
        file = state.parent / "participating.xlsx"
        file.write_bytes(sheet(rows))
        at = (START + timedelta(days=day)).isoformat()
        found = importer.describe(file, captured_at=at, url=None, source=program.source("ice-287g"))
        importer.import_file(program.context, "ice-287g", found)
        assert [done.hold_reason for done in program.process()] == [None]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with five versions of a list, four files and five entries."""
    state = tmp_path_factory.mktemp("history") / "state"
    for day, rows in enumerate(ISSUES):
        take_in(state, rows, day=day)
    return state


@pytest.fixture
def kept(monitor: Commands, history: Path) -> Commands:
    """`monitor` on a copy of that history."""
    shutil.copytree(history, monitor.state)
    return monitor


def told(commands: Commands) -> str:
    """All that a state folder tells: the log to its last hash, the versions, and that all is sound.

    The size of the evidence log is left out, because a restore is a statement of its own there.
    """
    ran = [commands("log", "--json"), commands("versions", "--json"), commands("verify")]
    assert [each.status for each in ran] == [0, 0, 0], ran
    return re.sub(r"(?m)^\d+ statements of the evidence log, root \w+\n", "", "".join(each.out for each in ran))


def restored(commands: Commands, backup: Path, into: Path) -> str:
    """What the state folder tells that a backup is restored to."""
    commands.state = into
    ran = commands("restore", backup)
    assert (ran.status, ran.err) == (0, ""), ran
    return told(commands)


def damaged(database: Path) -> None:
    """Overwrite a page of an index, which no command needs to open the database."""
    with closing(sqlite3.connect(database)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'records_of_line'").fetchone()[0]
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def nothing(_what: str, _done: int, _total: int) -> None:
    """No progress is shown."""


def test_what_is_restored_is_what_was_backed_up(kept: Commands, tmp_path: Path) -> None:
    """Log, versions and files are the same to the last hash; both commands say so, with the head."""
    before, head = told(kept), kept("log", "--json").rows[-1]["entry_hash"]
    ran = kept("backup", tmp_path / "backup")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"{tmp_path}/backup: 4 files copied (")
    assert ran.out.endswith(f"; 5 entries of the change log, head {head}\n")
    kept.state = tmp_path / "new"
    ran = kept("restore", tmp_path / "backup")
    assert ran.status == 0
    assert ran.out == f"{tmp_path}/new: 4 files, 5 entries of the change log, head {head}\nall as it was written\n"
    assert told(kept) == before


def test_a_restore_that_was_killed_before_there_was_a_database_marks_no_new_history(kept: Commands) -> None:
    """Its mark is left behind; a history that is begun in the folder then was never restored."""
    kept.state = kept.state.parent / "new"
    kept.state.mkdir()
    (kept.state / RESTORED).write_text("2026-01-01T00:00:00Z", encoding="ascii")
    assert kept("versions").status == 0
    assert not (kept.state / RESTORED).exists()
    with Store(kept.state) as store:
        assert restores(store) == 0


def test_a_restored_folder_goes_on(kept: Commands, tmp_path: Path) -> None:
    """The next version is compared with the last one before the backup, and can be backed up to the same place."""
    kept("backup", tmp_path / "backup")
    restored(kept, tmp_path / "backup", tmp_path / "new")
    take_in(kept.state, LATER, day=9)
    assert [row["kind"] for row in kept("log", "--json").rows][5:] == ["added"]
    assert kept("backup", tmp_path / "backup").out.startswith(f"{tmp_path}/backup: 1 files copied (")


def test_only_what_is_new_is_copied(kept: Commands, tmp_path: Path) -> None:
    """A file that is there already is not touched, and never shared with the state folder."""
    kept("backup", tmp_path / "backup")
    files = sorted((tmp_path / "backup" / "archive").glob("??/*"))
    before = [path.stat() for path in files]
    assert [stat.st_nlink for stat in before] == [1] * 4
    take_in(kept.state, LATER, day=9)
    assert kept("backup", tmp_path / "backup").out.startswith(f"{tmp_path}/backup: 1 files copied (")
    assert [path.stat() for path in files] == before
    assert len(list((tmp_path / "backup" / "archive").glob("??/*"))) == 5


def test_only_its_owner_reads_a_backup(kept: Commands, tmp_path: Path) -> None:
    """The configuration may hold secrets, and the history is nobody else's."""
    kept("backup", tmp_path / "backup")
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    for name in ("monitor.db", "config.yaml"):
        assert (tmp_path / "backup" / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "backup" / "config.yaml").read_bytes() == CONFIG.read_bytes()


def test_a_backup_is_of_one_moment_while_others_write(kept: Commands, tmp_path: Path) -> None:
    """What is written between two steps of the copying is not in it, blocks nobody, and is in the next one."""
    with Store(kept.state) as store, store.transaction():
        for number in range(40):  # so many pages that they are copied in several steps
            store.write(
                "INSERT INTO operator_notices (what, at) VALUES (:what || hex(zeroblob(200000)), '')",
                {"what": f"before {number}"},
            )
    steps = []

    def write(what: str, done: int, total: int) -> None:
        if what == "database" and done < total:
            steps.append(done)
            with Store(kept.state) as other, other.transaction():
                other.write(
                    "INSERT INTO operator_notices (what, at) VALUES (:what, '')", {"what": f"during {len(steps)}"}
                )

    def count(what: str) -> int:
        with closing(sqlite3.connect(tmp_path / "backup" / "monitor.db")) as database:
            found = database.execute(
                "SELECT count(*) FROM operator_notices WHERE what LIKE ?", (f"{what}%",)
            ).fetchone()
        return int(found[0])

    with Store(kept.state) as store:
        for wanted, progress in ((0, write), (len(steps), nothing)):
            backups.back_up(
                store, Archive(kept.state / "archive"), tmp_path / "backup",
                config_path=CONFIG, full=False, progress=progress,
            )  # fmt: skip
            assert (count("before"), count("during")) == (40, wanted if progress is write else len(steps))
    assert len(steps) > 1


def test_a_backup_killed_at_any_line_leaves_a_whole_one(kept: Commands, tmp_path: Path) -> None:
    """Killed anywhere, the folder restores to the history before or after; run again it is the one after.

    It is killed once in each state in which it leaves the backup.
    """
    state, backup = kept.state, tmp_path / "backup"
    before = told(kept)
    kept("backup", backup)
    take_in(state, LATER, day=9)
    after = told(kept)
    shutil.copytree(backup, tmp_path / "first")
    arguments = ("--config", CONFIG, "--state", state, "backup")
    shutil.copytree(backup, tmp_path / "trial")
    places = stages(WRITING, [tmp_path / "trial"], *arguments, tmp_path / "trial")
    came_out = []
    for number, place in enumerate(places):
        assert strike(place, WRITING, *arguments, backup)
        came_out.append(restored(kept, backup, tmp_path / f"killed-{number}"))
        assert came_out[-1] in {before, after}, place
        kept.state = state
        assert kept("backup", "--full", backup).status == 0
        assert restored(kept, backup, tmp_path / f"again-{number}") == after
        assert not list(backup.rglob(".new-*"))
        shutil.rmtree(backup)
        shutil.copytree(tmp_path / "first", backup)
    assert {before, after} == set(came_out)  # there was something to lose, and something to win


def test_a_first_backup_killed_anywhere_is_finished_by_the_next(kept: Commands, tmp_path: Path) -> None:
    """By the clock or at a line: the same command goes on from whatever SIGKILL leaves behind."""
    before, chance, state = told(kept), random.Random(11), kept.state
    arguments = ("--config", str(CONFIG), "--state", str(state), "backup")
    start = time.monotonic()
    ran = lines(WRITING, *arguments, tmp_path / "0")
    seconds = time.monotonic() - start
    # Just before the database gets its name:
    (tmp_path / "0" / "monitor.db").rename(tmp_path / "0" / ".new-monitor.db")
    # At a line, and by the clock:
    assert strike(chance.randint(1, ran), WRITING, *arguments, tmp_path / "1")
    command = [sys.executable, "-m", "monitor", *arguments, str(tmp_path / "2")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.3, 0.7) * seconds)
        process.kill()
    for number in range(3):
        kept.state = state
        done = kept("backup", tmp_path / str(number))
        assert (done.status, done.err) == (0, "")
        assert restored(kept, tmp_path / str(number), tmp_path / f"new-{number}") == before


def test_a_restoring_killed_at_any_line_is_finished_by_the_next(kept: Commands, tmp_path: Path) -> None:
    """There is no history before it is whole; then the same command goes on, or says that all is there.

    It is killed once in each state in which it leaves the new folder.
    """
    before, backup = told(kept), tmp_path / "backup"
    kept("backup", backup)
    arguments = ("--config", CONFIG, "--state")
    places = stages(WRITING, [tmp_path / "trial"], *arguments, tmp_path / "trial", "restore", backup)
    outcomes = set()
    for place in places:
        kept.state = tmp_path / f"at-{place}"
        assert strike(place, WRITING, *arguments, kept.state, "restore", backup)
        again = kept("restore", backup)
        outcomes.add(again.status)
        assert again.status == 0 or "there is a history already" in again.err
        assert told(kept) == before
    assert outcomes == {0, 1}


@pytest.mark.parametrize("where", ["state", "state/backup", ".", "link"])
def test_a_folder_in_the_state_folder_or_around_it_is_refused(kept: Commands, tmp_path: Path, where: str) -> None:
    """Whatever its name: one line, and nothing is written there."""
    (tmp_path / "link").symlink_to(kept.state, target_is_directory=True)
    before = sorted(path for path in tmp_path.rglob("*") if path.name not in {"monitor.db-wal", "monitor.db-shm"})
    ran = kept("backup", tmp_path / where)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "lies within the state folder, or around it; name a folder on another disk" in ran.err
    assert not {path.name for path in set(tmp_path.rglob("*")) - set(before)} - {".migration-lock", OUTLINE}


@pytest.mark.parametrize(
    ("there", "here", "lacks"),
    [(ISSUES[:2], (ISSUES[0], LATER), "entry 1 of its change log"), (ISSUES[:1], ISSUES[:1], "its capture of ")],
    ids=["log", "captures"],
)
def test_a_backup_of_another_history_is_refused(
    monitor: Commands,
    tmp_path: Path,
    *,
    there: tuple[tuple[Agreement, ...], ...],
    here: tuple[tuple[Agreement, ...], ...],
    lacks: str,
) -> None:
    """Another log, or the same file captured at another time: the backup that is there stays as it is."""
    for name, issues, first in (("there", there, 0), ("here", here, 30)):
        monitor.state = tmp_path / name / "state"
        monitor.state.mkdir(parents=True)
        for day, rows in enumerate(issues, start=first):
            take_in(monitor.state, rows, day=day)
        database = tmp_path / "backup" / "monitor.db"
        before = database.read_bytes() if first else b""
        ran = monitor("backup", tmp_path / "backup")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert f"the backup of another history, or of a later state of this one: here is no {lacks}" in ran.err
    assert database.read_bytes() == before


def test_a_later_backup_of_the_same_history_is_refused(kept: Commands, history: Path, tmp_path: Path) -> None:
    """A state folder that was put back to an earlier time can't take what the backup still knows."""
    take_in(kept.state, LATER, day=9)
    kept("backup", tmp_path / "backup")
    shutil.rmtree(kept.state)
    shutil.copytree(history, kept.state)
    ran = kept("backup", tmp_path / "backup")
    assert ran.status == 1
    assert "here is no entry 6 of its change log" in ran.err


def test_a_folder_with_other_things_is_refused(kept: Commands, tmp_path: Path) -> None:
    """A home folder named by mistake, and another state folder, stay as they are."""
    (tmp_path / "home" / "letters").mkdir(parents=True)
    ran = kept("backup", tmp_path / "home")
    assert "holds other things (letters); name an empty folder or a new one" in ran.err
    shutil.copytree(kept.state, tmp_path / "other")
    ran = kept("backup", tmp_path / "other")
    assert "other: a state folder, and no backup; name an empty folder or a new one" in ran.err
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["letters"]


def test_a_backup_that_is_used_as_a_state_folder_is_refused(kept: Commands, tmp_path: Path) -> None:
    """As long as it is open; looking into one and leaving it does no harm."""
    kept("backup", tmp_path / "backup")
    with Store(tmp_path / "backup") as used:
        with used.transaction():
            used.write("INSERT INTO operator_notices (what, at) VALUES (:what, '')", {"what": "there"})
        ran = kept("backup", tmp_path / "backup")
        assert "in use as a state folder; end what uses it, or name a new folder" in ran.err
    assert kept("backup", tmp_path / "backup").status == 0


def test_two_backups_at_once_are_one(kept: Commands, tmp_path: Path) -> None:
    """The second one is told, and the first one is not disturbed."""
    seen = []

    def second(what: str, _done: int, _total: int) -> None:
        if what == "looking":
            seen.append(kept("backup", tmp_path / "backup"))

    with Store(kept.state) as store:
        backups.back_up(
            store, Archive(kept.state / "archive"), tmp_path / "backup", config_path=CONFIG, full=False, progress=second
        )
    assert [(ran.status, "another process is writing there; wait for it" in ran.err) for ran in seen] == [(1, True)]
    assert kept("backup", tmp_path / "backup").out.startswith(f"{tmp_path}/backup: 0 files copied")


def test_where_there_is_no_history_nothing_is_made(monitor: Commands, tmp_path: Path) -> None:
    """A mistyped state folder does not become an empty backup."""
    ran = monitor("backup", tmp_path / "backup")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "no history to back up; name its folder with --state" in ran.err
    assert not monitor.state.exists()
    assert not (tmp_path / "backup").exists()


def test_a_full_disk_leaves_the_backup_before(kept: Commands, tmp_path: Path) -> None:
    """Where a file system takes only a part of the database, or of a file: one line, and the old one is whole."""
    before = told(kept)
    kept("backup", tmp_path / "backup")
    take_in(kept.state, LATER, day=9)
    state = kept.state
    for number, size in enumerate((2_000, 50_000)):
        with largest_file(size):
            ran = kept("backup", tmp_path / "backup")
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1), size
        assert restored(kept, tmp_path / "backup", tmp_path / f"new-{number}") == before
        kept.state = state
    assert kept("backup", tmp_path / "backup").status == 0


def test_how_much_room_is_missing_is_said(kept: Commands, tmp_path: Path) -> None:
    """Before anything is copied, both figures; what the backup had stays."""
    kept("backup", tmp_path / "backup")
    before = (tmp_path / "backup" / "monitor.db").read_bytes()
    with Store(kept.state) as store, store.transaction():
        store.write("UPDATE captures SET bytes = :bytes WHERE id = 1", {"bytes": 5_000_000_000_000_000})
    ran = kept("backup", tmp_path / "backup")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "the disk is full: 5,000,000,000.0 MB are needed, " in ran.err
    assert (tmp_path / "backup" / "monitor.db").read_bytes() == before
    assert not list((tmp_path / "backup").rglob(".new-*"))


def test_a_file_that_is_gone_stops_no_other(kept: Commands, tmp_path: Path) -> None:
    """What can't be had is named, exit status 1; the rest is there, and so is what the backup had."""
    kept("backup", tmp_path / "backup")
    shutil.rmtree(kept.state / "archive")
    assert kept("backup", tmp_path / "backup").status == 0  # the backup has them all
    take_in(kept.state, LATER, day=9)
    lost = next((kept.state / "archive").glob("??/*"))
    lost.unlink()
    ran = kept("backup", tmp_path / "backup")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith(f"monitor: {lost}: No such file or directory")
    kept.state = tmp_path / "new"
    ran = kept("restore", tmp_path / "backup")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert lost.name in ran.err
    assert ran.out.endswith("not all is as it was written\n")
    assert len(kept("log", "--json").rows) == 6


def test_an_altered_file_of_the_backup_is_found_and_mended(kept: Commands, tmp_path: Path) -> None:
    """One cut short at once, one of the same length with --full; a restore finds both."""
    kept("backup", tmp_path / "backup")
    files = sorted((tmp_path / "backup" / "archive").glob("??/*"))
    for path, content, option, copied in (
        (files[0], b"short", (), 1),
        (files[1], b"x" * files[1].stat().st_size, (), 0),
        (files[1], b"x" * files[1].stat().st_size, ("--full",), 1),
    ):
        whole = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(content)
        assert kept("backup", *option, tmp_path / "backup").out.startswith(f"{tmp_path}/backup: {copied} files copied")
        assert (path.read_bytes() == whole) is bool(copied)
        if not copied:
            state, kept.state = kept.state, tmp_path / "new"
            ran = kept("restore", tmp_path / "backup")
            assert (ran.status, path.name in ran.err) == (1, True)
            kept.state = state
            path.write_bytes(whole)


def test_a_damaged_database_is_not_backed_up(kept: Commands, tmp_path: Path) -> None:
    """Pages overwritten with rubbish: the backup from before stays, and the fault is named."""
    before = told(kept)
    kept("backup", tmp_path / "backup")
    damaged(kept.state / "monitor.db")
    ran = kept("backup", tmp_path / "backup")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "monitor.db: damaged: " in ran.err
    assert restored(kept, tmp_path / "backup", tmp_path / "new") == before


def test_an_unreadable_backup_is_not_overwritten(kept: Commands, tmp_path: Path) -> None:
    """What can't be recognised may be the only copy of something."""
    kept("backup", tmp_path / "backup")
    (tmp_path / "backup" / "monitor.db").write_bytes(b"rubbish" * 5000)
    ran = kept("backup", tmp_path / "backup")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "what is there can't be read" in ran.err
    assert (tmp_path / "backup" / "monitor.db").read_bytes() == b"rubbish" * 5000


def test_a_history_is_never_overwritten_by_restoring(kept: Commands, tmp_path: Path) -> None:
    """Nor is anything restored from what is no backup, or into the backup itself."""
    kept("backup", tmp_path / "backup")
    before = told(kept)
    refused = [kept("restore", tmp_path / "backup"), kept("restore", tmp_path / "nothing")]
    assert told(kept) == before
    state, kept.state = kept.state, tmp_path / "backup" / "new"
    refused.append(kept("restore", tmp_path / "backup"))
    kept.state = state
    assert [(ran.status, ran.out, ran.err.count("\n")) for ran in refused] == [(1, "", 1)] * 3
    said = ("there is a history already; name a new folder with --state", "no backup; it has no monitor.db", "within")
    assert [what in ran.err for what, ran in zip(said, refused, strict=True)] == [True] * 3
    assert not (tmp_path / "backup" / "new").exists()


def test_a_backup_of_a_newer_release_is_refused(kept: Commands, tmp_path: Path) -> None:
    """One line names what is newer; nothing is left in the new folder but its lock."""
    kept("backup", tmp_path / "backup")
    with closing(sqlite3.connect(tmp_path / "backup" / "monitor.db", isolation_level=None)) as database:
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', 'm999_future', '')"
        )
    kept.state = tmp_path / "new"
    ran = kept("restore", tmp_path / "backup")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "a newer version of monitor wrote it (m999_future); install that" in ran.err
    assert [path.name for path in kept.state.iterdir()] == [".backup-lock"]


def test_an_empty_history_can_be_backed_up(monitor: Commands, tmp_path: Path) -> None:
    """Before the first capture there is a database and nothing else."""
    assert monitor("log").status == 0
    ran = monitor("backup", tmp_path / "backup")
    assert (ran.status, ran.out.endswith(f"0 entries of the change log, head {changelog.GENESIS}\n")) == (0, True)
    assert "all as it was written" in restored(monitor, tmp_path / "backup", tmp_path / "new")


def test_the_restore_command_stands_in_the_backup(kept: Commands, tmp_path: Path) -> None:
    """Whoever finds the folder in years reads there what to do, and it works as it stands."""
    kept("backup", tmp_path / "backup")
    text = (tmp_path / "backup" / "README").read_text()
    command = next(line for line in text.splitlines() if line.startswith("    monitor "))
    words = [tmp_path / "new" if word == "FOLDER" else word for word in command.split()[1:]]
    ran = subprocess.run(
        [sys.executable, "-m", "monitor", *words], cwd=tmp_path / "backup", check=False, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("all as it was written\n")
