"""A hostile file costs one process, and nothing else."""

from __future__ import annotations

import io
import signal
import socket
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from textwrap import indent

import psutil
import pytest
import xlsxwriter

from monitor.config.file import load
from monitor.config.reports import ReportDescription
from monitor.errors import BombError, LayoutError, MonitorError, ReadError, UnreadableError
from monitor.extract import read as extract
from monitor.extract.sheet.zip_guard import ZIP_LIMITS
from monitor.model import Link
from monitor.sandbox.reader import Reader
from monitor.sandbox.template import Template
from monitor.sandbox.worker import Limits
from tests.support.hostile import refused

ROOT = Path(__file__).parents[2]
SOURCES = load(ROOT / "config.yaml").sources
REPORT = ReportDescription.model_validate(
    {"kind": "rolling", "format": "csv", "match": {"href": "x"}, "lists": {"names": {"columns": {"name": "Name"}}}}
)
CONTENT = b"Name\nBee County\n"
HOSTILE = b"Name\nhostile 0\n"


def command(*bodies: str, before: str = "") -> tuple[str, ...]:
    """A worker like the real one that runs body N when it reads the hostile file N, and `before` when it starts."""
    functions = "\n".join(f"def hostile_{number}():\n{indent(body, '    ')}" for number, body in enumerate(bodies))
    script = f"""
import os, signal, sys, time
from monitor.sandbox import confine, worker
from monitor.extract import read as extract
from monitor.errors import UnreadableError
{before}
real = worker.extract.read_report
def nested():
    return nested()
{functions}
def read(content, report, **more):
    number = content.partition(b"hostile ")[2].decode().strip()
    return globals()["hostile_" + number]() if number else real(content, report, **more)
worker.extract.read_report = read
worker.serve()
"""
    return (sys.executable, "-c", script)


ALREADY_RUNNING: set[psutil.Process] = set()


@pytest.fixture(autouse=True)
def _count_from_here() -> None:
    """Note what earlier tests of this process have left running, like the resource tracker of `multiprocessing`."""
    ALREADY_RUNNING.clear()
    ALREADY_RUNNING.update(psutil.Process().children(recursive=True))


def workers() -> list[psutil.Process]:
    """The processes that this test has started and that still run."""
    started = [child for child in psutil.Process().children(recursive=True) if child not in ALREADY_RUNNING]
    return [child for child in started if child.status() != psutil.STATUS_ZOMBIE]


def template(reader: Reader) -> psutil.Process:
    """The process from which a reader forks its workers."""
    assert reader._template  # noqa: SLF001 - the program itself need not know
    return psutil.Process(reader._template._process.pid)  # noqa: SLF001


def test_what_is_read_in_the_worker_is_what_is_read_here() -> None:
    """Values, None and locators cross the pipe unchanged."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet("A").write_row(0, 0, ["STATE", "AGENCY", "TYPE", "MODEL", "SIGNED"])
        book.worksheets()[0].write_row(1, 0, ["TEXAS", "Pe\u00f1a \U0001f600 \x7f\u2028", "", "x", "2/30/2025"])
    report = SOURCES["ice-287g"].reports["participating"]
    with Reader() as reader:
        there = reader.read(content.getvalue(), report)
    here = extract.read_report(content.getvalue(), report).lists
    assert there == here
    assert there[0].records[0].locator == here[0].records[0].locator
    assert None in there[0].records[0].values


def test_page_says_the_same_there_as_here() -> None:
    """The digest and the links of a page cross the pipe unchanged; another address makes other links."""
    content = b"<html><body><p>Files</p><a href='/a.pdf'> A <b>file</b></a></body></html>"
    with Reader() as reader:
        assert reader.page(content, "https://www.ice.gov/") == extract.read_web_page(content, "https://www.ice.gov/")
        (link,) = reader.page(content, "https://www.dhs.gov/x").links
    assert link == Link(url="https://www.dhs.gov/a.pdf", text="A file")


@pytest.mark.parametrize("report", [each for source in SOURCES.values() for each in source.reports.values()])
def test_description_crosses_the_pipe_unchanged(report: ReportDescription) -> None:
    """Patterns, short forms and defaults of the configuration come out in the worker as they went in."""
    assert ReportDescription.model_validate_json(report.model_dump_json()) == report


@pytest.mark.usefixtures("forked_workers")
def test_one_worker_reads_many_files() -> None:
    """Starting a process for each file would cost more than reading it; a file that can't be read changes nothing."""
    with Reader() as reader:
        reader.read(CONTENT, REPORT)
        (worker,) = workers()
        for _ in range(20):
            assert reader.read(CONTENT, REPORT)[0].records[0].values == ("Bee County",)
            with pytest.raises(LayoutError, match="no header of it"):
                reader.read(b"Nothing of it\n", REPORT)
        assert workers() == [worker]
    assert workers() == []


