"""The daemon's notices to systemd, where systemd started it: sd_notify(3)."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """The socket to systemd; without an address nothing is told."""

    address: str | None = None

    @classmethod
    def of_environment(cls) -> Supervisor:
        """Return the supervisor that started this process, or one without an address."""
        return cls(address=os.environ.get("NOTIFY_SOCKET") or None)

    def tell(self, *lines: str) -> None:
        """Send assignments, for example `READY=1`. That nobody listens is no fault of the daemon."""
        if self.address is None:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.connect(address)
            out.sendall("\n".join(lines).encode())

    def reloading(self) -> None:
        """Tell that a new configuration is being read."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
