"""Starts worker processes, for a reader in the process that tests, by forking one that has loaded what reads already.

They are children of the process that tests, with the status that they end with, as those that the program starts. To
start one anew takes longer than all that most tests ask of it. That the program starts them with the right command and
variables, and that they load what they need, is told by those tests of `tests/sandbox/` that use no `LoadedWorkers`.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import subprocess
import sys
from threading import Lock
from typing import TYPE_CHECKING, NoReturn

from monitor.sandbox import reader, worker_process
from tests.support.forked_readers import become_reader, warm
from tests.support.forks import end_after
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

PR_SET_CHILD_SUBREAPER = 36
SERVE = "from monitor.sandbox import worker\nworker.serve()\n"
_started = worker_process.started  # what is done otherwise here


class LoadedWorker:
    """A forked worker, as `subprocess.Popen` would show it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None
        self._number = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return its status if it has ended; 0 where somebody else has waited for it."""
        if self._status is None and select.select([self._number], [], [], 0)[0]:
            try:
                self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            except ChildProcessError:
                self._status = 0
            os.close(self._number)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its status. Raises TimeoutExpired after so many seconds."""
        if self._status is None and not select.select([self._number], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("the forked worker", timeout or 0)
        return self.poll() or 0


class LoadedWorkers:
    """The process that forks them, and the way to it."""

    def __enter__(self) -> Self:
        self._lock = Lock()
        self._asking, theirs = socket.socketpair()
        with theirs:
            variables = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
            command = [sys.executable, "-m", "tests.support.loaded_workers"]
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), env=variables)
        self._asking.recv(1)
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # so that they become children of this process
        return self

    def __exit__(self, *_: object) -> None:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        self._asking.close()
        self._process.wait()

    def started(self, command: Sequence[str], connection: socket.socket) -> object:
        """Start a worker that does what a command of Python says, as the reader would; any other command is run."""
        if command == reader.WORKER_COMMAND:
            script = SERVE
        elif tuple(command[:2]) == (sys.executable, "-c"):
            script = command[2]
        else:
            return _started(command, connection)
        with self._lock:
            socket.send_fds(self._asking, [len(script).to_bytes(8) + script.encode("ascii")], [connection.fileno()])
            return LoadedWorker(int.from_bytes(self._asking.recv(8, socket.MSG_WAITALL)))


def _fork_on(asking: socket.socket) -> None:
    """Fork a worker for each one that is asked for, until whoever asks has ended.

    It is forked by a process that ends at once: so it becomes a child of the process that asks.
    """
    asking.sendall(b"!")
    while True:
        head, connections, _, _ = socket.recv_fds(asking, 8, 1)
        if not head:
            return
        script = asking.recv(int.from_bytes(head), socket.MSG_WAITALL).decode("ascii")
        reading, writing = os.pipe()
        between = os.fork()
        if not between:
            child = os.fork()
            if not child:
                _work(connections[0], script)
            os.setpgid(child, child)  # before anybody can end the group
            os.write(writing, child.to_bytes(8))
            os._exit(0)
        os.waitpid(between, 0)
        asking.sendall(os.read(reading, 8))
        for number in (*connections, reading, writing):
            os.close(number)


def _work(connection: int, script: str) -> NoReturn:
    """Become a worker that runs a script."""

    def run() -> None:
        become_reader(connection)
        exec(compile(script, "<string>", "exec"), {"__name__": "__main__"})

    end_after(run)


if __name__ == "__main__":
    warm()
    _fork_on(socket.socket(fileno=os.dup(0)))
