"""Says whether a place or a record is listed at a time: reads what the database knows, and asks `monitor.standing`.

A "line" in this module is a line of corrections: one record of a list, followed through all its corrections.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from monitor.changelog.entry import NOTICES
from monitor.config.titles import Titles
from monitor.model import AmendmentKind, Jurisdiction, ReportKind
from monitor.standing import (
    Ending,
    LineFacts,
    NotKnown,
    Standing,
    StandingState,
    list_state,
    stale_after,
    standing_of,
    standing_of_all,
    standing_of_events,
    unknown_of,
)
from monitor.store import changelog, doubts
from monitor.store import lines as line_rows
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from monitor.config.sources import Config
    from monitor.store.database import Store
    from monitor.store.doubts import LineDoubt
    from monitor.store.entry import LogEntry
    from monitor.store.lines import ListAt, PlaceLine
    from monitor.store.rows import VersionRow

MAY_BE_MOVED = {AmendmentKind.ADDED, AmendmentKind.REMOVED}  # the amendments that a move ties together


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLine:
    """A record about a place (with all its corrections: a line of corrections), and whether it is listed.

    `standing` says whether it is listed at the time asked about.
    """

    line: PlaceLine
    standing: Standing

    def to_json(self, at: str | None = None) -> dict[str, object]:
        """Return the record as a JSON object, with its standing (whether it is listed) at the time `at`.

        `at` is ISO 8601 in UTC; None means now.
        """
        return self.line.to_json() | {"until": self.standing.until, "standing": self.standing.to_json(at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHistory:
    """A record about a place with its whole history.

    - `listed`: the record, and whether it is listed at the time asked about.
    - `amendments`: its entries in the change log, oldest first, with the entries that say that it moved to or from
      another list.
    - `doubts`: the doubts about its values.
    - `notices`: the numbers of the log entries about publisher's notices that mention its place and concern its report.
    """

    listed: ListedLine
    amendments: tuple[LogEntry, ...]
    doubts: tuple[LineDoubt, ...]
    notices: tuple[int, ...]

    def to_json(self, at: str | None = None) -> dict[str, object]:
        """Return the history as the JSON object that `monitor show --json` prints.

        `at` is the time for which it says whether the record is listed; None means now.
        """
        return self.listed.to_json(at) | {
            "amendments": [entry.to_json() for entry in self.amendments],
            "doubts": [asdict(doubt) for doubt in self.doubts],
            "notices": list(self.notices),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInList:
    """Whether a place is listed in one list, with the records about the place from which that follows.

    `lines` is empty if the list never named the place.
    """

    source: str
    list: str
    standing: Standing
    lines: tuple[ListedLine, ...]

    def to_json(self, at: str | None = None) -> dict[str, object]:
        """Return the source, the list, and whether the place is listed at the time `at`, as a JSON object.

        `at` is ISO 8601 in UTC; None means now.
        """
        return {"source": self.source, "list": self.list, "standing": self.standing.to_json(at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question: what is listed at the time `at`? It is answered with the help of the configuration.

    `at` is None for now; `now` is the present time. Both are ISO 8601 in UTC. `known` has how well lists were known at
    that time, as far as it was looked up: a question is asked in one transaction, and about many records of few lists.
    """

    config: Config
    now: str
    at: str | None = None
    known: dict[tuple[str, str, str, int | None], ListAt] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, config: Config, *, now: datetime, at: str | None = None) -> Question:
        """Make a question about the time `at` (None: now); a later time of today also counts as now.

        `now` is the present time.
        """
        present = instant(now)
        return cls(config=config, now=present, at=None if at and at[:10] == present[:10] and at > present else at)

    @property
    def moment(self) -> str:
        """The time asked about, never None: `at`, or else `now`."""
        return self.at or self.now

    def list_at(
        self, store: Store, source: str, report_name: str, name: str, *, report_id: int | None = None
    ) -> ListAt:
        """Return how well the list `name` was known at the time asked about; see `lines.list_at`."""
        key = (source, report_name, name, report_id)
        if key not in self.known:
            self.known[key] = line_rows.list_at(
                store, source, report_name, name, at=self.moment, now=self.now, report_id=report_id
            )
        return self.known[key]

    def stale_after(self, source: str) -> timedelta:
        """How long the lists of a source count as known after they were last seen."""
        described = self.config.sources.get(source)
        return stale_after((described and described.every) or self.config.poll.every)

    def lists_events(self, source: str, name: str) -> bool:
        """Whether the rows of a list are events; a place can be named in such a list, but not listed."""
        description = self.config.list_description(source, name)
        return description is not None and description.rows == "events"


