"""A publisher of many agreements, in a process of its own: a roster of counties, each with a PDF at its own address.

`python -m tests.support.agreement_press COUNT PAGES` serves until its standard input ends, and prints its address. The
PDFs are made at each request from one that was drawn once, with the name of the county put in place of a blank. Each
twentieth is a scan: a picture without text. `/told` answers how often it sent a document and how often it said "not
modified" since it was last asked. `/think/SECONDS` lets it think so long before it answers for a document.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import unicodedata
from collections import Counter
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from reportlab.pdfgen.canvas import Canvas

from monitor.jurisdictions.gazetteer import counties_of
from monitor.jurisdictions.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
BLANK = "@" * 60  # where the name of the agency stands in the PDF that is drawn once
CLAUSES = (
    "This Memorandum of Agreement constitutes an agreement between United States Immigration and Customs Enforcement",
    "and the law enforcement agency named above, pursuant to which authority is delegated to nominated and trained",
    "personnel, who may perform certain functions of an immigration officer under the direction and supervision of",
    "the agency's designated officers, as described in the appended standard operating procedure and its annexes",
)
SCANNED = 20  # each document whose number can be divided by this is a scan


def agencies(count: int) -> list[tuple[str, str]]:
    """The first so many counties, evenly from all states: pairs of a state's code and a county."""
    columns = [[(code, each.jurisdiction.name) for each in counties_of(code)] for code in STATES]
    longest = max(map(len, columns))
    found = (column[row] for row in range(longest) for column in columns if row < len(column))
    return list(islice(dict.fromkeys(found), count))


def path_of(number: int) -> str:
    """The path of the document with this number."""
    return f"/moa/{number:05}.pdf"


def roster(count: int, *, address: str, without: int | None = None) -> bytes:
    """The list as CSV; the row with the number `without` is left out."""
    lines = ["State,Agency,County,Signed,MOA"]
    for number, (state, county) in enumerate(agencies(count)):
        if number != without:
            lines.append(f"{state},{county} Sheriff's Office,{county},2025-06-05,{address}{path_of(number)}")
    return "\n".join([*lines, ""]).encode()


@cache
def _drawn(pages: int, *, scan: bool) -> bytes:
    """An agreement with a blank in place of the agency's name; a scan has no text, and the blank as its title."""
    target = io.BytesIO()
    canvas = Canvas(target, invariant=1, pageCompression=0)
    canvas.setTitle(BLANK)
    for page in range(pages):
        if scan:
            canvas.rect(72, 72, 400, 600, fill=1)
        else:
            canvas.drawString(72, 740, f"MEMORANDUM OF AGREEMENT, page {page + 1}")
            canvas.drawString(72, 720, BLANK)
            for line in range(24):
                canvas.drawString(72, 700 - 20 * line, f"{page + 1}.{line + 1} {CLAUSES[line % len(CLAUSES)]}")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def document(number: int, agency: tuple[str, str], *, pages: int) -> bytes:
    """The PDF with this number."""
    state, county = agency
    said = unicodedata.normalize("NFKD", f"{county} Sheriff's Office, {STATES[state][0]}")  # the font is ASCII alone
    name = said.encode("ascii", "ignore").ljust(len(BLANK))[: len(BLANK)]
    return _drawn(pages, scan=number % SCANNED == SCANNED - 1).replace(BLANK.encode(), name)


class Press(BaseHTTPRequestHandler):
    """One connection to the publisher."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    agencies: ClassVar[list[tuple[str, str]]] = []
    pages: ClassVar[int] = 1
    delay: ClassVar[float] = 0.0
    address: ClassVar[str] = ""
    told: ClassVar[Counter[int]] = Counter()
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        """Answer with a page, the roster, or a document; with 304 to a client that has the document."""
        if self.path == "/told":
            with self.lock:
                told = json.dumps(self.told).encode()
                self.told.clear()
            self._answer(200, told, "application/json")
        elif self.path.startswith("/think/"):
            Press.delay = float(self.path.removeprefix("/think/"))
            self._answer(200, b"", "text/plain")
        elif self.path.startswith("/moa/"):
            self._answer_document(int(self.path[5:10]))
        elif self.path == "/roster.csv":
            self._answer(200, roster(len(self.agencies), address=self.address), "text/csv")
        else:
            self._answer(
                200, b"<!DOCTYPE html><html><title>A</title><a href='/roster.csv'>roster</a></html>", "text/html"
            )

    def _answer_document(self, number: int) -> None:
        threading.Event().wait(self.delay)
        known = self.headers.get("If-None-Match") == f'"{number}"'
        with self.lock:
            self.told[304 if known else 200] += 1
        body = b"" if known else document(number, self.agencies[number], pages=self.pages)
        self._answer(304 if known else 200, body, "application/pdf", tag=f'"{number}"')

    def _answer(self, status: int, body: bytes, content_type: str, *, tag: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if tag:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name for it
        """Print nothing."""


class PressServer(ThreadingHTTPServer):
    """The publisher's server."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up, as one does that is killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # narrower in the stubs


@contextmanager
def press(count: int, *, pages: int = 1) -> Iterator[str]:
    """Yield the address of a publisher of so many agreements, in a process of its own."""
    command = [sys.executable, "-m", "tests.support.agreement_press", str(count), str(pages)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def serve(count: int, pages: int) -> None:
    """Serve until standard input ends."""
    Press.agencies, Press.pages = agencies(count), pages
    with PressServer(("127.0.0.1", 0), Press) as server:
        Press.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(Press.address, flush=True)  # noqa: T201 - to whoever started it
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))
