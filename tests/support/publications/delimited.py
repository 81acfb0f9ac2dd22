"""CSV files: failed banks with dates like 5-Feb-10, a roster over three files, and one with semicolons in Latin-1."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.support.publications.publication import (
    Change,
    File,
    Issue,
    Publication,
    Record,
    added,
    corrected,
    links,
    page,
    removed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _csv(rows: Sequence[Sequence[object]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


Bank = tuple[str, str, str, str, str, date]
BANKS: tuple[Bank, ...] = (
    ("The Santa Anna National Bank", "Santa Anna", "TX", "5520", "Coleman County State Bank", date(2025, 6, 27)),
    ("Pulaski Savings Bank", "Chicago", "IL", "28611", "Millennium Bank", date(2025, 1, 17)),
    (
        "First National Bank of Lindsay",
        "Lindsay",
        "OK",
        "4134",
        "First Bank & Trust Co., Duncan, OK",
        date(2024, 10, 18),
    ),
    ("Republic First Bank dba Republic Bank", "Philadelphia", "PA", "27332", "Fulton Bank, N.A.", date(2024, 4, 26)),
    ("Citizens Bank", "Sac City", "IA", "8758", "Iowa Trust & Savings Bank", date(2023, 11, 3)),
    ("American Marine Bank", "Bainbridge Island", "WA", "16730", "Columbia State Bank", date(2010, 1, 29)),
    (
        "First American State Bank of Minnesota",
        "Hancock",
        "MN",
        "15448",
        "Community Development Bank, FSB",
        date(2010, 2, 5),
    ),
    ("The La Coste National Bank", "La Coste", "TX", "3287", "Community National Bank", date(2010, 2, 19)),
    ("George Washington Savings Bank", "Orland Park", "IL", "29952", "FirstMerit Bank, N.A.", date(2010, 2, 19)),
    ("Marco Community Bank", "Marco Island", "FL", "57586", "Mutual of Omaha Bank", date(2010, 2, 19)),
    ("Citizens Bank", "Teton", "ID", "18406", "First Interstate Bank", date(2009, 8, 7)),
    ("Bank of Ni\xf1o", "Espa\xf1ola", "NM", "21922", "Great Southern Bank", date(2009, 3, 20)),
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _bank_record(row: Bank) -> Record:
    names = ("bank", "city", "state", "cert", "acquirer", "closed_on")
    return dict(zip(names, (*row[:5], row[5].isoformat()), strict=True))


def _banks(rows: Sequence[Bank], *told: Change) -> Issue:
    header = ["Bank Name\xa0", "City\xa0", "State\xa0", "Cert\xa0", "Acquiring Institution\xa0", "Closing Date\xa0"]
    lines = [[*row[:5], f"{row[5].day}-{MONTHS[row[5].month - 1]}-{row[5].year % 100:02}"] for row in rows]
    file = File(
        path="/resources/banklist.csv",
        content=_csv([header, *lines], encoding="cp1252"),
        records={"banks": [_bank_record(each) for each in rows]},
    )
    found = File(path="/failed-banks", content=page("Failed Bank List", links(file.path)))
    return Issue(files=(found, file), current=file.records, told=told)


def failed_banks() -> Publication:
    """The newest bank comes in at the top; who took one over is corrected; a date is corrected."""
    new = ("Metropolitan Capital Bank & Trust", "Chicago", "IL", "57488", "First Independence Bank", date(2026, 1, 30))
    pulaski = (*BANKS[1][:4], "Millennium Bank, Des Plaines, IL", BANKS[1][5])
    second = [new, BANKS[0], pulaski, *BANKS[2:]]
    marco = (*BANKS[9][:5], date(2010, 2, 20))
    third = [marco if each is BANKS[9] else each for each in second]
    return Publication(
        name="failed-banks",
        peculiar="CSV: dates as 5-Feb-10, headers that end with hard blanks, Windows' letters",
        issues=(
            _banks(BANKS),
            _banks(
                second,
                added("banks", _bank_record(new)),
                corrected("banks", _bank_record(pulaski), acquirer="Millennium Bank"),
            ),
            _banks(third, corrected("banks", _bank_record(marco), closed_on="2010-02-19")),
        ),
        description=r"""
  failed-banks:
    title: Failed banks
    page: https://www.example.gov/failed-banks
    reports:
      banks:
        kind: rolling
        format: csv
        match: { href: '/banklist\.csv$' }
        lists:
          banks:
            title: Failed banks
            rows: events
            columns:
              bank: [Bank Name]
              city: [City]
              state: { header: [State], kind: class }
              cert: [Cert]
              acquirer: [Acquiring Institution]
              closed_on: { header: [Closing Date], kind: date, format: '%d-%b-%y' }
            key: [cert]
            anchors: [closed_on, city, state]
            names: [bank]
            jurisdiction: { name: city, state: state, level: place }
