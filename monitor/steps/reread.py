"""Separates changes by the publisher from changes of the configuration, for lists with `content`.

When a person edits the configuration so that one more part of a page is left out, the page itself has not lost that
part. So before people are told of changes, the version before is read once more by the present configuration.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.errors import ReadError, StoreError
from monitor.fetch.verdict import charset_of
from monitor.model import AmendmentKind
from monitor.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.changelog.record import ListChange
    from monitor.config.reports import ReportDescription
    from monitor.model import Amendment, RecordList
    from monitor.steps.context import Context
    from monitor.store.rows import VersionRow

    Values = tuple[str | None, ...]

TOLD_KINDS = frozenset({AmendmentKind.ADDED, AmendmentKind.REMOVED, AmendmentKind.CORRECTED})
NO_LONGER_READ = "left out"
READ_ANEW = "read since the configuration changed"


def told_by_publisher(
    context: Context, report: ReportDescription, changes: Sequence[ListChange]
) -> Iterator[ListChange]:
    """Yield the changes of lists, where differences that only a new description makes count as cosmetic.

    Only lists with `content` are treated so; other changes are yielded as they are. `report` is the present description
    of the report.
    """
    for change in changes:
        news = any(each.kind in TOLD_KINDS for each in change.amendments)
        if not (change.description.content and change.previous and news):
            yield change
            continue
        read = _read_again(context, report, change.previous, change.name)
        stood = {row.record.values for row in change.rows}
        known = {record.values for record in read.records} if read else stood
        yield change if known == stood else settled(change, known)


def _read_again(context: Context, report: ReportDescription, version: VersionRow, name: str) -> RecordList | None:
    """Read a list of an earlier version as the configuration describes it now; None if that can't be read."""
    try:
        understood = context.reader.understand(
            context.archive.get(version.sha256), report, on=moment(version.captured_at).date(),
            charset=charset_of(version.content_type), url=version.url, source=version.source,
        )  # fmt: skip
    except (StoreError, ReadError):
        return None
    return next((each for each in understood.reading.lists if each.name == name), None)


def settled(change: ListChange, known: set[Values]) -> ListChange:
    """Return the change of a list, where differences that only a new description makes count as cosmetic.

    `known`: the values of all records in the version before, as the present description reads them.
    """
    matching = change.matching
    unread = tuple(record for record in matching.removed if record.values not in known)
    anew = tuple(record for record in matching.added if record.values in known)
    return replace(
        change,
        matching=replace(
            matching,
            removed=tuple(record for record in matching.removed if record.values in known),
            dropped=(*matching.dropped, *unread),
            added=tuple(record for record in matching.added if record.values not in known),
            repeated=(*matching.repeated, *anew),
        ),
        amendments=tuple(_settled_amendment(each, known) for each in change.amendments),
    )


def _settled_amendment(each: Amendment, known: set[Values]) -> Amendment:
    if each.kind == AmendmentKind.REMOVED and each.before and each.before.values not in known:
        return replace(each, kind=AmendmentKind.COSMETIC, reason=NO_LONGER_READ)
    if each.kind == AmendmentKind.ADDED and each.after and each.after.values in known:
        return replace(each, kind=AmendmentKind.COSMETIC, reason=READ_ANEW)
    if each.kind == AmendmentKind.CORRECTED and each.after and each.after.values in known:
        return replace(each, kind=AmendmentKind.COSMETIC, reason=READ_ANEW)
    return each
