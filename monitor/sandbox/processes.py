"""Finds all processes below one process, counts their memory, and kills them."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

MAX_ROUNDS = 20  # of killing: a process may start another one while it is looked for
MAX_END_MILLISECONDS = 5_000  # in which a killed process ends; one that a broken disk holds is not waited for


def below(root: int) -> Iterator[int]:
    """Yield the ids of all running processes that the process with the id `root` started, directly or not."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                # The name of a program stands in brackets, and may have any letters in it.
                state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents.setdefault(int(parent), []).append(int(folder.name))
    waiting = [root]
    while waiting:
        children = parents.get(waiting.pop(), [])
        yield from children
        waiting += children


def memory_of_tree(root: int) -> int:
    """Return the bytes of memory that the process with the id `root` and all below it use.

    Memory that only mirrors files on the disk is left out.
    """
    total = 0
    for number in (root, *below(root)):
        with suppress(OSError, ValueError):
            resident, shared = Path(f"/proc/{number}/statm").read_text(encoding="ascii").split()[1:3]
            total += int(resident) - int(shared)
    return total * os.sysconf("SC_PAGE_SIZE")


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process and every process below it, and wait for it.

    The processes below are killed first. The process must have called `end_with_parent`: then it stays the parent of
    all of them as long as it lives, and none is missed.
    """
    for _ in range(MAX_ROUNDS):
        numbers = tuple(below(process.pid)) if process.poll() is None else ()
        for number in numbers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        if not numbers:
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_users(folder: str) -> None:
    """End every process that has a folder as one of its environment variables, and all below it; wait for their end.

    They are found even if the process that started them was killed, so that `kill_tree` no longer finds them below it.
    Afterwards nothing writes into the folder.
    """
    mark = f"={folder}\0".encode()
    for _ in range(MAX_ROUNDS):
        found = [number for number in _all_processes() if _has_variable(number, mark)]
        if not found:
            return
        for number in {*found, *(other for each in found for other in below(each))}:
            with suppress(OSError):  # it is gone, or may not be killed
                _kill(number)


def _all_processes() -> Iterator[int]:
    """Yield the ids of all processes of this machine but this one."""
    numbers = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal())
    return (number for number in numbers if number != os.getpid())


def _has_variable(number: int, mark: bytes) -> bool:
    """Return whether the environment variables of a process have a mark; False if they can't be read."""
    with suppress(OSError):
        return mark in Path(f"/proc/{number}/environ").read_bytes()
    return False


def _kill(number: int) -> None:
    """Kill a process that may be no child of this one, and wait for its end. Raises OSError if it is gone."""
    handle = os.pidfd_open(number)
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        ending = select.poll()
        ending.register(handle, select.POLLIN)
        ending.poll(MAX_END_MILLISECONDS)
    finally:
        os.close(handle)
