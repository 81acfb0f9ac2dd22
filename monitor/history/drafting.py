"""Drafts the description of a source from files, or from its page; the draft is then tried as any description is.

Nothing is written to the history. Files are read in the sandboxed process alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from monitor.config.drafts import ColumnDraft, FileDraft, ListDraft, ReportDraft, SourceDraft, draft_text, literal, slug
from monitor.config.sources import parse
from monitor.errors import FetchError, ReadError, RefusedError
from monitor.fetch.fetcher import Answer
from monitor.fetch.links import PageLinks
from monitor.fetch.verdict import is_drawn_by_script
from monitor.history import trial
from monitor.history.pairing import STEADY, with_key
from monitor.sandbox.drawing import draw_page, missing_for_drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.config.sources import Config
    from monitor.fetch.fetcher import Fetcher
    from monitor.fetch.verdict import Format, Response
    from monitor.history.trial import Trial, TrialContext
    from monitor.model import Link, RecordList

# Of the page of a source, so many groups of files are looked at, and so many files of each.
MAX_GROUPS = 8
MAX_FILES_OF_GROUP = 2
FORMATS: dict[str, Format] = {
    **dict.fromkeys((".xlsx", ".xlsm"), "xlsx"),
    **dict.fromkeys((".csv", ".tsv", ".txt"), "csv"),
    ".pdf": "pdf",
    **dict.fromkeys((".html", ".htm"), "html"),
}
# The part of a file's name that says which period it is about: a week, a quarter, a month, a day.
PERIOD_IN_NAME = re.compile(r"\d{4}[-_]\d\d|\d{4}[-_]?q[1-4]|(?<!\d)q[1-4][-_]?\d{4}", re.IGNORECASE)
# The words of a file's name, without figures.
WORDS_IN_NAME = re.compile(r"[A-Za-z]{3,}(?:[ _-]?[A-Za-z]+)*")
MONTH_MARK = re.compile(r"(?:[ _-]?(?:am|pm|rev|final|v))+$", re.IGNORECASE)
EMPTY_DRAFT = FileDraft()
UNKNOWN_PAGE = "https://www.example.gov/page"
PAGE_NOTICES = ListDraft(
    name="notices",
    title="Notices on the page",
    paragraphs=(
        r"^\W*(?:corrections?|corrected|editor.s note|errat(?:a|um)|clarification|notice)\b.*[:.]"
        r"|temporarily suspended|on a (?:weekly|monthly|quarterly) basis"
    ),
    columns=(ColumnDraft(name="text"),),
    may_be_empty=True,
    names=("text",),
    unsure=("what the page says about its own reports",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A drafted source: its name, its text as YAML under `sources:`, and what came of trying it."""

    name: str
    text: str
    config: Config
    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file to be described: what a person called it, its name without folders, and its content.

    `charset` is the encoding that the server named, or None; `draft` is what was drafted of it.
    """

    given: str
    name: str
    format: Format
    content: bytes
    charset: str | None = None
    draft: FileDraft = EMPTY_DRAFT

    @property
    def stem(self) -> str:
        """Its name without its ending."""
        return PurePosixPath(self.name).stem

    @property
    def words(self) -> str:
        """The longest words of its name, without figures; "" if it has none."""
        return _words(self.stem)


def draft_source(context: TrialContext, given: Sequence[str], *, name: str | None = None) -> Drafted:
    """Draft the description of a source, and try it.

    - `given`: paths or web addresses of files, older versions first; or the address of a source's page, alone.
    - `name`: what the source is to be called; None to take it from the files.

    Raises RefusedError if nothing can be described, FetchError if something can't be fetched.
    """
    web = _Remembered(context.fetcher)
    known = replace(context, fetcher=lambda: cast("Fetcher", web))
    if len(given) == 1 and _format_of(given[0]) == "html" and _is_address(given[0]):
        source = _of_page(known, given[0], name)
    else:
        source = _of_files(known, [_file(known, each) for each in given], name)
    text = draft_text(source)
    config = parse(f"sources:\n{text}", "the draft")
    tried = replace(known, config=known.config.model_copy(update={"sources": config.sources}))
    of_page = source.page in given
    found = trial.try_source(tried, source.name) if of_page else trial.try_files(tried, source.name, given)
    return Drafted(name=source.name, text=text, config=tried.config, trial=found)


class _Remembered:
    """The HTTP client, which asks for each address only once: to try a draft needs no second visit."""

    def __init__(self, fetcher: Callable[[], Fetcher]) -> None:
        self._fetcher = fetcher
        self._answers: dict[str, Answer] = {}

    def get(self, url: str, *, expect: Format, allowed_hosts: frozenset[str]) -> Answer:
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


def _is_address(text: str) -> bool:
    return urlsplit(text).scheme in {"http", "https"}


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _format_of(text: str) -> Format:
    """Return the format of a file by the end of its name; an address without one is a page."""
    path = unquote(urlsplit(text).path) if _is_address(text) else text
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    if _is_address(text):
        return "html"
    raise RefusedError(f"{text}: its format is not known; name a file that ends with {', '.join(FORMATS)}")


def _file(context: TrialContext, given: str) -> _File:
    """Take one file as a person named it: a path or a web address. Raises RefusedError, FetchError."""
    file_format = _format_of(given)
    if _is_address(given):
        answer = context.fetcher().get(given, expect=file_format, allowed_hosts=frozenset({_host(given)}))
        assert isinstance(answer, Answer)
        name = PurePosixPath(unquote(urlsplit(given).path)).name or _host(given)
        file = _File(given=given, name=name, format=file_format, content=answer.content, charset=answer.charset)
        return _drafted(context, file)
    path = Path(given)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise RefusedError(f"{path}: {fault.strerror}; name a file or a web address") from fault
    return _drafted(context, _File(given=given, name=path.name, format=file_format, content=content))


def _words(stem: str) -> str:
    found = [MONTH_MARK.sub("", each) if len(each) > 5 else each for each in WORDS_IN_NAME.findall(stem)]
    return max(found, key=len, default="")


def _of_files(context: TrialContext, files: Sequence[_File], name: str | None) -> SourceDraft:
    """Draft a source from files alone, whose page is known only if they came from the web."""
    address = next((each.given for each in files if _is_address(each.given)), None)
    page = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}/" if address else UNKNOWN_PAGE
    reports = []
    unsure = ["the page that links the files is not known; put its address here"]
    for group in _groups(files):
        report = _report(context, group, _report_name(group))
        if report:
            reports.append(report)
        else:
            unsure += [remark for file in group for remark in file.draft.unsure]
    reports = _own_names(reports)
    if not reports:
        why = next((remark for file in files for remark in file.draft.unsure), f"{files[0].name} has none")
        raise RefusedError(f"{files[0].given}: no list was found in it: {why}")
    return SourceDraft(
        name=name or reports[0].name,
        page=page,
        reports=tuple(reports),
        unsure=tuple(unsure),
    )


def _groups(files: Iterable[_File]) -> list[list[_File]]:
    """Return the files in groups, each of which are the versions of one report.

    They have the same words in their names, or the same headers. Web pages are all versions of one page.
    """
    groups: list[tuple[object, list[_File]]] = []
    for file in files:
        headers = {column.header for each in file.draft.lists for column in each.columns}
        for known, group in groups:
            same = file.words and group[0].words.casefold() == file.words.casefold()
            if group[0].format == file.format and (same or file.format == "html" or (headers and known == headers)):
                group.append(file)
                break
        else:
            groups.append((headers, [file]))
    return [group for _, group in groups]


def _drafted(context: TrialContext, file: _File) -> _File:
    """Return a file with what can be drafted of it; nothing if it can't be read, which is noted as a remark."""
    called = slug(file.words) or "list"
    try:
        draft = context.reader.draft(file.content, file.format, called=called, charset=file.charset, source="draft")
    except ReadError as fault:
        draft = FileDraft(unsure=(f"{file.name} can't be read: {fault}",))
    return replace(file, draft=draft)


