"""How the steps went: one value for each unit of work, for whoever called the step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from monitor.alerts.message import Message
    from monitor.store.rows import ReportRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What became of one version: recorded with its amendments, held with a reason, or stuck with a fault.

    `entries` are the amendments as the change log prints them, `first` the lists seen for the first time, with their
    records.
    """

    version: VersionRow
    entries: tuple[Mapping[str, Any], ...] = ()
    first: Mapping[str, int] = field(default_factory=dict)
    hold_reason: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How one poll of a source went: versions kept, what failed, and what else is worth a line.

    `reports` are as they were when it `started`; `unchanged` are those that stand so, each with its address. `turned`
    are reports that count as taken down now, or as back again. `retry_after` are the seconds for which a server asks to
    be left alone, if it does. `blocked` says that one refuses this program.
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
        """True where all stands as it stood, and nothing is worth a line."""
        return not (self.kept or self.faults or self.notes or self.turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One attempt: what was sent where, or why it was not."""

    channel: str
    message: Message
    fault: str | None = None
