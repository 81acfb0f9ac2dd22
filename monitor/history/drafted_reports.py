"""Drafts a report from the versions of its file, or from the files that are parts of one list."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from monitor.config.drafts import NO_VALUES, STATES_TOTAL, ReportDraft, SourceDraft, draft_text, literal, slug
from monitor.config.file import parse
from monitor.errors import ReadError
from monitor.history.drafted_files import PERIOD_IN_NAME
from monitor.history.pairing import FEW_SAME_ROWS, STEADY, figures_changed, has_events, same_keys, with_key
from monitor.model import RecordList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.drafts import ColumnDraft, ListDraft
    from monitor.history.drafted_files import DraftedFile
    from monitor.history.trial import TrialContext

UNKNOWN_PAGE = "https://www.example.gov/page"
# Words that tell lists of their own apart, and not parts of one list.
REPORT_STATUS_WORDS = frozenset(
    {"pending", "active", "participating", "current", "closed", "former", "terminated", "approved", "denied", "open"}
    | {"expired", "archive", "archived", "historical", "new", "old", "all", "summary", "detail", "details", "glossary"}
)


def report_name(files: Sequence[DraftedFile]) -> str:
    """Return the name of a report, from the name of its latest file."""
    return slug(files[-1].words) or "report"


def draft_report(
    context: TrialContext, files: Sequence[DraftedFile], name: str, *, is_series: bool | None = None
) -> ReportDraft | None:
    """Return the draft of a report; None if its files have no list.

    - `files`: the versions of its file, the oldest first. `name`: the name of the report.
    - `is_series`: whether the page links several of the versions at once; None if no page is known.
    """
    drafts = [file.draft for file in files if file.draft.lists]
    if not drafts:
        return None
    lists = _merged([each.lists for each in drafts])
    unsure = [remark for file in files if not file.draft.lists for remark in file.draft.unsure]
    unsure += drafts[-1].unsure
    file_format = files[-1].format
    bare = ReportDraft(name=name, kind="page", format=file_format, lists=lists)
    if file_format == "html":
        versions = read_versions(context, bare, files, unsure)
        keyed = [with_key(each, versions.get(each.name, [])).draft for each in lists]
        return replace(bare, lists=tuple(keyed), unsure=tuple(unsure))
    proved = _with_true_totals(context, files, replace(bare, kind="rolling", match="."))
    return _file_report(context, files, replace(proved, unsure=tuple(unsure)), is_series=is_series)


def _with_true_totals(context: TrialContext, files: Sequence[DraftedFile], bare: ReportDraft) -> ReportDraft:
    """Return a draft without the totals of its lists, if a version does not add up to them: they are none."""
    faults: list[str] = []
    if any(each.totals for each in bare.lists):
        read_versions(context, bare, files, faults)
    if not faults:
        return bare
    lists = (replace(each, totals=(), unsure=tuple(filter(_is_no_total, each.unsure))) for each in bare.lists)
    return replace(bare, lists=tuple(lists))


def _is_no_total(remark: str) -> bool:
    return not remark.startswith(STATES_TOTAL)


def _file_report(
    context: TrialContext, files: Sequence[DraftedFile], bare: ReportDraft, *, is_series: bool | None
) -> ReportDraft:
    """Return the draft of a report that is a file, with the keys of its lists, and whether it is a series.

    `bare` has what is known without its records.
    """
    unsure = list(bare.unsure)
    versions = read_versions(context, bare, files, unsure)
    periods = all(PERIOD_IN_NAME.search(file.stem) for file in files)
    steady = not (periods if is_series is None else is_series)
    found = [with_key(each, versions.get(each.name, []), steady=steady) for each in bare.lists]
    shares = [each.paired for each in found if each.paired is not None]
    apart = bool(shares) and max(shares) < STEADY
    series = is_series if is_series is not None else periods or (apart and len(files) > 1)
    kinds = ("series, each file a report of its own", "rolling, each file replaces the last one")
    if is_series is None:
        unsure.append(f"kind: {kinds[not series]}; or {kinds[series]}")
    match, remark = _match(files)
    return replace(
        bare,
        kind="series" if series else "rolling",
        match=match,
        key=_key_pattern(files) if series else None,
        lists=tuple(
            _as_period(each.draft, each.paired, versions.get(each.draft.name, [])) if series else each.draft
            for each in found
        ),
        unsure=(*unsure, remark) if remark else tuple(unsure),
    )


def _as_period(draft: ListDraft, paired: float | None, versions: Sequence[RecordList]) -> ListDraft:
    """Return the draft of a list of a series, with what two periods show: the same records again, or other events."""
    changing = [each.name for each in draft.columns if any(figures_changed(each, versions, draft.key))]
    if changing and paired is not None and paired >= STEADY:
        remark = f"most records are in the next period again, with other figures in {', '.join(changing)}"
        return replace(draft, unsure=(*draft.unsure, f"{remark}, so that periods are not compared"))
    if paired is not None and paired >= STEADY:
        remark = f"{paired:.0%} of the records are in the next period again, so that periods are compared"
        return replace(draft, is_across=True, unsure=(*draft.unsure, remark))
    if has_events(versions):
        remark = "hardly a row is in two periods, so that its rows are taken for events"
        return replace(draft, has_events=True, unsure=(*draft.unsure, remark))
    return draft


def draft_parts(context: TrialContext, groups: Sequence[Sequence[DraftedFile]]) -> ReportDraft | None:
    """Return the draft of a report in several parts; None if the files are not parts of one list.

    `groups` has for each part the versions of its file, the oldest first. The files are parts of one list if each has
    one list, the headers are the same, the names differ in one word, and few records are in several files.
    """
    latest = [files[-1] for files in groups]
    words = _differing_words([file.words for file in latest])
    alike = len({(file.format, file.headers, len(file.draft.lists)) for file in latest}) == 1
    if len(groups) < 2 or words is None or not alike or len(latest[0].draft.lists) != 1:
        return None
    begin, middle, end = words
    lists = _merged([file.draft.lists for file in latest])
    unsure = list(latest[-1].draft.unsure)
    bare = ReportDraft(name="part", kind="rolling", format=latest[0].format, lists=lists, match=".")
    now = _together([read_versions(context, bare, [file], unsure) for file in latest])
    if now is None:
        return None
    before = _together([read_versions(context, bare, files[-2:-1] or files[-1:], unsure) for files in groups])
    versions = [now[0]] if before is None or all(len(files) < 2 for files in groups) else [before[0], now[0]]
    keyed = with_key(lists[0], versions).draft
    if not keyed.key or same_keys(now[1], keyed.key) > FEW_SAME_ROWS:
        return None
    name = slug(f"{begin} {end}") or "parts"
    either = "|".join(map(literal, middle))
    named = rf"{literal(begin)}(?:{either}){literal(end)}"
    unsure.append(f"the files {', '.join(file.name for file in latest[:5])} are taken for parts of one list")
    return ReportDraft(
        name=name,
        kind="rolling",
        format=latest[0].format,
        match=rf"/[^/]*{named}[^/]*\.{PurePosixPath(latest[0].name).suffix.lower().lstrip('.')}$",
        key=rf"{literal(begin)}({either}){literal(end)}",
        is_in_parts=True,
        lists=(replace(keyed, name=name),),
        unsure=tuple(unsure),
    )


def _differing_words(names: Sequence[str]) -> tuple[str, list[str], str] | None:
    """Return what names have in common before and after the one word in which they differ, and these words.

    Return None if they differ in more than a word, or in one that tells lists of their own apart, like `pending`.
    """
    split = [re.split(r"([ _-])", name.casefold()) for name in names]
    columns = list(zip_longest(*split))
    places = [place for place, words in enumerate(columns) if len(set(words)) > 1]
    if len(places) != 1 or len(columns) < 3 or any(word is None for word in columns[places[0]]):
        return None
    middle = [str(word) for word in columns[places[0]]]
    if len(set(middle)) != len(middle) or not REPORT_STATUS_WORDS.isdisjoint(middle):
        return None
    return "".join(split[0][: places[0]]), middle, "".join(split[0][places[0] + 1 :])


def _together(parts: Sequence[dict[str, list[RecordList]]]) -> tuple[RecordList, list[RecordList]] | None:
    """Return the records of all parts as one list, and of each part; None if one of them can't be read."""
    lists = [each[0] for part in parts for each in part.values() if each]
    if len(lists) != len(parts):
        return None
    return one_list(lists), lists