@pytest.mark.usefixtures("forked_workers")
def test_a_worker_serves_one_source() -> None:
    """A file that has taken over its process can't answer for other sources: these get a process of their own."""
    with Reader() as reader:
        reader.read(CONTENT, REPORT, source="one")
        (first,) = workers()
        reader.page(b"<p>x</p>", "https://www.ice.gov/", source="one")
        assert workers() == [first]
        reader.choose((), {"names": REPORT}, source="two")
        (second,) = set(workers()) - {template(reader)}
        assert second != first
        reader.read(CONTENT, REPORT, source="three")
        (third,) = set(workers()) - {template(reader)}
        assert third not in {first, second}


@pytest.mark.usefixtures("forked_workers")
def test_a_forked_worker_has_nothing_of_the_others() -> None:
    """What a file has left in its process, and what is open in another one, is not there for the next source."""
    kept = "sys.kept = content = globals()\nraise UnreadableError('kept')"
    shown = """
def is_open(number):
    try:
        return bool(os.fstat(number))
    except OSError:
        return False
group = os.getpgid(0) == os.getpid()
raise UnreadableError(f"{hasattr(sys, 'kept')}, {[each for each in range(1000) if is_open(each)]}, {group}")"""
    with Reader(command=command(kept, shown)) as reader:
        reader.keep(3)
        for source in ("one", "two"):
            with pytest.raises(UnreadableError, match="kept"):
                reader.read(HOSTILE, REPORT, source=source)
        assert len(workers()) == 3
        with pytest.raises(UnreadableError, match=r"^False, \[0, 1, 2\], True$"):
            reader.read(b"Name\nhostile 1\n", REPORT, source="three")
    assert workers() == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("os._exit(7)", "exit status 7"),
        ("os.abort()", "MB of memory"),
        ("while True: pass", "more than 1 s of processor time"),
        ("os.close(0)\nsignal.pause()", "stopped answering"),
    ],
)
@pytest.mark.usefixtures("forked_workers")
def test_what_a_forked_worker_ended_with_is_told(body: str, why: str) -> None:
    """As of one that was started by itself; and the next file of each source is read."""
    with Reader(Limits(processor=1), command=command(body)) as reader:
        reader.read(CONTENT, REPORT, source="one")
        reader.read(CONTENT, REPORT, source="two")
        before = template(reader)
        with pytest.raises(BombError, match=why):
            reader.read(HOSTILE, REPORT, source="two")
        assert not before.is_running()  # so that a file that is tried again finds nothing where it was
        for source in ("two", "one", "two"):
            assert reader.read(CONTENT, REPORT, source=source)
    assert workers() == []


@pytest.mark.usefixtures("forked_workers")
def test_a_template_that_died_is_replaced() -> None:
    """No file is blamed for it, and no worker of it is left."""
    with Reader() as reader:
        for _ in range(2):
            for source in ("one", "two"):
                assert reader.read(CONTENT, REPORT, source=source)
            template(reader).kill()
            for source in ("three", "four"):
                assert reader.read(CONTENT, REPORT, source=source)
        assert len(workers()) == 2
    assert workers() == []


