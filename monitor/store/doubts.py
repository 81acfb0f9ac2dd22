"""Reads and writes doubts: notes that a value in a publisher's list can't be right.

A doubt is closed when the publisher corrects the value or removes the record.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.model import Instant, Suggestion, value_of_many
from monitor.store.rows import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.store.database import Store


@value_of_many
class DoubtRow:
    """One open doubt about a value of a record.

    - `line_id`: the record's line of corrections; all forms that the record has had share this id.
    - `field`, `value`, `problem`: the field, its doubtful value, and what is wrong with it.
    - `suggestions`: the values that may be meant, the likeliest first.
    - `noted_at`: since when the value is doubted (ISO 8601, UTC).
    """

    id: int
    line_id: int
    field: str
    value: str
    problem: str
    suggestions: tuple[Suggestion, ...]
    noted_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDoubt:
    """One doubt about a value of a record: a reason why the value can't be right. It is open or closed.

    - `field`, `value`, `problem`: the field, its doubtful value, and what is wrong with it.
    - `suggestions`: the values that may be meant, the likeliest first.
    - `noted_at`: since when it is doubted. `gone_at`: when the doubt was closed; None while it is open.
    """

    field: str
    value: str
    problem: str
    suggestions: tuple[Suggestion, ...]
    noted_at: Instant
    gone_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDoubt:
    """One open doubt, with the record that it is about, as `monitor doubts --json` prints it.

    `fields` are all values of the record; `field` and `value` are the doubtful one.
    """

    source: str
    report: str
    list: str
    fields: dict[str, str]
    field: str
    value: str
    problem: str
    suggestions: tuple[Suggestion, ...]
    noted_at: Instant


# The columns of a doubt about a document that a record links to; its value is the document's address.
_OF_DOCUMENT = """
    document_doubts.field, document_details.url AS value, document_doubts.problem, document_doubts.suggestions,
    document_doubts.noted_at, document_doubts.gone_at
"""


@lru_cache(10_000)
def _suggestions(stored: str) -> tuple[Suggestion, ...]:
    """Make the suggested values from the JSON text in which a column stores them."""
    return tuple(Suggestion(**each) for each in json.loads(stored))


def standing_doubts(
    store: Store, report_id: int, name: str, *, gap_after_version_id: int | None = None
) -> list[DoubtRow]:
    """Return the open doubts about the list `name` of a report, oldest first.

    `gap_after_version_id` is given for older history that a backfill added and that is not joined to the later history
    yet. It is the id of the last version of that older history. Then the doubts of the older history are returned;
    without it, those of the later one.
    """
    rows = store.all(
        """
        SELECT id, line_id, field, value, problem, suggestions, noted_at FROM doubts
        WHERE report_id = :report AND list = :list AND gone_at IS NULL AND gap_after_version_id IS :gap ORDER BY id
        """,
        {"report": report_id, "list": name, "gap": gap_after_version_id},
    )
    for row in rows:
        row["suggestions"] = _suggestions(row["suggestions"])
    return [DoubtRow(**row) for row in rows]


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
    """Write a new doubt about a value of a record in the list `name`.

    - `line_id`: the id that the record shares with all its corrected forms.
    - `problem`, `suggestions`: what is wrong with the value, and the values that may be meant, the likeliest first.
    - `at`: the time from which it is doubted.
    - `gap_after_version_id`: for history that a backfill added and that is not joined to the later history yet, the id
      of its last version; else None.
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
    """Close a doubt: its value was corrected, or the record was removed."""
    store.write("UPDATE doubts SET gone_at = :at WHERE id = :id", {"at": at, "id": doubt.id})


def doubts_of_lines(store: Store, line_ids: Iterable[int]) -> Mapping[int, list[LineDoubt]]:
    """Return all doubts about some records and all their corrected forms, open or closed; oldest first.

    `line_ids` are the ids that all forms of a record share. The result is keyed by them; a record that it lacks has no
    doubts, and the result gives an empty list for it.
    """
    lines = json.dumps(sorted(set(line_ids)))
    rows = store.all(
        """
        SELECT line_id, field, doubts.value, problem, suggestions, noted_at, gone_at
        FROM json_each(:lines) AS wanted CROSS JOIN doubts INDEXED BY doubts_of_line ON doubts.line_id = wanted.value
        ORDER BY noted_at, doubts.id
        """,
        {"lines": lines},
    )
    rows += store.all(
        f"""
        SELECT document_doubts.line_id, {_OF_DOCUMENT}
        FROM json_each(:lines) AS wanted
        CROSS JOIN document_doubts INDEXED BY document_doubts_of_line ON document_doubts.line_id = wanted.value
        JOIN document_details ON document_details.id = document_doubts.file_id
        ORDER BY noted_at, document_doubts.id
        """,  # noqa: S608 - a constant
        {"lines": lines},
    )
    found: dict[int, list[LineDoubt]] = defaultdict(list)
    for row in rows:
        line_id = row.pop("line_id")
        found[line_id].append(LineDoubt(**row | {"suggestions": _suggestions(row["suggestions"])}))
    return found


def listed_doubts(store: Store, source: str | None) -> list[ListedDoubt]:
    """Return the open doubts of one source, or of all where `source` is None.

    Of a series, the doubts about each of its reports are included.
    """
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
    rows += store.all(
        f"""
        SELECT reports.source, reports.key AS report, records.list, records.fields, {_OF_DOCUMENT}
        FROM document_doubts
        JOIN document_details ON document_details.id = document_doubts.file_id
        CROSS JOIN records INDEXED BY records_of_line ON records.line_id = document_doubts.line_id
            AND records.last_version IS NULL
        JOIN reports ON reports.id = records.report_id
        WHERE document_doubts.gone_at IS NULL AND (:source IS NULL OR reports.source = :source)
        ORDER BY reports.source, reports.key, records.list, document_doubts.id
        """,  # noqa: S608 - a constant
        {"source": source},
    )
    for row in rows:
        row.pop("gone_at", None)
    return [
        ListedDoubt(**row | {"fields": json.loads(row["fields"]), "suggestions": _suggestions(row["suggestions"])})
        for row in rows
    ]


def doubts_of_amendment(store: Store, amendment: int) -> list[LineDoubt]:
    """Return the open doubts about the record of the log entry with the number `amendment`."""
    rows = store.all(
        """
        SELECT doubts.field, doubts.value, doubts.problem, doubts.suggestions, doubts.noted_at, doubts.gone_at
        FROM amendments
        JOIN doubts ON doubts.line_id = amendments.line_id AND doubts.gone_at IS NULL
        WHERE amendments.id = :id ORDER BY doubts.id
        """,
        {"id": amendment},
    )
    rows += store.all(
        f"""
        SELECT {_OF_DOCUMENT} FROM amendments
        JOIN document_doubts ON document_doubts.line_id = amendments.line_id AND document_doubts.gone_at IS NULL
        JOIN document_details ON document_details.id = document_doubts.file_id
        WHERE amendments.id = :id ORDER BY document_doubts.id
        """,  # noqa: S608 - a constant
        {"id": amendment},
    )
    return [LineDoubt(**row | {"suggestions": _suggestions(row["suggestions"])}) for row in rows]
