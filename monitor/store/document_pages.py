"""Reads documents with their files and records, for the web pages, the API and the folders of evidence (exhibits)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store import document_links, documents, lines
from monitor.store.documents import DocumentFile, DocumentRow
from monitor.store.entry import LogEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.database import Store
    from monitor.store.lines import PlaceLine

MAX_ENTRIES_OF_DOCUMENT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSummary:
    """A document with the files that it has had, oldest first."""

    row: DocumentRow
    files: tuple[DocumentFile, ...]

    @property
    def latest(self) -> DocumentFile | None:
        """The latest file of the document; None if it has none."""
        return self.files[-1] if self.files else None

    def file_with(self, sha256: str | None) -> DocumentFile | None:
        """Return the latest file with this SHA-256, or None."""
        return next((file for file in reversed(self.files) if file.sha256 == sha256), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedRecord:
    """A record that links a document now; `field` is the field with the link, and `line` the record."""

    field: str
    line: PlaceLine


def summary(store: Store, row: DocumentRow) -> DocumentSummary:
    """Return a document with its files."""
    return DocumentSummary(row=row, files=tuple(documents.files_of(store, row.id)))


def summary_with_url(store: Store, source: str, url: str) -> DocumentSummary | None:
    """Return the document of a source at an address, with its files; None if there is none."""
    row = documents.document_with_url(store, source, url)
    return summary(store, row) if row else None


def linked_records(store: Store, document_id: int) -> list[LinkedRecord]:
    """Return the records that link a document now."""
    found = (
        (link.field, lines.record_standing(store, link.line_id))
        for link in document_links.linking_records(store, document_id)
    )
    return [LinkedRecord(field=field, line=line) for field, line in found if line]


def file_with_hash(store: Store, sha256: str) -> DocumentFile | None:
    """Return the latest file of any document that has this SHA-256, or None."""
    row = store.one(
        """
        SELECT document_details.* FROM captures
        CROSS JOIN document_versions ON document_versions.capture_id = captures.id
        CROSS JOIN document_details ON document_details.id = document_versions.id
        WHERE captures.sha256 = :sha256 ORDER BY document_versions.id DESC LIMIT 1
        """,
        {"sha256": sha256},
    )
    return DocumentFile(**row) if row else None


def entries_of_document(store: Store, source: str, url: str) -> list[LogEntry]:
    """Return the entries of the change log on the document of a source at an address, newest first.

    An entry that says that the document moved to another address is among them. If there are very many entries, only
    the newest are returned.
    """
    rows = store.all(
        """
        SELECT * FROM (
            SELECT * FROM amendments WHERE document IS NOT NULL AND json_extract(document, '$.url') = :url
            UNION SELECT * FROM amendments WHERE document IS NOT NULL AND json_extract(document, '$.from_url') = :url
        ) WHERE source = :source ORDER BY id DESC LIMIT :limit
        """,
        {"source": source, "url": url, "limit": MAX_ENTRIES_OF_DOCUMENT},
    )
    return [LogEntry.from_row(row) for row in rows]


def missing_documents(store: Store, source: str | None, *, offset: int = 0, limit: int) -> list[DocumentRow]:
    """Return documents that records link and that are gone, refused or not fetched yet; newest links first.

    - `source`: the name of the one source whose documents are returned; None for all.
    - `offset`, `limit`: how many documents are left out at the beginning, and how many are returned at most.
    """
    rows = store.all(
        f"""
        SELECT {documents.DOCUMENT_COLUMNS} FROM documents
        WHERE unlinked_at IS NULL AND status <> 'there' AND (:source IS NULL OR source = :source)
        ORDER BY linked_at DESC, id DESC LIMIT :limit OFFSET :offset
        """,  # noqa: S608 - a constant
        {"source": source, "offset": offset, "limit": limit},
    )
    return [DocumentRow(**row) for row in rows]


def changed_documents(store: Store, source: str | None, *, offset: int = 0, limit: int) -> list[DocumentRow]:
    """Return documents that have had more than one file, the one with the newest file first.

    The arguments are those of `missing_documents`.
    """
    rows = store.all(
        """
        SELECT documents.* FROM (
            SELECT document_id, max(id) AS latest FROM document_versions WHERE number > 1 GROUP BY document_id
        ) AS changed
        JOIN documents ON documents.id = changed.document_id
        WHERE :source IS NULL OR documents.source = :source
        ORDER BY changed.latest DESC LIMIT :limit OFFSET :offset
        """,
        {"source": source, "offset": offset, "limit": limit},
    )
    return [DocumentRow(**row) for row in rows]


def documents_after(store: Store, source: str | None, *, after: int, missing: bool, limit: int) -> list[DocumentRow]:
    """Return documents in the order of their ids.

    - `source`: the name of the one source whose documents are returned; None for all.
    - `after`: only documents with an id above this one are returned. `limit`: the largest number of documents.
    - `missing`: whether to return only those that records link and that are not there.
    """
    rows = store.all(
        f"""
        SELECT {documents.DOCUMENT_COLUMNS} FROM documents
        WHERE id > :after AND (:source IS NULL OR source = :source)
            AND (NOT :missing OR (unlinked_at IS NULL AND status <> 'there'))
        ORDER BY id LIMIT :limit
        """,  # noqa: S608 - a constant
        {"source": source, "after": after, "missing": missing, "limit": limit},
    )
    return [DocumentRow(**row) for row in rows]


def document_counts(store: Store, source: str | None) -> dict[str, int]:
    """Return how many documents records link, by their status (see DocumentRow)."""
    rows = store.all(
        """
        SELECT status, count(*) AS documents FROM documents
        WHERE unlinked_at IS NULL AND (:source IS NULL OR source = :source) GROUP BY status ORDER BY status
        """,
        {"source": source},
    )
    return {row["status"]: row["documents"] for row in rows}


def documents_of_lines(store: Store, line_ids: Iterable[int]) -> dict[int, list[tuple[str, DocumentSummary]]]:
    """Return the documents that some records link now, each with the field of the link.

    `line_ids` are the records' lines of corrections: the ids under which a record is followed through all its
    corrections. They are the keys of the result.
    """
    rows = store.all(
        """
        SELECT document_links.line_id, document_links.field AS linked_by, documents.*
        FROM json_each(:lines) AS wanted
        CROSS JOIN document_links ON document_links.line_id = wanted.value
        CROSS JOIN documents ON documents.id = document_links.document_id
        ORDER BY document_links.line_id, document_links.field
        """,
        {"lines": json.dumps(sorted(set(line_ids)))},
    )
    found: dict[int, list[tuple[str, DocumentSummary]]] = {}
    for row in rows:
        line_id, field = row.pop("line_id"), row.pop("linked_by")
        found.setdefault(line_id, []).append((field, summary(store, DocumentRow(**row))))
    return found
