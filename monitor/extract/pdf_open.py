"""Finds the rules that a table lacks: those beside its columns, and those above or below its rows.

Without them a table, or its first or last row, would silently be no part of what is read. Columns come from the edges
of the header's shading, else from the gaps between the header's texts that no row below fills, else from the page
before. Where rows can't be told apart, that is a fault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import LayoutError
from monitor.extract.pdf_page import Glyphs, Rule
from monitor.extract.pdf_print import ROOM, Print

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from monitor.extract.pdf_page import Page
    from monitor.extract.pdf_print import Gap, Span

TOUCH = 3.0  # points: rules nearer than that meet
WIDE = 0.2  # of the page's width: a shorter level rule frames no table
NEAR, CLOSE = 1.2, 0.4  # of a line's height: how far a row's text may be from its rule, and from its next line
BEYOND = 2.5  # of a line's height: how far below a row without a rule another one would stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Between which sides a table stands, from which top to which bottom, and what is free between its columns."""

    left: float
    right: float
    top: float
    bottom: float
    gaps: tuple[Gap, ...]


def closing(rules: Sequence[Rule]) -> Iterator[Rule]:
    """Level rules where three upright ones or more start or end together in the open: a row split over two pages."""
    uprights = [rule for rule in rules if rule.upright]
    for ends in ([(rule.start, rule.at) for rule in uprights], [(rule.end, rule.at) for rule in uprights]):
        for group in _near(sorted(ends)):
            xs = [x for _, x in group]
            y = sum(y for y, _ in group) / len(group)
            covered = any(
                abs(rule.at - y) <= TOUCH and rule.start <= min(xs) + TOUCH and rule.end >= max(xs) - TOUCH
                for rule in rules
                if not rule.upright
            )
            if len(group) >= 3 and not covered:
                yield Rule(upright=False, at=y, start=min(xs), end=max(xs))


def _near(pairs: Iterable[Span]) -> Iterator[list[Span]]:
    """Pairs in order, grouped by first values that are near to each other's."""
    group: list[Span] = []
    for pair in pairs:
        if group and pair[0] - group[-1][0] > TOUCH:
            yield group
            group = []
        group.append(pair)
    if group:
        yield group


def missing(
    page: Page,
    rules: Sequence[Rule],
    held: NDArray[np.bool_],
    *,
    is_header: Callable[[str], bool],
    before: Sequence[Columns],
) -> tuple[list[Rule], list[Columns]]:
    """The rules that the tables of a page lack, and the columns of those that have no upright ones.

    `held` tells which glyphs stand in a table already; `is_header` knows a header row by all of its text; `before` are
    the columns of the tables on the page before. Raises LayoutError where no rule divides the rows.
    """
    ink = Print(Glyphs(codes=page.glyphs.codes[~held], boxes=page.glyphs.boxes[~held]))
    rules_added: list[Rule] = []
    columns: list[Columns] = []
    for (left, right), levels in _frames(rules, page.width).items():
        if not ink.within(left, levels[0], right, levels[-1]):
            continue
        beside = [rule for rule in rules if rule.upright and left + TOUCH < rule.at < right - TOUCH]
        level = [rule for rule in rules if not rule.upright and levels[0] < rule.at < levels[-1]]
        ends = [x for rule in level for x in (rule.start, rule.end) if left + TOUCH < x < right - TOUCH]
        known = [each for each in before if abs(each.left - left) <= TOUCH and abs(each.right - right) <= TOUCH]
        frame = _Frame(left=left, right=right, beside=beside, ends=ends, ink=ink, is_header=is_header, page=page.number)
        frame.read(levels, known[-1].gaps if known else ())
        rules_added += frame.added
        columns += frame.columns
    return rules_added, columns


def _frames(rules: Sequence[Rule], width: float) -> dict[Span, list[float]]:
    """The heights of long level rules, from the top, by the left and right that they share."""
    frames: dict[Span, list[float]] = {}
    for rule in sorted((each for each in rules if not each.upright), key=lambda each: each.at):
        if rule.end - rule.start >= WIDE * width:
            alike = (each for each in frames if abs(each[0] - rule.start) <= TOUCH and abs(each[1] - rule.end) <= TOUCH)
            frames.setdefault(next(alike, (rule.start, rule.end)), []).append(rule.at)
    return frames


@dataclass(slots=True, kw_only=True)
class _Stack:
    """Bands that make one table, as far as is known: its top, what is free between its columns, and its rows."""

    top: float
    bottom: float  # of the header
    gaps: Sequence[Gap]
    ends: Sequence[float]  # of level rules inside: a cell merged over rows has none
    rows: list[tuple[float, set[int]]] = field(default_factory=list)  # bottoms, and columns that are filled
    ended: bool = False

    @property
    def edges(self) -> list[float]:
        """Where the upright rules between the columns belong: at a level rule's end, else in the middle of the gap."""
        return [next((x for x in self.ends if _is_in(x, gap)), _middle(gap)) for gap in self.gaps]


def _is_in(x: float, gap: Gap) -> bool:
    return any(start <= x <= end for start, end in gap)


def _middle(gap: Gap) -> float:
    start, end = max(gap, key=lambda part: part[1] - part[0])
    return (start + end) / 2


