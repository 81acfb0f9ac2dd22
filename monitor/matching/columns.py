"""Finds columns that were mixed up: two that were exchanged, one that slipped, or one with other values or none.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from datetime import date
from itertools import combinations, pairwise
from math import log
from typing import TYPE_CHECKING, NamedTuple

from monitor.matching.forms import form_of
from monitor.matching.names import words
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Amendment, Record

MIN_MIXED_RECORDS = 5  # fewer records than this agree by chance
MAX_MIXED_SHARE = 0.5  # the share of records in which two columns may be exchanged, or one have quite other values
MIN_DISTINCT_SHARE = 0.5  # a column with fewer values than this share of its records may be relabelled in bulk
MIN_SLIPPED_RECORDS = 10  # of a long list, so many that have each other's values are no chance
MIN_SLIPPED_SHARE = 0.9  # the share of the changed values that stood at other records before
MIN_SLIPPED_SHARE_OF_MANY = 2 / 3  # where these are quite different values; others may be corrected in truth
MIN_SLIPPED_FIGURES = 4  # shorter values with figures, like the numbers of rows, go from record to record in truth
MIN_SHUFFLED_RECORDS = 20  # where few values are shared by many records, so many that have each other's are no chance
MIN_ODDS = 500  # that so many changes are in one order by chance, is as unlikely as one in so many
# What stands in a cell that a program could not show or work out, and what says that the value above is meant.
BROKEN_CELL = re.compile(
    r"#{2,}|#(?:REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!)|[\"\u201c\u201d\u2033\u3003]|''|ditto",
    re.IGNORECASE,
)
DAYS_BETWEEN_EPOCHS = 1462  # from 1900 to 1904, as the day numbers of spreadsheets have it
MIN_OTHERS_SHARE = 0.8  # the share of a column's values that stood in another column, from which on it is that one
MAX_OWN_SHARE = 0.2  # and the share of them that stood in the column itself, up to which
MAX_COMPARED_FIELDS = 8  # of one record; where more of them change at once, the rule for identities speaks


def broken_cells(amendments: Sequence[Amendment], description: ListDescription) -> str | None:
    """Return a sentence if records would have a cell that a program could not show or work out; else None.

    Spreadsheets show `####` where a column is too narrow, also when they are printed or saved as CSV, and `#REF!` and
    the like where a formula is wrong. What should stand there is not known. `#N/A` counts as a value: there is none.
    Ditto marks are no value either.
    """
    broken = [
        (field, value)
        for each in amendments
        if each.kind in {AmendmentKind.CORRECTED, AmendmentKind.ADDED} and each.after
        for field, value, old in zip(
            description.fields, each.after.values, each.before.values if each.before else each.after.values, strict=True
        )
        if value and BROKEN_CELL.fullmatch(value) and (each.before is None or value != old)
    ]
    if not broken:
        return None
    field, value = broken[0]
    return f"{field} would be {value!r}, which stands in place of a value ({len(broken)} such cells are new)"


def mixed_columns(amendments: Sequence[Amendment], description: ListDescription, *, size: int) -> str | None:
    """Return a sentence if the amendments look as if columns had been mixed up in reading; else None.

    size: the number of records in the shorter of the two versions.
    """
    changes = tuple(_changes(amendments, description))
    least = max(MIN_MIXED_RECORDS, MAX_MIXED_SHARE * size)
    exchanged = Counter(
        (one.field, other.field)
        for changed in changes
        for one, other in combinations(changed[:MAX_COMPARED_FIELDS], 2)
        if (one.old, one.new) == (other.new, other.old) and (one.is_told or other.is_told)
    )
    for (one, other), count in exchanged.most_common(1):
        if count >= least:
            return f"in {count} of {size} records {one} and {other} would be exchanged; were columns mixed up?"
    by_field: dict[str, list[_Change]] = {}
    for changed in changes:
        for change in changed:
            if change.is_told:
                by_field.setdefault(change.field, []).append(change)
    for field, all_of_it in by_field.items():
        kind = description.columns[field].kind if field in description.columns else "text"
        if why := _mixed_column(field, kind, all_of_it, size=size):
            return why
    return None


def exchanged_columns(
    amendments: Sequence[Amendment],
    before: Sequence[Record],
    after: Sequence[Record],
    description: ListDescription,
) -> str | None:
    """Return a sentence if a column has the values now that stood in another column before; else None.

    Where the names went to another column, no record is found again, so that this can't be seen from single records.

    before, after: the records of the two versions.
    """
    different = sum(1 for each in amendments if each.kind in {AmendmentKind.ADDED, AmendmentKind.CORRECTED})
    if different < max(MIN_MIXED_RECORDS, MAX_MIXED_SHARE * len(after)):
        return None
    were = [{record.values[at] for record in before} for at in range(len(description.fields))]
    for at, field in enumerate(description.fields):
        values = [value for record in after if (value := record.values[at])]
        if len(values) < MIN_MIXED_RECORDS or len(set(values)) == 1:  # a single value may be in two columns in truth
            continue
        if 2 * sum(map(_has_figure, values)) > len(values):  # dates and counts are often another column's of last week
            continue
        if _share(values, were[at]) > MAX_OWN_SHARE:
            continue
        for other, old in zip(description.fields, were, strict=True):
            if _share(values, old) >= MIN_OTHERS_SHARE:
                return f"{field} would have the values that stood in {other}; were columns mixed up?"
    return None


def slipped_columns(
    amendments: Sequence[Amendment], after: Sequence[Record], description: ListDescription
) -> str | None:
    """Return a sentence if the values of a column went to other records of the list; else None.

    That is so where a column was moved down by a row, or was sorted without the others. Values of a key belong to it:
    where one went to another record, that record was removed and another one added.

    after: all records of the newer version, in the order of the file.
    """
    if description.paragraphs or description.content == "text":
        return None
    few = min(MIN_SLIPPED_RECORDS, max(MIN_MIXED_RECORDS, MAX_MIXED_SHARE * len(after)))
    changes = [change for changed in _changes(amendments, description) for change in changed if change.is_told]
    changes += _changes_of_keys(amendments, description)
    added = frozenset(each.after.position for each in amendments if each.kind == AmendmentKind.ADDED and each.after)
    for at, field in enumerate(description.fields):
        kind = description.kind_of(field)
        of_field = {change.position: change for change in changes if change.field == field}
        if len(of_field) < MIN_MIXED_RECORDS or kind not in {"text", "date", "link", "number", "class"}:
            continue
        column = _Column(after, at, form_of(description, field), of_field, added)
        if (column.went_to_neighbours(few=few) or _went_round(column.changes, kind, few=few)) and not (
            column.was_renamed or _were_moved_by_days(column.changes)
        ):
            return f"{len(of_field)} records would have each other's {field}; did the column slip, or was it sorted?"
    return None


def emptied_column(
    amendments: Sequence[Amendment], after: Sequence[Record], description: ListDescription
) -> str | None:
    """Return a sentence if no record has a value in a column any more that several had before; else None.

    The header of such a column is still there. Where it is not, the column is gone, which is told as one amendment.

    after: all records of the newer version.
    """
    changes = [change for changed in _changes(amendments, description) for change in changed if change.is_told]
    emptied = Counter(change.field for change in changes if change.old and not change.new)
    for field, count in emptied.items():
        at = description.fields.index(field)
        if count >= MIN_MIXED_RECORDS and not any(record.values[at] for record in after):
            return f"no record would have {field} any more, where {count} had it; was the column lost?"
    return None


def _share(values: Sequence[str], old: Collection[str | None]) -> float:
    """Return the share of the values, from 0 to 1, that are among the old ones."""
    return sum(value in old for value in values) / len(values)


def _mixed_column(field: str, kind: str, changes: Sequence[_Change], *, size: int) -> str | None:
    """Return a sentence if the changes of one field, of this kind, can't be true as a whole; else None."""
    least = max(MIN_MIXED_RECORDS, MAX_MIXED_SHARE * size)
    few = min(least, MIN_SLIPPED_RECORDS)
    if kind == "date" and (misread := _misread_dates(field, changes, few=few)):
        return misread
    emptied = sum(1 for change in changes if change.old and not change.new)
    if emptied >= least:
        return f"{emptied} of {size} records would have no {field} any more; was the column lost?"
    unlinked = sum(1 for change in changes if "://" in change.old and "://" not in change.new)
    if kind == "link" and least <= unlinked:
        return f"{unlinked} of {size} records would have no address in {field} any more; were its links lost?"
    unlike = [change for change in changes if change.is_unlike]
    if len(unlike) >= least and _has_own_values(unlike, kind):
        return f"{len(unlike)} of {size} records would have quite another {field}; is it another column?"
    return None


