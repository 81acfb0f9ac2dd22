"""Takes what a web archive has of a source into the history, in its place in time: before what is already there.

Each step can be killed at any line and run again: what is listed, what is kept and what is placed stands in the
database. Placed versions are understood by the second step like any others, apart from the history until they are
joined to it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.errors import FetchError, ReadError, WaybackError
from monitor.fetch.links import file_name, key_of, matches
from monitor.model import ReportKind
from monitor.store import captures as capture_rows
from monitor.store import versions as version_rows
from monitor.store.captures import Bytes, Span
from monitor.store.rows import compact
from monitor.times import instant, moment
from monitor.wayback.client import Memento
from monitor.wayback.index import place as web_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from monitor.config.sources import Config, ReportDescription, Source
    from monitor.sandbox.reader import Reader
    from monitor.store.archive import Archive
    from monitor.store.captures import MementoRow
    from monitor.store.database import Store
    from monitor.wayback.client import WebArchive

AHEAD = timedelta(days=1)  # by which a server's clock may be wrong
PAGES = 12  # captures of the source's page, spread over its time, that tell in which folders its reports were

LEAST_PATIENCE = 300.0  # seconds of rest that an archive is given in any case
PATIENCE_EACH = 60.0  # seconds more that are worth waiting, for each capture that is still to be asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfiller:
    """What the steps need; captures count from `since` on, and before `until`.

    `refuse` hears, once for each, of what the archive has and no report can take.
    """

    config: Config
    store: Store
    archive: Archive
    reader: Reader
    web: WebArchive
    since: datetime | None = None
    until: datetime | None = None
    refuse: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Captures of a report that did not come, which may pass: so many, the first of that time."""

    report: str
    count: int
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of a report's captures: versions that they are, and how many are none for each reason."""

    report: str
    versions: int
    left_out: Counter[str]


def find(step: Backfiller, name: str) -> Iterator[int]:
    """Ask the archive what it has of a source, and list it; yields how many captures are listed so far.

    What two reports match is the first one's. Raises FetchError.
    """
    source = step.config.sources[name]
    listed = 0
    owners: dict[str, str] = {}
    pages = list(step.web.mementos(source.page, since=step.since, until=step.until))
    linked = any(report.kind != ReportKind.PAGE for report in source.reports.values())
    folders = _linked_folders(step, source, pages) if linked else {}
    for report, description in source.reports.items():
        if description.kind == ReportKind.PAGE:
            found = iter(pages)
        else:
            known = folders[report].union(capture_rows.known_addresses(step.store, name, report))
            found = (
                each
                for folder in sorted({_folder(url) for url in known})
                for each in step.web.mementos(folder, prefix=True, since=step.since, until=step.until)
                if matches(description, each.url, "") or each.url in known
            )
        for batch in _batches(_own(step, source, report, found, owners)):
            with step.store.transaction():
                for each in batch:
                    _list(step, name, report, description, each)
            listed += len(batch)
            yield listed


def _own(
    step: Backfiller, source: Source, report: str, found: Iterator[Memento], owners: dict[str, str]
) -> Iterator[Memento]:
    """The captures that are this report's; `owners` are the reports by the addresses that they have."""
    refused = set()
    for each in found:
        key = key_of(report, source.reports[report], each.url)
        if not _is_another(source, report, key):
            if owners.setdefault(each.url, report) == report:
                yield each
        elif key not in refused:
            refused.add(key)
            step.refuse(f"{each.url}: would be the report {key!r}, which is another; change its `key`")


def _is_another(source: Source, report: str, key: str) -> bool:
    """Whether what a report's address tells as its period is the name of a report."""
    return source.reports[report].kind == ReportKind.SERIES and key in source.reports


def _list(step: Backfiller, source: str, report: str, description: ReportDescription, memento: Memento) -> None:
    capture_rows.list_memento(
        step.store,
        source,
        key_of(report, description, memento.url),
        report_name=report,
        url=memento.url,
        captured_at=instant(memento.captured_at),
        archive_sha1=memento.digest,
        address=memento.address,
        media_type=memento.media_type,
    )


