"""Reads what the commands print: the versions, a list as it was at a time, the files that must be in the archive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.model import Instant, Jurisdiction, Locator, Sha256
from monitor.store import records
from monitor.store.rows import by_key, locator_of, locator_value
from monitor.store.versions import version_row
from monitor.times import period_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.database import QueryRow, Store
    from monitor.store.rows import VersionRow


MAX_REPORTS_NAMED = 10  # other reports of a series that a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDetails:
    """A record of a list in a version, with the fields that `monitor list --json` prints.

    - `first_version`: the SHA-256 of the first file with exactly these values. `locator`: the record's place in that
      file.
    - `first_observed_at`: when that file was captured.
    - `listed_since`: when the record was first seen in the list, perhaps with other values.
    """

    source: str
    report: str
    list: str
    fields: dict[str, str]
    jurisdiction: Jurisdiction | None
    locator: Locator
    first_version: Sha256
    first_observed_at: Instant
    listed_since: Instant

    def to_json(self) -> dict[str, object]:
        """Return the record as the JSON object that `monitor list --json` prints."""
        return {
            "source": self.source,
            "report": self.report,
            "list": self.list,
            "fields": self.fields,
            "jurisdiction": by_key(self.jurisdiction.as_value()) if self.jurisdiction else None,
            "locator": by_key(locator_value(self.locator)),
            "first_version": self.first_version,
            "first_observed_at": self.first_observed_at,
            "listed_since": self.listed_since,
        }


def all_versions(store: Store, source: str | None = None) -> Iterator[tuple[VersionRow, dict[str, int]]]:
    """Yield all versions, of one source or of all, each with the number of records in its lists, keyed by list.

    They come report by report, oldest first.
    """
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
    """Return all versions that a person may mean by a text.

    `name` is either the first six or more digits of a SHA-256, or `source/report/number`.
    """
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
    """Return the recorded version of a report that was current at the time `at` (None: now); None if there was none.

    `report_name` is the report's name in the configuration. For a series, it is a version of the report of the latest
    period.
    """
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


def reports_beside(store: Store, version: VersionRow, at: str | None) -> list[str]:
    """Return the keys of the other reports of a series at the time `at` (None: now), the latest period first.

    `version` is a version of one report of the series. Reports that were taken down by then are left out.
    """
    rows = store.all(
        """
        SELECT reports.key FROM reports
        WHERE reports.source = :source AND reports.name = :name AND reports.id <> :report
            AND reports.kind = 'series' AND (reports.withdrawn_at IS NULL OR reports.withdrawn_at > :at)
            AND EXISTS (
                SELECT 1 FROM versions JOIN captures ON captures.id = versions.capture_id
                WHERE versions.report_id = reports.id AND versions.status = 'recorded'
                    AND (:at IS NULL OR captures.captured_at <= :at)
            )
        ORDER BY reports.key DESC
        """,
        {"source": version.source, "name": version.report_name, "report": version.report_id, "at": at},
    )
    return [row["key"] for row in rows]


def shown_of_series(store: Store, version: VersionRow, at: str | None) -> str | None:
    """Return a sentence that says which report of a series a shown list is from, and names the other reports.

    Return None if there are no other reports at the time `at` (None: now).
    """
    others = reports_beside(store, version, at)
    if not others:
        return None
    named = "; ".join(map(period_in_words, others[:MAX_REPORTS_NAMED]))
    more = f" and {len(others) - MAX_REPORTS_NAMED:,} more" if len(others) > MAX_REPORTS_NAMED else ""
    return f"this is the list of the report of {period_in_words(version.report_key)}; there are others of {named}{more}"


def withdrawn_at(store: Store, report_id: int) -> str | None:
    """Return the time since which a report counts as taken down; None if it is not taken down."""
    row = store.one("SELECT withdrawn_at FROM reports WHERE id = :id", {"id": report_id})
    return row["withdrawn_at"] if row else None


def records_of(store: Store, version: VersionRow, name: str) -> list[RecordDetails]:
    """Return the records of the list `name` in a version, in the order in which the file has them."""
    rows = store.all(
        """
        SELECT * FROM record_details
        WHERE report_id = :report AND list = :list AND first_version <= :version
            AND (last_version IS NULL OR last_version >= :version)
        ORDER BY id
        """,
        {"report": version.report_id, "list": name, "version": version.id},
    )
    return _listed(rows)


def not_looked_for(store: Store, version: VersionRow, name: str) -> str | None:
    """Return a sentence that says why the list `name` is not known in a version; None if it is known.

    It is not known if the configuration did not describe the list when the version was recorded.
    """
    last = records.last_with_list(store, version, name)
    if last and last.id == version.id:
        return None
    return f"the list was not looked for in {version.file_name} of {version.captured_at}, as it was not described then"


def _listed(rows: list[QueryRow]) -> list[RecordDetails]:
    """Make records from rows of the view `record_details`.

    The JSON of all rows is parsed at once, which is faster; a list may have thousands of records.
    """
    texts = [text or "null" for row in rows for text in (row["fields"], row["jurisdiction"], row["locator"])]
    read = iter(json.loads(f"[{','.join(texts)}]"))
    return [
        RecordDetails(
            source=row["source"],
            report=row["report_key"],
            list=row["list"],
            fields=next(read),
            jurisdiction=None if (place := next(read)) is None else Jurisdiction(**place),
            locator=locator_of(next(read)),
            first_version=row["first_version_sha256"],
            first_observed_at=row["first_observed_at"],
            listed_since=row["listed_since"],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """A file that the archive must contain, with the address and the time at which it was first fetched.

    It holds the bytes of a capture, a body as it came packed, or a certificate that a server showed.
    """

    sha256: str
    bytes: int
    url: str
    captured_at: str


EXCHANGE_FILES = """
    SELECT packed_sha256 AS sha256, packed_bytes AS bytes, captures.url, captures.captured_at
    FROM exchanges JOIN captures ON captures.id = exchanges.capture_id WHERE packed_sha256 IS NOT NULL
    UNION ALL
    SELECT json_extract(exchange, '$.packed_sha256'), json_extract(exchange, '$.packed_bytes'), url, captured_at
    FROM mementos WHERE json_extract(exchange, '$.packed_sha256') IS NOT NULL
    UNION ALL
    SELECT sha256, bytes, url, shown_at FROM certificates
