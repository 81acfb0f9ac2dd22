"""Records what a PDF page draws, object by object in the order of drawing: lines, texts, filled areas, pictures.

Places on a page are in points, to the right and down from its upper left corner. Objects of the library pdfium are
given by their addresses in memory.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from monitor.errors import BombError
from monitor.extract.pdf.calls import Cells, as_argument, plain_function
from monitor.extract.pdf.limits import PDF_PAGE_LIMITS
from monitor.extract.pdf.page import MAX_LEAN_POINTS, MAX_THICKNESS_POINTS, as_dots
from monitor.extract.pdf.paths import CURVE, LINE, MATRIX_INTO, POINT_INTO, DrawnObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from monitor.extract.pdf.limits import PageLimits
    from monitor.extract.pdf.page import Bounds
    from monitor.extract.pdf.paths import Matrix, PathStep

    Corners = list[tuple[float, float]]

# Forms that are nested deeper inside other forms are left out.
MAX_FORM_DEPTH = 12
# A filled path of more areas is no bar and no background.
MAX_AREAS = 40


class Area(NamedTuple):
    """A filled area or a picture on a page.

    - `order`: its number in the order of drawing; what is drawn later lies on top.
    - `bounds`: its left, top, right and bottom, in points.
    - `colour`: red, green and blue, from 0 to 255. It is None for a picture, a transparent area, or one that is no
      rectangle.
    - `path`: the address of pdfium's object; 0 for a picture.
    - `forms`: the matrices of the forms (reused drawings) that it is drawn in.
    """

    order: int
    bounds: Bounds
    colour: tuple[int, int, int] | None
    path: int = 0
    forms: tuple[Matrix, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnTexts:
    """The texts that a page draws; a text is what one PDF instruction prints. Each array has one row for each text.

    - `addresses`: the addresses of pdfium's objects.
    - `orders`: the numbers in the order of drawing.
    - `modes`: how the text is painted, by PDF's numbers; 3 means invisible.
    - `colours`: red, green, blue and opacity, from 0 to 255.
    - `ways`: the direction of writing, as steps to the right and down.
    - `placements`: the matrices that turn pdfium's places into places on the page, each with the numbers of the texts
      that it is for.
    """

    addresses: Sequence[int]
    orders: NDArray[np.int32]
    modes: NDArray[np.int32]
    colours: NDArray[np.int32]
    ways: NDArray[np.float32]
    placements: Sequence[tuple[Matrix, list[int] | slice]]

    @cached_property
    def boxes(self) -> NDArray[np.float32]:
        """The left, top, right and bottom of each text on the page, in points.

        They are measured at first use, since most pages do not need them. The page must still be open then.
        """
        boxes = _bounds(list(map(as_argument, self.addresses)))
        for matrix, within in self.placements:
            boxes[within] = moved(boxes[within], matrix)
        return boxes


@dataclass(slots=True, kw_only=True)
class PageDrawing:
    """What one page of a PDF draws. First call `paths` and use up its results, then `texts`.

    - `number`: the number of the page, from 1.
    - `turned`: the matrix that turns PDF coordinates into places on the page as it is shown.
    - `limits`: how much the page may show.
    - `drawn`: asks pdfium about drawn objects; one serves for all pages of a document.
    - `dots`: the boxes of small filled circles, which are bullets.
    - `areas`, `pictures`: the filled areas and the pictures.
    - `objects`, `curves`: the number of drawn objects so far, and of drawn paths with curves.
    """

    number: int
    turned: Matrix
    limits: PageLimits = PDF_PAGE_LIMITS
    drawn: DrawnObjects = field(default_factory=DrawnObjects)
    dots: list[Bounds] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    pictures: list[Area] = field(default_factory=list)
    objects: int = 0
    curves: int = 0  # paths that have any
    _points: int = 0
    _texts: list[int] = field(default_factory=list)  # addresses
    _orders: list[int] = field(default_factory=list)
    _forms: list[tuple[Matrix, ...]] = field(default_factory=list)  # the matrices of the forms around each text

    def paths(self, page: Any) -> Iterator[Corners]:  # noqa: ANN401 - a handle of pdfium's
        """Yield the corners of each drawn line and each filled area, in points from the upper left of the page.

        `page` is pdfium's page. Everything else that the page draws is noted in the attributes. Raises BombError if
        there are too many objects or points.
        """
        return self._paths(_COUNT, _GET, as_argument(ctypes.cast(page, ctypes.c_void_p).value), ())

    def texts(self) -> DrawnTexts:
        """Return the texts of the page. They are noted by `paths`, so use up all of its results first."""
        texts = list(map(as_argument, self._texts))
        colours, matrices = self.drawn.colours.written(_COLOUR, texts), self.drawn.matrices.written(MATRIX_INTO, texts)
        ways = matrices[:, :2]
        placements = list(self._placements())
        for (a, b, c, d, _, _), within in placements:
            ways[within] = ways[within] @ np.array([[a, b], [c, d]], np.float32)
        return DrawnTexts(
            addresses=self._texts,
            orders=np.array(self._orders, np.int32),
            modes=np.fromiter(map(_MODE, texts), np.int32, len(texts)),
            colours=colours.astype(np.int32),
            ways=ways,
            placements=placements,
        )

    def _placements(self) -> Iterator[tuple[Matrix, list[int] | slice]]:
        """Yield each matrix that turns places of texts into places on the page, with the numbers of its texts.

        Texts that are in the same forms (reused drawings) have the same matrix.
        """
        places: dict[tuple[Matrix, ...], list[int] | slice] = {(): slice(None)}
        if any(self._forms):
            places = {
                forms: [number for number, each in enumerate(self._forms) if each == forms]
                for forms in set(self._forms)
            }
        for forms, within in places.items():
            yield composed((*forms[::-1], self.turned)), within

    def _paths(
        self,
        count: Callable[..., int],
        get: Callable[..., int],
        parent: Any,  # noqa: ANN401 - ctypes' arguments have no type
        forms: tuple[Matrix, ...],
    ) -> Iterator[Corners]:
        """Yield the corners of the lines and areas of `parent`, the page or a form on it; note everything else.

        A form is a drawing that can be used again. `count` and `get` are the functions of pdfium that count and return
        the objects of `parent`. `forms` has the matrices of the forms around it.
        """
        total = count(parent)
        self._refuse_crowd(total)
        addresses = list(map(get, repeat(parent), range(total)))
        arguments = list(map(as_argument, addresses))
        kinds = list(map(_KIND, arguments))
        paths = [drawn for drawn, kind in zip(arguments, kinds, strict=True) if kind == _PATH]
        steps, matrices = self._steps(paths), iter(self.drawn.matrices.written(MATRIX_INTO, paths).tolist())
        matrix, place = None, self.turned
        for address, drawn, kind in zip(addresses, arguments, kinds, strict=True):
            self.objects += 1
            if kind == _TEXT:
                self._texts.append(address)
                self._orders.append(self.objects)
                self._forms.append(forms)
            elif kind == _PATH:
                own = next(matrices)
                if own != matrix:  # most paths of a page have the same
                    matrix, place = own, composed((own, *forms[::-1], self.turned))
                yield from self._corners(address, next(steps), place, forms)
            elif kind == _FORM and len(forms) < MAX_FORM_DEPTH:
                within = (*forms, self.drawn.matrix(drawn))
                yield from self._paths(_COUNT_WITHIN, _GET_WITHIN, drawn, within)
            else:
                self.pictures.append(Area(self.objects, self._bounds(drawn, forms), None))

    def _refuse_crowd(self, more: int) -> None:
        if self.objects + more > self.limits.objects:
            objects = self.objects + more
            raise BombError(f"page {self.number}: {objects:,} objects; at most {self.limits.objects:,} are read")

    def _bounds(self, drawn: Any, forms: tuple[Matrix, ...]) -> Bounds:  # noqa: ANN401
        left, top, right, bottom = map(float, moved(_bounds([drawn]), composed((*forms[::-1], self.turned)))[0])
        return left, top, right, bottom

    def _steps(self, paths: Sequence[Any]) -> Iterator[tuple[bool, list[PathStep]]]:
        """Yield for each path whether it is filled, and its steps: none for a path that is not painted at all.

        Raises BombError if the paths of the page have too many points.
        """
        paintings = list(map(self.drawn.painting, paths))
        totals = [_SEGMENTS(path) if painted else 0 for path, (painted, _) in zip(paths, paintings, strict=True)]
        self._points += sum(totals)
        if self._points > self.limits.points:
            raise BombError(f"page {self.number}: paths of more than {self.limits.points:,} points")
        return zip((filled for _, filled in paintings), self.drawn.steps(paths, totals), strict=True)

    def _corners(
        self, address: int, drawn: tuple[bool, list[PathStep]], place: Matrix, forms: tuple[Matrix, ...]
    ) -> Sequence[Corners]:
        """Return the corners of each piece of a path, and note the areas and bullets that it fills.

        - `address`: that of the path. `drawn`: whether it is filled, and its steps.
        - `place`: the matrix that turns its points into places on the page. `forms`: those of the forms around it.
        """
        filled, steps = drawn
        a, b, c, d, e, f = place
        corners: Corners = []
        curved: Corners = []
        pieces: list[Corners] = []
        for kind, closes, (x, y) in steps:
            point = a * x + c * y + e, b * x + d * y + f
            if kind == CURVE:
                curved.append(point)
            if kind != LINE and corners:  # after a curve or a move, a new line starts
                pieces.append([*corners, corners[0]] if filled else corners)
                corners = []
            corners.append(point)
            if closes and kind == LINE:
                corners.append(corners[0])
        if steps and len(curved) == len(steps) - 1:
            self.dots += as_dots(curved)
            corners = []
        if corners:
            pieces.append([*corners, corners[0]] if filled else corners)
        self.curves += bool(curved)
        if filled:
            self._note_areas(address, pieces, curved, forms)
        return pieces

    def _note_areas(self, path: int, pieces: list[Corners], curved: Corners, forms: tuple[Matrix, ...]) -> None:
        """Note the areas that a filled path covers, unless they are as thin as a line.

        - `pieces`: the corners of its pieces. `curved`: the points of its curves.
        - `forms`: the matrices of the forms around it.
        """
        if not curved and all(map(_is_thin, pieces)):
            return
        bounds = [_around(piece) for piece in pieces]
        wide = [each for each in bounds if min(each[2] - each[0], each[3] - each[1]) >= MAX_THICKNESS_POINTS]
        if not wide and not curved:
            return
        plain = not curved and len(wide) == len(bounds) <= MAX_AREAS and all(map(_is_rectangle, pieces))
        plain = plain and not any(_overlap(one, other) for one, other in combinations(bounds, 2))
        if not plain:
            whole = _around([*curved, *(point for piece in pieces for point in piece)])
            self.areas.append(Area(self.objects, whole, None))
            return
        colour = (ctypes.c_uint * 4)()
        known = _COLOUR(as_argument(path), *(ctypes.byref(colour, 4 * part) for part in range(4)))
        clear = known and colour[3] == 255 and not _SEE_THROUGH(as_argument(path))
        red, green, blue, _ = colour
        self.areas += [Area(self.objects, each, (red, green, blue) if clear else None, path, forms) for each in wide]

    def clipped(self, area: Area) -> Bounds | None:
        """Return the part of an area that is really shown (not clipped); None if that is no rectangle, or nothing."""
        left, top, right, bottom = area.bounds
        clip = as_argument(_CLIP(as_argument(area.path)) if area.path else None)
        a, b, c, d, e, f = composed((*area.forms[::-1], self.turned))
        x, y = ctypes.c_float(), ctypes.c_float()
        for number in range(max(0, _CLIPS(clip)) if clip else 0):
            total = _CLIP_SEGMENTS(clip, number)
            corners: Corners = []
            for index in range(min(total, 8)):
                segment = as_argument(_CLIP_SEGMENT(clip, number, index))
                POINT_INTO(segment, ctypes.byref(x), ctypes.byref(y))
                corners.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
            if not corners or total > 6 or not _is_rectangle(corners):
                return None
            within = _around(corners)
            left, top = max(left, within[0]), max(top, within[1])
            right, bottom = min(right, within[2]), min(bottom, within[3])
        return (left, top, right, bottom) if right > left and bottom > top else None


def _is_thin(corners: Corners) -> bool:
    """Return whether a path of four sides is just a thin line; the borders of most tables are drawn so."""
    if len(corners) > 6 or len(corners) < 3:
        return False
    (x0, y0), (x1, y1) = corners[0], corners[2]
    return abs(x1 - x0) < MAX_THICKNESS_POINTS or abs(y1 - y0) < MAX_THICKNESS_POINTS


def _around(points: Sequence[tuple[float, float]]) -> Bounds:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _is_rectangle(corners: Corners) -> bool:
    """Return whether corners make a rectangle with level and upright sides."""
    left, top, right, bottom = _around(corners)
    found = set()
    for x, y in corners:
        if min(x - left, right - x) > MAX_LEAN_POINTS or min(y - top, bottom - y) > MAX_LEAN_POINTS:
            return False
        found.add((x - left > right - x, y - top > bottom - y))
    return len(found) == 4


def _overlap(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _bounds(drawn: Sequence[Any]) -> NDArray[np.float32]:
    """Return the bounds of some objects as pdfium has them."""
    return Cells(np.float32, columns=4, addresses=4).written(_BOUNDS, drawn)


# Pdfium's kinds of objects.
_TEXT, _PATH, _FORM = pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_FORM
_COUNT = plain_function(pdfium.FPDFPage_CountObjects)
_GET = plain_function(pdfium.FPDFPage_GetObject, gives=ctypes.c_void_p)
_COUNT_WITHIN = plain_function(pdfium.FPDFFormObj_CountObjects)
_GET_WITHIN = plain_function(pdfium.FPDFFormObj_GetObject, gives=ctypes.c_void_p)
_KIND = plain_function(pdfium.FPDFPageObj_GetType)
_MODE = plain_function(pdfium.FPDFTextObj_GetTextRenderMode)
_COLOUR = plain_function(pdfium.FPDFPageObj_GetFillColor)
_BOUNDS = plain_function(pdfium.FPDFPageObj_GetBounds)
_SEE_THROUGH = plain_function(pdfium.FPDFPageObj_HasTransparency)
_SEGMENTS = plain_function(pdfium.FPDFPath_CountSegments)
_CLIP = plain_function(pdfium.FPDFPageObj_GetClipPath, gives=ctypes.c_void_p)
_CLIPS = plain_function(pdfium.FPDFClipPath_CountPaths)
_CLIP_SEGMENTS = plain_function(pdfium.FPDFClipPath_CountPathSegments)
_CLIP_SEGMENT = plain_function(pdfium.FPDFClipPath_GetPathSegment, gives=ctypes.c_void_p)


def composed(matrices: Sequence[Matrix]) -> Matrix:
    """Return one matrix that has the same effect as applying these matrices one after the other."""
    a, b, c, d, e, f = matrices[0]
    for p, q, r, s, t, u in matrices[1:]:
        a, b, c, d, e, f = (
            *(a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s),
            *(e * p + f * r + t, e * q + f * s + u),
        )
    return a, b, c, d, e, f


def moved(boxes: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float32]:
    """Apply a matrix to boxes, each given by two corners; return them as left, top, right, bottom."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = boxes.T
    if b or c:
        left, right = a * x0 + c * y0 + e, a * x1 + c * y1 + e
        top, bottom = b * x0 + d * y0 + f, b * x1 + d * y1 + f
    else:  # as nearly always: nothing is turned
        left, right, top, bottom = a * x0 + e, a * x1 + e, d * y0 + f, d * y1 + f
    there = np.empty((len(boxes), 4), np.float32)
    np.minimum(left, right, out=there[:, 0])
    np.minimum(top, bottom, out=there[:, 1])
    np.maximum(left, right, out=there[:, 2])
    np.maximum(top, bottom, out=there[:, 3])
    return there
