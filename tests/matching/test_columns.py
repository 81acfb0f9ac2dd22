"""Columns that were read for one another are held; relabels, dates, links and figures in bulk are not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.matching.columns import emptied_column, exchanged_columns, mixed_columns, slipped_columns
from monitor.model import Amendment, AmendmentKind, Record
from tests.support.lists import PARTICIPATING

if TYPE_CHECKING:
    from collections.abc import Sequence

FIELDS = PARTICIPATING.fields
SIZE = 40
NAMES = ("Amber", "Birch", "Cedar", "Dove", "Elm", "Flint", "Grove", "Hazel")


def corrected(count: int, **changes: tuple[str, str]) -> tuple[Amendment, ...]:
    """So many records with these fields corrected; `{}` in a value stands for a name of the record's own."""

    def made(number: int, side: int) -> Record:
        own = f"{NAMES[number % 8]}{NAMES[number // 8]}"
        return Record(values=tuple(changes[f][side].format(own) if f in changes else "" for f in FIELDS))

    return tuple(
        Amendment(kind=AmendmentKind.CORRECTED, before=made(n, 0), after=made(n, 1), fields=tuple(changes))
        for n in range(count)
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": ("County", "{} town"), "county": ("{} town", "County")}, "exchanged"),
        ({"signed": ("2025-03-01", "2026-03-01"), "addendum": ("2026-03-01", "2025-03-01")}, "exchanged"),
        ({"county": ("{}", "4711")}, "quite another county"),
        ({"county": ("{}", "Unknown")}, "quite another county"),
        ({"type": ("County", "{}")}, "quite another type"),
    ],
)
def test_columns_that_were_read_for_one_another_are_held(changes: dict[str, tuple[str, str]], said: str) -> None:
    """In most records, whatever the header says."""
    assert said in (mixed_columns(corrected(SIZE, **changes), PARTICIPATING, size=SIZE) or "")
    assert said in (mixed_columns(corrected(30, **changes), PARTICIPATING, size=SIZE) or "")
    assert mixed_columns(corrected(12, **changes), PARTICIPATING, size=SIZE) is None
    assert mixed_columns(corrected(4, **changes), PARTICIPATING, size=4) is None


def moved(field: str, old: Sequence[str], new: Sequence[str]) -> tuple[Amendment, ...]:
    """So many records, one field of which has the new value in place of the old one."""
    at = FIELDS.index(field)

    def made(value: str, row: int) -> Record:
        return Record(values=tuple(value if number == at else "" for number in range(len(FIELDS))), position=row)

    return tuple(
        Amendment(kind=AmendmentKind.CORRECTED, before=made(one, row), after=made(other, row), fields=(field,))
        for row, (one, other) in enumerate(zip(old, new, strict=True))
        if one != other
    )


COUNTIES = [f"{one}{other} County" for one in NAMES for other in NAMES][:SIZE]
DAYS = [f"2025-{1 + number * 7 % 12:02}-{1 + number * 5 % 28:02}" for number in range(SIZE)]
LINKS = [f"https://www.ice.gov/doclib/{number}.pdf" for number in range(SIZE)]


