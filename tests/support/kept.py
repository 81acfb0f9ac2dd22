"""Keeps what each command of the program makes anew, and what is the same each time, from one test to the next.

These are the processes that read files (to start one takes longer than to read the files of most tests), what the text
of a configuration says, as YAML and checked, and the database of a new state folder. That each command has a process
of its own to read with, which ends with it, is told in `tests/sandbox/`, where none is kept; that the steps of the
schema make a whole database, wherever they are broken off, is told in `tests/store/test_migrations.py`, by processes
that keep none.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from copy import deepcopy
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from monitor.config import file
from monitor.fetch.fetcher import Fetcher
from monitor.sandbox.reader import WORKER_COMMAND, Reader
from monitor.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.config.sources import Config
    from monitor.sandbox.worker import Limits
    from monitor.sandbox.worker_process import WorkerProcess

_idle: dict[tuple[Limits, Sequence[str]], list[WorkerProcess]] = {}  # by what a worker was started with, for ever


class KeptReader(Reader):
    """A reader that leaves its process to the next source, and to the next reader with the same limits."""

    def __init__(self, limits: Limits | None = None, *, command: Sequence[str] = WORKER_COMMAND) -> None:
        super().__init__(limits, command=command)
        self._kept = _idle.setdefault((self._limits, tuple(command)), [])

    def close(self) -> None:
        """Leave the process to the next reader."""
        with self._lock:
            self._kept += [worker for worker in self._workers.values() if worker.is_alive]
            self._workers = {source: worker for source, worker in self._workers.items() if not worker.is_alive}
        super().close()

    def _ready(self, source: str) -> WorkerProcess:
        if source not in self._workers:
            if self._workers:
                self._workers[source] = self._workers.pop(next(iter(self._workers)))
            elif self._kept:
                self._workers[source] = self._kept.pop()
        return super()._ready(source)


@contextmanager
def kept_readers() -> Iterator[None]:
    """Have all that the program reads in this process be read by kept readers, while this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.sandbox.reader.Reader", KeptReader)
        patch.setattr("monitor.sandbox.pool.Reader", KeptReader)
        yield
    end_kept()


@contextmanager
def kept_yaml() -> Iterator[None]:
    """Have a text be parsed as YAML once, and copied after that, while this lasts."""
    load = yaml.load
    trees: dict[tuple[str, object], Any] = {}

    def copied(text: Any, Loader: Any) -> Any:  # noqa: N803 - PyYAML's name
        if not isinstance(text, str):
            return load(text, Loader)
        if (text, Loader) not in trees:
            trees[text, Loader] = load(text, Loader)
        return deepcopy(trees[text, Loader])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "load", copied)
        yield


@contextmanager
def kept_configurations() -> Iterator[None]:
    """Have a configuration file be checked once for each text, while this lasts: what it says can't be changed."""
    parse = file.parse
    checked: dict[tuple[str, str], Config] = {}

    def kept(text: str, file_name: str = "config.yaml") -> Config:
        if (text, file_name) not in checked:
            checked[text, file_name] = parse(text, file_name)
        return checked[text, file_name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file, "parse", kept)
        yield


@contextmanager
def kept_databases() -> Iterator[None]:
    """Have the steps of the schema be applied to one new database, and each other one be a copy, while this lasts."""
    migrate = Store._migrate  # noqa: SLF001 - what is kept is what it makes
    made: list[sqlite3.Connection] = []
    one_at_a_time = Lock()

    def copied(store: Store) -> None:
        if store.connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            migrate(store)
            return
        with one_at_a_time:
            if not made:
                migrate(store)
                made.append(sqlite3.connect(":memory:", check_same_thread=False))
                store.connection.backup(made[0])
            made[0].backup(store.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "_migrate", copied)
        yield
    for each in made:
        each.close()


@contextmanager
def brief_pauses() -> Iterator[None]:
    """Have a command pause a hundredth of the time before it asks a server again, while this lasts.

    How long it pauses by itself is told in `tests/fetch/test_fetcher.py`, by fetchers that are given a `sleep`.
    """
    defaults = Fetcher.__init__.__kwdefaults__
    assert defaults
    assert defaults["sleep"] is time.sleep
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(defaults, "sleep", lambda seconds: time.sleep(seconds / 100))
        yield


@contextmanager
def own_readers() -> Iterator[None]:
    """Have each reader start a process of its own, and end it, as the program does; none is there in the beginning."""
    end_kept()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.sandbox.reader.Reader", Reader)
        patch.setattr("monitor.sandbox.pool.Reader", Reader)
        yield


def end_kept() -> None:
    """End the processes that no reader has."""
    for workers in _idle.values():
        while workers:
            workers.pop().kill()
