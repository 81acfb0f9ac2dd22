"""Counts amendments of each kind by day, week, month or year, for charts and tables alike. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


class Unit(StrEnum):
    """What a bar of the chart, or a row of the table, stands for."""

    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"
    YEAR = "year"


MAX_DAYS = {Unit.DAY: 45, Unit.WEEK: 371, Unit.MONTH: 3_660}  # spans up to these are told by this unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How many amendments of each kind there were on a day, or from that day on for a week, month or year."""

    on: date
    added: int = 0
    removed: int = 0
    corrected: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.added + self.removed + self.corrected


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySpan:
    """A time told in units: every unit in order, also those without any amendment; none at all without days."""

    unit: Unit
    bars: tuple[Activity, ...]

    def name(self, bar: Activity) -> str:
        """Return a bar's unit in words: `3 March 2025`, `week of 3 March 2025`, `March 2025`, `2025`."""
        return named(bar.on, self.unit)


def grouped(days: Iterable[Activity], *, since: date | None = None, until: date | None = None) -> ActivitySpan:
    """Return days, in any order and perhaps repeated, as the span from `since` to `until`, or from first to last day.

    Days outside of `since` and `until` are not counted. The unit follows from the span's length.
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
    """Return a unit that begins on a day in words."""
    month = MONTHS[on.month - 1]
    return {
        Unit.DAY: f"{on.day} {month} {on.year}",
        Unit.WEEK: f"week of {on.day} {month} {on.year}",
        Unit.MONTH: f"{month} {on.year}",
        Unit.YEAR: f"{on.year}",
    }[unit]


def _starts(first: date, last: date, unit: Unit) -> Iterator[date]:
    """Yield the first days of all units of a span."""
    at = _start(first, unit)
    while at <= last:
        yield at
        at = _start(at + timedelta(days={Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.YEAR: 366}[unit]), unit)


def _start(on: date, unit: Unit) -> date:
    """Return the first day of the unit that a day lies in."""
    if unit is Unit.DAY:
        return on
    if unit is Unit.WEEK:
        return on - timedelta(days=on.weekday())
    return on.replace(day=1, month=1 if unit is Unit.YEAR else on.month)
