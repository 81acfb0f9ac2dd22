"""How a page of the log is found: always by an index that has the order, and by the words that are there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from monitor import jurisdictions
from monitor.model import AmendmentKind, Jurisdiction
from monitor.store import changelog, read_only
from monitor.store.database import Store
from monitor.store.migrations import migrate
from monitor.store.search import LogFilter, log_entries, page_query
from tests.support import entries
from tools.synthetic_log import make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXAS = jurisdictions.inside(jurisdictions.find("Texas")[0])
COOK = jurisdictions.inside(jurisdictions.find("Cook County, Illinois")[0])
EACH = (
    LogFilter(),
    LogFilter(source="ice-287g"),
    LogFilter(list="cities"),
    LogFilter(kinds=("restored",)),
    LogFilter(kinds=("added", "removed")),
    LogFilter(state="TX"),
    LogFilter(state="WY", source="doj-sanctuary", kinds=("removed",)),
    LogFilter(words="sheriff"),
    LogFilter(words="county jail", state="VT"),
    LogFilter(jurisdictions=TEXAS),
    LogFilter(jurisdictions=COOK, words="police"),
    LogFilter(since="2025-01-01T00:00:00Z"),
    LogFilter(until="2018-01-01T00:00:00Z", source="ice-287g"),
    LogFilter(since="2020-01-01T00:00:00Z", until="2020-01-20T00:00:00Z", state="CA"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up log of some length."""
    folder = tmp_path_factory.mktemp("synthetic")
    make(folder, 4_000)
    return folder


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """The made-up log."""
    with Store(folder) as store:
        yield store


@pytest.fixture(scope="module")
def log(folder: Path) -> list[dict[str, Any]]:
    """Its entries, oldest first."""
    with Store(folder) as store:
        return [entry.to_json() for entry in log_entries(store, LogFilter())]


def slowly(log: list[dict[str, Any]], wanted: LogFilter) -> list[int]:
    """The numbers of what is wanted, found by looking at every entry, newest first."""
    words = wanted.words.split()
    found = []
    for entry in log:
        place = (entry["jurisdiction"] or {}).get("ocd_id") or ""
        values = (entry["before"] or {}).values(), (entry["after"] or {}).values()
        said = " ".join([*values[0], *values[1]]).lower()
        state = (entry["jurisdiction"] or {}).get("state")
        if (
            wanted.source in {None, entry["source"]}
            and wanted.list in {None, entry["list"]}
            and (not wanted.kinds or entry["kind"] in wanted.kinds)
            and wanted.state in {None, state}
            and (wanted.since or "") <= entry["observed_at"] < (wanted.until or "~")
            and (not wanted.jurisdictions or any(place == i or place.startswith(f"{i}/") for i in wanted.jurisdictions))
            and all(word in said for word in words)
        ):
            found.append(entry["id"])
    return found[::-1]


@pytest.mark.parametrize("wanted", EACH, ids=lambda each: str(each)[:80])
def test_every_way_of_finding_finds_the_same(store: Store, log: list[dict[str, Any]], wanted: LogFilter) -> None:
    """Page by page backwards, and bit by bit forwards, it is what looking at every entry finds."""
    expected = slowly(log, wanted)
    paged: list[int] = []
    while rows := read_only.newest_entries(store, wanted, before=paged[-1] if paged else None, limit=300):
        paged += [row.id for row in rows if row.id]
    assert paged == expected
    ahead: list[int] = []
    while rows := read_only.next_entries(store, wanted, after=ahead[-1] if ahead else 0, until_id=4_000, limit=300):
        ahead += [row.id for row in rows if row.id]
    assert ahead == expected[::-1]


@pytest.mark.parametrize("wanted", EACH, ids=lambda each: str(each)[:80])
@pytest.mark.parametrize("ends", [{}, {"before": 3_000}, {"after": 1_000}], ids=str)
def test_every_page_is_found_by_an_index_and_never_sorted(
    store: Store, wanted: LogFilter, ends: dict[str, int]
) -> None:
    """No plan looks at the whole log, and none sorts it but a stretch of few days."""
    query = page_query(store, wanted, before=ends.get("before"), after=ends.get("after"), limit=50)
    if query is None:
        return
    plan = [row["detail"] for row in store.all(f"EXPLAIN QUERY PLAN {query.sql}", query.values)]
    assert all("USING" in step or "VIRTUAL TABLE INDEX" in step or "TEMP B-TREE" in step for step in plan), plan
    if not any("amendments_by_time" in step for step in plan):
        assert not any("TEMP B-TREE" in step for step in plan), plan


def test_what_was_written_before_is_found_like_what_comes_after(store: Store, tmp_path: Path) -> None:
    """Brought up to date, a database of before the pages has the same words, facets and days as one of today."""
    with Store(tmp_path) as other:
        for name, kind in (
            ("amendments_are_found", "TRIGGER"), ("amendment_words", "TABLE"), ("amendment_days", "TABLE"),
            ("change_log", "VIEW"), ("standing_records", "VIEW"), ("report_versions", "VIEW"),
            ("amendments_of_source", "INDEX"), ("captures_of_hash", "INDEX"),
        ):  # fmt: skip
            other.connection.execute(f"DROP {kind} {name}")
        other.write("DELETE FROM _sqlite_migrations WHERE name = :name", {"name": "m003_browsing"})
        other.connection.execute("PRAGMA foreign_keys = OFF")
        for table in ("reports", "captures", "versions", "amendments"):
            for row in store.all(f"SELECT * FROM {table}"):
                columns = ", ".join(row)
                other.write(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{each}' for each in row)})", row)
        migrate(other.connection)
        days = "SELECT * FROM amendment_days ORDER BY day, source, list, kind"
        assert other.all(days) == store.all(days)
        for wanted in EACH:
            found = [[row.id for row in read_only.newest_entries(each, wanted, limit=400)] for each in (store, other)]
            assert found[0] == found[1]


def test_a_notice_is_found_by_the_places_that_it_speaks_of(tmp_path: Path) -> None:
    """By each of them, by the county that one lies in by its id, and by the state."""
    county = "ocd-division/country:us/state:nj/county:essex"
    mentions = (
        Jurisdiction(name="Maplewood", level="place", state="NJ", ocd_id=f"{county}/place:maplewood"),
        Jurisdiction(name="Nowhere", level="place", state="NJ"),
    )
    with Store(tmp_path) as store:
        store.connection.execute("PRAGMA foreign_keys = OFF")
        notice = entries.entry(
            source="s", report="page", list="notices", kind=AmendmentKind.ADDED, before=None,
            after={"text": "Correction: Maplewood."}, fields=(), mentions=mentions,
        )  # fmt: skip
        with store.transaction():
            changelog.append(store, notice, version_id=1, line_id=None, state=None)
        for ocd_id in (f"{county}/place:maplewood", county, "ocd-division/country:us/state:nj"):
            assert len(read_only.newest_entries(store, LogFilter(jurisdictions=(ocd_id,)), limit=9)) == 1
        for ocd_id in ("ocd-division/country:us", "ocd-division/country:us/state:ny", f"{county}/place:maple"):
            assert read_only.newest_entries(store, LogFilter(jurisdictions=(ocd_id,)), limit=9) == []
        facets = store.all("SELECT json(mentions) AS mentions FROM amendments")
        assert json.loads(facets[0]["mentions"]) == [place.as_value() for place in mentions]
