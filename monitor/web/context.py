"""The objects that all pages share: the configuration, a read-only database connection, the kept files and so on."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.alerts.items import item_of
from monitor.changelog.listed import Question
from monitor.config.titles import Titles
from monitor.store.document_pages import summary_with_url
from monitor.store.metrics import source_looks
from monitor.store.read_only import ReadOnlyStore
from monitor.web.remembered import RememberedParts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from monitor.alerts.message import Item
    from monitor.config.sources import Config
    from monitor.store.archive import Archive
    from monitor.store.document_pages import DocumentSummary
    from monitor.store.entry import LogEntry
    from monitor.store.metrics import SourceLook
    from monitor.web.comparison_cache import Compared
    from monitor.web.files import Kept
    from monitor.web.packets import Packets
    from monitor.web.page_inputs import PageInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the pages are, and who may read them.

    - `address`: the address that people type, without a slash at its end; "" if it is not known.
    - `password`, `token`: either of them lets a reader in. If neither is set, everybody who can reach the port may
      read.
    - `sleep`: waits for a number of seconds, before a wrong password is answered.
    """

    address: str = ""
    password: str | None = None
    token: str | None = None
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


@dataclass(frozen=True, kw_only=True)
class Site:
    """The objects that every page can use to answer a request.

    - `state`: the state folder. `archive`: the kept files.
    - `kept`, `compared`, `packets`: these read kept files, compare versions and make packets of evidence, and remember
      the latest results.
    - `access`: where the pages are, and who may read them.
    - `now`: a function that returns the present time.
    - `is_copy`: whether the pages are written into files (`monitor publish`), which then grow old: they name times
      instead of ages, and leave out what only a server can do.
    - `remembered`: the parts of pages that take long to make. They are the same in a copy.
    - `inputs`: in a copy, notes what each page is made of.
    """

    config: Config
    state: Path
    archive: Archive
    kept: Kept
    compared: Compared
    packets: Packets
    access: Access
    now: Callable[[], datetime]
    is_copy: bool = False
    remembered: RememberedParts = field(default_factory=RememberedParts)
    inputs: PageInputs | None = None
    _of_thread: threading.local = field(default_factory=threading.local)

    @property
    def store(self) -> ReadOnlyStore:
        """Return this thread's read-only connection to the database, opened at first use. Raises StoreError."""
        if self.inputs:
            return self.inputs.store
        if not hasattr(self._of_thread, "store"):
            self._of_thread.store = ReadOnlyStore(self.state)
        store: ReadOnlyStore = self._of_thread.store
        return store

    def close(self) -> None:
        """Close this thread's connection to the database, if it was opened."""
        if store := self._of_thread.__dict__.pop("store", None):
            store.connection.close()

    @cached_property
    def edition(self) -> str:
        """A hash of the configuration; when it changes, browsers fetch all pages again."""
        return hashlib.sha256(repr(self.config).encode()).hexdigest()

    @cached_property
    def titles(self) -> Titles:
        """The words for readers in place of names from the configuration."""
        return Titles(self.config)

    @property
    def published_mark(self) -> str:
        """A text that changes when a checkpoint is put into the folder of published ones; "" without such a folder."""
        folder = self.config.evidence.publish
        try:
            return str(folder.stat().st_mtime_ns) if folder else ""
        except OSError:
            return ""

    @property
    def has_feeds(self) -> bool:
        """Whether there are feeds and calendars; files of them need to know where the site will be."""
        return bool(self.access.address) or not self.is_copy

    def question(self, at: str | None = None) -> Question:
        """Return the question what is listed at the time `at` (ISO 8601; None means now)."""
        if self.inputs and at is None:
            return self.inputs.question()
        return Question.of(self.config, now=self.now(), at=at)

    def looks(self) -> Sequence[SourceLook]:
        """Return how long ago each source was looked at, in the order of the configuration."""
        if self.inputs:
            return self.inputs.looks()
        return source_looks(self.store, self.config.pauses(), now=self.now())

    def look_words(self, look: SourceLook) -> str:
        """Return when a source was last looked at: how long ago that was, or on pages that grow old the time."""
        if not self.is_copy or look.looked_at is None:
            return look.words
        return f"last looked at {look.looked_at[:10]} {look.looked_at[11:16]} UTC"

    def item(self, entry: LogEntry) -> Item:
        """Return an entry of the log as an item, in the words for readers."""
        return item_of(entry, titles=self.titles)

    def document_of(self, entry: LogEntry) -> DocumentSummary | None:
        """Return the document that an entry of the log tells of, with its files; None if it tells of none."""
        return summary_with_url(self.store, entry.source, entry.document.url) if entry.document else None

    def page_of(self, source: str) -> str:
        """Return the publication page of a source; "" for one that is no longer watched."""
        described = self.config.sources.get(source)
        return described.page if described else ""

    def lists_of(self, source: str) -> dict[str, str]:
        """Return the lists of a source, each with the name of its report in the configuration."""
        described = self.config.sources.get(source)
        reports = described.reports.items() if described else ()
        return {name: report for report, each in reports for name in each.lists}
