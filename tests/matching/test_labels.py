"""Labels are values too: misspelt or in other words they make no other record, and told apart they stay apart."""

from __future__ import annotations

import pytest

from monitor.matching.labels import one_label
from tests.matching.test_match import FILLERS
from tests.support.lists import PENDING, agreement, amendments, said

JAIL, TASK, WARRANT = "Jail Enforcement Model", "Task Force Model", "Warrant Service Officer"
TOWNS = ("Alva", "Bowie", "Cisco", "Delta", "Edna", "Freer", "Groves", "Hearne", "Idalou", "Jasper", "Katy", "Llano")


def police(town: str, **values: str) -> dict[str, str]:
    """An agreement of a town's police in Texas."""
    return agreement(f"{town} Police Department", **{"state": "TEXAS", "type": "Municipality", **values})


TEXANS = [police(town, support_type=JAIL if number % 2 else TASK) for number, town in enumerate(TOWNS)]


@pytest.mark.parametrize(
    ("label", "other"),
    [
        (JAIL, "Jail Enforcement Modal"), (JAIL, "JEM"), (JAIL, "Jail Enforcement Model (JEM)"),
        (JAIL, "Jail Enforcment"),
        (TASK, "TFM"), (TASK, "Taskforce Model"), (TASK, "Task-Force"), (WARRANT, "WSO"),
        (WARRANT, "Warrant Service Officer Program"), (WARRANT, "Warrant Services Officer"),
        ("Municipality", "Municipal"), ("County", "Country"),
    ],
)  # fmt: skip
def test_one_label_is_known_in_other_spellings(label: str, other: str) -> None:
    """Slips, abbreviations, and words that say nothing, in either order."""
    assert one_label(label, other)
    assert one_label(other, label)


@pytest.mark.parametrize(
    ("label", "other"),
    [
        (JAIL, TASK), (JAIL, WARRANT), (TASK, "Tribal Task Force Model"), ("Tier 1", "Tier 2"), ("Tier I", "Tier II"),
        ("Model A", "Model B"), ("Approved", "Disapproved"), ("Signed", "Unsigned"), ("County", "City"),
        ("State", "State University"), ("Virginia", "West Virginia"), ("North Dakota", "South Dakota"),
        ("Male", "Female"),
    ],
)  # fmt: skip
def test_two_labels_are_told_apart(label: str, other: str) -> None:
    """However alike they are spelt."""
    assert not one_label(label, other)
    assert not one_label(other, label)


@pytest.mark.parametrize("wrong", ["Jail Enforcement Modal", "JEM", "Jail Enforcement", "Jail Program"])
def test_a_label_written_otherwise_on_two_rows_is_two_corrections(wrong: str) -> None:
    """And as many when it comes back: no agreement ended, and none began."""
    after = [row | {"support_type": wrong} if at in {1, 3} else row for at, row in enumerate(TEXANS)]
    for one, other in ((TEXANS, after), (after, TEXANS)):
        found = amendments([*FILLERS, *one], [*FILLERS, *other])
        assert [(str(each.kind), each.fields) for each in found] == [("corrected", ("support_type",))] * 2


def test_a_label_may_change_together_with_a_posted_link_and_a_date() -> None:
    """The same agreement, also where more of it is corrected at once."""
    mended = police(
        "Bowie", support_type="Jail Enforcement Modal", signed="2025-02-27", moa="https://www.ice.gov/b.pdf"
    )
    (found,) = amendments([*FILLERS, *TEXANS], [*FILLERS, TEXANS[0], mended, *TEXANS[2:]])
    assert found.fields == ("support_type", "signed", "moa")


def test_two_agreements_of_one_agency_stay_two() -> None:
    """One of them ends beside the other, whose label is misspelt at that moment: a removal and a correction."""
    both = [police("Alva", support_type=JAIL), police("Alva", support_type=WARRANT)]
    after = [both[0] | {"support_type": "Jail Enforcement Modal"}]
    found = amendments([*TEXANS[1:], *both], [*TEXANS[1:], *after])
    assert said(found) == [("removed", "", "Alva Police Department"), ("corrected", "reclassified", "support_type")]


def test_labels_that_stand_side_by_side_for_one_agency_are_two() -> None:
    """However alike: where one of them goes, it is a removal."""
    both = [police("Alva", support_type="Task Force Model"), police("Alva", support_type="Task Force Modes")]
    assert said(amendments([*TEXANS[1:], *both], [*TEXANS[1:], both[0]])) == [("removed", "", "Alva Police Department")]


