"""Finds the known name that a misspelt name probably stands for.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_SPELLING_LIKENESS = 0.8  # Jaro-Winkler, below which two names are not one misspelt
MIN_MEANT = 0.86  # so like, and well before the next: taken to be meant
MIN_LEAD = 0.03  # by how much the likeliest must be before the next
MAX_LOOKED_AT = 12  # names looked at closely
COMPASS = re.compile("north|south|east|west")  # no slips of one another, however alike the names


def nearest(key: str, known: Sequence[str], *, least: float = MIN_SPELLING_LIKENESS) -> list[tuple[float, str]]:
    """Return the known names that are spelt most like `key`, best first, each with its likeness from 0 to 1.

    Names with a likeness below `least` are left out.
    """
    near = process.extract(key, known, scorer=JaroWinkler.similarity, limit=MAX_LOOKED_AT, score_cutoff=least - 0.05)
    scored = [(likeness(key, name), name) for name, _, _ in near]
    return sorted(((score, name) for score, name in scored if score >= least), key=lambda each: (-each[0], each[1]))


def likeness(one: str, other: str) -> float:
    """Return how alike two names are, from 0 to 1: by the Jaro-Winkler measure, and by the number of wrong letters.

    The names must be without punctuation and in one case.
    """
    slips = OSA.distance(one, other, score_cutoff=3)
    length = max(len(one), len(other), 1)
    by_letters = 1 - slips / length
    first = 0.0 if one[:1] == other[:1] else 0.05  # the first letter is rarely wrong
    return max(0.0, (by_letters + float(JaroWinkler.similarity(one, other))) / 2 - first)


def meant(key: str, known: Sequence[str]) -> tuple[float, str] | None:
    """Return the known name that `key` clearly is a misspelling of, with its likeness (0 to 1); else None.

    It is None if no name is alike enough, or if another one is nearly as alike. `north` never counts as `south`
    misspelt.
    """
    found = [each for each in nearest(key, known, least=MIN_MEANT) if COMPASS.findall(key) == COMPASS.findall(each[1])]
    if not found or (len(found) > 1 and found[0][0] - found[1][0] < MIN_LEAD):
        return None
    return found[0]
