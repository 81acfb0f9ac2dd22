"""Makes one HTTP exchange (a request and its answer), with limits: allowed addresses, a deadline, a largest size."""

from __future__ import annotations

import time
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpcore

from monitor import __version__
from monitor.errors import FetchError, TruncatedError
from monitor.fetch.address import USUAL_PORTS, whole_url
from monitor.fetch.backend import GuardedBackend, addresses
from monitor.fetch.body import Body
from monitor.fetch.faults import naming
from monitor.fetch.http1 import KEEP_ALIVE_SECONDS, Http1, open_connection
from monitor.fetch.route import DIRECT
from monitor.fetch.trace import Trace
from monitor.fetch.tunnel import WANTS_LOGIN, asking_proxy, login_headers, proxy_url, refused
from monitor.fetch.verdict import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from monitor.config.network import Proxy
    from monitor.fetch.address import PlainAddress
    from monitor.fetch.backend import Resolve
    from monitor.fetch.route import Route

    Headers = list[tuple[bytes, bytes]]

# Seconds for each part of an exchange; all of them are cut to the time that the deadline leaves.
PART_SECONDS = {"connect": 10.0, "read": 30.0, "write": 10.0, "pool": 10.0}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a server answers of a document that has not changed. Its headers and its exchange are kept by nobody.
UNCHANGED = Response(status_code=304, headers=(), content=b"")


def present_time() -> datetime:
    """Return the present time, in UTC."""
    return datetime.now(UTC)


