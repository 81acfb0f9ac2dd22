"""The program's parts, built when a command first needs them and closed when it ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from monitor import deliver
from monitor.archive import Archive
from monitor.config import load
from monitor.errors import RefusedError
from monitor.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from monitor.config import Config, Source
    from monitor.fetch import Fetcher
    from monitor.importing import Importer
    from monitor.poll import Polled
    from monitor.process import Processed, Processor
    from monitor.reader import Reader

SIDE_BY_SIDE = 8  # sources polled at the same time; how many requests a host gets is the fetcher's concern


def clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Program:
    """What one run of a command works with."""

    config_path: Path
    state_override: Path | None = None
    now: Callable[[], datetime] = clock
    _exits: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    @cached_property
    def config(self) -> Config:
        """The configuration, checked."""
        return load(self.config_path)

    @cached_property
    def state(self) -> Path:
        """The folder that holds the database and the archive."""
        return self.state_override or self.config.state

    @cached_property
    def store(self) -> Store:
        """This thread's connection."""
        return self._exits.enter_context(Store(self.state))

    @cached_property
    def archive(self) -> Archive:
        """The kept bytes."""
        return Archive(self.state / "archive")

    @cached_property
    def reader(self) -> Reader:
        """The worker process that reads untrusted bytes."""
        from monitor.reader import Reader  # noqa: PLC0415 - only what reads bytes needs it

        return self._exits.enter_context(Reader())

    @cached_property
    def fetcher(self) -> Fetcher:
        """The way to the publishers' servers."""
        from monitor.fetch import Fetcher  # noqa: PLC0415 - only the poll needs it

        return self._exits.enter_context(Fetcher(poll=self.config.poll, contact=self.config.contact))

    @property
    def processor(self) -> Processor:
        """What the second step needs."""
        from monitor.process import Processor  # noqa: PLC0415 - pulls in the matching

        return Processor(config=self.config, store=self.store, archive=self.archive, reader=self.reader)

    @property
    def importer(self) -> Importer:
        """What an import needs."""
        from monitor.importing import Importer  # noqa: PLC0415 - pulls in the poll

        return Importer(config=self.config, store=self.store, archive=self.archive, reader=self.reader)

    def source(self, name: str) -> Source:
        """A source of the configuration. Raises RefusedError for a name that is none."""
        found = self.config.sources.get(name)
        if found is None:
            raise RefusedError(f"no source {name!r}; {self.config_path} has {', '.join(self.config.sources)}")
        return found

    def poll(self, names: Sequence[str]) -> Iterator[Polled]:
        """The first step for these sources, side by side; yields each as it ends."""
        from monitor.poll import Poller, poll  # noqa: PLC0415 - only the poll needs it

        config, archive, fetcher, reader = self.config, self.archive, self.fetcher, self.reader
        _ = self.store  # makes and migrates the database before the threads open it

        def one(name: str) -> Polled:
            with Store(self.state) as store:
                step = Poller(config=config, store=store, archive=archive, fetcher=fetcher, reader=reader, now=self.now)
                return poll(step, name)

        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="poll") as pool:
            yield from pool.map(one, names)

    def process(self, source: str | None = None) -> Iterator[Processed]:
        """The second step for what waits."""
        from monitor.process import process  # noqa: PLC0415 - pulls in the matching

        yield from process(self.processor, source=source)

    def deliver(self, channel: deliver.Channel) -> int:
        """The third step."""
        return deliver.deliver(self.store, channel, now=self.now)
