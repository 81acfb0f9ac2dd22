#!/bin/sh
# Finding: pdf_oxide gives the rows of a ruled table in another order where the last cell of a row is empty, or has a
# dash for none. The table has six rows, and the fourth has no count of declined requests: `extract_text` begins with
# that row, goes on to the end of the table, and then gives the header and the rows above. With a figure in that cell it
# gives all six from top to bottom, as pypdf does both times. Rows stand before the header that tells their columns; a
# county that has its first refusal turns the order of the whole page around, and a comparison by lines finds it all
# changed. `extract_tables` gives the last two of the six rows, with the figure and without, and nothing says that
# others are left out.
#
# Seen with pdf_oxide 0.3.78 and pypdf 7.1.1, on a table made with fpdf2 2.8.9. Expected: six rows, from top to bottom.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pdf-oxide==0.3.78 pypdf==7.1.1 fpdf2==2.8.9
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys

from fpdf import FPDF
from pdf_oxide import PdfDocument
from pypdf import PdfReader

ABOVE = ["Jurisdiction State Issued Declined", "Bell County Texas 98 7", "Miami-Dade County Florida 1,012 13"]
BELOW = ["Clay County Florida 12 12", "Lee County Iowa 3 0"]


def cells(line):
    """A row's four cells from its line: the name may have blanks, the others have none."""
    return line.rsplit(" ", 3)


def read(name, count):
    path = f"{sys.argv[1]}/{name}.pdf"
    pdf = FPDF()
    pdf.add_page(orientation="L")
    pdf.set_font("Helvetica", size=10)
    with pdf.table(col_widths=(60, 30, 20, 20)) as table:
        for row in [*map(cells, ABOVE), ["Kent County", "Maryland", "5", count], *map(cells, BELOW)]:
            line = table.row()
            for cell in row:
                line.cell(cell)
    pdf.output(path)
    document = PdfDocument(path)
    text = [line.strip() for line in document.extract_text(0).splitlines() if line.strip()]
    right = [line.strip() for line in PdfReader(path).pages[0].extract_text().splitlines()]
    rows = [[cell["text"] for cell in row["cells"]] for table in document.extract_tables(0) for row in table["rows"]]
    print(f"{name}:\n  pdf_oxide {text}\n  its tables {rows}\n  pypdf {right}")
    return text, rows, right


for name, count in (("figure", "4"), ("dash", "-"), ("empty", "")):
    text, rows, right = read(name, count)
    middle = [f"Kent County Maryland 5 {count}".strip()]
    if right != ABOVE + middle + BELOW:
        sys.exit("this has changed: pypdf reads otherwise")
    if text != (right if name == "figure" else middle + BELOW + ABOVE) or rows != [cells(line) for line in BELOW]:
        sys.exit("this has changed")
print("as described")
PY
