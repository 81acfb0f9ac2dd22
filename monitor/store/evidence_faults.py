"""Compares what is in the database with the evidence log, and says what differs.

Each leaf of that log is the hash of a line about one row. The line is made again of the row as it is now. So a row that
was changed, removed, exchanged or added by another hand is found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.store import list_proofs
from monitor.store.leaves import adopted_leaves, all_leaves, tree
from monitor.store.merkle import Tree, leaf_hash
from monitor.store.statements import STATEMENT_VIEWS, TABLES, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.database import Store

_WHAT = {
    "capture": "kept answer",
    "exchange": "exchange with a server",
    "version": "version",
    "status": "status of a version",
    "decision": "decision",
    "list": "list of a version",
    "seen": "time when a version was last seen",
    "restored": "note of a restore",
    "key": "key",
    "stamp": "time stamp",
    "saved": "comparison with the copy in a web archive",
}


def evidence_faults(store: Store) -> Iterator[str]:
    """Yield a sentence for each difference between the database and the evidence log; none if all is as written.

    The entries of the change log are not compared here; `changelog.chain_faults` does it.
    """
    yield from _tree_faults(store)
    for kind in STATEMENT_VIEWS:
        yield from _statement_faults(store, kind)
    yield from _status_faults(store)
    yield from _last_seen_faults(store)
    yield from _list_faults(store)


def _tree_faults(store: Store) -> Iterator[str]:
    """Yield a sentence if leaves are missing, were added or were changed."""
    head = tree(store)
    hashes, expected = [], 0
    for leaf in all_leaves(store):
        if leaf.number != expected:
            break
        hashes.append(leaf.hash)
        expected += 1
    row = store.one("SELECT count(*) AS leaves FROM leaves")
    assert row is not None
    if row["leaves"] != head.size or expected != head.size:
        yield f"leaves: there are {row['leaves']} of {head.size}, the first {expected} of them in order"
    elif Tree().with_leaves(hashes) != head:
        yield f"leaves: one of the {head.size} was changed: they do not hash to the root {head.root.hex()[:12]}..."


def _statement_faults(store: Store, kind: str) -> Iterator[str]:
    """Yield a sentence for each row of one kind that is not what its leaf says, or that has no leaf."""
    table, adopted = TABLES[kind], adopted_leaves(store)
    rows = {row["id"]: row for row in store.all(f"SELECT * FROM {STATEMENT_VIEWS[kind]}")}  # noqa: S608 - a constant
    leaves = store.all("SELECT number, ref, hash FROM leaves WHERE kind = :kind ORDER BY number", {"kind": kind})
    for leaf in leaves:
        row = rows.pop(leaf["ref"], None)
        if row is None:
            yield f"{table}: row {leaf['ref']} is missing, or what it refers to ({_WHAT[kind]})"
        elif leaf_hash(statement(kind, row, is_adopted=leaf["number"] < adopted)) != leaf["hash"]:
            yield f"{table}: row {leaf['ref']} was changed ({_named(kind, row)})"
    for row_id, row in rows.items():
        yield f"{table}: row {row_id} was not written by monitor ({_named(kind, row)})"


def _named(kind: str, row: dict[str, Any]) -> str:
    """Return words that tell a person which row it is."""
    if kind in {"capture", "exchange"}:
        return f"{row['url']}, {row.get('captured_at') or row['asked_at']}"
    if kind in {"key", "stamp"}:
        return f"{row.get('authority') or row['fingerprint']}, {row.get('gen_time') or row['used_since']}"
    where = f"{row['source']}/{row['report']}, version {row['number']}"
    return f"{where}, {row['list']}" if "list" in row else where


def _status_faults(store: Store) -> Iterator[str]:
    """Yield a sentence for each version whose status is not the one that was written last."""
    rows = store.all(
        """
        SELECT version_details.source, version_details.report_key, version_details.number FROM version_details
        LEFT JOIN version_states AS state ON state.id = (
            SELECT max(id) FROM version_states WHERE version_id = version_details.id
        )
        WHERE (
            version_details.status, version_details.hold_reason, version_details.releasable,
            version_details.gap_after_version_id
        ) IS NOT (
            coalesce(state.status, 'kept'), state.hold_reason, coalesce(state.releasable, 0),
            state.gap_after_version_id
        )
        """
    )
    for row in rows:
        yield (
            f"versions: the status of {row['source']}/{row['report_key']}, version {row['number']}, "
            "its hold or its gap was changed"
        )


def _last_seen_faults(store: Store) -> Iterator[str]:
    """Yield a sentence for each version whose `last_seen_at` can't be right.

    An earlier version was last seen when the evidence log says. The latest one may have been seen since then; then it
    was seen when its report was last asked for.
    """
    rows = store.all(
        """
        SELECT versions.id, versions.last_seen_at, reports.source, reports.key AS report, versions.number,
            reports.asked_at, reports.misses, reports.withdrawn_at, captures.captured_at,
            versions.number = (SELECT max(number) FROM versions WHERE report_id = reports.id) AS is_latest,
            (SELECT last_seen_at FROM sightings WHERE version_id = versions.id ORDER BY id DESC LIMIT 1) AS noted
        FROM versions
        JOIN reports ON reports.id = versions.report_id
        JOIN captures ON captures.id = versions.capture_id
        """
    )
    for row in rows:
        seen, noted = row["last_seen_at"], row["noted"] or row["captured_at"]
        since = {noted} | ({row["asked_at"]} if row["is_latest"] and row["asked_at"] >= noted else set())
        may_be_earlier = row["is_latest"] and (row["misses"] or row["withdrawn_at"])
        if not (seen in since or (may_be_earlier and noted <= seen <= row["asked_at"])):
            yield (
                f"versions: the time when {row['source']}/{row['report']}, version {row['number']}, was last seen "
                "was changed"
            )


def _list_faults(store: Store) -> Iterator[str]:
    """Yield a sentence for each list whose records are not those of the evidence log, and for rows of no list."""
    for proof in list_proofs.latest_proofs(store):
        now = list_proofs.hashes_of(store, proof.proved)
        if proof.hashes.are(now):
            continue
        what = "records" if proof.hashes.lines != now.lines else "rows of records or doubts"
        row = store.one(
            "SELECT source, report_key, number FROM version_details WHERE id = :id", {"id": proof.proved.version_id}
        )
        assert row is not None
        yield (
            f"records: {row['source']}/{row['report_key']}, version {row['number']}, {proof.proved.list}: "
            f"the {what} are not those that were written"
        )
    for table, rows in _stray_rows(store).items():
        for row in rows:
            yield f"{table}: row {row['id']} is in no list that was written"


def _stray_rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of lists, records and doubts that no leaf can be about, keyed by the name of the table."""
    return {
        "lists": store.all(
            """
            SELECT version_id || ', ' || name AS id FROM lists WHERE NOT EXISTS (
                SELECT 1 FROM list_proofs WHERE version_id = lists.version_id AND list = lists.name
            )
            """
        ),
        "records": store.all(
            """
            SELECT records.id FROM records
            WHERE NOT EXISTS (
                SELECT 1 FROM lists JOIN versions ON versions.id = lists.version_id
                WHERE lists.version_id = records.first_version AND lists.name = records.list
                    AND versions.report_id = records.report_id
            ) OR last_version < first_version
            """
        ),
        "doubts": store.all(
            """
            SELECT doubts.id FROM doubts WHERE NOT EXISTS (
                SELECT 1 FROM lists JOIN versions ON versions.id = lists.version_id
                WHERE lists.name = doubts.list AND versions.report_id = doubts.report_id
            )
            """
        ),
    }
