"""A browser that draws the pages of many tests, each in a context of its own: to start one takes longer than to draw.

Only the browser is kept. Who orders a drawing, answers the page's requests and looks at what was drawn is the program
as it is; what it starts for each drawing is a process that hands its socket on to the kept one. That the program starts
a browser for each drawing, and that nothing of it is left, is told by tests with an `own_browser`.

A page is at rest sooner than for the program, whose second of rest is for servers that take their time.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager, suppress
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from monitor.sandbox import browser, drawing, offline, processes
from monitor.sandbox.own_folder import MAX_PLACE_CHARACTERS
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

LOOK_MILLISECONDS, REST_SECONDS = 50, 0.25
# Hands its standard input on to the kept process, and stays until that has done with it, or it is killed.
HAND_ON = """
import socket, sys
with socket.socket(socket.AF_UNIX) as kept:
    kept.connect(sys.argv[1])
    socket.send_fds(kept, [b"-"], [0])
    kept.recv(1)
"""
OWN = drawing.BROWSER_COMMAND
_kept: list[int] = []  # ids of processes


@pytest.fixture(scope="module")
def kept_browser() -> Iterator[None]:
    """Have one browser draw what the program draws in the tests of a module that ask for this."""
    place = gettempdir() if len(gettempdir()) <= MAX_PLACE_CHARACTERS else "/tmp"
    with TemporaryDirectory(prefix="kept-browser-", dir=place, ignore_cleanup_errors=True) as folder:
        places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), folder)
        path = f"{folder}/orders"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen()
            process = subprocess.Popen(
                [sys.executable, "-m", __name__], cwd=ROOT, stdin=listening.fileno(), stdout=subprocess.DEVNULL,
                env=os.environ | places, process_group=0,
            )  # fmt: skip
        _kept.append(process.pid)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(drawing, "BROWSER_COMMAND", (sys.executable, "-ISc", HAND_ON, path))
            yield
        processes.kill_tree(process)
        _kept.remove(process.pid)


@contextmanager
def own_browser() -> Iterator[None]:
    """Have the program start a browser for each drawing, as it does, while this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "BROWSER_COMMAND", OWN)
        yield


def kept_processes() -> set[int]:
    """The processes of kept browsers."""
    return {number for kept in _kept for number in (kept, *processes.below(kept))}


def serve() -> None:
    """Draw one page after the other, as they are ordered through the socket on standard input."""
    offline.end_with_parent()
    offline.go_offline()
    browser.LOOK_MILLISECONDS, browser.REST_SECONDS = LOOK_MILLISECONDS, REST_SECONDS
    started: list[Browser] = []
    with sync_playwright() as playwright, socket.socket(fileno=0) as listening:

        def launch(order: dict[str, Any]) -> Browser:
            if not started:
                started.append(browser.launched(playwright, order))
            return started[0]

        while True:
            with ExitStack() as one:
                asking = one.enter_context(listening.accept()[0])
                (number,) = socket.recv_fds(asking, 1, 1)[1]
                link = one.enter_context(closing(Connection(number)))
                with suppress(EOFError, OSError):  # whoever asked is gone, as by a limit of the program
                    browser.draw_for(link, launch)
            for context in started[0].contexts if started else ():
                context.close()


if __name__ == "__main__":
    serve()
