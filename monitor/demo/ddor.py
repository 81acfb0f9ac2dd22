"""Makes PDF files like ICE's Declined Detainer Outcome Reports of 2017. The same week always gives the same bytes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from fpdf import FPDF

from monitor.demo.ddor_layout import PAGE_HEIGHT_POINTS, PAGE_WIDTH_POINTS, lay_out, strokes
from monitor.demo.ddor_week import Week, history

if TYPE_CHECKING:
    from monitor.demo.ddor_layout import LaidOutPage

__all__ = ["Week", "ddor_pdf", "history"]

FONT = "Helvetica"


@lru_cache(maxsize=16)
def ddor_pdf(week: Week) -> bytes:
    """Return the report of one week as a PDF in landscape format; that of week 1 has about 35 pages."""
    document = FPDF(orientation="landscape", unit="pt", format=(PAGE_HEIGHT_POINTS, PAGE_WIDTH_POINTS))
    document.core_fonts_encoding = "cp1252"  # en dashes, curly quotes and bullets
    document.set_creation_date(week.published_at)
    document.set_title("Declined Detainer Outcome Report")
    document.set_auto_page_break(auto=False)

    def measure(text: str, size: float, bold: bool) -> float:  # noqa: FBT001 - the layout's measure
        document.set_font(FONT, "B" if bold else "", size)
        return float(document.get_string_width(text))

    for sheet in lay_out(week, measure):
        document.add_page()
        _draw(sheet, document)
    return bytes(document.output())


def _draw(sheet: LaidOutPage, document: FPDF) -> None:
    document.set_line_width(0.5)
    document.set_fill_color(217, 226, 243)
    for grid in sheet.grids:
        for band in grid.bands:
            if band.header:
                document.rect(
                    grid.columns[0], band.top, grid.columns[-1] - grid.columns[0], band.bottom - band.top, style="F"
                )
        for stroke in strokes(grid):
            document.line(*stroke)
    for line in sheet.lines:
        document.set_font(FONT, "B" if line.bold else "", line.size)
        document.text(line.left, line.baseline, line.text)
