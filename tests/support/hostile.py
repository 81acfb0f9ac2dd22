"""PDF files written by hand, to try the limits of what is read. Each is small, and harms no program that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.extract.pdf.limits import PDF_LIMITS

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


def many_pages(count: int) -> bytes:
    """So many pages."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    tree = b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids)
    return document([b"<</Type/Catalog/Pages 2 0 R>>", tree, *[PAGE] * count])


def repeated(count: int) -> bytes:
    """A page that names the same contents so often."""
    return one_page(stream(b"q Q "), page=PAGE.replace(b"4 0 R", b"[%b]" % (b"4 0 R " * count)))


def refused() -> bytes:
    """A file that every reader can read, but that is a little over one of the limits: it repeats its contents."""
    return repeated(PDF_LIMITS.repeated_contents + 1)


def forms(*, depth: int, draws: int) -> bytes:
    """A page that draws a form, which draws the next one so often, and so on; the last one draws an area."""
    about = b"/Type/XObject/Subtype/Form/BBox[0 0 600 700]"
    resources = b"/Resources<</XObject<</X %d 0 R>>>>"
    chain = [stream(b"/X Do " * draws, about + resources % (7 + number)) for number in range(depth)]
    page = PAGE.replace(b"/Resources<<", b"/Resources<</XObject<</X 6 0 R>>")
    return one_page(stream(b"/X Do"), *chain, stream(b"0 0 1 1 re f", about), page=page)
