"""A static site that is published again: page by page it is the one that would be made from nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from monitor.program import Program
from monitor.steps.holds import reject_held, release_held
from monitor.store.records import held_versions
from monitor.web.page_notes import NOTES
from tests.support.backfilled import agreement, archive, captured, files, take
from tests.support.paths import ROOT
from tests.support.published import CONFIG, delimited, html, offices
from tests.support.servers import Reply, Server
from tests.web.test_static_site import ADDRESS, contents_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from monitor.web.static_folder import SiteWritten
    from tests.conftest import Commands
    from tests.support.published import Row
    from tests.support.servers import Request
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

OFFICES = offices(15)
FEW = 40  # files: an entry touches fewer

REPORT_FILES = 2  # of a report: its page, and the same as JSON


def made(done: SiteWritten) -> int:
    """How many files a publication made, whether they differed or not."""
    return done.written + done.unchanged - done.not_made


def with_code(code: str, *, row: int = 0) -> list[Row]:
    """The offices, one of which has another code."""
    rows = list(OFFICES)
    rows[row] = (*rows[row][:2], code, rows[row][3])
    return rows


@dataclass(kw_only=True)
class Again:
    """A history that goes on, with two sites of it: one is published again and again, the other each time anew."""

    folder: Path
    server: Server
    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)
    rows: Sequence[Row] = tuple(OFFICES)
    is_gone: bool = False
    done: list[SiteWritten] = field(default_factory=list)

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "config.yaml"

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    def page(self, _: Request) -> Reply:
        """Answer with the list."""
        return Reply(status=404) if self.is_gone else Reply(body=html(self.rows))

    def begin(self) -> None:
        """Watch the list on its page, and a file of the same list that is only imported."""
        tree = yaml.safe_load(CONFIG)
        tree["sources"] = {name: tree["sources"][name] for name in ("html", "csv")}
        tree["sources"]["html"]["page"] = self.server.address("/offices")
        tree["poll"] = {"allow_private_addresses": True, "every": "1h"}
        self.config.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
        self.server.pages["/offices"] = self.page

    def poll(self, rows: Sequence[Row] | None = None, *, hours: float = 3, times: int = 1) -> None:
        """Look at the page, which has these rows now, after some hours."""
        self.rows = self.rows if rows is None else tuple(rows)
        for _ in range(times):
            self.now += timedelta(hours=hours)
            with self.program() as program:
                list(program.poll(["html"]))
                list(program.process())

    def program(self) -> Program:
        """The program at the present time."""
        return Program(config_path=self.config, state_override=self.state, now=lambda: self.now)

    def publish(self) -> SiteWritten:
        """Publish to the site that is there, and compare it with one that is made from nothing."""
        whole = self.folder / "whole"
        shutil.rmtree(whole, ignore_errors=True)
        written(self.state, whole, config=self.config)
        done = written(self.state, self.folder / "site", config=self.config)
        assert done
        assert contents_of(self.folder / "site") == contents_of(whole)
        self.done.append(done)
        return done


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Again]:
    """A list that was looked at once, and is published. Only to be copied."""
    with Server({}) as server:
        made = Again(folder=tmp_path_factory.mktemp("begun"), server=server)
        made.begin()
        made.poll()
        made.publish()
        yield made


@pytest.fixture
def again(begun: Again, tmp_path: Path) -> Again:
    """That list, which goes on in a folder of its own."""
    folder = shutil.copytree(begun.folder, tmp_path / "again")
    again = replace(begun, folder=folder, done=[*begun.done])
    again.server.pages["/offices"] = again.page
    return again


def test_after_a_new_entry_only_what_it_touches_is_made(again: Again) -> None:
    """A code is corrected, and corrected back: the pages of the other offices are kept without being made."""
    again.poll(with_code("1"))
    changed = again.publish()
    again.poll(with_code("2", row=1))
    back = again.publish()
    idle = made(again.publish())
    for done in (changed, back):
        assert idle < made(done) < idle + FEW
        assert done.written > 0


def test_a_look_without_news_makes_hardly_a_page(again: Again) -> None:
    """Only pages that say when a list was seen; the same if a list is not known any more after a long time."""
    idle = made(again.publish())
    again.poll(hours=3)
    assert made(again.publish()) <= idle + REPORT_FILES
    (again.folder / "offices.csv").write_bytes(delimited(offices(4)))
    imported = [sys.executable, "-m", "monitor", "--config", str(again.config), "--state", str(again.state), "import"]
    at = again.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    subprocess.run([*imported, "csv", str(again.folder / "offices.csv"), "--at", at], cwd=ROOT, check=True)
    again.publish()
    again.poll(hours=24 * 40)
    again.publish()


def test_what_is_held_and_let_go_of(again: Again) -> None:
    """A list of which most is gone is held and rejected, and another one is held and released."""
    decisions: tuple[Callable[..., object], ...] = (reject_held, release_held)
    for row, decide in enumerate(decisions):
        again.poll(OFFICES[row : row + 1])
        again.publish()
        with again.program() as program:
            (held,) = held_versions(program.store)
            decide(program.context, held)
        again.publish()


def test_what_is_taken_down_and_restored(again: Again) -> None:
    """The page is found gone three times, and is there again, with another office."""
    again.is_gone = True
    again.poll(hours=2, times=3)
    again.publish()
    again.poll(hours=2)
    again.publish()
    again.is_gone = False
    again.poll(offices(25), hours=2)
    again.publish()


def test_another_configuration_makes_all_pages(again: Again) -> None:
    """A list gets a title, and a source is no longer watched."""
    tree = yaml.safe_load(again.config.read_text(encoding="utf-8"))
    tree["sources"]["html"]["title"] = "Sheriffs with agreements"
    again.config.write_text(yaml.safe_dump(tree), encoding="utf-8")
    assert again.publish().not_made == 0
    del tree["sources"]["csv"]
    again.config.write_text(yaml.safe_dump(tree), encoding="utf-8")
    assert again.publish().not_made == 0


def test_a_kept_file_that_is_lost_is_said_to_be(again: Again) -> None:
    """And is there again once it is restored."""
    again.poll(with_code("1"))
    again.publish()
    (kept, *_) = sorted((again.state / "archive").glob("??/*"))
    lost = again.folder / "lost"
    shutil.move(kept, lost)
    again.publish()
    shutil.move(lost, kept)
    again.publish()


@pytest.mark.parametrize("damage", [b"", b"no notes", None])
def test_without_its_notes_all_is_made(again: Again, damage: bytes | None) -> None:
    """They are damaged, or gone; no other account can read them."""
    notes = again.folder / "site" / NOTES
    assert notes.stat().st_mode & 0o777 == 0o600
    notes.unlink()
    if damage is not None:
        notes.write_bytes(damage)
    assert again.publish().not_made == 0
    assert again.publish().not_made > again.done[-2].not_made


def test_another_program_makes_all_pages(again: Again) -> None:
    """A copy of the program that differs in one template makes all pages, and so does this one afterwards."""
    shutil.copytree(ROOT / "monitor", again.folder / "other/monitor", ignore=shutil.ignore_patterns("__pycache__"))
    template = again.folder / "other/monitor/web/templates/base.html"
    template.write_text(template.read_text(encoding="utf-8").replace("<body", '<body id="other"'), encoding="utf-8")
    command = ["-m", "monitor", "--config", str(again.config), "--state", str(again.state), "publish"]
    site = again.folder / "site"
    subprocess.run([sys.executable, *command, str(site), "--address", ADDRESS], cwd=again.folder / "other", check=True)
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    assert pages
    assert all('<body id="other"' in page for page in pages)
    assert again.publish().not_made == 0


def test_what_a_backfill_joins_is_in_it(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """Entries about earlier days are added to the log, and records are listed since earlier."""
    first = tuple(map(agreement, ("Bay", "Clay", "Collier", "Dixie")))
    story = files(first[1:], first, (*first[:3], agreement("Dixie", county="Dixy County")))
    take(monitor, tmp_path, story[1:])
    site, whole = tmp_path / "site", tmp_path / "whole"
    written(monitor.state, site, config=monitor.config)
    archive.captures = captured(story[:1])
    assert "joined to what was there" in monitor("backfill", "ice-287g", "--workers", "1").out
    written(monitor.state, whole, config=monitor.config)
    done = written(monitor.state, site, config=monitor.config)
    assert contents_of(site) == contents_of(whole)
    assert done
    assert done.not_made > 0
