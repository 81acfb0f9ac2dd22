"""What the pages ask: a connection that can't write, the change log by any filters, and what stands where."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.errors import StoreError
from monitor.store import STEPS, Store
from monitor.store.changelog import printed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEW = 5_000  # amendments in a stretch of days that may be looked through one by one
LONGEST = 20_000  # steps of a thousand instructions of SQLite's that a query may take: some seconds


class ReadOnlyStore(Store):
    """One connection to an existing database that can't write, whatever it is asked; one for each thread."""

    def __init__(self, folder: Path) -> None:
        """Open. Raises StoreError where there is no database, or one of another version of this program."""
        self.path = folder / "monitor.db"
        if not self.path.is_file():
            raise StoreError(f"{self.path}: there is no database yet; `monitor poll` or `monitor import` makes it")
        try:
            self.connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None
            )
            self.connection.execute("PRAGMA query_only = ON")
            rows = self.connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'monitor'")
            found = {name for (name,) in rows}
        except sqlite3.Error as fault:
            raise StoreError(f"{self.path}: {fault}; see to the folder, or name another with --state") from fault
        if newer := sorted(found - set(STEPS)):
            raise StoreError(f"{self.path} was written by a newer version of monitor (it has {', '.join(newer)})")
        if missing := [step for step in STEPS if step not in found]:
            raise StoreError(
                f"{self.path} was written by an older version of monitor (it lacks {', '.join(missing)}); "
                "`monitor versions` brings it up to date, and pages don't write"
            )

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment, and no query takes for ever."""
        steps = iter(range(LONGEST))
        self.connection.set_progress_handler(lambda: next(steps, None) is None, 1_000)
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.set_progress_handler(None, 0)
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries of the log are wanted; None and () leave open. `words` are all to be found, as whole words.

    `jurisdictions` are Open Civic Data ids, each with what lies in it by its id.
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
class Query:
    """A statement with its values."""

    sql: str
    values: dict[str, Any]


INDEXES = {
    "source": "amendments_of_source",
    "list": "amendments_by_list",
    "kind": "amendments_of_kind",
    "state": "amendments_of_state",
}


def page(
    store: Store, wanted: Wanted, *, before: int | None = None, after: int | None = None, limit: int
) -> list[dict[str, Any]]:
    """The newest entries that are wanted, newest first, as printed; before an entry, or the next ones after one."""
    query = page_query(store, wanted, before=before, after=after, limit=limit)
    rows = [printed(row) for row in store.all(query.sql, query.values)] if query else []
    return rows[::-1] if after is not None else rows


def page_query(store: Store, wanted: Wanted, *, before: int | None, after: int | None, limit: int) -> Query | None:
    """How a page is found: by an index that already has the order, so that it costs the same in a log of any length.

    None where nothing can be found. One filter has an index of its own; several, and words, are looked up together in
    the index of words; days are first turned into a stretch of numbers.
    """
    low, high, count = _stretch(store, wanted)
    low, high = max(low, after or 0), min(high, before if before is not None else high)
    order = "ASC" if after is not None else "DESC"
    values: dict[str, Any] = {
        "low": low,
        "high": high,
        "since": wanted.since,
        "until": wanted.until,
        "source": wanted.source,
        "list": wanted.list,
        "kind": wanted.kinds[0] if len(wanted.kinds) == 1 else None,
        "kinds": json.dumps(wanted.kinds) if wanted.kinds else None,
        "state": wanted.state,
        "limit": limit,
    }
    if not count or low + 1 >= high:
        return None
    single = [name for name in INDEXES if values[name] is not None]
    if wanted.words or wanted.jurisdictions or len(single) > 1 or len(wanted.kinds) > 1:
        if (match := _match(wanted)) is None:
            return None
        return Query(sql=BY_WORDS.format(order=order), values=values | {"match": match})
    if (wanted.since or wanted.until) and count <= FEW:
        return Query(sql=BY_TIME.format(order=order), values=values)
    if single:
        return Query(sql=BY_ONE.format(order=order, index=INDEXES[single[0]], column=single[0]), values=values)
    return Query(sql=BY_NUMBER.format(order=order), values=values)


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


def _stretch(store: Store, wanted: Wanted) -> tuple[int, int, int]:
    """The numbers between which wanted entries lie, both beyond them, and how many entries those days have in all."""
    if wanted.since is None and wanted.until is None:
        row = store.one("SELECT max(id) AS last FROM amendments")
        last = (row["last"] if row else None) or 0
        return 0, last + 1, last
    row = store.one(
        """
        SELECT min(first_id) AS first, max(last_id) AS last, sum(amendments) AS count FROM amendment_days
        WHERE day >= substr(coalesce(:since, ''), 1, 10) AND day <= substr(coalesce(:until, '~'), 1, 10)
        """,
        {"since": wanted.since, "until": wanted.until},
    )
    if row is None or row["first"] is None:
        return 0, 0, 0
    return row["first"] - 1, row["last"] + 1, row["count"]


def _match(wanted: Wanted) -> str | None:
    """What to ask the index of words; None where no word is left to be found. Facets: `migrations.FACETS`."""
    parts = []
    if wanted.words:
        found = re.findall(r"[^\W_]+", wanted.words)
        if not found:
            return None
        parts.append("words : (" + " AND ".join(f'"{word}"' for word in found) + ")")
    groups = (
        ("s", (wanted.source,)),
        ("l", (wanted.list,)),
        ("k", wanted.kinds),
        ("t", (wanted.state,)),
        ("j", wanted.jurisdictions),
    )
    for letter, values in groups:
        tokens = [letter + value.encode().hex() for value in values if value is not None]
        if tokens:
            parts.append("facets : (" + " OR ".join(tokens) + ")")
    return " AND ".join(parts)


def next_entries(
    store: Store, wanted: Wanted, *, after: int, until_id: int, limit: int = 1_000
) -> list[dict[str, Any]]:
    """The next entries that are wanted after one and up to another, oldest first: a long log is read bit by bit."""
    query = page_query(store, wanted, before=until_id + 1, after=after, limit=limit)
    return [printed(row) for row in store.all(query.sql, query.values)] if query else []


def amendment(store: Store, number: int) -> dict[str, Any] | None:
    """One entry of the log, as printed."""
    row = store.one("SELECT * FROM amendments WHERE id = :id", {"id": number})
    return printed(row) if row else None


def mark(store: Store) -> str:
    """What changes whenever anything does that a page can show."""
    row = store.one(
        """
        SELECT (SELECT head FROM log_end) AS head, (SELECT max(polled_at) FROM sources) AS polled_at,
            (SELECT group_concat(next_poll_at) FROM schedule) AS scheduled, (SELECT max(id) FROM doubts) AS doubt,
            (SELECT group_concat(last, ' ') FROM (
                SELECT status, status || max(id) || ':' || count(*) AS last
                FROM versions WHERE status IN ('kept', 'held', 'rejected') GROUP BY status
            )) AS waiting,
            (SELECT max(id) FROM versions WHERE status = 'recorded') AS recorded
        """
    )
    return json.dumps(row)
