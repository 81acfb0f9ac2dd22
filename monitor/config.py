"""`config.yaml` as typed values: what is watched, how its lists are described, how often. Pure but for one read.

A list is described, not programmed: where it stands, which columns it has, what identifies a record.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from rapidfuzz import process

from monitor.errors import ConfigError
from monitor.model import ReportKind

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from pydantic_core import ErrorDetails

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SIZES = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"


def _duration(value: object) -> object:
    """`30s`, `15m`, `6h`, `7d` to a timedelta."""
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"(\d+)\s*([smhd])", str(value).strip())
    if not found or not int(found[1]):
        raise ValueError(f"{value!r} is no length of time; write it like 30s, 15m, 6h or 7d")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def _size(value: object) -> object:
    """`50MB`, `200KB` or a number of bytes to an int."""
    found = re.fullmatch(r"(\d+)\s*(KB|MB|GB|)", str(value).strip(), re.IGNORECASE)
    if not found or not int(found[1]):
        raise ValueError(f"{value!r} is no size; write it like 50MB")
    return int(found[1]) * SIZES[found[2].upper()]


def _pattern(value: object) -> object:
    """A regular expression, searched for without regard to case."""
    if isinstance(value, re.Pattern):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no regular expression")  # noqa: TRY004 - pydantic collects ValueError
    try:
        return re.compile(value, re.IGNORECASE)
    except re.error as fault:
        raise ValueError(f"{value!r} is no regular expression: {fault}") from fault


def _several(value: object) -> object:
    """One value where several may stand."""
    return (value,) if isinstance(value, str) else value


def _web_address(value: object) -> object:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value!r} is no web address; write it like https://www.example.gov/page")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Size = Annotated[int, BeforeValidator(_size)]
Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
WebAddress = Annotated[str, BeforeValidator(_web_address)]
Name = Annotated[str, Field(pattern=NAME)]


class Model(BaseModel):
    """What all parts of the configuration share: unknown keys are faults, values don't change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Column(Model):
    """One column of a table. In the file a bare header, or a list of known headers, stands for `header`."""

    header: Names
    kind: Literal["text", "class", "date", "link", "bullets"] = "text"  # class: one of few values
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"header": value} if isinstance(value, str | list) else value


class Total(Model):
    """A figure stated in the report's prose that its rows must add up to.

    The first group of `text` is the figure; it is the number of records, or the sum of the field `sum`.
    """

    text: Pattern
    sum: str | None = None


class Place(Model):
    """Which fields name the jurisdiction: its own name, and the state it lies in."""

    name: str | None = None
    state: str | None = None


class ListDescription(Model):
    """One list of a report: where it is, what it holds, and what makes two of its records the same.

    Tables (xlsx, csv, pdf, html) have `columns` and are recognised by their header row; `sheet` and `heading` narrow
    the search. HTML lists have `item`, a pattern whose named groups are the fields (a group called `_` is none: it only
    picks items), under a `heading`; `group` names the fields that take the heading above that. `paragraphs` takes each
    paragraph that matches as a record with the field `text`.
    """

    heading: Pattern | None = None
    sheet: Pattern | None = None
    item: Pattern | None = None
    group: Names = ()
    paragraphs: Pattern | None = None
    columns: dict[str, Column] = {}
    not_columns: Names = ()  # headers that tell that a table is another list
    whole_row: str | None = None  # a row without this field continues the row before it
    totals: tuple[Total, ...] = ()
    may_be_empty: bool = False
    key: Names = ()
    anchors: Names = ()
    names: Names = ()
    minor: Names = ()
    jurisdiction: Place = Place()
    compare: Literal["versions", "across"] = "versions"

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of a record's values, in order."""
        if self.paragraphs:
            return ("text",)
        if self.item:
            return tuple(dict.fromkeys(each for each in (*self.item.groupindex, *self.group) if each != "_"))
        return tuple(self.columns)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ways = [bool(self.columns), self.item is not None, self.paragraphs is not None]
        if sum(ways) != 1:
            raise ValueError("say what the list holds by exactly one of columns, item or paragraphs")
        if self.item and not self.heading:
            raise ValueError("a list with item needs the heading that it stands under")
        if not self.fields:
            raise ValueError("item needs at least one named group, like (?P<name>.+)")
        named = {
            "key": self.key,
            "anchors": self.anchors,
            "names": self.names,
            "minor": self.minor,
            "whole_row": (self.whole_row,),
            "jurisdiction": (self.jurisdiction.name, self.jurisdiction.state),
            "totals": tuple(total.sum for total in self.totals),
        }
        for where, given in named.items():
            for each in given:
                if each is not None and each not in self.fields:
                    raise ValueError(f"{where}: no field {each!r}; this list has {', '.join(self.fields)}")
        return self


