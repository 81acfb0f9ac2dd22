"""The schema step that adds details of held versions, people's decisions, and their mark in the change log.

A held version is one that is set aside until a person releases or rejects it.
"""

DECISIONS = """
-- Of each version that was held: why, by which description it was read, and what it would tell if it were released.
CREATE TABLE hold_details (
    version_id INTEGER PRIMARY KEY REFERENCES versions (id),
    reason TEXT NOT NULL,
    described_as TEXT NOT NULL,  -- a hash of the report's description and of this program's release
    would_tell TEXT NOT NULL  -- JSON: lines of text
) STRICT;

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    version_id INTEGER NOT NULL REFERENCES versions (id),
    decision TEXT NOT NULL,  -- released or rejected
    decided_by TEXT,
    decided_at TEXT NOT NULL,
    hold_reason TEXT
) STRICT;

-- JSON: the decision by which an entry came into the log, though its version had been held.
ALTER TABLE amendments ADD COLUMN decided TEXT
"""


def decision_statements() -> tuple[str, ...]:
    """Return the SQL statements of this schema step, in order.

    They add columns and tables for people's decisions about held versions.
    """
    return tuple(DECISIONS.split(";\n\n"))
