"""Refuses, before any parser sees them, files that are no whole PDF or that would take too much to read.

A file of 3 MB can unpack to 1 GB, nest 200,000 brackets or list a million pages, and hang or abort every PDF library.
This reads the bytes from front to end once, in time and memory that the caps below bound. It is the first line; the
limits of the process that reads the file are the second.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import BombError, UnreadableError
from monitor.extract.pdf.forms import Forms
from monitor.extract.pdf.page import MAX_PDF_PAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

MAX_PDF_BYTES = 100_000_000
MAX_STREAM_BYTES = 200_000_000  # bytes, all streams together; a report with its fonts is some millions
MAX_STREAMS = 50_000
MAX_BRACKET_DEPTH = 200  # of brackets; a few dozen are much
MAX_SAVED_STATES = 20_000  # graphics states at once
MAX_REPEATED_CONTENTS = 20  # times that one page may name the same contents
MAX_DRAWN_FORMS = 1_000_000  # forms that one form may draw, with those that they draw
MAX_UNKNOWN_BYTES = 1_000_000  # bytes of a stream whose packing is not known
MAX_DICTIONARY_BYTES = 65_536  # bytes before a stream in which what it says about itself is looked for
MAX_CODE_BYTES = 32_000_000  # bytes of one unpacked stream that are looked into
MAX_PACKING_LAYERS = 8  # of packing
PIECE_BYTES = 1 << 20

ASCII_85, ASCII_HEX, FLATE = ("ASCII85Decode", "A85"), ("ASCIIHexDecode", "AHx"), ("FlateDecode", "Fl")
UNPACKED_FILTERS = (*ASCII_85, *ASCII_HEX, *FLATE)
MAX_GROWTH = {"LZWDecode": 1_400, "LZW": 1_400, "RunLengthDecode": 64, "RL": 64}  # the most that a byte can become
PICTURE_FILTERS = ("DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode")  # not unpacked to read text

PRINTABLE_BYTES = bytes([9, 10, 13, *range(32, 127)])
BLANK_BYTES = b"\0\t\n\f\r "
HTML_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
PDF_END = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF")
OBJECT_TABLE = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
TABLE_SECTION, TABLE_ENTRY = re.compile(rb"\s*(\d{1,10})[ \t]+(\d{1,10})\s+"), re.compile(rb"\s*(\d{10}) \d{5} ([nf])")
STREAM_START = re.compile(rb"(?<!end)stream[ \t]*(?:\r\n|\n|\r)")
FILTER_ENTRY = re.compile(rb"/Filter\s*(\[[^\]]{0,1000}\]|/[^\s/<>\[\]()]+|\d+\s+\d+\s+R)")
PDF_NAME = re.compile(rb"/([^\s/<>\[\]()]+)")
PICTURE_OBJECT = re.compile(rb"/Subtype\s*/Image\b|/Type\s*/Metadata\b")
ENCRYPT_ENTRY = re.compile(rb"/Encrypt(?![A-Za-z])")
ESCAPED_BYTE = re.compile(rb"#([0-9A-Fa-f]{2})")
PDF_STRING = re.compile(rb"\((?:[^()\\]|\\.)*+\)", re.DOTALL)
PAGE_OBJECT = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
CONTENTS_ARRAY = re.compile(rb"/Contents\s*\[([^\]]*)\]")
CONTENTS_REFERENCE = re.compile(rb"\d+\s+\d+\s+R\b")
BRACKET_WEIGHTS = np.zeros(256, np.int8)
BRACKET_WEIGHTS[list(b"[]<>")] = (2, -2, 1, -1)
IS_BLANK = np.isin(np.arange(256), list(BLANK_BYTES))


def check_pdf(content: bytes) -> None:
    """Pass a whole PDF that can be read within bounds.

    Raises UnreadableError for what is empty, of another format, cut off, damaged, encrypted or without pages, and
    BombError for what is too large, unpacks to too much, or nests too deeply.
    """
    if len(content) > MAX_PDF_BYTES:
        raise BombError(f"{len(content):,} bytes; at most {MAX_PDF_BYTES:,} are read")
    _refuse_other(content)
    _refuse_cut(content)
    pages, at, unpacking = 0, 0, _Unpacking(content)
    for count, found in enumerate(STREAM_START.finditer(content), start=1):
        if count > MAX_STREAMS:
            raise BombError(f"more than {MAX_STREAMS:,} streams")
        if found.start() >= at:  # streams may be hidden in streams: each is unpacked, but what is outside counts once
            pages += _pages(content[at : found.start()], outside=True)
            at = found.end()
        unpacked, end = unpacking.stream(found)
        pages += _pages(unpacked)
        at = max(at, end)
    pages += _pages(content[at:], outside=True)
    drawn = unpacking.forms.drawn()
    if drawn > MAX_DRAWN_FORMS:
        raise BombError(f"forms within forms, drawn more than {MAX_DRAWN_FORMS:,} times")
    if pages > MAX_PDF_PAGES:
        raise BombError(f"{pages:,} pages; at most {MAX_PDF_PAGES:,} are read")
    if not pages:
        raise UnreadableError("a PDF without pages")


def _refuse_other(content: bytes) -> None:
    """Refuse what does not start like a PDF."""
    start = content[:1024]
    if not start.strip(BLANK_BYTES):
        raise UnreadableError("empty")
    if HTML_START.match(start):
        raise UnreadableError("a web page under the name of a PDF")
    if b"%PDF-" not in start:
        raise UnreadableError(f"no PDF: it starts with {start[:8]!r}")


def _refuse_cut(content: bytes) -> None:
    """Refuse what does not end like a PDF, or has lost a part: a parser would make do with the pages that are left."""
    tail = content.rstrip(BLANK_BYTES)[-2048:]
    ends = list(PDF_END.finditer(tail))
    if not ends or re.search(rb"\d\s+obj\b", tail[ends[-1].end() :]):
        raise UnreadableError("cut off: it does not end like a PDF")
    at, first = int(ends[-1][1]), content.find(b"%PDF-")
    start = next((start for start in (at, at + first) if OBJECT_TABLE.match(content[start : start + 64])), None)
    if start is None:
        raise UnreadableError(f"damaged: there is no table of its objects at byte {at:,}, where it should be")
    if content[start : start + 64].lstrip(BLANK_BYTES).startswith(b"xref"):
        _refuse_moved(content, start, moved=start - at)


def _refuse_moved(content: bytes, start: int, *, moved: int) -> None:
    """Refuse a file whose objects are not where its table says: bytes were lost or put in. Source: PDF 1.7, 7.5.4."""
    at = content.index(b"xref", start) + 4
    while found := TABLE_SECTION.match(content, at):
        at = found.end()
        for number in range(int(found[1]), int(found[1]) + int(found[2])):
            entry = TABLE_ENTRY.match(content, at)
            if not entry:
                raise UnreadableError("damaged: its table of objects is not whole")
            at, place = entry.end(), int(entry[1])
            head = content[place + moved : place + moved + 32]
            if entry[2] == b"n" and place and not re.match(rb"\s*%d\s+\d+\s+obj\b" % number, head):
                raise UnreadableError(f"damaged: object {number} is not where the table of objects says")
    if not content[at : at + 32].lstrip(BLANK_BYTES).startswith(b"trailer"):
        raise UnreadableError("damaged: its table of objects is not whole")


def _pages(code: bytes, *, outside: bool = False) -> int:
    """How many pages a piece of PDF code defines. Refuses what nests or repeats too much and, `outside`, encryption."""
    if not _is_code(code[:4096]):
        return 0
    if outside and ENCRYPT_ENTRY.search(code):
        raise UnreadableError("encrypted")
    if (
        code.count(b"[") + code.count(b"<<") > MAX_BRACKET_DEPTH
        and _depth(PDF_STRING.sub(b"", code), _brackets) > 2 * MAX_BRACKET_DEPTH
    ):
        raise BombError(f"brackets nested more than {MAX_BRACKET_DEPTH} deep")
    if code.count(b"q") > MAX_SAVED_STATES and _depth(code, _saves) > MAX_SAVED_STATES:
        raise BombError(f"more than {MAX_SAVED_STATES:,} graphics states saved at once")
    for found in CONTENTS_ARRAY.finditer(code):
        most = Counter(CONTENTS_REFERENCE.findall(found[1])).most_common(1)
        if most and most[0][1] > MAX_REPEATED_CONTENTS:
            raise BombError(f"a page that repeats the same contents more than {MAX_REPEATED_CONTENTS} times")
    return len(PAGE_OBJECT.findall(code))


def _is_code(sample: bytes) -> bool:
    """False for pictures and fonts."""
    return len(sample.translate(None, PRINTABLE_BYTES)) <= len(sample) * 0.15


def _depth(code: bytes, weigh: Callable[[NDArray[np.uint8]], NDArray[np.int8]]) -> int:
    """The highest rise of what bytes add up to; what falls below nothing doesn't count."""
    now = least = most = 0
    for start in range(0, len(code), PIECE_BYTES):
        weights = weigh(np.frombuffer(code, np.uint8, min(PIECE_BYTES, len(code) - start), start))
        levels = np.cumsum(weights, dtype=np.int64) + now
        floor = np.minimum.accumulate(np.minimum(levels, least))
        most = max(most, int((levels - floor).max()))
        now, least = int(levels[-1]), int(floor[-1])
    return most


