"""Sums up in one line what happened to one record: listed as pending, moved, corrected, removed.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model import AmendmentKind
from monitor.standing import Ending
from monitor.times import day_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.changelog.listed import LineHistory
    from monitor.config.titles import Titles
    from monitor.store.entry import LogEntry

MIN_STEPS = 2  # fewer are no story: the standing says as much


def stories(histories: Sequence[LineHistory], *, titles: Titles) -> list[tuple[LineHistory, str]]:
    """Return one line of text for each record to which something happened, with the record in its latest list.

    - `histories`: records with their log entries. If a record moved from list to list, its histories in these lists
      become one line of text.
    - `titles`: the words for readers.
    """
    told = []
    for group in _tied(histories):
        steps = [text for _, text in sorted(step for line in group for step in _steps(line, group, titles))]
        if len(steps) >= MIN_STEPS:
            told.append((group[-1], ", ".join(steps)))
    return told


def _tied(histories: Sequence[LineHistory]) -> list[list[LineHistory]]:
    """Group the records that are one record which moved from list to list; each group is in order of time."""
    groups = [[line] for line in sorted(histories, key=lambda line: line.listed.line.listed_since)]
    for line in histories:
        for move in _moves(line):
            left = next(group for group in groups if line in group)
            came = next((group for group in groups if any(_came(move, other) for other in group)), left)
            if came is not left:
                groups.remove(came)
                left.extend(came)
    return groups


def _moves(line: LineHistory) -> list[LogEntry]:
    """Return the log entries about moves by which this record left its list."""
    own = {entry.id for entry in line.amendments if entry.kind == AmendmentKind.REMOVED}
    return [entry for entry in line.amendments if entry.of and entry.of[0] in own]


def _came(move: LogEntry, line: LineHistory) -> bool:
    """Return whether the record `line` came into its list by this move."""
    added = move.of[1] if move.of else None
    if added is not None:
        return any(entry.id == added for entry in line.amendments)
    return line.listed.line.list == move.moved_to and line.listed.line.fields == move.after


def _steps(line: LineHistory, group: Sequence[LineHistory], titles: Titles) -> Iterator[tuple[str, str]]:
    """Yield what happened to a record in one list: pairs of the time and the words for it.

    `group` are the records in other lists that are the same record. `titles` are the words for readers.
    """
    record, standing = line.listed.line, line.listed.standing
    moved = {number for each in line.amendments for number in each.of or ()}
    came = any(_came(move, line) for other in group if other is not line for move in _moves(other))
    if not came:
        since = record.listed_since
        yield since, f"{titles.of_list(record.source, record.list)} since {day_in_words(since)}"
    for entry in line.amendments:
        day = day_in_words(entry.observed_at)
        if entry.kind == AmendmentKind.MOVED and entry in _moves(line):
            yield entry.observed_at, f"moved to {titles.of_list(record.source, entry.moved_to or '')} on {day}"
        elif entry.kind == AmendmentKind.CORRECTED and not entry.minor:
            fields = (titles.of_field(record.source, record.list, field) for field in entry.fields)
            yield entry.observed_at, f"{' and '.join(fields)} corrected on {day}"
        elif entry.document:
            field = titles.of_field(record.source, record.list, entry.document.field)
            when = "since" if (entry.reason or "").startswith("changes") else "on"
            yield entry.observed_at, f"{field} {entry.reason} {when} {day}"
        elif entry.kind == AmendmentKind.REMOVED and entry.id not in moved:
            yield entry.observed_at, f"removed on {day}"
    own = {entry.kind for entry in line.amendments}
    if standing.ending == Ending.REMOVED and standing.until and AmendmentKind.REMOVED not in own:  # by a later report
        yield standing.until, f"removed on {day_in_words(standing.until)}"
    if standing.ending == Ending.TAKEN_DOWN and standing.until:
        yield standing.until, f"list taken down on {day_in_words(standing.until)}"
