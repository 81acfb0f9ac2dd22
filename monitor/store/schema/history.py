"""The first schema step: the tables for sources, reports, versions, records, the change log and alerts."""

HISTORY = """
-- One source's last poll.
CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    polled_at TEXT NOT NULL,
    succeeded_at TEXT,
    failures INTEGER NOT NULL DEFAULT 0,  -- polls in a row that failed
    fault TEXT
) STRICT;

-- What a web address last answered, for conditional requests.
CREATE TABLE addresses (
    url TEXT PRIMARY KEY,
    etag TEXT,
    last_modified TEXT,
    sha256 TEXT NOT NULL,
    digest TEXT NOT NULL,
    links TEXT,  -- of a page: its links, as JSON
    answered_at TEXT NOT NULL
) STRICT;

CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    key TEXT NOT NULL,  -- as shown: the name in the configuration, in a series the period
    name TEXT NOT NULL,  -- in the configuration
    kind TEXT NOT NULL CHECK (kind IN ('series', 'rolling', 'page')),
    url TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    misses INTEGER NOT NULL DEFAULT 0,  -- polls in a row that found it gone
    withdrawn_at TEXT,
    UNIQUE (source, key)
) STRICT;

-- One response that was kept; its bytes are in the archive.
CREATE TABLE captures (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    captured_at TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,  -- what makes it differ: the hash of the bytes, of a page that of what it says
    headers TEXT NOT NULL,  -- JSON: [[name, value], ...]
    via TEXT NOT NULL CHECK (via IN ('poll', 'import'))
) STRICT;

CREATE INDEX captures_of_url ON captures (source, url, id);

CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL REFERENCES reports,
    number INTEGER NOT NULL,
    capture_id INTEGER NOT NULL REFERENCES captures,
    page_id INTEGER REFERENCES captures,  -- the page that led to it
    file_name TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('kept', 'recorded', 'held', 'rejected')),
    hold_reason TEXT,
    releasable INTEGER NOT NULL DEFAULT 0,
    UNIQUE (report_id, number)
) STRICT;

CREATE INDEX versions_by_status ON versions (status, id);

-- What was found in a version, by list.
CREATE TABLE lists (
    version_id INTEGER NOT NULL REFERENCES versions,
    name TEXT NOT NULL,
    records INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    PRIMARY KEY (version_id, name)
) STRICT, WITHOUT ROWID;

-- Records as intervals: a row stands from its first to its last version, or still (null).
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL REFERENCES reports,
    list TEXT NOT NULL,
    entry INTEGER NOT NULL REFERENCES records,  -- the first record of this one's line of corrections
    fields TEXT NOT NULL,  -- JSON: {field: value}
    locator TEXT NOT NULL,  -- JSON: in the bytes of its first version
    seen_locator TEXT NOT NULL,  -- JSON: in the bytes of the last version that was recorded
    state TEXT,
    jurisdiction TEXT,  -- JSON
    first_version INTEGER NOT NULL REFERENCES versions,
    last_version INTEGER REFERENCES versions
) STRICT;

CREATE INDEX records_of_list ON records (report_id, list, first_version);

CREATE INDEX records_standing ON records (report_id, list) WHERE last_version IS NULL;

CREATE INDEX records_of_jurisdiction ON records (json_extract(jurisdiction, '$.ocd_id'));

CREATE INDEX records_of_entry ON records (entry);

-- The change log: append-only, each entry's hash holding the one before.
CREATE TABLE amendments (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    report TEXT NOT NULL,
    list TEXT,
    kind TEXT NOT NULL,
    reason TEXT,
    observed_at TEXT NOT NULL,
    version TEXT NOT NULL,  -- SHA-256
    previous TEXT,
    jurisdiction TEXT,
    before TEXT,
    after TEXT,
    fields TEXT NOT NULL,
    minor INTEGER NOT NULL,
    confidence REAL NOT NULL,
    reverts INTEGER REFERENCES amendments,
    evidence TEXT NOT NULL,
    resolves_doubt TEXT,  -- JSON: the doubt that a correction mends
    mentions TEXT NOT NULL,  -- JSON: the jurisdictions that a notice speaks of
    speaks_of TEXT NOT NULL,  -- JSON: the reports that it speaks of
    entry_hash TEXT NOT NULL,
    version_id INTEGER NOT NULL REFERENCES versions,
    entry INTEGER REFERENCES records,
    state TEXT
) STRICT;

CREATE INDEX amendments_of_entry ON amendments (entry, id);

CREATE INDEX amendments_of_list ON amendments (source, list, id);

CREATE INDEX amendments_by_list ON amendments (list, id);

CREATE INDEX amendments_of_kind ON amendments (kind, id);

CREATE INDEX amendments_of_state ON amendments (state, id);

CREATE INDEX amendments_by_time ON amendments (observed_at, id);

CREATE INDEX amendments_of_version ON amendments (version_id, id);

CREATE INDEX amendments_of_jurisdiction ON amendments (json_extract(jurisdiction, '$.ocd_id'), id);

CREATE TRIGGER amendments_stay BEFORE UPDATE ON amendments
BEGIN SELECT raise(ABORT, 'the change log is append-only'); END;

CREATE TRIGGER amendments_remain BEFORE DELETE ON amendments
BEGIN SELECT raise(ABORT, 'the change log is append-only'); END;

-- What can't be right in a publisher's list, as long as it stands there.
CREATE TABLE doubts (
    id INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL REFERENCES reports,
    list TEXT NOT NULL,
    entry INTEGER NOT NULL REFERENCES records,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    problem TEXT NOT NULL,
    suggestions TEXT NOT NULL,  -- JSON: the likeliest first
    noted_at TEXT NOT NULL,
    gone_at TEXT  -- mended, or its record removed
) STRICT;

CREATE INDEX doubts_of_list ON doubts (report_id, list) WHERE gone_at IS NULL;

CREATE INDEX doubts_of_entry ON doubts (entry);

-- Where the change log ends, so that entries missing there are missed too.
CREATE TABLE log_end (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    length INTEGER NOT NULL,
    head TEXT NOT NULL
) STRICT;

-- What a subscription is told at one time; its words are made from the log when it is sent.
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    subscription TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,  -- its name in the world, the same at every attempt
    created_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    subject TEXT,  -- of what is told to an operator
    notes TEXT NOT NULL  -- JSON: lines of words
) STRICT;

CREATE INDEX alerts_of_subscription ON alerts (subscription, due_at);

CREATE TABLE alert_entries (
    alert_id INTEGER NOT NULL REFERENCES alerts,
    amendment_id INTEGER NOT NULL REFERENCES amendments,
    PRIMARY KEY (alert_id, amendment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_versions (
    alert_id INTEGER NOT NULL REFERENCES alerts,
    version_id INTEGER NOT NULL REFERENCES versions,
    first TEXT NOT NULL,  -- JSON: {list: records} for lists seen for the first time
    PRIMARY KEY (alert_id, version_id)
) STRICT, WITHOUT ROWID;

-- One alert on its way to one channel.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    alert_id INTEGER NOT NULL REFERENCES alerts,
    channel TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'sent', 'dead')),
    attempts INTEGER NOT NULL,
    next_attempt_at TEXT NOT NULL,
    sent_at TEXT,
    fault TEXT,
    UNIQUE (alert_id, channel)
) STRICT;

CREATE INDEX deliveries_waiting ON deliveries (channel, next_attempt_at) WHERE status = 'waiting';

-- What operators were told once and need not hear again.
CREATE TABLE told (
    what TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT;

-- Channels that a permanent fault has disabled, until one of their deliveries is asked for again.
CREATE TABLE disabled (
    channel TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    fault TEXT NOT NULL
) STRICT;
"""


def history_statements() -> tuple[str, ...]:
    """Return the SQL statements of the first schema step, which creates the main tables, in order."""
    return tuple(HISTORY.split(";\n\n"))
