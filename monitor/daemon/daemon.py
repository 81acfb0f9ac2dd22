"""The daemon: polls sources, processes versions and delivers alerts, again and again, until it is stopped.

The database, not this process, knows which work is due; so the process may be killed at any moment. Each kind of work
is done in a loop (a job of the scheduler), and a loop never runs twice at the same time.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as Loops
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from monitor.config.secrets import Secret
from monitor.daemon.ping import ping
from monitor.daemon.polls import Polls
from monitor.daemon.rest import GIVE_BACK_SECONDS, give_back_memory
from monitor.daemon.units import Units
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.daemon.steps import LookAtDocuments, Publication, Steps
    from monitor.daemon.systemd import Supervisor
    from monitor.evidence.stamp import Round
    from monitor.history.compared import ComparedCopy
    from monitor.history.receipts import Saved
    from monitor.steps.documents import DocumentLook

TICK_SECONDS = 1.0  # between two looks at the polls and deliveries that are due
ROUND_SECONDS = 10.0  # between two looks at versions that other commands have kept, and at the daemon's own health
DOCUMENT_SECONDS = 5.0  # between two looks for documents that are due
DOCUMENTS_AT_ONCE = 10  # that are looked at then: two in a second, so that publishers hardly notice
RECOVER_SECONDS = 120.0  # between two looks in the web archive for a missing document
WATCH_SECONDS = 60.0  # between two looks at the disk, and two signs of life to the outside
MAX_ROUND_SECONDS = {"poll": 60.0, "process": 1800.0}  # after which a loop that did not come round counts as stuck
MIN_LEAP_SECONDS = 30.0  # by which a clock that is only kept right never moves at once
STOP_SECONDS = 25.0  # that the work under way has to end when the daemon is stopped

_logger = structlog.get_logger()


@dataclass(kw_only=True)
class Daemon:
    """The daemon, from its start to its stop, under one configuration.

    steps: the functions that do the work.
    supervisor: sends messages to systemd.
    tick: the seconds between two checks whether polls or deliveries are due. All other intervals are longer or shorter
        in proportion to it.
    wall: a function that returns the present in seconds by the machine's clock, which a person may set.
    rest: the seconds without a version to process, after which memory is given back.
    """

    steps: Steps
    supervisor: Supervisor
    tick: float = TICK_SECONDS
    wall: Callable[[], float] = time.time
    rest: float = GIVE_BACK_SECONDS
    _processed_at: float | None = None  # by the monotonic clock; None once memory was given back
    _came_round: dict[str, float] = field(default_factory=dict)  # when each loop did, on the monotonic clock
    _units: Units = field(default_factory=Units)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _processing: threading.Lock = field(default_factory=threading.Lock)
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._store = self.steps.store()  # the database that was there at the start, which `ailments` asks about
        self._polls = Polls(steps=self.steps, units=self._units, stopping=self._stopping, process=self._process)
        self._polls.set_out(self._store)
        self._offset = self.wall() - time.monotonic()
        channels = self.steps.config.channels
        self._scheduler = BackgroundScheduler(
            executors={"default": Loops(len(channels) + 8)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        self._every(TICK_SECONDS, "poll", self._polls.begin_due)
        self._every(ROUND_SECONDS, "process", self._process)
        self._every(ROUND_SECONDS, "supervise", self._supervise)
        self._every(WATCH_SECONDS, "watch", self._watch)
        if self.steps.save:
            # As rarely as the archive may be asked, so that a request never waits for its turn.
            evenly = max(ROUND_SECONDS, 60 / self.steps.config.wayback.per_minute)
            self._every(evenly, "save", partial(self._save, self.steps.save))
        if self.steps.documents:
            self._every(DOCUMENT_SECONDS, "documents", partial(self._look_at_documents, self.steps.documents))
        if self.steps.recover:
            self._every(RECOVER_SECONDS, "recover", partial(self._recover, self.steps.recover))
        if self.steps.stamp:
            self._every(WATCH_SECONDS, "stamp", partial(self._stamp, self.steps.stamp))
        if self.steps.publish:
            self._every(WATCH_SECONDS, "publish", partial(self._publish, self.steps.publish))
        for name in channels:
            self._every(TICK_SECONDS, f"deliver {name}", partial(self._deliver, name))

    def _every(self, seconds: float, name: str, work: Callable[[], None]) -> None:
        """Have the scheduler call `work` every so many `seconds`, as a loop called `name`.

        The interval is for the usual `tick`; with another one, it changes in proportion.
        """
        self._came_round[name] = time.monotonic()
        interval = seconds * self.tick / TICK_SECONDS
        self._scheduler.add_job(
            self._unit, "interval", seconds=interval, args=(name, work), id=name, next_run_time=datetime.now(UTC)
        )

    def start(self) -> None:
        """Start all loops, in threads, and tell systemd that the daemon is ready."""
        self._scheduler.start()
        self.supervisor.tell("READY=1", f"STATUS=watching {len(self.steps.config.sources)} sources")

    def stop(self, *, grace: float = STOP_SECONDS) -> bool:
        """Begin no more work, and wait for the work under way; return whether it ended in time.

        grace: the seconds to wait for the polls that are about to begin, and once more for the work under way.
        """
        self._stopping.set()
        self._scheduler.shutdown(wait=False)
        # The loop may be about to hand over polls.
        self._units.wait_for(lambda: not self._units.are_under_way("poll"), seconds=grace)
        self._polls.pass_over_the_rest()
        ended = self._units.wait_for(
            lambda: not self._units.are_under_way() and not self._polls.are_under_way(), seconds=grace
        )
        if ended:
            with self._units.unit("note"):
                self._polls.note_quiet()
        return ended

    def keep_time(self) -> None:
        """Run all loops now if the machine's clock was set to another time.

        The scheduler goes by that clock; if it was set back, the loops would otherwise stop until the old time is
        reached.
        """
        offset = self.wall() - time.monotonic()
        if abs(offset - self._offset) < MIN_LEAP_SECONDS:
            return
        _logger.warning("clock.leapt", seconds=round(offset - self._offset))
        self._polls.set_out(self._store)
        self._offset = offset
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def ailments(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is wrong with the daemon itself; () if it is well."""
        present = time.monotonic()
        ailments = [
            f"the loop {name!r} has not come round for {present - self._came_round[name]:.0f} s"
            for name, limit in MAX_ROUND_SECONDS.items()
            if present - self._came_round[name] > limit
        ]
        try:
            with self._asking:
                self._store.check()
        except MonitorError as fault:
            ailments.append(str(fault))
        return tuple(ailments)

    def _unit(self, name: str, work: Callable[[], None]) -> None:
        """Do the work of the loop `name` once, unless the daemon is being stopped, and note when that was."""
        with self._units.unit(name):
            if self._stopping.is_set():
                return
            work()
            self._came_round[name] = time.monotonic()

    def _process(self) -> None:
        """Process the kept versions that wait; if there were any, have the channels deliver at once."""
        any_done = False
        with self._processing:
            for done in self.steps.process():
                any_done = True
                self._processed_at = time.monotonic()
                version = done.version
                where = {"source": version.source, "report": version.report_key, "number": version.number}
                if done.fault:
                    _logger.error("version.failed", **where, sha256=version.sha256, fault=done.fault)
                elif done.hold_reason:
                    _logger.warning("version.held", **where, sha256=version.sha256, hold_reason=done.hold_reason)
                else:
                    counts = Counter(str(entry.kind) for entry in done.entries)
                    _logger.info("version.recorded", **where, sha256=version.sha256, amendments=dict(counts))
        for channel in self.steps.config.channels if any_done else ():
            with suppress(JobLookupError):  # the daemon is being stopped
                self._scheduler.modify_job(f"deliver {channel}", next_run_time=datetime.now(UTC))

    def _deliver(self, channel: str) -> None:
        """Send the alerts that are due on one channel."""
        for done in self.steps.drain(channel):
            if done.fault:
                _logger.warning("delivery.failed", channel=channel, alert=done.message.id, fault=done.fault)
            else:
                _logger.info("delivery.sent", channel=channel, alert=done.message.id, subject=done.message.subject)

    def _save(self, save: Callable[[], Saved | ComparedCopy | None]) -> None:
        """Make one request to the web archive, to save a version or to compare a copy with one; log the outcome."""
        from monitor.history.compared import ComparedCopy  # noqa: PLC0415 - only saving needs it

        done = save()
        if isinstance(done, ComparedCopy):
            copy = done.copy
            where = {"source": copy.source, "report": copy.report_key, "number": copy.number, "memento": copy.memento}
            if copy.compared == "not compared":
                _logger.warning("compare.failed", **where, fault=copy.fault)
            else:
                _logger.info("version.compared", **where, compared=copy.compared, sha256=copy.sha256)
        elif done:
            where = {"source": done.version.source, "report": done.version.report_key, "number": done.version.number}
            if done.fault:
                _logger.warning("save.failed", **where, fault=done.fault)
            else:
                _logger.info("version.saved", **where, memento=done.memento)

    def _look_at_documents(self, look: LookAtDocuments) -> None:
        """Look at some of the documents that are due, and log what is new.

        While a version is processed none is looked at, for what changed in a list is told first.
        """

        def stopping() -> bool:
            return self._stopping.is_set() or self._processing.locked()

        if stopping():
            return
        for done in look(limit=DOCUMENTS_AT_ONCE, stopping=stopping):
            about = {"source": done.document.source, "url": done.document.url}
            if done.fault:
                _logger.warning("document.failed", **about, fault=done.fault)
            elif done.is_new:
                _logger.info("document.kept", **about, bytes=done.bytes)
            for entry in done.entries:
                _logger.info("document.changed", **about, what=entry.reason, entry=entry.id)

    def _recover(self, recover: Callable[[], DocumentLook | None]) -> None:
        """Look in the web archive for one missing document, and log what is there."""
        try:
            done = recover()
        except MonitorError as fault:  # the archive does not answer now
            _logger.warning("document.unrecovered", fault=str(fault))
            return
        if done and done.is_new:
            _logger.info("document.recovered", source=done.document.source, url=done.document.url, bytes=done.bytes)

    def _stamp(self, stamp: Callable[[], Round]) -> None:
        """Ask the time-stamp authorities whose turn it is, and publish a checkpoint; log what came of it."""
        done = stamp()
        for result in done.results:
            if result.stamp:
                about = {
                    "size": result.stamp.size,
                    "gen_time": result.stamp.gen_time,
                    "verified": result.stamp.verified,
                }
                _logger.info("stamp.made", authority=result.authority, **about)
            else:
                _logger.warning("stamp.failed", authority=result.authority, fault=result.fault)
        if done.published:
            _logger.info("checkpoint.published", file=str(done.published))
        if done.unpublished:
            _logger.warning("checkpoint.unpublished", fault=done.unpublished)

    def _publish(self, publish: Callable[[Callable[[float], bool]], Publication | None]) -> None:
        """Have the static site written, if the history has changed; log what came of it."""
        done = publish(self._stopping.wait)
        if done and done.fault:
            _logger.warning("site.failed", fault=done.fault)
        elif done:
            _logger.info("site.published", said=done.said)

    def _supervise(self) -> None:
        """Tell systemd's watchdog that the daemon is well; if it is not, tell and log the first thing that is wrong."""
        ailments = self.ailments()
        if ailments:
            self.supervisor.tell(f"STATUS={ailments[0]}")
            _logger.error("run.unwell", ailments=ailments)
            return
        self.supervisor.tell("WATCHDOG=1", f"STATUS=watching {len(self.steps.config.sources)} sources")

    def _watch(self) -> None:
        """Warn operators if the disk is nearly full; if the daemon is well, call `run.ping_url` as a sign of life.

        Give memory back if no version was processed for a while.
        """
        self.steps.watch_disk()
        if self._processed_at is not None and time.monotonic() - self._processed_at >= self.rest:
            self._processed_at = None
            give_back_memory()
        secret = Secret.of(self.steps.config.run, "ping_url")
        if secret is None or self.ailments():
            return
        try:
            ping(secret.read("run.ping_url"), self.steps.config.run)
        except MonitorError as fault:
            # Only the kind of fault: its text holds the address, which is a secret.
            _logger.warning("ping.failed", fault=type(fault).__name__)
