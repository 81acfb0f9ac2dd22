"""Time of `monitor try` on one file, over that of reading it in an import, and over the whole `monitor import`.

Run `make bench` or `python benchmarks/trial.py`. The files are the demo's first weekly report of 35 pages, and a
spreadsheet of 5,000 agreements. In one process, by turns: the file is read and recorded in a new state folder, as an
import does it, and tried. Of the import only the second step counts, in which the file is read and compared; not the
copying of the file. Then both commands, from start to end, by turns. The fastest run of each counts. Exits with 1 if a
trial takes over 1.5 times as long.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, tell

from monitor.demo import ddor
from monitor.demo.sheets import Agreement, sheet
from monitor.history import importer, trial
from monitor.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
MAX_RATIO = 1.5  # of a trial's time over an import's
TURNS = 5  # of each side; the fastest counts
ROWS = 5_000
COUNTIES = ("Bell", "Bowie", "Coke", "Cooke", "Falls", "Frio", "Gaines", "Garza", "Goliad", "Gray")
MODELS = ("Task Force Model", "Jail Enforcement Model", "Warrant Service Officer")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTask:
    """A file to try: what it is, in words, with its name, its bytes, its source and its report."""

    words: str
    file: str
    content: bytes
    source: str
    report: str


def tasks() -> tuple[TrialTask, ...]:
    """Return both files."""
    week = ddor.history()[0]
    rows = (
        Agreement(
            state="TEXAS",
            agency=f"{COUNTIES[number % len(COUNTIES)]} County Constable Precinct {number // 30 + 1}",
            type="County",
            county=f"{COUNTIES[number % len(COUNTIES)]} County",
            model=MODELS[number // len(COUNTIES) % len(MODELS)],
            signed=date(2025, 2, 26) + timedelta(days=number % 300),
        )
        for number in range(ROWS)
    )
    return (
        TrialTask(
            words="a PDF of 35 pages",
            file=week.file_name,
            content=ddor.ddor_pdf(week),
            source="ice-ddor",
            report="weekly",
        ),
        TrialTask(
            words=f"a spreadsheet of {ROWS:,} rows",
            file="participatingAgencies1.xlsx",
            content=sheet(rows),
            source="ice-287g",
            report="participating",
        ),
    )


@contextmanager
def program() -> Iterator[Program]:
    """Yield the program on a new state folder."""
    with (
        tempfile.TemporaryDirectory() as state,
        Program(config_path=ROOT / "config.yaml", state_override=Path(state)) as found,
    ):
        yield found


def imported(task: TrialTask, path: Path) -> float:
    """Return the seconds of the second step of an import: the file is read, compared and recorded."""
    with program() as found:
        found.reader.page(b"<p>", "https://www.example.gov/", source=task.source)  # starts the process that reads
        source = found.source(task.source)
        file = importer.describe(
            path, captured_at=f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}", url=None, source=source
        )
        importer.import_file(found.context, task.source, file)
        begun = time.perf_counter()
        done = list(found.process(task.source))
        taken = time.perf_counter() - begun
        assert [each.first for each in done if each.first], "nothing was recorded"
        return taken


def tried(task: TrialTask, path: Path) -> float:
    """Return the seconds of a trial of the file."""
    with program() as found, found.trial() as context:
        found.reader.page(b"<p>", "https://www.example.gov/", source=task.source)
        begun = time.perf_counter()
        result = trial.try_files(context, task.source, [str(path)])
        taken = time.perf_counter() - begun
        assert result.files[0].lists, "nothing was read"
        return taken


def command(*arguments: str | Path) -> float:
    """Run a command of the program on a new state folder, and return its seconds from start to end."""
    with tempfile.TemporaryDirectory() as state:
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "monitor", "--config", ROOT / "config.yaml", "--state", state, *arguments],
            check=True,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - begun


def measured(task: TrialTask, path: Path) -> tuple[Figure, Figure]:
    """Return the figures of one file: of the trial alone, and of the whole command."""
    alone = [(tried(task, path), imported(task, path)) for _ in range(TURNS)]
    whole = [
        (command("try", task.source, path), command("import", task.source, path, "--at", "2026-01-05T00:00:00Z"))
        for _ in range(TURNS)
    ]
    figures = []
    for what, turns in (
        (f"Trying {task.words}, beside reading and recording it in an import", alone),
        (f"`monitor try` on {task.words}, the whole command, beside that of an import", whole),
    ):
        ours, theirs = (min(side) for side in zip(*turns, strict=True))
        print(f"{what}: {ours:.3f} s and {theirs:.3f} s; ratio {ours / theirs:.2f}, at most {MAX_RATIO}")
        figures.append(
            Figure(measure=what, unit="s", ours=ours, rival="monitor importing", theirs=theirs, most_ratio=MAX_RATIO)
        )
    one, other = figures
    return one, other


def main() -> int:
    """Measure both files, print the ratios, and return 0 if they are within the bound, else 1."""
    held = True
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for task in tasks():
            path = folder / task.file
            path.write_bytes(task.content)
            for figure in measured(task, path):
                held &= tell(figure)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
