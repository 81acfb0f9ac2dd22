"""A list that was described only later is not said to be empty before; and a receipt is seen as soon as it is there."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from monitor.store import receipts, records
from monitor.store.database import Store
from tests.history.test_described_later import GROWING, described
from tests.support.backfilled import archive, take
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Commands
    from tests.web.conftest import Served

__all__ = ["archive", "described"]

WHY = "was not looked for in participatingAgencies1.xlsx of 2025-03-01T12:00:00Z, as it was not described then"
COMPARED = "source=ice-287g&report=participating&old=1&new=3"


@pytest.fixture
def pages(monitor: Commands, described: dict[str, str], tmp_path: Path) -> Iterator[Served]:
    """Three versions as pages; of a list that was described only from the second on."""
    for text, found in (("without", GROWING[:1]), ("with", GROWING[1:3])):
        monitor.config.write_text(described[text])
        take(monitor, tmp_path, found)
    shutil.copy(monitor.config, monitor.state / "config.yaml")
    with serving_of(monitor.state) as served:
        yield served


def test_a_list_is_not_said_to_be_empty_where_it_was_not_looked_for(pages: Served) -> None:
    """The page says so, in words, and the JSON read has no records to give."""
    page = pages.get("/list/ice-287g/names?stop=1")
    assert page.status_code == 200
    assert WHY in page.text
    assert not any(said in page.text for said in ("0 records", "It is empty", "it stands like this"))
    answer = pages.get("/api/list/ice-287g/names?stop=1")
    assert answer.status_code == 404
    assert WHY in answer.json()["faults"][0]
    assert len(pages.get("/api/list/ice-287g/names?stop=2").json()["records"]) == 13
    assert "13 records" in pages.get("/list/ice-287g/names?stop=2").text


def test_what_was_not_looked_for_in_both_versions_is_not_compared(pages: Served) -> None:
    """The other list of the report is; of this one it is said why not."""
    page = pages.get(f"/compare?{COMPARED}")
    assert page.status_code == 200
    assert WHY in page.text
    assert page.text.count("<article") == 2
    found = pages.get(f"/api/compare?{COMPARED}").json()
    assert {name: len(entries) for name, entries in found["lists"].items()} == {"participating": 2}
    assert [set(found[end]["records"]) for end in ("old", "new")] == [{"participating"}, {"participating", "names"}]


def test_where_no_list_can_be_compared_it_is_said_why(pages: Served, described: dict[str, str]) -> None:
    """Also where the only list that is described now was not looked for in a version."""
    text = described["with"]
    text = re.sub(r"^    moves: .*\n", "", text, flags=re.MULTILINE)
    begin, end = text.index("          participating:\n"), text.index("          names:\n")
    (pages.folder / "config.yaml").write_text(text[:begin] + text[end:], encoding="utf-8")
    with serving_of(pages.folder) as served:
        answer = served.get(f"/api/compare?{COMPARED}")
        assert (answer.status_code, WHY in answer.json()["faults"][0]) == (404, True)
        assert "no longer described" not in served.get(f"/compare?{COMPARED}").text


def test_a_receipt_is_seen_as_soon_as_it_is_there(pages: Served) -> None:
    """Whoever has the version's page gets it anew with the receipt, and not "304 Not Modified" until the next poll."""
    path, address = "/version/ice-287g/participating/3", "https://archive.example/web/2025/a"
    before = pages.get(path)
    with Store(pages.folder) as store:
        row = store.one("SELECT id FROM reports WHERE key = 'participating'")
        assert row
        version = records.last_recorded(store, row["id"])
        assert version
        unsaved = receipts.Unsaved(
            version_id=version.id, source=version.source, report_key=version.report_key, number=version.number,
            url=version.url, captured_at=version.captured_at, attempts=0, job=None, job_begun_at=None,
        )  # fmt: skip
        receipts.postpone_save(store, unsaved, until="2026-01-01T00:00:00Z")
        receipts.add_receipt(store, unsaved, memento=address, saved_at="2026-01-01T00:00:00Z")
    after = pages.get(path, **{"if-none-match": before.headers["etag"]})
    assert (after.status_code, address in after.text) == (200, True)
