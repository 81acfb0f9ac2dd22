#!/bin/sh
# Finding: bolivar, which reads PDF files by the names of pdfplumber and calls itself a drop-in for it, takes a curly
# apostrophe of Helvetica for 10 points wide where it is 2.2: its own tables of the standard fonts have no width for
# it. All that stands behind it on the line moves to the right. In a table it moves into the next cell, and letters of
# the two are mixed: "Honored if ‘convicted’ before trial or" and "2017" are read as "Honored if ‘convicted’ before
# tria" and "l 2o0r17". With straight apostrophes both are right; pdfplumber reads both. No error, no warning. Nearly
# every list of sheriffs' offices that was written in a word processor has curly apostrophes, and PDF files need not
# have widths for the standard fonts in them.
#
# Seen with bolivar 2.2.1 and pdfplumber 0.11.10. Expected: the widths of Adobe's metrics, as pdfplumber has them.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in pdfplumber==0.11.10 bolivar==2.2.1; do  # each brings a module `pdfplumber`
  python3 -m venv "$folder/$name"
  "$folder/$name/bin/pip" install --quiet --disable-pip-version-check "$name"
done
"$folder/pdfplumber==0.11.10/bin/pip" install --quiet --disable-pip-version-check reportlab==5.1.0
"$folder/pdfplumber==0.11.10/bin/python" - "$folder/a.pdf" <<'PY'
import sys

from reportlab.pdfgen.canvas import Canvas

page = Canvas(sys.argv[1], pagesize=(400, 120), invariant=1)
for y, text in ((70, "Honored if ‘convicted’ before trial or"), (30, "Honored if 'convicted' before trial or")):
    page.setFont("Helvetica", 10)
    width = page.stringWidth(text, "Helvetica", 10) + 6
    for x, cell_width, cell in ((20, width, text), (20 + width, 60, "2017")):
        page.rect(x, y - 8, cell_width, 26)
        page.drawString(x + 4, y, cell)
page.save()
PY
cat > "$folder/read.py" <<'PY'
import sys

import pdfplumber

with pdfplumber.open(sys.argv[1]) as document:
    print(*(row for table in document.pages[0].extract_tables() for row in table))
PY
seen=
for name in pdfplumber==0.11.10 bolivar==2.2.1; do
  read=$("$folder/$name/bin/python" "$folder/read.py" "$folder/a.pdf")
  echo "$name: $read"
  seen="$seen$read;"
done
straight="[\"Honored if 'convicted' before trial or\", '2017']"
expected="['Honored if ‘convicted’ before trial or', '2017'] $straight;"
expected="${expected}['Honored if ‘convicted’ before tria', 'l 2o0r17'] $straight;"
if [ "$seen" != "$expected" ]; then
  echo "this has changed" >&2
  exit 1
fi
echo "as described"
