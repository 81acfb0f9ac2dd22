"""Lists that stand on web pages: cards, a table over three pages, and lists under nested headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.publications.publication import (
    Change,
    File,
    Issue,
    Publication,
    Record,
    added,
    corrected,
    in_sheets,
    page,
    removed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Card = tuple[str, str, str, str, str]
# name, type, telephone, city, field office
CARDS: tuple[Card, ...] = (
    ("Adams County Detention Center", "Contract", "(555) 010-0101", "Natchez, MS", "New Orleans"),
    ("Baker County Facility", "Local", "(555) 010-0102", "Macclenny, FL", "Miami"),
    ("Broward Transitional Center", "Contract", "(555) 010-0103", "Pompano Beach, FL", "Miami"),
    ("Caroline Detention Facility", "Local", "(555) 010-0104", "Bowling Green, VA", "Washington"),
    ("Denver Contract Detention Facility", "Contract", "(555) 010-0105", "Aurora, CO", "Denver"),
    ("Elizabeth Detention Center", "Contract", "(555) 010-0106", "Elizabeth, NJ", "Newark"),
    ("Farmville Detention Center", "Contract", "(555) 010-0107", "Farmville, VA", "Washington"),
    ("Krome Service Processing Center", "Federal", "(555) 010-0108", "Miami, FL", "Miami"),
    ("Otay Mesa Detention Center", "Contract", "(555) 010-0109", "San Diego, CA", "San Diego"),
)


def _address(name: str) -> str:
    return f"https://www.example.gov/facility/{'-'.join(name.lower().split())}"


def _card_record(card: Card) -> Record:
    name, kind, phone, city, office = card
    return {"name": name, "page": _address(name), "type": kind, "phone": phone, "city": city, "office": office}


def _cards(rows: Sequence[Card], *told: Change) -> Issue:
    body = "<p>Choose a facility.</p><div class='grid'>" + "".join(
        f"<div class='facility card'><h3><a href='{_address(name)}'>{name}</a></h3><span class='type'>{kind}</span>"
        f"<dl><dt>Phone</dt><dd>{phone}</dd><dt>City</dt><dd>{city}</dd></dl>"
        f"<p><b>Field office:</b> {office}</p></div>"
        for name, kind, phone, city, office in rows
    )
    records = [_card_record(each) for each in rows]
    file = File(path="/facility", content=page("Facilities", f"{body}</div>"), records={"facilities": records})
    return Issue(files=(file,), current=file.records, told=told)


def cards() -> Publication:
    """A telephone number is corrected, one facility comes, one goes."""
    second = [(*each[:2], "(555) 010-0144", *each[3:]) if each[0].startswith("Caroline") else each for each in CARDS]
    new = ("Folkston Processing Center", "Contract", "(555) 010-0110", "Folkston, GA", "Atlanta")
    second.insert(7, new)
    third = [each for each in second if not each[0].startswith("Elizabeth")]
    return Publication(
        name="cards",
        peculiar="web page: a card for each facility, with labels",
        issues=(
            _cards(CARDS),
            _cards(
                second,
                corrected("facilities", _card_record(second[3]), phone="(555) 010-0104"),
                added("facilities", _card_record(new)),
            ),
            _cards(third, removed("facilities", _card_record(CARDS[5]))),
        ),
        description=r"""
  cards:
    title: Facilities
    page: https://www.example.gov/facility
    reports:
      page:
        kind: page
        format: html
        lists:
          facilities:
            title: Facilities
            card: 'div.facility'
            columns:
              name: { select: 'h3 a' }
              page: { select: 'h3 a', kind: link }
              type: { select: '.type', kind: class }
              phone: { label: 'Phone' }
              city: { label: 'City' }
              office: { label: 'Field office' }
            key: [name]
            anchors: [city, phone]
            names: [name]
            jurisdiction: { name: city, agency: name }
