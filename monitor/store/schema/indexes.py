"""The schema step with indexes for finding records by parts of words, and versions by the digest of their file.

It also adds a table with the number of versions of each status. A schema step is one change to the tables of the
database, made once.
"""

# All values of a record, each with two blanks after it, so that its last letters begin a piece of three letters too.
RECORD_WORDS = """
        coalesce((
            SELECT group_concat(value || '  ', '')
            FROM json_each(iif(json_valid({row}.fields), {row}.fields, '{{}}'))
        ), '')"""

FINDING = """
CREATE INDEX versions_of_capture ON versions (capture_id);

-- When its capture was made, once more, so that what stood at a time is found in one index.
ALTER TABLE versions ADD COLUMN captured_at TEXT;

UPDATE versions SET captured_at = (SELECT captured_at FROM captures WHERE captures.id = versions.capture_id);

CREATE TRIGGER versions_have_their_time AFTER INSERT ON versions
BEGIN
    UPDATE versions SET captured_at = (SELECT captured_at FROM captures WHERE captures.id = new.capture_id)
    WHERE id = new.id;
END;

CREATE INDEX versions_in_time ON versions (report_id, number, status, captured_at);

CREATE INDEX captures_of_digest ON captures (digest);

CREATE INDEX deliveries_by_status ON deliveries (status, channel);

CREATE INDEX amendment_days_of_source ON amendment_days (source, day);

DROP INDEX records_of_list;

CREATE INDEX records_of_list ON records (report_id, list, first_version, last_version);

-- What records say, by pieces of three letters; nothing is kept here that the records do not hold.
CREATE VIRTUAL TABLE record_words USING fts5 (words, content = '', detail = none, tokenize = 'trigram');

CREATE VIRTUAL TABLE record_pieces USING fts5vocab ('record_words', 'row');

CREATE TRIGGER records_are_found AFTER INSERT ON records
BEGIN
    INSERT INTO record_words (rowid, words) VALUES (new.id, {new});
END;

CREATE TRIGGER records_are_found_no_longer AFTER DELETE ON records
BEGIN
    INSERT INTO record_words (record_words, rowid, words) VALUES ('delete', old.id, {old});
END;

INSERT INTO record_words (rowid, words)
SELECT old.id, {old}
FROM records AS old ORDER BY old.id;

-- How many versions have each status.
CREATE TABLE version_counts (
    status TEXT PRIMARY KEY,
    versions INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER versions_are_counted AFTER INSERT ON versions
BEGIN
    INSERT INTO version_counts (status, versions) VALUES (new.status, 1)
    ON CONFLICT (status) DO UPDATE SET versions = versions + 1;
END;

CREATE TRIGGER versions_are_counted_again AFTER UPDATE OF status ON versions
BEGIN
    UPDATE version_counts SET versions = versions - 1 WHERE status = old.status;
    INSERT INTO version_counts (status, versions) VALUES (new.status, 1)
    ON CONFLICT (status) DO UPDATE SET versions = versions + 1;
END;

INSERT INTO version_counts (status, versions) SELECT status, count(*) FROM versions GROUP BY status
"""


def index_statements() -> tuple[str, ...]:
    """Return the SQL statements of this schema step, in order.

    They create indexes, for finding things faster, and a table with the number of versions of each status.
    """
    filled = FINDING.format(new=RECORD_WORDS.format(row="new"), old=RECORD_WORDS.format(row="old"))
    return tuple(filled.split(";\n\n"))
