"""Works out how long to wait after failures. Standard library only."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

MAX_DOUBLINGS = 20  # of a first wait: they make twelve days of a second, and more could exceed a timedelta


def backoff(failures: int, *, first: timedelta, longest: timedelta, spread: float = 0.0) -> timedelta:
    """Return how long to wait before the next try: `first` after one failure, doubled with each further one.

    failures: how many failures there were in a row; after none or one the wait is `first`.
    first: the wait after the first failure.
    longest: the upper limit of the wait.
    spread: the share of the wait (0 to 1) that is added or taken away at random, so that not all try again at once.

    Example: with a `first` of 30 seconds, the wait is about 4 minutes after the fourth failure.
    """
    doubled: timedelta = first * int(2 ** min(max(failures - 1, 0), MAX_DOUBLINGS))
    chance = 1 + random.uniform(-spread, spread)  # noqa: S311 - spreads load, keeps no secret
    return min(doubled * chance, longest)
