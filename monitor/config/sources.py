"""Reads `config.yaml` into typed values: which sources are watched, how their lists are described, and how often.

A list is described in the file, not programmed: where it is, which columns it has, and what identifies a record. Only
`load` reads a file; the rest is pure.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError, WithJsonSchema, model_validator

from monitor.config.channels import KINDS, ChannelDescription, SecretAddress, WebhookChannel
from monitor.config.evidence import EvidenceSettings
from monitor.config.fault_words import plain_fault
from monitor.config.lists import ListDescription
from monitor.config.network import Networked, authority_fault, is_this_machine
from monitor.config.values import (
    NAME,
    Duration,
    Hours,
    Model,
    Name,
    Names,
    Pattern,
    Pause,
    SiteAddress,
    Size,
    Variable,
    WebAddress,
    WithSecrets,
)
from monitor.errors import ConfigError
from monitor.model import AmendmentKind, ReportKind

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from pydantic_core import ErrorDetails

TOLD = (
    AmendmentKind.ADDED,
    AmendmentKind.REMOVED,
    AmendmentKind.CORRECTED,
    AmendmentKind.MOVED,
    AmendmentKind.WITHDRAWN,
    AmendmentKind.RESTORED,
    AmendmentKind.DOCUMENT,
)
# What usually mends an error of the YAML parser, by words of its message; `line` is where the unfinished part begins.
YAML_HINTS = {
    "escape character": "write a pattern in single quotation marks: in double ones, \\ has a meaning of its own",
    "flow mapping": "the brace that is opened in line {line} is not closed, or a comma is missing",
    "flow sequence": "the bracket that is opened in line {line} is not closed, or a comma is missing",
    "quoted scalar": "the quotation mark that is opened in line {line} is not closed, or is closed too early",
    "simple key": "line {line} needs a colon and a blank after its key",
    "block ": "lines of one level begin in the same column, all with - or none; see this line and those before it",
    "mapping values": (
        "this line is indented too far, or the one before it has no blank after its colon, or a text with a colon and "
        "a blank needs quotation marks"
    ),
    "cannot start any token": "a text that begins with this character needs quotation marks",
}
FAILURES_UNTIL_TOLD = 3  # polls of a source that fail in a row, until operators are told, unless they say otherwise
MAX_LINE_BEFORE, MAX_LINE_AFTER = 80, 40  # characters of a line that a message shows, around a fault of the YAML
# The ways to describe a list, by the format of its report.
WAYS = {
    "xlsx": ("columns",),
    "csv": ("columns",),
    "pdf": ("columns", "item"),
    "html": ("columns", "item", "paragraphs", "card", "content"),
}


class Match(Model):
    """The pattern by which the links to a report are found on the source's page.

    `href` must be found in the address of a link and `text` in its text; if only one is given, only that one counts.
    """

    href: Pattern | None = None
    text: Pattern | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.href is None and self.text is None:
            raise ValueError("say href, text or both")
        return self


class Pager(Match):
    """The pattern by which the link to the next page of a list is found, on each page of the list.

    `at_most` is the largest number of pages, the first included. A list that goes on after them is not read.
    """

    at_most: Annotated[int, Field(ge=2, le=1_000)] = 50


class ReportDescription(Model):
    """The description of one report of a source, or of one series of reports.

    - `kind`, `format`: how its files follow each other, and their format.
    - `match`: which links on the page lead to it.
    - `key`: the part of an address that identifies a report of a series, or one of the `parts`.
    - `parts`: whether all files that match are parts of one list, and a version is all of them.
    - `pager`: how the list on the page goes on on further pages; None if it does not.
    - `lists`: the descriptions of its lists, by name.
    - `checked`: whether a person has looked at the description; if not, each alert says so.
    """

    kind: ReportKind
    format: Literal["xlsx", "csv", "pdf", "html"]
    match: Match | None = None
    key: Pattern | None = None  # what in the address tells one report of a series, or one part, from another
    parts: bool = False
    pager: Pager | None = None
    lists: Annotated[dict[Name, ListDescription], Field(min_length=1)]
    checked: bool = True  # False: its description was drafted by the program, and no person has looked at it

    @property
    def is_in_parts(self) -> bool:
        """Whether a version of the report can be several files or pages."""
        return self.parts or self.pager is not None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.is_in_parts and any(each.content for each in self.lists.values()):
            raise ValueError("content reads one page as it is; take parts or pager out")
        if self.kind == ReportKind.PAGE and (self.match or self.format != "html"):
            raise ValueError("a report of kind page is the page itself: format html, and no match")
        if self.kind != ReportKind.PAGE and not self.match:
            raise ValueError("say by match which links are this report")
        if self.parts and self.kind != ReportKind.ROLLING:
            raise ValueError(
                f"parts: true is for kind rolling, where all files that match are one list; this is {self.kind}"
            )
        if self.pager and self.kind != ReportKind.PAGE:
            raise ValueError(
                f"pager is for kind page, whose list goes on on further pages; this is {self.kind}"
                + ("; several files that are one list take parts: true" if self.kind == ReportKind.ROLLING else "")
            )
        if self.key and self.kind != ReportKind.SERIES and not self.parts:
            raise ValueError("key is for a series only, or for a rolling report with parts: true")
        for name, each in self.lists.items():
            if why := each.format_fault(self.format):
                raise ValueError(f"lists.{name}: {why}")
        return self

    @model_validator(mode="after")
    def _fits_its_format(self) -> Self:
        for name, each in self.lists.items():
            if each.way not in WAYS[self.format]:
                ways = " or ".join(WAYS[self.format])
                raise ValueError(f"lists: {name}: {each.way} is not read in {self.format}; describe the list by {ways}")
            if each.until and self.format != "pdf":
                raise ValueError(f"lists: {name}: until is for PDFs only; in a page the next heading ends the list")
            if each.item and not each.heading and self.format == "html":
                raise ValueError(f"lists: {name}: a list with item needs the heading that it stands under")
        return self


class Move(Model):
    """Two lists of a source between which records move: from the list `from` to the list `to`.

    So an agreement moves from the pending ones to the others when it is signed.
    """

    from_list: Annotated[Name, Field(alias="from")]
    to: Name


class Source(Model):
    """One publication page of an agency, with the reports found on it.

    - `title`: its name for readers. `page`: the address of the page.
    - `every`: the longest time between two polls; None for the usual one.
    - `hosts`: further servers on which its files may be.
    - `moves`: between which of its lists records move.
    - `save`: whether a web archive is asked to save its new versions.
    - `render`: `browser` if its pages are drawn by a browser, because a script puts their content there; else None.
    - `reports`: the descriptions of its reports, by name.
    """

    title: str = ""
    page: WebAddress
    every: Duration | None = None
    hosts: Names = ()  # further hosts that its links and redirects may lead to
    moves: tuple[Move, ...] = ()
    save: bool = False  # the daemon asks the web archive to save what is new
    render: Literal["browser"] | None = None
    reports: Annotated[dict[Name, ReportDescription], Field(min_length=1)]

    @cached_property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts that may be asked for this source, in lower case: that of its page, and those listed in `hosts`."""
        own = urlsplit(self.page).hostname or ""
        return frozenset(host.lower() for host in (own, *self.hosts))

    @cached_property
    def links_mark(self) -> str:
        """A hash of everything in the configuration that decides which links on the page are reports.

        When it changes, the links of a known page must be chosen again.
        """
        said = [
            (
                name,
                report.kind,
                report.match and report.match.model_dump_json(),
                report.key and report.key.pattern,
                *(["parts"] if report.parts else []),
                *([report.pager.model_dump_json(exclude={"at_most"})] if report.pager else []),
            )
            for name, report in self.reports.items()
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    @cached_property
    def reads_links(self) -> bool:
        """Whether a list on the source's page itself has a column of links.

        If so, the part of an address after `?` counts as content of the page; else it is ignored.
        """
        on_page = [report for report in self.reports.values() if report.kind == ReportKind.PAGE]
        return any(
            column.kind == "link"
            for report in on_page
            for each in report.lists.values()
            for column in each.columns.values()
        )

    @cached_property
    def content_page(self) -> ReportDescription | None:
        """The report on the source's page itself, if the page is read by its `content` alone; else None.

        Such a page is another one only if what is read from it differs, and not if a counter goes on.
        """
        on_page = [report for report in self.reports.values() if report.kind == ReportKind.PAGE]
        read_so = all(each.content for report in on_page for each in report.lists.values())
        return on_page[0] if len(on_page) == 1 and read_so else None

    @property
    def tells_files(self) -> bool:
        """Whether a list of the source has the files that its page links, so that each new one is told anyway."""
        return any(each.content == "files" for report in self.reports.values() for each in report.lists.values())

    @model_validator(mode="after")
    def _lists_are_told_apart(self) -> Self:
        names = [name for report in self.reports.values() for name in report.lists]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two lists are called {name!r}; a list's name must be its own within a source")
        for move in self.moves:
            for name in (move.from_list, move.to):
                if name not in names:
                    raise ValueError(f"moves: no list {name!r}; this source has {', '.join(names)}")
        return self


class Poll(Networked):
    """How often the sources are polled, within which limits, and through which proxy.

    - `every`, `soonest`: the longest and the shortest time between two polls of a source.
    - `timeout`, `max_bytes`: how long one request may take, and the largest answer.
    - `per_host`: how many requests to one server may run at the same time.
    - `allow_private_addresses`: whether servers in a private network may be asked.

    The web archive and the time-stamp authorities are reached in the same way as the publishers.
    """

    every: Duration = timedelta(minutes=15)
    soonest: Duration = timedelta(minutes=5)  # a source that changes often is polled more often, but not more than this
    timeout: Duration = timedelta(seconds=60)  # of one exchange, from the first byte sent to the last received
    max_bytes: Size = 50_000_000
    per_host: Annotated[int, Field(ge=1, le=16)] = 2
    allow_private_addresses: bool = False


class OperatorNews(Model):
    """When a subscription for operators is told of a source that fails.

    `after` is the number of polls in a row that must have failed.
    """

    after: Annotated[int, Field(ge=1, le=10_000)] = FAILURES_UNTIL_TOLD


def _operator(value: object) -> object:
    """Turn `true` into the usual settings of `OperatorNews`, and `false` into None. Raises ValueError."""
    if value is None or isinstance(value, dict | OperatorNews):
        return value
    try:
        return {} if TypeAdapter(bool).validate_python(value) else None
    except ValidationError:
        raise ValueError(f"{value!r} is neither true nor false; or write it like {{ after: 1 }}") from None


Operator = Annotated[
    OperatorNews | None,
    BeforeValidator(_operator),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "boolean"},
                {
                    "type": "object",
                    "properties": {"after": {"type": "integer", "minimum": 1, "maximum": 10_000}},
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class Subscription(Model):
    """Which amendments are sent to which channels, and when. A selection that is left empty lets everything through.

    - `sources`, `lists`, `kinds`, `states`, `jurisdictions`, `fields`: the selections.
    - `minor`, `doubts`, `notices`: whether minor corrections, doubts about values, and publisher's notices are sent.
    - `documents`: whether all is sent that happens to linked documents; without it, only what concerns one of its
      `jurisdictions`, and documents that were replaced by others under the same address.
    - `operator`: whether news about failures of the program is sent, too; or when, as `OperatorNews`.
    - `when`: `immediate`, or a cron expression for a digest. `time_zone` is the zone that it is meant in.
    - `settle`: how long an immediate alert waits, so that further amendments can be added to it.
    - `quiet`: the hours of the day in which nothing is sent.
    - `heartbeat`: how often it is said that all is watched and nothing changed, if nothing else was sent meanwhile.
    """

    channels: Annotated[Names, Field(min_length=1)]
    sources: Names = ()
    lists: Names = ()
    kinds: Annotated[tuple[AmendmentKind, ...], Field(min_length=1)] = TOLD
    states: Names = ()
    jurisdictions: Names = ()
    fields: Names = ()
    minor: bool = False
    documents: bool = False
    doubts: bool = True
    notices: bool = True
    operator: Operator = None
    when: str = "immediate"
    time_zone: str = "UTC"
    settle: Pause = timedelta(seconds=60)
    quiet: Hours | None = None
    heartbeat: Literal["daily", "weekly"] | None = None

    @property
    def told_after(self) -> int:
        """The number of polls in a row that fail, until an operator is told."""
        return self.operator.after if self.operator else FAILURES_UNTIL_TOLD


class Run(Networked):
    """How the daemon shows that it is alive.

    `port` is a port of this machine on which it answers at `/healthz` and `/metrics`. `ping_url` is an address that it
    calls at intervals, through its own proxy if there is one.
    """

    port: Annotated[int, Field(ge=0, le=65535)] = 9287  # 0: none
    ping_url: SecretAddress | None = None
    ping_url_file: Path | None = None
    ping_url_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"ping_url": False, **super()._secrets()}


class Wayback(WithSecrets):
    """The settings for the web archive (the Internet Archive's Wayback Machine).

    - `url`: its address. `per_minute`: how many requests a minute are allowed.
    - `key`: written as `ACCESS:SECRET`; it is needed only to save more than a few pages a day.
    """

    url: WebAddress = "https://web.archive.org"
    per_minute: Annotated[int, Field(ge=1, le=100_000)] = 15
    key: SecretStr | None = None
    key_file: Path | None = None
    key_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"key": False}

    @model_validator(mode="after")
    def _no_key_in_the_clear(self) -> Self:
        parts = urlsplit(self.url)
        clear = parts.scheme == "http" and not is_this_machine(parts.hostname or "")
        if clear and (self.key or self.key_file or self.key_env):
            raise ValueError("url: http would send the key in the clear; write https://")
        return self


