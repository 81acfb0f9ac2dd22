"""Drafts of descriptions: what was found out about a file that nobody has described yet, and its text as YAML.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from monitor.config.values import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A text that YAML reads as it stands, also within brackets.
PLAIN_SCALAR = re.compile(r"[A-Za-z][\w./-]*(?: [\w./-]+)*")
# Plain texts that YAML does not read as texts.
YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# Further remarks about one list are left out.
MAX_REMARKS = 20
MAX_DRAFT_LINE = 118
# What is more than itself in a pattern.
SPECIAL = re.compile(r"([.^$*+?{}\[\]\\|()])")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
PLACE_ROLES = frozenset({"name", "state", "agency", "type"})
DRAFT_LEVELS = frozenset({"state", "county", "place"})

# What is said of a total, and of a column without values.
STATES_TOTAL = "the text states"
NO_VALUES = "the column has no values by which its kind could be told"

ColumnKind = Literal["text", "class", "number", "date", "link", "bullets"]
GroupSource = Literal["", "title_row", "heading", "sheet", "merged_cell"]
ColumnRole = Literal["", "name", "state", "place", "type"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDraft:
    """One field of a drafted list.

    - `name`, `header`: the field's name, and the header of its column; "" for the fields of an item.
    - `header_pattern`: in place of the header, a pattern for one that changes with the year; None for none.
    - `select`, `label`: in a card, the selector of its elements, or the text before it.
    - `origin`, `pattern`: for a field that stands outside of the rows, where, and the pattern that finds it there.
    - `kind`: what its cells hold. `hide`: values that say nothing. `formats`: how its dates are written.
    - `fill_down`: whether an empty cell takes the value above it. `ignore`: whether its changes are told to nobody.
    - `role`: what it says of a record: its name, its state, its place or its type; "" for anything else.
    - `optional`: whether one of the given files lacks it. `title`: its name for readers; "" for the field's name.
    - `unsure`: what a person should look at; "" for nothing.
    """

    name: str
    header: str = ""
    kind: ColumnKind = "text"
    role: ColumnRole = ""
    optional: bool = False
    title: str = ""
    hide: tuple[str, ...] = ()
    unsure: str = ""
    header_pattern: str | None = None
    select: str | None = None
    label: str = ""
    origin: GroupSource = ""
    pattern: str | None = None
    formats: tuple[str, ...] = ()
    fill_down: bool = False
    ignore: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDraft:
    """One drafted list; its fields have the meanings of the keys of a list in the configuration.

    - `columns`: its fields. For a list of items (`item` is not None) they have no headers. Fields that stand outside of
      the rows (`origin`) come last.
    - `all_tables`: whether every table with its header is part of it. `is_across`: whether a report of a series is
      compared with that of the period before. `has_events`: whether a row says that something happened.
    - `totals`: patterns of figures in the report's text, each with the field that it sums up, or "" for the number of
      records.
    - `place`: the fields that name the jurisdiction, by their roles in the configuration (`name`, `state` and others);
      `level` and `within` have a value of the configuration, and no field.
    - `unsure`: what a person should look at.
    """

    name: str
    title: str = ""
    heading: str | None = None
    sheet: str | None = None
    item: str | None = None
    until: str | None = None
    card: str | None = None
    paragraphs: str | None = None
    content: str | None = None
    ignore: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    header_rows: int = 1
    skip_rows: dict[str, str] = field(default_factory=dict)
    totals: tuple[tuple[str, str], ...] = ()
    all_tables: bool = False
    is_across: bool = False
    has_events: bool = False
    columns: tuple[ColumnDraft, ...] = ()
    whole_row: str | None = None
    may_be_empty: bool = False
    key: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()
    says: str = ""
    not_columns: tuple[str, ...] = ()
    place: dict[str, str] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its fields, in order."""
        return tuple(each.name for each in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDraft:
    """What was drafted for one file: its lists, what a person should look at, and the title of a web page or ""."""

    lists: tuple[ListDraft, ...] = ()
    title: str = ""
    unsure: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether all names in it are names, so that its text is YAML of the form that it should have."""
        return all(
            re.fullmatch(NAME, each.name)
            and all(FIELD_NAME.fullmatch(name) and name not in YAML_WORDS for name in each.fields)
            and {*each.group, *each.key, *each.anchors, *each.names, *each.minor, *each.skip_rows} <= set(each.fields)
            and {name for _, name in each.totals if name} <= set(each.fields)
            and (each.whole_row is None or each.whole_row in each.fields)
            and all(
                (value in DRAFT_LEVELS)
                if role == "level"
                else bool(re.fullmatch("[A-Z]{2}", value))
                if role == "within"
                else role in PLACE_ROLES and value in each.fields
                for role, value in each.place.items()
            )
            for each in self.lists
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    """One drafted report: its kind and format, the patterns that find its files and their keys, and its lists.

    - `else_text`: the words of its link, where its address does not name it; None if it does.
    - `is_in_parts`: whether the files that match are parts of one list.
    - `pager`: the patterns of the text and the address of the link to the next page of its list; None for none.
    `checked` is False if each alert shall say that no person has checked it.
    """

    name: str
    kind: str
    format: str
    lists: tuple[ListDraft, ...]
    match: str | None = None
    else_text: str | None = None
    key: str | None = None
    is_in_parts: bool = False
    pager: tuple[str, str] | None = None
    checked: bool = True
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """A drafted source: its page, its reports, and what a person should look at.

    `moves` are pairs of lists: the one that records leave, and the one in which they stand then.
    `render` says whether a browser has to draw its page.
    """

    name: str
    page: str
    reports: tuple[ReportDraft, ...]
    title: str = ""
    moves: tuple[tuple[str, str], ...] = ()
    unsure: tuple[str, ...] = ()
    render: bool = False


def field_name(header: str) -> str:
    """Return the name of a field for a header: `Signed (Date)` is `signed`, `LAW ENFORCEMENT AGENCY` in small letters.

    Words in brackets are left out, and at most five words are kept. Return "" for a header without letters and digits.
    """
    apart = parted(header)
    words = re.findall(r"[a-z0-9]+", re.sub(r"\([^()]*\)", " ", apart).casefold().replace("'", ""))
    words = words or re.findall(r"[a-z0-9]+", apart.casefold())
    name = "_".join(words[:5])
    if name in YAML_WORDS:
        return f"{name}_column"
    return f"n{name}" if name[:1].isdecimal() else name


def literal(text: str) -> str:
    """Return a pattern that matches a text itself."""
    return SPECIAL.sub(r"\\\1", text)


def slug(text: str) -> str:
    """Return a text as a name of the configuration: small letters and digits, with hyphens; "" if it has none."""
    return "-".join(re.findall(r"[a-z0-9]+", parted(text).casefold())[:5])[:40].strip("-")


def parted(text: str) -> str:
    """Return a text with blanks between words that are only told by capital letters, as in `participatingAgencies`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)


