"""Says how much of a PDF is read: the limits of the guard before any library sees it, and those of each page.

The functions that keep to the limits take them as arguments, so that a test can try each limit with a small file.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfLimits:
    """How large a PDF may be. A file that goes beyond one of these is refused.

    - `file_bytes`: the size of the file.
    - `pages`, `streams`: the number of its pages, and of its streams (blocks of data).
    - `unpacked_bytes`: the size of all its streams, unpacked; a report with its fonts has some millions.
    - `code_bytes`: a longer unpacked stream is no code and is not looked into. If it is packed again, it is refused.
    - `unknown_bytes`: the size of a stream of a packing that is not known.
    - `packing_layers`: how many times a stream may be packed.
    - `bracket_depth`: how deeply the brackets of code may be nested; a few dozen are much.
    - `saved_states`: how many graphics states code may save at once.
    - `repeated_contents`: how often a page may name the same contents.
    - `drawn_forms`: how many forms one form may draw, with those that they draw.
    - `form_references`: how many objects the forms may name together.
    """

    file_bytes: int = 100_000_000
    pages: int = 2_000
    streams: int = 50_000
    unpacked_bytes: int = 200_000_000
    code_bytes: int = 32_000_000
    unknown_bytes: int = 1_000_000
    packing_layers: int = 8
    bracket_depth: int = 200
    saved_states: int = 20_000
    repeated_contents: int = 20
    drawn_forms: int = 1_000_000
    form_references: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLimits:
    """How much one page of a PDF may show, and how many pages there may be. A file beyond one of these is refused.

    - `pages`: the number of pages.
    - `objects`: the number of drawn objects, and of annotations; a dense table has a thousand.
    - `glyphs`: the number of characters; five thousand are dense print.
    - `points`: the number of points of all drawn paths.
    - `compared`: the number of pairs of a text and an area that may cover it.
    """

    pages: int = 2_000
    objects: int = 50_000
    glyphs: int = 200_000
    points: int = 100_000
    compared: int = 10_000_000


PDF_LIMITS = PdfLimits()
PDF_PAGE_LIMITS = PageLimits()
