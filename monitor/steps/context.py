"""The context of a step: the configuration, the database, the archive and other objects, handed over as one value."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from monitor.config.outline import source_outline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from monitor.config.outline import SourceOutline
    from monitor.config.sources import Config
    from monitor.fetch.fetcher import Fetcher
    from monitor.sandbox.reader import Reader
    from monitor.store.archive import Archive
    from monitor.store.database import Store


Made = TypeVar("Made")


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

    `clock` returns a number of seconds; a poll uses it to measure how long it takes. `outlines` has the outlines of the
    sources by name, so that a poll that finds nothing new needs nothing else of the configuration; None if they are not
    made yet.
    """

    fetcher: Fetcher
    clock: Callable[[], float] = time.monotonic
    outlines: Mapping[str, SourceOutline] | None = None

    def outline(self, source: str) -> SourceOutline:
        """Return the outline of the source called `source`."""
        return self.outlines[source] if self.outlines else source_outline(self.config.sources[source])


class _WhenNeeded:
    """Stands for an object that takes long to make; makes it when something of it is first asked for."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> object:
        """Return what the object itself has under this name."""
        return getattr(self._make(), name)


def when_needed(make: Callable[[], Made]) -> Made:
    """Return what can be used like the object that `make` returns; `make` is called when that is first used.

    `make` must return the same object at each call. The configuration and the reader are passed on so: most polls find
    that nothing has changed, and need neither.
    """
    return cast("Made", _WhenNeeded(make))
