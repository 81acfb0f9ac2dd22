"""Turns to ask one server: so many a minute over all threads, evenly, and none while it asks to be left alone."""

from __future__ import annotations

import random
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_REST = 60.0  # seconds, where the server does not say how long; twice as long each time
LONGEST_REST = 900.0


class RateLimiter:
    """Whoever wants to ask takes a turn first, and waits until it comes."""

    def __init__(self, *, per_minute: int, sleep: Callable[[float], object], clock: Callable[[], float]) -> None:
        self._apart = 60.0 / per_minute
        self._sleep = sleep
        self._clock = clock
        self._lock = Lock()
        self._next = clock()

    def take(self) -> None:
        """Wait for a turn."""
        with self._lock:
            now = self._clock()
            mine = max(self._next, now)
            self._next = mine + self._apart
        if mine > now:
            self._sleep(mine - now)

    def rest(self, seconds: float) -> None:
        """Nobody has a turn for so long."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)


def rest_after(failures: int, *, asked: float | None) -> float:
    """Seconds to leave a server alone after so many failures in a row: what it asks for, or ever longer."""
    if asked:
        return asked * random.uniform(1.0, 1.1)  # noqa: S311 - spreads load, keeps no secret
    doubled = FIRST_REST * 2.0 ** min(failures - 1, 10) * random.uniform(0.8, 1.2)  # noqa: S311 - the same
    return min(doubled, LONGEST_REST)
