"""Finds the texts of a workbook in which a raised digit, the mark of a footnote, follows a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

# The part of a workbook that has the texts of all its cells, and what it says of a raised part of a text.
SHARED_TEXTS = "xl/sharedStrings.xml"
RAISED = "superscript"
RAISED_FORMS = str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")


def raised_texts(shared: Element) -> dict[str, str]:
    """Return the texts in which raised digits follow a figure, with these digits in their raised form.

    The result is keyed by the text as the library reads it, in which a figure 123 with a raised 4 is the figure 1234.
    `shared` is the root of the part SHARED_TEXTS.
    """
    found = {}
    for text in shared:
        read = written = ""
        for piece, is_raised in _pieces(text):
            follows = is_raised and read[-1:].isdigit() and piece.strip().isdigit()
            read += piece
            written += piece.translate(RAISED_FORMS) if follows else piece
        if read != written:
            found[read] = written
    return found


def _pieces(text: Element) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of one text, each with whether it is raised; a piece has one font throughout."""
    for run in text:
        tags = {element.tag.rpartition("}")[2]: element for element in run.iter()}
        if run.tag.rpartition("}")[2] == "r" and "t" in tags:
            yield tags["t"].text or "", "vertAlign" in tags and tags["vertAlign"].get("val") == RAISED