def _misread_dates(field: str, changes: Sequence[_Change], *, few: float) -> str | None:
    """Return a sentence if the changed dates of a field look as if all of them had been misread or made up.

    few: fewer dates than this are corrected in truth.
    """
    if len(changes) >= few and _was_filled_down(changes):
        return f"{field} would be a day later in each of {len(changes)} rows than in the one above; was it filled down?"
    for how, is_misread in (
        ("have day and month exchanged", _is_swapped),
        ("be four years and a day off", _is_of_epoch),
    ):
        misread = sum(map(is_misread, changes))
        if misread >= max(few, MIN_SLIPPED_SHARE * len(changes)):
            return f"in {misread} records {field} would {how}; were its dates misread?"
    return None


class _Change(NamedTuple):
    """The old and the new value of one field of a corrected record, both in plain form (see `form_of`).

    `is_told` is False for a field whose changes are never told (`ignore`). `position` is that of the new record in its
    list.
    """

    field: str
    old: str
    new: str
    is_told: bool = True
    position: int = 0

    @property
    def is_unlike(self) -> bool:
        """Whether the two values have nothing in common: both are filled, share no word, and are not both figures."""
        if not self.old or not self.new or (_has_figure(self.old) and _has_figure(self.new)):
            return False
        return not set(words(self.old)) & set(words(self.new))


