"""Matching: laws that hold for any lists, and the traps of the real ones."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.lists import ListDescription
from monitor.matching.match import match
from monitor.model import AmendmentKind, Reason
from tests.support.lists import COUNTIES, DECLINED, PARTICIPATING, PENDING, agreement, amendments, made, said

if TYPE_CHECKING:
    import random

COUNTY_NAMES = (
    "Bay",
    "Bradford",
    "Brevard",
    "Calhoun",
    "Clay",
    "Collier",
    "Dixie",
    "Duval",
    "Gulf",
    "Hardee",
    "Hendry",
)
FILLERS = [agreement(f"{name} County Sheriff's Office", signed="2025-02-24") for name in COUNTY_NAMES]

words = st.sampled_from(("Gulf", "Pasco", "Pima", "Pinal", "Bay", "Sheriff's Office", "Police", "County", "1", "2"))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(("FLORIDA", "TEXAS", "ARIZONA")),
            "agency": st.lists(words, min_size=1, max_size=4).map(" ".join),
            "type": st.sampled_from(("County", "Municipality")),
            "county": st.sampled_from(("Gulf County", "Pima County", "#N/A", "")),
            "support_type": st.sampled_from(("Task Force Model", "Warrant Service Officer")),
            "signed": st.sampled_from(("2025-02-26", "2025-03-01", "7/72025")),
            "moa": st.sampled_from(("link pending", "https://www.ice.gov/a.pdf", "https://www.ice.gov/b.pdf", "")),
        }
    ),
    max_size=12,
)


def told(found: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """What amendments say, without where the records stand."""
    return sorted(
        (each.kind, each.fields, each.before.values if each.before else (), each.after.values if each.after else ())
        for each in found
    )


@given(rows)
def test_a_list_differs_in_nothing_from_itself(some: list[dict[str, str]]) -> None:
    """`amend(match(a, a)) == ()`."""
    assert amendments(some, some) == ()


@given(rows, rows, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_records_never_matters(
    one: list[dict[str, str]], other: list[dict[str, str]], dice: random.Random
) -> None:
    """Shuffling either side gives the same amendments."""
    mixed_one, mixed_other = dice.sample(one, len(one)), dice.sample(other, len(other))
    assert told(amendments(one, other)) == told(amendments(mixed_one, mixed_other))


@given(rows, rows)
@settings(deadline=None)
def test_swapping_the_sides_swaps_added_and_removed(one: list[dict[str, str]], other: list[dict[str, str]]) -> None:
    """What is added one way is removed the other way."""
    there, back = amendments(one, other), amendments(other, one)
    for kind, opposite in ((AmendmentKind.ADDED, AmendmentKind.REMOVED), (AmendmentKind.REMOVED, AmendmentKind.ADDED)):
        ways = [
            sorted((each.after or each.before).values for each in found if each.kind == wanted)  # type: ignore[union-attr]
            for found, wanted in ((there, kind), (back, opposite))
        ]
        assert ways[0] == ways[1]


@given(rows, rows)
@settings(deadline=None)
def test_applying_the_matching_to_the_old_list_gives_the_new_one(
    one: list[dict[str, str]], other: list[dict[str, str]]
) -> None:
    """Old records less the removed, with pairs replaced and the new ones added, are the new list: nothing is lost."""
    before, after = made(one), made(other)
    found = match(before, after, PARTICIPATING)
    kept = [pair.after.values for pair in found.pairs]
    built = [*kept, *(r.values for r in found.added), *(r.values for r in found.repeated)]
    assert sorted(map(str, built)) == sorted(str(record.values) for record in after.records)
    left = [pair.before.values for pair in found.pairs]
    taken = [*left, *(r.values for r in found.removed), *(r.values for r in found.dropped)]
    assert sorted(map(str, taken)) == sorted(str(record.values) for record in before.records)


def test_a_relabelled_agency_is_one_correction() -> None:
    """The sheriff's office that became a department, with the same model, date and county, was not removed."""
    old = agreement("Escambia County Sheriff's Office", signed="2025-02-26")
    new = old | {"agency": "Escambia County Board of County Commissioners/ Department of Corrections"}
    assert said(amendments([*FILLERS, old], [*FILLERS, new])) == [("corrected", "renamed", "agency")]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Gulf County BOCC", "Gulf County Board of County Commissioners", Reason.RESPELLED),
        ("Gulfport PD", "Gulfport Police Department", Reason.RESPELLED),
        ("Panama City Police Dept.", "Panama City Police Department", Reason.RESPELLED),
        ("Macro Island Police Department", "Marco Island Police Department", Reason.RESPELLED),
        ("City of Melbourne Police Department", "Melbourne Police Department", Reason.RENAMED),
        ("Green Forks Police Department", "Greens Forks Police Department", Reason.RESPELLED),
        ("Indialantic Police Department", "Indiatlantic Police Department", Reason.RESPELLED),
        ("Department of Corrections", "Florida Department of Corrections", Reason.RENAMED),
        ("De Soto County Sheriff's Office", "DeSoto County Sheriff's Office", Reason.RESPELLED),
        ("Constable Precinct One", "Constable, Pct. 1", Reason.RESPELLED),
    ],
)
def test_another_name_for_one_agency_is_one_correction(old: str, new: str, reason: Reason) -> None:
    """Abbreviations, slips, forms of address: the agency stays on the list."""
    before = agreement(old, county="#N/A", type="Municipality")
    found = amendments([*FILLERS, before], [*FILLERS, before | {"agency": new}])
    assert said(found) == [("corrected", reason, "agency")]


