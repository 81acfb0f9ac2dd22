"""Writes alerts and their deliveries, and reads those that are to be sent."""

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

    `key` identifies the alert for receivers, and is the same at every attempt. `subject` is set in alerts to operators,
    `notes` hold lines that are about no amendment, for example a list that was seen for the first time.
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
    """Return the id of the alert that takes a new event of a subscription, and make the alert where there is none.

    Call it within the transaction that records the event.

    - `channels`: the alert gets a delivery to each.
    - `at`, `due_at`: the time of the event, and when an alert about it alone would be due.
    - `joins`: add the event to the subscription's alert that is not due yet, so that an upload in two steps, or all
      that belongs to one digest, is one alert. An alert that was tried already, or is due after `due_at`, takes nothing
      more.
    - `subject`: of an alert to operators, else None.
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
    """Return id and due time of the alert of a subscription that still takes events, or None."""
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
    """Add amendments, versions (each with the lists first seen in it) and lines of text to an alert."""
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
    """Return the amendments of an alert, oldest first."""
    rows = store.all(
        """
        SELECT amendments.* FROM alert_entries JOIN amendments ON amendments.id = alert_entries.amendment_id
        WHERE alert_entries.alert_id = :alert ORDER BY amendments.id
        """,
        {"alert": alert},
    )
    return [LogEntry.from_row(row) for row in rows]


def versions_of_alert(store: Store, alert: int) -> list[tuple[VersionRow, dict[str, int]]]:
    """Return the versions that an alert is about, oldest first, each with the lists first seen in it."""
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
    """Return the deliveries to try now on a channel, oldest alert first; none while the channel is disabled.

    A clock that was wrong must not hold alerts up: an alert created after `ahead`, or a delivery postponed to a time
    after `far`, is tried now.
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
    """Return all deliveries that wait or were given up."""
    rows = store.all("SELECT * FROM delivery_details WHERE status IN ('waiting', 'dead') ORDER BY alert_id, id")
    return [_row(row) for row in rows]


def mark_tried(store: Store, delivery: DeliveryRow, *, next_attempt_at: str) -> bool:
    """Note that an attempt begins, and that the next one comes at a time if this process dies meanwhile.

    Return False where another process began the attempt first.
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
    """Note that the receiver has taken a delivery."""
    store.write(
        "UPDATE deliveries SET status = 'sent', sent_at = :at, fault = NULL WHERE id = :id",
        {"at": at, "id": delivery.id},
    )


def mark_failed(store: Store, delivery: DeliveryRow, *, fault: str, next_attempt_at: str | None) -> None:
    """Note that an attempt failed; the delivery is tried again at a time, or given up where that is None."""
    store.write(
        """
        UPDATE deliveries SET fault = :fault, status = iif(:next IS NULL, 'dead', 'waiting'),
            next_attempt_at = coalesce(:next, next_attempt_at)
        WHERE id = :id AND status = 'waiting'
        """,
        {"fault": fault, "next": next_attempt_at, "id": delivery.id},
    )


def postpone(store: Store, channel: str, *, until: str) -> None:
    """Let all deliveries of a channel wait until a time at least, as its receiver asked."""
    store.write(
        """
        UPDATE deliveries SET next_attempt_at = :until
        WHERE channel = :channel AND status = 'waiting' AND next_attempt_at < :until
        """,
        {"channel": channel, "until": until},
    )


def revive(store: Store, *, alert: int | None, at: str) -> int:
    """Let deliveries that were given up be tried again now, of one alert or (None) of all; return how many they are."""
    rows = store.all(
        """
        UPDATE deliveries SET status = 'waiting', attempts = 0, next_attempt_at = :at
        WHERE status = 'dead' AND (:alert IS NULL OR alert_id = :alert) RETURNING id
        """,
        {"alert": alert, "at": at},
    )
    return len(rows)


def disable_channel(store: Store, channel: str, *, fault: str, at: str) -> None:
    """Send nothing to a channel until a person has mended the fault."""
    store.write(
        "INSERT OR REPLACE INTO disabled_channels (channel, at, fault) VALUES (:channel, :at, :fault)",
        {"channel": channel, "at": at, "fault": fault},
    )


def enable_channel(store: Store, channel: str) -> None:
    """Send to a channel again."""
    store.write("DELETE FROM disabled_channels WHERE channel = :channel", {"channel": channel})


def disabled_channels(store: Store) -> dict[str, str]:
    """Return the disabled channels, each with its fault."""
    return {
        row["channel"]: row["fault"]
        for row in store.all("SELECT channel, fault FROM disabled_channels ORDER BY channel")
    }


def first_time(store: Store, what: str, *, at: str) -> bool:
    """Return True where operators were not told of this before, and note that they are told now."""
    rows = store.all(
        "INSERT OR IGNORE INTO operator_notices (what, at) VALUES (:what, :at) RETURNING what", {"what": what, "at": at}
    )
    return bool(rows)
