"""Workbooks: what is printed, where links lead, which sheet is the list, and what is refused."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.file import load
from monitor.errors import BombError, LayoutError, UnreadableError
from monitor.extract.account import Account
from monitor.extract.grid import printed
from monitor.extract.sheet import xlsx
from monitor.extract.values import as_date, trimmed, unwrapped
from monitor.model import PassedOverKind, SuspicionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.model import RecordList

ROOT = Path(__file__).parents[3]
CORPUS = ROOT.parent / "shared" / "corpus"
REPORTS = load(ROOT / "config.yaml").sources["ice-287g"].reports
PARTICIPATING = REPORTS["participating"].lists
PENDING = REPORTS["pending"].lists
HEADER = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA")
BAY = (
    "FLORIDA",
    "Bay County Sheriff's Office",
    "County",
    "Bay County",
    "Task Force Model",
    "2/19/2025",
    "link pending",
)
BEE = ("TEXAS", "Bee County Sheriff's Office", "County", "Bee County", "Jail Enforcement Model", "3/1/2025", "")
SHEET = "xl/worksheets/sheet1.xml"


def workbook(
    *sheets: Sequence[Sequence[object]], names: Sequence[str] = (), then: Callable[..., None] | None = None
) -> bytes:
    """A workbook with these rows on its sheets; `then` gets the workbook and its sheets, to do more."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_urls": False, "strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime(2025, 1, 1)})  # noqa: DTZ001 - the bytes follow from the rows alone
        added = [book.add_worksheet(names[number] if names else None) for number in range(len(sheets))]
        for sheet, rows in zip(added, sheets, strict=True):
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        if then:
            then(book, *added)
    return content.getvalue()


def patched(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part changed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return packed.getvalue()


def read(content: bytes) -> RecordList:
    """The list of participating agencies in a workbook."""
    (found,) = xlsx.read_xlsx(content, PARTICIPATING)
    return found


def column(found: RecordList, field: str) -> list[str | None]:
    """The values of one field."""
    return [record.values[found.fields.index(field)] for record in found.records]


def test_values_come_in_the_order_of_the_description() -> None:
    """Columns are found wherever they stand; a column that is not there at all reads as None, an empty cell as ""."""
    rows = [tuple(reversed(HEADER)), tuple(reversed(BAY)), tuple(reversed(BEE))]
    found = read(workbook(rows))
    assert found.name == "participating"
    assert found.fields == tuple(PARTICIPATING["participating"].columns)
    assert [record.values for record in found.records] == [
        (*BAY[:5], "2025-02-19", "link pending", None),
        (*BEE[:5], "2025-03-01", "", None),
    ]
    assert [(record.locator.sheet, record.locator.row) for record in found.records] == [("Sheet1", 2), ("Sheet1", 3)]


def test_titles_blank_rows_and_blank_columns_are_passed_over() -> None:
    """The header need not be the first row, nor the records follow it at once; rows keep their numbers."""
    rows = [(), ("", "287(g) Participating Agencies"), (), ("", *HEADER), (), ("", *BAY), ("", " "), ("", *BEE)]
    found = read(workbook(rows))
    assert column(found, "state") == ["FLORIDA", "TEXAS"]
    assert [record.locator.row for record in found.records] == [6, 8]


def test_hidden_rows_and_columns_count() -> None:
    """A filter hides rows from the eye, not from the list."""

    def hide(_: Any, sheet: Any) -> None:
        sheet.autofilter(0, 0, 2, 6)
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})

    assert len(read(workbook([HEADER, BAY, BEE], then=hide)).records) == 2


def test_link_reads_as_its_target() -> None:
    """A hyperlink gives its unwrapped address, to each cell that it covers."""
    wrapped = "https://gcc02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.ice.gov%2Fa.pdf&data=05"

    def link(_: Any, sheet: Any) -> None:
        sheet.write_url(1, 6, wrapped, string="MOA")
        sheet.write_url(2, 6, "https://www.ice.gov/b.pdf#page=2", string="MOA")

    content = workbook([HEADER, *[BAY] * 8], then=link)
    content = patched(content, SHEET, lambda part: part.replace(b'ref="G3"', b'ref="G3:G3000"'))
    assert column(read(content), "moa") == ["https://www.ice.gov/a.pdf", *["https://www.ice.gov/b.pdf#page=2"] * 7]


