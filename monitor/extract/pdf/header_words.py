"""Recognises by its words a line of text in a PDF that may be the header of a described list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitor.extract import header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription

# A word at the end of a line in a header, broken by a hyphen, and how many of them are looked at.
BROKEN_WORD = re.compile(r"([a-z]+)-(?=\s|$)")
MAX_BROKEN_WORDS = 20
# Of a line that may be a header, so many words are compared with a pattern, up to so many at once.
MAX_PATTERN_WORDS = 60
MAX_HEADER_WORDS = 8


def has_header_words(lists: Mapping[str, ListDescription], text: str) -> bool:
    """Return whether a text contains the words of all required columns of at least one list."""
    text_words = set(header.header_words(text))
    broken = BROKEN_WORD.findall(text.casefold())[
        :MAX_BROKEN_WORDS
    ]  # their rests stand in the next line of their cells
    text_words |= {head + rest for head in broken for rest in tuple(text_words)}
    return any(
        all(_has_words(column, text, text_words) for column in each.columns.values() if not column.optional)
        for each in lists.values()
        if each.columns
    )


def _has_words(column: Column, text: str, text_words: set[str]) -> bool:
    """Return whether a text contains the header of a column: its words, or some that its pattern fits.

    `text_words` are the words of the text.
    """
    if column.header_pattern is None:
        return any(text_words.issuperset(header.header_words(variant)) for variant in column.header)
    words = text.split()[:MAX_PATTERN_WORDS]
    ends = range(1, MAX_HEADER_WORDS + 1)
    return any(
        column.header_pattern.search(" ".join(words[begin : begin + end]))
        for begin in range(len(words))
        for end in ends
    )
