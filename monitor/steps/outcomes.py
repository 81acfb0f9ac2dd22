"""The outcome of each step: one value for each source polled, each version processed, each alert sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from monitor.alerts.message import Message
    from monitor.store.entry import LogEntry
    from monitor.store.rows import ReportRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What became of one version.

    It was recorded, with its `entries` of the change log; or held, with a `hold_reason`; or it waits on, with a
    `fault`. `first` names the lists that were seen for the first time, each with its number of records.
    """

    version: VersionRow
    entries: tuple[LogEntry, ...] = ()
    first: Mapping[str, int] = field(default_factory=dict)
    hold_reason: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How one poll of a source went.

    `kept` is the number of new versions, `faults` are sentences about failures, `notes` other sentences for a person.
    `turned` are reports that count as withdrawn, or as restored, since this poll. `retry_after` is the number of
    seconds for which a server asked to be left alone. `blocked` is true where a server refuses this program.
    `reports` are the source's reports as they were at the time `started`. `unchanged` are those of them that still
    stand so, each with the address at which it was found.
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

    @property
    def is_quiet(self) -> bool:
        """Return True where nothing changed, nothing failed, and no person needs to be told anything."""
        return not (self.kept or self.faults or self.notes or self.turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One attempt to send an alert on a channel; `fault` says why it failed, where it did."""

    channel: str
    message: Message
    fault: str | None = None
