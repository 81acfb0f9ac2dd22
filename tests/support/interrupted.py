"""How a test interrupts what it has started, once that has come so far."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEADLINE = 300.0  # seconds


def until(happened: Callable[[], object]) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + DEADLINE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def status_of(process: subprocess.Popen[str]) -> int:
    """Return the exit status of a process that is to end by itself, and whose output nobody else reads any more.

    Where it does not end, fail with what each of its threads is at; for that it has to run with PYTHONFAULTHANDLER set.
    """
    try:
        return process.wait(DEADLINE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        raise AssertionError(process.communicate()[0]) from None


@contextmanager
def ctrl_c_heard_elsewhere(begun: Callable[[], object]) -> Iterator[None]:
    """Have another thread of this process hear of Ctrl-C once something has begun; it ends no wait of the first one.

    The same comes about by itself where Ctrl-C comes in the instant before a wait.
    """

    def press() -> None:
        until(begun)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presser = threading.Thread(target=press)
    presser.start()
    try:
        yield
    finally:
        presser.join()
        signal.signal(signal.SIGINT, before)
