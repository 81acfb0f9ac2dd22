"""Pictures of what the change log says: where the records of amendments stand on their pages, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.alerts.writing import as_csv
from monitor.changelog.entry import on_pages
from monitor.errors import ReadError, StoreError
from monitor.files import write_whole
from monitor.sandbox.pool import Drawing
from monitor.store import pages, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from monitor.model import Box
    from monitor.sandbox.pool import Workers
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow

INDEX = "pictures.csv"
COLUMNS = (
    *("picture", "entry", "side", "kind", "source", "report", "list", "state", "jurisdiction", "ocd_id", "page"),
    *("file_name", "url", "captured_at", "memento", "sha256", "entry_hash"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One side of an amendment that stands on pages of a PDF: a row of the index, and where in the file it stands."""

    row: Mapping[str, Any]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A picture that is in its folder now, or why it could not be drawn."""

    wanted: Wanted
    fault: str | None = None


def wanted(store: Store, entries: Iterable[LogEntry]) -> list[Wanted]:
    """What can be drawn of these amendments: nothing, where their files are no PDFs."""
    found = []
    for entry in entries:
        for side, _, boxes in on_pages(entry):
            if version := _version(store, entry, side):
                found.append(Wanted(row=_row(entry, side, version, page=boxes[0].page), boxes=boxes))
    return found


def _version(store: Store, entry: LogEntry, side: str) -> VersionRow | None:
    """The version that an entry speaks of on one side: others may have the same bytes."""
    version = pages.version_of_entry(store, entry.id or 0)
    if side == "after" or version is None:
        return version
    return records.followed(store, version, sha256=entry.previous or "")


def _row(entry: LogEntry, side: str, version: VersionRow, *, page: int) -> dict[str, object]:
    return as_csv.log_row(entry) | {
        "picture": f"entry-{entry.id}-{side}.png",
        "entry": entry.id,
        "side": side,
        "page": page,
        "file_name": version.file_name,
        "url": version.url,
        "captured_at": version.captured_at,
        "memento": version.memento,
        "sha256": version.sha256,
    }


def draw(archive: Archive, workers: Workers, asked: Sequence[Wanted], folder: Path) -> Iterator[Drawn]:
    """Draw them into a folder, in order, and write what each shows into its index; yields each as it is there.

    Raises MonitorError where whatever reads is lost, OSError where the folder can't be written.
    """

    def job(each: Wanted) -> Drawing:
        return Drawing(content=archive.get(each.row["sha256"]), boxes=each.boxes)

    folder.mkdir(parents=True, exist_ok=True)
    shown = []
    for each, found in workers.in_order(asked, job):
        assert found is not None
        try:
            write_whole(folder / each.row["picture"], found(), mode=0o644)
        except (ReadError, StoreError) as fault:
            yield Drawn(wanted=each, fault=str(fault))
            continue
        shown.append(each.row)
        yield Drawn(wanted=each)
    write_whole(folder / INDEX, as_csv.lines(shown, COLUMNS).encode(), mode=0o644)