def test_formula_links_lead_where_they_say() -> None:
    """A HYPERLINK formula with its address written out is a link; one put together gives its text."""

    def link(_: Any, sheet: Any) -> None:
        sheet.write_formula(1, 6, '=HYPERLINK("https://www.ice.gov/""c"".pdf","MOA")', value="MOA")
        sheet.write_formula(2, 6, '=HYPERLINK("https://www.ice.gov/"&A1,"MOA")', value="MOA")
        sheet.write_url(3, 6, "internal:Sheet1!A1", string=" see above ")

    found = read(workbook([HEADER, BAY, BAY, BAY], then=link))
    assert column(found, "moa") == ['https://www.ice.gov/"c".pdf', "MOA", "see above"]


def test_dates_read_alike_typed_and_printed() -> None:
    """A typed date far off reads as it is; a text that is no date stays as printed; a bare number is a day's."""

    def dates(book: Any, sheet: Any) -> None:
        for number, form in enumerate(("mm/dd/yyyy", "d-mmm-yy", "yyyy-mm-dd hh:mm"), 1):
            day = datetime(5025, 7, 7) if number == 1 else datetime(2025, 7, 7, 9, 30)  # noqa: DTZ001
            sheet.write_datetime(number, 5, day, book.add_format({"num_format": form}))
        for number, text in enumerate(("05/082025", "7/72025", "7/8/2025 "), 4):
            sheet.write_string(number, 5, text)
        sheet.write_number(7, 5, 45845)

    found = read(workbook([HEADER, *[BAY] * 7], then=dates))
    assert column(found, "signed") == [
        *("5025-07-07", "2025-07-07", "2025-07-07"),
        *("05/082025", "7/72025", "2025-07-08", "2025-07-07"),
    ]


def test_other_values_read_as_printed() -> None:
    """Numbers, truth values, errors and typed dates in a column of text come out as the sheet shows them."""

    def values(book: Any, sheet: Any) -> None:
        for number, value in enumerate((5.0, 0.5, 123456789012, True, False), 1):
            sheet.write(number, 3, value)
        sheet.write_formula(6, 3, "=NA()", value="#N/A")
        sheet.write_string(7, 3, "#N/A")
        sheet.write_datetime(8, 3, datetime(2025, 7, 7), book.add_format({"num_format": "m/d/yy"}))  # noqa: DTZ001
        sheet.write_string(9, 3, "  Bay\n  County\xa0")
        sheet.write_rich_string(10, 3, "Bay ", book.add_format({"bold": True}), "County")

    found = read(workbook([HEADER, *[BAY] * 10], then=values))
    assert column(found, "county") == [
        *("5", "0.5", "123456789012", "TRUE", "FALSE", "#N/A", "#N/A", "2025-07-07"),
        *("Bay\n  County", "Bay County"),
    ]


def test_error_cell_at_the_end_of_a_sheet_is_read() -> None:
    """The last row and the last column count, even where they hold nothing but errors."""

    def fail(_: Any, sheet: Any) -> None:
        sheet.write_formula(1, 6, "=NA()", value="#N/A")

    assert column(read(workbook([HEADER, BAY[:6]], then=fail)), "moa") == ["#N/A"]


def test_duplicate_rows_stay() -> None:
    """A row that stands twice is two records; what that means is for the matching to say."""
    assert len(read(workbook([HEADER, BAY, BAY])).records) == 2


def test_repeated_header_is_no_record() -> None:
    """A header that stands once more among the rows is not taken for an agency."""
    assert column(read(workbook([HEADER, BAY, HEADER, BEE])), "state") == ["FLORIDA", "TEXAS"]


def test_footnote_under_the_list_is_no_record() -> None:
    """A lone text under the list's first column is a note or a title; the account has it."""
    account = Account()
    rows = [HEADER, BAY, ("TEXAS",), BEE, (), ("* Updated July 18, 2025",), ("Source: ERO",)]
    assert len(xlsx.read_xlsx(workbook(rows), PARTICIPATING, account)[0].records) == 2
    (part,) = (part for part in account.parts.values() if part.kind == PassedOverKind.ROWS)
    assert (part.texts, part.holds) == (("TEXAS", "* Updated July 18, 2025", "Source: ERO"), False)


