"""Copies recorded versions into a temporary ("scratch") database, so that they can be processed again there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.store.database import MAX_LOCK_WAIT_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.database import Store

# History before a gap stays before it here too. The last version before the gap may not be a recorded one: then it is
# copied as a rejected version, so that others can refer to it.
COPY = (
    "BEGIN",
    "INSERT INTO reports SELECT * FROM history.reports WHERE source = :source",
    "INSERT INTO captures SELECT * FROM history.captures WHERE source = :source",
    """
    INSERT INTO parts SELECT parts.* FROM history.parts
    JOIN history.captures AS wholes ON wholes.id = parts.whole_id WHERE wholes.source = :source
    """,
    """
    INSERT INTO versions (id, report_id, number, capture_id, page_id, file_name, last_seen_at, status,
        gap_after_version_id)
    SELECT versions.id, report_id, number, capture_id, page_id, file_name, last_seen_at,
        iif(versions.status = 'recorded', 'kept', 'rejected'), gap_after_version_id
    FROM history.versions JOIN history.reports ON reports.id = versions.report_id
    WHERE reports.source = :source AND (
        versions.status = 'recorded' OR versions.id IN (
            SELECT gap_after_version_id FROM history.versions
            WHERE status = 'recorded' AND gap_after_version_id IS NOT NULL
        )
    )
    """,
    "COMMIT",
)


def copy_versions(scratch: Store, *, of: Path, source: str) -> int:
    """Copy the recorded versions of a source into a temporary database, to be processed again; return their number.

    `of` is the path of the real database. It is only read, and other processes can write to it meanwhile. Raises
    StoreError.
    """
    try:
        with closing(
            sqlite3.connect(_uri(scratch.path, "rw"), uri=True, timeout=MAX_LOCK_WAIT_SECONDS, isolation_level=None)
        ) as both:
            both.execute("ATTACH DATABASE :history AS history", {"history": _uri(of, "ro")})
            for statement in COPY:
                both.execute(statement, {"source": source})
    except sqlite3.Error as fault:
        raise StoreError(f"{of}: can't be read: {fault}; run the same command again") from fault
    row = scratch.one("SELECT count(*) AS versions FROM versions WHERE status = 'kept'")
    assert row is not None
    return int(row["versions"])


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def leave_out_unread(scratch: Store) -> None:
    """Reject the versions in the temporary database that could not be processed, so that they are not tried again.

    Versions before a gap in the history are not touched.
    """
    with scratch.transaction():
        scratch.write(
            "UPDATE versions SET status = 'rejected' WHERE status = 'kept' AND gap_after_version_id IS NULL", {}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecord:
    """A record that is in a list at present.

    `fields` and `jurisdiction` are JSON texts; `jurisdiction` is None where it is not known.
    """

    report_key: str
    list: str
    fields: str
    jurisdiction: str | None


def listed_now(store: Store, source: str) -> list[ListedRecord]:
    """Return the records that are in the lists of a source at present, ordered by report and list."""
    rows = store.all(
        """
        SELECT reports.key AS report_key, records.list, records.fields, records.jurisdiction
        FROM reports JOIN records ON records.report_id = reports.id AND records.last_version IS NULL
        WHERE reports.source = :source
        ORDER BY reports.key, records.list, records.id
        """,
        {"source": source},
    )
    return [ListedRecord(**row) for row in rows]
