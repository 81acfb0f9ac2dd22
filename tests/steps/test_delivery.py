"""`kill -9` at random moments of delivery loses no alert, on whichever channel, though another one is down.

The short form; `python -m tests.support.delivery --rounds 200` is the long one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.delivery import play

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 3


def test_killed_deliveries_arrive_at_least_once_on_every_channel(tmp_path: Path) -> None:
    """Over three channels of which one is down half of the time nothing is missing; repeats carry the same id."""
    figures = play(ROUNDS, seed=6, folder=tmp_path)
    assert figures.faults == []
    assert figures.killed == ROUNDS
    assert len(figures.down) > 1
    assert all(count >= figures.alerts > ROUNDS for count in figures.arrived.values())
