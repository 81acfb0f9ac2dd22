"""Joins the two parts of a report's history, before and after a gap.

A gap comes about when a backfill finds versions older than those that were recorded before. A record that is in the
list on both sides of the gap has a row in each part; the two rows become one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.rows import RecordRow, VersionRow, record_rows
from monitor.store.statements import note_status
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A gap in a report's history: a backfill has added older versions, and they are not joined to the later ones yet.

    - `report_id`: the id of the report.
    - `after_version_id`: the id of the last version before the gap.
    - `undecided`: how many versions before the gap still wait to be read, or for a person's decision.
    """

    report_id: int
    after_version_id: int
    undecided: int


def gaps(store: Store, source: str) -> list[Gap]:
    """Return the gaps in the histories of a source's reports, ordered by report.

    A gap is between the older history that a backfill added and the later history. Each comes with the number of
    versions before it that are still undecided. A held version is not counted if a later version before the gap is
    recorded, since it can't be recorded any more.
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
    """Return the first recorded version of a report after a gap in its history; or None.

    The versions before the gap were added by a backfill.
    """
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

    `name` is the name of the series in the configuration. Versions that a backfill added are left out until they are
    joined to the later ones.
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

    `version` is the first of its report. Without a comparison, the change log has no entries about the records of the
    list.
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
    """Return the records of the list `name` in a version.

    `fields` are the fields of the list, which give the order of a record's values. The place of a record is that in the
    file of the first version that has it.
    """
    rows = store.rows(
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
    """Return where a version has doubtful values in the list `name`: the record's line id and the field.

    A record shares the line id with all its corrected forms. Only doubts that were first noted with this version count.
    """
    rows = store.all(
        """
        SELECT line_id, field FROM doubts
        WHERE report_id = :report AND list = :list AND gap_after_version_id IS NULL AND noted_at = :at
        """,
        {"report": version.report_id, "list": name, "at": version.captured_at},
    )
    return {(row["line_id"], row["field"]) for row in rows}


def lists_found(store: Store, report_id: int, *, gap_after_version_id: int) -> list[str]:
    """Return the names of the lists that were read from the versions before a gap in a report's history.

    A backfill has added these versions. `gap_after_version_id` is the id of the last of them.
    """
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
    """Return the first version after a gap in a report's history from which the list `name` was read; or None.

    The versions before the gap were added by a backfill.
    """
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
    """Give two records the same line id, because the later record continues the earlier one.

    A record shares the line id with all its corrected forms. All records, log entries and doubts with either id then
    have the id of the one that began first. In a series that may be the later record's, since it may have begun in the
    report of the period before.
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
    """Replace two rows of the same record by one row: one before a gap in the history and one after it.

    The new row begins with the first version of `earlier` and ends with the last one of `later`.
    """
    rows = {"earlier": earlier.id, "later": later.id}
    store.write(
        """
        INSERT INTO seen_locators (record_id, locator)
        SELECT :earlier, coalesce(seen_locators.locator, seen_locator)
        FROM records LEFT JOIN seen_locators ON seen_locators.record_id = records.id WHERE records.id = :later
        ON CONFLICT (record_id) DO UPDATE SET locator = excluded.locator
        """,
        rows,
    )
    store.write(
        "UPDATE records SET last_version = (SELECT last_version FROM records WHERE id = :later) WHERE id = :earlier",
        rows,
    )
    store.write("DELETE FROM seen_locators WHERE record_id = :later", rows)
    store.write("DELETE FROM records WHERE id = :later", rows)


def close_list(
    store: Store, name: str, *, gap_after_version_id: int, last: VersionRow, first: VersionRow | None
) -> None:
    """Join the records and doubts of the list `name` before a gap in a report's history to those after it.

    The gap is between the older history that a backfill added and the later history.

    - `gap_after_version_id`: the id of the last version before the gap.
    - `last`: the last version before the gap from which the list was read.
    - `first`: the first version after the gap from which it was read. If it is None, all records and doubts stay open.

    A record that is not in the list after the gap ends with `last`. A doubt that was open on both sides becomes one
    doubt with the earlier time; other doubts from before the gap are closed.
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
    """Keep the records and doubts of a list open that were there before a gap in the report's history.

    This is for a list that no version after the gap has.
    """
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
    """Note that the versions that a backfill added are joined to the later ones, so there is no gap any more.

    `gap_after_version_id` is the id of the last version before the gap.
    """
    joined = store.all(
        "UPDATE versions SET gap_after_version_id = NULL WHERE gap_after_version_id = :gap RETURNING id",
        {"gap": gap_after_version_id},
    )
    for version_id in sorted(row["id"] for row in joined):
        note_status(store, version_id)
