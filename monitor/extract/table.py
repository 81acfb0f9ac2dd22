"""Turn a grid of cells into records, in the same way for spreadsheets, CSV files and tables of web pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract import header
from monitor.extract.values import as_date, bullets, trimmed, unwrapped
from monitor.model import Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from monitor.config.sources import ListDescription
    from monitor.extract.header import Header
    from monitor.model import Locator

Value = str | bool | int | float | date | datetime | time | timedelta

# A header is looked for in this many rows at the top, not counting empty ones.
MAX_HEADER_ROWS = 30
# No further row is looked at once a header fits this well, of 1.
PERFECT_FIT = 0.99
# Only this many cells of a row are looked at for a header.
MAX_HEADER_CELLS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A grid of cells, whose rows may differ in length.

    `links` holds the targets of hyperlinks, keyed by row and column, both counted from 0. `across` holds the numbers of
    the rows that consist of one cell merged over several columns: such a row is a title or a note, never a record.
    `locate` returns the locator of the row with the given number. A `hidden` table is read only if no visible table
    holds the list.
    """

    title: str
    rows: Sequence[Sequence[Value]]
    locate: Callable[[int], Locator]
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    across: Container[int] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """The row of a table that fits best as the header of a list."""

    table: Table
    row: int
    header: Header


def read_table(name: str, description: ListDescription, *, tables: Sequence[Table]) -> RecordList:
    """Read the list `name` from the `tables` that have its header; their records follow each other in order.

    Raises LayoutError in three cases: no table has the header; there are no records although the list may not be empty;
    or two tables hold the same records, so that one of them must be a copy.
    """
    if not tables and description.may_be_empty:
        return RecordList(name=name, fields=description.fields, records=())
    candidates = [best_header(table, description) for table in tables]
    complete = [each for each in candidates if each.header.complete]
    complete = [each for each in complete if not each.table.hidden] or complete
    if not complete:
        raise LayoutError(_no_header(name, description, candidates))
    parts = [_records(each, description) for each in complete]
    _refuse_copies(name, complete, parts)
    records = tuple(record for part in parts for record in part)
    if not records and not description.may_be_empty:
        raise LayoutError(f"list {name!r}: the header is there, in {complete[0].table.title}, but no records under it")
    return RecordList(name=name, fields=description.fields, records=records)


def best_header(table: Table, description: ListDescription) -> _Candidate:
    """Find the row near the top of a table that fits best as the header of the list that `description` describes."""
    nowhere = header.Header(columns={}, missing=tuple(description.columns), fit=0.0)
    best = _Candidate(table=table, row=0, header=nowhere)
    filled = ((index, row) for index, row in enumerate(table.rows) if any(cell != "" for cell in row))
    for index, row in islice(filled, MAX_HEADER_ROWS):
        candidate = _Candidate(
            table=table, row=index, header=header.find_header(texts(row[:MAX_HEADER_CELLS]), description)
        )
        best = max(best, candidate, key=_rank)
        if best.header.complete and best.header.fit > PERFECT_FIT:
            break
    return best


def _rank(candidate: _Candidate) -> tuple[bool, float, int]:
    """Return a sort key for a candidate, which is higher for a better header.

    A complete header comes before any other; then the better fit counts, then the larger number of columns.
    """
    header_found = candidate.header
    return header_found.complete, header_found.fit if header_found.complete else 0.0, len(header_found.columns)


def texts(row: Sequence[Value]) -> list[str]:
    """Return the cells of a row as text (see `printed`)."""
    return [printed(cell) for cell in row]


def printed(value: Value) -> str:
    """Return the value of a cell as text: whole numbers without `.0`, dates as `YYYY-MM-DD`."""
    if isinstance(value, str):
        return trimmed(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, date) and not (isinstance(value, datetime) and value.time() != time()):
        return as_date(value)
    return str(value)


def _records(candidate: _Candidate, description: ListDescription) -> list[Record]:
    """Return a record for each row under the header that has a value in at least one column of the list.

    A row that continues the record above is appended to it. Footnotes, notes over several columns and repeated headers
    are left out.
    """
    table, columns = candidate.table, candidate.header.columns
    wanted = [(columns.get(name), column.kind) for name, column in description.columns.items()]
    heading = [table.rows[candidate.row][index] for index in columns.values()]
    whole = description.fields.index(description.whole_row) if description.whole_row else None
    records: list[Record] = []
    for number in range(candidate.row + 1, len(table.rows)):
        row = table.rows[number]
        if number in table.across or _is(row, columns, heading):
            continue
        values = tuple(
            None if index is None else _value(row, index, kind=kind, link=table.links.get((number, index)))
            for index, kind in wanted
        )
        if not any(values):
            continue
        if whole is not None and records and not values[whole]:
            records[-1] = _continued(records[-1], values)
        else:
            records.append(Record(values=values, locator=table.locate(number), position=len(records)))
    return records[: len(records) - _footnotes(records, description, columns=columns)]


