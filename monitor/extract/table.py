"""Makes records from a grid of cells, in the same way for spreadsheets, CSV files and tables of web pages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from monitor.config.cells import is_european
from monitor.errors import LayoutError
from monitor.extract.account import Account
from monitor.extract.copies import with_copies, without_copies
from monitor.extract.grid import printed, texts_of
from monitor.extract.groups import is_note
from monitor.extract.listed_no_more import (
    MAX_PASSED_ROWS,
    account_for_status,
    account_for_unsure,
    rows_without_gone,
    tables_without_gone,
)
from monitor.extract.parts import best_header, fit_rank, split_table
from monitor.extract.row_kinds import RowKinds, is_sum_beside
from monitor.extract.row_rules import RowRules, suspect_missing
from monitor.extract.unread import account_for_numbers
from monitor.extract.values import as_date, bullets, folded, is_day_first, is_plain_date, trimmed, unwrapped
from monitor.model import PassedOverKind, Record, RecordList, SuspicionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription
    from monitor.extract.grid import Table, Value
    from monitor.extract.parts import TablePart

# A number in a column of dates is one between these: from 1954 to 2119.
SERIAL_DATES = range(20_000, 80_000)
# A whole sentence, as notes below a table have; no name ends so.
SENTENCE = re.compile(r"\W*(?:\S+\s+){5,}(?!(?:Inc|Corp|Co|Ltd|Dept|Assn|Govt)\b)\S*[a-z)][.:;]")
# So many rows above a header are read as its titles.
MAX_TITLE_ROWS = 20
# A column with fewer dates is not judged as a whole.
MIN_JUDGED_DATES = 5


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
    if not set(description.group) - {description.jurisdiction.state}:  # else a group tells which records are which
        complete = tables_without_gone(name, complete, account)
        account_for_unsure(name, complete, account)
    split = [split_table(each, description) for each in complete]
    for each in complete:
        account.prose += (text for row in each.table.rows[: min(each.top, MAX_TITLE_ROWS)] for text in texts_of(row))
    missing: dict[str, list[str]] = {}
    read = [
        [record for part in parts for record in _records(part, name, description, account, missing)] for parts in split
    ]
    join = with_copies if description.tables == "all" else without_copies
    records = tuple(record for part in join(name, complete, read, account) for record in part)
    _account_for(name, description, [part for parts in split for part in parts], records, account)
    suspect_missing(name, description, missing, account)
    return RecordList(name=name, fields=description.fields, records=records)


def _account_for(
    name: str,
    description: ListDescription,
    candidates: Sequence[TablePart],
    records: Sequence[Record],
    account: Account,
) -> None:
    """Note in the account the columns of the tables that a list was read from, and the reasons to think it is misread.

    `candidates` are the headers of these tables, and `records` the records that were read.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    described: dict[tuple[str, int], set[int]] = {}  # by header row, since tables may stand beside each other
    for each in candidates:
        described.setdefault((each.table.title, each.row), set()).update(each.header.columns.values())
    for each in candidates:
        account.taken.add(each.table.title)
        taken = described[each.table.title, each.row]
        _account_for_columns(name, each, account, taken=taken, may_end=description.rows != "events")
        if each.header.refused is not None:
            message = f"{name}: {each.table.title} has the column {each.header.refused!r}, as another list has"
            account.suspect(message, list_name=name, kind=SuspicionKind.OTHER_LIST)
    _suspect_unsure(name, candidates, account)
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


def _suspect_unsure(name: str, parts: Sequence[TablePart], account: Account) -> None:
    """Note in the account the fields for which another column would do as well, once for each table."""
    unsure = {(each.table.title, field): each for each in parts for field in each.header.unsure}
    for (title, field), each in unsure.items():
        text = folded(each.texts[each.header.columns[field]])
        message = (
            f"{name}: in {title}, {field} could be another column as well as {text!r}; let its header or "
            "header_pattern fit one column only"
        )
        account.suspect(message, list_name=name)


