"""Makes versions of the captures that are kept, and puts them before the versions that are already there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from monitor.fetch.links import file_name
from monitor.history.backfill import is_another_report
from monitor.store import captures as capture_rows
from monitor.store import versions as version_rows
from monitor.store.captures import Span
from monitor.times import CLOCK_SKEW, moment
from monitor.wayback.index import comparable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from monitor.config.sources import ReportDescription
    from monitor.history.backfill import BackfillContext
    from monitor.store.captures import MementoRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The captures of a report that the archive did not send, but may send later: their number, and the first time."""

    report: str
    count: int
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """How many versions a report's captures made, and how many captures made none, by the reason."""

    report: str
    versions: int
    left_out: Counter[str]


def has_unplaced(context: BackfillContext, name: str) -> bool:
    """Return True where captures are kept that are not placed yet, but can be."""
    return bool(_waiting(context, name))


def reports_held_up(context: BackfillContext, name: str) -> list[Missing]:
    """Return the captures that did not come, for each report that has to wait for them.

    Such a report is not placed at all: once the other captures are, these would have no place any more.
    """
    by_report = capture_rows.missing_captures(context.store, name)
    described = context.config.sources[name].reports
    return [
        Missing(report=report, count=count, first=first)
        for report, (count, first) in by_report.items()
        if report in described
    ]


def _waiting(context: BackfillContext, name: str) -> list[tuple[str, str]]:
    """Return the keys and names of the reports whose captures can be placed now."""
    source = context.config.sources[name]
    held_up = {missing.report for missing in reports_held_up(context, name)}
    return [
        (key, report)
        for key, report in capture_rows.waiting_reports(context.store, name)
        if report in source.reports and report not in held_up and not is_another_report(source, report, key)
    ]


def place_captures(context: BackfillContext, name: str) -> Iterator[Placed]:
    """Make versions of the captures that are kept, before those that are already there; yield each report's outcome."""
    for key, report in _waiting(context, name):
        with context.store.transaction():
            placed = _place(context, name, key, report)
        if placed:
            yield placed


def _place(context: BackfillContext, source: str, key: str, name: str) -> Placed | None:
    store = context.store
    known = version_rows.report_with_key(store, source, key)
    first = capture_rows.first_version(store, known.id) if known else None
    if first and first.gap_after_version_id is not None:
        return None  # an earlier backfill of this report must be joined first
    captures = capture_rows.mementos_with_status(store, source, status="kept", report_key=key)
    before = [capture for capture in captures if not first or capture.captured_at < first.captured_at]
    spans, stale = spans_of(before)
    description = context.config.sources[source].reports[name]
    if first and known:
        names = [file_name(span.capture.url) for span in spans]
        capture_rows.add_before(store, source, known.id, spans, file_names=names)
    else:
        _begin(context, source, key, name=name, description=description, spans=spans)
    capture_rows.mark_placed(store, captures)
    left_out = Counter(
        {
            "are the same as the one before": len(before) - len(spans) - stale,
            "are of a file that had been replaced by then": stale,
            "are from when the history that is there had begun": len(captures) - len(before),
        }
    )
    return Placed(report=key, versions=len(spans), left_out=+left_out)


def _begin(
    context: BackfillContext, source: str, key: str, *, name: str, description: ReportDescription, spans: Sequence[Span]
) -> None:
    """Begin the history of a report with the captures of the archive."""
    # The last one is added first, so that the latest capture of an address is the one with the highest id.
    captures = [capture_rows.add_archived_capture(context.store, source, span.capture) for span in reversed(spans)]
    for span, capture in zip(spans, reversed(captures), strict=True):
        at, url = span.capture.captured_at, span.capture.url
        report = version_rows.report_with_key(context.store, source, key) or version_rows.add_report(
            context.store, source, key, name=name, kind=description.kind, url=url, at=at
        )
        version_rows.add_version(
            context.store, report, capture_id=capture, page_id=None, file_name=file_name(url), url=url, at=at
        )
        version_rows.note_seen(context.store, report, url=url, at=span.last_seen_at)


def spans_of(captures: Sequence[MementoRow]) -> tuple[list[Span], int]:
    """Return the versions that a report's captures make, oldest first, and the number of captures of a replaced file.

    An old file stays on the server after the page links a newer one with another name. A capture of the old file, taken
    later, says nothing of the list at that time, so it makes no version. Of two files the newer is the one that its
    server says was changed later; where the servers say nothing, it is the one that was captured later at first.
    """
    spans: list[Span] = []
    seen: set[tuple[tuple[str, str, str], str | None]] = set()
    newest: datetime | None = None
    stale = 0
    for capture in captures:
        address, changed_at = comparable(capture.url), _changed_at(capture)
        is_elsewhere = bool(spans) and address != comparable(spans[-1].capture.url)
        is_replaced = (address, capture.digest) in seen
        if changed_at and newest and changed_at != newest:
            is_replaced = changed_at < newest
        seen.add((address, capture.digest))
        if is_elsewhere and is_replaced:
            stale += 1
            continue
        newest = max(filter(None, (newest, changed_at)), default=None)
        if spans and spans[-1].capture.digest == capture.digest:
            spans[-1] = replace(spans[-1], last_seen_at=capture.captured_at)
        else:
            spans.append(Span(capture=capture, last_seen_at=capture.captured_at))
    return spans, stale


def _changed_at(capture: MementoRow) -> datetime | None:
    """Return the time at which the server says that a file was changed.

    None where it says nothing, or names a time that was yet to come: by a clock that stands ahead, one file would
    replace all others for years.
    """
    try:
        changed_at = parsedate_to_datetime(capture.last_modified or "")
    except (ValueError, OverflowError):
        return None
    changed_at = changed_at if changed_at.tzinfo else changed_at.replace(tzinfo=UTC)
    return changed_at if changed_at - moment(capture.captured_at) <= CLOCK_SKEW else None
