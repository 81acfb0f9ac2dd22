"""Writes alerts and their deliveries to channels, and reads the deliveries that are due."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.store.entry import LogEntry
from monitor.store.rows import in_order
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.store.database import Store
    from monitor.store.rows import VersionRow

WAITING, SENT, DEAD = "waiting", "sent", "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One alert on its way to one channel.

    - `key`: identifies the alert for its receivers; the same at every attempt.
    - `subject`: set in alerts to operators only.
    - `notes`: lines of text that are about no amendment, for example about a list that was seen for the first time.
    """

    id: int
    alert_id: int
    channel: str
    status: str
    attempts: int
    next_attempt_at: str
    sent_at: str | None
    fault: str | None
    subscription: str
    key: str
    created_at: str
    due_at: str
    subject: str | None
    notes: tuple[str, ...]


def _row(row: dict[str, Any]) -> DeliveryRow:
    return DeliveryRow(**row | {"notes": tuple(json.loads(row["notes"]))})


def add(
    store: Store, subscription: str, *, channels: Sequence[str], at: str, due_at: str, joins: bool, subject: str | None
) -> int:
    """Find or make the alert that a new event of a subscription belongs to; return its id.

    Call it within the transaction that records the event.

    - `channels`: the alert gets a delivery to each of them.
    - `at`, `due_at`: the time of the event, and the time at which an alert about it alone would be due.
    - `joins`: whether the event may join an alert of the subscription that is not due yet. So an upload in two steps is
      one alert, and so is all that belongs to one digest. No event joins an alert that was tried already, or that is
      due after `due_at`.
    - `subject`: the subject of an alert to operators, else None.
    """
    row = _gathering(store, subscription, at=at, due_at=due_at) if joins else None
    alert = (
        row["id"]
        if row
        else store.write(
            """
        INSERT INTO alerts (subscription, key, created_at, due_at, subject, notes)
        VALUES (:subscription, lower(hex(randomblob(16))), :at, :due_at, :subject, '[]')
        """,
            {"subscription": subscription, "at": at, "due_at": due_at, "subject": subject},
        )
    )
    for channel in channels:
        store.write(
            """
            INSERT OR IGNORE INTO deliveries (alert_id, channel, status, attempts, next_attempt_at)
            VALUES (:alert, :channel, 'waiting', 0, :due_at)
            """,
            {"alert": alert, "channel": channel, "due_at": row["due_at"] if row else due_at},
        )
    return int(alert)


def _gathering(store: Store, subscription: str, *, at: str, due_at: str) -> dict[str, Any] | None:
    """Return the id and due time of the subscription's alert that a new event can join, or None."""
    return store.one(
        """
        SELECT id, due_at FROM alerts
        WHERE subscription = :subscription AND subject IS NULL AND due_at > :at AND due_at <= :due_at
            AND NOT EXISTS (SELECT 1 FROM deliveries WHERE alert_id = alerts.id AND (attempts OR status <> 'waiting'))
        ORDER BY id DESC LIMIT 1
        """,
        {"subscription": subscription, "at": at, "due_at": due_at},
    )


def put(
    store: Store,
    alert: int,
    *,
    entries: Iterable[int] = (),
    versions: Mapping[int, Mapping[str, int]] | None = None,
    notes: Iterable[str] = (),
) -> None:
    """Add content to an alert.

    - `entries`: the numbers of log entries.
    - `versions`: ids of versions, each with the lists that were first seen in it and their numbers of records.
    - `notes`: lines of text; they replace those that the alert has.
    """
    for entry in entries:
        store.write(
            "INSERT OR IGNORE INTO alert_entries (alert_id, amendment_id) VALUES (:alert, :entry)",
            {"alert": alert, "entry": entry},
        )
    for version, first in (versions or {}).items():
        store.write(
            "INSERT OR IGNORE INTO alert_versions (alert_id, version_id, first) VALUES (:alert, :version, :first)",
            {"alert": alert, "version": version, "first": in_order(dict(first))},
        )
    if lines := list(notes):
        store.write("UPDATE alerts SET notes = :notes WHERE id = :alert", {"notes": in_order(lines), "alert": alert})


def entries_of_alert(store: Store, alert: int) -> list[LogEntry]:
    """Return the log entries of an alert, oldest first."""
    rows = store.all(
        """
        SELECT amendments.* FROM alert_entries JOIN amendments ON amendments.id = alert_entries.amendment_id
        WHERE alert_entries.alert_id = :alert ORDER BY amendments.id
        """,
        {"alert": alert},
    )
    return [LogEntry.from_row(row) for row in rows]


