"""Places points of the globe on a map of the United States of 975 by 610 pixels, as d3's geoAlbersUsa does.

The map consists of three equal-area conic projections side by side: the 48 states, Alaska at 0.35 of their scale, and
Hawaii. Source: d3-geo, `albersUsa.js`, with the scale and the middle that the package `us-atlas` was made with.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SCALE = 1300
MIDDLE = (487.5, 305.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conic:
    """An equal-area conic projection, which turns places on the globe into pixels.

    `meridian`, `centre` and `parallels` (its central meridian, centre and standard parallels) are in degrees, `scale`
    and `middle` in pixels.
    """

    meridian: float
    centre: tuple[float, float]
    parallels: tuple[float, float]
    scale: float
    middle: tuple[float, float]

    def pixel(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return the pixel for a point of the globe, counted right and down from the map's upper left corner.

        `latitude` and `longitude` are in degrees.
        """
        x, y = self._flat(latitude, longitude - self.meridian)
        x0, y0 = self._flat(self.centre[1], self.centre[0])
        return self.middle[0] + self.scale * (x - x0), self.middle[1] - self.scale * (y - y0)

    def apex(self) -> tuple[float, float]:
        """Return the pixel in which all meridians meet: from everywhere on the map, north is towards it."""
        cone, offset = self._cone()
        x0, y0 = self._flat(self.centre[1], self.centre[0])
        return self.middle[0] - self.scale * x0, self.middle[1] - self.scale * (math.sqrt(offset) / cone - y0)

    def _cone(self) -> tuple[float, float]:
        low, high = (math.sin(math.radians(parallel)) for parallel in self.parallels)
        cone = (low + high) / 2
        return cone, 1 + low * (2 * cone - low)

    def _flat(self, latitude: float, longitude: float) -> tuple[float, float]:
        cone, offset = self._cone()
        radius = math.sqrt(offset - 2 * cone * math.sin(math.radians(latitude))) / cone
        turn = cone * math.radians((longitude + 180) % 360 - 180)
        return radius * math.sin(turn), math.sqrt(offset) / cone - radius * math.cos(turn)


LOWER = Conic(meridian=-96, centre=(-0.6, 38.7), parallels=(29.5, 45.5), scale=SCALE, middle=MIDDLE)
ALASKA = Conic(
    meridian=-154,
    centre=(-2, 58.5),
    parallels=(55, 65),
    scale=SCALE * 0.35,
    middle=(MIDDLE[0] - 0.307 * SCALE, MIDDLE[1] + 0.201 * SCALE),
)
HAWAII = Conic(
    meridian=-157,
    centre=(-3, 19.9),
    parallels=(8, 18),
    scale=SCALE,
    middle=(MIDDLE[0] - 0.205 * SCALE, MIDDLE[1] + 0.212 * SCALE),
)
APEX = LOWER.apex()


def pixel(latitude: float, longitude: float, state: str) -> tuple[float, float]:
    """Return where a point of a state lies on the map, in pixels right and down from the upper left corner.

    `latitude` and `longitude` are in degrees; `state` is its FIPS code of two digits. The territories are not on the
    map: for them the pixel is wrong.
    """
    return {"02": ALASKA, "15": HAWAII}.get(state, LOWER).pixel(latitude, longitude)
