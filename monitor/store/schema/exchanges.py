"""The schema step with the tables of what is kept of each exchange with a server, beside the bytes of its answer.

An exchange is one request, the server's answer to it, and the redirects on the way there.
"""

EXCHANGES = """
-- Of each capture that this program fetched: the exchange that brought it. An imported file has none.
-- Times are in UTC, with microseconds.
CREATE TABLE exchanges (
    capture_id INTEGER PRIMARY KEY REFERENCES captures (id),
    asked_at TEXT NOT NULL,  -- before the connection was made, or used again
    headers_at TEXT NOT NULL,  -- when all headers of the answer were there
    ended_at TEXT NOT NULL,  -- when the last byte was there
    request TEXT NOT NULL,  -- JSON: method, url, headers
    http_version TEXT NOT NULL,  -- as the server said, such as HTTP/1.1
    status INTEGER NOT NULL,
    reason TEXT NOT NULL,  -- the words after the status; empty in HTTP/2
    headers TEXT NOT NULL,  -- JSON: pairs, in the order and the letters in which they came
    headers_cut INTEGER NOT NULL,  -- how many more headers came, and were too long to be kept
    redirects TEXT NOT NULL,  -- JSON: the exchanges that led here, each with the same columns
    server_address TEXT,
    server_port INTEGER,
    tls TEXT,  -- JSON: version, cipher, the SHA-256 of each certificate
    packed_sha256 TEXT,  -- of the body as it came, where it came packed
    packed_bytes INTEGER,
    program TEXT NOT NULL,  -- that asked
    CHECK ((packed_sha256 IS NULL) = (packed_bytes IS NULL))
) STRICT;

CREATE TRIGGER exchanges_stay BEFORE UPDATE ON exchanges
BEGIN SELECT raise(ABORT, 'exchanges are never altered'); END;

CREATE TRIGGER exchanges_last BEFORE DELETE ON exchanges
BEGIN SELECT raise(ABORT, 'exchanges are never deleted'); END;

-- The certificates that servers showed: each is a file of the archive, in DER.
CREATE TABLE certificates (
    sha256 TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    url TEXT NOT NULL,  -- for which one was first shown
    shown_at TEXT NOT NULL
) STRICT;

CREATE TRIGGER certificates_stay BEFORE UPDATE ON certificates
BEGIN SELECT raise(ABORT, 'certificates are never altered'); END;

CREATE TRIGGER certificates_last BEFORE DELETE ON certificates
BEGIN SELECT raise(ABORT, 'certificates are never deleted'); END;

-- JSON: the exchange that brought the bytes, until a capture is made of them.
ALTER TABLE mementos ADD COLUMN exchange TEXT
"""


def exchange_statements() -> tuple[str, ...]:
    """Return the SQL statements of this schema step, in order."""
    return tuple(EXCHANGES.split(";\n\n"))
