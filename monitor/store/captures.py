"""Reads and writes captures of a web archive: a backfill lists them, keeps their bytes, and makes versions of them.

Such versions are older than those already there. They and their captures get ids and numbers below the lowest there
are, so that in each report ids and numbers ascend with time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.store.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MementoRow:
    """One capture in a web archive.

    - `archive_sha1`: the archive's own hash of the bytes.
    - `sha256`, `digest`, `bytes`, `headers`: None until the bytes are kept. Captures with the same `digest` have the
      same content.
    - `fault`: why the last attempt to fetch it failed.
    """

    id: int
    report_key: str
    report_name: str
    url: str
    captured_at: str
    archive_sha1: str
    address: str
    media_type: str
    sha256: str | None
    digest: str | None
    bytes: int | None
    headers: str | None
    fault: str | None = None

    @property
    def last_modified(self) -> str | None:
        """Return the server's Last-Modified header as it was sent, or None."""
        return next((value for name, value in json.loads(self.headers or "[]") if name == "last-modified"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """The kept bytes of a capture: their hash, the digest of their content, their size, and HTTP headers as JSON."""

    sha256: str
    digest: str
    size: int
    headers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A capture to make a version from, and the time at which the archive last saw the same content."""

    capture: MementoRow
    last_seen_at: str


def list_memento(
    store: Store,
    source: str,
    report_key: str,
    *,
    report_name: str,
    url: str,
    captured_at: str,
    archive_sha1: str,
    address: str,
    media_type: str,
) -> None:
    """Note a capture that the archive has.

    One that failed for good before may be tried again; its fault stays noted. One that is not placed yet is moved to
    the report that the present configuration assigns it to.
    """
    store.write(
        """
        INSERT INTO mementos (source, report_key, report_name, url, captured_at, archive_sha1, address, media_type,
            status)
        VALUES (:source, :report_key, :report_name, :url, :captured_at, :archive_sha1, :address, :media_type, 'listed')
        ON CONFLICT (source, url, captured_at) DO UPDATE SET report_key = excluded.report_key,
            report_name = excluded.report_name, address = excluded.address,
            status = CASE status WHEN 'failed' THEN 'listed' ELSE status END
        WHERE status <> 'placed'
        """,
        {
            "source": source,
            "report_key": report_key,
            "report_name": report_name,
            "url": url,
            "captured_at": captured_at,
            "archive_sha1": archive_sha1,
            "address": address,
            "media_type": media_type,
        },
    )


def mementos_with_status(store: Store, source: str, *, status: str, report_key: str | None = None) -> list[MementoRow]:
    """Return the captures of a source, or of one of its reports, that have a status, oldest first."""
    rows = store.all(
        """
        SELECT id, report_key, report_name, url, captured_at, archive_sha1, address, media_type, sha256, digest,
            bytes, headers, fault
        FROM mementos WHERE source = :source AND status = :status AND (:report_key IS NULL OR report_key = :report_key)
        ORDER BY captured_at, id
        """,
        {"source": source, "status": status, "report_key": report_key},
    )
    return [MementoRow(**row) for row in rows]


def same_bytes(store: Store, source: str, memento: MementoRow) -> Bytes | None:
    """Return the kept bytes of a capture that has the same archive hash as `memento`, or None.

    It is a capture of the same report at the same address; with it the bytes need not be fetched again.
    """
    row = store.one(
        """
        SELECT sha256, digest, bytes AS size, headers FROM mementos
        WHERE source = :source AND report_key = :report_key AND archive_sha1 = :archive_sha1 AND url = :url
            AND sha256 IS NOT NULL
        ORDER BY id LIMIT 1
        """,
        {
            "source": source,
            "report_key": memento.report_key,
            "archive_sha1": memento.archive_sha1,
            "url": memento.url,
        },
    )
    return Bytes(**row) if row else None


def mark_kept(store: Store, memento: MementoRow, kept: Bytes) -> None:
    """Note that the bytes of a capture are in the archive of kept files."""
    store.write(
        """
        UPDATE mementos SET sha256 = :sha256, digest = :digest, bytes = :size, headers = :headers, status = 'kept',
            fault = NULL
        WHERE id = :id
        """,
        asdict(kept) | {"id": memento.id},
    )


def mark_failed_for_good(store: Store, memento: MementoRow, *, fault: str) -> None:
    """Note that a capture can't be fetched, or does not belong to the report."""
    store.write(
        "UPDATE mementos SET status = 'failed', fault = :fault WHERE id = :id", {"id": memento.id, "fault": fault}
    )


def note_memento_fault(store: Store, memento: MementoRow, *, fault: str) -> None:
    """Note why a capture could not be fetched this time; it will be tried again."""
    store.write("UPDATE mementos SET fault = :fault WHERE id = :id", {"id": memento.id, "fault": fault})


def missing_captures(store: Store, source: str) -> dict[str, tuple[int, str]]:
    """Return the captures that could not be fetched and will be tried again, summed up for each report.

    The result maps the report's name to the number of such captures and the time of the earliest.
    """
    rows = store.all(
        """
        SELECT report_name, count(*) AS count, min(captured_at) AS first FROM mementos
        WHERE source = :source AND status = 'listed' AND fault IS NOT NULL
        GROUP BY report_name ORDER BY report_name
        """,
        {"source": source},
    )
    return {row["report_name"]: (row["count"], row["first"]) for row in rows}


def mark_placed(store: Store, mementos: Iterable[MementoRow]) -> None:
    """Note that captures need no more work: they are in the history, or there is no place for them in it."""
    ids = json.dumps([each.id for each in mementos])
    store.write("UPDATE mementos SET status = 'placed' WHERE id IN (SELECT value FROM json_each(:ids))", {"ids": ids})


def waiting_reports(store: Store, source: str) -> list[tuple[str, str]]:
    """Return the key and the name of each report with captures that are kept but not placed, ordered by key."""
    rows = store.all(
        """
        SELECT DISTINCT report_key, report_name FROM mementos WHERE source = :source AND status = 'kept'
        ORDER BY report_key
        """,
        {"source": source},
    )
    return [(row["report_key"], row["report_name"]) for row in rows]


def known_addresses(store: Store, source: str, name: str) -> list[str]:
    """Return all web addresses at which the reports named `name` were found so far."""
    rows = store.all(
        """
        SELECT DISTINCT captures.url FROM reports
        JOIN versions ON versions.report_id = reports.id
        JOIN captures ON captures.id = versions.capture_id
        WHERE reports.source = :source AND reports.name = :name
            AND captures.url NOT LIKE 'file:%' -- as imported files have that nobody said the address of
        """,
        {"source": source, "name": name},
    )
    return [row["url"] for row in rows]


def first_version(store: Store, report_id: int) -> VersionRow | None:
    """Return the earliest version of a report, or None where it has none."""
    row = store.one(
        "SELECT * FROM version_details WHERE report_id = :report ORDER BY number LIMIT 1", {"report": report_id}
    )
    return version_row(row) if row else None


def add_before(store: Store, source: str, report_id: int, spans: Sequence[Span], *, file_names: Sequence[str]) -> None:
    """Add versions before the first version of a report; they wait to be understood.

    - `spans`: the captures to make them from, oldest first.
    - `file_names`: the file name of each, in the same order.

    A gap lies between them and the former first version until the two parts of the history are joined.
    """
    row = store.one(
        """
        SELECT (SELECT min(min(id), 1) FROM versions) - :count AS id,
            (SELECT min(number) FROM versions WHERE report_id = :report) - :count AS number
        """,
        {"report": report_id, "count": len(spans)},
    )
    assert row is not None
    last = row["id"] + len(spans) - 1
    # The last one first: the others refer to it.
    for place in reversed(range(len(spans))):
        capture = add_archived_capture(store, source, spans[place].capture)
        store.write(
            """
            INSERT INTO versions (id, report_id, number, capture_id, file_name, last_seen_at, status,
                gap_after_version_id)
            VALUES (:id, :report, :number, :capture, :file_name, :last_seen_at, 'kept', :gap)
            """,
            {
                "id": row["id"] + place,
                "report": report_id,
                "number": row["number"] + place,
                "capture": capture,
                "file_name": file_names[place],
                "last_seen_at": spans[place].last_seen_at,
                "gap": last,
            },
        )


def add_archived_capture(store: Store, source: str, memento: MementoRow) -> int:
    """Add a capture from the web archive; return its id.

    The id is below all others, so that the capture with the highest id stays the latest.
    """
    row = store.one("SELECT min(coalesce(min(id), 0), 0) - 1 AS id FROM captures")
    assert row is not None
    return store.write(
        """
        INSERT INTO captures (id, source, url, captured_at, sha256, bytes, digest, headers, via, memento)
        VALUES (:id, :source, :url, :captured_at, :sha256, :bytes, :digest, :headers, 'import', :address)
        """,
        {
            "id": row["id"],
            "source": source,
            "url": memento.url,
            "captured_at": memento.captured_at,
            "sha256": memento.sha256,
            "bytes": memento.bytes,
            "digest": memento.digest,
            "headers": memento.headers,
            "address": memento.address,
        },
    )
