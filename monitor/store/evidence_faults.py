"""Compares what is in the database with the evidence log, and says what differs.

Each leaf of that log is the hash of a line about one row. The line is made again of the row as it is now. So a row that
was changed, removed, exchanged or added by another hand is found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store import list_proofs
from monitor.store.documents import pages_of, text_digest
from monitor.store.exchanges import shown_certificates
from monitor.store.leaves import adopted_leaves, all_leaves, tree
from monitor.store.merkle import Tree, leaf_hash
from monitor.store.statements import STATEMENT_VIEWS, TABLES, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.database import QueryRow, Store

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
    "document": "file of a document that records link to",
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
    yield from _hold_faults(store)
    yield from _report_faults(store)
    yield from _certificate_faults(store)
    yield from _document_text_faults(store)


def _tree_faults(store: Store) -> Iterator[str]:
    """Yield a sentence if leaves are missing, were added or were changed."""
    head = tree(store)
    found = Tree().with_leaves(_hashes_in_order(store))
    row = store.one("SELECT count(*) AS leaves FROM leaves")
    assert row is not None
    if row["leaves"] != head.size or found.size != head.size:
        yield f"leaves: there are {row['leaves']} of {head.size}, the first {found.size} of them in order"
    elif found != head:
        yield f"leaves: one of the {head.size} was changed: they do not hash to the root {head.root.hex()[:12]}..."


def _hashes_in_order(store: Store) -> Iterator[bytes]:
    """Yield the hashes of the leaves from number 0 up to the first number that is missing."""
    for expected, leaf in enumerate(all_leaves(store)):
        if leaf.number != expected:
            return
        yield leaf.hash


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
    if kind == "saved":  # a comparison has a statement only once it is final
        return
    key = "capture_id" if kind == "exchange" else "id"
    stated = {leaf["ref"] for leaf in leaves}
    for row in store.all(f"SELECT {key} AS id FROM {table} EXCEPT SELECT id FROM {STATEMENT_VIEWS[kind]}"):  # noqa: S608
        if row["id"] not in stated:
            yield f"{table}: row {row['id']} was not written by monitor; what it refers to is not there"


def _named(kind: str, row: QueryRow) -> str:
    """Return words that tell a person which row it is."""
    if kind in {"capture", "exchange", "document"}:
        return f"{row['url']}, {row.get('captured_at') or row['asked_at']}"
    if kind in {"key", "stamp"}:
        return f"{row.get('authority') or row['fingerprint']}, {row.get('gen_time') or row['used_since']}"
    if kind == "restored":
        return f"at {row['restored_at']}"
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


def _stray_rows(store: Store) -> dict[str, list[QueryRow]]:
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


def _hold_faults(store: Store) -> Iterator[str]:
    """Yield a sentence for each version whose details of a hold give another reason than the log, or are missing.

    Of a version that an older release had held, the evidence log need not have the hold.
    """
    rows = store.all(
        """
        SELECT version_details.source, version_details.report_key, version_details.number
        FROM version_details
        LEFT JOIN hold_details ON hold_details.version_id = version_details.id
        LEFT JOIN version_states AS hold ON hold.id = (
            SELECT max(id) FROM version_states WHERE version_id = version_details.id AND status = 'held'
        )
        LEFT JOIN leaves AS held ON held.kind = 'status' AND held.ref = hold.id
        LEFT JOIN leaves AS made ON made.kind = 'version' AND made.ref = version_details.id
        WHERE hold_details.reason <> hold.hold_reason
            OR (hold_details.version_id IS NULL AND held.number >= :adopted)
            OR (hold_details.version_id IS NOT NULL AND hold.id IS NULL AND made.number >= :adopted)
        """,
        {"adopted": adopted_leaves(store)},
    )
    for row in rows:
        yield (
            f"hold_details: the reason why {row['source']}/{row['report_key']}, version {row['number']}, was held "
            "was changed, or the row is missing or was added"
        )
    for row in store.all("SELECT version_id FROM hold_details WHERE version_id NOT IN (SELECT id FROM versions)"):
        yield f"hold_details: row {row['version_id']} is about no version"


def _report_faults(store: Store) -> Iterator[str]:
    """Yield a sentence for each report that has no version, or whose first day or withdrawal can't be right.

    The program adds a report together with its first version. The evidence log says of which report a version is; its
    withdrawal is in the change log.
    """
    rows = store.all(
        """
        SELECT reports.source, reports.key, reports.kind, reports.first_seen_at, reports.withdrawn_at, reports.asked_at,
            reports.misses, first.id AS first_id, captures.captured_at, first.last_seen_at, turn.kind AS turn,
            turn.observed_at AS turned_at, EXISTS (
                SELECT 1 FROM version_details
                WHERE report_id = reports.id AND status = 'recorded' AND memento IS NULL
            ) AS is_ours
        FROM reports
        LEFT JOIN versions AS first ON first.id = (
            SELECT coalesce(min(iif(id > 0, id, NULL)), max(id)) FROM versions WHERE report_id = reports.id
        )
        LEFT JOIN captures ON captures.id = first.capture_id
        LEFT JOIN amendments AS turn ON turn.id = (
            SELECT max(amendments.id) FROM amendments CROSS JOIN versions ON versions.id = amendments.version_id
            WHERE versions.report_id = reports.id AND amendments.kind IN ('withdrawn', 'restored')
        )
        """
    )
    for row in rows:
        which = f"{row['source']}/{row['key']}"
        if row["first_id"] is None:
            yield f"reports: {which} has no version, so it was not written by monitor"
            continue
        if not _may_be_first(row):
            yield f"reports: the time when {which} was first seen was changed"
        if not _may_be_withdrawn(row):
            yield f"reports: {which} was taken down or came back at another time, as the change log says"


def _may_be_first(report: QueryRow) -> bool:
    """Return whether a report can have been seen first when its row says.

    That is when its first version was fetched; but a page may have been kept already before it became a report.
    """
    first, captured = report["first_seen_at"], report["captured_at"]
    return captured is None or bool(
        first == captured or (report["kind"] == "page" and captured < first <= report["last_seen_at"])
    )


def _may_be_withdrawn(report: QueryRow) -> bool:
    """Return whether a report can have been taken down when its row says, or be there.

    The change log says it, unless the program had recorded nothing of the report when it was taken down, or knew it
    from a web archive only.
    """
    at = report["withdrawn_at"]
    if report["turn"] == "withdrawn":
        return bool(at == report["turned_at"])
    if at is None:
        return True
    if report["turn"] == "restored" and report["is_ours"]:
        return False
    return bool(report["misses"] and at <= report["asked_at"])


def _certificate_faults(store: Store) -> Iterator[str]:
    """Yield a sentence for each row of a certificate that no exchange has shown, and for each that is missing."""
    shown: dict[str, set[tuple[str, str]]] = {}
    for sha256, url, at in shown_certificates(store):
        shown.setdefault(sha256, set()).add((url, at))
    for row in store.all("SELECT sha256, url, shown_at FROM certificates"):
        if (row["url"], row["shown_at"]) not in shown.pop(row["sha256"], ()):
            yield f"certificates: row {row['sha256']} was changed, or was not written by monitor ({row['url']})"
    for sha256 in shown:
        yield f"certificates: row {sha256} is missing"


def _document_text_faults(store: Store) -> Iterator[str]:
    """Yield a sentence for each document whose text is not the one that was read of its file."""
    rows = store.all(
        """
        SELECT document_texts.version_id, document_texts.pages, document_details.url, document_details.text_digest
        FROM document_texts LEFT JOIN document_details ON document_details.id = document_texts.version_id
        ORDER BY document_texts.version_id
        """
    )
    for row in rows:
        if row["url"] is None or text_digest(pages_of(row["pages"])) != row["text_digest"]:
            yield f"document_texts: row {row['version_id']} was changed ({row['url']})"
    missing = store.all(
        """
        SELECT id, url FROM document_details
        WHERE pages IS NOT NULL AND id NOT IN (SELECT version_id FROM document_texts) ORDER BY id
        """
    )
    for row in missing:
        yield f"document_texts: row {row['id']} is missing ({row['url']})"
