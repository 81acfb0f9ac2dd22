#!/bin/sh
# Finding: since PyMuPDF 2.0 the cells of `page.find_tables()` have no blanks between words: "New York" comes as
# "NewYork", and "Nassau County Police Department" as one word. The blanks are in the page: `get_text("words")` and
# `get_textbox()` of the same cell give them, and so does `find_tables()` of PyMuPDF 1.26.7 on the same file. No option
# was given, and no warning comes. Whoever compares a list read before an update with one read after it sees that every
# jurisdiction of two words has left the list and a new one has come.
#
# Seen with PyMuPDF 2.0 (with the pymupdf_layout 2.0 and pymupdf4llm 2.0 that it installs) and 1.26.7, on a ruled table
# made with reportlab 4.4.4.
# Expected: the text of a cell as the page has it.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/new"
python3 -m venv "$folder/old"
pip="-m pip install --quiet --disable-pip-version-check"
"$folder/new/bin/python" $pip pymupdf==2.0 pymupdf_layout==2.0 pymupdf4llm==2.0 reportlab==4.4.4
"$folder/old/bin/python" $pip pymupdf==1.26.7
"$folder/new/bin/python" - "$folder/list.pdf" <<'PY'
import sys

from reportlab.lib import colors
from reportlab.platypus import SimpleDocTemplate, Table

rows = [
    ["State", "Agency", "Signed"],
    ["New York", "Nassau County Police Department", "6/1/2025"],
    ["Texas", "Harris County Sheriff's Office", "7/1/2025"],
]
ruled = Table(rows, style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
SimpleDocTemplate(sys.argv[1]).build([ruled])
PY
cat > "$folder/read.py" <<'PY'
import sys

import pymupdf

with pymupdf.open(sys.argv[1]) as document:
    page = document[0]
    table = page.find_tables().tables[0]
    print(table.extract()[1][:2], "| textbox of the first:", page.get_textbox(table.rows[1].cells[0]).strip())
PY
new=$("$folder/new/bin/python" "$folder/read.py" "$folder/list.pdf" | tail -n 1)
old=$("$folder/old/bin/python" "$folder/read.py" "$folder/list.pdf" | tail -n 1)
echo "PyMuPDF 2.0:    $new"
echo "PyMuPDF 1.26.7: $old"
test "$new" = "['NewYork', 'NassauCountyPoliceDepartment'] | textbox of the first: New York" &&
  test "$old" = "['New York', 'Nassau County Police Department'] | textbox of the first: New York" || {
  echo "this has changed"
  exit 1
}
echo "as described"
