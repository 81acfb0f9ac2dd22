"""What is believed of a whole list, and what waits for a person: losses, other lists, empty lists, columns."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from monitor.demo.sheets import Agreement, sheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import Commands

PENDING = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE")
STATES = ("TEXAS", "FLORIDA", "GEORGIA", "KANSAS", "OHIO", "UTAH", "NEVADA")
FIRST = ("Amber", "Birch", "Cedar", "Dove", "Elm", "Flint", "Grove", "Hazel", "Iron", "Jade", "Kite", "Lark")
LAST = ("ton", "wick", "field", "burg", "dale", "ford", "haven", "mont", "port", "ridge", "stead", "ville")
DAY = date(2025, 3, 1)


def agencies(count: int, *, begin: int = 0) -> list[Agreement]:
    """So many agreements of towns with names of their own, spread over the states."""
    return [
        Agreement(
            state=STATES[number % len(STATES)],
            agency=f"{FIRST[number % 12]}{LAST[number // 12 % 12]} {number // 144 or ''} Police Department".replace(
                "  ", " "
            ),
            type="Municipality",
            county="#N/A",
            model="Task Force Model",
            signed=DAY + timedelta(days=number % 9),
        )
        for number in range(begin, begin + count)
    ]


class Published:
    """Files that come one after the other, each on its day, imported as they come."""

    def __init__(self, monitor: Commands, folder: Path) -> None:
        self.monitor, self.folder, self.day = monitor, folder, DAY + timedelta(days=30)

    def come(self, content: bytes, name: str = "participating", *, days: int = 1) -> str:
        """Publish a file after some days, and return why it is held, or ''."""
        self.day += timedelta(days=days)
        file = self.folder / f"{name}Agencies{self.day:%m%d%Y}.xlsx"
        file.write_bytes(content)
        self.monitor("import", "ice-287g", file, "--at", f"{self.day}T12:00:00Z")
        rows = [row for row in self.monitor("versions", "ice-287g", "--json").rows if row["file_name"] == file.name]
        return str(rows[-1]["hold_reason"] or "")

    def kinds(self, list_: str) -> list[str]:
        """What the log says of a list, but for corrections."""
        rows = self.monitor("log", "--list", list_, "--json").rows
        return [row["kind"] for row in rows]


def settled(monitor: Commands, folder: Path, rows: Sequence[Agreement], *, days: int = 1) -> Published:
    """A list that has stood unchanged, but for one link, in seven files."""
    published = Published(monitor, folder)
    for number in range(7):
        posted = replace(rows[0], moa=f"https://www.ice.gov/doclib/{number}.pdf")
        assert published.come(sheet([posted, *rows[1:]]), days=days) == ""
    return published


def waiting(rows: Sequence[Agreement], *, more: Sequence[str] = ()) -> bytes:
    """A pending list, perhaps with a further column."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, (*PENDING, *more))
        for number, each in enumerate(rows, 1):
            row = (each.state, each.agency, each.type, each.county, each.model)
            page.write_row(number, 0, (*row, *("link pending" for _ in more)))
    return content.getvalue()


def without(rows: Sequence[Agreement], count: int, *, seed: int = 1) -> list[Agreement]:
    """The rows without some that are scattered over them."""
    gone = set(random.Random(seed).sample(range(len(rows)), count))
    return [row for number, row in enumerate(rows) if number not in gone]


def test_losses_add_up_over_weeks(monitor: Commands, tmp_path: Path) -> None:
    """Thirty of a thousand are believed; another twenty-five on the day after are not."""
    rows = agencies(1005)
    published = settled(monitor, tmp_path, rows)
    left = without(rows, 30)
    assert published.come(sheet(left)) == ""
    assert "within weeks" in published.come(sheet(without(left, 25)))
    assert published.kinds("participating").count("removed") == 30


def test_scattered_losses_on_different_weeks_are_told(monitor: Commands, tmp_path: Path) -> None:
    """A list of forty that loses three, two months later two, and then one more."""
    rows = agencies(40)
    published = settled(monitor, tmp_path, rows)
    for number, count in enumerate((3, 2, 1)):
        rows = without(rows, count, seed=number)
        assert published.come(sheet(rows), days=60) == ""
    assert published.kinds("participating").count("removed") == 6


def test_a_released_loss_does_not_widen_the_bound(monitor: Commands, tmp_path: Path) -> None:
    """What a person believed once is no rule for the next time."""
    rows = agencies(320)
    published = settled(monitor, tmp_path, rows)
    assert published.come(sheet(without(rows, 110))) != ""
    (held,) = monitor("holds", "--json").rows
    assert monitor("release", held["sha256"][:12]).status == 0
    assert published.come(sheet(without(without(rows, 110), 190, seed=2))) != ""


