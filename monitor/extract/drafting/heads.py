"""Finds the header of a table that no description exists for yet: in which row it is, and whether it takes two rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from monitor.extract.grid import header_texts, printed
from monitor.extract.header import header_words
from monitor.extract.row_kinds import TOTAL
from monitor.extract.values import as_date, folded, is_plain_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.extract.grid import Table, Value

# Of a table, so many rows and columns are looked at.
MAX_DRAFT_ROWS = 3_000
MAX_DRAFT_COLUMNS = 100
# The header is one of the first rows with values.
MAX_ROWS_ABOVE = 15
# A header has a cell over this share of the columns that are filled below it.
MIN_COVERED = 0.6
# Of its texts, this share is different from all others.
MIN_DIFFERENT = 0.6
MAX_HEADER_LETTERS = 120
# A list of nothing but names: the words of its header, how long each text may be, and how many names it has.
LONE_WORDS = frozenset(
    {"jurisdiction", "jurisdictions", "county", "counties", "city", "cities", "state", "states", "municipality", "name"}
    | {"names", "agency", "agencies", "facility", "facilities", "place", "places", "parish", "parishes", "of", "the"}
)
MAX_LONE_LETTERS, MIN_LONE_ROWS = 80, 4
FIGURES = re.compile(r"[$(]?-?\$?[\d,]+(?:\.\d+)?[%)]?")
YEAR_ALONE = re.compile(r"(?:19|20)\d\d")
WEB = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The header of a table.

    - `row`: the number of its last row, from 0. `count`: how many rows it takes.
    - `texts`: the header of each column; "" for a column without one.
    - `sets`: how many times the columns stand beside each other, as `County | Agency | County | Agency` has 2. The
      `texts` are those of the first set.
    """

    row: int
    count: int
    texts: tuple[str, ...]
    sets: int = 1


def find_head(table: Table, *, one_row: bool = False) -> Head | None:
    """Return the header of a table; None if no row looks like one.

    `one_row` says that the header is one row of cells, as in the tables of PDF files.
    """
    at = header_row(table)
    if at is None:
        return None
    alone = _one_row(table, at)
    if one_row:
        # In a PDF a header of two rows can't be described, and its lower row would be read as a record.
        return None if any(upper >= 0 and _is_below_groups(table, upper) for upper in (at, at - 1)) else alone
    below = table.rows[at + 1] if at + 1 < len(table.rows) else ()
    for upper in (at, at - 1):
        if upper >= 0 and upper not in table.across and _is_below_groups(table, upper):
            return _two_rows(table, upper + 1)
    if _is_lower(table, at, below):
        joined = joined_texts(table, at + 1)
        if _tells_apart(joined, table.rows[at], below):
            return Head(row=at + 1, count=2, texts=joined)
    if at > 0 and (_spans_some(table, at - 1) or _tells_more(table, at)):
        return Head(row=at, count=2, texts=joined_texts(table, at))
    return alone


