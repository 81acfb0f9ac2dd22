"""The first page names the files that a source's page links and that no report reads."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from monitor.fetch.links import PageLinks
from monitor.model import Link
from monitor.store import versions
from monitor.store.database import Store
from monitor.store.rows import AddressRow
from tests.support.lists import CONFIG
from tests.support.paths import ROOT
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from pathlib import Path

CHOSEN = "https://www.ice.gov/doclib/participating.xlsx"
FILES = tuple(
    Link(url=f"https://www.ice.gov/doclib/{number}.pdf", text=f"Fact <b>{number}</b>") for number in range(22)
)


def noted(folder: Path, links: tuple[Link, ...], *, described: str) -> None:
    """Note that the page of the agreements has these links, of which one is a report."""
    said = PageLinks(links=links, chosen={"participating": {"participating": (CHOSEN,)}}, described=described).as_json()
    row = AddressRow(etag=None, last_modified=None, sha256="0" * 64, digest="0" * 64, links=said)
    with Store(folder) as store, store.transaction():
        versions.note_address(store, CONFIG.sources["ice-287g"].page, row, at="2025-06-02T12:00:00Z")


def test_files_that_no_report_reads_are_named(tmp_path: Path) -> None:
    """Each with its words and its address, as text; pages and reports are none; the first twenty are shown."""
    shutil.copy(ROOT / "config.yaml", tmp_path / "config.yaml")
    own = (Link(url=CHOSEN, text="List"), Link(url="https://www.ice.gov/news", text="News"))
    noted(tmp_path, (*own, *FILES), described="x")
    with serving_of(tmp_path) as served:
        page = served.get("/").text
        assert "22 linked files that no report reads" in page
        assert "Fact &lt;b&gt;3&lt;/b&gt;" in page
        assert FILES[19].url in page
        assert FILES[20].url not in page
        assert "and 2 more" in page
        assert CHOSEN not in page
        noted(tmp_path, (*own, FILES[0]), described="x")
        assert "1 linked file that no report reads" in served.get("/").text
        noted(tmp_path, (*own, *FILES), described="")  # by a release that chose none
        assert "that no report reads" not in served.get("/").text
