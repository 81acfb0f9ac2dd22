"""Makes packets of evidence for the pages within limits: few at a time, few for each reader, none too large.

The latest packets are remembered, within limits.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.errors import MonitorError
from monitor.web.files import MAX_WAIT_SECONDS, BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

MAX_PACKET_BYTES = 100_000_000  # bytes of one packet
MAX_PACKET_CACHE_BYTES = 64_000_000  # bytes of packets that are remembered
MAX_PACKETS_WAITED_FOR = 3  # packets: one that is being made, and others that wait for it
MAX_READERS_COUNTED = 10_000  # addresses whose packets are counted
PACKETS_AT_ONCE = 20  # packets that one address gets one after the other
SECONDS_A_PACKET = 30.0  # seconds until it gets one more
IPV6_NETWORK_BITS = 64  # of an IPv6 address; the rest one reader can choose freely


class LimitedError(MonitorError):
    """A reader has asked for too many packets, and may ask again after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"you have asked for many packets in a short time; ask again in {seconds} seconds, or have them made on "
            "the machine itself with `monitor exhibit`"
        )
        self.seconds = seconds


@dataclass(kw_only=True)
class ReaderLimit:
    """Counts how many packets each address has asked for, and refuses those that are too many.

    - `at_once`: how many packets an address gets one after the other.
    - `seconds_each`: after how many seconds it gets one more.
    - `clock`: a function that returns seconds, and never goes back.
    """

    at_once: int = PACKETS_AT_ONCE
    seconds_each: float = SECONDS_A_PACKET
    clock: Callable[[], float] = time.monotonic
    _used: OrderedDict[str, float] = field(default_factory=OrderedDict)  # when an address has all its packets again
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, reader: str) -> None:
        """Count one packet for the reader at an address. Raises LimitedError if it has had too many."""
        now = self.clock()
        with self._lock:
            whole_again = max(self._used.pop(reader, now), now) + self.seconds_each
            too_many = whole_again - now - self.at_once * self.seconds_each
            self._used[reader] = whole_again - self.seconds_each if too_many > 0 else whole_again
            while len(self._used) > MAX_READERS_COUNTED:
                self._used.popitem(last=False)
        if too_many > 0:
            raise LimitedError(int(too_many) + 1)


class Packets:
    """Makes packets for the pages, one at a time, and remembers the latest ones; all threads share one object."""

    def __init__(self, limit: ReaderLimit | None = None) -> None:
        self.limit = limit or ReaderLimit()
        self._waiting = threading.BoundedSemaphore(MAX_PACKETS_WAITED_FOR)
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._known: OrderedDict[str, bytes] = OrderedDict()

    def known(self, key: str) -> bytes | None:
        """Return the packet with this key if it is remembered, or None."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def made(self, key: str, make: Callable[[], tuple[bytes, bool]]) -> tuple[bytes, bool]:
        """Return the packet with this key, and whether it is whole; a packet that is not whole is not remembered.

        `make` is called if the packet is not remembered. Raises BusyError if too many packets are being made.
        """
        if (known := self.known(key)) is not None:
            return known, True
        with self._one_at_a_time():
            if (known := self.known(key)) is not None:  # another reader had it made meanwhile
                return known, True
            content, is_whole = make()
        if is_whole:
            with self._lock:
                self._known[key] = content
                while sum(map(len, self._known.values())) > MAX_PACKET_CACHE_BYTES:
                    self._known.popitem(last=False)
        return content, is_whole

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        said = "other packets are being made at this moment; try again in a minute"
        if not self._waiting.acquire(blocking=False):
            raise BusyError(said)
        try:
            if not self._turn.acquire(timeout=MAX_WAIT_SECONDS):
                raise BusyError(said)
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._waiting.release()


def address_of_reader(request: Request) -> str:
    """Return the address of the reader who sent a request; of an IPv6 address only the network.

    If the request came from this machine, a web server stands in front. Then the address is the last one in
    `X-Forwarded-For`, which that server has written.
    """
    sent_by = request.client.host if request.client else ""
    found = _address(sent_by)
    if found is None or not found.is_loopback:
        return _network(found, sent_by)
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    named = _address(forwarded)
    return _network(named, forwarded) if named else sent_by


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(address: ipaddress.IPv4Address | ipaddress.IPv6Address | None, text: str) -> str:
    if address is None or address.version == 4:
        return text
    return str(ipaddress.ip_network((int(address), IPV6_NETWORK_BITS), strict=False))
