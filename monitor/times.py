"""Times and their text forms, periods in words, and how long to wait after failures. Standard library only.

Times are written in ISO 8601, in UTC with `Z`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from monitor.errors import RefusedError

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEK_KEY = re.compile(r"(\d{4})_(\d\d)-(\d\d)[_-]*(?:to)?[_-]*(\d\d)-(\d\d)")
QUARTER_KEY = re.compile(r"(\d{4})[_-]?q([1-4])", re.IGNORECASE)
QUARTERS = ("first", "second", "third", "fourth")
MAX_DOUBLINGS = 20  # of a first wait: they make twelve days of a second, and more could exceed a timedelta
CLOCK_SKEW = timedelta(days=1)  # by which a clock, ours or a server's, may be ahead of another and be believed
WAKE_SECONDS = 1.0  # the longest that a thread sleeps at a time: Python may hear of Ctrl-C only when it wakes


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


def age_in_words(seconds: float) -> str:
    """Return how long ago a time was, like `6 minutes ago` or `3 days ago`; under a minute it is `just now`.

    `seconds` is how long ago it was. Each unit is used from two of it on, and minutes from one on.
    """
    if seconds < 60:
        return "just now"
    for unit, size in (("day", 86_400), ("hour", 3_600)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}s ago"
    minutes = int(seconds // 60)
    return "1 minute ago" if minutes == 1 else f"{minutes} minutes ago"


def period_in_words(key: str) -> str:
    """Return the period of a report in words, read from the report's key.

    Keys look like `2017_02-11to02-17` (a week) or `2018_q2` (a quarter). Any other key is returned as it is.
    """
    if week := WEEK_KEY.fullmatch(key):
        year, *parts = week.groups()
        begin, end = (day_in_words(f"{year}-{month}-{day}") for month, day in (parts[:2], parts[2:]))
        same_month = begin.split()[1] == end.split()[1]
        return f"{begin.split()[0] if same_month else ' '.join(begin.split()[:2])} to {end}"
    if quarter := QUARTER_KEY.fullmatch(key):
        return f"the {QUARTERS[int(quarter[2]) - 1]} quarter of {quarter[1]}"
    return key


def backoff(failures: int, *, first: timedelta, longest: timedelta, spread: float = 0.0) -> timedelta:
    """Return how long to wait before the next try: `first` after one failure, doubled with each further one.

    failures: how many failures there were in a row; after none or one the wait is `first`.
    first: the wait after the first failure.
    longest: the upper limit of the wait.
    spread: the share of the wait (0 to 1) that is added or taken away at random, so that not all try again at once.

    Example: with a `first` of 30 seconds, the wait is about 4 minutes after the fourth failure.
    """
    from random import uniform  # noqa: PLC0415 - few processes wait, and all import this module

    doubled: timedelta = first * int(2 ** min(max(failures - 1, 0), MAX_DOUBLINGS))
    chance = 1 + uniform(-spread, spread)  # noqa: S311 - spreads load, keeps no secret
    return min(doubled * chance, longest)
