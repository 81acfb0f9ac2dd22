"""Draws pictures of records as they look on the pages of PDF files, for example before and after a correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.alerts.writing import as_csv, words
from monitor.changelog.entry import on_pages
from monitor.errors import ReadError, StoreError
from monitor.files import write_whole
from monitor.sandbox.pool import Drawing
from monitor.store import pages, records
from monitor.store.parts import part_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from monitor.changelog.listed import ListedLine
    from monitor.model import Box, Locator
    from monitor.sandbox.pool import Workers
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow

INDEX = "pictures.csv"
PICTURE_COLUMNS = (
    *("picture", "entry", "side", "kind", "source", "report", "list", "state", "jurisdiction", "ocd_id", "page"),
    *("file_name", "url", "captured_at", "memento", "sha256", "entry_hash"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureJob:
    """A picture that is to be drawn of one record on the pages of a PDF file.

    - `row`: what the index file says about the picture.
    - `boxes`: where the record is on the pages.
    """

    row: Mapping[str, Any]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The result of drawing one picture.

    `wanted` is the picture that was asked for. `fault` says why it could not be drawn; None if it is in the folder now.
    """

    wanted: PictureJob
    fault: str | None = None


def picture_jobs(store: Store, entries: Iterable[LogEntry]) -> list[PictureJob]:
    """Return the pictures that can be drawn for these log entries; only records in PDF files can be drawn.

    Each entry gives one picture of its record before the change and one after it, as far as there is one.
    """
    found = []
    for entry in entries:
        for side, _, locator in on_pages(entry):
            if version := _version(store, entry, side):
                found.append(PictureJob(row=_row(store, entry, side, version, locator), boxes=locator.boxes))
    return found


def standing_jobs(store: Store, listed: Iterable[ListedLine], at: str | None) -> list[PictureJob]:
    """Return the pictures that can be drawn of these records, as they are now or were at the time `at`."""
    found = []
    for each in listed:
        line = each.line
        version = pages.first_version_with_hash(store, line.first_version, line.report_id)
        if version and line.locator.boxes:
            place = line.jurisdiction
            row = {
                "picture": f"record-{line.first_version[:12]}-{line.list}-{line.locator.mark}.png",
                "kind": each.standing.words(at),
                "source": line.source,
                "report": line.report,
                "list": line.list,
                "state": place.state if place else None,
                "jurisdiction": place.name if place else None,
                "ocd_id": place.ocd_id if place else None,
            }
            about = _of_file(store, version, line.locator)
            found.append(PictureJob(row=row | about, boxes=line.locator.boxes))
    return found


def _of_file(store: Store, version: VersionRow, locator: Locator) -> dict[str, object]:
    """Return what the index says about the file in which a record stands: that of a version, or a part of it."""
    part = part_named(store, version.sha256, locator.part)
    return {
        "page": locator.boxes[0].page,
        "file_name": part.name if part else version.file_name,
        "url": part.url if part else version.url,
        "captured_at": part.captured_at if part else version.captured_at,
        "memento": version.memento,
        "sha256": part.sha256 if part else version.sha256,
    }


def _version(store: Store, entry: LogEntry, side: str) -> VersionRow | None:
    """Return the version whose file holds an entry's record before (`side` is "before") or after the change ("after").

    The SHA-256 in the entry does not tell which one it is, because several versions may have the same bytes.
    """
    version = pages.version_of_entry(store, entry.id or 0)
    if side == "after" or version is None:
        return version
    return records.followed(store, version, sha256=entry.previous or "")


def _row(store: Store, entry: LogEntry, side: str, version: VersionRow, locator: Locator) -> dict[str, object]:
    return as_csv.log_row(entry) | {
        "picture": f"entry-{entry.id}-{side}.png",
        "entry": entry.id,
        "side": side,
        **_of_file(store, version, locator),
    }


def draw(archive: Archive, workers: Workers, asked: Sequence[PictureJob], folder: Path) -> Iterator[Drawn]:
    """Draw the pictures `asked` into a folder, in order, and yield the result of each; write the index file at the end.

    `workers` are the processes that draw. Raises MonitorError if they are lost, OSError if the folder can't be written.
    """

    def job(each: PictureJob) -> Drawing:
        row = each.row
        caption = words.caption(row["file_name"], row["page"], row["captured_at"], row["sha256"])
        return Drawing(content=archive.get(row["sha256"]), boxes=each.boxes, caption=caption, source=row["source"])

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
    write_whole(folder / INDEX, as_csv.lines(shown, PICTURE_COLUMNS).encode(), mode=0o644)
