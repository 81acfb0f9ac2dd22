"""Reads and writes alerts and their deliveries; a delivery is an alert on its way to one channel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.entry import LogEntry
from monitor.store.rows import in_order
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.store.database import QueryRow, Store
    from monitor.store.rows import VersionRow

WAITING, SENT, DEAD = "waiting", "sent", "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """An alert on its way to one channel; an alert for two channels has two such rows. Times are ISO 8601 in UTC.

    - `id`, `alert_id`: the numbers of this delivery and of its alert.
    - `status`, `attempts`, `next_attempt_at`: what became of it so far, how often it was tried, and when it is tried
      next.
    - `sent_at`: when the receiver took it. `fault`: why the last attempt failed. Both may be None.
    - `subscription`: the name of the subscription that asked for the alert.
    - `key`: identifies the alert for its receivers; it is the same at every attempt.
    - `due_at`: the time at which the alert was to be sent.
    - `subject`: the subject of an alert to operators; None for all other alerts.
    - `notes`: lines of text that belong to no entry of the change log, like "a list was seen for the first time".
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


def _row(row: QueryRow) -> DeliveryRow:
    return DeliveryRow(**row | {"notes": tuple(json.loads(row["notes"]))})


def add(
    store: Store, subscription: str, *, channels: Sequence[str], at: str, due_at: str, joins: bool, subject: str | None
) -> int:
    """Find the alert that a new event belongs to, or make one; return its id. Call this in the event's transaction.

    - `subscription`: the name of the subscription that asks for the event.
    - `channels`: the channels that the alert is to be sent on.
    - `at`, `due_at`: the time of the event, and the time at which an alert about it alone would be due.
    - `joins`: whether the event may be added to an alert that is still waiting. So a publisher's upload in two steps
      makes one alert, and a digest is one alert. An alert that was tried already, or that is due after `due_at`, is not
      added to.
    - `subject`: the subject of an alert to operators; None for other alerts.
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


def _gathering(store: Store, subscription: str, *, at: str, due_at: str) -> QueryRow | None:
    """Return the id and due time of a subscription's alert to which a new event can be added; None if there is none.

    - `at`: the time of the event.
    - `due_at`: the time at which an alert about the event alone would be due. The alert must be due by then, and not
      due yet at the time `at`.
    """
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
    """Add content to the alert with the id `alert`.

    - `entries`: the numbers of entries of the change log.
    - `versions`: ids of versions; each is given with the lists that were seen for the first time in it, and the number
      of records of each of these lists.
    - `notes`: lines of text. They replace the lines that the alert has.
    """
    store.write_each(
        "INSERT OR IGNORE INTO alert_entries (alert_id, amendment_id) VALUES (:alert, :entry)",
        ({"alert": alert, "entry": entry} for entry in entries),
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

    Each comes with the lists that were seen for the first time in it, and the number of records of each of these lists.
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

    - `at`: the present.
    - `ahead`: an alert that seems to be created after this time is tried now.
    - `far`: a delivery whose next attempt is set to a time after this one is tried now.

    The last two are for times that were written while the clock was wrong.
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
    """Return all deliveries that were not sent: those that still wait, and those that were given up."""
    rows = store.all("SELECT * FROM delivery_details WHERE status IN ('waiting', 'dead') ORDER BY alert_id, id")
    return [_row(row) for row in rows]


def make_due(store: Store, subscription: str, *, at: str) -> None:
    """Let the alerts of a subscription about changes, which wait to be joined by further changes, be due at once.

    `at` is the present. Alerts that were tried already keep the time of their next attempt.
    """
    given = {"subscription": subscription, "at": at}
    store.write(
        """
        UPDATE deliveries SET next_attempt_at = :at
        WHERE status = 'waiting' AND attempts = 0 AND next_attempt_at > :at
            AND alert_id IN (SELECT id FROM alerts WHERE subscription = :subscription AND subject IS NULL)
        """,
        given,
    )
    store.write(
        """
        UPDATE alerts SET due_at = :at
        WHERE subscription = :subscription AND subject IS NULL AND due_at > :at
            AND NOT EXISTS (SELECT 1 FROM deliveries WHERE alert_id = alerts.id AND (attempts OR status <> 'waiting'))
        """,
        given,
    )


def mark_tried(store: Store, delivery: DeliveryRow, *, next_attempt_at: str) -> bool:
    """Note that an attempt to send begins. Return False if another process has begun to send the same delivery.

    `next_attempt_at` is the time of the next attempt, in case this process dies during this one.
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
    """Note that the receiver of a delivery has taken it; `at` is the time."""
    store.write(
        "UPDATE deliveries SET status = 'sent', sent_at = :at, fault = NULL WHERE id = :id",
        {"at": at, "id": delivery.id},
    )


def mark_failed(store: Store, delivery: DeliveryRow, *, fault: str, next_attempt_at: str | None) -> None:
    """Note that an attempt to send failed, and why.

    The next attempt is made at `next_attempt_at`; if that is None, the delivery is given up.
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
    """Let all deliveries to a channel wait at least until the time `until`, because its receiver asked for that."""
    store.write(
        """
        UPDATE deliveries SET next_attempt_at = :until
        WHERE channel = :channel AND status = 'waiting' AND next_attempt_at < :until
        """,
        {"channel": channel, "until": until},
    )


def revive(store: Store, *, alert: int | None, at: str) -> int:
    """Have deliveries that were given up tried again at the time `at`; return how many there are.

    `alert` is the id of the alert whose deliveries are meant; None means all alerts.
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
    """Note that nothing is sent on a channel until a person has mended the fault."""
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


def last_alert_at(store: Store, subscription: str) -> str | None:
    """Return when the last alert of a subscription was made or sent; None if it never had one. ISO 8601 in UTC."""
    row = store.one(
        """
        SELECT max(last.created_at, coalesce((
            SELECT max(deliveries.sent_at) FROM deliveries WHERE deliveries.alert_id = last.id
        ), '')) AS at
        FROM (SELECT id, created_at FROM alerts WHERE subscription = :subscription ORDER BY id DESC LIMIT 1) AS last
        """,
        {"subscription": subscription},
    )
    return row["at"] if row else None


def has_waiting(store: Store, subscription: str) -> bool:
    """Return whether an alert of a subscription waits to be sent."""
    row = store.one(
        """
        SELECT 1 FROM alerts JOIN deliveries ON deliveries.alert_id = alerts.id
        WHERE alerts.subscription = :subscription AND deliveries.status = 'waiting' LIMIT 1
        """,
        {"subscription": subscription},
    )
    return row is not None


def noted_at(store: Store, what: str, *, at: str) -> str:
    """Return when an event was noted for the first time; if it never was, note it now, at the time `at`.

    `what` is a text that identifies the event, as for `first_time`.
    """
    if first_time(store, what, at=at):
        return at
    row = store.one("SELECT at FROM operator_notices WHERE what = :what", {"what": what})
    return str(row["at"]) if row else at


def first_time(store: Store, what: str, *, at: str) -> bool:
    """Return whether operators have not been told of an event yet, and note that they are told of it now.

    `what` is a text that identifies the event. A second call with the same text returns False.
    """
    rows = store.all(
        "INSERT OR IGNORE INTO operator_notices (what, at) VALUES (:what, :at) RETURNING what", {"what": what, "at": at}
    )
    return bool(rows)
