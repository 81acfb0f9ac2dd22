"""The database: made safe, changed as a whole or not at all, and growing with amendments, not with versions."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.demo.sheets import Agreement, sheet
from monitor.errors import StoreError
from monitor.history import importer
from monitor.model import Capture
from monitor.program import Program
from monitor.store import queries, versions
from monitor.store.database import STEPS, Store
from monitor.store.migrations import migrations
from monitor.times import moment
from tests.store.test_archive import largest_file
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.store.rows import ReportRow
    from tests.conftest import Commands

ROWS = tuple(
    Agreement(
        state="TEXAS",
        agency=f"{first}{second} Police Department",
        type="Municipality",
        county="#N/A",
        model="Task Force Model",
        signed=date(2025, 3, 1),
    )
    for first in ("Amber", "Bright", "Cedar", "Dove", "Elder", "Flint", "Grand", "Hazel")
    for second in ("bank", "cliff", "dale", "edge", "field")
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh store."""
    with Store(tmp_path / "state") as store:
        yield store


def add_report(store: Store, key: str) -> int:
    """A row in a table that needs nothing else; returns its id."""
    return store.write(
        """
        INSERT INTO reports (source, key, name, kind, url, first_seen_at, asked_at, changed_at)
        VALUES ('a', :key, 'a', 'page', '', '', '', '')
        """,
        {"key": key},
    )


def keys(store: Store) -> list[str]:
    """The reports that are there."""
    return [row["key"] for row in store.all("SELECT key FROM reports ORDER BY key")]


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)], ids=str
)
def test_a_connection_is_safe(store: Store, pragma: str, value: object) -> None:
    """WAL, each commit on disk before it returns (FULL is 2), references checked."""
    assert store.one(f"PRAGMA {pragma}") == {pragma: value}
    with Store(store.path.parent) as again:
        assert again.one(f"PRAGMA {pragma}") == {pragma: value}


def written_by(run: Callable[[], object]) -> int:
    """The bytes that this process wrote to files while it ran, as the kernel counts them."""

    def written() -> int:
        counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines())
        return int(counts["wchar"])

    before = written()
    run()
    return written() - before


def test_what_a_statement_changes_is_written_once(store: Store) -> None:
    """Its pages go to the log ahead of the database, and for the case that it fails to memory, not to another file."""
    add = (
        "INSERT INTO sources (name, polled_at, failures) SELECT value, '2025-07-04T00:00:00Z', 0 FROM json_each(:names)"
    )
    names = [f"a-source-with-a-long-name-{number:06}" for number in range(20_000)]

    def change() -> None:
        with store.transaction():
            store.write("UPDATE sources SET name = 'z' || name", {})

    with store.transaction():
        store.write(add, {"names": json.dumps(names)})
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    in_memory = written_by(change)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.connection.execute("PRAGMA temp_store=FILE")
    assert written_by(change) > 1.5 * in_memory


def test_all_tables_are_strict(store: Store) -> None:
    """A text where a number belongs is refused; the table of migrations is the library's own."""
    tables = {row["name"]: row["strict"] for row in store.all("PRAGMA table_list") if row["type"] == "table"}
    for library in ("_sqlite_migrations", "sqlite_schema", "sqlite_temp_schema"):
        del tables[library]
    assert len(tables) >= 8
    assert set(tables.values()) == {1}
    report = add_report(store, "a")
    with pytest.raises(StoreError, match="cannot store TEXT value in INTEGER column"), store.transaction():
        store.write("UPDATE reports SET misses = :no WHERE id = :id", {"no": "none", "id": report})


def test_a_reference_to_nothing_is_refused(store: Store) -> None:
    """A version of a report that does not exist can't be written."""
    with pytest.raises(StoreError, match="FOREIGN KEY"), store.transaction():
        store.write(
            """
            INSERT INTO versions (report_id, number, capture_id, file_name, last_seen_at, status)
            VALUES (:id, 1, 1, '', '', 'kept')
            """,
            {"id": 99},
        )


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    """Whatever the reason, all that was written in it is gone, and the next one works."""

    def add(*names: str, fault: BaseException | None = None) -> None:
        with store.transaction():
            for name in names:
                add_report(store, name)
            if fault:
                raise fault

    with pytest.raises(KeyboardInterrupt):
        add("a", fault=KeyboardInterrupt())
    with pytest.raises(StoreError, match="nothing was changed, run the same command again"):
        add("b", "b")
    add("c")
    assert keys(store) == ["c"]


def test_an_interrupt_as_a_transaction_begins_leaves_none_open(store: Store) -> None:
    """What a command still writes after Ctrl-C is written, and not refused because another transaction is open."""
    real = store.connection

    class Interrupted:
        """A connection during whose first statement Ctrl-C is pressed; Python tells of it when that is done."""

        def execute(self, statement: str) -> None:
            real.execute(statement)
            store.connection = real
            raise KeyboardInterrupt

        @property
        def in_transaction(self) -> bool:
            return real.in_transaction

    store.connection = Interrupted()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt), store.transaction():
        pytest.fail("the block is not run")
    with store.transaction():
        add_report(store, "a")
    assert keys(store) == ["a"]


