"""Counts the pieces ("units") of the daemon's work that are running; if one fails, the others go on."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from monitor.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_logger = structlog.get_logger()


class Units:
    """Counts the units of work that are running in all threads, by name. A unit is one run of a loop, or one poll.

    The lock `changed` protects the count, and wakes waiting threads when the count changes. Other data that changes
    when a unit ends may be protected by it too.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._under_way: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()

    @contextmanager
    def unit(self, name: str) -> Iterator[None]:
        """Count the block as one unit of work with this name. If it fails, log the failure instead of raising it."""
        with self.changed:
            self._under_way[name] += 1
        try:
            yield
        except Exception as fault:
            self._failures[name] += 1
            # The first failure is logged, then ever fewer: a full disk must not be filled with complaints.
            if self._failures[name].bit_count() == 1:
                expected = isinstance(fault, MonitorError)
                _logger.log(
                    logging.ERROR,
                    "unit.failed",
                    unit=name,
                    failures=self._failures[name],
                    fault=str(fault),
                    exc_info=None if expected else fault,
                )
        else:
            self._failures.pop(name, None)
        finally:
            with self.changed:
                self._under_way[name] -= 1
                if not self._under_way[name]:
                    del self._under_way[name]
                self.changed.notify_all()

    def are_under_way(self, name: str | None = None) -> bool:
        """Return whether a unit with this name is running (None: any unit). Call this while holding `changed`."""
        return bool(self._under_way[name] if name else self._under_way)

    def wait_for(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Wait until the function `condition` returns True; return False if it does not within `seconds`.

        It is called again each time the count changes.
        """
        with self.changed:
            return self.changed.wait_for(condition, timeout=seconds)
