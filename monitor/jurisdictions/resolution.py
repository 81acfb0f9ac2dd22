"""Decide which government body a record is about, how sure that is, and why. Pure.

A record can name the body in up to four fields: a name, the state, the agency's own name, and the type of agency. Each
is read by itself, then they are weighed against one another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.gazetteer import STATISTICAL
from monitor.jurisdictions.naming import Named, Way, state_entry
from monitor.jurisdictions.reading import Reading, agency_level, parts_of, read
from monitor.jurisdictions.states import STATES, code_of, plain_words, state_named
from monitor.jurisdictions.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.jurisdictions.gazetteer import Entry
    from monitor.model import Jurisdiction

MAX_CANDIDATES = 50  # candidates that a resolution lists
UNKNOWN_STATE = 0.9  # of the confidence that is left where the state is misspelt


class Why(StrEnum):
    """The reason why a record was given its jurisdiction, or none."""

    NAMED = "named"  # the name is one body's, in this or another form
    CONSOLIDATED = "consolidated"  # one of several names of one government
    MISSPELT = "misspelt"  # the name is none, and one is clearly meant
    AGENCY = "agency"  # the agency's own name says it
    STATE = "state"  # an agency of the whole state
    WITHIN = "within"  # it lies in this county or city, and is not its government
    CONTRADICTED = "contradicted"  # the agency's own name says another than the name does
    AMBIGUOUS = "ambiguous"  # several bodies have this name
    NO_SUCH_PLACE = "no-such-place"  # none has
    NO_STATE = "no-state"  # the state is not said, or is none
    NOTHING = "nothing"  # nothing is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The jurisdiction that a record was found to be about, with how sure that is and why.

    `confidence` is from 0 to 1, and 0 without a jurisdiction. `note` explains the result in words.
    `candidates` are the bodies that it could be: all that share an ambiguous name, else the others considered.
    `within`: the record's body lies in the jurisdiction and is not its government, as a jail in a county.
    `state` is the postal code, also if nothing else is known.
    """

    jurisdiction: Jurisdiction | None
    confidence: float
    why: Why
    note: str = ""
    candidates: tuple[Jurisdiction, ...] = ()
    within: bool = False
    state: str | None = None


@lru_cache(maxsize=50_000)
def resolve(
    name: str | None,
    state: str | None,
    *,
    agency: str | None = None,
    kind: str | None = None,
    level: str | None = None,
) -> Resolution:
    """Find the state, county or place that the fields of a record name.

    name: the jurisdiction's name; it may carry its state and a field office: `Iowa City, Johnson County, Iowa (Saint
    Paul)`.
    state: the state, by name or postal code.
    agency: the agency's own name.
    kind: the type of the agency, as the list has it: `Municipality`.
    level: the kind of body that every name of this list is, if they are all of one kind: `state`, `county` or `place`.
    """
    parts, own_state = parts_of(name)
    agency_parts, agency_state = parts_of(agency)
    code, sure = state_named(own_state or state)
    if code is None and not (own_state or state or "").strip():
        code, sure = state_named(agency_state)
    if len(parts) == 1 and (whole := code_of(parts[0])) and _is_state(code, whole, level=level):
        return _found(state_entry(whole), 1.0, Why.NAMED)
    if not parts and not agency_parts:
        return _of_state(code, sure, state)
    if code is None:
        return _without_state(parts or agency_parts, state, level=level)
    column = read(parts, code, level=level)
    told = read(agency_parts, code) if agency_parts else None
    if told is None:
        found = _alone(column, code)
    elif not parts:
        found = _by_agency(told, code, kind)
    else:
        found = _weighed(column, told, code, kind)
    return found if sure == 1.0 else replace(found, confidence=round(found.confidence * sure, 3))


def _is_state(code: str | None, whole: str, *, level: str | None) -> bool:
    """Tell whether a state's name means the state itself: `Washington` in Oregon does not, nor `New York` as a city."""
    return (code is None or whole == code) and level in {None, "state"}


def _of_state(code: str | None, sure: float, text: str | None) -> Resolution:
    """Resolve a record that names only its state, or nothing."""
    if code:
        return _found(state_entry(code), sure, Why.NAMED if sure == 1.0 else Why.MISSPELT)
    why = Why.NO_STATE if (text or "").strip() else Why.NOTHING
    return Resolution(jurisdiction=None, confidence=0.0, why=why, note=f"{text!r} is no state" if text else "")


