"""A process that has loaded what reads files, and is copied (forked) into a worker for each source that needs one.

To start Python and to load the program takes far longer than to fork a process that has done so. The
template itself reads no file and answers no request: it gets a socket from the main program, forks, and the fork alone
talks over that socket. So a file that has taken over its worker finds nothing there of any other source, as in a worker
that was started by itself.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS_LOOK_SECONDS = 0.01  # between two looks whether a fork has ended
MAX_TEMPLATE_MESSAGE_BYTES = 100  # of numbers, to the template and from it


class Process(Protocol):
    """A process, with those methods of `subprocess.Popen` that are used here."""

    @property
    def pid(self) -> int:
        """Its number, which is that of its process group too."""
        ...

    def poll(self) -> int | None:
        """Return its exit status, or None if it is still running."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, for `timeout` seconds at most, and return its exit status. Raises TimeoutExpired."""
        ...


def kill_group(process: Process) -> None:
    """End a process and every process of its group, and wait for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Template:
    """The main program's side: the template process, and the socket by which it is asked for forks.

    A message to it is either a socket for a new fork, answered with the number of that process, or the number of a fork
    and whether to wait for its end, answered with its exit status. Any thread may ask.
    """

    def __init__(self, start: Callable[[socket.socket], Process], *, seconds: float) -> None:
        """Start the template.

        start: a function that starts the process; its argument is to be the standard input of the process.
        seconds: how long that may take, and how long it may take to fork.

        Raises OSError or EOFError if it does not start.
        """
        self._lock = Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(seconds)
        try:
            with theirs:
                self._process = start(theirs)
            self._answer()
        except BaseException:
            self.kill()
            raise

    def fork(self, connection: socket.socket) -> Fork:
        """Make a new worker, whose standard input is `connection`. Raises OSError or EOFError."""
        with self._lock:
            socket.send_fds(self._control, [b"+"], [connection.fileno()])
            return Fork(self, self._answer())

    def status_of(self, pid: int, *, wait: bool) -> int | None:
        """Return the exit status of a fork, as `subprocess` has it; None if it is still running.

        wait: whether to wait for its end. If the template has ended, nobody can tell the status: it counts as killed.
        """
        with self._lock:
            try:
                self._control.sendall(b"%d %d" % (pid, not wait))
                status = self._answer()
            except (OSError, EOFError):
                self._control.close()  # an answer that comes late must not be taken for the next one
                return -signal.SIGKILL
        return os.waitstatus_to_exitcode(status) if status >= 0 else None

    def kill(self) -> None:
        """End the template, and no fork of it."""
        self._control.close()
        if hasattr(self, "_process"):
            kill_group(self._process)

    def _answer(self) -> int:
        answer = self._control.recv(MAX_TEMPLATE_MESSAGE_BYTES)
        if not answer:
            raise EOFError
        return int(answer)


class Fork:
    """A worker that was forked from a template, with the methods of a `Process`."""

    def __init__(self, template: Template, pid: int) -> None:
        self.pid = pid
        self._template = template
        self._status: int | None = None  # once it has ended

    def poll(self) -> int | None:
        """Return its exit status, or None if it is still running."""
        if self._status is None:
            self._status = self._template.status_of(self.pid, wait=False)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, for `timeout` seconds at most, and return its exit status. Raises TimeoutExpired."""
        if timeout is None and self._status is None:
            self._status = self._template.status_of(self.pid, wait=True)
        deadline = time.monotonic() + (timeout or 0)
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a worker", timeout or 0)
            time.sleep(STATUS_LOOK_SECONDS)
        return status


def fork_on(control: socket.socket, work: Callable[[socket.socket], None]) -> None:
    """Be the template: fork a worker for each socket that comes by `control`, until that is closed.

    work: what a worker does with its socket; the worker ends when this returns.

    The end of a fork is noted only when the main program asks for it. Until then its number is given to no other
    process, so that the main program never kills a wrong one.
    """
    control.sendall(b"0")
    while True:
        asked, connections, _, _ = socket.recv_fds(control, MAX_TEMPLATE_MESSAGE_BYTES, 1)
        if not asked:
            return
        if connections:
            answer = _forked(control, connections[0], work)
        else:
            pid, at_once = map(int, asked.split())
            ended, status = os.waitpid(pid, os.WNOHANG if at_once else 0)
            answer = status if ended else -1
        control.sendall(b"%d" % answer)


def _forked(control: socket.socket, connection: int, work: Callable[[socket.socket], None]) -> int:
    """Fork a worker that has its socket as standard input, and no way to the template; return its number."""
    pid = os.fork()
    if not pid:
        _work(control, connection, work)
    with suppress(PermissionError, ProcessLookupError):  # the fork does this too, and may have done more
        os.setpgid(pid, pid)
    os.close(connection)
    return pid


def _work(control: socket.socket, connection: int, work: Callable[[socket.socket], None]) -> NoReturn:
    status = 1
    try:
        os.setpgid(0, 0)
        control.close()
        os.dup2(connection, 0)
        os.close(connection)
        work(socket.socket(fileno=0))
        status = 0
    finally:
        os._exit(status)
