"""`kill -9` at any line of appending to the evidence log: run again, nothing is missing and nothing is doubled.

The short form; `python -m tests.support.stating --rounds 100` is the long one.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.support.stating import WORKS, killed, reference

if TYPE_CHECKING:
    from pathlib import Path

# How many kills, each with something else left on the disk; a decision and the taking over have no more such places.
PLACES = {"import": 3, "poll": 2, "backfill": 3, "release": 2, "reject": 2, "adopt": 3}


@pytest.mark.parametrize("what", WORKS)
def test_a_kill_among_statements_costs_nothing(tmp_path: Path, what: str) -> None:
    """Rows, statements and the head of the log are as without, the root is where it can be, and `verify` is content."""
    chance = random.Random(6962)
    with WORKS[what](tmp_path) as work:
        expected, places = reference(work, tmp_path)
        assert expected.faults == ()
        assert sum(expected.statements.values()) > 0
        for at in chance.sample(places, PLACES[what]):
            assert killed(work, tmp_path, at=at) == expected, at
