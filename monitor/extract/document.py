"""Reads the text of a PDF that a record links to, page by page, within the limits that hold for every PDF."""

from __future__ import annotations

import pypdfium2

from monitor.errors import BombError, UnreadableError
from monitor.extract.pdf import guard
from monitor.extract.pdf.limits import PDF_PAGE_LIMITS
from monitor.extract.values import folded
from monitor.model import DocumentReading

# A document with more characters of text is refused: a long agreement has some hundred thousand.
MAX_DOCUMENT_CHARACTERS = 2_000_000


def read_document(content: bytes) -> DocumentReading:
    """Return the text of each page of a PDF, with single blanks; "" for a page without text, as in a scan.

    `content`: the bytes of the file. Raises UnreadableError if they are not a whole PDF, and BombError if reading them
    would take too much memory or time.
    """
    guard.check_pdf(content)
    pages: list[str] = []
    room = MAX_DOCUMENT_CHARACTERS
    try:
        with pypdfium2.PdfDocument(content) as document:
            for index in range(len(document)):
                text = _text(document, index)
                room -= len(text)
                if room < 0:
                    raise BombError(f"over {MAX_DOCUMENT_CHARACTERS:,} characters of text")
                pages.append(text)
    except pypdfium2.PdfiumError as fault:
        raise UnreadableError(f"the library that reads PDF files refuses it: {fault}") from fault
    return DocumentReading(pages=tuple(pages))


def _text(document: pypdfium2.PdfDocument, index: int) -> str:
    """Return the text of the page with this index. Raises BombError if it has too much of it."""
    page = document[index]
    text = page.get_textpage()
    try:
        total = text.count_chars()
        if total > PDF_PAGE_LIMITS.glyphs:
            raise BombError(f"page {index + 1}: {total:,} characters; at most {PDF_PAGE_LIMITS.glyphs:,} are read")
        return folded(text.get_text_range()) if total else ""
    finally:
        text.close()
        page.close()
