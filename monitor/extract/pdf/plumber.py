"""Reads the pages of a PDF with pdfplumber alone: for files that pdfium can't read, and to check pdfium's results."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pdfplumber
from pdfminer.pdftypes import resolve1

from monitor.errors import BombError, ReadError, UnreadableError
from monitor.extract.pdf.limits import PDF_PAGE_LIMITS
from monitor.extract.pdf.page import (
    BULLET,
    MIN_OUTLINES,
    UNKNOWN,
    LinkArea,
    PrintedPage,
    Remark,
    Rule,
    as_dots,
    corner,
    is_bold,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.extract.pdf.limits import PageLimits
    from monitor.extract.pdf.page import Bounds

# Unused codes of fonts, which print as bullets. Source: PDF 1.7, annex D.2, note 3.
UNUSED_CODES = {f"(cid:{code})" for code in (127, 129, 141, 143, 144, 157)}


def plumber_pages(
    content: bytes, *, links: bool = False, fonts: bool = False, limits: PageLimits = PDF_PAGE_LIMITS
) -> Iterator[PrintedPage]:
    """Yield each page of a PDF document; `links` says whether to read the areas that are links.

    `fonts` says whether to tell which characters are bold. `limits` says how many pages there may be, and how much each
    may show.

    Raises UnreadableError if pdfplumber can't read the document, BombError for too many pages or too much on one.
    """
    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            _refuse_fewer(document)
            for number, page in enumerate(document.pages, start=1):
                _refuse_crowd(page, number, limits)
                yield _plumbed(page, number, links=links, fonts=fonts)
                page.close()  # or it keeps all that was drawn until the end
    except (ReadError, GeneratorExit):
        raise
    except Exception as fault:  # pdfminer raises whatever its own code stumbles over
        raise UnreadableError(f"can't be read as a PDF: {type(fault).__name__}: {fault}") from fault


def _refuse_fewer(document: Any) -> None:  # noqa: ANN401 - pdfplumber has no types
    """Raise UnreadableError if pdfplumber finds fewer pages than the document says it has.

    pdfplumber skips a page that it can't make out, without an error.
    """
    stated = resolve1(resolve1(document.doc.catalog["Pages"])["Count"])
    if len(document.pages) < stated:
        raise UnreadableError(f"damaged: of {stated:,} pages, {len(document.pages):,} can be made out")


def _refuse_crowd(page: Any, number: int, limits: PageLimits) -> None:  # noqa: ANN401 - pdfplumber has no types
    """Raise BombError if this page is one too many, or shows too much."""
    if number > limits.pages:
        raise BombError(f"more than {limits.pages:,} pages")
    drawn, most = sum(map(len, page.objects.values())), limits.objects + limits.glyphs
    if drawn > most:
        raise BombError(f"page {number}: {drawn:,} objects and characters; at most {most:,} are read")


def _plumbed(page: Any, number: int, *, links: bool, fonts: bool) -> PrintedPage:  # noqa: ANN401 - pdfplumber has no types
    left, top = page.cropbox[0] - page.mediabox[0], page.cropbox[1] - page.mediabox[1]
    size = page.cropbox[2] - page.cropbox[0], page.cropbox[3] - page.cropbox[1]
    printed = [(code, _box(char, left, top)) for char in page.chars for code in _codes(char["text"])]
    codes = np.array([code for code, _ in printed], np.int32)
    boxes = np.array([box for _, box in printed], np.float32).reshape(-1, 4)
    round_ones = (each for each in page.curves if not any(step[0] == "l" for step in each["path"]))
    dots = [dot for each in round_ones for dot in as_dots([(x - left, y - top) for x, y in each["pts"]])]
    rules = (
        Rule(upright=True, at=each["x0"] - left, start=each["top"] - top, end=each["bottom"] - top)
        if each["orientation"] == "v"
        else Rule(upright=False, at=each["top"] - top, start=each["x0"] - left, end=each["x1"] - left)
        for each in page.edges
        if each["orientation"] in ("v", "h")
    )
    drawn_alone = not len(codes) and (page.images or len(page.curves) >= MIN_OUTLINES)
    return PrintedPage(
        number=number,
        width=size[0],
        height=size[1],
        rules=tuple(rule for rule in rules if rule.end - rule.start >= 1),
        glyphs=visible(codes, boxes, dots, size),
        bold=frozenset(
            corner(_box(char, left, top)) for char in (page.chars if fonts else ()) if is_bold(str(char["fontname"]))
        ),
        remarks=frozenset({Remark.PICTURE} if drawn_alone else ()),
        links=tuple(
            LinkArea(left=x0, top=y0, right=x1, bottom=y1, url=each["uri"])
            for each in (page.hyperlinks if links else ())
            for x0, y0, x1, y1 in [_box(each, left, top)]
        ),
    )


def _codes(text: str) -> Sequence[int]:
    """Return the Unicode numbers of the characters that one printed character stands for.

    pdfminer writes `(cid:127)` for a character without a known number.
    """
    if text.startswith("(cid:"):
        return (BULLET if text in UNUSED_CODES else UNKNOWN,)
    return tuple(map(ord, text))


def _box(drawn: Any, left: float, top: float) -> Bounds:  # noqa: ANN401 - pdfplumber's
    return drawn["x0"] - left, drawn["top"] - top, drawn["x1"] - left, drawn["bottom"] - top
