"""Each edit of the database by another hand shows, whichever column or row it is about."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.changelog.verify import verify
from monitor.config.file import load
from monitor.store.archive import Archive
from monitor.store.database import Store
from monitor.store.evidence_faults import evidence_faults
from monitor.store.statements import TABLES
from tests.support.paths import ROOT
from tests.support.stated import add_each_kind

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
# An SQL statement, or what makes it for a database.
Statement = str | Callable[[sqlite3.Connection], str]
# Each edit: the words that the fault has to contain, and the statement.
EDITS: dict[str, tuple[str, Statement]] = {
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
    "seen_locators: a row more": (
        "records",
        f"INSERT OR REPLACE INTO seen_locators (record_id, locator) VALUES ({STANDING}, '{{}}')",
    ),
    "seen_locators: of one that is gone": (
        "records",
        f"INSERT OR REPLACE INTO seen_locators (record_id, locator) VALUES ({ENDED}, '{{}}')",
    ),
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
    "version_states: a row more": (
        "version_states",
        "INSERT INTO version_states VALUES (1000, 1000, 'recorded', NULL, 0, NULL)",
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


LATEST_EXCHANGE = "(SELECT max(capture_id) FROM exchanges)"
ONE_CERTIFICATE = "(SELECT min(sha256) FROM certificates)"
WITHDRAWN = "(SELECT id FROM reports WHERE withdrawn_at IS NOT NULL)"
THERE = "(SELECT max(id) FROM reports WHERE withdrawn_at IS NULL)"


def changed(table: str, where: str, **columns: str) -> dict[str, tuple[str, Statement]]:
    """Edits of a row, each of one column: the columns are given with the SQL of another value."""
    return {
        f"{table}: {name}": (table, f"UPDATE {table} SET {name} = {value} WHERE {where}")
        for name, value in columns.items()
    }


def rows(table: str, *columns: str, key: str = "id") -> dict[str, tuple[str, Statement]]:
    """Edits of whole rows: one less, and the last two with each other's values in these columns."""
    last, other = (f"(SELECT {key} FROM {table} ORDER BY {key} DESC LIMIT 1 OFFSET {place})" for place in (0, 1))
    theirs = ", ".join(f"other.{name}" for name in columns)
    return {
        f"{table}: a row less": (table, f"DELETE FROM {table} WHERE {key} = {last}"),
        f"{table}: two rows exchanged": (
            table,
            (
                f"UPDATE {table} SET ({', '.join(columns)}) = (SELECT {theirs} FROM {table} AS other "
                f"WHERE other.{key} IN ({last}, {other}) AND other.{key} <> {table}.{key}) "
                f"WHERE {key} IN ({last}, {other})"
            ),
        ),
    }


def added(table: str, **columns: str) -> dict[str, tuple[str, Statement]]:
    """An edit: a row more, like the last one but for these columns, which are given with the SQL of their values."""

    def insert(db: sqlite3.Connection) -> str:
        names = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(columns.get(name, name) for name in names)
        return f"INSERT INTO {table} SELECT {values} FROM {table} ORDER BY rowid DESC LIMIT 1"

    return {f"{table}: a row more": (table, insert)}


EDITS |= {
    **changed(
        "document_versions",
        "id = 2",
        document_id="1000",
        number="2",
        capture_id="1",
        pages="3",
        letters="letters + 1",
        text_digest="replace(text_digest, 'a', 'b')",
        fault="'none'",
    ),
    "documents: url": ("document_versions", "UPDATE documents SET url = url || '?a' WHERE id = 2"),
    "documents: source": ("document_versions", "UPDATE documents SET source = 'another' WHERE id = 2"),
    **changed("document_texts", "version_id = 2", pages="(SELECT pages FROM document_texts WHERE version_id = 1)"),
    "document_texts: a row less": ("document_texts", "DELETE FROM document_texts WHERE version_id = 2"),
    **rows("document_versions", "capture_id", "text_digest"),
}

