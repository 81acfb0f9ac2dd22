"""Finds the counties, cities, towns and townships of one state that a name can mean.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.gazetteer import STATISTICAL, counties_called, loose, places_called
from monitor.jurisdictions.spelling import meant
from monitor.jurisdictions.states import STATES, plain_words

if TYPE_CHECKING:
    from monitor.jurisdictions.gazetteer import Entry
    from monitor.jurisdictions.wording import Wording

CITY_FORMS = frozenset({"city", ""})  # of a county equivalent: an independent city
MORE = frozenset(
    {"beach", "village", "park", "heights", "springs", "shores"}
)  # what is left off: `Sunny Isles` for the Beach
MIN_SHORTENED_LETTERS = 7  # letters, below which a name is too short to be one shortened
COUNTY_WORDS = frozenset(
    {"city and borough", "county", "parish", "borough", "census area", "municipio", "planning region", "municipality"}
)


class Way(StrEnum):
    """How a name agrees with the body that was found for it.

    - EXACT: it is the body's name.
    - FORM: the name is right, but not the kind of body, like `Lafourche County` for a parish.
    - OTHER_NAME: it is another name of the body.
    - MISSPELT: it is close to the name.
    - NONE: no body was found.
    """

    EXACT = "exact"
    FORM = "form"  # another kind of body than the name says: `Martinsville County`, `Lafourche County`
    OTHER_NAME = "other-name"
    MISSPELT = "misspelt"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The bodies that a name can mean.

    - `entries`: those that it fits best, all equally well; none if no body was found.
    - `way`: how the name agrees with them.
    - `lesser`: further bodies that have the name, but are less likely to be meant.
    - `likeness`: how alike the name and that of the body are, from 0 to 1; below 1 if it is misspelt or shortened.
    - `longer`: True if the name includes words that usually belong to an office, like the first one in `College
      Station`.
    """

    entries: tuple[Entry, ...] = ()
    way: Way = Way.NONE
    lesser: tuple[Entry, ...] = ()
    likeness: float = 1.0
    longer: bool = False

    @property
    def one(self) -> Entry | None:
        """The body that the name means, or None if there are none or several."""
        return self.entries[0] if len(self.entries) == 1 else None

    @property
    def known(self) -> bool:
        """Whether the name was found without assuming that it is misspelt."""
        return self.way in {Way.EXACT, Way.FORM, Way.OTHER_NAME}


def state_entry(code: str) -> Entry:
    """Return the gazetteer's entry of a state, given by its postal code."""
    found = gazetteer.by_code(STATES[code][1])
    assert found is not None
    return found


def county_named(words: Wording, code: str, *, cities_first: bool = False, slips: bool = True) -> Named:
    """Return the counties of a state, or bodies equal to counties, that a name can mean.

    words: the name, taken apart.
    code: the postal code of the state.
    cities_first: if a county and an independent city share the name, prefer the city; otherwise the county.
    slips: also look for the counties that the name may mean if it is misspelt, where it is that of none.
    """
    says = words.form in COUNTY_WORDS or (words.form == "city" and bool(counties_called(loose(words.core), code)))
    key = loose(words.core if says else words.whole)
    if not key:
        return Named()
    form = "city" if cities_first and words.form is None else words.form
    if words.longer != words.whole and (found := counties_called(loose(words.longer), code)):
        return replace(_of_form(found, loose(words.longer), form), longer=True)
    in_english = loose(words.whole.removesuffix(" municipality"))  # of Puerto Rico, whose counties are each a municipio
    for each, its_form in ((key, form), (in_english, "municipio")):
        if found := counties_called(each, code):
            return _of_form(found, each, its_form)
    if not slips:
        return Named()
    known = gazetteer.names(code).county_keys
    if slip := meant(key, known) or (words.longer != words.whole and meant(loose(words.longer), known)):
        named = _of_form(counties_called(slip[1], code), slip[1], form)
        return Named(entries=named.entries, way=Way.MISSPELT, lesser=named.lesser, likeness=slip[0])
    return Named()


