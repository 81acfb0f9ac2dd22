"""Joins printed characters into lines of text, and lines into values; decides about hyphens at the ends of lines."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from monitor.extract.pdf.language import hyphen_stays, is_known
from monitor.extract.pdf.page import BLANK, LIGATURE, LIGATURES, MACRON_SLIP
from monitor.extract.values import BULLET_MARK, RAISED_MARKS, as_date, bullets, folded, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from monitor.config.columns import Column
    from monitor.extract.pdf.page import Glyphs

Lines = tuple[str, ...]
# A gap between two glyphs that is wider is a blank, in heights of a glyph.
MIN_BLANK_WIDTH = 0.18
# Glyphs whose middles are no further apart in height stand on one line, in heights of a glyph.
MAX_RISE = 0.4
# The same glyph printed again nearer than this makes the letter bold, in widths of a glyph.
MAX_DOUBLE_SHIFT = 0.25
# Different glyphs that are nearer to each other stand on top of each other, in widths of a glyph.
MAX_OVERLAP = 0.3
FIRST_DIGIT = 0x30
# A digit that is smaller than this share of its line's height, and stands higher, is raised: it refers to a footnote.
# Browsers make it five sixths as high.
MAX_RAISED_HEIGHT = 0.86
# How much higher it stands at least, in heights of the line.
MIN_RAISED_RISE = 0.15
# The raised form of each digit.
RAISED_DIGITS = np.array(list(map(ord, RAISED_MARKS)), np.int32)
# A date like `2025-06-12`.
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# The code point that is put between two lines.
LINE_END = 0x0A
# The letters and digits between two marks of a compound.
WORD_PART = r"[^\W_]+"
# A mark after which a line may have been broken inside a word.
BREAK_MARK = r"[-\u2010/\u2013]"
# The break marks that a document may have put in only at the end of a line.
HYPHENS = ("-", "\u2010")
# The marks at which a word may be broken.
BREAKING = frozenset({*HYPHENS, "/", "\u2013"})
# A word with the marks inside it: `case-by-case`, `and/or`, `sheriff's`.
COMPOUND = re.compile(f"{WORD_PART}(?:[-\u2010/\u2013'\u2019]{WORD_PART})*")
# The word at the end of a line that breaks off after a mark.
BROKEN_END = re.compile(f"({COMPOUND.pattern})({BREAK_MARK})$")
# A shorter word has room in any column.
MIN_BROKEN_LETTERS = 6
# The start of a web address.
WEB_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)


class PrintedLine(NamedTuple):
    """One line of text, with the top and bottom of its characters on the page, in points."""

    top: float
    bottom: float
    text: str

    @property
    def middle(self) -> float:
        """The height of its middle on the page, in points from the top."""
        return (self.top + self.bottom) / 2


# UTF-16 writes each code point below this one in two bytes.
FIRST_SURROGATE = 0xD800
# Makes a line of its three values, in a third of the time that calling the class takes.
_LINE_OF: Callable[[Iterable[Any]], PrintedLine] = partial(tuple.__new__, PrintedLine)


def printed_lines(
    glyphs: Glyphs, places: NDArray[np.int32], *, crowded: set[int] | None = None
) -> Mapping[int, tuple[PrintedLine, ...]]:
    """Return the lines of text in each place (usually a cell), from the top, keyed by the number of the place.

    - `places`: the number of the place that each character is in.
    - `crowded`: a set to which the numbers of places are added where different letters are on top of each other.
    """
    if not len(places):
        return {}
    boxes, middle = glyphs.boxes, glyphs.middles[1]
    height = boxes[:, 3] - boxes[:, 1]
    order = np.lexsort((middle, places))
    place, middle, height = places[order], middle[order], height[order]
    anew = place[1:] != place[:-1]
    anew |= middle[1:] - middle[:-1] > np.minimum(height[1:], height[:-1]) * MAX_RISE
    line = np.zeros(len(order), np.int32)
    np.cumsum(anew, out=line[1:])
    from_left = _from_left(boxes[:, 0].take(order), line, order)
    if from_left is not None:  # within each line: what line and place a glyph is in stays as it is
        order, height = order[from_left], height[from_left]
    codes, boxes = glyphs.codes[order], boxes.take(order, axis=0)  # a tenth of the time of `boxes[order]`

    beside = ~anew & (np.abs(order[1:] - order[:-1]) > 1)  # both halves of a ligature stand at one place
    if not beside.any():  # as nearly always: the text was printed in order
        return _as_lines(codes, boxes, line, place, height)
    left, right = boxes[:, 0], boxes[:, 2]
    shift, width = left[1:] - left[:-1], right - left
    alike = codes[1:] == codes[:-1]
    twice = beside & alike & (codes[1:] != BLANK) & (shift < MAX_DOUBLE_SHIFT * width[1:])
    if crowded is not None:
        over = beside & ~alike & (shift < MAX_OVERLAP * np.minimum(width[1:], width[:-1]))
        over &= np.minimum(codes[1:], codes[:-1]) >= FIRST_DIGIT
        crowded.update(place[1:][over].tolist())
    if twice.any():
        kept = np.concatenate(([True], ~twice))
        codes, boxes, line, place, height = codes[kept], boxes[kept], line[kept], place[kept], height[kept]

    return _as_lines(codes, boxes, line, place, height)


def _from_left(left: NDArray[np.float32], line: NDArray[np.int32], order: NDArray[np.intp]) -> NDArray[np.intp] | None:
    """Return the order in which the glyphs of each line stand from the left; None if it is that in which they are.

    - `left`, `line`: the left side of each glyph, and the number of its line; lines are in order.
    - `order`: the number of each glyph on the page, which decides between glyphs at the same place.
    """
    step = left[1:] - left[:-1]
    if ((step > 0) | ((step == 0) & (order[1:] > order[:-1])) | (line[1:] != line[:-1])).all():
        return None
    return np.lexsort((order, left, line))


def _as_lines(
    codes: NDArray[np.int32],
    boxes: NDArray[np.float32],
    line: NDArray[np.int32],
    place: NDArray[np.int32],
    height: NDArray[np.float32],
) -> dict[int, tuple[PrintedLine, ...]]:
    """Return the lines of glyphs that are in the order of the text, by the number of their place.

    `line` and `place` are the numbers of the line and the place of each glyph, `height` is how high it is.
    """
    other_line = line[1:] != line[:-1]
    starts = np.concatenate(([0], other_line.nonzero()[0] + 1))
    codes = _with_raised(codes, boxes, line, height, starts)
    gap = boxes[1:, 0] - boxes[:-1, 2] > MIN_BLANK_WIDTH * np.maximum(height[1:], height[:-1])
    at = (other_line | gap).nonzero()[0]
    between = np.where(other_line[at], LINE_END, BLANK)
    spaced = np.empty(len(codes) + len(at), "<u4")  # in half the time of `np.insert`
    added = np.zeros(len(spaced), bool)
    added[at + np.arange(1, len(at) + 1)] = True
    spaced[added], spaced[~added] = between, codes
    if spaced.max() < FIRST_SURROGATE:  # as nearly always; this takes a tenth of the time
        text = spaced.astype("<u2").tobytes().decode("utf-16-le")
    else:
        text = spaced.tobytes().decode("utf-32-le", "replace")
    if not text.isascii() and LIGATURE.search(text):
        text = MACRON_SLIP.sub("ft", text.translate(LIGATURES))
    tops, bottoms = np.minimum.reduceat(boxes[:, 1], starts), np.maximum.reduceat(boxes[:, 3], starts)
    lines = list(map(_LINE_OF, zip(tops.tolist(), bottoms.tolist(), text.split("\n"), strict=True)))
    places = place[starts]
    firsts = [0, *((places[1:] != places[:-1]).nonzero()[0] + 1).tolist()]
    ends = [*firsts[1:], len(lines)]
    return {
        number: tuple(lines[first:end])
        for number, first, end in zip(places[firsts].tolist(), firsts, ends, strict=True)
    }


def _with_raised(
    codes: NDArray[np.int32],
    boxes: NDArray[np.float32],
    line: NDArray[np.int32],
    height: NDArray[np.float32],
    starts: NDArray[np.intp],
) -> NDArray[np.int32]:
    """Return the characters with each small digit that stands raised after a digit in its raised form.

    So a figure with the mark of a footnote, like `123` and a small 4, is not taken for the figure 1234. After a word,
    such a mark is replaced by a blank. `boxes`, `line` and `height` are the places of the characters, the numbers of
    their lines, and how high they are; all are in the order of the text. `starts` are the indexes at which lines begin.
    """
    if height.min() >= MAX_RAISED_HEIGHT * height.max():
        return codes
    tallest = np.maximum.reduceat(height, starts)
    if not (np.minimum.reduceat(height, starts) < MAX_RAISED_HEIGHT * tallest).any():
        return codes
    digits = (codes >= FIRST_DIGIT) & (codes < FIRST_DIGIT + len(RAISED_DIGITS))
    counts = np.diff(np.concatenate((starts, [len(codes)])))
    tallest = np.repeat(tallest, counts)
    lowest = np.repeat(np.maximum.reduceat(boxes[:, 3], starts), counts)
    small = (height < MAX_RAISED_HEIGHT * tallest) & (lowest - boxes[:, 3] > MIN_RAISED_RISE * tallest)
    if not (small & digits).any():
        return codes
    small &= digits
    number = np.arange(len(codes))
    before = np.maximum.accumulate(np.where(small, 0, number))  # the last character that is not such a digit
    follows = small & ~small[before] & (line[before] == line) & (codes[before] != BLANK)
    marks = np.where(digits[before], RAISED_DIGITS[(codes - FIRST_DIGIT) % len(RAISED_DIGITS)], BLANK)
    return np.where(follows, marks, codes)


def paragraphs(lines: Iterable[PrintedLine]) -> Iterator[Lines]:
    """Yield the lines in groups; a new group starts after a gap of more than half a line.

    `lines` are in order from the top.
    """
    block: list[PrintedLine] = []
    for line in lines:
        if block and line.top - block[-1].bottom > (line.bottom - line.top) / 2:
            yield tuple(each.text for each in block)
            block = []
        block.append(line)
    if block:
        yield tuple(each.text for each in block)


def _parts(word: str) -> list[str]:
    """Return the parts of a compound word: `case-by-case` has three."""
    return re.split(BREAK_MARK, word)


def _head(line: str) -> re.Match[str] | None:
    """Find a word at the end of a line with a hyphen, slash or dash after it; None if there is none.

    The groups of the match are the word and the mark.
    """
    return BROKEN_END.search(line[-80:].rsplit(maxsplit=1)[-1]) if line[-1:] in BREAKING else None


def _ends_with_all(lines: Sequence[str]) -> bool:
    """Return whether there are hyphens U+2010 in the lines, and all of them are at ends of lines."""
    within = "\n".join(line[:-1] for line in lines)
    return HYPHENS[1] not in within and any(line.endswith(HYPHENS[1]) for line in lines)


class Words:
    """Counts the words of a document, and with their help decides how to join words that are broken at line ends.

    `texts` is the text of the document, in groups of lines. A compound like `case-by-case` counts as one word. Words
    that are broken at a line end are not counted. If the hyphen U+2010 is only at ends of lines, it is always the mark
    of a broken word.
    """

    def __init__(self, texts: Iterable[Lines]) -> None:
        self._seen: Counter[str] = Counter()
        whole: Counter[str] = Counter()  # the lines of texts that break no word; a list repeats most of them
        broken: list[Lines] = []
        for text, times in Counter(texts).items():
            if BREAKING.isdisjoint([line[-1:] for line in text]):
                for line in text:
                    whole[line] += times
            else:
                broken.append(text)
                self._count(text, times)
        for line, times in whole.items():
            for word in COMPOUND.findall(line.casefold()):
                self._seen[word] += times
        within = any(HYPHENS[1] in line for line in whole)
        self._softens = not within and _ends_with_all([line for text in broken for line in text])
        pairs = (pair for text in broken for pair in pairwise(text) if pair[0].endswith(HYPHENS))
        self._hyphenates = any(self._known(*pair) == "" for pair in pairs)

    def _count(self, text: Lines, times: int) -> None:
        """Count the words of a text, but for the parts of words that are broken at the end of a line.

        `times` is how often the document has the text.
        """
        is_broken = False
        for line in text:
            words = COMPOUND.findall(line.casefold())[1 if is_broken else 0 :]
            is_broken = _head(line) is not None
            for word in words[:-1] if is_broken else words:
                self._seen[word] += times

    def join(self, first: str, second: str) -> str:
        """Return two lines as one.

        A blank is put between them, unless the first ends with a hyphen, slash or dash inside a word. Then the question
        is whether a hyphen belongs to the word:

        1. It is removed if the document has the word without it elsewhere, and kept if it has the word with it.
        2. If the document has neither, the English language decides (see `hyphen_stays`).
        3. If that does not tell, the hyphen is kept, unless the document breaks other words, and the two parts are not
           both words that the document has elsewhere.
        """
        head = _head(first)
        tail = COMPOUND.match(second) if head else None
        if not head or not tail:
            return f"{first} {second}"
        if self._softens and head[2] == HYPHENS[1]:
            return first[:-1] + second
        known = self._known(first, second)
        if known is None:
            if head[2] == "/":
                return f"{first} {second}"
            known = head[2] if head[2] not in HYPHENS or self._is_compound(head[1], tail[0]) else ""
        return (first if known else first[:-1]) + second

    def _known(self, first: str, second: str) -> str | None:
        """Return the mark (like `-`) with which the document elsewhere has the word that is broken between two lines.

        The result is "" if the document has the word without a mark, and None if it does not have the word.
        """
        head = _head(first)
        tail = COMPOUND.match(second) if head else None
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
        """Return whether to keep the hyphen of a broken word that the document has nowhere else.

        `before` and `after` are the two parts of the word.
        """
        stays = hyphen_stays(_parts(before)[-1], _parts(after)[0])
        if stays is not None:
            return stays
        if not self._hyphenates or len(_parts(before)) > 1:
            return True
        return bool(self._seen[before.casefold()] and self._seen[_parts(after.casefold())[0]])

    def text(self, lines: Iterable[str]) -> str:
        """Return the lines joined into one, with single blanks between words."""
        lines = tuple(lines)
        if len(lines) == 1:
            return folded(lines[0])
        joined = last = ""
        for line in map(folded, lines):
            if self._breaks(last, line):
                joined += line
            else:
                joined = self.join(joined, line) if joined and line else joined or line
            last = line
        return joined

    def _breaks(self, first: str, second: str) -> bool:
        """Return whether a word was too long for its column, so that a program broke it anywhere, without a hyphen.

        Then its beginning fills a line alone. It is a word only with what follows, and the two are not both words.
        """
        if " " in first:
            return False
        head = "".join(takewhile(str.isalpha, reversed(first)))[::-1]
        tail = "".join(takewhile(str.isalpha, second))
        if not head or not tail or not (tail.islower() or (first.isupper() and tail.isupper() and len(head) > 1)):
            return False
        before, after = head.casefold(), tail.casefold()
        if len(before + after) < MIN_BROKEN_LETTERS:
            return False
        if not self._seen[before + after] and not is_known(before + after):
            return False
        return not (is_known(before) and is_known(after))

    def points(self, lines: Iterable[str]) -> str:
        """Return the points of a cell with bullets, one on each line and without the bullets."""
        points: list[str] = []
        last = ""
        for line in filter(None, map(folded, lines)):
            if not points or BULLET_MARK.match(line):
                points.append(line)
            elif self._breaks(last, line):
                points[-1] += line
            else:
                points[-1] = self.join(points[-1], line)
            last = line
        return bullets("\n".join(points))

    def value(self, lines: Lines, kind: str, *, url: str | None = None, day_first: bool = False) -> str:
        """Return the value of a cell from its lines of text.

        - `kind`: the kind of its column: a link, a date, bullets or plain text.
        - `url`: the address of a link over the cell, or None.
        - `day_first`: whether the dates of the column have the day before the month.
        """
        if kind == "bullets":
            return self.points(lines)
        if kind == "link" and url:
            return unwrapped(url)
        if kind == "link" and lines and WEB_ADDRESS.match(lines[0].strip()):
            return unwrapped("".join("".join(lines).split()))
        return iso_date(lines, self.text(lines), day_first=day_first) if kind == "date" else self.text(lines)


def iso_date(lines: Lines, text: str, *, day_first: bool = False) -> str:
    """Return a date as `YYYY-MM-DD`, even if a line break is in the middle of a word or number of it.

    - `lines`, `text`: the cell's lines, and the same in one line. If that is no date, `text` is returned.
    - `day_first`: whether the day is before the month.
    """
    whole = as_date(text, day_first=day_first)
    if ISO_DATE.fullmatch(whole):
        return whole
    in_one = as_date("".join("".join(lines).split()), day_first=day_first)
    return in_one if ISO_DATE.fullmatch(in_one) else whole


def formatted_date(lines: Lines, text: str, column: Column) -> str:
    """Return a date of a column as `YYYY-MM-DD`, if it has the format that the configuration describes.

    A column without a format is read as `iso_date` does. The other arguments are those of `iso_date`; a text that is no
    such date is returned.
    """
    if not column.format:
        return iso_date(lines, text)
    return column.day(text) or column.day("".join("".join(lines).split())) or text


def is_iso_date(text: str) -> bool:
    """Return whether a text has the form `YYYY-MM-DD`."""
    return ISO_DATE.fullmatch(text) is not None
