"""The forms of real files that `monitor describe` tells: headers over two rows, groups, parts, pagers, cards, lines."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from monitor.config.file import load
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.demo.replay import localized
from tests.cli.test_describe import CONFIG, COUNTIES, described, kinds, only_list, workbook
from tests.support.publications.publication import Sheet, page
from tests.support.publications.publication import workbook as sheets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from monitor.config.lists import ListDescription
    from monitor.config.sources import Source
    from tests.conftest import Commands, Ran

AT = datetime(2026, 1, 5, tzinfo=UTC)
PEOPLE: list[list[Any]] = [
    [f"{name} Police", "TX", 100 + 7 * number, 3 * number] for number, name in enumerate(COUNTIES)
]


def unsure(ran: Ran) -> str:
    """The draft with its comments on one line each."""
    return re.sub(r"\n\s*#  ?(?!unsure)", " ", ran.out)


@pytest.fixture
def local(monitor: Commands, tmp_path: Path) -> Iterator[Publisher]:
    """A server on this machine, which the configuration allows to ask."""
    with Publisher() as publisher:
        monitor.config = tmp_path / "config.yaml"
        monitor.config.write_text(localized(CONFIG.read_text("utf-8"), load(CONFIG), publisher.address), "utf-8")
        yield publisher


def file_of(
    monitor: Commands, tmp_path: Path, *contents: bytes, name: str = "agencies.xlsx"
) -> tuple[Ran, ListDescription]:
    """Describe versions of one file, and return what came of it and the one list of the draft."""
    paths = []
    for number, content in enumerate(contents):
        paths.append(tmp_path / str(number) / name)
        paths[-1].parent.mkdir(parents=True)
        paths[-1].write_bytes(content)
    ran = monitor("describe", *paths)
    assert ran.status == 0, ran.err
    return ran, only_list(described(ran))


def test_a_header_over_two_rows_is_joined(monitor: Commands, tmp_path: Path) -> None:
    """Where merged cells stand over some columns, and where one word stands again and again."""
    rows: list[list[Any]] = [
        ["Agencies", None, None, None],
        [None, None, "Agreements", None],
        ["Agency", "State", "Jail", "Task force"],
        *PEOPLE,
    ]
    ran, found = file_of(monitor, tmp_path / "a", workbook(rows, merged=["A1:D1", "C2:D2"]))
    assert found.header_rows == 2
    assert [each.header for each in found.columns.values()] == [
        ("Agency",), ("State",), ("Agreements Jail",), ("Agreements Task force",),
    ]  # fmt: skip
    assert "10 records" in ran.err
    rows = [[None, None, "Jail", "Task force"], ["Agency", "State", "Count", "Count"], *PEOPLE]
    ran, found = file_of(monitor, tmp_path / "b", workbook(rows))
    assert found.header_rows == 2
    assert kinds(found) == {"agency": "text", "state": "class", "jail_count": "number", "task_force_count": "number"}
    assert "10 records" in ran.err


GROUPED: list[Any] = ["County", "Agency", "Agreement", "", "", "Notices given"]
BELOW: list[Any] = ["", "", "Type", "In force", "Date signed", ""]
SIGNED: list[list[Any]] = [
    [f"{name} County", f"{name} Police", "Jail" if number % 2 else "Task Force", "Yes", f"0{number % 9 + 1}/15/2024", 3]
    for number, name in enumerate(COUNTIES)
]


def grouped_page() -> bytes:
    """A table whose headers are merged over two rows, or over three columns, and a county over two of its rows."""
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in SIGNED[2:])
    first, second = ("".join(f"<td>{cell}</td>" for cell in row[1:]) for row in SIGNED[:2])
    return page(
        "Agreements",
        "<table><thead><tr><th rowspan=2>County<th rowspan=2>Agency<th colspan=3>Agreement<th rowspan=2>Notices given"
        "</tr><tr><th>Type<th>In force<th>Date signed</tr></thead><tbody>"
        f"<tr><td rowspan=2>Bell County</td>{first}</tr><tr>{second}</tr>{rows}</tbody></table>",
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("agencies.html", grouped_page()),
        ("agencies.csv", "\n".join(",".join(map(str, row)) for row in [GROUPED, BELOW, *SIGNED]).encode()),
        ("agencies.xlsx", workbook([GROUPED, BELOW, *SIGNED], merged=["A1:A2", "B1:B2", "C1:E1", "F1:F2"])),
        ("title.xlsx", workbook([["Agreements"], [], GROUPED, BELOW, *SIGNED], merged=["A1:F1", "A3:A4", "C3:E3"])),
    ],
)
def test_headers_of_columns_below_that_of_their_group(
    monitor: Commands, tmp_path: Path, name: str, content: bytes
) -> None:
    """The lower row is no record, and each of its columns is read; in each format."""
    ran, found = file_of(monitor, tmp_path, content, name=name)
    assert list(found.columns) == [
        "county", "agency", "agreement_type", "agreement_in_force", "agreement_date_signed", "notices_given",
    ]  # fmt: skip
    assert found.header_rows == 2
    assert found.columns["agreement_date_signed"].kind == "date"
    assert "10 records" in ran.err
    assert "has no header" not in ran.out
    assert "2024-01-15" in ran.err


def test_a_group_over_nearly_all_columns_hides_none(monitor: Commands, tmp_path: Path) -> None:
    """The one column beside the group has its header in the upper row alone."""
    rows: list[list[Any]] = [["County", "Agreement", "", "", "", ""], ["", "Agency", *BELOW[2:5], "Notices"], *SIGNED]
    _, found = file_of(monitor, tmp_path, workbook(rows, merged=["A1:A2", "B1:F1"]))
    assert next(iter(found.columns)) == "county"
    assert [each.header[0] for each in found.columns.values()][1:3] == ["Agreement Agency", "Agreement Type"]


def test_a_record_with_gaps_is_no_second_header(monitor: Commands, tmp_path: Path) -> None:
    """A first record that leaves out what others have is a record, beside a column without a header too."""
    for place, model in enumerate(("Jail", "")):
        rows = [
            ["Agency", "", "State", "Model"],
            ["Bell Police", "Bell", "", model],
            *([f"{name} Police", name, "Texas", "Jail"] for name in COUNTIES[1:]),
        ]
        _, found = file_of(monitor, tmp_path / str(place), workbook(rows))
        assert found.header_rows == 1
        assert [each.header for each in found.columns.values()] == [("Agency",), ("State",), ("Model",)]


def test_a_state_that_no_column_names_is_told_by_its_places(monitor: Commands, tmp_path: Path) -> None:
    """Florida alone has all of these counties; a city with the name of one is not taken for it."""
    counties = ("Alachua", "Orange", "Palm Beach", "Gulf", "Hendry", "Levy", "Manatee", "Osceola", "Pasco", "Polk")
    lines = [f"{name},{name} Jail,0{number % 9 + 1}/02/2025" for number, name in enumerate(counties)]
    content = "\n".join(["County,Facility,Signed", *lines, "Statewide,Highway Patrol,01/09/2025"]).encode()
    ran, found = file_of(monitor, tmp_path, content, name="jails.csv")
    assert found.jurisdiction.within == "FL"
    assert found.jurisdiction.level == "county"
    assert "[Orange County, FL]" in ran.err
    assert "[Palm Beach County, FL]" in ran.err
    assert "no column names the state; the places are read as those of Florida" in unsure(ran)
    assert found.says == "{facility}, {county}, {signed}"


@pytest.mark.parametrize(
    "counties",
    [
        ("Clay", "Jackson", "Lee", "Marion", "Madison", "Monroe"),  # in several states
        ("Alachua", "Manatee", "Osceola", "Okeechobee"),  # too few
        ("Alachua", "Manatee", "Bergen", "Cape May", "Loudoun", "Travis", "Pinal"),  # in several states, each in one
    ],
)
def test_a_state_is_not_guessed_from_places(monitor: Commands, tmp_path: Path, counties: Sequence[str]) -> None:
    """Where several states have the places, or few are named, nobody says in which state they are."""
    content = "\n".join(["County,Facility", *(f"{name},{name} Jail" for name in counties)]).encode()
    ran, found = file_of(monitor, tmp_path, content, name="jails.csv")
    assert found.jurisdiction.within is None
    assert "no column names the state" not in ran.out


def test_headers_that_are_years_are_headers(monitor: Commands, tmp_path: Path) -> None:
    """As numbers of a workbook, and as texts of a CSV file, forwards and backwards."""
    for place, years in enumerate(([2023, 2024, 2025], [2025, 2024])):
        rows: list[list[Any]] = [["County", *years]]
        rows += [[name, *(7 * number + year - 2000 for year in years)] for number, name in enumerate(COUNTIES)]
        for name, content in (
            ("detainers.xlsx", workbook([["Detainers"], *rows])),
            ("detainers.csv", "\n".join(",".join(map(str, row)) for row in rows).encode()),
        ):
            ran, found = file_of(monitor, tmp_path / f"{place}-{name}", content, name=name)
            assert kinds(found) == {"county": "text", **{f"n{year}": "number" for year in years}}
            assert "10 records" in ran.err


def test_columns_that_stand_twice_beside_each_other_are_one_list(monitor: Commands, tmp_path: Path) -> None:
    """The first record of such a table is not taken for its header, and no half of it is left out."""
    pairs = tuple(zip(COUNTIES[:5], COUNTIES[5:], strict=True))
    for gap in ([], [""]):
        rows = [["County", "Agency", *gap, "County", "Agency"]]
        rows += [[one, f"{one} Police", *gap, other, f"{other} Police"] for one, other in pairs]
        ran, found = file_of(monitor, tmp_path / str(len(gap)), workbook(rows))
        assert [each.header for each in found.columns.values()] == [("County",), ("Agency",)]
        assert "10 records" in ran.err
        assert "the columns stand 2 times beside each other" in ran.out


def test_a_pdf_with_a_header_of_two_rows_is_not_drafted(monitor: Commands, tmp_path: Path) -> None:
    """Its lower row would be read as a record, and two columns as one; that is said instead."""
    rows = [["County", "Agreement", "", "Notices"], ["", "Type", "Signed", ""]]
    rows += [[name, "Jail", f"0{number % 9 + 1}/15/2025", str(number)] for number, name in enumerate(COUNTIES)]
    spans = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("SPAN", (1, 0), (2, 0)), ("SPAN", (0, 0), (0, 1))]
    path = tmp_path / "agreements.pdf"
    SimpleDocTemplate(str(path)).build([Table(rows, style=[*spans, ("SPAN", (3, 0), (3, 1))])])
    ran = monitor("describe", path)
    assert ran.status == 1
    assert "has no header that could be told, and is left out" in ran.err


def test_a_value_that_is_written_once_beside_an_empty_column(monitor: Commands, tmp_path: Path) -> None:
    """Many workbooks begin in column B."""
    rows: list[list[Any]] = [["", "Region", "County", "Agency", "Beds"]]
    for number, name in enumerate(COUNTIES):
        rows.append(["", "" if number % 5 else ("East", "West")[number // 5], name, f"{name} Jail", 10 * number])
    ran, found = file_of(monitor, tmp_path, workbook(rows))
    assert found.columns["region"].fill_down
    assert "East | Coke | Coke Jail" in ran.err


def test_persons_do_not_name_the_records(monitor: Commands, tmp_path: Path) -> None:
    """Another sheriff of a county is a correction of one record; a column of offices names its records."""
    people = [["County", "Sheriff", "Model"], *([name, f"Sheriff {name[::-1]} Smith", "Jail"] for name in COUNTIES)]
    _, found = file_of(monitor, tmp_path / "people", workbook(people))
    assert found.names == ("county",)
    assert "sheriff" not in found.key
    offices = [["County", "Sheriff", "Model"], *([name, f"{name} Sheriff's Office", "Jail"] for name in COUNTIES)]
    _, found = file_of(monitor, tmp_path / "offices", workbook(offices))
    assert found.names == ("sheriff",)


def test_a_row_of_words_below_the_header_is_a_record(monitor: Commands, tmp_path: Path) -> None:
    """A list of words alone has no header of two rows, although its first record looks like one."""
    rows: list[list[Any]] = [
        ["Agency", "State", "Model", "Status"],
        *([f"{name} Police", "Texas", "Jail", "Open"] for name in COUNTIES),
    ]
    ran, found = file_of(monitor, tmp_path, workbook(rows))
    assert found.header_rows == 1
    assert "10 records" in ran.err


def test_a_year_in_a_header_is_left_open(monitor: Commands, tmp_path: Path) -> None:
    """The next file has another year there; where years stand side by side, nobody could tell one from the other."""
    rows: list[list[Any]] = [["Agency", "State", "FY25 ALOS", "Beds"], *PEOPLE]
    later: list[list[Any]] = [["Agency", "State", "FY26 ALOS", "Beds"], *PEOPLE]
    ran, found = file_of(monitor, tmp_path / "a", workbook(rows), workbook(later))
    column = found.columns["alos"]
    assert column.header_pattern is not None
    assert column.header_pattern.pattern == r"^FY\d\d ALOS$"
    assert not column.optional
    assert "its header names a year, which is left open" in ran.out
    ran, found = file_of(monitor, tmp_path / "b", workbook([["Agency", "State", "FY24 Beds", "FY25 Beds"], *PEOPLE]))
    assert [each.header for each in found.columns.values()][2:] == [("FY24 Beds",), ("FY25 Beds",)]
    assert "'FY24 Beds' and 'FY25 Beds' differ in the year" in unsure(ran)


def test_titles_of_groups_become_a_field(monitor: Commands, tmp_path: Path) -> None:
    """Without the word that all of them have; a note at the end names no group."""
    rows: list[list[Any]] = [["Facility", "City", "Beds"]]
    for office in ("Boston", "Dallas", "Miami"):
        rows += [[f"{office} Field Office"], *([f"{office} {name}", name, 10 + len(name)] for name in COUNTIES[:4])]
    rows += [[], ["Beds are counted each night by the facilities themselves."]]
    ran, found = file_of(monitor, tmp_path, workbook(rows))
    assert found.group["field_office"].origin == "title_row"
    assert found.group["field_office"].pattern is not None
    assert found.group["field_office"].pattern.pattern == "^(.+) Field Office$"
    assert "12 records" in ran.err
    assert "| Boston" in ran.err
    assert "taken from titles like 'Boston Field Office', and 'Miami Field Office'" in unsure(ran)


def test_one_title_is_no_group(monitor: Commands, tmp_path: Path) -> None:
    """It says the same of all records, or stands above some of them only, which nobody could tell."""
    rows: list[list[Any]] = [["Agency", "State", "Beds", "Calls"], ["SOUTH"], *PEOPLE]
    _, found = file_of(monitor, tmp_path / "a", workbook(rows))
    assert not found.group
    rows = [["Agency", "State", "Beds", "Calls"], *PEOPLE[:5], ["SOUTH"], *PEOPLE[5:7], ["EAST"], *PEOPLE[7:]]
    ran, found = file_of(monitor, tmp_path / "b", workbook(rows))
    assert not found.group
    assert "2 rows with one value, like 'SOUTH', are read as titles or notes" in unsure(ran)


def test_tables_below_each_other_are_one_list(monitor: Commands, tmp_path: Path) -> None:
    """Each with its month above the header."""
    rows: list[list[Any]] = [["Agreements by month"], []]
    for month, place in (("January 2026", 0), ("February 2026", 5)):
        rows += [[month], ["Agency", "State", "Beds", "Calls"], *PEOPLE[place : place + 5], ["Total", None, 99, 9], []]
    ran, found = file_of(monitor, tmp_path, workbook(rows))
    assert found.tables == "all"
    assert found.group["month"].origin == "heading"
    assert "10 records" in ran.err
    assert "| January 2026" in ran.err


def test_another_table_below_is_said(monitor: Commands, tmp_path: Path) -> None:
    """With a header of its own: it is no part of the list, and a glossary is no table."""
    above: list[list[Any]] = [
        ["By state"],
        ["State", "Agencies", "Calls"],
        ["Texas", 3, 9],
        ["Ohio", 2, 4],
        ["Iowa", 1, 2],
    ]
    below: list[list[Any]] = [[], ["By model"], ["Model", "Agencies", "Staff"], ["Jail", 3, 9], ["Street", 2, 4]]
    ran, found = file_of(monitor, tmp_path / "a", workbook([*above, *below]))
    assert tuple(found.columns) == ("state", "agencies", "calls")
    assert kinds(found) == {"state": "class", "agencies": "number", "calls": "number"}
    assert "other tables begin in row 7, and are not drafted" in unsure(ran)
    glossary = [[], ["Glossary"], ["Agency", "An office"], ["Call", "A request"]]
    ran, found = file_of(monitor, tmp_path / "b", workbook([*above, *glossary]))
    assert "other tables" not in ran.out


def test_sheets_of_one_header_are_one_list_with_a_field_for_their_name(monitor: Commands, tmp_path: Path) -> None:
    """By the form of their names, so that the sheet of the next month is of the list, too."""
    header = ["Agency", "State", "Beds", "Calls"]
    months = [Sheet(name, [header, *PEOPLE[:6]]) for name in ("Jan 2026", "Feb 2026")]
    notes = Sheet("Notes", [["Beds", "Places to sleep"], ["Calls", "All calls"]])
    ran, found = file_of(monitor, tmp_path / "a", sheets(*months, notes))
    assert found.sheet is not None
    assert found.sheet.pattern == r"^[A-Z][a-z]+ \d{4}$"
    assert {name: each.origin for name, each in found.group.items()} == {"month": "sheet"}
    assert "12 records" in ran.err
    states = [
        Sheet(name, [header, *([f"{name} {row[0]}", *row[1:]] for row in PEOPLE[:6])]) for name in ("Texas", "Ohio")
    ]
    _, found = file_of(monitor, tmp_path / "b", sheets(*states))
    assert found.sheet is None
    assert [each.origin for each in found.group.values()] == ["sheet"]


def test_a_value_that_is_written_once_is_taken_from_above(monitor: Commands, tmp_path: Path) -> None:
    """In the first columns alone: a column of remarks is empty where nothing is to be said."""
    rows: list[list[Any]] = [["Region", "State", "Facility", "Beds"]]
    for region, states in (("East", ("GA", "NY")), ("West", ("CA", "WA"))):
        for state in states:
            names = [f"{name} Jail {state}" for name in COUNTIES[:3]]
            rows += [
                [region if state == states[0] and place == 0 else None, None if place else state, name, 7 + place]
                for place, name in enumerate(names)
            ]
    ran, found = file_of(monitor, tmp_path / "a", workbook(rows))
    assert [name for name, each in found.columns.items() if each.fill_down] == ["region", "state"]
    assert found.key == ("state", "facility")
    assert "'Region' is written once for several rows" in unsure(ran)
    rows = [["Agency", "Beds", "Remark"], *([row[0], row[2], None if row[2] % 2 else "open"] for row in PEOPLE)]
    _, found = file_of(monitor, tmp_path / "b", workbook(rows))
    assert not any(each.fill_down for each in found.columns.values())


def test_figures_that_change_each_time_are_not_told(monitor: Commands, tmp_path: Path) -> None:
    """As two versions show; a figure that changes in few records is told, and one version shows nothing."""
    header = ["Agency", "State", "Average stay", "Beds"]
    before: list[list[Any]] = [header, *([row[0], row[1], row[2] + 0.5, row[3]] for row in PEOPLE)]
    after: list[list[Any]] = [
        header,
        *([row[0], row[1], row[2] + 1.75, row[3] + (place == 4)] for place, row in enumerate(PEOPLE)),
    ]
    ran, found = file_of(monitor, tmp_path / "a", workbook(before), workbook(after))
    assert (found.columns["average_stay"].ignore, found.columns["beds"].ignore) == (True, False)
    assert "another figure in 10 of 10 records of two versions" in unsure(ran)
    _, found = file_of(monitor, tmp_path / "b", workbook(before))
    assert not found.columns["average_stay"].ignore


@pytest.mark.parametrize(
    ("header", "days", "is_ignored"),
    [
        pytest.param("Last updated", ["2026-05-01"], True, id="by its name"),
        pytest.param("Report date", ["2026-05-01", "2026-05-08"], True, id="another one in the next version"),
        pytest.param("Report date", ["2026-05-01"], False, id="one version shows nothing"),
        pytest.param("Effective", ["2026-05-01", "2026-05-01"], False, id="the same in the next version"),
    ],
)
def test_the_day_of_the_file_in_each_row_is_not_told(
    monitor: Commands, tmp_path: Path, header: str, days: list[str], *, is_ignored: bool
) -> None:
    """As portals of open data write it; it is neither an anchor nor part of the sentence."""
    versions = [
        workbook([["Agency", "State", "Officers", header], *([row[0], row[1], row[2], day] for row in PEOPLE)])
        for day in days
    ]
    ran, found = file_of(monitor, tmp_path, *versions)
    field = header.lower().replace(" ", "_")
    assert found.columns[field].ignore == is_ignored
    assert (field in found.anchors, f"{{{field}}}" in (found.says or "")) == (not is_ignored, not is_ignored)
    assert ("the same day in all records" in unsure(ran)) == is_ignored


def test_the_key_names_the_place_where_names_repeat(monitor: Commands, tmp_path: Path) -> None:
    """A grant goes to several counties, though each state may have one of them so far."""
    states = ("IL", "WA", "TX", "CA", "OR", "CO")
    rows = [
        [program, f"{county} County", state, condition]
        for number, (program, condition) in enumerate([("SCAAP", "Notice"), ("Byrne JAG", "Access")])
        for county, state in zip(
            ("Cook", "King", "Bell", "Kern", "Lane", "Mesa")[number:], states[number:], strict=True
        )
    ]
    _, found = file_of(monitor, tmp_path / "a", workbook([["Grant program", "County", "State", "Condition"], *rows]))
    assert found.key == ("grant_program", "county", "state")
    agencies = [[row[0], f"{row[0].split()[0]} County", *row[1:]] for row in PEOPLE]
    _, found = file_of(
        monitor, tmp_path / "b", workbook([["Agency", "County", "State", "Officers", "Beds"], *agencies])
    )
    assert found.key == ("agency", "state")


def test_labels_do_not_name_records_that_a_number_identifies(monitor: Commands, tmp_path: Path) -> None:
    """A log of cases names nobody; another outcome is no other name."""
    header = ["Log no.", "Received", "Disposition"]
    rows = [
        [f"25-{100 + number}", f"2025-05-{number + 1:02}", ("Honored", "Declined")[number % 2]] for number in range(9)
    ]
    _, found = file_of(monitor, tmp_path, workbook([header, *rows]))
    assert (found.key, found.names) == (("log_no",), ("log_no",))
    assert found.columns["disposition"].kind == "class"


LONE = tuple(f"{name} County" for name in COUNTIES)


@pytest.mark.parametrize("above", [(), ("Counties that declined in June 2026", "")])
@pytest.mark.parametrize("header", ["Jurisdiction", "Name of County", "COUNTIES"])
def test_a_list_of_nothing_but_names(monitor: Commands, tmp_path: Path, header: str, above: tuple[str, ...]) -> None:
    """A word like `Jurisdiction` over names of one column is its header."""
    content = "\n".join([*above, header, *LONE]).encode()
    ran, found = file_of(monitor, tmp_path, content, name="names.csv")
    (field,) = found.columns
    assert (found.key, found.names, found.jurisdiction.name) == ((field,), (field,), field)
    assert f"{len(LONE)} records" in ran.err


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(LONE, id="no header"),
        pytest.param(("County", "Bell", "Bowie"), id="few names"),
        pytest.param(("Dear county,", *LONE), id="a greeting"),
        pytest.param(("County", *(f"We write to you about {name}. " * 4 for name in LONE)), id="sentences"),
        pytest.param(("State", *(["TX"] * 9)), id="the same value"),
    ],
)
def test_lines_that_are_no_list_of_names_are_not_drafted(
    monitor: Commands, tmp_path: Path, lines: Sequence[str]
) -> None:
    """One column without such a word may be any text."""
    path = tmp_path / "names.csv"
    path.write_text("\n".join(lines), "utf-8")
    ran = monitor("describe", path)
    assert (ran.status, "has no header that could be told" in ran.err) == (1, True)


def test_days_that_differ_are_told(monitor: Commands, tmp_path: Path) -> None:
    """They say when each record was changed."""
    rows = [[row[0], row[1], row[2], f"2026-05-{place + 1:02}"] for place, row in enumerate(PEOPLE)]
    _, found = file_of(monitor, tmp_path, workbook([["Agency", "State", "Officers", "Last updated"], *rows]))
    assert not found.columns["last_updated"].ignore


def test_codes_are_no_numbers(monitor: Commands, tmp_path: Path) -> None:
    """Zip codes, numbers of awards and years are compared as texts; amounts in any way of writing are numbers."""
    text = "Agency,Zip,Award Number,Year,Number of Beds,Amount,Share\n" + "".join(
        f'{name} Police,0{7001 + place},{26000 + place},2026,{place + 3},"$1,{200 + place}.50",{place}.5%\n'
        for place, name in enumerate(COUNTIES)
    )
    _, found = file_of(monitor, tmp_path, text.encode(), name="awards.csv")
    assert kinds(found) == {
        "agency": "text", "zip": "text", "award_number": "text", "year": "text",
        "number_of_beds": "number", "amount": "number", "share": "number",
    }  # fmt: skip
    assert found.key == ("award_number",)


def test_rows_that_count_something_are_told_apart_by_the_day(monitor: Commands, tmp_path: Path) -> None:
    """Rows without a figure may be about one person each: a day does not identify these."""
    rows: list[list[Any]] = [
        ["Origin", "Date", "People"],
        *([COUNTIES[place % 3], date(2026, 1, place + 1), place] for place in range(9)),
    ]
    _, found = file_of(monitor, tmp_path / "a", workbook(rows))
    assert found.key == ("origin", "date")
    ran, found = file_of(monitor, tmp_path / "b", workbook([row[:2] for row in rows]))
    assert found.key == ()
    assert "no key: no few fields identify a record" in unsure(ran)


def test_averages_between_the_rows_are_no_records(monitor: Commands, tmp_path: Path) -> None:
    """Where only the end of their first cell tells."""
    rows: list[list[Any]] = [["State", "Agency", "Model", "Beds"]]
    for state in ("Texas", "Ohio"):
        rows += [[state, f"{name} {state} Police", "Jail", 5 + len(name)] for name in COUNTIES[:5]]
        rows += [[f"{state} Average", None, None, 7]]
    ran, found = file_of(monitor, tmp_path, workbook(rows))
    assert {name: each.pattern for name, each in found.skip_rows.items()} == {"state": r"\b(?:average)$"}
    assert "10 records" in ran.err


def ruled(rows: Sequence[Sequence[str]], spans: Sequence[int]) -> bytes:
    """A PDF with one ruled table; the rows with these numbers are one cell."""
    out = io.BytesIO()
    grid = [("GRID", (0, 0), (-1, -1), 1, colors.black), *(("SPAN", (0, row), (-1, row)) for row in spans)]
    SimpleDocTemplate(out, invariant=1).build([Table(rows, style=grid)])
    return out.getvalue()


def test_titles_within_a_table_of_a_pdf_become_a_field(monitor: Commands, tmp_path: Path) -> None:
    """With or without a word that all have; the header of a PDF is one row of cells."""
    for number, ending in enumerate((" Field Office", "")):
        rows, spans = [["Facility", "City", "Beds"]], []
        for office in ("Boston", "Dallas", "Miami"):
            spans.append(len(rows))
            rows += [[f"{office}{ending}", "", ""], *([f"{office} {name}", name, "12"] for name in COUNTIES[:6])]
        ran, found = file_of(monitor, tmp_path / str(number), ruled(rows, spans), name="list.pdf")
        assert [each.origin for each in found.group.values()] == ["title_row"]
        assert found.header_rows == 1
        assert "18 records" in ran.err
        assert "| Boston" in ran.err


def stated(count: int, total: int, said: str) -> bytes:
    """A PDF with a table of so many rows, whose figures make the total, and a sentence above it."""
    rows = [["Agency", "State", "Calls"], *([f"{name} Police", "Texas", "7"] for name in COUNTIES[: count - 1])]
    rows.append(["Zavala Police", "Texas", f"{total - 7 * (count - 1):,}"])
    out = io.BytesIO()
    table = Table(rows, style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])
    SimpleDocTemplate(out, invariant=1).build([Paragraph(said, getSampleStyleSheet()["BodyText"]), table])
    return out.getvalue()


def test_figures_in_the_text_that_the_records_add_up_to_are_totals(monitor: Commands, tmp_path: Path) -> None:
    """Those that hold in each version alone; years, days and small figures are none."""
    said = "In 2026 there are {} agencies with a total of {:,} calls within 10 days of 10 pages."
    first, second = stated(10, 1204, said.format(10, 1204)), stated(11, 1311, said.format(11, 1311))
    ran, found = file_of(monitor, tmp_path / "a", first, second, name="calls.pdf")
    assert {each.sum: each.text.pattern for each in found.totals} == {
        None: r"there are ([\d,]+) agencies",
        "calls": r"total of ([\d,]+) calls",
    }
    assert "the text states 1,311, so that a version that does not add up is held" in unsure(ran)
    chance = stated(10, 1204, "There are 12 offices with a total of 5,000 calls.")
    _, found = file_of(monitor, tmp_path / "b", chance, second, name="calls.pdf")
    assert not found.totals


def printed(
    rows: Sequence[Sequence[str]], places: Sequence[float], *, title: str = "", notes: Sequence[str] = ()
) -> bytes:
    """A PDF of lines of text, without rules."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    y = 780.0
    for row in ([title] if title else [], *rows, *([note] for note in notes)):
        for x, text in zip(places, row, strict=False):
            canvas.drawString(x, y, text)
        y -= 18
    canvas.save()
    return out.getvalue()


