#!/bin/sh
# Finding: `text_to_edtf` of edtf reads "not before June 2025" as all the time before June 2025, and "no later than June
# 2025" as all the time after it: the opposite, since it looks for the words "before" and "later" alone. "on or before"
# and "June 2025 or later" it reads as they are meant. The days of a week, as reports give them, get another year: "4-10
# Feb 2017" is 10 February 2004 and "February 4-10, 2017" is 4 February 2010: the day beside the month is taken for a
# year of two digits. All of these are valid EDTF and parse as dates; for "pending" and other texts that it doesn't
# understand the library gives None.
#
# Seen with edtf 5.0.2. Expected: `2025-06/` and `/2025-06`, `2017-02-04/2017-02-10`; or None.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check edtf==5.0.2
"$folder/venv/bin/python" - <<'PY'
import sys

from edtf import parse_edtf, text_to_edtf

SEEN = {
    "before June 2025": "/2025-06",
    "not before June 2025": "/2025-06",
    "no earlier than June 2025": "/2025-06",
    "after June 2025": "2025-06/",
    "not after June 2025": "2025-06/",
    "no later than June 2025": "2025-06/",
    "10 Feb 2017": "2017-02-10",
    "4-10 Feb 2017": "2004-02-10",
    "February 4-10, 2017": "2010-02-04",
    "pending": None,
}
found = {text: text_to_edtf(text) for text in SEEN}
for text, date in found.items():
    print(f"{text}: {date and parse_edtf(date)!r}")
if found != SEEN:
    sys.exit("this has changed")
print("as described")
PY
