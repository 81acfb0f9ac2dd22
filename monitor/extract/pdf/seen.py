"""Decide which glyphs of a PDF page a reader sees: not what is unpainted, painted over, turned, or a watermark.

First whole texts are suspected, by what the page draws and in which order. Only for a page with such texts, each of
their glyphs is examined, and the page is painted to see whether anything is to be seen at its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from monitor.extract.pdf.page import BLANK, Remark

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from monitor.extract.pdf.drawing import Area, Drawing, DrawnTexts

    Mask = NDArray[np.bool_]

# PDF's modes of rendering that paint nothing.
UNPAINTED_MODES = (3, 7)
# The modes that fill the letters with a colour.
FILLED_MODES = (0, 4)
# Colours that differ by less in each part, of 255, can't be told apart; nor can shades of grey in the painted page.
MIN_CONTRAST = 20
# A colour or a shade below this, of 255, is dark.
DARK = 128
WHITE = (255, 255, 255)
# A picture that takes more of the page is a scan of it.
SCAN_SHARE = 0.4
# A page with this share of unpainted text over a scan has its text from a program that recognises letters.
RECOGNISED_SHARE = 0.9
# Text that leans more than this is turned: the step down, in steps to the right.
MAX_SLOPE = 0.09
# Letters this many times as high as most, which lie over others, are a watermark.
WATERMARK_HEIGHTS = 2.0
# A page whose highest letter is at most this many times as high as the mean has none.
LARGE_HEIGHTS = 1.3
# No more of such letters are looked at.
MAX_WATERMARK_GLYPHS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a reader sees of the glyphs of a page: a mask of them, and what is to be said about the others.

    `covers` are the numbers of the areas that cover text.
    """

    seen: Mask
    remarks: frozenset[Remark]
    covers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """The glyphs of a page as pdfium gives them, in points from the upper left.

    `address_of` returns the address of the text that a glyph belongs to, and `painted` the page in shades of grey with
    its pixels for each point. `layered` says that the file has layers, of which some may not be shown.
    """

    codes: NDArray[np.int32]
    boxes: NDArray[np.float32]
    size: tuple[float, float]
    address_of: Callable[[int], int]
    painted: Callable[[], tuple[NDArray[np.uint8], float]]
    layered: bool = False

    def shades(self, glyphs: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return for each of these glyphs the darkest and the lightest shade at its place on the painted page."""
        picture, scale = self.painted()
        found = np.zeros((len(glyphs), 2), np.int32)
        high, wide = picture.shape
        for row, (left, top, right, bottom) in enumerate(self.boxes[glyphs].tolist()):
            inset, drop = 0.1 * (right - left), 0.12 * (bottom - top)
            x0, x1 = max(0, int((left + inset) * scale)), min(wide, int((right - inset) * scale) + 1)
            y0, y1 = max(0, int((top + drop) * scale)), min(high, int((bottom - drop) * scale) + 1)
            place = picture[y0:y1, x0:x1]
            found[row] = (place.min(), place.max()) if place.size else (255, 255)
        return found


def sight(drawing: Drawing, sheet: Sheet) -> Sight:
    """Return which glyphs of a page a reader sees."""
    texts = drawing.texts()
    remarks: set[Remark] = set()
    covers: set[int] = set()
    seen = np.ones(len(sheet.codes), bool)
    if sheet.layered:
        glyphs = np.flatnonzero(sheet.codes > BLANK)
        seen[glyphs] = _contrast(sheet.shades(glyphs)) >= MIN_CONTRAST
        remarks |= {Remark.UNPAINTED} if not seen.all() else set()
    unpainted, faint, covered, turned = _suspects(drawing, texts)
    if (unpainted | faint | covered | turned).any():
        belongs = _belonging(texts, sheet, unpainted | faint | covered | turned)
        seen &= _painted(drawing, sheet, belongs, unpainted, remarks)
        seen &= ~_faint(sheet, belongs, faint, remarks)
        seen &= ~_covered(drawing, texts, sheet, belongs, covered, remarks, covers)
        seen &= ~_turned(sheet, belongs, texts, turned, remarks)
    marks = _watermark(sheet.codes, sheet.boxes, seen)
    if marks is not None:
        seen &= ~marks
        remarks.add(Remark.WATERMARK)
    return Sight(seen=seen, remarks=frozenset(remarks), covers=frozenset(covers))


def _suspects(drawing: Drawing, texts: DrawnTexts) -> tuple[Mask, Mask, Mask, Mask]:
    """Return four masks of texts: those that are unpainted, of the colour below them, perhaps covered, or turned."""
    filled = (texts.modes == FILLED_MODES[0]) | (texts.modes == FILLED_MODES[1])
    unpainted = (texts.modes == UNPAINTED_MODES[0]) | (texts.modes == UNPAINTED_MODES[1]) | (filled & (texts.colours[:, 3] == 0))
    middle = (texts.boxes[:, :2] + texts.boxes[:, 2:]) / 2
    below = np.full((len(texts.orders), 3), 255, np.int32)
    known = np.ones(len(texts.orders), bool)
    covered = np.zeros(len(texts.orders), bool)
    for area in sorted([*drawing.areas, *drawing.pictures], key=lambda each: each.order):
        left, top, right, bottom = area.bounds
        before = texts.orders > area.order
        holds = before & (middle[:, 0] >= left) & (middle[:, 0] <= right)
        holds &= (middle[:, 1] >= top) & (middle[:, 1] <= bottom)
        known[holds] = area.colour is not None
        if area.colour is not None:
            below[holds] = area.colour
        covered |= (
            (texts.orders < area.order)
            & (texts.boxes[:, 0] < right)
            & (texts.boxes[:, 2] > left)
            & (texts.boxes[:, 1] < bottom)
            & (texts.boxes[:, 3] > top)
        )
    alike = np.abs(texts.colours[:, :3] - below).max(axis=1, initial=0) < MIN_CONTRAST
    right, down = texts.ways.T
    turned = (np.abs(down) > MAX_SLOPE * np.abs(right)) | (right < 0)
    return unpainted, filled & alike & known & ~unpainted, covered & ~unpainted, turned


def _belonging(texts: DrawnTexts, sheet: Sheet, suspected: Mask) -> NDArray[np.int32]:
    """Return for each glyph the number of the suspected text that it belongs to; -1 for all others."""
    numbers = {texts.addresses[number]: number for number in np.flatnonzero(suspected).tolist()}
    middle = (sheet.boxes[:, :2] + sheet.boxes[:, 2:]) / 2
    near = np.zeros(len(sheet.codes), bool)
    for left, top, right, bottom in texts.boxes[suspected].tolist():
        near |= (
            (middle[:, 0] >= left - 2)
            & (middle[:, 0] <= right + 2)
            & (middle[:, 1] >= top - 6)
            & (middle[:, 1] <= bottom + 6)
        )
    belongs = np.full(len(sheet.codes), -1, np.int32)
    for glyph in np.flatnonzero(near & (sheet.codes > BLANK)).tolist():
        belongs[glyph] = numbers.get(sheet.address_of(glyph), -1)
    return belongs


def _of(belongs: NDArray[np.int32], texts: Mask) -> Mask:
    """Return a mask of the glyphs that belong to one of the texts of a mask."""
    return (belongs >= 0) & texts[belongs]


def _painted(
    drawing: Drawing, sheet: Sheet, belongs: NDArray[np.int32], unpainted: Mask, remarks: set[Remark]
) -> Mask:
    """Return a mask of the glyphs that are painted; those of a scanned page count, if nearly all are unpainted."""
    hidden = _of(belongs, unpainted)
    if not hidden.any():
        return ~hidden
    print_ = sheet.codes > BLANK
    if is_scan(drawing, sheet.size) and hidden.sum() >= RECOGNISED_SHARE * print_.sum():
        remarks.add(Remark.RECOGNISED)
        return np.ones(len(hidden), bool)
    remarks.add(Remark.UNPAINTED)
    return ~hidden


def is_scan(drawing: Drawing, size: tuple[float, float]) -> bool:
    """Return whether a picture takes a good part of the page, whose width and height are `size`."""
    return any(_share(each, size) >= SCAN_SHARE for each in drawing.pictures)


def _share(picture: Area, size: tuple[float, float]) -> float:
    left, top, right, bottom = picture.bounds
    wide, high = min(right, size[0]) - max(left, 0), min(bottom, size[1]) - max(top, 0)
    return max(wide, 0) * max(high, 0) / max(size[0] * size[1], 1)


def _contrast(shades: NDArray[np.int32]) -> NDArray[np.int32]:
    return shades[:, 1] - shades[:, 0]


def _faint(sheet: Sheet, belongs: NDArray[np.int32], faint: Mask, remarks: set[Remark]) -> Mask:
    """Return a mask of the glyphs whose colour is that of what they are printed on, so that nothing is seen there."""
    hidden = _of(belongs, faint)
    glyphs = np.flatnonzero(hidden)
    if len(glyphs):
        hidden[glyphs] = _contrast(sheet.shades(glyphs)) < MIN_CONTRAST
        remarks |= {Remark.UNPAINTED} if hidden.any() else set()
    return hidden


def _covered(
    drawing: Drawing,
    texts: DrawnTexts,
    sheet: Sheet,
    belongs: NDArray[np.int32],
    covered: Mask,
    remarks: set[Remark],
    covers: set[int],
) -> Mask:
    """Return a mask of the glyphs that something was painted over later.

    Nothing is seen at their place, or only what was printed there after a plain area covered them.
    """
    hidden = np.zeros(len(belongs), bool)
    middle = (sheet.boxes[:, :2] + sheet.boxes[:, 2:]) / 2
    dark = False
    for area in (*drawing.areas, *drawing.pictures):
        later = covered & (texts.orders < area.order)
        under = _of(belongs, later) & ~hidden & _within(middle, area.bounds)
        bounds = drawing.clipped(area) if under.any() and area.colour else None
        glyphs = np.flatnonzero(under)
        if not len(glyphs):
            continue
        shades = sheet.shades(glyphs)
        nothing = _contrast(shades) < MIN_CONTRAST
        if bounds:
            nothing |= _within(middle[glyphs], bounds) & _overprinted(sheet, glyphs)
        hidden[glyphs[nothing]] = True
        covers |= {area.order} if nothing.any() else set()
        dark |= bool((nothing & (shades[:, 1] < DARK)).any())
    if hidden.any():
        remarks.add(Remark.BARRED if dark else Remark.COVERED)
    return hidden


def _within(points: NDArray[np.float32], bounds: tuple[float, float, float, float]) -> Mask:
    left, top, right, bottom = bounds
    inside = (points[:, 0] >= left) & (points[:, 0] <= right) & (points[:, 1] >= top) & (points[:, 1] <= bottom)
    return np.asarray(inside, bool)


def _overprinted(sheet: Sheet, glyphs: NDArray[np.intp]) -> Mask:
    """Return for each of these glyphs whether another one stands in its place."""
    found = np.zeros(len(glyphs), bool)
    others = np.ones(len(sheet.codes), bool)
    others[glyphs] = False
    others &= sheet.codes > BLANK
    boxes = sheet.boxes[others]
    for row, (left, top, right, bottom) in enumerate(sheet.boxes[glyphs].tolist()):
        found[row] = bool(
            ((boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)).any()
        )
    return found


def _turned(
    sheet: Sheet, belongs: NDArray[np.int32], texts: DrawnTexts, turned: Mask, remarks: set[Remark]
) -> Mask:
    """Return a mask of the glyphs that are turned against the page, unless most are."""
    glyphs = _of(belongs, turned)
    if not glyphs.any() or 2 * glyphs.sum() > (sheet.codes > BLANK).sum():
        return np.zeros(len(glyphs), bool)
    right, down = np.abs(texts.ways.T)
    square = turned & (right < MAX_SLOPE * down)
    remarks |= {Remark.STOOD} if _of(belongs, square).any() else set()
    remarks |= {Remark.WATERMARK} if _of(belongs, turned & ~square).any() else set()
    return glyphs


def _watermark(codes: NDArray[np.int32], boxes: NDArray[np.float32], seen: Mask) -> Mask | None:
    """Return a mask of the large letters that lie over others; None if there are none."""
    height = boxes[:, 3] - boxes[:, 1]
    black = seen & (codes > BLANK)
    if not black.any() or height[black].max() <= LARGE_HEIGHTS * height[black].mean():
        return None
    large = black & (height > WATERMARK_HEIGHTS * np.median(height[black]))
    if not large.any():
        return None
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    small = middle[black & ~large]
    heights = set()
    for glyph in np.flatnonzero(large)[:MAX_WATERMARK_GLYPHS].tolist():
        left, top, right, bottom = boxes[glyph].tolist()
        inset = 0.2 * (bottom - top)
        if np.count_nonzero(_within(small, (left, top + inset, right, bottom - inset))) >= 2:
            heights.add(round(bottom - top))
    marks = large & np.isin(np.round(height), list(heights))
    return marks if heights else None
