"""Counts polls, versions, deliveries and log entries; operators watch the daemon by these figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """How the last polls of a source went.

    `polled_at` is the time of the last poll, `succeeded_at` that of the last good one. `failures` is the number of
    failed polls since then. `fault` says what went wrong in the last poll; None if nothing did.
    """

    name: str
    polled_at: str
    succeeded_at: str | None
    failures: int
    fault: str | None


def polled_sources(store: Store) -> list[SourceRow]:
    """Return all sources that were ever polled, ordered by name."""
    rows = store.all("SELECT name, polled_at, succeeded_at, failures, fault FROM sources ORDER BY name")
    return [SourceRow(**row) for row in rows]


def versions_by_status(store: Store) -> dict[str, int]:
    """Return the number of versions with each status, keyed by status."""
    rows = store.all("SELECT status, versions FROM version_counts WHERE versions > 0 ORDER BY status")
    return {row["status"]: row["versions"] for row in rows}


def count_held(store: Store) -> int:
    """Return how many versions are held, that is, wait for a person's decision.

    This also works with a database that an older release has written.
    """
    row = store.one("SELECT count(*) AS count FROM versions WHERE status = 'held'")
    return int(row["count"]) if row else 0


def count_undelivered(store: Store) -> dict[tuple[str, str], int]:
    """Return the number of deliveries that wait or were given up, keyed by channel and status."""
    rows = store.all(
        """
        SELECT channel, status, count(*) AS count FROM deliveries WHERE status IN ('waiting', 'dead')
        GROUP BY channel, status ORDER BY channel, status
        """
    )
    return {(row["channel"], row["status"]): row["count"] for row in rows}


def log_length(store: Store) -> int:
    """Return the number of entries of the change log."""
    row = store.one("SELECT length FROM change_log_head")
    return int(row["length"]) if row else 0
