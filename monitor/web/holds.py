"""What waits for a person: versions that are held, and what can't be right in the lists; and how to decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store import doubts as doubt_rows
from monitor.store import records
from monitor.web.parameters import SourceAsked
from monitor.web.responses import html

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.web.context import Site

MOST = 500


def holds(site: Site, request: Request) -> Response:
    """The versions that are held, with the commands that decide."""
    held = records.held_versions(site.store)
    return html(site, request, "holds.html", held=[(each, site.archive.path(each.sha256)) for each in held])


def doubts(site: Site, request: Request) -> Response:
    """What can't be right in the lists as they stand."""
    asked = SourceAsked.of(request)
    found = doubt_rows.printed(site.store, asked.source)
    return html(
        site,
        request,
        "doubts.html",
        doubts=found[:MOST],
        more=len(found) - len(found[:MOST]),
        source=asked.source,
        sources=tuple(site.config.sources),
    )