""",
    )


Layoff = tuple[str, str, str, str, int]
# company, county, date of the notice, date of the layoff, how many
LAYOFFS: tuple[Layoff, ...] = tuple(
    (company, f"{county} County", f"{notice}/2026", f"{layoff}/2026", people)
    for company, county, notice, layoff, people in (
        ("Zenith Freight", "Dallas", "03/27", "05/29", 120), ("Alder Mills", "Bell", "03/24", "05/25", 64),
        ("Baker & Sons", "Travis", "03/20", "05/19", 55), ("Cedar Clinics", "Bexar", "03/18", "05/20", 210),
        ("Delta Foods", "Harris", "03/13", "05/12", 1042), ("Eagle Print", "Tarrant", "03/11", "05/11", 78),
        ("Falcon Air", "Harris", "03/06", "05/05", 340), ("Grove Dairy", "Erath", "03/04", "05/04", 51),
        ("Harbor Steel", "Nueces", "02/27", "04/28", 133), ("Iris Apparel", "El Paso", "02/25", "04/27", 97),
        ("Juniper Labs", "Brazos", "02/20", "04/21", 61), ("Keystone Pipe", "Ector", "02/18", "04/20", 148),
        ("Lakeside Inns", "Comal", "02/13", "04/14", 83), ("Mesa Energy", "Midland", "02/11", "04/13", 260),
        ("Noble Glass", "Gregg", "02/06", "04/07", 70), ("Oakwood Homes", "Denton", "02/04", "04/06", 112),
        ("Pioneer Books", "Travis", "01/30", "03/31", 58), ("Quarry Stone", "Burnet", "01/28", "03/30", 66),
        ("River Bank", "Potter", "01/23", "03/24", 90), ("Summit Tools", "Collin", "01/21", "03/23", 175),
        ("Falcon Air", "Harris", "01/16", "03/17", 145),
    )
)  # fmt: skip
ROWS_OF_A_PAGE = 8


def _layoff_record(row: Layoff) -> Record:
    def day(text: str) -> str:
        month, day, year = text.split("/")
        return f"{year}-{month}-{day}"

    return {
        "company": row[0],
        "county": row[1],
        "noticed_on": day(row[2]),
        "starts_on": day(row[3]),
        "people": str(row[4]),
    }


def _layoffs(rows: Sequence[Layoff], *told: Change) -> Issue:
    """The table over pages that the server tells apart by a parameter; the next one is linked."""
    sheets = in_sheets(rows, ROWS_OF_A_PAGE)
    files = []
    for number, sheet in enumerate(sheets):
        cells = "".join(
            f"<tr><td>{company}</td><td>{county}</td><td>{notice}</td><td>{layoff}</td><td>{people:,}</td></tr>"
            for company, county, notice, layoff, people in sheet
        )
        steps = "".join(
            f'<li><a href="/layoffs?page={at}">{text}</a></li>'
            for at, text in ((number - 1, "Previous"), (number + 1, "Next page"))
            if 0 <= at < len(sheets)
        )
        body = (
            "<table><thead><tr><th>Company</th><th>County</th><th>Notice Date</th><th>Layoff Date</th>"
            f"<th>Employees</th></tr></thead><tbody>{cells}</tbody></table><ul class='pager'>{steps}</ul>"
        )
        records = [_layoff_record(each) for each in sheet]
        path = f"/layoffs?page={number}" if number else "/layoffs"
        files.append(File(path=path, content=page("Layoff notices", body), records={"notices": records}))
    return Issue(files=files, current={"notices": [_layoff_record(each) for each in rows]}, told=told)


def layoff_notices() -> Publication:
    """A notice that comes in at the top pushes others to the next page; then one is corrected, and one withdrawn."""
    new = ("Union Garage", "Harris County", "03/31/2026", "06/01/2026", 77)
    second = [new, *LAYOFFS]
    third = [(*each[:4], 1142) if each[0] == "Delta Foods" else each for each in second]
    third = [each for each in third if each[0] != "Noble Glass"]
    delta = next(each for each in third if each[0] == "Delta Foods")
    noble = next(each for each in second if each[0] == "Noble Glass")
    return Publication(
        name="layoff-notices",
        peculiar="web page: a table that goes on over three pages with a pager",
        issues=(
            _layoffs(LAYOFFS),
            _layoffs(second, added("notices", _layoff_record(new))),
            _layoffs(
                third,
                corrected("notices", _layoff_record(delta), people="1042"),
                removed("notices", _layoff_record(noble)),
            ),
        ),
        description=r"""
  layoff-notices:
    title: Layoff notices
    page: https://www.example.gov/layoffs
    reports:
      page:
        kind: page
        format: html
        pager: { text: '^Next', href: 'page=\d+', at_most: 50 }
        lists:
          notices:
            title: Notices
            rows: events
            columns:
              company: [Company]
              county: [County]
              noticed_on: { header: [Notice Date], kind: date }
              starts_on: { header: [Layoff Date], kind: date }
              people: { header: [Employees], kind: number }
            key: [company, noticed_on]
            anchors: [county, starts_on, people]
            names: [company]
            jurisdiction: { name: county, level: county }
