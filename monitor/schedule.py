"""When a report is due. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

FRESH = timedelta(days=30)  # a report that changed so recently is asked at every poll
PATIENCE = 30  # an older one again after a thirtieth of the time that it has stood
RARELY = timedelta(days=30)  # but at least so often


def due(*, now: datetime, changed_at: datetime, asked_at: datetime) -> bool:
    """True where a report in a series should be asked again: the longer it has stood, the more rarely."""
    age = now - changed_at
    return age <= FRESH or now - asked_at >= min(age / PATIENCE, RARELY)
