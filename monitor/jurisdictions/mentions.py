"""Finds the jurisdictions and the reports that a text mentions, like a notice or a policy.

Pure: what its functions return depends only on their arguments.
"""

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
    """Return the counties and places that a text names together with their state, in the order of the text.

    Examples of what it finds: `Franklin County, Iowa; Franklin County, New York`, `Williamson County, TX`, `Bastrop and
    Travis Counties, Texas`. A name without its state is ignored.
    """
    found: dict[Jurisdiction, None] = {}
    for names, state in BEFORE_STATE.findall(" ".join(text.split())):
        for name in _names(names) if len(names) <= MAX_LETTERS else ():
            if one := _longest(name, state):
                found[one] = None
    return tuple(found)


def _names(names: str) -> Iterator[str]:
    """Split a text like `Bastrop and Travis Counties` into two counties; yield any other name unchanged."""
    if two := SEVERAL.match(names):
        form = two[3].removesuffix("e").replace("Countie", "County")
        form = "County" if form.startswith("Count") else form
        yield from (f"{two[1].removesuffix(f' {form}')} {form}", f"{two[2]} {form}")
    else:
        yield names


def _longest(name: str, state: str) -> Jurisdiction | None:
    """Find the body that is named at the end of a text, directly before the state's name; None if there is none.

    As many words are taken as make a known name.
    """
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
    """Return the keys of the reports that a text means, judging by the days that it names.

    A report's key contains days, like `2017_01-28to02-03`. The text means this report if it names all these days, as
    `the Jan. 28 - Feb 03 Declined Detainer Outcome Report` does.
    """
    days = {
        f"{MONTH_STEMS.index(month.lower()) + 1 if month else int(number):02}-{int(day or of_number):02}"
        for month, day, number, of_number in DAY.findall(text)
    }
    return tuple(key for key in keys if (own := re.findall(r"\d\d-\d\d", key)) and days.issuperset(own))
