"""Who wants which amendments, and when they are told. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from monitor import jurisdictions
from monitor.changelog.entry import NOTICES
from monitor.jurisdictions.states import code_of
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.config.sources import Config, Subscription
    from monitor.model import Jurisdiction

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")  # as cron counts them
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WHOLE = (AmendmentKind.WITHDRAWN, AmendmentKind.RESTORED)  # of these no record, and so no place, can be asked


def wants(subscription: Subscription, entry: Mapping[str, Any], *, states: frozenset[str]) -> bool:
    """True where a subscription asks for an amendment, given as the change log prints it.

    `states` are those that it lies in, before and after: who moves from one to another concerns both.
    """
    whole = entry["kind"] in WHOLE
    return (
        not subscription.operator
        and _open_or(subscription.sources, entry["source"])
        and entry["kind"] in subscription.kinds
        and _open_or(subscription.lists, entry["list"])
        and (subscription.minor or not entry["minor"])
        and (whole or _tells(subscription, entry, states))
    )


def _open_or(wanted: tuple[str, ...], given: str | None) -> bool:
    return not wanted or given in wanted


def _tells(subscription: Subscription, entry: Mapping[str, Any], states: frozenset[str]) -> bool:
    """True where an amendment of a record, or a notice, is what is asked for."""
    if entry["list"] == NOTICES:
        return subscription.notices and (not entry["mentions"] or _mentions(subscription, entry))
    if subscription.fields and entry["fields"] and not set(subscription.fields) & set(entry["fields"]):
        return False
    return _about(subscription, entry, states)


def _mentions(subscription: Subscription, entry: Mapping[str, Any]) -> bool:
    """True where one of the jurisdictions that a notice speaks of is asked for; one that names none concerns all."""
    spoken = ({place["state"]} for place in entry["mentions"])
    return any(
        _about(subscription, {"jurisdiction": place}, frozenset(state))
        for place, state in zip(entry["mentions"], spoken, strict=True)
    )


def _about(subscription: Subscription, entry: Mapping[str, Any], states: frozenset[str]) -> bool:
    """True where an amendment is about a state or jurisdiction that is asked for, or none in particular is."""
    if not subscription.states and not subscription.jurisdictions:
        return True
    if states.intersection(filter(None, map(code_of, subscription.states))):
        return True
    place = entry["jurisdiction"]
    return place is not None and any(jurisdictions.within(place, wanted) for wanted in _places(subscription))


def _places(subscription: Subscription) -> Iterator[Jurisdiction]:
    """The jurisdictions that a subscription names."""
    for name in subscription.jurisdictions:
        yield from jurisdictions.find(name)


def wants_first(subscription: Subscription, source: str, name: str) -> bool:
    """True where a subscription is told that a list of a source was seen for the first time."""
    if subscription.operator or (name == NOTICES and not subscription.notices):
        return False
    return _open_or(subscription.sources, source) and _open_or(subscription.lists, name)


def due(subscription: Subscription, now: datetime) -> datetime:
    """When what happens now is told: after the settling time, at the next digest, or after the quiet hours."""
    if subscription.when != "immediate":
        at = _trigger(subscription).get_next_fire_time(None, now + timedelta(microseconds=1))
        return at.astimezone(UTC) if at else now
    return _after_quiet(subscription, now + subscription.settle)


def _trigger(subscription: Subscription) -> CronTrigger:
    """The digest's times. Cron counts the days of a week from Sunday, 0 or 7; the library from Monday."""
    *rest, days = subscription.when.split()
    named = re.sub(r"(?<![/\d])[0-7](?!\d)", lambda digit: DAYS[int(digit[0]) % 7], days)
    return CronTrigger.from_crontab(" ".join((*rest, named)), timezone=subscription.time_zone)


def _after_quiet(subscription: Subscription, moment: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into."""
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


def faults(config: Config) -> Iterator[str]:
    """What subscriptions name that does not exist: channels, sources, lists, states, places, times; with its path."""
    lists = {name for source in config.sources.values() for report in source.reports.values() for name in report.lists}
    known = {"channels": set(config.channels), "sources": set(config.sources), "lists": lists}
    for name, subscription in config.subscriptions.items():
        path = f"subscriptions.{name}"
        for what, there in known.items():
            for each in getattr(subscription, what):
                if each not in there:
                    yield f"{path}.{what}: no {what[:-1]} {each!r}; there are {', '.join(sorted(there)) or 'none'}"
        for state in subscription.states:
            if code_of(state) is None:
                yield f"{path}.states: {state!r} is no state; write its postal code, like TX"
        for place in subscription.jurisdictions:
            found = jurisdictions.find(place)
            if len(found) != 1:
                what = (
                    f"is the name of {len(found)}; say the state too" if found else "is no state, county or place known"
                )
                yield f"{path}.jurisdictions: {place!r} {what}"
        yield from _time_faults(path, subscription)


def _time_faults(path: str, subscription: Subscription) -> Iterator[str]:
    try:
        ZoneInfo(subscription.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{path}.time_zone: {subscription.time_zone!r} is no time zone; write it like America/Chicago"
        return
    if subscription.when != "immediate":
        try:
            trigger = _trigger(subscription)
        except ValueError as fault:
            yield f"{path}.when: {subscription.when!r} is neither `immediate` nor a cron expression: {fault}"
            return
        if trigger.get_next_fire_time(None, EPOCH) is None:
            yield f"{path}.when: {subscription.when!r} is a time that never comes"
