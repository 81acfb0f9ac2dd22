"""Reads files from elsewhere in a separate process with limits, so that a hostile file costs one process.

`Reader` is this side of it; `serve` is the other, run as `python -m monitor.reader`, in a sandbox. Between them goes
JSON that the parent checks: a process that a file has taken over can give a wrong answer, but not run anything here.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import ConfigDict, ValidationError

from monitor import sandbox
from monitor.config import ReportDescription
from monitor.errors import BombError, LayoutError, MonitorError, ReadError, UnreadableError
from monitor.extract import read as extract
from monitor.model import Box, Link, RecordList
from monitor.settings import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMAND = (sys.executable, "-P", "-m", "monitor.reader")
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")  # of the environment; the rest may hold secrets
START_SECONDS = 60
MAX_HEADER = 10_000_000  # bytes
MAX_ANSWER = 250_000_000  # bytes
MAX_PICTURE = 5_000_000  # bytes
PNG = b"\x89PNG\r\n\x1a\n"
FILES_PER_WORKER = 200
BYTES_PER_WORKER = 200_000_000
READY = b"+"
ERRORS = {each.__name__: each for each in (UnreadableError, BombError, LayoutError)}
MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one file may take: address space in bytes, processor time and time in seconds, open files."""

    memory: int = 1_000_000_000
    processor: int = 60
    deadline: int = 120
    files: int = 32


class _Request(Model):
    """What the worker is asked: a report's lists, what a page at an address says, or how boxes look; bytes follow."""

    limits: Limits
    report: ReportDescription | None = None
    page: str | None = None
    boxes: tuple[Box, ...] | None = None


class _Answer(Model):
    """What the worker answers: the lists, the page, the picture, or why there are none."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    lists: tuple[RecordList, ...] = ()
    digest: str = ""
    links: tuple[Link, ...] = ()
    picture: bytes = b""
    error: Literal["UnreadableError", "BombError", "LayoutError"] | None = None
    message: str = ""


class Reader:
    """Reads versions, one at a time, in a process that is kept between files and replaced after any failure.

    Several threads may share one. `command` starts the worker.
    """

    def __init__(self, limits: Limits | None = None, *, command: Sequence[str] = COMMAND) -> None:
        self._limits = limits or Limits()
        self._command = command
        self._lock = threading.Lock()
        self._worker: _Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, if there is one."""
        with self._lock:
            self._drop()

    def read(self, content: bytes, report: ReportDescription) -> tuple[RecordList, ...]:
        """The lists of one version, in the order of their descriptions.

        Raises UnreadableError, BombError or LayoutError where the file is at fault, which costs no other file
        anything; MonitorError where the worker does not start.
        """
        answer = self._ask(_Request(limits=self._limits, report=report), content)
        return answer.lists

    def page(self, content: bytes, url: str) -> tuple[str, tuple[Link, ...]]:
        """What a page says, as a hash that nonces and tokens don't change, and its links. Raises as `read`."""
        answer = self._ask(_Request(limits=self._limits, page=url), content)
        return answer.digest, answer.links

    def picture(self, content: bytes, boxes: tuple[Box, ...]) -> bytes:
        """The part of a PDF's page around a record as PNG, the record in a frame. Raises as `read`."""
        answer = self._ask(_Request(limits=self._limits, boxes=boxes), content)
        return answer.picture

    def _ask(self, request: _Request, content: bytes) -> _Answer:
        payload = request.model_dump_json().encode()
        with self._lock:
            worker = self._ready()
            try:
                answer = _Answer.model_validate_json(worker.ask(payload, content, limits=self._limits))
                _check_fit(answer, request)
            except ValidationError as fault:
                self._drop()
                raise UnreadableError("the process that reads files gave an answer that makes no sense") from fault
            except BaseException:
                self._drop()
                raise
            if worker.is_spent or answer.error == "BombError":
                self._drop()
        if answer.error:
            raise ERRORS[answer.error](answer.message)
        return answer

    def _ready(self) -> _Worker:
        if self._worker and not self._worker.is_alive:
            self._drop()
        self._worker = self._worker or _Worker(self._command)
        return self._worker

    def _drop(self) -> None:
        if self._worker:
            self._worker.kill()
            self._worker = None


def _check_fit(answer: _Answer, request: _Request) -> None:
    """Raise UnreadableError where an answer is not about what was asked."""
    if answer.error:
        return
    described = request.report.lists.items() if request.report else ()
    asked = [(name, description.fields) for name, description in described]
    answered = [(each.name, each.fields) for each in answer.lists]
    whole = all(len(record.values) == len(each.fields) for each in answer.lists for record in each.records)
    page = len(answer.digest) == 64 and all(link.url.startswith(("http://", "https://")) for link in answer.links)
    picture = answer.picture.startswith(PNG) and len(answer.picture) <= MAX_PICTURE
    fits = (request.page is None or page) and (request.boxes is None or picture)
    if answered != asked or not whole or not fits:
        raise UnreadableError("the process that reads files gave an answer that does not fit the question")


