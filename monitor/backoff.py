"""How long to wait after failures. Standard library only."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

MAX_DOUBLINGS = 20  # of a first wait: they make twelve days of a second, and more could exceed a timedelta


def backoff(failures: int, *, first: timedelta, longest: timedelta, spread: float = 0.0) -> timedelta:
    """Return how long to wait after some failures in a row: twice as long after each further one.

    failures: how many there were; after none or one the wait is `first`.
    first: the wait after the first one.
    longest: the wait that no other one exceeds.
    spread: the part of the wait that chance adds or takes away, so that not all come again at the same moment.

    Example: with a `first` of 30 seconds it is about 4 minutes after the fourth failure.
    """
    doubled: timedelta = first * int(2 ** min(max(failures - 1, 0), MAX_DOUBLINGS))
    chance = 1 + random.uniform(-spread, spread)  # noqa: S311 - spreads load, keeps no secret
    return min(doubled * chance, longest)
