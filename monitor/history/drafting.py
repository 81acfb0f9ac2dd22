"""Drafts the description of a source from files, or from its page; the draft is then tried as any description is.

Nothing is written to the history. Files are read in the sandboxed process alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from monitor.config.drafts import ReportDraft, SourceDraft, draft_text, literal, remarks_of, slug
from monitor.config.file import parse
from monitor.errors import FetchError, MistakenBodyError, RefusedError
from monitor.fetch.fetcher import Answer
from monitor.fetch.links import PageLinks
from monitor.fetch.verdict import is_drawn_by_script
from monitor.history import trial
from monitor.history.drafted_files import (
    FORMATS,
    DraftedFile,
    format_of,
    given_file,
    host_of,
    is_address,
    is_file,
    is_same_report,
    latest_last,
    linked_file,
    read_draft,
    versions_together,
    words_of,
    words_of_link,
)
from monitor.history.drafted_pages import find_pager, page_report
from monitor.history.drafted_reports import UNKNOWN_PAGE, draft_parts, draft_report, report_name
from monitor.sandbox.drawing import draw_page, missing_for_drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.config.sources import Config
    from monitor.fetch.fetcher import Fetcher
    from monitor.fetch.verdict import Expected, Response
    from monitor.history.trial import Trial, TrialContext
    from monitor.model import Link

# Of the page of a source, so many groups of files are looked at, and so many files of each.
MAX_GROUPS = 8
MAX_FILES_OF_GROUP = 2
MAX_NAMELESS = 500  # links to files that their addresses do not name, of which the texts are compared
# The words of the list that records leave when they are decided.
WAITING_WORDS = frozenset({"pending", "proposed", "applicants", "applications", "applied", "waiting", "requested"})
MIN_SHARED_HEADERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A drafted source: its name, its text as YAML under `sources:`, and what came of trying it.

    `unsure` are what a person should look at: the place of the key in the source, and why.
    """

    name: str
    text: str
    unsure: tuple[tuple[str, str], ...]
    config: Config
    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Links of a page to files with the same words in their names, and the files that were looked at, the oldest first.

    - `text`: the words of its only link, if its address does not name the file; else "".
    - `older`: versions that a person has given; the page need not link them any more.
    """

    links: Sequence[Link]
    text: str = ""
    files: list[DraftedFile] = field(default_factory=list)
    older: list[DraftedFile] = field(default_factory=list)

    @property
    def versions(self) -> list[DraftedFile]:
        """All files, the oldest first; a file that was given and is linked still counts once."""
        contents = [file.content for file in self.files]
        return [*(file for file in self.older if file.content not in contents), *self.files]


def draft_source(context: TrialContext, given: Sequence[str], *, name: str | None = None) -> Drafted:
    """Draft the description of a source, and try it.

    - `given`: paths or web addresses of files, older versions first; or the address of a source's page, alone or before
      files that are older versions of what it links.
    - `name`: what the source is to be called; None to take it from the files.

    Raises RefusedError if nothing can be described, FetchError if something can't be fetched.
    """
    web = Remembered(context.fetcher)
    known = replace(context, fetcher=lambda: cast("Fetcher", web))
    pages = [each for each in given if is_address(each) and format_of(each) == "html"]
    of_page = pages == [given[0]] and not is_file(known, given[0])
    if of_page:
        source = _of_page(known, given[0], [given_file(known, each) for each in given[1:]], name)
    else:
        source = _of_files(known, [given_file(known, each) for each in given], name)
    text = draft_text(source)
    config = parse(f"sources:\n{text}", "the draft")
    tried = replace(known, config=known.config.model_copy(update={"sources": config.sources}))
    found = trial.try_source(tried, source.name) if of_page else trial.try_files(tried, source.name, given)
    unsure = tuple(remarks_of(source))
    return Drafted(name=source.name, text=text, unsure=unsure, config=tried.config, trial=found)


class Remembered:
    """The HTTP client, which asks for each address only once: to try a draft needs no second visit."""

    def __init__(self, fetcher: Callable[[], Fetcher]) -> None:
        self._fetcher = fetcher
        self._answers: dict[str, Answer] = {}

    def remember(self, url: str, answer: Answer) -> None:
        """Give this answer from now on where the address is asked for."""
        self._answers[url] = answer

    def get(self, url: str, *, expect: Expected, allowed_hosts: frozenset[str]) -> Answer:
        """Fetch the document at an address, or return it as it came before. Raises FetchError."""
        if url not in self._answers:
            answer = self._fetcher().get(url, expect=expect, allowed_hosts=allowed_hosts)
            assert isinstance(answer, Answer)  # nothing was asked for on a condition
            self._answers[url] = answer
        return self._answers[url]

    @property
    def ask(self) -> Callable[..., Response]:
        """Return the function that sends the requests of a page which a browser draws; they are not remembered."""
        return self._fetcher().ask

    @property
    def if_refused(self) -> str:
        """What to do where a server refuses this program, for error messages."""
        return self._fetcher().if_refused


def _of_files(context: TrialContext, files: Sequence[DraftedFile], name: str | None) -> SourceDraft:
    """Draft a source from files alone, whose page is known only if they came from the web."""
    address = next((each.given for each in files if is_address(each.given)), None)
    page = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}/" if address else UNKNOWN_PAGE
    reports = []
    unsure = ["the page that links the files is not known; put its address here"]
    for group in versions_together(files):
        report = draft_report(context, group, report_name(group))
        if report:
            reports.append(report)
        else:
            unsure += [remark for file in group for remark in file.draft.unsure]
    reports = own_names(reports)
    if not reports:
        why = next((remark for file in files for remark in file.draft.unsure), f"{files[0].name} has none")
        raise RefusedError(f"{files[0].given}: no list was found in it: {why}")
    return SourceDraft(
        name=name or reports[0].name,
        page=page,
        reports=tuple(reports),
        unsure=tuple(unsure),
    )


def own_names(reports: Sequence[ReportDraft]) -> list[ReportDraft]:
    """Return reports of which no two have one name, and no two lists of the source either."""
    taken: set[str] = set()
    names: set[str] = set()
    result = []
    for report in reports:
        own = free_name(report.name, names)
        lists = tuple(replace(each, name=free_name(each.name, taken)) for each in report.lists)
        result.append(replace(report, name=own, lists=lists))
    return result


def free_name(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, with a number after it if need be; it is taken then."""
    own, number = name, 2
    while own in taken:
        own, number = f"{name}-{number}", number + 1
    taken.add(own)
    return own


