"""Reads the pages of a PDF with the library pypdfium2 (pdfium), which takes a tenth of the time of pdfplumber."""

from __future__ import annotations

import ctypes
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from monitor.errors import BombError
from monitor.extract.pdf.calls import Cells, as_argument, plain_function
from monitor.extract.pdf.drawing import PageDrawing, moved
from monitor.extract.pdf.limits import PDF_PAGE_LIMITS
from monitor.extract.pdf.page import (
    BLANK,
    MIN_OUTLINES,
    LinkArea,
    PrintedPage,
    Remark,
    as_rules,
    corner,
    is_bold,
    visible,
)
from monitor.extract.pdf.paths import DrawnObjects
from monitor.extract.pdf.seen import Sheet, is_scan, sight
from monitor.extract.pdf.strikes import struck_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from monitor.extract.pdf.limits import PageLimits
    from monitor.extract.pdf.page import Glyphs
    from monitor.extract.pdf.paths import Matrix
    from monitor.extract.pdf.seen import Sight

# A link with a longer address is left out.
MAX_ADDRESS_BYTES = 4_096
# A font with a longer name is taken for one that is not bold.
MAX_FONT_BYTES = 256
# A page is painted with at most so many pixels on its longer side.
MAX_PAINTED_PIXELS = 3_000
# The places of so many characters are asked for at once.
CHARACTERS_AT_ONCE = 2_048
# Pdfium's functions for a character: its code point, the address of the text that it belongs to, and its box, which is
# written to memory.
_UNICODE = plain_function(pdfium.FPDFText_GetUnicode, gives=ctypes.c_uint)
_TEXT_OF = plain_function(pdfium.FPDFText_GetTextObject, gives=ctypes.c_void_p)
_BOX_INTO = plain_function(pdfium.FPDFText_GetLooseCharBox, gives=None)
# Annotations that print nothing: links, and the windows that open beside a note.
SILENT_NOTES = (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP)


def pdfium_pages(
    content: bytes,
    *,
    links: bool = False,
    fonts: bool = False,
    layered: bool = False,
    limits: PageLimits = PDF_PAGE_LIMITS,
) -> Iterator[PrintedPage]:
    """Yield each page of a PDF document; `check_pdf` must have accepted the document before.

    - `links`: whether to read the areas that are links. `fonts`: whether to tell which characters are bold.
    - `layered`: whether the document has layers, which may be switched off.
    - `limits`: how many pages there may be, and how much each may show.

    Raises PdfiumError if pdfium can't read the document, BombError if it has too many pages or one page has too much on
    it.
    """
    with pypdfium2.PdfDocument(content) as document:
        if len(document) > limits.pages:
            raise BombError(f"{len(document):,} pages; at most {limits.pages:,} are read")
        drawn, boxes = DrawnObjects(), Cells(np.float32, columns=4, rows=CHARACTERS_AT_ONCE)
        document.init_forms()  # draws the fields of a form that has no drawings of them
        for index in range(len(document)):
            page = document[index]
            try:
                areas = tuple(_links(page)) if links else ()
                if _has_notes(page, limits.objects):
                    pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY)
                    page.close()
                    page = document[index]
                drawing = PageDrawing(
                    number=index + 1,
                    turned=_turned(page.get_bbox(), page.get_rotation()),
                    limits=limits,
                    drawn=drawn,
                )
                yield _OpenPage(page, drawing, boxes, layered=layered, fonts=fonts).read(areas)
            finally:
                page.close()


def _has_notes(page: pypdfium2.PdfPage, most: int) -> bool:
    """Return whether a page has annotations that show something of their own: form fields, stamps, typed notes.

    Raises BombError if there are more than `most` annotations.
    """
    total = pdfium.FPDFPage_GetAnnotCount(page.raw)
    if total > most:
        raise BombError(f"{total:,} annotations on one page; at most {most:,} are read")
    for index in range(total):
        note = pdfium.FPDFPage_GetAnnot(page.raw, index)
        kind = pdfium.FPDFAnnot_GetSubtype(note)
        pdfium.FPDFPage_CloseAnnot(note)
        if kind not in SILENT_NOTES:
            return True
    return False


