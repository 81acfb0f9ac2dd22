"""The schema step that gives columns, tables and indexes better names."""

RENAMES = """
-- The first record of a line of corrections: "entry" is a row of the change log and nothing else.
ALTER TABLE records RENAME COLUMN entry TO line_id;

DROP INDEX records_of_entry;

CREATE INDEX records_of_line ON records (line_id);

ALTER TABLE amendments RENAME COLUMN entry TO line_id;

DROP INDEX amendments_of_entry;

CREATE INDEX amendments_of_line ON amendments (line_id, id);

ALTER TABLE doubts RENAME COLUMN entry TO line_id;

DROP INDEX doubts_of_entry;

CREATE INDEX doubts_of_line ON doubts (line_id);

-- Set in history before a gap: the last version before it, after which nothing is known until the gap is closed.
ALTER TABLE versions RENAME COLUMN until_version TO gap_after_version_id;

DROP INDEX versions_until;

CREATE INDEX versions_before_gap ON versions (gap_after_version_id) WHERE gap_after_version_id IS NOT NULL;

ALTER TABLE doubts RENAME COLUMN until_version TO gap_after_version_id;

DROP INDEX doubts_until;

CREATE INDEX doubts_before_gap ON doubts (gap_after_version_id) WHERE gap_after_version_id IS NOT NULL;

-- The archive's own digest first, so that its name is free for the digest by which captures are told everywhere else.
ALTER TABLE mementos RENAME COLUMN digest TO archive_sha1;

ALTER TABLE mementos RENAME COLUMN says TO digest;

ALTER TABLE mementos RENAME COLUMN report TO report_key;

ALTER TABLE mementos RENAME COLUMN name TO report_name;

DROP INDEX mementos_of_digest;

CREATE INDEX mementos_of_archive_sha1 ON mementos (source, report_key, archive_sha1);

ALTER TABLE told RENAME TO operator_notices;

ALTER TABLE disabled RENAME TO disabled_channels;

ALTER TABLE log_end RENAME TO change_log_head
"""


def renaming_statements() -> tuple[str, ...]:
    """Return the SQL statements of the schema step that renames columns, tables and indexes, in order."""
    return tuple(RENAMES.split(";\n\n"))
