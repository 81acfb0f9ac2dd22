"""Logs that a whole report was taken down or came back, as one entry of the change log, and alerts subscribers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.alerts import outbox
from monitor.changelog import entry
from monitor.steps.outcomes import Processed
from monitor.store import changelog
from monitor.times import instant

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.model import AmendmentKind
    from monitor.steps.context import Context
    from monitor.store.rows import VersionRow


def note_withdrawal(context: Context, version: VersionRow, *, kind: AmendmentKind, now: datetime) -> Processed:
    """Log that a whole report was taken down or came back, and alert subscribers; return the result.

    - `version`: the report's last recorded version.
    - `kind`: WITHDRAWN or RESTORED.

    Call this within a transaction.
    """
    written = entry.of_report(version, kind, at=instant(now))
    logged = changelog.append(context.store, written, version_id=version.id, line_id=None, state=None)
    polled = replace(version, via="poll")  # also where the last version was imported, this was seen by polling
    outbox.announce(context.store, context.config, polled, entries=[logged], first={}, now=now)
    return Processed(version=polled, entries=(logged,))
