"""The results of the three steps: of polling a source, of processing a version, of sending an alert."""

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
    """The result of processing one version: it was recorded, held (set aside for a person), or could not be processed.

    - `entries`: if it was recorded, its entries in the change log.
    - `first`: if it was recorded, the number of records of each list that was seen for the first time, by its name.
    - `hold_reason`: if it was held, a sentence that says why; else None.
    - `fault`: if it could not be processed for now, a sentence that says why; else None.
    - `notes`: sentences for a person about holds that ended because this version was recorded.
    """

    version: VersionRow
    entries: tuple[LogEntry, ...] = ()
    first: Mapping[str, int] = field(default_factory=dict)
    hold_reason: str | None = None
    fault: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """The result of one poll (one visit) of a source.

    - `source`, `started`: the name of the source, and the time when the poll began.
    - `kept`: the number of new versions.
    - `faults`: a sentence for each failure. `notes`: other sentences for a person.
    - `turned`: the results for reports that this poll found taken down, or found back again.
    - `retry_after`: the number of seconds for which a server asked not to be visited; None if it did not.
    - `blocked`: True if a server refuses this program.
    - `reports`: the source's reports as the database had them when the poll began.
    - `unchanged`: the reports in which nothing has changed, each with its address.
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
        """Return True if the poll found nothing new, nothing failed, and there is nothing to tell a person."""
        return not (self.kept or self.faults or self.notes or self.turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The result of one attempt to send an alert on a channel.

    `channel` is the channel's name. `fault` says why the attempt failed; None if the alert was sent.
    """

    channel: str
    message: Message
    fault: str | None = None
