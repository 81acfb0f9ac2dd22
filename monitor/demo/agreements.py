"""The agencies in the demo's 287(g) spreadsheets, issue by issue (each publication of the sheets is an issue).

Most agreements are a small part of those that ICE listed in 2025, at other times; the links, and the choice of pending
agreements, are made up. No row is evidence of anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from monitor.demo.sheets import Agreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODELS = {"W": "Warrant Service Officer", "J": "Jail Enforcement Model", "T": "Task Force Model"}

# Issue (month and day), state, models, date signed, agencies: "Etowah" is a county's sheriff, "Venice PD" a police
# department, "=..." a state agency under its full name.
SIGNED_AGREEMENTS = (
    ("0317", "ALABAMA", "J", "2020-06-09", "Etowah"),
    ("0317", "ARIZONA", "J", "2020-06-09", "Pinal, Yavapai"),
    ("0317", "ARIZONA", "W", "2020-02-27", "La Paz"),
    ("0317", "FLORIDA", "J", "2020-06-09", "Collier, Hernando"),
    ("0317", "FLORIDA", "T", "2025-02-14", "=Florida Department of Law Enforcement"),
    ("0317", "FLORIDA", "T", "2025-02-26", "Alachua, Baker, Bay, Bradford, Broward, Calhoun, Charlotte, Citrus, Clay"),
    ("0317", "FLORIDA", "T", "2025-02-26", "Columbia, DeSoto, Dixie, Escambia, Flagler, Franklin, Gadsden, Orange"),
    ("0317", "FLORIDA", "T", "2025-02-26", "Hillsborough, Osceola, Palm Beach, Pasco, Pinellas, Polk, Putnam"),
    ("0317", "FLORIDA", "T", "2025-02-28", "Belleair PD, Clearwater PD, Fort Walton Beach PD, Gulfport PD, Tampa PD"),
    ("0317", "FLORIDA", "T", "2025-03-05", "Arcadia PD, Clermont PD, Key West PD, Marianna PD"),
    ("0317", "FLORIDA", "W", "2019-05-06", "Brevard, Charlotte, Columbia, Hernando, Levy, Manatee, Polk, Sarasota"),
    ("0317", "FLORIDA", "W", "2019-10-15", "Baker, Bay, Bradford, DeSoto, Franklin, Hamilton, Hendry, Highlands"),
    ("0317", "FLORIDA", "W", "2019-10-15", "Holmes, Indian River, Jefferson, Lafayette, Lake, Leon, Marion, Monroe"),
    ("0317", "FLORIDA", "W", "2025-02-26", "Citrus, Escambia, Gadsden, Gilchrist, Glades, Palm Beach, Union"),
    ("0317", "GEORGIA", "J", "2020-06-09", "=Georgia Department of Corrections, Hall, Whitfield"),
    ("0317", "GEORGIA", "J", "2025-02-24", "Monroe, Walker"),
    ("0317", "GEORGIA", "W", "2025-02-27", "Bibb, Pierce"),
    ("0317", "IDAHO", "TW", "2025-02-19", "Owyhee"),
    ("0317", "KANSAS", "TW", "2025-02-18", "=Kansas Bureau of Investigation"),
    ("0317", "KANSAS", "W", "2025-03-05", "Cowley, Reno"),
    ("0317", "MARYLAND", "J", "2020-06-09", "Cecil, Frederick, Harford"),
    ("0317", "NEW HAMPSHIRE", "T", "2025-03-03", "Belknap, Colebrook PD, Gorham PD, Ossipee PD"),
    ("0317", "NORTH CAROLINA", "J", "2020-06-09", "Cabarrus, Gaston, Henderson"),
    ("0317", "NORTH CAROLINA", "W", "2020-07-23", "Alamance, Avery, Brunswick, Caldwell, Cleveland, Lincoln, Randolph"),
    ("0317", "OHIO", "TW", "2025-02-28", "Seneca"),
    ("0317", "OKLAHOMA", "J", "2020-06-08", "Canadian, Tulsa"),
    ("0317", "SOUTH CAROLINA", "J", "2020-06-09", "Horry, York"),
    ("0317", "TENNESSEE", "J", "2020-06-09", "Greene, Knox, Putnam"),
    ("0317", "TEXAS", "J", "2020-06-08", "Aransas, DeWitt, Galveston, Jackson, Lavaca, Lubbock, Victoria"),
    ("0317", "TEXAS", "J", "2020-06-09", "Chambers, Goliad, Montgomery, Nueces, Refugio, Rockwall, Smith, Wharton"),
    ("0317", "TEXAS", "T", "2025-01-30", "=Texas Office of the Attorney General"),
    ("0317", "TEXAS", "T", "2025-02-18", "Goliad, Smith"),
    ("0317", "TEXAS", "TW", "2025-03-10", "Sutton, Titus"),
    ("0317", "TEXAS", "W", "2025-02-24", "Bee, Calhoun, DeWitt, Harrison, Jackson, Lavaca, McMullen, Victoria"),
    ("0317", "VIRGINIA", "T", "2025-03-07", "Bedford, =Virginia Department of State Police"),
    ("0317", "WISCONSIN", "W", "2020-06-05", "Brown, Fond du Lac, Manitowoc, Marquette, Sheboygan, Waushara"),
    ("0317", "WYOMING", "JW", "2020-03-13", "Sweetwater"),
    ("0318", "ALABAMA", "J", "2025-03-17", "Elmore"),
    ("0318", "ALABAMA", "JW", "2025-03-17", "Henry"),
    ("0318", "FLORIDA", "T", "2025-03-17", "Okeechobee PD, Tavares PD, Venice PD"),
    ("0318", "NORTH DAKOTA", "T", "2025-03-17", "McKenzie"),
    ("0318", "OHIO", "TW", "2025-03-17", "Portage"),
    ("0318", "TENNESSEE", "J", "2025-03-17", "Hamilton"),
    ("0318", "TEXAS", "J", "2025-03-17", "Gregg"),
    ("0318", "WISCONSIN", "W", "2025-03-17", "Wood"),
    ("0321", "MISSOURI", "J", "2025-03-21", "Christian"),
    ("0321", "MISSOURI", "T", "2025-03-21", "=Missouri State Highway Patrol"),
    ("0321", "SOUTH CAROLINA", "W", "2025-03-21", "Greenville"),
    ("0321", "TEXAS", "J", "2025-03-21", "Grayson, Winkler"),
    ("0321", "TEXAS", "W", "2025-03-21", "Fayette"),
    ("0321", "UTAH", "JT", "2025-03-21", "Washington"),
    ("0328", "ALABAMA", "T", "2025-03-25", "Franklin"),
    ("0328", "FLORIDA", "T", "2025-03-25", "Boca Raton PD, Bradenton PD, Cocoa Beach PD, High Springs PD"),
    ("0328", "FLORIDA", "T", "2025-03-26", "Jupiter PD, Orlando PD"),
    ("0328", "MINNESOTA", "T", "2025-03-25", "Crow Wing"),
    ("0328", "TEXAS", "T", "2025-03-25", "Falls, Jim Wells"),
    ("0411", "FLORIDA", "T", "2025-04-10", "Edgewood PD, Havana PD, Highland Beach PD, Holmes Beach PD, Lady Lake PD"),
    ("0411", "OHIO", "T", "2025-04-02", "Butler"),
    ("0411", "SOUTH CAROLINA", "T", "2025-04-10", "Kershaw"),
    ("0411", "TEXAS", "T", "2025-04-10", "Hamilton"),
    ("0514", "FLORIDA", "T", "2025-04-14", "Melbourne PD, Melbourne Beach PD, Ocean Ridge PD, Orange City PD"),
    ("0514", "FLORIDA", "T", "2025-04-14", "Pembroke Pines PD, St. Cloud PD, Stuart PD"),
    ("0514", "FLORIDA", "T", "2025-04-15", "University of Florida PD, University of West Florida PD"),
    ("0514", "FLORIDA", "T", "2025-05-13", "Indialantic PD, New Port Richey PD, Ocoee PD"),
    ("0514", "GEORGIA", "W", "2025-05-13", "Forsyth, Glynn, Madison"),
    ("0514", "OKLAHOMA", "W", "2025-05-13", "Lincoln"),
    ("0514", "TEXAS", "T", "2025-05-13", "Coke"),
    ("0514", "TEXAS", "W", "2025-05-13", "Hood"),
    ("0522", "ALABAMA", "J", "2025-05-20", "Pike"),
    ("0522", "ALABAMA", "JW", "2025-05-20", "Lawrence"),
    ("0522", "FLORIDA", "T", "2025-05-16", "Sarasota PD"),
    ("0522", "GEORGIA", "JW", "2025-05-22", "Catoosa"),
    ("0522", "GEORGIA", "W", "2025-05-22", "Coweta, Dawson, Harris"),
    ("0522", "SOUTH CAROLINA", "W", "2025-05-22", "Pickens"),
    ("0522", "TEXAS", "J", "2025-05-20", "Colorado, Franklin"),
    ("0612", "ALABAMA", "J", "2025-06-12", "Franklin"),
    ("0612", "ALABAMA", "JW", "2025-06-12", "Lauderdale"),
    ("0612", "ARKANSAS", "W", "2025-06-12", "Saline"),
    ("0612", "KANSAS", "W", "2025-06-12", "Anderson, Haskell"),
    ("0612", "NORTH CAROLINA", "W", "2025-06-12", "Catawba"),
    ("0612", "TEXAS", "W", "2025-06-12", "Madison, Milam"),
    ("0703", "ALABAMA", "T", "2025-07-02", "Colbert"),
    ("0703", "FLORIDA", "T", "2025-07-02", "Apopka PD, Atlantic Beach PD, Atlantis PD, Cape Coral PD, Cocoa PD"),
    ("0703", "FLORIDA", "T", "2025-07-02", "Casselberry PD"),
    ("0703", "KANSAS", "T", "2025-07-02", "Shawnee"),
    ("0703", "MISSISSIPPI", "W", "2025-07-02", "Harrison"),
    ("0703", "SOUTH CAROLINA", "W", "2025-07-02", "Georgetown"),
    ("0703", "TENNESSEE", "W", "2025-07-02", "Madison"),
    ("0703", "TEXAS", "T", "2025-07-02", "Terrell"),
    ("0703", "UTAH", "T", "2025-07-02", "Tooele, Weber"),
)
# Issue, state, models, agencies. An agency that signs is pending no longer.
PENDING_AGREEMENTS = (
    ("0317", "ALABAMA", "W", "Cherokee, Limestone"),
    ("0317", "FLORIDA", "T", "Edgewood PD, Havana PD, Lady Lake PD, Melbourne PD, Melbourne Beach PD, Ocean Ridge PD"),
    ("0317", "FLORIDA", "T", "Orange City PD"),
    ("0317", "KANSAS", "W", "Anderson, Haskell"),
    ("0317", "MISSOURI", "J", "Christian"),
    ("0317", "MISSOURI", "T", "=Missouri State Highway Patrol"),
    ("0317", "OKLAHOMA", "W", "Lincoln"),
    ("0317", "SOUTH CAROLINA", "T", "Kershaw"),
    ("0317", "SOUTH CAROLINA", "W", "Greenville"),
    ("0317", "TEXAS", "J", "Grayson, Winkler"),
    ("0317", "TEXAS", "W", "Fayette, Hill, Hood"),
    ("0317", "UTAH", "JT", "Washington"),
    ("0317", "VIRGINIA", "W", "Loudoun"),
    ("0318", "GEORGIA", "W", "Burke, Dade"),
    ("0318", "PENNSYLVANIA", "W", "Bradford"),
    ("0411", "FLORIDA", "T", "Indialantic PD, University of Florida PD, University of West Florida PD"),
    ("0411", "NEVADA", "W", "Lyon"),
    ("0411", "NORTH CAROLINA", "W", "Union"),
    ("0522", "TEXAS", "W", "Lamb, Newton"),
    ("0522", "WISCONSIN", "W", "Kewaunee"),
    ("0522", "WYOMING", "W", "Carbon"),
    ("0703", "TENNESSEE", "W", "Coffee, Dyer"),
    ("0703", "TEXAS", "W", "Lynn"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The agreements on ICE's two lists (participating, pending) at one time; their order does not matter."""

    participating: tuple[Agreement, ...] = ()
    pending: tuple[Agreement, ...] = ()

    def after(self, issue: str) -> Roster:
        """Return the lists with the agreements that are added in an issue, named by its month and day, like "0317".

        A pending agreement that is signed in this issue moves to the participating ones.
        """
        signed = tuple(_signed(issue))
        moved = {each.order for each in signed}
        waiting = tuple(each for each in self.pending if each.order not in moved)
        return Roster(participating=self.participating + signed, pending=waiting + tuple(_pending(issue)))

    def corrected(self, correct: Callable[[Agreement], Agreement]) -> Roster:
        """Return the lists with each participating agreement replaced by what `correct` returns for it."""
        return replace(self, participating=tuple(correct(each) for each in self.participating))

    def without(self, agency: str, *, model: str) -> Roster:
        """Return the lists without the participating agreement of the given agency and model."""
        kept = tuple(each for each in self.participating if (each.agency, each.model) != (agency, model))
        return replace(self, participating=kept)


def _signed(issue: str) -> Iterator[Agreement]:
    for when, state, models, signed, names in SIGNED_AGREEMENTS:
        if when == issue:
            yield from _agreements(state, models, names=names, signed=date.fromisoformat(signed))


def _pending(issue: str) -> Iterator[Agreement]:
    for when, state, models, names in PENDING_AGREEMENTS:
        if when == issue:
            yield from _agreements(state, models, names=names, signed=None)


def _agreements(state: str, models: str, *, names: str, signed: date | None) -> Iterator[Agreement]:
    for name in names.split(", "):
        if name.startswith("="):
            agency, kind, county = name[1:], "State Agency", "#N/A"
        elif name.endswith(" PD"):
            agency, kind, county = name.removesuffix("PD") + "Police Department", "Municipality", "#N/A"
        else:
            agency, kind, county = f"{name} County Sheriff's Office", "County", f"{name} County"
        for model in models:
            yield Agreement(state=state, agency=agency, type=kind, county=county, model=MODELS[model], signed=signed)
