"""A table that is published in other ways: the same is not told, what is lost is held, true changes are told.

Each file comes after a list of sixty offices that has stood in two. Beside most ways stand three true removals.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.laid_out import reading, rows_of
from tests.support.published import (
    HEADER,
    SILENT,
    WRITERS,
    Told,
    delimited,
    html,
    offices,
    pdf,
    standing,
    workbook,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.published import Row

ROWS = offices()
LEFT = [row for number, row in enumerate(ROWS) if number not in {4, 20, 33}]
REMOVED = sorted(("removed", ROWS[number][1]) for number in (4, 20, 33))
NEW = ("Texas", "Travis County Sheriff", "9999", "5/5/2025")
WORKBOOK_EPOCH, OTHER_EPOCH = date(1899, 12, 30), date(1904, 1, 1)


def day(row: Row) -> date:
    """The date in a row."""
    return datetime.strptime(row[3], "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone


def with_value(rows: Sequence[Row], place: int, change: Callable[[Row], str]) -> list[Row]:
    """The rows with another value in one column."""
    return [(*row[:place], change(row), *row[place + 1 :]) for row in rows]


def row_of(*cells: str, tag: str = "td") -> str:
    """A row of a table on a page."""
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def foot(*rows: Row) -> str:
    """The foot of a table on a page."""
    return f"<tfoot>{''.join(row_of(*row) for row in rows)}</tfoot>"


def table(rows: Sequence[Row], *, header: bool = True) -> str:
    """A table on a page."""
    head = row_of(*HEADER, tag="th") if header else ""
    return f"<table>{head}{''.join(row_of(*row) for row in rows)}</table>"


@pytest.fixture
def come(monitor: Commands, tmp_path: Path) -> Callable[[str, bytes], Told]:
    """Publish a file in a format, after the list as it stood."""

    def publish(format_: str, content: bytes) -> Told:
        return standing(monitor, tmp_path, format_, ROWS).come(content)

    return publish


Come = Any


# Other ways to publish the same rows.


@pytest.mark.parametrize("format_", WRITERS)
def test_three_removals_are_told(come: Come, format_: str) -> None:
    """Nothing else has changed."""
    told = come(format_, WRITERS[format_](LEFT))
    assert (told.held, told.short) == ("", REMOVED)


SAME = {
    "the last row in the foot": ("html", html(LEFT[:-1], foot=foot(LEFT[-1]))),
    "the foot stands first": (
        "html", html(LEFT[:-1]).replace(b"<tbody>", f"{foot(LEFT[-1])}<tbody>".encode()),
    ),
    "the last two rows in the foot": ("html", html(LEFT[:-2], foot=foot(*LEFT[-2:]))),
    "a row in the foot with a sum": ("html", html(LEFT[:-1], foot=foot(LEFT[-1], ("Total", "57", "", "")))),
    "a foot of sums": ("html", html(LEFT, foot=foot(("Total", "57 agencies", "", "")))),
    "a foot of averages": ("html", html(LEFT, foot=foot(("Average", "Statewide", "12", "13")))),
    "a foot with a sum in two cells": ("html", html(LEFT, foot="<tfoot><tr><td>Total</td><td>57</td></tr></tfoot>")),
    "a foot with a count in two cells": ("html", html(LEFT, foot="<tr><td>Grand Total</td><td>57 offices</td></tr>")),
    "a foot with a note": ("html", html(LEFT, foot="<tfoot><tr><td colspan=4>As of May 1</td></tr></tfoot>")),
    "a foot with the header": ("html", html(LEFT, foot=foot(HEADER))),
    "two tables": ("html", html(LEFT[:30], after=table(LEFT[30:]))),
    "all rows are shown": ("html", html(LEFT, after="<div>Showing 1 to 57 of 57 entries</div>")),
    "a picture of several": ("html", html(LEFT, after="<div>Showing picture 1 of 3</div><p>Pages 1 to 2 of 9</p>")),
    "two tables under headings": ("html", html(LEFT[:30], after=f"<h2>Texas</h2>{table(LEFT[30:])}")),
    "elements around rows": (
        "html",
        html(LEFT).replace(b"<tr><td>", b"<form><tr><td><input type=hidden>").replace(b"</tr>", b"</tr></form>"),
    ),
    "a link that does not end": ("html", html(LEFT).replace(b"</td></tr>\n", b"</td></tr><a href=/x>\n", 5)),
    "elements that do not end": ("html", html(LEFT).replace(b"</td></tr>\n", b"<i><span></td></tr>\n", 9)),
    "elements around cells": ("html", html(LEFT).replace(b"<td>", b"<div><td>").replace(b"</td>", b"</td></div>")),
    "no end tags": ("html", html(LEFT).replace(b"</td>", b"").replace(b"</tr>", b"")),
    "the body ends too early": ("html", html(LEFT).replace(b"</tr>\n<tr>", b"</tr></body>\n<tr>", 1)),
    "the page ends too early": ("html", html(LEFT).replace(b"</tr>\n<tr>", b"</tr></body></html>\n<tr>", 1)),
    "text for screen readers": ("html", html(LEFT).replace(b" Jail<", b" Jail<span class='sr-only'> (opens)</span><")),
    "a hidden row": ("html", html(LEFT).replace(b"</tbody>", f"<tr hidden>{row_of(*NEW)[4:]}</tbody>".encode())),
    "a hidden body": (
        "html", html(LEFT).replace(b"</tbody>", f"</tbody><tbody hidden>{row_of(*NEW)}</tbody>".encode()),
    ),
    "a row without display": (
        "html", html(LEFT).replace(b"</tbody>", f"<tr style='Display : none'>{row_of(*NEW)[4:]}</tbody>".encode()),
    ),
    "semicolons": ("csv", delimited(LEFT).replace(b",", b";")),
    "line ends of Windows": ("csv", delimited(LEFT).replace(b"\n", b"\r\n")),
    "a mark of the byte order": ("csv", b"\xef\xbb\xbf" + delimited(LEFT)),
    "UTF-16": ("csv", delimited(LEFT).decode().encode("utf-16")),
    "other pages": ("pdf", pdf(LEFT, per_page=20)),
    "group titles in a PDF": ("pdf", pdf([*LEFT[:30], ("Kansas region", "", "", ""), *LEFT[30:]])),
}  # fmt: skip


@pytest.mark.parametrize("way", SAME)
def test_the_same_rows_in_another_way_are_the_same(come: Come, way: str) -> None:
    """Only what is gone in truth is told, at once."""
    told = come(*SAME[way])
    assert (told.held, told.short) == ("", REMOVED)


ROWS_THAT_ARE_NONE = {
    "total": ("TOTAL", "57 agencies", "", ""),
    "a figure": ("Grand Total", "57", "", ""),
    "marks": ("Total", "#N/A", "-", "57"),
    "in the middle": ("", "", "Total", "57"),
    "a total alone": ("Total:", "", "", ""),
    "of a group": ("Total for Texas:", "", "", "10"),
    "of a group by its name": ("TEXAS Total", "", "10", ""),
    "of a group within": ("", "Subtotal for Texas", "10", ""),
    "of a group beside it": ("Texas", "Subtotal: 20", "", ""),
    "the count of a state": ("Texas Count", "1,020", "", ""),
    "the total of a state": ("Texas Total", "20 agencies", "", ""),
    "the count of all": ("Grand Count", "57", "", ""),
    "a repeated header": HEADER,
}


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize("kind", ROWS_THAT_ARE_NONE)
def test_sums_and_headers_are_no_records(come: Come, format_: str, kind: str) -> None:
    """Whatever they add up, and wherever they stand."""
    more = ROWS_THAT_ARE_NONE[kind]
    rows = [*LEFT[:20], more, *LEFT[20:]] if more == HEADER else [*LEFT, more]
    told = come(format_, WRITERS[format_](rows))
    assert (told.held, told.short) == ("", REMOVED)


@pytest.mark.parametrize("format_", WRITERS)
def test_an_office_with_the_word_total_is_a_record(come: Come, format_: str) -> None:
    """It stands in the column of agencies, and has all that a record has."""
    new = [("Texas", "Total County Sheriff", "4444", "5/5/2025"), ("Texas", "County Sheriff Total", "4445", "")]
    told = come(format_, WRITERS[format_]([*LEFT, *new]))
    assert (told.held, told.short) == ("", [("added", row[1]) for row in new[::-1]] + REMOVED)


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize(
    ("column", "cell"),
    [(3, "########"), (2, "###"), (1, "#REF!"), (0, "#NAME?"), (2, "#DIV/0!"), (0, '"'), (0, "\u201d")],
)
def test_cells_with_a_mark_in_place_of_a_value_are_held(come: Come, format_: str, column: int, cell: str) -> None:
    """A program could not show it, or the one above is meant. Whether it was corrected is not known."""
    rows = with_value(LEFT, column, lambda row: cell if row in LEFT[4:6] else row[column])
    told = come(format_, WRITERS[format_](rows))
    assert (bool(told.held), told.entries) == (True, [])


@pytest.mark.parametrize("cell", ["#1001", "#", "#N/A", "No. #"])
def test_a_number_sign_in_a_value_is_one(come: Come, cell: str) -> None:
    """It is a correction, or no value."""
    rows = with_value(LEFT, 2, lambda row: cell if row == LEFT[4] else row[2])
    told = come("csv", delimited(rows))
    assert (told.held, told.short) == ("", [("corrected", "code"), *REMOVED])


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize(
    "more", [("Total for Texas", "", "10", ""), ("Kansas Total:", "", "", "10"), ("* As of May 1", "", "", ""),
             ("Note: of all offices.", "", "", ""), ("\u2020 As corrected", "", "", "")],
)  # fmt: skip
def test_sums_and_notes_below_events_are_none(format_: str, more: Row) -> None:
    """In a list whose records nothing identifies; one of which little is known is a record all the same."""
    known = [("Texas", "", "7", ""), ("Texas", "County Total", "8", "5/5/2025"), ("Iowa", "Count Jail", "", "")]
    columns = dict(zip(("state", "agency", "code", "signed"), HEADER, strict=True))
    found = reading(format_, WRITERS[format_]([*LEFT[:8], *known, *LEFT[8:12], more]), columns=columns)
    assert rows_of(found) == [*LEFT[:8], *known, *LEFT[8:12]]


@pytest.mark.parametrize("row", [("Texas", "Head Count", "4444", "5/5/2025"), ("Texas", "Count", "", "5/5/2025")])
def test_an_office_whose_name_ends_like_a_sum_is_a_record(come: Come, row: Row) -> None:
    """It is no sum of a group: it has a state, and more than a figure."""
    told = come("csv", delimited([*LEFT, row]))
    assert (told.held, told.short) == ("", sorted([("added", row[1]), *REMOVED]))


# Dates and numbers.

DATES = (
    "%-d-%b-%y", "%Y-%m-%d", "%A, %B %-d, %Y", "%Y-%m-%dT00:00:00-05:00", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y",
    "%-m/%-d/%Y 12:00:00 AM", "%m/%d/%y 0:00", "%-d %B %Y", "%a %b %d, %Y", "%b. %-d, %Y", "%m-%d-%Y",
)  # fmt: skip


@pytest.mark.parametrize("form", DATES)
def test_a_column_of_dates_in_another_form_is_read(come: Come, form: str) -> None:
    """And the date that was corrected at the same time is told, and no other."""
    rows = with_value(LEFT, 3, lambda row: f"{day(row):{form}}")
    rows[7] = (*rows[7][:3], f"{date(2024, 12, 24):{form}}")
    told = come("csv", delimited(rows))
    assert (told.held, told.short) == ("", sorted([("corrected", "signed"), *REMOVED]))
    (entry,) = [each for each in told.entries if each["kind"] == "corrected"]
    assert entry["after"]["signed"] == "2024-12-24"


@pytest.mark.parametrize("format_", ["xlsx", "html", "pdf"])
@pytest.mark.parametrize("form", ["%d/%m/%Y", "%-d-%b-%y"])
def test_dates_in_another_form_are_read_in_each_format(come: Come, format_: str, form: str) -> None:
    """The same reading for all."""
    told = come(format_, WRITERS[format_](with_value(LEFT, 3, lambda row: f"{day(row):{form}}")))
    assert (told.held, told.short) == ("", REMOVED)


def test_one_slip_does_not_turn_the_other_dates_around(come: Come) -> None:
    """A single date with the day first is corrected; the column stays as it was."""
    rows = [*LEFT]
    rows[7] = (*rows[7][:3], "24/12/2024")
    assert come("csv", delimited(rows)).short == sorted([("corrected", "signed"), *REMOVED])


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("html", "Week {0.month}"), ("csv", "{0:%B %Y}"), ("xlsx", "Q1 {0.year}"), ("pdf", "Week {0.month}"),
        ("xlsx", "{0.year}"),
    ],
)  # fmt: skip
def test_a_column_of_dates_that_can_not_be_read_is_held(come: Come, format_: str, text: str) -> None:
    """Nobody would be told sixty new dates."""
    told = come(format_, WRITERS[format_](with_value(ROWS, 3, lambda row: text.format(day(row)))))
    assert "dates of signed can't be read" in told.held
    assert told.entries == []


def test_codes_with_leading_zeros_are_read_as_they_are_printed(monitor: Commands, tmp_path: Path) -> None:
    """They were text, and are numbers with a form now."""
    rows = with_value(ROWS, 2, lambda row: f"0{row[2]}")
    report = standing(monitor, tmp_path, "xlsx", rows)

    def write(book: Any, page: Any) -> None:
        form = book.add_format({"num_format": "00000"})
        for number, row in enumerate(rows[1:], 1):
            page.write_number(number, 2, int(row[2]), form)

    told = report.come(workbook(rows[1:], then=write))
    assert (told.held, told.short) == ("", [("removed", rows[0][1])])


def cells(place: int, value: Callable[[Row], object], form: str = "General") -> Callable[[Any, Any], None]:
    """Write one column of a workbook anew, as values in a form."""

    def write(book: Any, page: Any) -> None:
        format_ = book.add_format({"num_format": form})
        for number, row in enumerate(LEFT, 1):
            page.write(number, place, value(row), format_)

    return write


def formulas(text: str) -> Callable[[Any, Any], None]:
    """Write the agencies of a workbook as formulas without a stored value."""

    def write(_: Any, page: Any) -> None:
        for number, row in enumerate(LEFT, 1):
            page.write_formula(number, 1, text.format(number, row[1]), value="")

    return write


CELLS: dict[str, dict[str, Any]] = {
    "dates with a form": {"then": cells(3, day, "d-mmm-yy")},
    "serial numbers": {"then": cells(3, lambda row: (day(row) - WORKBOOK_EPOCH).days)},
    "serial numbers of 1904": {"then": cells(3, lambda row: (day(row) - OTHER_EPOCH).days), "date_1904": True},
    "serial numbers as text": {"then": cells(3, lambda row: str((day(row) - WORKBOOK_EPOCH).days))},
    "codes as numbers": {"then": cells(2, lambda row: int(row[2]))},
    "codes with a form": {"then": cells(2, lambda row: int(row[2]), "0000")},
    "links": {"then": formulas('=HYPERLINK("https://example.org/{0}","{1}")')},
    "links with a separator": {"then": formulas('=HYPERLINK( "https://example.org/{0}" , "{1}" )')},
}


@pytest.mark.parametrize("kind", CELLS)
def test_cells_of_another_kind_say_the_same(come: Come, kind: str) -> None:
    """As they are printed."""
    told = come("xlsx", workbook(LEFT, **CELLS[kind]))
    assert (told.held, told.short) == ("", REMOVED)


def test_formulas_without_a_value_that_can_not_be_told_are_held(come: Come) -> None:
    """Their text stands in another cell."""
    told = come("xlsx", workbook(LEFT, then=formulas('=HYPERLINK("https://example.org/{0}",A{0})')))
    assert told.held
    assert told.entries == []


# Characters.


@pytest.mark.parametrize(
    ("format_", "mark"),
    [
        *((format_, mark) for format_ in ("html", "csv", "xlsx") for mark in ("\x0b", "\x0c", "\x85", "\u2028")),
        ("xlsx", "_x000B_"), ("csv", "\u2029"),
    ],
)  # fmt: skip
def test_breaks_within_a_name_are_blanks(come: Come, format_: str, mark: str) -> None:
    """No line of the log is split by one."""
    rows = with_value(LEFT, 1, lambda row: row[1].replace(" County ", f"{mark}County ") if row is LEFT[9] else row[1])
    told = come(format_, WRITERS[format_](rows))
    assert (told.held, told.short) == ("", REMOVED)


def test_a_row_in_windows_1252_is_read_beside_others_in_utf_8(come: Come) -> None:
    """Each line by itself, and the other accented names stay."""
    more = [("Texas", "Doña Ana County Sheriff", "1", "5/5/2025"), ("Texas", "Peña County Jail", "2", "5/5/2025")]
    content = delimited([*LEFT, *more]).replace("Peña".encode(), "Peña".encode("cp1252"))
    told = come("csv", content)
    assert told.short == [("added", more[0][1]), ("added", more[1][1]), *REMOVED]


# Columns.


@pytest.mark.parametrize("format_", WRITERS)
def test_a_column_that_only_begins_like_a_described_one_is_held(come: Come, format_: str) -> None:
    """The codes are gone, and figures stand under a longer header."""
    rows = with_value(LEFT, 2, lambda row: str(int(row[2]) * 37 % 9973))
    told = come(format_, WRITERS[format_](rows, ("State", "Agency", "Code population", "Signed")))
    assert "is it another column?" in told.held
    assert told.entries == []


@pytest.mark.parametrize("format_", WRITERS)
def test_a_header_in_more_words_is_the_column_where_its_values_are(come: Come, format_: str) -> None:
    """Also where a few of them are corrected, and the columns stand in another order."""
    rows = [(signed, agency, state, code) for state, agency, code, signed in LEFT]
    rows[7] = (*rows[7][:3], "4711")
    told = come(format_, WRITERS[format_](rows, ("Signed on", "Agency name", "State", "Agency code")))
    assert (told.held, told.short) == ("", sorted([("corrected", "code"), *REMOVED]))


# What is lost is held.

CSV = delimited(ROWS).decode().splitlines()


def with_line(number: int, change: Callable[[list[str]], list[str]]) -> bytes:
    """The file with one line changed, value by value."""
    changed = ",".join(change(CSV[number].split(",")))
    return ("\n".join([*CSV[:number], changed, *CSV[number + 1 :]]) + "\n").encode()


TITLE = ("Terminated agreements", "", "", "")
LOST = {
    "a value in the middle": ("csv", with_line(9, lambda line: [*line[:2], *line[3:]])),
    "the first value": ("csv", with_line(9, lambda line: line[1:])),
    "a comma too many": ("csv", with_line(9, lambda line: [line[0], "County", *line[1:]])),
    "half of the file": ("csv", ("\n".join(CSV[:40]) + "\n").encode()),
    "a name in two rows": (
        "csv",
        delimited([*LEFT[:9], (LEFT[9][0], "Baker County", *LEFT[9][2:]), ("", "Sheriff or Jail", "", ""), *LEFT[10:]]),
    ),
    "the end of a line": ("csv", delimited(ROWS)[:-1]),
    "the middle of a line": ("csv", delimited(ROWS)[:-700]),
    "the end of the page": ("html", html(ROWS)[:-1500]),
    "all after a table that ends too early": (
        "html", html(LEFT).replace(row_of(*LEFT[30]).encode(), f"</table>{row_of(*LEFT[30])}".encode()),
    ),
    "a row that begins twice": (
        "html", html(LEFT).replace(b"<td>Baker County Jail", b"<tr><td>Baker County Jail", 1),
    ),
    "a cell that is missing": ("html", html(LEFT).replace(b"<td>1021</td>", b"", 1)),
    "the rest in a table without a header": ("html", html(LEFT[:40], after=table(LEFT[40:], header=False))),
    "the last rows of the table": ("html", html(ROWS[:-6])),
    "the last rows of a sheet": ("xlsx", workbook(ROWS[:-6])),
    "the last page": ("pdf", pdf(ROWS[:50])),
    "the first page": ("pdf", pdf(ROWS[25:])),
    "further pages": ("html", html(LEFT, after="<a rel=next href='?page=2'>Next</a>")),
    "rows under a title that says so": ("csv", delimited([*LEFT, TITLE, NEW, ROWS[4]])),
    "a table under a heading that says so": (
        "html", html(LEFT, after=f"<h2>Terminated agreements</h2>{table([NEW, ROWS[4]])}"),
    ),
    "a table whose caption says so": (
        "html",
        html(LEFT, after=table([NEW]).replace("<table>", "<table><caption>No longer participating</caption>")),
    ),
    "a part of the rows": ("html", html(LEFT, after="<div>Showing 1 to 57 of 79 entries</div>")),
    "the last rows of several pages": ("html", html(LEFT, after="<p>Displaying agencies 23 \u2013 79 of 79</p>")),
    "pages by number": ("html", html(LEFT, after="<nav>1 <a href='?page=1'>2</a></nav>")),
}  # fmt: skip


@pytest.mark.parametrize("part", LOST)
def test_what_is_lost_is_held(come: Come, part: str) -> None:
    """And nothing is told of it."""
    told = come(*LOST[part])
    assert told.held
    assert told.entries == []


def test_a_file_that_was_cut_anywhere_tells_no_removal(monitor: Commands, tmp_path: Path) -> None:
    """In the middle of a line, or between two; the whole file tells nothing but what has changed in it."""
    report = standing(monitor, tmp_path, "csv", ROWS)
    whole = delimited(ROWS)
    ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
    for place in (*range(60, len(whole) - 400, 300), *(ends[number] + 1 for number in (10, 30, 54))):
        assert report.come(whole[:place]).entries == []
    told = report.come(delimited(LEFT))
    assert (told.held, told.short) == ("", REMOVED)


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize("gone", [slice(-1, None), slice(-3, None), slice(0, 2)])
def test_a_few_rows_at_an_end_may_go(come: Come, format_: str, gone: slice) -> None:
    """The last record of a list can be removed in truth, and so can the last three, or the first two."""
    left = [row for row in ROWS if row not in ROWS[gone]]
    told = come(format_, WRITERS[format_](left))
    assert (told.held, told.short) == ("", sorted(("removed", row[1]) for row in ROWS[gone]))


@pytest.mark.parametrize("format_", ["html", "csv", "xlsx"])
def test_a_record_that_lost_a_value_is_corrected(come: Come, format_: str) -> None:
    """Its cell is there, and empty."""
    told = come(format_, WRITERS[format_](with_value(LEFT, 2, lambda row: "" if row is LEFT[9] else row[2])))
    assert (told.held, told.short) == ("", sorted([("corrected", "code"), *REMOVED]))


def test_empty_cells_may_be_left_off_at_the_end_of_lines(monitor: Commands, tmp_path: Path) -> None:
    """Where they were empty before, they are empty still."""
    rows = [(*row[:3], "" if number % 3 else row[3]) for number, row in enumerate(ROWS)]
    report = standing(monitor, tmp_path, "csv", rows)
    assert report.come(delimited(rows).replace(b",\n", b"\n")) == SILENT
    told = report.come(delimited(rows[1:]).replace(b",\n", b"\n"))
    assert (told.held, told.short) == ("", [("removed", rows[0][1])])


@pytest.mark.parametrize("name", ["Terminated", "Removed", "Removed agencies", "No longer active", "Withdrawn 2025"])
def test_a_sheet_of_what_is_listed_no_more_is_held(come: Come, name: str) -> None:
    """Its rows are not listed, and whoever stands in it is not told as listed still."""
    told = come("xlsx", workbook(LEFT, then=further_sheet([NEW, ROWS[4]], header=True, name=name)))
    assert f"'{name}'\" is not read: these words say that it is no longer listed" in told.held
    assert told.entries == []


@pytest.mark.parametrize("name", ["Removals", "Persons removed 2025", "More", "Determinated"])
def test_a_sheet_of_something_else_is_read(come: Come, name: str) -> None:
    """Removals are what the agency does with people."""
    told = come("xlsx", workbook(LEFT, then=further_sheet([NEW], header=True, name=name)))
    assert (told.held, told.short) == ("", [("added", "Travis County Sheriff"), *REMOVED])


@pytest.mark.parametrize(
    "rows",
    [
        [*LEFT, ("New agreements", "", "", ""), NEW],
        [*LEFT[:9], ("* Terminated agreements are not shown.", "", "", ""), *LEFT[9:], NEW],
        [*LEFT, NEW, ("Agreements that were removed", "", "", "")],
    ],
)
def test_rows_under_other_titles_and_notes_are_records(come: Come, rows: list[Row]) -> None:
    """A title over nothing, and a sentence, say nothing of the rows."""
    told = come("csv", delimited(rows))
    assert (told.held, told.short) == ("", [("added", "Travis County Sheriff"), *REMOVED])


def test_a_list_that_is_under_such_a_title_as_a_whole_is_read(monitor: Commands, tmp_path: Path) -> None:
    """It is a list of what was terminated."""
    report = standing(monitor, tmp_path, "csv", [TITLE, *ROWS])
    told = report.come(delimited([TITLE, *LEFT]))
    assert (told.held, told.short) == ("", REMOVED)


@pytest.mark.parametrize("format_", ["html", "csv"])
@pytest.mark.parametrize(
    ("header", "said", "other"),
    [
        ("Status", "Terminated", "Active"), ("STATUS", "Terminated 7/1/2026", ""), ("Notes", "No longer active", "New"),
        ("Agreement status", "Withdrawn by the agency", "In effect"), ("Date terminated", "7/1/2026", ""),
        ("Rescinded?", "Yes", "No"),
    ],
)  # fmt: skip
def test_a_column_that_says_of_rows_that_they_are_listed_no_more_is_held(
    come: Come, format_: str, header: str, said: str, other: str
) -> None:
    """Though the description does not name it: whether they are still listed, a person must say."""
    rows = [(*row, said if number in {3, 7} else other) for number, row in enumerate(ROWS)]
    written = delimited(rows, (*HEADER, header)) if format_ == "csv" else html(rows, (*HEADER, header))
    assert f"'{header}' says '{said}' of 2 of its rows; are they still listed?" in come(format_, written).held


def test_rows_that_come_to_say_so_later_are_held_once(monitor: Commands, tmp_path: Path) -> None:
    """A person has seen then what the column means."""
    report = standing(monitor, tmp_path, "csv", ROWS)

    def written(*gone: int) -> bytes:
        rows = [(*row, "Expired" if number in gone else "Active") for number, row in enumerate(ROWS)]
        return delimited(rows, (*HEADER, "Status"))

    told = report.come(written())
    assert (told.held, told.short) == ("", [("reformatted", "Status")])
    assert "'Status' says 'Expired' of 1 of its rows" in report.come(written(5)).held


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Status", ("Active", "Active, to be terminated")), ("Expiration date", ("6/30/2027", "7/1/2027")),
        ("Terminated", ("No", "")), ("Removed", ("12", "")), ("Status", ("Terminated", "Terminated")),
    ],
)  # fmt: skip
def test_other_columns_that_come_are_told_once(come: Come, header: str, values: tuple[str, str]) -> None:
    """Also one that says the same of all rows: it is a list of what is gone."""
    rows = [(*row, values[number % 2]) for number, row in enumerate(ROWS)]
    told = come("csv", delimited(rows, (*HEADER, header)))
    assert (told.held, told.short) == ("", [("reformatted", header)])


def further_sheet(rows: Sequence[Row], *, header: bool, name: str = "More") -> Callable[[Any, Any], None]:
    """Write the rows to another sheet."""

    def write(book: Any, _: Any) -> None:
        page = book.add_worksheet(name)
        for number, row in enumerate([HEADER, *rows] if header else rows):
            page.write_row(number, 0, row)

    return write


def test_rows_that_moved_to_another_sheet_are_read_or_held(come: Come) -> None:
    """With the header they are read; without it, it is not known what they are."""
    told = come("xlsx", workbook(LEFT[:30], then=further_sheet(LEFT[30:], header=True)))
    assert (told.held, told.short) == ("", REMOVED)


def test_rows_on_another_sheet_without_a_header_are_held(come: Come) -> None:
    """They could be the rest of the list."""
    told = come("xlsx", workbook(LEFT[:50], then=further_sheet(LEFT[50:], header=False)))
    assert "sheet 'More'" in told.held
    assert told.entries == []


STRUCK = "<tr>" + "".join(f"<td><del>{cell}</del></td>" for cell in ROWS[10]) + "</tr>"


@pytest.mark.parametrize(
    "struck",
    [
        STRUCK,
        STRUCK.replace("del>", "s>"),
        row_of(*ROWS[10]).replace("<tr", "<tr style='text-decoration:line-through'"),
    ],
)
def test_a_row_that_is_struck_out_is_held(come: Come, struck: str) -> None:
    """It is news, and a person says what it means."""
    told = come("html", html(ROWS).replace(row_of(*ROWS[10]).encode(), struck.encode()))
    assert "is struck out" in told.held
    assert told.entries == []


def test_a_row_that_is_hidden_now_is_removed(come: Come) -> None:
    """Nobody sees it any more."""
    page = html(ROWS).decode().replace(row_of(*ROWS[10]), row_of(*ROWS[10]).replace("<tr", "<tr hidden"))
    told = come("html", page.encode())
    assert (told.held, told.short) == ("", [("removed", ROWS[10][1])])
