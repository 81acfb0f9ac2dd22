"""Set up each program to watch the list of `steps.py` as well as it can: its page, and the file that the page links.

The others read no spreadsheets. Each of them gets the same script, as someone who uses it would write it: it prints the
rows of the file, or ends with the reason why it can't. webchanges and urlwatch run it as a command; changedetection.io,
which runs none, asks a small server that does the same. All sort the lines and show no lines around those that differ,
so that a new order is no change and no other record is named.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

import httpx
import yaml
from publishing import DEADLINE, Server, Site
from rivals import installed

from monitor.config.file import load
from monitor.demo.replay import localized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

ROOT = Path(__file__).parent.parent
SECRET = "whsec_" + "bW9uaXRvci1iZW5jaG1hcmstc2VjcmV0LTAwMDA="
CHANGEDETECTION = "changedetection.io"
# Prints the rows of a spreadsheet: a line each, or with `json` as one object, by what identifies each row.
PRINTER = """
import io, json, sys, urllib.error, urllib.request
import openpyxl
try:
    content = urllib.request.urlopen(sys.argv[1]).read()
except urllib.error.HTTPError as fault:
    sys.exit(f"{sys.argv[1]}: {fault.code} {fault.reason}")
if not content.startswith(b"PK"):
    sys.exit(f"{sys.argv[1]} is no spreadsheet")
rows = [tuple(map(str, row)) for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]
if sys.argv[2] == "json":
    keyed = {f"{row[0]}, {row[1]}, {row[4]}": dict(zip(rows[0], row)) for row in rows[1:]}
    print(json.dumps(keyed, indent=1, sort_keys=True))
else:
    print("\\n".join(" | ".join(row) for row in rows))
