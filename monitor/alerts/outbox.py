"""Puts alerts into the outbox (the alerts that wait to be sent): changes for subscribers, faults for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.alerts import subscriptions
from monitor.alerts.asked_for import AskedFor
from monitor.jurisdictions.states import code_of
from monitor.store import alerts
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from monitor.config.sources import Config, Subscription
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow


def announce(
    store: Store,
    config: Config,
    version: VersionRow,
    *,
    entries: Sequence[LogEntry],
    first: Mapping[str, int],
    now: datetime,
) -> None:
    """Add the entries that came with a new version to the alerts of all subscriptions that ask for them.

    `first` has the number of records of each list that was seen for the first time, by the list's name. Nobody is
    alerted to an imported version, because it is history. Call this within the transaction that records the version.
    """
    if version.via == "import":
        return
    asked_for = AskedFor(entries, [states_of(config, entry) for entry in entries])
    for name, subscription in config.subscriptions.items():
        wanted = asked_for.by(subscription)
        new = {
            list_name: count
            for list_name, count in first.items()
            if subscriptions.wants_first(subscription, version.source, list_name)
        }
        if not wanted and not any(new.values()):
            continue
        alert = alerts.add(
            store,
            name,
            channels=subscription.channels,
            at=instant(now),
            due_at=instant(subscriptions.due_at(subscription, now)),
            joins=True,
            subject=None,
        )
        alerts.put(store, alert, entries=wanted, versions={version.id: new})


def settle(store: Store, config: Config, *, now: datetime) -> None:
    """Let immediate alerts be due at once that wait for further changes; alerts in quiet hours go on waiting.

    A command that looks once will see no further changes. Call this within a transaction.
    """
    for name, subscription in config.subscriptions.items():
        if subscription.when == "immediate" and not subscriptions.is_quiet(subscription, now):
            alerts.make_due(store, name, at=instant(now))


def states_of(config: Config, entry: LogEntry) -> frozenset[str]:
    """Return the postal codes of all states that an entry is about.

    They come from its jurisdiction, and from the list's field for the state, before and after the change.
    """
    states = {entry.jurisdiction.state} if entry.jurisdiction else set()
    description = config.list_description(entry.source, entry.list or "")
    field = description.jurisdiction.state if description else None
    values = (side.get(field) for side in (entry.before, entry.after) if side and field)
    states.update(code for code in map(code_of, values) if code)
    return frozenset(states)


def tell_operators(
    store: Store,
    config: Config,
    *,
    subject: str,
    notes: Iterable[str],
    now: datetime,
    concerns: Callable[[Subscription], bool] = bool,
) -> None:
    """Put an alert with this subject and these notes into the outbox for all operators. Call within a transaction.

    concerns: a function that says of an operator's subscription whether it is told of this; without it all are.
    """
    for name, subscription in config.subscriptions.items():
        if subscription.operator and concerns(subscription):
            at = instant(now)
            alert = alerts.add(
                store, name, channels=subscription.channels, at=at, due_at=at, joins=False, subject=subject
            )
            alerts.put(store, alert, notes=notes)
