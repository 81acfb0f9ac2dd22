"""Counts amendments of each kind by day, week, month or year, for charts and tables alike.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.times import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Unit(StrEnum):
    """The length of time that one bar of a chart, or one row of a table, covers."""

    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"
    YEAR = "year"


MAX_DAYS = {Unit.DAY: 45, Unit.WEEK: 371, Unit.MONTH: 3_660}  # spans up to these are told by this unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How many amendments of each kind there were on one day, or in a longer time that begins on the day `on`.

    The longer time is a week, a month or a year.
    """

    on: date
    added: int = 0
    removed: int = 0
    corrected: int = 0

    @property
    def total(self) -> int:
        """The number of amendments of all three kinds."""
        return self.added + self.removed + self.corrected


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySpan:
    """A span of time, divided into days, weeks, months or years (`unit`).

    `bars` has the counts of each of these, in order, also where there were no amendments; it is empty if no days were
    given.
    """

    unit: Unit
    bars: tuple[Activity, ...]

    def name(self, bar: Activity) -> str:
        """Return the time of a bar in words: `3 March 2025`, `week of 3 March 2025`, `March 2025` or `2025`."""
        return named(bar.on, self.unit)


def grouped(days: Iterable[Activity], *, since: date | None = None, until: date | None = None) -> ActivitySpan:
    """Count amendments by day, week, month or year: the longer the whole span of time, the longer the unit.

    - `days`: the counts of single days, in any order; the same day may come several times.
    - `since`, `until`: earlier and later days are ignored. Without them, the span is from the first day to the last.
    """
    some = [day for day in days if (since or day.on) <= day.on <= (until or day.on)]
    ends = [day.on for day in some] + [end for end in (since, until) if end]
    if not some:
        return ActivitySpan(unit=Unit.DAY, bars=())
    first, last = min(ends), max(ends)
    unit = next((unit for unit, most in MAX_DAYS.items() if (last - first).days < most), Unit.YEAR)
    counts = {start: [0, 0, 0] for start in _starts(first, last, unit)}
    for day in some:
        count = counts[_start(day.on, unit)]
        for n, more in enumerate((day.added, day.removed, day.corrected)):
            count[n] += more
    bars = tuple(Activity(on=on, added=a, removed=r, corrected=c) for on, (a, r, c) in counts.items())
    return ActivitySpan(unit=unit, bars=bars)


def named(on: date, unit: Unit) -> str:
    """Return in words the day, week, month or year that begins on the day `on`."""
    month = MONTHS[on.month - 1]
    return {
        Unit.DAY: f"{on.day} {month} {on.year}",
        Unit.WEEK: f"week of {on.day} {month} {on.year}",
        Unit.MONTH: f"{month} {on.year}",
        Unit.YEAR: f"{on.year}",
    }[unit]


def _starts(first: date, last: date, unit: Unit) -> Iterator[date]:
    """Yield the first day of each unit (day, week, month or year) from the one with `first` to the one with `last`."""
    at = _start(first, unit)
    while at <= last:
        yield at
        at = _start(at + timedelta(days={Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.YEAR: 366}[unit]), unit)


def _start(on: date, unit: Unit) -> date:
    """Return the first day of the unit (day, week, month or year) that contains the day `on`."""
    if unit is Unit.DAY:
        return on
    if unit is Unit.WEEK:
        return on - timedelta(days=on.weekday())
    return on.replace(day=1, month=1 if unit is Unit.YEAR else on.month)
