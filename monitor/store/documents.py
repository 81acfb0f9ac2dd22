"""Reads and writes the documents that records link to: which there are, when each is due, and the files it has had.

To look at a document is to ask its server for it. All times are ISO 8601 in UTC. Which records link to a document is
in `document_links`.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.statements import state

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from monitor.model import DocumentReading
    from monitor.store.database import Store

PAGES_OF_A_FILE = 10_000  # the numbers that the index of words has for each file; no document has as many pages
DOCUMENT_COLUMNS = """
    id, source, url, host, linked_at, unlinked_at, is_news, asked_at, due_at, status, misses, restless, fault
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """One document that records of a source link to, or have linked to. Times are ISO 8601 in UTC.

    - `url`, `host`: its address, and the server in it.
    - `linked_at`, `unlinked_at`: when a record was first seen to link it, and since when none does (or None).
    - `is_news`: 1 if people are told of its first file; 0 if it was linked already when its list was first looked at.
    - `asked_at`, `due_at`: when it was last asked for (or None), and when it is to be asked for next.
    - `status`: `new` before the server's first answer, `there`, `gone`, or `refused` if it may not or can't be fetched.
    - `misses`: how many looks in a row have not found it.
    - `restless`: how many looks in a row have found other bytes with the same text.
    - `fault`: a sentence on why the last look failed, or None.
    """

    id: int
    source: str
    url: str
    host: str
    linked_at: str
    unlinked_at: str | None
    is_news: int
    asked_at: str | None
    due_at: str
    status: str
    misses: int
    restless: int
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """One file (version) that a document has had.

    - `number`: its number among the files of the document, from 1.
    - `capture_id`, `sha256`, `bytes`, `captured_at`: the kept answer of the server: its id, hash, size and time.
    - `memento`: the address of the copy in a web archive that it was taken from, or None.
    - `pages`, `letters`, `text_digest`: the number of its pages, the number of characters of its text, and a hash of
      the text. They are None if the file can't be read; `fault` then says why.
    """

    id: int
    document_id: int
    source: str
    url: str
    number: int
    capture_id: int
    sha256: str
    bytes: int
    captured_at: str
    memento: str | None
    pages: int | None
    letters: int | None
    text_digest: str | None
    fault: str | None


def document_with_url(store: Store, source: str, url: str) -> DocumentRow | None:
    """Return the document of a source at an address, or None."""
    row = store.one(
        f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE source = :source AND url = :url",  # noqa: S608 - a constant
        {"source": source, "url": url},
    )
    return DocumentRow(**row) if row else None


def document_with_id(store: Store, document_id: int) -> DocumentRow | None:
    """Return the document with this id, or None."""
    row = store.one(
        f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE id = :id",  # noqa: S608 - a constant
        {"id": document_id},
    )
    return DocumentRow(**row) if row else None


def documents_of(store: Store, source: str) -> list[DocumentRow]:
    """Return all documents of a source, ordered by address."""
    rows = store.all(
        f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE source = :source ORDER BY url",  # noqa: S608 - a constant
        {"source": source},
    )
    return [DocumentRow(**row) for row in rows]


def due_documents(store: Store, *, at: str, sources: Collection[str], limit: int) -> list[DocumentRow]:
    """Return the documents of some sources that are due at the time `at` and that records link to.

    The longest due come first; at most `limit` are returned.
    """
    rows = store.all(
        f"""
        SELECT {DOCUMENT_COLUMNS} FROM documents
        WHERE unlinked_at IS NULL AND due_at <= :at AND source IN (SELECT value FROM json_each(:sources))
        ORDER BY due_at LIMIT :limit
        """,  # noqa: S608 - a constant
        {"at": at, "sources": json.dumps(list(sources)), "limit": limit},
    )
    return [DocumentRow(**row) for row in rows]


def count_due(store: Store, *, at: str, sources: Collection[str]) -> tuple[int, int]:
    """Return how many documents of some sources are due at the time `at`, and how many of these are not there.

    A document is not there if its status is another than `there`.
    """
    row = store.one(
        """
        SELECT count(*) AS due, coalesce(sum(status <> 'there'), 0) AS missing FROM documents
        WHERE unlinked_at IS NULL AND due_at <= :at AND source IN (SELECT value FROM json_each(:sources))
        """,
        {"at": at, "sources": json.dumps(list(sources))},
    )
    assert row is not None
    return int(row["due"]), int(row["missing"])


