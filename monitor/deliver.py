"""The third step: what is in the outbox is sent, and marked after it was sent: at least once, never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from monitor.rows import instant
from monitor.store import outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monitor.store import Store
    from monitor.store.outbox import AlertRow


class Channel(Protocol):
    """A place to send alerts to."""

    def send(self, alert: AlertRow) -> None:
        """Send one alert; returns once the receiver has taken it."""


def deliver(store: Store, channel: Channel, *, now: Callable[[], datetime]) -> int:
    """Send all alerts that wait; returns how many."""
    sent = 0
    for alert in outbox.waiting(store):
        channel.send(alert)
        with store.transaction():
            outbox.mark_delivered(store, alert, at=instant(now()))
        sent += 1
    return sent
