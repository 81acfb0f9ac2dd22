"""What a trial says of one list: its first records, and all that may be described or read otherwise than meant."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from monitor.config.columns import WHOLE_DATE
from monitor.model import PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.matching.doubts import Doubt
    from monitor.model import PassedOver, Record, RecordList
    from monitor.sandbox.known import About
    from monitor.sandbox.reader import Understood

MAX_SHOWN = 5  # records, and examples of each kind of trouble
MAX_GROUP_VALUES = 60  # values of one group field


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedRecord:
    """One record as it would be read: its values by field, where it stands, and the place it is about, if known."""

    fields: Mapping[str, str]
    where: str
    jurisdiction: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedList:
    """One list as it would be read from a file.

    - `name`, `records`: its name, and the number of its records. `first`: the first of them. `fields`: their fields.
    - `headers`: the header of the column that was found for each field.
    - `groups`: for each group field its values, each with the number of its records, in the order of the file.
    - `undescribed`: columns that the description does not name, each with some values.
    - `passed_over`: sentences about rows and parts of the file that were read as no records.
    - `repeated`: values of the key that several records share. `placeless`: records whose place is not known.
    - `undated`: values of date fields that can't be read as dates, and of number fields that can't be read as numbers.
    - `doubts`: values that can't be right, in words.
    """

    name: str
    records: int
    first: tuple[TriedRecord, ...]
    headers: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    fields: tuple[str, ...] = ()
    undescribed: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    placeless: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def tried_list(
    read: RecordList,
    description: ListDescription,
    understood: Understood,
    found: Sequence[Doubt],
    places: Mapping[int | None, About],
) -> TriedList:
    """Return what a trial says of one list.

    - `read`, `description`: the list as it was read, and as it is described.
    - `understood`: what else was read of the file. `found`: the doubts about the records of this list.
    - `places`: the jurisdictions of its records, by their positions.
    """
    passed = [each for each in understood.reading.passed_over if each.list_name == read.name]
    suspicions = [each.message for each in understood.reading.suspicions if each.list_name in {read.name, None}]
    columns = [each for each in passed if each.kind == PassedOverKind.COLUMN]
    placed = any(description.jurisdiction.fields) or description.jurisdiction.within is not None
    resolved = [
        record.about(*places[position]) if position in places else record
        for position, record in enumerate(read.records)
    ]
    without = [record for record in resolved if record.jurisdiction is None] if placed else []
    headers = {
        _own_name(each, read): each.texts[0] for each in passed if each.kind == PassedOverKind.HEADER and each.texts
    }
    return TriedList(
        name=read.name,
        records=len(read.records),
        fields=read.fields,
        first=tuple(_record(read, record) for record in resolved[:MAX_SHOWN]),
        headers=headers,
        groups={field: _counted(read, field) for field in description.group} if description.columns else {},
        undescribed=tuple(f"{_own_name(each, read)!r}: {', '.join(each.texts[:3])}" for each in columns),
        passed_over=(
            *suspicions,
            *_slips(headers, description),
            *(
                each.message
                for each in passed
                if each.kind not in {PassedOverKind.COLUMN, PassedOverKind.HEADER} and each.message
            ),
        ),
        repeated=_repeated(read, description),
        placeless=_some([_first_values(read, record) for record in without]),
        undated=_some(_undated(read, description)),
        doubts=_some([f"{each.field} {each.value!r}: {each.problem}" for each in found]),
    )


def _slips(headers: Mapping[str, str], description: ListDescription) -> Iterator[str]:
    """Yield a sentence for each field whose column was found although its header is spelt otherwise in the description.

    headers: the header that was found for each field.
    """
    for field, header in headers.items():
        column = description.columns.get(field)
        if column is None or column.header_pattern is not None:
            continue
        if not any(_words(variant) <= _words(header) for variant in column.header):
            yield f"{field} is read from the column {header!r}, which the description spells {column.called}"


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.casefold().replace("'", "")))


def _counted(read: RecordList, field: str) -> tuple[str, ...]:
    """Return the first values of a field, each with the number of records that have it."""
    place = read.fields.index(field)
    counts = Counter(record.values[place] or "" for record in read.records)
    more = (f"and {len(counts) - MAX_GROUP_VALUES} more",) if len(counts) > MAX_GROUP_VALUES else ()
    return (*(f"{value!r} ({count})" for value, count in islice(counts.items(), MAX_GROUP_VALUES)), *more)


def _own_name(passed: PassedOver, read: RecordList) -> str:
    """Return the name of a column, as the account has it, without the name of the list before it."""
    return passed.where.removeprefix(f"{read.name}: ")


def _record(read: RecordList, record: Record) -> TriedRecord:
    fields = {name: value for name, value in zip(read.fields, record.values, strict=True) if value}
    place = record.jurisdiction
    name = f"{place.name}, {place.state}" if place else None
    return TriedRecord(fields=fields, where=record.locator.words, jurisdiction=name)


def _first_values(read: RecordList, record: Record) -> str:
    return ", ".join(value for value in record.values[: len(read.fields)] if value)[:120]


def _repeated(read: RecordList, description: ListDescription) -> tuple[str, ...]:
    """Return the values of the key that several records share, each with the number of records."""
    if not description.key:
        return ()
    places = [read.fields.index(field) for field in description.key]
    count = Counter(tuple(record.values[place] or "" for place in places) for record in read.records)
    return _some([f"{', '.join(key)} ({number} records)" for key, number in count.items() if number > 1])


def _undated(read: RecordList, description: ListDescription) -> list[str]:
    """Return the values of date columns that can't be read as dates, and of number columns that are no numbers."""
    found = [(place, description.columns.get(field)) for place, field in enumerate(read.fields)]
    columns = [(place, column) for place, column in found if column and column.kind in {"date", "number"}]
    return [
        f"{read.fields[place]} {value!r}, {record.locator.words}"
        for record in read.records
        for place, column in columns
        if (value := record.values[place])
        and (column.is_unread(value) if column.kind == "number" else not WHOLE_DATE.fullmatch(value))
    ]


def _some(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the first few lines, and how many more there are."""
    left = len(lines) - MAX_SHOWN
    return (*lines[:MAX_SHOWN], *([f"and {left:,} more"] if left > 0 else []))
