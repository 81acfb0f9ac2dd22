"""Reads and writes the time at which each source is polled next.

The next time is written before a poll begins: a program that crashes and restarts then does not poll again at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.database import Store


def add_new_sources(store: Store, sources: Iterable[str], *, at: str) -> None:
    """Make sources that were never polled due at the time `at`."""
    for source in sources:
        store.write(
            "INSERT OR IGNORE INTO schedule (source, next_poll_at) VALUES (:source, :at)", {"source": source, "at": at}
        )


def due_sources(store: Store, *, at: str, latest: str) -> list[str]:
    """Return the sources to poll at the time `at`, the one that has waited longest first.

    A source whose next poll is later than `latest` is due too: a wrong clock must have written that time.
    """
    rows = store.all(
        "SELECT source FROM schedule WHERE next_poll_at <= :at OR next_poll_at > :latest ORDER BY next_poll_at, source",
        {"at": at, "latest": latest},
    )
    return [row["source"] for row in rows]


def postpone_poll(store: Store, source: str, *, until: str, at_least: bool = False) -> None:
    """Let a source wait until a time.

    With `at_least`, a next poll that is later than that stays as it is.
    """
    store.write(
        """
        INSERT INTO schedule (source, next_poll_at) VALUES (:source, :until)
        ON CONFLICT (source) DO UPDATE SET next_poll_at = iif(:at_least, max(next_poll_at, :until), :until)
        """,
        {"source": source, "until": until, "at_least": at_least},
    )


def last_changes(store: Store, source: str, *, most: int) -> list[str]:
    """Return the times at which the reports of a source last changed, oldest first, and at most `most` of them.

    Each version of a report is a change; of a report in a series, only the latest is counted.
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
