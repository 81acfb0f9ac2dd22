"""One sandboxed process that reads files, as the main program sees it: started, asked, and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

from monitor import PACKAGE
from monitor.errors import BombError, MonitorError
from monitor.sandbox.template import kill_group
from monitor.sandbox.worker import MB, READY, framed, receive, receive_frame, send_frame
from monitor.sandbox.worker_answer import WorkerAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.sandbox.known import Values
    from monitor.sandbox.template import Process
    from monitor.sandbox.worker import Limits, Reply, Tell

PASSED_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")  # of the environment; the rest may hold secrets
START_SECONDS = 60
FILES_PER_WORKER = 200
BYTES_PER_WORKER = 200_000_000


class WorkerProcess:
    """One worker process, with the socket by which the main program talks to it."""

    _process: Process | None = None

    def __init__(self, start: Callable[[socket.socket], Process]) -> None:
        """Make the process by the function `start`, with a socket as its standard input. Raises OSError, EOFError."""
        self._files = 0
        self._bytes = 0
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = start(theirs)
            receive(self._socket, len(READY), deadline=time.monotonic() + START_SECONDS)
        except BaseException:
            self.kill()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether the process is still running."""
        return self._process is not None and self._process.poll() is None

    @property
    def is_spent(self) -> bool:
        """Whether the process has read so many files or bytes that it should be replaced by a new one."""
        return self._files >= FILES_PER_WORKER or self._bytes >= BYTES_PER_WORKER

    def ask(
        self, request: bytes, content: bytes, *, limits: Limits, known: Sequence[Sequence[Values]], tell: Tell
    ) -> Reply:
        """Send one file to the worker and return its answer; `request` says what to read from it.

        `known` has for each list the values of its known records. `tell` is called with how many records of a long list
        are judged, and of how many. Raises BombError if the worker takes too long or ends while it reads the file,
        ValidationError or UnreadableError if its answer makes no sense.
        """
        self._files += 1
        self._bytes += len(content)
        self._announce(request)
        answer = WorkerAnswer(limits, known)
        try:
            self._socket.settimeout(limits.deadline)
            send_frame(self._socket, content)
            while (reply := answer.take(self._frame(answer), tell)) is None:
                pass
        except TimeoutError as fault:
            raise BombError(f"reading it took more than {answer.limits.deadline} s") from fault
        except (OSError, EOFError) as fault:
            raise BombError(self._cause_of_death(answer.limits)) from fault
        return reply

    def _frame(self, answer: WorkerAnswer) -> bytes:
        return receive_frame(self._socket, answer.bytes_left, deadline=answer.deadline)

    def _announce(self, request: bytes) -> None:
        """Send the request before the file, so that the worker can already load the modules that it needs.

        Raises MonitorError if that fails: the worker does not have the file yet, so the file is not the cause.
        """
        try:
            self._socket.settimeout(START_SECONDS)
            self._socket.sendall(framed(request))
            said = receive(self._socket, len(READY), deadline=time.monotonic() + START_SECONDS)
        except (OSError, EOFError) as fault:
            raise MonitorError(
                "the process that reads files ended when it loaded what it needs; try again, else install monitor anew"
            ) from fault
        if said != READY:
            raise MonitorError("the file before has left something in the process that reads files; try again")

    def kill(self) -> None:
        """End the worker process and every process that it started."""
        self._socket.close()
        if self._process is not None:
            kill_group(self._process)

    def _cause_of_death(self, limits: Limits) -> str:
        assert self._process is not None
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "the process that reads files stopped answering"
        if status == -signal.SIGXCPU:
            return f"reading it took more than {limits.processor} s of processor time"
        if status == -signal.SIGALRM:
            return f"reading it took more than {limits.deadline} s"
        if status == -signal.SIGABRT:
            return f"reading it was broken off, most likely for more than {limits.memory / MB:,.0f} MB of memory"
        if status == -signal.SIGKILL:
            return "the kernel ended the process that reads files, most likely for want of memory (SIGKILL)"
        cause = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return f"reading it ended the process that reads files ({cause})"


def started(command: Sequence[str], connection: socket.socket) -> subprocess.Popen[bytes]:
    """Start a worker, or the template of workers, and return it; its end of the socket becomes its standard input.

    The process has a process group of its own, and gets only environment variables without secrets.
    """
    known = {name: os.environ[name] for name in PASSED_VARIABLES if name in os.environ}
    told = {
        "PYTHONPATH": str(PACKAGE.parent),
        "OPENBLAS_NUM_THREADS": "1",  # its threads take memory
        "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for them among all packages takes long
    }
    return subprocess.Popen(  # noqa: S603 - the command is ours
        command,
        stdin=connection.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=known | told,
        process_group=0,
    )