def _account_for_columns(name: str, each: TablePart, account: Account, *, taken: Container[int], may_end: bool) -> None:
    """Note in the account the header of each described column, and each column that the description does not name.

    `taken` are the indexes of the columns that are described, in this table or in one beside it. `may_end` says whether
    a record may be listed no more, which such another column may say; what once happened does not end.

    The account says which parts of a file were read into no list, and what is doubtful.
    """

    def cells(index: int) -> Iterator[str]:
        rest = islice(rows, each.row + 1, each.end)
        return (printed(row[index]) for row in rest if index < len(row) and row[index] != "")

    rows, columns = each.table.rows, each.header.columns
    for field_name, index in columns.items():
        text = folded(each.texts[index])
        account.pass_over(PassedOverKind.HEADER, field_name, [text], message=f"the column {text!r}", list_name=name)
    for index, text in enumerate(map(folded, each.texts)):
        if text and index not in taken:
            values = dict.fromkeys(islice(cells(index), 5))
            message = f"{name}: the column {text!r} is described nowhere"
            account.pass_over(PassedOverKind.COLUMN, text, values, message=message, list_name=name)
            if may_end:
                account_for_status(name, text, cells(index), account, rows=each.end - each.row - 1)


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


def _records(
    part: TablePart, name: str, description: ListDescription, account: Account, missing: dict[str, list[str]]
) -> list[Record]:
    """Return a record for each row under the header that has a value in at least one column of the list.

    A row that continues the record above is appended to it. Sums, titles, notes and repeated headers are left out, and
    accounted for. So are the short rows under a title that follows an empty row, as in a glossary. Rows that lack a
    value that should stand above them are noted in `missing`, by the field.
    """
    table, columns = part.table, part.header.columns
    read, kinds = _read_columns(part, description)
    rules = RowRules.of(part, description, kinds, missing)
    whole = description.fields.index(description.whole_row) if description.whole_row else None
    records: list[Record] = []
    numbers: list[int] = []  # of the row of each record
    others: list[int] = []
    titles: list[int] = []  # the number of records before each row with one value, which may be a title
    words: set[tuple[int, str]] = set()  # the values of the body, each with its place, where the table has a foot
    is_after_gap = is_under_title = False
    for number, read_values in enumerate(zip(*read, strict=True), start=part.row + 1):
        values = own = read_values
        if number == table.foot:
            words = _placed_values(records)
        if rules:
            applied = rules.applied(number, values)
            if applied is None:
                others.append(number)
                titles += [len(records)] if number in rules.titles else []
                is_after_gap = is_under_title = False
                continue
            values, own = applied, rules.own(values)
        filled = sum(map(bool, values))
        if not filled:
            is_after_gap = True
            continue
        is_under_title = is_under_title and 2 * filled <= len(columns)
        in_foot = table.foot is not None and number >= table.foot
        if whole is not None and records and not values[whole] and not in_foot and number not in table.across:
            records[-1] = _continued(records[-1], own)
        elif (
            number in table.across
            or is_under_title
            or kinds.is_none(values)
            or (2 * filled <= len(values) and is_sum_beside(values, table.rows[number]))
            or (in_foot and not _is_like(values, description, words=words))
        ):
            others.append(number)
            titles += [len(records)] if filled == 1 else []
            is_under_title = is_under_title or (is_after_gap and filled == 1)
        else:
            records.append(Record(values=values, locator=table.locate(number), position=len(records)))
            numbers.append(number)
            if rules:
                rules.take(number, values)
        is_after_gap = False
    footnotes = _glossary(records, titles, width=len(columns)) or _footnotes(records, description, columns=columns)
    notes = [text for record in records[len(records) - footnotes :] for text in record.values if text]
    kept = records[: len(records) - footnotes]
    if rules:
        kept, skipped = rules.with_groups(kept, numbers[: len(kept)])
        others += skipped
    again = (n for n in others if kinds.reorders_header([values[n - part.row - 1] for values in read]))
    _suspect_order(name, table, tuple(again), account)
    _account_for_rows(name, table, others, notes, account, has_groups=rules is not None and bool(rules.titles))
    titled = () if rules else others  # where groups are described, records say in which they stand
    return rows_without_gone(name, table, kept, numbers=numbers[: len(kept)], others=titled, account=account)


