#!/bin/sh
# Finding: ultimate-sitemap-parser gives other addresses than a sitemap has. XML asks for "&amp;" where an address has
# an "&"; the library reads that rightly, and then reads the result once more, as if it were HTML: `?state=TX&region=2`
# becomes `?state=TX®ion=2`, and `&section=` becomes `§ion=`. So it is with each parameter that begins like one of the
# hundred names that HTML reads without their semicolon: `copy`, `degree`, `notice`, `parameter`, `current`, `times`;
# with `&order=` and `&page=` all is well. Nothing is raised, and the page is one that the server doesn't have, or its
# page of all regions, since `region` is no longer given. RSS and Atom feeds and indexes of sitemaps are read in the
# same way; a sitemap of plain lines is not.
#
# Seen with ultimate-sitemap-parser 1.8.1. Expected: the addresses that the XML has, as the standard library reads them.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ultimate-sitemap-parser==1.8.1
PYTHONIOENCODING=utf-8 "$folder/venv/bin/python" - <<'PY'
import sys
import xml.etree.ElementTree as ET

from usp.tree import sitemap_from_str

SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
QUERIES = {
    "?state=TX&region=2": "?state=TX\N{REGISTERED SIGN}ion=2",
    "?year=2025&section=3": "?year=2025\N{SECTION SIGN}ion=3",
    "?year=2025&notice=7": "?year=2025\N{NOT SIGN}ice=7",
    "?state=TX&order=2": "?state=TX&order=2",
}
addresses = [f"https://www.example.gov/list{query}" for query in QUERIES]
places = "".join(f"<url><loc>{address.replace('&', '&amp;')}</loc></url>" for address in addresses)
SITEMAP = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{SPACE}">{places}</urlset>'

standard = [place.text for place in ET.fromstring(SITEMAP.encode()).iter(f"{{{SPACE}}}loc")]
parsed = [page.url for page in sitemap_from_str(SITEMAP).all_pages()]
lines = [page.url for page in sitemap_from_str("\n".join(addresses) + "\n").all_pages()]
for address, given in zip(standard, parsed, strict=True):
    print(f"{address} is read as {given}")
if standard != addresses or lines != addresses:
    sys.exit("this has changed: the sitemap itself is read otherwise")
if parsed != [f"https://www.example.gov/list{query}" for query in QUERIES.values()]:
    sys.exit("this has changed")
print("as described")
PY
