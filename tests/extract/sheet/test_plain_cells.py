"""Tests of taking the plain cells out of a sheet's XML before a parser goes through it."""

from __future__ import annotations

import pytest

from monitor.errors import BombError, UnreadableError
from monitor.extract.sheet import plain_cells
from monitor.extract.sheet.xlsx_xml import CellStyles, NumberFormat, SheetExtras, scan_sheet

BEGIN = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<worksheet xmlns="m" xmlns:r="o"><cols/>'
ROWS = (
    '<row r="1" spans="1:3"><c r="A1" t="s"><v>0</v></c><c r="B1" s="2" t="s"><v>1</v></c></row><row r="2"/>'
    '<row r="3"><c r="A3" t="e"><v>#N/A</v></c><c r="C3" s="4"/></row><row r="9" ht="33.75"><c r="D9"></c></row>'
)
LINKS = '<hyperlinks><hyperlink ref="A1:XFD1048576" r:id="rId1"/></hyperlinks><mergeCells><mergeCell ref="A1:B1"/>'
END = f"{LINKS}</mergeCells></worksheet>"
COMMENT = "<!-- with this, the parser goes through all cells -->"


def _part(rows: str = ROWS, begin: str = BEGIN, end: str = END) -> bytes:
    return f"{begin}<sheetData>{rows}</sheetData>{end}".encode()


def _scan(part: bytes, styles: CellStyles | None = None) -> SheetExtras | tuple[type, str]:
    """Return what a sheet has, or the error by which it is refused."""
    try:
        return scan_sheet(part, "sheet1.xml", targets={"rId1": "https://example.gov/a"}, styles=styles)
    except (BombError, UnreadableError) as fault:
        return type(fault), str(fault)


def test_a_sheet_of_plain_cells_has_the_same_in_it_as_the_parser_finds() -> None:
    """Errors, links and merged cells are the same, and links reach as far as cells with a value do."""
    taken = plain_cells.take_out(_part())
    assert taken is not None
    assert b"<c " not in taken.rest
    assert (set(taken.columns), taken.height, dict(taken.errors)) == ({"A", "B"}, 3, {"A3": "#N/A"})
    found = _scan(_part())
    assert found == _scan(_part(end=COMMENT + END))
    assert isinstance(found, SheetExtras)
    assert found.errors == {(2, 0): "#N/A"}
    assert sorted(found.links) == [(row, column) for row in range(3) for column in range(2)]  # as far as cells are used
    assert found.merged == (((0, 0), (0, 1)),)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A2"><v>a cell of another row</v></c></row>',
        '<row r="1"><c><v>a cell without a reference</v></c></row>',
        '<row r="1"><c r="A1"><f>HYPERLINK("https://a.gov","b")</f><v>b</v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>',
        '<row r="1"><c r="A1" t="e"><v>&amp;</v></c></row>',
        '<row r="1"><c r="A1" t="e"><v>é</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>]]></v></c></row>',
        '<row r="1"><c r="A1"/><v>a value outside of a cell</v></row>',
        f'<row r="1"><c r="A1"/>{COMMENT}</row>',
    ],
)
def test_where_a_row_has_anything_else_nothing_is_taken_out(rows: str) -> None:
    """A formula, say, or a value that needs decoding: then all cells are left to the parser."""
    assert plain_cells.take_out(_part(ROWS.replace('<row r="2"/>', rows))) is None


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "us-ascii"])
def test_nothing_is_taken_out_of_a_part_that_does_not_say_that_it_is_in_utf_8(encoding: str) -> None:
    """In another encoding, bytes that look like a cell may be letters."""
    declared = _part(begin=BEGIN.replace("UTF-8", encoding)).decode()
    assert plain_cells.take_out(declared.encode(encoding)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</worksheet>", "</cols>"),
        ('<row r="2"/>', '<row r="2" r="2"/>'),
        ('<row r="2"/>', '<row r="2">'),
        ("<cols/>", "<cols>"),
        ('ref="A1:B1"', 'ref="<A1"'),
        (' spans="1:3"', " spans"),
        ('<row r="2"/>', '<row r="2000000"><c r="A2000000"><v>1</v></c></row>'),
        ('"C3" s="4"/>', '"ZZZ3"><v>1</v></c>'),
        ('"D9"></c>', '"D9"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c>'),
        ("<mergeCells>", "<v>1</v><mergeCells>"),
        ("<mergeCells>", '<c r="F7"><v>1</v></c><mergeCells>'),
        ("<mergeCells>", '<sheetData><row r="7"><c r="F7"><v>1</v></c></row></sheetData><mergeCells>'),
    ],
)
def test_what_is_wrong_with_a_sheet_is_found_and_named_as_the_parser_names_it(old: str, new: str) -> None:
    """With a comment at its end, the parser goes through all of the part."""
    part = _part().replace(old.encode(), new.encode())
    assert part != _part()
    assert plain_cells.take_out(part) is not None
    assert _scan(part) == _scan(part + COMMENT.encode())


def test_formats_that_change_what_a_number_says_leave_all_cells_to_the_parser() -> None:
    """The number 42 is shown as 00042."""
    part = _part('<row r="1"><c r="A1" s="1"><v>42</v></c></row>')
    found = _scan(part, CellStyles(formats={"1": NumberFormat(digits=5)}))
    assert isinstance(found, SheetExtras)
    assert found.printed == {(0, 0): "00042"}