def _report_name(group: Sequence[_File]) -> str:
    return slug(group[-1].words) or "report"


def _report(
    context: TrialContext, group: Sequence[_File], name: str, *, is_series: bool | None = None
) -> ReportDraft | None:
    """Draft a report from the versions of its file; None if no list is in them.

    `is_series` says whether the page links several of them at once; None if no page is known.
    """
    drafts = [file.draft for file in group if file.draft.lists]
    if not drafts:
        return None
    lists = _merged([each.lists for each in drafts])
    unsure = [remark for file in group if not file.draft.lists for remark in file.draft.unsure]
    unsure += drafts[-1].unsure
    file_format = group[-1].format
    kind, known = ("page", None) if file_format == "html" else ("rolling", ".")
    bare = ReportDraft(name=name, kind=kind, format=file_format, lists=lists, match=known)
    versions = _read(context, bare, group, unsure)
    periods = all(PERIOD_IN_NAME.search(file.stem) for file in group)
    steady = not (periods if is_series is None else is_series)
    keyed = [with_key(each, versions.get(each.name, []), steady=steady) for each in lists]
    shares = [each.paired for each in keyed if each.paired is not None]
    apart = bool(shares) and max(shares) < STEADY
    series = is_series if is_series is not None else periods or (apart and len(group) > 1)
    if is_series is None and file_format != "html":
        unsure.append(
            "kind: series, each file a report of its own; or rolling, each file replaces the last one"
            if series
            else "kind: rolling, each file replaces the last one; or series, each file a report of its own"
        )
    if file_format == "html":
        return replace(bare, lists=tuple(each.draft for each in keyed), unsure=tuple(unsure))
    match, remark = _match(group)
    unsure += [remark] if remark else []
    return ReportDraft(
        name=name,
        kind="series" if series else "rolling",
        format=file_format,
        match=match,
        key=_key_pattern(group) if series else None,
        lists=tuple(each.draft for each in keyed),
        unsure=tuple(unsure),
    )


