"""The three steps as the daemon takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from monitor.config.sources import Config
    from monitor.history.receipts import Saved
    from monitor.steps.outcomes import Delivered, Polled, Processed
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The three steps, wired by the program for any thread, and the operators' look at the disk.

    store: gives the database connection of the thread that calls it.
    look, note: the two parts of the first step: poll one source; write down how many polls went, in one transaction.
    process: the second step, over all kept versions.
    drain: the third step, for one channel.
    watch_disk: tells operators of a disk that is nearly full.
    save: asks the web archive one thing; None where no source is to be saved there.
    """

    config: Config
    now: Callable[[], datetime]
    store: Callable[[], Store]
    look: Callable[[str], Polled]
    note: Callable[[Iterable[Polled]], None]
    process: Callable[[], Iterator[Processed]]
    drain: Callable[[str], Iterator[Delivered]]
    watch_disk: Callable[[], None]
    save: Callable[[], Saved | None] | None = None
