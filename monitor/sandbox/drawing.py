"""Has a browser draw a web page whose content comes by scripts, and fetches the further files that the page asks for.

The browser has no network. Each further request of the page comes here; the program's own HTTP client makes it, under
the rules for all its requests, or it is refused. `monitor.sandbox.browser` is the process that runs the browser. It
and all processes that it started are killed at the end of each drawing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pydantic import Field, ValidationError

from monitor import PACKAGE
from monitor.config.extras import missing
from monitor.config.values import Model
from monitor.errors import FetchError, ForbiddenAddressError, UndrawnError
from monitor.fetch.exchange import REDIRECTS
from monitor.fetch.verdict import Response, check_response
from monitor.sandbox.own_folder import own_folder
from monitor.sandbox.processes import kill_tree, kill_users, memory_of_tree
from monitor.sandbox.worker_process import PASSED_VARIABLES

if TYPE_CHECKING:
    from monitor.config.sources import Poll
    from monitor.fetch.fetcher import Answer, Fetcher

BROWSER_COMMAND = (sys.executable, "-P", "-m", "monitor.sandbox.browser")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")  # in the order of preference
MAX_REQUESTS = 200  # of one page while it is drawn
MAX_REDIRECTS_OF_PART = 5
MAX_MESSAGE_BYTES = 200_000  # of a request of the page; its answer and the drawn document are limited by `max_bytes`
MAX_MEMORY_BYTES = 2_000_000_000  # of the browser and all that belongs to it
MAX_REST_SECONDS = 20.0  # for the page to rest; what it draws later is not seen
MEMORY_WATCH_SECONDS = 0.5  # between two looks at the browser's memory
MAX_HOSTS_NAMED = 5
MISSING_STATUSES = frozenset({404, 410})  # statuses that the page's own script has to deal with
# Headers of a page's request that are passed on; also all that begin with `x-`, as keys of public interfaces do.
PASSED_HEADERS = frozenset({"accept", "accept-language", "authorization", "origin"})
DROPPED_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection", "set-cookie"})
ONE_AT_A_TIME = threading.Lock()  # a browser takes much memory


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPage:
    """A page as a browser drew it.

    - `content`: the drawn document, as HTML in UTF-8.
    - `headers`: pairs of a name and a value that say how it was drawn, in the form of HTTP headers.
    - `notes`: sentences about parts that were left out.
    """

    content: bytes
    headers: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


class _Ask(Model):
    """A request of the page."""

    url: str
    method: str
    kind: str
    headers: dict[str, str]


class _Said(Model):
    """What the process says of the document that it drew; the document follows.

    - `version`: the browser's version. `letters`: how many letters a reader can see.
    - `is_same`, `is_steady`: whether the document stayed the same at last, and whether it kept as many elements while
      nothing was asked for, and no answer was on its way.
    - `left_for`: an address to which a script wanted to send the reader.
    """

    version: str = Field(max_length=100, pattern=r"^[\w. -]*$")
    letters: int
    is_same: bool
    is_steady: bool
    left_for: tuple[str, ...] = ()


class _Fault(Model):
    message: str


class _Message(Model):
    """One message of the process; one of the three is set."""

    ask: _Ask | None = None
    drawn: _Said | None = None
    fault: _Fault | None = None


def find_browser() -> str | None:
    """Return the path of a browser that can draw pages; None if none is installed."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def missing_for_drawing() -> str | None:
    """Return a text that names the software missing for drawing pages and the command that installs it, or None."""
    if fault := missing("browser"):
        return fault
    if find_browser() is None:
        return "no Chromium is installed; `apt-get install chromium`"
    return None


def draw_page(fetcher: Fetcher, served: Answer, *, source: str, hosts: frozenset[str], poll: Poll) -> DrawnPage:
    """Have a browser draw a page, and return the drawn document.

    - `fetcher`: makes the page's further requests.
    - `served`: the page as its server sent it.
    - `source`: the name of the source, for messages. `hosts`: the servers that may be asked for it.
    - `poll`: the limits. The whole drawing may take no longer than one exchange with a server.

    Raises UndrawnError if the page can't be drawn with all of its data. Raises BlockedError or GoneError if the drawn
    page says that the reader is turned away, or that the page is gone. All three are kinds of FetchError.
    """
    if missing := missing_for_drawing():
        raise UndrawnError(served.url, f"sources.{source} has `render: browser`, but {missing}")
    with ONE_AT_A_TIME, own_folder() as folder:
        return _Session(fetcher=fetcher, served=served, source=source, hosts=hosts, poll=poll).run(folder)


