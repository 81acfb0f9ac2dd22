"""Reads the lists of a PDF whose records are lines of text, without a table, perhaps in several columns.

A line that the list's pattern fits is a record. A record may go on in the next line, column or page. Each other line
is noted in the account by its form, so that a person sees when a new kind of line appears.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import LayoutError
from monitor.extract.pdf.columns import MAX_LINE_CHARACTERS, MIN_HEADING_HEIGHTS, divider, page_rows
from monitor.extract.pdf.edges import NUMBERS, repeated_rows, usual_height
from monitor.extract.pdf.order import DividedPage, LineKinds, line_of, reading_order
from monitor.extract.pdf.wraps import LineJoiner
from monitor.extract.values import folded
from monitor.jurisdictions.states import code_of
from monitor.model import Box, Locator, PassedOverKind, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.pdf.cells import PdfTable
    from monitor.extract.pdf.columns import Row
    from monitor.extract.pdf.order import Line
    from monitor.extract.pdf.page import Glyphs, PrintedPage

# The end of a heading over a further part of a list.
GOES_ON = re.compile(r"\s*[,-]?\s*\(?\b(?:continued|cont(?:'?d)?\.?)\)?$", re.IGNORECASE)
# A run of words in the form of a line; leaders and the marks within names and prose do not matter.
LINE_WORDS = re.compile(r"[^\W\d_](?:[\w\s,.'\u2019\"\u201c\u201d&/-]*\w)?[,.]*")
MAX_FORM_CHARACTERS = 60
MAX_SHOWN_LINES = 5


@dataclass(slots=True)
class LineReader:
    """Reads lists whose records are lines. Give it the pages in order, by `add`; then `read` returns a list.

    `pages`: the number of each page that was added, with its rows of text.
    """

    pages: list[tuple[int, tuple[Row, ...]]] = field(default_factory=list)

    def add(self, page: PrintedPage, tables: Sequence[PdfTable]) -> tuple[str, ...]:
        """Add the next page; text within `tables`, the tables of the page, is left out.

        Return the texts in which different letters are printed on top of each other.
        """
        crowded: list[str] = []
        rows = page_rows(_outside(page.glyphs, tables), bold=page.bold, crowded=crowded)
        self.pages.append((page.number, rows))
        return tuple(crowded)

    @property
    def texts(self) -> Iterator[tuple[str, ...]]:
        """The texts of the rows of each page."""
        for _, rows in self.pages:
            yield tuple(" ".join(piece.text for piece in row) for row in rows)

    def read(self, name: str, lists: Mapping[str, ListDescription], account: Account) -> RecordList:
        """Return the list `name`; `lists` has the descriptions of all lists of the report, by name.

        Lines from which no record was read are noted in `account`, which says which parts of a file are in no list.

        Raises LayoutError if the list is not there, or if the order of its lines is uncertain.
        """
        description = lists[name]
        item, until = description.item, description.until
        assert item is not None
        body = usual_height(rows for _, rows in self.pages)
        repeated = repeated_rows(self.pages, item, body=body)
        others = [each.heading for other, each in lists.items() if other != name and each.heading]

        def is_heading(text: str, height: float) -> bool:
            marks = [each for each in (description.heading, until) if each]
            return height > MIN_HEADING_HEIGHTS * body or any(each.search(text) for each in (*marks, *others))

        kept = [
            (number, tuple(row for place, row in enumerate(rows) if (number, place) not in repeated))
            for number, rows in self.pages
        ]
        edges = [
            line_of(row, number, block=0)
            for number, rows in self.pages
            for place, row in enumerate(rows)
            if (number, place) in repeated
        ]
        known = _dividers(kept, item)
        divided = [
            DividedPage(number=number, rows=rows, divider=divider(rows, item, page=number, known=known))
            for number, rows in kept
        ]
        kinds = LineKinds(
            is_record=lambda text: item.search(text[:MAX_LINE_CHARACTERS]) is not None,
            is_end=lambda text: until is not None and until.search(text) is not None,
            is_heading=is_heading,
        )
        lines = reading_order(divided, kinds, matters=bool(description.group or description.heading or until))
        reading = _ListReading(name, description, lines, edges, body=body, others=others, account=account)
        return reading.read()


def _outside(glyphs: Glyphs, tables: Sequence[PdfTable]) -> Glyphs:
    """Return the glyphs that are in none of the tables of their page."""
    if not tables:
        return glyphs
    x, y = (glyphs.boxes[:, side::2].mean(axis=1) for side in (0, 1))
    kept = np.ones(len(glyphs.codes), bool)
    for each in tables:
        kept &= (x < each.edges[0]) | (x > each.edges[-1]) | (y < each.tops[0]) | (y > each.tops[-1])
    return glyphs.only(kept)


def _dividers(pages: Iterable[tuple[int, Sequence[Row]]], item: re.Pattern[str]) -> list[float]:
    """Return where pages are divided into columns, as far as that can be told from each page alone."""
    known: list[float] = []
    for number, rows in pages:
        with suppress(LayoutError):
            found = divider(rows, item, page=number)
            known += found.all if found else ()
    return known


class _ListReading:
    """Reads one list from the lines of a file, in order.

    - `lines`: the lines in the order in which a person reads them. `edges`: those that each page repeats.
    - `body`: the height of most letters. `others`: the patterns of the headings of other lists.
    - `account`: what no record was read from is noted in it.
    """

    def __init__(
        self,
        name: str,
        description: ListDescription,
        lines: Sequence[Line],
        edges: Sequence[Line],
        *,
        body: float,
        others: Sequence[re.Pattern[str]],
        account: Account,
    ) -> None:
        assert description.item is not None
        self._name, self._description, self._account = name, description, account
        self._item = description.item
        self._lines, self._edges = lines, edges
        self._body, self._others = body, others
        self._joiner = LineJoiner(
            self._lines,
            self._item,
            is_apart=lambda line: self._is_large(line) or self._is_marked(line),
            suspect=self._suspect,
            note=self._note_line,
        )
        self._fits = self._joiner.fits
        pieces = Counter(line.pieces for line, fits in zip(lines, self._fits, strict=True) if fits)
        self._usual_pieces = pieces.most_common(1)[0][0] if pieces else 0
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
        self._judge_edges()
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
        if self._is_large(line) and line.mixed:
            self._suspect(
                line, f"{line.text[:80]!r} has letters like a heading's, and text of another size beside them"
            )
        if self._is_large(line) and (not self._fits[index] or self._names_state(line)):
            self._hear(line)
            self._pass(index, is_active=True)
            return index + 1
        end = self._joiner.end(index)
        found = self._joiner.match(index, end) if end > index else None
        if found is None:
            self._pass(index, is_active=True)
            return index + 1
        if self._joiner.is_several(index, end):
            self._suspect(line, f"{line.text[:80]!r} was read as one record, and seems to be two beside each other")
        elif line.pieces > self._usual_pieces:
            self._note_line(line, f"{line.text[:80]!r} was read as one record, and has more gaps in it than others")
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

    def _suspect(self, line: Line, message: str) -> None:
        self._account.suspect(f"{self._name}: page {line.page}: {message}", list_name=self._name)

    def _note_line(self, line: Line, message: str) -> None:
        """Note a line in the account, so that a version in which it is new is held."""
        message = f"{self._name}: page {line.page}: {message}"
        self._note(PassedOverKind.ITEMS, f"beside a record: {line.text}", [line.text], message, holds=True)

    def _names_state(self, line: Line) -> bool:
        """Return whether a line is a state's name, where headings name the states: no record, though the item fits."""
        is_grouped = self._description.jurisdiction.state in self._description.group
        return is_grouped and code_of(GOES_ON.sub("", line.text.rstrip(" :"))) is not None

    def _is_large(self, line: Line) -> bool:
        return line.height > MIN_HEADING_HEIGHTS * self._body

    def _is_marked(self, line: Line) -> bool:
        """Return whether a line is described as a heading or as an end."""
        marks = (self._description.heading, self._description.until, *self._others)
        return any(each is not None and each.search(line.text) for each in marks)

    def _add(self, found: re.Match[str], lines: Sequence[Line]) -> None:
        """Add a record. Raises LayoutError if its group is to be named by a heading, and none stands above it."""
        named = {key: value or "" for key, value in found.groupdict().items()}
        for key in self._description.group:
            if not self._group.get(key):
                raise LayoutError(
                    f"list {self._name!r}: page {lines[0].page}: {lines[0].text[:80]!r} stands under no heading in "
                    f"larger or bold letters, which should name its {key}; describe by heading what names it, with a "
                    f"group like (?P<{key}>.+)"
                )
        named.update(self._group)
        values = tuple(folded(named[each]) for each in self._description.fields)
        self._records.append(Record(values=values, locator=Locator(boxes=tuple(_boxes(lines)))))

    def _pass(self, index: int, *, is_active: bool) -> None:
        """Note in the account a line that is no record. One within the list could hold one, if its form is new."""
        line = self._lines[index]
        if len(line.text) > MAX_LINE_CHARACTERS:
            self._suspect(line, f"a line of {len(line.text):,} characters was not read")
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
        if is_active and self._joiner.may_begin(index):
            self._note_line(line, f"the line {line.text[:80]!r} is no record, and may be the beginning of the next one")
            return
        where = "large letters" if self._is_large(line) else _form(line.text)
        self._note(PassedOverKind.ITEMS, where, [line.text], message, holds=not self._is_large(line))

    def _judge_edges(self) -> None:
        """Note in the account what the publisher repeats on each page; suspect it if it could be records."""
        if over := next((line for line in self._edges if self._item.search(line.text[:MAX_LINE_CHARACTERS])), None):
            self._suspect(
                over, f"each page has the row {over.text[:80]!r}, which was read as its edge and as no record"
            )
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
            nothing = f"list {self._name!r}: no line is like the heading {heading.pattern!r}"
            return f"{nothing}; in larger or bold letters are {there}"
        there = ", ".join(repr(line.text[:60]) for line in self._lines[:MAX_SHOWN_LINES]) or "none"
        return f"list {self._name!r}: no line is like {self._item.pattern!r}; the first lines of the file are {there}"


def _form(text: str) -> str:
    """Return the form of a line: `Travis County (TX) 12 Feb` becomes `a (a) 0 a`. Leaders do not matter."""
    form = NUMBERS.sub("0", LINE_WORDS.sub("a", re.sub(r"(?:[.\u2026_]\s*){3,}", " ", text)))
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