"""


class Watcher(Protocol):
    """A program that watches the list."""

    def look(self, *, is_killed: bool = False) -> None:
        """Make the program look once at everything, and return once it has told all that it tells about that.

        With `is_killed` the program is killed as soon as its first alert has arrived, which is not answered.
        """


def alerted(site: Site) -> int:
    """Return the number of alerts that have arrived."""
    return len(site.arrived["/hook"])


def wait_for_alert(site: Site, number: int, *, seconds: float = DEADLINE) -> bool:
    """Wait until `number` alerts have arrived, and return whether they have."""
    with site.changed:
        return site.changed.wait_for(lambda: alerted(site) >= number, timeout=seconds)


class Command:
    """A program that looks once and ends: monitor by `monitor poll`, webchanges, urlwatch."""

    def __init__(self, command: Sequence[str | Path], folder: Path, site: Site) -> None:
        self.command, self.folder, self.site = command, folder, site

    def look(self, *, is_killed: bool = False) -> None:
        """Run the command to its end, or kill it when its first alert has arrived."""
        before = alerted(self.site)
        with subprocess.Popen(
            self.command,
            cwd=self.folder,
            env={**os.environ, "BENCHMARK_SECRET": SECRET},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            if is_killed:
                wait_for_alert(self.site, before + 1)
                os.killpg(process.pid, signal.SIGKILL)
        threading.Event().wait(1.1)  # urlwatch counts time in whole seconds, and mixes up what it sees within one


class Monitor(Command):
    """`monitor poll`; the time until a failed alert is due again is taken to have passed."""

    def look(self, *, is_killed: bool = False) -> None:
        """Make the alerts that wait due, and poll."""
        with closing(sqlite3.connect(self.folder / "state" / "monitor.db", timeout=30)) as database, database:
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").fetchone():
                past = "2000-01-01T00:00:00Z"
                database.execute("UPDATE deliveries SET next_attempt_at = ? WHERE status = 'waiting'", (past,))
        super().look(is_killed=is_killed)


@contextmanager
def monitor(folder: Path, site: Site, address: str, page: str, _: str) -> Iterator[Watcher]:
    """Yield monitor with the source that comes with it, and a channel each for readers and operators."""
    shipped = ROOT / "config.yaml"
    tree = yaml.safe_load(localized(shipped.read_text(encoding="utf-8"), load(shipped), address))
    source = next(name for name, source in tree["sources"].items() if source["page"] == f"{address}{page}")
    tree["sources"] = {source: tree["sources"][source]}
    hook = {"kind": "webhook", "secret_env": "BENCHMARK_SECRET"}
    tree["channels"] = {
        "hook": {**hook, "url": f"{address}/hook"},
        "operators": {**hook, "url": f"{address}/operators"},  # what is asked of them is not told to readers
    }
    tree["subscriptions"] = {
        "all": {"channels": ["hook"], "settle": "0s"},
        "watch": {"channels": ["operators"], "operator": True},
    }
    (folder / "state").mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    program = [sys.executable, "-m", "monitor"]
    yield Monitor([*program, f"--config={folder}/config.yaml", f"--state={folder}/state", "poll"], folder, site)


@contextmanager
def webchanges_lines(folder: Path, site: Site, address: str, page: str, file: str) -> Iterator[Watcher]:
    """Yield webchanges, which compares the printed rows as sorted lines."""
    command = printing(folder, "webchanges", f"{address}{file}", "lines")
    yield _webchanges(folder, site, address, page, {"command": command, "filters": [{"sort": {}}]})


@contextmanager
def webchanges_deepdiff(folder: Path, site: Site, address: str, page: str, file: str) -> Iterator[Watcher]:
    """Yield webchanges, which compares the printed rows as JSON, by what identifies each row."""
    command = printing(folder, "webchanges", f"{address}{file}", "json")
    differ = {"name": "deepdiff", "data_type": "json", "ignore_order": True}
    yield _webchanges(folder, site, address, page, {"command": command, "differ": differ})


def _webchanges(folder: Path, site: Site, address: str, page: str, job: dict[str, object]) -> Command:
    """Return webchanges with one job for the page, and another for the printed rows."""
    jobs: list[dict[str, object]] = [{"url": f"{address}{page}", "filters": [{"html2text": {}}]}, job]
    report = {"stdout": {"enabled": False}, "webhook": {"enabled": True, "webhook_url": f"{address}/hook"}}
    # It says that an error has ended only where repeated errors are suppressed.
    _write(folder, [{**job, "contextlines": 0, "suppress_repeated_errors": True} for job in jobs], report)
    options = ("jobs", "jobs.yaml"), ("config", "settings.yaml"), ("database", "seen.db"), ("hooks", "hooks.py")
    program = installed("webchanges") / "webchanges"
    return Command([program, *(f"--{name}={folder / own}" for name, own in options)], folder, site)


@contextmanager
def urlwatch(folder: Path, site: Site, address: str, page: str, file: str) -> Iterator[Watcher]:
    """Yield urlwatch, which compares the printed rows as sorted lines. Its Slack reporter posts to any address."""
    jobs: list[dict[str, object]] = [
        {"url": f"{address}{page}", "filter": [{"html2text": {"method": "pyhtml2text"}}]},
        {"command": printing(folder, "urlwatch", f"{address}{file}", "lines"), "filter": ["sort"]},
    ]
    report = {"stdout": {"enabled": False}, "slack": {"enabled": True, "webhook_url": f"{address}/hook"}}
    _write(folder, [{**job, "diff_filter": [{"grep": "^[-+]"}]} for job in jobs], report)
    options = ("urls", "jobs.yaml"), ("config", "settings.yaml"), ("cache", "seen.db"), ("hooks", "hooks.py")
    program = installed("urlwatch") / "urlwatch"
    yield Command([program, *(f"--{name}={folder / own}" for name, own in options)], folder, site)


def printing(folder: Path, rival: str, url: str, form: str) -> str:
    """Return a shell command that prints the rows of a spreadsheet, with a rival's own Python."""
    (folder / "print.py").write_text(PRINTER, encoding="utf-8")
    return f"{installed(rival) / 'python'} {folder / 'print.py'} {url} {form}"


def _write(folder: Path, jobs: list[dict[str, object]], report: dict[str, object]) -> None:
    (folder / "jobs.yaml").write_text(yaml.safe_dump_all(jobs), encoding="utf-8")
    settings = {"display": {"new": False}, "report": report}
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (folder / "hooks.py").touch()