@dataclass(kw_only=True)
class _Session:
    """One drawing: the process, and what its page asked for."""

    fetcher: Fetcher
    served: Answer
    source: str
    hosts: frozenset[str]
    poll: Poll
    requests: int = 0
    bytes_left: int = 0
    faults: list[str] = field(default_factory=list)  # why the document would lack something
    refused: dict[str, None] = field(default_factory=dict)  # sentences about requests that were refused
    used: dict[tuple[str, str], None] = field(default_factory=dict)  # hashes and addresses of answers
    killed: str | None = None  # why the process was killed before its end

    def run(self, folder: str) -> DrawnPage:
        """Start the process, answer its requests, and return what it drew; kill what is left of it in any case."""
        self.bytes_left = self.poll.max_bytes
        self.ends_at = time.monotonic() + self.poll.timeout.total_seconds()
        ours, theirs = socket.socketpair()
        with theirs:
            process = _started(folder, theirs)
        is_over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(process, is_over), daemon=True)
        watch.start()
        try:
            with closing(Connection(ours.detach())) as link:
                said, content = self._talk(link)
        except (EOFError, OSError, ValidationError, ValueError) as fault:
            why = self.killed or "the process that runs the browser ended, or gave an answer that makes no sense"
            raise self._undrawn(why) from fault
        finally:
            is_over.set()
            watch.join()
            kill_tree(process)
            kill_users(folder)  # if the process itself was killed, as where memory is short, its browser is still there
        return self._checked(said, content)

    def _watch(self, process: subprocess.Popen[bytes], is_over: threading.Event) -> None:
        """Kill the process when its time is over or it takes too much memory."""
        while not is_over.wait(min(MEMORY_WATCH_SECONDS, max(self.ends_at - time.monotonic(), 0.0))):
            if time.monotonic() >= self.ends_at:
                self.killed = f"drawing it took more than {self.poll.timeout.total_seconds():.0f} s"
            elif memory_of_tree(process.pid) > MAX_MEMORY_BYTES:
                self.killed = f"drawing it took more than {MAX_MEMORY_BYTES // 1_000_000:,} MB of memory"
            if self.killed:
                kill_tree(process)
                return

    def _talk(self, link: Connection) -> tuple[_Said, bytes]:
        """Send the order, answer requests until the document comes, and return it with what is said of it."""
        order = {
            "url": self.served.url,
            "content_type": dict(self.served.headers).get("content-type", "text/html"),
            "chromium": find_browser(),
            "sandbox": os.geteuid() != 0,  # as root, Chromium can't build its own
            "seconds": min(MAX_REST_SECONDS, self.poll.timeout.total_seconds() / 2),
        }
        link.send_bytes(json.dumps(order).encode())
        link.send_bytes(self.served.content)
        while True:
            message = _Message.model_validate_json(link.recv_bytes(MAX_MESSAGE_BYTES))
            if message.fault:
                raise self._undrawn(self.killed or _words(message.fault.message))
            if message.drawn:
                return message.drawn, link.recv_bytes(self.poll.max_bytes)
            if message.ask:
                response = self._answered(message.ask)
                headers = [pair for pair in response.headers if pair[0] not in DROPPED_HEADERS] if response else []
                link.send_bytes(
                    json.dumps({"status": response.status_code if response else None, "headers": headers}).encode()
                )
                if response:
                    link.send_bytes(response.content)

    def _answered(self, asked: _Ask) -> Response | None:
        """Make one request of the page, and return the answer; None if it is refused or fails."""
        self.requests += 1
        if self.requests > MAX_REQUESTS:
            raise self._undrawn(f"it asks for more than {MAX_REQUESTS} files while it is drawn")
        host = urlsplit(asked.url).hostname or ""
        is_data = asked.kind in {"xhr", "fetch"}
        if asked.method != "GET":
            if is_data:
                self.refused[f"asks {host} by {_words(asked.method)}, which is not done; only GET is"] = None
            return None
        if host not in self.hosts:
            if is_data:
                self.faults.append(f"the page asks for data from {host}; add it to sources.{self.source}.hosts")
            elif asked.kind == "script":
                line = f"asks for a script from {host}; add it to sources.{self.source}.hosts if the list needs it"
                self.refused[line] = None
            return None
        try:
            response = self._fetched(asked)
        except FetchError as fault:
            self.faults.append(f"what the page asks for did not come: {fault}")
            return None
        if response.status_code >= 400 and response.status_code not in MISSING_STATUSES and asked.kind != "document":
            self.faults.append(f"what the page asks for did not come: {asked.url}: status {response.status_code}")
        self.bytes_left -= len(response.content)
        self.used[hashlib.sha256(response.content).hexdigest(), asked.url] = None
        return response

    def _fetched(self, asked: _Ask) -> Response:
        """Make one request and follow its redirects. Raises FetchError."""
        url = asked.url
        passed = tuple((name, text) for name, text in asked.headers.items() if _is_passed(name) and name != "accept")
        for _ in range(MAX_REDIRECTS_OF_PART + 1):
            left = self.ends_at - time.monotonic()
            response = self.fetcher.ask(
                url, allowed_hosts=self.hosts, accept=asked.headers.get("accept", "*/*"), headers=passed,
                max_bytes=max(self.bytes_left, 1), seconds=max(left, 0.001),
            )  # fmt: skip
            target = response.header("location") if response.status_code in REDIRECTS else None
            if target is None:
                return response
            there = urljoin(url, target)
            if url.startswith("https:") and there.startswith("http:"):
                raise ForbiddenAddressError(url, f"redirects from https to {there} without TLS")
            url = there
        raise UndrawnError(asked.url, f"over {MAX_REDIRECTS_OF_PART} redirects")

    def _checked(self, said: _Said, content: bytes) -> DrawnPage:
        """Check that the document is whole, and return it. Raises FetchError."""
        if self.faults:
            more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
            raise self._undrawn(f"{_words(self.faults[0])}{more}; without that the list would not be whole")
        now = datetime.now(UTC)
        headers: tuple[tuple[str, str], ...] = (("content-type", "text/html; charset=utf-8"),)
        check_response(
            Response(status_code=200, headers=headers, content=content),
            self.served.url, expect="html", to_front=False, now=now, if_refused=self.fetcher.if_refused,
        )  # fmt: skip
        if not said.letters:
            raise self._undrawn(f"the page draws no text{self._because()}")
        if not said.is_steady:
            raise self._undrawn("it still draws, or asks for more, when its time is over")
        notes = [f"the page {each}" for each in list(self.refused)[:MAX_HOSTS_NAMED]]
        if said.left_for:
            notes.append(
                f"a script of the page wanted to send its reader to {_words(said.left_for[0])}; it was refused"
            )
        if not said.is_same:
            notes.append(
                "the page never stays the same, as with a clock; it was taken as it stood when its time was over"
            )
        headers += (
            ("x-monitor-drawn-from", hashlib.sha256(self.served.content).hexdigest()),
            ("x-monitor-browser", f"Chromium {said.version}"),
            *(("x-monitor-drawn-with", f"{sha256} {_words(url)}") for sha256, url in self.used),
        )
        return DrawnPage(content=content, headers=headers, notes=tuple(f"{self.served.url}: {note}" for note in notes))

    def _because(self) -> str:
        """Return what was refused, as the end of a sentence."""
        return "".join(f"; it {each}" for each in list(self.refused)[:MAX_HOSTS_NAMED])

    def _undrawn(self, why: str) -> UndrawnError:
        return UndrawnError(self.served.url, why)


def _is_passed(name: str) -> bool:
    return name in PASSED_HEADERS or name.startswith("x-")


def _words(text: str) -> str:
    """Return a text from outside in one line of moderate length, without what terminals take for orders."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:500]


def _started(folder: str, connection: socket.socket) -> subprocess.Popen[bytes]:
    """Start the process and return it; `connection` is its end of the socket, and becomes its standard input.

    It has no environment variables with secrets, and writes only into `folder`, which is removed afterwards.
    """
    known = {name: os.environ[name] for name in PASSED_VARIABLES if name in os.environ}
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), folder)
    return subprocess.Popen(  # noqa: S603 - the command is ours
        BROWSER_COMMAND,
        stdin=connection.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=known | places | {"PYTHONPATH": str(PACKAGE.parent)},
        process_group=0,
    )
