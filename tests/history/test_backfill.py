"""`monitor backfill`: what a web archive has becomes history, as if it had been imported before what is there."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import TYPE_CHECKING

import pytest

from monitor.demo.sheets import sheet
from monitor.sandbox import pool
from tests.support.backfilled import (
    FIRST,
    FOLDER,
    LISTED,
    MISSPELT,
    File,
    agreement,
    archive,
    captured,
    entries,
    files,
    story,
    take,
    told,
    without,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

STORY = story()
PLACES = ("Bay", "Dixie", "Pasco", "Lafayette", "Union", "Hernando", "Lee")
BACKFILL = ("backfill", "ice-287g", "--workers", "1")
NOTHING = "all as it was written"
CUT = FIRST[:1]  # what is left of a list is not believed

_imported: dict[tuple[File, ...], dict[str, list[str]]] = {}  # by the files that were imported: what it tells


def imported(monitor: Commands, folder: Path, found: list[File]) -> dict[str, list[str]]:
    """What an import of these files tells; they are imported once."""
    if tuple(found) not in _imported:
        state, monitor.state = monitor.state, folder / "imported"
        take(monitor, folder, found)
        _imported[tuple(found)] = told(monitor, found, PLACES)
        monitor.state = state
    return _imported[tuple(found)]


def test_in_a_new_state_folder_it_makes_the_history_of_an_import(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """The log is that of an import of the same files, with who saw it; lists and doubts are equal."""
    archive.captures = captured(STORY)
    first = told_in_order(monitor, tmp_path)
    ran = monitor(*BACKFILL)
    assert (ran.status, ran.err) == (0, "")
    assert "8 versions" in ran.out
    log = monitor("log", "--list", "participating", "--json").rows
    assert [without(each, "entry_hash", "observed_by") for each in log] == first
    at = {each.at: f"{archive.address}/web/{each.captured().timestamp}id_/{FOLDER}{each.name}" for each in STORY}
    assert [each["observed_by"] for each in log] == [at[each["observed_at"]] for each in log]
    assert told(monitor, STORY, PLACES) == imported(monitor, tmp_path, STORY)
    numbers = [each["number"] for each in monitor("versions", "ice-287g", "--json").rows if each["report"] != "page"]
    assert numbers == [1, 2, 3, 4, 5, 6, 7, 8]
    assert NOTHING in monitor("verify").out


def told_in_order(monitor: Commands, folder: Path) -> list[str]:
    """The log of an import of the story, but for its hashes."""
    state, monitor.state = monitor.state, folder / "in order"
    take(monitor, folder, STORY)
    log = [without(each, "entry_hash") for each in monitor("log", "--json").rows]
    monitor.state = state
    return log


def test_a_backup_has_the_bytes_that_wait_for_their_place(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off before that, restored elsewhere, and gone on with: none is asked for again, nothing is lost."""

    def broken_off(*_: object) -> None:
        raise KeyboardInterrupt

    archive.captures = captured(STORY)
    with monkeypatch.context() as patched:
        patched.setattr("monitor.history.placement.place_captures", broken_off)
        assert monitor(*BACKFILL).status == 130
    assert monitor("backup", tmp_path / "backup").status == 0
    monitor.state = tmp_path / "restored"
    assert NOTHING in monitor("restore", tmp_path / "backup").out
    assert monitor("versions", "--json").rows == []
    before = len(archive.requests)
    assert monitor(*BACKFILL).status == 0
    assert [each.path for each in archive.requests[before:] if f"id_/{FOLDER}" in each.path] == []
    assert told(monitor, STORY, PLACES) == imported(monitor, tmp_path, STORY)
    assert NOTHING in monitor("verify").out


