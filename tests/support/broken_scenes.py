"""Scenes in which something breaks under the program, each to be played in a process of its own.

They stand apart from the tests that play them, so that such a process loads no more than it needs.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
import resource
import subprocess
from contextlib import suppress
from dataclasses import replace

from tests.support.world import Outcome, worlds

MOST_FILES = 64


def mount(*arguments: object) -> None:
    """Mount something, or mount it otherwise."""
    subprocess.run(["mount", *map(str, arguments)], check=True)


def full_disk(*sizes: str) -> list[Outcome]:
    """A scene: a disk of so many KB, which gets more room after the first fault."""
    outcomes = []
    with worlds() as make:
        for size in sizes:
            world = make()
            world.state.mkdir()
            mount("-t", "tmpfs", "-o", f"size={size}k", "tmpfs", world.state)
            outcomes.append(world.story(lambda state=world.state: mount("-o", "remount,size=64m", state)))  # type: ignore[misc]
            subprocess.run(["umount", "-l", world.state], check=True)
    return outcomes


def read_only() -> Outcome:
    """A scene: a state folder that can't be written any more, and then can again."""
    with worlds() as make:
        world = make()
        world.state.mkdir()
        mount("-t", "tmpfs", "tmpfs", world.state)
        world.publish(3)
        world.round()
        mount("-o", "remount,ro", world.state)
        outcome = world.story(lambda: mount("-o", "remount,rw", world.state))
        subprocess.run(["umount", "-l", world.state], check=True)
        return outcome


def failing_disk(word: str, start: str, step: str) -> list[Outcome]:
    """A scene: one call that writes below the state folder fails; number `start`, and each `step`th after it."""
    disk = ctypes.CDLL(None)
    disk.disk_failed.restype = ctypes.c_char_p
    outcomes: list[Outcome] = []
    with worlds() as make:
        for number in itertools.count(int(start), int(step)):
            world = make()
            disk.disk_fails(str(world.state).encode(), number, getattr(errno, word))
            outcome = world.story(disk.disk_mended)
            failed = disk.disk_failed().decode()
            if not failed:
                return outcomes
            outcomes.append(replace(outcome, failed=failed))
    raise AssertionError


def few_files(*numbers: str) -> list[Outcome]:
    """A scene: so many files more may be opened, until the first fault is mended."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    outcomes = []
    with worlds() as make:
        warm = make()
        warm.publish(2)
        warm.round()  # what is imported is read from files, too
        for number in numbers:
            world = make()
            resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, before[1]))
            taken: list[int] = []
            with suppress(OSError):
                while True:
                    taken.append(os.dup(0))
            for _ in range(int(number)):
                os.close(taken.pop())

            def mend(taken: list[int] = taken) -> None:
                while taken:
                    os.close(taken.pop())
                resource.setrlimit(resource.RLIMIT_NOFILE, before)

            outcomes.append(world.story(mend))
    return outcomes
