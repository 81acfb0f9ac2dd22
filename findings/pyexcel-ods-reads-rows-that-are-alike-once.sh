#!/bin/sh
# Finding: pyexcel-ods gives one row of an OpenDocument sheet where it has several that are alike. Such rows, if they
# follow each other, may be written as one element with `table:number-rows-repeated`, as Excel for the web does; the
# library heeds the same attribute of cells, and passes over that of rows. A list without identifiers, in which one
# county stands three times for three refused requests, has it once. Cells that a merged one covers are left out too, so
# that "Bell County" moves to the column of states. Its neighbour pyexcel-ods3 reads both rightly; but where the two are
# installed, `pyexcel_ods3.get_data()` is answered by pyexcel-ods, without a word. Only `library=` of pyexcel-io decides.
# A program that reads a list rightly reads fewer rows from the day that something else brings pyexcel-ods along.
#
# Seen with pyexcel-ods 0.6.0, pyexcel-ods3 0.6.1, pyexcel-io 0.6.8, on a sheet made with odfpy 1.4.1; python-calamine
# 0.9.1 reads all rows. Expected: as many rows as the sheet has, and the reader that was called.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip="$folder/venv/bin/pip install --quiet --disable-pip-version-check"
$pip pyexcel-ods3==0.6.1 pyexcel-io==0.6.8 odfpy==1.4.1 python-calamine==0.9.1
"$folder/venv/bin/python" - "$folder/list.ods" <<'PY'
import sys

from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P


def cell(text, **more):
    made = TableCell(valuetype="string", **more)
    made.addElement(P(text=text))
    return made


ROWS = (
    ({}, [cell("State"), cell("Agency")]),
    ({"numberrowsrepeated": 3}, [cell("Florida"), cell("Clay County")]),
    ({}, [cell("Texas", numberrowsspanned=2, numbercolumnsspanned=1), cell("Frio County")]),
    ({}, [CoveredTableCell(), cell("Bell County")]),
)
book, table = OpenDocumentSpreadsheet(), Table(name="List")
for more, cells in ROWS:
    row = TableRow(**more)
    for each in cells:
        row.addElement(each)
    table.addElement(row)
book.spreadsheet.addElement(table)
book.save(sys.argv[1])
PY
cat > "$folder/call.py" <<'PY'
import sys

import pyexcel_ods3

print("pyexcel_ods3.get_data():", pyexcel_ods3.get_data(sys.argv[1])["List"])
PY
cat > "$folder/name.py" <<'PY'
import sys

import pyexcel_io
import python_calamine

for library in ("pyexcel-ods", "pyexcel-ods3"):
    print(f"library={library!r}:", pyexcel_io.get_data(sys.argv[1], library=library)["List"])
print("python-calamine:", python_calamine.load_workbook(sys.argv[1]).get_sheet_by_name("List").to_python())
PY
python=$folder/venv/bin/python
"$python" "$folder/call.py" "$folder/list.ods" | tee "$folder/seen"
echo "with pyexcel-ods beside it:"
$pip pyexcel-ods==0.6.0
"$python" "$folder/call.py" "$folder/list.ods" | tee -a "$folder/seen"
"$python" "$folder/name.py" "$folder/list.ods" | tee -a "$folder/seen"
header="['State', 'Agency']" clay="['Florida', 'Clay County']" frio="['Texas', 'Frio County']"
whole="[$header, $clay, $clay, $clay, $frio, ['', 'Bell County']]"
short="[$header, $clay, $frio, ['Bell County']]"
cat > "$folder/expected" <<END
pyexcel_ods3.get_data(): $whole
pyexcel_ods3.get_data(): $short
library='pyexcel-ods': $short
library='pyexcel-ods3': $whole
python-calamine: $whole
END
if ! cmp -s "$folder/seen" "$folder/expected"; then
  echo "this has changed" >&2
  exit 1
fi
echo "as described"
