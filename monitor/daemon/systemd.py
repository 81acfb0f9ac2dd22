"""Messages to systemd about the daemon's state, if systemd started it; see sd_notify(3)."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """Sends messages to systemd, through the socket at `address`; without an address, no message is sent."""

    address: str | None = None

    @classmethod
    def of_environment(cls) -> Supervisor:
        """Make a supervisor for the socket in the variable NOTIFY_SOCKET; if it is not set, one without an address."""
        return cls(address=os.environ.get("NOTIFY_SOCKET") or None)

    def tell(self, *lines: str) -> None:
        """Send lines to systemd, for example `READY=1`. It is no error if nobody listens."""
        if self.address is None:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.connect(address)
            out.sendall("\n".join(lines).encode())

    def reloading(self) -> None:
        """Tell systemd that a new configuration is being read."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
