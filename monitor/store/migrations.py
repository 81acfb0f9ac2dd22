"""Brings the database to the schema of this program, in steps that are applied in order.

New steps may be added; existing steps are never edited. Each is committed together with its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.store.schema import (
    accounts,
    backfill,
    compared,
    decisions,
    documents,
    evidence,
    exchanges,
    history,
    indexes,
    names,
    parts,
    receipts,
    schedule,
    search,
    stamps,
    views,
)
from monitor.store.schema_steps import Migrations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection as Database

migrations = Migrations("monitor")


def migrate(db: Database) -> None:
    """Apply the missing steps of the schema to a database. Raises StoreError if a newer program has written it."""
    if newer := sorted(set(migrations.applied(db)) - set(migrations.names)):
        raise StoreError(
            f"the database was written by a newer version of monitor (it has {', '.join(newer)}); "
            "install that version, or name another folder with --state"
        )
    migrations.apply(db)


@migrations()
def m001_history(db: Database) -> None:
    """Create the tables for reports, versions, records, amendments and alerts."""
    _apply(db, history.history_statements())


@migrations()
def m002_schedule(db: Database) -> None:
    """Create the table of next polls, so that a restarted daemon continues where it stopped."""
    _apply(db, schedule.schedule_statements())


@migrations()
def m003_browsing(db: Database) -> None:
    """Create the indexes that find log entries by words, filters and days, and the views for people who write SQL."""
    _apply(db, search.search_statements())


@migrations()
def m004_backfill(db: Database) -> None:
    """Create the table of captures in a web archive, and the columns that mark history before a gap.

    The gap lies between the history that a backfill added and the later history.
    """
    _apply(db, backfill.backfill_statements())


@migrations()
def m005_finding(db: Database) -> None:
    """Create indexes for finding records by parts of words, and versions by the digest of their file.

    Also create the table with the number of versions of each status.
    """
    _apply(db, indexes.index_statements())


@migrations()
def m006_receipts(db: Database) -> None:
    """Create the table of the versions that a web archive has saved or is to save."""
    _apply(db, receipts.receipt_statements())


@migrations()
def m007_names(db: Database) -> None:
    """Rename columns, tables and indexes so that the names say what they hold."""
    _apply(db, names.renaming_statements())


@migrations()
def m008_views(db: Database) -> None:
    """Create views of the rows that the program reads; people who write SQL can use them too."""
    _apply(db, views.view_statements())


@migrations()
def m009_accounts(db: Database) -> None:
    """Create the table of accounts: which parts of each file no list was read from. Also add a column to a view.

    The column has the content type of each version.
    """
    _apply(db, accounts.account_statements())


@migrations()
def m010_stale_copies(db: Database) -> None:
    """Create the table of reports of which the last poll found an old version again.

    A server may be late, so such a version counts only when a second poll finds it as well.
    """
    _apply(
        db,
        (
            """
            CREATE TABLE stale_copies (
                report_id INTEGER PRIMARY KEY REFERENCES reports (id), digest TEXT NOT NULL, seen_at TEXT NOT NULL
            ) STRICT
            """,
        ),
    )


@migrations()
def m011_moves(db: Database) -> None:
    """Add a column for the numbers of the removal and the addition that an entry about a move belongs to."""
    _apply(db, ('ALTER TABLE amendments ADD COLUMN "of" TEXT',))  # JSON: the numbers of the two entries


@migrations()
def m012_decisions(db: Database) -> None:
    """Create the tables of held versions and of decisions, and a column for the decision behind an entry of the log."""
    _apply(db, decisions.decision_statements())


@migrations()
def m013_exchanges(db: Database) -> None:
    """Create the tables of exchanges with servers, and of the certificates that servers showed."""
    _apply(db, exchanges.exchange_statements())


@migrations()
def m014_evidence(db: Database) -> None:
    """Create the tables of the evidence log: a tree of hashes over everything that is recorded."""
    _apply(db, evidence.evidence_statements())


@migrations()
def m015_stamps(db: Database) -> None:
    """Create the tables of time stamps, of attempts to get one that failed, and of the keys that sign checkpoints."""
    _apply(db, stamps.stamp_statements())


@migrations()
def m016_compared(db: Database) -> None:
    """Create the table of comparisons: whether the web archive's copy of a version has the same bytes."""
    _apply(db, compared.compared_statements())


@migrations()
def m017_descriptions(db: Database) -> None:
    """Create the table of descriptions: by which one each list was read last, and of which a person was told."""
    _apply(
        db,
        (
            """
            CREATE TABLE list_descriptions (
                source TEXT NOT NULL,
                list TEXT NOT NULL,
                version_id INTEGER NOT NULL REFERENCES versions (id),  -- the version that was read last
                described_as TEXT NOT NULL,  -- a hash of the description by which it was read
                told_as TEXT NOT NULL,  -- a hash of the description of which a person was told last
                PRIMARY KEY (source, list)
            ) STRICT
            """,
        ),
    )


@migrations()
def m018_parts(db: Database) -> None:
    """Create the tables of versions that are several files or pages: what their parts are, and which are missing."""
    _apply(db, parts.part_statements())


@migrations()
def m019_documents(db: Database) -> None:
    """Create the tables of the documents that records link to, and a column for what the change log tells of them."""
    _apply(db, documents.document_statements())


@migrations()
def m020_document_pages(db: Database) -> None:
    """Create the indexes by which the pages about documents find what the change log tells of one."""
    _apply(db, documents.lookup_statements())


@migrations()
def m021_misses(db: Database) -> None:
    """Create the table of reports that polls did not find: how often in a row, since when, and what was answered."""
    _apply(
        db,
        (
            """
            CREATE TABLE report_misses (
                id INTEGER PRIMARY KEY,
                report_id INTEGER NOT NULL REFERENCES reports (id),
                first_at TEXT NOT NULL,  -- when it was not found for the first time
                last_at TEXT NOT NULL,  -- for the last time, until it counted as taken down
                misses INTEGER NOT NULL,
                url TEXT NOT NULL,  -- that was asked
                answer TEXT NOT NULL  -- of the last time, in words
            ) STRICT
            """,
            "CREATE INDEX misses_of_report ON report_misses (report_id, first_at)",
        ),
    )


@migrations()
def m022_places(db: Database) -> None:
    """Create the table of the places at which records were seen last. Also add a column for how a list was judged.

    A record that has moved has a row there; the place of another one is in `records.seen_locator`. Most records move
    with each version, and to write their long rows anew was most of what a version wrote.
    """
    _apply(
        db,
        (
            """
            CREATE TABLE seen_locators (
                record_id INTEGER PRIMARY KEY REFERENCES records (id),
                locator TEXT NOT NULL  -- JSON: in the bytes of the last version that was recorded with it
            ) STRICT
            """,
            # A hash of the program and the description by which the values of the list were doubted, or not.
            "ALTER TABLE list_descriptions ADD COLUMN judged_as TEXT",
        ),
    )


def _apply(db: Database, statements: Iterable[str]) -> None:
    for statement in statements:
        db.execute(statement)
