"""The schema step with the table of versions that a web archive has saved or is to save.

A schema step is one change to the tables of the database, made once.
"""

RECEIPTS = """
-- Of the latest version of a report, on its way into a web archive: asked for, under way there, or saved.
CREATE TABLE receipts (
    version_id INTEGER PRIMARY KEY REFERENCES versions,
    url TEXT NOT NULL,
    attempts INTEGER NOT NULL,  -- that came to nothing
    next_attempt_at TEXT NOT NULL,  -- while a job is under way: the next look at it
    job TEXT,  -- the archive's name for a capture under way
    job_begun_at TEXT,
    saved_at TEXT,
    memento TEXT,  -- the address in the archive
    fault TEXT,
    CHECK ((saved_at IS NULL) = (memento IS NULL))
) STRICT
"""


def receipt_statements() -> tuple[str, ...]:
    """Return the SQL statements of the schema step that creates the table `receipts`, in order.

    It says of each version whether a web archive has saved it, or is still to save it.
    """
    return tuple(RECEIPTS.split(";\n\n"))
