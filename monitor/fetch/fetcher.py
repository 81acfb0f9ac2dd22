"""Fetches one document from an allowed server: only if it has changed, and again after a fault that may pass."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Self

from monitor import __version__
from monitor.config.outline import PollLimits
from monitor.errors import (
    FetchError,
    ForbiddenAddressError,
    ProxyError,
    StatusError,
    TooSlowError,
    TruncatedError,
    UnreachableError,
)
from monitor.fetch.address import address_of, whole_url
from monitor.fetch.backend import addresses
from monitor.fetch.exchange import REDIRECTS, Connection, present_time
from monitor.fetch.faults import chain, naming
from monitor.fetch.links import ending_of, file_name
from monitor.fetch.route import DIRECT, route_of
from monitor.fetch.verdict import Expected, Response, charset_of, check_response, is_front
from monitor.times import backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx

    from monitor.config.sources import Poll
    from monitor.fetch.address import PlainAddress
    from monitor.fetch.backend import Resolve
    from monitor.fetch.route import Route
    from monitor.model import Exchange

# What to do where a server refuses this program, which says who runs it, or does not.
IF_REFUSED = "ask less often, or ask the publisher to let this program in"
IF_REFUSED_UNKNOWN = "set `contact`, or ask less often"
FORM_HEADER = (b"content-type", b"application/x-www-form-urlencoded")
MAX_REDIRECTS = 5  # that are followed for one document
FIRST_FETCH_PAUSE = timedelta(seconds=1)  # before the first further attempt; twice as long before each one after it
MAX_FETCH_PAUSE = timedelta(seconds=60)  # between two attempts: a poll waits no longer, also where a server asks it to
KEPT_HEADERS = frozenset(
    {
        *("age", "cache-control", "date", "etag", "expires", "last-modified", "server", "vary", "via", "x-cache"),
        *("content-disposition", "content-encoding", "content-language", "content-length", "content-type"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Two headers of an earlier answer (ETag, Last-Modified); sent back, they let a server answer "not modified"."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A fetched document; it has passed the checks of `check_response`.

    url: the address that the document came from, after all redirects.
    requested_url: the address that was asked first.
    headers: those of the answer's headers that are in `KEPT_HEADERS`, as names in lower case with their values, in
        order.
    redirected_from: the addresses that redirected on the way to `url`, in order.
    etag, last_modified: for the `Conditions` of the next request. After a redirect they are None: they belong to `url`,
        and the next request goes to `requested_url`, where they could match another document by chance.
    exchange: how the document came, with the exchanges that redirected on the way.
    """

    url: str
    requested_url: str
    status_code: int
    headers: tuple[tuple[str, str], ...]
    content: bytes
    etag: str | None = None
    last_modified: str | None = None
    redirected_from: tuple[str, ...] = ()
    exchange: Exchange | None = field(default=None, compare=False, repr=False)

    @property
    def file_name(self) -> str:
        """The file's name: the one in the address, or the one that the server gave; see `links.file_name`.

        Where the address has none and was redirected to one that has, it is that.
        """
        url = self.url if ending_of(self.url) and not ending_of(self.requested_url) else self.requested_url
        return file_name(url, dict(self.headers).get("content-disposition", ""))

    @property
    def charset(self) -> str | None:
        """The encoding that the server named in the header `Content-Type`, or None."""
        return charset_of(dict(self.headers).get("content-type"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server's answer that a document has not changed since the answer from which the `Conditions` were taken."""

    url: str


class Fetcher:
    """The HTTP client with which this program asks the publishers' servers.

    Any number of threads may share it; at most `poll.per_host` requests to one server run at the same time, and one
    more for a document that a record links to.
    """

    def __init__(
        self,
        *,
        poll: Poll | PollLimits,
        contact: str,
        retries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = present_time,
        resolve: Resolve = addresses,
        route: Route | None = None,
    ) -> None:
        """Make a client.

        poll: the limits, the proxy and the trusted authorities, from the configuration.
        contact: a mail address or page, by which a publisher can reach the person who runs this program.
        retries: how many further attempts `get` makes after faults that may pass.
        sleep: a function that waits for some seconds.
        clock: a function that returns the present time in seconds.
        now: a function that returns the present time, which is noted with each exchange.
        resolve: a function that looks up the IP addresses of a host and port.
        route: the proxy and the TLS settings; None for those that `poll` describes. All connections to servers share
            the settings, because to make them takes longer than most exchanges, and a megabyte of memory.
        """
        self._poll = poll
        self._retries = retries
        self._sleep = sleep
        self._clock = clock
        self._now = now
        self._resolve = resolve
        self._route = (route or _route(poll)).sharing_settings()
        self.if_refused = IF_REFUSED if contact.strip() else IF_REFUSED_UNKNOWN
        self._agent = _agent(contact)
        self._lock = Lock()
        self._places: dict[tuple[str, bool], _Places] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for the exchanges under way, then close all connections."""
        with self._lock:
            hosts, self._places = self._places, {}
        for places in hosts.values():
            for _ in range(places.number):
                connection = places.take()
                if connection:
                    connection.close()

    def get(
        self,
        url: str,
        *,
        expect: Expected,
        allowed_hosts: frozenset[str],
        conditions: Conditions | None = None,
        max_bytes: int | None = None,
        retries: int | None = None,
        apart: bool = False,
    ) -> Answer | NotModified:
        """Fetch the document at an address; return NotModified if it has not changed. Raises FetchError.

        expect: the format that the document should have; "file" for any format of files.
        allowed_hosts: the servers that may be asked, also after a redirect.
        conditions: what is known of the document from the last time; None to fetch it in any case.
        max_bytes: the largest size of the document, if it is less than `poll.max_bytes`.
        retries: how many further attempts are made after faults that may pass; None for as many as usual.
        apart: whether to use a connection to the server that is for such requests alone. They wait for each other, but
            no other request ever waits for them.

        After a fault that may pass (the connection failed, status 429 or 5xx) it tries again, no sooner than the server
        asks. If the server asks for a longer wait than `MAX_FETCH_PAUSE`, StatusError is raised at once, with the wait
        in seconds in `retry_after`.
        """
        start = _permitted(url, url, allowed_hosts=allowed_hosts)
        most = self._retries if retries is None else retries
        attempt = 0
        while True:
            try:
                return self._follow(
                    start, allowed_hosts, conditional=_conditional(conditions), expect=expect, max_bytes=max_bytes,
                    apart=apart,
                )  # fmt: skip
            except FetchError as fault:
                wait = _wait(fault, attempt) if attempt < most else None
                if wait is None:
                    raise
            self._sleep(wait)
            attempt += 1

    def ask(
        self,
        url: str,
        *,
        allowed_hosts: frozenset[str],
        accept: str = "*/*",
        headers: tuple[tuple[str, str], ...] = (),
        form: bytes | None = None,
        max_bytes: int | None = None,
        seconds: float | None = None,
    ) -> Response:
        """Send one request and return its answer as it is: no redirect is followed, nothing is checked or tried again.

        allowed_hosts: the servers that may be asked.
        form: the content of a POST request, URL-encoded; None for a GET request.
        max_bytes: the largest size of the answer, if it is less than `poll.max_bytes`.
        seconds: how long the exchange may take, and how long the server may be silent; None for the usual limits.

        Raises FetchError.
        """
        permitted = _permitted(url, url, allowed_hosts=allowed_hosts)
        further = [(key.encode("ascii"), value.encode("latin-1", errors="replace")) for key, value in headers]
        return self._ask(
            permitted, further, accept=accept.encode("ascii"), form=form, max_bytes=max_bytes, limit=seconds
        )

    def _follow(
        self,
        start: PlainAddress | httpx.URL,
        allowed_hosts: frozenset[str],
        *,
        conditional: list[tuple[bytes, bytes]],
        expect: Expected,
        max_bytes: int | None,
        apart: bool,
    ) -> Answer | NotModified:
        """Send the request, follow redirects, and check the last response."""
        here = start
        trail: list[str] = []
        exchanges: list[Exchange] = []
        while True:
            # Conditions are for the address they came from: elsewhere "not modified since" could be true of
            # another document altogether.
            conditions = [] if trail else conditional
            response = self._ask(here, conditions, max_bytes=max_bytes, apart=apart, conditional=bool(conditions))
            target = response.header("location") if response.status_code in REDIRECTS else None
            if not target:
                break
            trail.append(str(here))
            exchanges += filter(None, [response.exchange])
            if len(trail) > MAX_REDIRECTS:
                message = f"over {MAX_REDIRECTS} redirects, the last one to {target}; see where the document is now"
                raise StatusError(trail[0], message, status_code=response.status_code)
            here = _next(here, target, allowed_hosts=allowed_hosts)
        if response.status_code == HTTPStatus.NOT_MODIFIED and conditional and not trail:
            return NotModified(url=str(here))
        to_front = bool(trail) and is_front(here.path) and not is_front(start.path)
        _check_speaker(response, str(here))
        check_response(
            response, str(here), expect=expect, to_front=to_front, now=datetime.now(UTC), if_refused=self.if_refused
        )
        return _answer(through(response, exchanges), str(here), trail=trail)

    def _ask(
        self,
        url: PlainAddress | httpx.URL,
        further: list[tuple[bytes, bytes]],
        *,
        accept: bytes = b"*/*",
        form: bytes | None = None,
        max_bytes: int | None = None,
        limit: float | None = None,
        apart: bool = False,
        conditional: bool = False,
    ) -> Response:
        headers = [(b"user-agent", self._agent), (b"accept", accept), (b"accept-encoding", b"gzip"), *further]
        headers += [FORM_HEADER] if form is not None else []
        most = min(max_bytes or self._poll.max_bytes, self._poll.max_bytes)
        seconds = limit or self._poll.timeout.total_seconds()
        method = "GET" if form is None else "POST"
        places = self._places_at(url.host, apart=apart)
        connection = places.take()
        try:
            if connection is None:
                connection = Connection(
                    route=self._route,
                    resolve=self._resolve,
                    clock=self._clock,
                    allow_private_addresses=self._poll.allow_private_addresses,
                    now=self._now,
                )
            return connection.send(
                method, url, headers, body=form, seconds=seconds, max_bytes=most, patient=limit is not None,
                traced=True, conditional=conditional,
            )  # fmt: skip
        finally:
            places.give_back(connection)

    def _places_at(self, host: str, *, apart: bool) -> _Places:
        """Return the connections to a host; with `apart`, the one for requests that no other may wait for."""
        with self._lock:
            places = self._places.get((host, apart))
            if places is None:
                places = self._places[host, apart] = _Places(1 if apart else self._poll.per_host)
        return places


class _Places:
    """The connections to one host; a thread takes one for each exchange, and waits if all are taken.

    The last one that was given back is taken first, so that no more are opened than are needed. A queue of the library
    would do the same in nine times the time, which is a good part of an exchange.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._free: list[Connection | None] = [None] * number  # None for one that is made when it is needed
        self._tokens: SimpleQueue[None] = SimpleQueue()  # one for each that is free
        for _ in range(number):
            self._tokens.put(None)

    def take(self) -> Connection | None:
        """Wait until one is free, and return it."""
        self._tokens.get()
        return self._free.pop()

    def give_back(self, connection: Connection | None) -> None:
        """Let another thread take it."""
        self._free.append(connection)
        self._tokens.put(None)


def through(response: Response, redirects: Iterable[Exchange]) -> Response:
    """Return a response with the exchanges that redirected on the way to it noted in its own exchange."""
    if response.exchange is None:
        return response
    return replace(response, exchange=replace(response.exchange, redirects=tuple(redirects)))


def _check_speaker(response: Response, url: str) -> None:
    """Raise StatusError where it is not certain that the server says that a document is gone.

    Over http the answer may be the proxy's own: some proxies say 404 of a host that they do not find.
    """
    by_proxy = response.exchange is not None and response.exchange.by_proxy
    if by_proxy and url.startswith("http:") and response.status_code in {404, 410}:
        code = response.status_code
        message = f"answered {code}, the server or the proxy before it, which can't be told apart over http; see which"
        raise StatusError(url, f"{message}, and write https:// if the server has it", status_code=code)


def _conditional(conditions: Conditions | None) -> list[tuple[bytes, bytes]]:
    """Return the request headers for the conditions, as pairs of name and value; none without conditions."""
    etag, last_modified = (conditions.etag, conditions.last_modified) if conditions else (None, None)
    pairs = ((b"if-none-match", etag), (b"if-modified-since", last_modified))
    return [(name, value.encode("latin-1", errors="replace")) for name, value in pairs if value]


def _route(poll: Poll | PollLimits) -> Route:
    """Return the route that `poll` describes: the direct one, if it is an outline, which names no proxy."""
    return DIRECT if isinstance(poll, PollLimits) else route_of(poll, "poll")


def _agent(contact: str) -> bytes:
    """Return the value of the User-Agent header: this program's name, version and contact."""
    reach = "".join(letter for letter in contact if letter.isprintable()).strip()
    return f"monitor/{__version__}{f' (+{reach})' if reach else ''}".encode()


@lru_cache(4096)
def _permitted(url: str, source: str, *, allowed_hosts: frozenset[str]) -> PlainAddress | httpx.URL:
    """Check that an address may be asked, and return it without its fragment.

    source: the address that led to it, for the error message.

    Raises ForbiddenAddressError.
    """
    with naming(source, ForbiddenAddressError):
        parsed = address_of(url)
        hosts = {parsed.host, parsed.raw_host.decode("ascii")}
    if parsed.scheme not in {"http", "https"} or not (parsed.port is None or 0 < parsed.port < 65536):
        raise ForbiddenAddressError(source, f"leads to {parsed!r}, which is no http or https address; correct the link")
    if parsed.userinfo:
        raise ForbiddenAddressError(source, f"leads to {parsed.host} with a login in the address; take it out")
    if not hosts & allowed_hosts:
        message = f"leads to the host {parsed.host!r}; add it to the `hosts` of the source if that is right"
        raise ForbiddenAddressError(source, message)
    return parsed


def _next(here: PlainAddress | httpx.URL, target: str, *, allowed_hosts: frozenset[str]) -> PlainAddress | httpx.URL:
    """Return the address that a redirect from `here` leads to. Raises ForbiddenAddressError where that is not allowed.

    target: the value of the redirect's Location header.
    """
    with naming(str(here), ForbiddenAddressError):
        # Location is UTF-8 where it is not ASCII, though headers are read as Latin-1.
        there = whole_url(str(here)).join(target.encode("latin-1").decode("utf-8", errors="replace"))
    if here.scheme == "https" and there.scheme == "http":
        message = f"redirects from https to {there.host} without TLS; see what the publisher did"
        raise ForbiddenAddressError(str(here), message)
    return _permitted(str(there), str(here), allowed_hosts=allowed_hosts)


def _wait(fault: FetchError, attempt: int) -> float | None:
    """Return the seconds to wait before trying again after a fault; None if trying again would not help.

    attempt: how many attempts failed before this one.
    """
    if isinstance(fault, StatusError):
        if fault.status_code != HTTPStatus.TOO_MANY_REQUESTS and fault.status_code < 500:
            return None
        if fault.retry_after:
            return fault.retry_after if fault.retry_after <= MAX_FETCH_PAUSE.total_seconds() else None
    elif not isinstance(fault, UnreachableError | TruncatedError):
        return None
    elif isinstance(fault, ProxyError) and fault.status_code and fault.status_code < 500:
        return None  # a wrong login that is tried again and again may lock the account
    elif any(isinstance(cause, ssl.SSLCertVerificationError | TooSlowError) for cause in chain(fault)):
        return None  # a certificate does not change within seconds, and a silent proxy costs as long again
    return backoff(attempt + 1, first=FIRST_FETCH_PAUSE, longest=MAX_FETCH_PAUSE, spread=0.5).total_seconds()


def _answer(response: Response, url: str, *, trail: list[str]) -> Answer:
    return Answer(
        url=url,
        requested_url=trail[0] if trail else url,
        status_code=response.status_code,
        headers=tuple((key, value) for key, value in response.headers if key in KEPT_HEADERS),
        content=response.content,
        etag=None if trail else response.header("etag"),
        last_modified=None if trail else response.header("last-modified"),
        redirected_from=tuple(trail),
        exchange=response.exchange,
    )