def in_lists(
    store: Store,
    question: Question,
    *,
    ocd_ids: tuple[str, ...] = (),
    words: tuple[str, ...] = (),
    within: bool = True,
    limit: int = 1_000_000,
    every_list: bool = False,
) -> list[PlaceInList]:
    """Return for each list whether a place is listed in it: for lists that name the place, or for every list.

    - `every_list`: whether to include the lists of the configuration that never named the place.
    - `ocd_ids`, `words`, `within`, `limit`: which records count as being about the place; see `lines_about`.

    Lists of publisher's notices are left out. Lists that name the place come first.
    """
    found = line_rows.lines_about(store, ocd_ids=ocd_ids, words=words, within=within, at=question.at, limit=limit)
    by_list: dict[tuple[str, str, str], list[PlaceLine]] = {}
    for line in found:
        by_list.setdefault((line.source, line.report_name, line.list), []).append(line)
    described = [
        (source, report, name)
        for source, each in question.config.sources.items()
        for report, description in each.reports.items()
        for name in description.lists
        if name != NOTICES
    ]
    keys = [key for key in described if every_list or key in by_list] + [key for key in by_list if key not in described]
    left = line_rows.leavings(
        store, (line.line_id for line in found if line.last_number is not None or line.kind == ReportKind.SERIES)
    )
    found_lists = [_in_list(store, question, key, by_list.get(key, []), left) for key in keys]
    return sorted(found_lists, key=lambda each: not each.lines)  # first those that say something about the place


def of_place(store: Store, question: Question, place: Jurisdiction) -> list[PlaceInList]:
    """Return for every list of the configuration whether a place is listed; places that lie within it do not count."""
    return in_lists(store, question, ocd_ids=(place.ocd_id or "",), within=False, every_list=True)


def lists_at(store: Store, question: Question, source: str) -> Iterator[tuple[str, VersionRow, StandingState]]:
    """Yield the lists of a source whose records are listed at the time asked about, or were when last seen.

    Yields for each list its name, the version that was current at that time, and the state of its records: listed, or
    not known. Lists of events and of notices are left out.
    """
    described = question.config.sources.get(source)
    for report, description in described.reports.items() if described else ():
        for name in description.lists:
            if name == NOTICES or question.lists_events(source, name) or question.moment > question.now:
                continue
            whole = question.list_at(store, source, report, name)
            state = list_state(whole.look, at=question.moment, stale_after=question.stale_after(source))
            if whole.version and whole.look.is_described and state != StandingState.WAS_LISTED:
                yield name, whole.version, state


def unknown_list(store: Store, question: Question, source: str, name: str) -> Standing | None:
    """Return why it is not known what a list holds at the time asked about; None if it is known.

    The result is a Standing with the state "not known". `name` is the name of the list.
    """
    described = question.config.sources.get(source)
    report = next((key for key, each in described.reports.items() if name in each.lists), None) if described else None
    if report is None:
        return None
    whole = question.list_at(store, source, report, name)
    return unknown_of(whole.look, at=question.moment, stale_after=question.stale_after(source))


def of_record(store: Store, question: Question, line: PlaceLine) -> ListedLine:
    """Return one record of a list in its latest form at the time asked about, and whether it is listed then."""
    records = [
        each
        for each in line_rows.records_of_line(store, line)
        if question.at is None or each.first_observed_at <= question.at
    ]
    latest = records[-1:] or [line]
    left = line_rows.leavings(store, [line.line_id])
    found = _in_list(store, question, (line.source, line.report_name, line.list), latest, left)
    return ListedLine(line=latest[-1], standing=found.lines[-1].standing)


