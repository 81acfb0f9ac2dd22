"""The page of benchmarks: everything that measures is on it, and what failed or is missing is said there."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.support.paths import ROOT

sys.path.append(str(ROOT / "benchmarks"))

from abilities import NOTES, ROWS, abilities
from figures import Figure, tell, told
from match import THEIRS
from steps import Step, fault_of, steps, zipped_again
from table import Machine, Ran, benchmarks, page, run, summary
from web import steadiness
from xlsx import peak_memory

if TYPE_CHECKING:
    from pathlib import Path

MEASURING = sorted(
    path.name
    for path in (ROOT / "benchmarks").glob("*.py")
    if path.name != "table.py" and "from figures import" in path.read_text(encoding="utf-8")
)
WHERE = Machine(
    on=date(2026, 11, 24),
    processor="AMD EPYC",
    cores=2,
    memory=7.8,
    kernel="Linux 6.18",
    python="3.11.7",
    monitor="0.1.0",
)
QUICK = Figure(
    measure="CPU for each of 1,000 sources", unit="ms", ours=1.234, rival="urlwatch 2.29", theirs=9.872, most=3
)
SLOW = Figure(measure="Telling a PDF", unit="s", ours=2.5, rival="webchanges 3", theirs=1, most=2, most_ratio=2)
MISSING = Figure(measure="Reading | a PDF", unit="s", ours=0.1, rival="camelot-py 2", remark="could not be installed")
TRUE = Figure(measure="Told rightly", unit="%", ours=100, rival="csv-diff 1.2", theirs=80, least=99.5, remark="by key")
ALONE = Figure(measure="Memory", unit="MB", ours=1234.5)


def ran(name: str, *figures: Figure, fault: str | None = None) -> Ran:
    """A benchmark that was run for 12 seconds."""
    return Ran(name=name, summary="What it is.", seconds=12.3, figures=figures, fault=fault)


def test_the_page_says_what_held_what_did_not_and_what_is_missing() -> None:
    """Failures are bold, a rival without a figure says why, and a program that ended early says how."""
    runs = (ran("idle.py", QUICK, ALONE), ran("told.py", SLOW, MISSING, TRUE), ran("web.py", fault="ended with 1: oh"))
    written = page(WHERE, runs, "## What they can't do at all\n")
    assert written[written.index("|  |  |") :] == (ROOT / "tests/golden/benchmarks.md").read_text(encoding="utf-8")


def test_all_that_measures_is_run() -> None:
    """`make bench` runs the table, and the table every program that gives figures."""
    made = subprocess.run(["make", "-n", "bench"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "python benchmarks/table.py\n" in made
    assert [path.name for path in benchmarks()] == MEASURING


@pytest.mark.parametrize("name", MEASURING)
def test_all_that_measures_is_on_the_page(name: str) -> None:
    """With what it says of itself."""
    said = summary(ROOT / "benchmarks" / name)
    assert f"| `{name}` | {said} |" in (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")


def test_the_page_says_nothing_of_the_machine_but_its_kind() -> None:
    """No path, and what programs can do stands there as it is now."""
    written = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    assert str(ROOT) not in written
    assert "/tmp/" not in written
    assert written.endswith(abilities())


@pytest.mark.parametrize(
    ("figure", "held"),
    [
        (QUICK, True),
        (SLOW, False),
        (MISSING, True),
        (TRUE, True),
        (ALONE, True),
        (Figure(measure="", unit="s", ours=2, most=2), True),
        (Figure(measure="", unit="s", ours=2.01, most=2), False),
        (Figure(measure="", unit="%", ours=99, least=99.5), False),
        (Figure(measure="", unit="s", ours=2, rival="", theirs=1, most_ratio=2), True),
        (Figure(measure="", unit="s", ours=2.1, rival="", theirs=1, most_ratio=2), False),
        (Figure(measure="", unit="s", ours=0.1, rival="", theirs=0, most_ratio=2), False),
    ],
)
def test_a_figure_holds_within_all_its_bounds(figure: Figure, *, held: bool) -> None:
    """A bound is within itself; a rival that takes nothing is beaten by nobody."""
    assert figure.held is held


def test_figures_are_told_by_way_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, as they were; none where nobody was told, or nobody asks."""
    results = tmp_path / "results.jsonl"
    tell(ALONE)
    assert told(results) == ()
    monkeypatch.setenv("BENCH_RESULTS", str(results))
    assert [tell(each) for each in (QUICK, SLOW, MISSING)] == [True, False, True]
    assert told(results) == (QUICK, SLOW, MISSING)


PROGRAM = f"""'''What it is.'''
import sys
sys.path.append({str(ROOT / "benchmarks")!r})
from figures import Figure, tell
"""


@pytest.mark.parametrize(
    ("code", "figures", "fault"),
    [
        ("tell(Figure(measure='a', unit='s', ours=1, most=2))", 1, None),
        ("sys.exit(not tell(Figure(measure='a', unit='s', ours=3, most=2)))", 1, None),
        ("tell(Figure(measure='a', unit='s', ours=1)); sys.exit('it broke')", 1, "ended with status 1: it broke"),
        ("tell(Figure(measure='a', unit='s', ours=1)); 1 / 0", 1, "ended with status 1: ZeroDivisionError: "),
        ("pass", 0, "gave no figures"),
        ("import subprocess; subprocess.Popen(['sleep', '600'])", 0, "gave no figures"),  # which is not waited for
    ],
)
def test_a_benchmark_is_run_to_its_end(tmp_path: Path, code: str, figures: int, fault: str | None) -> None:
    """One that breaks is a failure beside its figures, and so is one without any."""
    (tmp_path / "one.py").write_text(PROGRAM + code, encoding="utf-8")
    done = run(tmp_path / "one.py")
    assert (done.name, done.summary, len(done.figures)) == ("one.py", "What it is.", figures)
    assert (done.fault or "").startswith(fault or "")
    assert (done.fault is None) == (fault is None)
    assert done.held == (fault is None and "most=2" in code and "ours=1" in code)


