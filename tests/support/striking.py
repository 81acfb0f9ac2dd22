"""Runs `monitor ...` and kills it, with SIGKILL, just before the Nth line of certain modules.

    strike(120, "upkeep/backup,store/archive", "--state", "state", "backup", "/mnt/backup")

Modules of monitor, or of sqlite_utils, are named by the ends of their paths.
"""

from __future__ import annotations

import atexit
import importlib
import inspect
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from _typeshed import TraceFunction

SECONDS = 600  # in which a command must have ended, or is ended


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """How a command ended: as `subprocess` says it, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def lines(modules: str, *arguments: object) -> int:
    """How many lines of these modules a command runs, left alone; it must succeed."""
    ended = _run(0, modules, arguments)
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout.splitlines()[-1])


def strike(number: int, modules: str, *arguments: object) -> bool:
    """Kill a command at a line; returns whether it got that far."""
    ended = _run(number, modules, arguments)
    assert ended.returncode in {-signal.SIGKILL, 0}, ended.stderr
    return ended.returncode == -signal.SIGKILL


def _run(number: int, modules: str, arguments: Sequence[object]) -> _Ended:
    """Run a command in a process of its own, which the server below forks: it has the program loaded already."""
    asked = {"number": number, "modules": modules, "arguments": list(map(str, arguments)), "environ": dict(os.environ)}
    server = _server()
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    return _Ended(**json.loads(server.stdout.readline()))


@cache
def _server() -> subprocess.Popen[str]:
    """The process that forks those that are killed, started when it is first asked."""
    command = [sys.executable, "-m", "tests.support.striking"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@atexit.register
def end_server() -> None:
    """End that process, if there is one."""
    if _server.cache_info().currsize:
        _server().communicate()
        _server.cache_clear()


def _serve() -> None:
    """Do what each line of standard input asks, and answer with a line of standard output."""
    import monitor  # noqa: PLC0415 - not in the process that tests

    for module in pkgutil.walk_packages(monitor.__path__, "monitor."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if not child:
                _begin(asked, out.fileno(), err.fileno())
            _, status = os.waitpid(child, 0)
            ended: dict[str, object] = {"returncode": os.waitstatus_to_exitcode(status)}
            for name, file in (("stdout", out), ("stderr", err)):
                file.seek(0)
                ended[name] = file.read().decode()
        print(json.dumps(ended), flush=True)  # noqa: T201 - for the process that started this one


def _begin(asked: dict[str, Any], out: int, err: int) -> NoReturn:
    """Become the process of a command, and end with it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.clear()
    os.environ.update(asked["environ"])
    signal.alarm(SECONDS)
    status = 1
    try:
        _main(asked["number"], asked["modules"], asked["arguments"])
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does at the end of a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _main(number: int, modules: str, arguments: list[str]) -> None:
    from monitor.cli import main  # noqa: PLC0415 - not in the process that tests

    ends = tuple(f"{name}.py" for name in modules.split(","))
    seen = 0

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        nonlocal seen
        if not frame.f_code.co_filename.endswith(ends) or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            return None  # of other modules, or no function's: run once, when its module is loaded
        if event == "line":
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    try:
        main(arguments)
    except SystemExit as ended:
        sys.settrace(None)
        if ended.code:
            raise
        print(seen)  # noqa: T201 - for the process that started this one


if __name__ == "__main__":
    _serve()
