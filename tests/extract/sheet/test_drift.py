"""Spreadsheets and CSV files as publishers change them: read as they are printed, and accounted for."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from monitor.config.lists import ListDescription
from monitor.extract.account import Account
from monitor.extract.sheet.delimited import read_csv
from monitor.extract.sheet.xlsx import read_xlsx
from monitor.extract.values import as_date, trimmed
from monitor.model import PassedOverKind, SuspicionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.model import PassedOver

OFFICES = ListDescription.model_validate(
    {
        "columns": {
            "code": "Code",
            "name": ["Name", "County"],
            "opened": {"header": "Opened", "kind": "date"},
            "share": {"header": "Share", "optional": True},
        },
        "key": ["code", "name"],
        "names": ["name"],
    }
)
HEADER = ("Code", "Name", "Opened", "Share")
ROWS = tuple((f"0{n}", f"{name} County", "2024-02-03", f"{n}") for n, name in enumerate(("Bay", "Clay", "Gulf", "Lee")))


def values(content: bytes, read: Callable[..., Any] = read_xlsx) -> tuple[list[tuple[str, ...]], Account]:
    """The records, and the account."""
    account = Account()
    (found,) = read(content, {"offices": OFFICES}, account)
    return [record.values for record in found.records], account


def book(rows: Sequence[Sequence[object]], then: Callable[[Any, Any], None] | None = None, **options: object) -> bytes:
    """A workbook of one sheet."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, options) as made:
        sheet = made.add_worksheet("Offices")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if then:
            then(made, sheet)
    return content.getvalue()


def lines(*rows: Sequence[str], end: str = "\n") -> bytes:
    """A CSV file."""
    return ("\n".join(",".join(row) for row in rows) + end).encode()


def part(account: Account, kind: PassedOverKind) -> PassedOver:
    """The one part of a kind."""
    (found,) = (each for each in account.parts.values() if each.kind == kind)
    return found


def test_numbers_are_read_as_they_are_printed() -> None:
    """A code with leading zeros, a percentage, and a whole number that a float still holds."""

    def then(made: Any, sheet: Any) -> None:
        sheet.write_number(1, 0, 1000, made.add_format({"num_format": "00000"}))
        sheet.write_number(1, 3, 0.25, made.add_format({"num_format": "0%"}))
        sheet.write_number(2, 0, 4011123456789001)

    found, _ = values(book([HEADER, *ROWS], then))
    assert (found[0][0], found[0][3]) == ("01000", "25%")
    assert found[1][0] == "4011123456789001"


def test_a_hyperlink_formula_without_a_value_is_read_by_its_text() -> None:
    """As programs write it, which leave the value to Excel."""

    def then(_: Any, sheet: Any) -> None:
        sheet.write_formula(1, 1, '=HYPERLINK("https://example.org/","Clay ""C"" County")', value="")

    assert values(book([HEADER, *ROWS], then))[0][0][1] == 'Clay "C" County'


@pytest.mark.parametrize(("epoch", "serial"), [(False, 45345), (True, 45345 - 1462)])
def test_a_column_of_dates_without_its_format_is_read(epoch: bool, serial: int) -> None:  # noqa: FBT001 - a parameter
    """Days since the workbook's own beginning of time."""
    rows = [HEADER, *((code, name, serial, share) for code, name, _, share in ROWS)]
    found, account = values(book(rows, date_1904=epoch))
    assert {each[2] for each in found} == {"2024-02-23"}
    assert not account.suspicions


@pytest.mark.parametrize(
    "text",
    [
        "2/24/2025", "24-Feb-25", "24 February 2025", "2025/02/24", "20250224", "Monday, February 24, 2025",
        "Feb 24 2025",
        "2025-02-24T00:00:00+00:00", "2025-02-24 00:00:00", "Feb. 24th, 2025", "24th of February, 2025", "02.24.2025",
    ],
)  # fmt: skip
def test_dates_are_read_in_all_forms_that_lists_use(text: str) -> None:
    """And as one date."""
    assert as_date(text) == "2025-02-24"


def test_what_is_no_date_stays() -> None:
    """A month that there is not, a word, a year."""
    for text in ("13/45/2025", "pending", "2025", "February 2025", "24-Foo-25"):
        assert as_date(text) == text


def test_a_column_of_dates_that_can_not_be_read_is_accounted_for() -> None:
    """It could be read before: that is a reason to hold the version."""
    rows = [HEADER, *((f"{n}", f"{n} County", f"week {n}", "") for n in range(6))]
    found = part(values(book(rows))[1], PassedOverKind.UNREAD)
    assert (found.where, found.holds) == ("offices: opened", True)


