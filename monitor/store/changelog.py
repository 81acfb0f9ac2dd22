"""The change log: appended to in the transaction that records a version, chained by hashes, read in order.

`entry_hash = SHA-256(previous entry_hash || canonical JSON of the amendment)`, where the amendment is the object that
`monitor log --json` prints, without its `entry_hash`; the first entry follows 64 zeros. Anyone can check a printed log.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.store.rows import compact, in_order
from monitor.store.search import Wanted, page_query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.store.database import Store

GENESIS = "0" * 64
PAGE = 1_000  # entries that are read at once
JSON_COLUMNS = ("jurisdiction", "before", "after", "fields", "evidence", "resolves_doubt", "mentions", "speaks_of")
PRINTED = (
    "id", "source", "report", "list", "kind", "reason", "observed_at", "version", "previous", "jurisdiction", "before",
    "after", "fields", "minor", "confidence", "reverts", "evidence",
    "resolves_doubt", "mentions", "speaks_of",
)  # fmt: skip
OBSERVED_BY = "observed_by"  # printed, and hashed, only where someone else observed it: the capture in a web archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Wanted):
    """Which entries of the log are wanted, after which one."""

    after_id: int = 0


def head(store: Store) -> tuple[int, str]:
    """Number and hash of the last entry; (0, GENESIS) while there is none."""
    row = store.one("SELECT id, entry_hash FROM amendments WHERE id = (SELECT max(id) FROM amendments)")
    return (row["id"], row["entry_hash"]) if row else (0, GENESIS)


def hashed(previous: str, entry: dict[str, Any]) -> str:
    """The hash of an entry that follows one with the hash `previous`."""
    told = {name: entry[name] for name in PRINTED} | _observed_by(entry)
    return hashlib.sha256((previous + compact(told)).encode()).hexdigest()


def _observed_by(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {OBSERVED_BY: entry[OBSERVED_BY]} if entry.get(OBSERVED_BY) else {}


def append(
    store: Store, entry: dict[str, Any], *, version_id: int, line_id: int | None, state: str | None
) -> dict[str, Any]:
    """Add an amendment, given as printed but without id and hash; returns it with both. Call within a transaction."""
    number, previous = head(store)
    entry = entry | {"id": number + 1}
    entry_hash = hashed(previous, entry)
    stored = {
        name: in_order(value) if name in JSON_COLUMNS and value is not None else value for name, value in entry.items()
    }
    store.write(
        """
        INSERT INTO amendments (id, source, report, list, kind, reason, observed_at, version, previous, jurisdiction,
            before, after, fields, minor, confidence, reverts, evidence, resolves_doubt, mentions, speaks_of,
            observed_by, entry_hash, version_id, line_id, state)
        VALUES (:id, :source, :report, :list, :kind, :reason, :observed_at, :version, :previous, :jurisdiction,
            :before, :after, :fields, :minor, :confidence, :reverts, :evidence, :resolves_doubt, :mentions, :speaks_of,
            :observed_by, :entry_hash, :version_id, :line_id, :state)
        """,
        stored
        | {
            OBSERVED_BY: entry.get(OBSERVED_BY),
            "minor": int(entry["minor"]),
            "entry_hash": entry_hash,
            "version_id": version_id,
            "line_id": line_id,
            "state": state,
        },
    )
    store.write(
        """
        INSERT INTO change_log_head (only, length, head) VALUES (1, :length, :head)
        ON CONFLICT (only) DO UPDATE SET length = :length, head = :head
        """,
        {"length": number + 1, "head": entry_hash},
    )
    return entry | {"entry_hash": entry_hash}


def printed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the table as `monitor log --json` prints it."""
    found = {name: row[name] for name in (*PRINTED, "entry_hash")} | _observed_by(row)
    for name in JSON_COLUMNS:
        found[name] = None if row[name] is None else json.loads(row[name])
    return found | {"minor": bool(row["minor"])}


def entries(store: Store, asked: Asked) -> Iterator[dict[str, Any]]:
    """The entries that are wanted, oldest first, as printed; read in pages so that a long log needs no memory."""
    last = asked.after_id
    while (query := page_query(store, asked, before=None, after=last, limit=PAGE)) and (
        rows := store.all(query.sql, query.values)
    ):
        yield from (printed(row) for row in rows)
        last = rows[-1]["id"]


