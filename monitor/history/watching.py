"""Drafts a source from the address of a web page alone: lists of its texts and files, and the reports among the files.

The page is looked at several times. Parts that differ from look to look without being news, like a clock, are left out
by patterns in the draft. Nothing is written to the history. Files are read only in the sandboxed process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from monitor.config.drafts import ListDraft, ReportDraft, SourceDraft, draft_text, remarks_of
from monitor.config.file import parse
from monitor.errors import (
    BlockedError,
    ForbiddenAddressError,
    MistakenBodyError,
    ReadError,
    RefusedError,
    StatusError,
)
from monitor.fetch.fetcher import Answer
from monitor.history import trial
from monitor.history.drafted_files import FORMATS
from monitor.history.drafting import Drafted, Remembered, free_name, linked_reports, name_of_page, own_names
from monitor.matching.looks import Unsteady, unsteady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.config.reports import ReportDescription
    from monitor.fetch.fetcher import Fetcher
    from monitor.history.trial import Trial, TrialContext
    from monitor.model import Link, RecordList

LOOKS_AT_PAGE = 3
SIGN_IN = re.compile(r"\b(?:401|407)\b")  # the status of an answer that asks for a login
OTHER_HOST = re.compile(r"leads to the host '([^']+)'")
TEXT, FILES = "text", "files"
BARE_PAGE = ReportDraft(
    name="page",
    kind="page",
    format="html",
    lists=(
        ListDraft(name=TEXT, title="Text of the page", content="text"),
        ListDraft(name=FILES, title="Files on the page", content="files"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedPage:
    """A source that was drafted from the address of a page.

    - `drafted`: the draft, with the results of a trial of it.
    - `unsteady`: the differences between the looks at the page.
    - `unread`: a sentence for each linked file from which no list is read.
    """

    drafted: Drafted
    unsteady: Unsteady
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look at the page: the server's answer, its links, and the two lists that were read from it."""

    answer: Answer
    links: tuple[Link, ...]
    lists: tuple[RecordList, ...]


def watch_page(
    context: TrialContext, url: str, *, name: str | None, taken: set[str], between: Callable[[int], None]
) -> WatchedPage:
    """Draft the source of a page by looking at it several times, and try the draft.

    - `url`: the address of the page.
    - `name`: the name for the source; None to make one from the address.
    - `taken`: the names of other sources, which can't be used again.
    - `between`: a function that is called before each look with its number, from 1. It waits, and tells the person.

    Raises RefusedError if the page can't be watched, FetchError if it can't be fetched.
    """
    _check_address(url)
    described = _described(BARE_PAGE, url)
    looks = [_look(context, url, described, between, number) for number in range(1, LOOKS_AT_PAGE + 1)]
    found = unsteady([look.lists[0] for look in looks], [look.lists[1] for look in looks])
    page = _without(BARE_PAGE, found)
    found = replace(found, others=tuple(_still_differing(context, looks, _described(page, url))))
    last = looks[-1].answer
    web = Remembered(context.fetcher)
    web.remember(last.url, last)
    known = replace(context, fetcher=lambda: cast("Fetcher", web))
    unread: list[str] = []
    reports = list(_sure(linked_reports(known, looks[-1].links, last.url, unread), unread))
    source = SourceDraft(
        name=name or free_name(name_of_page(last.url), taken),
        title=_title(context, last),
        page=last.url,
        reports=tuple(own_names([page, *reports])),
    )
    return WatchedPage(drafted=_tried(known, source, unread), unsteady=found, unread=tuple(dict.fromkeys(unread)))


