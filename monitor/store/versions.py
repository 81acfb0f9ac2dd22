"""Reads and writes for the first step (poll): web addresses, kept answers (captures), reports, and new versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model import VersionStatus
from monitor.store.rows import AddressRow, ReportRow, VersionRow, compact
from monitor.store.statements import note_sighting, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model import Capture
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRow:
    """A kept answer of a server: its id, the hash of its bytes, and the hash of its content."""

    id: int
    sha256: str
    digest: str


def version_row(row: dict[str, object]) -> VersionRow:
    """Make a VersionRow from a row of the view version_details."""
    return VersionRow(**row | {"status": VersionStatus(str(row["status"])), "releasable": bool(row["releasable"])})  # type: ignore[arg-type]


def note_ends(store: Store, ended: Sequence[tuple[str, str, str | None]]) -> list[tuple[int, int]]:
    """Note how polls ended; return of each how many polls of its source in a row had failed before, and have now.

    `ended` has the source of each, the time, and a sentence that says what went wrong (None if the poll succeeded).
    """
    names = json.dumps([source for source, _, _ in ended])
    rows = store.all(
        "SELECT name, failures FROM sources WHERE name IN (SELECT value FROM json_each(:names))", {"names": names}
    )
    failures = {row["name"]: row["failures"] for row in rows}
    counts = []
    for source, _, fault in ended:
        before = failures.get(source, 0)
        failures[source] = before + 1 if fault else 0
        counts.append((before, failures[source]))
    store.write_each(
        """
        INSERT INTO sources (name, polled_at, succeeded_at, failures, fault)
        VALUES (:name, :at, iif(:fault IS NULL, :at, NULL), iif(:fault IS NULL, 0, 1), :fault)
        ON CONFLICT (name) DO UPDATE SET
            polled_at = :at,
            succeeded_at = iif(:fault IS NULL, :at, succeeded_at),
            failures = iif(:fault IS NULL, 0, failures + 1),
            fault = :fault
        """,
        [{"name": source, "at": at, "fault": fault} for source, at, fault in ended],
    )
    return counts


def changes_of(store: Store, report_id: int) -> list[str]:
    """Return the times at which the versions of a report were first fetched, oldest first."""
    rows = store.all(
        """
        SELECT captures.captured_at FROM versions JOIN captures ON captures.id = versions.capture_id
        WHERE versions.report_id = :report ORDER BY versions.number
        """,
        {"report": report_id},
    )
    return [row["captured_at"] for row in rows]


def address(store: Store, url: str) -> AddressRow | None:
    """Return the last answer of a web address; None if it was never asked."""
    row = store.one(
        "SELECT etag, last_modified, sha256, digest, links, answered_at FROM addresses WHERE url = :url",
        {"url": url},
    )
    return AddressRow(**row) if row else None


def note_address(store: Store, url: str, answer: AddressRow, *, at: str) -> None:
    """Write what a web address answered, for the next conditional request; `at` is the time of the answer."""
    store.write(
        """
        INSERT INTO addresses (url, etag, last_modified, sha256, digest, links, answered_at)
        VALUES (:url, :etag, :last_modified, :sha256, :digest, :links, :at)
        ON CONFLICT (url) DO UPDATE SET etag = :etag, last_modified = :last_modified, sha256 = :sha256,
            digest = :digest, links = :links, answered_at = :at
        """,
        {
            "url": url,
            "etag": answer.etag,
            "last_modified": answer.last_modified,
            "sha256": answer.sha256,
            "digest": answer.digest,
            "links": answer.links,
            "at": at,
        },
    )


def note_links(store: Store, url: str, links: str) -> None:
    """Replace the stored links of a page whose content has not changed, after its reports were chosen again.

    `links` is their JSON.
    """
    store.write("UPDATE addresses SET links = :links WHERE url = :url", {"url": url, "links": links})


def reports_of(store: Store, source: str) -> list[ReportRow]:
    """Return all reports of a source that were ever seen, ordered by key."""
    rows = store.all("SELECT * FROM report_details WHERE source = :source ORDER BY key", {"source": source})
    return [ReportRow(**row) for row in rows]


def report_with_key(store: Store, source: str, key: str) -> ReportRow | None:
    """Return the report of a source with this key, or None where it was never seen."""
    row = store.one(
        "SELECT * FROM report_details WHERE source = :source AND key = :key", {"source": source, "key": key}
    )
    return ReportRow(**row) if row else None


def address_of_report(store: Store, source: str, key: str) -> str | None:
    """Return the address of the report of a source with this key; None where it was never seen."""
    row = store.one("SELECT url FROM reports WHERE source = :source AND key = :key", {"source": source, "key": key})
    return row["url"] if row else None


def add_report(store: Store, source: str, key: str, *, name: str, kind: str, url: str, at: str) -> ReportRow:
    """Add a report that was seen for the first time, at the time `at`; return its row.

    `key` identifies it within the source, and `name` is its name in the configuration.
    """
    store.write(
        """
        INSERT INTO reports (source, key, name, kind, url, first_seen_at, asked_at, changed_at)
        VALUES (:source, :key, :name, :kind, :url, :at, :at, :at)
        """,
        {"source": source, "key": key, "name": name, "kind": kind, "url": url, "at": at},
    )
    found = report_with_key(store, source, key)
    assert found is not None
    return found


def latest_version(store: Store, report_id: int) -> VersionRow | None:
    """Return the latest version of a report, whatever its status, or None."""
    row = store.one(
        "SELECT * FROM version_details WHERE report_id = :report ORDER BY number DESC LIMIT 1", {"report": report_id}
    )
    return version_row(row) if row else None


def version_at(store: Store, report_id: int, *, digest: str, at: str) -> VersionRow | None:
    """Return the version of a report that has this content hash (`digest`) and was online at the time `at`; or None."""
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE +report_id = :report AND digest = :digest AND captured_at <= :at AND last_seen_at >= :at
        """,
        {"report": report_id, "digest": digest, "at": at},
    )
    return version_row(row) if row else None


