"""What a backfill asks and writes: captures that a web archive has, versions before the first, and how both are joined.

Ids and numbers of such versions go down from the lowest there are, so that in each report they ascend with time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.rows import RecordRow, VersionRow, record_of
from monitor.store.keeping import VERSION, version_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class MementoRow:
    """One capture in a web archive; from `sha256` on None until its bytes are kept. `says` is what makes it differ."""

    id: int
    report: str
    name: str
    url: str
    captured_at: str
    digest: str
    address: str
    media_type: str
    sha256: str | None
    says: str | None
    bytes: int | None
    headers: str | None

    @property
    def last_modified(self) -> str | None:
        """What its server said of when the file was changed, as it said it."""
        return next((value for name, value in json.loads(self.headers or "[]") if name == "last-modified"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """What a capture has, that is kept: the hash of its bytes, what makes it differ, its size, its headers as JSON."""

    sha256: str
    says: str
    size: int
    headers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A version to be: its capture, and when the archive last saw the same."""

    capture: MementoRow
    last_seen_at: str


MEMENTO = """
    SELECT id, report, name, url, captured_at, digest, address, media_type, sha256, says, bytes, headers FROM mementos
"""


def list_memento(
    store: Store,
    source: str,
    report: str,
    *,
    name: str,
    url: str,
    captured_at: str,
    digest: str,
    address: str,
    media_type: str,
) -> None:
    """A capture that the archive has; one that failed may be tried again."""
    store.write(
        """
        INSERT INTO mementos (source, report, name, url, captured_at, digest, address, media_type, status)
        VALUES (:source, :report, :name, :url, :captured_at, :digest, :address, :media_type, 'listed')
        ON CONFLICT (source, url, captured_at) DO UPDATE SET status = 'listed', fault = NULL WHERE status = 'failed'
        """,
        {
            "source": source,
            "report": report,
            "name": name,
            "url": url,
            "captured_at": captured_at,
            "digest": digest,
            "address": address,
            "media_type": media_type,
        },
    )


def mementos(store: Store, source: str, *, status: str, report: str | None = None) -> list[MementoRow]:
    """The captures of a source that have come so far, oldest first."""
    rows = store.all(
        MEMENTO
        + """
        WHERE source = :source AND status = :status AND (:report IS NULL OR report = :report)
        ORDER BY captured_at, id
        """,
        {"source": source, "status": status, "report": report},
    )
    return [MementoRow(**row) for row in rows]


def same_bytes(store: Store, source: str, memento: MementoRow) -> Bytes | None:
    """The bytes of a capture where another one of the same address has the same and they are kept, or None."""
    row = store.one(
        """
        SELECT sha256, says, bytes AS size, headers FROM mementos
        WHERE source = :source AND report = :report AND digest = :digest AND url = :url AND sha256 IS NOT NULL
        ORDER BY id LIMIT 1
        """,
        {"source": source, "report": memento.report, "digest": memento.digest, "url": memento.url},
    )
    return Bytes(**row) if row else None


def keep(store: Store, memento: MementoRow, kept: Bytes) -> None:
    """The bytes of a capture are in the archive of this program."""
    store.write(
        """
        UPDATE mementos SET sha256 = :sha256, says = :says, bytes = :size, headers = :headers, status = 'kept',
            fault = NULL
        WHERE id = :id
        """,
        asdict(kept) | {"id": memento.id},
    )


def fail(store: Store, memento: MementoRow, *, fault: str) -> None:
    """A capture can't be had, or is none of the report."""
    store.write(
        "UPDATE mementos SET status = 'failed', fault = :fault WHERE id = :id", {"id": memento.id, "fault": fault}
    )


def mark_placed(store: Store, mementos: Iterable[MementoRow]) -> None:
    """Captures that are in the history, or have no place in it."""
    ids = json.dumps([each.id for each in mementos])
    store.write("UPDATE mementos SET status = 'placed' WHERE id IN (SELECT value FROM json_each(:ids))", {"ids": ids})


def waiting_reports(store: Store, source: str) -> list[tuple[str, str]]:
    """The keys and names of the reports that have captures to be placed, in order."""
    rows = store.all(
        "SELECT DISTINCT report, name FROM mementos WHERE source = :source AND status = 'kept' ORDER BY report",
        {"source": source},
    )
    return [(row["report"], row["name"]) for row in rows]


def known_addresses(store: Store, source: str, name: str) -> list[str]:
    """Where the reports of a name were found so far."""
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
    """The version of a report with which its history begins so far."""
    row = store.one(
        VERSION + "WHERE versions.report_id = :report ORDER BY versions.number LIMIT 1", {"report": report_id}
    )
    return version_row(row) if row else None


