"""Builds the parts of the program (database, archive and others) when a command first needs them, and closes them."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict

from monitor.errors import ConfigError, RefusedError
from monitor.store.adopt import open_store
from monitor.store.outline import bytes_of, keep_outline, kept_outline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from monitor.alerts.message import Message
    from monitor.channels import Channel
    from monitor.config.outline import Outline
    from monitor.config.sources import Config, Source
    from monitor.config.titles import Titles
    from monitor.daemon.steps import Steps
    from monitor.evidence.stamp import Round, StampContext
    from monitor.fetch.fetcher import Fetcher
    from monitor.history.backfill import BackfillContext
    from monitor.history.compared import ComparedCopy, SaveContext
    from monitor.history.receipts import Saved
    from monitor.history.recovered import Recovering
    from monitor.history.trial import TrialContext
    from monitor.sandbox.pool import Workers
    from monitor.sandbox.reader import Reader
    from monitor.steps.context import Context, PollContext
    from monitor.steps.documents import DocumentLook
    from monitor.steps.outcomes import Delivered, Polled, Processed
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.wayback.client import WebArchive

MAX_SAVE_SECONDS = 20.0  # of one exchange with the web archive in the daemon: less than the daemon has to end in


class _Parts(TypedDict):
    """The fields that the context of every step has, as a dictionary; it is passed to the constructor of a context."""

    config: Config
    store: Store
    archive: Archive
    reader: Reader
    now: Callable[[], datetime]


def present() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Program:
    """The parts of the program during one run of a command; each part is built when it is first used.

    `state_override` is the state folder to use instead of the configured one. At the end of the `with` block all parts
    are closed.
    """

    config_path: Path
    state_override: Path | None = None
    now: Callable[[], datetime] = present
    _exits: ExitStack = field(default_factory=ExitStack)
    _own: threading.local = field(default_factory=threading.local)
    _opening: threading.Lock = field(default_factory=threading.Lock)
    _sources_read: int = 1  # of which files may come by turns

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    @cached_property
    def _content(self) -> bytes | None:
        """Return the bytes of the configuration file, which is read once; None if it can't be read twice or at all."""
        with suppress(OSError):
            return bytes_of(self.config_path)
        return None

    @cached_property
    def config(self) -> Config:
        """Return the configuration. Raises ConfigError, which lists every fault of the file."""
        from monitor.config.file import load  # noqa: PLC0415 - loads what checks a configuration

        config = load(self.config_path, self._content)
        if config.subscriptions:
            from monitor.alerts import subscriptions  # noqa: PLC0415 - loads the scheduler

            if faults := tuple(subscriptions.subscription_faults(config)):
                raise ConfigError(tuple(f"{self.config_path.name}: {fault}" for fault in faults))
        return config

    @cached_property
    def outline(self) -> Outline:
        """Return the names that the configuration has. Raises ConfigError if the configuration has faults.

        If the same configuration was checked before, it is not loaded for that.
        """
        if "config" not in vars(self) and (kept := kept_outline(self._content, self.state_override)):
            return kept
        from monitor.config.outline import outline_of  # noqa: PLC0415 - where none is kept

        if "config" in vars(self):
            return outline_of(self.config)
        outline = outline_of(self.config)
        state = self.state_override or Path(outline.state)
        keep = partial(keep_outline, self.config_path, state, outline, content=self._content)
        if state.is_dir():
            keep()
        else:  # the command may make the folder, and a database in it
            self._exits.callback(lambda: keep() if (state / "monitor.db").exists() else None)
        return outline

    @cached_property
    def titles(self) -> Titles:
        """Return the words for readers in place of the configuration's names. Raises ConfigError."""
        from monitor.config.titles import Titles  # noqa: PLC0415 - what is printed for programs has no titles

        return Titles(self.config)

    @cached_property
    def state(self) -> Path:
        """Return the folder of the database and the archive. Raises ConfigError if the configuration has faults."""
        configured = Path(self.outline.state)
        return self.state_override or configured

    @property
    def store(self) -> Store:
        """Return the database connection of the calling thread; it is opened at the thread's first use."""
        store: Store | None = getattr(self._own, "store", None)
        if store is None:
            with self._opening:
                store = self._own.store = self._exits.enter_context(open_store(self.state))
        return store

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Return the pool of threads that poll sources, or send alerts on channels, at the same time.

        Each thread has a database connection of its own.
        """
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only polling and sending need threads

        from monitor.steps.schedule import MAX_POLLS_AT_ONCE  # noqa: PLC0415 - the same

        most = max(MAX_POLLS_AT_ONCE, self.outline.channels)
        return self._exits.enter_context(ThreadPoolExecutor(most, thread_name_prefix="monitor"))

    @cached_property
    def archive(self) -> Archive:
        """Return the archive of kept files."""
        from monitor.store.archive import Archive  # noqa: PLC0415 - many commands need no files

        return Archive(self.state / "archive")

    @cached_property
    def reader(self) -> Reader:
        """Return the reader, which reads files from publishers in a separate process with limits."""
        from monitor.sandbox.reader import Reader  # noqa: PLC0415 - many commands read no files

        reader = self._exits.enter_context(Reader())
        reader.keep(self._sources_read)
        return reader

    @cached_property
    def document_reader(self) -> Reader:
        """Return a second reader, for documents that records link to, so that no version of a list waits for one."""
        from monitor.sandbox.reader import Reader  # noqa: PLC0415 - many commands read no files

        return self._exits.enter_context(Reader())

    @cached_property
    def fetcher(self) -> Fetcher:
        """Return the HTTP client that asks the publishers' servers."""
        from monitor.fetch.fetcher import Fetcher  # noqa: PLC0415 - loads the HTTP client

        poll = self.outline.limits or self.config.poll
        return self._exits.enter_context(Fetcher(poll=poll, contact=self.outline.contact, now=self.now))

    def web_archive(self, *, tell: Callable[[str], None]) -> WebArchive:
        """Return the client of the Wayback Machine; it calls `tell` with a sentence when an answer takes long."""
        from monitor.wayback.client import WebArchive  # noqa: PLC0415 - loads the HTTP client

        return WebArchive(self.fetcher, self.config.wayback, tell=tell)

    def save_context(self, *, tell: Callable[[str], None]) -> SaveContext:
        """Return the objects that are needed to have versions saved in the Wayback Machine.

        `tell` is called with a sentence, for the person who waits at the terminal, when an answer takes long.
        """
        return self._saving(self.web_archive(tell=tell))

    def _saving(self, web: WebArchive) -> SaveContext:
        """Return the objects that are needed to have versions saved by `web`."""
        from monitor.history.compared import SaveContext  # noqa: PLC0415 - only saving needs it

        return SaveContext(config=self.config, store=self.store, reader=self.reader, web=web, now=self.now)

    def _save_next(self, web: WebArchive) -> Callable[[], Saved | ComparedCopy | None]:
        """Return the function that the daemon calls again and again to save versions in the web archive.

        Each call makes one request, and does not wait for the archive to finish saving.
        """
        from monitor.history.receipts import save_next  # noqa: PLC0415 - only saving needs it

        names = tuple(name for name, source in self.config.sources.items() if source.save)
        return lambda: save_next(self._saving(web), names)

    def _patient_archive(self) -> WebArchive | None:
        """Return the client of the Wayback Machine that the daemon uses; None if no source is to be saved there."""
        if not any(source.save for source in self.config.sources.values()):
            return None
        from monitor.wayback.client import WebArchive  # noqa: PLC0415 - loads the HTTP client

        seconds = min(MAX_SAVE_SECONDS, self.config.poll.timeout.total_seconds())
        return WebArchive(self.fetcher, self.config.wayback, tries=1, seconds=seconds)

    @contextmanager
    def trial(self) -> Iterator[TrialContext]:
        """Yield the objects that trying a description needs; the temporary folder is removed when the block ends."""
        from tempfile import TemporaryDirectory  # noqa: PLC0415 - only `monitor try` needs it

        from monitor.history.trial import TrialContext  # noqa: PLC0415 - the same

        with TemporaryDirectory(prefix="monitor-try-") as folder:
            yield TrialContext(
                config=self.config,
                reader=self.reader,
                fetcher=lambda: self.fetcher,
                now=self.now,
                folder=Path(folder),
            )

    @property
    def stamp_context(self) -> StampContext:
        """Return the objects that stamping needs, with the database connection of the calling thread."""
        from monitor.evidence.stamp import StampContext  # noqa: PLC0415 - loads the HTTP client
        from monitor.fetch.route import route_of  # noqa: PLC0415 - the same

        return StampContext(
            store=self.store,
            archive=self.archive,
            now=self.now,
            settings=self.config.evidence,
            route=route_of(self.config.poll, "poll"),
        )

    def stamp_due(self) -> Round:
        """Ask those time-stamp authorities whose turn it is; alert operators if none has answered for days."""
        from monitor.alerts.operators import watch_stamps  # noqa: PLC0415 - only the daemon needs it
        from monitor.evidence.stamp import stamp_due  # noqa: PLC0415 - the same

        done = stamp_due(self.stamp_context)
        with self.store.transaction():
            watch_stamps(self.store, self.config, now=self.now())
        return done

    def backfill_context(
        self, *, since: datetime | None, until: datetime | None, tell: Callable[[str], None]
    ) -> BackfillContext:
        """Return the objects that a backfill needs (it adds old captures of a web archive to the history).

        Only captures made at `since` or later, and before `until`, are added. `tell` is called with a sentence for the
        person who waits at the terminal.
        """
        from monitor.history.backfill import BackfillContext  # noqa: PLC0415 - only a backfill needs it

        return BackfillContext(**self._parts, web=self.web_archive(tell=tell), since=since, until=until)

    @contextmanager
    def workers(self, processes: int, executor: str | None) -> Iterator[Workers]:
        """Yield workers that read many versions at the same time.

        `processes` is the number of processes on this machine. If `executor` names a cluster, its workers are used
        instead.
        """
        from monitor.sandbox.pool import here, workers_named  # noqa: PLC0415 - few commands read many versions

        with workers_named(executor) if executor else here(processes) as workers:
            yield workers

    @property
    def _parts(self) -> _Parts:
        """Return the fields that the context of every step has, as a dictionary.

        Configuration and reader are made when a step first needs them: most polls find nothing new, and need neither.
        """
        from monitor.steps.context import when_needed  # noqa: PLC0415 - only steps need it

        made = vars(self)
        return {
            "config": self.config if "config" in made else when_needed(lambda: self.config),
            "store": self.store,
            "archive": self.archive,
            "reader": self.reader if "reader" in made else when_needed(lambda: self.reader),
            "now": self.now,
        }

    @property
    def context(self) -> Context:
        """Return the objects that a step needs, with the database connection of the calling thread."""
        from monitor.steps.context import Context  # noqa: PLC0415 - only steps need it

        return Context(**self._parts)

    @property
    def poll_context(self) -> PollContext:
        """Return the objects that a poll needs, with the database connection of the calling thread."""
        from monitor.steps.context import PollContext  # noqa: PLC0415 - only a poll needs it

        return PollContext(**self._parts, fetcher=self.fetcher, outlines=self.outline.sources)

    def source(self, name: str) -> Source:
        """Return the source called `name` in the configuration. Raises RefusedError if there is none."""
        self.reports(name)
        return self.config.sources[name]

    def reports(self, source: str) -> Mapping[str, tuple[str, ...]]:
        """Return the names of a source's reports, each with the names of its lists.

        Raises RefusedError if there is no such source.
        """
        known = self.outline.sources
        if source not in known:
            raise RefusedError(f"no source {source!r}; {self.config_path} has {', '.join(known)}")
        return {name: tuple(report.lists) for name, report in known[source].reports.items()}

    def poll(self, names: Sequence[str]) -> Iterator[Polled]:
        """Poll the sources with these names at the same time, and yield the result of each, in the order of `names`."""
        _ = self.store, self.fetcher  # made once, and the database migrated, before the threads begin
        self._sources_read = len(names)
        yield from self.threads.map(self.poll_one, names)

    def poll_one(self, name: str) -> Polled:
        """Poll the source called `name` in the calling thread, and return the result."""
        from monitor.steps.poll import poll  # noqa: PLC0415 - only a poll needs it

        return poll(self.poll_context, name)

    def changed_descriptions(self, source: str) -> Iterator[str]:
        """Yield a sentence for each list of a source whose description changed since it was read; each change once."""
        from monitor.steps.descriptions import changed_descriptions  # noqa: PLC0415 - only `monitor poll` needs it

        yield from changed_descriptions(self.poll_context, source)

    def process(self, source: str | None = None) -> Iterator[Processed]:
        """Process the versions that wait, of one source or (None) of all, and yield the result of each."""
        from monitor.store.holds import any_unprocessed  # noqa: PLC0415 - only steps need it

        if not any_unprocessed(self.store):
            return
        from monitor.steps.process import process  # noqa: PLC0415 - loads the matching

        yield from process(self.context, source=source)

    def process_found(self, source: str, workers: Workers) -> Iterator[Processed]:
        """Process all versions of a source that wait, also those that a backfill has just added; yield each result."""
        from monitor.steps.process import process  # noqa: PLC0415 - loads the matching

        yield from process(self.context, source=source, before_gap=True, workers=workers)

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """Return the configured channels by name.

        They are built only once in a run, because a channel remembers which recipients already have an alert.
        """
        from monitor.channels import channel  # noqa: PLC0415 - only sending needs it

        return {name: channel(name, described) for name, described in self.config.channels.items()}

    def deliver(self) -> Iterator[Delivered]:
        """Send the alerts that are due, on all channels at the same time; yield the result of each attempt."""
        self.watch_disk()
        if not self.outline.channels:
            return
        _ = self.reader, self.channels  # made once, before the threads begin
        for attempts in self.threads.map(lambda name: list(self.deliver_one(name)), self.channels):
            yield from attempts

    def deliver_one(self, name: str) -> Iterator[Delivered]:
        """Send the alerts that are due on the channel `name`, in the calling thread; yield each attempt's result."""
        from monitor.steps.deliver import deliver  # noqa: PLC0415 - only sending needs it

        yield from deliver(self.context, name, self.channels[name])

    @property
    def steps(self) -> Steps:
        """Return the functions that the daemon calls: poll, process, deliver, and watch the disk among others."""
        from monitor.daemon.steps import Steps  # noqa: PLC0415 - only the daemon needs it
        from monitor.steps.poll import look  # noqa: PLC0415 - the same
        from monitor.steps.poll_status import note_polls  # noqa: PLC0415 - the same

        web = self._patient_archive()
        # Made once, before the threads begin; a reader starts its process only when it reads.
        _ = self.store, self.fetcher, self.reader, self.document_reader, self.channels
        return Steps(
            config=self.config,
            now=self.now,
            store=lambda: self.store,
            look=lambda name: look(self.poll_context, name),
            note=lambda polls: note_polls(self.store, self.config, polls),
            process=self.process,
            drain=self.deliver_one,
            watch_disk=self.watch_disk,
            save=self._save_next(web) if web else None,
            recover=self._recover_next(web) if web and self.config.watches_documents else None,
            documents=self.look_at_documents if self.config.watches_documents else None,
            stamp=self.stamp_due if self.config.evidence.stamp.authorities or self.config.evidence.publish else None,
        )

    def note_documents(self, names: Sequence[str]) -> None:
        """Note which documents the records of the sources with these names link now."""
        from monitor.steps.document_links import note_document_links  # noqa: PLC0415 - only looks need it

        for name in names:
            note_document_links(self.poll_context, name)

    def look_at_documents(
        self, source: str | None = None, *, limit: int, stopping: Callable[[], bool]
    ) -> Iterator[DocumentLook]:
        """Look at the documents that are due, of one source or (None) of all, at most `limit`; yield each result.

        `stopping` says, before each look, whether to stop.
        """
        from monitor.steps.documents import look_at_documents  # noqa: PLC0415 - only looks need it

        context = replace(self.poll_context, reader=self.document_reader)
        yield from look_at_documents(context, source=source, limit=limit, stopping=stopping)

    def recovering(self, web: WebArchive) -> Recovering:
        """Return the objects that are needed to look for documents in a web archive."""
        from monitor.history.recovered import Recovering  # noqa: PLC0415 - few commands look for documents there

        return Recovering(context=replace(self.poll_context, reader=self.document_reader), web=web)

    def _recover_next(self, web: WebArchive) -> Callable[[], DocumentLook | None]:
        """Return the function that the daemon calls once in a while to look for a missing document in the archive."""
        from monitor.history.recovered import recover_documents  # noqa: PLC0415 - few commands look for documents there

        names = [name for name in self.config.sources_with_documents if self.config.sources[name].save]
        return lambda: next(recover_documents(self.recovering(web), names, limit=1), None)

    def watch_disk(self) -> None:
        """Alert operators if the disk with the state folder is nearly full, and put heartbeats into the outbox."""
        from monitor.alerts.operators import watch_disk  # noqa: PLC0415 - only sending needs it

        context = self.context
        with context.store.transaction():
            watch_disk(context.store, context.config, self.state, now=self.now())
            if self.outline.subscriptions:
                from monitor.alerts.heartbeat import beat  # noqa: PLC0415 - only subscriptions have one

                beat(context.store, context.config, now=self.now())

    @property
    def sources_with_documents(self) -> tuple[str, ...]:
        """Return the names of the sources with a list whose documents are watched."""
        return tuple(name for name, source in self.outline.sources.items() if source.has_documents)

    def tell_unpublished(self, folder: str, fault: str) -> None:
        """Alert operators that the static site in a folder could not be written."""
        from monitor.alerts.operators import tell_unpublished  # noqa: PLC0415 - only the daemon needs it

        with self.store.transaction():
            tell_unpublished(self.store, self.config, folder, fault, now=self.now())

    def message_about(self, done: Processed) -> Message | None:
        """Return an alert about the changes of a processed version; None if there is nothing to tell people."""
        from monitor.alerts.compose import compose  # noqa: PLC0415 - loads the gazetteer
        from monitor.alerts.contents import AlertScope, gather  # noqa: PLC0415 - the same
        from monitor.config.sources import TOLD  # noqa: PLC0415 - the same

        entries = [entry for entry in done.entries if entry.kind in TOLD and not entry.minor]
        if not entries and not any(done.first.values()):
            return None
        scope = AlertScope(entries=entries, versions=[(done.version, done.first)], created_at=done.version.captured_at)
        return compose(gather(self.store, self.archive, self.config, scope))

    def message_of(self, entries: Sequence[LogEntry]) -> Message | None:
        """Return an alert about entries of the log that came of no version, as those about documents do.

        Return None if all of them are minor.
        """
        from monitor.alerts.compose import compose  # noqa: PLC0415 - loads the gazetteer
        from monitor.alerts.contents import AlertScope, gather  # noqa: PLC0415 - the same

        entries = [entry for entry in entries if not entry.minor]
        if not entries:
            return None
        scope = AlertScope(entries=entries, versions=[], created_at=entries[0].observed_at)
        return compose(gather(self.store, self.archive, self.config, scope))
