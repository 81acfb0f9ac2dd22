"""PDF files: lines of text without rules, a ruled table with blank pages and sums, and a quarterly series."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from tests.support.publications.publication import (
    Change,
    File,
    Issue,
    Publication,
    Record,
    added,
    corrected,
    in_sheets,
    links,
    page,
    removed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = letter
GRID = ("GRID", (0, 0), (-1, -1), 0.6, colors.black)
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=11)

Agency = tuple[str, str, str, str]
AGENCIES: tuple[Agency, ...] = tuple(
    (f"{county} County {kind}", state, model, signed)
    for county, kind, state, model, signed in (
        ("Alachua", "Sheriff's Office", "FL", "Jail Enforcement", "2/26/2025"),
        ("Anderson", "Sheriff's Office", "SC", "Warrant Service", "3/17/2025"),
        ("Bay", "Sheriff's Office", "FL", "Task Force", "2/25/2025"),
        ("Benton", "Sheriff's Office", "AR", "Jail Enforcement", "11/5/2019"),
        ("Bradford", "Sheriff's Office", "FL", "Warrant Service", "8/16/2019"),
        ("Butler", "Sheriff's Office", "OH", "Jail Enforcement", "4/30/2025"),
        ("Cabarrus", "Sheriff's Office", "NC", "Jail Enforcement", "6/8/2020"),
        ("Clay", "Sheriff's Office", "FL", "Jail Enforcement", "6/23/2020"),
        ("Cobb", "Sheriff's Office", "GA", "Jail Enforcement", "2/16/2007"),
        ("Collier", "Sheriff's Office", "FL", "Task Force", "2/26/2025"),
        ("Cullman", "Sheriff's Office", "AL", "Warrant Service", "4/2/2025"),
        ("Dawson", "Sheriff's Office", "GA", "Warrant Service", "3/31/2025"),
        ("Etowah", "Sheriff's Office", "AL", "Jail Enforcement", "7/8/2020"),
        ("Frederick", "Sheriff's Office", "MD", "Jail Enforcement", "6/26/2020"),
        ("Galveston", "Sheriff's Office", "TX", "Jail Enforcement", "5/6/2020"),
        ("Goliad", "Sheriff's Office", "TX", "Warrant Service", "6/24/2020"),
        ("Harford", "Sheriff's Office", "MD", "Jail Enforcement", "6/8/2020"),
        ("Lubbock", "Sheriff's Office", "TX", "Jail Enforcement", "7/8/2020"),
        ("Manatee", "Sheriff's Office", "FL", "Warrant Service", "5/6/2019"),
        ("Nye", "Sheriff's Office", "NV", "Jail Enforcement", "6/9/2020"),
        ("Okmulgee", "Criminal Justice Authority", "OK", "Jail Enforcement", "7/8/2020"),
        ("Prince William", "Regional Jail", "VA", "Jail Enforcement", "7/9/2020"),
        ("Randall", "Sheriff's Office", "TX", "Warrant Service", "10/27/2020"),
        ("Tulsa", "Sheriff's Office", "OK", "Jail Enforcement", "6/23/2020"),
        ("Walton", "Sheriff's Office", "FL", "Warrant Service", "8/15/2019"),
        ("Yuma", "Sheriff's Office", "AZ", "Jail Enforcement", "6/8/2020"),
    )
)
LINES_OF_A_PAGE = 16


def _agency_record(row: Agency) -> Record:
    return dict(zip(("agency", "state", "model", "signed"), row, strict=True))


def _lines(rows: Sequence[Agency]) -> bytes:
    """Pages whose rows are lines of text in columns, with a headline, a number on each page, and notes at the end."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter, invariant=1)
    sheets = in_sheets(rows, LINES_OF_A_PAGE)
    for number, sheet in enumerate(sheets, 1):
        y = HEIGHT - 72

        def write(*cells: tuple[float, str], bold: bool = False, step: float = 18) -> None:
            nonlocal y
            canvas.setFont("Helvetica-Bold" if bold else "Helvetica", 10)
            for x, text in cells:
                canvas.drawString(x, y, text)
            y -= step

        if number == 1:
            write((72, "Delegation of immigration authority"), bold=True, step=30)
            write((72, "The agencies below have signed a memorandum of agreement."), step=30)
            write((72, "Participating agencies"), bold=True, step=24)
        for agency, state, model, signed in sheet:
            write((72, agency), (290, state), (340, model), (460, signed))
        if number == len(sheets):
            y -= 20
            write((72, "Notes"), bold=True)
            write((72, "Hall County Sheriff's Office GA Task Force withdrew its request."))
        canvas.drawCentredString(WIDTH / 2, 36, f"Page {number} of {len(sheets)}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _printed(
    page_path: str, title: str, path: str, content: bytes, name: str, records: Sequence[Record], *told: Change
) -> Issue:
    file = File(path=path, content=content, records={name: records})
    return Issue(files=(File(path=page_path, content=page(title, links(path))), file), current=file.records, told=told)


