"""Limits the time and the number of connections, so that idle ones can't keep other readers from the pages.

A connection is closed if it has not sent a whole request in time. If there are too many connections, in all or from one
address, the one that has waited longest without sending a request is closed.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """The limits on connections.

    - `request_seconds`: the seconds within which a whole request must arrive, from its first byte, or for the first
      request from the start of the connection.
    - `answer_seconds`: the seconds after which a connection is closed if its client takes no more of an answer.
    - `connections`: the largest number of open connections.
    - `per_address`: the largest number from one address. This machine's own addresses have no such limit, because a web
      server in front of the pages uses one of them for all readers.
    - `requests`: the largest number of requests that are answered at the same time.
    """

    request_seconds: float = 10.0
    answer_seconds: float = 60.0
    connections: int = 500
    per_address: int = 50
    requests: int = 100


CONNECTION_LIMITS = ConnectionLimits()
OpenConnection = TypeVar("OpenConnection")


def counted_as(host: str) -> str | None:
    """Return the text under which connections from an address are counted; None for an address of this machine.

    All addresses of one IPv6 network, whose first 64 bits are the same, are counted together, since one client may use
    all of them.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return counted_as(str(address.ipv4_mapped))
        if not address.is_loopback:
            return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return None if address.is_loopback else str(address)


class OpenConnections(Generic[OpenConnection]):
    """The open connections of a server, and those among them that wait for a request, the longest wait first."""

    def __init__(self, limits: ConnectionLimits = CONNECTION_LIMITS) -> None:
        self.limits = limits
        self._open: dict[OpenConnection, str | None] = {}
        self._waiting: dict[OpenConnection, None] = {}

    def add(self, connection: OpenConnection, address: str | None) -> OpenConnection | None:
        """Count a new connection; return the one that the caller must close for it, or None if there is room.

        `address` is the result of `counted_as`. The new connection itself is returned if all others are busy with a
        request.
        """
        self._open[connection] = address
        self._waiting[connection] = None
        beside = sum(each == address for each in self._open.values()) if address else 0
        if beside > self.limits.per_address:
            longest = next(each for each in self._waiting if self._open[each] == address)
        elif len(self._open) > self.limits.connections:
            longest = next(iter(self._waiting))
        else:
            return None
        self.remove(longest)
        return longest

    def begin(self, connection: OpenConnection) -> None:
        """Note that the connection has sent a whole request."""
        self._waiting.pop(connection, None)

    def end(self, connection: OpenConnection) -> None:
        """Note that the request of a connection is answered, and that it waits for another one."""
        if connection in self._open:
            self._waiting.pop(connection, None)
            self._waiting[connection] = None

    def remove(self, connection: OpenConnection) -> None:
        """Forget a connection that is closed."""
        self._open.pop(connection, None)
        self._waiting.pop(connection, None)


class TimedConnection(H11Protocol):
    """A connection of the web server uvicorn to a reader's browser, with the limits of this module."""

    def __init__(self, *given: Any, among: OpenConnections[TimedConnection], **named: Any) -> None:  # noqa: ANN401
        super().__init__(*given, **named)
        self._among = among
        self._request_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Count the connection, and begin to wait for its request."""
        super().connection_made(transport)
        excess = self._among.add(self, counted_as(self.client[0]) if self.client else None)
        if excess:
            excess.transport.abort()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, since it is closed."""
        self._among.remove(self)
        for timer in (self._request_timer, self._answer_timer):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request; the time limit for the whole request begins with its first piece."""
        if self._request_timer is None and not self._is_answering():
            self._wait()
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, unless it has arrived already."""
        self._among.end(self)
        super().on_response_complete()
        self._look()
        if self._request_timer is None and self.cycle.more_body:  # the next one came in part with the one before
            self._wait()

    def pause_writing(self) -> None:
        """Begin to wait for the reader to take more of the answer."""
        super().pause_writing()
        self._answer_timer = self.loop.call_later(self._among.limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        if self._answer_timer:
            self._answer_timer.cancel()
            self._answer_timer = None

    def _wait(self) -> None:
        self._request_timer = self.loop.call_later(self._among.limits.request_seconds, self.transport.abort)

    def _is_answering(self) -> bool:
        """Return whether a whole request is there that is not answered yet."""
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    def _look(self) -> None:
        """Stop the time for the request if it is there as a whole."""
        if not self._is_answering():
            return
        self._among.begin(self)
        if self._request_timer:
            self._request_timer.cancel()
            self._request_timer = None


def timed(limits: ConnectionLimits = CONNECTION_LIMITS) -> type[asyncio.Protocol]:
    """Return a function that makes the connections of one server, with these limits.

    Its declared type is a class, because uvicorn asks for one; uvicorn only calls it.
    """
    return cast("type[asyncio.Protocol]", partial(TimedConnection, among=OpenConnections[TimedConnection](limits)))


class RequestLimit:
    """Passes requests on to `app`, at most `most` at the same time; others are answered with status 503."""

    def __init__(self, app: ASGIApp, most: int = CONNECTION_LIMITS.requests) -> None:
        self._app = app
        self._most = most
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, or refuse it with status 503."""
        if self._now >= self._most:
            busy = PlainTextResponse("The pages are busy. Try again in a moment.\n", 503, {"retry-after": "5"})
            await busy(scope, receive, send)
            return
        self._now += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._now -= 1
