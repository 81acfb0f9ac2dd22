"""The states and territories: postal code, name, FIPS code, and their kind in Open Civic Data ids.

Sources: FIPS 5-2, and the Open Civic Data identifiers.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

STATES = {
    "AL": ("Alabama", "01"), "AK": ("Alaska", "02"), "AZ": ("Arizona", "04"), "AR": ("Arkansas", "05"),
    "CA": ("California", "06"), "CO": ("Colorado", "08"), "CT": ("Connecticut", "09"), "DE": ("Delaware", "10"),
    "DC": ("District of Columbia", "11"), "FL": ("Florida", "12"), "GA": ("Georgia", "13"), "HI": ("Hawaii", "15"),
    "ID": ("Idaho", "16"), "IL": ("Illinois", "17"), "IN": ("Indiana", "18"), "IA": ("Iowa", "19"),
    "KS": ("Kansas", "20"), "KY": ("Kentucky", "21"), "LA": ("Louisiana", "22"), "ME": ("Maine", "23"),
    "MD": ("Maryland", "24"), "MA": ("Massachusetts", "25"), "MI": ("Michigan", "26"), "MN": ("Minnesota", "27"),
    "MS": ("Mississippi", "28"), "MO": ("Missouri", "29"), "MT": ("Montana", "30"), "NE": ("Nebraska", "31"),
    "NV": ("Nevada", "32"), "NH": ("New Hampshire", "33"), "NJ": ("New Jersey", "34"), "NM": ("New Mexico", "35"),
    "NY": ("New York", "36"), "NC": ("North Carolina", "37"), "ND": ("North Dakota", "38"), "OH": ("Ohio", "39"),
    "OK": ("Oklahoma", "40"), "OR": ("Oregon", "41"), "PA": ("Pennsylvania", "42"), "RI": ("Rhode Island", "44"),
    "SC": ("South Carolina", "45"), "SD": ("South Dakota", "46"), "TN": ("Tennessee", "47"), "TX": ("Texas", "48"),
    "UT": ("Utah", "49"), "VT": ("Vermont", "50"), "VA": ("Virginia", "51"), "WA": ("Washington", "53"),
    "WV": ("West Virginia", "54"), "WI": ("Wisconsin", "55"), "WY": ("Wyoming", "56"),
    "AS": ("American Samoa", "60"), "GU": ("Guam", "66"), "MP": ("Northern Mariana Islands", "69"),
    "PR": ("Puerto Rico", "72"), "VI": ("Virgin Islands", "78"),
}  # fmt: skip
TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
BY_NAME = {name.casefold(): code for code, (name, _) in STATES.items()}
BY_FIPS = {fips: code for code, (_, fips) in STATES.items()}
# Letters of other alphabets that look like Latin ones, as they come into a list by copying from elsewhere.
LOOK_ALIKES = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
    "ABEKMHOPCTXaeopcyxijsABEZHIKMNOPTYXo",
)
APOSTROPHES = "'\u2018\u2019`"
WORDS = re.compile("[a-z0-9]+")
# The abbreviations of before the postal codes, which newspapers and laws still use: `Fla.`, `N. Mex.`
ABBREVIATED = {
    "ala": "AL", "ariz": "AZ", "ark": "AR", "calif": "CA", "colo": "CO", "conn": "CT", "del": "DE", "d c": "DC",
    "fla": "FL", "ill": "IL", "ind": "IN", "kan": "KS", "kans": "KS", "mass": "MA", "mich": "MI", "minn": "MN",
    "miss": "MS", "mont": "MT", "neb": "NE", "nebr": "NE", "nev": "NV", "n h": "NH", "n j": "NJ", "n m": "NM",
    "n mex": "NM", "n y": "NY", "n c": "NC", "n d": "ND", "n dak": "ND", "okla": "OK", "ore": "OR", "oreg": "OR",
    "penn": "PA", "r i": "RI", "s c": "SC", "s d": "SD", "s dak": "SD", "tenn": "TN", "tex": "TX", "wash": "WA",
    "w va": "WV", "wis": "WI", "wisc": "WI", "wyo": "WY",
}  # fmt: skip
# What the District of Columbia is called in a column of states; a list of cities has it as a place.
OF_THE_DISTRICT = ("washington dc", "washington d c", "washington district of columbia", "dist of columbia")
ABBREVIATED |= dict.fromkeys(OF_THE_DISTRICT, "DC")
# Territories under the names that federal offices use for them.
ABBREVIATED |= dict.fromkeys(("u s virgin islands", "us virgin islands", "united states virgin islands", "usvi"), "VI")
ABBREVIATED |= dict.fromkeys(("cnmi", "northern marianas", "northern mariana island"), "MP")


# A name with a note behind it, in brackets or after a dash. The note begins with a small letter or a figure: what
# begins with a capital letter may be another place, as in `Oregon - Portland`.
WITH_NOTE = re.compile(
    r"(?P<name>[^()\[\]\u2013\u2014]+?)"
    r"(?:\s*[(\[](?P<note>[a-z0-9][^()\[\]]*)[)\]]|\s[\u2013\u2014-]\s(?P<after>[a-z0-9].*))\s*"
)
# A name with another one in brackets: `District of Columbia (Washington, D.C.)`.
WITH_OTHER_NAME = re.compile(r"([^()\[\]]+)[(\[]([^()\[\]]+)[)\]]\W*")
MAX_NOTED_CHARACTERS = 120
# Words of a note by which another place than the state may be meant: `Washington (district)`, `New York - city`.
OTHER_PLACES = frozenset({"city", "cities", "county", "counties", "district", "dc", "country", "d"})


@lru_cache(maxsize=16_384)  # the same cells and names are compared again and again
def plain_words(text: str) -> str:
    """Reduce a name to its plain words, without case, accents and punctuation: `St. Mary's` becomes `st marys`.

    Letters of other alphabets that look like Latin ones count as these.
    """
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        text = text.translate(LOOK_ALIKES)
    text = text.casefold()
    for apostrophe in APOSTROPHES:
        text = text.replace(apostrophe, "")
    return " ".join(WORDS.findall(text))


def code_of(text: str | None) -> str | None:
    """Return the postal code of a state; None if the text is no state.

    The text is the state's name, its postal code, or a usual abbreviation. A note or another name of the state may
    stand behind the name: `California (under review)`.
    """
    if not text:
        return None
    words = plain_words(text)
    for start in ("the ", "state of ", "commonwealth of ", "territory of ", "the "):
        words = words.removeprefix(start)
    words = words.removesuffix(" state")
    if len(words) == 2 and words.upper() in STATES:
        return words.upper()
    name, _, code = words.rpartition(" ")
    if name and BY_NAME.get(name) == code.upper():  # `California (CA)`
        return BY_NAME[name]
    return BY_NAME.get(words) or ABBREVIATED.get(words) or _code_of_both(text) or _code_before_note(text)


def _code_of_both(text: str) -> str | None:
    """Return the postal code of a state of which two names stand in a text; None if they are not of the same state."""
    names = WITH_OTHER_NAME.fullmatch(text) if len(text) <= MAX_NOTED_CHARACTERS else None
    codes = {code_of(name) for name in names.groups()} if names else set()
    return codes.pop() if len(codes) == 1 else None


def _code_before_note(text: str) -> str | None:
    """Return the postal code of a state with a note behind its name; None if the note may name another place."""
    found = WITH_NOTE.fullmatch(text) if not text.isalpha() and len(text) <= MAX_NOTED_CHARACTERS else None
    code = BY_NAME.get(plain_words(found["name"])) if found else None
    if found is None or code is None:
        return None
    note = plain_words(found["note"] or found["after"])
    named = note in BY_NAME or note in ABBREVIATED or note.upper() in STATES or OTHER_PLACES & set(note.split())
    return None if named else code


def state_named(text: str | None) -> tuple[str | None, float]:
    """Return the postal code of a state whose name may be misspelt (`UTAHJ`), and how sure that is, from 0 to 1.

    The text stands where a state does, so that a number is its FIPS code (`06`, or `6` as a spreadsheet has it).
    """
    if code := code_of(text) or BY_FIPS.get((text or "").strip().zfill(2)):
        return code, 1.0
    name = plain_words(text or "")
    from rapidfuzz.distance import OSA  # noqa: PLC0415 - only a mistake needs it

    slips = sorted((OSA.distance(name, each, score_cutoff=2), each) for each in BY_NAME)  # 3 stands for all above 2
    (least, best), (next_least, _) = slips[:2]
    if least > (2 if len(name) > 7 else 1) or least == next_least or len(name) < 4:
        return None, 0.0
    return BY_NAME[best], 0.9


def ocd_id(code: str) -> str:
    """Return the Open Civic Data id of a state, district or territory, given by its postal code."""
    kind = "district" if code == "DC" else "territory" if code in TERRITORIES else "state"
    return f"ocd-division/country:us/{kind}:{code.lower()}"