def test_breaks_within_a_value_are_blanks() -> None:
    """However a format writes them."""
    assert trimmed("Bay_x000B_County\x0cof\u2028Florida\x85x") == "Bay County of Florida x"


@pytest.mark.parametrize(
    "rows",
    [
        (("TOTAL", "", "", "4"),), (("Total", "4", "", ""),), (("Grand Total", "", "", ""),),
        (("Total", "4 counties", "", ""),), (("", "4 counties", "", ""),), (HEADER,),
        (("CODE", "county", "opened", "SHARE"),), (("Baltimore AOR", "", "", ""),),
        (("Notes", "", "", ""), ("a", "", "", "b")),
        (("", "", "", ""), ("Glossary", "", "", ""), ("JEM", "Jail Enforcement", "", ""), ("WSO", "Warrants", "", "")),
    ],
)  # fmt: skip
def test_rows_that_are_no_records_are_left_out_and_accounted_for(rows: Sequence[Sequence[str]]) -> None:
    """Sums, counts, repeated headers, titles of groups and glossaries, wherever they stand."""
    found, account = values(book([HEADER, *ROWS[:2], *rows, *ROWS[2:], *rows]))
    assert found == list(ROWS)
    assert part(account, PassedOverKind.ROWS).texts


def test_a_header_in_another_order_among_the_records_is_suspected() -> None:
    """The rows below it may have that order; a record that is called like a header is one."""
    again = (HEADER[1], HEADER[0], *HEADER[2:])
    found, account = values(book([HEADER, *ROWS[:2], again, *ROWS[2:], again]))
    assert found == list(ROWS)
    (suspicion,) = account.suspicions
    assert "row 4 of sheet" in suspicion.message
    assert "columns in another order" in suspicion.message
    odd = (ROWS[0][0], HEADER[1], *ROWS[0][2:])
    found, account = values(book([HEADER, *ROWS, odd]))
    assert (found[-1], account.suspicions) == (odd, [])


def test_a_sum_is_known_by_its_leftmost_cell() -> None:
    """In whatever order the description names the columns."""
    described = OFFICES.model_copy(update={"columns": dict(reversed(OFFICES.columns.items()))})
    (found,) = read_csv(lines(HEADER, *ROWS, ("Total", "4", "", "")), {"offices": described}, Account())
    assert [record.values for record in found.records] == [row[::-1] for row in ROWS]


def test_a_sum_is_known_by_a_cell_that_no_list_takes() -> None:
    """As where a column of notes stands before all others; a record with a figure for a name stays a record."""
    noted = [("Notes", *HEADER), *(("", *row) for row in ROWS)]
    assert values(book([*noted, ("Grand Total", "", "116", "", "")]))[0] == list(ROWS)
    assert values(book([*noted, ("Total counted", *ROWS[0])]))[0] == [*ROWS, ROWS[0]]
    assert values(book([*noted, ("new", "", "116", "", "")]))[0][-1][1] == "116"


def test_whole_rows_under_a_title_are_records() -> None:
    """Also where an empty row stands before the title, as between groups."""
    title = (("", "", "", ""), ("Baltimore AOR", "", "", ""))
    assert values(book([HEADER, *ROWS[:2], *title, *ROWS[2:]]))[0] == list(ROWS)
    assert values(lines(HEADER, *title, *ROWS), read_csv)[0] == list(ROWS)


def test_a_header_never_differs_in_a_figure() -> None:
    """`FY18` is no slip of `FY15`."""
    described = ListDescription.model_validate({"columns": {"code": "Code", "people": "FY15 Population"}})
    with pytest.raises(Exception, match="lacks the column 'FY15 Population'"):
        read_xlsx(book([("Code", "FY18 Population"), ("1", "2")]), {"people": described})


def test_columns_and_headers_are_accounted_for() -> None:
    """Those that the description names by the text that they stand under, the others by their values."""
    _, account = values(book([(*HEADER, "MOA"), *((*row, "link pending") for row in ROWS)]))
    assert part(account, PassedOverKind.COLUMN).where == "offices: MOA"
    headers = {each.where: each.texts for each in account.parts.values() if each.kind == PassedOverKind.HEADER}
    assert headers["offices: name"] == ("Name",)
    assert not any(each.holds for each in account.parts.values())


def test_a_sheet_that_no_list_takes_is_accounted_for() -> None:
    """One as wide as the list could be its rest; notes could not."""

    def then(made: Any, _: Any) -> None:
        more, notes = made.add_worksheet("More"), made.add_worksheet("Notes")
        for number, row in enumerate(ROWS):
            more.write_row(number, 0, row)
        notes.write_column(0, 0, ["Published by the agency", "See also the page"])

    _, account = values(book([HEADER, *ROWS], then))
    holds = {each.where: each.holds for each in account.parts.values() if each.kind == PassedOverKind.TABLE}
    assert holds == {"sheet 'More'": True, "sheet 'Notes'": False}


