"""Makes imitations of the agencies' web pages for the demo. DOJ's and DHS's have their lists on the page itself.

DOJ's names are as published. DHS's list is made up: it has about the length of the real one and its known errors. Apart
from these errors, a name on it means nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SELF_IDENTIFIED = "Self-identification as a State Sanctuary Jurisdiction"

CORRECTION = (
    "Correction: Due to a data processing error, the Jan. 28 - Feb 03 Declined Detainer Outcome Report incorrectly "
    "attributed issued detainers to Franklin County, Iowa; Franklin County, New York; Franklin County, Pennsylvania; "
    "and Montgomery County, Iowa that were in fact issued to agencies in similarly named locations. Additionally, "
    "detainers that appeared as declined by Williamson County, TX and Bastrop County, TX were transfers to another "
    "facility. Finally, detainers that appeared as declined by Chester County, PA and Richmond County, NC were issued "
    "to those locations in error."
)
SUSPENSION = (
    "ICE continues to analyze and refine its reporting methodologies. While this analysis is ongoing, the publication "
    "of the Declined Detainer Outcome Report (DDOR) will be temporarily suspended."
)

# A content delivery network sends this, with status 200, to a program that it takes for a robot.
ACCESS_DENIED = b"""<HTML><HEAD>
<TITLE>Access Denied</TITLE>
</HEAD><BODY>
<H1>Access Denied</H1>
You don't have permission to access this document on this server.<P>
Reference&#32;&#35;18&#46;5f3a1702&#46;1747836000&#46;1c9e0a7b
</BODY></HTML>
"""

DOJ_STATES = (
    "California", "Colorado", "Connecticut", "Delaware", "District of Columbia", "Illinois", "Minnesota", "Nevada",
    "New York", "Oregon", "Rhode Island", "Vermont", "Washington",
)  # fmt: skip
DOJ_COUNTIES = ("Baltimore County, MD", "Cook County, IL", "San Diego County, CA", "San Francisco County, CA")
DOJ_CITIES = (
    "Albuquerque, NM", "Berkeley, CA", "Boston, MA", "Chicago, IL", "Denver, CO", "East Lansing, MI", "Hoboken, NJ",
    "Jersey City, NJ", "Los Angeles, CA", "New Orleans, LA", "New York City, NY", "Newark, NJ", "Paterson, NJ",
    "Philadelphia, PA", "Portland, OR", "Rochester, NY", "Seattle, WA", "San Francisco City, CA",
)  # fmt: skip
DOJ_CHARACTERISTICS = (
    "Public Declarations: Cities, states, or counties that publicly declare themselves a sanctuary jurisdiction.",
    "Laws, Ordinances, or Executive Directives: Laws or directives that obstruct or limit cooperation with ICE.",
    "Restrictions on Information Sharing: Limits on sharing immigration status with federal authorities.",
    "Limits on ICE Detainers: Jurisdictions that decline to honor ICE detainers without a judicial warrant.",
    "Denial of Jail Access: Restrictions on ICE agents' interviews of detainees without their consent.",
)

# For each state whether it lists itself, its counties (without that word), and its cities.
DHS = """
Alaska
Cities: City of Anchorage

California
State
Counties: Alameda, Alpine, Amador, Calaveras, Colusa, Contra Costa, Fresno, Glenn, Humboldt, Imperial, Inyo, Kern,
Kings, Lake, Los Angeles, Madera, Marin, Mariposa, Mendocino, Merced, Mono, Monterey, Napa, Orange, Placer, Plumas,
Riverside, Sacramento, San Benito, San Bernardino, San Diego, San Francisco, San Joaquin, San Luis Obispo, San Mateo,
Santa Barbara, Santa Clara, Santa Cruz, Shasta, Sierra, Siskiyou, Solano, Sonoma, Stanislaus, Sutter, Trinity, Tulare,
Tuolumne, Ventura, Yolo, Yuba
Cities: Alameda, Albany, Baldwin Park, Bell, Berkeley, Burbank, Coachella, Concord, Culver City, Daly City, Davis,
East Palo Alto, Emeryville, Fremont, Fresno, Hayward, Huntington Park, Inglewood, Long Beach, Los Angeles, Lynwood,
Malibu, Maywood, Montebello, Monterey Park, Mountain View, National City, Oakland, Palo Alto, Pasadena, Pomona,
Richmond, Sacramento, Salinas, San Diego, San Francisco, San Jose, San Leandro, Santa Ana, Santa Cruz, Santa Monica,
Santa Rosa, Watsonville, West Hollywood