EDITS |= {
    **changed(
        "exchanges",
        f"capture_id = {LATEST_EXCHANGE}",
        capture_id="1000",
        asked_at="'2020-01-01T00:00:00.000000Z'",
        headers_at="'2020-01-01T00:00:00.000000Z'",
        ended_at="'2020-01-01T00:00:00.000000Z'",
        request="replace(request, 'example', 'other')",
        http_version="'HTTP/1.0'",
        status="203",
        reason="'Fine'",
        headers="'[]'",
        headers_cut="headers_cut + 1",
        redirects="'[]'",
        server_address="'203.0.113.9'",
        server_port="80",
        tls="replace(tls, 'TLSv1.2', 'TLSv1.3')",
        packed_sha256="'00'",
        packed_bytes="5",
        program="'monitor/2'",
    ),
    "exchanges: no server_address": (
        "exchanges",
        f"UPDATE exchanges SET server_address = NULL WHERE capture_id = {LATEST_EXCHANGE}",
    ),
    "exchanges: redirects that are no JSON": (
        "exchanges",
        f"UPDATE exchanges SET redirects = '[' WHERE capture_id = {LATEST_EXCHANGE}",
    ),
    **rows("exchanges", "ended_at", "request", "headers", "tls", key="capture_id"),
    **added("exchanges", capture_id="1000"),
    **changed(
        "stamps",
        "id = 2",
        id="9",
        size="size + 1",
        root="CASE substr(root, 1, 1) WHEN '1' THEN '2' ELSE '1' END || substr(root, 2)",  # always another one
        checkpoint="replace(checkpoint, 'log', 'other')",
        authority="'https://example.net'",
        asked_at="'2020-01-01T00:00:00Z'",
        gen_time="'2020-01-01T00:00:00Z'",
        clock_difference_ms="0",
        reply="'00'",
        bytes="bytes + 1",
        verified="'not at all'",
    ),
    **rows("stamps", "gen_time", "authority", "size", "root"),
    **added("stamps", id="9", reply="'00'"),
    **changed(
        "signing_keys",
        "id = 2",
        id="9",
        origin="'example.net/log'",
        fingerprint="'SHA256:3'",
        public_key="'ssh-ed25519 3'",
        used_since="'2020-01-01T00:00:00Z'",
    ),
    **rows("signing_keys", "public_key"),
    **added("signing_keys", id="9", fingerprint="'SHA256:3'"),
    **changed(
        "sightings",
        "id = (SELECT max(id) FROM sightings)",
        id="id + 9",
        version_id="1",
        last_seen_at="'2020-01-01T00:00:00Z'",
    ),
    **rows("sightings", "last_seen_at", "version_id"),
    **added("sightings", id="id + 9"),
    **changed(
        "list_proofs",
        "id = 1",
        id="1000",
        version_id="2",
        list="'other'",
        lines="replace(lines, '1', '2')",
        standing="replace(standing, '1', '2')",
        ended="replace(ended, '1', '2')",
    ),
    **rows("list_proofs", "lines", "standing", "ended"),
    **added("list_proofs", id="id + 9"),
    **changed(
        "decisions",
        "id = 2",
        id="9",
        version_id="1",
        decision="'released'",
        decided_by="'B. Person'",
        decided_at="'2020-01-01T00:00:00Z'",
        hold_reason="'none'",
    ),
    "decisions: by nobody": ("decisions", "UPDATE decisions SET decided_by = NULL WHERE id = 2"),
    **rows("decisions", "version_id"),
    **added("decisions", id="9"),
    **changed("restores", "id = 2", id="9", restored_at="'2020-01-01T00:00:00Z'", size="1", root="'00'"),
    **rows("restores", "restored_at", "size", "root"),
    **added("restores", id="9"),
    **changed(
        "certificates",
        f"sha256 = {ONE_CERTIFICATE}",
        sha256="'00'",
        url="'https://example.net/'",
        shown_at="'2020-01-01T00:00:00Z'",
    ),
    **rows("certificates", "shown_at", "url", key="sha256"),
    **added("certificates", sha256="'00'"),
    **changed(
        "hold_details",
        "version_id = (SELECT max(version_id) FROM hold_details)",
        version_id="1",
        reason="'odd'",
    ),
    "hold_details: of no version": (
        "hold_details",
        "UPDATE hold_details SET version_id = 1000 WHERE version_id = (SELECT max(version_id) FROM hold_details)",
    ),
    **rows("hold_details", "reason", key="version_id"),
    **added("hold_details", version_id="1"),
    **rows("reports", "first_seen_at", "withdrawn_at", "name", "kind"),
    **changed(
        "reports",
        f"id = {THERE}",
        first_seen_at="'2020-01-01T00:00:00Z'",
        withdrawn_at="asked_at",
    ),
    "reports: source": ("versions", f"UPDATE reports SET source = 'other' WHERE id = {THERE}"),
    "reports: key": ("versions", f"UPDATE reports SET key = 'other' WHERE id = {THERE}"),
    "reports: name": ("versions", f"UPDATE reports SET name = 'other' WHERE id = {THERE}"),
    "reports: kind": ("versions", f"UPDATE reports SET kind = 'series' WHERE id = {THERE}"),
    "reports: id": ("versions", f"UPDATE reports SET id = 1000 WHERE id = {THERE}"),
    "reports: first_seen_at of a file, later": (
        "reports",
        "UPDATE reports SET first_seen_at = asked_at WHERE kind = 'rolling'",
    ),
    "reports: withdrawn at another time": (
        "reports",
        f"UPDATE reports SET withdrawn_at = first_seen_at WHERE id = {WITHDRAWN}",
    ),
    "reports: not withdrawn": ("reports", f"UPDATE reports SET withdrawn_at = NULL WHERE id = {WITHDRAWN}"),
    **added("reports", id="1000", key="'other'"),
    "reports: a row less": ("versions", f"DELETE FROM reports WHERE id = {THERE}"),
}


