"""Spreadsheets of agreements as real ones change: labels, states, dates and sums in other words, renamed offices.

Each file comes after a list of seventy agreements that has stood in two, and beside three that ended in truth.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.sheets import Agreement, sheet
from tests.steps.test_believed import DAY, agencies
from tests.support.published import HEADER, WRITERS, Published, delimited, offices, published, stood

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Commands

JAIL, TASK, WARRANT = MODELS = ("Jail Enforcement Model", "Task Force Model", "Warrant Service Officer")
ROWS = [replace(row, model=MODELS[number % 3]) for number, row in enumerate(agencies(70))]
LEFT = [row for number, row in enumerate(ROWS) if number not in {10, 30, 55}]
LINK = "https://www.ice.gov/doclib/"
Come = Any


@pytest.fixture
def come(monitor: Commands, tmp_path: Path) -> Callable[[Sequence[Agreement]], list[tuple[str, str, str]]]:
    """Publish a list after the one that stood, and return what is told beside the three removals."""

    def publish(rows: Sequence[Agreement]) -> list[tuple[str, str, str]]:
        report = Published(
            monitor=monitor, folder=tmp_path, source="ice-287g", report="participatingAgencies", suffix="xlsx"
        )
        first = [replace(ROWS[0], moa="https://www.ice.gov/1.pdf"), *ROWS[1:]]
        told = stood(report, sheet(first), sheet(ROWS)).come(sheet(rows))
        assert told.held == ""
        found = sorted((each["kind"], " ".join(each["fields"]), each["reason"] or "") for each in told.entries)
        assert found.count(("removed", "", "")) == 3
        return [each for each in found if each[0] != "removed"]

    return publish


def changed(
    count: int, where: Callable[[Agreement], bool], change: Callable[[Agreement], Agreement]
) -> list[Agreement]:
    """The rows, with so many of those that fit changed."""
    at = [number for number, row in enumerate(LEFT) if where(row)][:count]
    return [change(row) if number in at else row for number, row in enumerate(LEFT)]


def of_model(model: str) -> Callable[[Agreement], bool]:
    """Whether a row is of a model."""
    return lambda row: row.model == model


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (JAIL, "Jail Enforcement Modal"),
        (JAIL, "JEM"),
        (JAIL, "Jail Enforcment Model"),
        (TASK, "Task Force"),
        (WARRANT, "WSO"),
    ],
)
def test_a_label_in_other_words_on_a_few_rows_is_a_correction_of_each(come: Come, model: str, wrong: str) -> None:
    """No agreement ended, and none began."""
    told = come(changed(3, of_model(model), lambda row: replace(row, model=wrong)))
    assert told == [("corrected", "support_type", "reclassified")] * 3


@pytest.mark.parametrize("word", ["TFM", "Street Patrol", "Task-Force Modell"])
def test_a_label_in_other_words_on_all_rows_is_one_reformatted(come: Come, word: str) -> None:
    """Also where the words have nothing in common."""
    count = sum(map(of_model(TASK), LEFT))
    told = come(changed(99, of_model(TASK), lambda row: replace(row, model=word)))
    assert told == [("reformatted", "support_type", f"value rewritten in {count} records")]


@pytest.mark.parametrize("field", ["county", "signed", "moa"])
def test_a_column_that_slipped_by_a_row_is_held(monitor: Commands, tmp_path: Path, field: str) -> None:
    """All else stays at its record; the next file, which is right again, tells what is true and nothing besides."""
    report = Published(
        monitor=monitor, folder=tmp_path, source="ice-287g", report="participatingAgencies", suffix="xlsx"
    )
    rows = [
        replace(
            row, county=f"{row.agency[:5]} County", signed=DAY + timedelta(days=number**2 % 97), moa=f"{LINK}{number}"
        )
        for number, row in enumerate(ROWS)
    ]
    stood(report, sheet(rows))
    slipped = [replace(row, **{field: getattr(rows[max(number - 1, 0)], field)}) for number, row in enumerate(rows)]
    told = report.come(sheet(slipped))
    assert (f"each other's {field}" in told.held, told.entries) == (True, [])
    assert report.come(sheet(rows[1:])).short == [("removed", ROWS[0].agency)]


def test_a_row_whose_cells_moved_is_held(monitor: Commands, tmp_path: Path) -> None:
    """It was told as one agency removed and another added."""
    report = Published(
        monitor=monitor, folder=tmp_path, source="ice-287g", report="participatingAgencies", suffix="xlsx"
    )
    stood(report, sheet(ROWS))
    moved = replace(ROWS[3], type=ROWS[3].model, model=ROWS[3].type)
    told = report.come(sheet([*ROWS[:3], moved, *ROWS[4:]]))
    assert ("were cells of a row moved?" in told.held, told.entries) == (True, [])
    assert report.come(sheet(ROWS[1:])).short == [("removed", ROWS[0].agency)]


def test_a_second_agreement_of_an_agency_is_added(come: Come) -> None:
    """Under another model, beside the first one."""
    assert come([*LEFT, replace(LEFT[1], model=WARRANT)]) == [("added", "", "")]


@pytest.mark.parametrize(("wrong", "count"), [("TEXSA", 7), ("TX", 99), ("TEXES", 6)])
def test_a_state_misspelt_on_most_of_its_rows_is_one_reformatted(
    monitor: Commands, tmp_path: Path, wrong: str, count: int
) -> None:
    """Beside rows that are right, and a new one; when it is mended, that is one as well."""
    report = Published(
        monitor=monitor, folder=tmp_path, source="ice-287g", report="participatingAgencies", suffix="xlsx"
    )
    stood(report, sheet(ROWS))
    new = agencies(71)[70]
    wrong_rows = changed(count, lambda row: row.state == "TEXAS", lambda row: replace(row, state=wrong))
    for rows, kinds in (
        ([*wrong_rows, new], ["added", "reformatted", "removed", "removed", "removed"]),
        ([*LEFT, new], ["reformatted"]),
    ):
        told = report.come(sheet(rows))
        assert (told.held, sorted(each["kind"] for each in told.entries)) == ("", kinds)


def test_a_state_misspelt_on_one_row_is_corrected(come: Come) -> None:
    """One of ten."""
    told = come(changed(1, lambda row: row.state == "TEXAS", lambda row: replace(row, state="TEXSA")))
    assert told == [("corrected", "state", "respelled")]


def test_dates_that_are_corrected_in_bulk_are_corrections(come: Come) -> None:
    """Each of them; they identify nothing."""
    day = timedelta(days=1)
    told = come([replace(row, signed=row.signed + day) if row.signed else row for row in LEFT])
    assert told == [("corrected", "signed", "redated")] * len(LEFT)


@pytest.mark.parametrize(
    "cells",
    [
        ("TOTAL", "67 agencies", ""), ("Total", "67", ""), ("", "Total: 67", ""), ("", "Number of agencies", "67"),
        ("* As of today", "", ""), ("Grand Total", "", "67"),
    ],
)  # fmt: skip
def test_sums_and_notes_below_the_agreements_are_none(come: Come, cells: tuple[str, str, str]) -> None:
    """In whichever column they stand."""
    state, agency, kind = cells
    assert (
        come([*LEFT, Agreement(state=state, agency=agency, type=kind, county="", model="", signed=None, moa="")]) == []
    )


GLOSSARY = [
    ("Baltimore AOR", "", "", ""), *offices(6), HEADER, ("Atlanta AOR", "", "", ""), *offices(12)[6:],
    ("Grand Total", "12", "", ""), ("", "", "", ""), ("Glossary", "", "", ""),
    ("AOR", "Area of responsibility", "", ""), ("Code", "The number of the office", "", ""),
]  # fmt: skip


@pytest.mark.parametrize("format_", ["html", "csv", "xlsx"])
def test_titles_sums_and_glossaries_are_no_records(monitor: Commands, tmp_path: Path, format_: str) -> None:
    """From the first file on: without them, nothing but the true difference is told."""
    report = published(monitor, tmp_path, format_)
    assert report.come(WRITERS[format_](GLOSSARY)).held == ""
    rows = [*offices(6), *offices(12)[6:]]
    told = report.come(WRITERS[format_](rows[1:]))
    assert (told.held, told.short) == ("", [("removed", rows[0][1])])


def test_sparse_rows_of_a_known_state_are_no_glossary(monitor: Commands, tmp_path: Path) -> None:
    """New offices under a title, of which little is known yet."""
    report = published(monitor, tmp_path, "csv")
    report.come(delimited(offices(12)))
    new = [("To come", "", "", ""), ("Texas", "Travis County Jail", "", ""), ("Texas", "Hays County Jail", "", "")]
    told = report.come(delimited([*offices(12), *new]))
    assert (told.held, told.short) == ("", [("added", "Hays County Jail"), ("added", "Travis County Jail")])


def one_list(tree: str, *, kind: str = "rolling", more: str = "") -> str:
    """A configuration with one list in CSV files."""
    return f"""
