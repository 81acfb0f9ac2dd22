"""The schema step that adds accounts (which parts of a file no list was read from) and the content type of versions."""

from __future__ import annotations

ACCOUNTS = """
CREATE TABLE accounts (
    version_id INTEGER PRIMARY KEY REFERENCES versions (id),
    account TEXT NOT NULL  -- JSON: the parts of the file that no list took
) STRICT
"""

VERSION_DETAILS = """
CREATE VIEW version_details AS
SELECT versions.id, versions.report_id, reports.source, reports.key AS report_key, reports.name AS report_name,
    reports.kind, versions.number, captures.sha256, captures.digest, captures.url, versions.file_name,
    captures.captured_at, versions.last_seen_at, captures.bytes, versions.status, versions.hold_reason,
    versions.releasable, captures.via, pages.sha256 AS page_sha256, (
        SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
        WHERE json_extract(value, '$[0]') = 'last-modified'
    ) AS last_modified, (
        SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
        WHERE json_extract(value, '$[0]') = 'content-type'
    ) AS content_type, captures.memento, versions.gap_after_version_id
FROM versions
JOIN reports ON reports.id = versions.report_id
JOIN captures ON captures.id = versions.capture_id
LEFT JOIN captures AS pages ON pages.id = versions.page_id
"""


def account_statements() -> tuple[str, ...]:
    """Return the SQL statements of the schema step that adds accounts, in order."""
    return (ACCOUNTS, "DROP VIEW version_details", VERSION_DETAILS)
