"""Runs `monitor ...` and kills it, with SIGKILL, just before the Nth line of certain modules.

    strike(120, "upkeep/backup,store/archive", "--state", "state", "backup", "/mnt/backup")

Modules of monitor are named by the ends of their paths.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING

from tests.support.forks import Ended, forked

if TYPE_CHECKING:
    from types import FrameType

    from _typeshed import TraceFunction


def lines(modules: str, *arguments: object) -> int:
    """How many lines of these modules a command runs, left alone; it must succeed."""
    ended = _run(0, modules, arguments)
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout.splitlines()[-1])


def strike(number: int, modules: str, *arguments: object) -> bool:
    """Kill a command at a line; returns whether it got that far."""
    ended = _run(number, modules, arguments)
    assert ended.returncode in {-signal.SIGKILL, 0}, ended.stderr
    return ended.returncode == -signal.SIGKILL


def _run(number: int, modules: str, arguments: tuple[object, ...]) -> Ended:
    return forked("tests.support.striking:run_to", (number, modules, list(map(str, arguments))))


def run_to(number: int, modules: str, arguments: list[str]) -> None:
    """Run a command in this process, and kill it at a line; where it never comes there, print how many it has run."""
    from monitor.cli import main  # noqa: PLC0415 - not in the process that tests

    ends = tuple(f"{name}.py" for name in modules.split(","))
    seen = 0

    @cache  # it is asked at each call of each function
    def is_named(file: str) -> bool:
        return file.endswith(ends)

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        nonlocal seen
        if not is_named(frame.f_code.co_filename) or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            return None  # of other modules, or no function's: run once, when its module is loaded
        if event == "line":
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    try:
        main(arguments)
    except SystemExit as ended:
        sys.settrace(None)
        if ended.code:
            raise
        print(seen)  # noqa: T201 - for the process that started this one
