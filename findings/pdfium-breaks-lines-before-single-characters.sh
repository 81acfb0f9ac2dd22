#!/bin/sh
# Finding: pypdfium2 puts a figure of one digit on a line of its own. The row "Bell County | 98 | 7" of a table, all of
# it written on one baseline, comes as "Bell County 98" and "7", and "Travis County | 123 | 56" as one line. Each text
# of one character that the file shows by itself is preceded by CR LF: a count below ten, a dash for none, a footnote
# mark. What follows it stands on the new line: the row "Travis County | 123 | 5 | 17" ends after 123. Whoever takes the
# lines of `get_text_range()` for rows of a table finds rows that are cut where a number is small; a count that falls
# from 12 to 9 changes the lines. It is the length of the text and not its place: a raised footnote mark of one digit
# breaks the line, and one of two digits joins its figure: 12 with a raised 42 is 1242. pdfplumber gives the rows as
# they stand.
#
# Seen with pypdfium2 5.15.2, pdfplumber 0.11.10. Expected: what stands on one baseline on one line.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pypdfium2==5.15.2 pdfplumber==0.11.10 \
  reportlab==5.1.0
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import pdfplumber
import pypdfium2
from reportlab.pdfgen.canvas import Canvas

ROWS = (
    ("Travis County", "123", "56"),
    ("Bell County", "98", "7"),
    ("Coke County", "-", "17"),
    ("Frio County", "12^42", "60"),
)
path = f"{sys.argv[1]}/table.pdf"
canvas = Canvas(path, invariant=1)
for number, row in enumerate(ROWS):
    for left, cell in zip((72, 300, 400), row, strict=True):
        figure, _, raised = cell.partition("^")
        text = canvas.beginText(left, 700 - 20 * number)
        text.setFont("Helvetica", 10)
        text.textOut(figure)
        if raised:
            text.setFont("Helvetica", 6)
            text.setRise(3)
            text.textOut(raised)
        canvas.drawText(text)
canvas.save()

lines = pypdfium2.PdfDocument(path)[0].get_textpage().get_text_range().split("\r\n")
print("pypdfium2: ", lines)
with pdfplumber.open(path) as pdf:
    rows = pdf.pages[0].extract_text().split("\n")
print("pdfplumber:", rows)
expected = ["Travis County 123 56", "Bell County 98", "7", "Coke County", "- 17", "Frio County 1242 60"]
if lines != expected or rows[:3] != ["Travis County 123 56", "Bell County 98 7", "Coke County - 17"]:
    sys.exit("this has changed")
print("as described")
PY
