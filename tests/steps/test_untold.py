"""Figures that change each time, over several versions of a file in each format: what is told, kept, shown and held."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model import UNTOLD
from monitor.program import Program
from tests.support import facsimiles
from tests.support.facsimiles import Drawn
from tests.support.published import Published, delimited, html, workbook
from tests.support.servers import Reply, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.servers import Request

HEADER = ("Name", "State", "Guards", "Beds", "ADP", "Inspected")
LIST = """
            columns:
              name: Name
              state: { header: State, kind: class }
              guards: { header: Guards, kind: number }
              beds: { header: Beds, kind: number, round: 10 }
              population: { header: ADP, kind: number, ignore: true }
              inspected: { header: Inspected, kind: date, format: '%d-%b-%y' }
            key: [name, state]
            names: [name]
            jurisdiction: { state: state }
"""
FORMATS = ("html", "csv", "xlsx", "pdf")
TELLING = """
channels: { feed: { kind: atom, path: FOLDER/feed.xml } }
subscriptions:
  everything: { channels: [feed], settle: 0s }
  whole: { channels: [feed], settle: 0s, kinds: [added, removed, corrected, cosmetic, reformatted, moved] }
"""
CONFIG = (
    "contact: tests\npoll: { allow_private_addresses: true }\nsources:"
    + "".join(
        f"""
  {format_}:
    page: https://www.example.gov/{format_}
    reports:
      file:
        kind: {"page" if format_ == "html" else "rolling"}
        format: {format_}
        {"" if format_ == "html" else f"match: {{ href: '[.]{format_}$' }}"}
        lists:
          centers:{LIST}"""
        for format_ in FORMATS
    )
    + TELLING
)
NAMES = ("Adams", "Baker", "Clay", "Dade", "Early", "Floyd", "Grady", "Hall", "Irwin", "Jones", "Lee", "Macon", "Pike")
Row = tuple[str, ...]


def centers(**changes: dict[int, str]) -> list[Row]:
    """Thirteen centers; `changes` are other values, by the column's header and the number of the row."""
    rows = [
        [f"{name} Center", "TX", f"1,{number:03}", f"{number * 100:,}", f"{number * 10}.5", f"{number + 1}-Feb-10"]
        for number, name in enumerate(NAMES)
    ]
    for header, values in changes.items():
        for number, value in values.items():
            rows[number][HEADER.index(header)] = value
    return [tuple(row) for row in rows]


def pdf(rows: Sequence[Row], header: Row = HEADER) -> bytes:
    """A PDF with the rows in a ruled table."""
    return facsimiles.drawn([Drawn(rows=(header, *rows), widths=(120, 50, 70, 70, 70, 90))])


WRITERS: dict[str, Callable[[Sequence[Row], Row], bytes]] = {
    "html": html,
    "csv": delimited,
    "xlsx": workbook,
    "pdf": pdf,
}


@dataclass(kw_only=True)
class Watched:
    """A list of centers whose files come one after the other."""

    report: Published
    format_: str

    def come(self, rows: Sequence[Row], header: Row = HEADER) -> list[tuple[str, str, str]]:
        """Publish the rows; kind, reason and fields (or else the name) of each entry. Nothing is held."""
        told = self.report.come(WRITERS[self.format_](rows, header))
        assert told.held == ""
        return [
            (each["kind"], each["reason"] or "", " ".join(each["fields"]) or (each["after"] or each["before"])["name"])
            for each in told.entries
        ]

    def values(self, field: str, *, at: str = "") -> list[str]:
        """The values of a field in the list, in the order of the names, now or at a time."""
        rows = self.report.monitor("list", self.format_, "centers", "--json", *(["--at", at] if at else [])).rows
        return [row["fields"][field] for row in sorted(rows, key=lambda row: row["fields"]["name"])]

    def preview(self, subscription: str) -> str:
        """What a subscription would be sent about the whole log."""
        return self.report.monitor("preview", subscription).out


def watched(monitor: Commands, folder: Path, format_: str) -> Watched:
    """The list in a format, of which nothing is known yet."""
    config = folder / "config.yaml"
    config.write_text(CONFIG.replace("FOLDER", str(folder)), encoding="utf-8")
    return Watched(
        report=Published(monitor=replace(monitor, config=config), folder=folder, source=format_), format_=format_
    )


