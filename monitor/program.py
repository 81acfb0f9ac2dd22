"""The program's parts, built when a command first needs them and closed when it ends."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

from monitor.config.sources import load
from monitor.errors import ConfigError, RefusedError
from monitor.steps.schedule import SIDE_BY_SIDE
from monitor.store.archive import Archive
from monitor.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from monitor.alerts.message import Message
    from monitor.channels import Channel
    from monitor.config.sources import Config, Source
    from monitor.daemon.daemon import Steps
    from monitor.fetch.fetcher import Fetcher
    from monitor.history.backfill import Backfiller
    from monitor.history.importer import Importer
    from monitor.history.receipts import Saved, Saver
    from monitor.sandbox.pool import Workers
    from monitor.sandbox.reader import Reader
    from monitor.steps.deliver import Deliverer
    from monitor.steps.outcomes import Delivered, Polled, Processed
    from monitor.steps.poll import Poller
    from monitor.steps.process import Processor
    from monitor.wayback.client import WebArchive

SAVING = 20.0  # seconds that one exchange with the web archive may take in the daemon: less than it has to end


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
    _own: threading.local = field(default_factory=threading.local)
    _opening: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    @cached_property
    def config(self) -> Config:
        """The configuration, checked."""
        config = load(self.config_path)
        if config.subscriptions:
            from monitor.alerts import subscriptions  # noqa: PLC0415 - pulls in the scheduler

            if faults := tuple(subscriptions.faults(config)):
                raise ConfigError(tuple(f"{self.config_path.name}: {fault}" for fault in faults))
        return config

    @cached_property
    def state(self) -> Path:
        """The folder that holds the database and the archive; a faulty configuration is told before it is touched."""
        configured = self.config.state
        return self.state_override or configured

    @property
    def store(self) -> Store:
        """The connection of the thread that asks."""
        found: Store | None = getattr(self._own, "store", None)
        if found is None:
            with self._opening:
                found = self._own.store = self._exits.enter_context(Store(self.state))
        return found

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """What works side by side: sources polled, or channels sent to. Kept, for each thread has its connection."""
        most = max(SIDE_BY_SIDE, len(self.config.channels))
        return self._exits.enter_context(ThreadPoolExecutor(most, thread_name_prefix="monitor"))

    @cached_property
    def archive(self) -> Archive:
        """The kept bytes."""
        return Archive(self.state / "archive")

    @cached_property
    def reader(self) -> Reader:
        """The worker process that reads untrusted bytes."""
        from monitor.sandbox.reader import Reader  # noqa: PLC0415 - only what reads bytes needs it

        return self._exits.enter_context(Reader())

    @cached_property
    def fetcher(self) -> Fetcher:
        """The way to the publishers' servers."""
        from monitor.fetch.fetcher import Fetcher  # noqa: PLC0415 - only the poll needs it

        return self._exits.enter_context(Fetcher(poll=self.config.poll, contact=self.config.contact))

    def web_archive(self, *, tell: Callable[[str], None]) -> WebArchive:
        """The way to the Wayback Machine; `tell` hears why it takes so long."""
        from monitor.wayback.client import WebArchive  # noqa: PLC0415 - only what asks it needs it

        return WebArchive(self.fetcher, self.config.wayback, tell=tell)

    def saver(self, *, tell: Callable[[str], None]) -> Saver:
        """What saving needs, for a person who waits for it."""
        from monitor.history.receipts import Saver  # noqa: PLC0415 - only what saves needs it

        return Saver(store=lambda: self.store, archive=self.web_archive(tell=tell), now=self.now)

    def _save_next(self) -> Callable[[], Saved | None]:
        """What the daemon asks the web archive, one thing after the other. It does not wait: it comes again."""
        from monitor.history.receipts import Saver, save_next  # noqa: PLC0415 - only what saves needs it
        from monitor.wayback.client import WebArchive  # noqa: PLC0415 - the same

        seconds = min(SAVING, self.config.poll.timeout.total_seconds())
        archive = WebArchive(self.fetcher, self.config.wayback, tries=1, seconds=seconds)
        names = tuple(name for name, source in self.config.sources.items() if source.save)
        return partial(save_next, Saver(store=lambda: self.store, archive=archive, now=self.now), names)

    def backfiller(self, *, since: datetime | None, until: datetime | None, tell: Callable[[str], None]) -> Backfiller:
        """What a backfill needs."""
        from monitor.history.backfill import Backfiller  # noqa: PLC0415 - only here

        return Backfiller(
            config=self.config,
            store=self.store,
            archive=self.archive,
            reader=self.reader,
            web=self.web_archive(tell=tell),
            since=since,
            until=until,
        )

    @contextmanager
    def workers(self, processes: int, executor: str | None) -> Iterator[Workers]:
        """What reads many versions: processes of this machine, or the executor that is named."""
        from monitor.sandbox.pool import here, named  # noqa: PLC0415 - only what reads many needs it

        with named(executor) if executor else here(processes) as workers:
            yield workers

    @property
    def processor(self) -> Processor:
        """What the second step needs."""
        from monitor.steps.process import Processor  # noqa: PLC0415 - pulls in the matching

        return Processor(config=self.config, store=self.store, archive=self.archive, reader=self.reader, now=self.now)

    @property
    def importer(self) -> Importer:
        """What an import needs."""
        from monitor.history.importer import Importer  # noqa: PLC0415 - pulls in the poll

        return Importer(config=self.config, store=self.store, archive=self.archive, reader=self.reader, now=self.now)

    def source(self, name: str) -> Source:
        """A source of the configuration. Raises RefusedError for a name that is none."""
        found = self.config.sources.get(name)
        if found is None:
            raise RefusedError(f"no source {name!r}; {self.config_path} has {', '.join(self.config.sources)}")
        return found

    def poll(self, names: Sequence[str]) -> Iterator[Polled]:
        """The first step for these sources, side by side; yields each as it ends."""
        _ = self.store, self.fetcher, self.reader  # made once, and the database migrated, before the threads begin
        yield from self.threads.map(self.poll_one, names)

    def poll_one(self, name: str) -> Polled:
        """The first step for one source, in the thread that asks."""
        from monitor.steps.poll import poll  # noqa: PLC0415 - only the poll needs it

        return poll(self.poller, name)

    @property
    def poller(self) -> Poller:
        """What the first step needs, in the thread that asks."""
        from monitor.steps.poll import Poller  # noqa: PLC0415 - only the poll needs it

        return Poller(
            config=self.config,
            store=self.store,
            archive=self.archive,
            fetcher=self.fetcher,
            reader=self.reader,
            now=self.now,
        )

    def process(self, source: str | None = None) -> Iterator[Processed]:
        """The second step for what waits."""
        from monitor.steps.process import process  # noqa: PLC0415 - pulls in the matching

        yield from process(self.processor, source=source)

    def process_found(self, source: str, workers: Workers) -> Iterator[Processed]:
        """The second step for what a backfill found, and whatever else of the source waits."""
        from monitor.steps.process import process  # noqa: PLC0415 - pulls in the matching

        yield from process(replace(self.processor, workers=workers), source=source, before_gap=True)

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """The configured places to send to, kept for what they remember of an alert that was taken by half."""
        from monitor.channels import channel  # noqa: PLC0415 - only what sends needs it

        return {name: channel(name, described) for name, described in self.config.channels.items()}

    @property
    def deliverer(self) -> Deliverer:
        """What the third step needs."""
        from monitor.steps.deliver import Deliverer  # noqa: PLC0415 - only what sends needs it

        return Deliverer(
            config=self.config,
            store=lambda: self.store,
            threads=self.threads,
            archive=self.archive,
            reader=self.reader,
            channels=self.channels,
            now=self.now,
        )

    def deliver(self) -> Iterator[Delivered]:
        """The third step: what is due, on every channel."""
        from monitor.steps.deliver import deliver  # noqa: PLC0415 - only what sends needs it

        self.watch_disk()
        yield from deliver(self.deliverer)

    @property
    def steps(self) -> Steps:
        """What the daemon does."""
        from monitor.daemon.daemon import Steps  # noqa: PLC0415 - pulls in the scheduler
        from monitor.steps.deliver import drain  # noqa: PLC0415 - only what sends needs it
        from monitor.steps.poll import look  # noqa: PLC0415 - only the poll needs it
        from monitor.steps.poll_status import note_polls  # noqa: PLC0415 - the same

        _ = self.store, self.fetcher, self.reader, self.channels  # made once, before the threads begin
        return Steps(
            config=self.config,
            now=self.now,
            store=lambda: self.store,
            look=lambda name: look(self.poller, name),
            note=lambda polls: note_polls(self.store, self.config, polls),
            process=self.process,
            drain=partial(drain, self.deliverer),
            watch_disk=self.watch_disk,
            save=self._save_next() if any(source.save for source in self.config.sources.values()) else None,
        )

    def watch_disk(self) -> None:
        """Tell operators of a disk that is nearly full."""
        from monitor.alerts.operators import watch_disk  # noqa: PLC0415 - only what sends needs it

        with self.store.transaction():
            watch_disk(self.store, self.config, self.state, now=self.now())

    def message_about(self, done: Processed) -> Message | None:
        """What a version brought, in the words of an alert; None where there is nothing to tell."""
        from monitor.alerts import contents  # noqa: PLC0415 - pulls in the gazetteer
        from monitor.config.sources import TOLD  # noqa: PLC0415 - the same

        entries = [entry for entry in done.entries if entry["kind"] in TOLD and not entry["minor"]]
        if not entries and not any(done.first.values()):
            return None
        return contents.message(
            self.store,
            self.archive,
            self.config,
            entries=entries,
            versions=[(done.version, done.first)],
            key="",
            subscription="",
            created_at=done.version.captured_at,
        )