@pytest.mark.parametrize(
    ("gone", "come"),
    [
        ("Pima County Sheriff's Office", "Pinal County Sheriff's Office"),
        ("Bradley County Constable District 1", "Bradley County Constable District 6"),
        ("Bradley County Constable District 6", "Bradley County Constable District 7"),
        ("Melbourne Police Department", "Melbourne Beach Police Department"),
        ("Sanford Airport Police Department", "Sanford Police Department"),
        ("University of Florida Police Department", "University of West Florida Police Department"),
        ("Escambia County Sheriff's Office", "Lampasas County Sheriff's Office"),
    ],
)
def test_agencies_with_near_names_stay_distinct(gone: str, come: str) -> None:
    """One gone and another come, of the same model and type: two amendments, not one correction."""
    state = "ARIZONA" if "Pi" in gone else "FLORIDA"
    before, after = agreement(gone, state=state), agreement(come, state=state, signed="2025-03-11")
    found = said(amendments([*FILLERS, before], [*FILLERS, after]))
    assert found == [("added", "", come), ("removed", "", gone)]


def test_near_names_with_the_same_date_stay_distinct_where_both_are_counties() -> None:
    """Pima and Pinal are both counties of Arizona: even the same date and model don't make them one."""
    before = agreement("Pima County Sheriff's Office", state="ARIZONA")
    after = agreement("Pinal County Sheriff's Office", state="ARIZONA")
    assert [kind for kind, _, _ in said(amendments([*FILLERS, before], [*FILLERS, after]))] == ["added", "removed"]


def test_a_county_that_does_not_exist_is_corrected_to_one_that_does() -> None:
    """Freedom County is none of Minnesota's: Freeborn County is the same agency, respelt."""
    before = agreement("Freedom County Sheriff's Office", state="MINNESOTA", signed="2025-03-27")
    after = before | {"agency": "Freeborn County Sheriff's Office", "county": "Freeborn County"}
    assert [kind for kind, _, _ in said(amendments([*FILLERS, before], [*FILLERS, after]))] == ["corrected"]