@pytest.mark.parametrize("earlier", range(1, len(STORY)))
def test_what_is_found_is_joined_to_what_is_there(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path, earlier: int
) -> None:
    """However a history is split, it tells the same in the end; what was logged before stays, and nobody is alerted."""
    take(monitor, tmp_path, STORY[earlier:])
    before = monitor("log", "--json").out
    archive.captures = captured(STORY[:earlier])
    ran = monitor(*BACKFILL)
    assert (ran.status, ran.err) == (0, "")
    assert "ice-287g/participating: joined to what was there" in ran.out
    assert told(monitor, STORY, PLACES) == imported(monitor, tmp_path, STORY)
    assert monitor("log", "--json").out.startswith(before)
    assert monitor("outbox", "--json").rows == []
    assert NOTHING in monitor("verify").out
    versions = [each for each in monitor("versions", "--json").rows if each["report"] == "participating"]
    assert [each["number"] for each in versions] == list(range(1 - earlier, len(STORY) - earlier + 1))
    assert [each["captured_at"] for each in versions] == [each.at for each in STORY]


def test_a_correction_in_what_is_found_names_the_one_that_it_takes_back(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """Before the gap and over it; what was logged before can't name an entry that is numbered after it."""
    take(monitor, tmp_path, STORY[4:])
    archive.captures = captured(STORY[:4])
    monitor(*BACKFILL)
    bay = [each for each in monitor("log", "--kind", "corrected", "--json").rows if each["fields"] == ["signed"]]
    live, there, back = bay
    assert (live["observed_at"], live["reverts"]) == (STORY[7].at, None)
    assert (there["observed_at"], there["reverts"]) == (STORY[2].at, None)
    assert (back["observed_at"], back["reverts"]) == (STORY[4].at, there["id"])


def test_anyone_can_check_a_log_in_which_something_was_found_later(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """The rule of docs/evidence.md gives each hash; only what the archive saw says so, over the gap nothing does."""
    take(monitor, tmp_path, STORY[4:])
    archive.captures = captured(STORY[:4])
    monitor(*BACKFILL)
    head = "0" * 64
    for line in monitor("log", "--json").out.splitlines():
        entry = json.loads(line)
        assert ("observed_by" in entry) == (entry["observed_at"] < STORY[4].at)
        said = {name: value for name, value in entry.items() if name != "entry_hash"}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        head = hashlib.sha256(head.encode() + text.encode()).hexdigest()
        assert entry["entry_hash"] == head


def test_the_log_of_a_time_is_of_that_time(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """Asked by when it was observed, whenever it was found; in the order in which it was logged."""
    take(monitor, tmp_path, STORY[4:])
    archive.captures = captured(STORY[:4])
    monitor(*BACKFILL)
    log = monitor("log", "--json").rows
    for since, until in itertools.combinations([each.at for each in STORY], 2):
        expected = [each for each in log if since <= each["observed_at"] < until]
        assert monitor("log", "--since", since, "--until", until, "--json").rows == expected


def test_a_version_found_later_is_named_by_its_number(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """Also where that is below zero; what is older than a recorded version can't be released any more."""
    found = [*STORY]
    found[1] = found[1]._replace(content=sheet(FIRST, ("STATE",)))
    take(monitor, tmp_path, found[4:])
    archive.captures = captured(found[:4])
    assert monitor(*BACKFILL).status == 1
    ran = monitor("release", "ice-287g/participating/-2")
    assert ran.status == 1
    assert "reject it" in ran.err
    assert monitor("holds", "--json").rows == []  # the good version after it has ended its hold
    assert monitor(*BACKFILL).status == 0


def test_files_imported_without_their_address_are_no_hindrance(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """The archive is asked where the page linked the report, and not for a file of this machine."""
    for place, each in enumerate(STORY[4:]):
        file = tmp_path / f"participating{place}.xlsx"
        file.write_bytes(each.content)
        assert monitor("import", "ice-287g", file, "--at", each.at).status == 0
    archive.captures = captured(STORY[:4])
    ran = monitor(*BACKFILL)
    assert (ran.status, ran.err) == (0, "")
    assert not [path for path in archive.paths("/cdx/") if "file" in path]
    ours, theirs = told(monitor, STORY, PLACES), imported(monitor, tmp_path, STORY)
    assert all(ours[name] == theirs[name] for name in ours if name != "versions")


def test_further_back_is_joined_as_well_and_again_changes_nothing(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """Three times, each further back: the history of all; the last time again, and not a byte of it is another."""
    take(monitor, tmp_path, STORY[5:])
    archive.captures = captured(STORY[:5])
    for since in ("2025-03-04", "2025-03-02T12:00:00Z", "2025-01-01"):
        assert monitor(*BACKFILL, "--since", since).status == 0
    assert told(monitor, STORY, PLACES) == imported(monitor, tmp_path, STORY)
    assert NOTHING in monitor("verify").out
    before = monitor("log", "--json").out, monitor("versions", "--json").out, monitor("show", "Bay", "--json").out
    asked = len(archive.paths("/web/"))
    assert monitor(*BACKFILL).status == 0
    assert (monitor("log", "--json").out, monitor("versions", "--json").out, monitor("show", "Bay", "--json").out) == (
        before
    )
    assert all("287g" in path for path in archive.paths("/web/")[asked:])  # no spreadsheet a second time


def held(monitor: Commands, archive: ArchiveServer, folder: Path) -> tuple[list[File], str]:
    """A history of which the last version found is held; returns its five files, and the live log."""
    found = files(FIRST, (*FIRST, MISSPELT), CUT, (*FIRST, MISSPELT, agreement("Union")), (*FIRST, agreement("Union")))
    take(monitor, folder, found[3:])
    archive.captures = captured(found[:3])
    log = monitor("log", "--json").out
    ran = monitor(*BACKFILL, "--since", "2025-03-02")
    assert ran.status == 1
    assert "ice-287g/participating: 1 versions wait for a person" in ran.out
    return found, log


def test_what_is_held_keeps_what_was_found_apart(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """The live list and log are as before, and what is new is compared with the live version; nothing is joined."""
    found, log = held(monitor, archive, tmp_path)
    listed = monitor("list", *LISTED, "--json").out
    (hold,) = monitor("holds", "--json").rows
    assert (hold["captured_at"], hold["number"]) == (found[2].at, 0)
    assert monitor("log", "--json").out == log
    (new,) = files((*FIRST, agreement("Union"), agreement("Nassau")), begin=6)
    take(monitor, tmp_path, [new])
    *_, added = monitor("log", "--json").rows
    assert (added["kind"], added["after"]["agency"]) == ("added", "Nassau County Sheriff's Office")
    assert added["previous"] == hashlib.sha256(found[4].content).hexdigest()
    log = monitor("log", "--json").out
    assert monitor(*BACKFILL).status == 1  # with the first capture too, for which there is no place yet
    assert monitor("log", "--json").out == log
    assert len(monitor("list", *LISTED, "--json").rows) == len(listed.splitlines()) + 1
    assert NOTHING in monitor("verify").out


def test_after_a_rejection_it_is_joined(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """By the same command, with what is still before it: as if the rejected version had never been."""
    found, _ = held(monitor, archive, tmp_path)
    assert monitor(*BACKFILL).status == 1
    (hold,) = monitor("holds", "--json").rows
    assert monitor("reject", hold["sha256"][:12]).status == 0
    ran = monitor(*BACKFILL)
    assert (ran.status, ran.err) == (0, "")
    good = [*found[:2], *found[3:]]
    ours, theirs = told(monitor, good, PLACES), imported(monitor, tmp_path, good)
    assert {name: ours[name] for name in ours if name != "versions"} == {
        name: theirs[name] for name in theirs if name != "versions"
    }
    assert NOTHING in monitor("verify").out


def test_a_report_that_is_described_no_longer_waits(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """Without its description nothing can be compared; with it again, all is joined."""
    found, log = held(monitor, archive, tmp_path)
    (hold,) = monitor("holds", "--json").rows
    assert monitor("reject", hold["sha256"][:12]).status == 0
    described = monitor.config.read_text("utf-8")
    monitor.config.write_text(
        described.replace("      participating:\n        kind", "      other:\n        kind"), "utf-8"
    )
    assert monitor.config.read_text("utf-8") != described
    ran = monitor(*BACKFILL, "--until", "2025-01-01")
    assert (ran.status, "joined" in ran.out) == (0, False)
    assert monitor("log", "--json").out == log
    monitor.config.write_text(described, "utf-8")
    assert "ice-287g/participating: joined to what was there" in monitor(*BACKFILL).out
    assert len(monitor("list", *LISTED, "--at", found[1].at, "--json").rows) == len(FIRST) + 1


def test_after_a_release_it_is_joined(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """What a person believes is history: gone on one day, and back when the live history begins."""
    found, log = held(monitor, archive, tmp_path)
    (hold,) = monitor("holds", "--json").rows
    assert monitor("release", hold["sha256"][:12]).status == 0
    assert monitor(*BACKFILL).status == 0
    rows = monitor("log", "--json").rows[len(log.splitlines()) :]
    kinds = [(each["kind"], each["observed_at"]) for each in rows]
    assert kinds.count(("removed", found[2].at)) == 12
    assert kinds.count(("added", found[3].at)) == 13
    assert len(monitor("list", *LISTED, "--at", found[2].at, "--json").rows) == 1
    assert NOTHING in monitor("verify").out


def test_before_what_was_never_recorded_it_waits(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """While all that is live is held, there is nothing to join to; once it is released, both are one history."""
    found = files((*FIRST, MISSPELT), FIRST)
    broken = File("2025-03-03T12:00:00Z", "participatingAgencies3.xlsx", sheet(FIRST, ("STATE",)))
    take(monitor, tmp_path, [broken])
    archive.captures = captured(found)
    ran = monitor(*BACKFILL)
    assert ran.status == 1
    assert "ice-287g/participating: 1 versions wait for a person, see `monitor holds`" in ran.out
    assert "joined" not in ran.out
    assert [each["fields"]["agency"] for each in monitor("list", *LISTED, "--json").rows] == [
        each.agency for each in FIRST
    ]
    (good,) = files((*FIRST, agreement("Union")), begin=4)
    take(monitor, tmp_path, [good])
    assert monitor(*BACKFILL).status == 0
    ours, theirs = told(monitor, [*found, good]), imported(monitor, tmp_path, [*found, good])
    assert (ours["log"], ours[f"at {good.at}"]) == (theirs["log"], theirs[f"at {good.at}"])
    assert len(entries(monitor)) == 2


def test_a_poll_after_it_goes_on_from_there(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """What is imported after a backfill into a new state folder is compared with the last of what was found."""
    archive.captures = captured(STORY[:5])
    monitor(*BACKFILL)
    take(monitor, tmp_path, STORY[5:])
    assert told(monitor, STORY, PLACES) == imported(monitor, tmp_path, STORY)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nobody",), 1, "no source 'nobody'"),
        (("ice-287g", "--workers", "2", "--executor", "dask://127.0.0.1:1"), 2, "an --executor has its own"),
        (("ice-287g", "--workers", "0"), 2, "0 is not in the range"),
        (("ice-287g", "--since", "yesterday"), 1, "'yesterday' is no time"),
        (("ice-287g", "--until", "2025-13-01"), 1, "'2025-13-01' is no time"),
        (("ice-287g", "--executor", "10.0.0.1:8786"), 1, "is no executor; write it like dask://127.0.0.1:8786"),
        (("ice-287g", "--executor", "dask://127.0.0.1"), 1, "is no executor; write it like dask://127.0.0.1:8786"),
        (("ice-287g", "--executor", "dask://127.0.0.1:x"), 1, "is no executor; write it like dask://127.0.0.1:8786"),
    ],
)
def test_wrong_usage_is_one_clear_line(
    monitor: Commands, archive: ArchiveServer, arguments: tuple[str, ...], status: int, said: str
) -> None:
    """Exit status 2 for what the command line does not allow, 1 for what is not there; nothing is asked."""
    ran = monitor("backfill", *arguments)
    assert ran.status == status
    assert said in ran.err
    assert len([line for line in ran.err.splitlines() if line.startswith(("monitor:", "Error:"))]) == 1
    assert archive.requests == []


def test_an_executor_of_nobody_is_named(
    monitor: Commands, archive: ArchiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that is not there is waited for, which costs seconds; the archive is not asked."""
    assert 5 <= pool.CONNECT_SECONDS <= 20
    monkeypatch.setattr(pool, "CONNECT_SECONDS", 0.2)
    ran = monitor("backfill", "ice-287g", "--executor", "dask://127.0.0.1:1")
    assert ran.status == 1
    assert ran.err.splitlines() == [
        "monitor: dask://127.0.0.1:1: no Dask scheduler answers there; start one with `dask scheduler`"
    ]
    assert archive.requests == []
