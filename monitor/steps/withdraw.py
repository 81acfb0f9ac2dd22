"""A whole report is taken down, or comes back: logged and told as one entry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from monitor.alerts import outbox
from monitor.changelog import entry
from monitor.steps.outcomes import Processed
from monitor.store import changelog
from monitor.times import instant

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.config.sources import Config
    from monitor.model import AmendmentKind
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


class Teller(Protocol):
    """What has a log, and a configuration that says who is told: this step's Processor, the poll's Poller."""

    @property
    def store(self) -> Store:
        """The database."""

    @property
    def config(self) -> Config:
        """The configuration."""


def note_withdrawal(step: Teller, version: VersionRow, *, kind: AmendmentKind, now: datetime) -> Processed:
    """Log, and tell, that a whole report was taken down or came back. Call within a transaction."""
    told = entry.of_report(version, kind, at=instant(now))
    logged = changelog.append(step.store, told, version_id=version.id, line_id=None, state=None)
    polled = replace(version, via="poll")  # also where the last version was imported, this was seen by polling
    outbox.announce(step.store, step.config, polled, entries=[logged], first={}, now=now)
    return Processed(version=polled, entries=(logged,))