def test_an_agency_in_the_wrong_state_is_corrected() -> None:
    """Crow Wing County moved from Massachusetts to Minnesota: one correction, reattributed."""
    before = agreement("Crow Wing County Sheriff's Office", state="MASSACHUSETTS")
    found = amendments([*FILLERS, before], [*FILLERS, before | {"state": "MINNESOTA"}])
    assert said(found) == [("corrected", "reattributed", "state")]


@pytest.mark.parametrize(
    ("state", "old", "new", "reason"),
    [
        ("FLORIDA", "St. Luice County", "St. Lucie County", Reason.RESPELLED),
        ("LOUISIANA", "Lafourche County", "Lafourche Parish", Reason.RENAMED),
        ("MARYLAND", "Allegancy", "Allegany County", Reason.RENAMED),
        ("PENNSYLVANIA", "Bedford County", "Bradford County", Reason.REATTRIBUTED),
        ("ARIZONA", "Pima County", "Pinal County", Reason.REATTRIBUTED),
        ("FLORIDA", "#N/A", "Lee County", Reason.OTHER),
    ],
)
def test_a_county_is_another_where_it_resolves_to_another(state: str, old: str, new: str, reason: Reason) -> None:
    """However alike the letters: Bedford is not Bradford, and St. Luice is St. Lucie."""
    before = agreement("Regional Task Force", state=state, county=old)
    found = amendments([*FILLERS, before], [*FILLERS, before | {"county": new}])
    assert said(found) == [("corrected", reason, "county")]


MANY = [  # so many that a state, a date and a type tell something
    agreement(f"{first}{last} County Sheriff's Office", state=state, signed=f"2025-03-{1 + number % 25:02}")
    for number, (first, last, state) in enumerate(
        product(
            ("Amber", "Birch", "Cedar", "Dove", "Elm", "Flint", "Grove"),
            ("ton", "wick", "field", "burg", "dale", "ford"),
            ("FLORIDA", "TEXAS", "GEORGIA", "OHIO", "UTAH"),
        )
    )
]
COLLEGES = [
    agreement(f"{name} Police Department", type="State Agency", signed="2025-04-11", county="#N/A")
    for name in (
        *("Florida International University", "Florida Polytechnic University", "New College of Florida"),
        *("University of Central Florida", "University of West Florida", "Santa Fe College", "Broward College"),
    )
]


@pytest.mark.parametrize(
    ("gone", "come"),
    [
        ("Florida State University", "Florida Atlantic University"),
        ("Florida State University", "University of Florida"),
        ("Florida Gulf Coast University", "Florida State University"),
        ("Tallahassee State College", "Pensacola State College"),
        ("Northwest Florida State College", "University of North Florida"),
        ("University of South Florida", "Florida Southwestern State College"),
        ("Florida Department of Corrections", "Florida Department of Law Enforcement"),
        ("Lakeland Regional Airport", "Sarasota Regional Airport"),
    ],
)
def test_agencies_that_share_only_words_for_their_kind_stay_distinct(gone: str, come: str) -> None:
    """Though all of them signed on the same day, and neither a county nor a document is told."""
    before, after = (COLLEGES[0] | {"agency": f"{name} Police Department"} for name in (gone, come))
    for one, other in ((before, after), (after, before)):
        found = amendments([*MANY, *COLLEGES, one], [*MANY, *COLLEGES, other])
        assert sorted(str(each.kind) for each in found) == ["added", "removed"]


