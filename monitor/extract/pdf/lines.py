"""Reads the lists of a PDF whose records are lines of text: no table, no rules, perhaps in columns.

A line that the list's pattern fits is a record. A record may go on in the next line, column or page. Each other line
is noted in the account by its form, so that a new kind of line is seen.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import LayoutError
from monitor.extract.pdf.columns import DividedPage, Line, divider, page_rows, reading_order
from monitor.extract.pdf.text import Words
from monitor.extract.values import folded
from monitor.model import Box, Locator, PassedOverKind, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.config.sources import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.pdf.columns import Row
    from monitor.extract.pdf.page import Glyphs
    from monitor.extract.pdf.table import PdfTable

# A line with more characters is compared with no pattern.
MAX_LINE_CHARACTERS = 1_000
# A record takes no more lines.
MAX_RECORD_LINES = 4
# So many rows at the top of a page, and at its foot, may be repeated on each page.
MAX_EDGE_ROWS = 3
# A row of the edge of a page stands at the same height on another page if it is no further off, in points.
SAME_HEIGHT_POINTS = 3.0
# A row that this share of the pages have is repeated on each page.
MIN_REPEATED_SHARE = 0.4
# A heading has letters this many times as high as those of most of the text.
MIN_HEADING_HEIGHTS = 1.1
# Lines of one record follow each other within this many heights of a letter.
MAX_PITCH_HEIGHTS = 1.8
# A line that begins further to the right than its column by this is indented as the rest of a row is, in points.
MIN_INDENT_POINTS, MAX_INDENT_POINTS = 4.0, 40.0
# A line stands further from the one above than from the one below if the distances differ so many times.
MIN_TIMES_APART = 1.25
# The end of a line after which no record goes on.
SENTENCE_END = re.compile(r"[.:;!?]$")
# The end of a heading over a further part of a list.
GOES_ON = re.compile(r"\s*[,-]?\s*\(?\b(?:continued|cont(?:'?d)?\.?)\)?$", re.IGNORECASE)
FIGURES = re.compile(r"\d+")
# A run of words in the form of a line; leaders and the marks within names and prose do not matter.
WORDS = re.compile(r"[^\W\d_](?:[\w\s,.'\u2019\"\u201c\u201d&/-]*\w)?[,.]*")
MAX_FORM_CHARACTERS = 60
MAX_SHOWN_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A line of the file, with what is known about it for one list: whether each page repeats it."""

    line: Line
    repeated: bool = False


@dataclass(slots=True)
class LineReader:
    """Reads lists whose records are lines. Give it the pages in order, by `add`; then `read` returns a list.

    `pages` has the rows of each page with its number. `crowded` has texts that stand on top of each other.
    """

    pages: list[tuple[int, tuple[Row, ...]]] = field(default_factory=list)

    def add(self, number: int, glyphs: Glyphs) -> tuple[str, ...]:
        """Take the text of the next page; return the texts in which different letters stand on top of each other."""
        crowded: list[str] = []
        self.pages.append((number, page_rows(glyphs, crowded=crowded)))
        return tuple(crowded)

    @property
    def texts(self) -> Iterator[tuple[str, ...]]:
        """The rows of each page."""
        for _, rows in self.pages:
            yield tuple(" ".join(piece.text for piece in row) for row in rows)

    def read(self, name: str, lists: Mapping[str, ListDescription], account: Account) -> RecordList:
        """Return the list `name`; `lists` has the descriptions of all lists of the report, by name.

        What no record was read from is noted in the account, which says which parts of a file were read into no list.

        Raises LayoutError if the list is not there, or if its lines can't be put in order with certainty.
        """
        description = lists[name]
        assert description.item is not None
        repeated = _repeated(self.pages, description.item)
        body = _usual_height(rows for _, rows in self.pages)
        others = [each.heading for other, each in lists.items() if other != name and each.heading]

        def is_heading(text: str, height: float) -> bool:
            marks = [each for each in (description.heading, description.until) if each]
            return height > MIN_HEADING_HEIGHTS * body or any(each.search(text) for each in (*marks, *others))

        known: list[float] = []
        divided = []
        for number, rows in self.pages:
            kept = tuple(row for row in rows if (number, _text(row)) not in repeated)
            found = divider(kept, description.item, page=number, known=known)
            known += found.all if found else ()
            divided.append(DividedPage(number=number, rows=rows, divider=found))
        matters = bool(description.group or description.heading or description.until)
        lines = [
            _Told(line=line, repeated=(line.page, line.text) in repeated)
            for line in reading_order(divided, is_heading, matters=matters)
        ]
        return _ListReading(name, description, lines, body=body, others=others, account=account).read()


