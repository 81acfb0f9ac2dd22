"""Write lists of names on web pages, within the pages that the demo makes of the agencies' real ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import count
from typing import TYPE_CHECKING

from drifts.editions import Edition, Row
from monitor.demo import pages
from monitor.jurisdictions.gazetteer import all_of, counties_of
from monitor.jurisdictions.states import STATES

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

BODY = re.compile(r'(<div class="field field--name-body">\n).*?(\n</div></article>)', re.DOTALL)
COUNTIES, CITIES, STATE = "counties", "cities", "states"
DOJ_COUNTIES, DOJ_CITIES = 40, 60  # names on a longer page of DOJ's kind
ACCENTED = {COUNTIES: (("Do\u00f1a Ana County", "NM"),), CITIES: (("Espa\u00f1ola", "NM"), ("Ca\u00f1on City", "CO"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading of a level, and the list and the rows under it; a heading above others has no list."""

    level: int
    heading: str
    list: str | None = None
    rows: Sequence[Row] = ()


@dataclass(slots=True, kw_only=True)
class PageStyle:
    """How a page is laid out: `sections` makes its sections, `item` the text of a row, in HTML."""

    sections: Callable[[Edition], Iterator[Section]]
    item: Callable[[str, Row], str]
    opening: str = "<p>The following jurisdictions were found.</p>"


def bullets(edition: Edition, at: datetime) -> bytes:
    """Return the page of an edition, with each item on a line of its own."""
    style = edition.style
    assert isinstance(style, PageStyle)
    parts = [style.opening]
    for section in style.sections(edition):
        parts.append(f"<h{section.level}>{escape(section.heading)}</h{section.level}>")
        if section.list:
            items = (f"<li>{style.item(section.list, row)}</li>" for row in section.rows)
            parts.append("\n".join(("<ul>", *items, "</ul>")))
    return framed("\n".join(parts), at)


def framed(body: str, at: datetime) -> bytes:
    """Return a whole page with this body, within the frame of the demo's page of DOJ."""
    return BODY.sub(lambda found: f"{found[1]}{body}{found[2]}", pages.doj(at).decode()).encode()


def doj_sections(edition: Edition) -> Iterator[Section]:
    """Yield DOJ's sections: states, counties, cities."""
    for name in (STATE, COUNTIES, CITIES):
        yield Section(level=2, heading=name.upper(), list=name, rows=edition.lists[name])


def doj_item(name: str, row: Row) -> str:
    """Return an item of DOJ's: a state alone, or a place with the postal code of its state."""
    cells = row.cells
    return escape(cells["name"] if name == STATE else f"{cells['name']}, {cells['state']}", quote=False)


def dhs_sections(edition: Edition) -> Iterator[Section]:
    """Yield DHS's sections: for each state its name, and under it the lists that it has."""
    headings = {STATE: "State", COUNTIES: "Counties", CITIES: "Cities"}
    for state in sorted({row.cells["state"] for rows in edition.lists.values() for row in rows}):
        yield Section(level=2, heading=state)
        for name, heading in headings.items():
            rows = [row for row in edition.lists[name] if row.cells["state"] == state]
            if rows:
                yield Section(level=3, heading=heading, list=name, rows=rows)


def dhs_item(name: str, row: Row) -> str:
    """Return an item of DHS's: the line of a state, or the name of a place."""
    return escape(pages.SELF_IDENTIFIED if name == STATE else row.cells["name"], quote=False)


def doj_edition(chance: random.Random) -> Edition:
    """Return a page of DOJ's kind with more places, chosen by chance, some with accents."""
    numbers = count(1)
    lists = {STATE: [Row.of(next(numbers), {"name": name, "state": name}) for name in pages.DOJ_STATES]}
    for name, size in ((COUNTIES, DOJ_COUNTIES), (CITIES, DOJ_CITIES)):
        known = [*ACCENTED[name], *chance.sample(places(name), size)]
        rows = [Row.of(next(numbers), {"name": place, "state": code}) for place, code in sorted(set(known))]
        lists[name] = rows
    return Edition(lists=lists, style=PageStyle(sections=doj_sections, item=doj_item))


def dhs_edition(_: random.Random) -> Edition:
    """Return the list of DHS's page as the demo has it."""
    numbers = count(1)
    names = {"State": STATE, "Counties": COUNTIES, "Cities": CITIES}
    lists: dict[str, list[Row]] = {name: [] for name in names.values()}
    for state, groups in pages.dhs_lists():
        for heading, items in groups:
            lists[names[heading]] += [
                Row.of(next(numbers), {"name": state if heading == "State" else item, "state": state}) for item in items
            ]
    return Edition(lists=lists, style=PageStyle(sections=dhs_sections, item=dhs_item))


@cache
def places(name: str) -> tuple[tuple[str, str], ...]:
    """Return all counties, or all larger cities, with the postal codes of their states."""
    if name == COUNTIES:
        return tuple((each.jurisdiction.name, code) for code in STATES for each in counties_of(code))
    return tuple(
        (each.bare, code)
        for code in STATES
        for each in all_of(code)
        if each.form == "city" and (each.population or 0) > 20_000
    )


def fresh_place(ground: str, name: str, chance: random.Random, number: int) -> Row:
    """Return a place that is likely on no list yet."""
    place, code = chance.choice(places(name))
    return Row.of(number, {"name": place, "state": STATES[code][0] if ground == "dhs" else code})