def add_before(store: Store, source: str, report_id: int, spans: Sequence[Span], *, file_names: Sequence[str]) -> None:
    """Versions before the first one of a report, waiting to be understood, apart until they are joined to it."""
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
        capture = add_capture(store, source, spans[place].capture)
        store.write(
            """
            INSERT INTO versions (id, report_id, number, capture_id, file_name, last_seen_at, status, until_version)
            VALUES (:id, :report, :number, :capture, :file_name, :last_seen_at, 'kept', :until)
            """,
            {
                "id": row["id"] + place,
                "report": report_id,
                "number": row["number"] + place,
                "capture": capture,
                "file_name": file_names[place],
                "last_seen_at": spans[place].last_seen_at,
                "until": last,
            },
        )


def add_capture(store: Store, source: str, memento: MementoRow) -> int:
    """What the archive had, as a capture; returns its id, below all others: the latest one stays the latest."""
    row = store.one("SELECT min(coalesce(min(id), 0), 0) - 1 AS id FROM captures")
    assert row is not None
    return store.write(
        """
        INSERT INTO captures (id, source, url, captured_at, sha256, bytes, digest, headers, via, memento)
        VALUES (:id, :source, :url, :captured_at, :sha256, :bytes, :says, :headers, 'import', :address)
        """,
        {
            "id": row["id"],
            "source": source,
            "url": memento.url,
            "captured_at": memento.captured_at,
            "sha256": memento.sha256,
            "bytes": memento.bytes,
            "says": memento.says,
            "headers": memento.headers,
            "address": memento.address,
        },
    )


def apart(store: Store, source: str) -> list[tuple[int, int, int]]:
    """What is not joined yet: the report, the last version before the gap, and how many versions are undecided.

    One that is held before another that was recorded is decided: it can no longer be.
    """
    rows = store.all(
        """
        SELECT versions.report_id, versions.until_version, sum(
            versions.status = 'kept' OR versions.status = 'held' AND NOT EXISTS (
                SELECT 1 FROM versions AS newer WHERE newer.report_id = versions.report_id
                    AND newer.until_version = versions.until_version AND newer.number > versions.number
                    AND newer.status = 'recorded'
            )
        ) AS undecided
        FROM versions JOIN reports ON reports.id = versions.report_id
        WHERE versions.until_version IS NOT NULL AND reports.source = :source
        GROUP BY versions.report_id, versions.until_version ORDER BY versions.report_id
        """,
        {"source": source},
    )
    return [(row["report_id"], row["until_version"], row["undecided"]) for row in rows]


def first_recorded(store: Store, report_id: int) -> VersionRow | None:
    """The first version that was recorded of what was there before."""
    row = store.one(
        VERSION
        + """
        WHERE versions.report_id = :report AND versions.status = 'recorded' AND versions.until_version IS NULL
        ORDER BY versions.number LIMIT 1
        """,
        {"report": report_id},
    )
    return version_row(row) if row else None


def first_of_periods(store: Store, source: str, name: str) -> list[VersionRow]:
    """The first recorded version of each period of a series, in order of the periods."""
    rows = store.all(
        VERSION  # noqa: S608 - constants
        + """
        WHERE reports.source = :source AND reports.name = :name AND versions.until_version IS NULL
            AND versions.number = (
                SELECT min(number) FROM versions AS others
                WHERE others.report_id = reports.id AND others.status = 'recorded' AND others.until_version IS NULL
            )
        ORDER BY reports.key
        """,
        {"source": source, "name": name},
    )
    return [version_row(row) for row in rows]


def follows_nothing(store: Store, version: VersionRow, name: str) -> bool:
    """True where a list of a report's first version was compared with none: all its lines begin there, unlogged."""
    row = store.one(
        """
        SELECT 1 FROM records WHERE report_id = :report AND list = :list AND first_version = :version
            AND NOT EXISTS (
                SELECT 1 FROM records AS others WHERE others.report_id = :report AND others.list = :list
                    AND others.first_version = :version AND others.entry <> others.id
            )
            AND NOT EXISTS (SELECT 1 FROM amendments WHERE version_id = :version AND amendments.list = :list)
        LIMIT 1
        """,
        {"report": version.report_id, "list": name, "version": version.id},
    )
    return row is not None


