"""Drafts the description of one table: its header, the kinds of its columns, and its group fields."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.config.drafts import STATES_TOTAL, ListDraft
from monitor.extract.drafting.heads import MAX_DRAFT_COLUMNS, find_head, further_tables
from monitor.extract.drafting.kinds import YEAR_MARK, DraftedCells, draft_column
from monitor.extract.drafting.places import find_place, find_states, with_roles, within_remarks
from monitor.extract.drafting.rows import (
    RowKind,
    aggregates,
    body_of,
    group_column,
    group_titles,
    value_of_title,
    written_once,
)
from monitor.extract.drafting.totals import stated_totals
from monitor.extract.grid import printed
from monitor.extract.groups import state_among
from monitor.extract.header import header_words
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.config.drafts import ColumnDraft
    from monitor.extract.drafting.heads import Head
    from monitor.extract.drafting.rows import TableBody
    from monitor.extract.grid import Table, Value

# A table with so many rows may go on over a page break in another issue.
MIN_BROKEN_ROWS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """A table of a file, with the texts around it.

    - `table`: its cells. `sheet`: the name of its sheet, or None. `headings`: its caption and the headings above it.
    - `has_months`: whether a month and a year count as a date, as in the tables of PDF files.
    - `prose`: the lines of text of the file outside of its tables, if they can state totals.
    """

    table: Table
    sheet: str | None = None
    headings: tuple[str, ...] = ()
    has_months: bool = False
    prose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstoodTable:
    """A table whose header and rows are understood.

    - `found`: the table. `body`: its header, and the kind of each row below it.
    - `titles`: the title of each record's group, by the number of the record's row; empty without groups.
    - `repeats`: whether the header stands again below each title.
    """

    found: FoundTable
    body: TableBody
    titles: Mapping[int, str]
    repeats: bool

    @property
    def headers(self) -> frozenset[tuple[str, ...]]:
        """The headers of the table's columns, each as its words; columns without a header are left out."""
        return frozenset(words for text in self.body.head.texts if (words := header_words(text)))

    @property
    def has_records(self) -> bool:
        """Whether the table has a record with a value in a column that has a header."""
        return any(
            text and index < len(row) and row[index] != ""
            for _, row in self.body.rows(RowKind.RECORD)
            for index, text in enumerate(self.body.head.texts)
        )


def before_others(found: FoundTable) -> tuple[FoundTable, tuple[int, ...]]:
    """Return a table without the further tables below it, and the numbers of the rows, from 1, where these begin.

    A further table is one that has another header.
    """
    head = find_head(found.table, one_row=found.has_months)
    begins = further_tables(found.table, head) if head and not found.has_months else []
    if not begins:
        return found, ()
    own = replace(found, table=replace(found.table, rows=found.table.rows[: begins[0]]))
    return own, tuple(begin + 1 for begin in begins)


def understand(found: FoundTable) -> UnderstoodTable | None:
    """Return a table with its header and the kinds of its rows; None if it has no header or no record below it."""
    head = find_head(found.table, one_row=found.has_months)
    if head is None or not any(map(header_words, head.texts)):
        return None
    body = body_of(found.table, head, with_short=found.has_months)
    titles, repeats = group_titles(body)
    result = UnderstoodTable(found=found, body=body, titles=titles, repeats=repeats)
    return result if result.has_records else None


