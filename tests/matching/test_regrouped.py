"""Records that changed their group: by a title that was lost or is new, or in truth."""

from __future__ import annotations

import pytest

from monitor.config.lists import ListDescription
from monitor.matching.amend import amend
from monitor.matching.match import match, resolve_new
from monitor.matching.moves import moved_pairs
from monitor.matching.regrouped import inside_others, regrouped
from monitor.model import Locator, Record, RecordList

KEYED = {"columns": {"agency": "Agency", "code": "Code"}, "names": ["agency"]}


def why(
    before: dict[str, str],
    after: dict[str, str],
    *,
    key: list[str],
    origin: str = "title_row",
    place: dict[str, str] | None = None,
) -> str | None:
    """What is said of two versions, in which each letter of a group is an agency."""
    group = {"area": {"from": origin, "pattern": ".+"}}
    described = ListDescription.model_validate(KEYED | {"group": group, "key": key, "jurisdiction": place or {}})
    sides = [
        tuple(Record(values=(f"{name} County", name * 3, area)) for area, names in side.items() for name in names)
        for side in (before, after)
    ]
    old, new = (RecordList(name="all", fields=described.fields, records=records) for records in sides)
    amendments = amend(resolve_new(match(old, new, described), described), described)
    return regrouped(amendments, old.records, new.records, described)


KEYS = (["area", "agency"], ["agency"])


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("origin", ["title_row", "heading", "merged_cell"])
def test_a_lost_title_is_suspected(key: list[str], origin: str) -> None:
    """All that stood below it stands in the group before."""
    said = why({"North": "ABC", "South": "DE"}, {"North": "ABCDE"}, key=key, origin=origin)
    moved = "2 records would change from 'South' to 'North' in area"
    assert said == f"{moved}, and no other is left there; was the title 'South' lost?"


@pytest.mark.parametrize("key", KEYS)
def test_a_new_title_within_a_group_is_suspected(key: list[str]) -> None:
    """It may be a row that says little."""
    said = why({"North": "ABC"}, {"North": "A", "Dade": "BC"}, key=key)
    assert said == "2 records would change from 'North' to 'Dade' in area, which is new; is that the title of a group?"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"North": "ABC", "South": "DE"}, {"North": "AB", "South": "CDE"}),  # one moved, and both stay
        ({"North": "ABC", "South": "DE"}, {"North": "ABC", "Sud": "DE"}),  # another name
        ({"North": "ABC"}, {"North": "ABC", "South": "DE"}),  # a new group of new records
        ({"North": "ABC", "South": "DE"}, {"North": "ABC"}),  # gone with its records
        ({"May 1": "ABC"}, {"June 1": "ABC"}),  # the day of the report
    ],
)
def test_true_changes_are_not(key: list[str], before: dict[str, str], after: dict[str, str]) -> None:
    """They are told."""
    assert why(before, after, key=key) is None


def test_the_name_of_a_sheet_is_not_lost() -> None:
    """It stands with its rows."""
    assert why({"May": "ABC", "June": "DE"}, {"May": "ABCDE"}, key=["agency"], origin="sheet") is None


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("origin", ["title_row", "heading", "sheet"])
@pytest.mark.parametrize(
    ("after", "title"),
    [
        ({"Agencies": "ABCDE"}, "Agencies"),  # the states stand in a column now, or in tabs
        ({"Texas": "ABC", "Listed": "DE"}, "Listed"),
        ({"Texas": "ABC", "Tables of Utah and Iowa": "D"}, "Tables of Utah and Iowa"),
    ],
)
def test_records_that_lose_their_state_are_suspected(
    key: list[str], origin: str, after: dict[str, str], title: str
) -> None:
    """What stands above them now is no state."""
    before = {"Texas": "ABC", "Utah": "DE"}
    said = why(before, after, key=key, origin=origin, place={"name": "agency", "state": "area"})
    assert said is not None
    assert f"would stand under {title!r} in area, which names no state" in said
    assert "would stand under" not in (why(before, after, key=key, origin=origin) or "")  # of no place


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "after",
    [
        {"TX": "ABC", "UT": "DE"},
        {"Texas": "ABC", "Uttah": "DE"},  # misspelt
        {"Texas (2)": "AB", "Utah (under review)": "DE"},
        {"Texas": "ABC", "Utah": "DE", "Tribes": "FG"},  # what is new stands under no state
        {"Texas": "ABC"},
    ],
)
def test_states_in_other_words_are_states(key: list[str], after: dict[str, str]) -> None:
    """So nothing is suspected."""
    place = {"name": "agency", "state": "area"}
    assert why({"Texas": "ABC", "Utah": "DE"}, after, key=key, place=place) is None


ITEMS = ListDescription.model_validate(
    {"heading": "^Counties$", "item": "^(?P<name>.+)$", "key": ["name"], "names": ["name"]}
)


def placed(*places: tuple[str, str]) -> list[Record]:
    """Records of one field, each with the selector of its item."""
    return [Record(values=(name,), locator=Locator(selector=selector)) for name, selector in places]


def test_records_inside_the_item_of_another_one_may_be_a_part_of_it() -> None:
    """Its cities, or why it is listed; where the list had such records before, they are records."""
    before = placed(("Cook County", "ul > li:nth-of-type(1)"), ("Lake County", "ul > li:nth-of-type(2)"))
    inside = placed(("Chicago", "ul > li:nth-of-type(1) > ul > li:nth-of-type(1)"))
    said = inside_others(inside, before, [*before, *inside], ITEMS)
    assert said == "'Chicago' would be added, and stands inside the item of 'Cook County'; is it a part of it?"
    further = placed(("Evanston", "ul > li:nth-of-type(1) > ul > li:nth-of-type(2)"))
    assert inside_others(further, [*before, *inside], [*before, *inside, *further], ITEMS) is None
    beside = placed(("Will County", "ul > li:nth-of-type(3)"), ("Kane County", "#more > li"))
    assert inside_others(beside, before, [*before, *beside], ITEMS) is None


def test_a_record_moves_from_a_column_to_a_group() -> None:
    """What is a column in one list may be a group in the other."""
    grouped = ListDescription.model_validate(KEYED | {"group": {"area": "sheet"}, "key": ["area", "agency"]})
    columns = KEYED | {"columns": {"area": "Area", "agency": "Agency"}, "key": ["area", "agency"]}
    plain = ListDescription.model_validate(columns)
    gone = [Record(values=("Dade County", "1", "North")), Record(values=("Bay County", "2", "South"))]
    there = [Record(values=("North", "Dade County")), Record(values=("North", "Bay County"))]
    for pairs in (moved_pairs(gone, grouped, there, plain), moved_pairs(there, plain, gone, grouped)):
        assert [(pair.before.position, pair.after.position) for pair in pairs][:1] == [(0, 0)]
