"""Says which versions a web archive is to save, and keeps its receipts: the addresses of the saved copies."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaved:
    """A version that the web archive has not saved yet.

    `attempts` is the number of failed attempts; `job` is the archive's name for an attempt that is under way.
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
    """Return the versions of these sources that the web archive has not saved, due or not; pages come first.

    Only the latest version of each report is among them.
    """
    rows = store.all(
        """
        SELECT version_id, source, report_key, number, url, captured_at, attempts, job, job_begun_at
        FROM unsaved_versions WHERE source IN (SELECT value FROM json_each(:sources))
        ORDER BY source, kind <> 'page', report_key
        """,
        {"sources": json.dumps(list(sources))},
    )
    return [Unsaved(**row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveLimits:
    """The limits that decide which version may be saved now.

    - `at`: the present time.
    - `latest`: the latest time that a version may have to wait for; a later one was written by a wrong clock, and the
      version is due now.
    - `attempts`: versions with this number of failed attempts, or more, are left out.
    - `jobs`, `since`: no new job is begun while this many jobs begun after `since` are under way.
    """

    at: str
    latest: str
    attempts: int
    jobs: int
    since: str


def next_unsaved(store: Store, sources: Iterable[str], bounds: SaveLimits) -> Unsaved | None:
    """Return the version that is due and has waited longest, or None."""
    row = store.one(
        """
        SELECT version_id, source, report_key, number, url, captured_at, attempts, job, job_begun_at
        FROM unsaved_versions
        WHERE source IN (SELECT value FROM json_each(:sources)) AND attempts < :attempts
            AND (next_attempt_at IS NULL OR next_attempt_at <= :at OR next_attempt_at > :latest)
            AND (job IS NOT NULL OR :jobs > (
                SELECT count(*) FROM receipts WHERE receipts.job IS NOT NULL AND receipts.job_begun_at > :since
            ))
        ORDER BY coalesce(next_attempt_at, captured_at), version_id LIMIT 1
        """,
        asdict(bounds) | {"sources": json.dumps(list(sources))},
    )
    return Unsaved(**row) if row else None


def postpone_save(store: Store, version: Unsaved, *, until: str) -> None:
    """Let a version wait until a time.

    Call it before the web archive is asked: a program that crashes and restarts then does not ask again at once.
    """
    store.write(
        """
        INSERT INTO receipts (version_id, url, attempts, next_attempt_at) VALUES (:version, :url, 0, :until)
        ON CONFLICT (version_id) DO UPDATE SET next_attempt_at = :until
        """,
        {"version": version.version_id, "url": version.url, "until": until},
    )


def postpone_all_saves(store: Store, sources: Iterable[str], *, until: str) -> None:
    """Let all unsaved versions wait, at least until a time.

    It is for a web archive that asks for a pause or does not answer.
    """
    store.write(
        """
        INSERT INTO receipts (version_id, url, attempts, next_attempt_at)
        SELECT version_id, url, 0, :until
        FROM unsaved_versions WHERE source IN (SELECT value FROM json_each(:sources))
        ON CONFLICT (version_id) DO UPDATE SET next_attempt_at = max(next_attempt_at, :until)
        """,
        {"sources": json.dumps(list(sources)), "until": until},
    )


def note_job(store: Store, version: Unsaved, *, job: str, begun_at: str, look_at: str) -> None:
    """Note that the web archive is saving a version, and when to ask how that job went."""
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
    """Keep the address `memento` at which the web archive has saved a version; a receipt is never replaced."""
    store.write(
        """
        UPDATE receipts SET memento = :memento, saved_at = :saved_at, job = NULL, job_begun_at = NULL, fault = NULL
        WHERE version_id = :version AND memento IS NULL
        """,
        {"version": version.version_id, "memento": memento, "saved_at": saved_at},
    )


def receipt_addresses(store: Store) -> dict[int, str]:
    """Return the addresses of all saved versions in the web archive, keyed by version id."""
    rows = store.all("SELECT version_id, memento FROM receipts WHERE memento IS NOT NULL")
    return {row["version_id"]: row["memento"] for row in rows}


def receipt_address(store: Store, version_id: int) -> str | None:
    """Return the address of a saved version in the web archive, or None where it was not saved."""
    row = store.one("SELECT memento FROM receipts WHERE version_id = :version", {"version": version_id})
    return row["memento"] if row else None