def pdf_lines() -> Publication:
    """Rows that no rule divides, over two pages; a date is corrected, one comes in between, one goes."""

    def issue(name: str, rows: Sequence[Agency], *told: Change) -> Issue:
        records = [_agency_record(each) for each in rows]
        return _printed("/delegation", "Delegation", f"/files/{name}", _lines(rows), "agencies", records, *told)

    butler = ("Butler County Sheriff's Office", "OH", "Jail Enforcement", "4/29/2025")
    hall = ("Hall County Sheriff's Office", "GA", "Task Force", "5/2/2025")
    second = [butler if each[0] == butler[0] else each for each in AGENCIES]
    second.insert(16, hall)
    third = [each for each in second if not each[0].startswith("Nye")]
    return Publication(
        name="pdf-lines",
        peculiar="PDF: rows as lines of text without rules, notes below them",
        issues=(
            issue("delegation-agencies-a.pdf", AGENCIES),
            issue(
                "delegation-agencies-b.pdf",
                second,
                corrected("agencies", _agency_record(butler), signed="4/30/2025"),
                added("agencies", _agency_record(hall)),
            ),
            issue(
                "delegation-agencies-c.pdf",
                third,
                removed(
                    "agencies", _agency_record(("Nye County Sheriff's Office", "NV", "Jail Enforcement", "6/9/2020"))
                ),
            ),
        ),
        description=r"""
  pdf-lines:
    title: Delegation of authority
    page: https://www.example.gov/delegation
    reports:
      delegation:
        kind: rolling
        format: pdf
        match: { href: '/[^/]*delegation-agencies[^/]*\.pdf$' }
        lists:
          agencies:
            title: Participating agencies
            heading: '^Participating agencies$'
            until: '^Notes$'
            item: '^(?P<agency>.+) (?P<state>[A-Z]{2}) (?P<model>[JWT][a-z]+ [A-Z][a-z]+) (?P<signed>[\d/]{8,10})$'
            key: [agency, state]
            anchors: [model, signed]
            names: [agency]
            jurisdiction: { state: state, agency: agency }
""",
    )


Held = tuple[str, str, int, str]
HELD: tuple[Held, ...] = tuple(
    (f"{county} County", state, 3 + (number * 37) % 191, f"{1 + number % 12:02}/{3 + number % 25:02}/2025")
    for number, (county, state) in enumerate(
        (
            ("Bexar", "Texas"), ("Bristol", "Massachusetts"), ("Cameron", "Texas"), ("Chester", "Pennsylvania"),
            ("Clark", "Nevada"), ("Cook", "Illinois"), ("Dallas", "Texas"), ("Denton", "Texas"), ("El Paso", "Texas"),
            ("Essex", "New Jersey"), ("Fairfax", "Virginia"), ("Franklin", "Iowa"), ("Franklin", "New York"),
            ("Fulton", "Georgia"), ("Hidalgo", "Texas"), ("Hudson", "New Jersey"), ("King", "Washington"),
            ("Lancaster", "Nebraska"), ("Maricopa", "Arizona"), ("Marion", "Indiana"), ("Mercer", "New Jersey"),
            ("Orange", "California"), ("Pima", "Arizona"), ("Polk", "Iowa"), ("Salt Lake", "Utah"),
            ("San Diego", "California"), ("Tarrant", "Texas"), ("Travis", "Texas"), ("Wake", "North Carolina"),
            ("Webb", "Texas"),
        )
    )
)  # fmt: skip


