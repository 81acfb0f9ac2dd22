"""A workbook with sums between its rows, and with notes and a glossary at its end."""

from __future__ import annotations

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
    from collections.abc import Sequence

Award = tuple[str, str, str, float, str]
# state, agency, program, amount, status
AWARDS: tuple[Award, ...] = (
    ("Arizona", "Cochise County Sheriff's Office", "Border", 1200500.0, "Active"),
    ("Arizona", "Pima County Sheriff's Department", "Border", 980000.0, "Active"),
    ("Arizona", "Yuma Police Department", "Reception", 44100.75, "Closed"),
    ("California", "Imperial County Sheriff's Office", "Border", 650000.0, "Active"),
    ("California", "San Diego Harbor Police", "Reception", 99950.0, "Active"),
    ("New Mexico", "Hidalgo County Sheriff's Office", "Border", 310000.0, "Active"),
    ("New Mexico", "Luna County Sheriff's Office", "Border", 287400.0, "On hold"),
    ("Texas", "El Paso County Sheriff's Office", "Border", 2040000.0, "Active"),
    ("Texas", "Maverick County Sheriff's Office", "Border", 1145000.0, "Active"),
    ("Texas", "Pharr Police Department", "Reception", 75300.0, "Closed"),
    ("Texas", "Val Verde County Sheriff's Office", "Border", 880000.0, "Active"),
)


def _award_record(row: Award) -> Record:
    return dict(zip(("state", "agency", "program", "amount", "status"), (*row[:3], plain(row[3]), row[4]), strict=True))


def _awards(name: str, rows: Sequence[Award], *told: Change) -> Issue:
    cells: list[list[object]] = [["State", "Agency", "Program", "Amount", "Status"]]
    for state in dict.fromkeys(row[0] for row in rows):
        own = [row for row in rows if row[0] == state]
        cells += [[*row[:3], Shown(row[3], "$#,##0.00"), row[4]] for row in own]
        cells.append([f"{state} Average", None, None, Shown(sum(row[3] for row in own) / len(own), "$#,##0.00"), None])
    total = sum(row[3] for row in rows)
    cells += [["Grand Total", None, None, Shown(total, "$#,##0.00"), f"{len(rows)} awards"], []]
    cells += [
        ["Notes"], ["Amounts are obligations to date, and may be corrected."], ["On hold: payments wait for a report."],
        [], ["Glossary"], ["Active", "Money can be drawn"], ["Closed", "The period of performance has ended"],
        ["Reception", "Shelter and services for arrivals"],
    ]  # fmt: skip
    file = File(
        path=f"/awards/{name}",
        content=workbook(Sheet("Awards", cells, bold=[1])),
        records={"awards": [_award_record(each) for each in rows]},
    )
    found = File(path="/awards", content=page("Awards", links(file.path)))
    return Issue(files=(found, file), current=file.records, told=told)


def sheet_with_notes() -> Publication:
    """All sums change with each record, and none of them is told."""
    second = [(*each[:4], "Active") if each[1].startswith("Luna") else each for each in AWARDS]
    new = ("Texas", "Starr County Sheriff's Office", "Border", 505000.0, "Active")
    second.insert(10, new)
    third = [each for each in second if not each[1].startswith("Yuma")]
    third = [(*each[:3], 2140000.0, each[4]) if each[1].startswith("El Paso") else each for each in third]
    luna = next(each for each in second if each[1].startswith("Luna"))
    paso = next(each for each in third if each[1].startswith("El Paso"))
    return Publication(
        name="sheet-with-notes",
        peculiar="workbook: averages between the rows, a grand total, notes, a glossary",
        issues=(
            _awards("operation-awards-01.xlsx", AWARDS),
            _awards(
                "operation-awards-02.xlsx",
                second,
                corrected("awards", _award_record(luna), status="On hold"),
                added("awards", _award_record(new)),
            ),
            _awards(
                "operation-awards-03.xlsx",
                third,
                removed("awards", _award_record(AWARDS[2])),
                corrected("awards", _award_record(paso), amount="2040000"),
            ),
        ),
        description=r"""
  sheet-with-notes:
    title: Awards
    page: https://www.example.gov/awards
    reports:
      awards:
        kind: rolling
        format: xlsx
        match: { href: '/[^/]*operation-awards[^/]*\.xlsx$' }
        lists:
          awards:
            title: Awards
            columns:
              state: { header: [State], kind: class }
              agency: [Agency]
              program: { header: [Program], kind: class }
              amount: { header: [Amount], kind: number }
              status: { header: [Status], kind: class }
            skip_rows: { state: ' Average$' }
            key: [state, agency]
            anchors: [program, amount, status]
            names: [agency]
            jurisdiction: { state: state, agency: agency }
""",
    )
