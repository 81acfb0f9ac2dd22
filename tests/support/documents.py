"""A publisher of agreements: a roster whose rows link PDFs, on a real server, and the program that watches both."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from reportlab.pdfgen.canvas import Canvas

from monitor.program import Program
from monitor.store import documents
from monitor.store.search import LogFilter, log_entries
from tests.support.servers import Reply, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from monitor.steps.documents import DocumentLook
    from monitor.store.documents import DocumentRow
    from monitor.store.entry import LogEntry

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
PAGE = b"<!DOCTYPE html><html><title>Agreements</title><p>The <a href='/roster.csv'>roster</a></p></html>"
COUNTIES = ("Bee", "Clay", "Ector", "Frio", "Gaines", "Hale", "Irion", "Jasper")
CONFIG = """
contact: tests
state: STATE
poll: { allow_private_addresses: true }
sources:
  agreements:
    page: ADDRESS/page
    reports:
      roster:
        kind: rolling
        format: csv
        match: { href: 'roster\\.csv$' }
        lists:
          roster:
            columns:
              state: [State]
              agency: [Agency]
              county: [County]
              signed: { header: [Signed], kind: date }
              moa: { header: [MOA], kind: link }
            key: [state, agency]
            names: [agency]
            anchors: [moa, signed]
            minor: [moa]
            documents: [{ field: moa, every: 1d, max_bytes: 1MB }]
            jurisdiction: { name: county, state: state, agency: agency, level: county }
channels: { feed: { kind: atom, path: STATE/feed.xml } }
subscriptions:
  plain: { channels: [feed], settle: 0s }
"""


def agreement(county: str, *further: str, pages: int = 1) -> bytes:
    """A PDF of an agreement with a county's sheriff; the same words make the same bytes."""
    target = io.BytesIO()
    canvas = Canvas(target, invariant=1)
    for number in range(pages):
        lines = (
            "MEMORANDUM OF AGREEMENT",
            f"between ICE and the {county} County Sheriff's Office, Texas, page {number + 1}",
            *further,
        )
        for place, line in enumerate(lines):
            canvas.drawString(72, 720 - 20 * place, line)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


@dataclass(kw_only=True)
class Agreements:
    """A publisher and the program: `publish` and `post` change what is published, `poll` and `look` let it be seen."""

    folder: Path
    server: Server
    config: str = CONFIG
    rows: list[tuple[str, str]] = field(default_factory=list)  # county and path of the link
    at: datetime = START

    def __post_init__(self) -> None:
        text = self.config.replace("STATE", str(self.folder / "state")).replace("ADDRESS", self.server.address(""))
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")
        self.server.pages["/page"] = Reply(headers=(("Content-Type", "text/html"),), body=PAGE)

    def publish(self, *rows: tuple[str, str]) -> None:
        """Publish a roster with these rows: a county, and the path of its agreement."""
        lines = [f"TX,{name} County Sheriff,{name} County,2025-06-0{len(name)},{self.url(path)}" for name, path in rows]
        body = "\n".join(["State,Agency,County,Signed,MOA", *lines, ""]).encode()
        self.server.pages["/roster.csv"] = Reply(headers=(("Content-Type", "text/csv"),), body=body)

    def publish_usual(self, count: int) -> None:
        """Publish the first so many counties, each with its agreement."""
        for name in COUNTIES[:count]:
            self.post(f"/{name}.pdf", agreement(name))
        self.publish(*((name, f"/{name}.pdf") for name in COUNTIES[:count]))

    def post(self, path: str, content: bytes) -> None:
        """Publish a document."""
        tag = ("ETag", f'"{hash(content)}"')
        self.server.pages[path] = Reply(headers=(("Content-Type", "application/pdf"), tag), body=content)

    def url(self, path: str) -> str:
        """The address of a path, or an address as it is."""
        return path if "://" in path else self.server.address(path)

    @contextmanager
    def program(self) -> Iterator[Program]:
        """The program, with a clock that stands."""
        with Program(config_path=self.folder / "config.yaml", now=lambda: self.at) as program:
            yield program

    def poll(self) -> None:
        """Poll the page, and record what is new."""
        self.at += timedelta(minutes=15)
        with self.program() as program:
            for polled in program.poll(["agreements"]):
                assert not polled.faults, polled.faults
            assert not [done.hold_reason for done in program.process() if done.hold_reason]

    def look(self, *, after: timedelta = timedelta(days=2), limit: int = 1_000) -> list[DocumentLook]:
        """Look at the documents that are due after some time."""
        self.at += after
        with self.program() as program:
            return list(program.look_at_documents("agreements", limit=limit, stopping=lambda: False))

    def told(self) -> list[tuple[str, str]]:
        """What the log tells of documents: what happened, and the path."""
        return [
            (each.reason or "", (each.document.url if each.document else "").rpartition("/")[2]) for each in self.log()
        ]

    def log(self) -> list[LogEntry]:
        """The entries of the log about documents."""
        with self.program() as program:
            return list(log_entries(program.store, LogFilter(kinds=("document",))))

    def documents(self) -> dict[str, DocumentRow]:
        """The documents by the last part of their address."""
        with self.program() as program:
            rows = documents.documents_of(program.store, "agreements")
        return {row.url.rpartition("/")[2]: row for row in rows}

    def files(self, name: str) -> list[str]:
        """The SHA-256 of each file that a document has had."""
        row = self.documents()[name]
        with self.program() as program:
            return [each.sha256 for each in documents.files_of(program.store, row.id)]

    def faults(self) -> Sequence[str]:
        """What `verify` finds."""
        from monitor.changelog.verify import verify  # noqa: PLC0415 - few tests verify

        with self.program() as program:
            return verify(program.store, program.archive, program.config).faults

    def asked(self) -> list[str]:
        """The paths asked since the last call."""
        paths = self.server.paths()
        self.server.requests.clear()
        return paths


@contextmanager
def agreements(folder: Path, config: str = CONFIG) -> Iterator[Agreements]:
    """A publisher on a real server, and the program with a state folder in `folder`."""
    with Server() as server:
        yield Agreements(folder=folder, server=server, config=config)


def as_json(entry: LogEntry) -> dict[str, object]:
    """An entry as it is printed."""
    value: dict[str, object] = json.loads(json.dumps(entry.to_json()))
    return value