def test_cells_merged_downwards_count_for_each_row() -> None:
    """A state merged over its rows is the state of each of them; a title merged across is no record."""

    def merge(_: Any, sheet: Any) -> None:
        sheet.merge_range(1, 0, 2, 0, "FLORIDA")
        sheet.merge_range(3, 0, 3, 6, "Agencies in Texas")

    found = read(workbook([HEADER, BAY, ("", *BAY[1:]), (), BEE], then=merge))
    assert column(found, "state") == ["FLORIDA", "FLORIDA", "TEXAS"]


def test_further_sheets_are_ignored_unless_they_match() -> None:
    """Notes, charts and the other list don't matter; a list spread over sheets is read from all of them."""
    other = [HEADER[:5], BAY[:5]]
    content = workbook([("Notes",)], [HEADER, BAY], other, [HEADER, BEE], [], names=["Read me", "A", "B", "C", "D"])
    found = read(content)
    assert [record.locator.sheet for record in found.records] == ["A", "C"]
    assert column(found, "state") == ["FLORIDA", "TEXAS"]


def test_hidden_sheet_counts_only_where_no_other_is_the_list() -> None:
    """A hidden copy of last week's list is not this week's; a list that stands on a hidden sheet alone is read."""

    def hide(_: Any, *sheets: Any) -> None:
        sheets[1].hide()

    assert column(read(workbook([HEADER, BAY], [HEADER, BEE], then=hide)), "state") == ["FLORIDA"]
    assert column(read(workbook([("Notes",)], [HEADER, BEE], then=hide)), "state") == ["TEXAS"]


def test_copy_of_the_list_on_another_sheet_is_refused() -> None:
    """Two sheets with the same records can't both count; the first does, if a person believes it."""
    account = Account()
    (found,) = xlsx.read_xlsx(workbook([HEADER, BAY, BEE], [HEADER, BAY, BEE]), PARTICIPATING, account)
    assert len(found.records) == 2
    (suspicion,) = account.suspicions
    assert re.search(r"sheet 'Sheet2' repeats .* say by `sheet`", suspicion.message)


def test_sheet_is_chosen_by_its_name() -> None:
    """Where the description names the sheet, the others don't count."""
    content = workbook([HEADER, BAY], [HEADER, BEE], names=["Old", "Current"])
    chosen = PARTICIPATING["participating"].model_copy(update={"sheet": re.compile("current", re.IGNORECASE)})
    (found,) = xlsx.read_xlsx(content, {"participating": chosen})
    assert column(found, "state") == ["TEXAS"]
    with pytest.raises(LayoutError, match="there are 'Sheet1'"):
        xlsx.read_xlsx(workbook([HEADER, BAY]), {"participating": chosen})


def test_file_with_the_other_list_is_refused() -> None:
    """A pending list under the participating list's name says which column it lacks and what it has, and vice versa."""
    with pytest.raises(
        LayoutError, match=r"lacks the column 'SIGNED'; its row 1 has 'STATE', 'LAW ENFORCEMENT AGENCY'"
    ):
        read(workbook([HEADER[:5], BAY[:5]]))
    account = Account()
    xlsx.read_xlsx(workbook([HEADER, BAY]), PENDING, account)
    (suspicion,) = account.suspicions
    assert suspicion.kind == SuspicionKind.OTHER_LIST
    assert "has the column 'SIGNED', as another list has" in suspicion.message


def test_renamed_column_is_refused() -> None:
    """A needed column under an unknown header is a fault to look at, not a column of blanks."""
    with pytest.raises(LayoutError, match="lacks the column 'SUPPORT TYPE'"):
        read(workbook([tuple("PARTNERSHIP" if each == "SUPPORT TYPE" else each for each in HEADER), BAY]))


