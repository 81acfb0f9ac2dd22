"""The schema step with the table that says when each source is polled next."""

SCHEDULE = """
CREATE TABLE schedule (
    source TEXT PRIMARY KEY,
    next_poll_at TEXT NOT NULL
) STRICT;

CREATE INDEX schedule_by_time ON schedule (next_poll_at)
"""


def schedule_statements() -> tuple[str, ...]:
    """Return the SQL statements of the schema step that creates the table of the schedule, in order."""
    return tuple(SCHEDULE.split(";\n\n"))