def _linked_folders(step: Backfiller, source: Source, pages: Sequence[Memento]) -> dict[str, set[str]]:
    """Where the page linked its reports over the years, by the report's name in the configuration.

    Raises WaybackError where most captures of the page do not come: a few may never come.
    """
    found: dict[str, set[str]] = {report: set() for report in source.reports}
    asked = _spread(pages)
    silent = 0
    for memento in asked:
        try:
            content = step.web.get(memento, expect="html").content
            _, links = step.reader.page(content, memento.url)
        except WaybackError:
            silent += 1
            if 2 * silent > len(asked):
                raise
            continue
        except (FetchError, ReadError):
            continue  # another capture of the page says as much
        for report, description in source.reports.items():
            found[report] |= {
                link.url
                for link in links
                if matches(description, link.url, link.text) and urlsplit(link.url).hostname in source.allowed_hosts
            }
    return found


def _spread(pages: Sequence[Memento]) -> list[Memento]:
    """Few captures of many, spread over time, of each content one."""
    distinct = list({each.digest: each for each in pages}.values())
    if len(distinct) <= PAGES:
        return distinct
    return [distinct[place * (len(distinct) - 1) // (PAGES - 1)] for place in range(PAGES)]


def _folder(url: str) -> str:
    """The folder that an address lies in; the address itself where that is a whole site."""
    head, _, _ = url.partition("?")
    folder = head[: head.rfind("/") + 1]
    return folder if urlsplit(folder).path.strip("/") else url


def _batches(found: Iterator[Memento], size: int = 500) -> Iterator[list[Memento]]:
    batch: list[Memento] = []
    for each in found:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def wanted(step: Backfiller, name: str) -> list[MementoRow]:
    """The listed captures whose bytes are not kept yet, oldest first, those that did not come before last of all."""
    source = step.config.sources[name]
    listed = capture_rows.mementos(step.store, name, status="listed")
    return [
        each
        for each in sorted(listed, key=lambda each: each.fault is not None)
        if each.report_name in source.reports
        and not _is_another(source, each.report_name, each.report_key)
        and (step.since is None or moment(each.captured_at) >= step.since)
        and (step.until is None or moment(each.captured_at) < step.until)
    ]


def patience(left: int) -> float:
    """Return the longest rest, in seconds, that an archive is waited for with so many captures still to be asked for.

    A minute for each, and five at least: the command goes on where it stopped, so that nobody has to sit through ten
    minutes for the last capture of all.
    """
    return max(LEAST_PATIENCE, PATIENCE_EACH * left)


def keep(step: Backfiller, name: str, memento: MementoRow, *, left: int) -> str | None:
    """Keep the bytes of one listed capture; returns why that could not be, or None.

    `left` are the captures still to be asked for, this one among them, which say how long an archive is waited for.
    What has the same bytes as another one is not asked for again. Raises WaybackError where the archive does not answer
    for now: perhaps only for this capture, so that in a later run it is named as the others are.
    """
    kept = capture_rows.same_bytes(step.store, name, memento)
    try:
        kept = kept or _asked(step, name, memento, left)
    except (FetchError, ReadError) as fault:
        may_pass = isinstance(fault, WaybackError) and memento.fault is None
        note = capture_rows.note_fault if may_pass else capture_rows.fail
        with step.store.transaction():
            note(step.store, memento, fault=str(fault))
        if may_pass:
            raise
        return str(fault)
    with step.store.transaction():
        capture_rows.keep(step.store, memento, kept)
    return None


def _asked(step: Backfiller, name: str, memento: MementoRow, left: int) -> Bytes:
    """The bytes of a capture, in the archive of this program. Raises FetchError, ReadError."""
    description = step.config.sources[name].reports[memento.report_name]
    capture = Memento(
        url=memento.url,
        captured_at=moment(memento.captured_at),
        digest=memento.archive_sha1,
        media_type=memento.media_type,
        address=memento.address,
    )
    answer = step.web.get(capture, expect=description.format, patience=patience(left))
    sha256 = step.archive.put(answer.content)
    on_page = description.kind == ReportKind.PAGE
    return Bytes(
        sha256=sha256,
        digest=step.reader.page(answer.content, memento.url)[0] if on_page else sha256,
        size=len(answer.content),
        headers=compact([list(pair) for pair in answer.headers]),
    )


def waits(step: Backfiller, name: str) -> bool:
    """True where captures are kept for which there was no place yet."""
    return bool(_waiting(step, name))


def missing(step: Backfiller, name: str) -> list[Missing]:
    """The reports of which nothing is placed: what did not come would have no place any more once the rest has."""
    found = capture_rows.missing(step.store, name)
    described = step.config.sources[name].reports
    return [
        Missing(report=report, count=count, first=first)
        for report, (count, first) in found.items()
        if report in described
    ]


def _waiting(step: Backfiller, name: str) -> list[tuple[str, str]]:
    """The keys and names of the reports whose captures can be placed; others wait for those, or a description."""
    source = step.config.sources[name]
    held_up = {each.report for each in missing(step, name)}
    return [
        (key, report)
        for key, report in capture_rows.waiting_reports(step.store, name)
        if report in source.reports and report not in held_up and not _is_another(source, report, key)
    ]


def place(step: Backfiller, name: str) -> Iterator[Placed]:
    """Make versions of the captures that are kept, report by report, before what is already there."""
    for key, report in _waiting(step, name):
        with step.store.transaction():
            placed = _place(step, name, key, report)
        if placed:
            yield placed


def _place(step: Backfiller, source: str, key: str, name: str) -> Placed | None:
    store = step.store
    known = version_rows.report(store, source, key)
    first = capture_rows.first_version(store, known.id) if known else None
    if first and first.gap_after_version_id is not None:
        return None  # what was found before must be joined first
    captures = capture_rows.mementos(store, source, status="kept", report_key=key)
    before = [each for each in captures if not first or each.captured_at < first.captured_at]
    spans, stale = versions_of(before)
    description = step.config.sources[source].reports[name]
    if first and known:
        names = [file_name(span.capture.url) for span in spans]
        capture_rows.add_before(store, source, known.id, spans, file_names=names)
    else:
        _begin(step, source, key, name=name, description=description, spans=spans)
    capture_rows.mark_placed(store, captures)
    left_out = Counter(
        {
            "say what the one before says": len(before) - len(spans) - stale,
            "are of a file that had been replaced by then": stale,
            "are from when the history that is there had begun": len(captures) - len(before),
        }
    )
    return Placed(report=key, versions=len(spans), left_out=+left_out)


def _begin(
    step: Backfiller, source: str, key: str, *, name: str, description: ReportDescription, spans: Sequence[Span]
) -> None:
    """A report whose history begins with what the archive has."""
    # The last one first, so that the latest capture of an address is the one with the highest id.
    captures = [capture_rows.add_capture(step.store, source, span.capture) for span in reversed(spans)]
    for span, capture in zip(spans, reversed(captures), strict=True):
        at, url = span.capture.captured_at, span.capture.url
        report = version_rows.report(step.store, source, key) or version_rows.add_report(
            step.store, source, key, name=name, kind=description.kind, url=url, at=at
        )
        version_rows.add_version(
            step.store, report, capture_id=capture, page_id=None, file_name=file_name(url), url=url, at=at
        )
        version_rows.note_seen(step.store, report, url=url, at=span.last_seen_at)


def versions_of(captures: Sequence[MementoRow]) -> tuple[list[Span], int]:
    """The versions that a report's captures are, oldest first, and how many captures show what was replaced by then.

    A file stays where it was when a newer one, with another name, has taken its place on the page: a capture of it says
    nothing of the list at that time. Which one is newer is told by when their servers say that they were changed, else
    by which was captured first.
    """
    spans: list[Span] = []
    seen: set[tuple[tuple[str, str, str], str | None]] = set()
    newest: datetime | None = None
    stale = 0
    for each in captures:
        where, changed = web_place(each.url), _changed_at(each)
        elsewhere = bool(spans) and where != web_place(spans[-1].capture.url)
        replaced = (where, each.digest) in seen
        if changed and newest and changed != newest:
            replaced = changed < newest
        seen.add((where, each.digest))
        if elsewhere and replaced:
            stale += 1
            continue
        newest = max(filter(None, (newest, changed)), default=None)
        if spans and spans[-1].capture.digest == each.digest:
            spans[-1] = replace(spans[-1], last_seen_at=each.captured_at)
        else:
            spans.append(Span(capture=each, last_seen_at=each.captured_at))
    return spans, stale


def _changed_at(capture: MementoRow) -> datetime | None:
    """When its server says that a file was changed; None where it does not, or names a time that was yet to come."""
    try:
        found = parsedate_to_datetime(capture.last_modified or "")
    except (ValueError, OverflowError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    # By a clock that stands ahead, one file would replace all others for years.
    return found if found - moment(capture.captured_at) <= AHEAD else None
