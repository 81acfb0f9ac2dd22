"""Notes one exchange with a server as it happens: times, request, headers, address and TLS of the server."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

from monitor import __version__
from monitor.model import Exchange, Tls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    import httpcore

MAX_KEPT_HEADER_BYTES = 64 * 1024  # of one answer that are kept; h11 and h2 take about 100 KB
SECRETS = frozenset({"authorization", "proxy-authorization", "cookie"})  # request headers that are never kept


class Trace:
    """The notes about one exchange: made when it begins, added to when the headers come, and read when it has ended."""

    def __init__(self, url: str, request: httpcore.Request, *, asked_at: datetime, now: Callable[[], datetime]) -> None:
        """Note a request that was begun at `asked_at`; `now` is a function that returns the present time."""
        self._now = now
        self._url = url
        self._method = request.method.decode("ascii")
        self._request_headers = tuple(pair for pair in _pairs(request.headers) if pair[0].lower() not in SECRETS)
        self._asked_at = asked_at

    def answered(self, answer: httpcore.Response, *, by_proxy: bool) -> None:
        """Note that the headers of the answer are there, while the connection is still open.

        by_proxy: whether the answer came through a proxy. The address of the other end is then the proxy's, and so is
            its TLS where the server itself is asked without, so neither is noted as the server's.
        """
        self._headers_at = self._now()
        self._status = answer.status
        self._version = answer.extensions["http_version"].decode("latin-1")
        self._reason = answer.extensions.get("reason_phrase", b"").decode("latin-1")
        self._headers, self._headers_cut = _bounded(_pairs(answer.headers))
        stream: httpcore.NetworkStream = answer.extensions["network_stream"]
        self._server: tuple[str, int] | None = None
        self._by_proxy = by_proxy
        if not by_proxy:
            with suppress(OSError):  # the server has left already
                self._server = stream.get_extra_info("server_addr")[:2]
        self._tls = None if by_proxy and not self._url.startswith("https:") else _tls(stream)

    def exchange(self, *, packed: bytes | None = None) -> Exchange:
        """Return the exchange, which ends now. `packed` is the body as it came, where it came packed."""
        return Exchange(
            asked_at=self._asked_at,
            headers_at=self._headers_at,
            ended_at=self._now(),
            method=self._method,
            url=self._url,
            request_headers=self._request_headers,
            http_version=self._version,
            status_code=self._status,
            reason=self._reason,
            headers=self._headers,
            headers_cut=self._headers_cut,
            server=self._server,
            by_proxy=self._by_proxy,
            tls=self._tls,
            packed=packed,
            program=f"monitor/{__version__}",
        )


def _pairs(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _bounded(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return the headers that fit into MAX_KEPT_HEADER_BYTES, and how many others there are.

    A header that does not fit is left out whole; a shorter one after it may be kept.
    """
    kept: list[tuple[str, str]] = []
    left = MAX_KEPT_HEADER_BYTES
    for name, value in headers:
        size = len(name) + len(value) + len(": \r\n")
        if size <= left:
            kept.append((name, value))
            left -= size
    return tuple(kept), len(headers) - len(kept)


def _tls(stream: httpcore.NetworkStream) -> Tls | None:
    """Return how a connection to a server is secured; None where it is not."""
    # Where TLS with the server runs within TLS with a proxy, the "socket" is the one to the proxy.
    inner = stream.get_extra_info("ssl_object")
    socket = inner if isinstance(inner, ssl.SSLObject) else stream.get_extra_info("socket")
    if not isinstance(socket, ssl.SSLSocket | ssl.SSLObject):
        return None
    cipher = socket.cipher()
    own = socket.getpeercert(binary_form=True)
    chain = getattr(socket, "get_unverified_chain", None)  # as the server sent it; from Python 3.13 on
    shown = tuple(chain()) if chain else ()
    return Tls(
        version=socket.version() or "",
        cipher=cipher[0] if cipher else "",
        certificates=shown or ((own,) if own else ()),
    )
