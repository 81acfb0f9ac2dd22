"""Looks up jurisdictions by a name, code or id that a person types; suggests some for a wrong spelling.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.gazetteer import STATISTICAL, counties_called, loose, places_called
from monitor.jurisdictions.naming import CITY_FORMS, COUNTY_WORDS, Way, county_named, place_named, state_entry
from monitor.jurisdictions.reading import parts_of
from monitor.jurisdictions.spelling import nearest
from monitor.jurisdictions.states import BY_NAME, STATES, code_of, plain_words
from monitor.jurisdictions.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.jurisdictions.gazetteer import Entry
    from monitor.model import Jurisdiction

MIN_SUGGESTION_LIKENESS = 0.75  # least likeness of a suggestion


def find(text: str) -> tuple[Jurisdiction, ...]:
    """Return every jurisdiction that a text typed by a person can mean; the spelling must be right.

    The text is a name, with or without its state, a FIPS code, or an Open Civic Data id.
    """
    wanted = text.strip()
    if wanted.isdigit():
        found = gazetteer.by_code(wanted)
        return (found.jurisdiction,) if found else ()
    if re.search(r"(?:^|/)(?:state|district|territory):", wanted):
        return _by_id(wanted)
    parts, code = parts_of(wanted)
    if not parts:
        return ()
    if code is None and len(parts) == 1 and (whole := code_of(parts[0])):
        same = _called(parts, STATES) if whole in {"NY", "WA"} and len(wanted) > 2 else ()
        return (state_entry(whole).jurisdiction, *(each.jurisdiction for each in same))
    return tuple(each.jurisdiction for each in _called(parts, (code,) if code else STATES))


def _by_id(ocd_id: str) -> tuple[Jurisdiction, ...]:
    found = re.search(r"(?:^|/)(?:state|district|territory):(\w\w)\b", ocd_id)
    code = found[1].upper() if found else ""
    whole = "ocd-division/country:us/" + ocd_id.removeprefix("ocd-division/country:us/").lstrip("/")
    return tuple(each.jurisdiction for each in gazetteer.with_id(whole, code)) if code in STATES else ()


def _called(parts: tuple[str, ...], codes: Iterable[str]) -> tuple[Entry, ...]:
    """Return the bodies with a name in some states; statistical places only if no body with a government has the name.

    parts: the name, split at its commas; a second part is the county in which the body must lie.
    codes: the postal codes of the states.
    """
    words = wording(parts[0])
    found = [each for code in codes for each in _called_in(words, code)]
    governing = [each for each in found if each.form != STATISTICAL] or found
    if len(parts) > 1:
        inside = wording(parts[1]).core
        governing = [each for each in governing if any(_is(code, inside) for code in each.counties)]
    return tuple(dict.fromkeys(governing))


def _called_in(words: Wording, code: str) -> Iterator[Entry]:
    """Yield the bodies of one state (its postal code is `code`) that have a name exactly as typed.

    If the name says which kind of body it is (`county`, `town`), only bodies of that kind are yielded.
    """
    county, place = county_named(words, code, slips=False), place_named(words, code, spelt=True)
    if county.way in {Way.EXACT, Way.OTHER_NAME}:
        city = words.form not in COUNTY_WORDS and words.form is not None
        yield from (each for each in county.entries if not city or each.form in CITY_FORMS)
        yield from () if words.form else county.lesser
    exact = {Way.OTHER_NAME} if words.form in {"county", "parish"} else {Way.EXACT, Way.OTHER_NAME}
    if place.way in exact:
        yield from place.entries if words.form else (*place.entries, *place.lesser)


def _is(fips: str, name: str) -> bool:
    county = gazetteer.by_code(fips)
    return county is not None and loose(county.bare) == loose(name)


def suggestions(text: str, *, most: int = 5) -> tuple[Jurisdiction, ...]:
    """Suggest at most `most` bodies for a name that no body has, the likeliest first.

    Of two that are equally likely, the one with more people comes first.
    """
    parts, code = parts_of(text)
    if not parts:
        return ()
    words = wording(parts[0])
    county_only = words.form in {"county", "parish"}
    scored = [
        (score, each)
        for state in ((code,) if code else STATES)
        for score, each in _like(loose(words.core if county_only else words.whole), state, county_only=county_only)
    ]
    scored += [
        (score + 0.02, state_entry(BY_NAME[name]))
        for score, name in nearest(plain_words(text), tuple(BY_NAME), least=MIN_SUGGESTION_LIKENESS)
    ]
    scored.sort(key=lambda each: (-round(each[0], 2), -(each[1].population or 0), each[1].jurisdiction.fips))
    return tuple(dict.fromkeys(each.jurisdiction for _, each in scored))[:most]


def _like(key: str, code: str, *, county_only: bool) -> Iterator[tuple[float, Entry]]:
    """Yield the bodies of a state whose names are spelt nearly like `key`, each with its likeness from 0 to 1.

    code: the postal code of the state.
    county_only: whether to leave out cities, because the name says that it is a county.
    """
    names = gazetteer.names(code)
    for score, name in nearest(key, names.county_keys, least=MIN_SUGGESTION_LIKENESS):
        called = counties_called(name, code)
        yield from ((score, each) for each in called if not (county_only and each.form in CITY_FORMS))
    if not county_only:
        for score, name in nearest(key, names.place_keys, least=MIN_SUGGESTION_LIKENESS):
            yield from ((score, each) for each in places_called(name, code) if each.form != STATISTICAL)
