"""Decides whether a record is listed at a given time, was listed earlier, or whether that is not known.

"Standing" means the answer to that question. This is the one module that decides it: commands, pages, feeds, the API
and alerts all show its answer, in the words of `Standing.words`.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.times import day_in_words, moment, period_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_STALE = timedelta(days=1)  # a list is known for at least so long after it was seen
STALE_LOOKS = 4  # and at least for so many times the usual pause between two looks
MIN_LATE = timedelta(hours=1)  # a look at a source is late after so long, and after STALE_LOOKS of its pauses
MIN_SILENCE = timedelta(days=30)  # a series has stopped when no report came for so long,
SILENT_PAUSES = 4  # and for so many times the usual pause between two reports


class StandingState(StrEnum):
    """The possible answers to the question whether a record, or a place, is in a list at a given time.

    - LISTED: it is in the list.
    - WAS_LISTED: it was in the list earlier, and is no longer.
    - NAMED: it is in a list of events, in which nothing can be "listed".
    - NEVER: it was in no version of the list that was seen.
    - NOT_KNOWN: it is not known.
    """

    LISTED = "listed"
    WAS_LISTED = "was listed"  # earlier, and no longer
    NAMED = "named"  # in a list of events, which nothing can be "listed" in
    NEVER = "never listed"  # in all that was seen of the list
    NOT_KNOWN = "not known"


class Ending(StrEnum):
    """The way in which a record stopped being listed.

    - REMOVED: it was taken off the list.
    - MOVED: it was moved to another list.
    - CORRECTED: it was corrected, and names another place now.
    - TAKEN_DOWN: the list itself was taken down.
    - SUPERSEDED: the report was followed by that of the next period.
    - SERIES_ENDED: it was in the last report of the series, and none has appeared since.
    - GONE: it was not there when the list was seen again, after a time in which nobody had looked.
    """

    REMOVED = "removed"
    MOVED = "moved to another list"
    CORRECTED = "corrected to another place"
    TAKEN_DOWN = "list taken down"
    SUPERSEDED = "report superseded"  # by that of the next period
    SERIES_ENDED = "series ended"
    GONE = "gone when next seen"  # after a time in which nobody looked


class NotKnown(StrEnum):
    """The reasons why it may not be known whether a record is listed at a time.

    - BEFORE: the time is before the list was first looked at.
    - NOT_LOOKED_FOR: the configuration did not describe the list.
    - HELD: a version of the list is held for a person, who has not decided about it yet.
    - NOT_SEEN: the list has not been seen since.
    - BETWEEN: the time lies between two looks with different results.
    - FUTURE: the time is still to come.
    """

    BEFORE = "before the first look"
    NOT_LOOKED_FOR = "not looked for"  # the configuration did not describe the list
    HELD = "held"  # a version is held, and nobody has decided about it yet
    NOT_SEEN = "not seen since"
    BETWEEN = "between two looks"
    FUTURE = "yet to come"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLook:
    """How well one list of a report was known at a given time, from the program's visits to it.

    All times are ISO 8601 in UTC; a time is None where there is none. "The version of that time" is the latest recorded
    version that had been seen by then.

    - `report`, `is_series`: the key of the report, and whether it is one of a series.
    - `first_at`: when the list was first seen; this may be later than the time asked about. Where it was read from the
      version of that time, it may also be when that version came.
    - `is_described`: whether the list was read from the version of that time.
    - `seen_at`: when the version of that time was last seen.
    - `next_at`: when the version after it was first seen.
    - `held_at`: when a later version was seen that is held, that is, waits for a person's decision.
    - `withdrawn_at`: since when the report is taken down.
    - `later`: the key of the latest report of the series, if that is another report than this one.
    - `silent_since`: when the latest report of the series appeared, if no further one has come for unusually long.
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
    """What the database says about one record in a list up to a given time; times are ISO 8601 in UTC.

    - `since`: when the record was first seen in the list.
    - `until`: when it was last seen there; None if it is still in the version of that time.
    - `ending`: how it left the list; None while it is there.
    - `to`: the list that it moved to, or the place that it was corrected to; None for other endings.
    - `to_title`: the title of that list, for readers; None for a place.
    """

    since: str
    until: str | None = None
    ending: Ending | None = None
    to: str | None = None
    to_title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The answer to whether a record, or a place, is listed in a list; times are ISO 8601 in UTC.

    - `state`: the answer itself.
    - `since`, `until`: from when until when it was listed. `until` is None while it is listed, or if the end is not
      known.
    - `last_seen_at`: when the list was last seen with the record in it.
    - `ending`, `to`: how the record left the list, and the list or place that it went to, if any. `to_title` is the
      title of that list, for readers.
    - `gap`: if the answer is not known, the reason; `gap_at`, `gap_until`: the times that belong to this reason.
    - `rows`, `reports`: only for a list of events: how many rows, in how many reports, name the place. `report` is the
      key of the last of these reports, `since` is when it was first seen, and `silent` tells whether the series has
      stopped since.
    """

    state: StandingState
    since: str | None = None
    until: str | None = None
    last_seen_at: str | None = None
    ending: Ending | None = None
    to: str | None = None
    to_title: str | None = None
    gap: NotKnown | None = None
    gap_at: str | None = None
    gap_until: str | None = None
    rows: int = 0
    reports: int = 0
    report: str | None = None
    silent: bool = False

    def words(self, at: str | None = None, *, is_copy: bool = False) -> str:
        """Return the answer in words, like `listed since 3 March 2025`.

        `at` is the time asked about, in ISO 8601; only its day is named. None means now. `is_copy` says that the words
        go into a page that stays as it is: then "now" and the day of the last look are left out, for they change.
        """
        when = f" on {day_in_words(at)}" if at else "" if is_copy else " now"
        if self.state == StandingState.LISTED and at:
            return f"listed{when}, since {_day(self.since)}"
        if self.state == StandingState.LISTED:
            return f"listed since {_day(self.since)}" + ("" if is_copy else f", last seen {_day(self.last_seen_at)}")
        if self.state == StandingState.NAMED:
            return self._named()
        if self.state == StandingState.NEVER:
            return f"not listed{when}, nor in any version seen before"
        if self.state == StandingState.WAS_LISTED:
            return f"not listed{when}; {self._past()}"
        known = f"; {self._past()}" if self.since else ""
        return f"not known{when}: {self._reason()}{known}"

    def _named(self) -> str:
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        period = period_in_words(self.report or "")
        several = f"of {self.reports:,} reports, the last that of {period}"
        where = f"of the report of {period}" if self.reports == 1 else several
        seen = f", seen {day_in_words(self.since)}" if self.since else ""
        silent = "; no report of the series has appeared since" if self.silent else ""
        return f"named in {rows} {where}{seen}{silent}"

    def _past(self) -> str:
        """Return in words from when until when the record was listed, and how it left the list."""
        if self.until is None:
            return f"listed since {_day(self.since)} when it was last seen"
        how = {
            None: "",
            Ending.REMOVED: ", then removed",
            Ending.MOVED: f", then moved to {self.to_title or self.to or 'another list'}",
            Ending.CORRECTED: f", then corrected to {self.to or 'another place'}",
            Ending.TAKEN_DOWN: ", when the list was taken down",
            Ending.SUPERSEDED: ", before the next report of the series",
            Ending.SERIES_ENDED: ", in the last report of the series; none has appeared since",
            Ending.GONE: ", and gone when the list was next seen",
        }[self.ending]
        since, until = _day(self.since), _day(self.until)
        return f"listed from {since} to {until}{how}" if since != until else f"listed on {since}{how}"

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
        """Return the answer as a JSON object; its key `words` has the text for a person.

        `at` is the time asked about; None means now.
        """
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


def has_stopped(came_at: Sequence[str], *, at: str) -> bool:
    """Return whether a series of reports has stopped: at the time `at`, the next one is overdue by far.

    `came_at` are the times at which its reports were first seen, oldest first.
    """
    if not came_at:
        return False
    moments = [moment(each) for each in came_at]
    pauses = sorted(later - earlier for earlier, later in pairwise(moments))
    usual = pauses[len(pauses) // 2] if pauses else timedelta()
    return moment(at) - moments[-1] > max(SILENT_PAUSES * usual, MIN_SILENCE)


def standing_of(facts: LineFacts, look: ListLook, *, at: str, stale_after: timedelta) -> Standing:
    """Return whether one record of a list is listed at the time `at`.

    - `facts`: what the database says about the record.
    - `look`: how well its list was known at that time.
    - `stale_after`: how long a list counts as known after it was last seen.
    """
    past = Standing(
        state=StandingState.WAS_LISTED if facts.until else StandingState.LISTED,
        since=facts.since,
        until=facts.until,
        last_seen_at=facts.until or look.seen_at,
        ending=facts.ending,
        to=facts.to,
        to_title=facts.to_title,
    )
    if unknown := unknown_of(look, at=at, stale_after=stale_after):
        return replace(past, state=unknown.state, gap=unknown.gap, gap_at=unknown.gap_at, gap_until=unknown.gap_until)
    if facts.until:
        return past
    ended = _ended(look)
    until = look.withdrawn_at or look.silent_since or look.seen_at
    return replace(past, state=StandingState.WAS_LISTED, until=until, ending=ended) if ended else past


def _ended(look: ListLook) -> Ending | None:
    """Return how a whole list ended, with all its records; None if it goes on.

    It ended if its report was taken down or superseded by a later one, or if the series of reports stopped.
    """
    if look.withdrawn_at:
        return Ending.TAKEN_DOWN
    if look.later:
        return Ending.SUPERSEDED
    return Ending.SERIES_ENDED if look.silent_since else None


def unknown_of(look: ListLook, *, at: str, stale_after: timedelta) -> Standing | None:
    """Return a Standing with the state "not known" and the reason, or None if the list is known at the time `at`.

    - `look`: how well the list was known at that time.
    - `stale_after`: how long a list counts as known after it was last seen.
    """
    found = _gap(look, at=at, stale_after=stale_after)
    if found is None:
        return None
    gap, since, until = found
    return Standing(state=StandingState.NOT_KNOWN, gap=gap, gap_at=since, gap_until=until)


def _gap(look: ListLook, *, at: str, stale_after: timedelta) -> tuple[NotKnown, str | None, str | None] | None:
    """Return why a list is not known at the time `at`; None if it is known.

    The result is the reason and the two times that belong to it; each time may be None.

    - `look`: how well the list was known at that time.
    - `stale_after`: how long a list counts as known after it was last seen.
    """
    found: tuple[NotKnown, str | None, str | None] | None = None
    if look.first_at is not None and (at < look.first_at or look.seen_at is None):
        found = (NotKnown.BEFORE, look.first_at, None)
    elif look.first_at is None or look.seen_at is None or not look.is_described:
        found = (NotKnown.NOT_LOOKED_FOR, None, None)
    elif look.withdrawn_at or (_ended(look) and look.next_at is None):
        found = None
    elif look.held_at:
        found = (NotKnown.HELD, look.held_at, None)
    elif look.next_at and at > look.seen_at and moment(look.next_at) - moment(look.seen_at) > stale_after:
        found = (NotKnown.BETWEEN, look.seen_at, look.next_at)
    elif look.next_at is None and moment(at) - moment(look.seen_at) > stale_after:
        found = (NotKnown.NOT_SEEN, look.seen_at, None)
    return found


def list_state(look: ListLook, *, at: str, stale_after: timedelta) -> StandingState:
    """Return the state that all current records of a list have at the time `at`: listed, was listed, or not known.

    - `look`: how well the list was known at that time.
    - `stale_after`: how long a list counts as known after it was last seen.
    """
    if unknown_of(look, at=at, stale_after=stale_after):
        return StandingState.NOT_KNOWN
    return StandingState.WAS_LISTED if _ended(look) else StandingState.LISTED


def stale_after(every: timedelta) -> timedelta:
    """Return how long a list counts as known after it was last seen.

    `every` is the time between two polls of its source.
    """
    return max(MIN_STALE, STALE_LOOKS * every)


class LookState(StrEnum):
    """How well a source is watched at present.

    - GOOD: it was looked at lately.
    - FAILING: the last look failed.
    - LATE: it was not looked at for longer than it should be, because nothing polls.
    - NEVER: it was never looked at with success.
    """

    GOOD = "good"
    FAILING = "failing"
    LATE = "late"
    NEVER = "never"


def look_state(
    *, polled_at: str | None, succeeded_at: str | None, failures: int, now: str, every: timedelta
) -> LookState:
    """Return how well a source is watched at the time `now`; times are ISO 8601 in UTC.

    - `polled_at`, `succeeded_at`: when it was last polled, and when a poll last succeeded; None for never.
    - `failures`: how many polls failed since.
    - `every`: the longest usual pause between two polls. After several times this pause, the look is late.
    """
    if polled_at is None or moment(now) - moment(polled_at) > max(MIN_LATE, STALE_LOOKS * every):
        return LookState.NEVER if polled_at is None else LookState.LATE
    if failures:
        return LookState.FAILING
    return LookState.GOOD if succeeded_at else LookState.NEVER


def standing_of_all(standings: Sequence[Standing], unknown: Standing | None) -> Standing:
    """Return whether a place is listed in a list, from the standings of all records about the place.

    - `standings`: one for each record. If one of them is listed, the place is listed.
    - `unknown`: why the list is not known, or None. It is returned if there are no records; if it is None too, the
      place was never listed.
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
    """Return the standing of a place in a list whose rows are events: it can't be listed there, only named.

    - `rows`: how many rows name the place.
    - `reports`: the keys of the reports with these rows, in order.
    - `came_at`, `last_seen_at`: when the last of these reports was first and last seen, as far as that is known.
    - `silent`: whether that report is the last of a series that has stopped.
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
