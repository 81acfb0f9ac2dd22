"""Finds errors in how a record names its jurisdiction, and suggests corrections ("mendings").

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.gazetteer import STATISTICAL, counties_called, loose, places_called
from monitor.jurisdictions.naming import CITY_FORMS, Named, Way, county_named, place_named, state_entry
from monitor.jurisdictions.reading import Reading, agency_level, names_whole_state, parts_of, read
from monitor.jurisdictions.spelling import MIN_MEANT, likeness, nearest
from monitor.jurisdictions.states import BY_NAME, STATES, code_of, plain_words, state_named
from monitor.jurisdictions.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.jurisdictions.gazetteer import Entry
    from monitor.model import Jurisdiction

MAX_MENDINGS = 5  # mendings offered
MAX_CELL_WORDS = 8  # words of a cell that are looked at for a county's name within it
MIN_MENDING_LIKENESS = 0.6  # least likeness of a mending to what is printed
# How likely a mending is that is no respelling, beside the likeness of one that is.
OWN_NAME_LIKELY = 2.0  # what the agency's own name says
OWN_TOWN_LIKELY = 1.5  # the county in which the agency's own town lies, where the cell holds the town's name
PART_LIKELY = 1.2  # a county that is one part of the cell, of which the other is no county: `Cookeville-Putnam County`
OWN_TOWN_ALONE_LIKELY = 0.86  # the county of the agency's own town, where the cell is no slip of another county's name
ELSEWHERE_LIKELY = 0.83  # a county of exactly this name in another state, where the agency's own name agrees
ELSEWHERE_ALONE_LIKELY = 0.78  # where it has none, or says otherwise
PLACE_LIKELY = 0.75  # the county in which a city of exactly this name lies; the city itself comes next
TOWNSHIP_LIKELY = 0.7  # the same, for a township
OF_A_TOWN = frozenset({OWN_TOWN_LIKELY, PLACE_LIKELY, TOWNSHIP_LIKELY})  # the cell holds a town instead of a county
FAR_TIMES = 1.8  # times the distance to the next county's middle, beyond which a place lies in another county for sure
BETWEEN_COUNTIES = re.compile(r"[/&;\n]|\band\b", re.IGNORECASE)  # in a cell that names several


class Problem(StrEnum):
    """The kinds of error that a value of a record can have, like a county that does not exist."""

    NO_SUCH_COUNTY = "no-such-county"  # no county of that state is called so
    NO_SUCH_PLACE = "no-such-place"  # neither is a city or town
    OTHER_STATE = "other-state"  # a county or city of another state
    WRONG_LEVEL = "wrong-level"  # a city where the list says county, or the reverse
    CONTRADICTS_AGENCY = "contradicts-agency"  # the agency's own name says another
    MISSPELT = "misspelt"  # a place known only by another spelling
    UNKNOWN_STATE = "unknown-state"
    ODD_DATE = "odd-date"  # in the future, far off, or no date
    ODD_NUMBER = "odd-number"  # no number, where one is expected
    DUPLICATE = "duplicate"  # the same record once more
    NAMES_ANOTHER = "names-another"  # a linked document that is about another agency
    OTHER_DATE = "other-date"  # a linked document that was signed on another day than the record says
    SAME_FILE = "same-file"  # a linked document that is also another agency's


class Role(StrEnum):
    """The part of a record that has an error: the jurisdiction's name, the state, or the agency's own name."""

    NAME = "name"
    STATE = "state"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """One suggested correction ("mending"): the text to print instead, and the government body that it names."""

    name: str
    jurisdiction: Jurisdiction


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One error in how a record names its jurisdiction.

    - `role`: the part that is wrong. `problem`: the kind of error.
    - `mendings`: suggested corrections, the likeliest first; there may be none.
    """

    role: Role
    problem: Problem
    mendings: tuple[Mending, ...] = ()


