"""The schema step with the table of comparisons: whether the copy in the web archive has the bytes of the version.

Only versions that the web archive has saved can have a row there.
"""

COMPARISONS = """
-- Of a version with a receipt: whether the web archive's copy of it has the same bytes.
CREATE TABLE comparisons (
    version_id INTEGER PRIMARY KEY REFERENCES receipts (version_id),
    status TEXT NOT NULL CHECK (status IN ('same', 'other', 'not compared')),
    sha256 TEXT,  -- of the copy
    bytes INTEGER,
    http_status INTEGER,  -- with which the publisher sent what the archive has
    same_text INTEGER,  -- 1 for a page with other bytes that says the same
    compared_at TEXT,
    attempts INTEGER NOT NULL,
    next_attempt_at TEXT NOT NULL,
    fault TEXT,  -- why it could not be compared
    CHECK ((status = 'not compared') = (sha256 IS NULL)),
    CHECK ((sha256 IS NULL) = (bytes IS NULL) AND (sha256 IS NULL) = (compared_at IS NULL))
) STRICT;

CREATE TRIGGER comparisons_stay BEFORE UPDATE ON comparisons WHEN old.status <> 'not compared'
BEGIN SELECT raise(ABORT, 'a comparison that was made is never changed'); END;

CREATE TRIGGER comparisons_remain BEFORE DELETE ON comparisons
BEGIN SELECT raise(ABORT, 'rows of comparisons are never removed'); END;

-- Each saved version, with the copy in the web archive and how it compares.
CREATE VIEW saved_copies AS
SELECT receipts.version_id, reports.source, reports.key AS report_key, reports.kind, versions.number, receipts.url,
    captures.sha256 AS version, captures.digest, receipts.memento, receipts.saved_at,
    coalesce(comparisons.status, 'not compared') AS compared, comparisons.sha256, comparisons.bytes,
    comparisons.http_status, comparisons.same_text, comparisons.compared_at,
    coalesce(comparisons.attempts, 0) AS attempts, comparisons.next_attempt_at, comparisons.fault
FROM receipts
JOIN versions ON versions.id = receipts.version_id
JOIN reports ON reports.id = versions.report_id
JOIN captures ON captures.id = versions.capture_id
LEFT JOIN comparisons ON comparisons.version_id = receipts.version_id
WHERE receipts.memento IS NOT NULL;

-- What the leaves of the evidence log about compared copies say.
CREATE VIEW saved_statements AS
SELECT version_id AS id, source, report_key AS report, number, version, version_id, memento, saved_at, sha256, bytes,
    http_status, compared, same_text, compared_at
FROM saved_copies WHERE compared <> 'not compared'
"""


def compared_statements() -> tuple[str, ...]:
    """Return the SQL statements of this schema step, in order."""
    return tuple(COMPARISONS.split(";\n\n"))
