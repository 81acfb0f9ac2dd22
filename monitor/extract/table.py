"""Makes records from a grid of cells, in the same way for spreadsheets, CSV files and tables of web pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from monitor.config.cells import is_european
from monitor.errors import LayoutError
from monitor.extract import header
from monitor.extract.account import Account
from monitor.extract.row_kinds import RowKinds, are_figures, says_sum
from monitor.extract.unread import account_for_numbers
from monitor.extract.values import as_date, bullets, folded, is_day_first, is_plain_date, trimmed, unwrapped
from monitor.model import PassedOverKind, Record, RecordList, SuspicionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from monitor.config.sources import Column, ListDescription
    from monitor.extract.header import Header
    from monitor.model import Locator

Value = str | bool | int | float | date | datetime | time | timedelta

# The day that has the number 0 in most workbooks.
SHEET_EPOCH = date(1899, 12, 30)
# A number in a column of dates is one between these: from 1954 to 2119.
SERIAL_DATES = range(20_000, 80_000)
# Beyond this, a float does not hold every whole number.
MAX_EXACT = 2**53
# A header is looked for in this many rows at the top, not counting empty ones.
MAX_HEADER_ROWS = 30
# No further row is looked at once a header fits this well, of 1.
PERFECT_FIT = 0.99
# Of the rows of a table that are no records, this many are accounted for.
MAX_PASSED_ROWS = 1_000
# A column with fewer dates is not judged as a whole.
MIN_JUDGED_DATES = 5
# Only this many cells of a row are looked at for a header.
MAX_HEADER_CELLS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A grid of cells, whose rows may differ in length. Rows and columns are counted from 0.

    - `title`: what it is called in messages. `rows`: the values of its cells.
    - `locate`: a function that returns the place in the file of the row with a given number.
    - `links`: the addresses of hyperlinks, keyed by row and column.
    - `across`: the numbers of the rows that are one merged cell over several columns. Such a row is a title or a note,
      and never a record.
    - `foot`: the number of the first row of the table's foot, or None. A row of the foot is a record only if it looks
      like one.
    - `hidden`: whether it is hidden. It is then read only if no visible table has the list.
    - `epoch`: the day from which dates that are numbers are counted.
    - `struck`: the cells whose text is struck out.
    """

    title: str
    rows: Sequence[Sequence[Value]]
    locate: Callable[[int], Locator]
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    across: Container[int] = ()
    foot: int | None = None
    hidden: bool = False
    epoch: date = SHEET_EPOCH
    struck: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """The row of a table that fits best as the header of a list.

    - `table`: the table.
    - `row`: the number of the row in it, from 0.
    - `header`: the columns of the list that the row names.
    """

    table: Table
    row: int
    header: Header


def read_table(
    name: str, description: ListDescription, *, tables: Sequence[Table], account: Account | None = None
) -> RecordList:
    """Return the list `name`, read from all `tables` that have its header; the records are in the order of the tables.

    These things are noted in the account, since they are doubtful:
    - a table that seems to be another list,
    - a list without records that may not be empty,
    - a table that repeats the records of another.

    Raises LayoutError if no table has the header.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    account = account or Account()
    if not tables and description.may_be_empty:
        return RecordList(name=name, fields=description.fields, records=())
    candidates = [best_header(table, description) for table in tables]
    complete = [each for each in candidates if each.header.complete]
    complete = complete or [each for each in candidates if each.header.has_all]
    complete = [each for each in complete if not each.table.hidden] or complete
    if not complete:
        raise LayoutError(_no_header(name, description, candidates))
    parts = [_records(each, name, description, account) for each in complete]
    records = tuple(record for part in _without_copies(name, complete, parts, account) for record in part)
    _account_for(name, description, complete, records, account)
    return RecordList(name=name, fields=description.fields, records=records)


def _account_for(
    name: str,
    description: ListDescription,
    candidates: Sequence[_Candidate],
    records: Sequence[Record],
    account: Account,
) -> None:
    """Note in the account the columns of the tables that a list was read from, and the reasons to think it is misread.

    `candidates` are the headers of these tables, and `records` the records that were read.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    for each in candidates:
        account.taken.add(each.table.title)
        _account_for_columns(name, each, account)
        if each.header.refused is not None:
            message = f"{name}: {each.table.title} has the column {each.header.refused!r}, as another list has"
            account.suspect(message, list_name=name, kind=SuspicionKind.OTHER_LIST)
    if not records and not description.may_be_empty:
        message = f"{name}: the header is there, in {candidates[0].table.title}, but no records under it"
        account.suspect(message, list_name=name, kind=SuspicionKind.EMPTY)
    for place, (field_name, column) in enumerate(description.columns.items()):
        if column.kind == "number":
            account_for_numbers(name, field_name, column, [record.values[place] for record in records], account)
        if column.kind != "date":
            continue
        filled = [value for record in records if (value := record.values[place])]
        unread = [value for value in filled if not is_plain_date(value)]
        if len(filled) >= MIN_JUDGED_DATES and 2 * len(unread) > len(filled):
            message = f"{name}: most dates of {field_name} can't be read, like {unread[0]!r}"
            account.pass_over(
                PassedOverKind.UNREAD, field_name, unread[:5], message=message, holds=True, list_name=name
            )


