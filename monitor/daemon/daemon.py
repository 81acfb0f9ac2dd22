"""The daemon: ticks the three steps until it is told to stop. What is due stands in the database, not here.

Each loop is a job of the scheduler that never runs twice at once; each unit of work may be killed at any line.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import uniform
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as Loops
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from monitor.config.secrets import Secret
from monitor.daemon.ping import ping
from monitor.errors import MonitorError
from monitor.steps import schedule
from monitor.store import schedule as schedule_rows
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from monitor.config.sources import Config
    from monitor.daemon.systemd import Supervisor
    from monitor.history.receipts import Saved
    from monitor.steps.outcomes import Delivered, Polled, Processed
    from monitor.store.database import Store

TICK = 1.0  # seconds between two looks at what is due
ROUND = 10.0  # seconds between two looks at what other commands have kept, and at the daemon's own health
WATCH = 60.0  # seconds between two looks at the disk, and two signs of life to the outside
CLAIMED = 64  # sources at most that are polled or wait for a thread: a crash puts these off
LATEST = 10  # changes that tell how often a source changes
JITTER = 0.1  # of a pause, either way, so that not all sources are polled at once
STUCK = {"poll": 60.0, "process": 1800.0}  # seconds after which a loop that did not come round counts as stuck
LEAP = 30.0  # seconds by which a clock that is only kept right never moves at once
GRACE = 25.0  # seconds that what is under way has to end when the daemon is stopped

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The three steps as the program has wired them, for whichever thread asks, and the operators' look at the disk.

    The first one is in two parts: `look` at a source, and `note` how that went, of many at once.
    """

    config: Config
    now: Callable[[], datetime]
    store: Callable[[], Store]
    look: Callable[[str], Polled]
    note: Callable[[Iterable[Polled]], None]
    process: Callable[[], Iterator[Processed]]
    drain: Callable[[str], Iterator[Delivered]]
    watch_disk: Callable[[], None]
    save: Callable[[], Saved | None] | None = None  # asks the web archive one thing; None where nothing is to be saved


