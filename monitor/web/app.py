"""Joins the pages into one web application: each address gets its page, and each error an answer for the reader."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from monitor.errors import ReadError, RefusedError, StoreError
from monitor.store import read_only
from monitor.web import (
    api,
    assets,
    comparisons,
    documents,
    exhibits,
    front,
    health,
    holds,
    lists,
    log,
    map_page,
    packing,
    places,
    record,
    templates,
)
from monitor.web.choices import grouped_choices
from monitor.web.connections import RequestLimit
from monitor.web.files import BusyError
from monitor.web.guard import Guard
from monitor.web.openapi import described
from monitor.web.packets import LimitedError
from monitor.web.parameters import ParameterError, PlaceError
from monitor.web.responses import is_at_hand, json_response, page_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model import Jurisdiction
    from monitor.web.context import Site

    Page = Callable[[Site, Request], Response]


class VersionConvertor(Convertor[int]):
    """Converts the version number in an address to a number; it can be below 1.

    Versions that a backfill added before the first version have numbers below 1.
    """

    regex = "-?[0-9]{1,18}"

    def convert(self, value: str) -> int:
        """Return the version number that an address contains, as an integer."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return a version number as the text that an address contains."""
        return str(value)


register_url_convertor("version", VersionConvertor())

PAGE_ROUTES: tuple[tuple[str, Page], ...] = (
    ("/", front.front_page),
    ("/find", front.find_page),
    ("/about", front.about_page),
    ("/checkpoint", exhibits.checkpoint_page),
    ("/log", log.log_page),
    ("/log.csv", log.log_as_csv),
    ("/log.json", log.log_as_json),
    ("/log.atom", log.log_as_atom),
    ("/log.ics", log.log_as_calendar),
    ("/amendment/{id:int}", log.amendment_page),
    ("/amendment/{id:int}/{side}.png", log.picture_of_record),
    ("/amendment/{id:int}/exhibit.zip", exhibits.packet_of_entry),
    ("/jurisdiction/{ocd_id:path}/exhibit.zip", exhibits.packet_of_place),
    ("/jurisdiction/{ocd_id:path}", places.jurisdiction_page),
    ("/list/{source}/{list}", lists.list_page),
    ("/record/{sha256}/{list}/{mark}", record.record_page),
    ("/record/{sha256}/{list}/{mark}/picture.png", record.picture_of_listed),
    ("/record/{sha256}/{list}/{mark}/exhibit.zip", exhibits.packet_of_record),
    ("/map", map_page.map_page),
    ("/version/{source}/{report:path}/{number:version}", comparisons.version_page),
    ("/version/{source}/{report:path}/{number:version}/exhibit.zip", exhibits.packet_of_version),
    ("/report/{source}/{report:path}", comparisons.report_page),
    ("/file/{sha256}", comparisons.kept_file),
    ("/compare", comparisons.compare_page),
    ("/documents", documents.documents_page),
    ("/document/{id:int}", documents.document_page),
    ("/document/{id:int}/compare", documents.document_comparison_page),
    ("/document/{id:int}/{number:int}/{page:int}.png", documents.picture_of_page),
    ("/health", health.health_page),
    ("/holds", holds.holds_page),
    ("/doubts", holds.doubts_page),
)
API_ROUTES: tuple[tuple[str, Page], ...] = (
    ("/api/sources", api.api_sources),
    ("/api/log", api.api_log),
    ("/api/amendment/{id:int}", api.api_amendment),
    ("/api/jurisdiction/{ocd_id:path}", api.api_jurisdiction),
    ("/api/list/{source}/{list}", api.api_list),
    ("/api/record/{sha256}/{list}/{mark}", record.api_record),
    ("/api/version/{source}/{report:path}/{number:version}", api.api_version),
    ("/api/report/{source}/{report:path}", api.api_report),
    ("/api/compare", api.api_compare),
    ("/api/holds", api.api_holds),
    ("/api/documents", documents.api_documents),
    ("/api/document/{id:int}", documents.api_document),
    ("/api/doubts", api.api_doubts),
)
FAULTS = (HTTPException, ParameterError, RefusedError, ReadError, BusyError, LimitedError, StoreError)
LOCAL_HOST = "localhost"  # of requests for pages that become files
TIMED_PATHS = frozenset({"/", "/health", "/api/sources"})  # pages that say how many minutes ago something was
A_YEAR = "public, max-age=31536000, immutable"
ERROR_TITLES = {
    400: "This can't be asked",
    404: "Not here",
    500: "Something went wrong",
    429: "Not so fast",
    503: "Not now",
}

log_of = logging.getLogger("monitor.web")


def application(site: Site) -> Starlette:
    """Return the web application: all pages of a site, its JSON API and its static files."""
    read = [Route(path, _answering(site, page), methods=["GET"]) for path, page in (*PAGE_ROUTES, *API_ROUTES)]
    faults: dict[Any, Any] = dict.fromkeys((*FAULTS, Exception), _faulty(site))
    made = Starlette(
        routes=[*read, Route("/api/openapi.json", _openapi(site)), Route("/static/{name}", static_file)],
        middleware=[Middleware(Guard, access=site.access), Middleware(RequestLimit)],
        exception_handlers=faults,
    )
    made.router.redirect_slashes = False
    return made


