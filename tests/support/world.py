"""A small world to watch: a server that publishes a roster, in a process of its own, and the program on a folder."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.changelog.verify import verify
from monitor.errors import MonitorError
from monitor.fetch.fetcher import Fetcher
from monitor.program import Program
from monitor.sandbox.reader import Reader
from monitor.store.search import LogFilter, log_entries
from tests.support.world_server import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLACES = ("Bee County", "Clay County", "DeWitt County", "Ector County", "Frio County")
CONFIG = """
contact: tests
poll: { allow_private_addresses: true, timeout: 60s }
sources:
  places:
    page: ADDRESS/page
    reports:
      roster:
        kind: rolling
        format: csv
        match: { href: 'roster\\.csv$' }
        lists:
          roster:
            columns: { name: [Name], state: [State] }
            key: [name, state]
            names: [name]
            jurisdiction: { name: name, state: state }
channels: { feed: { kind: atom, path: STATE/feed.xml } }
subscriptions:
  everything: { channels: [feed], settle: 1s }
  watch: { channels: [feed], operator: true }
"""


def roster(count: int) -> bytes:
    """A file with the first so many places."""
    return b"Name,State\n" + b"".join(f"{name},TX\n".encode() for name in PLACES[:count])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a story: the faults as they were named, those that outlasted the mending, and what is there."""

    failed: str = ""  # the call that was let fail, where one was
    faults: tuple[str, ...]
    lasting: tuple[str, ...]
    history: tuple[str, ...]  # the change log's entries, in short
    told: int  # entries of the feed
    unsound: tuple[str, ...]  # what `verify` finds
    leftovers: tuple[str, ...]  # unfinished files


# What comes of a story in which nothing fails: whatever failed, it must come to this in the end.
HISTORY, TOLD = ("added Ector County",), 2


@dataclass(kw_only=True)
class World:
    """The program, started anew for each round, and what it watches, in a folder."""

    address: str
    folder: Path
    state: Path
    reader: Reader
    at: datetime = START

    def __post_init__(self) -> None:
        text = CONFIG.replace("ADDRESS", self.address).replace("STATE", str(self.state))
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")
        for count in range(len(PLACES) + 1):
            (self.folder / f"{count}.csv").write_bytes(roster(count))

    def publish(self, count: int) -> None:
        """Put the roster with so many places where the last one was. Takes no open file, and no room on the disk."""
        with_name = self.folder / ".roster"
        with_name.unlink(missing_ok=True)
        with_name.symlink_to(f"{count}.csv")
        with_name.replace(self.folder / "roster.csv")

    @contextmanager
    def program(self) -> Iterator[Program]:
        """The program, started anew."""
        config = self.folder / "config.yaml"
        with Program(config_path=config, state_override=self.state, now=lambda: self.at) as program:
            program.reader = self.reader
            program.fetcher = Fetcher(poll=program.config.poll, contact="tests", sleep=lambda _: None)
            with program.fetcher:
                yield program

    def round(self) -> list[str]:
        """The three steps once; what failed, as it was named. Whatever is not named ends the test."""
        self.at += MINUTE
        faults: list[str | None] = []
        try:
            with self.program() as program:
                for polled in program.poll(["places"]):
                    faults += polled.faults
                faults += [done.fault or done.hold_reason for done in program.process()]
                self.at += MINUTE  # for an alert waits for more
                faults += [done.fault for done in program.deliver()]
        except MonitorError as fault:
            faults.append(str(fault))
        return [fault for fault in faults if fault]

    def story(self, mend: Callable[[], object]) -> Outcome:
        """Two rosters, one after the other. What fails is done again after a mending; in the end all is mended."""
        faults: list[str] = []
        lasting: list[str] = []
        for count in (3, 4):
            self.publish(count)
            if found := self.round():
                faults += found
                mend()
                lasting += self.round()
        mend()
        with self.program() as program:
            log = tuple(
                f"{entry.kind} {(entry.after or entry.before or {})['name']}"
                for entry in log_entries(program.store, LogFilter())
            )
            unsound = verify(program.store, program.archive, program.config).faults
        feed = self.state / "feed.xml"
        return Outcome(
            faults=tuple(faults),
            lasting=tuple(lasting),
            history=log,
            told=feed.read_text("utf-8").count("<entry>") if feed.exists() else 0,
            unsound=unsound,
            leftovers=tuple(str(path) for path in self.state.rglob(".new-*")),
        )


@contextmanager
def worlds(*, state: str = "state") -> Iterator[Callable[[], World]]:
    """Makes one world after another, each with another state folder, all with one server and one reader."""
    with tempfile.TemporaryDirectory() as name, Reader() as reader:
        folder = Path(name)
        with subprocess.Popen(
            (sys.executable, "-m", "tests.support.world_server", name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdout
            address = server.stdout.readline().strip()
            reader.page(PAGE, address)  # so that the worker is there
            number = 0

            def make() -> World:
                nonlocal number
                number += 1
                return World(address=address, folder=folder, state=folder / f"{state}-{number}", reader=reader)

            yield make
            assert server.stdin
            server.stdin.close()
