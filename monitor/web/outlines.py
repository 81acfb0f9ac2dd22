"""The outlines of the maps: the country and each state, in files of their own that browsers keep.

Pages name a shape in such a file (`<use href="/static/outlines-us.svg?...#f48453">`) and colour it, so that a page
holds no outlines. Pages that are written into files hold theirs: browsers that open a page from the disk load no such
file for it. The outlines are data of the package, made by `tools/atlas.py`. Sources and licences: docs/data.md,
"Maps".

Pure: what its functions return depends only on their arguments and on the data of the package.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from monitor.jurisdictions import gazetteer
from monitor.web.albers import pixel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COUNTRY = "us"
FILE_NAME = re.compile(r"outlines-(us|\d\d)\.svg")
# FIPS codes of what the atlas has under another code: counties that were renamed, and the one county of the District of
# Columbia.
ATLAS_CODES = {
    "02270": "02158",
    "46113": "46102",
    "11001": "11",
}
# Lines keep their width at every size of the map. The attribute is not inherited, so each path has it.
PATH = '<path id="{}" vector-effect="non-scaling-stroke" d="{}"/>'
USE = re.compile(r'<use href="/static/(outlines-\w+\.svg)\?[^"#]*#(\w+)"([^>]*)/>')
PATH_IN_FILE = re.compile(r'<path id="(\w+)" ([^>]*)/>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The base of a map: its size in pixels and the outlines that are drawn on it.

    - `name`: `us` for the country, or the FIPS code of the state.
    - `matrix`: turns pixels of the projection into pixels of this map.
    - `land`, `lines`, `borders`: SVG paths of the land, of the lines between counties, and of the borders.
    - `shapes`: the SVG path of each state or county, by FIPS code.
    """

    name: str
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

    @property
    def file_name(self) -> str:
        """The name of the file with these outlines."""
        return f"outlines-{self.name}.svg"

    def point(self, fips: str) -> tuple[float, float] | None:
        """Return the pixel of a city or town on this map; None if its position is unknown or not on the map."""
        entry = gazetteer.by_code(fips)
        if not entry or entry.latitude is None or entry.longitude is None or not near(fips[:2]):
            return None
        x, y = pixel(entry.latitude, entry.longitude, fips[:2])
        a, b, c, d, e, f = self.matrix
        return round(a * x + c * y + e, 1), round(b * x + d * y + f, 1)

    def shape(self, fips: str) -> str | None:
        """Return the SVG path of a state or county; None if this map lacks it."""
        return self.shapes.get(fips) or self.shapes.get(ATLAS_CODES.get(fips, ""))

    def address(self, part: str) -> str:
        """Return the address of a part of the file of these outlines: `land`, `lines`, `borders`, or a FIPS code.

        The code must be of a state or county that this map has. A changed file has another address.
        """
        code = part if part in self.shapes else ATLAS_CODES.get(part, part)
        return f"/static/{self.file_name}?{_hash(self.name)}#{'f' if code.isdecimal() else ''}{code}"


@cache
def far() -> Frame:
    """Return the base of the map of the whole country: its size, and the outlines to draw."""
    return Frame(name=COUNTRY, **_atlas()["far"])


@cache
def near(state: str) -> Frame | None:
    """Return the base of the map of one state: its size, and the outlines to draw. None if the map data lacks it."""
    own = _atlas()["near"].get(state)
    return Frame(name=state, **own | {"shapes": own["shapes"] | {state: own["land"]}}) if own else None


def file_names() -> tuple[str, ...]:
    """Return the names of all files of outlines."""
    return tuple(f"outlines-{name}.svg" for name in (COUNTRY, *sorted(_atlas()["near"])))


def outline_file(file_name: str) -> bytes | None:
    """Return the file of outlines with this name, as SVG: a path for each part, with an id. None if there is none."""
    found = FILE_NAME.fullmatch(file_name)
    frame = (far() if found[1] == COUNTRY else near(found[1])) if found else None
    return _file(frame) if frame else None


def inlined(page: str) -> str:
    """Return the HTML of a page in which each outline stands itself, where it named one in a file of outlines."""
    return USE.sub(lambda found: f"<path{found[3]} {_drawn_parts(found[1])[found[2]]}/>", page)


@cache
def _drawn_parts(file_name: str) -> Mapping[str, str]:
    """Return the attributes that draw each part of a file of outlines, by its id."""
    return dict(PATH_IN_FILE.findall((outline_file(file_name) or b"").decode()))


def _file(frame: Frame) -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height}"><defs>'
        f"{''.join(_paths(frame))}</defs></svg>\n"
    ).encode()


def _paths(frame: Frame) -> Iterator[str]:
    yield PATH.format("land", frame.land)
    yield PATH.format("lines", frame.lines)
    yield PATH.format("borders", frame.borders or frame.land)
    for fips, shape in frame.shapes.items():
        yield PATH.format(f"f{fips}", shape)


@cache
def _hash(name: str) -> str:
    """Return the beginning of the SHA-256 of the file of the outlines of `us` or of a state."""
    frame = far() if name == COUNTRY else near(name)
    return hashlib.sha256(_file(frame)).hexdigest()[:12] if frame else ""


@cache
def _atlas() -> dict[str, Any]:
    packed = files("monitor.web").joinpath("atlas.json.gz").read_bytes()
    atlas: dict[str, Any] = json.loads(gzip.decompress(packed))
    return atlas
