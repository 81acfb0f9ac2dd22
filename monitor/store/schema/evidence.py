"""The schema step with the evidence log: one Merkle tree over everything that the program recorded.

Each line of that log is a leaf of the tree. The text of a leaf is not stored: it is made again from the rows that it
is about, so that a change of these rows shows.
"""

from __future__ import annotations

EVIDENCE = """
-- The leaves of the evidence log: the hash of each (RFC 6962), and the row that it is about.
CREATE TABLE leaves (
    number INTEGER PRIMARY KEY,  -- from 0
    kind TEXT NOT NULL,
    ref INTEGER NOT NULL,  -- the id of the row
    hash BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX leaves_of_row ON leaves (kind, ref);

-- How long the evidence log is, and the roots of the complete subtrees of its tree.
CREATE TABLE evidence_head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    size INTEGER NOT NULL,
    peaks BLOB NOT NULL,
    adopted INTEGER NOT NULL  -- so many leaves are about rows that an older release had written
) STRICT;

-- Each change of a version's status: its columns as they were then.
CREATE TABLE version_states (
    id INTEGER PRIMARY KEY,
    version_id INTEGER NOT NULL REFERENCES versions (id),
    status TEXT NOT NULL,
    hold_reason TEXT,
    releasable INTEGER NOT NULL,
    gap_after_version_id INTEGER
) STRICT;

CREATE INDEX version_states_of_version ON version_states (version_id, id);

-- When a version was last seen: once a day, and once more when the next version came.
CREATE TABLE sightings (
    id INTEGER PRIMARY KEY,
    version_id INTEGER NOT NULL REFERENCES versions (id),
    last_seen_at TEXT NOT NULL
) STRICT;

CREATE INDEX sightings_of_version ON sightings (version_id, id);

-- Hashes over a list as it stood in one version; made once more where older history is joined to it.
CREATE TABLE list_proofs (
    id INTEGER PRIMARY KEY,
    version_id INTEGER NOT NULL REFERENCES versions (id),
    list TEXT NOT NULL,
    lines TEXT NOT NULL,  -- over the records, as one line each
    standing TEXT NOT NULL,  -- over the rows of these records, and of the doubts that stand
    ended TEXT NOT NULL  -- over the rows of the records and doubts that are gone with this version
) STRICT;

CREATE INDEX list_proofs_of_version ON list_proofs (version_id, list, id);

-- Each time when this history was made from a backup: how long the evidence log was then, and its root.
CREATE TABLE restores (
    id INTEGER PRIMARY KEY,
    restored_at TEXT NOT NULL,
    size INTEGER NOT NULL,
    root TEXT NOT NULL
) STRICT;

CREATE INDEX doubts_gone ON doubts (report_id, list, gone_at);

-- What the leaves of the evidence log say, one view for each kind of leaf.
CREATE VIEW capture_statements AS
SELECT id, source, url, captured_at, sha256, bytes, digest, headers, via, memento FROM captures;

CREATE VIEW exchange_statements AS
SELECT exchanges.capture_id AS id, exchanges.*, captures.source, captures.url, captures.sha256 AS capture
FROM exchanges JOIN captures ON captures.id = exchanges.capture_id;

CREATE VIEW version_statements AS
SELECT versions.id, reports.source, reports.key AS report, reports.name, reports.kind, versions.number,
    versions.capture_id, captures.sha256 AS version, captures.captured_at, versions.page_id, pages.sha256 AS page,
    versions.file_name
FROM versions
JOIN reports ON reports.id = versions.report_id
JOIN captures ON captures.id = versions.capture_id
LEFT JOIN captures AS pages ON pages.id = versions.page_id;

CREATE VIEW status_statements AS
SELECT version_states.id, version_details.source, version_details.report_key AS report, version_details.number,
    version_details.sha256 AS version, version_states.version_id, version_states.status, version_states.hold_reason,
    version_states.releasable, version_states.gap_after_version_id AS before_gap_after
FROM version_states JOIN version_details ON version_details.id = version_states.version_id;

CREATE VIEW decision_statements AS
SELECT decisions.id, version_details.source, version_details.report_key AS report, version_details.number,
    version_details.sha256 AS version, decisions.version_id, decisions.decision, decisions.decided_by,
    decisions.decided_at, decisions.hold_reason
FROM decisions JOIN version_details ON version_details.id = decisions.version_id;

CREATE VIEW list_statements AS
SELECT list_proofs.id, version_details.source, version_details.report_key AS report, version_details.number,
    version_details.sha256 AS version, version_details.captured_at, list_proofs.version_id, list_proofs.list,
    lists.records, lists.added, lists.removed, lists.corrected, list_proofs.lines, list_proofs.standing,
    list_proofs.ended
FROM list_proofs
JOIN version_details ON version_details.id = list_proofs.version_id
JOIN lists ON lists.version_id = list_proofs.version_id AND lists.name = list_proofs.list;

CREATE VIEW restored_statements AS SELECT id, restored_at, size, root FROM restores;

CREATE VIEW seen_statements AS
SELECT sightings.id, version_details.source, version_details.report_key AS report, version_details.number,
    version_details.sha256 AS version, sightings.version_id, sightings.last_seen_at
FROM sightings JOIN version_details ON version_details.id = sightings.version_id
"""
# Tables whose rows are only ever added.
ONLY_ADDED = ("leaves", "version_states", "sightings", "list_proofs", "decisions", "restores")
# A database without history begins its log at once; for one that has some, `store/adopt.py` does it.
BEGIN = """
INSERT INTO evidence_head (only, size, peaks, adopted)
SELECT 1, 0, x'', 0 WHERE NOT EXISTS (SELECT 1 FROM captures) AND NOT EXISTS (SELECT 1 FROM amendments)
"""


def evidence_statements() -> tuple[str, ...]:
    """Return the SQL statements of this schema step, in order."""
    return (*EVIDENCE.split(";\n\n"), *(statement for table in ONLY_ADDED for statement in _guards(table)), BEGIN)


def _guards(table: str) -> tuple[str, str]:
    """Return two triggers that keep the rows of a table as they are."""
    message = f"rows of {table} are never changed"
    return (
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table} BEGIN SELECT raise(ABORT, '{message}'); END",
        f"CREATE TRIGGER {table}_remain BEFORE DELETE ON {table} BEGIN SELECT raise(ABORT, '{message}'); END",
    )
