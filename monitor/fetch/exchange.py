"""One request and its response, with allowed addresses only, before a deadline and below a cap."""

from __future__ import annotations

import time
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import httpcore
import httpx

from monitor import __version__
from monitor.errors import FetchError, TruncatedError
from monitor.fetch.backend import GuardedBackend, addresses
from monitor.fetch.body import Body
from monitor.fetch.faults import naming
from monitor.fetch.verdict import Response

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from monitor.fetch.backend import Resolve

    Headers = list[tuple[bytes, bytes]]

# Seconds for each part of an exchange; all of them are cut to the time that the deadline leaves.
PART_SECONDS = {"connect": 10.0, "read": 30.0, "write": 10.0, "pool": 10.0}
KEEP_ALIVE_SECONDS = 30  # after which a connection that is not in use is made anew
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Connection:
    """At most one connection to a server, for one exchange at a time.

    Threads do not share one: it could have no deadline of its own, and httpcore's HTTP/2 connection changes its state
    without a lock. There is no client around it: so it uses no proxy or login of the environment, keeps and sends no
    cookie, and follows no redirect.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext,
        resolve: Resolve,
        clock: Callable[[], float],
        allow_private_addresses: bool,
    ) -> None:
        self._tls = tls
        self._backend = GuardedBackend(resolve=resolve, clock=clock, allow_private_addresses=allow_private_addresses)
        self._connection: httpcore.HTTPConnection | None = None

    def send(
        self,
        method: str,
        url: httpx.URL,
        headers: Headers,
        *,
        body: bytes | None = None,
        seconds: float,
        max_bytes: int,
        patient: bool = False,
        needs_content: bool = True,
    ) -> Response:
        """Send one request and return its response, unpacked. Raises FetchError.

        body: what is sent; None for a request without a body.
        seconds: how long the whole exchange may take, from looking up the host to the last byte.
        max_bytes: the cap of the response's body.
        patient: whether the server may be silent for all that time, and not only for `PART_SECONDS["read"]`.
        needs_content: False where a status of success is answer enough: its body is then left unread.

        The body of a redirect is left unread too. A status of failure is believed without its body where that can't
        be had.
        """
        where = str(url)
        times = PART_SECONDS | ({"read": seconds} if patient else {})
        self._backend.begin(where, seconds)
        try:
            with naming(where, silence=times["read"]):
                request = _request(method, url, headers, body=body, times=times)
                answer = self._connected(request.url.origin).handle_request(request)
            names = tuple((key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in answer.headers)
            response = Response(status_code=answer.status, headers=names, content=b"")
            if response.status_code in REDIRECTS or (response.is_success and not needs_content):
                self.hang_up()
                return response
            return self._with_content(answer, response, where, max_bytes=max_bytes, silence=times["read"])
        except BaseException:
            self.hang_up()
            raise

    def _connected(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        """Return the connection to an origin: the present one where it can still be used, else a new one."""
        present = self._connection
        if present and present.can_handle_request(origin) and present.is_available() and not present.has_expired():
            return present
        self.hang_up()
        self._connection = httpcore.HTTPConnection(
            origin,
            ssl_context=self._tls,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            http2=True,
            network_backend=self._backend,
        )
        return self._connection

    def _with_content(
        self, answer: httpcore.Response, response: Response, where: str, *, max_bytes: int, silence: float
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
        return replace(response, headers=response.headers + packed, content=content)

    def hang_up(self) -> None:
        """Drop the connection: the next response on it could not be told from the rest of this one."""
        self.close()
        self._connection = None

    def close(self) -> None:
        """End the connection."""
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
    tls: Callable[[], ssl.SSLContext] = httpx.create_ssl_context,
) -> Response:
    """Send one request to an address of the configuration, on a connection that ends with it. Raises FetchError.

    The address may be a private one: a person wrote it down. A login in it is sent as Basic authentication. The status
    is the answer: the body comes only with a status of failure, `max_bytes` of it at most.
    """
    with naming(str(url)):  # the authorities' certificates may not be readable
        context = tls()
    agent = (b"user-agent", f"monitor/{__version__}".encode())
    login = b64encode(f"{url.username}:{url.password}".encode())
    authorization = [(b"authorization", b"Basic " + login)] if url.userinfo else []
    connection = Connection(tls=context, resolve=addresses, clock=time.monotonic, allow_private_addresses=True)
    with closing(connection):
        return connection.send(
            method,
            url,
            [agent, (b"accept", b"*/*"), *authorization, *headers],
            body=body,
            seconds=seconds,
            max_bytes=max_bytes,
            needs_content=False,
        )


def web_address(text: str) -> httpx.URL | None:
    """Return an http or https address with a host and a port that can be; None for a text that is none."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        return None
    if url.scheme not in {"http", "https"} or not url.host or not (url.port is None or 0 < url.port < 65_536):
        return None
    return url


def _request(
    method: str, url: httpx.URL, headers: Headers, *, body: bytes | None, times: dict[str, float]
) -> httpcore.Request:
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    length = [] if body is None else [(b"content-length", b"%d" % len(body))]
    return httpcore.Request(
        method,
        target,
        headers=[(b"host", url.netloc), *headers, *length],
        content=body,
        extensions={"timeout": times},
    )
