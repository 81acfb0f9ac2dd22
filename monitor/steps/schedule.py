"""Works out when a source should be polled again, and which reports a poll should fetch; it only calculates."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MAX_AGE_EVERY_POLL = timedelta(days=30)  # a report that changed more recently than this is asked at every poll
SHARE_OF_AGE = 30  # an older report is asked again after a thirtieth of the time since it changed
MAX_PAUSE = timedelta(days=30)  # but at least as often as this
MAX_POLLS_AT_ONCE = 8  # sources polled at the same time
POLLS_PER_CHANGE = 100  # of a source, in the time that it usually takes to change
MAX_RETRY_AFTER = timedelta(days=1)  # a server or receiver that asks for a longer pause is not believed


def is_report_due(*, now: datetime, changed_at: datetime, asked_at: datetime) -> bool:
    """Return True if a report of a series should be fetched again; the longer it has not changed, the more rarely.

    - `changed_at`: the time of its last change.
    - `asked_at`: the time when it was last fetched.
    """
    age = now - changed_at
    pause = min(age / SHARE_OF_AGE, MAX_PAUSE)
    return age <= MAX_AGE_EVERY_POLL or asked_at > now or now - asked_at >= pause


def pause(*, every: timedelta, soonest: timedelta, changes: Sequence[datetime], now: datetime) -> timedelta:
    """Return how long to wait between two polls of a source; a source that changes often gets shorter pauses.

    - `every`, `soonest`: the longest and the shortest pause.
    - `changes`: the times of the latest changes, oldest first. The time since the last change counts as well, so a
      source that has stopped changing is polled more rarely.
    """
    gaps = [later - earlier for earlier, later in pairwise((*changes, now))]
    if not gaps:
        return every
    usual = max(timedelta(seconds=median(gap.total_seconds() for gap in gaps)), gaps[-1])
    return min(every, max(soonest, usual / POLLS_PER_CHANGE))
