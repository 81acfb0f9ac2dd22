"""Reads and writes the time at which each source is polled next.

The next time is written before a poll begins: a program that crashes and restarts then does not poll again at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.store.database import Store


def add_new_sources(store: Store, sources: Iterable[str], *, at: str) -> None:
    """Add to the schedule those of the sources that were never polled; their first poll is due at the time `at`."""
    for source in sources:
        store.write(
            "INSERT OR IGNORE INTO schedule (source, next_poll_at) VALUES (:source, :at)", {"source": source, "at": at}
        )


def due_sources(store: Store, *, at: str, latest: str) -> list[str]:
    """Return the sources to poll at the time `at`; the one that has waited longest comes first.

    A source whose next poll is set to a time after `latest` is returned too: that time was written while the clock was
    wrong.
    """
    # With the plus, both ends of the index are looked at; without it, all of it is gone through for the sake of the
    # order, each second, though hardly any source is due.
    return store.column(
        """
        SELECT source FROM schedule WHERE next_poll_at <= :at OR next_poll_at > :latest
        ORDER BY +next_poll_at, source
        """,
        {"at": at, "latest": latest},
    )


def put_off_poll(store: Store, source: str, *, until: str) -> None:
    """Set the time of a source's next poll to `until`, unless it is set to a later time."""
    store.write(
        """
        INSERT INTO schedule (source, next_poll_at) VALUES (:source, :until)
        ON CONFLICT (source) DO UPDATE SET next_poll_at = max(next_poll_at, :until)
        """,
        {"source": source, "until": until},
    )


def postpone_polls(store: Store, until: Mapping[str, str]) -> None:
    """Set the times of the next polls of sources; `until` has the time of each, by its name."""
    store.write_each(
        """
        INSERT INTO schedule (source, next_poll_at) VALUES (:source, :until)
        ON CONFLICT (source) DO UPDATE SET next_poll_at = :until
        """,
        [{"source": source, "until": time} for source, time in until.items()],
    )


def last_changes(store: Store, source: str, *, most: int) -> list[str]:
    """Return the times of the latest changes of a source's reports, at most `most` of them, oldest first.

    Each version of a report is a change; for a report in a series, only the latest version counts.
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
