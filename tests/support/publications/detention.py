"""Detention statistics: a header of two rows, in row 7 under merged titles; figures that change with each issue."""

from __future__ import annotations

from datetime import date

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

PAGE = "/detention/statistics"
# name, address, city, state, zip code, area, type, who is held, inspected on
PLACES: tuple[tuple[str, str, str, str, int, str, str, str, date], ...] = (
    (
        "Adams County Detention Center",
        "20 Hobo Fork Rd",
        "Natchez",
        "MS",
        39120,
        "NOL",
        "DIGSA",
        "Female/Male",
        date(2025, 10, 9),
    ),
    (
        "Allegany County Jail",
        "4884 State Route 19",
        "Belmont",
        "NY",
        14813,
        "BUF",
        "USMS IGA",
        "Male",
        date(2025, 3, 20),
    ),
    (
        "Baker County Sheriff Dept.",
        "1 Sheriff Office Dr",
        "Macclenny",
        "FL",
        32063,
        "MIA",
        "IGSA",
        "Female/Male",
        date(2025, 5, 22),
    ),
    ("Bluebonnet Detention Center", "400 2nd Street", "Anson", "TX", 79501, "DAL", "DIGSA", "Male", date(2025, 8, 14)),
    (
        "Boone County Jail",
        "3020 Conrad Lane",
        "Burlington",
        "KY",
        41005,
        "CHI",
        "USMS IGA",
        "Female/Male",
        date(2025, 2, 6),
    ),
    (
        "Broome County Jail",
        "155 Lt. Vanwinkle Drive",
        "Binghamton",
        "NY",
        13905,
        "BUF",
        "IGSA",
        "Male",
        date(2025, 9, 4),
    ),
    (
        "Calhoun County Correctional Center",
        "185 E. Michigan Ave",
        "Battle Creek",
        "MI",
        49014,
        "DET",
        "IGSA",
        "Female/Male",
        date(2025, 7, 31),
    ),
    ("Cass County Jail", "450 34th Street South", "Fargo", "ND", 58103, "SPM", "USMS IGA", "Male", date(2025, 6, 12)),
    (
        "Central Louisiana Processing Center",
        "830 Pinehill Road",
        "Jena",
        "LA",
        71342,
        "NOL",
        "DIGSA",
        "Female/Male",
        date(2025, 4, 10),
    ),
    (
        "Clay County Jail",
        "611 E. Jackson St.",
        "Brazil",
        "IN",
        47834,
        "CHI",
        "USMS IGA",
        "Female/Male",
        date(2025, 11, 6),
    ),
    ("Clinton County Jail", "25 McCarthy Drive", "Plattsburgh", "NY", 12901, "BUF", "IGSA", "Male", date(2025, 1, 23)),
    (
        "Denver Contract Detention Facility",
        "3130 N. Oakland St.",
        "Aurora",
        "CO",
        80010,
        "DEN",
        "CDF",
        "Female/Male",
        date(2025, 9, 18),
    ),
    (
        "Dodge County Jail",
        "215 West Central Street",
        "Juneau",
        "WI",
        53039,
        "CHI",
        "USMS IGA",
        "Female/Male",
        date(2025, 8, 28),
    ),
    (
        "Elizabeth Contract Detention Facility",
        "625 Evans Street",
        "Elizabeth",
        "NJ",
        7201,
        "NEW",
        "CDF",
        "Female/Male",
        date(2025, 6, 26),
    ),
    (
        "Florence Service Processing Center",
        "3250 N. Pinal Pkwy",
        "Florence",
        "AZ",
        85132,
        "PHO",
        "SPC",
        "Male",
        date(2025, 10, 30),
    ),
    (
        "Freeborn County Adult Detention Center",
        "411 S. Broadway",
        "Albert Lea",
        "MN",
        56007,
        "SPM",
        "USMS IGA",
        "Male",
        date(2025, 5, 8),
    ),
)
LATER = (
    "Kay County Justice Facility",
    "1101 West Dry Road",
    "Newkirk",
    "OK",
    74647,
    "CHI",
    "USMS IGA",
    "Female/Male",
    date(2026, 1, 15),
)
UPPER = {9: "{} ADP: Detainee Classification Level", 13: "{} ADP: Criminality"}
HEADER = (
    "Name", "Address", "City", "State", "Zip", "AOR", "Type Detailed", "Male/Female", "{} ALOS", "Level A", "Level B",
    "Level C", "Level D", "Male Crim", "Male Non-Crim", "Female Crim", "Female Non-Crim", "Guaranteed Minimum",
    "Last Inspection End Date",
)  # fmt: skip
FIGURES = (
    "alos",
    "level_a",
    "level_b",
    "level_c",
    "level_d",
    "male_crim",
    "male_non_crim",
    "female_crim",
    "female_non_crim",
)
MINIMUM = {
    "Bluebonnet Detention Center": 750,
    "Denver Contract Detention Facility": 1000,
    "Elizabeth Contract Detention Facility": 285,
}
# area, and how many are monitored by GPS, SmartLINK, VoiceID, two of them, a wrist band, in all
MONITORED = (
    ("Atlanta", 3010, 11204, 210, 12, 44), ("Baltimore", 1980, 7411, 96, 4, 12), ("Boston", 4040, 9870, 130, 9, 31),
    ("Buffalo", 940, 1240, 22, 1, 7), ("Chicago", 5030, 17008, 402, 21, 90), ("Dallas", 2060, 8123, 180, 14, 29),
    ("Denver", 1010, 3877, 77, 2, 18), ("Houston", 3960, 9014, 240, 16, 51),
)  # fmt: skip
TECHNOLOGIES = ("GPS", "SmartLINK", "VoiceID", "Dual Tech", "Wrist Worn", "Total")


