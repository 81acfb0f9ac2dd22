"""`monitor try` shows what would be read and told, and writes nothing."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
import yaml

from monitor.cli import trial
from monitor.config.file import load
from monitor.demo.publisher import Publisher
from monitor.demo.replay import localized
from monitor.demo.sheets import Agreement, sheet
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Commands

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CONFIG = ROOT / "config.yaml"
ROWS = tuple(
    Agreement(
        state="TEXAS",
        agency=f"{name} County Sheriff's Office",
        type="County",
        county=f"{name} County",
        model="Task Force Model",
        signed=date(2025, 2, 26),
    )
    for name in ["Bell", "Bowie", "Coke", "Cooke", "Falls", "Frio", "Gaines", "Garza", "Goliad", "Gray"]
)
LATER = (replace(ROWS[0], agency="Bel County Sheriff's Office"), *ROWS[2:])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two versions of a spreadsheet: in the later one a name is misspelt and a record gone."""
    found = tmp_path / "participating1.xlsx", tmp_path / "participating2.xlsx"
    for path, rows in zip(found, (ROWS, LATER), strict=True):
        path.write_bytes(sheet(rows))
    return found


def test_two_files_show_what_would_be_told(monitor: Commands, files: tuple[Path, Path]) -> None:
    """Lists, first records with their places, and the amendments; the history does not even begin."""
    ran = monitor("try", "ice-287g", *files, "--report", "participating")
    assert ran.status == 0, ran.err
    assert "list participating: 10 records" in ran.out
    assert "[Bell County, TX]" in ran.out
    assert "agency: 'LAW ENFORCEMENT AGENCY'" in ran.out
    assert "would be told: 2 amendments" in ran.out
    assert "'Bell County Sheriff's Office' -> 'Bel County Sheriff's Office'" in ran.out.replace('"', "'")
    assert not monitor.state.exists()


def test_as_json(monitor: Commands, files: tuple[Path, Path]) -> None:
    """For programs: the same, with amendments as the log prints them."""
    (found,) = monitor("try", "ice-287g", *files, "--report", "participating", "--json").rows
    assert [file["lists"][0]["records"] for file in found["files"]] == [10, 9]
    assert sorted(entry["kind"] for entry in found["files"][1]["amendments"]) == ["corrected", "removed"]
    assert found["files"][0]["lists"][0]["first"][0]["jurisdiction"] == "Bell County, TX"


def test_troubles_are_shown_by_list(monitor: Commands, tmp_path: Path) -> None:
    """Keys that stand twice, places that are not known, dates that can't be read, and columns described nowhere."""
    text = CONFIG.read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    lists = config["sources"]["ice-287g"]["reports"]["participating"]["lists"]["participating"]
    del lists["columns"]["support_type"]
    lists |= {"key": ["agency"], "anchors": ["state"], "says": ""}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    monitor.config = tmp_path / "config.yaml"
    rows = (*ROWS, ROWS[0], replace(ROWS[1], agency="Nowhere County Sheriff's Office", county="Nowhere County"))
    (tmp_path / "participating.xlsx").write_bytes(sheet(rows))
    ran = monitor("try", "ice-287g", tmp_path / "participating.xlsx", "--report", "participating")
    assert "columns that are described nowhere:" in ran.out
    assert "Task Force Model" in ran.out.partition("described nowhere:")[2]
    assert "Bell County Sheriff's Office (2 records)" in ran.out
    assert "Nowhere County" in ran.out.partition("whose place is not known:")[2]


def test_a_header_that_is_spelt_otherwise_is_named(monitor: Commands, files: tuple[Path, Path], tmp_path: Path) -> None:
    """A slip in the description is read over, and a person who describes the file sees it."""
    text = CONFIG.read_text(encoding="utf-8").replace("[LAW ENFORCEMENT AGENCY, AGENCY]", "[LAW ENFORCMENT AGENCY]")
    assert "ENFORCMENT" in text
    monitor.config = tmp_path / "config.yaml"
    monitor.config.write_text(text, encoding="utf-8")
    ran = monitor("try", "ice-287g", files[0], "--report", "participating")
    said = "is read from the column 'LAW ENFORCEMENT AGENCY', which the description spells 'LAW ENFORCMENT AGENCY'"
    assert f"agency {said}" in ran.out
    assert ran.out.count("which the description spells") == 1


