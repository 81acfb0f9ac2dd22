"""Runs a web server on this machine that plays an agency's: it publishes, replaces and takes down documents."""

from __future__ import annotations

import hashlib
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from email.message import Message
    from types import TracebackType

HTML_TYPE = "text/html; charset=utf-8"
# An open connection without a request is given up after this time.
PUBLISHER_IDLE_SECONDS = 30
NOT_FOUND_PAGE = b"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Page Not Found</title></head>
<body><main><h1>Page Not Found</h1><p>The page you requested could not be found.</p></main></body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The document at one address: its bytes, and the headers by which a client sees whether it has changed.

    `etag` is the whole value of the header, with the quotes.
    """

    content: bytes
    content_type: str
    last_modified: datetime
    etag: str


class Publisher:
    """A web server on 127.0.0.1, at a free port; it runs until `close` or the end of the `with` block.

    Any thread may change its documents at any time. An answer never mixes an old and a new document.
    """

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="publisher", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """The scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def publish(self, path: str, content: bytes, *, content_type: str, at: datetime) -> Published:
        """Serve `content` at `path` (which begins with a slash) from now on, and replace any document there.

        A path without `?` also answers for itself with anything after `?`, unless that is published on its own.

        The Last-Modified header is the time `at`, without fractions of a second. The ETag is the hash of the content.
        """
        published = Published(
            content=content,
            content_type=content_type,
            last_modified=at.astimezone(UTC).replace(microsecond=0),
            etag=f'"{hashlib.sha256(content).hexdigest()}"',
        )
        self._server.published[path] = published
        return published

    def withdraw(self, path: str) -> None:
        """Answer 404 at `path` from now on. Raises KeyError if nothing is published there."""
        del self._server.published[path]

    def close(self) -> None:
        """Stop the server. Answers that are being sent may be cut off."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    """An HTTP server that handles each connection in its own thread."""

    daemon_threads = True

    def __init__(self) -> None:
        self.published: dict[str, Published] = {}
        super().__init__(("127.0.0.1", 0), _Exchange)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up; show anything else, which is a fault of this program."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # narrower in the stubs


class _Exchange(BaseHTTPRequestHandler):
    """Answers the requests that come over one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "monitor-demo"
    sys_version = ""
    timeout = PUBLISHER_IDLE_SECONDS
    disable_nagle_algorithm = True  # head and body are two writes; together with delayed ACKs they can cost 40 ms

    def do_GET(self) -> None:
        """Answer with the document, or with 304 if the client has it already, or with 404 if there is none."""
        documents = cast("_Server", self.server).published
        published = documents.get(self.path) or documents.get(urlsplit(self.path).path)
        if published is None:
            self._answer(HTTPStatus.NOT_FOUND, NOT_FOUND_PAGE, headers=(("Content-Type", HTML_TYPE),))
            return
        validators = (
            ("ETag", published.etag),
            ("Last-Modified", format_datetime(published.last_modified, usegmt=True)),
            ("Cache-Control", "no-cache"),
        )
        if _unchanged(published, self.headers):
            self._answer(HTTPStatus.NOT_MODIFIED, None, headers=validators)
            return
        self._answer(HTTPStatus.OK, published.content, headers=(("Content-Type", published.content_type), *validators))

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def _answer(self, status: HTTPStatus, body: bytes | None, *, headers: tuple[tuple[str, str], ...]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body is not None and self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the overridden method's signature
        """Print nothing: the terminal belongs to the demo."""


def _unchanged(published: Published, asked: Message) -> bool:
    """Return True if the client has this document already; `asked` are the headers of its request.

    If the request has both If-None-Match and If-Modified-Since, only the first counts (RFC 9110, 13.2.2).
    """
    tags = asked.get("If-None-Match")
    if tags is not None:
        known = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        return "*" in known or published.etag in known
    since = asked.get("If-Modified-Since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False  # no date: RFC 9110 says to ignore it
    return published.last_modified <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
