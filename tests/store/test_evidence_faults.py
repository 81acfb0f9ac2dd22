"""Each edit of the database by another hand shows, whichever column or row it is about."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.store.database import Store
from monitor.store.evidence_faults import evidence_faults

if TYPE_CHECKING:
    from pathlib import Path

ONE_VERSION = "(SELECT max(id) FROM versions WHERE status = 'recorded')"
EARLIER_VERSION = """(
    SELECT versions.id FROM versions JOIN versions AS later ON later.report_id = versions.report_id
    WHERE later.number = versions.number + 1 AND versions.status = 'recorded' LIMIT 1
)"""
STANDING = "(SELECT max(id) FROM records WHERE last_version IS NULL)"
FIRST_STANDING = "(SELECT min(id) FROM records WHERE last_version IS NULL)"
ENDED = "(SELECT max(id) FROM records WHERE last_version IS NOT NULL)"
OPEN_DOUBT = "(SELECT max(id) FROM doubts WHERE gone_at IS NULL)"
CLOSED_DOUBT = "(SELECT max(id) FROM doubts WHERE gone_at IS NOT NULL)"
ONE_LIST = "(version_id, name) = (SELECT version_id, name FROM lists LIMIT 1)"
# Each edit: the words that the fault has to contain, and the statement.
EDITS = {
    "captures: source": ("captures", "UPDATE captures SET source = 'other' WHERE id = 1"),
    "captures: url": ("captures", "UPDATE captures SET url = url || '?a' WHERE id = 1"),
    "captures: captured_at": ("captures", "UPDATE captures SET captured_at = '2020-01-01T00:00:00Z' WHERE id = 1"),
    "captures: sha256": (
        "captures",
        "UPDATE captures SET sha256 = (SELECT sha256 FROM captures WHERE id = 2) WHERE id = 1",
    ),
    "captures: bytes": ("captures", "UPDATE captures SET bytes = bytes + 1 WHERE id = 1"),
    "captures: digest": ("captures", "UPDATE captures SET digest = replace(digest, 'a', 'b') WHERE id = 1"),
    "captures: headers": ("captures", "UPDATE captures SET headers = '[]' WHERE id = 1"),
    "captures: via": ("captures", "UPDATE captures SET via = 'import' WHERE id = 1"),
    "captures: memento": ("captures", "UPDATE captures SET memento = 'https://example.org/1' WHERE id = 1"),
    "captures: a row more": (
        "captures",
        (
            "INSERT INTO captures (source, url, captured_at, sha256, bytes, digest, headers, via) "
            "SELECT source, url, captured_at, sha256, bytes, digest, headers, via FROM captures WHERE id = 1"
        ),
    ),
    "captures: a row less": ("captures", "DELETE FROM captures WHERE id = 1"),
    "captures: two rows exchanged": (
        "captures",
        "UPDATE captures SET id = CASE id WHEN 1 THEN -1001 WHEN 2 THEN 1 END WHERE id IN (1, 2)",
    ),
    "versions: report_id": ("versions", f"UPDATE versions SET report_id = report_id + 1 WHERE id = {ONE_VERSION}"),
    "versions: number": ("versions", f"UPDATE versions SET number = number + 7 WHERE id = {ONE_VERSION}"),
    "versions: capture_id": ("versions", f"UPDATE versions SET capture_id = 1 WHERE id = {ONE_VERSION}"),
    "versions: page_id": (
        "versions",
        "UPDATE versions SET page_id = 2 WHERE id = (SELECT min(id) FROM versions WHERE page_id IS NOT NULL)",
    ),
    "versions: no page": (
        "versions",
        "UPDATE versions SET page_id = NULL WHERE id = (SELECT min(id) FROM versions WHERE page_id IS NOT NULL)",
    ),
    "versions: file_name": ("versions", f"UPDATE versions SET file_name = 'other.pdf' WHERE id = {ONE_VERSION}"),
    "versions: last_seen_at, later": (
        "last seen",
        f"UPDATE versions SET last_seen_at = '2030-01-01T00:00:00Z' WHERE id = {ONE_VERSION}",
    ),
    "versions: last_seen_at, earlier": (
        "last seen",
        f"UPDATE versions SET last_seen_at = '2020-01-01T00:00:00Z' WHERE id = {ONE_VERSION}",
    ),
    "versions: last_seen_at of an earlier one": (
        "last seen",
        f"UPDATE versions SET last_seen_at = datetime(last_seen_at, '-1 minutes') WHERE id = {EARLIER_VERSION}",
    ),
    "versions: status": ("status", f"UPDATE versions SET status = 'rejected' WHERE id = {ONE_VERSION}"),
    "versions: hold_reason": ("status", f"UPDATE versions SET hold_reason = 'odd' WHERE id = {ONE_VERSION}"),
    "versions: releasable": ("status", f"UPDATE versions SET releasable = 1 WHERE id = {ONE_VERSION}"),
    "versions: gap": ("gap", f"UPDATE versions SET gap_after_version_id = 1 WHERE id = {ONE_VERSION}"),
    "versions: a row less": ("versions", f"DELETE FROM versions WHERE id = {ONE_VERSION}"),
    "versions: a row more": (
        "versions",
        (
            "INSERT INTO versions (report_id, number, capture_id, file_name, last_seen_at, status) "
            f"SELECT report_id, number + 9, capture_id, file_name, last_seen_at, status FROM versions "
            f"WHERE id = {ONE_VERSION}"
        ),
    ),
    "versions: two rows exchanged": (
        "versions",
        (
            "UPDATE versions SET capture_id = (SELECT sum(capture_id) FROM versions WHERE id IN (1, 2)) - capture_id "
            "WHERE id IN (1, 2)"
        ),
    ),
    "lists: name": ("list", f"UPDATE lists SET name = 'other' WHERE {ONE_LIST}"),
    "lists: version_id": ("list", f"UPDATE lists SET version_id = 10001 WHERE {ONE_LIST}"),
    "lists: records": ("list", f"UPDATE lists SET records = records + 1 WHERE {ONE_LIST}"),
    "lists: added": ("list", f"UPDATE lists SET added = added + 1 WHERE {ONE_LIST}"),
    "lists: removed": ("list", f"UPDATE lists SET removed = removed + 1 WHERE {ONE_LIST}"),
    "lists: corrected": ("list", f"UPDATE lists SET corrected = corrected + 1 WHERE {ONE_LIST}"),
    "lists: a row more": ("lists", f"INSERT INTO lists VALUES ({ONE_VERSION}, 'other', 0, 0, 0, 0)"),
    "lists: a row less": ("list", f"DELETE FROM lists WHERE {ONE_LIST}"),
    "records: report_id": ("records", f"UPDATE records SET report_id = report_id + 1 WHERE id = {STANDING}"),
    "records: list": ("records", f"UPDATE records SET list = 'other' WHERE id = {STANDING}"),
    "records: line_id": (
        "records",
        f"UPDATE records SET line_id = (SELECT min(id) FROM records) WHERE id = {STANDING}",
    ),
    "records: line_id of one that is gone": (
        "records",
        f"UPDATE records SET line_id = (SELECT min(id) FROM records) WHERE id = {ENDED}",
    ),
    "records: fields": (
        "records",
        (
            "UPDATE records SET fields = replace(fields, 'County', 'Parish') WHERE id = "
            "(SELECT max(id) FROM records WHERE fields LIKE '%County%')"
        ),
    ),
    "records: locator": ("records", f"UPDATE records SET locator = '{{}}' WHERE id = {STANDING}"),
    "records: locator of one that is gone": ("records", f"UPDATE records SET locator = '{{}}' WHERE id = {ENDED}"),
    "records: seen_locator": ("records", f"UPDATE records SET seen_locator = '{{}}' WHERE id = {STANDING}"),
    "records: state": ("records", f"UPDATE records SET state = 'XX' WHERE id = {STANDING}"),
    "records: jurisdiction": (
        "records",
        (
            "UPDATE records SET jurisdiction = replace(jurisdiction, 'county', 'parish') WHERE id = "
            "(SELECT max(id) FROM records WHERE jurisdiction LIKE '%county%')"
        ),
    ),
    "records: first_version": ("records", f"UPDATE records SET first_version = 1 WHERE id = {STANDING}"),
    "records: last_version": (
        "records",
        f"UPDATE records SET last_version = first_version WHERE id = {STANDING}",
    ),
    "records: still there": ("records", f"UPDATE records SET last_version = NULL WHERE id = {ENDED}"),
    "records: a row less": ("records", f"DELETE FROM records WHERE id = {STANDING}"),
    "records: a row that is gone less": ("records", f"DELETE FROM records WHERE id = {ENDED}"),
    "records: a row more": (
        "records",
        (
            "INSERT INTO records (report_id, list, line_id, fields, locator, seen_locator, first_version) "
            "SELECT report_id, list, line_id, fields, locator, seen_locator, first_version FROM records "
            f"WHERE id = {STANDING}"
        ),
    ),
    "records: a row in no list": (
        "records",
        (
            "INSERT INTO records (report_id, list, line_id, fields, locator, seen_locator, first_version) "
            "SELECT report_id, 'other', line_id, fields, locator, seen_locator, first_version FROM records "
            f"WHERE id = {STANDING}"
        ),
    ),
    "records: two rows exchanged": (
        "records",
        (
            "UPDATE records SET fields = (SELECT fields FROM records AS other WHERE other.id <> records.id "
            f"AND other.id IN ({STANDING}, {FIRST_STANDING})) WHERE id IN ({STANDING}, {FIRST_STANDING})"
        ),
    ),
    "doubts: report_id": ("doubts", f"UPDATE doubts SET report_id = report_id + 1 WHERE id = {OPEN_DOUBT}"),
    "doubts: list": ("doubts", f"UPDATE doubts SET list = 'other' WHERE id = {OPEN_DOUBT}"),
    "doubts: line_id": ("doubts", f"UPDATE doubts SET line_id = line_id + 1 WHERE id = {OPEN_DOUBT}"),
    "doubts: field": ("doubts", f"UPDATE doubts SET field = 'other' WHERE id = {OPEN_DOUBT}"),
    "doubts: value": ("doubts", f"UPDATE doubts SET value = 'other' WHERE id = {OPEN_DOUBT}"),
    "doubts: problem": ("doubts", f"UPDATE doubts SET problem = 'other' WHERE id = {OPEN_DOUBT}"),
    "doubts: suggestions": ("doubts", f"UPDATE doubts SET suggestions = '[{{}}]' WHERE id = {OPEN_DOUBT}"),
    "doubts: noted_at": ("doubts", f"UPDATE doubts SET noted_at = '2020-01-01T00:00:00Z' WHERE id = {OPEN_DOUBT}"),
    "doubts: gone_at": ("doubts", f"UPDATE doubts SET gone_at = '2030-01-01T00:00:00Z' WHERE id = {OPEN_DOUBT}"),
    "doubts: still there": ("doubts", f"UPDATE doubts SET gone_at = NULL WHERE id = {CLOSED_DOUBT}"),
    "doubts: gap": ("doubts", f"UPDATE doubts SET gap_after_version_id = 1 WHERE id = {OPEN_DOUBT}"),
    "doubts: a row less": ("doubts", f"DELETE FROM doubts WHERE id = {OPEN_DOUBT}"),
    "doubts: a closed row less": ("doubts", f"DELETE FROM doubts WHERE id = {CLOSED_DOUBT}"),
    "doubts: a row more": (
        "doubts",
        (
            "INSERT INTO doubts (report_id, list, line_id, field, value, problem, suggestions, noted_at) "
            "SELECT report_id, list, line_id, 'x', value, problem, suggestions, noted_at FROM doubts "
            f"WHERE id = {OPEN_DOUBT}"
        ),
    ),
    "a status less": ("leaves", "DELETE FROM leaves WHERE kind = 'status'"),
    "a status that was written is gone": ("status", "DELETE FROM version_states WHERE id = 1"),
    "a time that was written is another": (
        "sightings",
        "UPDATE sightings SET last_seen_at = '2020-01-01T00:00:00Z' WHERE id = 1",
    ),
    "the last leaf is gone": ("leaves", "DELETE FROM leaves WHERE number = (SELECT max(number) FROM leaves)"),
    "a leaf is another": ("leaves", "UPDATE leaves SET hash = zeroblob(32) WHERE number = 5"),
    "a leaf more": (
        "leaves",
        "INSERT INTO leaves SELECT max(number) + 1, 'other', 1, zeroblob(32) FROM leaves",
    ),
    "two leaves exchanged": (
        "leaves",
        "UPDATE leaves SET number = CASE number WHEN 3 THEN -1 ELSE 3 END WHERE number IN (3, 4)",
    ),
}


def edit(state: Path, statement: str) -> None:
    """Change the database as someone would who has the file: without the triggers and the checks."""
    with closing(sqlite3.connect(state / "monitor.db")) as db, db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(statement).rowcount


@pytest.mark.parametrize(("words", "statement"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_is_named(demo: Path, tmp_path: Path, words: str, statement: str) -> None:
    """The history of the demo is whole; after the edit, a sentence says where it is not."""
    shutil.copy(demo / "state" / "monitor.db", tmp_path)
    edit(tmp_path, statement)
    with Store(tmp_path) as store:
        faults = list(evidence_faults(store))
    assert any(words in fault for fault in faults), faults


def test_what_was_written_is_whole(demo: Path) -> None:
    """No edit, no fault."""
    with Store(demo / "state") as store:
        assert not list(evidence_faults(store))
