"""The command line's manners: help, exit status, JSON as it is fixed, one line for each mistake, pipes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest

from monitor.alerts.writing.as_csv import LOG_COLUMNS
from monitor.cli import log
from monitor.cli.app import cli
from monitor.config.titles import Titles
from monitor.demo import pages
from monitor.demo.agreements import Roster
from monitor.demo.sheets import agreements_in_order, sheet
from monitor.history import importer
from monitor.program import Program
from tests.support.entries import entry
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.store.entry import LogEntry
    from tests.conftest import Commands


COMMANDS = {
    *("demo", "poll", "import", "log", "list", "show", "diff", "versions", "holds", "release", "reject", "verify"),
}
READING = ("log", "list", "show", "diff", "versions", "holds", "verify")

LOG = (
    *("id", "source", "report", "list", "kind", "reason", "observed_at", "version", "previous", "jurisdiction"),
    *("before", "after", "fields", "minor", "confidence", "reverts", "evidence", "resolves_doubt"),
    *("mentions", "speaks_of", "entry_hash"),
)
LIST = ("source", "report", "list", "fields", "jurisdiction", "locator", "first_version", "first_observed_at")
VERSIONS = (
    *("source", "report", "kind", "number", "sha256", "url", "file_name", "captured_at", "last_seen_at", "bytes"),
    *("status", "hold_reason", "records", "saved", "compared"),
)
FIELDS = {
    "participating": ("state", "agency", "type", "county", "support_type", "signed", "moa"),
    "pending": ("state", "agency", "type", "county", "support_type"),
    "states": ("name", "state"),
    "counties": ("name", "state"),
    "cities": ("name", "state"),
}


def command(name: str) -> click.Command:
    """One of the commands."""
    found = cli.get_command(click.Context(cli), name)
    assert found
    return found


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with two versions of each spreadsheet and of DOJ's list, and a held third one."""
    folder = tmp_path_factory.mktemp("history")
    at = datetime(2025, 3, 17, 12, tzinfo=UTC)
    first = Roster().after("0317")
    second = first.after("0318")
    with Program(config_path=ROOT / "config.yaml", state_override=folder / "state") as program:
        described = program.config.sources
        doj = described["doj-sanctuary"].page
        for source, name, content, url in (
            ("ice-287g", "participating1.xlsx", sheet(agreements_in_order(first.participating)), None),
            ("ice-287g", "pending1.xlsx", sheet(agreements_in_order(first.pending), PENDING), None),
            ("ice-287g", "participating2.xlsx", sheet(agreements_in_order(second.participating)), None),
            ("ice-287g", "pending2.xlsx", sheet(agreements_in_order(second.pending), PENDING), None),
            ("doj-sanctuary", "doj1.html", pages.doj(at), doj),
            ("doj-sanctuary", "doj2.html", pages.doj(at, states=set(pages.DOJ_STATES) - {"Nevada"}), doj),
            (
                "ice-287g",
                "participating3.xlsx",
                sheet(agreements_in_order(second.participating), PENDING),
                None,
            ),
        ):
            at += timedelta(hours=1)
            (folder / name).write_bytes(content)
            found = importer.describe(folder / name, captured_at=at.isoformat(), url=url, source=described[source])
            importer.import_file(program.context, source, found)
            for _ in program.process():
                pass
    return folder / "state"


PENDING = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE")


@pytest.fixture
def filled(monitor: Commands, history: Path) -> Commands:
    """`monitor` on a copy of that history."""
    shutil.copytree(history, monitor.state)
    return monitor


def test_every_command_of_the_design_is_there() -> None:
    """Those that this release is to have, by name."""
    assert set(cli.list_commands(click.Context(cli))) >= COMMANDS


def test_the_group_lists_its_commands_and_options(monitor: Commands) -> None:
    """`monitor --help` has them all, with the global options and their defaults."""
    ran = monitor("--help")
    assert all(re.search(rf"^  {name} ", ran.out, re.MULTILINE) for name in COMMANDS)
    assert all(each in ran.out for each in ("--config", "--state", "MONITOR_CONFIG", "default:"))
    assert re.fullmatch(r"monitor, version \d+\.\d+\.\d+\n", monitor("--version").out)


