"""Appends entries to the change log, in the transaction that records a version, and reads them in order.

The hash of each entry covers the hash of the entry before it:
`entry_hash = SHA-256(previous entry_hash || canonical JSON of the amendment)`, where the amendment is the object that
`monitor log --json` prints, without its `entry_hash`. For the first entry, the previous hash is 64 zeros. So anyone can
check a printed log.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.store.entry import ENTRY_COLUMNS, LAST_NUMBER, LogEntry, hash_of_entry
from monitor.store.leaves import append_leaves
from monitor.store.merkle import leaf_hash
from monitor.store.search import ENTRIES_AT_ONCE, LogFilter, log_entries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from monitor.model import AmendmentKind
    from monitor.store.database import QueryRow, Store

GENESIS = "0" * 64  # the hash that the first entry follows
# Beside what is printed: the version that brought an entry, its record's line, and the state that it is found by.
FILED = ("version_id", "line_id", "state")
INSERTED = (*(column.name for column in ENTRY_COLUMNS), *FILED)
INSERT = f"INSERT INTO amendments ({', '.join(INSERTED)}) VALUES (:{', :'.join(INSERTED)})"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry that is to be appended to the log, with the two columns by which searches find it.

    - `line_id`: the line of corrections of its record (all forms of one record have the same id); None if the entry is
      about no record.
    - `state`: the postal code of its state; None if it has none.
    """

    entry: LogEntry
    line_id: int | None
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledEntry:
    """One row of the change log: an entry, with columns beside it that its hash does not protect.

    - `number`, `entry_hash`: the number and the hash of the entry.
    - `entry`: the entry itself; None if the row can't be read as one.
    - `version_id`: the id of the version with which the entry was written.
    - `line_id`: the line of corrections of its record (all forms of one record have the same id), or None.
    - `state`: the postal code of its state, or None.
    """

    number: int
    entry_hash: str
    entry: LogEntry | None
    version_id: int
    line_id: int | None
    state: str | None


def head(store: Store) -> tuple[int, str]:
    """Return the number and the hash of the last entry of the log, or (0, GENESIS) where the log is empty."""
    row = store.one("SELECT id, entry_hash FROM amendments WHERE id = (SELECT max(id) FROM amendments)")
    return (row["id"], row["entry_hash"]) if row else (0, GENESIS)


def append(store: Store, entry: LogEntry, *, version_id: int, line_id: int | None, state: str | None) -> LogEntry:
    """Append one entry to the log, and return it with its number and hash. Call this within a transaction.

    - `version_id`: the id of the version with which the entry is written.
    - `line_id`, `state`: the columns by which searches find it; see `NewEntry`.
    """
    [appended] = append_all(store, [NewEntry(entry=entry, line_id=line_id, state=state)], version_id=version_id)
    return appended


def append_all(store: Store, new: Iterable[NewEntry], *, version_id: int) -> list[LogEntry]:
    """Append entries to the log, and return them with their numbers and hashes. Call this within a transaction.

    `version_id` is the id of the version with which they are written.
    """
    number, previous = head(store)
    entries, rows, texts = [], [], []
    for each in new:
        entry, columns, text = each.entry.appended(number + 1, previous)
        number, previous = number + 1, entry.entry_hash or previous
        entries.append(entry)
        texts.append((number, text.encode()))
        rows.append(columns | {"version_id": version_id, "line_id": each.line_id, "state": each.state})
    if rows:
        store.write_each(INSERT, rows)
        store.write(
            """
            INSERT INTO change_log_head (only, length, head) VALUES (1, :length, :head)
            ON CONFLICT (only) DO UPDATE SET length = :length, head = :head
            """,
            {"length": number, "head": previous},
        )
        append_leaves(store, "amendment", texts)
    return entries


def notices(store: Store, jurisdictions: tuple[str, ...] = ()) -> Iterator[LogEntry]:
    """Yield the log entries about publisher's notices that mention any jurisdiction, oldest first.

    With `jurisdictions`, a tuple of Open Civic Data ids, only the notices about one of these are yielded.
    """
    for entry in log_entries(store, LogFilter(list="notices", jurisdictions=jurisdictions)):
        if entry.mentions:
            yield entry


def corrections_of(store: Store, line_id: int) -> list[LogEntry]:
    """Return all corrections of one record, the latest first.

    `line_id` is the record's line of corrections: all forms that the record has had share this id.
    """
    rows = store.all(
        """
        SELECT * FROM amendments INDEXED BY amendments_of_line
        WHERE line_id = :line_id AND kind = 'corrected' ORDER BY id DESC
        """,
        {"line_id": line_id},
    )
    return [LogEntry.from_row(row) for row in rows]


