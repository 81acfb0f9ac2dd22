"""How long to wait after failures: laws of the one back-off."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.times import backoff

FIRST, LONGEST = timedelta(seconds=30), timedelta(hours=6)


def test_each_failure_doubles_the_wait() -> None:
    """From the first wait to the longest one."""
    seconds = [backoff(failures, first=FIRST, longest=LONGEST).total_seconds() for failures in range(13)]
    assert seconds == [30, 30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600]


@given(failures=st.integers(0, 10**9), spread=st.floats(0, 1), longest=st.timedeltas(FIRST, timedelta(days=365)))
def test_a_wait_is_within_its_bounds(failures: int, spread: float, longest: timedelta) -> None:
    """However many failures there were, and whatever chance adds or takes away."""
    usual = backoff(failures, first=FIRST, longest=longest)
    wait = backoff(failures, first=FIRST, longest=longest, spread=spread)
    assert FIRST <= usual <= longest
    assert (
        usual * (1 - spread) - timedelta(microseconds=1)
        <= wait
        <= min(usual * (1 + spread), longest) + timedelta(microseconds=1)
    )


def test_chance_keeps_waits_apart() -> None:
    """Of many that failed at the same moment, not all come again at the same one."""
    assert len({backoff(3, first=FIRST, longest=LONGEST, spread=0.2) for _ in range(100)}) > 50
