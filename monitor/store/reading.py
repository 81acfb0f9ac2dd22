"""What people ask: versions, lists as of a time, everything about a place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from monitor.errors import StoreError
from monitor.store import changelog, doubting
from monitor.store.keeping import VERSION, version_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.rows import VersionRow
    from monitor.store import Store

STANDING = """
    SELECT records.id, records.entry, records.list, records.fields, records.locator, records.jurisdiction,
        records.first_version, records.last_version, reports.source, reports.key AS report,
        first_captures.sha256 AS first_version_sha256, first_captures.captured_at AS first_observed_at,
        lines.captured_at AS listed_since, last_versions.last_seen_at AS until
    FROM records
    JOIN reports ON reports.id = records.report_id
    JOIN versions AS first_versions ON first_versions.id = records.first_version
    JOIN captures AS first_captures ON first_captures.id = first_versions.capture_id
    JOIN records AS beginnings ON beginnings.id = records.entry
    JOIN versions AS line_versions ON line_versions.id = beginnings.first_version
    JOIN captures AS lines ON lines.id = line_versions.capture_id
    LEFT JOIN versions AS last_versions ON last_versions.id = records.last_version
"""


def versions(store: Store, source: str | None = None) -> Iterator[tuple[VersionRow, dict[str, int]]]:
    """All versions with how many records each of their lists has, report by report, oldest first."""
    counts: dict[int, dict[str, int]] = {}
    for row in store.all("SELECT version_id, name, records FROM lists"):
        counts.setdefault(row["version_id"], {})[row["name"]] = row["records"]
    rows = store.all(
        VERSION + "WHERE (:source IS NULL OR reports.source = :source) ORDER BY reports.source, reports.key, number",
        {"source": source},
    )
    for row in rows:
        yield version_row(row), counts.get(row["id"], {})


def named_version(store: Store, name: str) -> list[VersionRow]:
    """The versions that a person can mean: by the first letters of the SHA-256, or `source/report/number`."""
    source, _, rest = name.partition("/")
    report, _, number = rest.rpartition("/")
    rows = store.all(
        VERSION
        + """
        WHERE (length(:name) >= 6 AND captures.sha256 LIKE :name || '%')
            OR (reports.source = :source AND reports.key = :report AND versions.number = :number)
        ORDER BY versions.id
        """,
        {"name": name, "source": source, "report": report, "number": int(number[:18]) if number.isdecimal() else None},
    )
    return [version_row(row) for row in rows]


def version_as_of(store: Store, source: str, report_name: str, at: str | None) -> VersionRow | None:
    """The recorded version that stood at a time (None: now); in a series that of the latest period."""
    row = store.one(
        VERSION
        + """
        WHERE reports.source = :source AND reports.name = :name AND versions.status = 'recorded'
            AND (:at IS NULL OR captures.captured_at <= :at)
        ORDER BY reports.key DESC, versions.number DESC LIMIT 1
        """,
        {"source": source, "name": report_name, "at": at},
    )
    return version_row(row) if row else None


def withdrawn_at(store: Store, report_id: int) -> str | None:
    """Since when a report counts as taken down, or None."""
    row = store.one("SELECT withdrawn_at FROM reports WHERE id = :id", {"id": report_id})
    return row["withdrawn_at"] if row else None


def records_of(store: Store, version: VersionRow, name: str) -> list[dict[str, Any]]:
    """The records of a list in a version, as printed by `monitor list --json`, in the order of the file."""
    rows = store.all(
        STANDING
        + """
        WHERE records.report_id = :report AND records.list = :list AND records.first_version <= :version
            AND (records.last_version IS NULL OR records.last_version >= :version)
        ORDER BY records.id
        """,
        {"report": version.report_id, "list": name, "version": version.id},
    )
    return [_printed(row) for row in rows]


def _printed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": row["source"],
        "report": row["report"],
        "list": row["list"],
        "fields": json.loads(row["fields"]),
        "jurisdiction": json.loads(row["jurisdiction"]) if row["jurisdiction"] else None,
        "locator": json.loads(row["locator"]),
        "first_version": row["first_version_sha256"],
        "first_observed_at": row["first_observed_at"],
        "listed_since": row["listed_since"],
    }


def appearances(store: Store, *, ocd_ids: tuple[str, ...], words: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every record ever published about a place, by its id and those within it, or by all the words of its name.

    One object for each line of corrections in each report: its latest record as in `records_of`, `until` (the last
    time a version had it, or None while it stands), its `amendments` and its `doubts`, oldest
    first, and the log's numbers of the `notices` that speak of its place and report.
    """
    rows = store.all(
        STANDING  # noqa: S608 - two constants
        + """
        WHERE EXISTS (
            SELECT 1 FROM json_each(:ids) WHERE json_extract(records.jurisdiction, '$.ocd_id') = value
                OR json_extract(records.jurisdiction, '$.ocd_id') LIKE value || '/%'
        ) OR (json_array_length(:words) > 0 AND NOT EXISTS (
            SELECT 1 FROM json_each(:words) AS words WHERE NOT EXISTS (
                SELECT 1 FROM json_each(records.fields) AS fields WHERE instr(lower(fields.value), lower(words.value))
            )
        ))
        ORDER BY reports.source, records.list, records.entry, records.id
        """,
        {"ids": json.dumps(ocd_ids), "words": json.dumps(words)},
    )
    latest = {(row["report"], row["list"], row["entry"]): row for row in rows}
    notices = [entry for entry in changelog.entries(store, changelog.Asked(list="notices")) if entry["mentions"]]
    return [_with_amendments(store, row, notices) for row in latest.values()]