def test_a_switch_to_another_standing_model_is_another_agreement() -> None:
    """With a date of its own: the one ended, the other began."""
    before, after = police("Opal", support_type=JAIL), police("Opal", support_type=TASK, signed="2025-05-05")
    kinds = [kind for kind, _, _ in said(amendments([*TEXANS, before], [*TEXANS, after]))]
    assert kinds == ["added", "removed"]


@pytest.mark.parametrize("misspelt", ["TEXSA", "TEXSAS", "Teaxs", "TX"])
def test_a_state_misspelt_on_most_of_its_rows_is_one_reformatted(misspelt: str) -> None:
    """Beside rows that are right, and one that is new; the way back is one as well."""
    after = [row | {"state": misspelt} if at < 8 else row for at, row in enumerate(TEXANS)]
    new = police("Mason", state=misspelt)
    told = said(amendments([*FILLERS, *TEXANS], [*FILLERS, *after, new]))
    assert told == [("added", "", "Mason Police Department"), ("reformatted", "value rewritten in 8 records", "state")]
    back = said(amendments([*FILLERS, *after, new], [*FILLERS, *TEXANS, new | {"state": "TEXAS"}]))
    assert back == [("reformatted", "value rewritten in 9 records", "state")]


def test_a_state_misspelt_on_few_of_its_rows_is_corrected_there() -> None:
    """Two rows of twelve are two corrections."""
    after = [row | {"state": "TEXSA"} if at < 2 else row for at, row in enumerate(TEXANS)]
    found = amendments([*FILLERS, *TEXANS], [*FILLERS, *after])
    assert said(found) == [("corrected", "respelled", "state")] * 2


def test_types_in_other_words_on_most_rows_are_one_reformatted() -> None:
    """`City` for `Municipality`, beside rows that still say so, and true changes beside it are told."""
    after = [row | {"type": "City"} if at < 9 else row for at, row in enumerate(TEXANS)]
    after[3] = after[3] | {"signed": "2025-02-25"}
    found = amendments([*FILLERS, *TEXANS], [*FILLERS, *after])
    told = [("corrected", "redated", "signed"), ("reformatted", "value rewritten in 9 records", "type")]
    assert said(found) == told


def test_an_agency_that_was_put_in_another_state_is_corrected() -> None:
    """Texas to Kansas is no manner of writing, also for three of them."""
    after = [row | {"state": "KANSAS"} if at < 3 else row for at, row in enumerate(TEXANS)]
    found = amendments([*FILLERS, *TEXANS], [*FILLERS, *after])
    assert [(str(each.kind), each.fields) for each in found] == [("corrected", ("state",))] * 3


def test_a_model_reworded_on_all_rows_is_one_reformatted() -> None:
    """Whatever the words: every agreement stands under the new ones."""
    rows = [{field: row[field] for field in ("state", "agency", "type", "county", "support_type")} for row in TEXANS]
    after = [row | ({"support_type": "Detention Partnership"} if row["support_type"] == JAIL else {}) for row in rows]
    found = said(amendments(rows, after, PENDING), PENDING)
    assert found == [("reformatted", "value rewritten in 6 records", "support_type")]


def test_a_column_of_labels_that_is_rewritten_is_told_by_label_also_of_single_records() -> None:
    """Postal codes in place of the names of states: no record is corrected, not even the one of its state."""
    codes = {"TEXAS": "TX", "OHIO": "OH", "IOWA": "IA"}
    before = [*TEXANS, police("Ada", state="OHIO"), police("Ames", state="IOWA")]
    after = [row | {"state": codes[row["state"]]} for row in before]
    found = amendments(before, after)
    assert {(str(each.kind), each.fields) for each in found} == {("reformatted", ("state",))}
    assert len(found) == len(codes)


def test_few_labels_that_are_rewritten_are_told_of_each_record() -> None:
    """A state by its postal code on one record of many."""
    (found,) = amendments([*FILLERS, *TEXANS], [*FILLERS, TEXANS[0] | {"state": "TX"}, *TEXANS[1:]])
    assert (str(found.kind), found.fields) == ("corrected", ("state",))


def test_a_label_that_half_of_those_still_listed_have_is_told_once() -> None:
    """Records that went count neither way: of twelve six are left, of which three have the state misspelt."""
    after = [row | {"state": "TXEAS"} if at < 3 else row for at, row in enumerate(TEXANS[:6])]
    kinds = [str(each.kind) for each in amendments([*FILLERS, *TEXANS], [*FILLERS, *after])]
    assert sorted(kinds) == ["reformatted", *["removed"] * 6]
