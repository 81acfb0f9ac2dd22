"""Workbooks with a table for each month: one below the other in one sheet, or each in a sheet of its own."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tests.support.publications.publication import (
    Change,
    File,
    Issue,
    Publication,
    Record,
    Sheet,
    Shown,
    added,
    corrected,
    links,
    page,
    plain,
    removed,
    workbook,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Grant = tuple[str, str, str, float]
# the months, and in each: recipient, state, award number, amount
GRANTS: dict[str, tuple[Grant, ...]] = {
    "January 2026": (
        ("Bee County", "TX", "26-0001", 12500.0),
        ("City of Cuero", "TX", "26-0002", 8200.5),
        ("Dade County", "GA", "26-0003", 114000.0),
        ("Lake County", "IN", "26-0004", 5600.0),
    ),
    "February 2026": (
        ("Bee County", "TX", "26-0011", 3300.0),
        ("Collier County", "FL", "26-0012", 240100.0),
        ("Town of Aurora", "NC", "26-0013", 990.0),
    ),
}
MARCH: tuple[Grant, ...] = (("Lake County", "FL", "26-0021", 71000.0), ("Starr County", "TX", "26-0022", 1450.25))


def _grant_record(month: str, row: Grant) -> Record:
    return {"recipient": row[0], "state": row[1], "award": row[2], "amount": plain(row[3]), "month": month}


def _grants(name: str, months: Mapping[str, Sequence[Grant]], *told: Change) -> Issue:
    rows: list[list[object]] = [["Grants to jurisdictions, fiscal year 2026"], []]
    areas = ["A1:D1"]
    for month, grants in months.items():
        areas.append(f"A{len(rows) + 1}:D{len(rows) + 1}")
        rows += [[month], ["Recipient", "State", "Award Number", "Amount Awarded"]]
        rows += [[*each[:3], Shown(each[3], "$#,##0.00")] for each in grants]
        rows += [["Total", None, None, Shown(sum(each[3] for each in grants), "$#,##0.00")], []]
    records = [_grant_record(month, row) for month, grants in months.items() for row in grants]
    content = workbook(Sheet("Awards", rows, merged=areas))
    file = File(path=f"/grants/{name}", content=content, records={"grants": records})
    return Issue(
        files=(File(path="/grants", content=page("Grants", links(file.path))), file), current=file.records, told=told
    )


def stacked_months() -> Publication:
    """A month comes in below; an amount is corrected; an award passes to another month, and one is taken back."""
    second = {month: list(rows) for month, rows in GRANTS.items()} | {"March 2026": list(MARCH)}
    second["January 2026"][1] = ("City of Cuero", "TX", "26-0002", 8400.5)
    third = {month: list(rows) for month, rows in second.items()}
    aurora = third["February 2026"].pop(2)
    third["March 2026"].insert(0, aurora)
    starr = third["March 2026"].pop()
    return Publication(
        name="stacked-months",
        peculiar="workbook: a table for each month, one below the other in one sheet, each with a sum",
        issues=(
            _grants("awards-fy26-a.xlsx", GRANTS),
            _grants(
                "awards-fy26-b.xlsx",
                second,
                *(added("grants", _grant_record("March 2026", row)) for row in MARCH),
                corrected("grants", _grant_record("January 2026", second["January 2026"][1]), amount="8200.5"),
            ),
            _grants(
                "awards-fy26-c.xlsx",
                third,
                corrected("grants", _grant_record("March 2026", aurora), month="February 2026"),
                removed("grants", _grant_record("March 2026", starr)),
            ),
        ),
        description=r"""
  stacked-months:
    title: Grants
    page: https://www.example.gov/grants
    reports:
      awards:
        kind: rolling
        format: xlsx
        match: { href: '/[^/]*awards[^/]*\.xlsx$' }
        lists:
          grants:
            title: Grants
            tables: all
            columns:
              recipient: [Recipient]
              state: { header: [State], kind: class }
              award: [Award Number]
              amount: { header: [Amount Awarded], kind: number }
            group: { month: { from: heading, pattern: '([A-Z][a-z]+ 20\d\d)$' } }
            key: [award]
            anchors: [month, amount, state]
            names: [recipient]
            jurisdiction: { name: recipient, state: state }
