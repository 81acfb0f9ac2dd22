"""Draws maps as SVG: the country or a state, with listed places in colour, each of them a link.

Places are given by their FIPS code: two digits for a state, five for a county, seven or ten for a city or town, which
is drawn as a dot. Former counties (Connecticut's, until 2022) are drawn as they were. `static/figures.css` says how
each CSS class looks. The outlines stand in files of their own: see `outlines.py`.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES
from monitor.web.outlines import ATLAS_CODES, far, near

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from monitor.web.outlines import Frame

NAMES = {fips: name for name, fips in STATES.values()}
DISTRICT = "11"
MAX_LINKED_PLACES = 600  # places that have a link each on the map of the country; with more, each state has one
HATCHED_SHADE = "shade-removed"  # told from the others by more than its colour
DISTRICT_CIRCLE = (330, 170, 36)  # where the district's circle lies, right of it and down, in the Atlantic; its radius


@dataclass(frozen=True, slots=True, kw_only=True)
class ColouredBodies:
    """The places of a map that are drawn in colour, as SVG.

    `areas` are states and counties, which are drawn below the borders; `dots` are cities and towns, drawn above
    everything. `count` is the number of places.
    """

    areas: tuple[str, ...]
    dots: tuple[str, ...]
    count: int


def county_map(
    shades: Mapping[str, str],
    *,
    titles: Mapping[str, str],
    links: Mapping[str, str],
    heading: str,
    key: str = "map",
) -> Markup:
    """Draw a map of the United States with some states, counties and cities in colour.

    - `shades`, `titles`, `links`: the CSS class, the name and the address of each place, by its FIPS code. With more
      than `MAX_LINKED_PLACES` places, each state is one link, to what `links` has for the state's code.
    - `heading`: the title of the map.
    - `key`: the beginning of the ids in the SVG; maps on the same page need different keys.

    Places that the map data lacks are not drawn; `off_the_map` returns them.
    """
    if len(shades) > MAX_LINKED_PLACES:
        drawn = _by_state(far(), shades, links, key)
    else:
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
    """Draw a map of one state with its counties, north up; None for a state that the map data lacks.

    - `state`: the state's FIPS code of two digits.
    - `shades`, `titles`, `links`, `heading`, `key`: as for `county_map`.
    - `here`: the FIPS code of a place to be marked. A county is marked by its outline; a city or town by a ring, and by
      the outline of the county in which most of it lies.
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
    """Return those of the FIPS codes `some`, in order, that the map can't show: of territories and unknown places."""
    return tuple(sorted({fips for fips in some if not _shown(fips)}, key=_order))


def legend(shades: Mapping[str, str], *, key: str = "map") -> Markup:
    """Return the legend of a map: an HTML list with a coloured sample and a meaning for each CSS class.

    `shades` maps the class to the meaning. `key` is that of the map.
    """
    items = "".join(
        f'<li><svg class="map-swatch" viewBox="0 0 96 72" aria-hidden="true">'
        f'<rect width="96" height="72"{_shaded(shade, key)}/></svg> {escape(meaning)}</li>'
        for shade, meaning in shades.items()
    )
    return Markup(f'<ul class="map-legend">{items}</ul>')  # noqa: S704 - escaped above


def body_name(fips: str) -> str:
    """Return the name of a place with its state; for an unknown FIPS code, the code itself."""
    entry = gazetteer.by_code(ATLAS_CODES.get(fips, fips) if len(fips) == 2 else fips)
    if not entry:
        return fips
    name = entry.jurisdiction.name
    return name if len(entry.jurisdiction.fips or "") == 2 else f"{name}, {NAMES[fips[:2]]}"


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
    """Return a whole map as SVG. For screen readers it is a picture, or a group if it has links.

    - `drawn`: the places in colour. `heading`: the title. `key`: the beginning of the ids.
    - `place`, `kind`: what the map shows, and which CSS class it has.
    - `above`, `further`: more SVG.

    On the map of the country, a coloured state covers the lines between its counties; with the lines it would look as
    if each county were coloured. On the map of one state, the lines lie faintly over the colour, as a help to readers.
    """
    role = "group" if any(each.startswith("<a ") for each in (*drawn.areas, *drawn.dots)) else "img"
    told = f"Map of {place}. {_counted(drawn.count)} coloured.{further}"
    key = escape(key)
    land, lines, borders = (_use(frame, part, f' class="map-{part}"') for part in ("land", "lines", "borders"))
    under = (lines, *drawn.areas) if frame.borders else (*drawn.areas, lines)
    return Markup(  # noqa: S704 - escaped where it came in
        f'<svg class="map {kind}" viewBox="0 0 {frame.width} {frame.height}" role="{role}" '
        f'aria-labelledby="{key}-title" aria-describedby="{key}-desc">'
        f'<title id="{key}-title">{escape(heading)}</title><desc id="{key}-desc">{escape(told)}</desc>'
        f'<defs><pattern id="{key}-hatch" width="30" height="30" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45) scale({1 if frame.borders else 2})">'
        f'<path class="map-hatch-under" d="M0 0h30v30H0z"/><path class="map-hatch-line" d="M15 0v30"/></pattern></defs>'
        f"{land}{''.join(under)}{borders}{''.join(drawn.dots)}{above}</svg>"
    )