def _account_for_columns(name: str, each: _Candidate, account: Account) -> None:
    """Note in the account the header of each described column, and each column that the description does not name.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    rows, columns = each.table.rows, each.header.columns
    for field_name, index in columns.items():
        text = folded(printed(rows[each.row][index]))
        account.pass_over(PassedOverKind.HEADER, field_name, [text], message=f"the column {text!r}", list_name=name)
    for index, cell in enumerate(rows[each.row][:MAX_HEADER_CELLS]):
        text = folded(printed(cell))
        if text and index not in columns.values():
            below = (row[index] for row in islice(rows, each.row + 1, None) if index < len(row) and row[index] != "")
            values = dict.fromkeys(printed(value) for value in islice(below, 5))
            message = f"{name}: the column {text!r} is described nowhere"
            account.pass_over(PassedOverKind.COLUMN, text, values, message=message, list_name=name)


def account_for_others(tables: Sequence[Table], lists: Mapping[str, ListDescription], account: Account) -> None:
    """Note in the account the tables that no list was read from.

    A table could have records if at least half of its rows are as wide as a list.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    narrowest = min((sum(not each.optional for each in one.columns.values()) for one in lists.values()), default=0)
    for table in tables:
        if table.title in account.taken:
            continue
        rows = [filled for row in islice(table.rows, MAX_PASSED_ROWS) if (filled := texts_of(row))]
        if not rows:
            continue
        wide = sum(len(row) >= max(narrowest, 2) for row in rows)
        holds = not table.hidden and wide >= 2 and 2 * wide >= len(rows)
        message = f"{table.title} is read for no list, and begins with {' | '.join(rows[0])[:80]!r}"
        cells = [text for row in rows for text in row]
        account.pass_over(PassedOverKind.TABLE, table.title, cells, message=message, holds=holds)


def best_header(table: Table, description: ListDescription) -> _Candidate:
    """Find the row near the top of a table that fits best as the header of the list with this description."""
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


def short_rows(table: Table, begin: int, *, width: int) -> list[int]:
    """Return the numbers of the rows with fewer cells than the header, if most rows have as many as the header.

    Their values may be in the wrong columns. A row with a single value does not count, since it may be a title;
    nor does a sum. `begin` is the number of the first row under the header, and `width` the number of the header's
    cells.
    """
    below = range(begin, len(table.rows))
    short = [number for number in below if 1 < len(table.rows[number]) < width and _lacks_cells(table.rows[number])]
    whole = sum(len(table.rows[number]) >= width for number in below)
    return short if whole > len(short) else []


def _lacks_cells(row: Sequence[Value]) -> bool:
    """Return whether a short row may be a record that lacks cells: it has several values, and is no sum of figures."""
    filled = texts([cell for cell in row if cell != ""])
    return len(filled) > 1 and not (says_sum(filled[0]) and are_figures(filled[1:]))


def _rank(candidate: _Candidate) -> tuple[bool, float, int]:
    """Return a sort key for a possible header; it is greater for a better one.

    A complete header comes before any other; then the better fit counts, then the greater number of columns.
    """
    header_found = candidate.header
    return header_found.complete, header_found.fit if header_found.complete else 0.0, len(header_found.columns)


def texts(row: Sequence[Value]) -> list[str]:
    """Return the values of a row's cells as text (see `printed`)."""
    return [printed(cell) for cell in row]