@pytest.mark.parametrize("count", [7, 40])
def test_the_tail_of_a_file_does_not_end_by_itself(monitor: Commands, tmp_path: Path, count: int) -> None:
    """The last rows gone, and no other: the file was cut off."""
    rows = agencies(200)
    published = settled(monitor, tmp_path, rows)
    assert published.come(sheet(rows[:-count])) != ""
    assert published.kinds("participating").count("removed") == 0


def test_two_columns_under_each_others_headers_are_held(monitor: Commands, tmp_path: Path) -> None:
    """What was a county is a type now, and the other way round, in each record."""
    rows = [replace(each, county=f"{each.agency.split()[0]} County") for each in agencies(40)]
    published = settled(monitor, tmp_path, rows)
    swapped = [replace(each, county=each.type, type=each.county) for each in rows]
    assert "were columns mixed up?" in published.come(sheet(swapped))
    assert published.come(sheet([*rows, *agencies(1, begin=90)])) == ""
    assert published.kinds("participating").count("added") == 1


def test_growth_is_told_at_once(monitor: Commands, tmp_path: Path) -> None:
    """A hundred and twenty new agencies beside eight hundred, and one that is gone."""
    rows = agencies(800)
    published = settled(monitor, tmp_path, rows)
    assert published.come(sheet([*rows[:400], *rows[401:], *agencies(120, begin=900)])) == ""
    kinds = published.kinds("participating")
    assert (kinds.count("added"), kinds.count("removed")) == (120, 1)


def test_a_pending_list_with_a_column_of_the_other_list_is_read(monitor: Commands, tmp_path: Path) -> None:
    """Its records are those that it had: one `reformatted`, and what is new in it is told."""
    rows = agencies(30)
    published = Published(monitor, tmp_path)
    assert published.come(sheet(agencies(60, begin=100))) == ""
    assert published.come(waiting(rows), "pending") == ""
    assert published.come(waiting([*rows, *agencies(1, begin=90)], more=("MOA",)), "pending") == ""
    log = monitor("log", "--list", "pending", "--json").rows
    assert [(row["kind"], row["reason"], row["fields"]) for row in log] == [
        ("added", None, []), ("reformatted", "column added", ["MOA"]),
    ]  # fmt: skip


def test_two_lists_under_each_others_names_are_held(monitor: Commands, tmp_path: Path) -> None:
    """Whatever their columns: the records tell."""
    here, there = agencies(60), agencies(40, begin=100)
    published = Published(monitor, tmp_path)
    assert published.come(sheet(here)) == ""
    assert published.come(waiting(there), "pending") == ""
    assert "participating" in published.come(waiting(here), "pending")
    assert published.come(sheet(there)) != ""
    assert published.kinds("pending") == published.kinds("participating") == []


def test_an_emptied_list_is_believed_where_its_records_moved(monitor: Commands, tmp_path: Path) -> None:
    """All agencies that were pending have signed: they moved, and nothing is held."""
    here, there = agencies(60), agencies(24, begin=100)
    published = Published(monitor, tmp_path)
    assert published.come(sheet(here)) == ""
    assert published.come(waiting(there), "pending") == ""
    assert published.come(sheet([*here, *there])) == ""
    assert published.come(waiting([]), "pending") == ""
    assert published.kinds("pending").count("moved") == len(there)


def test_an_emptied_list_whose_records_went_nowhere_is_held(monitor: Commands, tmp_path: Path) -> None:
    """Half of them may have signed; the others can't have vanished."""
    here, there = agencies(60), agencies(24, begin=100)
    published = Published(monitor, tmp_path)
    assert published.come(sheet(here)) == ""
    assert published.come(waiting(there), "pending") == ""
    assert published.come(sheet([*here, *there[:12]])) == ""
    assert "no records under it" in published.come(waiting([]), "pending")


def test_a_record_that_moves_is_told_as_one_story(monitor: Commands, tmp_path: Path) -> None:
    """In either order, also under another spelling; the entry names both others, or null for one that stood there."""
    here, there = agencies(60), agencies(24, begin=100)
    published = Published(monitor, tmp_path)
    published.come(sheet(here))
    published.come(waiting(there), "pending")
    published.come(waiting(there[2:]), "pending")  # two leave first
    signed = replace(there[0], agency=there[0].agency.replace("Police Department", "PD"))
    published.come(sheet([*here, signed, *there[1:3]]), days=3)  # they stand there, and one that is pending still
    published.come(waiting(there[3:]), "pending", days=5)
    entries = {row["id"]: row for row in monitor("log", "--json").rows}
    moved = [row for row in entries.values() if row["kind"] == "moved"]
    assert len(moved) == 3
    for row in moved:
        removed, added = (entries[number] for number in row["of"])
        assert (removed["kind"], removed["list"], added["kind"], added["list"]) == (
            "removed", "pending", "added", "participating",
        )  # fmt: skip
        assert (row["list"], row["before"], row["after"]) == ("pending", removed["before"], added["after"])
    assert monitor("verify").status == 0


