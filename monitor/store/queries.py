"""What people ask: versions, lists as of a time, everything about a place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from monitor.errors import StoreError
from monitor.store import changelog, doubts, records
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


def all_versions(store: Store, source: str | None = None) -> Iterator[tuple[VersionRow, dict[str, int]]]:
    """All versions with how many records each of their lists has, report by report, oldest first."""
    counts: dict[int, dict[str, int]] = {}
    for row in store.all(
        """
        SELECT version_id, name, records FROM lists WHERE version_id IN (
            SELECT id FROM versions
            WHERE report_id IN (SELECT id FROM reports WHERE :source IS NULL OR source = :source)
        )
        """,
        {"source": source},
    ):
        counts.setdefault(row["version_id"], {})[row["name"]] = row["records"]
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE report_id IN (SELECT id FROM reports WHERE :source IS NULL OR source = :source)
        ORDER BY source, report_key, number
        """,
        {"source": source},
    )
    for row in rows:
        yield version_row(row), counts.get(row["id"], {})


def named_version(store: Store, name: str) -> list[VersionRow]:
    """The versions that a person can mean: by the first letters of the SHA-256, or `source/report/number`."""
    source, _, rest = name.partition("/")
    report, _, number = rest.rpartition("/")
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE id IN (
            SELECT versions.id FROM captures CROSS JOIN versions ON versions.capture_id = captures.id
            WHERE length(:begin) >= 6 AND captures.sha256 >= :begin AND captures.sha256 < :begin || 'g'
            UNION
            SELECT versions.id FROM reports JOIN versions ON versions.report_id = reports.id
            WHERE reports.source = :source AND reports.key = :report AND versions.number = :number
        )
        ORDER BY id
        """,
        {
            "begin": name.lower(),
            "source": source,
            "report": report,
            "number": int(number[:18]) if number.removeprefix("-").isdecimal() else None,
        },
    )
    return [version_row(row) for row in rows]


def version_as_of(store: Store, source: str, report_name: str, at: str | None) -> VersionRow | None:
    """The recorded version that stood at a time (None: now); in a series that of the latest period."""
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE id = (
            SELECT versions.id
            FROM reports
            CROSS JOIN versions INDEXED BY versions_in_time ON versions.report_id = reports.id
            WHERE reports.source = :source AND reports.name = :name AND versions.status = 'recorded'
                AND (:at IS NULL OR versions.captured_at <= :at)
            ORDER BY reports.key DESC, versions.number DESC LIMIT 1
        )
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
        """
        SELECT * FROM record_details
        WHERE report_id = :report AND list = :list AND first_version <= :version
            AND (last_version IS NULL OR last_version >= :version)
        ORDER BY id
        """,
        {"report": version.report_id, "list": name, "version": version.id},
    )
    return _printed(rows)


def not_looked_for(store: Store, version: VersionRow, name: str) -> str | None:
    """Why nothing is known of a list in a version, where it was not described when that was recorded; else None."""
    last = records.last_with_list(store, version, name)
    if last and last.id == version.id:
        return None
    return (
        f"{version.source}/{name}: was not looked for in {version.file_name} of {version.captured_at}, "
        f"as it was not described then; `monitor versions {version.source}` shows where it was"
    )


def _printed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of record_details as they are printed. All their JSON is read at once: a list may have thousands."""
    texts = [text or "null" for row in rows for text in (row["fields"], row["jurisdiction"], row["locator"])]
    read = iter(json.loads(f"[{','.join(texts)}]"))
    return [
        {
            "source": row["source"],
            "report": row["report_key"],
            "list": row["list"],
            "fields": next(read),
            "jurisdiction": next(read),
            "locator": next(read),
            "first_version": row["first_version_sha256"],
            "first_observed_at": row["first_observed_at"],
            "listed_since": row["listed_since"],
        }
        for row in rows
    ]


