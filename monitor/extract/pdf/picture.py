"""Draws the part of a PDF page around a record as PNG, with a frame around the record and the rest paler.

It also draws whole pages as they are.
"""

from __future__ import annotations

import io
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from monitor.errors import UnreadableError
from monitor.extract.pdf import guard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model import Box

# A page is drawn at this scale (110 dots per inch) or smaller.
MAX_PIXELS_PER_POINT = 110 / 72
# A picture is not wider, although it shows the whole width of a page.
MAX_WIDTH_PIXELS = 1_000
# A picture of a whole page is not higher.
MAX_PAGE_HEIGHT_PIXELS = 1_600
# A picture gets this height by adding page around the record, within the two bounds below.
USUAL_HEIGHT_PIXELS = 500
# The records of a picture are drawn smaller if they take more height.
MAX_RECORD_PIXELS = 1_000
# A page that would be drawn smaller is refused: a frame needs some room.
MIN_SIDE_PIXELS = 20
# The bounds for the height of page shown above and below a record.
MIN_AROUND_PIXELS = 24
MAX_AROUND_PIXELS = 90
# Further parts of a record that is split over page breaks are not shown.
MAX_PARTS_SHOWN = 3
# Between a record and its frame.
FRAME_DISTANCE_PIXELS = 3
# The width of the frame's line.
FRAME_WIDTH_PIXELS = 2
# Between the parts of a record.
PART_GAP_PIXELS = 10
# The height over which a page that goes on fades out.
FADE_PIXELS = 12
# The share of colour taken from the page around the record.
PALE_SHARE = 0.4
# The height of the letters of a caption, and the smallest that is tried so that it fits.
CAPTION_PIXELS, MIN_CAPTION_PIXELS = 13, 7
# Of zlib. Pages of text take a sixth of the time that the highest level takes, and come out smaller than with it.
PNG_LEVEL = 3
RED, WHITE, GREY, BLACK = (211, 47, 47), (255, 255, 255), (218, 220, 224), (32, 33, 36)


def record_picture(content: bytes, boxes: tuple[Box, ...], caption: str = "") -> bytes:
    """Return a PNG of the part of a page around a record, in the full width of the page.

    - `boxes`: the places of the record. If there are several, the picture has a part for each, one below the other, at
      most `MAX_PARTS_SHOWN`.
    - `caption`: a line of text that is written below, into the picture itself.

    Raises UnreadableError if the file is not a whole PDF, if pdfium can't read it, or if a box is not on its page;
    BombError if the file would take too much to read.
    """
    guard.check_pdf(content)
    try:
        with pypdfium2.PdfDocument(content) as document:
            parts = _parts(document, boxes[:MAX_PARTS_SHOWN])
            return _png([*parts, _captioned(caption, width=max(part.width for part in parts))] if caption else parts)
    except pypdfium2.PdfiumError as fault:
        raise UnreadableError(f"can't be shown: {fault}") from fault


def page_picture(content: bytes, number: int) -> bytes:
    """Return a PNG of a whole page of a PDF, given by its number from 1.

    Raises UnreadableError if the file is not a whole PDF, if pdfium can't read it, or if it has no such page;
    BombError if the file would take too much to read.
    """
    guard.check_pdf(content)
    try:
        with pypdfium2.PdfDocument(content) as document:
            if not 1 <= number <= len(document):
                raise UnreadableError(f"can't be shown: there is no page {number:,}")
            width, height = map(float, document.get_page_size(number - 1))
            scale = min(MAX_PIXELS_PER_POINT, MAX_WIDTH_PIXELS / width, MAX_PAGE_HEIGHT_PIXELS / height)
            return _png([_drawn(document, number, scale=scale)])
    except pypdfium2.PdfiumError as fault:
        raise UnreadableError(f"can't be shown: {fault}") from fault


def _parts(document: pypdfium2.PdfDocument, boxes: Sequence[Box]) -> list[Image.Image]:
    """Return a picture for each place of a record, all at the same scale.

    `boxes` are the rectangles in which the record stands on pages. Each picture is cut from the page: the record in the
    middle, and a strip of the page above and below it. Raises UnreadableError if a box is on no page of the document.
    """
    if not boxes:
        raise UnreadableError("can't be shown: the record has no place on a page")
    sizes = [_size(document, box) for box in boxes]
    boxes = [_clipped(box, size) for box, size in zip(boxes, sizes, strict=True)]
    records = sum(box.bottom - box.top for box in boxes)
    scale = min(MAX_PIXELS_PER_POINT, MAX_WIDTH_PIXELS / max(width for width, _ in sizes), MAX_RECORD_PIXELS / records)
    around = min(max((USUAL_HEIGHT_PIXELS - records * scale) / (2 * len(boxes)), MIN_AROUND_PIXELS), MAX_AROUND_PIXELS)
    return [_part(document, box, scale=scale, around=around / scale) for box in boxes]


def _size(document: pypdfium2.PdfDocument, box: Box) -> tuple[float, float]:
    """Return the width and height, in points, of the page on which a box is.

    Raises UnreadableError if there is no such page.
    """
    if not 1 <= box.page <= len(document):
        raise UnreadableError(f"can't be shown: there is no page {box.page:,}")
    width, height = document.get_page_size(box.page - 1)
    return float(width), float(height)


