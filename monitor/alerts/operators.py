"""Alerts operators: to sources that fail or work again, overdue reports, new files, a full disk, no time stamps."""

from __future__ import annotations

import shutil
from datetime import timedelta
from functools import partial
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from monitor.fetch.links import without_query
from monitor.store import versions
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from monitor.config.sources import Config, Subscription
    from monitor.config.titles import Titles
    from monitor.model import Link
    from monitor.store.database import Store
    from monitor.store.rows import ReportRow

# Numbers of failed polls in a row at which operators are told again, after the first time.
TOLD_AGAIN_AT = frozenset({10, 30, 100, 300, 1000, 3000, 10_000})
MIN_KNOWN_CHANGES = 5  # of a report, from which on its usual pause is known
OVERDUE_PAUSES = 4  # a report is overdue after its usual pause times this,
MIN_OVERDUE = timedelta(days=2)  # and never sooner than this
MAX_UNCLAIMED = 20  # files that an alert names
MIN_UNSTAMPED = timedelta(days=3)  # without a time stamp, until operators are told
MIN_FREE_SHARE = 0.05  # a disk is nearly full where less of it is free than this share
MIN_FREE_BYTES = 500_000_000  # and than this


def after_poll(
    store: Store,
    config: Config,
    source: str,
    *,
    reports: Iterable[ReportRow],
    failures: tuple[int, int],
    faults: Sequence[str],
    blocked: bool,
    now: datetime,
) -> None:
    """Alert operators, after a poll, if the source keeps failing, is blocked or works again, or if a report is overdue.

    - `reports`: the source's reports.
    - `failures`: how many polls in a row had failed before this one, and how many have now.
    - `faults`: what went wrong in this poll. `blocked`: whether a server refuses this program.

    Each subscription says by `operator` how many polls in a row must have failed until it is told. Call this within a
    transaction.
    """
    before, after = failures
    count = after or before
    if count:
        state = ("blocked" if blocked else "failed") if after else "works again"
        often = "" if count == 1 else f", {after} polls in a row" if after else f", after {before} polls"
        concerns = partial(_is_told if after else _was_told, failures=count)
        subject = f"{_titles(config).of_source(source)}: {state}{often}"
        _tell(store, config, subject=subject, notes=faults if after else (), now=now, concerns=concerns)
    _overdue(store, config, reports, now)


def _is_told(subscription: Subscription, *, failures: int) -> bool:
    """Return whether a subscription is told of a source when so many polls in a row have failed."""
    first = subscription.told_after
    return failures == first or (failures > first and failures in TOLD_AGAIN_AT)


def _was_told(subscription: Subscription, *, failures: int) -> bool:
    """Return whether a subscription was told of a source before so many polls in a row had failed."""
    return failures >= subscription.told_after


def tell_unclaimed(store: Store, config: Config, source: str, links: Iterable[Link], *, now: datetime) -> None:
    """Alert operators to new files on a source's page that no report in the configuration matches.

    They are alerted only once to each address. `links` are the links that the page did not have before. Call this
    within a transaction.
    """
    new = [link for link in links if _is_first(store, f"unclaimed {source} {without_query(link.url)}", at=instant(now))]
    if new:
        shown = [f"{link.text}: {link.url}" if link.text else link.url for link in new[:MAX_UNCLAIMED]]
        further = [f"and {len(new) - MAX_UNCLAIMED} more"] if len(new) > MAX_UNCLAIMED else []
        advice = f"It may be a report under another name; if it is one, describe it under sources.{source}.reports."
        count = "a new file" if len(new) == 1 else f"{len(new)} new files"
        subject = f"{_titles(config).of_source(source)}: links to {count} that no report matches"
        _tell(store, config, subject=subject, notes=(*shown, *further, advice), now=now)


