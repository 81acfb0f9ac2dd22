"""Notes doubts about the values in a publisher's list, and closes them when the value is mended or the record goes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.model import Instant, Suggestion
from monitor.store.rows import in_order

if TYPE_CHECKING:
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRow:
    """One doubt that stands: about a field of a record's line, since when; the likeliest suggestion comes first."""

    id: int
    line_id: int
    field: str
    value: str
    problem: str
    suggestions: tuple[Suggestion, ...]
    noted_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDoubt:
    """One doubt about a record's line; `gone_at` is None while it stands."""

    field: str
    value: str
    problem: str
    suggestions: tuple[Suggestion, ...]
    noted_at: Instant
    gone_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDoubt:
    """One doubt that stands, with its record; the fields are those that `monitor doubts --json` prints."""

    source: str
    report: str
    list: str
    fields: dict[str, str]
    field: str
    value: str
    problem: str
    suggestions: tuple[Suggestion, ...]
    noted_at: Instant


def _suggestions(stored: str) -> tuple[Suggestion, ...]:
    """Return the suggestions that a column of JSON holds."""
    return tuple(Suggestion(**each) for each in json.loads(stored))


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
    return [DoubtRow(**row | {"suggestions": _suggestions(row["suggestions"])}) for row in rows]


def add_doubt(
    store: Store,
    report_id: int,
    name: str,
    *,
    line_id: int,
    field: str,
    value: str,
    problem: str,
    suggestions: tuple[Suggestion, ...],
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
            "suggestions": in_order([asdict(suggestion) for suggestion in suggestions]),
            "at": at,
            "gap": gap_after_version_id,
        },
    )


def close_doubt(store: Store, doubt: DoubtRow, *, at: str) -> None:
    """Close a doubt: the value was mended, or the record is gone."""
    store.write("UPDATE doubts SET gone_at = :at WHERE id = :id", {"at": at, "id": doubt.id})


def doubts_of_line(store: Store, line_id: int) -> list[LineDoubt]:
    """Return all doubts ever noted about a line of records, oldest first."""
    rows = store.all(
        """
        SELECT field, value, problem, suggestions, noted_at, gone_at FROM doubts
        WHERE line_id = :line_id ORDER BY noted_at, id
        """,
        {"line_id": line_id},
    )
    return [LineDoubt(**row | {"suggestions": _suggestions(row["suggestions"])}) for row in rows]


def listed_doubts(store: Store, source: str | None) -> list[ListedDoubt]:
    """Return the open doubts of a source, or (None) of all; of a series, those about each report."""
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
    return [
        ListedDoubt(**row | {"fields": json.loads(row["fields"]), "suggestions": _suggestions(row["suggestions"])})
        for row in rows
    ]


def doubts_of_amendment(store: Store, amendment: int) -> list[LineDoubt]:
    """Return the open doubts about the record that an amendment is about."""
    rows = store.all(
        """
        SELECT doubts.field, doubts.value, doubts.problem, doubts.suggestions, doubts.noted_at, doubts.gone_at
        FROM amendments
        JOIN doubts ON doubts.line_id = amendments.line_id AND doubts.gone_at IS NULL
        WHERE amendments.id = :id ORDER BY doubts.id
        """,
        {"id": amendment},
    )
    return [LineDoubt(**row | {"suggestions": _suggestions(row["suggestions"])}) for row in rows]
