"""The schema step for backfills: the table of captures in a web archive, and columns that mark history before a gap."""

# The trigger protects all that `verify` checks. The line of a record is not part of an entry, and joining changes it.
BACKFILL = """
-- Of what a web archive had: its address there.
ALTER TABLE captures ADD COLUMN memento TEXT;

-- The same, of the version's capture.
ALTER TABLE amendments ADD COLUMN observed_by TEXT;

-- Of history found before what was there, while it is not joined to that: its last version.
ALTER TABLE versions ADD COLUMN until_version INTEGER REFERENCES versions;

-- The same of what is doubtful there.
ALTER TABLE doubts ADD COLUMN until_version INTEGER REFERENCES versions;

CREATE INDEX doubts_until ON doubts (until_version) WHERE until_version IS NOT NULL;

CREATE INDEX versions_until ON versions (until_version) WHERE until_version IS NOT NULL;

DROP INDEX records_standing;

CREATE INDEX records_standing ON records (report_id, list, last_version);

DROP TRIGGER amendments_stay;

CREATE TRIGGER amendments_stay BEFORE UPDATE OF id, source, report, list, kind, reason, observed_at, version, previous,
    jurisdiction, before, after, fields, minor, confidence, reverts, evidence, resolves_doubt, mentions, speaks_of,
    entry_hash, version_id, state, observed_by ON amendments
BEGIN SELECT raise(ABORT, 'the change log is append-only'); END;

-- What a web archive has of a source's reports, listed by a backfill.
CREATE TABLE mementos (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    report TEXT NOT NULL,  -- its key
    name TEXT NOT NULL,  -- of the report, in the configuration
    url TEXT NOT NULL,
    captured_at TEXT NOT NULL,
    digest TEXT NOT NULL,  -- the archive's own, by which captures of the same bytes are told: SHA-1 in base 32
    address TEXT NOT NULL,  -- where the archive shows the bytes as they were
    media_type TEXT NOT NULL,
    sha256 TEXT,  -- of the bytes, once they are kept
    says TEXT,  -- what makes it differ: the hash of the bytes, of a page that of what it says
    bytes INTEGER,
    headers TEXT,  -- as of a capture
    status TEXT NOT NULL CHECK (status IN ('listed', 'kept', 'placed', 'failed')),
    fault TEXT,
    UNIQUE (source, url, captured_at)
) STRICT;

CREATE INDEX mementos_by_status ON mementos (source, status, report, captured_at);

CREATE INDEX mementos_of_digest ON mementos (source, report, digest)
"""


def backfill_statements() -> tuple[str, ...]:
    """Return the SQL statements of the schema step for backfills from a web archive, in order."""
    return tuple(BACKFILL.split(";\n\n"))
