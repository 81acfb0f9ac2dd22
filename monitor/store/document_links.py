"""Reads and writes which records link to which documents, up to which version that is noted, and doubts about a link.

A standing record is one that its list has now. A line of corrections is one record followed through all its
corrections; `line_id` is its id. All times are ISO 8601 in UTC.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.store.rows import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model import Suggestion
    from monitor.store.database import Store


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
