"""The outline of a checked configuration: the few plain values by which a poll sees that nothing has changed.

To read and check a configuration takes longer than to ask three publishers whether anything is new. The outline of a
checked one is kept (see `monitor.store.outline`), so that this module loads neither the libraries that check, nor the
descriptions of lists.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from monitor.config.lists import ListDescription
    from monitor.config.sources import Config, Poll, ReportDescription, Source


# The settings of how publishers are asked that an outline has, and those that it can do without.
KNOWN_POLL_SETTINGS = {"every", "soonest", "timeout", "max_bytes", "per_host", "allow_private_addresses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOutline:
    """What a poll has to know of a report, or of a series of reports, to see whether it has changed.

    - `kind`, `format`, `parts`: as in `ReportDescription`. `has_pager`: whether its list goes on on further pages.
    - `lists`: for each of its lists, by name, a hash of the settings by which the list is read.
    """

    kind: str  # that of a `ReportKind`, which need not be loaded for it
    format: Literal["xlsx", "csv", "pdf", "html"]
    parts: bool = False
    has_pager: bool = False
    lists: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOutline:
    """What a poll has to know of a source.

    - `page`, `allowed_hosts`, `links_mark`: as in `Source`.
    - `is_drawn`: whether its pages are drawn by a browser.
    - `has_documents`: whether documents are watched that one of its lists links to.
    - `reports`: its reports by name.
    """

    page: str
    allowed_hosts: frozenset[str]
    links_mark: str
    is_drawn: bool = False
    has_documents: bool = False
    reports: Mapping[str, ReportOutline]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollLimits:
    """The limits of requests to publishers, as in the section `poll` of the configuration."""

    timeout: timedelta
    max_bytes: int
    per_host: int
    allow_private_addresses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a poll has to know of a configuration. It has no secrets.

    - `state`: the path of the state folder. `contact`: how publishers can reach the person who runs the program.
    - `limits`: the limits of requests; None if the configuration says more of how publishers are asked than is kept
      here. `sources`: the sources by name.
    - `channels`, `subscriptions`: how many channels and subscriptions there are.
    """

    state: str
    contact: str
    limits: PollLimits | None
    sources: Mapping[str, SourceOutline]
    channels: int = 0
    subscriptions: int = 0


def outline_of(config: Config) -> Outline:
    """Return the outline of a checked configuration."""
    return Outline(
        state=str(config.state),
        contact=config.contact,
        limits=_limits(config.poll),
        sources={name: source_outline(source) for name, source in config.sources.items()},
        channels=len(config.channels),
        subscriptions=len(config.subscriptions),
    )


def _limits(poll: Poll) -> PollLimits | None:
    if not poll.model_fields_set <= KNOWN_POLL_SETTINGS:
        return None
    return PollLimits(
        timeout=poll.timeout,
        max_bytes=poll.max_bytes,
        per_host=poll.per_host,
        allow_private_addresses=poll.allow_private_addresses,
    )


def source_outline(source: Source) -> SourceOutline:
    """Return the outline of one source of a checked configuration."""
    return SourceOutline(
        page=source.page,
        allowed_hosts=source.allowed_hosts,
        links_mark=source.links_mark,
        is_drawn=source.render is not None,
        has_documents=any(each.documents for report in source.reports.values() for each in report.lists.values()),
        reports={name: _report_outline(report) for name, report in source.reports.items()},
    )


def _report_outline(report: ReportDescription) -> ReportOutline:
    return ReportOutline(
        kind=str(report.kind),
        format=report.format,
        parts=report.parts,
        has_pager=report.pager is not None,
        lists={name: reading_mark(report, each) for name, each in report.lists.items()},
    )


def reading_mark(report: ReportDescription, description: ListDescription) -> str:
    """Return a hash of the settings that decide which records a list has and how they are compared.

    Titles and other words for readers are left out. So are settings at their defaults: a release of the program that
    adds settings then does not change the hash.
    """
    of_report = report.model_dump_json(exclude={"lists", "match", "key"}, exclude_defaults=True)
    of_list = description.model_dump_json(
        exclude={"title": True, "says": True, "columns": {"__all__": {"title": True, "hide": True}}},
        exclude_defaults=True,
    )
    return hashlib.sha256(f"{of_report}\n{of_list}".encode()).hexdigest()
