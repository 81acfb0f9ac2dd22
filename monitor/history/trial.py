"""Tries a description: reads files as the configuration describes them, and says what would come of it.

Nothing is written to the history, and nobody is told. The real steps do the work, in a temporary folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.errors import FetchError, ReadError, RefusedError
from monitor.fetch.fetcher import Answer
from monitor.fetch.links import PageLinks, file_name, key_of, latest_link, part_key
from monitor.fetch.verdict import is_drawn_by_script
from monitor.history import importer
from monitor.history.read_once import ReadOnce
from monitor.history.tried_list import tried_list
from monitor.model import PartOfFile, ReportKind
from monitor.sandbox.drawing import draw_page
from monitor.steps.context import Context
from monitor.steps.parts import ListPage, follow_pager
from monitor.steps.process import process
from monitor.store.adopt import open_store
from monitor.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from monitor.config.reports import ReportDescription
    from monitor.config.sources import Config, Source
    from monitor.fetch.fetcher import Fetcher
    from monitor.fetch.verdict import Format
    from monitor.history.tried_list import TriedList
    from monitor.sandbox.reader import Reader, Understood
    from monitor.store.entry import LogEntry

PAGES = {".html", ".htm", ".shtml", ".xhtml", ".php", ".asp", ".aspx", ".jsp", ".cfm"}  # the endings of pages
SUFFIXES = {"xlsx": {".xlsx", ".xlsm"}, "csv": {".csv", ".tsv", ".txt"}, "pdf": {".pdf"}, "html": PAGES}


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPage:
    """The page of a source, as a trial found it.

    - `url`: its address. `links`: how many links it has.
    - `chosen`: the addresses that match each report, by the name of the report; () for a report that none matches.
    - `others`: the addresses of links to files that match no report, which may be what the description misses.
    - `notes`: sentences about what a script draws on it, or would draw.
    """

    url: str
    links: int
    chosen: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedFile:
    """One file as it would be read.

    - `file`, `report`: its name or address, and the name of the report that it belongs to.
    - `lists`: its lists. `others`: sentences about parts of the file that belong to no list.
    - `fault`: why it can't be read; None if it can.
    - `held`: why a version of it would be held for a person; None if it would not.
    - `amendments`: the entries that it would add to the change log, compared with the file before it.
    """

    file: str
    report: str
    lists: tuple[TriedList, ...] = ()
    others: tuple[str, ...] = ()
    fault: str | None = None
    held: str | None = None
    amendments: tuple[LogEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The result of a trial: the source's page, if it was asked, and each file in order."""

    page: TriedPage | None = None
    files: tuple[TriedFile, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialContext:
    """The objects that a trial needs.

    - `config`, `reader`, `now`: the configuration, the process that reads files, and the clock.
    - `fetcher`: a function that returns the HTTP client; it is called only if something is fetched.
    - `folder`: an empty folder for everything that the trial writes.
    """

    config: Config
    reader: Reader
    fetcher: Callable[[], Fetcher]
    now: Callable[[], datetime]
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A file that is to be tried: what it is called, its address, its bytes, and the report that it belongs to."""

    name: str
    url: str
    content: bytes
    charset: str | None
    report: str


_Version = tuple[_Given, ...]  # the file of a version that is to be tried, or its files or pages


def try_source(context: TrialContext, name: str) -> Trial:
    """Fetch the page of a source and the latest file of each report, and say how they would be read.

    `name` is the name of the source. Raises FetchError if the page can't be fetched, ReadError if it can't be read.
    """
    source = context.config.sources[name]
    answer, notes = _shown(context, name, source.page)
    reading = context.reader.page(answer.content, answer.url, charset=answer.charset, source=name)
    links = PageLinks(links=reading.links, chosen=context.reader.choose(reading.links, source.reports, source=name))
    chosen = links.chosen or {}
    page = TriedPage(
        url=answer.url,
        links=len(links.links),
        chosen={report: _addresses(chosen.get(report, {})) for report, each in source.reports.items() if each.match},
        others=tuple(dict.fromkeys(link.url for link in links.unclaimed_files)),
        notes=notes if source.render or not any(chosen.values()) else (),
    )
    given: list[_Version] = []
    faults = []
    for report, described in source.reports.items():
        try:
            if described.kind == ReportKind.PAGE:
                given.append(tuple(_pages(context, name, report, answer)))
            elif keys := chosen.get(report, {}):
                wanted = list(keys) if described.parts else [max(keys)]
                given.append(tuple(_linked(context, source, report, keys[key]) for key in wanted))
        except (FetchError, ReadError) as fault:
            faults.append(str(fault))
    return Trial(page=page, files=tuple(_tried(context, name, given)), faults=tuple(faults))


def try_files(context: TrialContext, name: str, files: Sequence[str], *, report: str | None = None) -> Trial:
    """Say how files would be read as versions of a source's reports, one after the other.

    - `name`: the name of the source.
    - `files`: paths or web addresses. Later files of one report are compared with earlier ones. Of a report that is
      several files, a part that was given before begins a new version; the pages of a list are all of one version.
    - `report`: the report that they belong to; None to tell it by their addresses, names or formats.

    Raises RefusedError if a file is not there or belongs to no report, FetchError if it can't be fetched.
    """
    source = context.config.sources[name]
    given = [_given(context, name, each, report) for each in files]
    return Trial(files=tuple(_tried(context, name, list(_in_versions(source, given)))))


def _in_versions(source: Source, given: Sequence[_Given]) -> Iterator[_Version]:
    """Yield the files of each version, in order."""
    begun: dict[str, dict[str, _Given]] = {}
    for number, each in enumerate(given):
        described = source.reports[each.report]
        if not described.is_in_parts:
            yield (each,)
            continue
        parts = begun.setdefault(each.report, {})
        key = part_key(described, each.url) if described.parts else str(number)
        if key in parts:
            yield tuple(parts.values())
            parts.clear()
        parts[key] = each
    yield from (tuple(parts.values()) for parts in begun.values())


def _linked(context: TrialContext, source: Source, report: str, urls: Sequence[str]) -> _Given:
    """Fetch the latest of the files that the page links as one report, or as one part of it. Raises FetchError."""
    url = latest_link(list(dict.fromkeys(urls)), known=None, was_linked=lambda _: False)
    file = _fetched(context, url, source.reports[report].format, source)
    return _Given(name=url, url=url, content=file.content, charset=file.charset, report=report)


def _pages(context: TrialContext, name: str, report: str, first: Answer) -> list[_Given]:
    """Return the page `first` of a source, and those on which its list goes on, if there are such.

    Raises FetchError, ReadError.
    """
    source = context.config.sources[name]
    described = source.reports[report]

    def given(url: str, answer: Answer) -> _Given:
        return _Given(name=url, url=url, content=answer.content, charset=answer.charset, report=report)

    def shown(url: str, answer: Answer) -> ListPage[_Given]:
        reading = context.reader.page(
            answer.content, answer.url, charset=answer.charset, queries=source.reads_links, source=name
        )
        chosen = context.reader.choose(reading.links, {report: described}, source=name).get(report, {})
        return ListPage(
            url=url,
            digest=reading.digest,
            links=tuple(each for urls in chosen.values() for each in urls),
            sends_to=reading.sends_to,
            page=given(url, answer),
        )

    if described.pager is None:
        return [given(source.page, first)]
    return follow_pager(
        shown(source.page, first),
        lambda url: shown(url, _shown(context, name, url)[0]),
        described.pager,
        where=f"sources.{name}.reports.{report}.pager",
        source=name,
        hosts=source.allowed_hosts,
    )


def _addresses(keys: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(url for key in sorted(keys) for url in keys[key])


def _fetched(context: TrialContext, url: str, expect: Format, source: Source) -> Answer:
    answer = context.fetcher().get(url, expect=expect, allowed_hosts=source.allowed_hosts)
    assert isinstance(answer, Answer)  # nothing was asked for on a condition
    return answer


def _shown(context: TrialContext, name: str, url: str) -> tuple[Answer, tuple[str, ...]]:
    """Fetch a page of the source `name`, and have a browser draw it if the source says so; return it, with notes.

    Raises FetchError.
    """
    source = context.config.sources[name]
    served = _fetched(context, url, "html", source)
    if source.render:
        poll = context.config.poll
        drawn = draw_page(context.fetcher(), served, source=name, hosts=source.allowed_hosts, poll=poll)
        return replace(served, content=drawn.content, headers=drawn.headers), drawn.notes
    return served, ((script_advice(url, name),) if is_drawn_by_script(served.content) else ())


def script_advice(url: str, source: str | None = None) -> str:
    """Return the sentence for a page whose content a script draws, in a source that does not say so."""
    where = f"sources.{source}" if source else "the source"
    return f"{url}: draws its content by a script; give {where} `render: browser`"


def _given(context: TrialContext, source_name: str, text: str, report: str | None) -> _Given:
    """Take one file as a person named it: a path or a web address. Raises RefusedError, FetchError."""
    source = context.config.sources[source_name]
    if urlsplit(text).scheme in {"http", "https"}:
        name = report or _report_of(source, text)
        is_page = source.reports[name].kind == ReportKind.PAGE
        answer = (
            _shown(context, source_name, text)[0]
            if is_page
            else _fetched(context, text, source.reports[name].format, source)
        )
        return _Given(name=text, url=text, content=answer.content, charset=answer.charset, report=name)
    path = Path(text)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise RefusedError(f"{path}: {fault.strerror}; name a file or a web address") from fault
    name = report or _report_of(source, f"file:///{path.name}")
    url = source.page if source.reports[name].kind == ReportKind.PAGE else f"file:///{path.name}"
    return _Given(name=text, url=url, content=content, charset=None, report=name)


def _report_of(source: Source, address: str) -> str:
    """Return the report that a file belongs to, by its address, or else by its format, or because it is the only one.

    Raises RefusedError if it could belong to several.
    """
    for name, each in source.reports.items():
        if importer.is_of(each, address, source):
            return name
    suffix = Path(urlsplit(address).path).suffix.lower()
    of_format = [name for name, each in source.reports.items() if suffix in SUFFIXES[each.format]]
    for likely in (of_format, list(source.reports)):
        if len(likely) == 1:
            return likely[0]
    raise RefusedError(
        f"{address}: matches none of the reports {', '.join(source.reports)}; say which it is with --report"
    )


def _tried(context: TrialContext, source: str, given: Sequence[_Version]) -> Iterator[TriedFile]:
    """Read each version, then run the real steps on it in the temporary folder; yield what came of it."""
    quiet = context.config.model_copy(update={"subscriptions": {}})  # nobody is told
    context = replace(context, reader=ReadOnce(context.reader))
    with open_store(context.folder / "state") as store:
        steps = Context(
            config=quiet,
            store=store,
            archive=Archive(context.folder / "state" / "archive"),
            reader=context.reader,
            now=context.now,
        )
        # Files of one moment can't follow each other, so each has a second of its own, the last one the present.
        begin = context.now() - timedelta(seconds=len(given))
        for number, each in enumerate(given, start=1):
            name, file = each[0].report, ", ".join(part.name for part in each)
            report = quiet.sources[source].reports[name]
            at = begin + timedelta(seconds=number)
            try:
                understood = _understood(context, source, each, report, on=at.date())
            except ReadError as fault:
                yield TriedFile(file=file, report=name, fault=str(fault))
                continue
            held, amendments = _processed(steps, source, each, report, at)
            known = {passed.list_name for passed in understood.reading.passed_over} - {None}
            yield TriedFile(
                file=file,
                report=name,
                lists=tuple(
                    tried_list(read, report.lists[read.name], understood, found, places.by_position())
                    for read, found, places in understood.lists
                ),
                others=tuple(
                    passed.message
                    for passed in understood.reading.passed_over
                    if passed.list_name not in known and passed.message
                ),
                held=held,
                amendments=amendments,
            )


def _understood(
    context: TrialContext, source: str, given: _Version, report: ReportDescription, *, on: date
) -> Understood:
    """Return what is read of a version. Raises ReadError."""
    if not report.is_in_parts:
        (one,) = given
        return context.reader.understand(one.content, report, on=on, charset=one.charset, url=one.url, source=source)
    parts = tuple(
        PartOfFile(
            name=f"web page {number}" if report.pager else file_name(each.url),
            size=len(each.content),
            charset=each.charset,
        )
        for number, each in enumerate(given, start=1)
    )
    content = b"".join(each.content for each in given)
    return context.reader.understand(content, report, on=on, source=source, parts=parts)


def _processed(
    steps: Context, source: str, given: _Version, report: ReportDescription, at: datetime
) -> tuple[str | None, tuple[LogEntry, ...]]:
    """Run the real steps on a version; return why it would be held, if so, and the entries that it adds to the log."""
    files = []
    for number, each in enumerate(given):
        path = steps.archive.folder.parent / f"file-{number}"
        path.write_bytes(each.content)
        key = key_of(each.report, report, each.url) if report.kind == ReportKind.SERIES else each.report
        files.append(
            importer.ImportFile(
                path=path, captured_at=at, url=each.url, report=each.report, key=key, description=report
            )
        )
    importer.import_version(steps, source, files)
    done = list(process(steps, source=source))
    held = next((each.hold_reason or each.fault for each in done if each.hold_reason or each.fault), None)
    return held, tuple(entry for each in done for entry in each.entries)
