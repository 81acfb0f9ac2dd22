"""The first page: what changed, is a place listed, how fresh is it all; and how to read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from monitor import jurisdictions
from monitor.alerts import compose
from monitor.store import changelog, pages, queries, versions
from monitor.web.activity import Activity, grouped
from monitor.web.chart_svg import activity_chart
from monitor.web.map_page import source_map
from monitor.web.parameters import FindAsked, called
from monitor.web.responses import page_response
from monitor.web.templates import path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.store.pages import Freshness, ListCount
    from monitor.store.rows import VersionRow
    from monitor.web.context import Site

LOOKED_AT = 300  # entries of the log from which the first page is made
EVENTS = 8
TOLD = 3  # entries of each event that are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one version brought, or most of it where `whole` is false."""

    headline: str
    at: str
    source: str
    report: str
    entries: tuple[Mapping[str, Any], ...]
    more: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One source as it stands: its freshness, its reports' latest versions with what they list."""

    source: str
    title: str
    page: str
    fresh: Freshness
    withdrawn: tuple[tuple[str, str], ...]
    overdue: tuple[str, ...]
    lists: tuple[tuple[VersionRow, ListCount], ...]


def front(site: Site, request: Request) -> Response:
    """What changed, is a place listed, how fresh is it all."""
    store = site.store
    watched = tuple(_watched(site, each) for each in pages.freshness(store, tuple(site.config.sources)))
    newest = pages.latest_seen(store, limit=LOOKED_AT)
    days = [Activity(**day | {"on": date.fromisoformat(day.pop("day"))}) for day in pages.activity_by_day(store)]
    listing = max(filter(_lists_places, watched), key=lambda each: each.fresh.changed_at or "", default=None)
    return page_response(
        site,
        request,
        "front.html",
        events=tuple(_events(site, newest)),
        watched=watched,
        entries=changelog.head(store)[0],
        latest=newest[0]["observed_at"] if newest else None,
        chart=activity_chart(days, heading="Amendments over time"),
        span=grouped(days),
        map=source_map(site, listing.source, None) if listing else None,
    )


def _watched(site: Site, fresh: Freshness) -> Watched:
    store = site.store
    reports = versions.reports_of(store, fresh.source)
    lists = []
    for name in dict.fromkeys(each.name for each in reports):
        version = queries.version_as_of(store, fresh.source, name, None)
        counts = pages.list_counts(store, version) if version else []
        lists += [(version, each) for each in counts if version and (each.records or each.list != "notices")]
    return Watched(
        source=fresh.source,
        title=site.title(fresh.source),
        page=site.page_of(fresh.source),
        fresh=fresh,
        withdrawn=tuple((each.key, each.withdrawn_at) for each in reports if each.withdrawn_at),
        overdue=tuple(each.key for each in reports if pages.is_overdue(store, each)),
        lists=tuple(lists),
    )


def _lists_places(watched: Watched) -> bool:
    """Whether anything that a source has published stands now and names a place."""
    gone = {report for report, _ in watched.withdrawn}
    return any(standing.jurisdictions and version.report_key not in gone for version, standing in watched.lists)


def _events(site: Site, newest: Sequence[dict[str, Any]]) -> Iterator[Event]:
    """The last versions that brought something, newest first, each as one piece of news."""
    groups = [
        tuple(group) for _, group in groupby(newest, key=lambda each: (each["source"], each["report"], each["version"]))
    ]
    cut = len(newest) == LOOKED_AT
    for place, group in enumerate(groups[:EVENTS]):
        whole = not (cut and place == len(groups) - 1)
        if not whole and place:
            return  # one that is known by half is told on the next page
        oldest_first = group[::-1]
        told = [each for each in oldest_first if each["kind"] not in {"cosmetic", "reformatted"}] or oldest_first
        first = oldest_first[0]
        yield Event(
            headline=compose.subject(oldest_first, titles={first["source"]: site.title(first["source"])}, first={}),
            at=first["observed_at"],
            source=first["source"],
            report=first["report"],
            entries=tuple(told[:TOLD]),
            more=len(group) - len(told[:TOLD]),
            whole=whole,
        )


def find(site: Site, request: Request) -> Response:
    """The places that somebody can mean who types a name."""
    asked = FindAsked.of(request)
    found = jurisdictions.find(asked.q) if asked.q else ()
    near = jurisdictions.suggestions(asked.q) if asked.q and not found else ()
    said = [(called(each), each) for each in (found or near)]
    return page_response(site, request, "find.html", asked=asked.q, found=bool(found), places=said, path=path)


def about(site: Site, request: Request) -> Response:
    """How to read it."""
    return page_response(site, request, "about.html", head=changelog.head(site.store))
