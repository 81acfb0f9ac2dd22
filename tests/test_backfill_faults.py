"""What an archive does not give for now: it is asked for again, and nothing takes the place that it will need."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from monitor.demo import ddor
from monitor.store import Store, backfilling
from tests.backfilled import FIRST, File, agreement, archive, captured, configured, files
from tests.lists import ROOT
from tests.web_archive import OWN_PAGE, Captured, Sent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands, Ran
    from tests.web_archive import ArchiveServer

__all__ = ["archive"]

DEADLINE = 60.0
FOUND = files(*((*FIRST, *(agreement(f"Some{each}") for each in range(number))) for number in range(5)))
PORTAL = Sent(200, OWN_PAGE)  # somebody else's page, or one of the archive's own


def backfill(monitor: Commands) -> Ran:
    """The command."""
    return monitor("backfill", "ice-287g", "--workers", "1")


def times(monitor: Commands) -> list[str]:
    """The times of the versions of the list."""
    rows = monitor("versions", "--json").rows
    return [each["captured_at"] for each in rows if each["report"] == "participating"]


def lost(archive: ArchiveServer, *found: File) -> None:
    """These captures don't come."""
    archive.odd |= {each.captured().path: PORTAL for each in found}


def test_nothing_is_placed_before_what_did_not_come_is_asked_for_again(
    monitor: Commands, archive: ArchiveServer
) -> None:
    """Later there would be no place for it, among versions that are there already."""
    archive.captures = captured(FOUND)
    lost(archive, FOUND[2])
    ran = backfill(monitor)
    assert ran.status == 1
    assert f"participating: 1 captures did not come for now, the first of {FOUND[2].at}; none is placed" in ran.out
    assert times(monitor) == []
    archive.odd.clear()
    ran = backfill(monitor)
    assert (ran.status, ran.err) == (0, "")
    assert times(monitor) == [each.at for each in FOUND]


def test_what_never_comes_is_named_and_left_out_in_the_end(monitor: Commands, archive: ArchiveServer) -> None:
    """Two neighbours end the first run, for the archive may be away; the second asks for all others before them."""
    archive.captures = captured(FOUND)
    lost(archive, FOUND[1], FOUND[2])
    ran = backfill(monitor)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert times(monitor) == []
    ran = backfill(monitor)
    assert ran.status == 1
    assert [FOUND[at].captured().path in line for at, line in zip((1, 2), ran.err.splitlines(), strict=True)] == [
        True
    ] * 2
    assert times(monitor) == [FOUND[at].at for at in (0, 3, 4)]
    assert "all as it was written" in monitor("verify").out


def test_an_archive_that_goes_away_in_the_middle_costs_nothing(monitor: Commands, archive: ArchiveServer) -> None:
    """Whatever stands in for it: the run ends with it, and the next goes on where it stopped."""
    archive.captures = captured(FOUND)
    lost(archive, *FOUND[2:])
    ran = backfill(monitor)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert times(monitor) == []
    archive.odd.clear()
    before = len(archive.requests)
    assert backfill(monitor).status == 0
    assert times(monitor) == [each.at for each in FOUND]
    asked = [each.path for each in archive.requests[before:]]
    assert [each.captured().path in asked for each in FOUND] == [False, False, True, True, True]


def test_what_is_not_placed_yet_follows_the_description(tmp_path: Path) -> None:
    """A key that was corrected sorts what is listed, and what is kept, anew; what is placed stays."""
    with Store(tmp_path) as store:

        def list_as(report: str) -> None:
            for url in ("a", "b", "c"):
                backfilling.list_memento(
                    store, "s", report, name="weekly", url=url, captured_at="2025-01-01T00:00:00Z", digest="d",
                    address=url, media_type="application/pdf",
                )  # fmt: skip

        list_as("wrong")
        _, kept, placed = backfilling.mementos(store, "s", status="listed")
        backfilling.keep(store, kept, backfilling.Bytes(sha256="0" * 64, says="0" * 64, size=1, headers="[]"))
        backfilling.mark_placed(store, [placed])
        list_as("right")
        found = {status: backfilling.mementos(store, "s", status=status) for status in ("listed", "kept", "placed")}
    assert {status: [(each.url, each.report) for each in some] for status, some in found.items()} == {
        "listed": [("a", "right")],
        "kept": [("b", "right")],
        "placed": [("c", "wrong")],
    }


def test_a_file_whose_period_is_the_name_of_a_report_is_refused(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """As a poll does: it would be mixed into the page's own history."""
    text = (ROOT / "config.yaml").read_text("utf-8")
    lines = text.splitlines(keepends=True)
    key = next(line for line in lines if line.lstrip().startswith("key: '"))
    linked = lines[lines.index(key) - 1]
    assert "match:" in linked
    text = text.replace(key, "").replace(linked, r"        match: { href: '\.pdf$' }" + "\n")
    configured(monitor, archive.address, tmp_path, text)
    url = "https://www.ice.gov/doclib/ddor/page.pdf"
    page = f"<html><h1>Reports</h1><p>{'Weekly. ' * 300}<a href='{url}'>report</a></html>".encode()
    pdf = ddor.report(ddor.history()[0])
    archive.captures = [
        Captured("https://www.ice.gov/declined-detainer-outcome-report", "20170321000000", page),
        Captured(url, "20170320120000", pdf, (("Content-Type", "application/pdf"),)),
    ]
    ran = monitor("backfill", "ice-ddor", "--workers", "1")
    assert ran.status == 1
    assert ran.err == f"monitor: {url}: would be the report 'page', which is another; change its `key`\n"
    assert [each["file_name"] for each in monitor("versions", "--json").rows] == ["declined-detainer-outcome-report"]


@pytest.mark.parametrize("where", ["the index", "a capture"])
def test_it_can_be_broken_off_while_the_archive_rests(monitor: Commands, archive: ArchiveServer, where: str) -> None:
    """Within moments, though the archive asks for ten minutes of rest."""
    archive.captures = captured(FOUND)
    busy = Sent(503, b"", (("Retry-After", "600"),))
    paths = ["/cdx/search/cdx"] if where == "the index" else [each.captured().path for each in FOUND]
    archive.odd = dict.fromkeys(paths, busy)
    command = [sys.executable, "-m", "monitor", "--config", str(monitor.config), "--state", str(monitor.state)]
    with subprocess.Popen(
        [*command, "backfill", "ice-287g"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        killing = threading.Timer(DEADLINE, process.kill)
        killing.start()
        try:
            assert any("waiting" in line for line in process.stdout)
            process.send_signal(signal.SIGINT)
            said = process.stdout.read()
            assert process.wait() == 130, said
            assert "interrupted; the same command goes on where it stopped" in said
        finally:
            killing.cancel()