def has_slipped(field: str, old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether a version is held in which a field has the new values in place of the old ones."""
    after = [Record(values=tuple(value if name == field else "" for name in FIELDS)) for value in new]
    said = slipped_columns(moved(field, old, new), after, PARTICIPATING)
    assert said is None or f"each other's {field}" in said
    return said is not None


def shifted(values: Sequence[str], first: int) -> tuple[list[str], list[str]]:
    """The values moved by one row from a place on, down and up."""
    return [*values[:first], "", *values[first:-1]], [*values[:first], *values[first + 1 :], ""]


@pytest.mark.parametrize("count", [SIZE, 12])
@pytest.mark.parametrize(("field", "values"), [("county", COUNTIES), ("signed", DAYS), ("moa", LINKS)])
def test_a_column_that_slipped_is_held(field: str, values: list[str], count: int) -> None:
    """By a row, or by several, down to the end or a part of the way; or it was turned around, or sorted alone."""
    some, rest = values[:count], values[count:]
    for new in (
        [some[-1], *some[:-1]],
        [*some[3:], *some[:3]],
        some[::-1],
        sorted(some, key=lambda value: value[::-1]),
    ):
        assert has_slipped(field, values, [*new, *rest])
    assert has_slipped(field, some, ["Another", *some[:-1]])


FEW_DAYS = [f"2025-0{2 + number // 6}-26" for number in range(SIZE)]
WITH_GAPS = [county if number % 3 else "" for number, county in enumerate(COUNTIES)]
STATES = [f"{name} state" for name in (*NAMES, "Iris", "Juniper", "Kelp", "Larch", "Maple", "Nettle") for _ in range(4)]
TYPES = [("County", "Municipality", "State Agency")[number * number % 7 % 3] for number in range(SIZE)]
BY_TURNS = [DAYS[number * number % 11] for number in range(SIZE)]


@pytest.mark.parametrize(
    ("field", "values"),
    [("county", WITH_GAPS), ("signed", FEW_DAYS * 2), ("state", STATES), ("type", TYPES), ("signed", BY_TURNS)],
)
def test_a_column_that_slipped_is_held_where_values_repeat(field: str, values: list[str]) -> None:
    """Many agencies signed on one day, and many have no county: neighbours whose values are the same do not change."""
    assert all(has_slipped(field, values, new) for new in shifted(values, 10))


def test_a_column_that_slipped_is_held_also_beside_corrections_and_records_that_came() -> None:
    """So long as two thirds of what changed went to the next record. Of a few labels, nearly all must have done so."""
    down, _ = shifted(COUNTIES, 10)
    beside = [f"Corrected {value}" if number % 9 == 4 else value for number, value in enumerate(down)]
    assert has_slipped("county", COUNTIES, beside)
    amendments = moved("county", COUNTIES, down)
    after = [Record(values=tuple(value if name == "county" else "" for name in FIELDS)) for value in down]
    come = {15, 22, 33}
    with_new = [
        Amendment(kind=AmendmentKind.ADDED, after=each.after) if each.after and each.after.position in come else each
        for each in amendments
    ]
    assert "each other's county" in (slipped_columns(with_new, after, PARTICIPATING) or "")
    others = [f"Corrected {value}" if number % 2 else value for number, value in enumerate(down)]
    assert not has_slipped("county", COUNTIES, others)
    kinds, _ = shifted(TYPES, 0)
    assert has_slipped("type", TYPES, kinds)
    assert not has_slipped("type", TYPES, [TYPES[0] if number % 4 == 1 else kind for number, kind in enumerate(kinds)])


def test_words_that_all_went_to_the_next_record_are_held_also_where_few_did() -> None:
    """As in a list sorted by state, in which only the first of each state changes. Few dates may do so in truth."""
    for new in shifted(STATES, 30):
        assert sum(one != other for one, other in zip(STATES, new, strict=True)) < 10
        assert has_slipped("state", STATES, new)
    days = [f"2025-0{1 + number // 5}-26" for number in range(SIZE)]
    assert not any(has_slipped("signed", days, new) for new in shifted(days, 10))
    assert not has_slipped("state", STATES[::4], [*STATES[1:9:4], *STATES[8::4]])


@pytest.mark.parametrize(("field", "values"), [("signed", BY_TURNS), ("type", TYPES), ("state", STATES[::-1])])
def test_a_column_that_was_sorted_alone_is_held_where_values_repeat(field: str, values: list[str]) -> None:
    """The records that had one value have several now, or kept it. So few as ten may do so in truth."""
    assert has_slipped(field, values, sorted(values))
    assert not has_slipped(field, values, [*sorted(values[:10]), *values[10:]])


@pytest.mark.parametrize("field", ["agency", "support_type"])
def test_a_field_of_the_key_that_slipped_is_held_though_no_record_is_found_again(field: str) -> None:
    """Each record was removed and another one added, which differ in this field alone."""
    at = FIELDS.index(field)
    values = [f"{kind} Model" for kind in TYPES] if field == "support_type" else COUNTIES
    before, after = (
        [
            Record(values=(*record.values[:at], value, *record.values[at + 1 :]), position=row)
            for row, (record, value) in enumerate(zip(agencies(range(SIZE)), new, strict=True))
        ]
        for new in (values, [values[-1], *values[:-1]])
    )
    assert f"each other's {field}" in (slipped_columns(difference(before, after), after, PARTICIPATING) or "")
    others = agencies(range(60, 90))
    assert slipped_columns(difference(before, others), others, PARTICIPATING) is None


def test_values_that_repeat_are_corrected_in_bulk_in_truth() -> None:
    """Each to a day of its own, to one day, or from one of two days to the other."""
    for new in (
        [f"2025-0{2 + number // 6}-{10 + number % 6}" for number in range(SIZE)],
        ["2025-03-01"] * SIZE,
        [day.replace("26", "27") for day in FEW_DAYS],
    ):
        assert not has_slipped("signed", FEW_DAYS, new)


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("county", COUNTIES, [*COUNTIES[3::-1], *COUNTIES[4:]]),
        ("county", COUNTIES, [COUNTIES[0]] * SIZE),
        ("county", [str(number + 1) for number in range(SIZE)], [str(number + 2) for number in range(SIZE)]),
        ("type", COUNTIES[:3] * 13, [COUNTIES[2], *COUNTIES[:2]] * 13),
        ("signed", [f"2025-03-{day:02}" for day in range(1, 31)], [f"2025-03-{day:02}" for day in range(2, 32)]),
        ("signed", ["2025-03-01", "2025-03-02"] * 15, ["2025-03-02", "2025-03-01"] * 15),
    ],
    ids=["two exchanges", "one value", "numbers of rows", "labels", "a day later", "two days"],
)
def test_values_that_come_and_go_in_truth_did_not_slip(field: str, old: list[str], new: list[str]) -> None:
    """Few records, few values, figures of a rank, or all dates moved by the same number of days."""
    assert not has_slipped(field, old, new)


def test_dates_that_were_misread_throughout_are_held() -> None:
    """By a program of another country, where those with a day above 12 stay as they were; or in another calendar."""
    days = [f"2025-{1 + number % 6:02}-{8 + number % 20:02}" for number in range(SIZE)]
    swapped = [f"2025-{day[8:]}-{day[5:7]}" if day[8:] <= "12" else day for day in days]
    assert sum(one != other for one, other in zip(days, swapped, strict=True)) == 10
    assert "signed would have day and month exchanged" in (
        mixed_columns(moved("signed", days, swapped), PARTICIPATING, size=SIZE) or ""
    )
    assert "day and month" in (mixed_columns(moved("signed", swapped, days), PARTICIPATING, size=SIZE) or "")
    epoch = [(date.fromisoformat(day) + timedelta(days=1462)).isoformat() for day in days]
    assert "four years and a day" in (mixed_columns(moved("signed", days, epoch), PARTICIPATING, size=SIZE) or "")
    few = [*swapped[:5], *days[5:]]
    assert mixed_columns(moved("signed", days, few), PARTICIPATING, size=SIZE) is None
    later = [f"2025-{int(day[5:7]) + 1:02}-{day[8:]}" for day in days]
    assert mixed_columns(moved("signed", days, later), PARTICIPATING, size=SIZE) is None


def test_dates_that_a_spreadsheet_filled_down_are_held() -> None:
    """A day later in each row than in the one above; not one day for all, nor a table of days that goes on."""
    filled = [(date(2025, 7, 1) + timedelta(days=number)).isoformat() for number in range(SIZE)]
    for count in (12, SIZE):
        said = mixed_columns(moved("signed", DAYS[:count], filled[:count]), PARTICIPATING, size=SIZE)
        assert "filled down" in (said or "")
    with_gaps = [day if number % 4 else DAYS[number] for number, day in enumerate(filled)]
    assert "filled down" in (mixed_columns(moved("signed", DAYS, with_gaps), PARTICIPATING, size=SIZE) or "")
    for few in ([*filled[:8], *DAYS[8:]], ["2025-07-01"] * SIZE, [f"2025-07-{1 + n * 7 % 28:02}" for n in range(SIZE)]):
        assert mixed_columns(moved("signed", DAYS, few), PARTICIPATING, size=SIZE) is None
    month = [(date.fromisoformat(day) + timedelta(days=31)).isoformat() for day in filled]
    assert mixed_columns(moved("signed", filled, month), PARTICIPATING, size=SIZE) is None


def test_a_column_that_lost_many_of_its_values_is_held() -> None:
    """Not one that lost few."""
    for count, held in ((12, False), (20, True), (39, True), (40, True)):
        said = mixed_columns(corrected(count, county=("{}", "")), PARTICIPATING, size=SIZE)
        assert ("no county any more" in (said or "")) is held


def test_a_column_that_lost_all_of_its_values_is_held() -> None:
    """Also where few records had one; its header is still there. Some of them may lose theirs in truth."""
    for count in (4, 12):
        few = [county if number < count else "" for number, county in enumerate(COUNTIES)]
        for left in (0, 1):
            new = [*few[:left], *[""] * (SIZE - left)]
            after = [Record(values=tuple(value if name == "county" else "" for name in FIELDS)) for value in new]
            said = emptied_column(moved("county", few, new), after, PARTICIPATING)
            assert ("no record would have county any more" in (said or "")) is (count == 12 and left == 0)


def test_a_column_that_lost_most_of_its_links_is_held() -> None:
    """As when the values of a sheet are pasted without them. A few links that were taken back are told."""
    posted, text = "https://www.ice.gov/doclib/{}.pdf", "link"
    for count, held in ((12, False), (20, True), (40, True)):
        said = mixed_columns(corrected(count, moa=(posted, text)), PARTICIPATING, size=SIZE)
        assert ("no address in moa any more" in (said or "")) is held


@pytest.mark.parametrize(
    "changes",
    [
        {"signed": ("2025-06-12", "2025-06-11")},
        {"moa": ("link pending", "https://www.ice.gov/doclib/{}.pdf")},
        {"moa": ("https://www.ice.gov/old/{}.pdf", "https://www.ice.gov/new/of-{}.pdf")},
        {"county": ("{}", "{} County")},
        {"county": ("", "{}")},
        {"type": ("Municipality", "City")},
        {"county": ("{} 12", "Total 15")},
        {"signed": ("2025-06-12", "2025-07-12"), "addendum": ("2025-05-12", "2025-06-12")},
    ],
    ids=["dates", "links posted", "links moved", "more words", "filled in", "relabelled", "figures", "carried over"],
)
def test_what_is_corrected_in_bulk_in_truth_is_not(changes: dict[str, tuple[str, str]]) -> None:
    """Also where a column carries over what another held in the version before."""
    assert mixed_columns(corrected(SIZE, **changes), PARTICIPATING, size=SIZE) is None


def agencies(numbers: range, **places: str) -> list[Record]:
    """Records of the participating list, with the fields in `places` filled from the fields that these name."""
    own = [
        {
            "state": "TEXAS",
            "agency": f"{NAMES[number % 8]} County Sheriff's Office {number}",
            "type": ("County", "Municipality", "State Agency")[number % 3],
            "support_type": ("Task Force Model", "Jail Enforcement Model")[number % 2],
            "signed": f"2025-03-{number % 28 + 1:02}",
        }
        for number in numbers
    ]
    return [Record(values=tuple(each.get(places.get(field, field), "") for field in FIELDS)) for each in own]


def difference(before: Sequence[Record], after: Sequence[Record]) -> tuple[Amendment, ...]:
    """All of one version removed, and all of the other one added, but for those that are in both."""
    gone = [Amendment(kind=AmendmentKind.REMOVED, before=each) for each in before if each not in after]
    return (*gone, *(Amendment(kind=AmendmentKind.ADDED, after=each) for each in after if each not in before))


@pytest.mark.parametrize(
    "places",
    [
        {"agency": "type", "type": "agency"},
        {"type": "support_type", "support_type": "type"},
        {"agency": "type", "type": "support_type", "support_type": "signed", "signed": "agency"},
    ],
)
def test_values_that_went_to_another_column_are_held_though_no_record_is_found_again(places: dict[str, str]) -> None:
    """As in a list most of whose records are others each time; but not where the records alone are others."""
    before, after = agencies(range(30)), agencies(range(20, 50), **places)
    assert "were columns mixed up?" in (
        exchanged_columns(difference(before, after), before, after, PARTICIPATING) or ""
    )
    others = agencies(range(20, 50))
    assert exchanged_columns(difference(before, others), before, others, PARTICIPATING) is None
    assert exchanged_columns(difference(before, after)[:8], before, after, PARTICIPATING) is None


def test_a_column_with_a_single_value_is_not_taken_for_another() -> None:
    """All agencies of a list may be of one kind, which another column names too."""
    before = [Record(values=tuple({"type": "County", "county": "Bee"}.get(field, "") for field in FIELDS))] * 9
    after = [Record(values=tuple({"type": "Bee", "county": "Bee"}.get(field, "") for field in FIELDS))] * 9
    changes = tuple(Amendment(kind=AmendmentKind.ADDED, after=each) for each in after)
    assert exchanged_columns(changes, before, after, PARTICIPATING) is None


def day(week: int, number: int) -> str:
    """A day of a week, both counted from 0."""
    return (date(2025, 3, 3) + timedelta(days=7 * week + number)).isoformat()


def test_dates_that_another_column_had_a_week_before_are_no_exchange() -> None:
    """What was issued in a week is answered in the next one, so that its days stand in both columns by turns."""

    def week(number: int) -> list[Record]:
        rows = [
            {"agency": f"Agency {number} {n}", "signed": day(number + 1, n), "addendum": day(number, n)}
            for n in range(7)
        ]
        return [Record(values=tuple(row.get(field, "") for field in FIELDS)) for row in rows]

    for before, after in ((week(0), week(1)), (week(1), week(0))):
        assert exchanged_columns(difference(before, after), before, after, PARTICIPATING) is None
