"""Maps as SVG: the country or a state, with what is listed in colour, each coloured body a link. Pure.

Bodies go by FIPS code: two digits a state, five a county, seven or ten a city or town, which is a dot where the
gazetteer places it. Counties that were (Connecticut's, until 2022) are drawn as they were. How a class looks is said in
`static/figures.css`. The outlines are package data, made by `tools/atlas.py`. Sources, licences: docs/data.md, "Maps".
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES
from monitor.web.albers import pixel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NAMES = {fips: name for name, fips in STATES.values()}
ATLAS_CODES = {  # codes for what the atlas has under another: counties that were renamed, and the district's one county
    "02270": "02158",
    "46113": "46102",
    "11001": "11",
}
DISTRICT = "11"
HATCHED_SHADE = "shade-removed"  # told from the others by more than its colour
DISTRICT_CIRCLE = (330, 170, 36)  # where the district's circle lies, right of it and down, in the Atlantic; its radius


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The size of a map, its paths (the `d` of SVG), and the matrix from the projection's pixels into it."""

    width: int
    height: int
    matrix: tuple[float, float, float, float, float, float]
    land: str
    lines: str
    borders: str
    shapes: Mapping[str, str]

    @property
    def dot(self) -> int:
        """The radius of a city's dot, in pixels."""
        return self.width // (200 if self.borders else 100)

    def point(self, fips: str) -> tuple[float, float] | None:
        """Return where a city or town lies; None where that is not known, or not on the map."""
        entry = gazetteer.by_code(fips)
        if not entry or entry.latitude is None or entry.longitude is None or not near(fips[:2]):
            return None
        x, y = pixel(entry.latitude, entry.longitude, fips[:2])
        a, b, c, d, e, f = self.matrix
        return round(a * x + c * y + e, 1), round(b * x + d * y + f, 1)

    def shape(self, fips: str) -> str | None:
        """Return the path of a state or county."""
        return self.shapes.get(fips) or self.shapes.get(ATLAS_CODES.get(fips, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class ColouredBodies:
    """The coloured bodies as SVG: states and counties, drawn below the borders; cities and towns, drawn above all."""

    areas: tuple[str, ...]
    dots: tuple[str, ...]


def county_map(
    shades: Mapping[str, str],
    *,
    titles: Mapping[str, str],
    links: Mapping[str, str],
    heading: str,
    key: str = "map",
) -> Markup:
    """Draw the United States. `shades` gives a body its CSS class, `titles` its name, `links` its address.

    `key` keeps the ids of several maps on one page apart. A body that the atlas lacks is not drawn:
    `off_the_map` names it.
    """
    drawn = _coloured(far(), shades, titles, links, key)
    return _svg(far(), drawn, heading=heading, key=key, place="the United States", kind="map-country")


def state_map(
    state: str,
    shades: Mapping[str, str],
    *,
    titles: Mapping[str, str],
    links: Mapping[str, str],
    heading: str,
    here: str | None = None,
    key: str = "map",
) -> Markup | None:
    """Draw one state (FIPS code of two digits), north up, with its counties; None for one that the atlas lacks.

    `here` is marked: a county by its outline; a city or town by a ring, and the county in which most of it lies.
    """
    frame = near(state)
    if not frame:
        return None
    own = {fips: shade for fips, shade in shades.items() if fips[:2] == state}
    drawn = _coloured(frame, own, titles, links, key)
    name = (titles.get(here) or body_name(here)) if here else ""
    return _svg(
        frame,
        drawn,
        heading=heading,
        key=key,
        place=NAMES[state],
        kind="map-state",
        above="".join(_marks(frame, here)) if here else "",
        further=f" Marked: {name}." if here else "",
    )


def off_the_map(some: Iterable[str]) -> tuple[str, ...]:
    """Return those of some FIPS codes that the map can't show, in order: of territories, and of unknown bodies."""
    return tuple(sorted({fips for fips in some if not _shown(fips)}, key=_order))


def legend(shades: Mapping[str, str], *, key: str = "map") -> Markup:
    """Return what the classes of the map with this `key` mean, as a list of swatches with words, in the order given."""
    items = "".join(
        f'<li><svg class="map-swatch" viewBox="0 0 96 72" aria-hidden="true">'
        f'<rect width="96" height="72"{_shaded(shade, key)}/></svg> {escape(meaning)}</li>'
        for shade, meaning in shades.items()
    )
    return Markup(f'<ul class="map-legend">{items}</ul>')  # noqa: S704 - escaped above


def body_name(fips: str) -> str:
    """Return the name of a body with its state, as the gazetteer has it; the code itself for an unknown one."""
    entry = gazetteer.by_code(ATLAS_CODES.get(fips, fips) if len(fips) == 2 else fips)
    if not entry:
        return fips
    name = entry.jurisdiction.name
    return name if len(entry.jurisdiction.fips or "") == 2 else f"{name}, {NAMES[fips[:2]]}"


@cache
def far() -> Frame:
    """Return the frame of the whole country."""
    return Frame(**_atlas()["far"])


@cache
def near(state: str) -> Frame | None:
    """Return the frame of a state; None for one that the atlas lacks."""
    own = _atlas()["near"].get(state)
    return Frame(**own | {"shapes": own["shapes"] | {state: own["land"]}}) if own else None


@cache
def _atlas() -> dict[str, Any]:
    packed = files("monitor.web").joinpath("atlas.json.gz").read_bytes()
    atlas: dict[str, Any] = json.loads(gzip.decompress(packed))
    return atlas


def _svg(
    frame: Frame,
    drawn: ColouredBodies,
    *,
    heading: str,
    key: str,
    place: str,
    kind: str,
    above: str = "",
    further: str = "",
) -> Markup:
    """Return a whole map: a picture where it has no links, else a group of links, which its description counts.

    The lines between counties lie under a coloured state on the map of the country, where they would make it look as if
    each of its counties were coloured; on a state's own map they lie over it, faintly, to find one's way.
    """
    role = "group" if any(each.startswith("<a ") for each in (*drawn.areas, *drawn.dots)) else "img"
    told = f"Map of {place}. {_counted(len(drawn.areas) + len(drawn.dots))} coloured.{further}"
    key = escape(key)
    lines = f'<path class="map-lines" d="{frame.lines}"/>'
    under = (lines, *drawn.areas) if frame.borders else (*drawn.areas, lines)
    return Markup(  # noqa: S704 - escaped where it came in
        f'<svg class="map {kind}" viewBox="0 0 {frame.width} {frame.height}" role="{role}" '
        f'aria-labelledby="{key}-title" aria-describedby="{key}-desc">'
        f'<title id="{key}-title">{escape(heading)}</title><desc id="{key}-desc">{escape(told)}</desc>'
        f'<defs><pattern id="{key}-hatch" width="30" height="30" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45) scale({1 if frame.borders else 2})">'
        f'<path class="map-hatch-under" d="M0 0h30v30H0z"/><path class="map-hatch-line" d="M15 0v30"/></pattern></defs>'
        f'<path class="map-land" d="{frame.land}"/>{"".join(under)}'
        f'<path class="map-borders" d="{frame.borders or frame.land}"/>{"".join(drawn.dots)}{above}</svg>'
    )


def _coloured(
    frame: Frame, shades: Mapping[str, str], titles: Mapping[str, str], links: Mapping[str, str], key: str
) -> ColouredBodies:
    """Return the drawing of each coloured body, in order of state and code."""
    areas: list[str] = []
    dots: list[str] = []
    for fips in sorted(shades, key=_order):
        if shape := _shape(frame, fips, _shaded(shades[fips], key)):
            (dots if len(fips) > 5 else areas).append(
                _linked(shape, titles.get(fips) or body_name(fips), links.get(fips))
            )
    return ColouredBodies(areas=tuple(areas), dots=tuple(dots))


def _shape(frame: Frame, fips: str, shaded: str) -> str | None:
    """Return the shape of a body. The District of Columbia, too small for the country's map, is a circle."""
    if len(fips) > 5:
        at = frame.point(fips)
        return at and f'<circle cx="{at[0]}" cy="{at[1]}" r="{frame.dot}"{shaded}/>'
    path = frame.shape(fips)
    if not path:
        return None
    drawn = f'<path d="{path}"{shaded}/>'
    if ATLAS_CODES.get(fips, fips) == DISTRICT and frame.borders:
        x, y = (float(each) for each in path[1 : path.index("l")].split(" "))
        right, down, radius = DISTRICT_CIRCLE
        drawn += f'<path class="map-leader" d="M{x:.0f} {y:.0f}l{right} {down}"/>'
        drawn += f'<circle cx="{x + right:.0f}" cy="{y + down:.0f}" r="{radius}"{shaded}/>'
    return drawn


def _linked(shape: str, title: str, link: str | None) -> str:
    """Return a shape with its link and with its name, which a pointer shows and a screen reader reads."""
    name = escape(title)
    if link is None:
        return f'<g role="img" aria-label="{name}"><title>{name}</title>{shape}</g>'
    return f'<a href="{escape(link)}" aria-label="{name}"><title>{name}</title>{shape}</a>'


def _shaded(shade: str, key: str) -> str:
    """Return the attributes that colour a shape."""
    fill = f' fill="url(#{escape(key)}-hatch)"' if shade == HATCHED_SHADE else ""
    return f' class="map-area {escape(shade)}"{fill}'


def _marks(frame: Frame, here: str) -> Iterator[str]:
    """Yield the outline of the place's county, and a ring where a city or town lies."""
    county = here
    if len(here) > 5:
        entry = gazetteer.by_code(here)
        county = next(iter(entry.counties), "") if entry else ""
    if path := frame.shape(county):
        yield f'<path class="map-here" d="{path}"/>'
    if len(here) > 5 and (at := frame.point(here)):
        yield f'<circle class="map-here" cx="{at[0]}" cy="{at[1]}" r="{frame.dot * 2}"/>'


def _shown(fips: str) -> bool:
    return bool(far().point(fips) if len(fips) > 5 else far().shape(fips))


def _order(fips: str) -> tuple[str, int, str]:
    """Return the key that sorts states by name, each before its counties, and those before its cities."""
    return NAMES.get(fips[:2], "~"), len(fips), fips


def _counted(count: int) -> str:
    return "1 place is" if count == 1 else f"{count:,} places are"
