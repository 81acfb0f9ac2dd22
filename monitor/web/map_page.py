"""The map of what a source lists at a time, with the same facts as a table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store import pages, queries
from monitor.web.map_svg import county_map, legend, named, off_the_map
from monitor.web.parameters import MapAsked
from monitor.web.responses import html
from monitor.web.templates import path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.store.pages import Place
    from monitor.store.rows import VersionRow
    from monitor.web.context import Site

LISTED = "shade-listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A jurisdiction on the map, with the lists that name it."""

    place: Place
    name: str
    lists: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A source's map at a time, and the rows of the table that says the same."""

    source: str
    title: str
    versions: tuple[VersionRow, ...]
    map: Markup
    legend: Markup
    rows: tuple[Row, ...]
    unseen: tuple[str, ...]


def drawn(site: Site, source: str, at: str | None) -> Drawn:
    """What the lists of a source name at a time (None: now). A report that is withdrawn lists nothing."""
    versions = _versions(site, source, at)
    rows = tuple(_rows(place for version in versions for place in pages.places(site.store, version)))
    shown = {each.place.fips: each for each in rows if each.place.fips}
    titles = {fips: f"{row.name}: {', '.join(row.lists)}" for fips, row in shown.items()}
    return Drawn(
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
        unseen=tuple(named(fips) for fips in off_the_map(shown)),
    )


def _versions(site: Site, source: str, at: str | None) -> tuple[VersionRow, ...]:
    """The versions of a source's reports that stand at a time."""
    found = []
    for name in dict.fromkeys(site.lists_of(source).values()):
        version = queries.version_as_of(site.store, source, name, at)
        gone = queries.withdrawn_at(site.store, version.report_id) if version else None
        if version and not (gone and (at is None or at >= gone)):
            found.append(version)
    return tuple(found)


def _rows(places: Iterable[Place]) -> list[Row]:
    lists: dict[str, list[str]] = defaultdict(list)
    bodies: dict[str, Place] = {}
    for each in places:
        bodies.setdefault(each.ocd_id, each)
        if each.list not in lists[each.ocd_id]:
            lists[each.ocd_id].append(each.list)
    return [
        Row(place=each, name=named(each.fips) if each.fips else each.name, lists=tuple(lists[ocd_id]))
        for ocd_id, each in bodies.items()
    ]


def map_page(site: Site, request: Request) -> Response:
    """A source's map at a time."""
    asked = MapAsked.of(request)
    sources = tuple(site.config.sources)
    source = asked.source if asked.source in sources else _first_listing(site)
    return html(
        site, request, "map.html", sources=sources, source=source, at=asked.at, map=drawn(site, source, asked.at)
    )


def _first_listing(site: Site) -> str:
    """The first source that lists any place."""
    for source in site.config.sources:
        if any(pages.places(site.store, version) for version in _versions(site, source, None)):
            return source
    return next(iter(site.config.sources))
