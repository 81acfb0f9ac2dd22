"""The database's schema as an ordered list of steps: appended to, never edited. Each commits with its own name."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from monitor.errors import StoreError
from monitor.schema import finding

migrations = Migrations("monitor")


def migrate(db: Database) -> None:
    """Bring a database up to this program's schema. Raises StoreError for one that a newer program has written."""
    ours = {step.name for step in migrations.pending(Database(memory=True))}
    if newer := sorted({step.name for step in migrations.applied(db)} - ours):
        raise StoreError(
            f"the database was written by a newer version of monitor (it has {', '.join(newer)}); "
            "install that version, or name another folder with --state"
        )
    migrations.apply(db)


@migrations()
def m001_history(db: Database) -> None:
    """Everything that is known of reports, their versions, records and amendments."""
    for statement in HISTORY.split(";\n\n"):
        db.execute(statement)


@migrations()
def m002_schedule(db: Database) -> None:
    """When each source is to be polled next, so that a daemon that starts again goes on where it stopped."""
    for statement in SCHEDULE.split(";\n\n"):
        db.execute(statement)


@migrations()
def m003_browsing(db: Database) -> None:
    """What pages are found by: words and filters of the change log, its days, and views for people who write SQL."""
    for statement in BROWSING.split(";\n\n"):
        db.execute(statement.format(words=WORDS.format(row="new"), facets=FACETS.format(row="new")))
    for statement in BROWSING_OF_OLD.split(";\n\n"):
        db.execute(statement.format(words=WORDS.format(row="old"), facets=FACETS.format(row="old")))


@migrations()
def m004_backfill(db: Database) -> None:
    """History that is found later, before what is already there: who keeps it, and where it ends until it is joined."""
    for statement in BACKFILL.split(";\n\n"):
        db.execute(statement)


@migrations()
def m005_finding(db: Database) -> None:
    """What would take longer the more there is: records by parts of words, versions by their bytes, and counts."""
    for statement in finding.statements():
        db.execute(statement)


@migrations()
def m006_receipts(db: Database) -> None:
    """What a web archive has saved of versions, and which it is still to be asked for."""
    db.execute(RECEIPTS)


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

SCHEDULE = """
CREATE TABLE schedule (
    source TEXT PRIMARY KEY,
    next_poll_at TEXT NOT NULL
) STRICT;

CREATE INDEX schedule_by_time ON schedule (next_poll_at)
"""

# In a facet's name nothing but letters and digits, so that the index takes it for one word: a letter for what it is,
# and its value in hexadecimal. A jurisdiction counts for all that it lies in by its id: its county, its state.
FACETS = """
        's' || hex({row}.source) || ' k' || hex({row}.kind)
        || coalesce(' l' || hex({row}.list), '') || coalesce(' t' || hex({row}.state), '')
        || coalesce((
            SELECT group_concat(DISTINCT ' j' || hex(rtrim(substr(place, 1, ends.value), '/')))
            FROM (
                SELECT json_extract(iif(json_valid({row}.jurisdiction), {row}.jurisdiction, NULL), '$.ocd_id') || '/'
                    AS place
                UNION ALL
                SELECT json_extract(value, '$.ocd_id') || '/'
                FROM json_each(iif(json_valid({row}.mentions), {row}.mentions, '[]'))
            )
            JOIN json_each(json_array(
                24 + instr(substr(place, 25), '/'),
                24 + instr(substr(place, 25), '/') + instr(substr(place, 25 + instr(substr(place, 25), '/')), '/'),
                length(place)
            )) AS ends
        ), '')"""
WORDS = """
        coalesce((
            SELECT group_concat(value, ' ') FROM json_each(iif(json_valid({row}.before), {row}.before, '[]'))
        ), '') || ' ' || coalesce((
            SELECT group_concat(value, ' ') FROM json_each(iif(json_valid({row}.after), {row}.after, '[]'))
        ), '') || ' ' || coalesce(
            json_extract(iif(json_valid({row}.jurisdiction), {row}.jurisdiction, NULL), '$.name'), ''
        ) || ' ' || {row}.report || ' ' || coalesce({row}.reason, '')"""

