"""The body of a response as it comes in: unpacked, and held only up to a cap."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from monitor.errors import MistakenBodyError, TooLargeError, TruncatedError

if TYPE_CHECKING:
    from monitor.fetch.verdict import Response

GZIP_START = b"\x1f\x8b\x08"  # the first bytes of every gzip body (RFC 1952)
MAX_GZIP_MEMBERS = 10_000  # in one gzip body: each member costs time, even an empty one


def encodings(response: Response) -> tuple[str, ...]:
    """Return the packings that a response's headers name for its body, outermost last.

    A web archive sends empty names as well; they say nothing and are left out.
    """
    values = ",".join(value for name, value in response.headers if name == "content-encoding")
    return tuple(filter(None, (name.strip().lower() for name in values.split(","))))


class Body:
    """A body that is unpacked piece by piece; never more than `cap` bytes of it are held.

    Only gzip is asked for, because zlib can be told how much to give out: a bomb ends at the cap. A web archive may
    play back gzip without saying so, which `packed_silently` then tells: no document that is wanted from an archive
    begins like gzip.
    """

    def __init__(self, response: Response, where: str, *, cap: int) -> None:
        """Begin the body of a response; `where` is the address for messages.

        Raises MistakenBodyError for a packing that was not asked for, TooLargeError for an announced size over the cap.
        """
        self._where = where
        self._cap = cap
        self._content = bytearray()
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
        """Take the next piece. Raises TooLargeError beyond the cap, MistakenBodyError for broken gzip."""
        self._received += len(piece)
        self._check(self._received)
        if self._may_be_packed:
            piece = self._begun(piece)
        if not self._gzip:
            self._content += piece
            return
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
        """Return the bytes to unpack once the first ones have come and tell whether the body is gzip."""
        self._content += piece
        self._may_be_packed = len(self._content) < len(GZIP_START)
        if not self._content.startswith(GZIP_START):
            return b""
        piece, self._content = bytes(self._content), bytearray()
        self._gzip, self.packed_silently = zlib.decompressobj(wbits=31), True
        return piece

    def whole(self) -> bytes:
        """Return the whole body. Raises TruncatedError where gzip has not come to its end."""
        if self._gzip and self._received and not self._gzip.eof:
            raise TruncatedError(self._where, "the gzip stream breaks off; it is asked again at the next poll")
        return bytes(self._content)

    def _check(self, size: int) -> None:
        if size > self._cap:
            raise TooLargeError(self._where, f"over {self._cap:,} bytes; raise `poll.max_bytes` if that is right")
