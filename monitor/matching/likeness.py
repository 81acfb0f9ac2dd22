"""Tells by its records which list a table is, and find columns that were added, are gone or were changed.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.matching.forms import form_of
from monitor.matching.names import plain_value
from monitor.model import Amendment, AmendmentKind, PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import PassedOver, Record

MIN_OWN_SHARE = 0.5  # the share of a list's records that stood in it before, from which on it is that list
MIN_OTHER_SHARE = 0.7  # the share of its records that stand in another list, from which on it may be that one
MIN_JUDGED_RECORDS = 5  # of a list with fewer, the records don't tell which it is
MAX_CHANGED_SHARE = 0.8  # the share of records that may differ in a column whose header is another now


def shared_records(
    records: Sequence[Record],
    description: ListDescription,
    known: Sequence[Record],
    known_description: ListDescription,
) -> float:
    """Return the share (0 to 1) of `records` that are also among the records `known`.

    Two records count as the same if they agree in the key fields that both lists have. `description` and
    `known_description` are the descriptions of the two lists.
    """
    fields = [field for field in description.key if field in known_description.fields]
    if not records or not fields:
        return 0.0

    def identities(some: Sequence[Record], described: ListDescription) -> Iterator[tuple[str, ...]]:
        at = [(described.fields.index(field), form_of(described, field)) for field in fields]
        for record in some:
            yield tuple(form(record.values[place] or "") for place, form in at)

    there = Counter(identities(known, known_description))
    return sum(each in there for each in identities(records, description)) / len(records)


def other_list(own: float, others: Mapping[str, float], *, count: int) -> str | None:
    """Return the name of the other list whose records these are more likely to be; None if they seem to be their own.

    own: the share of the records (0 to 1) that were in their own list before.
    others: the share of the records that is in each other list of the source, by the list's name.
    count: how many records there are; if they are few, nothing is concluded.
    """
    if count < MIN_JUDGED_RECORDS or own >= MIN_OWN_SHARE or not others:
        return None
    name, share = max(others.items(), key=lambda each: (each[1], each[0]))
    return name if share >= MIN_OTHER_SHARE else None


def column_amendments(
    name: str, before: Sequence[PassedOver] | None, after: Sequence[PassedOver]
) -> tuple[Amendment, ...]:
    """Return an amendment `reformatted` for each undescribed column of the list `name` that is new or gone.

    An undescribed column is one that the list's description in the configuration does not name.

    before, after: the accounts of both versions (what was found in their files and read into no list); None if there is
        none. If the list was not read in the version before, the result is ().
    """
    if before is None or not _headers(name, before) or not _headers(name, after):
        return ()
    old, new = (
        {part.where.removeprefix(f"{name}: ") for part in parts if part.kind == PassedOverKind.COLUMN
         and part.list_name == name}
        for parts in (before, after)
    )  # fmt: skip
    kind = AmendmentKind.REFORMATTED
    return (
        *(Amendment(kind=kind, reason="column added", fields=(column,)) for column in sorted(new - old)),
        *(Amendment(kind=kind, reason="column gone", fields=(column,)) for column in sorted(old - new)),
    )


def column_doubts(
    name: str,
    before: Sequence[PassedOver] | None,
    after: Sequence[PassedOver],
    amendments: Sequence[Amendment],
    *,
    pairs: int,
    description: ListDescription,
) -> Iterator[str]:
    """Yield a sentence for each field whose column has another header now, and other values in most records.

    A field whose header is described by a pattern is not looked at, since such a header changes from time to time.

    before, after: the accounts of both versions, which tell the headers; None if there is none.
    pairs: the number of records that are in both versions.
    """
    old, new = (_headers(name, parts) for parts in (before or (), after))
    changed = Counter(field for each in amendments if each.kind == AmendmentKind.CORRECTED for field in each.fields)
    for field, header in new.items():
        if field in description.columns and description.columns[field].header_pattern:
            continue
        was = old.get(field, header)
        if plain_value(was) != plain_value(header) and changed[field] > MAX_CHANGED_SHARE * pairs:
            yield (
                f"the column {header!r} was read as {field}, which stood under {was!r}, and its values are others; "
                "is it another column?"
            )


def _headers(name: str, parts: Sequence[PassedOver]) -> dict[str, str]:
    """Return the header under which each described field of the list `name` was found, keyed by field.

    parts: the account of a version.
    """
    return {
        part.where.removeprefix(f"{name}: "): part.texts[0]
        for part in parts
        if part.kind == PassedOverKind.HEADER and part.list_name == name and part.texts
    }
