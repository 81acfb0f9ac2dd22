"""The context of a step: the configuration, the database, the archive and other objects, handed over as one value."""

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
    """The objects that every step needs: configuration, database, kept files, the process that reads files, the clock.

    `store` is a database connection for one thread only, so each thread needs its own context.
    """

    config: Config
    store: Store
    archive: Archive
    reader: Reader
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollContext(Context):
    """The objects that a poll needs: those of every step, and `fetcher`, which asks the publishers' servers.

    `clock` returns a number of seconds; a poll uses it to measure how long it takes.
    """

    fetcher: Fetcher
    clock: Callable[[], float] = time.monotonic
