"""Refuses a file that is no whole PDF, or that would take too much to read, before any PDF library gets it.

A small file can unpack to a very large one, nest its code without end or repeat its pages, and make a PDF library hang
or crash. This module goes through the bytes once, with limits on its own time and memory. It is the first line of
defence; the second is the limits of the worker process that reads the file.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import BombError, UnreadableError
from monitor.extract.pdf.limits import PDF_LIMITS
from monitor.extract.pdf.streams import BLANK_BYTES, PIECE_BYTES, Unpacking, is_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from monitor.extract.pdf.limits import PdfLimits

# The start of a web page.
HTML_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
# The end of a PDF, with the place of its table of objects.
PDF_END = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF")
# The start of a table of objects, or of an object that holds one.
OBJECT_TABLE = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
# A section of the table of objects (number of its first object, number of objects), and an entry of a section.
TABLE_SECTION = re.compile(rb"\s*(\d{1,10})[ \t]+(\d{1,10})\s+")
TABLE_ENTRY = re.compile(rb"\s*(\d{10}) \d{5} ([nf])")
# The keyword before the data of a stream. A pattern that begins with plain letters is found in a fifth of the time.
STREAM_START = re.compile(rb"stream(?<!endstream)[ \t]*(?:\r\n|\n|\r)")
# The entry of an encrypted file.
ENCRYPT_ENTRY = re.compile(rb"/Encrypt(?![A-Za-z])")
# The entry of a catalogue that lists the layers of a file.
LAYERS_ENTRY = b"/OCProperties"
# A string, in which brackets do not nest.
PDF_STRING = re.compile(rb"\((?:[^()\\]|\\.)*+\)", re.DOTALL)
# The entry that says that an object is a page.
PAGE_OBJECT = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
# The contents of a page, where there are several.
CONTENTS_ARRAY = re.compile(rb"/Contents\s*\[([^\]]*)\]")
# A reference to another object.
CONTENTS_REFERENCE = re.compile(rb"\d+\s+\d+\s+R\b")
# The weight of each byte for `_brackets`.
BRACKET_WEIGHTS = np.zeros(256, np.int8)
BRACKET_WEIGHTS[list(b"[]<>")] = (2, -2, 1, -1)
# For each byte, whether it is a blank.
IS_BLANK = np.isin(np.arange(256), list(BLANK_BYTES))


def check_pdf(content: bytes, limits: PdfLimits = PDF_LIMITS) -> bool:
    """Check that a file is a whole PDF that can be read within the limits; raise an error otherwise.

    Return whether the file has layers, which a reader can switch off.

    Raises:
        UnreadableError: the file is empty, of another format, cut off, damaged, encrypted or without pages.
        BombError: the file is too large, unpacks to too much, or nests too deeply.
    """
    if len(content) > limits.file_bytes:
        raise BombError(f"{len(content):,} bytes; at most {limits.file_bytes:,} are read")
    _refuse_other(content)
    _refuse_cut(content)
    pages, at, unpacking = 0, 0, Unpacking(content, limits)
    layered = LAYERS_ENTRY in content
    for count, start_mark in enumerate(STREAM_START.finditer(content), start=1):
        if count > limits.streams:
            raise BombError(f"more than {limits.streams:,} streams")
        # Streams may be hidden in streams: each is unpacked, but the code outside of them counts once.
        if start_mark.start() >= at:
            pages += _pages(content[at : start_mark.start()], limits, outside=True)
            at = start_mark.end()
        unpacked, end = unpacking.stream(start_mark)
        pages += _pages(unpacked, limits)
        layered = layered or LAYERS_ENTRY in unpacked
        at = max(at, end)
    pages += _pages(content[at:], limits, outside=True)
    drawn = unpacking.forms.drawn()
    if drawn > limits.drawn_forms:
        raise BombError(f"forms within forms, drawn more than {limits.drawn_forms:,} times")
    if pages > limits.pages:
        raise BombError(f"{pages:,} pages; at most {limits.pages:,} are read")
    if not pages:
        raise UnreadableError("a PDF without pages")
    return layered


def _refuse_other(content: bytes) -> None:
    """Raise UnreadableError if the file does not start like a PDF."""
    start = content[:1024]
    if not start.strip(BLANK_BYTES):
        raise UnreadableError("empty")
    if HTML_START.match(start):
        raise UnreadableError("a web page under the name of a PDF")
    if b"%PDF-" not in start:
        raise UnreadableError(f"no PDF: it starts with {start[:8]!r}")


def _refuse_cut(content: bytes) -> None:
    """Raise UnreadableError if the end of the file or its table of objects is missing.

    A PDF library would read the pages that are left, and the rest would be lost.
    """
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
    """Raise UnreadableError if a PDF object is not where the file's table of objects says: bytes were lost or added.

    - `start`: the place of the table in the file.
    - `moved`: the number of bytes before the PDF's own start; all places in the table are off by it.

    Source: PDF 1.7, section 7.5.4.
    """
    at = content.index(b"xref", start) + 4
    while section := TABLE_SECTION.match(content, at):
        at = section.end()
        for number in range(int(section[1]), int(section[1]) + int(section[2])):
            entry = TABLE_ENTRY.match(content, at)
            if not entry:
                raise UnreadableError("damaged: its table of objects is not whole")
            at, place = entry.end(), int(entry[1])
            head = content[place + moved : place + moved + 32]
            if entry[2] == b"n" and place and not re.match(rb"\s*%d\s+\d+\s+obj\b" % number, head):
                raise UnreadableError(f"damaged: object {number} is not where the table of objects says")
    if not content[at : at + 32].lstrip(BLANK_BYTES).startswith(b"trailer"):
        raise UnreadableError("damaged: its table of objects is not whole")


def _pages(code: bytes, limits: PdfLimits, *, outside: bool = False) -> int:
    """Return the number of pages that a piece of PDF code defines.

    `outside` says that the code is not in a packed stream; only there the encryption is declared. Raises BombError if
    the code nests or repeats too much, UnreadableError if the file is encrypted.
    """
    if not is_code(code[:4096]):
        return 0
    if outside and ENCRYPT_ENTRY.search(code):
        raise UnreadableError("encrypted")
    if (
        code.count(b"[") + code.count(b"<<") > limits.bracket_depth
        and _depth(PDF_STRING.sub(b"", code), _brackets) > 2 * limits.bracket_depth
    ):
        raise BombError(f"brackets nested more than {limits.bracket_depth} deep")
    if code.count(b"q") > limits.saved_states and _depth(code, _saves) > limits.saved_states:
        raise BombError(f"more than {limits.saved_states:,} graphics states saved at once")
    for contents in CONTENTS_ARRAY.finditer(code):
        most = Counter(CONTENTS_REFERENCE.findall(contents[1])).most_common(1)
        if most and most[0][1] > limits.repeated_contents:
            raise BombError(f"a page that repeats the same contents more than {limits.repeated_contents} times")
    return len(PAGE_OBJECT.findall(code))


def _depth(code: bytes, weigh: Callable[[NDArray[np.uint8]], NDArray[np.int8]]) -> int:
    """Return the greatest depth to which the code nests.

    `weigh` is a function that returns for each byte by how much it raises or lowers the depth. The depth never falls
    below 0.
    """
    now = least = most = 0
    for start in range(0, len(code), PIECE_BYTES):
        weights = weigh(np.frombuffer(code, np.uint8, min(PIECE_BYTES, len(code) - start), start))
        levels = np.cumsum(weights, dtype=np.int64) + now
        floor = np.minimum.accumulate(np.minimum(levels, least))
        most = max(most, int((levels - floor).max()))
        now, least = int(levels[-1]), int(floor[-1])
    return most


def _brackets(piece: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Return for each byte how it changes the depth of brackets: `[` by 2, `<` by 1, `]` by -2, `>` by -1.

    A dictionary opens with two `<`, so it counts as much as a `[`. This function is passed to `_depth` as `weigh`.
    """
    return BRACKET_WEIGHTS[piece]


def _saves(piece: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Return for each byte how it changes the depth of saved states: 1 for `q` (save), -1 for `Q` (restore), else 0.

    This is a `weigh` for `_depth`; the states are PDF's graphics states.
    """
    weights = np.zeros(len(piece), np.int8)
    alone = IS_BLANK[piece[:-2]] & IS_BLANK[piece[2:]]
    weights[1:-1] = alone * ((piece[1:-1] == ord("q")).astype(np.int8) - (piece[1:-1] == ord("Q")))
    return weights
