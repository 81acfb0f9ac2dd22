"""The message of an alert as plain values: `compose` makes it, and `writing` turns it into text for a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model import AmendmentKind
    from monitor.store.entry import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed field of a record: its value before and after, as the publisher printed it; "" if it was empty."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One amendment in an alert, or several identical corrections; `entries` are their numbers in the change log.

    `place` is the jurisdiction with the state first (`Texas, Travis County`), or ""; `what` is a short name for the
    record; `doubts` are the doubts about it, in words; `takes_back` is the number of the entry that it reverts.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """The file of one version of a report: its name, its address, the hash of its bytes. Times are ISO 8601, UTC."""

    name: str
    url: str
    sha256: str
    captured_at: str
    last_seen_at: str
    last_modified: str = ""
    kept: str = ""  # the path of the kept bytes on the machine that watches


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFiles:
    """The file that an alert is about, and the earlier file (`before`) that it followed; `page` links to it."""

    source: str
    report: str
    page: str
    file: File
    before: File | None = None

    @property
    def silent(self) -> bool:
        """Whether the file was replaced at the same address."""
        return self.before is not None and self.before.url == self.file.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a record on its PDF page, in a frame; `name` is unique within a message, `content` is a PNG."""

    name: str
    caption: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert, ready to be written. `id` stays the same when it is sent again.

    `thread` is the report if the alert is about a single one, else the subscription. `notes` are lines before the
    items, for example news for an operator. `entries` are the amendments that the alert is about. `head` is a hash of
    the change log: the hash of the last amendment in the alert, or without entries the hash of the log's last entry.
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
    log: str = ""  # how to see these entries: a command, or an address
