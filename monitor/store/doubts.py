"""Doubts about what a publisher's list says: noted when they come, closed when they are mended or their record goes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.store.rows import in_order

if TYPE_CHECKING:
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRow:
    """One doubt that stands: about a field of a record's line, since when; `suggestions` as JSON has them."""

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
    """Return a list's doubts that stand, oldest first; with `gap_after_version_id`, those before that gap."""
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
    """A doubt that is new."""
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
    """A doubt stands no longer."""
    store.write("UPDATE doubts SET gone_at = :at WHERE id = :id", {"at": at, "id": doubt.id})


def doubts_of_line(store: Store, line_id: int) -> list[dict[str, Any]]:
    """All doubts ever noted about a record's line, as printed, oldest first."""
    rows = store.all(
        """
        SELECT field, value, problem, suggestions, noted_at, gone_at FROM doubts
        WHERE line_id = :line_id ORDER BY noted_at, id
        """,
        {"line_id": line_id},
    )
    return [row | {"suggestions": json.loads(row["suggestions"])} for row in rows]


def doubts_as_printed(store: Store, source: str | None) -> list[dict[str, Any]]:
    """The doubts that stand, as `monitor doubts --json` prints them: of a series, those about each of its reports."""
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
    """The doubts that stand about the record that an amendment is about."""
    rows = store.all(
        """
        SELECT doubts.field, doubts.value, doubts.problem, doubts.suggestions FROM amendments
        JOIN doubts ON doubts.line_id = amendments.line_id AND doubts.gone_at IS NULL
        WHERE amendments.id = :id ORDER BY doubts.id
        """,
        {"id": amendment},
    )
    return [row | {"suggestions": json.loads(row["suggestions"])} for row in rows]