def test_lines_of_a_pdf_in_columns_are_records(monitor: Commands, tmp_path: Path) -> None:
    """Named by the header above them, or by what they are; the list ends at the notes."""
    rows = [(f"{name} County Sheriff", "TX", f"{place + 1}/3/2026") for place, name in enumerate(COUNTIES)]
    content = printed(
        rows, (72, 250, 320), title="Agencies with an agreement", notes=["Notes", "A sheriff may withdraw."]
    )
    ran, found = file_of(monitor, tmp_path / "a", content, name="list.pdf")
    assert found.item is not None
    assert found.fields == ("agency", "state", "date")
    assert (found.heading and found.heading.pattern, found.until and found.until.pattern) == (
        "^Agencies with an agreement$",
        "^Notes$",
    )
    assert found.key == ("agency", "state")
    assert "10 records" in ran.err
    assert "the file has no ruled table; 10 lines of its text are taken for records" in unsure(ran)
    content = printed([("Office", "State", "Since"), *rows], (72, 250, 320))
    _, found = file_of(monitor, tmp_path / "b", content, name="list.pdf")
    assert found.fields == ("office", "state", "since")


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("{} County, TX", ("name", "state")),
        ("{} County, Texas", ("name", "state")),
        ("{} County, TX (signed March {}, 2026)", ("name", "state", "date")),
    ],
)
def test_lines_of_a_pdf_that_are_places_are_records(
    monitor: Commands, tmp_path: Path, line: str, fields: tuple[str, ...]
) -> None:
    """With what stands behind them, if that has one form."""
    rows = [(line.format(name, place + 1),) for place, name in enumerate(COUNTIES)]
    ran, found = file_of(monitor, tmp_path, printed(rows, (72,), title="Counties"), name="counties.pdf")
    assert found.fields == fields
    assert found.key == ("name", "state")
    assert "10 records" in ran.err