def test_header_variants_and_columns_that_come_and_go() -> None:
    """Known variants are found, optional columns may be away, and unknown columns are passed over."""
    header = ("State", "Agency", "Agency type", "Model", "Date signed", "Remarks", "Addendum")
    row = ("FLORIDA", "Bay County", "County", "Task Force Model", "2/19/2025", "new", "x")
    (record,) = read(workbook([header, row])).records
    assert record.values == ("FLORIDA", "Bay County", "County", None, "Task Force Model", "2025-02-19", None, "x")


def test_list_without_records_is_refused_unless_it_may_be_empty() -> None:
    """An empty extraction is doubted, and no mass removal, where the description does not say otherwise."""
    account = Account()
    assert xlsx.read_xlsx(workbook([HEADER]), PARTICIPATING, account)[0].records == ()
    assert [(each.kind, each.list_name) for each in account.suspicions] == [(SuspicionKind.EMPTY, "participating")]
    description = PARTICIPATING["participating"].model_copy(update={"may_be_empty": True})
    (found,) = xlsx.read_xlsx(workbook([HEADER]), {"participating": description})
    assert found.records == ()


def test_empty_workbook_is_refused() -> None:
    """A sheet without a cell has no header."""
    with pytest.raises(LayoutError, match="no header of it in sheet 'Sheet1'"):
        read(workbook([]))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_truncated_file_is_unreadable(kept: float) -> None:
    """A file that was cut off anywhere is refused, never read in part."""
    content = workbook([HEADER, *[BAY] * 200])
    with pytest.raises(UnreadableError):
        read(content[: int(len(content) * kept)])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever byte of a workbook is changed, the outcome is records or one of the named errors."""
    content = bytearray(workbook([HEADER, BAY, BEE]))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnreadableError, LayoutError, BombError):
        assert read(bytes(content)).name == "participating"


@pytest.mark.parametrize(
    "part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml", "docProps/core.xml"]
)
def test_document_type_is_refused_in_any_part(part: str) -> None:
    """No entity is ever known, let alone fetched or expanded."""
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    content = patched(
        workbook([HEADER, BAY]),
        part,
        lambda xml: re.sub(rb"(<\?xml[^>]*\?>)", lambda found: found[1] + entity, xml, count=1),
    )
    with pytest.raises(UnreadableError, match="declares a document type"):
        read(content)


@pytest.mark.parametrize(
    "cell",
    [
        b'<row r="50"><c r="T50"><v>1</v></c></row>',
        b'<row r="9"><c r="B60"><v>1</v></c></row>',
        b'<row r="60">' + b"<c><v>1</v></c>" * 9 + b"</row>",
    ],
)
def test_sheet_that_reaches_too_far_is_a_bomb(cell: bytes) -> None:
    """A few bytes can't make the reader lay out more cells than are allowed; the usual number allows these."""
    content = workbook([(*HEADER, *HEADER), BAY])
    far = patched(content, SHEET, lambda xml: xml.replace(b"</sheetData>", cell + b"</sheetData>"))
    assert xlsx.workbook_tables(far)
    with pytest.raises(BombError, match=r"has cells out to row (50|60|63), column"):
        xlsx.workbook_tables(far, most=700)


def test_hyperlinks_and_merged_cells_can_not_cover_more_than_is_allowed() -> None:
    """Together they may cover as many cells as a sheet may have."""

    def link(_: Any, sheet: Any) -> None:
        sheet.write_url(1, 6, "https://www.ice.gov/a.pdf", string="MOA")
        sheet.write_url(2, 6, "https://www.ice.gov/b.pdf", string="MOA")

    linked = workbook([HEADER, *[BAY] * 8], then=link)
    for reference in (b'ref="G2"', b'ref="G3"'):
        linked = patched(linked, SHEET, lambda xml, ref=reference: xml.replace(ref, b'ref="A2:G9"'))  # type: ignore[misc]
    merged = workbook([HEADER, *[BAY] * 8])
    twice = b'<mergeCells count="9">' + b'<mergeCell ref="A1:A9"/>' * 9 + b"</mergeCells>"
    merged = patched(merged, SHEET, lambda xml: xml.replace(b"</sheetData>", b"</sheetData>" + twice))
    for content, message in ((linked, "hyperlinks of a sheet cover"), (merged, "merged cells of a sheet cover")):
        assert xlsx.workbook_tables(content)
        with pytest.raises(BombError, match=message):
            xlsx.workbook_tables(content, most=70)


