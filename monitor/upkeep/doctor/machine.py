"""The doctor's checks of this machine: versions, limits, the year, the kernel's sandbox, the daemon."""

from __future__ import annotations

import platform
import resource
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from monitor import __version__
from monitor.files import lock
from monitor.upkeep.doctor.finding import fault, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from monitor.upkeep.doctor.finding import Finding
    from monitor.upkeep.doctor.stored import Waiting

DAEMON_LOCK = ".daemon-lock"  # in the state folder, locked by the daemon that runs on it
FIRST_YEAR = 2025  # no release of this program is older
MIN_OPEN_FILES = 256  # at the same time: connections, databases, the worker's pipes
SHOWN_LIBRARIES = (  # whose versions matter to a report of a fault
    "httpx",
    "httpcore",
    "h2",
    "lxml",
    "pdfplumber",
    "pypdfium2",
    "python-calamine",
    "pydantic",
)


def machine_findings(state: Path, *, now: datetime, waiting: Waiting | None = None) -> Iterator[Finding]:
    """Yield findings on this machine, and on the daemon of the state folder `state`.

    `waiting` has the numbers of alerts that wait to be sent; None if that is not known.
    """
    yield ok("versions", f"monitor {__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield ok("versions", ", ".join(filter(None, map(_library, SHOWN_LIBRARIES))))
    yield sqlite(sqlite3.sqlite_version_info)
    if now.year < FIRST_YEAR:
        yield fault("clock", f"this machine takes it for {now:%Y-%m-%d}", "set the clock; run an NTP client")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < MIN_OPEN_FILES:
        yield warning("limits", f"{soft} open files are allowed", f"`ulimit -n`, or LimitNOFILE= in the unit: {4096}")
    else:
        yield ok("limits", f"{soft if soft != resource.RLIM_INFINITY else 'any number of'} open files are allowed")
    yield from _sandbox()
    yield _daemon(state, waiting)


def _library(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return ""


def sqlite(release: tuple[int, int, int]) -> Finding:
    """Return a finding on the release of SQLite, since some releases can damage a database in WAL mode.

    This program uses that mode. sqlite.org/wal.html#walresetbug describes the fault. It is mended from 3.51.3 on; among
    older releases also from 3.50.7 and from 3.44.6 on.
    """
    named = "SQLite " + ".".join(map(str, release))
    if release >= (3, 51, 3) or (3, 50, 7) <= release < (3, 51) or (3, 44, 6) <= release < (3, 45):
        return ok("versions", named)
    what = f"{named} can, very rarely, damage a database that two processes write (sqlite.org/wal.html#walresetbug)"
    return warning("versions", what, "have a backup made daily; take 3.51.3 or later when the system has it")


def _sandbox() -> Iterator[Finding]:
    """Yield findings on the kernel's sandbox, which confines the process that reads files from publishers."""
    from monitor.sandbox import confine  # noqa: PLC0415 - starts a process

    means = confine.available()
    for missing in means.missing:
        yield warning("sandbox", missing, "files are still read in a process with limits; a newer kernel has it")
    holding = [
        *([f"Landlock {means.landlock}"] if means.landlock else []),
        *(["a seccomp filter"] if means.seccomp else []),
        *(["no new privileges"] if means.no_new_privileges else []),
    ]
    if holding:
        yield ok("sandbox", f"files are read under {', '.join(holding)}")


def is_daemon_running(state: Path) -> bool:
    """Return whether a daemon runs on the state folder; a running daemon has locked it."""
    try:
        with lock(state / DAEMON_LOCK, wait=False, shared=True):
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False  # no folder, no file, or one that this user may not read


def _daemon(state: Path, waiting: Waiting | None) -> Finding:
    """Return a finding on whether a daemon runs on the state folder; that none runs while alerts wait is not well."""
    if is_daemon_running(state):
        process = (state / DAEMON_LOCK).read_text(encoding="ascii", errors="replace").strip() or "unknown"
        return ok("daemon", f"`monitor run` is running, process {process}")
    stopped = "`monitor run` is not running on this state folder"
    remedy = "start it, or run `monitor poll` from a timer; `monitor outbox` shows the alerts"
    if waiting and waiting.overdue:
        return fault("daemon", f"{stopped}, and {_alerts(waiting.overdue)} should have been sent by now", remedy)
    if waiting and waiting.later:
        return warning("daemon", f"{stopped}, and {_alerts(waiting.later)} will be due", remedy)
    return ok("daemon", stopped)


def _alerts(count: int) -> str:
    return "1 alert" if count == 1 else f"{count:,} alerts"
