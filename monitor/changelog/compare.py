"""What a list's amendments are between any two of its recorded versions, whatever lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.changelog import entry
from monitor.errors import RefusedError
from monitor.matching.amend import amend
from monitor.matching.match import match
from monitor.model import Jurisdiction, Locator, Record, RecordList
from monitor.store import queries
from monitor.store.rows import locator_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.config.sources import ListDescription
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


def between(
    store: Store, old: VersionRow, new: VersionRow, *, name: str, description: ListDescription
) -> Iterator[dict[str, Any]]:
    """The amendments of a list between any two recorded versions, as printed, without id and hash.

    The evidence of a side is null where its record was already in an older version: its place in the bytes is known
    there alone. Raises RefusedError where the list was not looked for in one of the versions.
    """
    before, after = (_side(store, version, name, description) for version in (old, new))
    for each in amend(match(before, after, description), description):
        told = entry.of_amendment(each, description, name=name, version=new, previous=old)
        yield told | {"evidence": {side: place or None for side, place in told["evidence"].items()}}


def _side(store: Store, version: VersionRow, name: str, description: ListDescription) -> RecordList:
    """A list as a version has it."""
    if why := queries.not_looked_for(store, version, name):
        raise RefusedError(why)
    records = tuple(
        Record(
            values=tuple(row["fields"].get(field) for field in description.fields),
            locator=_locator(row, version),
            jurisdiction=Jurisdiction(**row["jurisdiction"]) if row["jurisdiction"] else None,
        )
        for row in queries.records_of(store, version, name)
    )
    return RecordList(name=name, fields=description.fields, records=records)


def _locator(row: Mapping[str, Any], version: VersionRow) -> Locator:
    """Where a record stands in the bytes of a version, if those are the ones in which its place is known."""
    return locator_of(row["locator"]) if row["first_version"] == version.sha256 else Locator()
