#!/bin/sh
# Finding: xlsx2csv, which turns workbooks into CSV, writes some times a minute too early: 14:30 as 14:29. A workbook
# keeps a time as a fraction of a day, which is seldom exact; xlsx2csv cuts what is left of the minute off in place of
# rounding it to the second, as openpyxl and spreadsheet programs do. A list whose "as of" is read through it says another
# minute than the list.
#
# Seen with xlsx2csv 0.8.6: 14:29 for 14:30 under the format "yyyy-mm-dd hh:mm"; of one day's 1,440 minutes 128 are wrong.
# Expected: the minute that was entered, as openpyxl reads it.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check xlsx2csv==0.8.6 XlsxWriter==3.2.9 openpyxl==3.1.5
"$folder/venv/bin/python" - "$folder/list.xlsx" <<'PY'
import io
import sys
from datetime import datetime, timedelta

import openpyxl
import xlsxwriter
from xlsx2csv import Xlsx2csv

minutes = [datetime(2025, 6, 1) + timedelta(minutes=minute) for minute in range(1440)]
with xlsxwriter.Workbook(sys.argv[1]) as book:
    sheet = book.add_worksheet("Updated")
    shown = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for row, minute in enumerate(minutes):
        sheet.write_datetime(row, 0, minute, shown)
right = [row[0].value for row in openpyxl.load_workbook(sys.argv[1]).active.iter_rows()]
written = io.StringIO()
Xlsx2csv(sys.argv[1]).convert(written)
lines = written.getvalue().split()
seen = [f"{day} {time}" for day, time in zip(lines[::2], lines[1::2], strict=True)]
wrong = [
    (f"{minute:%H:%M}", text[-5:])
    for minute, text in zip(minutes, seen, strict=True)
    if f"{minute:%Y-%m-%d %H:%M}" != text
]
print(f"openpyxl: {sum(a == b for a, b in zip(right, minutes, strict=True))} of 1440 right")
print(f"xlsx2csv: {len(wrong)} of 1440 wrong, such as {wrong[:3]}")
if right != minutes or ("14:30", "14:29") not in wrong:
    sys.exit("this has changed")
print("as described")
PY
