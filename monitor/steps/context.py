"""The parts of the program that a step works with, handed to it as one value."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monitor.config.sources import Config
    from monitor.fetch.fetcher import Fetcher
    from monitor.sandbox.reader import Reader
    from monitor.store.archive import Archive
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The configuration, the database, the kept files, the process that reads files, and the clock.

    The store is the database connection of one thread: each thread has a context of its own.
    """

    config: Config
    store: Store
    archive: Archive
    reader: Reader
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollContext(Context):
    """What every step works with, and the way to the publishers' servers.

    `clock` measures how long a poll takes, in seconds.
    """

    fetcher: Fetcher
    clock: Callable[[], float] = time.monotonic