@pytest.mark.parametrize("name", READING)
def test_every_command_that_reads_speaks_json(name: str) -> None:
    """`--json` is an option of each."""
    assert "--json" in [option for each in command(name).params for option in each.opts]


def test_the_log_in_json_is_as_fixed(filled: Commands) -> None:
    """One object a line, oldest first, with exactly these keys in this order, dates and values as documented."""
    rows = filled("log", "--json").rows
    assert len(rows) == 16
    assert [row["id"] for row in rows] == list(range(1, 17))
    for row in rows:
        assert tuple(row) == LOG
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["observed_at"])
        assert re.fullmatch(r"[0-9a-f]{64}", row["version"])
        assert re.fullmatch(r"[0-9a-f]{64}", row["previous"])
        assert re.fullmatch(r"[0-9a-f]{64}", row["entry_hash"])
        assert row["jurisdiction"] is None or tuple(row["jurisdiction"]) == ("name", "level", "state", "fips", "ocd_id")
        assert set(row["evidence"]) == {"before", "after"}
        assert (row["minor"], row["reverts"], row["confidence"]) == (False, None, 1.0)
        for side in ("before", "after"):
            assert row[side] is None or tuple(row[side]) == FIELDS[row["list"]]
            assert (row["evidence"][side] is None) == (row[side] is None)
    (henry, *_) = (row for row in rows if (row["after"] or {}).get("agency") == "Henry County Sheriff's Office")
    assert henry["after"] == {
        "state": "ALABAMA",
        "agency": "Henry County Sheriff's Office",
        "type": "County",
        "county": "Henry County",
        "support_type": "Jail Enforcement Model",
        "signed": "2025-03-17",
        "moa": "link pending",
    }
    assert henry["jurisdiction"]["ocd_id"] == "ocd-division/country:us/state:al/county:henry"


@pytest.mark.parametrize(
    ("source", "name", "size"),
    [
        ("ice-287g", "participating", 162),
        ("ice-287g", "pending", 27),
        ("doj-sanctuary", "states", 12),
        ("doj-sanctuary", "counties", 4),
        ("doj-sanctuary", "cities", 18),
    ],
)
def test_a_list_in_json_is_as_fixed(filled: Commands, source: str, name: str, size: int) -> None:
    """One record a line, with these keys; `listed_since` besides."""
    rows = filled("list", source, name, "--json").rows
    assert len(rows) == size
    for row in rows:
        assert tuple(row)[: len(LIST)] == LIST
        assert set(row) - set(LIST) <= {"listed_since"}
        assert (row["source"], row["list"]) == (source, name)
        assert tuple(row["fields"]) == FIELDS[name]
        assert row["locator"]


def test_versions_in_json_are_as_fixed(filled: Commands) -> None:
    """With exactly these keys in this order; a hold has its reason, and records are counted by list."""
    rows = filled("versions", "--json").rows
    assert all(tuple(row) == VERSIONS for row in rows)
    assert [(row["report"], row["number"], row["status"]) for row in rows] == [
        ("page", 1, "recorded"),
        ("page", 2, "recorded"),
        ("participating", 1, "recorded"),
        ("participating", 2, "recorded"),
        ("participating", 3, "held"),
        ("pending", 1, "recorded"),
        ("pending", 2, "recorded"),
    ]
    assert rows[1]["records"] == {"cities": 18, "counties": 4, "notices": 0, "states": 12}
    held = rows[4]
    assert "SIGNED" in held["hold_reason"]
    assert [row["sha256"] for row in filled("holds", "--json").rows] == [held["sha256"]]
    assert filled("versions", "doj-sanctuary", "--json").rows == rows[:2]


