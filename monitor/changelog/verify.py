"""Verifies that nothing was altered since it was written: the archived files, the change log, and the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.errors import StoreError
from monitor.model import Record
from monitor.store import changelog, leaves, queries
from monitor.store.evidence_faults import evidence_faults
from monitor.store.parts import part_faults

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from monitor.config.lists import ListDescription
    from monitor.config.sources import Config
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.queries import ArchivedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The result of a verification.

    - `files`, `entries`: how many archived files and log entries were checked.
    - `head`: the hash of the log's last entry.
    - `faults`: a sentence for each fault; empty if all is well.
    - `remarks`: a sentence for each thing that is no fault, but should be known, such as a file that nothing names.
    - `statements`, `root`: how many statements the evidence log has, and the hash over all of them.
    """

    files: int
    entries: int
    head: str
    faults: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    statements: int = 0
    root: str = ""


def verify(store: Store, archive: Archive, config: Config) -> Verified:
    """Check the archived files, the change log and the database, and return the result; faults raise no error."""
    kept = queries.archived_files(store)
    chain = dict(changelog.chain_faults(store))
    wrong = [*chain.values(), *_filed_wrong(store, config, broken=chain)]
    faults = [*_archive_faults(archive, kept), *(f"change log: {fault}" for fault in wrong)]
    faults += [f"evidence: {fault}" for fault in (*evidence_faults(store), *part_faults(store, archive))]
    faults += [f"database: {fault}" for fault in queries.database_faults(store)]
    entries, head = changelog.head(store)
    tree = leaves.tree(store)
    return Verified(
        files=len(kept),
        entries=entries,
        head=head,
        faults=tuple(faults),
        remarks=tuple(_stray_files(archive, store)),
        statements=tree.size,
        root=tree.root.hex(),
    )


def _archive_faults(archive: Archive, kept: list[ArchivedFile]) -> Iterator[str]:
    """Yield a sentence for each file that is missing from the archive, or has another hash or size than it should."""
    for file in kept:
        which = f"({file.url}, captured {file.captured_at})"
        try:
            size = len(archive.get(file.sha256))
        except StoreError as fault:
            yield f"archive: {fault} {which}"
        else:
            if size != file.bytes:
                yield f"archive: {archive.path(file.sha256)}: has {size} bytes, not the {file.bytes} noted {which}"


def _stray_files(archive: Archive, store: Store) -> Iterator[str]:
    """Yield a sentence for each file of the archive that nothing in the database names.

    A process that was killed between writing a file and its row leaves such a file behind.
    """
    there = list(archive.hashes())  # before the rows, because a process may be writing: the row comes after the file
    named = {file.sha256 for file in queries.archived_files(store)}
    for sha256 in there:
        if sha256 not in named:
            yield f"archive: nothing names {archive.path(sha256)}; a killed process may have left it, or another hand"


def _filed_wrong(store: Store, config: Config, *, broken: Collection[int]) -> Iterator[str]:
    """Yield a sentence for each log entry whose row has a wrong state, version or record beside the entry.

    The hashes of the log do not protect these columns, so they are checked here. `broken` are the numbers of entries
    whose hashes are wrong; these entries are left out.
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
    """Return the states (postal codes) that the row of a log entry may rightly have; None stands for no state.

    An entry with a jurisdiction has that jurisdiction's state, and an entry without values has none. For other entries
    these are the states of its records (`of_records`), and the state that the program finds in the entry's values
    today.
    """
    values = entry.after or entry.before
    if entry.jurisdiction or not values:
        return {entry.jurisdiction.state if entry.jurisdiction else None}
    then = set(of_records)
    if description is None:
        return then
    record = Record(values=tuple(values.get(field) for field in description.fields))
    return then | {jurisdictions.of_record(record, description).state}
