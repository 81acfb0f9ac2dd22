"""Finds the rows of text of a PDF page that has no table, and the columns that they stand in.

A page may have its text in one column or in several. So a gap may be the space between two columns of the page, or a
tab within its lines. The pattern for a line of the list decides: between columns, the text at each side fits it alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import BombError, LayoutError
from monitor.extract.pdf.page import BLANK, corner
from monitor.extract.pdf.text import MAX_RISE, printed_lines
from monitor.extract.values import folded

if TYPE_CHECKING:
    import re
    from collections.abc import Container, Iterator, Sequence

    from numpy.typing import NDArray

    from monitor.extract.pdf.page import Bounds, Glyphs

# A line with more characters is compared with no pattern.
MAX_LINE_CHARACTERS = 1_000
# A heading has letters this many times as high as those of most of the text.
MIN_HEADING_HEIGHTS = 1.1
# Bold letters count as so many times as high.
BOLD_HEIGHTS = 1.2
# A wider gap between two letters of one row divides it into pieces, in heights of a letter.
MIN_PIECE_GAP = 0.7
# A leader is a run of at least so many dots; the code points of what it may consist of.
MIN_LEADER_DOTS, LEADER_CODES = 3, (0x2E, 0x5F, 0xB7, 0x2026)
# A decision stands if at most this share of the rows speaks against it.
MAX_AGAINST = 0.25
# Two gaps on two pages are one if they are no further apart, in points.
SAME_GAP_POINTS = 6.0
# The columns of a page are alike if their texts differ less than this in each respect.
MAX_SHARE_APART, MAX_TIMES_LONGER = 0.34, 2.5
# A page is not divided into more columns, and no more gaps are looked at.
MAX_COLUMNS, MAX_GAPS = 6, 30
# Columns are divided at most so far before the second one begins, in points.
MAX_DIVIDER_DISTANCE = 3.0
# A page with more pieces of text is refused; a dense page has some hundred.
MAX_PAGE_PIECES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPiece:
    """A run of text in one row of a page, with no wide gap in it.

    - `text`, `bounds`: the text, and its left, top, right and bottom on the page, in points.
    - `height`: the height of its letters in points; bold letters count as higher than they are.
    - `stop`: where the text ends at the right, in points from the left of the page. Dots that lead to the next piece,
      as in `Boston ..... 12`, are not part of it.
    """

    text: str
    bounds: Bounds
    stop: float
    height: float


Row = tuple[TextPiece, ...]


def page_rows(
    glyphs: Glyphs, *, bold: Container[tuple[float, float]] = (), crowded: list[str] | None = None
) -> tuple[Row, ...]:
    """Return the rows of text of a page from the top, each as its pieces from the left.

    - `glyphs`: the characters of the page with their places.
    - `bold`: the corner of each bold character on the page.
    - `crowded`: a list to which texts are added in which different letters are printed on top of each other, or None.
    """
    codes, boxes = glyphs.codes, glyphs.boxes
    if not (codes > BLANK).any():
        return ()
    middle, height = (boxes[:, 1] + boxes[:, 3]) / 2, boxes[:, 3] - boxes[:, 1]
    order = np.argsort(middle, kind="stable")
    anew = np.diff(middle[order]) > np.minimum(height[order][1:], height[order][:-1]) * MAX_RISE
    row = np.empty(len(order), np.int32)
    row[order] = np.concatenate(([0], np.cumsum(anew)))
    order = np.lexsort((boxes[:, 0], row))
    ink = codes[order] > BLANK
    starts = _starts(boxes[order], row[order], height[order], ink)
    places = np.empty(len(order), np.int32)
    places[order] = np.cumsum(starts) - 1
    on_top: set[int] = set()
    texts = printed_lines(glyphs, places, crowded=on_top)
    ink_order = order[ink]
    numbers, firsts = np.unique(places[ink_order], return_index=True)
    if len(numbers) > MAX_PAGE_PIECES:
        raise BombError(f"{len(numbers):,} pieces of text on one page; at most {MAX_PAGE_PIECES:,} are read")
    least = np.minimum.reduceat(boxes[ink_order], firsts).tolist()
    most = np.maximum.reduceat(boxes[ink_order], firsts).tolist()
    stops = _stops(codes[ink_order], boxes[ink_order, 0], places[ink_order])
    rows: dict[int, list[TextPiece]] = {}
    lasts = np.append(firsts[1:], len(ink_order)) - 1
    ends = zip(boxes[ink_order[firsts]].tolist(), boxes[ink_order[lasts]].tolist(), strict=True)
    are_bold = [all(corner(box) in bold for box in pair) for pair in ends]
    for number, at, (left, top, _, _), (_, _, right, bottom), is_all_bold in zip(
        numbers.tolist(), row[ink_order[firsts]].tolist(), least, most, are_bold, strict=True
    ):
        text = folded(" ".join(line.text for line in texts[number]))
        if text:
            high = (bottom - top) * (BOLD_HEIGHTS if is_all_bold else 1)
            piece = TextPiece(text=text, bounds=(left, top, right, bottom), stop=stops.get(number, right), height=high)
            rows.setdefault(at, []).append(piece)
        if crowded is not None and number in on_top:
            crowded.append(text)
    return tuple(tuple(rows[at]) for at in sorted(rows))


def _stops(codes: NDArray[np.int32], lefts: NDArray[np.float32], places: NDArray[np.int32]) -> dict[int, float]:
    """Return where the first leader of each piece begins, if it has one: a run of dots, by the number of the piece.

    The glyphs are in order, without blanks; `lefts` are their left sides, and `places` the numbers of their pieces.
    """
    dots = np.isin(codes, LEADER_CODES)
    runs = np.convolve(dots, np.ones(MIN_LEADER_DOTS, np.int32), "valid") == MIN_LEADER_DOTS
    stops: dict[int, float] = {}
    for at in np.flatnonzero(runs & ~np.concatenate(([False], runs[:-1]))).tolist():
        stops.setdefault(int(places[at]), float(lefts[at]))
    return stops


def _starts(
    boxes: NDArray[np.float32], row: NDArray[np.int32], height: NDArray[np.float32], ink: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which glyphs, sorted by row and from the left, begin a piece: the first of a row, or after a wide gap.

    A gap is measured from letter to letter; blanks between them do not count.
    """
    starts = np.concatenate(([True], np.diff(row) != 0))
    at = np.flatnonzero(ink)
    gap = boxes[at[1:], 0] - boxes[at[:-1], 2]
    wide = gap > MIN_PIECE_GAP * np.minimum(height[at[1:]], height[at[:-1]])
    starts[at[1:][wide | (row[at[1:]] != row[at[:-1]])]] = True
    return starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Divider:
    """The place `x` between two columns of a page, in points from the left.

    `left` and `right` divide these two columns once more; None for a column that is not divided.
    """

    x: float
    left: Divider | None = None
    right: Divider | None = None

    @property
    def all(self) -> Iterator[float]:
        """The places `x` of this divider and of all dividers within its columns."""
        yield self.x
        for each in (self.left, self.right):
            if each:
                yield from each.all


