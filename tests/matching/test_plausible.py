"""What can't be true is held, and a hold is rare: the differences that real files had, and those of malformed ones."""

from __future__ import annotations

import pytest

from monitor.matching.plausible import Past, common_cause, doubt, repeated_keys, stood_together
from monitor.model import Amendment, AmendmentKind, Locator, Record
from tests.support.lists import COUNTIES, PARTICIPATING, PENDING

FIELDS = PARTICIPATING.fields


def record(number: int, **values: str) -> Record:
    """Some record of the participating list."""
    usual = {"state": "TEXAS", "agency": f"Agency {number}", "support_type": "Task Force Model"} | values
    return Record(values=tuple(usual.get(field, "") for field in FIELDS))


def difference(*, removed: int = 0, added: int = 0) -> tuple[Amendment, ...]:
    """So many records gone and new."""
    gone = (Amendment(kind=AmendmentKind.REMOVED, before=record(number)) for number in range(removed))
    new = (Amendment(kind=AmendmentKind.ADDED, after=record(number)) for number in range(added))
    return (*gone, *new)


def corrected(count: int, field: str, *, before: str = "old", after: str = "new") -> tuple[Amendment, ...]:
    """So many records corrected in one field."""
    return tuple(
        Amendment(
            kind=AmendmentKind.CORRECTED,
            before=record(number, **{field: before}),
            after=record(number, **{field: after}),
            fields=(field,),
        )
        for number in range(count)
    )


NEW = Past()  # a list of which nothing is known


def past(*removed: int, records: int = 50) -> Past:
    """A list's versions by how many records went in each."""
    usually = sorted(removed)[-2] if len(removed) > 1 else 0
    return Past(versions=len(removed), most_removed=max(removed), usually_removed=usually, records=records)


def why(amendments: tuple[Amendment, ...], *, size: int, new_size: int, history: Past = NEW) -> str | None:
    """Why this is not believed of the participating list, or None."""
    return doubt(amendments, size=size, new_size=new_size, past=history, description=PARTICIPATING)


LIVELY = past(0, 3, 28, 0, 6, 2, 9, 0, 4)  # as the pending list's: agencies sign and move on
STEADY = past(0, 0, 0, 0, 1, 0, 0, 0, 0, records=800)  # as the participating list's


@pytest.mark.parametrize(
    ("removed", "size", "history"),
    [
        (28, 41, past(0)),  # the pending list, when it was young
        (28, 41, past(0, 0, 3, 2)),
        (31, 51, LIVELY),
        (1, 800, STEADY),
        (0, 800, STEADY),
        (20, 800, STEADY),
        (12, 800, STEADY),
        (4, 12, past(0, 0, 0, 0, 0, 0)),
        (6, 40, past(0, 0, 0, 1, 0, 0, 0)),
        (300, 1000, past(0)),  # of a list seen once before nothing is known
    ],
)
def test_losses_that_real_lists_had_are_believed(removed: int, size: int, history: Past) -> None:
    """28 of 41 and 31 of 51 pending agencies moved on; of 800 participating ones a few may end at once."""
    assert why(difference(removed=removed), size=size, new_size=size - removed, history=history) is None


@pytest.mark.parametrize(
    ("removed", "size", "history"),
    [
        (492, 1000, STEADY),
        (870, 1000, STEADY),
        (1012, 1013, STEADY),
        (146, 226, past(0, 0, 0, 0, 0, 0, 1, 0)),
        (60, 800, STEADY),
        (31, 51, past(0, 0, 0, 0, 0, 0)),  # of a list that never lost any
        (20, 48, past(0, 0, 0, 1, 0, 0, 0)),  # nor is a short one let go as easily once it is old
        (8, 20, past(0, 0, 0, 1, 0, 0, 0)),
    ],
)
def test_losses_of_malformed_issues_are_not(removed: int, size: int, history: Past) -> None:
    """Sheets that look like 1,012, 870 or 492 removals and bounce back the next day."""
    said = why(difference(removed=removed), size=size, new_size=size - removed, history=history)
    assert said is not None
    assert str(removed) in said or str(size - removed) in said
    assert str(size) in said


