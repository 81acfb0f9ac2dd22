"""Serves the pages from one process: the socket is opened first, so that an error shows at once."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from monitor.errors import RefusedError
from monitor.sandbox.worker import Limits
from monitor.store.archive import Archive
from monitor.web.app import application
from monitor.web.comparison_cache import Compared
from monitor.web.connections import CONNECTION_LIMITS, timed
from monitor.web.context import Site
from monitor.web.files import Kept
from monitor.web.packets import Packets

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from starlette.applications import Starlette

    from monitor.config.sources import Config
    from monitor.sandbox.reader import Reader
    from monitor.web.connections import ConnectionLimits
    from monitor.web.context import Access

PAGE_LIMITS = Limits(processor=20, deadline=30)  # of reading one file while somebody waits for its page
MIN_SECRET_CHARACTERS = 12  # characters of a password or token


def check_access(host: str, access: Access, *, public: bool) -> None:
    """Raise RefusedError if other machines could read the pages at `host` without a password or token.

    `public` is True if the operator said that everybody may read. A password or token that is too short is refused too.
    """
    for secret in (access.password, access.token):
        if secret is not None and len(secret) < MIN_SECRET_CHARACTERS:
            raise RefusedError(f"a password or token needs at least {MIN_SECRET_CHARACTERS} characters")
    if not (is_loopback(host) or public or access.password or access.token):
        raise RefusedError(
            f"{host} can be reached from other machines: give a password or token "
            "(--password-file, --token-file, $MONITOR_WEB_PASSWORD, $MONITOR_WEB_TOKEN), or say --public"
        )


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens at `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bound(host: str, port: int) -> socket.socket:
    """Open a socket that listens at `host` and `port`, and return it. Raises RefusedError if that is not possible."""
    made = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(256)
    except (OSError, UnicodeError) as fault:
        if made:
            made.close()
        reason = getattr(fault, "strerror", None) or fault
        raise RefusedError(f"{host}:{port}: {reason}; name another with --host and --port") from fault
    return made


def site(config: Config, state: Path, reader: Reader, *, access: Access, now: Callable[[], datetime]) -> Site:
    """Make the objects that the pages use to answer requests.

    `state` is the state folder, `reader` reads files in a separate process, and `now` returns the present time.
    """
    archive = Archive(state / "archive")
    return Site(
        config=config,
        state=state,
        archive=archive,
        kept=Kept(archive, reader),
        compared=Compared(),
        packets=Packets(),
        access=access,
        now=now,
    )


def server(application: Starlette, limits: ConnectionLimits = CONNECTION_LIMITS) -> uvicorn.Server:
    """Return the server for an application; its `run(sockets=...)` answers requests until a signal ends the process.

    `limits` says how long and how many connections may be.
    """
    return uvicorn.Server(
        uvicorn.Config(
            application,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http=timed(limits),
            timeout_keep_alive=10,
            timeout_graceful_shutdown=5,
            lifespan="off",
            ws="none",
            h11_max_incomplete_event_size=32_000,
        )
    )


def serve_pages(listening: socket.socket, of: Site) -> None:
    """Answer requests on the socket `listening` with the pages of the site `of`, until a signal ends this process."""
    serve_application(listening, application(of))


def serve_application(listening: socket.socket, made: Starlette) -> None:
    """Answer requests on the socket `listening` with an application, until a signal ends this process."""
    with suppress(KeyboardInterrupt):  # uvicorn raises again what told it to end
        server(made).run(sockets=[listening])


__all__ = ["PAGE_LIMITS", "bound", "check_access", "is_loopback", "serve_application", "serve_pages", "server", "site"]