def _of_page(context: TrialContext, url: str, older: Sequence[DraftedFile], name: str | None) -> SourceDraft:
    """Draft a source from its page: the files that it links, and the lists that stand on it.

    `older` are older versions of these files, or of the page itself. If nothing is there but scripts, a browser draws
    the page first. Raises RefusedError, FetchError.
    """
    hosts = frozenset({host_of(url)})
    answer = context.fetcher().get(url, expect="html", allowed_hosts=hosts)
    assert isinstance(answer, Answer)
    found = _of_answer(context, url, older, name, answer)
    if found is None and is_drawn_by_script(answer.content):
        if missing := missing_for_drawing():
            raise RefusedError(f"{trial.script_advice(url)}; for that, {missing}")
        poll = context.config.poll
        drawn = draw_page(context.fetcher(), answer, source=name or "NAME", hosts=hosts, poll=poll)
        by_browser = replace(answer, content=drawn.content, headers=drawn.headers)
        found = _of_answer(context, url, older, name, by_browser)
        found = replace(found, render=True, unsure=(*found.unsure, *drawn.notes)) if found else None
    if found is None:
        raise RefusedError(f"{url}: no list was found on it, and no file with a list")
    return found


def _of_answer(
    context: TrialContext, url: str, older: Sequence[DraftedFile], name: str | None, answer: Answer
) -> SourceDraft | None:
    """Draft a source from its page, as it came or as a browser drew it; None if there is nothing on it."""
    hosts = frozenset({host_of(url)})
    links = context.reader.page(answer.content, answer.url, charset=answer.charset, source="draft").links
    unsure: list[str] = []
    reports = linked_reports(context, links, url, unsure, older=[file for file in older if file.format != "html"])
    page = DraftedFile(given=url, name="page", format="html", content=answer.content, charset=answer.charset)
    earlier = [replace(file, name="an older version of the page") for file in older if file.format == "html"]
    own, drafted = page_report(context, [*earlier, read_draft(context, page)], find_pager(links, url), hosts)
    reports.append(own)
    if not drafted.lists and len(reports) == 1:
        return None
    named = own_names(reports)
    aligned, moves = _moves(named, unsure)
    return SourceDraft(
        name=name or name_of_page(url),
        title=drafted.title,
        page=url,
        reports=tuple(aligned),
        moves=moves,
        unsure=tuple(unsure),
    )