def _check_address(url: str) -> None:
    """Raise RefusedError for a text that is no address of a page, with what would work."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # `http://[`, or a port that is no number
        usable = False
    if not usable:
        raise RefusedError(f"{url!r} is no address of a page; write it like https://www.example.gov/page")
    if parts.username or parts.password:
        raise RefusedError(
            f"{parts.scheme}://{parts.hostname}{parts.path}: a login stands before its host; a page that only shows "
            "itself after a sign-in can't be watched, so name a public page, without the login"
        )
    ending = parts.path.rpartition(".")[2].lower() if "." in parts.path.rpartition("/")[2] else ""
    if FORMATS.get(f".{ending}", "html") != "html":
        raise RefusedError(
            f"{url}: is a file, and no page; watch the page that links it, or draft a description of the file with "
            f"`monitor describe {url}`"
        )


def _look(
    context: TrialContext, url: str, described: ReportDescription, between: Callable[[int], None], number: int
) -> _Look:
    between(number)
    host = (urlsplit(url).hostname or "").lower()
    try:
        answer = context.fetcher().get(url, expect="html", allowed_hosts=frozenset({host}))
    except (StatusError, BlockedError) as fault:
        if SIGN_IN.search(str(fault)):
            raise RefusedError(f"{url}: asks for a sign-in; only a public page can be watched, so name one") from fault
        raise
    except MistakenBodyError as fault:
        raise RefusedError(
            f"{str(fault).partition(';')[0]}; only a page can be watched: name the page that links the file, or use "
            "`monitor describe`"
        ) from fault
    except ForbiddenAddressError as fault:
        if other := OTHER_HOST.search(str(fault)):
            raise RefusedError(f"{url}: sends on to the host {other[1]}; watch the address there instead") from fault
        raise
    assert isinstance(answer, Answer)
    reading = context.reader.page(answer.content, answer.url, charset=answer.charset, source="draft")
    if reading.sends_to:
        raise RefusedError(f"{url}: sends its readers on to {reading.sends_to}; watch that page")
    return _Look(answer=answer, links=reading.links, lists=_read(context, answer, described))


def _read(context: TrialContext, answer: Answer, described: ReportDescription) -> tuple[RecordList, ...]:
    """Read both lists of a page. Raises RefusedError if it has no text."""
    try:
        understood = context.reader.understand(
            answer.content, described, on=context.now().date(), charset=answer.charset, url=answer.url, source="draft"
        )
    except ReadError as fault:
        raise RefusedError(f"{answer.url}: {str(fault).removeprefix(f'list {TEXT!r}: ')}") from fault
    return understood.reading.lists


def _described(report: ReportDraft, url: str) -> ReportDescription:
    source = SourceDraft(name="draft", page=url, reports=(report,))
    return parse(f"sources:\n{draft_text(source)}", "the draft").sources["draft"].reports[report.name]


def _without(report: ReportDraft, found: Unsteady) -> ReportDraft:
    """Return the draft of the page with what is left out of its text and of its addresses."""
    text, files = report.lists
    text = replace(text, ignore=found.patterns, not_in=found.parts)
    return replace(report, lists=(text, replace(files, ignore=found.parameters, not_in=found.parts)))


def _still_differing(context: TrialContext, looks: Sequence[_Look], described: ReportDescription) -> Iterator[str]:
    """Yield the texts and addresses that differ between the looks in spite of what is left out."""
    seen: list[set[str]] = [
        {record.values[1] or "" for each in _read(context, look.answer, described) for record in each.records}
        for look in looks
    ]
    yield from sorted({text for each in seen for text in each if not all(text in other for other in seen)})


def _title(context: TrialContext, page: Answer) -> str:
    try:
        return context.reader.draft(page.content, "html", called="page", charset=page.charset, source="draft").title
    except ReadError:
        return ""


def _sure(reports: Sequence[ReportDraft], unread: list[str]) -> Iterator[ReportDraft]:
    """Yield the reports that are sure enough to be read unchecked: those with a list whose records are told apart.

    The others are noted in `unread`.
    """
    for report in reports:
        lists = tuple(each for each in report.lists if each.key or each.item is not None)
        unread.extend(
            f"{report.name}: no columns of the list {each.name} tell its records apart"
            for each in report.lists
            if each not in lists
        )
        if lists:
            yield replace(report, lists=lists, checked=False)


def _tried(context: TrialContext, source: SourceDraft, unread: list[str]) -> Drafted:
    """Try a draft, and leave out the reports whose files it does not read; they are noted in `unread`."""
    while True:
        text = draft_text(source)
        config = parse(f"sources:\n{text}", "the draft")
        tried = replace(context, config=context.config.model_copy(update={"sources": config.sources}))
        found = trial.try_source(tried, source.name)
        bad = dict(_unread_reports(found))
        if not bad or len(bad) == len(source.reports):
            unsure = tuple(remarks_of(source))
            return Drafted(name=source.name, text=text, unsure=unsure, config=tried.config, trial=found)
        unread.extend(f"{name}: {why}" for name, why in bad.items())
        source = replace(source, reports=tuple(each for each in source.reports if each.name not in bad))


def _unread_reports(found: Trial) -> Iterator[tuple[str, str]]:
    """Yield the reports whose file the draft does not read, or would hold, with the reason; never the page itself."""
    for file in found.files:
        why = file.fault or file.held
        if why and file.report != BARE_PAGE.name:
            yield file.report, why
