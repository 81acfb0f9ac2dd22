"""Takes the plain cells out of a sheet's XML, so that a parser need not be called at each of them.

Nearly all cells of a sheet are written in one way: with a reference, perhaps a style and a type, and perhaps a value.
An expression finds them many times as fast as a parser that calls Python. Where a sheet has anything else among its
cells, nothing is taken out, and the parser goes through all of it.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

END, END_OF_ROW = b"</sheetData>", b"</row>"
# The begin of a part in UTF-8: another encoding may hide a tag in letters, or letters in what looks like a tag.
_IN_UTF8 = re.compile(
    rb'(?:<\?xml version="1\.0"(?: encoding="(?i:utf-8)")?(?: standalone="(?:yes|no)")?\s*\?>\s*)?<[A-Za-z]'
)
# A cell without a formula, whose value needs no decoding: it is well-formed wherever an element may stand.
# Its row is that of the row which it stands in, so that one look tells how far down the cells reach.
_CELL = (
    rb'<c r="[A-Z]{1,3}\1"(?: s="[0-9]++")?+(?: t="(?:str|[sneb])")?+'
    rb"(?:/>|>(?:<v>[ -%'-;=-~]*+</v>)?+</c>)"
)
# All rows of a sheet, with no other cells in them, and nothing else between them.
_ROWS = re.compile(rb'<sheetData>(?:<row r="([1-9][0-9]{0,6})"[^<>]*+>(?:' + _CELL + rb")*+(?:</row>)?+)*+</sheetData>")
# Of the cells with a value: the letters of the column, and the reference and the text of an error.
_COLUMN = re.compile(rb'<c r="([A-Z]++)[0-9]++"[^>]*+><v')
_ERROR = re.compile(rb'<c r="([A-Z0-9]++)"(?: s="[0-9]++")?+ t="e"><v>([^<]*+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCells:
    """The plain cells of a sheet.

    - `rest`: the sheet's XML without them. It is well-formed if that of the whole sheet is, and only then.
    - `columns`: the letters of the columns in which they have a value. `height`: the number of the last such row, or 0.
    - `errors`: the texts of error cells, like `#N/A`, keyed by the cell's reference.
    """

    rest: bytes
    columns: frozenset[str]
    height: int
    errors: Mapping[str, str]


def take_out(part: bytes) -> PlainCells | None:
    """Take the plain cells out of a sheet's XML; return None if among its rows there is anything else."""
    found = _ROWS.search(part) if _IN_UTF8.match(part) else None
    # A comment, say, may hold what only looks like a cell; and three characters may not stand in a text together.
    if found is None or b"<!" in part or b"<?" in part[1:] or b"]]>" in part:
        return None
    begin, *rows = part[found.start() : found.end() - len(END)].split(b"<row")
    return PlainCells(
        rest=part[: found.start()] + b"<row".join([begin, *map(_bare, rows)]) + END + part[found.end() :],
        columns=frozenset(letters.decode() for letters in {each for row in rows for each in _COLUMN.findall(row)}),
        height=max((int(row[4 : row.index(b'"', 4)]) for row in rows if b"<v>" in row), default=0),
        errors={cell.decode(): text.decode() for row in rows for cell, text in _ERROR.findall(row)},
    )


def _bare(row: bytes) -> bytes:
    """Return the XML of a row without its cells."""
    tag, has_cells, cells = row.partition(b"<c ")
    return tag + END_OF_ROW if has_cells and cells.endswith(END_OF_ROW) else tag
