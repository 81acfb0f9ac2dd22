#!/bin/sh
# Finding: `dateparser.parse("N/A")` is yesterday, and so is "#N/A", the value of a spreadsheet's cell that has none.
# The library tries some two hundred languages, and in Estonian "N/A" passes for a day ago. The postal codes of a dozen
# states are dates too: OR is today, OK a month ago, ME two days ago, MO last Monday, LA last Saturday, DE December. A
# column "date signed" in which an agency has none yet thus gets a plausible date, another one each day that it is read.
# With `languages=["en"]` most of them go away, though not MO.
#
# Seen with dateparser 1.5.0. Expected: None, as for "TBD" and "Pending".
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dateparser==1.5.0
"$folder/venv/bin/python" - <<'PY'
import sys
from datetime import datetime

import dateparser

FRIDAY = datetime(2025, 7, 18)


def read(text, **more):
    found = dateparser.parse(text, settings={"RELATIVE_BASE": FRIDAY}, **more)
    return found and found.date().isoformat()


none = {text: read(text) for text in ("N/A", "#N/A", "TBD", "Pending")}
print(f"read on 18 July 2025: {none}")
codes = {code: read(code) for code in ("OR", "OK", "ME", "MO", "LA", "DE", "TX")}
print(f"codes of states: {codes}")
english = {text: read(text, languages=["en"]) for text in ("N/A", "#N/A", "MO")}
print(f"as English: {english}")
described = (
    none == {"N/A": "2025-07-17", "#N/A": "2025-07-17", "TBD": None, "Pending": None}
    and codes["OR"] == "2025-07-18"
    and codes["OK"] == "2025-06-18"
    and codes["MO"] == "2025-07-14"
    and codes["DE"].startswith("2025-12")
    and codes["TX"] is None
    and english == {"N/A": None, "#N/A": None, "MO": "2025-07-14"}
)
if not described:
    sys.exit("this has changed")
print("as described")
PY
