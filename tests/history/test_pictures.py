"""Pictures of records on their pages: with mails, which show them, and on demand, for what the log says.

A webhook, which can't show them, is told without.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.demo import ddor
from monitor.demo.history import history_steps
from monitor.demo.publisher import Publisher
from monitor.demo.receivers import Mailbox
from monitor.demo.sheets import sheet
from monitor.demo.step import play
from monitor.history import importer
from monitor.model import Box
from monitor.program import Program
from monitor.sandbox.reader import Reader
from tests.history.test_importer import FIRST, SECOND, files
from tests.support.delivery import SECRET, subscribing
from tests.support.paths import ROOT
from tests.support.slack_endpoint import Endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands

SOURCE = "ice-ddor"
EDGES = ("left", "top", "right", "bottom")


def test_pictures_go_with_mails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revised PDF comes by mail with a record on its page, before and after; by webhook without."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    first, revised = [step for step in history_steps() if step.source == SOURCE][:2]
    with Publisher() as publisher, Mailbox() as mailbox, Endpoint() as room:
        channels = {
            "mail": {"kind": "email", "server": mailbox.address, "tls": "none", "sender": "m@x.org", "to": ["d@x.org"]},
            "hook": {"kind": "webhook", "url": room.address("/room"), "secret_env": "HOOK_SECRET"},
        }
        everything = {"all": {"channels": ["mail", "hook"], "settle": "0s"}}
        config = tmp_path / "config.yaml"
        subscribing(config, publisher.address, channels=channels, subscriptions=everything)
        present = [first.at]
        with Program(config_path=config, state_override=tmp_path / "state", now=lambda: present[0]) as program:
            for step in (first, revised):
                present[0] = step.at
                play(step, publisher)
                tuple(program.poll([SOURCE]))
                tuple(program.process())
                present[0] += timedelta(seconds=1)
                told = list(program.deliver())
    assert {(done.channel, done.fault, len(done.message.pictures)) for done in told} == {
        ("mail", None, 2),
        ("hook", None, 0),
    }
    pictures = [part for part in mailbox.received[-1].walk() if part.get_content_type() == "image/png"]
    assert len(pictures) == 2


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the demonstration's first report, and its revision: corrections in a PDF."""
    folder = tmp_path_factory.mktemp("revised")
    with Program(config_path=ROOT / "config.yaml", state_override=folder / "state") as program:
        source = program.source("ice-ddor")
        for number, report in enumerate(ddor.history()[:2]):
            file = folder / f"{number}.pdf"
            file.write_bytes(ddor.ddor_pdf(report))
            url, at = f"https://www.ice.gov/doclib/ddor/{report.file_name}", report.published_at.isoformat()
            importer.import_file(
                program.context, "ice-ddor", importer.describe(file, captured_at=at, url=url, source=source)
            )
            assert [done.hold_reason for done in program.process()] == [None]
    return folder / "state"


@pytest.fixture
def revised(monitor: Commands, imported: Path) -> Commands:
    """`monitor` on a copy of that folder."""
    shutil.copytree(imported, monitor.state)
    return monitor