def _brackets(piece: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Two for what opens an array, one for each `<`, since dictionaries open with two of them."""
    return BRACKET_WEIGHTS[piece]


def _saves(piece: NDArray[np.uint8]) -> NDArray[np.int8]:
    """One for each operator `q`, minus one for each `Q`."""
    weights = np.zeros(len(piece), np.int8)
    alone = IS_BLANK[piece[:-2]] & IS_BLANK[piece[2:]]
    weights[1:-1] = alone * ((piece[1:-1] == ord("q")).astype(np.int8) - (piece[1:-1] == ord("Q")))
    return weights


class _Unpacking:
    """Unpacks the streams of one file, until all of them together are too much."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.forms = Forms(content)
        self._left = MAX_STREAM_BYTES
        self._ended = -1

    def stream(self, found: re.Match[bytes]) -> tuple[bytes, int]:
        """What a stream holds, as far as it is worth a look, and where the code outside of it goes on."""
        start, about = found.end(), self._about(found.start())
        end = self._end(start)
        names = _names(about)
        data = self._content[start:end]
        self._spend(len(data))
        if names:
            code = self._unpacked(data, names, about=about, at=start)
        elif _is_zlib(data[:2]):
            code = self._guessed(data)
        else:
            code, end = data, start if _is_code(data[:4096]) else end  # plain code counts with what is outside
        self.forms.add(about, code)
        return b"" if end == start else code, end

    def _about(self, start: int) -> bytes:
        """The dictionary before a stream, with its names spelt out."""
        opened = self._content.rfind(b"obj", max(0, start - MAX_DICTIONARY_BYTES), start)
        about = self._content[
            max(opened - 24, start - MAX_DICTIONARY_BYTES, 0) : start
        ]  # with the number of the object
        self._spend(len(about))
        return ESCAPED_BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), about) if b"#" in about else about

    def _end(self, start: int) -> int:
        """Where the data of a stream ends."""
        if self._ended < start:
            found = self._content.find(b"endstream", start)
            self._ended = found if found >= 0 else len(self._content)
        return self._ended

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise BombError(f"unpacks to more than {MAX_STREAM_BYTES:,} bytes")

    def _guessed(self, data: bytes) -> bytes:
        """The data without packing that nothing tells of."""
        for _ in range(MAX_PACKING_LAYERS):
            if not _is_zlib(data[:2]):
                return data
            try:
                data = self._inflated(data, last=False)
            except zlib.error:
                return b""
        raise BombError(f"packed more than {MAX_PACKING_LAYERS} times")

    def _unpacked(self, data: bytes, names: Sequence[str], *, about: bytes, at: int) -> bytes:
        """The data without its packing, or nothing where it holds no code."""
        if len(names) > MAX_PACKING_LAYERS:
            raise BombError(f"packed more than {MAX_PACKING_LAYERS} times")
        try:
            for index, name in enumerate(names):
                if name in PICTURE_FILTERS:
                    return b""
                if name not in UNPACKED_FILTERS:
                    self._weigh(data, name, last=index + 1 == len(names))
                    return b""
                data = self._layer(data, name, last=index + 1 == len(names))
        except (zlib.error, ValueError) as fault:
            if PICTURE_OBJECT.search(about):
                return b""  # nothing that is read depends on it
            raise UnreadableError(f"damaged: the stream at byte {at:,} can't be unpacked: {fault}") from fault
        return data

    def _layer(self, data: bytes, name: str, *, last: bool) -> bytes:
        """The data with one layer of packing off."""
        if name in FLATE:
            return self._inflated(data, last=last)
        self._spend(len(data) + 4 * data.count(b"z"))
        return _from_ascii_85(data) if name in ASCII_85 else _from_hex(data)

    def _weigh(self, data: bytes, name: str, *, last: bool) -> None:
        """Count what the data could become at most, where it is not unpacked here."""
        self._spend(len(data) * MAX_GROWTH.get(name, 1))
        if not last or (name not in MAX_GROWTH and len(data) > MAX_UNKNOWN_BYTES):
            raise BombError(f"{len(data):,} bytes packed by {name}, which could become anything")

    def _inflated(self, data: bytes, *, last: bool) -> bytes:
        """What zlib makes of the data; nothing, where that is too large for code and the `last` layer of packing.

        Raises zlib.error where it is damaged, and BombError once it is too much.
        """
        if not data.strip(BLANK_BYTES):
            return b""
        inflater, pieces, size = zlib.decompressobj(), [b""], 0
        for at in range(0, len(data), PIECE_BYTES):
            packed = data[at : at + PIECE_BYTES]
            while packed and not inflater.eof:
                piece = inflater.decompress(packed, PIECE_BYTES)
                self._spend(len(piece))
                packed, size = inflater.unconsumed_tail, size + len(piece)
                pieces = [*pieces, piece] if size <= MAX_CODE_BYTES else []
        if not inflater.eof:
            raise zlib.error("it breaks off")
        if size > MAX_CODE_BYTES and not last:
            raise BombError(f"{size:,} bytes that are packed again")
        return b"".join(pieces)


