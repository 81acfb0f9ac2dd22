"""What is new is saved by a web archive, once, and an archive that fails harms nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.daemon.daemon import Daemon
from monitor.daemon.systemd import Supervisor
from monitor.history import receipts as receipt_step
from monitor.sandbox.reader import Reader
from monitor.store import receipts
from monitor.store.database import Store
from monitor.times import instant
from monitor.wayback.client import WebArchive
from tests.daemon.test_daemon import until
from tests.support.saving import DAY, HOUR, MINUTE, START, World, roster, saving_world
from tests.support.web_archive import Sent
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.program import Program
    from tests.conftest import Commands


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """The worker process."""
    with Reader() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, reader: Reader) -> Iterator[World]:
    """A world in which a page and a list were published, and polled."""
    with saving_world(tmp_path, reader) as found:
        yield found


@pytest.fixture
def monitor(monitor: Commands, world: World) -> Commands:
    """`monitor` in that world."""
    monitor.config, monitor.state = world.config, world.folder
    return monitor


# By hand


def test_page_and_files_are_saved_and_the_receipts_kept(monitor: Commands, world: World) -> None:
    """Each is printed, and stands beside its version for programs, and for people who look at its page."""
    world.archive.saved_as = "20260105010203"
    ran = monitor("save")
    saved = f"{world.archive.address}/web/20260105010203/{world.publisher.address('')}"
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[::2] == [f"places/page: {saved}/page", f"places/roster: {saved}/roster.csv"]
    told = {row["report"]: row["saved"] for row in monitor("versions", "--json").rows}
    assert told == {"page": f"{saved}/page", "roster": f"{saved}/roster.csv"}
    with serving_of(world.folder) as served:
        assert f"{saved}/roster.csv" in served.get("/version/places/roster/1").text


def test_what_has_its_receipt_is_not_saved_again(monitor: Commands, world: World) -> None:
    """A version has one, the first; another version gets its own."""
    assert monitor("save", "places").status == 0
    kept = world.receipts()
    assert monitor("save").out == "nothing to save: the latest version of each report has its receipt\n"
    assert (world.asked(), world.receipts()) == (["page", "roster.csv"], kept)
    world.at += HOUR
    world.publisher.pages["/roster.csv"] = roster("Bee County", "Clay County")
    world.poll()
    assert [row["saved"] is None for row in monitor("versions", "--json").rows] == [False, False, True]
    assert "places/roster: " in monitor("save").out
    assert world.receipts().items() > kept.items()
    assert world.asked() == ["page", "roster.csv", "roster.csv"]


def test_only_the_latest_version_is_saved(monitor: Commands, world: World) -> None:
    """What stood there before can't be seen any more."""
    world.publisher.pages["/roster.csv"] = roster("Bee County", "Clay County")
    world.at += HOUR
    world.poll()
    assert monitor("save").status == 0
    assert [row["saved"] is None for row in monitor("versions", "--json").rows] == [False, True, False]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE versions SET status = 'rejected'",
        "UPDATE captures SET via = 'import'",
        "UPDATE captures SET memento = 'https://web.archive.org/web/20250101000000id_/http://x.example/'",
        "UPDATE reports SET withdrawn_at = '2026-01-05T00:00:00Z'",
    ],
)
def test_what_stands_nowhere_any_more_is_not_saved(monitor: Commands, world: World, statement: str) -> None:
    """What was rejected, taken in from elsewhere or taken down."""
    with Store(world.folder) as store, store.transaction():
        store.write(statement, {})
    assert monitor("save").out.startswith("nothing to save")
    assert world.archive.requests == []


def test_what_fails_is_named_and_the_rest_is_saved(monitor: Commands, world: World) -> None:
    """With exit status 1; the same command tries it again."""
    world.archive.odd[f"/save/{world.publisher.address('/page')}"] = Sent(200, b"<html>Sorry")
    ran = monitor("save")
    assert ran.status == 1
    assert "monitor: places/page: " in ran.err
    assert "the archive did not save it" in ran.err
    assert ran.out.startswith("places/roster: ")
    world.archive.odd.clear()
    ran = monitor("save")
    assert (ran.status, ran.out.startswith("places/page: ")) == (0, True)


def test_an_archive_that_asks_for_hours_ends_the_command(monitor: Commands, world: World) -> None:
    """In one line, with exit status 1; later the same command goes on."""
    world.archive.refuse(429, retry_after=7200)
    ran = monitor("save")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("monitor: places/page: ")
    assert "answered 429, asked 1 times; try again later" in ran.err
    assert len(ran.err.splitlines()) == len(world.archive.requests) == 1
    assert monitor("save").status == 0
    assert len(world.receipts()) == 2


def test_a_source_that_is_none_is_refused(monitor: Commands, world: World) -> None:
    """Before anything is asked."""
    ran = monitor("save", "palces")
    assert (ran.status, world.archive.requests) == (1, [])
    assert "no source 'palces'" in ran.err


