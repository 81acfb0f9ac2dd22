"""The reader of a PDF tells what it passes over: headers, columns, rows, tables; rows without rules are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor.config.lists import ListDescription
from monitor.errors import LayoutError
from monitor.extract.account import Account
from monitor.extract.pdf import lists
from monitor.model import PassedOverKind
from tests.support import facsimiles
from tests.support.facsimiles import Drawn, Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model import PassedOver

HEADER = ("State", "Agency", "Type", "Program")
ROWS = (
    ("Ohio", "Akron Police Department", "City", "Task Force"),
    ("Iowa", "Story County Sheriff", "County", "Jail"),
    ("Utah", "Provo Police Department", "City", "Jail"),
    ("Texas", "Travis County Sheriff", "County", "Warrant"),
    ("Maine", "Wells Police Department", "City", "Task Force"),
)
WIDTHS = (80, 180, 80, 100)


def described(**more: Any) -> dict[str, ListDescription]:
    """A list of agencies, none of whose columns holds dates."""
    columns = {"state": "State", "agency": "Agency", "type": "Type", "program": "Program"}
    tree = {"columns": columns, "key": ["state", "agency"], "names": ["agency"]}
    return {"agencies": ListDescription.model_validate(tree | more)}


def read(*pages: Sequence[Drawn | Said], **more: Any) -> tuple[list[tuple[str | None, ...]], Account]:
    """The values of the list on these pages, and the account of the file."""
    account = Account()
    (found,) = lists.read_pdf(facsimiles.drawn(*pages), described(**more), account)
    return [record.values for record in found.records], account


def in_one(*rows: tuple[str, ...]) -> tuple[str, ...]:
    """Rows as one: each cell has a line for each row."""
    return tuple("\n".join(cells) for cells in zip(*rows, strict=True))


def unruled(*rows: tuple[str, ...], **more: Any) -> Drawn:
    """A table that has no rules between its rows."""
    return Drawn(rows=(HEADER, in_one(*rows)), widths=WIDTHS, **more)


def parts(account: Account, kind: PassedOverKind) -> list[PassedOver]:
    """The parts of one kind in an account."""
    return [part for part in account.parts.values() if part.kind == kind]


@pytest.mark.parametrize("uprights", [True, False])
@pytest.mark.parametrize("count", [3, 5, 30])
def test_rows_without_rules_between_them_are_told_apart(count: int, uprights: bool) -> None:  # noqa: FBT001 - pytest's
    """Where the columns that name a record have the same lines, each line is a row."""
    rows = [ROWS[number % 5] for number in range(count)]
    assert read([unruled(*rows, uprights=uprights)])[0] == rows


def test_rows_without_rules_go_on_over_pages() -> None:
    """On each page they are told apart anew, with a header or without."""
    more = Drawn(rows=(in_one(*ROWS),), widths=WIDTHS)
    assert read([unruled(*ROWS)], [unruled(*ROWS)], [more])[0] == list(ROWS) * 3


def test_a_cell_of_such_a_row_may_be_wrapped() -> None:
    """A column with more lines than the others has its lines in the row above which they don't begin."""
    cells = (
        "Ohio\n\nIowa\nUtah",
        "Akron Police\nDepartment\nStory County Sheriff\nProvo Police Department",
        "City\n\nCounty\nCity",
        "Jail\n\nJail\nTask Force",
    )
    drawn = Drawn(rows=(HEADER, cells), widths=WIDTHS)
    assert read([drawn])[0] == [
        ("Ohio", "Akron Police Department", "City", "Jail"),
        ("Iowa", "Story County Sheriff", "County", "Jail"),
        ("Utah", "Provo Police Department", "City", "Task Force"),
    ]


def test_an_empty_cell_of_such_a_row_stays_empty() -> None:
    """A line of another row never moves up into it."""
    rows = [ROWS[0], (*ROWS[1][:3], ""), ROWS[2], ("Texas", "Travis County Sheriff", "", "Jail")]
    assert read([unruled(*rows)])[0] == rows


