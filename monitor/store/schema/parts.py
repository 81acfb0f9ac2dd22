"""The schema step with the tables of versions that are several files or pages.

The capture of such a version has no bytes of a publisher. Its bytes are a list of the parts, which the program writes
(`monitor/store/parts.py`); each part is a capture of its own.
"""

VERSION_PARTS = """
-- Of a capture that is a list of parts: the captures that are its parts, in order.
CREATE TABLE parts (
    whole_id INTEGER NOT NULL REFERENCES captures (id),
    position INTEGER NOT NULL,  -- from 1
    capture_id INTEGER NOT NULL REFERENCES captures (id),
    key TEXT NOT NULL,  -- tells a part from the others in each version
    name TEXT NOT NULL,  -- as locators name it
    PRIMARY KEY (whole_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX parts_of_capture ON parts (capture_id);

CREATE TRIGGER parts_stay BEFORE UPDATE ON parts
BEGIN SELECT raise(ABORT, 'the parts of a version are never altered'); END;

CREATE TRIGGER parts_remain BEFORE DELETE ON parts
BEGIN SELECT raise(ABORT, 'the parts of a version are never deleted'); END;

-- Parts that the last polls found gone, until they are back or a version goes on without them.
CREATE TABLE missing_parts (
    source TEXT NOT NULL,
    report TEXT NOT NULL,  -- its name in the configuration; it need not have a version yet
    key TEXT NOT NULL,
    misses INTEGER NOT NULL,  -- polls in a row that found it gone
    instead TEXT,  -- a file that no report matches and that was linked when this one went; perhaps it is the part
    PRIMARY KEY (source, report, key)
) STRICT, WITHOUT ROWID;

DROP VIEW unsaved_versions;

-- The versions that a web archive can still see and has no receipt of: the latest one of each report that was not
-- taken down, published since it is watched, and not rejected. A version of several files has no address of its own.
CREATE VIEW unsaved_versions AS
SELECT versions.id AS version_id, reports.source, reports.key AS report_key, reports.kind, versions.number,
    captures.url, captures.captured_at, coalesce(receipts.attempts, 0) AS attempts, receipts.next_attempt_at,
    receipts.job, receipts.job_begun_at
FROM versions
JOIN reports ON reports.id = versions.report_id
JOIN captures ON captures.id = versions.capture_id
LEFT JOIN receipts ON receipts.version_id = versions.id
WHERE reports.withdrawn_at IS NULL AND captures.via = 'poll' AND captures.memento IS NULL
    AND versions.status <> 'rejected' AND receipts.memento IS NULL
    AND NOT EXISTS (SELECT 1 FROM parts WHERE whole_id = captures.id)
    AND versions.number = (SELECT max(number) FROM versions AS others WHERE others.report_id = reports.id)
"""


def part_statements() -> tuple[str, ...]:
    """Return the SQL statements of this schema step, in order."""
    return tuple(VERSION_PARTS.split(";\n\n"))
