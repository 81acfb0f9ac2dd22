"""A publisher, a web archive that saves what is published, and the program between them.

with saving_world(folder, reader) as world:
    world.save()
    assert world.receipts()
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.fetch.fetcher import Fetcher
from monitor.history import receipts as receipt_step
from monitor.history.compared import ComparedCopy, SaveContext
from monitor.history.receipts import Saved
from monitor.program import Program
from monitor.store import copies
from monitor.store.database import Store
from monitor.wayback.client import WebArchive
from tests.support.servers import Reply, Server
from tests.support.web_archive import ArchiveServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from monitor.sandbox.reader import Reader

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CONFIG = """
contact: tests
poll: { allow_private_addresses: true, timeout: 60s, every: 1s, soonest: 1s }
run: { port: 0 }
wayback: { url: ARCHIVE, per_minute: 60000 }
sources:
  places:
    page: PUBLISHER/page
    save: true
    reports:
      roster:
        kind: rolling
        format: csv
        match: { href: 'roster\\.csv$' }
        lists: { roster: { columns: { name: [Name], state: [State] }, key: [name, state] } }
      page:
        kind: page
        format: html
        lists: { notices: { paragraphs: '^Correction', may_be_empty: true } }
"""
PAGE = b"<!DOCTYPE html><html><title>Places</title><p>Our <a href='/roster.csv'>roster</a></p></html>"


def roster(*names: str) -> Reply:
    """The list of these places."""
    lines = ["Name,State", *(f"{name},TX" for name in names)]
    return Reply(headers=(("Content-Type", "text/csv"),), body="\n".join(lines).encode())


@dataclass(kw_only=True)
class World:
    """A publisher, a web archive, and the program on a state folder."""

    publisher: Server
    archive: ArchiveServer
    folder: Path
    reader: Reader
    at: datetime = START
    slept: list[float] = field(default_factory=list)
    compared: list[ComparedCopy] = field(default_factory=list)  # what came of comparing the archive's copies

    def __post_init__(self) -> None:
        text = CONFIG.replace("ARCHIVE", self.archive.address).replace("PUBLISHER", self.publisher.address(""))
        self.config.write_text(text, encoding="utf-8")
        self.publisher.pages |= {
            "/page": Reply(headers=(("Content-Type", "text/html"),), body=PAGE),
            "/roster.csv": roster("Bee County"),
        }

    @property
    def config(self) -> Path:
        """Of the program."""
        return self.folder / "config.yaml"

    @contextmanager
    def program(self) -> Iterator[Program]:
        """The program, started anew."""
        with Program(config_path=self.config, state_override=self.folder, now=lambda: self.at) as program:
            program.reader = self.reader
            program.fetcher = Fetcher(poll=program.config.poll, contact="tests", sleep=lambda _: None)
            with program.fetcher:
                yield program

    def poll(self) -> None:
        """Look at the publisher."""
        with self.program() as program:
            for polled in program.poll(["places"]):
                assert not polled.faults
            for done in program.process():
                assert not done.fault
                assert not done.hold_reason

    def saver(self, program: Program, *, tries: int) -> SaveContext:
        """What saving needs, without waiting."""
        asks = WebArchive(program.fetcher, program.config.wayback, tries=tries, sleep=self.slept.append)
        return SaveContext(config=program.config, store=program.store, reader=program.reader, web=asks, now=program.now)

    def save(self) -> list[Saved]:
        """Save all, as a person does."""
        with self.program() as program:
            return self.sorted(receipt_step.save(self.saver(program, tries=6), ["places"]))

    def rounds(self, count: int, *, apart: timedelta = timedelta(0)) -> list[Saved]:
        """Ask one thing after the other, as the daemon does."""
        found: list[Saved | ComparedCopy] = []
        with self.program() as program:
            saver = self.saver(program, tries=1)
            for _ in range(count):
                if done := receipt_step.save_next(saver, ["places"]):
                    found.append(done)
                self.at += apart
        return self.sorted(found)

    def sorted(self, found: Iterable[Saved | ComparedCopy]) -> list[Saved]:
        """What was saved; what was compared is noted."""
        all_found = list(found)
        self.compared += [done for done in all_found if isinstance(done, ComparedCopy)]
        return [done for done in all_found if isinstance(done, Saved)]

    def asked(self) -> list[str]:
        """The addresses that the archive was asked to save, in order."""
        return [path.removeprefix("/save/").rpartition("/")[2] for path in self.archive.paths("/save/http")]

    def receipts(self) -> dict[int, str]:
        """Those that are kept."""
        with Store(self.folder) as store:
            return {number: copy.memento for number, copy in copies.archive_copies(store).items()}


@contextmanager
def saving_world(folder: Path, reader: Reader) -> Iterator[World]:
    """A world in which a page and a list were published, and polled."""
    with Server() as publisher, ArchiveServer(anonymous="redirect") as archive:
        found = World(publisher=publisher, archive=archive, folder=folder, reader=reader)
        found.poll()
        yield found