def test_who_is_pending_again_has_not_moved_yet(monitor: Commands, tmp_path: Path) -> None:
    """A row is missing for a day, and back when the agency signs: it moves when it leaves for good, and once."""
    here, there = agencies(60), agencies(24, begin=100)
    published = Published(monitor, tmp_path)
    published.come(sheet(here))
    for rows in (there, there[1:], there):
        published.come(waiting(rows), "pending")
    published.come(sheet([*here, there[0]]))
    assert "moved" not in published.kinds("pending")
    published.come(waiting(there[1:]), "pending")
    log = monitor("log", "--json").rows
    (moved,) = [row for row in log if row["kind"] == "moved"]
    removed = [row["id"] for row in log if row["kind"] == "removed"]
    (added,) = [row["id"] for row in log if row["kind"] == "added" and row["list"] == "participating"]
    assert len(removed) == 2
    assert moved["of"] == [removed[1], added]


def test_of_two_removals_the_later_is_tied(monitor: Commands, tmp_path: Path) -> None:
    """A row is missing for a day, back, gone again, and then the agency has signed."""
    here, there = agencies(60), agencies(24, begin=100)
    published = Published(monitor, tmp_path)
    published.come(sheet(here))
    for rows in (there, there[1:], there, there[1:]):
        published.come(waiting(rows), "pending")
    published.come(sheet([*here, there[0]]))
    log = monitor("log", "--json").rows
    (moved,) = [row for row in log if row["kind"] == "moved"]
    assert moved["of"][0] == [row["id"] for row in log if row["kind"] == "removed"][1]


@pytest.mark.parametrize("leaves_first", [True, False])
def test_show_tells_a_move_in_both_lists(monitor: Commands, tmp_path: Path, *, leaves_first: bool) -> None:
    """In place of the removal and of the addition; as JSON, together with them."""
    here, there = agencies(60), agencies(24, begin=100)
    published = Published(monitor, tmp_path)
    published.come(sheet(here))
    published.come(waiting(there), "pending")
    files = [(waiting(there[1:]), "pending"), (sheet([*here, there[0]]), "participating")]
    for content, name in files if leaves_first else files[::-1]:
        published.come(content, name)
    (moved,) = [row["id"] for row in monitor("log", "--json").rows if row["kind"] == "moved"]
    told = {line["list"]: line["amendments"] for line in monitor("show", there[0].agency, "--json").rows}
    assert {name: [(each["kind"], each["id"]) for each in lines][-1] for name, lines in told.items()} == {
        "pending": ("moved", moved), "participating": ("moved", moved),
    }  # fmt: skip
    assert [len(lines) for lines in told.values()] == [2, 2]
    said = monitor("show", there[0].agency).out
    assert said.count("12:00  moved ") == 2
    assert ": Pending agencies since " in said
    assert "removed" not in said
    assert "added" not in said


def test_a_pending_list_may_run_dry_as_its_agencies_sign(monitor: Commands, tmp_path: Path) -> None:
    """Sixty agencies leave within two weeks, each batch a day before it stands in the other list: nothing is held."""
    here, there = agencies(300), agencies(60, begin=400)
    published = Published(monitor, tmp_path)
    assert published.come(sheet(here)) == ""
    for number in range(7):  # it has stood for a while
        assert published.come(waiting([*there, *agencies(number, begin=500)]), "pending") == ""
    random.Random(1).shuffle(there)  # they sign in any order
    for left in (48, 36, 24, 12, 4, 1):
        assert published.come(waiting(sorted(there[-left:], key=lambda row: row.order)), "pending") == ""
        assert published.come(sheet([*here, *there[:-left]])) == ""
    assert published.kinds("pending").count("moved") == 59


def test_a_record_without_a_name_is_held(monitor: Commands, tmp_path: Path) -> None:
    """Its row was perhaps misread; what a person released before is known."""
    rows = agencies(30)
    published = settled(monitor, tmp_path, rows)
    nameless = replace(agencies(31)[-1], agency="")
    assert published.come(sheet([*rows, nameless])).startswith(
        "participating: 1 record has nothing in agency, by which records are told apart, as in "
    )
    (held,) = monitor("holds", "--json").rows
    assert monitor("release", held["sha256"][:12]).status == 0
    assert published.come(sheet([*rows, nameless, *agencies(33)[-1:]])) == ""
    assert published.come(sheet([replace(rows[0], agency=" "), *rows[1:], nameless])) != ""


def test_a_list_that_begins_with_nameless_records_is_held(monitor: Commands, tmp_path: Path) -> None:
    """A first version is judged as well."""
    published = Published(monitor, tmp_path)
    rows = [replace(each, agency="") for each in agencies(3)]
    assert "3 records have nothing in agency" in published.come(sheet([*agencies(30), *rows]))