def test_a_row_that_lacks_a_value_in_the_middle_is_suspected() -> None:
    """Its values stand one column too far to the left; empty cells left off at the end of all rows are none."""
    found = values(lines(HEADER, *ROWS[:3], ("03", "2024-02-03", "3")), read_csv)[1].suspicions
    assert "line 5 has 3 values, and the header has 4 columns" in found[0].message
    assert found[0].kind == SuspicionKind.LAYOUT
    assert not values(lines(HEADER, *(row[:3] for row in ROWS)), read_csv)[1].suspicions


def test_each_line_has_its_own_encoding() -> None:
    """A row that was pasted in Windows-1252 leaves the others as they are."""
    content = lines(HEADER, ("1", "Doña Ana County", "2024-02-03", "")) + "2,Peña County,2024-02-03,\n".encode("cp1252")
    assert [each[1] for each in values(content, read_csv)[0]] == ["Doña Ana County", "Peña County"]


def test_a_file_without_its_last_line_end_says_so() -> None:
    """It may have been cut between two rows."""
    assert part(values(lines(HEADER, *ROWS, end=""), read_csv)[1], PassedOverKind.END).holds
    kinds = {each.kind for each in values(lines(HEADER, *ROWS), read_csv)[1].parts.values()}
    assert PassedOverKind.END not in kinds


def test_dates_of_workbooks_are_dates() -> None:
    """As before, typed as such."""
    rows = [HEADER, *((code, name, date(2024, 2, 23), share) for code, name, _, share in ROWS)]
    assert values(book(rows, default_date_format="m/d/yy"))[0][0][2] == "2024-02-23"


def struck(cells: Sequence[tuple[int, int, str]]) -> Callable[[Any, Any], None]:
    """What strikes out these cells of a sheet."""

    def strike(workbook: Any, sheet: Any) -> None:
        line = workbook.add_format({"font_strikeout": True})
        for row, column, text in cells:
            sheet.write(row, column, text, line)

    return strike


def test_rows_that_are_struck_out_are_accounted_for() -> None:
    """They stay records, for who strikes out a name may mean this or that; a person decides."""
    rows = [
        ["CODE", "NAME", "OPENED"],
        *([name[0], f"{name} Police Department", "2/3/2025"] for name in ("Bay", "Elm")),
    ]
    whole = struck([(1, 0, "B"), (1, 1, "Bay Police Department"), (1, 2, "2/3/2025")])
    _, account = values(book(rows, whole))
    found = part(account, PassedOverKind.STRUCK)
    assert (found.holds, found.message) == (
        True,
        "sheet 'Offices', row 2: 'B Bay Police Department 2/3/2025' is struck out",
    )
    _, account = values(book(rows, struck([(2, 2, "2/3/2025")])))
    assert part(account, PassedOverKind.STRUCK).message == "sheet 'Offices', row 3: '2/3/2025' is struck out"


def test_what_is_struck_out_in_empty_cells_or_nowhere_is_nothing() -> None:
    """A style that no cell with text has says nothing."""
    rows = [["CODE", "NAME", "OPENED"], ["B", "Bay Police Department", "2/3/2025"]]
    _, account = values(book(rows, struck([(5, 1, "")])))
    assert not [each for each in account.parts.values() if each.kind == PassedOverKind.STRUCK]


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (("~Bay", " Elm County"), "Bay"),
        (("Bay County", "~ (pending)"), "(pending)"),
        (("~Bay", " or ", "~Elm County"), "Bay Elm County"),
        (("Bay", " County"), None),
    ],
)
def test_a_part_of_a_text_that_is_struck_out_is_accounted_for(pieces: Sequence[str], said: str | None) -> None:
    """As when a name is corrected in its cell, with the old one left to be seen; bold words are none."""

    def then(workbook: Any, sheet: Any) -> None:
        line, bold = workbook.add_format({"font_strikeout": True}), workbook.add_format({"bold": True})
        runs = ((line if each[0] == "~" else bold, each.removeprefix("~")) for each in pieces)
        sheet.write_rich_string(1, 1, *(part for run in runs for part in run))

    _, account = values(book([HEADER, *ROWS], then))
    told = [each.message for each in account.parts.values() if each.kind == PassedOverKind.STRUCK]
    assert told == ([f"sheet 'Offices', row 2: {said!r} is struck out"] if said else [])
