"""Records that are the same in both versions are set apart beforehand: that saves time, and changes no result."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.matching.amend import amend
from monitor.matching.comparable import ComparableLists
from monitor.matching.in_bulk import counted_words, plain_values
from monitor.matching.match import match, match_comparable
from monitor.matching.names import plain_value, words
from monitor.matching.unchanged import pair_unchanged
from monitor.model import Record, RecordList
from tests.support.lists import COUNTIES, DECLINED, PARTICIPATING, PENDING, agreement, made
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from monitor.config.lists import ListDescription
    from monitor.matching.match import Matching

DESCRIBED = {"participating": PARTICIPATING, "pending": PENDING, "section-2": DECLINED, "counties": COUNTIES}
PLACES = ("Travis County", "Leon County", "Melbourne", "Melbourne Beach", "St. Lucie County", "Saint Lucie County", "")
OFFICES = ("Sheriff's Office", "Police Department", "PD", "Board of County Commissioners", "BOCC", "Precinct 1")
LABELS = ("Task Force Model", "Task Force", "Warrant Service Officer", "Jail Enforcement Model", "JEM")
WAYS_TO_WRITE = (str.upper, str.lower, lambda text: f"{text} ", lambda text: text.replace("'", "\u2019"))
Values = tuple[str | None, ...]


def made_up(field: str, described: ListDescription, dice: random.Random, *, few: bool) -> str:
    """A value of a field; with `few`, one of so few that many records share it."""
    kind = described.kind_of(field)
    if field == "state":
        return dice.choice(("Texas", "TEXAS", "Florida", "Georgia", "Texsa"))
    if kind == "class":
        return dice.choice(LABELS)
    if kind == "date":
        return f"2025-{dice.randint(1, 2 if few else 12):02}-{dice.randint(1, 28):02}"
    if kind == "link":
        return dice.choice(("", "Link Pending", f"https://www.ice.gov/{dice.randint(1, 10 if few else 300)}.pdf"))
    middle = "".join(dice.choice("bdklm") + dice.choice("aeio") for _ in range(1 if few else 3)).title()
    return " ".join((dice.choice(PLACES), middle, dice.choice(OFFICES))).strip()


def drifted(seed: int, described: ListDescription) -> tuple[RecordList, RecordList]:
    """Two versions of a made-up list: most records are the same, others differ in the ways that lists do."""
    dice = random.Random(seed)
    few = dice.random() < 0.5  # few different values, so that many records have several likely partners

    value = partial(made_up, described=described, dice=dice, few=few)

    def row() -> Values:
        return tuple(value(field) if dice.random() > 0.02 else None for field in described.fields)

    before = [row() for _ in range(dice.choice((3, 20, 80)))]
    before += [dice.choice(before) for _ in range(dice.choice((0, 6)))]  # printed twice
    after: list[Values] = []
    for old in before:
        new = list(old)
        for at, text in enumerate(old):
            if text is not None and dice.random() < 0.03:
                new[at] = dice.choice(WAYS_TO_WRITE)(text)
            elif dice.random() < 0.01:
                new[at] = value(described.fields[at])
        after += [tuple(new)] * dice.choices((0, 1, 2), (3, 95, 2))[0]
    after += [row() for _ in range(dice.choice((0, 4)))]
    dice.shuffle(after)
    return listed(before, described), listed(after, described)


def listed(rows: list[Values], described: ListDescription) -> RecordList:
    """The rows as a list, each with its position."""
    records = tuple(Record(values=values, position=at) for at, values in enumerate(rows))
    return RecordList(name="list", fields=described.fields, records=records)


def everything(found: Matching) -> dict[str, object]:
    """All that a matching says, with the positions of its records."""
    rest = {
        name: [each.position for each in getattr(found, name)] for name in ("removed", "added", "dropped", "repeated")
    }
    pairs = sorted((pair.before.position or 0, pair.after.position, pair.confidence) for pair in found.pairs)
    return rest | {"pairs": pairs, "rewritten": found.rewritten, "columns": (found.appeared, found.vanished)}


@pytest.mark.parametrize("name", DESCRIBED)
@pytest.mark.parametrize("seed", range(25))
def test_the_same_is_found_as_if_all_records_were_compared(name: str, seed: int) -> None:
    """Pairs, confidences, order and amendments are those of the slow way, in which no record is set apart."""
    described = DESCRIBED[name]
    before, after = drifted(seed, described)
    found = match(before, after, described)
    slowly = match_comparable(ComparableLists(before, after, described, all_at_once=True))
    assert everything(found) == everything(slowly)
    assert amend(found, described) == amend(slowly, described)


def test_records_that_are_the_same_are_set_apart_unless_another_is_like_them() -> None:
    """The one like it, in capital letters, may be a copy: both are compared."""
    rows = [agreement(f"{name} County Sheriff's Office") for name in ("Bay", "Clay", "Gulf", "Hardee")]
    after = [*rows[:3], agreement("BAY COUNTY SHERIFF'S OFFICE"), agreement("Hendry County Sheriff's Office")]
    lists = ComparableLists(made(rows), made(after), PARTICIPATING)
    assert [record.values[1] for record in lists.apart.same_before] == [row["agency"] for row in rows[1:3]]
    assert [record.values[1] for record in lists.before] == [rows[0]["agency"], rows[3]["agency"]]


def test_nothing_is_set_apart_where_no_column_tells_records_apart() -> None:
    """All columns that both versions have are labels or minor ones."""
    rows = [{"state": "TEXAS", "support_type": "Task Force Model", "moa": "link pending"}] * 3
    lists = ComparableLists(made(rows), made(rows), PARTICIPATING)
    assert (len(lists.apart.same_before), len(lists.before), len(lists.after)) == (0, 3, 3)
    assert len(match(made(rows), made(rows), PARTICIPATING).pairs) == 3


def test_equal_records_are_paired_in_their_order_and_each_once() -> None:
    """The first copy with the first copy; what is left over has no partner."""
    one, two, three, four = (Record(values=(text[0], text)) for text in ("a", "b", "c", "ab"))
    for column in (0, 1):
        assert pair_unchanged((one, two, one, one), (three, one, two, one), column) == ([0, 1, 2], [1, 2, 3])
        assert pair_unchanged((two, two, four, one), (one, two, four), column) == ([0, 2, 3], [1, 2, 0])


def test_counts_are_those_of_all_records() -> None:
    """A record that is set apart counts in both versions."""
    before, after = drifted(7, PARTICIPATING)
    lists, slow = (ComparableLists(before, after, PARTICIPATING, all_at_once=slow) for slow in (False, True))
    assert lists.apart.same_before
    assert not slow.apart.same_before
    for column in lists.compared:
        assert +lists.count(column) == +slow.count(column)
    assert lists.count_several([0, 1]) == slow.count_several([0, 1])
    assert counted_words(lists.count_names()).uses == counted_words(slow.count_names()).uses


@given(st.lists(st.text(max_size=20) | st.text(alphabet="nNaAoOeE/?\\ '`&.-\n_1", max_size=12)))
@example(
    [
        "N/A",
        "n a",
        "None",
        "",
        "  ",
        "...",
        "_",
        "a\nb",
        "A\tB",
        "it's",
        "R&D",
        "\u00c9",
        "http://A.b/ ",
        "null.",
        "06001",
        "0",
        "00",
        "0 1",
        "#007",
        "\x1c",
    ]
)
@settings(max_examples=300)
def test_many_values_are_made_plain_as_each_is(values: list[str]) -> None:
    """Text of any kind, and what `plain_value` makes an exception of."""
    assert plain_values(values) == {value: plain_value(value) for value in values}


@given(st.lists(st.text(alphabet="aA1 0.", max_size=8) | st.sampled_from(("Saint St", "Co. County", "1st 1 01", ""))))
def test_each_word_of_a_name_counts_once(names: list[str]) -> None:
    """A word that a name repeats, also in an abbreviation, counts once."""
    counted = counted_words((plain_value(name), 2) for name in names)
    expected: dict[str, int] = {}
    for name in names:
        for word in set(words(name)):
            expected[word] = expected.get(word, 0) + 2
    assert {word: count for word, count in counted.uses.items() if count} == expected
    assert counted.size == max(2 * len(names), 1)


def test_packages_for_assignments_are_loaded_only_when_records_compete() -> None:
    """Numpy and lap take 12 MB, which a process should not spend before it needs them."""
    said = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, check=True, capture_output=True, text=True, timeout=600
    ).stdout
    assert said.split() == ["False", "False", "True", "True"]


LOADED = """
import sys
from monitor.matching.match import match
from tests.support.lists import PARTICIPATING, agreement, made

def loaded():
    print("numpy" in sys.modules, "lap" in sys.modules)

rows = [agreement(f"{name} County Sheriff's Office") for name in ("Bay", "Clay", "Gulf")]
match(made(rows), made([*rows[:2], agreement("Gulf County Sheriffs Office")]), PARTICIPATING)
loaded()
same = [agreement("Bay County Police", moa=f"https://www.ice.gov/{number}.pdf") for number in range(3)]
other = [agreement("Bay County Police Dept", moa="link pending", signed=f"2025-03-0{number}") for number in (1, 2)]
match(made([*rows, *same]), made([*rows, *other]), PARTICIPATING)
loaded()
"""
