"""Joins the two parts of a report's history before and after a gap.

It reads both parts. A record that stands on both sides, which has a row in each, becomes one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.rows import RecordRow, VersionRow, record_rows
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of a report's history of which nothing is known.

    There is one after a backfill has found versions older than those that were recorded before.

    - `after_version_id`: the last version before the gap.
    - `undecided`: the number of versions before the gap that still wait to be understood, or for a person's decision.
    """

    report_id: int
    after_version_id: int
    undecided: int


def gaps(store: Store, source: str) -> list[Gap]:
    """Return the gaps in the history of a source's reports, ordered by report.

    A held version is not counted as undecided where a later version before the gap is recorded: then the held one can
    no longer be recorded.
    """
    rows = store.all(
        """
        SELECT versions.report_id, versions.gap_after_version_id AS after_version_id, sum(
            versions.status = 'kept' OR versions.status = 'held' AND NOT EXISTS (
                SELECT 1 FROM versions AS newer WHERE newer.report_id = versions.report_id
                    AND newer.gap_after_version_id = versions.gap_after_version_id AND newer.number > versions.number
                    AND newer.status = 'recorded'
            )
        ) AS undecided
        FROM versions JOIN reports ON reports.id = versions.report_id
        WHERE versions.gap_after_version_id IS NOT NULL AND reports.source = :source
        GROUP BY versions.report_id, versions.gap_after_version_id ORDER BY versions.report_id
        """,
        {"source": source},
    )
    return [Gap(**row) for row in rows]


def first_recorded(store: Store, report_id: int) -> VersionRow | None:
    """Return the first recorded version of a report after the gap, or None."""
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE report_id = :report AND status = 'recorded' AND gap_after_version_id IS NULL
        ORDER BY number LIMIT 1
        """,
        {"report": report_id},
    )
    return version_row(row) if row else None


def first_of_periods(store: Store, source: str, name: str) -> list[VersionRow]:
    """Return the first recorded version of each report of a series, in order of their periods.

    Versions before a gap are left out.
    """
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE source = :source AND report_name = :name AND gap_after_version_id IS NULL
            AND number = (
                SELECT min(number) FROM versions
                WHERE versions.report_id = version_details.report_id AND versions.status = 'recorded'
                    AND versions.gap_after_version_id IS NULL
            )
        ORDER BY report_key
        """,
        {"source": source, "name": name},
    )
    return [version_row(row) for row in rows]


def follows_nothing(store: Store, version: VersionRow, name: str) -> bool:
    """Return whether the list `name` was compared with no older list when `version` was recorded.

    `version` is the first of its report. Without a comparison all records of the list begin new lines of corrections,
    and the log has no entries about them.
    """
    row = store.one(
        """
        SELECT 1 FROM records WHERE report_id = :report AND list = :list AND first_version = :version
            AND NOT EXISTS (
                SELECT 1 FROM records AS others WHERE others.report_id = :report AND others.list = :list
                    AND others.first_version = :version AND others.line_id <> others.id
            )
            AND NOT EXISTS (SELECT 1 FROM amendments WHERE version_id = :version AND amendments.list = :list)
        LIMIT 1
        """,
        {"report": version.report_id, "list": name, "version": version.id},
    )
    return row is not None


def records_at(store: Store, version: VersionRow, name: str, fields: tuple[str, ...]) -> list[RecordRow]:
    """Return the records of the list `name` in a version, each with its place in the first version that has it."""
    rows = store.all(
        """
        SELECT id, line_id, fields, locator, state, jurisdiction FROM records
        WHERE report_id = :report AND list = :list AND first_version <= :version
            AND (last_version IS NULL OR last_version >= :version)
        ORDER BY id
        """,
        {"report": version.report_id, "list": name, "version": version.id},
    )
    return record_rows(fields, rows)


def doubtful_at(store: Store, version: VersionRow, name: str) -> set[tuple[int, str]]:
    """Return the line of corrections and the field of each doubt that was noted with a version, in one list."""
    rows = store.all(
        """
        SELECT line_id, field FROM doubts
        WHERE report_id = :report AND list = :list AND gap_after_version_id IS NULL AND noted_at = :at
        """,
        {"report": version.report_id, "list": name, "at": version.captured_at},
    )
    return {(row["line_id"], row["field"]) for row in rows}


def lists_found(store: Store, report_id: int, *, gap_after_version_id: int) -> list[str]:
    """Return the names of the lists that were read in the versions before a gap."""
    rows = store.all(
        """
        SELECT DISTINCT lists.name FROM versions JOIN lists ON lists.version_id = versions.id
        WHERE versions.report_id = :report AND versions.gap_after_version_id = :gap AND versions.status = 'recorded'
        ORDER BY lists.name
        """,
        {"report": report_id, "gap": gap_after_version_id},
    )
    return [row["name"] for row in rows]


