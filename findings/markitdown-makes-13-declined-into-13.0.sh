#!/bin/sh
# Finding: markitdown, by which many give spreadsheets to a language model, changes what the cells say. Where one row
# has no count, all counts of the column get a decimal point: 13 is told as "13.0". An empty cell is told as "NaN", and
# so is a cell whose text is NA, as one writes it for "not applicable": the two can't be told apart any more. A cell
# with a bar in it becomes two cells, so that all behind it stand under the header of another column: the code of a
# county under "Declined". Nothing is said. The tables go through the types of pandas and then into Markdown, in which
# the bar is not escaped.
#
# Seen with markitdown 0.1.9 (pandas 3.1.1, openpyxl 3.1.5). Expected: "13", an empty cell, "NA", and "\|" for the bar.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "markitdown[xlsx]==0.1.9" pandas==3.1.1 \
  openpyxl==3.1.5
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import openpyxl
from markitdown import MarkItDown

ROWS = [
    ["County", "Code", "Declined", "Note"],
    ["Bee County", "48025", 13, "NA"],
    ["Kay | Polk", "40071", None, None],
]
path = f"{sys.argv[1]}/declined.xlsx"
book = openpyxl.Workbook()
for row in ROWS:
    book.active.append(row)
book.save(path)
told = MarkItDown().convert(path).text_content.splitlines()
rows = [line for line in told if line.startswith("|") and "---" not in line]
print("\n".join(rows))
if rows != [
    "| County | Code | Declined | Note |",
    "| Bee County | 48025 | 13.0 | NaN |",
    "| Kay | Polk | 40071 | NaN | NaN |",
]:
    sys.exit("this has changed")
print("as described")
PY
