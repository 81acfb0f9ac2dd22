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
SOURCES_LINE = re.compile(r"^sources:[ \t\r]*(?:#.*)?$", re.MULTILINE)

# What is more than itself in a pattern.
SPECIAL = re.compile(r"([.^$*+?{}\[\]\\|()])")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
PLACE_ROLES = frozenset({"name", "state", "agency", "type"})
DRAFT_LEVELS = frozenset({"state", "county", "place"})

ColumnKind = Literal["text", "class", "date", "link", "bullets"]
ColumnRole = Literal["", "name", "state", "place", "type", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDraft:
    """One field of a drafted list.

    - `name`, `header`: the field's name, and the header of its column; "" for the fields of an item.
    - `kind`: what its cells hold. `hide`: values that say nothing.
    - `role`: what it says of a record: its name, its state, its place, its type, or a number; "" for anything else.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDraft:
    """One drafted list; its fields have the meanings of the keys of a list in the configuration.

    - `columns`: its fields. For a list of items (`item` is not None) they have no headers.
    - `place`: the fields that name the jurisdiction, by their roles in the configuration (`name`, `state` and others).
    - `unsure`: what a person should look at.
    """

    name: str
    title: str = ""
    heading: str | None = None
    sheet: str | None = None
    item: str | None = None
    paragraphs: str | None = None
    group: tuple[str, ...] = ()
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
            and {*each.group, *each.key, *each.anchors, *each.names, *each.minor} <= set(each.fields)
            and (each.whole_row is None or each.whole_row in each.fields)
            and all(
                (value in DRAFT_LEVELS if role == "level" else role in PLACE_ROLES and value in each.fields)
                for role, value in each.place.items()
            )
            for each in self.lists
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    """One drafted report: its kind and format, the patterns that find its files and their keys, and its lists."""

    name: str
    kind: str
    format: str
    lists: tuple[ListDraft, ...]
    match: str | None = None
    key: str | None = None
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """A drafted source: its page, its reports, and what a person should look at.

    `render` says whether a browser has to draw its page.
    """

    name: str
    page: str
    reports: tuple[ReportDraft, ...]
    title: str = ""
    unsure: tuple[str, ...] = ()
    render: bool = False


def field_name(header: str) -> str:
    """Return the name of a field for a header: `Signed (Date)` is `signed`, `LAW ENFORCEMENT AGENCY` in small letters.

    Words in brackets are left out, and at most five words are kept. Return "" for a header without letters and digits.
    """
    words = re.findall(r"[a-z0-9]+", re.sub(r"\([^()]*\)", " ", header).casefold().replace("'", ""))
    words = words or re.findall(r"[a-z0-9]+", header.casefold())
    name = "_".join(words[:5])
    if name in YAML_WORDS:
        return f"{name}_column"
    return f"n{name}" if name[:1].isdecimal() else name


def literal(text: str) -> str:
    """Return a pattern that matches a text itself."""
    return SPECIAL.sub(r"\\\1", text)


def slug(text: str) -> str:
    """Return a text as a name of the configuration: small letters and digits, with hyphens; "" if it has none."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)  # participatingAgencies
    return "-".join(re.findall(r"[a-z0-9]+", apart.casefold())[:5])[:40].strip("-")


def draft_text(source: SourceDraft) -> str:
    """Return a drafted source as YAML, as it can stand under `sources:` in the configuration."""
    lines = [f"  {_scalar(source.name)}:", *_remarks(source.unsure, 4)]
    lines += [f"    title: {_scalar(source.title)}"] if source.title else []
    lines += [f"    page: {_scalar(source.page)}", *(["    render: browser"] if source.render else []), "    reports:"]
    for report in source.reports:
        lines += _report_lines(report)
    return "\n".join(lines) + "\n"


def with_source(text: str, draft: str) -> str:
    """Return the text of a configuration file with a draft as the last of its sources; all else stays as it is.

    `draft` is the draft's text. Raises ValueError if the file has no line `sources:` that it could follow.
    """
    found = SOURCES_LINE.search(text)
    if not found:
        raise ValueError("there is no line `sources:` of its own")
    following = re.compile(r"^[^\s#]", re.MULTILINE).search(text, found.end())
    own = text[found.end() : following.start() if following else len(text)]
    inside = list(re.finditer(r"^([ \t]+)[^\s#].*$", own, re.MULTILINE))
    at = found.end() + (inside[-1].end() if inside else 0)
    deeper = " " * max(len(inside[0][1]) - 2 if inside else 0, 0)
    end = "\r\n" if "\r\n" in text else "\n"
    added = end.join(deeper + line for line in draft.rstrip().split("\n"))
    before = text[:at].removesuffix("\r")
    rest = text[len(before) :]
    return f"{before}{end}{end if inside else ''}{added}{rest or end}"


def _report_lines(report: ReportDraft) -> Iterator[str]:
    yield f"      {_scalar(report.name)}:"
    yield from _remarks(report.unsure, 8)
    yield f"        kind: {report.kind}"
    yield f"        format: {report.format}"
    if report.match:
        yield f"        match: {{ href: {_quoted(report.match)} }}"
    if report.key:
        yield f"        key: {_quoted(report.key)}"
    yield "        lists:"
    for each in report.lists:
        yield from _list_lines(each)


def _list_lines(each: ListDraft) -> Iterator[str]:
    yield f"          {_scalar(each.name)}:"
    yield from _remarks(each.unsure[:MAX_REMARKS], 12)
    yield from _settings(
        title=_scalar(each.title) if each.title else "",
        says=_quoted(each.says) if each.says else "",
        sheet=_pattern(each.sheet),
        heading=_pattern(each.heading),
        paragraphs=_pattern(each.paragraphs),
        group=_sequence(each.group),
        item=_pattern(each.item),
    )
    if each.item is None and each.paragraphs is None:
        yield "            columns:"
        for column in each.columns:
            yield from _column_lines(column)
    place = ", ".join(f"{role}: {name}" for role, name in each.place.items())
    yield from _settings(
        not_columns=_sequence(each.not_columns),
        whole_row=each.whole_row or "",
        may_be_empty="true" if each.may_be_empty else "",
        key=_sequence(each.key),
        anchors=_sequence(each.anchors),
        names=_sequence(each.names),
        minor=_sequence(each.minor),
        jurisdiction=f"{{ {place} }}" if place else "",
    )


def _settings(**values: str) -> Iterator[str]:
    """Yield the lines of a list's settings; those without a value are left out."""
    yield from (f"            {key}: {value}" for key, value in values.items() if value)


def _pattern(text: str | None) -> str:
    return "" if text is None else _quoted(text)


def _column_lines(column: ColumnDraft) -> Iterator[str]:
    parts = [f"header: {_sequence((column.header,))}"]
    parts += [f"kind: {column.kind}"] if column.kind != "text" else []
    parts += ["optional: true"] if column.optional else []
    parts += [f"title: {_scalar(column.title)}"] if column.title else []
    parts += [f"hide: {_sequence(column.hide)}"] if column.hide else []
    value = parts[0].removeprefix("header: ") if len(parts) == 1 else f"{{ {', '.join(parts)} }}"
    yield from _remarks((column.unsure,) if column.unsure else (), 14)
    yield f"              {column.name}: {value}"


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
