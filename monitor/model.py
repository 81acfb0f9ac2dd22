"""The words of the program as plain values. Standard library only; everything else may import this."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A rule that a value keeps beyond its type, in the words of JSON Schema."""

    format: str | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None


Instant = Annotated[str, Constraint(format="date-time")]  # UTC, like 2025-07-04T15:16:59Z
Sha256 = Annotated[str, Constraint(pattern="^[0-9a-f]{64}$")]


class ReportKind(StrEnum):
    """How the identity of a report lasts."""

    SERIES = "series"  # each file is a report of its own, revised at the same address
    ROLLING = "rolling"  # each new file replaces the last one, whatever its name
    PAGE = "page"  # the lists stand on the publication page itself


class VersionStatus(StrEnum):
    """How far a version has come."""

    KEPT = "kept"  # on disk, not yet understood
    RECORDED = "recorded"  # its records and amendments are committed
    HELD = "held"  # waits for a person
    REJECTED = "rejected"  # a person said that it does not count


class AmendmentKind(StrEnum):
    """What differs between two versions of a list."""

    ADDED = "added"
    REMOVED = "removed"
    CORRECTED = "corrected"
    COSMETIC = "cosmetic"  # case, blanks, apostrophes, placeholders: logged, not alerted
    REFORMATTED = "reformatted"  # a whole column written another way: logged, not alerted
    WITHDRAWN = "withdrawn"  # the whole report was taken down
    RESTORED = "restored"  # and came back


class Reason(StrEnum):
    """Why a record counts as corrected."""

    RESPELLED = "respelled"  # a name with other letters
    RENAMED = "renamed"  # a name with other words
    REATTRIBUTED = "reattributed"  # the jurisdiction changed
    REDATED = "redated"
    RELINKED = "relinked"
    RECLASSIFIED = "reclassified"  # another type or model
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a PDF page: page from 1; left, top, right, bottom in points from the page's upper left."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """Where in the bytes a record stands: boxes of a PDF, sheet and row, selector of an HTML element, or line.

    `boxes` has more than one box where a row runs over a page break. `row` and `line` count from 1.
    """

    boxes: tuple[Box, ...] = ()
    sheet: str | None = None
    row: int | None = None
    selector: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry of a list: its values in the order of the list's fields, and where it stands.

    A value is None where the version has no such column at all; an empty cell is "". `position` is the record's index
    in its RecordList, None for a record that is in none. `state` (a postal code, which may be known alone) and
    `jurisdiction` are those that its values resolve to, once they have been resolved. Two records are equal where their
    values are.
    """

    values: tuple[str | None, ...]
    locator: Locator = field(default_factory=Locator, compare=False)
    position: int | None = field(default=None, compare=False)
    state: str | None = field(default=None, compare=False)
    jurisdiction: Jurisdiction | None = field(default=None, compare=False)

    def at(self, position: int) -> Record:
        """Return this record at a position of a list. Lists are long, and `dataclasses.replace` takes twice as long."""
        return Record(
            values=self.values,
            locator=self.locator,
            position=position,
            state=self.state,
            jurisdiction=self.jurisdiction,
        )

    def about(self, state: str | None, jurisdiction: Jurisdiction | None) -> Record:
        """Return this record with the state and jurisdiction that it is about."""
        return Record(
            values=self.values,
            locator=self.locator,
            position=self.position,
            state=state,
            jurisdiction=jurisdiction,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList:
    """One list as it stands in one version; `fields` names the values of each record, in order.

    Each record has its index in `records` as its position: that is how records are told apart, since two may be equal.
    """

    name: str
    fields: tuple[str, ...]
    records: tuple[Record, ...]

    def __post_init__(self) -> None:
        """Give each record its position, unless all have theirs."""
        if any(record.position != index for index, record in enumerate(self.records)):
            numbered = (record.at(index) for index, record in enumerate(self.records))
            object.__setattr__(self, "records", tuple(numbered))


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """The government body a record is about; level is `state`, `county` or `place`. Source: Open Civic Data, FIPS."""

    name: str
    level: str
    state: str
    fips: str | None = None
    ocd_id: str | None = None

    def as_value(self) -> dict[str, str | None]:
        """Return the jurisdiction as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One difference between two versions of a list. `confidence` is between 0 and 1."""

    kind: AmendmentKind
    reason: Reason | str | None = None
    before: Record | None = None
    after: Record | None = None
    fields: tuple[str, ...] = ()
    minor: bool = False
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What should have been printed; `state` is a postal code, `fips` the code of the body, each where there is one."""

    name: str
    state: str | None = None
    fips: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link found on a page: absolute address without fragment, and its text with blanks folded."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One response that was kept. `headers` are lower-case names with their values, in order."""

    url: str
    captured_at: datetime
    sha256: str
    size: int
    status_code: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
