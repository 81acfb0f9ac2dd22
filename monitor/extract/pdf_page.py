"""What is printed on each page of a PDF: straight rules, glyphs and links, in points from the page's upper left.

pypdfium2 reads them in a tenth of the time that pdfplumber takes. `by_pdfplumber` gives the same, for documents that
pdfium refuses and to check one against the other.
"""

from __future__ import annotations

import ctypes
import io
from collections import deque
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pdfplumber
import pypdfium2
import pypdfium2.raw as pdfium

from monitor.errors import BombError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

MAX_PAGES = 2_000
MAX_OBJECTS = 50_000  # drawn on one page; a dense table has a thousand
MAX_POINTS = 100_000  # of the paths on one page
MAX_GLYPHS = 200_000  # on one page; five thousand are dense print
MAX_DEPTH = 12  # of forms within forms
THIN = 3.0  # points: what is thinner is a rule, however it is drawn
STRAIGHT = 0.5  # points: how far a rule may lean
HYPHEN = ord("-")
HYPHENS = (0x02, 0xAD, 0xFFFE)  # what pdfium gives for one at a line's end, and fonts for one that may be soft
BLANK, NO_BREAK, UNKNOWN, BULLET = 0x20, 0xA0, 0xFFFD, 0x2022
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl"}
UNUSED = {f"(cid:{code})" for code in (127, 129, 141, 143, 144, 157)}  # bullets. Source: PDF 1.7, annex D.2, note 3
DOT = (1.0, 7.0)  # points: how wide a circle is that is a bullet
Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A straight line: `upright` at x from top to bottom, else at y from left to right."""

    upright: bool
    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glyphs:
    """Printed characters: their code points, and boxes as rows of left, top, right, bottom, as high as their font."""

    codes: NDArray[np.int32]
    boxes: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A rectangle that leads to a web address."""

    left: float
    top: float
    right: float
    bottom: float
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as it is shown: turned and cropped; `number` counts from 1."""

    number: int
    width: float
    height: float
    rules: tuple[Rule, ...]
    glyphs: Glyphs
    links: tuple[Link, ...] = ()


def by_pdfium(content: bytes, *, links: bool = False) -> Iterator[Page]:
    """Each page of a document that passed the guard.

    Raises PdfiumError where pdfium can't read it, BombError for too many pages, or too much on one.
    """
    with pypdfium2.PdfDocument(content) as document:
        if len(document) > MAX_PAGES:
            raise BombError(f"{len(document):,} pages; at most {MAX_PAGES:,} are read")
        for index in range(len(document)):
            page = document[index]
            try:
                yield _Sheet(page, index + 1).read(links=links)
            finally:
                page.close()


class _Sheet:
    """One page while pdfium has it open."""

    def __init__(self, page: pypdfium2.PdfPage, number: int) -> None:
        self._page = page
        self._number = number
        self._turned = _turned(page.get_bbox(), page.get_rotation())
        self._points = 0
        self._dots: list[Box] = []
        self._objects = 0

    def read(self, *, links: bool) -> Page:
        width, height = self._page.get_size()
        rules = tuple(
            rule
            for corners in self._paths(pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, self._page.raw, ())
            for rule in as_rules(corners, width=width, height=height)
        )
        return Page(
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
        """The corners of each line drawn or area filled, in points of the page."""
        total = count(parent)
        self._objects += total
        if self._objects > MAX_OBJECTS:
            raise BombError(f"page {self._number}: {self._objects:,} objects; at most {MAX_OBJECTS:,} are read")
        for index in range(total):
            drawn = get(parent, index)
            kind = pdfium.FPDFPageObj_GetType(drawn)
            if kind == pdfium.FPDF_PAGEOBJ_PATH:
                yield from self._corners(drawn, (*forms, _matrix(drawn)))
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and len(forms) < MAX_DEPTH:
                within = (*forms, _matrix(drawn))
                yield from self._paths(pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, drawn, within)

    def _corners(self, path: Any, matrices: tuple[Matrix, ...]) -> Iterator[Sequence[tuple[float, float]]]:  # noqa: ANN401
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if pdfium.FPDFPath_GetDrawMode(path, fill, stroke) and not fill.value and not stroke.value:
            return
        total = pdfium.FPDFPath_CountSegments(path)
        self._points += total
        if self._points > MAX_POINTS:
            raise BombError(f"page {self._number}: paths of more than {MAX_POINTS:,} points")
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
            if kind != pdfium.FPDF_SEGMENT_LINETO and corners:  # what a curve leads to starts anew
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
            if total > MAX_GLYPHS:
                raise BombError(f"page {self._number}: {total:,} characters; at most {MAX_GLYPHS:,} are read")
            handle = ctypes.cast(text.raw, ctypes.c_void_p).value
            said = text.get_text_range() if total else ""
            if len(said) == total:
                codes = np.frombuffer(said.encode("utf-32-le", "surrogatepass"), np.int32)
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

    def _links(self) -> Iterator[Link]:
        at, link, rect = ctypes.c_int(0), pdfium.FPDF_LINK(), pdfium.FS_RECTF()
        while pdfium.FPDFLink_Enumerate(self._page.raw, at, link):
            action = pdfium.FPDFLink_GetAction(link)
            url = ctypes.create_string_buffer(4096)
            size = pdfium.FPDFAction_GetURIPath(self._page.pdf.raw, action, url, 4096) if action else 0
            if 1 < size <= 4096 and pdfium.FPDFLink_GetAnnotRect(link, rect):
                box = np.array([[rect.left, rect.top, rect.right, rect.bottom]], np.float32)
                left, top, right, bottom = map(float, _moved(box, self._turned)[0])
                where = url.value.decode("utf-8", "replace")
                yield Link(left=left, top=top, right=right, bottom=bottom, url=where)


def _unicode_of() -> Callable[..., int]:
    """Pdfium's function, taking plain numbers: pypdfium2's own converts each argument, for every character again."""
    address = ctypes.cast(pdfium.FPDFText_GetUnicode, ctypes.c_void_p).value
    return ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(address or 0)


def _box_into() -> Callable[..., int]:
    """The same, for the function that writes a character's box to an address."""
    address = ctypes.cast(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p).value
    return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(address or 0)


