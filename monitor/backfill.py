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
from monitor.linked import file_name, key_of, matches
from monitor.model import ReportKind
from monitor.rows import compact, instant, moment
from monitor.store import backfilling, keeping
from monitor.store.backfilling import Bytes, Span
from monitor.wayback import Memento
from monitor.wayback.index import place as web_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from monitor.archive import Archive
    from monitor.config import Config, ReportDescription, Source
    from monitor.reader import Reader
    from monitor.store import Store
    from monitor.store.backfilling import MementoRow
    from monitor.wayback import WebArchive

AHEAD = timedelta(days=1)  # by which a server's clock may be wrong
PAGES = 12  # captures of the source's page, spread over its time, that tell in which folders its reports were


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfiller:
    """What the steps need; captures count from `since` on, and before `until`."""

    config: Config
    store: Store
    archive: Archive
    reader: Reader
    web: WebArchive
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of a report's captures: versions that they are, and how many are none for each reason."""

    report: str
    versions: int
    left_out: Counter[str]


def find(step: Backfiller, name: str) -> Iterator[int]:
    """Ask the archive what it has of a source, and list it; yields how many captures are listed so far.

    Raises FetchError.
    """
    source = step.config.sources[name]
    listed = 0
    pages = list(step.web.mementos(source.page, since=step.since, until=step.until))
    linked = any(report.kind != ReportKind.PAGE for report in source.reports.values())
    folders = _linked_folders(step, source, pages) if linked else {}
    for report, description in source.reports.items():
        if description.kind == ReportKind.PAGE:
            found = iter(pages)
        else:
            known = folders[report].union(backfilling.known_addresses(step.store, name, report))
            found = (
                each
                for folder in sorted({_folder(url) for url in known})
                for each in step.web.mementos(folder, prefix=True, since=step.since, until=step.until)
                if matches(description, each.url, "") or each.url in known
            )
        for batch in _batches(found):
            with step.store.transaction():
                for each in batch:
                    _list(step, name, report, description, each)
            listed += len(batch)
            yield listed


def _list(step: Backfiller, source: str, report: str, description: ReportDescription, memento: Memento) -> None:
    backfilling.list_memento(
        step.store,
        source,
        key_of(report, description, memento.url),
        name=report,
        url=memento.url,
        captured_at=instant(memento.captured_at),
        digest=memento.digest,
        address=memento.address,
        media_type=memento.media_type,
    )


def _linked_folders(step: Backfiller, source: Source, pages: Sequence[Memento]) -> dict[str, set[str]]:
    """Where the page linked its reports over the years, by the report's name in the configuration."""
    found: dict[str, set[str]] = {report: set() for report in source.reports}
    for memento in _spread(pages):
        try:
            content = step.web.get(memento, expect="html").content
            _, links = step.reader.page(content, memento.url)
        except WaybackError:
            raise
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
    """The listed captures whose bytes are not kept yet, oldest first."""
    listed = backfilling.mementos(step.store, name, status="listed")
    return [
        each
        for each in listed
        if each.name in step.config.sources[name].reports
        and (step.since is None or moment(each.captured_at) >= step.since)
        and (step.until is None or moment(each.captured_at) < step.until)
    ]


def keep(step: Backfiller, name: str, memento: MementoRow) -> str | None:
    """Keep the bytes of one listed capture; returns why that could not be, or None.

    What has the same bytes as another one is not asked for again. Raises WaybackError where the archive does not answer
    for now: perhaps only for this capture.
    """
    kept = backfilling.same_bytes(step.store, name, memento)
    try:
        kept = kept or _asked(step, name, memento)
    except (FetchError, ReadError) as fault:
        with step.store.transaction():
            backfilling.fail(step.store, memento, fault=str(fault))
        if isinstance(fault, WaybackError):
            raise
        return str(fault)
    with step.store.transaction():
        backfilling.keep(step.store, memento, kept)
    return None


def _asked(step: Backfiller, name: str, memento: MementoRow) -> Bytes:
    """The bytes of a capture, in the archive of this program. Raises FetchError, ReadError."""
    description = step.config.sources[name].reports[memento.name]
    capture = Memento(
        url=memento.url,
        captured_at=moment(memento.captured_at),
        digest=memento.digest,
        media_type=memento.media_type,
        address=memento.address,
    )
    answer = step.web.get(capture, expect=description.format)
    sha256 = step.archive.put(answer.content)
    on_page = description.kind == ReportKind.PAGE
    return Bytes(
        sha256=sha256,
        says=step.reader.page(answer.content, memento.url)[0] if on_page else sha256,
        size=len(answer.content),
        headers=compact([list(pair) for pair in answer.headers]),
    )


def waits(step: Backfiller, name: str) -> bool:
    """True where captures are kept for which there was no place yet."""
    described = step.config.sources[name].reports
    return any(report in described for _, report in backfilling.waiting_reports(step.store, name))


def place(step: Backfiller, name: str) -> Iterator[Placed]:
    """Make versions of the captures that are kept, report by report, before what is already there."""
    for key, report in backfilling.waiting_reports(step.store, name):
        if report not in step.config.sources[name].reports:
            continue  # it waits until it is described again
        with step.store.transaction():
            placed = _place(step, name, key, report)
        if placed:
            yield placed


def _place(step: Backfiller, source: str, key: str, name: str) -> Placed | None:
    store = step.store
    known = keeping.report(store, source, key)
    first = backfilling.first_version(store, known.id) if known else None
    if first and first.until is not None:
        return None  # what was found before must be joined first
    captures = backfilling.mementos(store, source, status="kept", report=key)
    before = [each for each in captures if not first or each.captured_at < first.captured_at]
    spans, stale = versions_of(before)
    description = step.config.sources[source].reports[name]
    if first and known:
        names = [file_name(span.capture.url) for span in spans]
        backfilling.add_before(store, source, known.id, spans, file_names=names)
    else:
        _begin(step, source, key, name=name, description=description, spans=spans)
    backfilling.mark_placed(store, captures)
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
    captures = [backfilling.add_capture(step.store, source, span.capture) for span in reversed(spans)]
    for span, capture in zip(spans, reversed(captures), strict=True):
        at, url = span.capture.captured_at, span.capture.url
        report = keeping.report(step.store, source, key) or keeping.add_report(
            step.store, source, key, name=name, kind=description.kind, url=url, at=at
        )
        keeping.add_version(
            step.store, report, capture_id=capture, page_id=None, file_name=file_name(url), url=url, at=at
        )
        keeping.note_seen(step.store, report, url=url, at=span.last_seen_at)


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
        replaced = (where, each.says) in seen
        if changed and newest and changed != newest:
            replaced = changed < newest
        seen.add((where, each.says))
        if elsewhere and replaced:
            stale += 1
            continue
        newest = max(filter(None, (newest, changed)), default=None)
        if spans and spans[-1].capture.says == each.says:
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
