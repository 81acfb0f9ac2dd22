"""Finds what a file has of a list and says of it that it is listed no more: whole tables, or single rows.

What stands under a title like `Terminated` is left out: to read it would say the opposite of what its publisher says.
Rows of which another column says so are read. Both are noted in the account, which has the version held.
"""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from monitor.config.gone_words import GONE_WORDS, RECORD_GONE_WORDS
from monitor.extract.grid import texts_of
from monitor.model import PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.grid import Table
    from monitor.extract.parts import TablePart
    from monitor.extract.pdf.row import ListRow
    from monitor.model import Record, RecordList

# Of the rows of a table that are no records, this many are accounted for.
MAX_PASSED_ROWS = 1_000
# The name of a sheet or table, or a title between rows, over what is listed no more. `Removals` are people.
LISTED_NO_MORE = re.compile(
    r"(?:^|')removed'?$|\bremoved (?:from|since|agenc|agreement|jurisdiction|entr|record|count|cit)"
    rf"|\b(?:no longer|{GONE_WORDS})\b"
    r"|\b(?:listed|reported|included|issued|recorded|attributed) in error\b"
    r"|\b(?:wrongly|erroneously|mistakenly|incorrectly) (?:listed|reported|included|issued|recorded|attributed)\b",
    re.IGNORECASE,
)
# The words of a title over items or tables of which it is open whether they belong to the list.
UNSURE_TITLE = re.compile(
    r"\b(?:not|non|no|pending|proposed|review\w*|consider\w*|potential\w*|possible|other|exempt\w*|except\w*|letters?"
    r"|notices?|appeal\w*|litigation|enjoined|about|contact|related|resources?|more|see|share)\b",
    re.IGNORECASE,
)
DAILY_FIGURES = re.compile(r"\d+")  # which change in a title or a sentence from day to day
# A cell that says so of its own row, in a column like STATUS.
ROW_LISTED_NO_MORE = re.compile(rf"\W*{RECORD_GONE_WORDS}\b", re.IGNORECASE)
# The header of a column that only rows have a value in which are listed no more, and such a value.
COLUMN_OF_GONE = re.compile(
    r"\b(?:terminat|rescind|rescission|revo[ck]|withdr[ae]w|cancell?|delist|removed|removal)", re.IGNORECASE
)
NO_LONGER = re.compile(r"(?!\W*(?:no|none|n/?a|false|active|[\d,.]+%?)?\W*$)", re.IGNORECASE)  # and no figure
# A note on records with a mark, `* Agreement terminated`, and the mark at the end of a value.
NOTE_OF_MARK = re.compile(r"\W{0,2}?([*\u2020\u2021\u00a7]+)[^\w*\u2020\u2021\u00a7]{0,4}\w")
MARKED_VALUE = re.compile(r"[\w.)'\u2019]\s?([*\u2020\u2021\u00a7]+)$")
# A note on records that look otherwise: `Rows in red have been terminated`, `Yellow = rescinded`.
LISTED_THINGS = "agencies|agreements|jurisdictions|counties|cities|states|entries|names|records|rows?|cells?"
COLOURS = "red|yellow|green|blue|orange|purple|pink|gr[ae]y|bold|italics?"
NOTE_OF_LOOKS = re.compile(
    rf"\b(?:in (?:{COLOURS})\b|shaded\b|(?:struck|strike)[ -]?(?:through|out)"
    rf"|(?:highlighted|struck|{COLOURS}) (?:in|text|font|type|shading|{LISTED_THINGS})\b)"
    rf"|^\W*(?:{COLOURS})\s*[=:\u2013\u2014-]",
    re.IGNORECASE,
)
# Such a note may also say what the list leaves out.
NOTE_OF_LEFT_OUT = re.compile(
    r"\b(?:not (?:be )?(?:shown|listed|included|displayed)|omitted|excluded|left out)\b", re.IGNORECASE
)
MAX_MARK_NOTE_CHARACTERS = 300
MAX_MARKED = 50  # records with a mark that are accounted for one by one
MAX_TITLE_CHARACTERS = 60  # of a title between rows; a longer text is a note


def tables_without_gone(name: str, tables: list[TablePart], account: Account) -> list[TablePart]:
    """Return the tables of a list without those that are called `Terminated` or the like, if others are not.

    name: of the list. account: takes a note of what is left out.
    """
    said = [next(filter(LISTED_NO_MORE.search, (each.table.title, *each.table.titles)), None) for each in tables]
    if None not in said:
        return tables
    for each, title in zip(tables, said, strict=True):
        if title is not None:
            account.taken.add(each.table.title)
            cells = [text for row in islice(each.table.rows, MAX_PASSED_ROWS) for text in texts_of(row)]
            message = f"{name}: what stands under {title!r} is not read: these words say that it is no longer listed"
            account.pass_over(PassedOverKind.TABLE, title, cells, message=message, holds=True, list_name=name)
    return [each for each, title in zip(tables, said, strict=True) if title is None]