contact: tests
sources:
  csv:
    page: https://www.example.gov/list
    reports:
      file: {{ kind: {kind}, format: csv, match: {{ href: '[.]csv$' }}, {more} lists: {{ offices: {{ {tree} }} }} }}
"""


COURTS = one_list(
    "columns: { agency: Agency, address: Address, zip: Zip, state: { header: State, kind: class } }, key: [agency], "
    "anchors: [address, zip, state], names: [agency], jurisdiction: { state: state }"
)
COURT_NAMES = ("Alva", "Bowie", "Cisco", "Delta", "Edna", "Freer", "Groves", "Hearne", "Idalou", "Jasper", "Katy")
COURT_ROWS = [
    (f"{name} Court", f"{number}0 Main Street", f"7{number}", "TX") for number, name in enumerate(COURT_NAMES, 100)
]
FIRST = COURT_ROWS[0]


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ([("Alvarado Magistrates", *FIRST[1:])], [("corrected", "agency")]),
        ([("Office 12", *FIRST[1:])], [("corrected", "agency")]),
        ([(FIRST[0], "5 Elm Road", "70999", "TX")], [("corrected", "address zip")]),
        ([FIRST, ("Veterans Bureau", *FIRST[1:])], [("added", "Veterans Bureau")]),
        ([("Veterans Bureau", "5 Elm Road", "70999", "TX")], [("added", "Veterans Bureau"), ("removed", "Alva Court")]),
    ],
    ids=["renamed", "renamed to a number", "moved", "another in the house", "another elsewhere"],
)
def test_an_office_is_known_by_its_address(
    monitor: Commands, tmp_path: Path, first: list[tuple[str, ...]], told: list[tuple[str, str]]
) -> None:
    """Beside one that is removed in truth."""
    config = tmp_path / "config.yaml"
    config.write_text(COURTS, encoding="utf-8")
    report = Published(monitor=replace(monitor, config=config), folder=tmp_path, source="csv")
    header = ("Agency", "Address", "Zip", "State")
    assert report.come(delimited(COURT_ROWS, header)).held == ""
    found = report.come(delimited([*first, *COURT_ROWS[1:5], *COURT_ROWS[6:]], header))
    assert (found.held, found.short) == ("", sorted([*told, ("removed", COURT_ROWS[5][0])]))


@pytest.mark.parametrize(
    ("header", "held"),
    [
        ("FY18 Population", True), ("FY16 Population", True), ("FY2015 Population", True), ("Population", True),
        ("FY15 Populaton", False), ("Population (FY15)", False),
    ],
)  # fmt: skip
def test_a_header_of_another_year_is_another_column(
    monitor: Commands, tmp_path: Path, header: str, *, held: bool
) -> None:
    """A slip of a letter is tolerated, and none of a figure."""
    config = tmp_path / "config.yaml"
    tree = "columns: { agency: Agency, people: FY15 Population }, key: [agency], names: [agency]"
    config.write_text(one_list(tree), encoding="utf-8")
    report = Published(monitor=replace(monitor, config=config), folder=tmp_path, source="csv")
    rows = [(row[0], row[2]) for row in COURT_ROWS]
    assert report.come(delimited(rows, ("Agency", "FY15 Population"))).held == ""
    told = report.come(delimited(rows[1:], ("Agency", header)))
    assert bool(told.held) is held
    assert told.short == ([] if held else [("removed", FIRST[0])])


def test_a_period_that_lost_nearly_all_of_the_one_before_is_held(monitor: Commands, tmp_path: Path) -> None:
    """In a list that is compared across periods; two that are gone are told."""
    config = tmp_path / "config.yaml"
    tree = (
        "compare: across, columns: { state: State, agency: Agency, code: Code }, key: [state, agency], names: [agency]"
    )
    config.write_text(one_list(tree, kind="series", more="key: '(\\d{8})',"), encoding="utf-8")
    report = Published(monitor=replace(monitor, config=config), folder=tmp_path, source="csv")
    rows = offices(300)
    assert report.come(delimited(rows)).held == ""
    left = [*rows[:7], *rows[9:]]
    told = report.come(delimited(left))
    assert (told.held, told.short) == ("", sorted(("removed", row[1]) for row in rows[7:9]))
    told = report.come(delimited(left[:5]))
    assert "293 of 298 records of the period before would be gone" in told.held
    assert told.entries == []
