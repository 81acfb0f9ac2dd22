"""Entries of the change log as rows of CSV, in which nothing is a formula. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LOG_COLUMNS = (
    "id", "observed_at", "source", "report", "list", "kind", "reason", "state", "jurisdiction", "fips", "ocd_id",
    "fields", "before", "after", "minor", "confidence", "reverts", "version", "previous", "entry_hash",
)  # fmt: skip


def log_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as one row."""
    place = entry["jurisdiction"] or {}
    row = dict(entry) | {
        "jurisdiction": place.get("name"),
        "state": place.get("state"),
        "fips": place.get("fips"),
        "ocd_id": place.get("ocd_id"),
        "fields": " ".join(entry["fields"]),
    }
    for side in ("before", "after"):
        row[side] = "; ".join(f"{field}: {value}" for field, value in (entry[side] or {}).items())
    return row


def lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, header: bool = True) -> str:
    """Rows as CSV (RFC 4180); a cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out)
    if header:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(row.get(column)) for column in columns])
    return out.getvalue()


def _harmless(value: object) -> object:
    return "'" + value if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
