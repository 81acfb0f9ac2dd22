#!/bin/sh
# Finding: `htmldate.find_date` gives "Updated: July 2025" as 1 January 2025: it takes the year and drops the month that
# is named beside it. And "Updated 04/05/2025" on a page that says `lang="en-US"` is 4 May, not 5 April: the day is
# taken to come first in whatever country; "04/18/2025", which can only be read month first, is read so, and so the
# dates of one page's issues jump back and forth. Who asks how old an agency's list is gets an answer that is months
# off, as a full date with nothing that marks a guess.
#
# Seen with htmldate 1.11.0. Expected: None or 2025-07 for a month without a day; 5 April, or None, for an American
# page.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check htmldate==1.11.0
"$folder/venv/bin/python" - <<'PY'
import sys

from htmldate import find_date

PAGE = (
    '<!DOCTYPE html><html lang="en-US"><head><title>List</title></head>'
    "<body><h1>Participating agencies</h1><p>{}</p></body></html>"
)
seen = {}
for text in ("Updated: July 8, 2025", "Updated: July 2025", "Updated: February 2017", "Updated 04/18/2025",
             "Updated 04/05/2025"):
    seen[text] = find_date(PAGE.format(text))
    print(f"{text}: {seen[text]}")
if list(seen.values()) != ["2025-07-08", "2025-01-01", "2017-01-01", "2025-04-18", "2025-05-04"]:
    sys.exit("this has changed")
print("as described")
PY
