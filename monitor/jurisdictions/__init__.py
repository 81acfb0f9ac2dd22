"""Finds out which government body (state, county, city, town, township) a record is about.

Pure, except that it reads the gazetteer, a data file of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.finding import find, suggestions
from monitor.jurisdictions.mentions import mentioned, reports_meant
from monitor.jurisdictions.naming import state_entry
from monitor.jurisdictions.reading import MAX_LETTERS
from monitor.jurisdictions.resolution import Resolution, Why, resolve

if TYPE_CHECKING:
    from monitor.config.lists import ListDescription
    from monitor.jurisdictions.gazetteer import Entry
    from monitor.model import Jurisdiction, Record

__all__ = [
    "Resolution",
    "Why",
    "body",
    "find",
    "inside",
    "mentioned",
    "of_record",
    "reports_meant",
    "resolve",
    "resolved",
    "state_of",
    "suggestions",
    "within",
]

NOTHING = Resolution(jurisdiction=None, confidence=0.0, why=Why.NOTHING)


def of_record(record: Record, description: ListDescription) -> Resolution:
    """Find the jurisdiction that a record is about, by the fields that its list's `description` names for that."""
    place = description.jurisdiction
    if not any(place.fields) and not place.within:
        return NOTHING
    index = {field: column for column, field in enumerate(description.fields)}
    values = (record.values[index[field]] if field else None for field in place.fields)
    name, state, agency, kind = (None if value and len(value) > MAX_LETTERS else value for value in values)
    return resolve(name, state or place.within, agency=agency, kind=kind, level=place.level)


def resolved(record: Record, description: ListDescription) -> Record:
    """Return a copy of a record with its `state` and `jurisdiction` filled in, worked out from its values."""
    resolution = of_record(record, description)
    return record.about(resolution.state, resolution.jurisdiction)


def within(place: Jurisdiction, wanted: Jurisdiction) -> bool:
    """Tell whether the jurisdiction `place` is `wanted` itself or lies in it, like a city in its county and state."""
    if wanted.level == "state":
        return place.state == wanted.state
    own = place.ocd_id or ""
    if place.fips == wanted.fips or own == wanted.ocd_id or own.startswith(f"{wanted.ocd_id}/"):
        return True
    entry = gazetteer.by_code(place.fips or "")
    return entry is not None and wanted.fips in entry.counties


def inside(wanted: Jurisdiction) -> tuple[str, ...]:
    """Return the Open Civic Data ids of a jurisdiction and, if it is a county, of the places in it."""
    ids = {wanted.ocd_id: None}
    if wanted.level == "county" and wanted.fips:
        ids |= {each.jurisdiction.ocd_id: None for each in gazetteer.places_in(wanted.fips)}
    return tuple(each for each in ids if each)


def state_of(code: str | None) -> Jurisdiction | None:
    """Return the state with a postal code like `TX`; None without a code."""
    return state_entry(code).jurisdiction if code else None


def body(fips: str) -> Entry | None:
    """Look up a government body by its FIPS code, or return None.

    The entry has its coordinates, its population and the counties that it lies in.
    """
    return gazetteer.by_code(fips)
