#!/bin/sh
# Finding: inscriptis, with which change watchers turn pages into text, lays out the rows of a table without regard to
# `rowspan`. Where a state stands once beside its agencies, the second agency is written in the column of states and its
# date in the column of agencies, and nothing is left to tell that from a real row. A county that is read from the
# second column is a date; a filter for the state's lines misses all agencies but the first. `colspan` has the same
# effect on what follows in its row.
#
# Seen with inscriptis 2.7.6. Expected: an empty place under the spanning cell, since the library is made to keep the
# layout of tables, which sets it apart from others.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check inscriptis==2.7.6 lxml==6.1.3
"$folder/venv/bin/python" - <<'PY'
import sys

from inscriptis import get_text

TABLE = """<table><tr><th>State</th><th>Agency</th><th>Signed</th></tr>
<tr><td rowspan="2">Florida</td><td>Baker County</td><td>5/1/2025</td></tr>
<tr><td>Clay County</td><td>5/2/2025</td></tr>
<tr><td colspan="2">Not stated</td><td>5/3/2025</td></tr></table>"""
header, first, second, third = (line for line in get_text(TABLE).splitlines() if line.strip())
print(header, first, second, third, sep="\n")
described = (
    first.index("Baker") == header.index("Agency")
    and second.index("Clay") == header.index("State")
    and second.index("5/2/2025") == header.index("Agency")
    and third.index("5/3/2025") == header.index("Agency")
)
if not described:
    sys.exit("this has changed")
print("as described")
PY
