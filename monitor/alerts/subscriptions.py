"""Decides which subscriptions ask for a change, and when each gets its alert; checks their settings.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor import jurisdictions
from monitor.alerts.cron import cron_times, next_time
from monitor.changelog.entry import NOTICES
from monitor.jurisdictions.states import code_of
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config.sources import Config, Subscription
    from monitor.model import Jurisdiction
    from monitor.store.entry import LogEntry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WHOLE_REPORT = (AmendmentKind.WITHDRAWN, AmendmentKind.RESTORED)  # they concern every place, list and field


def wants(subscription: Subscription, entry: LogEntry, *, states: frozenset[str]) -> bool:
    """Return whether a subscription asks for an entry of the change log.

    `states` are the postal codes of the states that the entry is about, before and after the change. If a correction
    moves an agency from one state to another, subscriptions for either state are told. No subscription is told of the
    values that the configuration says are never told, whatever kinds it names.
    """
    return (
        not subscription.operator
        and not entry.is_untold
        and _is_chosen(entry.source, subscription.sources)
        and entry.kind in subscription.kinds
        and _is_chosen(entry.list, subscription.lists)
        and (subscription.minor or not entry.minor or _wants_document(subscription, entry))
        and (entry.kind in WHOLE_REPORT or _wants_record(subscription, entry, states))
    )


def _is_chosen(name: str | None, chosen: tuple[str, ...]) -> bool:
    """Return whether `name` is among the names in `chosen`; an empty `chosen` means every name."""
    return not chosen or name in chosen


def _wants_document(subscription: Subscription, entry: LogEntry) -> bool:
    """Return whether a subscription asks for everything that happens to the documents of a place."""
    if entry.kind != AmendmentKind.DOCUMENT:
        return False
    return subscription.documents or bool(subscription.jurisdictions)


def _wants_record(subscription: Subscription, entry: LogEntry, states: frozenset[str]) -> bool:
    """Return whether a subscription asks for an entry, judging by its changed fields and its place."""
    if entry.list == NOTICES:
        return subscription.notices and _wants_notice(subscription, entry)
    if subscription.fields and entry.fields and not set(subscription.fields) & set(entry.fields):
        return False
    return _wants_place(subscription, entry.jurisdiction, states)


def _wants_notice(subscription: Subscription, notice: LogEntry) -> bool:
    """Return whether a notice mentions a place that a subscription asks for; if it mentions none, everybody is told."""
    return not notice.mentions or any(
        _wants_place(subscription, place, frozenset({place.state})) for place in notice.mentions
    )


def _wants_place(subscription: Subscription, place: Jurisdiction | None, states: frozenset[str]) -> bool:
    """Return whether a subscription asks for `place` or for one of `states`; if it names no places, it asks for all."""
    if not subscription.states and not subscription.jurisdictions:
        return True
    if states.intersection(filter(None, map(code_of, subscription.states))):
        return True
    return place is not None and any(
        jurisdictions.within(place, wanted) for wanted in named_places(subscription.jurisdictions)
    )


@lru_cache(maxsize=10_000)
def named_places(names: tuple[str, ...]) -> tuple[Jurisdiction, ...]:
    """Return the jurisdictions that a subscription's setting `jurisdictions` names."""
    return tuple(place for name in names for place in jurisdictions.find(name))


def wants_first(subscription: Subscription, source: str, name: str) -> bool:
    """Return whether a subscription asks to know that the list `name` of `source` was seen for the first time."""
    if subscription.operator or (name == NOTICES and not subscription.notices):
        return False
    return _is_chosen(source, subscription.sources) and _is_chosen(name, subscription.lists)


def due_at(subscription: Subscription, now: datetime) -> datetime:
    """Return when the alert about a change that was observed at `now` is due.

    An immediate subscription waits for its settling time, in which further changes can be added, and for the end of its
    quiet hours. Any other gets it with its next digest.
    """
    if subscription.when != "immediate":
        return next_time(cron_times(subscription.when), ZoneInfo(subscription.time_zone), now) or now
    return _after_quiet(subscription, now + subscription.settle)


def is_quiet(subscription: Subscription, now: datetime) -> bool:
    """Return whether the present time `now` is in the quiet hours of a subscription."""
    return _after_quiet(subscription, now) != now


def _after_quiet(subscription: Subscription, moment: datetime) -> datetime:
    """Return `moment`; if it is in the subscription's quiet hours, return their end."""
    if subscription.quiet is None:
        return moment
    begin, end = subscription.quiet
    local = moment.astimezone(ZoneInfo(subscription.time_zone))
    clock = local.time()
    quiet = begin <= clock < end if begin <= end else clock >= begin or clock < end
    if not quiet:
        return moment
    day = local.date() + timedelta(days=1) if clock >= end else local.date()
    return datetime.combine(day, end.replace(fold=local.fold), local.tzinfo).astimezone(UTC)


def subscription_faults(config: Config) -> Iterator[str]:
    """Yield one line for each fault in the subscriptions of a configuration, with the path of the setting.

    Faults are unknown channels, sources, lists, states and places, names of several places, and times that are not
    valid.
    """
    lists = {name for source in config.sources.values() for report in source.reports.values() for name in report.lists}
    known = {"channels": set(config.channels), "sources": set(config.sources), "lists": lists}
    for name, subscription in config.subscriptions.items():
        path = f"subscriptions.{name}"
        for key, names in known.items():
            for unknown in [given for given in getattr(subscription, key) if given not in names]:
                yield f"{path}.{key}: no {key[:-1]} {unknown!r}; there are {', '.join(sorted(names)) or 'none'}"
        for state in subscription.states:
            if code_of(state) is None:
                yield f"{path}.states: {state!r} is no state; write its postal code, like TX"
        for place in subscription.jurisdictions:
            count = len(jurisdictions.find(place))
            if count > 1:
                yield f"{path}.jurisdictions: {place!r} is the name of {count}; say the state too"
            elif not count:
                yield f"{path}.jurisdictions: {place!r} is no state, county or place known"
        yield from _time_faults(path, subscription)


def _time_faults(path: str, subscription: Subscription) -> Iterator[str]:
    """Yield a line, beginning with `path`, if a subscription's time zone or its cron expression is not valid."""
    try:
        ZoneInfo(subscription.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{path}.time_zone: {subscription.time_zone!r} is no time zone; write it like America/Chicago"
        return
    if subscription.when != "immediate":
        try:
            times = cron_times(subscription.when)
        except ValueError as fault:
            yield f"{path}.when: {subscription.when!r} is neither `immediate` nor a cron expression: {fault}"
            return
        if next_time(times, ZoneInfo(subscription.time_zone), EPOCH) is None:
            yield f"{path}.when: {subscription.when!r} is a time that never comes"