""",
    )


Member = tuple[str, str, str, str]
REGIONS: dict[str, tuple[Member, ...]] = {
    "east": (
        ("Bangor Police Department", "ME", "Full", "2/3/2026"),
        ("Concord Police Department", "NH", "Associate", "2/10/2026"),
        ("Dover Police Department", "DE", "Full", "2/10/2026"),
        ("Hall County Sheriff's Office", "GA", "Full", "2/17/2026"),
        ("York County Sheriff's Office", "PA", "Associate", "3/3/2026"),
    ),
    "south": (
        ("Bay County Sheriff's Office", "FL", "Full", "2/3/2026"),
        ("Cuero Police Department", "TX", "Associate", "2/4/2026"),
        ("Jackson Police Department", "MS", "Full", "3/4/2026"),
        ("Tulsa County Sheriff's Office", "OK", "Full", "3/10/2026"),
    ),
    "west": (
        ("Ada County Sheriff's Office", "ID", "Full", "1/20/2026"),
        ("Jackson Police Department", "WY", "Associate", "1/27/2026"),
        ("Nye County Sheriff's Office", "NV", "Full", "1/27/2026"),
        ("Yuma County Sheriff's Office", "AZ", "Associate", "2/24/2026"),
    ),
}


def _member_record(row: Member) -> Record:
    month, day, year = row[3].split("/")
    return {"agency": row[0], "state": row[1], "member": row[2], "since": f"{year}-{int(month):02}-{int(day):02}"}


def _region(region: str, month: str, rows: Sequence[Member]) -> File:
    return File(
        path=f"/rosters/roster-{region}-2026-{month}.csv",
        content=_csv([["Agency", "State", "Membership", "Since"], *rows]),
        records={"members": [_member_record(each) for each in rows]},
    )


def _regions(linked: Sequence[File], current: Sequence[File], *told: Change) -> Issue:
    found = File(path="/rosters", content=page("Regional rosters", links(*(each.path for each in linked))))
    members = [record for each in current for record in each.records["members"]]
    return Issue(files=(found, *linked), current={"members": members}, told=told)


def regional_files() -> Publication:
    """One list over three files, which are replaced one by one; the file before stays linked below the new one."""
    january = {region: _region(region, "01", rows) for region, rows in REGIONS.items()}
    hall, tulsa = REGIONS["east"][3], REGIONS["south"][3]
    starr = ("Starr County Sheriff's Office", "TX", "Full", "4/7/2026")
    east = _region("east", "02", [each for each in REGIONS["east"] if each is not hall])
    south = _region("south", "02", [*REGIONS["south"], hall, starr])
    last = _region("south", "03", [*(each for each in REGIONS["south"] if each is not tulsa), hall, starr])
    west = _region(
        "west", "03", [(*each[:2], "Full", each[3]) if each[0].startswith("Yuma") else each for each in REGIONS["west"]]
    )
    yuma = west.records["members"][3]
    return Publication(
        name="regional-files",
        peculiar="CSV: one list over three files, which are replaced one by one",
        issues=(
            _regions(list(january.values()), list(january.values())),
            _regions(
                [east, january["east"], south, january["west"]],
                [east, south, january["west"]],
                added("members", _member_record(starr)),
            ),
            _regions(
                [east, last, west],
                [east, last, west],
                removed("members", _member_record(tulsa)),
                corrected("members", yuma, member="Associate"),
            ),
        ),
        description=r"""
  regional-files:
    title: Regional rosters
    page: https://www.example.gov/rosters
    reports:
      roster:
        kind: rolling
        format: csv
        match: { href: '/roster-(?:east|south|west)[^/]*\.csv$' }
        parts: true
        key: 'roster-(east|south|west)'
        lists:
          members:
            title: Members
            columns:
              agency: [Agency]
              state: { header: [State], kind: class }
              member: { header: [Membership], kind: class }
              since: { header: [Since], kind: date }
            key: [agency, state]
            anchors: [since, member]
            names: [agency]
            jurisdiction: { state: state, agency: agency }
