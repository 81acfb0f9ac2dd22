"""Declined Detainer Outcome Reports as other programs would have made them, with reportlab, of the demo's weeks."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate

from monitor.demo.ddor_layout import (
    COLUMN_WIDTHS_POINTS,
    MARGIN_POINTS,
    PAGE_HEIGHT_POINTS,
    PAGE_WIDTH_POINTS,
    SECTION_HEADERS,
    lay_out,
    strokes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.demo.ddor_layout import LaidOutPage, LaidOutTable
    from monitor.demo.ddor_week import Week

FONTS = {False: "Times-Roman", True: "Times-Bold"}
SHADE = (0.85, 0.89, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a report is drawn. `turned` and `cropped` change the sheet, not what is seen on it."""

    borders: Literal["lines", "rectangles", "pieces", "level"] = "lines"
    shading: Literal["row", "cells", "none"] = "row"
    merged: bool = False  # a state stands once, in a cell over all its rows
    repeat: bool = True  # the header stands on each page
    turned: Literal[0, 90, 180, 270] = 0
    cropped: bool = False


def report(week: Week, style: Style) -> bytes:
    """The PDF of a week, its pages set like the demo's, in another font."""
    out = io.BytesIO()
    edge = 50 if style.cropped else 0
    size = (PAGE_WIDTH_POINTS + 2 * edge, PAGE_HEIGHT_POINTS + 2 * edge)
    canvas = Canvas(out, pagesize=size, invariant=1, pageCompression=1)  # which it turns itself
    sheets = lay_out(
        week, lambda text, size, bold: stringWidth(text, FONTS[bold], size), merged=style.merged, repeat=style.repeat
    )
    for sheet in sheets:
        _turn(canvas, size, style.turned)
        canvas.translate(edge, edge)
        if style.cropped:
            shown = (PAGE_WIDTH_POINTS, PAGE_HEIGHT_POINTS)[:: -1 if style.turned % 180 else 1]
            canvas.setCropBox((edge, edge, edge + shown[0], edge + shown[1]))
        _draw(canvas, sheet, style)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _turn(canvas: Canvas, size: tuple[float, float], turned: int) -> None:
    canvas.setPageRotation(turned)
    if turned == 90:
        canvas.transform(0, 1, -1, 0, size[1], 0)
    elif turned == 180:
        canvas.transform(-1, 0, 0, -1, *size)
    elif turned == 270:
        canvas.transform(0, -1, 1, 0, 0, size[0])


def _draw(canvas: Canvas, sheet: LaidOutPage, style: Style) -> None:
    for grid in sheet.grids:
        canvas.setFillColorRGB(*SHADE)
        for left, top, right, bottom in _shades(grid, style):
            canvas.rect(left, PAGE_HEIGHT_POINTS - bottom, right - left, bottom - top, stroke=0, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        for x0, y0, x1, y1 in strokes(grid):
            if style.borders == "level" and x0 == x1:
                continue
            if style.borders in ("rectangles", "pieces"):
                for a0, b0, a1, b1 in (
                    _pieces(grid, (x0, y0, x1, y1)) if style.borders == "pieces" else [(x0, y0, x1, y1)]
                ):
                    canvas.rect(a0 - 0.3, PAGE_HEIGHT_POINTS - b1 - 0.3, a1 - a0 + 0.6, b1 - b0 + 0.6, stroke=0, fill=1)
            else:
                canvas.setLineWidth(0.5)
                canvas.line(x0, PAGE_HEIGHT_POINTS - y0, x1, PAGE_HEIGHT_POINTS - y1)
    for line in sheet.lines:
        canvas.setFont(FONTS[line.bold], line.size)
        canvas.drawString(line.left, PAGE_HEIGHT_POINTS - line.baseline, line.text)


def _pieces(
    grid: LaidOutTable, stroke: tuple[float, float, float, float]
) -> Iterable[tuple[float, float, float, float]]:
    """A border as Word draws it: a piece for each cell, and a small square at each corner."""
    x0, y0, x1, y1 = stroke
    if x0 == x1:
        ends = [y for y in (*(band.top for band in grid.bands), grid.bands[-1].bottom) if y0 <= y <= y1]
        yield from ((x0, upper + 0.6, x0, lower - 0.6) for upper, lower in pairwise(ends))
        yield from ((x0, y, x0, y) for y in ends)
    else:
        ends = [x for x in grid.columns if x0 <= x <= x1]
        yield from ((left + 0.6, y0, right - 0.6, y0) for left, right in pairwise(ends))


def _shades(grid: LaidOutTable, style: Style) -> Iterable[tuple[float, float, float, float]]:
    for band in grid.bands:
        if not band.header or style.shading == "none":
            continue
        if style.shading == "row":
            yield grid.columns[0], band.top, grid.columns[-1], band.bottom
        else:
            for left, right in zip(grid.columns, grid.columns[1:], strict=False):
                yield left, band.top, right, band.bottom


def flowing(week: Week, *, style: Literal["grid", "level", "striped"] = "grid") -> bytes:
    """The PDF of a week, set by reportlab itself: its own wrapping, its own way of splitting tables and rows."""
    body = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=11)
    bold = ParagraphStyle("bold", parent=body, fontName="Helvetica-Bold")
    story: list[object] = [Paragraph(f"Section II has a total of {len(week.declined):,} declined detainers.", body)]
    for name, rows in week.values.items():
        story.append(Paragraph(f"<br/>{name}<br/><br/>", bold))
        cells = [[Paragraph(text, bold) for text in SECTION_HEADERS[name]]]
        cells += [[Paragraph(_marked(name, text), body) for text in row] for row in rows]
        table = LongTable(cells, colWidths=COLUMN_WIDTHS_POINTS[name], repeatRows=1, splitInRow=1)
        table.setStyle(_commands(style))
        story.append(table)
    out = io.BytesIO()
    margins = {f"{side}Margin": MARGIN_POINTS for side in ("left", "right", "top", "bottom")}
    SimpleDocTemplate(out, pagesize=(PAGE_WIDTH_POINTS, PAGE_HEIGHT_POINTS), invariant=1, **margins).build(story)
    return out.getvalue()


