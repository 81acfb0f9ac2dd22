"""Tables with groups, merged headers and values written once: what is told and what is held, version by version."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.facsimiles import Drawn, drawn
from tests.support.laid_out import HEADER, book, delimited, page, tr
from tests.support.published import SILENT, Published

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands

Row = Sequence[object]


@pytest.fixture
def described(monitor: Commands, tmp_path: Path) -> Callable[..., Published]:
    """A function that returns a report with one list, as it is described."""

    def make(format_: str, **described: Any) -> Published:
        report: dict[str, Any] = {"kind": "page", "format": format_, "lists": {"all": described}}
        if format_ != "html":
            report |= {"kind": "rolling", "match": {"href": f"[.]{format_}$"}}
        source = {"page": f"https://www.example.gov/{format_}", "reports": {"file": report}}
        config = tmp_path / "config.yaml"
        config.write_text(yaml.safe_dump({"contact": "tests", "sources": {format_: source}}, sort_keys=False), "utf-8")
        return Published(monitor=replace(monitor, config=config), folder=tmp_path, source=format_)

    return make


Described = Any


def column(header: str, **more: Any) -> dict[str, Any]:
    """A column, described in full."""
    return {"header": header} | more


# Detention statistics: a header below titles, in which the year changes.

NAMES = ("Adams", "Baker", "Clay", "Dade", "Early", "Floyd", "Grady", "Hall", "Irwin", "Jones", "Lee", "Macon")
DETENTION: dict[str, Any] = {
    "columns": {
        "name": "Name",
        "state": "State",
        "alos": {"header_pattern": r"FY\d\d ALOS"},
        "crim": {"header_pattern": "^Male Crim$"},
        "other": {"header_pattern": "^Male Non-Crim$"},
    },
    "header_row": 7,
    "header_rows": 2,
    "key": ["name", "state"],
    "names": ["name"],
}


def statistics(year: int, rows: Sequence[Row], *, sheet: str = "Facilities", above: Sequence[Row] = ()) -> bytes:
    """The workbook of a fiscal year."""
    head: list[Row] = [
        *above,
        ["ICE Enforcement and Removal Operations Data"], [f"ICE Detention data, FY{year} YTD"], [],
        ["This list is limited to facilities with a population"], [],
        ["", "", f"FY{year} Detainees", "Male", ""],
        ["Name", "State", f"FY{year} ALOS", "Crim", "Non-Crim"],
    ]  # fmt: skip
    return book((sheet, [*head, *rows], ((len(above), 0, len(above), 4), (len(above) + 5, 3, len(above) + 5, 4))))


def facilities(add: int = 0) -> list[Row]:
    """A row for each facility; its figures are larger by `add`."""
    return [[f"{name} County Jail", "GA", 20 + n + add, n + add, 2 * n + add] for n, name in enumerate(NAMES)]


def test_a_header_that_has_another_year_is_no_news(described: Described) -> None:
    """FY25 is FY26 now, and what it stands above is the same."""
    report = described("xlsx", **DETENTION)
    report.come(statistics(25, facilities()))
    assert report.come(statistics(26, facilities())) == SILENT


def test_figures_below_a_header_of_another_year_are_corrected(described: Described) -> None:
    """In each facility, and one is new: nobody has to release that."""
    report = described("xlsx", **DETENTION)
    report.come(statistics(25, facilities()))
    told = report.come(statistics(26, [*facilities(3), ["Otero", "NM", 1, 2, 3]]))
    assert told.held == ""
    assert [kind for kind, _ in told.short] == ["added", *["corrected"] * 12]
    assert {fields for kind, fields in told.short if kind == "corrected"} == {"alos crim other"}


def test_a_header_that_moved_down_is_held(described: Described) -> None:
    """A line more above it; the description says where it stands."""
    report = described("xlsx", **DETENTION)
    report.come(statistics(25, facilities()))
    told = report.come(statistics(25, facilities(), above=[["Updated May 1"]]))
    assert "row 7 of sheet 'Facilities' is not its header" in told.held
    assert told.entries == []


def test_a_second_column_that_fits_is_held(described: Described) -> None:
    """The year before stands beside the year: which is meant, nobody can know."""
    columns = {"name": "Name", "alos": {"header_pattern": r"FY\d\d ALOS"}}
    report = described("csv", columns=columns, key=["name"])
    report.come(delimited([["Name", "FY25 ALOS"], ["Adams", 1], ["Baker", 2]]))
    told = report.come(delimited([["Name", "FY25 ALOS", "FY26 ALOS"], ["Adams", 1, 9], ["Baker", 2, 9]]))
    assert "alos could be another column as well as 'FY25 ALOS'" in told.held
    assert told.entries == []


# Groups with a title of one cell.

AGENCIES: dict[str, Any] = {
    "columns": {"agency": "Agency", "model": "Model", "signed": "Signed"},
    "group": {"state": "title_row"},
    "key": ["state", "agency"],
    "names": ["agency"],
    "jurisdiction": {"name": "agency", "state": "state", "level": "county"},
}
TEXAS: list[Row] = [
    [f"{name} County Sheriff", "Jail", f"5/{n + 1}/2026"] for n, name in enumerate(("Bexar", "Bell", "Clay"))
]
UTAH: list[Row] = [[f"{name} County Sheriff", "Jail", f"6/{n + 1}/2026"] for n, name in enumerate(("Cache", "Davis"))]
OHIO: list[Row] = [[f"{name} County Sheriff", "Jail", f"7/{n + 1}/2026"] for n, name in enumerate(("Allen", "Knox"))]


def in_states(**states: Sequence[Row]) -> list[Row]:
    """A table in which each state has its title."""
    rows: list[Row] = [["287(g) agencies", "", ""], list(HEADER)]
    for name, some in states.items():
        rows += [*([[name, "", ""]] if not name.startswith("untitled") else []), *some]
    return rows


def on_page(rows: Sequence[Row]) -> bytes:
    """The table as a page has it, with titles across."""
    made = (
        tr(f"colspan=3|{row[0]}")
        if row[0] and not row[1]
        else tr(*map(str, row), tag="th" if row[0] == "Agency" else "td")
        for row in rows
    )
    return page(f"<table>{''.join(made)}</table>")


WRITERS: dict[str, Callable[[Any], bytes]] = {
    "csv": delimited,
    "xlsx": lambda rows: book(("A", rows, ())),
    "html": on_page,
    "pdf": lambda rows: drawn([Drawn(rows=[[str(cell) for cell in row] for row in rows], widths=(160, 120, 120))]),
}
BOTH = in_states(TEXAS=TEXAS, UTAH=UTAH)


@pytest.mark.parametrize("format_", WRITERS)
def test_records_know_the_state_of_their_title(described: Described, format_: str) -> None:
    """Also the place that they are about; a new state, and what goes, are told with it."""
    report, write = described(format_, **AGENCIES), WRITERS[format_]
    report.come(write(BOTH))
    (row,) = [
        row for row in report.monitor("list", format_, "all", "--json").rows if row["fields"]["agency"] == TEXAS[0][0]
    ]
    assert row["fields"] == {"agency": "Bexar County Sheriff", "model": "Jail", "signed": "5/1/2026", "state": "TEXAS"}
    assert row["jurisdiction"]["ocd_id"] == "ocd-division/country:us/state:tx/county:bexar"
    told = report.come(write(in_states(OHIO=OHIO, TEXAS=TEXAS[1:], UTAH=UTAH)))
    assert (told.held, told.short) == ("", [
        ("added", "Allen County Sheriff"), ("added", "Knox County Sheriff"), ("removed", "Bexar County Sheriff"),
    ])  # fmt: skip
    assert {entry["after"]["state"] for entry in told.entries if entry["after"]} == {"OHIO"}


@pytest.mark.parametrize("format_", WRITERS)
def test_the_order_of_groups_is_no_news(described: Described, format_: str) -> None:
    """Nor are empty rows, notes, and the spelling of a title."""
    report, write = described(format_, **AGENCIES), WRITERS[format_]
    report.come(write(BOTH))
    rows = in_states(UTAH=[*UTAH, ["* signed by proxy", "", ""]], Texas=TEXAS)
    told = report.come(write(rows))
    assert (told.held, {(entry["kind"], *entry["fields"]) for entry in told.entries}) == ("", {("cosmetic", "state")})


@pytest.mark.parametrize("format_", WRITERS)
def test_a_title_that_was_lost_is_held(described: Described, format_: str) -> None:
    """The agencies of Utah would be those of Texas; and those of Texas have none."""
    report, write = described(format_, **AGENCIES), WRITERS[format_]
    report.come(write(BOTH))
    told = report.come(write(in_states(TEXAS=TEXAS, untitled=UTAH)))
    assert "was the title 'UTAH' lost?" in told.held
    assert told.entries == []
    told = report.come(write(in_states(untitled=TEXAS, UTAH=UTAH)))
    assert "no state is found in" in told.held
    assert told.entries == []


def test_a_row_that_may_be_a_title_is_held(described: Described) -> None:
    """An agency of which nothing else is known; and one that lost its other values."""
    report = described("csv", **AGENCIES)
    report.come(delimited(BOTH))
    told = report.come(delimited(in_states(TEXAS=[TEXAS[0], ["Travis County Sheriff", "", ""], *TEXAS[1:]], UTAH=UTAH)))
    assert "'TEXAS' to 'Travis County Sheriff' in state, which is new; is that the title of a group?" in told.held
    assert told.entries == []
    told = report.come(delimited(in_states(TEXAS=TEXAS, UTAH=[UTAH[0], [UTAH[1][0], "", ""]])))
    assert "1 records would be gone, and yet they stand in it" in told.held
    assert told.entries == []


def test_an_agency_that_moved_to_another_state_is_told(described: Described) -> None:
    """Both states have others: no title was lost."""
    report = described("csv", **AGENCIES)
    report.come(delimited(BOTH))
    told = report.come(delimited(in_states(TEXAS=TEXAS[:2], UTAH=[*UTAH, TEXAS[2]])))
    assert (told.held, told.short) == ("", [("corrected", "state")])


# Months: below each other, and on sheets of their own.

MONTHLY: dict[str, Any] = {
    "columns": {"agency": "Agency", "model": "Model", "signed": "Signed"},
    "key": ["month", "agency"],
    "names": ["agency"],
    "tables": "all",
}


def below(**months: Sequence[Row]) -> bytes:
    """A sheet with a table for each month."""
    rows: list[Row] = [["Monthly report", "", ""], ["", "", ""]]
    for name, some in months.items():
        rows += [[f"{name} 2026", "", ""], list(HEADER), *some, ["", "", ""]]
    return book(("Report", rows, ()))


@pytest.mark.parametrize("group", ["title_row", "heading", {"from": "heading", "pattern": r"\w+ \d{4}"}])
def test_a_further_month_below_the_others_is_added(described: Described, group: object) -> None:
    """Though its rows are those of the month before but for one; and a correction of an old month is told as such."""
    report = described("xlsx", **MONTHLY, group={"month": group})
    report.come(below(January=TEXAS, February=TEXAS))
    mended = [[*TEXAS[0][:2], "5/9/2026"], *TEXAS[1:]]
    told = report.come(below(January=mended, February=TEXAS, March=TEXAS[:2]))
    assert (told.held, told.short) == ("", [
        ("added", "Bell County Sheriff"), ("added", "Bexar County Sheriff"), ("corrected", "signed"),
    ])  # fmt: skip
    assert [entry["after"]["month"] for entry in told.entries if entry["kind"] == "added"] == ["March 2026"] * 2
    (corrected,) = [entry for entry in told.entries if entry["kind"] == "corrected"]
    assert corrected["after"]["month"] == "January 2026"
    assert corrected["evidence"]["after"] == {"sheet": "Report", "row": 5}


def test_a_month_that_lost_its_title_is_held(described: Described) -> None:
    """Its rows would be those of the month before."""
    report = described("xlsx", **MONTHLY, group={"month": "heading"})
    report.come(below(January=TEXAS, February=UTAH))
    rows: list[Row] = [["January 2026", "", ""], list(HEADER), *TEXAS, ["", "", ""], list(HEADER), *UTAH]
    told = report.come(book(("Report", rows, ())))
    assert "was the title 'February 2026' lost?" in told.held
    assert told.entries == []


def by_sheet(**months: Sequence[Row]) -> bytes:
    """A workbook with a sheet for each month."""
    return book(*((f"{name} 2026", [["Agencies", "", ""], list(HEADER), *some], ()) for name, some in months.items()))


SHEETS = MONTHLY | {"group": {"month": {"from": "sheet", "pattern": r"\w+ \d{4}"}}}


def test_the_sheet_of_a_new_month_is_added(described: Described) -> None:
    """First or last; each record stands in its sheet."""
    report = described("xlsx", **SHEETS)
    report.come(by_sheet(May=TEXAS, June=TEXAS))
    told = report.come(by_sheet(July=TEXAS[:2], June=TEXAS, May=TEXAS))
    assert (told.held, told.short) == ("", [("added", "Bell County Sheriff"), ("added", "Bexar County Sheriff")])
    assert [entry["after"]["month"] for entry in told.entries] == ["July 2026"] * 2
    assert sorted((entry["evidence"]["after"] for entry in told.entries), key=str) == [
        {"sheet": "July 2026", "row": 3}, {"sheet": "July 2026", "row": 4},
    ]  # fmt: skip


def test_a_sheet_that_is_not_understood_is_held(described: Described) -> None:
    """The new month has another header, or its sheet another name."""
    report = described("xlsx", **SHEETS)
    report.come(by_sheet(May=TEXAS, June=TEXAS))
    odd = book(
        ("May 2026", [list(HEADER), *TEXAS], ()), ("June 2026", [list(HEADER), *TEXAS], ()),
        ("July 2026", [["Office", "Kind", "Day"], *TEXAS], ()),
    )  # fmt: skip
    told = report.come(odd)
    assert "sheet 'July 2026' is read for no list" in told.held
    told = report.come(book(("May 2026", [list(HEADER), *TEXAS], ()), ("Sheet2", [list(HEADER), *TEXAS], ())))
    assert "no month is found in row 2 of sheet 'Sheet2'" in told.held
    assert told.entries == []


# Values that are written once.

COUNTED: dict[str, Any] = {
    "columns": {
        "state": column("State", fill_down=True),
        "county": column("County", fill_down=True),
        "agency": "Agency",
        "count": "Count",
    },
    "key": ["state", "county", "agency"],
    "names": ["agency"],
    "skip_rows": {"agency": "^all offices"},
}
COUNTS: list[Row] = [
    ["Texas", "Bexar", "Sheriff", "1"], ["Texas", "Bexar", "Jail", "2"], ["Texas", "Travis", "Sheriff", "3"],
    ["Utah", "Cache", "Sheriff", "4"], ["Utah", "Davis", "Sheriff", "5"],
]  # fmt: skip
COUNT_HEADER: Row = ["State", "County", "Agency", "Count"]


def once(rows: Sequence[Row]) -> list[Row]:
    """The rows, with each state and county written once."""
    return [
        [
            "" if above and above[:1] == row[:1] else row[0],
            "" if above and above[:2] == row[:2] else row[1],
            *row[2:],
        ]
        for above, row in zip([None, *rows], rows, strict=False)
    ]


WAYS: dict[str, Callable[[list[Row]], bytes]] = {
    "each in its row": lambda rows: book(("A", [COUNT_HEADER, *rows], ())),
    "once": lambda rows: book(("A", [COUNT_HEADER, *once(rows)], ())),
    "merged": lambda rows: book(("A", [COUNT_HEADER, *once(rows)], ((1, 0, 3, 0), (1, 1, 2, 1), (4, 0, len(rows), 0)))),
    "with sums": lambda rows: book(
        ("A", [COUNT_HEADER, *once(rows)[:3], ["", "", "All offices of Texas", "6"], *once(rows)[3:]], ())
    ),
}


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_a_state_that_is_written_once_is_the_same(described: Described, first: str, second: str) -> None:
    """Whatever way it is written; true changes are told, each with its state and county."""
    report = described("xlsx", **COUNTED)
    report.come(WAYS[first](COUNTS))
    assert report.come(WAYS[second](COUNTS)) == SILENT
    changed = [*COUNTS[:1], ["Texas", "Bexar", "Jail", "7"], *COUNTS[2:], ["Utah", "Weber", "Jail", "8"]]
    told = report.come(WAYS[first](changed))
    assert told.held == ""
    after = [entry["after"] for entry in sorted(told.entries, key=lambda entry: entry["kind"])]
    assert after == [
        {"state": "Utah", "county": "Weber", "agency": "Jail", "count": "8"},
        {"state": "Texas", "county": "Bexar", "agency": "Jail", "count": "7"},
    ]


def test_a_state_that_is_missing_at_the_top_is_held(described: Described) -> None:
    """It is not left empty."""
    report = described("xlsx", **COUNTED)
    report.come(WAYS["once"](COUNTS))
    rows = [COUNT_HEADER, ["", *COUNTS[0][1:]], *once(COUNTS)[1:]]
    told = report.come(book(("A", rows, ())))
    assert "all: no state is found in row 2 of sheet 'A'" in told.held
    assert told.entries == []


# Beside the history.


def test_a_trial_shows_groups(described: Described, tmp_path: Path) -> None:
    """`monitor try` has the group fields, the headers as they are, and why a version would be held."""
    report = described("xlsx", **SHEETS)
    good, odd = tmp_path / "good.xlsx", tmp_path / "odd.xlsx"
    good.write_bytes(by_sheet(May=TEXAS))
    odd.write_bytes(book(("Sheet1", [list(HEADER), *TEXAS], ())))
    tried = json.loads(report.monitor("try", "xlsx", good, odd, "--json").out)
    first, second = tried["files"]
    assert first["lists"][0]["first"][0]["fields"]["month"] == "May 2026"
    assert any("no month is found" in sentence for sentence in second["lists"][0]["passed_over"])
    assert "no month is found in row 2 of sheet 'Sheet1'" in second["held"]
    assert first["lists"][0]["groups"] == {"month": ["'May 2026' (3)"]}
    assert "month: 'May 2026' (3)" in report.monitor("try", "xlsx", good).out


def test_a_group_that_is_described_later_changes_no_record(described: Described) -> None:
    """One line of the log says that the list has a field more; true changes are told."""
    report = described("csv", **{name: value for name, value in AGENCIES.items() if name != "group"} | {
        "key": ["agency", "signed"], "jurisdiction": {"name": "agency", "level": "county"},
    })  # fmt: skip
    report.come(delimited([list(HEADER), *TEXAS, *UTAH]))
    described("csv", **AGENCIES)
    told = report.come(delimited(in_states(TEXAS=TEXAS[1:], UTAH=UTAH)))
    assert (told.held, told.short) == ("", [("reformatted", "state"), ("removed", "Bexar County Sheriff")])


def test_rows_that_are_skipped_from_now_on_are_not_told_as_removed(described: Described) -> None:
    """They still stand in the file: a person says once that they are no records."""
    report = described("csv", **COUNTED | {"skip_rows": {}})
    subtotal: Row = ["Utah", "n/a", "All offices", "9"]
    report.come(delimited([COUNT_HEADER, *COUNTS, subtotal]))
    described("csv", **COUNTED)
    told = report.come(delimited([COUNT_HEADER, *COUNTS, [*subtotal[:3], "10"]]))
    assert "1 records would be gone, and yet they stand in it ('all offices')" in told.held
    assert told.entries == []