def test_lines_whose_fields_can_not_be_told_apart_are_not_guessed(monitor: Commands, tmp_path: Path) -> None:
    """Two free texts side by side: nobody could tell where the one ends once they are one line of text."""
    rows = [(f"{name} County Sheriff", f"{name[::-1]} City Hall") for name in COUNTIES]
    path = tmp_path / "list.pdf"
    path.write_bytes(printed(rows, (72, 300)))
    ran = monitor("describe", path)
    assert ran.status == 1
    assert "no lines of text of which it could be told where one field ends" in ran.err


def cards(names: Sequence[str], *, label: str = "Phone") -> str:
    """Cards with a name that is a link, a class, a label and two paragraphs without one."""
    return "".join(
        f'<article class="card"><h3><a href="https://www.example.gov/{name}">{name} Center</a></h3>'
        f'<span class="kind">{"Jail" if len(name) > 4 else "Hold room"}</span><p>{place} Main St</p><p>{name}, TX</p>'
        f"<div>{label}: 555-01{place:02}</div><a href='https://www.example.gov/{name}'>Details</a></article>"
        for place, name in enumerate(names)
    )


def test_cards_of_a_page_are_records(monitor: Commands, tmp_path: Path) -> None:
    """Their parts are found by headings, classes, labels and places; what all cards say is no field."""
    ran, found = file_of(monitor, tmp_path, page("Facilities", cards(COUNTIES)), name="facilities.html")
    assert found.card == "article.card"
    assert {name: each.select or each.label for name, each in found.columns.items()} == {
        "name": "h3", "link": "h3 a", "phone": "Phone", "kind": "span.kind",
        "text": "p:nth-of-type(1)", "text_2": "p:nth-of-type(2)",
    }  # fmt: skip
    assert kinds(found)["link"] == "link"
    assert (found.key, found.names) == (("name",), ("name",))
    assert "10 records" in ran.err
    assert "10 elements 'article.card' have the same parts; each is taken for a record" in unsure(ran)


