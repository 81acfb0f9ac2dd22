"""`monitor verify` finds what was altered behind the program's back, and names it; what is sound it calls sound."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.sheets import Agreement, sheet
from monitor.history import importer
from monitor.model import AmendmentKind
from monitor.program import Program
from monitor.store import changelog
from monitor.store.database import Store
from monitor.store.entry import LogEntry
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands


ROWS = tuple(
    Agreement(
        state=state,
        agency=f"{name} County Sheriff's Office",
        type="County",
        county=f"{name} County",
        model="Task Force Model",
        signed=date(2025, 2, 26),
    )
    for state, names in (
        ("FLORIDA", "Bay Clay Collier Dixie Duval Gulf"),
        ("TEXAS", "Bell Bowie Coke Cooke Falls Frio"),
    )
    for name in names.split()
)
MISSPELT = (replace(ROWS[0], agency="Bey County Sheriff's Office"), *ROWS[1:])
TOWN = replace(ROWS[6], agency="Amberville Police Department", type="Municipality", county="#N/A")
ISSUES = (ROWS, MISSPELT, (*ROWS, TOWN), (*ROWS[:-1], TOWN), (*ROWS, TOWN))
ENTRIES = 5  # respelled; a town added, and the name back again; one removed; added again
BACK = 3  # the one that has a value in every column: a correction that takes back another


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with five versions of a list and five entries in its log."""
    folder = tmp_path_factory.mktemp("history")
    with Program(config_path=ROOT / "config.yaml", state_override=folder / "state") as program:
        for number, rows in enumerate(ISSUES):
            (folder / "participating.xlsx").write_bytes(sheet(rows))
            found = importer.describe(
                folder / "participating.xlsx",
                captured_at=(datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=number)).isoformat(),
                url=None,
                source=program.source("ice-287g"),
            )
            importer.import_file(program.context, "ice-287g", found)
            assert [done.hold_reason for done in program.process()] == [None]
        assert changelog.head(program.store)[0] == ENTRIES
    return folder / "state"


@pytest.fixture
def sound(monitor: Commands, history: Path) -> Commands:
    """`monitor` on a copy of that history, which is sound."""
    shutil.copytree(history, monitor.state)
    return monitor


