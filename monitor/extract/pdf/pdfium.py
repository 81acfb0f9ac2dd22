"""Read the pages of a PDF with pypdfium2, which takes a tenth of the time that pdfplumber takes."""

from __future__ import annotations

import ctypes
from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from monitor.errors import BombError
from monitor.extract.pdf.page import (
    BLANK,
    MAX_PAGE_GLYPHS,
    MAX_PAGE_OBJECTS,
    MAX_PDF_PAGES,
    LinkArea,
    PrintedPage,
    as_dots,
    as_rules,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from monitor.extract.pdf.page import Bounds, Glyphs

# A page whose paths have more points is refused.
MAX_PATH_POINTS = 100_000
# Forms that are nested deeper inside other forms are left out.
MAX_FORM_DEPTH = 12
# A link with a longer address is left out.
MAX_ADDRESS_BYTES = 4_096
# The six numbers a to f of a PDF transformation.
Matrix = tuple[float, float, float, float, float, float]


def pdfium_pages(content: bytes, *, links: bool = False) -> Iterator[PrintedPage]:
    """Yield each page of a document that `check_pdf` accepted; `links` says whether to read link areas.

    Raises PdfiumError if pdfium can't read the document, BombError if it has too many pages or one page has too much on
    it.
    """
    with pypdfium2.PdfDocument(content) as document:
        if len(document) > MAX_PDF_PAGES:
            raise BombError(f"{len(document):,} pages; at most {MAX_PDF_PAGES:,} are read")
        for index in range(len(document)):
            page = document[index]
            try:
                yield _OpenPage(page, index + 1).read(links=links)
            finally:
                page.close()


class _OpenPage:
    """One page of a PDF that is open in pdfium."""

    def __init__(self, page: pypdfium2.PdfPage, number: int) -> None:
        self._page = page
        self._number = number
        self._turned = _turned(page.get_bbox(), page.get_rotation())
        self._points = 0
        self._dots: list[Bounds] = []
        self._objects = 0

    def read(self, *, links: bool) -> PrintedPage:
        """Return the rules and glyphs on the page, and its link areas if `links` is true."""
        width, height = self._page.get_size()
        rules = tuple(
            rule
            for corners in self._paths(pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, self._page.raw, ())
            for rule in as_rules(corners, width=width, height=height)
        )
        return PrintedPage(
            number=self._number,
            width=width,
            height=height,
            rules=rules,
            glyphs=self._glyphs(),
            links=tuple(self._links()) if links else (),
        )

    def _paths(
        self,
        count: Any,  # noqa: ANN401 - functions of pdfium's, which have no types
        get: Any,  # noqa: ANN401
        parent: Any,  # noqa: ANN401
        forms: tuple[Matrix, ...],
    ) -> Iterator[Sequence[tuple[float, float]]]:
        """Yield the corners of each drawn line and filled area, in points from the page's upper left.

        `parent` is the page or a form on it. `count` and `get` are the functions of pdfium for its objects. `forms`
        holds the matrices of the forms around the objects. Raises BombError if there are too many objects.
        """
        total = count(parent)
        self._objects += total
        if self._objects > MAX_PAGE_OBJECTS:
            raise BombError(f"page {self._number}: {self._objects:,} objects; at most {MAX_PAGE_OBJECTS:,} are read")
        for index in range(total):
            drawn = get(parent, index)
            kind = pdfium.FPDFPageObj_GetType(drawn)
            if kind == pdfium.FPDF_PAGEOBJ_PATH:
                yield from self._corners(drawn, (*forms, _matrix(drawn)))
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and len(forms) < MAX_FORM_DEPTH:
                within = (*forms, _matrix(drawn))
                yield from self._paths(pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, drawn, within)

    def _corners(self, path: Any, matrices: tuple[Matrix, ...]) -> Iterator[Sequence[tuple[float, float]]]:  # noqa: ANN401
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if pdfium.FPDFPath_GetDrawMode(path, fill, stroke) and not fill.value and not stroke.value:
            return
        total = pdfium.FPDFPath_CountSegments(path)
        self._points += total
        if self._points > MAX_PATH_POINTS:
            raise BombError(f"page {self._number}: paths of more than {MAX_PATH_POINTS:,} points")
        a, b, c, d, e, f = _composed((*matrices[::-1], self._turned))
        x, y = ctypes.c_float(), ctypes.c_float()
        corners: list[tuple[float, float]] = []
        curved: list[tuple[float, float]] = []
        for index in range(total):
            segment = pdfium.FPDFPath_GetPathSegment(path, index)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            pdfium.FPDFPathSegment_GetPoint(segment, x, y)
            point = a * x.value + c * y.value + e, b * x.value + d * y.value + f
            if kind == pdfium.FPDF_SEGMENT_BEZIERTO:
                curved.append(point)
            if kind != pdfium.FPDF_SEGMENT_LINETO and corners:  # after a curve or a move, a new line starts
                yield [*corners, corners[0]] if fill.value else corners
                corners = []
            corners.append(point)
            if kind == pdfium.FPDF_SEGMENT_LINETO and pdfium.FPDFPathSegment_GetClose(segment):
                corners.append(corners[0])
        if len(curved) == total - 1:
            self._dots += as_dots(curved)
        elif corners:
            yield [*corners, corners[0]] if fill.value else corners

    def _glyphs(self) -> Glyphs:
        text = self._page.get_textpage()
        try:
            total = text.count_chars()
            if total > MAX_PAGE_GLYPHS:
                raise BombError(f"page {self._number}: {total:,} characters; at most {MAX_PAGE_GLYPHS:,} are read")
            handle = ctypes.cast(text.raw, ctypes.c_void_p).value
            characters = text.get_text_range() if total else ""
            if len(characters) == total:
                codes = np.frombuffer(characters.encode("utf-32-le", "surrogatepass"), np.int32)
            else:  # some have no code: one by one, which is slow
                codes = np.fromiter(map(_unicode_of(), repeat(handle), range(total)), np.int32, total)
            boxes = np.zeros((total, 4), np.float32)  # a row has the layout of pdfium's FS_RECTF
            rows = range(boxes.ctypes.data, boxes.ctypes.data + 16 * total, 16)
            deque(map(_box_into(), repeat(handle), range(total), rows), maxlen=0)
            for at in np.flatnonzero((boxes[:, 1] == boxes[:, 3]) & (codes > BLANK)).tolist():
                boxes[at] = text.get_charbox(at)  # a font that does not say how high it is
        finally:
            text.close()
        return visible(codes, _moved(boxes, self._turned), self._dots, self._page.get_size())

    def _links(self) -> Iterator[LinkArea]:
        at, link, rect = ctypes.c_int(0), pdfium.FPDF_LINK(), pdfium.FS_RECTF()
        while pdfium.FPDFLink_Enumerate(self._page.raw, at, link):
            action = pdfium.FPDFLink_GetAction(link)
            url = ctypes.create_string_buffer(MAX_ADDRESS_BYTES)
            size = pdfium.FPDFAction_GetURIPath(self._page.pdf.raw, action, url, MAX_ADDRESS_BYTES) if action else 0
            if 1 < size <= MAX_ADDRESS_BYTES and pdfium.FPDFLink_GetAnnotRect(link, rect):
                box = np.array([[rect.left, rect.top, rect.right, rect.bottom]], np.float32)
                left, top, right, bottom = map(float, _moved(box, self._turned)[0])
                where = url.value.decode("utf-8", "replace")
                yield LinkArea(left=left, top=top, right=right, bottom=bottom, url=where)


def _unicode_of() -> Callable[..., int]:
    """Return pdfium's function that gives a character's code point, in a form that takes plain numbers.

    It is faster than that of pypdfium2, which converts its arguments anew for every character.
    """
    address = ctypes.cast(pdfium.FPDFText_GetUnicode, ctypes.c_void_p).value
    return ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(address or 0)


def _box_into() -> Callable[..., int]:
    """Return pdfium's function that writes a character's box to memory, in a form that takes plain numbers."""
    address = ctypes.cast(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p).value
    return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(address or 0)


def _matrix(drawn: Any) -> Matrix:  # noqa: ANN401 - a handle of pdfium's
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(drawn, matrix):
        return 1, 0, 0, 1, 0, 0
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _composed(matrices: Sequence[Matrix]) -> Matrix:
    """Return one matrix with the same effect as all these matrices, applied one after the other."""
    a, b, c, d, e, f = matrices[0]
    for p, q, r, s, t, u in matrices[1:]:
        a, b, c, d, e, f = (
            *(a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s),
            *(e * p + f * r + t, e * q + f * s + u),
        )
    return a, b, c, d, e, f


def _turned(bbox: tuple[float, float, float, float], rotation: int) -> Matrix:
    """Return the matrix that turns PDF coordinates into those of the page as shown.

    PDF coordinates start at the lower left of the page, before it is turned.
    """
    left, bottom, right, top = bbox
    return {
        0: (1.0, 0.0, 0.0, -1.0, -left, top),
        90: (0.0, 1.0, 1.0, 0.0, -bottom, -left),
        180: (-1.0, 0.0, 0.0, 1.0, right, -bottom),
        270: (0.0, -1.0, -1.0, 0.0, top, right),
    }[rotation % 360]


def _moved(boxes: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float32]:
    """Apply a matrix to boxes that are given by two corners; return them as left, top, right, bottom."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = boxes.T
    left, right = a * x0 + c * y0 + e, a * x1 + c * y1 + e
    top, bottom = b * x0 + d * y0 + f, b * x1 + d * y1 + f
    sides = np.minimum(left, right), np.minimum(top, bottom), np.maximum(left, right), np.maximum(top, bottom)
    return np.stack(sides, axis=1).astype(np.float32)