class Connection:
    """A connection to a server, which is opened when it is first needed and kept for further requests to that server.

    It makes one exchange at a time, and two threads must not share it: each exchange has its own deadline, and
    httpcore's HTTP/2 connection changes its state without a lock. It uses the proxy of its route, and no proxy or login
    from the environment. It keeps and sends no cookies, and follows no redirect.
    """

    def __init__(
        self,
        *,
        resolve: Resolve,
        clock: Callable[[], float],
        allow_private_addresses: bool,
        now: Callable[[], datetime] = present_time,
        route: Route = DIRECT,
    ) -> None:
        """Make a connection that is not open yet.

        resolve: a function that looks up the IP addresses of a host and port.
        clock: a function that returns the present time in seconds.
        allow_private_addresses: whether servers in a private network may be asked.
        now: a function that returns the present time, which is noted with each exchange.
        route: the proxy, and the TLS settings. These are made once, and only if a server is asked over https, because
            that takes longer than most exchanges.
        """
        self._route = route.sharing_settings()
        self._now = now
        self._backend = GuardedBackend(
            resolve=resolve, clock=clock, allow_private_addresses=allow_private_addresses, route=self._route
        )
        self._connection: httpcore.ConnectionInterface | None = None
        self._proxy: Proxy | None = None  # through which the present connection goes

    def send(
        self,
        method: str,
        url: PlainAddress | httpx.URL,
        headers: Headers,
        *,
        body: bytes | None = None,
        seconds: float,
        max_bytes: int,
        patient: bool = False,
        needs_content: bool = True,
        traced: bool = False,
        conditional: bool = False,
    ) -> Response:
        """Send one request and return its response, with its body unpacked. Raises FetchError.

        body: the request's body; None for a request without one.
        seconds: how long the whole exchange may take, from looking up the host to the last byte.
        max_bytes: the largest size of the response's body.
        patient: whether the server may be silent for all of `seconds`, and not only for `PART_SECONDS["read"]`.
        needs_content: whether to read the body of a success (2xx); False leaves it unread.
        traced: whether to note how a redirect or a document came, in the `exchange` of the response.
        conditional: whether this is a GET request that asks for a document only if it has changed. `UNCHANGED` may then
            be returned for an answer with the status 304.

        The body of a redirect is never read. A failure (4xx, 5xx) is returned with an empty body where reading its
        body fails.
        """
        where = str(url)
        times = PART_SECONDS | ({"read": seconds} if patient else {})
        self._backend.begin(where, seconds)
        try:
            with naming(where, silence=times["read"]):
                asked_at = self._now()
                headers = [(b"host", url.netloc), *headers]
                connection = self._connected(_origin(url), seconds=times["connect"])
                if (
                    conditional
                    and isinstance(connection, Http1)  # and no connection of HTTP/2, or to a proxy
                    and connection.is_unchanged(url.raw_path, headers, write=times["write"], read=times["read"])
                ):
                    return UNCHANGED
                request = _request(method, url, headers, body=body, times=times)
                trace = Trace(where, request, asked_at=asked_at, now=self._now) if traced else None
                answer = self._asked(connection, request, where, silence=times["read"])
            if trace:
                trace.answered(answer, by_proxy=self._proxy is not None)
            names = tuple((key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in answer.headers)
            response = Response(status_code=answer.status, headers=names, content=b"")
            if response.status_code in REDIRECTS or (response.is_success and not needs_content):
                self.hang_up()
                return replace(response, exchange=trace.exchange()) if trace else response
            return self._with_content(answer, response, trace, where, max_bytes=max_bytes, silence=times["read"])
        except BaseException:
            self.hang_up()
            raise

    def _asked(
        self, connection: httpcore.ConnectionInterface, request: httpcore.Request, where: str, *, silence: float
    ) -> httpcore.Response:
        """Send a request, and return the answer as soon as its headers are there; to http servers, by the proxy."""
        if self._proxy is None or request.url.scheme == b"https":
            return connection.handle_request(request)
        with asking_proxy(self._proxy, where, self._route.section, silence=silence):
            answer = connection.handle_request(request)
        if answer.status == WANTS_LOGIN:
            raise refused(self._proxy, where, self._route.section, answer.status)
        return answer

    def _connected(self, origin: httpcore.Origin, *, seconds: float) -> httpcore.ConnectionInterface:
        """Return a connection to a server: the present one where it can still be used, else a new one.

        seconds: how long it may take to connect.
        """
        present = self._connection
        if present and present.can_handle_request(origin) and present.is_available() and not present.has_expired():
            return present
        self.hang_up()
        self._proxy = self._route.find_proxy()
        if self._proxy and origin.scheme == b"http":
            self._connection = self._forwarding(self._proxy, origin)
        else:
            self._connection = open_connection(origin, self._backend, self._route.tls, seconds=seconds)
        return self._connection

    def _forwarding(self, proxy: Proxy, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        """Return a connection to a proxy that sends requests on to a server at http. Raises ForbiddenAddressError."""
        self._backend.check_name(origin.host.decode("ascii"))
        pool = httpcore.HTTPProxy(
            proxy_url(proxy),
            proxy_headers=login_headers(proxy),
            proxy_ssl_context=(self._route.proxy_tls or self._route.tls)() if proxy.secure else None,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=self._backend.towards(proxy),
        )
        return pool.create_connection(origin)

    def _with_content(
        self,
        answer: httpcore.Response,
        response: Response,
        trace: Trace | None,
        where: str,
        *,
        max_bytes: int,
        silence: float,
    ) -> Response:
        try:
            body = Body(response, where, cap=max_bytes)
            with naming(where, TruncatedError, silence=silence):
                for piece in answer.iter_stream():
                    self._backend.left()
                    body.add(piece)
                answer.close()
            content = body.whole()
        except FetchError:
            if response.is_success:
                raise
            self.hang_up()
            return response
        packed = (("content-encoding", "gzip"),) if body.packed_silently else ()
        exchange = trace.exchange(packed=body.packed()) if trace else None
        return replace(response, headers=response.headers + packed, content=content, exchange=exchange)

    def hang_up(self) -> None:
        """Close the connection, because the unread rest of an answer would be taken for the next answer."""
        self.close()
        self._connection = None

    def close(self) -> None:
        """Close the connection, where there is one."""
        if self._connection:
            self._connection.close()


def send_once(
    method: str,
    url: httpx.URL,
    headers: Headers,
    *,
    body: bytes | None = None,
    seconds: float,
    max_bytes: int,
    needs_content: bool = False,
    route: Route = DIRECT,
) -> Response:
    """Send one request over a connection that is used for nothing else, and return the answer. Raises FetchError.

    The address comes from the configuration, so a person chose it; therefore it may be a private one. A login in it is
    sent as Basic authentication.

    seconds: how long the whole exchange may take.
    max_bytes: the largest size of the answer's body.
    needs_content: whether to read the body of a success (2xx); without it only a failure has a body.
    route: the proxy, and the TLS settings.
    """
    agent = (b"user-agent", f"monitor/{__version__}".encode())
    login = b64encode(f"{url.username}:{url.password}".encode())
    authorization = [(b"authorization", b"Basic " + login)] if url.userinfo else []
    connection = Connection(resolve=addresses, clock=time.monotonic, allow_private_addresses=True, route=route)
    with closing(connection):
        return connection.send(
            method,
            url,
            [agent, (b"accept", b"*/*"), *authorization, *headers],
            body=body,
            seconds=seconds,
            max_bytes=max_bytes,
            needs_content=needs_content,
        )


def web_address(text: str) -> httpx.URL | None:
    """Parse a text as an http or https address with a host; return None where it is not one."""
    import httpx  # noqa: PLC0415 - only channels ask for it

    try:
        url = whole_url(text)
    except (httpx.InvalidURL, ValueError):
        return None
    if url.scheme not in {"http", "https"} or not url.host or not (url.port is None or 0 < url.port < 65_536):
        return None
    return url


def _origin(url: PlainAddress | httpx.URL) -> httpcore.Origin:
    """Return the server of an address, as httpcore wants it."""
    return httpcore.Origin(url.raw_scheme, url.raw_host, url.port or USUAL_PORTS[url.scheme])


def _request(
    method: str, url: PlainAddress | httpx.URL, headers: Headers, *, body: bytes | None, times: dict[str, float]
) -> httpcore.Request:
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    length = [] if body is None else [(b"content-length", b"%d" % len(body))]
    return httpcore.Request(
        method,
        target,
        headers=[*headers, *length],
        content=body,
        extensions={"timeout": times},
    )