Colorado
State
Counties: Adams, Alamosa, Arapahoe, Archuleta, Bent, Boulder, Chaffee, Clear Creek, Conejos, Costilla, Crowley,
Custer, Delta, Denver, Dolores, Eagle, Garfield, Gilpin, Grand, Gunnison, Hinsdale, Huerfano, Jefferson, Kiowa, Lake,
La Plata, Larimer, Las Animas, Mesa, Montezuma, Otero, Ouray, Pitkin, Pueblo, Rio Grande, Routt, Saguache, San Miguel,
Summit
Cities: City of Aurora, City of Boulder, City of Centennial, City of Denver, City of Durango, City of Lafayette, City
of Longmont, City of Northglenn, City of Thornton, City of Westminster

Connecticut
State
Cities: Bridgeport, East Haven, Hamden, Hartford, Manchester, New Haven, New London, Windham

Delaware
State

District of Columbia
State

Idaho
Cities: City of Boise

Illinois
State
Counties: Bureau, Champaign, Clark, Clay, Cook, DuPage, Effingham, Fayette, Fulton, Grundy, Henry, Jackson, Jersey,
Kane, Kendall, Lake, LaSalle, Lee, Livingston, Macon, Madison, Marion, McHenry, McLean, Ogle, Peoria, Pike, Rock
Island, Sangamon, St. Clair, Stephenson, Tazewell, Will, Winnebago
Cities: Aurora, Chicago, Cicero, Elgin, Evanston, Joliet, Oak Park, Skokie, Urbana, Waukegan

Kentucky
Counties: Cambell, Franklin, Scott
Cities: City of Louisville

Louisiana
Cities: City of New Orleans

Maine
Cities: City of Portland

Maryland
State
Counties: Anne Arundel, Baltimore, Charles, Howard, Montgomery, Prince George's, Queen Anne's, St. Mary's, Talbot
Cities: Annapolis, Baltimore, Cheverly, Edmonston, Greenbelt, Hyattsville, Mount Rainier, Rockville, Takoma Park

Massachusetts
State
Counties: Hampden, Suffolk
Cities: Amherst, Boston, Cambridge, Chelsea, Concord, Holyoke, Lawrence, Newton, Northampton, Orleans, Somerville,
Springfield

Michigan
Counties: Genesee, Kalamazoo, Kent, Leelanau, Luce, Muskegon, Oakland, Wayne
Cities: Ann Arbor, East Lansing, Grand Rapids, Kalamazoo, Lansing

Minnesota
State
Counties: Anoka, Beltrami, Cottonwood, Dakota, Goodhue, Hennepin, Kandiyohi, Lincoln, Lyon, Nicollet, Nobles, Olmsted,
Ramsey, Steele, Stevens, Todd, Watonwan, Wright
Cities: Columbia Heights, Minneapolis, Northfield, St. Paul

Nebraska
Counties: Douglas, Hooker, Howard, Lancaster, Sarpy

Nevada
Counties: Washoe
Cities: City of Las Vegas

New Hampshire
Cities: Hanover, Lebanon

New Jersey
State
Counties: Atlantic, Bergen, Burlington, Camden, Essex, Hudson, Mercer, Middlesex, Morris, Ocean, Passaic, Salem,
Somerset, Sussex, Union, Warren
Cities: Asbury Park, Camden, East Orange, Hoboken, Jersey City, Linden, Maplewood, Newark, New Brunswick, North
Bergen, Paterson, Plainfield, Princeton, Trenton, Union City

New Mexico
Counties: Bernalillo, Catron, Cibola, Dona Ana, Eddy, Grant, Lincoln, Los Alamos, Luna, McKinley, Mora, Otero, Rio
Arriba, Roosevelt, San Juan, San Miguel, Sandoval, Santa Fe, Socorro, Taos, Torrance, Valencia
Cities: Albuquerque, Santa Fe

New York
State
Counties: Albany, Cayuga, Clinton, Columbia, Dutchess, Erie, Franklin, Greene, Madison, Monroe, Onondaga, Orange,
Oswego, Rockland, St. Lawrence, Saratoga, Schenectady, Suffolk, Sullivan, Tompkins, Ulster, Warren, Wayne, Westchester
Cities: Albany, Beacon, East Hampton, Hudson, Ithaca, Kingston, New York City, Newburgh, Poughkeepsie, Rochester,
Syracuse, Yonkers

North Carolina
Counties: Buncombe, Chatham, Durham, Forsyth, Guilford, Mecklenburg, Orange, Wake, Watauga
Cities: Charlotte, Durham

Ohio
Counties: Franklin, Hamilton, Lorain
Cities: City of Cincinnatti, City of Columbus, City of Oberlin

