"""A hold is easy to end, and ends by itself where it can: what it would tell, who decided, and when it is over."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from monitor.demo.sheets import Agreement, sheet
from tests.history.test_importer import FIRST, SECOND, files

if TYPE_CHECKING:
    from tests.conftest import Commands

LACKING = sheet(FIRST, ("STATE", "LAW ENFORCEMENT AGENCY"))
MORE = tuple(
    Agreement(
        state="TEXAS",
        agency=f"{name} Police Department",
        type="Municipality",
        county="Travis County",
        model="Task Force Model",
        signed=date(2025, 3, 1),
    )
    for name in (
        f"{first}{second}" for first in ("Amber", "Cedar", "Dove", "Elm", "Flint") for second in ("ton", "wick")
    )
)


def held(monitor: Commands, tmp_path: Path) -> str:
    """Import a list of 22 agreements, then one that has lost most of them; return the SHA-256 of the second."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet((*FIRST, *MORE))),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet(SECOND[:1])),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 1
    (row,) = monitor("holds", "--json").rows
    return str(row["sha256"])


def test_a_hold_says_what_it_would_tell(monitor: Commands, tmp_path: Path) -> None:
    """The counts, the first ten, and how many more there are: one look decides."""
    held(monitor, tmp_path)
    shown = monitor("holds").out
    assert "if it is released, this is told: 21 removed, 1 corrected" in shown
    assert shown.count("REMOVED ") == 10
    assert "and 12 more" in shown


def test_the_log_says_who_decided_what(monitor: Commands, tmp_path: Path) -> None:
    """The name and the reason for the hold stand in each entry, and are covered by its hash."""
    sha256 = held(monitor, tmp_path)
    (row,) = monitor("holds", "--json").rows
    assert monitor("release", sha256[:12], "--as", "Jane Doe").status == 0
    entries = monitor("log", "--json").rows
    assert len(entries) == 22
    assert all(entry["decided"] == {"by": "Jane Doe", "hold_reason": row["hold_reason"]} for entry in entries)
    assert monitor("verify").status == 0


def test_an_entry_that_nobody_decided_says_nothing_of_it(monitor: Commands, tmp_path: Path) -> None:
    """The key is absent, so that the entries of before have the hashes of before."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet(FIRST)),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet(SECOND)),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 0
    assert "decided" not in monitor("log", "--json").rows[0]


def test_a_hold_ends_when_the_next_version_is_good(monitor: Commands, tmp_path: Path) -> None:
    """The good version counts, the held one does not, and a line says so."""
    held(monitor, tmp_path)
    good = tmp_path / "participatingAgencies3.xlsx"
    good.write_bytes(sheet((*SECOND, *MORE)))
    ran = monitor("import", "ice-287g", good, "--at", "2025-02-28")
    assert ran.status == 0
    assert "participatingAgencies2.xlsx (version 2) was held" in ran.out
    assert monitor("holds", "--json").rows == []
    assert [row["status"] for row in monitor("versions", "--json").rows] == ["recorded", "rejected", "recorded"]
    assert [entry["kind"] for entry in monitor("log", "--json").rows] == ["corrected"]


@pytest.mark.parametrize("mended", [True, False])
def test_a_mended_description_is_tried_on_what_is_held(monitor: Commands, tmp_path: Path, *, mended: bool) -> None:
    """Once, by itself, and told; as long as the description stays wrong, the hold stays and is not told again."""
    monitor = replace(monitor, config=Path(shutil.copy(monitor.config, tmp_path / "config.yaml")))
    file = tmp_path / "participatingAgencies1.xlsx"
    file.write_bytes(LACKING)
    assert monitor("import", "ice-287g", file, "--at", "2025-02-26").status == 1
    config = yaml.safe_load(monitor.config.read_text(encoding="utf-8"))
    columns = config["sources"]["ice-287g"]["reports"]["participating"]["lists"]["participating"]["columns"]
    if mended:
        for field in ("type", "county", "support_type", "signed"):
            columns[field] = {
                "header": columns[field]["header"] if isinstance(columns[field], dict) else columns[field]
            }
            columns[field]["optional"] = True
    monitor.config.write_text(yaml.safe_dump(config), encoding="utf-8")
    other = tmp_path / "pendingAgencies1.xlsx"
    other.write_bytes(sheet(FIRST[:2], ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE")))
    ran = monitor("import", "ice-287g", other, "--at", "2025-02-26")
    assert bool(monitor("holds", "--json").rows) is not mended
    assert ("was held" in ran.out) is mended
    assert len(monitor("list", "ice-287g", "participating", "--json").rows) == (12 if mended else 0)


def test_a_person_who_rejects_is_named(monitor: Commands, tmp_path: Path) -> None:
    """In the reason that the version keeps."""
    sha256 = held(monitor, tmp_path)
    assert monitor("reject", sha256[:12], "--as", "Jane Doe").status == 0
    row = monitor("versions", "--json").rows[1]
    assert re.match("rejected by Jane Doe: ", row["hold_reason"])
