"""Reads and writes the documents that records link to: which there are, when each is due, and the files it has had.

A standing record is one that its list has now. A line of corrections is one record followed through all its
corrections; `line_id` is its id. To look at a document is to ask its server for it. All times are ISO 8601 in UTC.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.store.rows import in_order
from monitor.store.statements import state

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from monitor.model import DocumentReading, Suggestion
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkingRecord:
    """A standing record that links a document.

    - `list`, `field`, `line_id`: the list, the field with the link, and the record's line of corrections.
    - `report_id`: the report that has the list.
    """

    list: str
    field: str
    line_id: int
    report_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLink:
    """A link of a standing record: the address, the list, the field and the record's line of corrections."""

    url: str
    host: str
    list: str
    field: str
    line_id: int


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


def linking_records(store: Store, document_id: int) -> list[LinkingRecord]:
    """Return the standing records that link a document, the one that linked it first at the beginning."""
    rows = store.all(
        """
        SELECT document_links.list, document_links.field, document_links.line_id, records.report_id
        FROM document_links JOIN records ON records.id = document_links.line_id
        WHERE document_links.document_id = :document ORDER BY document_links.line_id, document_links.field
        """,
        {"document": document_id},
    )
    return [LinkingRecord(**row) for row in rows]


def links_of_line(store: Store, line_id: int, field: str) -> list[tuple[str, str]]:
    """Return what the record of a line of corrections has in a field, now and earlier.

    Each value comes with the address of the report that has it, from which a relative link starts.
    """
    rows = store.all(
        """
        SELECT reports.url, records.fields FROM records JOIN reports ON reports.id = records.report_id
        WHERE records.line_id = :line ORDER BY records.id
        """,
        {"line": line_id},
    )
    return [(row["url"], json.loads(row["fields"]).get(field, "")) for row in rows]


def record_linking(store: Store, line_id: int) -> tuple[str, dict[str, str]] | None:
    """Return the list and the present values of a record, given by its line of corrections; None if it is gone."""
    row = store.one(
        "SELECT list, fields FROM records WHERE line_id = :line AND last_version IS NULL", {"line": line_id}
    )
    return (row["list"], json.loads(row["fields"])) if row else None


def documents_of_line(store: Store, line_id: int) -> list[tuple[str, DocumentRow]]:
    """Return the documents that the record of a line of corrections links to now, each with the field of the link."""
    rows = store.all(
        """
        SELECT document_links.field AS linked_by, documents.* FROM document_links
        JOIN documents ON documents.id = document_links.document_id
        WHERE document_links.line_id = :line ORDER BY document_links.field
        """,
        {"line": line_id},
    )
    return [(row.pop("linked_by"), DocumentRow(**row)) for row in rows]


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


def noted_up_to(store: Store, source: str, name: str) -> tuple[int, str] | None:
    """Return the version whose links of the list `name` were noted last; None if none were noted yet.

    The version is given by its id, with the names of the fields that had the links, joined by blanks.
    """
    row = store.one(
        "SELECT version_id, described_as FROM document_lists WHERE source = :source AND list = :list",
        {"source": source, "list": name},
    )
    return (row["version_id"], row["described_as"]) if row else None


def links_in_force(store: Store, source: str, name: str) -> dict[tuple[int, str], str]:
    """Return the noted links of a list: their addresses, each by the record's line of corrections and the field."""
    rows = store.all(
        """
        SELECT document_links.line_id, document_links.field, documents.url FROM documents
        JOIN document_links ON document_links.document_id = documents.id
        WHERE documents.source = :source AND document_links.list = :list
        """,
        {"source": source, "list": name},
    )
    return {(row["line_id"], row["field"]): row["url"] for row in rows}


def note_list_version(store: Store, source: str, name: str, *, version_id: int, described_as: str) -> None:
    """Write down that the links of the list `name` are noted for a version. Call this within a transaction.

    `described_as`: the names of the fields that have the links, joined by blanks.
    """
    store.write(
        """
        INSERT INTO document_lists (source, list, version_id, described_as)
        VALUES (:source, :list, :version, :described_as)
        ON CONFLICT (source, list) DO UPDATE SET version_id = :version, described_as = :described_as
        """,
        {"source": source, "list": name, "version": version_id, "described_as": described_as},
    )


def add_links(store: Store, source: str, links: Iterable[DocumentLink], *, at: str, is_news: bool) -> None:
    """Note new links of records; documents that no record linked before are due at once. Call this in a transaction.

    - `at`: the time at which the links were first seen.
    - `is_news`: whether people are to be told of the first file of each document that is new.
    """
    for link in links:
        store.write(
            """
            INSERT INTO documents (source, url, host, linked_at, is_news, due_at, status)
            VALUES (:source, :url, :host, :at, :is_news, :at, 'new')
            ON CONFLICT (source, url) DO UPDATE
            SET unlinked_at = NULL, due_at = iif(unlinked_at IS NULL, due_at, :at)
            """,
            {"source": source, "url": link.url, "host": link.host, "at": at, "is_news": int(is_news)},
        )
        store.write(
            """
            INSERT OR IGNORE INTO document_links (document_id, list, field, line_id)
            SELECT id, :list, :field, :line FROM documents WHERE source = :source AND url = :url
            """,
            {"list": link.list, "field": link.field, "line": link.line_id, "source": source, "url": link.url},
        )


