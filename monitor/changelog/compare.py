"""Compares a list in any two of its recorded versions, even if other versions lie between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.changelog import entry
from monitor.errors import RefusedError
from monitor.matching.amend import amend
from monitor.matching.match import match
from monitor.model import Locator, Record, RecordList
from monitor.store import queries
from monitor.store.entry import Locators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config.lists import ListDescription
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow

UNKNOWN_PLACE = Locator()  # the place of a record in the bytes of a version other than the first that has it


def between(
    store: Store, old: VersionRow, new: VersionRow, *, name: str, description: ListDescription
) -> Iterator[LogEntry]:
    """Yield the differences of a list between two recorded versions, as log entries without number and hash.

    - `old`, `new`: the two versions; other versions may lie between them.
    - `name`, `description`: the list's name, and its description in the configuration.

    The `evidence` of an entry says where its record is in the file of each version. The database has that place only
    for the first version that has the record; for a later version it is None. Raises RefusedError if the configuration
    did not describe the list when one of the versions was recorded.
    """
    before, after = (_list_in(store, version, name, description) for version in (old, new))
    for amendment in amend(match(before, after, description), description):
        difference = entry.of_amendment(amendment, description, name=name, version=new, previous=old)
        sides = (difference.evidence.before, difference.evidence.after)
        known = (None if locator == UNKNOWN_PLACE else locator for locator in sides)
        yield replace(difference, evidence=Locators(**dict(zip(("before", "after"), known, strict=True))))


def _list_in(store: Store, version: VersionRow, name: str, description: ListDescription) -> RecordList:
    """Return the list `name` with the records that it had in a version.

    The place of a record in the file (its locator) is known only if this is the first version that has the record; else
    it is UNKNOWN_PLACE. Raises RefusedError if the configuration did not describe the list when the version was
    recorded.
    """
    if why := queries.not_looked_for(store, version, name):
        raise RefusedError(f"{version.source}/{name}: {why}; `monitor versions {version.source}` shows where it was")
    records = tuple(
        Record(
            values=tuple(listed.fields.get(field) for field in description.fields),
            locator=listed.locator if listed.first_version == version.sha256 else UNKNOWN_PLACE,
            jurisdiction=listed.jurisdiction,
        )
        for listed in queries.records_of(store, version, name)
    )
    return RecordList(name=name, fields=description.fields, records=records)
