"""Opens the database and runs SQL statements in transactions.

Each other module of this package reads or writes for one purpose; its functions take the `Store` as first argument.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Self

from monitor.errors import RefusedError, StoreError
from monitor.files import lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

QueryRow = dict[str, Any]  # a row of a query: its values by the names of the columns
MAX_LOCK_WAIT_SECONDS = 60.0  # how long a statement waits for the transaction of another process
# The steps of the schema, by their names in `migrations`.
STEPS = (
    *("m001_history", "m002_schedule", "m003_browsing", "m004_backfill", "m005_finding", "m006_receipts"),
    *("m007_names", "m008_views", "m009_accounts", "m010_stale_copies", "m011_moves", "m012_decisions"),
    "m013_exchanges",
    "m014_evidence",
    "m015_stamps",
    "m016_compared",
    "m017_descriptions",
    "m018_parts",
    "m019_documents",
    "m020_document_pages",
    "m021_misses",
    "m022_places",
)
MAX_IDLE_JOURNAL_BYTES = 50_000_000  # of the journal (WAL) when a long reader has ended: beyond, it is cut off
# A version of a list changes a few rows in each of thirty tables and indexes, and every page with one of them is
# written: to the log ahead of the database, and later to the database. Pages of half the usual size take a third off.
# A database keeps the size with which it was made.
PAGE_BYTES = 2048
PRAGMAS = (
    f"page_size={PAGE_BYTES}",
    *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"),
    f"journal_size_limit={MAX_IDLE_JOURNAL_BYTES}",
)
# Once the schema is there. What a statement writes for the case that it fails lies in memory, and no longer in files of
# the temporary folder, which were two thirds of all that was written. It is as much as the statement changes, and none
# changes more than one list. A migration sorts whole tables, so its temporary files stay files.
# Pages that are written again and again are copied to the database file less often: after 48 MB of the log ahead of it
# (96 MB where the database was made with pages of 4096 bytes).
PRAGMAS_OF_STEPS = ("temp_store=MEMORY", "wal_autocheckpoint=24000")


def _is_current(connection: sqlite3.Connection) -> bool:
    """Return whether all steps of this release's schema have been applied to a database, and no others."""
    try:
        rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'monitor'")
        return sorted(name for (name,) in rows) == sorted(STEPS)
    except sqlite3.OperationalError:
        return False


def is_migrated(folder: Path) -> bool:
    """Return whether a state folder has a database with the schema of this release."""
    path = folder / "monitor.db"
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path)) as connection:
            return _is_current(connection)
    except sqlite3.Error:
        return False


class Store:
    """One connection to the database of a state folder.

    Each thread opens a connection of its own. Any thread may close it.
    """

    def __init__(self, folder: Path) -> None:
        """Open the database; create or migrate it where needed. Raises StoreError."""
        self.path = folder / "monitor.db"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(
                self.path, timeout=MAX_LOCK_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            with lock(folder / ".migration-lock"):
                for pragma in PRAGMAS:
                    self.connection.execute(f"PRAGMA {pragma}")
                if not _is_current(self.connection):
                    self._migrate()
                for pragma in PRAGMAS_OF_STEPS:
                    self.connection.execute(f"PRAGMA {pragma}")
            self._inode = self.path.stat().st_ino
        except BaseException as fault:
            if hasattr(self, "connection"):
                self.connection.close()
            if not isinstance(fault, OSError | sqlite3.Error):
                raise
            reason = getattr(fault, "strerror", None) or str(fault)
            raise StoreError(f"{self.path}: {reason}; see to the folder, or name another with --state") from fault

    def _migrate(self) -> None:
        from monitor.store.migrations import migrate  # noqa: PLC0415 - most commands can do without

        migrate(self.connection)

    def check(self) -> None:
        """Check that the database can be read, and that its file was not moved or replaced. Raises StoreError."""
        if not self.path.exists() or self.path.stat().st_ino != self._inode:
            raise StoreError(f"{self.path}: was moved or replaced; put it back and start again")
        self.one("SELECT name FROM sources LIMIT 1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction: either all that it writes is kept, or nothing.

        No other process can write meanwhile. Raises StoreError.
        """
        try:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as fault:
            raise StoreError(
                f"{self.path}: {_remedy(fault)}; nothing was changed, run the same command again"
            ) from fault

    def all(self, sql: str, values: Mapping[str, Any] | None = None) -> list[QueryRow]:
        """Return the rows of a query, each as a dictionary keyed by column name. Raises StoreError and RefusedError."""
        names, rows = self._asked(sql, values)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query as they come, for queries with very many. Raises StoreError and RefusedError."""
        return self._asked(sql, values)[1]

    def column(self, sql: str, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return the values of the first column of a query. Raises StoreError and RefusedError."""
        return [row[0] for row in self._asked(sql, values)[1]]

    def _asked(self, sql: str, values: Mapping[str, Any] | None) -> tuple[list[str], list[tuple[Any, ...]]]:
        try:
            cursor = self.connection.execute(sql, values or {})
            rows = cursor.fetchall()
        except sqlite3.Error as fault:
            raise StoreError(f"{self.path}: {_remedy(fault)}; then run the same command again") from fault
        except (OverflowError, UnicodeEncodeError) as fault:
            raise RefusedError(f"no such thing can be in the database: {fault}") from fault
        return [column[0] for column in cursor.description], rows

    def one(self, sql: str, values: Mapping[str, Any] | None = None) -> QueryRow | None:
        """Return the first row of a query as a dictionary, or None where there is no row."""
        return next(iter(self.all(sql, values)), None)

    def write(self, sql: str, values: Mapping[str, Any]) -> int:
        """Run a statement that writes. Return the id of the row that it inserted."""
        return self.connection.execute(sql, values).lastrowid or 0

    def write_each(self, sql: str, values: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement that writes once with each of these values."""
        self.connection.executemany(sql, values)


def _remedy(fault: sqlite3.Error) -> str:
    text = str(fault)
    if "full" in text:
        return "the disk is full; free some space"
    if "locked" in text:
        return f"another process has kept the database locked for {MAX_LOCK_WAIT_SECONDS:.0f} s; wait for it or end it"
    if "readonly" in text:
        return "the database can't be written; check whose folder it is"
    return text
