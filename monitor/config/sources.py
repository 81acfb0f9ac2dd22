"""The configuration as typed values: which sources are watched and how often, who is told, and all other settings.

A list is described in `config.yaml`, not programmed: where it is, which columns it has, and what identifies a record.
Pure; `monitor.config.file` reads that file.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError, WithJsonSchema, model_validator

from monitor.config.channels import ChannelDescription, SecretAddress, WebhookChannel
from monitor.config.evidence import EvidenceSettings
from monitor.config.network import Networked, is_this_machine
from monitor.config.reports import ReportDescription
from monitor.config.values import (
    Duration,
    Hours,
    Model,
    Name,
    Names,
    Pause,
    SiteAddress,
    Size,
    Variable,
    WebAddress,
    WithSecrets,
)
from monitor.model import AmendmentKind, ReportKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.lists import ListDescription


TOLD = (
    AmendmentKind.ADDED,
    AmendmentKind.REMOVED,
    AmendmentKind.CORRECTED,
    AmendmentKind.MOVED,
    AmendmentKind.WITHDRAWN,
    AmendmentKind.RESTORED,
    AmendmentKind.DOCUMENT,
)
FAILURES_UNTIL_TOLD = 3  # polls of a source that fail in a row, until operators are told, unless they say otherwise


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