def _in_list(
    store: Store,
    question: Question,
    key: tuple[str, str, str],
    lines: Sequence[PlaceLine],
    left: Mapping[int, Sequence[Mapping[str, Any]]],
) -> PlaceInList:
    """Return whether a place is listed in one list.

    - `key`: the source, the report's name and the list's name.
    - `lines`: the records of the list that are about the place.
    - `left`: for each record that left its list, the log entries that say so, keyed by the id that all its forms share.
    """
    source, report, name = key
    if question.moment > question.now:
        unknown = Standing(state=StandingState.NOT_KNOWN, gap=NotKnown.FUTURE)
        known = tuple(ListedLine(line=line, standing=unknown) for line in lines)
        return PlaceInList(source=source, list=name, standing=unknown, lines=known)
    whole = question.list_at(store, source, report, name)
    if question.lists_events(source, name):
        return _in_events(question, key, lines, whole, left)
    since: dict[int, str] = {}
    for line in lines:
        since[line.line_id] = min(line.since, since.get(line.line_id, line.since))
    listed = []
    for line in lines:
        at_hand = whole
        if line.kind != ReportKind.SERIES and line.report_id != whole.report_id:  # of a report described otherwise now
            at_hand = question.list_at(store, source, line.report_name, name, report_id=line.report_id)
        facts = replace(_facts(question, line, at_hand, left.get(line.line_id, ())), since=since[line.line_id])
        standing = standing_of(facts, at_hand.look, at=question.moment, stale_after=question.stale_after(source))
        listed.append(ListedLine(line=line, standing=standing))
    unknown_now = unknown_of(whole.look, at=question.moment, stale_after=question.stale_after(source))
    standing = standing_of_all([each.standing for each in latest_of_series(listed)], unknown_now)
    return PlaceInList(source=source, list=name, standing=standing, lines=tuple(listed))


def latest_of_series(listed: Sequence[ListedLine]) -> list[ListedLine]:
    """Return each record once, as it is in the latest report that has it.

    In a series of reports, the same record is in report after report; it is recognised by the id that all its forms
    share.
    """
    latest: dict[int, ListedLine] = {}
    for each in listed:
        known = latest.get(each.line.line_id)
        if known is None or each.line.report > known.line.report:
            latest[each.line.line_id] = each
    return list(latest.values())


def _facts(question: Question, line: PlaceLine, at_hand: ListAt, left: Sequence[Mapping[str, Any]]) -> LineFacts:
    """Return what is known about one record up to the time asked about: since when it is listed, and how it left.

    - `line`: the record. `at_hand`: how well its list was known at that time.
    - `left`: the log entries that may say how the record left the list.
    """
    is_elsewhere = at_hand.report_id not in {None, line.report_id}  # the latest report lacks it
    gone = is_elsewhere or (line.last_number is not None and at_hand.is_later_than(line.last_number))
    if not gone:
        return LineFacts(since=line.since)
    until = line.last_seen_at or at_hand.last_seen_at() or line.first_observed_at
    replaced_at = at_hand.replaced_at(line.report) if is_elsewhere else None
    if replaced_at:
        until = min(until, replaced_at)
    # The entry that gave the record its present values is of the time when these were first seen.
    after = [
        each
        for each in left
        if each["observed_at"] > line.first_observed_at
        and (each["observed_at"] >= until or each["kind"] == AmendmentKind.MOVED)
    ]
    if replaced_at and not any(each["observed_at"] <= replaced_at for each in after):
        after = []  # the next report still had the record, and only a later one lacks it
    ending, to = _ending(after) if after else (Ending.SUPERSEDED if replaced_at else Ending.GONE, None)
    title = Titles(question.config).of_list(line.source, to) if to and ending == Ending.MOVED else None
    return LineFacts(since=line.since, until=until, ending=ending, to=to, to_title=title)


def _ending(left: Iterable[Mapping[str, Any]]) -> tuple[Ending, str | None]:
    """Return how a record left its list, and the list or place that it went to, if any.

    `left` are the log entries about its removal, move or correction after it was last seen; there is at least one.
    """
    kinds = {each["kind"]: each for each in reversed(list(left))}
    if move := kinds.get(AmendmentKind.MOVED):
        return Ending.MOVED, (move["reason"] or "").removeprefix("to ") or None
    first = min(kinds.values(), key=lambda each: int(each["id"]))
    if first["kind"] == AmendmentKind.CORRECTED:
        place = Jurisdiction(**json.loads(first["jurisdiction"])) if first["jurisdiction"] else None
        return Ending.CORRECTED, f"{place.name}, {place.state}" if place else None
    return Ending.REMOVED, None


