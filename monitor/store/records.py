"""Reads and writes for the process step: versions understood or held, and records as intervals of versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model import Record, VersionStatus
from monitor.store.rows import (
    RecordRow,
    VersionRow,
    compact,
    fields_value,
    in_order,
    jurisdiction_json,
    locator_value,
    record_of,
)
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from monitor.model import Jurisdiction
    from monitor.store.database import Store

_MAX_IDS_BEFORE_A_GAP = 2**32  # ids that are set apart for the records of a report's history before one gap
_MAX_IDS = 2**62  # ids for all other records


def kept_versions(store: Store, *, source: str | None = None, before_gap: bool = False) -> list[VersionRow]:
    """Return the versions that wait to be understood, oldest first, each report's in the order of their numbers.

    Versions before a gap are left out unless `before_gap` is True: the backfill that found them has them understood.
    Sources are polled side by side, so the order in which versions were kept is chance. The order here is not: the
    change log comes out the same, however often a poll was cut short.
    """
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE status = 'kept' AND (:source IS NULL OR source = :source)
            AND (gap_after_version_id IS NULL OR :before_gap)
        ORDER BY max(captured_at) OVER (PARTITION BY report_id ORDER BY number), source, report_key, number
        """,
        {"source": source, "before_gap": before_gap},
    )
    return [version_row(row) for row in rows]


def status_of(store: Store, version_id: int) -> VersionStatus:
    """Return the present status of a version."""
    row = store.one("SELECT status FROM versions WHERE id = :id", {"id": version_id})
    assert row is not None
    return VersionStatus(row["status"])


def last_recorded(store: Store, report_id: int, *, gap_after_version_id: int | None = None) -> VersionRow | None:
    """Return the last recorded version of a report, or None; with `gap_after_version_id`, the last before that gap."""
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE report_id = :report AND status = 'recorded' AND gap_after_version_id IS :gap
        ORDER BY number DESC LIMIT 1
        """,
        {"report": report_id, "gap": gap_after_version_id},
    )
    return version_row(row) if row else None


def recorded_before(store: Store, version: VersionRow) -> VersionRow | None:
    """Return, in a series, the last recorded version of the latest period before this one, or None."""
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE source = :source AND report_name = :name AND report_key < :key AND status = 'recorded'
        ORDER BY report_key DESC, number DESC LIMIT 1
        """,
        {"source": version.source, "name": version.report_name, "key": version.report_key},
    )
    return version_row(row) if row else None


def followed(store: Store, version: VersionRow, *, sha256: str) -> VersionRow | None:
    """Return the latest version with this hash that is older than a version: of its report, or of a period before."""
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE source = :source AND sha256 = :sha256 AND id < :id ORDER BY report_id = :report DESC, id DESC LIMIT 1
        """,
        {"source": version.source, "sha256": sha256, "id": version.id, "report": version.report_id},
    )
    return version_row(row) if row else None


def last_with_list(store: Store, version: VersionRow, name: str) -> VersionRow | None:
    """Return the last version, up to this one, in which a list was read, or None.

    A list may have been described later than its report, or not always.
    """
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE id = (
            SELECT read.id
            FROM versions AS read CROSS JOIN lists ON lists.version_id = read.id AND lists.name = :list
            WHERE read.report_id = :report AND read.number <= :number AND read.status = 'recorded'
                AND read.gap_after_version_id IS :gap
            ORDER BY read.number DESC LIMIT 1
        )
        """,
        {
            "report": version.report_id,
            "list": name,
            "number": version.number,
            "gap": version.gap_after_version_id,
        },
    )
    return version_row(row) if row else None


def standing_records(
    store: Store, report_id: int, name: str, fields: tuple[str, ...], *, gap_after_version_id: int | None = None
) -> list[RecordRow]:
    """Return the records of a list as its last recorded version has them.

    With `gap_after_version_id`, return those of the last version before that gap.
    """
    rows = store.all(
        """
        SELECT id, line_id, fields, seen_locator AS locator, state, jurisdiction FROM records
        WHERE report_id = :report AND list = :list AND last_version IS :gap ORDER BY id
        """,
        {"report": report_id, "list": name, "gap": gap_after_version_id},
    )
    return [
        RecordRow(id=row["id"], line_id=row["line_id"], record=record_of(fields, row, position=position))
        for position, row in enumerate(rows)
    ]


def list_past(store: Store, version: VersionRow, name: str) -> dict[str, int]:
    """Return how a list changed in the versions before this one: the arguments of `plausible.Past`.

    They are the number of `versions`, the largest number of records `most_removed` by one, and the number of `records`
    in the last. Of a long history the latest thousand versions count.
    """
    row = store.one(
        """
        SELECT count(*) AS versions, coalesce(max(removed), 0) AS most_removed,
            coalesce(max(iif(place = 1, records, NULL)), 0) AS records
        FROM (
            SELECT lists.removed, lists.records, row_number() OVER (ORDER BY versions.number DESC) AS place
            FROM versions JOIN lists ON lists.version_id = versions.id AND lists.name = :list
            WHERE versions.report_id = :report AND versions.status = 'recorded'
                AND versions.gap_after_version_id IS :gap
            ORDER BY versions.number DESC LIMIT 1000
        )
        """,
        {"report": version.report_id, "list": name, "gap": version.gap_after_version_id},
    )
    assert row is not None
    return row


