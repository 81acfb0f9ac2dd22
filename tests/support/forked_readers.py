"""Starts the processes that read files for a program that is to be killed, by forking one that has loaded all of it.

A killed program starts such a process for each of its sources, which takes longer than all else that it does. That each
is started anew by the program, and ends with it, is told in `tests/sandbox/`, where none is forked.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, NoReturn

from monitor.config.file import load
from monitor.extract import read
from monitor.jurisdictions.gazetteer import counties_of
from monitor.jurisdictions.states import STATES
from monitor.sandbox import reader, worker, worker_process
from monitor.sandbox.known import KnownRecords
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

_started = worker_process.started  # what is done otherwise here


def warm() -> None:
    """Do in this process what each process that is forked from it would do anew with its first file.

    That is to unpack the gazetteer, and to prepare the libraries that read, which takes longer than to read the files
    of most tests.
    """
    from monitor.demo import ddor, issues, sheets  # noqa: PLC0415 - for a process that forks

    for code in STATES:
        counties_of(code)
    config = load(ROOT / "config.yaml")
    agreement = sheets.Agreement(
        state="TEXAS", agency="Bee County Sheriff's Office", type="County", county="Bee County", model="x",
        signed=date(2025, 6, 5),
    )  # fmt: skip
    for content, name, key in (
        (sheets.sheet([agreement]), issues.AGREEMENTS_SOURCE, "participating"),
        (ddor.ddor_pdf(ddor.history()[0]), "ice-ddor", "weekly"),
    ):
        report = config.sources[name].reports[key]
        reading = read.read_report(content, report)
        assert worker._judged(reading, report, date(2025, 6, 5), KnownRecords(), lambda *_: None).doubts  # noqa: SLF001


class ForkedReader:
    """A process that reads, as `subprocess.Popen` would show it; it is no child of this process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._number = os.pidfd_open(pid)
        except ProcessLookupError:
            self._number = -1

    def poll(self) -> int | None:
        """Return a status if the process has ended."""
        if self._number >= 0 and select.select([self._number], [], [], 0)[0]:
            os.close(self._number)
            self._number = -1
        return None if self._number >= 0 else -signal.SIGKILL

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, for so many seconds at most; return its status, 0 where it has not ended."""
        if self._number >= 0:
            select.select([self._number], [], [], timeout)
        return self.poll() or 0


class ReaderForks:
    """The process that forks them, which ends with the process that began it."""

    def __init__(self) -> None:
        ends, self._lives = os.pipe()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("")  # a name that nobody else has
            listening.listen(64)
            self._name = listening.getsockname()
            if not os.fork():
                os.close(self._lives)
                _fork_on(listening, ends)
        os.close(ends)

    def use(self) -> None:
        """Have all that this process is to read be read by forked processes."""
        os.close(self._lives)
        worker_process.started = self._forked  # type: ignore[assignment]

    def _forked(self, command: Sequence[str], connection: socket.socket) -> object:
        if command != reader.WORKER_COMMAND:
            return _started(command, connection)
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(self._name)
            socket.send_fds(asking, [b"?"], [connection.fileno()])
            return ForkedReader(int.from_bytes(asking.recv(8, socket.MSG_WAITALL)))


def _fork_on(listening: socket.socket, ends: int) -> NoReturn:
    """Fork a process for each one that asks, until the one that began this has ended.

    Whoever asks may be killed at any moment, also before it has said what for, and before it is answered.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    while ends not in select.select([listening.fileno(), ends], [], [])[0]:
        with listening.accept()[0] as asking, suppress(OSError):
            _, connections, _, _ = socket.recv_fds(asking, 1, 1)
            for connection in connections:
                pid = os.fork()
                if not pid:
                    _read_on(connection)
                os.close(connection)
                asking.sendall(pid.to_bytes(8))
    os._exit(0)


def become_reader(connection: int) -> None:
    """Become a process that reads, with a group of its own, no other open files, and no variables that may be secret.

    `connection` becomes its standard input; what it prints is lost.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(connection, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.closerange(3, 1 << 16)
    for name in os.environ.keys() - set(worker_process.PASSED_VARIABLES):
        del os.environ[name]


def _read_on(connection: int) -> NoReturn:
    """Read what comes by a connection, until it ends."""
    status = 1
    try:
        become_reader(connection)
        worker.serve()
        status = 0
    finally:
        os._exit(status)
