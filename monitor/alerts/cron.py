"""Reads cron expressions like `0 8 * * 1`, and works out the next time that one names in a time zone.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

CRON_WORDS = {"daily": "0 8 * * *", "weekly": "0 8 * * mon"}  # for people who do not want to learn cron
CRON_EXAMPLE = "write it like `0 8 * * mon` for Mondays at eight, or `daily` or `weekly`"
LAST_DAY = "last"  # in the field of days: the last day of each month
MAX_DAYS_AHEAD = 366 * 41  # until 29 February has fallen on each day of the week
CRON_PART = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([1-9]\d?))?")


class CronField(NamedTuple):
    """One of the five fields of a cron expression.

    - `title`: its name in messages. `low`, `high`: its lowest and its highest value.
    - `names`: words that may stand for the values, from the lowest on, like `jan`.
    """

    title: str
    low: int
    high: int
    names: tuple[str, ...] = ()


CRON_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
CRON_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")  # as cron counts them, from 0; 7 is Sunday too
CRON_FIELDS = (
    CronField("minute", 0, 59),
    CronField("hour", 0, 23),
    CronField("day of the month", 1, 31),
    CronField("month", 1, 12, CRON_MONTHS),
    CronField("day of the week", 0, 6, CRON_WEEKDAYS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronTimes:
    """The times that a cron expression names.

    - `minutes`, `hours`, `days`, `months`, `weekdays`: the values of its fields; Sunday is 0.
    - `last_day`: whether the last day of each month counts as one of `days`.
    - `either`: whether a day fits if it is in `days` or in `weekdays`; otherwise it must be in both.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    last_day: bool
    either: bool

    def has_day(self, day: date) -> bool:
        """Return whether a day is one of those that the expression names."""
        if day.month not in self.months:
            return False
        is_last = (day + timedelta(days=1)).day == 1
        in_month = day.day in self.days or (self.last_day and is_last)
        in_week = day.isoweekday() % len(CRON_WEEKDAYS) in self.weekdays
        return in_month or in_week if self.either else in_month and in_week


def cron_times(expression: str) -> CronTimes:
    """Return the times that a cron expression names; the words `daily` and `weekly` are understood too.

    As in cron, if neither the field for the day of the month nor that for the day of the week begins with `*`, a day
    that fits one of the two is enough.

    Raises ValueError if the expression is not understood.
    """
    words = expression.lower().split()
    fields = CRON_WORDS[words[0]].split() if len(words) == 1 and words[0] in CRON_WORDS else words
    if len(fields) != len(CRON_FIELDS):
        raise ValueError(f"it has {len(fields)} fields, not {len(CRON_FIELDS)}; {CRON_EXAMPLE}")
    days_of_month = [part for part in fields[2].split(",") if part != LAST_DAY]
    has_last = len(days_of_month) < len(fields[2].split(","))
    values = [
        frozenset(_values(field, days_of_month if field is CRON_FIELDS[2] else text.split(",")))
        for field, text in zip(CRON_FIELDS, fields, strict=True)
    ]
    return CronTimes(
        minutes=values[0],
        hours=values[1],
        days=values[2],
        months=values[3],
        weekdays=values[4],
        last_day=has_last,
        either=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )


def _values(field: CronField, parts: list[str]) -> Iterator[int]:
    """Yield the values that the parts of a field name. Raises ValueError."""
    for part in parts:
        found = CRON_PART.fullmatch(part)
        if not found:
            raise ValueError(f"{part!r} is no {field.title}; {CRON_EXAMPLE}")
        first, last, step = found.groups()
        begin = field.low if first is None else _value(field, first)
        # As in cron, `8/4` is every fourth from 8 on, and `*` is all.
        end = _value(field, last) if last else begin if first and not step else field.high
        if end < begin:  # such as fri-mon, or 22-2
            end += field.high - field.low + 1
        for value in range(begin, end + 1, int(step or 1)):
            yield field.low + (value - field.low) % (field.high - field.low + 1)


def _value(field: CronField, text: str) -> int:
    """Return the number of a value that is written as a number or a name. Raises ValueError."""
    if text in field.names:
        return field.low + field.names.index(text)
    number = int(text) if text.isdecimal() else -1
    is_sunday = field.names == CRON_WEEKDAYS and number == len(CRON_WEEKDAYS)
    if not field.low <= number <= field.high and not is_sunday:
        raise ValueError(f"{text!r} is no {field.title}; {CRON_EXAMPLE}")
    return number


def next_time(times: CronTimes, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first of `times` in a time zone that is later than `after`, in UTC; None if there is none.

    In the night in which the clock goes back, a time that comes twice counts only the first time. In the night in which
    it goes forward, a time that is skipped comes later by as much as the clock was moved.
    """
    first_day = after.astimezone(zone).date() - timedelta(days=1)
    clock = [time(hour, minute) for hour in times.hours for minute in times.minutes]
    for ahead in range(MAX_DAYS_AHEAD):
        day = first_day + timedelta(days=ahead)
        if times.has_day(day):
            moments = (datetime.combine(day, at, zone).astimezone(UTC) for at in clock)
            if later := [moment for moment in moments if moment > after]:
                return min(later)
    return None
