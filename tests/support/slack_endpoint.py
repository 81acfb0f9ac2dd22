"""A receiver of POSTs on loopback: takes JSON, answers as told, and can be as strict as Slack about blocks.

with Endpoint(check=slack_limits) as endpoint:
    Slack("room", url=Secret(value=endpoint.address("/services/T0/B0/key"))).send(message)
    assert endpoint.payloads[0]["text"] == ...
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    Check = Callable[[bytes], str]

DEADLINE = 300.0
WHOLE = 12_000  # characters of text in all blocks: Slack's `msg_blocks_too_long`
TEXTS = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}
BLOCKS = {"header": {"text"}, "section": {"text"}, "context": {"elements"}, "divider": set()}
ENVELOPE = {"text", "blocks", "mrkdwn", "unfurl_links", "unfurl_media"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the endpoint says."""

    status: int = 200
    body: bytes = b"ok"
    headers: tuple[tuple[str, str], ...] = ()


CUT = Answer(status=0)  # takes the request and resets the connection
HANG = Answer(status=-1)  # takes the request and says nothing
DRIP = Answer(status=-2)  # answers by one byte after another, and never comes to an end


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What came in. `headers` have lower-case names."""

    path: str
    headers: dict[str, str]
    content: bytes


@dataclass
class Endpoint:
    """The server, in threads of its own. `answers` are given in turn; after them `reply` makes them, or all is well."""

    answers: list[Answer] = field(default_factory=list)
    reply: Callable[[Posted], Answer] | None = None
    check: Check | None = None  # says what is wrong with a body, or nothing
    tls: ssl.SSLContext | None = None
    posted: list[Posted] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._server = _Server(self)
        if self.tls:
            self._server.socket = self.tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def address(self, path: str = "/", *, login: str = "") -> str:
        """The URL of a path; `login` is put into it."""
        return f"{'https' if self.tls else 'http'}://{login}127.0.0.1:{self._server.server_port}{path}"

    @property
    def payloads(self) -> list[Any]:
        """The bodies that came in, as JSON."""
        return [json.loads(each.content) for each in self.posted]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(DEADLINE)

    def take(self, posted: Posted) -> Answer:
        """Note a request and find its answer."""
        self.posted.append(posted)
        if self.answers:
            return self.answers.pop(0)
        if self.reply:
            return self.reply(posted)
        wrong = self.check(posted.content) if self.check else ""
        return Answer(status=400, body=wrong.encode()) if wrong else Answer()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.endpoint = endpoint

    def handle_error(self, *_: object) -> None:
        """A client that left is what many tests want."""


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Take one POST."""
        content = self.rfile.read(int(self.headers["content-length"]))
        headers = {key.lower(): value for key, value in self.headers.items()}
        endpoint = self.server.endpoint
        answer = endpoint.take(Posted(path=self.path, headers=headers, content=content))
        if answer is CUT:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif answer is HANG:
            endpoint.closing.wait(DEADLINE)
            self.close_connection = True
        elif answer is DRIP:
            self.wfile.write(b"HTTP/1.1 200 ")
            for _ in range(int(DEADLINE / 0.02)):
                if endpoint.closing.wait(0.02):
                    break
                self.wfile.write(b"O")
            self.close_connection = True
        else:
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def slack_limits(content: bytes) -> str:
    """What Slack would say to a payload, by the limits on docs.slack.dev/reference/block-kit; "" where it takes it."""
    try:
        payload = json.loads(content)
    except ValueError:
        return "invalid_payload"
    if not isinstance(payload, dict) or set(payload) - ENVELOPE or not isinstance(payload.get("text"), str):
        return "invalid_payload"
    if not payload["text"] or len(payload["text"]) > 40_000 or not _escaped(payload["text"], links=False):
        return "invalid_payload"
    blocks = payload["blocks"]
    if not 1 <= len(blocks) <= 50 or not all(map(_is_block, blocks)):
        return "invalid_blocks"
    return "msg_blocks_too_long" if len(json.dumps(blocks, ensure_ascii=False)) > WHOLE else ""


def _is_block(block: dict[str, Any]) -> bool:
    own = {key: value for key, value in block.items() if key != "type"}
    fields = own.pop("fields", []) if block["type"] == "section" else []
    if len(fields) > 10 or not all(_is_text(each, 2_000) for each in fields):
        return False
    if set(own) != BLOCKS.get(block["type"]):
        return False
    if block["type"] == "header":
        return own["text"]["type"] == "plain_text" and _is_text(own["text"], 150)
    if block["type"] == "context":
        return 1 <= len(own["elements"]) <= 10 and all(_is_text(each, 3_000) for each in own["elements"])
    return not own or _is_text(own["text"], 3_000)


def _is_text(text: dict[str, Any], limit: int) -> bool:
    if text["type"] not in TEXTS or set(text) - TEXTS[text["type"]]:
        return False
    units = len(text["text"].encode("utf-16-le")) // 2
    return 1 <= units <= limit and _escaped(text["text"], links=text["type"] == "mrkdwn")


def _escaped(text: str, *, links: bool) -> bool:
    """Whether no control character of Slack's is left that is not an entity, or one of a link where links may be."""
    left = re.sub(r"<https?://[^<>|\s]+\|[^<>|]+>", "", text) if links else text
    return not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", left)