def name_of_page(url: str) -> str:
    """Return a name for the source of a page: the last words of its address, or its host."""
    return slug(PurePosixPath(unquote(urlsplit(url).path)).stem) or slug(host_of(url)) or "source"


def linked_reports(
    context: TrialContext, links: Sequence[Link], url: str, unsure: list[str], *, older: Sequence[DraftedFile] = ()
) -> list[ReportDraft]:
    """Draft reports from the files that the page at `url` links; what can't be drafted is noted in `unsure`.

    `older` are older versions of these files.
    """
    hosts = frozenset({host_of(url)})
    groups = [*(_Group(links=each) for each in _linked(links, url, unsure)), *_nameless(links, url, unsure)]
    if len(groups) > MAX_GROUPS:
        unsure.append(f"{len(groups) - MAX_GROUPS} more kinds of files are linked, and were not looked at")
    groups = [_filled(context, group, hosts, unsure) for group in groups[:MAX_GROUPS]]
    unsure += _with_older(groups, older)
    return list(_reports(context, [group for group in groups if group.files], unsure))


def _linked(links: Sequence[Link], url: str, unsure: list[str]) -> list[list[Link]]:
    """Return the links to files on a page, in groups of one format with the same words in their names."""
    groups: dict[tuple[str, str], list[Link]] = {}
    for link in PageLinks(links=tuple(links)).unclaimed_files:
        path = PurePosixPath(unquote(urlsplit(link.url).path))
        if path.suffix.lower() not in FORMATS:
            unsure.append(f"{path.name} has a format that is not read")
        elif host_of(link.url) != host_of(url):
            unsure.append(f"{path.name} is on {host_of(link.url)}, which was not asked; it can be named in hosts")
        else:
            groups.setdefault((FORMATS[path.suffix.lower()], words_of(path.stem).casefold()), []).append(link)
    return list(groups.values())


def _nameless(links: Sequence[Link], url: str, unsure: list[str]) -> Iterator[_Group]:
    """Yield the links that may lead to files, which only their texts tell apart; other texts are noted in `unsure`."""
    there = [link for link in PageLinks(links=tuple(links)).nameless_files if host_of(link.url) == host_of(url)]
    there = there[:MAX_NAMELESS]  # each is compared with each
    linked: dict[str, dict[str, Link]] = {}  # by address and by the words of the text
    for link in there:
        linked.setdefault(link.url, {})[words_of_link(link.text).casefold()] = link
    untold = []
    for address, by_words in linked.items():
        words = max(by_words, key=len)
        if words and not any(words in each for other in linked if other != address for each in linked[other]):
            yield _Group(links=[by_words[words]], text=words)
        else:
            untold.append(by_words[words])
    if untold:
        unsure.append(
            f"{untold[0].url}, with the text {untold[0].text[:60]!r}, may lead to a file; "
            f"neither the address nor the text says to which, so it was left out ({len(untold)} such links)"
        )


