"""Tells subscribers now and then that all is watched and nothing changed, so that silence can be trusted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.alerts.subscriptions import is_quiet
from monitor.alerts.writing.words import one_line, time_in_words
from monitor.config.titles import Titles
from monitor.store import alerts, metrics
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from monitor.config.sources import Config, Subscription
    from monitor.store.database import Store
    from monitor.store.metrics import SourceLook

PAUSES = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


def beat(store: Store, config: Config, *, now: datetime) -> None:
    """Put a heartbeat into the outbox for each subscription that asks for one, and was sent nothing for that long.

    None is made in quiet hours, nor while another alert of the subscription waits. Call this within a transaction.
    """
    for name, subscription in config.subscriptions.items():
        if subscription.heartbeat is None:
            continue
        at = instant(now)
        begun = alerts.noted_at(store, f"heartbeat {name}", at=at)
        since = max(begun, alerts.last_alert_at(store, name) or begun)
        is_due = now - moment(since) >= PAUSES[subscription.heartbeat]
        if not is_due or is_quiet(subscription, now) or alerts.has_waiting(store, name):
            continue
        looks = _looks(store, config, subscription, now)
        alert = alerts.add(
            store, name, channels=subscription.channels, at=at, due_at=at, joins=False, subject=_subject(looks)
        )
        alerts.put(store, alert, notes=_notes(store, config, subscription, looks, since=since))


def _looks(store: Store, config: Config, subscription: Subscription, now: datetime) -> list[SourceLook]:
    """Return how long ago each source of a subscription was looked at."""
    looks = metrics.source_looks(store, config.pauses(), now=now)
    return [look for look in looks if not subscription.sources or look.source in subscription.sources]


def _subject(looks: Sequence[SourceLook]) -> str:
    """Return the subject of a heartbeat; it does not say that nothing changed where that could not be seen."""
    unseen = sum(look.state != "good" for look in looks)
    if not unseen:
        return "still watching; nothing changed"
    return f"still watching; no change was seen, but {unseen} of {len(looks)} sources could not be looked at"


def _notes(
    store: Store, config: Config, subscription: Subscription, looks: Sequence[SourceLook], *, since: str
) -> Iterator[str]:
    """Yield what was looked at and when, what failed, and what is held. `since` is when the last alert was sent."""
    titles = Titles(config)
    asked = (
        "there was nothing to tell operators"
        if subscription.operator
        else "nothing that you asked for was seen to change"
    )
    yield f"Since {time_in_words(since)}, {asked}."
    faults = {row.name: row.fault for row in metrics.polled_sources(store)}
    for look in looks:
        seen = f"last looked at {time_in_words(look.looked_at)}" if look.looked_at else "never looked at with success"
        fault = one_line(faults.get(look.source) or "")
        failed = f"; FAILING: {fault}" if look.state == "failing" and fault else ""
        late = "; LATE: nothing has looked at it for longer than usual" if look.state == "late" else ""
        yield f"{titles.of_source(look.source)}: {seen}{failed}{late}."
    if held := metrics.count_held(store):
        words = "1 version is held: it waits" if held == 1 else f"{held:,} versions are held: they wait"
        yield f"{words} for a person, and nothing of it is told before."