def test_a_difference_in_json_is_like_the_log(filled: Commands) -> None:
    """The same keys, but for number and hash: it is no entry."""
    rows = filled("diff", "ice-287g", "participating", "2025-03-17T13:00:00Z", "2025-03-18", "--json").rows
    assert len(rows) == 12
    assert all(tuple(row) == tuple(key for key in LOG if key not in {"id", "entry_hash"}) for row in rows)


@pytest.mark.parametrize("form", ["as_json", "as_csv"])
def test_a_long_log_is_printed_as_it_is_read(capsys: pytest.CaptureFixture[str], form: str) -> None:
    """Before the last entry is read, the first are printed: no more of it is held than some hundreds."""
    logged = entry(entry_hash="abc")
    waiting: list[int] = []

    def entries() -> Iterator[LogEntry]:
        printed = 0
        for number in range(1, 3 * log.ENTRIES_PRINTED_TOGETHER + 1):
            printed += capsys.readouterr().out.count("abc")
            waiting.append(number - 1 - printed)
            yield replace(logged, id=number)

    show = log.shower(Titles, **{"as_json": False, "as_csv": False, form: True})
    assert show(entries(), 0) == 3 * log.ENTRIES_PRINTED_TOGETHER
    assert max(waiting) < 2 * log.ENTRIES_PRINTED_TOGETHER
    assert show(iter(()), 7) == 7


def test_the_csv_of_an_empty_log_has_a_header(monitor: Commands) -> None:
    """And of a longer one it has one."""
    assert monitor("log", "--csv").out.splitlines() == [",".join(LOG_COLUMNS)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("log",),
        ("log", "--csv"),
        ("list", "ice-287g"),
        ("list", "doj-sanctuary", "states", "--csv"),
        ("show", "Henry County, Alabama"),
        ("show", "nowhere"),
        ("diff", "ice-287g", "pending", "2025-03-17T14:30:00Z", "2025-03-18"),
        ("versions",),
        ("holds",),
        ("verify",),
    ],
    ids=" ".join,
)
def test_what_is_for_people_is_plain_in_a_pipe(filled: Commands, arguments: tuple[str, ...]) -> None:
    """Something is said, without colours, and with exit status 0."""
    ran = filled(*arguments)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("highway", 1),
        ("%", 0),
        ("_", 0),
        ("support_type", 0),
        ("TAVARES", 1),
        ("police tavares", 1),
    ],
)
def test_words_are_looked_for_in_what_was_published(filled: Commands, words: str, found: int) -> None:
    """In any case and order, all of them in one record; names of fields and signs of patterns are no words of it."""
    assert len(filled("show", words, "--json").rows) == found


def test_a_name_like_no_place_is_said_to_be_none(filled: Commands) -> None:
    """Where not even a similar place is known; a name that is nearly one gets the likely places instead."""
    said = 'no state, county or city has such a name; write it like "Travis County, Texas"'
    assert filled("show", "Xyzzy").out.splitlines() == ["nothing published so far names 'Xyzzy'", said]
    assert filled("show", "Traviss County, Texas").out.splitlines()[1] == "did you mean Travis County, TX?"
    assert said not in filled("show", "Henry County, Alabama").out


