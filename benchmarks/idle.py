"""CPU of the daemon's cycle over 1,000 sources of which none has changed, over urlwatch's on the same pages.

Run `make bench` or `python benchmarks/idle.py [SOURCES]`. A server on this machine answers 304 to whoever asks
conditionally, and both programs have seen all pages before. Of the daemon one cycle is measured, with all that it does
beside; of urlwatch, which is started anew for each look, the whole process. Exits with 1 above the bounds.
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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import yaml
from rivals import installed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
MOST_CPU = 3.0  # milliseconds for each source
MOST_RATIO = 0.5  # of urlwatch's
DEADLINE = 600.0  # seconds for a cycle
COUNTIES = "".join(f"<li>County {number}, TX</li>" for number in range(200))
BODY = f"<html><title>Lists</title><h1>Lists</h1><h2>Counties</h2><ul>{COUNTIES}</ul></html>".encode()


class Page(BaseHTTPRequestHandler):
    """Any page: the same for all, and unchanged for whoever has it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer 304 to a conditional request."""
        known = self.headers.get("If-None-Match") == '"1"'
        self.send_response(304 if known else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0" if known else str(len(BODY)))
        self.end_headers()
        if not known:
            self.wfile.write(BODY)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name for it
        """Say nothing."""


def serve() -> None:
    """Serve until killed; prints the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


@contextmanager
def pages() -> Iterator[str]:
    """A server in a process of its own: its address."""
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def measured(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; its CPU seconds, user and system, with those of its own children."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"a measured process ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def configured(folder: Path, address: str, sources: int) -> list[str]:
    """The daemon's command, for so many pages."""
    lists = {"counties": {"heading": "^counties$", "item": "^(?P<name>.+), (?P<state>[A-Z]{2})$", "key": ["name"]}}
    report = {"kind": "page", "format": "html", "lists": lists}
    tree = {
        "poll": {"every": "1h", "allow_private_addresses": True, "per_host": 8},
        "run": {"port": 0},
        "sources": {f"page-{n}": {"page": f"{address}/{n}", "reports": {"lists": report}} for n in range(sources)},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    options = ["--config", str(folder / "config.yaml"), "--state", str(folder / "state")]
    return [sys.executable, "-m", "monitor", *options, "run"]


@contextmanager
def daemon(command: list[str]) -> Iterator[psutil.Process]:
    """The daemon, running."""
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def taken(process: psutil.Process) -> float:
    """The CPU seconds of a process and the children that it has."""
    return sum(each.cpu_times().user + each.cpu_times().system for each in (process, *process.children(recursive=True)))


def cycle(process: psutil.Process, folder: Path, sources: int) -> float:
    """Wait until the daemon has polled all sources; the CPU seconds that it took."""
    before, deadline = taken(process), time.monotonic() + DEADLINE
    while polled(folder) < sources:
        if time.monotonic() > deadline or not process.is_running():
            sys.exit("the daemon has not polled all sources")
        threading.Event().wait(0.2)
    return taken(process) - before


def polled(folder: Path) -> int:
    """How many sources have been polled since they were last made due, and understood."""
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


def urlwatch(folder: Path, address: str, sources: int) -> float:
    """The CPU seconds of urlwatch's second look at the same pages."""
    urls, settings = folder / "urls.yaml", folder / "urlwatch.yaml"
    jobs = [{"url": f"{address}/{number}"} for number in range(sources)]
    urls.write_text(yaml.safe_dump_all(jobs), encoding="utf-8")
    settings.write_text("report: {stdout: {enabled: false}, text: {footer: false}}\ndisplay: {new: false}\n", "utf-8")
    options = ["--urls", str(urls), "--config", str(settings), "--cache", str(folder / "cache.db")]
    hooks = ["--hooks", str(folder / "hooks.py")]
    command = [str(installed("urlwatch") / "urlwatch"), *options, *hooks]
    taken = 0.0
    for _ in range(2):
        taken = measured(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    return taken


def main(sources: int) -> None:
    """Measure both, and print the ratio."""
    with tempfile.TemporaryDirectory() as temporary, pages() as address:
        folder = Path(temporary)
        command = configured(folder, address, sources)
        with daemon(command) as process:
            cycle(process, folder, sources)
            make_due(folder)
            ours = cycle(process, folder, sources)
        theirs = urlwatch(folder, address, sources)
    each = 1000 * ours / sources
    print(f"monitor: {each:.2f} ms of CPU for each of {sources} unchanged sources (at most {MOST_CPU})")
    print(f"urlwatch: {1000 * theirs / sources:.2f} ms; ratio {ours / theirs:.2f} (at most {MOST_RATIO})")
    if each > MOST_CPU or ours / theirs > MOST_RATIO:
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