@pytest.mark.usefixtures("forked_workers")
def test_sources_that_are_read_by_turns_keep_their_workers() -> None:
    """Each of up to four has its own; the one used longest ago makes room for a fifth, and a dead one is replaced."""
    own: dict[str, psutil.Process] = {}
    deadline = time.monotonic() + 300
    with Reader() as reader:
        reader.keep(10)

        def read(source: str) -> set[psutil.Process]:
            before = set(workers())
            reader.choose((), {"names": REPORT}, source=source)
            forks = template(reader) if reader._template else None  # noqa: SLF001 - not yet with the first source
            for started in set(workers()) - before - {forks}:
                own[source] = started
            return set(workers()) - {forks}

        for source in ("one", "two", "three", "four"):
            four = read(source)
        assert four == {own[source] for source in ("one", "two", "three", "four")}
        assert len(four) == 4
        assert read("one") == read("three") == four
        assert read("five") == four - {own["two"]} | {own["five"]}
        killed = own["four"]
        killed.kill()
        while killed.status() != psutil.STATUS_ZOMBIE:  # until the template is asked for its end
            assert time.monotonic() < deadline
        assert read("four") == four - {own["two"], killed} | {own["five"], own["four"]}
        assert own["four"] != killed
    assert workers() == []


@pytest.mark.parametrize(
    "chosen",
    [
        {"names": {"names": ("https://evil.example/x",)}},
        {"others": {"others": ("https://www.ice.gov/x",)}},
        {"names": {"../names": ("https://www.ice.gov/x",)}},
    ],
)
@pytest.mark.usefixtures("forked_workers")
def test_a_link_that_was_not_asked_about_is_no_answer(chosen: dict[str, object]) -> None:
    """A process that a page has taken over can't lead the program to other addresses, or to other reports."""
    script = f"""
from monitor.sandbox import worker
worker.chosen_links = lambda *_: {chosen!r}
worker.serve()
"""
    link = Link(url="https://www.ice.gov/x", text="")
    with Reader(command=(sys.executable, "-c", script)) as reader, pytest.raises(UnreadableError, match="does not fit"):
        reader.choose((link,), {"names": REPORT})


@pytest.mark.usefixtures("forked_workers")
def test_several_threads_share_a_reader() -> None:
    """Each gets the answer to its own question."""
    with Reader() as reader, ThreadPoolExecutor(4) as pool:
        names = [f"County {number}" for number in range(40)]
        found = pool.map(lambda name: reader.read(f"Name\n{name}\n".encode(), REPORT)[0].records[0].values, names)
        assert list(found) == [(name,) for name in names]


@pytest.mark.parametrize(
    "draft",
    [
        "ListDraft(name='../x')",
        "ListDraft(name='x', columns=(ColumnDraft(name='a: [b]'),))",
        "ListDraft(name='x', columns=(ColumnDraft(name='null'),))",
        "ListDraft(name='x', columns=(ColumnDraft(name='a'),), group=('b',))",
        "ListDraft(name='x', columns=(ColumnDraft(name='a'),), whole_row='b')",
        "ListDraft(name='x', columns=(ColumnDraft(name='a'),), not_columns=('b',), place={'name': 'b'})",
        "ListDraft(name='x', columns=(ColumnDraft(name='a'),), place={'level': 'x}'})",
        "ListDraft(name='x', columns=(ColumnDraft(name='a'),), skip_rows={'b}': 'x'})",
        "ListDraft(name='x', columns=(ColumnDraft(name='a', origin='sheet, b: [x]'),))",
        "ListDraft(name='x', columns=(ColumnDraft(name='a', kind='text }'),))",
    ],
)
@pytest.mark.usefixtures("forked_workers")
def test_a_draft_with_names_that_are_none_is_no_answer(draft: str) -> None:
    """A process that a file has taken over can't put other keys into the configuration."""
    script = f"""
from monitor.config.drafts import ColumnDraft, FileDraft, ListDraft
from monitor.extract.drafting import files
from monitor.sandbox import worker
files.draft_file = lambda *_, **__: FileDraft(lists=({draft},))
worker.serve()
"""
    with (
        Reader(command=(sys.executable, "-c", script)) as reader,
        pytest.raises(UnreadableError, match=r"does not fit|makes no sense"),
    ):
        reader.draft(b"a,b\n1,2\n", "csv", called="x")


