"""Brings many values into plain form at once, and counts the words of many names: much faster than one by one.

The plain form of a value has no capital letters and no punctuation (see `plain_value`).

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from monitor.matching.names import Vocabulary, comparable_address, plain_value, plain_word, without_zeros

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# What is left of a placeholder such as `N/A` without punctuation. A value of which only this is left may be one, and is
# made plain by itself.
MAYBE_PLACEHOLDERS = frozenset({"", "na", "n a", "none", "null", "tbd"})
# What each byte of a text in ASCII becomes: capital letters small ones, and all signs but the ends of lines blanks.
PLAIN_BYTES = bytes(
    ord(chr(code).lower()) if (code < 128 and chr(code).isalnum()) or code == ord("\n") else ord(" ")
    for code in range(256)
)


def plain_values(values: Collection[str]) -> dict[str, str]:
    """Return the plain form of each of these values, as `plain_value` makes it, keyed by value.

    All values in ASCII are written into one text, and the whole text is made plain. The few that have a meaning of
    their own are made plain one by one: those with other letters, with `&` or several lines, and placeholders.
    """
    found: dict[str, str] = {}
    simple: list[str] = []
    special: list[str] = []
    for value in values:
        if not value.isascii() or "&" in value or "\n" in value:
            special.append(value)
        elif "://" in value:
            found[value] = comparable_address(value)
        else:
            simple.append(value)
    if simple:
        found.update(zip(simple, _plain_lines("\n".join(simple)), strict=True))
        special += [value for value in simple if found[value] in MAYBE_PLACEHOLDERS]
    found.update((value, plain_value(value)) for value in special)
    return found


def _plain_lines(text: str) -> list[str]:
    """Make each line of an ASCII text plain; placeholders, and lines without a letter, are treated like all others."""
    text = text.encode("ascii").translate(PLAIN_BYTES, b"'`").decode("ascii")
    while "  " in text:
        text = text.replace("  ", " ")
    text = text.replace(" \n", "\n").replace("\n ", "\n").strip(" ")
    lines = text.split("\n")
    return list(map(without_zeros, lines)) if text[:1] == "0" or "\n0" in text else lines


def counted_words(names: Iterable[tuple[str, int]]) -> Vocabulary:
    """Return how many records there are, and how many of them have each word in their names.

    names: the names in plain form, each with the number of records that have this name.
    """
    of_count: dict[int, list[str]] = defaultdict(list)
    for name, count in names:
        of_count[count].append(name)
    uses: Counter[str] = Counter()
    for count, some in of_count.items():
        found = _once_in_each(some)
        uses.update({word: count * times for word, times in found.items()} if count > 1 else found)
    return Vocabulary(size=max(sum(count * len(some) for count, some in of_count.items()), 1), uses=uses)


def _once_in_each(texts: Collection[str]) -> Counter[str]:
    """Count for each word how many of these plain texts have it; abbreviations are written out.

    All words are counted as they are. Then the texts with an abbreviation are put right, which are few.
    """
    found = Counter(chain.from_iterable(map(set, map(str.split, texts))))
    abbreviated = {word for word in found if plain_word(word) != word}
    for text in texts if abbreviated else ():
        words = set(text.split())
        if not abbreviated.isdisjoint(words):
            found.subtract(words)
            found.update(set(map(plain_word, words)))
    return found