def _matrix(drawn: Any) -> Matrix:  # noqa: ANN401 - a handle of pdfium's
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(drawn, found):
        return 1, 0, 0, 1, 0, 0
    return found.a, found.b, found.c, found.d, found.e, found.f


def _composed(matrices: Sequence[Matrix]) -> Matrix:
    """One matrix that does what these do, one after the other."""
    a, b, c, d, e, f = matrices[0]
    for p, q, r, s, t, u in matrices[1:]:
        a, b, c, d, e, f = (
            *(a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s),
            *(e * p + f * r + t, e * q + f * s + u),
        )
    return a, b, c, d, e, f


def _turned(bbox: tuple[float, float, float, float], rotation: int) -> Matrix:
    """From PDF coordinates (origin at the lower left of an unturned sheet) to those of the page as shown."""
    left, bottom, right, top = bbox
    return {
        0: (1.0, 0.0, 0.0, -1.0, -left, top),
        90: (0.0, 1.0, 1.0, 0.0, -bottom, -left),
        180: (-1.0, 0.0, 0.0, 1.0, right, -bottom),
        270: (0.0, -1.0, -1.0, 0.0, top, right),
    }[rotation % 360]


def _moved(boxes: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float32]:
    """Boxes given by two corners as left, top, right, bottom after the matrix."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = boxes.T
    left, right = a * x0 + c * y0 + e, a * x1 + c * y1 + e
    top, bottom = b * x0 + d * y0 + f, b * x1 + d * y1 + f
    sides = np.minimum(left, right), np.minimum(top, bottom), np.maximum(left, right), np.maximum(top, bottom)
    return np.stack(sides, axis=1).astype(np.float32)


def as_dots(points: Sequence[tuple[float, float]]) -> Iterator[Box]:
    """A small circle drawn beside a text is its bullet: the box of the glyph that it stands for."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    wide, high, middle = max(xs) - min(xs), max(ys) - min(ys), (max(ys) + min(ys)) / 2
    if DOT[0] <= wide <= DOT[1] and abs(wide - high) < wide / 5:
        yield min(xs), middle - 1.5 * high, max(xs), middle + 1.5 * high


def visible(
    codes: NDArray[np.int32], boxes: NDArray[np.float32], dots: Sequence[Box], size: tuple[float, float]
) -> Glyphs:
    """The glyphs and dots that stand on the page, in plain codes, without blanks of no extent, which pdfium made up."""
    codes = np.concatenate([codes, np.full(len(dots), BULLET, np.int32)])
    boxes = np.concatenate([boxes, np.array(dots, np.float32).reshape(-1, 4)])
    codes = np.where(np.isin(codes, HYPHENS), HYPHEN, codes)
    middle_x, middle_y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    extended = (boxes[:, 3] > boxes[:, 1]) & (boxes[:, 2] > boxes[:, 0])
    codes = np.where((codes == 0) & extended, UNKNOWN, codes)
    codes = np.where((codes < BLANK) | (codes == NO_BREAK), BLANK, codes).astype(np.int32)
    kept = extended | (codes != BLANK)
    kept &= (middle_x >= 0) & (middle_x <= size[0]) & (middle_y >= 0) & (middle_y <= size[1])
    return Glyphs(codes=codes[kept], boxes=boxes[kept])


