"""The schema step that creates the tables of time stamps, of attempts that failed, and of the keys that sign.

A time stamp is what an authority has signed about a checkpoint of the evidence log, and when.
"""

STAMPS = """
CREATE TABLE stamps (
    id INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,  -- of the evidence log: the number of its leaves
    root TEXT NOT NULL,  -- the hash over all of them, in hexadecimal digits
    checkpoint TEXT NOT NULL,  -- the exact text whose SHA-256 was stamped
    authority TEXT NOT NULL,  -- its address
    asked_at TEXT NOT NULL,  -- by our clock
    gen_time TEXT NOT NULL,  -- by the authority's
    clock_difference_ms INTEGER NOT NULL,  -- by which the authority's clock was ahead of ours
    reply TEXT NOT NULL UNIQUE,  -- SHA-256 of the authority's whole reply, which is in the archive
    bytes INTEGER NOT NULL,  -- of the reply
    verified TEXT NOT NULL  -- by what it was checked, or why it was not
) STRICT;

CREATE INDEX stamps_of_authority ON stamps (authority, asked_at);

CREATE TRIGGER stamps_stay BEFORE UPDATE ON stamps
BEGIN SELECT raise(ABORT, 'time stamps are append-only'); END;

CREATE TRIGGER stamps_remain BEFORE DELETE ON stamps
BEGIN SELECT raise(ABORT, 'time stamps are append-only'); END;

-- Of each authority that did not give the last time stamp it was asked for: since when, and when it is asked again.
CREATE TABLE stamp_failures (
    authority TEXT PRIMARY KEY,
    attempts INTEGER NOT NULL,  -- in a row that came to nothing
    next_attempt_at TEXT NOT NULL,
    since TEXT,  -- the first of these attempts
    fault TEXT,
    clock_difference_ms INTEGER  -- where the fault is that the clocks differ
) STRICT;

CREATE TABLE signing_keys (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,  -- the name of the log whose checkpoints it signs
    fingerprint TEXT NOT NULL,
    public_key TEXT NOT NULL,  -- as OpenSSH writes it
    used_since TEXT NOT NULL,
    UNIQUE (origin, fingerprint)
) STRICT;

CREATE TRIGGER signing_keys_stay BEFORE UPDATE ON signing_keys
BEGIN SELECT raise(ABORT, 'keys are append-only'); END;

CREATE TRIGGER signing_keys_remain BEFORE DELETE ON signing_keys
BEGIN SELECT raise(ABORT, 'keys are append-only'); END;

-- What the leaves of the evidence log say of these rows.
CREATE VIEW stamp_statements AS
SELECT id, size, root, checkpoint, authority, asked_at, gen_time, clock_difference_ms, reply, bytes, verified
FROM stamps;

CREATE VIEW key_statements AS
SELECT id, origin, fingerprint, public_key, used_since FROM signing_keys
"""


def stamp_statements() -> tuple[str, ...]:
    """Return the SQL statements of this schema step, in order."""
    return tuple(STAMPS.split(";\n\n"))
