"""Numbers and dates with a form of their own, read from every format: the same values, or the text and a reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from monitor.config.lists import ListDescription
from monitor.demo.ddor_layout import PAGE_HEIGHT_POINTS
from monitor.errors import LayoutError
from monitor.extract.account import Account
from monitor.extract.page.lists import read_page
from monitor.extract.pdf.lists import read_pdf
from monitor.extract.sheet.delimited import read_csv
from monitor.extract.sheet.xlsx import read_xlsx
from monitor.model import PassedOverKind
from tests.support import facsimiles
from tests.support.facsimiles import Drawn, Said
from tests.support.published import delimited, html, workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xlsxwriter
    from reportlab.pdfgen.canvas import Canvas

COLUMNS = {
    "name": "Name",
    "count": {"header": "Count", "kind": "number"},
    "closed": {"header": "Closed", "kind": "date", "format": ["%d-%b-%y", "%B %d, %Y"]},
}
LIST = ListDescription.model_validate({"columns": COLUMNS, "key": ["name"]})
HEADER = ("Name", "Count", "Closed")
# What is printed, and what is read.
CELLS = (
    ("1,234", "1234", "5-Feb-10", "2010-02-05"),
    ("1234", "1234", "February 5, 2010", "2010-02-05"),
    ("$1,234.50", "1234.5", "5-Feb-69", "1969-02-05"),
    ("(12)", "-12", "31-Dec-68", "2068-12-31"),
    ("12.5%", "0.125", "2/5/2010", "2/5/2010"),
    ("1 234", "1234", "TBD", "TBD"),
    ("N/A", "N/A", "30-Feb-10", "30-Feb-10"),
    ("<10", "<10", "5 Feb 2010", "5 Feb 2010"),
    ("*", "*", "February 2010", "February 2010"),
    ("12,34", "12,34", "", ""),
)
ROWS = [(f"House {number}", count, closed) for number, (count, _, closed, _) in enumerate(CELLS)]
READ = [(count, closed) for _, count, _, closed in CELLS]


def pdf(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    """A PDF with the rows in a ruled table."""
    return facsimiles.drawn([Drawn(rows=(tuple(header), *map(tuple, rows)), widths=(150, 120, 150))])


READERS: dict[str, tuple[Callable[..., bytes], Callable[..., tuple[object, ...]]]] = {
    "html": (html, read_page),
    "csv": (delimited, read_csv),
    "xlsx": (workbook, read_xlsx),
    "pdf": (pdf, read_pdf),
}


def values(format_: str, rows: Sequence[Sequence[object]], account: Account | None = None) -> list[tuple[str, ...]]:
    """The count and the date of each record of a file with these rows."""
    write, read = READERS[format_]
    [found] = read(write(rows, HEADER), {"list": LIST}, account)
    return [record.values[1:] for record in found.records]  # type: ignore[attr-defined]


@pytest.mark.parametrize("format_", READERS)
def test_the_same_values_are_read_from_each_format(format_: str) -> None:
    """Numbers as plain decimals and dates as such; all else stays as it is printed."""
    assert values(format_, ROWS) == READ


def test_numbers_and_dates_of_a_workbook_are_the_same_as_their_texts() -> None:
    """Whatever a cell's format shows of them, and with the noise of its computing."""
    cells = [0.1 + 0.2, 1234.0, -12, 1e-7, 36123456789012.34, True, date(2010, 2, 5), 0.0]

    def shown(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
        for number, (value, form) in enumerate([(0.125, "0.0%"), (1234.5, "$#,##0.00"), (-12, "(0)"), (7, "00000")]):
            page.write(number + 9, 0, f"Shown {number}")
            page.write_number(number + 9, 1, value, book.add_format({"num_format": form}))
            page.write_datetime(number + 9, 2, datetime(2010, 2, 5, 8), book.add_format({"num_format": "d-mmm-yy"}))  # noqa: DTZ001 - a cell has no zone

    rows = [(f"House {number}", cell, "") for number, cell in enumerate(cells)]
    content = workbook(rows, HEADER, then=shown, default_date_format="d-mmm-yy")
    [found] = read_xlsx(content, {"list": LIST})
    counts = [record.values[1] for record in found.records]
    assert counts[:3] == ["0.3", "1234", "-12"]
    assert counts[3:8] == ["0.0000001", "36123456789012.34", "TRUE", "2010-02-05", "0"]
    assert counts[8:] == ["0.125", "1234.5", "-12", "7"]
    assert [record.values[2] for record in found.records[8:]] == ["2010-02-05"] * 4


@pytest.mark.parametrize("format_", ["csv", "xlsx", "html"])
def test_a_cell_over_two_lines_may_be_two_numbers(format_: str) -> None:
    """So it is none."""
    rows = [(f"House {number}", count, "") for number, count in enumerate(["1", "2", "1\n234"])]
    if format_ == "html":
        content = html(rows, HEADER).replace(b"1\n234", b"1<br>234")
        [found] = read_page(content, {"list": LIST})
        read = [record.values[1] for record in found.records]
    else:
        read = [count for count, _ in values(format_, rows)]
    assert read == ["1", "2", "1\n234"]


def test_a_cell_over_two_lines_of_a_pdf_may_be_two_numbers() -> None:
    """There the lines of a cell are joined for all other kinds of columns."""
    cells = ["1", "1\n234", "1,\n234", "not\nreported"]
    counts = [count for count, _ in values("pdf", [(f"House {number}", cell, "") for number, cell in enumerate(cells)])]
    assert counts == ["1", "1\n234", "1,\n234", "not reported"]


@pytest.mark.parametrize(("size", "rise"), [(5, 3.0), (6, 2.5), (7.5, 3.0), (6, 4.0)])
def test_a_raised_mark_of_a_footnote_is_no_digit_of_a_number(size: float, rise: float) -> None:
    """In a PDF, where it stands on the same line or, if it is higher, on a line above; beside digits on one height."""
    rows = [("One", "123", ""), ("Two", "1,234", ""), ("Three", "5", ""), ("Four", "71", "")]

    def mark(canvas: Canvas) -> None:
        for number, (_, count, _) in enumerate(rows[:2]):
            left = 40 + 150 + 4 + stringWidth(count, "Helvetica", 9)
            canvas.setFont("Helvetica", size)
            canvas.drawString(left, PAGE_HEIGHT_POINTS - 60 - 17 * (number + 1) - 3 - 9 + rise, "4")
        canvas.setFont("Helvetica", size)  # a small digit on the line is one
        canvas.drawString(40 + 150 + 4 + 10, PAGE_HEIGHT_POINTS - 60 - 17 * 4 - 3 - 9, "8")

    table = Drawn(rows=(HEADER, *rows), widths=(150, 120, 150))
    [found] = read_pdf(facsimiles.drawn([table, mark]), {"list": LIST})
    counts = [record.values[1] or "" for record in found.records]
    assert counts[2:] == ["5", "718"]
    assert counts[:2] == (["123\u2074", "1,234\u2074"] if rise < 4 else ["4\n123", "4\n1,234"])
    assert [LIST.columns["count"].is_unread(count) for count in counts] == [True, True, False, False]


def test_a_raised_mark_in_a_workbook_is_no_digit_of_a_number() -> None:
    """The library reads such a text as 1234; a mark after a word is left out, a figure without one stays as it is."""

    def mark(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
        raised, bold = book.add_format({"font_script": 1}), book.add_format({"bold": True})
        page.write_rich_string(2, 1, "123", raised, "4", book.add_format())
        page.write_rich_string(3, 1, bold, "1,2", "34")
        page.write_rich_string(4, 1, "1,234", raised, " 12 ", book.add_format())
        page.write_rich_string(5, 0, "House", raised, "4", book.add_format())

    rows = [(f"House {number}", "7", "") for number in range(5)]
    [found] = read_xlsx(workbook(rows, HEADER, then=mark), {"list": LIST})
    assert [record.values[1] for record in found.records] == ["7", "123\u2074", "1234", "1,234 \u00b9\u00b2", "7"]
    assert found.records[4].values[0] == "House"


def test_a_raised_mark_after_a_word_is_none_of_it() -> None:
    """In a PDF, in a header as well; letters that are raised, and digits as high as the word, are of it."""

    def mark(canvas: Canvas) -> None:
        for row, column, before, mark, size, rise in (
            (0, 1, "Count", "1", 7.5, 3), (1, 0, "Jail", "12", 6, 3), (2, 0, "1", "st", 6, 3),
            (3, 0, "House", "4", 9, 0), (3, 1, "71", "2", 7.5, 3),
        ):  # fmt: skip
            left = 40 + 150 * column + 4 + stringWidth(before, "Helvetica", 9)
            canvas.setFont("Helvetica", size)
            canvas.drawString(left, PAGE_HEIGHT_POINTS - 60 - 17 * row - 3 - 9 + rise, mark)

    rows = [("Jail", "1", "a"), ("1", "5", "b"), ("House", "71", "c")]
    table = Drawn(rows=(HEADER, *rows), widths=(150, 120, 150))
    [found] = read_pdf(facsimiles.drawn([table, mark]), {"list": LIST})
    assert [record.values[:2] for record in found.records] == [("Jail", "1"), ("1st", "5"), ("House4", "71\u00b2")]


@pytest.mark.parametrize("format_", READERS)
def test_numbers_with_a_comma_before_the_decimals_are_not_guessed(format_: str) -> None:
    """What could be either stays as it is printed, and the account says so, by which a new version is held."""
    account = Account()
    rows = [(f"House {number}", count, "") for number, count in enumerate(["1.234,56", "1,234", "1.234", "99", "7"])]
    assert [count for count, _ in values(format_, rows, account)] == ["1.234,56", "1,234", "1.234", "99", "7"]
    [said] = [part for part in account.parts.values() if part.kind == PassedOverKind.UNREAD]
    assert said.holds
    assert (
        said.message
        == "list: count has numbers with a comma before the decimals, like '1.234,56', which are not guessed"
    )


@pytest.mark.parametrize("format_", READERS)
@pytest.mark.parametrize(("field", "cells"), [("count", ("word", "5-Feb-10")), ("closed", ("1", "2/5/2010"))])
def test_a_column_that_is_mostly_unread_is_accounted_for(format_: str, field: str, cells: tuple[str, str]) -> None:
    """As when another column has its header now."""
    account = Account()
    values(format_, [(f"House {number}", *cells) for number in range(6)], account)
    [said] = [part for part in account.parts.values() if part.kind == PassedOverKind.UNREAD]
    assert (said.where, said.holds) == (f"list: {field}", True)
    assert "can't be read" in said.message


@pytest.mark.parametrize(
    ("counts", "stated", "fault"),
    [
        (("1,200", "(200)", "34"), "1,034", ""), (("0.5", "0.75", "1"), "2.25", ""),
        (("1", "2", "3"), "7", "but its rows make 6"),
        (("1", "N/A", "3"), "4", "'N/A' stands as count"), (("1", "2", "3"), "6,", ""),
    ],
)  # fmt: skip
def test_a_stated_sum_is_that_of_the_numbers(counts: Sequence[str], stated: str, fault: str) -> None:
    """Below zero and with decimals too; what is no number can't be added."""
    total = {"text": r"Total count: ([\d.,]+)", "sum": "count"}
    described = ListDescription.model_validate({"columns": COLUMNS, "key": ["name"], "totals": [total]})
    rows = [(f"House {number}", count, "5-Feb-10") for number, count in enumerate(counts)]
    content = facsimiles.drawn(
        [Said(text=f"Total count: {stated}", left=40, top=20), Drawn(rows=(HEADER, *rows), widths=(150, 120, 150))]
    )
    if fault:
        with pytest.raises(LayoutError) as refused:
            read_pdf(content, {"list": described})
        assert fault in str(refused.value)
    else:
        assert len(read_pdf(content, {"list": described})[0].records) == 3