def numbers_of(store: Store, report_id: int, digest: str) -> list[int]:
    """Return the numbers of the versions of a report that have this content hash (`digest`), in order."""
    rows = store.all(
        "SELECT number FROM version_details WHERE +report_id = :report AND digest = :digest ORDER BY number",
        {"report": report_id, "digest": digest},
    )
    return [row["number"] for row in rows]


def note_stale(store: Store, report: ReportRow, *, digest: str, at: str) -> str | None:
    """Note that a poll found an old version of a report again; return since when all polls have found the same.

    Return None if the poll before did not find it. `digest` is the content hash of the old version.
    """
    row = store.one("SELECT digest, seen_at FROM stale_copies WHERE report_id = :report", {"report": report.id})
    since = row["seen_at"] if row and row["digest"] == digest else None
    store.write(
        """
        INSERT INTO stale_copies (report_id, digest, seen_at) VALUES (:report, :digest, :at)
        ON CONFLICT (report_id) DO UPDATE SET digest = excluded.digest, seen_at = excluded.seen_at
        """,
        {"report": report.id, "digest": digest, "at": since or at},
    )
    return since


def stale_reports(store: Store, source: str) -> set[int]:
    """Return the ids of the reports of a source of which the last poll found an old version that did not count yet."""
    rows = store.all(
        "SELECT report_id FROM stale_copies JOIN reports ON id = report_id WHERE source = :source", {"source": source}
    )
    return {row["report_id"] for row in rows}


def forget_stale(store: Store, report_id: int) -> None:
    """Note that this poll found no old version of a report again."""
    if store.one("SELECT 1 FROM stale_copies WHERE report_id = :report", {"report": report_id}):
        store.write("DELETE FROM stale_copies WHERE report_id = :report", {"report": report_id})


def latest_capture(store: Store, source: str, url: str) -> CaptureRow | None:
    """Return the latest kept answer of a web address for a source, or None."""
    row = store.one(
        "SELECT id, sha256, digest FROM captures WHERE source = :source AND url = :url ORDER BY id DESC LIMIT 1",
        {"source": source, "url": url},
    )
    return CaptureRow(**row) if row else None