def versions_of_alert(store: Store, alert: int) -> list[tuple[VersionRow, dict[str, int]]]:
    """Return the versions that an alert is about, ordered by id.

    Each comes with the lists that were first seen in it and their numbers of records.
    """
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE id IN (SELECT version_id FROM alert_versions WHERE alert_id = :alert) ORDER BY id
        """,
        {"alert": alert},
    )
    firsts = store.all("SELECT version_id, first FROM alert_versions WHERE alert_id = :alert", {"alert": alert})
    first = {row["version_id"]: json.loads(row["first"]) for row in firsts}
    return [(version_row(row), first[row["id"]]) for row in rows]


def due_deliveries(store: Store, channel: str, *, at: str, ahead: str, far: str) -> list[DeliveryRow]:
    """Return the deliveries to try now on a channel, ordered by alert; none while the channel is disabled.

    Besides the time `at`, two limits keep a wrong clock from delaying alerts. An alert that was created after `ahead`
    is tried now, and so is a delivery that was postponed to a time after `far`.
    """
    rows = store.all(
        """
        SELECT * FROM delivery_details
        WHERE channel = :channel AND status = 'waiting'
            AND (next_attempt_at <= :at OR created_at > :ahead OR (next_attempt_at > due_at AND next_attempt_at > :far))
            AND NOT EXISTS (SELECT 1 FROM disabled_channels WHERE channel = :channel)
        ORDER BY alert_id
        """,
        {"channel": channel, "at": at, "ahead": ahead, "far": far},
    )
    return [_row(row) for row in rows]


def open_deliveries(store: Store) -> list[DeliveryRow]:
    """Return all deliveries that were not made: those that wait, and those that were given up."""
    rows = store.all("SELECT * FROM delivery_details WHERE status IN ('waiting', 'dead') ORDER BY alert_id, id")
    return [_row(row) for row in rows]


def mark_tried(store: Store, delivery: DeliveryRow, *, next_attempt_at: str) -> bool:
    """Note that an attempt to deliver begins. Return False where another process began it first.

    `next_attempt_at` is the time of the next attempt if this process dies during this one.
    """
    rows = store.all(
        """
        UPDATE deliveries SET attempts = attempts + 1, next_attempt_at = :next
        WHERE id = :id AND status = 'waiting' AND attempts = :attempts RETURNING id
        """,
        {"next": next_attempt_at, "id": delivery.id, "attempts": delivery.attempts},
    )
    return bool(rows)


def mark_sent(store: Store, delivery: DeliveryRow, *, at: str) -> None:
    """Note that the receiver has accepted a delivery."""
    store.write(
        "UPDATE deliveries SET status = 'sent', sent_at = :at, fault = NULL WHERE id = :id",
        {"at": at, "id": delivery.id},
    )


def mark_failed(store: Store, delivery: DeliveryRow, *, fault: str, next_attempt_at: str | None) -> None:
    """Note that an attempt to deliver failed, and why.

    The next attempt is made at `next_attempt_at`; where that is None, the delivery is given up.
    """
    store.write(
        """
        UPDATE deliveries SET fault = :fault, status = iif(:next IS NULL, 'dead', 'waiting'),
            next_attempt_at = coalesce(:next, next_attempt_at)
        WHERE id = :id AND status = 'waiting'
        """,
        {"fault": fault, "next": next_attempt_at, "id": delivery.id},
    )


def postpone(store: Store, channel: str, *, until: str) -> None:
    """Let all deliveries to a channel wait, at least until a time, because its receiver asked for that."""
    store.write(
        """
        UPDATE deliveries SET next_attempt_at = :until
        WHERE channel = :channel AND status = 'waiting' AND next_attempt_at < :until
        """,
        {"channel": channel, "until": until},
    )


def revive(store: Store, *, alert: int | None, at: str) -> int:
    """Let deliveries that were given up be tried again at the time `at`; return their number.

    They are those of one alert, or of all where `alert` is None.
    """
    rows = store.all(
        """
        UPDATE deliveries SET status = 'waiting', attempts = 0, next_attempt_at = :at
        WHERE status = 'dead' AND (:alert IS NULL OR alert_id = :alert) RETURNING id
        """,
        {"alert": alert, "at": at},
    )
    return len(rows)


def disable_channel(store: Store, channel: str, *, fault: str, at: str) -> None:
    """Note that nothing is to be sent to a channel until a person has repaired the fault."""
    store.write(
        "INSERT OR REPLACE INTO disabled_channels (channel, at, fault) VALUES (:channel, :at, :fault)",
        {"channel": channel, "at": at, "fault": fault},
    )


def enable_channel(store: Store, channel: str) -> None:
    """Note that a channel may be used again."""
    store.write("DELETE FROM disabled_channels WHERE channel = :channel", {"channel": channel})


def disabled_channels(store: Store) -> dict[str, str]:
    """Return the disabled channels with their faults, keyed by channel."""
    return {
        row["channel"]: row["fault"]
        for row in store.all("SELECT channel, fault FROM disabled_channels ORDER BY channel")
    }


def first_time(store: Store, what: str, *, at: str) -> bool:
    """Return whether an event is new to the operators, and note that they are told of it now.

    `what` is a text that identifies the event.
    """
    rows = store.all(
        "INSERT OR IGNORE INTO operator_notices (what, at) VALUES (:what, :at) RETURNING what", {"what": what, "at": at}
    )
    return bool(rows)
