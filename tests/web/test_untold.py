"""The pages of a record and of the log where values change that are never told: they say so, and no more."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from monitor.model import UNTOLD
from tests.steps.test_untold import EVERY, centers, watched
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands


def text(page: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_record_is_shown_with_its_newest_values_and_what_is_not_told(monitor: Commands, tmp_path: Path) -> None:
    """It does not say that nothing changed; the entry of the log says how many records it concerns, and whose files."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    list_.come(centers(ADP=dict.fromkeys(EVERY, "4711.5"), Guards={0: "77"}))
    state = list_.report.monitor.state
    shutil.copy(tmp_path / "config.yaml", state)
    rows = list_.report.monitor("list", "csv", "centers", "--json").rows
    corrected, other = sorted(rows, key=lambda row: row["fields"]["name"])[:2]
    with serving_of(state) as served:
        pages = {
            row["fields"]["name"]: text(
                served.get(f"/record/{row['first_version']}/centers/line{row['locator']['line']}").text
            )
            for row in (corrected, other)
        }
        log = text(served.get("/log").text)
        [quiet] = [entry["id"] for entry in served.log() if entry["kind"] == "reformatted"]
        entry = text(served.get(f"/amendment/{quiet}").text)
    said = "Values of it changed that are never told, as the configuration says: population."
    assert all(said in page and "4711.5" in page for page in pages.values())
    assert not any("Nothing: it has stood so" in page for page in pages.values())
    assert "77" in pages["Adams Center"]
    assert f"{UNTOLD}: 13 records" in log.casefold()
    assert "Values changed that are never told, as the configuration says (13 records): population ." in entry
    assert "No record means anything else" not in entry