def of_line(store: Store, line_id: int) -> list[LogEntry]:
    """Return all entries about one record, oldest first.

    `line_id` is the record's line of corrections: all forms that the record has had share this id.
    """
    rows = store.all("SELECT * FROM amendments WHERE line_id = :line_id ORDER BY observed_at, id", {"line_id": line_id})
    return [LogEntry.from_row(row) for row in rows]


def of_version(store: Store, version_id: int) -> list[LogEntry]:
    """Return all entries that were written with one version, oldest first."""
    rows = store.all("SELECT * FROM amendments WHERE version_id = :version ORDER BY id", {"version": version_id})
    return [LogEntry.from_row(row) for row in rows]


def filed_entries(store: Store) -> Iterator[FiledEntry]:
    """Yield all rows of the change log in the order of their numbers, including rows that can't be read as entries.

    If someone has added something to a row that no entry can hold, its `entry` is None, too.
    """
    last = -(2**63)
    while rows := store.all(
        "SELECT * FROM amendments WHERE id > :last ORDER BY id LIMIT :limit", {"last": last, "limit": ENTRIES_AT_ONCE}
    ):
        for row in rows:
            filed = _filed(row)
            yield filed if filed.entry and filed.entry.is_all_of(row) else replace(filed, entry=None)
        last = rows[-1]["id"]


def _filed(row: QueryRow) -> FiledEntry:
    """Make a FiledEntry from a row of the log; its `entry` is None if the row can't be read as one."""
    try:
        entry = LogEntry.from_row(row)
    except StoreError:
        entry = None
    return FiledEntry(
        number=row["id"],
        entry_hash=row["entry_hash"],
        entry=entry,
        version_id=row["version_id"],
        line_id=row["line_id"],
        state=row["state"],
    )


def filed_of_version(store: Store, version_id: int, name: str, kind: AmendmentKind) -> list[FiledEntry]:
    """Return the entries of one kind that were written with a version for the list `name`, oldest first."""
    rows = store.all(
        """
        SELECT * FROM amendments INDEXED BY amendments_of_version
        WHERE version_id = :version AND list = :list AND kind = :kind ORDER BY id
        """,
        {"version": version_id, "list": name, "kind": str(kind)},
    )
    return [_filed(row) for row in rows]


def removed_since(
    store: Store, source: str, name: str, *, since: str, without: Collection[int] = ()
) -> list[FiledEntry]:
    """Return the removals from the list `name` that were observed at `since` or later, oldest first.

    Entries whose numbers are in `without` are left out.
    """
    rows = store.all(
        """
        SELECT * FROM amendments INDEXED BY amendments_by_time
        WHERE observed_at >= :since AND source = :source AND list = :list AND kind = 'removed' ORDER BY id
        """,
        {"since": since, "source": source, "list": name},
    )
    return [_filed(row) for row in rows if row["id"] not in without]


def added_since(store: Store, line_ids: Collection[int], *, since: str) -> dict[int, int]:
    """Return for each record the number of the log entry that added it, if it was added at `since` or later.

    Records are given by their line id, which a record shares with all its corrected forms. The result is keyed by it.
    """
    rows = store.all(
        """
        SELECT line_id, max(id) AS id FROM amendments INDEXED BY amendments_of_line
        WHERE line_id IN (SELECT value FROM json_each(:lines)) AND kind = 'added' AND observed_at >= :since
        GROUP BY line_id
        """,
        {"lines": json.dumps(list(line_ids)), "since": since},
    )
    return {row["line_id"]: row["id"] for row in rows}


def moves_of(store: Store, numbers: Collection[int]) -> list[LogEntry]:
    """Return the entries about moves of which one of these entries, given by number, is a part; oldest first.

    A move from list to list consists of a removal and an addition.
    """
    rows = store.all(
        """
        SELECT * FROM amendments INDEXED BY amendments_of_kind
        WHERE kind = 'moved' AND id > :first AND EXISTS (
            SELECT 1 FROM json_each(amendments.of) AS tied
            WHERE tied.value IN (SELECT value FROM json_each(:numbers))
        )
        ORDER BY id
        """,
        {"first": min(numbers, default=LAST_NUMBER), "numbers": json.dumps(list(numbers))},
    )
    return [LogEntry.from_row(row) for row in rows]


