"""The answers of pages: a page made from a template, JSON, or a page that says that something is not_found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from monitor.web import templates

if TYPE_CHECKING:
    from starlette.requests import Request

    from monitor.web.context import Site

SECTIONS = (
    ("/", "Today"),
    ("/log", "Change log"),
    ("/map", "Map"),
    ("/holds", "Holds"),
    ("/doubts", "Doubts"),
    ("/about", "How to read it"),
)


def page_response(site: Site, request: Request, template: str, *, status: int = 200, **values: object) -> Response:
    """Return a page made from a template."""
    shown = templates.fill_template(
        template, site=site, here=request.url.path, sections=SECTIONS, base=base(site, request), **values
    )
    return HTMLResponse(shown, status)


def json_response(value: object, status: int = 200) -> Response:
    """Return a value as a JSON answer."""
    return Response(json.dumps(value, ensure_ascii=False), status, media_type="application/json")


def base(site: Site, request: Request) -> str:
    """Return what permanent addresses begin with."""
    return site.access.address or f"{request.url.scheme}://{request.url.netloc}"


def not_found(what: str) -> HTTPException:
    """Return the error for a thing that is not there: status 404 with a sentence."""
    return HTTPException(404, what)


def one_of(request: Request, name: str) -> str:
    """Return a part of the address by its name."""
    value: Any = request.path_params[name]
    return str(value)
