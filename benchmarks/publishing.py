"""Run a site on this machine that publishes files and receives alerts, with the time of both."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from monitor.demo.receivers import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosmtpd.smtp import SMTP, Envelope, Session

# An alert that has not arrived after this many seconds is missing.
DEADLINE = 60.0


@dataclass(kw_only=True)
class Site:
    """Files to publish, with the time at which each was last sent completely, and the alerts received."""

    published: dict[str, bytes]
    arrived: dict[str, list[tuple[float, bytes]]]
    sent: dict[str, float] = field(default_factory=dict)
    status: int = 200  # of the answer to an alert
    silent: bool = False  # it is not answered at all
    changed: threading.Condition = field(default_factory=threading.Condition)

    def arrive(self, where: str, content: bytes) -> None:
        """Receive an alert."""
        with self.changed:
            self.arrived[where].append((time.monotonic(), content))
            self.changed.notify_all()

    def told(self, where: str, number: int) -> tuple[float, bytes]:
        """Wait for the alert `number` (from 1) at an address, and return its time and content."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.arrived[where]) >= number, timeout=DEADLINE):
                sys.exit(f"nothing has arrived at {where} within {DEADLINE:.0f} s")
            return self.arrived[where][number - 1]


class Post(Mailbox):
    """The demo's mailbox, which also notes the time of each mail."""

    def __init__(self, site: Site) -> None:
        self._site = site
        super().__init__()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Take a mail."""
        self._site.arrive("mail", envelope.original_content or b"")
        return await super().handle_DATA(server, session, envelope)


class Exchange(BaseHTTPRequestHandler):
    """One connection to the site."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: Site

    def do_GET(self) -> None:
        """Answer with the published file, or with 304 if the client has it; note the time after the last byte."""
        content = self.site.published.get(self.path)
        tag = f'"{hash(content)}"'
        known = self.headers.get("If-None-Match") == tag
        self.send_response(404 if content is None else 304 if known else 200)
        self.send_header("ETag", tag)
        is_page = "." not in self.path or (content or b"").startswith(b"<")
        self.send_header("Content-Type", "text/html" if is_page else "application/octet-stream")
        self.send_header("Content-Length", "0" if content is None or known else str(len(content)))
        self.end_headers()
        if content is not None and not known:
            self.wfile.write(content)
            self.site.sent[self.path] = time.monotonic()

    def do_POST(self) -> None:
        """Receive an alert."""
        content = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.site.status
        self.site.arrive(self.path, content)
        if self.site.silent:
            with self.site.changed:
                self.site.changed.wait_for(lambda: not self.site.silent, timeout=DEADLINE)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name for it
        """Print nothing."""


class Server(ThreadingHTTPServer):
    """The site's server."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # narrower in the stubs


@contextmanager
def serving(site: Site) -> Iterator[tuple[str, str]]:
    """Yield the site's address, and that of its mail server."""
    handler = type("Bound", (Exchange,), {"site": site})
    with Server(("127.0.0.1", 0), handler) as server, Post(site) as mailbox:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", mailbox.address
        finally:
            server.shutdown()
