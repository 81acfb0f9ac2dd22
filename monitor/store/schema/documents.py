"""The schema step with the documents that records link to: their addresses, their versions and their texts."""

from __future__ import annotations

DOCUMENTS = """
-- One document that records of a source link to, by its address.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    linked_at TEXT NOT NULL,  -- when a record was first seen to link it
    unlinked_at TEXT,  -- since when no standing record links it
    is_news INTEGER NOT NULL,  -- 0: linked since its list is looked at, so that its first file is told to nobody
    asked_at TEXT,
    due_at TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('new', 'there', 'gone', 'refused')),
    misses INTEGER NOT NULL DEFAULT 0,  -- looks in a row that did not find it
    restless INTEGER NOT NULL DEFAULT 0,  -- looks in a row that found other bytes with the same text
    fault TEXT,
    UNIQUE (source, url)
) STRICT;

CREATE INDEX documents_due ON documents (due_at) WHERE unlinked_at IS NULL;

-- Which standing records link a document.
CREATE TABLE document_links (
    line_id INTEGER NOT NULL REFERENCES records (id),  -- of the record
    field TEXT NOT NULL,
    document_id INTEGER NOT NULL REFERENCES documents (id),
    list TEXT NOT NULL,
    checked_as TEXT,  -- of the document's file and the record's values, when it was last looked for doubts
    PRIMARY KEY (line_id, field, document_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX document_links_of_document ON document_links (document_id, line_id);

-- When a web archive was last asked for a document that its publisher does not have.
CREATE TABLE document_searches (
    document_id INTEGER PRIMARY KEY REFERENCES documents (id),
    searched_at TEXT NOT NULL,
    fault TEXT  -- why nothing was found; NULL: a copy was kept
) STRICT;

-- Up to which version the links of a list are noted.
CREATE TABLE document_lists (
    source TEXT NOT NULL,
    list TEXT NOT NULL,
    version_id INTEGER NOT NULL REFERENCES versions (id),
    described_as TEXT NOT NULL,  -- the fields that were looked at
    PRIMARY KEY (source, list)
) STRICT, WITHOUT ROWID;

-- Each file that a document has had.
CREATE TABLE document_versions (
    id INTEGER PRIMARY KEY,
    document_id INTEGER NOT NULL REFERENCES documents (id),
    number INTEGER NOT NULL,
    capture_id INTEGER NOT NULL REFERENCES captures (id),
    pages INTEGER,  -- NULL: it can't be read
    letters INTEGER,  -- of its text; 0: a scan
    text_digest TEXT,  -- the hash of its text
    fault TEXT,  -- why it can't be read
    UNIQUE (document_id, number)
) STRICT;

CREATE INDEX document_versions_of_capture ON document_versions (capture_id);

-- The text of each version, page by page: a JSON array of texts, packed by zlib.
CREATE TABLE document_texts (
    version_id INTEGER PRIMARY KEY REFERENCES document_versions (id),
    pages BLOB NOT NULL
) STRICT;

-- The words of each page; a row's number is 10,000 times the id of the version, and the number of the page.
CREATE VIRTUAL TABLE document_words USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2');

-- Why a document can't be the one that its record should link to, as long as that is so.
CREATE TABLE document_doubts (
    id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES document_versions (id),
    line_id INTEGER NOT NULL REFERENCES records (id),  -- of the record
    field TEXT NOT NULL,
    problem TEXT NOT NULL,
    suggestions TEXT NOT NULL,  -- JSON: the likeliest first
    noted_at TEXT NOT NULL,
    gone_at TEXT
) STRICT;

CREATE INDEX document_doubts_of_line ON document_doubts (line_id);

-- What is told of a document: in an entry of the change log.
ALTER TABLE amendments ADD COLUMN document TEXT;

CREATE TRIGGER document_versions_stay BEFORE UPDATE ON document_versions
BEGIN SELECT raise(ABORT, 'rows of document_versions are never changed'); END;

CREATE TRIGGER document_versions_remain BEFORE DELETE ON document_versions
BEGIN SELECT raise(ABORT, 'rows of document_versions are never changed'); END;

-- Each file of each document, with the answer by which it came.
CREATE VIEW document_details AS
SELECT document_versions.id, document_versions.document_id, documents.source, documents.url, document_versions.number,
    document_versions.capture_id, captures.sha256, captures.bytes, captures.captured_at, captures.memento,
    document_versions.pages, document_versions.letters, document_versions.text_digest, document_versions.fault
FROM document_versions
JOIN documents ON documents.id = document_versions.document_id
JOIN captures ON captures.id = document_versions.capture_id;

-- What the leaves of the evidence log about documents say.
CREATE VIEW document_statements AS
SELECT id, source, url, number, capture_id, sha256 AS version, captured_at, pages, letters, text_digest, fault
FROM document_details
"""

# What the pages about documents ask: what the log tells of one, and whether anything about any has changed.
LOOKED_UP = """
CREATE INDEX amendments_of_document ON amendments (json_extract(document, '$.url'), id) WHERE document IS NOT NULL;

CREATE INDEX amendments_of_moved_document ON amendments (json_extract(document, '$.from_url'), id)
WHERE document IS NOT NULL;

CREATE INDEX documents_asked ON documents (asked_at)
"""


def document_statements() -> tuple[str, ...]:
    """Return the SQL statements of this schema step, in order."""
    return tuple(DOCUMENTS.split(";\n\n"))


def lookup_statements() -> tuple[str, ...]:
    """Return the SQL statements of the schema step with the indexes for the pages about documents, in order."""
    return tuple(LOOKED_UP.split(";\n\n"))
