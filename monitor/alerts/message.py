"""The types of which an alert's message is made. `compose` makes it; `writing` turns it into text for a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.config.noise import without_visit
from monitor.store.parts import WHOLE_MARK

if TYPE_CHECKING:
    from monitor.alerts.pages import EntryPages
    from monitor.model import AmendmentKind
    from monitor.store.entry import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed field of a record: its value before and after, as the publisher printed it; "" if it was empty.

    `is_prose` says that it is a text of a page, of which an alert shows only the words around the difference.
    """

    field: str
    before: str
    after: str
    is_prose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A link to a web page of this program; `label` is what readers see, like `entry 7`."""

    label: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change in an alert, or several identical corrections together.

    - `kind`, `reason`: what happened, and for a correction which sort of correction it is.
    - `list`: the source and list in words, like `ICE 287(g) agreements, Participating agencies`.
    - `entries`: the numbers of its entries in the change log.
    - `place`: the jurisdiction with the state first (`Texas, Travis County`), or "".
    - `what`: a short name for the record.
    - `changes`: the fields that changed, by their titles.
    - `takes_back`: the number of the earlier entry that it undoes, or None.
    - `doubts`: the doubts about the record, in words.
    - `links`: the pages of its entries, its record and its place; none where the configuration has no `web.address`.
    """

    kind: AmendmentKind
    list: str
    entries: tuple[int, ...]
    place: str
    what: str
    changes: tuple[Change, ...] = ()
    reason: str = ""
    takes_back: int | None = None
    doubts: tuple[str, ...] = ()
    links: tuple[PageLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """The file of one version of a report. Times are ISO 8601 in UTC.

    - `name`, `url`, `sha256`: its name, its address, and the hash of its bytes.
    - `captured_at`, `last_seen_at`: when it was first and last seen.
    - `last_modified`: what the server said about its age, or "".
    - `kept`: where the kept file can be had: the address of a web page, or a command; or "".
    - `version_page`: the address of the version's page, or "".
    """

    name: str
    url: str
    sha256: str
    captured_at: str
    last_seen_at: str
    last_modified: str = ""
    kept: str = ""
    version_page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFiles:
    """The file that an alert is about, and the earlier file that it was compared with (`before`, or None).

    `page` is the address of the page that links to it. `origin` is the report in words, like `ICE 287(g) agreements,
    Participating agencies`; "" where there are no words for it. `gone` is True if the report was taken down, and `file`
    is what was last seen of it. `checked` is False if the files are read by a drafted description that no person has
    checked.
    """

    source: str
    report: str
    page: str
    file: File
    before: File | None = None
    origin: str = ""
    gone: bool = False
    checked: bool = True

    @property
    def silent(self) -> bool:
        """Whether the file was replaced by another at the same address, but for a session's number in it.

        It never was where a version is several parts.
        """
        if self.before is None or self.is_in_parts:
            return False
        return without_visit(self.before.url) == without_visit(self.file.url)

    @property
    def is_in_parts(self) -> bool:
        """Whether the version is several files or pages, and `file` the list of them."""
        return WHOLE_MARK in self.file.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a record on its PDF page, in a frame; `name` is unique within a message, `content` is a PNG."""

    name: str
    caption: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """The state of the evidence log, by which a reader can tell later whether anything before was altered.

    - `size`, `root`: the number of its statements, and the hash over all of them in hexadecimal digits.
    - `key`: the fingerprint of the key that signs its checkpoints, or "".
    """

    size: int
    root: str
    key: str = ""

    @property
    def words(self) -> str:
        """Return size and root in words; `monitor verify --against` finds them in an alert."""
        return f"{self.size:,} statements, root {self.root}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert, ready to be written as text for a channel.

    - `id`: identifies the alert; it is the same when it is sent again.
    - `thread`: the report if the alert is about a single one; else the subscription. Mail programs show mails with the
      same thread together.
    - `notes`: lines that come before the items, for example news for an operator.
    - `items`: the changes. `entries`: the entries of the change log that they are made from.
    - `files`, `pictures`: the published files, and pictures of records on PDF pages.
    - `head`: the hash of the alert's last entry; without entries, that of the last entry of the change log, if any.
    - `checkpoint`: the state of the evidence log when the message was made; None in an alert to operators.
    - `log`: how to see the entries: a command, or a web address.
    - `pages`: the addresses of the pages about each entry; none where the configuration has no `web.address`.
    """

    id: str
    subscription: str
    thread: str
    subject: str
    created_at: str
    notes: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    files: tuple[SourceFiles, ...] = ()
    pictures: tuple[Picture, ...] = ()
    entries: tuple[LogEntry, ...] = ()
    head: str = ""
    checkpoint: LogState | None = None
    log: str = ""  # how to see these entries: a command, or an address
    pages: tuple[EntryPages, ...] = ()
