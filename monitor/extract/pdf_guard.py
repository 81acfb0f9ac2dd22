"""Refuses, before any parser sees them, files that are no whole PDF or that would take too much to read.

A file of 3 MB can unpack to 1 GB, nest 200,000 brackets or list a million pages, and hang or abort every PDF library.
This reads the bytes from front to end once, in time and memory that the caps below bound. It is the first line; the
limits of the process that reads the file are the second.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import BombError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES = 100_000_000
MAX_UNPACKED = 200_000_000  # bytes, all streams together; a report with its fonts is some millions
MAX_STREAMS = 50_000
MAX_PAGES = 2_000
MAX_DEPTH = 200  # of brackets; a few dozen are much
MAX_UNKNOWN = 1_000_000  # bytes of a stream whose packing is not known
MAX_DICTIONARY = 65_536  # bytes before a stream in which what it says about itself is looked for
MAX_LAYERS = 8  # of packing
PIECE = 1 << 20

ASCII_85, ASCII_HEX, FLATE = ("ASCII85Decode", "A85"), ("ASCIIHexDecode", "AHx"), ("FlateDecode", "Fl")
GROWTH = {"LZWDecode": 1_400, "LZW": 1_400, "RunLengthDecode": 64, "RL": 64}  # the most that a byte can become
PICTURES = ("DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode")  # not unpacked to read text

PRINTABLE = bytes([9, 10, 13, *range(32, 127)])
BLANK = b"\0\t\n\f\r "
HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
END = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF")
TABLE = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
STREAM = re.compile(rb"(?<!end)stream[ \t]*(?:\r\n|\n|\r)")
FILTER = re.compile(rb"/Filter\s*(\[[^\]]{0,1000}\]|/[^\s/<>\[\]()]+|\d+\s+\d+\s+R)")
NAME = re.compile(rb"/([^\s/<>\[\]()]+)")
PICTURE = re.compile(rb"/Subtype\s*/Image\b|/Type\s*/Metadata\b")
ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z])")
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
STRING = re.compile(rb"\((?:[^()\\]|\\.)*+\)", re.DOTALL)
PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
WEIGHTS = np.zeros(256, np.int8)  # half a level for each `<`, since dictionaries open with two
WEIGHTS[list(b"[]<>")] = (2, -2, 1, -1)


def check(content: bytes) -> None:
    """Pass a whole PDF that can be read within bounds.

    Raises UnreadableError for what is empty, of another format, cut off, damaged, encrypted or without pages, and
    BombError for what is too large, unpacks to too much, or nests too deeply.
    """
    if len(content) > MAX_BYTES:
        raise BombError(f"{len(content):,} bytes; at most {MAX_BYTES:,} are read")
    _refuse_other(content)
    _refuse_cut(content)
    pages, at, unpacking = 0, 0, _Unpacking(content)
    for count, found in enumerate(STREAM.finditer(content), start=1):
        if count > MAX_STREAMS:
            raise BombError(f"more than {MAX_STREAMS:,} streams")
        if found.start() >= at:  # streams may be hidden in streams: each is unpacked, but what is outside counts once
            pages += _pages(content[at : found.start()], outside=True)
            at = found.end()
        unpacked, end = unpacking.stream(found)
        pages += _pages(unpacked)
        at = max(at, end)
    pages += _pages(content[at:], outside=True)
    if pages > MAX_PAGES:
        raise BombError(f"{pages:,} pages; at most {MAX_PAGES:,} are read")
    if not pages:
        raise UnreadableError("a PDF without pages")


def _refuse_other(content: bytes) -> None:
    """Refuse what does not start like a PDF."""
    start = content[:1024]
    if not start.strip(BLANK):
        raise UnreadableError("empty")
    if HTML.match(start):
        raise UnreadableError("a web page under the name of a PDF")
    if b"%PDF-" not in start:
        raise UnreadableError(f"no PDF: it starts with {start[:8]!r}")


def _refuse_cut(content: bytes) -> None:
    """Refuse what does not end like a PDF, or has lost a part: a parser would make do with the pages that are left."""
    tail = content.rstrip(BLANK)[-2048:]
    ends = list(END.finditer(tail))
    if not ends or re.search(rb"\d\s+obj\b", tail[ends[-1].end() :]):
        raise UnreadableError("cut off: it does not end like a PDF")
    at = int(ends[-1][1])
    if not any(TABLE.match(content[start : start + 64]) for start in (at, at + content.find(b"%PDF-"))):
        raise UnreadableError(f"damaged: there is no table of its objects at byte {at:,}, where it should be")


def _pages(text: bytes, *, outside: bool = False) -> int:
    """How many pages a piece of PDF code defines. Refuses deep nesting and, `outside` of streams, encryption."""
    if not _is_text(text[:4096]):
        return 0
    if outside and ENCRYPTED.search(text):
        raise UnreadableError("encrypted")
    if text.count(b"[") + text.count(b"<<") > MAX_DEPTH and _depth(STRING.sub(b"", text)) > MAX_DEPTH:
        raise BombError(f"brackets nested more than {MAX_DEPTH} deep")
    return len(PAGE.findall(text))


def _is_text(sample: bytes) -> bool:
    """True for code, false for pictures and fonts."""
    return len(sample.translate(None, PRINTABLE)) <= len(sample) * 0.15


def _depth(text: bytes) -> int:
    """How deep brackets nest in a text; those that close nothing don't count."""
    now = least = most = 0
    for start in range(0, len(text), PIECE):
        levels = np.cumsum(WEIGHTS[np.frombuffer(text, np.uint8, min(PIECE, len(text) - start), start)], dtype=np.int64)
        floor = np.minimum.accumulate(np.minimum(levels + now, least))
        most = max(most, int((levels + now - floor).max()))
        now, least = now + int(levels[-1]), int(floor[-1])
    return most // 2


