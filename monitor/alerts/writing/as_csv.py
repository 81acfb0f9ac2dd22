"""Writes entries of the change log as CSV; no spreadsheet program can take a cell for a formula and run it.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.store.entry import LogEntry

LOG_COLUMNS = (
    "id", "observed_at", "source", "report", "list", "kind", "reason", "state", "jurisdiction", "fips", "ocd_id",
    "fields", "before", "after", "minor", "confidence", "reverts", "version", "previous", "entry_hash",
)  # fmt: skip


def log_row(entry: LogEntry) -> dict[str, object]:
    """Return an entry of the change log as one row: a value for each name in LOG_COLUMNS.

    Each record is one text, for example `state: TX; county: Travis`. The row also has the further keys of the entry's
    JSON, which `lines` leaves out.
    """
    place = entry.jurisdiction
    return entry.to_json() | {
        "jurisdiction": place.name if place else None,
        "state": place.state if place else None,
        "fips": place.fips if place else None,
        "ocd_id": place.ocd_id if place else None,
        "fields": " ".join(entry.fields),
        "before": _values(entry.before),
        "after": _values(entry.after),
    }


def _values(record: Mapping[str, str] | None) -> str:
    """Return all values of a record in one cell, for example `state: TX; county: Travis`."""
    return "; ".join(f"{field}: {value}" for field, value in (record or {}).items())


def lines(rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, header: bool = True) -> str:
    """Return rows as CSV (RFC 4180), with only these columns and, if `header` is True, a first line with their names.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    if header:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(row.get(column)) for column in columns])
    return out.getvalue()


def _harmless(value: object) -> object:
    """Return a value, with an apostrophe before it if a spreadsheet would take it for a formula."""
    return "'" + value if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
