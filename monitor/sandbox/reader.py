"""Reads files from outside in a separate, sandboxed process, so that a hostile file can harm only that process.

The main program uses `Reader`; `monitor.sandbox.worker` is the sandboxed process. They exchange JSON, and the main
program checks each answer. A process that a file has taken over can give a wrong answer, but can't run anything in the
main program.
"""

from __future__ import annotations

import sys
import threading
import time
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError

from monitor.errors import BombError, LayoutError, MonitorError, UnreadableError
from monitor.sandbox import worker_process
from monitor.sandbox.known import KnownRecords, Places
from monitor.sandbox.template import Template
from monitor.sandbox.worker import Limits, Request
from monitor.sandbox.worker_answer import check_fit
from monitor.sandbox.worker_process import START_SECONDS, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from monitor.config.drafts import FileDraft
    from monitor.config.reports import ReportDescription
    from monitor.fetch.links import Chosen
    from monitor.fetch.verdict import Format
    from monitor.matching.doubts import Doubt
    from monitor.model import Box, DocumentReading, FileReading, Link, PageReading, PartOfFile, RecordList
    from monitor.sandbox.worker import Reply, Tell

WORKER_COMMAND = (sys.executable, "-P", "-m", "monitor.sandbox.worker")
MAX_KEPT_WORKERS = 4
IDLE_SECONDS = 300.0  # without a file to read, after which the worker processes end: each takes some 40 MB
ERRORS = {each.__name__: each for each in (UnreadableError, BombError, LayoutError)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What was read from one version's file, with the doubts about its lists.

    - `reading`: the lists, and an account of the rest of the file.
    - `doubts`: for each list in `reading`, in the same order, the values in it that can't be right.
    - `places`: for each list, in the same order, the jurisdictions of its records, without those of known records.
    """

    reading: FileReading
    doubts: tuple[tuple[Doubt, ...], ...]
    places: tuple[Places, ...] = ()

    @property
    def lists(self) -> tuple[tuple[RecordList, tuple[Doubt, ...], Places], ...]:
        """The lists, each with the doubts about its records, and with their jurisdictions."""
        places = self.places or (Places(),) * len(self.doubts)
        return tuple(zip(self.reading.lists, self.doubts, places, strict=True))


def _tell_nobody(_done: int, _total: int) -> None:
    """Do nothing: nobody waits for a file to be read."""


class Reader:
    """Reads files, one at a time, by means of a worker process, which is kept for further files.

    After a failure the worker is replaced. It reads files of one source only, so that a hostile file can't harm what is
    read from other sources; therefore each method takes the name of the source. Several threads may share one reader.
    `command` is the command line that starts the worker.

    When a file of another source comes, the worker is replaced too, unless `keep` was called. The first worker is
    started by itself; once a second one is needed, a template is started, from which that one and all further ones are
    forked. If no file has come for `idle` seconds, all of them end; the next file waits until a worker has started.

    `tell` is called again and again while a long list is read: with the number of records whose names were looked up,
    and the number of those that will be. Whoever wants to know may replace it.
    """

    tell: Tell = staticmethod(_tell_nobody)

    def __init__(
        self, limits: Limits | None = None, *, command: Sequence[str] = WORKER_COMMAND, idle: float = IDLE_SECONDS
    ) -> None:
        self._limits = limits or Limits()
        self._command = command
        self._lock = threading.Lock()
        self._workers: dict[str, WorkerProcess] = {}  # by the source that each serves, the one used last at the end
        self._most = 1  # workers at a time
        self._has_begun = False  # whether the first worker was started
        self._template: Template | None = None  # from which the further ones are forked
        self._idle = idle
        self._used_at = 0.0  # when a file was read last, on the monotonic clock
        self._waking: threading.Event | None = None  # for the thread that ends idle workers; None if there is none

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes that are running."""
        with self._lock:
            self._drop_all()
            if self._waking:
                self._waking.set()

    def keep(self, sources: int) -> None:
        """Keep a worker for each of so many sources from now on, of which files come by turns; at most four.

        To start one takes longer than to read the files of most sources, but each takes memory.
        """
        with self._lock:
            self._most = max(1, min(sources, MAX_KEPT_WORKERS))

    def start(self, source: str) -> None:
        """Start the worker process for files of a source, unless it runs already. Raises MonitorError.

        Where much is loaded before a file is read, the process starts faster before that.
        """
        with self._lock:
            self._ready(source)

    def read(self, content: bytes, report: ReportDescription, *, source: str = "") -> tuple[RecordList, ...]:
        """Return the lists of one version of a report, in the order in which `report` describes them.

        `content` is the file. Raises UnreadableError, BombError or LayoutError if the file is at fault; other files can
        still be read then. Raises MonitorError if the worker process does not start.
        """
        answer = self._ask(Request(limits=self._limits, report=report), content, source)
        return answer.reading.lists

    def understand(
        self,
        content: bytes,
        report: ReportDescription,
        *,
        on: date,
        charset: str | None = None,
        url: str = "",
        source: str = "",
        parts: tuple[PartOfFile, ...] = (),
        known: KnownRecords | None = None,
    ) -> Understood:
        """Return what was read of a version that was published on the day `on`, with the doubts about its lists.

        - `charset`: the encoding that the server named, or None.
        - `url`: the address of the file, from which its links start, or "".
        - `parts`: the parts of a version of several files or pages, whose bytes stand one after the other in `content`.
        - `known`: the records that need no judging, since they were judged in the version before; None for none.

        Raises the same errors as `read`.
        """
        limits = self._limits.times(len(parts))
        request = Request(
            limits=limits, report=report, on=on, charset=charset, url=url, parts=parts, known=known or KnownRecords()
        )
        answer = self._ask(request, content, source)
        return Understood(reading=answer.reading, doubts=answer.doubts, places=answer.places)

    def page(
        self,
        content: bytes,
        url: str,
        *,
        charset: str | None = None,
        queries: bool = True,
        as_content: ReportDescription | None = None,
        source: str = "",
    ) -> PageReading:
        """Return what was read of the web page at `url`: its links, and a hash of its content.

        `charset` is the encoding that the server named, or None. `queries` says whether the part of an address after
        `?` counts in the hash. `as_content` is the page's description, if only the records that it describes count in
        the hash. Raises the same errors as `read`.
        """
        request = Request(limits=self._limits, page=url, charset=charset, queries=queries, as_content=as_content)
        reading = self._ask(request, content, source).page
        assert reading is not None
        return reading

    def choose(self, links: Sequence[Link], reports: Mapping[str, ReportDescription], *, source: str = "") -> Chosen:
        """Choose from a page's links those that lead to one of `reports`, which are keyed by their names.

        This is done in the worker, because the patterns from the configuration may take for ever on a hostile link.
        Raises BombError if it takes too long, UnreadableError if a pattern fails.
        """
        request = Request(limits=self._limits, links=tuple(links), reports=dict(reports))
        try:
            return self._ask(request, b"", source).chosen
        except BombError as fault:
            where = f"sources.{source}.reports" if source else "the reports"
            raise BombError(
                f"choosing the links that are reports: {fault}; make the patterns `match` and `key` of {where} simpler"
            ) from fault

    def draft(
        self, content: bytes, file_format: Format, *, called: str, charset: str | None = None, source: str = ""
    ) -> FileDraft:
        """Return the draft of a description of a file that nobody has described yet.

        `called` is the name of its list, if it has one only; `charset` is the encoding that the server named, or None.
        Raises UnreadableError or BombError.
        """
        request = Request(limits=self._limits, draft=file_format, called=called, charset=charset)
        draft = self._ask(request, content, source).draft
        assert draft is not None
        return draft

    def document(self, content: bytes, *, source: str = "") -> DocumentReading:
        """Return the text of each page of a PDF that a record links to. Raises UnreadableError or BombError."""
        reading = self._ask(Request(limits=self._limits, document=True), content, source).document
        assert reading is not None
        return reading

    def page_picture(self, content: bytes, number: int, *, source: str = "") -> bytes:
        """Return a PNG picture of a whole page of a PDF, given by its number from 1. Raises the same errors as `read`.

        It is drawn at the scale of other pictures, or smaller if the page is very large.
        """
        return self._ask(Request(limits=self._limits, drawn_page=number), content, source).picture

    def picture(self, content: bytes, boxes: tuple[Box, ...], *, caption: str = "", source: str = "") -> bytes:
        """Return a PNG picture of the part of a PDF page around a record, with a frame around the record.

        `boxes` are the places of the record on the pages; `caption` is a line to write under it. Raises the same errors
        as `read`.
        """
        answer = self._ask(Request(limits=self._limits, boxes=boxes, caption=caption), content, source)
        return answer.picture

    def _ask(self, request: Request, content: bytes, source: str) -> Reply:
        payload = request.model_dump_json().encode()
        known = [request.known.values(name) for name in request.report.lists] if request.report else []
        with self._lock:
            worker = self._ready(source)
            try:
                answer = worker.ask(payload, content, limits=request.limits, known=known, tell=self.tell)
                check_fit(answer, request)
            except ValidationError as fault:
                self._drop_all()
                raise UnreadableError("the process that reads files gave an answer that makes no sense") from fault
            except BaseException:
                self._drop_all()  # also the template, so that the next try finds nothing where this one found it
                raise
            if worker.is_spent or answer.error == "BombError":
                self._drop(source)
            self._used_at = time.monotonic()
            if self._workers and self._waking is None:
                self._waking = _watch_idle(self)
        if answer.error:
            raise ERRORS[answer.error](answer.message)
        return answer

    def _ready(self, source: str) -> WorkerProcess:
        if source in self._workers and not self._workers[source].is_alive:
            self._drop(source)
        worker = self._workers.pop(source, None)
        if worker is None:
            while len(self._workers) >= self._most:
                self._drop(next(iter(self._workers)))
            worker = self._begun()
        self._workers[source] = worker
        return worker

    def _begun(self) -> WorkerProcess:
        """Start a worker and return it: the first one by the command, and each further one from the template."""
        start = partial(worker_process.started, self._command)
        if self._template:
            try:
                return WorkerProcess(self._template.fork)
            except (OSError, EOFError):  # something has ended the template
                self._drop_all()
        with _naming(self._command):
            if not self._has_begun:
                self._has_begun = True
                return WorkerProcess(start)
            self._template = Template(start, seconds=START_SECONDS)
            return WorkerProcess(self._template.fork)

    def _drop(self, source: str) -> None:
        if worker := self._workers.pop(source, None):
            worker.kill()

    def _drop_all(self) -> None:
        for source in tuple(self._workers):
            self._drop(source)
        if self._template:
            self._template.kill()
        self._template, self._has_begun = None, False

    def end_idle(self) -> float:
        """End the worker processes if no file has come for long; return the seconds until that may be so.

        Return 0 if no worker is running any more. While a file is read, this waits: so no worker ends with a file, and
        a file that comes meanwhile waits until another worker has started.
        """
        with self._lock:
            left = self._used_at + self._idle - time.monotonic()
            if left <= 0:
                self._drop_all()
            if self._workers:
                return left
            self._waking = None
            return 0


def _watch_idle(reader: Reader) -> threading.Event:
    """Start a thread that ends the workers of a reader once they are idle; return the event that makes it look again.

    The thread does not keep a reader that nobody has any more, nor the program that is about to end.
    """
    waking = threading.Event()
    known = weakref.ref(reader, lambda _: waking.set())

    def watch() -> None:
        while present := known():
            left = present.end_idle()
            del present  # while this thread waits, it keeps no reader
            if not left:
                return
            waking.wait(left)

    threading.Thread(target=watch, name="end idle readers", daemon=True).start()
    return waking


@contextmanager
def _naming(command: Sequence[str]) -> Iterator[None]:
    """Raise MonitorError in place of an error by which a process of this command does not start."""
    try:
        yield
    except (OSError, EOFError) as fault:
        raise MonitorError(f"the process that reads files does not start; `{' '.join(command)}` shows why") from fault
