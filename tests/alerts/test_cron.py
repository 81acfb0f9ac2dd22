"""Cron expressions: held against croniter, a library that reads them as cron does; and what cron leaves open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as some

from monitor.alerts.cron import CRON_FIELDS, cron_times, next_time

UTC_ZONE = ZoneInfo("UTC")
CHICAGO = ZoneInfo("America/Chicago")
COUNTED = 4  # times of each expression that are compared


def times_of(expression: str, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """Return the next times that an expression names."""
    found: list[datetime] = []
    while len(found) < count:
        following = next_time(cron_times(expression), zone, found[-1] if found else after)
        assert following is not None
        found.append(following)
    return found


def fields(index: int) -> some.SearchStrategy[str]:
    """Return how one field of a cron expression may be written: names, ranges, steps and lists of them."""
    field = CRON_FIELDS[index]
    high = {2: 28, 4: 7}.get(index, field.high)
    numbers = [str(number) for number in range(field.low, high + 1)]
    pair = some.tuples(some.sampled_from(numbers), some.sampled_from(numbers))
    ranges = pair.filter(lambda both: int(both[0]) < int(both[1])).map("-".join)
    stepped = some.tuples(ranges, some.sampled_from("123456")).map("/".join)
    part = some.one_of(some.sampled_from([*numbers, *field.names]), ranges, stepped)
    return some.one_of(
        some.just("*"), some.sampled_from(["*/2", "*/3", "*/5"]), some.lists(part, min_size=1, max_size=2).map(",".join)
    )


@settings(max_examples=100, deadline=None)
@given(some.tuples(*(fields(index) for index in range(5))), some.integers(0, 10 * 366 * 1440))
def test_the_times_are_those_that_cron_means(parts: tuple[str, ...], minutes: int) -> None:
    """Each expression names the same times here and there."""
    expression = " ".join(parts)
    begin = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    theirs = croniter(expression, begin, implement_cron_bug=True)
    expected = [theirs.get_next(datetime) for _ in range(COUNTED)]
    assert times_of(expression, UTC_ZONE, begin, COUNTED) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "0 8 1 * mon", "0 8 * * 1-5/2", "0 8 */2 * *", "0 8 01 * *", "0 8 1 jan-dec/3 *", "0 8 * * 0-4", "0 8 * * 0-6",
        "0 8 * * sun-thu", "0 8 * * 0-7", "0 8 * * fri-mon", "0 8 * * 5-7", "0 22-2 * * *", "0 8 29 2 *", "0 8 13 * 5",
        "*/7 * * * *", "5,10-12,40 6 * * *", "0 8 1-7 * mon", "0 8 */31 * mon", "0 8 15 * */2", "10/15 * * * *",
    ],
)  # fmt: skip
def test_the_expressions_that_people_write(expression: str) -> None:
    """Ranges that wrap, Sunday as 0 and 7, steps, names, and a day of the month beside one of the week."""
    begin = datetime(2026, 11, 29, 16, 5, tzinfo=UTC)
    theirs = croniter(expression, begin, implement_cron_bug=True)
    assert times_of(expression, UTC_ZONE, begin, 40) == [theirs.get_next(datetime) for _ in range(40)]


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("0 8 * * mon#1", "mon#1"), ("0 8 * * 8", "'8'"), ("60 8 * * *", "'60'"), ("0 24 * * *", "'24'"),
        ("0 8 0 * *", "'0'"), ("0 8 * 13 *", "'13'"), ("0 8 * mon *", "'mon'"), ("0 8 * * jan", "'jan'"),
        ("0 8 * * */0", "*/0"), ("0 8 L * *", "'l'"),
        ("0 8 ? * *", "'?'"), ("0 8 * *", "4 fields"), ("@daily", "1 fields"),
        ("0 8 , * *", "''"), ("0 8 1- * *", "'1-'"),
        ("0 8 -1 * *", "'-1'"), ("monthly", "1 fields"), ("", "0 fields"),
        ("0 last * * *", "'last'"), ("0 8 * * mon-", "'mon-'"),
        ("0 8 1/2/3 * *", "'1/2/3'"), ("0 8 \u0661 * *", "'\u0661'"),
    ],
)  # fmt: skip
def test_what_cron_does_not_mean_is_refused_with_an_example(expression: str, named: str) -> None:
    """The fault names the part, and shows how a right one is written."""
    with pytest.raises(ValueError, match="write it like `0 8 \\* \\* mon`") as raised:
        cron_times(expression)
    assert named in str(raised.value)


def test_daily_and_weekly_are_at_eight() -> None:
    """Two words stand for the digests that most people want."""
    assert cron_times("daily") == cron_times("0 8 * * *")
    assert cron_times("Weekly") == cron_times("0 8 * * mon")


def test_the_last_day_of_the_month_comes_alone_or_beside_others() -> None:
    """It is the 28th, 29th, 30th or 31st."""
    begin = datetime(2027, 1, 20, tzinfo=UTC)
    assert [f"{at:%m-%d}" for at in times_of("0 8 last * *", UTC_ZONE, begin, 4)] == [
        "01-31",
        "02-28",
        "03-31",
        "04-30",
    ]
    assert [f"{at:%m-%d}" for at in times_of("0 8 15,last * *", UTC_ZONE, begin, 3)] == ["01-31", "02-15", "02-28"]


def test_an_hour_that_comes_twice_counts_once() -> None:
    """In the night in which the clock goes back, a digest at 01:30 comes at the first 01:30 alone."""
    begin = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert times_of("30 1 * * *", CHICAGO, begin, 2) == [
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
        datetime(2026, 11, 2, 7, 30, tzinfo=UTC),
    ]


def test_an_hour_that_is_left_out_loses_no_digest() -> None:
    """In the night in which the clock goes forward, 02:30 does not come: the digest comes at 03:30."""
    begin = datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert times_of("30 2 * * *", CHICAGO, begin, 2) == [
        datetime(2026, 3, 8, 8, 30, tzinfo=UTC),
        datetime(2026, 3, 9, 7, 30, tzinfo=UTC),
    ]


def test_a_day_that_never_comes_has_no_time() -> None:
    """There is no 30 February; 29 February on a Monday comes, if late."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_time(cron_times("0 8 30 2 *"), UTC_ZONE, begin) is None
    assert next_time(cron_times("0 8 29 2 *"), UTC_ZONE, begin) == datetime(2028, 2, 29, 8, tzinfo=UTC)
