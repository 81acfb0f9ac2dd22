"""The outline of a checked configuration: the few plain values by which a poll sees that nothing has changed.

Reading and checking a configuration takes longer than asking three publishers whether anything is new. So the outline
of a checked configuration is kept (see `monitor.store.outline`), and a poll that finds nothing new needs no more than
that. For the same reason this module loads neither the libraries that check configurations, nor the descriptions of
lists.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from monitor.config.lists import ListDescription
    from monitor.config.reports import ReportDescription
    from monitor.config.sources import Config, Poll, Source


# The settings of the section `poll` that an outline has, or that are not needed to ask publishers. With any other
# setting, such as a proxy, the outline has no limits.
KNOWN_POLL_SETTINGS = {"every", "soonest", "timeout", "max_bytes", "per_host", "allow_private_addresses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOutline:
    """What a poll has to know of a report, or of a series of reports, to see whether it has changed.

    - `kind`, `format`, `parts`: as in `ReportDescription`. `has_pager`: whether its list has several web pages.
    - `lists`: for each of its lists, by name, a hash of the settings that say how it is read (`reading_mark`).
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
    - `has_documents`: whether one of its lists links to documents that are watched.
    - `reports`: its reports by name.
    """

    page: str
    allowed_hosts: frozenset[str]
    links_mark: str
    is_drawn: bool = False
    has_documents: bool = False
    reports: Mapping[str, ReportOutline]

    @property
    def uses_links(self) -> bool:
        """Whether a poll follows links of the page: to files, or to further pages of a list."""
        return any(each.kind != "page" or each.parts or each.has_pager for each in self.reports.values())


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
    - `limits`: the limits of requests; None if the section `poll` has settings that are not kept here, so that the
      configuration itself must be read.
    - `sources`: the sources by name.
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
    """Return a hash of those settings of a report and a list that decide which records it has, and how to compare them.

    Titles and other words for readers are left out. So are settings at their defaults: a release of the program that
    adds settings then does not change the hash.
    """
    of_report = report.model_dump_json(exclude={"lists", "match", "key"}, exclude_defaults=True)
    of_list = description.model_dump_json(
        exclude={"title": True, "says": True, "columns": {"__all__": {"title": True, "hide": True}}},
        exclude_defaults=True,
    )
    return hashlib.sha256(f"{of_report}\n{of_list}".encode()).hexdigest()
