"""Reads and writes whether the web archive's copies of saved versions have the same bytes as the versions."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.store.statements import state

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.database import Store

_COLUMNS = """
    version_id, source, report_key, kind, number, url, version, digest, memento, saved_at, compared, sha256, bytes,
    http_status, same_text, attempts, fault
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCopy:
    """A web archive's copy of a version, and how it compares with the version.

    - `version_id`, `number`: the id of the version, and its number within its report. `kind`: the kind of the report.
    - `version`, `digest`: the SHA-256 of the version, and the hash of what it says.
    - `url`: the address that was saved. `memento`, `saved_at`: where the copy is, and when it was made.
    - `compared`: `same`, `other`, or `not compared`.
    - `sha256`, `bytes`: the hash and the size of the copy; None where it was not compared.
    - `http_status`: the status with which the publisher sent what the archive has.
    - `same_text`: 1 for a page with other bytes that says the same as the version; else None.
    - `attempts`: how often it was tried to compare it.
    - `fault`: why the last attempt failed; None if it did not, or was cut off.
    """

    version_id: int
    source: str
    report_key: str
    kind: str
    number: int
    url: str
    version: str
    digest: str
    memento: str
    saved_at: str
    compared: str
    sha256: str | None
    bytes: int | None
    http_status: int | None
    same_text: int | None
    attempts: int
    fault: str | None

    @property
    def words(self) -> str:
        """Return how the copy compares with the version, in words."""
        if self.compared == "same":
            return "the Internet Archive's copy has the same bytes"
        if self.compared == "not compared":
            why = f": {self.fault}" if self.fault else " yet"
            return f"the Internet Archive's copy was not compared{why}"
        status = f", sent with status {self.http_status}" if self.http_status != 200 else ""
        what = "other bytes, same text" if self.same_text else "other bytes"
        return f"the Internet Archive's copy has {what} ({self.bytes:,} bytes{status}, SHA-256 {self.sha256})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareLimits:
    """The limits that decide which copy may be compared now. Times are ISO 8601 in UTC.

    - `at`: the present time.
    - `latest`: no copy has to wait longer than until this time. If one seems to, the clock was wrong when its time was
      written, and it may be compared now.
    - `attempts`: copies that were tried this many times, or more, are left out.
    """

    at: str
    latest: str
    attempts: int


def next_uncompared(store: Store, sources: Iterable[str], limits: CompareLimits) -> ArchiveCopy | None:
    """Return the copy that has waited longest of those that may be compared now; None if there is none."""
    row = store.one(
        f"""
        SELECT {_COLUMNS} FROM saved_copies
        WHERE source IN (SELECT value FROM json_each(:sources)) AND compared = 'not compared' AND attempts < :attempts
            AND (next_attempt_at IS NULL OR next_attempt_at <= :at OR next_attempt_at > :latest)
        ORDER BY coalesce(next_attempt_at, saved_at), version_id LIMIT 1
        """,  # noqa: S608 - a constant
        asdict(limits) | {"sources": json.dumps(list(sources))},
    )
    return ArchiveCopy(**row) if row else None


def archive_copy(store: Store, version_id: int) -> ArchiveCopy | None:
    """Return the web archive's copy of a version; None if it was not saved."""
    row = store.one(
        f"SELECT {_COLUMNS} FROM saved_copies WHERE version_id = :version",  # noqa: S608 - a constant
        {"version": version_id},
    )
    return ArchiveCopy(**row) if row else None


def archive_copies(store: Store) -> dict[int, ArchiveCopy]:
    """Return the web archive's copy of each saved version, keyed by the version's id."""
    rows = store.all(f"SELECT {_COLUMNS} FROM saved_copies")  # noqa: S608 - a constant
    return {row["version_id"]: ArchiveCopy(**row) for row in rows}


def begin_comparison(store: Store, copy: ArchiveCopy, *, until: str) -> None:
    """Count an attempt to compare a copy, and let the copy wait until the time `until` before the next one.

    Call this before the archive is asked: then an attempt counts even if the program is killed in the middle.
    """
    store.write(
        """
        INSERT INTO comparisons (version_id, status, attempts, next_attempt_at)
        VALUES (:version, 'not compared', 1, :until)
        ON CONFLICT (version_id) DO UPDATE SET attempts = attempts + 1, next_attempt_at = :until, fault = NULL
            WHERE status = 'not compared'
        """,
        {"version": copy.version_id, "until": until},
    )


def postpone_comparisons(store: Store, sources: Iterable[str], *, until: str) -> None:
    """Let all copies of these sources that were not compared wait at least until the time `until`.

    This is for an archive that does not answer, or that asks for a pause.
    """
    store.write(
        """
        INSERT INTO comparisons (version_id, status, attempts, next_attempt_at)
        SELECT version_id, 'not compared', 0, :until FROM saved_copies
        WHERE source IN (SELECT value FROM json_each(:sources)) AND compared = 'not compared'
        ON CONFLICT (version_id) DO UPDATE SET next_attempt_at = max(next_attempt_at, :until)
        """,
        {"sources": json.dumps(list(sources)), "until": until},
    )


def note_uncompared(store: Store, copy: ArchiveCopy, *, fault: str) -> None:
    """Note why an attempt to compare a copy failed."""
    store.write(
        "UPDATE comparisons SET fault = :fault WHERE version_id = :version AND status = 'not compared'",
        {"version": copy.version_id, "fault": fault},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyBytes:
    """What a web archive's copy is: its SHA-256 and size, and the status with which the publisher sent it.

    `same_text` says whether it is a page with other bytes that says the same as the version.
    """

    sha256: str
    bytes: int
    http_status: int
    same_text: bool


def note_compared(store: Store, copy: ArchiveCopy, found: CopyBytes, *, at: str) -> None:
    """Note how a copy compares with its version, and append the leaf about it to the evidence log.

    `at` is the present time. A comparison that was made before is left as it is.
    """
    new = store.all(
        """
        UPDATE comparisons SET status = :status, sha256 = :sha256, bytes = :bytes, http_status = :http_status,
            same_text = :same_text, compared_at = :at, fault = NULL
        WHERE version_id = :version AND status = 'not compared' RETURNING version_id
        """,
        {
            "version": copy.version_id,
            "status": "same" if found.sha256 == copy.version else "other",
            "sha256": found.sha256,
            "bytes": found.bytes,
            "http_status": found.http_status,
            "same_text": 1 if found.same_text else None,
            "at": at,
        },
    )
    for row in new:
        state(store, "saved", row["version_id"])
