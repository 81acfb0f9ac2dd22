"""No question that a person waits for looks through all there is, as SQLite plans it; and what it finds is the same."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from monitor import jurisdictions
from monitor.model import AmendmentKind
from monitor.store import (
    alerts,
    changelog,
    descriptions,
    document_needs,
    document_pages,
    doubts,
    evidence,
    exchanges,
    holds,
    lines,
    metrics,
    pages,
    queries,
    read_only,
    records,
    schedule,
    search,
    versions,
)
from monitor.store.database import Store
from monitor.store.entry import LogEntry
from monitor.store.search import LogFilter, log_entries
from tests.support.lists import PARTICIPATING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from monitor.store.rows import VersionRow


SOURCE, LIST, AT = "ice-287g", "participating", "2025-05-01T00:00:00Z"
TEXAS = jurisdictions.inside(jurisdictions.find("Texas")[0])
TRAVIS = jurisdictions.inside(jurisdictions.find("Travis County, Texas")[0])
ASKED: dict[str, dict[str, Any]] = {  # filters of the log, as of `monitor log`
    "all": {},
    "after": {"after": 100},
    "source": {"source": SOURCE},
    "list": {"list": LIST},
    "kind": {"kinds": ("removed",)},
    "kinds": {"kinds": ("added", "removed")},
    "state": {"state": "TX"},
    "state and kind": {"state": "TX", "kinds": ("added",)},
    "a state": {"jurisdictions": TEXAS},
    "a county": {"jurisdictions": TRAVIS},
    "since": {"since": AT},
    "until": {"until": AT},
    "since and until": {"since": "2025-03-01T00:00:00Z", "until": AT, "source": SOURCE},
    "several": {"source": SOURCE, "list": LIST, "kinds": ("added",), "state": "TX", "since": AT},
}
WORDS = (
    *(("Travis",), ("travis", "county"), ("SHERIFF'S", "office"), ("ravi",), ("d,",), ("a",), ("xa", "o"), ("zz",)),
    *(("zeppelin",), ('"',), ('"""',), ("%",), ("___",), ("\u00e9",), ("Do\u00f1a",), ("doc/", ".pdf"), ("3",), ()),
)

# Tables that grow with the history, and what of them is still no search: a whole table, a whole index, or all that
# have the same of a few values, or that one report ever had.
GROWING = {
    *("records", "amendments", "versions", "captures", "lists", "doubts", "deliveries", "alerts", "amendment_days"),
    *("leaves", "list_proofs"),
}
BROAD = re.compile(
    r"""USING\ (?:COVERING\ )?INDEX\ (?:
        amendments_of_(?:kind|state|source|list)\ \((?:kind|state|source)=\?\) | amendments_by_list\ \(list=\?\)
        | versions_by_status\ \(status=\?\) | records_of_list\ \(report_id=\?\)
        | records_standing\ \((?:report_id=\?(?:\ AND\ list=\?(?:\ AND\ last_version=\?)?)?)\)
    )$""",
    re.VERBOSE,
)
WHOLE = {  # which questions may look through all of a table, and why
    "everything kept": "every file of the archive is to be looked at",
    "activity by day": "it is a sum over all days, which are no more than days, lists and kinds",
}
WIDE = {  # which may look at all that have one of a few values, or that stand in a list
    "what waits": "it is the versions that wait, which are few",
    "what is held": "the same",
    "what is held of a report": "the same",
    "what is held of a source": "the same",
    "whether a version waits or is held": "the first one is enough",
    **dict.fromkeys(
        ("a list at a time", "a list now", "a list that was never read", "a list of a series", "a list of a report"),
        "the versions that are held, and the times when reports were taken down, which are few",
    ),
    "how many are held": "the same",
    "mark": "the same, and the last that is recorded",
    "freshness": "the versions that are held, which are few",
    "places of a version": "all lists of the report are wanted",
    "a list to compare with": "all that stands in the list is wanted",
}