def test_frames_around_parts_of_a_card_are_no_fields(monitor: Commands, tmp_path: Path) -> None:
    """Nor do the words that a content system puts before the names of fields name these."""
    cards_ = "".join(
        f'<li class="grid"><div class="grid-content"><h2>{name} Center</h2><p class="address"><span class="street">'
        f'{place} Main St</span> <span class="locality">{name}</span></p>'
        f'<div class="views-field views-field-field-office">'
        f"<span>{name} Office</span></div></div></li>"
        for place, name in enumerate(COUNTIES)
    )
    _, found = file_of(monitor, tmp_path, page("Facilities", f"<ul>{cards_}</ul>"), name="facilities.html")
    assert {name: each.select for name, each in found.columns.items()} == {
        "name": "h2",
        "street": "span.street",
        "locality": "span.locality",
        "office": "div.views-field-field-office",
    }


def test_few_elements_and_those_of_one_part_are_no_cards(monitor: Commands, tmp_path: Path) -> None:
    """Three cards, and a row of tiles that are links alone."""
    tiles = "".join(f'<div class="tile"><a href="/{name}">{name}</a></div>' for name in COUNTIES)
    path = tmp_path / "facilities.html"
    path.write_bytes(page("Facilities", cards(COUNTIES[:3]) + tiles))
    ran = monitor("describe", path)
    assert ran.status == 1
    assert "no list was found in it" in ran.err