""",
    )


Places = dict[str, dict[str, dict[str, tuple[str, ...]]]]
# regions, in each the states, and in each of them counties and cities
PLACES: Places = {
    "Northeast": {
        "Massachusetts": {"Cities": ("Boston", "Chelsea", "Sommerville")},
        "New York": {
            "Counties": ("Albany County", "Ulster County", "Westchester County"),
            "Cities": ("Ithaca", "New York City", "Rochester"),
        },
        "Pennsylvania": {"Counties": ("Bucks County", "Chester County", "Lehigh County"), "Cities": ("Philadelphia",)},
    },
    "West": {
        "California": {
            "Counties": ("Alameda County", "Los Angeles County", "Orange County", "San Diego County"),
            "Cities": ("Berkeley", "Fremont", "San Francisco"),
        },
        "Oregon": {"Counties": ("Linn County", "Marion County", "Washington County"), "Cities": ("Portland", "Salem")},
        "Washington": {"Counties": ("King County", "Pierce County"), "Cities": ("Seattle", "Spokane")},
    },
}


def _named(places: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]], heading: str) -> list[Record]:
    return [
        {"name": name, "state": state}
        for states in places.values()
        for state, lists in states.items()
        for name in lists.get(heading, ())
    ]


def _nested(places: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]], *told: Change) -> Issue:
    body = "<p>The lists below are updated as policies change.</p>"
    for region, states in places.items():
        body += f"<h2>{region}</h2>"
        for state, lists in states.items():
            body += f"<h3>{state}</h3>"
            for heading, names in lists.items():
                body += f"<h4>{heading}</h4><ul>{''.join(f'<li>{name}</li>' for name in names)}</ul>"
    records = {"counties": _named(places, "Counties"), "cities": _named(places, "Cities")}
    file = File(path="/jurisdictions", content=page("Jurisdictions", body), records=records)
    return Issue(files=(file,), current=records, told=told)


def nested_headings() -> Publication:
    """A county comes in under one state, a city goes from another; a name is corrected."""

    def other(places: Places, region: str, state: str, heading: str, names: Sequence[str]) -> Places:
        lists = places[region][state] | {heading: tuple(names)}
        return places | {region: places[region] | {state: lists}}

    second = other(
        PLACES, "West", "Oregon", "Counties", ("Lane County", "Linn County", "Marion County", "Washington County")
    )
    second = other(second, "Northeast", "Massachusetts", "Cities", ("Boston", "Chelsea", "Somerville"))
    third = other(second, "West", "California", "Cities", ("Berkeley", "San Francisco"))
    return Publication(
        name="nested-headings",
        peculiar="web page: lists under headings, within states, within regions",
        issues=(
            _nested(PLACES),
            _nested(
                second,
                added("counties", {"name": "Lane County", "state": "Oregon"}),
                corrected("cities", {"name": "Somerville", "state": "Massachusetts"}, name="Sommerville"),
            ),
            _nested(third, removed("cities", {"name": "Fremont", "state": "California"})),
        ),
        description=r"""
  nested-headings:
    title: Jurisdictions
    page: https://www.example.gov/jurisdictions
    reports:
      page:
        kind: page
        format: html
        lists:
          counties: &under_state
            title: Counties
            says: '{name}, {state}'
            heading: '^Counties$'
            group: [state]
            item: '^(?P<name>.+)$'
            key: [name, state]
            names: [name]
            anchors: [state]
            jurisdiction: { name: name, state: state, level: county }
          cities:
            <<: *under_state
            title: Cities
            heading: '^Cities$'
            jurisdiction: { name: name, state: state, level: place }
""",
    )
