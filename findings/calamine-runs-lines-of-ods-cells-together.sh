#!/bin/sh
# Finding: python-calamine drops the line breaks and tabs of a cell in an OpenDocument sheet that stand there as
# `text:line-break` and `text:tab`: "Bell County", a line break, "Texas" is read as "Bell CountyTexas", and two counties
# below each other in a cell are one word. Repeated blanks (`text:s`), which the standard has beside these two, are
# read, and so are lines that are paragraphs of their own, as LibreOffice writes them: the same list has its words apart
# or not by which program wrote it. ezodf reads all of them. A comparison of the two finds the county renamed.
#
# Seen with python-calamine 0.9.1 and ezodf 0.3.2, on a sheet made with odfpy 1.4.1. Expected: "\n" and "\t"
# (OpenDocument 1.2, 6.1.4 and 6.1.5).
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 odfpy==1.4.1 ezodf==0.3.2 \
  lxml==6.1.3
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import ezodf
import python_calamine
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import LineBreak, P, S, Tab

path = f"{sys.argv[1]}/list.ods"
paragraphs = [P(text="Bell County"), P(text="Texas")]
cells = [paragraphs]
for mark in (LineBreak(), Tab(), S(c=2)):
    paragraph = P(text="Bell County")
    paragraph.addElement(mark)
    paragraph.addText("Texas")
    cells.append([paragraph])
row = TableRow()
for content in cells:
    cell = TableCell(valuetype="string")
    for paragraph in content:
        cell.addElement(paragraph)
    row.addElement(cell)
table = Table(name="List")
table.addElement(row)
book = OpenDocumentSpreadsheet()
book.spreadsheet.addElement(table)
book.save(path)

found = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()[0]
right = [cell.value for cell in ezodf.opendoc(path).sheets[0].row(0)]
print(f"paragraphs, line break, tab, blanks\npython-calamine: {found}\nezodf: {right}")
if right != [f"Bell County{mark}Texas" for mark in ("\n", "\n", "\t", "  ")]:
    sys.exit("this has changed: ezodf reads otherwise")
if found != [f"Bell County{mark}Texas" for mark in ("\n", "", "", "  ")]:
    sys.exit("this has changed")
print("as described")
PY
