"""The page of a jurisdiction: all its records and amendments, over all sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.alerts.items import told_entries
from monitor.store import pages, read_only
from monitor.store.search import LogFilter
from monitor.web.map_svg import state_map
from monitor.web.parameters import place_in_words
from monitor.web.responses import not_found, page_response
from monitor.web.templates import path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.model import Jurisdiction
    from monitor.store.pages import ListedLine
    from monitor.web.context import Site

MAX_LINES_SHOWN = 200  # lines and entries that a page tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The lines of one list; a line is one record with all its corrections over time."""

    source: str
    list: str
    lines: tuple[ListedLine, ...]

    @property
    def now(self) -> bool:
        """True if at least one of the records is listed now."""
        return any(each.now for each in self.lines)


def jurisdiction_page(site: Site, request: Request) -> Response:
    """Show the records and amendments of one jurisdiction and the places that lie in it, with a map of the state."""
    place = one_jurisdiction(request.path_params["ocd_id"])
    ids = jurisdictions.inside(place)
    lines = pages.lines_of_place(site.store, ids, limit=MAX_LINES_SHOWN)
    entries = read_only.newest_entries(site.store, LogFilter(jurisdictions=ids), limit=MAX_LINES_SHOWN + 1)
    own = [each for each in lines if each.jurisdiction.ocd_id == place.ocd_id]
    return page_response(
        site,
        request,
        "jurisdiction.html",
        place=place,
        name=place_in_words(place),
        state=jurisdictions.state_of(place.state),
        body=jurisdictions.body(place.fips) if place.fips else None,
        own=_groups(own),
        within=_groups([each for each in lines if each.jurisdiction.ocd_id != place.ocd_id]),
        now=[each for each in _groups(own) if each.now],
        inside=sum(1 for each in lines if each.now and each.jurisdiction.ocd_id != place.ocd_id),
        entries=told_entries(entries[:MAX_LINES_SHOWN]),
        more=len(entries) > MAX_LINES_SHOWN,
        cut=len(lines) == MAX_LINES_SHOWN,
        map=_map(place, lines),
        listed_since=min((each.listed_since for each in own if each.now), default=None),
    )


def _groups(lines: Sequence[ListedLine]) -> list[Group]:
    """Group lines by source and list, in the order in which these first occur."""
    names = dict.fromkeys((each.source, each.list) for each in lines)
    return [
        Group(source=source, list=name, lines=tuple(x for x in lines if (x.source, x.list) == (source, name)))
        for source, name in names
    ]


def one_jurisdiction(ocd_id: str) -> Jurisdiction:
    """Return the jurisdiction with this Open Civic Data id. Raises HTTPException if there is none."""
    found = jurisdictions.find(ocd_id) if ocd_id.startswith("ocd-division/") else ()
    if len(found) != 1:
        raise not_found(f"No jurisdiction has the id {ocd_id}.")
    return found[0]


def _map(place: Jurisdiction, lines: Sequence[ListedLine]) -> Markup | None:
    """Draw a map of the place's state, with the place marked and the jurisdictions of current `lines` in colour."""
    places = {each.jurisdiction.fips: each.jurisdiction for each in lines if each.now}
    return state_map(
        (place.fips or "")[:2],
        dict.fromkeys(filter(None, places), "shade-listed"),
        titles={},
        links={fips: path("jurisdiction", each.ocd_id) for fips, each in places.items() if fips},
        heading=f"Where {place_in_words(place)} lies",
        here=None if place.level == "state" else place.fips,
    )
