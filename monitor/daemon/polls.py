"""The daemon's polls: finds the sources that are due, polls them in threads, and writes down the outcomes."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from random import uniform
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from monitor.steps import schedule
from monitor.store import schedule as schedule_rows
from monitor.times import instant, moment

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime

    from monitor.daemon.steps import Steps
    from monitor.daemon.units import Units
    from monitor.steps.outcomes import Polled
    from monitor.store.database import Store

MAX_CLAIMED_SOURCES = 64  # that are polled or wait for a thread: a crash puts off the polls of these, and of no others
MAX_RECENT_CHANGES = 10  # of a source, from which its pause is reckoned
POLL_JITTER = 0.1  # the part of a pause that chance adds or takes away, so that not all sources are polled at once

_logger = structlog.get_logger()


@dataclass(slots=True)
class _Host:
    """The sources of one host that wait to be polled, by name, and how many threads poll them."""

    names: deque[str] = field(default_factory=deque)
    threads: int = 0


@dataclass(kw_only=True)
class Polls:
    """The polls of one run of the daemon; they are done in threads of their own.

    steps: the functions that do the work.
    units: counts the work that is under way.
    process: a function that is called after a poll that kept a new version, to process it.
    stopping: an event that is set when no further poll may begin.
    """

    steps: Steps
    units: Units
    stopping: threading.Event
    process: Callable[[], None]
    _under_way: set[str] = field(default_factory=set)  # sources that are polled, or wait for a thread
    _hosts: defaultdict[str | None, _Host] = field(default_factory=lambda: defaultdict(_Host))
    _quiet: list[Polled] = field(default_factory=list)  # polls that found nothing new, to be noted together
    _changes: dict[str, tuple[datetime, ...]] = field(default_factory=dict)  # of each source, once looked up

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(schedule.MAX_POLLS_AT_ONCE, thread_name_prefix="poll")
        self._longest = timedelta()

    def set_out(self, store: Store) -> None:
        """Add sources that are new in the configuration to the schedule, so that their first poll is due now."""
        sources, usual = self.steps.config.sources, self.steps.config.poll.every
        self._longest = max(source.every or usual for source in sources.values())
        with store.transaction():
            schedule_rows.add_new_sources(store, sources, at=instant(self.steps.now()))

    def are_under_way(self) -> bool:
        """Return whether any source is being polled, or waits for a thread."""
        return bool(self._under_way)

    def pass_over_the_rest(self) -> None:
        """Accept no further polls; return at once, without waiting for polls that are under way."""
        with self.units.changed:
            for host in self._hosts.values():
                self._under_way.difference_update(host.names)
                host.names.clear()
            self.units.changed.notify_all()
        self._threads.shutdown(wait=False)

    def begin_due(self) -> None:
        """Give the polls that are due to threads; if no thread is free, they wait in a short queue.

        Each host gets one thread more at each call, as long as polls of it wait: where a server answers at once, one
        thread polls all of its sources with less work than several, which would wait for each other.
        """
        with self.units.changed:
            busy = frozenset(self._under_way)  # a poll that ends from here on may be noted by the next look only
        self.note_quiet()
        claimed = self._claim(busy)
        with self.units.changed:
            for name in claimed:
                self._hosts[urlsplit(self.steps.config.sources[name].page).hostname].names.append(name)
            waiting = [host for host in self._hosts.values() if host.names]
            short = [host for host in waiting if host.threads < self.steps.config.poll.per_host]
            for host in short:
                host.threads += 1
        for host in short:
            self._threads.submit(self._poll_each, host)

    def note_quiet(self) -> None:
        """Write down the polls that found nothing new; if that fails, it is done the next time."""
        if noted := tuple(self._quiet):
            self.steps.note(noted)
            del self._quiet[: len(noted)]

    def _poll_each(self, host: _Host) -> None:
        """Poll the sources of one host that wait now, one after the other.

        Those that come later wait for a later thread: else a few hosts with ever more sources would keep all threads.
        """
        with self.units.changed:
            turns = len(host.names)
        while True:
            with self.units.changed:
                if not host.names or not turns:
                    host.threads -= 1
                    return
                name = host.names.popleft()
            turns -= 1
            try:
                if not self.stopping.is_set():
                    self._poll(name)
            finally:
                with self.units.changed:
                    self._under_way.remove(name)
                    self.units.changed.notify_all()

    def _claim(self, busy: frozenset[str]) -> list[str]:
        """Set the time of the next poll of each source that is due; return these sources, the longest waiting first.

        The next time is set before the poll begins, so that a poll that fails in any way is not repeated at once.

        busy: the sources that are being polled or wait for a thread; these are left out.
        """
        now, store = self.steps.now(), self.steps.store()
        # Later times were set by a clock that stood ahead.
        latest = instant(now + max(2 * self._longest, schedule.MAX_RETRY_AFTER))
        due = schedule_rows.due_sources(store, at=instant(now), latest=latest)
        claimed = [name for name in due if name in self.steps.config.sources and name not in busy]
        claimed = claimed[: max(MAX_CLAIMED_SOURCES - len(busy), 0)]
        if claimed:
            until = {name: instant(now + self._pause(name, now)) for name in claimed}
            with store.transaction():
                schedule_rows.postpone_polls(store, until)
        with self.units.changed:
            self._under_way.update(claimed)
        return claimed

    def _pause(self, name: str, now: datetime) -> timedelta:
        """Return how long to wait from a poll that begins now to the next poll of the same source."""
        poll = self.steps.config.poll
        every = self.steps.config.sources[name].every or poll.every
        if name not in self._changes:
            times = schedule_rows.last_changes(self.steps.store(), name, most=MAX_RECENT_CHANGES)
            self._changes[name] = tuple(moment(time_) for time_ in times)
        pause = schedule.pause(every=every, soonest=min(poll.soonest, every), changes=self._changes[name], now=now)
        return pause * uniform(1 - POLL_JITTER, 1 + POLL_JITTER)  # noqa: S311 - spreads load, keeps no secret

    def _poll(self, name: str) -> None:
        """Poll one source, write down the outcome, and process the new versions that were found."""
        with self.units.unit(f"poll {name}"):
            begun = time.monotonic()
            polled = self.steps.look(name)
            if polled.is_quiet:
                self._quiet.append(polled)
                return
            self.steps.note((polled,))
            if polled.retry_after:
                self._put_off(name, timedelta(seconds=polled.retry_after))
            _logger.info(
                "poll.finished",
                source=name,
                kept=polled.kept,
                seconds=round(time.monotonic() - begun, 3),
                faults=polled.faults,
                notes=polled.notes,
            )
            if polled.kept:
                self._changes.pop(name, None)
                self.process()

    def _put_off(self, name: str, pause: timedelta) -> None:
        """Put off the next poll of a source by `pause`, as its server asks, but by no more than `MAX_RETRY_AFTER`."""
        until = instant(self.steps.now() + min(pause, schedule.MAX_RETRY_AFTER))
        store = self.steps.store()
        with store.transaction():
            schedule_rows.put_off_poll(store, name, until=until)