def _answering(site: Site, page: Page) -> Callable[[Request], Response]:
    """Return a function that answers requests with `page`, or with 304 if the reader has the current answer."""

    def answer(request: Request) -> Response:
        with site.store.snapshot():
            tag = _tag(site, request)
            if is_at_hand(request, tag):
                known = f"W/{tag}" if f"W/{tag}" in request.headers["if-none-match"] else tag
                headers = {"etag": known, "cache-control": "no-cache", "vary": packing.VARY}
                return Response(status_code=304, headers=headers)
            response = page(site, request)
        if response.headers.get("cache-control") != "no-store":
            response.headers.setdefault("etag", tag)
        response.headers.setdefault("cache-control", "no-cache")
        return packing.pack(request, response)

    return answer


def _tag(site: Site, request: Request) -> str:
    """Return the ETag of an answer: a text that changes if the answer may have changed.

    It depends on the data, the address, the host name, the release of the program, and the configuration; and on the
    time, because what was not looked at for long is shown so: to the minute where the page says how long ago that was.
    """
    is_timed = request.url.path in TIMED_PATHS or request.url.path.endswith(".atom")
    parts = (
        read_only.state_mark(site.store), request.url.path, request.url.query, request.headers.get("host", ""),
        templates.fingerprint(), site.edition, site.published_mark, f"{site.now():{'%FT%R' if is_timed else '%FT%H'}}",
    )  # fmt: skip
    return f'"{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:32]}"'


def _faulty(site: Site) -> Callable[[Request, Exception], Response]:
    """Return a function that answers requests that failed: with an error page, or for the API with JSON."""

    def said(request: Request, fault: Exception) -> Response:
        status, faults, headers = _told(fault)
        if isinstance(fault, PlaceError) and fault.is_known and request.url.path == "/log":
            status = 300  # the page offers several places, which is no error
        if status == 500:
            log_of.error("web.failed", exc_info=fault)
        if request.url.path.startswith("/api/"):
            response = json_response({"faults": faults}, status)
        else:
            response = page_response(
                site,
                request,
                "error.html",
                status=status,
                code=status,
                title=ERROR_TITLES.get(status, "No"),
                faults=faults,
                **_choices(request, fault),
            )
        response.headers.update(headers)
        return response

    return said


def _choices(request: Request, fault: Exception) -> dict[str, object]:
    """Return the places of which one may be meant, in groups; each has the address of the same page about it.

    Also return the name that was asked for, and whether any place has it.
    """
    if not isinstance(fault, PlaceError):
        return {"groups": {}, "asked": "", "found": False}
    groups = {
        group: [(each.name, f"{request.url.path}?{_with_place(request, each.place)}", each.place.fips) for each in some]
        for group, some in grouped_choices(fault.choices).items()
    }
    return {"groups": groups, "asked": request.query_params.get("jurisdiction", ""), "found": fault.is_known}


def _with_place(request: Request, place: Jurisdiction) -> str:
    """Return the query of a request, with this place in place of the name that was asked for."""
    return request.url.include_query_params(jurisdiction=place.ocd_id or place.fips).query


def _told(fault: Exception) -> tuple[int, tuple[str, ...], dict[str, str]]:
    if isinstance(fault, HTTPException):
        said = "There is no such page." if fault.detail == "Not Found" else fault.detail
        return fault.status_code, (said,), dict(fault.headers or {})
    if isinstance(fault, ParameterError):
        return 400, fault.faults, {}
    if isinstance(fault, RefusedError | ReadError):
        return 404, (str(fault),), {}
    if isinstance(fault, LimitedError):
        return 429, (str(fault),), {"retry-after": str(fault.seconds)}
    if isinstance(fault, BusyError | StoreError):
        return 503, (str(fault),), {"retry-after": "60"}
    return 500, ("The fault was noted where the program runs.",), {}


def _openapi(site: Site) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return packing.pack(request, json_response(described(site.access.address)))

    return answer


def answered(site: Site, address: str) -> Response:
    """Return the answer to a request for an address of this site, without a web server: for pages that become files.

    Raises whatever a page raises that is no answer for readers.
    """
    path, _, query = address.partition("?")
    path = unquote(path)
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", LOCAL_HOST.encode())],
        "server": (LOCAL_HOST, 80),
    }
    request = Request(scope)
    try:
        for route, page in _routes():
            match, found = route.matches(scope)
            if match == Match.FULL:
                scope["path_params"] = found["path_params"]
                return page(site, request)
        raise HTTPException(404)
    except FAULTS as fault:
        return _faulty(site)(request, fault)


@cache
def _routes() -> tuple[tuple[Route, Page], ...]:
    """Return the addresses that a page or a static file answers, each with the function that does."""
    pages = (*PAGE_ROUTES, *API_ROUTES, ("/static/{name}", lambda _, request: static_file(request)))
    return tuple((Route(path, page, methods=["GET"]), page) for path, page in pages)


def static_file(request: Request) -> Response:
    """Answer with a static file that pages need: a style sheet, a script, outlines. Raises HTTPException."""
    name = unquote(request.path_params["name"])
    content = assets.asset(name)
    if content is None:
        raise HTTPException(404)
    response = Response(content, media_type=assets.media_type(name), headers={"cache-control": A_YEAR})
    return packing.pack(request, response, assets.packed_asset(name) if packing.takes_gzip(request) else None)