def _found(
    entry: Entry, confidence: float, why: Why, *, note: str = "", others: Iterable[Entry] = (), within: bool = False
) -> Resolution:
    return Resolution(
        jurisdiction=entry.jurisdiction,
        confidence=confidence,
        why=why,
        note=note,
        candidates=tuple(each.jurisdiction for each in others)[:MAX_CANDIDATES],
        within=within,
        state=entry.jurisdiction.state,
    )


def _alone(reading: Reading, code: str) -> Resolution:
    """Resolve one name, with no other to compare it with."""
    one = reading.named.one
    if one is None:
        says_state = reading.words.office and _says_state(reading, code)
        return _found(state_entry(code), 0.9, Why.STATE) if says_state else _none(reading, code)
    why = Why.MISSPELT if reading.named.way == Way.MISSPELT else Why.NAMED
    if reading.named.way == Way.OTHER_NAME:
        why = Why.CONSOLIDATED
    return _found(
        one,
        _sure(reading),
        Why.WITHIN if reading.part else why,
        note=_note(reading, one),
        others=reading.named.lesser,
        within=reading.part,
    )


def _none(reading: Reading, code: str) -> Resolution:
    """Explain why a name can't be resolved: there are several such bodies, there is none, or it names no place."""
    several = reading.named.entries
    if several:
        why, note = Why.AMBIGUOUS, f"{len(several)} in {STATES[code][0]} are called {reading.text!r}: {_where(several)}"
    elif reading.words.whole:
        why, note = Why.NO_SUCH_PLACE, f"{STATES[code][0]} has no {reading.text!r}"
    else:
        why, note = Why.NOTHING, f"{reading.text!r} says no place"
    candidates = tuple(each.jurisdiction for each in several)[:MAX_CANDIDATES]
    return Resolution(jurisdiction=None, confidence=0.0, why=why, note=note, candidates=candidates, state=code)


def _where(entries: tuple[Entry, ...]) -> str:
    """List the bodies that share a name as one text, each with its county."""
    counties = (gazetteer.by_code(each.counties[0]) if each.counties else None for each in entries[:9])
    said = (
        f"{each.jurisdiction.name} ({county.jurisdiction.name})" if county else each.jurisdiction.name
        for each, county in zip(entries, counties, strict=False)
    )  # fmt: skip
    return ", ".join(said)


def _sure(reading: Reading) -> float:
    """Return how sure it is (0 to 1) that a name means the body that was found."""
    named = reading.named
    sure = {Way.EXACT: 1.0, Way.FORM: 0.9, Way.OTHER_NAME: 0.95, Way.MISSPELT: 0.8}[named.way]
    statistical = 0.9 if named.entries[0].form == STATISTICAL else 1.0
    return round(sure * named.likeness * statistical * (0.95 if named.lesser and not reading.words.form else 1.0), 3)


def _note(reading: Reading, one: Entry) -> str:
    if reading.named.way == Way.MISSPELT:
        return f"{reading.text!r} is likeliest {one.jurisdiction.name}"
    return f"{reading.text!r} is {one.jurisdiction.name}" if reading.named.way == Way.FORM else ""


def _says_state(reading: Reading, code: str) -> bool:
    """Tell whether a name belongs to an agency of the whole state: `Florida Department of Corrections`."""
    name = plain_words(STATES[code][0])
    ends_so = reading.part and not reading.words.form and plain_words(reading.text).find(f" of {name}") > 0
    return not reading.named.known and (f"{reading.words.whole} ".startswith(f"{name} ") or ends_so)


def _by_agency(told: Reading, code: str, kind: str | None) -> Resolution:
    """Resolve a record from the agency's own name, if the list names no county."""
    level = agency_level(kind)
    state = state_entry(code)
    if level == "state" or _says_state(told, code):
        if told.part:
            return _found(state, 0.7, Why.WITHIN, note="which county is not said", within=True)
        return _found(state, 0.95, Why.STATE)
    alone = _alone(told, code)
    why = Why.AGENCY if alone.why == Why.NAMED else alone.why
    return replace(alone, why=why, confidence=round(alone.confidence * (0.8 if told.part else 0.97), 3))


def _weighed(column: Reading, told: Reading, code: str, kind: str | None) -> Resolution:
    """Resolve a record from both its county column and the agency's own name."""
    level = agency_level(kind)
    county = column.named.one
    if level == "state" or _says_state(told, code):
        if told.part and county:
            return _found(county, 0.9 * _sure(column), Why.WITHIN, within=True)
        return _by_agency(told, code, "state")
    if told.part:
        if county:
            return _found(county, round(0.95 * _sure(column), 3), Why.WITHIN, within=True)
        return _by_agency(told, code, kind)
    a_countys = told.words.sheriff or told.words.form in {"county", "parish"}
    a_places = told.named.known and _is_place(told.named) and (level is None or told.words.police)
    if not a_countys and (level == "place" or a_places):
        return _place_in(column, told, code)
    return _county_of(column, told, code)