class Printed(BaseHTTPRequestHandler):
    """Answers with the printed rows of a spreadsheet at the same path of the site, or says why there are none."""

    script: ClassVar[Path]
    origin: ClassVar[str]

    def do_GET(self) -> None:
        """Run the script."""
        command = [sys.executable, str(self.script), f"{self.origin}{self.path}", "lines"]
        done = subprocess.run(command, check=False, capture_output=True)
        gone = re.search(rb": 404 ", done.stderr)
        content = done.stderr if done.returncode else done.stdout
        self.send_response((404 if gone else 502) if done.returncode else 200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name for it
        """Print nothing."""


@contextmanager
def printed_rows(folder: Path, origin: str) -> Iterator[str]:
    """Yield the address of a server that prints the site's spreadsheets."""
    (folder / "print.py").write_text(PRINTER, encoding="utf-8")
    handler = type("Bound", (Printed,), {"script": folder / "print.py", "origin": origin})
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


class ChangeDetection:
    """changedetection.io, which runs on, and is asked by its API to look."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site = folder, site
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
            self.port = free.server_address[1]
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        """Start the program, and return it once its API answers."""
        options = ["-C", "-d", f"{self.folder}/data", "-h", "127.0.0.1", "-p", str(self.port), "-l", "ERROR"]
        process = subprocess.Popen(
            [installed(CHANGEDETECTION) / CHANGEDETECTION, *options],
            cwd=self.folder,
            env={**os.environ, "ALLOW_IANA_RESTRICTED_ADDRESSES": "true", "DISABLE_VERSION_CHECK": "true"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + DEADLINE
        while True:
            try:
                self.asked("GET", "systeminfo")
            except (httpx.TransportError, FileNotFoundError):
                if time.monotonic() > until or process.poll() is not None:
                    sys.exit(f"{CHANGEDETECTION} has not started")
                threading.Event().wait(0.3)
            else:
                return process

    def asked(self, method: str, path: str, **body: object) -> dict[str, dict[str, object]]:
        """Ask the program's API, and return its answer."""
        stored = json.loads((self.folder / "data" / "changedetection.json").read_text(encoding="utf-8"))
        token = stored["settings"]["application"]["api_access_token"]
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}"
        answer = httpx.request(method, url, json=body or None, headers={"x-api-key": token}, timeout=DEADLINE)
        answer.raise_for_status()
        found: dict[str, dict[str, object]] = answer.json() if answer.content else {}
        return found

    def watch(self, urls: Sequence[str], **settings: object) -> None:
        """Make it watch these addresses, and nothing else that it comes with or watched before."""
        for watched in self.asked("GET", "watch"):
            self.asked("DELETE", f"watch/{watched}")
        for url in urls:
            self.asked("POST", "watch", url=url, time_between_check_use_default=False, **settings)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()

    def look(self, *, is_killed: bool = False) -> None:
        """Ask it to look at all that it watches, and wait for what it tells; or kill it, and start it again."""
        before, checked = alerted(self.site), self._checked()
        for watch in checked:
            self.asked("GET", f"watch/{watch}?recheck=1")
        if is_killed:
            wait_for_alert(self.site, before + 1)
            self.stop()
            self.process = self._started()
            return
        until = time.monotonic() + DEADLINE
        while any(at <= checked[watch] for watch, at in self._checked().items()):
            if time.monotonic() > until:
                sys.exit(f"{CHANGEDETECTION} has not looked")
            threading.Event().wait(0.1)
        while wait_for_alert(self.site, before + 1, seconds=3.0):  # it takes up to a second to begin to send
            before = alerted(self.site)

    def _checked(self) -> dict[str, float]:
        """Return when it last looked at each of its watches."""
        return {watch: float(str(said["last_checked"])) for watch, said in self.asked("GET", "watch").items()}


@contextmanager
def changedetection(folder: Path, site: Site, address: str, page: str, file: str) -> Iterator[Watcher]:
    """Yield changedetection.io, which compares the printed rows as sorted lines."""
    watcher = ChangeDetection(folder, site)
    try:
        with printed_rows(folder, address) as printed:
            watcher.watch(
                [f"{address}{page}", f"{printed}{file}"],
                notification_urls=[f"{address.replace('http', 'json')}/hook"],
                notification_title="{{watch_url}}",
                notification_body="{{diff}}",
                notification_format="text",
                processor="text_json_diff",  # not that for stocks of shops
                sort_text_alphabetically=True,
                text_should_not_be_present=["Access Denied"],
                time_between_check={"weeks": 1},
            )
            yield watcher
    finally:
        watcher.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program in one set-up.

    - `started`: starts it; see `monitor`.
    - `rival`: its name in `rivals.py`.
    - `setup`: how it was set up, for people.
    """

    started: Callable[[Path, Site, str, str, str], AbstractContextManager[Watcher]]
    rival: str = ""
    setup: str = ""


PROGRAMS = {
    "monitor": Program(started=monitor),
    "webchanges, sorted lines": Program(
        started=webchanges_lines,
        rival="webchanges",
        setup="with a script of one's own that prints the rows, its filter `sort`, and the page as a second job",
    ),
    "webchanges, deepdiff": Program(
        started=webchanges_deepdiff,
        rival="webchanges",
        setup="with a script of one's own that prints the rows as JSON by their keys, its differ `deepdiff`, and the"
        " page as a second job",
    ),
    "urlwatch, sorted lines": Program(
        started=urlwatch,
        rival="urlwatch",
        setup="with a script of one's own that prints the rows, its filter `sort`, and the page as a second job",
    ),
    "changedetection.io, sorted lines": Program(
        started=changedetection,
        rival=CHANGEDETECTION,
        setup="with a server of one's own that prints the rows, lines sorted, `text_should_not_be_present`, and the"
        " page as a second watch",
    ),
}
