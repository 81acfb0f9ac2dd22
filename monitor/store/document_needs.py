"""Counts the documents that are missing or due, and the disk space that they need, for the command `monitor doctor`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.store.database import Store

USUAL_BYTES = 200_000  # of a signed agreement, for an estimate before any is there


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCount:
    """The number of linked documents that are missing with one `status`, such as `gone`.

    `since`: the time from which the first of them has been missing. A document is missing from the time at which the
    change log has it as gone; one that was never there, from the time at which a record linked it.
    """

    status: str
    documents: int
    since: str


def has_documents(store: Store) -> bool:
    """Return whether the database was made by a release of the program that keeps documents."""
    return store.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'documents'") is not None


def missing_counts(store: Store, sources: tuple[str, ...]) -> list[MissingCount]:
    """Return how many documents that records of some sources link are not there, by their status."""
    # A plus before a column keeps SQLite from its index, since all entries of a source are many and those of an address
    # are few. Before `documents.url` it takes off the type of the column, with which the index of addresses has no use.
    rows = store.all(
        """
        SELECT status, count(*) AS documents, min(since) AS since FROM (
            SELECT status, coalesce(
                (
                    SELECT max(+observed_at) FROM amendments
                    WHERE document IS NOT NULL AND json_extract(document, '$.url') = +documents.url
                        AND +kind = 'document' AND reason = 'gone' AND +amendments.source = documents.source
                ),
                linked_at
            ) AS since
            FROM documents
            WHERE unlinked_at IS NULL AND status <> 'there' AND source IN (SELECT value FROM json_each(:sources))
        ) GROUP BY status ORDER BY status
        """,
        {"sources": json.dumps(sources)},
    )
    return [MissingCount(**row) for row in rows]


def linked_count(store: Store, sources: tuple[str, ...]) -> int:
    """Return how many documents the records of some sources link."""
    row = store.one(
        """
        SELECT count(*) AS documents FROM documents
        WHERE unlinked_at IS NULL AND source IN (SELECT value FROM json_each(:sources))
        """,
        {"sources": json.dumps(sources)},
    )
    return int(row["documents"]) if row else 0


def due_count(store: Store, at: str) -> int:
    """Return how many documents that records link have been due since before the time `at`."""
    row = store.one(
        "SELECT count(*) AS documents FROM documents WHERE unlinked_at IS NULL AND due_at < :at", {"at": at}
    )
    return int(row["documents"]) if row else 0


def first_capture(store: Store) -> str | None:
    """Return the time of the first answer that a poll got from a server; None if there is none.

    Answers that were taken from a web archive do not count.
    """
    row = store.one("SELECT min(captured_at) AS at FROM captures WHERE via = 'poll' AND memento IS NULL")
    return row["at"] if row else None


def waiting_bytes(store: Store) -> tuple[int, int]:
    """Return how many linked documents were never fetched, and the bytes that they will need.

    Each is expected to have the mean size of the files that are there, or `USUAL_BYTES` bytes if there are none.
    """
    row = store.one(
        """
        SELECT (SELECT count(*) FROM documents WHERE unlinked_at IS NULL AND asked_at IS NULL) AS waiting,
            (SELECT avg(bytes) FROM document_details) AS size
        """
    )
    assert row is not None
    return int(row["waiting"]), int(row["waiting"] * (row["size"] or USUAL_BYTES))


def kept_bytes_since(store: Store, at: str) -> tuple[int, int]:
    """Return the bytes of all files that were first kept at the time `at` or later, and those of the documents in them.

    The first files of documents that were linked already when their list was first looked at are left out, because such
    a load happens only once.
    """
    row = store.one(
        """
        SELECT coalesce(sum(bytes), 0) AS kept, coalesce(sum(iif(is_document, bytes, 0)), 0) AS of_documents FROM (
            SELECT max(captures.bytes) AS bytes, min(captures.captured_at) AS first,
                max(document_versions.id IS NOT NULL) AS is_document,
                max(document_versions.number = 1 AND NOT documents.is_news) AS is_first_load
            FROM captures
            LEFT JOIN document_versions ON document_versions.capture_id = captures.id
            LEFT JOIN documents ON documents.id = document_versions.document_id
            GROUP BY captures.sha256
        ) WHERE first >= :at AND is_first_load IS NOT TRUE
        """,
        {"at": at},
    )
    assert row is not None
    return int(row["kept"]), int(row["of_documents"])