@dataclass(kw_only=True)
class Daemon:
    """One run of the daemon, under one configuration."""

    steps: Steps
    supervisor: Supervisor
    tick: float = TICK
    wall: Callable[[], float] = time.time
    _came_round: dict[str, float] = field(default_factory=dict)  # loop: when, on the monotonic clock
    _failures: Counter[str] = field(default_factory=Counter)
    _at_work: Counter[str] = field(default_factory=Counter)
    _polling: set[str] = field(default_factory=set)  # sources that are polled, or wait for a thread
    _quiet: list[Polled] = field(default_factory=list)  # polls that found nothing new, to be noted together
    _changes: dict[str, tuple[datetime, ...]] = field(default_factory=dict)  # the latest of each source, once asked for
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _processing: threading.Lock = field(default_factory=threading.Lock)
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._store = self.steps.store()  # that was there at the start: whether it still is, is asked of this one
        sources, usual = self.steps.config.sources, self.steps.config.poll.every
        self._longest = max(source.every or usual for source in sources.values())
        with self._store.transaction():
            schedule_rows.add_new_sources(self._store, sources, at=instant(self.steps.now()))
        self._offset = self.wall() - time.monotonic()
        self._polls = ThreadPoolExecutor(schedule.MAX_POLLS_AT_ONCE, thread_name_prefix="poll")
        channels = self.steps.config.channels
        self._scheduler = BackgroundScheduler(
            executors={"default": Loops(len(channels) + 5)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        self._every(self.tick, "poll", self._poll_due)
        self._every(self.tick * ROUND / TICK, "process", self._process)
        self._every(self.tick * ROUND / TICK, "supervise", self._supervise)
        self._every(self.tick * WATCH / TICK, "watch", self._watch)
        if self.steps.save:
            evenly = max(ROUND, 60 / self.steps.config.wayback.per_minute)  # so that it never waits for its turn
            self._every(self.tick * evenly / TICK, "save", partial(self._save, self.steps.save))
        for name in channels:
            self._every(self.tick, f"deliver {name}", partial(self._deliver, name))

    def _every(self, seconds: float, name: str, work: Callable[[], None]) -> None:
        self._came_round[name] = time.monotonic()
        self._scheduler.add_job(
            self._unit, "interval", seconds=seconds, args=(name, work), id=name, next_run_time=datetime.now(UTC)
        )

    def start(self) -> None:
        """Begin to work, in threads."""
        self._scheduler.start()
        self.supervisor.tell("READY=1", f"STATUS=watching {len(self.steps.config.sources)} sources")

    def stop(self, *, grace: float = GRACE) -> bool:
        """Begin nothing more, and wait for what is under way; False where it did not end in time."""
        self._stopping.set()
        self._scheduler.shutdown(wait=False)
        with self._lock:  # it may be about to hand over polls
            self._lock.wait_for(lambda: not self._at_work["poll"], timeout=grace)
        self._polls.shutdown(wait=False)  # what has not begun is passed over
        with self._lock:
            ended = self._lock.wait_for(lambda: not self._at_work and not self._polling, timeout=grace)
        if ended:
            with self._work("note"):
                self._note_quiet()
        return ended

    def keep_time(self) -> None:
        """Where the clock was set, let all loops come round now: the scheduler goes by it, and might wait for years."""
        offset = self.wall() - time.monotonic()
        if abs(offset - self._offset) < LEAP:
            return
        log.warning("clock.leapt", seconds=round(offset - self._offset))
        sources, usual = self.steps.config.sources, self.steps.config.poll.every
        self._longest = max(source.every or usual for source in sources.values())
        with self._store.transaction():
            schedule_rows.add_new_sources(self._store, sources, at=instant(self.steps.now()))
        self._offset = offset
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def ailments(self) -> tuple[str, ...]:
        """What is wrong with the daemon itself; nothing where it is well."""
        present = time.monotonic()
        stuck = [
            f"the loop {name!r} has not come round for {present - self._came_round[name]:.0f} s"
            for name, limit in STUCK.items()
            if present - self._came_round[name] > limit
        ]
        try:
            with self._asking:
                self._store.check()
        except MonitorError as fault:
            stuck.append(str(fault))
        return tuple(stuck)

    @contextmanager
    def _work(self, name: str) -> Iterator[None]:
        """One unit of work: it is waited for, and its failure ends nothing else."""
        with self._lock:
            self._at_work[name] += 1
        try:
            yield
        except Exception as fault:
            self._failures[name] += 1
            # Said at once, then ever more rarely: a full disk must not be filled with complaints.
            if self._failures[name].bit_count() == 1:
                expected = isinstance(fault, MonitorError)
                log.log(
                    logging.ERROR,
                    "unit.failed",
                    unit=name,
                    failures=self._failures[name],
                    fault=str(fault),
                    exc_info=None if expected else fault,
                )
        else:
            self._failures.pop(name, None)
        finally:
            with self._lock:
                self._at_work -= Counter((name,))
                self._lock.notify_all()

    def _unit(self, name: str, work: Callable[[], None]) -> None:
        with self._work(name):
            if self._stopping.is_set():
                return
            work()
            self._came_round[name] = time.monotonic()

    def _poll_due(self) -> None:
        """Begin the polls that are due; those that have no thread yet wait in its queue, but never many."""
        with self._lock:
            busy = frozenset(self._polling)  # what ends from here on may be noted by the next look only
        self._note_quiet()
        by_host: dict[str | None, deque[str]] = defaultdict(deque)
        for name in self._claim(busy):
            by_host[urlsplit(self.steps.config.sources[name].page).hostname].append(name)
        for names in by_host.values():
            # More threads would wait for that host, and for each other.
            for _ in range(min(len(names), self.steps.config.poll.per_host)):
                self._polls.submit(self._poll_each, names)

    def _poll_each(self, names: deque[str]) -> None:
        """Poll sources of one host, one after the other, until this thread or another one has begun the last."""
        while True:
            with self._lock:
                if not names:
                    return
                name = names.popleft()
            try:
                if not self._stopping.is_set():
                    self._poll(name)
            finally:
                with self._lock:
                    self._polling.remove(name)
                    self._lock.notify_all()

    def _note_quiet(self) -> None:
        """Note the polls that found nothing new; where that fails, they wait for the next time."""
        if noted := tuple(self._quiet):
            self.steps.note(noted)
            del self._quiet[: len(noted)]

    def _claim(self, busy: frozenset[str]) -> list[str]:
        """The sources that are due, the one first that has waited longest; their next polls are set.

        Whatever happens in a poll, it can't make it come again at once.
        """
        now, store = self.steps.now(), self.steps.store()
        # Later times were set by a clock that stood ahead.
        latest = instant(now + max(2 * self._longest, schedule.MAX_RETRY_AFTER))
        known = schedule_rows.due_sources(store, at=instant(now), latest=latest)
        claimed = [name for name in known if name in self.steps.config.sources and name not in busy]
        claimed = claimed[: max(CLAIMED - len(busy), 0)]
        if claimed:
            pauses = {name: self._pause(name, now) for name in claimed}
            with store.transaction():
                for name, pause in pauses.items():
                    schedule_rows.postpone_poll(store, name, until=instant(now + pause))
        with self._lock:
            self._polling.update(claimed)
        return claimed

    def _pause(self, name: str, now: datetime) -> timedelta:
        """How long a source is left alone."""
        poll = self.steps.config.poll
        every = self.steps.config.sources[name].every or poll.every
        if name not in self._changes:
            found = schedule_rows.last_changes(self.steps.store(), name, most=LATEST)
            self._changes[name] = tuple(moment(each) for each in found)
        pause = schedule.pause(every=every, soonest=min(poll.soonest, every), changes=self._changes[name], now=now)
        return pause * uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, keeps no secret

    def _poll(self, name: str) -> None:
        """Poll one source, and understand what it brought."""
        with self._work(f"poll {name}"):
            begun = time.monotonic()
            polled = self.steps.look(name)
            if polled.is_quiet:
                self._quiet.append(polled)
                return
            self.steps.note((polled,))
            if polled.retry_after:
                wanted = min(timedelta(seconds=polled.retry_after), schedule.MAX_RETRY_AFTER)
                with self.steps.store().transaction():
                    schedule_rows.postpone_poll(
                        self.steps.store(), name, until=instant(self.steps.now() + wanted), at_least=True
                    )
            log.info(
                "poll.finished",
                source=name,
                kept=polled.kept,
                seconds=round(time.monotonic() - begun, 3),
                faults=polled.faults,
                notes=polled.notes,
            )
            if polled.kept:
                self._changes.pop(name, None)
                self._process()

    def _process(self) -> None:
        """Understand what waits, one version after the other, whoever kept it, and have it told at once."""
        found = False
        with self._processing:
            for done in self.steps.process():
                found = True
                version = done.version
                where = {"source": version.source, "report": version.report_key, "number": version.number}
                if done.fault:
                    log.error("version.failed", **where, sha256=version.sha256, fault=done.fault)
                elif done.hold_reason:
                    log.warning("version.held", **where, sha256=version.sha256, hold_reason=done.hold_reason)
                else:
                    counts = Counter(str(entry["kind"]) for entry in done.entries)
                    log.info("version.recorded", **where, sha256=version.sha256, amendments=dict(counts))
        for channel in self.steps.config.channels if found else ():
            with suppress(JobLookupError):  # the daemon is being stopped
                self._scheduler.modify_job(f"deliver {channel}", next_run_time=datetime.now(UTC))

    def _deliver(self, channel: str) -> None:
        for done in self.steps.drain(channel):
            if done.fault:
                log.warning("delivery.failed", channel=channel, alert=done.message.id, fault=done.fault)
            else:
                log.info("delivery.sent", channel=channel, alert=done.message.id, subject=done.message.subject)

    def _save(self, save: Callable[[], Saved | None]) -> None:
        """Ask the web archive one thing about what is to be saved."""
        if done := save():
            where = {"source": done.version.source, "report": done.version.report_key, "number": done.version.number}
            if done.fault:
                log.warning("save.failed", **where, fault=done.fault)
            else:
                log.info("version.saved", **where, memento=done.memento)

    def _supervise(self) -> None:
        """Feed the watchdog, where all is well."""
        ailments = self.ailments()
        if ailments:
            self.supervisor.tell(f"STATUS={ailments[0]}")
            log.error("run.unwell", ailments=ailments)
            return
        self.supervisor.tell("WATCHDOG=1", f"STATUS=watching {len(self.steps.config.sources)} sources")

    def _watch(self) -> None:
        """Look at the disk, and give whoever watches from outside a sign of life."""
        self.steps.watch_disk()
        secret = Secret.of(self.steps.config.run, "ping_url")
        if secret is None or self.ailments():
            return
        try:
            ping(secret.read("run.ping_url"))
        except MonitorError as fault:
            # Only the kind of fault: its text holds the address, which is a secret.
            log.warning("ping.failed", fault=type(fault).__name__)
