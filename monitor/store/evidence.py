"""Reads what the evidence log says about a version, a list or an entry of the change log, for an exhibit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.leaves import adopted_leaves, leaf_of
from monitor.store.list_proofs import proved_list, record_lines
from monitor.store.read_only import entry_numbered
from monitor.store.stamps import first_stamp_covering
from monitor.store.statements import STATEMENT_VIEWS, statement

if TYPE_CHECKING:
    from monitor.store.database import Store
    from monitor.store.stamps import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A statement of the evidence log: the number and the kind of its leaf, and its line as the rows give it now."""

    number: int
    kind: str
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """The number of a statement of the evidence log, and the first time stamp that covers it; None if none does yet."""

    number: int
    stamp: Stamp | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedCapture:
    """A kept answer of a server, or an imported file: where it came from, and when. Times are ISO 8601 in UTC."""

    id: int
    url: str
    captured_at: str
    sha256: str
    via: str
    memento: str | None
    media_type: str | None


def stated(store: Store, kind: str, ref: int) -> Stated | None:
    """Return the statement about a row; None if there is none. `kind` is the kind of the leaf, `ref` the row's id."""
    leaf = leaf_of(store, kind, ref)
    if leaf is None:
        return None
    if kind == "amendment":
        entry = entry_numbered(store, ref)
        return Stated(number=leaf.number, kind=kind, line=entry.hashed_text().encode()) if entry else None
    row = store.one(f"SELECT * FROM {STATEMENT_VIEWS[kind]} WHERE id = :id", {"id": ref})  # noqa: S608 - a constant
    if row is None:
        return None
    line = statement(kind, row, is_adopted=leaf.number < adopted_leaves(store))
    return Stated(number=leaf.number, kind=kind, line=line)


def attested(store: Store, kind: str, ref: int) -> Attested | None:
    """Return the number of the statement about a row, and the time stamp that covers it; None if there is none.

    `kind` is the kind of the leaf, `ref` the row's id.
    """
    leaf = leaf_of(store, kind, ref)
    if leaf is None:
        return None
    return Attested(number=leaf.number, stamp=first_stamp_covering(store, leaf.number + 1))


def attested_list(store: Store, version_id: int, name: str) -> Attested | None:
    """Return what `attested` does for the statement about the list `name` in a version."""
    row_id = _proof_of_list(store, version_id, name)
    return attested(store, "list", row_id) if row_id is not None else None


def about_version(store: Store, version_id: int) -> list[Stated]:
    """Return the statements about a version, in the order of the log.

    They are about its capture and exchange, its status, the decisions about it, when it was last seen, and whether the
    copy in the web archive is the same. If no time stamp covers the time when it was last seen, an earlier one that is
    covered is there too.
    """
    rows = store.all(
        """
        SELECT 'version' AS kind, id AS ref FROM versions WHERE id = :id
        UNION ALL SELECT 'capture', capture_id FROM versions WHERE id = :id
        UNION ALL SELECT 'exchange', capture_id FROM versions WHERE id = :id
        UNION ALL SELECT 'status', id FROM version_states WHERE version_id = :id
        UNION ALL SELECT 'decision', id FROM decisions WHERE version_id = :id
        UNION SELECT 'seen', max(id) FROM sightings WHERE version_id = :id HAVING count(*) > 0
        UNION SELECT 'seen', max(sightings.id) FROM sightings
            JOIN leaves ON leaves.kind = 'seen' AND leaves.ref = sightings.id
            WHERE version_id = :id AND leaves.number < (SELECT max(size) FROM stamps) HAVING count(*) > 0
        UNION ALL SELECT 'saved', version_id FROM comparisons WHERE version_id = :id AND status <> 'not compared'
        """,
        {"id": version_id},
    )
    found = (stated(store, row["kind"], row["ref"]) for row in rows)
    return sorted((each for each in found if each), key=lambda each: each.number)


def capture_of_version(store: Store, version_id: int) -> StatedCapture:
    """Return the capture that brought the file of a version."""
    row = store.one(
        """
        SELECT captures.id, captures.url, captures.captured_at, captures.sha256, captures.via, captures.memento,
            (
                SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
                WHERE json_extract(value, '$[0]') = 'content-type'
            ) AS media_type
        FROM versions JOIN captures ON captures.id = versions.capture_id WHERE versions.id = :id
        """,
        {"id": version_id},
    )
    assert row is not None
    return StatedCapture(**row)


def captures_of_parts(store: Store, capture_id: int) -> list[tuple[str, StatedCapture]]:
    """Return the captures that are the parts of a version of several files or pages, in order, each with its name.

    `capture_id` is that of the version. The result is empty for a version of one file.
    """
    rows = store.all(
        """
        SELECT captures.id, captures.url, captures.captured_at, captures.sha256, captures.via, captures.memento,
            (
                SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
                WHERE json_extract(value, '$[0]') = 'content-type'
            ) AS media_type, parts.name
        FROM parts JOIN captures ON captures.id = parts.capture_id WHERE parts.whole_id = :id ORDER BY parts.position
        """,
        {"id": capture_id},
    )
    return [(row.pop("name"), StatedCapture(**row)) for row in rows]


def capture_numbered(store: Store, capture_id: int) -> StatedCapture:
    """Return the capture with this id."""
    row = store.one(
        """
        SELECT captures.id, captures.url, captures.captured_at, captures.sha256, captures.via, captures.memento,
            (
                SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
                WHERE json_extract(value, '$[0]') = 'content-type'
            ) AS media_type
        FROM captures WHERE captures.id = :id
        """,
        {"id": capture_id},
    )
    assert row is not None
    return StatedCapture(**row)


def page_of_version(store: Store, version_id: int) -> StatedCapture | None:
    """Return the capture of the page that led to a version's file; None if no page did, or if the page is the file."""
    row = store.one(
        """
        SELECT captures.id, captures.url, captures.captured_at, captures.sha256, captures.via, captures.memento,
            (
                SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
                WHERE json_extract(value, '$[0]') = 'content-type'
            ) AS media_type
        FROM versions JOIN captures ON captures.id = versions.page_id
        WHERE versions.id = :id AND versions.page_id <> versions.capture_id
        """,
        {"id": version_id},
    )
    return StatedCapture(**row) if row else None


def lines_of_list(store: Store, version_id: int, name: str) -> tuple[Stated, list[str]] | None:
    """Return the statement about the list `name` in a version, and the records of the list, as one line of JSON each.

    Return None if the list was not read from that version.
    """
    row_id = _proof_of_list(store, version_id, name)
    found = stated(store, "list", row_id) if row_id is not None else None
    proved = proved_list(store, version_id, name)
    return (found, record_lines(store, proved)) if found and proved else None


def _proof_of_list(store: Store, version_id: int, name: str) -> int | None:
    """Return the id of the first row with the hashes over a list in a version, or None."""
    row = store.one(
        "SELECT min(id) AS id FROM list_proofs WHERE version_id = :version AND list = :list",
        {"version": version_id, "list": name},
    )
    return row["id"] if row else None


def number_with_hash(store: Store, entry_hash: str) -> int | None:
    """Return the number of the entry with this hash, or None."""
    row = store.one("SELECT id FROM amendments WHERE entry_hash = :hash", {"hash": entry_hash})
    return row["id"] if row else None
