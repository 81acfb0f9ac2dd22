"""The pages for what needs a person: held versions (these wait for a decision), and doubts about values in lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store import doubts as doubt_rows
from monitor.store import holds as hold_rows
from monitor.store import records
from monitor.web.parameters import SourceParameters
from monitor.web.responses import page_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.web.context import Site

MAX_DOUBTS_SHOWN = 500


def holds_page(site: Site, request: Request) -> Response:
    """Show the versions that wait for a person's decision, with the commands by which the person decides."""
    held = records.held_versions(site.store)
    shown = [(version, hold_rows.hold_details(site.store, version)) for version in held]
    return page_response(site, request, "holds.html", held=shown)


def doubts_page(site: Site, request: Request) -> Response:
    """Show the values that can't be right in the current lists."""
    asked = SourceParameters.of(request)
    found = doubt_rows.listed_doubts(site.store, asked.source)
    return page_response(
        site,
        request,
        "doubts.html",
        doubts=found[:MAX_DOUBTS_SHOWN],
        more=len(found) - len(found[:MAX_DOUBTS_SHOWN]),
        source=asked.source,
        sources=tuple(site.config.sources),
    )
