"""Stands in for a channel whose packages are not installed: its alerts wait until the packages are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.errors import TransportError

if TYPE_CHECKING:
    from monitor.alerts.message import Message


class Absent:
    """A channel that can't send for now, because a package is missing; its alerts are tried again later."""

    def __init__(self, name: str, *, fault: str) -> None:
        """Take the channel's name in the configuration, and a sentence that says what is missing."""
        self._name = name
        self._fault = fault

    def send(self, message: Message) -> None:
        """Send nothing. Raises TransportError, which says what to install."""
        raise TransportError(f"channel {self._name}: {message.subject!r} waits: {self._fault}", permanent=False)
