"""One POST to a receiver, before a deadline, whose address may be a secret.

No redirect is followed, nothing is kept between two of them, and no error shows more of the address than its host:
what the libraries below raise may hold all of it, so it ends here. httpx is used below its client, which would write
each address into the log.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import httpcore
import httpx

from monitor import __version__
from monitor.channels.faults import UNREACHABLE, reason
from monitor.config.secrets import hush
from monitor.errors import TransportError
from monitor.fetch.backend import GuardedBackend, addresses
from monitor.fetch.verdict import Response, retry_after

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

SECONDS = 30.0  # for one POST, from looking up the host to the answer's last byte
LONGEST_ANSWER = 2_000  # bytes of an answer that can be a word of explanation
PASSING = frozenset({408, 425, 429})  # of the 4xx: these may be otherwise the next time
HOPELESS = frozenset({401, 403, 404, 405, 410})  # the address, not the alert, is refused


def post(
    address: str,
    content: bytes,
    *,
    channel: str,
    headers: Mapping[str, str],
    seconds: float,
    tls: Callable[[], ssl.SSLContext],
) -> None:
    """Send JSON; returns once the receiver has answered that it took it. Raises TransportError."""
    hush()
    request = _request(address, content, channel=channel, headers=headers)
    where = f"channel {channel}: {request.url.host}"
    backend = GuardedBackend(resolve=addresses, clock=time.monotonic, allow_private_addresses=True)
    backend.begin(where, seconds)
    try:
        with _Transport(backend, tls()) as transport:
            response = transport.handle_request(request)
            answer = b"" if response.is_success else _beginning(response)
    except UNREACHABLE as fault:
        raise TransportError(f"{where}: {reason(fault, seconds=seconds)}", permanent=False) from None
    if not response.is_success:
        _refuse(response, answer, where)


def _request(address: str, content: bytes, *, channel: str, headers: Mapping[str, str]) -> httpx.Request:
    """The request; a login in the address is sent as such."""
    try:
        url = httpx.URL(address)
        usable = url.scheme in {"http", "https"} and url.host and (url.port is None or 0 < url.port < 65_536)
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        message = f"channel {channel}: its url is no web address; correct it, then `monitor redeliver`"
        raise TransportError(message, permanent=True, disables=True)
    agent = {"user-agent": f"monitor/{__version__}", "content-type": "application/json", "accept": "*/*"}
    request = httpx.Request("POST", url, headers=agent | dict(headers), content=content)
    login = httpx.BasicAuth(url.username, url.password) if url.userinfo else httpx.Auth()
    return next(login.auth_flow(request))


class _Transport(httpx.HTTPTransport):
    """httpx's own transport over a connection of ours that ends with its deadline, for which httpx has no argument."""

    def __init__(self, backend: GuardedBackend, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=tls, max_connections=1, network_backend=backend)


def _beginning(response: httpx.Response) -> bytes:
    """As much of an answer as can be a word of explanation; none where it breaks off: the status has come."""
    content = b""
    with suppress(*UNREACHABLE):
        for piece in response.iter_raw():
            content += piece
            if len(content) > LONGEST_ANSWER:
                break
    return content


def _refuse(response: httpx.Response, answer: bytes, where: str) -> NoReturn:
    """Raise what a status other than 2xx means."""
    code = response.status_code
    kept = tuple((key.lower(), value) for key, value in response.headers.items())
    wait = retry_after(Response(status_code=code, headers=kept, content=b""), datetime.now(UTC))
    said = f"answered {code}{_word(answer)}"
    if code in PASSING or code >= 500:
        raise TransportError(f"{where}: {said}", permanent=False, retry_after=wait)
    if code < 400:
        message = f"{where}: {said}, a redirect, which is not followed; set the address that it leads to"
        raise TransportError(message, permanent=True, disables=True)
    hopeless = code in HOPELESS
    what = "see whether its address is still right" if hopeless else "it does not take this alert"
    raise TransportError(f"{where}: {said}; {what}", permanent=True, disables=hopeless)


def _word(answer: bytes) -> str:
    """What Slack says in a word, like `no_service`; other answers could repeat what was sent, and are not shown."""
    found = re.fullmatch(rb"\s*([a-z]{2,20}(?:_[a-z]{1,20}){1,5})\s*", answer)
    return f" {found[1].decode('ascii')}" if found else ""