def quiet(count: int, fields: str) -> tuple[str, str, str]:
    """The one entry about values that are never told."""
    return ("reformatted", f"{UNTOLD}: {count} record{'' if count == 1 else 's'}", fields)


EVERY = range(len(NAMES))
MOVING = """
contact: tests
sources:
  agreements:
    page: https://www.example.gov/agreements
    moves: [{ from: pending, to: signed }]
    reports:""" + "".join(
    f"""
      {name}:
        kind: rolling
        format: csv
        match: {{ href: '{name}' }}
        lists:
          {name}:{LIST}"""
    for name in ("pending", "signed")
)


@pytest.mark.parametrize("format_", FORMATS)
def test_figures_that_change_each_time_are_kept_and_shown_and_never_told(
    monitor: Commands, tmp_path: Path, format_: str
) -> None:
    """Each week has one quiet entry; the list has the newest values, and those of each week before."""
    list_ = watched(monitor, tmp_path, format_)
    assert list_.come(centers()) == []
    weeks = []
    for week in (1, 2):
        weeks.append([f"{number + 100}{week}" for number in EVERY])
        assert list_.come(centers(ADP=dict(enumerate(weeks[-1])))) == [quiet(13, "population")]
        assert list_.values("population") == weeks[-1]
    assert list_.values("population", at=f"{list_.report.day}T00:00:00Z") == weeks[0]
    asked = "nothing in the change log is what {} asks for"
    assert asked.format("everything") in list_.preview("everything")
    assert asked.format("whole") in list_.preview("whole")  # though it names the kind of the entry
    assert list_.report.monitor("verify").status == 0


@pytest.mark.parametrize("format_", FORMATS)
def test_what_is_told_stands_beside_them(monitor: Commands, tmp_path: Path, format_: str) -> None:
    """A number, a date, a new and a lost record; the same number in another form is none of it."""
    list_ = watched(monitor, tmp_path, format_)
    list_.come(centers())
    rows = centers(
        Guards={0: "$1000.0", 1: "1,002", 2: "(2)"},
        Beds={3: "304.25", 4: "405", 5: "N/A"},
        ADP={6: "7"},
        Inspected={7: "9-Feb-10"},
    )
    assert sorted(list_.come([*rows[:-1], ("Quitman Center", *rows[-1][1:])])) == [
        ("added", "", "Quitman Center"),
        ("corrected", "other", "beds"),  # 400 to 405, which is 410
        ("corrected", "other", "beds"),  # 500 to N/A
        ("corrected", "other", "guards"),  # 1001 to 1002
        ("corrected", "other", "guards"),  # 1002 to -2
        ("corrected", "redated", "inspected"),
        quiet(2, "beds population"),
        ("removed", "", "Pike Center"),
    ]
    told = list_.preview("everything")
    assert "-2" in told
    assert "2010-02-09" in told
    assert UNTOLD not in told
    assert "304.25" not in told
    assert UNTOLD not in list_.preview("whole")
    assert list_.values("beds")[3:6] == ["304.25", "405", "N/A"]


def test_drift_is_told_when_it_leaves_the_rounded_number(monitor: Commands, tmp_path: Path) -> None:
    """In small steps over many versions; the entry tells the values of the two files that it compares."""
    list_ = watched(monitor, tmp_path, "csv")
    told = [list_.come(centers(Beds={1: str(beds)})) for beds in (96, 98, 101, 104, 107, 112, 114)]
    assert told == [
        [], [quiet(1, "beds")], [quiet(1, "beds")], [quiet(1, "beds")], [("corrected", "other", "beds")],
        [quiet(1, "beds")], [quiet(1, "beds")],
    ]  # fmt: skip
    [entry] = list_.report.monitor("log", "--kind", "corrected", "--json").rows
    assert (entry["before"]["beds"], entry["after"]["beds"]) == ("104", "107")


