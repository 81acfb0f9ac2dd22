"""What reprocessing asks and writes: the recorded versions once more, in a database of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store import Store


def copy_versions(scratch: Store, *, of: Path, source: str) -> int:
    """Copy a source's recorded versions, as if they waited to be understood; returns how many they are."""
    scratch.connection.execute("ATTACH DATABASE :path AS history", {"path": str(of)})
    try:
        with scratch.transaction():
            values = {"source": source}
            scratch.write("INSERT INTO reports SELECT * FROM history.reports WHERE source = :source", values)
            scratch.write("INSERT INTO captures SELECT * FROM history.captures WHERE source = :source", values)
            scratch.write(
                """
                INSERT INTO versions (id, report_id, number, capture_id, page_id, file_name, last_seen_at, status)
                SELECT versions.id, report_id, number, capture_id, page_id, file_name, last_seen_at, 'kept'
                FROM history.versions JOIN history.reports ON reports.id = versions.report_id
                WHERE reports.source = :source AND versions.status = 'recorded'
                """,
                values,
            )
    finally:
        scratch.connection.execute("DETACH DATABASE history")
    row = scratch.one("SELECT count(*) AS versions FROM versions")
    assert row is not None
    return int(row["versions"])


def standing(store: Store, source: str) -> list[dict[str, Any]]:
    """What stands in each list of a source: its report, its list, and the records' fields and jurisdictions as JSON."""
    return store.all(
        """
        SELECT reports.key AS report, records.list, records.fields, records.jurisdiction
        FROM reports JOIN records ON records.report_id = reports.id AND records.last_version IS NULL
        WHERE reports.source = :source
        ORDER BY reports.key, records.list, records.id
        """,
        {"source": source},
    )