def told_as_moved(store: Store, source: str, *, since: str) -> set[int]:
    """Return the numbers of the removals and additions that are parts of moves logged at `since` or later."""
    rows = store.all(
        """
        SELECT json_each.value AS number FROM amendments INDEXED BY amendments_by_time, json_each(amendments.of)
        WHERE observed_at >= :since AND source = :source AND kind = 'moved' AND json_each.value IS NOT NULL
        """,
        {"since": since, "source": source},
    )
    return {row["number"] for row in rows}


def chain_faults(store: Store) -> Iterator[tuple[int, str]]:
    """Yield each fault in the log's chain of hashes: the number of an entry, and a sentence that says what is wrong.

    An entry may have been changed, be missing, or have been added by another program.
    """
    end = store.one("SELECT length, head FROM change_log_head") or {"length": 0, "head": GENESIS}
    expected = 1
    # The hashes that the next entry may follow: the last one's, as it is stored and as it should be.
    before: tuple[str, ...] = (GENESIS,)
    leaves: dict[int, bytes] = {}  # of some entries at a time, since the log may be long
    loaded = 0
    for filed in filed_entries(store):
        number = filed.number
        if not 0 < number <= end["length"]:
            yield number, f"entry {number} was not written by monitor: the log ends with entry {end['length']}"
            continue
        yield from _missing(expected, number)
        if number > loaded:
            loaded = number + ENTRIES_AT_ONCE
            leaves = _leaves_of_entries(store, number, loaded)
        text = filed.entry.hashed_text() if filed.entry else None
        hashes = ["" if text is None else hash_of_entry(text, previous) for previous in before]
        if number == expected and filed.entry_hash not in hashes:
            yield number, f"entry {number} was changed: it does not hash to {filed.entry_hash[:12]}..."
            before = (filed.entry_hash, hashes[0])
        else:
            before = (filed.entry_hash,)
            if text is not None and leaves.get(number) != leaf_hash(text.encode()):
                yield number, f"entry {number} is not what the evidence log says"
        expected = number + 1
    yield from _missing(expected, end["length"] + 1)
    if expected == end["length"] + 1 and end["head"] not in before:
        yield end["length"], f"entry {end['length']} is not the end that was written"


def _leaves_of_entries(store: Store, first: int, last: int) -> dict[int, bytes]:
    """Return the hashes that the evidence log has for the entries with numbers from `first` to `last`, by number."""
    rows = store.all(
        "SELECT ref, hash FROM leaves WHERE kind = 'amendment' AND ref BETWEEN :first AND :last",
        {"first": first, "last": last},
    )
    return {row["ref"]: row["hash"] for row in rows}


def _missing(first: int, beyond: int) -> Iterator[tuple[int, str]]:
    """Yield one fault if entries are missing: those from number `first` up to the one before number `beyond`.

    The fault is the number of the first missing entry, and a sentence for a person.
    """
    if beyond == first + 1:
        yield first, f"entry {first} is missing"
    elif beyond > first:
        yield first, f"entries {first} to {beyond - 1} are missing"


def has_its_version(store: Store, filed: FiledEntry, entry: LogEntry) -> bool:
    """Return whether the row of an entry has the id of the very version that the entry itself names."""
    found = store.one(
        """
        SELECT 1 FROM versions JOIN reports ON reports.id = versions.report_id
        JOIN captures ON captures.id = versions.capture_id
        WHERE versions.id = :version_id AND reports.source = :source AND reports.key = :report
            AND captures.sha256 = :version
            AND (:list IS NULL OR :document OR captures.captured_at = :observed_at)
        """,
        {
            "version_id": filed.version_id,
            "source": entry.source,
            "report": entry.report,
            "version": entry.version,
            "list": entry.list,
            "observed_at": entry.observed_at,
            "document": entry.document is not None,
        },
    )
    return found is not None


def states_of_records_told(store: Store, filed: FiledEntry, entry: LogEntry) -> list[str | None]:
    """Return the state (postal code or None) of each stored record that an entry is about.

    These are the forms of the record (all have the same line id) whose values are those of the entry, before or after
    the change.
    """
    sides = [side.items() for side in (entry.before, entry.after) if side]
    records = store.all(
        "SELECT fields, state FROM records WHERE line_id = :line_id AND list = :list",
        {"line_id": filed.line_id, "list": entry.list},
    )
    return [row["state"] for row in records if any(side <= json.loads(row["fields"]).items() for side in sides)]
