"""CPU of importing a list of 50,000 rows, and of importing it again with one row in a hundred changed.

Run `make bench` or `python benchmarks/again.py`. The rows are agencies with counties of their states, drawn from the
gazetteer with a fixed seed, in a CSV file. An earlier monitor takes the same files in the same run; the CPU of all
processes counts. Then both logs are compared: they have to be the same. Exits with 1 above the bounds.
"""

from __future__ import annotations

import csv
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from before import BUILD, NAME, earlier
from figures import Figure, tell
from resolve import FORMS
from rivals import MissingRivalError

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES

ROOT = Path(__file__).parent.parent
ROWS = 50_000
CHANGED = ROWS // 100  # rows in the second file: as many are changed, so many are gone, and so many are new
MAX_FIRST_RATIO, MAX_AGAIN_RATIO = 0.65, 0.75
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


def files(folder: Path) -> list[Path]:
    """Write the list as it is first, and as it is next, and return both files."""
    rows = drawn(ROWS + CHANGED)
    dice = random.Random(1)  # noqa: S311 - a draw
    first, new = rows[:ROWS], rows[ROWS:]
    second = list(first)
    for position in dice.sample(range(ROWS), CHANGED):
        state, agency, county, kind, _ = second[position]
        second[position] = (state, agency, county, kind, "2025-07-01")
    for position in sorted(dice.sample(range(ROWS), CHANGED), reverse=True):
        del second[position]
    second[100:100] = new
    paths = [folder / "roster-1.csv", folder / "roster-2.csv"]
    for path, content in zip(paths, (first, second), strict=True):
        with path.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows((HEADER, *content))
    return paths


def imported(python: Path, config: Path, state: Path, file: Path, at: str) -> float:
    """Import a file with one program, and return the CPU seconds of all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    common: list[str | Path] = [python, "-m", "monitor", "--config", config, "--state", state]
    command = [*common, "import", "roster", file, "--at", at]
    subprocess.run(command, cwd=python.parent.parent.parent, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