def _filled(context: TrialContext, group: _Group, hosts: frozenset[str], unsure: list[str]) -> _Group:
    """Return a group with its latest files; what can't be fetched is noted in `unsure`."""
    files = []
    for link in group.links[:MAX_FILES_OF_GROUP]:
        try:
            files.append(linked_file(context, link, hosts))
        except FetchError as fault:
            if group.text and isinstance(fault, MistakenBodyError):
                continue  # it is a page
            unsure.append(f"{PurePosixPath(unquote(urlsplit(link.url).path)).name} can't be fetched: {fault}")
    return replace(group, files=latest_last(files))


def _with_older(groups: Sequence[_Group], older: Sequence[DraftedFile]) -> Iterator[str]:
    """Put each older file into the group of which it is a version; yield a remark for one that is of none."""
    for file in older:
        group = next((each for each in groups if each.files and is_same_report(file, each.files[-1])), None)
        if group is None:
            yield f"{file.name} is like no file that the page links, and was left out"
        else:
            group.older.append(file)


def _reports(context: TrialContext, groups: Sequence[_Group], unsure: list[str]) -> Iterator[ReportDraft]:
    """Yield the reports that the files of a page are; what holds no list is noted in `unsure`."""
    rest = list(groups)
    apart: list[_Group] = []  # which have the headers of others, and are lists of their own
    while rest:
        first = rest.pop(0)
        headers = first.files[-1].headers
        alike = [each for each in rest if each.files[-1].headers == headers and not each.text]
        alike = [] if first in apart or first.text or not headers else alike
        parts = draft_parts(context, [each.versions for each in (first, *alike)]) if alike else None
        apart += alike
        if parts:
            rest = [each for each in rest if each not in alike]
            yield parts
            continue
        several = len(first.links) > 1
        is_series = True if several else False if first.older or first.text else None
        report = draft_report(context, first.versions, report_name(first.files), is_series=is_series)
        if report:
            yield _known_by_text(report, first.text) if first.text else report
            continue
        last = first.files[-1]
        why = f": {'; '.join(last.draft.unsure)}" if last.draft.unsure else ""
        unsure.append(f"no list was found in {last.name}, which the page links{why}")


def _known_by_text(report: ReportDraft, text: str) -> ReportDraft:
    """Return a report whose file is known by the text of its link, since its address does not name it."""
    remark = "kind: rolling, since the address does not name the file; or series, if each file is a report of its own"
    return replace(report, else_text=literal(text), unsure=(*report.unsure, remark))


def _moves(reports: Sequence[ReportDraft], unsure: list[str]) -> tuple[list[ReportDraft], tuple[tuple[str, str], ...]]:
    """Find lists of which records leave one for the other: one is called pending, and most of its headers are the same.

    Return the reports, of which these lists have the same key, and the pairs of lists.
    """
    lists = {each.name: each for report in reports for each in report.lists if each.columns and each.item is None}
    moves: list[tuple[str, str]] = []
    for name, waiting in lists.items():
        if WAITING_WORDS.isdisjoint(re.findall(r"[a-z]+", name)):
            continue
        own = {each.header: each.name for each in waiting.columns if each.header}
        for other in lists.values():
            there = {each.header: each.name for each in other.columns if each.header}
            shared = own.keys() & there.keys()
            if other is waiting or len(shared) < max(MIN_SHARED_HEADERS, 0.8 * len(own)):
                continue
            moves.append((name, other.name))
            unsure.append(f"records that leave {name} and stand in {other.name} then are told as moved")
            if {own[each] for each in shared} >= set(other.key) > set(waiting.key):
                remark = f"its key is that of {other.name}"
                lists[name] = replace(waiting, key=other.key, unsure=(*waiting.unsure, remark))
    aligned = [replace(report, lists=tuple(lists.get(each.name, each) for each in report.lists)) for report in reports]
    return aligned, tuple(moves)