def _is_swapped(change: _Change) -> bool:
    """Tell whether both values are dates of one year, the day of each being the month of the other."""
    old, new = _day_of(change.old), _day_of(change.new)
    return old is not None and new is not None and (old.year, old.month, old.day) == (new.year, new.day, new.month)


def _is_of_epoch(change: _Change) -> bool:
    """Tell whether two dates are as far apart as the first days of the two calendars that spreadsheets count from."""
    return abs(_days_between(change) or 0) == DAYS_BETWEEN_EPOCHS


def _day_of(value: str) -> date | None:
    """Return the date that a value in plain form is (`2025 06 12`); None if it is none."""
    try:
        return date.fromisoformat(value.replace(" ", "-"))
    except ValueError:
        return None


def _changes(amendments: Sequence[Amendment], description: ListDescription) -> Iterator[tuple[_Change, ...]]:
    at = {field: number for number, field in enumerate(description.fields)}
    ignored = description.ignored  # a column may be exchanged with one of these
    forms = {field: form_of(description, field) for field in at}
    for each in amendments:
        if each.kind == AmendmentKind.CORRECTED and each.before and each.after:
            old, new = each.before.values, each.after.values
            yield tuple(
                _Change(
                    field,
                    forms[field](old[at[field]] or ""),
                    forms[field](new[at[field]] or ""),
                    field not in ignored,
                    each.after.position or 0,
                )
                for field in (*each.fields, *(name for name in ignored if old[at[name]] != new[at[name]]))
            )


def _changes_of_keys(amendments: Sequence[Amendment], description: ListDescription) -> Iterator[_Change]:
    """Yield a change for each record that was removed and one that was added, which differ in one field of the key.

    Where several records were like these, the first of them is the one that was removed first, and so on.
    """
    gone = [each.before for each in amendments if each.kind == AmendmentKind.REMOVED and each.before]
    come = [each.after for each in amendments if each.kind == AmendmentKind.ADDED and each.after]
    for field in description.key if gone and come else ():
        at = description.fields.index(field)
        form = form_of(description, field)
        old: dict[tuple[str | None, ...], deque[str | None]] = {}
        for record in gone:
            old.setdefault((*record.values[:at], *record.values[at + 1 :]), deque()).append(record.values[at])
        for record in come:
            if values := old.get((*record.values[:at], *record.values[at + 1 :])):
                value = values.popleft()
                yield _Change(field, form(value or ""), form(record.values[at] or ""), position=record.position or 0)


