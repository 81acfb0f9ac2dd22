"""The sandboxed process that reads files from outside: `python -m monitor.sandbox.worker` answers requests.

`monitor.sandbox.reader` starts it with a socket as its standard input. Requests and answers are sent as JSON, each with
its length before it; the bytes of a file follow its request in the same way.
"""

from __future__ import annotations

import gc
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter

from monitor import OBJECTS_BEFORE_COLLECTION
from monitor.config.drafts import FileDraft
from monitor.config.reports import ReportDescription
from monitor.config.values import Model
from monitor.errors import BombError, ReadError
from monitor.extract import read as extract
from monitor.fetch.links import Chosen, chosen_links
from monitor.matching.doubts import Doubt, doubts
from monitor.model import Box, DocumentReading, FileReading, Link, PageReading, PartOfFile
from monitor.sandbox import confine
from monitor.sandbox.known import NOT_KNOWN, FindPlaces, KnownRecords, Places, SentRecords, positions_not_known
from monitor.sandbox.template import fork_on

MAX_HEADER_BYTES = 30_000_000  # bytes; the digests of a million known records take 22 MB
READY = b"+"
MAX_TIMES = 5  # as much time as for one file, for a version of several
JUDGED_A_SECOND = 1_000  # records that a slow machine judges in a second of processor time; most machines judge 5,000
JUDGED_AT_ONCE = 5_000  # records, after which the main program is told how far the work is
PROGRESS = b"~"  # begins a message that is not yet the answer
RECORDS_OF, DOUBTS_OF = b"=", b"?"  # begin a piece of the answer: some of the records, or doubts, of a list
IN_A_PIECE = 10_000
RECORDS, DOUBTS = TypeAdapter(SentRecords), TypeAdapter(tuple[Doubt, ...])
Sent = TypeVar("Sent")
MB = 1_000_000
Tell = Callable[[int, int], None]  # is told how many records are judged, and of how many


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits for reading one file.

    - `memory`: the address space, in bytes. `processor`: the processor time, in seconds.
    - `deadline`: the elapsed time, in seconds. `files`: the number of open files.
    """

    memory: int = 1_000_000_000
    processor: int = 60
    deadline: int = 120
    files: int = 32

    def for_judging(self, records: int) -> Limits:
        """Return the limits for judging so many records: what each of them may cost is added to the time."""
        seconds = -(-records // JUDGED_A_SECOND)
        share = self.deadline / self.processor  # of elapsed time in processor time
        return replace(self, processor=self.processor + seconds, deadline=self.deadline + round(share * seconds))

    def times(self, parts: int) -> Limits:
        """Return the limits for reading so many files as one: more time, up to `MAX_TIMES`, and no more memory."""
        times = min(max(parts, 1), MAX_TIMES)
        return replace(self, processor=times * self.processor, deadline=times * self.deadline)


class Request(Model):
    """A request to the worker process; the bytes of the file are sent after it.

    One of six fields says what to do:
    - `report`: read the lists that this report describes. With `on`, the day of publication, also find the doubts, and
      the jurisdictions of all records but the `known` ones.
    - `page`: read the hash and the links of the web page at this address; `queries` says whether the part of an address
      after `?` counts in the hash, and `as_content` is its description, if its content alone counts.
    - `boxes`: draw the record at these places of a PDF, with `caption` below.
    - `drawn_page`: draw the page of a PDF with this number, from 1.
    - `links`: choose those that lead to `reports`; then there is no file.
    - `draft`: draft a description of a file in this format; a list that is alone in it gets the name `called`.
    - `document`: read the text of a PDF, page by page.

    `charset` is the encoding that the server named, or None. `url` is the address of a report's file, or "". `limits`
    are the limits for this file. With `parts`, the bytes after the request are those of several files, one after the
    other, which are read as one `report`.
    """

    limits: Limits
    report: ReportDescription | None = None
    parts: tuple[PartOfFile, ...] = ()
    on: date | None = None
    known: KnownRecords = KnownRecords()
    page: str | None = None
    queries: bool = True
    as_content: ReportDescription | None = None
    url: str = ""
    boxes: tuple[Box, ...] | None = None
    caption: str = ""
    drawn_page: int | None = None
    links: tuple[Link, ...] | None = None
    reports: dict[str, ReportDescription] = Field(default_factory=dict)
    charset: str | None = None
    draft: Literal["xlsx", "csv", "pdf", "html"] | None = None
    called: str = ""
    document: bool = False


class Reply(Model):
    """The answer of the worker process: what was read or drawn, or an error.

    - `reading`: what was read from a report.
    - `doubts`, `places`: the doubts about each of its lists, and where its records are, in the same order.
    - `known`: for each of its lists, which known record each record is; it is sent with the records.
    - `page`, `chosen`, `picture`: what was read from a web page; the links that were chosen; a PNG.
    - `draft`: the draft of a description. `document`: the text of a document.
    - `error`, `message`: the name of the error and its message; None and "" if all went well.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    reading: FileReading = FileReading()
    doubts: tuple[tuple[Doubt, ...], ...] = ()
    places: tuple[Places, ...] = ()
    known: tuple[tuple[int, ...], ...] = Field(default=(), exclude=True)
    page: PageReading | None = None
    chosen: Chosen = Field(default_factory=dict)
    picture: bytes = b""
    draft: FileDraft | None = None
    document: DocumentReading | None = None
    error: Literal["UnreadableError", "BombError", "LayoutError"] | None = None
    message: str = ""


