"""`kill -9` at any point costs nothing: the same command, run again, ends with the same history to the last hash.

The short form; `python -m tests.support.survival --rounds 100` is the long one.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support.backfilled import archive, captured, story, take
from tests.support.striking import lines, strike
from tests.support.survival import Work, a_backfill, a_poll, an_import, begin, survive

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

ROUNDS = 3


def entries(log: str) -> Counter[str]:
    """How many entries of each kind a printed log has."""
    return Counter(json.loads(line)["kind"] for line in log.splitlines() if line.startswith("{"))


@pytest.mark.parametrize(
    ("making", "kinds"),
    [
        (partial(an_import, files=12), {"added": 33, "removed": 8, "corrected": 19, "cosmetic": 23, "moved": 8}),
        (partial(a_backfill, files=12), {"added": 33, "removed": 8, "corrected": 19, "cosmetic": 23}),
        (a_poll, {"withdrawn": 1, "restored": 1, "added": 26, "removed": 13, "corrected": 15, "moved": 8}),
    ],
    ids=["import", "backfill", "poll"],
)
def test_a_killed_run_is_finished_by_running_it_again(
    tmp_path: Path, making: Callable[[Path], AbstractContextManager[Work]], kinds: dict[str, int]
) -> None:
    """Killed at random moments and lines: log, versions, lists and alerts are as without."""
    chance = random.Random(287)
    with making(tmp_path) as work:
        reference = begin(work, tmp_path)
        assert entries(reference.history.log) == kinds  # there was something to lose
        assert "all as it was written" in reference.history.verified
        for number in range(ROUNDS):
            survived = survive(work, reference, tmp_path / f"round-{number}", chance=chance)
            assert survived.struck
            assert survived.history == reference.history, survived.struck


def test_what_is_found_is_joined_at_once_or_not_at_all(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """Killed in the midst of it, and run again: no amendment is logged twice, none is missing."""
    found = story()
    take(monitor, tmp_path, found[4:])
    archive.captures = captured(found[:4])
    before, backfill = monitor.state, ("backfill", "ice-287g", "--workers", "1")

    def arguments(name: str) -> tuple[object, ...]:
        monitor.state = tmp_path / name
        shutil.copytree(before, monitor.state)
        return ("--config", monitor.config, "--state", monitor.state, *backfill)

    count = lines("history/join,store/join", *arguments("whole"))
    whole = monitor("log", "--json").out
    for number in (count // 2, count - 45, count - 30):
        assert strike(number, "history/join,store/join", *arguments(f"killed at {number}"))
        assert monitor("log", "--json").out != whole
        assert monitor(*backfill).status == 0
        assert monitor("log", "--json").out == whole
