"""The type of an entry of the change log.

From one list of fields it follows how an entry is stored in columns, how it is printed as JSON, and how it is hashed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from monitor.errors import StoreError
from monitor.model import UNTOLD, AmendmentKind, Constraint, Instant, Jurisdiction, Locator, Sha256
from monitor.store.rows import compact, in_order, locator_of, locator_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LAST_NUMBER = 2**63 - 1  # the largest number that the database can hold
EntryNumber = Annotated[int, Constraint(minimum=1, maximum=LAST_NUMBER)]
Confidence = Annotated[float, Constraint(minimum=0, maximum=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Locators:
    """Where the record of an entry is in the file of the older version (`before`) and of the newer version (`after`).

    Each is None if the record is not in that file, or if its place there is not known.
    """

    before: Locator | None = None
    after: Locator | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Locators:
        """Make the object from the JSON that `to_json` returned."""
        return cls(**{side: None if locator is None else locator_of(locator) for side, locator in value.items()})

    def to_json(self) -> dict[str, object]:
        """Return both locators as a JSON object with the keys `before` and `after`."""
        sides = {"before": self.before, "after": self.after}
        return {side: None if locator is None else locator_value(locator) for side, locator in sides.items()}

    def on(self, side: str) -> Locator | None:
        """Return the place in one file; `side` is `before` or `after`."""
        return self.before if side == "before" else self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedDoubt:
    """A doubt that ended because the publisher corrected the value.

    It has the field, its doubtful value, what was wrong with it, and since when it was doubted.
    """

    field: str
    value: str
    problem: str
    noted_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's decision to release or reject a held version.

    `by` is the person's name (None if it was not given), and `hold_reason` is why the version was held.
    """

    by: str | None
    hold_reason: str


def _stored(read: Callable[[Any], Any], write: Callable[[Any], object], *, is_json: bool = True) -> dict[str, object]:
    """Return the metadata of an entry's field whose value is stored in another form than it has in Python.

    - `read`, `write`: functions that convert the stored form to the value, and the value to the stored form. They are
      not called for None, which is stored as NULL.
    - `is_json`: whether the column holds the stored form as JSON text.
    """
    return {"read": read, "write": write, "is_json": is_json}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChange:
    """What happened to a document that a record links to.

    - `url`, `field`: the document's address, and the field of the record that has the link.
    - `sha256`, `bytes`, `pages`: the hash, the size and the number of pages of its file now; None if it is gone, and no
      number of pages if the file can't be read.
    - `previous`: the SHA-256 of the file that was there before; None if there was none.
    - `same_text`: whether the text of both files is the same; None if that is not known.
    - `from_url`: for a document that moved, its earlier address; for one that was recovered, the address of the copy in
      the web archive.
    """

    url: str
    field: str
    sha256: Sha256 | None = None
    bytes: int | None = None
    pages: int | None = None
    previous: Sha256 | None = None
    same_text: bool | None = None
    from_url: str | None = None

    def as_value(self) -> dict[str, str | int | bool]:
        """Return the change as a dictionary, as it is written to JSON; what is None is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of the change log, with the fields that `monitor log --json` prints, in the same order.

    - `id`, `entry_hash`: the entry's number and hash; None until it is appended to the log.
    - `source`, `report`, `list`: the source's name, the report's key, and the list's name (None for a whole report).
    - `kind`, `reason`: what happened to the record, and in a correction why it counts as one.
    - `observed_at`: when the newer file was captured.
    - `version`, `previous`: the SHA-256 of the newer and of the older file.
    - `before`, `after`: the values of the record before and after, keyed by field; `fields` are those that changed.
    - `minor`: True if only fields changed that the configuration calls minor.
    - `confidence`: how sure it is, from 0 to 1, that both are the same record.
    - `reverts`: the number of the earlier entry that this one undoes.
    - `evidence`: where the record is in both files.
    - `mentions`, `speaks_of`: for a publisher's notice, the jurisdictions and the keys of the reports that it is about.
    - `observed_by`: the address of the copy in a web archive by which the change was found.
    - `of`: for a move to another list, the numbers of the entries that removed and added the record; the second is None
      if the record was in the other list already.
    - `decided`: the person's decision that let the entry into the log although its version had been held.
    - `document`: what happened to a document that the record links to; `after` is the record as it is.

    The JSON leaves out `id`, `entry_hash`, `observed_by`, `of`, `decided` and `document` if they are None.
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
    of: tuple[int | None, ...] | None = field(default=None, metadata=_stored(tuple, lambda value: [*value]))
    decided: Decision | None = field(default=None, metadata=_stored(lambda value: Decision(**value), asdict))
    document: DocumentChange | None = field(
        default=None, metadata=_stored(lambda value: DocumentChange(**value), DocumentChange.as_value)
    )

    @property
    def is_untold(self) -> bool:
        """Whether the entry is about values that the configuration says are never told, and so makes no alert."""
        return self.kind == AmendmentKind.REFORMATTED and (self.reason or "").startswith(UNTOLD)

    @property
    def moved_to(self) -> str | None:
        """The name of the list that the record moved to; None if the entry is not about a move."""
        return (self.reason or "").removeprefix("to ") or None if self.of else None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> LogEntry:
        """Make the entry from a row of the table `amendments`. Raises StoreError where the row can't be read."""
        try:
            return _entry_of(*map(row.get, ENTRY_NAMES))
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            what = f"entry {row['id']} of the change log can't be read"
            raise StoreError(f"{what}; `monitor verify` tells what was changed") from fault

    def appended(self, number: int, previous: str) -> tuple[LogEntry, dict[str, object], str]:
        """Return this entry as the next one of the log, with its number and hash, and the values for the database row.

        `previous` is the hash of the entry before it. The values are keyed by column. The third value is the text that
        the hash covers beside the hash of the entry before.
        """
        values = self._values() | {"id": number}
        text = _hashed_text(values)
        values["entry_hash"] = entry_hash = hash_of_entry(text, previous)
        return replace(self, id=number, entry_hash=entry_hash), _columns(values), text

    def to_columns(self) -> dict[str, object]:
        """Return the values to store for this entry, keyed by column."""
        return _columns(self._values())

    def _values(self) -> dict[str, object]:
        """Return the values of all fields, in the form that they have in JSON."""
        return {column.name: column.to_json(self) for column in ENTRY_COLUMNS}

    def to_json(self) -> dict[str, object]:
        """Return the entry as the JSON object that is printed.

        If the entry is not in the log and so has no number, `observed_by` comes first.
        """
        printed = _printed(self._values())
        if self.id is None and self.observed_by is not None:
            return {"observed_by": printed.pop("observed_by")} | printed
        return printed

    def hash_after(self, previous: str) -> str:
        """Return the hash of this entry, given the hash of the entry before it."""
        return hash_of_entry(self.hashed_text(), previous)

    def hashed_text(self) -> str:
        """Return the text that the hash of this entry covers beside the hash of the entry before it.

        It is the JSON of the entry in its canonical form, without its `entry_hash`.
        """
        return _hashed_text(self._values())

    def is_all_of(self, row: Mapping[str, Any]) -> bool:
        """Return whether the row that this entry was read from holds nothing more than the entry.

        It returns False if someone has added something to the row's JSON for which an entry has no field.
        """
        return all(
            column.to_json(self) == (None if row.get(column.name) is None else json.loads(row[column.name]))
            for column in ENTRY_COLUMNS
            if column.is_json
        )


