"""Keeps when each source is polled next.

The next time is written before a poll begins, so that a crash causes no hot loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.database import Store


def add_new_sources(store: Store, sources: Iterable[str], *, at: str) -> None:
    """Let sources that were never polled be due from now on."""
    for source in sources:
        store.write(
            "INSERT OR IGNORE INTO schedule (source, next_poll_at) VALUES (:source, :at)", {"source": source, "at": at}
        )


def due_sources(store: Store, *, at: str, latest: str) -> list[str]:
    """Return the sources that are due, the one that has waited longest first.

    A next poll after `latest` was written by a wrong clock, and is due.
    """
    rows = store.all(
        "SELECT source FROM schedule WHERE next_poll_at <= :at OR next_poll_at > :latest ORDER BY next_poll_at, source",
        {"at": at, "latest": latest},
    )
    return [row["source"] for row in rows]


def postpone_poll(store: Store, source: str, *, until: str, at_least: bool = False) -> None:
    """Let a source wait until a time; with `at_least`, never make its next poll earlier than it is."""
    store.write(
        """
        INSERT INTO schedule (source, next_poll_at) VALUES (:source, :until)
        ON CONFLICT (source) DO UPDATE SET next_poll_at = iif(:at_least, max(next_poll_at, :until), :until)
        """,
        {"source": source, "until": until, "at_least": at_least},
    )


def last_changes(store: Store, source: str, *, most: int) -> list[str]:
    """Return when the reports of a source last changed, oldest first, at most `most` times.

    A report of a series counts once, each version of other reports counts.
    """
    rows = store.all(
        """
        SELECT changed_at AS at FROM reports WHERE source = :source AND kind = 'series'
        UNION ALL
        SELECT captures.captured_at FROM reports
        JOIN versions ON versions.report_id = reports.id AND versions.number > :most * -1 + (
            SELECT max(number) FROM versions WHERE report_id = reports.id
        )
        JOIN captures ON captures.id = versions.capture_id
        WHERE reports.source = :source AND reports.kind <> 'series'
        ORDER BY at DESC LIMIT :most
        """,
        {"source": source, "most": most},
    )
    return [row["at"] for row in reversed(rows)]
