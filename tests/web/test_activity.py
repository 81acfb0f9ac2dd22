"""Amendments counted by day, week, month or year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.activity import MAX_QUIET_UNITS, Activity, Unit, grouped, shortened

DAYS = st.builds(
    Activity,
    on=st.dates(date(2003, 3, 1), date(2026, 11, 24)),
    added=st.integers(0, 900),
    removed=st.integers(0, 900),
    corrected=st.integers(0, 900),
)


def at(on: date, **counts: int) -> Activity:
    """A day's activity."""
    return Activity(on=on, **counts)


@pytest.mark.parametrize(
    ("last", "unit", "bars", "name"),
    [
        (date(2025, 3, 5), Unit.DAY, 1, "5 March 2025"),
        (date(2025, 4, 18), Unit.DAY, 45, "5 March 2025"),
        (date(2025, 4, 19), Unit.WEEK, 7, "week of 3 March 2025"),
        (date(2026, 3, 10), Unit.WEEK, 54, "week of 3 March 2025"),
        (date(2026, 3, 11), Unit.MONTH, 13, "March 2025"),
        (date(2035, 3, 11), Unit.MONTH, 121, "March 2025"),
        (date(2035, 3, 13), Unit.YEAR, 11, "2025"),
    ],
)
def test_the_unit_follows_from_the_span(last: date, unit: Unit, bars: int, name: str) -> None:
    """Days for six weeks, weeks for a year, months for ten; every unit of the span is there."""
    span = grouped([at(date(2025, 3, 5), added=1), at(last, removed=1)])
    assert (span.unit, len(span.bars), span.name(span.bars[0])) == (unit, bars, name)


@given(st.lists(DAYS))
def test_nothing_is_lost_and_nothing_counted_twice(days: list[Activity]) -> None:
    """The sums of all bars are the sums of all days, kind by kind."""
    bars = grouped(days).bars
    for kind in ("added", "removed", "corrected", "total"):
        assert sum(getattr(bar, kind) for bar in bars) == sum(getattr(day, kind) for day in days)


@given(st.lists(DAYS, min_size=1))
def test_bars_follow_one_another_without_a_gap(days: list[Activity]) -> None:
    """Each unit begins where the one before it ends; they hold the first day with amendments and the last."""
    span = grouped(days)
    days = [day for day in days if day.total]
    if not days:
        assert span.bars == ()
        return
    starts = [bar.on for bar in span.bars]
    longest = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.YEAR: 366}[span.unit]
    assert all(timedelta(0) < later - earlier <= timedelta(days=longest) for earlier, later in zip(starts, starts[1:]))  # noqa: B905, RUF007 - one shorter
    assert starts[0] <= min(day.on for day in days) < starts[0] + timedelta(days=longest)
    assert starts[-1] <= max(day.on for day in days) < starts[-1] + timedelta(days=longest)


@given(st.lists(DAYS).flatmap(lambda days: st.tuples(st.just(days), st.permutations(days))))
def test_the_order_of_days_does_not_matter(both: tuple[list[Activity], list[Activity]]) -> None:
    """However the days come, the bars are the same."""
    assert grouped(both[0]) == grouped(both[1])


def test_a_span_can_be_given() -> None:
    """Quiet days before and after are shown, what lies outside isn't counted."""
    days = [at(date(2025, 1, 1), added=5), at(date(2025, 2, 3), added=1), at(date(2025, 3, 1), added=7)]
    span = grouped(days, since=date(2025, 2, 1), until=date(2025, 2, 10))
    assert [bar.on.day for bar in span.bars] == list(range(1, 11))
    assert [bar.added for bar in span.bars] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_without_days_there_are_no_bars() -> None:
    """Nothing in, nothing out."""
    assert grouped([]).bars == ()
    assert grouped([], since=date(2025, 1, 1)).bars == ()


def test_days_without_amendments_at_the_ends_are_no_part_of_the_span() -> None:
    """Another form of the same is logged on its day, and counted nowhere."""
    quiet = [at(date(2015, 1, 1)), at(date(2030, 1, 1))]
    days = [at(date(2025, 1, 1), added=5), at(date(2025, 2, 3), removed=1)]
    assert grouped([quiet[0], *days, quiet[1]]) == grouped(days)
    assert grouped(quiet).bars == ()


def test_long_quiet_times_are_cut_out_and_named() -> None:
    """Eleven months stay; twelve become one bar, which is named by its first month and its last."""
    ends = [at(date(2017, 4, 9), added=1), at(date(2018, 4, 9), added=1)]
    kept, cut = (
        shortened(grouped([*ends, last])) for last in (at(date(2019, 4, 1), added=1), at(date(2019, 5, 1), added=1))
    )
    assert (len(kept.bars), kept.gaps) == (25, ())
    assert (len(cut.bars), cut.gaps) == (15, (13,))
    assert cut.gap_name(13) == "May 2018 to April 2019"
    assert [bar.on for bar in cut.bars[12:]] == [date(2018, 4, 1), date(2018, 5, 1), date(2019, 5, 1)]


def test_a_quiet_time_that_was_asked_for_is_shown() -> None:
    """At the beginning and at the end of a given span."""
    span = grouped([at(date(2020, 6, 1), added=1)], since=date(2018, 1, 1), until=date(2022, 12, 1))
    assert shortened(span) == span


@given(st.lists(DAYS))
def test_cutting_loses_nothing(days: list[Activity]) -> None:
    """The bars with amendments are the same, in order; gaps have none, and are never at an end."""
    span = grouped(days)
    short = shortened(span)
    assert [bar for bar in short.bars if bar.total] == [bar for bar in span.bars if bar.total]
    assert all(not short.bars[gap].total for gap in short.gaps)
    assert all(0 < gap < len(short.bars) - 1 for gap in short.gaps)
    assert bool(short.gaps) <= (short.unit in MAX_QUIET_UNITS)