def draft_table(parts: Sequence[UnderstoodTable], name: str) -> ListDraft:
    """Return the draft of a list that consists of several tables with the same header.

    `name` is the name of the list. The keys `key`, `anchors` and `names` are left empty: they can be drafted only after
    the records are read.
    """
    first = parts[0]
    has_months = first.found.has_months
    once = [] if has_months else written_once(first.body)
    cells = dict(_columns(parts, once))
    drafted = [
        replace(draft_column(each, has_months=has_months), fill_down=index in once) for index, each in cells.items()
    ]
    groups = list(_groups(parts))
    drafted = _named([*drafted, *(column for column, _ in groups)])
    columns = dict(zip((each.name for each in drafted), [*cells.values(), *(each for _, each in groups)], strict=True))
    states = find_states(columns)
    drafted = [_as_state(each) if each.name == states else each for each in drafted]
    drafted = with_roles(drafted, columns, states)
    bare = any(each.origin == "title_row" and not each.pattern for each in drafted)  # any row of one cell is a title
    whole = _whole_row(drafted, columns) if has_months and len(parts) == 1 and not bare else None
    unsure = [] if whole else list(_remarks(first, once))
    unsure += [f"a row without {whole} goes on with the row above, as where a page breaks it"] if whole else []
    totals = list(_totals(first.found.prose, drafted, columns, whole))
    unsure += [f"{STATES_TOTAL} {figure}, so that a version that does not add up is held" for *_, figure in totals]
    place = find_place(drafted, columns, states)
    unsure += within_remarks(place)
    sets = first.body.head.sets
    unsure += [f"the columns stand {sets} times beside each other: all of them are one list"] * (sets > 1)
    return ListDraft(
        name=name,
        totals=tuple((pattern, of) for pattern, of, _ in totals),
        columns=tuple(drafted),
        place=place,
        whole_row=whole,
        header_rows=first.body.head.count,
        skip_rows=_skipped(first.body, drafted),
        all_tables=len(parts) > 1 or first.repeats or first.body.head.sets > 1,
        unsure=tuple(unsure),
    )


def _totals(
    prose: Sequence[str], drafted: Sequence[ColumnDraft], columns: Mapping[str, DraftedCells], whole: str | None
) -> Iterator[tuple[str, str, str]]:
    """Yield the totals that the text of a file states of a list (see `stated_totals`)."""
    cells = columns[whole or drafted[0].name].cells
    numbers = {each.name: columns[each.name].texts for each in drafted if each.kind == "number"}
    sums = {
        name: sum(int(text.replace(",", "")) for text in texts)
        for name, texts in numbers.items()
        if all(text.replace(",", "").isdecimal() for text in texts)
    }
    yield from stated_totals(prose, count=sum(cell != "" for cell in cells) if whole else len(cells), sums=sums)


def _as_state(column: ColumnDraft) -> ColumnDraft:
    """Return a column as that of the states, which are labels wherever they stand in a column."""
    return replace(column, role="state", kind="text" if column.origin else "class", unsure="")


def _columns(parts: Sequence[UnderstoodTable], once: Sequence[int]) -> Iterator[tuple[int, DraftedCells]]:
    """Yield the columns that have a header, with the cells of the records of all parts; each with its index."""
    head = parts[0].body.head
    yearly = set() if parts[0].found.has_months else _yearly(head.texts)
    for index, text in enumerate(head.texts[:MAX_DRAFT_COLUMNS]):
        if not header_words(text):
            continue
        cells: list[Value] = []
        links = 0
        for part in parts:
            place = _place_of(part.body.head, head, index)
            for number, row in part.body.rows(RowKind.RECORD):
                cell = row[place] if place is not None and place < len(row) else ""
                cells.append(cells[-1] if cell == "" and index in once and cells else cell)
                links += (number, place) in part.found.table.links
        yield index, DraftedCells(header=text, cells=cells, links=links, is_yearly=text in yearly)


def _yearly(headers: Sequence[str]) -> set[str]:
    """Return the headers that name a year, where the header of no other column is the same but for the year."""
    bare = Counter(header_words(YEAR_MARK.sub(" ", text)) for text in headers if text)
    return {
        text
        for text in headers
        if YEAR_MARK.search(text) and (words := header_words(YEAR_MARK.sub(" ", text))) and bare[words] == 1
    }


def _place_of(head: Head, first: Head, index: int) -> int | None:
    """Return where a table has the column that the first table has at `index`; None if it lacks it."""
    if index < len(head.texts) and head.texts[index] == first.texts[index]:
        return index
    wanted = header_words(first.texts[index])
    return next((place for place, text in enumerate(head.texts) if header_words(text) == wanted), None)