@pytest.mark.parametrize(
    ("gone", "come"),
    [
        ("North Palm Beach Police Department", "South Palm Beach Police Department"),
        ("Northern Bay Fire District", "Southwest Bay Fire District"),
        ("Sixth Judicial Circuit Task Force", "Tenth Judicial Circuit Task Force"),
        ("Eleventh Judicial Circuit Task Force", "12th Judicial Circuit Task Force"),
        ("Highway Patrol Troop A", "Highway Patrol Troop D"),
    ],
)
def test_other_numbers_points_and_letters_are_other_agencies_though_all_else_is_the_same(gone: str, come: str) -> None:
    """Even the county, and a day that no other has."""
    before, after = (agreement(name, county="Palm Beach County", signed="2025-05-02") for name in (gone, come))
    found = said(amendments([*MANY, before], [*MANY, after]))
    assert found == [("added", "", come), ("removed", "", gone)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("North West Bay Fire District", "Northwest Bay Fire District"),
        ("Eleventh Judicial Circuit Task Force", "11th Judicial Circuit Task Force"),
        ("Highway Patrol Troop A", "Highway Patrol, Troop A (Pensacola)"),
    ],
)
def test_the_same_number_point_or_letter_otherwise_written_is_one_agency(old: str, new: str) -> None:
    """Which is corrected."""
    before = agreement(old, county="Palm Beach County", signed="2025-05-02")
    found = amendments([*MANY, before], [*MANY, before | {"agency": new}])
    assert [kind for kind, _, _ in said(found)] == ["corrected"]


def test_a_day_that_no_other_agency_has_does_not_make_one_agency_of_two() -> None:
    """Nothing else speaks for it."""
    before, after = (
        COLLEGES[0] | {"agency": f"{name} Police Department", "signed": "2025-05-02"}
        for name in ("Florida Atlantic University", "New College of Sarasota")
    )
    found = amendments([*MANY, before], [*MANY, after])
    assert sorted(str(each.kind) for each in found) == ["added", "removed"]


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("Jacksonville Sheriff's Office", "Duval County Sheriff's Office", {"county": "Duval County"}),
        ("Florida State University", "Seminole Campus Safety", {"moa": "https://www.ice.gov/doclib/seminole.pdf"}),
        ("Pensacola State College", "Pensacola State College District Board of Trustees", {}),
        ("South Florida Transit Police", "Southern Florida Transit Police", {"moa": "https://www.ice.gov/s.pdf"}),
    ],
)
def test_an_agency_under_another_name_is_corrected_where_something_tells(
    old: str, new: str, more: dict[str, str]
) -> None:
    """A word that says which body it is, the county, or the document."""
    before = COLLEGES[0] | more | {"agency": old}
    found = amendments([*MANY, *COLLEGES[3:], before], [*MANY, *COLLEGES[3:], before | {"agency": new}])
    assert [(str(each.kind), each.fields) for each in found] == [("corrected", ("agency",))]


def test_a_name_misspelt_in_two_agreements_is_corrected_in_both() -> None:
    """Also where a third has it right."""
    third = agreement("Suwannee County Sheriff's Office", support_type="Jail Enforcement Model")
    before = [
        agreement("Suwanee County Sheriff's Office", support_type=model)
        for model in ("Task Force Model", "Warrant Service Officer")
    ]
    after = [row | {"agency": third["agency"], "county": third["county"]} for row in before]
    found = amendments([*MANY, third, *before], [*MANY, third, *after])
    assert [(str(each.kind), each.fields) for each in found] == [("corrected", ("agency", "county"))] * 2


def test_two_agreements_each_of_two_counties_that_are_spelt_alike_stay_distinct() -> None:
    """Marion County is none of Martin County's spellings, in one agreement or in two."""
    models = ("Task Force Model", "Warrant Service Officer")
    gone, come = (
        [agreement(f"{name} County Sheriff's Office", support_type=model, county=county) for model in models]
        for name, county in (("Marion", "#N/A"), ("Martin", "#N/A"))
    )
    found = amendments([*MANY, *gone], [*MANY, *come])
    assert sorted(str(each.kind) for each in found) == ["added", "added", "removed", "removed"]