def printed(value: Value) -> str:
    """Return the value of a cell as text: whole numbers without `.0`, dates as `YYYY-MM-DD`."""
    if isinstance(value, str):
        return trimmed(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
        return str(int(value))
    if isinstance(value, date) and not (isinstance(value, datetime) and value.time() != time()):
        return as_date(value)
    return str(value)


def _records(candidate: _Candidate, name: str, description: ListDescription, account: Account) -> list[Record]:
    """Return a record for each row under the header that has a value in at least one column of the list.

    A row that continues the record above is appended to it. Sums, titles, notes and repeated headers are left out, and
    accounted for. So are the short rows under a title that follows an empty row, as in a glossary.
    """
    table, columns = candidate.table, candidate.header.columns
    wanted = [(columns.get(field_name), column) for field_name, column in description.columns.items()]
    heading = [printed(table.rows[candidate.row][index]) if index is not None else "" for index, _ in wanted]
    readers = [None if index is None else _cell_reader(table, index, column) for index, column in wanted]
    places = [index for index, _ in wanted]
    leftmost = places.index(min(columns.values()))
    kinds = RowKinds.of(description, leftmost=leftmost, heading=heading)
    whole = description.fields.index(description.whole_row) if description.whole_row else None
    records: list[Record] = []
    others: list[int] = []
    titles: list[int] = []  # the number of records before each row with one value, which may be a title
    words: set[tuple[int, str]] = set()  # the values of the body, each with its place, where the table has a foot
    is_after_gap = is_under_title = False
    for number in range(candidate.row + 1, len(table.rows)):
        row = table.rows[number]
        if number == table.foot:
            words = _placed_values(records)
        values = tuple(read(row, number) if read else None for read in readers)
        filled = sum(map(bool, values))
        if not filled:
            is_after_gap = True
            continue
        is_under_title = is_under_title and 2 * filled <= len(columns)
        in_foot = table.foot is not None and number >= table.foot
        if whole is not None and records and not values[whole] and not in_foot and number not in table.across:
            records[-1] = _continued(records[-1], values)
        elif (
            number in table.across
            or is_under_title
            or kinds.is_none(values)
            or (in_foot and not _is_like(values, description, words=words))
        ):
            others.append(number)
            titles += [len(records)] if filled == 1 else []
            is_under_title = is_under_title or (is_after_gap and filled == 1)
        else:
            records.append(Record(values=values, locator=table.locate(number), position=len(records)))
        is_after_gap = False
    footnotes = _glossary(records, titles, width=len(columns)) or _footnotes(records, description, columns=columns)
    notes = [text for record in records[len(records) - footnotes :] for text in record.values if text]
    _account_for_rows(name, table, others, notes, account)
    return records[: len(records) - footnotes]


def _is_like(values: Sequence[str | None], description: ListDescription, *, words: Container[tuple[int, str]]) -> bool:
    """Return whether a row in the foot of a table is a record; some programs put the last record there.

    It is one if all of this is true; a sum or an average fails at the last point:
    - It has a value in each needed column.
    - It has a date in each column of dates.
    - It shares a word with a record above, in the same column.

    `words` are the values of the records above, each with the index of its field.
    """
    for value, column in zip(values, description.columns.values(), strict=True):
        if not value and not column.optional:
            return False
        if value and column.kind == "date" and not is_plain_date(value):
            return False
    return any(value and value[0].isalpha() and (place, value) in words for place, value in enumerate(values))


def _account_for_rows(name: str, table: Table, others: Sequence[int], notes: Sequence[str], account: Account) -> None:
    """Note in the account the rows of a table that are no records.

    `others` are their numbers, and `notes` the texts of footnotes.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    texts = [text for number in others[:MAX_PASSED_ROWS] for text in texts_of(table.rows[number])]
    if texts or notes:
        first = (texts or notes)[0]
        message = f"{name}: {table.title} has rows that are no records, like {first[:80]!r}"
        account.pass_over(PassedOverKind.ROWS, table.title, [*texts, *notes], message=message, list_name=name)


def texts_of(row: Sequence[Value]) -> list[str]:
    """Return the values of the filled cells of a row, as text."""
    return [text for text in texts(row[:MAX_HEADER_CELLS]) if text]


def _is_day_first(table: Table, index: int) -> bool:
    """Return whether the dates in a column, given by its index, have the day before the month."""
    return is_day_first(cell for row in table.rows if index < len(row) and isinstance(cell := row[index], str))


def _cell_reader(table: Table, index: int, column: Column) -> Callable[[Sequence[Value], int], str]:
    """Return a function that reads a row's cell in one column; it takes the row and its number.

    By the kind of the described `column`, the cell is read as a link, a date, a number, bullets or plain text.
    """
    if column.kind == "number":
        return _number_reader(table, index, column)

    def cell_of(row: Sequence[Value]) -> Value:
        return row[index] if index < len(row) else ""

    def as_link(row: Sequence[Value], number: int) -> str:
        return unwrapped(table.links.get((number, index)) or printed(cell_of(row)))

    day_first = column.kind == "date" and not column.format and _is_day_first(table, index)

    def as_day(row: Sequence[Value], _: int) -> str:
        cell = cell_of(row)
        if column.format and not isinstance(cell, date):
            written = folded(printed(cell))
            return column.day(written) or written
        text = cell if isinstance(cell, date) else _serial(printed(cell), table.epoch)
        return as_date(text, day_first=day_first)

    def as_points(row: Sequence[Value], _: int) -> str:
        return bullets(printed(cell_of(row)))

    def as_text(row: Sequence[Value], _: int) -> str:
        return printed(row[index]) if index < len(row) else ""

    return {"link": as_link, "date": as_day, "bullets": as_points}.get(column.kind, as_text)


def _number_reader(table: Table, index: int, column: Column) -> Callable[[Sequence[Value], int], str]:
    """Return a function that reads a row's cell in a column of numbers; it takes the row and its number.

    A number becomes a plain decimal. A cell that holds none keeps its text.
    """
    below = (row[index] for row in table.rows if index < len(row))
    european = is_european(trimmed(cell) for cell in below if isinstance(cell, str))

    def as_number(row: Sequence[Value], _: int) -> str:
        cell = row[index] if index < len(row) else ""
        text = printed(cell)
        figure = cell if isinstance(cell, float | int) and not isinstance(cell, bool) else text
        number = column.number(figure, is_european=european)
        return text if number is None else number

    return as_number


def cell_values(table: Table, columns: Mapping[str, Column]) -> list[tuple[str, ...]]:
    """Return the values of all rows of a table that has a cell for each of these columns, read as their kinds say."""
    readers = [_cell_reader(table, index, column) for index, column in enumerate(columns.values())]
    return [tuple(read(row, number) for read in readers) for number, row in enumerate(table.rows)]


def _serial(text: str, epoch: date) -> str:
    """Return the date for a number of days since `epoch`; a text that is no such number is returned unchanged."""
    if len(text) == 5 and text.isascii() and text.isdecimal() and int(text) in SERIAL_DATES:
        return (epoch + timedelta(days=int(text))).isoformat()
    return text


def _continued(record: Record, values: Sequence[str | None]) -> Record:
    """Return a record with the values of the row below appended, because that row continues it.

    The place in the file stays that of the record's first row.
    """
    joined = tuple(
        f"{before}\n{more}" if before and more else before or more
        for before, more in zip(record.values, values, strict=True)
    )
    return Record(values=joined, locator=record.locator, position=record.position)


def _placed_values(records: Iterable[Record]) -> set[tuple[int, str]]:
    """Return the values of some records, each with the index of its field."""
    return {(place, value) for record in records for place, value in enumerate(record.values) if value}


def _glossary(records: Sequence[Record], titles: Sequence[int], *, width: int) -> int:
    """Return how many rows at the end are a glossary: rows under a title, which explain terms.

    - `titles`: the number of records before each title.
    - `width`: the number of columns. Rows of a glossary fill at most half of them.

    It is no glossary if a record before it is just as empty, or shares a value with one of its rows.
    """
    if not titles:
        return 0
    sparse = [2 * sum(map(bool, record.values)) <= width for record in records]
    begin = next((title for title in titles if 0 < title < len(records) and all(sparse[title:])), len(records))
    above = _placed_values(records[:begin]) if begin < len(records) and not any(sparse[:begin]) else set()
    return len(records) - begin if above and above.isdisjoint(_placed_values(records[begin:])) else 0


def _footnotes(records: Sequence[Record], description: ListDescription, *, columns: Mapping[str, int]) -> int:
    """Return how many of the last records are footnotes.

    A footnote has text in the leftmost column only, and no record above has the same text there. In lists with fewer
    than three columns, and in lists whose records are identified by the leftmost column alone, there are none.
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


def _without_copies(
    name: str, candidates: Sequence[_Candidate], parts: Sequence[list[Record]], account: Account
) -> list[list[Record]]:
    """Return the records of the tables, without those of tables that seem to be copies; these are noted in the account.

    A table is a copy if more than half of its different records are also in the tables before it.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    seen: set[tuple[str | None, ...]] = set()
    kept = []
    for candidate, part in zip(candidates, parts, strict=True):
        values = {record.values for record in part}
        if seen and 2 * len(values & seen) > len(values):
            account.suspect(
                f"list {name!r}: {candidate.table.title} repeats what stands before it, and was left out; say by "
                "`sheet` or `heading` which one counts",
                list_name=name,
            )
        else:
            kept.append(part)
        seen |= values
    return kept


def _no_header(name: str, description: ListDescription, candidates: Sequence[_Candidate]) -> str:
    """Return the error message that says why no table has the header of the list `name`.

    For the table that is most like the list, it names the columns that are missing and the cells that are there
    instead.
    """
    if not candidates:
        return f"list {name!r}: there is no table that it could be"
    nearest = max(candidates, key=_rank)
    title = nearest.table.title
    if not nearest.header.columns:
        return f"list {name!r}: no header of it in {title}"
    wanted = ", ".join(repr(description.columns[field].header[0]) for field in nearest.header.missing)
    there = ", ".join(repr(text) for text in texts(nearest.table.rows[nearest.row][:MAX_HEADER_CELLS])[:20] if text)
    return f"list {name!r}: {title} lacks the column {wanted}; its row {nearest.row + 1} has {there}"
