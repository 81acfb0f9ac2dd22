"""Asks pdfium about one drawn object at a time: its matrix, and the points of its path."""

from __future__ import annotations

import ctypes
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2.raw as pdfium

from monitor.extract.pdf.calls import Cells, as_argument, plain_function

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The six numbers a to f of a PDF transformation.
Matrix = tuple[float, float, float, float, float, float]
# So many points of a path are asked for at once.
POINTS_AT_ONCE = 32
# Pdfium's kinds of steps of a path.
CURVE, LINE = pdfium.FPDF_SEGMENT_BEZIERTO, pdfium.FPDF_SEGMENT_LINETO
CLOSES = plain_function(pdfium.FPDFPathSegment_GetClose)
MATRIX_INTO = plain_function(pdfium.FPDFPageObj_GetMatrix)
_PAINTS = plain_function(pdfium.FPDFPath_GetDrawMode)
_SEGMENT = plain_function(pdfium.FPDFPath_GetPathSegment, gives=ctypes.c_void_p)
_STEP = plain_function(pdfium.FPDFPathSegment_GetType)
POINT_INTO = plain_function(pdfium.FPDFPathSegment_GetPoint)


class DrawnObjects:
    """Asks pdfium about drawn objects, each given by its address as an argument; keeps the memory for the answers."""

    def __init__(self) -> None:
        self.colours = Cells(np.uint32, columns=4, addresses=4)
        self.matrices = Cells(np.float32, columns=6)
        self._matrix = (ctypes.c_float * 6)()
        self._fill, self._stroke = ctypes.c_int(), ctypes.c_int()
        self._matrix_at, self._fill_at, self._stroke_at = (
            as_argument(ctypes.addressof(each)) for each in (self._matrix, self._fill, self._stroke)
        )
        self._points = (ctypes.c_float * (2 * POINTS_AT_ONCE))()
        start = ctypes.addressof(self._points)
        self._xs = [as_argument(start + 8 * at) for at in range(POINTS_AT_ONCE)]
        self._ys = [as_argument(start + 8 * at + 4) for at in range(POINTS_AT_ONCE)]

    def matrix(self, drawn: Any) -> Matrix:  # noqa: ANN401 - ctypes' arguments have no type
        """Return the matrix of an object; one that changes nothing if pdfium has none."""
        if not MATRIX_INTO(drawn, self._matrix_at):
            return 1, 0, 0, 1, 0, 0
        a, b, c, d, e, f = self._matrix
        return a, b, c, d, e, f

    def painting(self, path: Any) -> tuple[bool, bool]:  # noqa: ANN401
        """Return whether a path is painted at all, and whether it is filled."""
        self._fill.value = self._stroke.value = 0
        known, filled = _PAINTS(path, self._fill_at, self._stroke_at), bool(self._fill.value)
        return not known or filled or bool(self._stroke.value), filled

    def steps(self, path: Any, total: int) -> Iterator[tuple[Any, int, float, float]]:  # noqa: ANN401
        """Yield the steps of a path: the argument for pdfium's step, its kind, and its point as the path has it."""
        for start in range(0, total, POINTS_AT_ONCE):
            numbers = range(start, min(start + POINTS_AT_ONCE, total))
            steps = list(map(as_argument, map(_SEGMENT, repeat(path), numbers)))
            yield from zip(steps, map(_STEP, steps), *self._places(steps), strict=True)

    def _places(self, steps: Sequence[Any]) -> tuple[list[float], list[float]]:
        """Return the x and the y of the points of some steps; both are 0 where pdfium gives none."""
        points = self._points
        ctypes.memset(points, 0, ctypes.sizeof(points))
        for step, x, y in zip(steps, self._xs, self._ys, strict=False):
            POINT_INTO(step, x, y)
        end = 2 * len(steps)
        return points[0:end:2], points[1:end:2]
