"""Adds lines that a table lacks: vertical ones between its columns, horizontal ones above or below its rows.

Tables are found by the straight lines ("rules") around their cells. Without lines, a table, or its first or last row,
would be left out without any error.

The border between two columns is taken from the first of these that is there:
1. the edges of the header's shading,
2. the gaps between the texts of the header, as far as they stay free in the rows below,
3. the table on the page before.

LayoutError is raised if rows can't be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract.pdf.page import TOUCH_POINTS, Rule
from monitor.extract.pdf.print import MIN_FREE_POINTS, Print

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from monitor.extract.pdf.page import PrintedPage
    from monitor.extract.pdf.print import Gap, Span

# The share of the page's width that a level rule has to take in order to frame a table.
MIN_FRAME_WIDTH = 0.2
# How far the text of a row may be from its rule, and from its next line, in heights of a line.
MAX_RULE_DISTANCE = 1.2
MAX_LINE_DISTANCE = 0.4
# How far below a row without a rule another row would stand, in heights of a line.
NEXT_ROW_DISTANCE = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a table: its four sides in points, and the free space (gap) between each two columns."""

    left: float
    right: float
    top: float
    bottom: float
    gaps: tuple[Gap, ...]


def closing_rules(rules: Sequence[Rule]) -> Iterator[Rule]:
    """Yield the horizontal lines that are missing at the upper or lower end of tables which a page break cuts off.

    Such a line is missing where several vertical lines start or end at the same height, and no horizontal line is
    there.
    """
    uprights, levels = ([rule for rule in rules if rule.upright is upright] for upright in (True, False))
    for end in (_start, _end):
        for group in _near(uprights, end):
            left, right = min(rule.at for rule in group), max(rule.at for rule in group)
            y = sum(map(end, group)) / len(group)
            top, bottom = max(rule.start for rule in group), min(rule.end for rule in group)
            across = [rule for rule in levels if rule.start <= left + TOUCH_POINTS and rule.end >= right - TOUCH_POINTS]
            closed = any(abs(rule.at - y) <= TOUCH_POINTS for rule in across)
            crossed = any(top - TOUCH_POINTS <= rule.at <= bottom + TOUCH_POINTS for rule in across)
            if not closed and (len(group) > 2 or (len(group) == 2 and crossed)):
                yield Rule(upright=False, at=y, start=left, end=right)


def _start(rule: Rule) -> float:
    return rule.start


def _end(rule: Rule) -> float:
    return rule.end


def _near(rules: Iterable[Rule], place: Callable[[Rule], float]) -> Iterator[list[Rule]]:
    """Group the lines whose places are close together; `place` is a function that returns the place of a line."""
    group: list[Rule] = []
    for rule in sorted(rules, key=place):
        if group and place(rule) - place(group[-1]) > TOUCH_POINTS:
            yield group
            group = []
        group.append(rule)
    if group:
        yield group


def missing_rules(
    page: PrintedPage,
    rules: Sequence[Rule],
    held: NDArray[np.bool_],
    *,
    is_header: Callable[[str], bool],
    before: Sequence[Columns],
) -> tuple[list[Rule], list[Columns]]:
    """Return the lines that the tables of a page lack, and the columns of the tables without vertical lines.

    - `rules`: the straight lines that are there.
    - `held`: for each character, whether it is in a table already.
    - `is_header`: tells whether a text is that of a header row.
    - `before`: the columns of the tables on the page before.

    Raises LayoutError if the rows of a table can't be told apart.
    """
    ink = Print(page.glyphs.only(~held))
    rules_added: list[Rule] = []
    columns: list[Columns] = []
    for (left, right), levels in _frames(rules, page.width).items():
        beside = [rule for rule in rules if rule.upright and left + TOUCH_POINTS < rule.at < right - TOUCH_POINTS]
        inside = [
            rule
            for rule in rules
            if not rule.upright and left - TOUCH_POINTS <= rule.start and rule.end <= right + TOUCH_POINTS
        ]
        lowest = max(rule.at for rule in inside)
        if not ink.within(left, levels[0], right, lowest):
            continue
        known = [
            each for each in before if abs(each.left - left) <= TOUCH_POINTS and abs(each.right - right) <= TOUCH_POINTS
        ]
        frame = _Frame(
            left=left, right=right, beside=beside, levels=inside, ink=ink, is_header=is_header, page=page.number
        )
        frame.read(levels, known[-1].gaps if known else ())
        rules_added += frame.added
        columns += frame.columns
    return rules_added, columns


