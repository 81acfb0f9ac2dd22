"""Makes network connections, to allowed addresses only; each ends at the deadline of its exchange with a server.

Where a proxy is asked, it looks up the server, and only the server's name can be checked.
"""

from __future__ import annotations

import threading
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from socket import SOCK_STREAM, getaddrinfo
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import httpcore

from monitor.errors import ForbiddenAddressError, TooSlowError
from monitor.fetch.route import DIRECT
from monitor.fetch.tunnel import asking_proxy, open_tunnel, refused

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Sequence

    from monitor.config.network import Proxy
    from monitor.fetch.route import Route

    Resolve = Callable[[str, int], Sequence[str]]

P = ParamSpec("P")
T = TypeVar("T")
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address behind a translator
# Last parts of names that lead into a network of one's own: RFC 6761, 6762 and 8375, and what ICANN gives to nobody.
LOCAL_ENDINGS = frozenset(
    {
        *("localhost", "local", "localdomain", "internal", "intranet", "private"),
        *("lan", "home", "corp", "mail", "workgroup"),
    }
)


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


def is_public_name(host: str) -> bool:
    """Return whether a host's name may lead to a public address, as far as the name tells; it is not looked up.

    A public IP address is one. The name of a machine of one's own is none, such as `localhost`, `printer` or
    `wiki.corp`; neither is an IPv4 address in another spelling, such as `127.1`, `0x7f000001` or `2130706433`.
    """
    name = host.rstrip(".").lower()
    try:
        return is_public(ip_address(name.strip("[]").partition("%")[0]))
    except ValueError:
        *others, last = name.split(".")
    is_number = last.isdigit() or last.startswith("0x")
    return bool(others) and not is_number and last not in LOCAL_ENDINGS and not name.endswith(".home.arpa")


class GuardedBackend(httpcore.NetworkBackend):
    """The object through which the library httpcore opens connections; it checks each IP address, and keeps a deadline.

    It serves one exchange (a request and its answer) at a time. Where the route has a proxy, connections are tunnels
    through it, and names are checked in place of addresses.
    """

    def __init__(
        self, *, resolve: Resolve, clock: Callable[[], float], allow_private_addresses: bool, route: Route = DIRECT
    ) -> None:
        self._resolve = resolve
        self._clock = clock
        self._allow_private_addresses = allow_private_addresses
        self._route = route
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
        """Connect to a host, directly or through the proxy of the route.

        Raises ForbiddenAddressError, TooSlowError, ProxyError, or an error of httpcore.
        """
        del local_address, socket_options  # which httpcore leaves empty here
        proxy = self._route.find_proxy()
        if proxy is None:
            return self.connect_to(self._allowed(host, port), host, port, timeout)
        self.check_name(host)
        with asking_proxy(proxy, self._url, self._route.section):
            tls = self._route.proxy_tls or self._route.tls
            status, stream = open_tunnel(proxy, host, port, backend=self.towards(proxy), tls=tls, seconds=timeout)
            if stream is None:
                raise refused(proxy, self._url, self._route.section, status)
        return stream

    def check_name(self, host: str) -> None:
        """Check the name of a host that a proxy is to be asked for. Raises ForbiddenAddressError."""
        if ":" in host:
            message = f"{host} is an IPv6 address, for which a proxy is not asked; write a name in its place"
            raise ForbiddenAddressError(self._url, message)
        if not self._allow_private_addresses and not is_public_name(host):
            message = f"{host} is by its name no public address, and the proxy is not asked for it; set"
            raise ForbiddenAddressError(
                self._url, f"{message} `poll.allow_private_addresses` only to try things out in a network of your own"
            )

    def towards(self, proxy: Proxy) -> httpcore.NetworkBackend:
        """Return the object through which httpcore opens a connection to a proxy, which may have a private address."""
        return _ToProxy(self, proxy)

    def connect_to(self, known: Sequence[str], host: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        """Try IP addresses of a host in turn, and return the first connection that succeeds.

        known: the addresses that may be tried.

        Raises TooSlowError, or an error of httpcore.
        """
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in known:
            try:
                # The address, not the name: a second look-up could give another one. TLS still checks the name.
                stream = self._system.connect_tcp(address, port, self.left(timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                fault = failed
            else:
                return _Stream(stream, self)
        self.left()
        raise fault

    def _allowed(self, host: str, port: int) -> list[str]:
        known = self.look_up(host, port)
        allowed = [address for address in known if self._allow_private_addresses or is_public(ip_address(address))]
        if known and not allowed:
            message = f"{host} leads to {', '.join(known)}, no public address; set `poll.allow_private_addresses`"
            raise ForbiddenAddressError(self._url, f"{message} only to try things out on this machine")
        return allowed

    def look_up(self, host: str, port: int) -> Sequence[str]:
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


class _ToProxy(httpcore.NetworkBackend):
    """Opens connections to one proxy, which a person chose, so that its address is not checked."""

    def __init__(self, backend: GuardedBackend, proxy: Proxy) -> None:
        self._backend = backend
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        del local_address, socket_options  # as above
        assert port == self._proxy.port
        known = self._backend.look_up(host, port)
        return self._backend.connect_to(known, host, port, timeout)


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