def _held_record(row: Held) -> Record:
    month, day, year = row[3].split("/")
    return {"county": row[0], "state": row[1], "detainers": str(row[2]), "updated_on": f"{year}-{month}-{day}"}


def _ruled(rows: Sequence[Held]) -> bytes:
    """A ruled table over several pages, each with the header, and with an empty back; the sum is the last row."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter, invariant=1)
    total = sum(row[2] for row in rows)
    text = f"This report lists {len(rows)} counties with a total of {total:,} detainers."
    sheets = in_sheets(rows, 12)
    for number, sheet in enumerate(sheets, 1):
        cells = [["County", "State", "Detainers", "Updated"], *([a, b, f"{c:,}", d] for a, b, c, d in sheet)]
        cells += [["Total", "", f"{total:,}", ""]] if number == len(sheets) else []
        table = Table(cells, colWidths=[150, 110, 90, 90], style=[GRID])
        if number == 1:
            canvas.setFont("Helvetica", 10)
            canvas.drawString(72, HEIGHT - 60, text)
        _, height = table.wrapOn(canvas, WIDTH, HEIGHT)
        table.drawOn(canvas, 72, HEIGHT - 90 - height)
        canvas.showPage()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def pdf_ruled() -> Publication:
    """Each second page is blank; the text says what the rows add up to."""

    def issue(name: str, rows: Sequence[Held], *told: Change) -> Issue:
        records = [_held_record(each) for each in rows]
        return _printed("/detainers", "Detainers", f"/files/{name}", _ruled(rows), "counties", records, *told)

    second = [(*each[:2], 1204, each[3]) if each[0] == "Cook County" else each for each in HELD]
    new = ("Yuma County", "Arizona", 8, "11/20/2025")
    second.append(new)
    third = [each for each in second if each[:2] != ("Franklin County", "Iowa")]
    cook, franklin = second[5], second[11]
    return Publication(
        name="pdf-ruled",
        peculiar="PDF: a ruled table with blank pages, the header on each page, a sum, and figures in the text",
        issues=(
            issue("detainers_2025-10.pdf", HELD),
            issue(
                "detainers_2025-11.pdf",
                second,
                corrected("counties", _held_record(cook), detainers=str(HELD[5][2])),
                added("counties", _held_record(new)),
            ),
            issue("detainers_2025-12.pdf", third, removed("counties", _held_record(franklin))),
        ),
        description=r"""
  pdf-ruled:
    title: Detainers by county
    page: https://www.example.gov/detainers
    reports:
      detainers:
        kind: rolling
        format: pdf
        match: { href: '/[^/]*detainers[^/]*\.pdf$' }
        lists:
          counties:
            title: Counties
            columns:
              county: [County]
              state: { header: [State], kind: class }
              detainers: { header: [Detainers], kind: number }
              updated_on: { header: [Updated], kind: date }
            totals:
              - { text: 'lists ([\d,]+) counties' }
              - { text: 'total of ([\d,]+) detainers', sum: detainers }
            key: [county, state]
            anchors: [detainers, updated_on]
            names: [county]
            jurisdiction: { name: county, state: state, level: county }