def test_rows_that_can_not_be_told_apart_are_a_fault() -> None:
    """Lines at different heights say nothing about rows."""
    cells = ("Ohio\nIowa\nUtah\nTexas", "Akron Police\nDepartment\n\n\n\nStory\nProvo\nTravis", "City", "Jail")
    with pytest.raises(LayoutError, match="page 1: the rows of the list 'agencies' can't be told apart"):
        read([Drawn(rows=(HEADER, cells), widths=WIDTHS)])


def test_a_wrapped_record_is_one_record() -> None:
    """A row whose cells have several lines is one row, where its name and its state have not the same."""
    wrapped = ("Ohio", "Akron\nPolice\nDepartment", "City\nand\ntown", "Task\nForce\nModel")
    two = ("New\nMexico", "Taos\nPolice", "City", "Jail")
    assert read([Drawn(rows=(HEADER, wrapped), widths=WIDTHS)])[0] == [
        ("Ohio", "Akron Police Department", "City and town", "Task Force Model")
    ]
    assert read([Drawn(rows=(HEADER, two), widths=WIDTHS)])[0] == [("New Mexico", "Taos Police", "City", "Jail")]
    assert len(read([Drawn(rows=(HEADER, wrapped, two, *ROWS), widths=WIDTHS)])[0]) == 7


def test_the_headers_and_further_columns_are_told() -> None:
    """The text above each described column, and the columns that the description does not name."""
    header = ("State", "Agency name", "Type", "Program", "Remarks")
    _, account = read([Drawn(rows=(header, (*ROWS[0], "x")), widths=(*WIDTHS, 80))])
    headers = {part.where: part.texts for part in parts(account, PassedOverKind.HEADER)}
    assert headers == {
        "agencies: state": ("State",),
        "agencies: agency": ("Agency name",),
        "agencies: type": ("Type",),
        "agencies: program": ("Program",),
    }
    assert [part.where for part in parts(account, PassedOverKind.COLUMN)] == ["agencies: Remarks"]
    assert not any(part.holds for part in account.parts.values())


def test_sums_and_notes_in_the_table_are_no_records() -> None:
    """A row that says `Total`, and a cell over all columns, are told as rows that are none."""
    rows, account = read([Drawn(rows=(HEADER, *ROWS, ("TOTAL", "5 agencies", "", "")), widths=WIDTHS)])
    assert rows == list(ROWS)
    (told,) = parts(account, PassedOverKind.ROWS)
    assert told.texts == ("TOTAL", "5 agencies")
    note = Drawn(rows=(("* as of June",),), widths=(440,), top=60 + 6 * 17)
    rows, account = read([Drawn(rows=(HEADER, *ROWS), widths=WIDTHS), note])
    assert rows == list(ROWS)


def test_an_agency_called_total_is_a_record() -> None:
    """A filled row is a record, whatever its first cell says."""
    odd = ("Total", "Total County Sheriff", "County", "Jail")
    assert read([Drawn(rows=(HEADER, odd, *ROWS), widths=WIDTHS)])[0] == [odd, *ROWS]


def test_another_table_is_told() -> None:
    """Rows as wide as those of a list could be records of it; a table of two columns could not."""
    wide = Drawn(rows=(("Where", "Who", "What", "How"), *ROWS[:2]), widths=(100, 160, 90, 90), top=300)
    _, account = read([Drawn(rows=(HEADER, *ROWS), widths=WIDTHS), wide])
    (told,) = parts(account, PassedOverKind.TABLE)
    assert told.holds
    assert "Akron Police Department" in told.texts
    narrow = Drawn(rows=(("Contact", "Telephone"), ("Desk", "555"), ("Press", "556")), widths=(100, 160), top=300)
    _, account = read([Drawn(rows=(HEADER, *ROWS), widths=WIDTHS), narrow])
    (told,) = parts(account, PassedOverKind.TABLE)
    assert not told.holds