MISTAKES = {
    ("log", "--source", "ice"): "no source 'ice'",
    ("list", "ice"): "no source 'ice'",
    ("versions", "ice"): "no source 'ice'",
    ("poll", "ice"): "no source 'ice'",
    ("import", "ice", "x"): "no source 'ice'",
    ("diff", "ice", "a", "2025-01-01", "2025-01-02"): "no source 'ice'",
    ("list", "ice-287g", "cities"): "ice-287g has no list 'cities'; it has participating, pending",
    ("list", "ice-287g", "--at", "yesterday"): "'yesterday' is no time; write it like 2025-07-04",
    ("log", "--since", "2025-02-30"): "'2025-02-30' is no time",
    ("log", "--until", "0001-01-01T00:00:00+14:00"): "is no time",
    ("diff", "ice-287g", "pending", "x", "y"): "'x' is no time",
    ("diff", "ice-287g", "pending", "2020-01-01", "2025-03-18"): "not seen by 2020-01-01T00:00:00Z",
    ("log", "--jurisdiction", "Nowhereville"): "is called 'Nowhereville'",
    ("exhibit", "--jurisdiction", "Travis Conty, Texas", "--zip", "x"): "did you mean Travis County, TX",
    ("exhibit", "--jurisdiction", "Xyzzy", "--zip", "x"): 'write it like "Travis County, Texas"',
    ("release", "ffffff"): "no version 'ffffff'; say at least six letters",
    ("reject", "ice-287g/participating/1"): "participating1.xlsx is recorded, not held; see `monitor holds`",
    ("release", "ice-287g/participating/99999999999999999999"): "no version",
    ("release", "ice-287g/participating/\u00b2"): "no version",
    ("import", "ice-287g", "/no/such/file.xlsx"): "/no/such/file.xlsx: no such file",
    ("import", "ice-287g", "/"): "/: no such file",
    ("import", "ice-287g", "x" * 300): "File name too long",
    (
        "import",
        "ice-287g",
        "config.yaml",
    ): "none of the reports participating, pending, page; the report 'page' is the web page https://www.ice.gov/",
    ("import", "ice-287g", "config.yaml", "--url", "http://[x"): "'http://[x' is no web address",
    ("import", "ice-287g", "config.yaml", "--url", "pending.xlsx", "--at", "1"): "is no web address",
    ("import", "ice-287g", "config.yaml", "--url", "https://x/pending.xlsx", "--at", "1"): "'1' is no time",
    ("import", "ice-287g", "--manifest", "/no/such.csv"): "/no/such.csv: No such file or directory",
    ("import", "ice-287g", "--manifest", "/"): "/: Is a directory",
    ("import", "ice-287g", "--manifest", "/bin/sh"): "is it a CSV file?",
    ("import", "ice-287g", "--manifest", "config.yaml"): "no column file, captured_at, url",
}
USAGE = {
    ("lst",): "No such command 'lst'",
    ("list",): "Missing argument 'SOURCE'",
    ("diff", "ice-287g", "pending"): "Missing argument 'FROM'",
    ("log", "--colour"): "No such option",
    ("demo", "--state", "x"): "--state stands before the command: monitor --state ... demo",
    ("log", "--json", "--config", "x"): "--config stands before the command: monitor --config ... log",
    ("exhibit", "abc", "--zip", "x"): "'abc' is no number of an entry; `monitor log` shows the numbers",
    ("exhibit", "0", "--zip", "x"): "'0' is no number of an entry",
    ("exhibit", "\u00b2", "--zip", "x"): "is no number of an entry",
    ("log", "--kind", "changed"): "no kind 'changed'; there are added, removed, corrected",
    ("log", "--state-code", "XX"): "'XX' is no state; write its postal code, like TX",
    ("import", "ice-287g"): "Name either a FILE or a --manifest",
    ("import", "ice-287g", "a", "--manifest", "b"): "Name either a FILE or a --manifest",
    ("import", "ice-287g", "--manifest", "b", "--at", "2025-01-01"): "--at and --url go with a FILE",
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_a_mistake_is_one_line_that_says_what_and_what_next(filled: Commands, arguments: tuple[str, ...]) -> None:
    """Exit status 1, nothing on stdout, one line on stderr, nothing changed."""
    ran = filled(*arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert ran.err.startswith("monitor: ")
    assert MISTAKES[arguments] in ran.err
    assert len(filled("versions", "--json").rows) == 7


@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--since", "2030-01-01"), "no entry of the change log fits"),
        (("--list", "citys"), "no entry fits: there is no list 'citys', but "),
        (
            ("--source", "ice-287g", "--list", "states"),
            "no entry fits: there is no list 'states', but participating, pending, notices",
        ),
    ],
)
def test_a_log_without_such_entries_says_so(
    filled: Commands, asked: tuple[str, ...], said: str, form: tuple[str, ...]
) -> None:
    """To a person, and not among the data; it is no fault."""
    ran = filled("log", *asked, *form)
    assert ran.status == 0
    assert ran.err.startswith(said)
    assert ran.out.count("\n") == (form == ("--csv",))


