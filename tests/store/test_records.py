"""Tests of adding records to the database, many at a time."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.steps.test_untold import centers, watched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands

COUNT = 2_003  # more than two statements add


def test_more_records_than_one_statement_adds_stand_in_the_order_of_the_file(monitor: Commands, tmp_path: Path) -> None:
    """Each has a line of its own; the next form of a record, and a new record, come after all of them."""
    (first, *_) = centers()
    rows = [(f"Number {number} Center", *first[1:]) for number in range(COUNT)]
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(rows)
    rows[7] = (rows[7][0], "OK", *rows[7][2:])
    list_.come([*rows, ("Last Center", *first[1:])])
    with closing(sqlite3.connect(list_.report.monitor.state / "monitor.db")) as database:
        found = database.execute("SELECT id, line_id, fields, last_version FROM records ORDER BY id").fetchall()
    begin = found[0][0]
    assert [number for number, *_ in found] == list(range(begin, begin + COUNT + 2))
    lines = [line - begin for _, line, _, _ in found]
    assert lines == [*range(COUNT), 7, COUNT + 1]
    names = [json.loads(fields)["name"] for _, _, fields, _ in found]
    assert names == [row[0] for row in rows] + [rows[7][0], "Last Center"]
    assert [line for line, (*_, last) in zip(lines, found, strict=True) if last is not None] == [7]