@lru_cache(maxsize=50_000)  # a list says nearly the same in each of its versions
def faults(
    name: str | None, state: str | None, *, agency: str | None = None, kind: str | None = None, level: str | None = None
) -> tuple[Fault, ...]:
    """Return the errors in how a record names its jurisdiction, with suggested corrections.

    The arguments are those of `resolution.resolve`: the jurisdiction's name, the state, the agency's own name, the type
    of the agency, and the level that every name of this list has.
    """
    found = []
    parts, own_state = parts_of(name)
    code, sure = state_named(own_state or state)
    if sure < 1.0 and (own_state or state or "").strip():
        found.append(_of_state(state or "", code))
    if code is None:
        return tuple(found)
    agency_parts, _ = parts_of(agency)
    told = read(agency_parts, code) if agency_parts and agency_level(kind) != "state" else None
    if level == "county" and agency_level(kind) == "state" and len(parts) == 1 and code_of(parts[0]) == code:
        return tuple(found)  # an agency of the whole state
    of_name = _of_name(parts, code, told, level=level) if parts else None
    if of_name:
        found.append(of_name)
    elif told and (of_agency := _of_agency(told, parts, code, level=level)):
        found.append(of_agency)
    return tuple(found)


def _of_state(printed: str, code: str | None) -> Fault:
    likely = [code] if code else []
    likely += [BY_NAME[each] for _, each in nearest(plain_words(printed), tuple(BY_NAME), least=0.7)]
    entries = [state_entry(each) for each in dict.fromkeys(likely)][:MAX_MENDINGS]
    mendings = (_mending(each, upper=printed.isupper()) for each in entries)
    return Fault(role=Role.STATE, problem=Problem.UNKNOWN_STATE, mendings=tuple(mendings))


def _mending(entry: Entry, *, upper: bool = False) -> Mending:
    name = entry.jurisdiction.name
    return Mending(name=name.upper() if upper else name, jurisdiction=entry.jurisdiction)


def _of_name(parts: tuple[str, ...], code: str, told: Reading | None, *, level: str | None) -> Fault | None:
    """Check the jurisdiction's name in a record; return the error, or None if it is right or can't be judged.

    parts: the name, split at its commas.
    code: the postal code of the record's state.
    told: what was read from the agency's own name; None if the record has none.
    level: `county`, `place` or `state` if every name of this list is of that level.
    """
    if len(parts) == 1 and code_of(parts[0]) == code and level in {None, "state"}:
        return None
    if len(parts) == 1 and level == "county" and names_whole_state(parts[0], code):
        return None
    words = wording(parts[0])
    if level == "county" or (level is None and words.form in {"county", "parish"}):
        return _of_county(parts[0], code, told)
    if level == "place" or not (words.office or words.part):
        return _of_place(words, code, sure=level == "place")
    return None


def _of_county(printed: str, code: str, told: Reading | None) -> Fault | None:
    words = wording(printed)
    named = county_named(words, code, slips=False)
    if named.way in {Way.EXACT, Way.OTHER_NAME}:
        return _contradiction(words, named, told)
    if named.way == Way.FORM:
        other_kind = named.entries[0].form in CITY_FORMS
        problem = Problem.WRONG_LEVEL if other_kind else Problem.NO_SUCH_COUNTY
        return _fault(problem, [(1.0, each) for each in named.entries])
    if _several(printed, code):
        return None
    scored = [*_own_county(told), *_own_town_counties(words, told)]
    scored += [*_respelt_counties(words, code), *_elsewhere(words, code, told)]
    places = _places(words, code)
    scored += [] if places else _county_parts(words, code)
    for place in places:
        county = gazetteer.by_code(place.counties[-1]) if place.counties else None
        likely = TOWNSHIP_LIKELY if len(place.jurisdiction.fips or "") == 10 else PLACE_LIKELY
        scored += [(likely, county)] if county else []
        scored.append((likely - 0.01, place))
    best = max(scored, key=lambda each: each[0], default=None)
    problem = Problem.NO_SUCH_COUNTY
    if best and best[1].jurisdiction.state != code:
        problem = Problem.OTHER_STATE
    elif best and best[0] in (OF_A_TOWN | {OWN_TOWN_ALONE_LIKELY} if places else OF_A_TOWN):
        problem = Problem.WRONG_LEVEL
    return _fault(problem, scored)


def _several(printed: str, code: str) -> bool:
    """Tell whether a cell names two or more counties that all exist, like `Duval and Clay Counties`, `Lake/Polk`."""
    names = [name.strip() for name in BETWEEN_COUNTIES.split(printed) if plain_words(name)]
    names[-1:] = [re.sub(r"\s+(?:counties|parishes)\s*$", "", name, flags=re.IGNORECASE) for name in names[-1:]]
    return len(names) > 1 and all(county_named(wording(name), code, slips=False).known for name in names)


