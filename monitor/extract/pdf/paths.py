"""Asks pdfium about one drawn object at a time: its matrix, and the points of its path."""

from __future__ import annotations

import ctypes
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2.raw as pdfium

from monitor.extract.pdf.calls import Cells, as_argument, plain_function

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The six numbers a to f of a PDF transformation.
Matrix = tuple[float, float, float, float, float, float]
# A step of a path: its kind, whether it closes the path, and its point as the path has it (0, 0 if pdfium gives none).
PathStep = tuple[int, int, list[float]]
# Pdfium's kinds of steps of a path.
CURVE, LINE = pdfium.FPDF_SEGMENT_BEZIERTO, pdfium.FPDF_SEGMENT_LINETO
_CLOSES = plain_function(pdfium.FPDFPathSegment_GetClose)
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
        self._points = Cells(np.float32, columns=2, addresses=2)

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

    def steps(self, paths: Sequence[Any], totals: Sequence[int]) -> Iterator[list[PathStep]]:
        """Yield the steps of each of some paths; `totals` are their numbers of steps.

        The steps of all paths are asked for at once, since most paths have only two.
        """
        of_paths, numbers = chain.from_iterable(map(repeat, paths, totals)), chain.from_iterable(map(range, totals))
        steps = list(map(as_argument, map(_SEGMENT, of_paths, numbers)))
        points = self._points.written(POINT_INTO, steps).tolist()
        each = zip(map(_STEP, steps), map(_CLOSES, steps), points, strict=True)
        return (list(islice(each, total)) for total in totals)
