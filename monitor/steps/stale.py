"""Decides whether an old version that a server sends again counts, or is only what one of several servers still has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.model import VersionStatus
from monitor.store import versions
from monitor.times import instant, moment

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.store.database import Store
    from monitor.store.rows import ReportRow

MAX_STALE = timedelta(days=1)  # after which an old version that came again counts, however often it came before


def is_stale(store: Store, report: ReportRow, digest: str, *, now: datetime, notes: list[str]) -> bool:
    """Return whether the server sent an old version of a report again, and it should not count yet.

    Several servers may answer for one address, and one of them may still have an old file. So an old version counts
    only when two polls in a row find it; a note says so each time. A report that has come back to it before goes back
    and forth: then all polls of two hours must find it, the next time those of four hours, up to a day. If the latest
    version is held or rejected, the old one counts at once. Call this within a transaction.

    - `digest`: the hash of the content that was sent. `now`: when the poll began.
    - `notes`: what the poll notes for its reader; added to.
    """
    latest = versions.latest_version(store, report.id)
    may_be_stale = (
        report.digest != digest
        and latest is not None
        and latest.via == "poll"  # else the history is of files got elsewhere, and this is the first look
        and latest.memento is None
        and latest.status in {VersionStatus.KEPT, VersionStatus.RECORDED}
    )
    numbers = versions.numbers_of(store, report.id, digest) if may_be_stale else []
    if not numbers:
        versions.forget_stale(store, report.id)
        return False
    since = versions.note_stale(store, report, digest=digest, at=instant(now))
    wait = _wait(len(numbers))
    if since is None or now - moment(since) < wait:
        polls = f"all polls of {wait / timedelta(hours=1):.0f} hours find" if wait else "the next poll finds"
        notes.append(f"{report.key}: version {numbers[-1]} came again, byte for byte; it counts if {polls} it too")
        return True
    versions.forget_stale(store, report.id)
    notes.append(f"{report.key}: back to version {numbers[-1]}, byte for byte")
    return False


def _wait(times: int) -> timedelta:
    """Return how long polls must find an old version that came again; `times` is how often it was a version so far."""
    return min(timedelta(hours=2 ** min(times - 1, 10)), MAX_STALE) if times > 1 else timedelta()
