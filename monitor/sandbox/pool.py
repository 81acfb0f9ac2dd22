"""Reads several files at once, ahead of the code that needs them, and hands out the results in the order asked for.

The reading can be done by any executor of `concurrent.futures`. Usually that is a pool of threads, each with a worker
process of its own. On a Dask cluster, each thread of the cluster's workers has a worker process.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from monitor import __version__
from monitor.config.extras import remedy
from monitor.errors import MonitorError, RefusedError
from monitor.sandbox.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor
    from datetime import date

    from monitor.config.reports import ReportDescription
    from monitor.model import Box, PartOfFile
    from monitor.sandbox.known import KnownRecords
    from monitor.sandbox.reader import Understood

Asked = TypeVar("Asked")
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)
FILES_AHEAD = 2  # files for each worker that are read, or wait for it, before they are needed
CONNECT_SECONDS = 10  # to find a cluster

# Executors run plain functions, here or on another machine, so what a thread keeps can't be handed to it.
_own = threading.local()


class ReadingJob(Protocol[Result_co]):
    """A piece of work for an executor: something to be read from one file."""

    def do(self, reader: Reader) -> Result_co:
        """Do the job with `reader` and return the result. Raises ReadError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """The job of reading the lists of one version of a report, and finding the doubts about them.

    - `content`: the bytes of the version's file. `report`: the report's description in the configuration.
    - `on`: the day on which it was published.
    - `charset`: the encoding that the server named, or None.
    - `url`: the address of the file, or "".
    - `source`: the name of the source.
    - `parts`: the parts of a version of several files or pages, whose bytes stand one after the other in `content`.
    - `known`: the records that need no judging, since they were judged in the version before; None for none.
    """

    content: bytes
    report: ReportDescription
    on: date
    charset: str | None = None
    url: str = ""
    source: str = ""
    parts: tuple[PartOfFile, ...] = ()
    known: KnownRecords | None = None

    def do(self, reader: Reader) -> Understood:
        """Return what was read, with the doubts about it. Raises ReadError."""
        return reader.understand(
            self.content, self.report, on=self.on, charset=self.charset, url=self.url, source=self.source,
            parts=self.parts, known=self.known,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The job of drawing the part of a PDF page around a record, as PNG.

    - `content`: the bytes of the PDF. `boxes`: the places of the record on its pages.
    - `caption`: a line of text to write below. `source`: the name of the source.
    """

    content: bytes
    boxes: tuple[Box, ...]
    caption: str = ""
    source: str = ""

    def do(self, reader: Reader) -> bytes:
        """Return the picture. Raises ReadError."""
        return reader.picture(self.content, self.boxes, caption=self.caption, source=self.source)


def done(job: ReadingJob[Result]) -> Result:
    """Do a job with the reader of the thread that calls this, and return the result. Raises ReadError."""
    if not hasattr(_own, "reader"):
        _own.reader = Reader()  # its process ends with the thread
    return job.do(_own.reader)


def program_release() -> str:
    """Return the release of monitor that is installed where this function runs, perhaps on a machine of a cluster."""
    return __version__


class Workers:
    """Workers that read files, `at_once` of them at a time.

    `where` says in messages where they are.
    """

    def __init__(self, executor: Executor, *, at_once: int, where: str = "this machine") -> None:
        self._executor = executor
        self._ahead = FILES_AHEAD * at_once
        self._where = where

    def in_order(
        self, wanted: Iterable[Asked], job: Callable[[Asked], ReadingJob[Result] | None]
    ) -> Iterator[tuple[Asked, Callable[[], Result] | None]]:
        """Yield each item of `wanted`, in order, with a function that returns the result of its job.

        `job` is a function that makes the job for an item; jobs are done ahead. If it returns None, the item comes with
        None in place of a function. If making or doing the job fails, the error is raised when the yielded function is
        called.
        """
        ahead: deque[tuple[Asked, tuple[Future[Result], ReadingJob[Result] | None] | None]] = deque()
        try:
            for each in wanted:
                ahead.append((each, self._begun(each, job)))
                if len(ahead) > self._ahead:
                    first, begun = ahead.popleft()
                    yield first, partial(self._found, *begun) if begun else None
            while ahead:
                first, begun = ahead.popleft()
                yield first, partial(self._found, *begun) if begun else None
        finally:
            for _, begun in ahead:
                if begun:
                    begun[0].cancel()

    def _begun(
        self, wanted: Asked, job: Callable[[Asked], ReadingJob[Result] | None]
    ) -> tuple[Future[Result], ReadingJob[Result] | None] | None:
        """Begin the job for an item, and return its result to come with the job; None if the item has no job."""
        try:
            asked = job(wanted)
        except MonitorError as fault:
            failed: Future[Result] = Future()
            failed.set_exception(fault)
            return failed, None
        return (self._executor.submit(done, asked), asked) if asked else None

    def _found(self, begun: Future[Result], asked: ReadingJob[Result] | None) -> Result:
        """Return the result of a job; `asked` is the job, or None if it could not be made.

        If the executor lost the result, as with the machine that had it, the job is done once more.
        """
        fault: BaseException | None = None
        for again in (False, True) if asked else (False,):
            try:
                return (self._executor.submit(done, asked) if asked and again else begun).result()
            except MonitorError:
                raise
            except (Exception, CancelledError) as lost:  # noqa: BLE001 - whatever an executor raises where it is lost
                fault = lost
        what = " ".join(f"{type(fault).__name__}: {fault}".split())[:300]
        raise MonitorError(f"{self._where}: reading ended ({what}); nothing is lost, say the same again") from fault


@contextmanager
def here(processes: int) -> Iterator[Workers]:
    """Yield workers that read files in `processes` processes on this machine."""
    with ExitStack() as exits:
        readers: SimpleQueue[Reader] = SimpleQueue()
        for _ in range(processes):
            readers.put(exits.enter_context(Reader()))

        def begin() -> None:
            _own.reader = readers.get()

        threads = exits.enter_context(ThreadPoolExecutor(processes, thread_name_prefix="read", initializer=begin))
        yield Workers(threads, at_once=processes)


@contextmanager
def workers_named(address: str) -> Iterator[Workers]:
    """Yield the workers of a Dask cluster; `address` is that of its scheduler, like `dask://HOST:PORT`.

    Raises RefusedError if the address is wrong, no cluster answers, or its workers have another release of monitor.
    """
    parts = urlsplit(address)
    try:
        complete = bool(parts.hostname and parts.port)
    except ValueError:
        complete = False
    if parts.scheme != "dask" or not complete or parts.path.strip("/"):
        raise RefusedError(f"{address!r} is no executor; write it like dask://127.0.0.1:8786")
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as fault:
        raise RefusedError(f"a cluster needs the package {fault.name}; {remedy('cluster')}") from fault
    try:
        client: Any = Client(f"tcp://{parts.netloc}", timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as fault:
        raise RefusedError(f"{address}: no Dask scheduler answers there; start one with `dask scheduler`") from fault
    with client:
        there = client.run(program_release, on_error="return")
        if not there:
            raise RefusedError(f"{address}: the cluster has no workers; start some with `dask worker {parts.netloc}`")
        if other := {worker: said for worker, said in there.items() if said != __version__}:
            worker, said = next(iter(other.items()))
            has = f"monitor {said}" if isinstance(said, str) else f"no monitor that could be used ({said})"
            raise RefusedError(f"{address}: {worker} has {has}, and this is {__version__}; install the same there")
        yield Workers(client.get_executor(), at_once=sum(client.nthreads().values()), where=address)
