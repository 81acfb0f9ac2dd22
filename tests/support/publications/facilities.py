"""Workbooks whose rows stand under something that is written once: a title row, or a state in a cell over several."""

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
    removed,
    workbook,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Facility = tuple[str, str, str, str, str]
# the offices, and under each: facility, city, state, telephone, type
OFFICES: dict[str, tuple[Facility, ...]] = {
    "Atlanta": (
        ("Folkston Processing Center", "Folkston", "GA", "(555) 010-0111", "Contract"),
        ("Irwin County Detention Center", "Ocilla", "GA", "(555) 010-0112", "Local"),
        ("Stewart Detention Center", "Lumpkin", "GA", "(555) 010-0113", "Contract"),
        ("York County Detention Center", "York", "SC", "(555) 010-0114", "Local"),
    ),
    "Baltimore": (
        ("Baltimore Hold Room", "Baltimore", "MD", "(555) 010-0121", "Hold room"),
        ("Dorchester County Jail", "Cambridge", "MD", "(555) 010-0122", "Local"),
        ("Frederick County Jail", "Frederick", "MD", "(555) 010-0123", "Local"),
    ),
    "Boston": (
        ("Bristol County Jail", "North Dartmouth", "MA", "(555) 010-0131", "Local"),
        ("Burlington Hold Room", "Burlington", "MA", "(555) 010-0132", "Hold room"),
        ("Cumberland County Jail", "Portland", "ME", "(555) 010-0133", "Local"),
        ("Plymouth County Correctional Facility", "Plymouth", "MA", "(555) 010-0134", "Local"),
        ("Strafford County Corrections", "Dover", "NH", "(555) 010-0135", "Local"),
    ),
    "Dallas": (
        ("Bluebonnet Detention Facility", "Anson", "TX", "(555) 010-0141", "Contract"),
        ("Eden Detention Center", "Eden", "TX", "(555) 010-0142", "Contract"),
        ("Johnson County Corrections Center", "Cleburne", "TX", "(555) 010-0143", "Local"),
        ("Prairieland Detention Center", "Alvarado", "TX", "(555) 010-0144", "Contract"),
        ("Kay County Detention Center", "Newkirk", "OK", "(555) 010-0145", "Local"),
    ),
}
FIELDS = ("facility", "city", "state", "phone", "type")


def _facility_record(office: str, row: Facility) -> Record:
    return {**dict(zip(FIELDS, row, strict=True)), "office": office}


def _facilities(name: str, offices: Mapping[str, Sequence[Facility]]) -> File:
    rows: list[list[object]] = [
        ["Detention Facility Locator"],
        [],
        ["Facility Name", "City", "State", "Telephone", "Facility Type"],
    ]
    for office, places in offices.items():
        rows += [[f"{office} AOR"], *(list[object](row) for row in places)]
    count = sum(map(len, offices.values()))
    rows += [["Grand Total", None, None, None, count], [], ["Hold rooms are used for less than 12 hours."]]
    records = [_facility_record(office, row) for office, places in offices.items() for row in places]
    sheet = Sheet("Facilities", rows, merged=["A1:E1"], bold=[1, 3])
    return File(path=f"/doclib/{name}", content=workbook(sheet), records={"facilities": records})


def _listed(path: str, title: str, file: File, *told: Change) -> Issue:
    return Issue(files=(File(path=path, content=page(title, links(file.path))), file), current=file.records, told=told)


def facility_list() -> Publication:
    """A facility passes to another office; a telephone number is corrected; offices change their order."""
    second = {office: list(rows) for office, rows in OFFICES.items()}
    york = second["Atlanta"].pop(3)
    second["Baltimore"].append(york)
    second["Boston"][2] = ("Cumberland County Jail", "Portland", "ME", "(555) 010-0199", "Local")
    second["Dallas"].insert(2, ("Garza County Jail", "Post", "TX", "(555) 010-0146", "Local"))
    third = {office: list(second[office]) for office in ("Baltimore", "Atlanta", "Boston", "Dallas")}
    burlington = third["Boston"].pop(1)

    def issue(name: str, offices: Mapping[str, Sequence[Facility]], *told: Change) -> Issue:
        return _listed("/facilities", "Facilities", _facilities(name, offices), *told)

    return Publication(
        name="facility-list",
        peculiar="workbook: groups under titles of one cell, a grand total, a note",
        issues=(
            issue("facility-list-2026-01.xlsx", OFFICES),
            issue(
                "facility-list-2026-02.xlsx",
                second,
                corrected("facilities", _facility_record("Baltimore", york), office="Atlanta"),
                corrected("facilities", _facility_record("Boston", second["Boston"][2]), phone="(555) 010-0133"),
                added("facilities", _facility_record("Dallas", second["Dallas"][2])),
            ),
            issue("facility-list-2026-03.xlsx", third, removed("facilities", _facility_record("Boston", burlington))),
        ),
        description=r"""
  facility-list:
    title: Detention facilities
    page: https://www.example.gov/facilities
    reports:
      facilities:
        kind: rolling
        format: xlsx
        match: { href: '/[^/]*facility-list[^/]*\.xlsx$' }
        lists:
          facilities:
            title: Facilities
            columns:
              facility: [Facility Name]
              city: [City]
              state: { header: [State], kind: class }
              phone: [Telephone]
              type: { header: [Facility Type], kind: class }
            group: { office: { from: title_row, pattern: '^(.+) AOR$' } }
            key: [facility, state]
            anchors: [type, city, phone]
            names: [facility]
            jurisdiction: { name: city, state: state, agency: facility, type: type }
""",
    )


