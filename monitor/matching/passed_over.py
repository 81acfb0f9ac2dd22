"""Compares what was found in the files of two versions, but read into no list.

There are two reasons to hold a version for a person:
- a part of the file is new, and could have records;
- records would be removed, but the file still has them in a part that was read into no list.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.matching.names import plain_value
from monitor.model import AmendmentKind, PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Amendment, PassedOver, Record

MAX_NAMED = 3  # gone records that a reason names
SEEN_ELSEWHERE = frozenset({PassedOverKind.SECTION, PassedOverKind.ITEMS, PassedOverKind.TABLE, PassedOverKind.ROWS})


def new_parts(before: Sequence[PassedOver] | None, after: Sequence[PassedOver]) -> Iterator[str]:
    """Yield a sentence for each part of a file that could have records, was read into no list, and is new.

    before: the unread parts of the last recorded version; None if they are not known, and then nothing counts as new.
    after: the unread parts of the new version.
    """
    if before is None:
        return
    known = {(part.kind, part.where) for part in before}
    yield from (part.message for part in after if part.holds and (part.kind, part.where) not in known)


def gone_but_there(
    amendments: Sequence[Amendment],
    before: Sequence[PassedOver] | None,
    after: Sequence[PassedOver],
    description: ListDescription,
) -> str | None:
    """Return a sentence if records that would be removed are still in an unread part of the file; else None.

    amendments: the amendments of the list.
    before, after: the parts of both versions' files that were read into no list; None if they are not known.

    A text does not count if it was already in the same part while the record was in its list, as in a menu of all
    states.
    """
    removed = [each.before for each in amendments if each.kind == AmendmentKind.REMOVED and each.before]
    if not removed:
        return None
    stood = {
        (part.kind, part.where, plain_value(text))
        for part in before or ()
        if part.kind in SEEN_ELSEWHERE
        for text in part.texts
    }
    texts: dict[str | tuple[str, ...], PassedOver] = {}
    for part in after:
        for text in part.texts if part.kind in SEEN_ELSEWHERE else ():
            if text and (part.kind, part.where, plain := plain_value(text)) not in stood:
                texts |= {known: part for known in (plain, _as_item(text, description)) if known}
    there = [
        (name, found)
        for record in removed
        if (name := _name(record, description))
        and (found := texts.get(name) or texts.get(_item_values(record, description)))
    ]
    if not there:
        return None
    named = ", ".join(repr(name) for name, _ in there[:MAX_NAMED])
    return f"{len(there)} records would be gone, and yet they stand in it ({named}): {there[0][1].message}"


def _name(record: Record, description: ListDescription) -> str:
    """Return the name of a record in the form in which values are compared: `plain_value` drops accents, case and such.

    It is the value of the first field that the list's description has under `names`; without `names`, under `key`;
    without both, of the first field of all.
    """
    field = (*description.names, *description.key, *description.fields)[0]
    return plain_value(record.values[description.fields.index(field)] or "")


def _item_fields(description: ListDescription) -> list[str]:
    """Return the fields whose values are read from the text of a list item; none if the list is a table."""
    groups = description.item.groupindex if description.item else {}
    return [field for field in description.fields if field in groups]


def _item_values(record: Record, description: ListDescription) -> tuple[str, ...]:
    """Return the values of a record that were read from the text of its list item, in plain form."""
    return tuple(
        plain_value(record.values[description.fields.index(field)] or "") for field in _item_fields(description)
    )


def _as_item(text: str, description: ListDescription) -> tuple[str, ...]:
    """Return the plain values that a text would give if it were an item of the list; () if it can't be one."""
    match = description.item.search(text) if description.item else None
    return tuple(plain_value(match[field] or "") for field in _item_fields(description)) if match else ()
