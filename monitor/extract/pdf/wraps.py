"""Joins lines of a PDF that are one record, where a record was too long for one line and goes on in the next.

Three things tell whether a line goes on: its length, the indent of the next line, and the distances between lines.
"""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from monitor.extract.pdf.columns import MAX_LINE_CHARACTERS
from monitor.extract.pdf.text import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.extract.pdf.order import Line

# A record takes no more lines.
MAX_RECORD_LINES = 12
# Lines of one record follow each other within this many heights of a letter.
MAX_PITCH_HEIGHTS = 1.8
# A line that begins further to the right than its column by this is indented as the rest of a row is, in points.
MIN_INDENT_POINTS, MAX_INDENT_POINTS = 4.0, 40.0
# A line stands further from the one above than from the one below if the distances differ so many times.
MIN_TIMES_APART = 1.25
# A word may be wider than its number of letters says, so many times.
WIDE_WORD = 1.25
# The end of a line after which no record goes on.
SENTENCE_END = re.compile(r"[.:;!?]$")


class LineJoiner:
    """Finds the lines of a file that are one record together. Lines are given by their index in `lines`.

    - `lines`: the lines in the order in which a person reads them. `item`: the pattern of a record.
    - `is_apart`: a function that tells whether a line is a heading or the end of the list, and so in no record.
    - `suspect`: a function that is called with a line and a sentence if a record was probably read wrongly.
    - `note`: a function that is called with a line and a sentence if a record could also be read in another way.
    - `fits`: for each line, whether it could be a record alone.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        item: re.Pattern[str],
        *,
        is_apart: Callable[[Line], bool],
        suspect: Callable[[Line, str], None],
        note: Callable[[Line, str], None],
    ) -> None:
        self._lines, self._item = lines, item
        self._is_apart, self._suspect, self._note = is_apart, suspect, note
        self._words = Words([tuple(each.text for each in lines)])
        self._sides = _sides_of_columns(lines)
        self.fits = [self.match(index, index + 1) is not None for index in range(len(lines))]
        self._pitch = self._usual_pitch()
        pairs = list(zip(lines, self.fits, strict=True))
        self._stands_out = 2 * sum(fits and self._is_indented(line) for line, fits in pairs) <= sum(self.fits)
        self._room = max((line.stop - self._sides[line.block][0] for line, fits in pairs if fits), default=0.0)

    def match(self, start: int, end: int) -> re.Match[str] | None:
        """Return the match of the pattern in the lines from `start` to before `end`, joined; None if it does not match.

        A text of more than `MAX_LINE_CHARACTERS` never matches.
        """
        text = self._words.text(line.text for line in self._lines[start:end])
        return self._item.search(text) if len(text) <= MAX_LINE_CHARACTERS else None

    def is_several(self, start: int, end: int) -> bool:
        """Return whether the record in the lines from `start` to before `end` seems to be two records side by side.

        It does if its text can be cut at one place, or a few, so that the pattern fits both halves. If it can be cut at
        many places, or two words at their only one, the pattern fits almost any text, and proves nothing.
        """
        words = self._words.text(line.text for line in self._lines[start:end]).split(" ")
        parts = ((" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words)))
        both = sum(all(map(self._item.search, pair)) for pair in parts)
        return 0 < both <= max(1, len(words) // 8) and len(words) > 2

    def end(self, index: int) -> int:
        """Return the index after the last line of the record that begins in line number `index`.

        It is `index` itself if no record begins there.
        """
        last = index
        while not self.fits[last]:
            if last + 1 - index >= MAX_RECORD_LINES or not self._goes_on(last):
                return index
            last += 1
            if not self.fits[last] and self.match(index, last + 1):
                break
        if last > index:
            self._judge(index, last)
        return self._with_rest(index, last + 1)

    def _judge(self, first: int, last: int) -> None:
        """Note lines that were taken as one record, if the last of them may be one alone.

        It is no record alone if the later lines are indented, or closer to each other than records are.
        """
        later = self._lines[first + 1 : last + 1]
        if all(map(self._is_indented, later)) or not self.fits[last] or self._is_close(first, last):
            return
        own, below = self._lines[first], self._lines[last].text[:80]
        self._note(own, f"{own.text[:80]!r} was read as the beginning of {below!r}, and may be a line of its own")

    def _is_close(self, first: int, last: int) -> bool:
        """Return whether lines stand closer to each other than records of the list do."""
        distances = [
            below.bounds[1] - above.bounds[1]
            for above, below in pairwise(self._lines[first : last + 1])
            if above.block == below.block
        ]
        return bool(distances) and MIN_TIMES_APART * max(distances) <= self._pitch

    def _with_rest(self, first: int, end: int) -> int:
        """Return the index after a record, with the lines after it that are the rest of it."""
        while end < len(self._lines) and end - first < MAX_RECORD_LINES and self._goes_on(end - 1):
            if self.fits[end] or self._is_head(end):
                break
            before, after = self.match(first, end), self.match(first, end + 1)
            takes = before and after and before.groupdict() != after.groupdict()
            if takes and not (self._is_rest(end) or self._is_close(end - 1, end)):
                break
            if not takes:
                self._suspect_rest(end)
                break
            end += 1
        return end

    def may_begin(self, index: int) -> bool:
        """Return whether a line that was read as no record may be the beginning of the record in the next line.

        It may be if it stands as close to the next line as records do, has no wide gap, and does not end a sentence.
        """
        if index + 1 >= len(self._lines) or not self.fits[index + 1] or self.fits[index]:
            return False
        line, below = self._lines[index : index + 2]
        if line.pieces > 1 or SENTENCE_END.search(line.text) or self._is_apart(line) or line.block != below.block:
            return False
        return below.bounds[1] - line.bounds[1] <= MIN_TIMES_APART * (self._pitch or below.height)

    def _is_rest(self, index: int) -> bool:
        """Return whether a line is indented as the rest of a row, and no closer to the line below than to its own row.

        A heading in the middle of the column is indented too.
        """
        line, above = self._lines[index], self._lines[index - 1]
        indent = line.bounds[0] - self._sides[line.block][0]
        if not MIN_INDENT_POINTS <= indent <= MAX_INDENT_POINTS:
            return False
        below = self._lines[index + 1] if index + 1 < len(self._lines) else None
        if below is None or not line.block == above.block == below.block:
            return True
        return line.bounds[1] - above.bounds[1] <= MIN_TIMES_APART * (below.bounds[1] - line.bounds[1])

    def _suspect_rest(self, index: int) -> None:
        """Suspect the list to be misread if a line seems to be the rest of a row, and the pattern does not take it."""
        line = self._lines[index]
        if self._is_rest(index):
            self._suspect(line, f"{line.text[:80]!r} seems to belong to the row above, and item leaves it out")

    def _is_head(self, index: int) -> bool:
        """Return whether a line that is no record is the beginning of the one in the next line."""
        if index + 1 >= len(self._lines) or not self._goes_on(index):
            return False
        if not self.fits[index + 1]:
            return self.match(index, index + 2) is not None
        return not self._is_indented(self._lines[index])

    def _goes_on(self, index: int) -> bool:
        """Return whether the text of a line may go on in the next one.

        It may if the next one follows closely, in letters of the same height, and if its first word had no room here
        or if it is indented.
        """
        if index + 1 >= len(self._lines):
            return False
        line, below = self._lines[index], self._lines[index + 1]
        if self._is_apart(line) or self._is_apart(below):
            return False
        if not self.fits[index] and (line.pieces > 1 or SENTENCE_END.search(line.text)):
            return False
        if line.block == below.block:
            near = below.bounds[1] - line.bounds[1] <= MAX_PITCH_HEIGHTS * max(line.height, below.height)
        else:
            near = (below.page - line.page) in {0, 1}
        indented = self._is_indented(below) and not self._is_indented(line)
        indented &= self.fits[index] or self._stands_out
        return near and (indented or self._is_filled(index) or self._is_close(index, index + 1))

    def _is_filled(self, index: int) -> bool:
        """Return whether the first word of the next line had no room at the end of this one.

        The room for the beginning of a record is up to where the leaders or tabs of other records are.
        """
        line, below = self._lines[index : index + 2]
        word = below.text.split(" ", maxsplit=1)[0]
        wide = WIDE_WORD * (below.stop - below.bounds[0]) * (len(word) + 1) / max(len(below.beginning), 1)
        left, right = self._sides[line.block]
        return line.bounds[2] + wide > (right if self.fits[index] else min(right, left + self._room))

    def _is_indented(self, line: Line) -> bool:
        return line.bounds[0] - self._sides[line.block][0] >= MIN_INDENT_POINTS

    def _usual_pitch(self) -> float:
        """Return the usual distance from one record of one line to the next, in points."""
        distances = [
            below.bounds[1] - above.bounds[1]
            for (above, is_record), (below, is_next) in pairwise(zip(self._lines, self.fits, strict=True))
            if is_record and is_next and above.block == below.block
        ]
        return median(distances) if distances else 0.0


def _sides_of_columns(lines: Sequence[Line]) -> dict[tuple[int, int], tuple[float, float]]:
    """Return the left and right edge of the column of each block; headings may divide a column into several blocks."""
    own: dict[tuple[int, int], list[Line]] = {}
    for line in lines:
        own.setdefault(line.block, []).append(line)
    sides = {
        block: (min(line.bounds[0] for line in part), max(line.bounds[2] for line in part))
        for block, part in own.items()
    }
    widest: dict[tuple[int, int], float] = {}
    for (page, _), (left, right) in sides.items():
        widest[page, round(left)] = max(right, widest.get((page, round(left)), 0.0))
    return {block: (left, widest[block[0], round(left)]) for block, (left, _) in sides.items()}
