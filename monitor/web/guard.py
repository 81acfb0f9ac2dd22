"""Checks each request before a page gets it (host name, method, length, password), and adds security headers.

A wrong password is answered late, and ever later from the same address.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from monitor.web.attempts import Attempts
from monitor.web.connections import counted_as

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from monitor.web.context import Access

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
MAX_ADDRESS_CHARACTERS = 4_000  # characters of an address
LOCAL_NAMES = frozenset({"localhost", "localhost."})


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets permitted requests through to the application, and adds security headers to every answer.

    - `methods`: those that the application takes; the pages of the history are only read.
    - `attempts`: the wrong passwords of late.
    """

    app: ASGIApp
    access: Access
    methods: tuple[str, ...] = ("GET", "HEAD")
    attempts: Attempts = field(default_factory=Attempts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse one request, or pass it on to the application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if self.access.password or self.access.token:
                    headers.add_vary_header("Authorization")
                    headers["cache-control"] = "private, no-cache"
            await send(message)

        refused = self._refusal(scope)
        if refused and refused.status_code == 401 and "authorization" in Headers(scope=scope):
            host = scope["client"][0] if scope.get("client") else ""
            await self.access.sleep(self.attempts.pause(counted_as(host) or host, now=time.monotonic()))
        await (refused or self.app)(scope, receive, marked)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if not self._is_ours(headers.getlist("host")):
            said = "This name is not served here; `web.address`, or `monitor web --address`, says which one is.\n"
            return PlainTextResponse(said, 421)
        if scope["method"] not in self.methods:
            return PlainTextResponse("Pages can only be read.\n", 405, {"allow": ", ".join(self.methods)})
        if len(scope["path"]) + len(scope["query_string"]) > MAX_ADDRESS_CHARACTERS:
            return PlainTextResponse("The address is too long.\n", 414)
        if not self._may(headers.get("authorization", "")):
            asked = {"www-authenticate": 'Basic realm="monitor", charset="UTF-8"'}
            return PlainTextResponse("A password is needed.\n", 401, asked)
        return None

    def _is_ours(self, hosts: list[str]) -> bool:
        """Return whether the host name in a request is safe: localhost, an IP address, or the configured address's.

        A stranger can make any other name point to this machine, and so read the pages by a reader's browser (DNS
        rebinding).
        """
        if len(hosts) != 1:
            return False
        try:
            name = urlsplit(f"//{hosts[0]}").hostname or ""
            own = urlsplit(self.access.address).hostname
        except ValueError:
            return False
        if name in LOCAL_NAMES or (own and name == own):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _may(self, given: str) -> bool:
        if not self.access.password and not self.access.token:
            return True
        scheme, _, value = given.partition(" ")
        value = value.strip()
        if scheme.lower() == "bearer" and self.access.token:
            return _same(value, self.access.token)
        if scheme.lower() == "basic":
            try:
                said = base64.b64decode(value, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return False
            return any(_same(said, each) for each in (self.access.password, self.access.token) if each)
        return False


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())
