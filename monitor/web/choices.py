"""Sorts places of the same name for readers who must say which one they mean.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.web.parameters import place_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model import Jurisdiction

LEVEL_GROUPS = {"state": "States", "county": "Counties"}
OTHER_GROUP = "Cities, towns and townships"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A place that may be meant; `name` tells it from the others that are called the same."""

    name: str
    place: Jurisdiction


def grouped_choices(places: Iterable[Jurisdiction]) -> dict[str, tuple[Choice, ...]]:
    """Return places in groups: states, counties, and others; empty groups are left out.

    The name of a place is followed by its county if another place has the same name and state.
    """
    choices = [Choice(name=place_in_words(place), place=place) for place in places]
    names = Counter(choice.name for choice in choices)
    groups: dict[str, list[Choice]] = {name: [] for name in (*LEVEL_GROUPS.values(), OTHER_GROUP)}
    for choice in choices:
        county = _county(choice.place) if names[choice.name] > 1 else ""
        name = f"{choice.name} ({county})" if county else choice.name
        groups[LEVEL_GROUPS.get(choice.place.level, OTHER_GROUP)].append(Choice(name=name, place=choice.place))
    return {group: tuple(some) for group, some in groups.items() if some}


def _county(place: Jurisdiction) -> str:
    """Return the name of the county in which a place lies; "" if that is not known."""
    body = jurisdictions.body(place.fips) if place.fips else None
    county = jurisdictions.body(body.counties[0]) if body and body.counties else None
    return county.jurisdiction.name if county else ""