def waiting(store: Store, *, sources: Collection[str]) -> tuple[int, str]:
    """Return how many linked documents of some sources have had no answer yet, and when the first of them is due.

    The time is "" if there are none. After all due documents were looked at, those that still wait are on servers that
    are left alone for a while.
    """
    row = store.one(
        """
        SELECT count(*) AS waiting, coalesce(min(due_at), '') AS due_at FROM documents
        WHERE unlinked_at IS NULL AND status = 'new' AND source IN (SELECT value FROM json_each(:sources))
        """,
        {"sources": json.dumps(list(sources))},
    )
    assert row is not None
    return int(row["waiting"]), row["due_at"]


def put_off_document(store: Store, document_id: int, *, until: str) -> None:
    """Make the document with this id due at the time `until`."""
    store.write("UPDATE documents SET due_at = :until WHERE id = :id", {"until": until, "id": document_id})


def never_had(store: Store, *, sources: Collection[str], searched_before: str, limit: int) -> list[DocumentRow]:
    """Return linked documents of some sources that were asked for, and of which no file could be had.

    - `searched_before`: documents that were looked for in a web archive at this time or later are left out.
    - `limit`: the largest number of documents; -1 for all.
    """
    rows = store.all(
        """
        SELECT documents.* FROM documents
        LEFT JOIN document_searches ON document_searches.document_id = documents.id
        WHERE documents.source IN (SELECT value FROM json_each(:sources)) AND documents.unlinked_at IS NULL
            AND documents.status IN ('gone', 'refused') AND coalesce(document_searches.searched_at, '') < :before
            AND NOT EXISTS (SELECT 1 FROM document_versions WHERE document_versions.document_id = documents.id)
        ORDER BY documents.id LIMIT :limit
        """,
        {"sources": json.dumps(list(sources)), "before": searched_before, "limit": limit},
    )
    return [DocumentRow(**row) for row in rows]


def note_searched(store: Store, document_id: int, *, at: str, fault: str | None) -> None:
    """Note that a web archive was asked for a document at the time `at`.

    `fault` is a sentence on why no copy was found; None if one was.
    """
    store.write(
        """
        INSERT INTO document_searches (document_id, searched_at, fault) VALUES (:document, :at, :fault)
        ON CONFLICT (document_id) DO UPDATE SET searched_at = :at, fault = :fault
        """,
        {"document": document_id, "at": at, "fault": fault},
    )


def last_file(store: Store, document_id: int) -> DocumentFile | None:
    """Return the latest file of a document, or None."""
    row = store.one(
        "SELECT * FROM document_details WHERE document_id = :document ORDER BY number DESC LIMIT 1",
        {"document": document_id},
    )
    return DocumentFile(**row) if row else None


def files_of(store: Store, document_id: int) -> list[DocumentFile]:
    """Return all files that a document has had, oldest first."""
    rows = store.all(
        "SELECT * FROM document_details WHERE document_id = :document ORDER BY number", {"document": document_id}
    )
    return [DocumentFile(**row) for row in rows]


def texts_of_file(store: Store, version_id: int) -> tuple[str, ...]:
    """Return the text of each page of a document's file, given by its id; () if it could not be read."""
    row = store.one("SELECT pages FROM document_texts WHERE version_id = :id", {"id": version_id})
    return pages_of(row["pages"]) if row else ()


def files_at(store: Store, source: str, url: str) -> list[DocumentFile]:
    """Return all files that the document of a source at this address has had, oldest first."""
    row = document_with_url(store, source, url)
    return files_of(store, row.id) if row else []


def pages_of(packed: bytes) -> tuple[str, ...]:
    """Return the text of each page from the bytes in which the database stores them; () if they can't be unpacked."""
    try:
        pages = json.loads(zlib.decompress(packed))
    except (ValueError, zlib.error):
        return ()
    return tuple(map(str, pages)) if isinstance(pages, list) else ()


def text_digest(pages: Sequence[str]) -> str | None:
    """Return the hash of a document's text, given page by page; None if it has none, as in a scan."""
    if not any(page.strip() for page in pages):
        return None
    return hashlib.sha256("\f".join(pages).encode("utf-8", "replace")).hexdigest()


def other_holders(store: Store, sha256: str, *, but: int) -> list[DocumentRow]:
    """Return the documents, other than the one with the id `but`, whose latest file has this SHA-256."""
    rows = store.all(
        """
        SELECT documents.* FROM captures
        JOIN document_versions ON document_versions.capture_id = captures.id
        JOIN documents ON documents.id = document_versions.document_id
        WHERE captures.sha256 = :sha256 AND documents.id <> :but AND document_versions.number = (
            SELECT max(number) FROM document_versions AS later WHERE later.document_id = documents.id
        )
        ORDER BY documents.id
        """,
        {"sha256": sha256, "but": but},
    )
    return [DocumentRow(**row) for row in rows]


