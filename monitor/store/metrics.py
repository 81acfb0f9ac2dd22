"""Counts polls, versions, deliveries and log entries; operators watch the daemon by these figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.standing import LookState, look_state
from monitor.times import age_in_words, day_in_words, instant, moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from monitor.store.database import Store

MANY_DAYS = timedelta(days=60)  # after so long a day says more than a number of days


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """How the last polls of a source went.

    `polled_at` is the time of the last poll, `succeeded_at` that of the last good one. `failures` is the number of
    failed polls since then. `fault` says what went wrong in the last poll; None if nothing did.
    """

    name: str
    polled_at: str
    succeeded_at: str | None
    failures: int
    fault: str | None


def polled_sources(store: Store) -> list[SourceRow]:
    """Return all sources that were ever polled, ordered by name."""
    rows = store.all("SELECT name, polled_at, succeeded_at, failures, fault FROM sources ORDER BY name")
    return [SourceRow(**row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLook:
    """How long ago a source was looked at, and how well it is watched (`state`).

    `looked_at` is the time of the last look that succeeded, in ISO 8601, and `age_seconds` how long ago that was; both
    are None if there was none.
    """

    source: str
    looked_at: str | None
    age_seconds: int | None
    state: LookState

    @property
    def words(self) -> str:
        """Return when the source was last looked at, like `last looked at 3 days ago`; after two months it is a day."""
        if self.looked_at is None or self.age_seconds is None:
            return "never looked at with success"
        if self.age_seconds > MANY_DAYS.total_seconds():
            return f"last looked at on {day_in_words(self.looked_at)}"
        return f"last looked at {age_in_words(self.age_seconds)}"


def source_looks(store: Store, pauses: Mapping[str, timedelta], *, now: datetime) -> list[SourceLook]:
    """Return how long ago each source was looked at, in the order of `pauses`.

    `pauses` has the longest usual pause between two polls of each source, by its name. `now` is the present time.
    """
    known = {row.name: row for row in polled_sources(store)}
    return [_look(name, known.get(name), every, now) for name, every in pauses.items()]


def _look(name: str, row: SourceRow | None, every: timedelta, now: datetime) -> SourceLook:
    looked_at = row.succeeded_at if row else None
    state = look_state(
        polled_at=row.polled_at if row else None,
        succeeded_at=looked_at,
        failures=row.failures if row else 0,
        now=instant(now),
        every=every,
    )
    age = max(int((now - moment(looked_at)).total_seconds()), 0) if looked_at else None
    return SourceLook(source=name, looked_at=looked_at, age_seconds=age, state=state)


def versions_by_status(store: Store) -> dict[str, int]:
    """Return the number of versions with each status, keyed by status."""
    rows = store.all("SELECT status, versions FROM version_counts WHERE versions > 0 ORDER BY status")
    return {row["status"]: row["versions"] for row in rows}


def count_held(store: Store) -> int:
    """Return how many versions are held, that is, wait for a person's decision.

    This also works with a database that an older release has written.
    """
    row = store.one("SELECT count(*) AS count FROM versions WHERE status = 'held'")
    return int(row["count"]) if row else 0


def count_undelivered(store: Store) -> dict[tuple[str, str], int]:
    """Return the number of deliveries that wait or were given up, keyed by channel and status."""
    rows = store.all(
        """
        SELECT channel, status, count(*) AS count FROM deliveries WHERE status IN ('waiting', 'dead')
        GROUP BY channel, status ORDER BY channel, status
        """
    )
    return {(row["channel"], row["status"]): row["count"] for row in rows}


def log_length(store: Store) -> int:
    """Return the number of entries of the change log."""
    row = store.one("SELECT length FROM change_log_head")
    return int(row["length"]) if row else 0
