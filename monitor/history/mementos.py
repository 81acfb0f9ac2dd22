"""Asks a web archive which captures (old copies) it has of a source, and lists them in the database."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.errors import FetchError, ReadError, WaybackError
from monitor.fetch.links import key_of, matches
from monitor.history.backfill import is_another_report
from monitor.model import ReportKind
from monitor.store import captures as capture_rows
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.config.reports import ReportDescription
    from monitor.config.sources import Source
    from monitor.history.backfill import BackfillContext
    from monitor.wayback.client import Memento

MAX_PAGES = 12  # captures of the source's page, spread over its time, that tell in which folders its reports were
MAX_BATCH = 500  # captures that are listed in one transaction


def list_captures(context: BackfillContext, name: str) -> Iterator[int]:
    """List in the database which captures the archive has of the source `name`; yield how many are listed so far.

    If the address of a capture matches two reports of the configuration, it belongs to the first of them. Raises
    FetchError.
    """
    source = context.config.sources[name]
    listed = 0
    owners: dict[str, str] = {}
    pages = list(context.web.mementos(source.page, since=context.since, until=context.until))
    linked = any(report.kind != ReportKind.PAGE for report in source.reports.values())
    folders = _linked_folders(context, name, pages) if linked else {}
    for report, description in source.reports.items():
        if description.is_in_parts:
            context.refuse(
                f"{name}/{report} is several files or pages; their old copies are of different times, and none of them "
                "together are a version, so they are left out"
            )
            continue
        if description.kind == ReportKind.PAGE:
            mementos = iter(pages)
        else:
            known = folders[report].union(capture_rows.known_addresses(context.store, name, report))
            mementos = (
                memento
                for folder in sorted({_folder(url) for url in known})
                for memento in context.web.mementos(folder, prefix=True, since=context.since, until=context.until)
                if matches(description, memento.url, "") or memento.url in known
            )
        for batch in _batches(_own(context, source, report, mementos, owners)):
            with context.store.transaction():
                for memento in batch:
                    _list(context, name, report, description, memento)
            listed += len(batch)
            yield listed


def _own(
    context: BackfillContext, source: Source, report: str, mementos: Iterable[Memento], owners: dict[str, str]
) -> Iterator[Memento]:
    """Yield those of the captures `mementos` that belong to the report with the name `report`.

    `owners` maps each address to the name of the report that it belongs to; the addresses of this report are added.
    Where a capture would get the name of another report as its key, it is left out, and `context.refuse` is called
    once.
    """
    refused = set()
    for memento in mementos:
        key = key_of(report, source.reports[report], memento.url)
        if not is_another_report(source, report, key):
            if owners.setdefault(memento.url, report) == report:
                yield memento
        elif key not in refused:
            refused.add(key)
            context.refuse(f"{memento.url}: would be the report {key!r}, which is another; change its `key`")


def _list(context: BackfillContext, source: str, report: str, description: ReportDescription, memento: Memento) -> None:
    capture_rows.list_memento(
        context.store,
        source,
        key_of(report, description, memento.url),
        report_name=report,
        url=memento.url,
        captured_at=instant(memento.captured_at),
        archive_sha1=memento.digest,
        address=memento.address,
        media_type=memento.media_type,
    )


def _linked_folders(context: BackfillContext, name: str, pages: Sequence[Memento]) -> dict[str, set[str]]:
    """Return all addresses at which the source's page linked each report over the years, keyed by the report's name.

    `pages` are the archive's captures of the page; some of them, spread over time, are fetched and read. A few that the
    archive does not send are skipped. Raises WaybackError if it sends fewer than half of them.
    """
    source = context.config.sources[name]
    linked: dict[str, set[str]] = {report: set() for report in source.reports}
    chosen = _spread(pages)
    failures = 0
    for memento in chosen:
        try:
            content = context.web.get(memento, expect="html").content
            links = context.reader.page(content, memento.url, source=name).links
            reports = context.reader.choose(links, source.reports, source=name)
        except WaybackError:
            failures += 1
            if 2 * failures > len(chosen):
                raise
            continue
        except (FetchError, ReadError):
            continue  # another capture of the page has the same links
        for report, keys in reports.items():
            linked[report] |= {
                url for urls in keys.values() for url in urls if urlsplit(url).hostname in source.allowed_hosts
            }
    return linked


def _spread(pages: Sequence[Memento]) -> list[Memento]:
    """Choose at most MAX_PAGES captures (old copies) of a page, spread evenly over time.

    No two of them have the same content.
    """
    distinct = list({memento.digest: memento for memento in pages}.values())
    if len(distinct) <= MAX_PAGES:
        return distinct
    return [distinct[step * (len(distinct) - 1) // (MAX_PAGES - 1)] for step in range(MAX_PAGES)]


def _folder(url: str) -> str:
    """Return an address without its file name; if only the site itself would be left, return the address unchanged."""
    head, _, _ = url.partition("?")
    folder = head[: head.rfind("/") + 1]
    return folder if urlsplit(folder).path.strip("/") else url


def _batches(mementos: Iterator[Memento]) -> Iterator[list[Memento]]:
    while batch := list(islice(mementos, MAX_BATCH)):
        yield batch
