"""`kill -9` of the daemon at random moments loses nothing and doubles nothing.

The short form; `python -m tests.support.crashes --rounds 500` is the long one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.crashes import play

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 4


def test_a_killed_daemon_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Under a publisher that changes every second and receivers that fail, log and alerts are the truth in the end."""
    ended = play(ROUNDS, seed=287, folder=tmp_path)
    assert ended.faults == ()
    assert ended.killed == ROUNDS
    assert ended.versions > 2
    assert ended.entries > 0
    assert all(ended.delivered.arrived.values())
