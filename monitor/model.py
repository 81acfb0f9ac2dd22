"""The data types that all parts of the program share. Standard library only; every other module may import this one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from datetime import datetime

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value_of_many(cls: type[_Class]) -> type[_Class]:
    """Make a class a dataclass whose objects are made by the hundred thousand; never set a field of one.

    The check of types refuses that, as for a frozen dataclass. At run time nothing does, since making a frozen object
    takes three times as long.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A limit on the value of a field, besides its Python type; its fields are named as in JSON Schema."""

    format: str | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None


Instant = Annotated[str, Constraint(format="date-time")]  # UTC, like 2025-07-04T15:16:59Z
Sha256 = Annotated[str, Constraint(pattern="^[0-9a-f]{64}$")]


class ReportKind(StrEnum):
    """How a report's files follow each other.

    SERIES: each file is a new report (one for each week or quarter). ROLLING: each file replaces the one before it.
    PAGE: the list is on the publication page itself.
    """

    SERIES = "series"  # each file is a report of its own, revised at the same address
    ROLLING = "rolling"  # each new file replaces the last one, whatever its name
    PAGE = "page"  # the lists stand on the publication page itself


class VersionStatus(StrEnum):
    """How far the program has got with a version of a report.

    KEPT: the file is kept, and not read yet. RECORDED: its records are in the history. HELD: it is set aside for a
    person to decide about. REJECTED: it does not count.
    """

    KEPT = "kept"  # on disk, not yet understood
    RECORDED = "recorded"  # its records and amendments are committed
    HELD = "held"  # waits for a person
    REJECTED = "rejected"  # a person said that it does not count


class AmendmentKind(StrEnum):
    """What happened to a record, a column or a report between two versions.

    COSMETIC: only case, blanks or the like changed. REFORMATTED: a whole column is written in another way, or has other
    values that are never told. WITHDRAWN and RESTORED: the whole report was taken down, or is back. DOCUMENT: a
    document that a record links to was posted, replaced or taken down, as the reason says. MOVED: the record went from
    one list to another.
    """

    ADDED = "added"
    REMOVED = "removed"
    CORRECTED = "corrected"
    COSMETIC = "cosmetic"  # case, blanks, apostrophes, placeholders: logged, not alerted
    REFORMATTED = "reformatted"  # a whole column written another way: logged, not alerted
    WITHDRAWN = "withdrawn"  # the whole report was taken down
    RESTORED = "restored"  # and came back
    DOCUMENT = "document"  # something happened to a document that a record links to
    MOVED = "moved"  # a record left one list of a source, and stands in another


# How the reason begins of an amendment `reformatted` about values that changed, but are never told to anyone.
UNTOLD = "values that are never told"


class Reason(StrEnum):
    """The sort of correction that a record got.

    RESPELLED: a name has other letters. RENAMED: a name has other words. REATTRIBUTED: it is about another
    jurisdiction. REDATED: another date. RELINKED: another link. RECLASSIFIED: another type or model. OTHER: anything
    else.
    """

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


@value_of_many
class Locator:
    """The place of a record in the published file. Which fields are set depends on the format of the file.

    - `boxes`: in a PDF, the rectangles around its row; several if the row goes on over a page break.
    - `sheet`, `row`: in a workbook, the name of the sheet, and the number of the row from 1.
    - `selector`: in a web page, the CSS selector of its element.
    - `line`: in a CSV file, the number of the line from 1.
    - `part`: in a version of several files or pages, the name of the one to which the rest belongs, such as
      `north.xlsx` or `web page 2`; else None.
    """

    boxes: tuple[Box, ...] = ()
    sheet: str | None = None
    row: int | None = None
    selector: str | None = None
    line: int | None = None
    part: str | None = None

    @property
    def mark(self) -> str:
        """A short text for the place, which is part of a record's web address: `Sheet1.17`, `page3.98.5`, `line17`.

        No two records of one list in one version have the same mark. For a selector, which may be long, it is a hash;
        a part of a version is told by a hash in front, such as `5e884898.line17`.
        """
        if self.part is None:
            return self._mark_in_file
        return f"{hashlib.sha256(self.part.encode()).hexdigest()[:8]}.{self._mark_in_file}"

    @property
    def _mark_in_file(self) -> str:
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
        """The place in words, like `page 3`, `sheet Sheet1, row 17` or `line 17`; for a web page, the CSS selector.

        In a version of several files or pages, the name of the part stands in front: `north.xlsx, row 17`.
        """
        return self._words_in_file if self.part is None else f"{self.part}, {self._words_in_file}"

    @property
    def _words_in_file(self) -> str:
        if self.boxes:
            pages = list(dict.fromkeys(box.page for box in self.boxes))
            return " and ".join(f"page {page}" for page in pages)
        if self.row is not None:
            return f"sheet {self.sheet}, row {self.row}" if self.sheet else f"row {self.row}"
        return f"line {self.line}" if self.line is not None else f"element {self.selector}"


@value_of_many
class Record:
    """One entry of a list: its values, and where it is in the published file.

    - `values`: in the order of the list's fields. An empty cell is ""; None means that the file has no column for the
      field.
    - `locator`: its place in the file.
    - `position`: its index in its RecordList, from 0; None for a record outside any list.
    - `state`, `jurisdiction`: the postal code, and the government body that it is about. They are filled in later, when
      they have been worked out from the values; sometimes only the state is known.

    Two records are equal if their values are equal.
    """

    values: tuple[str | None, ...]
    locator: Locator = field(default_factory=Locator, compare=False)
    position: int | None = field(default=None, compare=False)
    state: str | None = field(default=None, compare=False)
    jurisdiction: Jurisdiction | None = field(default=None, compare=False)

    def at(self, position: int) -> Record:
        """Return a copy of this record with the given `position` in its list.

        `dataclasses.replace` would take twice as long, and lists are long.
        """
        return Record(
            values=self.values,
            locator=self.locator,
            position=position,
            state=self.state,
            jurisdiction=self.jurisdiction,
        )

    def about(self, state: str | None, jurisdiction: Jurisdiction | None) -> Record:
        """Return a copy of this record that is about the given `state` (a postal code) and `jurisdiction`."""
        return Record(
            values=self.values,
            locator=self.locator,
            position=self.position,
            state=state,
            jurisdiction=jurisdiction,
        )

    def in_part(self, part: str) -> Record:
        """Return a copy of this record that stands in the part `part` of a version (see `Locator`)."""
        place = self.locator
        there = Locator(
            boxes=place.boxes, sheet=place.sheet, row=place.row, selector=place.selector, line=place.line, part=part
        )
        return Record(values=self.values, locator=there, state=self.state, jurisdiction=self.jurisdiction)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList:
    """One list as it is in one version of a report.

    `fields` are the names of the values of each record, in order. The position of a record is its index in `records`;
    by it one can tell apart two records with the same values.
    """

    name: str
    fields: tuple[str, ...]
    records: tuple[Record, ...]

    def __post_init__(self) -> None:
        """Set the position of each record to its index, unless all positions are right already."""
        if list(map(attrgetter("position"), self.records)) != list(range(len(self.records))):
            numbered = (record.at(index) for index, record in enumerate(self.records))
            object.__setattr__(self, "records", tuple(numbered))


class PassedOverKind(StrEnum):
    """The kind of something that was found in a file but read into no list, like a section, a table or a column."""

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
    """A part of a file that was read into no list of the configuration.

    - `where`: what tells it from other parts of its kind: a heading, the name of a sheet, a page.
    - `texts`: the texts of its items or rows, shortened.
    - `message`: a sentence that says what was passed over.
    - `holds`: True if the part could have records of a list. A version in which such a part is new is held (set aside
      for a person).
    - `list_name`: the list whose table or heading it belongs to; None if it belongs to none.
    """

    kind: PassedOverKind
    where: str
    texts: tuple[str, ...] = ()
    message: str = ""
    holds: bool = False
    list_name: str | None = None


class SuspicionKind(StrEnum):
    """The kind of a reason to think that a file was misread.

    LAYOUT: the file can be read in more than one way. OTHER_LIST: a column shows that a table may be another list.
    EMPTY: a list has its header, but no records.
    """

    LAYOUT = "layout"  # the file can be read in more than one way
    OTHER_LIST = "other list"  # the file has a column that tells it from the list; its records decide
    EMPTY = "empty"  # the list has its header and no records; where these went decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A reason to hold a version (set it aside for a person), although its file could be read.

    `message` says the reason in one sentence. `list_name` is the list that was perhaps misread; None means the whole
    file.
    """

    kind: SuspicionKind
    list_name: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfFile:
    """One part of a version of several files or pages.

    - `name`: what locators and messages call it. `size`: the number of its bytes.
    - `charset`: the encoding that the server named for it, or None.
    """

    name: str
    size: int
    charset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """What was read from one file.

    - `lists`: the lists that the configuration describes.
    - `passed_over`: the other parts of the file, which were read into no list.
    - `suspicions`: the reasons to think that it was misread.
    """

    lists: tuple[RecordList, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()


@value_of_many
class Jurisdiction:
    """A government body that a record is about: a state, a county, or a place (city, town or township).

    - `level`: `state`, `county` or `place`.
    - `state`: the postal code of its state.
    - `fips`, `ocd_id`: its FIPS code and its Open Civic Data id; None if it has none.
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

    - `kind`, `reason`: what happened, and for a correction which sort of correction it is.
    - `before`, `after`: the record in the older and in the newer version; None if it is not there.
    - `fields`: the fields that changed.
    - `minor`: True if only fields changed that the configuration calls minor.
    - `confidence`: how sure it is, from 0 to 1, that both are the same record.
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
    """What the publisher probably meant to print instead of a value that can't be right.

    - `name`: the value, or the name of the place that is meant.
    - `state`, `fips`: the place's state (postal code) and FIPS code; None for values that are no place.
    """

    name: str
    state: str | None = None
    fips: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link on a web page.

    `url` is its absolute address without the part after `#`; `text` is its text, with single blanks.
    """

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What was read from a web page: its links, and a hash of its content.

    - `digest`: a hash of the visible text and the links. It stays the same if only hidden things like tokens change.
    - `links`: the links in the order of the page.
    - `sends_to`: the address to which the page forwards its reader within seconds; None if it does not.
    """

    digest: str
    links: tuple[Link, ...] = ()
    sends_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReading:
    """What was read of a document that a record links to: the text of each of its pages.

    A page without text, as in a scan, has the text "".
    """

    pages: tuple[str, ...]

    @property
    def letters(self) -> int:
        """How many characters the text has, without blanks."""
        return sum(len("".join(page.split())) for page in self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One answer of a server that was kept.

    - `url`, `captured_at`: the address that was asked, and when.
    - `sha256`, `size`: the hash and the number of the bytes.
    - `headers`: pairs of a name in lower case and its value, in the order received.
    """

    url: str
    captured_at: datetime
    sha256: str
    size: int
    status_code: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How a connection to a server was secured.

    - `version`, `cipher`: as OpenSSL names them, such as `TLSv1.3` and `TLS_AES_256_GCM_SHA384`.
    - `certificates`: those that the server showed, in DER, its own first. Python before 3.13 tells only the first.
    """

    version: str
    cipher: str
    certificates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request to a server and its answer, as they were, but for the body of the answer.

    - `asked_at`, `headers_at`, `ended_at`: when the request was begun (before connecting), when the headers of the
      answer were there, and when its last byte was; with microseconds.
    - `request_headers`, `headers`: pairs of name and value, in the order and the letters in which they were sent.
    - `headers_cut`: how many more headers the answer had, which were too long to be kept.
    - `http_version`: as the server said, such as `HTTP/1.1` or `HTTP/2`.
    - `reason`: the words after the status; HTTP/2 has none.
    - `server`: the IP address and the port that answered; None if the connection no longer told, and through a proxy,
      which alone knows.
    - `by_proxy`: whether a proxy was asked for the way to the server.
    - `tls`: None without TLS.
    - `packed`: the body as it came, where it came packed with gzip; else None.
    - `redirects`: the exchanges that led here, in order. They have no redirects of their own.
    - `program`: the name and version of this program.
    """

    asked_at: datetime
    headers_at: datetime
    ended_at: datetime
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    http_version: str
    status_code: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    program: str
    headers_cut: int = 0
    server: tuple[str, int] | None = None
    by_proxy: bool = False
    tls: Tls | None = None
    packed: bytes | None = None
    redirects: tuple[Exchange, ...] = ()
