#!/bin/sh
# Finding: where a line of a PDF ends with a hyphen, pypdfium2 gives neither the hyphen nor the end of the line, but one
# character that no text has: U+FFFE from `get_text_range()`, U+0002 from `get_text_bounded()`. It makes no difference
# whether the hyphen belongs to the word: "Miami-" above "Dade County" comes as one word of "Miami", U+FFFE and "Dade".
# It is so only before a letter: "Feb 4-" above "10, 2017" is kept. Who strips such characters reads "MiamiDade County",
# which is no county; who splits at line ends counts one line too few, in each cell that wraps. pdfplumber gives both.
#
# Seen with pypdfium2 5.15.2, pdfplumber 0.11.10. Expected: the hyphen and the end of the line that the file has, or one
# and the same substitute from both functions.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pypdfium2==5.15.2 pdfplumber==0.11.10 reportlab==5.1.0
"$folder/venv/bin/python" - "$folder/a.pdf" <<'PY'
import sys

import pdfplumber
import pypdfium2
from reportlab.pdfgen.canvas import Canvas

canvas = Canvas(sys.argv[1])
for height, line in ((700, "Listed: Miami-"), (685, "Dade County."), (670, "Feb 4-"), (655, "10, 2017")):
    canvas.drawString(100, height, line)
canvas.save()
with pypdfium2.PdfDocument(sys.argv[1]) as document:
    page = document[0]
    text = page.get_textpage()
    by_range, bounded = text.get_text_range(), text.get_text_bounded()
    text.close()
    page.close()
with pdfplumber.open(sys.argv[1]) as document:
    by_pdfplumber = document.pages[0].extract_text()
print(f"get_text_range():   {by_range!a}")
print(f"get_text_bounded(): {bounded!a}")
print(f"pdfplumber:         {by_pdfplumber!a}")
described = (
    by_range == "Listed: Miami\ufffeDade County.\r\nFeb 4-\r\n10, 2017"
    and bounded == "Listed: Miami\x02Dade County.\r\nFeb 4-\r\n10, 2017"
    and by_pdfplumber == "Listed: Miami-\nDade County.\nFeb 4-\n10, 2017"
)
if not described:
    sys.exit("this has changed")
print("as described")
PY
