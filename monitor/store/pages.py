"""Reads what the web pages show: how up to date each source is, the lists with their records, the activity by day."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.entry import LogEntry
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from monitor.store.database import Store
    from monitor.store.rows import ReportRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How up to date a source is. Times are ISO 8601 in UTC, and None if they are not known.

    - `polled_at`, `succeeded_at`: when it was last polled, and when a poll last succeeded.
    - `failures`: the number of failed polls since the last good one. `fault`: what went wrong in the last poll, or
      None.
    - `next_poll_at`: when it is polled next.
    - `changed_at`, `amended_at`: when one of its reports last changed, and the day of its last log entry.
    - `held`: how many of its versions wait for a person's decision.
    """

    source: str
    polled_at: str | None
    succeeded_at: str | None
    failures: int
    fault: str | None
    next_poll_at: str | None
    changed_at: str | None
    amended_at: str | None
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCount:
    """How long one list of a version is: its number of records, and how many different jurisdictions they are about."""

    list: str
    records: int
    jurisdictions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlace:
    """A jurisdiction that a list names; its ids are the FIPS code and the Open Civic Data id."""

    list: str
    name: str
    level: str
    state: str
    fips: str | None
    ocd_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """The numbers of records that were added, removed and corrected on a day; `day` is written `YYYY-MM-DD`."""

    day: str
    added: int
    removed: int
    corrected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A recorded version as a point on the time line of a list.

    `report` is the key of its report and `number` its number within the report.
    """

    captured_at: str
    report: str
    number: int


def freshness(store: Store, sources: tuple[str, ...]) -> list[Freshness]:
    """Return how up to date sources are: first `sources`, in their order, then other sources that have reports.

    The others are those that the configuration no longer has.
    """
    rows = store.all(
        """
        WITH named (source, place) AS (
            SELECT value, key FROM json_each(:sources)
            UNION ALL
            SELECT DISTINCT source, 1000 FROM reports WHERE source NOT IN (SELECT value FROM json_each(:sources))
        )
        SELECT named.source, sources.polled_at, sources.succeeded_at, coalesce(sources.failures, 0) AS failures,
            sources.fault, schedule.next_poll_at,
            (SELECT max(changed_at) FROM reports WHERE reports.source = named.source) AS changed_at,
            (SELECT max(day) FROM amendment_days WHERE amendment_days.source = named.source) AS amended_at,
            (
                SELECT count(*) FROM versions JOIN reports ON reports.id = versions.report_id
                WHERE versions.status = 'held' AND reports.source = named.source
            ) AS held
        FROM named
        LEFT JOIN sources ON sources.name = named.source
        LEFT JOIN schedule ON schedule.source = named.source
        ORDER BY named.place, named.source
        """,
        {"sources": json.dumps(sources)},
    )
    return [Freshness(**row) for row in rows]


def is_overdue(store: Store, report: ReportRow) -> bool:
    """Return whether operators were told that a report has not changed for much longer than usual."""
    row = store.one(
        "SELECT 1 FROM operator_notices WHERE what = :what",
        {"what": f"overdue {report.source}/{report.key} {report.changed_at}"},
    )
    return row is not None


def list_counts(store: Store, version: VersionRow) -> list[ListCount]:
    """Return the size of each list of a version, the longest list first."""
    rows = store.all(
        """
        SELECT lists.name AS list, lists.records, (
            SELECT count(DISTINCT json_extract(records.jurisdiction, '$.ocd_id')) FROM records
            WHERE records.report_id = :report AND records.list = lists.name AND records.first_version <= :version
                AND (records.last_version IS NULL OR records.last_version >= :version)
        ) AS jurisdictions
        FROM lists WHERE lists.version_id = :version ORDER BY lists.records DESC, lists.name
        """,
        {"report": version.report_id, "version": version.id},
    )
    return [ListCount(**row) for row in rows]


def places(store: Store, version: VersionRow) -> list[NamedPlace]:
    """Return the jurisdictions that the lists of a version name, ordered by state.

    A jurisdiction that is in two lists is returned twice.
    """
    rows = store.all(
        """
        SELECT DISTINCT list, json_extract(jurisdiction, '$.name') AS name, json_extract(jurisdiction, '$.level')
            AS level, json_extract(jurisdiction, '$.state') AS state, json_extract(jurisdiction, '$.fips') AS fips,
            json_extract(jurisdiction, '$.ocd_id') AS ocd_id
        FROM records
        WHERE report_id = :report AND first_version <= :version
            AND (last_version IS NULL OR last_version >= :version)
            AND json_extract(jurisdiction, '$.ocd_id') IS NOT NULL
        ORDER BY state, level, name, list
        """,
        {"report": version.report_id, "version": version.id},
    )
    return [NamedPlace(**row) for row in rows]


def activity_by_day(store: Store) -> list[DayCounts]:
    """Return how many records were added, removed and corrected on each day that had any, oldest first."""
    rows = store.all(
        """
        SELECT day, sum(iif(kind = 'added', amendments, 0)) AS added,
            sum(iif(kind = 'removed', amendments, 0)) AS removed,
            sum(iif(kind = 'corrected', amendments, 0)) AS corrected
        FROM amendment_days WHERE list <> 'notices' GROUP BY day ORDER BY day
        """
    )
    return [DayCounts(**row) for row in rows]


def moments(store: Store, source: str, report_name: str) -> list[Moment]:
    """Return the recorded versions of all reports with a configured name, oldest first.

    The reports of a series all have the same configured name.
    """
    rows = store.all(
        """
        SELECT versions.captured_at, reports.key AS report, versions.number
        FROM reports
        CROSS JOIN versions INDEXED BY versions_in_time ON versions.report_id = reports.id
        WHERE reports.source = :source AND reports.name = :name AND versions.status = 'recorded'
        ORDER BY versions.captured_at, versions.id
        """,
        {"source": source, "name": report_name},
    )
    return [Moment(**row) for row in rows]


def versions_of_report(
    store: Store, source: str, report: str, *, before: int | None = None, limit: int
) -> list[tuple[VersionRow, dict[str, int]]]:
    """Return the versions of one report, newest first, each with the number of records in its lists, keyed by list.

    - `before`: only versions with smaller numbers than this.
    - `limit`: the largest number of versions.
    """
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE source = :source AND report_key = :report AND (:before IS NULL OR number < :before)
        ORDER BY number DESC LIMIT :limit
        """,
        {"source": source, "report": report, "before": before, "limit": limit},
    )
    counts: dict[int, dict[str, int]] = {}
    for row in store.all(
        "SELECT version_id, name, records FROM lists WHERE version_id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps([row["id"] for row in rows])},
    ):
        counts.setdefault(row["version_id"], {})[row["name"]] = row["records"]
    return [(version_row(row), counts.get(row["id"], {})) for row in rows]