def _fault(problem: Problem, scored: list[tuple[float, Entry]]) -> Fault:
    entries = [entry for _, entry in sorted(scored, key=lambda each: -each[0])]
    mendings = tuple(_mending(each) for each in dict.fromkeys(entries))
    return Fault(role=Role.NAME, problem=problem, mendings=mendings[:MAX_MENDINGS])


def _own_county(told: Reading | None) -> Iterator[tuple[float, Entry]]:
    """Suggest the county that the agency's own name says: yield it with its score, if there is one.

    told: what was read from the agency's own name. A score says how likely a suggestion is; the highest comes first.
    """
    one = told.named.one if told else None
    if told and one and one.jurisdiction.level == "county" and (told.named.known or told.part):
        yield OWN_NAME_LIKELY, one


def _own_town_counties(words: Wording, told: Reading | None) -> Iterator[tuple[float, Entry]]:
    """Suggest the counties in which the agency's own town lies: yield each with its score.

    words: the wrong name in the county column. told: what was read from the agency's own name.

    The county is most likely if the column has the town's name, and more likely if the column has a name like the
    county's. A score says how likely a suggestion is; the highest comes first.
    """
    one = told.named.one if told and not told.part and not told.words.sheriff else None
    if told is None or one is None or one.jurisdiction.level != "place" or not told.named.known:
        return
    key, town = loose(words.core), plain_words(one.bare)
    shortened = f"{town} ".startswith(f"{words.core} ") or f" {town} " in f" {words.core} "
    holds = bool(words.core) and (shortened or likeness(key, loose(town)) >= MIN_MEANT)
    for rank, fips in enumerate(one.counties):
        if county := gazetteer.by_code(fips):
            alike = likeness(key, loose(county.bare))
            meant = alike if alike >= MIN_MEANT else 0.0
            alone = OWN_TOWN_ALONE_LIKELY + meant
            yield (OWN_TOWN_LIKELY if holds and not rank else alone - rank / 1000), county


def _county_parts(words: Wording, code: str) -> Iterator[tuple[float, Entry]]:
    """Suggest the counties whose names are the beginning or the end of a cell: yield each with its score.

    In `Cookeville-Putnam County` that is Putnam County.
    """
    parts = words.core.split()[:MAX_CELL_WORDS]
    for at in range(1, len(parts)):
        for some in (parts[at:], parts[:at]):
            for county in counties_called(loose(" ".join(some)), code):
                yield PART_LIKELY + len(some) / 100, county


def _respelt_counties(words: Wording, code: str) -> Iterator[tuple[float, Entry]]:
    for score, key in nearest(loose(words.core), gazetteer.names(code).county_keys, least=MIN_MENDING_LIKENESS):
        for each in counties_called(key, code):
            yield score + (0.001 if each.form.casefold() == words.form else 0.0), each


def _elsewhere(words: Wording, code: str, told: Reading | None) -> Iterator[tuple[float, Entry]]:
    """Suggest the counties with the same name in other states: yield each with its score, the nearest state first.

    words: the name. code: the postal code of the record's state. told: what was read from the agency's own name.
    """
    key = loose(words.core)
    agrees = told is not None and loose(told.words.core) == key
    found = [each for other in STATES if other != code for each in counties_called(key, other)]
    start = ELSEWHERE_LIKELY if agrees else ELSEWHERE_ALONE_LIKELY
    for rank, each in enumerate(sorted(found, key=lambda each: distance(each, state_entry(code)))):
        yield start - rank / 1000, each


def _places(words: Wording, code: str) -> list[Entry]:
    """Return at most two cities, towns or townships of a state that have this name."""
    found = [each for each in places_called(loose(words.core), code) if each.form != STATISTICAL]
    return sorted(found, key=lambda each: len(each.jurisdiction.fips or ""))[:2]


