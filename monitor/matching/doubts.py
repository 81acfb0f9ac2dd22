"""Finds values in a published list that can't be right, record by record, and suggest corrections.

A doubt is about what the publisher printed. It is not an amendment: this program corrects nothing.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Self

from monitor import __version__
from monitor.jurisdictions.faults import Fault, Problem, Role, faults
from monitor.matching.forms import form_of
from monitor.matching.in_bulk import plain_values
from monitor.matching.names import plain_value
from monitor.model import Suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription
    from monitor.model import Record, RecordList

EARLIEST = date(1990, 1, 1)  # no list that is watched has anything from before
MAX_AHEAD = timedelta(days=1)  # of today: a publisher's day may have begun already
USUAL_TIMES = 3  # a text that stands so often where a number or date is expected is the publisher's mark for none
MAX_WORDY_SHARE = 0.1  # of the values of such a column: with more words among them, words are usual there
# The doubts about which government body a record names; they follow from the values of the record alone.
OF_PLACES = frozenset(
    {
        *(Problem.NO_SUCH_COUNTY, Problem.NO_SUCH_PLACE, Problem.OTHER_STATE, Problem.WRONG_LEVEL),
        *(Problem.CONTRADICTS_AGENCY, Problem.MISSPELT, Problem.UNKNOWN_STATE),
    }
)
DIGITS = re.compile(r"[\d/.,:\s-]*\d[\d/.,:\s-]*")  # a cell that is meant to be a date, and nothing else


@cache
def judging_code() -> str:
    """Return a hash of all that decides which names are doubted, and what they mean: the code, and the gazetteer.

    What another release of the program decided may be decided otherwise by this one.
    """
    known = [file for file in files("monitor.jurisdictions").iterdir() if file.is_file()]
    known.append(files("monitor.matching").joinpath("doubts.py"))
    digest = sha256(__version__.encode())
    for file in sorted(known, key=lambda each: each.name):
        digest.update(sha256(file.read_bytes()).digest() if file.is_file() else b"-")
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One value of one record that can't be right.

    - `position`: the index of the record in its list, from 0.
    - `field`, `value`, `problem`: the field, its value, and what is wrong with it.
    - `suggestions`: the values that may be meant, the likeliest first; there may be none.
    """

    position: int
    field: str
    value: str
    problem: Problem
    suggestions: tuple[Suggestion, ...] = ()


