"""Unpacks the streams (blocks of data) of a PDF one by one, and refuses a file that unpacks to too much."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import BombError, UnreadableError
from monitor.extract.pdf.forms import Forms
from monitor.extract.pdf.limits import PDF_LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.extract.pdf.limits import PdfLimits

# The dictionary of a stream is looked for in this many bytes before it.
MAX_DICTIONARY_BYTES = 65_536
# Data is looked at in pieces of this size.
PIECE_BYTES = 1 << 20
# Names of filters, long and short.
ASCII_85, ASCII_HEX, FLATE = ("ASCII85Decode", "A85"), ("ASCIIHexDecode", "AHx"), ("FlateDecode", "Fl")
# The filters that the guard unpacks.
UNPACKED_FILTERS = (*ASCII_85, *ASCII_HEX, *FLATE)
# The largest number of bytes that one byte can become under filters that the guard does not unpack.
MAX_GROWTH = {"LZWDecode": 1_400, "LZW": 1_400, "RunLengthDecode": 64, "RL": 64}
# The filters of pictures, which are not unpacked to read text.
PICTURE_FILTERS = ("DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode")
# The bytes that make up most of the code of a PDF.
PRINTABLE_BYTES = bytes([9, 10, 13, *range(32, 127)])
# The bytes that are blanks in a PDF.
BLANK_BYTES = b"\0\t\n\f\r "
# The entry that names the filters of a stream.
FILTER_ENTRY = re.compile(rb"/Filter\s*(\[[^\]]{0,1000}\]|/[^\s/<>\[\]()]+|\d+\s+\d+\s+R)")
# A name in a PDF.
PDF_NAME = re.compile(rb"/([^\s/<>\[\]()]+)")
# The entry of a picture or of metadata: nothing that is read depends on their streams.
PICTURE_OBJECT = re.compile(rb"/Subtype\s*/Image\b|/Type\s*/Metadata\b")
# A byte of a name that is written in hexadecimal.
ESCAPED_BYTE = re.compile(rb"#([0-9A-Fa-f]{2})")


class Unpacking:
    """Unpacks the streams (blocks of data) of one PDF, and raises BombError if they add up to too much."""

    def __init__(self, content: bytes, limits: PdfLimits = PDF_LIMITS) -> None:
        self._content = content
        self._limits = limits
        self.forms = Forms(content, limits)
        self._left = limits.unpacked_bytes
        self._ended = -1

    def stream(self, start_mark: re.Match[bytes]) -> tuple[bytes, int]:
        """Return the unpacked code of a stream, and the place in the file after it.

        `start_mark` is the match of the word that begins the stream. The code is empty if the stream is known to have
        none. If the stream is not packed, the place is that of its start, so that it is examined with the code around
        it. Raises BombError or UnreadableError.
        """
        start, about = start_mark.end(), self._about(start_mark.start())
        end = self._end(start)
        names = _names(about)
        data = self._content[start:end]
        self._spend(len(data))
        if names:
            code = self._unpacked(data, names, about=about, at=start)
        elif _is_zlib(data[:2]):
            code = self._guessed(data)
        else:
            code, end = data, start if is_code(data[:4096]) else end  # plain code counts with the code outside
        self.forms.add(about, code)
        return b"" if end == start else code, end

    def _about(self, start: int) -> bytes:
        """Return the text before the stream at `start`: the number of its object, and its dictionary.

        Characters that are written as escapes in names are put in clear.
        """
        opened = self._content.rfind(b"obj", max(0, start - MAX_DICTIONARY_BYTES), start)
        about = self._content[
            max(opened - 24, start - MAX_DICTIONARY_BYTES, 0) : start
        ]  # with the number of the object
        self._spend(len(about))
        return ESCAPED_BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), about) if b"#" in about else about

    def _end(self, start: int) -> int:
        """Return the place where the data of a stream ends."""
        if self._ended < start:
            position = self._content.find(b"endstream", start)
            self._ended = position if position >= 0 else len(self._content)
        return self._ended

    def _spend(self, size: int) -> None:
        """Count `size` bytes against the limit for the whole file. Raises BombError once it is used up."""
        self._left -= size
        if self._left < 0:
            raise BombError(f"unpacks to more than {self._limits.unpacked_bytes:,} bytes")

    def _guessed(self, data: bytes) -> bytes:
        """Return the unpacked data of a stream that looks packed, although its dictionary does not say so.

        It is empty if the data can't be unpacked. Raises BombError if the data is packed too many times over.
        """
        for _ in range(self._limits.packing_layers):
            if not _is_zlib(data[:2]):
                return data
            try:
                data = self._inflated(data, last=False)
            except zlib.error:
                return b""
        raise BombError(f"packed more than {self._limits.packing_layers} times")

    def _unpacked(self, data: bytes, names: Sequence[str], *, about: bytes, at: int) -> bytes:
        """Return the data of a stream, unpacked by the filters `names`; empty if it is no code.

        - `about`: the stream's dictionary. `at`: its place in the file.

        Raises BombError if it is too much, UnreadableError if it is damaged.
        """
        if len(names) > self._limits.packing_layers:
            raise BombError(f"packed more than {self._limits.packing_layers} times")
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
        """Return the data after undoing one filter, `name`; `last` says whether it is the last one."""
        if name in FLATE:
            return self._inflated(data, last=last)
        self._spend(len(data) + 4 * data.count(b"z"))
        return _from_ascii_85(data) if name in ASCII_85 else _from_hex(data)

    def _weigh(self, data: bytes, name: str, *, last: bool) -> None:
        """Count the largest size to which data could unpack, against the limit; for filters that are not undone here.

        Raises BombError if there is no such largest size.
        """
        self._spend(len(data) * MAX_GROWTH.get(name, 1))
        if not last or (name not in MAX_GROWTH and len(data) > self._limits.unknown_bytes):
            raise BombError(f"{len(data):,} bytes packed by {name}, which could become anything")

    def _inflated(self, data: bytes, *, last: bool) -> bytes:
        """Return the data unpacked by zlib; empty if it is too large to be code and no filter follows.

        `last` says that no filter follows. Raises zlib.error if the data is damaged, BombError if it is too much.
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
                pieces = [*pieces, piece] if size <= self._limits.code_bytes else []
        if not inflater.eof:
            raise zlib.error("it breaks off")
        if size > self._limits.code_bytes and not last:
            raise BombError(f"{size:,} bytes that are packed again")
        return b"".join(pieces)