def divider(
    rows: Sequence[Row], pattern: re.Pattern[str], *, page: int, known: Sequence[float] = (), room: int = MAX_COLUMNS
) -> Divider | None:
    """Return where the columns of a page are divided; None for a page with one column.

    - `rows`: the rows of the page, or of one column of it. `pattern`: the pattern for a line of the list.
    - `page`: the number of the page, for messages.
    - `known`: the places where other pages are divided, in points from the left.
    - `room`: the largest number of columns.

    Raises LayoutError if a gap may be either a space between columns or a gap within lines.
    """
    if room < 2:
        return None
    beside = _beside(rows)
    found = [(_votes(rows, beside, x, pattern), x) for x in _gaps([*rows, *beside], known)]
    undecided = False
    for votes, x in sorted(found, key=lambda each: (-each[0].columns, -each[0].weak_columns)):
        is_known = votes.crossed <= votes.parted and any(abs(x - other) <= SAME_GAP_POINTS for other in known)
        verdict = votes.verdict(known=is_known)
        if verdict:
            left, right = parted_rows(rows, x)
            return Divider(
                x=x,
                left=divider(left, pattern, page=page, known=known, room=room // 2),
                right=divider(right, pattern, page=page, known=known, room=room // 2),
            )
        undecided = undecided or verdict is None
    if undecided:
        raise LayoutError(
            f"page {page}: it can't be told whether its lines go on over a gap or stand in columns beside each other; "
            "an item that fits one whole line and no part of it decides that"
        )
    return None


def _beside(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that follow each other and stand beside each other, each such pair as one.

    They are of two columns whose lines are not at the same heights; or the one is a short line.
    """
    pairs = [pair for one, other in pairwise(rows) for pair in ((one, other), (other, one))]
    return [(*left, *right) for left, right in pairs if left[-1].bounds[2] < right[0].bounds[0]]


def _gaps(rows: Sequence[Row], known: Sequence[float]) -> list[float]:
    """Return where columns may be divided: at `known` places, and before pieces, first where most pieces begin."""
    found = Counter(
        round(after.bounds[0] - min(MAX_DIVIDER_DISTANCE, (after.bounds[0] - before.bounds[2]) / 2))
        for row in rows
        for before, after in pairwise(row)
    )
    return [*dict.fromkeys((*known, *(x for x, _ in found.most_common(MAX_GAPS))))]


def parted_rows(rows: Sequence[Row], x: float) -> tuple[list[Row], list[Row]]:
    """Return the parts of the rows to the left and to the right of `x`; rows with text at `x` are left out."""
    apart = [row for row in rows if not crosses(row, x)]
    left = [tuple(piece for piece in row if piece.bounds[2] <= x) for row in apart]
    right = [tuple(piece for piece in row if piece.bounds[0] >= x) for row in apart]
    return [row for row in left if row], [row for row in right if row]


def crosses(row: Row, x: float) -> bool:
    """Return whether a row has text at `x`, in points from the left of the page."""
    return any(piece.bounds[0] < x < piece.bounds[2] for piece in row)


@dataclass(slots=True)
class _Votes:
    """What the rows of a page say about a gap: whether it divides columns, or is a gap within their lines.

    - `columns`, `whole`: how many rows are fully for the one: both sides fit, or only both together do.
    - `weak_columns`, `weak_whole`: of how many rows one side fits, and both together do not, or do as well.
    - `both`: how many rows fit in each way. `crossed`: how many have text at the gap, and `parted`: on both its sides.
    - `left`, `right`: the texts on the two sides, of the rows whose sides both fit.
    """

    columns: int = 0
    whole: int = 0
    weak_columns: int = 0
    weak_whole: int = 0
    both: int = 0
    crossed: int = 0
    parted: int = 0
    left: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)

    def verdict(self, *, known: bool) -> bool | None:
        """Return whether the gap divides columns; None if that can't be told.

        `known` says that another page is divided at this place.
        """
        if not self.columns and not self.whole:
            if self.weak_whole > self.weak_columns:
                return True if known else None
            return self.weak_columns > 0 or known
        if self.whole > MAX_AGAINST * self.columns and self.columns > MAX_AGAINST * self.whole:
            return None
        if self.columns < self.whole:
            return None if known else False
        if 2 * self.both > self.columns and not known:
            return True if _alike(self.left, self.right) else None
        return True


def _votes(rows: Sequence[Row], beside: Sequence[Row], x: float, pattern: re.Pattern[str]) -> _Votes:
    """Count the votes of the rows that have text on both sides of `x`, and none there.

    `beside` are pairs of rows of which each counts only if it is fully for the one or for the other.
    """
    votes = _Votes()
    for number, row in enumerate((*rows, *beside)):
        if crosses(row, x):
            votes.crossed += number < len(rows)
            continue
        sides = [piece for piece in row if piece.bounds[2] <= x], [piece for piece in row if piece.bounds[0] >= x]
        left, right = (" ".join(piece.text for piece in side) for side in sides)
        if not left or not right or len(left) + len(right) > MAX_LINE_CHARACTERS:
            continue
        votes.parted += number < len(rows)
        fit = sum(pattern.search(side) is not None for side in (left, right))
        over = pattern.search(f"{left} {right}")
        covers = over is not None and over.start() < len(left) and over.end() > len(left) + 1
        covers &= not is_higher(*sides)  # letters of two sizes are no one line
        if fit == 2:
            votes.columns += 1
            votes.both += covers
            votes.left.append(left)
            votes.right.append(right)
        elif covers and not fit:
            votes.whole += 1
        elif number < len(rows):
            votes.weak_whole += covers
            votes.weak_columns += fit and not covers
    return votes


def is_higher(*sides: Sequence[TextPiece]) -> bool:
    """Return whether one of these parts of a row has clearly higher letters than another, as a heading has."""
    heights = [max(piece.bounds[3] - piece.bounds[1] for piece in side) for side in sides]
    return max(heights) > MIN_HEADING_HEIGHTS * min(heights)


def _alike(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether the texts of two columns could be of one list: they are as long, as varied, and have figures."""
    figures = [sum(any(map(str.isdecimal, text)) for text in side) / len(side) for side in (left, right)]
    varied = [len(set(side)) / len(side) for side in (left, right)]
    short, long = sorted(sum(map(len, side)) for side in (left, right))
    return (
        abs(figures[0] - figures[1]) <= MAX_SHARE_APART
        and abs(varied[0] - varied[1]) <= MAX_SHARE_APART
        and long <= MAX_TIMES_LONGER * short
    )
