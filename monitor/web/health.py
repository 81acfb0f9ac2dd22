"""The page for operators that says whether everything works: the sources, what waits for a person, and the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store import changelog, metrics
from monitor.store import doubts as doubt_rows
from monitor.web.front import watched_sources
from monitor.web.responses import page_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.web.context import Site


def health_page(site: Site, request: Request) -> Response:
    """Show how each source is watched, how many versions and doubts wait for a person, and how many alerts wait."""
    store = site.store
    watched = tuple(each for each in watched_sources(site) if each.look)
    undelivered = metrics.count_undelivered(store)
    return page_response(
        site,
        request,
        "health.html",
        watched=watched,
        bad=tuple(each for each in watched if each.state[1] == "bad" or not each.fresh.polled_at),
        held=metrics.count_held(store),
        doubts=len(doubt_rows.listed_doubts(store, None)),
        waiting=sum(count for (_, status), count in undelivered.items() if status == "waiting"),
        dead=sum(count for (_, status), count in undelivered.items() if status == "dead"),
        entries=changelog.head(store)[0],
        now=site.now(),
    )
