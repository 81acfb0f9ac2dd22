#!/bin/sh
# Finding: ultimate-sitemap-parser fills in what a `lastmod` leaves out with what it is today. A sitemap may give a
# month, `2025-07`, or a year, `2024` (W3C's profile of dates, to which the protocol of sitemaps points). Read on the
# 3rd it is 3 July, read on the 4th it is 4 July; the year alone is this day of that year. A file that has not changed
# has pages with another date of change each day, and a watcher that fetches what was changed since its last look
# fetches them, or says so. Nothing marks such a date: it is midnight without a zone, as for a full date.
#
# Seen with ultimate-sitemap-parser 1.8.1, whose dates are read by python-dateutil 2.9.0.post0. Expected: the first of
# the month, or None.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ultimate-sitemap-parser==1.8.1 \
  python-dateutil==2.9.0.post0
"$folder/venv/bin/python" - <<'PY'
import sys
from datetime import date

from usp.tree import sitemap_from_str

GIVEN = ("2024-07", "2024", "2024-07-18")
places = "".join(
    f"<url><loc>https://www.example.gov/{given}</loc><lastmod>{given}</lastmod></url>" for given in GIVEN
)
SITEMAP = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'


def dates(today):
    return [today.replace(year=2024, month=7), today.replace(year=2024), date(2024, 7, 18)]


before = date.today()
found = [page.last_modified for page in sitemap_from_str(SITEMAP).all_pages()]
after = date.today()
for given, moment in zip(GIVEN, found, strict=True):
    print(f"{given}, read on {before}: {moment}")
if any(moment is None or moment.tzinfo for moment in found):
    sys.exit("this has changed")
if [moment.date() for moment in found] not in (dates(before), dates(after)):
    sys.exit("this has changed")
print("as described")
PY
