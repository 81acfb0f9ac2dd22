"""The settings that say how servers are reached: through which proxy, and which certificate authorities are trusted.

Only `authority_fault` reads a file; the rest is pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator

from monitor.config.values import Variable, WithSecrets

if TYPE_CHECKING:
    from collections.abc import Mapping

PROXY_PORTS = {"http": 80, "https": 443}  # of a proxy whose address has no port
# The environment variables from which other programs take a proxy. This one uses none that the configuration does not
# name.
PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
PROXY_EXAMPLE = "write it like http://proxy.example.org:3128"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy: a server that passes requests on to others.

    - `secure`: whether the proxy itself is asked over TLS (`https://`).
    - `login`: the user and the password for it; None if it wants none.
    """

    secure: bool
    host: str
    port: int
    login: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The host and the port of the proxy, as messages show them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_proxy(text: str) -> Proxy:
    """Read the address of an HTTP proxy, and return its parts.

    As in the environment variable `HTTPS_PROXY`, `http://` may be left out, and a login may stand before the host.

    Raises ValueError if it is no such address. The message does not repeat the address, which may hold a password.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except ValueError:
        raise ValueError(f"is no address of a proxy; {PROXY_EXAMPLE}") from None
    if parts.scheme.startswith("socks"):
        raise ValueError(f"SOCKS proxies can't be used, only HTTP proxies; {PROXY_EXAMPLE}")
    if parts.scheme not in PROXY_PORTS or not host or port == 0 or parts.path not in {"", "/"}:
        raise ValueError(f"is no address of a proxy; {PROXY_EXAMPLE}, and odd characters of a password as %XX")
    if parts.query or parts.fragment:
        raise ValueError(f"an address of a proxy has no ? and no #; {PROXY_EXAMPLE}, and those of a password as %XX")
    login = (unquote(parts.username or ""), unquote(parts.password or "")) if "@" in parts.netloc else None
    secure = parts.scheme == "https"
    return Proxy(secure=secure, host=host, port=port or PROXY_PORTS[parts.scheme], login=login)


def _proxy_address(value: str) -> str:
    """Check the address of a proxy in the configuration, and return it. Raises ValueError, also if it has a login."""
    if parse_proxy(value).login is not None:
        raise ValueError("a login does not stand here; put the whole address into a file and name that with proxy_file")
    return value


class Networked(WithSecrets):
    """The base class of those sections of the configuration that say how servers are reached over HTTP.

    - `proxy`, `proxy_file`, `proxy_env`: the address of the proxy to use: as it is, in a file, or in an environment
      variable. In the last two it may hold a login.
    - `ca_file`: a file with certificate authorities, in PEM, that are trusted besides those of the system.
    """

    proxy: Annotated[str, AfterValidator(_proxy_address)] | None = None
    proxy_file: Path | None = None
    proxy_env: Variable | None = None
    ca_file: Path | None = None

    @property
    def has_proxy(self) -> bool:
        """Whether a proxy is to be used."""
        return bool(self.proxy or self.proxy_file or self.proxy_env)

    def _secrets(self) -> Mapping[str, bool]:
        return {"proxy": False}


def authority_fault(path: Path) -> str | None:
    """Return what is wrong with a file of certificate authorities, and what to do; None if it can be used."""
    import ssl  # noqa: PLC0415 - few configurations name such a file

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    remedy = "name a file with the certificate of the authority, as text that begins with -----BEGIN CERTIFICATE-----"
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        return f"{path} holds no certificate in PEM; {remedy}"
    except OSError as fault:
        return f"{path}: {fault.strerror}; {remedy}"
    return None if context.cert_store_stats()["x509"] else f"{path} holds no certificate in PEM; {remedy}"


def is_this_machine(host: str) -> bool:
    """Return whether a host name or IP address means this machine: `localhost`, or a loopback address like 127.0.0.1.

    The name is not looked up in the network.
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
