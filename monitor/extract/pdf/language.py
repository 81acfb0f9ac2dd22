"""Decides by the English language whether a hyphen at the end of a line belongs to the word that is broken there.

The known words are the list of the library `pyspellchecker`, the names of countries, and the names of the gazetteer.
They are read when a document first needs them.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from importlib.resources import files

from monitor.jurisdictions.gazetteer import place_words

# Beginnings of words that are written with a hyphen before the vowel that they end in: `re-entry`.
CLASHING_PREFIXES = frozenset({"anti", "de", "micro", "pre", "re", "semi"})
# Beginnings of words that are no words themselves and may have a hyphen before any word: `non-citizen`.
PREFIXES = frozenset(
    {"anti", "co", "counter", "de", "ex", "inter", "intra", "multi", "non", "post", "pre", "pro", "re", "self", "semi"}
    | {"socio", "sub", "super", "trans", "un", "bi", "tri", "micro", "macro", "quasi", "vice", "all", "e"}
)
# A place shorter than this is no proof that a word is written in one.
MIN_PLACE_LETTERS = 5
# What `sheriff's` has between its parts.
APOSTROPHE = re.compile("['\u2019]")
# A list of words in JSON: an object with each word as a key.
JSON_KEY = re.compile(rb'"([^"\\]{1,40})"\s*:')


def hyphen_stays(before: str, after: str) -> bool | None:
    """Return whether the hyphen between two parts of a word belongs to it, as in `re-entry` but not in `re-port`.

    before: the part at the end of the line, without its hyphen.
    after: the part at the start of the next line.

    Return None if neither the rules of English spelling nor the list of English words decides it.
    """
    before, after = APOSTROPHE.split(before)[-1], APOSTROPHE.split(after)[0]
    head, tail = before.casefold(), after.casefold()
    shouted = before.isupper() and after.isupper() and len(before) > 1
    if not (before + after).isalpha() or not (shouted or (before[-1].islower() and after[0].islower())):
        return True
    if head in CLASHING_PREFIXES and head[-1] == tail[0] and is_english(tail):
        return True
    if is_english(head + tail) or (before[0].isupper() and is_place(head + tail)):
        return False
    if not is_english(tail):
        return False  # a real hyphen stands between words
    return True if head in PREFIXES or is_english(head) else None


def is_known(word: str) -> bool:
    """Return whether some letters, in small ones, are a word of English or of the name of a place."""
    return word in {"a", "i"} or (len(word) > 1 and (is_english(word) or is_place(word)))


def is_english(word: str) -> bool:
    """Return whether a word in small letters is in the list of English words."""
    return word.encode() in _english()


def is_place(word: str) -> bool:
    """Return whether a word in small letters is part of the name of a place in the gazetteer."""
    return len(word) >= MIN_PLACE_LETTERS and word in place_words()


@cache
def _english() -> frozenset[bytes]:
    packed = files("spellchecker").joinpath("resources/en.json.gz").read_bytes()
    return frozenset(JSON_KEY.findall(gzip.decompress(packed)))
