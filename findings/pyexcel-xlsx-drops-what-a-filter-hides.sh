#!/bin/sh
# Finding: pyexcel-xlsx leaves out the rows and the columns that are hidden, unless it is told not to. Who saves a
# workbook while a filter shows one state hides the rows of all others; the file has them all the same, and whoever
# opens it can show them with a click. A watcher that reads it by pyexcel sees all agencies but those of one state go,
# and come back when the sheet is saved without the filter. Nothing is said, and the rows that are left are numbered
# anew, so that the gap can't be seen. openpyxl, which does the reading, gives all rows.
#
# Seen with pyexcel 0.7.6, pyexcel-io 0.6.8, pyexcel-xlsx 0.6.1, openpyxl 3.1.5. Expected: all rows and columns, with
# `skip_hidden_row_and_column=True` for those who want fewer. Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyexcel==0.7.6 pyexcel-io==0.6.8 \
  pyexcel-xlsx==0.6.1 openpyxl==3.1.5
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import openpyxl
import pyexcel

ROWS = [["State", "Agency", "Type"], ["Florida", "Bay", "County"], ["Texas", "Bee", "County"], ["Texas", "Kay", "City"]]
path = f"{sys.argv[1]}/agencies.xlsx"
book = openpyxl.Workbook()
sheet = book.active
for row in ROWS:
    sheet.append(row)
sheet.auto_filter.ref = "A1:C4"
sheet.auto_filter.add_filter_column(0, ["Florida"])
for number in (3, 4):
    sheet.row_dimensions[number].hidden = True
sheet.column_dimensions["C"].hidden = True
book.save(path)
usual = pyexcel.get_array(file_name=path)
asked = pyexcel.get_array(file_name=path, skip_hidden_row_and_column=False)
print(f"usual: {usual}\nwith skip_hidden_row_and_column=False: {asked}")
if usual != [["State", "Agency"], ["Florida", "Bay"]] or asked != ROWS:
    sys.exit("this has changed")
print("as described")
PY
