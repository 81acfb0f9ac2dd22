"""The data types that all parts of the program share. Standard library only; every other module may import this one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A limit on a field's value beyond its Python type, named as in JSON Schema."""

    format: str | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None


Instant = Annotated[str, Constraint(format="date-time")]  # UTC, like 2025-07-04T15:16:59Z
Sha256 = Annotated[str, Constraint(pattern="^[0-9a-f]{64}$")]


class ReportKind(StrEnum):
    """Whether each file is a new report, replaces the one before it, or is the publication page itself."""

    SERIES = "series"  # each file is a report of its own, revised at the same address
    ROLLING = "rolling"  # each new file replaces the last one, whatever its name
    PAGE = "page"  # the lists stand on the publication page itself


class VersionStatus(StrEnum):
    """How far the program has processed a version of a report."""

    KEPT = "kept"  # on disk, not yet understood
    RECORDED = "recorded"  # its records and amendments are committed
    HELD = "held"  # waits for a person
    REJECTED = "rejected"  # a person said that it does not count


class AmendmentKind(StrEnum):
    """The kind of a difference between two versions of a list."""

    ADDED = "added"
    REMOVED = "removed"
    CORRECTED = "corrected"
    COSMETIC = "cosmetic"  # case, blanks, apostrophes, placeholders: logged, not alerted
    REFORMATTED = "reformatted"  # a whole column written another way: logged, not alerted
    WITHDRAWN = "withdrawn"  # the whole report was taken down
    RESTORED = "restored"  # and came back
    MOVED = "moved"  # a record left one list of a source, and stands in another