def _commands(style: str) -> list[tuple[object, ...]]:
    head: tuple[object, ...] = ("BACKGROUND", (0, 0), (-1, 0), colors.lightblue)
    top = ("VALIGN", (0, 0), (-1, -1), "TOP")
    if style == "striped":
        return [top, ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.whitesmoke, None]), head]
    lines = ("GRID" if style == "grid" else "LINEBELOW", (0, 0), (-1, -1), 0.5, colors.grey)
    return [top, lines, head]


def _marked(name: str, text: str) -> str:
    if name != "section-3" or "\n" not in text:
        return text
    return "<br/>".join(f"\u2022 {point}" for point in text.split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A table on a page: rows of cells, whose lines are divided by line breaks. None goes on with the cell above."""

    rows: Sequence[Sequence[str | None]]
    widths: Sequence[float] = (120, 120, 120)
    left: float = 40
    top: float = 60
    uprights: bool = True
    levels: bool = True  # without them only the header has rules
    floor: bool = True  # a rule below the last row


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A text on a page, at a point from its upper left; `url` makes it a link."""

    text: str
    left: float = 40
    top: float = 30
    size: float = 9
    url: str = ""


def drawn(*pages: Sequence[Drawn | Said | Callable[[Canvas], None]]) -> bytes:
    """A PDF of these pages; a function draws on the page by itself, in reportlab's coordinates."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(PAGE_WIDTH_POINTS, PAGE_HEIGHT_POINTS), invariant=1)
    for page in pages:
        for each in page:
            if isinstance(each, Said):
                _say(canvas, each)
            elif not isinstance(each, Drawn):
                canvas.saveState()
                each(canvas)
                canvas.restoreState()
            else:
                _draw_table(canvas, each)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _say(canvas: Canvas, said: Said) -> None:
    canvas.setFont("Helvetica", said.size)
    canvas.drawString(said.left, PAGE_HEIGHT_POINTS - said.top - said.size, said.text)
    if said.url:
        width = stringWidth(said.text, "Helvetica", said.size)
        corners = (
            said.left,
            PAGE_HEIGHT_POINTS - said.top - said.size,
            said.left + width,
            PAGE_HEIGHT_POINTS - said.top,
        )
        canvas.linkURL(said.url, corners)


def _draw_table(canvas: Canvas, table: Drawn) -> None:
    xs = [table.left + sum(table.widths[:count]) for count in range(len(table.widths) + 1)]
    ys = [table.top]
    for row in table.rows:
        ys.append(ys[-1] + 6 + 11 * max((cell or "").count("\n") + 1 for cell in row))
    canvas.setLineWidth(0.5)
    for number, row in enumerate(table.rows):
        for column, cell in enumerate(row):
            if cell is not None and (table.levels or number < 2):
                canvas.line(
                    xs[column], PAGE_HEIGHT_POINTS - ys[number], xs[column + 1], PAGE_HEIGHT_POINTS - ys[number]
                )
            for index, line in enumerate((cell or "").split("\n")):
                _say(canvas, Said(text=line, left=xs[column] + 4, top=ys[number] + 3 + 11 * index))
    if table.floor:
        canvas.line(xs[0], PAGE_HEIGHT_POINTS - ys[-1], xs[-1], PAGE_HEIGHT_POINTS - ys[-1])
    for x in xs if table.uprights else ():
        canvas.line(x, PAGE_HEIGHT_POINTS - ys[0], x, PAGE_HEIGHT_POINTS - ys[-1])
