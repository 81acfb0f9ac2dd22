"""Runs a mail server and an imitation of Slack on this machine, so that the demo can send alerts to them."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from concurrent.futures import Future
from email import message_from_bytes, policy
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from aiosmtpd.smtp import SMTP
from pydantic import Field, ValidationError

from monitor.config.values import Model

if TYPE_CHECKING:
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session

# The mail server has this time to start.
MAX_START_SECONDS = 30
# A longer payload is refused.
MAX_PAYLOAD_BYTES = 1_000_000
# An open connection without a request is given up after this time.
RECEIVER_IDLE_SECONDS = 30


class Mailbox:
    """A mail server on 127.0.0.1, at a free port; it runs until `close` or the end of the `with` block.

    It accepts every mail. `received` holds the mails in order, and `contents` the bytes of each, as they came. A mail
    is added before its sender gets the answer.
    """

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self._closing = asyncio.Event()
        started: Future[tuple[asyncio.AbstractEventLoop, int]] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), name="mailbox", daemon=True)
        self._thread.start()
        self._loop, port = started.result(MAX_START_SECONDS)
        self.address = f"smtp://127.0.0.1:{port}"

    async def _serve(self, started: Future[tuple[asyncio.AbstractEventLoop, int]]) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="localhost", ident="demo"), "127.0.0.1", 0)
        started.set_result((loop, server.sockets[0].getsockname()[1]))
        await self._closing.wait()
        server.close()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Add a mail that came in to `received`; aiosmtpd calls this."""
        content = envelope.original_content or b""
        self.contents.append(content)
        self.received.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"

    def close(self) -> None:
        """Stop the server. Mails that are being received are cut off."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Room:
    """A web server that imitates one room of Slack; it runs until `close` or the end of the `with` block.

    `received` has the messages in order. `refused` has the requests that break the rules of docs.slack.dev.
    """

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.refused: list[bytes] = []
        self._server = _Server(self)
        self.address = f"http://127.0.0.1:{self._server.server_port}/services/T00000000/B00000000/demo"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="room", daemon=True
        )
        self._thread.start()

    def take(self, content: bytes) -> tuple[HTTPStatus, str]:
        """Check a message and keep it; return the status and the text with which Slack would answer."""
        try:
            _Payload.model_validate_json(content)
        except ValidationError as fault:
            self.refused.append(content)
            in_blocks = any(each["loc"][:1] == ("blocks",) for each in fault.errors())
            return HTTPStatus.BAD_REQUEST, "invalid_blocks" if in_blocks else "invalid_payload"
        self.received.append(json.loads(content))
        return HTTPStatus.OK, "ok"

    def close(self) -> None:
        """Stop listening. Answers under way may end or be cut off."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, room: Room) -> None:
        self.room = room
        super().__init__(("127.0.0.1", 0), _Exchange)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up; show anything else, which is a fault of this program."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # narrower in the stubs


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = RECEIVER_IDLE_SECONDS

    def do_POST(self) -> None:
        """Pass the body of the request to the room, and send the room's answer."""
        size = min(int(self.headers.get("Content-Length", "0")), MAX_PAYLOAD_BYTES)
        status, said = cast("_Server", self.server).room.take(self.rfile.read(size))
        self.send_response(status)
        self.send_header("Content-Type", "text/html")  # as Slack does
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the overridden method's signature
        """Print nothing: the terminal belongs to the demo."""


# The parts of a payload that alerts have. Source: docs.slack.dev/reference/block-kit, composition objects and blocks.


class _Plain(Model):
    type: Literal["plain_text"]
    text: str = Field(min_length=1, max_length=3_000)
    emoji: bool = True


class _Marked(Model):
    type: Literal["mrkdwn"]
    text: str = Field(min_length=1, max_length=3_000)
    verbatim: bool = False


_Text = Annotated[_Plain | _Marked, Field(discriminator="type")]


class _Title(_Plain):
    text: str = Field(min_length=1, max_length=150)


class _Block(Model):
    block_id: str | None = Field(default=None, max_length=255)


class _Header(_Block):
    type: Literal["header"]
    text: _Title


class _Section(_Block):
    type: Literal["section"]
    text: _Text


class _Context(_Block):
    type: Literal["context"]
    elements: tuple[_Text, ...] = Field(min_length=1, max_length=10)


class _Divider(_Block):
    type: Literal["divider"]


class _Payload(Model):
    text: str = Field(min_length=1, max_length=40_000)
    blocks: tuple[Annotated[_Header | _Section | _Context | _Divider, Field(discriminator="type")], ...] = Field(
        default=(), max_length=50
    )
    mrkdwn: bool = True
    unfurl_links: bool = False
    unfurl_media: bool = True
