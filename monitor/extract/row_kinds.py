"""Recognises rows of a table that are no records: sums, titles of groups, repeated headers, notes and glossaries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.extract.grid import texts_of
from monitor.extract.header import header_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.config.lists import ListDescription
    from monitor.extract.grid import Value

# The whole text of a cell that stands for a sum.
TOTAL = re.compile(r"\W*(?:(?:grand|sub|overall|report)[ -]?)?totals?\b[^a-z]{0,40}", re.IGNORECASE)
# A cell that counts records: `8 agencies`, `Number of agencies: 8`, `Total agencies`.
COUNTED = re.compile(
    r"\W*(?:(?:grand |sub)?total (?:number )?(?:of )?|number of |count of )?(?:[\d,]+ )?"
    r"(?:agencies|records|agreements|rows|jurisdictions|entries|counties|cities|states|results)\b[^a-z]{0,20}",
    re.IGNORECASE,
)
# The text of a cell that says of what it is a sum: `Total for Texas`, `Texas Total`, `TEXAS Count`.
NAMED_TOTAL = re.compile(
    r"\W*(?:(?:grand|sub|overall|report)[ -]?)?totals?\b.*|.*\b(?:sub[ -]?)?(?:totals?|counts?)\b\W*", re.IGNORECASE
)
# A cell that holds nothing but a figure.
FIGURE = re.compile(r"\W*\d[\d.,\s]*%?\W*")
# The number of items behind a heading: `(12)`, `[12 counties]`, ` - 12 jurisdictions`, `: 12`.
_COUNT = r"\d{1,3}(?:,\d{3})*(?: [a-z]{3,}){0,2}"
ITEM_COUNT = re.compile(rf"(?<=\w)(?:\s*[(\[]{_COUNT}[)\]]|(?:\s+[-\u2013\u2014]|:)\s*{_COUNT})$", re.IGNORECASE)
MAX_SUM_CHARACTERS = 60  # a longer cell is no sum
MIN_JUDGED_COLUMNS = 3  # of a list with fewer columns, a row with one filled cell is a record


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKinds:
    """Recognises the rows of one table that are no records of its list.

    A row is given by its values, in the order of the list's fields.

    - `key`: the indexes of the columns that identify a record.
    - `leftmost`: the index of the field whose column is farthest to the left.
    - `headings`: for each field, the headers that are known for it, each as its words; none for a field without a
      column.
    - `beginnings`, `headers`: the headers of the leftmost column, and of all columns, in small letters.
    """

    key: tuple[int, ...]
    leftmost: int
    headings: tuple[frozenset[tuple[str, ...]], ...]
    beginnings: frozenset[str]
    headers: frozenset[str]

    @classmethod
    def of(cls, description: ListDescription, *, leftmost: int, heading: Sequence[str]) -> RowKinds:
        """Make the object for the list with this description.

        - `leftmost`: the index, from 0, of the field whose column is furthest to the left in the table.
        - `heading`: for each field, the text of its cell in the header.
        """
        columns = list(description.columns)
        key = tuple(columns.index(field) for field in description.key if field in description.columns)
        known = [
            (text, *column.header) if text else ()
            for text, column in zip(heading, description.columns.values(), strict=True)
        ]
        headings = tuple(frozenset(map(header_words, texts)) for texts in known)
        folded = [frozenset(text.casefold() for text in texts) for texts in known]
        return cls(
            key=key,
            leftmost=leftmost,
            headings=headings,
            beginnings=folded[leftmost],
            headers=frozenset().union(*folded),
        )

    def is_none(self, values: Sequence[str | None]) -> bool:
        """Return whether a row is no record (but a title, a sum or the header again), judging by its values."""
        if self.key and all(map(values.__getitem__, self.key)):
            return self._repeats_header(values) or self.reorders_header(values) or self.is_sum(values)
        filled = [place for place, value in enumerate(values) if value]
        if self.is_sum(values) or len(filled) < 1:
            return True
        if len(values) < MIN_JUDGED_COLUMNS or not self.key or set(self.key) <= {self.leftmost}:
            return False
        return filled == [self.leftmost] or (
            len(filled) * 2 <= len(values) and not any(values[p] for p in self.key[1:])
        )

    def is_sum(self, values: Sequence[str | None]) -> bool:
        """Return whether a row is a sum: its first filled cell says so, and the others name no record.

        Most cells that would name one are empty or hold figures, or all others begin with a figure, like `8 agencies`.
        """
        begin = self.leftmost if values[self.leftmost] else next((at for at, value in enumerate(values) if value), 0)
        first = values[begin] or ""
        if is_named_sum(first, [value for at, value in enumerate(values) if value and at != begin], width=len(values)):
            return True
        if len(first) > MAX_SUM_CHARACTERS or not says_sum(first):
            return False
        named = [place for place in self.key if (value := values[place]) and not _is_figure(value)]
        others = (value for place, value in enumerate(values) if value and place != begin)
        return 2 * len(named) <= max(len(self.key), 2) or are_figures(others)

    def _repeats_header(self, values: Sequence[str | None]) -> bool:
        """Return whether a row is the header once more, perhaps in another spelling, or without some of its columns.

        That happens where a publisher has put several sheets together.
        """
        if (values[self.leftmost] or "").casefold() not in self.beginnings:
            return False
        told = [(value, known) for value, known in zip(values, self.headings, strict=True) if known and value]
        named = sum(map(bool, self.headings))
        return 2 * len(told) > named and all(header_words(value) in known for value, known in told)

    def reorders_header(self, values: Sequence[str | None]) -> bool:
        """Return whether a row is the header once more, with its columns in another order.

        Where sheets were put together, the rows below may have that order.
        """
        if (values[self.leftmost] or "").casefold() not in self.headers:
            return False
        told = [(header_words(value), own) for value, own in zip(values, self.headings, strict=True) if value]
        named = sum(map(bool, self.headings))
        return (
            2 * len(told) > named
            and all(any(words in known for known in self.headings) for words, _ in told)
            and any(words not in own for words, own in told)
        )


@lru_cache(maxsize=5_000)  # many rows begin alike
def says_sum(text: str) -> bool:
    """Return whether the first cell of a row says that the row is a sum or a count."""
    return bool(TOTAL.fullmatch(text) or COUNTED.fullmatch(text))


def is_sum_beside(values: Sequence[str | None], row: Sequence[Value]) -> bool:
    """Return whether a row is a sum whose word stands in a column that the list does not have.

    Its own values are then nothing but figures, and no more than half of its cells are filled. `row` has all its cells.
    """
    return all(map(_is_figure, filter(None, values))) and any(
        len(text) <= MAX_SUM_CHARACTERS and says_sum(text) for text in texts_of(row)
    )


def is_named_sum(first: str, others: Sequence[str], *, width: int) -> bool:
    """Return whether a row is the sum of a group that it names: most of its cells are empty, the others figures.

    - `first`: the text of its first filled cell. `others`: those of its other filled cells.
    - `width`: the number of columns.

    The group may stand in a cell of its own before the sum, as in `Texas`, `Subtotal: 8`.
    """
    if width < MIN_JUDGED_COLUMNS or not others or max(len(first), len(others[0])) > MAX_SUM_CHARACTERS:
        return False
    count = 1 + len(others)
    if 2 * count <= width and TOTAL.fullmatch(others[0]):
        return all(map(_is_figure, others[1:]))
    return (
        2 * count <= max(width, MIN_JUDGED_COLUMNS + 1)
        and all(map(_is_figure, others))
        and NAMED_TOTAL.fullmatch(first) is not None
    )


def are_figures(texts: Iterable[str]) -> bool:
    """Return whether all of these cells are figures, counts or marks: none begins with a letter."""
    return not any(text[:1].isalpha() for text in texts)


def _is_figure(value: str) -> bool:
    """Return whether a cell holds a figure, or a count of records with its figure."""
    if len(value) > MAX_SUM_CHARACTERS or not any(map(str.isdecimal, value)):
        return False
    return bool(FIGURE.fullmatch(value) or COUNTED.fullmatch(value))
