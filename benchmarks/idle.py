"""CPU of the daemon's cycle over 1,000 sources of which none has changed, over that of others on the same pages.

Run `make bench` or `python benchmarks/idle.py [SOURCES]`. A server on this machine answers 304 to conditional requests,
and counts them. All programs have seen all pages before, and the benchmark checks that each program asks for every page
conditionally. The daemon is measured over whole cycles, with everything else that it does; urlwatch and webchanges,
which start anew for each look, as whole processes. The programs take turns for several rounds, and the least of each
program counts. Exits with 1 above the bounds.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import httpx
import psutil
import yaml
from figures import Figure, tell
from rivals import MissingRivalError, installed, titled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
# Bound on the CPU of the daemon for each source.
MAX_CPU_MILLISECONDS = 3.0
# Bounds on the daemon's CPU over a rival's.
MAX_CPU_RATIOS = {"urlwatch": 0.15, "webchanges": 1 / 20}
ROUNDS = 3
# A cycle that takes longer has failed. The first one, which reads each page, takes minutes on a busy machine.
MAX_CYCLE_SECONDS = 1200.0
COUNTIES = "".join(f"<li>County {number}, TX</li>" for number in range(200))
BODY = f"<html><title>Lists</title><h1>Lists</h1><h2>Counties</h2><ul>{COUNTIES}</ul></html>".encode()


class Page(BaseHTTPRequestHandler):
    """Any page: the same at each address, and never changed."""

    protocol_version = "HTTP/1.1"
    unchanged: ClassVar[set[str]] = set()  # the paths that were answered with 304

    def do_GET(self) -> None:
        """Answer 304 to a conditional request, or return and reset the count of these answers."""
        if self.path == "/unchanged":
            told = str(len(self.unchanged)).encode()
            self.unchanged.clear()
            self.send_response(200)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)
            return
        known = self.headers.get("If-None-Match") == '"1"'
        if known:
            self.unchanged.add(self.path)
        self.send_response(304 if known else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0" if known else str(len(BODY)))
        self.end_headers()
        if not known:
            self.wfile.write(BODY)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name for it
        """Print nothing."""


def serve() -> None:
    """Serve until killed, and print the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