@dataclass(slots=True, kw_only=True)
class _Frame:
    """What stands between the level rules of one width. `beside` are the upright rules inside, `ends` of level ones."""

    left: float
    right: float
    beside: Sequence[Rule]
    ends: Sequence[float]
    ink: Print
    is_header: Callable[[str], bool]
    page: int
    added: list[Rule] = field(default_factory=list)
    columns: list[Columns] = field(default_factory=list)
    _stack: _Stack | None = None
    _known: Sequence[Gap] = ()  # between columns, from the header's shading or the page before

    def read(self, levels: Sequence[float], known: Sequence[Gap]) -> None:
        """Look at what stands between these levels; `known` is what was free between columns on the page before."""
        self._known = known
        first = self.ink.within(self.left, levels[0], self.right, levels[1]) if len(levels) > 1 else None
        roof = None if first and self.is_header(first.text) else self._roof(levels[0])
        for top, bottom in pairwise([roof, *levels] if roof else levels):
            self._take(top, bottom)
        self._floor(levels[-1])
        self._close()

    def _take(self, top: float, bottom: float) -> None:
        """Look at what stands between two levels."""
        ink = self.ink.within(self.left, top, self.right, bottom)
        beside = [rule.at for rule in self.beside if rule.start <= top + TOUCH and rule.end >= bottom - TOUCH]
        if beside:
            self._close(before_header=True)
            self._known = [[(x - ROOM, x + ROOM)] for x in sorted(beside)]
            if ink:  # left of the first or right of the last rule
                self._rule(top, bottom, (self.left, self.right))
        elif ink and self.is_header(ink.text):
            self._close(before_header=True)
            self._stack = self._header(top, bottom)
        elif ink:
            self._stack = self._stack or self._continued(top)
            self._row(bottom, ink)

    def _header(self, top: float, bottom: float) -> _Stack:
        """A table from its header on: the lowest lines that are one, where other text stands above them."""
        best = top, self.ink.within(self.left, top, self.right, bottom).gaps
        for line in reversed(self.ink.within(self.left, top, self.right, bottom).lines):
            ink = self.ink.within(self.left, line[0], self.right, bottom)
            if len(ink.gaps) > len(best[1]) and self.is_header(ink.text):
                best = line[0] - 1, ink.gaps
        if best[0] != top:
            self._level(best[0])
        return _Stack(top=best[0], bottom=bottom, gaps=best[1], ends=self.ends)

    def _continued(self, top: float) -> _Stack | None:
        """A table whose columns are known from a header above or from the page before."""
        return _Stack(top=top, bottom=top, gaps=self._known, ends=self.ends) if self._known else None

    def _row(self, bottom: float, ink: Print) -> None:
        """Take a band as a row, unless its text runs over the columns: then the table has ended."""
        stack = self._stack
        if not stack:
            return
        gaps = ink.left_of(stack.gaps)
        if gaps is None:
            stack.ended = True
        elif not stack.ended:
            stack.gaps = gaps
            stack.rows.append((bottom, ink.columns(stack.edges)))
        elif len(ink.columns(stack.edges)) > 1:
            raise LayoutError(f"page {self.page}: a text runs over the columns of a table without upright rules")

    def _close(self, *, before_header: bool = False) -> None:
        """The table ends here. A band that only has text at its left is no row of it, but a heading or a remark."""
        stack, self._stack = self._stack, None
        if not stack:
            return
        while stack.rows and stack.rows[-1][1] == {0} and (before_header or len(stack.rows) > 1):
            stack.rows.pop()
        bottom = stack.rows[-1][0] if stack.rows else stack.bottom
        if bottom > stack.top:
            self._rule(stack.top, bottom, (self.left, *stack.edges, self.right))
            self.columns.append(
                Columns(left=self.left, right=self.right, top=stack.top, bottom=bottom, gaps=tuple(stack.gaps))
            )

    def _roof(self, level: float) -> float | None:
        """Where the rule above the first row belongs, if it lacks one: a header, or a row of known columns."""
        lines = self.ink.within(self.left, 0, self.right, level).lines
        near = level
        for top, bottom in reversed(lines):
            if near - bottom > (NEAR if near == level else CLOSE) * (bottom - top):
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
        """Take a last row without a rule below it. Raises LayoutError where it seems to be several."""
        stack = self._stack
        if not stack or stack.ended:
            return
        below = self.ink.within(self.left, level, self.right, float("inf"))
        end = level
        for top, bottom in below.lines:
            if top - end > (NEAR if end == level else CLOSE) * (bottom - top):
                break
            end = bottom
        ink = below.within(self.left, level, self.right, end)
        if not ink or not self._is_row(ink, stack):
            return
        more = below.within(self.left, end, self.right, end + BEYOND * ink.height)
        each = [
            ink.within(left, level, right, end).lines for left, right in pairwise((self.left, *stack.edges, self.right))
        ]
        if (more and self._is_row(more, stack)) or all(len(lines) != 1 for lines in each):
            raise LayoutError(f"page {self.page}: no rules between the rows of a table")
        self._row(self._level(end + 1), ink)

    def _is_row(self, ink: Print, stack: _Stack) -> bool:
        return ink.left_of(stack.gaps) is not None and len(ink.columns(stack.edges)) > 1

    def _level(self, y: float) -> float:
        self.added.append(Rule(upright=False, at=y, start=self.left, end=self.right))
        return y

    def _rule(self, top: float, bottom: float, xs: Iterable[float]) -> None:
        self.added += [Rule(upright=True, at=x, start=top, end=bottom) for x in xs]
