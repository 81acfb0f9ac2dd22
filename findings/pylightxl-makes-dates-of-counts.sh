#!/bin/sh
# Finding: pylightxl gives a date in place of a number wherever the cell's number format has a letter that dates have
# too, also where it stands in quotation marks as a unit, or is the name of a colour. A count of 45 detainers shown as
# "45 days", a fiscal year shown as "FY2025", and a count shown in red come as dates of the years 1900, 1905 and 2023,
# as text, and nothing tells. In a workbook such formats are everyday; openpyxl and python-calamine read the numbers.
#
# Seen with pylightxl 1.61: '1900/02/13 00:00:00', '1905/07/17', '2023/03/15' for 45, 2025 and 45000.
# Expected: the numbers, as they stand in the cells.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pylightxl==1.61 XlsxWriter==3.2.9 openpyxl==3.1.5
"$folder/venv/bin/python" - "$folder/list.xlsx" <<'PY'
import sys

import openpyxl
import pylightxl
import xlsxwriter

FORMATS = {'0" days"': 45, '"FY"0': 2025, "[Red]0": 45000}
with xlsxwriter.Workbook(sys.argv[1]) as book:
    sheet = book.add_worksheet("Detainers")
    for row, (shown, number) in enumerate(FORMATS.items()):
        sheet.write_number(row, 0, number, book.add_format({"num_format": shown}))
right = [row[0].value for row in openpyxl.load_workbook(sys.argv[1]).active.iter_rows()]
seen = [row[0] for row in pylightxl.readxl(sys.argv[1]).ws("Detainers").rows]
for shown, by_openpyxl, by_pylightxl in zip(FORMATS, right, seen, strict=True):
    print(f"{shown}: openpyxl {by_openpyxl!r}, pylightxl {by_pylightxl!r}")
if right != list(FORMATS.values()) or seen != ["1900/02/13 00:00:00", "1905/07/17", "2023/03/15"]:
    sys.exit("this has changed")
print("as described")
PY