def one_list(lists: Sequence[RecordList]) -> RecordList:
    """Return one list with the records of several lists, which all have the same fields."""
    records = tuple(record for each in lists for record in each.records)
    return RecordList(name=lists[0].name, fields=lists[0].fields, records=records)


def _merged(versions: Sequence[Sequence[ListDraft]]) -> tuple[ListDraft, ...]:
    """Return the lists of the latest version; columns that another version lacks, or has alone, are optional."""
    result = []
    for draft in versions[-1]:
        columns = list(draft.columns)
        for other in versions[:-1]:
            shared = max(other, key=lambda each: len(set(each.fields) & set(draft.fields)), default=None)
            if shared is None or draft.item is not None or not set(shared.fields) & set(draft.fields):
                continue
            there = {each.name: each for each in shared.columns}
            columns = [_as_in_both(each, there.get(each.name)) for each in columns]
            known = {each.name for each in columns}
            columns += [
                replace(each, optional=True) for each in shared.columns if not each.origin and each.name not in known
            ]
        result.append(replace(draft, columns=tuple(columns)))
    return tuple(result)


def _as_in_both(column: ColumnDraft, other: ColumnDraft | None) -> ColumnDraft:
    """Return a column with what another version shows of it, too; it is optional if that lacks it.

    A version with few records may not show that texts are labels, and an empty column not what it holds.
    """
    if other is None:
        return column if column.origin else replace(column, optional=True)
    told = column.kind == "text" and column.role == "" and (other.kind == "class" or column.unsure == NO_VALUES)
    return replace(column, kind=other.kind, unsure=other.unsure) if told else column


