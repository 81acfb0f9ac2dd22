"""Asks an HTTP proxy to connect to a server, and names what the proxy does wrong.

For an address with `https://` the proxy opens a tunnel: it is asked to `CONNECT` to the server, and then passes on
bytes that it can't read. For one with `http://` the whole request is sent to the proxy, which sends it on.
"""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpcore

from monitor.errors import ProxyError, TooSlowError, UnreachableError
from monitor.fetch.faults import naming

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from monitor.config.network import Proxy

MAX_PROXY_SILENCE = 30.0  # seconds in which a proxy must have found the server
WANTS_LOGIN = HTTPStatus.PROXY_AUTHENTICATION_REQUIRED


@contextmanager
def asking_proxy(proxy: Proxy, url: str, section: str, *, silence: float = MAX_PROXY_SILENCE) -> Iterator[None]:
    """Turn each network fault in a `with` block into a ProxyError; the block connects to a proxy.

    url: the address that is asked for. The error's message begins with it.
    section: the section of the configuration that names the proxy.
    silence: how many seconds the proxy may be silent, for the error's message.
    """
    try:
        with naming(url, silence=silence):
            yield
    except ProxyError:
        raise
    except (UnreachableError, TooSlowError) as fault:
        what, _, remedy = str(fault).removeprefix(f"{url}: ").partition("; ")
        if "ca_file" not in remedy:
            remedy = f"see whether the proxy works, and whether `{section}.proxy` is right"
        raise ProxyError(url, f"through the proxy {proxy.name}: {what}; {remedy}") from fault


def refused(proxy: Proxy, url: str, section: str, status: int) -> ProxyError:
    """Return the error that says that a proxy refused to pass a request on.

    url: the address that was asked for. The error's message begins with it.
    section: the section of the configuration that names the proxy.
    status: the HTTP status of the proxy's answer.
    """
    if status == WANTS_LOGIN:
        what = "does not take the login" if proxy.login else "wants a login"
        remedy = f"put http://USER:PASSWORD@{proxy.name} into a file, and name that with `{section}.proxy_file`"
        return ProxyError(url, f"the proxy {proxy.name} {what} ({status}); {remedy}", status_code=status)
    phrase = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
    what = f"the proxy {proxy.name} answered {status}{phrase} when it was asked for a way there"
    remedy = f"see whether the server works, and ask who runs the proxy; it is named in `{section}.proxy`"
    return ProxyError(url, f"{what}; {remedy}", status_code=status)


def login_headers(proxy: Proxy) -> list[tuple[bytes, bytes]]:
    """Return the request header with the login for a proxy, as a list of one; an empty list if there is no login."""
    if proxy.login is None:
        return []
    return [(b"proxy-authorization", b"Basic " + b64encode(":".join(proxy.login).encode()))]


def proxy_url(proxy: Proxy, target: bytes = b"/") -> httpcore.URL:
    """Return the address of a proxy, as httpcore wants it; `target` stands in the first line of a request to it."""
    scheme = b"https" if proxy.secure else b"http"
    return httpcore.URL(scheme=scheme, host=proxy.host.encode("ascii"), port=proxy.port, target=target)


def open_tunnel(
    proxy: Proxy,
    host: str,
    port: int,
    *,
    backend: httpcore.NetworkBackend,
    tls: Callable[[], ssl.SSLContext],
    seconds: float | None,
) -> tuple[int, httpcore.NetworkStream | None]:
    """Ask a proxy for a tunnel to a server; return the status of its answer, and the tunnel (None if it refused).

    host, port: the server.
    backend: opens the connection to the proxy.
    tls: a function that makes the TLS settings for a proxy that is asked over TLS.
    seconds: how long it may take to connect to the proxy; None for no limit but that of the whole exchange.
    """
    there = f"{host}:{port}".encode("ascii")
    connection = httpcore.HTTPConnection(
        proxy_url(proxy).origin, ssl_context=tls() if proxy.secure else None, network_backend=backend
    )
    request = httpcore.Request(
        b"CONNECT",
        proxy_url(proxy, there),
        headers=[(b"host", there), *login_headers(proxy)],
        extensions={"timeout": {"connect": seconds, "read": MAX_PROXY_SILENCE, "write": seconds, "pool": seconds}},
    )
    answer = connection.handle_request(request)
    if not 200 <= answer.status < 300:
        connection.close()
        return answer.status, None
    return answer.status, answer.extensions["network_stream"]
