"""Tests keep their files in memory only on a machine that has room for them there, and runs programs from there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.memory import NEEDED_BYTES, memory_folder

if TYPE_CHECKING:
    import pytest

ROOMY = f"MemTotal: 99999999 kB\nMemAvailable: {NEEDED_BYTES // 1024 + 1} kB\n"


def test_a_folder_with_room_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as memory and folder have what is needed; on a small machine they have not."""
    account = tmp_path / "meminfo"
    account.write_text(ROOMY)
    monkeypatch.setattr("tests.support.memory.NEEDED_BYTES", 4096)
    assert memory_folder(tmp_path, account) == tmp_path
    account.write_text("MemAvailable: 3 kB\n")
    assert memory_folder(tmp_path, account) is None
    account.write_text(ROOMY)
    monkeypatch.setattr("tests.support.memory.NEEDED_BYTES", 10**18)
    assert memory_folder(tmp_path, account) is None


def test_a_folder_that_does_not_fit_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not there, one whose programs can't be run, and a machine that does not tell of its memory."""
    account = tmp_path / "meminfo"
    account.write_text(ROOMY)
    monkeypatch.setattr("tests.support.memory.NEEDED_BYTES", 0)
    assert memory_folder(tmp_path, account) == tmp_path
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    assert {memory_folder(Path(path), account) for _, path, _, options, *_ in mounts if "noexec" in options} <= {None}
    assert memory_folder(tmp_path / "none", account) is None
    assert memory_folder(tmp_path, tmp_path / "none") is None
