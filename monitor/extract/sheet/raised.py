"""Finds the texts of a workbook of which a part looks otherwise: raised digits, which mark footnotes, struck words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.extract.values import RAISED_MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

# The part of a workbook that has the texts of all its cells, and what it says of a raised part of a text.
SHARED_TEXTS = "xl/sharedStrings.xml"
RAISED = "superscript"
RAISED_FORMS = str.maketrans("0123456789", RAISED_MARKS)


def raised_texts(shared: Element) -> dict[str, str]:
    """Return the texts in which raised digits follow a figure, in their raised form, or a word, without them.

    The result is keyed by the text as the library reads it, in which a figure 123 with a raised 4 is the figure 1234.
    `shared` is the root of the part SHARED_TEXTS.
    """
    found = {}
    for text in shared:
        read = written = ""
        for piece, is_raised in _pieces(text):
            is_mark = is_raised and read[-1:].strip() != "" and piece.strip().isdigit()
            after_figure, read = read[-1:].isdigit(), read + piece
            if not is_mark or after_figure:
                written += piece.translate(RAISED_FORMS) if is_mark else piece
        if read != written:
            found[read] = written
    return found


def struck_texts(shared: Element) -> dict[str, str]:
    """Return the texts of which a part is struck out, with that part. `shared` is the root of the part SHARED_TEXTS."""
    found = {}
    for text in shared:
        runs = [("".join(each.text or "" for each in run.iter() if _tag(each) == "t"), run) for run in text]
        if struck := " ".join(filter(None, (piece.strip() for piece, run in runs if strikes_out(run)))):
            found["".join(piece for piece, _ in runs)] = struck
    return found


def strikes_out(font: Element) -> bool:
    """Return whether text in a font is struck out; the font is an element of its own, or within that of the text."""
    return any(_tag(each) == "strike" and each.get("val", "1") not in {"0", "false"} for each in font.iter())


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _pieces(text: Element) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of one text, each with whether it is raised; a piece has one font throughout."""
    for run in text:
        tags = {_tag(element): element for element in run.iter()}
        if _tag(run) == "r" and "t" in tags:
            yield tags["t"].text or "", "vertAlign" in tags and tags["vertAlign"].get("val") == RAISED