def draft_text(source: SourceDraft) -> str:
    """Return a drafted source as YAML, as it can stand under `sources:` in the configuration."""
    lines = [f"  {_scalar(source.name)}:", *_remarks(source.unsure, 4)]
    lines += [f"    title: {_scalar(source.title)}"] if source.title else []
    lines += [f"    page: {_scalar(source.page)}", *(["    render: browser"] if source.render else [])]
    moves = ", ".join(f"{{ from: {before}, to: {after} }}" for before, after in source.moves)
    lines += [f"    moves: [{moves}]"] if moves else []
    lines += ["    reports:"]
    for report in source.reports:
        lines += _report_lines(report)
    return "\n".join(lines) + "\n"


def remarks_of(source: SourceDraft) -> Iterator[tuple[str, str]]:
    """Yield what a person should look at in a draft: the place of the key in the source, "" for all of it; and why."""
    yield from (("", remark) for remark in source.unsure)
    for report in source.reports:
        place = f"reports.{report.name}"
        yield from ((place, remark) for remark in report.unsure)
        for each in report.lists:
            own = f"{place}.lists.{each.name}"
            yield from ((own, remark) for remark in each.unsure[:MAX_REMARKS])
            for column in each.columns:
                if column.unsure and each.item is None:
                    yield f"{own}.{'group' if column.origin else 'columns'}.{column.name}", column.unsure


def _report_lines(report: ReportDraft) -> Iterator[str]:
    yield f"      {_scalar(report.name)}:"
    yield from _remarks(report.unsure, 8)
    yield f"        kind: {report.kind}"
    yield f"        format: {report.format}"
    if report.match:
        else_text = f", else_text: {_quoted(report.else_text)}" if report.else_text else ""
        yield f"        match: {{ href: {_quoted(report.match)}{else_text} }}"
    if report.is_in_parts:
        yield "        parts: true"
    if report.key:
        yield f"        key: {_quoted(report.key)}"
    if report.pager:
        text, href = report.pager
        yield f"        pager: {{ text: {_quoted(text)}, href: {_quoted(href)} }}"
    if not report.checked:
        yield "        checked: false  # a draft; `monitor sources accept` takes this mark away once it was looked at"
    yield "        lists:"
    for each in report.lists:
        yield from _list_lines(each)


