"""What a file that has taken over the process that reads files can still do: next to nothing."""

from __future__ import annotations

import ctypes
import errno
import io
import os
import socket
import struct
import subprocess
import sys
from ctypes.util import find_library
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from monitor.errors import BombError, ReadError
from monitor.extract import read as extract
from monitor.extract.pdf.picture import record_picture
from monitor.model import Box
from monitor.sandbox import confine
from monitor.sandbox.confine import Sandbox, available
from monitor.sandbox.reader import Reader
from monitor.sandbox.syscalls import ABSENT, BY_ARGUMENT, FIRST_UNKNOWN, MACHINES, REFUSED, Machine
from tests.sandbox.test_reader import CONTENT, REPORT
from tests.support.hostile import TEXT, one_page, stream
from tests.support.lists import CONFIG
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HAS = available()
REFUSALS = {errno.EPERM, errno.EACCES, errno.ENOSYS}
PDF = (ROOT / "tests/golden/ddor/chromium-full.pdf").read_bytes()
WEEKLY = CONFIG.sources["ice-ddor"].reports["weekly"]
PARTICIPATING = CONFIG.sources["ice-287g"].reports["participating"]
PRINTED = one_page(stream(TEXT))
LINE = (Box(page=1, left=72, top=80, right=130, bottom=95),)
STATES = CONFIG.sources["doj-sanctuary"].reports["page"]

PAGE = b"""<html><body><h2>States</h2><ul><li>Oregon</li></ul><h2>Counties</h2><ul><li>Bee County, TX</li></ul>
<h2>Cities</h2><ul><li>Austin, TX</li></ul><a href="/a.pdf">A</a></body></html>"""


def book() -> bytes:
    """A spreadsheet with a record that has a link."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as workbook:
        sheet = workbook.add_worksheet("A")
        sheet.write_row(0, 0, ["STATE", "AGENCY", "TYPE", "MODEL", "SIGNED", "MOA"])
        sheet.write_row(1, 0, ["TEXAS", "Bee County", "County", "x", "2/3/2025"])
        sheet.write_url(1, 5, "https://www.ice.gov/moa.pdf", string="Link")
    return content.getvalue()


FILES = ((CONTENT, REPORT), (book(), PARTICIPATING), (PAGE, STATES), (PDF, WEEKLY))

WORKER = """
import ctypes, fcntl, mmap, os, resource, signal, socket, subprocess, sys, threading
from monitor.sandbox import confine, worker
from monitor.errors import UnreadableError
def missing():
    raise OSError(38, "taken out")
for step in sys.argv[1:]:
    setattr(confine, step, missing)