Agency = tuple[str, str, date]
# the states, and under each: agency, county, since when
STATES: dict[str, tuple[Agency, ...]] = {
    "Alabama": (
        ("Etowah County Sheriff's Office", "Etowah County", date(2025, 2, 3)),
        ("Houston County Sheriff's Office", "Houston County", date(2025, 3, 14)),
    ),
    "Arkansas": (
        ("Benton County Sheriff's Office", "Benton County", date(2025, 2, 3)),
        ("Craighead County Sheriff's Office", "Craighead County", date(2025, 4, 22)),
        ("Washington County Sheriff's Office", "Washington County", date(2025, 5, 1)),
    ),
    "Florida": (
        ("Bay County Sheriff's Office", "Bay County", date(2025, 2, 20)),
        ("Clay County Sheriff's Office", "Clay County", date(2025, 2, 21)),
        ("Gulf County Sheriff's Office", "Gulf County", date(2025, 3, 5)),
        ("Union County Sheriff's Office", "Union County", date(2025, 3, 5)),
    ),
    "Georgia": (("Cobb County Sheriff's Office", "Cobb County", date(2025, 6, 2)),),
    "Kansas": (
        ("Ford County Sheriff's Office", "Ford County", date(2025, 4, 9)),
        ("Jackson County Sheriff's Office", "Jackson County", date(2025, 4, 10)),
        ("Washington County Sheriff's Office", "Washington County", date(2025, 4, 10)),
    ),
}


def _agency_record(state: str, row: Agency) -> Record:
    return {"state": state, "agency": row[0], "county": row[1], "since": row[2].isoformat()}


def _agencies(name: str, states: Mapping[str, Sequence[Agency]], *, merged: bool) -> File:
    rows: list[list[object]] = [["Agencies with an agreement"], ["State", "Agency", "County", "Since"]]
    areas = ["A1:D1"]
    for state, agencies in states.items():
        begin = len(rows) + 1
        rows += [
            [state if place == 0 else None, agency, county, Shown(since, "mm/dd/yyyy")]
            for place, (agency, county, since) in enumerate(agencies)
        ]
        if merged and len(agencies) > 1:
            areas.append(f"A{begin}:A{len(rows)}")
    records = [_agency_record(state, row) for state, agencies in states.items() for row in agencies]
    content = workbook(Sheet("Agencies", rows, merged=areas, bold=[1, 2]))
    return File(path=f"/files/{name}", content=content, records={"agencies": records})


def state_once() -> Publication:
    """The state is merged over its rows in the first issue, and written once with empty cells below in the others."""
    second = {state: list(rows) for state, rows in STATES.items()}
    hall = ("Hall County Sheriff's Office", "Hall County", date(2025, 7, 8))
    second["Georgia"].append(hall)
    second["Kansas"][2] = ("Washington County Sheriff's Office", "Washington County", date(2025, 4, 11))
    third = {state: list(rows) for state, rows in second.items()}
    etowah = third["Alabama"].pop(0)

    def issue(name: str, states: Mapping[str, Sequence[Agency]], *told: Change, merged: bool = False) -> Issue:
        return _listed("/agreements", "Agreements", _agencies(name, states, merged=merged), *told)

    return Publication(
        name="state-once",
        peculiar="workbook: the state once, in a merged cell or with empty cells below it",
        issues=(
            issue("agencies_0105.xlsx", STATES, merged=True),
            issue(
                "agencies_0112.xlsx",
                second,
                added("agencies", _agency_record("Georgia", hall)),
                corrected("agencies", _agency_record("Kansas", second["Kansas"][2]), since="2025-04-10"),
            ),
            issue("agencies_0119.xlsx", third, removed("agencies", _agency_record("Alabama", etowah))),
        ),
        description=r"""
  state-once:
    title: Agencies with an agreement
    page: https://www.example.gov/agreements
    reports:
      agencies:
        kind: rolling
        format: xlsx
        match: { href: '/[^/]*agencies[^/]*\.xlsx$' }
        lists:
          agencies:
            title: Agencies
            columns:
              state: { header: [State], kind: class, fill_down: true }
              agency: [Agency]
              county: [County]
              since: { header: [Since], kind: date }
            key: [state, agency]
            anchors: [since, county]
            names: [agency]
            jurisdiction: { name: county, state: state, agency: agency, level: county }
""",
    )
