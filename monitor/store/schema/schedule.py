"""The table of when each source is polled next."""

SCHEDULE = """
CREATE TABLE schedule (
    source TEXT PRIMARY KEY,
    next_poll_at TEXT NOT NULL
) STRICT;

CREATE INDEX schedule_by_time ON schedule (next_poll_at)
"""


def schedule_statements() -> tuple[str, ...]:
    """Return the step's statements, in order."""
    return tuple(SCHEDULE.split(";\n\n"))
