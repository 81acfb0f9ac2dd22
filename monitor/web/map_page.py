"""The page with a map of the jurisdictions that a source lists at a given time; it shows them also as a table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.changelog import listed
from monitor.standing import StandingState
from monitor.store import pages
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

SHADES = {StandingState.LISTED: "shade-listed", StandingState.NOT_KNOWN: "shade-unknown"}
SHADE_MEANINGS = {StandingState.LISTED: "listed", StandingState.NOT_KNOWN: "not known; listed when last seen"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """A jurisdiction on the map.

    `lists` are the lists that name it. `state` says whether it is listed in one of them, or that this is not known.
    """

    place: NamedPlace
    name: str
    lists: tuple[str, ...]
    state: StandingState


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap:
    """The map of a source at a given time, with its legend and the rows of its table.

    - `unseen`: the names of the listed jurisdictions that the map can't show.
    - `unknown`: the lists of which it is not known what they list at that time.
    """

    source: str
    title: str
    map: Markup
    legend: Markup
    rows: tuple[MapRow, ...]
    unseen: tuple[str, ...]
    unknown: tuple[str, ...]


def source_map(site: Site, source: str, at: str | None) -> SourceMap:
    """Draw the map of the jurisdictions that a source lists at the time `at` (None: now).

    If it is not known what a list holds then, its jurisdictions are those that it had when it was last seen.
    """
    question = listed.Question.of(site.config, now=site.now(), at=at)
    found = list(listed.lists_at(site.store, question, source))
    rows = tuple(_rows(site, found))
    shown = {each.place.fips: each for each in rows if each.place.fips}
    titles = {
        fips: f"{row.name}: {row.state}, {', '.join(site.titles.of_list(source, name) for name in row.lists)}"
        for fips, row in shown.items()
    }
    return SourceMap(
        source=source,
        title=site.titles.of_source(source),
        map=county_map(
            {fips: SHADES[row.state] for fips, row in shown.items()},
            titles=titles,
            links={fips: path("jurisdiction", row.place.ocd_id) for fips, row in shown.items()},
            heading=f"What {site.titles.of_source(source)} lists",
        ),
        legend=legend(
            {SHADES[state]: SHADE_MEANINGS[state] for state in SHADES if any(row.state == state for row in rows)}
        ),
        rows=rows,
        unseen=tuple(body_name(fips) for fips in off_the_map(shown)),
        unknown=tuple(
            site.titles.of_list(source, name) for name, _, state in found if state == StandingState.NOT_KNOWN
        ),
    )


def _rows(site: Site, found: Iterable[tuple[str, VersionRow, StandingState]]) -> list[MapRow]:
    """Return the jurisdictions in some lists, each only once; one that is listed in any of them counts as listed."""
    lists: dict[str, list[str]] = defaultdict(list)
    states: dict[str, StandingState] = {}
    bodies: dict[str, NamedPlace] = {}
    for name, version, state in found:
        for each in pages.places(site.store, version):
            if each.list == name:
                bodies.setdefault(each.ocd_id, each)
                lists[each.ocd_id].append(name)
                if states.get(each.ocd_id) != StandingState.LISTED:
                    states[each.ocd_id] = state
    return [
        MapRow(
            place=each,
            name=body_name(each.fips) if each.fips else each.name,
            lists=tuple(lists[ocd_id]),
            state=states[ocd_id],
        )
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
    """Return the first source that lists any place now, or did when it was last seen; else the first source of all."""
    question = listed.Question.of(site.config, now=site.now())
    for source in site.config.sources:
        if any(pages.places(site.store, version) for _, version, _ in listed.lists_at(site.store, question, source)):
            return source
    return next(iter(site.config.sources))