def test_what_is_undone_is_said_whatever_changed_in_between(monitor: Commands, tmp_path: Path) -> None:
    """A correction back, and a record that comes again with other ignored and rounded values."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    list_.come(centers(Guards={2: "7"}, ADP={2: "1"})[:-1])
    list_.come(centers(ADP={2: "2", 12: "99"}, Beds={12: "1,203"}))
    log = list_.report.monitor("log", "--json").rows
    by_kind: dict[str, list[Any]] = {}
    for entry in log:
        by_kind.setdefault(entry["kind"], []).append(entry)
    first, second = by_kind["corrected"]
    assert second["reverts"] == first["id"]
    assert by_kind["added"][0]["reverts"] == by_kind["removed"][0]["id"]


def test_a_workbook_with_cells_in_place_of_texts_is_the_same(monitor: Commands, tmp_path: Path) -> None:
    """Numbers with the noise of computing, and dates, where there were texts before."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers(Guards={1: "0.3"}))
    rows: list[Any] = [list(row) for row in centers()]
    for number, row in enumerate(rows):
        row[2] = 0.1 + 0.2 if number == 1 else 1000.0 + number
        row[3], row[4], row[5] = number * 100, number * 10.5, f"{number + 1}-Feb-10"
    tree = (
        (tmp_path / "config.yaml")
        .read_text("utf-8")
        .replace("format: csv", "format: xlsx")
        .replace("[.]csv", "[.]csv|[.]xlsx")
    )
    (tmp_path / "config.yaml").write_text(tree, encoding="utf-8")
    list_.report.suffix = "xlsx"
    told = list_.report.come(workbook(rows, HEADER))
    assert told.held == ""
    assert [entry["kind"] for entry in told.entries] == ["reformatted"]
    assert told.entries[0]["fields"] == ["population"]


def test_a_column_that_becomes_european_is_held(monitor: Commands, tmp_path: Path) -> None:
    """Before anything of it is told; a single slip is told with a doubt."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    held = list_.report.come(delimited(centers(Guards={0: "1.000,00", 1: "1.001,00"}), HEADER))
    assert "guards has numbers with a comma before the decimals, like '1.000,00', which are not guessed" in held.held
    assert held.entries == []
    assert list_.come(centers(Guards={0: "12,34"})) == [("corrected", "other", "guards")]
    [doubt] = list_.report.monitor("doubts", "--json").rows
    assert (doubt["field"], doubt["value"], doubt["problem"]) == ("guards", "12,34", "odd-number")
    assert "12,34" in list_.preview("everything")


def test_a_description_that_begins_to_speak_of_numbers_tells_nothing(monitor: Commands, tmp_path: Path) -> None:
    """What was kept as it was printed is the same number; the column is told once, and to nobody."""
    list_ = watched(monitor, tmp_path, "csv")
    config = tmp_path / "config.yaml"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace("kind: number, round: 10", "kind: text")
        .replace("kind: number", "kind: text")
        .replace(", format: '%d-%b-%y'", ""),
        "utf-8",
    )
    list_.come(centers())
    config.write_text(text, "utf-8")
    assert list_.come(centers()) == []  # the bytes are the same
    assert list_.come(centers(ADP={0: "1"})) == [
        *[("cosmetic", "", "beds")] * 3,  # 1,000 to 1,200
        ("reformatted", "column rewritten", "guards"),
        quiet(1, "population"),
    ]
    assert list_.values("guards")[:2] == ["1000", "1001"]


def test_a_hold_says_nothing_of_what_would_not_be_told(monitor: Commands, tmp_path: Path) -> None:
    """Of a list that was cut off, in which the ignored figures of what is left are others too."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    held = list_.report.come(delimited(centers(ADP=dict.fromkeys(EVERY, "7.25"))[:1], HEADER))
    assert "12 of 13 records would be gone" in held.held
    shown = list_.report.monitor("holds").out
    assert "if it is released, this is told: 12 removed\n" in shown
    assert UNTOLD not in shown


def test_events_with_ignored_figures_are_the_same_events(monitor: Commands, tmp_path: Path) -> None:
    """In a list without a key, of which some rows are equal: each is paired, and none is added or removed."""
    list_ = watched(monitor, tmp_path, "csv")
    config = tmp_path / "config.yaml"
    text = (
        config.read_text("utf-8")
        .replace("key: [name, state]", "rows: events")
        .replace("names: [name]", "anchors: [name]")
    )
    config.write_text(text, "utf-8")
    rows = [*centers(), *centers()[:4]]
    list_.come(rows)
    later = [(*row[:4], f"{number}.25", row[5]) for number, row in enumerate(rows)]
    assert list_.come(later[::-1]) == [quiet(17, "population")]


