"""The gazetteer: a data file with every state, county, city, town and township of the United States.

The file is read once, and the lines of a state are parsed when they are first needed. `tools/gazetteer.py` makes the
file and describes its lines. For sources and licences see docs/data.md, "Gazetteer".
"""

from __future__ import annotations

import gzip
import re
import sys
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from monitor.jurisdictions.states import STATES, ocd_id, plain_words
from monitor.model import Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Mapping

    Index = Mapping[str, tuple[str, ...]]

CODES = {fips: code for code, (_, fips) in STATES.items()}
NEW_ENGLAND = frozenset({"CT", "ME", "MA", "NH", "RI", "VT"})  # where a town comes directly under its state
STATISTICAL = "CDP"  # census designated place: a name on the map, no government
PLACE_KINDS = {
    "County": "county",
    "Parish": "parish",
    "Borough": "borough",
    "City and Borough": "borough",
    "Census Area": "census_area",
    "Municipio": "municipio",
    "Planning Region": "planning_region",
    "Island": "island",
    "District": "district",
}
SHORT = {"saint": "st", "sainte": "ste", "mount": "mt", "fort": "ft", "and": ""}
CELLS = 10
ID_CELL = 8  # the number of the cell with an id that follows no rule; most lines end before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the gazetteer: a government body, or a statistical place (one that has a name but no government).

    - `form`: the kind of body, as in its full name (`County`, `city`). `bare`: its name without that word.
    - `latitude`, `longitude`: its centre, in degrees. `population`: its number of people.
    - `counties`: the FIPS codes of the counties that it lies in, the likeliest first.
    - `others`: other names and FIPS codes of the same body.
    """

    jurisdiction: Jurisdiction
    bare: str
    form: str
    latitude: float | None = None
    longitude: float | None = None
    population: int | None = None
    counties: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateNames:
    """The lines of one state in the gazetteer, indexed by name and by FIPS code.

    Names are in the form that the function `loose` makes.

    - `counties`, `places`: map a name to the lines of the counties, or of the other bodies, that have this name.
    - `codes`: maps a FIPS code to a line.
    - `county_keys`, `place_keys`: the names alone. `sorted_places`: those of places in alphabetical order.
    """

    counties: Index
    places: Index
    codes: Mapping[str, str]
    county_keys: tuple[str, ...]
    place_keys: tuple[str, ...]
    sorted_places: tuple[str, ...]

    def places_beginning(self, key: str) -> tuple[str, ...]:
        """Return the names of all places that begin with `key`."""
        beyond = f"{key}{chr(sys.maxunicode)}"
        return self.sorted_places[bisect_left(self.sorted_places, key) : bisect_left(self.sorted_places, beyond)]


@lru_cache(maxsize=16_384)  # the same names are compared again and again
def loose(name: str) -> str:
    """Reduce a name to a form for comparing: `St.` and `Saint`, `De Kalb` and `DeKalb` become the same.

    Case, accents, blanks and punctuation are dropped.
    """
    return "".join(SHORT.get(word, word) for word in plain_words(name).split())


def usual_id(fips: str, name: str, form: str, *, county_id: str | None = None) -> str:
    """Build the Open Civic Data id that a body has by the general rule.

    form: the kind of body, as the gazetteer has it.
    county_id: the id of the body's county; a township outside New England needs it, as its id begins with it.
    """
    code = CODES[fips[:2]]
    if len(fips) == 2:
        return ocd_id(code)
    slug = re.sub(r"[^\w~-]+", "_", name.lower().replace("'", "~").replace(".", ""))
    if len(fips) == 5:
        kind = PLACE_KINDS.get(form, "place")  # an independent city is a place
        if form == "Municipality":
            kind = "borough" if code == "AK" else "municipality"
        return f"{ocd_id(code)}/{kind}:{slug}"
    if len(fips) == 7 or code in NEW_ENGLAND:
        return f"{ocd_id(code)}/place:{slug}"
    return f"{county_id}/place:{slug}{'_charter' if form == 'charter township' else ''}"


def official(fips: str, name: str, form: str) -> str:
    """Return the full name of a body as it is printed: `Travis County`, `Alexandria city`, `Lower Merion Township`."""
    if len(fips) == 5:
        return f"{name} {form}".strip()
    if len(fips) == 10 and form in {"township", "charter township", "plantation"}:
        return f"{name} {form.title()}"
    if len(fips) == 10 and form == "town" and CODES[fips[:2]] not in NEW_ENGLAND:
        return f"Town of {name}"
    return name


@cache
def _blocks() -> Mapping[str, str]:
    """Read the gazetteer; return the lines of each state as one text, keyed by postal code."""
    packed = files("monitor.jurisdictions").joinpath("gazetteer.tsv.gz").read_bytes()
    return {block[:2]: block[3:] for block in gzip.decompress(packed).decode().split("@") if block}


@cache
def place_words() -> frozenset[str]:
    """Return all words that occur in the name of any body or place, in small letters."""
    return frozenset(re.findall(r"[^\W\d_]+", "\n".join(_blocks().values()).casefold()))


@cache
def names(code: str) -> StateNames:
    """Index the lines of a state, given by its postal code, by name and by FIPS code."""
    counties: dict[str, list[str]] = {}
    places: dict[str, list[str]] = {}
    codes: dict[str, str] = {}
    for line in _blocks()[code].splitlines():
        fips, name, key, rest = line.split("\t", 3)
        index = counties if len(fips) == 5 else places
        codes[fips] = line
        if len(fips) == 5 and not rest.startswith(("County", "Parish", "city")):
            counties[loose(official(fips, name, rest.split("\t", 1)[0]))] = [line]
        if len(fips) > 2:
            some = index.setdefault(key or name.lower().replace(" ", ""), [])
            if line not in some:
                some.append(line)
        if rest.count("\t") == CELLS - 4:
            for other in rest.rsplit("\t", 1)[1].split("|"):
                codes[other] = line
                if not other.isdigit() and line not in index.setdefault(loose(other), []):
                    index[loose(other)].append(line)
    return StateNames(
        counties={key: tuple(some) for key, some in counties.items()},
        places={key: tuple(some) for key, some in places.items()},
        codes=codes,
        county_keys=tuple(counties),
        place_keys=tuple(places),
        sorted_places=tuple(sorted(places)),
    )


@cache
def entry(line: str) -> Entry:
    """Parse one line of the gazetteer."""
    cells = line.split("\t")
    fips, name, _, form, latitude, longitude, population, within, own_id, others = cells + [""] * (CELLS - len(cells))
    code = CODES[fips[:2]]
    if own_id:
        exact = None if own_id == "-" else f"ocd-division/country:us/{own_id}"
    else:
        county = by_code(fips[:5]) if len(fips) == 10 else None
        exact = usual_id(fips, name, form, county_id=county.jurisdiction.ocd_id if county else None)
    level = {2: "state", 5: "county"}.get(len(fips), "place")
    named = official(fips, name, form)
    return Entry(
        jurisdiction=Jurisdiction(name=named, level=level, state=code, fips=fips, ocd_id=exact),
        bare=name,
        form=form,
        latitude=float(latitude) if latitude else None,
        longitude=float(longitude) if longitude else None,
        population=int(population) if population else None,
        counties=tuple(fips[:2] + county for county in within.split(",") if county),
        others=tuple(other for other in others.split("|") if other),
    )


def counties_called(key: str, code: str) -> tuple[Entry, ...]:
    """Return the counties of a state with a given name.

    Bodies that are equal to counties, like parishes and independent cities, are returned too.

    key: the name without `County`, as `loose` makes it: `travis`.
    code: the postal code of the state.
    """
    return tuple(entry(line) for line in names(code).counties.get(key, ()))


@cache
def counties_of(code: str) -> tuple[Entry, ...]:
    """Return all counties of a state in the order of their FIPS codes.

    Former counties are among them, and bodies that are equal to counties, like independent cities.
    """
    return tuple(entry(line) for fips, line in names(code).codes.items() if len(fips) == 5 and fips == line[:5])


def places_called(key: str, code: str) -> tuple[Entry, ...]:
    """Return the cities, towns, townships and statistical places of a state with a given name.

    key: the name, as `loose` makes it. code: the postal code of the state.
    """
    return tuple(entry(line) for line in names(code).places.get(key, ()))


def by_code(fips: str) -> Entry | None:
    """Look up a body by its FIPS code of 2, 5, 7 or 10 digits; return None if there is none."""
    code = CODES.get(fips[:2])
    line = names(code).codes.get(fips) if code else None
    return entry(line) if line else None


@cache
def places_in(county: str) -> tuple[Entry, ...]:
    """Return the cities, towns, townships and statistical places that lie in a county, in whole or in part.

    county: the FIPS code of the county. Only the lines of these places are parsed: those of a whole state take long.
    """
    code = county[2:]
    lines = (line for line in _blocks()[CODES[county[:2]]].splitlines() if code in line)
    return tuple(entry(line) for line in lines if code in "".join(line.split("\t", 8)[7:8]).split(","))


@lru_cache(maxsize=4_096)  # each page of a place asks for it several times
def with_id(ocd_id: str, code: str) -> tuple[Entry, ...]:
    """Return the bodies of a state, given by its postal code, that have an Open Civic Data id.

    Only the lines are parsed that may have it: those of the state and of bodies whose id follows no rule, which have
    more cells, and those with the first word of the id's last part.
    """
    word = ocd_id.rpartition(":")[2].partition("_")[0]
    text = _blocks()[code]
    written = text.lower().replace("'", "~").replace(".", "")  # as ids are, line by line
    lines = (
        line
        for line, said in zip(text.splitlines(), written.splitlines(), strict=True)
        if word in said or line[2] == "\t" or line.count("\t") >= ID_CELL
    )
    return tuple(entry(line) for line in lines if entry(line).jurisdiction.ocd_id == ocd_id)


def all_of(code: str) -> tuple[Entry, ...]:
    """Return every body of a state: those with short FIPS codes first, and those of equal length by the code."""
    return tuple(entry(line) for line in _blocks()[code].splitlines())
