"""What a list's amendments are between any two of its recorded versions, whatever lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor import entry
from monitor.amend import amend
from monitor.match import match
from monitor.model import Record, RecordList
from monitor.rows import locator_of
from monitor.store import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config import ListDescription
    from monitor.rows import VersionRow
    from monitor.store import Store


def between(
    store: Store, old: VersionRow, new: VersionRow, *, name: str, description: ListDescription
) -> Iterator[dict[str, Any]]:
    """The amendments of a list between any two recorded versions, as printed, without id and hash."""
    sides = []
    for version in (old, new):
        rows = reading.records_of(store, version, name)
        records = tuple(
            Record(
                values=tuple(row["fields"].get(field) for field in description.fields),
                locator=locator_of(row["locator"]),
            )
            for row in rows
        )
        sides.append(RecordList(name=name, fields=description.fields, records=records))
    for each in amend(match(sides[0], sides[1], description), description):
        yield entry.of_amendment(each, description, name=name, version=new, previous=old)
