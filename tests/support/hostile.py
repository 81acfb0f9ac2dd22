"""PDF files that no program made for reading: bombs, nests, crowds and ruins. Each is small, and made at once."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
TEXT = b"BT /F 12 Tf 72 700 Td (Some text) Tj ET"


def document(objects: Iterable[bytes], *, trailer: bytes = b"") -> bytes:
    """A file of these objects, numbered from 1, the first one its catalogue, with a true cross-reference table."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer <</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, trailer, start)
    return bytes(out)


def stream(data: bytes, about: bytes = b"") -> bytes:
    """An object that is a stream."""
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(data), about, data)


def one_page(contents: bytes, *more: bytes, page: bytes = PAGE, kids: bytes = b"3 0 R", count: int = 1) -> bytes:
    """A file with one page, of these contents (a stream object)."""
    tree = b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count)
    return document([b"<</Type/Catalog/Pages 2 0 R>>", tree, page, contents, FONT, *more])


def zeros(megabytes: int) -> bytes:
    """So many million zero bytes, packed to a thousandth: one packed block over and over. Source: RFC 1950, 1951."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = (megabytes * 1_000_000 % 65_521 << 16) + 1
    return b"\x78\xda" + block * megabytes + packer.flush() + check.to_bytes(4, "big")


def forms(*, depth: int, draws: int) -> bytes:
    """A page that draws a form, which draws the next one so often, and so on; the last one draws itself or nothing."""
    about = b"/Type/XObject/Subtype/Form/BBox[0 0 600 700]"
    resources = b"/Resources<</XObject<</X %d 0 R>>>>"
    drawing = b"/X Do " * draws
    chain = [stream(drawing, about + resources % (7 + number)) for number in range(depth)]
    last = stream(b"0 0 1 1 re f", about) if depth else stream(drawing, about + resources % 6)
    page = PAGE.replace(b"/Resources<<", b"/Resources<</XObject<</X 6 0 R>>")
    return one_page(stream(b"/X Do"), *chain, last, page=page)