""",
    )


Transfer = tuple[date, str, str, int]
# the months, and in each: on which day, from where, to where, how many
TRANSFERS: dict[str, tuple[Transfer, ...]] = {
    "Jan 2026": (
        (date(2026, 1, 5), "Krome", "Baker County", 31),
        (date(2026, 1, 5), "Krome", "Glades County", 9),
        (date(2026, 1, 5), "Folkston", "Glades County", 14),
        (date(2026, 1, 12), "Krome", "Glades County", 18),
        (date(2026, 1, 12), "Baker County", "Folkston", 44),
        (date(2026, 1, 26), "Glades County", "Krome", 1012),
    ),
    "Feb 2026": (
        (date(2026, 2, 2), "Krome", "Baker County", 27),
        (date(2026, 2, 9), "Folkston", "Stewart", 63),
        (date(2026, 2, 23), "Baker County", "Folkston", 12),
    ),
}
MARCH_TRANSFERS: tuple[Transfer, ...] = (
    (date(2026, 3, 2), "Krome", "Baker County", 22),
    (date(2026, 3, 9), "Folkston", "Stewart", 40),
)


def _transfer_record(month: str, row: Transfer) -> Record:
    return {
        "moved_on": row[0].isoformat(),
        "origin": row[1],
        "destination": row[2],
        "people": str(row[3]),
        "month": month,
    }


def _transfers(name: str, months: Mapping[str, Sequence[Transfer]], *told: Change) -> Issue:
    sheets = [
        Sheet(
            month,
            [
                ["Date", "Origin", "Destination", "People Transferred"],
                *([Shown(each[0], "m/d/yy"), each[1], each[2], Shown(each[3], "#,##0")] for each in rows),
            ],
            bold=[1],
        )
        for month, rows in months.items()
    ]
    notes = Sheet("Definitions", [["Origin", "The facility that a person leaves"], ["Destination", "Where they go"]])
    records = [_transfer_record(month, row) for month, rows in months.items() for row in rows]
    file = File(path=f"/transfers/{name}", content=workbook(*sheets, notes), records={"transfers": records})
    return Issue(
        files=(File(path="/transfers", content=page("Transfers", links(file.path))), file),
        current=file.records,
        told=told,
    )


def sheet_per_month() -> Publication:
    """A sheet comes in; a figure of an older one is corrected; then one row of it is taken out."""
    second = {month: list(rows) for month, rows in TRANSFERS.items()} | {"Mar 2026": list(MARCH_TRANSFERS)}
    second["Jan 2026"][5] = (date(2026, 1, 26), "Glades County", "Krome", 12)
    third = {month: list(rows) for month, rows in second.items()}
    gone = third["Feb 2026"].pop(1)
    return Publication(
        name="sheet-per-month",
        peculiar="workbook: a sheet for each month, and one with definitions",
        issues=(
            _transfers("transfers-v1.xlsx", TRANSFERS),
            _transfers(
                "transfers-v2.xlsx",
                second,
                *(added("transfers", _transfer_record("Mar 2026", row)) for row in MARCH_TRANSFERS),
                corrected("transfers", _transfer_record("Jan 2026", second["Jan 2026"][5]), people="1012"),
            ),
            _transfers("transfers-v3.xlsx", third, removed("transfers", _transfer_record("Feb 2026", gone))),
        ),
        description=r"""
  sheet-per-month:
    title: Transfers
    page: https://www.example.gov/transfers
    reports:
      transfers:
        kind: rolling
        format: xlsx
        match: { href: '/[^/]*transfers[^/]*\.xlsx$' }
        lists:
          transfers:
            title: Transfers
            rows: events
            tables: all
            sheet: '^[A-Z][a-z]{2} \d{4}$'
            columns:
              moved_on: { header: [Date], kind: date }
              origin: [Origin]
              destination: [Destination]
              people: { header: [People Transferred], kind: number }
            group: { month: sheet }
            key: [moved_on, origin, destination]
            anchors: [month, people]
            names: [origin]
""",
    )
