"""What breaks under the program: disks, files, clocks, locks, its worker. In the end everything is there, once."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo import ddor
from monitor.demo.publisher import Publisher
from monitor.errors import StoreError
from monitor.sandbox.reader import Reader
from monitor.steps import holds
from monitor.steps.process import process, process_as_decided
from monitor.store import changelog, queries
from monitor.store.archive import ABANDONED_AFTER_SECONDS, Archive
from monitor.store.database import Store
from monitor.store.entry import Decision
from monitor.store.search import LogFilter, log_entries
from tests.steps.test_poll import PDF, WEEKS, put, watching, weekly
from tests.support.apart import apart
from tests.support.broken_scenes import failing_disk, few_files, full_disk, read_only
from tests.support.paths import ROOT
from tests.support.servers import DEADLINE
from tests.support.world import HISTORY, TOLD, World, roster, worlds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from monitor.program import Program
    from monitor.steps.context import Context
    from monitor.steps.outcomes import Processed
    from monitor.store.rows import VersionRow


def assert_all_is_there(outcomes: Iterable[dict[str, Any]]) -> None:
    """Each fault was named in one line, none outlasted its mending, and the history is what it would have been."""
    for each in outcomes:
        assert all("\n" not in fault for fault in each["faults"])
        assert (each["lasting"], each["history"], each["told"]) == ([], list(HISTORY), TOLD), each
        assert (each["unsound"], each["leftovers"]) == ([], []), each


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disk that fails, compiled."""
    built = tmp_path_factory.mktemp("disk") / "failing_disk.so"
    source = ROOT / "tests" / "support" / "failing_disk.c"
    command = ("cc", "-shared", "-fPIC", "-O1", "-o", str(built), str(source), "-ldl")
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"no C compiler that makes a library here: {fault}")
    return built


@pytest.mark.parametrize("word", ["EIO", "ENOSPC"])
def test_a_write_that_fails_loses_nothing(word: str, shim: Path) -> None:
    """Every 89th call that writes below the state folder: database, WAL, locks, archive, feed; other ones each time.

    `apart(failing_disk, word, 1, 1, preload=shim)` would try all of them, one after the other.
    """
    outcomes = apart(failing_disk, word, random.randint(1, 89), 89, preload=shim)
    assert_all_is_there(outcomes)
    assert sum(bool(each["faults"]) for each in outcomes) >= 5


def test_a_disk_that_is_full_is_named_and_loses_nothing() -> None:
    """With so little room that the database can't be made, or migrated, or one of the files not kept: said to be so."""
    outcomes = apart(full_disk, 4, 40, 120, 200, 360, 600, 1600, spaces=("--mount",))
    assert_all_is_there(outcomes)
    for each in outcomes[:-1]:
        assert each["faults"]
        assert "full" in each["faults"][0] or "No space left" in each["faults"][0], each


def test_a_state_folder_that_can_only_be_read_is_named_and_loses_nothing() -> None:
    """A disk that the kernel has made read-only after a fault: one line, and all is well once it can be written."""
    outcome = apart(read_only, spaces=("--mount",))
    assert_all_is_there([outcome])
    (fault,) = outcome["faults"]
    assert "Read-only file system" in fault


def test_too_few_open_files_are_named_and_lose_nothing() -> None:
    """With room for none, one, two, ... more: what could not be opened is named, and the next poll has it all."""
    outcomes = apart(few_files, *range(8))
    assert_all_is_there(outcomes)
    named = [each["faults"][0] for each in outcomes if each["faults"]]
    assert len(named) >= 5
    assert all("Too many open files" in fault or "unable to open database file" in fault for fault in named), named


# --- the archive ---


@pytest.fixture(scope="module")
def make() -> Iterator[Callable[[], World]]:
    """Makes worlds."""
    with worlds() as make:
        yield make


@pytest.fixture
def world(make: Callable[[], World]) -> World:
    """A world with three places, polled once."""
    world = make()
    world.publish(3)
    assert world.round() == []
    return world


def versions(world: World) -> list[VersionRow]:
    """The versions of the roster, oldest first."""
    with world.program() as program:
        return [version for version, _ in queries.all_versions(program.store)]


def history(world: World) -> list[tuple[str, str]]:
    """The change log: what was added, removed or corrected, and when it was observed."""
    with world.program() as program:
        entries = list(log_entries(program.store, LogFilter()))
    return [(f"{entry.kind} {(entry.after or entry.before or {})['name']}", entry.observed_at) for entry in entries]


def told(world: World) -> int:
    """How many alerts have arrived."""
    return (world.state / "feed.xml").read_text("utf-8").count("<entry>")


def archive(world: World) -> Archive:
    """The kept bytes."""
    return Archive(world.state / "archive")


def test_what_the_archive_lost_is_asked_for_again(world: World) -> None:
    """Its folder is gone: the next poll makes it anew, asks without conditions, says so, keeps what still stands."""
    before = versions(world)
    shutil.rmtree(world.state / "archive")
    world.at += timedelta(minutes=1)
    with world.program() as program:
        (polled,) = program.poll(["places"])
        assert (polled.kept, polled.faults) == (0, ())
        assert [note.split(": ", 1)[1] for note in polled.notes] == [
            "the archive had lost what was kept of it, so it was asked for again"
        ] * 2
        (again,) = program.poll(["places"])
        assert again.notes == ()
    assert archive(world).get(before[0].sha256) == roster(3)
    assert world.story(lambda: None).unsound == ()