real = worker.extract.read_report
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    result = libc[name](*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result
def read(content, report, **more):
    if not content.startswith(b"Name\\n!"):
        return real(content, report, **more)
    try:
        exec(content.decode().partition("!")[2])
    except OSError as fault:
        raise UnreadableError(f"refused with {fault.errno}")
    raise UnreadableError("done")
worker.extract.read_report = read
worker.serve()
"""
STEPS = {"landlock": "_restrict_files", "seccomp": "_filter_calls"}


def without(*layers: str) -> tuple[str, ...]:
    """A worker that runs what it is told, with these layers of the sandbox taken out."""
    steps = ["drop_capabilities", *(STEPS[layer] for layer in layers)] if layers else []
    return (sys.executable, "-c", WORKER, *steps)


def attempt(reader: Reader, code: str) -> str:
    """What comes of running this in the worker."""
    with pytest.raises(ReadError) as caught:
        reader.read(f"Name\n!{code}".encode(), REPORT)
    return str(caught.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What there is to attack: a folder with state and secrets, servers that listen, and this process."""

    folder: Path
    port: int
    name: str

    def told(self, code: str) -> str:
        """The code with the places of this world in it."""
        values = {"FOLDER": self.folder, "PORT": self.port, "NAME": self.name, "ROOT": ROOT, "PARENT": os.getpid()}
        for key, value in values.items():
            code = code.replace(f"${key}", str(value))
        return code


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A folder with an archive and a configuration, and two servers on this machine."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "kept").write_text("kept", encoding="utf-8")
    (tmp_path / "config.yaml").write_text("url: https://hooks.example.org/secret", encoding="utf-8")
    name = f"monitor-{os.getpid()}-{tmp_path.name}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(f"\0{name}")
        local.listen()
        yield World(folder=tmp_path, port=server.getsockname()[1], name=name)


@pytest.fixture(scope="module")
def readers() -> Iterator[Callable[..., Reader]]:
    """Readers by the layers that were taken out, each with one worker for all attempts."""
    made: dict[tuple[str, ...], Reader] = {}

    def reader(*layers: str) -> Reader:
        return made.setdefault(layers, Reader(command=without(*layers)))

    yield reader
    for each in made.values():
        each.close()


LANDLOCK, SECCOMP = frozenset({"landlock"}), frozenset({"seccomp"})
BOTH = LANDLOCK | SECCOMP


@pytest.mark.parametrize(
    ("code", "refused_by", "version"),
    [
        ("socket.create_connection(('127.0.0.1', $PORT), 5)", BOTH, 4),
        ("socket.create_server(('127.0.0.1', 0))", BOTH, 4),
        ("socket.socket()", SECCOMP, 1),
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))", SECCOMP, 1),
        ("socket.socketpair()", SECCOMP, 1),
        ("socket.socket(socket.AF_UNIX).connect('\\0$NAME')", BOTH, 6),
        ("open('/tmp/$NAME', 'w').close(); os.unlink('/tmp/$NAME')", BOTH, 1),
        ("open('$FOLDER/archive/kept', 'r+').close()", BOTH, 1),
        ("open('$FOLDER/archive/kept', 'a').close()", BOTH, 1),
        ("os.truncate('$FOLDER/archive/kept', 4)", BOTH, 3),
        ("open('$FOLDER/archive/more', 'x').close(); os.unlink('$FOLDER/archive/more')", BOTH, 1),
        ("os.mkdir('$FOLDER/more'); os.rmdir('$FOLDER/more')", BOTH, 1),
        ("os.rename('$FOLDER/archive', '$FOLDER/x'); os.rename('$FOLDER/x', '$FOLDER/archive')", BOTH, 1),
        ("os.link('$FOLDER/config.yaml', '$FOLDER/y'); os.unlink('$FOLDER/y')", BOTH, 1),
        ("os.symlink('/', '$FOLDER/z'); os.unlink('$FOLDER/z')", BOTH, 1),
        ("os.mkfifo('$FOLDER/f'); os.unlink('$FOLDER/f')", BOTH, 1),
        ("os.chmod('$FOLDER/archive', 0o700)", SECCOMP, 1),
        ("os.chown('$FOLDER/archive', os.getuid(), os.getgid())", SECCOMP, 1),
        ("os.utime('$FOLDER/archive')", SECCOMP, 1),
        ("open('$FOLDER/archive/kept').close()", LANDLOCK, 1),
        ("os.listdir('$FOLDER/archive')", LANDLOCK, 1),
        ("open('$FOLDER/config.yaml').close()", LANDLOCK, 1),
        ("open('$ROOT/pyproject.toml').close()", LANDLOCK, 1),
        ("open('/etc/passwd').close()", LANDLOCK, 1),
        ("open('/proc/$PARENT/environ').close()", LANDLOCK, 1),
        ("open('/proc/self/environ').close()", LANDLOCK, 1),
        ("os.kill($PARENT, 0)", BOTH, 6),
        ("os.pidfd_open($PARENT)", SECCOMP, 1),
        ("resource.prlimit($PARENT, resource.RLIMIT_CORE)", SECCOMP, 1),
        ("os.setpriority(os.PRIO_PROCESS, $PARENT, os.getpriority(os.PRIO_PROCESS, $PARENT))", SECCOMP, 1),
        ("os.sched_setaffinity($PARENT, os.sched_getaffinity($PARENT))", SECCOMP, 1),
        ("fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())", SECCOMP, 1),
        ("fcntl.ioctl(0, 0x8901, os.getpid().to_bytes(4, 'little'))", SECCOMP, 1),
        ("call('shmctl', call('shmget', 0, 4096, 0o600), 0, None)", SECCOMP, 1),
        ("call('personality', -1)", SECCOMP, 1),
    ],
)
def test_what_reading_does_not_need_is_refused(
    code: str, refused_by: frozenset[str], version: int, world: World, readers: Callable[..., Reader]
) -> None:
    """It works without the sandbox, and fails with it; with each of its layers alone as far as that layer goes."""
    told = world.told(code)
    refusals = {f"refused with {each}" for each in REFUSALS}
    assert attempt(readers("landlock", "seccomp"), told) == "done"
    if HAS.seccomp:
        assert (attempt(readers("landlock"), told) in refusals) == ("seccomp" in refused_by)
    if (HAS.landlock or 0) >= version:
        assert (attempt(readers("seccomp"), told) in refusals) == ("landlock" in refused_by)
    if HAS.seccomp and (HAS.landlock or 0) >= version:
        assert attempt(readers(), told) in refusals
        assert readers().read(CONTENT, REPORT)[0].records[0].values == ("Bee County",)