def progress_frame(done: int, total: int) -> bytes:
    """Return the message that `done` of `total` records are judged."""
    return PROGRESS + done.to_bytes(8) + total.to_bytes(8)


def progress_of(frame: bytes) -> tuple[int, int] | None:
    """Return how many records are judged, and of how many, from such a message; None if it is none."""
    if not frame.startswith(PROGRESS) or len(frame) != len(PROGRESS) + 16:
        return None
    numbers = frame[len(PROGRESS) :]
    return int.from_bytes(numbers[:8]), int.from_bytes(numbers[8:])


def send_frame(connection: socket.socket, payload: bytes) -> None:
    """Send a payload with its length before it. Nothing is put together first, since an answer may be large."""
    connection.sendall(len(payload).to_bytes(8))
    connection.sendall(payload)


def framed(payload: bytes) -> bytes:
    """Return `payload` with its length before it, as it is sent over the socket."""
    return len(payload).to_bytes(8) + payload


def receive_frame(connection: socket.socket, most: int, *, deadline: float | None) -> bytes:
    """Receive one payload that was sent with its length before it (see `framed`), and return it.

    `most` is the largest size accepted, in bytes. `deadline` is a time by `time.monotonic`, in seconds, or None. Raises
    EOFError at the end of the connection, TimeoutError, OSError, and BombError if the payload is larger than `most`.
    """
    size = int.from_bytes(receive(connection, 8, deadline=deadline))
    if size > most:
        raise BombError(f"its records take {size / MB:,.0f} MB; at most {most / MB:,.0f} MB are taken")
    return receive(connection, size, deadline=deadline)


def receive(connection: socket.socket, size: int, *, deadline: float | None) -> bytes:
    """Receive exactly `size` bytes and return them.

    `deadline` is a time by `time.monotonic`, in seconds, or None. Raises EOFError at the end of the connection,
    TimeoutError and OSError.
    """
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
    """Be a worker, or the template of workers: the kind of the socket on standard input says which."""
    connection = socket.socket(fileno=0)
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # where memory is short, take this first
    if connection.type == socket.SOCK_SEQPACKET:
        with suppress(ImportError):  # a worker says it, when it needs what is missing
            _warm_up()
        gc.freeze()  # what is loaded is no garbage, and need not be looked through
        fork_on(connection, _answer_requests)
    else:
        gc.freeze()
        _answer_requests(connection)