def distance(one: Entry, other: Entry) -> float:
    """Return the rough distance between the centres of two bodies in km; infinity if the place of one is unknown."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return math.inf
    width = math.cos(math.radians((one.latitude + other.latitude) / 2))
    return 111.2 * math.hypot(one.latitude - other.latitude, (one.longitude - other.longitude) * width)


def _contradiction(words: Wording, named: Named, told: Reading | None) -> Fault | None:
    """Return the error if the county column and the agency's own name contradict each other; else None.

    words, named: the name in the county column, and the county that it means.
    told: what was read from the agency's own name.
    """
    said, own = named.one, told.named.one if told else None
    if told is None or said is None or own is None or own == said or not told.named.known or told.part:
        return None
    if own.jurisdiction.level == "county":
        explicit = told.words.form in {"county", "parish", "city"} and (own.bare != said.bare or words.form is not None)
        return _fault(Problem.CONTRADICTS_AGENCY, [(1.0, own), (0.9, said)]) if explicit else None
    everywhere = [each for each in (*told.named.entries, *told.named.lesser) if each.jurisdiction.level == "place"]
    if told.words.sheriff or any(_may_lie_in(each, said) for each in everywhere):
        return None
    counties = [county for each in told.named.entries for code in each.counties if (county := gazetteer.by_code(code))]
    return _fault(Problem.CONTRADICTS_AGENCY, [(1.0, each) for each in counties])


def _may_lie_in(place: Entry, county: Entry) -> bool:
    """Tell whether a place lies in a county, or so near to it that part of it may."""
    fips = county.jurisdiction.fips or ""
    if fips in place.counties or place.jurisdiction.fips == fips:
        return True
    return distance(place, county) <= FAR_TIMES * _apart(county)


@cache
def _apart(county: Entry) -> float:
    """Return the distance from the centre of a county to the nearest centre of another of its state, in km."""
    others = (each for each in gazetteer.counties_of(county.jurisdiction.state) if each != county)
    return min((distance(county, each) for each in others), default=math.inf)


def _of_place(words: Wording, code: str, *, sure: bool) -> Fault | None:
    """Check a name that should be that of a city or town; return the error, or None if it is right.

    words: the name, taken apart. code: the postal code of the record's state.
    sure: whether the list is known to have cities and towns only; otherwise the name may be of something else.
    """
    if not words.whole:
        return None
    county, place = county_named(words, code, cities_first=True, slips=False), place_named(words, code)
    says_county = words.form in {"county", "parish"} and county.known
    city_too = county.known and (county.entries[0].form in CITY_FORMS or bool(county.entries[0].others))
    if not says_county and (place.known or city_too):
        return None
    if county.known:
        return _fault(Problem.WRONG_LEVEL, [(1.0, each) for each in county.entries]) if sure or says_county else None
    scored = [
        (score - (0.1 if each.form == STATISTICAL else 0.0), each)
        for score, key in nearest(
            loose(words.whole), gazetteer.names(code).place_keys, least=MIN_MENDING_LIKENESS + 0.1
        )
        for each in places_called(key, code)
    ]
    if place.way == Way.MISSPELT:
        return _fault(Problem.MISSPELT, scored)
    if not sure:
        return None
    elsewhere = [each for other in STATES if other != code for each in _places(words, other)]
    scored += [(ELSEWHERE_LIKELY - distance(each, state_entry(code)) / 1e6, each) for each in elsewhere]
    best = max(scored, key=lambda each: each[0], default=None)
    other_state = best is not None and best[1].jurisdiction.state != code
    return _fault(Problem.OTHER_STATE if other_state else Problem.NO_SUCH_PLACE, scored)


def _of_agency(told: Reading, parts: tuple[str, ...], code: str, *, level: str | None) -> Fault | None:
    """Return the error if the agency's own name is misspelt; else None.

    told: what was read from that name.
    parts, code, level: what the county column has, as for `read`; a city or county that the misspelt name may mean
        counts only if it fits this.
    """
    one = told.named.one
    if one is None or told.named.way != Way.MISSPELT or told.part:
        return None
    county = read(parts, code, level=level).named.one
    if county and one != county and (county.jurisdiction.fips not in one.counties):
        return None
    mended = _mended(told, one)
    if mended is None:
        return None
    mending = Mending(name=mended, jurisdiction=one.jurisdiction)
    return Fault(role=Role.AGENCY, problem=Problem.MISSPELT, mendings=(mending,))


def _mended(told: Reading, one: Entry) -> str | None:
    """Return an agency's name with the name of its place spelt right; None if it does not begin with that name.

    told: what was read from the agency's name. one: the place that is meant.
    """
    printed = told.text.split()
    for length in range(1, len(printed) + 1):
        if plain_words(" ".join(printed[:length])) == told.words.core:
            if len(one.bare.split()) != length and len(printed) > length and told.words.form is None:
                return None
            return " ".join((one.bare, *printed[length:]))
    return None
