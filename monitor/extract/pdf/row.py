"""What a row of a table of a PDF has in each field, its text, and what kind of row it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from monitor.extract.row_kinds import MAX_SUM_CHARACTERS, TOTAL, are_figures, is_named_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.extract.pdf.cells import PdfCell
    from monitor.extract.pdf.text import Lines, PrintedLine
    from monitor.extract.pdf.titles import TitleValue
    from monitor.model import Box

    Cells = Sequence[PdfCell | None]

# A message shows no more of a row that belongs to no list.
MAX_SHOWN_CHARACTERS = 100


class RowPart(NamedTuple):
    """What a row has in one field of its list.

    - `lines`: its lines of text. `printed`: the same with their places on the page.
    - `url`: the address of a link over it, or None.
    - `rows`: how many rows its cell covers. `shared`: whether that cell began in a row above.
    """

    lines: Lines = ()
    printed: tuple[PrintedLine, ...] = ()
    url: str | None = None
    rows: int = 1
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A row of a list, as it is printed.

    - `parts`: its content in each field of the list; None if the row's table lacks the column.
    - `boxes`: where the row is on the pages.
    - `opens`: True for the first row of the list on a page, if the list began on an earlier page.
    - `groups`: the values of the list's group fields that stand above it.
    - `is_apart`: whether a row that is no record stands directly above it, like a title or a sum.
    - `gone`: the title above its table if that says that the rows are listed no more, like `Terminated`; else "".
    """

    parts: tuple[RowPart | None, ...]
    boxes: tuple[Box, ...]
    opens: bool = False
    groups: tuple[TitleValue | None, ...] = ()
    is_apart: bool = False
    gone: str = ""


def field_words(row: Cells, field: tuple[int, int]) -> str:
    """Return the text of a row in one field.

    `field` is the number of the field's first column, and the number after its last one.
    """
    return " ".join(line for cell in row[field[0] : field[1]] if cell for line in cell.lines)


def row_part(row: Cells, field: tuple[int, int], top: float) -> RowPart:
    """Return what a row has in one field, from the cells in the field's columns.

    - `field`: the number of the field's first column, and the number after its last one; a field has several columns if
      its header covers them.
    - `top`: the top of the row.
    """
    first, end = field
    if end - first == 1 and (cell := row[first]):  # as nearly always: this is called for each cell of each list
        return RowPart(cell.lines, cell.printed, cell.url, cell.rows, cell.bounds[1] < top)
    under = [cell for cell in row[first:end] if cell]
    return RowPart(
        lines=tuple(line for cell in under for line in cell.lines),
        printed=tuple(line for cell in under for line in cell.printed),
        url=next((cell.url for cell in under if cell.url), None),
        rows=max((cell.rows for cell in under), default=1),
        shared=any(cell.bounds[1] < top for cell in under),
    )


def is_sum_row(parts: Sequence[RowPart | None]) -> bool:
    """Return whether a row is a sum: its first filled cell says so, and the others are mostly empty, or are figures."""
    filled = (part.lines for part in parts if part and part.lines)
    first = " ".join(next(filled))
    others = [" ".join(lines) for lines in filled]
    if is_named_sum(first, others, width=len(parts)):
        return True
    if len(first) > MAX_SUM_CHARACTERS or not TOTAL.fullmatch(first):
        return False
    return 2 * len(others) < len(parts) or are_figures(others)


def row_texts(row: Cells) -> tuple[str, ...]:
    """Return the text of each cell of a row in one line; "" for a column without a cell."""
    return tuple(in_one_line(cell.lines) if cell else "" for cell in row)


def is_repeated(texts: Sequence[str]) -> bool:
    """Return whether the texts of a row are the same ones twice or more, in the same order; empty ones do not count."""
    filled = [text for text in texts if text]
    count = len(filled)
    return any(count % part == 0 and filled == filled[:part] * (count // part) for part in range(1, count // 2 + 1))


def in_one_line(lines: Lines) -> str:
    """Return the lines of a header cell as one line; a word that is broken by a hyphen is put together."""
    if len(lines) == 1:
        return lines[0].strip()
    text = ""
    for line in lines:
        broken = text.endswith("-") and line[:1].islower()
        text = text[:-1] + line if broken else f"{text} {line}".strip()
    return text


def is_merged_row(row: Cells) -> bool:
    """Return whether a row is one cell that covers several columns: such a row is a title or a note."""
    cells = [cell for cell in row if cell]
    return len(cells) == 1 and cells[0].columns > 1


def shown_row(row: Cells) -> str:
    """Return the beginning of a row as a message shows it, with a bar between its cells."""
    text = " | ".join(text for text in row_texts(row) if text)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}..."
