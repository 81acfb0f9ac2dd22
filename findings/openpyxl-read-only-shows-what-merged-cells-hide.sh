#!/bin/sh
# Finding: openpyxl reads other values from one and the same sheet with `read_only=True` than without. Where cells were
# merged and the values below the first were kept, as LibreOffice offers to do, Excel and LibreOffice show "Texas" over
# three rows, and openpyxl has Texas and two empty cells. In read-only mode it has Texas, Nevada and Utah: values that
# no reader of the sheet sees. pandas opens its files in that mode, and python-calamine does likewise. Who fills a state
# down over the rows of a merged cell must look at the merged range, and not at whether the cells below are empty;
# read-only sheets of openpyxl have no `merged_cells`.
#
# Seen with openpyxl 3.1.5, python-calamine 0.9.1, pandas 3.1.1. Expected: the same values in both modes.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openpyxl==3.1.5 python-calamine==0.9.1 \
  pandas==3.1.1 xlsxwriter==3.3.1
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import openpyxl
import pandas
import python_calamine
import xlsxwriter

path = f"{sys.argv[1]}/merged.xlsx"
book = xlsxwriter.Workbook(path)
sheet = book.add_worksheet("List")
sheet.write_row(0, 0, ["State", "Agency"])
sheet.merge_range(1, 0, 3, 0, "Texas")
sheet.write(2, 0, "Nevada")
sheet.write(3, 0, "Utah")
sheet.write_column(1, 1, ["Bell County", "Coke County", "Frio County"])
book.close()

usual = openpyxl.load_workbook(path)["List"]
quick = openpyxl.load_workbook(path, read_only=True)["List"]
found = {
    "openpyxl": [row[0] for row in usual.iter_rows(min_row=2, values_only=True)],
    "openpyxl, read_only": [row[0] for row in quick.iter_rows(min_row=2, values_only=True)],
    "pandas by openpyxl": pandas.read_excel(path, engine="openpyxl")["State"].tolist(),
    "python-calamine": [row[0] for row in python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()][1:],
}
for reader, states in found.items():
    print(f"{reader}: {states}")
hidden = ["Texas", "Nevada", "Utah"]
described = found.pop("openpyxl") == ["Texas", None, None] and all(states == hidden for states in found.values())
if not described or hasattr(quick, "merged_cells"):
    sys.exit("this has changed")
print("as described")
PY