def drawn(folder: Path) -> dict[str, str]:
    """The pictures in a folder: their hashes by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.png"))}


def index(folder: Path) -> list[dict[str, str]]:
    """The rows of a folder's index."""
    with (folder / "pictures.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_side_of_each_amendment_is_drawn_from_the_bytes_that_are_named(revised: Commands, tmp_path: Path) -> None:
    """Every picture is what its file shows at the entry's place, whatever number of processes draws."""
    entries = revised("log", "--json").rows
    one, two = tmp_path / "one", tmp_path / "deeper" / "two"
    assert revised("pictures", one, "--workers", "1").status == 0
    ran = revised("pictures", two, "--workers", "2")
    count = 2 * len(entries)
    assert (ran.status, ran.out) == (
        0, f"{count} pictures of {len(entries)} amendments in {two}; pictures.csv tells what they show\n"
    )  # fmt: skip
    assert len(drawn(one)) == count > 0
    assert drawn(one) == drawn(two)
    assert sorted(path.name for path in two.iterdir()) == sorted([*drawn(two), "pictures.csv"])
    rows = index(two)
    assert [(row["entry"], row["side"]) for row in rows] == [
        (str(entry["id"]), side) for entry in entries for side in ("before", "after")
    ]
    versions = {row["sha256"]: row for row in revised("versions", "--json").rows}
    with Reader() as reader:
        for row, entry in zip(rows, [entry for entry in entries for _ in "ba"], strict=True):
            assert row["sha256"] == entry["previous" if row["side"] == "before" else "version"]
            assert (row["file_name"], row["url"]) == tuple(versions[row["sha256"]][k] for k in ("file_name", "url"))
            content = (revised.state / "archive" / row["sha256"][:2] / row["sha256"][2:]).read_bytes()
            place = entry["evidence"][row["side"]]
            parts = [place, *place.get("continued", [])]
            boxes = tuple(Box(page=part["page"], **dict(zip(EDGES, part["box"], strict=True))) for part in parts)
            seen, sha256 = versions[row["sha256"]]["captured_at"], row["sha256"]
            caption = f"{row['file_name']}, page {place['page']}, first seen {seen}, SHA-256 {sha256[:16]}..."
            assert (two / row["picture"]).read_bytes() == reader.picture(content, boxes, caption=caption)
            assert (row["page"], row["entry_hash"]) == (str(place["page"]), entry["entry_hash"])
        assert (two / row["picture"]).read_bytes() != reader.picture(content, boxes)


def test_each_picture_is_of_the_version_that_its_entry_speaks_of(monitor: Commands, tmp_path: Path) -> None:
    """A report that was revised and put back: the same bytes were there twice, and each time is told as it was."""
    one, two = ddor.history()[:2]
    times = [one.published_at + timedelta(days=day) for day in range(3)]
    for at, report in zip(times, (one, two, one), strict=True):
        file = tmp_path / "report.pdf"
        file.write_bytes(ddor.ddor_pdf(report))
        url = f"https://www.ice.gov/doclib/ddor/{one.file_name}"
        assert monitor("import", "ice-ddor", file, "--at", at.isoformat(), "--url", url).status == 0
    first, second, third = (row["captured_at"] for row in monitor("versions", "--json").rows)
    assert monitor("pictures", tmp_path / "x").status == 0
    observed = {entry["id"]: entry["observed_at"] for entry in monitor("log", "--json").rows}
    rows = index(tmp_path / "x")
    told = {(observed[int(row["entry"])], row["side"], row["captured_at"]) for row in rows}
    assert told == {
        (second, "before", first), (second, "after", second), (third, "before", second), (third, "after", third),
    }  # fmt: skip


def test_the_options_of_the_log_choose(revised: Commands, tmp_path: Path) -> None:
    """Only what they choose is drawn; where that is nothing, it is said, and no folder made."""
    chosen = revised("log", "--json", "--jurisdiction", "Travis County, Texas", "--list", "section-1").rows
    assert (
        revised("pictures", tmp_path / "x", "--jurisdiction", "Travis County, Texas", "--list", "section-1").status == 0
    )
    assert list(drawn(tmp_path / "x")) == [
        f"entry-{e['id']}-{side}.png" for e in chosen for side in ("after", "before")
    ]
    ran = revised("pictures", tmp_path / "none", "--kind", "withdrawn")
    assert (ran.status, ran.out) == (0, "nothing to draw: none of these amendments stands in a PDF\n")
    assert not (tmp_path / "none").exists()


def test_records_that_never_changed_are_drawn_as_they_stood(revised: Commands, tmp_path: Path) -> None:
    """Of a place on a day, with how they stood; a place that nobody knows is named."""
    ran = revised("pictures", tmp_path / "x", "--standing", "Travis County, Texas", "--at", "2017-03-20")
    rows = index(tmp_path / "x")
    assert (ran.status, ran.out) == (
        0, f"{len(rows)} pictures of records in {tmp_path / 'x'}; pictures.csv tells what they show\n"
    )  # fmt: skip
    assert len(drawn(tmp_path / "x")) == len(rows) > 100
    assert {row["jurisdiction"] for row in rows} == {"Travis County"}
    (policy,) = (row for row in rows if row["list"] == "section-3")
    assert policy["kind"].startswith("listed on 20 March 2017, since 20 March 2017")
    wrong = revised("pictures", tmp_path / "y", "--standing", "Nowhere County, Texas")
    assert wrong.status == 1
    assert "no place is called 'Nowhere County, Texas'" in wrong.err


def test_amendments_of_a_sheet_have_no_pictures(monitor: Commands, tmp_path: Path) -> None:
    """They stand in rows, not on pages."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies.xlsx", sheet(FIRST)),
        ("2025-02-27T12:00:00Z", "participatingAgencies02272025.xlsx", sheet(SECOND)),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 0
    assert monitor("pictures", tmp_path / "x").out == "nothing to draw: none of these amendments stands in a PDF\n"


def test_what_can_not_be_drawn_is_named_and_costs_no_other_picture(revised: Commands, tmp_path: Path) -> None:
    """A file that was damaged since is no picture, and not in the index; those of the other file are drawn."""
    later = revised("log", "--json").rows[0]["version"]
    kept = revised.state / "archive" / later[:2] / later[2:]
    kept.chmod(0o644)
    kept.write_bytes(b"%PDF-1.4 damaged")
    ran = revised("pictures", tmp_path / "x")
    assert ran.status == 1
    assert "monitor: entry 1, after: " in ran.err
    assert "no longer those that were kept" in ran.err
    assert {name.rpartition("-")[2] for name in drawn(tmp_path / "x")} == {"before.png"}
    assert sorted(row["picture"] for row in index(tmp_path / "x")) == list(drawn(tmp_path / "x"))


def test_a_folder_that_can_not_be_written_is_named(revised: Commands, tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("here")
    ran = revised("pictures", tmp_path / "file" / "x")
    assert ran.status == 1
    assert "monitor: " in ran.err
    assert "Not a directory" in ran.err