def test_cell_that_no_sheet_has_is_refused() -> None:
    """A reference beyond Excel's own limits is broken."""
    content = workbook([HEADER, BAY])
    with pytest.raises(UnreadableError, match="names a cell 'XFE1', further out than any sheet reaches"):
        read(patched(content, SHEET, lambda xml: xml.replace(b'r="A2"', b'r="XFE2"')))


def test_formatted_but_empty_cells_far_out_do_no_harm() -> None:
    """Programs leave formats at the end of a sheet; where nothing is in a cell, it takes no room."""
    content = workbook([HEADER, BAY])
    cell = b'<row r="50"><c r="T50" s="0"/></row>'
    formatted = patched(content, SHEET, lambda xml: xml.replace(b"</sheetData>", cell + b"</sheetData>"))
    (table,) = xlsx.workbook_tables(formatted, most=50)
    assert len(table.rows) == 2
    assert len(read(formatted).records) == 1


def test_cells_that_do_not_say_where_they_stand_are_read() -> None:
    """Some programs leave out the references; cells then follow each other, however many rows there are."""
    content = workbook([HEADER, *[BAY] * 3000])
    found = read(patched(content, SHEET, lambda xml: re.sub(rb'<c r="[A-Z]+\d+"', b"<c", xml)))
    assert len(found.records) == 3000


def test_links_over_everything_are_bounded() -> None:
    """Many links over whole columns are refused before they are spread out."""

    def link(_: Any, sheet: Any) -> None:
        for number in range(1, 3000):
            sheet.write_url(number, 6, f"https://www.ice.gov/{number}", string="MOA")

    content = workbook([HEADER, *[BAY] * 3000], then=link)
    with pytest.raises(BombError, match="hyperlinks"):
        read(patched(content, SHEET, lambda xml: re.sub(rb'<hyperlink ref="G\d+"', b'<hyperlink ref="A1:G3000"', xml)))


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=30)


@given(st.lists(st.tuples(*[TEXT.filter(trimmed)] * 5, st.dates().map(str)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=50)
def test_what_was_written_is_read(rows: list[tuple[str, ...]]) -> None:
    """Any text comes back as it was written, but for the blanks and invisible marks around it."""

    def write(_: Any, sheet: Any) -> None:
        for number, row in enumerate(rows, 1):
            for place, text in enumerate(row):
                sheet.write_string(number, place, text)

    found = read(workbook([HEADER[:6]], then=write))
    assert [record.values[:6] for record in found.records] == [tuple(map(trimmed, row)) for row in rows]


def _manifest() -> list[dict[str, str]]:
    if not CORPUS.exists():
        return []
    with (CORPUS / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.skipif(not CORPUS.exists(), reason="the real files are not here")
@pytest.mark.parametrize("row", _manifest()[::4], ids=lambda row: Path(row["file"]).stem)
def test_real_files_read_as_openpyxl_reads_them(row: dict[str, str]) -> None:
    """Each value of each record of a real file is what another library finds in the cell that the locator names."""
    content = (CORPUS / row["file"]).read_bytes()
    lists = PARTICIPATING if row["list"] == "participating" else PENDING
    (found,) = xlsx.read_xlsx(content, lists)
    sheet = openpyxl.load_workbook(io.BytesIO(content))[found.records[0].locator.sheet or ""]
    header = [str(cell.value) for cell in next(sheet.iter_rows())]
    columns = lists[row["list"]].columns
    places = {field: header.index(each.header[0]) + 1 for field, each in columns.items() if each.header[0] in header}
    for record in found.records:
        for field, value in zip(found.fields, record.values, strict=True):
            if field not in places:
                assert value is None
                continue
            cell = sheet.cell(record.locator.row or 0, places[field])
            assert value == _as_openpyxl_has_it(cell, columns[field].kind)
    assert len(found.records) == int(row["rows"])


def _as_openpyxl_has_it(cell: Any, kind: str) -> str:
    if kind == "link" and cell.hyperlink:
        return unwrapped(cell.hyperlink.target)
    value = "" if cell.value is None else cell.value
    return as_date(value) if kind == "date" else printed(value)
