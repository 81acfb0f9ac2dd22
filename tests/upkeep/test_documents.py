"""Backups have the documents that records link to, and the doctor knows which are missing and who looks at them."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.files import lock
from monitor.store.archive import Archive
from monitor.upkeep.doctor import documents as doctor
from monitor.upkeep.doctor.finding import Level
from tests.support.agreed import written_agreements
from tests.support.servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.upkeep.doctor import Finding
    from tests.conftest import Commands
    from tests.support.documents import Agreements


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agreements]:
    """Agreements that were replaced, gone and so on. Only to be read."""
    with Server() as server:
        yield written_agreements(tmp_path_factory.mktemp("agreements"), server)


@pytest.fixture
def history(monitor: Commands, agreed: Agreements, tmp_path: Path) -> Commands:
    """`monitor` on a copy of their history."""
    monitor.state = tmp_path / "state"
    shutil.copytree(agreed.folder / "state", monitor.state)
    monitor.config = agreed.folder / "config.yaml"
    return monitor


def told(commands: Commands) -> list[dict[str, object]]:
    """What `monitor documents` tells."""
    return [json.loads(line) for line in commands("documents", "--json").out.splitlines()]


def test_a_backup_has_the_documents_and_restores_them(history: Commands, tmp_path: Path) -> None:
    """All files, sound; and what is found by words is found in the restored history too."""
    before = told(history)
    assert history("backup", tmp_path / "backup").status == 0
    restored = tmp_path / "restored"
    history.state = restored
    ran = history("restore", tmp_path / "backup")
    assert ran.status == 0, ran.err
    assert history("verify").status == 0
    assert told(history) == before
    files = [file["sha256"] for each in before for file in each["files"]]  # type: ignore[attr-defined]
    assert len(files) == 8
    archive = Archive(restored / "archive")
    assert all(archive.has(sha256) for sha256 in files)
    assert "Bee.pdf" in history("search", '"bear all costs"').out


def test_a_missing_document_is_named(history: Commands, agreed: Agreements, tmp_path: Path) -> None:
    """By `verify` and by `backup`, with its address; the rest is backed up."""
    lost = agreed.files("Bee.pdf")[0]
    Archive(history.state / "archive").path(lost).unlink()
    ran = history("verify")
    assert ran.status == 1
    assert "/Bee.pdf, captured 2026-01-07" in ran.out + ran.err
    ran = history("backup", tmp_path / "backup")
    assert ran.status == 1
    assert "/Bee.pdf, captured 2026-01-07" in ran.out + ran.err
    assert Archive(tmp_path / "backup/archive").has(agreed.files("Bee.pdf")[1])


def found(agreed: Agreements, state: Path, *, after: timedelta) -> dict[str, list[Finding]]:
    """What the doctor finds some time after the last look, by what it is about."""
    with agreed.program() as program:
        config = program.config
    findings: dict[str, list[Finding]] = {}
    for each in doctor.document_findings(config, state, now=agreed.at + after):
        findings.setdefault(each.about, []).append(each)
    return findings


def test_the_doctor_says_which_documents_are_missing_and_since_when(history: Commands, agreed: Agreements) -> None:
    """One that is gone since the log told so, others since they are linked; and how to see them."""
    (missing,) = found(agreed, history.state, after=timedelta(hours=1))["documents"]
    assert missing.level == Level.WARNING
    assert missing.what == (
        "of 7 that records link, 2 not at their address, since 2026-01-07 at the longest; "
        "1 could not be had, since 2026-01-07 at the longest"
    )
    assert "monitor documents --missing" in missing.remedy


def test_the_doctor_says_that_nobody_looks_at_documents(history: Commands, agreed: Agreements) -> None:
    """Where they are long due and no daemon runs; where it runs, that a server may have asked for patience."""
    later = found(agreed, history.state, after=timedelta(days=40))["documents"]
    assert "nobody looks at them: 7 are due for more than a day, and the daemon does not run" in later[-1].what
    with lock(history.state / ".daemon-lock", wait=False):
        later = found(agreed, history.state, after=timedelta(days=40))["documents"]
    assert "although the daemon runs" in later[-1].what


def test_the_doctor_says_what_disk_a_year_needs(history: Commands, agreed: Agreements) -> None:
    """Once a month is known; before that it says that it is not known."""
    (early,) = found(agreed, history.state, after=timedelta(days=1))["disk need"]
    assert "is not known yet: the history began on 2026-01-05" in early.what
    (later,) = found(agreed, history.state, after=timedelta(days=60))["disk need"]
    assert later.level == Level.OK
    assert later.what.startswith("at the present rate a year needs about ")
    assert "for documents" in later.what


def test_the_doctor_says_nothing_of_documents_that_nobody_describes(history: Commands) -> None:
    """The files that are kept still count for the disk."""
    text = history.config.read_text(encoding="utf-8")
    plain = history.state.parent / "plain.yaml"
    plain.write_text("\n".join(line for line in text.splitlines() if "documents:" not in line), encoding="utf-8")
    history.config = plain
    ran = history("doctor", "--offline", "--json")
    about = {json.loads(line)["about"] for line in ran.out.splitlines()}
    assert "disk need" in about
    assert "documents" not in about
