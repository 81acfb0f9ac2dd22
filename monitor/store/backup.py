"""Copies the database into a file while other processes write to it, and opens such a copy for reading only."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from monitor.errors import StoreError
from monitor.store.database import STEPS, Store
from monitor.store.schema import views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PAGES_AT_ONCE = 2_000  # pages of the database that are copied between two reports of progress
# Tables and views that a database of an older release may lack, each with a statement that makes a view in its place.
# Such a view exists in the connection alone.
STAND_INS = {
    "change_log_head": "CREATE TEMP VIEW change_log_head AS SELECT * FROM log_end",
    "disabled_channels": "CREATE TEMP VIEW disabled_channels AS SELECT * FROM disabled",
    "delivery_details": views.DELIVERY_DETAILS.replace("CREATE VIEW", "CREATE TEMP VIEW"),
}


class Copy(Store):
    """A copy of the database that is opened only to be read.

    It is never created or migrated, and an older or newer release of the program may have written it.
    """

    def __init__(self, path: Path) -> None:
        """Open the file. Raises StoreError if it does not exist; a damaged file is noticed only at the first query."""
        self.path = path
        try:
            address = f"file:{quote(str(path.absolute()))}?mode=ro"
            self.connection = sqlite3.connect(address, uri=True, isolation_level=None)
        except sqlite3.Error as fault:
            raise StoreError(f"{path}: {fault}; see whether it is there and may be read") from fault
        with suppress(sqlite3.DatabaseError):  # a database that is not sound says so when it is asked
            self._stand_in()

    def _stand_in(self) -> None:
        """Make the tables and views of this release available, under their names, in a database of an older release."""
        names = {name for (name,) in self.connection.execute("SELECT name FROM sqlite_schema").fetchall()}
        for name in STAND_INS.keys() - names:
            self.connection.execute(STAND_INS[name])


def copy_database(source: Store, path: Path, *, progress: Callable[[int, int], None]) -> None:
    """Copy the database, as it is now, into one file that needs no other files beside it.

    Other processes may write to the database meanwhile; the copy does not have their changes. `progress` is a function
    that is called with the number of database pages left to copy and the number of all pages. Raises StoreError.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as target, _as_it_is(source.connection):
            source.connection.backup(
                target, pages=_PAGES_AT_ONCE, progress=lambda _status, left, total: progress(left, total), sleep=0
            )
            target.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as fault:
        full = "; the disk is full" if "full" in str(fault) else ""
        raise StoreError(f"{path}: the database can't be copied: {fault}{full}") from fault


def merge_journal(path: Path) -> bool:
    """Write the changes that SQLite keeps in files beside a database into the database, so that it is one file.

    Return False if that is not possible, for example because another process has the database open.
    """
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            found: tuple[str] = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
            return found == ("delete",)
    except sqlite3.Error:
        return False


@contextmanager
def _as_it_is(connection: sqlite3.Connection) -> Iterator[None]:
    """Let a connection see the database unchanged during the whole block, even if other processes write to it."""
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield
    finally:
        connection.execute("ROLLBACK")


def database_bytes(store: Store) -> int:
    """Return the size of the database in bytes."""
    found = store.one("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
    return int(found["bytes"]) if found else 0


def schema_differences(store: Store) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the schema steps that a database lacks, and of those that this release does not know."""
    rows = store.all("SELECT name FROM _sqlite_migrations WHERE migration_set = 'monitor' ORDER BY id")
    there = [row["name"] for row in rows]
    return tuple(step for step in STEPS if step not in there), tuple(step for step in there if step not in STEPS)


def why_unrelated(old: Store, new: Store) -> str | None:
    """Return a sentence that says why `old` can't be an earlier state of the database `new`; None if it can.

    The sentence names the last log entry or the last capture of `old` if that is missing from `new`.
    """
    entry = old.one("SELECT id, entry_hash FROM amendments ORDER BY id DESC LIMIT 1")
    if entry and not new.one("SELECT 1 FROM amendments WHERE id = :id AND entry_hash = :entry_hash", entry):
        return f"entry {entry['id']} of its change log ({entry['entry_hash'][:12]}...)"
    capture = old.one("SELECT id, captured_at, url, sha256 FROM captures ORDER BY id DESC LIMIT 1")
    if capture and not new.one(
        "SELECT 1 FROM captures WHERE id = :id AND captured_at = :captured_at AND url = :url AND sha256 = :sha256",
        capture,
    ):
        return f"its capture of {capture['url']} at {capture['captured_at']}"
    return None
