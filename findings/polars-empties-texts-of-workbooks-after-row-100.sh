#!/bin/sh
# Finding: `polars.read_excel` takes the type of a column from its first 100 rows, and gives null for each later cell
# that has another type, without an error or a warning; by itself fastexcel, which reads for it, does so after 1,000
# rows. A count that an agency writes as "23 (revised)", or a date that it writes as text, is kept in a list of 90 rows
# and lost in one of 110. A list that grows loses values that it still has, and a comparison of the two tells that as a
# correction. The sheet's own `available_columns()` says that all columns are read as strings. polars itself raises an
# error for a CSV file with such a column.
#
# Seen with polars 2.1.0, fastexcel 0.21.0: with 90 rows "23 (revised)" and "5/12/2025", with 110 rows None and None.
# Expected: the text, or an error that names the cell, as for a CSV file.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fastexcel==0.21.0 polars==2.1.0 xlsxwriter==3.3.1
"$folder/venv/bin/python" - "$folder" <<'PY'
import datetime
import sys

import fastexcel
import polars
import xlsxwriter


def written(rows: int) -> str:
    """A workbook of so many records, the last but one of which has texts in place of a number and of a date."""
    path = f"{sys.argv[1]}/{rows}.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("List")
    day = book.add_format({"num_format": "m/d/yyyy"})
    sheet.write_row(0, 0, ["County", "Detainers", "Signed"])
    for row in range(1, rows + 1):
        sheet.write(row, 0, f"County {row}")
        if row == rows - 1:
            sheet.write(row, 1, "23 (revised)")
            sheet.write(row, 2, "5/12/2025")
        else:
            sheet.write(row, 1, row)
            sheet.write_datetime(row, 2, datetime.datetime(2025, 5, 1), day)
    book.close()
    return path


found = {}
for rows in (90, 110):
    found[rows] = polars.read_excel(written(rows)).row(rows - 2)[1:]
    print(f"{rows} rows: {found[rows]}")
late = fastexcel.read_excel(written(1100)).load_sheet(0).to_polars().row(1098)[1:]
print(f"1100 rows, by fastexcel: {late}")
sheet = fastexcel.read_excel(f"{sys.argv[1]}/110.xlsx").load_sheet(0, schema_sample_rows=100)
told = [column.dtype for column in sheet.available_columns()]
print(f"the columns of 110 rows are said to be {told}")
try:
    polars.read_csv(("County,Detainers\n" + "a,1\n" * 108 + "b,23 (revised)\nc,1\n").encode())
    error = "none"
except polars.exceptions.ComputeError:
    error = "an error"
print(f"the same in a CSV file: {error}")
if found != {90: ("23 (revised)", "5/12/2025"), 110: (None, None)} or late != (None, None):
    sys.exit("this has changed")
if told != ["string"] * 3 or error == "none":
    sys.exit("this has changed")
print("as described")
PY
