"""The items of an alert: a record that moved is one item, which says from where to where, and what was told before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.alerts.items import items_of
from monitor.alerts.writing import words
from monitor.alerts.writing.as_brief import amendments
from monitor.config.file import load
from monitor.config.titles import Titles
from monitor.model import AmendmentKind
from tests.support.entries import entry
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from monitor.store.entry import LogEntry

CLAY = {"state": "FLORIDA", "agency": "Clay County Sheriff's Office"}
REMOVED = entry(id=5, kind=AmendmentKind.REMOVED, list="pending", before=CLAY, after=None, fields=())
ADDED = entry(id=8, kind=AmendmentKind.ADDED, before=None, after=CLAY, fields=())
MOVED = replace(REMOVED, id=9, kind=AmendmentKind.MOVED, reason="to participating", after=CLAY, of=(5, 8))
STOOD_THERE = replace(MOVED, of=(5, None))


@pytest.mark.parametrize(
    ("entries", "said", "numbers"),
    [
        ([REMOVED, ADDED, MOVED], "MOVED (from pending to participating)", (9, 5, 8)),
        ([ADDED, MOVED], "MOVED (from pending to participating; entry 5 told that it was removed)", (9, 8)),
        ([REMOVED, MOVED], "MOVED (from pending to participating; entry 8 told that it was added)", (9, 5)),
        ([REMOVED, STOOD_THERE], "MOVED (from pending to participating)", (9, 5)),
    ],
)
def test_a_move_is_one_item_about_one_record(entries: list[LogEntry], said: str, numbers: tuple[int, ...]) -> None:
    """Whether the alert has the removal and the addition too, or one of them was told before."""
    (item,) = items_of(entries, doubts={})
    assert words.kind(item) == said
    assert words.what(item) == "FLORIDA, Clay County Sheriff's Office"
    assert item.entries == numbers
    assert amendments([item]) == 1


def test_a_removal_or_an_addition_alone_is_told_as_such() -> None:
    """To a subscription that asks for no moves, or before the move is complete."""
    assert [item.kind for item in items_of([REMOVED, ADDED], doubts={})] == ["added", "removed"]


def test_a_record_is_told_in_the_sentence_of_its_list() -> None:
    """Where the list has one; else by its values."""
    items = items_of([REMOVED, ADDED], doubts={}, titles=Titles(load(ROOT / "config.yaml")))
    assert {item.what for item in items} == {"Clay County Sheriff's Office"}
    assert {item.list for item in items} == {
        "ICE 287(g) agreements, Pending agencies",
        "ICE 287(g) agreements, Participating agencies",
    }


def test_a_move_names_the_lists_by_their_titles() -> None:
    """And a correction its fields."""
    titles = Titles(load(ROOT / "config.yaml"))
    (move,) = items_of([REMOVED, ADDED, MOVED], doubts={}, titles=titles)
    assert words.kind(move) == "MOVED (from Pending agencies to Participating agencies)"
    (item,) = items_of([entry(id=1, fields=("agency",))], doubts={}, titles=titles)
    assert item.changes[0].field == "law enforcement agency"
