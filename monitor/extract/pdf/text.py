"""Turn glyphs into lines, and lines into values; the document's own words decide about hyphens at line ends."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from monitor.extract.pdf.page import BLANK, LIGATURES
from monitor.extract.values import BULLET_MARK, as_date, bullets, folded, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from monitor.extract.pdf.page import Glyphs

Lines = tuple[str, ...]
# A gap between two glyphs that is wider is a blank, in heights of a glyph.
MIN_BLANK_WIDTH = 0.18
# Glyphs whose middles are no further apart in height stand on one line, in heights of a glyph.
MAX_RISE = 0.4
# The same glyph printed again nearer than this makes the letter bold, in widths of a glyph.
MAX_DOUBLE_SHIFT = 0.25
# A date like `2025-06-12`.
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# Code points that are put between the texts of two cells, and between two lines.
CELL_END = 0x1E
LINE_END = 0x0A
# The letters and digits between two marks of a compound.
WORD_PART = r"[^\W_]+"
# A mark after which a line may have been broken inside a word.
BREAK_MARK = r"[-\u2010/\u2013]"
# The break marks that a document may have put in only at the end of a line.
HYPHENS = ("-", "\u2010")
# A word with the marks inside it: `case-by-case`, `and/or`, `sheriff's`.
COMPOUND = re.compile(f"{WORD_PART}(?:(?:{BREAK_MARK}|['\u2019]){WORD_PART})*")
# The word at the end of a line that breaks off after a mark.
BROKEN_END = re.compile(f"({COMPOUND.pattern})({BREAK_MARK})$")
# The start of a web address.
WEB_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)


class PrintedLine(NamedTuple):
    """One printed line: the top and bottom of its glyphs' boxes on the page, and its text."""

    top: float
    bottom: float
    text: str


def printed_lines(glyphs: Glyphs, places: NDArray[np.int32]) -> Mapping[int, tuple[PrintedLine, ...]]:
    """Return the lines in each place, from the top.

    `places` has for each glyph the number of its place, usually a cell.
    """
    if not len(places):
        return {}
    boxes = glyphs.boxes
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    height = boxes[:, 3] - boxes[:, 1]
    order = np.lexsort((middle, places))
    step = np.minimum(height[order][1:], height[order][:-1]) * MAX_RISE
    anew = (np.diff(places[order]) != 0) | (np.diff(middle[order]) > step)
    line = np.empty(len(order), np.int32)
    line[order] = np.concatenate(([0], np.cumsum(anew)))
    order = np.lexsort((boxes[:, 0], line))
    codes, boxes, line, place, height = glyphs.codes[order], boxes[order], line[order], places[order], height[order]

    same_line = line[1:] == line[:-1]
    twice = (codes[1:] == codes[:-1]) & same_line & (codes[1:] != BLANK)
    twice &= np.abs(np.diff(order)) > 1  # both halves of a ligature stand at one place, one after the other
    twice &= boxes[1:, 0] - boxes[:-1, 0] < MAX_DOUBLE_SHIFT * (boxes[1:, 2] - boxes[1:, 0])
    kept = np.concatenate(([True], ~twice))
    codes, boxes, line, place, height = codes[kept], boxes[kept], line[kept], place[kept], height[kept]

    gap = boxes[1:, 0] - boxes[:-1, 2] > MIN_BLANK_WIDTH * height[1:]
    between = np.where(
        place[1:] != place[:-1], CELL_END, np.where(line[1:] != line[:-1], LINE_END, np.where(gap, BLANK, 0))
    )
    at = np.flatnonzero(between)
    text = np.insert(codes, at + 1, between[at]).astype("<u4").tobytes().decode("utf-32-le", "replace")
    text = text.translate(LIGATURES)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(line)) + 1))
    tops = np.minimum.reduceat(boxes[:, 1], starts).tolist()
    extents = zip(tops, np.maximum.reduceat(boxes[:, 3], starts).tolist(), strict=True)
    numbers = place[np.concatenate(([0], np.flatnonzero(np.diff(place)) + 1))].tolist()
    return {
        number: tuple(PrintedLine(*next(extents), line) for line in cell_text.split("\n"))
        for number, cell_text in zip(numbers, text.split("\x1e"), strict=True)
    }


def paragraphs(lines: Iterable[PrintedLine]) -> Iterator[Lines]:
    """Yield lines from the top as blocks of text, divided where more than half a line is left blank."""
    block: list[PrintedLine] = []
    for line in lines:
        if block and line.top - block[-1].bottom > (line.bottom - line.top) / 2:
            yield tuple(each.text for each in block)
            block = []
        block.append(line)
    if block:
        yield tuple(each.text for each in block)


