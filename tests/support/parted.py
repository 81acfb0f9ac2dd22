"""A directory over several files, and one over several web pages: a server that publishes it, and the program."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.changelog.verify import verify
from monitor.fetch.fetcher import Fetcher
from monitor.program import Program
from monitor.store import queries
from monitor.store.search import LogFilter, log_entries
from tests.support.servers import Reply, Request, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from monitor.sandbox.reader import Reader
    from monitor.steps.outcomes import Polled
    from monitor.store.rows import VersionRow

START = datetime(2026, 1, 5, tzinfo=UTC)
FILES = """
contact: tests
poll: { allow_private_addresses: true, timeout: 60s }
sources:
  places:
    page: ADDRESS/page
    reports:
      directory:
        kind: rolling
        format: csv
        match: { href: 'directory' }
        parts: true
        KEY
        lists:
          directory:
            columns: { name: [Name], state: [State] }
            key: [name, state]
            names: [name]
            jurisdiction: { name: name, state: state }
      other:
        kind: rolling
        format: csv
        match: { href: 'other' }
        lists:
          other:
            columns: { name: [Name], state: [State] }
            key: [name, state]
"""
PAGES = """
contact: tests
poll: { allow_private_addresses: true, timeout: 60s }
sources:
  places:
    page: ADDRESS/list
    reports:
      directory:
        kind: page
        format: html
        pager: PAGER
        lists:
          directory:
            columns: { name: [Name], state: [State] }
            key: [name, state]
            names: [name]
            jurisdiction: { name: name, state: state }
"""
COUNTIES = (
    "Anderson", "Andrews", "Angelina", "Aransas", "Archer", "Armstrong", "Atascosa", "Austin", "Bailey", "Bandera",
    "Bastrop", "Baylor", "Bee", "Bell", "Bexar", "Blanco", "Borden", "Bosque", "Bowie", "Brazoria", "Brazos",
    "Brewster", "Briscoe", "Brooks", "Brown", "Burleson", "Burnet", "Caldwell", "Calhoun", "Callahan", "Cameron",
)  # fmt: skip


@dataclass(kw_only=True)
class Watch:
    """The program on a state folder, and the server that it watches."""

    server: Server
    folder: Path
    reader: Reader
    config: str
    pager: Callable[[int, int], str] = lambda number, count: ""  # noqa: ARG005 - of a list in pages: its links
    at: datetime = START
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def program(self) -> Iterator[Program]:
        """The program, started anew."""
        path = self.folder / "config.yaml"
        path.write_text(self.config.replace("ADDRESS", self.server.address("")), encoding="utf-8")
        with Program(config_path=path, state_override=self.folder / "state", now=lambda: self.at) as program:
            program.reader = self.reader
            program.fetcher = Fetcher(poll=program.config.poll, contact="tests", sleep=lambda _: None)
            with program.fetcher:
                yield program

    def poll(self) -> Polled:
        """A poll, and what the second step makes of it."""
        self.at += timedelta(minutes=15)
        with self.program() as program:
            (polled,) = program.poll(["places"])
            self.faults = [done.fault or done.hold_reason or "" for done in program.process()]
            self.faults = [fault for fault in self.faults if fault]
        return polled

    def told(self) -> list[str]:
        """The change log in short."""
        with self.program() as program:
            return [
                f"{entry.kind} {(entry.after or entry.before or {}).get('name', '')}".strip()
                for entry in log_entries(program.store, LogFilter())
            ]

    def versions(self) -> list[VersionRow]:
        """The versions of the report in several parts."""
        with self.program() as program:
            rows = queries.all_versions(program.store)
            return [version for version, _ in rows if version.report_key == "directory"]

    def listed(self) -> list[str]:
        """The names that are listed now, sorted, each with its place."""
        with self.program() as program:
            found = program.store.all(
                "SELECT fields, coalesce(seen_locators.locator, seen_locator) AS seen_locator FROM records "
                "LEFT JOIN seen_locators ON record_id = id WHERE list = 'directory' AND last_version IS NULL"
            )
            return sorted(
                f"{json.loads(row['fields'])['name']}: {json.loads(row['seen_locator']).get('part')}" for row in found
            )

    def unsound(self) -> tuple[str, ...]:
        """What `verify` finds wrong, or not named by anything."""
        with self.program() as program:
            found = verify(program.store, program.archive, program.config)
        return found.faults + found.remarks


def names(listed: Sequence[str]) -> list[str]:
    """The names alone."""
    return [each.split(":")[0].removesuffix(" County") for each in listed]


def tagged(body: bytes, content_type: str) -> Callable[[Request], Reply]:
    """A page that answers conditional requests."""
    tag = f'"{hashlib.sha256(body).hexdigest()}"'

    def page(request: Request) -> Reply:
        if request.headers.get("if-none-match") == tag:
            return Reply(status=304)
        return Reply(headers=(("Content-Type", content_type), ("ETag", tag)), body=body)

    return page


def csv(counties: Sequence[str]) -> Callable[[Request], Reply]:
    """A file with these counties."""
    rows = "".join(f"{name} County,TX\n" for name in counties)
    return tagged(f"Name,State\n{rows}".encode(), "text/csv")


def links(*paths: str) -> Callable[[Request], Reply]:
    """A page that links these files."""
    said = "".join(f"<p><a href='{path}'>{path}</a></p>" for path in (*paths, "/other.csv"))
    return tagged(f"<!DOCTYPE html><html><title>Places</title>{said}</html>".encode(), "text/html")


def publish(server: Server, **files: Sequence[str]) -> None:
    """Publish these files, linked in this order."""
    for path in [path for path in server.pages if "directory" in path]:
        del server.pages[path]
    paths = {f"/{name.replace('_', '-')}.csv": counties for name, counties in files.items()}
    server.pages["/page"] = links(*paths)
    server.pages["/other.csv"] = csv(COUNTIES[24:])
    for path, counties in paths.items():
        server.pages[path] = csv(counties)


def table(counties: Sequence[str], pager: str = "", *, note: str = "") -> bytes:
    """A web page with a table of these counties."""
    rows = "".join(f"<tr><td>{name} County</td><td>TX</td></tr>" for name in counties)
    return (
        f"<!DOCTYPE html><html><title>Places</title><p>{note}</p><table><tr><th>Name</th><th>State</th></tr>{rows}"
        f"</table>{pager}</body></html>"
    ).encode()


def next_links(number: int, count: int) -> str:
    """A pager by its text."""
    return f"<a href='/list?page={number + 1}'>Next</a>" if number < count else "<a href='#'>Next</a>"


def number_links(number: int, count: int) -> str:
    """A row of numbers; the first page is `?page=1` there."""
    return " ".join(f"<a href='/list?page={other}'>{other}</a>" for other in range(1, count + 1) if other != number)


def in_pages(counties: Sequence[str], pager: Callable[[int, int], str] = next_links) -> Mapping[str, bytes]:
    """A list in pages of six, by path."""
    pieces = [counties[begin : begin + 6] for begin in range(0, len(counties), 6)]
    bodies = {
        f"/list?page={number}": table(piece, pager(number, len(pieces))) for number, piece in enumerate(pieces, 1)
    }
    return bodies | {"/list": bodies["/list?page=1"]}


def publish_pages(server: Server, bodies: Mapping[str, bytes]) -> None:
    """Publish these pages, and no others."""
    server.pages.clear()
    server.pages.update({path: tagged(body, "text/html") for path, body in bodies.items()})