""",
    )


Policy = tuple[str, str, str, str]
POLICIES: tuple[Policy, ...] = (
    ("Alachua County, Florida", "September 2015", "Letter", "Will honor detainers with a warrant"),
    ("Arlington County, Virginia", "July 2022", "Board Resolution", "Will not honor detainers"),
    ("Boulder County, Colorado", "May 2014", "Sheriff's Policy", "Will honor detainers with a court order"),
    ("Chester County, Pennsylvania", "March 2014", "County Policy", "Will not honor detainers"),
    ("Cook County, Illinois", "September 2011", "Ordinance", "Will honor detainers with a warrant"),
    ("Franklin County, New York", "January 2017", "Sheriff's Policy", "Will honor detainers with a court order"),
    ("Ithaca, New York", "February 2017", "Municipal Code Change", "Will not honor detainers"),
    ("Linn County, Oregon", "April 2014", "Sheriff's Policy", "Will honor detainers with a warrant"),
    ("Rio Arriba County, New Mexico", "June 2013", "County Resolution", "Will not honor detainers"),
    ("Travis County, Texas", "January 2017", "Sheriff's Policy", "Will honor detainers for some charges"),
)


def _policy_record(row: Policy) -> Record:
    return dict(zip(("jurisdiction", "enacted", "policy", "criteria"), row, strict=True))


def _quarterly(rows: Sequence[Policy]) -> bytes:
    out = io.BytesIO()
    cells = [["Jurisdiction", "Date Enacted", "Policy", "Criteria"], *map(list, rows)]
    wrapped = [[Paragraph(text, BODY) for text in row] for row in cells]
    table = Table(wrapped, colWidths=[150, 90, 110, 150], repeatRows=1, style=[GRID])
    head = Paragraph("Jurisdictions that limit cooperation, by quarter<br/><br/>", BODY)
    SimpleDocTemplate(out, pagesize=letter, invariant=1).build([head, table])
    return out.getvalue()


def quarterly_pdf() -> Publication:
    """The second quarter is compared with the first, and then revised at the same address."""
    second = [(*each[:3], "Will honor all detainers") if each[0].startswith("Linn") else each for each in POLICIES]
    second = [each for each in second if not each[0].startswith("Alachua")]
    ulster = ("Ulster County, New York", "April 2026", "Sheriff's Policy", "Will not honor detainers")
    second.append(ulster)
    revised = [(*each[:1], "March 2026", *each[2:]) if each is ulster else each for each in second]
    first, later = "/doclib/policies-2026-q1.pdf", "/doclib/policies-2026-q2.pdf"

    def file(path: str, rows: Sequence[Policy]) -> File:
        return File(path=path, content=_quarterly(rows), records={"policies": [_policy_record(each) for each in rows]})

    def issue(files: Sequence[File], *told: Change) -> Issue:
        paths = [each.path for each in reversed(files)]
        found = File(path="/policies", content=page("Policies", links(*paths)))
        return Issue(files=(found, *files), current=files[-1].records, told=told)

    linn = next(each for each in second if each[0].startswith("Linn"))
    return Publication(
        name="quarterly-pdf",
        peculiar="PDF: a series by quarter, compared across quarters, with a revision",
        issues=(
            issue([file(first, POLICIES)]),
            issue(
                [file(first, POLICIES), file(later, second)],
                removed("policies", _policy_record(POLICIES[0])),
                corrected("policies", _policy_record(linn), criteria="Will honor detainers with a warrant"),
                added("policies", _policy_record(ulster)),
            ),
            issue(
                [file(first, POLICIES), file(later, revised)],
                corrected("policies", _policy_record(revised[-1]), enacted="April 2026"),
            ),
        ),
        description=r"""
  quarterly-pdf:
    title: Policies
    page: https://www.example.gov/policies
    reports:
      policies:
        kind: series
        format: pdf
        match: { href: '/[^/]*policies[^/]*\.pdf$' }
        key: '(\d{4}-q\d)'
        lists:
          policies:
            title: Policies
            compare: across
            columns:
              jurisdiction: [Jurisdiction]
              enacted: { header: [Date Enacted], kind: date }
              policy: [Policy]
              criteria: [Criteria]
            key: [jurisdiction]
            anchors: [enacted, policy, criteria]
            names: [jurisdiction]
            jurisdiction: { name: jurisdiction }
""",
    )
