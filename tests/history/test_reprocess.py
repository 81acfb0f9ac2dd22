"""`monitor reprocess`: what the log would have said, had the lists always been described as they are now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.demo.sheets import sheet
from monitor.errors import StoreError
from monitor.store import reprocess
from monitor.store.database import Store
from tests.history.test_backfill import held
from tests.history.test_importer import FIRST, SECOND, files
from tests.support.backfilled import archive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

RECLASSIFIED = (replace(SECOND[0], model="Warrant Service Officer"), *SECOND[1:])
KEY = "key: [state, agency, support_type]"


@pytest.fixture
def history(monitor: Commands, tmp_path: Path) -> Commands:
    """Three versions of a list: one record is redated, and then has another model, which makes it another record."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies.xlsx", sheet(FIRST)),
        ("2025-02-27T12:00:00Z", "participatingAgencies02272025.xlsx", sheet(SECOND)),
        ("2025-02-28T12:00:00Z", "participatingAgencies02282025.xlsx", sheet(RECLASSIFIED)),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 0
    return monitor


def described(history: Commands, tmp_path: Path, before: str, after: str) -> None:
    """Describe the lists otherwise from now on."""
    text = history.config.read_text(encoding="utf-8")
    assert before in text
    history.config = tmp_path / "config.yaml"
    history.config.write_text(text.replace(before, after), encoding="utf-8")


def test_the_same_description_says_the_same(history: Commands) -> None:
    """Nothing differs, and nothing is changed."""
    before = history("log", "--json").out
    ran = history("reprocess", "ice-287g", "--workers", "1")
    assert (ran.status, ran.out) == (0, "3 versions read again: 3 entries would be the same\n")
    assert history("reprocess", "ice-287g", "--json").rows == []
    assert history("log", "--json").out == before


def test_another_key_tells_one_correction_for_two_entries(history: Commands, tmp_path: Path) -> None:
    """With the state and the agency alone as the key, the change of model is a correction; the log stays as it is."""
    before = history("log", "--json").out
    described(history, tmp_path, KEY, "key: [state, agency]")
    rows = history("reprocess", "ice-287g", "--json").rows
    assert [(row["only"], row["kind"]) for row in rows] == [
        ("then", "added"),
        ("then", "removed"),
        ("now", "corrected"),
    ]
    assert ["entry_hash" in row for row in rows] == [True, True, False]
    assert rows[2]["fields"] == ["support_type"]
    ran = history("reprocess", "ice-287g")
    assert ran.out.endswith(
        "3 versions read again: 1 entries would be the same, "
        "2 would be gone (1 added, 1 removed), 1 would be new (1 corrected)\n"
    )
    assert history("log", "--json").out == before
    assert history("verify").status == 0


def test_records_that_would_say_otherwise_are_counted(history: Commands, tmp_path: Path) -> None:
    """A column by another name is another value on every record."""
    text = "county: { header: [COUNTY, COUNTY/PARISH], optional: true, hide: ['#N/A'] }"
    described(history, tmp_path, text, "county: { header: [PARISH], optional: true }")
    ran = history("reprocess", "ice-287g")
    assert ran.status == 0
    assert "ice-287g/participating/participating: 12 of 12 records of the present list would differ" in ran.out


def test_what_can_no_longer_be_read_is_named_and_the_rest_goes_on(history: Commands, tmp_path: Path) -> None:
    """A column that the files don't have: each version is named, and the exit status says so."""
    described(history, tmp_path, "header: [LAW ENFORCEMENT AGENCY, AGENCY]", "header: [SHERIFF]")
    ran = history("reprocess", "ice-287g")
    assert ran.status == 1
    assert ran.err.count("can't be read") == 3
    assert "3 would be gone" in ran.out


def test_what_is_kept_apart_is_not_joined(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """While a version that a backfill found is held, the log says nothing of the gap, and would say nothing of it."""
    _, log = held(monitor, archive, tmp_path)
    ran = monitor("reprocess", "ice-287g")
    assert (ran.status, ran.out) == (0, f"4 versions read again: {len(log.splitlines())} entries would be the same\n")


def test_what_is_kept_apart_by_a_version_that_is_held_is_read_again(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """A version that is not recorded is not among those that are read, though others are told apart by it."""
    found, _ = held(monitor, archive, tmp_path)
    listed = monitor("list", "ice-287g", "participating", "--at", found[1].at, "--json").out
    described(monitor, tmp_path, "header: [LAW ENFORCEMENT AGENCY, AGENCY]", "header: [SHERIFF]")
    ran = monitor("reprocess", "ice-287g")
    assert (ran.status, ran.err.count("can't be read")) == (1, 3)
    assert monitor("list", "ice-287g", "participating", "--at", found[1].at, "--json").out == listed


def test_nobody_waits_for_it_and_it_waits_for_nobody(history: Commands, tmp_path: Path) -> None:
    """While another process writes, the versions are copied; one who waited for it would be refused in the end."""
    with Store(history.state) as live, Store(tmp_path / "scratch") as scratch, live.transaction():
        assert reprocess.copy_versions(scratch, of=live.path, source="ice-287g") == 3


def test_a_history_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It is not made."""
    with Store(tmp_path / "scratch") as scratch, pytest.raises(StoreError, match=r"none\.db: can't be read"):
        reprocess.copy_versions(scratch, of=tmp_path / "none.db", source="ice-287g")
    assert not (tmp_path / "none.db").exists()


def test_nobody_is_alerted(history: Commands, tmp_path: Path) -> None:
    """A subscription to everything hears nothing of what is only tried out."""
    text = "channels: {}"
    described(history, tmp_path, text, "channels: {feed: {kind: atom, path: feed.xml}}")
    config = history.config.read_text(encoding="utf-8").replace(
        "subscriptions: {}", "subscriptions: {all: {channels: [feed]}}"
    )
    history.config.write_text(config, encoding="utf-8")
    assert history("reprocess", "ice-287g").status == 0
    assert history("outbox", "--json").rows == []


def test_an_unknown_source_is_named(history: Commands) -> None:
    """One line, and no traceback."""
    ran = history("reprocess", "ice-288g")
    assert ran.status == 1
    assert "no source 'ice-288g'" in ran.err
