"""CPU of importing a list of 50,000 rows, and of importing it again with one row in a hundred changed.

Run `make bench` or `python benchmarks/again.py`. The rows are agencies with counties of their states, drawn from the
gazetteer with a fixed seed, in a CSV file. An earlier monitor takes the same files in the same run; the CPU of all
processes counts. Then both logs are compared: they have to be the same. Last, a list of 200,000 rows with a link in
each (29 MB) is imported twice in the same way, beside one of 50,000 such rows: a row must not cost more in a longer
list. The earlier monitor can't read it within its limits. Exits with 1 above the bounds.
"""

from __future__ import annotations

import csv
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from before import BUILD, NAME, earlier
from figures import Figure, tell
from resolve import FORMS
from rivals import MissingRivalError
from xlsx import family, high_water

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES

ROOT = Path(__file__).parent.parent
ROWS = 50_000
CHANGED = ROWS // 100  # rows in the second file: as many are changed, so many are gone, and so many are new
MAX_FIRST_RATIO, MAX_AGAIN_RATIO = 0.65, 0.2
LONG_ROWS = 200_000
MAX_ROW_RATIO = 1.1  # of the CPU for a row in the long list over that in the shorter one; two runs differ by so much
MAX_READER_MB = 400  # the peak memory of the process that reads the long list
SAMPLE_SECONDS = 0.05  # it is looked at this often
LINK = "              agreement: { header: [Agreement], kind: link }\n"
CONFIG = """
contact: bench@example.org
sources:
  roster:
    title: Roster
    page: https://www.example.gov/roster
    reports:
      roster:
        kind: rolling
        format: csv
        match: { href: 'roster[^/]*\\.csv$' }
        lists:
          roster:
            columns:
              state: [State]
              agency: [Agency]
              county: [County]
              type: [Type]
              since: { header: [Since], kind: date }
            key: [agency, state]
            anchors: [since, county]
            names: [agency]
            jurisdiction: { name: county, state: state, agency: agency, type: type }
"""
HEADER = ("State", "Agency", "County", "Type", "Since")


def drawn(count: int) -> list[tuple[str, ...]]:
    """Return different rows of agencies, the same ones at each call."""
    dice = random.Random(287)  # noqa: S311 - a draw
    codes = [code for code in STATES if gazetteer.counties_of(code)]
    everything = {code: gazetteer.all_of(code) for code in codes}
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    while len(rows) < count:
        code = dice.choice(codes)
        agency = dice.choice(everything[code]).jurisdiction.name + dice.choice(FORMS)
        county = dice.choice(gazetteer.counties_of(code)).jurisdiction.name
        kind, day = dice.choice(("County", "Municipality")), f"2025-{dice.randint(1, 6):02}-{dice.randint(1, 28):02}"
        rows[agency, code] = (STATES[code][0], agency, county, kind, day)
    return list(rows.values())


def files(folder: Path, count: int = ROWS, *, with_links: bool = False) -> list[Path]:
    """Write a list of so many rows as it is first, and as it is next, and return both files."""
    changed = count // 100
    rows = drawn(count + changed)
    dice = random.Random(1)  # noqa: S311 - a draw
    first, new = rows[:count], rows[count:]
    second = list(first)
    for position in dice.sample(range(count), changed):
        state, agency, county, kind, _ = second[position]
        second[position] = (state, agency, county, kind, "2025-07-01")
    for position in sorted(dice.sample(range(count), changed), reverse=True):
        del second[position]
    second[100:100] = new
    paths = [folder / "roster-1.csv", folder / "roster-2.csv"]
    for path, content in zip(paths, (first, second), strict=True):
        with path.open("w", newline="", encoding="utf-8") as out:
            written = (HEADER, *content)
            csv.writer(out).writerows(map(_with_link, written) if with_links else written)
    return paths


def _with_link(row: tuple[str, ...]) -> tuple[str, ...]:
    """Return a row with the address of a document at its end; the header with the name of that column."""
    if row == HEADER:
        return (*row, "Agreement")
    slug = re.sub(r"[^a-z0-9]+", "-", f"{row[0]} {row[1]}".casefold())
    return (*row, f"https://www.example.gov/doclib/agreements/2025/{slug}.pdf")


