"""Reads one name in a record: takes its words apart, and finds the bodies of a state that it can mean.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.gazetteer import STATISTICAL
from monitor.jurisdictions.naming import Named, Way, county_named, place_named
from monitor.jurisdictions.states import code_of, plain_words
from monitor.jurisdictions.wording import Wording, wording

MAX_LETTERS = 500  # letters of a name: what is longer is a text, and names nothing by itself
PLACEHOLDERS = frozenset(
    {
        *("multiple", "various", "several", "statewide", "state wide", "unknown", "tbd", "pending", "independent city"),
        *("all counties", "multiple counties", "various counties", "several counties", "entire state"),
    }
)
# A form in brackets, as FEMA writes `Osage (County)`, with the word by which it is a part of the name.
FORM_IN_BRACKETS = re.compile(
    r"\((county|parish|borough|municipio|municipality|city|town|village|township|census area|independent city)\)\s*$",
    re.IGNORECASE,
)
FORM_WORD = {"census area": "County", "independent city": "City"}
STATE_OF = ("state of ", "commonwealth of ", "territory of ")
LEVELS = {
    "state": ("state", "territor"),
    "county": ("county", "parish", "sheriff"),
    "place": ("municipal", "city", "town", "borough", "village", "local"),
}


def parts_of(name: str | None) -> tuple[tuple[str, ...], str | None]:
    """Split a name at its commas; return the parts, and the state's postal code (None if the last part is no state).

    The state is not among the parts. A field office in parentheses at the end is dropped; the form of the body, as in
    `Osage (County)`, is kept. For a placeholder like `N/A`, or a text that is too long for a name, there are no parts.
    """
    if len(name or "") > MAX_LETTERS:
        return (), None
    said = FORM_IN_BRACKETS.sub(lambda found: FORM_WORD.get(found[1].casefold(), found[1]), name or "")
    parts = [part.strip() for part in re.sub(r"\([^)]*\)\s*$", "", said).split(",") if plain_words(part)]
    if parts and (not plain_words(parts[0]).strip("na ") or plain_words(parts[0]) in PLACEHOLDERS):  # `#N/A`, `N/A`
        return (), None
    if len(parts) > 1 and (code := code_of(parts[-1])):
        return tuple(parts[:-1]), code
    return tuple(parts), None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The result of reading one name in a record.

    - `words`: the name, taken apart.
    - `named`: the bodies of the state that it can mean.
    - `text`: the name as printed, without county and state.
    """

    words: Wording
    named: Named
    text: str = ""

    @property
    def part(self) -> bool:
        """Whether the name is that of something within the place, like a county's jail, and not of its government."""
        return self.words.part and not self.named.longer


@lru_cache(maxsize=20_000)  # a list has a county's name in many rows
def read(parts: tuple[str, ...], code: str, *, level: str | None = None) -> Reading:
    """Read a name, and find the bodies of a state that it can mean.

    parts: the name, split at its commas; a second part says in which county the body lies.
    code: the postal code of the state.
    level: `state`, `county` or `place` if every name of this list is of that level.
    """
    if not parts:
        return Reading(words=wording(""), named=Named())
    words = wording(parts[0])
    named = _looked_up(words, code, level=level)
    inside = county_named(wording(parts[1]), code).one if len(parts) > 1 else None
    if inside is None or len(named.entries) == 1:
        return Reading(words=words, named=named, text=parts[0])
    there = tuple(each for each in (*named.entries, *named.lesser) if inside.jurisdiction.fips in each.counties)
    if there:
        return Reading(words=words, named=replace(named, entries=there, lesser=()), text=parts[0])
    return Reading(words=replace(words, part=True), named=Named(entries=(inside,), way=Way.EXACT), text=parts[0])


def _looked_up(words: Wording, code: str, *, level: str | None) -> Named:
    """Return the bodies that a name can mean.

    A county is looked for first if the name or its list (`level`) says that it is one; otherwise a city, town or
    township.
    """
    says_county = words.form in {"county", "parish"}
    counties_first = says_county or words.sheriff or level == "county"
    county = county_named(words, code, cities_first=not counties_first, slips=False)
    if county.longer:  # `Albemarle District`, whose jail lies in Pasquotank County
        return replace(county, longer=False)
    # To look for what a misspelt name may mean takes long, so that is done only where the answer can depend on it.
    if not county.known and (says_county or level == "county"):
        county = county_named(words, code, cities_first=not counties_first)
    place = place_named(words, code, slips=not county.entries and not says_county)
    if county.known and (counties_first or not place.known or place.entries[0].form == STATISTICAL):
        return replace(county, lesser=(*county.lesser, *place.entries)) if place.known else county
    if says_county and place.way != Way.OTHER_NAME:  # only a consolidated government is called `Athens-Clarke County`
        return county
    if level == "county" and county.entries:
        return county
    if place.known:
        lesser = (*place.lesser, *county.entries) if county.known else place.lesser
        return replace(place, lesser=lesser, way=Way.FORM if level == "county" else place.way)
    county = county_named(words, code, cities_first=not counties_first)
    return max((county, place), key=lambda each: each.likeness if each.entries else 0.0)


def names_whole_state(name: str, code: str) -> bool:
    """Tell whether a name in a column of counties means the whole state: `State of Iowa`, or `Guam`, which has none.

    `Iowa` alone is a county of Iowa, too. `code` is the postal code of the state.
    """
    if code_of(name) != code:
        return False
    return plain_words(name).startswith(STATE_OF) or not gazetteer.counties_of(code)


def agency_level(kind: str | None) -> str | None:
    """Tell the level (`state`, `county` or `place`) of an agency type like `Municipality`; None if it says none."""
    words = plain_words(kind or "")
    for level, marks in LEVELS.items():
        if any(mark in words for mark in marks):
            return level
    return None
