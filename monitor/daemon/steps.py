"""The functions that do the daemon's work: polling, processing, delivering and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from monitor.config.sources import Config
    from monitor.evidence.stamp import Round
    from monitor.history.compared import ComparedCopy
    from monitor.history.receipts import Saved
    from monitor.steps.documents import DocumentLook
    from monitor.steps.outcomes import Delivered, Polled, Processed
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What came of writing the static site: a sentence that says what was done, or one that says what went wrong."""

    said: str = ""
    fault: str = ""


class LookAtDocuments(Protocol):
    """A function that looks at the documents that are due, and yields the result of each look."""

    def __call__(
        self, source: str | None = None, *, limit: int, stopping: Callable[[], bool]
    ) -> Iterator[DocumentLook]:
        """Yield the result of each look."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The functions that the daemon calls, from any thread, to do its work.

    now: returns the present time.
    store: returns the database connection of the thread that calls it.
    look: polls one source, given by its name, and returns the outcome.
    note: writes the outcomes of any number of polls to the database, in one transaction.
    process: processes all kept versions that wait.
    drain: sends the alerts that are due on one channel, given by its name.
    watch_disk: alerts operators if the disk is nearly full, and puts heartbeats into the outbox.
    save: makes one request to the web archive, to save a version or to compare a copy with it; None if no source is to
        be saved there.
    documents: looks at the documents that are due, of one source or (None) of all; its arguments are the largest number
        of looks (`limit`), and a function that says whether to stop (`stopping`). None if no documents are watched.
    recover: looks in the web archive for one document that its publisher does not have; None if none is to be looked
        for there.
    stamp: asks the time-stamp authorities whose turn it is, and publishes a checkpoint; None if there is nothing to do.
    publish: writes the static site if the history has changed, and returns what came of it, or None. Its argument is a
        function that waits for a number of seconds and returns whether the daemon is being stopped; None if there is to
        be no site.
    """

    config: Config
    now: Callable[[], datetime]
    store: Callable[[], Store]
    look: Callable[[str], Polled]
    note: Callable[[Iterable[Polled]], None]
    process: Callable[[], Iterator[Processed]]
    drain: Callable[[str], Iterator[Delivered]]
    watch_disk: Callable[[], None]
    save: Callable[[], Saved | ComparedCopy | None] | None = None
    documents: LookAtDocuments | None = None
    recover: Callable[[], DocumentLook | None] | None = None
    stamp: Callable[[], Round] | None = None
    publish: Callable[[Callable[[float], bool]], Publication | None] | None = None
