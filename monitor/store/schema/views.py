"""The schema step with views (stored queries) that return the rows the program reads.

People who write SQL can use them too.
"""

DELIVERY_DETAILS = """
CREATE VIEW delivery_details AS
SELECT deliveries.id, deliveries.alert_id, deliveries.channel, deliveries.status, deliveries.attempts,
    deliveries.next_attempt_at, deliveries.sent_at, deliveries.fault, alerts.subscription, alerts.key,
    alerts.created_at, alerts.due_at, alerts.subject, alerts.notes
FROM deliveries
JOIN alerts ON alerts.id = deliveries.alert_id
"""

VIEWS = """
-- Each version with its report, its capture, and the page that led to it.
CREATE VIEW version_details AS
SELECT versions.id, versions.report_id, reports.source, reports.key AS report_key, reports.name AS report_name,
    reports.kind, versions.number, captures.sha256, captures.digest, captures.url, versions.file_name,
    captures.captured_at, versions.last_seen_at, captures.bytes, versions.status, versions.hold_reason,
    versions.releasable, captures.via, pages.sha256 AS page_sha256, (
        SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
        WHERE json_extract(value, '$[0]') = 'last-modified'
    ) AS last_modified, captures.memento, versions.gap_after_version_id
FROM versions
JOIN reports ON reports.id = versions.report_id
JOIN captures ON captures.id = versions.capture_id
LEFT JOIN captures AS pages ON pages.id = versions.page_id;

-- Each report with the version of it that was kept last.
CREATE VIEW report_details AS
SELECT reports.id, reports.source, reports.key, reports.name, reports.kind, reports.url, reports.first_seen_at,
    reports.asked_at, reports.changed_at, reports.misses, reports.withdrawn_at, versions.id AS latest_id,
    captures.digest
FROM reports
LEFT JOIN versions ON versions.report_id = reports.id
    AND versions.number = (SELECT max(number) FROM versions WHERE report_id = reports.id)
LEFT JOIN captures ON captures.id = versions.capture_id;

-- Each record with its report, the version that first had it, since when its line is listed, and when it was last seen.
CREATE VIEW record_details AS
SELECT records.id, records.line_id, records.report_id, reports.source, reports.key AS report_key, records.list,
    records.fields, records.locator, records.jurisdiction, records.first_version, records.last_version,
    first_captures.sha256 AS first_version_sha256, first_captures.captured_at AS first_observed_at,
    line_versions.captured_at AS listed_since, last_versions.last_seen_at AS last_observed_at
FROM records
JOIN reports ON reports.id = records.report_id
JOIN versions AS first_versions ON first_versions.id = records.first_version
JOIN captures AS first_captures ON first_captures.id = first_versions.capture_id
JOIN records AS beginnings ON beginnings.id = records.line_id
JOIN versions AS line_versions ON line_versions.id = beginnings.first_version
LEFT JOIN versions AS last_versions ON last_versions.id = records.last_version;

-- The versions that a web archive can still see and has no receipt of: the latest one of each report that was not
-- taken down, published since it is watched, and not rejected.
CREATE VIEW unsaved_versions AS
SELECT versions.id AS version_id, reports.source, reports.key AS report_key, reports.kind, versions.number,
    captures.url, captures.captured_at, coalesce(receipts.attempts, 0) AS attempts, receipts.next_attempt_at,
    receipts.job, receipts.job_begun_at
FROM versions
JOIN reports ON reports.id = versions.report_id
JOIN captures ON captures.id = versions.capture_id
LEFT JOIN receipts ON receipts.version_id = versions.id
WHERE reports.withdrawn_at IS NULL AND captures.via = 'poll' AND captures.memento IS NULL
    AND versions.status <> 'rejected' AND receipts.memento IS NULL
    AND versions.number = (SELECT max(number) FROM versions AS others WHERE others.report_id = reports.id);

-- Each delivery with its alert."""


def view_statements() -> tuple[str, ...]:
    """Return the SQL statements that create the views (stored queries) of this schema step, in order."""
    return tuple((VIEWS + DELIVERY_DETAILS).split(";\n\n"))