def _use(frame: Frame, part: str, attributes: str) -> str:
    """Return an element of SVG that draws a part of the file of outlines, as `Frame.address` calls it."""
    return f'<use href="{escape(frame.address(part))}"{attributes}/>'


def _coloured(
    frame: Frame, shades: Mapping[str, str], titles: Mapping[str, str], links: Mapping[str, str], key: str
) -> ColouredBodies:
    """Return the places of a map that are in colour, as SVG, sorted by state and FIPS code.

    The arguments are as for `county_map`.
    """
    areas: list[str] = []
    dots: list[str] = []
    for fips in sorted(shades, key=_order):
        if shape := _shape(frame, fips, _shaded(shades[fips], key)):
            (dots if len(fips) > 5 else areas).append(
                _linked(shape, titles.get(fips) or body_name(fips), links.get(fips))
            )
    return ColouredBodies(areas=tuple(areas), dots=tuple(dots), count=len(areas) + len(dots))


def _by_state(frame: Frame, shades: Mapping[str, str], links: Mapping[str, str], key: str) -> ColouredBodies:
    """Return the places of the map of the country that are in colour, those of each state together as one link."""
    areas: list[str] = []
    count = 0
    for state, codes in groupby(sorted(shades, key=_order), key=lambda fips: fips[:2]):
        drawn = [shape for fips in codes if (shape := _shape(frame, fips, _shaded(shades[fips], key)))]
        if not drawn:
            continue
        count += len(drawn)
        reach = _use(frame, state, ' class="map-reach"') if frame.shape(state) else ""
        title = f"{body_name(state)}: {_places(len(drawn))}"
        areas.append(_linked(reach + "".join(drawn), title, links.get(state)))
    return ColouredBodies(areas=tuple(areas), dots=(), count=count)


def _shape(frame: Frame, fips: str, shaded: str) -> str | None:
    """Return a place as SVG; None if it is not on the map. `shaded` are the attributes that colour it.

    The District of Columbia is too small on the map of the country, so a circle in the Atlantic is drawn as well.
    """
    if len(fips) > 5:
        at = frame.point(fips)
        return at and f'<circle cx="{at[0]}" cy="{at[1]}" r="{frame.dot}"{shaded}/>'
    path = frame.shape(fips)
    if not path:
        return None
    drawn = _use(frame, fips, shaded)
    if ATLAS_CODES.get(fips, fips) == DISTRICT and frame.borders:
        x, y = (float(each) for each in path[1 : path.index("l")].split(" "))
        right, down, radius = DISTRICT_CIRCLE
        drawn += f'<path class="map-leader" d="M{x:.0f} {y:.0f}l{right} {down}"/>'
        drawn += f'<circle cx="{x + right:.0f}" cy="{y + down:.0f}" r="{radius}"{shaded}/>'
    return drawn


def _linked(shape: str, title: str, link: str | None) -> str:
    """Return a shape with its link, if it has one, and its name, which appears under the mouse pointer.

    A screen reader reads the name, too.
    """
    name = escape(title)
    if link is None:
        return f'<g role="img" aria-label="{name}"><title>{name}</title>{shape}</g>'
    return f'<a href="{escape(link)}" aria-label="{name}"><title>{name}</title>{shape}</a>'


def _shaded(shade: str, key: str) -> str:
    """Return the SVG attributes that colour a shape, for the CSS class `shade`."""
    fill = f' fill="url(#{escape(key)}-hatch)"' if shade == HATCHED_SHADE else ""
    return f' class="map-area {escape(shade)}"{fill}'


def _marks(frame: Frame, here: str) -> Iterator[str]:
    """Yield the marks for the place `here`: the outline of its county, and a ring around a city or town."""
    county = here
    if len(here) > 5:
        entry = gazetteer.by_code(here)
        county = next(iter(entry.counties), "") if entry else ""
    if frame.shape(county):
        yield _use(frame, county, ' class="map-here"')
    if len(here) > 5 and (at := frame.point(here)):
        yield f'<circle class="map-here" cx="{at[0]}" cy="{at[1]}" r="{frame.dot * 2}"/>'


def _shown(fips: str) -> bool:
    return bool(far().point(fips) if len(fips) > 5 else far().shape(fips))


def _order(fips: str) -> tuple[str, int, str]:
    """Return a key for sorting FIPS codes: states by name, each followed by its counties and then its cities."""
    return NAMES.get(fips[:2], "~"), len(fips), fips


def _counted(count: int) -> str:
    return f"{_places(count)} {'is' if count == 1 else 'are'}"


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count:,} places"