def publish(server: Publisher, path: str, content: bytes | str) -> None:
    """Publish a page or a CSV file."""
    raw = content.encode() if isinstance(content, str) else content
    server.publish(path, raw, content_type="text/csv" if path.endswith(".csv") else HTML_TYPE, at=AT)


def of_page(monitor: Commands, address: str, *older: Path) -> tuple[Ran, Source]:
    """Describe a page, and return what came of it and the source."""
    ran = monitor("describe", address, *older)
    assert ran.status == 0, ran.err
    return ran, next(iter(described(ran).sources.values()))


def csv_of(names: Sequence[str], state: str = "TX") -> str:
    """A roster as a CSV file."""
    lines = (f"{name} Police,{state},{place + 1}/2/2026" for place, name in enumerate(names))
    return "\n".join(("Agency,State,Since", *lines)) + "\n"


def test_files_that_are_parts_of_one_list_are_told(monitor: Commands, local: Publisher) -> None:
    """By one header, names that differ in a word, and other records; lists of their own are no parts."""
    names = {"east": COUNTIES[:4], "south": COUNTIES[4:7], "west": COUNTIES[7:]}
    body = "".join(f'<a href="/files/roster-{name}-2026.csv">{name}</a> ' for name in names)
    publish(local, "/rosters", page("Rosters", body))
    for name, counties in names.items():
        publish(local, f"/files/roster-{name}-2026.csv", csv_of(counties))
    ran, source = of_page(monitor, f"{local.address}/rosters")
    report = source.reports["roster"]
    assert (report.kind, report.parts) == ("rolling", True)
    assert report.key is not None
    assert report.key.pattern == "roster-(east|south|west)"
    assert "are taken for parts of one list" in unsure(ran)
    publish(local, "/files/roster-west-2026.csv", csv_of(COUNTIES[:4]))  # the same records as in the first
    _, source = of_page(monitor, f"{local.address}/rosters")
    assert not any(report.parts for report in source.reports.values())
    body = "".join(f'<a href="/files/{name}-agreements.csv">{name}</a> ' for name in ("active", "expired"))
    publish(local, "/agreements", page("Agreements", body))
    publish(local, "/files/active-agreements.csv", csv_of(COUNTIES[:5]))
    publish(local, "/files/expired-agreements.csv", csv_of(COUNTIES[5:]))
    _, source = of_page(monitor, f"{local.address}/agreements")
    assert not any(report.parts for report in source.reports.values())