def _overdue(store: Store, config: Config, reports: Iterable[ReportRow], now: datetime) -> None:
    """Alert operators if a report has not changed for far longer than usual; only once after each change of it."""
    for report in reports:
        if report.kind == "series" or report.withdrawn_at or now - moment(report.changed_at) < MIN_OVERDUE:
            continue
        moments = [moment(at) for at in versions.changes_of(store, report.id)]
        if len(moments) < MIN_KNOWN_CHANGES:
            continue
        usual = timedelta(seconds=median((later - earlier).total_seconds() for earlier, later in pairwise(moments)))
        if now - moments[-1] < max(OVERDUE_PAUSES * usual, MIN_OVERDUE):
            continue
        if _is_first(store, f"overdue {report.source}/{report.key} {instant(moments[-1])}", at=instant(now)):
            days = (now - moments[-1]).days
            since = instant(moments[-1])
            notes = (f"Unchanged for {days} days, since {since}; usually it changes every {_in_words(usual)}.",)
            subject = f"{_titles(config).where(report.source, report=report.key)}: overdue"
            _tell(store, config, subject=subject, notes=notes, now=now)


def _in_words(pause: timedelta) -> str:
    """Return the length of a pause in days, or in hours if it is shorter than two days."""
    return f"{pause.days} days" if pause.days > 1 else f"{pause.total_seconds() / 3600:.0f} hours"


def watch_disk(store: Store, config: Config, folder: Path, *, now: datetime) -> None:
    """Alert operators, at most once a day, if the disk with `folder` is nearly full. Call within a transaction."""
    usage = shutil.disk_usage(folder)
    if usage.free > min(MIN_FREE_SHARE * usage.total, MIN_FREE_BYTES):
        return
    if _is_first(store, f"disk {now:%Y-%m-%d}", at=instant(now)):
        notes = (f"{usage.free / 1e6:,.0f} MB of {usage.total / 1e9:,.0f} GB are free at {folder}; make room.",)
        _tell(store, config, subject="the disk is nearly full", notes=notes, now=now)


def watch_stamps(store: Store, config: Config, *, now: datetime) -> None:
    """Alert operators if all time-stamp authorities fail, and none has given a time stamp for three days.

    They are alerted once, until there is a time stamp again. Call this within a transaction.
    """
    from monitor.store import stamps  # noqa: PLC0415 - only the daemon stamps

    settings = config.evidence.stamp
    turns = stamps.stamp_turns(store, (authority.url for authority in settings.authorities))
    if not turns or not all(turn.attempts for turn in turns):
        return
    since = max((turn.stamped_at for turn in turns if turn.stamped_at), default=None) or min(
        turn.since for turn in turns if turn.since
    )
    without = now - moment(since)
    if without < max(MIN_UNSTAMPED, settings.every + timedelta(days=1)):
        return
    if _is_first(store, f"unstamped {since}", at=instant(now)):
        notes = (*(f"{turn.authority}: {turn.fault}" for turn in turns), "They are asked again; see `monitor stamp`.")
        subject = f"no time stamp for {without.days} days"
        _tell(store, config, subject=subject, notes=notes, now=now)


def tell_unpublished(store: Store, config: Config, folder: str, fault: str, *, now: datetime) -> None:
    """Alert operators, at most once a day, that the static site could not be written. Call within a transaction.

    `folder` is where it is, and `fault` the sentence that says what went wrong.
    """
    if _is_first(store, f"unpublished {now:%Y-%m-%d}", at=instant(now)):
        notes = (f"{folder}: {fault}", "It is tried again every minute; the site stays as it was before.")
        _tell(store, config, subject="the static site could not be written", notes=notes, now=now)


# Most polls have nothing to tell operators. Then neither the gazetteer nor the descriptions of lists nor the alerts are
# loaded.


def _titles(config: Config) -> Titles:
    """Return the words for readers in place of the configuration's names."""
    from monitor.config.titles import Titles  # noqa: PLC0415 - see above

    return Titles(config)


def _tell(
    store: Store,
    config: Config,
    *,
    subject: str,
    notes: Iterable[str],
    now: datetime,
    concerns: Callable[[Subscription], bool] = bool,
) -> None:
    """Put an alert into the outbox for all operators, or for those whose subscriptions it concerns."""
    from monitor.alerts.outbox import tell_operators  # noqa: PLC0415 - see above

    tell_operators(store, config, subject=subject, notes=notes, now=now, concerns=concerns)


def _is_first(store: Store, what: str, *, at: str) -> bool:
    """Return whether operators are told of `what` for the first time, and note that they are."""
    from monitor.store.alerts import first_time  # noqa: PLC0415 - see above

    return first_time(store, what, at=at)