def _frames(rules: Sequence[Rule], width: float) -> dict[Span, list[float]]:
    """Return the heights of the long horizontal lines, grouped by their left and right end.

    Lines with nearly the same ends are in one group. `width` is that of the page.
    """
    frames: dict[Span, list[float]] = {}
    for rule in sorted((each for each in rules if not each.upright), key=lambda each: each.at):
        if rule.end - rule.start >= MIN_FRAME_WIDTH * width:
            alike = (
                each
                for each in frames
                if abs(each[0] - rule.start) <= TOUCH_POINTS and abs(each[1] - rule.end) <= TOUCH_POINTS
            )
            frames.setdefault(next(alike, (rule.start, rule.end)), []).append(rule.at)
    return frames


@dataclass(slots=True, kw_only=True)
class _Stack:
    """A table without vertical lines, while it is being put together from bands.

    A band is the space between two horizontal lines.

    - `top`, `bottom`: where its header begins and ends on the page; both are equal without a header.
    - `gaps`: the free space between each two columns, so far.
    - `ends`: where shorter horizontal lines inside the table start or end.
    - `rows`: for each row, its bottom, and the numbers of the columns that are filled.
    - `last`: the text in the last band. `ended`: whether the table has ended.
    """

    top: float
    bottom: float  # of the header
    gaps: Sequence[Gap]
    ends: Sequence[float]  # of level rules inside: a cell merged over rows has none
    rows: list[tuple[float, set[int]]] = field(default_factory=list)  # bottoms, and columns that are filled
    last: Print | None = None  # the text in the last band
    ended: bool = False

    @property
    def edges(self) -> list[float]:
        """The places of the missing vertical lines between columns.

        Each is where a horizontal line ends within the gap between the columns, or else in the middle of the gap.
        """
        return [next((x for x in self.ends if _is_in(x, gap)), _middle(gap)) for gap in self.gaps]


def _is_in(x: float, gap: Gap) -> bool:
    return any(start <= x <= end for start, end in gap)


def _middle(gap: Gap) -> float:
    start, end = max(gap, key=lambda part: part[1] - part[0])
    return (start + end) / 2