def _clipped(box: Box, size: tuple[float, float]) -> Box:
    """Return the part of a box that is on its page. `size` is the page's width and height in points.

    Raises UnreadableError if no part of the box is on the page.
    """
    right, bottom = min(box.right, size[0]), min(box.bottom, size[1])
    left, top = max(box.left, 0), max(box.top, 0)
    if not (left < right and top < bottom):
        raise UnreadableError(f"can't be shown: the record is not on page {box.page:,}")
    return replace(box, left=left, top=top, right=right, bottom=bottom)


def _part(document: pypdfium2.PdfDocument, box: Box, *, scale: float, around: float) -> Image.Image:
    """Return a picture of the page from `around` points above a box to `around` points below it.

    `scale` is the number of pixels for each point. Raises UnreadableError if the picture would be too small.
    """
    height = document.get_page_size(box.page - 1)[1]
    above, below = max(box.top - around, 0), max(height - box.bottom - around, 0)
    drawn = _drawn(document, box.page, scale=scale, above=above, below=below)
    moved = ceil(above * scale)  # as pdfium rounds it
    corners = (box.left * scale, box.top * scale - moved, box.right * scale, box.bottom * scale - moved)
    return _framed(drawn, [round(edge) for edge in corners], fade=(above > 0, below > 0))


def _drawn(
    document: pypdfium2.PdfDocument, number: int, *, scale: float, above: float = 0, below: float = 0
) -> Image.Image:
    """Return a picture of a page, given by its number from 1.

    - `scale`: the number of pixels for each point.
    - `above`, `below`: the height, in points, that is cut off at the upper and the lower end.

    Raises UnreadableError if the picture would be too small.
    """
    page = document[number - 1]
    try:
        bitmap = page.render(scale=scale, crop=(0, below, 0, above), may_draw_forms=False)
        drawn: Image.Image = bitmap.to_pil().convert("RGB")
    finally:
        page.close()
    if min(drawn.size) < MIN_SIDE_PIXELS:
        raise UnreadableError(f"can't be shown: page {number:,} is too small")
    return drawn


def _framed(drawn: Image.Image, corners: Sequence[int], *, fade: tuple[bool, bool]) -> Image.Image:
    """Return a copy of a picture with a frame around the record, and everything else paler.

    - `corners`: the left, top, right and bottom of the record in the picture.
    - `fade`: whether the upper end fades out, and whether the lower end does, because the page goes on there.
    """
    shown = Image.blend(drawn, Image.new("RGB", drawn.size, WHITE), PALE_SHARE)
    pen = ImageDraw.Draw(shown, "RGBA")
    for row in range(FADE_PIXELS):
        veil = (*WHITE, round(255 * (1 - row / FADE_PIXELS)))
        for y in (y for y, wanted in zip((row, drawn.height - 1 - row), fade, strict=True) if wanted):
            pen.line((0, y, drawn.width, y), fill=veil)
    left, top, right, bottom = corners
    frame = (
        max(left - FRAME_DISTANCE_PIXELS - FRAME_WIDTH_PIXELS, 0),
        max(top - FRAME_DISTANCE_PIXELS - FRAME_WIDTH_PIXELS, 0),
        min(right + FRAME_DISTANCE_PIXELS + FRAME_WIDTH_PIXELS, drawn.width - 1),
        min(bottom + FRAME_DISTANCE_PIXELS + FRAME_WIDTH_PIXELS, drawn.height - 1),
    )
    inside = (
        frame[0] + FRAME_WIDTH_PIXELS,
        frame[1] + FRAME_WIDTH_PIXELS,
        frame[2] - FRAME_WIDTH_PIXELS + 1,
        frame[3] - FRAME_WIDTH_PIXELS + 1,
    )
    shown.paste(drawn.crop(inside), inside[:2])
    pen.rectangle(frame, outline=RED, width=FRAME_WIDTH_PIXELS)
    return shown


def _captioned(caption: str, *, width: int) -> Image.Image:
    """Return a narrow picture with one line of text; the text is made smaller until it fits into `width` pixels."""
    for size in range(CAPTION_PIXELS, MIN_CAPTION_PIXELS - 1, -1):
        font = ImageFont.load_default(size)
        if font.getlength(caption) <= width - 2 * PART_GAP_PIXELS:
            break
    strip = Image.new("RGB", (width, 2 * CAPTION_PIXELS), WHITE)
    ImageDraw.Draw(strip).text((PART_GAP_PIXELS, CAPTION_PIXELS // 2), caption, fill=BLACK, font=font)
    return strip


def _png(parts: Sequence[Image.Image]) -> bytes:
    """Return one PNG with the pictures one below the other."""
    height = sum(part.height for part in parts) + PART_GAP_PIXELS * (len(parts) - 1)
    whole = Image.new("RGB", (max(part.width for part in parts), height), GREY)
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height + PART_GAP_PIXELS
    out = io.BytesIO()
    whole.save(out, "PNG", compress_level=PNG_LEVEL)
    return out.getvalue()