def header_row(table: Table) -> int | None:
    """Return the number of the row that is most likely the header of a table; None if no row looks like one.

    It is the first row with short texts that all differ and are no figures or dates, and that stand over most of the
    columns with values below.
    """
    rows = list(islice(table.rows, MAX_DRAFT_ROWS))
    filled = [(number, row) for number, row in enumerate(rows) if any(cell != "" for cell in row)]
    if (lone := _lone_header(filled)) is not None:
        return lone
    for place, (number, row) in enumerate(filled[:MAX_ROWS_ABOVE]):
        below = [each for _, each in filled[place + 1 :]]
        if len(below) < 1 or number in table.across:
            continue
        widths = sorted(sum(cell != "" for cell in each) for each in below)
        usual = widths[len(widths) // 2]
        texts = [folded(printed(cell)) for cell in row[:MAX_DRAFT_COLUMNS] if cell != ""]
        if len(texts) >= max(2, MIN_COVERED * usual) and _are_headers(row, texts):
            return number
    return None


def _lone_header(filled: Sequence[tuple[int, Sequence[Value]]]) -> int | None:
    """Return the row that is the header of a list of nothing but names, in one column; None for another table.

    `filled` has the rows with text, each with its number. Only a word like `Jurisdiction` tells a header from a name.
    """
    cells = [(number, place, cell) for number, row in filled for place, cell in enumerate(row) if cell != ""]
    texts = [folded(printed(cell)) for _, _, cell in cells]
    if len({place for _, place, _ in cells}) != 1 or max(map(len, texts)) > MAX_LONE_LETTERS:
        return None
    for at, text in enumerate(texts[: max(0, min(MAX_ROWS_ABOVE, len(texts) - MIN_LONE_ROWS))]):
        words = header_words(text)
        if words and LONE_WORDS.issuperset(words):
            below = texts[at + 1 :]
            return cells[at][0] if len(set(below)) >= MIN_DIFFERENT * len(below) else None
    return None


def _are_headers(row: Sequence[Value], texts: Sequence[str]) -> bool:
    """Return whether the filled cells of a row may be headers: short, different texts that are no values."""
    words = [header_words(text) for text in texts]
    if TOTAL.fullmatch(texts[0]) or (len(set(words)) < MIN_DIFFERENT * len(words) and _sets(texts) == 1):
        return False
    cells = [cell for cell in row if cell != ""]
    if _are_years(texts):
        kept = [place for place, text in enumerate(texts) if not YEAR_ALONE.fullmatch(text)]
        cells, texts = [cells[place] for place in kept], [texts[place] for place in kept]
    return _are_labels(cells, texts)


def _are_years(texts: Sequence[str]) -> bool:
    """Return whether a header names the years of columns of figures, as in `County | 2023 | 2024 | 2025`."""
    years = [int(text) for text in texts if YEAR_ALONE.fullmatch(text)]
    steps = {after - before for before, after in pairwise(years)}
    return not YEAR_ALONE.fullmatch(texts[0]) and steps in ({1}, {-1})


def _sets(texts: Sequence[str]) -> int:
    """Return how many times the same two headers or more stand beside each other in a row; 1 if they do not."""
    words = [header_words(text) for text in texts]
    for width in range(2, len(words) // 2 + 1):
        if len(words) % width == 0 and words == words[:width] * (len(words) // width):
            return len(words) // width if len(set(words[:width])) == width else 1
    return 1


def _one_row(table: Table, at: int) -> Head:
    """Return the header that is the row `at` alone."""
    texts = tuple(folded(printed(cell)) for cell in table.rows[at][:MAX_DRAFT_COLUMNS])
    filled = [place for place, text in enumerate(texts) if text]
    sets = _sets([texts[place] for place in filled])
    width = filled[len(filled) // sets] if sets > 1 else len(texts)
    return Head(row=at, count=1, texts=texts[:width], sets=sets)


def _are_labels(row: Sequence[Value], texts: Sequence[str]) -> bool:
    """Return whether the filled cells of a row are short texts, and no figures, dates or addresses."""
    return (
        all(isinstance(cell, str) for cell in row)
        and all(map(header_words, texts))
        and all(len(text) <= MAX_HEADER_LETTERS for text in texts)
        and not any(FIGURES.fullmatch(text) or WEB.match(text) or is_plain_date(as_date(text)) for text in texts)
    )


def _is_lower(table: Table, upper: int, lower: Sequence[Value]) -> bool:
    """Return whether the row below the row `upper` is the second one of its header.

    It has labels alone, some of them more than once, and stands over columns that the first row leaves empty; and
    below it, some column has figures or dates.
    """
    texts = [folded(printed(cell)) for cell in lower[:MAX_DRAFT_COLUMNS] if cell != ""]
    if len(texts) < 2 or not _are_labels(lower, texts):
        return False
    above = table.rows[upper]
    uncovered = any(cell != "" and (place >= len(above) or above[place] == "") for place, cell in enumerate(lower))
    again = len(set(map(header_words, texts))) < len(texts)
    return again and uncovered and _has_figures(table, upper + 2)


def _two_rows(table: Table, last: int) -> Head:
    """Return the header of two rows of which the row `last` is the lower one."""
    joined = [folded(text) for text in header_texts(table, last, 2)]
    return Head(row=last, count=2, texts=tuple(joined[:MAX_DRAFT_COLUMNS]))


def _is_below_groups(table: Table, upper: int) -> bool:
    """Return whether the row below the row `upper` has the headers of single columns, below headers of groups of them.

    A header of a group is a cell that is merged over several columns, or, where no cell of the row is merged, a cell
    with empty ones at its right. Each of its columns has a header of its own in the lower row. Over the other columns
    the lower row is empty, or has the same text again, as a cell that is merged over both rows gives it.
    """
    if upper + 2 >= len(table.rows):
        return False
    above, row = table.rows[upper][:MAX_DRAFT_COLUMNS], table.rows[upper + 1][:MAX_DRAFT_COLUMNS]
    texts = [folded(printed(cell)) for cell in above if cell != ""]
    labels = [folded(printed(cell)) for cell in row if cell != ""]
    if len(texts) < 2 or not labels or not _are_labels([cell for cell in above if cell != ""], texts):
        return False
    groups = _groups(table, upper)
    grouped = {place for group in groups for place in group}
    lower = {place: folded(printed(cell)) for place, cell in enumerate(row) if cell != ""}
    alone = {place: text for place, text in lower.items() if place not in grouped}
    if not groups or not _are_labels([cell for cell in row if cell != ""], labels) or not grouped <= set(lower):
        return False
    if any(place >= len(above) or folded(printed(above[place])) != text for place, text in alone.items()):
        return False
    words = [header_words(text) for text in header_texts(table, upper + 1, 2) if text]
    # Without merged cells, the lower row might be a record with gaps, beside a column without a header.
    has_spans = any(row == upper for row, _ in table.spans)
    return len(set(words)) == len(words) and (has_spans or _has_figures(table, upper + 2, grouped))


def _groups(table: Table, upper: int) -> list[range]:
    """Return the columns below each cell of a row that is over several columns; see `_is_below_groups`."""
    spans = [range(first, last + 1) for (row, first), last in table.spans.items() if row == upper and last > first]
    if spans:
        return spans
    above, width = table.rows[upper], min(max(map(len, table.rows[upper : upper + 2])), MAX_DRAFT_COLUMNS)
    begins = [place for place, cell in enumerate(above[:width]) if cell != ""]
    ranges = [range(begin, end) for begin, end in zip(begins, [*begins[1:], width], strict=True)]
    return [each for each in ranges if len(each) > 1]


def _has_figures(table: Table, begin: int, places: Iterable[int] | None = None) -> bool:
    """Return whether, from the row `begin` on, some column has hardly any texts but figures and dates.

    `places` are the numbers of the columns that are looked at, from 0; None for all.
    """
    rows = table.rows[begin : begin + MAX_ROWS_ABOVE]
    for place in places or range(min(max(map(len, rows), default=0), MAX_DRAFT_COLUMNS)):
        cells = [row[place] for row in rows if place < len(row) and row[place] != ""]
        labels = sum(_are_labels([cell], [folded(printed(cell))]) for cell in cells)
        if cells and 4 * labels <= len(cells):
            return True
    return False


def _tells_apart(joined: Sequence[str], upper: Sequence[Value], lower: Sequence[Value]) -> bool:
    """Return whether the texts of two rows together are different headers, more of them than each row has alone."""
    words = [header_words(text) for text in joined if text]
    alone = max(len({header_words(printed(cell)) for cell in row if cell != ""}) for row in (upper, lower))
    return len(set(words)) == len(words) > alone


def _spans_some(table: Table, upper: int) -> bool:
    """Return whether a row has cells that are merged over several columns, but over less than half of all."""
    width = len(table.rows[upper + 1])
    own = [last - first + 1 for (row, first), last in table.spans.items() if row == upper]
    return bool(own) and all(2 * each <= max(width, 4) for each in own)


def _tells_more(table: Table, lower: int) -> bool:
    """Return whether the row above a header tells columns apart that have the same text in it."""
    upper = table.rows[lower - 1]
    texts = [folded(printed(cell)) for cell in upper[:MAX_DRAFT_COLUMNS] if cell != ""]
    own = [header_words(printed(cell)) for cell in table.rows[lower] if cell != ""]
    if len(texts) < 2 or len(set(own)) == len(own) or not _are_labels(upper, texts):
        return False
    return _tells_apart(joined_texts(table, lower), upper, table.rows[lower])


def further_tables(table: Table, head: Head) -> list[int]:
    """Return the numbers of the rows, from 0, with which further tables below the first one begin.

    A further table follows an empty row and has another header, perhaps below a title. Its header has at least half as
    many cells as the first one, and some column below it has figures or dates. A glossary has none, and so is not
    taken for a table.
    """
    known = {header_words(text) for text in head.texts if text}
    found: list[int] = []
    begin: int | None = None  # of the rows since the last empty one
    for number in range(head.row + 1, min(len(table.rows), MAX_DRAFT_ROWS)):
        row = table.rows[number]
        texts = [folded(printed(cell)) for cell in row[:MAX_DRAFT_COLUMNS] if cell != ""]
        if not texts:
            begin = number + 1
        elif begin is not None and (len(texts) > 1 and number not in table.across):
            words = set(map(header_words, texts))
            other = not words <= known and 2 * len(texts) >= len(known)
            if other and _are_headers(row, texts) and _has_figures(table, number + 1):
                found.append(begin)
                known |= words
            begin = None
    return found


def joined_texts(table: Table, last: int) -> tuple[str, ...]:
    """Return the header of each column over two rows: the text of the upper row, a blank, the text of the lower row.

    `last` is the number of the lower row, from 0.

    A cell of the upper row that is merged over several columns counts for each of them.
    """
    upper, lower = table.rows[last - 1], table.rows[last]
    width = min(max(len(upper), len(lower)), MAX_DRAFT_COLUMNS)
    above = [folded(printed(upper[place])) if place < len(upper) else "" for place in range(width)]
    for (row, first), end in table.spans.items():
        if row == last - 1:
            above[first : end + 1] = [above[first]] * len(above[first : end + 1])
    below = [folded(printed(lower[place])) if place < len(lower) else "" for place in range(width)]
    return tuple(" ".join(filter(None, pair)) for pair in zip(above, below, strict=True))