def _is_place(named: Named) -> bool:
    return bool(named.entries) and named.entries[0].jurisdiction.level == "place"


def _place_in(column: Reading, told: Reading, code: str) -> Resolution:
    """Resolve a city's agency to the city; the county column picks one of several cities with the same name."""
    county = column.named.one
    if county is None:
        return _by_agency(told, code, "place")
    every = (*told.named.entries, *told.named.lesser)
    meant = every if told.words.form is None else told.named.entries
    inside = tuple(each for each in meant if county.jurisdiction.fips in each.counties)
    governing = tuple(each for each in inside if each.form != STATISTICAL) or inside
    cities = tuple(each for each in governing if len(each.jurisdiction.fips or "") < 10) or governing
    if len(cities) == 1:
        return _found(
            cities[0], 0.98 * told.named.likeness, Why.AGENCY, others=[each for each in every if each != cities[0]]
        )
    if told.named.one and told.named.known and not inside:
        return _found(told.named.one, 0.85, Why.AGENCY, note=f"not in {county.jurisdiction.name}", others=(county,))
    if cities:
        return _none(replace(told, named=replace(told.named, entries=cities)), code)
    note = f"{told.text!r} names no place that is known there"
    return _found(county, 0.7, Why.WITHIN, note=note, within=True)


def _county_of(column: Reading, told: Reading, code: str) -> Resolution:
    """Resolve a county's agency to the county in its column, unless the agency's own name says another one."""
    said, own = column.named, told.named
    if told.words.form is None and not told.words.sheriff:
        own = Named()
    if own.one and own.one.jurisdiction.level != "county":
        own = Named()
    if said.one and own.one and said.one != own.one and own.known:
        if said.one.bare == own.one.bare:  # Roanoke city in Roanoke County
            return _found(own.one, 0.8, Why.AGENCY, others=(said.one,))
        if said.way == Way.MISSPELT:
            return _found(own.one, 0.9, Why.AGENCY, others=(said.one,))
        note = f"the agency says {own.one.jurisdiction.name}, the list {said.one.jurisdiction.name}"
        return _found(own.one, 0.6, Why.CONTRADICTED, note=note, others=(own.one, said.one))
    if said.one and said.known:
        return _alone(column, code)
    if own.one and own.known:
        return _found(own.one, 0.9, Why.AGENCY)
    return _alone(column, code) if said.entries or not own.entries else _alone(told, code)


def _without_state(parts: tuple[str, ...], text: str | None, *, level: str | None) -> Resolution:
    """Resolve a name without a state; it succeeds only if one body in the whole country has this name.

    text: what the record has as its state; if that is not blank, it is no known state, and the name stays unresolved.
    """
    if (text or "").strip():
        return Resolution(jurisdiction=None, confidence=0.0, why=Why.NO_STATE, note=f"{text!r} is no state")
    words = wording(parts[0])
    found = [each for code in STATES for each in _everywhere(words, code, level=level)]
    if len(found) == 1:
        return _found(found[0], 0.9, Why.WITHIN if words.part else Why.NAMED, within=words.part)
    found.sort(key=lambda each: -(each.population or 0))
    note = f"{len(found)} bodies are called {words.whole!r}" if found else f"nothing is called {words.whole!r}"
    return Resolution(
        jurisdiction=None,
        confidence=0.0,
        why=Why.AMBIGUOUS if found else Why.NO_STATE,
        note=f"{note}, and no state is said",
        candidates=tuple(each.jurisdiction for each in found)[:MAX_CANDIDATES],
    )


def _everywhere(words: Wording, code: str, *, level: str | None) -> tuple[Entry, ...]:
    """Find the bodies of a state with exactly this name, of the kind that the name or the list says."""
    if words.form in {"county", "parish"} or level == "county":
        named = gazetteer.counties_called(gazetteer.loose(words.core), code)
        return tuple(each for each in named if words.form is None or each.form.casefold() == words.form)
    found = gazetteer.places_called(gazetteer.loose(words.whole), code) or gazetteer.places_called(
        gazetteer.loose(words.core), code
    )
    return tuple(each for each in found if each.form != STATISTICAL)
