"""Which jurisdictions a text speaks of: a notice, a policy. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitor.jurisdictions.reading import MAX_LETTERS
from monitor.jurisdictions.resolution import Why, resolve
from monitor.jurisdictions.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model import Jurisdiction

STATE = "|".join(sorted((name for name, _ in STATES.values()), key=len, reverse=True))
WORD = r"(?:(?:St|Ste|Ft|Mt)\.|[A-Z][\w'\N{RIGHT SINGLE QUOTATION MARK}/-]*)"
MAX_NAME_WORDS = 12  # words of two names, in one of which there is one state
BEFORE_STATE = re.compile(
    rf"({WORD}(?: (?:{WORD}|of|and|the|du|de)){{0,{MAX_NAME_WORDS - 1}}}),? (?:in )?"
    rf"\(?({STATE}|{'|'.join(STATES)}|D\.C\.)(?![\w])"
)
SEVERAL = re.compile(r"^(.+?) and (.+?) (County|Countie|Parishe|Boroughe?)s?$")


def mentioned(text: str) -> tuple[Jurisdiction, ...]:
    """Return the counties and places that a text names together with their state, in order; not those it names alone.

    `Franklin County, Iowa; Franklin County, New York`, `Williamson County, TX`, `Bastrop and Travis Counties, Texas`.
    """
    found: dict[Jurisdiction, None] = {}
    for names, state in BEFORE_STATE.findall(" ".join(text.split())):
        for name in _names(names) if len(names) <= MAX_LETTERS else ():
            if one := _longest(name, state):
                found[one] = None
    return tuple(found)


def _names(names: str) -> Iterator[str]:
    """`Bastrop and Travis Counties` as two counties."""
    if two := SEVERAL.match(names):
        form = two[3].removesuffix("e").replace("Countie", "County")
        form = "County" if form.startswith("Count") else form
        yield from (f"{two[1].removesuffix(f' {form}')} {form}", f"{two[2]} {form}")
    else:
        yield names


def _longest(name: str, state: str) -> Jurisdiction | None:
    """Return the body that the last words before a state name, of as many words as make a name."""
    words = name.split()
    for start in range(len(words)):
        found = resolve(f"{' '.join(words[start:])}, {state}", None)
        if found.jurisdiction and found.why in {Why.NAMED, Why.CONSOLIDATED}:
            return found.jurisdiction
    return None


MONTH_STEMS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY = re.compile(
    rf"\b({'|'.join(MONTH_STEMS)})[a-z]*\.? (\d{{1,2}})\b|\b(\d{{1,2}})/(\d{{1,2}})(?:/\d+)?\b", re.IGNORECASE
)


def reports_meant(text: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Which reports of a series a text speaks of: those whose key's days (`01-28`, `02-03`) it names, all of them.

    `the Jan. 28 - Feb 03 Declined Detainer Outcome Report` means the report `2017_01-28to02-03`.
    """
    days = {
        f"{MONTH_STEMS.index(month.lower()) + 1 if month else int(number):02}-{int(day or of_number):02}"
        for month, day, number, of_number in DAY.findall(text)
    }
    return tuple(key for key in keys if (own := re.findall(r"\d\d-\d\d", key)) and days.issuperset(own))