class _Worker:
    """One process, and the socket to it."""

    _process: subprocess.Popen[bytes] | None = None

    def __init__(self, command: Sequence[str]) -> None:
        self._files = 0
        self._bytes = 0
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = _started(command, theirs)
            _receive(self._socket, len(READY), deadline=time.monotonic() + START_SECONDS)
        except (OSError, EOFError) as fault:
            self.kill()
            raise MonitorError(
                f"the process that reads files does not start; `{' '.join(command)}` shows why"
            ) from fault

    @property
    def is_alive(self) -> bool:
        """False where it has ended since the last file."""
        return self._process is not None and self._process.poll() is None

    @property
    def is_spent(self) -> bool:
        """True where it has read so much that a fresh one should go on."""
        return self._files >= FILES_PER_WORKER or self._bytes >= BYTES_PER_WORKER

    def ask(self, request: bytes, content: bytes, *, limits: Limits) -> bytes:
        """Send one file, and wait for the answer. Raises BombError where the worker takes too long or dies of it."""
        self._files += 1
        self._bytes += len(content)
        self._announce(request)
        deadline = time.monotonic() + limits.deadline
        try:
            self._socket.settimeout(limits.deadline)
            self._socket.sendall(_framed(content))
            return _receive_frame(self._socket, MAX_ANSWER, deadline=deadline)
        except TimeoutError as fault:
            raise BombError(f"reading it took more than {limits.deadline} s") from fault
        except (OSError, EOFError) as fault:
            raise BombError(self._cause_of_death(limits)) from fault

    def _announce(self, request: bytes) -> None:
        """Have the worker load what it needs. Raises MonitorError: the file, which it has not yet, is at no fault."""
        try:
            self._socket.settimeout(START_SECONDS)
            self._socket.sendall(_framed(request))
            said = _receive(self._socket, len(READY), deadline=time.monotonic() + START_SECONDS)
        except (OSError, EOFError) as fault:
            raise MonitorError(
                "the process that reads files ended when it loaded what it needs; try again, else install monitor anew"
            ) from fault
        if said != READY:
            raise MonitorError("the file before has left something in the process that reads files; try again")

    def kill(self) -> None:
        """End the worker and whatever it started."""
        self._socket.close()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

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


def _started(command: Sequence[str], connection: socket.socket) -> subprocess.Popen[bytes]:
    """The worker's process, in a group of its own, with nothing of ours but the socket and a harmless environment."""
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    told = {"PYTHONPATH": str(Path(__file__).parents[1]), "OPENBLAS_NUM_THREADS": "1"}  # its threads take memory
    return subprocess.Popen(  # noqa: S603 - the command is ours
        command,
        stdin=connection.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=known | told,
        process_group=0,
    )


def _framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(8) + payload


def _receive_frame(connection: socket.socket, most: int, *, deadline: float | None) -> bytes:
    """One payload. Raises EOFError at the end of the connection, TimeoutError, OSError; BombError beyond `most`."""
    size = int.from_bytes(_receive(connection, 8, deadline=deadline))
    if size > most:
        raise BombError(f"its records take {size / MB:,.0f} MB; at most {most / MB:,.0f} MB are taken")
    return _receive(connection, size, deadline=deadline)


def _receive(connection: socket.socket, size: int, *, deadline: float | None) -> bytes:
    payload = bytearray()
    while len(payload) < size:
        if deadline is not None:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
        piece = connection.recv(min(size - len(payload), 1 << 20))
        if not piece:
            raise EOFError
        payload += piece
    return bytes(payload)


def serve() -> None:
    """The worker: answer requests on standard input, a socket, until it is closed."""
    connection = socket.socket(fileno=0)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # where memory is short, take this first
    sandbox.enter()  # `monitor doctor` says where the kernel lacks something
    connection.sendall(READY)
    while True:
        try:
            request = _Request.model_validate_json(_receive_frame(connection, MAX_HEADER, deadline=None))
            _load(request)
            connection.sendall(READY)
            content = _receive_frame(connection, sys.maxsize, deadline=None)
        except EOFError:
            return
        _restrain(request.limits)
        connection.sendall(_framed(_answered(content, request)))
        signal.alarm(0)


def _restrain(limits: Limits) -> None:
    """Set the limits for one file. Time is counted anew; the rest can only be set once, and is then the same."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + limits.processor, -1))
    signal.alarm(limits.deadline + 5)  # should the parent be gone, this still ends it
    for which, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


def _load(request: _Request) -> None:
    """Import what reads it: that may open and start more than reading may."""
    if request.boxes is not None:
        import_module("monitor.extract.picture")
    else:
        extract.reader(request.report.format if request.report else "html")


def _understood(content: bytes, request: _Request) -> _Answer:
    """The answer to one request."""
    if request.report:
        return _Answer(lists=extract.read(content, request.report))
    if request.boxes is not None:
        return _Answer(picture=import_module("monitor.extract.picture").picture(content, request.boxes))
    digest, links = extract.page(content, request.page or "")
    return _Answer(digest=digest, links=links)


def _answered(content: bytes, request: _Request) -> bytes:
    """The answer to one request as JSON; every failure is an answer."""
    try:
        return _understood(content, request).model_dump_json(exclude_defaults=True).encode()
    except ReadError as fault:
        return _failure(type(fault).__name__, str(fault))
    except MemoryError:
        return _failure("BombError", f"reading it took more than {request.limits.memory / MB:,.0f} MB of memory")
    except RecursionError:
        return _failure("BombError", "it is nested too deeply")
    except BaseException as fault:  # noqa: BLE001 - one unit of work; what native code panics with is no Exception
        place = traceback.extract_tb(fault.__traceback__)[-1]
        what = " ".join(f"{type(fault).__name__}: {fault}".split())[:500]
        return _failure("UnreadableError", f"reading it failed: {what} ({Path(place.filename).name}:{place.lineno})")


def _failure(error: str, message: str) -> bytes:
    text = message.encode("utf-8", "replace").decode()
    return _Answer.model_validate({"error": error, "message": text}).model_dump_json(exclude_defaults=True).encode()


if __name__ == "__main__":
    serve()
