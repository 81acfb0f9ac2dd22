"""Limits how often all threads together may ask one server, and how long they leave it alone after failures."""

from __future__ import annotations

import random
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from monitor.times import backoff

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_REST = timedelta(minutes=1)  # after a first failure, where the server does not say how long; then twice as long
MAX_REST = timedelta(minutes=15)  # the longest rest after failures, where the server does not ask for a longer one


class RateLimiter:
    """Limits the requests of all threads together to `per_minute` a minute.

    Each thread calls `take` before it sends a request. `sleep` is a function that waits for some seconds; `clock`
    returns the present time in seconds.
    """

    def __init__(self, *, per_minute: int, sleep: Callable[[float], object], clock: Callable[[], float]) -> None:
        self._apart = 60.0 / per_minute
        self._sleep = sleep
        self._clock = clock
        self._lock = Lock()
        self._next = clock()

    def take(self) -> None:
        """Wait until the next request may be sent."""
        with self._lock:
            now = self._clock()
            mine = max(self._next, now)
            self._next = mine + self._apart
        if mine > now:
            self._sleep(mine - now)

    def rest(self, seconds: float) -> None:
        """Let no thread send a request for the next `seconds` seconds."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)


def rest_after(failures: int, *, asked: float | None) -> float:
    """Return how many seconds to leave a server alone after failed requests.

    failures: how many requests in a row have failed; the more, the longer.
    asked: the pause in seconds that the server itself asked for. If it is not None, it counts instead.
    """
    if asked:
        return asked * random.uniform(1.0, 1.1)  # noqa: S311 - spreads load, keeps no secret
    return backoff(failures, first=FIRST_REST, longest=MAX_REST, spread=0.2).total_seconds()