def _names(about: bytes) -> tuple[str, ...]:
    """Return the names of the filters by which a stream is packed, in order; `about` is its dictionary.

    There are none if it is not packed, or if the dictionary refers to another object for them.
    """
    filters = FILTER_ENTRY.findall(about)
    return tuple(name.decode("latin-1") for name in PDF_NAME.findall(filters[-1])) if len(filters) == 1 else ()


def _is_zlib(start: bytes) -> bool:
    """Return whether zlib data can start with these two bytes. Source: RFC 1950, 2.2."""
    return len(start) == 2 and start[0] & 0x0F == 8 and int.from_bytes(start, "big") % 31 == 0


def is_code(sample: bytes) -> bool:
    """Return whether a sample of bytes looks like PDF code, and not like a picture or font."""
    return len(sample.translate(None, PRINTABLE_BYTES)) <= len(sample) * 0.15


def _from_ascii_85(data: bytes) -> bytes:
    """Return the bytes that a text in ASCII 85 stands for (five characters for four bytes).

    It takes a hundredth of the time of the standard library's `base64.a85decode`. Raises ValueError for a character
    that does not belong there.
    """
    text = data.partition(b"~>")[0].translate(None, BLANK_BYTES).removeprefix(b"<~").replace(b"z", b"!!!!!")
    digits = np.frombuffer(text + b"u" * (-len(text) % 5), np.uint8).astype(np.int64).reshape(-1, 5) - 33
    if digits.size and (digits.min() < 0 or digits.max() > 84):
        raise ValueError("no digits to base 85")
    words = (digits @ np.array([85**4, 85**3, 85**2, 85, 1])).astype(">u4")
    return bytes(words.tobytes()[: len(text) * 4 // 5])


def _from_hex(data: bytes) -> bytes:
    """Return the bytes that a text in hexadecimal digits stands for."""
    digits = data.partition(b">")[0].translate(None, BLANK_BYTES)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("latin-1"))
