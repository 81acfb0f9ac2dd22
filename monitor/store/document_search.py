"""Finds documents that records link to by the words in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.documents import PAGES_OF_A_FILE, DocumentFile, texts_of_file

if TYPE_CHECKING:
    from monitor.store.database import Store

MAX_PAGES_MATCHED = 5_000  # pages with the words, the newest, of which the likeliest are chosen
MAX_PAGES_RANKED = 400  # of these pages that are looked at, the likeliest first
EXCERPT_LETTERS = 90  # shown on each side of the first word that was found


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDocument:
    """A document that has the words that were searched for.

    - `file`: the file that has the words. `is_latest`: whether it is the latest file of the document.
    - `page`: the number of the page that fits best, from 1. `excerpt`: the text around the words on that page.
    - `line_ids`: the ids of the records that link the document now; a record keeps its id when it is corrected.
    """

    file: DocumentFile
    is_latest: bool
    page: int
    excerpt: str
    line_ids: tuple[int, ...]


def search_documents(
    store: Store, text: str, *, source: str | None = None, limit: int = 20, former: bool = False
) -> list[FoundDocument]:
    """Return the documents that have all words of `text` on one page, the best match first.

    - `text`: words, and phrases in quotation marks. Capital letters and accents do not matter.
    - `source`: the name of the one source whose documents are searched; None for all.
    - `limit`: the largest number of documents.
    - `former`: whether earlier files, which were replaced, are searched too; otherwise only the latest file of each
      document is searched.
    """
    query = words_query(text)
    if query is None:
        return []
    rows = store.all(
        """
        SELECT document_details.*, found.rowid % :pages AS page, document_details.number = (
            SELECT max(number) FROM document_versions AS later
            WHERE later.document_id = document_details.document_id
        ) AS is_latest
        FROM (
            SELECT rowid FROM (
                SELECT rowid, rank AS fit FROM document_words
                WHERE document_words MATCH :query ORDER BY rowid DESC LIMIT :matched
            ) ORDER BY fit LIMIT :most
        ) AS found
        CROSS JOIN document_details ON document_details.id = found.rowid / :pages
        WHERE :source IS NULL OR document_details.source = :source
        """,
        {
            "query": query,
            "pages": PAGES_OF_A_FILE,
            "matched": MAX_PAGES_MATCHED,
            "most": MAX_PAGES_RANKED,
            "source": source,
        },
    )
    found: dict[int, FoundDocument] = {}
    for row in rows:
        page, is_latest = row.pop("page"), bool(row.pop("is_latest"))
        key = row["id"] if former else row["document_id"]
        if key in found or not (is_latest or former):
            continue
        if len(found) == limit:
            break
        file = DocumentFile(**row)
        found[key] = FoundDocument(
            file=file, is_latest=is_latest, page=page, excerpt=_excerpt(store, file, page, text),
            line_ids=_lines_linking(store, file.document_id),
        )  # fmt: skip
    return list(found.values())


def words_query(text: str) -> str | None:
    """Return the query that finds the words and phrases of `text` in SQLite's full-text index; None without words."""
    parts = []
    for phrase, word in re.findall(r'"([^"]*)"|(\S+)', text):
        words = re.findall(r"[^\W_]+", phrase or word)
        if words:
            parts.append('"' + " ".join(words) + '"')
    return " AND ".join(parts) or None


def _lines_linking(store: Store, document_id: int) -> tuple[int, ...]:
    """Return the lines of corrections of the records that link a document now."""
    return tuple(
        store.column(
            "SELECT DISTINCT line_id FROM document_links WHERE document_id = :document ORDER BY line_id",
            {"document": document_id},
        )
    )


def _excerpt(store: Store, file: DocumentFile, page: int, text: str) -> str:
    """Return the text of a page around the first of the words that were looked for."""
    pages = texts_of_file(store, file.id)
    said = pages[page - 1] if 0 < page <= len(pages) else ""
    words = re.findall(r"[^\W_]+", text)
    at = min((place.start() for word in words if (place := re.search(re.escape(word), said, re.IGNORECASE))), default=0)
    begin, end = max(0, at - EXCERPT_LETTERS), at + 2 * EXCERPT_LETTERS
    return f"{'...' if begin else ''}{said[begin:end]}{'...' if end < len(said) else ''}"
