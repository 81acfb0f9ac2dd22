"""A list that is not always described: it is compared with the last version that was read for it, and no other."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.support.backfilled import FIRST, File, agreement, archive, captured, configured, files, take
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

NAMES = """\
          names:
            columns: { state: [STATE], agency: [LAW ENFORCEMENT AGENCY] }
            key: [state, agency]
            names: [agency]
"""
BEFORE = "      pending:\n        kind: rolling\n"
# One agency more in each version.
GROWING = files(*((*FIRST, *(agreement(f"Some{each}") for each in range(number))) for number in range(8)))


@pytest.fixture
def described(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> dict[str, str]:
    """The configuration without, and with, a second list of the same report."""
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    found = {}
    for name, more in (("without", ""), ("with", NAMES)):
        configured(monitor, archive.address, tmp_path, text.replace(BEFORE, more + BEFORE))
        found[name] = monitor.config.read_text(encoding="utf-8")
    return found


def sha256(file: File) -> str:
    """The hash of a file."""
    return hashlib.sha256(file.content).hexdigest()


def logged(monitor: Commands) -> list[tuple[str, str, str, str]]:
    """What the log says of the second list: kind, agency, and both versions."""
    return [
        (row["kind"], (row["after"] or row["before"])["agency"].split()[0], row["previous"], row["version"])
        for row in monitor("log", "--list", "names", "--json").rows
    ]


def listed(monitor: Commands) -> list[str]:
    """The second list as it stands."""
    return sorted(row["fields"]["agency"] for row in monitor("list", "ice-287g", "names", "--json").rows)


def agencies(number: int) -> list[str]:
    """The agencies of a version."""
    names = [each.agency for each in (*FIRST, *(agreement(f"Some{each}") for each in range(number)))]
    return sorted(names)


def test_after_a_backfill_the_next_version_is_compared_with_what_the_archive_had(
    monitor: Commands, archive: ArchiveServer, described: dict[str, str], tmp_path: Path
) -> None:
    """Not with the versions that were never read for the list: else all of it would count as added."""
    monitor.config.write_text(described["without"])
    take(monitor, tmp_path, GROWING[4:6])
    monitor.config.write_text(described["with"])
    archive.captures = captured(GROWING[:4])
    assert monitor("backfill", "ice-287g", "--workers", "1").status == 0
    assert [each[:2] for each in logged(monitor)] == [("added", "Some0"), ("added", "Some1"), ("added", "Some2")]
    take(monitor, tmp_path, GROWING[6:7])
    old, new = sha256(GROWING[3]), sha256(GROWING[6])
    assert logged(monitor)[3:] == [("added", f"Some{each}", old, new) for each in (3, 4, 5)]
    assert listed(monitor) == agencies(6)
    assert "all as it was written" in monitor("verify").out


def test_a_backfill_is_joined_to_the_first_version_that_was_read_for_the_list(
    monitor: Commands, archive: ArchiveServer, described: dict[str, str], tmp_path: Path
) -> None:
    """What changed in between is logged there, and what stayed is one record, since the archive saw it."""
    monitor.config.write_text(described["without"])
    take(monitor, tmp_path, GROWING[4:5])
    monitor.config.write_text(described["with"])
    take(monitor, tmp_path, GROWING[5:7])
    archive.captures = captured(GROWING[:3])
    assert monitor("backfill", "ice-287g", "--workers", "1").status == 0
    told = logged(monitor)
    assert told[:1] == [("added", "Some5", sha256(GROWING[5]), sha256(GROWING[6]))]
    over_the_gap = [each for each in told if each[2] == sha256(GROWING[2])]
    assert over_the_gap == [("added", f"Some{each}", sha256(GROWING[2]), sha256(GROWING[5])) for each in (2, 3, 4)]
    assert listed(monitor) == agencies(6)
    since = {row["listed_since"] for row in monitor("list", "ice-287g", "names", "--json").rows}
    assert min(since) == GROWING[0].at
    assert "all as it was written" in monitor("verify").out


def test_a_list_that_is_described_again_goes_on_where_it_was_read_last(
    monitor: Commands, described: dict[str, str], tmp_path: Path
) -> None:
    """The versions in between were not read for it, and are no evidence."""
    for text, found in (("with", GROWING[:2]), ("without", GROWING[2:4]), ("with", GROWING[4:5])):
        monitor.config.write_text(described[text])
        take(monitor, tmp_path, found)
    old, new = sha256(GROWING[1]), sha256(GROWING[4])
    assert logged(monitor)[1:] == [("added", f"Some{each}", old, new) for each in (1, 2, 3)]
    assert listed(monitor) == agencies(4)
