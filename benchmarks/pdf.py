"""CPU of reading a report of 35 pages, over plain `extract_tables` of pdfplumber on the same file.

Run `make bench` or `python benchmarks/pdf.py`. The file is the demo's first weekly report. Ours does all that happens
to a kept file: the guard, the tables, the lists, their records and totals; pdfplumber's only finds the cells, which
are asserted to be the same. Both run in turns in this process; of each, the fastest run counts. Exits with 1 above
the bound, or where a cell or record differs.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pdfplumber
import pypdfium2

from monitor import config
from monitor.demo import ddor
from monitor.extract import pdf, pdf_pdfium, pdf_table

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 0.12
TURNS = 3
ROOT = Path(__file__).parent.parent

Cells = list[list[list[str | None]]]  # tables of rows of cells; None where a cell goes on


def theirs(content: bytes) -> Cells:
    """All tables, by pdfplumber alone."""
    with pdfplumber.open(io.BytesIO(content)) as document:
        return [table for page in document.pages for table in page.extract_tables()]


def ours(content: bytes) -> Cells:
    """All tables, as they are before they become lists."""
    pages = (pdf_table.understand(page, lambda _: False) for page in pdf_pdfium.pages(content))
    return [
        [["\n".join(cell.lines) if cell else None for cell in row] for row in table.rows]
        for page in pages
        for table in page.tables
    ]


def seconds(run: Callable[[], object]) -> float:
    """The CPU seconds of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> int:
    """Measure both, print the ratio, and tell by the exit status whether it is within bounds."""
    week = ddor.history()[0]
    content = ddor.report(week)
    lists = config.load(ROOT / "config.yaml").sources["ice-ddor"].reports["weekly"].lists
    if ours(content) != theirs(content):
        print("the cells differ")
        return 1
    if {each.name: tuple(record.values for record in each.records) for each in pdf.read(content, lists)} != week.values:
        print("the records are not what the report was made of")
        return 1
    turns = [(seconds(lambda: pdf.read(content, lists)), seconds(lambda: theirs(content))) for _ in range(TURNS)]
    own, plain = (min(each) for each in zip(*turns, strict=True))
    cells = sum(len(row) for table in ours(content) for row in table)
    pages = len(pypdfium2.PdfDocument(content))
    print(f"{week.file_name}: {pages} pages, {len(content):,} bytes, {cells:,} cells, equal")
    print(f"pdfplumber {pdfplumber.__version__}, extract_tables of every page: {plain:.2f} s of CPU")
    print(f"monitor, reading the same file into checked records: {own:.2f} s of CPU")
    print(f"ratio {own / plain:.3f}, at most {MOST}")
    return 0 if own <= MOST * plain else 1


if __name__ == "__main__":
    sys.exit(main())
