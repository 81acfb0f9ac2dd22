"""The program itself, in this process: it polls a server on this machine, from copies of state folders made before."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from drifts.editions import ADDED, CORRECTED, KINDS, REMOVED, Change, key_of
from monitor.demo.publisher import Publisher
from monitor.fetch.fetcher import Fetcher
from monitor.program import Program
from monitor.sandbox.reader import Reader
from monitor.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from monitor.config.sources import Config
    from monitor.store.entry import LogEntry

DATABASE = "monitor.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that is published: its bytes, and the header `Content-Type` that the server sends with it."""

    content: bytes
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one poll: the changes told, or the reason why the new version was set aside."""

    told: Counter[Change]
    held: str | None = None


class Watcher:
    """A publisher and the program that polls it; all state folders share one archive of files and one reader."""

    def __init__(self) -> None:
        self._exits = ExitStack()
        self.folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory()))
        self.publisher = self._exits.enter_context(Publisher())
        self.reader = self._exits.enter_context(Reader())
        self.archive = Archive(self.folder / "archive")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def publish(self, files: Mapping[str, File], at: datetime) -> None:
        """Publish these files, and no others."""
        for path in set(self.publisher._server.published) - files.keys():  # noqa: SLF001 - it has no list of paths
            self.publisher.withdraw(path)
        for path, file in files.items():
            self.publisher.publish(path, file.content, content_type=file.type, at=at)

    def poll(
        self, config: Config, state: Path, source: str, at: datetime, keys: Mapping[str, Sequence[str]]
    ) -> Outcome:
        """Poll a source once in a state folder, process what is new, and return what came of it."""
        with Program(config_path=state, state_override=state, now=lambda: at) as program:
            program.config = config
            program.archive, program.reader = self.archive, self.reader
            program.fetcher = Fetcher(poll=config.poll, contact="benchmark", sleep=lambda _: None)
            with program.fetcher:
                polled = program.poll_one(source)
                reasons = list(polled.faults)
                told: Counter[Change] = Counter()
                for done in program.process(source):
                    reasons += filter(None, (done.hold_reason, done.fault))
                    told.update(change for entry in done.entries if (change := _change(entry, keys)))
        return Outcome(told=told, held="; ".join(reasons) or None)

    def state(self, name: str) -> Path:
        """Return a new state folder."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        return folder

    def copied(self, state: Path, name: str) -> Path:
        """Return a new state folder with the database of another."""
        folder = self.state(name)
        shutil.copyfile(state / DATABASE, folder / DATABASE)
        return folder


def _change(entry: LogEntry, keys: Mapping[str, Sequence[str]]) -> Change | None:
    """Return an entry of the log as a change, or None where it tells of no record that came, went or was corrected."""
    if entry.kind not in KINDS or entry.list is None or entry.list not in keys:
        return None
    before, after = (key_of(side, keys[entry.list]) if side else None for side in (entry.before, entry.after))
    return Change(
        list=entry.list,
        kind=str(entry.kind),
        before=before if entry.kind in {REMOVED, CORRECTED} else None,
        after=after if entry.kind in {ADDED, CORRECTED} else None,
    )
