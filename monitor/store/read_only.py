"""Opens the database for reading only, and reads the change log by filters; the web pages use it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.store.database import STEPS, Store
from monitor.store.entry import LAST_NUMBER, LogEntry
from monitor.store.search import LogFilter, page_query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What `state_mark` has that changes with every look, even if nothing else does.
CHANGED_BY_LOOKS = frozenset({"polled_at", "scheduled", "statements", "document_asked"})
MAX_QUERY_STEPS = 20_000  # thousands of SQLite's instructions that a query may take: some seconds


class ReadOnlyStore(Store):
    """A connection to an existing database that can't write to it. Each thread opens its own."""

    def __init__(self, folder: Path) -> None:
        """Open the database. Raises StoreError where there is none, or where another release has written it."""
        self.path = folder / "monitor.db"
        if not self.path.is_file():
            raise StoreError(f"{self.path}: there is no database yet; `monitor poll` or `monitor import` makes it")
        try:
            self.connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None
            )
            self.connection.execute("PRAGMA query_only = ON")
            rows = self.connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'monitor'")
            found = {name for (name,) in rows}
        except sqlite3.Error as fault:
            raise StoreError(f"{self.path}: {fault}; see to the folder, or name another with --state") from fault
        if newer := sorted(found - set(STEPS)):
            raise StoreError(f"{self.path} was written by a newer version of monitor (it has {', '.join(newer)})")
        if missing := [step for step in STEPS if step not in found]:
            raise StoreError(
                f"{self.path} was written by an older version of monitor (it lacks {', '.join(missing)}); "
                "`monitor versions` brings it up to date, and pages don't write"
            )

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all queries in the block see the database as it is when the first of them runs.

        A query that takes too long is stopped.
        """
        steps = iter(range(MAX_QUERY_STEPS))
        self.connection.set_progress_handler(lambda: next(steps, None) is None, 1_000)
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.set_progress_handler(None, 0)
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")


def newest_entries(
    store: Store, log_filter: LogFilter, *, before: int | None = None, after: int | None = None, limit: int
) -> list[LogEntry]:
    """Return one page of the log entries that match a filter, newest first.

    - `before`: only entries with numbers smaller than this.
    - `after`: only entries with numbers greater than this; of these, the oldest are returned.
    - `limit`: the largest number of entries.

    Without `before` and `after`, the newest entries are returned.
    """
    query = page_query(store, log_filter, before=before, after=after, limit=limit)
    rows = [LogEntry.from_row(row) for row in store.all(query.sql, query.values)] if query else []
    return rows[::-1] if after is not None else rows


def next_entries(
    store: Store, log_filter: LogFilter, *, after: int, until_id: int, limit: int = 1_000
) -> list[LogEntry]:
    """Return the log entries that match a filter, oldest first: those with numbers above `after` and up to `until_id`.

    `limit` is the largest number of entries.
    """
    query = page_query(store, log_filter, before=until_id + 1, after=after, limit=limit)
    return [LogEntry.from_row(row) for row in store.all(query.sql, query.values)] if query else []


def entry_numbered(store: Store, number: int) -> LogEntry | None:
    """Return the entry of the change log with this number, or None."""
    row = store.one("SELECT * FROM amendments WHERE id = :id", {"id": number})
    return LogEntry.from_row(row) if row else None


def state_mark(store: Store) -> str:
    """Return a text that changes whenever anything changes in the database that a page can show."""
    row = store.one(
        """
        SELECT (SELECT head FROM change_log_head) AS head, (SELECT max(polled_at) FROM sources) AS polled_at,
            (SELECT group_concat(next_poll_at) FROM schedule) AS scheduled, (SELECT max(id) FROM doubts) AS doubt,
            (SELECT group_concat(last, ' ') FROM (
                SELECT status, status || max(id) || ':' || count(*) AS last
                FROM versions WHERE status IN ('kept', 'held', 'rejected') GROUP BY status
            )) AS waiting,
            (SELECT max(id) FROM versions WHERE status = 'recorded') AS recorded,
            (SELECT count(memento) FROM receipts) AS receipts,
            (SELECT total(attempts) || ':' || count(sha256) || ':' || count(fault) FROM comparisons) AS comparisons,
            (SELECT size FROM evidence_head) AS statements,
            (SELECT max(asked_at) FROM documents) AS document_asked,
            (SELECT group_concat(version_id || described_as, ' ') FROM document_lists) AS document_links,
            (SELECT max(id) FROM document_doubts) AS document_doubt,
            (SELECT min(id) FROM versions) AS first_version, (
                SELECT count(*) FROM versions WHERE gap_after_version_id IS NOT NULL
            ) AS before_gap
        """
    )
    return json.dumps(row)


def lasting_mark(store: Store) -> str:
    """Return a text that changes when `state_mark` does, unless sources and documents were only looked at again."""
    row = json.loads(state_mark(store))
    return json.dumps({name: value for name, value in row.items() if name not in CHANGED_BY_LOOKS})


def last_look(store: Store) -> str | None:
    """Return when anything was last looked at or seen, in ISO 8601; None if nothing was."""
    row = store.one(
        """
        SELECT max(at) AS at FROM (
            SELECT max(polled_at) AS at FROM sources UNION SELECT max(last_seen_at) AS at FROM versions
        )
        """
    )
    return row["at"] if row else None


def entry_numbers(store: Store, log_filter: LogFilter) -> list[int]:
    """Return the numbers of all log entries that match a filter, in their order."""
    query = page_query(store, log_filter, before=None, after=0, limit=LAST_NUMBER)
    rows = store.all(f"SELECT id FROM ({query.sql})", query.values) if query else []  # noqa: S608 - ours
    return sorted(row["id"] for row in rows)