def appearances(store: Store, *, ocd_ids: tuple[str, ...], words: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every record ever published about a place, by its id and those within it, or by all the words of its name.

    One object for each line of corrections in each report: its latest record as in `records_of`, `until` (the last
    time a version had it, or None while it stands), its `amendments` and its `doubts`, oldest
    first, and the log's numbers of the `notices` that speak of its place and report.
    """
    first = _about(store, ocd_ids) | _saying(store, words)
    rows = store.all(
        "SELECT * FROM record_details WHERE id IN (SELECT value FROM json_each(:found))",
        {"found": json.dumps(list(first))},
    )
    rows.sort(key=lambda row: (row["source"], row["list"], row["line_id"], first[row["id"]]))
    notices = [entry for entry in changelog.entries(store, changelog.Asked(list="notices")) if entry["mentions"]]
    return [
        printed | _amendments(store, row, printed["jurisdiction"], notices)
        for row, printed in zip(rows, _printed(rows), strict=True)
    ]


def _about(store: Store, ocd_ids: tuple[str, ...]) -> dict[int, int]:
    """Of each line of records about these jurisdictions, and those in them by their ids, the last and the first."""
    rows = store.all(
        """
        SELECT max(records.id) AS last, min(records.id) AS first FROM json_each(:ids) AS wanted CROSS JOIN records
        ON json_extract(records.jurisdiction, '$.ocd_id') >= wanted.value
            AND json_extract(records.jurisdiction, '$.ocd_id') < wanted.value || '0'
        WHERE json_extract(records.jurisdiction, '$.ocd_id') = wanted.value
            OR json_extract(records.jurisdiction, '$.ocd_id') LIKE wanted.value || '/%'
        GROUP BY records.report_id, records.list, records.line_id
        """,
        {"ids": json.dumps(ocd_ids)},
    )
    return {row["last"]: row["first"] for row in rows}


def _saying(store: Store, words: tuple[str, ...]) -> dict[int, int]:
    """Of each line of records in which all these words, or parts of words, are found, the last and the first."""
    pieces = [_pieces(store, word) for word in words]
    if not all(pieces) or not pieces:
        return {}
    rows = store.all(
        """
        SELECT max(records.id) AS last, min(records.id) AS first FROM record_words CROSS JOIN records
        ON records.id = record_words.rowid
        WHERE record_words MATCH :match AND NOT EXISTS (
            SELECT 1 FROM json_each(:words) AS words WHERE NOT EXISTS (
                SELECT 1 FROM json_each(records.fields) AS fields WHERE instr(lower(fields.value), lower(words.value))
            )
        )
        GROUP BY records.report_id, records.list, records.line_id
        """,
        {"match": " AND ".join(pieces), "words": json.dumps(words)},
    )
    return {row["last"]: row["first"] for row in rows}


def _pieces(store: Store, word: str) -> str:
    """What all that have a word have in the index of words: its pieces of three letters; "" where nothing has it.

    Of a shorter word, one of the pieces that begin with it: each value there has blanks at its end.
    """
    pieces = [word[at : at + 3] for at in range(len(word) - 2)]
    if pieces:
        return "(" + " AND ".join(_quoted(piece) for piece in dict.fromkeys(pieces)) + ")"
    rows = store.all(
        "SELECT term FROM record_pieces WHERE term >= :begin AND term < :begin || char(0x10FFFF)",
        {"begin": word.lower()},
    )
    return "(" + " OR ".join(_quoted(row["term"]) for row in rows) + ")" if rows else ""


def _quoted(piece: str) -> str:
    """A piece as the index's language has it."""
    return '"' + piece.replace('"', '""') + '"'


def _amendments(
    store: Store, row: dict[str, Any], place: dict[str, Any] | None, notices: list[dict[str, Any]]
) -> dict[str, Any]:
    """What else is told of a line of records."""
    entries = changelog.of_line(store, row["line_id"])
    spoken = [
        notice["id"]
        for notice in notices
        if place
        and notice["source"] == row["source"]
        and any(each["ocd_id"] == place["ocd_id"] for each in notice["mentions"])
        and (not notice["speaks_of"] or row["report_key"] in notice["speaks_of"])
    ]
    return {
        "until": row["last_observed_at"],
        "amendments": [entry for entry in entries if entry["report"] == row["report_key"]],
        "doubts": doubts.doubts_of_line(store, row["line_id"]),
        "notices": spoken,
    }


def archived_files(store: Store) -> list[dict[str, Any]]:
    """The hash, size and address of everything that the archive must hold; also of a database of an older release."""
    rows = store.all("SELECT sha256, bytes, url, captured_at FROM captures")
    if store.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'mementos'"):
        # What a backfill has kept waits for its place in the history, or has the bytes of a capture to come.
        rows += store.all("SELECT sha256, bytes, url, captured_at FROM mementos WHERE sha256 IS NOT NULL")
    first: dict[tuple[str, int], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (row["captured_at"], row["url"])):
        first.setdefault((row["sha256"], row["bytes"]), row)
    return list(first.values())


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
            SELECT last.id FROM (SELECT 1) LEFT JOIN change_log_head
                LEFT JOIN (SELECT id, entry_hash FROM amendments WHERE id = (SELECT max(id) FROM amendments)) AS last
            WHERE last.id IS NOT change_log_head.length OR last.entry_hash IS NOT change_log_head.head
            """
        )
    except StoreError as fault:
        return [str(fault)]
    ends = (f"the change log ends with entry {row['id'] or 0}, and not as it was written" for row in cut)
    return [*broken, *(f"{end}; see `monitor verify`" for end in ends)]
