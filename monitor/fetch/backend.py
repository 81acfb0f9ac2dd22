"""Makes network connections, to allowed addresses only; each ends at the deadline of its exchange with a server."""

from __future__ import annotations

import threading
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from socket import SOCK_STREAM, getaddrinfo
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import httpcore

from monitor.errors import ForbiddenAddressError, TooSlowError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Sequence

    Resolve = Callable[[str, int], Sequence[str]]

P = ParamSpec("P")
T = TypeVar("T")
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address behind a translator


def addresses(host: str, port: int) -> tuple[str, ...]:
    """Return the IP addresses of a host, the best first. Raises OSError if it has none."""
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in getaddrinfo(host, port, type=SOCK_STREAM)))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an IP address is public, that is, not one of a private network or of this machine.

    An IPv6 address that stands for an IPv4 address is judged by that IPv4 address.
    """
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    inner = IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else address.ipv4_mapped or address.sixtofour
    return is_public(inner) if inner else address in GLOBAL_UNICAST and address.is_global


class GuardedBackend(httpcore.NetworkBackend):
    """The object through which the library httpcore opens connections; it checks each IP address, and keeps a deadline.

    It serves one exchange (a request and its answer) at a time.
    """

    def __init__(self, *, resolve: Resolve, clock: Callable[[], float], allow_private_addresses: bool) -> None:
        self._resolve = resolve
        self._clock = clock
        self._allow_private_addresses = allow_private_addresses
        self._system = httpcore.SyncBackend()
        self._url = ""
        self._seconds = self._deadline = 0.0

    def begin(self, url: str, seconds: float) -> None:
        """Start the clock for one exchange with a server.

        url: the address that is asked, for error messages.
        seconds: how long the exchange may take.
        """
        self._url = url
        self._seconds = seconds
        self._deadline = self._clock() + seconds

    def left(self, limit: float | None = None) -> float:
        """Return the seconds until the deadline, but not more than `limit`. Raises TooSlowError after the deadline."""
        left = self._deadline - self._clock()
        if left <= 0:
            message = f"not done after {self._seconds:g} seconds; raise `poll.timeout` if that is usual there"
            raise TooSlowError(self._url, message)
        return left if limit is None else min(left, limit)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the allowed IP addresses of a host in turn, and return the first connection that succeeds.

        Raises ForbiddenAddressError, TooSlowError, or an error of httpcore.
        """
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._allowed(host, port):
            try:
                # The address, not the name: a second look-up could give another one. TLS still checks the name.
                stream = self._system.connect_tcp(address, port, self.left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as refused:
                fault = refused
            else:
                return _Stream(stream, self)
        self.left()
        raise fault

    def _allowed(self, host: str, port: int) -> list[str]:
        known = self._look_up(host, port)
        allowed = [address for address in known if self._allow_private_addresses or is_public(ip_address(address))]
        if known and not allowed:
            message = f"{host} leads to {', '.join(known)}, no public address; set `poll.allow_private_addresses`"
            raise ForbiddenAddressError(self._url, f"{message} only to try things out on this machine")
        return allowed

    def _look_up(self, host: str, port: int) -> Sequence[str]:
        """Return the IP addresses of a host.

        The look-up is done in a thread of its own, because the system's function takes no time limit.
        """
        outcome: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

        def look_up() -> None:
            try:
                outcome.put(self._resolve(host, port))
            except (OSError, ValueError) as fault:
                outcome.put(fault)

        threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
        try:
            known = outcome.get(timeout=self.left())
        except Empty as late:
            message = f"no address for {host} after {self._seconds:g} seconds; see whether DNS works here"
            raise TooSlowError(self._url, message) from late
        if isinstance(known, Exception):
            raise httpcore.ConnectError(known) from known
        return known


class _Stream(httpcore.NetworkStream):
    """A network connection on which each read or write ends at the deadline, however slowly the bytes arrive."""

    def __init__(self, stream: httpcore.NetworkStream, backend: GuardedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._in_time(self._stream.read, max_bytes, self._backend.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._in_time(self._stream.write, buffer, self._backend.left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            left = self._backend.left(timeout)
            return _Stream(self._in_time(self._stream.start_tls, ssl_context, server_hostname, left), self._backend)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        return self._stream.get_extra_info(info)

    def _in_time(self, operation: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run a read or write of the connection. Raises TooSlowError if it timed out after the exchange's deadline."""
        try:
            return operation(*arguments, **named)
        except httpcore.TimeoutException:
            self._backend.left()
            raise