class Match(Model):
    """Which links are the report: both patterns, where given, must be found in the address and the link's text."""

    href: Pattern | None = None
    text: Pattern | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.href is None and self.text is None:
            raise ValueError("say href, text or both")
        return self


class ReportDescription(Model):
    """One report of a source, or one series of them."""

    kind: ReportKind
    format: Literal["xlsx", "csv", "pdf", "html"]
    match: Match | None = None
    key: Pattern | None = None  # in a series: what in the address tells one report from another
    lists: Annotated[dict[Name, ListDescription], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == ReportKind.PAGE and (self.match or self.format != "html"):
            raise ValueError("a report of kind page is the page itself: format html, and no match")
        if self.kind != ReportKind.PAGE and not self.match:
            raise ValueError("say by match which links are this report")
        if self.key and self.kind != ReportKind.SERIES:
            raise ValueError("key is for a series only")
        return self


class Source(Model):
    """One publication page, with the reports found on it."""

    title: str = ""
    page: WebAddress
    every: Duration | None = None
    hosts: Names = ()  # further hosts that its links and redirects may lead to
    reports: Annotated[dict[Name, ReportDescription], Field(min_length=1)]

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts that this source may lead to, in lower case."""
        own = urlsplit(self.page).hostname or ""
        return frozenset(host.lower() for host in (own, *self.hosts))

    @model_validator(mode="after")
    def _lists_are_told_apart(self) -> Self:
        names = [name for report in self.reports.values() for name in report.lists]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two lists are called {name!r}; a list's name must be its own within a source")
        return self


class Poll(Model):
    """How the pages are asked."""

    every: Duration = timedelta(minutes=15)
    timeout: Duration = timedelta(seconds=60)  # of one exchange, from the first byte sent to the last received
    max_bytes: Size = 50_000_000
    per_host: Annotated[int, Field(ge=1, le=16)] = 2
    allow_private_addresses: bool = False


class Config(Model):
    """The whole file."""

    contact: str = ""
    state: Path = Path("state")
    poll: Poll = Poll()
    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    channels: Annotated[dict[Name, Any], Field(max_length=0)] = {}
    subscriptions: Annotated[dict[Name, Any], Field(max_length=0)] = {}


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without its tags; a key given twice is a fault, not a silent choice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Refuse a second key of the same name."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path) -> Config:
    """Read and check a configuration file. Raises ConfigError with every fault of the file at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise ConfigError((f"{path}: {reason}; name another file with --config or $MONITOR_CONFIG",)) from fault
    return parse(text, path.name)


def parse(text: str, file_name: str = "config.yaml") -> Config:
    """Check the text of a configuration file. Raises ConfigError with every fault at once, each with its path."""
    try:
        tree = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as fault:
        raise ConfigError((f"{file_name}: no valid YAML: {' '.join(str(fault).split())}",)) from fault
    if not isinstance(tree, dict):
        raise ConfigError((f"{file_name}: empty; it needs at least `sources`",))
    try:
        return Config.model_validate(tree)
    except ValidationError as fault:
        raise ConfigError(tuple(_line(each, file_name) for each in fault.errors())) from fault


def _line(fault: ErrorDetails, file_name: str) -> str:
    """One fault as `file: path: what`."""
    path = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        known = list(_keys_beside(Config, fault["loc"][:-1]))
        near = process.extractOne(str(fault["loc"][-1]), known, score_cutoff=60)
        message = "no such key" + (f"; did you mean {near[0]!r}?" if near else f"; here stand {', '.join(known)}")
    elif fault["type"] == "missing":
        message = "is missing"
    elif fault["type"] == "string_pattern_mismatch" and fault.get("ctx", {}).get("pattern") == NAME:
        message = f"{fault['input']!r} is no name; use small letters, digits and single hyphens"
    elif path.split(".")[0] in {"channels", "subscriptions"}:
        message = "sending alerts is not part of this release; leave it empty"
    return f"{file_name}: {path}: {message}"


def _keys_beside(model: type[Model], path: tuple[int | str, ...]) -> Iterator[str]:
    """The keys that the part of the configuration at `path` knows."""
    for part in path:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    yield from model.model_fields


def _model_in(annotation: object) -> type[Model] | None:
    """The model that an annotation such as `dict[str, Source]` holds."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found:
            return found
    return None
