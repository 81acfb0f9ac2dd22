"""What each leaf of the evidence log says: one line of JSON about one row, with texts and whole numbers only.

The line is not stored. It is made of the rows when the leaf is appended, and made again when the log is verified; if a
row was changed since, its line has another hash than the leaf.

The kinds of leaves, and the tables of their rows:

- `capture`: an answer of a server was kept, or a file was imported (`captures`).
- `exchange`: how a server was asked for a capture, and how it answered (`exchanges`).
- `version`: a report has a new version (`versions`).
- `status`: a version was recorded, held, rejected or set back to waiting (`version_states`).
- `decision`: a person released or rejected a held version (`decisions`).
- `list`: the records of one list in one version (`list_proofs`, with its row of `lists`).
- `seen`: a version was still published at a time (`sightings`).
- `key`: a key signs checkpoints from now on (`signing_keys`).
- `stamp`: an authority put the time on a checkpoint (`stamps`).
- `restored`: the history was made from a backup; what came after the backup in the former log is not here (`restores`).
- `saved`: a web archive's copy of a version was compared with it (`comparisons`, with its row of `receipts`).
- `document`: a document that records link to has a new file (`document_versions`).
- `amendment`: an entry of the change log (`amendments`); its line is the text that the entry's own hash covers.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from monitor.store.leaves import append_leaf
from monitor.store.leaves import tree as leaf_tree
from monitor.store.rows import compact

if TYPE_CHECKING:
    from monitor.store.database import QueryRow, Store

# The view of the rows of each kind of leaf, with all that its line says; `id` is the id of the row in its table.
STATEMENT_VIEWS = {
    "capture": "capture_statements",
    "exchange": "exchange_statements",
    "version": "version_statements",
    "status": "status_statements",
    "decision": "decision_statements",
    "list": "list_statements",
    "seen": "seen_statements",
    "restored": "restored_statements",
    "key": "key_statements",
    "stamp": "stamp_statements",
    "saved": "saved_statements",
    "document": "document_statements",
}
TABLES = {
    "capture": "captures",
    "exchange": "exchanges",
    "version": "versions",
    "status": "version_states",
    "decision": "decisions",
    "list": "list_proofs",
    "seen": "sightings",
    "restored": "restores",
    "key": "signing_keys",
    "stamp": "stamps",
    "saved": "comparisons",
    "document": "document_versions",
    "amendment": "amendments",
}


def statement(kind: str, row: QueryRow, *, is_adopted: bool = False) -> bytes:
    """Return the line of a leaf.

    - `kind`: the kind of the leaf.
    - `row`: the row of its view.
    - `is_adopted`: whether an older release wrote the row, before there was an evidence log; then the line says so.

    Columns without a value are left out. The headers of a capture stand in the line as their SHA-256.
    """
    said = {name: value for name, value in row.items() if value is not None and name != "id"}
    if kind == "capture":
        said["headers"] = hashlib.sha256(said["headers"].encode()).hexdigest()
    marks = {"adopted": 1} if is_adopted else {}
    return compact({"leaf": kind} | said | marks).encode()


def state(store: Store, kind: str, row_id: int) -> None:
    """Append the leaf about a new row to the evidence log. Call this in the transaction that wrote the row.

    `kind` is the kind of the leaf, and `row_id` the id of the row.
    """
    row = store.one(f"SELECT * FROM {STATEMENT_VIEWS[kind]} WHERE id = :id", {"id": row_id})  # noqa: S608 - a constant
    assert row is not None
    append_leaf(store, kind, row_id, statement(kind, row))


def note_status(store: Store, version_id: int) -> None:
    """Write down the status that a version has now, and append the leaf about it to the evidence log.

    Call this whenever the status of a version, the reason for its hold, or its gap was changed.
    """
    row_id = store.write(
        """
        INSERT INTO version_states (version_id, status, hold_reason, releasable, gap_after_version_id)
        SELECT id, status, hold_reason, releasable, gap_after_version_id FROM versions WHERE id = :id
        """,
        {"id": version_id},
    )
    state(store, "status", row_id)


def note_restore(store: Store, *, at: str) -> None:
    """Write down that this history was made from a backup at the time `at`, and append the leaf about it.

    Nothing is written if that is noted already.
    """
    if store.one("SELECT 1 FROM restores WHERE restored_at = :at", {"at": at}):
        return
    tree = leaf_tree(store)
    row_id = store.write(
        "INSERT INTO restores (restored_at, size, root) VALUES (:at, :size, :root)",
        {"at": at, "size": tree.size, "root": tree.root.hex()},
    )
    state(store, "restored", row_id)


def restores(store: Store) -> int:
    """Return how often this history was made from a backup."""
    row = store.one("SELECT count(*) AS restores FROM restores")
    return int(row["restores"]) if row else 0


def note_sighting(store: Store, version_id: int) -> None:
    """Write down when a version was last seen, and append the leaf about it to the evidence log.

    Nothing is written if the evidence log says so already.
    """
    new = store.all(
        """
        INSERT INTO sightings (version_id, last_seen_at)
        SELECT id, last_seen_at FROM versions WHERE id = :id
            AND last_seen_at IS NOT (SELECT last_seen_at FROM sightings WHERE version_id = :id ORDER BY id DESC LIMIT 1)
        RETURNING id
        """,
        {"id": version_id},
    )
    for row in new:
        state(store, "seen", row["id"])
