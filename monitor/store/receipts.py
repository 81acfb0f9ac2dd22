"""Reads and writes which versions a web archive is to save, and its receipts: the addresses of the saved copies."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.store.rows import DRAWN_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.database import Store


DRAWN_ADDRESSES = (
    f"%{DRAWN_MARK}"  # addresses of documents that a browser drew: an archive could save only what they came from
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaved:
    """A version that the web archive has not saved yet.

    - `version_id`, `number`: the id of the version, and its number within its report.
    - `url`, `captured_at`: the address to save, and when this program fetched the version.
    - `attempts`: how many attempts have failed.
    - `job`, `job_begun_at`: the archive's name for an attempt that is under way, and when it began; else None.
    """

    version_id: int
    source: str
    report_key: str
    number: int
    url: str
    captured_at: str
    attempts: int
    job: str | None
    job_begun_at: str | None


def unsaved(store: Store, sources: Iterable[str]) -> list[Unsaved]:
    """Return the versions of these sources that the web archive has not saved, even if it is not time for them yet.

    Only the latest version of each report is returned. Publication pages come before other files.
    """
    rows = store.all(
        """
        SELECT version_id, source, report_key, number, url, captured_at, attempts, job, job_begun_at
        FROM unsaved_versions WHERE source IN (SELECT value FROM json_each(:sources)) AND url NOT LIKE :drawn
        ORDER BY source, kind <> 'page', report_key
        """,
        {"sources": json.dumps(list(sources)), "drawn": DRAWN_ADDRESSES},
    )
    return [Unsaved(**row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveLimits:
    """The limits that decide which version may be saved now. Times are ISO 8601 in UTC.

    - `at`: the present time.
    - `latest`: no version has to wait longer than until this time. If one seems to, the clock was wrong when its time
      was written, and it may be saved now.
    - `attempts`: versions that failed this many times, or more, are left out.
    - `jobs`, `since`: a job is the saving of a page that the archive has begun. While this many jobs that began after
      `since` are under way, no new one is begun.
    """

    at: str
    latest: str
    attempts: int
    jobs: int
    since: str


def next_unsaved(store: Store, sources: Iterable[str], bounds: SaveLimits) -> Unsaved | None:
    """Return the version that has waited longest of those that may be saved now; None if there is none."""
    row = store.one(
        """
        SELECT version_id, source, report_key, number, url, captured_at, attempts, job, job_begun_at
        FROM unsaved_versions
        WHERE source IN (SELECT value FROM json_each(:sources)) AND attempts < :attempts AND url NOT LIKE :drawn
            AND (next_attempt_at IS NULL OR next_attempt_at <= :at OR next_attempt_at > :latest)
            AND (job IS NOT NULL OR :jobs > (
                SELECT count(*) FROM receipts WHERE receipts.job IS NOT NULL AND receipts.job_begun_at > :since
            ))
        ORDER BY coalesce(next_attempt_at, captured_at), version_id LIMIT 1
        """,
        asdict(bounds) | {"sources": json.dumps(list(sources)), "drawn": DRAWN_ADDRESSES},
    )
    return Unsaved(**row) if row else None


def postpone_save(store: Store, version: Unsaved, *, until: str) -> None:
    """Let a version wait until the time `until`.

    Call this before the archive is asked: then a program that crashes and restarts does not ask again at once.
    """
    store.write(
        """
        INSERT INTO receipts (version_id, url, attempts, next_attempt_at) VALUES (:version, :url, 0, :until)
        ON CONFLICT (version_id) DO UPDATE SET next_attempt_at = :until
        """,
        {"version": version.version_id, "url": version.url, "until": until},
    )


def postpone_all_saves(store: Store, sources: Iterable[str], *, until: str) -> None:
    """Let all unsaved versions of these sources wait at least until the time `until`.

    This is for an archive that does not answer, or that asks for a pause.
    """
    store.write(
        """
        INSERT INTO receipts (version_id, url, attempts, next_attempt_at)
        SELECT version_id, url, 0, :until
        FROM unsaved_versions WHERE source IN (SELECT value FROM json_each(:sources)) AND url NOT LIKE :drawn
        ON CONFLICT (version_id) DO UPDATE SET next_attempt_at = max(next_attempt_at, :until)
        """,
        {"sources": json.dumps(list(sources)), "until": until, "drawn": DRAWN_ADDRESSES},
    )


def note_job(store: Store, version: Unsaved, *, job: str, begun_at: str, look_at: str) -> None:
    """Note that the web archive has begun to save a version, and when to ask whether it is done.

    - `job`: the archive's name for this work.
    - `begun_at`, `look_at`: when it began, and when to ask.
    """
    store.write(
        """
        UPDATE receipts SET job = :job, job_begun_at = :begun_at, next_attempt_at = :look_at
        WHERE version_id = :version AND memento IS NULL
        """,
        {"version": version.version_id, "job": job, "begun_at": begun_at, "look_at": look_at},
    )


def note_failed_save(store: Store, version: Unsaved, *, fault: str, until: str) -> None:
    """Note that an attempt to save a version failed, why, and when to try again."""
    store.write(
        """
        UPDATE receipts SET attempts = attempts + 1, fault = :fault, next_attempt_at = :until,
            job = NULL, job_begun_at = NULL
        WHERE version_id = :version AND memento IS NULL
        """,
        {"version": version.version_id, "fault": fault, "until": until},
    )


def add_receipt(store: Store, version: Unsaved, *, memento: str, saved_at: str) -> None:
    """Keep the address at which the web archive has saved a version, `memento`. A receipt is never replaced."""
    store.write(
        """
        UPDATE receipts SET memento = :memento, saved_at = :saved_at, job = NULL, job_begun_at = NULL, fault = NULL
        WHERE version_id = :version AND memento IS NULL
        """,
        {"version": version.version_id, "memento": memento, "saved_at": saved_at},
    )
