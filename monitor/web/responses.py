"""Makes the answers to requests: a page from a template, a value as JSON, or the error 404."""

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
    ("/documents", "Documents"),
    ("/about", "About"),
)
COPY_SECTIONS = (("/", "Home"), *SECTIONS[1:])  # of pages that grow old
OPERATOR_SECTIONS = (  # for those who run the program: what works, and what waits for them
    ("/health", "Health"),
    ("/holds", "Holds"),
    ("/doubts", "Doubts"),
)


def page_response(site: Site, request: Request, template: str, *, status: int = 200, **values: object) -> Response:
    """Return a page, made from a template with this file name.

    `values` are put into the template, with what every page needs. `status` is the HTTP status.
    """
    shown = templates.fill_template(
        template,
        item=site.item,
        site=site,
        here=request.url.path,
        sections=COPY_SECTIONS if site.is_copy else SECTIONS,
        operator_sections=OPERATOR_SECTIONS,
        base=base(site, request),
        **values,
    )
    return HTMLResponse(shown, status)


def json_response(value: object, status: int = 200) -> Response:
    """Return a value as a JSON answer."""
    return Response(json.dumps(value, ensure_ascii=False), status, media_type="application/json")


def base(site: Site, request: Request) -> str:
    """Return the beginning of permanent addresses: the configured address, or else scheme and host of the request.

    Pages that are written into files have only the configured one; it is "" if there is none.
    """
    return site.access.address or ("" if site.is_copy else f"{request.url.scheme}://{request.url.netloc}")


def is_at_hand(request: Request, tag: str) -> bool:
    """Return whether the reader says that the answer with this ETag is at hand, and need not be sent again."""
    return tag in request.headers.get("if-none-match", "").replace("W/", "").split(", ")


def not_found(what: str) -> HTTPException:
    """Return the error 404 for something that does not exist; `what` is the sentence that the reader sees."""
    return HTTPException(404, what)


def one_of(request: Request, name: str) -> str:
    """Return the part of the address that the route calls `name`, as text."""
    value: Any = request.path_params[name]
    return str(value)
