"""Reads and writes captures (old copies in a web archive): a backfill lists them, fetches them, makes versions of them.

Versions that are made of captures are older than those already there. So they and their captures get ids and numbers
below the lowest that exist: in each report, ids and numbers ascend with time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.store.exchanges import add_exchange_row, exchange_of_line
from monitor.store.rows import compact
from monitor.store.statements import note_sighting, note_status, state
from monitor.store.versions import version_row
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model import Capture
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MementoRow:
    """One capture in a web archive: a copy that the archive once made of a web address.

    - `report_key`, `report_name`: the report that it is a copy of: its key, and its name in the configuration.
    - `url`, `address`: the address that was copied, and the address of the copy in the archive.
    - `captured_at`, `media_type`: when the copy was made, and the type of file, as the archive says.
    - `archive_sha1`: the archive's own hash of the bytes.
    - `sha256`, `digest`, `bytes`, `headers`: our hash of the bytes, the hash of their content, their number, and the
      server's headers as JSON. They are None until the capture is fetched. Captures with the same `digest` have the
      same content.
    - `exchange`: how the bytes came from the archive, as a line of JSON; None where they were not fetched for this
      capture, because those of another one were the same.
    - `fault`: why the last attempt to fetch it failed; else None.
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
    exchange: str | None = None
    fault: str | None = None

    @property
    def last_modified(self) -> str | None:
        """Return the server's Last-Modified header as it was sent, or None."""
        return next((value for name, value in json.loads(self.headers or "[]") if name == "last-modified"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """The fetched bytes of a capture: their SHA-256, the hash of their content, their number, and headers as JSON.

    `exchange` is how they came, as a line of JSON; None where they were fetched for another capture.
    """

    sha256: str
    digest: str
    size: int
    headers: str
    exchange: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A capture of which a version is to be made, and the time when the archive last saw the same content."""

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
    """Add a capture that the archive has to the list in the database.

    If it is in the list already, and failed for good, it may be fetched again; the reason of the failure is kept. As
    long as no version was made of it, its report is set to the one given here, because the configuration may have
    changed.
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
    """Return the captures of a source with a status (`listed`, `kept`, `failed` or `placed`), oldest first.

    With `report_key`, only the captures of that report are returned.
    """
    rows = store.all(
        """
        SELECT id, report_key, report_name, url, captured_at, archive_sha1, address, media_type, sha256, digest,
            bytes, headers, exchange, fault
        FROM mementos WHERE source = :source AND status = :status AND (:report_key IS NULL OR report_key = :report_key)
        ORDER BY captured_at, id
        """,
        {"source": source, "status": status, "report_key": report_key},
    )
    return [MementoRow(**row) for row in rows]


def same_bytes(store: Store, source: str, memento: MementoRow) -> Bytes | None:
    """Return the fetched bytes of another capture that has the same bytes as `memento`; None if there is none.

    The two are of the same report and address, and the archive gives the same hash for both. So `memento` need not be
    fetched.
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
    """Note that the bytes of a capture were fetched, and are in the archive of kept files."""
    store.write(
        """
        UPDATE mementos SET sha256 = :sha256, digest = :digest, bytes = :size, headers = :headers,
            exchange = :exchange, status = 'kept', fault = NULL
        WHERE id = :id
        """,
        asdict(kept) | {"id": memento.id},
    )


def mark_failed_for_good(store: Store, memento: MementoRow, *, fault: str) -> None:
    """Note that a capture can't be fetched, or is no file of its report; it is not tried again."""
    store.write(
        "UPDATE mementos SET status = 'failed', fault = :fault WHERE id = :id", {"id": memento.id, "fault": fault}
    )


def note_memento_fault(store: Store, memento: MementoRow, *, fault: str) -> None:
    """Note why a capture could not be fetched this time; it will be tried again."""
    store.write("UPDATE mementos SET fault = :fault WHERE id = :id", {"id": memento.id, "fault": fault})


def missing_captures(store: Store, source: str) -> dict[str, tuple[int, str]]:
    """Return how many captures of each report could not be fetched so far and will be tried again.

    The result maps the report's name to the number of these captures and the time of the earliest.
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
    """Note that captures are done with: versions were made of them, or they were left out."""
    ids = json.dumps([each.id for each in mementos])
    store.write("UPDATE mementos SET status = 'placed' WHERE id IN (SELECT value FROM json_each(:ids))", {"ids": ids})


def waiting_reports(store: Store, source: str) -> list[tuple[str, str]]:
    """Return the key and the name of each report with fetched captures of which no version was made, ordered by key."""
    rows = store.all(
        """
        SELECT DISTINCT report_key, report_name FROM mementos WHERE source = :source AND status = 'kept'
        ORDER BY report_key
        """,
        {"source": source},
    )
    return [(row["report_key"], row["report_name"]) for row in rows]


def known_addresses(store: Store, source: str, name: str) -> list[str]:
    """Return all web addresses at which the reports with the configured name `name` were found so far."""
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
    """Add versions before the first version of a report; the second step will read them.

    - `spans`: the captures to make versions of, oldest first.
    - `file_names`: the name of the file of each, in the same order.

    Between these versions and the former first version there is a gap in the history until both parts are joined.
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
        state(store, "version", row["id"] + place)
        note_status(store, row["id"] + place)
        note_sighting(store, row["id"] + place)


def add_archived_capture(store: Store, source: str, memento: MementoRow) -> int:
    """Add a row for an answer that was taken from the web archive, and one for how it came from there; return its id.

    The id is lower than all others, so that the row with the highest id stays the latest.
    """
    capture_id = _add_archived(
        store, source, memento.address, url=memento.url, captured_at=memento.captured_at, sha256=memento.sha256 or "",
        size=memento.bytes or 0, digest=memento.digest or "", headers=memento.headers or "",
    )  # fmt: skip
    if memento.exchange:
        add_exchange_row(store, capture_id, exchange_of_line(memento.exchange))
    return capture_id


def add_archived_document(store: Store, source: str, capture: Capture, *, memento: str) -> int:
    """Add a row for a document that was taken from the web archive, where its address is `memento`; return its id."""
    return _add_archived(
        store, source, memento, url=capture.url, captured_at=instant(capture.captured_at), sha256=capture.sha256,
        size=capture.size, digest=capture.sha256, headers=compact([list(pair) for pair in capture.headers]),
    )  # fmt: skip


def _add_archived(
    store: Store, source: str, memento: str, *, url: str, captured_at: str, sha256: str, size: int, digest: str,
    headers: str,
) -> int:  # fmt: skip
    """Add a row for an answer that was taken from the web archive, with an id lower than all others; return the id."""
    row = store.one("SELECT min(coalesce(min(id), 0), 0) - 1 AS id FROM captures")
    assert row is not None
    capture_id = store.write(
        """
        INSERT INTO captures (id, source, url, captured_at, sha256, bytes, digest, headers, via, memento)
        VALUES (:id, :source, :url, :captured_at, :sha256, :bytes, :digest, :headers, 'import', :address)
        """,
        {
            "id": row["id"],
            "source": source,
            "url": url,
            "captured_at": captured_at,
            "sha256": sha256,
            "bytes": size,
            "digest": digest,
            "headers": headers,
            "address": memento,
        },
    )
    state(store, "capture", capture_id)
    return capture_id
