"""The pace at which one server is asked, over all threads, and the rests that it needs."""

from __future__ import annotations

import random
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from monitor.backoff import backoff

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_REST = timedelta(minutes=1)  # after a first failure, where the server does not say how long; then twice as long
MAX_REST = timedelta(minutes=15)  # the longest rest after failures, where the server does not ask for a longer one


class RateLimiter:
    """A limit of requests a minute, over all threads: each thread takes a turn before it asks.

    `sleep` waits for some seconds; `clock` gives the present in seconds.
    """

    def __init__(self, *, per_minute: int, sleep: Callable[[float], object], clock: Callable[[], float]) -> None:
        self._apart = 60.0 / per_minute
        self._sleep = sleep
        self._clock = clock
        self._lock = Lock()
        self._next = clock()

    def take(self) -> None:
        """Wait until the next turn, and take it."""
        with self._lock:
            now = self._clock()
            mine = max(self._next, now)
            self._next = mine + self._apart
        if mine > now:
            self._sleep(mine - now)

    def rest(self, seconds: float) -> None:
        """Give no turn for some seconds."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)


def rest_after(failures: int, *, asked: float | None) -> float:
    """Return the seconds to leave a server alone: as long as it asks for, or ever longer after each failure.

    failures: how many there were in a row.
    asked: the seconds that the server asks for; None where it does not say.
    """
    if asked:
        return asked * random.uniform(1.0, 1.1)  # noqa: S311 - spreads load, keeps no secret
    return backoff(failures, first=FIRST_REST, longest=MAX_REST, spread=0.2).total_seconds()
