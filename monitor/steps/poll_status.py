"""Writes the results of polls to the database, many in one transaction, because each transaction waits for the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.alerts import operators
from monitor.store import versions
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.config.sources import Config
    from monitor.steps.outcomes import Polled
    from monitor.store.database import Store


def note_polls(store: Store, config: Config, polls: Iterable[Polled]) -> None:
    """Write the results of polls to the database, and tell operators of sources that keep failing.

    Either all results are written, in the given order, or none. Raises StoreError.
    """
    ended = [(polled, instant(polled.started)) for polled in polls]
    with store.transaction():
        versions.note_unchanged(store, [(*seen, at) for polled, at in ended for seen in polled.unchanged])
        faults = [(polled.source, at, "; ".join(polled.faults) or None) for polled, at in ended]
        for (polled, _), failures in zip(ended, versions.note_ends(store, faults), strict=True):
            operators.after_poll(
                store,
                config,
                polled.source,
                reports=polled.reports,
                failures=failures,
                faults=polled.faults,
                blocked=polled.blocked,
                now=polled.started,
            )
        versions.note_sightings(store, [(polled.source, at) for polled, at in ended])