Oregon
State
Counties: Baker, Clackamas, Clatsop, Coos, Crook, Curry, Deschutes, Douglas, Gilliam, Grant, Hood River, Jackson,
Jefferson, Josephine, Lane, Lincoln, Linn, Malheur, Marion, Multnomah, Polk, Sherman, Tillamook, Umatilla, Union,
Wallowa, Wasco, Washington, Wheeler, Yamhill
Cities: Ashland, Beaverton, Corvallis, Eugene, Hillsboro, Portland, Salem, Springfield

Pennsylvania
Counties: Adams, Bedford, Bucks, Centre, Chester, Clarion, Dauphin, Delaware, Erie, Franklin, Lackawanna, Lehigh,
Montgomery, Montour, Northampton, Perry, Pike, Westmoreland
Cities: City of Philadelphia, City of Pittsburgh, City of State College, City of York

Rhode Island
State
Cities: Central Falls, Providence

Tennessee
Counties: Shelby
Cities: City of Nashville

Vermont
State
Counties: Addison, Chittenden, Lamoille, Washington, Windham, Windsor
Cities: Burlington, Montpelier, South Burlington, Winooski

Virginia
Counties: Albemarle, Alexandria, Arlington, Chesterfield, Fairfax, Loudoun, Martinsville, Prince William
Cities: Alexandria, Charlottesville, Falls Church, Hampton, Newport News, Norfolk, Portsmouth, Richmond

Washington
State
Counties: Adams, Benton, Chelan, Clallam, Clark, Cowlitz, Ferry, Franklin, Grant, Grays Harbor, Island, Jefferson,
King, Kitsap, Kittitas, Klickitat, Lewis, Lincoln, Mason, Okanogan, Pacific, Pend Oreille, Pierce, San Juan, Skagit,
Skamania, Snohomish, Spokane, Stevens, Thurston, Wahkiakum, Walla Walla, Whatcom, Whitman, Yakima
Cities: Bellingham, Burien, Everett, Kent, Olympia, Seattle, Spokane, Tacoma, Tukwila, Vancouver, Yakima

Wisconsin
Counties: Dane, Milwaukee, Shawano
Cities: Madison, Milwaukee, Racine
"""


def dhs_lists() -> tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]:
    """Return the lists of DHS's page: for each state its name and its groups.

    A group is a heading (State, Counties or Cities) and the names under it.
    """
    heading = re.compile(r"\n(?=State$|Counties: |Cities: )", re.MULTILINE)
    blocks = (heading.split(block) for block in DHS.strip().split("\n\n"))
    return tuple((state, tuple(_group(part) for part in parts)) for state, *parts in blocks)


def _group(part: str) -> tuple[str, tuple[str, ...]]:
    heading, _, text = part.partition(": ")
    if heading == "State":
        return heading, (SELF_IDENTIFIED,)
    suffix = " County" if heading == "Counties" else ""
    return heading, tuple(f"{name}{suffix}" for name in " ".join(text.split()).split(", "))


def dhs_counts() -> tuple[int, int, int]:
    """Return the numbers of states, counties and cities that DHS's page lists."""
    groups = [group for _, groups in dhs_lists() for group in groups]
    states, counties, cities = (
        sum(len(names) for heading, names in groups if heading == wanted) for wanted in ("State", "Counties", "Cities")
    )
    return states, counties, cities


def dhs(at: datetime) -> bytes:
    """Return DHS's page as published at the time `at`: for each state a heading, and its lists under it."""
    parts = [
        "<p>DHS demands that these jurisdictions immediately review and revise their policies.</p>",
        "<p>No one should act on this information without conducting their own evaluation of the information.</p>",
    ]
    for state, groups in dhs_lists():
        parts.append(f"<h2>{escape(state)}</h2>")
        parts += [f"<h3>{heading}</h3>\n{_bullets(names)}" for heading, names in groups]
    title = "Sanctuary Jurisdictions Defying Federal Immigration Law"
    return _page("Homeland Security", title, body="\n".join(parts), at=at)


def doj(at: datetime, *, states: Iterable[str] = DOJ_STATES) -> bytes:
    """Return DOJ's page as published at the time `at`, with the lists STATES (from `states`), COUNTIES and CITIES.

    Before these, a bulleted list names the characteristics that DOJ considered; it lists no jurisdictions.
    """
    body = f"""<p>Executive Order 14287, Protecting American Communities from Criminal Aliens, directs the publication
of a list of states and local jurisdictions that obstruct the enforcement of federal immigration laws.</p>
<p>The following characteristics were considered; the list is not exhaustive and will be updated.</p>
{_bullets(DOJ_CHARACTERISTICS)}
<h2>STATES</h2>
{_bullets(states)}
<h2>COUNTIES</h2>
{_bullets(DOJ_COUNTIES)}
<h2>CITIES</h2>
{_bullets(DOJ_CITIES)}"""
    title = "U.S. Sanctuary Jurisdiction List Following Executive Order 14287: Protecting American Communities"
    return _page("Department of Justice", title, body=body, at=at)


