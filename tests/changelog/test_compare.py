"""What two versions of a list are told to differ in, where one of them was never read for it, or its bytes repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.history.test_described_later import GROWING, described, sha256
from tests.support.backfilled import archive, take

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands

__all__ = ["archive", "described"]

LIST = "ice-287g", "names"


@pytest.fixture
def later(monitor: Commands, described: dict[str, str], tmp_path: Path) -> Commands:
    """Five versions; of a list that was described only from the third on."""
    for text, found in (("without", GROWING[:2]), ("with", GROWING[2:5])):
        monitor.config.write_text(described[text])
        take(monitor, tmp_path, found)
    return monitor


@pytest.mark.parametrize(("old", "new"), [(1, 4), (4, 1), (0, 1)])
def test_a_list_that_was_not_looked_for_can_not_be_compared(later: Commands, old: int, new: int) -> None:
    """Its records did not all come at once: it is said in which file nobody looked for them."""
    ran = later("diff", *LIST, GROWING[old].at, GROWING[new].at)
    assert (ran.status, ran.out) == (1, "")
    unread = GROWING[1 if old else 0]
    assert ran.err == (
        f"monitor: ice-287g/names: the list was not looked for in {unread.name} of {unread.at}, as it was not "
        "described then; `monitor versions ice-287g` shows where it was\n"
    )


def test_what_was_looked_for_in_both_is_compared(later: Commands) -> None:
    """Also where the list was described only later."""
    rows = later("diff", *LIST, GROWING[2].at, GROWING[4].at, "--json").rows
    assert [(row["kind"], row["after"]["agency"].split()[0]) for row in rows] == [
        ("added", "Some2"),
        ("added", "Some3"),
    ]


def test_a_list_that_was_not_looked_for_is_not_said_to_be_empty(later: Commands) -> None:
    """It is said so for people, and beside what is for programs, which has no records."""
    said = f"ICE 287(g) agreements, names: the list was not looked for in {GROWING[1].name}"
    ran = later("list", *LIST, "--at", GROWING[1].at)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(said)
    assert "0 records" not in ran.out
    for form in ("--json", "--csv"):
        ran = later("list", *LIST, "--at", GROWING[1].at, form)
        assert (ran.status, "FLORIDA" in ran.out) == (0, False)
        assert ran.err.startswith(said)
    assert (
        len(later("list", *LIST, "--at", GROWING[2].at, "--json").rows) == len(later("list", *LIST, "--json").rows) - 2
    )


def test_evidence_is_in_the_bytes_that_are_named_beside_it(later: Commands) -> None:
    """What is known of a record's place is its place in its first version: in another file something else is there."""
    for old, new, side in ((2, 4, "after"), (4, 2, "before")):
        rows = later("diff", *LIST, GROWING[old].at, GROWING[new].at, "--json").rows
        agencies = {row[side]["agency"].split()[0]: row["evidence"][side] for row in rows}
        assert list(agencies) == ["Some2", "Some3"]
        assert agencies["Some2"] is None  # it came with a version between
        assert agencies["Some3"]["row"] == 2 + 12 + 3
        assert {row["version"] for row in rows} == {sha256(GROWING[new])}


def test_a_version_with_the_bytes_of_an_older_one_has_its_places(
    monitor: Commands, described: dict[str, str], tmp_path: Path
) -> None:
    """Where the bytes are the same, so is the place, whichever version had them first."""
    monitor.config.write_text(described["with"])
    again = GROWING[1]._replace(at=GROWING[4].at, name="again-participatingAgencies.xlsx")
    take(monitor, tmp_path, [*GROWING[1:3], again])
    rows = monitor("diff", *LIST, GROWING[2].at, again.at, "--json").rows
    assert [(row["kind"], row["evidence"]["before"]["row"]) for row in rows] == [("removed", 2 + 12 + 1)]