def test_others_read_while_one_writes(store: Store) -> None:
    """A transaction under way neither blocks a reader nor is seen by it."""
    with Store(store.path.parent) as other:
        with store.transaction():
            add_report(store, "a")
            assert keys(other) == []
        assert keys(other) == ["a"]


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    """Eight threads that read and then write, each with a store of its own: none fails, none is lost."""
    folder = tmp_path / "state"

    def count() -> None:
        with Store(folder) as store:
            for _ in range(5):
                with store.transaction():
                    add_report(store, f"{len(keys(store)):02}")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    with Store(folder) as store:
        assert keys(store) == [f"{number:02}" for number in range(40)]


def test_a_database_of_a_newer_schema_is_refused(monitor: Commands) -> None:
    """One line names what is newer and what to do; nothing is written, exit status 1."""
    assert monitor("log").status == 0
    with closing(sqlite3.connect(monitor.state / "monitor.db", isolation_level=None)) as database:
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', 'm999_future', '')"
        )
    for command in (("log",), ("verify",), ("poll", "doj-sanctuary"), ("versions", "--json")):
        ran = monitor(*command)
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
        assert "written by a newer version of monitor (it has m999_future); install that version" in ran.err


def test_opening_again_changes_nothing(store: Store) -> None:
    """A database of this schema is left as it is."""
    before = store.all("SELECT * FROM sqlite_master")
    with Store(store.path.parent) as again:
        assert again.all("SELECT * FROM sqlite_master") == before
        assert len(again.all("SELECT * FROM _sqlite_migrations")) == len(store.all("SELECT * FROM _sqlite_migrations"))


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be looked at" * 100])
def test_a_file_that_is_no_database_is_named(monitor: Commands, content: bytes) -> None:
    """Rubbish under its name is one line; an empty file, as an interrupted start leaves it, is a new database."""
    monitor.state.mkdir()
    (monitor.state / "monitor.db").write_bytes(content)
    ran = monitor("log")
    assert (ran.status, ran.err.count("\n")) == (1 if content else 0, 1)
    assert not content or "monitor.db: file is not a database" in ran.err
    assert not content or (monitor.state / "monitor.db").read_bytes() == content


@pytest.mark.parametrize("where", ["a file", "under a file", "no place to write"])
def test_a_state_folder_that_can_not_be_is_named(monitor: Commands, tmp_path: Path, where: str) -> None:
    """One line with the path and the option to name another folder; exit status 1."""
    (tmp_path / "file").write_text("mine")
    monitor.state = {
        "a file": tmp_path / "file",
        "under a file": tmp_path / "file" / "state",
        "no place to write": type(tmp_path)("/proc/monitor"),
    }[where]
    for command in (
        ("log",),
        ("verify",),
        ("import", "ice-287g", ROOT / "config.yaml", "--url", "https://x/pending.xlsx"),
    ):
        ran = monitor(*command)
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
        assert f"{monitor.state}/monitor.db: " in ran.err or f"{monitor.state}/archive" in ran.err
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("size", [0, 4096, 40_000, 150_000])
def test_a_disk_that_is_full_loses_nothing(monitor: Commands, tmp_path: Path, size: int) -> None:
    """Wherever writing fails, one line says so; with room again, the same command ends as if nothing had been."""
    (tmp_path / "participating.xlsx").write_bytes(sheet(ROWS))
    command = ("import", "ice-287g", tmp_path / "participating.xlsx", "--at", "2025-03-01")
    with largest_file(size):
        ran = monitor(*command)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1), ran
    assert str(monitor.state) in ran.err
    assert monitor(*command).status == 0
    (version,) = monitor("versions", "--json").rows
    assert (version["status"], version["records"]) == ("recorded", {"participating": len(ROWS)})
    assert monitor("verify").status == 0


@contextmanager
def imported(folder: Path, issues: list[tuple[Agreement, ...]]) -> Iterator[Program]:
    """The program after these issues of the participating list, one a day."""
    with Program(config_path=ROOT / "config.yaml", state_override=folder / "state") as program:
        for number, rows in enumerate(issues):
            (folder / "participating.xlsx").write_bytes(sheet(rows))
            found = importer.describe(
                folder / "participating.xlsx",
                captured_at=(datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=number)).isoformat(),
                url=None,
                source=program.source("ice-287g"),
            )
            assert importer.import_file(program.context, "ice-287g", found)
            assert [done.hold_reason for done in program.process()] == [None]
        yield program


def test_records_grow_with_amendments_and_not_with_versions(tmp_path: Path) -> None:
    """Twenty versions of forty records with one correction each are 59 rows; each version is still told in full."""
    issues = [ROWS]
    for number in range(1, 20):
        changed = replace(issues[-1][number], signed=date(2025, 4, number))
        issues.append((*issues[-1][:number], changed, *issues[-1][number + 1 :]))
    with imported(tmp_path, issues) as program:
        counts = {
            table: program.store.all(f"SELECT count(*) AS rows FROM {table}")[0]["rows"]
            for table in ("versions", "amendments", "records")
        }
        assert counts == {"versions": 20, "amendments": 19, "records": 40 + 19}
        for (version, _), rows in zip(queries.all_versions(program.store), issues, strict=True):
            told = [record.fields for record in queries.records_of(program.store, version, "participating")]
            expected = {(each.agency, f"{each.signed:%Y-%m-%d}") for each in rows}
            assert len(told) == len(rows)
            assert {(row["agency"], row["signed"]) for row in told} == expected