def _warm_up() -> None:
    """Do once what each worker would do anew at its first request, for a page of our own.

    Whatever a source publishes, its page is read first.
    """
    request = Request(limits=Limits(), page="https://example.org/")
    Request.model_validate_json(request.model_dump_json())
    _load(request)
    tuple(frames_of(_text_of(b"<title>A</title><p>b <a href='c'>d</a></p>", request)))


def _answer_requests(connection: socket.socket) -> None:
    """Enter the sandbox, then answer requests from the main program until it closes the connection."""
    confine.enter()  # `monitor doctor` says where the kernel lacks something
    connection.sendall(READY)
    while True:
        try:
            request = Request.model_validate_json(receive_frame(connection, MAX_HEADER_BYTES, deadline=None))
            _load(request)
            connection.sendall(READY)
            file = [receive_frame(connection, sys.maxsize, deadline=None)]
        except EOFError:
            return
        _restrain(request.limits)
        reply = _answered(file, request, partial(_tell, connection, request.limits))
        for frame in frames_of(reply):
            send_frame(connection, frame)
        del reply  # before the next file is read
        signal.alarm(0)


def _tell(connection: socket.socket, limits: Limits, done: int, total: int) -> None:
    """Tell the main program how many records of how many are judged; at first, allow the time for all of them."""
    if total <= JUDGED_AT_ONCE:
        return
    if not done:
        _allow(limits.for_judging(total))
    send_frame(connection, progress_frame(done, total))


def _restrain(limits: Limits) -> None:
    """Set the limits of this process before it reads a file.

    Processor time and elapsed time are counted anew for each file. The other limits can be set only once, and are the
    same for all files.
    """
    _allow(limits)
    for which, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