class _OpenPage:
    """One page of a PDF, opened in pdfium, from which lines and characters are read."""

    def __init__(
        self, page: pypdfium2.PdfPage, drawing: PageDrawing, boxes: Cells, *, layered: bool, fonts: bool
    ) -> None:
        self._page = page
        self._boxes = boxes  # the memory for those of characters
        self._layered = layered
        self._fonts = fonts
        self._bold: frozenset[tuple[float, float]] = frozenset()
        self._picture: tuple[NDArray[np.uint8], float] | None = None
        self._drawing = drawing

    def read(self, links: tuple[LinkArea, ...]) -> PrintedPage:
        """Return the page, with its straight lines and characters; `links` are its link areas."""
        drawing = self._drawing
        width, height = self._page.get_size()
        rules = [
            (drawing.objects, rule)
            for corners in drawing.paths(self._page.raw)
            for rule in as_rules(corners, width=width, height=height)
        ]
        glyphs, seen = self._glyphs((width, height))
        remarks = seen.remarks
        if not len(glyphs.codes) and (drawing.curves >= MIN_OUTLINES or is_scan(drawing, (width, height))):
            remarks |= {Remark.PICTURE}
        shown, struck = struck_out([rule for order, rule in rules if order not in seen.covers], glyphs)
        return PrintedPage(
            number=drawing.number,
            width=width,
            height=height,
            rules=shown,
            glyphs=glyphs,
            links=links,
            remarks=remarks,
            struck=struck,
            bars=seen.bars,
            bold=self._bold,
        )

    def _glyphs(self, size: tuple[float, float]) -> tuple[Glyphs, Sight]:
        """Return the characters that a reader sees, and what was found out about those that a reader does not see.

        `size` is the width and height of the page in points.
        """
        text = self._page.get_textpage()
        try:
            total = text.count_chars()
            most = self._drawing.limits.glyphs
            if total > most:
                number = self._drawing.number
                raise BombError(f"page {number}: {total:,} characters; at most {most:,} are read")
            handle = as_argument(ctypes.cast(text.raw, ctypes.c_void_p).value)
            characters = text.get_text_range() if total else ""
            if len(characters) == total:
                codes = np.frombuffer(characters.encode("utf-32-le", "surrogatepass"), np.int32)
            else:  # some have no code: one by one, which is slow
                codes = np.fromiter(map(_UNICODE, repeat(handle), range(total)), np.int32, total)
            boxes = self._boxes.written(_BOX_INTO, [handle] * total, range(total))  # as pdfium's FS_RECTF
            for at in ((boxes[:, 1] == boxes[:, 3]) & (codes > BLANK)).nonzero()[0].tolist():
                boxes[at] = text.get_charbox(at)  # a font that does not say how high it is
            boxes = moved(boxes, self._drawing.turned)
            if self._fonts:
                self._bold = frozenset(corner(boxes[at]) for at in _bold_characters(text, handle))
            sheet = Sheet(
                codes=codes,
                boxes=boxes,
                size=size,
                address_of=lambda at: _TEXT_OF(handle, at),
                painted=self._painted,
                layered=self._layered,
            )
            seen = sight(self._drawing, sheet)
        finally:
            text.close()
        if not seen.seen.all():
            codes, boxes = codes.compress(seen.seen), boxes.compress(seen.seen, axis=0)
        return visible(codes, boxes, self._drawing.dots, size), seen

    def _painted(self) -> tuple[NDArray[np.uint8], float]:
        """Return a picture of the page in shades of grey, and its number of pixels for each point."""
        if self._picture:
            return self._picture
        scale = min(2.0, MAX_PAINTED_PIXELS / max(*self._page.get_size(), 1))
        bitmap = self._page.render(scale=scale, grayscale=True)
        try:
            self._picture = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width].copy(), scale
            return self._picture
        finally:
            bitmap.close()


def _bold_characters(text: pypdfium2.PdfTextPage, handle: Any) -> Iterator[int]:  # noqa: ANN401
    """Yield the indexes of the characters of a page that are of a bold font; `handle` is the address of its text."""
    name = ctypes.create_string_buffer(MAX_FONT_BYTES)
    before, bold = -1, False
    for index in range(text.count_chars()):
        part = _TEXT_OF(handle, index)  # all characters of one text have one font
        if part != before:
            size = pdfium.FPDFText_GetFontInfo(text.raw, index, name, MAX_FONT_BYTES, None)
            before, bold = part, 0 < size <= MAX_FONT_BYTES and is_bold(name.value.decode("utf-8", "replace"))
        if bold:
            yield index


def _links(page: pypdfium2.PdfPage) -> Iterator[LinkArea]:
    turned = _turned(page.get_bbox(), page.get_rotation())
    at, link, rect = ctypes.c_int(0), pdfium.FPDF_LINK(), pdfium.FS_RECTF()
    while pdfium.FPDFLink_Enumerate(page.raw, at, link):
        action = pdfium.FPDFLink_GetAction(link)
        url = ctypes.create_string_buffer(MAX_ADDRESS_BYTES)
        size = pdfium.FPDFAction_GetURIPath(page.pdf.raw, action, url, MAX_ADDRESS_BYTES) if action else 0
        if 1 < size <= MAX_ADDRESS_BYTES and pdfium.FPDFLink_GetAnnotRect(link, rect):
            box = np.array([[rect.left, rect.top, rect.right, rect.bottom]], np.float32)
            left, top, right, bottom = map(float, moved(box, turned)[0])
            where = url.value.decode("utf-8", "replace")
            yield LinkArea(left=left, top=top, right=right, bottom=bottom, url=where)


def _turned(bbox: tuple[float, float, float, float], rotation: int) -> Matrix:
    """Return the matrix that turns PDF coordinates into places on the page as it is shown.

    PDF coordinates go up from the lower left corner of the page before it is turned. `bbox` is the shown part of the
    page in PDF coordinates, `rotation` by how many degrees it is turned.
    """
    left, bottom, right, top = bbox
    return {
        0: (1.0, 0.0, 0.0, -1.0, -left, top),
        90: (0.0, 1.0, 1.0, 0.0, -bottom, -left),
        180: (-1.0, 0.0, 0.0, 1.0, right, -bottom),
        270: (0.0, -1.0, -1.0, 0.0, top, right),
    }[rotation % 360]