"""


def archived_files(store: Store) -> list[ArchivedFile]:
    """Return all files that the archive must contain.

    This also works with a database that an older release has written.
    """
    rows = store.all("SELECT sha256, bytes, url, captured_at FROM captures")
    if store.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'mementos'"):
        # Captures that a backfill has kept wait for their place in the history.
        rows += store.all("SELECT sha256, bytes, url, captured_at FROM mementos WHERE sha256 IS NOT NULL")
    if store.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'exchanges'"):
        rows += store.all(EXCHANGE_FILES)
    if store.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'stamps'"):
        rows += store.all("SELECT reply AS sha256, bytes, authority AS url, asked_at AS captured_at FROM stamps")
    first: dict[tuple[str, int], ArchivedFile] = {}
    for row in sorted(rows, key=lambda row: (row["captured_at"], row["url"])):
        first.setdefault((row["sha256"], row["bytes"]), ArchivedFile(**row))
    return list(first.values())


def database_faults(store: Store) -> list[str]:
    """Return a line for each fault that SQLite's full check finds.

    It finds damaged pages and indexes, and references to rows that are missing.
    """
    broken = [row["integrity_check"] for row in store.all("PRAGMA integrity_check") if row["integrity_check"] != "ok"]
    dangling = [
        f"{row['table']}: row {row['rowid']} refers to nothing" for row in store.all("PRAGMA foreign_key_check")
    ]
    return broken + dangling


def integrity_faults(store: Store) -> list[str]:
    """Return a line for each fault that a quick check finds.

    It finds damaged pages, and a change log whose last entry is not the one that was written last.
    """
    try:
        broken = [row["quick_check"] for row in store.all("PRAGMA quick_check") if row["quick_check"] != "ok"]
        # One statement, because another process may be writing.
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