def test_what_programs_can_do_is_complete() -> None:
    """Each row has a cell for each program; each note is needed, and each that is named is there."""
    assert {len(row) for row in ROWS} == {7}
    named = {int(number) for row in ROWS for cell in row for number in re.findall(r"\((\d+)\)", cell)}
    assert named == set(range(1, len(NOTES.strip().split("\n\n")) + 1))


STEP = Step(title="replaced", right="both", all_of=("Baker", "Bell"), none_of=("Clay", "Cook"))
GONE = Step(title="gone", right="that it is gone", one_of=("404", "not found"), none_of=("Clay",))
QUIET = Step(title="zipped again", right="nothing", is_quiet=True)


@pytest.mark.parametrize(
    ("step", "told_", "fault"),
    [
        (STEP, ["Baker is new", "Bell is gone"], ""),
        (STEP, ["Baker is new"], "did not name 1 of 2"),
        (STEP, [], "told nothing"),
        (STEP, ["the page links another file"], "told something else"),
        (STEP, ["Baker, Bell and Clay"], "told of 1 records of which there is nothing to tell"),
        (replace(STEP, half=("another file", "told the link")), ["the page links another file"], "told the link"),
        (GONE, ["Not Found"], ""),
        (GONE, ["ERROR: 404"], ""),
        (GONE, [], "told nothing"),
        (GONE, ["404", "Clay is gone"], "told of 1 records of which there is nothing to tell"),
        (QUIET, [], ""),
        (QUIET, ["changed"], "told what is no change"),
    ],
)
def test_a_step_is_right_where_all_is_told_that_is_true_and_nothing_else(
    step: Step, told_: list[str], fault: str
) -> None:
    """The same for each program: by words that it must tell, or one of them, and words that it must not."""
    assert fault_of(step, told_) == fault


def test_the_steps_are_what_they_are_called() -> None:
    """Eleven; zipped again or in another order, rows are the same in other bytes; what is to be told is in the file."""
    first, taken = steps()
    assert len(taken) == len({step.title for step in taken}) == 11
    file = next(path for path in taken[0].published if path in first)
    contents = [first[file], *(step.published[file] for step in taken[:3])]
    assert len(set(contents)) == 4
    rows = [
        list(openpyxl.load_workbook(io.BytesIO(content or b""))["Sheet1"].iter_rows(values_only=True))
        for content in contents
    ]
    assert rows[0] != rows[1] == rows[2]
    assert rows[3] == [rows[1][0], *rows[1][:0:-1]]
    named = {str(row[1]) for row in rows[1]} | {str(row[1]) for row in rows[0]}
    assert {*taken[0].all_of, *taken[0].none_of} <= named
    assert zipped_again(zipped_again(first[file])) == zipped_again(first[file]) != first[file]


LARGE = "import time; kept = b'x' * 200_000_000; time.sleep(0.3)"


def test_the_memory_of_a_process_is_not_that_of_its_children() -> None:
    """What a child takes counts only for all of them together."""
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LARGE!r}])"
    alone, together = peak_memory([sys.executable, "-c", parent])
    assert 1 < alone < 150
    assert 190 < together < 400
    alone, together = peak_memory([sys.executable, "-c", LARGE])
    assert 190 < alone < 300
    assert 190 < together < 300
    with pytest.raises(subprocess.CalledProcessError):
        peak_memory([sys.executable, "-c", "raise SystemExit(1)"])


def test_the_rise_of_a_page_says_of_how_many_filters_it_is() -> None:
    """Those that are quick, or have more entries on the long log, say nothing, and are not counted."""
    before = {"slow": (50, 10.0), "quick": (50, 1.0), "fuller": (20, 5.0), "steady": (50, 12.0)}
    after = {"slow": (50, 15.0), "quick": (50, 9.0), "fuller": (50, 20.0), "steady": (50, 12.0)}
    figure = steadiness(before, after)
    assert (figure.ours, figure.most) == (1.5, 2.0)
    assert "the worst of the 2 of 4 filters that can be compared" in figure.measure
    assert "more than 10 ms" in figure.remark
    none = steadiness({"quick": (50, 1.0)}, {"quick": (50, 9.0)})
    assert (none.ours, "0 of 1 filters" in none.measure) == (1.0, True)


def test_of_a_rival_only_the_comparing_is_timed(tmp_path: Path) -> None:
    """Starting and reading are no part of its time, told by a clock that each of these puts forward."""
    (tmp_path / "csv_diff.py").write_text(
        "import csv, time\n"
        "now = [1.0]\n"
        "time.process_time = lambda: now[0]\n"
        "def load_csv(lines, key):\n"
        "    now[0] += 0.5\n"
        "    return {row[key]: row for row in csv.DictReader(lines)}\n"
        "def compare(old, new):\n"
        "    now[0] += 0.25\n"
        "    return {'added': sorted(new.keys() - old), 'removed': sorted(old.keys() - new)}\n",
        encoding="utf-8",
    )
    for name, rows in (("old", "a,1\nb,2\n"), ("new", "b,2\nc,3\nd,4\n")):
        (tmp_path / name).write_text("key,value\n" + rows, encoding="utf-8")
    command = [sys.executable, "-c", THEIRS, str(tmp_path / "old"), str(tmp_path / "new")]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    told_ = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
    assert (told_["added"], told_["removed"]) == (2, 1)
    assert told_["seconds"] == 0.25