@dataclass(slots=True, kw_only=True)
class _Frame:
    """The part of a page between horizontal lines of the same width, in which tables may lack lines.

    - `left`, `right`: the ends of these lines.
    - `beside`: the vertical lines inside the part. `levels`: the horizontal ones.
    - `ink`: the characters that are not in a table yet.
    - `added`: collects the missing lines. `columns`: collects the columns of the tables that were found.
    """

    left: float
    right: float
    beside: Sequence[Rule]
    levels: Sequence[Rule]
    ink: Print
    is_header: Callable[[str], bool]
    page: int
    added: list[Rule] = field(default_factory=list)
    columns: list[Columns] = field(default_factory=list)
    _stack: _Stack | None = None
    _known: Sequence[Gap] = ()  # between columns, from the header's shading or the page before

    def read(self, levels: Sequence[float], known: Sequence[Gap]) -> None:
        """Find the tables in this part of the page, band by band; a band is the space between two horizontal lines.

        - `levels`: the heights of the horizontal lines.
        - `known`: the gaps between columns on the page before.

        Raises LayoutError if the rows of a table can't be told apart.
        """
        self._known = known
        first = self.ink.within(self.left, levels[0], self.right, levels[1]) if len(levels) > 1 else None
        roof = None if first and self.is_header(first.text) else self._roof(levels[0])
        for top, bottom in pairwise([roof, *levels] if roof else levels):
            self._take(top, bottom)
        self._floor(levels[-1])
        self._close()

    def _take(self, top: float, bottom: float) -> None:
        """Examine the band (the space) between two horizontal lines: it may be a header or a row of a table.

        It may also have vertical lines already.
        """
        ink = self.ink.within(self.left, top, self.right, bottom)
        beside = [
            rule.at for rule in self.beside if rule.start <= top + TOUCH_POINTS and rule.end >= bottom - TOUCH_POINTS
        ]
        if beside:
            self._close(before_header=True)
            self._known = [[(x - MIN_FREE_POINTS, x + MIN_FREE_POINTS)] for x in sorted(beside)]
            if ink:  # left of the first or right of the last rule
                self._rule(top, bottom, (self.left, self.right))
        elif ink and self.is_header(ink.text):
            self._close(before_header=True)
            self._stack = self._header(top, bottom)
        elif ink:
            self._stack = self._stack or self._continued(top)
            if self._stack:
                self._row(self._stack, ink, top, bottom)

    def _header(self, top: float, bottom: float) -> _Stack:
        """Begin a new table with the header in this band (the space between two horizontal lines), and return it.

        If there is other text above the header in the same band, only the lowest lines that make a header are taken.
        """
        best = top, self.ink.within(self.left, top, self.right, bottom).gaps
        for line in reversed(self.ink.within(self.left, top, self.right, bottom).lines):
            ink = self.ink.within(self.left, line[0], self.right, bottom)
            if len(ink.gaps) > len(best[1]) and self.is_header(ink.text):
                best = line[0] - 1, ink.gaps
        if best[0] != top:
            self._level(best[0])
        return _Stack(top=best[0], bottom=bottom, gaps=best[1], ends=self._ends())

    def _continued(self, top: float) -> _Stack | None:
        """Return a table that continues with columns known from above or from the page before; None if none are."""
        return _Stack(top=top, bottom=top, gaps=self._known, ends=self._ends()) if self._known else None

    def _row(self, stack: _Stack, ink: Print, top: float, bottom: float) -> None:
        """Add the text of a band to the table as a row, unless the table has ended.

        The table ends at a text that runs across several columns, and at a text far below a table whose rows all have
        vertical lines. Raises LayoutError if a text in several columns follows after the end.
        """
        gaps = ink.left_of(stack.gaps)
        if (
            not stack.rows
            and stack.bottom == stack.top
            and ink
            and ink.lines[0][0] - top > MAX_RULE_DISTANCE * ink.height
        ):
            stack.ended = True
            return
        if not stack.ended:
            stack.last = ink
        if gaps is None:
            stack.ended = True
        elif not stack.ended:
            stack.gaps = gaps
            stack.rows.append((bottom, ink.columns(stack.edges)))
        elif len(ink.columns(stack.edges)) > 1:
            raise LayoutError(f"page {self.page}: a text runs over the columns of a table without upright rules")

    def _close(self, *, before_header: bool = False) -> None:
        """End the current table, and add its vertical lines.

        A last row with text only in the first column is a heading or a note, and is left out, unless it is the only row
        and no header follows. Raises LayoutError if the last text runs across several columns and is still a row.
        """
        stack, self._stack = self._stack, None
        if not stack:
            return
        self._trim(stack)
        if stack.ended and stack.last and self._is_overfull(stack, stack.last):
            raise LayoutError(f"page {self.page}: a text runs over the columns of a table without upright rules")
        while stack.rows and stack.rows[-1][1] == {0} and (before_header or len(stack.rows) > 1):
            stack.rows.pop()
        bottom = stack.rows[-1][0] if stack.rows else stack.bottom
        if bottom > stack.top:
            self._rule(stack.top, bottom, (self.left, *stack.edges, self.right))
            self.columns.append(
                Columns(left=self.left, right=self.right, top=stack.top, bottom=bottom, gaps=tuple(stack.gaps))
            )

    def _trim(self, stack: _Stack) -> None:
        """Separate the last row from a text below it that runs across several columns, or is only in the first one."""
        if not stack.last:
            return
        lines = stack.last.lines
        for (top, bottom), (following, _) in pairwise(lines):
            row = stack.last.within(self.left, 0, self.right, bottom)
            rest = stack.last.within(self.left, bottom, self.right, inf)
            is_rest = rest.left_of(stack.gaps) is None or rest.columns(stack.edges) == {0}
            if following - bottom > MAX_LINE_DISTANCE * (bottom - top) and is_rest and self._is_row(row, stack):
                if not stack.ended:
                    stack.rows.pop()
                stack.ended = False
                self._row(stack, row, lines[0][0], self._level(bottom + 1))
                return

    def _roof(self, level: float) -> float | None:
        """Add the horizontal line that is missing above the first row, and return its height; None if no row is there.

        `level` is the height of the first line that is there. The text above it must be a header, or fit the known
        columns.
        """
        lines = self.ink.within(self.left, 0, self.right, level).lines
        near = level
        for top, bottom in reversed(lines):
            if near - bottom > (MAX_RULE_DISTANCE if near == level else MAX_LINE_DISTANCE) * (bottom - top):
                break
            near = top
            if self.is_header(self.ink.within(self.left, top, self.right, level).text):
                return self._level(top - 1)
        ink = self.ink.within(self.left, near, self.right, level)
        stack = self._continued(near) if ink else None
        if stack and ink.left_of(stack.gaps) and ink.columns(stack.edges) != {0}:
            return self._level(near - 1)
        return None

    def _floor(self, level: float) -> None:
        """Add the last row of the table if there is no horizontal line below it; `level` is the height of the last one.

        Raises LayoutError if these seem to be several rows.
        """
        stack = self._stack or self._continued(level)
        if not stack or stack.ended:
            return
        level = self._below_merged(stack, level)
        below = self.ink.within(self.left, level, self.right, inf)
        end = level
        for top, bottom in below.lines:
            if top - end > (MAX_RULE_DISTANCE if end == level else MAX_LINE_DISTANCE) * (bottom - top):
                break
            end = bottom
        ink = below.within(self.left, level, self.right, end)
        if not ink or not self._is_row(ink, stack):
            return
        more = below.within(self.left, end, self.right, end + NEXT_ROW_DISTANCE * ink.height)
        edges = (self.left, *stack.edges, self.right)
        columns = [ink.within(left, level, right, end).lines for left, right in pairwise(edges)]
        several = not stack.rows and all(len(lines) != 1 for lines in columns)
        if several or (more and self._is_row(more, stack)):
            raise LayoutError(f"page {self.page}: no rules between the rows of a table")
        self._row(stack, ink, level, self._level(end + 1))
        self._stack = stack

    def _below_merged(self, stack: _Stack, level: float) -> float:
        """Add the rows beside a merged cell at the end of a table, and return the height of the lowest line.

        These rows are divided by short lines only, since no line runs through the merged cell.
        """
        lower = [
            rule.at
            for rule in self.levels
            if rule.at > level and abs(rule.end - self.right) <= TOUCH_POINTS
            if any(_is_in(rule.start, gap) for gap in stack.gaps)
        ]
        for bottom in sorted(lower):
            self._row(stack, self.ink.within(self.left, level, self.right, bottom), level, bottom)
            self._stack, level = stack, bottom
        return self._level(level) if lower else level

    def _ends(self) -> list[float]:
        """Return the places (x) inside the frame where a horizontal line starts or ends."""
        ends = (x for rule in self.levels for x in (rule.start, rule.end))
        return [x for x in ends if self.left + TOUCH_POINTS < x < self.right - TOUCH_POINTS]

    def _is_row(self, ink: Print, stack: _Stack) -> bool:
        """Return whether a text is in more than one column and leaves the gaps between columns free."""
        return ink.left_of(stack.gaps) is not None and len(ink.columns(stack.edges)) > 1

    def _is_overfull(self, stack: _Stack, ink: Print) -> bool:
        """Return whether a text is a row of the table although it fills some of the gaps between columns.

        It is one if at least half of the gaps between its first and its last column are free.
        """
        columns = ink.columns(stack.edges)
        between = [number for number in range(len(stack.gaps)) if min(columns) <= number < max(columns)]
        free = [number for number in between if ink.left_of([stack.gaps[number]])]
        return bool(free) and 2 * len(free) >= len(between)

    def _level(self, y: float) -> float:
        """Add a horizontal line at the height `y` over the whole width of the frame, and return that height."""
        self.added.append(Rule(upright=False, at=y, start=self.left, end=self.right))
        return y

    def _rule(self, top: float, bottom: float, xs: Iterable[float]) -> None:
        """Add a vertical line from `top` to `bottom` at each of the places `xs`."""
        self.added += [Rule(upright=True, at=x, start=top, end=bottom) for x in xs]
