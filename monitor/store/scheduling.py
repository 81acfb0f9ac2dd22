"""When each source is polled next: written before the poll begins, so that nothing that ends it makes it come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.store import Store


def next_polls(store: Store) -> dict[str, str]:
    """The sources that were polled before, each with the time of its next poll."""
    return {row["source"]: row["next_poll_at"] for row in store.all("SELECT source, next_poll_at FROM schedule")}


def put_off(store: Store, source: str, *, until: str, at_least: bool = False) -> None:
    """A source is polled no sooner than this; with `at_least`, also no sooner than it would have been."""
    store.write(
        """
        INSERT INTO schedule (source, next_poll_at) VALUES (:source, :until)
        ON CONFLICT (source) DO UPDATE SET next_poll_at = iif(:at_least, max(next_poll_at, :until), :until)
        """,
        {"source": source, "until": until, "at_least": at_least},
    )


def last_changes(store: Store, source: str, *, most: int) -> list[str]:
    """When the reports of a source last changed, oldest first: of a series each report once, of others each version."""
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
