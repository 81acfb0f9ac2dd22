"""Decides which characters of a PDF page a reader sees: not those that are unpainted, painted over or turned.

Characters are called glyphs. First, whole texts are suspected, judging by what the page draws and in which order. Only
for a page with such texts, each of their characters is examined, and the page is painted to see whether anything shows
at its place.

A mask is an array of True and False, one value for each character (or text): True for those that are meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from monitor.errors import BombError
from monitor.extract.pdf.page import BLANK, Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from monitor.extract.pdf.drawing import Area, DrawnTexts, PageDrawing
    from monitor.extract.pdf.page import Bounds

    Mask = NDArray[np.bool_]

# PDF's modes of rendering that paint nothing.
UNPAINTED_MODES = (3, 7)
# The modes that fill the letters with a colour.
FILLED_MODES = (0, 4)
# Colours that differ by less in each part, of 255, can't be told apart; nor can shades of grey in the painted page.
MIN_CONTRAST = 20
# The parts of red, green and blue in a shade of grey.
GREY = np.array((0.299, 0.587, 0.114))
# A letter fills no more of its place than this.
MAX_INK_SHARE = 0.75
# Nor does it where a second one takes a part of the place.
MAX_INK_SHARE_OF_TWO = 0.5
# A colour or a shade below this, of 255, is dark.
DARK = 128
BLACK = (0, 0, 0)
# A bar in the place of a text is nearly black, about as high as the text, in points, and not short.
BLACK_BELOW = 64
BAR_HEIGHTS = (6.0, 30.0)
MIN_BAR_WIDTH = 12.0
MAX_BARS = 200  # dark areas of this size on a page; no more are looked at
# As many areas are compared with the texts of a page at once.
AREAS_AT_ONCE = 200
MAX_ORDER = np.iinfo(np.int32).max
# The glyphs of a text are looked for this far above and below its bounds.
ROOM_POINTS = 6.0
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
    """Which characters of a page a reader sees.

    - `seen`: a mask (True or False for each character).
    - `remarks`: what is to be said about the others.
    - `covers`: the numbers, in the order of drawing, of the areas that cover text.
    - `bars`: the bounds of dark bars as high as a line of text that have no text in them.
    """

    seen: Mask
    remarks: frozenset[Remark]
    covers: frozenset[int] = frozenset()
    bars: tuple[Bounds, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """The characters of a page as pdfium gives them, and ways to look closer. Places are in points from the upper left.

    - `codes`, `boxes`: their Unicode numbers and boxes. `size`: the width and height of the page.
    - `address_of`: returns the address (in memory) of the text that a character belongs to.
    - `painted`: returns a picture of the page in shades of grey, and its number of pixels for each point.
    - `layered`: whether the file has layers, which may be switched off.
    """

    codes: NDArray[np.int32]
    boxes: NDArray[np.float32]
    size: tuple[float, float]
    address_of: Callable[[int], int]
    painted: Callable[[], tuple[NDArray[np.uint8], float]]
    layered: bool = False

    def shades(self, glyphs: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return the darkest and the lightest shade at the place of each of these characters on the painted page.

        Shades go from 0 (black) to 255 (white). `glyphs` are the indexes of the characters.
        """
        found = np.zeros((len(glyphs), 2), np.int32)
        for row, place in enumerate(self._places(glyphs)):
            found[row] = (place.min(), place.max()) if place.size else (255, 255)
        return found

    def shares(self, glyphs: NDArray[np.intp], shades: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for each of these glyphs the share of its place on the painted page that has one of these shades."""
        alike = (abs(place - shade) < MIN_CONTRAST for place, shade in zip(self._places(glyphs), shades, strict=True))
        return np.array([place.mean() if place.size else 1.0 for place in alike], np.float64)

    def _places(self, glyphs: NDArray[np.intp]) -> Iterator[NDArray[np.uint8]]:
        """Yield the place of each of these glyphs on the painted page."""
        picture, scale = self.painted()
        high, wide = picture.shape
        for left, top, right, bottom in self.boxes[glyphs].tolist():
            inset, drop = 0.1 * (right - left), 0.12 * (bottom - top)
            x0, x1 = max(0, int((left + inset) * scale)), min(wide, int((right - inset) * scale) + 1)
            y0, y1 = max(0, int((top + drop) * scale)), min(high, int((bottom - drop) * scale) + 1)
            yield picture[y0:y1, x0:x1]


def sight(drawing: PageDrawing, sheet: Sheet) -> Sight:
    """Return which characters of a page a reader sees. Raises BombError for too many texts and areas."""
    texts = drawing.texts()
    covers = len(drawing.areas) + len(drawing.pictures)
    if covers * len(texts.orders) > drawing.limits.compared:
        raise BombError(f"page {drawing.number}: {covers:,} areas are painted among {len(texts.orders):,} texts")
    suspects = _suspects(drawing, texts)
    examined = _Examined(drawing, sheet, texts, suspects)
    if sheet.layered:
        examined.leave_out_layers()
    if suspects.any.any():
        examined.leave_out_unpainted()
        examined.leave_out_faint()
        examined.leave_out_covered()
        examined.leave_out_turned()
    examined.leave_out_watermark()
    return Sight(
        seen=examined.seen,
        remarks=frozenset(examined.remarks),
        covers=frozenset(examined.covers),
        bars=tuple(examined.bars()),
    )


class _Suspects(NamedTuple):
    """Masks of the texts of a page that a reader may not see; each says for each text whether it is suspected.

    `unpainted`: not painted at all. `faint`: in the colour of the background. `covered`: perhaps painted over.
    `turned`: not written from left to right.
    """

    unpainted: Mask
    faint: Mask
    covered: Mask
    turned: Mask

    @property
    def any(self) -> Mask:
        """For each text, whether it is suspected for any reason."""
        return self.unpainted | self.faint | self.covered | self.turned


def _suspects(drawing: PageDrawing, texts: DrawnTexts) -> _Suspects:
    """Return which texts of a page a reader may not see, as an array of True and False for each reason."""
    filled = (texts.modes == FILLED_MODES[0]) | (texts.modes == FILLED_MODES[1])
    unpainted = turned = np.zeros(len(filled), bool)
    if not filled.all() or not texts.colours[:, 3].all():
        unpainted = (
            (texts.modes == UNPAINTED_MODES[0])
            | (texts.modes == UNPAINTED_MODES[1])
            | (filled & (texts.colours[:, 3] == 0))
        )
    right, down = texts.ways.T
    if down.any() or (right < 0).any():
        turned = (np.abs(down) > MAX_SLOPE * np.abs(right)) | (right < 0)
    areas = sorted([*drawing.areas, *drawing.pictures], key=lambda each: each.order)
    grounds = [each.colour or BLACK for each in areas]
    # Dark text on nothing but light areas, as nearly everywhere: it can only be covered.
    plain = texts.colours[:, :3].max(initial=0) < DARK <= min(map(min, grounds), default=255) - MIN_CONTRAST
    covered = _covered(texts, areas)
    if plain:
        return _Suspects(unpainted, np.zeros(len(filled), bool), covered & ~unpainted, turned)
    below, known = _grounds(texts, areas)
    alike = np.abs(texts.colours[:, :3] - below).max(axis=1, initial=0) < MIN_CONTRAST
    faint = filled & alike & known & ~unpainted
    return _Suspects(unpainted, faint, covered & ~unpainted, turned)


def _covered(texts: DrawnTexts, areas: Sequence[Area]) -> Mask:
    """Return for each text whether something was painted over it later, at least in part."""
    first = texts.orders.min(initial=MAX_ORDER)
    later = [area for area in areas if area.order > first]
    covered = np.zeros(len(texts.orders), bool)
    for start in range(0, len(later), AREAS_AT_ONCE):
        some = later[start : start + AREAS_AT_ONCE]
        left, top, right, bottom = np.array([area.bounds for area in some], np.float32).T[:, :, None]
        over = texts.orders < np.array([area.order for area in some])[:, None]
        over &= (texts.boxes[:, 0] < right) & (texts.boxes[:, 2] > left)
        over &= (texts.boxes[:, 1] < bottom) & (texts.boxes[:, 3] > top)
        covered |= over.any(axis=0)
    return covered


def _grounds(texts: DrawnTexts, areas: Sequence[Area]) -> tuple[NDArray[np.int32], Mask]:
    """Return the colour of the background of each text, and for each text whether that colour is known."""
    middle = np.asarray((texts.boxes[:, :2] + texts.boxes[:, 2:]) / 2, np.float32)
    below = np.full((len(texts.orders), 3), 255, np.int32)
    known = np.ones(len(texts.orders), bool)
    for area in areas:
        holds = (texts.orders > area.order) & _within(middle, area.bounds)
        known[holds] = area.colour is not None
        if area.colour is not None:
            below[holds] = area.colour
    return below, known


class _Examined:
    """The characters of one page while they are examined; each method leaves out those of one kind.

    - `seen`: True or False for each character: True for those that are not left out.
    - `remarks`: what is to be said about those that are left out.
    - `covers`: the numbers, in the order of drawing, of the areas that cover text.
    """

    def __init__(self, drawing: PageDrawing, sheet: Sheet, texts: DrawnTexts, suspects: _Suspects) -> None:
        self.seen = np.ones(len(sheet.codes), bool)
        self.remarks: set[Remark] = set()
        self.covers: set[int] = set()  # the numbers of areas that cover text
        self._drawing, self._sheet, self._texts, self._suspects = drawing, sheet, texts, suspects
        self._print = sheet.codes > BLANK

    @cached_property
    def _middle(self) -> NDArray[np.float32]:
        return np.asarray((self._sheet.boxes[:, :2] + self._sheet.boxes[:, 2:]) / 2, np.float32)

    @cached_property
    def _belongs(self) -> NDArray[np.int32]:
        """For each character, the number of the suspected text that it belongs to; -1 for characters of other texts."""
        texts, suspected = self._texts, self._suspects.any
        numbers = {texts.addresses[number]: number for number in np.flatnonzero(suspected).tolist()}
        near = np.zeros(len(self._print), bool)
        for left, top, right, bottom in texts.boxes[suspected].tolist():
            near |= _within(self._middle, (left - 2, top - ROOM_POINTS, right + 2, bottom + ROOM_POINTS))
        belongs = np.full(len(near), -1, np.int32)
        for glyph in np.flatnonzero(near & self._print).tolist():
            belongs[glyph] = numbers.get(self._sheet.address_of(glyph), -1)
        return belongs

    def _of(self, texts: Mask) -> Mask:
        """Return for each character whether it belongs to one of the texts that `texts` marks with True."""
        return np.asarray((self._belongs >= 0) & texts[self._belongs], bool) if len(texts) else self._belongs >= 0

    def _leave_out(self, glyphs: Mask, remark: Remark) -> None:
        if glyphs.any():
            self.seen &= ~glyphs
            self.remarks.add(remark)

    def leave_out_layers(self) -> None:
        """Leave out the characters at whose place nothing shows, because they are in a layer that is switched off."""
        glyphs = np.flatnonzero(self._print)
        hidden = np.zeros(len(self.seen), bool)
        hidden[glyphs] = _contrast(self._sheet.shades(glyphs)) < MIN_CONTRAST
        self._leave_out(hidden, Remark.UNPAINTED)

    def leave_out_unpainted(self) -> None:
        """Leave out the characters that are not painted.

        On a scan, nearly all characters may be unpainted: they were recognised by a program. Then they are kept.
        """
        hidden = self._of(self._suspects.unpainted)
        scanned = is_scan(self._drawing, self._sheet.size)
        if hidden.any() and scanned and hidden.sum() >= RECOGNISED_SHARE * self._print.sum():
            self.remarks.add(Remark.RECOGNISED)
        else:
            self._leave_out(hidden, Remark.UNPAINTED)

    def leave_out_faint(self) -> None:
        """Leave out the glyphs whose colour is that of what they are printed on, so that nothing is seen there.

        A line of the table may run through such a glyph, or another glyph stand there, so it is enough that most of its
        place has its colour.
        """
        hidden = self._of(self._suspects.faint)
        glyphs = np.flatnonzero(hidden)
        if len(glyphs):
            shades = self._texts.colours[self._belongs[glyphs], :3] @ GREY
            shares = self._sheet.shares(glyphs, shades)
            hidden[glyphs] = (shares > MAX_INK_SHARE) | ((shares > MAX_INK_SHARE_OF_TWO) & self._overprinted(glyphs))
        self._leave_out(hidden, Remark.UNPAINTED)

    def leave_out_covered(self) -> None:
        """Leave out the characters that were painted over.

        Nothing shows at their place, or only what was printed there later on top of a plain area.
        """
        hidden, dark = np.zeros(len(self.seen), bool), False
        for area in (*self._drawing.areas, *self._drawing.pictures):
            later = self._suspects.covered & (self._texts.orders < area.order)
            glyphs = np.flatnonzero(self._of(later) & ~hidden & _within(self._middle, area.bounds))
            if not len(glyphs):
                continue
            shades = self._sheet.shades(glyphs)
            nothing = _contrast(shades) < MIN_CONTRAST
            bounds = self._drawing.clipped(area) if area.colour else None
            if bounds:
                nothing |= _within(self._middle[glyphs], bounds) & self._overprinted(glyphs)
            hidden[glyphs[nothing]] = True
            self.covers |= {area.order} if nothing.any() else set()
            dark |= bool((nothing & (shades[:, 1] < DARK)).any())
        if is_scan(self._drawing, self._sheet.size) and hidden.sum() >= RECOGNISED_SHARE * max(self._print.sum(), 1):
            self.remarks.add(Remark.RECOGNISED)
        else:
            self._leave_out(hidden, Remark.BARRED if dark else Remark.COVERED)

    def bars(self) -> Iterator[Bounds]:
        """Yield the bounds of the dark bars without text, as programs put them in the place of what is blacked out."""
        for bounds in islice(filter(None, map(_as_bar, self._drawing.areas)), MAX_BARS):
            if not (self._print & _within(self._middle, bounds)).any():
                yield bounds

    def _overprinted(self, glyphs: NDArray[np.intp]) -> Mask:
        """Return for each of these characters whether another one is at its place; `glyphs` are their indexes."""
        others = self._print.copy()
        others[glyphs] = False
        boxes = self._sheet.boxes[others]
        found = [
            ((boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)).any()
            for left, top, right, bottom in self._sheet.boxes[glyphs].tolist()
        ]
        return np.array(found, bool)

    def leave_out_turned(self) -> None:
        """Leave out the characters that are not written from left to right, unless most of the page is turned so."""
        turned = self._suspects.turned
        glyphs = self._of(turned)
        if 2 * glyphs.sum() > self._print.sum():
            return
        right, down = np.abs(self._texts.ways.T)
        square = turned & (right < MAX_SLOPE * down)
        self._leave_out(self._of(square), Remark.STOOD)
        self._leave_out(self._of(turned & ~square), Remark.WATERMARK)

    def leave_out_watermark(self) -> None:
        """Leave out the letters of a watermark: large letters that lie over others."""
        boxes = self._sheet.boxes
        height = boxes[:, 3] - boxes[:, 1]
        if not len(height) or height.max() <= LARGE_HEIGHTS * height.mean():
            return
        black = self.seen & self._print
        if not black.any():
            return
        printed = height.compress(black)
        if printed.max() <= WATERMARK_HEIGHTS * printed.min():
            return  # none is so much higher than the median, which takes longer to find
        large = black & (height > WATERMARK_HEIGHTS * np.median(printed))
        small = self._middle[black & ~large]
        heights = set()
        for glyph in np.flatnonzero(large)[:MAX_WATERMARK_GLYPHS].tolist():
            left, top, right, bottom = boxes[glyph].tolist()
            inset = 0.2 * (bottom - top)
            if np.count_nonzero(_within(small, (left, top + inset, right, bottom - inset))) >= 2:
                heights.add(round(bottom - top))
        self._leave_out(large & np.isin(np.round(height), list(heights)), Remark.WATERMARK)


def is_scan(drawing: PageDrawing, size: tuple[float, float]) -> bool:
    """Return whether the page is probably a scan: a picture takes up a good part of it.

    `size` is the page's width and height.
    """
    return any(_share(each, size) >= SCAN_SHARE for each in drawing.pictures)


def _as_bar(area: Area) -> Bounds | None:
    """Return the bounds of an area if it is dark and has the size of a text; else None."""
    left, top, right, bottom = area.bounds
    is_bar = right - left >= MIN_BAR_WIDTH and BAR_HEIGHTS[0] <= bottom - top <= BAR_HEIGHTS[1]
    return area.bounds if is_bar and area.colour and max(area.colour) < BLACK_BELOW else None


def _share(picture: Area, size: tuple[float, float]) -> float:
    left, top, right, bottom = picture.bounds
    wide, high = min(right, size[0]) - max(left, 0), min(bottom, size[1]) - max(top, 0)
    return max(wide, 0) * max(high, 0) / max(size[0] * size[1], 1)


def _contrast(shades: NDArray[np.int32]) -> NDArray[np.int32]:
    return shades[:, 1] - shades[:, 0]


def _within(points: NDArray[np.float32], bounds: Bounds) -> Mask:
    left, top, right, bottom = bounds
    inside = (points[:, 0] >= left) & (points[:, 0] <= right) & (points[:, 1] >= top) & (points[:, 1] <= bottom)
    return np.asarray(inside, bool)
