"""Which government body a record is about. Pure but for the list of counties, which is read once."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from monitor.jurisdictions.states import STATES, code_of, ocd_id, plain
from monitor.model import Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = {"parish": "parish", "borough": "borough", "municipality": "borough", "census area": "census_area"}
LEVELS = r"county|parish|borough|census area|municipality|municipio|planning region"


@cache
def counties() -> Mapping[tuple[str, str], Jurisdiction]:
    """Each county or equivalent by its state's postal code and plain name. Source: US Census, by FIPS code."""
    text = files("monitor.jurisdictions").joinpath("counties.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    found = {}
    for row in rows:
        if row["state"] in STATES:
            found[row["state"], _loose(row["name"])] = _county(row["name"], row["state"], row["fips"])
    return found


def _loose(name: str) -> str:
    """A county's name in a form that survives `St.`/`Saint` and `De Kalb`/`DeKalb`."""
    return re.sub(r"\bsaint\b", "st", plain(name)).replace(" ", "")


def _county(name: str, state: str, fips: str) -> Jurisdiction:
    """A county with its Open Civic Data id."""
    words = plain(name)
    level = re.search(rf"\b({LEVELS})$", words)
    slug = re.sub(r"[^\w~.-]+", "_", name.casefold().replace("'", "~"))
    if level:
        slug = slug.removesuffix("_" + level[1].replace(" ", "_"))
    kind = KINDS.get(level[1], "county") if level else "place"  # an independent city is a place
    slug = slug.removesuffix("_city") if not level and name.endswith(" city") else slug
    return Jurisdiction(name=name, level="county", state=state, fips=fips, ocd_id=f"{ocd_id(state)}/{kind}:{slug}")


def resolve(name: str | None, state: str | None) -> Jurisdiction | None:
    """The state or county that a record's own words name, or None where they leave it open.

    `name` may carry its state and a field office: `Iowa City, Johnson County, Iowa (Saint Paul)`.
    """
    parts = [part.strip() for part in re.sub(r"\([^)]*\)\s*$", "", name or "").split(",")]
    if len(parts) > 1 and (own := code_of(parts[-1])):
        state, parts = own, parts[:-1]
    code = code_of(state)
    if not any(parts):
        return state_of(code) if not (name or "").strip() else None
    if len(parts) == 1 and (not state or code_of(parts[0]) == code) and (whole := code_of(parts[0])):
        return state_of(whole)
    if code is None or len(parts) > 1:  # a city within a county is not the county
        return None
    return _county_named(parts[0], code)


def state_of(code: str | None) -> Jurisdiction | None:
    """A state by its postal code."""
    if code is None:
        return None
    name, fips = STATES[code]
    return Jurisdiction(name=name, level="state", state=code, fips=fips, ocd_id=ocd_id(code))


def _county_named(name: str, code: str) -> Jurisdiction | None:
    """The county that a name is, or begins with (`Travis County State Jail`)."""
    known = counties()
    if found := known.get((code, _loose(name))):
        return found
    leading = re.match(rf"(.+?\b(?:{LEVELS}))\b", name, re.IGNORECASE)
    return known.get((code, _loose(leading[1]))) if leading else None


def find(text: str) -> tuple[Jurisdiction, ...]:
    """The states and counties that a person can mean: by name with or without state, FIPS code or Open Civic Data id."""
    wanted = text.strip()
    everything = (*(state_of(code) for code in STATES), *counties().values())
    if exact := tuple(each for each in everything if each and wanted in (each.fips, each.ocd_id)):
        return exact
    if found := resolve(wanted, None):
        return (found,)
    name = _loose(wanted)
    return tuple(each for (_, loose), each in counties().items() if loose == name)