def edit(state: Path, statement: Statement) -> None:
    """Change the database as someone would who has the file: without the triggers and the checks."""
    with closing(sqlite3.connect(state / "monitor.db")) as db, db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(statement if isinstance(statement, str) else statement(db)).rowcount


@pytest.fixture(scope="module")
def stated(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of the demo, with what it leaves out, so that no kind of row is missing."""
    folder = tmp_path_factory.mktemp("stated")
    shutil.copytree(demo / "state", folder, dirs_exist_ok=True)
    with Store(folder) as store:
        add_each_kind(store, Archive(folder / "archive"))
    return folder


@pytest.mark.parametrize(("words", "statement"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_is_named(stated: Path, tmp_path: Path, words: str, statement: Statement) -> None:
    """The history is whole; after the edit, a sentence says where it is not."""
    shutil.copy(stated / "monitor.db", tmp_path)
    edit(tmp_path, statement)
    with Store(tmp_path) as store:
        faults = list(evidence_faults(store))
    assert any(words in fault for fault in faults), faults


def test_what_was_written_is_whole(stated: Path) -> None:
    """No edit, no fault."""
    with Store(stated) as store:
        assert not list(evidence_faults(store))
        assert not verify(store, Archive(stated / "archive"), load(ROOT / "config.yaml")).faults


def test_each_kind_of_statement_is_there_to_be_edited(stated: Path) -> None:
    """Twice, so that two of them can be exchanged."""
    with Store(stated) as store:
        kinds = {
            row["kind"]: row["leaves"] for row in store.all("SELECT kind, count(*) AS leaves FROM leaves GROUP BY 1")
        }
    assert kinds.keys() == TABLES.keys() - {"saved"}  # which tests/history/test_compared.py edits
    assert min(kinds.values()) >= 2