def records_at(store: Store, version: VersionRow, name: str, fields: tuple[str, ...]) -> list[RecordRow]:
    """The records of a list as a version has them, each with its place in the version that first had it."""
    rows = store.all(
        """
        SELECT id, entry, fields, locator FROM records
        WHERE report_id = :report AND list = :list AND first_version <= :version
            AND (last_version IS NULL OR last_version >= :version)
        ORDER BY id
        """,
        {"report": version.report_id, "list": name, "version": version.id},
    )
    return [
        RecordRow(id=row["id"], entry=row["entry"], record=record_of(fields, row["fields"], row["locator"]))
        for row in rows
    ]


def doubtful_at(store: Store, version: VersionRow, name: str) -> set[tuple[int, str]]:
    """What was doubtful in a list when its first version was recorded: lines and fields."""
    rows = store.all(
        """
        SELECT entry, field FROM doubts
        WHERE report_id = :report AND list = :list AND until_version IS NULL AND noted_at = :at
        """,
        {"report": version.report_id, "list": name, "at": version.captured_at},
    )
    return {(row["entry"], row["field"]) for row in rows}


def lists_of(store: Store, version: VersionRow) -> list[str]:
    """The lists that a version was read for."""
    rows = store.all("SELECT name FROM lists WHERE version_id = :version ORDER BY name", {"version": version.id})
    return [row["name"] for row in rows]


def continue_line(store: Store, earlier: RecordRow, later: RecordRow) -> None:
    """A record and one that follows it belong to one line of corrections from now on: the one that begins earlier.

    In a series that may be the later one's, which began in the period before.
    """
    if earlier.entry == later.entry:
        return
    row = store.one(
        """
        SELECT records.id AS entry FROM records JOIN versions ON versions.id = records.first_version
        JOIN captures ON captures.id = versions.capture_id
        WHERE records.id IN (:earlier, :later) ORDER BY captures.captured_at, records.id = :later LIMIT 1
        """,
        {"earlier": earlier.entry, "later": later.entry},
    )
    assert row is not None
    lines = {"first": row["entry"], "other": ({earlier.entry, later.entry} - {row["entry"]}).pop()}
    store.write("UPDATE records SET entry = :first WHERE entry = :other", lines)
    store.write("UPDATE amendments SET entry = :first WHERE entry = :other", lines)
    store.write("UPDATE doubts SET entry = :first WHERE entry = :other", lines)


def unite(store: Store, earlier: RecordRow, later: RecordRow) -> None:
    """A record and the same one after the gap are one, that stands from the first version of the one on."""
    store.write(
        """
        UPDATE records SET (seen_locator, last_version) = (
            SELECT seen_locator, last_version FROM records WHERE id = :later
        ) WHERE id = :earlier
        """,
        {"earlier": earlier.id, "later": later.id},
    )
    store.write("DELETE FROM records WHERE id = :later", {"later": later.id})


def close_gap(store: Store, *, until: int, last: VersionRow, first: VersionRow) -> None:
    """Join what is before a gap to what comes after it: its last version, and the first one there.

    What stood before the gap and was not united with what stands after it stood until the last version. A doubt that
    stood on both sides is one, since it was noted first; the others are gone.
    """
    values = {"report": first.report_id, "until": until, "last": last.id, "at": first.captured_at}
    store.write("UPDATE records SET last_version = :last WHERE report_id = :report AND last_version = :until", values)
    store.write(
        """
        UPDATE doubts AS later SET noted_at = earlier.noted_at FROM doubts AS earlier
        WHERE earlier.until_version = :until AND earlier.gone_at IS NULL
            AND later.report_id = :report AND later.until_version IS NULL AND later.noted_at = :at
            AND (later.entry, later.list, later.field, later.value, later.problem)
                = (earlier.entry, earlier.list, earlier.field, earlier.value, earlier.problem)
        """,
        values,
    )
    store.write(
        """
        DELETE FROM doubts AS earlier WHERE until_version = :until AND gone_at IS NULL AND EXISTS (
            SELECT 1 FROM doubts AS later
            WHERE later.report_id = :report AND later.until_version IS NULL AND later.noted_at = earlier.noted_at
                AND (later.entry, later.list, later.field, later.value, later.problem)
                    = (earlier.entry, earlier.list, earlier.field, earlier.value, earlier.problem)
        )
        """,
        values,
    )
    store.write(
        """
        UPDATE doubts SET gone_at = coalesce(gone_at, :at), until_version = NULL
        WHERE report_id = :report AND until_version = :until
        """,
        values,
    )
    store.write("UPDATE versions SET until_version = NULL WHERE until_version = :until", values)