def test_what_the_archive_saved_before_the_version_is_no_receipt_of_it(world: World) -> None:
    """It does not capture one address twice an hour, and gives the capture of then: of the version before, perhaps."""
    world.archive.saved_as = instant(START - MINUTE).translate({ord(sign): None for sign in "-:TZ"})
    page, file = world.save()
    assert page.fault == (
        f"{world.publisher.address('/page')}: the archive gives its capture of 2026-01-04T23:59:00Z, older than this "
        "version; ask in an hour"
    )
    assert (file.memento, world.receipts()) == (None, {})


def test_a_receipt_is_kept_once(world: World) -> None:
    """Whoever comes second with another one."""
    world.save()
    kept = world.receipts()
    with Store(world.folder) as store, store.transaction():
        (row,) = store.all("SELECT version_id, url FROM receipts WHERE url LIKE '%roster.csv'")
        version = receipts.Unsaved(
            **row, source="", report_key="", number=1, captured_at="", attempts=0, job=None, job_begun_at=None
        )
        receipts.add_receipt(store, version, memento="https://other.example/", saved_at="2027-01-01T00:00:00Z")
    assert world.receipts() == kept


def test_the_doctor_finds_a_key_that_can_not_be_read(monitor: Commands, world: World) -> None:
    """And one that others can read."""
    key = world.folder / "key"
    text = world.config.read_text("utf-8").replace("per_minute: 60000", f"key_file: {key}")
    world.config.write_text(text, encoding="utf-8")
    assert f"wayback: key: {key}: No such file or directory" in monitor("doctor", "--offline").out
    assert "wayback.key: " in monitor("save").err
    key.write_text("mine:hidden", encoding="utf-8")
    key.chmod(0o644)
    assert f"wayback: {key}: others can read it" in monitor("doctor", "--offline").out


# As the daemon does


def test_one_thing_is_asked_at_a_time(world: World) -> None:
    """A capture under way is looked after, also by a program that was started anew."""
    world.archive.anonymous = "job"
    world.archive.pending = 2
    assert world.rounds(1) == []
    assert len(world.archive.requests) == 1
    saved = [done for _ in range(12) for done in world.rounds(1, apart=timedelta(seconds=10))]
    assert sorted(done.version.report_key for done in saved) == ["page", "roster"]
    assert all(done.memento for done in saved)
    assert len(world.receipts()) == 2
    assert len(world.archive.paths("/save/http")) == 2
    assert len(world.archive.paths("/save/status/")) == 6


def test_few_captures_are_under_way_at_once(world: World) -> None:
    """No further one is begun before one has ended, or is lost."""
    world.archive.anonymous = "job"
    world.rounds(1)
    later = instant(world.at + MINUTE)
    one = receipts.SaveLimits(at=instant(world.at), latest=later, attempts=9, jobs=1, since=instant(START - MINUTE))
    with Store(world.folder) as store:
        assert receipts.next_unsaved(store, ["places"], one) is None
        for bounds in (replace(one, jobs=2), replace(one, since=later)):
            found = receipts.next_unsaved(store, ["places"], bounds)
            assert found
            assert (found.job, found.attempts) == (None, 0)
        looked_at = receipts.next_unsaved(store, ["places"], replace(one, at=later))
        assert looked_at
        assert looked_at.job


def test_an_archive_that_fails_is_no_hot_loop(world: World) -> None:
    """Its failure counts for all that waits; after a quarter of an hour it is asked for one again."""
    world.archive.refuse(503, times=1000)
    assert len(world.rounds(50)) == len(world.archive.requests) == 1
    assert len(world.rounds(89, apart=timedelta(seconds=10))) == 0
    world.at += MINUTE
    assert len(world.rounds(50)) == 1
    assert world.slept == []


def test_a_version_at_which_the_archive_fails_each_time_does_not_keep_the_others_back(world: World) -> None:
    """It comes after them."""
    for path in ("/page", "/roster.csv"):
        world.archive.odd[f"/save/{world.publisher.address(path)}"] = Sent(500)
    first = world.rounds(1)[0].version
    del world.archive.odd[
        f"/save/{world.publisher.address('/page' if first.report_key == 'roster' else '/roster.csv')}"
    ]
    found = world.rounds(200, apart=timedelta(seconds=20))
    assert [done.version.report_key for done in found if done.memento] == [
        {"page": "roster", "roster": "page"}[first.report_key]
    ]
    assert {done.version.report_key for done in found if done.fault} == {first.report_key}


def test_an_archive_is_left_alone_for_as_long_as_it_asks(world: World) -> None:
    """Up to a day."""
    world.archive.refuse(429, retry_after=7200)
    world.rounds(1)
    assert world.rounds(50, apart=2 * MINUTE) == []
    world.at += 21 * MINUTE
    assert [done.fault for done in world.rounds(2)] == [None, None]
    assert len(world.archive.requests) == 3