class _Column:
    """One field of all records of the newer version: what each had before and has now, in plain form."""

    def __init__(
        self,
        records: Sequence[Record],
        at: int,
        form: Callable[[str], str],
        changes: Mapping[int, _Change],
        added: Collection[int | None],
    ) -> None:
        """Take what is known of the field.

        - `records`: those of the newer version, in the order of the file.
        - `at`: the index of the field in their values. `form`: brings its values into plain form.
        - `changes`: its changes, by the positions of their records. `added`: the positions of the new records.
        """
        self._records, self._at, self._form, self._by_row, self._added = records, at, form, changes, added
        self.changes = list(changes.values())

    def _now(self, row: int) -> str:
        return self._form(self._records[row].values[self._at] or "")

    def _was(self, row: int) -> str | None:
        if row in self._by_row:
            return self._by_row[row].old
        return None if row in self._added else self._now(row)

    def went_to_neighbours(self, *, few: float) -> bool:
        """Tell whether most values went to the next record of the file, or most to the record before.

        Fewer changes than `few` are judged only if all of them are words.
        """
        changes, new = self.changes, {change.new for change in self.changes if _may_slip(change.new)}
        rows = {row for at in self._by_row for row in (at, at + 1) if 0 < row < len(self._records)}
        down = self._share_that_went((row - 1, row) for row in rows)
        share = max(down, self._share_that_went((row, row - 1) for row in rows))
        least = MIN_SLIPPED_SHARE if len(new) < MIN_MIXED_RECORDS else MIN_SLIPPED_SHARE_OF_MANY
        if len(changes) < few and (share < MIN_SLIPPED_SHARE or any(_has_figure(change.new) for change in changes)):
            return False
        return share >= least and (len(changes) - 1) * log(max(1, len(new))) >= log(MIN_ODDS)

    def _share_that_went(self, ways: Iterable[tuple[int, int]]) -> float:
        """Return the share of the ways, each from one row to another, on which the value went.

        Ways from and to no value do not count.
        """
        known = [(was, now) for start, end in ways if (was := self._was(start)) and (now := self._now(end))]
        return sum(was == now for was, now in known) / len(known) if known else 0.0

    @property
    def was_renamed(self) -> bool:
        """Whether a few values became others, each in nearly all records that had it, as where labels change."""
        ways = Counter((change.old, change.new) for change in self.changes)
        if len({new for _, new in ways}) >= MIN_MIXED_RECORDS:
            return False
        had = Counter(map(self._was, range(len(self._records))))
        renamed = sum(count for (old, _), count in ways.items() if count >= MIN_SLIPPED_SHARE * had[old])
        return 2 * renamed > len(self.changes)


def _went_round(changes: Sequence[_Change], kind: str, *, few: float) -> bool:
    """Tell whether nearly all new values were those of other changed records before, as when a column is sorted alone.

    Numbers do so in truth, and so do a few labels, or a few values that many records share.
    """
    old, new = (
        Counter(value for value in values if _may_slip(value))
        for values in ([change.old for change in changes], [change.new for change in changes])
    )
    if kind == "number" or new.total() < few or (old & new).total() < MIN_SLIPPED_SHARE * new.total():
        return False
    are_own = kind != "class" and len(new) >= MIN_DISTINCT_SHARE * len(changes)
    return are_own or new.total() >= MIN_SHUFFLED_RECORDS


def _may_slip(value: str) -> bool:
    """Tell whether a value in plain form is more than nothing, and more than a figure of a rank or count."""
    return bool(value) and (len(value) >= MIN_SLIPPED_FIGURES or not _has_figure(value))


def _were_moved_by_days(changes: Sequence[_Change]) -> bool:
    """Tell whether all values are dates, most of which were moved by the same number of days."""
    days = Counter(_days_between(change) for change in changes)
    return not days[None] and 2 * max(days.values()) > len(changes)


def _was_filled_down(changes: Sequence[_Change]) -> bool:
    """Tell whether the new dates rise by a day from row to row, as spreadsheets fill the cells below a date.

    Rows between them that had their date already are no gap. In a table of days the old dates rise so, too.
    """
    new, old = (
        [(change.position, _day_of(value)) for change, value in zip(changes, values, strict=True)]
        for values in ([change.new for change in changes], [change.old for change in changes])
    )
    return _rise_by_a_day(new) and not _rise_by_a_day(old)


def _rise_by_a_day(days: Sequence[tuple[int, date | None]]) -> bool:
    """Tell whether nearly all days are as many after the one above as there are rows between; all with their rows."""
    pairs = list(pairwise(sorted((row, day) for row, day in days if day)))
    rising = sum((later - day).days == lower - upper > 0 for (upper, day), (lower, later) in pairs)
    return len(pairs) > 0 and rising >= MIN_SLIPPED_SHARE * (len(days) - 1)


def _days_between(change: _Change) -> int | None:
    """Return by how many days a date was moved; None if the values are no dates."""
    old, new = _day_of(change.old), _day_of(change.new)
    return (new - old).days if old and new else None


def _has_own_values(changes: Sequence[_Change], kind: str) -> bool:
    """Tell whether changed values are mostly different from record to record, as they are not when labels change.

    `kind` is the kind of the column. In a column of text or numbers the old values are looked at. In a column of labels
    (`class`) the new ones are, since they may suddenly differ from record to record. For dates and links the result is
    False, since publishers do correct these in bulk.
    """
    if kind not in {"text", "number", "class"}:
        return False
    values = {change.new if kind == "class" else change.old for change in changes}
    return len(values) >= MIN_DISTINCT_SHARE * len(changes)


def _has_figure(text: str) -> bool:
    return any(letter.isdigit() for letter in text)
