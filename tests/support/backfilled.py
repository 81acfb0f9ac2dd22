"""A web archive that holds the spreadsheets of a small history, for tests of `monitor backfill`."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from monitor.demo.sheets import Agreement, sheet
from tests.support.lists import subscribed
from tests.support.paths import ROOT
from tests.support.web_archive import ArchiveServer, Captured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.conftest import Commands

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = "https://www.ice.gov/identify-and-arrest/287g"
FOLDER = "https://www.ice.gov/doclib/"
LISTED = "ice-287g", "participating"


class File(NamedTuple):
    """A file as it was published at a time; where nothing else is said, in the folder of the spreadsheets."""

    at: str
    name: str
    content: bytes
    folder: str = FOLDER
    media_type: str = XLSX

    @property
    def url(self) -> str:
        """Its address."""
        return self.folder + self.name

    def captured(self) -> Captured:
        """Its capture in the web archive."""
        at = "".join(filter(str.isdigit, self.at))
        return Captured(self.url, at, self.content, (("Content-Type", self.media_type),))


def agreement(name: str, **different: Any) -> Agreement:
    """A county's agreement in Florida."""
    usual = Agreement(
        state="FLORIDA",
        agency=f"{name} County Sheriff's Office",
        type="County",
        county=f"{name} County",
        model="Task Force Model",
        signed=date(2025, 2, 26),
    )
    return replace(usual, **different)


NAMES = ("Bay", "Clay", "Collier", "Dixie", "Duval", "Gulf", "Hardee", "Hendry", "Lee", "Leon", "Levy", "Pasco")
FIRST = tuple(map(agreement, NAMES))
MISSPELT = agreement("Hernando", county="Hernandoo County")  # in every version
MENDED = agreement("Lafayette", county="Lafayete County")  # until the fifth


def files(*lists: Iterable[Agreement], begin: int = 1) -> list[File]:
    """A spreadsheet for each list, one a day from a day in March on, under changing names."""
    days = enumerate(lists, start=begin)
    return [File(f"2025-03-{day:02}T12:00:00Z", f"participatingAgencies{day}.xlsx", sheet(each)) for day, each in days]


def story() -> list[File]:
    """Eight versions: something added, removed, repeated, corrected, taken back, renamed; doubts that stay and go."""
    bay, *others = FIRST
    redated = replace(bay, signed=date(2025, 2, 25))
    rest = tuple(others)
    union, lee, pasco = agreement("Union"), FIRST[8], FIRST[-1]
    without = tuple(each for each in rest if each != pasco)
    mended = replace(MENDED, county="Lafayette County")
    renamed = tuple(
        replace(each, agency="Dixie Sheriff's Department") if "Dixie" in each.agency else each for each in without
    )
    wrong = replace(union, county="Unionn County")
    return files(
        (bay, *rest, MISSPELT, MENDED),
        (bay, *rest, MISSPELT, MENDED, union),
        (redated, *rest, MISSPELT, MENDED, union),
        (redated, *without, MISSPELT, MENDED, union, lee),
        (bay, *without, MISSPELT, mended, union, lee),
        (bay, *renamed, MISSPELT, mended, union, lee),
        (bay, *renamed, pasco, MISSPELT, mended, union),
        (redated, *renamed, pasco, MISSPELT, mended, wrong),
    )


def captured(found: Iterable[File]) -> list[Captured]:
    """What the archive has of these files, and of the page that links them."""
    found = list(found)
    links = "".join(f'<p><a href="{each.url}">Participating agencies</a></p>' for each in found)
    page = f"<html><head><title>287(g)</title></head><body><h1>Agreements</h1>{links}{'<p>words' * 50}</body></html>"
    return [Captured(PAGE, "20250401000000", page.encode()), *(each.captured() for each in found)]


def configured(monitor: Commands, address: str, folder: Path, text: str | None = None) -> None:
    """Have the commands ask this archive, and one subscription want everything."""
    text = subscribed(text or (ROOT / "config.yaml").read_text("utf-8"), folder)
    text = text.replace("allow_private_addresses: false", "allow_private_addresses: true")
    text = text.replace("url: https://web.archive.org", f"url: {address}").replace(
        "per_minute: 15", "per_minute: 60000"
    )
    monitor.config = folder / "config.yaml"
    monitor.config.write_text(text, encoding="utf-8")


def take(monitor: Commands, folder: Path, found: Sequence[File], source: str = "ice-287g") -> None:
    """Import these files."""
    there = folder / f"{monitor.state.name}-{len(list(folder.iterdir()))}"
    there.mkdir()
    with (there / "manifest.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "captured_at", "url"))
        for number, each in enumerate(found):
            file = there / str(number) / each.name
            file.parent.mkdir()
            file.write_bytes(each.content)
            writer.writerow((file, each.at, each.url))
    ran = monitor("import", source, "--manifest", there / "manifest.csv")
    assert ran.err == "" or ran.status == 1, ran.err


def entries(monitor: Commands) -> list[str]:
    """The amendments that the log tells of, whatever their order in it.

    What was logged before more history was found can't name an earlier entry, nor since when a doubt stood.
    """
    rows = monitor("log", "--json").rows
    return sorted(_amendment(each) for each in rows)


def _amendment(entry: dict[str, Any]) -> str:
    doubt = entry["resolves_doubt"] and {
        name: each for name, each in entry["resolves_doubt"].items() if name != "noted_at"
    }
    told = entry | {"resolves_doubt": doubt}
    return without(told, "id", "entry_hash", "observed_by", "reverts")


def told(monitor: Commands, found: Sequence[File], places: Iterable[str] = ()) -> dict[str, list[str]]:
    """All that is told of a history of the participating list: its amendments, and what it looks like at each time."""
    said = {"log": entries(monitor), "doubts": sorted(without(each) for each in monitor("doubts", "--json").rows)}
    for each in found:
        listed = monitor("list", *LISTED, "--at", each.at, "--json").rows
        said[f"at {each.at}"] = sorted(without(row, "locator") for row in listed)
    for place in places:
        rows = [
            row | {"amendments": list(map(_amendment, row["amendments"]))}
            for row in monitor("show", place, "--json").rows
        ]
        said[place] = sorted(without(row, "locator") for row in rows)
    times = [each.at for each in found]
    said["difference"] = sorted(
        without(each, "observed_by") for each in monitor("diff", *LISTED, times[0], times[-1], "--json").rows
    )
    versions = monitor("versions", "ice-287g", "--json").rows
    said["versions"] = [without(each, "number") for each in versions if each["report"] == "participating"]
    return said


def without(row: dict[str, Any], *names: str) -> str:
    """A printed object as text, but for some of what it says."""
    return json.dumps({name: value for name, value in row.items() if name not in names}, sort_keys=True)


@pytest.fixture
def archive(monitor: Commands, tmp_path: Path) -> Iterator[ArchiveServer]:
    """An empty web archive, which the commands ask."""
    with ArchiveServer() as server:
        configured(monitor, server.address, tmp_path)
        yield server
