"""Speaks HTTP/1.1 over one connection to a server, and opens such connections, or ones of HTTP/2 if the server wants.

Most requests ask whether a document has changed, and most answers are a few lines that say no. They are read here by
one look at their bytes, which takes less time; every other answer is read by the library h11.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import h11
import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Sequence

    Headers = Sequence[tuple[bytes, bytes]]

KEEP_ALIVE_SECONDS = 30  # after which a connection that is not in use is made anew
MAX_HEAD_BYTES = 100 * 1024  # of the first line and the headers of one answer
READ_BYTES = 64 * 1024  # that are taken from the network at once
# A whole request without a body, as h11 would write it too.
PLAIN_REQUEST = re.compile(
    rb"GET [!-~]+ HTTP/1\.1\r\n(?:[A-Za-z0-9-]+: [!-~\x80-\xff](?:[ -~\x80-\xff]*[!-~\x80-\xff])?\r\n)+\r\n"
)
# A whole answer that a document has not changed, with nothing behind it, on a connection that may be kept.
NOT_MODIFIED = re.compile(
    rb"HTTP/1\.1 304(?: [\t -~\x80-\xff]*)?\r\n(?i:"
    rb"(?!transfer-encoding:|connection:(?! ?keep-alive\r\n)|content-length:(?! ?[0-9]{1,18}\r\n))"
    rb"[!#$%&'*+.^_`|~0-9a-z-]+:[\t -~\x80-\xff]*\r\n)*\r\n"
)


def open_connection(
    origin: httpcore.Origin, backend: httpcore.NetworkBackend, tls: Callable[[], ssl.SSLContext], *, seconds: float
) -> httpcore.ConnectionInterface:
    """Connect to a server, and return the connection. Raises an error of the libraries below.

    origin: the server: scheme, host, port.
    backend: opens network connections.
    tls: a function that makes the TLS settings, if the scheme is https.
    seconds: how long connecting may take, and how long TLS.
    """
    host = origin.host.decode("ascii")
    settings = tls() if origin.scheme == b"https" else None
    stream = backend.connect_tcp(host, origin.port, timeout=seconds)
    if settings:
        settings.set_alpn_protocols(["http/1.1", "h2"])
        stream = stream.start_tls(settings, server_hostname=host, timeout=seconds)
        secured = stream.get_extra_info("ssl_object")
        if secured is not None and secured.selected_alpn_protocol() == "h2":
            return httpcore.HTTP2Connection(origin, stream, keepalive_expiry=KEEP_ALIVE_SECONDS)
    return Http1(origin, stream)


class Http1(httpcore.ConnectionInterface):
    """An open connection to a server, for one exchange after another. It is closed unless each ends as it should."""

    def __init__(self, origin: httpcore.Origin, stream: httpcore.NetworkStream) -> None:
        self._origin = origin
        self._stream = stream
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._expires_at = time.monotonic() + KEEP_ALIVE_SECONDS
        self._is_open = True
        self._early: tuple[bytes, bytes] | None = None  # a request that was sent, and the first bytes of its answer

    def is_unchanged(self, target: bytes, headers: Headers, *, write: float, read: float) -> bool:
        """Ask for a document; return True if the answer is that it has not changed, and nothing else.

        target: the path and query of the document.
        headers: those of the request, with `host` as the first.
        write, read: how many seconds the server may take nothing, or be silent.

        If this returns False, call `handle_request` with the same request: it returns the answer. Raises an error of
        the libraries below.
        """
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        request = b"GET %b HTTP/1.1\r\n%b\r\n" % (target, lines)
        # A line end within a header would make two of it.
        if request.count(b"\n") != len(headers) + 2 or not PLAIN_REQUEST.fullmatch(request):
            return False
        self._write(request, write)
        answer = self._stream.read(READ_BYTES, read)
        if NOT_MODIFIED.fullmatch(answer) and answer.lower().count(b"\r\ncontent-length:") < 2:
            self._expires_at = time.monotonic() + KEEP_ALIVE_SECONDS
            return True
        self._early = request, answer
        return False

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, unless `is_unchanged` has sent it; return the answer once its headers are there."""
        times = request.extensions["timeout"]
        events: list[h11.Event] = [
            h11.Request(method=request.method, target=request.url.target, headers=request.headers)
        ]
        assert not isinstance(request.stream, (str, bytes))
        events += [h11.Data(data=piece) for piece in request.stream]  # type: ignore[union-attr]
        written = b"".join(filter(None, map(self._state.send, [*events, h11.EndOfMessage()])))
        early, self._early = self._early, None
        if early is None:
            self._write(written, times["write"])
        elif early[0] == written:
            self._take(early[1])
        else:
            raise httpcore.LocalProtocolError("the request was sent in another form")
        while isinstance(event := self._event(times["read"]), h11.InformationalResponse):
            pass
        assert isinstance(event, h11.Response)
        said = {
            "http_version": b"HTTP/" + event.http_version,
            "reason_phrase": event.reason,
            "network_stream": self._stream,
        }
        return httpcore.Response(
            event.status_code, headers=event.headers.raw_items(), content=self._body(times["read"]), extensions=said
        )

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        """Return whether this is a connection to that server."""
        return origin == self._origin

    def is_available(self) -> bool:
        """Return whether no exchange is under way, and the connection is open."""
        return self._is_open and self._state.our_state is h11.IDLE and self._early is None

    def has_expired(self) -> bool:
        """Return whether the connection was idle for long, or the server has ended it or sent what nobody asked for."""
        return time.monotonic() > self._expires_at or bool(self._stream.get_extra_info("is_readable"))

    def close(self) -> None:
        """End the connection."""
        self._is_open = False
        self._stream.close()

    def _write(self, content: bytes, seconds: float) -> None:
        with suppress(httpcore.WriteError):  # a server may answer, and leave, before it has read all
            self._stream.write(content, seconds)

    def _body(self, silence: float) -> Iterator[bytes]:
        """Yield the body of an answer piece by piece; at its end the connection is ready for the next exchange."""
        while isinstance(event := self._event(silence), h11.Data):
            yield bytes(event.data)
        # What follows an answer that nobody asked for would be taken for the answer to the next request.
        states = {self._state.our_state, self._state.their_state}
        if states == {h11.DONE} and not self._state.trailing_data[0]:
            self._state.start_next_cycle()
            self._expires_at = time.monotonic() + KEEP_ALIVE_SECONDS
        else:
            self.close()

    def _event(self, silence: float) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        """Return what comes next of the answer."""
        while (event := self._state.next_event()) is h11.NEED_DATA:
            self._take(self._stream.read(READ_BYTES, silence))
        return event

    def _take(self, content: bytes) -> None:
        if not content and self._state.their_state is h11.SEND_RESPONSE:
            raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
        self._state.receive_data(content)