def test_a_lost_file_that_waits_to_be_read_is_named_and_asked_for_again(world: World) -> None:
    """A version whose bytes are gone before they were read waits, with a fault that names the file, and is not lost."""
    world.publish(4)
    world.at += timedelta(minutes=1)
    with world.program() as program:
        list(program.poll(["places"]))
        lost = versions(world)[1]
        path = archive(world).path(lost.sha256)
        path.unlink()
        (stuck,) = program.process()
        assert stuck.fault == f"{path}: No such file or directory; restore it from a backup"
    assert world.round() == []
    assert [entry for entry, _ in history(world)] == list(HISTORY)


def test_later_versions_wait_behind_one_whose_bytes_are_lost(world: World) -> None:
    """Nothing of the report is recorded until the lost file is there again; then each version is, in its order."""
    kept = []
    with world.program() as program:
        for count in (4, 5):
            world.publish(count)
            world.at += timedelta(minutes=1)
            list(program.poll(["places"]))
            kept.append(versions(world)[-1].sha256)
        path = archive(world).path(kept[0])
        path.unlink()
        assert [done.fault for done in program.process()] == [
            f"{path}: No such file or directory; restore it from a backup"
        ]
        assert history(world) == []
        assert [each.status for each in versions(world)] == ["recorded", "kept", "kept"]
        archive(world).put(roster(4))
        assert [done.fault for done in program.process()] == [None, None]
    assert [entry for entry, _ in history(world)] == ["added Ector County", "added Frio County"]


