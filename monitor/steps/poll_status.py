"""How a poll went, and noting it: many at once, for each transaction waits for the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.alerts import operators
from monitor.store import versions
from monitor.store.rows import instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from monitor.config.sources import Config
    from monitor.steps.process import Processed
    from monitor.store.database import Store
    from monitor.store.rows import ReportRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How one poll of a source went: versions kept, what failed, and what else is worth a line.

    `reports` are as they were when it `started`; `unchanged` are those that stand so, each with its address. `turned`
    are reports that count as taken down now, or as back again. `retry_after` are the seconds for which a server asks to
    be left alone, if it does. `blocked` says that one refuses this program.
    """

    source: str
    started: datetime
    kept: int = 0
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    turned: tuple[Processed, ...] = ()
    retry_after: float | None = None
    blocked: bool = False
    reports: tuple[ReportRow, ...] = ()
    unchanged: tuple[tuple[ReportRow, str], ...] = ()

    @property
    def is_quiet(self) -> bool:
        """True where all stands as it stood, and nothing is worth a line."""
        return not (self.kept or self.faults or self.notes or self.turned)


def note_polls(store: Store, config: Config, polls: Iterable[Polled]) -> None:
    """Note how polls went, in the order in which they are given, all or none. Raises StoreError."""
    with store.transaction():
        for polled in polls:
            at = instant(polled.started)
            for report, url in polled.unchanged:
                versions.note_unchanged(store, report, url=url, at=at)
            operators.after_poll(
                store,
                config,
                polled.source,
                reports=polled.reports,
                failures=versions.note_poll(store, polled.source, at=at, fault="; ".join(polled.faults) or None),
                faults=polled.faults,
                blocked=polled.blocked,
                now=polled.started,
            )
