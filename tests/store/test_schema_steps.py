"""The steps of a schema are applied in order, each whole or not at all, and written down as sqlite-utils does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlite_utils import Database
from sqlite_utils import Migrations as OfLibrary

from monitor.store.schema_steps import Migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE = "SELECT name, sql FROM sqlite_master ORDER BY name"


def steps(*, fails: bool = False) -> Migrations:
    """Two steps, of which the second makes a table and then may fail."""
    made = Migrations("monitor")

    @made()
    def m001_first(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE first (a)")

    @made()
    def m002_second(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE second (b)")
        if fails:
            db.execute("no statement")

    assert m001_first.__name__ == made.names[0]
    assert m002_second.__name__ == made.names[1]
    return made


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """An empty database."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def test_what_is_made_is_what_the_library_makes(db: sqlite3.Connection) -> None:
    """Tables, index and names are those of sqlite-utils, to the letter: folders of earlier releases have them so."""
    steps().apply(db)
    library = Database(memory=True)
    of_library = OfLibrary("monitor")
    of_library(name="m001_first")(lambda other: other.execute("CREATE TABLE first (a)"))
    of_library(name="m002_second")(lambda other: other.execute("CREATE TABLE second (b)"))
    of_library.apply(library)
    assert db.execute(MADE).fetchall() == library.execute(MADE).fetchall()
    assert tuple(each.name for each in of_library.applied(Database(db))) == steps().applied(db) == steps().names


def test_a_step_that_fails_leaves_nothing_and_is_made_up_for(db: sqlite3.Connection) -> None:
    """In a new database nothing stays; in another the steps before it do, and the next attempt goes on there."""
    with pytest.raises(sqlite3.OperationalError):
        steps(fails=True).apply(db)
    assert not db.in_transaction
    assert steps().applied(db) == ()
    steps().apply(db, stop_before="m002_second")
    with pytest.raises(sqlite3.OperationalError):
        steps(fails=True).apply(db)
    assert not db.in_transaction
    assert steps().applied(db) == ("m001_first",)
    steps().apply(db)
    assert steps().applied(db) == ("m001_first", "m002_second")
    steps().apply(db)  # nothing is left to do, and nothing fails


def test_steps_of_another_set_are_not_ours(db: sqlite3.Connection) -> None:
    """Another program's steps in the same database are neither counted nor taken for applied."""
    steps().apply(db, stop_before="m002_second")
    db.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('other', 'm002_second')")
    assert steps().applied(db) == ("m001_first",)
    steps().apply(db)
    assert steps().applied(db) == ("m001_first", "m002_second")


def test_looking_writes_nothing(db: sqlite3.Connection) -> None:
    """To ask an empty database which steps it has makes no table."""
    assert steps().applied(db) == ()
    assert db.execute(MADE).fetchall() == []
