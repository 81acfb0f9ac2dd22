"""Reads and writes for the second step (process): the status of versions, and the records of their lists.

A record has one row for all successive versions that have it; the row names the first and the last of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.model import Record, VersionStatus
from monitor.store.list_proofs import prove_list
from monitor.store.rows import (
    RecordRow,
    VersionRow,
    compact,
    fields_value,
    in_order,
    jurisdiction_json,
    locator_json,
    record_rows,
)
from monitor.store.statements import note_status
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model import Locator
    from monitor.store.database import Store

PEAK_DAYS = 30  # within which the losses of a list are added up
_MAX_IDS_BEFORE_A_GAP = 2**32  # ids that are set apart for the records of a report's history before one gap
_MAX_IDS = 2**62  # ids for all other records
_MAX_OPENED_AT_ONCE = 1_000  # records that one statement adds


def kept_versions(store: Store, *, source: str | None = None, before_gap: bool = False) -> list[VersionRow]:
    """Return the versions that wait to be read, of one source or (None) of all, oldest first.

    With `before_gap`, the versions that a backfill has added and that are not joined to the later history are returned
    too.

    The order depends on the versions alone, and not on the order in which they were polled. So the change log comes out
    the same however often a poll was cut short. The versions of one report come in the order of their numbers.
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
    """Return the present status of the version with this id."""
    row = store.one("SELECT status FROM versions WHERE id = :id", {"id": version_id})
    assert row is not None
    return VersionStatus(row["status"])


def last_recorded(store: Store, report_id: int, *, gap_after_version_id: int | None = None) -> VersionRow | None:
    """Return the last recorded version of a report, or None.

    `gap_after_version_id` is given for older history that a backfill added and that is not joined to the later history
    yet. It is the id of the last version of that older history. Then the last recorded version of the older history is
    returned; without it, that of the later one.
    """
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
    """Return the last recorded version of the report of the period before, in the same series; or None."""
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
    """Return the latest version with the hash `sha256` that is older than `version`, or None.

    If there is one of the same report, it is returned; otherwise one of another report of the source.
    """
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE source = :source AND sha256 = :sha256 AND id < :id ORDER BY report_id = :report DESC, id DESC LIMIT 1
        """,
        {"source": version.source, "sha256": sha256, "id": version.id, "report": version.report_id},
    )
    return version_row(row) if row else None


def last_with_list(store: Store, version: VersionRow, name: str) -> VersionRow | None:
    """Return the latest version from which the list `name` was read: `version` itself or an earlier one; or None.

    A version may lack the list because the configuration describes the list only since later.
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
    store: Store,
    report_id: int,
    name: str,
    fields: tuple[str, ...],
    *,
    gap_after_version_id: int | None = None,
    states: list[str] | None = None,
) -> list[RecordRow]:
    """Return the current records of the list `name`: those in the last recorded version of a report.

    - `fields`: the fields of the list, which give the order of a record's values.
    - `gap_after_version_id`: given for older history that a backfill added and that is not joined to the later history
      yet. It is the id of the last version of that older history, and the records are those at its end.
    - `states`: the postal codes of the states whose records are wanted; None for all records.
    """
    rows = store.rows(
        """
        SELECT id, line_id, fields, coalesce(seen_locators.locator, seen_locator) AS locator, state, jurisdiction
        FROM records LEFT JOIN seen_locators ON seen_locators.record_id = records.id
        WHERE report_id = :report AND list = :list AND last_version IS :gap
            AND (:states IS NULL OR state IS NULL OR state IN (SELECT value FROM json_each(:states))) ORDER BY id
        """,
        {
            "report": report_id,
            "list": name,
            "gap": gap_after_version_id,
            "states": None if states is None else compact(states),
        },
    )
    return record_rows(fields, rows)


def record_of_line(store: Store, line_id: int, fields: tuple[str, ...]) -> RecordRow | None:
    """Return the record of a line of corrections as it stands now; None if it was removed.

    `fields` are the fields of its list, which give the order of its values.
    """
    rows = store.rows(
        """
        SELECT id, line_id, fields, coalesce(seen_locators.locator, seen_locator) AS locator, state, jurisdiction
        FROM records LEFT JOIN seen_locators ON seen_locators.record_id = records.id
        WHERE line_id = :line AND last_version IS NULL
        """,
        {"line": line_id},
    )
    return next(iter(record_rows(fields, rows)), None)


