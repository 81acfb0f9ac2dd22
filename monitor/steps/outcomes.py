"""The outcome of each step: one value for each source polled, each version processed, each alert sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from monitor.alerts.message import Message
    from monitor.model import Link
    from monitor.store.entry import LogEntry
    from monitor.store.rows import ReportRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """The result of processing one version.

    Either it was recorded, and `entries` are its entries in the change log. Or it was held, and `hold_reason` says why.
    Or it could not be processed yet, and `fault` says why. `first` maps the name of each list that was seen for the
    first time to its number of records. `notes` are sentences for a person about holds that ended with it.
    """

    version: VersionRow
    entries: tuple[LogEntry, ...] = ()
    first: Mapping[str, int] = field(default_factory=dict)
    hold_reason: str | None = None
    fault: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """The result of one poll of a source.

    `kept` is the number of new versions, `faults` are sentences about failures, `notes` other sentences for a person.
    `turned` are the reports that this poll marked as withdrawn or as restored. `retry_after` is the number of seconds
    for which a server asked to be left alone. `blocked` is True if a server refuses this program. `reports` are the
    source's reports as they were when the poll began, at `started`. `unchanged` are the reports that the poll found
    unchanged, each with the address where it was found. `unclaimed` are links to files that the page did not have
    before, and that no report matches.
    """

    source: str
    started: datetime
    kept: int = 0
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    turned: tuple[Processed, ...] = ()
    retry_after: float | None = None
    blocked: bool = False
    reports: tuple[ReportRow, ...] = ()
    unchanged: tuple[tuple[ReportRow, str], ...] = ()
    unclaimed: tuple[Link, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Return True if nothing changed, nothing failed, and there is nothing to tell a person."""
        return not (self.kept or self.faults or self.notes or self.turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One attempt to send an alert on a channel; `fault` says why it failed, where it did."""

    channel: str
    message: Message
    fault: str | None = None