def _of_form(found: tuple[Entry, ...], key: str, form: str | None) -> Named:
    """Choose, from the counties and independent cities that share a name, those that are meant.

    found: the bodies that share the name.
    key: the name, as `loose` makes it.
    form: the kind of body that the name says, or None; then the counties are chosen.
    """
    cities = tuple(each for each in found if each.form in CITY_FORMS)
    counties = tuple(each for each in found if each.form not in CITY_FORMS)
    chosen, lesser = (cities, counties) if (form == "city" and cities) or not counties else (counties, cities)
    said = form in {None, "city"} or any(each.form.casefold() == form for each in chosen)
    way = Way.EXACT if said else Way.FORM
    if all(key not in {loose(each.bare), loose(each.jurisdiction.name)} for each in chosen):
        way = Way.OTHER_NAME
    return Named(entries=chosen, way=way, lesser=lesser)


def place_named(words: Wording, code: str, *, spelt: bool = False, slips: bool = True) -> Named:
    """Return the cities, towns, villages, boroughs and townships of a state that a name can mean.

    words: the name, taken apart.
    code: the postal code of the state.
    spelt: never assume that the name is shortened or misspelt.
    slips: also look for the place that the name may mean if it is misspelt, where it is that of none.
    """
    longer, whole, core = loose(words.longer), loose(words.whole), loose(words.core)
    if longer != whole and (found := places_called(longer, code)):
        return _ranked(found, longer, None, longer=True)
    of_city = core + "city" if words.form == "city" else ""  # the City of Boise is Boise City
    for key, form in ((whole, None), (core, words.form), (whole + "city", None), (of_city, None)):
        if key and (found := places_called(key, code)):
            return _ranked(found, key, form)
    if spelt:
        return Named()
    if (shortened := _shortened(words, code)) and not words.part:
        return shortened
    if slips and whole and not words.part and (slip := meant(whole, gazetteer.names(code).place_keys)):
        named = _ranked(places_called(slip[1], code), slip[1], None)
        return Named(entries=named.entries, way=Way.MISSPELT, lesser=named.lesser, likeness=slip[0])
    return Named()


def _shortened(words: Wording, code: str) -> Named | None:
    """Return the city or town whose name is this one and one more word, like Sunny Isles Beach for `Sunny Isles`.

    Return None if there is none, or more than one.
    """
    key = loose(words.whole)
    if len(key) < MIN_SHORTENED_LETTERS:
        return None
    longer = gazetteer.names(code).places_beginning(key)
    found = [each for other in longer for each in places_called(other, code) if each.form != STATISTICAL]
    found = [each for each in found if plain_words(each.bare).startswith(f"{words.whole} ")]
    if len(found) != 1 or plain_words(found[0].bare).removeprefix(words.whole).strip() not in MORE:
        return None
    return Named(entries=(found[0],), way=Way.OTHER_NAME, likeness=0.9)


def _ranked(found: tuple[Entry, ...], key: str, form: str | None, *, longer: bool = False) -> Named:
    """Choose, from the places that share a name, those that are meant: cities rather than townships.

    found: the places that share the name. Statistical places, which have no government, come last.
    key: the name, as `loose` makes it.
    form: the kind of place that the name says, or None; places of this kind are preferred.
    longer: whether the name includes words that usually belong to an office.
    """
    same = tuple(each for each in found if each.form.lower() == form)
    fitting = same or tuple(each for each in found if form is None or fits(each, form))
    ranks: dict[int, list[Entry]] = {}
    for each in fitting or found:
        ranks.setdefault(_rank(each), []).append(each)
    best = tuple(ranks[min(ranks)])
    way = Way.EXACT if fitting else Way.FORM
    if all(loose(each.bare) != key for each in best):
        way = Way.OTHER_NAME
    lesser = tuple(each for each in found if each not in best)
    return Named(entries=best, way=way, lesser=lesser, longer=longer)


def _rank(entry: Entry) -> int:
    if entry.form == STATISTICAL:
        return 2
    return 1 if len(entry.jurisdiction.fips or "") == 10 else 0


def fits(entry: Entry, form: str) -> bool:
    """Tell whether a place can be called by a kind of place, `form`; a city may be called a town, and a town a city."""
    kind = entry.form.lower()
    if form in {"township", "charter township", "village", "borough", "plantation"}:
        return form in kind or (form == "township" and kind == "town")
    return kind not in {"township", "charter township"} if form in {"city", "town"} else True