def notices(store: Store, jurisdictions: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The notices that speak of one of these jurisdictions, oldest first."""
    for entry in entries(store, Asked(list="notices", jurisdictions=jurisdictions)):
        if entry["mentions"]:
            yield entry


def corrections_of(store: Store, line_id: int) -> list[dict[str, Any]]:
    """All corrections of one record's line, the latest first."""
    rows = store.all(
        """
        SELECT * FROM amendments INDEXED BY amendments_of_line
        WHERE line_id = :line_id AND kind = 'corrected' ORDER BY id DESC
        """,
        {"line_id": line_id},
    )
    return [printed(row) for row in rows]


def of_line(store: Store, line_id: int) -> list[dict[str, Any]]:
    """All amendments of one record's line, oldest first."""
    rows = store.all("SELECT * FROM amendments WHERE line_id = :line_id ORDER BY observed_at, id", {"line_id": line_id})
    return [printed(row) for row in rows]


def of_version(store: Store, version_id: int) -> list[dict[str, Any]]:
    """All amendments that a version brought, oldest first."""
    rows = store.all("SELECT * FROM amendments WHERE version_id = :version ORDER BY id", {"version": version_id})
    return [printed(row) for row in rows]


def rows(store: Store) -> Iterator[dict[str, Any]]:
    """All entries as stored, in order of their numbers, also of such as can't be; read in pages."""
    last = -(2**63)
    while found := store.all(
        "SELECT * FROM amendments WHERE id > :last ORDER BY id LIMIT :limit", {"last": last, "limit": PAGE}
    ):
        yield from found
        last = found[-1]["id"]


def faults(store: Store) -> Iterator[tuple[int, str]]:
    """What is wrong with the chain, by the number of the entry: changed, missing, or added by someone else."""
    end = store.one("SELECT length, head FROM change_log_head") or {"length": 0, "head": GENESIS}
    expected = 1
    before: tuple[str, ...] = (GENESIS,)  # what the next entry may follow: the hash of the last, as it is or should be
    for row in rows(store):
        number = row["id"]
        if not 0 < number <= end["length"]:
            yield number, f"entry {number} was not written by monitor: the log ends with entry {end['length']}"
            continue
        yield from _missing(expected, number)
        hashes = [_rehashed(each, row) for each in before]
        if number == expected and row["entry_hash"] not in hashes:
            yield number, f"entry {number} was changed: it does not hash to {row['entry_hash'][:12]}..."
            before = (row["entry_hash"], hashes[0])
        else:
            before = (row["entry_hash"],)
        expected = number + 1
    yield from _missing(expected, end["length"] + 1)
    if expected == end["length"] + 1 and end["head"] not in before:
        yield end["length"], f"entry {end['length']} is not the end that was written"


def _missing(first: int, beyond: int) -> Iterator[tuple[int, str]]:
    if beyond == first + 1:
        yield first, f"entry {first} is missing"
    elif beyond > first:
        yield first, f"entries {first} to {beyond - 1} are missing"


def _rehashed(previous: str, row: dict[str, Any]) -> str:
    """The hash that a stored entry should have; none where what is stored can't be printed."""
    try:
        return hashed(previous, printed(row))
    except ValueError:
        return ""


def has_its_version(store: Store, row: dict[str, Any]) -> bool:
    """True where the version that a stored entry belongs to is the one that it tells of."""
    found = store.one(
        """
        SELECT 1 FROM versions JOIN reports ON reports.id = versions.report_id
        JOIN captures ON captures.id = versions.capture_id
        WHERE versions.id = :version_id AND reports.source = :source AND reports.key = :report
            AND captures.sha256 = :version AND (:list IS NULL OR captures.captured_at = :observed_at)
        """,
        row,
    )
    return found is not None


def records_told(store: Store, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Of the records in the line that a stored entry belongs to, those that it tells of, each with its state."""
    sides = [json.loads(row[side]).items() for side in ("before", "after") if row[side]]
    records = store.all("SELECT fields, state FROM records WHERE line_id = :line_id AND list = :list", row)
    return [each for each in records if any(side <= json.loads(each["fields"]).items() for side in sides)]
