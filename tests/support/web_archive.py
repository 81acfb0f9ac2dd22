"""A web archive on loopback that speaks as the Wayback Machine does: index (CDX), playback, Save Page Now.

    with ArchiveServer(captures=[Captured("https://www.ice.gov/list.xlsx", "20250203040506", content)]) as server:
        ...                                     # configured by `wayback: {url: server.address}`
        server.refuse(429, times=2, retry_after=30)
        assert server.paths("/cdx/")

What it holds may be changed while it runs. A capture's body and headers are as its publisher sent them: where the
headers say gzip, the body is packed.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import sys
import threading
from base64 import b32encode
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self
from urllib.parse import parse_qs, quote_plus, unquote_plus, urlsplit

DEADLINE = 300.0  # seconds after which it answers nevertheless
HTML = (("Content-Type", "text/html"),)
FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
EXCLUDED = (
    b"<html><title>Internet Archive Wayback Machine</title><p>This URL has been excluded from the Wayback Machine."
)
BLOCKED = (
    b"org.archive.util.io.RuntimeIOException: "
    b"org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error\n"
)
OWN_PAGE = b"<html><title>Internet Archive Wayback Machine</title><p>The Wayback Machine has not archived that URL."
JOB_PAGE = b'<html><h2 id="spn-title">Saving page</h2><script>spn.watchJob("%s", "/_static/", 6000);</script></html>'


class Captured(NamedTuple):
    """One capture, as its publisher answered; `revisit`: the archive found the bytes of an earlier one again."""

    url: str
    timestamp: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = HTML
    status: int = 200
    revisit: bool = False

    @property
    def digest(self) -> str:
        """As the index prints it."""
        return b32encode(sha1(self.body, usedforsecurity=False).digest()).decode()

    @property
    def media_type(self) -> str:
        """The same."""
        sent = {name.lower(): value for name, value in self.headers}
        return "warc/revisit" if self.revisit else sent.get("content-type", "unk").partition(";")[0]

    @property
    def memento_datetime(self) -> tuple[str, str]:
        """The header by which the archive says when it was captured."""
        at = datetime.strptime(self.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return "Memento-Datetime", at.strftime("%a, %d %b %Y %H:%M:%S GMT")

    @property
    def path(self) -> str:
        """Where the archive plays it back."""
        return f"/web/{self.timestamp}id_/{self.url}"

    def line(self) -> str:
        """Its line in the index."""
        status = "-" if self.revisit else str(self.status)
        return " ".join(
            (key(self.url), self.timestamp, self.url, self.media_type, status, self.digest, str(len(self.body)))
        )


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


class Sent(NamedTuple):
    """One response; `cut` hangs up in the middle of its body."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = HTML
    cut: bool = False


@lru_cache(10_000)
def key(url: str) -> str:
    """An address as the index sorts it: host backwards, without scheme, www, case, usual port or last slash."""
    parts = urlsplit(url)
    labels = re.sub(r"^www\d*\.", "", (parts.hostname or "").lower()).split(".")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    path = parts.path.lower().rstrip("/") or "/"
    return f"{','.join(reversed(labels))}{port}){path}{f'?{parts.query.lower()}' if parts.query else ''}"


