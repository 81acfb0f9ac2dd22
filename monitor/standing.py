"""Says of a record in a list whether it is listed at a time, was listed, or whether that is not known. Pure.

This is the one place that decides so. Commands, pages, feeds, the API and alerts all show what is decided here, in the
words of `Standing.words`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.times import day_in_words, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_STALE = timedelta(days=1)  # a list is known for at least so long after it was seen
STALE_LOOKS = 4  # and at least for so many times the usual pause between two looks
MIN_SILENCE = timedelta(days=30)  # a series has stopped when no report came for so long,
SILENT_PAUSES = 4  # and for so many times the usual pause between two reports
WEEK_KEY = re.compile(r"(\d{4})_(\d\d)-(\d\d)to(\d\d)-(\d\d)")
QUARTER_KEY = re.compile(r"(\d{4})[_-]?q([1-4])", re.IGNORECASE)
QUARTERS = ("first", "second", "third", "fourth")


class StandingState(StrEnum):
    """The standing of a record, or of a place, in a list at a time."""

    LISTED = "listed"
    WAS_LISTED = "was listed"  # earlier, and no longer
    NAMED = "named"  # in a list of events, which nothing can be "listed" in
    NEVER = "never listed"  # in all that was seen of the list
    NOT_KNOWN = "not known"


class Ending(StrEnum):
    """The way in which a record stopped being listed."""

    REMOVED = "removed"
    MOVED = "moved to another list"
    CORRECTED = "corrected to another place"
    TAKEN_DOWN = "list taken down"
    SUPERSEDED = "report superseded"  # by that of the next period
    SERIES_ENDED = "series ended"
    GONE = "gone when next seen"  # after a time in which nobody looked


class NotKnown(StrEnum):
    """The reason why the standing of a record is not known."""

    BEFORE = "before the first look"
    NOT_LOOKED_FOR = "not looked for"  # the configuration did not describe the list
    HELD = "held"  # a version is held, and nobody has decided about it yet
    NOT_SEEN = "not seen since"
    BETWEEN = "between two looks"
    FUTURE = "yet to come"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLook:
    """What had been seen of one list of a report at a time.

    All times are ISO 8601 in UTC; each is None where there is none.

    - `report`, `is_series`: the key of the report, and whether it is one of a series.
    - `first_at`: when the list was first seen, even if that was later than the time asked about.
    - `is_described`: whether the version of that time was read for this list.
    - `seen_at`: when the version of that time was last seen, and `next_at` when the one after it was first seen.
    - `held_at`: since when a later version is held.
    - `withdrawn_at`: since when the report is taken down.
    - `later`: the key of the latest report of the series, if that is another one.
    - `silent_since`: when the latest report of the series came, if the series has stopped since.
    """

    report: str
    is_series: bool = False
    first_at: str | None = None
    is_described: bool = True
    seen_at: str | None = None
    next_at: str | None = None
    held_at: str | None = None
    withdrawn_at: str | None = None
    later: str | None = None
    silent_since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """What is on record of one line of corrections at a time.

    - `since`: when it was first seen. `until`: when it was last seen, if the version of that time lacks it.
    - `ending`: how it left; `to`: the list that it moved to, or the place that it was corrected to.
    """

    since: str
    until: str | None = None
    ending: Ending | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The standing of a record, or of a place, in a list.

    - `since`, `until`: the days between which it was listed; `until` is None while it is listed, or where the end is
      not known. `last_seen_at`: when the list was last seen with it.
    - `ending`, `to`: how it left, and for which list or place.
    - `gap`: why the standing is not known; `gap_at`, `gap_until`: the times that belong to the reason.
    - `rows`, `reports`: in how many rows of how many reports a list of events names it; `report` is the last of them,
      `since` when that was first seen, `silent` whether no report of the series has appeared since.
    """

    state: StandingState
    since: str | None = None
    until: str | None = None
    last_seen_at: str | None = None
    ending: Ending | None = None
    to: str | None = None
    gap: NotKnown | None = None
    gap_at: str | None = None
    gap_until: str | None = None
    rows: int = 0
    reports: int = 0
    report: str | None = None
    silent: bool = False

    def words(self, at: str | None = None) -> str:
        """Return the standing in words: now, or on the day of the time `at`."""
        when = f"on {day_in_words(at)}" if at else "now"
        if self.state == StandingState.LISTED and at:
            return f"listed {when}, since {_day(self.since)}"
        if self.state == StandingState.LISTED:
            return f"listed since {_day(self.since)}, last seen {_day(self.last_seen_at)}"
        if self.state == StandingState.NAMED:
            return self._named()
        if self.state == StandingState.NEVER:
            return f"not listed {when}, nor in any version seen before"
        if self.state == StandingState.WAS_LISTED:
            return f"not listed {when}; {self._past()}"
        known = f"; {self._past()}" if self.since else ""
        return f"not known {when}: {self._reason()}{known}"

    def _named(self) -> str:
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        period = period_in_words(self.report or "")
        several = f"of {self.reports:,} reports, the last that of {period}"
        where = f"of the report of {period}" if self.reports == 1 else several
        seen = f", seen {day_in_words(self.since)}" if self.since else ""
        silent = "; no report of the series has appeared since" if self.silent else ""
        return f"named in {rows} {where}{seen}{silent}"

    def _past(self) -> str:
        """Return what is on record of the time before."""
        if self.until is None:
            return f"listed since {_day(self.since)} when it was last seen"
        how = {
            None: "",
            Ending.REMOVED: ", then removed",
            Ending.MOVED: f", then moved to {self.to or 'another list'}",
            Ending.CORRECTED: f", then corrected to {self.to or 'another place'}",
            Ending.TAKEN_DOWN: ", when the list was taken down",
            Ending.SUPERSEDED: ", before the next report of the series",
            Ending.SERIES_ENDED: ", in the last report of the series; none has appeared since",
            Ending.GONE: ", and gone when the list was next seen",
        }[self.ending]
        return f"listed from {_day(self.since)} to {_day(self.until)}{how}"

    def _reason(self) -> str:
        first, last = _day(self.gap_at), _day(self.gap_until)
        return {
            None: "",
            NotKnown.BEFORE: f"this list was first seen on {first}",
            NotKnown.NOT_LOOKED_FOR: "this list was not looked for in the version of that time",
            NotKnown.HELD: f"a version seen on {first} waits for a person's decision",
            NotKnown.NOT_SEEN: f"this list was last seen on {first}",
            NotKnown.BETWEEN: f"this list was not seen between {first} and {last}",
            NotKnown.FUTURE: "that day is yet to come",
        }[self.gap]

    def to_json(self, at: str | None = None) -> dict[str, object]:
        """Return the standing as a JSON object; `words` says the same to a person."""
        return {
            "state": str(self.state),
            "since": self.since,
            "until": self.until,
            "last_seen_at": self.last_seen_at,
            "ending": str(self.ending) if self.ending else None,
            "to": self.to,
            "not_known": str(self.gap) if self.gap else None,
            "words": self.words(at),
        }