def read_versions(
    context: TrialContext, report: ReportDraft, files: Sequence[DraftedFile], unsure: list[str]
) -> dict[str, list[RecordList]]:
    """Read files by a draft whose lists have no `key` yet, and return for each list its versions, file by file.

    If a file can't be read by the draft, a sentence is added to `unsure`.
    """
    lists = tuple(_with_provisional_key(each) for each in report.lists)
    source = SourceDraft(name="draft", page=UNKNOWN_PAGE, reports=(replace(report, lists=lists),))
    described = parse(f"sources:\n{draft_text(source)}").sources["draft"].reports[report.name]
    versions: dict[str, list[RecordList]] = {}
    for file in files:
        try:
            understood = context.reader.understand(
                file.content, described, on=context.now().date(), charset=file.charset, url=file.given, source="draft"
            )
        except ReadError as fault:
            unsure.append(f"{file.name} can't be read by this draft: {fault}")
            continue
        for each in understood.reading.lists:
            versions.setdefault(each.name, []).append(each)
    return versions


def _with_provisional_key(draft: ListDraft) -> ListDraft:
    """Return a draft with its name and state as key, so that titles and notes are told from records as they will be."""
    named = [each.name for each in draft.columns if each.role in {"name", "state"} and not each.origin]
    return replace(draft, key=tuple(named)) if draft.columns and not draft.key and not draft.item else draft


def _match(group: Sequence[DraftedFile]) -> tuple[str, str]:
    """Return the pattern by which links to a report are found, from the names of its files, and a remark or ""."""
    endings = sorted({PurePosixPath(file.name).suffix.lower().lstrip(".") for file in group})
    ending = endings[0] if len(endings) == 1 else f"(?:{'|'.join(endings)})"
    words = {file.words.casefold() for file in group}
    if len(words) == 1 and (word := words.pop()):
        return rf"/[^/]*{literal(word)}[^/]*\.{ending}$", ""
    return rf"/[^/]+\.{ending}$", "the names of the files have no word in common, so that match takes every such file"


def _key_pattern(group: Sequence[DraftedFile]) -> str | None:
    """Return the pattern of what in a file's name tells one report of a series from another: its figures."""
    shapes: dict[str, None] = {}
    for file in group:
        spans = [found.span() for found in re.finditer(r"\d+", file.stem)]
        if spans:
            text = file.stem[spans[0][0] : spans[-1][1]]
            shapes[re.sub(r"\d+", lambda _: r"\d+", literal(text))] = None
    return f"({'|'.join(shapes)})" if shapes else None