def account_for_marks(made: RecordList, description: ListDescription, account: Account) -> None:
    """Note in the account if a note says of marked or coloured records of a list that they are listed no more.

    The account has all notes of the file: the texts beside its lists, and rows that are no records. Which records a
    colour marks, is not known. Each record with a mark is noted, so that a version is held in which another gets it.
    """
    if description.paragraphs or description.content:
        return
    rows = [part.texts for part in account.parts.values() if part.kind == PassedOverKind.ROWS]
    notes = (text for text in chain(account.prose, *rows) if len(text) <= MAX_MARK_NOTE_CHARACTERS)
    said = [text for text in notes if _says_some_gone(text)]
    coloured = next(filter(NOTE_OF_LOOKS.search, said), None)
    if coloured is not None:
        message = f"{made.name}: a note says {coloured[:80]!r}; which records does it mean?"
        where = "a note on how rows look"
        account.pass_over(PassedOverKind.ROWS, where, [coloured], message=message, holds=True, list_name=made.name)
    by_mark = {found[1]: text for text in said if (found := NOTE_OF_MARK.match(text))}
    columns = [made.fields.index(field) for field in dict.fromkeys((*description.names, *description.key))]
    values = (record.values[at] or "" for record in made.records for at in columns) if by_mark else ()
    marked = ((found[1], value) for value in values if (found := MARKED_VALUE.search(value)))
    for mark, value in islice((each for each in marked if each[0] in by_mark), MAX_MARKED):
        message = f"{made.name}: {value[:80]!r} has a mark, of which a note says {by_mark[mark][:80]!r}"
        where = f"{mark} {value}"
        account.pass_over(PassedOverKind.ROWS, where, [value], message=message, holds=True, list_name=made.name)


def _says_some_gone(note: str) -> bool:
    """Return whether a note says that some records are listed no more, and not which ones the list leaves out."""
    return LISTED_NO_MORE.search(note) is not None and not NOTE_OF_LEFT_OUT.search(note)


def account_for_unsure(name: str, tables: Sequence[TablePart], account: Account) -> None:
    """Note in the account the tables of a list that stand, beside others, under a title like `Letters sent`.

    name: of the list. They are read all the same: a list may always have been divided so.
    """
    said = [next(filter(UNSURE_TITLE.search, each.table.titles), None) for each in tables]
    for title in dict.fromkeys(said) if None in said else ():
        if title is not None:
            message = f"{name}: a table with its columns stands under {title!r}; is it a part of the list?"
            where = DAILY_FIGURES.sub("", title)
            account.pass_over(PassedOverKind.TABLE, where, message=message, holds=True, list_name=name)


def account_for_status(name: str, column: str, cells: Iterable[str], account: Account, *, rows: int) -> None:
    """Note in the account if a column that is not described says of some rows that these are listed no more.

    name: of the list. column, cells: the header of the column, and its filled cells as printed.
    rows: how many rows the table has.

    A column like `DATE TERMINATED` says so of each row that has a value in it. The rows are read all the same: whether
    they are still listed, a person must say. Where all rows say so, it is a list of what is gone.
    """
    says = NO_LONGER if COLUMN_OF_GONE.search(column) else ROW_LISTED_NO_MORE
    gone = [text for text in cells if len(text) <= MAX_TITLE_CHARACTERS and says.match(text)]
    if gone and len(gone) < rows:
        message = f"{name}: the column {column!r} says {gone[0]!r} of {len(gone)} of its rows; are they still listed?"
        where = f"{column}, such a word"
        account.pass_over(PassedOverKind.ROWS, where, gone[:5], message=message, holds=True, list_name=name)


def rows_without_gone(
    name: str,
    table: Table,
    records: list[Record],
    *,
    numbers: Sequence[int],
    others: Sequence[int],
    account: Account,
) -> list[Record]:
    """Return the records of a table without those under a title like `Terminated agreements`, up to the next title.

    name: of the list. account: takes a note of what is left out.
    numbers: the rows of the records. others: the rows that are no records.
    """
    titles = {number: texts[0] for number in others if len(texts := texts_of(table.rows[number])) == 1}
    if not any(map(says_gone, titles.values())):
        return records
    gone, is_gone = set(), False
    for number in sorted((*titles, *numbers)):
        is_gone = says_gone(titles[number]) if number in titles else is_gone
        if is_gone and number not in titles:
            gone.add(number)
    if len(gone) in {0, len(records)}:  # a list of what is gone may say so itself
        return records
    message = f"{name}: {len(gone)} rows of {table.title} stand under a title like 'Terminated', and are not read"
    cells = [text for number in sorted(gone)[:MAX_PASSED_ROWS] for text in texts_of(table.rows[number])]
    where = f"{table.title}, under such a title"
    account.pass_over(PassedOverKind.ROWS, where, cells, message=message, holds=True, list_name=name)
    kept = (record for record, number in zip(records, numbers, strict=True) if number not in gone)
    return [record.at(position) for position, record in enumerate(kept)]


def printed_rows_without_gone(name: str, rows: Sequence[ListRow], account: Account) -> list[ListRow]:
    """Return the rows of a list in a PDF without those whose table stands under such a title, if others do not.

    name: of the list. account: takes a note of what is left out.
    """
    titles = dict.fromkeys(row.gone for row in rows)
    if len(titles) == 1 or "" not in titles:
        return list(rows)
    for title in filter(None, titles):
        parts = (part for row in rows if row.gone == title for part in row.parts if part)
        cells = [" ".join(part.lines) for part in islice(parts, MAX_PASSED_ROWS)]
        message = f"{name}: what stands under {title!r} is not read: these words say that it is no longer listed"
        account.pass_over(PassedOverKind.TABLE, title, cells, message=message, holds=True, list_name=name)
    return [row for row in rows if not row.gone]


def says_gone(title: str) -> bool:
    """Return whether the only text of a row is a title over records that are listed no more; a sentence is none."""
    return (
        0 < len(title) <= MAX_TITLE_CHARACTERS and title[-1] not in ".;:!" and LISTED_NO_MORE.search(title) is not None
    )