def table(names: Sequence[str]) -> str:
    """A table of a page."""
    rows = "".join(f"<tr><td>{name} Police</td><td>TX</td><td>{len(name)}</td></tr>" for name in names)
    return f"<table><tr><th>Agency</th><th>State</th><th>Officers</th></tr>{rows}</table>"


def test_a_pager_is_told_by_its_link(monitor: Commands, local: Publisher) -> None:
    """One that leads to the same page with another number; the key is judged by the further pages, too."""
    publish(local, "/list", page("Agencies", table(COUNTIES[:5]) + '<a href="/list?page=2">Next page</a>'))
    publish(local, "/list?page=2", page("Agencies", table(COUNTIES[5:]) + '<a href="/list?page=1">Previous</a>'))
    ran, source = of_page(monitor, f"{local.address}/list")
    pager = source.reports["page"].pager
    assert pager is not None
    assert (pager.text and pager.text.pattern, pager.href and pager.href.pattern) == ("^Next", r"page=\d+")
    assert "the list goes on at" in unsure(ran)
    publish(local, "/list", page("Agencies", table(COUNTIES[:5]) + '<a href="/news?page=2">Next page</a>'))
    _, source = of_page(monitor, f"{local.address}/list")
    assert source.reports["page"].pager is None


def test_records_that_move_from_one_list_to_the_other(monitor: Commands, local: Publisher) -> None:
    """A list that is called pending, and one with the same headers; both then have one key."""
    body = '<a href="/files/pendingAgencies1.csv">Pending</a> <a href="/files/participatingAgencies1.csv">Others</a>'
    publish(local, "/agreements", page("Agreements", body))
    twice = "".join(f"{name} Police,TX,Task force,1/3/2026\n" for name in COUNTIES[:2])
    listed = "".join(f"{name} Police,TX,Jail,1/2/2026\n" for name in COUNTIES)
    waiting = "".join(f"{name} Police,TX,Jail\n" for name in ("Hays", "Hill", "Hood", "Hunt"))
    publish(local, "/files/participatingAgencies1.csv", f"Agency,State,Model,Signed\n{listed}{twice}")
    publish(local, "/files/pendingAgencies1.csv", f"Agency,State,Model\n{waiting}")
    ran, source = of_page(monitor, f"{local.address}/agreements")
    assert [(each.from_list, each.to) for each in source.moves] == [("pending-agencies", "participating-agencies")]
    keys = {name: each.key for report in source.reports.values() for name, each in report.lists.items()}
    assert keys["pending-agencies"] == keys["participating-agencies"] == ("agency", "state", "model")
    assert "records that leave pending-agencies and stand in participating-agencies then" in unsure(ran)