def _groups(parts: Sequence[UnderstoodTable]) -> Iterator[tuple[ColumnDraft, DraftedCells]]:
    """Yield the fields whose values stand outside of the rows: in titles, in names of sheets, in headings."""
    rows = [(part, number) for part in parts for number, _ in part.body.rows(RowKind.RECORD)]
    if all(part.titles for part in parts):
        column = group_column(
            [part.titles[number] for part, number in rows], "heading" if parts[0].repeats else "title_row"
        )
        yield (
            column,
            DraftedCells(header="", cells=[value_of_title(column, part.titles[number]) for part, number in rows]),
        )
    if len(parts) == 1:
        return
    sheets = [part.found.sheet or "" for part in parts]
    titles = [part.found.table.titles for part in parts]
    states = [state_among(each) or "" for each in titles]
    headings = states if all(states) else [next(iter(each), "") for each in titles]
    for names, origin in ((sheets, "sheet"), (headings, "heading")):
        if all(names) and len(set(names)) == len(parts):
            column = group_column(names, origin)
            own = dict(zip(map(id, parts), names, strict=True))
            yield column, DraftedCells(header="", cells=[value_of_title(column, own[id(part)]) for part, _ in rows])
            return


def _whole_row(drafted: Sequence[ColumnDraft], columns: Mapping[str, DraftedCells]) -> str | None:
    """Return the field that every whole row of a table in a PDF has, where other rows go on with the row above.

    It is one with short values, which no page breaks: the state, else a date, else labels, else the first field. Return
    None for a short table without such rows, and where no field is in all whole rows.
    """
    own = [each for each in drafted if not each.origin]
    rows = range(max((len(columns[each.name].cells) for each in own), default=0))
    broken = {row for row in rows if 2 * sum(columns[each.name].cells[row] != "" for each in own) <= len(own)}
    if not broken and len(rows) < MIN_BROKEN_ROWS:
        return None
    whole = [each for each in own if all((columns[each.name].cells[row] == "") == (row in broken) for row in rows)]
    order = {"date": 1, "class": 2}
    best = min(whole, key=lambda each: 0 if each.role == "state" else order.get(each.kind, 3), default=None)
    return best.name if best else None


def _skipped(body: TableBody, drafted: Sequence[ColumnDraft]) -> dict[str, str]:
    """Return the pattern of rows that sum up others, by the field that tells them; nothing if there are none."""
    found = aggregates(body)
    name = next((each.name for each in drafted if found and each.header == found[0]), None)
    return {name: found[1]} if found and name else {}


def _remarks(understood: UnderstoodTable, once: Sequence[int]) -> Iterator[str]:
    """Yield remarks about a table: columns without a header, titles of groups, sums."""
    body = understood.body
    texts = body.head.texts
    rows = [row for _, row in body.rows(RowKind.RECORD)]
    for index in range(0 if body.head.sets > 1 else min(max(map(len, rows), default=0), MAX_DRAFT_COLUMNS)):
        named = index < len(texts) and header_words(texts[index])
        values = [folded(printed(row[index])) for row in rows if index < len(row) and row[index] != ""]
        if not named and values:
            yield f"column {index + 1} has no header and is left out; it has {values[0][:60]!r}"
    years = [text for text in texts if YEAR_MARK.search(text) and text not in _yearly(texts)]
    if years:
        yield f"the headers {' and '.join(map(repr, years[:2]))} differ in the year; mend them each year"
    for index in once:
        yield f"{texts[index]!r} is written once for several rows: an empty cell takes the value above it"
    titles = [_first(row) for _, row in body.rows(RowKind.TITLE)]
    others = [text for text in titles if text not in understood.titles.values()]
    if others and not understood.titles:
        yield f"{len(titles)} rows with one value, like {titles[0][:60]!r}, are read as titles or notes"
    elif others:
        yield f"rows with one value, like {others[0][:60]!r}, are no titles of groups: look that they are no records"
    for kind, what in ((RowKind.SUM, "sums"), (RowKind.AGGREGATE, "sums or averages")):
        total = next((_first(row) for _, row in body.rows(kind)), None)
        if total:
            yield f"rows like {total[:60]!r} are read as {what}, and as no records"


def _first(row: Sequence[Value]) -> str:
    return next(folded(printed(cell)) for cell in row if cell != "")


def _named(columns: Sequence[ColumnDraft]) -> list[ColumnDraft]:
    """Return the columns with a name of its own for each: a second `date` is `date_2`."""
    seen: Counter[str] = Counter()
    result = []
    for each in columns:
        name = each.name or "column"
        seen[name] += 1
        result.append(replace(each, name=name if seen[name] == 1 else f"{name}_{seen[name]}"))
    return result
