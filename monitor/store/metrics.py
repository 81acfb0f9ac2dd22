"""Counts of what the database holds, for whoever watches over the daemon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """How the last polls of a source went; `failures` are those in a row, up to now, that failed."""

    name: str
    polled_at: str
    succeeded_at: str | None
    failures: int
    fault: str | None


def polled_sources(store: Store) -> list[SourceRow]:
    """All sources that were ever polled."""
    rows = store.all("SELECT name, polled_at, succeeded_at, failures, fault FROM sources ORDER BY name")
    return [SourceRow(**row) for row in rows]


def versions_by_status(store: Store) -> dict[str, int]:
    """How many versions there are, by status."""
    rows = store.all("SELECT status, versions FROM version_counts WHERE versions > 0 ORDER BY status")
    return {row["status"]: row["versions"] for row in rows}


def count_held(store: Store) -> int:
    """How many versions wait for a person; the database may be of an older release."""
    row = store.one("SELECT count(*) AS count FROM versions WHERE status = 'held'")
    return int(row["count"]) if row else 0


def count_undelivered(store: Store) -> dict[tuple[str, str], int]:
    """How many deliveries are not done, by channel and status."""
    rows = store.all(
        """
        SELECT channel, status, count(*) AS count FROM deliveries WHERE status IN ('waiting', 'dead')
        GROUP BY channel, status ORDER BY channel, status
        """
    )
    return {(row["channel"], row["status"]): row["count"] for row in rows}


def log_length(store: Store) -> int:
    """How many entries the change log has."""
    row = store.one("SELECT length FROM change_log_head")
    return int(row["length"]) if row else 0
