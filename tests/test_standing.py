"""What decides whether a record is listed, where the whole way through files would take long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.demo.sheets import sheet
from monitor.standing import LineFacts, ListLook, standing_of
from tests.history.test_importer import FIRST, files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands


def test_a_list_that_was_taken_down_is_known_though_another_version_came_later() -> None:
    """Nobody saw it between, for it was not there: that is no time in which nobody looked."""
    look = ListLook(
        report="page",
        first_at="2025-05-01T00:00:00Z",
        seen_at="2025-05-20T00:00:00Z",
        next_at="2025-07-01T00:00:00Z",
        withdrawn_at="2025-05-20T01:00:00Z",
    )
    found = standing_of(
        LineFacts(since="2025-05-01T00:00:00Z"), look, at="2025-06-01T00:00:00Z", stale_after=timedelta(days=1)
    )
    assert found.words("2025-06-01T00:00:00Z") == (
        "not listed on 1 June 2025; listed from 1 May 2025 to 20 May 2025, when the list was taken down"
    )


def test_an_earlier_correction_is_not_how_a_record_left(monitor: Commands, tmp_path: Path) -> None:
    """Corrected in one file and gone in the next, each seen once: it was removed."""
    second = replace(FIRST[0], agency="Bay County Sheriffs Department")
    manifest = files(
        tmp_path,
        ("2025-05-19T12:00:00Z", "participatingAgencies1.xlsx", sheet(FIRST)),
        ("2025-05-20T12:00:00Z", "participatingAgencies2.xlsx", sheet((second, *FIRST[1:]))),
        ("2025-05-21T12:00:00Z", "participatingAgencies3.xlsx", sheet(FIRST[1:])),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 0
    assert [row["kind"] for row in monitor("log", "--json").rows] == ["corrected", "removed"]
    (line,) = monitor("show", "Bay County, Florida", "--json").rows
    assert line["standing"]["ending"] == "removed"