BROWSING = """
CREATE INDEX amendments_of_source ON amendments (source, id);

CREATE INDEX captures_of_hash ON captures (sha256);

-- The change log by words, and by several filters at once; nothing is kept here that the log itself does not hold.
CREATE VIRTUAL TABLE amendment_words USING fts5 (
    words, facets, content = '', tokenize = 'unicode61 remove_diacritics 2'
);

-- How many amendments of each kind each list had on each day, and the first and last of them.
CREATE TABLE amendment_days (
    day TEXT NOT NULL,
    source TEXT NOT NULL,
    list TEXT NOT NULL,  -- "" for what is about a whole report
    kind TEXT NOT NULL,
    amendments INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    PRIMARY KEY (day, source, list, kind)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER amendments_are_found AFTER INSERT ON amendments
BEGIN
    INSERT INTO amendment_words (rowid, words, facets) VALUES (new.id, {words}, {facets});
    INSERT INTO amendment_days (day, source, list, kind, amendments, first_id, last_id)
    VALUES (substr(new.observed_at, 1, 10), new.source, coalesce(new.list, ''), new.kind, 1, new.id, new.id)
    ON CONFLICT (day, source, list, kind) DO UPDATE SET
        amendments = amendments + 1, first_id = min(first_id, new.id), last_id = max(last_id, new.id);
END;

-- The change log as a table to look at; newest last, as it was written.
CREATE VIEW change_log AS
SELECT id, observed_at, kind, source, report, list, json_extract(jurisdiction, '$.name') AS jurisdiction, state,
    reason, fields, before, after, minor, confidence, reverts, json_extract(jurisdiction, '$.fips') AS fips,
    json_extract(jurisdiction, '$.ocd_id') AS ocd_id, version, previous, evidence, entry_hash
FROM amendments;

-- The records that stand, each with its list and since when it is there; of a series, those of each of its reports.
CREATE VIEW standing_records AS
SELECT records.id, reports.source, reports.key AS report, records.list,
    json_extract(records.jurisdiction, '$.name') AS jurisdiction, records.state, records.fields,
    captures.captured_at AS listed_since, json_extract(records.jurisdiction, '$.fips') AS fips,
    json_extract(records.jurisdiction, '$.ocd_id') AS ocd_id, records.locator
FROM records
JOIN reports ON reports.id = records.report_id
JOIN records AS beginnings ON beginnings.id = records.entry
JOIN versions ON versions.id = beginnings.first_version
JOIN captures ON captures.id = versions.capture_id
WHERE records.last_version IS NULL;

-- Every version of every report, with the file that it is.
CREATE VIEW report_versions AS
SELECT versions.id, reports.source, reports.key AS report, versions.number, versions.status, versions.hold_reason,
    captures.captured_at, versions.last_seen_at, versions.file_name, captures.url, captures.bytes, captures.sha256
FROM versions
JOIN reports ON reports.id = versions.report_id
JOIN captures ON captures.id = versions.capture_id
"""

BROWSING_OF_OLD = """
INSERT INTO amendment_words (rowid, words, facets)
SELECT old.id, {words}, {facets}
FROM amendments AS old ORDER BY old.id;

INSERT INTO amendment_days (day, source, list, kind, amendments, first_id, last_id)
SELECT substr(observed_at, 1, 10), source, coalesce(list, ''), kind, count(*), min(id), max(id)
FROM amendments GROUP BY 1, 2, 3, 4
"""

# What `verify` checks may still not be changed; where an entry's record is kept is no part of what the entry says.
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

RECEIPTS = """
-- Of the latest version of a report, on its way into a web archive: asked for, under way there, or saved.
CREATE TABLE receipts (
    version_id INTEGER PRIMARY KEY REFERENCES versions,
    url TEXT NOT NULL,
    attempts INTEGER NOT NULL,  -- that came to nothing
    next_attempt_at TEXT NOT NULL,  -- while a job is under way: the next look at it
    job TEXT,  -- the archive's name for a capture under way
    job_begun_at TEXT,
    saved_at TEXT,
    memento TEXT,  -- the address in the archive
    fault TEXT,
    CHECK ((saved_at IS NULL) = (memento IS NULL))
) STRICT
"""