SITE_MANIFEST = ".monitor-publish.json"  # the file in which a publication notes what it has written


class StaticSite(Model):
    """The static site that the daemon keeps up to date, as `monitor publish` writes it.

    - `folder`: where it is written. `address`: where readers find it; without it, `web.address`.
    - `files`, `pictures`: which kept files, and which pictures of pages, it has.
    """

    folder: Path
    address: WebAddress | None = None
    files: Literal["none", "reports", "all"] = "reports"
    pictures: Literal["none", "entries", "all"] = "entries"

    @property
    def manifest(self) -> Path:
        """The file in the folder that is written at the end of each publication."""
        return self.folder / SITE_MANIFEST


class WebPages(Model):
    """Where the web pages of this program are.

    - `address`: the address that people type. Alerts link to it, and `monitor web` uses it in permanent addresses.
    - `publish`: the static site with the same pages, if there is to be one.
    """

    address: SiteAddress | None = None
    publish: StaticSite | None = None


class Config(Model):
    """The whole configuration file, as typed values; each field is a section or a setting of the file."""

    contact: str = ""
    state: Path = Path("state")
    poll: Poll = Poll()
    run: Run = Run()
    web: WebPages = WebPages()
    wayback: Wayback = Wayback()
    evidence: EvidenceSettings = EvidenceSettings()
    sources: Annotated[dict[Name, Source], BeforeValidator(lambda value: {} if value is None else value)]
    channels: dict[Name, ChannelDescription] = Field(default_factory=dict)
    subscriptions: dict[Name, Subscription] = Field(default_factory=dict)

    def networked(self) -> dict[str, Networked]:
        """Return the sections that say how servers are asked over HTTP, by their places such as `channels.room`."""
        channels = {f"channels.{name}": described for name, described in self.channels.items()}
        sections = {"poll": self.poll, "run": self.run, **channels}
        return {name: described for name, described in sections.items() if isinstance(described, Networked)}

    def unsigned(self) -> list[str]:
        """Return the names of the webhook channels whose alerts are not signed, because they have no secret."""
        hooks = ((name, each) for name, each in self.channels.items() if isinstance(each, WebhookChannel))
        return [name for name, hook in hooks if not (hook.secret_file or hook.secret_env)]

    def pauses(self) -> dict[str, timedelta]:
        """Return the longest usual pause between two polls of each source, by its name."""
        return {name: source.every or self.poll.every for name, source in self.sources.items()}

    @property
    def watches_documents(self) -> bool:
        """Whether the documents that records link to are watched for any list."""
        return bool(self.sources_with_documents)

    @cached_property
    def sources_with_documents(self) -> tuple[str, ...]:
        """The names of the sources with a list whose documents are watched."""
        return tuple(
            name
            for name, source in self.sources.items()
            if any(each.documents for report in source.reports.values() for each in report.lists.values())
        )

    def report_description(self, source_name: str, report_name: str) -> ReportDescription | None:
        """Find the description of a source's report, or None if the configuration no longer has it."""
        source = self.sources.get(source_name)
        return source.reports.get(report_name) if source else None

    def list_description(self, source_name: str, list_name: str) -> ListDescription | None:
        """Find the description of a source's list, or None if the configuration no longer has it."""
        source = self.sources.get(source_name)
        reports = source.reports.values() if source else ()
        return next((report.lists[list_name] for report in reports if list_name in report.lists), None)