def _merged(versions: Sequence[Sequence[ListDraft]]) -> tuple[ListDraft, ...]:
    """Return the lists of the latest version; columns that another version lacks, or has alone, are optional."""
    result = []
    for draft in versions[-1]:
        columns = list(draft.columns)
        for other in versions[:-1]:
            shared = max(other, key=lambda each: len(set(each.fields) & set(draft.fields)), default=None)
            if shared is None or draft.item is not None or not set(shared.fields) & set(draft.fields):
                continue
            columns = [replace(each, optional=each.optional or each.name not in shared.fields) for each in columns]
            known = {each.name for each in columns}
            columns += [replace(each, optional=True) for each in shared.columns if each.name not in known]
        result.append(replace(draft, columns=tuple(columns)))
    return tuple(result)


def _read(
    context: TrialContext, report: ReportDraft, group: Sequence[_File], unsure: list[str]
) -> dict[str, list[RecordList]]:
    """Read the files by a draft without keys; return the records of each list, version by version.

    A file that can't be read so is noted in `unsure`.
    """
    source = SourceDraft(name="draft", page=UNKNOWN_PAGE, reports=(report,))
    described = parse(f"sources:\n{draft_text(source)}").sources["draft"].reports[report.name]
    versions: dict[str, list[RecordList]] = {}
    for file in group:
        try:
            understood = context.reader.understand(
                file.content, described, on=context.now().date(), charset=file.charset, source="draft"
            )
        except ReadError as fault:
            unsure.append(f"{file.name} can't be read by this draft: {fault}")
            continue
        for each in understood.reading.lists:
            versions.setdefault(each.name, []).append(each)
    return versions


def _match(group: Sequence[_File]) -> tuple[str, str]:
    """Return the pattern by which links to a report are found, from the names of its files, and a remark or ""."""
    endings = sorted({PurePosixPath(file.name).suffix.lower().lstrip(".") for file in group})
    ending = endings[0] if len(endings) == 1 else f"(?:{'|'.join(endings)})"
    words = {file.words.casefold() for file in group}
    if len(words) == 1 and (word := words.pop()):
        return rf"/[^/]*{literal(word)}[^/]*\.{ending}$", ""
    return rf"/[^/]+\.{ending}$", "the names of the files have no word in common, so that match takes every such file"


def _key_pattern(group: Sequence[_File]) -> str | None:
    """Return the pattern of what in a file's name tells one report of a series from another: its figures."""
    shapes: dict[str, None] = {}
    for file in group:
        spans = [found.span() for found in re.finditer(r"\d+", file.stem)]
        if spans:
            text = file.stem[spans[0][0] : spans[-1][1]]
            shapes[re.sub(r"\d+", lambda _: r"\d+", literal(text))] = None
    return f"({'|'.join(shapes)})" if shapes else None


def _own_names(reports: Sequence[ReportDraft]) -> list[ReportDraft]:
    """Return reports of which no two have one name, and no two lists of the source either."""
    taken: set[str] = set()
    names: set[str] = set()
    result = []
    for report in reports:
        own = _free(report.name, names)
        lists = tuple(replace(each, name=_free(each.name, taken)) for each in report.lists)
        result.append(replace(report, name=own, lists=lists))
    return result