def imported(python: Path, config: Path, state: Path, file: Path, at: str) -> float:
    """Import a file with one program, and return the CPU seconds of all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    common: list[str | Path] = [python, "-m", "monitor", "--config", config, "--state", state]
    command = [*common, "import", "roster", file, "--at", at]
    subprocess.run(command, cwd=python.parent.parent.parent, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def imported_long(count: int) -> tuple[list[float], float]:
    """Import a list of so many rows with links twice; return the CPU seconds of each, and the reader's peak memory.

    The CPU of all processes counts. The memory is in MB.
    """
    seconds, peak = [], 0.0
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "config.yaml"
        config.write_text(CONFIG.replace("              type: [Type]\n", f"              type: [Type]\n{LINK}"))
        for file, at in zip(files(Path(scratch), count, with_links=True), ("2025-07-02", "2025-07-09"), strict=True):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command: list[str | Path] = [
                sys.executable,
                "-m",
                "monitor",
                "--config",
                config,
                "--state",
                config.parent / "state",
            ]
            with subprocess.Popen(
                [*command, "import", "roster", file, "--at", at], cwd=ROOT, stdout=subprocess.DEVNULL
            ) as process:
                watched = psutil.Process(process.pid)
                while process.poll() is None:
                    peak = max([peak, *(high_water(each.pid) for each in family(watched) if each != watched)])
                    time.sleep(SAMPLE_SECONDS)
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode, "monitor import")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return seconds, peak


def tell_long() -> bool:
    """Measure the long list and the shorter one, print the figures, and return whether they are within bounds."""
    short, _ = imported_long(ROWS)
    long, peak = imported_long(LONG_ROWS)
    held = True
    for what, ours, theirs in zip(("", " again, with 2,000 rows changed, gone and new each"), long, short, strict=True):
        figure = Figure(
            measure=f"CPU for a row of importing a list of {LONG_ROWS:,} rows with links (29 MB){what}",
            unit="ms",
            ours=1_000 * ours / LONG_ROWS,
            rival=f"monitor with a list of {ROWS:,}",
            theirs=1_000 * theirs / ROWS,
            most_ratio=MAX_ROW_RATIO,
        )
        print(f"{figure.measure}: {ours:.1f} s, {figure.ours:.3f} ms; {figure.rival}: {figure.theirs:.3f} ms")
        held = tell(figure) and held
    memory = Figure(
        measure=f"Peak memory of the process that reads a list of {LONG_ROWS:,} rows with links (29 MB)",
        unit="MB",
        ours=peak,
        most=MAX_READER_MB,
    )
    print(f"{memory.measure}: {peak:.0f} MB, at most {MAX_READER_MB} MB")
    return tell(memory) and held


def log(python: Path, config: Path, state: Path) -> str:
    """Return the change log that one program has written."""
    command: list[str | Path] = [python, "-m", "monitor", "--config", config, "--state", state, "log", "--json"]
    ran = subprocess.run(
        command, cwd=python.parent.parent.parent, check=True, capture_output=True, text=True, encoding="utf-8"
    )
    return ran.stdout


def main() -> int:
    """Measure both programs, print the ratios, and return 0 if they are within bounds, else 1."""
    pythons, remark = {"monitor": ROOT / ".venv" / "bin" / "python"}, ""
    try:
        pythons[NAME] = earlier(BUILD)
    except MissingRivalError as fault:
        remark = str(fault)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        config = folder / "config.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        paths = files(folder)
        times = [
            {name: imported(python, config, folder / name, path, at) for name, python in pythons.items()}
            for path, at in zip(paths, ("2025-07-02", "2025-07-09"), strict=True)
        ]
        logs = {log(python, config, folder / name) for name, python in pythons.items()}
    held = len(logs) == 1
    print(f"{next(iter(logs)).count(chr(10)):,} entries; {'the same log' if held else 'the logs differ'}")
    for what, each, bound in (
        (f"importing a list of {ROWS:,} rows", times[0], MAX_FIRST_RATIO),
        (f"importing it again, with {CHANGED} rows changed, gone and new each", times[1], MAX_AGAIN_RATIO),
    ):
        figure = Figure(
            measure=f"CPU of {what}",
            unit="s",
            ours=each["monitor"],
            rival=NAME,
            theirs=each.get(NAME),
            most_ratio=bound,
            remark=remark,
        )
        print(f"{figure.measure}: {figure.ours:.2f} s; {NAME}: {figure.theirs or 0:.2f} s; ratio {figure.ratio}")
        held = tell(figure) and held
    held = tell_long() and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