def _list_lines(each: ListDraft) -> Iterator[str]:
    yield f"          {_scalar(each.name)}:"
    yield from _remarks(each.unsure[:MAX_REMARKS], 12)
    yield from _settings(
        title=_scalar(each.title) if each.title else "",
        says=_quoted(each.says) if each.says else "",
        rows="events" if each.has_events else "",
        compare="across" if each.is_across else "",
        sheet=_pattern(each.sheet),
        tables="all" if each.all_tables else "",
        heading=_pattern(each.heading),
        until=_pattern(each.until),
        paragraphs=_pattern(each.paragraphs),
        content=each.content or "",
        ignore=_patterns(each.ignore),
        not_in=_sequence(each.not_in),
        group=_sequence(each.group),
        item=_pattern(each.item),
        card=_pattern(each.card),
        header_rows=str(each.header_rows) if each.header_rows > 1 else "",
    )
    if each.item is None and each.paragraphs is None and each.content is None:
        yield "            columns:"
        for column in each.columns:
            yield from () if column.origin else _column_lines(column)
        yield from _group_lines([column for column in each.columns if column.origin])
    place = ", ".join(f"{role}: {name}" for role, name in each.place.items())
    skipped = ", ".join(f"{name}: {_quoted(pattern)}" for name, pattern in each.skip_rows.items())
    yield from _settings(
        skip_rows=f"{{ {skipped} }}" if skipped else "",
        not_columns=_sequence(each.not_columns),
        whole_row=each.whole_row or "",
        totals=f"[{', '.join(_total_lines(each))}]" if each.totals else "",
        may_be_empty="true" if each.may_be_empty else "",
        key=_sequence(each.key),
        anchors=_sequence(each.anchors),
        names=_sequence(each.names),
        minor=_sequence(each.minor),
        jurisdiction=f"{{ {place} }}" if place else "",
    )


def _total_lines(each: ListDraft) -> Iterator[str]:
    """Yield each stated total of a list as YAML."""
    for pattern, name in each.totals:
        yield f"{{ text: {_quoted(pattern)}{f', sum: {name}' if name else ''} }}"


def _settings(**values: str) -> Iterator[str]:
    """Yield the lines of a list's settings; those without a value are left out."""
    yield from (f"            {key}: {value}" for key, value in values.items() if value)


def _patterns(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]" if texts else ""


def _pattern(text: str | None) -> str:
    return "" if text is None else _quoted(text)


def _column_lines(column: ColumnDraft) -> Iterator[str]:
    where = {
        "header_pattern": _pattern(column.header_pattern),
        "select": _pattern(column.select),
        "label": _quoted(column.label) if column.label else "",
    }
    parts = [f"{key}: {text}" for key, text in where.items() if text] or [f"header: {_sequence((column.header,))}"]
    parts += [f"kind: {column.kind}"] if column.kind != "text" else []
    parts += [f"format: {_quoted(column.formats[0])}"] if column.formats else []
    parts += ["fill_down: true"] if column.fill_down else []
    parts += ["ignore: true"] if column.ignore else []
    parts += ["optional: true"] if column.optional else []
    parts += [f"title: {_scalar(column.title)}"] if column.title else []
    parts += [f"hide: {_sequence(column.hide)}"] if column.hide else []
    alone = len(parts) == 1 and parts[0].startswith("header: ")
    value = parts[0].removeprefix("header: ") if alone else f"{{ {', '.join(parts)} }}"
    yield from _remarks((column.unsure,) if column.unsure else (), 14)
    yield f"              {column.name}: {value}"


def _group_lines(columns: Sequence[ColumnDraft]) -> Iterator[str]:
    """Yield the lines of the fields that stand outside of the rows; none if there are none."""
    if columns:
        yield "            group:"
    for column in columns:
        yield from _remarks((column.unsure,) if column.unsure else (), 14)
        pattern = (
            f"{{ from: {column.origin}, pattern: {_quoted(column.pattern)} }}" if column.pattern else column.origin
        )
        yield f"              {column.name}: {pattern}"


def _remarks(remarks: Iterable[str], indent: int) -> Iterator[str]:
    """Yield comments that say what a person should look at; a long one goes on in the next line."""
    for remark in remarks:
        line = f"{' ' * indent}# unsure:"
        for word in "".join(c if c.isprintable() else " " for c in remark).split():
            if len(line) + len(word) >= MAX_DRAFT_LINE:
                yield line
                line = f"{' ' * indent}# "
            line = f"{line} {word}"
        yield line


def _sequence(texts: Sequence[str]) -> str:
    """Return texts as a sequence of YAML; "" for none."""
    return f"[{', '.join(map(_scalar, texts))}]" if texts else ""


def _scalar(text: str) -> str:
    """Return a text as YAML: plain where YAML reads it as the same text, else in quotes."""
    return text if PLAIN_SCALAR.fullmatch(text) and text.casefold() not in YAML_WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text on one line in single quotes, without what can't be printed."""
    line = "".join(letter for letter in text if letter.isprintable())
    return "'{}'".format(line.replace("'", "''"))