def test_a_log_without_any_entry_says_when_changes_show(monitor: Commands) -> None:
    """The first poll records what stands there, and is no news."""
    ran = monitor("log")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "the change log has no entry yet; changes show from the second poll on\n"


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_usage_is_told_with_status_2(monitor: Commands, arguments: tuple[str, ...]) -> None:
    """What is wrong, and how to get help."""
    ran = monitor(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert USAGE[arguments] in ran.err
    assert "--help" in ran.err
    assert "Traceback" not in ran.err


FAULTY = """
contcat: me@example.org
poll: {every: often}
sources:
  one:
    page: www.example.org
    reports:
      page: {kind: page, format: html, lists: {states: {heading: '(', item: '(?P<name>.+)'}}}
  two:
    page: https://www.example.org/
    reports:
      file: {kind: rolling, format: docx, match: {href: x}, lists: {a: {columns: {b: B}}}}
"""


@pytest.mark.parametrize(
    "arguments", [("log",), ("poll",), ("verify",), ("import", "one", "x"), ("demo",)], ids=" ".join
)
def test_all_faults_of_a_configuration_are_told_at_once(
    monitor: Commands, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Five faults are five lines, each with file and path; exit status 2, whatever the command."""
    monitor.config = tmp_path / "faulty.yaml"
    monitor.config.write_text(FAULTY)
    ran = monitor(*arguments)
    assert (ran.status, ran.out) == (2, "")
    paths = [line.split(": ")[2] for line in ran.err.splitlines()]
    assert sorted(paths) == [
        "contcat",
        "poll.every",
        "sources.one.page",
        "sources.one.reports.page.lists.states.heading",
        "sources.two.reports.file.format",
    ]
    assert all(line.startswith("monitor: faulty.yaml: ") for line in ran.err.splitlines())
    assert "did you mean 'contact'?" in ran.err
    assert not monitor.state.exists()


def test_a_missing_configuration_is_told_with_status_2(monitor: Commands, tmp_path: Path) -> None:
    """One line names the file, how to name another, and how to write the default one."""
    monitor.config = tmp_path / "none.yaml"
    ran = monitor("versions")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        f"monitor: {monitor.config}: No such file or directory; name another file with --config or $MONITOR_CONFIG, "
        "or write the default one with `monitor init`\n"
    )


def test_the_configuration_can_be_named_by_the_environment(history: Path, tmp_path: Path) -> None:
    """$MONITOR_CONFIG is as good as --config, and the file's `state` is where the history is."""
    text, found = re.subn("(?m)^state: .*$", f"state: {history}", (ROOT / "config.yaml").read_text("utf-8"))
    assert found == 1
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    ran = outside("versions", "--json", environment={"MONITOR_CONFIG": str(tmp_path / "mine.yaml")})
    assert (ran.returncode, ran.stdout.count("\n"), ran.stderr) == (0, 7, "")


def outside(
    *arguments: str, environment: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run `monitor` as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        **{"stdout": subprocess.PIPE} | options,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )


@pytest.mark.parametrize(
    "arguments", [("log", "--json"), ("log",), ("list", "ice-287g", "participating")], ids=" ".join
)
def test_a_reader_that_has_enough_is_no_fault(history: Path, arguments: tuple[str, ...]) -> None:
    """`monitor ... | head -1`: nothing on stderr, no traceback, also where the pipe is closed before the first byte."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = outside("--state", str(history), *arguments, stdout=writing)
    finally:
        os.close(writing)
    assert ran.stderr == ""


def test_output_that_can_not_be_written_is_one_line(history: Path) -> None:
    """Redirected to a full disk: exit status 1, and no complaint of Python's."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - it is no file
        ran = outside("--state", str(history), "log", "--json", stdout=full)
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "No space left on device" in ran.stderr
