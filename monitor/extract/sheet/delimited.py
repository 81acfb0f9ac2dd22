"""Reads CSV files; the encoding and the character between values (the delimiter) are found out from the file."""

from __future__ import annotations

import csv
import re
from collections import Counter
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import webencodings

from monitor.errors import BombError, LayoutError, UnreadableError
from monitor.extract import parts, table
from monitor.extract.account import Account
from monitor.extract.grid import Table
from monitor.extract.values import BYTE_ORDER_MARKS
from monitor.model import Locator, PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import RecordList

# The characters that may stand between two values.
DELIMITERS = (",", ";", "\t", "|")
# The number of first rows in which the header is looked for under each delimiter.
SAMPLE_ROWS = 60
# A file with more rows is refused.
MAX_CSV_ROWS = 1_100_000
# A line with its end; the last one may have none.
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# Cells that are not longer are kept once, however often they come.
MAX_SHARED_LETTERS = 30
# A character that no text has.
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0e-\x1f]")


def read_csv(
    content: bytes, lists: Mapping[str, ListDescription], account: Account | None = None
) -> tuple[RecordList, ...]:
    """Return the lists of a CSV file; `lists` has the descriptions by the names of the lists.

    Each list is read with the delimiter by which its header fits best. A record's place is the line of the file on
    which it starts. Raises UnreadableError, BombError or LayoutError.
    """
    account = account or Account()
    text = _decoded(content, account.charset)
    if not text.endswith(("\n", "\r")):
        message = "the last line has no end; was the file cut off on the way?"
        account.pass_over(PassedOverKind.END, "end", message=message, holds=True)
    return tuple(
        table.read_table(name, description, tables=(_table(text, description, account),), account=account)
        for name, description in lists.items()
    )


def undescribed_table(content: bytes, charset: str | None = None) -> Table:
    """Return a CSV file as one table, split at the delimiter that gives most of its first rows the same width.

    `charset` is the encoding that the server named, or None. Raises UnreadableError or BombError.
    """
    text = _decoded(content, charset)
    delimiter = max(DELIMITERS, key=lambda each: _evenness(text, each))
    found = list(islice(_rows(text, delimiter), MAX_CSV_ROWS))
    lines = [line for line, _ in found]
    return Table(title="the file", rows=[row for _, row in found], locate=partial(_locate, lines))


def _evenness(text: str, delimiter: str) -> tuple[int, int]:
    """Rate how evenly a delimiter splits the first rows: how many have the most frequent width above 1, and it."""
    widths: Counter[int] = Counter()
    with suppress(UnreadableError, BombError):
        widths.update(len(row) for _, row in islice(_rows(text, delimiter), SAMPLE_ROWS))
    del widths[0], widths[1]
    width, count = max(widths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))
    return count, width


def _decoded(content: bytes, charset: str | None) -> str:
    """Return the text of the file. Raises UnreadableError if the file is empty or not text.

    The encoding is that of the byte order mark; else the one that the server named (`charset`); else UTF-8. A line that
    is not valid in UTF-8 is read as Windows-1252, since a file may be put together from several.
    """
    if not content.strip():
        raise UnreadableError("the file is empty")
    marked = next((encoding for mark, encoding in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    known = webencodings.lookup(charset or "")
    named = known.codec_info.name if known and not known.name.startswith(("utf-", "x-user", "replac")) else "utf-8"
    try:
        text = content.decode(marked or named)
    except UnicodeDecodeError as fault:
        if marked or named != "utf-8":
            raise UnreadableError(f"no text in {marked or named}") from fault
        text = "".join(_line_decoded(line) for line in content.splitlines(keepends=True))
    if CONTROL_CHARACTER.search(text):
        raise UnreadableError("no text: the file has binary characters in it")
    return text


def _line_decoded(line: bytes) -> str:
    """Return one line of a file in UTF-8; a line that is not valid is in Windows-1252. Raises UnreadableError."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        try:
            return line.decode("cp1252")
        except UnicodeDecodeError as fault:
            raise UnreadableError("no text in UTF-8 or Windows-1252") from fault


def _table(text: str, description: ListDescription, account: Account) -> Table:
    """Split the text into a grid of cells, at the delimiter with which the list's header fits best."""
    delimiter = max(DELIMITERS, key=lambda each: _fit(text, each, description=description))
    lines: list[int] = []
    rows: list[list[str]] = []
    shared: dict[str, str] = {}
    for line, row in _rows(text, delimiter):
        lines.append(line)
        rows.append([shared.setdefault(cell, cell) if len(cell) <= MAX_SHARED_LETTERS else cell for cell in row])
        if len(rows) > MAX_CSV_ROWS:
            raise BombError(f"the file has more than {MAX_CSV_ROWS:,} rows")
    grid = Table(title="the file", rows=rows, locate=partial(_locate, lines))
    _judge_widths(grid, description, account, lines=lines)
    return grid


def _locate(lines: Sequence[int], row: int) -> Locator:
    return Locator(line=lines[row])


def _fit(text: str, delimiter: str, *, description: ListDescription) -> tuple[bool, int, float]:
    """Rate how well the first rows show the list's header if they are split at `delimiter`; a higher result is better.

    The result has three parts, of which the first counts most: whether the header is complete, the number of its
    columns, and how well they fit. If a row can't be read, the rows after it are left out.
    """
    rows: list[list[str]] = []
    with suppress(UnreadableError, BombError):
        rows.extend(row for _, row in islice(_rows(text, delimiter), max(SAMPLE_ROWS, description.header_row or 0)))
    header = parts.best_header(Table(title="", rows=rows, locate=lambda _: Locator()), description).header
    return header.complete, len(header.columns), header.fit


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row, with the number of the line on which it starts.

    Raises UnreadableError for a quote that is never closed, or that is closed in the middle of a value; BombError for a
    value that is too long.
    """
    lines = (found[0] for found in LINE.finditer(text))  # one after the other: a copy would take four bytes a letter
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as fault:
        if "field larger" in str(fault):
            raise BombError(f"line {line}: a value of more than {csv.field_size_limit():,} characters") from fault
        raise UnreadableError(f"line {line}: {fault}") from fault


def _judge_widths(grid: Table, description: ListDescription, account: Account, *, lines: Sequence[int]) -> None:
    """Raise LayoutError if a row has values beyond the last column; note in the account the rows that are too short.

    `lines` is the line of the file on which each row starts. In a row that is too long, a delimiter inside a value has
    shifted the others. In a row that is too short, a delimiter may be missing, unless all rows lack the same cells at
    their end.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    for part in parts.parts_with_header(grid, description):
        width = max(map(len, grid.rows[part.top : part.row + 1]))
        for number in range(part.row + 1, part.end):
            if any(grid.rows[number][width:]):
                raise LayoutError(f"line {lines[number]} has more values than the header has columns ({width})")
        if short := parts.short_rows(part, width=width):
            account.suspect(
                f"line {lines[short[0]]} has {len(grid.rows[short[0]])} values, and the header has {width} columns; "
                "its values may stand in the wrong columns"
            )