def altered(commands: Commands, *statements: str, **values: object) -> None:
    """Run SQL on the database as someone would who wants to hide something."""
    with closing(sqlite3.connect(commands.state / "monitor.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER amendments_stay")
        database.execute("DROP TRIGGER amendments_remain")
        for statement in statements:
            database.execute(statement, values)


def named(commands: Commands) -> set[int]:
    """The entries that `monitor verify` complains of, with exit status 1, each in a line of its own."""
    ran = commands("verify")
    lines = ran.err.splitlines()
    assert ran.status == 1
    assert lines
    assert all(line.startswith("monitor: change log: entr") for line in lines), ran.err
    return {int(number) for line in lines for number in re.findall(r"entry (\d+)", line.partition(":")[2])}


def test_what_is_sound_is_called_sound(sound: Commands) -> None:
    """Exit status 0, the counts and the head of the log, nothing on stderr."""
    ran = sound("verify")
    head = sound("log", "--json").rows[-1]["entry_hash"]
    assert (ran.status, ran.err) == (0, "")
    assert re.sub(r"^\d+ statements of the evidence log, root [0-9a-f]{64}\n", "", ran.out) == (
        f"4 files, {ENTRIES} entries of the change log, head {head}\nall as it was written\n"
    )


def test_a_new_state_folder_is_sound(monitor: Commands) -> None:
    """Nothing written is nothing wrong."""
    assert monitor("verify").status == 0


@pytest.mark.parametrize("place", [0, 1000, -1])
def test_one_flipped_bit_in_the_archive_is_found(sound: Commands, place: int) -> None:
    """The file is named with the address it came from, and no other fault."""
    file = max(path for path in (sound.state / "archive").rglob("*") if path.is_file())
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    ran = sound("verify")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith(f"monitor: archive: {file}: its bytes are no longer those that were kept")
    assert "participating.xlsx" in ran.err


def test_a_missing_file_of_the_archive_is_found(sound: Commands) -> None:
    """It is named, and so is where to get it."""
    file = next(path for path in (sound.state / "archive").rglob("*") if path.is_file())
    file.unlink()
    ran = sound("verify")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith(f"monitor: archive: {file}: No such file or directory; restore it from a backup")


OTHER: dict[str, str] = {
    "id": "id + 100",
    "jurisdiction": """'{"fips":"48453","level":"county","name":"Travis County","ocd_id":null,"state":"FL"}'""",
    "before": """'{"state":"TEXAS"}'""",
    "after": """replace(after, 'Bay', 'Bee')""",
    "fields": """'["agency","county"]'""",
    "minor": "1 - minor",
    "confidence": "confidence / 2",
    "reverts": "2",
    "resolves_doubt": "'{}'",
    "evidence": """replace(evidence, 'Sheet1', 'Sheet2')""",
    "version_id": "version_id + 1",
    "observed_by": "'https://web.archive.org/web/20250704151659id_/https://www.ice.gov/list.xlsx'",
    "of": "'[1,null]'",
    "decided": """'{"by":"Jane Doe","hold_reason":""}'""",
    "document": """'{"url":"https://example.org/a.pdf","field":"moa"}'""",
    "line_id": "(SELECT max(line_id) FROM records WHERE records.line_id != amendments.line_id)",
}
COLUMNS = (
    *("id", "source", "report", "list", "kind", "reason", "observed_at", "version", "previous", "jurisdiction"),
    *("before", "after", "fields", "minor", "confidence", "reverts", "evidence", "resolves_doubt"),
    *("mentions", "speaks_of", "entry_hash", "version_id", "line_id", "state", "observed_by", "of", "decided"),
    "document",
)


@pytest.mark.parametrize("column", COLUMNS)
def test_one_changed_row_is_found_and_named(sound: Commands, column: str) -> None:
    """Whichever column of the log was changed, that entry is named, and no other."""
    altered(sound, f"UPDATE amendments SET {column} = {OTHER.get(column, f'{column} || 0')} WHERE id = {BACK}")
    assert named(sound) == ({BACK, BACK + 100, ENTRIES} if column == "id" else {BACK})


def test_all_columns_are_tried(sound: Commands) -> None:
    """A column that is added to the table must be added here."""
    with closing(sqlite3.connect(sound.state / "monitor.db")) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(amendments)")]
    assert columns == list(COLUMNS)


@pytest.mark.parametrize(
    "column", ["list", "reason", "previous", "jurisdiction", "before", "after", "reverts", "line_id", "state"]
)
def test_a_value_that_was_taken_away_is_found(sound: Commands, column: str) -> None:
    """NULL where something stood is a change as well."""
    altered(sound, f"UPDATE amendments SET {column} = NULL WHERE id = {BACK}")
    assert named(sound) == {BACK}


@pytest.mark.parametrize("value", ["no JSON", "[]", "5", "{}", "null", ""])
@pytest.mark.parametrize("column", ["before", "after", "evidence"])
def test_what_is_no_record_any_more_is_found(sound: Commands, column: str, value: str) -> None:
    """Whatever was written into an entry, it is named and nothing breaks."""
    altered(sound, f"UPDATE amendments SET {column} = :value WHERE id = {BACK}", value=value)
    assert named(sound) == {BACK}


@pytest.mark.parametrize("missing", range(1, ENTRIES + 1))
def test_one_missing_row_is_found_and_named(sound: Commands, missing: int) -> None:
    """At the start, in the middle, at the end."""
    altered(sound, f"DELETE FROM amendments WHERE id = {missing}")
    ran = sound("verify")
    said = [line for line in ran.err.splitlines() if not line.startswith("monitor: database: ")]
    assert (ran.status, said) == (1, [f"monitor: change log: entry {missing} is missing"])
    assert ran.err.count("\n") == 1 + (missing in {1, 4})  # which entries 3 and 5 take back: they are missed there too


def test_missing_rows_in_a_row_are_named_together(sound: Commands) -> None:
    """One line tells from which entry to which."""
    altered(sound, "DELETE FROM amendments WHERE id IN (2, 4, 5)")
    lines = [line.removeprefix("monitor: change log: ") for line in sound("verify").err.splitlines()]
    assert lines == ["entry 2 is missing", "entries 4 to 5 are missing"]


def test_an_emptied_log_is_found(sound: Commands) -> None:
    """Even where nothing of the chain is left."""
    altered(sound, "DELETE FROM amendments")
    assert f"entries 1 to {ENTRIES} are missing" in sound("verify").err


def forged(commands: Commands, number: int) -> dict[str, Any]:
    """An entry that follows in the chain as if it were the next, under some number."""
    with Store(commands.state) as store:
        (row,) = store.all("SELECT * FROM amendments WHERE id = (SELECT max(id) FROM amendments)")
        entry = replace(LogEntry.from_row(row), id=number, kind=AmendmentKind.REMOVED)
        return row | {"id": number, "kind": "removed", "entry_hash": entry.hash_after(row["entry_hash"])}


@pytest.mark.parametrize("number", [ENTRIES + 1, 0, -7])
def test_an_appended_row_is_found_and_named(sound: Commands, number: int) -> None:
    """An entry whose hash is right, but that the program did not write."""
    row = forged(sound, number)
    altered(sound, f"INSERT INTO amendments VALUES ({', '.join(f':{name}' for name in row)})", **row)
    ran = sound("verify")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert f"entry {number} was not written by monitor: the log ends with entry {ENTRIES}" in ran.err


def test_a_rewritten_end_is_found(sound: Commands) -> None:
    """The last entry told otherwise, with a hash that fits: the end is remembered apart."""
    with Store(sound.state) as store:
        *_, before, last = changelog.filed_entries(store)
        assert last.entry
        changed = replace(last.entry, reason="other").hash_after(before.entry_hash)
    altered(sound, "UPDATE amendments SET reason = 'other', entry_hash = :h WHERE id = :n", h=changed, n=ENTRIES)
    assert named(sound) == {ENTRIES}


def test_every_fault_is_told_at_once(sound: Commands) -> None:
    """A file, a changed and a missing entry: three lines, one exit status."""
    next(path for path in (sound.state / "archive").rglob("*") if path.is_file()).unlink()
    altered(sound, "UPDATE amendments SET kind = 'cosmetic' WHERE id = 1", "DELETE FROM amendments WHERE id = 3")
    ran = sound("verify")
    assert (ran.status, ran.err.count("\n")) == (1, 3)
    assert [bool(re.search(what, ran.err)) for what in ("archive: ", "entry 1 was changed", "entry 3 is missing")] == [
        True
    ] * 3


def test_a_misspelt_state_is_no_fault(monitor: Commands, tmp_path: Path) -> None:
    """An agency that no gazetteer knows, in a state that is none to the letter, is filed by what was made of it."""
    for number, rows in enumerate((ROWS, (*ROWS, replace(TOWN, state="UTAHJ")), ROWS), start=1):
        (tmp_path / "participating.xlsx").write_bytes(sheet(rows))
        monitor("import", "ice-287g", tmp_path / "participating.xlsx", "--at", f"2025-03-0{number}")
    assert [row["kind"] for row in monitor("log", "--json").rows] == ["added", "removed"]
    assert monitor("verify").status == 0


OTHERS = """
sources:
  one: {page: https://x.gov/, reports: {page: {kind: page, format: html, lists: {a: {heading: a, item: '(?P<b>.+)'}}}}}
"""


def test_what_is_no_longer_configured_is_checked_all_the_same(sound: Commands, tmp_path: Path) -> None:
    """Without its source in the configuration a history is as sound, or as altered, as with it."""
    sound.config = tmp_path / "config.yaml"
    sound.config.write_text(OTHERS)
    assert sound("verify").status == 0
    altered(sound, "UPDATE amendments SET state = 'NY' WHERE id = 2")
    assert named(sound) == {2}


def test_a_damaged_database_is_named_in_one_line(sound: Commands) -> None:
    """Pages overwritten with rubbish are a fault that is told, and no traceback."""
    file = sound.state / "monitor.db"
    content = bytearray(file.read_bytes())
    content[4096 * 3 :] = b"\xa5" * (len(content) - 4096 * 3)
    file.write_bytes(content)
    ran = sound("verify")
    assert ran.status == 1
    assert str(file) in ran.err or "database: " in ran.err


def test_anyone_can_check_a_printed_log(sound: Commands) -> None:
    """The chain follows from `monitor log --json` alone, with nothing but SHA-256 and JSON."""
    previous = "0" * 64
    for line in sound("log", "--json").out.splitlines():
        entry = json.loads(line)
        claimed = entry.pop("entry_hash")
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256((previous + canonical).encode()).hexdigest()
        assert previous == claimed
    assert previous in sound("verify").out


def test_a_log_that_was_edited_after_printing_fails_that_check(sound: Commands) -> None:
    """One word changed in the printed text, and the hashes no longer follow."""
    previous, wrong = "0" * 64, []
    for line in sound("log", "--json").out.replace("Amberville", "Ambervale").splitlines():
        entry = json.loads(line)
        claimed = entry.pop("entry_hash")
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        wrong += [entry["id"]] if hashlib.sha256((previous + canonical).encode()).hexdigest() != claimed else []
        previous = claimed
    assert len(wrong) == 1
