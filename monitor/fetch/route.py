"""Says how servers are reached: directly or through a proxy, and which certificate authorities are trusted."""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from monitor.errors import ProxyError, TransportError
from monitor.fetch.address import trusted

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    from monitor.config.network import Networked, Proxy
    from monitor.config.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How servers are reached.

    - `find_proxy`: a function that returns the proxy to use, or None to connect to servers directly. It is called for
      each new connection, so that a new login needs no restart. It raises ProxyError if there is no valid address.
    - `tls`: a function that makes the TLS settings of a new connection to a server.
    - `proxy_tls`: a function that makes those of a connection to the proxy itself; None if `tls` makes these too.
    - `section`: the section of the configuration that says all this, for error messages.
    """

    find_proxy: Callable[[], Proxy | None] = lambda: None
    tls: Callable[[], ssl.SSLContext] = trusted
    proxy_tls: Callable[[], ssl.SSLContext] | None = None
    section: str = "poll"

    def sharing_settings(self) -> Route:
        """Return the same route, with TLS settings that are made once and shared by all connections to servers.

        Connections to proxies get settings of their own, because httpcore writes into the settings which versions of
        HTTP the other side may choose.
        """
        return replace(self, tls=cache(self.tls), proxy_tls=self.proxy_tls or self.tls)


DIRECT = Route()  # without a proxy, and with the authorities of the system alone


def route_of(described: Networked, section: str) -> Route:
    """Return the route that a section of the configuration describes; the proxy's address is not read yet.

    described: the section.
    section: where it stands in the configuration, for example `channels.room`.
    """
    from monitor.config.secrets import Secret  # noqa: PLC0415 - a poll without a proxy loads no checking of settings

    secret = Secret.of(described, "proxy")
    find = partial(_read_proxy, secret, section) if secret else lambda: None
    return Route(find_proxy=find, tls=partial(tls_settings, described.ca_file), section=section)


def tls_settings(ca_file: Path | None, system: Callable[[], ssl.SSLContext] = trusted) -> ssl.SSLContext:
    """Return the TLS settings of a connection that trusts the authorities of the system and those in a file.

    ca_file: the file with the further authorities; None for none.
    system: a function that makes settings with the authorities of the system.

    Raises OSError if the file can't be used.
    """
    context = system()
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as fault:  # the file may have changed since the configuration was checked
            from monitor.config.network import authority_fault  # noqa: PLC0415 - as above

            why = authority_fault(ca_file) or str(fault)
            raise OSError(errno.EINVAL, f"ca_file: {why.partition('; ')[0]}") from None
    return context


def _read_proxy(secret: Secret, section: str) -> Proxy:
    from monitor.config.network import parse_proxy  # noqa: PLC0415 - as above

    try:
        return parse_proxy(secret.read(section))
    except TransportError as missing:
        why = str(missing).partition(": ")[2].rpartition(";")[0]
        raise ProxyError(f"{section}.proxy", f"{why}; put the address of the proxy there") from None
    except ValueError as fault:
        raise ProxyError(f"{section}.proxy", str(fault)) from None
