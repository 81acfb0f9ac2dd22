"""The content of ICE's Declined Detainer Outcome Reports of 2017, week by week, for the demo and the tests.

The figures and examples that ICE published are as published; all other rows are made up, with real places. No row is
evidence of anything.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
Values = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A row of section I of the report: a jurisdiction, and how many detainers it was sent.

    A detainer is a request to hold a person.
    """

    jurisdiction: str
    state: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """A row of section II: one declined detainer (a request to hold a person).

    Several rows may be equal, because a row has no number and no name of a person.
    """

    state: str
    jurisdiction: str
    citizenship: str
    issued_on: date
    declined_on: date
    activity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A row of section III of the report: a jurisdiction and its policy about detainers.

    - `place`: the name of the jurisdiction. `office`: ICE's office for its area.
    - `year`, `month`: when the policy was enacted.
    - `policy`, `criteria`: the policy in words, and its conditions.
    """

    place: str
    office: str
    year: int
    month: int
    policy: str
    criteria: tuple[str, ...]

    @property
    def jurisdiction(self) -> str:
        """The jurisdiction as printed, with ICE's office in brackets, like `Travis County, Texas (San Antonio)`."""
        return f"{self.place} ({self.office})"

    @property
    def enacted(self) -> str:
        """The month in which the policy was enacted, as it is printed, like `February 2017`."""
        return f"{MONTH_NAMES[self.month - 1]} {self.year}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The content of one report.

    - `first`, `last`: the first and the last day of its week. `published_at`: when it was published.
    - `issued_total`: the number of detainers issued. `issued`, `declined`, `policies`: the rows of its three sections.
    """

    first: date
    last: date
    published_at: datetime
    issued_total: int
    issued: tuple[Issued, ...]
    declined: tuple[Declined, ...]
    policies: tuple[Policy, ...]

    @property
    def file_name(self) -> str:
        """The name of the file as ICE chose it, like `ddor2017_02-04to02-10.pdf`."""
        return f"ddor{self.first:%Y_%m-%d}to{self.last:%m-%d}.pdf"

    @property
    def values(self) -> Mapping[str, Values]:
        """The records that must be read from the PDF, in order, keyed by the list's name.

        The values of a record are in the order of the list's fields.
        """
        return {
            "section-1": tuple((each.jurisdiction, each.state, str(each.count)) for each in self.issued),
            "section-2": tuple(
                (
                    each.state,
                    each.jurisdiction,
                    each.citizenship,
                    each.issued_on.isoformat(),
                    each.declined_on.isoformat(),
                    each.activity,
                )
                for each in self.declined
            ),
            "section-3": tuple(
                (each.jurisdiction, each.enacted, each.policy, "\n".join(each.criteria)) for each in self.policies
            ),
        }


ISSUED = (
    *(("Clark County", "Nevada", 51), ("Nassau County", "New York", 38), ("Cook County", "Illinois", 13)),
    *(("Montgomery County", "Iowa", 12), ("Snohomish County", "Washington", 12), ("Franklin County", "New York", 11)),
    *(("Washington County", "Oregon", 7), ("Alachua County", "Florida", 5), ("Franklin County", "Iowa", 5)),
    ("Franklin County", "Pennsylvania", 5),
)
STATE_JAIL, JAIL = "Travis County State Jail", "Travis County Jail"
# The rows of week 1 under the state jail that ICE moved to the county's jail within hours.
MISLABELLED = 14
# State, facility or jurisdiction, detainers declined in week 1.
DECLINED = (
    *(("California", "Alameda County Jail", 4), ("California", "Sacramento County Main Jail", 2)),
    *(("California", "Santa Clara County Main Jail", 5), ("California", "Los Angeles County Jail*", 3)),
    *(("Colorado", "Boulder County Jail", 2), ("Colorado", "Denver County Jail \u2013 Downtown", 2)),
    *(("Florida", "Alachua County Jail", 1), ("Illinois", "Cook County Jail", 6), ("Iowa", "Franklin County Jail", 1)),
    *(("Iowa", "Montgomery County Jail", 2), ("Maryland", "Montgomery County Detention Center", 1)),
    *(("Massachusetts", "Middlesex House of Correction", 2), ("Minnesota", "Hennepin County Adult Detention", 2)),
    *(("Nevada", "Clark County Detention Center", 1), ("New Jersey", "Middlesex County Adult Correction Center", 1)),
    *(("New Mexico", "Bernalillo County Metropolitan Detention Center", 2), ("New York", "Franklin County Jail", 2)),
    *(("New York", "Nassau County Correctional Center", 3), ("New York", "Rikers Island, Queens", 4)),
    *(("North Carolina", "Richmond County Jail", 1), ("Oregon", "Washington County Jail", 3)),
    *(("Pennsylvania", "Chester County Prison", 1), ("Pennsylvania", "Philadelphia Prison System", 2)),
    *(("Pennsylvania", "Franklin County Jail", 1), ("Texas", "Bastrop County Jail", 1)),
    *(("Texas", "Williamson County Jail", 2), ("Texas", JAIL, 128), ("Texas", STATE_JAIL, MISLABELLED)),
    *(("Washington", "King County Correctional Facility", 3), ("Washington", "Snohomish County Jail", 3)),
    ("Wisconsin", "Milwaukee County Jail", 1),
)
CITIZENSHIPS = (
    *("Mexico",) * 9,
    *("Guatemala", "Honduras", "El Salvador", "Cuba", "Jamaica", "Colombia", "Ecuador", "Dominican Republic"),
    *("China, Peoples Republic of", "Bosnia\u2013Herzegovina", "Trinidad and Tobago", "Vietnam"),
)
ACTIVITIES = (
    "Driving Under Influence Liquor",
    "Aggravated Assault \u2013 Family \u2013 Strong-Arm Attempted and Intimidation of a Witness",
    "Possession of a Controlled Substance, Less Than One Gram, With Intent to Deliver",
    "Domestic Violence",
    "Burglary of a Habitation \u201cForced Entry\u201d and Criminal Mischief",
    "Sexual Assault \u2013 Continuous Abuse of a Child or Disabled Individual",
    "Trafficking in Stolen Property and Fraudulent Use of Identification",
    "Assault",
    "Obstructing an Officer\u2019s Court-Ordered Blood Draw",
    "Traffic Offense \u2013 Non-Moving Violation",
    "Resisting Officer; Evading Arrest in a Motor Vehicle; Unauthorized Use of a Vehicle",
    "Indecency with a Child*",
)
# State, ICE's area of responsibility, places: "Ithaca" is a county, "=Ithaca" a place, "==..." the text as it stands.
PLACES = (
    ("California", "San Francisco", "Alameda, Contra Costa, Sacramento, San Francisco, San Mateo, Santa Clara, Sonoma"),
    ("California", "Los Angeles", "Los Angeles, Orange, Riverside, San Bernardino, =Santa Ana"),
    ("California", "San Diego", "San Diego"),
    ("Colorado", "Denver", "Arapahoe, =Aurora, Boulder, Denver, Garfield, Grand, Jefferson, Larimer, Mesa, Pitkin"),
    ("Connecticut", "Boston", "=East Haven, =Hartford, =New Haven"),
    ("Florida", "Miami", "Broward, Hernando, Hillsborough, Palm Beach, Pinellas"),
    ("Florida", "Miami", "Clay"),
    ("Georgia", "Atlanta", "Clayton, =Clarkston"),
    ("Illinois", "Chicago", "=Chicago, Champaign, Cook"),
    ("Iowa", "Saint Paul", "==Iowa City, Johnson County, Clinton, Franklin, Fremont, Greene, Ida, Iowa, Montgomery"),
    ("Iowa", "Saint Paul", "Jefferson, Linn, Marion, Polk, Pottawattamie, Sioux, Story, Wapello, Winneshiek"),
    ("Kansas", "Chicago", "Butler, Finney, Harvey, Johnson, Sedgwick, Shawnee"),
    ("Louisiana", "New Orleans", "=New Orleans, ==Orleans Parish"),
    ("Maine", "Boston", "Cumberland"),
    ("Maryland", "Baltimore", "==Baltimore City, Montgomery, Prince George\u2019s"),
    ("Massachusetts", "Boston", "=Amherst, =Boston, =Cambridge, Hampden, =Holyoke, =Lawrence, =Northampton"),
    ("Minnesota", "Saint Paul", "Hennepin, Ramsey"),
    ("Nebraska", "Saint Paul", "Douglas, Hall, Sarpy"),
    ("Nevada", "Salt Lake City", "Washoe"),
    ("New Jersey", "Newark", "Middlesex, =Newark, Ocean, Union"),
    ("New Mexico", "El Paso", "Bernalillo, Do\u00f1a Ana, Rio Arriba, San Miguel, Santa Fe, Taos"),
    ("New York", "New York City", "=New York City"),
    ("New York", "New York City", "Nassau"),
    ("New York", "Buffalo", "Franklin, =Ithaca, Onondaga, St. Lawrence, Wayne"),
    ("Oregon", "Seattle", "Clackamas, Lane, Marion, Multnomah, Washington"),
    ("Pennsylvania", "Philadelphia", "Bradford, Bucks, Chester, Clarion, Delaware, Lehigh, Lycoming, Montgomery"),
    ("Pennsylvania", "Philadelphia", "Montour, Perry, =Philadelphia, Pike, Westmoreland"),
    ("Pennsylvania", "Philadelphia", "Bedford, Franklin"),
    ("Rhode Island", "Boston", "=Providence"),
    ("Texas", "San Antonio", "Travis"),
)
# The places above that week 2 no longer listed.
ENDED_POLICIES = (
    "Clay County, Florida",
    "Nassau County, New York",
    "Bedford County, Pennsylvania",
    "Franklin County, Pennsylvania",
)
EXTENDED_POLICIES = (
    ("California", "San Francisco", "==California"),
    ("Connecticut", "Boston", "==Connecticut"),
    ("California", "San Francisco", "Fresno, Kern, Marin, Napa, =Richmond, Santa Cruz, Yolo"),
    ("Colorado", "Denver", "Pueblo, Routt, San Juan"),
    ("Illinois", "Chicago", "=Evanston, Kane, McHenry"),
    ("Iowa", "Saint Paul", "Allamakee, Black Hawk, Delaware, Dubuque"),
    ("Massachusetts", "Boston", "=Somerville, =Springfield"),
    ("Oregon", "Seattle", "Baker, Clatsop, Coos, Crook, Jackson, Lincoln, Yamhill"),
    ("Vermont", "Boston", "=Montpelier, =Winooski"),
    ("Washington", "Seattle", "Clark, King, Pierce, Snohomish, Thurston, Yakima"),
)
ADDED_LATER = (("Washington", "Seattle", "Walla Walla, Whatcom"), ("Georgia", "Atlanta", "DeKalb"))
POLICIES = (
    *("Sheriff\u2019s Office Policy", "Municipal Code Change", "County Board Resolution", "Executive Order"),
    *("County Jail Directive \u2013 Non-Cooperation", "Police Department General Order", "County Ordinance"),
)
CRITERIA = (
    "Will not honor ICE detainer without a judicially issued warrant or court-ordered detention",
    "Will only honor ICE detainer \u2018if the subject has a prior conviction\u2019 for a violent or serious crime",
    "Will not allow ICE agents access to individuals or facilities for investigative interviews",
    "Willing to accept some ICE detainers with a determination of probable cause",
    "Notifies ICE upon release of the individual, on a case-by-case basis",
    (
        "Will not share non-public information with immigration authorities, or expend county resources, unless the "
        "request is in writing and names the individual, the offense and the jurisdiction"
    ),
    "Requires the Department of Homeland Security to reimburse the county for the cost of detention",
    "No notification of release is provided",
)
# Policies that are known to have been published: year, month and kind.
PUBLISHED_POLICIES = {
    "Ithaca, New York": (2017, 2, "Municipal Code Change"),
    "Travis County, Texas": (2017, 1, "Travis County Sheriff\u2019s Office Policy on Cooperation with ICE"),
    "Iowa City, Johnson County, Iowa": (2017, 1, "Resolution"),
}


def history() -> tuple[Week, ...]:
    """Return the reports in order of time.

    They are: week 1, its revision some hours later at the same address, week 2 and week 3.
    """
    first = Week(
        first=date(2017, 1, 28),
        last=date(2017, 2, 3),
        published_at=datetime(2017, 3, 20, 14, 0, tzinfo=UTC),
        issued_total=3083,
        issued=tuple(Issued(jurisdiction=name, state=state, count=count) for name, state, count in ISSUED),
        declined=_declined("week 1", DECLINED, last=date(2017, 2, 3)),
        policies=policies_in_order(_policies(PLACES)),
    )
    revised = replace(
        first,
        published_at=first.published_at + timedelta(hours=5),
        declined=tuple(
            replace(each, jurisdiction=JAIL) if each.jurisdiction == STATE_JAIL else each for each in first.declined
        ),
    )
    return first, revised, second_week(first), third_week(second_week(first))


def second_week(first: Week) -> Week:
    """Return the report of 4 to 10 February 2017, made from `first`, the report of the week before.

    It has fewer declined detainers, lacks the policies of four counties, and has new policies, two of them of whole
    states.
    """
    kept = tuple(each for each in first.policies if each.place not in ENDED_POLICIES)
    few = tuple((state, name, max(1, count // 4)) for state, name, count in DECLINED if "Travis" not in name)
    rest = 47 - sum(count for _, _, count in few)
    return Week(
        first=date(2017, 2, 4),
        last=date(2017, 2, 10),
        published_at=datetime(2017, 3, 29, 14, 0, tzinfo=UTC),
        issued_total=2825,
        issued=_issued_again(first.issued, week=2),
        declined=_declined("week 2", (*few, ("Texas", JAIL, rest)), last=date(2017, 2, 10)),
        policies=policies_in_order((*kept, *_policies(EXTENDED_POLICIES))),
    )


def third_week(second: Week) -> Week:
    """Return the report of 11 to 17 February 2017, made from `second`, the report of the week before.

    It has three new policies, lacks one, and puts one in other words. All but the dates is made up.
    """
    kept = tuple(
        replace(each, policy="County Ordinance, as amended") if each.place == "Lane County, Oregon" else each
        for each in second.policies
        if each.place != "Grand County, Colorado"
    )
    few = (("California", "Santa Clara County Main Jail", 9), ("Illinois", "Cook County Jail", 7), ("Texas", JAIL, 15))
    return Week(
        first=date(2017, 2, 11),
        last=date(2017, 2, 17),
        published_at=datetime(2017, 4, 5, 14, 0, tzinfo=UTC),
        issued_total=2868,
        issued=_issued_again(second.issued, week=3),
        declined=_declined("week 3", few, last=date(2017, 2, 17)),
        policies=policies_in_order((*kept, *_policies(ADDED_LATER))),
    )


def policies_in_order(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    """Return the policies in the order of the published reports: the most recent first."""
    return tuple(sorted(policies, key=lambda each: (-each.year, -each.month, each.place)))


def _issued_again(before: tuple[Issued, ...], *, week: int) -> tuple[Issued, ...]:
    counts = sorted(max(3, each.count - 3 * week + index % 4) for index, each in enumerate(before))
    return tuple(replace(each, count=count) for each, count in zip(before, reversed(counts), strict=True))


def _declined(seed: str, rows: Iterable[tuple[str, str, int]], *, last: date) -> tuple[Declined, ...]:
    """Make up the detainers that were declined in the week that ends on `last`.

    `rows` has a state, a jurisdiction and a number of detainers each; the result is in their order. The citizenship,
    dates and activity of each detainer are random, but always the same for the same `seed`.
    """
    dice = random.Random(f"ddor {seed}")  # noqa: S311 - the same rows each time, nothing secret
    made: list[Declined] = []
    for state, jurisdiction, count in rows:
        for _ in range(count):
            declined_on = last - timedelta(days=dice.randrange(7))
            made.append(
                Declined(
                    state=state,
                    jurisdiction=jurisdiction,
                    citizenship=dice.choice(CITIZENSHIPS),
                    issued_on=declined_on - timedelta(days=dice.randrange(120)),
                    declined_on=declined_on,
                    activity=f"{dice.choice(ACTIVITIES)} ({dice.choice(('Charge', 'Conviction'))})",
                )
            )
    return tuple(made)


def _policies(places: Iterable[tuple[str, str, str]]) -> tuple[Policy, ...]:
    """Make up one policy for each place. It is always the same for the same place, so that all weeks agree.

    Each of `places` is a state, ICE's office, and a text with names of places, as in PLACES.
    """
    return tuple(_policy(name, state, office=office) for state, office, names in places for name in _split(names))


def _split(names: str) -> tuple[str, ...]:
    protected = names.replace("Iowa City, Johnson", "Iowa City; Johnson")
    return tuple(name.replace(";", ",") for name in protected.split(", "))


def _policy(name: str, state: str, *, office: str) -> Policy:
    place = f"{name} County, {state}"
    if name.startswith("="):
        bare = name.lstrip("=")
        place = bare if bare == state else f"{bare}, {state}"
    dice = random.Random(f"ddor {place}")  # noqa: S311 - the same policy each week, nothing secret
    year, month, policy = dice.randrange(2006, 2017), dice.randrange(1, 13), dice.choice(POLICIES)
    year, month, policy = PUBLISHED_POLICIES.get(place, (year, month, policy))
    return Policy(
        place=place,
        office=office,
        year=year,
        month=month,
        policy=policy,
        criteria=tuple(dice.sample(CRITERIA, dice.choice((1, 2, 2, 3, 3, 4)))),
    )