LISTED = Drawn(rows=(HEADER, *ROWS[:3]), widths=WIDTHS)
FURTHER = Drawn(rows=(HEADER, *ROWS[3:]), widths=WIDTHS, top=300)


@pytest.mark.parametrize(
    "title", ["Agreements Terminated", "Section II: Listed in Error", "Agencies removed since May"]
)
def test_a_table_of_what_is_listed_no_more_is_not_read(title: str) -> None:
    """Its rows are told as what is passed over, also where it goes on on the next page, below the head of that one."""
    head, title_ = Said(text="Monthly report", top=20), Said(text=title, top=285)
    on = Drawn(rows=(HEADER, ROWS[4]), widths=WIDTHS)
    found, account = read([head, LISTED, title_, Drawn(rows=(HEADER, ROWS[3]), widths=WIDTHS, top=300)], [head, on])
    assert found == [*ROWS[:3]]
    (told,) = parts(account, PassedOverKind.TABLE)
    assert (told.holds, told.where) == (True, f"agencies: {title}")
    assert {"Travis County Sheriff", "Wells Police Department"} <= set(told.texts)
    assert title in told.message


@pytest.mark.parametrize(
    "text",
    ["Agreements in force", "Of these, two were terminated.", "Agencies that", "Monthly report", "Expired in June:"],
)
def test_a_table_under_another_text_is_read(text: str) -> None:
    """A sentence is no title."""
    found, account = read([LISTED, Said(text=text, top=285), FURTHER])
    assert found == [*ROWS]
    assert parts(account, PassedOverKind.TABLE) == parts(account, PassedOverKind.SECTION) == []


def test_a_list_of_what_is_listed_no_more_is_read() -> None:
    """Where all of its tables say so, that is what the list is about; after it, another title ends it."""
    title = Said(text="Agreements terminated", top=40)
    assert read([title, LISTED])[0] == [*ROWS[:3]]
    found, account = read([title, LISTED, Said(text="Agreements in force", top=285), FURTHER])
    assert found == [*ROWS[3:]]
    assert [part.where for part in parts(account, PassedOverKind.TABLE)] == ["agencies: Agreements terminated"]


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [
        ("Section I: Agreements", "Section II: Agreements under review", True),
        ("Part A", "Part B. Letters of intent", True),
        ("Section 3. Agreements", "Section 3 (continued)", False),
        ("Agreements", "Section II: Agreements under review", False),
        ("Ohio", "Texas", False),
    ],
)
def test_a_further_numbered_part_with_the_header_of_a_list_is_told(first: str, second: str, *, holds: bool) -> None:
    """Nobody knows whether what it lists is listed in the same way: where it is new, the version is held."""
    found, account = read([Said(text=first, top=40), LISTED, Said(text=second, top=285), FURTHER])
    assert found == [*ROWS]
    assert [(part.holds, part.where) for part in parts(account, PassedOverKind.SECTION)] == [
        (True, f"agencies: {second}")
    ] * holds


def test_dates_that_can_not_be_read_and_letters_without_a_code_are_told() -> None:
    """A column of which most dates can't be read is told; months of a year are dates."""
    columns = {"state": "State", "agency": "Agency", "type": {"header": "Type", "kind": "date"}, "program": "Program"}
    odd = [(*row[:2], f"week {number}", row[3]) for number, row in enumerate(ROWS)]
    _, account = read([Drawn(rows=(HEADER, *odd), widths=WIDTHS)], columns=columns)
    (told,) = parts(account, PassedOverKind.UNREAD)
    assert told.holds
    months = [(*row[:2], "June 2017", row[3]) for row in ROWS]
    _, account = read([Drawn(rows=(HEADER, *months), widths=WIDTHS)], columns=columns)
    assert not parts(account, PassedOverKind.UNREAD)