def outside(glyphs: Glyphs, tables: Sequence[PdfTable]) -> Glyphs:
    """Return the glyphs that are in none of the tables of their page."""
    if not tables:
        return glyphs
    x, y = (glyphs.boxes[:, side::2].mean(axis=1) for side in (0, 1))
    kept = np.ones(len(glyphs.codes), bool)
    for each in tables:
        kept &= (x < each.edges[0]) | (x > each.edges[-1]) | (y < each.tops[0]) | (y > each.tops[-1])
    return replace(glyphs, codes=glyphs.codes[kept], boxes=glyphs.boxes[kept])


def _text(row: Row) -> str:
    return folded(" ".join(piece.text for piece in row))


def _usual_height(pages: Iterable[Sequence[Row]]) -> float:
    """Return the height of most letters of the file, in points."""
    heights: Counter[float] = Counter()
    for rows in pages:
        for row in rows:
            for piece in row:
                heights[round(piece.bounds[3] - piece.bounds[1], 1)] += len(piece.text)
    return heights.most_common(1)[0][0] if heights else 0.0


def _repeated(pages: Sequence[tuple[int, Sequence[Row]]], item: re.Pattern[str]) -> set[tuple[int, str]]:
    """Return the rows that the publisher prints on each page, at its top or foot, as page number and text.

    Figures in them may differ, as page numbers do. A row that could be a record is one of them only if it is the same
    on every page, but for the number of the page.
    """
    seen: dict[str, list[tuple[int, str, float]]] = {}
    filled = [(number, rows) for number, rows in pages if rows]
    for number, rows in filled:
        for row in {id(row): row for row in (*rows[:MAX_EDGE_ROWS], *rows[-MAX_EDGE_ROWS:])}.values():
            text = _text(row)
            seen.setdefault(FIGURES.sub("0", text), []).append((number, text, row[0].bounds[1]))
    result: set[tuple[int, str]] = set()
    for found in seen.values():
        for number, text, top in found:
            alike = [each for each in found if abs(each[2] - top) <= SAME_HEIGHT_POINTS]
            on = {page for page, _, _ in alike}
            if len(on) < 2 or len(on) < MIN_REPEATED_SHARE * len(filled):
                continue
            bare = {re.sub(rf"\b{page}\b", "", each) for page, each, _ in alike}
            if item.search(text[:MAX_LINE_CHARACTERS]) and (len(on) < len(filled) or len(bare) > 1):
                continue
            result.add((number, text))
    return result


