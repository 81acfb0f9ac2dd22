"""Whether everything is still as it was written: the archive against its hashes, the chain, the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.jurisdictions.states import code_of
from monitor.store import changelog, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.archive import Archive
    from monitor.config import Config
    from monitor.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was checked, and one line for each thing that is wrong."""

    files: int
    entries: int
    head: str
    faults: tuple[str, ...]


def verify(store: Store, archive: Archive, config: Config) -> Verified:
    """Check all of it; faults are returned, not raised."""
    kept = reading.archived(store)
    faults = [*_archive_faults(archive, kept), *changelog.faults(store), *_filed_wrong(store, config)]
    faults += [f"database: {fault}" for fault in reading.database_faults(store)]
    entries, head = changelog.head(store)
    return Verified(files=len(kept), entries=entries, head=head, faults=tuple(faults))


def _archive_faults(archive: Archive, kept: list[dict[str, object]]) -> Iterator[str]:
    for row in kept:
        try:
            archive.get(str(row["sha256"]))
        except StoreError as fault:
            yield f"archive: {fault} ({row['url']}, captured {row['captured_at']})"


def _filed_wrong(store: Store, config: Config) -> Iterator[str]:
    """Entries whose state, by which they are found, is not the one that they tell; it is outside the chain."""
    for source, report in ((s, r) for s, found in config.sources.items() for r in found.reports.values()):
        for name, description in report.lists.items():
            field = description.jurisdiction.state
            for row in changelog.filed(store, source, name):
                entry = changelog.printed(row)
                told = entry["jurisdiction"]["state"] if entry["jurisdiction"] else None
                values = entry["after"] or entry["before"] or {}
                if row["state"] != (told or code_of(values.get(field) if field else None)):
                    yield f"change log: entry {entry['id']} is filed under the state {row['state']}"