def _suspect_order(name: str, table: Table, again: Sequence[int], account: Account) -> None:
    """Note in the account that rows repeat the header with its columns in another order.

    `again` are the numbers of these rows in the table, from 0.
    """
    if again:
        message = f"{name}: row {again[0] + 1} of {table.title} is the header again, with its columns in another order"
        account.suspect(f"{message}; do the rows below it have that order?", list_name=name)


def _read_columns(part: TablePart, description: ListDescription) -> tuple[list[Sequence[str | None]], RowKinds]:
    """Return the values of each field in the rows under the header, and what recognises rows that are no records.

    The values are None for a field without a column in the part.
    """
    wanted = [(part.header.columns.get(field_name), column) for field_name, column in description.columns.items()]
    heading = [part.texts[index] if index is not None else "" for index, _ in wanted]
    numbers = range(part.row + 1, part.end)
    read: list[Sequence[str | None]] = [
        [None] * len(numbers) if index is None else _read_column(part.table, index, column, numbers)
        for index, column in wanted
    ]
    places = [index for index, _ in wanted]
    leftmost = places.index(min(part.header.columns.values()))
    return read, RowKinds.of(description, leftmost=leftmost, heading=heading)


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


def _account_for_rows(
    name: str, table: Table, others: Sequence[int], notes: Sequence[str], account: Account, *, has_groups: bool
) -> None:
    """Note in the account the rows of a table that are no records.

    - `others`: their numbers. `notes`: the texts of footnotes, or of a glossary, at the end.
    - `has_groups`: whether the table has titles of groups. The rows below the last of them may be a group, too, so that
      a version in which they are new is held.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    if notes and has_groups:
        message = (
            f"{name}: rows at the end of {table.title} seem to be notes, like {notes[0][:80]!r}; are they a group?"
        )
        where = f"{table.title}, notes at the end"
        account.pass_over(PassedOverKind.ROWS, where, notes, message=message, holds=True, list_name=name)
        notes = ()
    texts = [text for number in others[:MAX_PASSED_ROWS] for text in texts_of(table.rows[number])]
    if texts or notes:
        first = (texts or notes)[0]
        message = f"{name}: {table.title} has rows that are no records, like {first[:80]!r}"
        account.pass_over(PassedOverKind.ROWS, table.title, [*texts, *notes], message=message, list_name=name)


def _is_day_first(table: Table, index: int) -> bool:
    """Return whether the dates in a column, given by its index, have the day before the month."""
    return is_day_first(cell for row in table.rows if index < len(row) and isinstance(cell := row[index], str))


def _read_column(table: Table, index: int, column: Column, numbers: range) -> list[str]:
    """Return the values of the cells in one column, given by its index, of the rows with these numbers.

    By the kind of the described `column`, cells are read as links, dates, numbers, bullets or plain text.
    """
    rows = islice(table.rows, numbers.start, numbers.stop)
    cells = [row[index] if index < len(row) else "" for row in rows]
    if column.kind == "link":
        shown = _read_once(printed, cells)
        links = [table.links.get((number, index)) or text for number, text in zip(numbers, shown, strict=True)]
        return _read_once(unwrapped, links)
    if column.kind == "date":
        return _read_once(_day_reader(table, index, column), cells)
    if column.kind == "number":
        return _read_once(_number_reader(table, index, column), cells)
    if column.kind == "bullets":
        return _read_once(lambda cell: bullets(printed(cell)), cells)
    return _read_once(printed, cells)


def _read_once(read: Callable[[Any], str], cells: Sequence[Value]) -> list[str]:
    """Return what `read` makes of each cell; a text or a day that stands in many of them is read once."""
    different = set(cells)
    known: dict[Value, str] = {cell: read(cell) for cell in different if isinstance(cell, (str, date))}
    if len(known) == len(different):
        return [known[cell] for cell in cells]
    # Numbers are read one by one: 1 and 1.0 are equal, and so is True.
    return [known[cell] if isinstance(cell, (str, date)) else read(cell) for cell in cells]


def _day_reader(table: Table, index: int, column: Column) -> Callable[[Value], str]:
    """Return a function that reads a cell in a column of dates."""
    day_first = not column.format and _is_day_first(table, index)

    def as_day(cell: Value) -> str:
        if column.format and not isinstance(cell, date):
            written = folded(printed(cell))
            return column.day(written) or written
        text = cell if isinstance(cell, date) else _serial(printed(cell), table.epoch)
        return as_date(text, day_first=day_first)

    return as_day


def _number_reader(table: Table, index: int, column: Column) -> Callable[[Value], str]:
    """Return a function that reads a cell in a column of numbers.

    A number becomes a plain decimal. A cell that holds none keeps its text.
    """
    below = (row[index] for row in table.rows if index < len(row))
    european = is_european(trimmed(cell) for cell in below if isinstance(cell, str))

    def as_number(cell: Value) -> str:
        text = printed(cell)
        figure = cell if isinstance(cell, float | int) and not isinstance(cell, bool) else text
        number = column.number(figure, is_european=european)
        return text if number is None else number

    return as_number


def cell_values(table: Table, columns: Mapping[str, Column]) -> list[tuple[str, ...]]:
    """Return the values of all rows of a table that has a cell for each of these columns, read as their kinds say."""
    numbers = range(len(table.rows))
    read = (_read_column(table, index, column, numbers) for index, column in enumerate(columns.values()))
    return list(zip(*read, strict=True))


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
    than three columns there are none. Where the leftmost column alone identifies a record, only whole sentences are
    footnotes, and only if every record above them has further values; where nothing does, also what begins like a note.
    """
    leftmost = min(columns, key=lambda name: columns[name])
    if len(columns) < 3:
        return 0
    place = description.fields.index(leftmost)
    key = set(description.key) - set(description.group)
    by_name = key <= {leftmost}
    count = 0
    for record in reversed(records):
        text = record.values[place] or ""
        is_note_of_events = not key and is_note(text)
        if not _is_alone(record, place) or (by_name and not is_note_of_events and not SENTENCE.fullmatch(text)):
            break
        count += 1
    above = records[: len(records) - count]
    if by_name and (not above or any(_is_alone(record, place) for record in above)):
        return 0
    known = {record.values[place] for record in above}
    return 0 if any(record.values[place] in known for record in records[len(records) - count :]) else count