def as_rules(corners: Sequence[tuple[float, float]], *, width: float, height: float) -> Iterator[Rule]:
    """A line, or the outline of an area, as rules: one where it is thin, else its straight sides.

    An area as large as the page is its background, and has none.
    """
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    wide, high = right - left, bottom - top
    if wide >= 0.97 * width and high >= 0.97 * height:
        return
    if high < THIN and wide >= max(high, 1):
        yield Rule(upright=False, at=(top + bottom) / 2, start=left, end=right)
    if wide < THIN and high >= max(wide, 1):
        yield Rule(upright=True, at=(left + right) / 2, start=top, end=bottom)
    if min(wide, high) < THIN:
        return
    for (x0, y0), (x1, y1) in pairwise(corners):
        if abs(x1 - x0) <= STRAIGHT and abs(y1 - y0) >= 1:
            yield Rule(upright=True, at=(x0 + x1) / 2, start=min(y0, y1), end=max(y0, y1))
        elif abs(y1 - y0) <= STRAIGHT and abs(x1 - x0) >= 1:
            yield Rule(upright=False, at=(y0 + y1) / 2, start=min(x0, x1), end=max(x0, x1))


def by_pdfplumber(content: bytes, *, links: bool = False) -> Iterator[Page]:
    """The same by pdfplumber. Raises UnreadableError where it can't read the document either."""
    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            for number, page in enumerate(document.pages, start=1):
                yield _plumbed(page, number, links=links)
                page.close()  # or it keeps all that was drawn until the end
    except (BombError, GeneratorExit):
        raise
    except Exception as fault:  # pdfminer raises whatever its own code stumbles over
        raise UnreadableError(f"can't be read as a PDF: {type(fault).__name__}: {fault}") from fault


def _plumbed(page: Any, number: int, *, links: bool) -> Page:  # noqa: ANN401 - pdfplumber has no types
    drawn = sum(map(len, page.objects.values()))
    if drawn > MAX_OBJECTS + MAX_GLYPHS:
        raise BombError(
            f"page {number}: {drawn:,} objects and characters; at most {MAX_OBJECTS + MAX_GLYPHS:,} are read"
        )
    left, top = page.cropbox[0] - page.mediabox[0], page.cropbox[1] - page.mediabox[1]
    size = page.cropbox[2] - page.cropbox[0], page.cropbox[3] - page.cropbox[1]
    printed = [(code, _box(char, left, top)) for char in page.chars for code in _codes(char["text"])]
    codes = np.array([code for code, _ in printed], np.int32)
    boxes = np.array([box for _, box in printed], np.float32).reshape(-1, 4)
    round_ones = (each for each in page.curves if not any(step[0] == "l" for step in each["path"]))
    dots = [dot for each in round_ones for dot in as_dots([(x - left, y - top) for x, y in each["pts"]])]
    rules = (
        Rule(upright=True, at=each["x0"] - left, start=each["top"] - top, end=each["bottom"] - top)
        if each["orientation"] == "v"
        else Rule(upright=False, at=each["top"] - top, start=each["x0"] - left, end=each["x1"] - left)
        for each in page.edges
        if each["orientation"] in ("v", "h")
    )
    return Page(
        number=number,
        width=size[0],
        height=size[1],
        rules=tuple(rule for rule in rules if rule.end - rule.start >= 1),
        glyphs=visible(codes, boxes, dots, size),
        links=tuple(
            Link(left=x0, top=y0, right=x1, bottom=y1, url=each["uri"])
            for each in (page.hyperlinks if links else ())
            for x0, y0, x1, y1 in [_box(each, left, top)]
        ),
    )


def _codes(text: str) -> Sequence[int]:
    """The characters that one glyph stands for, in pdfminer's words."""
    if text.startswith("(cid:"):
        return (BULLET if text in UNUSED else UNKNOWN,)
    return tuple(map(ord, text))


def _box(drawn: Any, left: float, top: float) -> Box:  # noqa: ANN401 - pdfplumber's
    return drawn["x0"] - left, drawn["top"] - top, drawn["x1"] - left, drawn["bottom"] - top