def test_a_column_that_is_not_there_is_named(monitor: Commands, files: tuple[Path, Path], tmp_path: Path) -> None:
    """An optional column whose header is wrong is no fault, and a person who describes the file sees it."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    columns = config["sources"]["ice-287g"]["reports"]["participating"]["lists"]["participating"]["columns"]
    columns["remark"] = {"header": ["Remark"], "optional": True}
    monitor.config = tmp_path / "config.yaml"
    monitor.config.write_text(yaml.safe_dump(config), encoding="utf-8")
    ran = monitor("try", "ice-287g", files[0], "--report", "participating")
    assert ran.out.partition("columns that were not found:\n")[2].split()[:2] == ["addendum", "remark"]


def test_a_source_is_tried_on_its_page(monitor: Commands, tmp_path: Path) -> None:
    """The links that match, those to files that match nothing, and the latest file of each report."""
    at = datetime(2025, 3, 1, tzinfo=UTC)
    with Publisher() as publisher:
        page = (
            "<html><body><a href='/doclib/about/offices/ero/287g/participatingAgencies03012025.xlsx'>P</a>"
            "<a href='/files/other.xlsx'>other</a></body></html>"
        )
        monitor.config = tmp_path / "config.yaml"
        monitor.config.write_text(localized(CONFIG.read_text("utf-8"), load(CONFIG), publisher.address), "utf-8")
        where = load(monitor.config).sources["ice-287g"].page.removeprefix(publisher.address)
        publisher.publish(where, page.encode(), content_type="text/html", at=at)
        publisher.publish(
            "/doclib/about/offices/ero/287g/participatingAgencies03012025.xlsx", sheet(ROWS), content_type=XLSX_TYPE,
            at=at,
        )  # fmt: skip
        ran = monitor("try", "ice-287g")
    assert "report participating: 1 link matches" in ran.out
    assert "report pending: 0 links match" in ran.out
    assert "/files/other.xlsx" in ran.out.partition("match no report")[2]
    assert "list participating: 10 records" in ran.out
    assert not monitor.state.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.xlsx"], "No such file or directory; name a file or a web address"),
        (["letter.docx"], "say which it is with --report"),
        (["participating1.xlsx", "--report", "other"], "has no report 'other'; it has"),
        (["http://127.0.0.1:9/x.xlsx", "--report", "participating"], "127.0.0.1"),
    ],
)
def test_what_can_not_be_tried_is_said(
    monitor: Commands, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    """In words that say what to do; private addresses are refused as by a poll."""
    monkeypatch.chdir(files[0].parent)
    (files[0].parent / "letter.docx").write_bytes(b"Dear ...")
    ran = monitor("try", "ice-287g", *arguments)
    assert ran.status == 1
    assert words in ran.err


def test_a_file_that_can_not_be_read_is_named(monitor: Commands, tmp_path: Path) -> None:
    """With the reason; the exit status is 1."""
    (tmp_path / "participating.xlsx").write_bytes(b"no workbook")
    ran = monitor("try", "ice-287g", tmp_path / "participating.xlsx", "--report", "participating")
    assert ran.status == 1
    assert "can't be read: " in ran.out


def test_a_version_that_would_be_held_is_said(monitor: Commands, tmp_path: Path) -> None:
    """Here most records are gone at once."""
    for number, rows in enumerate((ROWS, ROWS[:1])):
        (tmp_path / f"participating{number}.xlsx").write_bytes(sheet(rows))
    ran = monitor("try", "ice-287g", *sorted(tmp_path.glob("*.xlsx")), "--report", "participating")
    assert ran.status == 1
    assert "would be held for a person: " in ran.out


def test_the_schema_fits_the_configuration(monitor: Commands) -> None:
    """The file that comes with the program is valid by it, and a slip of the pen is found."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(monitor("config", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema)
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    assert list(checker.iter_errors(config)) == []
    config["sources"]["ice-287g"]["reports"]["participating"]["lists"]["participating"]["colums"] = {}
    config["poll"] = {"every": "often"}
    assert {next(iter(each.path)) for each in checker.iter_errors(config)} == {"sources", "poll"}


def test_the_configuration_is_checked(monitor: Commands, tmp_path: Path) -> None:
    """A file without fault is counted through; a fault of its YAML is shown with line, column and a caret."""
    assert "no fault; 4 sources" in monitor("config", "check").out
    monitor.config = tmp_path / "config.yaml"
    monitor.config.write_text("sources:\n  a: [1\n  b: 2\n", encoding="utf-8")
    ran = monitor("config", "check")
    assert ran.status == 2
    assert "config.yaml:3:4: no valid YAML" in ran.err
    assert "      b: 2\n       ^" in ran.err


def test_the_default_configuration_is_written_once(monitor: Commands, tmp_path: Path) -> None:
    """Where there is none, as a command without one says; what is there is never replaced."""
    monitor.config = tmp_path / "config.yaml"
    ran = monitor("poll")
    assert ran.status == 2
    assert "monitor init" in ran.err
    assert monitor("init").status == 0
    assert monitor.config.read_bytes() == CONFIG.read_bytes()
    assert monitor("config", "check").status == 0
    monitor.config.write_text("mine", encoding="utf-8")
    ran = monitor("init")
    assert ran.status == 1
    assert "is not replaced" in ran.err
    assert monitor.config.read_text(encoding="utf-8") == "mine"


def test_the_configuration_is_watched(
    monitor: Commands, files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change of it is tried; a fault is named, and the watch goes on."""
    monitor.config = tmp_path / "config.yaml"
    whole = CONFIG.read_text(encoding="utf-8")
    texts = iter([whole, "sources: [", whole.replace("LAW ENFORCEMENT AGENCY, AGENCY", "NO SUCH HEADER")])

    def edited(_: object) -> Iterator[None]:
        for text in texts:
            monitor.config.write_text(text, encoding="utf-8")
            yield

    monkeypatch.setattr(trial, "changes", edited)
    ran = monitor("try", "ice-287g", files[0], "--report", "participating", "--watch")
    assert ran.status == 0
    first, found, last = ran.out.partition("can't be read: ")
    assert "list participating: 10 records" in first
    assert found
    assert "NO SUCH HEADER" in last
    assert "no valid YAML" in ran.err


def test_a_changed_file_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, then after each change, and also where it appears only later."""
    monkeypatch.setattr(trial, "SECONDS_BETWEEN_LOOKS", 0.0)
    path = tmp_path / "config.yaml"
    seen = trial.changes([path])
    next(seen)
    path.write_text("one", encoding="utf-8")
    next(seen)
    os.utime(path, (1, 1))
    next(seen)
