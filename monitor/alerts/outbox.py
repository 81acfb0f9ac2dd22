"""Puts amendments into the alerts of the subscriptions that ask for them, and faults into those of operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.alerts import subscriptions
from monitor.jurisdictions.states import code_of
from monitor.store import alerts
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from monitor.config.sources import Config
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
    """Put the entries that a version brought into the alerts of the subscriptions that ask for them.

    `first` are the lists seen for the first time, with their number of records. An imported version is history, and
    news to nobody. Call in the transaction that records the version.
    """
    if version.via == "import":
        return
    for name, subscription in config.subscriptions.items():
        wanted = [
            entry.id
            for entry in entries
            if entry.id and subscriptions.wants(subscription, entry, states=states_of(config, entry))
        ]
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


def states_of(config: Config, entry: LogEntry) -> frozenset[str]:
    """Return the states, by postal code, that an entry is about: by its values before and after, and its place."""
    states = {entry.jurisdiction.state} if entry.jurisdiction else set()
    description = config.list_description(entry.source, entry.list or "")
    field = description.jurisdiction.state if description else None
    values = (side.get(field) for side in (entry.before, entry.after) if side and field)
    states.update(code for code in map(code_of, values) if code)
    return frozenset(states)


def tell_operators(store: Store, config: Config, *, subject: str, notes: Iterable[str], now: datetime) -> None:
    """Write an alert for the subscriptions of operators. Call within a transaction."""
    for name, subscription in config.subscriptions.items():
        if subscription.operator:
            at = instant(now)
            alert = alerts.add(
                store, name, channels=subscription.channels, at=at, due_at=at, joins=False, subject=subject
            )
            alerts.put(store, alert, notes=notes)