def _is(row: Sequence[Value], columns: Mapping[str, int], heading: list[Value]) -> bool:
    """Return whether a row repeats the header, as in a sheet that was put together from several sheets.

    `heading` holds the cells of the header, in the order of `columns`.
    """
    return [row[index] if index < len(row) else "" for index in columns.values()] == heading


def _value(row: Sequence[Value], index: int, *, kind: str, link: str | None) -> str:
    """Return the value of one cell, read according to its column's kind: a link, a date, bullets or plain text."""
    cell = row[index] if index < len(row) else ""
    if kind == "link":
        return unwrapped(link) if link else unwrapped(printed(cell))
    if kind == "date":
        return as_date(cell if isinstance(cell, date) else printed(cell))
    return bullets(printed(cell)) if kind == "bullets" else printed(cell)


def _continued(record: Record, values: Sequence[str | None]) -> Record:
    """Return `record` with `values` appended, the values of a row below that continues it.

    The locator stays that of the record's first row.
    """
    joined = tuple(
        f"{before}\n{more}" if before and more else before or more
        for before, more in zip(record.values, values, strict=True)
    )
    return Record(values=joined, locator=record.locator, position=record.position)


def _footnotes(records: Sequence[Record], description: ListDescription, *, columns: Mapping[str, int]) -> int:
    """Count the footnotes at the end of the records.

    A footnote has text in the leftmost column only, and no record above has the same text there. Lists with fewer than
    three columns, and lists that are identified by their leftmost column alone, keep all their records.
    """
    leftmost = min(columns, key=lambda name: columns[name])
    if len(columns) < 3 or set(description.key) <= {leftmost}:
        return 0
    place = description.fields.index(leftmost)
    count = 0
    for record in reversed(records):
        if sum(map(bool, record.values)) != 1 or not record.values[place]:
            break
        count += 1
    known = {record.values[place] for record in records[: len(records) - count]}
    return 0 if any(record.values[place] in known for record in records[len(records) - count :]) else count


def _refuse_copies(name: str, candidates: Sequence[_Candidate], parts: Sequence[list[Record]]) -> None:
    """Raise LayoutError if a table seems to be a copy.

    It is one if more than half of its different records are also in the tables before it.
    """
    seen: set[tuple[str | None, ...]] = set()
    for candidate, part in zip(candidates, parts, strict=True):
        values = {record.values for record in part}
        if seen and 2 * len(values & seen) > len(values):
            raise LayoutError(
                f"list {name!r}: {candidate.table.title} repeats what stands before it; say by `sheet` or `heading` "
                "which one counts"
            )
        seen |= values


def _no_header(name: str, description: ListDescription, candidates: Sequence[_Candidate]) -> str:
    """Return a message that says why no table has the header of the list `name`.

    For the table that is most like the list, it names the columns that are missing and the cells that are there
    instead.
    """
    if not candidates:
        return f"list {name!r}: there is no table that it could be"
    nearest = max(candidates, key=_rank)
    title = nearest.table.title
    refused = _refused(nearest.table, description)
    if refused:
        return f"list {name!r}: no header of it in {title}; {refused} tells that it is another list"
    if not nearest.header.columns:
        return f"list {name!r}: no header of it in {title}"
    wanted = ", ".join(repr(description.columns[field].header[0]) for field in nearest.header.missing)
    there = ", ".join(repr(text) for text in texts(nearest.table.rows[nearest.row][:MAX_HEADER_CELLS])[:20] if text)
    return f"list {name!r}: {title} lacks the column {wanted}; its row {nearest.row + 1} has {there}"


def _refused(table: Table, description: ListDescription) -> str | None:
    """Return a header in the table that shows that it holds another list, quoted for a message; None if there is none.

    Such headers are the `not_columns` of the description.
    """
    refused = {header.header_words(text) for text in description.not_columns}
    for row in islice(table.rows, MAX_HEADER_ROWS):
        for text in texts(row[:MAX_HEADER_CELLS]):
            if header.header_words(text) in refused:
                return repr(text)
    return None