def _facility(
    place: tuple[str, str, str, str, int, str, str, str, date], number: int, turn: int
) -> tuple[list[object], Record]:
    """A row of the sheet, and the record that it is; its figures are others in each issue."""
    name, address, city, state, zip_code, area, kind, held, inspected = place
    figures = [round(20.4 + 3.17 * ((number * 7 + at * 5) % 23) + 1.31 * turn * (at + 1), 2) for at in range(9)]
    minimum = MINIMUM.get(name)
    row: list[object] = [name, address, city, state, Shown(zip_code, "00000"), area, kind, held]
    row += [Shown(each, "#,##0.00") for each in figures]
    row += [Shown(minimum, "#,##0") if minimum else None, Shown(inspected, "m/d/yyyy")]
    record = {
        "name": name, "address": address, "city": city, "state": state, "zip": f"{zip_code:05}", "aor": area,
        "type": kind, "held": held, **dict(zip(FIGURES, map(plain, figures), strict=True)),
        "guaranteed_minimum": str(minimum or ""), "inspected_on": inspected.isoformat(),
    }  # fmt: skip
    return row, record


def _monitored(turn: int, jumps: dict[str, int]) -> tuple[list[list[object]], list[Record]]:
    rows: list[list[object]] = []
    records = []
    for area, gps, *others in MONITORED:
        own = jumps.get(area, gps + 7 * turn)
        counts = [own, *(each + 3 * turn for each in others)]
        counts.append(sum(counts))
        rows.append([area, *(Shown(each, "#,##0") for each in counts)])
        names = ("gps", "smartlink", "voiceid", "dual_tech", "wrist_worn", "total")
        records.append({"area": area, **dict(zip(names, map(str, counts), strict=True))})
    return rows, records


def _file(
    name: str,
    year: str,
    turn: int,
    places: tuple[tuple[str, str, str, str, int, str, str, str, date], ...],
    jumps: dict[str, int],
) -> File:
    made = [_facility(each, number, turn) for number, each in enumerate(places)]
    upper: list[object] = [None] * len(HEADER)
    for at, text in UPPER.items():
        upper[at] = text.format(year)
    facilities: list[list[object]] = [
        [f"ICE FACILITIES DATA, {year}"], [],
        ["This list is limited to facilities that have a population count of greater than or equal to 1 today."],
        [f"Source: Integrated Decision Support, as of issue {turn + 1}"], [], upper,
        [text.format(year) for text in HEADER],
        *(row for row, _ in made), [],
        ["Data from detention facilities are subject to change until the end of the fiscal year."],
    ]  # fmt: skip
    rows, monitored = _monitored(turn, jumps)
    sums = ["Total", *(sum(int(each[name]) for each in monitored) for name in list(monitored[0])[1:])]
    technology: list[list[object]] = [
        [f"Active Population by Technology, {year}"], [], [None, *TECHNOLOGIES],
        ["Area of Responsibility", *["Count"] * 6],
        *rows, sums, [], ["Alternatives to Detention data are historical and remain static."],
    ]  # fmt: skip
    notes = [
        ["Footnotes"],
        ["ADP", "Average Daily Population"],
        ["ALOS", "Average Length of Stay"],
        ["AOR", "Area of Responsibility"],
    ]
    content = workbook(
        Sheet("Footnotes", notes, merged=["A1:B1"]),
        Sheet(f"Facilities {year}", facilities, merged=["A1:S1", "A3:S3", "A4:S4", "J6:M6", "N6:Q6"], bold=[1, 6, 7]),
        Sheet(f"ATD {year} YTD", technology, merged=["A1:G1"], bold=[1, 3, 4]),
    )
    records = {"facilities": [record for _, record in made], "technology": monitored}
    return File(path=f"/doclib/detention/{name}", content=content, records=records)


