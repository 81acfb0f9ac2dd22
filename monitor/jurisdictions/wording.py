"""Takes the name of an agency or place apart: the place, the kind of place, and the office.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from monitor.jurisdictions.states import plain_words

# A name of a body is cut at the first of these: what stands before tells where it is.
OFFICE = frozenset(
    {
        *("police", "pd", "sheriff", "sheriffs", "so", "constable", "constables", "marshal", "marshals", "patrol"),
        *("department", "dept", "office", "bureau", "division", "commission", "board", "agency", "authority", "guard"),
        *("commissioners", "supervisors", "council", "government", "court", "courts", "attorney", "prosecutor"),
        *("jail", "jails", "prison", "detention", "correctional", "corrections", "correction", "custody", "doc", "dps"),
        *(
            "university",
            "college",
            "school",
            "schools",
            "isd",
            "airport",
            "seaport",
            "district",
            "trustees",
            "regional",
        ),
        *("public", "law", "criminal", "justice", "adult", "campus", "transit", "rangers", "ranger", "bocc", "bcc"),
    }
)
# Words that stand in names of places too: College Station, University Park, District Heights.
IN_NAMES = frozenset(
    {"university", "college", "school", "airport", "district", "law", "justice", "public", "court", "regional"}
)
# Of these, what lies within a county or city and is not its government; a place may be called so all the same.
PART = frozenset(
    {
        *("constable", "constables", "jail", "jails", "prison", "detention", "correctional", "campus", "transit"),
        *("university", "college", "school", "schools", "isd", "airport", "seaport", "regional", "court"),
    }
)
OF = re.compile(
    r"(?:the )?(?P<form>city and (?:county|borough)|county|parish|city|town|village|borough|township|municipality)"
    r" of (?P<rest>.+)"
)
PARTS = r"(?:precinct|pct|district|ward|zone|place|no|number)s?"
ORDINALS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
NUMBERED = re.compile(rf" (?:{PARTS})? ?\d+\w*$| (?:{ORDINALS}|\d+(?:st|nd|rd|th)) {PARTS}$")
ENDING = re.compile(
    r"(.+?) (city and borough|borough|census area|municipio|planning region|charter township|township|twp|town|village"
    r"|plantation|city)"
)
TRAILING = frozenset({"metropolitan", "metro", "international", "regional", "municipal", "consolidated", "unified"})
METROPOLITAN = frozenset({"metropolitan", "metro"})
POLICE = frozenset({"police", "pd"})
SHERIFF = frozenset({"sheriff", "sheriffs", "so"})
COUNTY_SHORT = frozenset({"co", "cnty"})  # for `County`, behind a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A name of an agency or place, taken apart. Texts are in plain words: no capitals, accents or punctuation.

    - `whole`: the place that it names, like `travis county`; may be empty.
    - `core`: `whole` without the kind of place, like `travis`.
    - `longer`: like `whole`, but with words like `college`, which can belong to the name of a place or of an office.
    - `form`: the kind of place: `county`, `township` and so on; None if the name does not say it.
    - `part`: True for something within the place that is not its government, like a county's jail.
    - `office`: True for an office, like a sheriff's office, and not a place alone.
    - `sheriff`: True for a sheriff's office, which mostly belongs to a county.
    - `police`: True for a police department, which mostly belongs to a city; False for a metropolitan one.
    """

    whole: str
    longer: str
    core: str
    form: str | None = None
    part: bool = False
    office: bool = False
    sheriff: bool = False
    police: bool = False


@lru_cache(maxsize=50_000)
def wording(name: str) -> Wording:
    """Take a name apart, like `Bradley County Constable District 1` or `City of Anchorage`, and return its parts."""
    words = plain_words(re.sub(r"\([^)]*\)?", " ", name)).split()
    words[1:] = ["county" if word in COUNTY_SHORT else word for word in words[1:]]
    start = 2 if words[1:2] == ["county"] else 0  # Bureau County, Illinois, is no bureau
    cut = next((at for at, word in enumerate(words) if at >= start and word in OFFICE), len(words))
    office = cut < len(words)
    part = not PART.isdisjoint(words[cut:]) or "port authority" in " ".join(words)
    core = words[:cut] or _place_after(words)
    if office and core[:2] == ["port", "of"]:
        core, part = core[2:], True
    metropolitan = not METROPOLITAN.isdisjoint(core[-1:])
    while core and office and core[-1] in TRAILING:
        part = part or core[-1] == "international"
        core = core[:-1]
    whole = NUMBERED.sub("", " ".join(core))
    text, form = _form(whole)
    later = next((at for at, word in enumerate(words) if at >= start and word in OFFICE - IN_NAMES), len(words))
    longer = " ".join(words[:later])
    if later > cut:  # the City of State College: what kind of place it is stands apart
        longer, _ = _form(longer)
    return Wording(
        whole=whole,
        longer=longer or whole,
        core=text,
        form=form,
        part=part,
        office=office,
        sheriff=not SHERIFF.isdisjoint(words),
        police=not metropolitan and not POLICE.isdisjoint(words),
    )


def _place_after(words: list[str]) -> list[str]:
    """Return the words of the place in a name that begins with the office: `lee county` in `Sheriff of Lee County`."""
    last = max((at for at, word in enumerate(words) if word in OFFICE), default=-1)
    rest = words[last + 1 :]
    while rest and rest[0] in {"of", "for", "the", "precinct", "pct"}:
        rest = rest[1:]
    return [] if all(word.isdigit() for word in rest) else rest


def _form(core: str) -> tuple[str, str | None]:
    """Split the name of a place into the bare name and the kind of place: `travis county` is `travis` and `county`."""
    if found := OF.fullmatch(core):
        rest, inner = _form(found["rest"])
        if inner == "county":
            return rest, inner
        return found["rest"], "city" if found["form"].startswith("city") else found["form"]
    if found := re.match(r"(?:the )?(.+?) (county|parish)\b", core):
        return found[1], found[2]
    if found := ENDING.fullmatch(core):
        return found[1], "township" if found[2] == "twp" else found[2]
    return core, None