def test_reordered_rows_are_no_new_records(tmp_path: Path) -> None:
    """The same rows in another order: a version, no amendment, no row; only where they stand now is remembered."""
    with imported(tmp_path, [ROWS, ROWS[::-1]]) as program:
        assert program.store.all("SELECT * FROM amendments") == []
        rows = program.store.all(
            "SELECT records.locator, coalesce(seen_locators.locator, seen_locator) AS seen_locator "
            "FROM records LEFT JOIN seen_locators ON record_id = id ORDER BY id"
        )
        assert len(rows) == len(ROWS)
        assert rows[0]["locator"] == '{"row":2,"sheet":"Sheet1"}'
        assert rows[0]["seen_locator"] == f'{{"row":{len(ROWS) + 1},"sheet":"Sheet1"}}'


def test_the_change_log_is_append_only(tmp_path: Path) -> None:
    """The database itself refuses to change or delete an entry, whoever asks, within the program or outside."""
    corrected = (replace(ROWS[0], signed=date(2025, 4, 1)), *ROWS[1:])
    statements = (
        "UPDATE amendments SET kind = 'added'",
        "UPDATE amendments SET state = NULL",
        "DELETE FROM amendments",
    )
    with imported(tmp_path, [ROWS, corrected]) as program, closing(sqlite3.connect(program.store.path)) as other:
        before = program.store.all("SELECT * FROM amendments")
        assert len(before) == 1
        for statement in statements:
            with pytest.raises(StoreError, match="the change log is append-only"), program.store.transaction():
                program.store.write(statement, {})
            with pytest.raises(sqlite3.IntegrityError, match="the change log is append-only"):
                other.execute(statement)
            other.rollback()
        assert program.store.all("SELECT * FROM amendments") == before


def test_the_steps_of_the_schema_are_known_by_name() -> None:
    """What the store takes for current is what the migrations lead to."""
    assert migrations.names == STEPS


def test_a_poll_that_found_nothing_new_says_nothing_of_a_newer_version(store: Store) -> None:
    """Another poll has added version 2, at another address, since this one read the report: all stays as that left it.

    Where nothing came between, the report was seen now.
    """
    first = add_version_at(store, "2026-01-01T00:00:00Z", "https://ice.gov/1.csv")
    versions.note_unchanged(store, [(first, "https://ice.gov/1.csv", "2026-01-02T00:00:00Z")])
    seen = versions.report_with_key(store, "a", "report")
    assert seen is not None
    assert (seen.asked_at, last_seen(store)) == ("2026-01-02T00:00:00Z", ["2026-01-02T00:00:00Z"])
    second = add_version_at(store, "2026-01-03T00:00:00Z", "https://ice.gov/2.csv")
    versions.note_unchanged(store, [(first, "https://ice.gov/1.csv", "2026-01-04T00:00:00Z")])
    assert versions.report_with_key(store, "a", "report") == second
    assert last_seen(store) == ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]


def add_version_at(store: Store, at: str, url: str) -> ReportRow:
    """One more version of a report, kept by a poll at this time; the report as it is then."""
    found = versions.report_with_key(store, "a", "report") or versions.add_report(
        store, "a", "report", name="report", kind="rolling", url=url, at=at
    )
    capture = Capture(url=url, captured_at=moment(at), sha256=at, size=1, status_code=200, headers=())
    capture_id = versions.add_capture(store, "a", capture, digest=at, at=at, via="poll")
    versions.add_version(store, found, capture_id=capture_id, page_id=None, file_name="a.csv", url=url, at=at)
    versions.note_seen(store, found, url=url, at=at)
    after = versions.report_with_key(store, "a", "report")
    assert after is not None
    return after


def last_seen(store: Store) -> list[str]:
    """When each version was seen last, oldest version first."""
    return [row["last_seen_at"] for row in store.all("SELECT last_seen_at FROM versions ORDER BY number")]


def test_the_journal_is_cut_off_after_a_long_reader(store: Store) -> None:
    """While somebody reads, it grows with all that is written; afterwards the next writes make it small again."""
    journal = store.path.with_name("monitor.db-wal")
    limit = store.all("PRAGMA journal_size_limit")[0]["journal_size_limit"]
    store.connection.execute("CREATE TABLE long (content BLOB)")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM long").fetchone()
        for _ in range(5):
            with store.transaction():
                store.write("INSERT INTO long VALUES (zeroblob(:size))", {"size": limit // 4})
        assert journal.stat().st_size > limit
    for _ in range(3):
        with store.transaction():
            store.write("INSERT INTO long VALUES (zeroblob(10))", {})
    assert journal.stat().st_size <= limit