def spread(store: Store, source: str, dues: Mapping[int, str]) -> None:
    """Make documents of a source due at new times; `dues` has the time by the document's id.

    A document that is due sooner stays so.
    """
    for document_id, due_at in dues.items():
        store.write(
            "UPDATE documents SET due_at = min(due_at, :due) WHERE id = :id AND source = :source",
            {"due": due_at, "id": document_id, "source": source},
        )


def put_off(store: Store, host: str, *, until: str) -> None:
    """Put off all documents on a server until the time `until`, because the server asked to be left alone."""
    store.write(
        "UPDATE documents SET due_at = :until WHERE host = :host AND due_at < :until", {"host": host, "until": until}
    )


def note_looks(store: Store, looks: Collection[tuple[int, str, str]]) -> None:
    """Note looks that found nothing new, each as the document's id, the time of the look and the time of the next."""
    for document_id, at, due_at in looks:
        store.write(
            """
            UPDATE documents SET asked_at = :at, due_at = :due, misses = 0, restless = 0, fault = NULL, status = 'there'
            WHERE id = :id
            """,
            {"id": document_id, "at": at, "due": due_at},
        )


def note_look(
    store: Store, document: DocumentRow, *, at: str, due_at: str, status: str, misses: int = 0, restless: int = 0,
    fault: str | None = None,
) -> None:  # fmt: skip
    """Note a look at a document: the time `at` of it, its results, and the time `due_at` of the next look.

    The results are the fields of a `DocumentRow` with the same names.
    """
    store.write(
        """
        UPDATE documents SET asked_at = :at, due_at = :due, status = :status, misses = :misses, restless = :restless,
            fault = :fault
        WHERE id = :id
        """,
        {
            "id": document.id, "at": at, "due": due_at, "status": status, "misses": misses, "restless": restless,
            "fault": fault,
        },
    )  # fmt: skip


def add_file(
    store: Store, document: DocumentRow, *, capture_id: int, reading: DocumentReading | None, fault: str | None,
) -> DocumentFile:  # fmt: skip
    """Add the next file of a document, with its text, and return the file. Call this within a transaction.

    - `capture_id`: the id of the server's kept answer.
    - `reading`: the text of the file; None if it could not be read. `fault` then says why, and is None otherwise.
    """
    row_id = store.write(
        """
        INSERT INTO document_versions (document_id, number, capture_id, pages, letters, text_digest, fault)
        SELECT :document, coalesce(max(number), 0) + 1, :capture, :pages, :letters, :digest, :fault
        FROM document_versions WHERE document_id = :document
        """,
        {
            "document": document.id,
            "capture": capture_id,
            "pages": len(reading.pages) if reading else None,
            "letters": reading.letters if reading else None,
            "digest": text_digest(reading.pages) if reading else None,
            "fault": fault,
        },
    )
    state(store, "document", row_id)
    if reading:
        packed = zlib.compress(json.dumps(reading.pages, ensure_ascii=False).encode("utf-8", "replace"))
        store.write(
            "INSERT INTO document_texts (version_id, pages) VALUES (:id, :pages)", {"id": row_id, "pages": packed}
        )
        store.write_each(
            "INSERT INTO document_words (rowid, text) VALUES (:row, :text)",
            (
                {"row": row_id * PAGES_OF_A_FILE + number, "text": text}
                for number, text in enumerate(reading.pages, start=1)
                if text
            ),
        )
    added = last_file(store, document.id)
    assert added is not None
    return added


def usual_bytes(store: Store, sources: Collection[str]) -> tuple[int, int]:
    """Return how many files the documents of some sources have had, and the mean size of a file in bytes."""
    row = store.one(
        """
        SELECT count(*) AS files, coalesce(avg(bytes), 0) AS bytes FROM document_details
        WHERE source IN (SELECT value FROM json_each(:sources))
        """,
        {"sources": json.dumps(list(sources))},
    )
    assert row is not None
    return int(row["files"]), int(row["bytes"])


def as_value(row: DocumentRow, files: Iterable[DocumentFile]) -> dict[str, object]:
    """Return a document with its files as a dictionary, as it is written to JSON."""
    shown = ("source", "url", "status", "linked_at", "unlinked_at", "asked_at", "due_at", "fault")
    return {name: getattr(row, name) for name in shown} | {"files": [file_value(each) for each in files]}


def file_value(file: DocumentFile) -> dict[str, object]:
    """Return a file of a document as a dictionary, as it is written to JSON."""
    shown = ("number", "sha256", "bytes", "captured_at", "memento", "pages", "fault")
    return {name: getattr(file, name) for name in shown}
