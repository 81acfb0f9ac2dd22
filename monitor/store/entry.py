"""An entry of the change log as a value: its columns in the database, its JSON and its hash from one list of fields."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any

from monitor.errors import StoreError
from monitor.model import AmendmentKind, Constraint, Instant, Jurisdiction, Locator, Sha256
from monitor.store.rows import compact, in_order, locator_of, locator_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LAST_NUMBER = 2**63 - 1  # the largest number that the database can hold
EntryNumber = Annotated[int, Constraint(minimum=1, maximum=LAST_NUMBER)]
Confidence = Annotated[float, Constraint(minimum=0, maximum=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Locators:
    """Where an amendment's record stands in the bytes before it and after it; None on a side without a record."""

    before: Locator | None = None
    after: Locator | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Locators:
        """Return what `to_json` has written."""
        return cls(**{side: None if locator is None else locator_of(locator) for side, locator in value.items()})

    def to_json(self) -> dict[str, object]:
        """Return both sides as JSON has them."""
        sides = {"before": self.before, "after": self.after}
        return {side: None if locator is None else locator_value(locator) for side, locator in sides.items()}

    def on(self, side: str) -> Locator | None:
        """Return the locator of a side, `before` or `after`."""
        return self.before if side == "before" else self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedDoubt:
    """The doubt that a correction mends: the field, the value that was doubted, why, and since when."""

    field: str
    value: str
    problem: str
    noted_at: Instant


def _stored(read: Callable[[Any], Any], write: Callable[[Any], object], *, is_json: bool = True) -> dict[str, object]:
    """Return the metadata of a field whose column does not hold the value itself: how it is read, and how written.

    With `is_json` the column holds JSON text. None is NULL there, and neither read nor written.
    """
    return {"read": read, "write": write, "is_json": is_json}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of the change log, with the fields that `monitor log --json` prints, in their order.

    Three are left out of the JSON where they are None: `id` and `entry_hash`, which an entry has once it is appended,
    and `observed_by`, the capture in a web archive that saw it first. `version` and `previous` are the SHA-256 of
    files; `before` and `after` are values by field; `reverts` is the number of the entry that this one takes back;
    `speaks_of` are the reports, and `mentions` the jurisdictions, that a notice is about.
    """

    id: EntryNumber | None = None
    source: str
    report: str
    list: str | None
    kind: AmendmentKind = field(metadata=_stored(AmendmentKind, str, is_json=False))
    reason: str | None
    observed_at: Instant
    version: Sha256
    previous: Sha256 | None
    jurisdiction: Jurisdiction | None = field(
        metadata=_stored(lambda value: Jurisdiction(**value), Jurisdiction.as_value)
    )
    before: dict[str, str] | None = field(metadata=_stored(dict, dict))
    after: dict[str, str] | None = field(metadata=_stored(dict, dict))
    fields: tuple[str, ...] = field(metadata=_stored(tuple, lambda value: [*value]))
    minor: bool = field(metadata=_stored(bool, bool, is_json=False))
    confidence: Confidence
    reverts: int | None
    evidence: Locators = field(metadata=_stored(Locators.from_json, Locators.to_json))
    resolves_doubt: ResolvedDoubt | None = field(metadata=_stored(lambda value: ResolvedDoubt(**value), asdict))
    mentions: tuple[Jurisdiction, ...] = field(
        metadata=_stored(
            lambda value: tuple(Jurisdiction(**place) for place in value),
            lambda value: [place.as_value() for place in value],
        )
    )
    speaks_of: tuple[str, ...] = field(metadata=_stored(tuple, lambda value: [*value]))
    entry_hash: Sha256 | None = None
    observed_by: str | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> LogEntry:
        """Return the entry that a row of the table holds. Raises StoreError where it holds none."""
        try:
            return cls(**{column.name: column.read(row[column.name]) for column in ENTRY_COLUMNS})
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            what = f"entry {row['id']} of the change log can't be read"
            raise StoreError(f"{what}; `monitor verify` tells what was changed") from fault

    def to_columns(self) -> dict[str, object]:
        """Return the value of each column that holds a part of this entry."""
        values = {column.name: column.to_json(self) for column in ENTRY_COLUMNS}
        return values | {
            column.name: in_order(values[column.name])
            for column in ENTRY_COLUMNS
            if column.is_json and values[column.name] is not None
        }

    def to_json(self) -> dict[str, object]:
        """Return the entry as it is printed; one that is not in the log has no number and begins with `observed_by`."""
        printed = {column.name: column.to_json(self) for column in ENTRY_COLUMNS}
        for name in LEFT_OUT:
            if printed[name] is None:
                del printed[name]
        if self.id is None and self.observed_by is not None:
            return {"observed_by": printed.pop("observed_by")} | printed
        return printed

    def hash_after(self, previous: str) -> str:
        """Return the hash that this entry has where it follows one with the hash `previous`."""
        hashed = self.to_json()
        hashed.pop("entry_hash", None)
        return hashlib.sha256((previous + compact(hashed)).encode()).hexdigest()

    def is_all_of(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row that this entry was read from holds nothing that reading it has left out."""
        return all(
            column.to_json(self) == (None if row[column.name] is None else json.loads(row[column.name]))
            for column in ENTRY_COLUMNS
            if column.is_json
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryColumn:
    """How one field of an entry stands in its column and in JSON."""

    name: str
    is_json: bool
    _read: Callable[[Any], Any] | None
    _write: Callable[[Any], object] | None

    def read(self, stored: Any) -> Any:  # noqa: ANN401 - a value of any field
        """Return the field's value from what its column holds."""
        if stored is None or self._read is None:
            return stored
        return self._read(json.loads(stored) if self.is_json else stored)

    def to_json(self, entry: LogEntry) -> object:
        """Return the field's value as JSON has it."""
        value = getattr(entry, self.name)
        return value if value is None or self._write is None else self._write(value)


LEFT_OUT = ("id", "entry_hash", "observed_by")  # of the JSON, where they are None
ENTRY_COLUMNS = tuple(
    EntryColumn(
        name=each.name,
        is_json=each.metadata.get("is_json", False),
        _read=each.metadata.get("read"),
        _write=each.metadata.get("write"),
    )
    for each in fields(LogEntry)
)
