"""PDFs of lines of text without rules, as an office's program prints a list: columns, headings, page headers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FONT = "Helvetica"
WIDE, HIGH = 612, 792
PITCH = 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """A text at a place of a page, in points from its upper left; with `right`, it ends there."""

    text: str
    left: float
    top: float
    size: float = 9
    right: bool = False
    white: bool = False
    bold: bool = False


def sheets(*pages: Iterable[Print]) -> bytes:
    """A PDF with these pages."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDE, HIGH), invariant=1, pageCompression=0)
    for page in pages:
        for each in page:
            canvas.setFont(f"{FONT}-Bold" if each.bold else FONT, each.size)
            canvas.setFillGray(1 if each.white else 0)
            draw = canvas.drawRightString if each.right else canvas.drawString
            draw(each.left, HIGH - each.top - each.size, each.text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def leader(before: str, after: str, width: float, size: float = 9) -> str:
    """Two texts with dots between them, as wide as a column."""
    room = width - stringWidth(f"{before}  {after}", FONT, size)
    return f"{before} {'.' * max(3, int(room / stringWidth('.', FONT, size)))} {after}"


def column(
    texts: Sequence[str], *, left: float = 60, top: float = 90, pitch: float = PITCH, size: float = 9
) -> list[Print]:
    """Lines below each other. `# ` begins a heading in larger letters, `* ` a bold line, `> ` an indented one."""
    made = []
    for number, text in enumerate(texts):
        at = top + number * pitch
        if text.startswith("# "):
            made.append(Print(text=text[2:], left=left, top=at - 2, size=size + 3))
        elif text.startswith("* "):
            made.append(Print(text=text[2:], left=left, top=at, size=size, bold=True))
        elif text:
            indent = 12 if text.startswith("> ") else 0
            made.append(Print(text=text.removeprefix("> "), left=left + indent, top=at, size=size))
    return made


def framed(number: int, parts: Iterable[Print], *, header: str = "Office of Agreements", of: int = 2) -> list[Print]:
    """A page with a header and its number."""
    return [
        Print(text=header, left=60, top=40, size=8),
        *parts,
        Print(text=f"Page {number} of {of}", left=552, top=750, size=8, right=True),
    ]