def test_what_can_not_be_saved_is_tried_ever_more_rarely_and_given_up(world: World) -> None:
    """Ten minutes, twice as long each time, a day at most; the other version is saved meanwhile."""
    world.archive.odd[f"/save/{world.publisher.address('/page')}"] = Sent(200, b"<html>Sorry")
    found = world.rounds(24 * 60, apart=10 * MINUTE)
    assert [done.version.report_key for done in found if done.memento] == ["roster"]
    assert len([done for done in found if done.fault]) == receipt_step.MAX_ATTEMPTS
    assert [receipt_step.pause_after(attempts) for attempts in (0, 1, 7, 8, 99)] == [
        10 * MINUTE,
        20 * MINUTE,
        1280 * MINUTE,
        DAY,
        DAY,
    ]
    world.archive.odd.clear()
    assert [done.version.report_key for done in world.save()] == ["page"]


def test_what_was_saved_too_often_today_waits_half_a_day(world: World) -> None:
    """With the archive's own reason, which is kept."""
    said = b'{"status": "error", "status_ext": "error:too-many-daily-captures", "message": "Too often"}'
    for path in ("/page", "/roster.csv"):
        world.archive.odd[f"/save/{world.publisher.address(path)}"] = Sent(200, said)
    assert len(world.rounds(10)) == 2
    assert world.rounds(71, apart=10 * MINUTE) == []
    world.at += 11 * MINUTE
    assert len(world.rounds(10)) == 2
    with Store(world.folder) as store:
        faults = [row["fault"] for row in store.all("SELECT fault FROM receipts")]
    assert all("error:too-many-daily-captures, Too often" in fault for fault in faults)


def test_a_capture_that_never_ends_comes_to_nothing(world: World) -> None:
    """And is asked for again later."""
    world.archive.anonymous = "job"
    world.archive.pending = 10_000
    found = world.rounds(140, apart=timedelta(seconds=10))
    assert {done.fault and done.fault.partition(": the ")[2] for done in found} == {
        "archive has not saved it after 20 minutes"
    }
    world.archive.pending = 0
    world.archive.anonymous = "redirect"
    assert [done.memento is None for done in world.rounds(8, apart=10 * MINUTE)] == [False, False]


def test_a_clock_that_stood_ahead_puts_nothing_off(world: World) -> None:
    """What was written then is not waited for."""
    world.at += 365 * DAY
    world.archive.refuse(503)
    world.rounds(1)
    world.at = START + MINUTE
    assert len([done for done in world.rounds(2) if done.memento]) == 2


def test_a_killed_attempt_does_not_come_again_at_once(world: World) -> None:
    """Whatever ends the program in the middle: when it is tried next stood there before."""

    class Killed(BaseException):
        pass

    class Deadly(WebArchive):
        def begin(self, url: str) -> None:  # type: ignore[override]
            raise Killed(url)

    with world.program() as program:
        saver = replace(world.saver(program, tries=1), web=Deadly(program.fetcher, program.config.wayback))
        for _ in range(2):
            with pytest.raises(Killed):
                receipt_step.save_next(saver, ["places"])
        assert receipt_step.save_next(saver, ["places"]) is None


@contextmanager
def daemon_of(program: Program) -> Iterator[Daemon]:
    """The daemon, ten times as fast."""
    daemon = Daemon(steps=program.steps, supervisor=Supervisor(), tick=0.1)
    daemon.start()
    try:
        yield daemon
    finally:
        assert daemon.stop()


def test_the_daemon_saves_what_is_new_by_itself(world: World) -> None:
    """Where the source says so."""
    with world.program() as program, daemon_of(program):
        until(lambda: len(world.receipts()) == 2)
        world.publisher.pages["/roster.csv"] = roster("Bee County", "Clay County")
        world.at += HOUR
        until(lambda: len(world.receipts()) == 3)
    assert sorted(world.asked()) == ["page", "roster.csv", "roster.csv"]


def test_the_daemon_saves_nothing_unless_a_source_says_so(world: World) -> None:
    """Not even a loop is there."""
    world.config.write_text(world.config.read_text("utf-8").replace("save: true", "save: false"), encoding="utf-8")
    with world.program() as program:
        assert program.steps.save is None


def test_an_archive_that_hangs_holds_up_nothing_else(world: World) -> None:
    """Polls go on and versions are recorded; the daemon stops as soon as the exchange has come to its end.

    That is its timeout, for nothing is ever answered.
    """
    text = world.config.read_text("utf-8")
    assert "timeout: 60s" in text
    world.config.write_text(text.replace("timeout: 60s", "timeout: 5s"), encoding="utf-8")
    world.archive.answering.clear()
    with world.program() as program, daemon_of(program):
        until(lambda: world.archive.requests)
        world.publisher.pages["/roster.csv"] = roster("Bee County", "Clay County")
        world.at += HOUR
        until(lambda: store_of(world, "SELECT id FROM versions WHERE number = 2 AND status = 'recorded'"))
        assert world.receipts() == {}


def store_of(world: World, sql: str) -> list[dict[str, object]]:
    """What a query gives."""
    with Store(world.folder) as store:
        return store.all(sql)
