"""Whether everything is still as it was written: the archive against its hashes, the chain, the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor import jurisdictions
from monitor.errors import StoreError
from monitor.model import Record
from monitor.store import changelog, queries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from monitor.config.sources import Config, ListDescription
    from monitor.store.archive import Archive
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was checked, and one line for each thing that is wrong."""

    files: int
    entries: int
    head: str
    faults: tuple[str, ...]


def verify(store: Store, archive: Archive, config: Config) -> Verified:
    """Check all of it; faults are returned, not raised."""
    kept = queries.archived_files(store)
    chain = dict(changelog.faults(store))
    told = [*chain.values(), *_filed_wrong(store, config, broken=chain)]
    faults = [*_archive_faults(archive, kept), *(f"change log: {each}" for each in told)]
    faults += [f"database: {fault}" for fault in queries.database_faults(store)]
    entries, head = changelog.head(store)
    return Verified(files=len(kept), entries=entries, head=head, faults=tuple(faults))


def _archive_faults(archive: Archive, kept: list[queries.ArchivedFile]) -> Iterator[str]:
    for file in kept:
        try:
            archive.get(file.sha256)
        except StoreError as fault:
            yield f"archive: {fault} ({file.url}, captured {file.captured_at})"


def _filed_wrong(store: Store, config: Config, *, broken: Collection[int]) -> Iterator[str]:
    """Entries that are found by what they do not tell: their state, version and record are outside the chain."""
    for row in changelog.rows(store):
        if row["id"] in broken:
            continue
        printed = changelog.printed(row)
        told = printed["after"] or printed["before"]
        records = changelog.records_told(store, row)
        if row["state"] not in _states(
            printed, records, config.list_description(printed["source"], printed["list"] or "")
        ):
            yield f"entry {row['id']} is filed under the state {row['state']}"
        elif not changelog.has_its_version(store, row) or not (records if told else row["line_id"] is None):
            yield f"entry {row['id']} is filed under a version or a record that it does not tell of"


def _states(
    printed: Mapping[str, Any], records: list[dict[str, Any]], description: ListDescription | None
) -> set[str | None]:
    """The states that an entry can be filed under: its jurisdiction's, or what is made of its words, now or then."""
    told = printed["after"] or printed["before"]
    if printed["jurisdiction"] or not told:
        return {printed["jurisdiction"]["state"] if printed["jurisdiction"] else None}
    then: set[str | None] = {record["state"] for record in records}
    if description is None:
        return then
    record = Record(values=tuple(told.get(field) for field in description.fields))
    return then | {jurisdictions.of_record(record, description).state}
