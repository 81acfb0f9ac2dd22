"""Counts amendments of each kind by day, week, month or year, for charts and tables alike.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
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

# A longer time without amendments is cut out of a chart. Days and weeks cover a year at most, in which nothing is cut.
MAX_QUIET_UNITS = {Unit.MONTH: 11, Unit.YEAR: 2}


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

    - `bars`: the counts of each of these, in order, also where there were no amendments; it is empty if no day had any.
    - `gaps`: the positions of bars that stand for a longer time without amendments, up to the next bar.
    """

    unit: Unit
    bars: tuple[Activity, ...]
    gaps: tuple[int, ...] = ()

    def name(self, bar: Activity) -> str:
        """Return the time of a bar in words: `3 March 2025`, `week of 3 March 2025`, `March 2025` or `2025`."""
        return named(bar.on, self.unit)

    def gap_name(self, gap: int) -> str:
        """Return the time for which the bar at the position `gap` stands, like `May 2017 to February 2025`."""
        last = self.bars[gap + 1].on - timedelta(days=1)
        return f"{named(self.bars[gap].on, self.unit)} to {named(_start(last, self.unit), self.unit)}"


def grouped(days: Iterable[Activity], *, since: date | None = None, until: date | None = None) -> ActivitySpan:
    """Count amendments by day, week, month or year: the longer the whole span of time, the longer the unit.

    - `days`: the counts of single days, in any order; the same day may come several times.
    - `since`, `until`: earlier and later days are ignored. Without them, the span is from the first day with amendments
      to the last.
    """
    some = [day for day in days if day.total and (since or day.on) <= day.on <= (until or day.on)]
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


def shortened(span: ActivitySpan) -> ActivitySpan:
    """Return a span without its long times without amendments: of each, only the first bar is left, as a gap.

    Such times at the beginning and at the end, which somebody asked for, are left as they are.
    """
    most = MAX_QUIET_UNITS.get(span.unit, len(span.bars))
    bars: list[Activity] = []
    gaps: list[int] = []
    for is_busy, run in groupby(span.bars, key=lambda bar: bool(bar.total)):
        units = tuple(run)
        at_an_end = not bars or units[-1] == span.bars[-1]
        if is_busy or at_an_end or len(units) <= most:
            bars += units
        else:
            gaps.append(len(bars))
            bars.append(units[0])
    return replace(span, bars=tuple(bars), gaps=tuple(gaps))


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