@pytest.mark.parametrize("agency", ["Lincoln County Sheriff's Office", "Auburn Police Department"])
def test_agencies_of_one_name_in_two_states_with_other_dates_are_two(agency: str) -> None:
    """One is gone and the other has come; with the same date, or the same document, the state was corrected."""
    county = "Lincoln County" if "County" in agency else "#N/A"
    states = ("KANSAS", "OKLAHOMA") if "County" in agency else ("ALABAMA", "MAINE")
    gone = agreement(agency, state=states[0], county=county, signed="2025-03-03")
    come = gone | {"state": states[1]}
    for more, kinds in (
        ({"signed": "2026-07-20"}, ["added", "removed"]),
        ({}, ["corrected"]),
        ({"signed": "2026-07-20", "moa": "https://www.ice.gov/a.pdf"}, ["corrected"]),
    ):
        before = gone | {"moa": more.get("moa", "link pending")}
        found = amendments([*FILLERS, before], [*FILLERS, come | more])
        assert sorted(str(each.kind) for each in found) == kinds, more


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("agency", "Doña Ana County Sheriff\u2019s Office", "DoÃ±a Ana County Sheriffâ€™s Office"),
        ("agency", "Château Police Department", "ChÃ¢teau Police Department"),
        ("moa", "http://www.ice.gov/A b.pdf", "https://WWW.ICE.gov:443/A%20b.pdf"),
    ],
)
def test_what_was_decoded_or_written_otherwise_is_cosmetic(field: str, old: str, new: str) -> None:
    """And so is the way back. Another path of an address is told."""
    before = agreement("Zeta Police Department") | {field: old}
    for one, other in ((old, new), (new, old)):
        found = amendments([*FILLERS, before | {field: one}], [*FILLERS, before | {field: other}])
        assert [(str(each.kind), each.fields) for each in found] == [("cosmetic", (field,))]
    if field == "moa":
        found = amendments([*FILLERS, before], [*FILLERS, before | {"moa": old.replace("A b", "a b")}])
        assert [str(each.kind) for each in found] == ["corrected"]


def test_a_misspelt_state_is_the_same_state() -> None:
    """`UTAHJ` became `UTAH`: respelt, and no agency moved."""
    before = agreement("Weber County Sheriff's Office", state="UTAHJ")
    found = amendments([*FILLERS, before], [*FILLERS, before | {"state": "UTAH"}])
    assert said(found) == [("corrected", "respelled", "state")]


def test_cities_that_resolve_to_different_places_stay_distinct() -> None:
    """Port Orange gone and Port Richey come on the same day, with the same model: two cities, two amendments."""
    gone, come = (
        agreement(f"{name} Police Department", type="Municipality") for name in ("Port Orange", "Port Richey")
    )
    kinds = [kind for kind, _, _ in said(amendments([*FILLERS, gone], [*FILLERS, come]))]
    assert kinds == ["added", "removed"]


def test_without_a_column_of_the_key_equal_keys_tell_nothing() -> None:
    """Where a version lacks what identifies a record, the rest decides: another county's policy is another record."""
    described = ListDescription.model_validate(
        {
            "columns": {
                "number": {"header": ["No"], "optional": True},
                "name": ["Name"],
                "policy": ["Policy"],
            },
            "key": ["number"],
            "names": ["name"],
            "anchors": ["policy"],
        }
    )
    before = [{"number": "1", "name": "Travis County", "policy": "no detainers"}]
    after = [{"name": "Harris County", "policy": "ordinance"}]
    found = amendments(before, after, described)
    assert sorted(str(each.kind) for each in found) == ["added", "reformatted", "removed"]


def test_addresses_that_are_none_differ() -> None:
    """`http://[` can't be taken apart; a whole column of such is corrected, row by row."""
    names = ("Bay", "Clay", "Collier", "Dixie", "Duval", "Gulf", "Hardee", "Hendry", "Lee", "Leon", "Levy", "Pasco")
    before, after = (
        [agreement(f"{name} County Sheriff's Office", moa=f"http://[{side}/x") for name in names] for side in "ab"
    )
    assert len(amendments(before, after)) == len(names)


