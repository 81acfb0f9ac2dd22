"""Verifies that all is still as it was written: the archive by its hashes, the change log's chain, the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.errors import StoreError
from monitor.model import Record
from monitor.store import changelog, queries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from monitor.config.sources import Config, ListDescription
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.queries import ArchivedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The result of a verification: how much was checked, the log's last hash, and a line for each fault."""

    files: int
    entries: int
    head: str
    faults: tuple[str, ...]


def verify(store: Store, archive: Archive, config: Config) -> Verified:
    """Check the archive, the chain and the database; returns the faults, and raises none of them."""
    kept = queries.archived_files(store)
    chain = dict(changelog.chain_faults(store))
    wrong = [*chain.values(), *_filed_wrong(store, config, broken=chain)]
    faults = [*_archive_faults(archive, kept), *(f"change log: {fault}" for fault in wrong)]
    faults += [f"database: {fault}" for fault in queries.database_faults(store)]
    entries, head = changelog.head(store)
    return Verified(files=len(kept), entries=entries, head=head, faults=tuple(faults))


def _archive_faults(archive: Archive, kept: list[ArchivedFile]) -> Iterator[str]:
    """Yield a line for each file that is not there, or is not what its hash says."""
    for file in kept:
        try:
            archive.get(file.sha256)
        except StoreError as fault:
            yield f"archive: {fault} ({file.url}, captured {file.captured_at})"


def _filed_wrong(store: Store, config: Config, *, broken: Collection[int]) -> Iterator[str]:
    """Yield a line for each entry whose state, version or record, which are outside the chain, is not its own.

    `broken` are the numbers of entries that the chain has found wrong already.
    """
    for filed in changelog.filed_entries(store):
        entry = filed.entry
        if filed.number in broken or entry is None:
            continue
        states = changelog.states_of_records_told(store, filed, entry)
        names_record = bool(states) if entry.after or entry.before else filed.line_id is None
        if filed.state not in _states(entry, states, config.list_description(entry.source, entry.list or "")):
            yield f"entry {filed.number} is filed under the state {filed.state}"
        elif not changelog.has_its_version(store, filed, entry) or not names_record:
            yield f"entry {filed.number} is filed under a version or a record that it does not tell of"


def _states(entry: LogEntry, of_records: list[str | None], description: ListDescription | None) -> set[str | None]:
    """Return the states that an entry can be filed under: its jurisdiction's, or what its words meant, now or then."""
    values = entry.after or entry.before
    if entry.jurisdiction or not values:
        return {entry.jurisdiction.state if entry.jurisdiction else None}
    then = set(of_records)
    if description is None:
        return then
    record = Record(values=tuple(values.get(field) for field in description.fields))
    return then | {jurisdictions.of_record(record, description).state}
