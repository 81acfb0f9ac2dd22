"""Real servers on loopback for tests: a page per path, given as a reply, as raw bytes, or as a function of the request.

    with Server({"/list": Reply(body=b"<html>...")}) as server:
        fetch(server.address("/list"))
        assert server.requests[0].headers["user-agent"]

Every page may be exchanged while the server runs: `server.pages["/list"] = Reply(status=404)`.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import h2.config
import h2.connection
import h2.events

if TYPE_CHECKING:
    from io import BufferedReader

    import trustme

DEADLINE = 300.0  # seconds that a test waits for what should come at once


class ResetConnection(Exception):  # noqa: N818 - an order, not a fault
    """Raised by a page: cut the connection with a TCP reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asked. `headers` have lower-case names, the last value of each."""

    method: str
    path: str
    headers: dict[str, str]
    address: str = ""  # of the client
    version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A well-formed response; Content-Length is added unless `headers` say how the body ends."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def encoded(self) -> bytes:
        """The response as it goes over the wire."""
        names = {name.lower() for name, _ in self.headers}
        length = () if names & {"content-length", "transfer-encoding"} else (("Content-Length", str(len(self.body))),)
        reason = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Unknown"
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{key}: {value}" for key, value in (*self.headers, *length))]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


# Raw pieces are sent as they are, one by one, and the connection ends after them.
Page = Reply | Callable[[Request], Reply | Iterator[bytes]]


@dataclass
class Server:
    """A server in threads of its own, on a free port of `host`.

    It speaks HTTP/1.1; with `tls` https; with a `tls` that offers h2 by ALPN, HTTP/2 (replies only, no raw pieces).
    """

    pages: dict[str, Page] = field(default_factory=dict)
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    greeting: bytes = b""  # sent before anything was asked
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)  # for pages that drip: wait on it between bytes
    now: float = 0.0  # a clock that stands still, unless a page puts it forward, for clients that go by it

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family, backlog=64)
        self.port: int = self._listener.getsockname()[1]

    def address(self, path: str = "/", *, host: str | None = None) -> str:
        """The URL of a page, under another name of this machine if one is given."""
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self.tls else 'http'}://{name}:{self.port}{path}"

    def paths(self) -> list[str]:
        """The paths asked so far, in order."""
        return [request.path for request in self.requests]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            self._start(self._talk, connection, peer[0])

    def _talk(self, connection: socket.socket, peer: str) -> None:
        """Serve one connection until either side has enough."""
        secured = connection
        try:
            if self.tls:
                secured = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                with self._lock:  # the plain socket is detached by now
                    self._open.add(secured)
                secured.do_handshake()
            secured.sendall(self.greeting)
            if getattr(secured, "selected_alpn_protocol", str)() == "h2":
                self._serve_http2(secured, peer)
            else:
                self._serve_http1(secured, peer)
        except ResetConnection:
            secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass  # the client left, which many tests want
        finally:
            with self._lock:
                self._open -= {connection, secured}
            secured.close()

    def _serve_http1(self, connection: socket.socket, peer: str) -> None:
        """Answer one request after another."""
        with connection.makefile("rb") as reader:
            while request := _read(reader, peer):
                reply = self.answer(request)
                if not isinstance(reply, Reply):
                    for piece in reply:
                        connection.sendall(piece)
                    return
                connection.sendall(reply.encoded())

    def _serve_http2(self, connection: socket.socket, peer: str) -> None:
        """Answer the streams of a connection, each as soon as it asks."""
        state = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, validate_outbound_headers=False)
        )
        state.initiate_connection()
        connection.sendall(state.data_to_send())
        while piece := connection.recv(65536):
            for event in state.receive_data(piece):
                if isinstance(event, h2.events.RequestReceived):
                    self._answer_http2(state, event, peer)
            connection.sendall(state.data_to_send())

    def _answer_http2(self, state: h2.connection.H2Connection, event: h2.events.RequestReceived, peer: str) -> None:
        fields = {key.decode(): value.decode("latin-1") for key, value in event.headers or ()}
        request = Request(
            method=fields[":method"], path=fields[":path"], headers=fields, address=peer, version="HTTP/2"
        )
        reply = self.answer(request)
        assert isinstance(reply, Reply)
        headers = [(":status", str(reply.status)), *((key.lower(), value) for key, value in reply.headers)]
        assert event.stream_id is not None
        state.send_headers(event.stream_id, headers)
        state.send_data(event.stream_id, reply.body, end_stream=True)

    def answer(self, request: Request) -> Reply | Iterator[bytes]:
        """Record a request and make its reply; 404 where there is no page."""
        with self._lock:
            self.requests.append(request)
        page = self.pages.get(request.path, Reply(status=404, body=b"no such page"))
        return page if isinstance(page, Reply) else page(request)


def _read(reader: BufferedReader, peer: str) -> Request | None:
    """The next request of a connection; None where it ended or is none."""
    lines: list[str] = []
    while (line := reader.readline().decode("latin-1")) not in {"", "\r\n"}:
        lines.append(line.rstrip("\r\n"))
    if not lines or lines[0].count(" ") != 2:
        return None
    method, path, _ = lines[0].split(" ")
    pairs = (line.partition(":") for line in lines[1:])
    return Request(
        method=method, path=path, headers={key.lower(): value.strip() for key, _, value in pairs}, address=peer
    )


def raw(*pieces: bytes) -> Callable[[Request], Iterator[bytes]]:
    """A page that sends these very bytes and hangs up."""
    return lambda _: iter(pieces)


def in_turn(*pages: Page) -> Callable[[Request], Reply | Iterator[bytes]]:
    """A page that answers otherwise each time; the last one stays."""
    left = list(pages)

    def answer(request: Request) -> Reply | Iterator[bytes]:
        page = left.pop(0) if len(left) > 1 else left[0]
        return page if isinstance(page, Reply) else page(request)

    return answer


def reset(_: Request) -> Reply:
    """A page that cuts the connection with a TCP reset."""
    raise ResetConnection


def redirect(to: str, *, status: int = 302) -> Reply:
    """A page that sends elsewhere."""
    return Reply(status=status, headers=(("Location", to),))


def speaking_tls(certificate: trustme.LeafCert, *protocols: str) -> ssl.SSLContext:
    """A server's side of TLS, offering these protocols by ALPN: HTTP/1.1 unless told otherwise."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    context.set_alpn_protocols(list(protocols or ("http/1.1",)))
    return context