@pytest.mark.skipif(not HAS.seccomp, reason="this kernel has no seccomp")
def test_no_program_and_no_process_is_started(readers: Callable[..., Reader]) -> None:
    """Outside the sandbox a file turns the worker into another program; inside neither that nor a fork comes about."""
    with pytest.raises(BombError, match="exit status 7"):
        readers("landlock", "seccomp").read(b"Name\n!os.execv('/bin/sh', ['sh', '-c', 'exit 7'])", REPORT)
    for code in (
        "os.execv('/bin/sh', ['sh', '-c', 'exit 7'])",
        "os.execve(os.open(os.__file__, os.O_RDONLY), ['sh'], {})",
        "subprocess.run(['/bin/sh', '-c', 'exit 7'])",
        "os.posix_spawn('/bin/sh', ['sh', '-c', 'exit 7'], {})",
        "os.fork()",
        "call('vfork')",
    ):
        assert attempt(readers(), code) == f"refused with {errno.EPERM}", code


def test_worker_may_still_end_itself(readers: Callable[..., Reader]) -> None:
    """A signal to itself goes through: so do abort() and what a limit sends."""
    with pytest.raises(BombError, match="SIGTERM"):
        readers().read(b"Name\n!os.kill(os.getpid(), signal.SIGTERM)", REPORT)


def test_every_format_is_read_as_outside() -> None:
    """CSV, spreadsheet with links, page, PDF by both libraries, and a picture with fonts of the machine."""
    plumbed = """
from monitor.sandbox import worker
def read(content, report, **more):
    from monitor.extract.pdf import lists, plumber
    from monitor.model import FileReading
    return FileReading(lists=lists.read_pdf(content, report.lists, by=plumber.plumber_pages))
worker.extract.read_report = read
worker.serve()
"""
    with Reader() as reader:
        for content, report in FILES:
            lists = reader.read(content, report)
            assert lists == extract.read_report(content, report).lists
            assert sum(len(each.records) for each in lists) > 0
        assert reader.page(PAGE, "https://www.ice.gov/") == extract.read_web_page(PAGE, "https://www.ice.gov/")
        boxes = lists[0].records[0].locator.boxes
        assert reader.picture(PDF, boxes) == record_picture(PDF, boxes)
        assert reader.picture(PRINTED, LINE) == record_picture(PRINTED, LINE)
    with Reader(command=(sys.executable, "-c", plumbed)) as reader:
        assert [len(each.records) for each in reader.read(PDF, WEEKLY)] == [len(each.records) for each in lists]


def test_what_holds_in_the_worker_is_what_is_said() -> None:
    """The kernel's own account of a process that has entered agrees with what it returned, and with `available`."""
    script = """
from monitor.sandbox import confine
account = open("/proc/self/status")
entered = confine.enter()
print(entered == confine.Sandbox(**eval(input())))
print(account.read())
"""
    fields = {name: getattr(HAS, name) for name in ("landlock", "seccomp", "no_new_privileges", "missing")}
    shown = subprocess.run(
        [sys.executable, "-c", script], input=repr(fields), capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.splitlines()
    account = dict(line.split(":\t", 1) for line in shown[1:] if ":\t" in line)
    assert shown[0] == "True"
    assert account["NoNewPrivs"] == str(int(HAS.no_new_privileges))
    assert account["Seccomp"] == str(2 * HAS.seccomp)
    assert int(account["CapEff"], 16) & ~confine.MAY_READ_ALL == 0
    assert bool(HAS.missing) != bool(HAS.landlock and HAS.seccomp and HAS.no_new_privileges)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("confine.CREATE_RULESET = 100_000", r"None \w+: .*Landlock, which hides .*: Function not implemented"),
        ("confine.MACHINES = ()", "False: .*seccomp, which refuses .*: no table of the system calls of"),
    ],
)
def test_what_the_kernel_lacks_is_said_and_stops_nothing(fault: str, told: str) -> None:
    """A kernel without Landlock, and a machine that the table does not know: the worker reads, the reason is given."""
    script = f"""
from monitor.sandbox import confine, worker
from monitor.errors import UnreadableError
{fault}
real = confine.enter
def enter():
    global entered
    entered = real()
def read(content, report, **more):
    raise UnreadableError(f"{{entered.landlock}} {{entered.seccomp}}: {{'; '.join(entered.missing)}}")
confine.enter = enter
worker.extract.read_report = read
worker.serve()
"""
    with Reader(command=(sys.executable, "-c", script)) as reader, pytest.raises(ReadError, match=told):
        reader.read(CONTENT, REPORT)


