"""Takes web addresses apart into scheme, host, port, path and query.

A plain address is taken apart here. Every other one is left to httpx, which knows all rules. But loading httpx takes
longer than asking three servers whether anything is new.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    import httpx

# An address that httpx would leave as it is, letter by letter: a name of ASCII letters or an IPv4 address, a path
# without dots at the start of a part, and no character that has to be encoded.
OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
PLAIN = re.compile(
    rf"""(?P<scheme>https?)://
    (?P<host>(?!\S*xn--)(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*|{OCTET}(?:\.{OCTET}){{3}})
    (?::(?P<port>[1-9]\d{{0,4}}))?
    (?P<path>(?:/(?!\.)[A-Za-z0-9._~-]*)+)
    (?P<query>\?[A-Za-z0-9._~=&/-]+)?""",
    re.VERBOSE | re.ASCII,
)
USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class PlainAddress:
    """A plain web address (see PLAIN), with the same attributes as the `httpx.URL` of the same text."""

    text: str
    scheme: str
    host: str
    port: int | None
    path: str
    query: str  # with the question mark, or ""
    userinfo: bytes = b""

    def __str__(self) -> str:
        return self.text

    @property
    def raw_scheme(self) -> bytes:
        """The scheme as bytes."""
        return self.scheme.encode("ascii")

    @property
    def raw_host(self) -> bytes:
        """The name or IP address of the server as bytes."""
        return self.host.encode("ascii")

    @property
    def raw_path(self) -> bytes:
        """The path and the query as bytes, as they are sent."""
        return f"{self.path}{self.query}".encode("ascii")

    @property
    def netloc(self) -> bytes:
        """The server as bytes, with its port if that is not the usual one."""
        return self.raw_host if self.port is None else b"%b:%d" % (self.raw_host, self.port)


def address_of(text: str) -> PlainAddress | httpx.URL:
    """Return a web address taken apart, without its fragment (`#...`). Raises httpx.InvalidURL if it is no address."""
    found = PLAIN.fullmatch(text)
    port = int(found["port"]) if found and found["port"] else None
    if found and (port is None or (port < 65536 and port != USUAL_PORTS[found["scheme"]])):
        return PlainAddress(text, found["scheme"], found["host"], port, found["path"], found["query"] or "")
    return whole_url(text).copy_with(fragment=None)


def whole_url(text: str) -> httpx.URL:
    """Return a web address as an `httpx.URL`, with its fragment. Raises httpx.InvalidURL if it is no address."""
    import httpx  # noqa: PLC0415 - few addresses need it

    return httpx.URL(text)


def trusted() -> ssl.SSLContext:
    """Return new TLS settings for connections to servers, which trust the usual certificate authorities.

    If `SSL_CERT_FILE` or `SSL_CERT_DIR` in the environment names other authorities, those are trusted in their place.
    """
    import httpx  # noqa: PLC0415 - only servers that are asked over https need it

    return httpx.create_ssl_context()