def test_two_support_types_of_one_agency_are_two_records() -> None:
    """One agreement ends and another of the same agency begins: removed and added."""
    before = agreement("Lee County Sheriff's Office")
    after = before | {"support_type": "Warrant Service Officer"}
    kinds = [kind for kind, _, _ in said(amendments([*FILLERS, before], [*FILLERS, after]))]
    assert kinds == ["added", "removed"]


def test_a_link_that_stays_tells_that_the_support_type_was_corrected() -> None:
    """With the same agreement behind its link it is the same record, reclassified."""
    before = agreement("Lee County Sheriff's Office", moa="https://www.ice.gov/doclib/287gMOA/Lee.pdf")
    after = before | {"support_type": "Warrant Service Officer"}
    assert said(amendments([*FILLERS, before], [*FILLERS, after])) == [("corrected", "reclassified", "support_type")]


def test_a_state_misspelt_on_all_of_its_rows_is_one_reformatted() -> None:
    """`ALABMA` on every row of Alabama says nothing of any agency."""
    before = [agreement(f"{name} County Sheriff's Office", state="ALABAMA") for name in ("Colbert", "Dale", "Henry")]
    after = [row | {"state": "ALABMA"} for row in before]
    found = amendments([*FILLERS, *before], [*FILLERS, *after])
    assert said(found) == [("reformatted", "value rewritten in 3 records", "state")]
    assert found[0].before is not None
    assert found[0].before.values[0] == "ALABAMA"


def test_states_written_as_codes_are_one_reformatted_each() -> None:
    """A column that now says `FL` for `FLORIDA` is written another way, and no agency moved."""
    after = [row | {"state": "FL"} for row in FILLERS]
    assert said(amendments(FILLERS, after)) == [("reformatted", "value rewritten in 11 records", "state")]
    few = [*FILLERS, agreement("Kodiak Police Department", state="ALASKA", county="#N/A")]
    after = [row | {"state": {"FLORIDA": "12", "ALASKA": "2"}[row["state"]]} for row in few]
    assert {kind for kind, _, _ in said(amendments(few, after))} == {"reformatted"}


def test_a_state_that_vanished_beside_one_that_came_is_no_other_spelling() -> None:
    """All of Nevada gone and as many new in Ohio: removals and additions, however alike their number."""
    names = [f"{letter}town Police Department" for letter in "ABCDEFGHIJKL"]
    others = [f"{letter}ville Marshal" for letter in "MNOPQRSTUVWX"]
    before = [agreement(name, state="NEVADA", county="#N/A", signed="2025-01-02") for name in names]
    after = [agreement(name, state="OHIO", county="#N/A", signed="2025-06-02") for name in others]
    kinds = {kind for kind, _, _ in said(amendments([*FILLERS, *before], [*FILLERS, *after]))}
    assert kinds == {"added", "removed"}


def test_rows_given_out_twice_are_cosmetic() -> None:
    """A row that stands twice is no second agreement, nor is the copy's end a removal."""
    assert said(amendments(FILLERS, [*FILLERS, FILLERS[0]])) == [
        ("cosmetic", "repeated", "Bay County Sheriff's Office")
    ]
    assert said(amendments([*FILLERS, FILLERS[0]], FILLERS)) == [
        ("cosmetic", "repeated", "Bay County Sheriff's Office")
    ]


def test_a_new_row_given_out_twice_is_one_addition() -> None:
    """And one removal when it goes; a renamed record that stands twice is renamed once."""
    new = agreement("Zavala County Sheriff's Office", state="TEXAS", county="Zavala County")
    copy = ("cosmetic", "repeated", "Zavala County Sheriff's Office")
    added, removed = (("added", "", new["agency"]), ("removed", "", new["agency"]))
    assert said(amendments(FILLERS, [*FILLERS, new, new])) == [added, copy]
    assert said(amendments([*FILLERS, new, new], FILLERS)) == [removed, copy]
    renamed = new | {"agency": "Zavala County Sheriffs Dept"}
    found = said(amendments([*FILLERS, new], [*FILLERS, renamed, renamed]))
    assert [kind for kind, *_ in found] == ["corrected", "cosmetic"]


