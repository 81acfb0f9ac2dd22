"""Finds the header row of a list, and its columns, by the words in it, whatever their order, case and punctuation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription

# A header with a slip of spelling is recognised from this likeness on, of 100.
MIN_LIKENESS = 88
# How well a header fits in which a pattern is found; if it is the whole header, it fits as well as can be, 1.
FOUND_WITHIN = 0.9

# A longer text is hardly a header, and many of them would fill the memory.
MAX_KEPT_HEADER_LETTERS = 200
HEADER_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The columns of a list that were found in one row of a table.

    - `columns`: for each field that was found, the index of its cell in the row, from 0.
    - `missing`: the required fields that were not found.
    - `fit`: how well the row fits as the list's header. It is 1 for a row with exactly the described columns, spelt as
      described.
    - `refused`: the text of a cell that shows that the table is another list (see `not_columns`), or None.
    - `unsure`: the fields that another cell, which is no field's column, fits as well.
    """

    columns: Mapping[str, int]
    missing: tuple[str, ...]
    fit: float
    refused: str | None = None
    unsure: tuple[str, ...] = ()

    @property
    def has_all(self) -> bool:
        """Whether every required column was found."""
        return bool(self.columns) and not self.missing

    @property
    def complete(self) -> bool:
        """Whether every required column was found, and no cell shows that the table is another list."""
        return self.has_all and self.refused is None


def header_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in small letters, without punctuation: `Signed (Date)` as `("signed", "date")`."""
    words = _header_words if len(text) <= MAX_KEPT_HEADER_LETTERS else _header_words.__wrapped__
    return words(text)


@lru_cache(1_000)  # the pages of a file repeat their headers
def _header_words(text: str) -> tuple[str, ...]:
    return tuple(HEADER_WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("'", "")))


def find_header(cells: Sequence[str], description: ListDescription) -> Header:
    """Find the columns of a list in a row of cells, and rate how well the row fits as the list's header.

    `description` is the list's description in the configuration.
    """
    cell_words = [header_words(cell) for cell in cells]
    refused = {header_words(name) for name in description.not_columns}
    scores = [
        (score, field, index)
        for field, column in description.columns.items()
        for index, cell in enumerate(cell_words)
        if cell and (score := _fit(cells[index], cell, column))
    ]
    scores.sort(key=lambda each: (-each[0], each[2]))
    columns: dict[str, int] = {}
    quality = 0.0
    for score, field, index in scores:
        if field not in columns and index not in columns.values():
            columns[field] = index
            quality += score
    missing = tuple(f for f, column in description.columns.items() if f not in columns and not column.optional)
    expected = max(sum(map(bool, cell_words)), len(columns), 1)
    telling = next((cell for cell, each in zip(cells, cell_words, strict=True) if each in refused), None)
    unsure = _unsure(columns, scores, description)
    return Header(columns=columns, missing=missing, fit=quality / expected, refused=telling, unsure=unsure)


def _fit(text: str, words: tuple[str, ...], column: Column) -> float:
    """Rate how well a cell fits as the header of a described column, from 0 to 1.

    `words` are the words of its `text`.
    """
    if column.header_pattern is None:
        return max(_likeness(words, header_words(variant)) for variant in column.header)
    line = folded(text)
    return 1.0 if column.header_pattern.fullmatch(line) else FOUND_WITHIN * bool(column.header_pattern.search(line))


def _unsure(
    columns: Mapping[str, int], scores: Sequence[tuple[float, str, int]], description: ListDescription
) -> tuple[str, ...]:
    """Return the fields that a further cell fits as well as the one that was taken.

    - `columns`: the index of the cell that was taken for each field.
    - `scores`: for each field and each cell that fits it, how well it fits.

    Only patterns, and headers of several rows, are looked at: of headers that are words in one row, the first counts.
    """
    several = description.header_rows > 1
    looked_at = [field for field in columns if several or description.columns[field].header_pattern]
    if not looked_at:
        return ()
    taken = {field: score for score, field, index in scores if columns.get(field) == index}
    others = [(score, field) for score, field, index in scores if index not in columns.values()]
    return tuple(field for field in looked_at if any(f == field and score >= taken[field] for score, f in others))


def _likeness(cell: tuple[str, ...], known: tuple[str, ...]) -> float:
    """Rate how well a cell fits a described header, from 0 to 1; both are given as their words.

    The same words give 1. The described words together with others give at least 0.5. A slip of spelling gives less
    than 0.5, but never if a number differs. Anything else gives 0.
    """
    if cell == known:
        return 1.0
    if known and set(known) <= set(cell):
        return 0.9 - 0.05 * min(len(cell) - len(known), 8)
    one, other = " ".join(cell), " ".join(known)
    likeness = fuzz.ratio(one, other)
    if likeness < MIN_LIKENESS or re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return 0.0
    return likeness / 250
