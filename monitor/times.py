"""Times and their text forms: ISO 8601 in UTC with `Z`. Standard library only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.errors import RefusedError

CLOCK_SKEW = timedelta(days=1)  # by which a clock, ours or a server's, may be ahead of another and be believed


def instant(moment: datetime) -> str:
    """Return a moment as the database and everything else writes it: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def moment(text: str) -> datetime:
    """Return the moment that `instant` wrote."""
    return datetime.fromisoformat(text)


def moment_of(text: str) -> datetime:
    """Return a time as people write it: ISO 8601, or a date alone (its first moment); without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise RefusedError(f"{text!r} is no time; write it like 2025-07-04T15:16:59Z or 2025-07-04") from fault