def test_a_move_is_one_whatever_is_ignored(monitor: Commands, tmp_path: Path) -> None:
    """A record leaves one list and stands in the other with other figures, under a name that is spelt otherwise."""
    config = tmp_path / "config.yaml"
    config.write_text(MOVING, encoding="utf-8")
    program = replace(monitor, config=config)
    pending, signed = (
        Published(monitor=program, folder=tmp_path, source="agreements", report=name, suffix="csv")
        for name in ("pending", "signed")
    )
    rows = centers()
    pending.come(delimited(rows[:6], HEADER))
    signed.come(delimited(rows[6:], HEADER))
    pending.come(delimited(rows[1:6], HEADER))
    came = ("Adam Center", *rows[0][1:4], "999.75", rows[0][5])
    signed.come(delimited([*rows[6:], came], HEADER))
    kinds = [entry["kind"] for entry in program("log", "--json").rows]
    assert kinds == ["removed", "added", "moved"]


def test_a_trial_tells_what_is_not_told_apart(monitor: Commands, tmp_path: Path) -> None:
    """It does not count it among what would be told; and it lists what can't be read as a number or date."""
    list_ = watched(monitor, tmp_path, "csv")
    files = [tmp_path / f"{number}.csv" for number in range(2)]
    later = centers(ADP=dict.fromkeys(EVERY, "7.25"), Guards={0: "12 (a)", 1: "N/A"}, Inspected={2: "2/5/2010"})
    for file, rows in zip(files, (centers(), later), strict=True):
        file.write_bytes(delimited(rows, HEADER))
    tried = list_.report.monitor("try", "csv", *files, "--report", "file").out
    assert "would be told: 3 amendments" in tried
    assert f"centers: {UNTOLD}: 13 records (population)" in tried
    unread = tried.rpartition("dates and numbers that can't be read")[2]
    assert "guards '12 (a)', line 2" in unread
    assert "inspected '2/5/2010', line 4" in unread
    assert "N/A" not in unread.partition("would be told")[0]


def test_a_growing_history_has_one_entry_and_one_row_for_each_value(monitor: Commands, tmp_path: Path) -> None:
    """Two hundred records of which all change each week: the log grows by one entry, whatever their number."""
    list_ = watched(monitor, tmp_path, "csv")
    rows = [(f"Center {number}", "TX", "5", "100", "1", "5-Feb-10") for number in range(200)]
    for week in range(4):
        list_.come([(*row[:4], f"{week}.{number}", row[5]) for number, row in enumerate(rows)])
    assert len(list_.report.monitor("log", "--json").rows) == 3
    with Program(config_path=tmp_path / "config.yaml", state_override=list_.report.monitor.state) as program:
        [kept] = program.store.all("SELECT count(*) AS rows, count(DISTINCT line_id) AS lines FROM records")
    assert (kept["rows"], kept["lines"]) == (800, 200)


def _file(content: bytes, _: Request) -> Reply:
    return Reply(headers=(("Content-Type", "text/csv"),), body=content)


def test_subscribers_are_sent_nothing_of_it(tmp_path: Path) -> None:
    """By polls of a real server over three versions: the feed has what is told, and none of what is not."""
    with Server() as server:
        text = CONFIG.replace("FOLDER", str(tmp_path)).replace("https://www.example.gov/csv", server.address("/page"))
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        server.pages["/page"] = lambda _: Reply(
            headers=(("Content-Type", "text/html"),), body=b"<a href='/a.csv'>File</a>"
        )
        feed = tmp_path / "feed.xml"
        told = []
        for rows in (
            centers(),
            centers(ADP=dict.fromkeys(EVERY, "77777.25"), Beds={1: "100.75"}),
            centers(ADP=dict.fromkeys(EVERY, "88888.25"), Guards={2: "4321"}),
        ):
            server.pages["/a.csv"] = partial(_file, delimited(rows, HEADER))
            with Program(config_path=tmp_path / "config.yaml", state_override=tmp_path / "state") as program:
                assert [polled.faults for polled in program.poll(["csv"])] == [()]
                assert [done.hold_reason for done in program.process()] == [None]
                list(program.deliver())
            told.append(feed.read_text("utf-8") if feed.exists() else "")
    assert told[0] == told[1]
    assert "4321" in told[2]
    assert not any(word in told[2] for word in ("77777.25", "100.75", UNTOLD))