class _Unpacking:
    """Unpacks the streams of one file, until all of them together are too much."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._left = MAX_UNPACKED
        self._ended = -1

    def stream(self, found: re.Match[bytes]) -> tuple[bytes, int]:
        """What a stream holds, as far as it is worth a look, and where the code outside of it goes on."""
        start, about = found.end(), self._about(found.start())
        names = _names(about)
        if not names and not _is_zlib(self._content[start : start + 2]):
            plain = _is_text(self._content[start : start + 4096])
            return b"", start if plain else self._end(start)  # plain code counts with what is outside
        end = self._end(start)
        data = self._content[start:end]
        self._spend(len(data))
        if not names:
            return self._guessed(data), end
        try:
            return self._unpacked(data, names), end
        except (zlib.error, ValueError) as fault:
            if PICTURE.search(about):
                return b"", end  # nothing that is read depends on it
            raise UnreadableError(f"damaged: the stream at byte {start:,} can't be unpacked: {fault}") from fault

    def _about(self, start: int) -> bytes:
        """The dictionary before a stream, with its names spelt out."""
        opened = self._content.rfind(b"obj", max(0, start - MAX_DICTIONARY), start)
        about = self._content[max(opened, start - MAX_DICTIONARY, 0) : start]
        self._spend(len(about))
        return ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), about) if b"#" in about else about

    def _end(self, start: int) -> int:
        """Where the data of a stream ends."""
        if self._ended < start:
            found = self._content.find(b"endstream", start)
            self._ended = found if found >= 0 else len(self._content)
        return self._ended

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise BombError(f"unpacks to more than {MAX_UNPACKED:,} bytes")

    def _guessed(self, data: bytes) -> bytes:
        """The data without packing that nothing tells of."""
        for _ in range(MAX_LAYERS):
            if not _is_zlib(data[:2]):
                return data
            try:
                data = self._inflated(data)
            except zlib.error:
                return b""
        raise BombError(f"packed more than {MAX_LAYERS} times")

    def _unpacked(self, data: bytes, names: Sequence[str]) -> bytes:
        """The data without its packing, or nothing where it holds no code."""
        if len(names) > MAX_LAYERS:
            raise BombError(f"packed more than {MAX_LAYERS} times")
        for index, name in enumerate(names):
            if name in PICTURES:
                return b""
            if name in FLATE:
                data = self._inflated(data)
            elif name in ASCII_85:
                self._spend(len(data) + 4 * data.count(b"z"))
                data = _from_ascii_85(data)
            elif name in ASCII_HEX:
                data = _from_hex(data)
            else:
                self._spend(len(data) * GROWTH.get(name, 1))
                if index + 1 < len(names) or (name not in GROWTH and len(data) > MAX_UNKNOWN):
                    raise BombError(f"{len(data):,} bytes packed by {name}, which could become anything")
                return b""
        return data

    def _inflated(self, data: bytes) -> bytes:
        """What zlib makes of the data. Raises zlib.error where it is damaged, and BombError once it is too much."""
        if not data.strip(BLANK):
            return b""
        inflater, pieces = zlib.decompressobj(), []
        for at in range(0, len(data), PIECE):
            packed = data[at : at + PIECE]
            while packed and not inflater.eof:
                pieces.append(inflater.decompress(packed, PIECE))
                self._spend(len(pieces[-1]))
                packed = inflater.unconsumed_tail
        if not inflater.eof:
            raise zlib.error("it breaks off")
        return b"".join(pieces)


def _names(about: bytes) -> tuple[str, ...]:
    """By what a stream is packed, in order; nothing where it isn't, or where that stands elsewhere."""
    found = FILTER.findall(about)
    return tuple(name.decode("latin-1") for name in NAME.findall(found[-1])) if len(found) == 1 else ()


def _is_zlib(start: bytes) -> bool:
    """True where bytes can start a zlib stream. Source: RFC 1950, 2.2."""
    return len(start) == 2 and start[0] & 0x0F == 8 and int.from_bytes(start, "big") % 31 == 0


def _from_ascii_85(data: bytes) -> bytes:
    """What five digits to base 85 say in four bytes each; base64.a85decode takes a hundred times as long."""
    text = data.partition(b"~>")[0].translate(None, BLANK).removeprefix(b"<~").replace(b"z", b"!!!!!")
    digits = np.frombuffer(text + b"u" * (-len(text) % 5), np.uint8).astype(np.int64).reshape(-1, 5) - 33
    if digits.size and (digits.min() < 0 or digits.max() > 84):
        raise ValueError("no digits to base 85")
    words = digits @ np.array([85**4, 85**3, 85**2, 85, 1])
    return words.astype(">u4").tobytes()[: len(text) * 4 // 5]


def _from_hex(data: bytes) -> bytes:
    digits = data.partition(b">")[0].translate(None, BLANK)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("latin-1"))
