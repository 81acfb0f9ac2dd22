"""Reads versions ahead of whoever needs them, on any `concurrent.futures` executor; what comes out keeps its order.

By default these are threads, each with a process that reads; on a Dask cluster each of its workers has one.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from monitor import __version__
from monitor.errors import MonitorError, RefusedError
from monitor.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor
    from datetime import date

    from monitor.config import ReportDescription
    from monitor.doubts import Doubt
    from monitor.model import RecordList

    Lists = tuple[tuple[RecordList, tuple[Doubt, ...]], ...]
    Said = Callable[[], Lists]

Version = TypeVar("Version")
AHEAD = 2  # versions for each worker that are read, or wait for it, before they are needed
SECONDS = 10  # to find a cluster

# Executors run plain functions, here or on another machine, so what a thread keeps can't be handed to it.
_own = threading.local()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The bytes of one version, what its report is like, and the day on which it was published."""

    content: bytes
    report: ReportDescription
    on: date


def understand(job: Job) -> Lists:
    """The lists of one version with their doubts, read by this thread's own process. Raises ReadError."""
    if not hasattr(_own, "reader"):
        _own.reader = Reader()  # its process ends with the thread
    reader: Reader = _own.reader
    return reader.understand(job.content, job.report, on=job.on)


def release() -> str:
    """Which release of monitor would read here."""
    return __version__


class Workers:
    """An executor, and how many versions it reads at once; `where` is how a person calls it."""

    def __init__(self, executor: Executor, *, at_once: int, where: str = "this machine") -> None:
        self._executor = executor
        self._ahead = AHEAD * at_once
        self._where = where

    def in_order(
        self, versions: Iterable[Version], job: Callable[[Version], Job | None]
    ) -> Iterator[tuple[Version, Said | None]]:
        """Each version, in the order given, with what it says once that is asked for; None where there is no job.

        What `job` raises, and what reading raises, comes when it is asked for.
        """
        ahead: deque[tuple[Version, Future[Lists] | None]] = deque()
        try:
            for version in versions:
                ahead.append((version, self._begun(version, job)))
                if len(ahead) > self._ahead:
                    first, begun = ahead.popleft()
                    yield first, partial(self._said, begun) if begun else None
            while ahead:
                first, begun = ahead.popleft()
                yield first, partial(self._said, begun) if begun else None
        finally:
            for _, begun in ahead:
                if begun:
                    begun.cancel()

    def _begun(self, version: Version, job: Callable[[Version], Job | None]) -> Future[Lists] | None:
        try:
            asked = job(version)
        except MonitorError as fault:
            failed: Future[Lists] = Future()
            failed.set_exception(fault)
            return failed
        return self._executor.submit(understand, asked) if asked else None

    def _said(self, begun: Future[Lists]) -> Lists:
        try:
            return begun.result()
        except MonitorError:
            raise
        except (Exception, CancelledError) as fault:  # whatever an executor raises where it is lost
            what = " ".join(f"{type(fault).__name__}: {fault}".split())[:300]
            raise MonitorError(f"{self._where}: reading ended ({what}); nothing is lost, say the same again") from fault


@contextmanager
def here(processes: int) -> Iterator[Workers]:
    """So many processes of this machine that read."""
    with ExitStack() as exits:
        readers: SimpleQueue[Reader] = SimpleQueue()
        for _ in range(processes):
            readers.put(exits.enter_context(Reader()))

        def begin() -> None:
            _own.reader = readers.get()

        threads = exits.enter_context(ThreadPoolExecutor(processes, thread_name_prefix="read", initializer=begin))
        yield Workers(threads, at_once=processes)


@contextmanager
def named(address: str) -> Iterator[Workers]:
    """A Dask cluster, by the address of its scheduler: `dask://HOST:PORT`. Raises RefusedError."""
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
        raise RefusedError(f"a cluster needs the package {fault.name}; install monitor[cluster]") from fault
    try:
        client: Any = Client(f"tcp://{parts.netloc}", timeout=SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as fault:
        raise RefusedError(f"{address}: no Dask scheduler answers there; start one with `dask scheduler`") from fault
    with client:
        there = client.run(release, on_error="return")
        if not there:
            raise RefusedError(f"{address}: the cluster has no workers; start some with `dask worker {parts.netloc}`")
        if other := {worker: said for worker, said in there.items() if said != __version__}:
            worker, said = next(iter(other.items()))
            has = f"monitor {said}" if isinstance(said, str) else f"no monitor that could be used ({said})"
            raise RefusedError(f"{address}: {worker} has {has}, and this is {__version__}; install the same there")
        yield Workers(client.get_executor(), at_once=sum(client.nthreads().values()), where=address)
