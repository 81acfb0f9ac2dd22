"""The page of a jurisdiction: all its records and amendments, over all sources."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.alerts.items import told_entries
from monitor.changelog import listed
from monitor.changelog.stories import stories
from monitor.history.subjects import is_provable
from monitor.standing import StandingState
from monitor.store import document_pages, doubts, read_only
from monitor.store.search import LogFilter
from monitor.web.map_svg import state_map
from monitor.web.parameters import DateParameters, place_in_words
from monitor.web.responses import not_found, page_response
from monitor.web.templates import day_query, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.changelog.listed import ListedLine, PlaceInList, Question
    from monitor.model import Jurisdiction
    from monitor.web.context import Site

MAX_LINES_TOLD = 200  # records, and entries, that the API tells
MAX_LINES_SHOWN = 100  # records of places within a place that its page shows
MAX_STORIES_SHOWN = 20  # records of which a page says in one line what happened to them
MAX_ENTRIES_SHOWN = 25  # entries that a page tells


def jurisdiction_page(site: Site, request: Request) -> Response:
    """Show whether a jurisdiction is listed, now or at a given time, with its records, their changes, and a map."""
    place = one_jurisdiction(request.path_params["ocd_id"])
    question = site.question(DateParameters.of(request).at)
    own = listed.of_place(site.store, question, place)
    within = places_within(site, question, place, limit=MAX_LINES_SHOWN)
    entries = read_only.newest_entries(
        site.store, LogFilter(jurisdictions=jurisdictions.inside(place), until=question.at), limit=MAX_ENTRIES_SHOWN + 1
    )
    counted = _lines(within)
    told = [each for each in _lines(own) if each.standing.state != StandingState.NAMED]
    histories = listed.histories(site.store, told[:MAX_STORIES_SHOWN], at=question.at)
    return page_response(
        site,
        request,
        "jurisdiction.html",
        place=place,
        name=place_in_words(place),
        state=jurisdictions.state_of(place.state),
        body=jurisdictions.body(place.fips) if place.fips else None,
        own=[each for each in own if each.lines or each.standing.state != StandingState.NEVER],
        never=[each for each in own if not each.lines and each.standing.state == StandingState.NEVER],
        within=within,
        stories=stories(histories, titles=site.titles),
        inside=sum(1 for each in counted if each.standing.state == StandingState.LISTED),
        entries=told_entries(entries[:MAX_ENTRIES_SHOWN]),
        more=len(entries) > MAX_ENTRIES_SHOWN,
        cut=len(counted) >= MAX_LINES_SHOWN,
        map=_map(place, [*_lines(own), *counted]),
        at=question.at,
        doubted=doubts.doubts_of_lines(site.store, (each.line.line_id for each in (*counted, *_lines(own)))),
        documents=document_pages.documents_of_lines(
            site.store, (each.line.line_id for each in (*counted, *_lines(own)))
        ),
        packet=f"{path('jurisdiction', place.ocd_id)}/exhibit.zip{day_query(question.at)}"
        if any(is_provable(each, at=question.at) for each in own)
        else None,
    )


def places_within(site: Site, question: Question, place: Jurisdiction, *, limit: int) -> list[PlaceInList]:
    """Return the records about places that lie within a place, list by list, without those about the place itself.

    `limit` is the largest number of records, with those about the place itself.
    """
    found = listed.in_lists(site.store, question, ocd_ids=jurisdictions.inside(place), limit=limit)
    others = [
        replace(group, lines=tuple(each for each in group.lines if _ocd_id(each) != place.ocd_id)) for group in found
    ]
    return [group for group in others if group.lines]


def _lines(groups: Sequence[PlaceInList]) -> list[ListedLine]:
    return [each for group in groups for each in group.lines]


def _ocd_id(each: ListedLine) -> str | None:
    return each.line.jurisdiction.ocd_id if each.line.jurisdiction else None


def one_jurisdiction(ocd_id: str) -> Jurisdiction:
    """Return the jurisdiction with this Open Civic Data id. Raises HTTPException if there is none."""
    found = jurisdictions.find(ocd_id) if ocd_id.startswith("ocd-division/") else ()
    if len(found) != 1:
        raise not_found(f"No jurisdiction has the id {ocd_id}.")
    return found[0]


def _map(place: Jurisdiction, lines: Sequence[ListedLine]) -> Markup | None:
    """Draw a map of the place's state: the place is marked, and jurisdictions of current records are in colour.

    `lines` are the records.
    """
    places = {
        each.line.jurisdiction.fips: each.line.jurisdiction
        for each in lines
        if each.standing.state == StandingState.LISTED and each.line.jurisdiction
    }
    return state_map(
        (place.fips or "")[:2],
        dict.fromkeys(filter(None, places), "shade-listed"),
        titles={},
        links={fips: path("jurisdiction", each.ocd_id) for fips, each in places.items() if fips},
        heading=f"Where {place_in_words(place)} lies",
        here=None if place.level == "state" else place.fips,
    )
