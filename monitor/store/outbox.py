"""Alerts that wait to be delivered: written with what they tell of, marked after they were sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.compose import Message
    from monitor.rows import VersionRow
    from monitor.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One message about one version; `log_head` is the change log's last hash when it was written."""

    id: int
    source: str
    report: str
    created_at: str
    subject: str
    body: str
    log_head: str


def add(store: Store, version: VersionRow, message: Message, *, at: str, head: str) -> None:
    """Put an alert into the outbox. Call within the transaction that records what it tells of."""
    store.write(
        """
        INSERT INTO alerts (source, report, version_id, created_at, subject, body, log_head)
        VALUES (:source, :report, :version, :at, :subject, :body, :head)
        """,
        {
            "source": version.source,
            "report": version.report,
            "version": version.id,
            "at": at,
            "subject": message.subject,
            "body": message.body,
            "head": head,
        },
    )


def waiting(store: Store) -> list[AlertRow]:
    """The alerts not yet delivered, oldest first."""
    rows = store.all(
        """
        SELECT id, source, report, created_at, subject, body, log_head FROM alerts
        WHERE delivered_at IS NULL ORDER BY id
        """
    )
    return [AlertRow(**row) for row in rows]


def mark_delivered(store: Store, alert: AlertRow, *, at: str) -> None:
    """An alert was sent."""
    store.write("UPDATE alerts SET delivered_at = :at WHERE id = :id", {"at": at, "id": alert.id})
