"""The page with a map of the jurisdictions that a source lists at a given time; it shows them also as a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.changelog import listed
from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES
from monitor.standing import StandingState
from monitor.store import pages, read_only
from monitor.web import templates
from monitor.web.map_svg import MAX_LINKED_PLACES, body_name, county_map, legend, off_the_map
from monitor.web.parameters import MapParameters
from monitor.web.responses import page_response
from monitor.web.templates import path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.store.pages import NamedPlace
    from monitor.store.rows import VersionRow
    from monitor.web.context import Site

    ListsAt = Sequence[tuple[str, VersionRow, StandingState]]

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
class StateRow:
    """A state in the table of a map with many places.

    `listed` is the number of its places that are listed, `not_known` of those of which that is not known.
    """

    name: str
    ocd_id: str | None
    listed: int
    not_known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap:
    """The map of a source at a given time, with its legend and its table.

    - `places`: the number of jurisdictions on it. `listed`, `not_known`: the number of those that are listed, and of
      those of which that is not known.
    - `by_state`: whether the map and the table lead to states, because there are too many places.
    - `unseen`: the names of the listed jurisdictions that the map can't show.
    - `unknown`: the lists of which it is not known what they list at that time.
    """

    source: str
    title: str
    map: Markup
    legend: Markup
    table: Markup
    places: int
    listed: int
    not_known: int
    by_state: bool
    unseen: tuple[str, ...]
    unknown: tuple[str, ...]


def source_map(site: Site, source: str, at: str | None) -> SourceMap:
    """Draw the map of the jurisdictions that a source lists at the time `at` (None: now).

    If it is not known what a list holds then, its jurisdictions are those that it had when it was last seen. The map is
    remembered until the history changes, or the time makes a list unknown.
    """
    question = listed.Question.of(site.config, now=site.now(), at=at)
    found = tuple(listed.lists_at(site.store, question, source))
    versions = tuple((name, version.id, state) for name, version, state in found)
    key = ("map", source, versions, read_only.lasting_mark(site.store))
    return site.remembered.get(key, lambda: _drawn(site, source, found))


def _drawn(site: Site, source: str, found: ListsAt) -> SourceMap:
    """Draw the map of the jurisdictions in some lists of a source."""
    rows = tuple(_rows(site, found))
    shown = {each.place.fips: each for each in rows if each.place.fips}
    counts = Counter(row.state for row in rows)
    by_state = len(rows) > MAX_LINKED_PLACES
    return SourceMap(
        source=source,
        title=site.titles.of_source(source),
        map=county_map(
            {fips: SHADES[row.state] for fips, row in shown.items()},
            titles={} if by_state else {fips: _title(site, source, row) for fips, row in shown.items()},
            links=_links_of_states(shown)
            if by_state
            else {fips: path("jurisdiction", row.place.ocd_id) for fips, row in shown.items()},
            heading=f"What {site.titles.of_source(source)} lists",
        ),
        legend=legend({SHADES[state]: SHADE_MEANINGS[state] for state in SHADES if counts[state]}),
        table=templates.fill_part(
            "map_table.html",
            site=site,
            source=source,
            rows=() if by_state else rows,
            states=_by_state(rows) if by_state else (),
            lists=tuple(dict.fromkeys(name for row in rows for name in row.lists)),
        ),
        places=len(rows),
        listed=counts[StandingState.LISTED],
        not_known=counts[StandingState.NOT_KNOWN],
        by_state=by_state,
        unseen=tuple(body_name(fips) for fips in off_the_map(shown)),
        unknown=tuple(
            site.titles.of_list(source, name) for name, _, state in found if state == StandingState.NOT_KNOWN
        ),
    )


def _title(site: Site, source: str, row: MapRow) -> str:
    """Return what is said of a jurisdiction on the map: its name, whether it is listed, and in which lists."""
    return f"{row.name}: {row.state}, {', '.join(site.titles.of_list(source, name) for name in row.lists)}"


def _links_of_states(codes: Iterable[str]) -> dict[str, str]:
    """Return the addresses of the states in which places lie, by the FIPS code of the state.

    `codes` are the FIPS codes of the places.
    """
    states = {fips: jurisdictions.state_of(gazetteer.CODES.get(fips)) for fips in {code[:2] for code in codes}}
    return {fips: path("jurisdiction", state.ocd_id) for fips, state in states.items() if state and state.ocd_id}


def _by_state(rows: Sequence[MapRow]) -> tuple[StateRow, ...]:
    """Return how many places of each state there are in `rows`, by the names of the states."""
    counts: dict[str, Counter[StandingState]] = defaultdict(Counter)
    for row in rows:
        counts[row.place.state][row.state] += 1
    made = (
        StateRow(
            name=STATES.get(code, (code,))[0],
            ocd_id=state.ocd_id if (state := jurisdictions.state_of(code)) else None,
            listed=count[StandingState.LISTED],
            not_known=count[StandingState.NOT_KNOWN],
        )
        for code, count in counts.items()
    )
    return tuple(sorted(made, key=lambda row: row.name))


def _rows(site: Site, found: ListsAt) -> list[MapRow]:
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
    source = asked.source if asked.source in sources else newest_listing(site) or sources[0]
    return page_response(
        site, request, "map.html", sources=sources, source=source, at=asked.at, map=source_map(site, source, asked.at)
    )


def newest_listing(site: Site) -> str | None:
    """Return the source whose lists changed last, of those that list a place now, or did when they were last seen.

    None if no source does.
    """
    fresh = pages.freshness(site.store, tuple(site.config.sources))
    watched = (each.source for each in fresh if each.source in site.config.sources)
    newest = sorted(watched, key={each.source: each.changed_at or "" for each in fresh}.__getitem__, reverse=True)
    return next((source for source in newest if source_map(site, source, None).places), None)