def version_numbered(store: Store, source: str, report: str, number: int) -> VersionRow | None:
    """Return the version of a report with this number, or None."""
    row = store.one(
        "SELECT * FROM version_details WHERE source = :source AND report_key = :report AND number = :number",
        {"source": source, "report": report, "number": number},
    )
    return version_row(row) if row else None


def version_of_entry(store: Store, number: int) -> VersionRow | None:
    """Return the version with which the log entry with this number was written, or None."""
    row = store.one(
        "SELECT * FROM version_details WHERE id = (SELECT version_id FROM amendments WHERE id = :id)", {"id": number}
    )
    return version_row(row) if row else None


def version_with_hash(store: Store, sha256: str) -> VersionRow | None:
    """Return the latest version whose file has this SHA-256, or None."""
    row = store.one("SELECT * FROM version_details WHERE sha256 = :sha256 ORDER BY id DESC LIMIT 1", {"sha256": sha256})
    return version_row(row) if row else None


def first_version_with_hash(store: Store, sha256: str, report_id: int) -> VersionRow | None:
    """Return the first version of a report whose file has this SHA-256, or None."""
    row = store.one(
        """
        SELECT * FROM version_details WHERE id = (
            SELECT versions.id FROM captures CROSS JOIN versions ON versions.capture_id = captures.id
            WHERE captures.sha256 = :sha256 AND versions.report_id = :report ORDER BY versions.number LIMIT 1
        )
        """,
        {"sha256": sha256, "report": report_id},
    )
    return version_row(row) if row else None


def latest_seen(store: Store, *, limit: int) -> list[LogEntry]:
    """Return the log entries whose changes were observed last, the latest first.

    They need not be the last ones of the log: a backfill appends entries about changes of long ago.
    """
    rows = store.all(
        """
        SELECT * FROM amendments INDEXED BY amendments_by_time WHERE observed_at > ''
        ORDER BY observed_at DESC, id DESC LIMIT :limit
        """,
        {"limit": limit},
    )
    return [LogEntry.from_row(row) for row in rows]