# What a file does to its worker, and what is told of it: a deed in a time of 2 s where that says so, else of a minute.
DEEDS: tuple[tuple[str, type[ReadError], str], ...] = (
    ("os.abort()", BombError, "most likely for more than 1,000 MB of memory"),
    ("os.kill(os.getpid(), signal.SIGSEGV)", BombError, r"\(SIGSEGV\)"),
    ("os.kill(os.getpid(), signal.SIGKILL)", BombError, r"for want of memory \(SIGKILL\)"),
    ("os._exit(0)", BombError, r"\(exit status 0\)"),
    ("signal.pause()", BombError, "more than 2 s"),
    ("while True: pass", BombError, "more than 1 s of processor time"),
    ("signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", BombError, "more than 2 s"),
    ("return bytearray(3_000_000_000)", BombError, "more than 1,000 MB of memory"),
    ("return nested()", BombError, "nested too deeply"),
    ("os.write(os.memfd_create('x'), b'x' * 10_000)", UnreadableError, "File too large"),
    ("raise KeyError('odd')", UnreadableError, r"KeyError: 'odd' \(<string>:\d+\)"),
    ("raise SystemExit(3)", UnreadableError, "SystemExit: 3"),
    ("raise UnreadableError('a\\ud800b')", UnreadableError, r"a\?b"),
    ("return 5", UnreadableError, "ValidationError"),
    ("os.write(0, b'\\0' * 8)\nreturn ()", UnreadableError, "makes no sense"),
    ("os.write(0, b'\\xff' * 8)\nreturn ()", BombError, "at most 250 MB are taken"),
    ("os.write(0, b'\\0' * 7 + b'\\5' + b'[[[[[')\nreturn ()", UnreadableError, "makes no sense"),
    ("return extract.FileReading()", UnreadableError, "does not fit the question"),
    ("return [os.dup(0) for _ in range(100)]", UnreadableError, "Too many open files"),  # which its process keeps open
)  # fmt: skip


@pytest.mark.parametrize("deadline", [60, 2])  # a busy machine gives a second of processor time late
@pytest.mark.usefixtures("forked_workers")
def test_hostile_file_costs_itself_alone(deadline: int) -> None:
    """Whatever a file does to the worker, its own reading fails with one clear line, and the next file is read."""
    deeds = [deed for deed in DEEDS if ("2 s" in deed[2]) == (deadline == 2)]
    with Reader(Limits(processor=1, deadline=deadline), command=command(*(body for body, *_ in deeds))) as reader:
        for number, (_, error, message) in enumerate(deeds):
            with pytest.raises(error, match=message) as caught:
                reader.read(f"Name\nhostile {number}\n".encode(), REPORT)
            assert "\n" not in str(caught.value)
            assert reader.read(CONTENT, REPORT)[0].records[0].values == ("Bee County",)
    assert workers() == []