def test_older_versions_are_given_after_the_page(monitor: Commands, local: Publisher, tmp_path: Path) -> None:
    """The one that the page links replaces them; a file that is of no report is said."""
    publish(local, "/rosters", page("Rosters", '<a href="/files/roster-2026-02.csv">February</a>'))
    publish(local, "/files/roster-2026-02.csv", csv_of(COUNTIES))
    (tmp_path / "roster-2026-01.csv").write_text(csv_of(COUNTIES[1:]), encoding="utf-8")
    (tmp_path / "letter.csv").write_text("To,Subject\nA,B\nC,D\n", encoding="utf-8")
    ran, source = of_page(monitor, f"{local.address}/rosters", tmp_path / "roster-2026-01.csv", tmp_path / "letter.csv")
    assert source.reports["roster"].kind == "rolling"
    assert "letter.csv is like no file that the page links, and was left out" in unsure(ran)


def series(monitor: Commands, local: Publisher, first: str, second: str) -> tuple[Ran, ListDescription]:
    """Describe a page that links two periods of a report."""
    links = "".join(f'<a href="/files/report-2026-0{month}.csv">{month}</a> ' for month in (1, 2))
    publish(local, "/reports", page("Reports", links))
    publish(local, "/files/report-2026-01.csv", first)
    publish(local, "/files/report-2026-02.csv", second)
    ran, source = of_page(monitor, f"{local.address}/reports")
    assert source.reports["report"].kind == "series"
    return ran, source.reports["report"].lists["report"]


