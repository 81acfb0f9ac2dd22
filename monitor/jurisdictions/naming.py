"""Find the counties, cities, towns and townships of a state that a name can mean. Pure."""

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
    """How a name fits the body that was found for it."""

    EXACT = "exact"
    FORM = "form"  # another kind of body than the name says: `Martinsville County`, `Lafourche County`
    OTHER_NAME = "other-name"
    MISSPELT = "misspelt"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The bodies that a name can mean, and how it fits them.

    `entries` are those that it fits best, all equally well; `lesser` are further ones that it fits, but hardly means.
    `likeness` (0 to 1) is below 1 if the name is misspelt or shortened.
    `longer`: the name was found with words that usually belong to an office, as in `College Station`.
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


def county_named(words: Wording, code: str, *, cities_first: bool = False, spelt: bool = False) -> Named:
    """Find the counties of a state that a name can mean, with bodies that are equal to counties.

    cities_first: if a county and an independent city share the name, prefer the city; otherwise the county.
    spelt: take the name as it is spelt; otherwise a name that fits none may be read as a misspelt one.
    """
    says = words.form in COUNTY_WORDS or (words.form == "city" and bool(counties_called(loose(words.core), code)))
    key = loose(words.core if says else words.whole)
    if not key:
        return Named()
    form = "city" if cities_first and words.form is None else words.form
    if words.longer != words.whole and (found := counties_called(loose(words.longer), code)):
        return replace(_of_form(found, loose(words.longer), form), longer=True)
    if found := counties_called(key, code):
        return _of_form(found, key, form)
    if spelt:
        return Named()
    known = gazetteer.names(code).county_keys
    if slip := meant(key, known) or (words.longer != words.whole and meant(loose(words.longer), known)):
        named = _of_form(counties_called(slip[1], code), slip[1], form)
        return Named(entries=named.entries, way=Way.MISSPELT, lesser=named.lesser, likeness=slip[0])
    return Named()


def _of_form(found: tuple[Entry, ...], key: str, form: str | None) -> Named:
    """Choose, of the counties and independent cities with one name, those of the kind `form`; without it, the counties.

    key: the name, as `loose` makes it.
    """
    cities = tuple(each for each in found if each.form in CITY_FORMS)
    counties = tuple(each for each in found if each.form not in CITY_FORMS)
    chosen, lesser = (cities, counties) if (form == "city" and cities) or not counties else (counties, cities)
    said = form in {None, "city"} or any(each.form.casefold() == form for each in chosen)
    way = Way.EXACT if said else Way.FORM
    if all(key not in {loose(each.bare), loose(each.jurisdiction.name)} for each in chosen):
        way = Way.OTHER_NAME
    return Named(entries=chosen, way=way, lesser=lesser)


def place_named(words: Wording, code: str, *, spelt: bool = False) -> Named:
    """Find the cities, towns, villages, boroughs and townships of a state that a name can mean.

    spelt: take the name as it is spelt; otherwise a name that fits none may be read as a shortened or misspelt one.
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
    if whole and not words.part and (slip := meant(whole, gazetteer.names(code).place_keys)):
        named = _ranked(places_called(slip[1], code), slip[1], None)
        return Named(entries=named.entries, way=Way.MISSPELT, lesser=named.lesser, likeness=slip[0])
    return Named()


def _shortened(words: Wording, code: str) -> Named | None:
    """Find the one city or town whose name is this one and one more word: `Sunny Isles` for Sunny Isles Beach."""
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
    """Choose the best of the places with one name: cities before townships before statistical places.

    key: the name, as `loose` makes it.
    form: the kind of place that the name says, if it does; places of this kind are preferred.
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
    """Tell whether a body is of the kind `form` that its name says; any city may be called a town, and the reverse."""
    kind = entry.form.lower()
    if form in {"township", "charter township", "village", "borough", "plantation"}:
        return form in kind or (form == "township" and kind == "town")
    return kind not in {"township", "charter township"} if form in {"city", "town"} else True
