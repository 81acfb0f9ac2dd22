"""The page of the map: it shows the jurisdictions that a source lists at a given time, also as a table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store import pages, queries
from monitor.web.map_svg import body_name, county_map, legend, off_the_map
from monitor.web.parameters import MapParameters
from monitor.web.responses import page_response
from monitor.web.templates import path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.store.pages import NamedPlace
    from monitor.store.rows import VersionRow
    from monitor.web.context import Site

LISTED = "shade-listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """A jurisdiction on the map, with the lists that name it."""

    place: NamedPlace
    name: str
    lists: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap:
    """The map of a source at a given time, with its legend and the rows of its table.

    `unseen` has the names of the listed jurisdictions that the map can't show.
    """

    source: str
    title: str
    versions: tuple[VersionRow, ...]
    map: Markup
    legend: Markup
    rows: tuple[MapRow, ...]
    unseen: tuple[str, ...]


def source_map(site: Site, source: str, at: str | None) -> SourceMap:
    """Draw the map of the jurisdictions that a source lists at the time `at` (None: now), without withdrawn reports."""
    versions = _versions(site, source, at)
    rows = tuple(_rows(place for version in versions for place in pages.places(site.store, version)))
    shown = {each.place.fips: each for each in rows if each.place.fips}
    titles = {fips: f"{row.name}: {', '.join(row.lists)}" for fips, row in shown.items()}
    return SourceMap(
        source=source,
        title=site.title(source),
        versions=versions,
        map=county_map(
            dict.fromkeys(shown, LISTED),
            titles=titles,
            links={fips: path("jurisdiction", row.place.ocd_id) for fips, row in shown.items()},
            heading=f"What {site.title(source)} lists",
        ),
        legend=legend({LISTED: "listed"}),
        rows=rows,
        unseen=tuple(body_name(fips) for fips in off_the_map(shown)),
    )


def _versions(site: Site, source: str, at: str | None) -> tuple[VersionRow, ...]:
    """Return the versions of a source's reports at the time `at` (None: now), without withdrawn reports."""
    found = []
    for name in dict.fromkeys(site.lists_of(source).values()):
        version = queries.version_as_of(site.store, source, name, at)
        gone = queries.withdrawn_at(site.store, version.report_id) if version else None
        if version and not (gone and (at is None or at >= gone)):
            found.append(version)
    return tuple(found)


def _rows(places: Iterable[NamedPlace]) -> list[MapRow]:
    lists: dict[str, list[str]] = defaultdict(list)
    bodies: dict[str, NamedPlace] = {}
    for each in places:
        bodies.setdefault(each.ocd_id, each)
        if each.list not in lists[each.ocd_id]:
            lists[each.ocd_id].append(each.list)
    return [
        MapRow(place=each, name=body_name(each.fips) if each.fips else each.name, lists=tuple(lists[ocd_id]))
        for ocd_id, each in bodies.items()
    ]


def map_page(site: Site, request: Request) -> Response:
    """Show the map of a source at the time asked for."""
    asked = MapParameters.of(request)
    sources = tuple(site.config.sources)
    source = asked.source if asked.source in sources else _first_listing(site)
    return page_response(
        site, request, "map.html", sources=sources, source=source, at=asked.at, map=source_map(site, source, asked.at)
    )


def _first_listing(site: Site) -> str:
    """Return the first source that lists any place now; if none does, the first source."""
    for source in site.config.sources:
        if any(pages.places(site.store, version) for version in _versions(site, source, None)):
            return source
    return next(iter(site.config.sources))
