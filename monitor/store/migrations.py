"""The database's schema as an ordered list of steps: appended to, never edited. Each commits with its own name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Database, Migrations

from monitor.errors import StoreError
from monitor.store.schema import backfill, history, indexes, names, receipts, schedule, search, views

if TYPE_CHECKING:
    from collections.abc import Iterable

migrations = Migrations("monitor")


def migrate(db: Database) -> None:
    """Bring a database up to this program's schema. Raises StoreError for one that a newer program has written."""
    ours = {step.name for step in migrations.pending(Database(memory=True))}
    if newer := sorted({step.name for step in migrations.applied(db)} - ours):
        raise StoreError(
            f"the database was written by a newer version of monitor (it has {', '.join(newer)}); "
            "install that version, or name another folder with --state"
        )
    migrations.apply(db)


@migrations()
def m001_history(db: Database) -> None:
    """Everything that is known of reports, their versions, records and amendments."""
    _apply(db, history.history_statements())


@migrations()
def m002_schedule(db: Database) -> None:
    """When each source is to be polled next, so that a daemon that starts again goes on where it stopped."""
    _apply(db, schedule.schedule_statements())


@migrations()
def m003_browsing(db: Database) -> None:
    """What pages are found by: words and filters of the change log, its days, and views for people who write SQL."""
    _apply(db, search.search_statements())


@migrations()
def m004_backfill(db: Database) -> None:
    """History that is found later, before what is already there: who keeps it, and where it ends until it is joined."""
    _apply(db, backfill.backfill_statements())


@migrations()
def m005_finding(db: Database) -> None:
    """What would take longer the more there is: records by parts of words, versions by their bytes, and counts."""
    _apply(db, indexes.index_statements())


@migrations()
def m006_receipts(db: Database) -> None:
    """What a web archive has saved of versions, and which it is still to be asked for."""
    _apply(db, receipts.receipt_statements())


@migrations()
def m007_names(db: Database) -> None:
    """Name columns, tables and indexes for what they hold."""
    _apply(db, names.renaming_statements())


@migrations()
def m008_views(db: Database) -> None:
    """Put together in views the rows that the program reads, for it and for people who write SQL."""
    _apply(db, views.view_statements())


def _apply(db: Database, statements: Iterable[str]) -> None:
    for statement in statements:
        db.execute(statement)