def doubts(
    records: RecordList,
    description: ListDescription,
    *,
    on: date,
    unknown: Collection[int] | None = None,
    visit: Callable[[int], None] | None = None,
) -> tuple[Doubt, ...]:
    """Return the doubts about a list (values that can't be right), in the order of its records.

    on: the day on which the list was published; a date more than a day later is doubtful.
    unknown: the positions of the records whose places are to be checked; those of the others are known to be right.
        None means all records.
    visit: is called with each of these positions, in their order, just before the place is checked.
    """
    copies = _copies(records, description)
    fields = _DoubtedFields.of(records, description, on)
    places = frozenset(range(len(records.records)) if unknown is None else unknown)
    return tuple(
        doubt
        for position in sorted({*places, *copies, *fields.doubted(records)})
        for doubt in _of_record(
            position,
            records,
            description,
            fields=fields,
            copies=copies,
            visit=(visit or _nothing) if position in places else None,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _DoubtedFields:
    """The columns of a list whose values are checked for doubts: those that name the place, and those with dates.

    - `place`: the numbers of the columns with the jurisdiction's name, its state, the agency and its type; None for a
      column that the list lacks.
    - `dates`: the name and the column number of each field with dates, and those of its values that can't be right.
    - `on`: the day on which the list was published.
    - `unread`: for each field with numbers, or with dates of a given format, its name, its column number, the problem
      that a value has which is none, and these values.
    """

    place: tuple[int | None, ...]
    dates: tuple[tuple[str, int, frozenset[str]], ...]
    on: date
    unread: tuple[tuple[str, int, Problem, frozenset[str]], ...]

    @classmethod
    def of(cls, records: RecordList, description: ListDescription, on: date) -> Self:
        """Find the columns to check in the list `records`, which has this description and was published on a day."""
        place, at = description.jurisdiction, {field: column for column, field in enumerate(records.fields)}
        told = [(field, at[field], column) for field, column in description.columns.items() if field in at]
        told = [(field, number, column) for field, number, column in told if not column.ignore]
        return cls(
            place=tuple(at.get(field or "") for field in (place.name, place.state, place.agency, place.type)),
            dates=tuple(
                (field, number, _odd_dates((record.values[number] or "" for record in records.records), on))
                for field, number, column in told
                if column.kind == "date"
            ),
            on=on,
            unread=tuple(
                (field, number, Problem.ODD_DATE if column.format else Problem.ODD_NUMBER, values)
                for field, number, column in told
                if (values := _unread(column, [record.values[number] or "" for record in records.records]))
            ),
        )

    def doubted(self, records: RecordList) -> Iterator[int]:
        """Yield the positions of records with a doubtful date or number; those with several come several times."""
        columns = [(number, values) for _, number, values in self.dates]
        columns += [(number, values) for _, number, _, values in self.unread]
        for number, values in columns:
            if values:
                yield from (at for at, record in enumerate(records.records) if (record.values[number] or "") in values)


def _odd_dates(values: Iterable[str], on: date) -> frozenset[str]:
    return frozenset(value for value in set(values) if _is_odd(value, on))


def _unread(column: Column, values: Sequence[str]) -> frozenset[str]:
    """Return the values of a column of numbers, or of dates in a given format, that are doubtful because they are none.

    A text that comes again and again is the publisher's mark for no value, and so are words where words are usual.
    """
    if column.kind != "number" and not column.format:
        return frozenset()
    times = Counter(value for value in values if value and column.is_unread(value))
    wordy = sum(count for value, count in times.items() if not any(map(str.isdigit, value)))
    are_usual = wordy > MAX_WORDY_SHARE * sum(map(bool, values)) and wordy >= USUAL_TIMES
    return frozenset(
        value
        for value, count in times.items()
        if count < USUAL_TIMES and (any(map(str.isdigit, value)) or not are_usual)
    )


def _of_record(
    position: int,
    records: RecordList,
    description: ListDescription,
    *,
    fields: _DoubtedFields,
    copies: Mapping[int, str],
    visit: Callable[[int], None] | None,
) -> Iterator[Doubt]:
    """Yield the doubts about the record at `position`.

    fields: the columns to check.
    copies: the records that repeat an earlier one, as `_copies` returns them.
    visit: is called before the place is checked; None if the place is known to be right.
    """
    values = records.records[position].values
    if visit:
        visit(position)
        name, state, agency, kind = (None if column is None else values[column] or "" for column in fields.place)
        place = description.jurisdiction
        for fault in faults(name, state or place.within, agency=agency, kind=kind, level=place.level):
            if (field := _field(fault, description)) in records.fields:
                yield _doubt(position, field, values[records.fields.index(field)] or "", fault)
    for field, column, odd in fields.dates:
        value = values[column] or ""
        if value in odd:
            meant = () if description.columns[field].format else _meant(value, fields.on)
            yield Doubt(position=position, field=field, value=value, problem=Problem.ODD_DATE, suggestions=meant)
    for field, column, problem, unread in fields.unread:
        value = values[column] or ""
        if value in unread and not (problem == Problem.ODD_DATE and _is_odd(value, fields.on)):  # which is said above
            yield Doubt(position=position, field=field, value=value, problem=problem)
    if naming := copies.get(position):
        value = values[records.fields.index(naming)] or ""
        yield Doubt(position=position, field=naming, value=value, problem=Problem.DUPLICATE)


def _nothing(_: int) -> None:
    """Do nothing."""


def _field(fault: Fault, description: ListDescription) -> str:
    """Return the name of the field in which an error was found."""
    place = description.jurisdiction
    named = {Role.NAME: place.name, Role.STATE: place.state, Role.AGENCY: place.agency}
    return named[fault.role] or place.name or ""


def _doubt(position: int, field: str, value: str, fault: Fault) -> Doubt:
    suggestions = tuple(
        Suggestion(name=each.name, state=each.jurisdiction.state, fips=each.jurisdiction.fips)
        for each in fault.mendings
    )
    return Doubt(position=position, field=field, value=value, problem=fault.problem, suggestions=suggestions)


def _is_odd(value: str, on: date) -> bool:
    """Tell whether the value of a date column can't be right.

    It can't if it is before 1990 or more than one day after `on`, the day of the list, or if it is digits that make no
    date. A year alone is allowed.
    """
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return DIGITS.fullmatch(value) is not None and not re.fullmatch(r"\s*(19|20)\d\d\s*", value)
    return not EARLIEST <= day <= on + MAX_AHEAD


def _meant(value: str, on: date) -> tuple[Suggestion, ...]:
    """Suggest the date that a mistyped one stands for (`05/082025`, `5025-07-07`), if there is exactly one."""
    digits = re.sub(r"\D", "", value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        tried = [(f"2{value[1:4]}", value[5:7], value[8:])]
    else:
        year, rest = digits[-4:], digits[:-4]
        tried = [(year, rest[:at], rest[at:]) for at in range(1, len(rest))]
    days = set()
    for year, month, day in tried:
        with suppress(ValueError):
            days.add(date(int(year), int(month), int(day)))
    days = {day for day in days if EARLIEST <= day <= on + MAX_AHEAD}
    return (Suggestion(name=days.pop().isoformat()),) if len(days) == 1 else ()


def _forms(records: RecordList, column: int, form: Callable[[str], str]) -> list[str]:
    """Return the values of a column in the form in which they are compared; each different value is formed once."""
    values = [record.values[column] or "" for record in records.records]
    different = set(values)
    known = plain_values(different) if form is plain_value else {value: form(value) for value in different}
    return [known[value] for value in values]


def _copies(records: RecordList, description: ListDescription) -> dict[int, str]:
    """Find records that repeat an earlier one; return for each, by its position, the field at which the doubt is shown.

    A record repeats another if both have the same key and differ in at most one of their other fields; minor fields
    and those that are ignored are not compared. So a row printed twice is found, and an agreement entered again with
    another date.
    """
    if not description.key:
        return {}  # where nothing identifies a record, two equal ones are two
    at = {field: column for column, field in enumerate(records.fields)}
    apart = {*description.key, *description.minor, *description.ignored}
    rest = [(at[field], form_of(description, field)) for field in records.fields if field not in apart]
    named = [_forms(records, at[field], form_of(description, field)) for field in description.key]
    naming = (*description.names, *description.key)[0]
    seen: dict[tuple[str, ...], list[Record]] = {}
    copies = {}
    for position, (record, key) in enumerate(zip(records.records, zip(*named, strict=True), strict=True)):
        for other in seen.setdefault(key, []):
            if sum(form(record.values[n] or "") != form(other.values[n] or "") for n, form in rest) <= 1:
                copies[position] = naming
                break  # of a row that is printed ten thousand times, each copy is compared with the first one
        seen[key].append(record)
    return copies
