"""Answers: a page made from a template, JSON, and what is asked for and isn't there."""

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


def html(site: Site, request: Request, template: str, *, status: int = 200, **values: object) -> Response:
    """A page."""
    shown = templates.page(
        template, site=site, here=request.url.path, sections=SECTIONS, base=base(site, request), **values
    )
    return HTMLResponse(shown, status)


def as_json(value: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(value, ensure_ascii=False), status, media_type="application/json")


def base(site: Site, request: Request) -> str:
    """What permanent addresses begin with."""
    return site.access.address or f"{request.url.scheme}://{request.url.netloc}"


def missing(what: str) -> HTTPException:
    """What is asked for is not there."""
    return HTTPException(404, what)


def one_of(request: Request, name: str) -> str:
    """A part of the address."""
    value: Any = request.path_params[name]
    return str(value)
