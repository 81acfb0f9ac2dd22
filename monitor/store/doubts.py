"""Notes doubts about the values in a publisher's list, and closes them when the value is mended or the record goes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.store.rows import in_order

if TYPE_CHECKING:
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRow:
    """One open doubt about a field of a line of records; `suggestions` are as in the JSON column."""

    id: int
    line_id: int
    field: str
    value: str
    problem: str
    suggestions: list[dict[str, Any]]
    noted_at: str


def standing_doubts(
    store: Store, report_id: int, name: str, *, gap_after_version_id: int | None = None
) -> list[DoubtRow]:
    """Return the open doubts about a list, oldest first; with `gap_after_version_id`, those before that gap."""
    rows = store.all(
        """
        SELECT id, line_id, field, value, problem, suggestions, noted_at FROM doubts
        WHERE report_id = :report AND list = :list AND gone_at IS NULL AND gap_after_version_id IS :gap ORDER BY id
        """,
        {"report": report_id, "list": name, "gap": gap_after_version_id},
    )
    return [DoubtRow(**row | {"suggestions": json.loads(row["suggestions"])}) for row in rows]


def add_doubt(
    store: Store,
    report_id: int,
    name: str,
    *,
    line_id: int,
    field: str,
    value: str,
    problem: str,
    suggestions: list[dict[str, Any]],
    at: str,
    gap_after_version_id: int | None = None,
) -> None:
    """Note a new doubt about a field.

    - `line_id`: the line of records that it is about.
    - `problem`, `suggestions`: why the value is doubtful, and which values may be meant, the likeliest first.
    - `at`: since when it is noted.
    - `gap_after_version_id`: set in history before a gap.
    """
    store.write(
        """
        INSERT INTO doubts (report_id, list, line_id, field, value, problem, suggestions, noted_at,
            gap_after_version_id)
        VALUES (:report, :list, :line_id, :field, :value, :problem, :suggestions, :at, :gap)
        """,
        {
            "report": report_id,
            "list": name,
            "line_id": line_id,
            "field": field,
            "value": value,
            "problem": problem,
            "suggestions": in_order(suggestions),
            "at": at,
            "gap": gap_after_version_id,
        },
    )


def close_doubt(store: Store, doubt: DoubtRow, *, at: str) -> None:
    """Close a doubt: the value was mended, or the record is gone."""
    store.write("UPDATE doubts SET gone_at = :at WHERE id = :id", {"at": at, "id": doubt.id})


def doubts_of_line(store: Store, line_id: int) -> list[dict[str, Any]]:
    """Return all doubts ever noted about a line of records, as printed, oldest first."""
    rows = store.all(
        """
        SELECT field, value, problem, suggestions, noted_at, gone_at FROM doubts
        WHERE line_id = :line_id ORDER BY noted_at, id
        """,
        {"line_id": line_id},
    )
    return [row | {"suggestions": json.loads(row["suggestions"])} for row in rows]


def doubts_as_printed(store: Store, source: str | None) -> list[dict[str, Any]]:
    """Return the open doubts as `monitor doubts --json` prints them; of a series, those about each report."""
    rows = store.all(
        """
        SELECT reports.source, reports.key AS report, doubts.list, records.fields, doubts.field, doubts.value,
            doubts.problem, doubts.suggestions, doubts.noted_at
        FROM reports
        CROSS JOIN doubts ON doubts.report_id = reports.id
        CROSS JOIN records INDEXED BY records_of_line ON records.report_id = doubts.report_id
            AND records.list = doubts.list AND records.line_id = doubts.line_id AND records.last_version IS NULL
        WHERE doubts.gone_at IS NULL AND doubts.gap_after_version_id IS NULL
            AND (:source IS NULL OR reports.source = :source)
        ORDER BY reports.source, reports.key, doubts.list, doubts.id
        """,
        {"source": source},
    )
    return [row | {name: json.loads(row[name]) for name in ("fields", "suggestions")} for row in rows]


def doubts_of_amendment(store: Store, amendment: int) -> list[dict[str, Any]]:
    """Return the open doubts about the record that an amendment is about."""
    rows = store.all(
        """
        SELECT doubts.field, doubts.value, doubts.problem, doubts.suggestions FROM amendments
        JOIN doubts ON doubts.line_id = amendments.line_id AND doubts.gone_at IS NULL
        WHERE amendments.id = :id ORDER BY doubts.id
        """,
        {"id": amendment},
    )
    return [row | {"suggestions": json.loads(row["suggestions"])} for row in rows]
