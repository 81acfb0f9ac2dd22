#!/bin/sh
# Finding: python-calamine gives the same for a cell in which Excel shows `#N/A`, `#REF!` or `#DIV/0!` as for one that is
# empty: "". So does pandas with its engine `calamine`. A look-up that found no county, a link to a sheet that was
# deleted, and a county that was never filled in are one; nothing in the library tells that a cell has an error. The
# same words typed as text are kept: "#N/A" is there or gone by how the sheet was made. openpyxl gives the error's text,
# and says `data_type` "e". A list whose formulas break between two issues has lost its values, and nobody is told why.
#
# Seen with python-calamine 0.9.1, openpyxl 3.1.5, pandas 3.1.1. Expected: the error as text, or a value of its own.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5 \
  pandas==3.1.1 xlsxwriter==3.3.1
"$folder/venv/bin/python" - "$folder/a.xlsx" <<'PY'
import sys

import openpyxl
import pandas
import python_calamine
import xlsxwriter

with xlsxwriter.Workbook(sys.argv[1]) as book:
    sheet = book.add_worksheet()
    for row, error in enumerate(("#N/A", "#REF!", "#DIV/0!")):
        sheet.write_formula(row, 0, "=VLOOKUP(1,B1:C2,2,0)", None, error)
    sheet.write_string(3, 0, "#N/A")
    sheet.write_string(4, 0, "")
    sheet.write_string(4, 1, "end")
book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])
by_calamine = [row[0] for row in book.get_sheet_by_index(0).to_python()]
cells = [row[0] for row in openpyxl.load_workbook(sys.argv[1], data_only=True).active.iter_rows()]
by_openpyxl = [(cell.value, cell.data_type) for cell in cells]
frame = pandas.read_excel(sys.argv[1], engine="calamine", header=None, na_values=[], keep_default_na=False)
by_pandas = frame[0].tolist()
print("calamine:", by_calamine)
print("openpyxl:", by_openpyxl)
print("pandas with calamine:", by_pandas)
errors = [("#N/A", "e"), ("#REF!", "e"), ("#DIV/0!", "e")]
if by_calamine != ["", "", "", "#N/A", ""] or by_pandas != by_calamine or by_openpyxl[:3] != errors:
    sys.exit("this has changed")
print("as described")
PY
