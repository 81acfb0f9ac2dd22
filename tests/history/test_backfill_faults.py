"""What does not come of a web archive, for now or for ever: nothing is lost for it, and nothing goes on for ever."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from itertools import pairwise
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from monitor.history.backfill import patience
from tests.history.test_backfill_captures import SERIES, bulletin, hold_bulletins, months, not_found, participating
from tests.support.backfilled import File, archive, captured, configured, story, take
from tests.support.interrupted import ctrl_c_heard_elsewhere, status_of
from tests.support.paths import ROOT
from tests.support.web_archive import OWN_PAGE, Captured, Sent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

BACKFILL = ("backfill", "ice-287g", "--workers", "1")
DEADLINE = 300.0


def busy(seconds: int) -> Sent:
    """An answer that asks for a rest."""
    return Sent(503, b"busy", (("Retry-After", str(seconds)),))


SILENT = busy(7200)  # for so long nobody waits
PASSING = {
    "it does not answer": SILENT,
    "it rests for longer than a few captures are worth": busy(600),
    "it refuses": Sent(403, b"no"),
    "it wants a login": Sent(401, b"no"),
    "it is offline": Sent(200, b"<html><title>Internet Archive</title><p>Temporarily offline"),
    "it does not find it": Sent(404, OWN_PAGE),
    "it can't play it back": Sent(503, b"", (("X-Archive-Wayback-Runtime-Error", "ResourceNotAvailableException"),)),
    "somebody is in between": Sent(302, b"", (("Location", "http://portal.example/login"),)),
}


def fail(archive: ArchiveServer, found: list[File], sent: Sent) -> None:
    """Have the archive answer so where these should be."""
    archive.odd = {each.captured().path: sent for each in found}


def times(monitor: Commands) -> list[object]:
    """When the versions of the participating list were captured."""
    return [each["captured_at"] for each in participating(monitor)]


@pytest.mark.parametrize("sent", PASSING.values(), ids=PASSING)
def test_what_may_pass_keeps_a_report_from_its_place(monitor: Commands, archive: ArchiveServer, sent: Sent) -> None:
    """For one that comes later would have none any more: it is said so, and the next time all is in its place."""
    found = story()[:5]
    archive.captures = captured(found)
    fail(archive, found[2:3], sent)
    ran = monitor(*BACKFILL)
    assert ran.status == 1
    assert f"1 captures did not come for now, the first of {found[2].at}" in " ".join(ran.out.split())
    assert "the report waits for them: run the same command again" in " ".join(ran.out.split())
    assert times(monitor) == []

    archive.odd.clear()
    asked = len(archive.requests)
    again = monitor(*BACKFILL)
    assert (again.status, again.err) == (0, "")
    assert times(monitor) == [each.at for each in found]
    sheets = [each.path for each in archive.requests[asked:] if each.path.endswith(".xlsx")]
    assert sheets == [found[2].captured().path]


def test_two_neighbours_that_never_come_do_not_end_every_run(monitor: Commands, archive: ArchiveServer) -> None:
    """The first time the archive may be what fails; the next time they come last, are named, and the rest is taken."""
    found = story()[:6]
    archive.captures = captured(found[:5])
    fail(archive, found[1:3], SILENT)
    ran = monitor(*BACKFILL)
    assert ran.status == 1
    assert "try again later" in ran.err
    assert times(monitor) == []

    again = monitor(*BACKFILL)
    assert again.status == 1
    assert [found[1].name in again.err, found[2].name in again.err] == [True, True]
    assert len(again.err.splitlines()) == 2
    assert times(monitor) == [found[place].at for place in (0, 3, 4)]

    archive.captures = captured(found)
    assert monitor(*BACKFILL).status == 1
    assert "all as it was written" in monitor("verify").out


def test_what_never_came_is_asked_for_again_and_keeps_nothing_any_more(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """Each time, after all others: those are taken at once, and it as well, once it comes."""
    found = story()[:5]
    take(monitor, tmp_path, found[4:])
    archive.captures = captured(found[:1])
    fail(archive, found[:1], SILENT)
    assert [monitor(*BACKFILL).status for _ in range(3)] == [1, 1, 1]
    archive.captures = captured(found[:4])
    assert monitor(*BACKFILL).status == 1
    assert times(monitor) == [each.at for each in found[1:]]
    archive.odd.clear()
    assert monitor(*BACKFILL).status == 0
    assert times(monitor) == [each.at for each in found]


def test_what_fails_again_is_no_reason_to_give_up(monitor: Commands, archive: ArchiveServer) -> None:
    """Three that are far apart end no run; when they are asked for in a row they are known."""
    found = story()[:6]
    archive.captures = captured(found)
    fail(archive, found[::2], SILENT)
    assert monitor(*BACKFILL).status == 1
    assert times(monitor) == []
    ran = monitor(*BACKFILL)
    assert ran.status == 1
    assert [each.name in ran.err for each in found] == [True, False] * 3
    assert times(monitor) == [each.at for each in found[1::2]]


def test_what_a_capture_is_itself_keeps_nothing(monitor: Commands, archive: ArchiveServer) -> None:
    """An error that the publisher had answered is one for ever: the rest is taken at once."""
    found = story()[:3]
    archive.captures = captured(found)
    archive.odd = {found[1].captured().path: not_found(found[1])}
    ran = monitor(*BACKFILL)
    assert ran.status == 1
    assert times(monitor) == [found[0].at, found[2].at]


def test_a_part_of_the_time_waits_for_the_rest(monitor: Commands, archive: ArchiveServer) -> None:
    """What did not come is waited for though it is not asked for: its time is told, by which to ask for it."""
    found = story()[:4]
    archive.captures = captured(found)
    fail(archive, found[2:3], SILENT)
    assert monitor(*BACKFILL).status == 1
    ran = monitor(*BACKFILL, "--until", "2025-03-02")
    assert ran.status == 1
    assert f"the first of {found[2].at}" in " ".join(ran.out.split())
    assert times(monitor) == []


def pages_of(found: list[File]) -> list[Captured]:
    """Captures of the page, one for each file, which it links alone."""
    each_alone = [captured([each])[0] for each in found]
    return [
        each._replace(timestamp=f"202504{day:02}000000", body=each.body + b"%d" % day)
        for day, each in enumerate(each_alone, start=1)
    ]


def test_a_capture_of_the_page_that_never_comes_ends_nothing(monitor: Commands, archive: ArchiveServer) -> None:
    """Others say as much; where most do not come, the archive does not answer, and that is said."""
    found = story()[:3]
    pages = pages_of(found)
    archive.captures = [*pages, *captured(found)[1:]]
    archive.odd = {pages[0].path: SILENT}
    assert monitor(*BACKFILL).status == 1  # the page is a report as well
    assert times(monitor) == [each.at for each in found]
    archive.odd = {each.path: SILENT for each in pages[:2]}
    ran = monitor(*BACKFILL)
    assert ran.status == 1
    assert "answered 503, asked 1 times; try again later" in ran.err


# What the configuration says of it


def test_what_was_listed_is_of_the_report_that_is_described_now(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off, described better, and gone on with: by its new key, though its bytes are there already."""

    def broken_off(*_: object) -> None:
        raise KeyboardInterrupt

    old = SERIES.replace(r"key: 'bulletin-(\d{4}-\d\d)'", r"key: '(bulletin-\d{4})'")
    assert old != SERIES
    configured(monitor, archive.address, tmp_path, old)
    hold_bulletins(archive, months())
    with monkeypatch.context() as patched:
        patched.setattr("monitor.history.placement.place_captures", broken_off)
        assert monitor("backfill", "bulletins", "--workers", "1").status == 130
    configured(monitor, archive.address, tmp_path, SERIES.replace("      monthly:", "      bulletin:"))
    assert monitor("backfill", "bulletins", "--workers", "1").status == 0
    versions = monitor("versions", "bulletins", "--json").rows
    assert [each["report"] for each in versions] == ["2026-01", "2026-01", "2026-02", "2026-02"]