def test_sandbox_that_can_not_be_tried_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor gets an answer in every case."""
    monkeypatch.setattr(confine, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    assert available().missing[0].endswith("returned non-zero exit status 3.")
    monkeypatch.setattr(confine, "COMMAND", ("/no/such/program",))
    assert available() == Sandbox(missing=available().missing)


def decided(program: bytes, *, audit: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What a filter answers to one call, by the rules of classic BPF. Source: Documentation/networking/filter.rst."""
    seen = struct.pack("=IIQ6Q", number, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    lines = list(struct.iter_unpack("=HBBI", program))
    place = held = 0
    while True:
        code, if_true, if_false, value = lines[place]
        if code == 0x06:
            return int(value)
        if code == 0x20:
            held = int.from_bytes(seen[value : value + 4], "little")
            skip = 0
        else:
            truth = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            skip = if_true if truth else if_false
        place += 1 + skip


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_filter_decides_by_machine_call_and_argument(machine: Machine) -> None:
    """Each named call gets its answer, what stands beside it none, and a call by another interface ends the process."""
    program = b"".join(confine._filter(machine, own=77))  # noqa: SLF001 - it can't be run on another machine

    def answer(number: int, *arguments: int, audit: int = machine.audit) -> int:
        return decided(program, audit=audit, number=number, arguments=arguments)

    refused, absent = machine.numbers(REFUSED), machine.numbers(ABSENT)
    named = machine.numbers(BY_ARGUMENT)
    for number in range(FIRST_UNKNOWN):
        if number in refused.values():
            assert answer(number) == confine.REFUSE
        elif number in absent.values():
            assert answer(number) == confine.NO_SUCH_CALL
        elif number not in named.values():
            assert answer(number) == confine.ALLOW
    for number in (FIRST_UNKNOWN, 0x40000000 | 41, 0xFFFFFFFF):  # newer, x32, none
        assert answer(number) == confine.NO_SUCH_CALL
    assert answer(0, audit=0x40000003) == confine.KILL  # i386
    pthread, fork = 0x3D0F00, 0x1200011
    for call, allowed, refusals in (
        ("clone", [(pthread,)], [(fork,), (0,), (0x10000000,)]),
        ("kill", [(77, 9)], [(1, 9), (0, 9), (0xFFFFFFFF, 9), (76, 9)]),
        ("tgkill", [(77, 80, 6)], [(76, 76, 6)]),
        ("prlimit64", [(0, 7), (77, 7)], [(76, 7)]),
        ("open", [(0, 0), (0, os.O_CLOEXEC | os.O_DIRECTORY)], [(0, os.O_WRONLY), (0, os.O_RDWR), (0, os.O_CREAT)]),
        ("openat", [(0, 0, 0), (0, 0, os.O_NONBLOCK)], [(0, 0, os.O_WRONLY), (0, 0, os.O_TRUNC), (0, 0, 0o20000002)]),
        ("fcntl", [(0, 1), (0, 3)], [(0, 8), (0, 10), (0, 15)]),
        ("ioctl", [(0, 0x5401)], [(0, 0x8901), (0, 0x8902)]),
    ):
        if call in named:
            assert {answer(named[call], *each) for each in allowed} == {confine.ALLOW}
            assert {answer(named[call], *each) for each in refusals} == {confine.REFUSE}


@pytest.mark.skipif(find_library("seccomp") is None, reason="libseccomp, which knows all numbers, is not installed")
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_numbers_are_those_of_libseccomp(machine: Machine) -> None:
    """Each name in the table means on each machine what it means to the library that others use for this."""
    resolve = ctypes.CDLL(find_library("seccomp")).seccomp_syscall_resolve_name_arch
    resolve.argtypes = (ctypes.c_uint32, ctypes.c_char_p)
    for table in (REFUSED, ABSENT, BY_ARGUMENT):
        names = [line.split()[0] for line in table.splitlines() if line and not line.startswith("#")]
        known = {name: number for name in names if (number := resolve(machine.audit, name.encode())) >= 0}
        assert machine.numbers(table) == known