def open_record(
    store: Store,
    version: VersionRow,
    name: str,
    *,
    record: Record,
    fields: tuple[str, ...],
    line_id: int | None,
    state: str | None,
    jurisdiction: Jurisdiction | None,
) -> int:
    """Add a record that stands from a version on; return the id of its line: `line_id`, or where None its own.

    The ids of a report's records ascend with time: records before a gap get ids below those that are there.
    """
    locator = compact(locator_value(record.locator))
    new = store.write(
        """
        INSERT INTO records (id, report_id, list, line_id, fields, locator, seen_locator, state, jurisdiction,
            first_version, last_version)
        SELECT next, :report, :list, coalesce(:line_id, next), :fields, :locator, :locator, :state, :jurisdiction,
            :version, :gap
        FROM (
            SELECT coalesce(max(id), :begin) + 1 AS next FROM records WHERE id BETWEEN :begin AND :begin + :room - 1
        )
        """,
        {
            "report": version.report_id,
            "list": name,
            "line_id": line_id,
            "fields": in_order(fields_value(fields, record)),
            "locator": locator,
            "state": state,
            "jurisdiction": jurisdiction_json(jurisdiction),
            "version": version.id,
            "gap": version.gap_after_version_id,
            "begin": 0
            if version.gap_after_version_id is None
            else (version.gap_after_version_id - 1) * _MAX_IDS_BEFORE_A_GAP,
            "room": _MAX_IDS if version.gap_after_version_id is None else _MAX_IDS_BEFORE_A_GAP,
        },
    )
    return line_id or new


def close_record(store: Store, row: RecordRow, *, last_version: int) -> None:
    """Let a record end with `last_version`, the last version that had it."""
    store.write("UPDATE records SET last_version = :last WHERE id = :id", {"last": last_version, "id": row.id})


def move_record(store: Store, row: RecordRow, record: Record) -> None:
    """Note where a record stands in the bytes of the version last recorded; its values are the same."""
    if row.record.locator != record.locator:
        store.write(
            "UPDATE records SET seen_locator = :locator WHERE id = :id",
            {"locator": compact(locator_value(record.locator)), "id": row.id},
        )


def note_list(store: Store, version: VersionRow, name: str, *, records: int, counts: dict[str, int]) -> None:
    """Note how many records a version's list has, and how many amendments of each kind led to it."""
    store.write(
        """
        INSERT INTO lists (version_id, name, records, added, removed, corrected)
        VALUES (:version, :list, :records, :added, :removed, :corrected)
        """,
        {
            "version": version.id,
            "list": name,
            "records": records,
            "added": counts.get("added", 0),
            "removed": counts.get("removed", 0),
            "corrected": counts.get("corrected", 0),
        },
    )


def mark_recorded(store: Store, version: VersionRow) -> None:
    """Note that a version's records and amendments are written."""
    store.write(
        "UPDATE versions SET status = 'recorded', hold_reason = NULL, releasable = 0 WHERE id = :id", {"id": version.id}
    )


def mark_held(store: Store, version: VersionRow, *, reason: str, releasable: bool) -> None:
    """Set a version aside for a person; `releasable` where its records could be read."""
    store.write(
        "UPDATE versions SET status = 'held', hold_reason = :reason, releasable = :releasable WHERE id = :id",
        {"reason": reason, "releasable": int(releasable), "id": version.id},
    )


def mark_rejected(store: Store, version: VersionRow, *, reason: str) -> None:
    """Note that a version does not count, as a person or a later version decided."""
    store.write(
        "UPDATE versions SET status = 'rejected', hold_reason = :reason WHERE id = :id",
        {"reason": reason, "id": version.id},
    )


def held_versions(store: Store) -> list[VersionRow]:
    """Return the versions that wait for a person, in the order of their ids."""
    return [version_row(row) for row in store.all("SELECT * FROM version_details WHERE status = 'held' ORDER BY id")]


def held_beside(store: Store, version: VersionRow) -> list[VersionRow]:
    """Return the held versions of a version's report, on the same side of a gap, oldest first."""
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE status = 'held' AND +report_id = :report AND gap_after_version_id IS :gap ORDER BY number
        """,
        {"report": version.report_id, "gap": version.gap_after_version_id},
    )
    return [version_row(row) for row in rows]


def keep_again(store: Store, version: VersionRow) -> None:
    """Let a held version be judged again."""
    store.write(
        "UPDATE versions SET status = 'kept', hold_reason = NULL, releasable = 0 WHERE id = :id", {"id": version.id}
    )