def drop_links(store: Store, source: str, links: Iterable[tuple[int, str]], *, at: str) -> None:
    """Remove links that records no longer have. Call this within a transaction.

    Each of `links` is a record's line of corrections and a field. A document that no record links any more is no longer
    looked at from the time `at` on.
    """
    for line_id, field in links:
        store.write(
            "DELETE FROM document_links WHERE line_id = :line AND field = :field", {"line": line_id, "field": field}
        )
    store.write(
        """
        UPDATE documents SET unlinked_at = :at
        WHERE source = :source AND unlinked_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM document_links WHERE document_id = documents.id)
        """,
        {"source": source, "at": at},
    )


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


def latest_of_list(store: Store, source: str, report: str, name: str) -> int | None:
    """Return the id of the latest recorded version that has the list `name`; None if there is none.

    `report` is the name of its report in the configuration.
    """
    row = store.one(
        """
        SELECT max(versions.id) AS id FROM reports
        JOIN versions ON versions.report_id = reports.id AND versions.status = 'recorded'
        JOIN lists ON lists.version_id = versions.id AND lists.name = :list
        WHERE reports.source = :source AND reports.name = :report
        """,
        {"source": source, "report": report, "list": name},
    )
    return row["id"] if row else None


def standing_links(store: Store, source: str, name: str) -> list[tuple[int, str, dict[str, str]]]:
    """Return the standing records of the list `name`.

    Each is given by its line of corrections, the address of its report, and its values by field.
    """
    rows = store.all(
        """
        SELECT records.line_id, reports.url, records.fields FROM reports
        JOIN records ON records.report_id = reports.id AND records.list = :list AND records.last_version IS NULL
        WHERE reports.source = :source ORDER BY records.id
        """,
        {"source": source, "list": name},
    )
    return [(row["line_id"], row["url"], json.loads(row["fields"])) for row in rows]


def lists_noted(store: Store, source: str) -> list[str]:
    """Return the names of the lists of a source for which links to documents are noted."""
    return store.column("SELECT list FROM document_lists WHERE source = :source ORDER BY list", {"source": source})


def sources_noted(store: Store) -> set[str]:
    """Return the names of the sources that have a list for which links to documents are noted."""
    return set(store.column("SELECT DISTINCT source FROM document_lists"))


def forget_list(store: Store, source: str, name: str) -> None:
    """Note that the links of the list `name` are no longer watched. Call this within a transaction."""
    store.write("DELETE FROM document_lists WHERE source = :source AND list = :list", {"source": source, "list": name})


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


def links_to_files(store: Store, source: str, name: str) -> list[tuple[int, str, int, str | None, str | None]]:
    """Return all links of the list `name` to documents that were looked at.

    Each link is a tuple of five: the record's line of corrections, the field, the id of the document, the SHA-256 of
    its latest file (None without a file), and the mark of its last check for doubts (see `note_checked`; None without).
    """
    rows = store.all(
        """
        SELECT document_links.line_id, document_links.field, documents.id, document_links.checked_as, (
            SELECT captures.sha256 FROM document_versions
            JOIN captures ON captures.id = document_versions.capture_id
            WHERE document_versions.document_id = documents.id ORDER BY document_versions.number DESC LIMIT 1
        ) AS sha256
        FROM documents JOIN document_links ON document_links.document_id = documents.id
        WHERE documents.source = :source AND document_links.list = :list AND documents.status <> 'new'
        ORDER BY document_links.line_id, document_links.field
        """,
        {"source": source, "list": name},
    )
    return [(row["line_id"], row["field"], row["id"], row["sha256"], row["checked_as"]) for row in rows]


def note_checked(store: Store, line_id: int, field: str, *, checked_as: str) -> None:
    """Note that a link was checked for doubts.

    `checked_as` is a mark made from the document's file and the record's values. If it changes, a new check is needed.
    """
    store.write(
        "UPDATE document_links SET checked_as = :checked WHERE line_id = :line AND field = :field",
        {"checked": checked_as, "line": line_id, "field": field},
    )


def replace_doubts(
    store: Store,
    line_id: int,
    field: str,
    *,
    file_id: int | None,
    doubts: Iterable[tuple[str, tuple[Suggestion, ...]]],
    at: str,
) -> bool:
    """Write the doubts about the document that a record links by a field, in place of those before.

    - `file_id`: the id of the document's file; None if it has none.
    - `doubts`: for each doubt, the problem and the suggestions of what may be right.
    - `at`: the present time.

    A doubt that was there before keeps the time at which it was first noted. Return whether there is a new doubt. Call
    this within a transaction.
    """
    wanted = {problem: in_order([asdict(each) for each in suggestions]) for problem, suggestions in doubts}
    rows = store.all(
        """
        SELECT id, file_id, problem, suggestions FROM document_doubts INDEXED BY document_doubts_of_line
        WHERE line_id = :line AND field = :field AND gone_at IS NULL ORDER BY id
        """,
        {"line": line_id, "field": field},
    )
    for row in rows:
        if row["file_id"] == file_id and wanted.get(row["problem"]) == row["suggestions"]:
            del wanted[row["problem"]]
        else:
            store.write("UPDATE document_doubts SET gone_at = :at WHERE id = :id", {"at": at, "id": row["id"]})
    for problem, suggestions in wanted.items() if file_id is not None else ():
        store.write(
            """
            INSERT INTO document_doubts (file_id, line_id, field, problem, suggestions, noted_at)
            VALUES (:file, :line, :field, :problem, :suggestions, :at)
            """,
            {
                "file": file_id, "line": line_id, "field": field, "problem": problem, "suggestions": suggestions,
                "at": at,
            },
        )  # fmt: skip
    return bool(wanted) and file_id is not None