def test_a_worker_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is started without the variables in which they may be, and what kills it costs its own file alone."""
    monkeypatch.setenv("SECRET", "x")
    bodies = ("raise UnreadableError(str('SECRET' in os.environ))", "os._exit(7)")
    with Reader(command=command(*bodies)) as reader:
        with pytest.raises(UnreadableError, match=r"^False$"):
            reader.read(b"Name\nhostile 0\n", REPORT)
        with pytest.raises(BombError, match=r"\(exit status 7\)"):
            reader.read(b"Name\nhostile 1\n", REPORT)
        assert reader.read(CONTENT, REPORT)[0].records[0].values == ("Bee County",)
    assert workers() == []


def test_what_the_worker_started_ends_with_it() -> None:
    """Where no sandbox keeps the worker from forking, the process that holds its socket open is ended too."""
    body = "if os.fork() == 0: signal.pause()\nos._exit(0)"
    with Reader(Limits(deadline=2), command=command(body, before="confine.enter = print")) as reader:
        with pytest.raises(ReadError):
            reader.read(HOSTILE, REPORT)
        assert reader.read(CONTENT, REPORT)
    assert workers() == []


@pytest.mark.usefixtures("forked_workers")
def test_worker_that_died_between_files_is_replaced() -> None:
    """The next file is not blamed for it."""
    with Reader() as reader:
        reader.read(CONTENT, REPORT)
        (worker,) = workers()
        worker.kill()
        worker.wait(300)
        assert reader.read(CONTENT, REPORT)


@pytest.mark.usefixtures("forked_workers")
def test_worker_that_the_memory_killer_takes_costs_its_file_alone() -> None:
    """The kernel chooses it before all others: what it read is a bomb, and the next file is read."""
    hostile = command("os.kill(os.getpid(), signal.SIGSTOP)")
    with Reader(command=hostile) as reader, ThreadPoolExecutor(1) as pool:
        reader.read(CONTENT, REPORT)
        (worker,) = workers()
        assert Path(f"/proc/{worker.pid}/oom_score_adj").read_text(encoding="ascii") == "1000\n"
        reading = pool.submit(reader.read, HOSTILE, REPORT)
        deadline = time.monotonic() + 300
        while worker.status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < deadline
        worker.kill()
        with pytest.raises(BombError, match=r"for want of memory \(SIGKILL\)"):
            reading.result(300)
        assert reader.read(CONTENT, REPORT)[0].records[0].values == ("Bee County",)


@pytest.mark.usefixtures("forked_workers")
def test_what_a_file_left_behind_is_not_taken_for_the_next_answer() -> None:
    """A worker that answers more than it was asked is replaced; the file after it is not blamed."""
    answer = '{"reading": {"lists": [{"name": "names", "fields": ["name"], "records": []}]}}'
    body = f"os.write(0, ({len(answer)}).to_bytes(8) + {answer.encode()!r})\nreturn ()"
    with Reader(command=command(body)) as reader:
        assert reader.read(HOSTILE, REPORT)[0].records == ()
        with pytest.raises(MonitorError, match="the file before has left something") as caught:
            reader.read(CONTENT, REPORT)
        assert not isinstance(caught.value, ReadError)
        assert reader.read(CONTENT, REPORT)[0].records[0].values == ("Bee County",)


def test_worker_that_does_not_start_is_no_fault_of_the_file() -> None:
    """A broken installation must not put versions on hold."""
    for broken in (sys.executable, "-c", "raise SystemExit(1)"), ("/no/such/program",):
        with Reader(command=broken) as reader, pytest.raises(MonitorError, match="does not start") as caught:
            reader.read(CONTENT, REPORT)
        assert not isinstance(caught.value, ReadError)


@pytest.mark.usefixtures("forked_workers")
def test_library_that_can_not_be_loaded_is_no_fault_of_the_file() -> None:
    """Before it gets the file the worker loads what reads it: where that fails, no version is put on hold."""
    broken = command("return ()", before="import sys; sys.modules['monitor.extract.sheet.delimited'] = None")
    with (
        Reader(command=broken) as reader,
        pytest.raises(MonitorError, match="ended when it loaded what it needs") as caught,
    ):
        reader.read(CONTENT, REPORT)
    assert not isinstance(caught.value, ReadError)


def test_worker_ends_with_its_parent() -> None:
    """A parent that is killed leaves nothing behind."""
    script = """
import psutil, signal, sys
from monitor.config.reports import ReportDescription
from monitor.sandbox.reader import Reader
reader = Reader()
reader.keep(3)
for source in "abc":
    reader.read(sys.argv[2].encode(), ReportDescription.model_validate_json(sys.argv[1]), source=source)
print(*(child.pid for child in psutil.Process().children(recursive=True)), flush=True)
signal.pause()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, REPORT.model_dump_json(), CONTENT.decode()], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        started = [psutil.Process(int(number)) for number in parent.stdout.readline().split()]
        parent.kill()
    assert len(started) == 4  # one that was started, the template, and two forks of it
    for each in started:
        gone(each)


@pytest.mark.usefixtures("forked_workers")
def test_files_over_a_limit_are_refused() -> None:
    """A spreadsheet of too many parts, a PDF that repeats itself and a page without floor end in one line each."""
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as container:
        for number in range(ZIP_LIMITS.parts + 1):
            container.writestr(f"{number}.xml", b"")
    xlsx, html = SOURCES["ice-287g"].reports["participating"], SOURCES["doj-sanctuary"].reports["page"]
    pdf = SOURCES["ice-ddor"].reports["weekly"]
    with Reader() as reader:
        for content, report in (
            (book.getvalue(), xlsx),
            (refused(), pdf),
            (b"<html>" + b"<div>" * 2_500, html),
        ):
            with pytest.raises(BombError):
                reader.read(content, report)