def _with_amendments(store: Store, row: dict[str, Any], notices: list[dict[str, Any]]) -> dict[str, Any]:
    entries = changelog.of_entry(store, row["entry"])
    ours = [entry for entry in entries if entry["report"] == row["report"]]
    noted = doubting.of_entry(store, row["entry"])
    place = json.loads(row["jurisdiction"]) if row["jurisdiction"] else None
    spoken = [
        notice["id"]
        for notice in notices
        if place
        and notice["source"] == row["source"]
        and any(each["ocd_id"] == place["ocd_id"] for each in notice["mentions"])
        and (not notice["speaks_of"] or row["report"] in notice["speaks_of"])
    ]
    return _printed(row) | {"until": row["until"], "amendments": ours, "doubts": noted, "notices": spoken}


def archived(store: Store) -> list[dict[str, Any]]:
    """The hash, size and address of everything that the archive must hold."""
    return store.all(
        "SELECT sha256, bytes, min(url) AS url, min(captured_at) AS captured_at FROM captures GROUP BY sha256, bytes"
    )


def database_faults(store: Store) -> list[str]:
    """What SQLite finds wrong with the database itself: its pages, its indexes, its references."""
    broken = [row["integrity_check"] for row in store.all("PRAGMA integrity_check") if row["integrity_check"] != "ok"]
    dangling = [
        f"{row['table']}: row {row['rowid']} refers to nothing" for row in store.all("PRAGMA foreign_key_check")
    ]
    return broken + dangling


def integrity_faults(store: Store) -> list[str]:
    """What is wrong with the database at a glance: its pages, and whether the change log ends as it was written."""
    try:
        broken = [row["quick_check"] for row in store.all("PRAGMA quick_check") if row["quick_check"] != "ok"]
        # One statement, for others may be writing.
        cut = store.all(
            """
            SELECT last.id FROM (SELECT 1) LEFT JOIN log_end
                LEFT JOIN (SELECT id, entry_hash FROM amendments ORDER BY id DESC LIMIT 1) AS last
            WHERE last.id IS NOT log_end.length OR last.entry_hash IS NOT log_end.head
            """
        )
    except StoreError as fault:
        return [str(fault)]
    ends = (f"the change log ends with entry {row['id'] or 0}, and not as it was written" for row in cut)
    return [*broken, *(f"{end}; see `monitor verify`" for end in ends)]