def test_a_small_list_may_lose_half() -> None:
    """With fewer than ten records one can't tell a mistake from a decision, but for one that leaves nothing."""
    for size in range(1, 10):
        for history in (NEW, past(0), past(*[0] * 20)):
            half = max(2, size // 2)
            assert why(difference(removed=half), size=size, new_size=size - half, history=history) is None
            assert size < 4 or why(difference(removed=size), size=size, new_size=0, history=history) is not None


@pytest.mark.parametrize("size", [10, 20, 35, 200, 1000])
def test_a_list_that_loses_nothing_is_believed(size: int) -> None:
    """Whatever its past."""
    for history in (NEW, past(0), STEADY):
        assert why((), size=size, new_size=size, history=history) is None
        assert why(difference(added=size // 2), size=size, new_size=size + size // 2, history=history) is None


@pytest.mark.parametrize("history", [NEW, past(0), past(0, 0, 0, 0, 0, 0, 0)])
def test_a_list_that_was_cut_off_is_held(history: Past) -> None:
    """Less than a tenth is left, young or old."""
    said = why(difference(removed=110), size=120, new_size=10, history=history)
    assert said == "10 records are left of 120; was the file cut off?"


def test_the_more_a_list_ever_lost_the_more_it_may_lose() -> None:
    """What is believed after a lively past is not believed after a steady one; never the other way round."""
    for removed in range(0, 201, 10):
        steady = why(
            difference(removed=removed), size=200, new_size=200 - removed, history=past(*[0] * 10, records=200)
        )
        lively = why(
            difference(removed=removed), size=200, new_size=200 - removed, history=past(*[20] * 10, records=200)
        )
        assert lively is None or steady is not None
    assert why(difference(removed=70), size=200, new_size=130, history=past(*[20] * 10)) is None
    assert why(difference(removed=70), size=200, new_size=130, history=past(*[0] * 10)) is not None


def test_growth_is_believed_until_it_is_another_list() -> None:
    """The participating list doubled within months; what is suddenly thrice as long is something else."""
    assert why(difference(added=150), size=150, new_size=300, history=STEADY) is None
    assert why(difference(added=100), size=12, new_size=112) is None
    said = why(difference(added=700), size=150, new_size=850, history=STEADY)
    assert said == "700 records would be new, where 150 were; is it another list?"


def test_the_first_records_of_an_empty_list_are_no_growth() -> None:
    """A list that had none may have any number."""
    assert why(difference(added=900), size=0, new_size=900, history=past(0, records=0)) is None


@pytest.mark.parametrize("field", ["agency", "state", "support_type"])
def test_columns_that_were_mixed_up_are_held(field: str) -> None:
    """Most records corrected in what identifies them: 120 of 200 are not believed, 25 are."""
    assert why(corrected(25, field), size=200, new_size=200, history=STEADY) is None
    said = why(corrected(120, field), size=200, new_size=200, history=STEADY)
    assert said == "120 of 200 records would be corrected in what identifies them; were columns mixed up?"


@pytest.mark.parametrize("field", ["signed", "moa", "county", "type", "addendum"])
def test_corrections_of_other_fields_are_believed(field: str) -> None:
    """Dates and links are corrected for all rows at once; they identify nothing."""
    assert why(corrected(200, field), size=200, new_size=200, history=STEADY) is None


def test_a_key_that_was_filled_in_is_no_mixing_up() -> None:
    """A value where none was says that a column came; none where one was, that it was lost."""
    for before, after, said in (("", "new", "None"), ("old", "", "was the column lost?")):
        changes = corrected(200, "support_type", before=before, after=after)
        assert said in str(why(changes, size=200, new_size=200, history=STEADY))


def test_what_is_not_told_is_not_counted() -> None:
    """Cosmetic differences and rewritten columns are never in doubt, however many."""
    cosmetic = tuple(
        Amendment(kind=AmendmentKind.COSMETIC, before=record(n), after=record(n), fields=("agency",))
        for n in range(500)
    )
    whole = (Amendment(kind=AmendmentKind.REFORMATTED, fields=("agency",)),)
    assert why((*cosmetic, *whole), size=500, new_size=500, history=STEADY) is None


@pytest.mark.parametrize("described", [PARTICIPATING, PENDING, COUNTIES])
def test_every_list_is_measured_by_its_own_past_alone(described: object) -> None:
    """The same loss after the same past gets the same answer, whichever list it is of."""
    arguments = {"size": 1000, "new_size": 508, "past": STEADY}
    said = doubt(difference(removed=492), **arguments, description=described)  # type: ignore[arg-type]
    assert said == "492 of 1000 records would be gone; the most ever gone at once is 1"


@pytest.mark.parametrize("size", [12, 20, 40])
def test_columns_of_short_lists_that_were_mixed_up_are_held(size: int) -> None:
    """Nearly all records corrected in what identifies them; of a short list, ten may be."""
    assert why(corrected(10, "agency"), size=size, new_size=size, history=STEADY) is None
    changes = corrected(max(11, size - 2), "agency")
    assert "mixed up" in (why(changes, size=size, new_size=size, history=STEADY) or "")


def in_file(count: int) -> list[Record]:
    """So many records, in the order in which they stand in a file."""
    return [
        Record(values=(str(number),), position=number, state=f"S{number % 7}", locator=Locator(row=number + 2))
        for number in range(count)
    ]


@pytest.mark.parametrize(("tail", "others"), [(5, 0), (5, 1), (12, 1), (12, 3), (40, 8)])
def test_the_end_of_a_file_is_missed_though_a_few_others_are_gone_too(tail: int, others: int) -> None:
    """A file that was cut off may have true losses as well."""
    before = in_file(200)
    said = common_cause([*before[: others * 7 : 7], *before[-tail:]], before)
    assert said is not None
    assert f"the last {tail} records" in said


@pytest.mark.parametrize(("block", "others"), [(10, 0), (19, 6), (30, 12)])
def test_records_that_stood_together_are_missed_though_a_few_others_are_gone_too(block: int, others: int) -> None:
    """Wherever they stood; but not where more others are gone, as in a list that is worked off."""
    before = in_file(400)
    together = before[300 : 300 + block]
    said = common_cause([*before[: others * 7 : 7], *together], before)
    assert said is not None
    assert f"{block} records that stood together" in said
    assert common_cause([*before[: (block + 1) * 4 : 4], *together], before) is None


@pytest.mark.parametrize("gone", [range(3, 200, 20), (*range(4), 199), (*range(150, 156), 20, 199), range(196, 200)])
def test_losses_here_and_there_have_no_common_cause(gone: tuple[int, ...]) -> None:
    """Also where a few of them stood together, or at the end."""
    before = in_file(200)
    assert common_cause([before[number] for number in gone], before) is None


def test_records_that_moved_neither_hide_a_cut_off_end_nor_look_like_one() -> None:
    """Two have signed, and the last twelve are missing; or most of the last ones have signed."""
    before = in_file(60)
    gone = [before[3], before[20], *before[-12:]]
    assert "the last 12 records" in (common_cause(gone, before, moved={3, 20}) or "")
    assert common_cause(before[-12:], before, moved=set(range(48, 55))) is None
    assert common_cause(before[-12:], before, moved=set(range(48, 60))) is None


def test_the_end_of_a_file_is_missed_though_most_of_what_went_has_moved() -> None:
    """Each record elsewhere that went is in the other list, and of those at the end hardly one."""
    before = in_file(80)
    gone, signed = [*before[:40:2], *before[-16:]], {*range(0, 40, 2), 70}
    assert "the last 15 records" in (common_cause(gone, before, moved=signed) or "")
    assert common_cause(gone, before, moved={*range(0, 40, 4), *range(70, 80)}) is None
    assert common_cause([*before[:40:2], *before[-4:]], before, moved=signed - {70}) is None


def test_a_block_is_missed_though_some_of_it_has_moved_and_though_most_of_what_went_has() -> None:
    """A record of the block may have moved in truth; but a block of which most has moved is not missed."""
    before = in_file(60)
    said = common_cause(before[20:30], before, moved={24})
    assert said is not None
    assert "9 records that stood together" in said
    assert common_cause(before[20:30], before, moved={22, 24, 26}) is None
    gone, signed = [*before[:30:2], *before[36:48]], {*range(0, 30, 2), 40}
    assert "11 records that stood together" in (common_cause(gone, before, moved=signed) or "")
    assert common_cause(gone, before, moved={*range(0, 30, 4), *range(36, 47)}) is None


@pytest.mark.parametrize(("least", "end"), [(5, 50), (10, 49)])
def test_a_lost_part_of_a_file_is_long(least: int, end: int) -> None:
    """Fewer records that stood together are no part of it, least of all within the file."""
    before = in_file(50)
    assert stood_together(before[end - least : end], before)
    assert not stood_together(before[end - least + 1 : end], before)
    assert not stood_together([], before)


def test_records_that_come_under_keys_that_stand_there_are_held() -> None:
    """As from another table below; not a few, nor new ones, nor where several records of one key are usual."""
    before = [record(number, signed="2025-03-01") for number in range(20)]
    again = [record(number, signed="2025-04-01") for number in range(20)]
    new = [record(number, signed="2025-04-01") for number in range(20, 60)]

    def said(added: list[Record], before: list[Record] = before) -> bool:
        return repeated_keys(added, before, [*before, *added], PARTICIPATING) is not None

    assert said(again)
    assert said([*again[:8], *new[:5]])
    assert not said(again[:4])
    assert not said([*again[:8], *new])
    assert not said(new)
    assert not said([record(number, signed="2026-01-01") for number in range(20)], before=[*before, *again])
    assert repeated_keys(new, before, new, PARTICIPATING) is None