def first_with_list(store: Store, report_id: int, name: str) -> VersionRow | None:
    """Return the first version after the gap in which the list `name` was read, or None."""
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE report_id = :report AND status = 'recorded' AND gap_after_version_id IS NULL
            AND EXISTS (SELECT 1 FROM lists WHERE lists.version_id = version_details.id AND lists.name = :list)
        ORDER BY number LIMIT 1
        """,
        {"report": report_id, "list": name},
    )
    return version_row(row) if row else None


def continue_line(store: Store, earlier: RecordRow, later: RecordRow) -> None:
    """Join the lines of corrections of two records of which the later continues the earlier.

    All records, log entries and doubts of both lines then have the id of the line that began first. In a series that
    may be the later record's line, as it may have begun in the report of the period before.
    """
    if earlier.line_id == later.line_id:
        return
    row = store.one(
        """
        SELECT records.id AS line_id FROM records JOIN versions ON versions.id = records.first_version
        JOIN captures ON captures.id = versions.capture_id
        WHERE records.id IN (:earlier, :later) ORDER BY captures.captured_at, records.id = :later LIMIT 1
        """,
        {"earlier": earlier.line_id, "later": later.line_id},
    )
    assert row is not None
    lines = {"first": row["line_id"], "other": ({earlier.line_id, later.line_id} - {row["line_id"]}).pop()}
    store.write("UPDATE records SET line_id = :first WHERE line_id = :other", lines)
    store.write("UPDATE amendments SET line_id = :first WHERE line_id = :other", lines)
    store.write("UPDATE doubts SET line_id = :first WHERE line_id = :other", lines)


def unite(store: Store, earlier: RecordRow, later: RecordRow) -> None:
    """Replace two rows of the same record, one before a gap and one after it, by one row.

    That row begins with the first version of `earlier` and ends with the last of `later`.
    """
    store.write(
        """
        UPDATE records SET (seen_locator, last_version) = (
            SELECT seen_locator, last_version FROM records WHERE id = :later
        ) WHERE id = :earlier
        """,
        {"earlier": earlier.id, "later": later.id},
    )
    store.write("DELETE FROM records WHERE id = :later", {"later": later.id})


def close_list(
    store: Store, name: str, *, gap_after_version_id: int, last: VersionRow, first: VersionRow | None
) -> None:
    """Join the records and doubts of one list before a gap to those after it.

    - `last`: the last version before the gap in which the list was read.
    - `first`: the first version after the gap in which it was read. Where it is None, all records and doubts stay open.

    A record without a counterpart after the gap ends with `last`. A doubt that was open on both sides becomes one doubt
    with the earlier time; other doubts from before the gap are closed.
    """
    if first is None:
        _leave_open(store, name, last.report_id, gap_after_version_id=gap_after_version_id)
        return
    values = {
        "report": first.report_id,
        "list": name,
        "gap": gap_after_version_id,
        "last": last.id,
        "at": first.captured_at,
    }
    store.write(
        """
        UPDATE records SET last_version = :last
        WHERE report_id = :report AND list = :list AND last_version = :gap
        """,
        values,
    )
    store.write(
        """
        UPDATE doubts AS later SET noted_at = earlier.noted_at FROM doubts AS earlier
        WHERE earlier.gap_after_version_id = :gap AND earlier.list = :list AND earlier.gone_at IS NULL
            AND later.report_id = :report AND later.gap_after_version_id IS NULL AND later.noted_at = :at
            AND (later.line_id, later.list, later.field, later.value, later.problem)
                = (earlier.line_id, earlier.list, earlier.field, earlier.value, earlier.problem)
        """,
        values,
    )
    store.write(
        """
        DELETE FROM doubts AS earlier
        WHERE gap_after_version_id = :gap AND list = :list AND gone_at IS NULL AND EXISTS (
            SELECT 1 FROM doubts AS later
            WHERE later.report_id = :report AND later.gap_after_version_id IS NULL AND later.noted_at = earlier.noted_at
                AND (later.line_id, later.list, later.field, later.value, later.problem)
                    = (earlier.line_id, earlier.list, earlier.field, earlier.value, earlier.problem)
        )
        """,
        values,
    )
    store.write(
        """
        UPDATE doubts SET gone_at = coalesce(gone_at, :at), gap_after_version_id = NULL
        WHERE report_id = :report AND list = :list AND gap_after_version_id = :gap
        """,
        values,
    )


def _leave_open(store: Store, name: str, report_id: int, *, gap_after_version_id: int) -> None:
    """Leave the records and doubts of a list before a gap open, because no version after the gap has the list."""
    values = {"report": report_id, "list": name, "gap": gap_after_version_id}
    store.write(
        "UPDATE records SET last_version = NULL WHERE report_id = :report AND list = :list AND last_version = :gap",
        values,
    )
    store.write(
        """
        UPDATE doubts SET gap_after_version_id = NULL
        WHERE report_id = :report AND list = :list AND gap_after_version_id = :gap
        """,
        values,
    )


def close_gap(store: Store, *, gap_after_version_id: int) -> None:
    """Note that the versions before a gap are joined to those after it."""
    store.write(
        "UPDATE versions SET gap_after_version_id = NULL WHERE gap_after_version_id = :gap",
        {"gap": gap_after_version_id},
    )
