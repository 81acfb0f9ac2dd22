"""Runs `monitor ...` and kills it, with SIGKILL, just before the Nth line of certain modules.

    strike(120, "upkeep/backup,store/archive", "--state", "state", "backup", "/mnt/backup")

Modules of monitor are named by the ends of their paths.

A kill leaves behind what is on the disk. Between two lines that leave the same files a kill makes no difference, so it
is enough to strike once for each state of the disk: `stages` finds a line for each of them.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING

from tests.support.forks import Ended, forked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from _typeshed import TraceFunction


def lines(modules: str, *arguments: object) -> int:
    """How many lines of these modules a command runs, left alone; it must succeed."""
    ended = _run(0, modules, arguments)
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout.splitlines()[-1])


def stages(modules: str, watched: Sequence[Path], *arguments: object) -> list[int]:
    """Return for each state in which a command leaves files, one after the other, the first line that finds it.

    The command is left alone and must succeed. `watched` are files, there or not, and folders, with all that is in them
    at any depth. The lines are numbered as in `strike`; the first state is that which the command found.
    """
    ended = _run(0, modules, arguments, watched)
    assert ended.returncode == 0, ended.stderr
    return list(map(int, ended.stdout.splitlines()[-2].split()))


def strike(number: int, modules: str, *arguments: object) -> bool:
    """Kill a command at a line; returns whether it got that far."""
    ended = _run(number, modules, arguments)
    assert ended.returncode in {-signal.SIGKILL, 0}, ended.stderr
    return ended.returncode == -signal.SIGKILL


def _run(number: int, modules: str, arguments: tuple[object, ...], watched: Sequence[Path] = ()) -> Ended:
    told = (number, modules, list(map(str, arguments)), list(map(str, watched)))
    return forked("tests.support.striking:run_to", told)


def _files(watched: Sequence[str]) -> frozenset[tuple[str, int, int, int]]:
    """Return what is on the disk: all files, but for the index of SQLite's log, which is made anew after a kill."""
    found = set()
    for path in watched:
        inside = (f"{folder}/{name}" for folder, _, names in os.walk(path) for name in names)
        for file in (path, *inside):
            with suppress(FileNotFoundError):
                stat = Path(file).stat()
                if not file.endswith("-shm") and not S_ISDIR(stat.st_mode):
                    found.add((file, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return frozenset(found)


def run_to(number: int, modules: str, arguments: list[str], watched: Sequence[str]) -> None:
    """Run a command in this process, and kill it at a line.

    Where it never comes there, print the lines at which the watched files were found changed, and on a line of
    its own how many lines it has run.
    """
    from monitor.cli import main  # noqa: PLC0415 - not in the process that tests

    ends = tuple(f"{name}.py" for name in modules.split(","))
    seen = 0
    changed: list[int] = []
    before: frozenset[tuple[str, int, int, int]] | None = None

    @cache  # it is asked at each call of each function
    def is_named(file: str) -> bool:
        return file.endswith(ends)

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        nonlocal seen, before
        if not is_named(frame.f_code.co_filename) or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            return None  # of other modules, or no function's: run once, when its module is loaded
        if event == "line":
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
            if watched and (now := _files(watched)) != before:
                changed.append(seen)
                before = now
        return trace

    if modules:  # else it is to be left alone, and nobody counts
        threading.settrace(trace)
        sys.settrace(trace)
    try:
        main(arguments)
    except SystemExit as ended:
        sys.settrace(None)
        if ended.code:
            raise
        print(f"{' '.join(map(str, changed))}\n{seen}")  # noqa: T201 - for the process that started this one