@contextmanager
def pages() -> Iterator[str]:
    """Yield the address of a server that runs in a process of its own."""
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def measured(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process, and return its CPU seconds, user and system, with those of its own children."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"a measured process ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def configured(folder: Path, address: str, sources: int) -> list[str]:
    """Write a configuration of `sources` pages, and return the daemon's command."""
    lists = {"counties": {"heading": "^counties$", "item": "^(?P<name>.+), (?P<state>[A-Z]{2})$", "key": ["name"]}}
    report = {"kind": "page", "format": "html", "lists": lists}
    tree = {
        "poll": {"every": "1h", "allow_private_addresses": True},
        "run": {"port": 0},
        "sources": {f"page-{n}": {"page": f"{address}/{n}", "reports": {"lists": report}} for n in range(sources)},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    options = ["--config", str(folder / "config.yaml"), "--state", str(folder / "state")]
    return [sys.executable, "-m", "monitor", *options, "run"]


@contextmanager
def daemon(command: list[str]) -> Iterator[psutil.Process]:
    """Yield the running daemon."""
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def taken(process: psutil.Process) -> float:
    """Return the CPU seconds of a process and its present children."""
    return sum(each.cpu_times().user + each.cpu_times().system for each in (process, *process.children(recursive=True)))


def cycle(process: psutil.Process, folder: Path, sources: int) -> float:
    """Wait until the daemon has polled all sources, and return the CPU seconds that it took."""
    before, deadline = taken(process), time.monotonic() + MAX_CYCLE_SECONDS
    while polled(folder) < sources:
        if time.monotonic() > deadline or not process.is_running():
            sys.exit("the daemon has not polled all sources")
        threading.Event().wait(0.2)
    return taken(process) - before


def polled(folder: Path) -> int:
    """Return the number of sources that were polled and processed since they were last made due."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/state/monitor.db?mode=ro", uri=True)) as database:
            kept = database.execute("SELECT count(*) FROM versions WHERE status = 'kept'").fetchone()[0]
            sources: int = database.execute(
                "SELECT count(*) FROM schedule JOIN sources ON name = source WHERE polled_at > '2001' AND fault IS NULL"
            ).fetchone()[0]
            return 0 if kept else sources
    except sqlite3.OperationalError:
        return 0


def make_due(folder: Path) -> None:
    """Make all sources due again."""
    with closing(sqlite3.connect(folder / "state" / "monitor.db")) as database:
        database.execute("UPDATE sources SET polled_at = '2000-01-01T00:00:00Z'")
        database.execute("UPDATE schedule SET next_poll_at = '2000-01-01T00:00:00Z'")
        database.commit()


def unchanged(address: str) -> int:
    """Return the number of pages that the server answered with 304 since the last call."""
    return int(httpx.get(f"{address}/unchanged").text)


@contextmanager
def seen(folder: Path, address: str, sources: int) -> Iterator[Callable[[], float]]:
    """Yield a function that makes a daemon look again at all pages, and returns the CPU seconds of that look."""
    with daemon(configured(folder, address, sources)) as process:
        cycle(process, folder, sources)

        def again() -> float:
            make_due(folder)
            return cycle(process, folder, sources)

        yield again


def ours(folder: Path, address: str, sources: int) -> float:
    """Return the CPU seconds of the daemon's second look at all pages."""
    with seen(folder, address, sources) as again:
        return again()


def rival(name: str, folder: Path, address: str, sources: int) -> list[str]:
    """Return a rival's command for the same pages; it prints nothing."""
    jobs, settings, hooks, seen = (folder / f"{name}.{ending}" for ending in ("jobs", "yaml", "py", "db"))
    jobs.write_text(yaml.safe_dump_all([{"url": f"{address}/{number}"} for number in range(sources)]), "utf-8")
    report = {"stdout": {"enabled": False}, "text": {"footer": False}}
    settings.write_text(yaml.safe_dump({"report": report, "display": {"new": False}}), "utf-8")
    hooks.touch()
    files = {"urlwatch": ("urls", "cache"), "webchanges": ("jobs", "database")}[name]
    options = zip((*files, "config", "hooks"), (jobs, seen, settings, hooks), strict=True)
    return [str(installed(name) / name), *(f"--{option}={file}" for option, file in options)]


def look(command: list[str]) -> float:
    """Return the CPU seconds of one look of a rival."""
    return measured(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def compared(sources: int) -> dict[str, float | str]:
    """Return the CPU milliseconds of each program for each source, the least of all rounds.

    A program that could not be measured has the reason instead.
    """
    found: dict[str, list[float]] = {"monitor": []}
    commands, missing = {}, {}
    with tempfile.TemporaryDirectory() as temporary, pages() as address:
        folder = Path(temporary)
        for name in MAX_CPU_RATIOS:
            try:
                commands[name] = rival(name, folder, address, sources)
                look(commands[name])
            except MissingRivalError as fault:
                missing[name] = str(fault)
        with seen(folder, address, sources) as again:
            for _ in range(ROUNDS):  # in turns, so that a time at which the machine is slow is slow for all
                unchanged(address)
                found["monitor"].append(again())
                _all_asked("monitor", address, sources)
                for name, command in commands.items():
                    found.setdefault(name, []).append(look(command))
                    _all_asked(name, address, sources)
    return missing | {name: 1000 * min(seconds) / sources for name, seconds in found.items()}


def main(sources: int) -> int:
    """Measure all, print the ratios, and return 0 if they are within their bounds, else 1."""
    found = compared(sources)
    each = found.pop("monitor")
    assert isinstance(each, float)
    print(f"monitor: {each:.2f} ms of CPU for each of {sources} unchanged sources (at most {MAX_CPU_MILLISECONDS})")
    figure = Figure(
        measure=f"CPU for each of {sources:,} unchanged sources", unit="ms", ours=each, most=MAX_CPU_MILLISECONDS
    )
    held = True
    for name, theirs in found.items():
        beside = replace(figure, rival=titled(name), most_ratio=MAX_CPU_RATIOS[name])
        if isinstance(theirs, str):
            beside = replace(beside, remark=theirs)
            print(theirs)
        else:
            beside = replace(beside, theirs=theirs)
            print(f"{beside.rival}: {theirs:.2f} ms; ratio {beside.ratio:.3f} (at most {beside.most_ratio:.3f})")
        held &= tell(beside)
    return 0 if held else 1


def _all_asked(name: str, address: str, sources: int) -> None:
    """Exit with a message if a program did not ask for every page conditionally: it is not measured."""
    if (asked := unchanged(address)) != sources:
        sys.exit(f"{name} was told of {asked} of {sources} pages that they are unchanged")


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
