"""The schema step with indexes of the change log by words, filters and days, and views for people who write SQL."""

# The facets of an amendment, each as one word of letters and digits: a letter for its kind, and its value in hex.
# A jurisdiction counts for those that it lies in by its id: its county, its state.
AMENDMENT_FACETS = """
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
AMENDMENT_WORDS = """
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


def search_statements() -> tuple[str, ...]:
    """Return the SQL statements of the schema step that makes the change log searchable, in order.

    The first statements create tables, triggers and views; the last fill the tables from the entries already in the
    log.
    """
    new, old = (
        text.format(words=AMENDMENT_WORDS.format(row=row), facets=AMENDMENT_FACETS.format(row=row)).split(";\n\n")
        for text, row in ((BROWSING, "new"), (BROWSING_OF_OLD, "old"))
    )
    return (*new, *old)
