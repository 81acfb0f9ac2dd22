"""Editions of lists whose rows are known by an identity that no file shows, and the true changes between two of them.

A drift may correct a row, which changes what the row means, or print it in another way, which does not. Because each
row keeps its identity, the true changes follow from two editions without any comparing of names.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ADDED, REMOVED, CORRECTED = "added", "removed", "corrected"
KINDS = (ADDED, REMOVED, CORRECTED)
UNSEEN = str.maketrans(
    "\u2018\u2019\u2011", "''-", "\u200b\u00ad\ufeff"
)  # characters that print like others, or not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a list: its identity, its cells as printed, and its cells as meant, both keyed by field."""

    id: int
    cells: Mapping[str, str]
    meant: Mapping[str, str]

    @classmethod
    def of(cls, number: int, cells: Mapping[str, str]) -> Row:
        """Return a row that is printed as it is meant."""
        return cls(id=number, cells=cells, meant=cells)

    def corrected(self, **cells: str) -> Row:
        """Return the row with other facts in it."""
        return replace(self, cells={**self.cells, **cells}, meant={**self.meant, **cells})

    def without(self, name: str) -> Row:
        """Return the row without a field, in a file that no longer has a column for it."""
        cells, meant = (
            {each: text for each, text in side.items() if each != name} for side in (self.cells, self.meant)
        )
        return replace(self, cells=cells, meant=meant)

    def printed(self, **cells: str) -> Row:
        """Return the row with the same facts, written in another way."""
        return replace(self, cells={**self.cells, **cells})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One added, removed or corrected record: its list, and its key in the older and the newer file, in plain text."""

    list: str
    kind: str
    before: tuple[str, ...] | None = None
    after: tuple[str, ...] | None = None


@dataclass(slots=True, kw_only=True)
class Edition:
    """The lists of one version, by name, and `style`, which says how they are written into a file."""

    lists: dict[str, list[Row]]
    style: object = None


def plain(value: object) -> str:
    """Return a value without case, kinds of apostrophes, and blanks of no width or repeated: what all print alike."""
    text = unicodedata.normalize("NFKC", str(value or "")).translate(UNSEEN)
    return " ".join(text.split()).casefold()


def key_of(cells: Mapping[str, str], fields: Sequence[str]) -> tuple[str, ...]:
    """Return the plain texts of the fields by which a record is told from others."""
    return tuple(plain(cells.get(name)) for name in fields)


def true_changes(old: Edition, new: Edition, keys: Mapping[str, Sequence[str]]) -> Counter[Change]:
    """Return what changed between two editions, by the identities of their rows.

    `keys` are the fields that identify a record, by list.
    """
    changes: Counter[Change] = Counter()
    for name, key in keys.items():
        before = {row.id: row for row in old.lists.get(name, ())}
        after = {row.id: row for row in new.lists.get(name, ())}
        for number, row in before.items():
            if number not in after:
                changes[Change(list=name, kind=REMOVED, before=key_of(row.cells, key))] += 1
            elif differs(row, after[number]):
                cells = after[number].cells
                changes[Change(list=name, kind=CORRECTED, before=key_of(row.cells, key), after=key_of(cells, key))] += 1
        for number, row in after.items():
            if number not in before:
                changes[Change(list=name, kind=ADDED, after=key_of(row.cells, key))] += 1
    return changes


def differs(one: Row, other: Row) -> bool:
    """Return whether two rows with the same identity mean other things, in the fields that both have."""
    return any(plain(one.meant[name]) != plain(other.meant[name]) for name in one.meant.keys() & other.meant.keys())