def _is_alone(record: Record, place: int) -> bool:
    """Return whether a record has a value in the field with the index `place`, and in no other."""
    return sum(map(bool, record.values)) == 1 and bool(record.values[place])


def _no_header(name: str, description: ListDescription, candidates: Sequence[TablePart]) -> str:
    """Return the error message that says why no table has the header of the list `name`.

    For the table that is most like the list, it names the columns that are missing and the cells that are there
    instead.
    """
    if not candidates:
        return f"list {name!r}: there is no table that it could be"
    nearest = max(candidates, key=fit_rank)
    title = nearest.table.title
    if description.header_row is not None:
        there = ", ".join(repr(text) for text in nearest.texts[:20] if text) or "nothing"
        other = best_header(nearest.table, description.model_copy(update={"header_row": None}))
        see = f"row {other.row + 1} is like it; see header_row" if other.header.complete else "see header_row"
        return f"list {name!r}: row {description.header_row} of {title} is not its header, and has {there}; {see}"
    if not nearest.header.columns:
        return f"list {name!r}: no header of it in {title}"
    wanted = ", ".join(description.columns[field].called for field in nearest.header.missing)
    there = ", ".join(repr(text) for text in nearest.texts[:20] if text)
    return f"list {name!r}: {title} lacks the column {wanted}; its row {nearest.row + 1} has {there}"
