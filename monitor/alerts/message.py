"""An alert in words, before any channel gives it a form: plain values, made by `compose`, written by `writing`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model import AmendmentKind
    from monitor.store.entry import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of a corrected record, before and after, as printed; "" where it was empty."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One amendment, or several from one value to the same other; `entries` are their numbers in the change log.

    `place` says where, widest first (`Texas, Travis County`), and may be ""; `what` is the record in few words;
    `doubts` are the doubts about it, in words; `takes_back` is the entry that it reverts.
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
    """One version of a report: its name, its address, and the hash of its bytes. Times are ISO 8601, UTC."""

    name: str
    url: str
    sha256: str
    captured_at: str
    last_seen_at: str
    last_modified: str = ""
    kept: str = ""  # the path of the kept bytes on the machine that watches


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFiles:
    """The file that an alert speaks of, and the one that it followed; `page` is where it was linked."""

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
    """A part of a PDF page with the record boxed; `name` is unique within a message, `content` is PNG."""

    name: str
    caption: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert. `id` is the same whenever it is sent again; `thread` is the same for all alerts about one report.

    `notes` are lines of plain words before the items: news for an operator, or lists that were first seen.
    `entries` are the amendments that it tells of. `head` is the last hash of the change log.
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
