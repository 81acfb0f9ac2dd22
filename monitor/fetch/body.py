"""Receives the body (content) of a server's answer: it is unpacked piece by piece, up to a largest size."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from monitor.errors import MistakenBodyError, TooLargeError, TruncatedError

if TYPE_CHECKING:
    from monitor.fetch.verdict import Response

GZIP_START = b"\x1f\x8b\x08"  # the first bytes of every gzip body (RFC 1952)
MAX_GZIP_MEMBERS = 10_000  # in one gzip body: each member costs time, even an empty one


def encodings(response: Response) -> tuple[str, ...]:
    """Return the values of a response's Content-Encoding, for example `gzip`; the one applied last comes last.

    A web archive also sends empty values; they are left out.
    """
    values = ",".join(value for name, value in response.headers if name == "content-encoding")
    return tuple(filter(None, (name.strip().lower() for name in values.split(","))))


class Body:
    """The body of a server's answer, unpacked piece by piece, up to `cap` bytes.

    Only gzip is accepted, because its output can be limited: a small body that unpacks to a huge one is stopped at
    `cap`.

    A web archive may send a gzip body without the header that says so. It is unpacked all the same, and
    `packed_silently` is True afterwards; no document that this program wants begins with the bytes of gzip.
    """

    def __init__(self, response: Response, where: str, *, cap: int) -> None:
        """Begin an empty body for a response.

        where: the address of the response, for error messages.
        cap: the largest size in bytes, both packed and unpacked.

        Raises MistakenBodyError for an encoding other than gzip, TooLargeError for a Content-Length over the cap.
        """
        self._where = where
        self._cap = cap
        self._content = bytearray()
        self._packed = bytearray()
        self._received = self._members = 0
        encoding = ", ".join(encodings(response))
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise MistakenBodyError(where, f"packed with {encoding!r}, which was not asked for; tell the publisher")
        self._gzip = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
        self._may_be_packed = not encoding and response.header("memento-datetime") is not None
        self.packed_silently = False
        announced = response.header("content-length") or ""
        self._check(int(announced) if announced.isdecimal() and len(announced) < 20 else 0)

    def add(self, piece: bytes) -> None:
        """Unpack and append the next piece. Raises TooLargeError beyond the cap, MistakenBodyError for broken gzip."""
        self._received += len(piece)
        self._check(self._received)
        if self._may_be_packed:
            piece = self._begun(piece)
        if not self._gzip:
            self._content += piece
            return
        self._packed += piece
        while piece:
            if self._gzip.eof:  # a further member, RFC 1952
                self._gzip = zlib.decompressobj(wbits=31)
                self._members += 1
                if self._members > MAX_GZIP_MEMBERS:
                    message = f"more gzip members than {MAX_GZIP_MEMBERS:,}; tell the publisher"
                    raise TooLargeError(self._where, message)
            try:
                self._content += self._gzip.decompress(piece, self._cap - len(self._content) + 1)
            except zlib.error as fault:
                raise MistakenBodyError(self._where, "broken gzip; it is asked again at the next poll") from fault
            self._check(len(self._content))
            piece = self._gzip.unused_data

    def _begun(self, piece: bytes) -> bytes:
        """Add a piece while it is not clear yet whether the body is gzip.

        Return the bytes to unpack as soon as it proves to be gzip; until then, and if it is not, return no bytes.
        """
        self._content += piece
        self._may_be_packed = len(self._content) < len(GZIP_START)
        if not self._content.startswith(GZIP_START):
            return b""
        piece, self._content = bytes(self._content), bytearray()
        self._gzip, self.packed_silently = zlib.decompressobj(wbits=31), True
        return piece

    def whole(self) -> bytes:
        """Return the whole unpacked body. Raises TruncatedError where the gzip data is incomplete."""
        if self._gzip and self._received and not self._gzip.eof:
            raise TruncatedError(self._where, "the gzip stream breaks off; it is asked again at the next poll")
        return bytes(self._content)

    def packed(self) -> bytes | None:
        """Return the whole body as it came, where it came packed; else None."""
        return bytes(self._packed) if self._gzip else None

    def _check(self, size: int) -> None:
        if size > self._cap:
            raise TooLargeError(self._where, f"over {self._cap:,} bytes; raise `poll.max_bytes` if that is right")