if TYPE_CHECKING:
    _SafeLoader = yaml.SafeLoader
else:  # the one in C, where PyYAML has it: several times as fast
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """A reader of YAML 1.1 without custom tags. A key that is given twice is an error; neither value is picked."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Build a mapping. Raises ConstructorError if a key is given twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # no key at all, which is said below
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path, content: bytes | None = None) -> Config:
    """Read and check a configuration file. Raises ConfigError, which lists every mistake in the file at once.

    content: the bytes of the file if they have been read already; None to read it.
    """
    try:
        text = path.read_text(encoding="utf-8") if content is None else content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        advice = "name another file with --config or $MONITOR_CONFIG"
        if isinstance(fault, UnicodeDecodeError):
            reason, advice = "it is no text in UTF-8", "save it in that encoding, which every editor offers"
        elif isinstance(fault, FileNotFoundError):
            advice += ", or write the default one with `monitor init`"
        raise ConfigError((f"{path}: {reason}; {advice}",)) from fault
    config = parse(text, path.name)
    if faults := tuple(f"{path.name}: {key}: {why}" for key, why in _authority_faults(config)):
        raise ConfigError(faults)
    return config


def _authority_faults(config: Config) -> Iterator[tuple[str, str]]:
    """Yield each key that names a file of certificate authorities which can't be used, and why it can't."""
    channels = ((f"channels.{name}", described) for name, described in config.channels.items())
    for section, described in (("poll", config.poll), ("run", config.run), *channels):
        path = getattr(described, "ca_file", None)
        if path and (why := authority_fault(path)):
            yield f"{section}.ca_file", why


def parse(text: str, file_name: str = "config.yaml") -> Config:
    """Check the text of a configuration file. Raises ConfigError, which lists every mistake at once, each with its key.

    file_name: the name of the file, for the messages.
    """
    try:
        tree = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as fault:  # ValueError: what looks like a date and is none
        raise ConfigError((_yaml_fault(fault, text, file_name),)) from fault
    if tree is None:
        raise ConfigError((f"{file_name}: empty; it needs at least `sources`",))
    if not isinstance(tree, dict):
        raise ConfigError(
            (f"{file_name}: this is no configuration: it needs keys like `sources:`, each on a line of its own",)
        )
    try:
        return Config.model_validate(tree)
    except ValidationError as fault:
        raise ConfigError(tuple(_line(each, file_name) for each in fault.errors())) from fault


def _yaml_fault(fault: Exception, text: str, file_name: str) -> str:
    """Write an error of the YAML parser as a message with the line that it is in, and a caret under the place."""
    mark = getattr(fault, "problem_mark", None)
    problem = getattr(fault, "problem", None)
    if mark is None or not problem:
        return f"{file_name}: no valid YAML: {' '.join(str(fault).split())}"
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    context = f" {fault.context}" if getattr(fault, "context", None) else ""  # type: ignore[attr-defined]
    begin = max(0, mark.column - MAX_LINE_BEFORE)
    shown = f"    {line[begin : mark.column + MAX_LINE_AFTER]}\n    {' ' * (mark.column - begin)}^"
    start = getattr(fault, "context_mark", None)
    hint = _yaml_hint(f"{problem}{context}", line[mark.column : mark.column + 1], start.line + 1 if start else 0)
    return f"{file_name}:{mark.line + 1}:{mark.column + 1}: no valid YAML: {problem}{context}\n{shown}{hint}"


def _yaml_hint(problem: str, letter: str, start: int) -> str:
    """Return a line that says how an error of the YAML parser is usually mended; empty where that is not known.

    letter: the letter at the place of the error; start: the line in which the unfinished part begins, from 1.
    """
    hint = next((hint for words, hint in YAML_HINTS.items() if words in problem), "")
    if letter == "\t":
        hint = "blanks are needed before a line, and no tabs"
    return f"\n    {hint.format(line=start)}" if hint else ""


def _line(fault: ErrorDetails, file_name: str) -> str:
    """Write one validation error as one line: `file: path of the key: message`."""
    loc = fault["loc"]
    kind = KINDS.get(str(loc[2])) if loc[0] == "channels" and len(loc) > 2 else None
    loc = (*loc[:2], *loc[3:]) if kind else loc  # the kind is no part of the path
    message = plain_fault(fault)
    if fault["type"] == "extra_forbidden":
        known = list(kind.model_fields if kind else _keys_beside(Config, loc[:-1]))
        known.sort(key=Networked.model_fields.__contains__)  # what a section has of its own comes first
        from rapidfuzz import process  # noqa: PLC0415 - only a mistake needs it

        near = process.extractOne(str(loc[-1]), known, score_cutoff=60)
        message = "no such key" + (f"; did you mean {near[0]!r}?" if near else f"; here stand {', '.join(known)}")
    elif fault["type"] == "missing":
        message = "is missing"
    elif fault["type"] == "string_pattern_mismatch" and fault.get("ctx", {}).get("pattern") == NAME:
        message = (
            f"{loc[-2] if loc[-1] == '[key]' else loc[-1]!r} is no name; use small letters, digits and single hyphens"
        )
    return f"{file_name}: {'.'.join(str(part) for part in loc if part != '[key]')}: {message}"


def _keys_beside(model: type[Model], path: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the keys that are allowed in a section of the configuration.

    `model` is the class of the whole configuration, and `path` leads from there to the section.
    """
    for part in path:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    yield from (field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: object) -> type[Model] | None:
    """Find the model class inside a type annotation, like `Source` in `dict[str, Source]`; None if there is none."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found:
            return found
    return None