def _printed(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values of an entry as its JSON has them: a few fields are left out if they are None."""
    return {name: value for name, value in values.items() if value is not None or name not in LEFT_OUT}


def _hashed_text(values: Mapping[str, object]) -> str:
    hashed = _printed(values)
    hashed.pop("entry_hash", None)
    return compact(hashed)


def hash_of_entry(text: str, previous: str) -> str:
    """Return the hash of an entry; `text` is what `hashed_text` returns, `previous` the hash of the entry before it."""
    return hashlib.sha256((previous + text).encode()).hexdigest()


def _columns(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values of an entry in the form in which they are stored, keyed by column."""
    stored = dict(values)
    for name in JSON_COLUMNS:
        if stored[name] is not None:
            stored[name] = in_order(stored[name])
    return stored


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryColumn:
    """How one field of a log entry is stored in its column, and how it is printed as JSON.

    `name` is the name of the field; `is_json` says whether the column holds JSON text.
    """

    name: str
    is_json: bool
    _read: Callable[[Any], Any] | None
    _write: Callable[[Any], object] | None

    def read(self, stored: Any) -> Any:  # noqa: ANN401 - a value of any field
        """Return the value of the field, given the content of its column."""
        if stored is None or self._read is None:
            return stored
        return self._read(json.loads(stored) if self.is_json else stored)

    def to_json(self, entry: LogEntry) -> object:
        """Return the value of the field in the form in which JSON has it."""
        value = getattr(entry, self.name)
        return value if value is None or self._write is None else self._write(value)


MAY_BE_ABSENT = (
    "observed_by",
    "of",
    "decided",
    "document",
)  # from the JSON of an entry of the log, where they are None
LEFT_OUT = ("id", "entry_hash", *MAY_BE_ABSENT)  # the same for an entry that is in no log
REMEMBERED_ENTRIES = 2_000
ENTRY_COLUMNS = tuple(
    EntryColumn(
        name=each.name,
        is_json=each.metadata.get("is_json", False),
        _read=each.metadata.get("read"),
        _write=each.metadata.get("write"),
    )
    for each in fields(LogEntry)
)
ENTRY_NAMES = tuple(column.name for column in ENTRY_COLUMNS)
JSON_COLUMNS = tuple(column.name for column in ENTRY_COLUMNS if column.is_json)


@lru_cache(maxsize=REMEMBERED_ENTRIES, typed=True)
def _entry_of(*stored: Any) -> LogEntry:  # noqa: ANN401 - the values of any columns
    """Return the entry whose columns hold these values; each new version asks for those of the last weeks again."""
    return LogEntry(**{column.name: column.read(value) for column, value in zip(ENTRY_COLUMNS, stored, strict=True)})