def _day(time: str | None) -> str:
    return day_in_words(time) if time else "an unknown day"


def period_in_words(key: str) -> str:
    """Return the period of a report of a series in words, from its key, like `2017_02-11to02-17` or `2018_q2`."""
    if week := WEEK_KEY.fullmatch(key):
        year, *parts = week.groups()
        begin, end = (day_in_words(f"{year}-{month}-{day}") for month, day in (parts[:2], parts[2:]))
        same_month = begin.split()[1] == end.split()[1]
        return f"{begin.split()[0] if same_month else ' '.join(begin.split()[:2])} to {end}"
    if quarter := QUARTER_KEY.fullmatch(key):
        return f"the {QUARTERS[int(quarter[2]) - 1]} quarter of {quarter[1]}"
    return key


def has_stopped(came_at: Sequence[str], *, at: str) -> bool:
    """Return whether a series has stopped at the time `at`: no report came for much longer than usual.

    `came_at` are the times at which its reports were first seen, in order.
    """
    if not came_at:
        return False
    moments = [moment(each) for each in came_at]
    pauses = sorted(later - earlier for earlier, later in pairwise(moments))
    usual = pauses[len(pauses) // 2] if pauses else timedelta()
    return moment(at) - moments[-1] > max(SILENT_PAUSES * usual, MIN_SILENCE)


def standing_of(facts: LineFacts, look: ListLook, *, at: str, stale_after: timedelta) -> Standing:
    """Return the standing of one record of a list at the time `at`.

    `facts` is what is on record of it, `look` what had been seen of its list. `stale_after` is how long what was seen
    of the list is believed.
    """
    past = Standing(
        state=StandingState.WAS_LISTED if facts.until else StandingState.LISTED,
        since=facts.since,
        until=facts.until,
        last_seen_at=facts.until or look.seen_at,
        ending=facts.ending,
        to=facts.to,
    )
    if unknown := unknown_of(look, at=at, stale_after=stale_after):
        return replace(
            unknown, since=past.since, until=past.until, last_seen_at=past.last_seen_at, ending=past.ending, to=past.to
        )
    if facts.until:
        return past
    ended = _ended(look)
    until = look.withdrawn_at or look.silent_since or look.seen_at
    return replace(past, state=StandingState.WAS_LISTED, until=until, ending=ended) if ended else past


def _ended(look: ListLook) -> Ending | None:
    """Return how a whole list ended with all its records, or None where it stands."""
    if look.withdrawn_at:
        return Ending.TAKEN_DOWN
    if look.later:
        return Ending.SUPERSEDED
    return Ending.SERIES_ENDED if look.silent_since else None


def unknown_of(look: ListLook, *, at: str, stale_after: timedelta) -> Standing | None:
    """Return why nothing is known of a list at the time `at`, as a standing, or None where its records are known."""
    found = _gap(look, at=at, stale_after=stale_after)
    if found is None:
        return None
    gap, since, until = found
    return Standing(state=StandingState.NOT_KNOWN, gap=gap, gap_at=since, gap_until=until)


def _gap(look: ListLook, *, at: str, stale_after: timedelta) -> tuple[NotKnown, str | None, str | None] | None:
    """Return why nothing is known of a list at the time `at`, with the times that belong to it, or None."""
    found: tuple[NotKnown, str | None, str | None] | None = None
    if look.first_at is not None and (at < look.first_at or look.seen_at is None):
        found = (NotKnown.BEFORE, look.first_at, None)
    elif look.first_at is None or look.seen_at is None or not look.is_described:
        found = (NotKnown.NOT_LOOKED_FOR, None, None)
    elif _ended(look) and look.next_at is None:
        found = None
    elif look.held_at:
        found = (NotKnown.HELD, look.held_at, None)
    elif look.next_at and at > look.seen_at and moment(look.next_at) - moment(look.seen_at) > stale_after:
        found = (NotKnown.BETWEEN, look.seen_at, look.next_at)
    elif look.next_at is None and moment(at) - moment(look.seen_at) > stale_after:
        found = (NotKnown.NOT_SEEN, look.seen_at, None)
    return found


def list_state(look: ListLook, *, at: str, stale_after: timedelta) -> StandingState:
    """Return the standing that a whole list gives its records: listed, no longer listed, or not known."""
    if unknown_of(look, at=at, stale_after=stale_after):
        return StandingState.NOT_KNOWN
    return StandingState.WAS_LISTED if _ended(look) else StandingState.LISTED


def stale_after(every: timedelta) -> timedelta:
    """Return how long what was seen of a list is believed, if its source is looked at `every` so often."""
    return max(MIN_STALE, STALE_LOOKS * every)


def standing_of_all(standings: Sequence[Standing], unknown: Standing | None) -> Standing:
    """Return the standing of a place in a list from those of its records there.

    `unknown` says why nothing is known of the list, or is None. A place without records was never listed, or it is not
    known.
    """
    if not standings:
        return unknown or Standing(state=StandingState.NEVER)
    listed = [each for each in standings if each.state == StandingState.LISTED]
    if listed:
        return min(listed, key=lambda each: each.since or "")
    order = {StandingState.NOT_KNOWN: 1, StandingState.NAMED: 2}
    best = max(standings, key=lambda each: (order.get(each.state, 0), each.until is None, each.until or "", each.since))
    if best.state == StandingState.NOT_KNOWN and best.until is None:
        still = [each for each in standings if each.state == StandingState.NOT_KNOWN and each.until is None]
        return min(still, key=lambda each: each.since or "")
    return best


def standing_of_events(
    rows: int,
    reports: Sequence[str],
    *,
    came_at: str | None = None,
    last_seen_at: str | None = None,
    silent: bool = False,
) -> Standing:
    """Return the standing of a place in a list of events: in how many rows of which reports it is named.

    - `reports`: the keys of these reports, in order.
    - `came_at`, `last_seen_at`: when the last of them was first and last seen, where that is known.
    - `silent`: whether it is the last of a series that has stopped.
    """
    return Standing(
        state=StandingState.NAMED,
        rows=rows,
        reports=len(reports),
        report=reports[-1],
        since=came_at,
        last_seen_at=last_seen_at,
        silent=silent,
    )
