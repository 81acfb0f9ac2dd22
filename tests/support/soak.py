"""Lets the daemon poll a source that does not change, for a long time: nothing may grow.

    python -m tests.support.soak --polls 20000

Prints the size of the database, the memory and the open files of the process after the first polls and in the end.
Exit status 1 where one of them has grown.
"""

from __future__ import annotations

import argparse
import logging
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psutil
import structlog

from monitor.daemon.daemon import Daemon
from monitor.daemon.systemd import Supervisor
from monitor.demo.publisher import Publisher
from monitor.program import Program
from monitor.store.database import MAX_LOCK_WAIT_SECONDS
from tests.support.crashes import Agencies, hurried
from tests.support.delivery import subscribing

FASTER = 2000  # how much faster the daemon's clock goes
TICK = 0.002  # seconds between two looks at what is due
MEMORY = 1.10  # times what it was after the first polls


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What the process and its database take: bytes in memory, open files, connections, bytes on disk.

    `files` are without those of the database, of which each thread has a connection, once it has work for the first
    time: a thread more is no growth, but there are never more `connections` than `threads`.
    """

    polls: int
    memory: int
    files: int
    connections: int
    threads: int
    database: int

    def __str__(self) -> str:
        return (
            f"after {self.polls:6} polls: {self.memory / 1e6:.1f} MB of memory, {self.files} open files, "
            f"{self.connections} connections of {self.threads} threads, {self.database} bytes of database"
        )


def soak(polls: int, first: int, folder: Path) -> tuple[Size, Size]:
    """Poll so often; returns the sizes after the first polls and after all."""
    config, state = folder / "config.yaml", folder / "state"
    counted = [0]
    reached = threading.Condition()
    with Publisher() as publisher:
        Agencies(publisher, Random(1))
        subscribing(config, publisher.address, channels={}, subscriptions={})
        hurried(config)
        with Program(config_path=config, state_override=state) as program:
            begun, start = time.monotonic(), datetime.now(UTC)
            program.now = lambda: start + FASTER * timedelta(seconds=time.monotonic() - begun)
            steps = program.steps

            def look(name: str) -> object:
                polled = steps.look(name)
                assert not polled.faults, polled.faults
                with reached:
                    counted[0] += 1
                    reached.notify_all()
                return polled

            daemon = Daemon(steps=replace(steps, look=look), supervisor=Supervisor(), tick=TICK)  # type: ignore[arg-type]
            daemon.start()
            sizes = []
            try:
                for wanted in (first, polls):
                    with reached:
                        while counted[0] < wanted:
                            assert reached.wait(300), "no poll for five minutes"
                    sizes.append(_size(program, wanted))
            finally:
                has_ended = daemon.stop()
            assert has_ended
    return sizes[0], sizes[1]


def _size(program: Program, polls: int) -> Size:
    # By a connection of its own: the one of this thread is also the one by which the daemon looks to its health.
    with closing(sqlite3.connect(program.store.path, timeout=MAX_LOCK_WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened = list(filter(None, map(_target, Path("/proc/self/fd").iterdir())))
    database = str(program.store.path)
    return Size(
        polls=polls,
        memory=psutil.Process().memory_info().rss,
        files=sum(not target.startswith(database) for target in opened),
        connections=opened.count(database),
        threads=threading.active_count(),
        database=program.store.path.stat().st_size,
    )


def _target(path: Path) -> str:
    """What an open file is; nothing where it was closed meanwhile."""
    try:
        return str(path.readlink())
    except OSError:
        return ""


def grown(before: Size, after: Size) -> list[str]:
    """What has grown and must not."""
    return [
        what
        for what, is_so in (
            ("memory", after.memory > MEMORY * before.memory),
            ("open files", after.files > before.files),
            ("the number of connections", after.connections > after.threads),
            ("the database", after.database > before.database),
        )
        if is_so
    ]


def _main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.soak", description=__doc__)
    parser.add_argument("--polls", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=1000)
    given = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as temporary:
        before, after = soak(given.polls, given.first, Path(temporary))
    faults = grown(before, after)
    print(before, after, *(f"{what} has grown" for what in faults), sep="\n")  # noqa: T201
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    _main(sys.argv[1:])