def _issue(file: File, *told: Change) -> Issue:
    found = File(path=PAGE, content=page("Detention statistics", links(file.path)))
    return Issue(files=(found, file), current=file.records, told=told)


def detention() -> Publication:
    """Three issues; with the third, a fiscal year begins, which all headers and sheets name."""
    first = _file("FY25_detentionStats09112025.xlsx", "FY25", 0, PLACES, {})
    retyped = tuple((*each[:6], "DIGSA", *each[7:]) if each[0].startswith("Boone") else each for each in PLACES)
    seen = tuple((*each[:8], date(2025, 9, 12)) if each[0].startswith("Adams") else each for each in retyped)
    second = _file("FY25_detentionStats09252025.xlsx", "FY25", 1, (*seen, LATER), {})
    gone = tuple(each for each in (*seen, LATER) if not each[0].startswith("Cass"))
    third = _file("FY26_detentionStats10092025.xlsx", "FY26", 2, gone, {"Boston": 9310})

    def of(file: File, list_name: str, begin: str) -> Record:
        return next(each for each in file.records[list_name] if next(iter(each.values())).startswith(begin))

    return Publication(
        name="detention-statistics",
        peculiar="workbook: header in row 7 under merged titles, headers over two rows, one word six times",
        issues=(
            _issue(first),
            _issue(
                second,
                added("facilities", of(second, "facilities", "Kay")),
                corrected("facilities", of(second, "facilities", "Boone"), type="USMS IGA"),
                corrected("facilities", of(second, "facilities", "Adams"), inspected_on="2025-10-09"),
            ),
            _issue(
                third,
                removed("facilities", of(second, "facilities", "Cass")),
                corrected("technology", of(third, "technology", "Boston"), gps="4047"),
            ),
        ),
        description=DESCRIPTION,
    )


DESCRIPTION = r"""
  detention-statistics:
    title: Detention statistics
    page: https://www.example.gov/detention/statistics
    reports:
      statistics:
        kind: rolling
        format: xlsx
        match: { href: '/[^/]*detentionStats[^/]*\.xlsx$' }
        lists:
          facilities:
            title: Facilities
            sheet: '^Facilities FY\d\d'
            header_row: 7
            header_rows: 2
            columns:
              name: [Name]
              address: [Address]
              city: [City]
              state: { header: [State], kind: class }
              zip: [Zip]
              aor: { header: [AOR], kind: class }
              type: { header: [Type Detailed], kind: class }
              held: { header: [Male/Female], kind: class }
              alos: { header_pattern: '^FY\d\d ALOS$', kind: number, ignore: true }
              level_a: { header_pattern: '^FY\d\d ADP: .* Level A$', kind: number, ignore: true }
              level_b: { header_pattern: '^FY\d\d ADP: .* Level B$', kind: number, ignore: true }
              level_c: { header_pattern: '^FY\d\d ADP: .* Level C$', kind: number, ignore: true }
              level_d: { header_pattern: '^FY\d\d ADP: .* Level D$', kind: number, ignore: true }
              male_crim: { header_pattern: '^FY\d\d ADP: Criminality Male Crim$', kind: number, ignore: true }
              male_non_crim: { header_pattern: '^FY\d\d ADP: Criminality Male Non-Crim$', kind: number, ignore: true }
              female_crim: { header_pattern: '^FY\d\d ADP: Criminality Female Crim$', kind: number, ignore: true }
              female_non_crim: { header_pattern: 'ADP: Criminality Female Non-Crim$', kind: number, ignore: true }
              guaranteed_minimum: { header: [Guaranteed Minimum], kind: number }
              inspected_on: { header: [Last Inspection End Date], kind: date }
            key: [name, state]
            anchors: [address, zip, city]
            names: [name]
            jurisdiction: { name: city, state: state, agency: name }
          technology:
            title: Monitored by technology
            sheet: '^ATD'
            header_rows: 2
            columns:
              area: [Area of Responsibility]
              gps: { header: [GPS Count], kind: number, round: 1000 }
              smartlink: { header: [SmartLINK Count], kind: number, ignore: true }
              voiceid: { header: [VoiceID Count], kind: number, ignore: true }
              dual_tech: { header: [Dual Tech Count], kind: number, ignore: true }
              wrist_worn: { header: [Wrist Worn Count], kind: number, ignore: true }
              total: { header: [Total Count], kind: number, ignore: true }
            key: [area]
            names: [area]
"""