def test_a_repeated_row_does_not_hide_a_correction() -> None:
    """The copy is set aside, the date is corrected."""
    changed = FILLERS[0] | {"signed": "2025-02-25"}
    found = said(amendments(FILLERS, [changed, *FILLERS[1:], changed]))
    assert found == [("corrected", "redated", "signed"), ("cosmetic", "repeated", "Bay County Sheriff's Office")]


def test_dozens_of_dates_corrected_at_once_are_corrections() -> None:
    """12 June became 11 June on every row: each is a correction, not a manner of writing."""
    before = [row | {"signed": "2025-06-12"} for row in FILLERS]
    found = amendments(before, [row | {"signed": "2025-06-11"} for row in before])
    assert said(found) == [("corrected", "redated", "signed")] * len(FILLERS)


def test_noise_is_cosmetic() -> None:
    """Curly apostrophes, blanks, case, `N/A` and `#N/A`: logged, not told."""
    before = agreement("Ocala Police Department", county="N/A", state="Florida", moa="link pending ")
    after = before | {
        "agency": "Ocala  Police\u00a0Department",
        "county": "#N/A",
        "state": "FLORIDA",
        "moa": "link pending",
    }
    found = amendments([*FILLERS, before], [*FILLERS, after])
    assert [(each.kind, each.fields) for each in found] == [("cosmetic", ("state", "agency", "county", "moa"))]


def test_a_column_that_comes_or_goes_is_one_reformatted() -> None:
    """The new column's values are no corrections."""
    without = [{field: value for field, value in row.items() if field != "county"} for row in FILLERS]
    assert said(amendments(without, FILLERS)) == [("reformatted", "column added", "county")]
    assert said(amendments(FILLERS, without)) == [("reformatted", "column gone", "county")]


def test_links_moved_to_another_folder_are_one_reformatted() -> None:
    """The same files under another path: one line, not one for each agreement."""
    before = [row | {"moa": f"https://www.ice.gov/a/{n}.pdf"} for n, row in enumerate(FILLERS)]
    after = [row | {"moa": f"https://www.ice.gov/b/c/{n}.pdf"} for n, row in enumerate(FILLERS)]
    assert said(amendments(before, after)) == [("reformatted", "column rewritten", "moa")]


def test_a_posted_link_is_a_minor_correction() -> None:
    """`link pending` became a link: logged as corrected, marked as minor."""
    (found,) = amendments(FILLERS, [FILLERS[0] | {"moa": "https://www.ice.gov/x.pdf"}, *FILLERS[1:]])
    assert (found.kind, found.reason, found.minor) == ("corrected", "relinked", True)


def test_records_without_identifier_pair_as_a_multiset() -> None:
    """Fourteen of many equal rows get another jail: fourteen corrections, reattributed, whatever the order."""
    row = {
        "state": "Texas",
        "jurisdiction": "Travis County State Jail",
        "citizenship": "Mexico",
        "issued_on": "2017-01-30",
        "declined_on": "2017-02-01",
        "activity": "Assault (Charge)",
    }
    before = [row | {"activity": f"Offence {n % 3}"} for n in range(40)]
    after = [each | ({"jurisdiction": "Travis County Jail"} if n < 14 else {}) for n, each in enumerate(before)]
    found = amendments(before, after[::-1], DECLINED)
    assert {(each.kind, each.reason, each.fields) for each in found} == {
        ("corrected", "reattributed", ("jurisdiction",))
    }
    assert len(found) == 14


