"""Small files like those that the descriptions on the shelf are for, with what makes the real ones peculiar.

The peculiarities are those that the pages named in each description document. Of each file there are two versions, and
what should be told between them.
"""

# ruff: noqa: E501 - a line of a made file stays one line

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import xlsxwriter
from reportlab.lib import colors
from reportlab.lib.pagesizes import landscape, letter
from reportlab.platypus import SimpleDocTemplate, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Cell = str | int | float | date | None

CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    """Two versions of a file, and what its description should make of them.

    - `file`: the name of the file. `report`: the report that it belongs to, and `list_name` the list in it.
    - `older`, `newer`: the versions; if `are_pages`, the two pages of one version.
    - `records`: how many records the older one has, and `first` some fields of the first of them, with its `place`.
    - `undescribed`: the headers that are left out on purpose. `undated`: how many dates are no dates.
    - `told`: each amendment between the two as its kind and the fields that differ.
    """

    file: str
    report: str
    list_name: str
    older: bytes
    newer: bytes
    records: int
    first: Mapping[str, str]
    place: str | None
    undescribed: tuple[str, ...] = ()
    undated: int = 0
    told: tuple[tuple[str, ...], ...] = ()
    are_pages: bool = False


def workbook(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """Return an XLSX file with these sheets, each as its rows; dates are cells with a date."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"created": CREATED_AT.replace(tzinfo=None)})
    dated = book.add_format({"num_format": "mm/dd/yyyy"})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    page.write_datetime(row, column, cell, dated)
                elif cell is not None:
                    page.write(row, column, cell)
    book.close()
    return out.getvalue()


def page_with(table: Sequence[Sequence[str]], *, title: str) -> bytes:
    """Return a web page with a heading, a sentence and a table, whose cells are HTML; the first row is the header."""
    header, *rows = table
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><nav><a href='/'>Home</a></nav><main>"
        f"<h1>{title}</h1><p>As of today.</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        "</main></body></html>"
    ).encode()


def _lines(*rows: str) -> str:
    return "".join(f"{row}\r\n" for row in rows)


def _facilities(rating: str, *, more: int = 0) -> bytes:
    figures = (
        "Level A",
        "Level B",
        "Level C",
        "Level D",
        "Male Crim",
        "Male Non-Crim",
        "Female Crim",
        "Female Non-Crim",
    )
    threat = ("ICE Threat Level 1", "ICE Threat Level 2", "ICE Threat Level 3", "No ICE Threat Level", "Mandatory")
    header = (
        *(
            "Name",
            "Address",
            "City",
            "State",
            "Zip",
            "AOR",
            "Type Detailed",
            "Male/Female",
            "FY26 ALOS",
            *figures,
            *threat,
        ),
        *("Guaranteed Minimum", "Last Inspection Type", "Last Inspection End Date", "Pending FY26 Inspection"),
        *("Last Inspection Standard", "Last Final Rating"),
    )
    held = [float(number + more) for number in range(13)]
    ended: tuple[Cell, ...] = ("ODO", date(2025, 7, 17), None, "PBNDS 2011 - 2016 Revised")
    name = "ADAMS COUNTY DET CENTER"
    return workbook(
        {
            "Detention FY26": [["ICE Initial Book-Ins"], ["Agency", "Oct", "Nov"], ["CBP", 100, 120]],
            "Facilities FY26": [
                ["ICE FACILITIES DATA, FY26 YTD"],
                [],
                ["Facility list and average daily population"],
                [None, None, None, None, None, None, None, None, "FY26 ALOS", "FY26 ADP: Detainee Classification Level"],
                [],
                ["Data as of 11/16/2025"],
                header,
                [name, "20 HOBO FORK RD.", "NATCHEZ", "MS", 39120, "NOL", "DIGSA", "Male", 41.5, *held, 1000, *ended, rating],
                ["BELL COUNTY JAIL", "113 W CENTRAL AVE", "BELTON", "TX", 76513, "HLG", "IGSA", "Female/Male", 3.2, *held,
                 None, "Nakamoto", date(2025, 3, 4), None, "NDS 2019", "Pass"],
            ],
            "Footnotes": [["1. FY26 data are as of the date above."]],
        }
    )  # fmt: skip


BANKS = _lines(
    "Bank Name\xa0,City\xa0,State\xa0,Cert\xa0,Acquiring Institution\xa0,Closing Date\xa0,Fund",
    '"Pulaski Savings Bank","Chicago","IL",28611,"Millennium Bank",17-Jan-25,10548',
    '"1st American State Bank of Minnesota","Hancock","MN",15448,"Community Development Bank, FSB",5-Feb-10,10174',
)
BANK_HEADER = tuple(
    f'<span class="long">{long}</span><span class="short">{short}</span>'
    for long, short in (
        ("Bank Name", "Bank"), ("City", "City"), ("State", "St"), ("Cert", "Cert"), ("Acquiring Institution", "AI"),
        ("Closing Date", "Closing"), ("Fund", "Fund"),
    )
)  # fmt: skip
BANK_ROWS = (
    ('<a href="/pulaski">Pulaski Savings Bank</a>', "Chicago", "IL", "28611", "Millennium Bank", "January 17, 2025", "10548"),
    ("1st American State Bank of Minnesota", "Hancock", "MN", "15448", "Community Development Bank, FSB", "5-Feb-10", "10174"),
)  # fmt: skip


FACILITIES = (
    (
        "Adams County Correctional Center",
        "New Orleans",
        "20 Hobo Forks Road",
        "Natchez",
        "MS",
        "39120",
        "(601) 304-2500",
    ),
    ("Bluebonnet Detention Facility", "Dallas", "400 2nd Street", "Anson", "TX", "79501", ""),
    ("Winn Correctional Center", "New Orleans", "560 Gum Spring Road", "Winnfield", "LA", "71483", "(318) 628-3971"),
)
NEXT_PAGE = (
    '<nav class="pager"><a href="?page=1" title="Go to next page" rel="next"><span class="visually-hidden">Next page</span>'
    '<span aria-hidden="true">\u203a\u203a</span></a></nav>'
)


def _cards(facilities: Sequence[tuple[str, ...]], after: str = "") -> bytes:
    """A page of cards; one without a telephone has no field for it. `after` stands below."""
    cards = "".join(
        '<li class="grid"><div class="grid__content"><div class="views-field views-field-title">'
        f'<h2 class="field-content">{name}</h2></div><div class="views-field views-field-field-field-office-name">'
        f'<span class="field-content">{office} Field Office</span></div><p class="address" translate="no">'
        f'<span class="address-line1">{street}</span><br><span class="locality">{city}</span>, '
        f'<span class="administrative-area">{state}</span> <span class="postal-code">{code}</span><br>'
        '<span class="country">United States</span></p>'
        + (
            f'<div class="views-field views-field-field-phone-number"><span class="field-content">{number}</span></div>'
            if number
            else ""
        )
        + "</div></li>"
        for name, office, street, city, state, code, number in facilities
    )
    return (
        "<!DOCTYPE html><html><head><title>Detention Facilities</title></head><body><main><h1>Detention Facilities</h1>"
        f'<ul class="blazy blazy--view--detention-facilities">{cards}</ul>{after}</main></body></html>'
    ).encode()


def _idaho(employees: str) -> bytes:
    """A ruled table; a company, its dates and its figure stand in cells over the rows of its two sites."""
    header = (
        *("Date of Letter", "Updates", "Company", "Address", "City", "State", "Zip"),
        *("No. of Employees\nAffected", "Effective or\nCommencing Date"),
    )
    rows = (
        ("2/18/26\n(rec'd 3/1/26)", "", "Denny's Inc.", "1 Main St", "Boise", "ID", "83702", employees, "4/20/26"),
        ("", "", "", "9 Overland Rd", "Meridian", "ID", "83642", "", ""),
        ("1/6/26", "", "Gem Mills", "3 River Rd", "Lewiston", "ID", "83501", "80-100", "3/7/26-3/20/26"),
    )
    over = [("SPAN", (column, 1), (column, 2)) for column in (0, 2, 7, 8)]
    out = io.BytesIO()
    table = Table([header, *rows], style=[("GRID", (0, 0), (-1, -1), 1, colors.black), *over], repeatRows=1)
    SimpleDocTemplate(out, invariant=1, pagesize=landscape(letter)).build([table])
    return out.getvalue()


def _california(employees: int) -> bytes:
    header = [
        *("County/Parish", "Notice\nDate", "Processed\nDate", "Effective\nDate", "Company", "Layoff/\nClosure"),
        *("No. Of\nEmployees", "Address", "Related Industry"),
    ]
    street, industry = "1 Main St  Salinas CA 93901", "Crop Production"
    return workbook(
        {
            "Index": [["This worksheet contains 5 sheets."], ["WARN Report Index"]],
            "WARN Report Summary": [["Summary table"], ["Report Summary", "Total"], ["Employees Affected", 158]],
            "Detailed WARN Report ": [
                ["WARN REPORT - 07/01/2026 to 07/27/2026"],
                header,
                ["Orange County", date(2026, 7, 10), date(2026, 7, 13), date(2026, 9, 8), "PD Systems", "Layoff Permanent",
                 employees, street, industry],
                ["Los Angeles County", date(2026, 7, 7), date(2026, 7, 8), date(2026, 9, 5), "Fig &amp; Sons",
                 "Closure Permanent", 77, "2 Fig St  Los Angeles CA 90007", "Food Services"],
                ["Report Summary"],
            ],
        }
    )  # fmt: skip


def _texas(city: str) -> bytes:
    header = [
        *("NOTICE_DATE", "JOB_SITE_NAME", "COUNTY_NAME", "WDA_NAME", "TOTAL_LAYOFF_NUMBER", "LayOff_Date"),
        *("WFDD_RECEIVED_DATE", "CITY_NAME"),
    ]
    received = date(2026, 1, 9)
    return workbook(
        {
            "Sheet1": [
                header,
                [date(2026, 1, 8), "Acme Plastics", "Travis", "Capital Area", 120, date(2026, 3, 9), received, city],
                header,
                [date(2026, 1, 7), "Bluebonnet Foods", "Dallas", "Dallas", None, date(2026, 3, 8), received, "Dallas"],
            ]
        }
    )


MARYLAND = (
    ("Notice Date", "NAICS Code", "Company", "Location", "WIA Code", "Total Employees", "Effective Date", "Type Code"),
    ("10/2/2026", "722310", "Guest &amp; Co", "100 Light St<br>Baltimore, MD 21202", "Baltimore City", "60", "12/1/2026", "2"),
    ("4/1/2026 (REVISED) 10/22/2026", "336411", "Aero Works", "Elkton, MD", "Susquehanna", "approx. 150", "TBD", "1"),
)  # fmt: skip
VACANCIES = (
    ("Court", "Incumbent", "Vacancy Reason", "Vacancy Date", "Nominee", "Nomination Date"),
    ("05 - CCA", "Jones,Edith", "Senior", "09/01/2026", "", ""),
    ("05 - TX-S", "Roe,Jane", "Elevated", "01/15/2026", "Doe,John", "06/02/2026"),
)
REACTORS = (
    ("Plant Name, Docket Number", "License Number", "Reactor Type", "Location", "Owner/Operator", "NRC Region"),
    ('<a href="/ano1.html">Arkansas Nuclear 1</a><br>05000313', "DPR-51", "PWR", "6 miles WNW of Russellville, AR",
     "Entergy Operations, Inc.", "4"),
    ('<a href="/bv1.html">Beaver Valley 1</a><br>05000334', "DPR-66", "PWR", "17 miles W of McCandless, PA",
     "Vistra", "1"),
)  # fmt: skip
DECLARATIONS = _lines(
    "femaDeclarationString,disasterNumber,state,declarationType,declarationDate,fyDeclared,incidentType,declarationTitle,"
    "ihProgramDeclared,iaProgramDeclared,paProgramDeclared,hmProgramDeclared,incidentBeginDate,incidentEndDate,"
    "disasterCloseoutDate,tribalRequest,fipsStateCode,fipsCountyCode,placeCode,designatedArea,declarationRequestNumber,"
    "lastIAFilingDate,incidentId,region,designatedIncidentTypes,lastRefresh,hash,id",
    'DR-4776-OK,4776,OK,DR,2024-04-30T00:00:00.000Z,2024,Tornado,"SEVERE STORMS, STRAIGHT-LINE WINDS, AND TORNADOES",1,0,1,1,'
    "2024-04-25T00:00:00.000Z,2024-05-09T00:00:00.000Z,,0,40,113,99113,Osage (County),24050,2024-07-30T00:00:00.000Z,"
    '2024042701,6,"W,T",2026-03-18T13:22:03.212Z,6d9b9b8b,3cf9c5ee',
    "EM-3600-TX,3600,TX,EM,2023-01-05T00:00:00.000Z,2023,Flood,FLOODING,0,0,1,0,2023-01-02T00:00:00.000Z,"
    "2023-01-09T00:00:00.000Z,2024-01-05T00:00:00.000Z,0,48,000,0,Statewide,23001,,2023010501,6,F,"
    "2026-03-18T13:22:03.212Z,aa01,bb02",
)
COMMUNITIES = _lines(
    "communityIdNumber,communityName,county,state,initialFloodHazardBoundaryMap,initialFloodInsuranceRateMap,"
    "currentlyEffectiveMapDate,regularEmergencyProgramDate,tribal,participatingInNFIP,originalEntryDate,"
    "classRatingEffectiveDate,classRating,sfhaDiscount,nonSfhaDiscount,sanctionDate,programEntryDate,lastRefresh,id",
    '480624,"AUSTIN, CITY OF",TRAVIS COUNTY,TX,1974-09-20T00:00:00.000Z,1981-09-02T00:00:00.000Z,01/22/20,09/02/81,false,true,'
    "1991-10-01T00:00:00.000Z,2026-04-01T00:00:00.000Z,6,20%,10%,,,2026-10-01T00:00:00.000Z,c1",
    '010001,"AUTAUGAVILLE, TOWN OF",AUTAUGA COUNTY,AL,,,09/16/71(M),,false,false,,,,,,07/11/76,,2026-10-01T00:00:00.000Z,c2',
)
EXCLUSIONS = _lines(
    "LASTNAME,FIRSTNAME,MIDNAME,BUSNAME,GENERAL,SPECIALTY,UPIN,NPI,DOB,ADDRESS,CITY,STATE,ZIP,EXCLTYPE,EXCLDATE,REINDATE,"
    "WAIVERDATE,WVRSTATE",
    '"","","","#1 EXAMPLE SERVICE, INC","OTHER BUSINESS","SOBER HOME","","0000000000","","1 EXAMPLE AVENUE","BROOKLYN","NY",'
    '"11235","1128a1","20200319","00000000","00000000",""',
    '"EXAMPLE","JANE","Q","","NURSE","REGISTERED NURSE","","1234567893","19600101","2 EXAMPLE ST","HOUSTON","TX","77001",'
    '"1128b4","20190820","00000000","00000000",""',
)

MADE: dict[str, MadeFile] = {
    "ice-detention-statistics": MadeFile(
        file="FY26_detentionStats11202025.xlsx",
        report="facilities",
        list_name="facilities",
        older=_facilities("Acceptable/Adequate"),
        newer=_facilities("Deficient", more=7),
        records=2,
        first={"name": "ADAMS COUNTY DET CENTER", "zip": "39120", "inspected": "2025-07-17", "stay": "41.5", "male_criminal": "4"},
        place="Natchez, MS",
        undescribed=("Pending FY26 Inspection",),
        told=(("corrected", "rating"),),
    ),
    "ice-detention-facilities": MadeFile(
        file="detention-facilities.html",
        report="page",
        list_name="facilities",
        older=_cards(FACILITIES[:2], NEXT_PAGE),
        newer=_cards(FACILITIES[2:]),
        are_pages=True,
        records=3,
        first={"name": "Adams County Correctional Center", "field_office": "New Orleans Field Office", "zip": "39120"},
        place="Natchez, MS",
    ),
    "warn-idaho": MadeFile(
        file="WARNNotice.pdf",
        report="notices",
        list_name="notices",
        older=_idaho("120"),
        newer=_idaho("130"),
        records=3,
        first={"company": "Denny's Inc.", "city": "Boise", "employees": "120", "effective": "2026-04-20"},
        place="Boise City, ID",
        undated=3,
        told=(("corrected", "employees"), ("corrected", "employees")),
    ),
    "fdic-failed-banks": MadeFile(
        file="download-data.csv",
        report="banks",
        list_name="banks",
        older=BANKS.encode("cp1252"),
        newer=(BANKS + _lines('"Metropolitan","Chicago","IL",57488,"First Bank",30-Jan-26,10550')).encode("cp1252"),
        records=2,
        first={"bank": "Pulaski Savings Bank", "closed": "2025-01-17", "cert": "28611", "fund": "10548"},
        place="Chicago, IL",
        told=(("added",),),
    ),
    "fdic-failed-banks-page": MadeFile(
        file="failed-bank-list.html",
        report="page",
        list_name="banks",
        older=page_with((BANK_HEADER, *BANK_ROWS), title="Failed Bank List"),
        newer=page_with(
            (BANK_HEADER, BANK_ROWS[0], (*BANK_ROWS[1][:4], "Community Bank, FSB", *BANK_ROWS[1][5:])),
            title="Failed Bank List",
        ),
        records=2,
        first={"bank": "Pulaski Savings Bank", "closed": "2025-01-17", "cert": "28611", "acquirer": "Millennium Bank"},
        place="Chicago, IL",
        told=(("corrected", "acquirer"),),
    ),
    "warn-california": MadeFile(
        file="warn_report1.xlsx",
        report="notices",
        list_name="notices",
        older=_california(81),
        newer=_california(85),
        records=2,
        first={"county": "Orange County", "notice": "2026-07-10", "effective": "2026-09-08", "employees": "81"},
        place="Orange County, CA",
        told=(("corrected", "employees"),),
    ),
    "warn-texas": MadeFile(
        file="warn-act-listings-2026-twc.xlsx",
        report="notices",
        list_name="notices",
        older=_texas("Austn"),
        newer=_texas("Austin"),
        records=2,
        first={"company": "Acme Plastics", "county": "Travis", "workers": "120", "effective": "2026-03-09"},
        place="Travis County, TX",
        told=(("corrected", "city"),),
    ),
    "warn-maryland": MadeFile(
        file="warn.shtml",
        report="page",
        list_name="notices",
        older=page_with(MARYLAND, title="WARN Log 2026"),
        newer=page_with((*MARYLAND[:2], (*MARYLAND[2][:6], "12/15/2026", "1")), title="WARN Log 2026"),
        records=2,
        first={"company": "Guest & Co", "notice": "2026-10-02", "employees": "60", "area": "Baltimore City"},
        place="Maryland, MD",
        undated=2,
        told=(("corrected", "effective"),),
    ),
    "fema-disaster-declarations": MadeFile(
        file="DisasterDeclarationsSummaries.csv",
        report="declarations",
        list_name="declarations",
        older=DECLARATIONS.encode(),
        newer=DECLARATIONS.replace(",1,0,1,1,", ",1,1,1,1,").replace("2026-03-18", "2026-03-19").encode(),
        records=2,
        first={"declaration": "DR-4776-OK", "declared": "2024-04-30", "area": "Osage (County)", "place_code": "99113"},
        place="Osage County, OK",
        undescribed=("disasterNumber", "lastRefresh", "hash", "id", "region"),
        told=(("corrected", "individual_assistance"),),
    ),
    "fema-flood-communities": MadeFile(
        file="NfipCommunityStatusBook.csv",
        report="communities",
        list_name="communities",
        older=COMMUNITIES.encode(),
        newer=COMMUNITIES.replace("false,false,,,", "false,true,,,").replace("2026-10-01T", "2026-10-02T").encode(),
        records=2,
        first={"community": "AUSTIN, CITY OF", "map": "01/22/20", "entered": "09/02/81", "class": "6"},
        place="Travis County, TX",
        undescribed=("lastRefresh", "tribal", "originalEntryDate"),
        told=(("corrected", "participating"),),
    ),
    "oig-exclusions": MadeFile(
        file="UPDATED.csv",
        report="exclusions",
        list_name="exclusions",
        older=EXCLUSIONS.encode(),
        newer="".join(EXCLUSIONS.splitlines(keepends=True)[:2]).encode(),
        records=2,
        first={"business": "#1 EXAMPLE SERVICE, INC", "excluded": "2020-03-19", "npi": "0000000000"},
        place="Kings County, NY",
        undescribed=("DOB", "UPIN", "REINDATE", "WVRSTATE"),
        told=(("removed",),),
    ),
    "judicial-vacancies": MadeFile(
        file="current-judicial-vacancies.html",
        report="page",
        list_name="vacancies",
        older=page_with(VACANCIES, title="Current Judicial Vacancies"),
        newer=page_with(
            (VACANCIES[0], (*VACANCIES[1][:4], "Poe,Ann", "11/03/2026"), VACANCIES[2]), title="Judicial Vacancies"
        ),
        records=2,
        first={"court": "05 - CCA", "incumbent": "Jones,Edith", "vacant": "2026-09-01"},
        place=None,
        told=(("corrected", "nominee", "nominated"),),
    ),
    "nrc-reactors": MadeFile(
        file="list-power-reactor-units.html",
        report="page",
        list_name="reactors",
        older=page_with(REACTORS, title="List of Power Reactor Units"),
        newer=page_with((*REACTORS[:2], (*REACTORS[2][:4], "Energy Harbor", "1")), title="List of Power Reactor Units"),
        records=2,
        first={"license": "DPR-51", "location": "6 miles WNW of Russellville, AR", "type": "PWR"},
        place=None,
        told=(("corrected", "owner"),),
    ),
}  # fmt: skip
