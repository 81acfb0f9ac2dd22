"""Finds records whose values stand in other columns than they should, as where a cell of a row was deleted.

Nothing is known of such a record that anybody could be told of: a person decides.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cached_property
from itertools import combinations, permutations, starmap
from typing import TYPE_CHECKING

from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Amendment, Record

MIN_RECORDS = 10  # a shorter list says little about what may stand in its columns
MIN_MISPLACED = 2  # a cell that is deleted moves others with it; a single value, as `TBD`, may be new in its column
MIN_LABELLED = 3  # so many records share a label, as a type or a state; others have values of their own
MAX_LABELS_SHARE = 0.5  # a column has labels if it has fewer values than this share of its records
AN_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
A_DAY = re.compile(r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?: 0{1,2}:00(?::00)?)?")
LETTERS, FIGURES = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*"), re.compile(r"\d+")
SHAPES = {"link": AN_ADDRESS, "date": A_DAY}  # by the kinds of the columns that are for such values


def misplaced_values(
    amendments: Sequence[Amendment], before: Sequence[Record], description: ListDescription
) -> str | None:
    """Return a sentence if a new or corrected record has values that belong in other columns; else None.

    A value does not belong in its column if nothing like it stood there before: it is an address or a day where none
    was, and the column is not for these; or it stood in another column, and one of both has labels; or it stood in
    another column of an older record, which had a further value of the new one in another column, too.

    before: all records of the older version.
    """
    if len(before) < MIN_RECORDS or description.paragraphs or description.content == "text":
        return None
    earlier: _Earlier | None = None
    for each in amendments:
        if each.kind not in {AmendmentKind.ADDED, AmendmentKind.CORRECTED} or not each.after:
            continue
        earlier = earlier or _Earlier(before, description)
        old = each.before.values if each.before else (None,) * len(each.after.values)
        new = {
            at: value
            for at, (value, was) in enumerate(zip(each.after.values, old, strict=True))
            if value and value != was and earlier.columns[at].lacks(value)
        }
        wrong = {value: at for at, value in new.items() if earlier.has_misplaced(value, at)}
        if len(wrong) < MIN_MISPLACED:
            wrong = earlier.moved(new)
        if len(wrong) >= MIN_MISPLACED:
            first = list(wrong.items())[:MIN_MISPLACED]
            told = " and ".join(f"{description.fields[at]} would be {value[:80]!r}" for value, at in first)
            return f"{told}, which belong in other columns; were cells of a row moved?"
    return None


class _Column:
    """What stood in one column of the older version, whose values are of this kind."""

    def __init__(self, kind: str, values: Sequence[str | None]) -> None:
        self.kind = kind
        self.counts = Counter(value for value in values if value)
        self._filled = self.counts.total()
        self.has_labels = len(self.counts) < MAX_LABELS_SHARE * self._filled

    def lacks(self, value: str) -> bool:
        """Tell whether the value never stood here, though enough others did."""
        return self._filled >= MIN_RECORDS and value not in self.counts

    def takes(self, value: str) -> bool:
        """Tell whether the value is neither an address nor a day, or such ones stood here before or are meant to."""
        return all(kind in self._shapes for kind, shape in SHAPES.items() if shape.fullmatch(value))

    @cached_property
    def _shapes(self) -> frozenset[str]:
        return frozenset(
            kind for kind, shape in SHAPES.items() if kind == self.kind or any(map(shape.fullmatch, self.counts))
        )

    @cached_property
    def outlines(self) -> frozenset[str]:
        """The outlines of the values, as `_outline` gives them."""
        return frozenset(map(_outline, self.counts))


def _outline(value: str) -> str:
    """Return a value with a letter for each of its words and a figure for each of its numbers: `9 a a` for a street."""
    return FIGURES.sub("9", LETTERS.sub("a", value))


class _Earlier:
    """The records of the older version, by their columns."""

    def __init__(self, records: Sequence[Record], description: ListDescription) -> None:
        self._records = records
        self._together: dict[tuple[str, str], bool] = {}
        self.columns = [
            _Column(description.kind_of(field), values)
            for field, values in zip(
                description.fields, zip(*(record.values for record in records), strict=True), strict=True
            )
        ]

    @cached_property
    def _apart(self) -> frozenset[tuple[int, int]]:
        """The numbers of each two columns that have no value in common."""
        return frozenset(
            (one, other)
            for one, other in permutations(range(len(self.columns)), 2)
            if self.columns[one].counts.keys().isdisjoint(self.columns[other].counts)
        )

    @cached_property
    def _rows(self) -> Mapping[str, frozenset[int]]:
        """The indices of the records in which a value stands, by the value."""
        rows = defaultdict(set)
        for row, record in enumerate(self._records):
            for value in filter(None, record.values):
                rows[value].add(row)
        return {value: frozenset(some) for value, some in rows.items()}

    def has_misplaced(self, value: str, at: int) -> bool:
        """Tell whether a value, which is new in the column with the number `at`, belongs in another one."""
        own = self.columns[at]
        return not own.takes(value) or any(
            ((column.has_labels and column.counts[value] >= MIN_LABELLED) or own.has_labels)
            and (at, other) in self._apart
            for other, column in enumerate(self.columns)
            if value in column.counts
        )

    def moved(self, new: Mapping[int, str]) -> dict[str, int]:
        """Return the new values that stood in other columns of one older record, if several do, with their columns.

        Only values count whose outline no value of their new column had, as a street has that of no name: a telephone
        and a fax number may be exchanged in truth. `new` are the new values of a record, by the numbers of their
        columns.
        """
        strange = {
            value: at
            for at, value in new.items()
            if any(value in column.counts for column in self.columns)
            and _outline(value) not in self.columns[at].outlines
        }
        return strange if any(starmap(self._stood_together, combinations(sorted(strange), MIN_MISPLACED))) else {}

    def _stood_together(self, one: str, other: str) -> bool:
        """Tell whether two values stood in one record."""
        if (one, other) not in self._together:
            self._together[one, other] = not self._rows[one].isdisjoint(self._rows[other])
        return self._together[one, other]
