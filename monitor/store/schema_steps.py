"""Applies the steps of a schema to a database in their order, each once.

The names of the steps that were applied stand in the table `_sqlite_migrations`, as the library sqlite-utils makes it,
which earlier releases used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    Step = Callable[[sqlite3.Connection], None]

MIGRATIONS_TABLE = """
CREATE TABLE IF NOT EXISTS "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
)
"""
MIGRATIONS_INDEX = """
CREATE UNIQUE INDEX IF NOT EXISTS "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name")
"""


@dataclass(frozen=True, slots=True)
class SchemaStep:
    """One step of the schema: its name, which never changes, and the function that makes it."""

    name: str
    function: Step


class Migrations:
    """An ordered set of steps, each a function that takes the connection to the database and runs statements."""

    def __init__(self, name: str) -> None:
        """Begin an empty set; `name` tells its steps from those of other sets in the same database."""
        self._name = name
        self._steps: list[SchemaStep] = []

    def __call__(self) -> Callable[[Step], Step]:
        """Return a decorator that adds a function as the next step, under the function's name."""

        def add(function: Step) -> Step:
            self._steps.append(SchemaStep(function.__name__, function))
            return function

        return add

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all steps, in their order."""
        return tuple(step.name for step in self._steps)

    def applied(self, db: sqlite3.Connection) -> tuple[str, ...]:
        """Return the names of the steps that were applied to a database, in that order; nothing is written."""
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone() is None:
            return ()
        rows = db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid", (self._name,))
        return tuple(name for (name,) in rows)

    def apply(self, db: sqlite3.Connection, *, stop_before: str | None = None) -> None:
        """Apply the steps that are missing; each becomes durable together with its name, or not at all.

        To a database without any step all are applied at once, which writes a quarter of what they write one by one.

        - `db`: a connection that begins no transaction by itself (`isolation_level=None`).
        - `stop_before`: the name of the first step that is not applied; None to apply all.
        """
        done = self.applied(db)
        wanted = takewhile(lambda step: step.name != stop_before, self._steps)
        missing = [step for step in wanted if step.name not in done]
        with _Transaction(db):
            db.execute(MIGRATIONS_TABLE.strip())
            db.execute(MIGRATIONS_INDEX.strip())
            if not done:
                self._apply(db, missing)
        for step in missing if done else ():
            with _Transaction(db):
                self._apply(db, [step])

    def _apply(self, db: sqlite3.Connection, steps: Sequence[SchemaStep]) -> None:
        for step in steps:
            step.function(db)
            db.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
                (self._name, step.name, str(datetime.now(UTC))),
            )


class _Transaction:
    """A transaction for the time of a `with` block: kept at its end, undone if the block fails."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
