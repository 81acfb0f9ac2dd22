#!/bin/sh
# Finding: addfips, which adds FIPS codes of counties to tables, gives the code of the independent city for a county
# whose column leaves out the word "County", as a column named "County" mostly does. Baltimore, St. Louis, Fairfax,
# Richmond, Roanoke and Franklin name a county and a city that is no part of it. The city is taken each time, without a
# word, though others with one meaning alone are found as counties in the same way.
#
# Seen with addfips 0.4.2: "Fairfax", Virginia, is 51600 (the city), "Fairfax County" is 51059; "Baltimore", Maryland,
# is 24510 (the city), "Baltimore County" is 24005; "St. Louis", Missouri, is 29510 (the city), and so on.
# Expected: the county in a lookup named `get_county_fips`, or none where a name has two meanings.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check addfips==0.4.2 "setuptools<81"
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import addfips

BOTH = [
    ("Baltimore", "Maryland"),
    ("St. Louis", "Missouri"),
    ("Fairfax", "Virginia"),
    ("Franklin", "Virginia"),
    ("Richmond", "Virginia"),
    ("Roanoke", "Virginia"),
]
codes = addfips.AddFIPS()
cities = 0
for name, state in BOTH:
    bare, city, county = (codes.get_county_fips(f"{name}{word}", state=state) for word in ("", " city", " County"))
    print(f"{name}, {state}: {bare}; with 'city' {city}, with 'County' {county}")
    cities += bare == city != county
alone = codes.get_county_fips("Harris", state="Texas")
print(f"Harris, Texas, which is a county alone: {alone}")
if cities != len(BOTH) or alone != "48201":
    sys.exit("this has changed")
print("as described")
PY
