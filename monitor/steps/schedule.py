"""When a source and its reports are due. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

FRESH = timedelta(days=30)  # a report that changed so recently is asked at every poll
PATIENCE = 30  # an older one again after a thirtieth of the time that it has stood
RARELY = timedelta(days=30)  # but at least so often
SIDE_BY_SIDE = 8  # sources polled at the same time
LOOKS = 100  # at a source, in the time that it usually takes to change
AHEAD = timedelta(days=1)  # no server asks to be left alone for longer


def due(*, now: datetime, changed_at: datetime, asked_at: datetime) -> bool:
    """True where a report in a series should be asked again: the longer it has stood, the more rarely."""
    age = now - changed_at
    return age <= FRESH or asked_at > now or now - asked_at >= min(age / PATIENCE, RARELY)


def pause(*, every: timedelta, soonest: timedelta, changes: Sequence[datetime], now: datetime) -> timedelta:
    """How long a source is left alone after a poll: the less, the more often it changes, within the two bounds.

    `changes` are the latest ones, oldest first; what has not changed for long is taken to change that rarely.
    """
    gaps = [later - earlier for earlier, later in pairwise((*changes, now))]
    if not gaps:
        return every
    usual = max(timedelta(seconds=median(gap.total_seconds() for gap in gaps)), gaps[-1])
    return min(every, max(soonest, usual / LOOKS))