def test_periods_show_whether_a_list_stands_or_rows_happen(monitor: Commands, local: Publisher) -> None:
    """Where most records come again, periods are compared; where hardly a row does, rows are events."""
    ran, found = series(monitor, local, csv_of(COUNTIES), csv_of(COUNTIES[1:]))
    assert (found.compare, found.rows) == ("across", "standing")
    assert "of the records are in the next period again" in unsure(ran)
    beds = [
        "Agency,State,Beds\n" + "".join(f"{name} Police,TX,{len(name) * turn}\n" for name in COUNTIES)
        for turn in (1, 2)
    ]
    ran, found = series(monitor, local, *beds)
    assert (found.compare, found.rows) == ("versions", "standing")
    assert not found.columns["beds"].ignore  # a correction within a period is news
    assert "with other figures in beds, so that periods are not compared" in unsure(ran)
    later = csv_of([f"{name[::-1].title()}ville" for name in COUNTIES])
    ran, found = series(monitor, local, csv_of(COUNTIES), later)
    assert (found.compare, found.rows) == ("versions", "events")
    assert "hardly a row is in two periods" in unsure(ran)


def test_a_draft_as_json(monitor: Commands, tmp_path: Path) -> None:
    """One object: the YAML, each doubt with the place of its key, and the trial; nothing else is printed."""
    (tmp_path / "roster.csv").write_text(csv_of(COUNTIES), encoding="utf-8")
    ran = monitor("describe", tmp_path / "roster.csv", "--json")
    assert (ran.status, ran.err) == (0, "")
    (found,) = ran.rows
    assert set(found) == {"name", "yaml", "unsure", "trial"}
    plain = monitor("describe", tmp_path / "roster.csv")
    assert (found["name"], found["yaml"]) == ("roster", plain.out)
    assert {"key": "", "why": "the page that links the files is not known; put its address here"} in found["unsure"]
    assert any(each["key"] == "reports.roster" for each in found["unsure"])
    assert plain.out.count("# unsure:") == len(found["unsure"])
    assert [each["records"] for file in found["trial"]["files"] for each in file["lists"]] == [10]


OF_STATES = {
    state: [[f"{name} County", "Law" if number % 2 else "Policy"] for number, name in enumerate(names)]
    for state, names in {
        "Texas": ("Bell", "Clay", "Polk"),
        "Ohio": ("Allen", "Clark"),
        "Iowa": ("Polk", "Story"),
    }.items()
}
STATE_FORMS = {
    "heading": "<h2>{state}</h2>{table}",
    "count": "<h2>{state} (12)</h2><h3>Listed</h3>{table}",
    "caption": "{captioned}",
    "line": "<div>{state}</div>{table}",
    "tab": "<div role=tabpanel aria-labelledby={state}>{table}</div>",
}


@pytest.mark.parametrize("form", STATE_FORMS)
def test_a_table_for_each_state_has_its_state_from_the_title(monitor: Commands, tmp_path: Path, form: str) -> None:
    """Whatever is the title; the same county in two states is two."""
    parts = []
    for state, rows in OF_STATES.items():
        body = "".join(f"<tr><td>{name}</td><td>{policy}</td></tr>" for name, policy in rows)
        body = f"<tr><th>Jurisdiction</th><th>Policy</th></tr>{body}"
        captioned, table = f"<table><caption>{state}</caption>{body}</table>", f"<table>{body}</table>"
        parts.append(STATE_FORMS[form].format(state=state, table=table, captioned=captioned))
    tabs = "".join(f"<button role=tab id={state}>{state}</button>" for state in OF_STATES) * (form == "tab")
    ran, found = file_of(monitor, tmp_path, page("Jurisdictions", f"{tabs}{''.join(parts)}"), name="places.html")
    assert [(name, group.origin) for name, group in found.group.items()] == [("state", "heading")]
    assert set(found.key) == {"jurisdiction", "state"}
    assert (found.jurisdiction.name, found.jurisdiction.state) == ("jurisdiction", "state")
    assert "7 records" in ran.err