class MeetingStore(Store):
    """A connection that lets another program write before its own next transaction begins."""

    meet: Callable[[], object] | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let the other program write once, then begin."""
        other, self.meet = self.meet, None
        if other:
            other()
        with super().transaction():
            yield


@contextmanager
def met(world: World, other: Callable[[Program], object]) -> Iterator[Context]:
    """The context of a program that has compared a version when `other` is done by another program."""
    with world.program() as ours, world.program() as theirs, MeetingStore(world.state) as store:
        store.meet = lambda: other(theirs)
        yield replace(ours.context, store=store)


def test_two_programs_that_compared_the_same_version_record_it_once(world: World) -> None:
    """The second finds, in its transaction, that the version no longer waits."""
    world.publish(4)
    world.at += timedelta(minutes=1)
    with world.program() as program:
        list(program.poll(["places"]))
    theirs: list[Processed] = []
    with met(world, lambda other: theirs.extend(other.process())) as context:
        assert list(process(context)) == []
    assert [len(done.entries) for done in theirs] == [1]
    assert [entry for entry, _ in history(world)] == ["added Ector County"]
    assert world.story(lambda: None).unsound == ()


def test_a_version_is_compared_again_where_another_was_recorded_meanwhile(world: World) -> None:
    """Version 3 was compared with version 1 when another program recorded version 2: only what is new to it is told."""
    for count in (4, 5):
        world.publish(count)
        world.at += timedelta(minutes=1)
        with world.program() as program:
            list(program.poll(["places"]))
    _, second, third = versions(world)
    decision = Decision(by="Jane Doe", hold_reason="")
    with met(world, lambda other: process_as_decided(other.context, second, decision)) as context:
        assert process_as_decided(context, third, decision) is not None
    assert [entry for entry, _ in history(world)] == ["added Ector County", "added Frio County"]
    with world.program() as program:
        assert list(changelog.chain_faults(program.store)) == []


def test_what_was_altered_on_the_disk_is_kept_again(tmp_path: Path) -> None:
    """The same number of other bytes under a name is not what the name says: it is written anew."""
    kept = Archive(tmp_path / "archive")
    path = kept.path(kept.put(b"a list"))
    path.chmod(0o644)
    path.write_bytes(b"a lisp")
    assert kept.get(kept.put(b"a list")) == b"a list"


def test_what_a_killed_write_left_is_swept_after_a_day(tmp_path: Path) -> None:
    """Not sooner: another process may be writing it."""
    kept = Archive(tmp_path / "archive")
    folder = kept.path(kept.put(b"a list")).parent
    old, new = folder / ".new-old", folder / ".new-new"
    for path, age in ((old, ABANDONED_AFTER_SECONDS + 60), (new, ABANDONED_AFTER_SECONDS - 60)):
        path.write_bytes(b"half of i")
        os.utime(path, (time.time() - age,) * 2)
    kept.path(kept.put(b"a list")).unlink()
    kept.put(b"a list")
    assert [path.name for path in folder.glob(".new-*")] == [new.name]


# --- the clock ---


@pytest.mark.parametrize("years", [1, -1], ids=["ahead", "behind"])
def test_a_clock_that_jumps_a_year_loses_nothing(world: World, years: int) -> None:
    """There and back again: every version is recorded in the order in which it came, and told, and nothing twice."""
    jump = timedelta(days=365) * years
    expected = []
    for count, move in ((4, jump), (5, timedelta()), (4, -jump), (3, timedelta())):
        world.at += move
        world.publish(count)
        assert world.round() == []
        assert world.round() == []  # an earlier file that comes again counts when a second poll finds it
        gone = {4: "Frio", 3: "Ector"} if move == -jump or count == 3 else {}
        expected.append(
            f"removed {gone[count]} County" if gone else f"added {'Ector' if count == 4 else 'Frio'} County"
        )
    assert [entry for entry, _ in history(world)] == expected
    assert told(world) == TOLD - 1 + len(expected)
    assert [str(each.status) for each in versions(world)] == ["recorded"] * 5
    times = [at[:4] for _, at in history(world)]
    assert times == [str(2026 + years)] * 2 + ["2026"] * 2
    assert world.story(lambda: None).unsound == ()


def test_what_was_put_off_by_a_clock_that_stood_ahead_is_sent_all_the_same(world: World) -> None:
    """An alert that could not be sent while the clock stood a year ahead is not put off for that year."""
    feed, aside = world.state / "feed.xml", world.state / "aside"
    feed.rename(aside)
    feed.mkdir()  # nothing can be sent
    world.at += timedelta(days=365)
    world.publish(4)
    assert len(world.round()) == 1
    world.at -= timedelta(days=365)
    feed.rmdir()
    aside.rename(feed)
    assert world.round() == []
    assert told(world) == TOLD


def test_an_old_report_is_asked_after_the_clock_came_back(tmp_path: Path) -> None:
    """A report that is asked but rarely, last by a clock that stood ahead, does not wait for that time."""
    first, revised, _ = WEEKS
    path = f"/doclib/ddor/{first.file_name}"
    with Publisher() as publisher, Reader() as reader, watching(publisher.address, tmp_path, reader) as watch:
        put(publisher, path, ddor.ddor_pdf(first), PDF)
        weekly(publisher, first)
        watch.poll("ice-ddor")
        watch.poll("ice-ddor", after=timedelta(days=400))
        put(publisher, path, ddor.ddor_pdf(revised), PDF)
        watch.poll("ice-ddor", after=-timedelta(days=360))
        assert [version.number for version in watch.versions("2017_01-28to02-03")] == [1, 2]


# --- the database ---


@contextmanager
def locked(world: World) -> Iterator[Callable[[], None]]:
    """Another process keeps the database locked, until it is told to let it go."""
    script = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        (sys.executable, "-c", script, str(world.state / "monitor.db")), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin
        assert other.stdout
        other.stdout.readline()

        def let_go() -> None:
            assert other.stdin
            other.stdin.close()
            other.wait()

        yield let_go
        if other.poll() is None:
            let_go()


def test_a_database_that_is_locked_is_waited_for(world: World) -> None:
    """For as long as `MAX_LOCK_WAIT_SECONDS`, a minute: whoever lets it go in that time has disturbed nothing."""
    world.publish(4)
    waits = threading.Event()

    def poll() -> tuple[str, ...]:
        with world.program() as program:
            program.store.connection.set_trace_callback(lambda sql: waits.set() if "BEGIN" in sql else None)
            return program.poll_one("places").faults

    with locked(world) as let_go, ThreadPoolExecutor(1) as pool:
        polled = pool.submit(poll)
        assert waits.wait(DEADLINE)  # it begins to write, which it can't end before the other lets go
        assert not polled.done()
        let_go()
        assert polled.result(DEADLINE) == ()
    assert world.round() == []
    assert ([entry for entry, _ in history(world)], told(world)) == (list(HISTORY), TOLD)


def test_a_database_that_stays_locked_is_named_and_loses_nothing(world: World) -> None:
    """After that time one line says what is the matter, and the next poll has it all."""
    world.publish(4)
    with locked(world), world.program() as program:
        program.store.connection.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(StoreError, match="another process has kept the database locked") as named:
            program.poll_one("places")
        assert "\n" not in str(named.value)
    assert world.round() == []
    assert ([entry for entry, _ in history(world)], told(world)) == (list(HISTORY), TOLD)


# --- the worker ---


def test_a_version_whose_reader_was_killed_is_held_and_can_be_read_again(world: World) -> None:
    """Killed with SIGKILL within the file, as the kernel does for want of memory: told, and `release` reads it anew."""
    script = """
import os, signal
from monitor.sandbox import worker
worker.extract.read_report = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
worker.serve()
"""
    sound = world.reader
    world.publish(4)
    with Reader(command=(sys.executable, "-c", script)) as world.reader:
        (fault,) = world.round()
    assert "SIGKILL" in fault
    assert [str(each.status) for each in versions(world)] == ["recorded", "held"]
    assert (history(world), told(world)) == ([], TOLD)  # whoever runs it was told of the hold
    world.reader = sound
    with world.program() as program:
        holds.release_held(program.context, versions(world)[1])
    assert world.round() == []
    assert ([entry for entry, _ in history(world)], told(world)) == (list(HISTORY), TOLD + 1)