class _ListReading:
    """Reads one list from the lines of a file, in order.

    - `body`: the height of most letters. `others`: the patterns of the headings of other lists.
    - `account`: what no record was read from is noted in it.
    """

    def __init__(
        self,
        name: str,
        description: ListDescription,
        lines: Sequence[_Told],
        *,
        body: float,
        others: Sequence[re.Pattern[str]],
        account: Account,
    ) -> None:
        assert description.item is not None
        self._name, self._description, self._account = name, description, account
        self._item = description.item
        self._lines = [each.line for each in lines if not each.repeated]
        self._edges = [each.line for each in lines if each.repeated]
        self._body, self._others = body, others
        self._words = Words([tuple(each.text for each in self._lines)])
        self._sides = _sides_of_columns(self._lines)
        self._fits = [self._match((line,)) is not None for line in self._lines]
        self._pitch = self._usual_pitch()
        self._heading: Line | None = None
        self._group: dict[str, str] = {}
        self._above = ""  # the heading above that of the list
        self._records: list[Record] = []
        self._heads: list[float] = []  # the heights of headings that named groups

    def read(self) -> RecordList:
        """Return the list. Raises LayoutError if it is not there, or if a record stands under no heading."""
        is_active = is_found = self._begins_before()
        index = 0
        while index < len(self._lines):
            line = self._lines[index]
            if self._begins(index, is_active=is_active):
                is_active = is_found = True
                self._begin(line)
            elif is_active and self._ends(index):
                is_active = False
                self._heading = line
            elif is_active:
                index = self._take(index)
                continue
            else:
                self._pass(index, is_active=False)
            index += 1
        self._account_for_edges()
        if not self._records and not self._description.may_be_empty:
            raise LayoutError(self._nothing(is_found=is_found))
        if not is_found:
            assert self._description.heading is not None
            message = f"{self._name}: no line is like the heading {self._description.heading.pattern!r}"
            self._note(PassedOverKind.SECTION, "no heading", (), message, holds=True)
        return RecordList(name=self._name, fields=self._description.fields, records=tuple(self._records))

    def _begins_before(self) -> bool:
        """Return whether the first line is of the list: no heading is described, or each page repeats it."""
        heading = self._description.heading
        if heading is None:
            return True
        over = next((line for line in self._edges if heading.search(line.text)), None)
        if over is None or any(heading.search(line.text) for line in self._lines):
            return False
        self._begin(over)
        return True

    def _begins(self, index: int, *, is_active: bool) -> bool:
        """Return whether a line is the described heading. In the list, a record with its words is a record."""
        heading, line = self._description.heading, self._lines[index]
        if heading is None or not heading.search(line.text):
            return False
        whole = heading.fullmatch(line.text) is not None or self._is_large(line)
        return whole or not (is_active and self._fits[index])

    def _begin(self, line: Line) -> None:
        """Begin the list, or a further part of it, under the heading in `line`."""
        assert self._description.heading is not None
        found = self._description.heading.search(line.text)
        named = {key: folded(value or "") for key, value in found.groupdict().items()} if found else {}
        own = {key: named[key] for key in self._description.group if key in named}
        self._group = dict.fromkeys(self._description.group, self._above) | own
        self._heading = line

    def _ends(self, index: int) -> bool:
        """Return whether the list ends before this line.

        It does at the described end; at the heading of another list; and, where the list's own heading is in large
        letters, at a heading in letters as large.
        """
        line, until = self._lines[index], self._description.until
        if until:
            return until.search(line.text) is not None
        if self._fits[index]:
            return False
        if any(each.search(line.text) for each in self._others):
            return True
        if self._heading is None or self._description.heading is None or not self._is_large(self._heading):
            return False
        below = self._heading.height > 1.05 * max(self._heads, default=0.0) and self._heads
        return line.height >= 0.97 * self._heading.height and bool(below or not self._description.group)

    def _take(self, index: int) -> int:
        """Read the record that begins in line number `index`, or pass over the line; return the index after it."""
        line = self._lines[index]
        if not self._fits[index] and self._is_large(line):
            self._hear(line)
            self._pass(index, is_active=True)
            return index + 1
        end = self._end(index)
        found = self._match(self._lines[index:end]) if end > index else None
        if found is None:
            self._pass(index, is_active=True)
            return index + 1
        self._add(found, self._lines[index:end])
        return end

    def _hear(self, line: Line) -> None:
        """Take a line in large letters as the heading that names the group of the records below it."""
        text = GOES_ON.sub("", line.text.rstrip(" :"))
        heading = self._description.heading
        named = heading is not None and not set(self._description.group).isdisjoint(heading.groupindex)
        if not named:
            self._group = dict.fromkeys(self._description.group, text)
            self._above = text
            self._heads.append(line.height)

    def _end(self, index: int) -> int:
        """Return the index after the last line of the record that begins in line number `index`.

        It is `index` itself if no record begins there.
        """
        last = index
        while not self._fits[last]:
            if last + 1 - index >= MAX_RECORD_LINES or not self._goes_on(last):
                return index
            last += 1
            if not self._fits[last] and self._match(self._lines[index : last + 1]):
                break
        if last > index and not self._is_one(index, last):
            return index
        return self._with_rest(index, last + 1)

    def _is_one(self, first: int, last: int) -> bool:
        """Return whether these lines are one record, although the last of them may be one alone.

        They are if the later lines are indented, or if they stand closer to each other than records do, or if nothing
        else ends there. What stays uncertain is suspected.
        """
        later = self._lines[first + 1 : last + 1]
        if all(map(self._is_indented, later)) or not self._fits[last] or self._is_close(first, last):
            return True
        shown = self._lines[first].text[:80]
        self._account.suspect(
            f"{self._name}: page {self._lines[first].page}: it can't be told whether {shown!r} is a line of its own, or "
            f"the beginning of {self._lines[last].text[:80]!r}",
            list_name=self._name,
        )
        return True

    def _is_close(self, first: int, last: int) -> bool:
        """Return whether lines stand closer to each other than records of the list do."""
        distances = [
            below.bounds[1] - above.bounds[1]
            for above, below in zip(self._lines[first:last], self._lines[first + 1 : last + 1], strict=True)
            if above.block == below.block
        ]
        return bool(distances) and MIN_TIMES_APART * max(distances) <= self._pitch

    def _with_rest(self, first: int, end: int) -> int:
        """Return the index after a record, with the lines after it that are the rest of it."""
        while end < len(self._lines) and end - first < MAX_RECORD_LINES and self._goes_on(end - 1):
            if self._fits[end] or self._is_head(end):
                break
            before, after = self._match(self._lines[first:end]), self._match(self._lines[first : end + 1])
            takes = before and after and before.groupdict() != after.groupdict()
            if takes and not (self._is_rest(end) or self._is_close(end - 1, end)):
                break
            if not takes:
                self._suspect_rest(end)
                break
            end += 1
        return end

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
            message = f"{line.text[:80]!r} seems to belong to the row above, and item leaves it out"
            self._account.suspect(f"{self._name}: page {line.page}: {message}", list_name=self._name)

    def _is_head(self, index: int) -> bool:
        """Return whether a line that is no record is the beginning of the one in the next line."""
        if index + 1 >= len(self._lines) or not self._goes_on(index):
            return False
        own, below = self._lines[index], self._lines[index + 1]
        if not self._fits[index + 1]:
            return self._match((own, below)) is not None
        return not self._is_indented(own)

    def _goes_on(self, index: int) -> bool:
        """Return whether the text of a line may go on in the next one.

        It may if the next one follows closely, in letters of the same height, and if its first word had no room here
        or if it is indented.
        """
        if index + 1 >= len(self._lines):
            return False
        line, below = self._lines[index], self._lines[index + 1]
        if self._is_large(line) or self._is_large(below) or self._is_marked(below):
            return False
        if not self._fits[index] and (line.pieces > 1 or SENTENCE_END.search(line.text)):
            return False
        if line.block == below.block:
            near = below.bounds[1] - line.bounds[1] <= MAX_PITCH_HEIGHTS * max(line.height, below.height)
        else:
            near = (below.page - line.page) in {0, 1}
        indented = self._fits[index] and self._is_indented(below) and not self._is_indented(line)
        return near and (indented or self._is_filled(line, below) or self._is_close(index, index + 1))

    def _is_filled(self, line: Line, below: Line) -> bool:
        """Return whether the first word of the line below had no room at the end of this one."""
        word = below.text.split(" ", maxsplit=1)[0]
        wide = (below.bounds[2] - below.bounds[0]) * (len(word) + 1) / max(len(below.text), 1)
        return line.bounds[2] + wide > self._sides[line.block][1]

    def _is_indented(self, line: Line) -> bool:
        return line.bounds[0] - self._sides[line.block][0] >= MIN_INDENT_POINTS

    def _is_large(self, line: Line) -> bool:
        return line.height > MIN_HEADING_HEIGHTS * self._body

    def _is_marked(self, line: Line) -> bool:
        """Return whether a line is described as a heading or as an end."""
        marks = (self._description.heading, self._description.until, *self._others)
        return any(each is not None and each.search(line.text) for each in marks)

    def _match(self, lines: Sequence[Line]) -> re.Match[str] | None:
        text = self._words.text(line.text for line in lines)
        return self._item.search(text) if len(text) <= MAX_LINE_CHARACTERS else None

    def _usual_pitch(self) -> float:
        """Return the usual distance from one record of one line to the next, in points."""
        distances = [
            below.bounds[1] - above.bounds[1]
            for above, below, one, other in zip(self._lines, self._lines[1:], self._fits, self._fits[1:], strict=False)
            if one and other and above.block == below.block
        ]
        return median(distances) if distances else 0.0

    def _add(self, found: re.Match[str], lines: Sequence[Line]) -> None:
        """Add a record. Raises LayoutError if its group is to be named by a heading, and none stands above it."""
        named = {key: value or "" for key, value in found.groupdict().items()}
        for key in self._description.group:
            if not self._group.get(key):
                raise LayoutError(
                    f"list {self._name!r}: page {lines[0].page}: {lines[0].text[:80]!r} stands under no heading in larger "
                    f"letters, which should name its {key}; say by heading, with a group like (?P<{key}>.+), what names it"
                )
        named.update(self._group)
        values = tuple(folded(named[each]) for each in self._description.fields)
        self._records.append(Record(values=values, locator=Locator(boxes=tuple(_boxes(lines)))))

    def _pass(self, index: int, *, is_active: bool) -> None:
        """Note in the account a line that is no record. One within the list could hold one, if its form is new."""
        line = self._lines[index]
        if len(line.text) > MAX_LINE_CHARACTERS:
            message = f"{self._name}: page {line.page}: a line of {len(line.text):,} characters was not read"
            self._account.suspect(message, list_name=self._name)
        fits = self._fits[index]
        if not is_active and not fits:
            if self._is_large(line):
                self._above = GOES_ON.sub("", line.text.rstrip(" :"))
            return
        under = self._heading.text if self._heading else "the list"
        if fits and not is_active:
            message = f"{self._name}: {line.text[:80]!r} is like a record, and stands outside of the list"
            self._note(PassedOverKind.ITEMS, f"outside, by {under}", [line.text], message, holds=True)
            return
        message = f"{self._name}: page {line.page}: the line {line.text[:80]!r} is no record as described"
        where = "large letters" if self._is_large(line) else _form(line.text)
        self._note(PassedOverKind.ITEMS, where, [line.text], message, holds=not self._is_large(line))

    def _account_for_edges(self) -> None:
        """Note in the account what the publisher repeats on each page."""
        texts = list(dict.fromkeys(line.text for line in self._edges))
        if texts:
            message = f"{self._name}: each page repeats {texts[0][:80]!r}"
            self._note(PassedOverKind.ROWS, "repeated on each page", texts, message, holds=False)

    def _note(self, kind: PassedOverKind, where: str, texts: Iterable[str], message: str, *, holds: bool) -> None:
        self._account.pass_over(kind, where, texts, message=message, holds=holds, list_name=self._name)

    def _nothing(self, *, is_found: bool) -> str:
        """Return the message that says why the list has no records, with lines that are there."""
        heading = self._description.heading
        if not is_found and heading is not None:
            large = [line.text[:60] for line in self._lines if self._is_large(line)]
            there = ", ".join(map(repr, large[:MAX_SHOWN_LINES])) or "none"
            return (
                f"list {self._name!r}: no line is like the heading {heading.pattern!r}; in larger letters are {there}"
            )
        there = ", ".join(repr(line.text[:60]) for line in self._lines[:MAX_SHOWN_LINES]) or "none"
        return f"list {self._name!r}: no line is like {self._item.pattern!r}; the first lines of the file are {there}"


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


def _form(text: str) -> str:
    """Return the form of a line: `Travis County (TX) 12 Feb` becomes `a (a) 0 a`. Leaders do not matter."""
    form = FIGURES.sub("0", WORDS.sub("a", re.sub(r"(?:[.\u2026_]\s*){3,}", " ", text)))
    return folded(re.sub(r"(?:\b0\b[\s,.:/-]*)+", "0 ", form))[:MAX_FORM_CHARACTERS]


def _boxes(lines: Sequence[Line]) -> Iterator[Box]:
    """Yield the places of a record: one rectangle for its lines that follow each other in a column."""
    together: list[list[Line]] = []
    for line in lines:
        if together and together[-1][-1].block == line.block:
            together[-1].append(line)
        else:
            together.append([line])
    for part in together:
        lefts, tops, rights, bottoms = zip(*(line.bounds for line in part), strict=True)
        left, top, right, bottom = (round(side, 2) for side in (min(lefts), min(tops), max(rights), max(bottoms)))
        yield Box(page=part[0].page, left=left, top=top, right=right, bottom=bottom)