def last_answer(store: Store, source: str, url: str) -> tuple[AddressRow | None, CaptureRow | None]:
    """Return what `address` and `latest_capture` return, by one query: most polls ask for nothing else."""
    row = store.one(
        """
        SELECT etag, last_modified, addresses.sha256, addresses.digest, links, answered_at, captures.id,
            captures.sha256 AS kept_sha256, captures.digest AS kept_digest
        FROM (SELECT 1)
        LEFT JOIN addresses ON addresses.url = :url
        LEFT JOIN captures ON captures.id = (
            SELECT id FROM captures WHERE source = :source AND url = :url ORDER BY id DESC LIMIT 1
        )
        """,
        {"source": source, "url": url},
    )
    assert row is not None
    capture_id, sha256, digest = row.pop("id"), row.pop("kept_sha256"), row.pop("kept_digest")
    return (
        AddressRow(**row) if row["sha256"] is not None else None,
        CaptureRow(id=capture_id, sha256=sha256, digest=digest) if capture_id is not None else None,
    )


def add_capture(store: Store, source: str, capture: Capture, *, digest: str, at: str, via: str) -> int:
    """Add a row for a server's answer whose bytes are in the archive of kept files already; return the row's id.

    - `digest`: the hash of its content. `at`: the time. `via`: `poll` or `import`.
    """
    row_id = store.write(
        """
        INSERT INTO captures (source, url, captured_at, sha256, bytes, digest, headers, via)
        VALUES (:source, :url, :at, :sha256, :bytes, :digest, :headers, :via)
        """,
        {
            "source": source,
            "url": capture.url,
            "at": at,
            "sha256": capture.sha256,
            "bytes": capture.size,
            "digest": digest,
            "headers": compact([list(pair) for pair in capture.headers]),
            "via": via,
        },
    )
    state(store, "capture", row_id)
    return row_id


def add_version(
    store: Store, report: ReportRow, *, capture_id: int, page_id: int | None, file_name: str, url: str, at: str
) -> None:
    """Add the next version of a report; the second step will read it.

    - `capture_id`, `page_id`: the ids of the kept answers with its file, and with the page that linked it (or None).
    - `file_name`, `url`: the name and the address of the file.
    - `at`: when it was seen.
    """
    if report.latest_id is not None:
        note_sighting(store, report.latest_id)
    row_id = store.write(
        """
        INSERT INTO versions (report_id, number, capture_id, page_id, file_name, last_seen_at, status)
        SELECT :report, coalesce(max(number), 0) + 1, :capture, :page, :file_name, :at, 'kept'
        FROM versions WHERE report_id = :report
        """,
        {"report": report.id, "capture": capture_id, "page": page_id, "file_name": file_name, "at": at},
    )
    state(store, "version", row_id)
    store.write(
        "UPDATE reports SET url = :url, changed_at = :at WHERE id = :report",
        {"url": url, "at": at, "report": report.id},
    )


def note_unchanged(store: Store, seen: Sequence[tuple[ReportRow, str, str]]) -> None:
    """Note that reports have not changed since they were read from the database.

    `seen` has each report, its address now, and the time. Of a report nothing is noted if another process has added a
    newer version meanwhile.
    """
    values = [{"report": report.id, "version": report.latest_id, "url": url, "at": at} for report, url, at in seen]
    store.write_each(
        """
        UPDATE versions SET last_seen_at = max(last_seen_at, :at) WHERE id = :version
            AND NOT EXISTS (
                SELECT 1 FROM versions AS newer WHERE newer.report_id = :report AND newer.number > versions.number
            )
        """,
        values,
    )
    store.write_each(
        """
        UPDATE reports SET url = :url, asked_at = :at, misses = 0 WHERE id = :report AND :version = (
            SELECT id FROM versions WHERE report_id = :report ORDER BY number DESC LIMIT 1
        )
        """,
        values,
    )
    set_back = store.column(
        """
        SELECT versions.id FROM json_each(:seen) AS seen
        JOIN versions ON versions.id = json_extract(seen.value, '$[0]')
        WHERE versions.last_seen_at > json_extract(seen.value, '$[1]') AND versions.number = (
            SELECT max(number) FROM versions AS newer WHERE newer.report_id = versions.report_id
        )
        ORDER BY seen.key
        """,
        {"seen": json.dumps([(report.latest_id, at) for report, _, at in seen])},
    )
    for version_id in set_back:  # as in `_note_clock_set_back`
        note_sighting(store, version_id)


def _note_clock_set_back(store: Store, report_id: int, *, at: str) -> None:
    """If the latest version of a report was seen later than the time `at`, have the evidence log say when it was seen.

    That is so after the clock was set back. Usually the time when the report was last asked for tells it.
    """
    rows = store.all(
        """
        SELECT id FROM versions WHERE report_id = :report AND last_seen_at > :at
            AND number = (SELECT max(number) FROM versions WHERE report_id = :report)
        """,
        {"report": report_id, "at": at},
    )
    for row in rows:
        note_sighting(store, row["id"])