def latest_size(store: Store, version: VersionRow, name: str) -> int:
    """Return the number of records of the list `name` in the last recorded version that has it; 0 if none has.

    It is one figure of those that `list_past` returns, and found much sooner.
    """
    row = store.one(
        """
        SELECT lists.records
        FROM versions CROSS JOIN lists ON lists.version_id = versions.id AND lists.name = :list
        WHERE versions.report_id = :report AND versions.status = 'recorded' AND versions.gap_after_version_id IS :gap
        ORDER BY versions.number DESC LIMIT 1
        """,
        {"report": version.report_id, "list": name, "gap": version.gap_after_version_id},
    )
    return row["records"] if row else 0


def list_past(store: Store, version: VersionRow, name: str) -> dict[str, int]:
    """Return figures on how the list `name` changed before this version: the arguments of `plausible.Past`.

    - `versions`: the number of earlier versions from which it was read.
    - `most_removed`: the largest number of records that any of them removed.
    - `usually_removed`: the second largest such number.
    - `records`: the number of records in the latest of them.
    - `peak`: the largest number of records in the versions of the last PEAK_DAYS days.
    - `moved`: the number of records that have moved to another list in these days.

    Only the latest thousand versions count. A version that a person released counts as if it had removed nothing, and
    the versions before it no longer count for `peak`.
    """
    row = store.one(
        """
        WITH past AS (
            SELECT iif(decided.version_id IS NULL, lists.removed, 0) AS removed, lists.records,
                captures.captured_at, decided.version_id IS NOT NULL AS is_decided,
                row_number() OVER (ORDER BY versions.number DESC) AS place
            FROM versions
            JOIN lists ON lists.version_id = versions.id AND lists.name = :list
            JOIN captures ON captures.id = versions.capture_id
            LEFT JOIN (
                SELECT DISTINCT version_id FROM decisions WHERE decision = 'released'
            ) AS decided ON decided.version_id = versions.id
            WHERE versions.report_id = :report AND versions.status = 'recorded'
                AND versions.gap_after_version_id IS :gap
            ORDER BY versions.number DESC LIMIT 1000
        )
        SELECT count(*) AS versions, coalesce(max(removed), 0) AS most_removed,
            coalesce((SELECT removed FROM past ORDER BY removed DESC LIMIT 1 OFFSET 1), 0) AS usually_removed,
            coalesce(max(iif(place = 1, records, NULL)), 0) AS records,
            coalesce(max(iif(
                julianday(:at) - julianday(captured_at) <= :days
                AND place <= coalesce((SELECT min(place) FROM past WHERE is_decided), 1000), records, NULL
            )), 0) AS peak,
            (
                SELECT count(*) FROM amendments INDEXED BY amendments_by_time
                WHERE observed_at >= strftime('%Y-%m-%dT%H:%M:%SZ', :at, '-' || :days || ' days')
                    AND source = :source AND list = :list AND kind = 'moved'
            ) AS moved
        FROM past
        """,
        {
            "report": version.report_id,
            "list": name,
            "gap": version.gap_after_version_id,
            "at": version.captured_at,
            "source": version.source,
            "days": PEAK_DAYS,
        },
    )
    assert row is not None
    return row


class NewRecord(NamedTuple):
    """A record that a list has from a version on.

    - `line_id`: the id of the record that this one is a new form of; None if it is a new record.
    - `about`: the record whose state and jurisdiction it has; mostly itself.
    """

    record: Record
    line_id: int | None
    about: Record