def test_equal_rows_of_a_list_without_key_count() -> None:
    """Where nothing identifies a record, one more of the same is one more record."""
    row = {"state": "Texas", "jurisdiction": "Travis County Jail", "citizenship": "Mexico", "issued_on": "2017-01-30",
           "declined_on": "2017-02-01", "activity": "Assault (Charge)"}  # fmt: skip
    assert [each.kind for each in amendments([row, row], [row, row, row], DECLINED)] == ["added"]


def test_counties_of_the_same_name_are_told_apart_by_state() -> None:
    """Franklin County, Iowa, gone and Franklin County, New York, come are two amendments."""
    before, after = {"name": "Franklin County", "state": "IA"}, {"name": "Franklin County", "state": "NY"}
    assert {each.kind for each in amendments([before], [after], COUNTIES)} == {"added", "removed"}


def test_pending_agencies_that_move_on_are_not_matched_with_new_ones() -> None:
    """With neither date nor link, only the names can tell: different names are different agencies."""
    gone = [agreement(f"{name} County Sheriff's Office") for name in ("Lake", "Lee", "Leon", "Levy", "Liberty")]
    come = [agreement(f"{name} County Sheriff's Office") for name in ("Marion", "Martin", "Monroe", "Nassau")]
    pending = [{field: row[field] for field in PENDING.fields} for row in gone + come]
    kinds = [kind for kind, _, _ in said(amendments(pending[:5], pending[5:], PENDING), PENDING)]
    assert kinds == ["added"] * 4 + ["removed"] * 5


def test_the_best_assignment_overall_is_taken() -> None:
    """Where a greedy pairing would leave one over, both respelt names find their own."""
    before = [agreement("Berrian County Sheriff's Offic", signed="2025-05-06", county="#N/A"),
              agreement("Berien County Jail", signed="2025-05-06", county="#N/A")]  # fmt: skip
    after = [agreement("Berrien County Sheriff's Office", signed="2025-05-06", county="#N/A"),
             agreement("Berrien County Jail", signed="2025-05-06", county="#N/A")]  # fmt: skip
    found = amendments([*FILLERS, *before], [*FILLERS, *after])
    pairs = {(each.before.values[1], each.after.values[1]) for each in found if each.before and each.after}
    assert pairs == {(old["agency"], new["agency"]) for old, new in zip(before, after, strict=True)}


def test_amend_depends_on_what_is_said_alone() -> None:
    """Two runs over shuffled lists give the same amendments in the same order."""
    after = [FILLERS[0] | {"signed": "2025-01-01"}, *FILLERS[2:], agreement("Lee County Sheriff's Office")]
    one = amendments(FILLERS, after)
    other = amendments(FILLERS[::-1], after[::-1])
    assert one == other


PLACES = ListDescription.model_validate(
    {"columns": {"fips": "FIPS", "place": "Place", "since": "Since"}, "key": ["fips"], "names": ["place"]}
)


def coded(*codes: str) -> list[dict[str, str]]:
    """Places with these codes."""
    names = ("Alameda County", "Boulder County", "Cook County", "King County")
    return [{"fips": code, "place": name, "since": "2025"} for code, name in zip(codes, names, strict=False)]


def test_codes_that_lost_their_zeros_are_the_same() -> None:
    """A spreadsheet program takes them for numbers when it opens a CSV file."""
    whole, bare = coded("06001", "08013", "17031", "53033"), coded("6001", "8013", "17031")
    assert [each[0] for each in said(amendments(whole, bare, PLACES), PLACES)] == ["removed", "cosmetic", "cosmetic"]
    assert [each[0] for each in said(amendments(bare, whole, PLACES), PLACES)] == ["added", "cosmetic", "cosmetic"]


@pytest.mark.parametrize("code", ["60010", "16001", "0601", "60-01", "6001a"])
def test_another_code_is_another_place(code: str) -> None:
    """Zeros elsewhere count."""
    found = said(amendments(coded("06001", "08013"), coded(code, "08013"), PLACES), PLACES)
    assert sorted(each[0] for each in found) == ["added", "removed"]