def note_sightings(store: Store, polled: Sequence[tuple[str, str]]) -> None:
    """Have the evidence log say once a day which versions are published.

    These are the latest versions of the reports that were seen today (in UTC). `polled` has the sources that were
    polled, each with the time.
    """
    rows = store.column(
        """
        SELECT versions.id FROM json_each(:polled) AS polled
        JOIN reports ON reports.source = json_extract(polled.value, '$[0]')
            AND reports.asked_at >= json_extract(polled.value, '$[1]')
        JOIN versions ON versions.report_id = reports.id AND versions.number = (
            SELECT max(number) FROM versions WHERE report_id = reports.id
        )
        WHERE versions.last_seen_at >= json_extract(polled.value, '$[1]') AND NOT EXISTS (
            SELECT 1 FROM sightings
            WHERE version_id = versions.id AND last_seen_at >= json_extract(polled.value, '$[1]')
        )
        ORDER BY polled.key, versions.id
        """,
        {"polled": json.dumps([(source, at[:10]) for source, at in polled])},
    )
    for version_id in rows:
        note_sighting(store, version_id)


def note_seen(store: Store, report: ReportRow, *, url: str, at: str) -> None:
    """Note that a report was found at the address `url` at the time `at`, with the content of its latest version."""
    store.write(
        "UPDATE reports SET url = :url, asked_at = :at, misses = 0 WHERE id = :report",
        {"url": url, "at": at, "report": report.id},
    )
    store.write(
        """
        UPDATE versions SET last_seen_at = max(last_seen_at, :at)
        WHERE report_id = :report AND number = (SELECT max(number) FROM versions WHERE report_id = :report)
        """,
        {"at": at, "report": report.id},
    )
    _note_clock_set_back(store, report.id, at=at)


def note_missing(store: Store, report: ReportRow, *, at: str, url: str, answer: str) -> int:
    """Note that a poll did not find a report; return how many polls in a row have not found it.

    - `url`, `answer`: the address that was asked, and the answer in words. They are kept until the report counts as
      taken down: what comes later is not the reason for that.
    """
    if not report.withdrawn_at:
        _note_answer(store, report, at=at, url=url, answer=answer)
    store.write(
        "UPDATE reports SET asked_at = :at, misses = misses + 1 WHERE id = :report", {"at": at, "report": report.id}
    )
    _note_clock_set_back(store, report.id, at=at)
    return report.misses + 1


def _note_answer(store: Store, report: ReportRow, *, at: str, url: str, answer: str) -> None:
    """Keep the answer to a poll that did not find a report, with the answers to the polls before it."""
    given = {"report": report.id, "at": at, "url": url, "answer": answer}
    if not report.misses:
        store.write(
            """
            INSERT INTO report_misses (report_id, first_at, last_at, misses, url, answer)
            VALUES (:report, :at, :at, 1, :url, :answer)
            """,
            given,
        )
        return
    store.write(
        """
        UPDATE report_misses SET last_at = :at, misses = misses + 1, url = :url, answer = :answer
        WHERE id = (SELECT max(id) FROM report_misses WHERE report_id = :report)
        """,
        given,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Misses:
    """How polls found that a report was gone: how many in a row, from when to when (ISO 8601 in UTC), and the answer.

    `url` is the address that was asked, and `answer` the last answer in words.
    """

    misses: int
    first_at: str
    last_at: str
    url: str
    answer: str


def misses_before(store: Store, report_id: int, *, at: str) -> Misses | None:
    """Return how polls found that a report was gone, up to the time `at`; None if that was not kept."""
    row = store.one(
        """
        SELECT misses, first_at, last_at, url, answer FROM report_misses
        WHERE report_id = :report AND first_at <= :at ORDER BY first_at DESC LIMIT 1
        """,
        {"report": report_id, "at": at},
    )
    return Misses(**row) if row else None


def mark_withdrawn(store: Store, report: ReportRow, *, at: str | None) -> None:
    """Note that a report was taken down at the time `at`; where `at` is None, that it is there again."""
    store.write("UPDATE reports SET withdrawn_at = :at WHERE id = :report", {"at": at, "report": report.id})