class Watched(Store):
    """A store that notes how SQLite goes about each statement, asked with the values that it has, and who asks."""

    def __init__(self, folder: Path) -> None:
        self.plans: list[tuple[str, str]] = []  # step, statement
        self.askers: set[str] = set()
        super().__init__(folder)
        views = super().all("SELECT name, sql FROM sqlite_schema WHERE type = 'view'")
        self.views = {row["name"]: row["sql"] for row in views}

    def all(self, sql: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows, and the plan."""
        frame: Any = sys._getframe(1)  # noqa: SLF001 - there is no other way to know who asks
        while frame.f_globals["__name__"] == "monitor.store.database":
            frame = frame.f_back
        self.askers.add(f"{frame.f_globals['__name__'].rpartition('.')[2]}.{frame.f_code.co_name}")
        if not sql.startswith("PRAGMA"):
            self.plans += [(row["detail"], sql) for row in super().all(f"EXPLAIN QUERY PLAN {sql}", values)]
        return super().all(sql, values)

    def scans(self) -> list[str]:
        """The steps that look through a whole table that grows, or a whole index of it."""
        found = ((re.match(r"SCAN (\w+)", step), step, sql) for step, sql in self.plans)
        return [f"{step}: {sql}" for scan, step, sql in found if scan and self._grows(scan[1], sql)]

    def _grows(self, name: str, sql: str) -> bool:
        """True where a statement, or a view that it asks, calls a table that grows so."""
        views = (text for view, text in self.views.items() if re.search(rf"\b{view}\b", sql))
        return any(_table(name, text) in GROWING for text in (sql, *views))

    def broad(self) -> list[str]:
        """The steps that look at all that have one of few values."""
        return [f"{step}: {sql}" for step, sql in self.plans if BROAD.search(step)]


def _table(name: str, sql: str) -> str:
    """The table that a statement calls so."""
    found = re.search(rf"(\w+)\s+AS\s+{name}\b", sql)
    return found[1] if found else name


@pytest.fixture(scope="module")
def history(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the state folder that the demo leaves."""
    folder = tmp_path_factory.mktemp("history") / "state"
    shutil.copytree(demo / "state", folder)
    return folder


@pytest.fixture
def store(history: Path) -> Iterator[Watched]:
    """The demo's history, watched."""
    with Watched(history) as store:
        store.plans.clear()
        yield store


def now(store: Store) -> VersionRow:
    """The version of the participating list that stands."""
    version = queries.version_as_of(store, SOURCE, LIST, None)
    assert version
    return version


def entry(store: Store) -> dict[str, Any]:
    """An entry of the log about a record."""
    return store.all("SELECT * FROM amendments WHERE id = (SELECT max(id) FROM amendments WHERE line_id > 0)")[0]


def filed(store: Store) -> tuple[changelog.FiledEntry, LogEntry]:
    """An entry of the log about a record, as it is filed."""
    last = next(each for each in changelog.filed_entries(store) if each.number == entry(store)["id"])
    assert last.entry
    return last, last.entry


def log(asked: dict[str, Any]) -> Callable[[Store], object]:
    """What `monitor log` asks with these filters."""
    return lambda store: list(chosen(store, asked))


def chosen(store: Store, asked: dict[str, Any]) -> Iterator[LogEntry]:
    """The entries that filters choose, after a number."""
    given = asked | {}
    after = given.pop("after", 0)
    return log_entries(store, LogFilter(**given), after=after)


def show(ocd_ids: tuple[str, ...], words: tuple[str, ...]) -> Callable[[Store], object]:
    """What `monitor show` asks about these places, or words."""
    return lambda store: lines.lines_about(store, ocd_ids=ocd_ids, words=words, at=None, limit=1_000_000)


# Every question of the commands, the pages, the API, the feeds, the daemon's figures and the doctor, by what it is for.
QUESTIONS: dict[str, Callable[[Store], object]] = {
    **{f"log, {name}": log(asked) for name, asked in ASKED.items()},
    **{
        f"page of the log, {name}": lambda store, asked=asked: read_only.newest_entries(  # type: ignore[misc]
            store, LogFilter(**{key: value for key, value in asked.items() if key != "after"}), limit=50
        )
        for name, asked in ASKED.items()
    },
    "page of the log by words": lambda store: read_only.newest_entries(
        store, LogFilter(words="jail"), before=99, limit=50
    ),
    "next entries": lambda store: read_only.next_entries(store, LogFilter(list=LIST), after=5, until_id=50),
    "an entry": lambda store: read_only.entry_numbered(store, entry(store)["id"]),
    "mark": read_only.state_mark,
    "last look": read_only.last_look,
    "entry numbers": lambda store: read_only.entry_numbers(store, LogFilter(kinds=(AmendmentKind.ADDED,))),
    "the log's end": changelog.head,
    "the notices about a place": lambda store: list(changelog.notices(store, TRAVIS)),
    "a record's corrections": lambda store: changelog.corrections_of(store, entry(store)["line_id"]),
    "a record's amendments": lambda store: changelog.of_line(store, entry(store)["line_id"]),
    "a version's amendments": lambda store: changelog.of_version(store, now(store).id),
    "the log's chain": lambda store: list(changelog.chain_faults(store)),
    "an entry's version": lambda store: changelog.has_its_version(store, *filed(store)),
    "an entry's record": lambda store: changelog.states_of_records_told(store, *filed(store)),
    "show a state": show(TEXAS, ()),
    "show a county": show(TRAVIS, ()),
    **{f"show words {' '.join(words)!r}": show((), words) for words in WORDS},
    "versions": lambda store: list(queries.all_versions(store)),
    "versions of a source": lambda store: list(queries.all_versions(store, SOURCE)),
    "a version by its hash": lambda store: queries.named_version(store, now(store).sha256[:12]),
    "a version by its number": lambda store: queries.named_version(store, f"{SOURCE}/{LIST}/1"),
    "version as of a date": lambda store: queries.version_as_of(store, SOURCE, LIST, AT),
    "version of a series": lambda store: queries.version_as_of(store, "ice-ddor", "weekly", "2017-03-01T00:00:00Z"),
    "other reports of a series": lambda store: queries.reports_beside(store, now(store), None),
    "whether a version waits or is held": holds.any_unprocessed,
    "what is held of a source": lambda store: holds.held_of_source(store, SOURCE),
    "removals of a version": lambda store: changelog.filed_of_version(
        store, now(store).id, LIST, AmendmentKind.REMOVED
    ),
    "removals of the last weeks": lambda store: changelog.removed_since(store, SOURCE, LIST, since=AT),
    "the additions of lines": lambda store: changelog.added_since(store, [entry(store)["line_id"]], since=AT),
    "moves of the last weeks": lambda store: changelog.told_as_moved(store, SOURCE, since=AT),
    "moves of some entries": lambda store: changelog.moves_of(store, [entry(store)["id"]]),
    "details of a hold": lambda store: holds.hold_details(store, now(store)),
    "descriptions of lists": lambda store: descriptions.noted_descriptions(store, SOURCE),
    "list": lambda store: queries.records_of(store, now(store), LIST),
    "taken down": lambda store: queries.withdrawn_at(store, now(store).report_id),
    "everything kept": queries.archived_files,
    "the statement about a version": lambda store: evidence.attested(store, "version", now(store).id),
    "the statement about a list": lambda store: evidence.attested_list(store, now(store).id, LIST),
    "how a version came": lambda store: exchanges.exchange_of_version(store, now(store).id),
    "how a capture came": lambda store: exchanges.exchange_of(store, 1),
    "the database at a glance": queries.integrity_faults,
    "doubts": lambda store: doubts.listed_doubts(store, None),
    "doubts of a source": lambda store: doubts.listed_doubts(store, SOURCE),
    "doubts of a list": lambda store: doubts.standing_doubts(store, now(store).report_id, LIST),
    "doubts of a record": lambda store: doubts.doubts_of_lines(store, [entry(store)["line_id"]]),
    "doubts of an entry": lambda store: doubts.doubts_of_amendment(store, entry(store)["id"]),
    "what is due on a channel": lambda store: alerts.due_deliveries(store, "mail", at=AT, ahead=AT, far=AT),
    "outbox": alerts.open_deliveries,
    "entries of an alert": lambda store: alerts.entries_of_alert(store, 1),
    "versions of an alert": lambda store: alerts.versions_of_alert(store, 1),
    "last alert": lambda store: alerts.last_alert_at(store, "texas"),
    "whether an alert waits": lambda store: alerts.has_waiting(store, "texas"),
    "form of a record": lambda store: lines.form_of_amendment(store, entry(store)["id"]),
    "how a report was not found": lambda store: versions.misses_before(store, now(store).report_id, at=AT),
    "disabled channels": alerts.disabled_channels,
    "sources": metrics.polled_sources,
    "versions by status": metrics.versions_by_status,
    "how many are held": metrics.count_held,
    "undelivered": metrics.count_undelivered,
    "log length": metrics.log_length,
    "freshness": lambda store: pages.freshness(store, (SOURCE, "other")),
    "reports of which an old version came": lambda store: versions.stale_reports(store, SOURCE),
    "overdue": lambda store: pages.is_overdue(store, versions.reports_of(store, SOURCE)[0]),
    "counts of a version": lambda store: pages.list_counts(store, now(store)),
    "places of a version": lambda store: pages.places(store, now(store)),
    "activity by day": pages.activity_by_day,
    "what was seen last": lambda store: pages.latest_seen(store, limit=20),
    "moments of a list": lambda store: pages.moments(store, SOURCE, LIST),
    "moments of a series": lambda store: pages.moments(store, "ice-ddor", "weekly"),
    "latest versions": lambda store: pages.versions_of_report(store, SOURCE, LIST, limit=20),
    "versions before one": lambda store: pages.versions_of_report(store, SOURCE, LIST, before=5, limit=20),
    "a version": lambda store: pages.version_numbered(store, SOURCE, LIST, 2),
    "version of an entry": lambda store: pages.version_of_entry(store, entry(store)["id"]),
    "file by its hash": lambda store: pages.version_with_hash(store, now(store).sha256),
    "lines of a place": lambda store: lines.lines_about(store, ocd_ids=TRAVIS, at=AT, limit=50),
    "lines of a place alone": lambda store: lines.lines_about(store, ocd_ids=TRAVIS, within=False, at=None, limit=50),
    "how records left": lambda store: lines.leavings(store, [entry(store)["line_id"]]),
    "a list at a time": lambda store: lines.list_at(store, SOURCE, LIST, LIST, at=AT, now="2030-01-01T00:00:00Z"),
    "a list that was never read": lambda store: lines.list_at(store, SOURCE, LIST, "nothing", at=AT, now=AT),
    "a list now": lambda store: lines.list_at(store, SOURCE, LIST, LIST, at=AT, now=AT),
    "a list of a series": lambda store: lines.list_at(
        store, "ice-ddor", "weekly", "section-3", at="2017-05-01T00:00:00Z", now=AT
    ),
    "a list of a report": lambda store: lines.list_at(
        store, SOURCE, LIST, LIST, at=AT, now=AT, report_id=now(store).report_id
    ),
    "a record in a file": lambda store: lines.record_in_file(store, now(store).sha256, LIST, "Sheet1.2"),
    "the records of a line": lambda store: lines.records_of_line(
        store, lines.lines_about(store, ocd_ids=TRAVIS, at=AT, limit=1)[0]
    ),
    "a record that stands": lambda store: lines.record_standing(store, entry(store)["line_id"]),
    "entries of a document": lambda store: document_pages.entries_of_document(store, SOURCE, "https://a.example/b.pdf"),
    "a document with a hash": lambda store: document_pages.file_with_hash(store, "0" * 64),
    "documents of records": lambda store: document_pages.documents_of_lines(store, [1, 2]),
    "missing documents": lambda store: document_needs.missing_counts(store, (SOURCE,)),
    "the last that has a record": lambda store: lines.last_version_with(
        store, lines.lines_about(store, ocd_ids=TRAVIS, at=AT, limit=1)[0], at=None
    ),
    "the first with a hash": lambda store: pages.first_version_with_hash(
        store, now(store).sha256, now(store).report_id
    ),
    "sources that are due": lambda store: schedule.due_sources(store, at=AT, latest=AT),
    "last changes": lambda store: schedule.last_changes(store, SOURCE, most=20),
    "reports": lambda store: versions.report_with_key(store, SOURCE, LIST),
    "latest version": lambda store: versions.latest_version(store, now(store).report_id),
    "latest capture": lambda store: versions.latest_capture(store, SOURCE, "https://www.ice.gov"),
    "version at a time": lambda store: versions.version_at(store, 1, digest=now(store).digest, at=AT),
    "what waits": records.kept_versions,
    "what is held": records.held_versions,
    "what is held of a report": lambda store: records.held_beside(store, now(store)),
    "last recorded": lambda store: records.last_recorded(store, now(store).report_id),
    "recorded before": lambda store: records.recorded_before(store, now(store)),
    "followed": lambda store: records.followed(store, now(store), sha256=now(store).sha256),
    "a list's past": lambda store: records.list_past(store, now(store), LIST),
    "a list that was read": lambda store: records.last_with_list(store, now(store), LIST),
    "a list to compare with": lambda store: records.standing_records(
        store, now(store).report_id, LIST, PARTICIPATING.fields
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_answered_by_an_index(store: Watched, name: str) -> None:
    """No statement looks through a whole table that grows, nor at all with one of a few values, without a reason."""
    QUESTIONS[name](store)
    assert (store.scans() == []) == (name not in WHOLE), store.scans()
    assert name in WIDE or store.broad() == []


def test_a_look_through_everything_is_noticed(store: Watched) -> None:
    """What these tests forbid is told from what they allow."""
    store.all("SELECT * FROM records AS beginnings WHERE fields = ''")
    store.all("SELECT first.id FROM versions AS first WHERE status = 'recorded'")
    assert [step.partition(":")[0] for step in store.scans()] == ["SCAN beginnings"]
    assert len(store.broad()) == 1


def test_every_question_is_asked_here(store: Watched) -> None:
    """Whatever asks the database in these modules has its plan looked at; a new question has to be added above."""
    for ask in QUESTIONS.values():
        ask(store)
    there = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in (alerts, read_only, changelog, doubts, holds, lines, metrics, search, pages, queries)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and re.search(r"\bSELECT .* FROM\b", inspect.getsource(function))
    }
    writing = {"alerts._gathering", "alerts.make_due", "alerts.noted_at"}
    assert there - store.askers - writing == set()


def test_the_alert_that_still_gathers_is_found_by_its_subscription(store: Watched) -> None:
    """And by its time, whatever was sent before."""
    store.connection.execute("BEGIN")
    for _ in range(2):
        alerts.add(store, "texas", channels=("slack",), at=AT, due_at="2025-06-01T00:00:00Z", joins=True, subject=None)
    store.connection.execute("ROLLBACK")
    assert "alerts._gathering" in store.askers
    assert store.scans() == []


@pytest.mark.parametrize("name", ASKED)
def test_a_filter_finds_what_looking_at_every_entry_finds(store: Store, name: str) -> None:
    """Entries, and their order."""
    after = ASKED[name].get("after", 0)
    asked = LogFilter(**{key: value for key, value in ASKED[name].items() if key != "after"})

    def wanted(each: LogEntry) -> bool:
        places = [place.ocd_id or "" for place in (each.jurisdiction, *each.mentions) if place]
        about = any(place == one or place.startswith(f"{one}/") for place in places for one in asked.jurisdictions)
        return (
            (each.id or 0) > after
            and asked.source in {None, each.source}
            and asked.list in {None, each.list}
            and (not asked.kinds or each.kind in asked.kinds)
            and asked.state in {None, each.jurisdiction.state if each.jurisdiction else None}
            and (asked.since or "") <= each.observed_at < (asked.until or "~")
            and (about or not asked.jurisdictions)
        )

    everything = [LogEntry.from_row(row) for row in store.all("SELECT * FROM amendments ORDER BY id")]
    expected = [each for each in everything if wanted(each)]
    assert expected
    assert list(chosen(store, ASKED[name])) == expected


def said(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which lines of records were found: source, list, report, and the fields as they were last."""
    return sorted(json.dumps([row[name] for name in ("source", "list", "report", "fields")]) for row in found)


def found_lines(store: Store, *, ocd_ids: tuple[str, ...] = (), words: tuple[str, ...] = ()) -> list[str]:
    """The same, as the commands and pages find it."""
    found = lines.lines_about(store, ocd_ids=ocd_ids, words=words, at=None, limit=1_000_000)
    return said([asdict(line) for line in found])


def lines_looked_for(store: Store, wanted: Callable[[dict[str, Any]], bool]) -> list[str]:
    """The same, found by looking at every record."""
    rows = store.all(
        """
        SELECT records.*, reports.source, reports.key AS report FROM records JOIN reports ON reports.id = report_id
        ORDER BY source, list, line_id, records.id
        """
    )
    rows = [row | {name: json.loads(row[name] or "null") for name in ("fields", "jurisdiction")} for row in rows]
    return said(list({(row["report"], row["list"], row["line_id"]): row for row in rows if wanted(row)}.values()))


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_words_find_what_looking_at_every_record_finds(store: Store, words: tuple[str, ...]) -> None:
    """All the words or parts of words, each in any field, in capitals or not."""

    def wanted(row: dict[str, Any]) -> bool:
        values = [value.lower() for value in row["fields"].values()]
        return bool(words) and all(any(word.lower() in value for value in values) for word in words)

    assert found_lines(store, words=words) == lines_looked_for(store, wanted)


def test_a_record_that_is_gone_is_no_longer_in_the_index(store: Store) -> None:
    """What two stretches of history have in common goes once where they are joined: then no words lead to it."""

    def found() -> set[int]:
        rows = store.all("""SELECT rowid FROM record_words WHERE record_words MATCH '"tra" AND "rav"'""")
        return {row["rowid"] for row in rows}

    before = found()
    store.connection.execute("BEGIN")
    store.connection.execute("PRAGMA defer_foreign_keys = ON")
    gone = max(before)
    store.write("DELETE FROM records WHERE id = :id", {"id": gone})
    assert found() == before - {gone}
    store.connection.execute("ROLLBACK")
    assert found() == before


@pytest.mark.parametrize("ids", [TEXAS, TRAVIS, ("ocd-division/country:us",)], ids=str)
def test_a_place_finds_what_looking_at_every_record_finds(store: Store, ids: tuple[str, ...]) -> None:
    """The records about a place, and about those in it by their ids."""

    def wanted(row: dict[str, Any]) -> bool:
        place = (row["jurisdiction"] or {}).get("ocd_id") or ""
        return any(place == each or place.startswith(f"{each}/") for each in ids)

    found = found_lines(store, ocd_ids=ids)
    assert found
    assert found == lines_looked_for(store, wanted)


def test_versions_are_counted_as_they_go_on(store: Store) -> None:
    """The counts by status are those of the versions, also after one is set aside, or counts no longer."""

    def counted() -> dict[str, int]:
        rows = store.all("SELECT status, count(*) AS count FROM versions GROUP BY status ORDER BY status")
        return {row["status"]: row["count"] for row in rows}

    before = metrics.versions_by_status(store)
    assert before == counted()
    store.connection.execute("BEGIN")
    records.mark_held(store, now(store), reason="a test", releasable=True)
    assert metrics.versions_by_status(store) == counted() != before
    records.mark_rejected(store, now(store), reason="a test")
    assert metrics.versions_by_status(store) == counted() != before
    store.connection.execute("ROLLBACK")
    assert metrics.versions_by_status(store) == before
