"""CPU of reading a report of 35 pages, over `extract_tables` of pdfplumber and of bolivar, and over camelot.

Run `make bench` or `python benchmarks/pdf.py`. The file is the demo's first weekly report. Our side does everything
that is done to a kept file: the guard, the tables, the lists, their records and totals. pdfplumber only finds the
cells; the benchmark checks that ours are the same. Both take turns in this process. camelot and bolivar, which also
only find the cells, run in environments of their own; bolivar, written in Rust, is called by the names of pdfplumber.
The fastest run of each counts. Exits with 1 above the bounds, or if one of our cells or records differs.
"""

from __future__ import annotations

import gc
import io
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pdfplumber
import pypdfium2
from figures import Figure, tell
from rivals import MissingRivalError, installed, titled

from monitor import OBJECTS_BEFORE_COLLECTION
from monitor.config.file import load
from monitor.demo import ddor
from monitor.extract.pdf import lists as pdf_lists
from monitor.extract.pdf import pdfium
from monitor.extract.pdf import table as pdf_table

if TYPE_CHECKING:
    from collections.abc import Callable

# Bound on our CPU seconds over pdfplumber's.
MAX_PDFPLUMBER_RATIO = 0.045
# Bound on our CPU seconds over camelot's.
MAX_CAMELOT_RATIO = 0.05
# Bound on our CPU seconds over bolivar's.
MAX_BOLIVAR_RATIO = 4.0
# Each side runs this many times, and the fastest run counts.
TURNS = 3
ROOT = Path(__file__).parent.parent

READ_LATTICE = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import camelot
best = None
for _ in range(int(sys.argv[2])):
    begun = time.process_time()
    found = camelot.read_pdf(sys.argv[1], pages="all", flavor="lattice")
    taken = time.process_time() - begun
    best = taken if best is None else min(best, taken)
json.dump({"seconds": best, "tables": [table.df.values.tolist() for table in found]}, sys.stdout)
"""

READ_AS_PDFPLUMBER = """
import json, sys, time
import pdfplumber
best = None
for _ in range(int(sys.argv[2])):
    begun = time.process_time()
    with pdfplumber.open(sys.argv[1]) as document:
        found = [table for page in document.pages for table in page.extract_tables()]
    taken = time.process_time() - begun
    best = taken if best is None else min(best, taken)
json.dump({"seconds": best, "tables": found}, sys.stdout)
"""
SCRIPTS = {"camelot": READ_LATTICE, "bolivar": READ_AS_PDFPLUMBER}

Cells = list[list[list[str | None]]]  # tables of rows of cells; None where a cell goes on


def theirs(content: bytes) -> Cells:
    """Return all tables as pdfplumber alone reads them."""
    with pdfplumber.open(io.BytesIO(content)) as document:
        return [table for page in document.pages for table in page.extract_tables()]


def apart(rival: str, content: bytes) -> tuple[float, Cells]:
    """Return the CPU seconds of the fastest run of a rival in its own environment, and the cells that it finds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        path.write_bytes(content)
        command = [str(installed(rival) / "python"), "-c", SCRIPTS[rival], str(path), str(TURNS)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found["seconds"], found["tables"]


def in_words(tables: Cells) -> list[str]:
    """Return all cells as words, without line breaks."""
    return [" ".join((cell or "").split()) for table in tables for row in table for cell in row]


def ours(content: bytes) -> Cells:
    """Return all tables as they are before they become lists."""
    pages = (pdf_table.understand_page(page, lambda _: False) for page in pdfium.pdfium_pages(content))
    return [
        [["\n".join(cell.lines) if cell else None for cell in row] for row in table.rows]
        for page in pages
        for table in page.tables
    ]


def seconds(run: Callable[[], object]) -> float:
    """Return the CPU seconds of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def seconds_in_reader(run: Callable[[], object]) -> float:
    """Return the CPU seconds of one run, with garbage collected as seldom as in the process that reads files."""
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    try:
        return seconds(run)
    finally:
        gc.set_threshold(*usual)


def main() -> int:
    """Measure both, print the ratio, and return 0 if it is within bounds, else 1."""
    week = ddor.history()[0]
    content = ddor.ddor_pdf(week)
    lists = load(ROOT / "config.yaml").sources["ice-ddor"].reports["weekly"].lists
    if ours(content) != theirs(content):
        print("the cells differ")
        return 1
    if {
        each.name: tuple(record.values for record in each.records) for each in pdf_lists.read_pdf(content, lists)
    } != week.values:
        print("the records are not what the report was made of")
        return 1
    turns = [
        (seconds_in_reader(lambda: pdf_lists.read_pdf(content, lists)), seconds(lambda: theirs(content)))
        for _ in range(TURNS)
    ]
    own, plain = (min(each) for each in zip(*turns, strict=True))
    cells = sum(len(row) for table in ours(content) for row in table)
    pages = len(pypdfium2.PdfDocument(content))
    print(f"{week.file_name}: {pages} pages, {len(content):,} bytes, {cells:,} cells, equal")
    print(f"pdfplumber {pdfplumber.__version__}, extract_tables of every page: {plain:.2f} s of CPU")
    print(f"monitor, reading the same file into checked records: {own:.2f} s of CPU")
    print(f"ratio {own / plain:.3f}, at most {MAX_PDFPLUMBER_RATIO}")
    measure = f"CPU of reading a PDF of {pages} pages into records; the rival finds the cells"
    figure = Figure(measure=measure, unit="s", ours=own)
    plumber = replace(
        figure, rival=f"pdfplumber {pdfplumber.__version__}", theirs=plain, most_ratio=MAX_PDFPLUMBER_RATIO
    )
    lattice = beside("camelot", replace(figure, most_ratio=MAX_CAMELOT_RATIO), content)
    rust = beside("bolivar", replace(figure, most_ratio=MAX_BOLIVAR_RATIO), content)
    return 0 if tell(plumber) & tell(lattice) & tell(rust) else 1


def beside(rival: str, figure: Figure, content: bytes) -> Figure:
    """Return the figure with a rival's seconds and its number of right cells, or with the reason for having none."""
    figure = replace(figure, rival=titled(rival))
    try:
        taken, tables = apart(rival, content)
    except MissingRivalError as fault:
        print(fault)
        return replace(figure, remark=str(fault))
    own, found = in_words(ours(content)), in_words(tables)
    wrong = sum(one != other for one, other in zip(own, found, strict=False)) + abs(len(own) - len(found))
    said = f"{wrong:,} of its cells differ" if wrong else "its cells are right, but for how their lines are broken"
    print(f"{figure.rival}, all tables: {taken:.3f} s of CPU; {said}")
    print(f"ratio {figure.ours / taken:.3f}, at most {figure.most_ratio}")
    return replace(figure, theirs=taken, remark=said)


if __name__ == "__main__":
    sys.exit(main())