def test_a_file_that_would_be_another_report_is_refused(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """As in a poll; it is told once, not for each capture, and the others are taken."""
    text = SERIES.replace(r"bulletin-\d{4}-\d\d[^/]*\.csv$", r"bulletin-[\w-]+\.csv$")
    text = text.replace(r"bulletin-(\d{4}-\d\d)", r"bulletin-([\w-]+)\.csv")
    configured(monitor, archive.address, tmp_path, text)
    strange = bulletin("01-06", "01", Laredo="draft")._replace(name="bulletin-monthly.csv")
    later = bulletin("01-07", "01", Laredo="court")._replace(name="bulletin-monthly.csv")
    hold_bulletins(archive, [*months(), strange, later])
    ran = monitor("backfill", "bulletins", "--workers", "1")
    assert ran.status == 1
    assert ran.err.splitlines() == [
        f"monitor: {strange.url}: would be the report 'monthly', which is another; change its `key`"
    ]
    assert [each["report"] for each in monitor("versions", "bulletins", "--json").rows] == [
        *("2026-01", "2026-01", "2026-02", "2026-02")
    ]
    assert strange.captured().path not in archive.paths("/web/")


# Whoever breaks it off


def say(process: subprocess.Popen[str], words: str) -> bool:
    """Whether a command prints a line with these words, before it ends or is ended for want of them."""
    assert process.stdout
    end = Timer(DEADLINE, process.kill)
    end.start()
    try:
        return any(words in line for line in process.stdout)
    finally:
        end.cancel()


def test_ctrl_c_ends_it_while_the_archive_rests(monitor: Commands, archive: ArchiveServer) -> None:
    """At once, and not when the archive may be asked again; no capture is blamed for it.

    It rests for longer than five minutes, which so many captures are worth. The command can be broken off though a
    shell may have this process ignore that, and all that it starts.
    """
    found = story()
    archive.captures = captured(found)
    fail(archive, found, busy(400))
    command = [sys.executable, "-m", "monitor", "--config", str(monitor.config), "--state", str(monitor.state)]
    started = subprocess.Popen(
        [*command, *BACKFILL], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"},
    )  # fmt: skip
    with started:
        try:
            assert say(started, "waiting")
            started.send_signal(signal.SIGINT)
            assert status_of(started) == 130
        finally:
            started.kill()
    archive.odd.clear()
    assert monitor(*BACKFILL).status == 0
    assert times(monitor) == [each.at for each in found]


@pytest.mark.parametrize("rests", ["page", "files"])
def test_ctrl_c_that_ends_no_wait_is_heeded_all_the_same(monitor: Commands, archive: ArchiveServer, rests: str) -> None:
    """Whether the command itself waits for the archive, or for the threads that do."""
    found = story()
    archive.captures = captured(found)
    silent = archive.captures[:1] if rests == "page" else archive.captures[1:]
    archive.odd = {each.path: busy(400) for each in silent}
    with ctrl_c_heard_elsewhere(lambda: archive.paths("/web/")):
        assert monitor(*BACKFILL).status == 130


def test_a_run_that_ends_itself_does_not_wait_for_those_that_rest(monitor: Commands, archive: ArchiveServer) -> None:
    """Two that do not come end it, while a third rests, which is not asked for again."""
    first, second, third = story()[:3]
    archive.captures = captured([first, second, third])
    fail(archive, [first, second], SILENT)
    paths = [each.captured().path for each in (first, second, third)]
    archive.odd[paths[2]] = busy(200)
    archive.after = dict(pairwise(paths))  # all are under way when the first one ends
    ran = monitor(*BACKFILL)
    assert ran.status == 1
    assert second.name in ran.err
    assert [archive.paths().count(path) for path in paths] == [1, 1, 1]


@pytest.mark.parametrize("place", range(3))
def test_a_run_of_few_captures_does_not_wait_for_a_long_rest(
    monitor: Commands, archive: ArchiveServer, place: int
) -> None:
    """Whichever answer asks for ten minutes: it is told that something is left, and when to go on with it."""
    found = story()[:3]
    archive.captures = captured(found)
    fail(archive, found, SILENT)
    archive.odd[found[place].captured().path] = busy(600)
    ran = monitor(*BACKFILL)
    assert ran.status == 1
    assert "of 4 captures are left; the same command goes on there" in " ".join(ran.out.split())
    assert re.search(r"answered 503, asked 1 times; try again later, after 20[\d-]+T[\d:]+:00Z$", ran.err)
    assert "waiting" not in ran.out + ran.err
    archive.odd.clear()
    assert monitor(*BACKFILL).status == 0
    assert times(monitor) == [each.at for each in found]


def test_a_rest_is_worth_what_is_left() -> None:
    """Five minutes in any case, and a minute for each capture; what is not worth it is asked for by the next run."""
    assert [patience(left) for left in (1, 5, 6, 10, 1000)] == [300, 300, 360, 600, 60_000]


def test_a_report_in_parts_is_left_out(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """Its old files were captured at different times; the command says so, and asks for none of them."""
    text = SERIES.replace("kind: series", "kind: rolling\n        parts: true")
    configured(monitor, archive.address, tmp_path, text)
    hold_bulletins(archive, months())
    ran = monitor("backfill", "bulletins", "--workers", "1")
    assert ran.status == 1
    assert "bulletins/monthly is several files or pages" in ran.err
    assert monitor("versions", "bulletins", "--json").rows == []
