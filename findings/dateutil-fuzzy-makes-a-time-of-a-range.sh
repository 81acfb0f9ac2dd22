#!/bin/sh
# Finding: `dateutil.parser.parse("2017-02-04 to 2017-02-10", fuzzy=True)` is 4 February 2017, 20:17, ten hours behind
# Greenwich: the second date has no place left, so its year is taken for hours and minutes and its day for a time zone.
# A week that is written as a range is neither refused nor read as its first day. Each report gets a time of day that is
# its year, and in UTC it is the next day: 5 February, 06:17. Without `fuzzy` the text is refused, as it should be.
#
# Seen with python-dateutil 2.9.0.post0 and 4.0.0. Expected: a ParserError, or midnight without a zone.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-dateutil==4.0.0
"$folder/venv/bin/python" - <<'PY'
import sys
from datetime import datetime

from dateutil.parser import ParserError, parse

BASE = datetime(2026, 1, 1)
seen = {}
for text in ("2017-02-04 to 2017-02-10", "2017-02-04 to 2017-02-11", "2018-02-04 to 2018-02-10"):
    seen[text] = parse(text, fuzzy=True, default=BASE).isoformat()
    print(f"{text}: {seen[text]}")
try:
    strict = parse("2017-02-04 to 2017-02-10", default=BASE)
except ParserError:
    strict = "refused"
print(f"without fuzzy: {strict}")
described = ["2017-02-04T20:17:00-10:00", "2017-02-04T20:17:00-11:00", "2018-02-04T20:18:00-10:00"]
if list(seen.values()) != described or strict != "refused":
    sys.exit("this has changed")
print("as described")
PY
