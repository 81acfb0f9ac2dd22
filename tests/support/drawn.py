"""Pages whose lists are drawn by a script, and a program that watches one of them."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.fetch.fetcher import Fetcher
from monitor.program import Program
from monitor.store import queries
from monitor.store.search import LogFilter, log_entries
from tests.support.servers import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from monitor.steps.outcomes import Polled
    from monitor.store.rows import VersionRow
    from tests.support.servers import Server

needs_chromium = pytest.mark.skipif(
    not any(map(shutil.which, ("chromium", "chromium-browser"))),
    reason="no Chromium is installed; `apt-get install chromium`",
)
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HTML, JSON = (("Content-Type", "text/html; charset=utf-8"),), (("Content-Type", "application/json"),)
CONFIG = """
contact: tests
poll: {{allow_private_addresses: true}}
sources:
  camps:
    page: {page}
    render: browser
    reports:
      page:
        kind: page
        format: html
        lists:
          camps:
            columns: {{name: Name, county: County}}
            key: [name]
"""
TABLE = """
const table = rows => {
  const cells = row => '<tr>' + row.map(cell => `<td>${cell}</td>`).join('') + '</tr>';
  document.getElementById('list').innerHTML =
    '<table><tr><th>Name</th><th>County</th></tr>' + rows.map(cells).join('') + '</table>';
};
"""
ROWS = (("Bay Camp", "Bay County"), ("Clay Camp", "Clay County"), ("Dixie Camp", "Dixie County"))


def script_page(script: str) -> Reply:
    """A page that has a heading, and whatever the script draws."""
    body = (
        f"<!DOCTYPE html><html><head><title>Camps</title></head><body><h1>Camps</h1>"
        f"<noscript>Turn scripts on.</noscript>"
        f"<div id=list></div><script>{TABLE}{script}</script></body></html>"
    )
    return Reply(headers=HTML, body=body.encode())


def data(rows: Sequence[Sequence[str]]) -> Reply:
    """The rows of a list as JSON."""
    return Reply(headers=JSON, body=json.dumps(rows).encode())


def loading(url: str = "/camps.json") -> Reply:
    """A page that asks for its list once it is there."""
    return script_page(f"fetch('{url}').then(answer => answer.json()).then(table);")


@dataclass(kw_only=True)
class Drawing:
    """A program that watches one page which a browser draws."""

    program: Program
    at: datetime = field(default=START)

    def poll(self) -> Polled:
        """The first two steps, a quarter of an hour after the last time."""
        self.at += QUARTER
        (polled,) = self.program.poll(["camps"])
        list(self.program.process())
        return polled

    @property
    def versions(self) -> list[VersionRow]:
        """All versions, oldest first."""
        return [version for version, _ in queries.all_versions(self.program.store)]

    @property
    def captures(self) -> list[dict[str, Any]]:
        """All captures, oldest first."""
        return self.program.store.all("SELECT * FROM captures ORDER BY id")

    @property
    def told(self) -> list[tuple[str, str | None]]:
        """The kind and the name of the record of each entry."""
        entries = log_entries(self.program.store, LogFilter())
        return [(entry.kind, (entry.after or entry.before or {}).get("name")) for entry in entries]


@contextmanager
def drawing(server: Server, folder: Path, *, change: Callable[[str], str] = str) -> Iterator[Drawing]:
    """Watch the page `/` of a server. `change` makes another configuration out of the usual one."""
    config = folder / "config.yaml"
    text = change(CONFIG.format(page=server.address("/")))
    config.write_text(text, encoding="utf-8")
    with Program(config_path=config, state_override=folder / "state") as program:
        watch = Drawing(program=program)
        program.now = lambda: watch.at
        program.fetcher = Fetcher(poll=program.config.poll, contact="tests", sleep=lambda _: None, now=program.now)
        with program.fetcher:
            yield watch


def asked(requests: Sequence[Request], path: str) -> int:
    """How often a path was asked for."""
    return sum(request.path == path for request in requests)