def gone(process: psutil.Process) -> None:
    """Wait until a process has ended, for five minutes at most."""
    psutil.wait_procs([process], timeout=300)
    assert not process.is_running()


@pytest.mark.usefixtures("forked_workers")
def test_a_worker_that_has_nothing_to_read_ends() -> None:
    """And another one starts when the next file comes, as often as that happens."""
    with Reader(idle=0.05) as reader:
        for _ in range(3):
            assert reader.read(CONTENT, REPORT)
            for worker in workers():
                gone(worker)
        assert reader.read(CONTENT, REPORT)


@pytest.mark.usefixtures("forked_workers")
def test_a_worker_that_is_needed_again_does_not_end() -> None:
    """The time counts from the last file, of whatever source, and all workers end together."""
    with Reader(idle=3600) as reader:
        reader.keep(2)
        for source in ("one", "two", "one"):
            assert reader.read(CONTENT, REPORT, source=source)
        assert 3590 < reader.end_idle() <= 3600
        assert len(set(workers()) - {template(reader)}) == 2


@pytest.mark.usefixtures("forked_workers")
def test_no_worker_ends_while_it_reads() -> None:
    """However long a file takes beyond the time that a worker may be idle."""
    slow = command("time.sleep(0.5)\nraise UnreadableError('read to its end')")
    with Reader(command=slow, idle=0.01) as reader:
        for _ in range(2):
            with pytest.raises(UnreadableError, match="read to its end"):
                reader.read(HOSTILE, REPORT)


@pytest.mark.usefixtures("forked_workers")
def test_files_that_come_as_workers_end_are_all_read() -> None:
    """Whichever comes first, the file or the end: a file waits for the worker, and is read once."""
    with Reader(idle=0.0) as reader, ThreadPoolExecutor(4) as threads:
        read = list(threads.map(lambda _: reader.read(CONTENT, REPORT)[0].records[0].values, range(12)))
    assert read == [("Bee County",)] * 12
    assert workers() == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Popen's, that nobody waited for it
def test_the_worker_of_a_reader_that_nobody_has_ends() -> None:
    """As it does where each thread has a reader of its own: the thread that ends idle workers keeps none."""
    reader = Reader()
    assert reader.read(CONTENT, REPORT)
    (worker,) = workers()
    del reader
    gone(worker)


@pytest.mark.usefixtures("forked_workers")
def test_page_that_takes_too_long_is_broken_off() -> None:
    """Processor time is limited for each file, not for the worker's life."""
    with Reader(Limits(processor=1), command=command("while True: pass")) as reader:
        with pytest.raises(BombError, match="more than 1 s of processor time"):
            reader.read(HOSTILE, REPORT)
        for _ in range(3):
            assert reader.read(CONTENT, REPORT)


def test_parent_stays_light() -> None:
    """The libraries that read files are loaded in the worker only."""
    heavy = ("lxml", "bs4", "python_calamine", "pdfplumber", "pypdfium2")
    script = "import sys, monitor.sandbox.reader; print(*set(sys.modules).intersection(sys.argv))"
    shown = subprocess.run([sys.executable, "-c", script, *heavy], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""


def test_a_late_answer_of_the_template_is_not_taken_for_the_next_one() -> None:
    """Else a process would be ended that has nothing to do with it."""
    ends: list[socket.socket] = []

    def start(theirs: socket.socket) -> subprocess.Popen[bytes]:
        ends.append(theirs.dup())
        ends[0].sendall(b"0")
        return subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)

    template = Template(start, seconds=0.1)
    ours, theirs = socket.socketpair()
    try:
        with ours, theirs, ends[0]:
            assert template.status_of(1, wait=True) == -signal.SIGKILL
            with suppress(OSError):
                ends[0].sendall(b"256")
            with pytest.raises(OSError, match="Bad file descriptor"):
                template.fork(theirs)
    finally:
        template.kill()
