"""Asks a web archive to save new versions, and keeps its receipts: addresses at which anyone can see the saved copy.

By a receipt, a publication can be proved without this program. The database says which versions the archive was asked
to save, and how that went. So the same version is not asked for again and again, even after a restart or when the
archive fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import FetchError, UnsavedError, WaybackError
from monitor.history.compared import MAX_REST_TIME, ComparedCopy, archive_rest, compare_copy, compare_due, compare_next
from monitor.store import copies, receipts
from monitor.times import backoff, instant, moment
from monitor.wayback.client import Job, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.history.compared import SaveContext
    from monitor.store.receipts import Unsaved

FIRST_PAUSE = timedelta(minutes=10)  # before a version that failed is tried again; each further failure doubles it
JOB_PAUSE = timedelta(seconds=10)  # between two questions about a capture that is under way
MAX_JOB_TIME = timedelta(minutes=20)  # after which a capture that is under way has failed
MAX_JOBS = 3  # captures under way at a time: the archive refuses more
MAX_ATTEMPTS = 10  # for one version, over some days
MAX_POSTPONEMENT = timedelta(days=2)  # a later time was written while the clock stood ahead, and is not believed


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The result of asking the archive to save one version.

    `memento` is the address of the saved copy in the archive. If there is none, it is None, and `fault` says why.
    """

    version: Unsaved
    memento: str | None = None
    fault: str | None = None


def save(context: SaveContext, sources: Sequence[str]) -> Iterator[Saved | ComparedCopy]:
    """Ask the archive to save each version of these sources that is not saved yet; yield each result.

    The function waits until each version is saved or has failed. Versions that failed before are tried again. If the
    archive does not answer, the function ends; the same call later goes on there. Raises MonitorError.

    Each copy is compared with its version as soon as it is there; that result comes after the one of saving it. Copies
    that could not be compared before are compared at the end, if their time has come. Once the archive does not answer
    for a copy, it is asked for no others, and they wait.
    """
    silent_until = None
    for version in receipts.unsaved(context.store, sources):
        _put_off(context, version)
        try:
            receipt = context.web.save(version.url)
        except UnsavedError as fault:
            yield _failed(context, version, fault)
        except FetchError as fault:
            yield _archive_failed(context, sources, version, fault)
            return
        else:
            yield _kept(context, version, receipt)
            copy = copies.archive_copy(context.store, version.version_id)
            if copy and silent_until:
                with context.store.transaction():
                    copies.postpone_comparisons(context.store, sources, until=instant(silent_until))
                yield ComparedCopy(copy=copy)
            elif copy:
                done = compare_copy(context, sources, copy)
                silent_until = done.silent_until
                yield done
    if silent_until is None:
        yield from compare_due(context, sources)


def save_next(context: SaveContext, sources: Sequence[str]) -> Saved | ComparedCopy | None:
    """Make one request to the archive: to save the version that has waited longest, or to ask whether it is saved now.

    `sources` are the names of the sources whose versions are to be saved. Return the result for that version; return
    None if it is not known yet. If no version waits, compare the copy of a saved version with it instead, and return
    how they compare; return None if no copy waits either.
    """
    now = context.now()
    bounds = receipts.SaveLimits(
        at=instant(now),
        latest=instant(now + MAX_POSTPONEMENT),
        attempts=MAX_ATTEMPTS,
        jobs=MAX_JOBS,
        since=instant(now - MAX_JOB_TIME),
    )
    version = receipts.next_unsaved(context.store, sources, bounds)
    if version is None:
        return compare_next(context, sources)
    _put_off(context, version)
    try:
        answer = (
            context.web.look(Job(url=version.url, id=version.job)) if version.job else context.web.begin(version.url)
        )
    except UnsavedError as fault:
        return _failed(context, version, fault)
    except FetchError as fault:
        return _archive_failed(context, sources, version, fault)
    if isinstance(answer, Receipt):
        return _kept(context, version, answer)
    begun_at = version.job_begun_at if version.job_begun_at and version.job else instant(now)
    if now - moment(begun_at) > MAX_JOB_TIME:
        lost = f"the archive has not saved it after {MAX_JOB_TIME.seconds // 60} minutes"
        return _failed(context, version, UnsavedError(version.url, lost))
    with context.store.transaction():
        look_at = instant(context.now() + JOB_PAUSE)
        receipts.note_job(context.store, version, job=answer.id, begun_at=begun_at, look_at=look_at)
    return None


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait before the archive is asked again to save a version that failed `attempts` times."""
    return backoff(attempts + 1, first=FIRST_PAUSE, longest=MAX_REST_TIME)


def _put_off(context: SaveContext, version: Unsaved) -> None:
    with context.store.transaction():
        receipts.postpone_save(context.store, version, until=instant(context.now() + pause_after(version.attempts)))


def _kept(context: SaveContext, version: Unsaved, receipt: Receipt) -> Saved:
    """Keep the archive's receipt for a version, and return the result.

    If the archive's copy is older than the version, it proves nothing, and a failure is noted instead.
    """
    if receipt.saved_at < moment(version.captured_at).replace(microsecond=0):
        why = f"the archive gives its capture of {instant(receipt.saved_at)}, older than this version; ask in an hour"
        return _failed(context, version, UnsavedError(version.url, why, retry_after=3600.0))
    with context.store.transaction():
        receipts.add_receipt(context.store, version, memento=receipt.memento, saved_at=instant(receipt.saved_at))
    return Saved(version=version, memento=receipt.memento)


def _failed(context: SaveContext, version: Unsaved, fault: UnsavedError) -> Saved:
    """Note that one version could not be saved, and return the result. Each failure makes the next pause longer."""
    pause = max(pause_after(version.attempts), timedelta(seconds=fault.retry_after or 0))
    with context.store.transaction():
        receipts.note_failed_save(context.store, version, fault=str(fault), until=instant(context.now() + pause))
    return Saved(version=version, fault=str(fault))


def _archive_failed(context: SaveContext, sources: Sequence[str], version: Unsaved, fault: FetchError) -> Saved:
    """Note that the archive can't be used for now, and return the result. All versions wait.

    For `version` itself this does not count as a failed attempt. Copies that are to be compared wait as well.
    """
    retry_after = fault.retry_after if isinstance(fault, WaybackError) else None
    until = context.now() + archive_rest(retry_after)
    with context.store.transaction():
        receipts.postpone_all_saves(context.store, sources, until=instant(until))
        # This version comes after all others: if the archive fails only at this one, they still have their turn.
        receipts.postpone_save(context.store, version, until=instant(until + JOB_PAUSE))
        copies.postpone_comparisons(context.store, sources, until=instant(until))
    return Saved(version=version, fault=str(fault))
