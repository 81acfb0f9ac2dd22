"""Has a web archive save what is new: a receipt that does not depend on who runs this program.

What was asked for and what came of it stands in the database, so that neither a restart nor an archive that fails can
make it ask in a loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.backoff import backoff
from monitor.errors import FetchError, UnsavedError, WaybackError
from monitor.store import receipts
from monitor.times import instant, moment
from monitor.wayback.client import Job, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from monitor.store.database import Store
    from monitor.store.receipts import Unsaved
    from monitor.wayback.client import WebArchive

FIRST_WAIT = timedelta(minutes=10)  # twice as long each time
LONGEST_WAIT = timedelta(days=1)
REST = timedelta(minutes=15)  # after which an archive that can't answer is asked again, if it does not say when
LOOK = timedelta(seconds=10)  # between two looks at a capture under way
LOST = timedelta(minutes=20)  # after which a capture under way has come to nothing
SIDE_BY_SIDE = 3  # captures under way: the archive refuses those who ask for more at once
ENOUGH = 10  # attempts, over some days
AHEAD = timedelta(days=2)  # nothing waits for longer, but by a clock that stood ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveContext:
    """The parts of the program that saving works with: the database, the web archive, and the clock."""

    store: Store
    web: WebArchive
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What came of asking for one version: where it was saved, or why it was not."""

    version: Unsaved
    memento: str | None = None
    fault: str | None = None


def save(context: SaveContext, sources: Sequence[str]) -> Iterator[Saved]:
    """Have what is not saved yet of these sources saved now, whatever came of it before; waits for each.

    Ends where the archive does not answer for now: the same call goes on there. Raises MonitorError.
    """
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


def save_next(context: SaveContext, sources: Sequence[str]) -> Saved | None:
    """Ask the archive one thing: to save what has waited longest, or what became of it. None where nothing ended."""
    now = context.now()
    bounds = receipts.SaveLimits(
        at=instant(now), latest=instant(now + AHEAD), attempts=ENOUGH, jobs=SIDE_BY_SIDE, since=instant(now - LOST)
    )
    version = receipts.next_unsaved(context.store, sources, bounds)
    if version is None:
        return None
    _put_off(context, version)
    try:
        found = (
            context.web.look(Job(url=version.url, id=version.job)) if version.job else context.web.begin(version.url)
        )
    except UnsavedError as fault:
        return _failed(context, version, fault)
    except FetchError as fault:
        return _archive_failed(context, sources, version, fault)
    if isinstance(found, Receipt):
        return _kept(context, version, found)
    begun_at = version.job_begun_at if version.job_begun_at and version.job else instant(now)
    if now - moment(begun_at) > LOST:
        lost = f"the archive has not saved it after {LOST.seconds // 60} minutes"
        return _failed(context, version, UnsavedError(version.url, lost))
    with context.store.transaction():
        look_at = instant(context.now() + LOOK)
        receipts.note_job(context.store, version, job=found.id, begun_at=begun_at, look_at=look_at)
    return None


def wait(attempts: int) -> timedelta:
    """How long a version is left alone after so many attempts."""
    return backoff(attempts + 1, first=FIRST_WAIT, longest=LONGEST_WAIT)


def _put_off(context: SaveContext, version: Unsaved) -> None:
    with context.store.transaction():
        receipts.postpone_save(context.store, version, until=instant(context.now() + wait(version.attempts)))


def _kept(context: SaveContext, version: Unsaved, receipt: Receipt) -> Saved:
    """Keep a receipt, if it can be one of this version: of what stood there before it is none."""
    if receipt.saved_at < moment(version.captured_at).replace(microsecond=0):
        told = f"the archive gives its capture of {instant(receipt.saved_at)}, older than this version; ask in an hour"
        return _failed(context, version, UnsavedError(version.url, told, retry_after=3600.0))
    with context.store.transaction():
        receipts.add_receipt(context.store, version, memento=receipt.memento, saved_at=instant(receipt.saved_at))
    return Saved(version=version, memento=receipt.memento)


def _failed(context: SaveContext, version: Unsaved, fault: UnsavedError) -> Saved:
    """An attempt for this one version came to nothing: again later, ever more rarely."""
    pause = max(wait(version.attempts), timedelta(seconds=fault.retry_after or 0))
    with context.store.transaction():
        receipts.note_failed_save(context.store, version, fault=str(fault), until=instant(context.now() + pause))
    return Saved(version=version, fault=str(fault))


def _archive_failed(context: SaveContext, sources: Sequence[str], version: Unsaved, fault: FetchError) -> Saved:
    """The archive can't be used for now, which is no fault of this version's: all others wait as well."""
    asked = fault.retry_after if isinstance(fault, WaybackError) else None
    until = context.now() + min(max(REST, timedelta(seconds=asked or 0)), LONGEST_WAIT)
    with context.store.transaction():
        receipts.postpone_all_saves(context.store, sources, until=instant(until))
        # Behind all others: if the archive fails at this very one, they still have their turn.
        receipts.postpone_save(context.store, version, until=instant(until + LOOK))
    return Saved(version=version, fault=str(fault))