def open_records(
    store: Store, version: VersionRow, name: str, new: Sequence[NewRecord], *, fields: tuple[str, ...]
) -> list[int]:
    """Add records that the list `name` has from `version` on; return the line id of each.

    A record shares the line id with all its corrected forms. `fields` are the fields of the list, in the order of a
    record's values.

    The row ids of a report's records ascend with time. So records of history that a backfill adds get smaller ids than
    those that are there.

    One statement adds up to `_MAX_OPENED_AT_ONCE` records, because the database works on its index of words at the end
    of each statement.
    """
    gap = version.gap_after_version_id
    begin = 0 if gap is None else (gap - 1) * _MAX_IDS_BEFORE_A_GAP
    room = _MAX_IDS if gap is None else _MAX_IDS_BEFORE_A_GAP
    [last] = store.column(
        "SELECT coalesce(max(id), :begin) FROM records WHERE id BETWEEN :begin AND :begin + :room - 1",
        {"begin": begin, "room": room},
    )
    lines = [each.line_id or number for number, each in enumerate(new, last + 1)]
    rows = [
        (
            number,
            line,
            in_order(fields_value(fields, each.record)),
            locator_json(each.record.locator),
            each.about.state,
            jurisdiction_json(each.about.jurisdiction),
        )
        for number, (each, line) in enumerate(zip(new, lines, strict=True), last + 1)
    ]
    for at in range(0, len(rows), _MAX_OPENED_AT_ONCE):
        store.write(
            """
            INSERT INTO records (id, line_id, fields, locator, seen_locator, state, jurisdiction, report_id, list,
                first_version, last_version)
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                json_extract(value, '$[3]'), json_extract(value, '$[3]'), json_extract(value, '$[4]'),
                json_extract(value, '$[5]'), :report, :list, :version, :gap
            FROM json_each(:rows)
            """,
            {
                "rows": in_order(rows[at : at + _MAX_OPENED_AT_ONCE]),
                "report": version.report_id,
                "list": name,
                "version": version.id,
                "gap": gap,
            },
        )
    return lines


def close_record(store: Store, row: RecordRow, *, last_version: int) -> None:
    """Note that the version with the id `last_version` is the last one that has a record."""
    store.write("UPDATE records SET last_version = :last WHERE id = :id", {"last": last_version, "id": row.id})


def move_records(store: Store, moved: Iterable[tuple[RecordRow, Locator]]) -> None:
    """Note where unchanged records are now, in the file of the version that is being recorded.

    Each row comes with the place of its record in that file.
    """
    store.write_each(
        """
        INSERT INTO seen_locators (record_id, locator) VALUES (:id, :locator)
        ON CONFLICT (record_id) DO UPDATE SET locator = excluded.locator
        """,
        ({"locator": text, "id": row.id} for row, place in moved if (text := locator_json(place)) != row.seen),
    )


def note_list(store: Store, version: VersionRow, name: str, *, records: int, counts: dict[str, int]) -> None:
    """Note how long the list `name` is in a version, and how it changed there.

    `records` is the number of its records; `counts` has the number of amendments of each kind. The records and doubts
    of the list are written already, so that the evidence log can say what they are.
    """
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
    prove_list(store, version.id, name)


def mark_recorded(store: Store, version: VersionRow) -> None:
    """Note that the records and amendments of a version are written."""
    store.write(
        "UPDATE versions SET status = 'recorded', hold_reason = NULL, releasable = 0 WHERE id = :id", {"id": version.id}
    )
    note_status(store, version.id)


def mark_held(store: Store, version: VersionRow, *, reason: str, releasable: bool) -> None:
    """Hold a version: set it aside until a person decides about it.

    `reason` is a sentence. `releasable` is True if its records could be read, so that it can be recorded if the person
    says so.
    """
    store.write(
        "UPDATE versions SET status = 'held', hold_reason = :reason, releasable = :releasable WHERE id = :id",
        {"reason": reason, "releasable": int(releasable), "id": version.id},
    )
    note_status(store, version.id)


def mark_rejected(store: Store, version: VersionRow, *, reason: str) -> None:
    """Note that a version is rejected: its content never counts, because a person or a later version decided so."""
    store.write(
        "UPDATE versions SET status = 'rejected', hold_reason = :reason WHERE id = :id",
        {"reason": reason, "id": version.id},
    )
    note_status(store, version.id)


def held_versions(store: Store) -> list[VersionRow]:
    """Return all versions that wait for the decision of a person, ordered by id."""
    return [version_row(row) for row in store.all("SELECT * FROM version_details WHERE status = 'held' ORDER BY id")]


def held_beside(store: Store, version: VersionRow) -> list[VersionRow]:
    """Return the held versions of the same report as `version`, oldest first.

    As long as history that a backfill added is not joined to the later history, only the held versions of the same part
    are returned.
    """
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE status = 'held' AND +report_id = :report AND gap_after_version_id IS :gap ORDER BY number
        """,
        {"report": version.report_id, "gap": version.gap_after_version_id},
    )
    return [version_row(row) for row in rows]


def keep_again(store: Store, version: VersionRow) -> None:
    """Set a held version back to the status `kept`, so that the second step processes it again."""
    store.write(
        "UPDATE versions SET status = 'kept', hold_reason = NULL, releasable = 0 WHERE id = :id", {"id": version.id}
    )
    note_status(store, version.id)
