"""Times and their text forms: ISO 8601 in UTC with `Z`. Standard library only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from monitor.errors import RefusedError

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
CLOCK_SKEW = timedelta(days=1)  # by which a clock, ours or a server's, may be ahead of another and be believed


def instant(moment: datetime) -> str:
    """Write a time as text, in the form of the database and all outputs: UTC, whole seconds, ending in `Z`."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def precise(moment: datetime) -> str:
    """Write a time like `instant`, but with its microseconds."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """Read back a time that `instant` or `precise` wrote."""
    return datetime.fromisoformat(text)


def moment_of(text: str) -> datetime:
    """Read a time that a person typed. Raises RefusedError if it is no time.

    It is written in ISO 8601; a time without a zone is in UTC. A date alone means the start of that day.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise RefusedError(f"{text!r} is no time; write it like 2025-07-04T15:16:59Z or 2025-07-04") from fault


def day_in_words(text: str) -> str:
    """Return the day of a time as people write it, like `4 July 2025`; `text` is a time or a date in ISO 8601."""
    day = date.fromisoformat(text[:10])
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
