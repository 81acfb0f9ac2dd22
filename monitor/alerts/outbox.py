"""Puts what was recorded into the alerts of those who asked for it, and faults into those of operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.alerts import subscriptions
from monitor.jurisdictions.states import code_of
from monitor.store import alerts
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from monitor.config.sources import Config
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


def announce(
    store: Store,
    config: Config,
    version: VersionRow,
    *,
    entries: Sequence[Mapping[str, Any]],
    first: Mapping[str, int],
    now: datetime,
) -> None:
    """Put what a version brought into the alerts of those who asked. Call in the transaction that records it.

    An imported version is history, and no news to anybody. `first` are the lists seen for the first time.
    """
    if version.via == "import":
        return
    for name, subscription in config.subscriptions.items():
        wanted = [
            entry["id"] for entry in entries if subscriptions.wants(subscription, entry, states=states(config, entry))
        ]
        new = {
            each: count
            for each, count in first.items()
            if subscriptions.wants_first(subscription, version.source, each)
        }
        if not wanted and not any(new.values()):
            continue
        alert = alerts.add(
            store,
            name,
            channels=subscription.channels,
            at=instant(now),
            due_at=instant(subscriptions.due(subscription, now)),
            joins=True,
            subject=None,
        )
        alerts.put(store, alert, entries=wanted, versions={version.id: new})


def states(config: Config, entry: Mapping[str, Any]) -> frozenset[str]:
    """The states, by postal code, that an amendment lies in: before, after, and by its jurisdiction."""
    found = {entry["jurisdiction"]["state"]} if entry["jurisdiction"] else set()
    description = config.list_description(entry["source"], entry["list"] or "")
    field = description.jurisdiction.state if description else None
    for side in (entry["before"], entry["after"]):
        found.add(code_of(side.get(field)) if side and field else None)
    return frozenset(state for state in found if state)


def tell_operators(store: Store, config: Config, *, subject: str, notes: Iterable[str], now: datetime) -> None:
    """Write an alert for everyone who runs this. Call within a transaction."""
    for name, subscription in config.subscriptions.items():
        if subscription.operator:
            at = instant(now)
            alert = alerts.add(
                store, name, channels=subscription.channels, at=at, due_at=at, joins=False, subject=subject
            )
            alerts.put(store, alert, notes=notes)
