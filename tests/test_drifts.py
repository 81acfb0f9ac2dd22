"""The benchmark of drifts: its truth follows from what the drifts did, its files say it, and its scores count it."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from tests.support.paths import ROOT

sys.path.append(str(ROOT / "benchmarks"))

from drift import KINDS, OURS, Score, beside, figures, planned, table
from drifts import grids, grounds, reports, simple_rows, webpages
from drifts.drafts import Drift
from drifts.editions import ADDED, CORRECTED, REMOVED, Change, Edition, Row, plain, true_changes
from drifts.grids import GridStyle, Number
from drifts.others import PROGRAMS
from drifts.watch import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = ("state", "agency", "support_type", "signed")
STYLE = GridStyle(columns=list(zip(FIELDS, ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED"), strict=True)))
KEYS = {"list": ("state", "agency")}


def row(number: int, agency: str, signed: str = "2025-06-01") -> Row:
    """A row of Texas."""
    return Row.of(number, dict(zip(FIELDS, ("TEXAS", agency, "Task Force Model", signed), strict=True)))


BAY, CLAY, LEE = row(1, "Bay County"), row(2, "Clay County"), row(3, "Lee County")


def change(kind: str, before: str | None, after: str | None) -> Change:
    """A change of an agency of Texas."""
    sides = (None if name is None else ("texas", plain(name)) for name in (before, after))
    return Change(list="list", kind=kind, **dict(zip(("before", "after"), sides, strict=True)))


@pytest.mark.parametrize(
    ("rows", "changes"),
    [
        ((BAY, CLAY), ()),
        ((CLAY, BAY), ()),
        ((BAY,), (change(REMOVED, "Clay County", None),)),
        ((BAY, CLAY, LEE), (change(ADDED, None, "Lee County"),)),
        ((BAY, CLAY.corrected(agency="Clya County")), (change(CORRECTED, "Clay County", "Clya County"),)),
        ((BAY, CLAY.corrected(signed="2025-06-02")), (change(CORRECTED, "Clay County", "Clay County"),)),
        ((BAY, CLAY.printed(signed="1-Jun-25")), ()),
        ((BAY.printed(agency="BAY  COUNTY\u200b"), CLAY.without("signed")), ()),
    ],
)
def test_the_truth_follows_from_identities(rows: tuple[Row, ...], changes: tuple[Change, ...]) -> None:
    """What is corrected means something else, and what is only printed otherwise does not."""
    old, new = (Edition(lists={"list": list(each)}) for each in ((BAY, CLAY), rows))
    assert true_changes(old, new, KEYS) == Counter(changes)


def test_every_kind_says_what_it_is() -> None:
    """There are many, each under a name of its own, explained, and tried on files that there are."""
    assert len({kind.name for kind in KINDS}) == len(KINDS) > 100
    for kind in KINDS:
        assert (kind.apply.__doc__ or "").endswith("."), kind.name
        assert kind.grounds, kind.name
        for name, lists in kind.grounds.items():
            assert set(lists) <= set(grounds.GROUNDS[name].lists), kind.name


def test_every_kind_has_its_turn() -> None:
    """The plan has each kind as often as its weight says, and is the same for the same seed."""
    weights = {kind.name: kind.weight for kind in KINDS}
    plan = planned(3 * sum(weights.values()), 7, KINDS, ())
    assert plan == planned(3 * sum(weights.values()), 7, KINDS, ())
    assert set(plan) == set(grounds.GROUNDS)
    turns = Counter(kind.name for tries in plan.values() for _, kind in tries)
    assert turns == {name: 3 * weight for name, weight in weights.items()}


@pytest.mark.parametrize(
    ("ground", "content"),
    [
        ("xlsx", grids.workbook([BAY, LEE], STYLE)),
        ("csv", grids.delimited([BAY, LEE], STYLE)),
        ("table", webpages.framed(grids.table([BAY, LEE], STYLE).decode(), grounds.BEGUN)),
    ],
)
def test_files_say_what_their_rows_say(ground: str, content: bytes) -> None:
    """A plain reader finds the header, and each row under it."""
    found = simple_rows.read(ground, "list", content)
    assert [each["LAW ENFORCEMENT AGENCY"] for each in found] == ["Bay County", "Lee County"]
    assert found[0]["key"] == simple_rows.key("list", ("TEXAS", "Bay County", "Task Force Model"))
    assert found[0]["SIGNED"] == ("2025-06-01" if ground == "xlsx" else "06/01/2025")


def test_pages_say_what_their_rows_say() -> None:
    """Both kinds of pages, with every place of every list."""
    for ground, made in (("doj", webpages.doj_edition), ("dhs", webpages.dhs_edition)):
        edition = made(random.Random(1))
        found = Counter(row["key"] for row in simple_rows.read(ground, "", webpages.bullets(edition, grounds.BEGUN)))
        for name in (webpages.COUNTIES, webpages.CITIES):
            for each in edition.lists[name]:
                assert found[simple_rows.key(name, (each.cells["name"], each.cells["state"]))] == 1


def test_reports_say_what_their_rows_say() -> None:
    """By the keys that the log has, but for rows with words that are broken at the ends of lines."""
    edition = reports.edition_of_week(random.Random(1))
    found = Counter(row["key"] for row in simple_rows.read("ddor", "", reports.report(edition)))
    keys = grounds.keys_of(grounds.config_for("http://127.0.0.1"), "ice-ddor")
    for name, least in ((reports.SECTION_1, 10), (reports.SECTION_2, 15)):
        rows = ([each.cells[field] for field in keys[name]] for each in edition.lists[name])
        assert sum(found[simple_rows.key(name, row)] > 0 for row in rows) >= least


def test_a_workbook_has_cells_of_the_kinds_that_a_drift_asks_for() -> None:
    """Dates are dates, and numbers numbers, with their formats."""
    style = GridStyle(columns=STYLE.columns, shown={"agency": lambda _: Number(value=7, format="00000")})
    _, (*_, agency, _, signed) = openpyxl.load_workbook(io.BytesIO(grids.workbook([BAY], style))).worksheets[0].rows
    assert (agency.value, agency.number_format) == (7, "00000")
    assert str(signed.value).startswith("2025-06-01 ")


def given(truth: Mapping[Change, int], *, may_hold: bool = False) -> Drift:
    """A drift with this truth."""
    anything: Any = None
    return Drift(kind=KINDS[0], base=anything, files={}, truth=Counter(truth), may_hold=may_hold)


TRUE, FALSE = change(ADDED, None, "Bay County"), change(REMOVED, "Lee County", None)


@pytest.mark.parametrize(
    ("told", "held", "may_hold", "expected"),
    [
        ({TRUE: 1}, None, False, {"right": 1, "false": 0, "silent": 0, "at_once": 1, "falsely_removed": 0}),
        ({}, None, False, {"right": 0, "false": 0, "silent": 1, "at_once": 0, "due": 1}),
        ({TRUE: 1, FALSE: 2}, None, False, {"right": 1, "false": 2, "falsely_removed": 1}),
        ({}, "why", False, {"needless_holds": 1, "right_holds": 0, "silent": 0, "at_once": 0, "due": 1}),
        ({TRUE: 1, FALSE: 1}, "why", True, {"right": 1, "false": 1, "right_holds": 1, "silent": 0}),
        ({}, "why", True, {"needless_holds": 0, "right_holds": 1, "silent": 0, "due": 0, "plain": 0}),
        ({FALSE: 1}, None, True, {"false": 1, "falsely_removed": 1, "silent": 1, "due": 0}),
    ],
)
def test_a_drift_is_counted_as_it_was_told(
    told: dict[Change, int], held: str | None, *, may_hold: bool, expected: dict[str, int]
) -> None:
    """True and false changes, holds that were right and others, and silence."""
    score = Score()
    score.count(given({TRUE: 1}, may_hold=may_hold), Outcome(told=Counter(told), held=held))
    counted = {name: getattr(score, name) for name in expected}
    assert {
        name: sum(each.values()) if isinstance(each, Counter) else each for name, each in counted.items()
    } == expected


def test_the_bounds_fail_where_they_should() -> None:
    """One false removal among a hundred drifts is too much, and so is a program that holds or is silent."""
    good, removed, silent, holding = (Score() for _ in range(4))
    for number in range(100):
        right = Outcome(told=Counter({TRUE: 1}))
        wrong = number == 0
        few = number < 3
        good.count(given({TRUE: 1}), right)
        removed.count(given({TRUE: 1}), Outcome(told=Counter({TRUE: 1, FALSE: 1})) if wrong else right)
        silent.count(given({TRUE: 1}), Outcome(told=Counter()) if few else right)
        holding.count(given({TRUE: 1}), Outcome(told=Counter(), held="why") if few else right)
    outcomes = []
    for score in (good, removed, silent, holding):
        totals = {OURS: score, **dict.fromkeys(PROGRAMS, Score())}
        outcomes.append([figure.measure.split(",")[0] for figure in figures(totals, {}) if not figure.held])
    assert outcomes[0] == []
    assert all("100 drifts" in each for each in outcomes[1])
    assert outcomes[1:3] == [
        ["Of 100 drifts"] * len(PROGRAMS),
        ["Of 100 true changes amid drifts that need no hold"] * len(PROGRAMS),
    ]
    assert outcomes[3][-1] == "Of 100 drifts that need no hold"
    assert list(table({"a kind": good}, good))[-1].startswith("all")
    assert "100 of" in list(beside({OURS: {"a kind": good}}, {OURS: good}))[-1]


def test_drifts_are_tried_on_the_program_itself(tmp_path: Any) -> None:
    """A few of one kind of pages: what is told of them is passed to the table of benchmarks."""
    command = [sys.executable, "benchmarks/drift.py", "--alone", "--ground", "doj", "--drifts", "2", "--kind", "alone"]
    results = tmp_path / "results.jsonl"
    done = subprocess.run(
        [*command, "--show"],
        cwd=ROOT,
        env={"BENCH_RESULTS": str(results), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    assert {each["ours"] for each in told if each["unit"] == "%"} == {100.0, 0.0}
