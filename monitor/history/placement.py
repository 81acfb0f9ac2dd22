"""Makes versions from the captures that a backfill has fetched, and puts them before the versions already there."""

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

    from monitor.config.reports import ReportDescription
    from monitor.history.backfill import BackfillContext
    from monitor.store.captures import MementoRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A report that waits because the archive has not sent all of its captures; it may send them later.

    - `report`: the report's name in the configuration.
    - `count`: how many captures are missing.
    - `first`: the time of the earliest of these.
    """

    report: str
    count: int
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The result of making versions of one report from captures.

    - `report`: the report's key.
    - `versions`: the number of new versions.
    - `left_out`: how many captures made no version, by the reason.
    """

    report: str
    versions: int
    left_out: Counter[str]


def has_unplaced(context: BackfillContext, name: str) -> bool:
    """Return True if there are fetched captures of the source `name` from which versions can be made now."""
    return bool(_waiting(context, name))


def reports_held_up(context: BackfillContext, name: str) -> list[Missing]:
    """Return the reports of the source `name` that have to wait because captures of them are missing.

    No version of such a report is made yet: a capture that comes later could not be put between versions made before.
    """
    by_report = capture_rows.missing_captures(context.store, name)
    described = context.config.sources[name].reports
    return [
        Missing(report=report, count=count, first=first)
        for report, (count, first) in by_report.items()
        if report in described
    ]


def _waiting(context: BackfillContext, name: str) -> list[tuple[str, str]]:
    """Return the key and the name of each report of the source `name` from whose captures versions can be made now."""
    source = context.config.sources[name]
    held_up = {missing.report for missing in reports_held_up(context, name)}
    return [
        (key, report)
        for key, report in capture_rows.waiting_reports(context.store, name)
        if report in source.reports
        and not source.reports[report].is_in_parts
        and report not in held_up
        and not is_another_report(source, report, key)
    ]


def place_captures(context: BackfillContext, name: str) -> Iterator[Placed]:
    """Make versions from the fetched captures of a source, before those already there; yield each report's result.

    `name` is the name of the source.
    """
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
    """Make the versions of a report that has no history yet.

    - `source`, `key`: the source's name, and the report's key within it.
    - `name`, `description`: the report's name and description in the configuration.
    - `spans`: the captures to make versions from, oldest first.
    """
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
    """Return the captures of a report from which versions are made, oldest first, and how many were left out as stale.

    `captures` are all captures of the report, oldest first. Several in a row with the same content make one version.

    A publisher often replaces a file by one with another name, and leaves the old file on its server. A later capture
    of the old file is stale: it does not show the list of that time. Which of two files is newer is told by the
    Last-Modified header; without it, the file that was first captured later is the newer one.
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
    """Return the time when a captured file was last changed, as its server said; None if that is not known.

    A time after the capture is not believed: the server's clock must be wrong, and its file would count as newer than
    all later ones.
    """
    try:
        changed_at = parsedate_to_datetime(capture.last_modified or "")
    except (ValueError, OverflowError):
        return None
    changed_at = changed_at if changed_at.tzinfo else changed_at.replace(tzinfo=UTC)
    return changed_at if changed_at - moment(capture.captured_at) <= CLOCK_SKEW else None
