"""A column that is written in other words of form is told once; what was corrected beside it is told as well."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.config.lists import ListDescription
from monitor.jurisdictions.states import code_of
from monitor.matching.amend import amend
from monitor.matching.match import match
from monitor.model import Locator, Record, RecordList
from tests.support.lists import PARTICIPATING, amendments, said

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = (
    *("Adams", "Baker", "Clay", "Dixie", "Escambia", "Flagler", "Gulf", "Hardee", "Iredell", "Jackson", "Knox", "Levy"),
    *("Marion", "Nassau", "Orange", "Polk"),
)
Row = dict[str, str]


def rows() -> list[Row]:
    """Sixteen agreements in Florida, each of another county and day."""
    return [
        {
            "state": "FLORIDA",
            "agency": f"{name} County Sheriff's Office",
            "type": "County",
            "county": f"{name} County",
            "support_type": "Task Force Model",
            "signed": f"2025-03-{number + 1:02}",
            "moa": f"https://www.ice.gov/old/{name}.pdf",
        }
        for number, name in enumerate(NAMES)
    ]


def told(after: list[Row], before: list[Row] | None = None) -> list[tuple[str, str, str]]:
    """Kind, fields and agency of each amendment between two lists."""

    def listed(rows: list[Row]) -> RecordList:
        values = (tuple(row.get(field, "") for field in PARTICIPATING.fields) for row in rows)
        records = (Record(values=each, locator=Locator(row=at), position=at) for at, each in enumerate(values))
        return RecordList(name="participating", fields=PARTICIPATING.fields, records=tuple(records))

    found = amend(match(listed(before or rows()), listed(after), PARTICIPATING), PARTICIPATING)
    at = PARTICIPATING.fields.index("agency")
    agencies = [record.values[at] or "" for each in found if (record := each.after or each.before)]
    return [(str(each.kind), " ".join(each.fields), agency) for each, agency in zip(found, agencies, strict=True)]


WAYS: dict[str, tuple[str, Callable[[str], str]]] = {
    "without the word": ("county", lambda value: value.replace(" County", "")),
    "in the other order": ("county", lambda value: f"County of {value.replace(' County', '')}"),
    "with the state": ("county", lambda value: value.replace(" County", ", FL")),
    "with a number": ("county", lambda value: f"{value} (2)"),
    "with its state": ("county", lambda value: f"{value}, FL"),
    "with its state in brackets": ("agency", lambda value: f"{value} (Florida)"),
    "abbreviated": ("agency", lambda value: value.replace("Sheriff's Office", "SO")),
    "in capitals, abbreviated": ("agency", lambda value: value.upper().replace("SHERIFF'S OFFICE", "SO")),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_column_in_other_words_of_form_is_told_once(way: str) -> None:
    """And once more when it is written as before."""
    field, written = WAYS[way]
    after = [row | {field: written(row[field])} for row in rows()]
    for old, new in ((rows(), after), (after, rows())):
        assert [each[:2] for each in told(new, old)] == [("reformatted", field)]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_true_beside_it_is_told(way: str) -> None:
    """A removal, an addition, a date, and a county that is another one in the column that is written otherwise."""
    field, written = WAYS[way]
    after = [row | {field: written(row[field])} for row in rows()]
    new = {"agency": "Walton County Sheriff's Office", "county": "Walton County", "signed": "2025-04-29"}
    other = {"county": "Leon County"}
    new, other = (
        {each: written(value) if each == field else value for each, value in row.items()} for row in (new, other)
    )
    after[3] |= {"signed": "2025-04-01"}
    after[5] |= other
    found = told([*after[:8], *after[9:], after[0] | new])
    assert sorted(each[:2] for each in found) == [
        ("added", ""), ("corrected", "county"), ("corrected", "signed"), ("reformatted", field), ("removed", ""),
    ]  # fmt: skip


def test_links_to_another_folder_are_told_once_beside_a_link_to_another_file() -> None:
    """Which is corrected."""
    after = [row | {"moa": row["moa"].replace("/old/", "/new/")} for row in rows()]
    after[4] |= {"moa": "https://www.ice.gov/new/Another.pdf"}
    assert sorted(each[:2] for each in told(after)) == [("corrected", "moa"), ("reformatted", "moa")]


def test_links_to_another_host_are_told_once() -> None:
    """Also where some records have no link yet; another file there is told, and so are links of which few moved."""
    pending = [row | {"moa": "link pending", "agency": f"{row['agency']} Two"} for row in rows()[:8]]
    after = [row | {"moa": row["moa"].replace("www.ice.gov/old", "cdn.dhs.gov/files/2026")} for row in rows()]
    assert [each[:2] for each in told([*after, *pending], [*rows(), *pending])] == [("reformatted", "moa")]
    after[4] |= {"moa": "https://cdn.dhs.gov/files/2026/Another.pdf"}
    assert sorted(each[:2] for each in told(after)) == [("corrected", "moa"), ("reformatted", "moa")]
    few = [*after[:4], *rows()[4:]]
    assert {each[:2] for each in told(few)} == {("corrected", "moa")}


def test_states_by_their_codes_within_a_text_are_told_once() -> None:
    """Also where a word of the state stands in the text beside it."""
    before = [row | {"county": f"{row['county']}, New York"} for row in rows()]
    before[2] |= {"county": "York Town, New York County, New York"}
    after = [row | {"county": row["county"].removesuffix("New York") + "NY"} for row in before]
    assert [each[:2] for each in told(after, before)] == [("reformatted", "county")]
    after[2] |= {"county": "York Town, New York County, NJ"}
    assert [each[:2] for each in told(after, before)] == [("corrected", "county"), ("reformatted", "county")]


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("agency", lambda value: value.replace("Sheriff's Office", "Police Department")),
        ("agency", lambda value: value.replace("County", "City")),
        ("county", lambda value: value.replace("County", "Township")),
        ("county", lambda _: "County"),
        ("county", lambda value: f"North {value}"),
        ("county", lambda value: f"{value}, GA"),
        ("county", lambda value: value.replace("County", "County 2")),
    ],
)
def test_other_words_are_corrections(field: str, written: Callable[[str], str]) -> None:
    """Each of them: they say something else."""
    after = [row | {field: written(row[field])} for row in rows()]
    assert {each[:2] for each in told(after)} == {("corrected", field)}


def test_few_records_in_other_words_are_corrections() -> None:
    """Of half a column, each is told."""
    after = [row | {"county": row["county"].replace(" County", "")} for row in rows()[:8]]
    assert [each[:2] for each in told([*after, *rows()[8:]])] == [("corrected", "county")] * 8


POLICE = [
    row | {"agency": f"{row['county'].removesuffix(' County')}ville Police Department", "type": "Municipality"}
    for row in rows()
]


@pytest.mark.parametrize(("old", "new"), [("Police Department", "PD"), ("PD", "Police Department")])
def test_words_of_form_that_all_names_with_them_lost_are_told_once(old: str, new: str) -> None:
    """Though half of the names never had them; a name that is misspelt beside that is told."""
    before = [*rows(), *(row | {"agency": row["agency"].replace("Police Department", old)} for row in POLICE)]
    after = [row | {"agency": row["agency"].replace(old, new)} for row in before]
    assert [each[:2] for each in told(after, before)] == [("reformatted", "agency")]
    after[20] |= {"agency": f"Escambiavile {new}"}
    assert sorted(each[:2] for each in told(after, before)) == [("corrected", "agency"), ("reformatted", "agency")]


def test_words_of_form_that_some_names_keep_are_corrections_of_the_others() -> None:
    """Nor are few names a column."""
    for count in (12, 6):
        police = [row | {"agency": row["agency"].replace("Police Department", "PD")} for row in POLICE[:count]]
        kept = POLICE[count:] if count > 10 else []
        before = [*rows(), *POLICE[: len(police) + len(kept)]]
        found = told([*rows(), *police, *kept], before)
        assert [each[:2] for each in found] == [("corrected", "agency")] * count


def test_a_word_that_one_record_alone_lost_is_a_correction() -> None:
    """Beside a column that lost another one: Baltimore City is not Baltimore County."""
    before = [*rows()[:-1], rows()[-1] | {"county": "Polk City"}]
    after = [row | {"county": row["county"].replace(" County", "").replace(" City", "")} for row in before]
    assert [each[:2] for each in told(after, before)] == [("corrected", "county"), ("reformatted", "county")]


MONTHS: dict[str, Callable[[date], str]] = {
    "in a word": lambda day: f"{day:%B %Y}",
    "with a comma": lambda day: f"{day:%B, %Y}",
    "cut short": lambda day: f"{day:%b. %Y}",
    "as spreadsheets cut it": lambda day: f"{day:%b-%y}",
    "in figures": lambda day: f"{day.month}/{day.year}",
    "as an ISO month": lambda day: f"{day:%Y-%m}",
    "as its first day": lambda day: f"{day:%Y-%m}-01",
}


def monthly(way: str, later: int = 0) -> list[Row]:
    """The agreements with the month in which each was signed; `later` counts the months that the first one is off."""
    days = [date(2011 + number // 6, 1 + number % 6 + (later if number == 0 else 0), 1) for number in range(len(NAMES))]
    return [row | {"signed": MONTHS[way](day)} for row, day in zip(rows(), days, strict=True)]


@pytest.mark.parametrize("way", MONTHS)
def test_months_that_are_written_otherwise_are_told_once(way: str) -> None:
    """A list that gives no days may write its months in any form."""
    for other in MONTHS:
        kinds = [each[0] for each in told(monthly(way), monthly(other))]
        assert kinds == ([] if way == other else ["reformatted"])


@pytest.mark.parametrize("way", MONTHS)
def test_another_month_is_told_beside_it(way: str) -> None:
    """Each of the others is the same month."""
    for other in MONTHS:
        found = told(monthly(way, later=1), monthly(other))
        assert ("corrected", "signed", "Adams County Sheriff's Office") in found
        assert len(found) == (1 if way == other else 2)


def test_one_month_that_becomes_a_day_is_corrected() -> None:
    """The publisher knows more of that one record."""
    first = monthly("as its first day")[0]
    assert [each[0] for each in told([first, *monthly("in a word")[1:]], monthly("in a word"))] == ["corrected"]
    assert [each[0] for each in told(rows(), monthly("in a word"))] == ["corrected"] * len(NAMES)


POLICIES = ListDescription.model_validate(
    {
        "columns": {"place": "Place", "enacted": {"header": "Enacted", "kind": "date"}, "policy": "Policy"},
        "key": ["place"],
        "names": ["place"],
        "anchors": ["enacted", "policy"],
        "jurisdiction": {"name": "place"},
    }
)
PLACES = (
    *("Ithaca, New York", "Berkeley, California", "Lee County, Iowa", "Clay County, Texas", "Madison, Wisconsin"),
    *("Cook County, Illinois", "Boulder County, Colorado", "Newark, New Jersey", "Bernalillo County, New Mexico"),
    *("Chester County, Pennsylvania", "King County, Washington", "Hoboken, New Jersey"),
)
OFFICES = ("Buffalo", "San Francisco", "Saint Paul", "Dallas")


def policies(written: Callable[[int, str], str]) -> list[Row]:
    """A policy of each place, which is written in some way."""
    return [
        {"place": written(number, place), "enacted": f"2014-0{1 + number % 9}-01", "policy": f"Policy no. {number}"}
        for number, place in enumerate(PLACES)
    ]


def plain(_: int, place: str) -> str:
    """The place as it is."""
    return place


def with_office(number: int, place: str) -> str:
    """The place with the office that is in charge of it."""
    return f"{place} ({OFFICES[number % len(OFFICES)]})"


def without_state(_: int, place: str) -> str:
    """The place without its state, for which there is another column now."""
    return place.partition(",")[0]


@pytest.mark.parametrize("written", [with_office, without_state])
def test_what_moved_to_a_column_of_its_own_is_told_once(written: Callable[[int, str], str]) -> None:
    """Another column, which nobody described, has the office or the state now; what is true beside it is told."""
    for old, new in ((plain, written), (written, plain)):
        found = said(amendments(policies(old), policies(new), POLICIES), POLICIES)
        assert found == [("reformatted", "column rewritten", "place")]
    found = said(amendments(policies(plain), policies(written)[1:], POLICIES), POLICIES)
    assert sorted(each[0] for each in found) == ["reformatted", "removed"]


def test_one_note_behind_all_names_is_told() -> None:
    """It may be news of each of them, and so is another office."""
    moved = policies(lambda number, place: f"{place} (West {OFFICES[number % len(OFFICES)]})")
    assert {each[0] for each in said(amendments(policies(with_office), moved, POLICIES), POLICIES)} == {"corrected"}
    noted = policies(lambda _, place: f"{place} (under review)")
    found = said(amendments(policies(plain), noted, POLICIES), POLICIES)
    assert {each[0] for each in found} == {"corrected"}


def test_a_place_that_lost_its_state_is_another_one_where_all_else_differs() -> None:
    """`Clay County` may be any of eighteen."""
    after = [*policies(plain)[:3], *policies(plain)[4:]]
    after.append({"place": "Clay County", "enacted": "2019-05-06", "policy": "Another policy"})
    found = said(amendments(policies(plain), after, POLICIES), POLICIES)
    assert sorted(each[0] for each in found) == ["added", "removed"]


ISSUED = ListDescription.model_validate(
    {
        "columns": {"place": "Jurisdiction", "state": "State", "count": "Count"},
        "key": ["place", "state"],
        "names": ["place"],
        "jurisdiction": {"name": "place", "state": "state"},
    }
)
COUNTS = (
    *(("Clark County", "Nevada", "51"), ("Nassau County", "New York", "38"), ("Cook County", "Illinois", "13")),
    *(("Montgomery County", "Iowa", "12"), ("Snohomish County", "Washington", "12")),
    *(("Franklin County", "New York", "11"), ("Washington County", "Oregon", "7"), ("Alachua County", "Florida", "5")),
    *(("Franklin County", "Iowa", "5"), ("Franklin County", "Pennsylvania", "5"), ("King County", "Washington", "4")),
)
STATE_CODES = {state: code_of(state) or "" for _, state, _ in COUNTS}


def counted(*rows: tuple[str, str, str]) -> list[Row]:
    """A count for each place; three of them have the same name in three states."""
    return [dict(zip(("place", "state", "count"), row, strict=True)) for row in rows]


@pytest.mark.parametrize("short", [" Co.", " (County)"])
def test_places_of_one_name_stay_in_their_states_where_all_names_are_rewritten(short: str) -> None:
    """The key changed in each record, and no other field tells which is which."""
    after = [(place.replace(" County", short), state, count) for place, state, count in COUNTS]
    for old, new in ((COUNTS, after), (after, COUNTS)):
        found = said(amendments(counted(*old), counted(*new), ISSUED), ISSUED)
        assert {each[::2] for each in found} == {("reformatted", "place")}
    after[5] = (*after[5][:2], "12")
    made = amendments(counted(*COUNTS), counted(*after), ISSUED)
    assert [(each.after.values[1:], each.fields) for each in made if each.kind == "corrected" and each.after] == [
        (("New York", "12"), ("count",))
    ]


def test_places_that_lost_the_word_that_others_lost_are_the_same() -> None:
    """Though `Nassau` alone is a village of New York; with another count it is another one."""
    after = [(place.replace(" County", ""), state, count) for place, state, count in COUNTS]
    for old, new in ((COUNTS, after), (after, COUNTS)):
        found = said(amendments(counted(*old), counted(*new), ISSUED), ISSUED)
        assert {each[::2] for each in found} == {("reformatted", "place")}
    after[1] = ("Nassau", "New York", "37")
    found = said(amendments(counted(*COUNTS), counted(*after), ISSUED), ISSUED)
    assert sorted(each[0] for each in found if each[0] != "reformatted") == ["added", "removed"]


def test_a_place_in_another_state_is_corrected_where_its_count_tells() -> None:
    """One county that was listed in a wrong state stays the same record."""
    after = [*COUNTS[:3], ("Montgomery County", "Maryland", "12"), *COUNTS[4:]]
    found = said(amendments(counted(*COUNTS), counted(*after), ISSUED), ISSUED)
    assert [each[::2] for each in found] == [("corrected", "state")]


def test_states_by_their_codes_are_the_same_states() -> None:
    """Also where the list does not call them labels; what is another state is told."""
    after = [(place, STATE_CODES[state], count) for place, state, count in COUNTS]
    found = said(amendments(counted(*COUNTS), counted(*after), ISSUED), ISSUED)
    assert {each[::2] for each in found} == {("reformatted", "state")}
    after[3] = ("Montgomery County", "MD", "12")
    found = said(amendments(counted(*COUNTS), counted(*after), ISSUED), ISSUED)
    assert [each[::2] for each in found if each[0] != "reformatted"] == [("corrected", "state")]
