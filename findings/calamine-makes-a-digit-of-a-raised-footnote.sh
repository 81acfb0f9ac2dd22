#!/bin/sh
# Finding: python-calamine gives the text of a cell without its formatting, and has no way to ask for that. A count of
# 123 with a raised footnote mark 4 is the text "1234"; a figure that an agency struck out, with the new one behind it,
# is one number of both: 45 struck out before 54 is "4554". Nothing tells such a text from a number that was typed as
# text. pandas reads the column as numbers after `to_numeric`, and no reader of the sheet has seen those. openpyxl does
# the same by default, but has `rich_text=True`, which gives the runs with their fonts.
#
# Seen with python-calamine 0.9.1, openpyxl 3.1.5. Expected: some sign that the text has parts in different form.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5 \
  xlsxwriter==3.3.1
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import openpyxl
import python_calamine
import xlsxwriter

path = f"{sys.argv[1]}/notes.xlsx"
book = xlsxwriter.Workbook(path)
sheet = book.add_worksheet("List")
raised = book.add_format({"font_script": 1})
struck = book.add_format({"font_strikeout": True})
plain = book.add_format()
sheet.write_rich_string(0, 0, "123", raised, "4")
sheet.write_rich_string(1, 0, struck, "45", plain, "54")
book.close()

calamine = [row[0] for row in python_calamine.load_workbook(path).get_sheet_by_name("List").to_python()]
usual = [row[0] for row in openpyxl.load_workbook(path)["List"].values]
rich = [[str(run) for run in row[0]] for row in openpyxl.load_workbook(path, rich_text=True)["List"].values]
print(f"python-calamine: {calamine}\nopenpyxl: {usual}\nopenpyxl, rich_text: {rich}")
if calamine != ["1234", "4554"] or usual != calamine or rich != [["123", "4"], ["45", "54"]]:
    sys.exit("this has changed")
print("as described")
PY
