"""Finds the columns of an unknown table that name its records, and those that name the records' place."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.config.drafts import parted
from monitor.extract.drafting.kinds import MAX_LABEL_LETTERS, MAYBE_LABELS, MOST, SAYING_NOTHING
from monitor.extract.header import header_words
from monitor.jurisdictions import resolve
from monitor.jurisdictions.states import STATES, code_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.drafts import ColumnDraft, ColumnRole
    from monitor.extract.drafting.kinds import DraftedCells

# So many values are looked up in the gazetteer.
MAX_LOOKED_UP = 150
MIN_KNOWN_PLACES = 0.5
# All places lie in one state if it knows this share of at least so many names, and no other state more than that share
# of the names that it knows.
MIN_COMMON_PLACES = 5
MOST_IN_STATE = 0.8
MOST_ELSEWHERE = 0.6
# In a column of counties, this share may name something else.
MOST_OTHERS = 0.1
# Headers of these words alone say that a name like `Dallas` is the county's, and not the city's.
COUNTY_HEADER_WORDS = frozenset({"county", "counties", "parish", "parishes", "name", "of"})
AGENCY_VALUE = re.compile(
    r"\b(?:sheriff|police|department|office|marshal|constable|corrections|detention|jail|pd|so|agency|bureau)\b",
    re.IGNORECASE,
)
NAME_WORDS = frozenset(
    {"name", "agency", "jurisdiction", "facility", "office", "organization", "entity", "recipient"}
    | {"company", "employer", "business", "bank", "institution", "grantee", "provider"}
)
# Headers of persons, if no value names what they are the head of.
PERSON_WORDS = frozenset({"sheriff", "sheriffs", "chief", "contact", "director", "commissioner", "person"})
BODY_VALUE = re.compile(r"\b(?:office|department|dept|county|police|city|town|agency|jail|so|pd)\b", re.IGNORECASE)
AREA_VALUE = re.compile(r"\b(?:county|parish|borough|city|town|township|village)\b", re.IGNORECASE)
AREA_WORDS = frozenset({"county", "city", "parish", "town", "municipality", "borough", "region", "address", "street"})
PLACE_WORDS = frozenset(
    {"county", "city", "jurisdiction", "place", "parish", "municipality", "town", "location", "locality"}
)
# The publisher's own offices and their areas: `San Antonio` is where a case was handled, and not what it is about.
OFFICES_OF_PUBLISHER = (
    {"field", "office"}, {"regional", "office"}, {"ero", "office"}, {"area", "responsibility"}, {"aor"},
)  # fmt: skip


def find_states(columns: Mapping[str, DraftedCells]) -> str | None:
    """Return the name of the field that has the names or codes of states, or None."""
    best: tuple[bool, float, str] | None = None
    for name, each in columns.items():
        texts = each.texts[:MAX_LOOKED_UP]
        known = sum(code_of(text) is not None for text in texts) / max(len(texts), 1)
        if known >= MOST:
            rank = ("state" in header_words(each.header or name), known, name)
            best = max(best or rank, rank)
    return best[2] if best else None


def with_roles(
    drafted: Sequence[ColumnDraft], columns: Mapping[str, DraftedCells], states: str | None
) -> list[ColumnDraft]:
    """Return the columns, with a role for the one that names a record and for the one with the type of agency.

    - `columns`: the cells of each column, by the name of its field.
    - `states`: the name of the field with states, or None.
    """
    ranked = [
        (_name_rank(columns[each.name], each), -place, each.name)
        for place, each in enumerate(drafted)
        if each.kind in {"text", "class"} and each.role == ""
    ]
    named = max(ranked)[2] if ranked else states and next(c.name for c in drafted if c.name == states)
    result = []
    typed = False
    for each in drafted:
        role: ColumnRole = each.role
        if each.name == named and role == "":
            # A name may come again, and is no label; what else is doubtful about it stays so.
            doubt = "" if each.kind == "class" or each.unsure == MAYBE_LABELS else each.unsure
            result.append(replace(each, role="name", kind="text", unsure=doubt))
            continue
        if each.kind == "class" and role == "" and "type" in header_words(each.header or each.name) and not typed:
            role, typed = "type", True
        result.append(replace(each, role=role))
    return result


def _name_rank(column: DraftedCells, drafted: ColumnDraft) -> float:
    """Rate how well a column names its records: by its header, and by how many different short texts it has."""
    texts = [text for text in column.texts if text.casefold() not in SAYING_NOTHING]
    if not texts:
        return -1.0
    different = len({text.casefold() for text in texts}) / len(texts)
    words = set(header_words(parted(drafted.header or drafted.name)))
    long = sum(map(len, texts)) / len(texts) > MAX_LABEL_LETTERS
    agencies = sum(bool(AGENCY_VALUE.search(text)) for text in texts) / len(texts)
    bare = sum(any(letter.isdecimal() for letter in text) for text in texts) / len(texts)
    told: float = bool(words & NAME_WORDS) - ("type" in words)
    if words & AREA_WORDS and "jurisdiction" not in words:
        told = -0.3  # an area rather says where something is
    if words <= PERSON_WORDS and not any(BODY_VALUE.search(text) for text in texts):
        told, agencies = -1.0, 0.0  # persons, of whom another one follows
    # Labels like `Jail`, which come again and again, have the words of agencies, but name none.
    return different + told + agencies * different + 0.5 * bool(words & PLACE_WORDS - AREA_WORDS) - long - bare


def find_place(
    drafted: Sequence[ColumnDraft], columns: Mapping[str, DraftedCells], states: str | None
) -> dict[str, str]:
    """Return the fields that name the jurisdiction, as the key `jurisdiction` of a list has them.

    The roles are `name`, `state`, `agency`, `type`, `level` and `within`; those that are not found are left out. The
    arguments are those of `with_roles`.
    """
    place: dict[str, str] = {}
    level: str | None = None
    state = next((each for each in drafted if each.name == states), None)
    within = None if state else _common_state(drafted, columns)
    best = 0.0
    for each in drafted:
        if each.kind not in {"text", "class"} or each.role in {"state", "type"} or _is_office_of_publisher(each):
            continue
        texts = list(dict.fromkeys(columns[each.name].texts))
        levels, known = _levels(columns[each.name], columns[states] if states else None, within or "")
        agencies = sum(bool(AGENCY_VALUE.search(text)) for text in texts) >= len(texts) / 3
        words = set(header_words(each.header or each.name))
        if agencies and "jurisdiction" not in words:
            if each.role == "name" and (state or within or known >= MIN_KNOWN_PLACES):
                place["agency"] = each.name
            continue
        known = max(known, MIN_KNOWN_PLACES if agencies else 0.0)
        rank = known + 0.3 * bool(words & PLACE_WORDS)
        if known >= MIN_KNOWN_PLACES and rank > best:
            best = rank
            place["name"] = each.name
            level = levels
    if state:
        place["state"] = state.name
    if "agency" in place and (kind := next((each.name for each in drafted if each.role == "type"), None)):
        place["type"] = kind
    if "name" in place and level:
        place["level"] = level
    if within and {"name", "agency"} & set(place):
        place["within"] = within
    order = ("name", "state", "agency", "type", "level", "within")
    return {role: place[role] for role in order if role in place}


def _is_office_of_publisher(column: ColumnDraft) -> bool:
    """Return whether a column says which office of the publisher handled a record, and not what it is about."""
    words = set(header_words(parted(column.header or column.name)))
    return any(office <= words for office in OFFICES_OF_PUBLISHER) and not words & PLACE_WORDS


def within_remarks(place: Mapping[str, str]) -> list[str]:
    """Return what a person should look at if a draft says in which state all places are; `place` is of `find_place`."""
    if code := place.get("within"):
        return [f"no column names the state; the places are read as those of {STATES[code][0]}, where they are known"]
    return []


def _common_state(drafted: Sequence[ColumnDraft], columns: Mapping[str, DraftedCells]) -> str | None:
    """Return the code of the one state in which the places of a list without a column for states can lie, or None.

    That is a state in which nearly all names of some column are known, while any other state has far fewer of them.
    """
    best: tuple[float, str] | None = None
    for each in drafted:
        names = [name for name in dict.fromkeys(columns[each.name].lines) if name.casefold() not in SAYING_NOTHING]
        names = [name[:200] for name in names if name][:MAX_LOOKED_UP]
        if 3 * sum(bool(AGENCY_VALUE.search(name)) for name in names) >= len(names):
            # `Bell Office` may be anywhere; `Bell County Sheriff` says what it is of.
            names = [name for name in names if AREA_VALUE.search(name)]
        if each.kind not in {"text", "class"} or each.role in {"state", "type"} or len(names) < MIN_COMMON_PLACES:
            continue
        level = "county" if set(header_words(columns[each.name].header)) <= COUNTY_HEADER_WORDS else None
        shares = sorted((_share(names, code, level), code) for code in STATES)
        (other, _), (most, code) = shares[-2:]
        if most >= MOST_IN_STATE and other <= MOST_ELSEWHERE * most:
            best = max(best or (most, code), (most, code))
    return best[1] if best else None


def _share(names: Sequence[str], code: str, level: str | None) -> float:
    """Return the share of names that are places of a state; `level` is `county`, or None for any."""
    return sum(resolve(name, code, level=level).jurisdiction is not None for name in names) / len(names)


def _levels(column: DraftedCells, states: DraftedCells | None, within: str = "") -> tuple[str | None, float]:
    """Return the one level of the places that a column names, or None, and the share of its values that are places.

    `states` are the cells with their states, or None. `within` is the code of the state of all of them, or "".
    """
    names = column.lines
    codes = states.lines if states else [within] * len(names)
    pairs = list(dict.fromkeys(zip(names, codes, strict=True)))
    pairs = [pair for pair in pairs if pair[0] and pair[0].casefold() not in SAYING_NOTHING][:MAX_LOOKED_UP]
    found = [resolve(name[:200], code or None).jurisdiction for name, code in pairs]
    levels = {each.level for each in found if each}
    if len(levels) > 1 and set(header_words(column.header)) <= COUNTY_HEADER_WORDS:
        counties = [resolve(name[:200], code or None, level="county").jurisdiction for name, code in pairs]
        others = sum(each is not None and each.level != "county" for each in counties)  # such as `Statewide`
        if others <= MOST_OTHERS * len(counties):
            found, levels = counties, {"county"}
    share = sum(each is not None for each in found) / max(len(pairs), 1)
    own = levels.pop() if len(levels) == 1 else None
    return (own if own in {"county", "place"} and share >= MOST else None), share
