"""Serves the web page on which a person tries a description: a form, and the results of the trial.

The page writes nothing to the history, and only this machine can open it. It is a web application of its own, apart
from the pages that show the history, because those only read.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from monitor.config.sources import TOLD, Poll
from monitor.config.titles import Titles
from monitor.errors import ConfigError, MonitorError, RefusedError
from monitor.history.trial import Trial, try_files, try_source
from monitor.web import templates
from monitor.web.app import static_file
from monitor.web.context import Access
from monitor.web.files import BusyError
from monitor.web.guard import Guard
from monitor.web.trial_form import TrialForm, described_source, read_form, spooled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.config.sources import Config
    from monitor.history.trial import TrialContext

MAX_WAIT_SECONDS_TO_TRY = 15.0  # for the trial before; one at a time
MAX_SHOWN_AMENDMENTS = 50  # of one file
FORM_BYTES = 1_000_000  # of a form, beside its files


@dataclass(frozen=True, kw_only=True)
class TrialSite:
    """The objects that the page needs.

    - `load`: a function that reads the configuration file as it is now. Raises ConfigError.
    - `trial`: a function that returns the objects for one trial, with a temporary folder that is removed afterwards.
    - `token`: a secret that each form of this page has, so that no other site can send one.
    """

    load: Callable[[], Config]
    trial: Callable[[], AbstractContextManager[TrialContext]]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other trial runs, and let none run meanwhile. Raises BusyError if that takes too long."""
        if not self._turn.acquire(timeout=MAX_WAIT_SECONDS_TO_TRY):
            raise BusyError("another trial is still running; try again when it is done")
        try:
            yield
        finally:
            self._turn.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The configuration as it is now, or its faults."""

    config: Config | None
    faults: tuple[str, ...] = ()

    @property
    def max_bytes(self) -> int:
        return (self.config.poll if self.config else Poll()).max_bytes

    @property
    def reports(self) -> tuple[str, ...]:
        sources = self.config.sources.values() if self.config else ()
        return tuple(sorted({name for source in sources for name in source.reports}))


def trial_application(site: TrialSite) -> Starlette:
    """Return the web application with the page, and with its style sheets and script."""

    async def page(request: Request) -> Response:
        if request.method == "POST":
            return await _answer(site, request)
        return await run_in_threadpool(_page, site, _known(site), TrialForm())

    return Starlette(
        routes=[Route("/", page, methods=["GET", "POST"]), Route("/static/{name}", static_file)],
        middleware=[Middleware(Guard, access=Access(), methods=("GET", "HEAD", "POST"))],
    )


async def _answer(site: TrialSite, request: Request) -> Response:
    """Try what the form asks for, and return the page with what came of it."""
    known = await run_in_threadpool(_known, site)
    most = known.max_bytes
    try:
        body = await spooled(request.stream(), most=2 * most + FORM_BYTES)
    except RefusedError as fault:
        return _page(site, known, TrialForm(), faults=(str(fault),), status=413)
    with body:
        try:
            form = await run_in_threadpool(read_form, body, request.headers.get("content-type", ""), most=most)
        except RefusedError as fault:
            return _page(site, known, TrialForm(), faults=(str(fault),), status=400)
    if not _is_own(site, request, form):
        return PlainTextResponse("This form did not come from this page; open the page anew.\n", 403)
    return await run_in_threadpool(_tried, site, known, form)


def _is_own(site: TrialSite, request: Request, form: TrialForm) -> bool:
    """Return whether a form was sent by this page: it has the token, and the browser names no other site.

    A browser says `null` for the origin of a form on a page that hides its address, as these do.
    """
    origin = request.headers.get("origin", "null")
    return (
        secrets.compare_digest(form.token.encode(), site.token.encode())
        and origin in {"null", f"{request.url.scheme}://{request.url.netloc}"}
        and request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    )


def _known(site: TrialSite) -> _Known:
    try:
        return _Known(config=site.load())
    except ConfigError as fault:
        return _Known(config=None, faults=fault.faults)


def _tried(site: TrialSite, known: _Known, form: TrialForm) -> Response:
    """Try what a form asks for, one trial at a time; return the page with the result, or with the faults."""
    try:
        config, source = _described(known, form)
        with site.turn():
            found = _trial(site, config, source, form)
    except ConfigError as fault:
        return _page(site, known, form, faults=fault.faults, status=400)
    except BusyError as fault:
        return _page(site, known, form, faults=(str(fault),), status=503)
    except MonitorError as fault:
        return _page(site, known, form, faults=(str(fault),), status=400)
    return _page(site, known, form, found=found, titles=Titles(config), name=source)


def _described(known: _Known, form: TrialForm) -> tuple[Config, str]:
    """Return the configuration by which to read, and the name of the source. Raises ConfigError, RefusedError."""
    if form.description:
        return described_source(form.description)
    if known.config is None:
        raise ConfigError(known.faults)
    if form.source not in known.config.sources:
        raise RefusedError("choose a source, or write a description")
    return known.config, form.source


def _trial(site: TrialSite, config: Config, source: str, form: TrialForm) -> Trial:
    """Run a trial; uploaded files lie in its temporary folder meanwhile, and are called by their own names again."""
    if form.report and form.report not in config.sources[source].reports:
        raise RefusedError(
            f"{source} has no report {form.report!r}; it has {', '.join(config.sources[source].reports)}"
        )
    if odd := [each for each in form.addresses if urlsplit(each).scheme not in {"http", "https"}]:
        raise RefusedError(f"{odd[0]!r} is no web address; write it like https://www.example.gov/list.xlsx")
    with site.trial() as given:
        context = replace(given, config=config)
        names: dict[str, str] = {}
        for number, file in enumerate(form.files):
            path = Path(context.folder) / "uploaded" / str(number) / file.name
            path.parent.mkdir(parents=True)
            path.write_bytes(file.content)
            names[str(path)] = file.name
        files = [*names, *form.addresses]
        if not files:
            return try_source(context, source)
        found = try_files(context, source, files, report=form.report or None)
        return replace(found, files=tuple(replace(each, file=names.get(each.file, each.file)) for each in found.files))


def _page(
    site: TrialSite,
    known: _Known,
    form: TrialForm,
    *,
    found: Trial | None = None,
    titles: Titles | None = None,
    name: str = "",
    faults: tuple[str, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    shown = templates.fill_template(
        "trial.html",
        found=found,
        titles=titles,
        name=name,
        faults=faults,
        form=form,
        sources=tuple(known.config.sources) if known.config else (),
        configuration_faults=known.faults,
        reports=known.reports,
        token=site.token,
        most=known.max_bytes,
        max_amendments=MAX_SHOWN_AMENDMENTS,
        told_kinds=TOLD,
    )
    return HTMLResponse(shown, status, headers={"cache-control": "no-store"})