class _QuietServer(ThreadingHTTPServer):
    """An HTTP server that says nothing of a client that hung up."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Show what else goes wrong."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # narrower in the stubs


@dataclass(kw_only=True)
class ArchiveServer:
    """The archive, in threads of its own, on a free port."""

    captures: list[Captured] = field(default_factory=list)
    most_lines: int = 1_000  # of one page of the index
    lines_between: list[bytes] = field(default_factory=list)  # put into every page of the index
    unplayable: set[str] = field(default_factory=set)  # timestamps for which the nearest capture is offered instead
    in_place: bool = False  # the nearest one is given at once, without a redirect
    excluded: set[str] = field(default_factory=set)  # addresses that their owners had taken out
    odd: dict[str, Sent] = field(
        default_factory=dict
    )  # path, without its query: what is answered there, whatever it is
    secret: str | None = None  # ACCESS:SECRET, with which Save Page Now can be used as a program
    anonymous: str = "job"  # what those without get: a job, a redirect, a location, or a refusal
    pending: int = 0  # how many times a job is not done yet
    save_faults: deque[tuple[str, str]] = field(default_factory=deque)  # status_ext, message: at the request to save
    job_faults: deque[tuple[str, str]] = field(default_factory=deque)  # of the jobs, in turn
    saved_as: str | None = None  # the time of what is saved, rather than the present
    stands: dict[str, Captured] = field(default_factory=dict)  # address: what is saved there, at whatever time
    after: dict[str, str] = field(default_factory=dict)  # path: the one that is asked for before this is answered
    requests: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._refusals: deque[Sent] = deque()
        self._jobs: dict[str, list[object]] = {}  # job: address, and how often it was asked for
        self._lock = threading.Lock()
        self._asked = threading.Condition(self._lock)
        self.answering = threading.Event()  # while it is not set, nothing is answered
        self.answering.set()
        self._server = _QuietServer(("127.0.0.1", 0), _talker(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answering.set()
        self._server.shutdown()
        self._server.server_close()

    def refuse(self, status: int, *, times: int = 1, retry_after: float | None = None) -> None:
        """Answer the next requests with an error."""
        headers = () if retry_after is None else (("Retry-After", f"{retry_after:.0f}"),)
        self._refusals.extend([Sent(status, b"Too many", headers)] * times)

    def cut(self, *, times: int = 1) -> None:
        """Hang up in the middle of the next answers."""
        self._refusals.extend([Sent(200, b"x" * 100, HTML, cut=True)] * times)

    def paths(self, begin: str = "/") -> list[str]:
        """The paths asked so far that begin so, in order."""
        return [request.path for request in self.requests if request.path.startswith(begin)]

    def answer(self, asked: Asked) -> Sent:
        """Record a request, and answer it."""
        with self._lock:
            self.requests.append(asked)
            self._asked.notify_all()
            if first := self.after.get(asked.path):
                assert self._asked.wait_for(lambda: self.paths(first), DEADLINE), f"{first} was not asked for"
            if self._refusals:
                return self._refusals.popleft()
            path, _, query = asked.path.partition("?")
            if path in self.odd:
                return self.odd[path]
            if path == "/cdx/search/cdx":
                return self._index({name: values[-1] for name, values in parse_qs(query).items()})
            if path.startswith("/save"):
                status = path.startswith("/save/status/")
                return self._status(path.removeprefix("/save/status/")) if status else self._save(asked)
            found = re.fullmatch(r"/web/(\d{14})(?:id_)?/(.+)", asked.path)
            return self._play(found[1], found[2]) if found else Sent(404, OWN_PAGE)

    def _index(self, query: dict[str, str]) -> Sent:
        """A page of the index: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server."""
        if query["url"] in self.excluded:
            return Sent(403, BLOCKED)
        wanted = key(query["url"])
        beginning = wanted + "/" * (query["url"].endswith("/") and not wanted.endswith("/"))
        exact = query.get("matchType", "exact") == "exact"
        field_of = re.fullmatch(r"statuscode:(.+)", query.get("filter", "statuscode:.*"))
        assert field_of
        begin, end = query.get("from", "0").ljust(14, "0"), query.get("to", "9").ljust(14, "9")
        lines = sorted(
            each.line()
            for each in self.captures
            if (key(each.url) == wanted if exact else key(each.url).startswith(beginning))
            and begin <= each.timestamp <= end
            and re.fullmatch(field_of[1], "-" if each.revisit else str(each.status))
        )
        if "resumeKey" in query:
            lines = [line for line in lines if line >= unquote_plus(query["resumeKey"])]  # it is decoded twice
        most = min(int(query.get("limit", "1000000")), self.most_lines)
        names = query.get("fl", ",".join(FIELDS)).split(",")
        rows = (dict(zip(FIELDS, line.split(" "), strict=True)) for line in lines[:most])
        out = [" ".join(row[name] for name in names).encode() for row in rows] + self.lines_between
        if len(lines) > most and "showResumeKey" in query:
            last = lines[most - 1].split(" ")
            out += [b"", quote_plus(f"{last[0]} {last[1]}!").encode()]
        return Sent(200, b"".join(line + b"\n" for line in out), (("Content-Type", "text/plain"),))

    def _play(self, timestamp: str, url: str) -> Sent:
        if url in self.excluded:
            return Sent(403, EXCLUDED)
        those = [each for each in self.captures if key(each.url) == key(url)]
        playable = [each for each in those if each.timestamp not in self.unplayable]
        if not playable:
            return Sent(404, OWN_PAGE)
        nearest = min(playable, key=lambda each: abs(int(each.timestamp) - int(timestamp)))
        if nearest.timestamp != timestamp and not self.in_place:
            return Sent(
                302, b"", (("Location", self.address + nearest.path), ("x-archive-redirect-reason", "found capture"))
            )
        headers = [(f"x-archive-orig-{name.lower()}", value) for name, value in nearest.headers]
        headers += [pair for pair in nearest.headers if pair[0].lower() in {"content-type", "content-encoding"}]
        headers += [
            nearest.memento_datetime,
            ("Link", f'<{nearest.url}>; rel="original"'),
            ("x-archive-src", "a.warc.gz"),
            ("Server", "nginx"),
        ]
        return Sent(nearest.status, nearest.body, tuple(headers))

    def _save(self, asked: Asked) -> Sent:
        """Save Page Now: with a key as a program, without as a browser."""
        by_key = asked.headers.get("authorization") == f"LOW {self.secret}" and self.secret is not None
        if "authorization" in asked.headers and not by_key:
            return _said(401, {"message": "You need to be logged in to use Save Page Now."})
        url = asked.form.get("url") or asked.path.removeprefix("/save/")
        if by_key and self.save_faults:
            return _fault(*self.save_faults.popleft())
        job = f"spn2-{sha1(url.encode(), usedforsecurity=False).hexdigest()}"
        if by_key or self.anonymous == "job":
            self._jobs.setdefault(job, [url, 0])
            return _said(200, {"url": url, "job_id": job}) if by_key else Sent(200, JOB_PAGE % job.encode())
        if self.anonymous == "refusal":
            return Sent(520, b"<html><title>Save Page Now</title>Sorry")
        path = f"/web/{self._keep(url)}/{url}"
        if self.anonymous == "redirect":
            return Sent(302, b"", (("Location", self.address + path),))
        return Sent(200, b"<html>saved", (("Content-Type", "text/html"), ("Content-Location", path)))

    def _status(self, name: str) -> Sent:
        job = self._jobs.get(name)
        if job is None:
            return _said(200, {"status": "pending", "job_id": name, "resources": []})  # as it says of any
        url, times = str(job[0]), int(str(job[1]))
        job[1] = times + 1
        if times < self.pending:
            return _said(200, {"status": "pending", "job_id": name, "resources": []})
        if self.job_faults:
            del self._jobs[name]
            return _fault(*self.job_faults.popleft())
        stamp = next((each.timestamp for each in reversed(self.captures) if each.url == url), None)
        if times == self.pending:
            stamp = self._keep(url)
        return _said(
            200, {"status": "success", "job_id": name, "original_url": url, "timestamp": stamp, "resources": [url]}
        )

    def _keep(self, url: str) -> str:
        stamp = self.saved_as or datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        there = self.stands.get(url, Captured(url, stamp, b"<html>what stood there</html>"))
        self.captures.append(there._replace(url=url, timestamp=stamp))
        return stamp


def _said(status: int, value: dict[str, object]) -> Sent:
    return Sent(status, json.dumps(value).encode(), (("Content-Type", "application/json"),))


def _fault(kind: str, message: str) -> Sent:
    """Errors come with status 200."""
    return _said(200, {"status": "error", "status_ext": kind, "message": message})


def _talker(archive: ArchiveServer) -> type[BaseHTTPRequestHandler]:
    class Talker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 600  # seconds that a connection may be idle: one that is ended under a client costs it a minute
        disable_nagle_algorithm = True  # else each body waits 40 ms for its head to be acknowledged

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0"))).decode()
            form = {name: values[-1] for name, values in parse_qs(body).items()}
            sent = archive.answer(Asked(self.command, self.path, headers, form))
            archive.answering.wait(DEADLINE)
            pack = sent.headers == (("Content-Type", "text/plain"),) and "gzip" in headers.get("accept-encoding", "")
            content = gzip.compress(sent.body) if pack else sent.body
            with suppress(OSError):  # whoever asked has gone, which some tests want
                self.send_response_only(sent.status)
                for name, value in (*sent.headers, *((("Content-Encoding", "gzip"),) if pack else ())):
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) * (2 if sent.cut else 1)))
                self.end_headers()
                self.wfile.write(content)
                if sent.cut:
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    return Talker
