"""Slows down attempts to guess a password: each wrong one from an address is answered later than the one before."""

from __future__ import annotations

from dataclasses import dataclass

MAX_REMEMBERED_ADDRESSES = (
    10_000  # whose wrong passwords are remembered; the one that was quiet for longest is forgotten first
)
FORGET_SECONDS = 600.0  # after the last wrong password of an address they are forgotten
FIRST_PAUSE_SECONDS = 0.25  # before the answer to the first wrong password; doubled with each further one
MAX_PAUSE_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class _Wrong:
    """The wrong passwords that came from one address: how many, and when the last one came."""

    count: int
    at: float


class Attempts:
    """Counts the recent wrong passwords from each address."""

    def __init__(self) -> None:
        self._wrong: dict[str, _Wrong] = {}

    def pause(self, address: str, *, now: float) -> float:
        """Note a wrong password, and return the seconds to wait before it is answered.

        `address` is the address that it came from. `now` is the present time in seconds, by a clock that never jumps,
        like `time.monotonic`.
        """
        before = self._wrong.pop(address, None)
        count = before.count + 1 if before and now - before.at < FORGET_SECONDS else 1
        self._wrong[address] = _Wrong(count, now)
        while len(self._wrong) > MAX_REMEMBERED_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        return min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(count - 1, 20))
