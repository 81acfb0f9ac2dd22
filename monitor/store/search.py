"""Makes the statements that find entries of the change log by filters.

Each statement uses an index that has the order of the log.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.database import Store
    from monitor.store.entry import LogEntry

ENTRIES_AT_ONCE = 1_000  # that are read from the database together

BEYOND_ALL = 2**63 - 1  # greater than the number of any entry
MAX_AMENDMENTS_SCANNED = 5_000  # amendments of some days that may be looked through one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """A filter that chooses entries of the change log; a field that is None, empty or () matches all entries.

    - `kinds`: the kinds of amendments. `state`: a postal code.
    - `jurisdictions`: Open Civic Data ids of a place and of the places in it; entries about any of them match.
    - `since`, `until`: entries observed at `since` or later, and before `until` (ISO 8601, UTC).
    - `words`: entries must contain all of these, as whole words.
    """

    source: str | None = None
    list: str | None = None
    kinds: tuple[str, ...] = ()
    state: str | None = None
    jurisdictions: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """An SQL statement and the values of its parameters."""

    sql: str
    values: dict[str, Any]


INDEXES = {
    "source": "amendments_of_source",
    "list": "amendments_by_list",
    "kind": "amendments_of_kind",
    "state": "amendments_of_state",
}


def log_entries(store: Store, log_filter: LogFilter, *, after: int = 0) -> Iterator[LogEntry]:
    """Yield the entries that match a filter and have numbers greater than `after`, oldest first.

    They are read from the database in portions, so that a long log does not fill the memory.
    """
    last = after
    while (query := page_query(store, log_filter, before=None, after=last, limit=ENTRIES_AT_ONCE)) and (
        rows := store.all(query.sql, query.values)
    ):
        from monitor.store.entry import LogEntry  # noqa: PLC0415 - an empty log is shown without

        yield from (LogEntry.from_row(row) for row in rows)
        last = rows[-1]["id"]


def page_query(
    store: Store, log_filter: LogFilter, *, before: int | None, after: int | None, limit: int
) -> LogQuery | None:
    """Return the statement that finds one page of the log entries that match a filter; None if no entry can match.

    - `before`, `after`: only entries with numbers below `before` and above `after`; None sets no limit. With `after`,
      the page has the oldest of them, oldest first; without it, the newest, newest first.
    - `limit`: the largest number of entries.

    A page takes as little time in a long log as in a short one, because each statement uses an index in the order of
    the log. A single filter has its own index. Several filters, or words, use the full-text index. Days are turned into
    a range of entry numbers.
    """
    low, high, count = _stretch(store, log_filter)
    low, high = max(low, after or 0), min(high, before if before is not None else high)
    order = "ASC" if after is not None else "DESC"
    values: dict[str, Any] = {
        "low": low,
        "high": high,
        "since": log_filter.since,
        "until": log_filter.until,
        "source": log_filter.source,
        "list": log_filter.list,
        "kind": log_filter.kinds[0] if len(log_filter.kinds) == 1 else None,
        "kinds": json.dumps(log_filter.kinds) if log_filter.kinds else None,
        "state": log_filter.state,
        "limit": limit,
    }
    if not count or low + 1 >= high:
        return None
    single = [name for name in INDEXES if values[name] is not None]
    if log_filter.words or log_filter.jurisdictions or len(single) > 1 or len(log_filter.kinds) > 1:
        if (match := _match(log_filter)) is None:
            return None
        return LogQuery(sql=BY_WORDS.format(order=order), values=values | {"match": match})
    if (log_filter.since or log_filter.until) and count <= MAX_AMENDMENTS_SCANNED:
        return LogQuery(sql=BY_TIME.format(order=order), values=values)
    if single:
        return LogQuery(sql=BY_ONE.format(order=order, index=INDEXES[single[0]], column=single[0]), values=values)
    return LogQuery(sql=BY_NUMBER.format(order=order), values=values)


BY_WORDS = """
    SELECT amendments.* FROM amendment_words CROSS JOIN amendments ON amendments.id = amendment_words.rowid
    WHERE amendment_words MATCH :match AND amendment_words.rowid > :low AND amendment_words.rowid < :high
        AND (:since IS NULL OR observed_at >= :since) AND (:until IS NULL OR observed_at < :until)
    ORDER BY amendment_words.rowid {order} LIMIT :limit
"""
BY_TIME = """
    SELECT * FROM amendments INDEXED BY amendments_by_time
    WHERE observed_at >= coalesce(:since, '') AND observed_at < coalesce(:until, '~') AND +id > :low AND +id < :high
        AND (:source IS NULL OR source = :source) AND (:list IS NULL OR list = :list)
        AND (:kind IS NULL OR kind = :kind) AND (:state IS NULL OR state = :state)
    ORDER BY +id {order} LIMIT :limit
"""
BY_ONE = """
    SELECT * FROM amendments INDEXED BY {index}
    WHERE {column} = :{column} AND id > :low AND id < :high
        AND (:since IS NULL OR observed_at >= :since) AND (:until IS NULL OR observed_at < :until)
    ORDER BY id {order} LIMIT :limit
"""
BY_NUMBER = """
    SELECT * FROM amendments NOT INDEXED
    WHERE id > :low AND id < :high
        AND (:since IS NULL OR observed_at >= :since) AND (:until IS NULL OR observed_at < :until)
    ORDER BY id {order} LIMIT :limit
"""


def _stretch(store: Store, log_filter: LogFilter) -> tuple[int, int, int]:
    """Return where in the log the entries of the filter's days are, as three numbers.

    All these entries have numbers above the first and below the second; the third says how many entries there are.
    """
    if log_filter.since is None and log_filter.until is None:
        return 0, BEYOND_ALL, BEYOND_ALL
    row = store.one(
        """
        SELECT min(first_id) AS first, max(last_id) AS last, sum(amendments) AS count FROM amendment_days
        WHERE day >= substr(coalesce(:since, ''), 1, 10) AND day <= substr(coalesce(:until, '~'), 1, 10)
        """,
        {"since": log_filter.since, "until": log_filter.until},
    )
    if row is None or row["first"] is None:
        return 0, 0, 0
    return row["first"] - 1, row["last"] + 1, row["count"]


def _match(log_filter: LogFilter) -> str | None:
    """Return the query for the full-text index; None if the filter's words contain no letter or digit.

    The comment at `schema.search.AMENDMENT_FACETS` says how filters are written in that index.
    """
    parts = []
    if log_filter.words:
        found = re.findall(r"[^\W_]+", log_filter.words)
        if not found:
            return None
        parts.append("words : (" + " AND ".join(f'"{word}"' for word in found) + ")")
    groups = (
        ("s", (log_filter.source,)),
        ("l", (log_filter.list,)),
        ("k", log_filter.kinds),
        ("t", (log_filter.state,)),
        ("j", log_filter.jurisdictions),
    )
    for letter, values in groups:
        tokens = [letter + value.encode("utf-8", "surrogatepass").hex() for value in values if value is not None]
        if tokens:
            parts.append("facets : (" + " OR ".join(tokens) + ")")
    return " AND ".join(parts)