def _free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, with a number after it if need be; it is taken then."""
    own, number = name, 2
    while own in taken:
        own, number = f"{name}-{number}", number + 1
    taken.add(own)
    return own


def _of_page(context: TrialContext, url: str, name: str | None) -> SourceDraft:
    """Draft a source from its page: the files that it links, and the lists that stand on it.

    If nothing is there but scripts, a browser draws the page first. Raises RefusedError, FetchError.
    """
    host = frozenset({_host(url)})
    answer = context.fetcher().get(url, expect="html", allowed_hosts=host)
    assert isinstance(answer, Answer)
    found = _of_answer(context, url, name, answer)
    if found is None and is_drawn_by_script(answer.content):
        if missing := missing_for_drawing():
            raise RefusedError(f"{trial.script_advice(url)}; for that, {missing}")
        poll = context.config.poll
        drawn = draw_page(context.fetcher(), answer, source=name or "NAME", hosts=host, poll=poll)
        found = _of_answer(context, url, name, replace(answer, content=drawn.content, headers=drawn.headers))
        found = replace(found, render=True, unsure=(*found.unsure, *drawn.notes)) if found else None
    if found is None:
        raise RefusedError(f"{url}: no list was found on it, and no file with a list")
    return found


def _of_answer(context: TrialContext, url: str, name: str | None, answer: Answer) -> SourceDraft | None:
    """Draft a source from its page, as it came or as a browser drew it; None if there is nothing on it."""
    host = frozenset({_host(url)})
    links = context.reader.page(answer.content, answer.url, charset=answer.charset, source="draft").links
    unsure: list[str] = []
    reports = []
    for group in _linked(links, url, unsure):
        report = _linked_report(context, group, host, unsure)
        if report:
            reports.append(report)
    page = _File(given=url, name="page", format="html", content=answer.content, charset=answer.charset)
    drafted = _drafted(context, page).draft
    bare = ReportDraft(name="page", kind="page", format="html", lists=(*drafted.lists, PAGE_NOTICES))
    remarks = list(drafted.unsure)
    versions = _read(context, bare, [page], remarks)
    lists = tuple(with_key(each, versions.get(each.name, [])).draft for each in drafted.lists)
    reports.append(replace(bare, lists=(*lists, PAGE_NOTICES), unsure=tuple(remarks)))
    if not lists and len(reports) == 1:
        return None
    last = PurePosixPath(unquote(urlsplit(url).path)).stem
    return SourceDraft(
        name=name or slug(last) or slug(_host(url)) or "source",
        title=drafted.title,
        page=url,
        reports=tuple(_own_names(reports)),
        unsure=tuple(unsure),
    )


def _linked(links: Sequence[Link], url: str, unsure: list[str]) -> list[list[Link]]:
    """Return the links to files on a page, in groups of one format with the same words in their names."""
    groups: dict[tuple[str, str], list[Link]] = {}
    for link in PageLinks(links=tuple(links)).unclaimed_files:
        path = PurePosixPath(unquote(urlsplit(link.url).path))
        if path.suffix.lower() not in FORMATS:
            unsure.append(f"{path.name} has a format that is not read")
        elif _host(link.url) != _host(url):
            unsure.append(f"{path.name} is on {_host(link.url)}, which was not asked; it can be named in hosts")
        else:
            groups.setdefault((FORMATS[path.suffix.lower()], _words(path.stem).casefold()), []).append(link)
    if len(groups) > MAX_GROUPS:
        unsure.append(f"{len(groups) - MAX_GROUPS} more kinds of files are linked, and were not looked at")
    return list(groups.values())[:MAX_GROUPS]


def _linked_report(
    context: TrialContext, group: Sequence[Link], host: frozenset[str], unsure: list[str]
) -> ReportDraft | None:
    """Draft a report from files that a page links; None if they hold no list, which is noted in `unsure`."""
    files = []
    for link in group[:MAX_FILES_OF_GROUP]:
        path = PurePosixPath(unquote(urlsplit(link.url).path))
        file_format = FORMATS[path.suffix.lower()]
        try:
            answer = context.fetcher().get(link.url, expect=file_format, allowed_hosts=host)
        except FetchError as fault:
            unsure.append(f"{path.name} can't be fetched: {fault}")
            continue
        assert isinstance(answer, Answer)
        file = _File(given=link.url, name=path.name, format=file_format, content=answer.content, charset=answer.charset)
        files.append(_drafted(context, file))
    if not files:
        return None
    several = len(group) > 1
    report = _report(context, files, _report_name(files), is_series=True if several else None)
    if report is None:
        why = f": {'; '.join(files[-1].draft.unsure)}" if files[-1].draft.unsure else ""
        unsure.append(f"no list was found in {files[-1].name}, which the page links{why}")
    return report