def _in_events(
    question: Question,
    key: tuple[str, str, str],
    lines: Sequence[PlaceLine],
    whole: ListAt,
    left: Mapping[int, Sequence[Mapping[str, Any]]],
) -> PlaceInList:
    """Return the standing of a place in a list of events: how many rows, in how many reports, name it.

    - `key`: the source, the report's name and the list's name.
    - `lines`: the rows that name the place. `whole`: how well the list was known at the time asked about.
    - `left`: for each record that left its list, the log entries that say so, keyed by the id that all its forms share.
    """
    source, _, name = key
    unknown = unknown_of(whole.look, at=question.moment, stale_after=question.stale_after(source))
    listed, named = [], []
    for line in lines:
        gone = line.last_number is not None and (question.at is None or (line.last_seen_at or "") < question.moment)
        if gone:
            facts = _facts(question, line, whole, left.get(line.line_id, ()))
            standing = Standing(
                state=StandingState.WAS_LISTED,
                since=facts.since,
                until=line.last_seen_at,
                ending=facts.ending,
                to=facts.to,
                to_title=facts.to_title,
            )
        else:
            named.append(line)
            standing = standing_of_events(1, [line.report])
        listed.append(ListedLine(line=line, standing=standing))
    if not named:
        standing = standing_of_all([each.standing for each in listed], unknown)
        return PlaceInList(source=source, list=name, standing=standing, lines=tuple(listed))
    reports = sorted({line.report for line in named})
    is_latest = whole.report_id is not None and reports[-1] == whole.look.report
    standing = standing_of_events(
        len(named),
        reports,
        came_at=min(line.listed_since for line in named if line.report == reports[-1]),
        last_seen_at=whole.look.seen_at if is_latest else None,
        silent=is_latest and whole.look.silent_since is not None,
    )
    return PlaceInList(source=source, list=name, standing=standing, lines=tuple(listed))


def histories(store: Store, listed: Sequence[ListedLine], *, at: str | None = None) -> list[LineHistory]:
    """Return records with their whole history up to the time `at` (None: now), sorted by source, list and record."""
    order = sorted(listed, key=lambda each: (each.line.source, each.line.list, each.line.line_id, each.line.report))
    notices = [each for each in changelog.notices(store) if at is None or each.observed_at <= at]
    amendments = [_amendments(store, each.line, at) for each in order]
    doubted = doubts.doubts_of_lines(store, (each.line.line_id for each in order))
    ended = [entry.id for told in amendments for entry in told if entry.id and entry.kind in MAY_BE_MOVED]
    moves: dict[int | None, list[LogEntry]] = {}
    for move in changelog.moves_of(store, ended):
        for number in (move.of or ()) if at is None or move.observed_at <= at else ():
            moves.setdefault(number, []).append(move)
    return [
        LineHistory(
            listed=each,
            amendments=tuple(_with_moves(told, moves)),
            doubts=tuple(doubt for doubt in doubted[each.line.line_id] if at is None or doubt.noted_at <= at),
            notices=tuple(notice.id for notice in notices if notice.id and _is_spoken_of(each.line, notice)),
        )
        for each, told in zip(order, amendments, strict=True)
    ]


def _amendments(store: Store, line: PlaceLine, at: str | None) -> list[LogEntry]:
    """Return the log entries about a record in its own report up to the time `at` (None: now), oldest first.

    Entries about moves to another list are left out.
    """
    return [
        each
        for each in changelog.of_line(store, line.line_id)
        if each.report == line.report and each.kind != AmendmentKind.MOVED and (at is None or each.observed_at <= at)
    ]


def _with_moves(amendments: list[LogEntry], moves: Mapping[int | None, list[LogEntry]]) -> list[LogEntry]:
    """Return a record's log entries together with the entries about its moves from or to another list, oldest first.

    `moves` has the entries about moves, keyed by the number of each removal or addition that belongs to the move.
    """
    tied = [move for entry in amendments for move in moves.get(entry.id, ())]
    return sorted((*amendments, *tied), key=lambda entry: (entry.observed_at, entry.id or 0))


def _is_spoken_of(line: PlaceLine, notice: LogEntry) -> bool:
    """Return whether a notice is about a record: it mentions the record's place.

    If the notice names reports, the record's report must be one of them.
    """
    place = line.jurisdiction
    return (
        place is not None
        and notice.source == line.source
        and any(mentioned.ocd_id == place.ocd_id for mentioned in notice.mentions)
        and (not notice.speaks_of or line.report in notice.speaks_of)
    )
