"""Runs functions of the program in processes of their own, forked by one that has loaded the whole program already.

    forked("monitor.cli:main", ["--state", "state", "poll"], seconds=1.5)  # killed after that time

To start Python and to load the program anew takes longer than most of what such a process is to do.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SECONDS = 600  # in which a process must have ended, or is ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended: as `subprocess` says it, and what it printed."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.returncode == -signal.SIGKILL


def forked(function: str, arguments: Sequence[object], *, seconds: float = SECONDS) -> Ended:
    """Call a function, named by its module and its own name, in a process that is killed after so many seconds.

    Its arguments are passed as JSON; where it raises SystemExit, that is the status of the process.
    """
    asked = {"function": function, "arguments": arguments, "seconds": seconds, "environ": dict(os.environ)}
    server = _server()
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(asked, default=str) + "\n")
    server.stdin.flush()
    return Ended(**json.loads(server.stdout.readline()))


@cache
def _server() -> subprocess.Popen[str]:
    """The process that forks the others, started when it is first asked."""
    command = [sys.executable, "-m", "tests.support.forks"]
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
    from tests.support.forked_readers import ReaderForks, warm  # noqa: PLC0415 - the same

    warm()
    gc.collect()
    gc.freeze()  # what is loaded is written to by no process that is forked, unless it has to be
    readers = ReaderForks()
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            importlib.import_module(asked["function"].partition(":")[0])
            child = os.fork()
            if not child:
                readers.use()
                _begin(asked, out.fileno(), err.fileno())
            ended: dict[str, object] = {"returncode": _status(child, asked["seconds"])}
            for name, file in (("stdout", out), ("stderr", err)):
                file.seek(0)
                ended[name] = file.read().decode()
        print(json.dumps(ended), flush=True)  # noqa: T201 - for the process that started this one
    os._exit(0)  # with all its memory at once


def _status(child: int, seconds: float) -> int:
    """Wait for the end of a process, or end it after so many seconds; returns its status."""
    number = os.pidfd_open(child)
    try:
        if not select.select([number], [], [], seconds)[0]:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(number)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _begin(asked: dict[str, Any], out: int, err: int) -> NoReturn:
    """Become the process that is asked for, and end with it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.clear()
    os.environ.update(asked["environ"])
    module, _, name = asked["function"].partition(":")
    end_after(lambda: getattr(importlib.import_module(module), name)(*asked["arguments"]))


def end_after(run: Callable[[], object]) -> NoReturn:
    """Call a function, and end this process as the interpreter would: with its traceback, and its status."""
    status = 1
    try:
        run()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does at the end of a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
