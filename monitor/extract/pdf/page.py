"""Describes a page of a PDF as a person sees it: its straight lines ("rules"), characters ("glyphs") and links.

All places are in points, to the right and down from the upper left corner of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

# Rules that are no further apart meet. The same is pdfplumber's tolerance for the edges of a table.
TOUCH_POINTS = 3.0
# A drawing that is thinner is a rule, whatever it is drawn as.
MAX_THICKNESS_POINTS = 3.0
# A rule that leans more is not straight.
MAX_LEAN_POINTS = 0.5
# A circle of a diameter between these is a bullet.
DOT_POINTS = (1.0, 7.0)
# A page without text and with as many curved drawings shows letters that are drawn.
MIN_OUTLINES = 20
# A glyph that is lower, in heights of the one before it, has a box around its ink alone.
LOW_HEIGHT = 0.35
# Code points.
HYPHEN, BLANK, NO_BREAK, UNKNOWN, BULLET = 0x2D, 0x20, 0xA0, 0xFFFD, 0x2022
# Code points that pdfium gives for a hyphen at a line's end, and fonts for a hyphen that may be soft.
HYPHEN_CODES = (0x02, 0xAD, 0xFFFE)
# The letters of each ligature.
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
# Ligatures of Calibri and its kin have no code of their own, and Word's PDFs give them those of rare letters.
LIGATURES |= {0x019F: "ti", 0x01A9: "tt", 0x01AB: "tti", 0x019E: "tf"}
# Such a letter for `ft`: inside a word in small letters, where no real O with a macron stands.
LIGATURE = re.compile("[\u014c\u019e\u019f\u01a9\u01ab\ufb00-\ufb06]")
MACRON_SLIP = re.compile("(?<=[a-z])\u014c(?![A-Z])")
# The names of bold fonts have one of these words.
BOLD_FONT = re.compile("bold|black|heavy", re.IGNORECASE)
# Left, top, right, bottom, in points from the page's upper left.
Bounds = tuple[float, float, float, float]


class Rule(NamedTuple):
    """A straight line on a page, as it is drawn around table cells; places are in points.

    - `upright`: True for a vertical line. It is at x = `at`, and goes from y = `start` (top) down to y = `end`.
    - Otherwise the line is horizontal ("level"). It is at y = `at`, and goes from x = `start` (left) to x = `end`.
    """

    upright: bool
    at: float
    start: float
    end: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Glyphs:
    """The printed characters of a page, in arrays with one row for each character.

    `codes` are their Unicode numbers. `boxes` are their left, top, right and bottom in points; a box is as high as the
    font.
    """

    codes: NDArray[np.int32]
    boxes: NDArray[np.float32]

    @cached_property
    def middles(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The middle of each character, in points from the left and from the top."""
        return middles(self.boxes)

    def only(self, which: NDArray[np.bool_]) -> Glyphs:
        """Return the characters for which the array `which` has True."""
        return Glyphs(codes=self.codes.compress(which), boxes=self.boxes.compress(which, axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkArea:
    """A rectangle on a page that is a link to the address `url`.

    Its sides are in points from the upper left corner of the page.
    """

    left: float
    top: float
    right: float
    bottom: float
    url: str


class Remark(StrEnum):
    """A remark about a page: why some of its text was not read, or may be wrong.

    UNPAINTED: text that does not show. COVERED, BARRED: text under something light or dark. RECOGNISED: a scan, whose
    text a program has recognised. STOOD: text written upwards. WATERMARK: large text across the page. PICTURE: a
    picture and no text.
    """

    UNPAINTED = "unpainted"  # text that is not painted, or in the colour of the paper
    COVERED = "covered"  # text that something light was painted over
    BARRED = "barred"  # text under a dark bar
    RECOGNISED = "recognised"  # a scan, over which unpainted text lies
    STOOD = "stood"  # text that stands upright
    WATERMARK = "watermark"  # text across the page, or in large letters behind it
    PICTURE = "picture"  # a page with a picture and without text


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPage:
    """One page of a PDF as it is shown, that is, after turning and cropping. Places are in points.

    - `number`: counts from 1.
    - `rules`, `glyphs`, `links`: the straight lines, the characters that a reader sees, and the link areas.
    - `remarks`: what is to be said about text that was not read.
    - `struck`: the texts that are struck out. `bars`: the bounds of dark bars without text in them.
    - `bold`: the left and top of each character of a bold font, as `corner` gives them, if fonts were asked for.
    """

    number: int
    width: float
    height: float
    rules: tuple[Rule, ...]
    glyphs: Glyphs
    links: tuple[LinkArea, ...] = ()
    remarks: frozenset[Remark] = frozenset()
    struck: tuple[str, ...] = ()
    bars: tuple[Bounds, ...] = ()
    bold: frozenset[tuple[float, float]] = frozenset()


def middles(boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the middle of each box, in points from the left and from the top."""
    across, down = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def corner(box: Sequence[float]) -> tuple[float, float]:
    """Return the left and top of a character, so that they are equal for the same character."""
    return round(float(box[0]), 1), round(float(box[1]), 1)


def is_bold(font: str) -> bool:
    """Return whether the name of a font is that of a bold one, like `Calibri-Bold`."""
    return BOLD_FONT.search(font) is not None


def as_dots(points: Sequence[tuple[float, float]]) -> Iterator[Bounds]:
    """Yield the box of a bullet if the points make a circle of a bullet's size; else yield nothing.

    Some documents draw their bullets instead of printing a character. The box is as high as a line of text.
    """
    xs, ys = [x for x, _ in points], [y for _, y in points]
    wide, high, middle = max(xs) - min(xs), max(ys) - min(ys), (max(ys) + min(ys)) / 2
    if DOT_POINTS[0] <= wide <= DOT_POINTS[1] and abs(wide - high) < wide / 5:
        yield min(xs), middle - 1.5 * high, max(xs), middle + 1.5 * high


def visible(
    codes: NDArray[np.int32], boxes: NDArray[np.float32], dots: Sequence[Bounds], size: tuple[float, float]
) -> Glyphs:
    """Return the characters that are on the page, together with the drawn bullets.

    - `codes`, `boxes`: the Unicode numbers and the boxes of the characters.
    - `dots`: the boxes of drawn bullets.
    - `size`: the width and height of the page.

    All kinds of hyphens become one character, and so do all kinds of blanks. Blanks without a width or height are left
    out, since pdfium made them up.
    """
    if dots:
        codes = np.concatenate([codes, np.full(len(dots), BULLET, np.int32)])
        boxes = np.concatenate([boxes, np.array(dots, np.float32).reshape(-1, 4)])
    middle_x, middle_y = middles(boxes)
    extended = (boxes[:, 3] > boxes[:, 1]) & (boxes[:, 2] > boxes[:, 0])
    codes = _plain(codes, extended)
    _heighten(boxes, extended)
    kept = extended | (codes != BLANK)
    kept &= (middle_x >= 0) & (middle_x <= size[0]) & (middle_y >= 0) & (middle_y <= size[1])
    return Glyphs(codes=codes, boxes=boxes).only(kept)


def _plain(codes: NDArray[np.int32], extended: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the codes with one for all hyphens, one for all blanks, and one for all characters without a code.

    `extended` says which characters have an extent.
    """
    special = ((codes < BLANK) | (codes >= NO_BREAK)).nonzero()[0]
    if not len(special):
        return codes
    some = codes[special]
    for code in HYPHEN_CODES:
        some[some == code] = HYPHEN
    some = np.where((some == 0) & extended[special], UNKNOWN, some)
    some = np.where((some < BLANK) | (some == NO_BREAK), BLANK, some)
    codes = codes.astype(np.int32)
    codes[special] = some
    return codes


def _heighten(boxes: NDArray[np.float32], extended: NDArray[np.bool_]) -> None:
    """Make the boxes of low characters, like `-`, as high as the character before on the line.

    This is for fonts that give only the extent of the ink. `extended` says which characters have an extent.
    """
    height = boxes[:, 3] - boxes[:, 1]
    if not len(height) or height.min() >= (least := LOW_HEIGHT * height.mean()):
        return
    low = (extended[1:] & (height[1:] < least)).nonzero()[0] + 1
    for at in low.tolist():
        before, own = boxes[at - 1], boxes[at]
        near = abs(own[0] - before[2]) < before[3] - before[1]
        if (
            near
            and own[3] - own[1] < LOW_HEIGHT * (before[3] - before[1])
            and before[1] <= own[1] <= own[3] <= before[3]
        ):
            boxes[at, 1::2] = before[1::2]


def as_rules(corners: Sequence[tuple[float, float]], *, width: float, height: float) -> Iterator[Rule]:
    """Yield the straight lines that a drawn line or area makes: one if it is thin, else one for each straight side.

    - `corners`: the corners of the line or area.
    - `width`, `height`: those of the page. An area as large as the page is its background, and makes no lines.
    """
    xs, ys = zip(*corners, strict=True)
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    wide, high = right - left, bottom - top
    if wide >= 0.97 * width and high >= 0.97 * height:
        return
    if high < MAX_THICKNESS_POINTS and wide >= max(high, 1):
        yield Rule(upright=False, at=(top + bottom) / 2, start=left, end=right)
    if wide < MAX_THICKNESS_POINTS and high >= max(wide, 1):
        yield Rule(upright=True, at=(left + right) / 2, start=top, end=bottom)
    if min(wide, high) < MAX_THICKNESS_POINTS:
        return
    for (x0, y0), (x1, y1) in pairwise(corners):
        if abs(x1 - x0) <= MAX_LEAN_POINTS and abs(y1 - y0) >= 1:
            yield Rule(upright=True, at=(x0 + x1) / 2, start=min(y0, y1), end=max(y0, y1))
        elif abs(y1 - y0) <= MAX_LEAN_POINTS and abs(x1 - x0) >= 1:
            yield Rule(upright=False, at=(y0 + y1) / 2, start=min(x0, x1), end=max(x0, x1))