def _names(about: bytes) -> tuple[str, ...]:
    """By what a stream is packed, in order; nothing where it isn't, or where that stands elsewhere."""
    found = FILTER_ENTRY.findall(about)
    return tuple(name.decode("latin-1") for name in PDF_NAME.findall(found[-1])) if len(found) == 1 else ()


def _is_zlib(start: bytes) -> bool:
    """True where bytes can start a zlib stream. Source: RFC 1950, 2.2."""
    return len(start) == 2 and start[0] & 0x0F == 8 and int.from_bytes(start, "big") % 31 == 0


def _from_ascii_85(data: bytes) -> bytes:
    """What five digits to base 85 say in four bytes each; base64.a85decode takes a hundred times as long."""
    text = data.partition(b"~>")[0].translate(None, BLANK_BYTES).removeprefix(b"<~").replace(b"z", b"!!!!!")
    digits = np.frombuffer(text + b"u" * (-len(text) % 5), np.uint8).astype(np.int64).reshape(-1, 5) - 33
    if digits.size and (digits.min() < 0 or digits.max() > 84):
        raise ValueError("no digits to base 85")
    words = (digits @ np.array([85**4, 85**3, 85**2, 85, 1])).astype(">u4")
    return bytes(words.tobytes()[: len(text) * 4 // 5])


def _from_hex(data: bytes) -> bytes:
    digits = data.partition(b">")[0].translate(None, BLANK_BYTES)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("latin-1"))