def _allow(limits: Limits) -> None:
    """Limit the processor time and the elapsed time of this process from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + limits.processor, -1))
    signal.alarm(limits.deadline + 5)  # should the parent be gone, this still ends it


def _load(request: Request) -> None:
    """Import the modules that the request needs, before limits are set that importing would exceed."""
    if request.boxes is not None or request.drawn_page is not None:
        import_module("monitor.extract.pdf.picture")
    elif request.draft is not None:
        import_module("monitor.extract.drafting.formats")
    elif request.document:
        import_module("monitor.extract.document")
    else:
        extract.reader_of(request.report.format if request.report else "html")


def _understood(file: list[bytes], request: Request, tell: Tell) -> Reply:
    """Read from a file what the request asks for, and return the reply. Its bytes are taken out of `file`.

    `tell` is called with how many records are judged, and of how many.
    """
    if request.report:
        if request.parts:
            reading = extract.read_parts(file.pop(), request.report, request.parts)
        else:
            reading = extract.read_report(file.pop(), request.report, charset=request.charset, url=request.url)
        if request.on is None:
            return Reply(reading=reading)
        return _judged(reading, request.report, request.on, request.known, tell)
    content = file.pop()
    if request.boxes is not None or request.drawn_page is not None:
        return _drawn(content, request)
    if request.draft is not None:
        draft_file = import_module("monitor.extract.drafting.files").draft_file
        return Reply(draft=draft_file(content, request.draft, request.called, charset=request.charset))
    if request.links is not None:
        return Reply(chosen=chosen_links(request.links, request.reports))
    return _text_of(content, request)


def _judged(reading: FileReading, report: ReportDescription, on: date, known: KnownRecords, tell: Tell) -> Reply:
    """Find the jurisdictions of those records that are not known, and all doubts, and return the reply.

    `on` is the day of publication. `tell` is called with how many records are judged, and of how many.
    """
    numbers = tuple(tuple(known.numbers(each)) for each in reading.lists)
    unknown = [positions_not_known(each) for each in numbers]
    total, done = sum(map(len, unknown)), 0
    found: list[tuple[tuple[Doubt, ...], Places]] = []
    for each, new in zip(reading.lists, unknown, strict=True):
        description = report.lists[each.name]
        finding = FindPlaces(each.records, description)

        def visit(position: int, finding: FindPlaces = finding) -> None:
            nonlocal done
            if done % JUDGED_AT_ONCE == 0:
                tell(done, total)
            done += 1
            finding.find(position)

        doubted = doubts(each, description, on=on, unknown=new, visit=visit)
        found.append((doubted, finding.places))
    tell(done, total)
    return Reply(
        reading=reading,
        doubts=tuple(doubted for doubted, _ in found),
        places=tuple(places for _, places in found),
        known=numbers,
    )


def _drawn(content: bytes, request: Request) -> Reply:
    """Draw a record on its page, or a whole page, and return the reply."""
    picture = import_module("monitor.extract.pdf.picture")
    if request.boxes is not None:
        return Reply(picture=picture.record_picture(content, request.boxes, request.caption))
    return Reply(picture=picture.page_picture(content, request.drawn_page))


def _text_of(content: bytes, request: Request) -> Reply:
    """Read the text of a document, or the hash and the links of a web page, and return the reply."""
    if request.document:
        return Reply(document=import_module("monitor.extract.document").read_document(content))
    page = extract.read_web_page(
        content, request.page or "", charset=request.charset, queries=request.queries, report=request.as_content
    )
    return Reply(page=page)


def _answered(file: list[bytes], request: Request, tell: Tell) -> Reply:
    """Return the reply to one request; every error becomes a reply too. The bytes of the file are taken out of `file`.

    So they no longer take memory once they are read.
    """
    try:
        return _understood(file, request, tell)
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


def frames_of(reply: Reply) -> Iterator[bytes]:
    """Yield a reply as JSON: in one frame, or the records and doubts of lists in pieces before it.

    They come in pieces if a record is known, whose values are not sent then; or if the lists are long: to make one text
    of all records would take as much memory as they do.
    """
    lists = reply.reading.lists
    is_known = any(number != NOT_KNOWN for numbers in reply.known for number in numbers)
    if is_known or sum(len(each.records) for each in lists) > IN_A_PIECE:
        known = reply.known or tuple((NOT_KNOWN,) * len(each.records) for each in lists)
        for place, (each, numbers) in enumerate(zip(lists, known, strict=True)):
            for at in range(0, len(each.records), IN_A_PIECE):
                end = at + IN_A_PIECE
                yield _piece(RECORDS_OF, RECORDS, place, SentRecords.of(each.records[at:end], numbers[at:end]))
        for place, doubted in enumerate(reply.doubts):
            for at in range(0, len(doubted), IN_A_PIECE):
                yield _piece(DOUBTS_OF, DOUBTS, place, doubted[at : at + IN_A_PIECE])
        bare = tuple(replace(each, records=()) for each in lists)
        reply = reply.model_copy(
            update={"reading": replace(reply.reading, lists=bare), "doubts": ((),) * len(reply.doubts)}
        )
    yield reply.model_dump_json(exclude_defaults=True).encode()


def _piece(mark: bytes, kind: TypeAdapter[Sent], number: int, sent: Sent) -> bytes:
    return mark + number.to_bytes(4) + kind.dump_json(sent, exclude_defaults=True)


def piece_of(frame: bytes, mark: bytes, kind: TypeAdapter[Sent]) -> tuple[int, Sent] | None:
    """Return the number of a list, and some of its records or doubts, from such a frame; None if it is none.

    `mark` and `kind` are those of records or of doubts. Raises ValidationError.
    """
    begin = len(mark) + 4
    return (int.from_bytes(frame[len(mark) : begin]), kind.validate_json(frame[begin:])) if frame[:1] == mark else None


def _failure(error: str, message: str) -> Reply:
    text = message.encode("utf-8", "replace").decode()
    return Reply.model_validate({"error": error, "message": text})


if __name__ == "__main__":
    serve()