""",
    )


Town = tuple[str, str, int, str, str]
TOWNS: tuple[Town, ...] = (
    ("Ca\xf1on City", "CO", 17141, "2.5%", "Reviewed"),
    ("Do\xf1a Ana County", "NM", 219561, "31.2%", "Reviewed"),
    ("Espa\xf1ola", "NM", 10526, "1.5%", "Open"),
    ("La Ca\xf1ada Flintridge", "CA", 20573, "2.9%", "Reviewed"),
    ("Pe\xf1asco", "NM", 589, "0.1%", "Open"),
    ("Pe\xf1itas", "TX", 6460, "0.9%", "Reviewed"),
    ("San Jos\xe9", "CA", 1013240, "60.4%", "Open"),
    ("R\xedo Hondo", "TX", 2021, "0.5%", "Reviewed"),
)


def _town_record(row: Town) -> Record:
    share = str(Decimal(row[3].rstrip("%")) / 100)
    return {"place": row[0], "state": row[1], "population": str(row[2]), "share": share, "status": row[4]}


def _towns(name: str, rows: Sequence[Town], written: Mapping[str, str], *told: Change) -> Issue:
    """`written` are figures that are written in another way than usual, by place."""
    lines = [[a, b, written.get(a, f"{c:,}"), d, e] for a, b, c, d, e in rows]
    header = ["Jurisdiction", "State", "Population", "Share of Region", "Status"]
    file = File(
        path=f"/files/{name}",
        content=_csv([header, *lines], delimiter=";", encoding="latin-1"),
        records={"places": [_town_record(each) for each in rows]},
    )
    found = File(path="/places", content=page("Places", links(file.path)))
    return Issue(files=(found, file), current=file.records, told=told)


def semicolons() -> Publication:
    """A figure that is only written in another way is no change; a true one is."""
    second = [(*each[:4], "Reviewed") if each[0] == "Espa\xf1ola" else each for each in TOWNS]
    third = [(*each[:2], 598, *each[3:]) if each[0] == "Pe\xf1asco" else each for each in second]
    third = [each for each in third if not each[0].startswith("R\xedo")]
    return Publication(
        name="semicolons",
        peculiar="CSV: semicolons, Latin-1, numbers as 1,234, percent",
        issues=(
            _towns("places-1.csv", TOWNS, {}),
            _towns(
                "places-2.csv",
                second,
                {"Do\xf1a Ana County": "219561", "San Jos\xe9": "1013240.0"},
                corrected("places", _town_record(second[2]), status="Open"),
            ),
            _towns(
                "places-3.csv",
                third,
                {"San Jos\xe9": "1013240.0"},
                corrected("places", _town_record(third[4]), population="589"),
                removed("places", _town_record(TOWNS[7])),
            ),
        ),
        description=r"""
  semicolons:
    title: Places
    page: https://www.example.gov/places
    reports:
      places:
        kind: rolling
        format: csv
        match: { href: '/places[^/]*\.csv$' }
        lists:
          places:
            title: Places
            columns:
              place: [Jurisdiction]
              state: { header: [State], kind: class }
              population: { header: [Population], kind: number }
              share: { header: [Share of Region], kind: number }
              status: { header: [Status], kind: class }
            key: [place, state]
            anchors: [population, share, status]
            names: [place]
            jurisdiction: { name: place, state: state }
""",
    )