class Reason(StrEnum):
    """Why a record counts as corrected: what changed in it."""

    RESPELLED = "respelled"  # a name with other letters
    RENAMED = "renamed"  # a name with other words
    REATTRIBUTED = "reattributed"  # the jurisdiction changed
    REDATED = "redated"
    RELINKED = "relinked"
    RECLASSIFIED = "reclassified"  # another type or model
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a PDF page.

    `page` counts from 1; `left`, `top`, `right` and `bottom` are in points from the upper left corner of the page.
    """

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """Where a record stands in the published file.

    In a PDF: `boxes`, more than one where a row runs over a page break. In a workbook: `sheet` and `row`. In HTML:
    `selector`, the CSS selector of the element. In CSV: `line`. `row` and `line` count from 1.
    """

    boxes: tuple[Box, ...] = ()
    sheet: str | None = None
    row: int | None = None
    selector: str | None = None
    line: int | None = None

    @property
    def mark(self) -> str:
        """A short text for the place, as it stands in the address of a record: `Sheet1.17`, `page3.98.5`, `line17`.

        No two records of one list in one file have the same. A selector, which may be long, counts by its hash.
        """
        if self.boxes:
            first = self.boxes[0]
            return f"page{first.page}.{first.top:.1f}" + (f".{first.left:.0f}" if first.left else "")
        if self.row is not None:
            return f"{self.sheet or 'sheet'}.{self.row}"
        if self.line is not None:
            return f"line{self.line}"
        return f"html-{hashlib.sha256((self.selector or '').encode()).hexdigest()[:16]}"

    @property
    def words(self) -> str:
        """The place in words: `page 3`, `sheet Sheet1, row 17`, `line 17`, or the selector of an HTML element."""
        if self.boxes:
            pages = list(dict.fromkeys(box.page for box in self.boxes))
            return " and ".join(f"page {page}" for page in pages)
        if self.row is not None:
            return f"sheet {self.sheet}, row {self.row}" if self.sheet else f"row {self.row}"
        return f"line {self.line}" if self.line is not None else f"element {self.selector}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry of a list: its values, and where it stands in the published file.

    `values` are in the order of the list's fields. A value is None where the version has no column for that field; an
    empty cell is "".
    `position` is the record's index in its RecordList, or None for a record outside any list.
    `state` (a postal code, sometimes known alone) and `jurisdiction` are filled in once the values have been resolved.
    Two records are equal if their values are equal.
    """

    values: tuple[str | None, ...]
    locator: Locator = field(default_factory=Locator, compare=False)
    position: int | None = field(default=None, compare=False)
    state: str | None = field(default=None, compare=False)
    jurisdiction: Jurisdiction | None = field(default=None, compare=False)

    def at(self, position: int) -> Record:
        """Return a copy of this record with another `position` in its list.

        Lists are long, and `dataclasses.replace` takes twice as long.
        """
        return Record(
            values=self.values,
            locator=self.locator,
            position=position,
            state=self.state,
            jurisdiction=self.jurisdiction,
        )

    def about(self, state: str | None, jurisdiction: Jurisdiction | None) -> Record:
        """Return a copy of this record with the `state` (a postal code) and `jurisdiction` that it is about."""
        return Record(
            values=self.values,
            locator=self.locator,
            position=self.position,
            state=state,
            jurisdiction=jurisdiction,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList:
    """One list as it stands in one version of a report; `fields` names the values of each record, in order.

    The position of each record is its index in `records`. It tells records apart, since two may have equal values.
    """

    name: str
    fields: tuple[str, ...]
    records: tuple[Record, ...]

    def __post_init__(self) -> None:
        """Give each record its index as its position, unless all have it already."""
        if any(record.position != index for index, record in enumerate(self.records)):
            numbered = (record.at(index) for index, record in enumerate(self.records))
            object.__setattr__(self, "records", tuple(numbered))


class PassedOverKind(StrEnum):
    """The kind of a part of a file that no described list took."""

    SECTION = "section"  # a heading with items that no list claims
    ITEMS = "items"  # items under a claimed heading, or beside a claimed list, that are none of its records
    TABLE = "table"  # a table whose header fits no list
    ROWS = "rows"  # rows under a claimed header that are no records: sums, notes, titles
    UNREAD = "unread"  # a described column most of whose values can't be read as what they should be
    COLUMN = "column"  # a column of a claimed table that its description does not name
    HEADER = "header"  # the text that stands as the header of a described column; `where` is the field
    PAGER = "pager"  # a link to further pages of the list, or a button that loads more of it
    HIDDEN = "hidden"  # text that nobody sees
    PICTURE = "picture"  # a page or a part that shows a picture instead of text
    STRUCK = "struck"  # entries that are struck out
    END = "end"  # the end of the file is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A part of a file that no described list took.

    `where` tells it from other parts of its kind: a heading, the name of a sheet, a page. `texts` are the texts of its
    items or rows, shortened. `message` says in one sentence what was passed over. `holds` says whether it could hold
    records of a list, so that a version in which it is new has to be held. `list_name` is the list whose table or
    heading it belongs to, if it belongs to one.
    """

    kind: PassedOverKind
    where: str
    texts: tuple[str, ...] = ()
    message: str = ""
    holds: bool = False
    list_name: str | None = None


class SuspicionKind(StrEnum):
    """The kind of a reason to doubt that a file was read as it is meant."""

    LAYOUT = "layout"  # the file can be read in more than one way
    OTHER_LIST = "other list"  # the file has a column that tells it from the list; its records decide
    EMPTY = "empty"  # the list has its header and no records; where these went decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A reason to hold a file that could be read: `message` says it in one sentence.

    `list_name` is the list that was perhaps misread; None means the whole file.
    """

    kind: SuspicionKind
    list_name: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """What a reader made of one file: its described lists, and an account of everything else in it."""

    lists: tuple[RecordList, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """A government body that a record is about: a state, a county or a place (city, town, township).

    `level` is `state`, `county` or `place`; `state` is the postal code. The ids are the FIPS code and the Open Civic
    Data id.
    """

    name: str
    level: str
    state: str
    fips: str | None = None
    ocd_id: str | None = None

    def as_value(self) -> dict[str, str | None]:
        """Return the jurisdiction as a dictionary, as it is written to JSON."""
        return {
            "name": self.name,
            "level": self.level,
            "state": self.state,
            "fips": self.fips,
            "ocd_id": self.ocd_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One difference between two versions of a list.

    `before` and `after` are the record in the older and the newer version; `fields` are those that changed.
    `minor`: only minor fields changed. `confidence` (0 to 1) is how sure it is that both are the same record.
    """

    kind: AmendmentKind
    reason: Reason | str | None = None
    before: Record | None = None
    after: Record | None = None
    fields: tuple[str, ...] = ()
    minor: bool = False
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the publisher probably meant to print instead of a doubtful value.

    `state` is the postal code and `fips` the code of the government body, each only where there is one.
    """

    name: str
    state: str | None = None
    fips: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link found on a page: its absolute address without a fragment, and its text with runs of blanks made one."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What was read of a web page: a hash of its meaning, and its links in order.

    `digest` stays the same when only nonces or tokens in the page change. `sends_to` is the address to which the page
    sends its reader within seconds, or None.
    """

    digest: str
    links: tuple[Link, ...] = ()
    sends_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One response of a server that was kept.

    `headers` are pairs of a name in lower case and its value, in the order received.
    """

    url: str
    captured_at: datetime
    sha256: str
    size: int
    status_code: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
