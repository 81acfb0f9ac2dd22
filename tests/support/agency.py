"""A page like an agency's, with what changes at each visit though it says the same, on a real server."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from openpyxl import Workbook
from reportlab.lib import colors
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Table

from tests.support.servers import Reply, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.servers import Request

HTML = (("Content-Type", "text/html; charset=utf-8"),)
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "pdf": "application/pdf",
}
COUNTIES = ("Bell", "Bowie", "Coke", "Cooke", "Falls", "Frio", "Gaines", "Garza", "Goliad", "Gray", "Hale", "Hays")
TIPS = ("Read the guide", "Ask us by mail", "Look at the figures", "Call the desk")
NEWS = (
    "The roster of December was replaced, because a column of the first one was wrong.",
    "From March on, the numbers of each facility are published on the second Friday of the month.",
    "Facilities that hold nobody for longer than three days are not part of the statistics.",
)


def roster(counties: tuple[str, ...] = COUNTIES) -> bytes:
    """A workbook with one row for each county."""
    book = Workbook()
    sheet = book.active
    assert sheet
    sheet.append(["Agency", "County", "State", "Signed"])
    for number, name in enumerate(counties, 1):
        sheet.append([f"{name} County Sheriff", f"{name} County", "TX", f"2026-01-{number:02}"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ruled(rows: Sequence[Sequence[str]]) -> bytes:
    """A PDF with one table of ruled cells."""
    out = io.BytesIO()
    table = Table(rows, repeatRows=1, style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])
    SimpleDocTemplate(out, invariant=1).build([table])
    return out.getvalue()


def prose() -> bytes:
    """A PDF with a sentence, and no table."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(72, 700, "A guide to the statistics, without any table in it.")
    canvas.save()
    return out.getvalue()


@dataclass
class Agency:
    """The page of an agency. `news` are its paragraphs; `files` are served by name, and linked in this order.

    At each visit it has another token, another number of readers, another date of its last update, other addresses of
    its files, and a tip that rotates.
    """

    server: Server
    news: list[str] = field(default_factory=lambda: list(NEWS))
    files: dict[str, bytes] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    body: str | None = None  # of the whole page, in place of all this

    def __post_init__(self) -> None:
        self._visits: Iterator[int] = count(1)
        self.server.pages["/statistics"] = self._page
        answer = self.server.answer
        self.server.answer = lambda request: answer(dataclasses.replace(request, path=request.path.partition("?")[0]))  # type: ignore[method-assign]

    @property
    def address(self) -> str:
        """The address of the page."""
        return self.server.address("/statistics")

    def publish(self, name: str, content: bytes, title: str) -> None:
        """Link a file on the page, or replace its content."""
        self.files[name], self.titles[name] = content, title
        kind = TYPES[name.rpartition(".")[2]]
        self.server.pages[f"/files/{name}"] = Reply(headers=(("Content-Type", kind),), body=content)

    def _page(self, _: Request) -> Reply:
        visit = next(self._visits)
        token = hashlib.sha256(str(visit).encode()).hexdigest()
        links = "".join(
            f'<li><a href="/files/{name}?sid={token[:8]}">{self.titles[name]}</a></li>' for name in self.files
        )
        news = "".join(f"<p>{each}</p>" for each in self.news)
        body = (
            self.body
            or f"""
            <header><a href="/">Agency</a> <span>Visit {visit}</span></header>
            <nav><ul><li>Home</li><li>Menu {visit}</li></ul></nav>
            <main><h1>Detention statistics</h1><p>Last updated: January {visit % 28 + 1}, 2026</p>
            <form><input type="hidden" name="csrf" value="{token}"><label>Search</label></form>
            <h2>News</h2>{news}
            <p>So far {1_000 + 37 * visit:,} readers have seen these statistics.</p>
            <p>The key of your form is {token}.</p>
            <div id="tip"><p>{TIPS[visit % len(TIPS)]}</p></div>
            <h2>Files</h2><ul>{links}</ul></main>
            <aside><p>Seen elsewhere {visit}</p></aside><footer>Page {visit} of the agency</footer>"""
        )
        page = f"<!doctype html><html><head><title>Detention statistics</title></head><body>{body}</body></html>"
        return Reply(headers=HTML, body=page.encode())
