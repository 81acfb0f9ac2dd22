"""Decides which government body a record is about, how sure that is, and why.

A record can name the body in up to four fields: a name, the state, the agency's own name, and the type of agency. Each
is read by itself; then they are weighed against one another.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.gazetteer import STATISTICAL
from monitor.jurisdictions.naming import Named, Way, state_entry
from monitor.jurisdictions.reading import Reading, agency_level, names_whole_state, parts_of, read
from monitor.jurisdictions.states import STATES, code_of, plain_words, state_named
from monitor.jurisdictions.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.jurisdictions.gazetteer import Entry
    from monitor.model import Jurisdiction

MAX_CANDIDATES = 50  # candidates that a resolution lists
UNKNOWN_STATE = 0.9  # of the confidence that is left where the state is misspelt


class Why(StrEnum):
    """The reason why a record was given its jurisdiction, or was given none."""

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
    """The result of finding out which jurisdiction a record is about.

    - `jurisdiction`: the government body; None if it was not found.
    - `confidence`: how sure that is, from 0 to 1; 0 without a jurisdiction.
    - `why`, `note`: the reason, and an explanation in words.
    - `candidates`: other bodies that were considered; if several share the name, all of these.
    - `within`: True if the record is about something within the jurisdiction, like a county's jail, and not about the
      jurisdiction's government.
    - `state`: the postal code of the state; it is set even if nothing else is known.
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

    name: the jurisdiction's name. It may include its county, its state and a field office, as in `Iowa City, Johnson
        County, Iowa (Saint Paul)`.
    state: the state, by name or postal code.
    agency: the agency's own name.
    kind: the type of the agency, as the list has it, like `Municipality`.
    level: `state`, `county` or `place` if every name of this list is of that level.
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
    is_whole = len(parts) == 1 and names_whole_state(parts[0], code)
    column = read(parts, code, level=level)
    told = read(agency_parts, code) if agency_parts else None
    if is_whole and level != "place" and (told is None or not told.named.entries):
        found = _found(state_entry(code), 0.95, Why.NAMED)
    elif told is None:
        found = _alone(column, code)
    elif not parts:
        found = _by_agency(told, code, kind)
    else:
        found = _weighed(column, told, code, kind)
    if found.jurisdiction is None and not parts and not gazetteer.counties_of(code):  # the agencies of the District
        found = _found(state_entry(code), 0.9, Why.STATE)
    return found if sure == 1.0 else replace(found, confidence=round(found.confidence * sure, 3))


def _is_state(code: str | None, whole: str, *, level: str | None) -> bool:
    """Tell whether the name of a state in a name field means the state itself.

    `Washington` in Oregon does not, and `New York` in a list of cities does not.

    code: the postal code of the record's state, or None.
    whole: the postal code of the state whose name is in the field.
    level: `state`, `county` or `place` if every name of this list is of that level.
    """
    return (code is None or whole == code) and level in {None, "state"}


def _of_state(code: str | None, sure: float, text: str | None) -> Resolution:
    """Resolve a record that has only a state, or nothing at all.

    code, sure: the state's postal code, or None, and how sure it is, from 0 to 1. text: the state as printed.
    """
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
    """Resolve a record by one name, if there is no other name to compare it with.

    reading: what was read from the name. code: the postal code of the state.
    """
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
    """Make the result for a name that can't be resolved, with the reason.

    Either several bodies have this name, or none has, or it names no place at all.
    """
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
    """Return a text that lists bodies with the same name, each with its county."""
    counties = (gazetteer.by_code(each.counties[0]) if each.counties else None for each in entries[:9])
    said = (
        f"{each.jurisdiction.name} ({county.jurisdiction.name})" if county else each.jurisdiction.name
        for each, county in zip(entries, counties, strict=False)
    )  # fmt: skip
    return ", ".join(said)


def _sure(reading: Reading) -> float:
    """Return how sure it is, from 0 to 1, that a name means the body that was found."""
    named = reading.named
    sure = {Way.EXACT: 1.0, Way.FORM: 0.9, Way.OTHER_NAME: 0.95, Way.MISSPELT: 0.8}[named.way]
    statistical = 0.9 if named.entries[0].form == STATISTICAL else 1.0
    return round(sure * named.likeness * statistical * (0.95 if named.lesser and not reading.words.form else 1.0), 3)


def _note(reading: Reading, one: Entry) -> str:
    if reading.named.way == Way.MISSPELT:
        return f"{reading.text!r} is likeliest {one.jurisdiction.name}"
    return f"{reading.text!r} is {one.jurisdiction.name}" if reading.named.way == Way.FORM else ""


def _says_state(reading: Reading, code: str) -> bool:
    """Tell whether a name is that of an agency of the whole state, like `Florida Department of Corrections`."""
    name = plain_words(STATES[code][0])
    ends_so = reading.part and not reading.words.form and plain_words(reading.text).find(f" of {name}") > 0
    return not reading.named.known and (f"{reading.words.whole} ".startswith(f"{name} ") or ends_so)


def _by_agency(told: Reading, code: str, kind: str | None) -> Resolution:
    """Resolve a record by the agency's own name, because the county column is of no help.

    told: what was read from the agency's name. code: the postal code of the state. kind: the type of agency as printed.
    """
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
    """Resolve a record by both its county column and the agency's own name.

    column, told: what was read from the county column and from the agency's name.
    code: the postal code of the state. kind: the type of agency as printed.
    """
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
    """Resolve the record of a city's agency to the city.

    The county column (`column`) tells which one is meant if several cities have the name. `told` is what was read from
    the agency's own name.
    """
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
    """Resolve the record of a county's agency to the county in the county column.

    If the agency's own name (`told`) clearly says another county, that one is the result.
    """
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
    """Resolve a name without a known state; this succeeds only if one body in the whole country has the name.

    parts: the name, split at its commas.
    text: the state as printed. If it is not blank, it is no known state, and the name stays unresolved.
    level: `state`, `county` or `place` if every name of this list is of that level.
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
    """Return the bodies of a state that have exactly this name.

    If the name or the list (`level`) says that it is a county, only counties are returned; otherwise only places.
    """
    if words.form in {"county", "parish"} or level == "county":
        named = gazetteer.counties_called(gazetteer.loose(words.core), code)
        return tuple(each for each in named if words.form is None or each.form.casefold() == words.form)
    found = gazetteer.places_called(gazetteer.loose(words.whole), code) or gazetteer.places_called(
        gazetteer.loose(words.core), code
    )
    return tuple(each for each in found if each.form != STATISTICAL)