def _parts(word: str) -> list[str]:
    """Return the parts of a compound."""
    return re.split(BREAK_MARK, word)


def _head(line: str) -> re.Match[str] | None:
    """Return the word that breaks off at a line's end with the mark after it, or None."""
    return BROKEN_END.search(line[-80:]) if line[-1:] in (*HYPHENS, "/", "\u2013") else None


class Words:
    """The number of times that each word stands in a document, without words broken at a line end.

    A compound counts as one word.
    """

    def __init__(self, texts: Iterable[Lines]) -> None:
        texts = list(texts)
        self._seen: Counter[str] = Counter()
        for text in texts:
            broken = False
            for line in text:
                words = COMPOUND.findall(line.casefold())[1 if broken else 0 :]
                broken = _head(line) is not None
                self._seen.update(words[:-1] if broken else words)
        pairs = (pair for text in texts for pair in pairwise(text) if pair[0].endswith(HYPHENS))
        self._hyphenates = any(self._known(*pair) == "" for pair in pairs)

    def join(self, first: str, second: str) -> str:
        """Return two lines as one.

        A blank comes between them, but not after a hyphen, slash or dash inside a word.

        The hyphen goes if the document has the word written as one, and stays if it has it hyphenated. If it has
        neither, the hyphen stays, unless the document is one that breaks words and this seems to be such a word: small
        letters on both sides, and not two words that stand alone elsewhere.
        """
        head, tail = _head(first), COMPOUND.match(second)
        if not head or not tail:
            return f"{first} {second}"
        known = self._known(first, second)
        if known is None:
            if head[2] == "/":
                return f"{first} {second}"
            known = head[2] if head[2] not in HYPHENS or self._is_compound(head[1], tail[0]) else ""
        return (first if known else first[:-1]) + second

    def _known(self, first: str, second: str) -> str | None:
        """Return the mark between two lines in a word of the document, or an empty text if the word has none there.

        Return None if the document has no such word.
        """
        head, tail = _head(first), COMPOUND.match(second)
        if not head or not tail:
            return None
        whole, mark, following = head[1].casefold(), head[2], tail[0].casefold()
        for before, after in ((whole, following), (_parts(whole)[-1], _parts(following)[0])):
            closed = self._seen[before + after] if mark in HYPHENS else 0
            marked = self._seen[before + mark + after]
            if closed or marked:
                return "" if closed > marked else mark
        return None

    def _is_compound(self, before: str, after: str) -> bool:
        """Return whether a hyphen belongs to the word, where the document has the word neither with nor without it."""
        if not self._hyphenates or not after[0].islower() or not before[-1].islower() or len(_parts(before)) > 1:
            return True
        return bool(self._seen[before.casefold()] and self._seen[_parts(after.casefold())[0]])

    def text(self, lines: Iterable[str]) -> str:
        """Return all lines as one, with single blanks."""
        joined = ""
        for line in map(folded, lines):
            joined = self.join(joined, line) if joined and line else joined or line
        return joined

    def points(self, lines: Iterable[str]) -> str:
        """Return the points of a bulleted cell, one on each line."""
        points: list[str] = []
        for line in filter(None, map(folded, lines)):
            if points and not BULLET_MARK.match(line):
                points[-1] = self.join(points[-1], line)
            else:
                points.append(line)
        return bullets("\n".join(points))

    def value(self, lines: Lines, kind: str, *, url: str | None = None) -> str:
        """Return the value of a cell in a column of this kind; `url` is the target of a link over it."""
        if kind == "bullets":
            return self.points(lines)
        if kind == "link" and url:
            return unwrapped(url)
        if kind == "link" and lines and WEB_ADDRESS.match(lines[0].strip()):
            return unwrapped("".join("".join(lines).split()))
        return iso_date(lines, self.text(lines)) if kind == "date" else self.text(lines)


def iso_date(lines: Lines, text: str) -> str:
    """Return a date that may be broken anywhere as `YYYY-MM-DD`; other text comes back as `text`."""
    whole = as_date(text)
    if ISO_DATE.fullmatch(whole):
        return whole
    in_one = as_date("".join("".join(lines).split()))
    return in_one if ISO_DATE.fullmatch(in_one) else whole


def is_iso_date(text: str) -> bool:
    """Return whether a text is a date as `iso_date` returns it."""
    return ISO_DATE.fullmatch(text) is not None