def declined_detainers(at: datetime, *, reports: Iterable[tuple[str, str]], notices: Iterable[str] = ()) -> bytes:
    """Return ICE's page of the weekly reports as published at the time `at`: first the notices, then links to reports.

    `reports` are pairs of the path and the title of a report.
    """
    said = "\n".join(f'<div class="usa-alert"><p>{escape(notice)}</p></div>' for notice in notices)
    links = "\n".join(
        f'<li><a href="{escape(path)}" type="application/pdf">{escape(title)}</a> <span>(PDF)</span></li>'
        for path, title in reports
    )
    body = f"""{said}
<p>Executive Order 13768 directs the Secretary to publish, week by week, where detainers were not honored.</p>
<h2>Weekly reports</h2>
<ul class="documents">
{links}
</ul>
<h2>Further reading</h2>
<ul><li><a href="/detainer-policy">Detainer policy</a></li>
<li><a href="/doclib/detainers/form-i247a.pdf">Form I-247A (PDF)</a></li></ul>"""
    return _page("Immigration and Customs Enforcement", "Declined Detainer Outcome Report", body=body, at=at)


def agreements(at: datetime, *, participating: str, pending: str) -> bytes:
    """Return ICE's 287(g) page as published at the time `at`, with links to the paths of the two spreadsheets."""
    body = f"""<p>The 287(g) program allows ICE to delegate specified immigration officer duties to state and local law
enforcement under its direction and oversight.</p>
<h2>Participating and pending agencies</h2>
<p>As of {at:%B} {at.day}, {at.year}, the agencies with a signed agreement, and those whose application is pending:</p>
<ul><li><a class="file" href="{escape(participating)}">Participating Agencies</a></li>
<li><a class="file" href="{escape(pending)}">Pending Agencies</a></li></ul>
<h2>Models</h2>
<ul><li>Jail Enforcement Model</li><li>Task Force Model</li><li>Warrant Service Officer</li></ul>
<p><a href="/doclib/about/offices/ero/287g/factsheet.pdf">Fact sheet</a></p>"""
    title = "Delegation of Immigration Authority Section 287(g) Immigration and Nationality Act"
    return _page("Immigration and Customs Enforcement", title, body=body, at=at)


def _bullets(entries: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{escape(entry)}</li>" for entry in entries) + "\n</ul>"


def _token(purpose: str, at: datetime) -> str:
    """Return 32 hexadecimal digits that are others for each time and purpose, like the hidden tokens on real pages."""
    return hashlib.sha256(f"{purpose} {at.isoformat()}".encode()).hexdigest()[:32]


def _page(agency: str, title: str, *, body: str, at: datetime) -> bytes:
    """Return a whole page around `body`, the HTML of its content.

    As on real pages, hidden tokens in it change with the time `at`; a program must not take that for a change of the
    lists.
    """
    nonce, view = _token("nonce", at), _token("view", at)
    settings = json.dumps({"path": {"currentLanguage": "en"}, "user": {"permissionsHash": _token("user", at)}})
    return f"""<!DOCTYPE html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><title>{escape(title)} | {agency}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script nonce="{nonce}">window.dataLayer = window.dataLayer || [];</script>
<script type="application/json" data-drupal-selector="drupal-settings-json">{settings}</script></head>
<body class="path-node page-node-type-page">
<a href="#main-content" class="visually-hidden">Skip to main content</a>
<header role="banner"><p>{agency}</p>
<form action="/search" method="get"><input type="hidden" name="form_build_id" value="form-{view}">
<input type="search" name="query"></form>
<nav aria-label="Main"><ul><li><a href="/about">About</a></li><li><a href="/news">News</a></li>
<li><a href="/topics">Topics</a></li><li><a href="/contact">Contact</a></li></ul></nav></header>
<main id="main-content" class="js-view-dom-id-{view}"><article><h1>{escape(title)}</h1>
<div class="field field--name-body">
{body}
</div></article></main>
<footer role="contentinfo">
<div class="updated">Last updated: <time datetime="{at.isoformat()}">{at:%m/%d/%Y}</time></div>
<ul><li><a href="/privacy">Privacy</a></li><li><a href="/accessibility">Accessibility</a></li>
<li><a href="/foia">FOIA</a></li></ul>
<p>An imitation made by monitor demo. Not a publication of any agency.</p></footer>
</body></html>
""".encode()
